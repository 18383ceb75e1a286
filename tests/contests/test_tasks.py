"""The clock: a contest opens, closes and is archived on its second; who plans is reminded once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from contests.choices import ContestStatus
from contests.freezing import freeze
from contests.models import Contest
from contests.tasks import a_year_before, keep_terms, remind_of_campaign
from contests.today import of_contests
from publishing.models import AuditEvent
from publishing.workflow import move
from tests import factories
from tests.factories_contests import make_contest

pytestmark = pytest.mark.django_db
BISHKEK = ZoneInfo("Asia/Bishkek")
#: Midnight of Bishkek: in UTC it is still the day before.
EDGE = datetime(2026, 12, 1, 0, 0, 0, tzinfo=BISHKEK)
SECOND = timedelta(seconds=1)


def at(moment):
    return time_machine.travel(moment.astimezone(UTC), tick=False)


def status_of(contest) -> str:
    return Contest.objects.values_list("status", flat=True).get(pk=contest.pk)


def test_contest_opens_and_closes_on_the_second():
    assert EDGE.astimezone(UTC).hour == 18
    with at(EDGE - timedelta(days=30)):
        contest = make_contest(
            ContestStatus.ANNOUNCED, opens_at=EDGE - timedelta(days=7), closes_at=EDGE
        )
    steps = [
        (EDGE - timedelta(days=7) - SECOND, ContestStatus.ANNOUNCED, []),
        (EDGE - timedelta(days=7), ContestStatus.ACCEPTING, [("open", contest.pk)]),
        (EDGE - SECOND, ContestStatus.ACCEPTING, []),
        (EDGE, ContestStatus.ADMISSION, [("close", contest.pk)]),
        (EDGE + timedelta(days=1), ContestStatus.ADMISSION, []),
    ]
    for moment, status, done in steps:
        with at(moment):
            assert keep_terms() == done
            assert keep_terms() == [], "a second worker finds nothing"
            assert status_of(contest) == status
    events = AuditEvent.about(contest).order_by("at")
    assert [(each.action, each.via, each.actor_id) for each in events] == [
        ("open", "system", None),
        ("close", "system", None),
    ]


def test_extended_term_is_the_one_that_closes(specialist):
    with at(EDGE - timedelta(days=2)):
        contest = make_contest(ContestStatus.ACCEPTING, closes_at=EDGE)
        later = EDGE + timedelta(days=3)
        move(contest, "extend", actor=specialist, reason="Жол жабык", closes_at=later)
    with at(later - SECOND):
        keep_terms()
        assert status_of(contest) == ContestStatus.ACCEPTING
    with at(later):
        keep_terms()
        assert status_of(contest) == ContestStatus.ADMISSION


def test_worker_that_slept_opens_nothing_that_is_over():
    with at(EDGE - timedelta(days=30)):
        contest = make_contest(
            ContestStatus.ANNOUNCED, opens_at=EDGE - timedelta(days=7), closes_at=EDGE
        )
    with at(EDGE + SECOND):
        assert keep_terms() == []
        assert status_of(contest) == ContestStatus.ANNOUNCED


def test_one_contest_in_trouble_does_not_stop_the_others(specialist):
    waiting, ready = make_contest(ContestStatus.ANNOUNCED), make_contest(ContestStatus.ANNOUNCED)
    waiting.criteria.filter(position=1).update(tie_rank=9)
    assert keep_terms() == [("open", ready.pk)]
    told = [todo.about for todo in of_contests(specialist)]
    assert str(waiting) in told, "the specialist reads why it does not open"
    freeze(waiting, by=None)
    assert keep_terms() == [("open", waiting.pk)]


def test_archive_is_a_year_after_the_results():
    published = datetime(2024, 2, 29, 9, 0, tzinfo=BISHKEK)
    contest = make_contest(ContestStatus.PUBLISHED)
    Contest.objects.filter(pk=contest.pk).update(status_changed_at=published)
    assert a_year_before(datetime(2025, 2, 28, 9, 0, tzinfo=BISHKEK)) < published
    with at(datetime(2025, 2, 28, 23, 59, 59, tzinfo=BISHKEK)):
        assert keep_terms() == []
    with at(datetime(2025, 3, 1, 9, 0, tzinfo=BISHKEK)):
        assert keep_terms() == [("archive", contest.pk)]
        assert status_of(contest) == ContestStatus.ARCHIVED


# ---------------------------------------------------------------- reminders


@pytest.fixture
def planned(specialist):
    contest = make_contest(ContestStatus.ANNOUNCED)
    today = timezone.localdate()
    return contest.campaign.create(channel="radio", planned_on=today + timedelta(days=2))


def letters_of(act, capture):
    mail.outbox.clear()
    with capture(execute=True):
        act()
    return [letter.to for letter in mail.outbox]


def test_responsible_is_reminded_once(planned, django_capture_on_commit_callbacks):
    capture = django_capture_on_commit_callbacks
    person = factories.make_user("Moderator", email="radio@example.org")
    planned.responsible = person
    planned.save()
    assert letters_of(remind_of_campaign, capture) == [["radio@example.org"]]
    assert "/admin/" in mail.outbox[0].body
    assert letters_of(remind_of_campaign, capture) == []


def test_what_nobody_answers_for_comes_to_the_specialist(
    planned, specialist, django_capture_on_commit_callbacks
):
    capture = django_capture_on_commit_callbacks
    assert letters_of(remind_of_campaign, capture) == [[specialist.email]]


@pytest.mark.parametrize(
    "values",
    [
        {"done_on": "2026-01-01"},
        {"planned_on": "2999-01-01"},
    ],
)
def test_done_and_far_steps_remind_nobody(planned, values, django_capture_on_commit_callbacks):
    type(planned).objects.filter(pk=planned.pk).update(**values)
    assert letters_of(remind_of_campaign, django_capture_on_commit_callbacks) == []


def test_what_is_due_stands_in_my_work(planned, specialist, translator):
    contest = planned.contest
    contest.questions.create(question_ky="Ким катыша алат?")
    late = make_contest(ContestStatus.REVIEW, review_until=timezone.localdate() - timedelta(1))
    todos = of_contests(specialist)
    assert {(todo.about, todo.is_late) for todo in todos} == {
        (str(contest), False),
        (str(late), True),
    }
    assert len(todos) == 3
    assert all(todo.url for todo in todos)
    secretary = factories.make_user("Contest secretary")
    assert len(of_contests(secretary)) == 2, "the campaign is not hers"
    assert of_contests(translator) == []
