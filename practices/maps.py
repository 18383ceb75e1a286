"""The map of a practice's adopters: an image of its own, so that the page does not carry it."""

import base64
import hashlib

from django.utils.html import escape
from django.utils.translation import gettext as _

from places.outlines import HEIGHT, LABELS, OUTLINES, POINTS, WIDTH
from practices.models import Practice

#: Colours of docs/face.md for both schemes: an image knows the scheme, not the page's stylesheet.
STYLE = (
    "path{fill:#e2d8c3;stroke:#fffdf8;stroke-width:2}"
    "text{font:600 24px system-ui,sans-serif;fill:#211c16}"
    ".a{fill:#1f3c66;stroke:#1f3c66;stroke-width:3}.n{fill:#fffdf8;text-anchor:middle}"
    ".o{fill:#fffdf8}.o+.n{fill:#1f3c66}.s{fill:#8f2b22}"
    "@media(prefers-color-scheme:dark){path{fill:#3a342b;stroke:#191612}text{fill:#efe7d8}"
    ".a{fill:#a8c6f2;stroke:#a8c6f2}.n{fill:#191612}.o{fill:#191612}.o+.n{fill:#a8c6f2}"
    ".s{fill:#f0998c}}"
)
STYLE_HASH = f"sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}"
#: Height of a line of the legend; on a phone everything is drawn at half its size.
LINE = 44
RADIUS = 19
FULL_HEIGHT = HEIGHT + 3 * LINE


def adoption_map(practice: Practice) -> str:
    """SVG: the oblast of the source with a diamond, those of adopters with circles and their number.

    A filled circle: at least one of them is at work and confirmed. practice: loaded by for_detail().
    """
    source = practice.municipality.oblast
    places: dict[str, list] = {}
    for adoption in practice.adoptions.all():
        places.setdefault(adoption.municipality.oblast.key, []).append(adoption)
    marks = []
    for key, adoptions in sorted(places.items()):
        x, y = _point(key)
        # Beside the diamond where both stand in one oblast.
        x += 20 if key == source.key else 0
        names = ", ".join(adoption.municipality.label for adoption in adoptions)
        is_counted = any(adoption.is_counted for adoption in adoptions)
        marks.append(_circle(x, y, is_counted, len(adoptions), names))
    x, y = _point(source.key)
    x -= 26 if source.key in places else 0
    marks.append(_diamond(x, y, practice.municipality.label))
    land = "".join(f'<path fill-rule="evenodd" d="{path}"/>' for path in OUTLINES.values())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {FULL_HEIGHT}" '
        f'width="{WIDTH}" height="{FULL_HEIGHT}"><style>{STYLE}</style>'
        f"{land}{''.join(marks)}{_legend()}</svg>"
    )


def _point(key: str) -> tuple[int, int]:
    return POINTS.get(key) or LABELS.get(key, (WIDTH // 2, HEIGHT // 2))


def _circle(x: int, y: int, is_counted: bool, count: int | str, title: str = "") -> str:
    kind = "a" if is_counted else "a o"
    name = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<g>{name}<circle class="{kind}" cx="{x}" cy="{y}" r="{RADIUS}"/>'
        f'<text class="n" x="{x}" y="{y + 8}">{count}</text></g>'
    )


def _diamond(x: int, y: int, title: str = "") -> str:
    name = f"<title>{escape(title)}</title>" if title else ""
    return f'<path class="s" d="M{x} {y - 20}l20 20-20 20-20-20z">{name}</path>'


def _legend() -> str:
    signs = (
        (_diamond, (), _("where it comes from")),
        (_circle, (True, ""), _("repeated, confirmed by the source")),
        (_circle, (False, ""), _("not confirmed yet")),
    )
    lines = []
    for number, (sign, options, text) in enumerate(signs):
        y = HEIGHT + LINE * number + LINE // 2
        lines.append(f'{sign(24, y, *options)}<text x="56" y="{y + 8}">{escape(text)}</text>')
    return "".join(lines)
