"""Reading pages in tests: the parsed document, what a reader sees, what a page must never do."""

import json
import re

from lxml import html

LANGUAGES = ("ky", "ru")
#: Colours are the same in both languages, and words by day and by night: two looks see all of it.
LOOKS = [("ky", "light"), ("ru", "dark")]


def document(response):
    """The page as a tree; the answer is read as the reader's browser would."""
    return html.document_fromstring(response.content.decode())


def words(node) -> str:
    """Text of a node as it is read, white space folded (no-break spaces too)."""
    return " ".join(node.text_content().split())


def main(response) -> str:
    """Text of the page's own part, without header, footer and data for machines."""
    content = document(response).get_element_by_id("content")
    for script in content.xpath("descendant::script"):
        script.drop_tree()
    return words(content)


def links(response) -> list[str]:
    return [link.get("href") for link in document(response).iter("a")]


def of_class(node, name: str) -> list:
    return node.xpath("descendant::*[contains(concat(' ', @class, ' '), $name)]", name=f" {name} ")


def heads(response) -> list[str]:
    """Titles of the cards on a page, in order."""
    return [words(card.find("h3")) for card in of_class(document(response), "card")]


def linked_data(response) -> dict:
    blocks = document(response).xpath("//script[@type='application/ld+json']")
    return json.loads(blocks[0].text)


def meta(response, name: str) -> str:
    found = document(response).xpath("//meta[@property=$name or @name=$name]", name=name)
    return found[0].get("content") if found else ""


def scripts(response) -> list[str]:
    """What would run or be loaded: sources of scripts, handlers, addresses of other hosts."""
    found = []
    for node in document(response).iter(html.etree.Element):
        is_data = node.tag == "script" and node.get("type") == "application/ld+json"
        if node.tag in {"script", "iframe", "object", "embed", "style", "base"} and not is_data:
            found.append(f"{node.tag} {node.get('src', words(node))}")
        found += [
            f"{node.tag} {name}={value}"
            for name, value in node.attrib.items()
            if name.startswith("on")
            or name == "style"
            or re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE)
        ]
    return found


def loaded(response) -> list[str]:
    """Addresses a browser fetches for the page by itself."""
    tree = document(response)
    sources = tree.xpath("//img/@src | //script/@src | //source/@srcset | //image/@href")
    return [*sources, *tree.xpath("//link[not(@rel='canonical' or @rel='alternate')]/@href")]
