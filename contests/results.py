"""Places of a contest: its frozen rules, its sheets, and contests/ranking.py."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.utils.translation import get_language

from contests.choices import ContestStatus, CriterionKind, Group, SheetStatus
from contests.conflicts import recused
from contests.formulas import Facts, facts_of, worked_out
from contests.freezing import ranking_rules
from contests.models import Application, Contest, Nomination, Score, Sheet
from contests.ranking import Sheet as RankedSheet
from contests.ranking import Standing, standings

#: Stages in which the staff sees means: scoring is over, and all that was given is handed in.
MEANS_OPEN = (
    ContestStatus.DELIBERATION,
    ContestStatus.DECIDED,
    ContestStatus.PUBLISHED,
    ContestStatus.ARCHIVED,
)


@dataclass(frozen=True)
class Table:
    """A nomination’s ranking in one of its groups; group: "" where they are not ranked apart.

    facts: {application: Facts} that the criteria worked out from the record went by.
    """

    nomination: Nomination
    group: str
    rows: list[tuple[Application, Standing]]
    facts: Mapping[int, Facts] = field(default_factory=dict)

    @property
    def group_label(self) -> str:
        return Group(self.group).label if self.group else ""


@dataclass(frozen=True)
class Change:
    """An entry’s standing as it is, and as it would be."""

    table: Table
    application: Application
    now: Standing
    then: Standing

    @property
    def is_moved(self) -> bool:
        return (self.now.place, self.now.lacks) != (self.then.place, self.then.lacks)


def tables_of(contest: Contest, *, without: Collection[int] = ()) -> list[Table]:
    """All rankings, in the order of nominations and groups; the same number of queries for any.

    without: members left out, for «what if»; nothing is written.
    """
    version = contest.versions.first()
    # Fetched beside, not joined: hundreds of rows with all columns of five tables take twice as long.
    applications = list(
        contest.applications.admitted().prefetch_related(
            "municipality__oblast", "municipality__district", "practice"
        )
    )
    members = set(contest.members.voting().values_list("pk", flat=True)) - set(without)
    barred = recused(applications)
    sheets = _sheets(applications, members, barred)
    voters = _voters(applications, members, barred)
    facts = facts_of(contest, applications, _formulas(version)) if version else {}
    found = []
    for nomination in contest.nominations.all():
        own = [each for each in applications if each.nomination_id == nomination.pk]
        if not own:
            continue
        for each in own:
            each.nomination = nomination
        rules = ranking_rules(version, nomination.pk)
        for group in Group.values if nomination.has_groups else [""]:
            entries = {each.pk: each for each in own if not group or each.group == group}
            ranked = standings(
                entries,
                _complete(entries, sheets, rules),
                rules,
                computed={
                    pk: _computed(version, nomination, each, facts[pk])
                    for pk, each in entries.items()
                },
                voters=voters,
            )
            rows = [(entries[row.entry], row) for row in ranked]
            if rows:
                found.append(Table(nomination, group, rows, facts))
    return found


def what_if(contest: Contest, *, without: Collection[int]) -> list[Change]:
    """Every entry’s standing with all members and without these; nothing is written."""
    then = {
        application.pk: standing
        for table in tables_of(contest, without=without)
        for application, standing in table.rows
    }
    return [
        Change(table, application, standing, then[application.pk])
        for table in tables_of(contest)
        for application, standing in table.rows
    ]


def columns_of(version, nomination: Nomination) -> list[dict]:
    """The frozen criteria of a nomination, each with its `label` in the language of the page."""
    language = get_language() or "ky"
    return [
        each | {"label": _in_language(each["title"], language)}
        for each in version.content["criteria"]
        if each["nomination"] in {None, nomination.pk}
    ]


def _in_language(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or next(filter(None, texts.values()), "")


def _formulas(version) -> set[str]:
    return {each["formula"] for each in version.content["criteria"] if each["formula"]}


def _voters(applications, members, barred) -> Counter:
    """Of each entry the members who were given a sheet and are not recused: the quorum is of them."""
    given = Sheet.objects.filter(application__in=applications, member__in=members)
    rows = given.exclude(status=SheetStatus.RECUSED).values_list("member", "application")
    return Counter(
        application for member, application in rows if (member, application) not in barred
    )


def _sheets(applications, members, barred) -> dict[int, list[RankedSheet]]:
    """{application: sheets handed in by members who are not recused}."""
    rows = Score.objects.filter(
        sheet__application__in=applications,
        sheet__status=SheetStatus.SUBMITTED,
        sheet__member__in=members,
        value__isnull=False,
    ).values_list("sheet__application", "sheet__member", "criterion", "value")
    values: dict[tuple[int, int], dict[int, int]] = {}
    for entry, member, criterion, value in rows:
        if (member, entry) not in barred:
            values.setdefault((entry, member), {})[criterion] = value
    found: dict[int, list[RankedSheet]] = {}
    for (entry, member), given in values.items():
        found.setdefault(entry, []).append(RankedSheet(entry, member, given))
    return found


def _complete(entries, sheets, rules) -> list[RankedSheet]:
    """Of these entries the sheets with every frozen criterion: half a sheet has no result."""
    wanted = {scale.key for scale in rules.scales if scale.is_scored}
    return [
        sheet
        for entry in entries
        for sheet in sheets.get(entry, ())
        if wanted <= sheet.values.keys()
    ]


def _computed(version, nomination, application, facts) -> dict:
    """{criterion: point of its scale} of what the commission does not score."""
    found = {}
    for each in version.content["criteria"]:
        is_its = each["nomination"] in {None, nomination.pk}
        if is_its and each["kind"] != CriterionKind.JURY and each["formula"]:
            least, most = each["scale"]
            part = worked_out(each["formula"], application, facts)
            found[each["id"]] = least + part * (most - least)
    return found
