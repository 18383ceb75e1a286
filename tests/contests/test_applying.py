"""Applying: who may, what is kept, the edge of the term, sending once, taking back, what is frozen."""

import io
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from contests import drafting
from contests.applying import submit, take_back
from contests.choices import ApplicationStatus, ContestStatus, Group
from contests.freezing import digest_of
from contests.models import Application, Contest, Letter
from people.models import Consent
from people.roles import CONTEST_SECRETARY
from places.models import Municipality
from portal.erasure import delete_account
from portal.personal_data import copy_of_data
from practices.contribution import NotReady
from publishing.drafts import digest, keep
from publishing.models import AuditEvent, Draft
from publishing.workflow import MoveRefused, move
from tests import factories
from tests.factories_contests import (
    make_entry_draft,
    make_nomination,
    make_public_contest,
)

pytestmark = pytest.mark.django_db

AGREED = {"agreed": ["contest", "photo", "publish"]}


@pytest.fixture
def contest():
    return make_public_contest()


@pytest.fixture
def member():
    user = factories.make_user(is_staff=False, email="ayjan@example.org", name="Айжан Осмонова")
    return factories.make_membership(user)


@pytest.fixture
def browser(member):
    client = Client()
    client.force_login(member.user)
    return client


@pytest.fixture
def draft(contest, member):
    return make_entry_draft(contest, member)


def url(name, *args) -> str:
    with translation.override("ru"):
        return reverse(f"contests:{name}", args=args)


def sent(draft, **kwargs) -> Application:
    return submit(draft, **{"at": timezone.now(), "by": draft.owner} | kwargs)


def begin(client, contest, **data):
    page = client.get(url("apply", contest.slug)).content.decode()
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)[1]
    with time_machine.travel(timezone.now() + timedelta(seconds=10), tick=False):
        return client.post(url("apply", contest.slug), {"stamp": stamp, "language": "ky"} | data)


# ---------------------------------------------------------------- who may begin


def test_only_confirmed_representatives_begin(contest):
    client, stranger = Client(), factories.make_user(is_staff=False)
    page = client.get(url("apply", contest.slug)).content.decode()
    assert reverse("account_login") in page
    client.force_login(stranger)
    page = client.get(url("apply", contest.slug)).content.decode()
    assert reverse("membership") in page
    assert 'name="stamp"' not in page
    client.post(url("apply", contest.slug), {"stamp": "x"})
    factories.make_membership(stranger, is_verified=False)
    assert 'name="stamp"' not in client.get(url("apply", contest.slug)).content.decode()
    assert not Draft.objects.exists()


def test_an_empty_form_begins_once_with_what_is_known(contest, browser, member):
    first = begin(browser, contest)
    assert first.url == url("section", Draft.objects.get().uuid, "entry")
    draft = Draft.objects.get()
    assert draft.answers["municipality"] == member.municipality.code
    assert draft.answers["applicant_name"] == "Айжан Осмонова"
    assert draft.answers["nomination"] == str(contest.nominations.get().pk)


def test_a_second_tap_begins_nothing_new(contest, browser):
    page = browser.get(url("apply", contest.slug)).content.decode()
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)[1]
    with time_machine.travel(timezone.now() + timedelta(seconds=10), tick=False):
        data = {"stamp": stamp, "language": "ky"}
        assert (
            browser.post(url("apply", contest.slug), data).url
            == browser.post(url("apply", contest.slug), data).url
        )
    assert Draft.objects.count() == 1


@pytest.mark.parametrize(
    "status", [ContestStatus.ANNOUNCED, ContestStatus.ADMISSION, ContestStatus.CANCELLED]
)
def test_nothing_begins_in_a_contest_that_is_not_open(browser, status):
    contest = make_public_contest(status)
    page = browser.get(url("apply", contest.slug))
    assert page.status_code == 200
    assert b'name="stamp"' not in page.content
    browser.post(url("apply", contest.slug), {"stamp": "x", "language": "ky"})
    assert not Draft.objects.exists()


def test_a_contest_nobody_has_announced_has_no_page(browser):
    hidden = make_public_contest(ContestStatus.DRAFT)
    assert browser.get(url("apply", hidden.slug)).status_code == 404


# ---------------------------------------------------------------- the form


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("entry", {"applicant_post": "айыл башчысы"}),
        ("core", {"title": "Көчөдөгү жарык"}),
        ("money", {"cost_once": "450 000"}),
        ("contact", {"contact_post": "катчы"}),
    ],
)
def test_each_part_keeps_what_is_typed(browser, contest, member, name, data):
    draft = make_entry_draft(contest, member, **dict.fromkeys(data, ""))
    kept = browser.post(
        url("section", draft.uuid, name), data, headers={"accept": "application/json"}
    )
    assert kept.status_code == 200
    draft.refresh_from_db()
    assert draft.answers | data == draft.answers
    page = browser.get(url("section", draft.uuid, name)).content.decode()
    assert next(iter(data.values())) in page


def test_two_devices_keep_both_texts(draft, browser):
    data = {"title": "Биринчи телефондон", "was:title": "0000000000"}
    answer = browser.post(
        url("section", draft.uuid, "core"), data, headers={"accept": "application/json"}
    )
    assert answer.json()["conflict"]
    draft.refresh_from_db()
    assert draft.answers["title"] == "Айылга таза суу жетти"
    assert draft.conflicts["title"][0]["value"] == "Биринчи телефондон"
    with pytest.raises(NotReady):
        sent(draft)


def test_the_form_asks_for_no_name_and_mobile_twice(draft, browser):
    page = browser.get(url("section", draft.uuid, "contact")).content.decode()
    assert 'name="office_phone"' in page
    assert 'name="contact_name"' not in page
    assert 'name="mobile_phone"' not in page


def test_parts_and_pages_are_the_writers_alone(draft, contest):
    client = Client()
    client.force_login(factories.make_membership(municipality=None).user)
    for name in ("draft", "send"):
        assert client.get(url(name, draft.uuid)).status_code == 404
    assert client.get(url("section", draft.uuid, "core")).status_code == 404
    assert client.post(url("discard", draft.uuid)).status_code == 404
    # A practice’s draft is no application’s, and the other way round.
    with translation.override("ru"):
        assert client.get(reverse("practices:draft", args=[draft.uuid])).status_code == 404
    letter = draft.documents.get()
    assert client.get(letter.src).status_code == 404


def test_every_part_opens_and_the_overview_tells_what_is_missing(browser, contest, member):
    draft = make_entry_draft(contest, member, has_letter=False, title="", applicant_phone="12")
    for name in drafting.sections_of(draft):
        assert browser.get(url("section", draft.uuid, name)).status_code == 200
    page = browser.get(url("draft", draft.uuid)).content.decode()
    for part, field in (
        ("core", "id_title"),
        ("entry", "id_applicant_phone"),
        ("letter", "letter"),
    ):
        assert f"{url('section', draft.uuid, part)}#{field}" in page
    assert url("send", draft.uuid) not in page


def test_a_discarded_draft_goes_with_its_files(draft, browser, media_root):
    assert browser.post(url("discard", draft.uuid)).status_code == 302
    assert not Draft.objects.exists()


# ---------------------------------------------------------------- the letter


def bring_letter(client, draft, *uploads):
    return client.post(
        url("section", draft.uuid, "letter"),
        {"letter": list(uploads)},
        headers={"accept": "application/json"},
    )


def test_photos_of_a_letter_become_one_pdf_without_a_word_on_the_phone(contest, member, browser):
    draft = make_entry_draft(contest, member, has_letter=False)
    first = factories.picture(color="#8c2f2b", comment=b"Samsung of Ayjan")
    second = factories.picture(color="#1f3c66")
    for content in (first, second, first):  # the first again: a broken line
        answer = bring_letter(browser, draft, factories.upload("IMG_20260901.jpg", content))
        assert answer.status_code == 200, answer.json()
    draft = Draft.objects.get()
    letter = draft.documents.get()
    assert draft.answers["letter"] == str(letter.uuid)
    with letter.file.open("rb") as handle:
        content = handle.read()
    reader = PdfReader(io.BytesIO(content))
    assert len(reader.pages) == 2
    assert reader.metadata is None
    for word in (b"Samsung", b"IMG_2026", b"CreationDate", b"pypdf", b"Pillow"):
        assert word not in content


def test_a_pdf_takes_the_place_of_photos_and_may_be_taken_away(contest, member, browser):
    draft = make_entry_draft(contest, member, has_letter=False)
    bring_letter(browser, draft, factories.upload("1.jpg", factories.picture()))
    bring_letter(browser, draft, factories.upload("letter.pdf", factories.pdf(pages=3)))
    assert Draft.objects.get().documents.get().pages == 3
    browser.post(url("section", draft.uuid, "letter"), {"remove:letter": "on"})
    draft = Draft.objects.get()
    assert "letter" not in draft.answers
    assert not draft.documents.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("letter.docx", factories.docx()),
        ("letter.pdf", factories.pdf(script="app.alert(1)")),
        ("letter.pdf", b"%PDF-1.4 not quite"),
        ("photo.jpg", b"<script>alert(1)</script>"),
        ("photo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("letter.pdf.exe", b"MZ"),
    ],
)
def test_what_is_no_letter_is_refused_with_a_sentence(contest, member, browser, name, content):
    draft = make_entry_draft(contest, member, has_letter=False)
    answer = bring_letter(browser, draft, factories.upload(name, content))
    assert answer.status_code == 400
    assert answer.json()["problems"][0].startswith(f"{name}: ")
    assert not Draft.objects.get().documents.exists()


def test_the_letter_is_no_document_beside_the_text(draft, browser):
    page = browser.get(url("section", draft.uuid, "files")).content.decode()
    assert draft.documents.get().src not in page
    application = sent(draft)
    assert not application.files.exists()
    assert application.letter.sha256 == draft.documents.get().sha256


# ---------------------------------------------------------------- sending


def test_sending_gives_a_number_freezes_the_text_and_tells_so(draft, browser, contest, member):
    page = browser.get(url("send", draft.uuid)).content.decode()
    assert 'value="contest"' in page
    refused = browser.post(url("send", draft.uuid), {"agreed": ["publish"]})
    assert refused.status_code == 200
    assert not Application.objects.exists()
    answer = browser.post(url("send", draft.uuid), AGREED)
    application = Application.objects.get()
    assert answer.url == url("application", application.uuid)
    nomination = contest.nominations.get()
    assert application.number == f"2026-{nomination.code}-001"
    assert application.municipality == member.municipality
    assert application.content["ky"]["title"] == "Айылга таза суу жетти"
    assert application.digest == digest_of(application.content)
    assert application.rules == contest.versions.first()
    assert application.applicant_phone == "+996555123456"
    assert application.checks["in_time"]["ok"]
    assert application.checks["represented"]["ok"]
    assert application.wants_publication
    draft.refresh_from_db()
    assert draft.record == application
    assert draft.sent_at
    consents = Consent.objects.filter(user=member.user, object_id=application.pk)
    assert {each.purpose for each in consents} == {"contest", "photo", "publish"}
    assert AuditEvent.about(application).get().action == "submit"
    page = browser.get(answer.url).content.decode()
    assert application.number in page
    assert "Samsung" not in page


def test_the_frozen_text_names_no_person(contest, member):
    draft = make_entry_draft(
        contest, member, contact_name="Бакыт Асанов", mobile_phone="+996700111222",
        contact_post="инженер",
    )  # fmt: skip
    frozen = str(sent(draft).content)
    assert "инженер" in frozen
    for word in ("Бакыт", "700111222", "Айжан", "555123456"):
        assert word not in frozen


def test_without_the_consent_to_publish_it_does_not_become_a_practice(draft, browser):
    browser.post(url("send", draft.uuid), {"agreed": ["contest"]})
    assert Application.objects.get().wants_publication is False


def test_a_consent_taken_back_holds_for_the_application(draft, browser):
    browser.post(url("send", draft.uuid), AGREED)
    consent = Consent.objects.get(purpose="publish")
    browser.post(reverse("withdraw_consent", args=[consent.uuid]))
    assert Application.objects.get().wants_publication is False


def test_numbers_follow_one_another_in_each_nomination(contest):
    other = make_nomination(contest)
    numbers = [sent(make_entry_draft(contest)).number for _each in range(3)]
    apart = sent(make_entry_draft(contest, nomination=str(other.pk))).number
    assert [number[-3:] for number in numbers] == ["001", "002", "003"]
    assert apart == f"2026-{other.code}-001"
    # A contest of the same year with the same short code goes on where the other stopped.
    second = make_public_contest()
    second.nominations.update(code=contest.nominations.exclude(pk=other.pk).get().code)
    assert sent(make_entry_draft(second)).number[-3:] == "004"
    Application.objects.filter(number=numbers[2]).update(number=f"{numbers[2][:-3]}999")
    assert sent(make_entry_draft(contest)).number.endswith("-1000")
    assert sent(make_entry_draft(contest)).number.endswith("-1001")


def test_mountain_and_border_municipalities_are_a_group_of_their_own(contest):
    for group, expected in (
        (Municipality.Group.BORDER, Group.HARD),
        (Municipality.Group.MOUNTAIN_REMOTE, Group.HARD),
        (Municipality.Group.OTHER, Group.OTHER),
    ):
        place = factories.make_municipality(group=group)
        draft = make_entry_draft(contest, factories.make_membership(municipality=place))
        assert sent(draft).group == expected


@pytest.mark.parametrize(
    "field",
    ["nomination", "applicant_name", "applicant_post", "applicant_phone", "title", "theme",
     "municipality", "problem", "solution", "result", "started_on", "letter"],
)  # fmt: skip
def test_each_of_these_is_asked_for(contest, field):
    with pytest.raises(NotReady) as refused:
        sent(make_entry_draft(contest, **{field: ""}, has_letter=field != "letter"))
    assert field in [each.field for each in refused.value.wanting]


def test_a_contest_may_ask_for_no_letter():
    contest = make_public_contest(needs_letter=False)
    assert not hasattr(sent(make_entry_draft(contest, has_letter=False)), "letter")


def test_a_nomination_or_place_of_others_is_no_answer(contest, member):
    foreign = make_public_contest().nominations.get()
    with pytest.raises(NotReady):
        sent(make_entry_draft(contest, member, nomination=str(foreign.pk)))
    other = factories.make_municipality()
    with pytest.raises(NotReady):
        sent(make_entry_draft(contest, member, municipality=other.code))


def test_rights_lost_in_the_middle_stop_the_sending(draft, member, browser):
    member.revoked_at = timezone.now()
    member.save()
    page = browser.post(url("send", draft.uuid), AGREED)
    assert page.status_code == 200
    assert not Application.objects.exists()
    assert browser.get(url("draft", draft.uuid)).status_code == 200


def test_a_second_of_the_municipality_in_the_nomination_is_told(contest, draft, member):
    first = sent(draft)
    colleague = factories.make_membership(municipality=member.municipality)
    with pytest.raises(MoveRefused, match=first.number):
        sent(make_entry_draft(contest, colleague))
    other = make_nomination(contest)
    assert sent(make_entry_draft(contest, colleague, nomination=str(other.pk)))
    Contest.objects.update(one_in_nomination=False)
    assert sent(make_entry_draft(contest, colleague))


def test_a_practice_takes_part_in_a_nomination_once(contest):
    Contest.objects.update(one_in_nomination=False)
    practice = factories.make_practice("published")
    first = sent(make_entry_draft(contest, practice=str(practice.pk)))
    with pytest.raises(MoveRefused, match=first.number):
        sent(make_entry_draft(contest, practice=str(practice.pk)))


def test_the_last_minute_is_light(contest, member, browser):
    draft = make_entry_draft(contest, member)
    for color in ("red", "green", "blue"):
        draft.pictures.create(file=factories.upload("a.jpg", factories.picture(color=color)))
    draft.documents.create(file=factories.upload("a.pdf", factories.pdf(pages=2)))
    browser.get(url("draft", draft.uuid))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert browser.post(url("send", draft.uuid), AGREED).status_code == 302
    own = [each["sql"] for each in queries if "SAVEPOINT" not in each["sql"]]
    assert len(own) <= 25, "\n".join(own)
    application = Application.objects.get()
    assert application.pictures.count() == 3
    assert application.files.get().pages == 2


# ---------------------------------------------------------------- the term


#: 18:00 in Bishkek, six hours before midnight there and noon in Greenwich.
END = datetime(2026, 10, 31, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "is_taken"),
    [
        (END - timedelta(seconds=1), True),
        (END - timedelta(microseconds=1), True),
        (END, False),
        (END + timedelta(seconds=1), False),
    ],
)
def test_a_second_after_the_term_is_late(at, is_taken):
    contest = make_public_contest(opens_at=END - timedelta(days=30), closes_at=END)
    draft = make_entry_draft(contest)
    with time_machine.travel(at, tick=False):
        client = Client()
        client.force_login(draft.owner)
        answer = client.post(url("send", draft.uuid), AGREED)
    if is_taken:
        assert Application.objects.get().submitted_at == at
        return
    assert not Application.objects.exists()
    assert "18:00:00" in answer.content.decode()
    with time_machine.travel(at, tick=False):
        client.force_login(draft.owner)
        page = client.get(url("section", draft.uuid, "core")).content.decode()
    assert "Айылга таза суу жетти" in page


def test_midnight_of_bishkek_not_of_greenwich():
    midnight = datetime(2026, 10, 31, 18, 0, 0, tzinfo=UTC)  # 0:00 of 1 November in Bishkek
    contest = make_public_contest(opens_at=midnight - timedelta(days=9), closes_at=midnight)
    draft = make_entry_draft(contest)
    with time_machine.travel(midnight - timedelta(minutes=1), tick=False):
        assert sent(draft).number
    other = make_entry_draft(contest)
    with time_machine.travel(midnight, tick=False), pytest.raises(MoveRefused, match="00:00:00"):
        sent(other)


def test_what_arrived_in_time_is_taken_though_the_contest_was_closed_meanwhile(draft, contest):
    at = contest.closes_at - timedelta(seconds=1)
    with time_machine.travel(contest.closes_at + timedelta(seconds=2), tick=False):
        move(contest, "close", actor=None)
        assert sent(draft, at=at).submitted_at == at


def test_what_is_typed_after_the_term_is_kept_too(draft, contest, browser):
    Contest.objects.update(closes_at=timezone.now() - timedelta(minutes=1))
    data = {"lessons": "Сабак"}
    browser.post(url("section", draft.uuid, "advice"), data)
    draft.refresh_from_db()
    assert draft.answers["lessons"] == "Сабак"


@pytest.mark.parametrize(
    "status", [ContestStatus.ANNOUNCED, ContestStatus.CANCELLED, ContestStatus.REVIEW]
)
def test_a_contest_in_another_stage_takes_nothing(draft, contest, status, browser):
    Contest.objects.update(status=status)
    page = browser.post(url("send", draft.uuid), AGREED)
    assert page.status_code == 200
    assert not Application.objects.exists()
    assert browser.get(url("draft", draft.uuid)).status_code == 200


def test_a_late_one_is_taken_with_the_chairs_consent(draft, contest):
    secretary = factories.make_user(CONTEST_SECRETARY)
    Contest.objects.update(
        status=ContestStatus.ADMISSION, closes_at=timezone.now() - timedelta(days=1)
    )
    with pytest.raises(MoveRefused):
        sent(draft)
    application = sent(draft, by=secretary, late_by="Төрага, № 4")
    assert application.late_by == "Төрага, № 4"
    assert application.created_by == draft.owner
    Contest.objects.update(status=ContestStatus.REVIEW)
    with pytest.raises(MoveRefused):
        sent(make_entry_draft(contest), by=secretary, late_by="Төрага, № 5")


# ---------------------------------------------------------------- from a practice


@pytest.fixture
def practice(member):
    practice = factories.make_practice(
        "published", municipality=member.municipality, contact_name="Бакыт Асанов"
    )
    practice.photos.create(
        file=factories.upload("a.jpg", factories.picture()), alt_ky="Насос", alt_ru="Насос"
    )
    return practice


def test_a_practice_is_copied_in_both_languages_and_what_it_becomes_changes_nothing(
    contest, browser, practice, member
):
    begin(browser, contest, practice=str(practice.pk))
    draft = Draft.objects.get()
    assert draft.answers["practice"] == str(practice.pk)
    assert "Бакыт" not in str(draft.answers)
    assert draft.pictures.get().sha256 == practice.photos.get().sha256
    letter = draft.documents.create(file=factories.upload("letter.pdf", factories.pdf()))
    draft.answers |= {"letter": str(letter.uuid), "applicant_post": "катчы"}
    draft.answers["applicant_phone"] = "+996555123456"
    draft.save()
    before = (practice.title_ky, practice.title_ru)
    practice.title_ky = practice.title_ru = "Башка аталыш"
    practice.save()
    application = sent(draft)
    own, other = application.language, {"ky": "ru", "ru": "ky"}[application.language]
    titles = {application.content[own]["title"], application.content[other]["title"]}
    assert titles == set(before)
    assert application.practice == practice
    practice.photos.all().delete()
    practice.refresh_from_db()
    application = Application.objects.get()
    assert application.digest == digest_of(application.content)
    with application.pictures.get().file.open("rb") as handle:
        assert handle.read(3) == b"\xff\xd8\xff"


def test_a_text_changed_after_the_copy_has_no_second_language(contest, browser, practice):
    begin(browser, contest, practice=str(practice.pk))
    draft = Draft.objects.get()
    letter = draft.documents.create(file=factories.upload("letter.pdf", factories.pdf()))
    draft.answers |= {
        "letter": str(letter.uuid), "applicant_post": "катчы",
        "applicant_phone": "+996555123456", "lessons": "Жаңы сабак",
    }  # fmt: skip
    draft.save()
    content = sent(draft).content
    other = {"ky": "ru", "ru": "ky"}[draft.language]
    assert content[draft.language]["lessons"] == "Жаңы сабак"
    assert "lessons" not in content[other]
    assert content[other]["theme"] == content[draft.language]["theme"]


def test_a_practice_of_others_is_not_copied(contest, browser):
    foreign = factories.make_practice("published", municipality=factories.make_municipality())
    begin(browser, contest, practice=str(foreign.pk))
    assert "practice" not in Draft.objects.get().answers


def test_a_practice_of_a_unit_that_was_merged_is_ones_own(contest, browser, member):
    old = factories.make_municipality()
    member.municipality.predecessors.add(old)
    practice = factories.make_practice("published", municipality=old)
    begin(browser, contest, practice=str(practice.pk))
    answers = Draft.objects.get().answers
    assert answers["practice"] == str(practice.pk)
    assert answers["municipality"] == member.municipality.code


# ---------------------------------------------------------------- afterwards


def test_taken_back_it_is_a_draft_again_and_may_be_sent_again(draft, browser, contest):
    first = sent(draft)
    assert browser.get(url("section", draft.uuid, "core")).url == url("application", first.uuid)
    assert browser.get(url("take_back", first.uuid)).status_code == 200
    answer = browser.post(url("take_back", first.uuid))
    assert answer.url == url("draft", draft.uuid)
    first.refresh_from_db()
    assert first.status == ApplicationStatus.WITHDRAWN
    draft.refresh_from_db()
    assert draft.sent_at is None
    assert draft.record is None
    was = digest(draft.answers["title"])
    keep(draft, drafting.sections_of(draft)["core"], {"title": "Жаңы аталыш", "was:title": was})
    second = sent(Draft.objects.get())
    assert second.number != first.number
    assert second.title == "Жаңы аталыш"
    assert second.letter
    assert browser.post(url("take_back", first.uuid)).status_code == 302
    draft.refresh_from_db()
    assert draft.record == second, "a late tap on the old page takes nothing back"


def test_nothing_is_taken_back_once_the_commission_has_it(draft, browser, contest):
    application = sent(draft)
    Contest.objects.update(status=ContestStatus.REVIEW)
    page = browser.get(url("application", application.uuid)).content.decode()
    assert url("take_back", application.uuid) not in page
    browser.post(url("take_back", application.uuid))
    application.refresh_from_db()
    assert application.status == ApplicationStatus.SUBMITTED


def test_colleagues_see_the_application_and_strangers_do_not(draft, member, contest):
    application = sent(draft)
    client = Client()
    client.force_login(factories.make_membership(municipality=member.municipality).user)
    assert client.get(url("application", application.uuid)).status_code == 200
    opened = client.get(application.letter.src)
    assert b"".join(opened.streaming_content).startswith(b"%PDF-")
    client.force_login(factories.make_membership().user)
    for name in ("application", "receipt", "take_back"):
        assert client.get(url(name, application.uuid)).status_code == 404
    assert client.post(url("take_back", application.uuid)).status_code == 404
    assert client.post(url("documents", application.uuid)).status_code == 404
    assert client.get(application.letter.src).status_code == 404
    assert Client().get(application.letter.src).status_code == 404


def returned(draft, **fields) -> Application:
    application = sent(draft)
    Application.objects.update(
        status=ApplicationStatus.RETURNED,
        repair_until=timezone.localdate() + timedelta(days=3),
        checks=application.checks | {"signed": {"ok": False, "note": "мөөр жок", "by": "Катчы"}},
        **fields,
    )
    application.refresh_from_db()
    return application


def test_documents_are_brought_and_the_text_stays(draft, browser):
    application = returned(draft)
    frozen, old = application.digest, application.letter.sha256
    page = browser.get(url("application", application.uuid)).content.decode()
    assert "мөөр жок" in page
    data = {
        "letter": [factories.upload("1.jpg", factories.picture()),
                   factories.upload("2.jpg", factories.picture(color="red"))],
        "documents": [factories.upload("токтом.pdf", factories.pdf(pages=2))],
        "title": "Башка текст",
    }  # fmt: skip
    browser.post(url("documents", application.uuid), data)
    application = Application.objects.get()
    assert application.status == ApplicationStatus.SUBMITTED
    assert application.digest == frozen == digest_of(application.content)
    assert application.letter.sha256 != old
    assert application.letter.pages == 2
    assert application.files.get().title_ky == "токтом"
    assert "signed" not in application.checks, "somebody looks at the new letter"


@pytest.mark.parametrize(
    "data",
    [{}, {"letter": [factories.upload("a.docx", factories.docx())]}],
)
def test_without_documents_nothing_moves(draft, browser, data):
    application = returned(draft)
    browser.post(url("documents", application.uuid), data)
    assert Application.objects.get().status == ApplicationStatus.RETURNED
    assert Letter.objects.count() == 1


def test_documents_after_their_days_are_refused(draft, browser):
    application = returned(draft)
    Application.objects.update(repair_until=timezone.localdate() - timedelta(days=1))
    data = {"letter": [factories.upload("a.pdf", factories.pdf(pages=2))]}
    browser.post(url("documents", application.uuid), data)
    application = Application.objects.get()
    assert application.status == ApplicationStatus.RETURNED
    assert application.letter.pages == 1


def test_a_decision_is_not_told_before_the_results(draft, browser):
    application = sent(draft)
    Application.objects.update(status=ApplicationStatus.AWARDED)
    Contest.objects.update(status=ContestStatus.DECIDED)
    awarded = str(ApplicationStatus.AWARDED.label)
    with translation.override("ru"):
        word = f'<span class="tag">{ApplicationStatus.AWARDED.label}</span>'
        home = reverse("account_home")
    assert word not in browser.get(home).content.decode()
    page = browser.get(url("application", application.uuid)).content.decode()
    assert awarded not in page
    Contest.objects.update(status=ContestStatus.PUBLISHED)
    assert word in browser.get(home).content.decode()


def test_the_cabinet_shows_drafts_and_what_waits(draft, browser, contest, member):
    with translation.override("ru"):
        home = reverse("account_home")
    assert url("draft", draft.uuid) in browser.get(home).content.decode()
    application = returned(draft)
    page = browser.get(home).content.decode()
    assert url("draft", draft.uuid) not in page
    assert page.count(url("application", application.uuid)) == 2  # waits, and in its list


def test_the_cabinet_asks_as_often_for_three_as_for_one(contest, member, browser):
    with translation.override("ru"):
        home = reverse("account_home")

    def more():
        make_entry_draft(contest, member)
        Contest.objects.update(one_in_nomination=False)
        sent(make_entry_draft(contest, member))

    more()
    browser.get(home)
    with CaptureQueriesContext(connection) as one:
        browser.get(home)
    more()
    more()
    with CaptureQueriesContext(connection) as three:
        browser.get(home)
    assert len(three) == len(one) == 14


def test_a_draft_of_a_contest_that_is_gone_breaks_no_page(draft, browser, contest):
    contest.delete()
    with translation.override("ru"):
        home = reverse("account_home")
    assert browser.get(home).status_code == 200
    for name in ("draft", "send"):
        assert browser.get(url(name, draft.uuid)).status_code == 404
    assert browser.post(url("discard", draft.uuid)).status_code == 302
    assert not Draft.objects.exists()


# ---------------------------------------------------------------- personal data


def test_drafts_of_contests_are_in_the_copy_and_go_with_the_account(media_root, draft, member):
    application = sent(draft)
    other = make_entry_draft(application.contest, member, applicant_name="Айжан")
    copied = str(copy_of_data(member.user))
    assert str(other.uuid) in copied
    assert application.number in copied
    letter = application.letter
    delete_account(user=member.user)
    assert not Draft.objects.exists()
    application.refresh_from_db()
    assert application.created_by is None
    assert (application.applicant_name, application.applicant_phone) == ("", "")
    assert AuditEvent.about(application).filter(action="author_left").exists()
    with letter.file.open("rb") as handle:
        assert handle.read(5) == b"%PDF-", "the application keeps a file of its own"


# ---------------------------------------------------------------- races


def at_once(*calls):
    """Run the calls in threads of their own; what each returned or raised, in order."""
    results = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(place, call):
        gate.wait()
        try:
            results[place] = call()
        except Exception as error:  # noqa: BLE001  it is looked at by the test
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_two_taps_send_once_and_numbers_have_no_gap():
    contest = make_public_contest()
    drafts = [make_entry_draft(contest) for _each in range(3)]
    calls = [lambda draft=draft: sent(draft) for draft in drafts for _tap in range(2)]
    results = at_once(*calls)
    assert {type(each) for each in results} == {Application}, results
    numbers = sorted(Application.objects.values_list("number", flat=True))
    assert [number[-3:] for number in numbers] == ["001", "002", "003"]


@pytest.mark.django_db(transaction=True)
def test_two_of_one_municipality_at_once_one_is_told():
    contest = make_public_contest()
    member = factories.make_membership()
    colleague = factories.make_membership(municipality=member.municipality)
    drafts = [make_entry_draft(contest, each) for each in (member, colleague)]
    results = at_once(*(lambda draft=draft: sent(draft) for draft in drafts))
    assert Application.objects.count() == 1
    assert sorted(type(each).__name__ for each in results) == ["Application", "MoveRefused"]


@pytest.mark.django_db(transaction=True)
def test_sending_against_taking_back_leaves_one_truth():
    contest = make_public_contest()
    draft = make_entry_draft(contest)
    application = sent(draft)
    results = at_once(
        lambda: take_back(application, by=draft.owner),
        lambda: sent(draft),
        lambda: take_back(application, by=draft.owner),
    )
    assert not [each for each in results if isinstance(each, Exception)], results
    draft.refresh_from_db()
    entered = list(Application.objects.entered())
    assert [draft.record] * len(entered) == entered
    assert bool(draft.sent_at) == bool(entered)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["close", "cancel"])
def test_sending_against_the_end_of_the_contest(step):
    contest = make_public_contest()
    drafts = [make_entry_draft(contest) for _each in range(2)]
    at = contest.closes_at - timedelta(microseconds=1)
    chief = factories.make_user("Specialist")
    if step == "close":
        Contest.objects.update(closes_at=timezone.now())
        at = timezone.now() - timedelta(seconds=1)
    results = at_once(
        *(lambda draft=draft: sent(draft, at=at) for draft in drafts),
        lambda: move(contest, step, actor=chief, reason="Себеби бар"),
    )
    contest.refresh_from_db()
    assert contest.status in {ContestStatus.ADMISSION, ContestStatus.CANCELLED}
    taken = [each for each in results[:2] if isinstance(each, Application)]
    assert Application.objects.count() == len(taken)
    if step == "close":
        assert len(taken) == 2, results
    assert all(isinstance(each, (Application, MoveRefused)) for each in results[:2]), results
