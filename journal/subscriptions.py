"""Who gets each new issue by mail: asked for on the site, confirmed from the letter, left in one click."""

import uuid

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from journal.models import Subscriber
from publishing.letters import register, send

CONFIRM, LEAVE = "journal.subscription.confirm", "journal.subscription.leave"
#: As long as an address that was never confirmed is kept.
CONFIRM_DAYS = 7
DAY = 24 * 60 * 60


def subscribe(*, email: str, language: str) -> None:
    """Write to the address: it is on the list once its owner says so. Twice is harmless.

    What comes back to the visitor is the same whether the address was known or not; the letter tells.
    """
    found = Subscriber.objects.filter(email__iexact=email, language=language)
    row = found.first()
    if row is None:
        try:
            with transaction.atomic():
                row = Subscriber.objects.create(email=email, language=language)
        except IntegrityError:  # a second tap at the same moment
            row = found.get()
    send("subscriber_confirm", row, to=row.email, language=language)


def confirm(token: str) -> Subscriber | None:
    """The subscriber of a confirming link, now on the list; None where the link has run out."""
    row = find(token, CONFIRM)
    if row and not row.confirmed_at:
        row.confirmed_at = timezone.now()
        row.save(update_fields=["confirmed_at"])
    return row


def leave(token: str) -> bool:
    """Forget the subscriber of a leaving link. False where the link is none; twice is harmless."""
    if not is_link(token, LEAVE):
        return False
    if row := find(token, LEAVE):
        row.delete()
    return True


def find(token: str, purpose: str) -> Subscriber | None:
    number = _opened(token, purpose)
    return Subscriber.objects.filter(uuid=number).first() if number else None


def is_link(token: str, purpose: str) -> bool:
    return _opened(token, purpose) is not None


def _opened(token: str, purpose: str) -> uuid.UUID | None:
    try:
        # A link to leave works as long as letters lie in mailboxes.
        age = CONFIRM_DAYS * DAY if purpose == CONFIRM else None
        return uuid.UUID(hex=signing.loads(token, salt=purpose, max_age=age))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None


def address(row: Subscriber, purpose: str) -> str:
    """The signed link for the purpose, with the host, in the subscriber's language."""
    page = "journal:subscribe_confirm" if purpose == CONFIRM else "journal:unsubscribe"
    with translation.override(row.language):
        path = reverse(page, args=[token_of(row, purpose)])
    return settings.SITE_URL + path


def token_of(row: Subscriber, purpose: str) -> str:
    return signing.dumps(row.uuid.hex, salt=purpose)


def about_subscription(row: Subscriber) -> dict:
    return {
        "is_known": bool(row.confirmed_at),
        "confirm_url": address(row, CONFIRM),
        "leave_url": address(row, LEAVE),
        "days": CONFIRM_DAYS,
    }


register("subscriber_confirm", label=_("Confirm the subscription"), context=about_subscription)
