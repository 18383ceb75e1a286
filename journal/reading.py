"""From the text of an article to the HTML of its page: notes at the end, pictures, tables, contents.

>>> rendered(article.edition("ky")).notes[0].html
'Мыйзамдын 7-беренеси.'
"""

import re
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override
from lxml import etree
from lxml import html as lxml_html

from journal.body import tree_of
from publishing.excerpts import glued
from publishing.files import StoredPicture
from publishing.languages import Edition
from publishing.richtext import clean_article

PICTURE = re.compile(r"^/media/journal\.articlepicture/([0-9a-f-]{36})/")
NUMBER = re.compile(r"^[−–+-]?\s*\d[\d\s.,]*\s*%?$|^[–—-]$")
#: How wide a picture is drawn: the column of text, or the whole of a phone.
SIZES = "(min-width: 60em) 42rem, 100vw"


@dataclass(frozen=True)
class Heading:
    """level: 2 or 3. anchor: the id of the heading on the page."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Note:
    """A footnote. The page gives it the id «n<number>»; the way back leads to «r<number>»."""

    number: int
    html: SafeString


@dataclass(frozen=True)
class Rendered:
    html: SafeString
    notes: list[Note]
    headings: list[Heading]


def rendered(edition: Edition, *, host: str = "") -> Rendered:
    """The text of an article's edition for a page. host: goes before addresses of pictures.

    Cleaned once more, so that nothing depends on how it was stored. A figure whose picture is not
    the article's own any more is left out.
    """
    tree = tree_of(clean_article(glued(edition.body)))
    with override(edition.language):
        notes = _take_notes(tree)
        _place_pictures(tree, edition, host)
        _wrap_tables(tree)
        _mark_boxes(tree)
        _unwrap_paragraphs(tree)
        headings = _name_headings(tree)
    return Rendered(mark_safe(_inner(tree)), notes, headings)  # noqa: S308  cleaned above


def picture_html(
    picture: StoredPicture, language: str, *, alt: str = "", host: str = "", is_lazy: bool = True
) -> SafeString:
    """The picture in the best type the browser knows; its size is told, so that nothing jumps."""
    row = picture.edition(language)
    sources = "".join(
        f'<source type="{each["type"]}" srcset="{_with_host(each["srcset"], host)}" sizes="{SIZES}">'
        for each in picture.sources
    )
    lazy = ' loading="lazy"' if is_lazy else ""
    return mark_safe(  # noqa: S308  escaped, and made of our own addresses
        f'<picture>{sources}<img src="{host}{picture.src}" alt="{escape(row.alt or alt)}" '
        f'width="{picture.width}" height="{picture.height}"{lazy}></picture>'
    )


def _with_host(srcset: str, host: str) -> str:
    return srcset.replace("/media/", f"{host}/media/")


def _inner(element) -> str:
    """What is inside the element, as HTML."""
    parts = [escape(element.text or "")]
    parts += [lxml_html.tostring(child, encoding="unicode") for child in element]
    return "".join(parts)


def _element(html: str):
    return lxml_html.fragment_fromstring(html)


def _replace(element, new) -> None:
    new.tail = element.tail
    element.getparent().replace(element, new)


def _drop(element) -> None:
    """Without the element, with what stands behind it."""
    element.tail = element.tail or ""
    element.drop_tree()


def _take_notes(tree) -> list[Note]:
    """Footnotes leave the text for its end; a number stays."""
    notes = []
    for span in tree.xpath(".//span[@class='footnote']"):
        if span.xpath("ancestor::span[@class='footnote']"):
            span.drop_tag()
            continue
        words = mark_safe(_inner(span).strip())  # noqa: S308  of the cleaned text
        if not words:
            _drop(span)
            continue
        number = len(notes) + 1
        notes.append(Note(number, words))
        reference = _element(
            f'<sup><a id="r{number}" href="#n{number}" role="doc-noteref">{number}</a></sup>'
        )
        _replace(span, reference)
        # The number stands at the word: no space before it.
        before = reference.getprevious()
        if before is not None:
            before.tail = (before.tail or "").rstrip() or None
        else:
            parent = reference.getparent()
            parent.text = (parent.text or "").rstrip() or None
    return notes


def _place_pictures(tree, edition: Edition, host: str) -> None:
    own = {str(each.uuid): each for each in edition.record.pictures.all()}
    for image in tree.xpath(".//img"):
        found = PICTURE.match(image.get("src", ""))
        picture = own.get(found[1]) if found else None
        figure = next(image.iterancestors("figure"), None)
        caption = figure.find("figcaption") if figure is not None else None
        if picture is None:
            _drop(image if figure is None else figure)
            continue
        row = picture.edition(edition.language)
        words = _inner(caption).strip() if caption is not None else ""
        words = words or escape(glued(row.caption))
        if row.author:
            author = escape(_("Photo: %(name)s") % {"name": row.author})
            words = f'{words} <span class="soft">{author}</span>' if words else author
        drawn = picture_html(picture, edition.language, alt=image.get("alt", ""), host=host)
        caption = f"<figcaption>{words}</figcaption>" if words else ""
        new = _element(f"<figure>{drawn}{caption}</figure>")
        if figure is None:
            paragraph = image.getparent()
            is_alone = paragraph.tag == "p" and not paragraph.text_content().strip()
            _replace(paragraph if is_alone and len(paragraph) == 1 else image, new)
        else:
            _replace(figure, new)


def _wrap_tables(tree) -> None:
    """A table scrolls in a frame of its own; columns of figures stand by their last digit."""
    for number, table in enumerate(tree.xpath(".//table"), start=1):
        rows = [list(row) for row in table.iter("tr")]
        if rows and not table.xpath(".//@colspan | .//@rowspan"):
            for column in zip(*rows, strict=False):
                words = [
                    " ".join(cell.text_content().split()) for cell in column if cell.tag == "td"
                ]
                if words and all(NUMBER.match(each) for each in words if each):
                    for cell in column:
                        cell.set("class", "n")
        name = escape(_("Table %(number)s") % {"number": number})
        frame = _element(
            f'<div class="scroll" tabindex="0" role="group" aria-label="{name}"></div>'
        )
        _replace(table, frame)
        table.tail = None
        frame.append(table)


def _mark_boxes(tree) -> None:
    """A box is no quotation."""
    for box in tree.xpath(".//blockquote[@class='box']"):
        box.tag = "div"


def _unwrap_paragraphs(tree) -> None:
    """A cell or an item that holds one paragraph holds its words."""
    for cell in tree.iter("td", "th", "li"):
        if len(cell) == 1 and cell[0].tag == "p" and not (cell.text or "").strip():
            cell[0].drop_tag()


def _name_headings(tree) -> list[Heading]:
    headings = []
    for element in tree.iter("h2", "h3"):
        copy = lxml_html.fragment_fromstring(etree.tostring(element, encoding="unicode"))
        for reference in copy.xpath(".//sup[a[@role='doc-noteref']]"):
            reference.drop_tree()
        text = " ".join(copy.text_content().split())
        if not text:
            continue
        anchor = f"s{len(headings) + 1}"
        element.set("id", anchor)
        headings.append(Heading(int(element.tag[1]), text, anchor))
    return headings
