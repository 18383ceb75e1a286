"""An uploaded .docx as plain blocks: paragraphs and tables in order, and the pictures among them.

Read straight from the package's XML by local names (documents of Word, LibreOffice, Google and the
strict variant differ in the rest). Nothing outside the package is ever fetched, no entity is
resolved, macros and protected files are refused, embedded objects are passed by.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext, gettext_lazy, ngettext
from lxml import etree

from practices.word.blocks import Block, Cell, Paragraph, Table, words
from publishing.files import (
    MAX_DOCUMENT_BYTES,
    MAX_PICTURE_BYTES,
    UNREADABLE,
    accept_document,
)

MEGABYTE = 1024 * 1024
#: A part's XML takes ten times its size in memory; forty pages of text are under one megabyte.
MAX_XML_BYTES = 8 * MEGABYTE
MAX_PARAGRAPHS = 5_000
MAX_CHARACTERS = 200_000
MAX_TABLE_DEPTH = 4
MAX_PICTURES = 8
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PICTURE_KINDS = ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"RIFF", "webp"))
#: Elements whose text is not the document's: deleted, hidden in fields, settings.
SKIPPED = {
    "del", "moveFrom", "delText", "instrText", "delInstrText", "pPr", "rPr", "sectPr", "tblPr",
    "tblGrid", "trPr", "tcPr", "sdtPr", "sdtEndPr", "fldData", "docPr", "cNvGraphicFramePr", "rt",
}  # fmt: skip
LINE_BREAKS = {"br", "cr"}
#: Names of the style of a title, in lower case.
TITLES = {"title", "название", "заголовок"}
#: Signs of the font Wingdings that stand for boxes; the rest of its signs are bullets.
BOXES = {
    "F0FE": "☒", "F0FD": "☒", "F0FC": "☒", "F0FB": "☒", "F053": "☒", "F052": "☒", "F078": "☒",
    "F0A8": "☐", "F06F": "☐", "F071": "☐", "F072": "☐", "F0A1": "☐",
}  # fmt: skip
TYPED_ITEM = re.compile(r"([•●▪◦‣∙·*–—\uf0b7\uf0a7-])[ \t\u00a0]+(?=\S)")
TYPED_NUMBER = re.compile(r"\d{1,2}[.)][ \t\u00a0]+(?=\S)")


@dataclass
class WordDocument:
    """blocks: the text. margins: headers, footers and footnotes. notes: what was left out, told."""

    blocks: list[Block] = field(default_factory=list)
    margins: list[Paragraph] = field(default_factory=list)
    pictures: list[tuple[str, bytes]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def local_name(element) -> str:
    """The name without its namespace; "" for comments and entities."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element, name: str) -> str | None:
    """An attribute whatever its namespace."""
    if element is None:
        return None
    return next(
        (value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None
    )


def child(element, *names: str):
    """The first descendant along the path of local names, or None."""
    for name in names:
        if element is None:
            return None
        element = next((each for each in element if local_name(each) == name), None)
    return element


def parse_xml(content: bytes):
    """The root of a part. A document type, where entities come from, is refused: Word writes none."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise damaged() from error
    if root.getroottree().docinfo.doctype:
        raise damaged()
    return root


def damaged() -> ValidationError:
    return ValidationError(gettext("The document is damaged and cannot be opened."))


# ---------------------------------------------------------------- the file


def open_document(upload) -> WordDocument:
    """Read an upload; raises ValidationError with a sentence for whatever is not a sound .docx."""
    content = accepted_word(upload)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return _Reader(package).read()
    except (*UNREADABLE, SyntaxError, RecursionError) as error:
        raise damaged() from error


def accepted_word(upload) -> bytes:
    """The bytes of a .docx without macros."""
    suffix = PurePosixPath(upload.name or "").suffix.lower()
    if 0 < upload.size <= MAX_DOCUMENT_BYTES:
        upload.seek(0)
        content = upload.read()
        upload.seek(0)
        if refusal := _other_kind(content):
            raise ValidationError(refusal)
        if suffix not in {".docx", ".docm", ".dotm"}:
            # Messengers and old telephones lose the ending; the content tells what it is.
            upload = SimpleUploadedFile("document.docx", content)
    accepted = accept_document(upload)
    if accepted.has_macros:
        raise ValidationError(
            gettext("The document holds macros. Save it as .docx without them and send it again.")
        )
    return accepted.content


def _other_kind(content: bytes) -> str:
    """A sentence for what people send instead of a .docx, or ""."""
    if content.startswith(OLD_WORD):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return gettext(
                "The document is protected by a password. Take the protection off and send it again."
            )
        return gettext("This is a document of an old Word. Open it and save it as .docx.")
    if content.startswith(b"{\\rtf"):
        return gettext("This is not a Word document. Open it and save it as .docx.")
    if content.startswith(b"%PDF-"):
        return gettext(
            "A PDF cannot be taken apart into fields. Send the Word document it was made from."
        )
    if not content.startswith(b"PK\x03\x04"):
        return gettext("This is not a Word document. Open it and save it as .docx.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = set(package.namelist())
    except UNREADABLE:
        return ""
    if "word/document.xml" not in names and ("mimetype" in names or "[Content_Types].xml" in names):
        return gettext("This is not a Word document. Open it and save it as .docx.")
    return ""


# ---------------------------------------------------------------- its parts


@dataclass(frozen=True)
class _Style:
    heading: int | None = None
    item: str = ""
    is_bold: bool = False
    is_contents: bool = False


class WordPackage:
    """The parts of one .docx and what leads to them. Limits hold for all its parts together."""

    #: Said of a document beyond the limits.
    too_long = gettext_lazy(
        "The document is too long for the description of one practice. Make it shorter."
    )

    def __init__(self, package: zipfile.ZipFile):
        self.package = package
        self.names = set(package.namelist())
        #: {id of a relation: member of the package}
        self.targets: dict[str, str] = {}
        self.paragraphs = self.characters = 0

    def count(self, characters: int) -> None:
        """One more paragraph of so many characters; raises ValidationError beyond the limits."""
        self.paragraphs += 1
        self.characters += characters
        if self.paragraphs > MAX_PARAGRAPHS or self.characters > MAX_CHARACTERS:
            raise ValidationError(self.too_long)

    def part(self, name: str):
        info = self.package.getinfo(name)
        if info.file_size > MAX_XML_BYTES:
            raise ValidationError(self.too_long)
        return parse_xml(self.package.read(info))

    def relationships(self) -> dict[str, list[str]]:
        """{kind: names of parts}; fills targets {id: member} with those inside the package."""
        parts: dict[str, list[str]] = {}
        if "word/_rels/document.xml.rels" not in self.names:
            return parts
        for row in self.part("word/_rels/document.xml.rels"):
            target, kind = attribute(row, "Target"), attribute(row, "Type") or ""
            if not target or attribute(row, "TargetMode") == "External":
                continue
            member = posixpath.normpath(posixpath.join("/word", target)).lstrip("/")
            if member in self.names:
                self.targets[attribute(row, "Id") or ""] = member
                parts.setdefault(kind.rpartition("/")[2], []).append(member)
        return parts

    def numbering(self, names: list[str]) -> dict[tuple[str, str], str]:
        """{(number of the list, level): "-" or "1"}"""
        formats: dict[tuple[str, str], str] = {}
        for name in names[:1]:
            root = self.part(name)
            levels: dict[str | None, dict[str, str]] = {}
            for abstract in root:
                if local_name(abstract) == "abstractNum":
                    levels[attribute(abstract, "abstractNumId")] = {
                        attribute(level, "ilvl") or "0": (
                            attribute(child(level, "numFmt"), "val") or "decimal"
                        )
                        for level in abstract
                        if local_name(level) == "lvl"
                    }
            for row in root:
                if local_name(row) != "num":
                    continue
                number = attribute(row, "numId") or ""
                for level, kind in levels.get(
                    attribute(child(row, "abstractNumId"), "val"), {}
                ).items():
                    if kind != "none":
                        formats[number, level] = "-" if kind == "bullet" else "1"
        return formats

    def style_table(self, names: list[str]) -> dict:
        """Styles by their id, with what they inherit, as `style` of the reader makes them."""
        rows = {}
        for name in names[:1]:
            rows = {
                attribute(row, "styleId") or "": row
                for row in self.part(name)
                if local_name(row) == "style"
            }
        return {key: self.style(self.inherited(key, rows)) for key in rows}

    def style(self, rows: Iterator):
        """What the reader wants to know of a style; rows: as `inherited` gives them."""
        raise NotImplementedError

    @staticmethod
    def inherited(key: str, rows: dict) -> Iterator[tuple]:
        """(style, its name in lower case) of a style and those it stands on."""
        for _step in range(12):  # a style may stand on another, which stands on the first again
            if (row := rows.get(key)) is None:
                return
            yield row, (attribute(child(row, "name"), "val") or "").lower()
            key = attribute(child(row, "basedOn"), "val") or ""


class _Reader(WordPackage):
    """A description of a practice being read."""

    def __init__(self, package: zipfile.ZipFile):
        super().__init__(package)
        self.document = WordDocument()
        self.pictures: list[str] = []
        self.left_out: set[str] = set()

    def read(self) -> WordDocument:
        root = self.part("word/document.xml")
        parts = self.relationships()
        self.formats = self.numbering(parts.get("numbering", []))
        self.styles = self.style_table(parts.get("styles", []))
        body = child(root, "body")
        if body is None:
            raise damaged()
        self.document.blocks = self.blocks(body, 0)
        pictures = list(self.pictures)
        for kind in ("header", "footer", "footnotes", "endnotes"):
            for name in parts.get(kind, []):
                self.margin(self.part(name))
        # Headers hold emblems, not pictures of the practice.
        self.pictures = pictures
        if parts.get("comments"):
            self.document.notes.append(gettext("Comments in the margin were left out."))
        self.take_pictures()
        return self.document

    def style(self, rows: Iterator) -> _Style:
        heading, item, is_bold, is_contents = None, "", None, False
        for row, name in rows:
            if heading is None:
                heading = heading_of(row, name)
            is_contents = is_contents or bool(re.match(r"(?:toc|оглавление) ", name))
            item = item or self.item(child(row, "pPr", "numPr"))
            if not item and (found := re.match(r"list (bullet|number)", name)):
                item = "-" if found[1] == "bullet" else "1"
            if is_bold is None:
                is_bold = switch(child(row, "rPr", "b"))
        return _Style(heading, item, bool(is_bold), is_contents)

    def item(self, properties) -> str:
        """How the program numbers a paragraph of these numPr."""
        number = attribute(child(properties, "numId"), "val")
        level = attribute(child(properties, "ilvl"), "val") or "0"
        return self.formats.get((number or "", level), "")

    # ------------------------------------------------------------ blocks

    def blocks(self, parent, depth: int) -> list[Block]:
        found: list[Block] = []
        for element in parent:
            name = local_name(element)
            if name == "p":
                found += self.paragraph(element, depth)
            elif name == "tbl":
                if depth >= MAX_TABLE_DEPTH:
                    raise ValidationError(
                        gettext("Tables inside tables go too deep here. Make the document simpler.")
                    )
                found.append(self.table(element, depth + 1))
            elif name == "AlternateContent":
                found += self.blocks(alternative(element), depth)
            elif name and name not in SKIPPED:
                found += self.blocks(element, depth)
        return found

    def table(self, element, depth: int) -> Table:
        rows = []
        for row in inside(element, "tr"):
            before = attribute(child(row, "trPr", "gridBefore"), "val") or "0"
            column = int(before) if before.isdigit() else 0
            cells = []
            for cell in inside(row, "tc"):
                cells.append(Cell(column, self.blocks(cell, depth)))
                span = attribute(child(cell, "tcPr", "gridSpan"), "val") or "1"
                column += min(int(span), 60) if span.isdigit() else 1
            rows.append(cells)
        return Table(rows)

    def paragraph(self, element, depth: int) -> list[Block]:
        """The paragraph and after it what stands in its text boxes; an empty one is nothing."""
        properties = child(element, "pPr")
        style = self.styles.get(attribute(child(properties, "pStyle"), "val") or "", _Style())
        line = _Line(self, style, depth)
        line.take(element)
        self.count(sum(len(text) for text, _bold in line.pieces))
        text = "".join(text for text, _bold in line.pieces).strip()
        if not text or style.is_contents:
            return line.boxes
        heading = outline(child(properties, "outlineLvl"))
        own = child(properties, "numPr")
        item = style.item if own is None else self.item(own)
        if not item:
            text, item = _typed_item(text)
        made = Paragraph(
            text, heading if heading is not None else style.heading, item, line.bold_beginning()
        )
        return [made, *line.boxes]

    def margin(self, root) -> None:
        """Texts of a header, a footer or of footnotes; numbers of pages are no text."""
        known = {paragraph.text for paragraph in self.document.margins}
        notes = [each for each in root if local_name(each) in {"footnote", "endnote"}]
        for part in notes or [root]:
            if attribute(part, "type") not in {None, "normal"}:
                continue
            for text in words(self.blocks(part, 0)):
                if re.search(r"[^\W\d]", text) and text not in known:
                    known.add(text)
                    self.document.margins.append(Paragraph(text))

    # ------------------------------------------------------------ pictures

    def take_pictures(self) -> None:
        """The first pictures of the document; the rest is told."""
        taken: dict[str, int] = {}
        for identifier in self.pictures:
            member = self.targets.get(identifier)
            if member is None:
                self.left_out.add("elsewhere")
            elif member not in taken:
                taken[member] = self.take_picture(member)
        more = sum(taken.values())
        if more:
            self.document.notes.append(
                ngettext(
                    "%(count)s further picture was left out: eight at most are taken.",
                    "%(count)s further pictures were left out: eight at most are taken.",
                    more,
                )
                % {"count": more}
            )
        for reason, sentence in (
            ("kind", gettext("A picture was left out: JPEG, PNG and WebP are taken.")),
            ("size", gettext("A picture was left out: it is too large.")),
            (
                "elsewhere",
                gettext("A picture only linked to was left out. Put it into the document."),
            ),
            ("object", gettext("An embedded object or a drawing was left out.")),
        ):
            if reason in self.left_out:
                self.document.notes.append(sentence)

    def take_picture(self, member: str) -> int:
        """Take it; 1 when it is one too many."""
        info = self.package.getinfo(member)
        if info.file_size > MAX_PICTURE_BYTES:
            self.left_out.add("size")
            return 0
        with self.package.open(info) as handle:
            head = handle.read(16)
        kind = next((kind for magic, kind in PICTURE_KINDS if head.startswith(magic)), None)
        if kind is None or (kind == "webp" and head[8:12] != b"WEBP"):
            self.left_out.add("kind")
            return 0
        if len(self.document.pictures) == MAX_PICTURES:
            return 1
        number = len(self.document.pictures) + 1
        self.document.pictures.append((f"picture-{number}.{kind}", self.package.read(info)))
        return 0


class _Line:
    """The words of one paragraph, run by run: [(text, whether it is bold)]."""

    def __init__(self, reader: _Reader, style: _Style, depth: int):
        self.reader, self.style, self.depth = reader, style, depth
        self.pieces: list[tuple[str, bool]] = []
        self.boxes: list[Block] = []
        self.is_bold = style.is_bold

    def take(self, element) -> None:
        for each in element:
            name = local_name(each)
            if name == "r":
                before, self.is_bold = self.is_bold, self.bold_of(each)
                self.take(each)
                self.is_bold = before
            elif name in {"t", "tab", "noBreakHyphen", "sym", *LINE_BREAKS}:
                self.pieces.append((sign_of(each, name), self.is_bold))
            elif name == "AlternateContent":
                self.take(alternative(each))
            elif name == "txbxContent":
                self.boxes += self.reader.blocks(each, self.depth)
            elif name == "blip":
                self.picture(attribute(each, "embed"))
            elif name == "imagedata":
                self.picture(attribute(each, "id"))
            elif name in {"object", "OLEObject", "chart", "relIds"}:
                self.reader.left_out.add("object")
            elif name == "fldChar":
                self.pieces += [(box, self.is_bold) for box in _form_box(each)]
            elif name and name not in SKIPPED:
                self.take(each)

    def bold_of(self, run) -> bool:
        properties = child(run, "rPr")
        own = switch(child(properties, "b"))
        if own is not None:
            return own
        style = self.reader.styles.get(attribute(child(properties, "rStyle"), "val") or "")
        return bool(style and style.is_bold) or self.style.is_bold

    def picture(self, identifier: str | None) -> None:
        if len(self.reader.pictures) < 1000:
            self.reader.pictures.append(identifier or "")

    def bold_beginning(self) -> str:
        beginning = ""
        for text, is_bold in self.pieces:
            if text.strip() and not is_bold:
                break
            beginning += text
        return beginning.strip()


def heading_of(style, name: str) -> int | None:
    """The level of a style of headings, 0 of the title; None of any other style."""
    if found := re.fullmatch(r"(?:heading|заголовок) (\d)", name):
        return int(found[1])
    return 0 if name in TITLES else outline(child(style, "pPr", "outlineLvl"))


def outline(element) -> int | None:
    level = attribute(element, "val") or ""
    return int(level) + 1 if level.isdigit() and int(level) < 9 else None


def switch(element) -> bool | None:
    if element is None:
        return None
    return attribute(element, "val") not in {"0", "false", "off", "none"}


def alternative(element):
    """Of two forms of the same content the newer one: both together would double the text."""
    for name in ("Choice", "Fallback"):
        if (form := child(element, name)) is not None:
            return form
    return ()


def inside(element, name: str) -> Iterator:
    """Rows of a table, cells of a row: also those inside content controls and insertions."""
    for each in element:
        found = local_name(each)
        if found == name:
            yield each
        elif found in {"sdt", "sdtContent", "ins", "moveTo", "customXml"}:
            yield from inside(each, name)


def sign_of(element, name: str) -> str:
    if name == "t":
        return element.text or ""
    if name == "tab":
        return "\t"
    if name == "noBreakHyphen":
        return "\u2011"
    if name in LINE_BREAKS:
        return "\n" if attribute(element, "type") in {None, "textWrapping"} else " "
    code = (attribute(element, "char") or "").upper()
    if code in BOXES:
        return BOXES[code]
    is_sign = re.fullmatch(r"[0-9A-F]{4}", code) and not "D800" <= code <= "DFFF"
    return (
        ("•" if code.startswith("F0") else chr(int(code, 16))) if is_sign and code > "001F" else ""
    )


def _form_box(element) -> list[str]:
    """A box of an old form field."""
    box = child(element, "ffData", "checkBox")
    if box is None:
        return []
    state = child(box, "checked")
    return ["☒ " if switch(state if state is not None else child(box, "default")) else "☐ "]


def _typed_item(text: str) -> tuple[str, str]:
    """A list typed by hand: «• a», «– a» lose their sign, «1. a» keeps its number."""
    if found := TYPED_ITEM.match(text):
        return text[found.end() :], "-"
    return text, "typed" if TYPED_NUMBER.match(text) else ""
