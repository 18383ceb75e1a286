"""Who may not judge what: found by the portal, declared by members, noted by the secretary."""

from collections.abc import Iterable

from django.db import transaction

from contests.choices import ConflictDecision, ConflictKind, ConflictSource, SheetStatus
from contests.models import Application, Conflict, Contest, Member, Sheet
from publishing.models import AuditEvent


def kinds_of(member: Member, application: Application) -> list[str]:
    """Conflicts that the records tell: places, authors, the organisation’s projects."""
    found = []
    place, practice = application.municipality, application.practice
    if member.municipality_id == place.pk:
        found.append(ConflictKind.OWN_MUNICIPALITY)
    elif (
        member.municipality_id
        and place.district_id
        and member.municipality.district_id == place.district_id
    ):
        found.append(ConflictKind.SAME_DISTRICT)
    writers = {application.created_by_id, practice and practice.created_by_id} - {None}
    if member.user_id in writers:
        found.append(ConflictKind.AUTHOR)
    if practice and member.organisation_id:
        project = practice.source_project
        if member.organisation_id in {practice.source_partner_id, practice.donor_id}:
            found.append(ConflictKind.EMPLOYER)
        if project and project.partner_id == member.organisation_id:
            found.append(ConflictKind.PARTNER_PROJECT)
    return found


@transaction.atomic
def find_conflicts(contest: Contest) -> int:
    """Write down what the records tell and is not known yet; returns how many were found.

    What the secretary has decided about a conflict stays.
    """
    applications = contest.applications.admitted().select_related(
        "municipality", "practice__source_project"
    )
    members = list(contest.members.voting().select_related("municipality"))
    found = [
        Conflict(member=member, application=application, kind=kind, found_by=ConflictSource.SYSTEM)
        for application in applications
        for member in members
        for kind in kinds_of(member, application)
    ]
    known = set(
        Conflict.objects.filter(application__contest=contest).values_list(
            "member", "application", "kind"
        )
    )
    new = [each for each in found if (each.member_id, each.application_id, each.kind) not in known]
    Conflict.objects.bulk_create(new, ignore_conflicts=True)
    for conflict in new:
        _close_sheet(conflict)
    return len(new)


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

    The sheet begun or handed in stays in the papers and counts nowhere. Twice is harmless.
    """
    source = ConflictSource.SECRETARY if actor else ConflictSource.SELF
    conflict, is_new = Conflict.objects.get_or_create(
        member=member,
        application=application,
        kind=kind,
        defaults={"found_by": source, "note": note, "decided_by": str(actor or "")},
    )
    if is_new:
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


def _close_sheet(conflict: Conflict) -> None:
    Sheet.objects.filter(
        member_id=conflict.member_id, application_id=conflict.application_id
    ).update(status=SheetStatus.RECUSED)
