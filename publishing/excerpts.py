"""Shorter texts: cut at the end of a sentence, else of a word; numbers keep their units."""

import re

SENTENCE_END = re.compile(r"[.!?…]+[»)]?(?=\s+[«(А-ЯЁӨҮҢA-Z\d–])")
#: After these a full stop ends an abbreviation, not a sentence; neither after a single letter.
SHORT_FORMS = {
    "ст", "им", "ул", "тыс", "млн", "млрд", "руб", "стр", "рис", "см", "др", "пр", "кв", "тел",
}  # fmt: skip
UNITS = (
    "%", "°", "сом", "сома", "сомов", "сомдон", "сомго", "миң", "тыс", "тысяч", "тысячи", "млн",
    "млрд", "миллион", "км", "м", "м²", "м³", "см", "мм", "га", "кг", "т", "л", "кВт", "метр",
    "метров", "адам", "киши", "человек", "пайыз", "процентов", "жителей", "жашоочу", "женщин", "дворов",
    "семей", "үй-бүлө", "күн", "ай", "жыл", "день", "дня", "дней", "лет", "год",
    "г", "ж",
)  # fmt: skip
NUMBER_GAP = re.compile(
    rf"(?<=\d) (?=\d{{3}}(?!\d)|(?:{'|'.join(map(re.escape, UNITS))})(?!\w))|(?<=№) (?=\d)|(?<=\bст\.) (?=\d)"
)


def glued(text: str) -> str:
    """No-break spaces inside numbers and between a number and its unit: «1 250 000 сом»."""
    return NUMBER_GAP.sub("\u00a0", text)


def sentences(text: str) -> list[str]:
    """The sentences of a plain text; line ends end a sentence too."""
    found = []
    for line in text.splitlines():
        start = 0
        for end in SENTENCE_END.finditer(line):
            last = re.search(r"(\w*)$", line[start : end.start()])[1]
            if (len(last) == 1 and not last.isdigit()) or last.lower() in SHORT_FORMS:
                continue
            found.append(line[start : end.end()].strip())
            start = end.end()
        found.append(line[start:].strip())
    return [sentence for sentence in found if sentence]


def excerpt(text: str, limit: int, *, whole_sentences: bool = False) -> str:
    """The start of a plain text, `limit` characters at most, on one line.

    Whole sentences where they fill at least half of the room; else cut after a word, with «…», or
    "" when only whole sentences are wanted. A word longer than the room is cut inside.
    """
    whole = re.sub(r"[ \n\t]+", " ", text).strip()
    if len(whole) <= limit:
        return whole
    if limit < 2:
        return ""
    kept = ""
    for sentence in sentences(text):
        longer = f"{kept} {sentence}" if kept else sentence
        if len(longer) > limit:
            break
        kept = longer
    if whole_sentences or len(kept) >= limit / 2:
        return kept
    start = whole[: limit - 1]
    if not whole[limit - 1].isspace():
        # A no-break space holds a number to its unit, so only plain spaces part words.
        start = start.rpartition(" ")[0] or start
    return start.rstrip(" ,;:–—-(«") + "…"
