"""Word in the admin of articles: the text goes out as .docx and comes in from one."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from publishing.admin_tools import Tool
from publishing.editing import lock_of
from publishing.files import DOCUMENT_TYPES, MAX_DOCUMENT_BYTES, MEGABYTE
from publishing.languages import LANGUAGES
from publishing.work import admin_address

TAKE_OUT = {"ky": _("As Word: in Kyrgyz"), "ru": _("As Word: in Russian")}


class WordForm(forms.Form):
    document = forms.FileField(
        label=_("Word document (.docx)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".docx"}),
    )
    language = forms.ChoiceField(
        label=_("language of the document"), choices=settings.LANGUAGES, widget=forms.RadioSelect
    )
    replaces = forms.BooleanField(
        label=_("Put it in the place of the text that is there; that one stays in the history"),
        required=False,
    )
    lock = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, record, **kwargs):
        super().__init__(*args, **kwargs)
        self.record = record
        self.initial["lock"] = lock_of(record)
        self.initial.setdefault("language", record.original_language)

    def clean_document(self):
        """The document read: what it holds is in `found`."""
        # Loaded when needed: reading Word takes memory that few requests want.
        from journal.word import article_from_docx

        upload = self.cleaned_data["document"]
        if upload.size > MAX_DOCUMENT_BYTES:
            raise ValidationError(
                gettext("The file is too large: %(size)s MB. At most %(limit)s MB are accepted.")
                % {
                    "size": round(upload.size / MEGABYTE, 1),
                    "limit": MAX_DOCUMENT_BYTES // MEGABYTE,
                }
            )
        self.found = article_from_docx(upload.read())
        if not self.found.body:
            raise ValidationError(gettext("There is no text in the document."))
        return upload

    def clean(self):
        cleaned = super().clean()
        language = cleaned.get("language")
        has_text = language and getattr(self.record, f"body_{language}")
        if has_text and not cleaned.get("replaces"):
            self.add_error(
                "replaces",
                gettext("The article has a text in this language. Say that it gives way."),
            )
        if cleaned.get("lock") != lock_of(self.record):
            self.data["lock"] = lock_of(self.record)
            raise ValidationError(
                gettext("Somebody has changed the article meanwhile. Look at it and send it again.")
            )
        return cleaned


class ArticleWordAdmin:
    """Mixed into the admin of articles: <id>/word/ takes a document in, <id>/word/<language>/ gives
    the article out.
    """

    def tools(self, request, record) -> list[Tool]:
        tools = [
            Tool(str(TAKE_OUT[language]), self._word_address(record, language))
            for language in LANGUAGES
            if getattr(record, f"body_{language}")
        ]
        if self.has_change_permission(request, record):
            tools.append(Tool(gettext("Text from Word"), self._word_address(record)))
        return [*super().tools(request, record), *tools]

    @staticmethod
    def _word_address(record, *language: str) -> str:
        name = "admin:journal_article_word_out" if language else "admin:journal_article_word_in"
        return reverse(name, args=[record.pk, *language])

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/word/", view(self.word_in_view), name="journal_article_word_in"),
            path(
                "<path:object_id>/word/<slug:language>/",
                view(require_safe(self.word_out_view)),
                name="journal_article_word_out",
            ),
            *super().get_urls(),
        ]

    def word_out_view(self, request, object_id, language):
        """The article as a .docx for the proof-reader."""
        from journal.word import article_to_docx

        record = self._record_or_404(request, object_id)
        if language not in LANGUAGES or not getattr(record, f"body_{language}"):
            raise Http404
        return HttpResponse(
            article_to_docx(record, language),
            content_type=DOCUMENT_TYPES[".docx"],
            headers={
                "Content-Disposition": content_disposition_header(
                    as_attachment=True, filename=f"{record.slug}-{language}.docx"
                )
            },
        )

    def word_in_view(self, request, object_id):
        """A document becomes the article's text; what finds no place is told."""
        from journal.word.keeping import take_in

        record = self._record_or_404(request, object_id)
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        data = request.POST.copy() if request.method == "POST" else None
        form = WordForm(data, request.FILES or None, record=record)
        if request.method == "POST" and form.is_valid():
            take_in(record, form.found, form.cleaned_data["language"], by=request.user)
            messages.success(request, gettext("The text of the document is in the article."))
            for sentence in form.found.left_out:
                messages.warning(request, sentence)
            return redirect(admin_address(record))
        context = self.admin_site.each_context(request) | {
            "title": gettext("Text from Word"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "form": form,
        }
        return TemplateResponse(request, "admin/journal/word.html", context)
