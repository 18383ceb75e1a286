"""From the blocks of a document to the answers of a draft; what finds no place is handed on whole.

In a document with real headings a bold line is text, unless its field has no heading; so nothing
that was typed into the template is mistaken for a heading.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext, ngettext

from places.names import PlaceIndex
from practices.imports import RowError, ThemeIndex
from practices.word import values
from practices.word.blocks import (
    Block,
    Cell,
    Paragraph,
    Table,
    as_text,
    is_blank,
    one_line,
    table_text,
    words,
)
from practices.word.document import WordDocument, open_document
from practices.word.fields import (
    FIELDS,
    LABEL_LANGUAGES,
    Field,
    fold,
    furniture,
    scale_of,
    spellings,
)
from practices.word.headings import (
    END,
    HEADING,
    NO_LEVEL,
    PLAIN,
    Column,
    Heading,
    columns_of,
    heading_of,
    labelled,
)
from practices.word.values import LOOSE, PARTLY, Understood
from publishing.drafts import MAX_ROWS, MAX_TEXT, new_row_id
from publishing.languages import LANGUAGES, current_language

#: From so many fields with a heading of one strength on, the weaker ones are text.
ENOUGH = 3
MAX_TITLE = 120
#: No list of choices has more lines, no document more tables of the template; looking for likeness
#: in thousands would take long.
MAX_LINES = 60
MAX_TABLES = 60
_ADDRESS = re.compile(r"https?://\S+/(?:ky|ru)/practices/add/?")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>«»]+[^\s<>«».,;)]", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?:\+?996|0)[\d\s()-]{7,16}\d")
#: Words that stand before a municipality's name and are no part of it.
_BEFORE_NAME = re.compile(
    r"\b(?:мэрия(?:сы)?|муниципалитети?|город[ае]|орган\w* мсу|кр|кыргызская республика|"
    r"кыргыз республикасы)\b",
    re.IGNORECASE,
)
_TOTALS = {"итого", "всего", "баары", "бары", "жалпы", "бардыгы", "жыйынтыгы"}
_KYRGYZ = {"жана", "менен", "учун", "болгон", "эле", "болду", "бул", "ар", "бир", "кылынды"}
_RUSSIAN = {"и", "в", "на", "для", "с", "по", "не", "что", "из", "был", "было", "были", "от", "за"}


@dataclass
class Intake:
    """What was read. answers: of a draft, all of them text, lists of text or rows.

    unplaced: texts that found no field, in order. notes: sentences on what was read with doubt.
    """

    language: str
    answers: dict = field(default_factory=dict)
    pictures: list[tuple[str, bytes]] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_word(upload, *, language: str | None = None) -> Intake:
    """Read an uploaded .docx into answers; raises ValidationError with a sentence."""
    return _Reading(open_document(upload), language).intake


@dataclass
class _Section:
    """What stands under one heading; field None: under none that is known."""

    field: Field | None
    label: str
    blocks: list[Block] = field(default_factory=list)


# ---------------------------------------------------------------- the reading


class _Reading:
    """One document being understood."""

    def __init__(self, document: WordDocument, language: str | None):
        self.intake = Intake(language or "", pictures=document.pictures, notes=list(document.notes))
        self.answers = self.intake.answers
        self.where: dict[str, str] = {}
        self.places: PlaceIndex | None = None
        self.themes: ThemeIndex | None = None
        self.words: dict[tuple[str, str], dict[str, str]] = {}
        self.tables = 0
        self.languages = dict.fromkeys(LANGUAGES, 0)
        flow = self.flow(document.blocks)
        self.weigh(flow)
        sections = self.sections(flow)
        self.intake.language = language or self.guess_language(document.blocks)
        self.answers["language"] = self.intake.language
        self.take_where(sections)
        if not self.best:
            self.intake.notes.append(
                gettext(
                    "No heading of the template was found. Put the text into the fields by hand."
                )
            )
        for section in sections:
            self.take(section)
        self.keep_where()
        for paragraph in document.margins:
            if fold(paragraph.text) not in furniture():
                self.keep(paragraph.text)

    # ------------------------------------------------------------ the document's own headings

    def flow(self, blocks: Iterable[Block]) -> list[Block | Heading]:
        """Blocks in order; tables that only lay out the page, or pair labels with texts, are opened."""
        flow: list[Block | Heading] = []
        for block in blocks:
            if isinstance(block, Paragraph):
                flow.append(block)
                continue
            if all(len(row) <= 1 for row in block.rows):
                for row in block.rows:
                    for cell in row:
                        flow += self.flow(cell.blocks)
            elif pairs := labelled(block):
                for heading, under in pairs:
                    flow += [heading, *under]
                flow.append(END)
            else:
                flow.append(block)
        return flow

    def weigh(self, flow) -> None:
        """Find out how strong each field's headings are in this document."""
        self.best: dict[str, int] = {}
        self.headings: dict[int, Heading] = {}
        in_heads = 0
        for item in flow:
            found = item if isinstance(item, Heading) else None
            if isinstance(item, Paragraph) and in_heads < 2000:
                found = heading_of(item)
                in_heads += item.heading is not None or item.is_bold
            if found and found is not END:
                self.headings[id(item)] = found
                self.best[found.key] = max(found.strength, self.best.get(found.key, 0))
        self.is_headed = sum(1 for best in self.best.values() if best == HEADING) >= ENOUGH

    def accepted(self, item) -> Heading | None:
        """The item as a heading, where it is one in this document."""
        found = self.headings.get(id(item))
        if found is None or found.strength < self.best[found.key]:
            return None
        if found.strength == PLAIN and (self.is_headed or found.field is None):
            return None
        return found

    def sections(self, flow) -> list[_Section]:
        sections = [_Section(None, "")]
        level = NO_LEVEL
        for item in flow:
            heading = item if item is END else self.accepted(item)
            if heading:
                sections.append(_Section(heading.field, heading.label))
                level = heading.level
                for form in spellings(heading.label):
                    for language in LABEL_LANGUAGES.get(form, ()):
                        self.languages[language] += 1
                item = Paragraph(heading.rest) if heading.rest else None
            elif isinstance(item, Paragraph):
                item = self.without_advice(item, sections[-1].field)
                if item and item.heading is not None and max(item.heading, 1) <= level < NO_LEVEL:
                    # A heading of its own that nobody knows: what follows is not the field's.
                    sections.append(_Section(None, ""))
            if item and not (isinstance(item, Paragraph) and is_blank(item.text)):
                sections[-1].blocks.append(item)
        return sections

    def without_advice(self, paragraph: Paragraph, of: Field | None) -> Paragraph | None:
        """The paragraph without the template's own words; None where nothing else is in it."""
        if fold(paragraph.text) in furniture() or _ADDRESS.fullmatch(paragraph.text):
            return None
        for language in of.advice if of else ():
            advice = of.advice_in(language)
            if paragraph.text.startswith(advice):
                rest = paragraph.text[len(advice) :].strip()
                return Paragraph(rest, None, paragraph.item)
        return paragraph

    def guess_language(self, blocks: list[Block]) -> str:
        """By the headings found, else by letters and words that only one of the languages has."""
        kyrgyz, russian = self.languages["ky"], self.languages["ru"]
        if kyrgyz == russian:
            text = "\n".join(words(blocks)).lower()
            own = re.findall(r"\w+", text.replace("ү", "у"))
            # Names with ө, ү and ң stand in Russian texts too: three letters count as one word.
            kyrgyz = sum(word in _KYRGYZ for word in own) + len(re.findall("[өүң]", text)) // 3
            russian = sum(word in _RUSSIAN for word in own)
        if kyrgyz == russian:
            return current_language()
        return "ky" if kyrgyz > russian else "ru"

    # ------------------------------------------------------------ keeping

    def keep(self, text: str) -> None:
        """Hand a text on as one without a place."""
        if text.strip() and not is_blank(text):
            self.intake.unplaced.append(text.strip())

    def note(self, sentence: str, **parts) -> None:
        parts = {
            name: text if len(text) <= 100 else f"{text[:99]}…" for name, text in parts.items()
        }
        told = sentence % parts
        if told not in self.intake.notes and len(self.intake.notes) < 60:
            self.intake.notes.append(told)

    def not_understood(self, of: Field, text: str) -> None:
        self.note(
            gettext(
                "%(field)s: “%(text)s” was not understood and stands with the texts without a place."
            ),
            field=of.label[current_language()],
            text=text,
        )
        self.keep(f"{of.label[self.intake.language]}: {text}")

    def understood(self, of: Field, text: str, found: Understood | None) -> str:
        """The value, with the doubt told; a text not understood is handed on."""
        if found is None:
            self.not_understood(of, text)
            return ""
        if found.doubt:
            labels = dict(of.options())
            shown = (
                labels[found.value][current_language()] if found.value in labels else found.value
            )
            self.note(
                gettext("%(field)s: “%(text)s” was read as “%(value)s”. Check it."),
                field=of.label[current_language()],
                text=text,
                value=shown,
            )
        if found.doubt == PARTLY:
            self.keep(f"{of.label[self.intake.language]}: {text}")
        return found.value

    def put(self, name: str, value) -> None:
        if value:
            self.answers[name] = value

    # ------------------------------------------------------------ fields

    def take(self, section: _Section) -> None:
        of = section.field
        if of is None or of.kind == "pictures":
            self.take_loose(section.blocks)
        elif of.kind == "rows":
            self.take_rows(section)
        elif of.kind == "text":
            self.take_text(of, section.blocks)
        elif of.kind in {"choice", "choices", "theme"}:
            self.take_choice(of, section.blocks)
        elif of.kind == "contacts":
            self.take_contacts(section.blocks)
        elif of.kind != "where":
            blocks = [block for block in section.blocks if not self.is_own_table(block)]
            if text := as_text(blocks) if of.kind == "flag" else one_line(blocks):
                self.take_line(section, text)

    def take_line(self, section: _Section, text: str) -> None:
        of = section.field
        if self.answers.get(of.name):
            self.keep(f"{section.label}: {text}")
            return
        readers = {
            "year": values.read_year,
            "money": values.read_money,
            "count": values.read_count,
            "flag": values.read_flag,
        }
        if of.kind == "place":
            self.take_place(of, text)
        elif of.kind == "date":
            self.take_date(of, text)
        elif of.kind in readers:
            if of.kind == "money":
                text = values.with_scale(text, scale_of(section.label))
            if of.kind == "flag" and not any(
                line.is_marked is not False for line in values.choice_lines(text)
            ):
                return
            self.put(of.name, self.understood(of, text, readers[of.kind](text)))
        else:
            self.put(of.name, self.cut(of, text))

    def take_text(self, of: Field, blocks: list[Block]) -> None:
        text = as_text(block for block in blocks if not self.is_own_table(block))
        before = self.answers.get(of.name, "")
        self.put(of.name, self.cut(of, f"{before}\n\n{text}".strip() if text else before))

    def cut(self, of: Field, text: str) -> str:
        """As much as a field of the form keeps; the rest is handed on."""
        if len(text) <= MAX_TEXT:
            return text
        at = text.rfind("\n", 0, MAX_TEXT)
        at = at if at > 0 else text.rfind(" ", 0, MAX_TEXT)
        at = at if at > 0 else MAX_TEXT
        self.note(
            gettext(
                "%(field)s: the text is too long; its end stands with the texts without a place."
            ),
            field=of.label[current_language()],
        )
        self.keep(text[at:])
        return text[:at].rstrip()

    def take_date(self, of: Field, text: str) -> None:
        if of.name == "started_on" and (period := values.read_period(text)):
            start, end = period
            self.put(of.name, self.understood(of, text, start))
            if end and "finished_on" not in self.best:
                finished = FIELDS["finished_on"]
                self.put(finished.name, self.understood(finished, text, end))
            elif end:
                self.keep(f"{of.label[self.intake.language]}: {text}")
            return
        found = values.read_date(text, is_end=of.name == "finished_on")
        self.put(of.name, self.understood(of, text, found))

    def take_choice(self, of: Field, blocks: list[Block]) -> None:
        text = "\n".join(words([block for block in blocks if not self.is_own_table(block)]))
        lines = values.choice_lines(text)
        for line in lines[MAX_LINES:]:
            self.keep(line.text)
        lines = lines[:MAX_LINES]
        if of.kind == "choices" and not any(line.is_marked for line in lines):
            lines = [
                values.Line(part.strip(), line.is_marked)
                for line in lines
                for part in (
                    [line.text] if self.meaning(of, line.text) else re.split(r"[,;]", line.text)
                )
                if part.strip()
            ]
        chosen: list[str] = []
        left: list[Understood] = []
        for line in lines:
            found = self.meaning(of, line.text)
            if line.is_marked is False and found:
                left.append(found)
            elif found is None or (chosen and of.kind != "choices" and found.value not in chosen):
                self.not_understood(of, line.text)
            else:
                chosen.append(self.understood(of, line.text, found))
        if not chosen and len({each.value for each in left}) == 1 and len(of.options()) > 1:
            labels = dict(of.options())
            shown = labels[left[0].value][current_language()]
            chosen = [self.understood(of, shown, Understood(left[0].value, LOOSE))]
        if chosen and of.kind == "choices":
            self.put(of.name, sorted({*self.answers.get(of.name, ()), *chosen}))
        elif chosen:
            self.answers.setdefault(of.name, chosen[0])

    def meanings(self, of: Field) -> dict[str, str]:
        """The words of a choice, gathered once a document."""
        key = of.table, of.name
        if key not in self.words:
            self.words[key] = of.meanings()
        return self.words[key]

    def meaning(self, of: Field, text: str) -> Understood | None:
        found = values.meaning(text, self.meanings(of))
        if found or of.kind != "theme" or len(text) > MAX_TITLE:
            return found
        self.themes = self.themes or ThemeIndex()
        try:
            return Understood(self.themes.find(text, []).slug, LOOSE)
        except RowError:
            # One word of a theme's name, when no other theme has it.
            own = set(fold(text).split())
            near = {
                value
                for word, value in self.meanings(of).items()
                if own and own <= set(word.split())
            }
            return Understood(near.pop(), LOOSE) if len(near) == 1 else None

    def take_contacts(self, blocks: list[Block]) -> None:
        """Under «Контакты» as one piece: a line that is a phone or an e-mail and nothing else."""
        for text in words(blocks):
            if _EMAIL.fullmatch(text) and "contact_email" not in self.answers:
                self.answers["contact_email"] = text
            elif _PHONE.fullmatch(text) and "office_phone" not in self.answers:
                self.answers["office_phone"] = text
            else:
                self.take_loose([Paragraph(text)])

    # ------------------------------------------------------------ the municipality

    def take_where(self, sections: list[_Section]) -> None:
        """Oblast and district first: they tell apart municipalities of one name."""
        for section in sections:
            if section.field and section.field.kind == "where":
                text = one_line(section.blocks)
                if text and section.field.name in self.where:
                    self.keep(f"{section.label}: {text}")
                elif text:
                    self.where[section.field.name] = text

    def keep_where(self, unit=None) -> None:
        """Hand on what was said of the place and does not follow from the municipality."""
        for label, text in self.where.items():
            if unit is None or not self.is_around(text, unit):
                self.keep(f"{FIELDS[label].label[self.intake.language]}: {text}")
        self.where = {}

    def take_place(self, of: Field, text: str) -> None:
        """The municipality of that name, found with certainty, or the text handed on."""
        self.places = self.places or PlaceIndex()
        bare = " ".join(_BEFORE_NAME.sub(" ", text).split()).strip(" ,;.")
        parts = [part.strip() for part in re.split(r"[,;()]", bare) if part.strip(" .")]
        around = [*parts, *self.where.values()]
        oblast = self.places.oblast(self.where["oblast"]) if "oblast" in self.where else None
        oblast = oblast or next(
            (found for part in parts[1:] if (found := self.places.oblast(part))), None
        )
        oblast = oblast or next(
            (
                found
                for part in parts
                if re.search(r"обл", part.lower()) and (found := self.places.oblast(part))
            ),
            None,
        )
        found, wrong, named = None, "unknown", bare
        for part in [bare, *parts] if bare else []:
            found, reason = self.places.find(part, oblast)
            if found and (oblast is None or found.oblast_id == oblast.pk or found.oblast.is_city):
                named = part
                break
            wrong = "ambiguous" if reason == "ambiguous" else wrong
            found = None
        doubt = ""
        if found is None and wrong != "ambiguous" and bare:
            found = self.places.slip_of(parts[0] if parts else bare, oblast)
            named, doubt = (parts[0] if parts else bare), LOOSE
        if found is None:
            self.tell_unknown_place(of, text, parts[0] if parts else bare, oblast, wrong)
            return
        if not all(self.is_around(part, found) for part in around if part not in {named, bare}):
            doubt = PARTLY
        self.keep_where(found)
        self.answers[of.name] = found.code
        if doubt:
            self.note(
                gettext("%(field)s: “%(text)s” was read as “%(value)s”. Check it."),
                field=of.label[current_language()],
                text=text,
                value=", ".join(filter(None, [found.name, found.region_label])),
            )
        if doubt == PARTLY:
            self.keep(f"{of.label[self.intake.language]}: {text}")

    def is_around(self, text: str, unit) -> bool:
        """Whether it names the unit itself, its district, its oblast or the country."""
        around = [unit, unit.oblast, *([unit.district] if unit.district_id else [])]
        known = {fold(name) for each in around for name in (each.name_ky, each.name_ru)}
        known |= {
            fold(name or "") for each in around for name in (each.short_name_ky, each.short_name_ru)
        }
        return (
            fold(text) in known
            or self.places.find(text, unit.oblast)[0] == unit
            or self.places.oblast(text) == unit.oblast
            or _district_key(text) in {_district_key(name) for name in known}
        )

    def tell_unknown_place(self, of, text, name, oblast, wrong) -> None:
        if wrong == "ambiguous":
            near = self.places.candidates(name, oblast)
            sentence = gettext(
                "There are several municipalities “%(text)s”: %(names)s. Choose one."
            )
        else:
            near = self.places.nearest(name, oblast) if name else []
            sentence = gettext(
                "The register has no municipality “%(text)s”. The nearest: %(names)s."
            )
            if not near:
                sentence = gettext("The register has no municipality “%(text)s”.")
        names = "; ".join(
            ", ".join(filter(None, [unit.name, unit.region_label])) for unit in near[:6]
        )
        self.intake.notes.append(sentence % {"text": text[:100], "names": names})
        self.keep(f"{of.label[self.intake.language]}: {text}")

    # ------------------------------------------------------------ rows

    def is_own_table(self, block: Block) -> bool:
        """Take a table that is plainly one of the template's, wherever it stands; True when taken."""
        if not isinstance(block, Table) or len(block.rows) < 2:
            return False
        self.tables += 1
        if self.tables > MAX_TABLES:
            return False
        header = {cell.column: one_line(cell.blocks) for cell in block.rows[0]}
        filled = [text for text in header.values() if text]
        for of in FIELDS.values():
            if of.kind != "rows" or of.name in self.best:
                continue
            known = columns_of(of, header)
            if len(known) >= 2 and len(known) * 5 >= len(filled) * 3:
                self.take_table(of, block)
                return True
        return False

    def take_rows(self, section: _Section) -> None:
        of = section.field
        paragraphs: list[Paragraph] = []
        for block in section.blocks:
            if isinstance(block, Paragraph):
                paragraphs.append(block)
            elif not self.take_table(of, block) and not self.is_own_table(block):
                self.keep(table_text(block))
        self.take_paragraphs(of, paragraphs)

    def add_row(self, of: Field, cells: dict[str, str]) -> None:
        cells = {name: value for name, value in cells.items() if value}
        if not cells:
            return
        if self.is_full(of, " | ".join(cells.values())):
            return
        rows = self.answers.setdefault(of.name, [])
        rows.append({"id": new_row_id(), **cells})

    def is_full(self, of: Field, text: str) -> bool:
        """Whether no more rows are kept; then the text of one more is handed on."""
        if len(self.answers.get(of.name, ())) < MAX_ROWS:
            return False
        self.note(
            ngettext(
                "%(field)s: at most %(count)s row is kept; the rest stands with the texts "
                "without a place.",
                "%(field)s: at most %(count)s rows are kept; the rest stands with the texts "
                "without a place.",
                MAX_ROWS,
            ),
            field=of.label[current_language()],
            count=str(MAX_ROWS),
        )
        self.keep(text)
        return True

    def take_table(self, of: Field, table: Table) -> bool:
        """Rows of the field's table; False when its header is not known."""
        header = (
            {cell.column: one_line(cell.blocks) for cell in table.rows[0]} if table.rows else {}
        )
        columns = columns_of(of, header)
        for row in table.rows[1:] if columns else ():
            filled = [cell for cell in row if not is_blank(cell.text)]
            if [fold(cell.text) for cell in row] == [fold(text) for text in header.values()]:
                continue  # the header again, on another page
            if filled and self.is_full(of, " | ".join(one_line(cell.blocks) for cell in filled)):
                continue
            if filled and fold(filled[0].text) in _TOTALS:
                self.keep(" | ".join(one_line(cell.blocks) for cell in filled))
            else:
                self.take_row(of, filled, columns, header)
        return bool(columns)

    def take_row(
        self, of: Field, filled: list[Cell], columns: dict[int, Column], header: dict[int, str]
    ) -> None:
        cells: dict[str, str] = {}
        # Texts first: a unit in its own column goes before one written after a number.
        is_text = {at: each.field.kind in {"line", "text"} for at, each in columns.items()}
        for cell in sorted(filled, key=lambda cell: not is_text.get(cell.column)):
            text = one_line(cell.blocks)
            if cell.column not in columns:
                label = header.get(cell.column, "")
                if not (re.fullmatch(r"[\d.)№]+", text) and fold(label) in {"", "п п", "пп", "no"}):
                    self.keep(f"{label}: {text}" if label else text)
                continue
            column = columns[cell.column]
            if column.field.kind == "text":
                cells[column.field.name] = as_text(cell.blocks)
            elif column.field.kind == "line":
                cells[column.field.name] = text
            else:
                self.take_cell(column.field, values.with_scale(text, column.scale), cells)
            if column.year and any(each.name == f"{column.field.name}_year" for each in of.columns):
                cells.setdefault(f"{column.field.name}_year", column.year)
        self.add_row(of, cells)

    def take_cell(self, column: Field, text: str, cells: dict[str, str]) -> None:
        """One cell that is no plain text."""
        if column.kind == "number":
            found = values.read_number(text)
            if found is None:
                self.not_understood(column, text)
                return
            cells[column.name], unit = found
            if unit and not cells.get("unit"):
                cells["unit"] = unit
            elif unit and fold(unit) != fold(cells["unit"]):
                self.understood(column, text, Understood(found[0], PARTLY))
            return
        if column.kind == "choice":
            lines = [line for line in values.choice_lines(text) if line.is_marked is not False]
            text = lines[0].text if len(lines) == 1 else text
            found = self.meaning(column, text)
        else:
            readers = {
                "money": values.read_money,
                "days": values.read_days,
                "year": values.read_year,
            }
            found = readers[column.kind](text)
        cells[column.name] = self.understood(column, text, found)

    def take_paragraphs(self, of: Field, paragraphs: list[Paragraph]) -> None:
        """Rows written as paragraphs or as a list."""
        if of.name == "steps":
            self.take_steps(of, paragraphs)
            return
        for paragraph in paragraphs:
            text = (
                re.sub(r"^\d{1,2}[.)]\s*", "", paragraph.text)
                if paragraph.item == "typed"
                else paragraph.text
            )
            head, _mark, tail = re.fullmatch(
                r"(.+?)(?:\s*(:|\s[–—-])\s+(.+))?", text, re.S
            ).groups()
            if of.name == "funding":
                source = self.meaning(of.columns[0], head)
                amount = values.read_money(tail or "")
                if source and not source.doubt and amount and not amount.doubt:
                    self.add_row(of, {"source": source.value, "amount": amount.value})
                    continue
                self.not_understood(of, text)
            elif of.name == "obstacles":
                kind = self.meaning(of.columns[0], head) if tail else None
                is_kind = kind and not kind.doubt
                self.add_row(
                    of, {"barrier": kind.value, "text": tail} if is_kind else {"text": text}
                )
            elif of.name == "legal_basis":
                self.add_row(of, {"act": text})
            elif of.name == "links" and (found := _URL.search(text)):
                title = " ".join((text[: found.start()] + text[found.end() :]).split()).strip(
                    " –—-:"
                )
                self.add_row(of, {"title": title, "url": found[0]})
            else:
                self.not_understood(of, text)

    def take_steps(self, of: Field, paragraphs: list[Paragraph]) -> None:
        """Each item is a step; plain paragraphs after an item tell more of it."""
        has_items = any(
            each.item or each.is_bold or each.heading is not None for each in paragraphs
        )
        steps: list[list[str]] = []
        for each in paragraphs:
            text = re.sub(r"^\d{1,2}[.)]\s*", "", each.text) if each.item == "typed" else each.text
            if steps and has_items and not (each.item or each.is_bold or each.heading is not None):
                steps[-1].append(text)
                continue
            first, _break, rest = text.partition("\n")
            if len(first) > MAX_TITLE:
                cut = re.match(r"(.{3,118}?[.!?:;])\s+(.+)", first, re.S)
                first, more = (cut[1], cut[2]) if cut else ("", first)
                rest = f"{more}\n{rest}".strip()
            steps.append([first, *([rest] if rest else [])])
        for title, *rest in steps:
            self.add_row(of, {"title": title, "text": "\n\n".join(rest)})

    # ------------------------------------------------------------ what has no place

    def take_loose(self, blocks: list[Block]) -> None:
        for number, block in enumerate(blocks):
            if self.is_own_table(block):
                continue
            if isinstance(block, Table):
                self.keep(table_text(block))
            elif number == 0 and self.is_title(block):
                self.answers["title"] = block.text
            elif not _is_empty_choice(block.text):
                self.keep(as_text([block]))

    def is_title(self, paragraph: Paragraph) -> bool:
        """The first line of a document that names its title nowhere else."""
        text = paragraph.text
        return (
            "title" not in self.best
            and "title" not in self.answers
            and not self.intake.unplaced
            and not (set(self.answers) - {"language"})
            and paragraph.item != "-"
            and 5 <= len(text) <= MAX_TITLE
            and "\n" not in text
            and (not re.search(r"[.:;,]$", text) or paragraph.heading is not None)
        )


def _district_key(text: str) -> str:
    return " ".join(
        word for word in fold(text).split() if not re.fullmatch(r"(?:район\w*|р|н|рн)", word)
    )


def _is_empty_choice(text: str) -> bool:
    """A box nobody marked, before words of the template."""
    lines = values.choice_lines(text)
    return (
        bool(lines)
        and all(line.is_marked is False for line in lines)
        and all(
            any(fold(line.text) in of.meanings() for of in FIELDS.values() if of.kind != "rows")
            for line in lines
        )
    )
