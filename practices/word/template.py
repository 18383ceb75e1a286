"""The empty Word document the portal offers: a heading for every field, advice, room to write."""

import io

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from practices.word.fields import ABOUT, NO, NOTES, PARTS, TITLE, YES, Field
from practices.word.styles import LOCALES, add_page_number, set_language, set_typeface

#: Has ө ү ң on every system, under this name or as Liberation Sans.
FONT = "Arial"
INK, SOFT, MADDER, WOOL, LINE = "2B2622", "6B625A", "8F2B22", "F6F2EA", "C9BFB2"
#: Styles of the document; people see the names in their program.
STYLES = {
    "note": {"ky": "Түшүндүрмө", "ru": "Пояснение"},
    "advice": {"ky": "Кеңеш", "ru": "Подсказка"},
    "answer": {"ky": "Жооп", "ru": "Ответ"},
    "choice": {"ky": "Тандоо", "ru": "Выбор"},
}
TEXT_WIDTH = Cm(17)


def blank_template(language: str) -> bytes:
    """The template in a language, as a .docx; practices.word.read_word reads it back when filled in."""
    document = Document()
    with translation.override(language):
        _set_page(document, language)
        _set_styles(document, language)
        document.add_paragraph(TITLE[language], style="Title")
        for note in NOTES[language]:
            document.add_paragraph(note, style=STYLES["note"][language])
        address = document.add_paragraph(style=STYLES["note"][language])
        run = address.add_run(settings.SITE_URL + reverse("practices:add"))
        run.bold = True
        for part in PARTS:
            document.add_heading(part.title[language], level=1)
            for field in part.fields:
                _add_field(document, field, language)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_field(document, field: Field, language: str) -> None:
    document.add_heading(field.label[language], level=2)
    if advice := field.advice_in(language):
        document.add_paragraph(advice, style=STYLES["advice"][language])
    if field.kind == "rows":
        _add_table(document, field, language)
    elif field.kind == "flag":
        _add_choices(document, [YES[language].capitalize(), NO[language].capitalize()], language)
    elif options := field.options():
        _add_choices(document, [labels[language] for _value, labels in options], language)
    else:
        document.add_paragraph(style=STYLES["answer"][language])


def _add_choices(document, labels: list[str], language: str) -> None:
    for label in labels:
        document.add_paragraph(f"☐ {label}", style=STYLES["choice"][language])


def _add_table(document, field: Field, language: str) -> None:
    table = document.add_table(rows=1 + field.rows, cols=len(field.columns))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    shares = sum(column.width for column in field.columns)
    for number, column in enumerate(field.columns):
        for row, cell in enumerate(table.columns[number].cells):
            cell.width = int(TEXT_WIDTH * column.width / shares)
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            # A table of empty rows is not parted between two pages.
            paragraph.paragraph_format.keep_with_next = row < field.rows
            if row == 0:
                run = paragraph.add_run(column.label[language])
                run.bold = True
                run.font.size = Pt(9)
                _shade(cell._tc.get_or_add_tcPr(), WOOL)  # noqa: SLF001
        table.columns[number].width = int(TEXT_WIDTH * column.width / shares)
    _mark_header(table.rows[0])
    for row in table.rows[1:]:
        row.height, row.height_rule = Cm(1.1), WD_ROW_HEIGHT_RULE.AT_LEAST
        _keep_whole(row)
    _colour_borders(table)
    # A table must not be the last thing before another one; the paragraph between them is a hair.
    spacer = document.add_paragraph()
    spacer.paragraph_format.space_after, spacer.paragraph_format.line_spacing = Pt(0), Pt(4)


# ---------------------------------------------------------------- page and styles


def _set_page(document, language: str) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)
    header = section.header.paragraphs[0]
    header.text = ABOUT[language]
    footer = section.footer.paragraphs[0]
    add_page_number(footer)
    for paragraph in (header, footer):
        paragraph.alignment = 0 if paragraph is header else 1
        for run in paragraph.runs:
            run.font.size = Pt(9)
            run.font.color.rgb = RGBColor.from_string(SOFT)
    properties = document.core_properties
    properties.title = TITLE[language]
    properties.author = properties.last_modified_by = ""
    properties.comments = ""
    properties.language = LOCALES[language]


def _set_styles(document, language: str) -> None:
    styles = document.styles
    normal = styles["Normal"]
    _set_font(normal, 11, INK)
    normal.paragraph_format.space_after = Pt(6)
    normal.paragraph_format.line_spacing = 1.15
    set_language(normal, language)
    for name, size, colour, before, after in (
        ("Title", 22, MADDER, 0, 6),
        ("Heading 1", 15, MADDER, 22, 4),
        ("Heading 2", 12, INK, 12, 1),
    ):
        style = styles[name]
        _set_font(style, size, colour, is_bold=True)
        style.paragraph_format.space_before, style.paragraph_format.space_after = (
            Pt(before),
            Pt(after),
        )
        style.paragraph_format.keep_with_next = True
    _border(styles["Title"].element.get_or_add_pPr(), {"bottom": (12, MADDER)})
    _border(styles["Heading 1"].element.get_or_add_pPr(), {"bottom": (6, LINE)})
    made = {}
    for key, size, colour, after in (
        ("note", 10, INK, 4),
        ("advice", 9, SOFT, 3),
        ("answer", 11, INK, 0),
        ("choice", 10.5, INK, 1),
    ):
        style = made[key] = styles.add_style(STYLES[key][language], WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = normal
        style.quick_style = True
        style.font.size, style.font.color.rgb = Pt(size), RGBColor.from_string(colour)
        style.paragraph_format.space_after = Pt(after)
    made["advice"].paragraph_format.keep_with_next = True
    made["advice"].next_paragraph_style = made["answer"]
    styles["Heading 2"].next_paragraph_style = made["answer"]
    # A frame shows where to write; paragraphs of one answer share it.
    frame = dict.fromkeys(("top", "left", "bottom", "right"), (4, LINE))
    _border(made["answer"].element.get_or_add_pPr(), frame, space=4)
    made["answer"].paragraph_format.left_indent = Cm(0.15)
    made["answer"].paragraph_format.right_indent = Cm(0.15)


def _set_font(style, size: float, colour: str, *, is_bold: bool = False) -> None:
    set_typeface(style, FONT)
    font = style.font
    font.size, font.bold = Pt(size), is_bold
    font.italic = False
    font.color.rgb = RGBColor.from_string(colour)
    for extra in ("w:spacing", "w:kern"):
        for element in style.element.rPr.findall(qn(extra)):
            style.element.rPr.remove(element)


#: What the format demands after a paragraph's borders, of that which stands in these styles.
_AFTER_BORDERS = ("w:shd", "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl")


def _border(properties, sides: dict[str, tuple[int, str]], *, space: int = 3) -> None:
    for old in properties.findall(qn("w:pBdr")):
        properties.remove(old)
    borders = OxmlElement("w:pBdr")
    for side in ("top", "left", "bottom", "right"):
        if side in sides:
            borders.append(_line(side, *sides[side], space=space))
    properties.insert_element_before(borders, *_AFTER_BORDERS)


def _line(side: str, size: int, colour: str, *, space: int = 0):
    line = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", size), ("space", space), ("color", colour)):
        line.set(qn(f"w:{name}"), str(value))
    return line


def _shade(properties, colour: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", colour)):
        shade.set(qn(f"w:{name}"), value)
    properties.append(shade)


def _colour_borders(table) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        borders.append(_line(side, 4, LINE))
    table._tbl.tblPr.insert_element_before(  # noqa: SLF001
        borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook"
    )


def _mark_header(row) -> None:
    """Repeated at the top of the next page, and read aloud as the header."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001


def _keep_whole(row) -> None:
    """Not parted between two pages."""
    row._tr.get_or_add_trPr().insert(0, OxmlElement("w:cantSplit"))  # noqa: SLF001
