"""Adoptions and checks as editors work with them."""

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from people.roles import EDITORS
from practices import ledger
from practices.checks import adoptions_without_mail, practices_without_mail
from practices.choices import AdoptionStatus, CheckAnswer
from practices.models import Adoption, AdoptionPhoto, Check, Practice
from publishing.admin import PictureInline, ReadOnlyAdmin, TwoLanguageAdmin
from publishing.admin_letters import LettersAdmin
from publishing.admin_moves import MovesAdmin, status_badge
from publishing.editing import LockedForm
from publishing.languages import current_language
from publishing.models import AuditEvent
from publishing.work import Queue, WorkFilter, admin_address
from publishing.workflow import MoveRefused

BY_WHATSAPP = Queue(
    "by_whatsapp",
    _("To ask by WhatsApp"),
    _("A question is open and no e-mail is known: the text stands ready beside the form."),
    lambda model, user: practices_without_mail() if model is Practice else adoptions_without_mail(),
)
ADOPTION_QUEUES = (
    Queue(
        "unconfirmed",
        _("Adoptions to confirm"),
        _("At work, and the source municipality has not confirmed it yet."),
        lambda model, user: Q(pk__in=model.objects.to_confirm().values("pk")),
    ),
    Queue(
        "refused",
        _("Refused by the source"),
        _("The source municipality says that something is wrong: confirm, correct or hide it."),
        lambda model, user: Q(pk__in=model.objects.refused().values("pk")),
    ),
    Queue(
        "to_vouch",
        _("To vouch for"),
        _("Declared by somebody whose role is not confirmed; readers do not see it."),
        lambda model, user: Q(is_vouched=False, is_public=True),
    ),
    BY_WHATSAPP,
)


class LookInline(admin.TabularInline):
    """Rows to look at: they have their own ways of coming and changing."""

    extra = 0
    can_delete = False
    in_history = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class CheckInline(LookInline):
    """When it was asked whether it still works, and what the answer was."""

    model = Check
    fields = readonly_fields = ["months", "asked_on", "answer_by", "answer", "note"]


class AdoptionInline(LookInline):
    """Who repeated it; adoptions have their own list and form."""

    model = Adoption
    fields = readonly_fields = ["municipality", "status", "started_on", "confirmed_on", "is_public"]
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("municipality", "practice")


class AdoptionPhotoInline(PictureInline):
    model = AdoptionPhoto


class AdoptionConfirmationForm(forms.Form):
    confirmed_by = forms.CharField(
        label=_("Who confirmed"),
        max_length=120,
        help_text=_("A post in the source municipality, not a name."),
    )
    confirmed_on = forms.DateField(
        label=_("On"),
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


@admin.register(Adoption)
class AdoptionAdmin(MovesAdmin, LettersAdmin, TwoLanguageAdmin):
    form = LockedForm
    forward_moves = frozenset({"prepare", "begin", "implement", "resume", "reconfirm"})
    grave_moves = frozenset({"stop"})
    inlines = [AdoptionPhotoInline, CheckInline]
    list_display = [
        "municipality",
        "practice_column",
        "status_column",
        "started_on",
        "confirmed_on",
        "is_vouched",
        "is_counted_column",
    ]
    list_select_related = ["municipality", "practice"]
    list_filter = [
        WorkFilter, "status", "municipality__oblast", "would_recommend", "is_public", "is_vouched",
    ]  # fmt: skip
    search_fields = [
        "municipality__name_ky",
        "municipality__name_ru",
        "practice__title_ky",
        "practice__title_ru",
    ]
    autocomplete_fields = ["practice", "municipality"]
    actions = ["confirm", "vouch"]
    kept_on_restore = (
        "status", "status_changed_at", "stop_reason_ky", "stop_reason_ru", "confirmed_on",
        "confirmed_by_ky", "confirmed_by_ru", "is_vouched", "created_by_id", "version", "is_demo",
        "created_at",
    )  # fmt: skip
    fieldsets = [
        (
            _("Who repeated what"),
            {
                "fields": [
                    "practice",
                    "municipality",
                    ("scale", "is_public", "is_vouched"),
                    "stop_reason",
                ]
            },
        ),
        (
            _("How it went"),
            {
                "fields": [
                    ("started_on", "finished_on"),
                    "why_chosen",
                    "adaptation",
                    "result",
                    "result_number",
                    "result_unit",
                    ("beneficiaries_count", "would_recommend"),
                    "helped_by",
                    "lessons",
                ],
                "classes": ["rows-photos"],
            },
        ),
        (_("Cost"), {"fields": [("cost_once", "cost_yearly", "price_year"), "scale_quantity"]}),
        (
            _("Confirmation"),
            {
                "fields": [("confirmed_on", "verified_on"), "confirmed_by"],
                "description": _("Only an adoption at work that the source has confirmed counts."),
                "classes": ["rows-checks"],
            },
        ),
        (
            _("Coordinator"),
            {"fields": [("coordinator_name", "coordinator_phone"), "coordinator_post"]},
        ),
    ]

    def work_queues(self):
        return ADOPTION_QUEUES

    def save_model(self, request, obj, form, change):
        if change:
            obj.version += 1
        else:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj and change and not context.get("revert"):
            # A form that came back with errors has already filled the object with what was typed.
            context["panel"] = self.panel(request, self.model.objects.get(pk=obj.pk))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def panel(self, request, record) -> dict:
        """What stands beside the form: status, moves, letters, what the source says, history."""
        may_change = self.has_change_permission(request, record)
        return {
            "record": record,
            "badge": status_badge(record),
            "days": (timezone.now() - record.status_changed_at).days,
            "moves": self.buttons(request, record) if may_change else [],
            "asked": self._refusal(record),
            "author": self.author_of(request, record),
            "letters": self.letters(request, record),
            "events": self.events(record)[:5],
            "can_change": may_change,
        }

    def _refusal(self, record):
        refusal = record.refusal
        events = self.events(record) if refusal else []
        return next((event for event in events if event == refusal), None)

    def has_delete_permission(self, request, obj=None):
        """A plan that came to nothing may go; what was at work stays in the history."""
        return (
            obj is not None
            and obj.status == AdoptionStatus.PLANNED
            and super().has_delete_permission(request, obj)
        )

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description=_("Confirm for the source municipality"), permissions=["change"])
    def confirm(self, request, queryset):
        adoptions = list(queryset)
        form = AdoptionConfirmationForm(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            context = self.admin_site.each_context(request) | {
                "title": gettext("Confirm for the source municipality"),
                "opts": self.opts,
                "form": form,
                "records": adoptions,
                "action": "confirm",
            }
            return TemplateResponse(request, "admin/move_many.html", context)
        done = 0
        for adoption in adoptions:
            try:
                is_done = ledger.confirm(
                    adoption,
                    post=form.cleaned_data["confirmed_by"],
                    on=form.cleaned_data["confirmed_on"],
                    actor=request.user,
                    via="admin",
                )
            except MoveRefused:
                is_done = False
            if not is_done:
                messages.error(
                    request,
                    gettext("“%(adoption)s” is not at work or is confirmed already.")
                    % {"adoption": adoption},
                )
            done += is_done
        if done:
            messages.success(
                request,
                ngettext("%(count)s adoption confirmed.", "%(count)s adoptions confirmed.", done)
                % {"count": done},
            )
        return None

    @admin.action(description=_("Vouch for: readers see it"), permissions=["change"])
    def vouch(self, request, queryset):
        done = sum(ledger.vouch(adoption, actor=request.user) for adoption in queryset)
        if done:
            messages.success(
                request,
                ngettext("Done for %(count)s record.", "Done for %(count)s records.", done)
                % {"count": done},
            )

    @admin.display(description=_("practice"))
    def practice_column(self, obj):
        return obj.practice.title_in(current_language())

    @admin.display(description=_("status"), ordering="status")
    def status_column(self, obj):
        return status_badge(obj)

    @admin.display(description=_("counts"), boolean=True)
    def is_counted_column(self, obj):
        return obj.is_counted


@admin.register(Check)
class CheckAdmin(ReadOnlyAdmin):
    """Questions whether something still works, and the answers."""

    list_display = [
        "record_column", "months", "asked_on", "answer_by", "answer", "note", "answered_at",
        "is_read_column",
    ]  # fmt: skip
    list_filter = [WorkFilter, "answer", ("asked_on", admin.DateFieldListFilter)]
    list_select_related = ["practice", "adoption__practice", "adoption__municipality"]
    actions = ["read"]
    fields = ["record_column", "months", "asked_on", "answer_by", "answer", "note", "answered_at"]
    readonly_fields = ["record_column"]
    show_full_result_count = False

    def work_queues(self):
        return (
            Queue(
                "answers",
                _("Answers to read"),
                _("It has changed or has stopped, says the municipality: bring the text in line."),
                lambda model, user: Q(pk__in=model.objects.to_read().values("pk")),
            ),
            Queue(
                "open",
                _("Asked, not answered yet"),
                _("Silence for 60 days is an answer too; a call helps."),
                lambda model, user: Q(pk__in=model.objects.needed().values("pk")),
                on_index=False,
            ),
        )

    def has_read_permission(self, request):
        return request.user.is_in(*EDITORS)

    @admin.action(description=_("I have read it"), permissions=["read"])
    def read(self, request, queryset):
        done = 0
        for check in queryset.filter(pk__in=Check.objects.to_read().values("pk")):
            check.closed_at = timezone.now()
            check.save(update_fields=["closed_at"])
            AuditEvent.record(check.record, action="read_answer", actor=request.user, via="admin")
            done += 1
        if done:
            messages.success(
                request,
                ngettext("Done for %(count)s record.", "Done for %(count)s records.", done)
                % {"count": done},
            )

    @admin.display(description=_("about"))
    def record_column(self, obj):
        return format_html('<a href="{}">{}</a>', admin_address(obj.record), str(obj.record))

    @admin.display(description=_("settled"), boolean=True)
    def is_read_column(self, obj):
        return bool(obj.closed_at) or obj.answer == CheckAnswer.WORKS
