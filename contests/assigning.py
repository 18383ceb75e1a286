"""Giving out the sheets of a contest: the records beside contests/assignment.py."""

import random
from collections import Counter
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext

from contests.assignment import Balance, balanced
from contests.choices import ContestStatus, SheetStatus
from contests.conflicts import find_conflicts, not_known_yet, recused
from contests.models import Application, Contest, Member, Sheet
from people.actions import revoke_links
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused

#: Stages in which sheets are given out and taken back.
STAGES = (ContestStatus.ADMISSION, ContestStatus.REVIEW)


@dataclass(frozen=True)
class Plan:
    """Who would score what. given: (application, member) of sheets that are there; unopened: those
    of them that nobody has opened. barred: (member, application) who may not, for a conflict.
    """

    applications: list[Application]
    members: list[Member]
    balance: Balance
    given: frozenset
    unopened: frozenset
    barred: frozenset

    @property
    def wanted(self) -> set[tuple[int, int]]:
        """(application, member) of all sheets."""
        return {(entry, each) for entry, chosen in self.balance.members.items() for each in chosen}

    @property
    def new(self) -> set[tuple[int, int]]:
        return self.wanted - self.given

    @property
    def taken_back(self) -> frozenset[tuple[int, int]]:
        return self.unopened - self.wanted


def plan(contest: Contest) -> Plan:
    """What giving out the sheets now would do; nothing is written."""
    applications = list(contest.applications.admitted().select_related("nomination").order_by("pk"))
    members = list(contest.members.voting().prefetch_related("nominations"))
    found = {(each.member_id, each.application_id) for each in not_known_yet(contest)}
    barred = frozenset(recused(applications) | found)
    eligible = {
        application.pk: {
            member.pk
            for member in members
            if scores_in(member, application) and (member.pk, application.pk) not in barred
        }
        for application in applications
    }
    sheets = Sheet.objects.filter(application__in=applications).exclude(status=SheetStatus.RECUSED)
    rows = list(sheets.values_list("application", "member", "status"))
    unopened = {row[:2] for row in rows if row[2] == SheetStatus.ASSIGNED}
    given = {row[:2] for row in rows}
    begun = {}
    for entry, member in given - unopened:
        begun.setdefault(entry, set()).add(member)
    balance = balanced(eligible, contest.sheets_wanted, kept=begun, seed=contest.pk)
    return Plan(
        applications,
        members,
        balance,
        given=frozenset(given),
        unopened=frozenset(unopened),
        barred=barred,
    )


def scores_in(member: Member, application: Application) -> bool:
    """Whether the entry is of a nomination the member scores; one without any scores all."""
    nominations = [each.pk for each in member.nominations.all()]
    return not nominations or application.nomination_id in nominations


@transaction.atomic
def assign(contest: Contest, *, by=None) -> Balance:
    """Give every admitted entry its sheets; those begun or handed in stay where they are.

    Run again after a member came, went or was recused, it gives out what is missing and takes back
    sheets nobody has opened. The keys of the answer are ids of applications and members. Raises
    MoveRefused before the entries are checked and after the scoring.
    """
    contest = Contest.objects.select_for_update(of=("self",)).get(pk=contest.pk)
    if contest.status not in STAGES:
        raise MoveRefused(
            gettext("Sheets are given out while applications are checked and scored.")
        )
    find_conflicts(contest)
    # Held, so that nobody opens one that is being taken back.
    held = Sheet.objects.filter(application__contest=contest, status=SheetStatus.ASSIGNED)
    unopened = list(held.select_for_update(of=("self",)))
    made = plan(contest)
    give_codes(contest, made.applications)
    gone = [
        sheet.pk for sheet in unopened if (sheet.application_id, sheet.member_id) not in made.wanted
    ]
    Sheet.objects.filter(pk__in=gone).delete()
    Sheet.objects.bulk_create(
        [Sheet(application_id=entry, member_id=member) for entry, member in sorted(made.new)],
        ignore_conflicts=True,
    )
    if by is not None and (made.new or gone):
        AuditEvent.record(
            contest,
            action="give_sheets",
            actor=by,
            via="admin",
            details={"given": len(made.new), "taken_back": len(gone)},
        )
    return made.balance


def give_codes(contest: Contest, applications: list[Application]) -> None:
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


@transaction.atomic
def leave(member: Member, *, reason: str, by) -> Member:
    """The member works in the commission no more: the links are closed, sheets not begun taken back.

    What was begun or handed in stays in the papers and counts nowhere.
    """
    row = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if not reason.strip():
        raise MoveRefused(gettext("Give a reason."))
    if row.is_active:
        row.is_active = False
        row.save(update_fields=["is_active"])
        AuditEvent.record(row, action="leave", actor=by, via="admin", reason=reason.strip())
    revoke_links(target=row)
    row.sheets.filter(status=SheetStatus.ASSIGNED).delete()
    return row


# ---------------------------------------------------------------- in words


def obstacles(contest: Contest, made: Plan) -> list[dict]:
    """Entries that cannot get their sheets and why: [{"application", "lacks", "may", "conflicts",
    "elsewhere"}], counts of members.
    """
    return [
        {
            "application": application,
            "lacks": made.balance.short[application.pk],
            "may": sum(
                1
                for member in made.members
                if scores_in(member, application) and (member.pk, application.pk) not in made.barred
            ),
            "conflicts": sum(
                1 for member in made.members if (member.pk, application.pk) in made.barred
            ),
            "elsewhere": sum(1 for member in made.members if not scores_in(member, application)),
        }
        for application in made.applications
        if application.pk in made.balance.short
    ]


def loads(made: Plan) -> list[dict]:
    """[{"member", "now", "then", "is_bound"}]: sheets of each before and after giving out."""
    now = Counter(member for _entry, member in made.given)
    return [
        {
            "member": member,
            "now": now[member.pk],
            "then": made.balance.loads[member.pk],
            "is_bound": member.pk in made.balance.bound,
        }
        for member in made.members
    ]
