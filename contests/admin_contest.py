"""Contests as the specialist works with them: the form, the list."""

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contests.admin_after import AfterAdmin
from contests.admin_applications import AdmissionAdmin
from contests.admin_campaign import CampaignAdmin
from contests.admin_commission import CommissionAdmin
from contests.admin_days import DaysAdmin
from contests.admin_protocol import ProtocolsAdmin
from contests.admin_ranking import RankingAdmin
from contests.admin_rules import RulesAdmin
from contests.admin_stand import StandAdmin
from contests.choices import ContestStatus
from contests.freezing import RULE_COLUMNS, RULES_OPEN, differs_from_frozen
from contests.models import Approval, Contest, ContestFile
from contests.today import DAY_OF_STAGE
from contests.widgets import NATIVE_DATES
from contests.workflow import RUNNING
from publishing.admin import PublishableAdmin, RowInline
from publishing.admin_moves import status_badge
from publishing.admin_tools import ToolsAdmin
from publishing.editing import PublishableForm
from publishing.work import CONTENT_QUEUES, Queue, WorkFilter

#: Stages in which organisers may still agree.
BEFORE_APPROVAL = (ContestStatus.DRAFT, ContestStatus.CONCEPT)


def _past_its_day(model, user) -> Q:
    today, late = timezone.localdate(), Q()
    for status, name in DAY_OF_STAGE.items():
        late |= Q(status=status, **{f"{name}__lt": today})
    return late


CONTEST_QUEUES = (
    Queue(
        "running",
        _("Running contests"),
        _("Announced and not decided yet."),
        lambda model, user: Q(status__in=RUNNING),
    ),
    Queue(
        "late_stage",
        _("Stages past their day"),
        _("By the calendar the next stage should have begun."),
        _past_its_day,
    ),
    next(queue for queue in CONTENT_QUEUES if queue.key == "public"),
)


class ContestForm(PublishableForm):
    """A vote that ends before it begins is told while it is typed."""

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("vote_from"), cleaned.get("vote_until")
        if start and end and end <= start:
            self.add_error("vote_until", _("The vote ends after it begins."))
        return cleaned


class ApprovalInline(admin.StackedInline):
    """Which organiser has agreed, by what. Back in the concept all of them agree anew."""

    model = Approval
    extra = 0
    in_history = True
    fieldsets = [(None, {"fields": [("partner", "on"), ("by", "document")]})]

    def get_formset(self, request, obj=None, **kwargs):
        """Of the organisers alone, read once for all rows."""
        formset = super().get_formset(request, obj, **kwargs)
        if field := formset.form.base_fields.get("partner"):
            field.queryset = obj.organisers.all() if obj else field.queryset.none()
            widget = field.widget
            widget.can_add_related = widget.can_change_related = False
            widget.can_view_related = widget.can_delete_related = False
        return formset

    def has_add_permission(self, request, obj=None):
        is_time = obj is not None and obj.status in BEFORE_APPROVAL
        return is_time and super().has_add_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_add_permission(request, obj)


class ContestFileInline(RowInline):
    model = ContestFile
    fieldsets = [(None, {"fields": [("file", "language"), "title", "link"]})]
    readonly_fields = ["link"]

    @admin.display(description=_("Open the file"))
    def link(self, obj):
        return format_html('<a href="{}">{}</a>', obj.src, obj.filename) if obj.pk else "—"


@admin.register(Contest)
class ContestAdmin(
    AfterAdmin,
    ProtocolsAdmin,
    RankingAdmin,
    CommissionAdmin,
    AdmissionAdmin,
    CampaignAdmin,
    DaysAdmin,
    RulesAdmin,
    StandAdmin,
    ToolsAdmin,
    PublishableAdmin,
):
    """Each subject is a mixin with pages of its own."""

    form = ContestForm
    formfield_overrides = PublishableAdmin.formfield_overrides | NATIVE_DATES
    change_form_template = "admin/contests/contest_form.html"
    list_display = [
        "title_column", "year", "status_column", "opens_at", "closes_at", "applications_column",
    ]  # fmt: skip
    list_filter = [WorkFilter, "status", "year", "is_demo"]
    search_fields = ["title_ky", "title_ru", "slug"]
    ordering = ["-year", "-pk"]
    autocomplete_fields = ["organisers", "results_article"]
    kept_on_restore = (
        *PublishableAdmin.kept_on_restore, "is_demo", "extended_from", "copied_from_id",
    )  # fmt: skip
    inlines = [ApprovalInline, ContestFileInline]
    fieldsets = [
        (
            _("Concept"),
            {
                "fields": [
                    ("year", "original_language", "assignee"),
                    "title",
                    "summary",
                    "goal",
                    "audience",
                    ("budget", "organisers"),
                ],
            },
        ),
        (
            _("Approvals of the organisers"),
            {
                "fields": [],
                "classes": ["rows-approvals"],
                "description": _(
                    "With the last approval the rules can be frozen. If the contest goes back to "
                    "the concept, all organisers approve it anew."
                ),
            },
        ),
        (
            _("Rules in words"),
            {
                "fields": ["rules"],
                "description": _(
                    "Nominations, prizes and criteria stand on the page “Nominations and criteria”."
                ),
            },
        ),
        (
            _("Calendar"),
            {
                "fields": [
                    ("opens_at", "closes_at"),
                    ("repair_days", "admission_until", "review_until"),
                    ("deliberation_on", "award_on"),
                ],
                "description": _(
                    "Applications open and close by themselves, at the second, by the clock of "
                    "Bishkek. The other days show readers when to expect what; moving on to the "
                    "next stage is a button of yours."
                ),
            },
        ),
        (
            _("Who may apply"),
            {
                "fields": [
                    ("period_from", "period_to", "winners_wait_years"),
                    ("one_in_nomination", "needs_letter"),
                    "languages",
                ],
                "description": _(
                    "Conditions of admission: the portal checks them when an application is sent, "
                    "the secretary answers the rest."
                ),
            },
        ),
        (
            _("How it is scored"),
            {
                "fields": [
                    ("sheets_wanted", "sheets_least", "quorum", "differ"),
                    ("hides_names", "hides_municipality"),
                    "others_seen",
                    ("has_visits", "visits_best"),
                ],
                "description": _(
                    "Every entry gets so many sheets of different members; one with fewer sheets "
                    "handed in than the least, or under the quorum, has no place."
                ),
            },
        ),
        (
            _("Public vote"),
            {
                "fields": ["has_public_vote", ("vote_from", "vote_until")],
                "description": _(
                    "An award beside the decision of the commission, never a part of it. It names "
                    "the entries, so it begins after the commission has scored them."
                ),
            },
        ),
        (
            _("Files"),
            {
                "fields": [],
                "classes": ["rows-files"],
                "description": _("The rules as signed; readers find them beside the rules."),
            },
        ),
        (
            _("Address, languages, results"),
            {"fields": [("slug", "results_article"), ("state_ky", "state_ru")]},
        ),
    ]

    class Media:
        css = {"all": ["admin_portal/contests.css"]}

    def work_queues(self):
        return CONTEST_QUEUES

    def get_queryset(self, request):
        entries = Count("applications", distinct=True)
        return super().get_queryset(request).annotate(entries=entries)

    def get_actions(self, request):
        """Each contest goes its way alone."""
        return {
            name: action
            for name, action in super().get_actions(request).items()
            if not name.startswith("move_")
        }

    def tools(self, request, record):
        """In the order in which a contest goes, whatever mixin brings them."""
        tools = sorted(super().tools(request, record), key=_turn)
        return [*tools, *self.copy_tools(request, record)]

    # What is frozen
    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        if obj and obj.status not in RULES_OPEN:
            return [*fields, *RULE_COLUMNS]
        return fields

    def revision_view(self, request, object_id, version_id, extra_context=None):
        """An old state does not come back behind the frozen rules."""
        record = self._record_or_404(request, object_id)
        may_change = self.has_change_permission(request, record)
        if request.method == "POST" and may_change and record.status not in RULES_OPEN:
            messages.error(request, _("The rules are frozen: an old state cannot be brought back."))
            return redirect(self._address("history", record))
        return super().revision_view(request, object_id, version_id, extra_context)

    def response_change(self, request, obj):
        if obj.status == ContestStatus.ANNOUNCED and differs_from_frozen(obj):
            messages.warning(request, CHANGED)
        return super().response_change(request, obj)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj and change:
            record = Contest.objects.get(pk=obj.pk)
            last = record.versions.first()
            context["frozen"] = last
            context["is_closed"] = record.status not in RULES_OPEN
            context["is_changed"] = record.status == ContestStatus.ANNOUNCED and (
                differs_from_frozen(record)
            )
            context["versions_url"] = self._address("versions", record)
        return super().render_change_form(request, context, add, change, form_url, obj)

    # Columns
    @admin.display(description=pgettext_lazy("contest", "title"), ordering="title_ky")
    def title_column(self, obj):
        return str(obj)

    @admin.display(description=_("status"), ordering="status")
    def status_column(self, obj):
        return status_badge(obj)

    @admin.display(description=pgettext_lazy("contest", "applications"), ordering="entries")
    def applications_column(self, obj):
        return obj.entries


#: Pages of a contest in the order in which they are needed; others come after them.
TURNS = (
    "stand", "rules", "versions", "days", "campaign", "applications", "unsent", "commission", "conflicts",
    "assignment", "progress", "ranking", "visits", "votes", "protocols", "after", "tasks",
)  # fmt: skip


def _turn(tool) -> int:
    words = tool.url.split("/")
    return next((TURNS.index(word) for word in reversed(words) if word in TURNS), len(TURNS))


CHANGED = _(
    "The rules differ from the frozen ones. Applicants go by the frozen version until you freeze "
    "a new one, and the contest does not open before."
)
