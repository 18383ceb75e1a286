"""Articles of an earlier site from a CSV file: published with their dates, nothing twice.

A row is one article, in one language or in two. Two rows whose source_url differ in the language
alone are one article. What is here stays as it is; only a language that was wholly missing joins it.
Each row is a transaction of its own: an import that was cut short goes on when it is run again.
"""

import re
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import SequenceMatcher
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext
from lxml import html as lxml_html

from journal.choices import ArticleStatus, CreditRole
from journal.models import Article, ArticleFile, Author, Credit, Rubric
from practices.imports import (
    FileRefused,
    Report,
    RowError,
    RowImporter,
    fold_title,
    one_at_a_time,
    read,
    short,
    url_key,
)
from publishing.files import accept_document
from publishing.languages import LANGUAGES, OTHER, LanguageState
from publishing.models import AuditEvent
from publishing.richtext import clean_article, paragraphs_to_html, plain_text

COLUMNS = (
    "title_ky", "title_ru", "date", "rubric", "authors", "body_ky", "body_ru", "source_url", "pdf",
)  # fmt: skip
REQUIRED = ("date",)
ACTION = "import"
MAX_BODY = 400_000
#: How like a rubric's name a text must be to be read as a misspelling of it.
SLIP = 0.88
#: Any day before it is a slip of the pen: the journal began later.
FIRST_DAY = date(2000, 1, 1)
OLD_ADDRESS = re.compile(r"/(?:ru|ky|kg|kgz)/article/full/(\d{1,9})\.html?(?:$|[?#])", re.I)
#: Names: «Асанов А.», «А. Б. Асанов», «Айгүл Асанова».
NAME = re.compile(r"(?:[^\W\d_][\w’'-]*\.?\s*){1,4}")
#: Tags of earlier sites and what they are here.
RENAMED = {
    "h1": "h2", "h4": "h3", "h5": "h3", "h6": "h3", "b": "strong", "i": "em", "dir": "ul",
    "menu": "ul",
}  # fmt: skip
GONE = ("script", "style", "noscript", "iframe", "object", "form", "template", "svg")
BLOCKS = {
    "p", "h2", "h3", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "td", "th",
    "figure", "div", "section", "article", "center", "header", "footer", "dl", "pre", "hr",
}  # fmt: skip


class _DryRun(Exception):
    pass


@dataclass
class Row:
    """A row understood. texts: title_ky … body_ru; document: the bytes of its PDF or None."""

    line: int
    texts: dict[str, str]
    day: date
    rubric: Rubric | None
    authors: list[str]
    source_url: str
    document: bytes | None
    notes: list[str]

    @property
    def languages(self) -> list[str]:
        """Languages with a title and a text, the longer text first."""
        filled = [each for each in LANGUAGES if self.texts[f"body_{each}"]]
        return sorted(filled, key=lambda each: -len(self.texts[f"body_{each}"]))

    @property
    def old_number(self) -> int | None:
        return old_number(self.source_url)

    @property
    def keys(self) -> list[str]:
        """What the article is known by: its source, or its titles on its day."""
        if self.source_url:
            return [source_key(self.source_url)]
        return [
            f"title:{self.day}:{fold_title(self.texts[f'title_{language}'])}"
            for language in self.languages
        ]


def old_number(url: str) -> int | None:
    """The number of an article in an address of the earlier site."""
    found = OLD_ADDRESS.search(url)
    return int(found[1]) if found else None


def source_key(url: str) -> str:
    """The same for the addresses of one article in two languages."""
    if number := old_number(url):
        return f"old:{number}"
    return url_key(re.sub(r"/(?:ru|ky|kg|kgz)(?=/|$)", "", url, count=1, flags=re.IGNORECASE))


def import_articles(path: Path, *, apply: bool = False) -> Report:
    """Bring the file's articles; the report says what came, or without `apply` what would come.

    Raises FileRefused.
    """
    rows = read(path, columns=COLUMNS, required=REQUIRED)
    report = Report()
    with one_at_a_time(), translation.override("en"):
        importer = _Importer(report, path, apply=apply)
        try:
            with nullcontext() if apply else transaction.atomic():
                for line, cells in rows:
                    importer.take(line, cells)
                if not apply:
                    raise _DryRun
        except _DryRun:
            pass
    return report


class _Importer(RowImporter):
    columns, limit = COLUMNS, MAX_BODY

    def __init__(self, report: Report, path: Path, *, apply: bool):
        super().__init__(report, path.name)
        self.path, self.apply = path, apply
        self.rubrics = _rubrics()
        self.authors = _authors()
        self.known = _known()

    # ------------------------------------------------------------ a row

    def understand(self, line: int, cells: dict[str, str] | str) -> Row:
        """The row with all that it names found; raises RowError with all that is wrong."""
        values = self.values_of(cells)
        wrong: list[str] = []
        notes: list[str] = []
        texts = {}
        limit = Article._meta.get_field("title").max_length  # noqa: SLF001
        for language in LANGUAGES:
            title = texts[f"title_{language}"] = one_line(values[f"title_{language}"])
            body, pictures = tidy(values[f"body_{language}"], values["source_url"])
            texts[f"body_{language}"] = body
            if pictures:
                notes.append(f"body_{language}: {pictures} pictures of the earlier site left out")
            if len(title) > limit:
                wrong.append(f"title_{language} is {len(title)} characters long, {limit} at most")
            if body and not title:
                wrong.append(f"title_{language} is missing, but body_{language} is there")
            if title and not body:
                notes.append(f"title_{language} left out: it has no text")
                texts[f"title_{language}"] = ""
        if not (texts["body_ky"] or texts["body_ru"]):
            wrong.append("a text is missing: body_ky or body_ru")
        found: dict = {}
        for name, find in (
            ("day", lambda: read_day(values["date"])),
            ("rubric", lambda: self.rubric(values["rubric"], notes)),
            ("authors", lambda: split_authors(values["authors"])),
        ):
            try:
                found[name] = find()
            except RowError as error:
                wrong.append(str(error))
        if wrong:
            raise RowError(*wrong)
        return Row(
            line=line,
            texts=texts,
            source_url=values["source_url"],
            document=self.document(values["pdf"], notes),
            notes=notes,
            **found,
        )

    def rubric(self, text: str, notes: list[str]) -> Rubric | None:
        """By its address or its name in either language, misspelt a little."""
        if not text:
            return None
        name = fold_title(text)
        if rubric := self.rubrics.get(name):
            return rubric
        ratios = {
            known: SequenceMatcher(None, known, name, autojunk=False).ratio()
            for known in self.rubrics
        }
        near = sorted(ratios, key=lambda known: -ratios[known])
        if near and ratios[near[0]] >= SLIP:
            rubric = self.rubrics[near[0]]
            notes.append(f"rubric “{short(text)}” read as {rubric.slug}")
            return rubric
        listed = ", ".join(dict.fromkeys(self.rubrics[known].slug for known in near[:4]))
        raise RowError(
            f"there is no rubric “{short(text)}”; the nearest: {listed}. "
            "A rubric of old issues is added in the admin, as retired"
        )

    def document(self, name: str, notes: list[str]) -> bytes | None:
        """The PDF that lies beside the table; one that is not there or unsound is noted."""
        if not name:
            return None
        if re.match(r"https?://", name, re.IGNORECASE):
            notes.append("pdf is an address: nothing is fetched, put the file beside the table")
            return None
        folder = self.path.parent.resolve()
        path = (folder / name).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            notes.append(f"pdf “{short(name)}” does not lie beside the table")
            return None
        content = path.read_bytes()
        try:
            accept_document(SimpleUploadedFile(path.name, content))
        except ValidationError as error:
            notes.append(f"pdf “{short(name)}”: {' '.join(error.messages)}")
            return None
        return content

    # ------------------------------------------------------------ keeping it

    def keep(self, row: Row) -> None:
        pk = next((self.known[key] for key in row.keys if key in self.known), None)
        if pk is None:
            article = self.create(row)
            self.report.created.append((row.line, _told(article)))
        else:
            article = Article.objects.select_for_update(of=("self",)).get(pk=pk)
            if joined := self.join(article, row):
                self.report.joined.append((row.line, f"{', '.join(joined)} to {_told(article)}"))
            else:
                self.report.unchanged.append((row.line, _told(article)))
        self.add_document(article, row)

    def create(self, row: Row) -> Article:
        published_at = _noon(row.day)
        article = Article(
            **row.texts,
            original_language=row.languages[0],
            rubric=row.rubric,
            old_number=row.old_number,
            status=ArticleStatus.PUBLISHED,
            published_at=published_at,
            status_changed_at=published_at,
        )
        with translation.override("ru"):
            article.editor_note = gettext(
                "From the earlier site: rights and personal data were not looked at here."
            )
        self.make_public(article)
        article.full_clean()
        article.save()
        self.credit(article, row)
        self.record(article, row)
        return article

    def join(self, article: Article, row: Row) -> list[str]:
        """Languages of the row that the article did not have at all."""
        absent = [
            language
            for language in row.languages
            if not getattr(article, f"title_{language}")
            and not getattr(article, f"body_{language}")
        ]
        for language in row.languages:
            here = getattr(article, f"title_{language}")
            if here and fold_title(here) != fold_title(row.texts[f"title_{language}"]):
                row.notes.append(f"title_{language} here is another one: «{short(here)}»")
            body = getattr(article, f"body_{language}")
            if body and body != row.texts[f"body_{language}"]:
                row.notes.append(f"body_{language} here is another one, it stays")
        if not absent or article.status not in {ArticleStatus.PUBLISHED, ArticleStatus.ARCHIVED}:
            return []
        for language in absent:
            for name in ("title", "body"):
                setattr(article, f"{name}_{language}", row.texts[f"{name}_{language}"])
        article.version += 1
        self.make_public(article)
        article.full_clean()
        article.save()
        self.credit(article, row)
        self.record(article, row, joined=absent)
        return absent

    @staticmethod
    def make_public(article: Article) -> None:
        """Every language with a text is ready: readers had it on the earlier site."""
        languages = article.complete_languages()
        for language in languages:
            setattr(article, f"state_{language}", LanguageState.READY)
        article.approved_languages = languages
        with translation.override("ru"):
            article.one_language_reason = (
                gettext("The earlier site had it in one language.") if len(languages) == 1 else ""
            )
        article.refresh_languages(confirm=True)

    def credit(self, article: Article, row: Row) -> None:
        """The authors in their order; in the second language the names join those who are there."""
        language = row.languages[0]
        rows = list(article.credits.filter(role=CreditRole.AUTHOR).select_related("author"))
        if rows:
            language = OTHER[article.original_language]
            if len(rows) != len(row.authors):
                return
            for credit, name in zip(rows, row.authors, strict=True):
                author = credit.author
                if not getattr(author, f"name_{language}"):
                    setattr(author, f"name_{language}", name)
                    author.save()
                    self.authors.setdefault(fold_title(name), author)
            return
        for position, name in enumerate(row.authors, start=1):
            author = self.authors.get(fold_title(name))
            if author is None:
                author = Author(language=language, **{f"name_{language}": name})
                author.save()
                self.authors[fold_title(name)] = author
                row.notes.append(f"new author: {name}")
            Credit.objects.get_or_create(
                article=article, author=author, role=CreditRole.AUTHOR,
                defaults={"position": position},
            )  # fmt: skip

    def add_document(self, article: Article, row: Row) -> None:
        """The printed pages as a file of the article, once."""
        if row.document is None or not self.apply:
            return
        language = row.languages[0]
        made = ArticleFile(
            article=article,
            language=language,
            is_public=True,
            **{f"title_{language}": row.texts[f"title_{language}"]},
        )
        made.file = ContentFile(row.document, name="printed.pdf")
        ArticleFile._meta.get_field("file").accept_once(made.file, made)  # noqa: SLF001
        if not article.files.filter(sha256=made.sha256).exists():
            made.save()

    def record(self, article: Article, row: Row, joined: Iterable[str] = ()) -> None:
        details = {"file": self.path.name, "line": row.line, "keys": row.keys}
        if row.source_url:
            details["source_url"] = row.source_url[:500]
        if joined:
            details["joined"] = list(joined)
        AuditEvent.record(
            article,
            action=ACTION,
            actor=None,
            via=AuditEvent.Via.IMPORT,
            after=article.status,
            details=details,
        )
        for key in row.keys:
            self.known.setdefault(key, article.pk)


# ---------------------------------------------------------------- what is here


def _known() -> dict[str, int]:
    """{key: article} of what is here and of what imports once brought."""
    known: dict[str, int] = {}
    here = set()
    for pk, number in Article.objects.values_list("pk", "old_number"):
        here.add(pk)
        if number:
            known[f"old:{number}"] = pk
    events = AuditEvent.objects.filter(
        content_type__app_label="journal", content_type__model="article", action=ACTION
    )
    for pk, details in events.order_by("pk").values_list("object_id", "details"):
        for key in details.get("keys", ()):
            if pk in here:
                known.setdefault(key, pk)
    return known


def _rubrics() -> dict[str, Rubric]:
    return {
        fold_title(name): rubric
        for rubric in Rubric.objects.order_by("-position")
        for name in (rubric.slug, rubric.name_ky, rubric.name_ru)
        if name
    }


def _authors() -> dict[str, Author]:
    return {
        fold_title(name): author
        for author in Author.objects.order_by("-pk")
        for name in (author.name_ky, author.name_ru)
        if name
    }


# ---------------------------------------------------------------- cells


def read_day(text: str) -> date:
    """«2019-05-14», «14.05.2019», «14.05.2019 10:30» → the day; raises RowError."""
    found = re.match(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", text)
    parts = found and (found[1], found[2], found[3])
    if not parts and (found := re.match(r"(\d{1,2})[./](\d{1,2})[./](\d{4})(?!\d)", text)):
        parts = (found[3], found[2], found[1])
    try:
        day = date(*map(int, parts)) if parts else None
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= timezone.localdate():
        raise RowError(f"“{short(text)}” is not a day since {FIRST_DAY}, like 2019-05-14")
    return day


def split_authors(text: str) -> list[str]:
    """Names parted by «;» or line breaks; by commas where every part is a bare name."""
    parts = re.split(r"[;\n]+", text)
    if len(parts) == 1:
        by_comma = [part.strip() for part in text.split(",")]
        if all(NAME.fullmatch(part) and part[:1].isupper() for part in by_comma if part):
            parts = by_comma
    names = [one_line(part).strip(" ,;") for part in parts]
    limit = Author._meta.get_field("name").max_length  # noqa: SLF001
    if long := [name for name in names if len(name) > limit]:
        raise RowError(f"the author “{short(long[0])}” is {len(long[0])} characters long")
    return list(dict.fromkeys(filter(None, names)))


def one_line(text: str) -> str:
    """Without markup, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def tidy(text: str, address: str = "") -> tuple[str, int]:
    """(clean HTML of an article, how many pictures of the earlier site it lost).

    Markup of earlier sites: <div> and bare lines become paragraphs, two <br> part them, headings
    fit into those of an article, addresses without a host get that of `address`.
    """
    if not text:
        return "", 0
    if not re.search(r"<[a-zA-Z/!]", text):
        return clean_article(paragraphs_to_html(text)), 0
    root = lxml_html.fragment_fromstring(text, create_parent="div")
    pictures = sum(1 for _each in root.iter("img"))
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.tag in GONE:
            _drop(element)
    for element in list(root.iter()):
        element.tag = RENAMED.get(element.tag, element.tag)
        if element.tag == "img":
            _drop(element)
        elif element.tag == "span":
            element.drop_tag()  # what a word processor left
        elif element.tag == "a" and (href := element.get("href")):
            element.set("href", _whole_address(href, address))
    html = "".join(_paragraphs(root))
    cleaned = clean_article(html)
    return (cleaned if plain_text(cleaned).strip() else ""), pictures


def _drop(element) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _whole_address(href: str, address: str) -> str:
    try:
        has_host = bool(urlsplit(address).netloc)
        return urljoin(address, href) if has_host else href
    except ValueError:
        return ""


def _paragraphs(parent) -> Iterable[str]:
    """The blocks of an element; what stands bare between them becomes paragraphs."""
    bare = [_escaped(parent.text)]
    for element in parent:
        if element.tag in BLOCKS:
            yield from _split("".join(bare))
            bare = [_escaped(element.tail)]
            yield from _block(element)
        else:
            bare.append(lxml_html.tostring(element, encoding="unicode"))
    yield from _split("".join(bare))


def _block(element) -> Iterable[str]:
    is_flat = not any(each.tag in BLOCKS for each in element.iterdescendants())
    if element.tag in {"div", "section", "article", "center", "header", "footer", "figure", "pre"}:
        yield from _paragraphs(element)
    elif element.tag == "p":
        # A paragraph that holds blocks is what browsers made of broken markup.
        yield from _paragraphs(element)
    elif element.tag in {"h2", "h3"} and is_flat:
        words = " ".join(element.text_content().split())
        if words:
            yield f"<{element.tag}>{_escaped(words)}</{element.tag}>"
    elif element.tag != "hr":
        yield lxml_html.tostring(element, encoding="unicode", with_tail=False)


def _split(html: str) -> Iterable[str]:
    for part in re.split(r"(?:<br\s*/?>\s*){2,}", html):
        part = re.sub(r"^(?:\s|<br\s*/?>)+|(?:\s|<br\s*/?>)+$", "", part)
        if re.sub(r"<[^>]+>", "", unescape(part)).strip():
            yield f"<p>{part}</p>"


def _escaped(text: str | None) -> str:
    return (text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


def _told(article: Article) -> str:
    number = f", number {article.old_number}" if article.old_number else ""
    return f"#{article.pk} «{article.title_in(article.original_language)}»{number}"


__all__ = ["COLUMNS", "FileRefused", "import_articles"]
