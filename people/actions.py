"""What changes people's doors: signed links, and roles in municipalities."""

import re
import secrets
from datetime import timedelta

import structlog
from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people import letters
from people.models import AccessLink, Membership, User
from people.phones import normalize_phone

logger = structlog.get_logger("portal.people")

#: Sent with membership=… when a role was confirmed, inside the same transaction.
membership_verified = Signal()

CODE_HOURS = 72
VALID = timedelta(days=365)


# ---------------------------------------------------------------- signed links


def make_link(*, purpose: str, target, by=None, days: int = 14, max_uses=None, note="") -> str:
    """Make a signed link and return its token, which is not kept anywhere."""
    token = AccessLink.new_token()
    AccessLink.objects.create(
        token_hash=AccessLink.hash(token),
        purpose=purpose,
        target=target,
        note=note,
        created_by=by,
        expires_at=timezone.now() + timedelta(days=days),
        max_uses=max_uses,
    )
    return token


@transaction.atomic
def use_link(*, token: str) -> AccessLink | None:
    """Count one use of the link and return it, or None where it does not open any more."""
    link = AccessLink.objects.for_token(token).alive().select_for_update().first()
    if link:
        link.uses += 1
        link.last_used_at = timezone.now()
        link.save(update_fields=["uses", "last_used_at"])
    return link


def revoke_links(*, target, purpose: str | None = None) -> int:
    """Close every open link to the thing; returns how many there were."""
    from django.contrib.contenttypes.models import ContentType

    links = AccessLink.objects.alive().filter(
        content_type=ContentType.objects.get_for_model(target), object_id=target.pk
    )
    if purpose:
        links = links.filter(purpose=purpose)
    return links.update(revoked_at=timezone.now())


# ---------------------------------------------------------------- roles in municipalities


class CodeRefused(Exception):
    """A code that confirms nothing; says why, in words for the operator. Nothing has changed."""

    #: reason → its sentence, the most telling one first.
    REASONS = {
        "number": _(
            "The code is right, but it belongs to another number. Nothing was confirmed: the person "
            "has to send it from the number given on the page, or to ask anew with this one."
        ),
        "own": _("Nobody confirms their own role: a colleague does it."),
        "blocked": _("The account is blocked, so nothing was confirmed."),
        "expired": _("The code has expired. The person gets a new one on the same page."),
        "unknown": _("Nobody waits with this code: it was used already, replaced or mistyped."),
        "no_code": _("There is no code of six digits in the message."),
    }

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason

    def __str__(self):
        return str(self.REASONS[self.reason])


def _new_code() -> str:
    """Six digits that nobody else waits with; no zero in front, which people leave out."""
    while True:
        code = str(secrets.randbelow(900_000) + 100_000)
        if not Membership.objects.filter(code=code).exists():
            return code


@transaction.atomic
def ask_membership(*, user, municipality, role: str, phone: str, post: str = "") -> Membership:
    """Note the wish for a role and make a new code for it; asking again replaces the code.

    What is confirmed is just what was asked: another role, post or number takes the confirmation
    back. The same once more is a renewal, and the running year stays until the new one begins.
    """
    User.objects.select_for_update().get(pk=user.pk)  # two taps at once make one row
    row = Membership.objects.filter(user=user, municipality=municipality).first()
    row = row or Membership(user=user, municipality=municipality)
    asked = {"role": role, "post": post.strip(), "phone": normalize_phone(phone)}
    is_same = all(getattr(row, name) == value for name, value in asked.items())
    if is_same and row.state == "verified":
        return row
    if not is_same or row.revoked_at:
        row.verified_at = row.verified_by = row.expires_at = row.reminded_at = None
        row.revoked_at = None  # the reason stays for the operator to see
    for name, value in asked.items():
        setattr(row, name, value)
    row.code = _new_code()
    row.asked_at = timezone.now()
    row.code_expires_at = row.asked_at + timedelta(hours=CODE_HOURS)
    row.full_clean(validate_unique=False, validate_constraints=False)
    row.save()
    return row


@transaction.atomic
def confirm_membership(*, code: str, phone: str, by=None) -> Membership:
    """Confirm the role whose code came from its own number; raises CodeRefused.

    by: the operator; None where the messenger itself has brought the message.
    """
    row = Membership.objects.select_for_update(of=["self"]).filter(code=code).first()
    if not code or row is None or row.revoked_at:
        raise CodeRefused("unknown")
    if not row.is_waiting:
        raise CodeRefused("expired")
    if row.phone != normalize_phone(phone):
        raise CodeRefused("number")
    if by is not None and row.user_id == by.pk:
        raise CodeRefused("own")
    if not row.user.is_active:
        raise CodeRefused("blocked")
    row.verified_at, row.verified_by = timezone.now(), by
    row.expires_at = row.verified_at + VALID
    row.code, row.code_expires_at, row.reminded_at = "", None, None
    row.revoked_by, row.revoke_reason = None, ""
    row.save()
    membership_verified.send(sender=Membership, membership=row)
    letters.send(row.user, "membership_confirmed", membership=row)
    return row


def codes_in(text: str) -> list[str]:
    """Every run of six digits in a message, «482913» and «482 913» alike, in their order."""
    found = re.findall(r"(?<![0-9])([0-9]{3})[\s\u2011-]?([0-9]{3})(?![0-9])", text)
    return list(dict.fromkeys("".join(halves) for halves in found))


def confirm_message(*, text: str, phone: str, by=None) -> list[Membership]:
    """Confirm each role whose code stands in the message; raises CodeRefused where none does."""
    confirmed, reasons = [], {"no_code"}
    for code in codes_in(text):
        try:
            confirmed.append(confirm_membership(code=code, phone=phone, by=by))
        except CodeRefused as refused:
            reasons.add(refused.reason)
            reasons.discard("no_code")
    if not confirmed:
        raise CodeRefused(next(reason for reason in CodeRefused.REASONS if reason in reasons))
    return confirmed


@transaction.atomic
def revoke_membership(*, membership: Membership, by, reason: str) -> Membership:
    """Take the role back, with the reason that the person is told. Twice is harmless."""
    row = Membership.objects.select_for_update(of=["self"]).get(pk=membership.pk)
    if row.revoked_at:
        return row
    row.revoked_at, row.revoked_by, row.revoke_reason = timezone.now(), by, reason.strip()
    row.code, row.code_expires_at = "", None
    row.save()
    letters.send(row.user, "membership_revoked", membership=row)
    return row


def remind_memberships() -> int:
    """Write to those whose confirmed year ends within thirty days, once; returns to how many.

    A letter that could not be handed over is tried again the next time.
    """
    sent = 0
    due = Membership.objects.ending().filter(
        reminded_at=None, user__email__isnull=False, user__is_active=True
    )
    for pk in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            row = (
                Membership.objects.select_for_update(of=["self"], skip_locked=True)
                .filter(pk=pk, reminded_at=None)
                .first()
            )
            if row is None or not row.is_ending:
                continue
            try:
                letters.deliver(row.user, "membership_ends", membership=row)
            except OSError as error:
                logger.warning("reminder_not_sent", error=type(error).__name__)
                continue
            row.reminded_at = timezone.now()
            row.save(update_fields=["reminded_at"])
            sent += 1
    return sent
