"""Giving out the sheets of a contest: the records beside contests/assignment.py."""

import random

from django.db import transaction

from contests.assignment import Balance, balanced
from contests.choices import SheetStatus
from contests.conflicts import find_conflicts, recused
from contests.models import Application, Contest, Sheet


@transaction.atomic
def assign(contest: Contest) -> Balance:
    """Give every admitted entry its sheets; those begun or handed in stay where they are.

    Run again after a member came, went or was recused, it gives out what is missing and takes back
    sheets nobody has opened. The keys of the answer are ids of applications and members.
    """
    contest = Contest.objects.select_for_update().get(pk=contest.pk)
    find_conflicts(contest)
    applications = list(contest.applications.admitted().order_by("pk"))
    _give_codes(contest, applications)
    members = {
        member.pk: {each.pk for each in member.nominations.all()}
        for member in contest.members.voting().prefetch_related("nominations")
    }
    barred = recused(applications)
    eligible = {
        application.pk: {
            member
            for member, nominations in members.items()
            if (not nominations or application.nomination_id in nominations)
            and (member, application.pk) not in barred
        }
        for application in applications
    }
    sheets = Sheet.objects.filter(application__in=applications).exclude(status=SheetStatus.RECUSED)
    begun = {}
    for application, member in sheets.exclude(status=SheetStatus.ASSIGNED).values_list(
        "application", "member"
    ):
        begun.setdefault(application, set()).add(member)
    balance = balanced(eligible, contest.sheets_wanted, kept=begun, seed=contest.pk)
    wanted = {(entry, member) for entry, chosen in balance.members.items() for member in chosen}
    for sheet in sheets.filter(status=SheetStatus.ASSIGNED):
        if (sheet.application_id, sheet.member_id) not in wanted:
            sheet.delete()
    Sheet.objects.bulk_create(
        [Sheet(application_id=entry, member_id=member) for entry, member in sorted(wanted)],
        ignore_conflicts=True,
    )
    return balance


def _give_codes(contest: Contest, applications: list[Application]) -> None:
    """Numbers in the order of a lot: a code tells neither municipality nor the hour of sending."""
    waiting = [each for each in applications if not each.code]
    if not waiting:
        return
    taken = set(contest.applications.exclude(code="").values_list("code", flat=True))
    free = [
        code
        for number in range(1, len(taken) + len(waiting) + 1)
        if (code := f"К-{number:02d}") not in taken
    ]
    random.SystemRandom().shuffle(free)
    for application, code in zip(waiting, free, strict=False):
        application.code = code
    Application.objects.bulk_update(waiting, ["code"])
