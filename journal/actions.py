"""What touches more than one record of the journal."""

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from journal.choices import ArticleStatus
from publishing.languages import LanguageState
from publishing.models import AuditEvent
from publishing.workflow import LISTED, READABLE, move


def release_articles(issue, language: str, actor) -> list:
    """Publish the issue's articles in the language, within the transaction that releases it.

    One that is public already, in the other language or ahead of its issue, gets this language too.
    """
    released = []
    articles = issue.articles.filter(approved_languages__contains=[language])
    for article in articles.select_for_update(of=("self",)).order_by("pk"):
        if article.status == ArticleStatus.APPROVED:
            row = move(
                article,
                "publish",
                actor=None,
                reason=str(issue),
                via="system",
                languages=[language],
            )
        elif article.status in LISTED and language not in article.ready_languages:
            row = article
            setattr(row, f"state_{language}", LanguageState.READY)
            row.save()
            _record(row, "release", actor, issue)
        else:
            continue
        released.append(row)
    return released


def recall_articles(issue, edition, actor, reason: str) -> list:
    """Take back what came out with the edition; what was public before it stays."""
    taken = []
    language = edition.language
    came_out = AuditEvent.objects.filter(
        Q(action__in=("release", "add_language")) | Q(action="publish", via=AuditEvent.Via.SYSTEM),
        content_type=ContentType.objects.get_for_model(issue.articles.model),
        at__gte=edition.released_at,
    )
    articles = issue.articles.filter(
        status__in=READABLE,
        pk__in=came_out.values("object_id"),
        **{f"state_{language}": LanguageState.READY},
    )
    for article in articles.select_for_update(of=("self",)).order_by("pk"):
        others = [each for each in article.ready_languages if each != language]
        setattr(article, f"state_{language}", LanguageState.DRAFT)
        article.save()
        if others:
            _record(article, "recall", actor, issue, reason)
        else:
            move(article, "recall", actor=None, reason=reason, via="system")
        taken.append(article)
    return taken


def _record(article, action, actor, issue, reason=""):
    AuditEvent.record(
        article,
        action=action,
        actor=actor,
        via="admin" if actor else "system",
        before=article.status,
        after=article.status,
        reason=reason or str(issue),
    )


@transaction.atomic
def decide_pitch(pitch, *, accept: bool, actor, reason: str = ""):
    """Accept a suggestion as an article's task, or decline it; twice is harmless.

    Returns the article or None. The letter to the sender is written by the caller.
    """
    from journal.choices import PitchStatus
    from journal.models import Article, Pitch

    row = Pitch.objects.select_for_update(of=("self",)).get(pk=pitch.pk)
    if row.status != PitchStatus.NEW:
        return row.article
    row.status = PitchStatus.ACCEPTED if accept else PitchStatus.DECLINED
    row.reason, row.decided_by, row.decided_at = reason, actor, timezone.now()
    if accept:
        language = row.language
        row.article = Article.objects.create(
            original_language=language,
            rubric=row.rubric,
            editor=actor,
            created_by=row.by or actor,
            **{f"title_{language}": row.topic[:160]},
        )
        if row.practice:
            row.article.practices.add(row.practice)
            row.article.themes.add(row.practice.theme)
    row.save()
    AuditEvent.record(
        row, action="accept" if accept else "decline", actor=actor, via="admin", reason=reason
    )
    return row.article


@transaction.atomic
def begin_article(line, *, actor):
    """Make the article of a line of the plan; twice gives the same one."""
    from journal.models import Article, PlanLine

    row = PlanLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    if row.article_id:
        return row.article
    language = "ky" if row.topic_ky else "ru"
    row.article = Article.objects.create(
        original_language=language,
        rubric=row.rubric,
        editor=row.owner or actor,
        created_by=actor,
        **{f"title_{each}": (getattr(row, f"topic_{each}") or "")[:160] for each in ("ky", "ru")},
    )
    row.article.refresh_languages()
    row.article.save()
    row.save()
    AuditEvent.record(row.article, action="create", actor=actor, via="admin", reason=str(row.month))
    return row.article
