"""Agreements with what each party has promised, and their report as a Word document."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from partners.choices import AgreementState
from partners.models import ENDING, Agreement, AgreementFile, Obligation
from partners.report import agreement_report
from publishing.admin import RowInline, TwoLanguageAdmin
from publishing.editing import IN_LANGUAGE, LockedForm
from publishing.files import DOCUMENT_TYPES
from publishing.languages import LANGUAGES, current_language
from publishing.slugs import latin_slug
from publishing.work import Queue, WorkFilter

BADGES = {
    AgreementState.DRAFT: "draft",
    AgreementState.SIGNED: "ready",
    AgreementState.ACTIVE: "published",
    AgreementState.ENDING: "needs_check",
    AgreementState.ENDED: "archived",
}


def _late(today):
    return Q(obligations__done_on=None, obligations__due_on__lt=today)


AGREEMENT_QUEUES = (
    Queue(
        "ending",
        _("Agreements that end soon"),
        _("Within sixty days: prolong or close them."),
        lambda model, user: Q(pk__in=Agreement.objects.ending().values("pk")),
    ),
    Queue(
        "late_obligations",
        _("Obligations past their day"),
        _("Of agreements with something promised, not done, and late."),
        lambda model, user: Q(
            pk__in=Obligation.objects.filter(
                done_on=None,
                due_on__lt=timezone.localdate(),
                agreement__signed_on__isnull=False,
                agreement__ended_on=None,
            ).values("agreement")
        ),
    ),
)


class StateFilter(admin.SimpleListFilter):
    """By the dates, as Agreement.state tells them."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return AgreementState.choices

    def queryset(self, request, queryset):
        today = timezone.localdate()
        signed = queryset.exclude(signed_on=None)
        ended = Q(ended_on__isnull=False) | Q(ends_on__lt=today)
        ahead = Q(starts_on__gt=today)
        ending = Q(ends_on__lte=today + ENDING)
        of = {
            AgreementState.DRAFT: lambda: queryset.filter(signed_on=None),
            AgreementState.ENDED: lambda: signed.filter(ended),
            AgreementState.SIGNED: lambda: signed.filter(ahead).exclude(ended),
            AgreementState.ENDING: lambda: signed.filter(ending).exclude(ended).exclude(ahead),
            AgreementState.ACTIVE: lambda: signed.exclude(ended).exclude(ahead).exclude(ending),
        }.get(self.value())
        return of() if of else None


class ObligationInline(RowInline):
    model = Obligation
    fieldsets = [(None, {"fields": ["text", ("party", "due_on", "done_on"), "note"]})]

    def get_formset(self, request, obj=None, **kwargs):
        """Whose: one of the parties, read once for all rows."""
        formset = super().get_formset(request, obj, **kwargs)
        if field := formset.form.base_fields.get("party"):
            parties = obj.parties.all() if obj else field.queryset.none()
            field.queryset = parties
            field.choices = [("", _("the portal")), *((each.pk, str(each)) for each in parties)]
        return formset

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "party":
            widget = field.widget
            widget.can_add_related = widget.can_change_related = False
            widget.can_view_related = widget.can_delete_related = False
        return field


class FileInline(RowInline):
    model = AgreementFile
    fieldsets = [(None, {"fields": [("file", "language"), "title", "link"]})]
    readonly_fields = ["link"]

    @admin.display(description=_("Open the file"))
    def link(self, obj):
        return format_html('<a href="{}">{}</a>', obj.src, obj.filename) if obj.pk else "—"


@admin.register(Agreement)
class AgreementAdmin(TwoLanguageAdmin):
    form = LockedForm
    change_form_template = "admin/partners/agreement_form.html"
    list_display = [
        "title_column", "state_column", "kind", "parties_column", "ends_on", "obligations_column",
        "responsible",
    ]  # fmt: skip
    list_filter = [WorkFilter, StateFilter, "kind", "is_demo"]
    list_select_related = ["responsible"]
    search_fields = ["title_ky", "title_ru", "number", "parties__title_ky", "parties__title_ru"]
    autocomplete_fields = ["parties"]
    kept_on_restore = ("uuid", "version", "is_demo", "created_at")
    inlines = [ObligationInline, FileInline]
    fieldsets = [
        (
            _("What was agreed, and between whom"),
            {
                "fields": [
                    ("kind", "number", "responsible"),
                    "title",
                    "parties",
                    ("signed_on", "starts_on", "ends_on", "ended_on"),
                    "amount",
                ]
            },
        ),
        (
            _("Obligations"),
            {
                "fields": [],
                "classes": ["rows-obligations"],
                "description": _("Save the parties first: an obligation is one of theirs."),
            },
        ),
        (
            _("Files"),
            {
                "fields": [],
                "classes": ["rows-files"],
                "description": _("For the staff alone; nobody outside gets them by their address."),
            },
        ),
        (_("Notes"), {"fields": ["note"]}),
    ]

    def work_queues(self):
        return AGREEMENT_QUEUES

    def get_queryset(self, request):
        today = timezone.localdate()
        return (
            super()
            .get_queryset(request)
            .prefetch_related("parties")
            .annotate(
                promised=Count("obligations", distinct=True),
                done=Count(
                    "obligations",
                    filter=Q(obligations__done_on__isnull=False),
                    distinct=True,
                ),
                late=Count("obligations", filter=_late(today), distinct=True),
            )
        )

    def get_changeform_initial_data(self, request):
        return {"responsible": request.user.pk} | super().get_changeform_initial_data(request)

    def save_model(self, request, obj, form, change):
        if change:
            obj.version += 1
        super().save_model(request, obj, form, change)

    def get_urls(self):
        return [
            path(
                "<path:object_id>/report/",
                self.admin_site.admin_view(require_safe(self.report_view)),
                name="partners_agreement_report",
            ),
            *super().get_urls(),
        ]

    def report_view(self, request, object_id):
        """Parties, dates and obligations with their state as .docx, in the language of the address."""
        agreement = self.get_object(request, object_id)
        if agreement is None:
            raise Http404
        if not self.has_view_permission(request, agreement):
            raise PermissionDenied
        language = request.GET.get("language", "")
        language = language if language in LANGUAGES else current_language()
        response = HttpResponse(
            agreement_report(agreement, language), content_type=DOCUMENT_TYPES[".docx"]
        )
        name = latin_slug(agreement.original_title, 60) or "agreement"
        response["Content-Disposition"] = f'attachment; filename="{name}-{language}.docx"'
        return response

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj and change:
            context["state_badge"] = state_badge(obj)
            context["late"] = [row for row in obj.obligations.all() if row.is_overdue]
            report = reverse("admin:partners_agreement_report", args=[obj.pk])
            context["reports"] = [
                (
                    IN_LANGUAGE[language] % {"label": gettext("Report for Word")},
                    f"{report}?language={language}",
                )
                for language in LANGUAGES
            ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=_("title"))
    def title_column(self, obj):
        return str(obj)

    @admin.display(description=_("state"))
    def state_column(self, obj):
        return state_badge(obj)

    @admin.display(description=_("parties"))
    def parties_column(self, obj):
        return ", ".join(party.short_name or str(party) for party in obj.parties.all())

    @admin.display(description=_("obligations"))
    def obligations_column(self, obj):
        if not obj.promised:
            return "—"
        done = f"{obj.done} / {obj.promised}"
        if not obj.late:
            return done
        late = ngettext("%(count)s late", "%(count)s late", obj.late) % {"count": obj.late}
        return format_html('{}, <span class="overdue">{}</span>', done, late)


def state_badge(agreement):
    state = agreement.state
    return format_html('<span class="badge badge-{}">{}</span>', BADGES[state], state.label)
