"""Places from scores: exact arithmetic, so that no order of members or entries changes a place.

A sheet is what one member gave one entry. Its result is the weighted share of the scale, 0 to 100;
an entry's result is the mean of its sheets' with the formula and bonus criteria counted once.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from statistics import fmean, pstdev


@dataclass(frozen=True)
class Scale:
    """A criterion as it counts. weight: of the 100; a bonus adds its weight on top of them."""

    key: Hashable
    weight: Fraction
    least: Fraction
    most: Fraction
    is_scored: bool = True  # by members; else worked out from the record
    is_bonus: bool = False

    def share(self, value) -> Fraction:
        """What part of the weight a value earns, 0 to weight."""
        return self.weight * (Fraction(value) - self.least) / (self.most - self.least)


@dataclass(frozen=True)
class Sheet:
    entry: Hashable
    member: Hashable
    values: Mapping[Hashable, Fraction]


@dataclass(frozen=True)
class Rules:
    """What was frozen: criteria, ties, and what must be there for a place.

    ties: in their order, keys of criteria and of TIES. minimum: sheets an entry needs. quorum:
    share of the members that may score it who have. differ: points between the highest and the
    lowest sheet from which opinions are said to differ.
    """

    scales: Sequence[Scale]
    ties: Sequence[Hashable] = ()
    minimum: int = 1
    quorum: Fraction = Fraction(0)
    differ: Fraction = Fraction(30)


@dataclass(frozen=True)
class Standing:
    """An entry's figures, 0 to 100 (and bonus), None without sheets; place: None where it has none.

    normalised: the mean of how far its sheets lie from their members' own means, in their own
    spreads; for information. tie: which of the rules' ties put it where it is, "" for none,
    "shared" where none did. lacks: "sheets", "quorum" or "".
    """

    entry: Hashable
    count: int
    mean: Fraction | None
    median: Fraction | None
    spread: Fraction | None
    normalised: float | None
    means: Mapping[Hashable, Fraction]
    opinions_differ: bool
    lacks: str
    place: int | None = None
    tie: Hashable = ""


#: Ties beside criteria: the higher median, the higher lowest sheet.
TIES = ("median", "lowest")
SHARED = "shared"


def standings(
    entries: Iterable[Hashable],
    sheets: Iterable[Sheet],
    rules: Rules,
    *,
    computed: Mapping[Hashable, Mapping[Hashable, Fraction]] | None = None,
    voters: Mapping[Hashable, int] | None = None,
) -> list[Standing]:
    """All entries of a nomination and group by place, those without one at the end.

    sheets: submitted ones of members who are not recused. computed: {entry: {key: value}} of the
    criteria worked out from the record. voters: {entry: members who may score it, recused ones
    not among them}.
    """
    entries = list(entries)
    known = set(entries)
    by_entry = defaultdict(list)
    for sheet in sheets:
        if sheet.entry in known:
            by_entry[sheet.entry].append(sheet)
    own = _own_scales(by_entry, rules)
    rows = [
        _figures(entry, by_entry[entry], rules, (computed or {}).get(entry, {}), own)
        for entry in entries
    ]
    if voters is not None:
        rows = [replace(row, lacks=row.lacks or _quorum(row, voters, rules)) for row in rows]
    return _placed(rows, by_entry, rules)


def sheet_result(sheet: Sheet, rules: Rules) -> Fraction:
    """A sheet's points: of the weight of the criteria that members score."""
    return sum(
        (scale.share(sheet.values[scale.key]) for scale in rules.scales if scale.is_scored),
        Fraction(0),
    )


def _own_scales(by_entry, rules) -> dict[Hashable, tuple[float, float]]:
    """{member: (mean, spread) of what the member gave}; who gave one sheet has no scale of their own."""
    given = defaultdict(list)
    for sheets in by_entry.values():
        for sheet in sheets:
            given[sheet.member].append(float(sheet_result(sheet, rules)))
    return {
        member: (fmean(sorted(results)), pstdev(sorted(results)))
        for member, results in given.items()
        if len(results) > 1
    }


def _figures(entry, sheets, rules, computed, own) -> Standing:
    results = sorted(sheet_result(sheet, rules) for sheet in sheets)
    extra = sum(
        (
            scale.share(computed[scale.key])
            for scale in rules.scales
            if not scale.is_scored and scale.key in computed
        ),
        Fraction(0),
    )
    count = len(results)
    spread = results[-1] - results[0] if results else None
    means = {
        scale.key: sum((Fraction(sheet.values[scale.key]) for sheet in sheets), Fraction(0)) / count
        for scale in rules.scales
        if scale.is_scored and sheets
    } | {key: Fraction(value) for key, value in computed.items()}
    relative = sorted(
        (float(sheet_result(sheet, rules)) - own[sheet.member][0]) / own[sheet.member][1]
        for sheet in sheets
        if sheet.member in own and own[sheet.member][1]
    )
    return Standing(
        entry=entry,
        count=count,
        mean=sum(results, Fraction(0)) / count + extra if results else None,
        median=_median(results) + extra if results else None,
        spread=spread,
        normalised=fmean(relative) if relative else None,
        means=means,
        opinions_differ=bool(results) and spread >= rules.differ,
        lacks="" if results and count >= rules.minimum else "sheets",
    )


def _median(results: Sequence[Fraction]) -> Fraction:
    middle = len(results) // 2
    return results[middle] if len(results) % 2 else (results[middle - 1] + results[middle]) / 2


def _quorum(row, voters, rules) -> str:
    return "quorum" if row.count < ceil(rules.quorum * voters.get(row.entry, 0)) else ""


def _placed(rows, by_entry, rules) -> list[Standing]:
    def keys(row) -> tuple:
        lowest = min(sheet_result(sheet, rules) for sheet in by_entry[row.entry])
        told = {"median": row.median, "lowest": lowest, **row.means}
        return (row.mean, *(told.get(tie, Fraction(0)) for tie in rules.ties))

    ranked = {row.entry: keys(row) for row in rows if not row.lacks}
    placed = []
    for row in rows:
        if row.lacks:
            placed.append(row)
            continue
        mine = ranked[row.entry]
        others = [theirs for entry, theirs in ranked.items() if entry != row.entry]
        placed.append(
            replace(
                row,
                place=1 + sum(theirs > mine for theirs in others),
                tie=_tie(mine, others, rules),
            )
        )
    return sorted(placed, key=lambda row: (row.place is None, row.place or 0, str(row.entry)))


def _tie(mine, others, rules) -> Hashable:
    """The last tie that was needed to tell the entry from those with the same mean."""
    same = [theirs for theirs in others if theirs[0] == mine[0]]
    if not same:
        return ""
    if mine in same:
        return SHARED
    needed = max(
        next(
            number
            for number, pair in enumerate(zip(mine, theirs, strict=True))
            if pair[0] != pair[1]
        )
        for theirs in same
    )
    return rules.ties[needed - 1]
