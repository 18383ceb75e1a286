"""From text to lexemes: the one analysis that index and query share.

A lexeme is a stem with a letter before it that names the language of the text: «kсуу» stands for
суу, сууну, суулар… in a Kyrgyz text, «rвод» for вода, водой… in a Russian one. So a query is read
in both languages at once, and a stem of one never meets a like-looking stem of the other.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import snowballstemmer

from places import names
from search import kyrgyz

#: Raise it when a rule here or in kyrgyz.py changes: entries of an older one are written anew.
VERSION = 1
LANGUAGES = ("ky", "ru")
OTHER = {"ky": "ru", "ru": "ky"}
PREFIX = {"ky": "k", "ru": "r"}
#: Longer words are cut: they are addresses and noise.
LONGEST = 40
#: A tsvector holds no position above it, and no more than 256 of one lexeme.
LAST_POSITION, POSITIONS = 16_383, 250
#: Between two fields of a document no two words stand side by side.
FIELD_GAP = 10

WORD = re.compile(r"[^\W_]+(?:[-‐‑'’ʼ][^\W_]+)*")
JOINERS = re.compile(r"[-‐‑'’ʼ]")
CYRILLIC = re.compile(r"[а-яёөүңѳӊ]", re.IGNORECASE)
#: Letters of other alphabets that stand in Cyrillic words because they look the same.
LOOK_ALIKES = names.LOOK_ALIKES | str.maketrans("ABCEHKMOPTXYѳӊѲӉії", "АВСЕНКМОРТХУөңӨҢии")
#: Spellings of one word: «аильный», «айыльный» and «аил» are «айылный» and «айыл».
SPELLINGS = re.compile(r"^(?:аил|айыл)ь?")
#: A mudflow, which Snowball does not tell from a village.
SEL = frozenset(
    ("сель", "селя", "селю", "селем", "селе", "сели", "селей", "селям", "селями", "селях")
)
_russian = snowballstemmer.stemmer("russian")
#: The stemmer keeps the word it works on in itself.
_russian_lock = threading.Lock()
_STOP_FILE = Path(__file__).parent / "data" / "stop_words_ru.txt"


def _read(file: Path) -> frozenset[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


STOP_WORDS = {"ky": kyrgyz.STOP_WORDS, "ru": _read(_STOP_FILE)}


@dataclass(frozen=True)
class Token:
    """A word where it stands: surfaces are its parts («Ак-Суу» has two), joined them in one."""

    start: int
    end: int
    surfaces: tuple[str, ...]
    joined: str


def clean(text: str) -> str:
    """Composed letters, no stress marks, soft hyphens, NULs or other invisible characters."""
    text = unicodedata.normalize("NFC", text.replace("\u0301", ""))
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f\u00ad\u200b-\u200f\u2060\ufeff]", "", text)


def fold(word: str) -> str:
    """What the word is to those who have no ө ү ң ё on their keyboard."""
    return word.translate(names.FOLD)


@lru_cache(maxsize=2**14)
def surfaces(raw: str) -> tuple[str, ...]:
    """The lower-case parts of a word as written, look-alike letters and known spellings mended."""
    if CYRILLIC.search(raw):
        raw = raw.translate(LOOK_ALIKES)
    if abbreviation := kyrgyz.split_abbreviation(raw):
        return (abbreviation.lower()[:LONGEST],)
    parts = (part for part in JOINERS.split(raw.lower()) if part)
    return tuple(SPELLINGS.sub("айыл", part)[:LONGEST] for part in parts)


def tokens(text: str) -> Iterator[Token]:
    """Words of a text in their order."""
    for match in WORD.finditer(text):
        parts = surfaces(match.group())
        if parts:
            joined = "".join(parts)[:LONGEST] if len(parts) > 1 else parts[0]
            yield Token(match.start(), match.end(), parts, joined)


def stem(word: str, language: str) -> str:
    """Stem of a lower-case word, by the rules of the language."""
    if not CYRILLIC.search(word):
        return word
    return kyrgyz.stem(word) if language == "ky" else _russian_stem(word)


@lru_cache(maxsize=2**15)
def _russian_stem(word: str) -> str:
    word = word.replace("ё", "е")
    if word in SEL:
        return "сель"
    with _russian_lock:
        found = _russian.stemWord(word)
    # «АО» is no ending.
    return found if len(found) > 1 else word


def is_stop_word(word: str, language: str) -> bool:
    return word in STOP_WORDS[language]


def lexeme(word: str, language: str) -> str:
    """The lexeme of a lower-case word in a text of the language; "" for a stop word."""
    if is_stop_word(word, language):
        return ""
    return PREFIX[language] + stem(word, language)


@lru_cache(maxsize=2**15)
def lexemes_of(raw: str, language: str) -> tuple[tuple[int, str], ...]:
    """(offset, lexeme) of a word as written; «Ак-Суу» gives ак, суу and аксуу."""
    parts = surfaces(raw)
    found = [(offset, lexeme(part, language)) for offset, part in enumerate(parts)]
    if len(parts) > 1:
        # The whole stands where the first part does; the last of the list tells the width.
        found.insert(0, (0, lexeme("".join(parts)[:LONGEST], language)))
    return tuple(found)


def in_title(found: str) -> str:
    """What a lexeme is called in a title: with a capital, so that titles are found without reading
    the weights of every match.
    """
    return found[0].upper() + found[1:]


def raw_words(text: str) -> list[str]:
    """The words of a text as written, in their order."""
    return WORD.findall(text)


def vector(fields: Iterable[tuple[list[str], str, str]]) -> str:
    """A tsvector's literal with positions and weights, to be cast: 'kсуу':3A,17 'kжол':5

    fields: words as written, what they weigh (A, B, C or D), and their language. Not
    array_to_tsvector, which keeps no positions: ranking would be blind.
    """
    places: dict[str, list[str]] = {}
    position = 1
    for raws, weight, language in fields:
        sign = "" if weight == "D" else weight
        for raw in raws:
            for offset, found in lexemes_of(raw, language):
                if found:
                    at = f"{position + offset}{sign}"
                    if found in places:
                        places[found].append(at)
                    else:
                        places[found] = [at]
            position = min(position + offset + 1, LAST_POSITION - FIELD_GAP)
        position += FIELD_GAP
    return " ".join(f"'{found}':{','.join(at[:POSITIONS])}" for found, at in places.items())


def words(raws: Iterable[str]) -> set[str]:
    """The different words among those written: letters only, for spelling and folding."""
    found: set[str] = set()
    for raw in set(raws):
        parts = surfaces(raw)
        found.update(parts)
        if len(parts) > 1:
            found.add("".join(parts)[:LONGEST])
    return {word for word in found if len(word) > 1 and word.isalpha()}
