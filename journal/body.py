"""The text of an article as a tree: paragraphs for remarks and translations, notes, figures.

The text is HTML of publishing/richtext.py's list for articles. Beside the usual blocks it holds
figures (<figure><img src="/media/journal.articlepicture/…"><figcaption>), footnotes where they
belong (<span class="footnote">), pull quotes and boxes (<blockquote class="pull|box">).
"""

from dataclasses import dataclass

from lxml import html as lxml_html

from publishing.languages import digest

#: What counts as a paragraph where a text is compared or remarked on.
PARAGRAPHS = ("p", "h2", "h3", "li", "td", "th", "figcaption")


@dataclass(frozen=True)
class Paragraph:
    """number: its place in the text, from 0. text: its words and those of its footnotes."""

    number: int
    tag: str
    text: str
    digest: str


def tree_of(html: str):
    """The text as an lxml element <div>; its children are the blocks."""
    return lxml_html.fragment_fromstring(html or "", create_parent="div")


def paragraphs(html: str) -> list[Paragraph]:
    """The paragraphs in their order; one that holds others (a list item with <p>) is not counted.

    >>> [each.text for each in paragraphs("<h2>Суу</h2><ul><li><p>Булак</p></li></ul>")]
    ['Суу', 'Булак']
    """
    found = []
    for element in tree_of(html).iter(*PARAGRAPHS):
        if any(True for _inner in element.iterdescendants(*PARAGRAPHS)):
            continue
        text = " ".join(element.text_content().split())
        if text:
            found.append(Paragraph(len(found), element.tag, text, digest(text)))
    return found


def paragraph_digests(html: str) -> list[str]:
    return [each.digest for each in paragraphs(html)]
