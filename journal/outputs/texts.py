"""The text of an article as a tree that the PDF, the EPUB and the package draw alike.

The tree is that of publishing/pdf/trees.py, brought to one order: blocks stand in blocks, words in
paragraphs; figures stand alone and name a file; the first heading is an h2; a footnote is words only.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from publishing.excerpts import glued
from publishing.pdf.trees import BLOCKS, tree, words

#: Tells of a picture's address: {"file", "alt", "caption", "credit"}; None where there is none.
Finder = Callable[[str], dict | None]
PICTURE = re.compile(r"/media/journal\.articlepicture/([0-9a-f-]{36})/")
VOWELS = "аеёиоуыэюяөү"
CONSONANTS = "бвгджзйклмңнпрстфхцчшщ"
#: A syllable begins with one consonant at most: «айыл-дык-тар», «бюд-жет»; ь and ъ stay behind.
SYLLABLE = re.compile(rf"(?<=[{VOWELS}{CONSONANTS}ьъ])(?=[{CONSONANTS}][{VOWELS}])", re.IGNORECASE)
WORD = re.compile(r"[а-яёөүң]{6,}", re.IGNORECASE)


def story(html: str, find: Finder, default_alt: str = "") -> list[dict]:
    """The blocks of a text. Pictures that are not the article's own are left out."""
    blocks = _blocks(tree(glued(html)), find, default_alt)
    level = 0
    for node in blocks:
        # No h3 before the first h2: a heading is at most one step below the one above it.
        if node["tag"] in {"h2", "h3"}:
            node["tag"] = "h3" if level and node["tag"] == "h3" else "h2"
            level = 1
    return blocks


def _blocks(nodes: list, find: Finder, default_alt: str) -> list[dict]:
    """Blocks alone: loose words get a paragraph, a figure inside words stands after them."""
    found: list[dict] = []
    loose: list = []

    def close():
        if words(loose).strip():
            found.append({"tag": "p", "children": _inline(loose)})
        loose.clear()

    for node in nodes:
        if isinstance(node, str) or (node["tag"] not in BLOCKS and node["tag"] != "img"):
            loose.append(node)
            continue
        close()
        tag = node["tag"]
        if tag in {"figure", "img"}:
            if figure := _figure(node, find, default_alt):
                found.append(figure)
        elif tag in {"p", "h2", "h3", "figcaption"}:
            if words(node).strip():
                kind = tag if tag != "figcaption" else "p"
                found.append({"tag": kind, "children": _inline(node["children"])})
            found += filter(None, (_figure(each, find, default_alt) for each in _pictures(node)))
        else:
            inner = (
                [
                    {**child, "children": _cells(child, find, default_alt)}
                    for child in node["children"]
                    if isinstance(child, dict)
                ]
                if tag in {"ul", "ol"}
                else (
                    _rows(node, find, default_alt)
                    if tag == "table"
                    else _blocks(node["children"], find, default_alt)
                )
            )
            if inner:
                found.append({**node, "children": inner})
    close()
    return found


def _cells(node: dict, find: Finder, default_alt: str) -> list:
    """What a cell or an item holds: words as they are where there is nothing else."""
    children = node["children"]
    if not any(isinstance(child, dict) and child["tag"] in BLOCKS | {"img"} for child in children):
        return _inline(children)
    blocks = [each for each in _blocks(children, find, default_alt) if each["tag"] != "figure"]
    is_short = len(blocks) == 1 and blocks[0]["tag"] == "p"
    return blocks[0]["children"] if is_short else blocks


def _rows(table: dict, find: Finder, default_alt: str) -> list[dict]:
    """The rows of a table in thead and tbody; empty ones are left out."""
    sections: list[dict] = []
    for node in table["children"]:
        if not isinstance(node, dict):
            continue
        rows = [node] if node["tag"] == "tr" else node["children"]
        name = node["tag"] if node["tag"] in {"thead", "tbody"} else "tbody"
        kept = []
        for row in rows:
            if not isinstance(row, dict) or row["tag"] != "tr":
                continue
            cells = [
                {**cell, "children": _cells(cell, find, default_alt)}
                for cell in row["children"]
                if isinstance(cell, dict) and cell["tag"] in {"th", "td"}
            ]
            if cells:
                kept.append({"tag": "tr", "children": cells})
        if (
            not sections
            and kept
            and name == "tbody"
            and all(c["tag"] == "th" for c in kept[0]["children"])
        ):
            sections.append({"tag": "thead", "children": [kept.pop(0)]})
        if not kept:
            continue
        if sections and sections[-1]["tag"] == name:
            sections[-1]["children"] += kept
        else:
            sections.append({"tag": name, "children": kept})
    return sections


def _pictures(node) -> list[dict]:
    """Pictures and figures somewhere inside a paragraph."""
    if isinstance(node, str):
        return []
    if node["tag"] in {"figure", "img"}:
        return [node]
    return [found for child in node["children"] for found in _pictures(child)]


def _figure(node: dict, find: Finder, default_alt: str) -> dict | None:
    image = (
        node
        if node["tag"] == "img"
        else next((child for child in _pictures({"tag": "", "children": node["children"]})), None)
    )
    picture = find(image.get("src", "")) if image else None
    if not picture:
        return None
    captions = [
        child
        for child in node["children"]
        if isinstance(child, dict) and child["tag"] == "figcaption"
    ]
    caption = _inline(captions[0]["children"]) if captions else []
    if not words(caption).strip():
        caption = [picture["caption"]] if picture["caption"] else []
    alt = image.get("alt") or picture["alt"] or words(caption).strip() or default_alt
    return {
        "tag": "figure", "file": picture["file"], "alt": alt, "credit": picture["credit"],
        "children": caption,
    }  # fmt: skip


def _inline(nodes: list) -> list:
    """Words and their formatting alone; blocks inside are opened, pictures left out."""
    found: list = []
    for node in nodes:
        if isinstance(node, str):
            found.append(node)
        elif node["tag"] in {"img", "figure"}:
            continue
        elif node.get("class") == "footnote":
            note = _trimmed(_inline(node["children"]))
            if words(note).strip():
                if found and isinstance(found[-1], str):
                    found[-1] = found[-1].rstrip(" ")
                found.append({"tag": "span", "class": "footnote", "children": note})
        elif node["tag"] in BLOCKS or node["tag"] == "span":
            found += _inline(node["children"])
        else:
            found.append({**node, "children": _inline(node["children"])})
    return found


def _trimmed(nodes: list) -> list:
    nodes = list(nodes)
    if nodes and isinstance(nodes[0], str):
        nodes[0] = nodes[0].lstrip()
    if nodes and isinstance(nodes[-1], str):
        nodes[-1] = nodes[-1].rstrip()
    return nodes


def hyphenated(value, language: str):
    """The tree with soft hyphens between the syllables of Kyrgyz words; Russian ones Typst knows.

    >>> hyphenated("айылдыктар", "ky").split("\\u00ad")
    ['айыл', 'дык', 'тар']
    """
    if language != "ky":
        return value
    if isinstance(value, str):
        return WORD.sub(lambda word: with_breaks(word[0]), value)
    if isinstance(value, list):
        return [hyphenated(each, language) for each in value]
    if value["tag"] in {"h2", "h3"} or value.get("class") == "pull":
        return value  # what is set large is not parted
    return {**value, "children": hyphenated(value["children"], language)}


@lru_cache(20_000)
def with_breaks(text: str) -> str:
    """The word with soft hyphens; the same words return in every article."""
    # Two letters at least stay on a line, three go over to the next one.
    at = [each.start() for each in SYLLABLE.finditer(text) if 2 <= each.start() <= len(text) - 3]
    pieces = [text[start:end] for start, end in zip([0, *at], [*at, len(text)], strict=True)]
    # A piece without a vowel is no syllable: «спорт» is not parted before its first vowel.
    joined = pieces[:1]
    for piece in pieces[1:]:
        if any(letter in VOWELS for letter in joined[-1].lower()):
            joined.append(piece)
        else:
            joined[-1] += piece
    return "\u00ad".join(joined)


def footnotes(nodes) -> int:
    """How many footnotes the tree holds."""
    if isinstance(nodes, str):
        return 0
    if isinstance(nodes, list):
        return sum(footnotes(node) for node in nodes)
    return (nodes.get("class") == "footnote") + footnotes(nodes["children"])
