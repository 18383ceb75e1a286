"""What the roof does by the clock: it keeps the promises made about personal data."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from people.actions import remind_memberships
from people.models import User
from portal.personal_data import NOTICE_FROM, TABLE, YEAR, idle_accounts, idle_drafts
from portal.reminders import NOTICE, forget_marks, remind
from publishing.models import Draft
from publishing.tasks import every
from search import index

logger = structlog.get_logger("portal.personal_data")


@every(timedelta(seconds=20))
def index_what_waits() -> None:
    """Changes whose own task was lost with its process."""
    index.drain()


@every(timedelta(days=1))
def mend_index() -> None:
    """Changes that no signal told of, and entries of an older analysis."""
    index.note_differences()


@every(timedelta(days=1))
def keep_promises() -> None:
    """Write to those whose data will go, and let go of what is due. Run twice, it does no more."""
    now = timezone.now()
    run("remind roles", remind_memberships)
    run("remind drafts", lambda: remind_drafts(now))
    run("remind accounts", lambda: remind_accounts(now))
    for kept in TABLE:
        if kept.due:
            run(kept.name, lambda kept=kept: kept.purge(now))
    run("reminder marks", forget_marks)


def run(rule: str, work: Callable[[], int | None]) -> None:
    """One rule in trouble must not stop the others. The log gets counts: an error's own words may
    hold the very data that should go.
    """
    try:
        with transaction.atomic():
            count = work()
    except Exception as error:  # noqa: BLE001  every rule stands for itself
        logger.error("personal_data_rule_failed", rule=rule, error=type(error).__name__)
    else:
        if count:
            logger.info("personal_data", rule=rule, count=count)


def remind_drafts(now) -> int:
    """To the writers of drafts that nobody has touched for eleven months."""
    due: list[Draft] = idle_drafts(now - NOTICE_FROM).filter(sent_at=None).select_related("owner")
    return sum(
        remind(draft, "draft_fades", owner=draft.owner, since=draft.updated_at) for draft in due
    )


def remind_accounts(now) -> int:
    """To people who have not signed in for twenty-three months and have nothing here."""
    due: list[User] = idle_accounts(now - 2 * YEAR + NOTICE)
    return sum(
        remind(user, "account_fades", owner=user, since=user.last_login or user.date_joined)
        for user in due
    )
