"""An entry as the commission sees it: what is judged, without who is judged.

Only what is listed here is shown at all: answers of the known sections, each through the mask, files
by numbers. Numbers, addresses and ids of records stand in no answer.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.db.models import Prefetch
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext

from contests.bare import bare, bare_jpeg
from contests.masking import Mask
from contests.models import Application, ApplicationFile, ApplicationPicture
from people.models import Membership
from practices.contribution import SECTIONS
from publishing.drafts import bound, shown
from publishing.files import stored_path
from publishing.languages import LANGUAGES
from publishing.pdf.keeping import kept
from publishing.richtext import typed_to_html

#: Pixels across from which on a photo fills a screen.
SCREEN = 960
#: A number from which on its digits are set in groups; years are not.
GROUPED = 10_000
#: Where the applicant is and how to reach them; the rest of what is asked is judged.
NEVER_SHOWN = frozenset({"contact", "files"})
PLACE_FIELDS = frozenset({"municipality", "place_text"})
#: Rows whose addresses lead to pages of the applicant’s own; their titles are shown.
ADDRESSES = "url"


@dataclass(frozen=True)
class Row:
    """Lines of one thing in a list: a step, a sum, an obstacle. lines: [(label, value)]."""

    title: str
    lines: list[tuple[str, str]]


@dataclass(frozen=True)
class Part:
    """A section. texts: [(label, HTML)], facts: [(label, value)], lists: [(label, rows)]."""

    name: str
    title: str
    texts: list[tuple[str, str]] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    lists: list[tuple[str, list[Row]]] = field(default_factory=list)


@dataclass(frozen=True)
class Picture:
    """A photo by its number in the entry, from 1."""

    number: int
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class Document:
    """A document by its number in the entry, from 1; extension «pdf»."""

    number: int
    title: str
    extension: str
    pages: int | None
    bytes: int


@dataclass(frozen=True)
class Entry:
    """What a member may see of an application. language: of its texts."""

    code: str
    nomination: str
    title: str
    language: str
    parts: list[Part]
    pictures: list[Picture]
    documents: list[Document]


def coded(application: Application, language: str) -> Entry:
    """The entry in that language where it was entered in it, else in the language it was sent in."""
    language = language_of(application, language)
    answers, mask = application.content[language], mask_of(application)
    return Entry(
        code=application.code,
        nomination=str(application.nomination),
        title=title_of(application, language),
        language=language,
        parts=[part for part in _parts(application, answers, mask, language) if part],
        pictures=[
            Picture(number, mask(_words(each, "alt", language), language), each.width, each.height)
            for number, each in enumerate(pictures_of(application), 1)
        ],
        documents=[
            Document(
                number,
                mask(_words(each, "title", language), language),
                each.extension,
                each.pages,
                each.bytes,
            )
            for number, each in enumerate(documents_of(application), 1)
        ],
    )


def for_members(applications):
    """The queryset with all that a mask is made from: the same number of queries for any number."""
    return applications.select_related(
        "contest", "nomination", "municipality__district", "practice__created_by", "created_by"
    ).prefetch_related(
        "pictures",
        "municipality__predecessors__district",
        "municipality__successors__district",
        Prefetch("municipality__memberships", Membership.objects.select_related("user")),
    )


def title_of(application: Application, language: str) -> str:
    """The title alone, masked: lists need no more."""
    language = language_of(application, language)
    title = application.content[language].get("title") or gettext("untitled")
    return mask_of(application)(title, language)


def language_of(application: Application, language: str) -> str:
    """That language where the entry was sent in it, else the one it was sent in."""
    return language if application.content.get(language) else application.language


def pictures_of(application: Application) -> list[ApplicationPicture]:
    return list(application.pictures.order_by("position", "pk"))


def documents_of(application: Application) -> list[ApplicationFile]:
    """Without those that carry programs; the signed letter is not among them."""
    return list(application.files.filter(has_macros=False).order_by("position", "pk"))


def picture_of(application: Application, number: int) -> bytes | None:
    """The photo as JPEG without metadata, as large as a screen needs; None where there is none."""
    picture = _numbered(pictures_of(application), number)
    if picture is None:
        return None
    width = next((each for each in picture.widths if each >= SCREEN), None)
    name = stored_path(picture, f"{width}.jpg") if width else picture.file.name
    with picture.file.storage.open(name) as stored:
        return bare_jpeg(stored.read())


def document_of(application: Application, number: int) -> tuple[bytes, str] | None:
    """(content, extension) of a document without its makers’ traces; None where there is none.

    Empty content: its pages tell what is hidden, or nobody can say whether they do.
    """
    document = _numbered(documents_of(application), number)
    if document is None:
        return None
    contest = application.contest
    if not (contest.hides_names or contest.hides_municipality):
        return _stored(document), document.extension
    mask = mask_of(application)
    # Beside the document itself, so that it goes when the document goes.
    folder = document.file.name.rpartition("/")[0]
    digest = hashlib.sha256(f"{document.sha256}{mask.names}".encode()).hexdigest()[:16]
    content = kept(
        folder,
        "bare",
        digest,
        document.extension,
        lambda: bare(_stored(document), document.extension, mask.tells) or b"",
    )
    return content, document.extension


def _numbered(stored: list, number: int):
    """The thing with that number, from 1; None where there is none."""
    return stored[number - 1] if 0 < number <= len(stored) else None


def _stored(document: ApplicationFile) -> bytes:
    with document.file.open("rb") as stored:
        return stored.read()


def _words(stored, name: str, language: str) -> str:
    other = next(each for each in LANGUAGES if each != language)
    return getattr(stored, f"{name}_{language}") or getattr(stored, f"{name}_{other}") or ""


# ---------------------------------------------------------------- what is hidden


def mask_of(application: Application) -> Mask:
    """Made from the records around the application, as its contest says what is hidden."""
    contest = application.contest
    places = tuple(sorted(_places(application))) if contest.hides_municipality else None
    people = tuple(sorted(_people(application))) if contest.hides_names else None
    return _made(places, people)


@lru_cache(maxsize=512)
def _made(places: tuple[str, ...] | None, people: tuple[str, ...] | None) -> Mask:
    """The same names make the same mask, and making one costs more than using it."""
    return Mask(places=places, people=people)


def _names(unit) -> Iterator[str]:
    if unit is None:
        return
    for name in ("name", "short_name"):
        for language in LANGUAGES:
            yield getattr(unit, f"{name}_{language}") or ""
    yield from unit.former_names
    yield from unit.spellings


def _places(application: Application) -> set[str]:
    """The municipality with those it was made from and has become, its district, its villages."""
    unit = application.municipality
    found = {*_names(unit), *_names(unit.district)}
    for other in (*unit.predecessors.all(), *unit.successors.all()):
        found |= {*_names(other), *_names(other.district)}
    told = [answers.get("place_text") for answers in application.content.values()]
    if application.practice:
        told += [getattr(application.practice, f"place_text_{each}") for each in LANGUAGES]
    for text in filter(None, told):
        found |= {_name_in(name) for name in text.replace(";", ",").split(",")}
    return {name for name in found if name.strip()}


def _name_in(text: str) -> str:
    """«Ленин көчөсү, 12» names a street; the number of the house is no name, and «three
    municipalities» is none: a name has a capital, or stands beside what it names.
    """
    words = [word for word in text.split() if not any(char.isdigit() for char in word)]
    names = [word for word in words if word.lower().strip(".") not in KINDS.split()]
    is_named = len(names) < len(words)
    return " ".join(word for word in names if is_named or word[0].isupper())


#: Beside a name these say what it names.
KINDS = (
    "айылы айыл көчөсү көчө кыштагы кыштак үй жайлоосу участогу с село ул улица д дом пос посёлок "
    "поселок г уч участок шаарчасы шаары район району"
)


def _people(application: Application) -> set[str]:
    """Whoever the records name around the application."""
    unit, practice, author = application.municipality, application.practice, application.created_by
    found = {application.applicant_name, unit.head_name, author.name if author else ""}
    if practice:
        writer = practice.created_by
        found |= {practice.contact_name, practice.author_name, writer.name if writer else ""}
    for answers in application.content.values():
        found.add(answers.get("contact_name") or "")
        for row in answers.get("pictures") or ():
            found.add(row.get("author") or "")
    found |= {each.author for each in application.pictures.all()}
    found |= {row.user.name for row in unit.memberships.all()}
    return {name for name in found if name and name.strip()}


# ---------------------------------------------------------------- what is shown


def _parts(application, answers: dict, mask: Mask, language: str) -> Iterator[Part | None]:
    hidden = PLACE_FIELDS if application.contest.hides_municipality else {"municipality"}
    for section in SECTIONS.values():
        if section.name in NEVER_SHOWN:
            continue
        part = Part(section.name, str(section.title))
        names = [name for name in section.form.base_fields if name not in {*hidden, "title"}]
        for label, value, is_long in _lines(section.form, answers, names, mask, language):
            if is_long:
                part.texts.append((label, typed_to_html(value)))
            else:
                part.facts.append((label, value))
        for rows in section.rows:
            if not rows.of:
                made = _rows(rows, answers.get(rows.name) or (), mask, language)
                if made:
                    part.lists.append((str(rows.label), made))
        yield part if part.texts or part.facts or part.lists else None


def _rows(rows, answers, mask: Mask, language: str) -> list[Row]:
    names = [name for name in rows.form.base_fields if name != ADDRESSES]
    made = []
    for row in answers:
        lines = [
            (label, value) for label, value, _long in _lines(rows.form, row, names, mask, language)
        ]
        if lines:
            made.append(Row(lines[0][1], lines[1:]))
    return made


def _lines(form, answers: dict, names, mask: Mask, language: str):
    """(label, value, whether it is a text of several lines) of what is filled in and can be read."""
    made = bound(form, answers)
    made.is_valid()
    for name in names:
        value = answers.get(name)
        if value in (None, "", [], False):
            continue
        each, understood = made.fields[name], made.cleaned_data.get(name)
        if isinstance(understood, date):
            read = date_format(understood, "DATE_FORMAT")
        elif isinstance(understood, (int, Decimal)):
            read = number_format(understood, force_grouping=abs(understood) >= GROUPED)
        elif hasattr(each, "queryset"):
            read = str(understood or "")
        else:
            read = mask(shown(value, each), language)
        if read:
            is_long = each.widget.__class__.__name__ == "Textarea"
            yield capfirst(str(each.label)), read, is_long
