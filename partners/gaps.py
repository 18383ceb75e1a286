"""Who works on what, and where: themes × oblasts in a period, and what nobody covers."""

import re
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from partners.models import Project
from places.models import Oblast
from places.outlines import HEIGHT, LABELS, OUTLINES, POINTS, WIDTH
from themes.models import Theme

#: Years one may ask about: the journal's beginning, and as far ahead as projects are planned.
FIRST_YEAR = 2011
YEARS_AHEAD = 5
#: Shades of the map: up to this share of uncovered themes, in percent.
SHADES = (0, 25, 50, 75)


@dataclass(frozen=True)
class Period:
    """Whole years, both included."""

    first: int
    last: int

    def __str__(self) -> str:
        """«2026», «2025–2027»."""
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"

    @classmethod
    def read(cls, data) -> "Period":
        """From the words «from» and «to» of an address; what makes no sense is this year."""
        now = timezone.localdate().year
        first = _year(data.get("from", ""), now)
        last = _year(data.get("to", ""), max(first, now))
        return cls(min(first, last), max(first, last))

    def active(self, projects: QuerySet) -> QuerySet:
        """Projects that run on at least one day of the period."""
        return projects.filter(
            Q(ends_on=None) | Q(ends_on__gte=date(self.first, 1, 1)),
            starts_on__lte=date(self.last, 12, 31),
        )


def _year(text: str, default: int) -> int:
    is_known = re.fullmatch(r"20[0-9]{2}", text, re.ASCII) and (
        FIRST_YEAR <= int(text) <= timezone.localdate().year + YEARS_AHEAD
    )
    return int(text) if is_known else default


@dataclass
class Row:
    """A theme; cells in the order of the picture's oblasts, each a number of projects."""

    theme: Theme
    cells: list[int]
    everywhere: int  # of them, in the whole country

    @property
    def is_untouched(self) -> bool:
        return not any(self.cells)


@dataclass
class Area:
    """An oblast on the map. gaps: themes nobody works on there; shade: 0 (none) … 4 (all but)."""

    oblast: Oblast
    gaps: int
    shade: int
    path: str
    x: int
    y: int


@dataclass
class Picture:
    oblasts: list[Oblast]
    rows: list[Row]
    areas: list[Area] = field(default_factory=list)
    view_box: str = f"0 0 {WIDTH} {HEIGHT}"

    @property
    def untouched(self) -> list[Theme]:
        """Themes nobody works on anywhere."""
        return [row.theme for row in self.rows if row.is_untouched]

    @property
    def gaps(self) -> list[tuple[Theme, list[Oblast]]]:
        """(theme, oblasts where nobody works on it) of those somebody works on elsewhere."""
        found = []
        for row in self.rows:
            if row.is_untouched:
                continue
            without = [
                oblast for oblast, count in zip(self.oblasts, row.cells, strict=True) if not count
            ]
            if without:
                found.append((row.theme, without))
        return found


def picture(projects: QuerySet, *, with_countrywide: bool = True) -> Picture:
    """Count the projects; three queries beside the themes and the oblasts, however many they are.

    with_countrywide: a project in the whole country covers each oblast; without them it shows who
    works in a place for its own sake.
    """
    themes, oblasts = list(Theme.objects.all()), list(Oblast.objects.all())
    kept = projects if with_countrywide else projects.filter(is_countrywide=False)
    wide = dict(kept.order_by().values_list("pk", "is_countrywide"))
    about = _pairs(Project.themes.through, "theme", wide)
    within = _pairs(Project.oblasts.through, "oblast", wide)
    rows = []
    for theme in themes:
        of_theme = [pk for pk in wide if theme.pk in about.get(pk, ())]
        everywhere = sum(1 for pk in of_theme if wide[pk])
        cells = [
            everywhere
            + sum(1 for pk in of_theme if not wide[pk] and oblast.pk in within.get(pk, ()))
            for oblast in oblasts
        ]
        rows.append(Row(theme, cells, everywhere))
    found = Picture(oblasts, rows)
    for number, oblast in enumerate(oblasts):
        gaps = sum(1 for row in rows if not row.cells[number])
        share = round(100 * gaps / len(rows)) if rows else 0
        x, y = POINTS.get(oblast.key) or LABELS.get(oblast.key, (0, 0))
        found.areas.append(
            Area(
                oblast=oblast,
                gaps=gaps,
                shade=sum(1 for limit in SHADES if share > limit),
                path=OUTLINES.get(oblast.key, ""),
                x=x,
                y=y,
            )
        )
    return found


def _pairs(through, name: str, projects) -> dict[int, set[int]]:
    """{project: ids of its themes or oblasts}"""
    found: dict[int, set[int]] = {}
    rows = through.objects.filter(project__in=list(projects)).values_list("project", name)
    for project, other in rows:
        found.setdefault(project, set()).add(other)
    return found
