"""The protocol: facts, text in both languages, signatures on exactly this text, decisions."""

import io
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone, translation
from docx import Document
from pypdf import PdfReader

from contests import deciding
from contests.choices import ContestStatus, Outcome, ProtocolStatus
from contests.doors import JURY
from contests.models import Award, Conflict, Contest, Protocol, Sheet, Signature
from contests.protocol import content_digest, draft_text, results_of
from contests.protocol_facts import faults_of
from contests.protocol_files import protocol_docx, protocol_pdf
from people.actions import make_link
from publishing.languages import LANGUAGES
from publishing.workflow import MoveRefused, move
from tests import factories
from tests.factories_contests import (
    make_application,
    make_contest,
    make_members,
    make_public_contest,
    score,
)

pytestmark = pytest.mark.django_db


def scored(contest, members, application, *marks):
    """A sheet of every member, each with two marks."""
    for member, values in zip(members, marks, strict=True):
        score(Sheet.objects.create(application=application, member=member), *values)


@pytest.fixture
def held():
    """A contest whose three members have scored two entries; the deliberation has come."""
    contest = make_public_contest(ContestStatus.REVIEW)
    members = make_members(contest, 3)
    first = make_application(contest)
    second = make_application(contest)
    scored(contest, members, first, (9, 8), (8, 8), (9, 9))
    scored(contest, members, second, (5, 6), (6, 6), (5, 5))
    contest.status = ContestStatus.DELIBERATION
    contest.save()
    contest.members_list, contest.best = members, first
    return contest


@pytest.fixture
def chief():
    return factories.make_user("Specialist")


def ready(contest, by):
    """A protocol with its awards voted on, before the members."""
    protocol = deciding.begin(contest, by=by)
    deciding.propose(protocol)
    deciding.vote_unanimously(protocol)
    return move(protocol, "circulate", actor=by)


def signed_by_all(protocol):
    for member in protocol.present.all():
        deciding.sign(protocol, member, digest=protocol.digest)
    protocol.refresh_from_db()
    return protocol


def test_meeting_is_written_down_on_a_day_that_has_come(held, chief):
    today = timezone.localdate()
    Contest.objects.filter(pk=held.pk).update(deliberation_on=today + timedelta(days=45))
    protocol = deciding.begin(held, by=chief)
    assert protocol.held_on == today, "they met before the day of the calendar"
    deciding.propose(protocol)
    deciding.vote_unanimously(protocol)
    protocol.held_on = today + timedelta(days=1)
    protocol.save()
    deciding.renew(protocol, with_text=True)
    protocol.refresh_from_db()
    assert "held_on" in [each.field for each in protocol.missing_for_circulation()]
    with pytest.raises(MoveRefused):
        move(protocol, "circulate", actor=chief)


def test_facts_and_text_name_who_decided_what(held, chief):
    protocol = deciding.begin(held, by=chief)
    assert deciding.propose(protocol) == 2
    assert deciding.vote_unanimously(protocol) == 2
    protocol.refresh_from_db()
    facts = protocol.facts
    assert facts["quorum"] == {"voting": 3, "present": 3, "needed": 2}
    assert [row["mean"] for row in facts["tables"][0]["rows"]] == ["85.00", "55.00"]
    assert [award["votes"] for award in facts["awards"]] == [[3, 0, 0]] * 2
    entry = held.best
    for language, words in (("ky", "КОМИССИЯ ЧЕЧТИ"), ("ru", "КОМИССИЯ РЕШИЛА")):
        text = getattr(protocol, f"text_{language}")
        assert words in text
        place = "1-орун" if language == "ky" else "1-е место"
        where = " – ".join(
            getattr(each, f"name_{language}")
            for each in (entry.municipality, entry.municipality.district, entry.municipality.oblast)
            if each
        )
        assert f"– {place} – «{entry.title}» – Айжан, жооптуу катчы – {where}" in text
        assert all(member.name in text for member in held.members_list)
    assert "85" not in protocol.text_ky  # the table of points is drawn from the facts


def test_facts_tell_recusals_ties_and_what_was_said(held, chief):
    member = held.members_list[1]
    Conflict.objects.create(
        member=member, application=held.best, kind="same_district", found_by="self",
        note="the brother-in-law of the head",
    )  # fmt: skip
    third = make_application(
        held,
        discussion_ky="Талаш болду:\nбирок макул болушту.",
        discussion_ru="Спорили,\nно согласились.",
    )
    protocol = deciding.begin(held, by=chief)
    facts = protocol.facts
    assert facts["recusals"] == [
        {
            "member": member.name,
            "entries": [{"number": held.best.number, "kinds": ["same_district"]}],
        }
    ]
    assert "brother-in-law" not in str(facts)
    assert facts["tables"][0]["rows"][-1]["lacks"] == "sheets"
    assert f"№ {third.number}, «{third.title}»: Талаш болду: бирок макул болушту." in (
        protocol.text_ky
    )
    assert "Спорили, но согласились." in protocol.text_ru
    assert "Спорили" not in protocol.text_ky


def test_a_draft_begun_twice_is_one(held, chief):
    assert deciding.begin(held, by=chief) == deciding.begin(held, by=chief)


def test_text_nobody_edited_follows_the_facts_and_an_edited_one_waits(held, chief):
    protocol = deciding.begin(held, by=chief)
    deciding.propose(protocol)
    protocol.refresh_from_db()
    assert "1-орун" in protocol.text_ky
    protocol.text_ky += "\r\nКошумча сөз."
    protocol.save()
    deciding.vote_unanimously(protocol)
    protocol.refresh_from_db()
    assert "Кошумча сөз." in protocol.text_ky
    assert [award["votes"][0] for award in protocol.facts["awards"]] == [0, 0]
    with pytest.raises(MoveRefused) as refusal:
        move(protocol, "circulate", actor=chief)
    assert [each.field for each in refusal.value.missing] == ["text"]
    deciding.renew(protocol, with_text=False)
    assert move(protocol, "circulate", actor=chief).digest
    assert "Кошумча сөз." in protocol.text_ky


def test_places_follow_the_ranking_and_votes_stay_where_the_place_does(held, chief):
    protocol = deciding.begin(held, by=chief)
    deciding.propose(protocol)
    deciding.vote_unanimously(protocol)
    deciding.propose(protocol)
    best = Award.objects.get(application=held.best)
    assert (best.place, best.votes_for) == (1, 3)
    Sheet.objects.filter(application=held.best).update(status="recused")
    deciding.propose(protocol)
    assert not Award.objects.filter(application=held.best).exists()
    assert Award.objects.get().votes_for == 0


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (lambda contest, protocol: protocol.present.set(contest.members_list[:1]), "present"),
        (lambda contest, protocol: protocol.present.set(contest.members_list[1:]), "present"),
        (lambda contest, protocol: contest.awards.all().delete(), "awards"),
        (lambda contest, protocol: contest.awards.update(votes_for=4), "awards"),
        (lambda contest, protocol: contest.awards.update(votes_for=1, votes_against=2), "awards"),
        (lambda contest, protocol: contest.awards.filter(place=2).update(place=1), "awards"),
        (lambda contest, protocol: contest.members.update(role="secretary"), "present"),
    ],
)
def test_what_does_not_hold_does_not_go_to_the_members(held, chief, spoil, field):
    protocol = deciding.begin(held, by=chief)
    deciding.propose(protocol)
    deciding.vote_unanimously(protocol)
    spoil(held, protocol)
    deciding.renew(protocol, with_text=True)
    with pytest.raises(MoveRefused) as refusal:
        move(protocol, "circulate", actor=chief)
    assert field in {each.field for each in refusal.value.missing}


def test_whoever_is_recused_does_not_vote_on_the_entry(held, chief):
    Conflict.objects.create(
        member=held.members_list[2], application=held.best, kind="other", found_by="self"
    )
    protocol = deciding.begin(held, by=chief)
    deciding.propose(protocol)
    deciding.vote_unanimously(protocol)
    assert Award.objects.get(application=held.best).votes_for == 2


def test_where_opinions_differ_a_word_is_wanted(chief):
    contest = make_contest(ContestStatus.REVIEW)
    members = make_members(contest, 3)
    entry = make_application(contest)
    scored(contest, members, entry, (0, 0), (10, 10), (10, 10))
    contest.status = ContestStatus.DELIBERATION
    contest.save()
    protocol = deciding.begin(contest, by=chief)
    deciding.propose(protocol)
    deciding.vote_unanimously(protocol)
    protocol.refresh_from_db()
    assert {"discussion"} == {each.field for each in protocol.missing_for_circulation()}
    told = {"ky": "Бир мүчө жерин көргөн эмес.", "ru": "Один член комиссии не видел места."}
    for language, missing in (("ky", {"discussion"}), ("ru", set())):
        setattr(entry, f"discussion_{language}", told[language])
        entry.save()
        deciding.renew(protocol)
        protocol.refresh_from_db()
        assert {each.field for each in protocol.missing_for_circulation()} == missing


# ---------------------------------------------------------------- signatures


def test_signed_by_all_it_is_signed_by_itself(held, chief):
    protocol = ready(held, chief)
    for member in held.members_list:
        assert protocol.status == ProtocolStatus.CIRCULATED
        first = deciding.sign(protocol, member, digest=protocol.digest)
        assert deciding.sign(protocol, member, digest=protocol.digest) == first
        protocol.refresh_from_db()
    assert protocol.status == ProtocolStatus.SIGNED
    assert Signature.objects.count() == 3


def test_an_edit_loses_the_signatures_and_an_older_text_is_not_signed(held, chief):
    protocol = ready(held, chief)
    member, other = held.members_list[:2]
    opened = protocol.digest
    deciding.sign(protocol, member, digest=opened)
    move(protocol, "rework", actor=chief, reason="Ката бар")
    assert not protocol.signatures.exists()
    with pytest.raises(MoveRefused):
        deciding.sign(protocol, other, digest=opened)
    protocol.refresh_from_db()
    protocol.place_ru = "Бишкек"
    protocol.save()
    move(protocol, "circulate", actor=chief)
    assert protocol.digest != opened
    with pytest.raises(MoveRefused):
        deciding.sign(protocol, other, digest=opened)
    assert not protocol.signatures.exists()
    deciding.sign(protocol, other, digest=protocol.digest)


def test_only_who_was_there_signs(held, chief):
    protocol = deciding.begin(held, by=chief)
    deciding.propose(protocol)
    absent = held.members_list[2]
    protocol.present.remove(absent)
    deciding.vote_unanimously(protocol)
    move(protocol, "circulate", actor=chief)
    with pytest.raises(MoveRefused):
        deciding.sign(protocol, absent, digest=protocol.digest)
    assert absent.name in protocol.text_ru.partition("# Повестка дня")[0]
    assert signed_by_all(protocol).status == ProtocolStatus.SIGNED


def came_by_link(client, member):
    client.get(reverse("go", args=[make_link(purpose=JURY, target=member)]))
    return client.post(reverse("go", args=[make_link(purpose=JURY, target=member)]))


def test_a_member_reads_and_signs_on_a_page_of_their_own(held, chief, client):
    protocol = ready(held, chief)
    member, other = held.members_list[:2]
    address = reverse("contests:protocol_sign", args=[member.pk, protocol.pk])
    assert client.get(address).status_code == 403
    came_by_link(client, member)
    page = client.get(address)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert f'value="{protocol.digest}"' in page.content.decode()
    pdf = client.get(reverse("contests:protocol_sign_pdf", args=[member.pk, protocol.pk]))
    assert pdf["Content-Type"] == "application/pdf"
    assert client.get(address.replace(f"/{member.pk}/", f"/{other.pk}/", 1)).status_code == 403
    client.post(address, {"digest": "0" * 64, "dissent": "Макул эмесмин"})
    assert not protocol.signatures.exists()
    answer = client.post(address, {"digest": protocol.digest, "dissent": "Макул эмесмин"})
    assert answer.status_code == 302
    client.post(address, {"digest": protocol.digest, "dissent": "Дагы"})
    assert protocol.signatures.get().dissent == "Макул эмесмин"
    assert "Макул эмесмин" in client.get(address).content.decode()


def test_who_was_absent_finds_nothing_to_sign(held, chief, client):
    protocol = ready(held, chief)
    protocol.present.remove(held.members_list[2])
    came_by_link(client, held.members_list[2])
    address = reverse("contests:protocol_sign", args=[held.members_list[2].pk, protocol.pk])
    assert client.get(address).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_signing_against_taking_it_back_ends_in_one_of_two_orders(held, chief):
    """Whichever comes first: no signature stands under a draft."""
    protocol = ready(held, chief)
    member, digest = held.members_list[0], protocol.digest
    start = threading.Barrier(2)

    def run(work):
        try:
            start.wait()
            work()
        except MoveRefused:
            pass
        finally:
            connection.close()

    works = (
        lambda: deciding.sign(protocol, member, digest=digest),
        lambda: move(Protocol.objects.get(pk=protocol.pk), "rework", actor=chief, reason="ката"),
    )
    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    protocol.refresh_from_db()
    assert protocol.status == ProtocolStatus.DRAFT
    assert not protocol.signatures.exists()


# ---------------------------------------------------------------- decided and published


def published(contest, by):
    protocol = signed_by_all(ready(contest, by))
    move(contest, "decide", actor=by)
    move(protocol, "publish", actor=by)
    move(contest, "publish", actor=by)
    contest.refresh_from_db()
    return protocol


def test_published_it_awards_and_everybody_reads_it(held, chief, client):
    loser = make_application(held)
    protocol = signed_by_all(ready(held, chief))
    with pytest.raises(MoveRefused):
        move(protocol, "publish", actor=chief)  # the contest is not decided
    move(held, "decide", actor=chief)
    move(protocol, "publish", actor=chief)
    address = reverse("contests:protocol", args=[held.slug, protocol.pk])
    assert client.get(address).status_code == 404  # the results are not out
    assert results_of(held) == []
    move(held, "publish", actor=chief)
    held.refresh_from_db()
    held.best.refresh_from_db()
    loser.refresh_from_db()
    assert (held.best.status, loser.status) == ("awarded", "not_awarded")
    assert [award.place for award in results_of(held)[0]["awards"]] == [1, 2]
    for language, words in (("ky", "КОМИССИЯ ЧЕЧТИ"), ("ru", "КОМИССИЯ РЕШИЛА")):
        page = client.get(address.replace("/ru/", f"/{language}/")).content.decode()
        assert words in page
        assert "85" in page
    for kind in ("pdf", "docx"):
        found = client.get(reverse("contests:protocol_file", args=[held.slug, protocol.pk, kind]))
        assert found.status_code == 200
    wrong = reverse("contests:protocol_file", args=[held.slug, protocol.pk, "exe"])
    assert client.get(wrong).status_code == 404


def test_a_correction_names_what_it_corrects_and_readers_see_it_once_published(held, chief, client):
    first = published(held, chief)
    winner = Award.objects.get(application=held.best)
    what = {"ky": "Экинчи орундун аты туура эмес", "ru": "Неверно имя второго места"}
    new = deciding.correct(first, what=what, by=chief)
    assert deciding.correct(first, what={"ky": "Дагы"}, by=chief) == new
    deciding.take_away(winner)
    second = Award.objects.exclude(pk=winner.pk).get()
    second.place, second.votes_for = 1, 3
    second.reason_ky, second.reason_ru = "Биринчи орун алынып салынды", "Первое место отозвано"
    second.save()
    assert [award.place for award in results_of(held)[0]["awards"]] == [1, 2]
    deciding.renew(new, with_text=True)
    move(new, "circulate", actor=chief)
    move(signed_by_all(new), "publish", actor=chief)
    held.best.refresh_from_db()
    winner.refresh_from_db()
    first.refresh_from_db()
    assert [award.pk for award in results_of(held)[0]["awards"]] == [second.pk]
    assert held.best.status == "not_awarded"
    assert winner.revoked_on
    assert first.status == ProtocolStatus.CORRECTED
    old = client.get(reverse("contests:protocol", args=[held.slug, first.pk])).content.decode()
    assert reverse("contests:protocol", args=[held.slug, new.pk]) in old
    for language, reason in (("ky", second.reason_ky), ("ru", second.reason_ru)):
        with translation.override(language):
            address = reverse("contests:protocol", args=[held.slug, new.pk])
            results = client.get(reverse("contests:results", args=[held.slug])).content.decode()
        page = client.get(address).content.decode()
        assert what[language] in page
        assert what[language] in results
        assert reason in page
        other = {"ky": "ru", "ru": "ky"}[language]
        assert what[other] not in page + results, "each page in its language"


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_hold_text_points_signatures_digest_and_dissent(held, chief, language):
    protocol = ready(held, chief)
    member = held.members_list[0]
    deciding.sign(protocol, member, digest=protocol.digest, dissent="Өзгөчө пикирим бар 😀")
    protocol.refresh_from_db()
    reader = PdfReader(io.BytesIO(protocol_pdf(protocol, language)))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    document = Document(io.BytesIO(protocol_docx(protocol, language)))
    words = " ".join(each.text for each in document.paragraphs)
    cells = " ".join(
        cell.text for table in document.tables for row in table.rows for cell in row.cells
    )
    for where in (text, f"{words} {cells}"):
        assert "КОМИССИЯ ЧЕЧТИ" in where if language == "ky" else "КОМИССИЯ РЕШИЛА" in where
        assert "Өзгөчө пикирим бар" in where
        assert held.best.number in where
        assert member.name in where
        assert "85" in where
    assert protocol.digest in words
    assert protocol.digest[:32] in text
    assert document.core_properties.author == ""


def test_the_text_is_in_its_language_whatever_the_page(held, chief):
    protocol = deciding.begin(held, by=chief)
    protocol.place_ky, protocol.place_ru = "Нарын шаары", "город Нарын"
    protocol.save()
    protocol = ready(held, chief)
    with translation.override("ru"):
        assert "Катышкандар" in draft_text(protocol, "ky")
        assert content_digest(protocol) == protocol.digest, "it is signed in both languages"


def test_facts_with_one_text_for_both_languages_are_read_in_both(held, chief):
    """As they were gathered before what is said in them stood in two."""
    protocol = deciding.begin(held, by=chief)
    deciding.propose(protocol)
    protocol.refresh_from_db()
    protocol.facts["tables"][0]["rows"][0]["discussion"] = "Талаш болду"
    protocol.facts["awards"][0]["reason"] = "Ушундай чечилди"
    for language in LANGUAGES:
        text = draft_text(protocol, language)
        assert "Талаш болду" in text
        assert "Ушундай чечилди" in text


def test_a_place_beside_the_ranking_wants_a_reason_in_both_languages(held, chief):
    protocol = deciding.begin(held, by=chief)
    deciding.propose(protocol)
    deciding.vote_unanimously(protocol)
    protocol.refresh_from_db()
    award = held.awards.get(place=2)
    award.place, award.reason_ky = 3, "Кол добуш"
    award.save()
    deciding.renew(protocol)
    assert faults_of(protocol, list(held.awards.all()))
    award.reason_ru = "Голосованием"
    award.save()
    assert not faults_of(protocol, list(held.awards.all()))


def test_what_is_corrected_is_asked_for_in_both_languages(held, chief, desk):
    first = published(held, chief)
    page = reverse("admin:contests_protocol_correct", args=[first.pk])
    assert set(desk.post(page, {"told_ky": "Аты"}).context["form"].errors) == {"told_ru"}
    assert desk.post(page, {"told_ky": "Аты", "told_ru": "Имя"}).status_code == 302
    new = first.corrected_by
    assert (new.correction_ky, new.correction_ru) == ("Аты", "Имя")


# ---------------------------------------------------------------- admin


@pytest.fixture
def desk(client, chief):
    client.force_login(chief)
    return client


def test_from_the_contest_to_the_signed_protocol_in_the_admin(held, desk):
    held.members.update(email="member@example.org")
    address = reverse("admin:contests_contest_protocols", args=[held.pk])
    assert desk.get(address).status_code == 200
    desk.post(address)
    protocol = held.protocols.get()
    awards = reverse("admin:contests_protocol_awards", args=[protocol.pk])
    desk.post(awards, {"do": "propose"})
    assert held.awards.count() == 2
    page = desk.get(awards)
    formset = page.context["formset"]
    posted = {"do": "save", "state": page.context["state"]} | {
        f"awards-{name}": value for name, value in formset.management_form.initial.items()
    }
    for number, form in enumerate(formset.forms):
        posted |= {
            f"awards-{number}-id": form.instance.pk,
            f"awards-{number}-place": form.instance.place,
            f"awards-{number}-votes_for": 2,
            f"awards-{number}-votes_against": 1,
            f"awards-{number}-votes_abstained": 0,
        }
    too_many = posted | {"awards-0-votes_for": 3}
    in_one = posted | {"awards-0-reason_ru": "Так решили"}
    for wrong in (too_many, in_one):
        assert desk.post(awards, wrong).status_code == 200
        assert not held.awards.filter(votes_for__gt=0).exists()
    assert desk.post(awards, posted).status_code == 302
    assert set(held.awards.values_list("votes_for", "votes_against")) == {(2, 1)}
    stale = desk.post(awards, posted)  # somebody else has saved meanwhile
    assert stale.status_code == 200
    desk.post(
        awards,
        {
            "do": "add",
            "new-application": held.best.pk,
            "new-outcome": Outcome.SPECIAL,
            "new-title_ky": "Ачык эсеп үчүн",
            "new-title_ru": "За открытый счёт",
        },
    )
    assert held.awards.filter(outcome=Outcome.SPECIAL).count() == 1
    desk.post(awards, {"do": "unanimous"})
    form = reverse("admin:contests_protocol_change", args=[protocol.pk])
    assert "«Ачык эсеп үчүн»" in desk.get(form).content.decode()
    desk.post(reverse("admin:contests_protocol_move", args=[protocol.pk, "circulate"]))
    protocol.refresh_from_db()
    assert protocol.status == ProtocolStatus.CIRCULATED
    assert desk.post(awards, {"do": "propose"}).status_code == 302
    assert held.awards.filter(outcome=Outcome.SPECIAL).get().votes_for == 3
    text = desk.post(form, {"text_ky": "Башка", "version": "1:draft"})
    protocol.refresh_from_db()
    assert text.status_code in {200, 302, 403}
    assert protocol.text_ky != "Башка"
    signatures = reverse("admin:contests_protocol_signatures", args=[protocol.pk])
    assert desk.get(signatures).status_code == 200
    letter = reverse("admin:contests_protocol_letter", args=[protocol.pk, held.members_list[0].pk])
    assert "/go/" in desk.post(letter).content.decode()
    for kind in ("pdf", "docx"):
        found = desk.get(reverse("admin:contests_protocol_file", args=[protocol.pk, kind]))
        assert found.status_code == 200


def test_an_editor_saves_text_and_who_was_there(held, desk):
    desk.post(reverse("admin:contests_contest_protocols", args=[held.pk]))
    protocol = held.protocols.get()
    form = reverse("admin:contests_protocol_change", args=[protocol.pk])
    fields = desk.get(form).context["adminform"].form
    posted = {
        "number": "7",
        "held_on": "20.11.2026",
        "place": "Бишкек",
        "present": [each.pk for each in held.members_list[:2]],
        "text_ky": protocol.text_ky,
        "text_ru": protocol.text_ru,
        "version": fields.stored_lock,
    }
    assert desk.post(form, posted).status_code == 302
    protocol.refresh_from_db()
    assert protocol.facts["quorum"]["present"] == 2
    assert protocol.text_ky.partition("Катышпагандар")[2].count(held.members_list[2].name) >= 1
    assert protocol.number == "7"


def test_readers_of_the_admin_without_the_right_change_nothing(held, chief, client):
    protocol = deciding.begin(held, by=chief)
    client.force_login(factories.make_user("Theme editor"))
    for name, args in (
        ("contests_contest_protocols", [held.pk]),
        ("contests_protocol_awards", [protocol.pk]),
        ("contests_protocol_renew", [protocol.pk, "text"]),
        ("contests_protocol_correct", [protocol.pk]),
    ):
        assert client.post(reverse(f"admin:{name}", args=args)).status_code in {403, 404, 302}
    protocol.refresh_from_db()
    assert not held.awards.exists()
    assert held.protocols.count() == 1
