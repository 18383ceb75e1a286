"""Places of a contest: its frozen rules, its sheets, and contests/ranking.py."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from contests.choices import CriterionKind, Group, SheetStatus
from contests.conflicts import recused
from contests.formulas import worked_out
from contests.freezing import ranking_rules
from contests.models import Application, Contest, Nomination, Score, Sheet
from contests.ranking import Sheet as RankedSheet
from contests.ranking import Standing, standings


@dataclass(frozen=True)
class Table:
    """A nomination’s ranking in one of its groups; group: "" where they are not ranked apart."""

    nomination: Nomination
    group: str
    rows: list[tuple[Application, Standing]]


def tables_of(contest: Contest, *, without: Collection[int] = ()) -> list[Table]:
    """All rankings, in the order of nominations and groups; the same number of queries for any.

    without: members left out, for «what if»; nothing is written.
    """
    version = contest.versions.first()
    applications = list(
        contest.applications.admitted().select_related("municipality", "practice", "nomination")
    )
    members = set(contest.members.voting().values_list("pk", flat=True)) - set(without)
    barred = recused(applications)
    sheets = _sheets(applications, members, barred)
    voters = _voters(applications, members, barred)
    found = []
    for nomination in contest.nominations.all():
        own = [each for each in applications if each.nomination_id == nomination.pk]
        rules = ranking_rules(version, nomination.pk)
        for group in Group.values if nomination.has_groups else [""]:
            entries = {each.pk: each for each in own if not group or each.group == group}
            ranked = standings(
                entries,
                sheets,
                rules,
                computed={pk: _computed(version, nomination, each) for pk, each in entries.items()},
                voters=voters,
            )
            rows = [(entries[row.entry], row) for row in ranked]
            if rows:
                found.append(Table(nomination, group, rows))
    return found


def _voters(applications, members, barred) -> Counter:
    """Of each entry the members who were given a sheet and are not recused: the quorum is of them."""
    given = Sheet.objects.filter(application__in=applications, member__in=members)
    rows = given.exclude(status=SheetStatus.RECUSED).values_list("member", "application")
    return Counter(
        application for member, application in rows if (member, application) not in barred
    )


def _sheets(applications, members, barred) -> list[RankedSheet]:
    rows = Score.objects.filter(
        sheet__application__in=applications,
        sheet__status=SheetStatus.SUBMITTED,
        sheet__member__in=members,
        value__isnull=False,
    ).values_list("sheet__application", "sheet__member", "criterion", "value")
    found: dict[tuple[int, int], dict[int, int]] = {}
    for entry, member, criterion, value in rows:
        if (member, entry) not in barred:
            found.setdefault((entry, member), {})[criterion] = value
    return [RankedSheet(entry, member, values) for (entry, member), values in found.items()]


def _computed(version, nomination, application) -> dict:
    """{criterion: point of its scale} of what the commission does not score."""
    found = {}
    for each in version.content["criteria"]:
        is_its = each["nomination"] in {None, nomination.pk}
        if is_its and each["kind"] != CriterionKind.JURY and each["formula"]:
            least, most = each["scale"]
            part = worked_out(each["formula"], application)
            found[each["id"]] = least + part * (most - least)
    return found
