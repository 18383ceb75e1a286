"""What an EPUB must be, checked without epubcheck: container, package, pages, links between them."""

import io
import re
import zipfile
from posixpath import dirname, join, normpath

from lxml import etree

OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
XHTML = "{http://www.w3.org/1999/xhtml}"
OPS = "{http://www.idpf.org/2007/ops}"
XML = "{http://www.w3.org/XML/1998/namespace}"
TYPES = {
    "xhtml": "application/xhtml+xml",
    "css": "text/css",
    "png": "image/png",
    "jpg": "image/jpeg",
}
PHRASES = {"a", "span", "strong", "em", "sub", "sup", "br", "img"}
BLOCKS = {
    "p", "h1", "h2", "h3", "ul", "ol", "blockquote", "table", "figure", "aside", "section", "header",
}  # fmt: skip
#: What may stand in an element; anything else is a mistake.
CHILDREN = {
    **dict.fromkeys(("p", "h1", "h2", "h3", "a", "span", "strong", "em", "sub", "sup"), PHRASES),
    **dict.fromkeys(("li", "td", "th", "blockquote", "aside", "figcaption"), BLOCKS | PHRASES),
    **dict.fromkeys(("article", "section", "header"), BLOCKS),
    "ul": {"li"}, "ol": {"li"}, "table": {"thead", "tbody"}, "thead": {"tr"}, "tbody": {"tr"},
    "tr": {"th", "td"}, "figure": {"img", "figcaption"}, "img": set(), "br": set(),
}  # fmt: skip


def read_book(content: bytes) -> dict[str, bytes]:
    """The files of the book by name, after every check."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert book.testzip() is None
        first = book.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", 0, b"")
        files = {member.filename: book.read(member) for member in book.infolist()}
    assert files["mimetype"] == b"application/epub+zip"
    assert len(files) == len(set(files))
    container = etree.fromstring(files["META-INF/container.xml"])
    path = next(container.iter("{*}rootfile")).get("full-path")
    check_package(files, path)
    for name, text in files.items():
        if name.endswith(".xhtml"):
            check_page(files, name, etree.fromstring(text))
    return files


def check_package(files: dict[str, bytes], path: str) -> None:
    package = etree.fromstring(files[path])
    assert package.get("version") == "3.0"
    identifier = package.find(f".//{DC}identifier")
    assert identifier.get("id") == package.get("unique-identifier")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", identifier.text)
    assert package.findtext(f".//{DC}title").strip()
    assert package.findtext(f".//{DC}language") in {"ky", "ru"}
    meta = {}
    for each in package.iter(f"{OPF}meta"):
        meta.setdefault(each.get("property"), []).append(each.text)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", meta["dcterms:modified"][0])
    assert len(meta["dcterms:modified"]) == 1
    assert "textual" in meta["schema:accessMode"]
    assert meta["schema:accessModeSufficient"]
    assert "alternativeText" in meta["schema:accessibilityFeature"]
    assert meta["schema:accessibilityHazard"] == ["none"]
    items = {item.get("id"): item for item in package.iter(f"{OPF}item")}
    folder = dirname(path)
    listed = {normpath(join(folder, item.get("href"))) for item in items.values()}
    assert listed == set(files) - {"mimetype", "META-INF/container.xml", path}
    assert len(listed) == len(items)
    for item in items.values():
        assert re.fullmatch(r"[A-Za-z_][\w.-]*", item.get("id"))
        assert item.get("media-type") == TYPES[item.get("href").rpartition(".")[2]]
    properties = [item.get("properties") for item in items.values() if item.get("properties")]
    assert sorted(properties) == ["cover-image", "nav"]
    spine = [each.get("idref") for each in package.iter(f"{OPF}itemref")]
    assert len(spine) == len(set(spine))
    pages = {name for name, item in items.items() if item.get("href").endswith(".xhtml")}
    assert set(spine) == pages


def check_page(files: dict[str, bytes], name: str, page) -> None:
    assert page.tag == f"{XHTML}html"
    assert page.get("lang") == page.get(f"{XML}lang")
    assert page.findtext(f"{XHTML}head/{XHTML}title").strip()
    ids = [each.get("id") for each in page.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    for element in page.find(f"{XHTML}body").iter():
        tag = element.tag.removeprefix(XHTML)
        children = {child.tag.removeprefix(XHTML) for child in element}
        assert children <= CHILDREN.get(tag, children), (name, tag, children)
        if tag in {"ul", "ol", "table", "tr", "thead", "tbody"}:
            assert len(element), (name, tag)
            assert not (element.text or "").strip()
        if tag == "img":
            assert element.get("alt") is not None
            assert normpath(join(dirname(name), element.get("src"))) in files
        if tag == "a":
            assert not any(True for _inner in element.iterdescendants(f"{XHTML}a"))
            check_link(files, name, ids, element.get("href"))
    check_notes(page)
    if name.endswith("nav.xhtml"):
        contents, marks = page.iter(f"{XHTML}nav")
        assert (contents.get(f"{OPS}type"), marks.get(f"{OPS}type")) == ("toc", "landmarks")
        listed = [each.get("href") for each in contents.iter(f"{XHTML}a")]
        pages = {path.rpartition("/")[2] for path in files if path.endswith(".xhtml")}
        assert len(listed) == len(set(listed))
        assert set(listed) == pages - {"nav.xhtml", "cover.xhtml"}


def check_notes(page) -> None:
    """Calls and footnotes stand in one order, each with the way there and back."""
    calls = [each for each in page.iter(f"{XHTML}a") if each.get(f"{OPS}type") == "noteref"]
    notes = [each for each in page.iter(f"{XHTML}aside") if each.get(f"{OPS}type") == "footnote"]
    assert [each.get("href") for each in calls] == [f"#{each.get('id')}" for each in notes]
    backs = [note.find(f".//{XHTML}a[@role='doc-backlink']") for note in notes]
    assert [each.get("href") for each in backs] == [f"#{each.get('id')}" for each in calls]
    assert all(each.get("aria-label") for each in backs)


def check_link(files, name, ids, href) -> None:
    assert href, name
    if re.match(r"(https?|mailto|tel):", href):
        assert not re.search(r'[\s<>"{}|\\^`]', href)
        return
    target, _sharp, place = href.partition("#")
    if target:
        assert normpath(join(dirname(name), target)) in files, href
    else:
        assert place in ids, href
