"""Reading a query: what a thing must hold to be found, and what may have been meant.

A query is a list of groups, one a word or a known phrase, all of which a thing must hold. A group's
`direct` lexemes are what was typed, read in both languages. Its `wide` ones besides are words that
fold alike, longer words with the same beginning, and phrases that mean the same.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property

from django.db import connection

from search import analysis
from search.layouts import other_layout
from search.models import Word
from search.terms import LONGEST_PHRASE, terms

MAX_LENGTH, MAX_WORDS = 100, 8
#: From this length on, a word also stands for longer words that begin with it.
PREFIX_FROM = 5
#: Trigrams that a word must share with the mistyped one, of 1.
LIKENESS = 0.25
#: From this likeness on by letters in their order, a word may have been meant.
SIMILAR = 0.7

_WORDS = f'"{Word._meta.db_table}"'  # noqa: SLF001


@dataclass
class Group:
    """What one word or phrase of the query may be found by.

    words: lower-case words as typed. direct: their lexemes, a set for each word. alike: lexemes of
    words that fold alike or begin alike, likewise. same: lexemes of phrases that mean the same.
    entries: about how many entries hold it as typed.
    """

    words: tuple[str, ...]
    direct: list[set[str]]
    alike: list[set[str]] = field(default_factory=list)
    same: set[tuple[str, ...]] = field(default_factory=set)
    entries: int = 0

    def direct_query(self, *, in_title: bool = False) -> str:
        """tsquery of what was typed."""
        return _all(_any(_quoted(lexeme, in_title) for lexeme in each) for each in self.direct)

    def alike_query(self, *, in_title: bool = False) -> str:
        """The same, or words that fold or begin alike."""
        return _all(
            _any(_quoted(lexeme, in_title) for lexeme in sorted(each | also))
            for each, also in zip(self.direct, self.alike, strict=True)
        )

    def wide_query(self, *, in_title: bool = False) -> str:
        """The same, or what means the same."""
        same = (_all(_quoted(lexeme, in_title) for lexeme in each) for each in sorted(self.same))
        return _any([self.alike_query(in_title=in_title), *same])


class Query:
    """A query as typed, read in both languages.

    text: cleaned; is_unfinished: its last word is still being typed; is_any: one group is enough.
    direct, wide: tsqueries of all groups together; any_direct: of any lexeme of theirs; in_title: of
    words in titles.
    """

    def __init__(self, text: str, *, is_unfinished: bool = False):
        self.text = " ".join(analysis.clean(text)[:MAX_LENGTH].split())
        self.is_unfinished = is_unfinished
        self.is_any = False
        self.tokens = list(analysis.tokens(self.text))[:MAX_WORDS]

    @cached_property
    def words(self) -> list[str]:
        return [word for token in self.tokens for word in token.surfaces]

    @cached_property
    def groups(self) -> list[Group]:
        if not self.words:
            return []
        groups = [
            Group(words, [self._direct(word) for word in words], same=same)
            for words, same in self._spans()
        ]
        kept = [group for group in groups if not all(map(_is_stop_word, group.words))] or groups
        self._add_alike(kept)
        return kept

    def _direct(self, word: str) -> set[str]:
        return {
            analysis.PREFIX[language] + analysis.stem(word, language)
            for language in analysis.LANGUAGES
        }

    def _spans(self):
        """Words in groups: known phrases and hyphenated words together, others alone."""
        known, at = terms(), 0
        hyphenated = {}
        for token in self.tokens:
            if len(token.surfaces) > 1:
                hyphenated[at] = token
            at += len(token.surfaces)
        at = 0
        while at < len(self.words):
            size, same = 1, set()
            for length in range(min(LONGEST_PHRASE, len(self.words) - at), 0, -1):
                if same := known.same_as(tuple(self.words[at : at + length])):
                    size = length
                    break
            if (token := hyphenated.get(at)) and len(token.surfaces) >= size:
                size = len(token.surfaces)
                same = same | {(lexeme,) for lexeme in self._direct(token.joined)}
            yield tuple(self.words[at : at + size]), same
            at += size

    def _add_alike(self, groups: list[Group]) -> None:
        alike = _alike({word for group in groups for word in group.words})
        last = self.words[-1]
        for group in groups:
            # Of a phrase's words the rarest tells how rare it is.
            group.entries = min(alike[word].entries for word in group.words)
            for word, direct in zip(group.words, group.direct, strict=True):
                also = alike[word].lexemes - direct
                if len(word) >= PREFIX_FROM:
                    also |= {f"{lexeme}:*" for lexeme in direct if len(lexeme) > PREFIX_FROM}
                if self.is_unfinished and word == last:
                    # Half a word has no stem yet.
                    also = {f"{letter}{word}:*" for letter in analysis.PREFIX.values()}
                    direct.clear()
                    direct |= also
                group.alike.append(also)

    @property
    def direct(self) -> str:
        return self._joined(group.direct_query() for group in self.groups)

    @property
    def wide(self) -> str:
        return self._joined(group.wide_query() for group in self.groups)

    @property
    def every_wide(self) -> str:
        """The wide query of all groups, where one is enough too."""
        return _all(group.wide_query() for group in self.groups)

    @property
    def in_title(self) -> str:
        """The wide query, of words in titles."""
        return self._joined(group.wide_query(in_title=True) for group in self.groups)

    def _joined(self, parts) -> str:
        return _any(parts) if self.is_any else _all(parts)

    @cached_property
    def direct_lexemes(self) -> set[str]:
        return {lexeme for group in self.groups for each in group.direct for lexeme in each}

    @cached_property
    def wide_lexemes(self) -> set[str]:
        also = {lexeme for group in self.groups for each in group.alike for lexeme in each}
        same = {lexeme for group in self.groups for phrase in group.same for lexeme in phrase}
        return self.direct_lexemes | also | same

    @property
    def any_direct(self) -> str:
        return _any(map(_quoted, sorted(self.direct_lexemes)))

    def corrections(self):
        """Queries that may have been meant: in the other alphabet, then by likely spellings."""
        for other in (self.text.translate(analysis.LOOK_ALIKES), other_layout(self.text)):
            if other == self.text:
                continue
            meant = Query(other)
            if meant.words and all(_known(meant.words)[word] for word in meant.words):
                yield meant
                return
        known = _known(self.words)
        meant = {word: _nearest(word) for word in self.words if not known[word]}
        if meant and all(meant.values()):
            # Replaced where they stand, so that what was typed right stays as typed.
            text = re.sub(
                analysis.WORD,
                lambda match: " ".join(
                    meant.get(word) or word for word in analysis.surfaces(match.group())
                ),
                self.text,
            )
            yield Query(text)


def _quoted(lexeme: str, in_title: bool = False) -> str:
    """A lexeme for a tsquery; it holds letters and digits only, and «:*» at the end of a beginning."""
    if in_title:
        lexeme = analysis.in_title(lexeme)
    word = lexeme.removesuffix(":*")
    return f"'{word}':*" if lexeme.endswith(":*") else f"'{word}'"


def _all(parts) -> str:
    return _joined(parts, " & ")


def _any(parts) -> str:
    return _joined(parts, " | ")


def _joined(parts, sign: str) -> str:
    kept = list(parts)
    return kept[0] if len(kept) == 1 else f"({sign.join(kept)})"


def _is_stop_word(word: str) -> bool:
    """In either language: in a text of that language it would not be there to be found."""
    return any(analysis.is_stop_word(word, language) for language in analysis.LANGUAGES)


@dataclass
class Alike:
    """What the index holds of a word when ө ү ң ё are not told apart; about how many entries."""

    lexemes: set[str] = field(default_factory=set)
    entries: int = 0


def _alike(words: set[str]) -> dict[str, Alike]:
    folded, stems = defaultdict(set), defaultdict(set)
    for word in words:
        folded[analysis.fold(word)].add(word)
        for language in analysis.LANGUAGES:
            stems[language, analysis.fold(analysis.stem(word, language))].add(word)
    found = {word: Alike() for word in words}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT language, stem, folded_stem, NULL, max(entries) FROM {_WORDS} "  # noqa: S608
            "WHERE folded_stem = ANY(%(stems)s) GROUP BY 1, 2, 3 UNION ALL "
            f"SELECT language, stem, NULL, folded, max(entries) FROM {_WORDS} "
            "WHERE folded = ANY(%(folded)s) GROUP BY 1, 2, 4",
            {"stems": [stem for _language, stem in stems], "folded": list(folded)},
        )
        for language, stem, folded_stem, folded_word, entries in cursor.fetchall():
            for word in stems.get((language, folded_stem), ()) or folded.get(folded_word, ()):
                found[word].lexemes.add(analysis.PREFIX[language] + stem)
                found[word].entries = max(found[word].entries, entries)
    return found


def _known(words: list[str]) -> dict[str, bool]:
    """Whether the index holds each word, in some form and with any of the letters that fold alike."""
    alike = _alike(set(words))
    return {
        word: bool(alike[word].lexemes) or _is_stop_word(word) or word.isdigit() for word in words
    }


def _nearest(word: str) -> str:
    """The index's word that was most likely meant by a mistyped one; "" when none is near."""
    folded = analysis.fold(word)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(LIKENESS)]
        )
        cursor.execute(
            f"SELECT word, folded, entries FROM {_WORDS} WHERE folded %% %s "  # noqa: S608
            "AND length(folded) BETWEEN %s AND %s "
            "ORDER BY similarity(folded, %s) DESC, entries DESC LIMIT 20",
            [folded, len(folded) - 2, len(folded) + 2, folded],
        )
        rows = cursor.fetchall()
    best, best_score = "", 0.0
    for candidate, other, entries in rows:
        likeness = SequenceMatcher(None, folded, other).ratio()
        if likeness < SIMILAR:
            continue
        # Among words equally near the commoner one; a tenth at most, so that it decides nothing else.
        score = likeness + min(entries, 1000) / 10_000
        if score > best_score:
            best, best_score = candidate, score
    return best
