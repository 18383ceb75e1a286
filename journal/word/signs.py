"""Signs as Word keeps them: letters of fonts that hold pictures or Greek, hyphens nobody sees."""

import re

#: The font Symbol, by the last byte of a sign; what is not here stands for itself.
SYMBOL = dict(
    zip(
        range(0x41, 0x5B),
        "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ",
        strict=True,
    )
) | dict(
    zip(
        range(0x61, 0x7B),
        "αβχδεφγηιϕκλμνοπθρστυϖωξψζ",
        strict=True,
    )
)
SYMBOL |= {
    0x22: "∀", 0x24: "∃", 0x2A: "∗", 0x2D: "−", 0x40: "≅", 0xA2: "′", 0xA3: "≤", 0xA4: "⁄", 0xA5: "∞",
    0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB2: "″", 0xB3: "≥",
    0xB4: "×", 0xB5: "∝", 0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈", 0xBC: "…",
    0xC6: "∅", 0xC7: "∩", 0xC8: "∪", 0xCE: "∈", 0xCF: "∉", 0xD0: "∠", 0xD1: "∇", 0xD2: "®", 0xD3: "©",
    0xD4: "™", 0xD5: "∏", 0xD6: "√", 0xD7: "⋅", 0xD8: "¬", 0xDB: "⇔", 0xDC: "⇐", 0xDD: "⇑", 0xDE: "⇒",
    0xDF: "⇓", 0xE5: "∑", 0xF2: "∫",
}  # fmt: skip
#: The fonts Wingdings; what is not here is the sign of an item.
WINGDINGS = {
    0x28: "☎", 0x29: "☎", 0x2A: "✉", 0x2B: "✉", 0x46: "☞", 0x4A: "☺", 0x4C: "☹", 0x52: "☑", 0x54: "☒",
    0x6F: "☐", 0x71: "☐", 0x72: "☐", 0xA1: "○", 0xA8: "☐", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓",
    0xE7: "←", 0xE8: "→", 0xE9: "↑", 0xEA: "↓", 0xF0: "⇒", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
FONTS_OF_SIGNS = re.compile("symbol|wingdings|webdings", re.IGNORECASE)
#: Nobody sees them: soft hyphens, joints of zero width. A line separator is a line break.
UNSEEN = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF)) | {0x2028: "\n", 0x2029: "\n"}
PRIVATE = re.compile("[\uf020-\uf0ff]")
#: Cyrillic letters of neither language, in whose places old Kyrgyz fonts drew ң, ө, ү; and Russian
#: letters as a system that knew none showed them.
STRANGE = re.compile(
    r"[А-Яа-яЁё]+[ЂЃЅЄЇЈЉЊЋЌЎЏђѓѕєїјљњћќўџ]|[ЂЃЅЄЇЈЉЊЋЌЎЏђѓѕєїјљњћќўџ][а-яё]{2}|[À-ÿ]{4}"
)
#: A foreign name has one such word; a text in an old font has them in every line.
STRANGE_WORDS = 5


def sign(code: int, font: str) -> str:
    """What the sign of a font of signs shows; code: as the document has it, with or without 0xF000."""
    number = code & 0xFF if 0xF000 <= code <= 0xF0FF else code
    if "symbol" in font.lower():
        return SYMBOL.get(number, chr(number))
    return WINGDINGS.get(number, "•")


def symbol(char: str, font: str) -> str:
    """A sign told by its number in the font; char: two to four hexadecimal figures, else nothing."""
    if not re.fullmatch(r"[0-9A-Fa-f]{2,4}", char):
        return ""
    code = int(char, 16)
    if not 0x1F < code < 0xFFFE or 0xD800 <= code <= 0xDFFF:
        return ""
    is_of_signs = 0xF000 <= code <= 0xF0FF or FONTS_OF_SIGNS.match(font)
    return sign(code, font) if is_of_signs else chr(code)


def readable(text: str, font: str) -> str:
    """The text without what nobody sees, signs of the private range as what they show."""
    text = text.translate(UNSEEN)
    return PRIVATE.sub(lambda found: sign(ord(found[0]), font), text)


def is_of_old_font(text: str) -> bool:
    """Whether the letters seem to be those of a font from before Unicode."""
    return len(STRANGE.findall(text)) >= STRANGE_WORDS
