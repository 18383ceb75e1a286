"""Applications as the secretary works with them: the list, one of them, whether it is admitted."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from contests import admission
from contests.choices import ApplicationStatus, ContestStatus
from contests.entered import sections_of
from contests.models import Application, Contest, Nomination
from contests.workflow import STAFF
from places.models import Oblast
from publishing.admin import LockedAdmin
from publishing.admin_letters import LettersAdmin
from publishing.admin_moves import MovesAdmin, status_badge
from publishing.editing import MoveForm
from publishing.languages import LANGUAGES
from publishing.models import AuditEvent
from publishing.work import Queue, WorkFilter, action_label, admin_address, list_address
from publishing.workflow import MoveRefused, move, transition

A = ApplicationStatus
#: Stages in which applications come or are checked.
CHECKED_IN = (ContestStatus.ACCEPTING, ContestStatus.ADMISSION)
TO_CHECK = Queue(
    "to_check",
    _("Applications to check"),
    _("Sent, and nobody has said yet whether the commission gets them."),
    lambda model, user: Q(status=A.SUBMITTED, contest__status__in=CHECKED_IN),
)
PAPERS_LATE = Queue(
    "papers_late",
    _("Documents that did not come"),
    _("The term for the documents is over: admit or refuse."),
    lambda model, user: Q(status=A.RETURNED, repair_until__lt=timezone.localdate()),
)
LANGUAGE_NAMES = {"ky": _("In Kyrgyz"), "ru": _("In Russian")}


class NominationFilter(admin.SimpleListFilter):
    """Of the contest that is looked at, else of all that are not over."""

    title = _("nomination")
    parameter_name = "nomination"

    def lookups(self, request, model_admin):
        contest = request.GET.get("contest__id__exact", "")
        found = Nomination.objects.select_related("contest")
        if contest.isdecimal():
            found = found.filter(contest=contest)
        else:
            found = found.filter(contest__status__in=CHECKED_IN)
        return [(str(each.pk), str(each)) for each in found]

    def queryset(self, request, queryset):
        value = self.value()
        return queryset.filter(nomination=value) if value and value.isdecimal() else None


class ContestFilter(admin.SimpleListFilter):
    title = _("contest")
    parameter_name = "contest__id__exact"

    def lookups(self, request, model_admin):
        return [(str(each.pk), str(each)) for each in Contest.objects.order_by("-year", "-pk")]

    def queryset(self, request, queryset):
        value = self.value()
        return queryset.filter(contest=value) if value and value.isdecimal() else None


class OblastFilter(admin.SimpleListFilter):
    title = _("oblast")
    parameter_name = "oblast"

    def lookups(self, request, model_admin):
        return [(each.code, each.label) for each in Oblast.objects.all()]

    def queryset(self, request, queryset):
        value = self.value()
        return queryset.filter(municipality__oblast__code=value) if value else None


class PapersForm(MoveForm):
    """Which documents, in words, and until when."""

    repair_until = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The day itself counts."),
    )
    field_order = ["reason", "repair_until"]

    def __init__(self, *args, record, **kwargs):
        super().__init__(*args, record=record, **kwargs)
        term = timedelta(days=record.contest.repair_days)
        self.fields["repair_until"].initial = timezone.localdate() + term
        self.fields["reason"].label = _("What to bring")
        self.fields["reason"].help_text = _(
            "In the language of the applicant: it stands in the letter, below the list."
        )

    def clean_repair_until(self):
        day = self.cleaned_data["repair_until"]
        if day < timezone.localdate():
            raise forms.ValidationError(gettext("This day is over."))
        return day


@admin.register(Application)
class ApplicationAdmin(LockedAdmin, MovesAdmin, LettersAdmin, admin.ModelAdmin):
    """The list of applications; one of them is a page to read, to check and to decide on."""

    list_display = [
        "entry_column", "status_column", "nomination_column", "checks_column", "sent_column",
    ]  # fmt: skip
    list_filter = [WorkFilter, "status", NominationFilter, "group", OblastFilter, ContestFilter]
    list_select_related = [
        "contest", "nomination", "municipality__oblast", "municipality__district", "rules",
    ]  # fmt: skip
    search_fields = [
        "number", "code", "municipality__name_ky", "municipality__name_ru", "applicant_name",
    ]  # fmt: skip
    ordering = ["-contest", "nomination", "number"]
    list_per_page = 50
    actions = ["admit_met"]
    change_list_template = "admin/contests/application_list.html"
    forward_moves = frozenset({"admit", "repair"})
    grave_moves = frozenset({"refuse", "disqualify", "withdraw"})

    def work_queues(self):
        return (TO_CHECK, PAPERS_LATE)

    # Rights
    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return request.user.is_in(*STAFF) and super().has_change_permission(request, obj)

    # The list
    @admin.display(description=_("number and title"), ordering="number")
    def entry_column(self, obj):
        place = obj.municipality
        where = ", ".join(filter(None, [place.label, place.region_label]))
        return format_html('{} <span class="about">{} · {}</span>', obj.title, obj.number, where)

    @admin.display(description=_("status"), ordering="status")
    def status_column(self, obj):
        return status_badge(obj)

    @admin.display(description=_("nomination"), ordering="nomination")
    def nomination_column(self, obj):
        group = obj.get_group_display() if obj.nomination.has_groups else ""
        return format_html('{} <span class="about">{}</span>', obj.nomination, group)

    @admin.display(description=_("sent"), ordering="submitted_at")
    def sent_column(self, obj):
        moment = timezone.localtime(obj.submitted_at)
        day, time = f"{moment:%d.%m.%Y}", f"{moment:%H:%M:%S}"
        return format_html('{} <span class="about">{}</span>', day, time)

    @admin.display(description=_("conditions"))
    def checks_column(self, obj):
        """«9 of 11», and what is not met by name."""
        found = admission.standings(obj)
        failed = [str(each.rule.label) for each in found if each.ok is False]
        told = gettext("%(met)s of %(all)s") % {
            "met": sum(bool(each.ok) for each in found),
            "all": len(found),
        }
        if not failed:
            return told
        return format_html(
            '{} <span class="about overdue">{}</span>',
            told,
            gettext("not met: %(conditions)s") % {"conditions": "; ".join(failed)},
        )

    @admin.action(description=_("Admit those with all conditions met"), permissions=["change"])
    def admit_met(self, request, queryset):
        """Only what may be admitted is; the others stay, and it is told why."""
        admitted, left = 0, []
        for application in queryset.select_related(*self.list_select_related):
            try:
                move(application, "admit", actor=request.user)
                admitted += 1
            except MoveRefused as refusal:
                reasons = "; ".join(each.message for each in refusal.missing) or refusal.message
                left.append(f"{application.number}: {reasons}")
        if admitted:
            told = ngettext(
                "%(count)s application is admitted.",
                "%(count)s applications are admitted.",
                admitted,
            )
            messages.success(request, told % {"count": admitted})
        for line in left[:10]:
            messages.warning(request, line)
        if len(left) > 10:
            told = ngettext("And %(count)s more.", "And %(count)s more.", len(left) - 10)
            messages.warning(request, told % {"count": len(left) - 10})

    # The page of one
    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/checks/",
                view(require_POST(self.checks_view)),
                name="contests_application_checks",
            ),
            path(
                "<path:object_id>/move/return/",
                view(self.return_view),
                name="contests_application_return",
            ),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of an application is no form: its text is frozen."""
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        return self._page(request, self._record_or_404(request, object_id))

    def get_object(self, request, object_id, from_field=None):
        found = Application.objects.select_related(
            *self.list_select_related, "practice", "created_by", "letter"
        )
        return (
            found.filter(pk=unquote(str(object_id))).first() if str(object_id).isdecimal() else None
        )

    def _page(self, request, record, typed=None):
        """typed: answers of the secretary that could not be kept, {rule: (ok, note)}."""
        may_change = self.has_change_permission(request, record)
        context = self.admin_site.each_context(request) | {
            "title": f"{record.number} {record.title}",
            "opts": self.opts,
            "original": record,
            "contest": record.contest,
            "contest_url": admin_address(record.contest),
            "list_url": list_address(self, contest__id__exact=record.contest_id),
            "badge": status_badge(record),
            "standings": [
                {"standing": each, "typed": (typed or {}).get(each.name)}
                for each in admission.standings(record)
            ],
            "may_answer": may_change and record.status in admission.OPEN_TO_ANSWERS,
            "editions": [
                {
                    "label": LANGUAGE_NAMES[language],
                    "code": language,
                    "sections": sections_of(answers),
                }
                for language in sorted(LANGUAGES, key=lambda each: each != record.language)
                if (answers := record.content.get(language))
            ],
            "pictures": record.pictures.all(),
            "files": record.files.all(),
            "letter": getattr(record, "letter", None),
            "sender": record.created_by,
            "moves": self.buttons(request, record) if may_change else [],
            "missing": admission.wanting(record) if record.status == A.SUBMITTED else [],
            "letters": self.letters(request, record),
            "events": self._events(record),
        }
        return TemplateResponse(request, "admin/contests/application.html", context)

    def buttons(self, request, record):
        """Returning asks for a day too: it has a page of its own."""
        buttons = super().buttons(request, record)
        for button in buttons:
            if button["name"] == "return":
                button["url"] = reverse("admin:contests_application_return", args=[record.pk])
        return buttons

    def anchor(self, name):
        return f"#{name}"

    @staticmethod
    def _events(record) -> list[AuditEvent]:
        statuses = dict(A.choices)
        events = list(AuditEvent.about(record)[:30])
        for event in events:
            event.label_of_action = action_label(Application, event.action)
            event.status_after = statuses.get(event.after, "")
            rule = admission.RULES.get(event.details.get("rule"))
            event.points = [str(rule.label)] if rule else []
        return events

    def checks_view(self, request, object_id):
        """Keep the secretary’s answers; what cannot be kept stays on the page with the reason."""
        record = self._record_or_404(request, object_id)
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        refused = {}
        for each in admission.standings(record):
            value = request.POST.get(f"ok-{each.name}")
            note = request.POST.get(f"note-{each.name}", "").strip()
            ok = {"yes": True, "no": False}.get(value)
            kept = "" if each.is_by_system else each.note
            if ok is None or (ok, note) == (each.ok, kept):
                continue
            try:
                admission.answer(record, each.name, ok=ok, note=note, by=request.user)
            except MoveRefused as refusal:
                refused[each.name] = (ok, note, refusal.message)
        if refused:
            messages.error(request, gettext("Some answers are not kept yet: see below."))
            return self._page(request, self._record_or_404(request, object_id), refused)
        messages.success(request, gettext("The answers are kept."))
        return redirect(admin_address(record))

    def return_view(self, request, object_id):
        """Say what to bring and until when; the letter goes by itself."""
        record = self._record_or_404(request, object_id)
        step = transition(record, "return")
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        form = PapersForm(request.POST or None, step=step, record=record, actor=request.user)
        missing = record.missing_for_return()
        if request.method == "POST" and "confirmed" in request.POST and form.is_valid():
            try:
                move(record, "return", actor=request.user, **form.cleaned_data)
            except MoveRefused as refusal:
                messages.error(request, refusal.message)
                missing = refusal.missing
            else:
                self._say_moved(request, record, step, A.SUBMITTED)
                return redirect(admin_address(record))
        if request.method == "POST" and "confirmed" not in request.POST:
            form = PapersForm(step=step, record=record, actor=request.user)
        context = self.move_context(request, record, step, form) | {
            "title": step.label,
            "missing": [(f"{admin_address(record)}#checks", each.message) for each in missing],
            "papers": admission.papers_wanting(record),
        }
        return TemplateResponse(request, "admin/contests/application_return.html", context)
