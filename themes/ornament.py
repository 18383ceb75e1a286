"""The felt: шырдак motifs on one grid, two colours cut from one sheet and swapped.

A square of felt is 96 units wide with its middle at (0, 0). Three motifs are cut from it —
кочкор мүйүз (ram's horns), тумар (the triangle of an amulet), бадам (the almond) — each drawn
upwards from the middle, four times on the axes and four times towards the corners, around a heart.
A theme has its own arm, corner, heart and pair of felts. A cover is a row of such squares, every
other one with figure and ground swapped, between two borders; the second motif and the border come
from the oblast, the rhythm from the record's number. The same input always gives the same drawing.

Plain SVG with presentation attributes only: it passes a strict CSP, and a browser and the PDF
writer draw the same. Fill rule is nonzero: what runs clockwise is cut from the figure's felt, what
runs the other way is a hole in it.
"""

from typing import NamedTuple

#: Undyed wool and the five felts a page may take its colour from (CSS: hue-1 … hue-5).
WOOL = "#f5f0e6"
MADDER, INDIGO, SKY, GREEN, WALNUT = "#8f2b22", "#1f3c66", "#0a6483", "#2e6136", "#6a4526"
FELTS = (MADDER, INDIGO, SKY, GREEN, WALNUT)
#: Lighter felts that are laid against them.
OCHRE, SAND, ROSE, MIST = "#e0a73e", "#dcc39c", "#eac3a6", "#d0e0e6"


def _n(value: float) -> str:
    return f"{value:g}"


def _path(*parts: float | str) -> str:
    """Path data from letters and numbers, with no more spaces than SVG needs."""
    data = ""
    for part in parts:
        if isinstance(part, str):
            data += part
            continue
        number = _n(part)
        data += number if not data or data[-1].isalpha() or number[0] == "-" else f" {number}"
    return data


def horns(unit: float, reach: float) -> str:
    """Кочкор мүйүз: a stem from the middle that parts at `reach` into two horns.

    Stem, gap and curl are each 2 `unit` wide, so the horn and the ground it leaves have one shape;
    the pair is 10 `unit` wide and ends 2.5 `unit` above `reach`.
    """
    u, wide = unit, 2.5 * unit
    gap = (u, u, 0, 0, 0, -2 * u, 0)
    curl = (u, u, 0, 0, 1, -2 * u, 0)
    back = (wide, wide, 0, 0, 1, 5 * u, 0)
    return _path("M", -u, 0, "V", -reach, "a", *gap, *curl, *back, *back, *curl, *gap, "V0z")


def amulet(foot: float, tip: float, half: float, hole: float = 0) -> str:
    """Тумар: a triangle standing on `foot`, its point at `tip`; `hole` is the width of its band."""
    data = _path("M", 0, -tip, "L", half, -foot, "H", -half, "z")
    if hole:
        side = half - 2.2 * hole
        data += _path("M", 0, 2.4 * hole - tip, "L", -side, -foot - hole, "H", side, "z")
    return data


def almond(middle: float, tip: float, radius: float, eye: float = 0) -> str:
    """Бадам: a drop, round about `middle` and pointed at `tip`; `eye` is the radius of its hole."""
    side, shoulder = 0.8 * radius, -middle - 0.6 * radius
    bend, neck = 0.2 * radius, -middle - 1.4 * radius
    data = _path(
        *("M", 0, -tip, "Q", bend, neck, side, shoulder),
        *("A", radius, radius, 0, 1, 1, -side, shoulder, "Q", -bend, neck, 0, -tip, "z"),
    )
    if eye:
        data += _path(
            "M", 0, -middle - 2 * eye, "L", -eye, -middle, 0, eye - middle, eye, -middle, "z"
        )
    return data


def diamond(radius: float, middle: float = 0, hole: float = 0) -> str:
    data = _path(
        "M", 0, -middle - radius, "l", radius, radius, -radius, radius, -radius, -radius, "z"
    )
    if hole:
        data += _path("M", 0, -middle - hole, "l", -hole, hole, hole, hole, hole, -hole, "z")
    return data


def square(half: float) -> str:
    return _path("M", -half, -half, "H", half, "V", half, "H", -half, "z")


def disc(radius: float) -> str:
    half = ("a", radius, radius, 0, 0, 1, 0)
    return _path("M", 0, -radius, *half, 2 * radius, *half, -2 * radius, "z")


def corner(reach: float, hole: float = 0) -> str:
    """The corner of the square as an amulet that points to the middle (drawn upwards).

    It is cut a hair over the edge, at 68, so that no seam shows between two squares.
    """
    data = _path("M", 0, -reach, "L", 69 - reach, -69, "H", reach - 69, "z")
    if hole:
        side = 69 - reach - 2.2 * hole
        data += _path("M", 0, -reach - 1.4 * hole, "l", -side, -side, "h", 2 * side, "z")
    return data


ARMS = {
    "horns": horns(5, 34),
    "slim horns": horns(4, 36),
    "horns twice": horns(4, 36) + horns(3, 18),
    "horns, almond": horns(4, 25) + almond(31, 47, 7),
    "horns, amulet": horns(4, 25) + amulet(36.5, 47, 11),
    "amulet": amulet(17, 46, 27, 6),
    "almond": almond(22, 47, 14, 6),
    "almond on horns": horns(3, 17) + almond(31, 47, 10, 4),
}
CORNERS = {
    "horns": horns(4, 44),
    "slim horns": horns(3, 47),
    "block": corner(42),
    "amulet": corner(32, 10),
    "almond": almond(38, 62, 10, 4),
    "leaf": almond(36, 61, 8),
    "diamond": diamond(14, 46, 6) + diamond(3, 46),
    "diamond, block": diamond(7, 40) + corner(53),
}
#: Figure and eye of the heart, where the arms meet.
HEARTS = {
    "diamond": (diamond(20), diamond(9)),
    "ring": (diamond(22), diamond(14, 0, 8)),
    "star": (diamond(20) + square(13), diamond(10, 0, 5)),
    "window": (square(14), square(8) + diamond(5)),
    "disc": (disc(16), disc(9)),
    "knot": (square(11), diamond(7)),
}


class Felt(NamedTuple):
    """How a theme's square is cut: motifs by name, then the dark felt and the light one."""

    arm: str
    corner: str
    heart: str
    dark: str
    light: str


#: By position of the theme, from 1.
THEMES = (
    Felt("horns", "block", "star", SKY, WOOL),
    Felt("amulet", "almond", "window", INDIGO, OCHRE),
    Felt("horns", "slim horns", "ring", MADDER, WOOL),
    Felt("almond", "leaf", "disc", SKY, MIST),
    Felt("amulet", "horns", "knot", WALNUT, WOOL),
    Felt("horns, amulet", "amulet", "window", INDIGO, WOOL),
    Felt("amulet", "diamond, block", "ring", WALNUT, OCHRE),
    Felt("almond on horns", "horns", "diamond", GREEN, WOOL),
    Felt("horns, almond", "almond", "disc", MADDER, ROSE),
    Felt("horns", "diamond", "window", MADDER, OCHRE),
    Felt("horns twice", "block", "diamond", INDIGO, MIST),
    Felt("slim horns", "horns", "ring", SKY, OCHRE),
    Felt("horns, almond", "amulet", "star", INDIGO, WOOL),
    Felt("horns", "leaf", "disc", WALNUT, SAND),
    Felt("almond", "amulet", "disc", GREEN, OCHRE),
)


def _of(theme_position: int) -> Felt:
    return THEMES[(theme_position - 1) % len(THEMES)]


def felt(theme_position: int) -> str:
    """The dark felt of a theme as «#rrggbb»: its colour wherever one is needed."""
    return _of(theme_position).dark


def hue(theme_position: int) -> int:
    """The same as number of the CSS class, 1 … 5."""
    return FELTS.index(felt(theme_position)) + 1


def _figure(arm: str, corner_name: str, heart: str, key: str) -> tuple[str, str]:
    """Figure of a square as SVG elements without colour, and path data of its eye.

    The figure's ids start with `key`: a drawing may hold more than one.
    """
    body, eye = HEARTS[heart]
    figure = (
        f'<g id="{key}2"><g id="{key}1"><path d="{ARMS[arm]}"/>'
        f'<path transform="rotate(45)" d="{CORNERS[corner_name]}"/></g>'
        f'<use href="#{key}1" transform="rotate(90)"/></g>'
        f'<use href="#{key}2" transform="rotate(180)"/><path d="{body}"/>'
    )
    return figure, eye


def motif_svg(theme_position: int) -> str:
    """Emblem of a theme, light on dark: a complete SVG document of 96 × 96 units."""
    cut = _of(theme_position)
    figure, eye = _figure(cut.arm, cut.corner, cut.heart, "m")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-48 -48 96 96">'
        f'<path fill="{cut.dark}" d="{square(48)}"/><g fill="{cut.light}">{figure}</g>'
        f'<path fill="{cut.dark}" d="{eye}"/></svg>'
    )


class Border(NamedTuple):
    """A border 28 tall that repeats every `width`; the light felt grows from its lower side."""

    width: int
    light: str
    dark: str


#: One line: what lies above it is what lies below it, turned around.
_THERE = (
    10,
    10,
    0,
    0,
    1,
    20,
    0,
    4,
    4,
    0,
    0,
    1,
    -8,
    0,
    4,
    4,
    0,
    0,
    0,
    -8,
    0,
    10,
    10,
    0,
    0,
    0,
    20,
    0,
)
_BACK = (10, 10, 0, 0, 0, 20, 0, 4, 4, 0, 0, 0, -8, 0, 4, 4, 0, 0, 1, -8, 0, 10, 10, 0, 0, 1, 20, 0)
HORNS = Border(48, _path("M", 0, 14, "a", *_THERE, *_BACK, "V28H0z"), "")
AMULETS = Border(32, "M0 28L16 4L32 28zM0 3H7L0 14zM32 3V14L25 3z", "M16 14L9 25H23z")
DIAMONDS = Border(
    28,
    "M0 28V24L14 10L28 24V28zM8 3H20L14 9zM0 7L8 15L0 23zM28 7V23L20 15z",
    "M14 17L9 22L14 27L19 22z",
)
BORDER_HEIGHT = 28


class Ground(NamedTuple):
    """What an oblast adds to a cover: a second motif and the border."""

    arm: str
    corner: str
    heart: str
    border: Border


#: By the two digits that tell the oblast in the classifier.
OBLASTS = {
    2: Ground("slim horns", "horns", "ring", HORNS),
    3: Ground("almond", "leaf", "disc", AMULETS),
    4: Ground("amulet", "horns", "knot", DIAMONDS),
    5: Ground("almond", "amulet", "disc", HORNS),
    6: Ground("horns", "diamond", "window", AMULETS),
    7: Ground("amulet", "diamond, block", "ring", HORNS),
    8: Ground("horns", "slim horns", "ring", DIAMONDS),
    11: Ground("horns, almond", "almond", "disc", AMULETS),
    21: Ground("horns, amulet", "amulet", "window", DIAMONDS),
}
#: From the middle outwards, again and again: a square of the theme's own (o) or the oblast's (g).
RHYTHMS = ("oo", "og", "oogg", "ogoo", "ooog", "gogo")
#: A row of squares is drawn at most this tall, the border at this share of its own size.
ROW, BORDER_SCALE, CORD = 240, 0.75, 3


def _strip(border: Border, dark: str, light: str) -> str:
    """The border as a pattern «s», in the middle of x = 0."""
    return (
        f'<pattern id="s" x="{-border.width // 2}" width="{border.width}" height="{BORDER_HEIGHT}" '
        f'patternUnits="userSpaceOnUse"><path fill="{dark}" d="M0 0H{border.width}V28H0z"/>'
        f'<path fill="{light}" d="{border.light}"/><path fill="{dark}" d="{border.dark}"/></pattern>'
    )


def _field(columns: int, rows: int, seed: int) -> dict[str, list[tuple[int, int]]]:
    """Where each kind of square lies: own (o) or ground's (g), on dark (d) or on light (l).

    columns: how many there are on each side of the middle one.
    """
    rhythm = RHYTHMS[seed % len(RHYTHMS)]
    start = seed // len(RHYTHMS)
    cells: dict[str, list[tuple[int, int]]] = {}
    for row in range(rows):
        for column in range(-columns, columns + 1):
            side = "dl"[(column + row + start) % 2]
            kind = rhythm[(abs(column) + row) % len(rhythm)] + side
            cells.setdefault(kind, []).append((column * 96, (row * 2 - rows + 1) * 48))
    return cells


def cover_svg(
    theme_position: int, oblast_index: int, seed: int, *, width: int = 2400, height: int = 160
) -> str:
    """Cover of a record: a complete SVG document, the same on both sides of its middle.

    theme_position: from 1; oblast_index: the two digits of the oblast's code; seed: a number of
    the record. Only the proportion of width and height matters, and how many rows of squares fit.
    Cut it at the sides, never above or below.
    """
    cut = _of(theme_position)
    ground = OBLASTS.get(oblast_index) or list(OBLASTS.values())[oblast_index % len(OBLASTS)]
    rows = max(1, round(height / ROW))
    # Everything is laid around (0, 0), in the units of a square.
    edge = BORDER_HEIGHT * BORDER_SCALE + CORD
    below = rows * 48 + edge + CORD
    beside = below * width / height
    cells = _field(int(beside / 96) + 1, rows, seed)

    defs = [_strip(ground.border, cut.dark, cut.light)]
    for key, square_of in (("o", cut), ("g", ground)):
        if any(kind[0] == key for kind in cells):
            figure, eye = _figure(square_of.arm, square_of.corner, square_of.heart, key)
            defs.append(f'<g id="{key}">{figure}</g><path id="{key}e" d="{eye}"/>')
    for kind in cells:
        back, front = (cut.dark, cut.light) if kind[1] == "d" else (cut.light, cut.dark)
        defs.append(
            f'<g id="{kind}"><path fill="{back}" d="{square(48)}"/>'
            f'<use href="#{kind[0]}" fill="{front}"/><use href="#{kind[0]}e" fill="{back}"/></g>'
        )
    field = "".join(
        f'<use href="#{kind}" x="{x}" y="{y}"/>'
        for kind, places in cells.items()
        for x, y in places
    )
    side = _n(round(beside / BORDER_SCALE + 1))
    strip = (
        f'<path id="e" fill="url(#s)" d="M-{side} 0H{side}V28H-{side}z" '
        f'transform="translate(0 {_n(CORD - below)})scale({BORDER_SCALE})"/>'
    )
    box = f"{-beside:.6g} {_n(-below)} {2 * beside:.6g} {_n(2 * below)}"
    whole = f"M{-beside:.6g} {_n(-below)}h{2 * beside:.6g}v{_n(2 * below)}h{-2 * beside:.6g}z"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><defs>{"".join(defs)}</defs>'
        f'<path fill="{cut.dark}" d="{whole}"/>{field}{strip}'
        '<use href="#e" transform="scale(1 -1)"/></svg>'
    )


def edge_svg(colour: str = MADDER, *, width: int = 840) -> str:
    """The felt edge, 28 tall: a band of `colour` whose lower side is cut in horns.

    What lies below shows through. A width of 48 is one repeat, to be laid side by side.
    """
    repeats = -(-width // HORNS.width)
    line = _path("a", *_THERE, *_BACK) * repeats
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="28" '
        f'viewBox="0 0 {width} 28"><path fill="{colour}" d="M0 0V14{line}V0z"/></svg>'
    )
