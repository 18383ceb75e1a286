"""Background work of the journal's editors: authors are reminded of their deadlines."""

from datetime import date, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext

from journal.choices import CreditRole
from journal.handing_in import deadline_of
from journal.letters import WITH_AUTHOR, last, reader_of
from journal.models import Article, Credit
from publishing.letters import send
from publishing.models import AuditEvent
from publishing.tasks import every
from publishing.work import TODAY, Todo, admin_address

logger = structlog.get_logger("portal.journal")
#: Days before the deadline on which an author is reminded; −1: the day after it.
REMINDERS = (7, 2, -1)
#: A day the worker has slept through is made up for so long after the last reminder's day.
LATEST = 7


@every(timedelta(hours=6))
def remind_authors(today: date | None = None) -> int:
    """Remind the authors whose deadline is near or just over; returns how many. Run twice on a day,
    it reminds once.
    """
    today = today or timezone.localdate()
    sent = 0
    for pk in Article.objects.filter(status__in=WITH_AUTHOR, is_demo=False).values_list(
        "pk", flat=True
    ):
        try:
            sent += remind_author(pk, today)
        except Exception:
            # One article in trouble must not keep the others' authors from being reminded.
            logger.exception("reminder_failed", article=pk)
    return sent


def reminders_by_hand(user) -> list[Todo]:
    """Of the person's articles, those whose author has no e-mail and is to be reminded by WhatsApp
    now: until the text of the reminder has been made.
    """
    today, found = timezone.localdate(), []
    # Most authors have an address: only the others are looked at one by one.
    by_number = Credit.objects.filter(
        article=OuterRef("pk"), role=CreditRole.AUTHOR, author__email=""
    ).exclude(author__phone="")
    articles = Article.objects.filter(
        Exists(by_number) | Q(created_by__email=None, created_by__phone__isnull=False),
        status__in=WITH_AUTHOR,
        editor=user,
        is_demo=False,
    )
    for article in articles.without_text():
        term = term_of(article, today)
        if term is None:
            continue
        reader = reader_of(article)
        if reader.email or not reader.phone:
            continue
        day = deadline_of(article) - timedelta(days=term)
        texts = AuditEvent.about(article).filter(action="whatsapp_text", at__date__gte=day)
        if texts.filter(details__contains={"letter": "article_due"}).exists():
            continue
        found.append(
            Todo(
                about=article.original_title,
                what=gettext("The author has no e-mail: remind them of the deadline by WhatsApp"),
                url=admin_address(article),
                day=day,
            )
        )
    return found


TODAY.append(reminders_by_hand)


@transaction.atomic
def remind_author(pk: int, today: date) -> bool:
    """Write the one reminder that is due now, unless it was written."""
    article = Article.objects.select_for_update(of=("self",)).get(pk=pk)
    term = term_of(article, today)
    if term is None:
        return False
    reader = reader_of(article)
    what = {"term": term, "due_on": deadline_of(article).isoformat()}
    events = AuditEvent.about(article).filter(action="remind")
    if not reader.email or events.filter(details__contains=what).exists():
        return False
    AuditEvent.record(article, action="remind", actor=None, via="system", details=what)
    send("article_due", article, to=reader.email, language=reader.language)
    return True


def term_of(article: Article, today: date) -> int | None:
    """Which of REMINDERS the author is due now. A task given five days ahead begins with its letter,
    not with «in a week».
    """
    due_on = deadline_of(article)
    term = due_term(due_on, today)
    if term is None:
        return None
    assigned = last(article, "assign")
    moments = (article.created_at, article.status_changed_at, assigned and assigned.at)
    given = timezone.localdate(max(filter(None, moments)))
    return None if due_on - timedelta(days=term) <= given else term


def due_term(due_on: date | None, today: date) -> int | None:
    """Which of REMINDERS holds today: the last one whose day has come.

    >>> due_term(date(2026, 3, 10), date(2026, 3, 4))
    7
    """
    if due_on is None:
        return None
    left = (due_on - today).days
    come = [term for term in REMINDERS if left <= term]
    if not come or left < min(REMINDERS) - LATEST:
        return None
    return min(come)
