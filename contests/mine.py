"""What a person has begun for contests and sent, for the first page of their cabinet."""

from contests.choices import ApplicationStatus
from contests.drafting import KIND
from contests.milestones import time_left
from contests.models import Application, Contest
from contests.progress import shown_status
from practices.contribution import summary
from publishing.models import Draft

ROWS_SHOWN = 50


def row_of(application: Application) -> dict:
    """A line of a list: the application and its state as its applicant may know it."""
    return {
        "application": application,
        "state": ApplicationStatus(shown_status(application)).label,
        "is_returned": application.status == ApplicationStatus.RETURNED,
    }


def sent_for(user) -> list[dict]:
    """Applications the person began, and those of municipalities they speak for, latest first."""
    rows = Application.objects.of(user).select_related("contest").order_by("-submitted_at", "-pk")
    return [row_of(each) for each in rows[:ROWS_SHOWN]]


def drafts_of(user) -> list[dict]:
    """Applications being written: [{"draft", "title", "contest", "left"}]; left: time in words."""
    drafts = list(Draft.objects.open().of(user).filter(kind=KIND)[:ROWS_SHOWN])
    keys = {key for draft in drafts if (key := draft.answers.get("contest", "")).isdecimal()}
    contests = {str(each.pk): each for each in Contest.objects.filter(pk__in=keys)}
    return [
        {
            "draft": draft,
            "title": summary(draft),
            "contest": contest,
            "left": time_left(contest),
        }
        for draft in drafts
        if (contest := contests.get(draft.answers.get("contest", "")))
    ]
