"""Who may not judge what: found by the portal, declared by members, noted by the secretary."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext

from contests.choices import (
    ConflictDecision,
    ConflictSource,
    ContestStatus,
    SheetStatus,
)
from contests.models import Application, Conflict, Contest, Member, Sheet
from contests.ties import Ties
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused

#: From the decision on nobody’s part in it changes.
DECIDED = (
    ContestStatus.DECIDED,
    ContestStatus.PUBLISHED,
    ContestStatus.ARCHIVED,
    ContestStatus.WITHDRAWN,
)


def not_known_yet(contest: Contest) -> list[Conflict]:
    """What the records tell and nobody has written down; nothing is written here either.

    The same number of queries for any number of members and entries.
    """
    applications = list(
        contest.applications.admitted().select_related(
            "municipality", "practice__theme", "practice__source_project"
        )
    )
    members = list(contest.members.voting().select_related("municipality", "organisation"))
    known = set(
        Conflict.objects.filter(application__contest=contest).values_list(
            "member", "application", "kind"
        )
    )
    ties = Ties(members, applications)
    return [
        Conflict(member=member, application=application, kind=kind, found_by=ConflictSource.SYSTEM)
        for application in applications
        for member in members
        for kind in ties.kinds(member, application)
        if (member.pk, application.pk, kind) not in known
    ]


@transaction.atomic
def find_conflicts(contest: Contest) -> int:
    """Write down what the records tell and is not known yet; returns how many were found.

    What the secretary has decided about a conflict stays.
    """
    new = not_known_yet(contest)
    Conflict.objects.bulk_create(new, ignore_conflicts=True)
    _close_sheets_of_recused(contest)
    return len(new)


def _close_sheets_of_recused(contest: Contest) -> None:
    """Also one that was given out in the very moment in which the member declared the conflict."""
    why = Conflict.objects.filter(
        member=OuterRef("member"),
        application=OuterRef("application"),
        decision=ConflictDecision.RECUSED,
    )
    sheets = Sheet.objects.filter(Exists(why), application__contest=contest)
    sheets.exclude(status=SheetStatus.RECUSED).update(status=SheetStatus.RECUSED)


def recused(applications: Iterable[Application]) -> set[tuple[int, int]]:
    """(member, application) of those who do not judge it."""
    return set(
        Conflict.objects.filter(
            application__in=applications, decision=ConflictDecision.RECUSED
        ).values_list("member", "application")
    )


@transaction.atomic
def declare(
    member: Member, application: Application, kind: str, *, note: str = "", actor=None
) -> Conflict:
    """A member’s own word, or the secretary’s: from now on the member does not judge the entry.

    The sheet begun or handed in stays in the papers and counts nowhere. Twice is harmless. A
    conflict that was allowed before is one again when the member says so.
    """
    if member.contest_id != application.contest_id:
        raise MoveRefused(gettext("This entry is of another contest."))
    source = ConflictSource.SECRETARY if actor else ConflictSource.SELF
    conflict, is_new = Conflict.objects.get_or_create(
        member=member,
        application=application,
        kind=kind,
        defaults={"found_by": source, "note": note, "decided_by": str(actor or "")},
    )
    is_taken_back = conflict.decision == ConflictDecision.ALLOWED and actor is None
    if is_taken_back:
        conflict.decision, conflict.note = ConflictDecision.RECUSED, note or conflict.note
        conflict.save(update_fields=["decision", "note"])
    if is_new or is_taken_back:
        _close_sheet(conflict)
        AuditEvent.record(
            application,
            action="recuse",
            actor=actor,
            via="admin" if actor else "signed_link",
            reason=note,
            details={"member": member.pk, "kind": kind},
        )
    return conflict


@transaction.atomic
def decide(conflict: Conflict, *, decision: str, note: str, by) -> Conflict:
    """Whether the member judges the entry in spite of it; allowed only with a note, recorded.

    A sheet closed by the conflict comes back as it was, unless another one keeps it closed.
    """
    row = Conflict.objects.select_for_update(of=("self",)).get(pk=conflict.pk)
    note = note.strip()[:300]
    if row.application.contest.status in DECIDED:
        raise MoveRefused(gettext("The contest is decided: this stays as it is."))
    if decision == ConflictDecision.ALLOWED and not note:
        raise MoveRefused(gettext("Write why the member may score it in spite of this."))
    if (row.decision, row.note) == (decision, note):
        return row
    before, row.decision, row.note, row.decided_by = row.decision, decision, note, str(by)[:160]
    row.save(update_fields=["decision", "note", "decided_by"])
    if decision == ConflictDecision.RECUSED:
        _close_sheet(row)
    elif (row.member_id, row.application_id) not in recused([row.application]):
        _open_sheet(row)
    AuditEvent.record(
        row.application,
        action="decide_conflict",
        actor=by,
        via="admin",
        before=before,
        after=decision,
        reason=note,
        details={"member": row.member_id, "kind": row.kind},
    )
    return row


def _close_sheet(conflict: Conflict) -> None:
    Sheet.objects.filter(
        member_id=conflict.member_id, application_id=conflict.application_id
    ).update(status=SheetStatus.RECUSED)


def _open_sheet(conflict: Conflict) -> None:
    sheets = Sheet.objects.filter(
        member_id=conflict.member_id,
        application_id=conflict.application_id,
        status=SheetStatus.RECUSED,
    )
    sheets.filter(submitted_at__isnull=False).update(status=SheetStatus.SUBMITTED)
    sheets.filter(submitted_at=None, opened_at__isnull=False).update(status=SheetStatus.OPENED)
    # One nobody has opened is given out again or not, as the loads stand.
    sheets.filter(opened_at=None).delete()
