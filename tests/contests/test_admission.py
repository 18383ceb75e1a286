"""Whether an application is admitted: what the portal finds, what the secretary says, late ones."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from contests import admission, reminders
from contests.admission import RULES, answer, look, look_again, standings, wanting
from contests.choices import ApplicationStatus, ContestStatus, Group, Outcome
from contests.models import Application, Award, Letter
from people import roles
from publishing.letters import write
from publishing.models import AuditEvent, Draft
from publishing.workflow import MoveRefused, move
from tests import factories
from tests.factories_contests import make_application, make_contest, make_nomination

pytestmark = pytest.mark.django_db
A = ApplicationStatus
ANSWERS = {
    "title": "Көчөдөгү суу",
    "theme": "drinking-water",
    "problem": "Суу жок эле.",
    "solution": "Түтүк тарттык.",
    "result": "Суу келди.",
    "started_on": "2025-03-01",
}
LIST = "admin:contests_application_changelist"


@pytest.fixture
def secretary():
    return factories.make_user(roles.CONTEST_SECRETARY, email="secretary@example.org")


@pytest.fixture
def contest():
    return make_contest(
        ContestStatus.ADMISSION,
        period_from=date(2024, 1, 1),
        period_to=date(2026, 6, 30),
        winners_wait_years=2,
    )


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Run what a change starts after its commit; returns the letters."""

    def run(act):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return list(mail.outbox)

    return run


def sent(contest, *, answers=None, **fields) -> Application:
    """An application as it comes: of a confirmed representative, with its letter, in time."""
    place = fields.pop("municipality", None) or factories.make_municipality()
    role = factories.make_membership(municipality=place)
    has_letter = fields.pop("has_letter", True)
    content = {"ky": {**ANSWERS, "municipality": place.code, **(answers or {})}}
    values = {
        "submitted_at": contest.closes_at - timedelta(days=1),
        "created_by": role.user,
        "content": content,
        "municipality": place,
    }
    application = make_application(contest, A.SUBMITTED, **values | fields)
    if has_letter:
        file = factories.upload("letter.pdf", factories.pdf())
        Letter.objects.create(application=application, file=file, title_ky="Кат")
    application.checks = look(application)
    application.save()
    return application


def met(application, by, *names):
    """The secretary answers what only a person can tell."""
    for name in names or ("signed", "fits"):
        application = answer(application, name, ok=True, by=by)
    return application


def told(application) -> dict:
    """{rule: met or not}, of those that were answered."""
    return {name: each["ok"] for name, each in look(application).items()}


# ---------------------------------------------------------------- what the records tell


@pytest.mark.usefixtures("media_root")
def test_what_records_tell_is_answered_and_the_rest_waits(contest, django_assert_max_num_queries):
    application = sent(contest)
    application = Application.objects.get(pk=application.pk)
    with django_assert_max_num_queries(9):
        found = told(application)
    assert found == {
        "in_time": True,
        "letter": True,
        "represented": True,
        "place": True,
        "period": True,
        "language": True,
        "once": True,
        "past_winners": True,
        "answers": True,
    }
    waiting = {each.field for each in wanting(application)}
    assert waiting == {"check-signed", "check-fits"}
    assert set(RULES) == {*found, "signed", "fits"}


@pytest.mark.usefixtures("media_root")
def test_every_condition_can_fail(contest):
    answers = {"started_on": "01.07.2026", "result": " "}
    application = sent(contest, has_letter=False, answers=answers)
    contest.languages = ["ru"]
    contest.save()
    application.contest.refresh_from_db()
    application.submitted_at = contest.closes_at
    other = sent(contest, municipality=application.municipality)
    application.created_by.memberships.update(revoked_at=timezone.now())
    found = look(application)
    failed = {name for name, each in found.items() if not each["ok"]}
    assert failed == {
        "in_time", "letter", "represented", "period", "language", "once", "answers",
    }  # fmt: skip
    assert found["once"]["note"] == other.number
    assert found["answers"]["note"] == "result"


@pytest.mark.parametrize(
    ("moment", "is_met"),
    [
        (datetime(2026, 10, 31, 17, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 10, 31, 18, 0, 0, tzinfo=UTC), False),
    ],
)
def test_term_ends_at_midnight_of_bishkek(moment, is_met):
    """18:00 UTC is midnight in Bishkek: the second itself is late."""
    closes_at = datetime(2026, 11, 1, tzinfo=timezone.get_default_timezone())
    contest = make_contest(opens_at=closes_at - timedelta(days=30), closes_at=closes_at)
    application = make_application(contest, A.SUBMITTED, submitted_at=moment)
    assert look(application)["in_time"]["ok"] is is_met


@pytest.mark.parametrize(
    ("began", "ended", "is_met"),
    [
        ("2023-01-01", "2023-12-31", False),
        ("2023-01-01", "2024-01-01", True),
        ("2023-01-01", "", True),
        ("2026-06-30", "", True),
        ("2026-07-01", "", False),
        ("былтыр", "", None),
    ],
)
def test_work_lies_in_the_period_by_a_day_at_least(contest, began, ended, is_met):
    content = {"ky": {**ANSWERS, "started_on": began, "finished_on": ended}}
    application = make_application(contest, A.SUBMITTED, content=content)
    assert told(application).get("period") is is_met


def test_place_of_a_merged_municipality_counts_once(contest):
    old, new = factories.make_municipality(), factories.make_municipality()
    new.predecessors.add(old)
    first = make_application(contest, A.SUBMITTED, municipality=old)
    second = make_application(contest, A.SUBMITTED, municipality=new)
    assert look(second)["once"] == {"ok": False, "note": first.number, "by": "system"}
    first.status = A.WITHDRAWN
    first.save()
    assert look(second)["once"]["ok"] is True
    other = make_nomination(contest)
    make_application(contest, A.SUBMITTED, municipality=new, nomination=other)
    assert look(second)["once"]["ok"] is True


@pytest.mark.parametrize(("years_ago", "is_met"), [(2, False), (3, True)])
def test_practice_that_has_won_waits(contest, years_ago, is_met):
    practice = factories.make_practice()
    won = win(practice, contest.year - years_ago)
    application = make_application(contest, A.SUBMITTED, practice=practice)
    assert look(application)["past_winners"]["ok"] is is_met
    other = make_application(contest, A.SUBMITTED, municipality=won.municipality)
    assert told(other).get("past_winners") is (None if not is_met else True), (
        "whether this is what has won a person tells"
    )


def win(practice, year) -> Application:
    before = make_contest(ContestStatus.ARCHIVED, year=year)
    won = make_application(before, A.AWARDED, practice=practice)
    Award.objects.create(
        contest=before, application=won, nomination=won.nomination, outcome=Outcome.PLACE, place=1
    )
    return won


def test_conditions_follow_the_rules_of_the_contest():
    contest = make_contest(needs_letter=False, one_in_nomination=False)
    names = {each.name for each in standings(make_application(contest))}
    assert names == {"in_time", "represented", "place", "language", "answers", "fits"}


# ---------------------------------------------------------------- the secretary’s word


@pytest.mark.usefixtures("media_root")
def test_nothing_is_admitted_before_everything_is_looked_at(contest, secretary):
    application = sent(contest)
    with pytest.raises(MoveRefused) as refusal:
        move(application, "admit", actor=secretary)
    assert {each.field for each in refusal.value.missing} == {"check-signed", "check-fits"}
    met(application, secretary)
    assert move(application, "admit", actor=secretary).status == A.ADMITTED
    assert AuditEvent.about(application).filter(action="check").count() == 2


@pytest.mark.usefixtures("media_root")
def test_portal_is_overruled_with_a_note_alone(contest, secretary):
    application = sent(contest, answers={"started_on": "2027-01-01"})
    with pytest.raises(MoveRefused):
        answer(application, "period", ok=True, by=secretary)
    answer(application, "period", ok=True, note="Жылы ката басылган", by=secretary)
    application.refresh_from_db()
    kept = application.checks["period"]
    assert (kept["ok"], kept["note"], kept["by"]) == (True, "Жылы ката басылган", str(secretary))
    event = AuditEvent.about(application).get(action="check")
    assert event.details == {"rule": "period", "ok": True, "before": False}
    met(application, secretary)
    assert move(application, "admit", actor=secretary).status == A.ADMITTED
    with pytest.raises(MoveRefused):
        answer(application, "period", ok=False, note="Кайра", by=secretary)


@pytest.mark.usefixtures("media_root")
def test_papers_come_back_and_are_looked_at_anew(contest, secretary):
    application = sent(contest, answers={"result": ""})
    applicant = application.created_by
    with pytest.raises(MoveRefused):
        move(application, "return", actor=secretary, reason="Натыйжасын жазыңыз")
    assert application.checks["answers"]["ok"] is False, "the text is not a paper"
    answer(application, "signed", ok=False, note="Мөөрү жок", by=secretary)
    answer(application, "fits", ok=True, by=secretary)
    application = move(application, "return", actor=secretary, reason="Мөөр басыңыз")
    assert application.repair_until == timezone.localdate() + timedelta(days=contest.repair_days)
    application = move(application, "repair", actor=applicant, via="site")
    assert "signed" not in application.checks
    assert application.checks["fits"]["by"] == str(secretary)
    assert look_again(application)["fits"]["ok"] is True
    later = timezone.localdate() + timedelta(days=9)
    answer(application, "signed", ok=False, by=secretary)
    application = move(
        application, "return", actor=secretary, reason="Дагы эле", repair_until=later
    )
    assert application.repair_until == later


# ---------------------------------------------------------------- in the admin


@pytest.mark.usefixtures("media_root")
def test_page_shows_conditions_and_keeps_answers(client, contest, secretary):
    application = sent(contest, answers={"started_on": "2027-01-01", "result": "<b>Суу</b>"})
    client.force_login(secretary)
    page = reverse("admin:contests_application_change", args=[application.pk])
    body = client.get(page).content.decode()
    assert "&lt;b&gt;Суу&lt;/b&gt;" in body
    assert application.letter.src in body
    checks = reverse("admin:contests_application_checks", args=[application.pk])
    response = client.post(
        checks,
        {"ok-signed": "yes", "ok-fits": "yes", "ok-period": "yes", "note-fits": "Суу жөнүндө"},
    )
    assert response.status_code == 200, "what is refused stays on the page"
    assert response.context["standings"]
    refused = {row["standing"].name for row in response.context["standings"] if row["typed"]}
    assert refused == {"period"}
    application.refresh_from_db()
    assert application.checks["fits"]["note"] == "Суу жөнүндө"
    response = client.post(checks, {"ok-period": "yes", "note-period": "Жылы ката"})
    assert response.status_code == 302
    assert wanting(Application.objects.get(pk=application.pk)) == []
    response = client.get(application.letter.src)
    assert response.status_code == 200
    response.close()


@pytest.mark.usefixtures("media_root")
def test_list_tells_the_same_in_as_many_queries(client, contest, secretary):
    client.force_login(secretary)
    counts = []
    for more in (1, 2):
        for _number in range(more):
            sent(contest)
        client.get(reverse(LIST))
        with CaptureQueriesContext(connection) as queries:
            response = client.get(reverse(LIST), {"contest__id__exact": contest.pk})
        assert response.context["cl"].result_count == (1 if more == 1 else 3)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.usefixtures("media_root")
@pytest.mark.parametrize(
    ("sent_in", "titles", "shown"),
    [
        ("ky", {"ky": "Таза суу", "ru": "Чистая вода"}, ("Таза суу", "Чистая вода")),
        ("ru", {"ru": "Чистая вода"}, ("Чистая вода", "Чистая вода")),
        ("ky", {"ky": "Таза суу", "ru": ""}, ("Таза суу", "Таза суу")),
    ],
)
def test_title_is_read_in_ones_language_where_it_was_entered_in_it(contest, sent_in, titles, shown):
    content = {language: {"title": title} for language, title in titles.items()}
    entry = make_application(contest, language=sent_in, content=content)
    for language, title in zip(("ky", "ru"), shown, strict=True):
        with translation.override(language):
            assert entry.title == title
            assert titles[entry.title_language] == title
            assert entry.original_title.endswith(titles[sent_in]), "the history knows one name"


def test_those_with_all_conditions_met_are_admitted_together(client, contest, secretary):
    ready, waiting = sent(contest), sent(contest)
    met(ready, secretary)
    client.force_login(secretary)
    keys = [ready.pk, waiting.pk]
    client.post(reverse(LIST), {"action": "admit_met", "_selected_action": keys})
    statuses = dict(Application.objects.values_list("pk", "status"))
    assert statuses == {ready.pk: A.ADMITTED, waiting.pk: A.SUBMITTED}


@pytest.mark.parametrize("group", [roles.THEME_EDITOR, roles.TRANSLATOR, roles.OBSERVER])
def test_applications_are_for_the_staff_of_contests(client, contest, group):
    application = make_application(contest)
    client.force_login(factories.make_user(group, email="other@example.org"))
    for name, args in (
        (LIST, []),
        ("admin:contests_application_change", [application.pk]),
        ("admin:contests_contest_unsent", [contest.pk]),
        ("admin:contests_contest_commission", [contest.pk]),
        ("admin:contests_contest_conflicts", [contest.pk]),
        ("admin:contests_contest_assignment", [contest.pk]),
    ):
        assert client.get(reverse(name, args=args)).status_code == 403
    checks = reverse("admin:contests_application_checks", args=[application.pk])
    assert client.post(checks, {"ok-fits": "yes"}).status_code == 403


@pytest.mark.usefixtures("media_root")
def test_return_asks_what_and_until_when(client, contest, secretary, committed):
    application = sent(contest)
    answer(application, "signed", ok=False, note="Мөөрү жок", by=secretary)
    client.force_login(secretary)
    page = reverse("admin:contests_application_return", args=[application.pk])
    yesterday = timezone.localdate() - timedelta(days=1)
    words = {"confirmed": "1", "reason": "Мөөр басылган катты жибериңиз"}
    client.post(page, words | {"repair_until": yesterday.isoformat()})
    application.refresh_from_db()
    assert application.status == A.SUBMITTED
    until = timezone.localdate() + timedelta(days=4)
    [letter] = committed(lambda: client.post(page, words | {"repair_until": until.isoformat()}))
    application.refresh_from_db()
    assert (application.status, application.repair_until) == (A.RETURNED, until)
    assert "Мөөр басылган катты жибериңиз" in letter.body
    assert f"{until:%d.%m.%Y}" in letter.body
    assert letter.to == [application.created_by.email]


# ---------------------------------------------------------------- late ones


def late_draft(contest) -> Draft:
    role = factories.make_membership(user=factories.make_user(is_staff=False, name="Гүлзат"))
    answers = {
        **ANSWERS,
        "contest": str(contest.pk),
        "nomination": str(contest.nominations.first().pk),
        "municipality": role.municipality.code,
        "applicant_name": "Айжан",
        "applicant_post": "катчы",
        "applicant_phone": "+996555123456",
        "problem": "Купуя текст",
    }
    return Draft.objects.create(owner=role.user, kind="application", language="ky", answers=answers)


def test_drafts_are_listed_without_their_text(client, contest, secretary):
    draft = late_draft(contest)
    Draft.objects.filter(pk=draft.pk).update(answers=draft.answers | {"result": ""})
    late_draft(make_contest(ContestStatus.ADMISSION))
    [row] = admission.unsent(contest)
    assert (row.draft, row.title, row.percent) == (draft, "Көчөдөгү суу", 88)
    client.force_login(secretary)
    body = client.get(reverse("admin:contests_contest_unsent", args=[contest.pk])).content.decode()
    assert row.municipality in body
    assert "Купуя текст" not in body
    assert draft.owner.name not in body
    contest.status = ContestStatus.ACCEPTING
    contest.save()
    page = reverse("admin:contests_contest_unsent", args=[contest.pk])
    assert client.get(page).status_code == 404, "nobody looks before the term"


def test_late_one_is_taken_with_the_chairs_consent_on_record(client, secretary):
    contest = make_contest(
        ContestStatus.ADMISSION, needs_letter=False, closes_at=timezone.now() - timedelta(hours=1)
    )
    draft = late_draft(contest)
    client.force_login(secretary)
    page = reverse("admin:contests_contest_late", args=[contest.pk, draft.uuid])
    client.post(page, {"consent_of": "Төрага А. Асанова", "document": "", "reason": "Жол"})
    assert not contest.applications.exists()
    words = {
        "consent_of": "Төрага А. Асанова",
        "document": "№ 3, 01.11.2026",
        "reason": "Жол жабык",
    }
    assert client.post(page, words).status_code == 302
    assert client.post(page, words).status_code == 404, "it is sent once"
    application = contest.applications.get()
    assert application.late_by == "Төрага А. Асанова, № 3, 01.11.2026"
    assert application.checks["in_time"]["ok"] is True
    event = AuditEvent.about(application).get(action="take_late")
    assert (event.actor_id, event.reason) == (secretary.pk, "Жол жабык")
    assert event.details["document"] == "№ 3, 01.11.2026"


def test_late_one_is_not_taken_once_the_commission_works(secretary):
    contest = make_contest(ContestStatus.REVIEW, closes_at=timezone.now() - timedelta(days=1))
    draft = late_draft(contest)
    words = {"consent_of": "Төрага", "document": "№ 3", "reason": "Жол"}
    with pytest.raises(MoveRefused):
        admission.take_late(contest, draft, by=secretary, **words)
    assert not contest.applications.exists()


# ---------------------------------------------------------------- letters


def test_letter_names_the_papers_that_are_wanted(contest, secretary):
    application = make_application(contest, A.SUBMITTED)
    for language in ("ky", "ru"):
        assert write("contest_returned", application, language=language).text.count("–") == 0
    answer(application, "signed", ok=False, note="Мөөрү жок", by=secretary)
    application.refresh_from_db()
    text = write("contest_returned", application, language="ky").text
    assert "Мөөрү жок" in text
    assert str(RULES["signed"].label) not in text, "a condition is no name of a paper"


@pytest.mark.parametrize("language", ["ky", "ru"])
@pytest.mark.parametrize(
    ("status", "letter"),
    [
        (A.SUBMITTED, "contest_sent"),
        (A.RETURNED, "contest_returned"),
        (A.RETURNED, "contest_documents_due"),
        (A.ADMITTED, "contest_admitted"),
        (A.REFUSED, "contest_refused"),
        (A.DUPLICATE, "contest_refused"),
        (A.DISQUALIFIED, "contest_refused"),
        (A.ADMITTED, "contest_cancelled"),
    ],
)
def test_letters_name_the_application(contest, status, letter, language):
    until = timezone.localdate()
    application = make_application(contest, status, repair_until=until, group=Group.OTHER)
    written = write(letter, application, language=language)
    assert application.number in written.subject
    assert getattr(contest, f"title_{language}") in written.text
    assert "\n\n\n" not in written.text


def test_applicants_hear_of_a_cancelled_contest(contest, committed):
    author = factories.make_user(email="aigul@example.org", language="ru")
    entered = make_application(contest, created_by=author)
    make_application(contest, A.WITHDRAWN, created_by=author)
    specialist = factories.make_user(roles.SPECIALIST)
    (letter,) = committed(
        lambda: move(contest, "cancel", actor=specialist, reason="Каражат бөлүнгөн жок.")
    )
    assert letter.to == ["aigul@example.org"]
    assert entered.number in letter.subject
    assert "отменён" in letter.body
    assert "Каражат" not in letter.body, "the reason is for the office"


def test_same_words_stand_ready_for_whatsapp(client, contest, secretary):
    application = make_application(contest, applicant_phone="+996555123456")
    client.force_login(secretary)
    page = reverse("admin:contests_application_change", args=[application.pk])
    [offered] = client.get(page).context["letters"]
    response = client.post(offered["url"])
    assert application.number in response.context["text"]
    assert "996555123456" in response.context["whatsapp_url"]


@pytest.mark.parametrize(("name", "status"), [("refuse", A.REFUSED), ("merge", A.DUPLICATE)])
def test_applicant_is_told_why_in_their_language(contest, secretary, committed, name, status):
    applicant = factories.make_user(is_staff=False, email="a@example.org", language="ru")
    application = make_application(contest, A.SUBMITTED, created_by=applicant)
    mails = committed(lambda: move(application, name, actor=secretary, reason="Себеби ушул"))
    assert [each.to for each in mails] == [["a@example.org"]]
    assert "Себеби ушул" in mails[0].body
    assert "Здравствуйте" in mails[0].body
    application.refresh_from_db()
    assert application.status == status


def test_whoever_has_not_sent_is_reminded_three_times(committed):
    now = timezone.now()
    contest = make_contest(ContestStatus.ACCEPTING, closes_at=now + timedelta(days=8))
    draft = late_draft(contest)
    owner = draft.owner
    owner.email = "late@example.org"
    owner.save()
    Draft.objects.update(created_at=now - timedelta(days=20))
    days = {}
    for left in (8, 7, 6, 2, 1, 0):
        with time_machine.travel(contest.closes_at - timedelta(days=left, hours=1), tick=False):
            mails = committed(reminders.remind_of_contests)
            again = committed(reminders.remind_of_contests)
        days[left] = len(mails)
        assert again == [], "once a term"
        assert all("\n\n\n" not in each.body for each in mails)
    assert sum(days.values()) == 3
    Draft.objects.update(sent_at=now)
    with time_machine.travel(contest.closes_at - timedelta(hours=2), tick=False):
        assert committed(reminders.remind_of_contests) == []


def test_papers_are_reminded_of_before_their_last_day(contest, committed):
    applicant = factories.make_user(is_staff=False, email="a@example.org")
    today = timezone.localdate()
    make_application(
        contest,
        A.RETURNED,
        created_by=applicant,
        repair_until=today + timedelta(days=2),
        status_changed_at=timezone.now() - timedelta(days=3),
    )
    assert len(committed(lambda: reminders.remind_of_contests(today))) == 1
    assert committed(lambda: reminders.remind_of_contests(today + timedelta(days=1))) == []
    assert len(committed(lambda: reminders.remind_of_contests(today + timedelta(days=2)))) == 1
    assert committed(lambda: reminders.remind_of_contests(today + timedelta(days=3))) == []


def test_nothing_is_deleted_or_typed_into_by_the_admin(client, contest, specialist):
    application = make_application(contest, A.SUBMITTED)
    client.force_login(specialist)
    page = reverse("admin:contests_application_change", args=[application.pk])
    assert client.post(page, {"applicant_name": "Башка"}).status_code == 403
    gone = reverse("admin:contests_application_delete", args=[application.pk])
    assert client.post(gone, {"post": "yes"}).status_code == 403
    application.refresh_from_db()
    assert application.applicant_name == "Айжан"
    assert not LogEntry.objects.exists()
