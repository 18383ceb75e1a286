"""A .docx as the text of an article: paragraphs, headings, lists, tables, footnotes, pictures.

Read from the package's XML as practices/word does: nothing outside the package is fetched, no entity
is resolved, macros are refused. What finds no place in an article is told.
"""

import re
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape
from io import BytesIO
from urllib.parse import quote, urlsplit

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from journal.word.left_out import sentences
from journal.word.lists import Lists
from journal.word.marks import MARKS, Piece, html_of, is_all, plain, without
from journal.word.signs import is_of_old_font, readable, symbol
from practices.word.document import (
    LINE_BREAKS,
    MAX_TABLE_DEPTH,
    PICTURE_KINDS,
    SKIPPED,
    WordPackage,
    accepted_word,
    alternative,
    attribute,
    child,
    damaged,
    heading_of,
    inside,
    local_name,
    outline,
    sign_of,
    switch,
)
from publishing.excerpts import excerpt
from publishing.files import MAX_PICTURE_BYTES, UNREADABLE, accept_picture
from publishing.richtext import clean_article, plain_text

MAX_PICTURES = 20
#: As the columns of an article and of a picture hold them.
MAX_TITLE, MAX_LEAD, MAX_ALT, MAX_CAPTION = 160, 500, 200, 200
#: A bold line of its own up to this length is a heading where the document has no headings.
MAX_TYPED_HEADING = 100
SCHEMES = {"http", "https", "mailto", "tel"}
#: A caption typed by hand under a picture.
CAPTION = re.compile(r"(?:Сүрөт|Рисунок|Рис\.|Фото|Диаграмма|Схема|Figure)[\s\u00a0.:№\d]", re.I)
#: What programs write where a person should have told what the picture shows.
NO_ALT = re.compile(
    r"automatically generated|автоматически созданное|AI-generated|\.(?:png|jpe?g|gif|bmp|webp|emf|wmf)\s*$"
    r"|^(?:Picture|Рисунок|Сүрөт|Изображение|Image|Описание:)?\s*\d*\s*$",
    re.I,
)
#: Signs of a list typed by hand. A dash is none: so begins what is said in an interview.
TYPED_SIGN = re.compile(r"\s*[•●▪◦‣∙·*\uf0b7\uf0a7][ \t\u00a0]+")
#: The sign of one's own that opens a footnote.
OWN_SIGN = r"^<sup>[^<]{1,3}</sup>\s*"
#: Names of styles in lower case, as Word calls them in English and in Russian.
QUOTES = {"quote", "цитата", "цитата 2", "block text"}
PULL_QUOTES = {"intense quote", "выделенная цитата"}
CAPTIONS = {"caption", "название объекта"}
SUBTITLES = {"subtitle", "подзаголовок"}
#: Without a number of its own such a paragraph is one more of the item above it.
ITEMS = {"list paragraph", "абзац списка", "list continue"}
#: What tells that somebody's changes wait to be accepted.
TRACKED = ("{*}ins", "{*}del", "{*}moveFrom", "{*}moveTo")


@dataclass(frozen=True)
class ImportedPicture:
    """uuid: under which the text names it; content: the bytes as they came, a sound picture."""

    uuid: uuid.UUID
    name: str
    content: bytes
    alt: str = ""
    caption: str = ""

    @property
    def src(self) -> str:
        """Where the picture is once it is kept as a picture of the article with this uuid."""
        return reverse("media", args=["journal.articlepicture", self.uuid, "original.jpg"])


@dataclass(frozen=True)
class ImportedArticle:
    """title and lead: plain text, «» where none was found; body: clean HTML of an article.

    pictures: in the order of the text. left_out: sentences on what found no place.
    """

    title: str = ""
    lead: str = ""
    body: str = ""
    pictures: list[ImportedPicture] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def article_from_docx(content: bytes) -> ImportedArticle:
    """Read a .docx; raises ValidationError with a sentence for whatever is not a sound one."""
    content = accepted_word(SimpleUploadedFile("article.docx", content))
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            return _ArticleReader(package).read()
    except (*UNREADABLE, SyntaxError, RecursionError) as error:
        raise damaged() from error


@dataclass
class _Style:
    name: str = ""
    heading: int | None = None
    numbered: tuple[str, int] | None = None
    marks: dict[str, bool] = field(default_factory=dict)
    is_contents: bool = False
    #: How deep its items stand, from 0.
    depth: int = 0


@dataclass
class _Block:
    """kind: p, h, li, more, quote, pull, caption, subtitle, title, table, figure, box.

    html: its inside, of a table, figure or box the whole. level: of a heading or of an item.
    numbered: (number of the list, "-" or "1") of an item. count: which of its list it is.
    label: what the program sets before it, «2.1.». more: another paragraph of the item above.
    """

    kind: str
    html: str = ""
    pieces: list[Piece] = field(default_factory=list)
    level: int = 0
    numbered: tuple[str, str] = ("", "")
    count: int = 1
    label: str = ""
    picture: ImportedPicture | None = None

    @property
    def text(self) -> str:
        return plain(self.pieces)


class _ArticleReader(WordPackage):
    too_long = gettext_lazy("The document is too long for one article. Make it shorter.")

    def read(self) -> ImportedArticle:
        root = self.part("word/document.xml")
        parts = self.relationships()
        self.formats = self.numbering(parts.get("numbering", []))
        numbering = parts.get("numbering", [])
        self.lists = Lists(self.part(numbering[0]) if numbering else None)
        self.styles = self.style_table(parts.get("styles", []))
        self.links = self.links_of("word/document.xml")
        self.pictures: dict[str, ImportedPicture | None] = {}
        self.captions: dict[uuid.UUID, str] = {}
        self.too_many: set[str] = set()
        self.left: set[str] = set()
        self.unreadable = 0
        #: Words of a paragraph that goes on in the next one.
        self.carried: list[Piece] = []
        self.notes = {
            kind: self.notes_of(kind, parts.get(f"{kind}s", [])) for kind in ("footnote", "endnote")
        }
        body = child(root, "body")
        if body is None:
            raise damaged()
        blocks = self.blocks(body, 0)
        if parts.get("comments"):
            self.left.add("comments")
        if next(root.iter(*TRACKED), None) is not None:
            self.left.add("tracked")
        title, lead, blocks = self.head(blocks)
        html = clean_article(self.assemble(blocks))
        pictures = [
            ImportedPicture(
                each.uuid, each.name, each.content, each.alt, self.captions.get(each.uuid, "")
            )
            for each in self.pictures.values()
            if each and each.src in html
        ]
        if len(pictures) < sum(1 for each in self.pictures.values() if each):
            self.left.add("note")
        if is_of_old_font(f"{title} {lead} {plain_text(html)}"):
            self.left.add("old font")
        told = sentences(self.left, unreadable=self.unreadable, too_many=len(self.too_many))
        return ImportedArticle(title, lead, html, pictures, told)

    # ------------------------------------------------------------ parts

    def links_of(self, part: str) -> dict[str, str]:
        """{id: address outside} of a part."""
        folder, _slash, name = part.rpartition("/")
        member = f"{folder}/_rels/{name}.rels"
        if member not in self.names:
            return {}
        return {
            attribute(row, "Id") or "": _safe_address(attribute(row, "Target") or "")
            for row in self.part(member)
            if attribute(row, "TargetMode") == "External"
            and (attribute(row, "Type") or "").endswith("/hyperlink")
        }

    def notes_of(self, kind: str, names: list[str]) -> dict[str, str]:
        """{number: inline HTML} of the footnotes or endnotes; their paragraphs follow in one line."""
        found: dict[str, str] = {}
        for name in names[:1]:
            links, self.links = self.links, self.links_of(name)
            self.notes = {}
            for note in self.part(name):
                if local_name(note) != kind or attribute(note, "type") not in {None, "normal"}:
                    continue
                texts = [html_of(block.pieces) for block in self.blocks(note, 1)]
                html = " ".join(filter(None, texts))
                found[attribute(note, "id") or ""] = re.sub(OWN_SIGN, "", html)
            self.links = links
        return found

    def style(self, rows: Iterator) -> _Style:
        made = _Style()
        for row, name in rows:
            made.name = made.name or name
            if made.heading is None:
                made.heading = heading_of(row, name)
            contents = re.match(r"(?:toc|оглавление) |заголовок оглавления", name)
            made.is_contents = made.is_contents or bool(contents)
            if made.numbered is None:
                made.numbered = _numbered(child(row, "pPr", "numPr"))
            if found := re.match(r"list (bullet|number) ?(\d?)", name):
                made.depth = int(found[2] or 1) - 1
                made.numbered = made.numbered or (
                    f"style {'-' if found[1] == 'bullet' else '1'}",
                    0,
                )
            for mark, is_on in _marks(child(row, "rPr")).items():
                made.marks.setdefault(mark, is_on)
        return made

    # ------------------------------------------------------------ blocks

    def blocks(self, parent, depth: int) -> list[_Block]:
        found: list[_Block] = []
        for element in parent:
            name = local_name(element)
            if name == "p":
                found += self.paragraph(element, depth)
            elif name == "tbl":
                found += self.table(element, depth)
            elif name == "AlternateContent":
                found += self.blocks(_better_form(element), depth)
            elif name in {"altChunk", "subDoc"}:
                self.left.add("object")
            elif name and name not in SKIPPED and not _is_advice(element):
                found += self.blocks(element, depth)
        if self.carried:
            found.append(_Block("p", "", self.carried))
            self.carried = []
        return found

    def paragraph(self, element, depth: int) -> list[_Block]:
        """The paragraph, and after it its pictures and what stands in its text boxes."""
        properties = child(element, "pPr")
        style = self.styles.get(attribute(child(properties, "pStyle"), "val") or "", _Style())
        line = _Line(self, style, depth)
        carried, self.carried = self.carried, []
        line.take(element)
        self.count(sum(len(piece.text) for piece in line.pieces))
        line.pieces = carried + line.pieces
        after = [*line.figures, *line.boxes]
        if style.is_contents:
            return []
        if attribute(child(properties, "framePr"), "dropCap") in {"drop", "margin"}:
            # A first letter drawn large is a paragraph of its own.
            self.carried = without(line.pieces, *MARKS)
            return after
        if child(properties, "rPr", "del") is not None:
            # The end of the paragraph was deleted by a tracked change.
            self.carried = line.pieces
            return after
        if not plain(line.pieces) and not any(piece.note for piece in line.pieces):
            return after
        return [self.worded(properties, style, line.pieces), *after]

    def worded(self, properties, style: _Style, pieces: list[Piece]) -> _Block:
        level = outline(child(properties, "outlineLvl"))
        level = style.heading if level is None else level
        number, depth, kind = self.number_of(properties, style)
        if level is not None:
            count = self.lists.count(number, depth) if kind == "1" else 1
            label = self.lists.label(number, depth) if kind == "1" else ""
            kind = "h" if level else "title"
            return _Block(kind, "", without(pieces, "strong", "em"), level, ("", ""), count, label)
        for names, name in (
            (QUOTES, "quote"), (PULL_QUOTES, "pull"), (CAPTIONS, "caption"), (SUBTITLES, "subtitle"),
        ):  # fmt: skip
            if style.name in names:
                return _Block(name, "", pieces)
        if kind:
            count = self.lists.count(number, depth)
            label = self.lists.label(number, depth) if kind == "1" else ""
            # Each style of «List Bullet 2» has a list of its own, all of them on its first level.
            depth += style.depth if child(properties, "numPr") is None else 0
            return _Block("li", "", pieces, depth, (number, kind), count, label)
        if found := TYPED_SIGN.match(pieces[0].text):
            first = replace(pieces[0], text=pieces[0].text[found.end() :])
            if plain([first, *pieces[1:]]):
                return _Block("li", "", [first, *pieces[1:]], 0, ("typed", "-"))
        if style.name in ITEMS:
            indent = child(properties, "ind")
            left = attribute(indent, "left") or attribute(indent, "start")
            return _Block("p" if left == "0" else "more", "", pieces)
        return _Block("p", "", pieces)

    def number_of(self, properties, style: _Style) -> tuple[str, int, str]:
        """(list, level, "-" or "1") of a paragraph; the kind is "" where it is in no list."""
        own = child(properties, "numPr")
        numbered = _numbered(own) or style.numbered
        if numbered and own is not None and child(own, "numId") is None and style.numbered:
            numbered = (style.numbered[0], numbered[1])
        if not numbered:
            return "", 0, ""
        number, level = numbered
        kind = number[-1] if number.startswith("style ") else ""
        return number, level, kind or self.formats.get((number, str(level)), "")

    def head(self, blocks: list[_Block]) -> tuple[str, str, list[_Block]]:
        """(title, lead, the rest): what stands above the text."""
        place = self.place_of_title(blocks)
        title = lead = ""
        if place is not None:
            block = blocks[place]
            title = block.text
            if any(piece.note for piece in block.pieces):
                self.left.add("note")
            blocks = blocks[:place] + blocks[place + 1 :]
            if place < len(blocks) and self.is_lead(blocks[place]):
                lead = blocks[place].text
                blocks = blocks[:place] + blocks[place + 1 :]
        return title, lead, blocks

    @staticmethod
    def place_of_title(blocks: list[_Block]) -> int | None:
        """By its style; or the only heading of the highest level; or a short line at the beginning."""
        beginning = blocks[:4]
        headings = [block for block in blocks if block.kind == "h"]
        for place, block in enumerate(beginning):
            if block.kind == "title" and 0 < len(block.text) <= MAX_TITLE:
                return place
        top = min((block.level for block in headings), default=0)
        tops = [block for block in headings if block.level == top]
        for place, block in enumerate(beginning):
            if tops == [block] and len(block.text) <= MAX_TITLE:
                return place
        first = blocks[0] if blocks else None
        if (
            first
            and first.kind == "p"
            and len(blocks) > 1
            and len(first.text) <= MAX_TITLE
            and not first.text.endswith((".", ",", ";", ":"))
            and not any(piece.note for piece in first.pieces)
        ):
            return 0
        return None

    @staticmethod
    def is_lead(block: _Block) -> bool:
        """A subtitle, or a paragraph all in bold or italics; its footnotes keep it in the text."""
        if len(block.text) > MAX_LEAD or any(piece.note for piece in block.pieces):
            return False
        marked = is_all(block.pieces, "strong") or is_all(block.pieces, "em")
        return block.kind == "subtitle" or (
            block.kind == "p" and marked and len(block.text) > MAX_TYPED_HEADING
        )

    # ------------------------------------------------------------ HTML

    def assemble(self, blocks: list[_Block], *, place_of: str = "text") -> str:
        """The blocks as HTML; captions join their pictures, items their lists.

        place_of: text, box or cell. Only in the text a bold line may be a heading; a cell has none.
        """
        blocks = list(self.captioned(blocks))
        headings = sorted({block.level for block in blocks if block.kind == "h"})
        in_cell, by_look = place_of == "cell", place_of == "text" and not headings
        html: list[str] = []
        place = 0
        while place < len(blocks):
            block = blocks[place]
            if block.kind in {"li", "quote", "pull"}:
                kinds = {"li", "more"} if block.kind == "li" else {block.kind}
                end = place
                while end < len(blocks) and blocks[end].kind in kinds:
                    end += 1
                group = blocks[place:end]
                place = end
                if by_look and len(group) == 1 and _is_typed_heading(block):
                    html.append(_heading("h2", block))
                else:
                    html.append(self.list_html(group) if block.kind == "li" else _quote(group))
                continue
            place += 1
            if block.kind in {"table", "figure", "box"}:
                html.append(block.html)
            elif in_cell and block.kind in {"h", "title"}:
                html.append(f"<p><strong>{escape(block.label)}{html_of(block.pieces)}</strong></p>")
            elif block.kind in {"h", "title"}:
                tag = "h2" if not headings or block.level <= headings[0] else "h3"
                html.append(_heading(tag, block))
            elif by_look and _is_typed_heading(block):
                html.append(_heading("h2", block))
            else:
                html.append(f"<p>{html_of(block.pieces)}</p>")
        return "".join(html)

    def captioned(self, blocks: list[_Block]) -> Iterator[_Block]:
        """A caption under a picture stands inside its figure."""
        waiting: _Block | None = None
        for block in blocks:
            is_caption = block.kind == "caption" or (
                block.kind == "p" and CAPTION.match(block.text) and len(block.text) <= 300
            )
            if waiting and is_caption and waiting.picture:
                look = [mark for mark in ("em", "strong") if is_all(block.pieces, mark)]
                html = html_of(without(block.pieces, *look))
                self.captions.setdefault(waiting.picture.uuid, excerpt(block.text, MAX_CAPTION))
                yield _figure(waiting.picture, html)
                waiting = None
                continue
            if waiting:
                yield waiting
            waiting = block if block.kind == "figure" else None
            if not waiting:
                yield block
        if waiting:
            yield waiting

    def list_html(self, items: list[_Block]) -> str:
        """Nested lists of the flat items."""
        html: list[str] = []
        #: Lists that are open: (level, "-" or "1", number).
        open_: list[tuple[int, str, str]] = []

        def close():
            html.append("</li></ul>" if open_.pop()[1] == "-" else "</li></ol>")

        for item in items:
            if item.kind == "more":
                html.append(f"<p>{html_of(item.pieces)}</p>")
                continue
            number, kind = item.numbered
            while open_ and open_[-1][0] > item.level:
                close()
            if open_ and open_[-1][0] == item.level:
                begins = kind == "1" and item.count == 1 and open_[-1][2] != number
                if begins or open_[-1][1] != kind:
                    close()
            if open_ and open_[-1][0] == item.level:
                html.append("</li>")
            else:
                open_.append((item.level, kind, number))
                continued = f' start="{item.count}"' if item.count > 1 and kind == "1" else ""
                html.append("<ul>" if kind == "-" else f"<ol{continued}>")
            html.append(f"<li><p>{html_of(item.pieces)}</p>")
        while open_:
            close()
        return "".join(html)

    # ------------------------------------------------------------ tables

    def table(self, element, depth: int) -> list[_Block]:
        """A table; one of a single cell is a box, one inside a cell becomes its lines."""
        rows = [
            self.row(row, depth)
            for row in inside(element, "tr")
            if child(row, "trPr", "del") is None
        ]
        cells = [cell for row in rows for cell in row]
        figures = [each for cell in cells for each in cell.blocks if each.kind == "figure"]
        for cell in cells:
            cell.blocks = [each for each in cell.blocks if each.kind != "figure"]
        if not any(cell.blocks for cell in cells):
            return figures
        captions = [_as_caption(cell.blocks) for cell in cells if cell.blocks]
        if len(captions) == len(figures) and all(len(each.text) <= 300 for each in captions):
            # Pictures set side by side, each with its words below.
            return [each for pair in zip(figures, captions, strict=True) for each in pair]
        if depth:
            self.left.add("nested")
            lines = [
                [piece for cell in row for block in cell.blocks for piece in _spaced(block)]
                for row in rows
            ]
            return [_Block("p", "", line) for line in lines if plain(line)] + figures
        if len(cells) == 1:
            html = self.assemble(cells[0].blocks, place_of="box")
            return [_Block("box", f'<blockquote class="box">{html}</blockquote>'), *figures]
        return [_Block("table", self.table_html(element, rows)), *figures]

    def row(self, element, depth: int) -> list["_Cell"]:
        before = attribute(child(element, "trPr", "gridBefore"), "val") or "0"
        column = int(before) if before.isdigit() else 0
        cells = []
        for cell in inside(element, "tc"):
            span = attribute(child(cell, "tcPr", "gridSpan"), "val") or "1"
            width = min(int(span), 60) if span.isdigit() and int(span) else 1
            merge = child(cell, "tcPr", "vMerge")
            is_below = merge is not None and attribute(merge, "val") != "restart"
            if depth + 1 > MAX_TABLE_DEPTH:
                raise ValidationError(
                    gettext("Tables inside tables go too deep here. Make the document simpler.")
                )
            blocks = self.blocks(cell, depth + 1)
            cells.append(_Cell(column, width, is_below, blocks))
            column += width
        return cells

    def table_html(self, element, rows: list[list["_Cell"]]) -> str:
        heads = self.head_rows(element, rows)
        html = []
        for number, row in enumerate(rows):
            made = []
            for cell in row:
                if cell.is_below and self.cell_above(rows, number, cell):
                    continue
                height, below = 1, number + 1
                blocks = list(cell.blocks)
                while below < len(rows):
                    under = next(
                        (
                            each
                            for each in rows[below]
                            if each.is_below and each.column == cell.column
                        ),
                        None,
                    )
                    if under is None:
                        break
                    blocks += under.blocks
                    height, below = height + 1, below + 1
                tag = "th" if number < heads else "td"
                if tag == "th":
                    blocks = [
                        replace(each, pieces=without(each.pieces, "strong")) for each in blocks
                    ]
                spans = f' colspan="{cell.width}"' if cell.width > 1 else ""
                spans += f' rowspan="{height}"' if height > 1 else ""
                inside_of = self.assemble(blocks, place_of="cell")
                made.append(f"<{tag}{spans}>{inside_of}</{tag}>")
            html.append(f"<tr>{''.join(made)}</tr>")
        return f"<table><tbody>{''.join(html)}</tbody></table>"

    @staticmethod
    def cell_above(rows, number: int, cell: "_Cell") -> bool:
        """Whether the cell continues one: a program may have left the first one out."""
        return number > 0 and any(each.column == cell.column for each in rows[number - 1])

    @staticmethod
    def head_rows(element, rows) -> int:
        """Rows marked as the head of the table, or a first row all in bold."""
        marked = 0
        for row in inside(element, "tr"):
            if child(row, "trPr", "del") is not None:
                continue
            mark = child(row, "trPr", "tblHeader")
            if mark is None or switch(mark) is False:
                break
            marked += 1
        if marked or len(rows) < 2:
            return min(marked, len(rows) - 1)
        blocks = [block for cell in rows[0] for block in cell.blocks]
        is_bold = bool(blocks) and all(is_all(block.pieces, "strong") for block in blocks)
        return int(is_bold and len(rows[0]) > 1)

    # ------------------------------------------------------------ pictures

    def picture(self, identifier: str, alt: str) -> ImportedPicture | None:
        """The picture of a relation, once however often it stands there; None where it is left out."""
        member = self.targets.get(identifier)
        if member is None:
            self.left.add("elsewhere")
            return None
        if member not in self.pictures:
            if sum(1 for each in self.pictures.values() if each) >= MAX_PICTURES:
                self.too_many.add(member)
                return None
            self.pictures[member] = self.taken(member, alt)
        return self.pictures[member]

    def taken(self, member: str, alt: str) -> ImportedPicture | None:
        info = self.package.getinfo(member)
        content = self.package.read(info) if info.file_size <= MAX_PICTURE_BYTES else b""
        kind = next((kind for magic, kind in PICTURE_KINDS if content.startswith(magic)), None)
        name = f"picture-{len(self.pictures) + 1}.{kind}"
        try:
            if kind is None:
                raise ValidationError("")
            accept_picture(SimpleUploadedFile(name, content))
        except ValidationError:
            self.unreadable += 1
            return None
        alt = "" if NO_ALT.search(alt) else excerpt(" ".join(alt.split()), MAX_ALT)
        return ImportedPicture(uuid.uuid4(), name, content, alt)


@dataclass
class _Cell:
    """column, width: in columns of the grid; is_below: it continues the cell above it."""

    column: int
    width: int
    is_below: bool
    blocks: list[_Block]


class _Line:
    """The words of one paragraph, run by run, with what hangs on them."""

    def __init__(self, reader: _ArticleReader, style: _Style, depth: int):
        self.reader, self.style, self.depth = reader, style, depth
        self.pieces: list[Piece] = []
        self.figures: list[_Block] = []
        self.boxes: list[_Block] = []
        self.marks: frozenset[str] = frozenset()
        self.href = self.alt = self.font = ""
        #: Fields of the program that are open: [instruction, whether its result has begun].
        self.fields: list[list] = []

    def take(self, element) -> None:
        for each in element:
            name = local_name(each)
            if name == "r":
                self.run(each)
            elif name in {"t", "tab", "noBreakHyphen", *LINE_BREAKS}:
                self.word(readable(sign_of(each, name), self.font))
            elif name == "ptab":
                self.word(" ")
            elif name == "sym":
                self.word(symbol(attribute(each, "char") or "", attribute(each, "font") or ""))
            elif name == "hyperlink":
                address = self.reader.links.get(attribute(each, "id") or "", "")
                place = attribute(each, "anchor")
                self.linked(each, f"{address}#{quote(place)}" if address and place else address)
            elif name == "fldSimple":
                self.linked(each, _field_address(attribute(each, "instr") or ""))
            elif name == "fldChar":
                self.field(attribute(each, "fldCharType"))
            elif name == "instrText":
                if self.fields:
                    self.fields[-1][0] += each.text or ""
            elif name in {"footnoteReference", "endnoteReference"}:
                self.note(name.removesuffix("Reference"), attribute(each, "id") or "")
            elif name == "AlternateContent":
                self.take(_better_form(each))
            elif name == "txbxContent":
                self.box(each)
            elif name in {"drawing", "pict", "pic", "shape"}:
                self.drawn(each)
            elif name == "srcRect":
                if any(value.strip("0%") for value in each.attrib.values()):
                    self.reader.left.add("cropped")
            elif name == "blip":
                self.picture(attribute(each, "embed") or attribute(each, "link"))
            elif name == "imagedata":
                self.alt = self.alt or attribute(each, "title") or ""
                self.picture(attribute(each, "id"))
            elif name in {"object", "OLEObject", "chart", "relIds"}:
                self.reader.left.add("object")
            elif name == "oMath":
                self.reader.left.add("formula")
                self.take(each)
            elif name and name not in SKIPPED and not _is_advice(each):
                self.take(each)

    def run(self, element) -> None:
        properties = child(element, "rPr")
        if switch(child(properties, "vanish")):
            return
        styled = self.reader.styles.get(attribute(child(properties, "rStyle"), "val") or "")
        # What a whole style of headings, quotes or captions looks like is no emphasis.
        own_look = self.style.heading is not None or self.style.name in (
            QUOTES | PULL_QUOTES | CAPTIONS | SUBTITLES
        )
        found = {} if own_look else dict(self.style.marks)
        found |= styled.marks if styled else {}
        found |= _marks(properties)
        if switch(child(properties, "strike")) or switch(child(properties, "dstrike")):
            self.reader.left.add("struck")
        self.font = attribute(child(properties, "rFonts"), "ascii") or ""
        before, self.marks = self.marks, frozenset(mark for mark, is_on in found.items() if is_on)
        reference = next(
            (each for each in element if local_name(each).endswith("noteReference")), None
        )
        if reference is not None and switch_on(reference, "customMarkFollows"):
            # The sign of one's own after the reference is no word of the text.
            self.note(
                local_name(reference).removesuffix("Reference"), attribute(reference, "id") or ""
            )
        else:
            self.take(element)
        self.marks = before

    def word(self, text: str) -> None:
        if self.fields and not self.fields[-1][1]:
            return
        href = self.href or self.address_of_fields()
        self.pieces.append(Piece(text.replace("\t", " "), self.marks, href))

    def address_of_fields(self) -> str:
        return next(filter(None, (_field_address(text) for text, _began in self.fields)), "")

    def linked(self, element, address: str) -> None:
        before, self.href = self.href, address or self.href
        self.take(element)
        self.href = before

    def field(self, kind: str | None) -> None:
        if kind == "begin":
            self.fields.append(["", False])
        elif self.fields and kind == "separate":
            self.fields[-1][1] = True
        elif self.fields and kind == "end" and self.fields.pop()[0].split()[:1] == ["EQ"]:
            self.reader.left.add("formula")

    def note(self, kind: str, number: str) -> None:
        if html := self.reader.notes.get(kind, {}).get(number, ""):
            self.pieces.append(Piece(note=html))
        else:
            self.reader.left.add("lost note")

    def box(self, element) -> None:
        """Words in a frame of their own stand in a box after the paragraph."""
        blocks = self.reader.blocks(element, self.depth)
        self.boxes += [block for block in blocks if block.kind == "figure"]
        blocks = [block for block in blocks if block.kind != "figure"]
        captions = [block for block in blocks if block.kind == "caption"]
        if self.boxes and len(captions) == len(blocks):
            self.boxes += captions  # the caption that Word sets into a frame under a picture
        elif blocks and self.depth:
            self.boxes += blocks
        elif blocks:
            html = self.reader.assemble(blocks, place_of="box")
            self.boxes.append(_Block("box", f'<blockquote class="box">{html}</blockquote>'))

    def drawn(self, element) -> None:
        """A picture with what its author says it shows, or a frame with words; in a group each its own."""
        about = child(element, "nvPicPr", "cNvPr")
        about = next(element.iter("{*}docPr"), None) if about is None else about
        before = self.alt
        self.alt = attribute(about, "descr") or attribute(element, "alt") or self.alt
        self.take(element)
        self.alt = before

    def picture(self, identifier: str | None) -> None:
        if picture := self.reader.picture(identifier or "", self.alt):
            self.figures.append(_figure(picture, ""))


def _better_form(element):
    """Of two forms of the same the newer one; a drawing nobody can read gives way to its picture."""
    newer, older = alternative(element), child(element, "Fallback")
    if older is None or len(newer) == 0 or newer is older:
        return newer
    readable_ones = ("{*}blip", "{*}t", "{*}imagedata")
    if (
        next(newer.iter(*readable_ones), None) is None
        and next(older.iter(*readable_ones), None) is not None
    ):
        return older
    return newer


def _is_advice(element) -> bool:
    """A field nobody has filled in: «Click here to enter text»."""
    return local_name(element) == "sdt" and bool(switch(child(element, "sdtPr", "showingPlcHdr")))


def switch_on(element, name: str) -> bool:
    return attribute(element, name) in {"1", "true", "on"}


def _numbered(properties) -> tuple[str, int] | None:
    """(number of the list, level from 0) of these numPr; number «0» takes a paragraph out of its list."""
    if properties is None:
        return None
    level = attribute(child(properties, "ilvl"), "val") or "0"
    number = attribute(child(properties, "numId"), "val") or ""
    return number, int(level) if level.isdigit() else 0


def _marks(properties) -> dict[str, bool]:
    """{mark: whether it is on} of what these rPr say."""
    found = {}
    for name, mark in (("b", "strong"), ("i", "em")):
        if (is_on := switch(child(properties, name))) is not None:
            found[mark] = is_on
    if (raised := attribute(child(properties, "vertAlign"), "val")) is not None:
        found["sup"], found["sub"] = raised == "superscript", raised == "subscript"
    return found


def _safe_address(address: str) -> str:
    try:
        return address if urlsplit(address).scheme.lower() in SCHEMES else ""
    except ValueError:
        return ""


def _field_address(instruction: str) -> str:
    found = re.match(r'\s*HYPERLINK\s+"([^"]+)"', instruction)
    return _safe_address(found[1]) if found else ""


def _figure(picture: ImportedPicture, caption: str) -> _Block:
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    image = f'<img src="{picture.src}" alt="{escape(picture.alt)}">'
    return _Block("figure", f"<figure>{image}{below}</figure>", picture=picture)


def _quote(group: list[_Block]) -> str:
    opening = '<blockquote class="pull">' if group[0].kind == "pull" else "<blockquote>"
    return f"{opening}{''.join(f'<p>{html_of(each.pieces)}</p>' for each in group)}</blockquote>"


def _heading(tag: str, block: _Block) -> str:
    return f"<{tag}>{escape(block.label)}{html_of(without(block.pieces, 'strong', 'em'))}</{tag}>"


def _is_typed_heading(block: _Block) -> bool:
    """A short bold line; of a list only one that stands alone and is counted in figures."""
    text = block.text
    return (
        (block.kind == "p" or (block.kind == "li" and bool(block.label)))
        and len(text) <= MAX_TYPED_HEADING
        and not text.endswith((".", ",", ";", ":"))
        and not text.startswith(("–", "—", "-"))  # a question of an interview
        and is_all(block.pieces, "strong")
    )


def _as_caption(blocks: list[_Block]) -> _Block:
    return _Block("caption", "", [piece for block in blocks for piece in _spaced(block)])


def _spaced(block: _Block) -> list[Piece]:
    return [*block.pieces, Piece(" ")]
