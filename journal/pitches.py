"""Suggested articles: how they come, what is decided, and what follows from it."""

from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from journal.actions import decide_pitch
from journal.choices import ArticleKind, ArticleStatus, CreditRole, PitchSource, PitchStatus
from journal.models import Article, Author, Credit, Issue, Pitch, PitchFile, Rubric
from people.phones import normalize_phone
from practices.models import Practice
from publishing import offers
from publishing.letters import send
from publishing.models import AuditEvent


def suggest(*, key, language: str, values: dict, by=None, document=None) -> Pitch:
    """Keep what a visitor suggests; the same key once more is the same suggestion.

    values: columns of Pitch. The receipt goes to the sender's e-mail address.
    """
    try:
        with transaction.atomic():
            pitch = Pitch.objects.create(uuid=key, language=language, by=by, **values)
            if document:
                title = PurePath(document.name).stem[:160]
                PitchFile.objects.create(
                    pitch=pitch, file=document, language=language, **{f"title_{language}": title}
                )
            AuditEvent.record(pitch, action="suggest", actor=by, via="site")
            send("pitch_received", pitch, to=pitch.email, language=language)
    except IntegrityError:
        return Pitch.objects.get(uuid=key)
    return pitch


# ---------------------------------------------------------------- deciding


@dataclass(frozen=True)
class Task:
    """What an author is asked for. author: somebody known, None: whoever has suggested it."""

    title: str = ""
    rubric: Rubric | None = None
    issue: Issue | None = None
    due_on: date | None = None
    author: Author | None = None


@transaction.atomic
def accept(pitch: Pitch, task: Task, *, actor, words: str = "") -> bool:
    """Make the suggestion an article of its author, and write to them with a signed link.

    words: the editor's own, for the letter. Returns whether this decided it: a second press, or
    another editor's, changes nothing.
    """
    row = _undecided(pitch)
    if row is None:
        return False
    article = decide_pitch(row, accept=True, actor=actor, reason=words)
    if task.title:
        setattr(article, f"title_{row.language}", task.title)
    if row.practice_id:
        article.kind = ArticleKind.PRACTICE
    article.rubric, article.issue, article.due_on = task.rubric, task.issue, task.due_on
    article.refresh_languages()
    article.save()
    credit(article, task.author or author_of(row))
    _tell(pitch, "pitch_accepted")
    return True


@transaction.atomic
def decline(pitch: Pitch, *, actor, words: str, covered_by: Article | None = None) -> bool:
    """Say no, politely. covered_by: what the journal has published on the topic already."""
    row = _undecided(pitch)
    if row is None:
        return False
    decide_pitch(row, accept=False, actor=actor, reason=words)
    if covered_by:
        AuditEvent.record(
            row, action="covered", actor=actor, via="admin", details={"article": covered_by.pk}
        )
    _tell(pitch, "pitch_covered" if covered_by else "pitch_declined")
    return True


def _undecided(pitch: Pitch) -> Pitch | None:
    row = Pitch.objects.select_for_update(of=("self",)).get(pk=pitch.pk)
    return row if row.status == PitchStatus.NEW else None


def _tell(pitch: Pitch, letter: str) -> None:
    pitch.refresh_from_db()
    if not pitch.is_demo:
        send(letter, pitch, to=pitch.email, language=pitch.language)


def covered_by(pitch: Pitch) -> Article | None:
    """What the suggestion was answered with: the journal has written about it."""
    event = AuditEvent.about(pitch).filter(action="covered").first()
    return event and Article.objects.filter(pk=event.details["article"]).first()


def author_of(pitch: Pitch) -> Author | None:
    """The author with the sender's address or number; a new one where there is none."""
    phone = normalize_phone(pitch.phone) if pitch.phone else ""
    if not (pitch.email or phone):
        return None
    same = Q(email__iexact=pitch.email) if pitch.email else Q(phone=phone)
    if known := Author.objects.filter(same).order_by("pk").first():
        return known
    return Author.objects.create(
        email=pitch.email,
        phone=phone,
        language=pitch.language,
        is_demo=pitch.is_demo,
        **{f"name_{pitch.language}": pitch.name},
    )


def credit(article: Article, author: Author | None) -> None:
    """Name the author of the article, with post and organisation as they are now."""
    if author is None:
        return
    Credit.objects.get_or_create(
        article=article,
        author=author,
        role=CreditRole.AUTHOR,
        defaults={
            name: getattr(author, name)
            for name in ("post_ky", "post_ru", "organisation_ky", "organisation_ru")
        },
    )


# ---------------------------------------------------------------- from a practice


def task_of(practice: Practice) -> Article | None:
    """The article that a practice has become, or is becoming."""
    made = Pitch.objects.filter(practice=practice, source=PitchSource.PRACTICE)
    return (
        Article.objects.filter(pitch__in=made)
        .exclude(status__in=(ArticleStatus.DECLINED, ArticleStatus.WITHDRAWN))
        .first()
    )


@transaction.atomic
def publish_in_journal(practice: Practice, *, actor) -> Article:
    """Make an article's task of a practice, with the record attached; pressed twice, it is one."""
    Practice.objects.select_for_update(of=("self",)).get(pk=practice.pk)
    if known := task_of(practice):
        return known
    pitch = Pitch.objects.create(
        name=practice.municipality.label[:120],
        language=practice.original_language,
        municipality=practice.municipality,
        topic=practice.original_title,
        practice=practice,
        source=PitchSource.PRACTICE,
        is_demo=practice.is_demo,
    )
    article = decide_pitch(pitch, accept=True, actor=actor)
    article.kind, article.is_demo = ArticleKind.PRACTICE, practice.is_demo
    article.refresh_languages()
    article.save()
    AuditEvent.record(
        practice,
        action="publish_in_journal",
        actor=actor,
        via="admin",
        details={"article": article.pk},
    )
    return article


def may_become_article(practice: Practice, user) -> bool:
    """Readers see it, and the person makes articles."""
    return practice.is_published and user.has_perm("journal.add_article")


offers.register(
    Practice,
    offers.Offer(
        "journal",
        _("Publish in the journal"),
        _("Its article in the journal"),
        fits=may_become_article,
        made=task_of,
        make=lambda practice, actor: publish_in_journal(practice, actor=actor),
    ),
)
