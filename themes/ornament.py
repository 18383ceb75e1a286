"""The felt: motifs drawn on one grid, two colours cut from one sheet and swapped.

Three motifs — мүйүз (ram's horn), тумар (amulet), бадам (almond) — are turned four times around
the middle of a square of 48. A theme has a motif, a corner and a felt by its position; a cover is a
field of such squares whose second motif comes from the oblast and whose order from the record's
number. The same input always gives the same drawing. Plain SVG 1.1 with presentation attributes:
it passes the strict CSP and draws the same in a browser and in PDF.
"""

#: Undyed wool, and the five dyed felts: madder, indigo, sky, green, walnut.
WOOL = "#f5f0e6"
FELTS = ("#8f2b22", "#1f3c66", "#0a6483", "#2e6136", "#6a4526")

#: Each motif points up from the middle (24, 24); `a` is the figure's colour, `b` the ground's.
MOTIFS = {
    "horn": (
        '<path d="M24 25V14M24 17C24 5 14 2 12.5 8.5C11.5 13 18 14.5 18.5 10'
        'M24 17C24 5 34 2 35.5 8.5C36.5 13 30 14.5 29.5 10" fill="none" '
        'stroke="{a}" stroke-width="3.2"/>'
    ),
    "amulet": (
        '<path d="M24 3L37 18H11Z" fill="{a}"/><path d="M24 9L30 16H18Z" fill="{b}"/>'
        '<path d="M24 18V25" stroke="{a}" stroke-width="4"/>'
    ),
    "almond": (
        '<path d="M24 22C12 17 14 7 24 2C34 7 36 17 24 22Z" fill="{a}"/>'
        '<path d="M24 17.5C19 15 20 10.5 24 8C28 10.5 29 15 24 17.5Z" fill="{b}"/>'
    ),
}
NAMES = tuple(MOTIFS)
#: What fills a corner (0, 0), turned four times too.
CORNERS = (
    '<path d="M0 0H10L0 10Z" fill="{a}"/>',
    '<path d="M0 0H5V5H0ZM7 7h4v4h-4Z" fill="{a}"/>',
    '<path d="M2 11C2 4 9 2 11 6C12 9 8 10.5 7 8" fill="none" stroke="{a}" stroke-width="2.6"/>',
    '<path d="M0 4L4 0H12L0 12Z" fill="{a}"/>',
    '<path d="M6.5 2L11 6.5L6.5 11L2 6.5Z" fill="{a}"/>',
)


def _turned(shape: str) -> str:
    quarter = "".join(
        f'<g transform="rotate({angle} 24 24)">{shape}</g>' for angle in (90, 180, 270)
    )
    return shape + quarter


def _heart(name: str) -> str:
    """The middle, where the four meet."""
    if name == "almond":
        return '<path d="M24 19L29 24L24 29L19 24Z" fill="{a}"/>'
    return '<path d="M24 18.5L29.5 24L24 29.5L18.5 24Z" fill="{a}"/><path d="M24 21.8L26.2 24L24 26.2L21.8 24Z" fill="{b}"/>'


def _square(name: str, corner: int, figure: str, ground: str) -> str:
    """One square of felt: motif and corners in one colour on the other."""
    shapes = _turned(MOTIFS[name]) + _heart(name) + _turned(CORNERS[corner % len(CORNERS)])
    drawn = shapes.format(a=figure, b=ground)
    return f'<path d="M0 0H48V48H0Z" fill="{ground}"/>{drawn}'


def felt(theme_position: int) -> str:
    """Colour of a theme's felt as «#rrggbb»."""
    return FELTS[(theme_position - 1) % len(FELTS)]


def _motif_of(theme_position: int) -> tuple[str, int]:
    index = theme_position - 1
    name = NAMES[(index // len(FELTS)) % len(NAMES)]
    # The horns reach into the corners: only the corners that leave them room.
    return name, (0, 3, 4)[index % 3] if name == "horn" else index % len(CORNERS)


def motif_svg(theme_position: int) -> str:
    """Emblem of a theme as a complete SVG document, wool on felt."""
    name, corner = _motif_of(theme_position)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">'
        f"{_square(name, corner, WOOL, felt(theme_position))}</svg>"
    )


def _teeth(width: int, step: int, *, down: bool) -> str:
    """A row of amulet triangles along an edge, as path data from (0, 0)."""
    half, deep = step // 2, step // 2 if down else -(step // 2)
    return "M0 0" + f"l{half} {deep}l{half} {-deep}" * (width // step + 1) + "V0H0Z"


def cover_svg(
    theme_position: int, oblast_index: int, seed: int, *, width: int = 1200, height: int = 240
) -> str:
    """Cover of a record as a complete SVG document.

    theme_position: from 1; oblast_index: the two digits of the oblast's code; seed: a number of
    the record. width and height in user units; the squares are cut to fit the height.
    """
    colour = felt(theme_position)
    name, corner = _motif_of(theme_position)
    other = NAMES[(NAMES.index(name) + 1 + (oblast_index + seed) % (len(NAMES) - 1)) % len(NAMES)]
    corner_of_oblast = (corner + 1 + oblast_index) % len(CORNERS)
    step = 24
    band = step // 2 + 10
    rows = max(1, round((height - 2 * band) / 200))
    side = (height - 2 * band) / rows
    columns = int(width / side) + 2
    start = (width - columns * side) / 2
    swap = seed % 2
    rhythm = 2 + seed // 2 % 2
    squares = [
        ("p", _square(name, corner, WOOL, colour)),
        ("q", _square(other, corner_of_oblast, colour, WOOL)),
    ]
    defs = "".join(f'<g id="{key}">{drawn}</g>' for key, drawn in squares)
    # A hair larger than the square, so that no seam shows between two of them.
    scale = f"{(side + 0.6) / 48:.4f}"
    field = []
    for row in range(rows):
        for column in range(columns):
            is_own = (column + row + swap) % rhythm != 0
            x, y = start + column * side, band + row * side
            field.append(
                f'<use href="#{"p" if is_own else "q"}" xlink:href="#{"p" if is_own else "q"}" '
                f'transform="translate({x:.1f} {y:.1f}) scale({scale})"/>'
            )
    edges = (
        f'<path fill="{WOOL}" d="M0 0H{width}V{height}H0Z"/>'
        f'<path fill="{colour}" d="{_teeth(width, step, down=True)}"/>'
        f'<path fill="{colour}" transform="translate(0 {height})" d="{_teeth(width, step, down=False)}"/>'
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}" preserveAspectRatio="xMidYMid slice">'
        f"<defs>{defs}</defs>{edges}{''.join(field)}</svg>"
    )


def edge_svg(colour: str = FELTS[0]) -> str:
    """One repeat of the felt edge under the header."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" viewBox="0 0 40 20">'
        f'<path fill="{colour}" d="M0 0h40v20H0Z"/><path fill="{WOOL}" d="M0 20L10 8L20 20ZM20 20L30 8L40 20Z'
        'M20 2L25 7L20 12L15 7ZM0 2L5 7L0 12ZM40 2V12L35 7Z"/></svg>'
    )
