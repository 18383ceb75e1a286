"""Changes to published things that touch more than one row."""

import json

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from reversion.models import Version

from publishing.languages import LANGUAGES, translated_field_names
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


@transaction.atomic
def take_back(*, record, **values) -> bool:
    """Set fields of the record in its row and in every saved state of it, so that no old state
    brings back what was taken back. Both languages of a field are set. Returns whether the row changed.
    """
    model = type(record)
    in_two = translated_field_names(model)
    columns = {
        column: value
        for name, value in values.items()
        for column in (
            [name, *(f"{name}_{each}" for each in LANGUAGES)] if name in in_two else [name]
        )
    }
    # A plain queryset: modeltranslation's own would set the column of the page's language alone.
    row = models.QuerySet(model).filter(pk=record.pk)
    is_changed = row.exclude(**columns).exists()
    if is_changed:
        if hasattr(record, "version"):
            # Whoever has the record open in the admin must not save the old values over these.
            columns["version"] = models.F("version") + 1
        row.update(**columns)
        columns.pop("version", None)
    for state in Version.objects.get_for_object(record).select_for_update():
        _rewrite(state, columns)
    return is_changed


def _rewrite(state: Version, columns: dict) -> None:
    saved = json.loads(state.serialized_data)
    before = json.dumps(saved)
    for thing in saved:
        fields = thing["fields"]
        fields.update({name: value for name, value in columns.items() if name in fields})
    if json.dumps(saved) != before:
        state.serialized_data = json.dumps(saved, ensure_ascii=False)
        state.save(update_fields=["serialized_data"])
