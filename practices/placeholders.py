"""Words in braces that a template document gets filled in: «{municipality}», «{башчы}», «{дата}».

The text of a paragraph is often cut into many runs; a placeholder is found across them, and what
replaces it takes the form of its first letter. Values are put in once, as text: braces in a value
stay braces. Everything else of the package is copied as it is, but for the names of its authors.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from publishing.amounts import number
from publishing.files import UNREADABLE

#: What stands where the register knows nothing: a line to fill in by hand.
BLANK = "__________"
#: A template has a few pages; larger ones are given away as they are.
MAX_PACKED_BYTES = 3 * 1024 * 1024
MAX_UNPACKED_BYTES = 30 * 1024 * 1024
MAX_NAME = 40
_NAME = re.compile(rf"\{{\s*([^\W\d]\w{{0,{MAX_NAME - 1}}})\s*\}}")
_PARTS = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_FOLD = str.maketrans("өүңё", "оуне")
#: What XML cannot hold.
_FORBIDDEN = re.compile("[^\t\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Parts of the package that name people, and their elements.
_AUTHORS = {
    "docProps/core.xml": {"creator", "lastModifiedBy"},
    "docProps/app.xml": {"Company", "Manager"},
}


@dataclass(frozen=True)
class Placeholder:
    """help: what it is replaced by. also: how else its name is spelt.

    value: (municipality, language, today, practice) → text in that language, "" where not known.
    """

    help: str | Promise
    also: tuple[str, ...]
    value: Callable[..., str]


def _name_of(unit, language: str) -> str:
    return (getattr(unit, f"name_{language}") or unit.name_ky or unit.name_ru) if unit else ""


PLACEHOLDERS = {
    "municipality": Placeholder(
        _("name of the municipality"),
        ("муниципалитет", "айыл_аймак", "айыл_аймагы", "аймак", "айылный_аймак", "aimak"),
        lambda unit, language, today, practice: _name_of(unit, language),
    ),
    "head": Placeholder(
        _("name of its head"),
        ("башчы", "башчысы", "глава", "төрага"),
        lambda unit, language, today, practice: unit.head_name if unit else "",
    ),
    "date": Placeholder(
        _("today’s date"),
        ("күн", "күнү", "дата", "датасы"),
        lambda unit, language, today, practice: date_format(today, "DATE_FORMAT"),
    ),
    "year": Placeholder(
        _("this year"),
        ("жыл", "год"),
        lambda unit, language, today, practice: str(today.year),
    ),
    "oblast": Placeholder(
        _("oblast"),
        ("облус", "область"),
        lambda unit, language, today, practice: _name_of(unit and unit.oblast, language),
    ),
    "district": Placeholder(
        _("district"),
        ("район",),
        lambda unit, language, today, practice: _name_of(unit and unit.district, language),
    ),
    "population": Placeholder(
        _("number of residents"),
        ("калк", "калкынын_саны", "население"),
        lambda unit, language, today, practice: number(unit.population) if unit else "",
    ),
    "practice": Placeholder(
        _("title of the practice the template comes from"),
        ("тажрыйба", "практика"),
        lambda unit, language, today, practice: practice.title_in(language),
    ),
    "address": Placeholder(
        _("address of its page"),
        ("дарек", "адрес"),
        lambda unit, language, today, practice: (
            settings.SITE_URL + (practice.short_path or practice.get_absolute_url())
        ),
    ),
}


def _key(name: str) -> str:
    return name.lower().translate(_FOLD)


_KNOWN = {
    _key(spelling): name
    for name, placeholder in PLACEHOLDERS.items()
    for spelling in (name, *placeholder.also)
}


def known_name(name: str) -> str:
    """The name in PLACEHOLDERS whatever way it is spelt; as it stands when it is none of them."""
    return _KNOWN.get(_key(name), name)


def values_for(municipality, *, language: str, today: date, practice) -> dict[str, str]:
    """{name: text in the language}; municipality may be None. What is not known is ""."""
    with translation.override(language):
        return {
            name: placeholder.value(municipality, language, today, practice)
            for name, placeholder in PLACEHOLDERS.items()
        }


# ---------------------------------------------------------------- finding them


@dataclass(frozen=True)
class Found:
    """A placeholder as it is spelt, and the words around it."""

    name: str
    where: str


def found_in(content: bytes) -> list[Found]:
    """Every placeholder of a .docx; none in a document that cannot be read or is too large."""
    found = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            _check_size(package, content)
            for name in package.namelist():
                if _PARTS.fullmatch(name):
                    for nodes in _paragraphs(_parsed(package.read(name))):
                        text = "".join(map(_text_of, nodes))
                        found += [
                            Found(each[1], _around(text, each)) for each in _NAME.finditer(text)
                        ]
    except (*UNREADABLE, ValidationError, SyntaxError):
        return []
    return found


def placeholders_in(content: bytes) -> set[str]:
    """Names of the placeholders in a .docx; unknown ones as they are spelt."""
    return {known_name(found.name) for found in found_in(content)}


def unknown_in(content: bytes) -> list[Found]:
    """Those that nothing is known to replace, each once, in order."""
    unknown = {
        found.name: found for found in reversed(found_in(content)) if _key(found.name) not in _KNOWN
    }
    return list(reversed(unknown.values()))


def _around(text: str, found: re.Match) -> str:
    start, end = max(0, found.start() - 30), found.end() + 30
    words = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{words}{'…' if end < len(text) else ''}"


def _check_size(package: zipfile.ZipFile, content: bytes) -> None:
    unpacked = sum(member.file_size for member in package.infolist())
    if len(content) > MAX_PACKED_BYTES or unpacked > MAX_UNPACKED_BYTES:
        raise ValidationError(_("The document is too large to be filled in."))


def _parsed(content: bytes):
    # Loaded when needed: few requests look into a Word document.
    from practices.word.document import parse_xml

    return parse_xml(content)


def _paragraphs(root) -> Iterator[list]:
    """The text nodes of each paragraph, wherever it stands; None where a tab or a break parts them."""
    from practices.word.document import local_name

    parting = {"tab", "br", "cr", "noBreakHyphen", "sym", "fldChar"}
    passed = {"del", "moveFrom", "pPr", "rPr", "instrText"}
    for paragraph in root.iter("{*}p"):
        nodes, waiting = [], list(reversed(paragraph))
        while waiting:
            element = waiting.pop()
            name = local_name(element)
            if name == "t":
                nodes.append(element)
            elif name in parting:
                nodes.append(None)
            # A paragraph inside, of a text box, comes on its own.
            elif name and name != "p" and name not in passed:
                waiting += reversed(element)
        yield nodes


def _text_of(node) -> str:
    return "\n" if node is None else node.text or ""


# ---------------------------------------------------------------- filling them in


def fill(content: bytes, values: Mapping[str, str]) -> bytes:
    """The document with its known placeholders replaced; raises ValidationError when it cannot be.

    values: {name of PLACEHOLDERS: text}; a name without a text becomes a line to fill in by hand.
    """
    out = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as package,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
        ):
            _check_size(package, content)
            for member in package.infolist():
                part = package.read(member)
                if _PARTS.fullmatch(member.filename):
                    part = _filled(part, values)
                elif member.filename in _AUTHORS:
                    part = _without_names(part, _AUTHORS[member.filename])
                made.writestr(member.filename, part)
    except (*UNREADABLE, SyntaxError) as error:
        raise ValidationError(_("The document is damaged and cannot be opened.")) from error
    return out.getvalue()


def _filled(part: bytes, values: Mapping[str, str]) -> bytes:
    root = _parsed(part)
    for nodes in _paragraphs(root):
        _fill_paragraph(nodes, values)
    return _written(root)


def _fill_paragraph(nodes: list, values: Mapping[str, str]) -> None:
    text = "".join(map(_text_of, nodes))
    # From the last to the first: what has changed stands after the places still to come.
    for found in reversed(list(_NAME.finditer(text))):
        name = _KNOWN.get(_key(found[1]))
        if name is None:
            continue
        value = _FORBIDDEN.sub(" ", str(values.get(name) or "")).strip() or BLANK
        place = 0
        for node in nodes:
            own = _text_of(node)
            start, end = max(found.start() - place, 0), min(found.end() - place, len(own))
            place += len(own)
            if node is None or start >= end:
                continue
            is_first = place - len(own) <= found.start()
            node.text = own[:start] + (value if is_first else "") + own[end:]
            node.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _without_names(part: bytes, names: set[str]) -> bytes:
    from practices.word.document import local_name

    root = _parsed(part)
    for element in root.iter("{*}*"):
        if local_name(element) in names:
            element.text = None
    return _written(root)


def _written(root) -> bytes:
    from lxml import etree

    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
