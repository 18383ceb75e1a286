"""Documents without what programs write into them: authors, dates, programs, paths, thumbnails.

What is on the pages stays; so a document whose pages tell what is hidden is not given out at all.
"""

import io
import re
import struct
import zipfile
from collections.abc import Callable
from html import unescape

from publishing.files import UNREADABLE

#: Letters of a page from which on its text has been understood; a scan has none.
READ = 20
MARK = "—"
BEGINNING = (2000, 1, 1, 0, 0, 0)
#: Keys of PDF objects beside what is drawn.
PDF_BESIDE = (
    "/Metadata", "/PieceInfo", "/LastModified", "/Thumb", "/Annots", "/AA", "/Alt", "/ActualText",
    "/OPI", "/StructParents", "/SeparationInfo", "/Tabs", "/AF", "/Info", "/ModDate", "/CreationDate",
)  # fmt: skip
#: Relationships of an office document to parts that tell of its makers.
OFFICE_BESIDE = re.compile(
    r"<Relationship\b[^>]*(?:core-properties|extended-properties|custom-properties|thumbnail"
    r"|printerSettings)[^>]*/>"
)
OFFICE_DROPPED = re.compile(r"^docProps/|printerSettings|vbaProject|(^|/)attachedToolbars")
OFFICE_PARTS = re.compile(r"\.(xml|rels|vml|jpe?g|png|gif|emf|wmf|odttf|fntdata)$", re.IGNORECASE)
#: Attributes and elements that hold names of people or paths of a disk.
MAKERS = re.compile(
    r"\b((?:w|w15|w16\w*|p\d*|a\d*|x\d*\w*)?:?(?:author|initials|userId|userName|displayName|providerId"
    r'|lastModifiedBy|lastAuthor))="[^"]*"'
)
SEGMENTS_KEPT = {0xE0, 0xE2, 0xEE}  # JFIF, colour profile, Adobe's colour transform
PNG_BESIDE = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}


def bare(content: bytes, extension: str, tells: Callable[[str], bool]) -> bytes | None:
    """The document without its makers’ traces; None where its pages tell, or cannot be read.

    tells: whether a text says what is hidden.
    """
    from pypdf.errors import PyPdfError

    try:
        if extension == "pdf":
            return _bare_pdf(content, tells)
        return _bare_office(content, tells)
    except (*UNREADABLE, PyPdfError):
        return None


# ---------------------------------------------------------------- PDF


def _bare_pdf(content: bytes, tells) -> bytes | None:
    from pypdf import PdfReader, PdfWriter

    reader = PdfReader(io.BytesIO(content))
    texts = [page.extract_text() for page in reader.pages]
    if any(sum(map(str.isalpha, text)) < READ for text in texts) or tells("\n".join(texts)):
        return None
    writer = PdfWriter()
    for page in reader.pages:
        # Neither bookmarks nor fields nor the document’s own information come along.
        for key in PDF_BESIDE:
            page.pop(key, None)
        writer.add_page(page)
    told: list[str] = []
    for each in writer._objects:  # noqa: SLF001
        _strip_object(each, told)
    if tells("\n".join(told)):
        return None
    writer.metadata = None
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _strip_object(each, told: list[str]) -> None:
    """Take from an object what is beside the drawing; note the words it still holds."""
    from pypdf.generic import (
        ArrayObject,
        DictionaryObject,
        StreamObject,
        TextStringObject,
    )

    if isinstance(each, StreamObject) and each.get("/Filter") in {"/DCTDecode", ("/DCTDecode",)}:
        each._data = bare_jpeg(each._data)  # noqa: SLF001
    if isinstance(each, DictionaryObject):
        for key in PDF_BESIDE:
            each.pop(key, None)
        for value in each.values():
            _strip_object(value, told)
    elif isinstance(each, ArrayObject):
        for value in each:
            _strip_object(value, told)
    elif isinstance(each, TextStringObject):
        told.append(str(each))


# ---------------------------------------------------------------- pictures inside


def bare_jpeg(content: bytes) -> bytes:
    """The picture without EXIF, XMP and comments; as it came where it is built in another way."""
    if not content.startswith(b"\xff\xd8"):
        return content
    kept, at = [b"\xff\xd8"], 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        if marker == 0xDA:  # the picture itself begins
            return b"".join([*kept, content[at:]])
        is_beside = 0xE0 <= marker <= 0xEF or marker == 0xFE
        if not is_beside or marker in SEGMENTS_KEPT:
            kept.append(content[at : at + 2 + length])
        at += 2 + length
    return content


def bare_png(content: bytes) -> bytes:
    """The picture without its chunks of text."""
    kept, at = [content[:8]], 8
    while at + 12 <= len(content):
        length = struct.unpack(">I", content[at : at + 4])[0]
        if content[at + 4 : at + 8] not in PNG_BESIDE:
            kept.append(content[at : at + 12 + length])
        at += 12 + length
    return b"".join(kept)


# ---------------------------------------------------------------- Word, Excel, PowerPoint


def _bare_office(content: bytes, tells) -> bytes | None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as package,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in package.namelist():
            if OFFICE_DROPPED.search(name) or name.endswith("/"):
                continue
            if not OFFICE_PARTS.search(name):
                return None  # a part nobody here can look into
            part = _bare_part(name, package.read(name))
            if _is_text(name) and (tells(name) or tells(_text_of(part.decode()))):
                return None
            made.writestr(zipfile.ZipInfo(name, BEGINNING), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _is_text(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels", ".vml"))


def _bare_part(name: str, part: bytes) -> bytes:
    if name.lower().endswith((".jpg", ".jpeg")):
        return bare_jpeg(part)
    if name.lower().endswith(".png"):
        return bare_png(part)
    if not _is_text(name):
        return part
    text = part.decode()
    if name.endswith(".rels"):
        text = OFFICE_BESIDE.sub("", text)
        # Paths of templates, addresses of pages: nobody follows them from here.
        return re.sub(
            r'(<Relationship\b[^>]*?)Target="[^"]*"([^>]*TargetMode="External")'
            r'|(<Relationship\b[^>]*TargetMode="External"[^>]*?)Target="[^"]*"',
            lambda found: f'{found[1] or found[3]}Target="about:blank"{found[2] or ""}',
            text,
        ).encode()
    if name == "[Content_Types].xml":
        text = re.sub(r'<Override\b[^>]*PartName="/docProps/[^>]*/>', "", text)
        return re.sub(r"<Override\b[^>]*printerSettings[^>]*/>", "", text).encode()
    text = MAKERS.sub(rf'\1="{MARK}"', text)
    text = re.sub(r"<author>[^<]*</author>", f"<author>{MARK}</author>", text)
    text = re.sub(r'(<\w*:?absPath\b[^>]*\burl=)"[^"]*"', r'\1""', text)
    text = re.sub(r'(<pageSetup\b[^>]*?)\s+r:id="[^"]*"', r"\1", text)
    if "commentAuthors" in name or name.endswith("authors.xml"):
        text = re.sub(r'\bname="[^"]*"', f'name="{MARK}"', text)
    return text.encode()


def _text_of(xml: str) -> str:
    """Words of a part with each paragraph on a line of its own, and those of its attributes."""
    text = re.sub(r"</(?:w:p|a:p|row|si|c|w:tc)>|<w:(?:br|tab)\b[^>]*/>", "\n", xml)
    attributes = " \n".join(re.findall(r'\b(?:title|descr|name|val|alt)="([^"]{3,})"', xml))
    return unescape(re.sub(r"<[^>]*>", "", text) + "\n" + attributes)
