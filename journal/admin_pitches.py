"""Suggested articles in the admin: what came, and the decision with its letter."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from journal import pitches
from journal.choices import IssueStatus, PitchSource, PitchStatus
from journal.forms import DeadlineForm
from journal.models import Article, Author, Issue, Pitch, PitchFile, Rubric
from people.phones import normalize_phone
from publishing.admin import LockedAdmin, RowInline
from publishing.admin_letters import LettersAdmin
from publishing.editing import Locked
from publishing.languages import current_language
from publishing.models import AuditEvent
from publishing.work import Queue, WorkFilter, action_label, admin_address

#: A decision is promised within so many days.
DAYS_TO_DECIDE = 7
MAX_WORDS = 1000

NEW = Queue(
    "suggested",
    _("Suggested articles"),
    _("Somebody waits for an answer; it is promised within seven days."),
    lambda model, user: Q(status=PitchStatus.NEW),
)
LATE = Queue(
    "suggested_late",
    _("Suggestions past seven days"),
    _("The promised answer is late."),
    lambda model, user: Q(
        status=PitchStatus.NEW, created_at__lt=timezone.now() - timedelta(days=DAYS_TO_DECIDE)
    ),
    on_index=False,
)


def words_field(label, help_text, *, required: bool) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=MAX_WORDS,
        required=required,
        widget=forms.Textarea({"rows": 4}),
    )


class AcceptForm(DeadlineForm):
    """The task: what is asked for, from whom, by when."""

    title = forms.CharField(label=_("Working title"), max_length=160)
    rubric = forms.ModelChoiceField(
        label=_("Rubric"), queryset=Rubric.objects.filter(is_retired=False), required=False
    )
    issue = forms.ModelChoiceField(
        label=_("Issue"),
        queryset=Issue.objects.exclude(
            status__in=(IssueStatus.RELEASED, IssueStatus.ARCHIVED, IssueStatus.WITHDRAWN)
        ),
        required=False,
        help_text=_("A guess that may change."),
    )
    author = forms.ModelChoiceField(
        label=_("Author"),
        queryset=Author.objects.all(),
        required=False,
        help_text=_("Empty: whoever has suggested it, known by address or number, or new."),
    )
    words = words_field(
        _("A word to the author"), _("Stands in the letter, in its language."), required=False
    )
    field_order = ["title", "rubric", "issue", "due_on", "author", "words"]

    def __init__(self, data, *, pitch):
        super().__init__(
            data,
            initial={
                "title": pitch.topic[:160],
                "rubric": pitch.rubric_id,
            },
        )
        self.fields["title"].widget.attrs["lang"] = pitch.language

    def apply(self, pitch, actor) -> bool:
        cleaned = dict(self.cleaned_data)
        words = cleaned.pop("words")
        return pitches.accept(pitch, pitches.Task(**cleaned), actor=actor, words=words)


class DeclineForm(forms.Form):
    words = words_field(
        _("Why, for the sender"),
        _("Stands in the letter as you write it, in its language."),
        required=True,
    )

    def __init__(self, data, *, pitch):
        super().__init__(data)

    def apply(self, pitch, actor) -> bool:
        return pitches.decline(pitch, actor=actor, words=self.cleaned_data["words"])


class CoveredForm(forms.Form):
    article = forms.ModelChoiceField(label=pgettext_lazy("journal", "Article"), queryset=None)
    words = words_field(_("A word to the sender"), "", required=False)

    def __init__(self, data, *, pitch):
        super().__init__(data)
        self.fields["article"].queryset = Article.objects.published().order_by("-published_at")

    def apply(self, pitch, actor) -> bool:
        return pitches.decline(
            pitch,
            actor=actor,
            words=self.cleaned_data["words"],
            covered_by=self.cleaned_data["article"],
        )


#: decision → (label of its button, form)
DECISIONS = {
    "accept": (_("Accept and give the task"), AcceptForm),
    "covered": (_("The journal has written about it"), CoveredForm),
    "decline": (_("Decline"), DeclineForm),
}


class PitchForm(Locked, forms.ModelForm):
    pass


class PitchFileInline(RowInline):
    model = PitchFile
    fieldsets = [(None, {"fields": [("file", "language"), "title"]})]
    in_history = False


@admin.register(Pitch)
class PitchAdmin(LockedAdmin, LettersAdmin, admin.ModelAdmin):
    form = PitchForm
    change_form_template = "admin/journal/pitch/change_form.html"
    list_display = ["topic_column", "status", "waits_column", "name", "municipality", "source"]
    list_filter = [WorkFilter, "status", "source", "rubric", "is_demo"]
    list_select_related = ["municipality", "article"]
    list_per_page = 50
    search_fields = ["topic", "name", "why"]
    autocomplete_fields = ["municipality", "practice"]
    inlines = [PitchFileInline]
    fieldsets = [
        (None, {"fields": ["topic", "why", ("language", "source")]}),
        (_("From whom"), {"fields": ["name", ("email", "phone"), "municipality"]}),
        (_("What it belongs to"), {"fields": ["rubric", "practice"]}),
    ]

    def work_queues(self):
        return (NEW, LATE)

    # Rights
    def has_delete_permission(self, request, obj=None):
        return False

    def get_readonly_fields(self, request, obj=None):
        """What was decided stays as it was; its letter may still be sent."""
        if obj is None or obj.status == PitchStatus.NEW:
            return ()
        return ("topic", "why", "language", "source", "name", "email", "phone", "municipality",
                "rubric", "practice")  # fmt: skip

    def get_changeform_initial_data(self, request):
        initial = {"source": PitchSource.WHATSAPP, "language": current_language()}
        return initial | super().get_changeform_initial_data(request)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "name":
            field.label = gettext("Who suggests it")
        elif db_field.name in {"topic", "why"}:
            field.widget = forms.Textarea({"rows": 2, "class": "vLargeTextField"})
        return field

    # Saving
    def save_model(self, request, obj, form, change):
        obj.phone = normalize_phone(obj.phone) if obj.phone else ""
        super().save_model(request, obj, form, change)
        if not change:
            AuditEvent.record(obj, action="suggest", actor=request.user, via="admin")

    # Pages
    def get_urls(self):
        return [
            path(
                "<path:object_id>/decide/<slug:decision>/",
                self.admin_site.admin_view(self.decide_view),
                name="journal_pitch_decide",
            ),
            *super().get_urls(),
        ]

    def decide_view(self, request, object_id, decision):
        """GET asks for what the decision wants, POST decides; the letter goes by itself."""
        pitch = self._record_or_404(request, object_id)
        if decision not in DECISIONS:
            raise Http404
        if not self.has_change_permission(request, pitch):
            raise PermissionDenied
        label, form_class = DECISIONS[decision]
        if pitch.status != PitchStatus.NEW:
            messages.info(request, gettext("Nothing to do: it had been done already."))
            return redirect(admin_address(pitch))
        form = form_class(request.POST or None, pitch=pitch)
        if request.method == "POST" and form.is_valid():
            if form.apply(pitch, request.user):
                messages.success(request, self._told(pitch))
            else:
                messages.info(request, gettext("Nothing to do: it had been done already."))
            pitch.refresh_from_db()
            return redirect(admin_address(pitch.article or pitch))
        context = self.admin_site.each_context(request) | {
            "title": label,
            "subtitle": str(pitch),
            "opts": self.opts,
            "original": pitch,
            "form": form,
            "label": label,
            "is_grave": decision == "decline",
        }
        return TemplateResponse(request, "admin/journal/pitch/decide.html", context)

    @staticmethod
    def _told(pitch) -> str:
        if pitch.email:
            return gettext("Decided. A letter goes to %(email)s.") % {"email": pitch.email}
        return gettext("Decided. No e-mail is known: send the text by WhatsApp.")

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj:
            events = list(AuditEvent.about(obj))
            for event in events:
                event.label_of_action = action_label(self.model, event.action)
            may_decide = self.has_change_permission(request, obj)
            context |= {
                "decisions": [
                    (label, reverse("admin:journal_pitch_decide", args=[obj.pk, name]), name)
                    for name, (label, _form) in DECISIONS.items()
                    if may_decide and obj.status == PitchStatus.NEW
                ],
                "letters": self.letters(request, obj),
                "events": events,
                "article_url": obj.article and admin_address(obj.article),
                "is_late": self._is_late(obj),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    # Columns
    @staticmethod
    def _is_late(obj) -> bool:
        limit = timezone.now() - timedelta(days=DAYS_TO_DECIDE)
        return obj.status == PitchStatus.NEW and obj.created_at < limit

    @admin.display(description=_("suggested article"), ordering="created_at")
    def topic_column(self, obj):
        return format_html('{} <span class="about">{}</span>', obj.topic, obj.number)

    @admin.display(description=_("came"), ordering="created_at")
    def waits_column(self, obj):
        day = timezone.localdate(obj.created_at)
        return format_html(
            '<span class="{}">{}</span>',
            "overdue" if self._is_late(obj) else "",
            day.strftime("%d.%m.%Y"),
        )
