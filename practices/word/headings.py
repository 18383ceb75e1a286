"""Which paragraphs and cells are headings of the template, by whatever name and in whatever form.

Three strengths: HEADING is a real heading or the label of a table, LINE a line in bold, in capitals
or with a number, PLAIN a plain line or «Label: text».
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from practices.word.blocks import Block, Paragraph, Table, one_line
from practices.word.fields import LABELS, Field, fold, scale_of, spellings
from practices.word.values import SLIP

HEADING, LINE, PLAIN = 3, 2, 1
MAX_LABEL = 90
#: The level of a heading that is none by its style: any real heading stands above it.
NO_LEVEL = 10
_INLINE = re.compile(r"([^:\n]{2,90}?)\s*(?::|\s[–—-]\s)\s*(?=\S)")


@dataclass(frozen=True)
class Heading:
    """A recognised heading: its field (None: a part of the template), and text on the same line."""

    field: Field | None
    label: str
    strength: int
    level: int
    rest: str = ""

    @property
    def key(self) -> str:
        return self.field.name if self.field else fold(self.label)


#: Ends a field without beginning another.
END = Heading(None, "", HEADING, NO_LEVEL)


def _known(text: str, *, slips: bool = False) -> tuple[bool, Field | None]:
    """(whether it is a heading, its field)"""
    forms = spellings(text) if len(text) <= MAX_LABEL else []
    for form in forms:
        if form in LABELS:
            return True, LABELS[form]
    if slips and forms and len(forms[-1]) > 5:
        near = get_close_matches(forms[-1], LABELS, n=2, cutoff=SLIP)
        if len({id(LABELS[form]) for form in near}) == 1:
            return True, LABELS[near[0]]
    return False, None


def heading_of(paragraph: Paragraph) -> Heading | None:
    """The paragraph as a heading, with the strength it would have as one."""
    first, _break, tail = paragraph.text.partition("\n")
    level = paragraph.heading if paragraph.heading is not None else NO_LEVEL
    is_bold = bool(paragraph.bold) and paragraph.bold.startswith(first.strip())
    is_numbered = paragraph.item in {"1", "typed"} or bool(re.match(r"\s*\d{1,2}[.)]", first))
    is_line = is_bold or is_numbered or (first.isupper() and len(first) > 3)
    strength = HEADING if paragraph.heading is not None else LINE if is_line else PLAIN
    if paragraph.item != "-" or is_bold:
        is_known, found = _known(first, slips=strength > PLAIN and not is_numbered)
        if is_known:
            return Heading(found, first, strength, level, tail.strip())
    if paragraph.item == "-" and not paragraph.bold:
        return None
    if inline := _INLINE.match(paragraph.text):
        is_known, found = _known(inline[1])
        if is_known and found:
            if strength != HEADING:
                strength = LINE if fold(paragraph.bold).startswith(fold(inline[1])) else PLAIN
            return Heading(found, inline[1], strength, level, paragraph.text[inline.end() :])
    return None


def labelled(table: Table) -> list[tuple[Heading, list[Block]]] | None:
    """A table «label | text» as headings with what belongs to them; None when it is not one."""
    made, labels = [], 0
    for row in table.rows:
        cells = [cell for cell in row if cell.text.strip()]
        heading = None
        # Before the label there may be a number.
        for number, cell in enumerate(cells[:2]):
            first = cell.blocks[0]
            if not isinstance(first, Paragraph) or (
                number and not re.fullmatch(r"[\d.)]+", cells[0].text)
            ):
                continue
            is_known, found = _known(first.text.partition("\n")[0], slips=True)
            if is_known and found and found.kind != "rows":
                under = [
                    *cell.blocks[1:],
                    *(block for each in cells[number + 1 :] for block in each.blocks),
                ]
                heading = Heading(found, first.text, HEADING, 1)
                made.append((heading, under))
                labels += 1
                break
        if heading is None and cells:
            made.append((END, [Paragraph(": ".join(one_line(cell.blocks) for cell in cells))]))
    is_wide = any(len([cell for cell in row if cell.text.strip()]) > 3 for row in table.rows)
    return made if labels >= 2 and labels * 2 >= len(made) and not is_wide else None


@dataclass(frozen=True)
class Column:
    """A column of a table: its field, what its money is counted in, the year its heading names."""

    field: Field
    scale: str = ""
    year: str = ""


_HEADING_YEAR = re.compile(r"(?:\b[вс]\s+)?\b((?:19|20)\d\d)\b(?:\s?-?\s?(?:г|год|ж|жыл)\w*\.?)?")


def columns_of(of: Field, header: dict[int, str]) -> dict[int, Column]:
    """The columns whose headings are known, by position; header: {position: heading}."""
    known: dict[str, Field] = {}
    for column in of.columns:
        for word in (*column.label.values(), *column.also):
            known.setdefault(fold(word), column)
    found: dict[int, Column] = {}
    last = ""
    for position, text in header.items():
        year = _HEADING_YEAR.search(text)
        forms = [*spellings(text), *spellings(_HEADING_YEAR.sub("", text))]
        if last and forms and forms[0] in {"год", "жыл", "жылы"}:
            forms = [f"{last}_year"]
        column = next((known[form] for form in forms if form in known), None)
        column = column or next((each for each in of.columns if each.name in forms), None)
        if column is None and forms:
            near = get_close_matches(forms[0][:100], known, n=1, cutoff=SLIP)
            column = known[near[0]] if near else None
        if column and column not in [each.field for each in found.values()]:
            found[position] = Column(column, scale_of(text), year[1] if year else "")
            last = column.name if column.name in {"before", "after"} else ""
    return found
