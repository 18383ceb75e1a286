"""Changes to published things that touch more than one row."""

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from publishing.models import FormerSlug


@transaction.atomic
def keep_former_slug(*, record, former: str) -> None:
    """Let a changed address lead to the present one; a record may take an old one of its own back."""
    content_type = ContentType.objects.get_for_model(record)
    FormerSlug.objects.filter(content_type=content_type, slug=record.slug).delete()
    if former and former != record.slug and record.published_at:
        FormerSlug.objects.get_or_create(
            content_type=content_type, slug=former, defaults={"object_id": record.pk}
        )
