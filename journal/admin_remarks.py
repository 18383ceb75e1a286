"""Articles and their authors in the admin: remarks on paragraphs, the task given to an author."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journal import remarks
from journal.choices import ArticleStatus, CreditRole
from journal.forms import DeadlineForm, in_two_weeks
from journal.letters import HAND_IN, WITH_AUTHOR, reader_of
from journal.models import Article, Author
from journal.pitches import credit
from people.actions import revoke_links
from publishing.admin_tools import Tool
from publishing.languages import LANGUAGES
from publishing.letters import send
from publishing.models import AuditEvent
from publishing.work import admin_address
from publishing.workflow import moves_for


class AssignForm(DeadlineForm):
    """To whom the article is given, and by when."""

    author = forms.ModelChoiceField(label=_("Author"), queryset=Author.objects.all())
    field_order = ["author", "due_on"]


class RemarksAdmin:
    """Mixed into the admin of articles: <id>/remarks/ and <id>/assign/."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/remarks/", view(self.remarks_view), name="journal_article_remarks"
            ),
            path("<path:object_id>/assign/", view(self.assign_view), name="journal_article_assign"),
            *super().get_urls(),
        ]

    def tools(self, request, record) -> list[Tool]:
        tools = super().tools(request, record)
        count = remarks.count_open(record)
        label = gettext("Remarks")
        tools.append(
            Tool(f"{label} ({count})" if count else label, self._address("remarks", record))
        )
        if record.status in WITH_AUTHOR and self.has_change_permission(request, record):
            tools.append(Tool(gettext("Give to an author"), self._address("assign", record)))
        return tools

    def remarks_view(self, request, object_id):
        """The text paragraph by paragraph with its remarks, in one language; adds and settles."""
        article = self._record_or_404(request, object_id)
        language = request.GET.get("language", article.original_language)
        if language not in LANGUAGES:
            raise Http404
        typed = {}
        if request.method == "POST":
            if not self.has_change_permission(request, article):
                raise PermissionDenied
            try:
                where = self._take_remark(request, article, language)
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
                typed = request.POST
            else:
                address = self._address("remarks", article)
                return redirect(f"{address}?language={language}#{where}")
        context = self.admin_site.each_context(request) | {
            "title": gettext("Remarks"),
            "subtitle": str(article),
            "opts": self.opts,
            "original": article,
            "article": article,
            "language": language,
            "languages": [
                (code, label)
                for code, label in article._meta.get_field("original_language").choices  # noqa: SLF001
                if getattr(article, f"body_{code}")
            ],
            "places": remarks.places_of(article, language),
            "typed": typed,
            "can_settle": self.has_change_permission(request, article),
            "back_url": self._back_address(request, article),
        }
        return TemplateResponse(request, "admin/journal/remarks.html", context)

    def _back_address(self, request, article) -> str:
        """Where the text goes back to its author with the remarks; «» where it cannot now."""
        steps = {step.name for step in moves_for(article, request.user)}
        return self._address("move", article, "send_back") if "send_back" in steps else ""

    @staticmethod
    def _take_remark(request, article, language) -> str:
        """Returns the place on the page to come back to."""
        if "settle" in request.POST:
            pk = request.POST.get("thread", "")
            comment = get_object_or_404(article.comments, pk=pk if pk.isdigit() else None)
            is_settled = request.POST["settle"] == "yes"
            remarks.settle(article, comment, by=request.user, is_settled=is_settled)
            return f"remark-{comment.pk}"
        seen = remarks.seen_in(request.POST)
        text = request.POST.get("text", "")
        comment = remarks.remark(article, language=language, seen=seen, text=text, by=request.user)
        return f"p{comment.paragraph}"

    def assign_view(self, request, object_id):
        """Give the article to an author: credit, deadline, letter with the signed link."""
        article = self._record_or_404(request, object_id)
        if not self.has_change_permission(request, article):
            raise PermissionDenied
        if article.status not in WITH_AUTHOR:
            messages.error(request, gettext("The text is with the editors now."))
            return redirect(admin_address(article))
        first = article.credits.filter(role=CreditRole.AUTHOR).first()
        form = AssignForm(
            request.POST or None,
            initial={
                "author": first and first.author_id,
                "due_on": article.due_on or in_two_weeks(),
            },
        )
        if request.method == "POST" and form.is_valid():
            assign(article, **form.cleaned_data, actor=request.user)
            email = reader_of(article).email
            messages.success(
                request,
                gettext("A letter goes to %(email)s.") % {"email": email}
                if email
                else gettext("No e-mail is known: send the text by WhatsApp."),
            )
            return redirect(admin_address(article))
        context = self.admin_site.each_context(request) | {
            "title": gettext("Give to an author"),
            "subtitle": str(article),
            "opts": self.opts,
            "original": article,
            "form": form,
        }
        return TemplateResponse(request, "admin/journal/assign.html", context)


@transaction.atomic
def assign(article: Article, *, author: Author, due_on, actor) -> bool:
    """Give the article to the author by the day; the same once more changes and sends nothing.

    Given to another author, it opens no more by the earlier one's links; of an article that nobody
    has begun, the earlier one is no author any more either.
    """
    row = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    details = {"author": author.pk, "due_on": due_on.isoformat()}
    latest = AuditEvent.about(row).filter(action="assign").first()
    if latest and latest.details == details and row.due_on == due_on:
        return False
    row.due_on = due_on
    row.version += 1
    row.save(update_fields=["due_on", "version", "updated_at"])
    authors = row.credits.filter(role=CreditRole.AUTHOR)
    if not authors.filter(author=author).exists():
        revoke_links(target=row, purpose=HAND_IN)
        if not row.characters(row.original_language):
            authors.delete()
        credit(row, author)
    AuditEvent.record(row, action="assign", actor=actor, via="admin", details=details)
    if not row.is_demo:
        is_begun = row.status == ArticleStatus.AUTHOR_FIX
        name = "article_sent_back" if is_begun else "article_assigned"
        send(name, row, to=author.email, language=author.language)
    return True
