"""What somebody who tampers may try: nothing hidden is told, nothing of others is changed."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin import site
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contests import deciding
from contests.applying import submit
from contests.assigning import assign
from contests.choices import ApplicationStatus, ContestStatus, ProtocolStatus
from contests.drafting import sections_of
from contests.figures import figures
from contests.models import (
    Application,
    Award,
    Letter,
    Protocol,
    Score,
    ScoreChange,
    Sheet,
    Visit,
    Vote,
)
from people import roles
from publishing.drafts import keep
from publishing.letters import fitting, write
from publishing.models import AuditEvent, Draft
from publishing.workflow import MoveRefused, may_walk, move
from tests import factories
from tests.contests.jury import come_in, entry_url
from tests.factories_contests import (
    make_application,
    make_contest,
    make_entry_draft,
    make_members,
    make_public_contest,
    score,
)

pytestmark = pytest.mark.django_db
C = ContestStatus
KEEPERS = {roles.CONTEST_SECRETARY, roles.SPECIALIST}
SAID, NOTED = "ПИКИР-КУПУЯ", "БЕЛГИ-КУПУЯ"


def go_to(contest, status):
    contest.status = status
    contest.save(update_fields=["status"])


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def scored():
    """Two entries, three members; what the members have written is easy to find."""
    contest = make_public_contest(C.REVIEW)
    members = make_members(contest, 3)
    for value in (9, 5):
        entry = make_application(contest)
        for member in members:
            sheet = Sheet.objects.create(application=entry, member=member, comment=SAID, note=NOTED)
            score(sheet, value, value)
    contest.best = contest.applications.order_by("pk").first()
    return contest


@pytest.fixture
def lead():
    return factories.make_user(roles.SPECIALIST)


def circulated(contest, by) -> Protocol:
    protocol = deciding.begin(contest, by=by)
    deciding.propose(protocol)
    deciding.vote_unanimously(protocol)
    return move(protocol, "circulate", actor=by)


def signed(contest, by) -> Protocol:
    protocol = circulated(contest, by)
    for member in protocol.present.all():
        deciding.sign(protocol, member, digest=protocol.digest)
    protocol.refresh_from_db()
    return protocol


# ---------------------------------------------------------------- every move, role and state

APPLICANT = {"creator", "colleague"}
#: move of an application → states in which it is there, the parts beside the staff that make it.
OF_APPLICATION = {
    "return": ("submitted", set()),
    "repair": ("returned", APPLICANT),
    "admit": ("submitted refused", set()),
    "refuse": ("submitted returned", set()),
    "withdraw": ("submitted returned admitted", APPLICANT),
    "merge": ("submitted returned", set()),
    "disqualify": ("submitted returned admitted", set()),
    "award": ("admitted not_awarded", None),
    "no_award": ("admitted awarded", None),
}
OF_PROTOCOL = {
    "circulate": ("draft", KEEPERS),
    "rework": ("circulated", KEEPERS),
    "sign": ("circulated", KEEPERS | {"clock"}),
    "publish": ("signed", {roles.SPECIALIST}),
    "correct": ("published", {"clock"}),
}


def walks(record, people) -> dict:
    """{(move, status, who)} that the record lets through, for every status it may have."""
    found = set()
    for status in record._meta.get_field("status").choices:
        record.status = status[0]
        for step in record.workflow:
            for who, person in people.items():
                if record.status in step.sources and may_walk(step, record, person):
                    found.add((step.name, record.status, who))
    return found


def people_around(application) -> dict:
    place = application.municipality
    people = {group: factories.make_user(group) for group in roles.GROUPS}
    people |= {
        "clock": None,
        "creator": application.created_by,
        "colleague": factories.make_membership(municipality=place).user,
        "unconfirmed": factories.make_membership(municipality=place, is_verified=False).user,
        "elsewhere": factories.make_membership().user,
        "left": factories.make_user(is_staff=False, is_active=False),
    }
    return people


def test_every_move_of_an_application_by_every_role_in_every_state():
    sender = factories.make_user(is_staff=False)
    application = make_application(make_contest(C.ADMISSION), created_by=sender)
    expected = set()
    for name, (statuses, others) in OF_APPLICATION.items():
        who = {"clock"} if others is None else KEEPERS | others
        expected |= {(name, status, each) for status in statuses.split() for each in who}
    assert {step.name for step in Application.workflow} == set(OF_APPLICATION)
    assert walks(application, people_around(application)) == expected


def test_every_move_of_a_protocol_by_every_role_in_every_state():
    contest = make_contest(C.DELIBERATION)
    application = make_application(contest, created_by=factories.make_user(is_staff=False))
    expected = {
        (name, status, each)
        for name, (statuses, who) in OF_PROTOCOL.items()
        for status in statuses.split()
        for each in who
    }
    assert {step.name for step in Protocol.workflow} == set(OF_PROTOCOL)
    assert walks(Protocol(contest=contest), people_around(application)) == expected


def test_out_of_turn_nothing_moves(lead):
    contest = make_contest(C.ADMISSION)
    application = make_application(contest)
    protocol = Protocol.objects.create(contest=contest, number="1")
    for record, choices in (
        (application, ApplicationStatus),
        (protocol, ProtocolStatus),
    ):
        for status in choices.values:
            type(record).objects.filter(pk=record.pk).update(status=status)
            for step in record.workflow:
                if status in {*step.sources, step.target}:
                    continue
                with pytest.raises(MoveRefused):
                    move(record, step.name, actor=lead, reason="себеп")
                record.refresh_from_db()
                assert record.status == status


def test_whoever_lost_the_role_takes_nothing_back():
    membership = factories.make_membership()
    application = make_application(
        make_public_contest(C.ADMISSION),
        municipality=membership.municipality,
        created_by=membership.user,
    )
    membership.revoked_at = timezone.now()
    membership.save()
    client = client_of(membership.user)
    client.post(reverse("contests:take_back", args=[application.uuid]))
    application.refresh_from_db()
    assert application.status == ApplicationStatus.ADMITTED
    assert (
        "take-back"
        not in client.get(reverse("contests:application", args=[application.uuid])).content.decode()
    )


# ---------------------------------------------------------------- files by their addresses


def asked(client, address):
    """The answer, read to its end: so its file is closed."""
    answer = client.get(address)
    answer.getvalue()
    return answer


def test_files_of_an_application_open_for_the_applicant_and_its_keepers_alone(media_root):
    membership = factories.make_membership()
    draft = make_entry_draft(make_public_contest(), membership)
    draft.pictures.create(file=factories.upload("a.jpg", factories.picture()))
    draft.documents.create(file=factories.upload("a.pdf", factories.pdf()), language="ky")
    application = submit(draft, at=timezone.now(), by=membership.user)
    colleague = factories.make_membership(municipality=membership.municipality).user
    stored = [
        application.letter.src,
        application.files.get().src,
        application.pictures.get().src,
    ]
    own = {membership.user, colleague}
    readers = {client_of(each): each in own for each in (*own, factories.make_membership().user)}
    readers |= {client_of(factories.make_user(group)): group in KEEPERS for group in roles.GROUPS}
    readers[Client()] = False
    member = make_members(application.contest, 1)[0]
    come_in(readers_member := Client(), member)
    readers[readers_member] = False
    for status in (C.ACCEPTING, C.REVIEW, C.DECIDED, C.PUBLISHED, C.WITHDRAWN):
        go_to(application.contest, status)
        for address in stored:
            for client, may in readers.items():
                answer = asked(client, address)
                assert (answer.status_code == 200) == may, (status, address)
                assert "public" not in answer.get("Cache-Control", "")


def test_photo_of_a_visit_is_not_there_before_the_results(scored, media_root):
    visit = Visit.objects.create(application=scored.best)
    photo = visit.photos.create(file=factories.upload("a.jpg", factories.picture()), alt_ky="Насос")
    for status in C.values:
        go_to(scored, status)
        is_out = status in {C.PUBLISHED, C.ARCHIVED}
        assert (asked(Client(), photo.src).status_code == 200) == is_out, status


# ---------------------------------------------------------------- a member who tampers


def test_doors_of_others_answer_as_doors_that_are_not_there(scored, client):
    member, other = scored.members.all()[:2]
    come_in(client, member)
    answers = [client.get(reverse("contests:jury", args=[pk])) for pk in (other.pk, 10**6, 0)]
    assert [each.status_code for each in answers] == [403] * 3
    heads = [
        {
            name: value
            for name, value in each.headers.items()
            if name not in {"Content-Length", "Expires"}  # of a new second
        }
        for each in answers
    ]
    assert heads[0] == heads[1] == heads[2]
    foreign = make_contest(C.REVIEW)
    make_members(foreign, 3)
    make_application(foreign, code="К-77")
    assign(foreign)
    assign(scored)
    for code in ("К-77", "", "К-99", "..", "%00", scored.best.number, str(scored.best.uuid)):
        url = f"/ru/contests/jury/{member.pk}/entries/{code}/"
        assert client.get(url).status_code == 404, code


@pytest.mark.parametrize("typed", ["9" * 5000, "²", "-1", "1e3", "٩" * 30, "\x00"])
def test_hostile_scores_are_told_and_break_nothing(scored, client, typed):
    sheet = scored.best.sheets.first()
    assign(scored)
    Sheet.objects.filter(pk=sheet.pk).update(status="opened")
    sheet.refresh_from_db()
    come_in(client, sheet.member)
    criterion = scored.criteria.first()
    before = Score.objects.get(sheet=sheet, criterion=criterion).value
    data = {f"value-{criterion.pk}": typed, f"was:value-{criterion.pk}": ""}
    answer = client.post(entry_url(sheet), data, headers={"Accept": "application/json"})
    assert answer.status_code in {200, 400}
    assert Score.objects.get(sheet=sheet, criterion=criterion).value == before


def test_words_with_a_null_byte_break_nothing(scored, lead, client):
    member = scored.members.first()
    come_in(client, member)
    assign(scored)
    code = scored.applications.first().code
    data = {"entry": code, f"kind-{code}": "other", f"note-{code}": "а\x00б", "agreed": "on"}
    assert client.post(reverse("contests:jury_statement", args=[member.pk]), data).status_code < 500
    go_to(scored, C.DELIBERATION)
    protocol = circulated(scored, lead)
    data = {"digest": protocol.digest, "dissent": "Макул\x00 эмесмин"}
    url = reverse("contests:protocol_sign", args=[member.pk, protocol.pk])
    assert client.post(url, data).status_code == 302
    assert protocol.signatures.get(member=member).dissent == "Макул эмесмин"


# ---------------------------------------------------------------- means before the phase


def admin_pages(contest) -> list[str]:
    """Every page of the contest in the admin that is opened by a GET."""
    of_contest = (
        "change", "history", "stand", "ranking", "assignment", "commission", "conflicts",
        "protocols", "visits", "votes", "after", "tasks", "campaign", "rules", "versions",
        "what_if",
    )  # fmt: skip
    pages = [reverse(f"admin:contests_contest_{name}", args=[contest.pk]) for name in of_contest]
    for entry in contest.applications.all():
        pages += [
            reverse("admin:contests_contest_entry", args=[contest.pk, entry.pk]),
            reverse("admin:contests_contest_feedback", args=[contest.pk, entry.pk]),
            reverse("admin:contests_application_change", args=[entry.pk]),
            reverse("admin:contests_application_history", args=[entry.pk]),
        ]
    for protocol in contest.protocols.all():
        pages += [
            reverse(f"admin:contests_protocol_{name}", args=[protocol.pk])
            for name in ("change", "history", "awards", "signatures")
        ]
    return pages


def test_no_page_of_the_admin_tells_means_or_words_before_the_phase(scored):
    for role in KEEPERS:
        client = client_of(factories.make_user(role))
        for status in (C.REVIEW, C.VISITS):
            go_to(scored, status)
            for page in admin_pages(scored):
                found = client.get(page).content.decode()
                for hidden in (SAID, NOTED, "90,0"):
                    assert hidden not in found, (page, status)
    go_to(scored, C.DELIBERATION)
    entry = reverse("admin:contests_contest_entry", args=[scored.pk, scored.best.pk])
    assert SAID in client.get(entry).content.decode()
    assert not any(NOTED in client.get(each).content.decode() for each in admin_pages(scored))


@pytest.mark.parametrize(
    "asked",
    [
        "sheets__scores__value__gte=9", "sheets__comment__startswith=П", "sheets__note__contains=Б",
        "awards__place=1", "contest__awards__place=1", "sheets__changes__value=9",
        "visit__findings__contains=a", "conflicts__note__contains=a", "o=sheets__scores__value",
        "q=" + SAID,
    ],
)  # fmt: skip
def test_no_filter_of_a_list_guesses_at_scores(scored, lead, asked):
    url = reverse("admin:contests_application_changelist")
    answer = client_of(lead).get(f"{url}?{asked}", follow=True)
    assert answer.status_code in {200, 400}
    if answer.status_code == 200 and not asked.startswith("q="):
        # Django answers a filter that is not allowed with the whole list, and a notice.
        assert "e=1" in answer.request["QUERY_STRING"] or scored.best.number in (
            answer.content.decode()
        )


def test_scores_and_votes_have_no_lists_in_the_admin():
    hidden = {Sheet, Score, ScoreChange, Vote, Award, Letter}
    assert not hidden & set(site._registry)


def test_back_at_the_commission_nobody_reads_means_in_a_protocol(scored, lead, client):
    """Sent back to score again: neither members nor the staff look at what was worked out."""
    go_to(scored, C.DELIBERATION)
    protocol = circulated(scored, lead)
    member = scored.members.first()
    with pytest.raises(MoveRefused) as refusal:
        move(scored, "review_again", actor=lead, reason="Ката табылды.")
    assert [each.field for each in refusal.value.missing] == ["protocols"]
    move(protocol, "rework", actor=lead, reason="Кайра баалоо.")
    move(scored, "review_again", actor=lead, reason="Ката табылды.")
    come_in(client, member)
    sign = reverse("contests:protocol_sign", args=[member.pk, protocol.pk])
    assert "90,0" not in client.get(sign).content.decode()
    desk = client_of(lead)
    for name, args in (("change", ()), ("awards", ()), ("file", ("docx",)), ("history", ())):
        page = reverse(f"admin:contests_protocol_{name}", args=[protocol.pk, *args])
        assert desk.get(page).status_code in {302, 403}, name
    for work in ("text", "facts"):
        renew = reverse("admin:contests_protocol_renew", args=[protocol.pk, work])
        assert desk.post(renew).status_code in {302, 403}
    with pytest.raises(MoveRefused):
        deciding.renew(protocol, with_text=True)
    with pytest.raises(MoveRefused):
        deciding.propose(protocol)


def test_a_protocol_is_signed_in_the_deliberation_alone(scored, lead):
    go_to(scored, C.DELIBERATION)
    protocol = circulated(scored, lead)
    for status in (C.REVIEW, C.VISITS, C.CANCELLED):
        go_to(scored, status)
        with pytest.raises(MoveRefused):
            deciding.sign(protocol, protocol.present.first(), digest=protocol.digest)
    assert not protocol.signatures.exists()


# ---------------------------------------------------------------- the record of what was done


@pytest.mark.parametrize("group", roles.GROUPS)
def test_events_are_for_those_who_may_see_the_thing(scored, lead, group):
    go_to(scored, C.DELIBERATION)
    signed(scored, lead)
    move(scored, "decide", actor=lead)
    move(scored.protocols.get(), "publish", actor=lead)
    event = AuditEvent.about(scored.best).get(action="award")
    client = client_of(factories.make_user(group))
    listed = client.get(
        reverse("admin:publishing_auditevent_changelist"), {"q": scored.best.number}
    )
    page = client.get(reverse("admin:publishing_auditevent_change", args=[event.pk]))
    may = group == roles.SPECIALIST
    assert (scored.best.title in listed.content.decode()) == may
    assert (page.status_code == 200) == may


# ---------------------------------------------------------------- readers before the results


def test_decided_and_not_published_it_is_known_to_nobody(scored, lead, client):
    practice = factories.make_practice("published")
    Application.objects.filter(pk=scored.best.pk).update(practice=practice)
    scored.best.refresh_from_db()
    go_to(scored, C.DELIBERATION)
    protocol = signed(scored, lead)
    move(scored, "decide", actor=lead)
    move(protocol, "publish", actor=lead)
    award = Award.objects.get(application=scored.best)
    results = reverse("contests:results", args=[scored.slug])
    hidden = [
        results,
        reverse("contests:protocol", args=[scored.slug, protocol.pk]),
        reverse("contests:protocol_file", args=[scored.slug, protocol.pk, "pdf"]),
        reverse("contests:diploma", args=[award.code]),
        reverse("contests:diploma_pdf", args=[award.code]),
    ]
    applicant = client_of(factories.make_membership(municipality=scored.best.municipality).user)
    for reader in (client, applicant):
        assert [reader.get(each).status_code for each in hidden] == [404] * 5
    shown = [
        practice.get_absolute_url(),
        scored.get_absolute_url(),
        reverse("contests:list"),
        reverse("contests:archive"),
        reverse("home"),
        reverse("search") + f"?q={scored.best.content['ky']['title']}",
        "/sitemap-contests.xml",
    ]
    for each in shown:
        found = client.get(each).content.decode()
        assert results not in found, each
        assert scored.best.number not in found, each
    own = applicant.get(reverse("contests:application", args=[scored.best.uuid])).content.decode()
    assert results not in own
    assert award.code not in own
    assert SAID not in own


def test_one_municipality_is_no_figure_however_often_it_applies():
    """A town is the only municipality of its oblast: its number is its name."""
    contest = make_public_contest()
    town = factories.make_municipality(oblast=factories.oblast("Талас облусу"))
    for _number in range(4):
        make_application(contest, municipality=town)
    for _number in range(5):
        make_application(contest, municipality=factories.make_municipality())
    for _number in range(2):
        other = factories.oblast("Ош облусу")
        make_application(contest, municipality=factories.make_municipality(oblast=other))
    found = dict(figures(contest).oblasts)
    assert town.oblast.label not in found
    assert sum(found.values()) in {0, 11}


# ---------------------------------------------------------------- an applicant who tampers


def test_a_form_keeps_its_own_questions_alone(media_root):
    contest, other = make_public_contest(), make_public_contest()
    membership = factories.make_membership()
    draft = make_entry_draft(contest, membership)
    client = client_of(membership.user)
    before = {k: draft.answers[k] for k in ("contest", "letter", "municipality")}
    forged = {
        "contest": str(other.pk), "letter": "x", "letter_photos": "x", "practice": "1",
        "other": '{"texts": {}}', "other.texts": "x", "id": "1", "contest.a.b": "x",
        "municipality": factories.make_municipality().code, "sent_at": "x", "owner": "1",
        "was:contest": "", "choose:contest": "0", "remove:contest": "on",
    }  # fmt: skip
    for name in ("entry", "story", "files", "contact", "letter"):
        url = reverse("contests:section", args=[draft.uuid, name])
        assert client.post(url, forged).status_code in {302, 404}
    draft.refresh_from_db()
    assert {k: draft.answers[k] for k in before} == before
    assert not {"practice", "other", "id", "sent_at", "owner", "letter_photos"} & set(draft.answers)


@pytest.mark.parametrize("nomination", ["²", "9" * 5000, "-1", "other", "а" * 100_000])
def test_hostile_nominations_are_no_answer(nomination, media_root):
    contest = make_public_contest()
    if nomination == "other":
        nomination = str(make_public_contest().nominations.get().pk)
    draft = make_entry_draft(contest, nomination=nomination)
    client = client_of(draft.owner)
    answer = client.post(
        reverse("contests:send", args=[draft.uuid]), {"agreed": ["contest", "publish"]}
    )
    assert answer.status_code == 200
    assert not Application.objects.exists()


@pytest.mark.parametrize("practice", ["²", "9" * 5000, "0", "-1", "x"])
def test_hostile_practices_begin_an_empty_form(practice):
    contest, membership = make_public_contest(), factories.make_membership()
    client = client_of(membership.user)
    url = reverse("contests:apply", args=[contest.slug])
    stamp = re.search(r'name="stamp" value="([^"]+)"', client.get(url).content.decode())[1]
    with time_machine.travel(timezone.now() + timedelta(seconds=10), tick=False):
        client.post(url, {"stamp": stamp, "practice": practice})
    assert "practice" not in Draft.objects.get().answers


def test_a_choice_between_versions_that_is_no_number_is_none():
    draft = make_entry_draft(make_public_contest(), has_letter=False)
    draft.conflicts = {"title": [{"value": "Башка", "at": "2026-01-01"}]}
    draft.save()
    for choice in ("²", "9" * 5000, "7"):
        keep(draft, sections_of(draft)["core"], {"title": "x", "choose:title": choice})
    draft.refresh_from_db()
    assert draft.answers["title"] != "Башка"


# ---------------------------------------------------------------- letters


def test_letters_name_nothing_that_is_hidden(scored, lead):
    """To members: never whose the entries are. To applicants: no code, no score before the results."""
    assign(scored)
    entry = scored.best
    entry.refresh_from_db()
    member = scored.members.first()
    member.email = "a@example.org"
    member.save()
    told = 0
    for status in C.values:
        go_to(scored, status)
        entry.contest.refresh_from_db()
        member.contest.refresh_from_db()
        for record, hidden in (
            (member, (entry.number, entry.municipality.name_ky, entry.applicant_name)),
            (entry, (f" {entry.code}", SAID, NOTED, "90,0")),
        ):
            for name in fitting(record):
                if name == "contest_result":
                    assert status in {C.PUBLISHED, C.ARCHIVED}
                    continue
                for language in ("ky", "ru"):
                    letter = write(name, record, language=language)
                    words = f"{letter.subject} {letter.for_whatsapp}"
                    assert not [each for each in hidden if each in words], (name, status)
                    told += 1
    assert told > 10
