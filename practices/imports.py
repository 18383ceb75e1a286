"""Drafts of practices from a CSV file: row by row, what is wrong told by line, nothing twice.

A row is one practice, in one language or in two. Names of themes and municipalities may be in either
language and misspelt a little; what is not known is reported with the nearest names, never guessed.
A row that is here already stays as it is; only a language that was wholly missing joins it.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path

import reversion
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext

from places.models import Municipality
from places.names import PlaceIndex
from practices.choices import CollectedVia
from practices.models import FOLD_FROM, FOLD_TO, Practice
from publishing.languages import LANGUAGES
from publishing.models import AuditEvent
from publishing.richtext import paragraphs_to_html
from publishing.workflow import Status
from themes.models import Theme

#: The texts of a row, each in two columns.
TEXTS = ("title", "problem", "solution", "result")
COLUMNS = (
    "title_ky", "title_ru", "municipality", "oblast", "year", "theme",
    "problem_ky", "problem_ru", "solution_ky", "solution_ru", "result_ky", "result_ru",
    "source_url",
)  # fmt: skip
REQUIRED = ("municipality", "theme")
ACTION = "import"
MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_CELL = 20_000
MAX_ERRORS_OF_A_ROW = 5
#: How like a theme's name a text must be to be read as a misspelling of it, or to be suggested.
SLIP, SIMILAR = 0.88, 0.5
#: Records that nobody works on: a language that joined them would help no reader.
CLOSED = (Status.ARCHIVED, Status.WITHDRAWN, Status.REJECTED)
#: Any number, the same for every import: two imports at once would not see each other's rows.
LOCK = 20_260_701

_FOLD = str.maketrans(FOLD_FROM, FOLD_TO)


class FileRefused(Exception):
    """Why nothing of the file can be read, as one sentence."""


class RowError(ValueError):
    """What is wrong with a row, as sentences."""

    def __init__(self, *messages: str):
        super().__init__("; ".join(messages))


class _DryRun(Exception):
    pass


@dataclass
class Report:
    """What an import did, or would do: (line, what) for each row."""

    created: list[tuple[int, str]] = field(default_factory=list)
    joined: list[tuple[int, str]] = field(default_factory=list)
    unchanged: list[tuple[int, str]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)

    def lines(self) -> Iterable[str]:
        told = [
            (line, number, f"line {line}: {word}{what}")
            for number, (word, rows) in enumerate(
                (
                    ("", self.notes),
                    ("new: ", self.created),
                    ("joined: ", self.joined),
                    ("already here: ", self.unchanged),
                    ("ERROR: ", self.errors),
                )
            )
            for line, what in rows
        ]
        yield from (text for _line, _number, text in sorted(told))
        yield (
            f"{len(self.created)} new, {len(self.joined)} joined, {len(self.unchanged)} already here, "
            f"{len(self.errors)} errors"
        )


@dataclass
class Row:
    """A row understood: ready to become a draft."""

    line: int
    texts: dict[str, str]
    municipality: Municipality
    theme: Theme
    year: int | None
    source_url: str
    notes: list[str]

    @property
    def languages(self) -> list[str]:
        """Languages with any text, the original first: the one with more of it, else Kyrgyz."""
        filled = {
            language: sum(1 for name in TEXTS if self.texts[f"{name}_{language}"])
            for language in LANGUAGES
        }
        return sorted((each for each in LANGUAGES if filled[each]), key=lambda each: -filled[each])

    @property
    def keys(self) -> list[str]:
        """What the practice is known by: its titles at its place and year, and its source."""
        keys = [
            title_key(self.texts[f"title_{language}"], self.municipality.code, self.year)
            for language in LANGUAGES
            if self.texts[f"title_{language}"]
        ]
        return [*keys, url_key(self.source_url)] if self.source_url else keys


# ---------------------------------------------------------------- the file


def import_practices(path: Path, *, dry_run: bool = False) -> Report:
    """Make drafts of the file's rows, each in a transaction of its own; the report says what came.

    dry_run: the same report, and nothing is written. Raises FileRefused.
    """
    rows = read(path)
    report = Report()
    with one_at_a_time(), translation.override("en"):
        importer = _Importer(report, path.name)
        try:
            with transaction.atomic() if dry_run else _no_transaction():
                for line, cells in rows:
                    importer.take(line, cells)
                if dry_run:
                    raise _DryRun
        except _DryRun:
            pass
    return report


@contextmanager
def _no_transaction():
    yield


@contextmanager
def one_at_a_time():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def read(
    path: Path, *, columns: Iterable[str] = COLUMNS, required: Iterable[str] = REQUIRED
) -> list[tuple[int, dict[str, str] | str]]:
    """(line, cells by column) of every row that is not empty; cells are a sentence where it is broken."""
    text = _text(path)
    handle = io.StringIO(text, newline="")
    first = handle.readline()
    if not re.fullmatch(r"sep=.\s*", first, re.IGNORECASE):  # Excel's own first line
        handle.seek(0)
        skipped = 0
    else:
        skipped, first = 1, text.splitlines()[1] if "\n" in text else ""
    reader = csv.reader(handle, delimiter=max(",;\t", key=first.count), strict=True)
    limit = csv.field_size_limit(MAX_FILE_BYTES)
    try:
        headings = [heading.strip().lower() for heading in next(reader, [])]
        _check_headings(headings, columns, required)
        rows: list[tuple[int, dict[str, str] | str]] = []
        line = reader.line_num + skipped + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) > len(headings) and any(cells[len(headings) :]):
                    rows.append((line, f"{len(cells)} cells, but {len(headings)} columns"))
                else:
                    padded = [*cells, *[""] * len(headings)]
                    rows.append((line, dict(zip(headings, padded, strict=False))))
            line = reader.line_num + skipped + 1
    except csv.Error as error:
        raise FileRefused(
            f"{path.name} is not a CSV file that can be read: line {reader.line_num + skipped}, {error}."
        ) from error
    finally:
        csv.field_size_limit(limit)
    return rows


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise FileRefused(f"{path.name} is larger than {MAX_FILE_BYTES // 1024**2} MB.")
    content = path.read_bytes()
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileRefused(f"{path.name} is a spreadsheet: save it as CSV in UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(f"{path.name} is not in UTF-8: save it as CSV in UTF-8.") from error
    if not text.strip():
        raise FileRefused(f"{path.name} is empty.")
    return text


def _check_headings(headings: list[str], columns: Iterable[str], required: Iterable[str]) -> None:
    wrong = []
    while headings and not headings[-1]:
        headings.pop()
    if missing := [name for name in required if name not in headings]:
        wrong.append(f"missing columns: {', '.join(missing)}")
    if not {"title_ky", "title_ru"} & set(headings):
        wrong.append("missing columns: title_ky or title_ru")
    if unknown := sorted({name or "(no name)" for name in headings} - set(columns)):
        wrong.append(f"unknown columns: {', '.join(name[:40] for name in unknown[:10])}")
    if twice := sorted({name for name in headings if headings.count(name) > 1}):
        wrong.append(f"columns that come twice: {', '.join(twice)}")
    if wrong:
        raise FileRefused(
            f"The first line must name the columns ({'; '.join(wrong)}). Known ones: {', '.join(columns)}."
        )


# ---------------------------------------------------------------- the rows


class RowImporter:
    """Takes a file row by row, each in a transaction of its own, and reports on each.

    Who brings a kind of records says what a row means (`understand`) and what is made of it (`keep`).
    """

    columns: tuple[str, ...] = ()
    #: Characters of a cell.
    limit = 0

    def __init__(self, report: Report, file_name: str):
        self.report = report
        self.file_name = file_name

    def understand(self, line: int, cells: dict[str, str] | str):
        """The row with all that it names found; raises RowError with all that is wrong."""
        raise NotImplementedError

    def keep(self, row) -> None:
        raise NotImplementedError

    def take(self, line: int, cells: dict[str, str] | str) -> None:
        try:
            row = self.understand(line, cells)
            with transaction.atomic(), reversion.create_revision():
                reversion.set_comment(f"{ACTION}: {self.file_name}")
                self.keep(row)
        except RowError as error:
            self.report.errors.append((line, str(error)))
        except ValidationError as error:
            self.report.errors.append((line, _sentences(error)))
        except DatabaseError as error:
            self.report.errors.append((line, f"the database refused it: {short(str(error))}"))
        else:
            self.report.notes += [(line, note) for note in row.notes]

    def values_of(self, cells: dict[str, str] | str) -> dict[str, str]:
        """Every column's text without spaces around; raises RowError for a broken row."""
        if isinstance(cells, str):
            raise RowError(cells)
        values = {name: (cells.get(name) or "").strip() for name in self.columns}
        wrong = [f"{name} holds a NUL character" for name, text in values.items() if "\0" in text]
        wrong += [
            f"{name} is {len(text)} characters long, {self.limit} at most"
            for name, text in values.items()
            if len(text) > self.limit
        ]
        if wrong:
            raise RowError(*wrong)
        return values


class _Importer(RowImporter):
    """What is known while a file is read: places, themes, and which practices are here."""

    columns, limit = COLUMNS, MAX_CELL

    def __init__(self, report: Report, file_name: str):
        super().__init__(report, file_name)
        self.places = PlaceIndex()
        self.themes = ThemeIndex()
        self.known = known_practices()
        #: pk → line of this file that made it.
        self.made: dict[int, int] = {}

    def understand(self, line: int, cells: dict[str, str] | str) -> Row:
        """The row with its place, theme and year found; raises RowError with all that is wrong."""
        values = self.values_of(cells)
        notes: list[str] = []
        texts = {}
        for language in LANGUAGES:
            # A no-break space is meant; any other run of spaces is one.
            texts[f"title_{language}"] = re.sub(r"[ \t\r\n]+", " ", values[f"title_{language}"])
            for name in TEXTS[1:]:
                texts[f"{name}_{language}"] = paragraphs_to_html(values[f"{name}_{language}"])
        limit = Practice._meta.get_field("title").max_length  # noqa: SLF001
        wrong = [
            f"title_{language} is {length} characters long, {limit} at most"
            for language in LANGUAGES
            if (length := len(texts[f"title_{language}"])) > limit
        ]
        if not (texts["title_ky"] or texts["title_ru"]):
            wrong.append("a title is missing: title_ky or title_ru")
        found: dict = {"year": None, "municipality": None, "theme": None}
        for name, find in (
            ("year", lambda: read_year(values["year"])),
            ("municipality", lambda: self.municipality(values, found["year"], notes)),
            ("theme", lambda: self.themes.find(values["theme"], notes)),
        ):
            try:
                found[name] = find()
            except RowError as error:
                wrong.append(str(error))
        if wrong:
            raise RowError(*wrong[:MAX_ERRORS_OF_A_ROW])
        return Row(line=line, texts=texts, source_url=values["source_url"], notes=notes, **found)

    def municipality(self, values, year: int | None, notes: list[str]) -> Municipality:
        text = values["municipality"]
        if not text:
            raise RowError("the municipality is missing")
        oblast = None
        if values["oblast"]:
            oblast = self.places.oblast(values["oblast"])
            if oblast is None:
                raise RowError(f"unknown oblast “{short(values['oblast'])}”")
        unit, wrong = self.places.find(text, oblast, year=year)
        if wrong == "ambiguous":
            several = self.places.candidates(text, oblast, year=year)
            raise RowError(
                f"several municipalities are called “{short(text)}”, give the oblast or the code: "
                f"{_listed(several)}"
            )
        if unit is None:
            unit = self.places.slip_of(text, oblast)
            if unit is None:
                near = self.places.nearest(text, oblast) or self.places.nearest(text)
                raise RowError(
                    f"the register has no municipality “{short(text)}”"
                    + (f"; the nearest: {_listed(near)}" if near else "")
                )
            notes.append(f"municipality “{short(text)}” read as {_named(unit)}")
        # The two cities are units of their own, yet often listed under the oblast around them.
        if oblast and unit.oblast_id != oblast.pk and not unit.oblast.is_city:
            raise RowError(
                f"{_named(unit)} lies in {unit.oblast.name_ky}, but the line says “{values['oblast']}”"
            )
        return unit

    def keep(self, row: Row) -> None:
        """Make the draft, or let the row's language join the practice that is here."""
        pk = self.find(row)
        if pk is None:
            self.create(row)
            return
        practice = Practice.objects.select_for_update(of=("self",)).get(pk=pk)
        first = self.made.get(pk)
        if first and not self.is_same_story(row, practice):
            raise RowError(
                f"the same source_url as line {first}, but another title: give each practice an address of "
                "its own (for example with #page=2)"
            )
        absent = [
            language
            for language in row.languages
            if not any(getattr(practice, f"{name}_{language}") for name in TEXTS)
        ]
        if not absent or practice.status in CLOSED:
            self.report.unchanged.append((row.line, _told(practice)))
            return
        for language in absent:
            for name in TEXTS:
                setattr(practice, f"{name}_{language}", row.texts[f"{name}_{language}"])
        practice.source_url = practice.source_url or row.source_url
        practice.version += 1
        practice.full_clean()
        practice.refresh_languages()
        practice.save()
        self.record(practice, row, joined=absent)
        self.report.joined.append((row.line, f"{', '.join(absent)} to {_told(practice)}"))

    def find(self, row: Row) -> int | None:
        """The practice that is here already: by its title at its place and year, or by its source."""
        for key in row.keys:
            for pk in self.known.get(key, ()):
                # One collection may hold practices of many places under one address.
                if key == url_key(row.source_url) and not self.is_near(row, pk):
                    row.notes.append(f"another practice, {_told_pk(pk)}, has the same source_url")
                    continue
                return pk
        return None

    @staticmethod
    def is_near(row: Row, pk: int) -> bool:
        return Practice.objects.filter(pk=pk, municipality=row.municipality).exists()

    @staticmethod
    def is_same_story(row: Row, practice: Practice) -> bool:
        """Whether no language has two different titles."""
        return all(
            not row.texts[f"title_{language}"]
            or not getattr(practice, f"title_{language}")
            or fold_title(row.texts[f"title_{language}"])
            == fold_title(getattr(practice, f"title_{language}"))
            for language in LANGUAGES
        )

    def create(self, row: Row) -> None:
        practice = Practice(
            **row.texts,
            original_language=row.languages[0],
            municipality=row.municipality,
            theme=row.theme,
            source_url=row.source_url,
            collected_via=CollectedVia.DESK,
        )
        if row.year:
            practice.started_on = date(row.year, 1, 1)
            with translation.override("ru"):
                practice.editor_note = gettext(
                    "Imported: only the year %(year)s is known, the day is the first of January."
                ) % {"year": row.year}
            row.notes.append(f"only the year is known: started_on is {practice.started_on}")
        practice.full_clean()
        practice.save()
        practice.refresh_languages()
        practice.save()
        self.record(practice, row)
        self.made[practice.pk] = row.line
        self.report.created.append((row.line, _told(practice)))

    def record(self, practice: Practice, row: Row, joined: Iterable[str] = ()) -> None:
        details = {"file": self.file_name, "line": row.line, "keys": row.keys}
        if joined:
            details["joined"] = list(joined)
        AuditEvent.record(
            practice,
            action=ACTION,
            actor=None,
            via=AuditEvent.Via.IMPORT,
            after=practice.status,
            details=details,
        )
        for key in row.keys:
            pks = self.known.setdefault(key, [])
            if practice.pk not in pks:
                pks.append(practice.pk)


def known_practices() -> dict[str, list[int]]:
    """{key: pks of practices here}, by what they say now and by what imports once brought.

    The latter, because an editor may have changed the title or the municipality since.
    """
    known: dict[str, list[int]] = {}
    here = set()
    for pk, url, code, started_on, *titles in Practice.objects.values_list(
        "pk", "source_url", "municipality__code", "started_on", "title_ky", "title_ru"
    ):
        here.add(pk)
        year = started_on.year if started_on else None
        keys = [title_key(title, code, year) for title in titles if title]
        for key in [*keys, *([url_key(url)] if url else [])]:
            known.setdefault(key, []).append(pk)
    events = AuditEvent.objects.filter(
        content_type__app_label="practices", content_type__model="practice", action=ACTION
    )
    for pk, details in events.order_by("pk").values_list("object_id", "details"):
        for key in details.get("keys", ()):
            if pk in here and pk not in known.setdefault(key, []):
                known[key].append(pk)
    return known


def fold_title(title: str) -> str:
    """Words alone, without case, punctuation and the letters that people type in two ways."""
    return " ".join(re.findall(r"\w+", title.lower().translate(_FOLD)))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def title_key(title: str, code: str, year: int | None) -> str:
    return f"title:{_digest(fold_title(title), code, str(year or ''))}"


def url_key(url: str) -> str:
    """The same for http and https, with and without www and the last slash."""
    bare = re.sub(r"^https?://(www\.)?", "", url.strip(), flags=re.IGNORECASE)
    host, slash, rest = bare.partition("/")
    return f"url:{_digest(host.lower() + slash + rest.rstrip('/'))}" if url else ""


def read_year(text: str) -> int | None:
    """«2021», «2021-ж.», «2021 год», «2021.0» → 2021; raises RowError for what is no year."""
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{4})(?:\.0)?\s*-?\s*(?:г|год|ж|жыл|жылы)?\.?", text.lower())
    if not found or not 1991 <= int(found[1]) <= timezone.localdate().year + 1:
        raise RowError(f"“{short(text)}” is not a year since 1991")
    return int(found[1])


class ThemeIndex:
    """Themes by address, number and name in either language."""

    def __init__(self):
        self.by_name: dict[str, Theme] = {}
        for theme in Theme.objects.all():
            for name in (theme.slug, str(theme.position), theme.name_ky, theme.name_ru):
                if name:
                    self.by_name[fold_title(name)] = theme

    def find(self, text: str, notes: list[str]) -> Theme:
        """The theme; a misspelling that fits one theme alone is noted. Raises RowError."""
        if not text:
            raise RowError("the theme is missing")
        name = fold_title(text.removesuffix(".0"))
        if theme := self.by_name.get(name):
            return theme
        likeness: dict[Theme, float] = {}
        for known, theme in self.by_name.items():
            ratio = SequenceMatcher(None, known, name, autojunk=False).ratio()
            likeness[theme] = max(ratio, likeness.get(theme, 0))
        near = sorted(likeness, key=lambda theme: (-likeness[theme], theme.position))
        slips = [theme for theme in near if likeness[theme] >= SLIP]
        if len(slips) == 1 and len(name) > 4:
            notes.append(f"theme “{short(text)}” read as {slips[0].slug} ({slips[0].name_ru})")
            return slips[0]
        several = [theme for theme in near[:3] if likeness[theme] >= SIMILAR]
        raise RowError(
            f"there is no theme “{short(text)}”; "
            + (
                "the nearest: " + ", ".join(f"{theme.slug} ({theme.name_ru})" for theme in several)
                if several
                else "known ones: " + ", ".join(theme.slug for theme in near)
            )
        )


# ---------------------------------------------------------------- words of the report


def _named(unit: Municipality) -> str:
    return f"{unit.code} {unit.name_ky or unit.name_ru}"


def _listed(units: Iterable[Municipality]) -> str:
    return ", ".join(f"{_named(unit)} ({unit.oblast.name_ky})" for unit in units)


def _told(practice: Practice) -> str:
    return f"#{practice.pk} «{practice.title_in(practice.original_language)}»"


def _told_pk(pk: int) -> str:
    return _told(Practice.objects.get(pk=pk))


def short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _sentences(error: ValidationError) -> str:
    if hasattr(error, "message_dict"):
        return "; ".join(
            f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()
        )
    return " ".join(error.messages)
