"""Files made of an issue, in the admin: asked for by a button, with progress, taken from here."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from journal.models import OutputKind
from journal.outputs.content import articles_of
from journal.outputs.making import ask
from journal.outputs.pages import write_pages
from journal.views_outputs import file_response
from publishing.admin_tools import Tool
from publishing.languages import LANGUAGES

#: The page asks again so often, in seconds, while something is being made.
ASKED_AGAIN = 2
#: Asks for no file: the pages of the made PDF become those of the articles.
PAGES = "pages"
EDITIONS = {"ky": _("Kyrgyz edition"), "ru": _("Russian edition")}
KINDS = {
    OutputKind.PDF: _("The issue in the journal’s design, to print and to read."),
    OutputKind.EPUB: _("The issue for phones and readers of books."),
    OutputKind.PACKAGE: _("Texts as HTML and pictures in full size, for the layout designer."),
}


class IssueOutputsAdmin:
    """Mixed into the admin of issues."""

    def tools(self, request, record) -> list[Tool]:
        tool = Tool(gettext("PDF, EPUB, package"), self._address("outputs", record))
        return [*super().tools(request, record), tool]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/outputs/", view(self.outputs_view), name="journal_issue_outputs"
            ),
            path(
                "<path:object_id>/outputs/<int:pk>/",
                view(require_safe(self.output_view)),
                name="journal_issue_output",
            ),
            *super().get_urls(),
        ]

    def outputs_view(self, request, object_id):
        """What is there of each edition; a button has it made."""
        record = self._record_or_404(request, object_id)
        if request.method == "POST":
            return self._ask(request, record)
        made = {(each.language, each.kind): each for each in record.outputs.all()}
        for output in made.values():
            output.issue = record
        context = self.admin_site.each_context(request) | {
            "title": gettext("PDF, EPUB, package"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "may_ask": self.has_change_permission(request, record),
            "editions": [self._edition(record, language, made) for language in LANGUAGES],
        }
        response = TemplateResponse(request, "admin/journal/outputs.html", context)
        if any(output.is_on_its_way for output in made.values()):
            response["Refresh"] = str(ASKED_AGAIN)
        return response

    def _edition(self, record, language, made) -> dict:
        edition = record.edition_of(language)
        is_released = bool(edition and edition.released_at)
        count = articles_of(record, language, is_released=is_released).count()
        return {
            "label": EDITIONS[language],
            "language": language,
            "is_released": is_released,
            "has_printed": bool(edition and edition.file),
            "articles": ngettext("%(count)s article", "%(count)s articles", count)
            % {"count": count},
            "is_empty": not count,
            "outputs": [
                {
                    "kind": kind,
                    "label": OutputKind(kind).label,
                    "about": about,
                    "output": made.get((language, kind)),
                }
                for kind, about in KINDS.items()
            ],
        }

    def _ask(self, request, record):
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        language, _dash, kind = request.POST.get("what", "").partition("-")
        if language not in LANGUAGES or kind not in [*OutputKind.values, PAGES]:
            raise Http404
        if kind == PAGES:
            return self._write_pages(request, record, language)
        ask(record, language, kind, by=request.user)
        messages.success(request, gettext("The file is being made. This page tells how far it is."))
        return redirect(self._address("outputs", record))

    def _write_pages(self, request, record, language):
        output = get_object_or_404(
            record.outputs.exclude(file=""), language=language, kind=OutputKind.PDF
        )
        count = write_pages(output, actor=request.user)
        if count:
            told = ngettext(
                "The pages of %(count)s article are noted.",
                "The pages of %(count)s articles are noted.",
                count,
            )
            messages.success(request, told % {"count": count})
        else:
            messages.info(request, gettext("The articles have these pages already."))
        return redirect(self._address("outputs", record))

    def output_view(self, request, object_id, pk):
        record = self._record_or_404(request, object_id)
        output = get_object_or_404(record.outputs.exclude(file=""), pk=pk)
        response = file_response(output)
        response["Cache-Control"] = "private, no-store"
        return response
