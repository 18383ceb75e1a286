"""Reminders by the clock to applicants and members of the commission, each written once."""

from datetime import date, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from contests.admission import unsent_drafts
from contests.choices import ApplicationStatus, ContestStatus, SheetStatus
from contests.conflicts import find_conflicts
from contests.letters import reader_of, reader_of_draft, reader_of_member
from contests.models import Application, Contest, Member
from publishing.letters import send
from publishing.models import AuditEvent, Draft
from publishing.tasks import every

logger = structlog.get_logger("portal.contests")
#: Days before the term on which whoever has not sent a draft is reminded.
DRAFT_DAYS = (7, 2, 1)
#: Days before the last day for documents, and the day itself.
PAPER_DAYS = (2, 0)
#: Days before the last day of scoring.
SHEET_DAYS = (3, 1)


def due_day(days: tuple[int, ...], last_day: date | None, today: date) -> int | None:
    """Which of the days before the last one holds today; None before the first and after the last.

    >>> due_day((7, 2, 1), date(2026, 3, 10), date(2026, 3, 8))
    2
    """
    if last_day is None or today > last_day:
        return None
    return min((each for each in days if (last_day - today).days <= each), default=None)


@every(timedelta(hours=1))
def remind_of_contests(today: date | None = None) -> int:
    """Remind of drafts not sent, documents not brought, sheets not handed in; returns how many."""
    today = today or timezone.localdate()
    sent = 0
    for contest in Contest.objects.filter(status=ContestStatus.ACCEPTING, is_demo=False):
        drafts = unsent_drafts(contest).values_list("pk", flat=True)
        sent += _each(drafts, remind_of_draft, contest, today)
    waiting = Application.objects.filter(status=ApplicationStatus.RETURNED, is_demo=False)
    sent += _each(waiting.values_list("pk", flat=True), remind_of_papers, today)
    for contest in Contest.objects.filter(status=ContestStatus.REVIEW, is_demo=False):
        members = contest.members.voting().values_list("pk", flat=True)
        sent += _each(members, remind_of_sheets, contest, today)
    return sent


@every(timedelta(hours=1))
def look_for_conflicts() -> int:
    """What has changed in the records since the sheets were given out is found within the hour."""
    stages = (ContestStatus.ADMISSION, ContestStatus.REVIEW, ContestStatus.VISITS)
    return sum(find_conflicts(contest) for contest in Contest.objects.filter(status__in=stages))


def _each(keys, remind, *args) -> int:
    """One record in trouble must not keep the others from being reminded."""
    sent = 0
    for pk in keys:
        try:
            sent += remind(pk, *args)
        except Exception:
            logger.exception("reminder_failed", what=remind.__name__, key=pk)
    return sent


@transaction.atomic
def remind_of_draft(pk: int, contest: Contest, today: date) -> bool:
    draft = Draft.objects.select_for_update(of=("self",)).get(pk=pk)
    if contest.closes_at is None:
        return False
    last_day = timezone.localdate(contest.closes_at)
    day = due_day(DRAFT_DAYS, last_day, today)
    # Who began it the day before knows the term.
    if day is None or timezone.localdate(draft.created_at) >= last_day - timedelta(days=day):
        return False
    return _once(draft, "contest_draft_due", reader_of_draft(draft), day, last_day)


@transaction.atomic
def remind_of_papers(pk: int, today: date) -> bool:
    application = Application.objects.select_for_update(of=("self",)).get(pk=pk)
    day = due_day(PAPER_DAYS, application.repair_until, today)
    returned_on = timezone.localdate(application.status_changed_at)
    if day is None or returned_on >= application.repair_until - timedelta(days=day):
        return False
    reader = reader_of(application)
    return _once(application, "contest_documents_due", reader, day, application.repair_until)


@transaction.atomic
def remind_of_sheets(pk: int, contest: Contest, today: date) -> bool:
    member = Member.objects.select_for_update(of=("self",)).get(pk=pk)
    day = due_day(SHEET_DAYS, contest.review_until, today)
    if day is None or not open_sheets(member).exists():
        return False
    return _once(member, "contest_sheets_due", reader_of_member(member), day, contest.review_until)


#: Hours in which a member is not reminded by the button twice.
PAUSE = timedelta(hours=12)


@transaction.atomic
def remind_now(member: Member, *, by) -> bool:
    """Remind a member of the open sheets by mail at once; not twice in half a day."""
    member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    told = AuditEvent.about(member).filter(action="contest_reminder")
    is_pause = told.filter(at__gt=timezone.now() - PAUSE).exists()
    if member.contest.is_demo or not member.email or is_pause or not open_sheets(member).exists():
        return False
    what = {"letter": "contest_sheets_due"}
    AuditEvent.record(member, action="contest_reminder", actor=by, via="admin", details=what)
    send("contest_sheets_due", member, to=member.email, language=member.language)
    return True


def open_sheets(member: Member):
    return member.sheets.filter(status__in=(SheetStatus.ASSIGNED, SheetStatus.OPENED))


def _once(record, letter: str, reader, day: int, last_day: date) -> bool:
    """Write it unless it was written; a term that was moved is another term.

    An application or a member has its own page in the audit; of a draft only that it was reminded.
    """
    what = {"letter": letter, "day": day, "until": last_day.isoformat()}
    told = AuditEvent.about(record).filter(action="contest_reminder", details__contains=what)
    if not reader.email or told.exists():
        return False
    AuditEvent.record(record, action="contest_reminder", actor=None, via="system", details=what)
    send(letter, record, to=reader.email, language=reader.language)
    return True
