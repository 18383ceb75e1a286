"""An article as a .docx for the proof-reader: real footnotes, lists, tables and pictures of Word.

What journal/word/reading.py makes of it again is the same text.
"""

import re
from io import BytesIO

from django.utils import timezone, translation
from django.utils.formats import date_format
from docx import Document
from docx.enum.section import WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.text.paragraph import Paragraph
from lxml import etree
from PIL import Image

from journal.body import tree_of
from journal.choices import CreditRole
from practices.word.styles import LOCALES, add_page_number, set_language, set_typeface

FONT = "Times New Roman"
TEXT_WIDTH = Cm(16.5)
#: No picture is taller: it stays on one page with its caption.
MAX_HEIGHT = Cm(20)
SOFT, LINK = "6B625A", "1F4E79"
MARKS = {"strong": "bold", "em": "italic", "sub": "subscript", "sup": "superscript"}
FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
BLOCKS = {
    "p", "h2", "h3", "ul", "ol", "li", "blockquote", "table", "tbody", "thead", "tr", "td", "th",
    "figure", "figcaption",
}  # fmt: skip
_PICTURE = re.compile(r"/media/journal\.articlepicture/([0-9a-f-]{36})/")


def article_to_docx(article, language: str) -> bytes:
    """The article in the language, «ky» or «ru», as the bytes of a .docx."""
    with translation.override(language):
        return _Writer(article, language).write()


class _Writer:
    def __init__(self, article, language: str):
        self.article, self.language = article, language
        self.edition = article.edition(language)
        self.document = Document()
        self.notes: list = []
        self.pictures = {str(each.uuid): each for each in article.pictures.all()}
        _set_page(self.document)
        _set_styles(self.document, language)
        self.bullets = _bullet_list(self.document)

    def write(self) -> bytes:
        edition, document = self.edition, self.document
        if edition.title:
            document.add_paragraph(edition.title, style="Title")
        if edition.lead:
            document.add_paragraph(edition.lead, style="Subtitle")
        self.blocks(tree_of(edition.body), document)
        self._head_and_foot()
        if self.notes:
            _add_footnotes(document, self.notes)
        properties = document.core_properties
        properties.title = edition.title or ""
        properties.author = self._authors()
        properties.last_modified_by = properties.comments = ""
        properties.language = LOCALES[self.language]
        out = BytesIO()
        document.save(out)
        return out.getvalue()

    def _authors(self) -> str:
        rows = self.article.credits.filter(role=CreditRole.AUTHOR).select_related("author")
        return ", ".join(str(row.author) for row in rows)[:255]

    def _head_and_foot(self) -> None:
        """Above each page what it is, for whom a printed page gets lost; below its number."""
        section = self.document.sections[0]
        article = self.article
        told = (
            self._authors(), str(article.rubric or ""), str(article.issue or ""),
            self.language.upper(), date_format(timezone.localdate(), "d.m.Y"),
        )  # fmt: skip
        header, footer = section.header.paragraphs[0], section.footer.paragraphs[0]
        header.text = " · ".join(filter(None, told))
        footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        add_page_number(footer)
        for run in [*header.runs, *footer.runs]:
            run.font.size, run.font.color.rgb = Pt(9), RGBColor.from_string(SOFT)

    # ------------------------------------------------------------ blocks

    def blocks(self, parent, place, *, style: str = "Normal") -> None:
        """Write the blocks of an element into the document or a cell; words between them are a paragraph."""
        loose: list = []

        def flush():
            if any(each if isinstance(each, str) else True for each in loose):
                self.paragraph(loose, place, style)
            loose.clear()

        if (parent.text or "").strip():
            loose.append(parent.text)
        for element in parent:
            if element.tag in BLOCKS:
                flush()
                self.block(element, place, style)
            else:
                loose.append(element)
            tail = element.tail or ""
            if tail.strip() or (loose and tail and element.tag not in BLOCKS):
                loose.append(tail)
        flush()

    def block(self, element, place, style: str) -> None:
        tag = element.tag
        if tag in {"h2", "h3"}:
            self.paragraph([element], place, "Heading 1" if tag == "h2" else "Heading 2")
        elif tag in {"ul", "ol"}:
            self.list_items(element, place, 0)
        elif tag == "blockquote" and element.get("class") == "box":
            self.box(element, place)
        elif tag == "blockquote":
            pull = element.get("class") == "pull"
            self.blocks(element, place, style="Intense Quote" if pull else "Quote")
        elif tag == "table":
            self.table(element, place)
        elif tag == "figure":
            self.figure(element, place)
        elif any(each.tag in BLOCKS for each in element):
            self.blocks(element, place, style=style)
        else:
            self.paragraph([element], place, style)

    def paragraph(self, parts: list, place, style: str) -> Paragraph:
        """A paragraph of the inline parts: texts and elements; a block among them gives its inside."""
        paragraph = place.add_paragraph(style=style)
        for part in parts:
            if isinstance(part, str):
                self.words(paragraph, part, {})
            elif part.tag in BLOCKS:
                self.inline(paragraph, part, {})
            else:
                self.one(paragraph, part, {})
        return paragraph

    # ------------------------------------------------------------ words

    def inline(self, paragraph, element, look: dict) -> None:
        self.words(paragraph, element.text or "", look)
        for each in element:
            self.one(paragraph, each, look)
            self.words(paragraph, each.tail or "", look)

    def one(self, paragraph, element, look: dict) -> None:
        """One inline element with what is in it, without its tail."""
        tag = element.tag
        if tag == "br":
            self.words(paragraph, "\n", look, keep_breaks=True)
        elif tag == "span" and element.get("class") == "footnote":
            self.footnote(paragraph, element)
        elif tag == "a" and element.get("href"):
            self.inline(paragraph, element, look | {"href": element.get("href")})
        else:
            own = {MARKS[tag]: True} if tag in MARKS else {}
            self.inline(paragraph, element, look | own)

    def words(self, paragraph, text: str, look: dict, *, keep_breaks: bool = False) -> None:
        text = text if keep_breaks else re.sub(r"[ \t\r\n]+", " ", text)
        if not text:
            return
        run = paragraph.add_run(text)
        for name in MARKS.values():
            if look.get(name):
                setattr(run.font, name, True)
        if href := look.get("href"):
            run.font.color.rgb, run.font.underline = RGBColor.from_string(LINK), True
            link = OxmlElement("w:hyperlink")
            identifier = paragraph.part.relate_to(
                href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True
            )
            link.set(qn("r:id"), identifier)
            run._r.addprevious(link)  # noqa: SLF001
            link.append(run._r)  # noqa: SLF001

    def footnote(self, paragraph, element) -> None:
        """A reference here, the words in the part of the footnotes."""
        number = len(self.notes) + 1
        run = paragraph.add_run()
        run.style = "Footnote Reference"
        reference = OxmlElement("w:footnoteReference")
        reference.set(qn("w:id"), str(number))
        run._r.append(reference)  # noqa: SLF001
        note = parse_xml(
            f'<w:footnote {nsdecls("w")} w:id="{number}"><w:p><w:pPr>'
            '<w:pStyle w:val="FootnoteText"/></w:pPr><w:r><w:rPr>'
            '<w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r></w:p></w:footnote>'
        )
        self.notes.append(note)
        words = _NoteParagraph(note.find(qn("w:p")), paragraph)
        words.add_run(" ")
        self.inline(words, element, {})

    # ------------------------------------------------------------ lists, tables, pictures

    def list_items(self, element, place, level: int) -> None:
        kind = element.tag
        if kind == "ul":
            numbering = self.bullets
        else:
            start = int(element.get("start") or 1) if (element.get("start") or "1").isdigit() else 1
            numbering = _number_list(self.document, level, start)
        for item in element:
            if item.tag != "li":
                continue
            number = numbering
            loose: list = [item.text] if (item.text or "").strip() else []
            for each in [*item, None]:
                is_block = each is not None and each.tag in BLOCKS
                if (each is None or is_block) and loose:
                    self.item(loose, place, number, level)
                    loose, number = [], 0
                if each is None:
                    break
                if each.tag in {"ul", "ol"}:
                    self.list_items(each, place, min(level + 1, 8))
                elif is_block:
                    self.item([each], place, number, level)
                    number = 0
                else:
                    loose.append(each)
                if (each.tail or "").strip():
                    loose.append(each.tail)

    def item(self, parts: list, place, numbering: int, level: int) -> None:
        """A paragraph of an item; numbering 0: one more of the same item, without a sign."""
        paragraph = self.paragraph(parts, place, "List Paragraph")
        if not numbering:
            paragraph.paragraph_format.left_indent = Cm(level + 1)
            return
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()  # noqa: SLF001
        properties.get_or_add_ilvl().val = level
        properties.get_or_add_numId().val = numbering

    def box(self, element, place) -> None:
        table = (
            place.add_table(1, 1, TEXT_WIDTH) if hasattr(place, "_tc") else place.add_table(1, 1)
        )
        table.style = "Table Grid"
        self.fill(table.cell(0, 0), element)
        _spacer(place)

    def fill(self, cell, element, *, is_bold: bool = False) -> None:
        """Write into an empty cell; the paragraph it is made with goes."""
        first = cell.paragraphs[0]._p  # noqa: SLF001
        self.blocks(element, cell)
        if len(cell.paragraphs) > 1:
            first.getparent().remove(first)
        for paragraph in cell.paragraphs if is_bold else ():
            for run in paragraph.runs:
                run.font.bold = True

    def table(self, element, place) -> None:
        rows = list(element.iter("tr"))
        taken: dict[tuple[int, int], bool] = {}
        cells = []
        for number, row in enumerate(rows):
            column = 0
            for cell in row:
                if cell.tag not in {"td", "th"}:
                    continue
                while taken.get((number, column)):
                    column += 1
                wide, high = _span(cell, "colspan"), min(_span(cell, "rowspan"), len(rows) - number)
                taken |= {
                    (number + down, column + right): True
                    for down in range(high)
                    for right in range(wide)
                }
                cells.append((number, column, high, wide, cell))
        width = max((column for _row, column in taken), default=-1) + 1
        if not width:
            return
        size = (len(rows), width)
        table = (
            place.add_table(*size, TEXT_WIDTH) if hasattr(place, "_tc") else place.add_table(*size)
        )
        table.style = "Table Grid"
        for number, column, high, wide, cell in cells:
            made = table.cell(number, column)
            if high > 1 or wide > 1:
                made = made.merge(table.cell(number + high - 1, column + wide - 1))
            self.fill(made, cell, is_bold=cell.tag == "th")
        for number, row in enumerate(rows):
            if not len(row) or any(cell.tag == "td" for cell in row):
                break
            properties = table.rows[number]._tr.get_or_add_trPr()  # noqa: SLF001
            properties.append(OxmlElement("w:tblHeader"))
        _spacer(place)

    def figure(self, element, place) -> None:
        """The picture with its alternative text, and its caption below."""
        image = next(element.iter("img"), None)
        found = _PICTURE.match(image.get("src", "")) if image is not None else None
        picture = self.pictures.get(found[1]) if found else None
        if picture:
            paragraph = place.add_paragraph()
            paragraph.paragraph_format.keep_with_next = True
            with picture.file.open("rb") as handle:
                content = handle.read()
            with Image.open(BytesIO(content)) as opened:
                width, height = opened.size
            shown = min(int(TEXT_WIDTH), int(MAX_HEIGHT) * width // max(1, height))
            drawn = paragraph.add_run().add_picture(BytesIO(content), width=Emu(shown))
            about = drawn._inline.docPr  # noqa: SLF001
            alt = image.get("alt") or getattr(picture, f"alt_{self.language}") or ""
            about.set("descr", alt)
        if (caption := element.find("figcaption")) is not None:
            self.paragraph([caption], place, "Caption")


class _NoteParagraph(Paragraph):
    """A paragraph of the footnotes' part: what it links to is named in that part's own relations."""

    def __init__(self, element, parent):
        super().__init__(element, parent)
        self._notes = _notes_part(parent.part)

    @property
    def part(self):
        return self._notes


def _notes_part(main) -> Part:
    """The footnotes' part of the document, made at the first footnote; its words come at the end."""
    for relation in main.rels.values():
        if relation.reltype == RELATIONSHIP_TYPE.FOOTNOTES:
            return relation.target_part
    part = Part(PackURI("/word/footnotes.xml"), FOOTNOTES, b"", main.package)
    main.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    return part


def _add_footnotes(document, notes: list) -> None:
    """The words of the footnotes, after the two separators that Word wants to find."""
    root = parse_xml(
        f"<w:footnotes {nsdecls('w', 'r')}>"
        '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
        '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r>'
        "<w:continuationSeparator/></w:r></w:p></w:footnote></w:footnotes>"
    )
    for note in notes:
        root.append(note)
    _notes_part(document.part)._blob = etree.tostring(  # noqa: SLF001
        root, xml_declaration=True, encoding="UTF-8", standalone=True
    )
    settings = document.settings.element
    properties = parse_xml(
        f'<w:footnotePr {nsdecls("w")}><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr>'
    )
    compat = settings.find(qn("w:compat"))
    if compat is not None:
        compat.addprevious(properties)
    else:
        settings.append(properties)


def _span(cell, name: str) -> int:
    text = cell.get(name) or "1"
    return min(int(text), 60) if text.isdigit() and int(text) else 1


def _spacer(place) -> None:
    """Between two tables stands a paragraph, or Word takes them for one."""
    paragraph = place.add_paragraph()
    paragraph.paragraph_format.space_after, paragraph.paragraph_format.line_spacing = Pt(0), Pt(6)


# ---------------------------------------------------------------- lists


def _bullet_list(document) -> int:
    signs = ("•", "–", "▪")
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="bullet"/>'
        f'<w:lvlText w:val="{signs[level % 3]}"/>{_indent(level)}</w:lvl>'
        for level in range(9)
    )
    return _add_list(document, levels)


def _number_list(document, level: int, start: int) -> int:
    """A numbered list of its own: each begins to count anew."""
    kinds = ("decimal", "russianLower", "lowerRoman")
    levels = "".join(
        f'<w:lvl w:ilvl="{each}"><w:start w:val="{start if each == level else 1}"/>'
        f'<w:numFmt w:val="{kinds[each % 3]}"/><w:lvlText w:val="%{each + 1}."/>{_indent(each)}</w:lvl>'
        for each in range(9)
    )
    return _add_list(document, levels)


def _indent(level: int) -> str:
    return f'<w:pPr><w:ind w:left="{567 * (level + 1)}" w:hanging="397"/></w:pPr>'


def _add_list(document, levels: str) -> int:
    numbering = document.part.numbering_part.element
    abstracts = numbering.findall(qn("w:abstractNum"))
    number = max((int(each.get(qn("w:abstractNumId"))) for each in abstracts), default=-1) + 1
    abstract = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}">'
        f'<w:multiLevelType w:val="hybridMultilevel"/>{levels}</w:abstractNum>'
    )
    # All abstract lists stand before the lists that use them.
    if abstracts:
        abstracts[-1].addnext(abstract)
    else:
        numbering.insert(0, abstract)
    return numbering.add_num(number).numId


# ---------------------------------------------------------------- page and styles


def _set_page(document) -> None:
    section = document.sections[0]
    section.start_type = WD_SECTION.NEW_PAGE
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(2.5), Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)


def _set_styles(document, language: str) -> None:
    styles = document.styles
    normal = styles["Normal"]
    _set_font(normal, 12)
    # Room between the lines for the proof-reader's pen.
    normal.paragraph_format.line_spacing = 1.5
    normal.paragraph_format.space_after = Pt(6)
    set_language(normal, language)
    for name, size in (
        ("Title", 20), ("Subtitle", 13), ("Heading 1", 16), ("Heading 2", 13), ("Caption", 10.5),
        ("Quote", 12), ("Intense Quote", 14), ("List Paragraph", 12),
    ):  # fmt: skip
        _set_font(styles[name], size, is_bold=name.startswith(("Title", "Heading")))
    for name in ("Heading 1", "Heading 2"):
        styles[name].paragraph_format.keep_with_next = True
    text = styles.add_style("Footnote Text", WD_STYLE_TYPE.PARAGRAPH)
    text.base_style = normal
    text.font.size, text.paragraph_format.line_spacing = Pt(10), 1.0
    text.element.set(qn("w:styleId"), "FootnoteText")
    sign = styles.add_style("Footnote Reference", WD_STYLE_TYPE.CHARACTER)
    sign.element.set(qn("w:styleId"), "FootnoteReference")
    sign.font.superscript = True


def _set_font(style, size: float, *, is_bold: bool = False) -> None:
    set_typeface(style, FONT)
    font = style.font
    font.size, font.bold = Pt(size), is_bold
    font.color.rgb = RGBColor(0, 0, 0)
