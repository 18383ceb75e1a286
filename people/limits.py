"""Rate limits, counted in the database: they hold over restarts and for all processes together."""

import hashlib
from datetime import timedelta

from allauth.account.adapter import get_adapter
from django.db import connection
from django.utils import timezone

from people.models import RateCount

#: what is done → (how often, in which span). Counted apart for each account, for each address, and
#: for whom it is about where that is told: a code for a phone number.
LIMITS = {
    "draft": (30, timedelta(hours=24)),
    "save": (1500, timedelta(hours=1)),
    "upload": (120, timedelta(hours=1)),
    "word": (20, timedelta(hours=1)),
    "send": (20, timedelta(hours=24)),
    "adoption": (30, timedelta(hours=24)),
    "membership": (6, timedelta(hours=24)),
    "phone_code": (10, timedelta(hours=24)),
    "email_code": (30, timedelta(hours=24)),
    "webhook": (6000, timedelta(hours=1)),
    "hold": (20, timedelta(hours=1)),
    "pitch": (10, timedelta(hours=24)),
    "subscribe": (3, timedelta(hours=24)),
    "missed": (10, timedelta(hours=24)),
    "diploma": (30, timedelta(hours=1)),
    "question": (5, timedelta(hours=24)),
    "vote": (20, timedelta(hours=1)),
}
#: Many people share one address: an office, or all the customers of a mobile operator.
PEOPLE_AT_AN_ADDRESS = 20


def client_address(request) -> str:
    """The visitor's network address, as far as the trusted proxies tell it."""
    return get_adapter().get_client_ip(request) or ""


def count(key: str, span: timedelta) -> int:
    """Count one more under the key and return how many there are in the running span.

    One statement: two processes at once never lose a count. It does not wait for the disk: many
    behind one address would wait for each other, and a count lost with the power is no loss. Inside
    a transaction that is for whoever began it to say.
    """
    now = timezone.now()
    waits = connection.in_atomic_block
    unwaited = "" if waits else ", set_config('synchronous_commit', 'off', true)"
    digest = hashlib.sha256(key.encode()).hexdigest()
    table = RateCount._meta.db_table  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (key, count, ends_at) VALUES (%s, 1, %s)"  # noqa: S608
            f" ON CONFLICT (key) DO UPDATE SET"
            f" count = CASE WHEN {table}.ends_at <= %s THEN 1 ELSE {table}.count + 1 END,"
            f" ends_at = CASE WHEN {table}.ends_at <= %s THEN excluded.ends_at ELSE {table}.ends_at END"
            f" RETURNING count{unwaited}",
            [digest, now + span, now, now],
        )
        return cursor.fetchone()[0]


def is_allowed(request, what: str, about: str = "") -> bool:
    """Count what the visitor does now, and tell whether it is still within its limit.

    about: whom it concerns beside the visitor, such as the number a code is asked for.
    """
    times, span = LIMITS[what]
    user = request.user
    allowed = True
    if user.is_authenticated:
        allowed = count(f"{what}:user:{user.pk}", span) <= times
    if about:
        allowed = count(f"{what}:about:{about}", span) <= times and allowed
    address = client_address(request)
    return count(f"{what}:ip:{address}", span) <= times * PEOPLE_AT_AN_ADDRESS and allowed


def is_new_from_address(request, what: str, about: str) -> bool:
    """Count `about` for the visitor's address, and tell whether it is the first time in the span
    and still within the limit. By address alone: for pages that do not look who is signed in.
    """
    times, span = LIMITS[what]
    address = client_address(request)
    if count(f"{what}:ip:{address}:about:{about}", span) > 1:
        return False
    return count(f"{what}:ip:{address}", span) <= times * PEOPLE_AT_AN_ADDRESS
