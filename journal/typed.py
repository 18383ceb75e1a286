"""The text of an article in plain signs, for a field that any phone has.

A heading begins with ##, an item of a list with a hyphen or a number, a quotation with >; **bold**,
_italic_, [words](address), and a footnote where it belongs: ^[its text]. What plain signs cannot say
(a table, a figure, a box) stands as one line in double brackets and comes back as it was: nothing
that was written elsewhere is lost by writing here.
"""

import hashlib
import re
from collections.abc import Iterator, MutableMapping
from itertools import groupby

from django.utils.html import escape
from django.utils.translation import gettext
from lxml import etree
from lxml import html as lxml_html

from journal.body import tree_of
from publishing.richtext import clean_article

MARKS = {"strong": ("**", "**"), "em": ("_", "_")}
HEADINGS = {"h2": "## ", "h3": "### "}
#: «[[table 3f2a1c: the first words]]»: the digest of what stands there.
KEPT = re.compile(r"\[\[[^\[\]\n]*?([0-9a-f]{6})(?::[^\n]*)?\]\]")
LINE = re.compile(
    r"(?P<h2>##\s+)|(?P<h3>###\s+)|(?P<quote>>\s?)|(?P<ul>[-•*]\s+)|(?P<ol>\d{1,2}[.)]\s+)"
)
INLINE = (
    (re.compile(r"\[([^\[\]\n]+)\]\(((?:https?://|mailto:|tel:)[^\s()<>]+)\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"\*\*(\S(?:.*?\S)?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"(?<!\w)_(\S(?:.*?\S)?)_(?!\w)"), r"<em>\1</em>"),
    (re.compile(r"\^\[([^\[\]]+)\]"), r'<span class="footnote">\1</span>'),
)  # fmt: skip
WORDS_OF_KEPT = 40


class NotPlain(Exception):
    """Plain signs cannot say this."""


# ---------------------------------------------------------------- from the text


def typed_of(html: str) -> str:
    """The text as one types it.

    >>> typed_of('<h2>Суу</h2><p>Таза <strong>суу</strong> жок.</p>')
    '## Суу\\n\\nТаза **суу** жок.'
    """
    return "\n\n".join(text for text, _element in _blocks(html))


def kept_in(html: str) -> dict[str, str]:
    """What plain signs cannot say, by its digest."""
    return {_digest(each): _source(each) for text, each in _blocks(html) if KEPT.fullmatch(text)}


def _blocks(html: str) -> Iterator[tuple[str, etree._Element]]:
    tree = tree_of(html)
    if (tree.text or "").strip():
        yield " ".join(tree.text.split()), tree
    for element in tree:
        try:
            typed = _typed_block(element)
        except NotPlain:
            typed = ""
        # What would come back as anything else is not taken apart.
        if not typed or _shape(html_of(typed, {})) != _shape(_source(element)):
            typed = _line_of_kept(element)
        yield typed, element
        if (element.tail or "").strip():
            yield " ".join(element.tail.split()), tree


def _typed_block(element) -> str:
    if element.get("class"):
        raise NotPlain
    if element.tag in HEADINGS:
        return HEADINGS[element.tag] + _typed_inline(element)
    if element.tag == "p":
        return _typed_inline(element)
    if element.tag == "blockquote":
        return "\n".join("> " + _typed_inline(_only(each, "p")) for each in element)
    if element.tag in {"ul", "ol"} and not element.get("start"):
        signs = (f"{number}. " if element.tag == "ol" else "- " for number in range(1, 1000))
        return "\n".join(
            sign + _typed_inline(_inside(_only(each, "li")))
            for sign, each in zip(signs, element, strict=False)
        )
    raise NotPlain


def _only(element, tag: str):
    if element.tag != tag:
        raise NotPlain
    return element


def _inside(item):
    """A list item's one paragraph, or the item itself."""
    if len(item) == 1 and item[0].tag == "p" and not (item.text or "").strip():
        return item[0]
    return item


def _typed_inline(element) -> str:
    parts = [_folded(element.text)]
    for child in element:
        inner = _typed_inline(child)
        if child.tag == "br":
            parts.append("\n")
        elif child.tag in MARKS:
            before, after = MARKS[child.tag]
            parts.append(before + inner + after)
        elif child.tag == "a":
            parts.append(f"[{inner}]({child.get('href', '')})")
        elif child.tag == "span" and child.get("class") == "footnote":
            parts.append(f"^[{inner}]")
        else:
            raise NotPlain
        parts.append(_folded(child.tail))
    return re.sub(r" *\n *", "\n", "".join(parts)).strip()


def _folded(text: str | None) -> str:
    """No-break spaces stay: they are typed, not folded."""
    return re.sub(r"[ \t\r\n]+", " ", text or "")


def _source(element) -> str:
    return lxml_html.tostring(element, encoding="unicode", with_tail=False)


def _shape(html: str) -> str:
    """The block without what makes no difference: rel of links, paragraphs inside items, white space."""
    html = re.sub(r' rel="[^"]*"', "", clean_article(html))
    html = re.sub(r"<li>\s*<p>(.*?)</p>\s*</li>", r"<li>\1</li>", html)
    return re.sub(
        r"[ \t\r\n]*(<(?:br|/?(?:p|li|ul|ol|h2|h3|blockquote))>)[ \t\r\n]*", r"\1", _folded(html)
    )


def _digest(element) -> str:
    return hashlib.blake2s(_source(element).encode(), digest_size=3).hexdigest()


def _line_of_kept(element) -> str:
    tag = "box" if element.tag == "blockquote" else element.tag
    what = {
        "table": gettext("table"),
        "figure": gettext("picture"),
        "box": gettext("box"),
    }.get(tag, gettext("passage"))
    words = " ".join(" ".join(element.itertext()).split())
    words = re.sub(r"[\[\]]", "", words)[:WORDS_OF_KEPT].strip()
    return f"[[{what} {_digest(element)}{': ' if words else ''}{words}]]"


# ---------------------------------------------------------------- back to the text


def html_of(typed: str, kept: MutableMapping[str, str]) -> str:
    """The text of an article from what was typed. kept: what stood in it beside plain signs.

    >>> html_of("## Суу\\n\\n- булак\\n- кудук", {})
    '<h2>Суу</h2><ul><li>булак</li><li>кудук</li></ul>'
    """
    html = []
    for block in re.split(r"\n[ \t]*\n", typed.replace("\r\n", "\n")):
        lines = filter(None, (line.strip(" \t\n") for line in block.split("\n")))
        for kind, group in groupby(lines, _kind):
            texts = [
                _inline(line if kind in {"p", "kept"} else LINE.sub("", line, 1)) for line in group
            ]
            if kind == "kept":
                # A line about something that is nowhere any more stays as it was typed.
                html += [kept.get(KEPT.fullmatch(each)[1], f"<p>{each}</p>") for each in texts]
            elif kind == "p":
                html.append(f"<p>{'<br>'.join(texts)}</p>")
            elif kind in HEADINGS:
                html += [f"<{kind}>{each}</{kind}>" for each in texts]
            elif kind == "quote":
                html.append(
                    f"<blockquote>{''.join(f'<p>{each}</p>' for each in texts)}</blockquote>"
                )
            else:
                html.append(f"<{kind}>{''.join(f'<li>{each}</li>' for each in texts)}</{kind}>")
    return clean_article("".join(html))


def _kind(line: str) -> str:
    if KEPT.fullmatch(line):
        return "kept"
    found = LINE.match(line)
    return found.lastgroup if found else "p"


def _inline(line: str) -> str:
    line = escape(line)
    for pattern, replacement in INLINE:
        line = pattern.sub(replacement, line)
    return line
