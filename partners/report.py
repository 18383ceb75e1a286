"""The report on an agreement as a Word document: parties, dates, obligations with their state."""

import io

from django.utils import timezone, translation
from django.utils.translation import gettext
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from partners.models import Agreement, Obligation
from publishing import amounts

#: Has ө ү ң on every system, under this name or as Liberation Sans.
FONT = "Arial"
LOCALES = {"ky": "ky-KG", "ru": "ru-RU"}
WIDTHS = (Cm(0.9), Cm(7.1), Cm(3.6), Cm(2.4), Cm(3))
DAY = "%d.%m.%Y"


def agreement_report(agreement: Agreement, language: str) -> bytes:
    """The .docx in the language; what has no text in it stands in the other one."""
    with translation.override(language):
        document = Document()
        _set_page(document, language)
        document.core_properties.title = str(agreement)
        document.core_properties.author = ""
        document.core_properties.language = LOCALES[language]
        document.add_heading(str(agreement), level=1)
        _add_facts(document, agreement)
        _add_obligations(document, agreement)
        if agreement.note:
            document.add_heading(gettext("Note"), level=2)
            for line in agreement.note.splitlines():
                document.add_paragraph(line)
        made = gettext("State on %(day)s") % {"day": timezone.localdate().strftime(DAY)}
        document.add_paragraph(made).runs[0].italic = True
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
        (gettext("Parties"), "\n".join(str(party) for party in agreement.parties.all())),
        *((label, day.strftime(DAY)) for label, day in days if day),
        (gettext("Amount"), amounts.som(agreement.amount) if agreement.amount else ""),
        (gettext("In charge"), str(agreement.responsible or "")),
    ]
    table = document.add_table(rows=0, cols=2)
    for label, value in facts:
        if value:
            cells = table.add_row().cells
            cells[0].width, cells[1].width = Cm(4.5), Cm(12.5)
            cells[0].paragraphs[0].add_run(label).bold = True
            cells[1].text = str(value)


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
    _repeat_on_each_page(table.rows[0])
    for number, row in enumerate(rows, 1):
        what = f"{row.text}\n{row.note}" if row.note else row.text
        party = str(row.party) if row.party else gettext("the portal")
        due = row.due_on.strftime(DAY) if row.due_on else "–"
        values = (str(number), what, party, due, state_of(row))
        for cell, value in zip(table.add_row().cells, values, strict=True):
            cell.text = value or ""
    for row in table.rows:
        for cell, width in zip(row.cells, WIDTHS, strict=True):
            cell.width = width


def state_of(obligation: Obligation) -> str:
    if obligation.done_on:
        return gettext("done on %(day)s") % {"day": obligation.done_on.strftime(DAY)}
    return gettext("late") if obligation.is_overdue else gettext("not done yet")


def _set_page(document, language: str) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)
    for name in ("Normal", "Heading 1", "Heading 2"):
        style = document.styles[name]
        style.font.name = FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(kind), FONT)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
            fonts.attrib.pop(qn(theme), None)
    document.styles["Normal"].font.size = Pt(11)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), LOCALES[language])
    document.styles["Normal"].element.get_or_add_rPr().append(spoken)


def _repeat_on_each_page(row) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001
