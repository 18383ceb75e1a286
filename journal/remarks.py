"""Remarks on paragraphs of a text in work: an editor asks, the author answers, an editor settles.

The text moves on under its remarks. Each keeps the paragraph as it was; where that paragraph has
changed, the remark stands at the one that has become of it, and says what it was about.
"""

import difflib
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from journal.body import Paragraph, paragraphs
from journal.models import Article, Comment

MAX_TEXT = 1_000
MAX_QUOTE = 300
#: Above this likeness a paragraph is the changed one. Of 1.
LIKE = 0.5
#: A text gathers fewer by far; what sends more is no person.
MAX_OPEN = 300


@dataclass
class Thread:
    """Remarks on one state of a paragraph, oldest first. is_changed: it reads differently now."""

    quote: str
    is_changed: bool
    comments: list[Comment] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return any(each.resolved_at is None for each in self.comments)

    @property
    def first(self) -> Comment:
        return self.comments[0]

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return f"remark-{self.first.pk}"


@dataclass
class Place:
    """A paragraph with its threads; paragraph None: what the remarks were on is gone."""

    paragraph: Paragraph | None
    threads: list[Thread] = field(default_factory=list)

    @property
    def has_open(self) -> bool:
        return any(thread.is_open for thread in self.threads)


def places_of(article: Article, language: str) -> list[Place]:
    """Every paragraph of the text with its remarks; those on paragraphs that are gone come last."""
    found = paragraphs(getattr(article, f"body_{language}") or "")
    places = [Place(each) for each in found]
    gone = Place(None)
    threads: dict[tuple[int, str], Thread] = {}
    comments = article.comments.filter(language=language).select_related("by", "resolved_by")
    for comment in comments.order_by("created_at", "pk"):
        key = (comment.paragraph, comment.paragraph_digest)
        if key not in threads:
            number = _number_now(comment, found)
            is_changed = number is None or found[number].digest != comment.paragraph_digest
            threads[key] = Thread(comment.quote, is_changed)
            (gone if number is None else places[number]).threads.append(threads[key])
        threads[key].comments.append(comment)
    return [*places, gone] if gone.threads else places


def count_open(article: Article, **only) -> int:
    """Threads that nobody has settled: a remark with its answers is one. only: such as language."""
    threads = article.comments.filter(resolved_at=None, **only).order_by()
    return threads.values("language", "paragraph", "paragraph_digest").distinct().count()


def _number_now(comment: Comment, found: list[Paragraph]) -> int | None:
    """Where the paragraph of the remark stands now: the same words, else the likest."""
    same = [each.number for each in found if each.digest == comment.paragraph_digest]
    if same:
        return min(same, key=lambda number: abs(number - comment.paragraph))
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(comment.quote)
    best, likeness = None, LIKE
    for each in found:
        matcher.set_seq1(each.text[:MAX_QUOTE])
        if matcher.real_quick_ratio() < likeness or matcher.quick_ratio() < likeness:
            continue
        ratio = matcher.ratio()
        if ratio > likeness:
            best, likeness = each.number, ratio
    return best


@transaction.atomic
def remark(
    article: Article, *, language: str, seen: dict, text: str, by=None, is_authors: bool = False
) -> Comment:
    """Add a remark; two people on one paragraph make two, a second tap of one makes none.

    seen: the paragraph as the page showed it, {number, digest, quote}: it may have changed since.
    Raises ValidationError with a sentence.
    """
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        raise ValidationError(gettext("Write your remark first."))
    if len(text) > MAX_TEXT:
        raise ValidationError(
            gettext("“%(start)s…”: %(count)s characters at most.")
            % {"start": text[:40], "count": MAX_TEXT}
        )
    row = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    now = {each.digest: each for each in paragraphs(getattr(row, f"body_{language}") or "")}
    earlier = row.comments.filter(language=language, paragraph_digest=seen["digest"])
    if seen["digest"] in now:
        quote = now[seen["digest"]].text
    else:
        known = earlier.first()
        quote = known.quote if known else " ".join(seen["quote"].split())
    about = {
        "article": row,
        "language": language,
        "paragraph": seen["number"],
        "paragraph_digest": seen["digest"],
        "text": text,
        "by": by,
        "is_authors": is_authors,
    }
    if same := Comment.objects.filter(**about, resolved_at=None).first():
        return same
    if row.comments.filter(resolved_at=None).count() >= MAX_OPEN:
        raise ValidationError(gettext("There are too many open remarks: settle some first."))
    return Comment.objects.create(quote=quote[:MAX_QUOTE], **about)


def settle(article: Article, comment: Comment, *, by, is_settled: bool = True) -> int:
    """Settle the thread the remark stands in, or open it again; returns how many have changed."""
    thread = article.comments.filter(
        language=comment.language,
        paragraph=comment.paragraph,
        paragraph_digest=comment.paragraph_digest,
    )
    if is_settled:
        return thread.filter(resolved_at=None).update(resolved_at=timezone.now(), resolved_by=by)
    return thread.exclude(resolved_at=None).update(resolved_at=None, resolved_by=None)


def seen_in(posted) -> dict:
    """The paragraph a form was drawn for; raises ValidationError where it names none."""
    number, digest = posted.get("number", ""), posted.get("digest", "")
    if not number.isdigit() or int(number) > 10_000 or not digest.isalnum() or len(digest) > 12:
        raise ValidationError(gettext("This paragraph is not known. Open the page again."))
    return {"number": int(number), "digest": digest, "quote": posted.get("quote", "")}
