"""An author at work: the text is kept as it is typed, handed in, corrected, handed in again."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath

import reversion
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_noop

from journal.choices import ArticleStatus
from journal.letters import HAND_IN, WITH_AUTHOR, last
from journal.models import Article, ArticleFile, ArticlePicture
from journal.typed import html_of, kept_in, typed_of
from people import links
from publishing.drafts import MAX_TEXT, WAS, digest, merge
from publishing.editing import BackReason
from publishing.models import AuditEvent
from publishing.workflow import Missing, MoveRefused, move

#: Fields of the page → columns of the article, without the language.
COLUMNS = {"title": "title", "lead": "lead", "text": "body", "sources": "sources"}
#: What is said of each picture.
OF_PICTURE = ("alt", "caption", "author")
LIMITS = {"title": 160, "lead": 500, "text": 4 * MAX_TEXT, "sources": 5_000}
MAX_PICTURES = 15
MAX_FILES = 5
#: What the author says by handing in; kept in the history as it was said, in their language.
RIGHTS = gettext_noop(
    "The text and the photos are mine, or I have the leave of their authors. People in the photos "
    "agree to be shown."
)


def is_writable(article: Article) -> bool:
    return article.status in WITH_AUTHOR


def may_open(request, article: Article) -> bool:
    """Whoever has the article in their account, or came by its signed link."""
    return article.is_open_to(request.user) or links.is_open(request, HAND_IN, article)


def deadline_of(article: Article) -> date | None:
    """The last day for the author: of the task, or of the corrections asked for."""
    if article.status == ArticleStatus.DRAFT:
        return article.due_on
    if article.status == ArticleStatus.AUTHOR_FIX:
        task = last(article, "assign")
        is_given_anew = task and task.at > article.status_changed_at
        return article.due_on if is_given_anew else timezone.localdate(article.due_at)
    return None


def days_left(article: Article) -> int | None:
    """Negative once the deadline is over."""
    due_on = deadline_of(article)
    return (due_on - timezone.localdate()).days if due_on else None


# ---------------------------------------------------------------- keeping


def stored_in(article: Article) -> dict[str, str]:
    """What the page's fields hold, by their names; words about pictures as «picture.7.alt»."""
    language = article.original_language
    values = {
        name: getattr(article, f"{column}_{language}") or "" for name, column in COLUMNS.items()
    }
    with translation.override(language):  # names of what stands in brackets
        values["text"] = typed_of(values["text"])
    for picture in article.pictures.all():
        for name in OF_PICTURE:
            values[f"picture.{picture.pk}.{name}"] = getattr(picture, f"{name}_{language}") or ""
    return values


@dataclass
class Kept:
    """conflicts: {field: what was typed over a text changed elsewhere}; problems: sentences.

    is_closed: nothing was kept, the text is not with its author any more.
    """

    article: Article
    is_closed: bool = False
    conflicts: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    was: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def keep(article: Article, posted: Mapping, drawer: MutableMapping[str, str]) -> Kept:
    """Keep what a POST of the page brings, field by field; a field changed elsewhere is not lost.

    drawer: what plain signs cannot say, by digest, for lines that are cut now and put in later.
    """
    row = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    if not is_writable(row):
        return Kept(row, is_closed=True)
    kept = Kept(row)
    stored = stored_in(row)
    typed = {
        name: str(posted[name]).replace("\r\n", "\n").replace("\x00", "").strip()
        for name in stored
        if name in posted
    }
    for name in list(typed):
        limit = LIMITS.get(name, 200 if not name.endswith("author") else 120)
        if len(typed[name]) > limit:
            kept.problems.append(
                gettext("“%(start)s…”: %(count)s characters at most.")
                % {"start": typed[name][:40], "count": limit}
            )
            del typed[name]
    was = {name: posted[WAS + name] for name in typed if WAS + name in posted}
    merged = merge(stored, typed, was)
    kept.conflicts = {name: value for name, value in merged.conflicts.items() if value}
    _write(row, merged.values, drawer)
    # Only of what is kept as it was sent: a field changed elsewhere goes on from its old digest.
    kept.was = {WAS + name: digest(typed[name]) for name in typed if name not in merged.conflicts}
    return kept


def _write(row: Article, values: dict[str, str], drawer: MutableMapping[str, str]) -> None:
    language = row.original_language
    texts = {name: values[name] for name in COLUMNS if name in values}
    if "text" in texts:
        drawer.update(kept_in(getattr(row, f"body_{language}") or ""))
        texts["text"] = html_of(texts["text"], drawer)
    if not texts.get("title", "title"):
        del texts["title"]  # an article is never without one
    for name, value in texts.items():
        setattr(row, f"{COLUMNS[name]}_{language}", value)
    if texts:
        row.version += 1
        row.refresh_languages()
        row.save()
    for key in values.keys() - texts.keys():
        if key.startswith("picture."):
            _prefix, pk, name = key.split(".")
            ArticlePicture.objects.filter(pk=pk, article=row).update(
                **{f"{name}_{language}": values[key]}
            )


# ---------------------------------------------------------------- files


def with_editors() -> str:
    return gettext("The text is with the editors now.")


def _locked(article: Article) -> Article:
    """The article, nobody else’s until the transaction ends. Raises ValidationError where its author
    has it no more: the editors may have taken it while a large file was on its way.
    """
    row = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    if not is_writable(row):
        raise ValidationError(with_editors())
    return row


@transaction.atomic
def add_picture(article: Article, upload) -> None:
    """Keep a photo; the same one sent twice is kept once. Raises ValidationError with a sentence."""
    row = _locked(article)
    picture = ArticlePicture(article=row, file=upload, position=row.pictures.count() + 1)
    picture._meta.get_field("file").accept_once(picture.file, picture)  # noqa: SLF001
    if row.pictures.filter(sha256=picture.sha256).exists():
        return
    if row.pictures.count() >= MAX_PICTURES:
        raise ValidationError(gettext("No more than %(limit)s are kept.") % {"limit": MAX_PICTURES})
    picture.save()


@transaction.atomic
def add_file(article: Article, upload, *, by=None) -> list[str]:
    """Keep a document; of a Word file the text becomes the article's, the earlier one stays in its
    history. Returns sentences on what found no place. Raises ValidationError with a sentence.
    """
    row = _locked(article)
    language = row.original_language
    stored = ArticleFile(article=row, file=upload, language=language)
    stored.position = row.files.count() + 1
    setattr(stored, f"title_{language}", PurePath(upload.name).stem[:160])
    stored._meta.get_field("file").accept_once(stored.file, stored)  # noqa: SLF001
    if stored.has_macros:
        raise ValidationError(
            gettext("Documents with macros are not accepted. Save it as .docx or .xlsx.")
        )
    if row.files.filter(sha256=stored.sha256).exists():
        return []
    if row.files.count() >= MAX_FILES:
        raise ValidationError(gettext("No more than %(limit)s are kept.") % {"limit": MAX_FILES})
    stored.save()
    if stored.extension != "docx":
        return []
    with stored.file.open("rb") as handle:
        return take_word(row, handle.read(), by=by)


def take_word(row: Article, content: bytes, *, by=None) -> list[str]:
    """Put the text of a Word document in the place of the article's own."""
    # Loaded when needed: reading Word takes memory that few requests want.
    from journal.word import article_from_docx

    found = article_from_docx(content)
    language = row.original_language
    if getattr(row, f"body_{language}"):
        remember(row, by, gettext("Before the Word document took its place"))
    for name in ("title", "lead"):
        if value := getattr(found, name):
            setattr(row, f"{name}_{language}", value[: LIMITS[name]])
    setattr(row, f"body_{language}", found.body)
    row.version += 1
    row.refresh_languages()
    row.save()
    position = row.pictures.count()
    for number, each in enumerate(found.pictures, start=1):
        ArticlePicture.objects.create(
            uuid=each.uuid,
            article=row,
            file=ContentFile(each.content, each.name),
            position=position + number,
            **{f"alt_{language}": each.alt, f"caption_{language}": each.caption},
        )
    return list(found.left_out)


def remember(article: Article, by, why: str) -> None:
    """Keep the article as it stands in its history."""
    with reversion.create_revision():
        if reversion.is_registered(Article):
            reversion.add_to_revision(article)
        if by is not None:
            reversion.set_user(by)
        reversion.set_comment(why)


@transaction.atomic
def remove_picture(article: Article, pk: int) -> None:
    row = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    if is_writable(row):
        for picture in row.pictures.filter(pk=pk):
            picture.delete()


# ---------------------------------------------------------------- handing in


def missing_of(article: Article) -> list[Missing]:
    """What stands in the way of handing in: what the editors ask of every text, and who took the
    photos.
    """
    missing = list(article.missing_for_submission())
    language = article.original_language
    for picture in article.pictures.all():
        if not getattr(picture, f"author_{language}"):
            missing.append(Missing(f"picture.{picture.pk}.author", gettext("who took each photo")))
            break
    return missing


@transaction.atomic
def hand_in(article: Article, *, by=None) -> Article:
    """Give the text to the editors; twice is harmless. by: whose account, None for a signed link.

    The author has said RIGHTS. Raises MoveRefused with what is missing.
    """
    row = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    if not is_writable(row):
        return row
    if missing := missing_of(row):
        raise MoveRefused(gettext("Something is still missing."), missing)
    remember(row, by, gettext("Handed in by the author"))
    via = AuditEvent.Via.SITE if by else AuditEvent.Via.SIGNED_LINK
    with translation.override(row.original_language):
        AuditEvent.record(row, action="rights", actor=by, via=via, reason=gettext(RIGHTS))
    return move(row, "submit", actor=by, part="" if by else "author", via=via)


@dataclass(frozen=True)
class Round:
    """One way of the text to the editors and back.

    words, points, fields: why it came back, in the editor’s words; what was ticked; where to look.
    """

    number: int
    handed_in: object
    sent_back: object = None
    words: str = ""
    points: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)


def rounds_of(article: Article) -> list[Round]:
    """The rounds, first one first; their author mostly sees two."""
    rounds = []
    events = AuditEvent.about(article).filter(action__in=("submit", "send_back"))
    for event in events.order_by("at", "pk"):
        if event.action == "submit":
            rounds.append(Round(len(rounds) + 1, event.at))
        elif rounds:
            latest = rounds[-1]
            rounds[-1] = Round(
                latest.number,
                latest.handed_in,
                event.at,
                event.reason,
                **BackReason.asked(event, Article),
            )
    return rounds
