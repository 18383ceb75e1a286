"""Days of the commission that slip: moved with a reason, in a new version of the rules."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from contests.choices import ContestStatus
from contests.freezing import freeze
from contests.models import Contest
from contests.models.stages import DAYS_AFTER_THE_TERM, MOMENTS_AFTER_THE_TERM
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused

#: What may move; the term of applications has an extension of its own.
DAYS = (*DAYS_AFTER_THE_TERM, *MOMENTS_AFTER_THE_TERM)
C = ContestStatus
#: Stages in which some of it is still to come.
STAGES = (C.ACCEPTING, C.ADMISSION, C.REVIEW, C.VISITS, C.DELIBERATION, C.DECIDED)


@transaction.atomic
def reschedule(contest: Contest, *, days: Mapping, told: Mapping[str, str], by) -> Contest:
    """Move the days named and freeze the rules anew; readers see the new version and the reason.

    days: {name of DAYS: day, moment or None}; told: the reason by language. The same days again
    change nothing. Raises MoveRefused outside of STAGES, without a reason, or where one day would
    come before another.
    """
    row = Contest.objects.select_for_update(of=("self",)).get(pk=contest.pk)
    if row.status not in STAGES:
        raise MoveRefused(_("The days of this contest do not move any more."))
    changed = {name: day for name, day in days.items() if getattr(row, name) != day}
    if not changed:
        return row
    if not any(words.strip() for words in told.values()):
        raise MoveRefused(_("Give a reason."))
    for name, day in changed.items():
        setattr(row, name, day)
    try:
        row.clean()
    except ValidationError as error:
        raise MoveRefused(" ".join(error.messages)) from error
    row.version += 1
    row.save()
    version = freeze(row, by=by, told=told)
    AuditEvent.record(
        row,
        action="reschedule",
        actor=by,
        via="admin",
        reason=version.reason,
        details={name: day and day.isoformat() for name, day in changed.items()},
    )
    return row
