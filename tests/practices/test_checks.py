"""«Does it still work?»: who is asked when, what an answer and what silence brings, one tap."""

import re
from datetime import date, timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation

from people.actions import make_link, revoke_links
from people.models import AccessLink
from practices import checks
from practices.choices import AdoptionStatus, CheckAnswer, Kind
from practices.models import Adoption, Check, Practice
from practices.models.check import months_after
from practices.tasks import ask_whether_it_works
from publishing.models import AuditEvent
from publishing.tasks import PERIODIC
from publishing.workflow import Status, move
from tests import factories, pages

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_drawn")]
S = AdoptionStatus


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def author():
    return factories.make_user(is_staff=False, email="author@example.org", language="ru")


@pytest.fixture
def practice(author, media_root):
    """Published a year ago by somebody from outside the editors' office."""
    return factories.make_practice(
        "published", created_by=author, published_at=timezone.now() - timedelta(days=366)
    )


@pytest.fixture
def adopter():
    return factories.make_user(is_staff=False, email="adopter@example.org", language="ky")


@pytest.fixture
def adoption(adopter, media_root):
    place = factories.make_municipality()
    factories.make_membership(adopter, place)
    return factories.make_adoption(
        factories.make_practice("published"),
        municipality=place,
        status=S.IMPLEMENTED,
        finished_on=timezone.localdate(),
        result_number=5,
        confirmed_on=timezone.localdate(),
        created_by=adopter,
    )


@pytest.fixture
def sent(django_capture_on_commit_callbacks):
    """Run something and return the letters it sent."""

    def run(call, *args):
        before = len(mail.outbox)
        with django_capture_on_commit_callbacks(execute=True):
            call(*args)
        return mail.outbox[before:]

    return run


def token_of(letter) -> str:
    return re.search(r"/go/([\w-]+)/", letter.body)[1]


# ---------------------------------------------------------------- months


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 15), 6, date(2026, 7, 15)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 11, 22), -12, date(2025, 11, 22)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_months_after(day, months, expected):
    assert months_after(day, months) == expected


def test_worker_asks_every_day():
    interval, function = PERIODIC["practices.tasks.ask_whether_it_works"]
    assert interval == timedelta(days=1)
    assert function is ask_whether_it_works


# ---------------------------------------------------------------- practices are asked


def test_practice_is_asked_after_a_year(practice, today, sent):
    [letter] = sent(ask_whether_it_works)
    assert letter.to == ["author@example.org"]
    assert practice.title_ru in letter.subject
    assert "Она ещё работает?" in letter.body
    practice.refresh_from_db()
    assert practice.status == Status.NEEDS_CHECK
    check = Check.objects.get()
    assert (check.practice, check.months, check.asked_on) == (practice, 12, today)
    assert check.answer_by == today + timedelta(days=60)
    assert sent(ask_whether_it_works) == []
    assert Check.objects.count() == 1


def test_practice_is_not_asked_before_its_time(practice, today, sent):
    Practice.objects.update(published_at=timezone.now() - timedelta(days=300))
    assert sent(ask_whether_it_works) == []
    Practice.objects.update(
        published_at=timezone.now() - timedelta(days=900), last_confirmed_on=today
    )
    assert sent(ask_whether_it_works) == []
    Practice.objects.update(last_confirmed_on=None, next_check_on=today + timedelta(days=1))
    assert sent(ask_whether_it_works) == []
    Practice.objects.update(next_check_on=today)
    assert len(sent(ask_whether_it_works)) == 1


@pytest.mark.parametrize("fields", [{"is_demo": True}, {"kind": Kind.LESSON}, {"status": "draft"}])
def test_some_are_never_asked(practice, fields, sent):
    Practice.objects.update(**fields)
    assert sent(ask_whether_it_works) == []
    assert not Check.objects.exists()


def test_practice_an_editor_wants_asked_is_asked(practice, editor, sent):
    Practice.objects.update(published_at=timezone.now() - timedelta(days=5))
    practice.refresh_from_db()
    move(practice, "ask", actor=editor)
    assert len(sent(ask_whether_it_works)) == 1
    assert sent(ask_whether_it_works) == []


def test_office_is_asked_where_the_author_is_an_editor(practice, editor, sent):
    Practice.objects.update(created_by=editor, contact_email="office@example.org")
    [letter] = sent(ask_whether_it_works)
    assert letter.to == ["office@example.org"]
    assert "Азыр да иштеп жатабы?" in letter.subject


def test_confirmed_people_are_asked_where_nobody_else_is_known(practice, sent):
    Practice.objects.update(created_by=None)
    user = factories.make_user(is_staff=False, email="secretary@example.org")
    factories.make_membership(user, practice.municipality)
    [letter] = sent(ask_whether_it_works)
    assert letter.to == ["secretary@example.org"]


def test_one_in_trouble_keeps_no_other_from_being_asked(practice, author, sent, caplog):
    """A title too odd for the letter would be one; here the first one's row is gone midway."""
    other = factories.make_practice(
        "published", created_by=author, published_at=timezone.now() - timedelta(days=400)
    )
    gone = Practice.objects.get(pk=practice.pk)
    practice.delete()
    assert checks._safely(checks.ask_practice, gone, timezone.localdate()) == 0
    assert len(sent(ask_whether_it_works)) == 1
    other.refresh_from_db()
    assert other.status == Status.NEEDS_CHECK


# ---------------------------------------------------------------- practices: answers


def asked(practice, sent) -> Check:
    sent(ask_whether_it_works)
    practice.refresh_from_db()
    return Check.objects.get(practice=practice)


def test_works_confirms_the_data_for_a_year(practice, today, sent):
    check = asked(practice, sent)
    assert checks.answer(check, CheckAnswer.WORKS, via="signed_link")
    practice.refresh_from_db()
    assert practice.status == Status.PUBLISHED
    assert practice.last_confirmed_on == today
    assert practice.next_check_on == months_after(today, 12)
    assert not Check.objects.to_read().exists()
    assert sent(ask_whether_it_works) == []


def test_changed_confirms_and_tells_the_editors(practice, sent):
    check = asked(practice, sent)
    checks.answer(check, CheckAnswer.CHANGED, note="Тариф эки эсе өстү", via="signed_link")
    practice.refresh_from_db()
    assert practice.status == Status.PUBLISHED
    assert list(Check.objects.to_read()) == [check]


def test_stopped_marks_it_out_of_date_with_the_reason(practice, sent):
    check = asked(practice, sent)
    checks.answer(check, CheckAnswer.STOPPED, note="Насос күйдү", via="signed_link")
    practice.refresh_from_db()
    assert practice.status == Status.OUTDATED
    event = AuditEvent.about(practice).get(action="outdate")
    assert event.reason == "Насос күйдү"
    assert list(Check.objects.to_read()) == [check]


def test_first_answer_stands(practice, sent):
    check = asked(practice, sent)
    assert checks.answer(check, CheckAnswer.WORKS, via="signed_link")
    assert not checks.answer(check, CheckAnswer.STOPPED, via="signed_link")
    practice.refresh_from_db()
    assert practice.status == Status.PUBLISHED
    check.refresh_from_db()
    assert check.answer == CheckAnswer.WORKS
    assert AuditEvent.about(practice).filter(action="answer").count() == 1


def test_silence_of_sixty_days_makes_it_out_of_date(client, practice, today, sent):
    check = asked(practice, sent)
    checks.close_silent(today + timedelta(days=60))
    practice.refresh_from_db()
    assert practice.status == Status.NEEDS_CHECK
    checks.close_silent(today + timedelta(days=61))
    practice.refresh_from_db()
    check.refresh_from_db()
    assert practice.status == Status.OUTDATED
    assert check.closed_at
    assert not check.answered_at
    assert "60" in AuditEvent.about(practice).get(action="outdate").reason


def test_late_answer_is_an_answer(practice, today, sent):
    check = asked(practice, sent)
    checks.close_silent(today + timedelta(days=61))
    assert checks.answer(check, CheckAnswer.WORKS, via="signed_link")
    practice.refresh_from_db()
    assert practice.status == Status.PUBLISHED


def test_question_an_editor_has_answered_is_closed(practice, today, editor, sent):
    check = asked(practice, sent)
    move(practice, "confirm", actor=editor)
    sent(ask_whether_it_works)
    check.refresh_from_db()
    assert not check.is_open
    practice.refresh_from_db()
    assert practice.status == Status.PUBLISHED
    assert practice.next_check_on == months_after(today, 12)


@pytest.mark.parametrize("status", [Status.NEEDS_CHECK, Status.OUTDATED])
@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_card_bears_the_year_of_the_data(client, status, language):
    factories.make_practice("published", status=status, last_confirmed_on=date(2021, 5, 1))
    factories.make_practice("published", last_confirmed_on=date(2021, 5, 1))
    page = client.get(f"/{language}/practices/")
    tags = [pages.words(tag) for tag in pages.of_class(pages.document(page), "tag")]
    assert len([tag for tag in tags if "2021" in tag]) == 1


# ---------------------------------------------------------------- adoptions are asked


def later(adoption, months, days=0) -> date:
    return months_after(adoption.finished_on, months) + timedelta(days=days)


def test_adoption_is_asked_after_6_12_and_24_months(adoption, sent):
    assert sent(checks.ask_adoptions, later(adoption, 6, -1)) == []
    for months in (6, 12, 24):
        [letter] = sent(checks.ask_adoptions, later(adoption, months))
        assert letter.to == ["adopter@example.org"]
        assert "Азыр да иштеп жатабы?" in letter.body.replace("Ал азыр", "Азыр")
        check = Check.objects.latest("pk")
        assert check.months == months
        assert sent(checks.ask_adoptions, later(adoption, months, 1)) == []
        checks.answer(check, CheckAnswer.WORKS, via="signed_link")
        assert sent(checks.ask_adoptions, later(adoption, months, 2)) == []
    assert sent(checks.ask_adoptions, later(adoption, 60)) == []


def test_of_missed_terms_only_the_latest_is_asked(adoption, sent):
    assert len(sent(checks.ask_adoptions, later(adoption, 13))) == 1
    assert Check.objects.get().months == 12


def test_old_work_is_asked_from_its_declaration_on(adoption, today, sent):
    Adoption.objects.update(finished_on=today - timedelta(days=1500))
    assert sent(checks.ask_adoptions, today) == []
    assert len(sent(checks.ask_adoptions, months_after(today, 6))) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"is_demo": True},
        {"is_public": False},
        {"is_vouched": False},
        {"status": S.IN_PROGRESS},
        {"status": S.PAUSED},
    ],
)
def test_some_adoptions_are_not_asked(adoption, fields, sent):
    Adoption.objects.update(**fields)
    assert sent(checks.ask_adoptions, later(adoption, 30)) == []


def test_municipality_is_asked_where_the_declarer_is_gone(adoption, sent):
    Adoption.objects.update(created_by=None)
    adoption.municipality.memberships.all().delete()
    user = factories.make_user(is_staff=False, email="new@example.org")
    factories.make_membership(user, adoption.municipality)
    [letter] = sent(checks.ask_adoptions, later(adoption, 6))
    assert letter.to == ["new@example.org"]


def ask(adoption, months, sent) -> Check:
    sent(checks.ask_adoptions, later(adoption, months))
    return Check.objects.get(adoption=adoption, months=months)


@pytest.mark.parametrize(
    ("months", "answer", "status"),
    [
        (6, CheckAnswer.WORKS, S.IMPLEMENTED),
        (12, CheckAnswer.WORKS, S.SUSTAINED),
        (12, CheckAnswer.CHANGED, S.SUSTAINED),
        (24, CheckAnswer.WORKS, S.SUSTAINED),
        (6, CheckAnswer.STOPPED, S.STOPPED),
        (24, CheckAnswer.STOPPED, S.STOPPED),
    ],
)
def test_answer_moves_the_adoption(adoption, months, answer, status, sent):
    check = ask(adoption, months, sent)
    checks.answer(check, answer, via="signed_link")
    adoption.refresh_from_db()
    assert adoption.status == status
    assert adoption.is_counted == (status != S.STOPPED)


def test_stopped_stands_in_both_languages_until_the_reason_comes(adoption, sent):
    check = ask(adoption, 6, sent)
    checks.answer(check, CheckAnswer.STOPPED, via="signed_link")
    adoption.refresh_from_db()
    assert adoption.stop_reason_ky
    assert adoption.stop_reason_ru
    assert checks.lacks_reason(check)
    with translation.override("ru"):
        checks.tell(check, "Сгорел насос", via="signed_link")
    adoption.refresh_from_db()
    assert adoption.stop_reason_ru == "Сгорел насос"
    assert not adoption.stop_reason_ky
    assert not checks.lacks_reason(check)
    with translation.override("ky"):
        assert adoption.why_stopped.stop_reason == "Сгорел насос"
        assert adoption.why_stopped.is_foreign


def test_one_silence_changes_nothing_two_take_it_out_of_the_count(adoption, sent):
    ask(adoption, 6, sent)
    checks.close_silent(later(adoption, 6, 61))
    adoption.refresh_from_db()
    assert adoption.status == S.IMPLEMENTED
    ask(adoption, 12, sent)
    checks.close_silent(later(adoption, 12, 61))
    adoption.refresh_from_db()
    assert adoption.status == S.NOT_CONFIRMED
    assert not Adoption.objects.counted().exists()


def test_silence_is_counted_in_a_row(adoption, sent):
    ask(adoption, 6, sent)
    checks.close_silent(later(adoption, 6, 61))
    checks.answer(ask(adoption, 12, sent), CheckAnswer.WORKS, via="signed_link")
    ask(adoption, 24, sent)
    checks.close_silent(later(adoption, 24, 61))
    adoption.refresh_from_db()
    assert adoption.status == S.SUSTAINED


def test_late_answer_brings_it_back(adoption, sent):
    ask(adoption, 6, sent)
    checks.close_silent(later(adoption, 6, 61))
    check = ask(adoption, 12, sent)
    checks.close_silent(later(adoption, 12, 61))
    checks.answer(check, CheckAnswer.WORKS, via="signed_link")
    adoption.refresh_from_db()
    assert adoption.status == S.SUSTAINED
    assert adoption.is_counted
    # What was silent before is over; one more silence is the first.
    ask(adoption, 24, sent)
    checks.close_silent(later(adoption, 24, 61))
    adoption.refresh_from_db()
    assert adoption.status == S.SUSTAINED


# ---------------------------------------------------------------- one tap


@pytest.fixture
def link(practice, sent):
    """The link in the letter that asks of the practice, and its check."""
    [letter] = sent(ask_whether_it_works)
    return f"/ru/go/{token_of(letter)}/", Check.objects.get()


def test_looking_shows_three_answers_and_changes_nothing(client, practice, link):
    url, check = link
    for _each in range(2):
        page = client.get(url)
        assert client.head(url).status_code == 200
    buttons = pages.document(page).xpath("//main//button[@name='answer']/@value")
    assert buttons == CheckAnswer.values
    assert practice.title_ru in pages.main(page)
    check.refresh_from_db()
    assert check.is_open
    assert AccessLink.objects.get().uses == 0


def test_hidden_practice_is_not_named_to_who_only_looks(client, practice, link):
    Practice.objects.update(status=Status.WITHDRAWN)
    page = client.get(link[0])
    assert page.status_code == 200
    assert practice.title_ru not in page.text
    assert practice.title_ky not in page.text


@pytest.mark.parametrize("answer", CheckAnswer.values)
def test_one_tap_is_the_answer(client, link, answer):
    url, check = link
    response = client.post(url, {"answer": answer})
    assert response.status_code == 302
    check.refresh_from_db()
    assert check.answer == answer
    page = client.get(response.url)
    assert page.status_code == 200
    label = CheckAnswer(answer).label
    with translation.override("ru"):
        assert str(label) in pages.main(page)
    assert ("<textarea" in page.text) == (answer != CheckAnswer.WORKS)


@pytest.mark.parametrize("data", [{}, {"answer": ""}, {"answer": "no such"}])
def test_no_answer_uses_nothing(client, link, data):
    url, check = link
    response = client.post(url, data)
    assert response.status_code == 200
    check.refresh_from_db()
    assert check.is_open
    assert AccessLink.objects.get().uses == 0


def test_tap_needs_the_pages_own_token(link):
    from django.test import Client

    url, check = link
    assert Client(enforce_csrf_checks=True).post(url, {"answer": "works"}).status_code == 403
    check.refresh_from_db()
    assert check.is_open


def test_second_tap_leads_to_what_was_answered(client, link):
    url, check = link
    client.post(url, {"answer": "works"})
    response = client.post(url, {"answer": "stopped"})
    check.refresh_from_db()
    assert check.answer == CheckAnswer.WORKS
    assert client.get(response.url).status_code == 200


def closed_by_time():
    AccessLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def closed_by_hand():
    AccessLink.objects.update(revoked_at=timezone.now())


def closed_by_use():
    AccessLink.objects.update(max_uses=F("uses"))


@pytest.mark.parametrize("close", [closed_by_time, closed_by_hand, closed_by_use])
def test_closed_link_answers_nothing(client, link, close):
    url, check = link
    close()
    assert client.post(url, {"answer": "stopped"}).status_code == 404
    assert 'name="answer"' not in client.get(url).text
    check.refresh_from_db()
    assert check.is_open


def test_link_answers_its_own_question_alone(client, link, adoption):
    url, check = link
    other = factories.make_check(adoption=adoption)
    client.post(url, {"answer": "works"})
    response = client.get(reverse("practices:check", args=[other.pk]))
    assert "login" in response.url
    preview = make_link(purpose="preview", target=check.practice)
    client.post(f"/ru/go/{preview}/", {"answer": "stopped"})
    other.refresh_from_db()
    assert other.is_open


def test_reason_is_added_by_whoever_came_by_the_link(client, practice, link, monkeypatch):
    monkeypatch.setattr("people.spam.QUICKEST", -1)
    url, check = link
    address = client.post(url, {"answer": "stopped"}).url
    page = client.get(address)
    assert pages.of_class(pages.document(page), "warn")
    stamp = pages.document(page).xpath("//input[@name='stamp']/@value")[0]
    assert client.post(address, {"stamp": stamp, "note": ""}).status_code == 200
    hostile = "</p><script>alert(1)</script>"
    response = client.post(address, {"stamp": stamp, "note": hostile, "answer": "works"})
    assert response.status_code == 302
    check.refresh_from_db()
    assert check.note == hostile
    assert check.answer == CheckAnswer.STOPPED
    assert pages.scripts(client.get(address)) == ["script /static/js/portal.js"]
    # Revoked, it closes the page too.
    revoke_links(target=check)
    assert client.get(address).status_code == 302


def test_page_of_a_check_is_closed_to_others(client, link):
    _url, check = link
    address = reverse("practices:check", args=[check.pk])
    assert "login" in client.get(address).url
    client.force_login(factories.make_user(is_staff=False))
    assert client.get(address).status_code == 404
    assert client.post(address, {"answer": "stopped", "note": "x"}).status_code == 404
    check.refresh_from_db()
    assert check.is_open


def test_author_answers_when_signed_in(client, practice, author, link, monkeypatch):
    monkeypatch.setattr("people.spam.QUICKEST", -1)
    _url, check = link
    client.force_login(author)
    address = reverse("practices:check", args=[check.pk])
    page = client.get(address)
    assert check in checks.Check.objects.asked_of(author)
    stamp = pages.document(page).xpath("//input[@name='stamp']/@value")[0]
    wrong = client.post(address, {"stamp": stamp, "answer": "stopped", "note": ""})
    assert wrong.status_code == 200
    check.refresh_from_db()
    assert check.is_open
    client.post(address, {"stamp": stamp, "answer": "stopped", "note": "Насос күйдү"})
    check.refresh_from_db()
    assert check.answer == CheckAnswer.STOPPED
    event = AuditEvent.about(practice).get(action="answer")
    assert event.actor_id == author.pk
    assert event.via == "site"


# ---------------------------------------------------------------- the editors


def test_answers_with_news_wait_for_the_editors(client, chief, practice, link, translator):
    checks.answer(link[1], CheckAnswer.CHANGED, note="Тариф өстү", via="signed_link")
    url = reverse("admin:practices_check_changelist")
    client.force_login(chief)
    assert "Тариф өстү" in client.get(f"{url}?work=answers").text
    data = {"action": "read", "_selected_action": [link[1].pk]}
    client.post(url, data)
    assert not Check.objects.to_read().exists()
    assert AuditEvent.about(practice).filter(action="read_answer").count() == 1
    # More news comes back to the queue; who only looks settles nothing.
    checks.tell(link[1], "Тариф дагы өстү", via="signed_link")
    assert Check.objects.to_read().exists()
    client.force_login(translator)
    client.post(url, data)
    assert Check.objects.to_read().exists()


def test_queue_for_whatsapp_holds_whom_no_letter_reaches(practice, adoption, author, sent):
    def queue(model, condition):
        return set(model.objects.filter(condition()))

    sent(ask_whether_it_works)
    ask(adoption, 6, sent)
    assert queue(Practice, checks.practices_without_mail) == set()
    assert queue(Adoption, checks.adoptions_without_mail) == set()
    type(author).objects.update(email=None, phone=F("id"))
    practice.refresh_from_db()
    adoption.refresh_from_db()
    assert checks.addressees(practice) == checks.addressees(adoption) == []
    assert queue(Practice, checks.practices_without_mail) == {practice}
    assert queue(Adoption, checks.adoptions_without_mail) == {adoption}
    Practice.objects.filter(pk=practice.pk).update(contact_email="office@example.org")
    assert queue(Practice, checks.practices_without_mail) == set()


def test_queue_for_whatsapp_holds_what_no_source_can_be_asked_of(adoption):
    Adoption.objects.update(confirmed_on=None)
    found = Adoption.objects.filter(checks.adoptions_without_mail())
    assert list(found) == [adoption]
    user = factories.make_user(is_staff=False)
    factories.make_membership(user, adoption.practice.municipality)
    assert not found.all().exists()


def test_text_for_whatsapp_stands_ready(client, chief, practice, link):
    client.force_login(chief)
    url = reverse("admin:practices_practice_change", args=[practice.pk])
    letter = reverse("admin:practices_practice_letter", args=[practice.pk, "check_practice"])
    assert letter in client.get(url).text
    text = client.post(letter).text
    assert "/go/" in text
    checks.answer(link[1], CheckAnswer.WORKS, via="signed_link")
    assert letter not in client.get(url).text
