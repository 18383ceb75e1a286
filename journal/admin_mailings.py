"""A released issue goes to its subscribers by one click; its text for WhatsApp is ready."""

from urllib.parse import quote

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from journal.mailings import NotReleased, start_mailing, waiting, whatsapp_text
from journal.models import Mailing, Subscriber
from people.roles import PUBLISHERS
from publishing.admin_tools import Tool
from publishing.languages import LANGUAGES

EDITIONS = {"ky": _("Kyrgyz edition"), "ru": _("Russian edition")}


class IssueMailingAdmin:
    """Mixed into the admin of issues: <id>/news/ shows how it stands, <id>/news/<language>/ starts."""

    def tools(self, request, record) -> list[Tool]:
        tools = super().tools(request, record)
        if any(edition.released_at for edition in record.editions.all()):
            tools.append(Tool(gettext("Tell the readers"), self._news_address(record)))
        return tools

    @staticmethod
    def _news_address(record, *language: str) -> str:
        name = "admin:journal_issue_mail" if language else "admin:journal_issue_news"
        return reverse(name, args=[record.pk, *language])

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/news/",
                view(require_safe(self.news_view)),
                name="journal_issue_news",
            ),
            path(
                "<path:object_id>/news/<slug:language>/",
                view(require_POST(self.mail_view)),
                name="journal_issue_mail",
            ),
            *super().get_urls(),
        ]

    def may_tell(self, request) -> bool:
        """Whoever may release an issue may tell of it."""
        user = request.user
        return user.is_superuser or user.groups.filter(name__in=PUBLISHERS).exists()

    def news_view(self, request, object_id):
        """Each released edition: whom its letter goes to, how far it is, the text for WhatsApp."""
        record = self._record_or_404(request, object_id)
        rows = [
            self._news_of(record, edition)
            for language in LANGUAGES
            if (edition := record.edition_of(language)) and edition.released_at
        ]
        context = self.admin_site.each_context(request) | {
            "title": gettext("Tell the readers"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "rows": rows,
            "may_tell": self.may_tell(request),
        }
        return TemplateResponse(request, "admin/journal/news.html", context)

    def _news_of(self, record, edition) -> dict:
        mailing = (
            Mailing.objects.filter(edition=edition)
            .annotate(
                sent=Count("recipients", filter=Q(recipients__sent_at__isnull=False)),
                unsure=Count("recipients", filter=Q(recipients__sent_at__isnull=True)),
            )
            .first()
        )
        wanted = Subscriber.objects.confirmed().filter(language=edition.language)
        text = whatsapp_text(record, edition.language)
        return {
            "edition": edition,
            "label": EDITIONS[edition.language],
            "mailing": mailing,
            "left": waiting(mailing).count() if mailing else wanted.count(),
            "url": self._news_address(record, edition.language),
            "text": text,
            "whatsapp_url": f"https://wa.me/?text={quote(text)}",
        }

    def mail_view(self, request, object_id, language):
        """Start the mailing of an edition, or let one that stands still go on."""
        record = self._record_or_404(request, object_id)
        if not self.may_tell(request):
            raise PermissionDenied
        edition = record.edition_of(language) if language in LANGUAGES else None
        if edition is None:
            raise Http404
        try:
            mailing = start_mailing(edition, by=request.user)
        except NotReleased:
            messages.error(request, gettext("This edition is not released."))
        else:
            left = 0 if mailing.finished_at else waiting(mailing).count()
            messages.success(
                request,
                ngettext(
                    "The letter goes to %(count)s subscriber.",
                    "The letter goes to %(count)s subscribers.",
                    left,
                )
                % {"count": left}
                if left
                else gettext("All subscribers of this edition have been written to."),
            )
        return redirect(self._news_address(record))


@admin.register(Subscriber)
class SubscriberAdmin(admin.ModelAdmin):
    """Who gets the journal by mail. Nobody is put on the list by hand: each confirms it."""

    list_display = ["email", "language", "created_at", "confirmed_at"]
    list_filter = ["language", ("confirmed_at", admin.EmptyFieldListFilter)]
    search_fields = ["email"]
    ordering = ["-created_at"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
