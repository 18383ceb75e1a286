"""Words that tell who applies, found in every spelling and case, and put out of sight.

A name is looked for by its stem: Kyrgyz and Russian hang their cases on its end. Letters that people
type for one another (ө о, ң н, Latin a) are the same letter here, a hyphen may be a space or nothing,
and a name in Latin letters is the same name. Rather one word too many is hidden than one too few.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property

from places.names import FOLD, LOOK_ALIKES, fold
from publishing.slugs import LATIN

PLACE, PERSON, CONTACT = "place", "person", "contact"
#: What stands where something was, by the language of the text.
MARKS = {
    "ky": {PLACE: "[аймак]", PERSON: "[ысым]", CONTACT: "[байланыш]"},
    "ru": {PLACE: "[аймак]", PERSON: "[имя]", CONTACT: "[контакт]"},
}
#: A stem of so many letters takes any ending; a shorter one only those a case can have.
LONG = 5
#: A person’s name written small is taken for a name from so many letters on: «бакыт» is a word too.
SURE = 7
#: Between the halves of a name: Ак-Суу, Ак Суу, АкСуу, Ак–Суу.
GAP = r"[\s_.·‐‑‒–—−-]{0,3}"
VOWELS = "аоуыэяюеийь"
#: Endings of cases, plural and adjectives of both languages, folded; up to three of them in a row.
ENDINGS = (
    "[лдт][аео]р|[лдт]а|[дтн][ыиу]н|[дтн][ыиу]|[гк][аео]|[дт][аео]н?|[нс][аыиеоу]н?|[гк][ыиу]"
    "|[лдт][ыиу]к|л[уы]|ск\\w{2,3}|[аоуыеиюя]|о[мйв]|е[мйв]|а[мх]|ами|ы[мх]|и[мх]"
)
BETWEEN_WORDS = re.compile(r"[^\w]+")
#: «А к - С у у», as headings are set and as drawings give back their text.
SPACED = re.compile(r"\b(?:\w[\s-]{1,3}){3,}\w\b")
CAPITAL = "А-ЯЁӨҮҢ"
WORD = f"[{CAPITAL}][а-яёөүңА-ЯЁӨҮҢ-]+"

#: A town among the municipalities would be told by the word beside its name.
AS_TOWN = re.compile(r"(?:\bг\.\s*|\bгород\w*\s+)?\[аймак\](?:\s+шаар\w*)?", re.IGNORECASE)
CONTACTS = re.compile(
    r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w/])@[\w.]{3,}"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:kg|com|org|net|info|ru|edu|me)\b(?:/\S*)?"
    r"|(?<![\d.,])(?:\+?\s?996|0)(?:[\s().-]{0,2}\d){8,9}(?!\d)"
    r"|(?<![\d.,-])\d{1,3}-\d\d-\d\d(?![\d-])|(?<!\d)\d{14}(?!\d)",
    re.IGNORECASE,
)
#: Places and streets that no record names: «Тамга айылында», «село Тамга», «ул. Манаса».
UNKNOWN_PLACES = re.compile(
    rf"(?P<before>{WORD}(?:\s{WORD})?)(?=[»”\"]?\s+(?:айыл|а/[аө]|район|шаар|көчө|кыштаг|жайлоо|участок))"
    rf"|(?:\b(?:[Сс]ел[оаеу]м?|[Дд]еревн\w+|[Уу]лиц\w+|[Пп]осёлок\w*|[Пп]осел[ко]\w*)|\b(?:с|ул|пос|г)\.)"
    rf"\s*[«“\"]?(?P<after>{WORD}(?:\s{WORD})?)"
)
#: Words that begin a sentence before «айыл» and are no name.
NO_PLACES = re.compile(
    r"(?:Биз|Бул|Ар|Бир|Эки|Үч|Төрт|Беш|Ошол|Ошон|Ушул|Ушу|Бардык|Бүт|Айыл|Жергиликтүү|Кыргыз"
    r"|Республик|Кайсы|Чек|Тоолуу|Алыскы|Жаңы|Эски|Башка|Көп|Кээ|Ал|Анын|Негизги|Борбор|Ички|Чоң"
    r"|Чакан|Кичи|Коңшу|Кошуна|Азыр|Мурда|Силер|Өз|Ата|Сиз|Район|Бишкек)[а-яөүң]*$"
)
#: People nobody has put on record: «Б. Асанов», «Асан Бакиров», «Бакыт Асан уулу».
SURNAME = (
    rf"[{CAPITAL}][а-яёөүң]+(?:[оеё]в|ин)(?:а|у|ым|ой|ага|гө|го|ге|дун|нын|нин|нун|дын|дин|ду|ны)?"
)
UNKNOWN_PEOPLE = re.compile(
    rf"\b(?:[{CAPITAL}]\.\s?){{1,2}}{SURNAME}\b|\b{SURNAME}\s(?:[{CAPITAL}]\.\s?){{1,2}}"
    rf"|\b[{CAPITAL}][а-яёөүң]+\s{SURNAME}\b|\b{SURNAME}\s[{CAPITAL}][а-яёөүң]+\b"
    rf"|\b(?:{WORD}\s)?{WORD}\s(?:уулу|кызы)(?:\s{WORD})?"
)


def visible(text: str) -> str:
    """The text without signs nobody sees, which would split a name in two for whoever looks for it."""
    text = unicodedata.normalize("NFC", text)
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) != "Cf")


def _folded(text: str) -> str:
    """As long as the text: small letters, those typed for one another made one."""
    small = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    small = small.translate(FOLD)
    return re.sub(
        r"\w*[а-я]\w*", lambda found: found[0].translate(LOOK_ALIKES), small.replace("\xa0", " ")
    )


def _joined(text: str) -> str:
    return re.sub(r"[\s-]+", "", text)


def _latin(text: str) -> str:
    return "".join(LATIN.get(char, char) for char in text.lower())


def _stem(word: str, *, is_second: bool) -> str:
    """A name’s last word without what the cases change: суу → су, токтогулова → токтогулов."""
    word = re.sub(r"(?<=..)(?:ский|цкий|ская|ское)$", "", word)
    least = 2 if is_second else 3
    return word[:-1] if len(word) > least and word[-1] in VOWELS else word


def _is_long(parts: list[str]) -> bool:
    """Whether the name is no other word’s beginning."""
    return len(parts) > 1 or len(_stem(parts[-1], is_second=False)) >= LONG


def _pattern(parts: list[str]) -> str:
    """A regular expression of the name in all its cases; parts: its words, folded."""
    *firsts, last = parts
    stem = _stem(last, is_second=bool(firsts))
    ending = r"\w*" if _is_long(parts) else rf"(?:{ENDINGS}){{0,3}}\b"
    softened = {"к": "[кг]", "п": "[пб]"}
    end = softened.get(stem[-1], re.escape(stem[-1]))
    return GAP.join([*map(re.escape, firsts), re.escape(stem[:-1]) + end]) + ending


def _words(name: str) -> list[str]:
    return [part for part in BETWEEN_WORDS.split(name) if part]


class _Group:
    """Names looked for together. Their pattern is made when it is wanted: that takes longest."""

    def __init__(self, kind: str, names: list[list[str]], *, is_capital: bool):
        self.kind, self.names, self.is_capital = kind, names, is_capital
        beginnings = {each[0][: min(3, len(each[0]) - 1) or 1] for each in names}
        self._beginnings = [(each, _latin(each)) for each in beginnings]

    def may_stand_in(self, folded: str, small: str) -> bool:
        return any(own in folded or latin in small for own, latin in self._beginnings)

    @cached_property
    def _cyrillic(self) -> re.Pattern:
        return re.compile(rf"(?<!\w)(?:{'|'.join(dict.fromkeys(map(_pattern, self.names)))})")

    @cached_property
    def _latin(self) -> re.Pattern | None:
        found = {GAP.join(map(re.escape, map(_latin, each))) for each in self.names}
        long = "|".join(sorted((each for each in found if len(each) >= LONG), reverse=True))
        return re.compile(rf"(?<![a-z])(?:{long})", re.IGNORECASE) if long else None

    def found_in(self, text: str, folded: str) -> list[tuple[int, int, str]]:
        spans = [
            (*found.span(), self.kind)
            for found in self._cyrillic.finditer(folded)
            if not self.is_capital or text[found.start()].isupper()
        ]
        if self._latin:
            spans += [(*found.span(), self.kind) for found in self._latin.finditer(text)]
        return spans


class Mask:
    """Hides names of places and of people, and ways to reach them, in any text.

    places, people: names as the records have them. Nothing is hidden where both are None.
    """

    def __init__(self, *, places: Iterable[str] | None, people: Iterable[str] | None):
        #: What it was made from, for whoever keeps what it has looked through.
        self.names = (sorted(places or ()), sorted(people or ()))
        self._hides = {PLACE: places is not None, PERSON: people is not None}
        self._groups: list[_Group] = []
        self._squeezed: list[str] = []
        self._read_places({fold(visible(name)) for name in places or () if name and name.strip()})
        self._read_people({visible(name) for name in people or () if name and name.strip()})

    def _read_places(self, names: set[str]) -> None:
        parts = [_words(name) for name in sorted(names, key=len, reverse=True)]
        parts = [each for each in parts if sum(map(len, each)) > 1]
        self._add(PLACE, [each for each in parts if _is_long(each)], is_capital=False)
        self._add(PLACE, [each for each in parts if not _is_long(each)], is_capital=True)
        self._squeezed = [joined for each in parts if len(joined := "".join(each)) >= SURE]

    def _read_people(self, names: set[str]) -> None:
        least = 3
        whole = [[_folded(part) for part in _words(name)] for name in sorted(names)]
        whole = [
            [p for p in each if len(p) >= least and p not in {"уулу", "кызы"}] for each in whole
        ]
        single = sorted({part for each in whole for part in each}, key=len, reverse=True)
        self._add(PERSON, [each for each in whole if len(each) > 1], is_capital=False)
        self._add(PERSON, [[part] for part in single if len(part) >= SURE], is_capital=False)
        self._add(PERSON, [[part] for part in single if len(part) < SURE], is_capital=True)

    def _add(self, kind: str, names: list[list[str]], *, is_capital: bool) -> None:
        if names:
            self._groups.append(_Group(kind, names, is_capital=is_capital))

    def __call__(self, text: str, language: str = "ky") -> str:
        """The text with marks in place of what it hides."""
        if not any(self._hides.values()) or not text:
            return text
        text = visible(text)
        spans = [*self._known(text), *self._guessed(text)]
        made, last = [], 0
        for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start < last:
                continue
            made += [text[last:start], MARKS[language][kind]]
            last = end
        masked = AS_TOWN.sub(MARKS[language][PLACE], "".join([*made, text[last:]]))
        return re.sub(r"(\[\w+\])(?:[\s,.«»“”\"-]{0,3}\1)+", r"\1", masked)

    def tells(self, text: str) -> bool:
        """Whether the text names what the records name; also where it was taken to pieces."""
        text = visible(text)
        if self._known(text) or self._known(SPACED.sub(lambda found: _joined(found[0]), text)):
            return True
        squeezed = re.sub(r"[\W_]+", "", _folded(text))
        return any(name in squeezed for name in self._squeezed)

    def _known(self, text: str) -> list[tuple[int, int, str]]:
        """(start, end, kind) of names on record."""
        folded, small = _folded(text), text.lower()
        spans = []
        for group in self._groups:
            if group.may_stand_in(folded, small):
                spans += group.found_in(text, folded)
        return spans

    def _guessed(self, text: str) -> list[tuple[int, int, str]]:
        """The same of what no record names: contacts, and what stands where names stand."""
        spans = [(*found.span(), CONTACT) for found in CONTACTS.finditer(text)]
        if self._hides[PLACE]:
            for found in UNKNOWN_PLACES.finditer(text):
                group = "before" if found["before"] else "after"
                if not NO_PLACES.match(found[group].split()[-1]):
                    spans.append((*found.span(group), PLACE))
        if self._hides[PERSON]:
            spans += [(*found.span(), PERSON) for found in UNKNOWN_PEOPLE.finditer(text)]
        return spans
