"""The map of oblasts: what a template needs to draw it as one inline SVG with links."""

from dataclasses import dataclass

from django.urls import reverse

from places.outlines import HEIGHT, LABELS, OUTLINES, POINTS, WIDTH


@dataclass(frozen=True)
class Area:
    """An oblast as an outline (path), or a city of republican significance as a point (x, y).

    (x, y) of an oblast is where its figure stands.
    """

    label: str
    count: int
    url: str
    is_here: bool
    path: str = ""
    x: int = 0
    y: int = 0


@dataclass(frozen=True)
class Map:
    view_box: str
    areas: list[Area]
    radius: int = 15


def oblast_map(oblasts, here=None) -> Map:
    """The map with the number of practices of each oblast (attribute practices_count).

    oblasts: all of them; here: the one to mark. Cities come last, so that they lie on top.
    """
    areas = []
    for oblast in sorted(oblasts, key=lambda each: each.is_city):
        x, y = POINTS.get(oblast.key) or LABELS.get(oblast.key, (0, 0))
        areas.append(
            Area(
                label=oblast.label,
                count=oblast.practices_count,
                url=f"{reverse('practices:list')}?oblast={oblast.code}",
                is_here=bool(here and here.pk == oblast.pk),
                path=OUTLINES.get(oblast.key, ""),
                x=x,
                y=y,
            )
        )
    return Map(view_box=f"0 0 {WIDTH} {HEIGHT}", areas=areas)
