"""The drawn cover of an issue that has no printed one: felt, with the journal's name above it."""

from django.utils.html import escape

from journal.models import Issue
from themes.ornament import OBLASTS, THEMES, WOOL, cover_svg, felt

WIDTH, HEIGHT, HEAD = 360, 480, 216
#: About so many letters of the theme fit a line.
LINE, LINES = 24, 3
FONT = "Golos Text,system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Arial,sans-serif"


def lines_of(text: str, width: int = LINE, most: int = LINES) -> list[str]:
    """The text in lines of about `width` letters; what finds no room is cut with «…»."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        elif len(lines) == most:
            lines[-1] = f"{lines[-1].rstrip(' ,;:–—-.')}…"
            break
        else:
            lines.append(word)
    return [line if len(line) <= width + 6 else f"{line[: width + 5]}…" for line in lines]


def felt_of(overall: int) -> tuple[int, int, int]:
    """Theme position, oblast and seed of themes.ornament.cover_svg, by the issue's overall number."""
    return overall * 7 % len(THEMES) + 1, sorted(OBLASTS)[overall % len(OBLASTS)], overall % 97


def drawn_cover(issue: Issue, language: str) -> str:
    """A complete SVG document of 3 : 4; the same issue always looks the same."""
    position, oblast, seed = felt_of(issue.overall)
    field = cover_svg(position, oblast, seed, width=WIDTH, height=HEIGHT - HEAD)
    field = field.replace(
        "<svg ", f'<svg x="0" y="{HEAD}" width="{WIDTH}" height="{HEIGHT - HEAD}" ', 1
    )
    title = issue.edition(language).title
    rows = "".join(
        f'<text x="24" y="{136 + 25 * number}" font-size="20">{escape(line)}</text>'
        for number, line in enumerate(lines_of(title))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="{FONT}" fill="{WOOL}"><path fill="{felt(position)}" d="M0 0H{WIDTH}V{HEIGHT}H0z"/>'
        f'<text x="24" y="58" font-size="34" font-weight="600" textLength="{WIDTH - 48}" '
        f'lengthAdjust="spacingAndGlyphs">МУНИЦИПАЛИТЕТ</text>'
        f'<text x="24" y="94" font-size="19">№ {issue.number_text} ({issue.overall_text})</text>'
        f'<text x="{WIDTH - 24}" y="94" font-size="19" text-anchor="end">{issue.year}</text>'
        f"{rows}{field}</svg>"
    )
