"""The author in the admin: who brought the record, and its letters as ready texts for WhatsApp."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST
from reversion.models import Version

from people.phones import whatsapp_url
from publishing.letters import KINDS, fitting, write
from publishing.models import AuditEvent
from publishing.work import admin_address, list_address


class LettersAdmin:
    """Mixed into a TwoLanguageAdmin. Each letter that has a point for the record is one button; a POST
    makes its signed link and shows the text, once.
    """

    def get_urls(self):
        return [
            path(
                "<path:object_id>/letter/<slug:name>/",
                self.admin_site.admin_view(require_POST(self.letter_view)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_letter",
            ),
            *super().get_urls(),
        ]

    def letters(self, request, record) -> list[dict]:
        """[{label, url, email}]: buttons for whoever may change the record; email: where the same
        words went by mail, «» where they did not.
        """
        if not self.has_change_permission(request, record):
            return []
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_letter"
        return [
            {
                "label": kind.label,
                "url": reverse(page, args=[record.pk, name]),
                "email": kind.reader(record).email,
            }
            for name, kind in fitting(record).items()
        ]

    def letter_view(self, request, object_id, name):
        """Write the letter for WhatsApp, in the language of whom it goes to; the audit says who did."""
        record = self._record_or_404(request, object_id)
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        if name not in KINDS:
            raise Http404
        kind = fitting(record).get(name)
        if kind is None:
            messages.error(
                request,
                gettext("This letter has no point now. Somebody may have moved the record."),
            )
            return redirect(admin_address(record))
        reader = kind.reader(record)
        letter = write(
            name, record, language=reader.language, by=request.user, note=f"WhatsApp: {reader.name}"
        )
        AuditEvent.record(
            record,
            action="whatsapp_text",
            actor=request.user,
            via="admin",
            details={"letter": name},
        )
        context = self.admin_site.each_context(request) | {
            "title": gettext("Text for WhatsApp"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "kind": kind,
            "reader": reader,
            "text": letter.for_whatsapp,
            "whatsapp_url": whatsapp_url(reader.phone, letter.for_whatsapp),
        }
        return TemplateResponse(request, "admin/letter.html", context)

    def author_of(self, request, record) -> dict | None:
        """What whoever may change the record sees of its author beside the form."""
        author = record.author
        if author is None or not self.has_change_permission(request, record):
            return None
        roles = author.memberships.filter(revoked_at=None).select_related("municipality")
        here = getattr(record, "municipality_id", None)
        came_by = getattr(record, "get_collected_via_display", None)
        return {
            "name": str(author),
            "email": author.email,
            "phone": author.phone,
            "roles": sorted(roles, key=lambda role: role.municipality_id != here),
            "came_by": came_by and came_by(),
            "changes_url": self._changes_by(author, record),
            "records_url": list_address(self, created_by__id__exact=author.pk),
        }

    def _changes_by(self, author, record) -> str:
        """Address of what the author changed last; «» where there is nothing to compare it with."""
        versions = Version.objects.get_for_object(record)
        latest = versions.filter(revision__user=author).first()
        if latest is None or not versions.filter(pk__lt=latest.pk).exists():
            return ""
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_changes"
        return reverse(page, args=[record.pk, latest.pk])
