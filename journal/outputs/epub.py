"""The issue as EPUB 3.3: one page an article, footnotes that pop up, a cover, a navigation page.

Every page is built as a tree of elements and never as text, so it is well-formed whatever was typed.
"""

import io
import re
import uuid
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

from lxml import etree

from journal.outputs.content import Content
from journal.outputs.pdf import cover_png

XHTML = "http://www.w3.org/1999/xhtml"
OPS = "http://www.idpf.org/2007/ops"
OPF = "http://www.idpf.org/2007/opf"
DC = "http://purl.org/dc/elements/1.1/"
XML = "http://www.w3.org/XML/1998/namespace"
TYPE = f"{{{OPS}}}type"
#: The same for every issue, so that the same content gives the same bytes.
ZIP_DATE = (2020, 1, 1, 0, 0, 0)
CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="EPUB/package.opf" '
    'media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)
#: What XML 1.0 has no room for.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
STYLE = """\
body { margin: 0 5%; line-height: 1.5; }
h1, h2, h3 { font-family: sans-serif; line-height: 1.2; text-align: left; hyphens: none; }
h1 { font-size: 1.6em; margin: .3em 0; }
h2 { font-size: 1.2em; margin: 1.4em 0 .4em; }
h3 { font-size: 1em; margin: 1.2em 0 .3em; }
p { margin: .5em 0; }
.rubric, .part { font-family: sans-serif; font-size: .8em; font-weight: bold; }
.subtitle { font-style: italic; font-size: 1.15em; }
.lead { font-size: 1.1em; }
.authors, .more, figcaption, .sources, .imprint { font-family: sans-serif; font-size: .85em; }
.pull { margin: 1.2em 0; padding: .5em 0; border-top: 2px solid; border-bottom: 1px solid;
  font-family: sans-serif; font-weight: bold; font-size: 1.15em; }
.box { margin: 1.2em 0; padding: .4em .8em; border: 1px solid; border-top-width: 3px; font-family: sans-serif; font-size: .9em; }
figure { margin: 1.2em 0; }
img { max-width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; margin: 1em 0; font-family: sans-serif; font-size: .8em; }
th, td { border-bottom: 1px solid #999; padding: .2em .4em; text-align: left; vertical-align: top; }
aside.note { font-size: .85em; border-top: 1px solid #999; margin-top: .8em; }
.cover { margin: 0; text-align: center; }
.cover img { max-height: 100%; }
"""


def issue_epub(content: Content, language: str, *, made_at: datetime) -> bytes:
    """The edition as a book for readers; made_at: its date of change."""
    data = content.data
    files = {
        "style.css": STYLE.encode(),
        "cover.png": cover_png(content, language),
        "cover.xhtml": cover_page(data, language),
        "imprint.xhtml": imprint_page(data, language),
        "nav.xhtml": navigation(data, language),
    }
    pictures = {name: file for name, file in content.files.items() if name != "cover.jpg"}
    for article in data["articles"]:
        files[page_name(article)] = article_page(article, data, language)
    files |= {f"pictures/{name}": file for name, file in pictures.items()}
    files["package.opf"] = package(data, files, language, made_at)
    return zipped(files)


def zipped(files: dict[str, bytes]) -> bytes:
    """The container: its type first and as it is, the rest packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        put(book, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)
        put(book, "META-INF/container.xml", CONTAINER.encode())
        for name, content in files.items():
            is_packed = name.endswith((".jpg", ".png"))
            put(
                book,
                f"EPUB/{name}",
                content,
                zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED,
            )
    return out.getvalue()


def put(archive: zipfile.ZipFile, name: str, content: bytes, how=zipfile.ZIP_DEFLATED) -> None:
    """Write a member without the time and the rights of this machine."""
    member = zipfile.ZipInfo(name, ZIP_DATE)
    member.compress_type = how
    member.external_attr = 0o644 << 16
    archive.writestr(member, content)


def page_name(article: dict) -> str:
    return f"{article['key']}.xhtml"


# ---------------------------------------------------------------- elements


def add(parent, tag: str, text: str = "", **attributes):
    """A new child element; `type_` is epub:type, `class_` the class."""
    element = etree.SubElement(parent, f"{{{XHTML}}}{tag}")
    if text:
        say(element, text)
    for name, value in attributes.items():
        if value:
            key = {"class_": "class", "type_": TYPE, "lang": f"{{{XML}}}lang"}.get(name, name)
            element.set(key.replace("_", "-"), clean(value))
            if name == "lang":
                element.set("lang", value)
    return element


def say(element, text: str) -> None:
    """Words behind everything the element holds."""
    text = clean(text)
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def clean(text: str) -> str:
    return FORBIDDEN.sub("", text)


def page(title: str, language: str, *, type_: str = ""):
    """(html, body) of a new page."""
    html = etree.Element(f"{{{XHTML}}}html", nsmap={None: XHTML, "epub": OPS})
    html.set("lang", language)
    html.set(f"{{{XML}}}lang", language)
    head = add(html, "head")
    add(head, "meta", charset="utf-8")
    add(head, "title", title)
    add(head, "link", rel="stylesheet", type="text/css", href="style.css")
    return html, add(html, "body", type_=type_)


def written(html) -> bytes:
    return etree.tostring(
        html, encoding="utf-8", xml_declaration=True, doctype="<!DOCTYPE html>", pretty_print=False
    )


class Writer:
    """Draws a tree of texts.story into elements; footnotes are gathered behind the text.

    back: what the way back from a footnote is called. name_of: a picture's name in the archive.
    """

    def __init__(self, back: str, name_of: Callable[[str], str] = str):
        self.notes: list[list] = []
        self.back, self.name_of = back, name_of

    def draw(self, parent, nodes: list) -> None:
        for node in nodes:
            if isinstance(node, str):
                say(parent, node)
            else:
                self.node(parent, node)

    def node(self, parent, node: dict) -> None:
        tag, name = node["tag"], node.get("class", "")
        if name == "footnote":
            self.notes.append(node["children"])
            number = len(self.notes)
            raised = add(parent, "sup")
            add(
                raised,
                "a",
                str(number),
                href=f"#note-{number}",
                id=f"call-{number}",
                type_="noteref",
                role="doc-noteref",
            )
            return
        if tag == "figure":
            self.figure(parent, node)
            return
        if tag == "a":
            element = add(parent, "a" if address(node) else "span", href=address(node))
        elif name == "pull":
            # Said again, set large: a reader who listens hears it in the text.
            element = add(parent, "aside", class_="pull", type_="pullquote", role="doc-pullquote")
        elif name == "box":
            element = add(parent, "aside", class_="box", type_="sidebar")
        else:
            element = add(parent, tag)
        for key in ("colspan", "rowspan", "start"):
            if key in node and (key == "start" or node[key] > 1):
                element.set(key, str(node[key]))
        self.draw(element, node["children"])

    def figure(self, parent, node: dict) -> None:
        figure = add(parent, "figure")
        image = add(figure, "img", src="pictures/" + self.name_of(node["file"]))
        image.set("alt", clean(node["alt"]))
        if node["children"] or node["credit"]:
            caption = add(figure, "figcaption")
            self.draw(caption, node["children"])
            if node["credit"]:
                say(caption, (" " if node["children"] else "") + node["credit"])

    def footnotes(self, parent) -> None:
        for number, note in enumerate(self.notes, 1):
            aside = add(
                parent,
                "aside",
                class_="note",
                id=f"note-{number}",
                type_="footnote",
                role="doc-footnote",
            )
            line = add(aside, "p")
            add(
                line,
                "a",
                f"{number}.",
                href=f"#call-{number}",
                role="doc-backlink",
                aria_label=f"{self.back} ({number})",
            )
            say(line, " ")
            self.draw(line, note)


def address(node: dict) -> str:
    """The link's address where it is one that readers of books accept, else ""."""
    href = re.sub(r"\s", "%20", node.get("href", "").strip())
    if not re.match(r"(https?://[^/]|mailto:|tel:)", href, re.IGNORECASE):
        return ""
    return re.sub(r'["<>\\^`{|}\[\]]', lambda sign: f"%{ord(sign[0]):02X}", href)


# ---------------------------------------------------------------- pages


def article_page(article: dict, data: dict, language: str) -> bytes:
    html, body = page(article["title"], language, type_="bodymatter")
    section = add(body, "article")
    write_article(section, article, data["labels"], Writer(data["labels"]["back"]))
    return written(html)


def write_article(section, article: dict, labels: dict, writer: Writer) -> None:
    """Head, text, notes and sources of an article."""
    header = add(section, "header")
    if article["rubric"] or article["part"]:
        told = " · ".join(part for part in (article["rubric"], article["part"]) if part)
        add(header, "p", told, class_="rubric")
    add(header, "h1", article["title"])
    if article["subtitle"]:
        add(header, "p", article["subtitle"], class_="subtitle", role="doc-subtitle")
    if article["lead"]:
        add(header, "p", article["lead"], class_="lead")
    for author in article["authors"]:
        about = f", {author['about']}" if author["about"] else ""
        add(header, "p", author["name"] + about, class_="authors")
    if picture := article["picture"]:
        caption = [picture["caption"]] if picture["caption"] else []
        writer.figure(section, picture | {"children": caption})
    writer.draw(section, article["body"])
    if article["correction"]:
        add(section, "p", f"{labels['correction']}: {article['correction']}", class_="more")
    writer.footnotes(section)
    if article["sources"]:
        part = add(section, "section", class_="sources")
        add(part, "h2", labels["sources"])
        items = add(part, "ol")
        for line in article["sources"]:
            add(items, "li", line)
    for practice in article["practices"]:
        line = add(section, "p", f"{labels['practices']}: ", class_="more")
        add(line, "a", practice["title"], href=practice["url"])
    for credit in article["credits"]:
        add(section, "p", f"{credit['role']}: {credit['names']}", class_="more")
    line = add(section, "p", class_="more")
    add(line, "a", article["url"].partition("://")[2], href=article["url"])


def cover_page(data: dict, language: str) -> bytes:
    html, body = page(data["labels"]["cover"], language, type_="cover")
    add(add(body, "div", class_="cover"), "img", src="cover.png", alt=named(data))
    return written(html)


def named(data: dict) -> str:
    return f"{data['journal']}, {data['number']}, {data['months']}"


def imprint_page(data: dict, language: str) -> bytes:
    labels = data["labels"]
    html, body = page(labels["imprint"], language, type_="frontmatter")
    section = add(body, "section", class_="imprint")
    add(section, "h1", data["theme"])
    for line in data["lead"]:
        add(section, "p", line, class_="lead")
    add(section, "p", f"{named(data)}. {data['subtitle']}")
    for line in data["imprint"]:
        add(section, "p", line)
    line = add(section, "p")
    add(line, "a", data["address"], href=data["url"])
    for title, rows in (
        (labels["team"], [f"{row['task']}: {row['name']}" for row in data["team"]]),
        (labels["copies"], [f"{row['group']}: {row['number']}" for row in data["copies"]]),
    ):
        if rows:
            add(section, "h2", title)
            for row in rows:
                add(section, "p", row)
    return written(html)


def navigation(data: dict, language: str) -> bytes:
    labels = data["labels"]
    html, body = page(labels["contents"], language)
    contents = add(body, "nav", type_="toc", role="doc-toc", id="toc")
    add(contents, "h1", labels["contents"])
    items = add(contents, "ol")
    for name, title in (
        ("imprint.xhtml", data["theme"]),
        *((page_name(article), article["title"]) for article in data["articles"]),
    ):
        add(add(items, "li"), "a", title, href=name)
    marks = add(body, "nav", type_="landmarks", hidden="hidden", id="landmarks")
    add(marks, "h2", labels["landmarks"])
    items = add(marks, "ol")
    points = [("cover", "cover.xhtml", labels["cover"]), ("toc", "nav.xhtml", labels["contents"])]
    if data["articles"]:
        points.append(("bodymatter", page_name(data["articles"][0]), data["articles"][0]["title"]))
    for kind, name, title in points:
        add(add(items, "li"), "a", title, href=name, type_=kind)
    return written(html)


# ---------------------------------------------------------------- the package


def package(data: dict, files: dict[str, bytes], language: str, made_at: datetime) -> bytes:
    """package.opf: what the book is, what it holds, in which order it is read."""
    root = etree.Element(f"{{{OPF}}}package", nsmap={None: OPF, "dc": DC}, version="3.0")
    root.set("unique-identifier", "id")
    root.set(f"{{{XML}}}lang", language)
    meta = etree.SubElement(root, f"{{{OPF}}}metadata")

    def dc(name, text, **attributes):
        etree.SubElement(meta, f"{{{DC}}}{name}", **attributes).text = clean(text)

    def fact(name, text, **attributes):
        element = etree.SubElement(meta, f"{{{OPF}}}meta", property=name, **attributes)
        element.text = clean(text)

    dc("identifier", uuid.uuid5(uuid.UUID(data["uuid"]), language).urn, id="id")
    dc("title", f"{named(data)}. {data['theme']}", id="title")
    dc("language", language)
    dc("publisher", data["journal"])
    dc("source", data["url"])
    for name in dict.fromkeys(
        author["name"] for article in data["articles"] for author in article["authors"]
    ):
        dc("creator", name)
    fact("dcterms:modified", made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    has_pictures = any(name.startswith("pictures/") for name in files)
    modes = ["textual", "visual"] if has_pictures else ["textual"]
    for mode in modes:
        fact("schema:accessMode", mode)
    fact("schema:accessModeSufficient", "textual")
    features = ["tableOfContents", "readingOrder", "structuralNavigation", "alternativeText"]
    for feature in features:
        fact("schema:accessibilityFeature", feature)
    fact("schema:accessibilityHazard", "none")
    manifest = etree.SubElement(root, f"{{{OPF}}}manifest")
    types = {
        "xhtml": "application/xhtml+xml",
        "css": "text/css",
        "png": "image/png",
        "jpg": "image/jpeg",
    }
    properties = {"nav.xhtml": "nav", "cover.png": "cover-image"}
    for name in files:
        item = etree.SubElement(
            manifest,
            f"{{{OPF}}}item",
            id=item_id(name),
            href=name,
        )
        item.set("media-type", types[name.rpartition(".")[2]])
        if name in properties:
            item.set("properties", properties[name])
    spine = etree.SubElement(root, f"{{{OPF}}}spine")
    order = ["cover.xhtml", "imprint.xhtml", "nav.xhtml", *map(page_name, data["articles"])]
    for name in order:
        etree.SubElement(spine, f"{{{OPF}}}itemref", idref=item_id(name))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def item_id(name: str) -> str:
    return (
        "i-" + re.sub(r"[^a-z0-9]+", "-", name.rpartition(".")[0]) + "-" + name.rpartition(".")[2]
    )
