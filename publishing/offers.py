"""What else may be made of a record: apps above offer it as a button in the record's admin.

A practice may become an article of the journal; the admin of practices knows of no journal.

>>> register(Practice, Offer("journal", _("Publish in the journal"), …))   # in an AppConfig.ready
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from publishing.work import admin_address


@dataclass(frozen=True)
class Offer:
    """label: of the button; made_label: of the link to what was made.

    fits: (record, user) → whether it may be made now; made: record → what was made of it, or None;
    make: (record, actor) → the same, made once however often it is called.
    """

    name: str
    label: str
    made_label: str
    fits: Callable[[models.Model, object], bool]
    made: Callable[[models.Model], models.Model | None]
    make: Callable[[models.Model, object], models.Model]


_offers: dict[type[models.Model], dict[str, Offer]] = {}


def register(model: type[models.Model], offer: Offer) -> None:
    _offers.setdefault(model, {})[offer.name] = offer


class OffersAdmin:
    """Mixed into a PublishableAdmin: the offers stand beside the form."""

    def get_urls(self):
        return [
            path(
                "<path:object_id>/offer/<slug:name>/",
                self.admin_site.admin_view(require_POST(self.offer_view)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_offer",
            ),
            *super().get_urls(),
        ]

    def panel(self, request, record) -> dict:
        return super().panel(request, record) | {"offers": self.offers(request, record)}

    def offers(self, request, record) -> list[dict]:
        """[{label, url, is_made}]: links to what was made, buttons for what may be made."""
        found = []
        for offer in _offers.get(self.model, {}).values():
            if made := offer.made(record):
                found.append(
                    {"label": offer.made_label, "url": admin_address(made), "is_made": True}
                )
            elif offer.fits(record, request.user):
                page = f"admin:{self.opts.app_label}_{self.opts.model_name}_offer"
                url = reverse(page, args=[record.pk, offer.name])
                found.append({"label": offer.label, "url": url, "is_made": False})
        return found

    def offer_view(self, request, object_id, name):
        record = self._record_or_404(request, object_id)
        offer = _offers.get(self.model, {}).get(name)
        if offer is None:
            raise Http404
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        if made := offer.made(record):
            return redirect(admin_address(made))
        if not offer.fits(record, request.user):
            messages.error(request, gettext("This cannot be made of the record now."))
            return redirect(admin_address(record))
        return redirect(admin_address(offer.make(record, request.user)))
