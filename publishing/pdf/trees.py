"""Rich text as a tree for Typst: what publishing/pdf/richtext.typ draws.

A tree is a list of nodes; a node is a string, or {"tag": …, "children": [nodes]}. Links carry
"href", ordered lists "start", cells "colspan" and "rowspan", pictures "src" and "alt"; what has a
class says it: {"tag": "span", "class": "footnote"}, {"tag": "blockquote", "class": "pull"}. The tags
are those of publishing/richtext.py.
"""

from html.parser import HTMLParser

from publishing.excerpts import excerpt
from publishing.richtext import ARTICLE_CLASSES, ARTICLE_TAGS

BLOCKS = {
    "p",
    "h2",
    "h3",
    "ul",
    "ol",
    "li",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
}
VOID = {"br", "img"}
#: Text between these is white space of the markup, not of the text.
STRUCTURE = {"", "ul", "ol", "table", "thead", "tbody", "tr", "figure"}


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root: dict = {"tag": "", "children": []}
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        if tag not in ARTICLE_TAGS:
            return
        node: dict = {"tag": tag, "children": []}
        for name, value in attrs:
            if name == "href":
                node["href"] = value or ""
            elif tag == "img" and name in {"src", "alt"}:
                node[name] = value or ""
            elif name == "class" and value in ARTICLE_CLASSES.get(tag, ()):
                node["class"] = value
            elif name in {"start", "colspan", "rowspan"} and (value or "").isdigit():
                node[name] = max(1, min(int(value), 100))
        self.open[-1]["children"].append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag):
        if tag in {node["tag"] for node in self.open[1:]}:
            while self.open.pop()["tag"] != tag:
                pass

    def handle_data(self, data):
        node = self.open[-1]
        if node["tag"] in STRUCTURE:
            if not data.strip():
                return
            paragraph = {"tag": "p", "children": [" ".join(data.split(" "))]}
            node["children"].append(paragraph if not node["tag"] else data)
            return
        node["children"].append(data.replace("\n", " "))


def tree(html: str) -> list:
    """The tree of a cleaned rich text.

    >>> tree("<p>Суу <strong>таза</strong></p>")
    [{'tag': 'p', 'children': ['Суу ', {'tag': 'strong', 'children': ['таза']}]}]
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root["children"]


def words(node) -> str:
    """The text of a node or of a tree, without formatting."""
    if isinstance(node, str):
        return node
    if isinstance(node, list):
        return " ".join(words(child) for child in node)
    if node["tag"] == "br":
        return " "
    glue = " " if node["tag"] in STRUCTURE else ""
    return glue.join(words(child) for child in node["children"])


def shortened(nodes: list, limit: int) -> list:
    """The tree's first blocks, `limit` characters at most; the last one is cut at a sentence."""
    kept, left = [], limit
    for node in nodes:
        text = " ".join(words(node).split())
        if len(text) <= left:
            kept.append(node)
            left -= len(text)
            continue
        if isinstance(node, dict) and node["tag"] in {"ul", "ol"}:
            items = shortened(node["children"], left)
            if items:
                kept.append({**node, "children": items})
        elif isinstance(node, dict) and node["tag"] in {"p", "li", "blockquote"}:
            start = excerpt(text, left, whole_sentences=bool(kept))
            if start:
                kept.append({"tag": node["tag"], "children": [start]})
        break
    while kept and isinstance(kept[-1], dict) and kept[-1]["tag"] in {"h2", "h3"}:
        kept.pop()
    return kept
