"""The piece of a text that shows why it was found, its matching words told apart."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from search import analysis

#: Characters of a snippet, about two lines on a phone.
LENGTH = 180


@dataclass(frozen=True)
class Part:
    """A piece of plain text; is_match: it is one of the words searched for."""

    text: str
    is_match: bool


#: A stem and its word begin alike, but for these.
BEGINNINGS = {"ай": "аи", "е": "ё"}


class Matches:
    """The words of a query in texts of one language.

    Only words that begin like one of the lexemes are looked at: the others would have to be read
    one by one to learn that they are not searched for.
    """

    def __init__(self, language: str, lexemes: Iterable[str]):
        own = [lexeme for lexeme in lexemes if lexeme[0] == analysis.PREFIX[language]]
        self.language = language
        self.whole = {lexeme for lexeme in own if not lexeme.endswith(":*")}
        self.begun = tuple(lexeme.removesuffix(":*") for lexeme in own if lexeme.endswith(":*"))
        starts = {lexeme[1:3] for lexeme in own}
        for start, other in BEGINNINGS.items():
            starts |= {other + found[len(start) :] for found in starts if found.startswith(start)}
        self.words = re.compile(
            rf"(?<![^\W_])(?:{'|'.join(map(re.escape, sorted(starts)))})[^\W_]*(?:[-’'ʼ][^\W_]+)*",
            re.IGNORECASE,
        )

    @cache  # noqa: B019  lives as long as the page of results
    def of(self, raw: str) -> frozenset[str]:
        """The lexemes of the query that a word as written is."""
        return frozenset(
            lexeme
            for _at, lexeme in analysis.lexemes_of(raw, self.language)
            if lexeme and (lexeme in self.whole or lexeme.startswith(self.begun))
        )

    def spans(self, text: str) -> list[tuple[int, int, frozenset[str]]]:
        """(start, end, lexemes) of the words searched for, in their order."""
        if not self.whole and not self.begun:
            return []
        return [
            (*match.span(), hits)
            for match in self.words.finditer(text)
            if (hits := self.of(match.group()))
        ]


def marked(text: str, matches: Matches) -> list[Part]:
    """The whole text in parts."""
    return _parts(text, 0, len(text), matches.spans(text))


def snippet(text: str, matches: Matches) -> list[Part]:
    """The stretch of the text that holds most different words searched for; else its beginning."""
    found = matches.spans(text)
    start, best = 0, 0
    for index, (begin, _end, _hits) in enumerate(found):
        different = set()
        for later, end, hits in found[index:]:
            if end - begin > LENGTH or "\n" in text[begin:later]:
                break
            different |= hits
        if len(different) > best:
            start, best = begin, len(different)
    start, end = _window(text, start)
    parts = _parts(text, start, end, found)
    if start and text[start - 1] != "\n":
        parts.insert(0, Part("… ", False))
    if end < len(text) and text[end - 1] not in ".!?…":
        parts.append(Part(" …", False))
    return parts


def _window(text: str, at: int) -> tuple[int, int]:
    """From the beginning of the sentence where it is near, else of a word some words before."""
    line = text.rfind("\n", 0, at) + 1
    sentence = max(text.rfind(mark, line, at) + 2 for mark in (". ", "! ", "? "))
    start = max(line, sentence if sentence > 1 else 0)
    if at - start > LENGTH // 3:
        start = text.find(" ", at - LENGTH // 3, at) + 1 or at
    line_end = text.find("\n", at)
    last = len(text) if line_end < 0 else line_end
    if last - start <= LENGTH:
        return start, last
    end = text.rfind(" ", start + 1, start + LENGTH)
    return start, end if end > at else min(start + LENGTH, last)


def _parts(text: str, start: int, end: int, found) -> list[Part]:
    parts, at = [], start
    for begin, stop, _hits in found:
        if begin < start or stop > end:
            continue
        if begin > at:
            parts.append(Part(text[at:begin], False))
        parts.append(Part(text[begin:stop], True))
        at = stop
    if at < end:
        parts.append(Part(text[at:end], False))
    return parts
