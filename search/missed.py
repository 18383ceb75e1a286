"""Searches that found nothing, counted for the editors: words, theme and day, and nobody’s name.

What stays must not tell who searched: no digits, addresses or patronymics are kept, and words that
were typed only once go after a month.
"""

import re
from datetime import date, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from search.models import MissedQuery

LONGEST, MOST_WORDS = 80, 6
#: Words typed once may be somebody's name; what many miss is of use for longer than a year.
KEEP_SINGLE, KEEP = timedelta(days=30), timedelta(days=396)

_ADDRESS = re.compile(r"@|://|www\.|\w\.(?:kg|ru|com|org|net)\b", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+(?:[-‐‑'’ʼ][^\W\d_]+)*")
_BETWEEN = re.compile(r"[\s.,;:!?…«»“”\"()–—/]+")
_PATRONYMIC = re.compile(r"(?:ович|евич|овна|евна|уулу|кызы)$")
_ROBOT = re.compile(r"bot|crawl|spider|slurp|preview|whatsapp|curl|wget|python|http", re.IGNORECASE)


def is_robot(user_agent: str) -> bool:
    """Whether the words were hardly typed by a person: robots name themselves."""
    return not user_agent or bool(_ROBOT.search(user_agent))


def countable(text: str) -> str:
    """The words as they are kept, or "" where they may tell something about a person.

    Lower case, in the order they were typed, without punctuation.

    >>> countable("Сүт кабыл алуу!")
    'сүт кабыл алуу'
    >>> countable("0555 123 456")
    ''
    """
    if _ADDRESS.search(text):
        return ""
    words = [word for part in _BETWEEN.split(text.lower()) if (word := part.strip("-‐‑'’ʼ"))]
    if not 1 <= len(words) <= MOST_WORDS or max(map(len, words)) < 3:
        return ""
    if any(not _LETTERS.fullmatch(word) or _PATRONYMIC.search(word) for word in words):
        return ""
    kept = " ".join(words)
    return kept if len(kept) <= LONGEST else ""


def count_missed(text: str, *, language: str, theme: str = "") -> bool:
    """Count words that found nothing, once more today; whether they may be counted at all.

    language: of the page; theme: the slug of the theme searched in. One statement: two processes at
    once never lose a count.
    """
    words = countable(text)
    if not words:
        return False
    table = MissedQuery._meta.db_table  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO {table} (words, language, theme, "on", times)'  # noqa: S608
            f' VALUES (%s, %s, %s, %s, 1) ON CONFLICT (words, language, theme, "on")'
            f" DO UPDATE SET times = {table}.times + 1",
            [words, language, theme, timezone.localdate()],
        )
    return True


def overdue(today: date) -> QuerySet:
    """Rows whose time is over: of words typed once after a month, of all others after 13 months."""
    others = MissedQuery.objects.filter(words=OuterRef("words")).exclude(pk=OuterRef("pk"))
    single = MissedQuery.objects.filter(~Exists(others), times=1, on__lt=today - KEEP_SINGLE)
    return MissedQuery.objects.filter(on__lt=today - KEEP) | single
