"""Previews of drafts: for staff, and for whoever came by a signed link."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from people.links import register

PREVIEW = "preview"


def preview_address(record) -> str:
    return reverse("publishing:preview", args=[record._meta.label_lower, record.uuid])  # noqa: SLF001


register(PREVIEW, label=_("Read the draft"), address=preview_address)
