"""The report on an agreement as a Word document: parties, dates, obligations with their state.

It goes out to the parties, so the editors' own notes stay at home.
"""

import io

from django.utils import timezone, translation
from django.utils.translation import gettext
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from partners.models import Agreement, Obligation
from publishing import amounts

#: What offices write in; has ө ү ң on every system, under this name or as Liberation Serif.
FONT = "Times New Roman"
LOCALES = {"ky": "ky-KG", "ru": "ru-RU"}
#: Of the columns of obligations and of facts; both as wide as the text, 16.5 cm.
WIDTHS = (Cm(0.9), Cm(6.6), Cm(3.8), Cm(2.4), Cm(2.8))
FACTS = (Cm(4.2), Cm(12.3))
DAY = "%d.%m.%Y"


def agreement_report(agreement: Agreement, language: str) -> bytes:
    """The .docx in the language; what has no text in it stands in the other one."""
    with translation.override(language):
        document = Document()
        set_page(document, language)
        document.core_properties.title = str(agreement)
        document.core_properties.author = ""
        document.core_properties.comments = ""
        document.core_properties.language = LOCALES[language]
        heading = document.add_heading(gettext("Report on the agreement"), level=1)
        heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
        name = document.add_paragraph(f"«{agreement}»")
        name.alignment = WD_ALIGN_PARAGRAPH.CENTER
        name.paragraph_format.space_after = Pt(2)
        made = gettext("State on %(day)s") % {"day": timezone.localdate().strftime(DAY)}
        document.add_paragraph(made).alignment = WD_ALIGN_PARAGRAPH.CENTER
        _add_facts(document, agreement)
        _add_obligations(document, agreement)
        # By name alone: an account without one is called by its address.
        if agreement.responsible and agreement.responsible.name:
            signed = document.add_paragraph(
                f"{gettext('In charge')}: ____________ {agreement.responsible.name}"
            )
            signed.paragraph_format.space_before = Pt(24)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_facts(document, agreement) -> None:
    days = [
        (gettext("Signed on"), agreement.signed_on),
        (gettext("In force from"), agreement.starts_on),
        (gettext("In force until"), agreement.ends_on),
        (gettext("Ended early on"), agreement.ended_on),
    ]
    facts = [
        (gettext("Kind"), agreement.get_kind_display()),
        (gettext("Number"), agreement.number),
        (gettext("State"), agreement.state.label),
        (gettext("Parties"), "\n".join(map(_in_full, agreement.parties.all()))),
        *((label, day.strftime(DAY)) for label, day in days if day),
        (gettext("Amount"), amounts.som(agreement.amount) if agreement.amount else ""),
    ]
    table = document.add_table(rows=0, cols=2)
    for label, value in facts:
        if value:
            cells = table.add_row().cells
            cells[0].paragraphs[0].add_run(label).bold = True
            cells[1].text = str(value)
    set_widths(table, FACTS)


def _in_full(party) -> str:
    """With the short name, which the table of obligations goes on with."""
    return f"{party} ({party.short_name})" if party.short_name else str(party)


def _add_obligations(document, agreement) -> None:
    rows = list(agreement.obligations.select_related("party"))
    document.add_heading(gettext("Obligations"), level=2)
    if not rows:
        document.add_paragraph(gettext("No obligations are written down."))
        return
    done = sum(1 for row in rows if row.done_on)
    late = sum(1 for row in rows if row.is_overdue)
    document.add_paragraph(
        gettext("In all %(all)s, done %(done)s, late %(late)s.")
        % {"all": len(rows), "done": done, "late": late}
    )
    headings = ("№", gettext("What"), gettext("Whose"), gettext("Due on"), gettext("State"))
    table = document.add_table(rows=1, cols=len(headings))
    table.style = "Table Grid"
    for cell, heading in zip(table.rows[0].cells, headings, strict=True):
        cell.paragraphs[0].add_run(heading).bold = True
    mark(table.rows[0], "w:tblHeader")
    for number, row in enumerate(rows, 1):
        party = (row.party.short_name or str(row.party)) if row.party else gettext("the portal")
        due = row.due_on.strftime(DAY) if row.due_on else "–"
        values = (str(number), row.text, party, due, state_of(row))
        for cell, value in zip(table.add_row().cells, values, strict=True):
            cell.text = value or ""
    for row in table.rows:
        mark(row, "w:cantSplit")
    set_widths(table, WIDTHS)


def set_widths(table, widths) -> None:
    """Of columns and of cells: Word reads the one, LibreOffice the other."""
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width


def state_of(obligation: Obligation) -> str:
    if obligation.done_on:
        return gettext("done on %(day)s") % {"day": obligation.done_on.strftime(DAY)}
    return gettext("late") if obligation.is_overdue else gettext("not done yet")


def set_page(document, language: str) -> None:
    """A4 with the margins and the face of an office; pages are numbered."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(3), Cm(1.5)
    section.top_margin = section.bottom_margin = Cm(2)
    _number_pages(section)
    for name in ("Normal", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.font.name, style.font.color.rgb = FONT, RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(kind), FONT)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
            fonts.attrib.pop(qn(theme), None)
    for name, size in (("Normal", 12), ("Heading 1", 15), ("Heading 2", 13)):
        document.styles[name].font.size = Pt(size)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), LOCALES[language])
    document.styles["Normal"].element.get_or_add_rPr().append(spoken)


def _number_pages(section) -> None:
    """The number of the page at its foot, as a field that Word counts."""
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)  # noqa: SLF001


def mark(row, name: str) -> None:
    """A property of a table’s row: w:tblHeader, w:cantSplit."""
    element = OxmlElement(name)
    element.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(element)  # noqa: SLF001
