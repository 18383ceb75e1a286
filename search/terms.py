"""Words that mean the same: who types one finds all of them, in both languages."""

import time
from dataclasses import dataclass

from django.db import transaction

from search import analysis
from search.models import Term

#: Another process may change the terms; a search may be this many seconds behind.
FRESH = 30
LONGEST_PHRASE = 5


@dataclass(frozen=True)
class Phrase:
    """A phrase of a term by its stems; lexemes are what it is looked for by."""

    key: tuple[str, ...]
    lexemes: tuple[str, ...]


def phrase(text: str, language: str) -> Phrase:
    """Read a phrase as the index would; function words do not count."""
    words = [word for token in analysis.tokens(analysis.clean(text)) for word in token.surfaces]
    words = [word for word in words if not analysis.is_stop_word(word, language)] or words
    return Phrase(
        tuple(analysis.fold(analysis.stem(word, language)) for word in words),
        tuple(found for word in words if (found := analysis.lexeme(word, language))),
    )


class Terms:
    """All terms, by the stems of their phrases."""

    def __init__(self, rows):
        self.by_key: dict[tuple[str, tuple[str, ...]], list[int]] = {}
        self.phrases: dict[int, list[Phrase]] = {}
        for row in rows:
            for language in analysis.LANGUAGES:
                for text in row.phrases(language):
                    found = phrase(text, language)
                    if not found.lexemes or len(found.key) > LONGEST_PHRASE:
                        continue
                    self.phrases.setdefault(row.pk, []).append(found)
                    self.by_key.setdefault((language, found.key), []).append(row.pk)

    def same_as(self, words: tuple[str, ...]) -> set[tuple[str, ...]]:
        """Lexemes of every other phrase that means the same as these words."""
        found: set[tuple[str, ...]] = set()
        for language in analysis.LANGUAGES:
            key = tuple(analysis.fold(analysis.stem(word, language)) for word in words)
            for pk in self.by_key.get((language, key), ()):
                found.update(other.lexemes for other in self.phrases[pk])
        return found


_kept: tuple[float, Terms] | None = None


def terms() -> Terms:
    """The terms as of a moment ago."""
    global _kept
    now = time.monotonic()
    if _kept is None or now - _kept[0] > FRESH:
        _kept = (now, Terms(Term.objects.all()))
    return _kept[1]


def forget() -> None:
    """Read the terms anew at the next search."""
    global _kept
    _kept = None


def changed(**_kwargs) -> None:
    """Receiver: an editor has changed a term."""
    forget()
    transaction.on_commit(forget)
