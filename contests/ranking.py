"""Places from scores: exact arithmetic, so that no order of members or entries changes a place.

A sheet is what one member gave one entry. Its result is the weighted share of the scale, 0 to 100;
an entry's result is the mean of its sheets' with the formula and bonus criteria counted once.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from math import ceil, fsum, lcm, sqrt
from statistics import fmean


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
    given, unit = _given(entries, sheets, rules)
    own = _own_scales(given, unit)
    rows = [
        replace(
            _figures(entry, given[entry], rules, (computed or {}).get(entry, {}), unit),
            normalised=_normalised(given[entry], own, unit),
        )
        for entry in entries
    ]
    if voters is not None:
        rows = [replace(row, lacks=row.lacks or _quorum(row, voters, rules)) for row in rows]
    lowest = {
        entry: min(result for _sheet, result in sheets) for entry, sheets in given.items() if sheets
    }
    return _placed(rows, lowest, rules)


def sheet_result(sheet: Sheet, rules: Rules) -> Fraction:
    """A sheet's points: of the weight of the criteria that members score."""
    return sum(
        (scale.share(sheet.values[scale.key]) for scale in rules.scales if scale.is_scored),
        Fraction(0),
    )


def _given(entries, sheets, rules) -> tuple[dict[Hashable, list[tuple[Sheet, int]]], int]:
    """{entry: [(sheet, its result)]} and the unit of the results: so many make a point.

    Whole numbers of the smallest part that any score earns: as exact as fractions, and many times
    quicker.
    """
    scored = [scale for scale in rules.scales if scale.is_scored]
    found = {entry: [] for entry in entries}
    own = [sheet for sheet in sheets if sheet.entry in found]
    shares = {
        scale.key: {value: scale.share(value) for value in {each.values[scale.key] for each in own}}
        for scale in scored
    }
    unit = lcm(*(share.denominator for table in shares.values() for share in table.values()))
    parts = [
        (key, {value: int(share * unit) for value, share in table.items()})
        for key, table in shares.items()
    ]
    for sheet in own:
        result = sum(table[sheet.values[key]] for key, table in parts)
        found[sheet.entry].append((sheet, result))
    return found, unit


def _own_scales(given, unit) -> dict[Hashable, tuple[float, float]]:
    """{member: (mean, spread) of what the member gave}; who gave one sheet has no scale of their own."""
    own = defaultdict(list)
    for sheets in given.values():
        for sheet, result in sheets:
            own[sheet.member].append(result / unit)
    return {member: _scale_of(results) for member, results in own.items() if len(results) > 1}


def _scale_of(results: Sequence[float]) -> tuple[float, float]:
    """Mean and spread, the same in whatever order they come; statistics.pstdev takes ten times longer."""
    mean = fsum(results) / len(results)
    return mean, sqrt(fsum((result - mean) ** 2 for result in results) / len(results))


def _normalised(sheets, own, unit) -> float | None:
    relative = [
        (result / unit - own[sheet.member][0]) / own[sheet.member][1]
        for sheet, result in sheets
        if sheet.member in own and own[sheet.member][1]
    ]
    return fmean(relative) if relative else None


def _figures(entry, sheets, rules, computed, unit) -> Standing:
    results = sorted(result for _sheet, result in sheets)
    extra = sum(
        (
            scale.share(computed[scale.key])
            for scale in rules.scales
            if not scale.is_scored and scale.key in computed
        ),
        Fraction(0),
    )
    count = len(results)
    spread = Fraction(results[-1] - results[0], unit) if results else None
    means = {
        scale.key: Fraction(sum(sheet.values[scale.key] for sheet, _result in sheets), count)
        for scale in rules.scales
        if scale.is_scored and sheets
    } | {key: Fraction(value) for key, value in computed.items()}
    return Standing(
        entry=entry,
        count=count,
        mean=Fraction(sum(results), count * unit) + extra if results else None,
        median=_median(results) / unit + extra if results else None,
        spread=spread,
        normalised=None,
        means=means,
        opinions_differ=bool(results) and spread >= rules.differ,
        lacks="" if results and count >= rules.minimum else "sheets",
    )


def _median(results: Sequence[int]) -> Fraction:
    middle = len(results) // 2
    if len(results) % 2:
        return Fraction(results[middle])
    return Fraction(results[middle - 1] + results[middle], 2)


def _quorum(row, voters, rules) -> str:
    return "quorum" if row.count < ceil(rules.quorum * voters.get(row.entry, 0)) else ""


def _placed(rows, lowest, rules) -> list[Standing]:
    def keys(row) -> tuple:
        told = {"median": row.median, "lowest": lowest[row.entry], **row.means}
        return (row.mean, *(told.get(tie, Fraction(0)) for tie in rules.ties))

    ranked = sorted(
        ((keys(row), row) for row in rows if not row.lacks), key=lambda pair: pair[0], reverse=True
    )
    placed = [row for row in rows if row.lacks]
    before = 0
    for _mean, pairs in groupby(ranked, key=lambda pair: pair[0][0]):
        same = [mine for mine, _row in pairs]
        for place, (mine, row) in enumerate(ranked[before : before + len(same)], before):
            others = [theirs for number, theirs in enumerate(same, before) if number != place]
            better = sum(theirs > mine for theirs in others)
            placed.append(replace(row, place=1 + before + better, tie=_tie(mine, others, rules)))
        before += len(same)
    return sorted(placed, key=lambda row: (row.place is None, row.place or 0, str(row.entry)))


def _tie(mine, same, rules) -> Hashable:
    """The last tie that was needed to tell the entry from those with the same mean."""
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
