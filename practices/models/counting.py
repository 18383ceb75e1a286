"""Counting practices by their facets: a hundred thousand of them in one pass over one index.

What lists narrow and count by stands in few columns of fixed width, which the indexes of the lists
carry with them (Practice.Meta): a list reads no row but those it shows.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import product
from operator import and_, or_

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    Func,
    Q,
    QuerySet,
    Value,
    When,
)

from places.models import Municipality
from practices.choices import CostBand, Evidence, Kind
from publishing.languages import LanguageState

#: A cost band ends below so many som; the last one has no end.
COST_LIMITS = {
    CostBand.UP_TO_50K: 50_000,
    CostBand.UP_TO_200K: 200_000,
    CostBand.UP_TO_1M: 1_000_000,
    CostBand.UP_TO_5M: 5_000_000,
}


def among(column: str, numbers: Iterable[int]) -> Q:
    """The condition that the column holds one of the numbers.

    They are written into the statement: hundreds of parameters take Django milliseconds.
    """
    listed = ",".join(str(int(number)) for number in numbers)
    condition = f"%(expressions)s = ANY('{{{listed}}}')"
    return Q(Func(F(column), template=condition, output_field=BooleanField()))


def has_theme(theme) -> Q:
    """The condition that a practice is about the theme, as its main or a further one."""
    condition = f"(%(expressions)s & {theme.bit:d}) <> 0"
    return Q(Func(F("theme_bits"), template=condition, output_field=BooleanField()))


@dataclass(frozen=True)
class Part:
    """Some of the decimal digits of a column that holds several numbers."""

    column: str
    weight: int
    size: int

    def of(self, number: int) -> int:
        return number // self.weight % self.size

    def equals(self, number: int) -> Q:
        # Django and the driver each take one of two percent signs away.
        condition = f"%(expressions)s / {self.weight:d} %%%% {self.size:d} = {number:d}"
        return Q(Func(F(self.column), template=condition, output_field=BooleanField()))


#: Practice.place_year: key of the oblast, kind of the municipality, year of the start; a trigger
#: puts it together (migration 0009). What is not known is 0.
OBLAST = Part("place_year", 100_000, 10**9)
PLACE = Part("place_year", 10_000, 10)
YEAR = Part("place_year", 1, 10_000)
PLACES = {1: Municipality.Kind.AYIL_AIMAK, 2: Municipality.Kind.TOWN}


@dataclass(frozen=True)
class Digit:
    """A decimal digit of Practice.list_code. meanings: {digit: the facet's values it stands for}."""

    weight: int
    meanings: dict[int, tuple[str, ...]]

    @cached_property
    def values(self) -> dict[int, tuple[str, ...]]:
        """{code: the facet's values}, for every code there is."""
        return {code: self.meanings.get(code // self.weight % 10, ()) for code in CODES}


#: Facets with few values share one number: counting by it costs a quarter of counting by each.
DIGITS = {
    "language": Digit(1, {0: (), 1: ("ky",), 2: ("ru",), 3: ("ky", "ru")}),
    "kind": Digit(10, {digit: (kind,) for digit, kind in enumerate(Kind.values, 1)}),
    "cost": Digit(
        100, {0: (), **{digit: (band,) for digit, band in enumerate(CostBand.values, 1)}}
    ),
    "evidence": Digit(1000, {level: (str(level),) for level in Evidence.values}),
}
#: All that list_code may be.
CODES = [
    sum(parts)
    for parts in product(
        *([digit.weight * each for each in digit.meanings] for digit in DIGITS.values())
    )
]


def by_cost(value_of, default) -> Case:
    """SQL expression: value_of(band) of the cost's band, `default` where the cost is not known."""
    whens = [
        When(cost_once__lt=end, then=Value(value_of(band))) for band, end in COST_LIMITS.items()
    ]
    last = max(COST_LIMITS.values())
    whens.append(When(cost_once__gte=last, then=Value(value_of(CostBand.OVER_5M))))
    return Case(*whens, default=Value(default))


def list_code():
    """SQL expression of Practice.list_code, the twin of DIGITS."""

    def ready(language, digit):
        return Case(
            When(**{f"state_{language}": LanguageState.READY}, then=Value(digit)), default=Value(0)
        )

    kind = Case(
        *(When(kind=kind, then=Value(10 * digit)) for digit, kind in enumerate(Kind.values, 1)),
        default=Value(0),
    )
    cost = by_cost(lambda band: 100 * (CostBand.values.index(band) + 1), 0)
    return ready("ky", 1) + ready("ru", 2) + kind + cost + F("evidence_level") * 1000


def tally(
    queryset: QuerySet, *columns: str, chosen: dict[str, Q] | None = None
) -> dict[str, Counter]:
    """How many rows have each value of each column: {column: {value: rows}}, in one pass.

    columns: the table's own; NULL is not counted. chosen: {column: condition}; a column is counted
    in the rows that meet the conditions of all the others.
    """
    chosen = chosen or {}
    rows = queryset.order_by()
    if len(chosen) > 1:
        # What misses two conditions counts nowhere.
        rows = rows.filter(
            reduce(
                or_,
                (
                    reduce(and_, (each for name, each in chosen.items() if name != missed))
                    for missed in chosen
                ),
            )
        )
    meets = {column: f"meets_{column}" for column in chosen}
    for column, condition in chosen.items():
        rows = rows.annotate(
            **{meets[column]: ExpressionWrapper(condition, output_field=BooleanField())}
        )
    connection = connections[queryset.db]
    rows = rows.values_list(*columns, *meets.values())
    try:
        inner, params = rows.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return {column: Counter() for column in columns}
    keys = []
    for column in columns:
        others = [meets[name] for name in chosen if name != column]
        keys.append(
            f"CASE WHEN {' AND '.join(others)} THEN {column} END AS {column}" if others else column
        )
    # OFFSET 0 keeps the planner from working the conditions out anew for each column.
    statement = (
        f"SELECT GROUPING({', '.join(columns)}), {', '.join(columns)}, count(*) "  # noqa: S608
        f"FROM (SELECT {', '.join(keys)} FROM ({inner} OFFSET 0) AS rows) AS keyed "
        f"GROUP BY GROUPING SETS ({', '.join(f'({column})' for column in columns)})"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        found = cursor.fetchall()
    # GROUPING has a bit for each column, the first the highest, that is 0 where the row counts by it.
    counts = [Counter() for _column in columns]
    place = {2 ** len(columns) - 1 - 2**bit: bit for bit in range(len(columns))}
    for grouping, *values, number in found:
        at = len(columns) - 1 - place[grouping]
        if values[at] is not None:
            counts[at][values[at]] = number
    return dict(zip(columns, counts, strict=True))
