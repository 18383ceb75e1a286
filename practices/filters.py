"""The list's filters, its facets with their counts, and its orders.

A facet's figure is the number of rows the list shows after a click on it: everything else that is
chosen stays, this facet takes the value.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_
from urllib.parse import quote_plus

from django import forms
from django.db.models import F, Q, QuerySet
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from places.models import Oblast
from practices.choices import CostBand, Evidence, Kind
from practices.models.counting import (
    CODES,
    DIGITS,
    OBLAST,
    PLACE,
    PLACES,
    YEAR,
    among,
    has_theme,
    tally,
)
from publishing.languages import current_language
from search.query import ids_of
from themes.models import Theme

SORTS = {
    "newest": _("newest"),
    "adopted": _("most adopted"),
    "cheapest": _("cheapest"),
    "title": _("by alphabet"),
}


@dataclass(frozen=True)
class Option:
    """One value of a facet: how many rows a click gives, and the query string of the click."""

    value: str
    label: str
    count: int
    is_chosen: bool
    query: str


@dataclass(frozen=True)
class FacetView:
    """A facet as the page draws it; clear: query string without it, or "" when none is chosen."""

    name: str
    label: str
    options: list[Option]
    chosen: Option | None
    clear: str


def facet_view(name, label, options, counts, chosen, query) -> FacetView:
    """A facet as it is drawn: its values that occur, and the chosen one.

    options: (value, label) in their order. counts: {value: rows a click gives}. query: makes the
    query string of a state with changes.
    """
    rows = [
        Option(
            value=value,
            label=capfirst(text),
            count=counts.get(value, 0),
            is_chosen=value == chosen,
            query=query(**{name: value}),
        )
        for value, text in options
        if counts.get(value) or value == chosen
    ]
    return FacetView(
        name=name,
        label=str(label),
        options=rows,
        chosen=next((row for row in rows if row.is_chosen), None),
        clear=query(**{name: None}) if chosen else "",
    )


class Facet:
    """One way to narrow the list, told by a column of practices.

    options: the values a reader may choose, with their labels. values: those that a row counts
    under. holds: the condition for a value, where the column's rows are not known beforehand.
    """

    def __init__(self, name, label, column):
        self.name, self.label, self.column = name, label, column

    def options(self, known: "Known") -> list[tuple[str, str]]:
        raise NotImplementedError

    def holds(self, value: str, known: "Known") -> Q:
        raise NotImplementedError

    def values(self, row, known: "Known") -> Iterable[str]:
        """row: what stands in the column."""
        raise NotImplementedError

    def is_known(self, value: str, known: "Known") -> bool:
        return value in dict(self.options(known))


class ThemeFacet(Facet):
    """Main or further theme: a practice counts under each of its themes."""

    def options(self, known):
        return [(theme.slug, theme.name) for theme in known.themes]

    def holds(self, value, known):
        return has_theme(next(theme for theme in known.themes if theme.slug == value))

    def values(self, row, known):
        while row:
            bit = row & -row
            if bit in known.slugs:
                yield known.slugs[bit]
            row ^= bit


class PartFacet(Facet):
    """What is told by a part of Practice.place_year.

    meanings: makes {the part's number: (value, label)} of what is known.
    """

    def __init__(self, name, label, part, meanings):
        super().__init__(name, label, part.column)
        self.part, self.meanings = part, meanings

    def options(self, known):
        return list(self.meanings(known).values())

    def holds(self, value, known):
        meanings = self.meanings(known)
        return self.part.equals(next(key for key in meanings if meanings[key][0] == value))

    def values(self, row, known):
        return self.meanings(known).get(self.part.of(row), ())[:1]


class YearFacet(PartFacet):
    """Years are not listed beforehand: those that occur are offered."""

    def __init__(self, name, label):
        super().__init__(name, label, YEAR, lambda _known: {})

    def is_known(self, value, known):
        return bool(re.fullmatch("[0-9]{4}", value)) and 1991 <= int(value) <= 2100

    def holds(self, value, known):
        return self.part.equals(int(value))

    def values(self, row, known):
        year = self.part.of(row)
        return [str(year)] if year else []


class DigitFacet(Facet):
    """What is a digit of the practice's code (practices/models/counting.py)."""

    def __init__(self, name, label, choices):
        super().__init__(name, label, "list_code")
        self.choices, self.digit = choices, DIGITS[name]

    def options(self, known):
        return [(str(value), label) for value, label in self.choices]

    def values(self, row, known):
        return self.digit.values.get(row, ())


KINDS_OF_PLACES = {number: (kind.value, kind.label) for number, kind in PLACES.items()}
FACETS: tuple[Facet, ...] = (
    ThemeFacet("theme", _("Theme"), "theme_bits"),
    PartFacet("oblast", _("Oblast"), OBLAST, lambda known: known.oblasts),
    PartFacet("place", _("Kind of municipality"), PLACE, lambda _known: KINDS_OF_PLACES),
    DigitFacet("cost", _("Cost"), CostBand.choices),
    YearFacet("year", _("Year")),
    DigitFacet("evidence", _("Evidence"), Evidence.choices),
    DigitFacet("language", _("Language of the text"), [("ky", _("Kyrgyz")), ("ru", _("Russian"))]),
    DigitFacet("kind", _("Kind of record"), Kind.choices),
)
#: What all of them are counted by.
COLUMNS = tuple(dict.fromkeys(facet.column for facet in FACETS))


class Known:
    """Read once for a list: oblasts, and themes with their bits."""

    def __init__(self):
        self.oblasts = {each.pk: (each.code, each.label) for each in Oblast.objects.all()}
        self.themes = list(Theme.objects.all())
        self.slugs = {theme.bit: theme.slug for theme in self.themes}


class PracticeFilter(forms.Form):
    """GET form of the list. An unknown value is left out and `ignored` says so."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100, strip=True)
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=list(SORTS.items()))

    def __init__(self, data):
        super().__init__(data)
        self.chosen: dict[str, str] = {}
        self.ignored: list[str] = []
        self.known = Known()
        for facet in FACETS:
            value = data.get(facet.name, "").strip()
            if not value:
                continue
            if facet.is_known(value, self.known):
                self.chosen[facet.name] = value
            else:
                self.ignored.append(str(facet.label))
        self.is_valid()

    @property
    def text(self) -> str:
        return self.cleaned_data.get("q", "").replace("\x00", "")

    @cached_property
    def found(self) -> QuerySet:
        """Ids of the practices that hold the words typed."""
        return ids_of("practice", self.text)

    @property
    def order_name(self) -> str:
        return self.cleaned_data.get("sort") or "newest"

    def text_filter(self, queryset: QuerySet) -> QuerySet:
        """Narrow the queryset by the words typed, as the search reads them."""
        return queryset.filter(pk__in=self.found) if self.text else queryset

    @cached_property
    def conditions(self) -> dict[str, Q]:
        """What is asked of each column, by the facets chosen of it."""
        found = {}
        # The themes last: theirs costs the most, so the fewer rows it is asked of the better.
        for column in reversed(COLUMNS):
            facets = self._chosen_facets(column)
            if facets and column == "list_code":
                found[column] = among(column, self._allowed(facets, dict.fromkeys(CODES)))
            elif facets:
                asked = (facet.holds(self.chosen[facet.name], self.known) for facet in facets)
                found[column] = reduce(and_, asked)
        return found

    def _chosen_facets(self, column: str, but: Facet | None = None) -> list[Facet]:
        return [
            facet
            for facet in FACETS
            if facet.column == column and facet.name in self.chosen and facet is not but
        ]

    def _allowed(self, facets: Iterable[Facet], rows: dict) -> dict:
        """Of the rows of a column those that have what is chosen of its facets."""
        for facet in facets:
            value = self.chosen[facet.name]
            rows = {row: rows[row] for row in rows if value in facet.values(row, self.known)}
        return rows

    def apply(self, queryset: QuerySet) -> QuerySet:
        """Narrow the queryset by everything chosen."""
        return self.text_filter(queryset).filter(*self.conditions.values())

    def order(self, queryset: QuerySet) -> QuerySet:
        newest = ("-published_at", "-pk")
        if self.order_name == "adopted":
            return queryset.order_by("-adoptions_count", *newest)
        if self.order_name == "cheapest":
            return queryset.order_by(F("cost_once").asc(nulls_last=True), *newest)
        if self.order_name == "title":
            own = "sort_key_ru" if current_language() == "ru" else "sort_key"
            return queryset.order_by(own, "pk")
        return queryset.order_by(*newest)

    @cached_property
    def _state(self) -> dict[str, str]:
        sort = "" if self.order_name == "newest" else self.order_name
        return {"q": self.text, **self.chosen, "sort": sort}

    def query(self, **changes) -> str:
        """Query string of this state with changes; None or "" drops a key; the page starts anew."""
        state = self._state | changes
        return "?" + "&".join(f"{key}={quote_plus(str(state[key]))}" for key in state if state[key])

    def figures(self, queryset: QuerySet) -> tuple[dict[str, Counter], int]:
        """{facet: {value: rows}} over the whole published queryset, and how many rows the list has;
        one statement, the same in both languages and all orders.
        """
        rows = tally(self.text_filter(queryset), *COLUMNS, chosen=self.conditions)
        first = COLUMNS[0]
        total = sum(self._allowed(self._chosen_facets(first), rows[first]).values())
        return {facet.name: self._counts(facet, rows[facet.column]) for facet in FACETS}, total

    def facets(self, counts: dict[str, Counter]) -> list[FacetView]:
        """The facets with their figures, as they are drawn."""
        return [self._view(facet, counts[facet.name]) for facet in FACETS]

    def _counts(self, facet: Facet, rows: Counter) -> Counter:
        """How often each value occurs. rows meet what is chosen of all columns but the facet's."""
        counts = Counter()
        others = self._chosen_facets(facet.column, but=facet)
        for row, number in self._allowed(others, rows).items():
            for value in facet.values(row, self.known):
                counts[value] += number
        return counts

    def _view(self, facet: Facet, counts: Counter) -> FacetView:
        chosen = self.chosen.get(facet.name)
        options = facet.options(self.known) or [
            (value, value) for value in sorted({*counts, chosen} - {None}, reverse=True)
        ]
        return facet_view(facet.name, facet.label, options, counts, chosen, self.query)
