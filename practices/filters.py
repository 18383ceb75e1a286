"""The list's filters, its facets with their counts, and its orders.

A facet's figure is the number of rows the list shows after a click on it: everything else that is
chosen stays, this facet takes the value.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.db.models import CharField, Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, ExtractYear, NullIf
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from places.models import Municipality, Oblast
from practices.choices import CostBand, Evidence, Kind
from practices.models import FOLD_FROM, FOLD_TO
from publishing.languages import LANGUAGES, current_language
from themes.models import Theme

_FOLD = str.maketrans(FOLD_FROM, FOLD_TO)
SORTS = {
    "newest": _("newest"),
    "adopted": _("most adopted"),
    "cheapest": _("cheapest"),
    "title": _("by alphabet"),
}
MAX_WORDS = 8


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


class Facet:
    """One way to narrow the list: values, what they filter, how many rows each has."""

    def __init__(self, name, label, path, options):
        self.name, self.label, self.path, self._options = name, label, path, options

    def options(self) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in self._options()]

    def narrow(self, queryset: QuerySet, value: str) -> QuerySet:
        return queryset.filter(**{self.path: value})

    def counts(self, queryset: QuerySet) -> dict[str, int]:
        rows = queryset.order_by().values_list(self.path).annotate(n=Count("pk"))
        return {str(value): n for value, n in rows if value is not None}


class ThemeFacet(Facet):
    """Main or further theme: a practice counts under each of its themes."""

    def narrow(self, queryset, value):
        # A subquery, not a join: a join would give the row once a theme.
        further = queryset.model.themes_extra.through.objects.filter(theme__slug=value)
        return queryset.filter(Q(theme__slug=value) | Q(pk__in=further.values("practice_id")))

    def counts(self, queryset):
        counts = super().counts(queryset)
        further = (
            queryset.model.themes_extra.through.objects.filter(
                practice__in=queryset.order_by().values("pk")
            )
            .exclude(theme=F("practice__theme"))
            .values_list("theme__slug")
            .annotate(n=Count("practice_id"))
        )
        for slug, n in further:
            counts[slug] = counts.get(slug, 0) + n
        return counts


class YearFacet(Facet):
    def narrow(self, queryset, value):
        return queryset.filter(started_on__year=int(value))

    def counts(self, queryset):
        rows = queryset.order_by().values_list(ExtractYear("started_on")).annotate(n=Count("pk"))
        return {str(year): n for year, n in rows if year is not None}

    def options(self):
        return []


class LanguageFacet(Facet):
    def narrow(self, queryset, value):
        return queryset.ready_in(value)

    def counts(self, queryset):
        return queryset.aggregate(
            **{
                language: Count("pk", filter=Q(**{f"state_{language}": "ready"}))
                for language in LANGUAGES
            }
        )


def _oblasts():
    return [(oblast.code, oblast.label) for oblast in Oblast.objects.all()]


def _themes():
    return [(theme.slug, theme.name) for theme in Theme.objects.all()]


FACETS: tuple[Facet, ...] = (
    ThemeFacet("theme", _("Theme"), "theme__slug", _themes),
    Facet("oblast", _("Oblast"), "municipality__oblast__code", _oblasts),
    Facet(
        "place", _("Kind of municipality"), "municipality__kind", lambda: Municipality.Kind.choices
    ),
    Facet("cost", _("Cost"), "cost_band", lambda: CostBand.choices),
    YearFacet("year", _("Year"), "started_on", list),
    Facet("evidence", _("Evidence"), "evidence_level", lambda: Evidence.choices),
    LanguageFacet(
        "language",
        _("Language of the text"),
        "",
        lambda: [("ky", _("Kyrgyz")), ("ru", _("Russian"))],
    ),
    Facet("kind", _("Kind of record"), "kind", lambda: Kind.choices),
)


class PracticeFilter(forms.Form):
    """GET form of the list. An unknown value is left out and `ignored` says so."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100, strip=True)
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=list(SORTS.items()))

    def __init__(self, data):
        super().__init__(data)
        self.chosen: dict[str, str] = {}
        self.ignored: list[str] = []
        self._options: dict[str, list[tuple[str, str]]] = {}
        for facet in FACETS:
            self._options[facet.name] = facet.options()
            value = data.get(facet.name, "").strip()
            if not value:
                continue
            if isinstance(facet, YearFacet):
                is_known = re.fullmatch("[0-9]{4}", value) and 1991 <= int(value) <= 2100
            else:
                is_known = value in dict(self._options[facet.name])
            if is_known:
                self.chosen[facet.name] = value
            else:
                self.ignored.append(str(facet.label))
        self.is_valid()

    @property
    def text(self) -> str:
        return self.cleaned_data.get("q", "").replace("\x00", "")

    @property
    def order_name(self) -> str:
        return self.cleaned_data.get("sort") or "newest"

    def apply(self, queryset: QuerySet, *, without: str = "") -> QuerySet:
        """Narrow the queryset by everything chosen, but for the facet `without`."""
        for facet in FACETS:
            if facet.name in self.chosen and facet.name != without:
                queryset = facet.narrow(queryset, self.chosen[facet.name])
        for word in self.text.lower().translate(_FOLD).split()[:MAX_WORDS]:
            queryset = queryset.filter(folded__contains=word)
        return queryset

    def order(self, queryset: QuerySet) -> QuerySet:
        newest = ("-published_at", "-pk")
        if self.order_name == "adopted":
            return queryset.order_by("-adoptions_count", *newest)
        if self.order_name == "cheapest":
            return queryset.order_by(F("cost_once").asc(nulls_last=True), *newest)
        if self.order_name == "title":
            own, other = "sort_key", "sort_key_ru"
            if current_language() == "ru":
                own, other = other, own
            key = Coalesce(NullIf(own, Value("")), other, output_field=CharField())
            return queryset.order_by(key, "pk")
        return queryset.order_by(*newest)

    def query(self, **changes) -> str:
        """Query string of this state with changes; None or "" drops a key; the page starts anew."""
        state = {
            "q": self.text,
            **self.chosen,
            "sort": "" if self.order_name == "newest" else self.order_name,
        }
        state |= changes
        kept = {key: value for key, value in state.items() if value}
        return f"?{urlencode(kept)}"

    def facets(self, queryset: QuerySet) -> list[FacetView]:
        """Facets over the whole published queryset; a fixed number of queries."""
        views = []
        for facet in FACETS:
            counts = facet.counts(self.apply(queryset, without=facet.name))
            options = self._options[facet.name]
            chosen_value = self.chosen.get(facet.name)
            if isinstance(facet, YearFacet):
                years = {*counts, chosen_value} - {None}
                options = [(year, year) for year in sorted(years, reverse=True)]
            rows = [
                Option(
                    value=value,
                    label=capfirst(label),
                    count=counts.get(value, 0),
                    is_chosen=value == chosen_value,
                    query=self.query(**{facet.name: value}),
                )
                for value, label in options
                if counts.get(value, 0) or value == chosen_value
            ]
            views.append(
                FacetView(
                    name=facet.name,
                    label=str(facet.label),
                    options=rows,
                    chosen=next((row for row in rows if row.is_chosen), None),
                    clear=self.query(**{facet.name: None}) if chosen_value else "",
                )
            )
        return views
