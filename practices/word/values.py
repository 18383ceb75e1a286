"""Dates, money, numbers and choices as people write them in Kyrgyz and in Russian.

Every reader returns an Understood or None. Nothing is guessed: where a text says more than the value,
or says it loosely, the value comes with a doubt, and the caller tells the writer.
"""

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from itertools import pairwise

from practices.word.fields import NO, YES, fold

#: Doubts: the value is a reading of the whole text; the value is one part of what the text says.
LOOSE, PARTLY = "loose", "partly"
#: How like a known word another must be to be read as a misspelling of it.
SLIP = 0.88
MONTHS = ("янв", "фев", "мар", "апр", "ма[йяе]", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_MONTH = rf"(?P<month>(?:{'|'.join(MONTHS)})[а-я]*)\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_YEAR_WORD = r"(?:\s?-?\s?(?:гг?|год[ау]?|ж|жыл[а-я]*)\b\.?)?"
_AT = r"(?:(?:с|со|в|во|от|на)\s+)?"
_DAY = r"(?P<day>\d{1,2})"
_OF_MONTH = r"(?:\s+ай[а-я]*)?"
_DAY_WORD = r"(?:\s+кун[а-я]*)?"
#: From the most exact to the loosest.
DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_YEAR}-(?P<number>\d{{1,2}})-{_DAY}",
        rf"{_AT}{_DAY}[./-](?P<number>\d{{1,2}})[./-](?P<year>(?:19|20)?\d\d){_YEAR_WORD}",
        rf"{_AT}{_DAY}[\s-]+{_MONTH},?\s+{_YEAR}{_YEAR_WORD}{_DAY_WORD}",
        rf"{_YEAR}{_YEAR_WORD},?\s+{_DAY}[\s-]+{_MONTH}{_DAY_WORD}",
        rf"{_AT}(?P<number>\d{{1,2}})[./]{_YEAR}{_YEAR_WORD}",
        rf"{_AT}{_MONTH},?\s+{_YEAR}{_YEAR_WORD}",
        rf"{_YEAR}{_YEAR_WORD},?\s+{_MONTH}{_OF_MONTH}",
        rf"{_AT}{_YEAR}{_YEAR_WORD}",
    )
)
RANGES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(.+?)\s*[–—]\s*(.+)",
        r"(.+?)\s+-\s+(.+)",
        r"((?:19|20)\d\d)-((?:19|20)\d\d(?!\d).*)",
        r"(?:с\s+)?(.+?)\s+(?:по|до)\s+(.+)",
        r"(.+?[днт][аеоу]н)\s+(.+?)\s+чейин",
    )
)
STILL = {
    "настоящее время", "настоящее", "наст время", "н в", "сейчас", "сегодня", "сих пор",
    "продолжается", "азыр", "азыркы убакыт", "азыркыга", "бугун", "бугунку кун", "бугунку кунго",
    "уланууда", "уланып жатат", "ушул кезге",
}  # fmt: skip
_NUMBER = r"\d{1,3}(?:[ .,’']\d{3})+(?:[.,]\d{1,2})?(?![\d])|\d+(?:[.,]\d+)?"
_SCALES = {"мин": 10**3, "тыс": 10**3, "млн": 10**6, "миллион": 10**6, "млрд": 10**9}
_AMOUNT = re.compile(
    rf"(?P<number>{_NUMBER})\s*(?P<scale>мин|тыс(?:яч[аи]?)?|млн|миллион[а-я]*|млрд|миллиард[а-я]*)?"
    r"(?![а-яa-z])\.?"
)
MONEY_WORDS = {
    "сом", "сома", "сомов", "сому", "сомду", "сомго", "сомдон", "сомдун", "с", "kgs", "кгс", "som",
    "в", "год", "года", "г", "жыл", "жылына", "жылда", "ежегодно", "всего", "итого", "баары", "бары",
    "жалпы", "бардыгы", "болуп", "бир", "жолу", "единовременно", "разово",
}  # fmt: skip
PEOPLE_WORDS = {
    "человек", "человека", "чел", "люди", "людей", "киши", "кишиге", "адам", "адамга", "жашоочу",
    "жашоочуга", "тургун", "тургунга", "жителей", "жителя", "жители", "женщин", "женщины", "женщина",
    "аял", "аялдар", "всего", "болуп", "баары",
}  # fmt: skip
OTHER_MONEY = re.compile(r"[$€₽]|\b(?:долл|доллар|usd|евро|eur|руб|rub|тенге|kzt)")
NOTHING = {
    "0", "бесплатно", "безвозмездно", "нет", "без затрат", "не требуется", "расходов нет",
    "акысыз", "бекер", "жок", "чыгым жок", "чыгымсыз", "каражат талап кылынбайт",
}  # fmt: skip
_DAYS = re.compile(
    r"(?P<number>\d{1,4})\s*(?P<unit>день|дня|дней|дн|кун\w*|недел\w*|нед|жума\w*|апта\w*|месяц\w*|"
    r"мес|ай|айда|год\w*|жыл\w*)?\.?"
)
_LENGTHS = (
    ("нед", 7),
    ("жума", 7),
    ("апта", 7),
    ("мес", 30),
    ("ай", 30),
    ("год", 365),
    ("жыл", 365),
)
CHECKED = "☒☑✓✔✅✗✘⊠🗹🗷"
EMPTY = "☐□◻⬜❏❑❒▢○"
_BOX = re.compile(
    rf"\s*(?:([{CHECKED}]|\[[xхvX+ХV✓]\]|\([xхv+]\)|\+)|([{EMPTY}]|\[\s*\]|\(\s*\)))\s*"
)
_LATE_BOX = re.compile(rf"(.+?)\s*(?:[–—:-]\s*)?([{CHECKED}]|\[[xхvX+ХV✓]\]|\+)\s*")
_BOXES = re.compile(rf"(?=[{CHECKED}{EMPTY}])")


@dataclass(frozen=True)
class Understood:
    """A value as the draft keeps it, always text; doubt: "", LOOSE or PARTLY."""

    value: str
    doubt: str = ""


def _plain(text: str) -> str:
    """Lower case, Kyrgyz letters folded, any space one space, no quotation marks."""
    text = re.sub(r"[\s\u00a0\u2009\u202f]+", " ", text.lower()).strip(" .;,")
    text = text.translate(str.maketrans("өүңё", "оуне"))
    return re.sub(r"[«»“”\"_]", "", text).strip()


# ---------------------------------------------------------------- dates


def read_date(text: str, *, is_end: bool = False) -> Understood | None:
    """«12.04.2023», «апрель 2023», «2023-жылдын апрели», «2023» → ISO.

    Where the day or the month is not told, the first one stands, or the last one of an end (LOOSE).
    """
    plain = _plain(text)
    for number, pattern in enumerate(DATES):
        if found := pattern.fullmatch(plain):
            return _date(found, is_end, LOOSE if number > 3 else "")
    for pattern in DATES:
        for found in pattern.finditer(plain):
            is_whole = not re.search(r"[\d./-]$", plain[: found.start()]) and not re.match(
                r"[\d./-]*\d", plain[found.end() :]
            )
            if is_whole and (understood := _date(found, is_end, PARTLY)):
                return understood
    return None


def _date(found: re.Match, is_end: bool, doubt: str) -> Understood | None:
    parts = found.groupdict()
    year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
    month, day = parts.get("number"), parts.get("day")
    if parts.get("month"):
        month = next(
            number for number, stem in enumerate(MONTHS, 1) if re.match(stem, parts["month"])
        )
    month = int(month) if month else (12 if is_end else 1)
    if not (1991 <= year <= 2100 and 1 <= month <= 12):
        return None
    day = int(day) if day else (calendar.monthrange(year, month)[1] if is_end else 1)
    try:
        return Understood(date(year, month, day).isoformat(), doubt)
    except ValueError:
        return None


def read_period(text: str) -> tuple[Understood, Understood | None] | None:
    """«2021–2023», «апрель 2022 – май 2023», «с 2021 по настоящее время» → (start, end or None)."""
    plain = _plain(text)
    for pattern in RANGES:
        found = pattern.fullmatch(plain)
        if not found:
            continue
        start, end = read_date(found[1]), read_date(found[2], is_end=True)
        if not start or start.doubt == PARTLY:
            continue
        if fold(found[2]) in STILL:
            return start, None
        if end and end.doubt != PARTLY and end.value >= start.value:
            return start, end
    return None


def read_year(text: str) -> Understood | None:
    found = re.fullmatch(rf"{_AT}{_YEAR}{_YEAR_WORD}", _plain(text))
    return Understood(found["year"]) if found and int(found["year"]) >= 1991 else None


# ---------------------------------------------------------------- numbers


def _decimal(number: str, *, has_scale: bool) -> Decimal:
    bare = re.sub(r"[ ’']", "", number)
    if not has_scale and re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", bare):
        return Decimal(re.sub(r"[.,]", "", bare))
    head, _mark, tail = re.fullmatch(r"(.+?)(?:([.,])(\d*))?", bare.replace(",", ".")).groups()
    return Decimal(f"{head.replace('.', '')}.{tail or 0}")


def _scale(word: str | None) -> int:
    if not word:
        return 1
    return next((size for stem, size in _SCALES.items() if word.startswith(stem)), 10**9)


def _amount(text: str, words: set[str]) -> Understood | None:
    """One whole number with its scale, «1 млн 200 тыс.» too; other words than `words` make it PARTLY."""
    plain = _plain(text)
    if re.search(r"[-−–]\s?\d", plain):
        return None
    found = list(_AMOUNT.finditer(plain))
    if not found:
        return None
    scales = [_scale(each["scale"]) for each in found]
    if any(lower >= higher for higher, lower in pairwise(scales)):
        return None
    total = sum(
        _decimal(each["number"], has_scale=bool(each["scale"])) * scale
        for each, scale in zip(found, scales, strict=True)
    )
    rest = _AMOUNT.sub(" ", plain)
    if re.search(r"\d", rest) or total > 10**12:
        return None
    is_whole = set(re.findall(r"\w+", rest)) <= words and not re.search(r"[%~≈<>]", rest)
    return Understood(str(int(total.to_integral_value())), "" if is_whole else PARTLY)


def with_scale(text: str, scale: str) -> str:
    """«450» under «тыс. сомов» → «450 тыс»; a text that says what it counts in stays."""
    if not scale or re.search(r"сом|тыс|мин|млн|милли|млрд", _plain(text)):
        return text
    return re.sub(rf"({_NUMBER})", rf"\1 {scale}", text, count=1)


def read_money(text: str) -> Understood | None:
    """«450 000 сом», «450 миң сом», «1,2 млн», «бесплатно» → whole som."""
    if fold(text) in NOTHING:
        return Understood("0")
    return None if OTHER_MONEY.search(_plain(text)) else _amount(text, MONEY_WORDS)


def read_count(text: str) -> Understood | None:
    """«1 250 человек», «1,2 миң киши» → a whole number."""
    return _amount(text, PEOPLE_WORDS)


def read_number(text: str) -> tuple[str, str] | None:
    """«−3», «12,5 %», «120 литров» → (number with a point, the unit after it)."""
    found = re.fullmatch(
        rf"(?P<sign>[-−–]?)\s?(?P<number>{_NUMBER})(?P<unit>\D{{0,40}})", " ".join(text.split())
    )
    if not found:
        return None
    value = _decimal(found["number"], has_scale=False).normalize()
    return f"{'-' if found['sign'] and value else ''}{value:f}", found["unit"].strip(" .;,")


def read_days(text: str) -> Understood | None:
    """«10 дней», «2 недели», «бир» not: only what has a number. Months count as thirty days."""
    found = _DAYS.fullmatch(_plain(text))
    if not found:
        return None
    unit = found["unit"] or ""
    length = next((days for stem, days in _LENGTHS if unit.startswith(stem)), 1)
    return Understood(str(int(found["number"]) * length), LOOSE if length > 1 else "")


# ---------------------------------------------------------------- choices


@dataclass(frozen=True)
class Line:
    """A line of a list of choices: is_marked is None where no box stands before it."""

    text: str
    is_marked: bool | None


def choice_lines(text: str) -> list[Line]:
    """The lines of a list; several boxes on one line are several lines."""
    lines = []
    for row in text.split("\n"):
        pieces = [row]
        if len(re.findall(f"[{CHECKED}{EMPTY}]", row)) > 1:
            pieces = _BOXES.split(row)
        for piece in filter(str.strip, pieces):
            if found := _BOX.match(piece):
                lines.append(Line(piece[found.end() :].strip(), bool(found[1])))
            elif found := _LATE_BOX.fullmatch(piece):
                lines.append(Line(found[1].strip(), True))
            else:
                lines.append(Line(piece.strip(), None))
    return lines


def meaning(text: str, meanings: Mapping[str, str]) -> Understood | None:
    """The value whose word this is; a misspelling that fits one value alone is LOOSE."""
    folded = fold(text)
    if folded in meanings:
        return Understood(meanings[folded])
    if len(folded) > 4:
        near = get_close_matches(folded[:200], meanings, n=3, cutoff=SLIP)
        if len({meanings[word] for word in near}) == 1:
            return Understood(meanings[near[0]], LOOSE)
    return None


def read_flag(text: str) -> Understood | None:
    """«Ооба», «да», «жок»; a flag that is not raised is an empty text, as a form keeps it."""
    lines = choice_lines(text)
    chosen = [line.text for line in lines if line.is_marked]
    if not chosen:
        chosen = [line.text for line in lines if line.is_marked is None]
    first, *others = re.split(r"[,.;:–—(]", chosen[0], maxsplit=1) if len(chosen) == 1 else [""]
    folded = fold(first)
    doubt = PARTLY if any(fold(each) for each in others) else ""
    if folded in _folded(YES.values()):
        return Understood("on", doubt)
    return Understood("", doubt) if folded in _folded(NO.values()) else None


def _folded(words: Iterable[str]) -> set[str]:
    return {fold(word) for word in words}
