"""Words with their formatting, as a run of Word holds them, and the HTML they make."""

import re
from dataclasses import dataclass
from html import escape
from itertools import groupby

#: In this order they stand inside one another.
MARKS = ("strong", "em", "sub", "sup")


@dataclass(frozen=True)
class Piece:
    """text: plain words; note: HTML of a footnote that stands here instead of words."""

    text: str = ""
    marks: frozenset[str] = frozenset()
    href: str = ""
    note: str = ""


def plain(pieces: list[Piece]) -> str:
    """The words alone, without notes, in one line; spaces that hold words together stay."""
    return re.sub(r"[ \t\r\n]+", " ", "".join(piece.text for piece in pieces)).strip()


def is_all(pieces: list[Piece], mark: str) -> bool:
    """Whether all words have the mark."""
    worded = [piece for piece in pieces if piece.text.strip()]
    return bool(worded) and all(mark in piece.marks for piece in worded)


def without(pieces: list[Piece], *marks: str) -> list[Piece]:
    return [Piece(piece.text, piece.marks - set(marks), piece.href, piece.note) for piece in pieces]


def html_of(pieces: list[Piece]) -> str:
    """Inline HTML; spaces stand outside of the formatting, a line break is <br>."""
    parts = []
    for (marks, href, note), group in groupby(
        _spaced(pieces), key=lambda piece: (piece.marks, piece.href, piece.note)
    ):
        if note:
            parts.append(f'<span class="footnote">{note}</span>')
            continue
        text = "".join(piece.text for piece in group)
        if not text.strip():
            parts.append(text)
            continue
        before = text[: len(text) - len(text.lstrip())]
        after = text[len(text.rstrip()) :]
        html = escape(text.strip(), quote=False)
        for mark in reversed(MARKS):
            if mark in marks:
                html = f"<{mark}>{html}</{mark}>"
        if href:
            html = f'<a href="{escape(href)}">{html}</a>'
        parts.append(before + html + after)
    html = re.sub(r"[ \t\r]+", " ", "".join(parts))
    html = re.sub(r"\s*\n\s*", "<br>", html.strip())
    # Before the sign of a footnote there is no space.
    return re.sub(r' +(<span class="footnote">)', r"\1", html)


def _spaced(pieces: list[Piece]) -> list[Piece]:
    """A space or a line break of its own carries no formatting: it would part what belongs together."""
    found = []
    for number, piece in enumerate(pieces):
        if piece.note or piece.text.strip() or not piece.text:
            found.append(piece)
            continue
        around = pieces[max(0, number - 1) : number] + pieces[number + 1 : number + 2]
        same = len(around) == 2 and around[0].marks == around[1].marks
        same = same and around[0].href == around[1].href and not (around[0].note or around[1].note)
        found.append(
            Piece(piece.text, around[0].marks, around[0].href) if same else Piece(piece.text)
        )
    return [piece for piece in found if piece.text or piece.note]
