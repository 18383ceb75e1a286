"""What changes people's doors: making, using and revoking signed links."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from people.models import AccessLink


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
