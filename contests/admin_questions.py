"""Questions and answers of contests: what readers have asked, what everybody reads."""

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contests.models import Question
from publishing.admin import TwoLanguageAdmin
from publishing.editing import LockedForm
from publishing.languages import LANGUAGES
from publishing.work import Queue, WorkFilter

QUESTION_QUEUES = (
    Queue(
        "unanswered",
        _("Questions without an answer"),
        _("Asked about a contest; the answer goes to who left an address."),
        lambda model, user: Q(answered_at=None),
    ),
)


class QuestionForm(LockedForm):
    """What readers see has both a question and an answer in one language at least."""

    def clean(self):
        cleaned = super().clean()
        is_whole = any(
            self.data_of(f"question_{language}") and self.data_of(f"answer_{language}")
            for language in LANGUAGES
        )
        if cleaned.get("is_public") and not is_whole:
            message = gettext("Readers see it with a question and its answer in one language.")
            self.add_error("is_public", forms.ValidationError(message))
        return cleaned


@admin.register(Question)
class QuestionAdmin(TwoLanguageAdmin):
    form = QuestionForm
    list_display = ["text_column", "contest", "asked_at", "answered_at", "is_public"]
    list_filter = [WorkFilter, "contest", "is_public"]
    list_select_related = ["contest"]
    search_fields = ["question_ky", "question_ru", "answer_ky", "answer_ru"]
    ordering = ["-contest__year", "contest", "position", "pk"]
    readonly_fields = ["asked_at", "answered_at"]
    kept_on_restore = ("answered_at", "email", "language", "asked_at")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("contest", "position"),
                    "question",
                    "answer",
                    "is_public",
                    ("asked_at", "answered_at"),
                    ("email", "language"),
                ],
                "description": _(
                    "Ten minutes after the answer is written it goes by mail to who left an "
                    "address, and the address is forgotten. Mind names and phones in questions "
                    "that readers see."
                ),
            },
        )
    ]

    def work_queues(self):
        return QUESTION_QUEUES

    def get_queryset(self, request):
        return super().get_queryset(request).defer("contest__rules_ky", "contest__rules_ru")

    def save_model(self, request, obj, form, change):
        """The first answer in either language is what who asked waits for."""
        has_answer = any(getattr(obj, f"answer_{language}") for language in LANGUAGES)
        if has_answer and not obj.answered_at:
            obj.answered_at = timezone.now()
        elif not has_answer:
            obj.answered_at = None
        super().save_model(request, obj, form, change)

    @admin.display(description=_("question"))
    def text_column(self, obj):
        return Truncator(obj.question or obj.question_ky or obj.question_ru).chars(90)
