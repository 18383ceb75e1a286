"""The parity meter: how much of what is public exists in Kyrgyz and in Russian.

Counted by items (a language counts when its text is ready) and by characters of the record's own
texts without markup, by theme and by month of publication. Each count leads to its rows.
"""

from dataclasses import dataclass

from django.db.models import Count, F, Func, Q, Sum, TextField, Value
from django.db.models.functions import Coalesce, Length, TruncMonth
from django.utils.formats import date_format

from publishing.languages import LANGUAGES, LanguageState, translated_field_names
from publishing.work import PARAMETER, list_address, working_admins

MONTHS_SHOWN = 12


@dataclass(frozen=True)
class Line:
    """One line of the meter: items in all and in each language, characters in each."""

    label: str
    total: int
    items: dict[str, int]
    characters: dict[str, int]
    urls: dict[str, str]

    @property
    def cells(self) -> list[dict]:
        """[{language, count, share, characters, url}], share in percent of all items."""
        return [
            {
                "language": language,
                "count": self.items[language],
                "share": round(100 * self.items[language] / self.total) if self.total else 0,
                "characters": self.characters[language],
                "url": self.urls[language],
            }
            for language in LANGUAGES
        ]

    @property
    def character_share(self) -> int:
        """Characters of the shorter language in percent of the longer one."""
        low, high = sorted(self.characters.values())
        return round(100 * low / high) if high else 0


class _Stripped(Func):
    """The text of a column without its tags."""

    function = "regexp_replace"
    template = "%(function)s(%(expressions)s, '<[^>]+>', '', 'g')"


def _characters(model, language: str):
    total = Value(0)
    for name in sorted(translated_field_names(model)):
        column = Coalesce(F(f"{name}_{language}"), Value(""), output_field=TextField())
        total = total + Length(_Stripped(column, output_field=TextField()))
    return total


def _measures(model) -> dict:
    measures = {"total": Count("pk")}
    for language in LANGUAGES:
        ready = Q(**{f"state_{language}": LanguageState.READY})
        measures[f"items_{language}"] = Count("pk", filter=ready)
        measures[f"characters_{language}"] = Sum(
            _characters(model, language), filter=ready, default=0
        )
    return measures


def _line(model_admin, label, row, **query) -> Line:
    query = {PARAMETER: "public"} | query
    return Line(
        label=label,
        total=row["total"],
        items={lang: row[f"items_{lang}"] for lang in LANGUAGES},
        characters={lang: row[f"characters_{lang}"] for lang in LANGUAGES},
        urls={"all": list_address(model_admin, **query)}
        | {
            lang: list_address(
                model_admin, **query, **{f"state_{lang}__exact": LanguageState.READY}
            )
            for lang in LANGUAGES
        },
    )


def sections(site, request) -> list[dict]:
    """[{name, total: [Line] or [], by_theme: [Line], by_month: [Line]}] for every published model."""
    return [
        _section(model_admin)
        for model_admin in working_admins(site, request)
        if hasattr(model_admin.model.objects, "published")
    ]


def _section(model_admin) -> dict:
    model = model_admin.model
    public = model.objects.published().order_by()
    measures = _measures(model)
    total = _line(model_admin, model_admin.opts.verbose_name_plural, public.aggregate(**measures))
    return {
        "name": model_admin.opts.verbose_name_plural,
        "total": [total] if total.total else [],
        "by_theme": _by_theme(model_admin, public, measures) if hasattr(model, "theme") else [],
        "by_month": _by_month(model_admin, public, measures),
    }


def _by_theme(model_admin, public, measures) -> list[Line]:
    # The name in the reader's language is an attribute of the row, so themes are read as rows.
    themes = model_admin.model.theme.field.related_model.objects.in_bulk()
    rows = public.values("theme").annotate(**measures).order_by("theme__position")
    return [
        _line(model_admin, str(themes[row["theme"]]), row, theme__id__exact=row["theme"])
        for row in rows
    ]


def _by_month(model_admin, public, measures) -> list[Line]:
    rows = (
        public.annotate(month=TruncMonth("published_at"))
        .values("month")
        .annotate(**measures)
        .order_by("-month")[:MONTHS_SHOWN]
    )
    return [
        _line(
            model_admin,
            date_format(row["month"], "YEAR_MONTH_FORMAT"),
            row,
            published_at__year=row["month"].year,
            published_at__month=row["month"].month,
        )
        for row in rows
    ]
