"""The rules as a specialist writes them: nominations with prizes, criteria with meanings; versions."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from reversion.models import Version

from contests.choices import ContestStatus, CriterionKind
from contests.freezing import RULES_OPEN, differs_from_frozen
from contests.models import Anchor, Contest, Criterion, Nomination, Prize
from contests.versions import history, not_frozen
from publishing.admin import RowInline, TwoLanguageAdmin
from publishing.admin_tools import Tool
from publishing.editing import LockedForm


class RulesAdmin:
    """Mixed into ContestAdmin: <id>/rules/ shows nominations and criteria, <id>/versions/ the frozen."""

    def tools(self, request, record) -> list[Tool]:
        return [
            *super().tools(request, record),
            Tool(gettext("Nominations and criteria"), self._address("rules", record)),
            Tool(gettext("Versions of the rules"), self._address("versions", record)),
        ]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                f"<path:object_id>/{name}/",
                view(require_safe(getattr(self, f"{name}_view"))),
                name=f"contests_contest_{name}",
            )
            for name in ("rules", "versions")
        ] + super().get_urls()

    def rules_view(self, request, object_id):
        """Everything the ranking goes by, on one page: what is edited is a click away."""
        record = self._record_or_404(request, object_id)
        may_change = self.has_change_permission(request, record) and record.status in RULES_OPEN
        criteria = list(record.criteria.select_related("nomination").prefetch_related("anchors"))
        context = self._page_of(request, record, gettext("Nominations and criteria")) | {
            "nominations": [
                {
                    "nomination": nomination,
                    "prizes": list(nomination.prizes.all()),
                    "weight": _weight_of(nomination, criteria),
                }
                for nomination in record.nominations.prefetch_related("prizes", "themes")
            ],
            "criteria": criteria,
            "may_change": may_change,
            "is_changed": record.status == ContestStatus.ANNOUNCED and differs_from_frozen(record),
            "is_closed": record.status not in RULES_OPEN,
            "add": {
                name: reverse(f"admin:contests_{name}_add") + f"?contest={record.pk}"
                for name in ("nomination", "criterion")
            },
        }
        return TemplateResponse(request, "admin/contests/rules.html", context)

    def versions_view(self, request, object_id):
        """Each frozen version: when, by whom, why, its digest, and what changed from the one before."""
        record = self._record_or_404(request, object_id)
        versions = history(record)
        moves = self.buttons(request, record)
        context = self._page_of(request, record, gettext("Versions of the rules")) | {
            "versions": versions,
            "waiting": not_frozen(record, versions[0]["version"]) if versions else [],
            "moves": [each for each in moves if each["name"] == "change_rules"],
        }
        return TemplateResponse(request, "admin/contests/versions.html", context)

    def _page_of(self, request, record, title) -> dict:
        return self.admin_site.each_context(request) | {
            "title": title,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "versions_url": self._address("versions", record),
        }


def _weight_of(nomination: Nomination, criteria: list[Criterion]) -> int:
    return sum(
        each.weight
        for each in criteria
        if each.nomination_id in {None, nomination.pk} and not each.is_bonus
    )


class OfContestForm(LockedForm):
    """Of a row that belongs to a contest whose rules are open; the contest comes with the address."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if field := self.fields.get("contest"):
            field.widget = forms.HiddenInput()
            field.disabled = bool(self.instance.pk)

    def clean_contest(self):
        contest = self.cleaned_data["contest"]
        if contest.status not in RULES_OPEN:
            raise forms.ValidationError(gettext("The rules of this contest are frozen."))
        return contest


class OfContestAdmin(TwoLanguageAdmin):
    """Admin of rows of a contest: no list of their own, a page of the contest is it."""

    form = OfContestForm
    change_form_template = "admin/contests/row_form.html"
    #: Part of what is frozen; the page of the contest on which the rows stand.
    is_of_rules = True
    page_of_contest = "rules"

    def has_module_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or self._is_open(Contest.objects.get(pk=obj.contest_id))
        )

    def _is_open(self, contest) -> bool:
        return contest.status in RULES_OPEN or not self.is_of_rules

    def has_delete_permission(self, request, obj=None):
        return (
            obj is not None
            and super().has_delete_permission(request, obj)
            and self.has_change_permission(request, obj)
        )

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return redirect("admin:contests_contest_changelist")

    def recover_view(self, request, version_id, extra_context=None):
        """Nothing deleted comes back into rules that are frozen."""
        version = Version.objects.get_deleted(self.model).filter(pk=version_id).first()
        contest = version and Contest.objects.filter(pk=version.field_dict["contest_id"]).first()
        if contest is None:
            raise Http404
        if not self._is_open(contest):
            raise PermissionDenied
        return super().recover_view(request, version_id, extra_context)

    def get_changeform_initial_data(self, request):
        """In which contest: the page of the rules says it in the address."""
        found = super().get_changeform_initial_data(request)
        rows = self.model.objects.filter(contest=found.get("contest") or None)
        return {"position": rows.count() + 1} | found

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "GET" and not request.GET.get("contest", "").isdecimal():
            return redirect("admin:contests_contest_changelist")
        return super().add_view(request, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        """Under the lock of the contest: the rules are not written while they are being frozen."""
        contest = Contest.objects.select_for_update(of=("self",)).get(pk=obj.contest_id)
        if not self._is_open(contest):
            raise PermissionDenied
        super().save_model(request, obj, form, change)

    def delete_view(self, request, object_id, extra_context=None):
        """What applications stand under stays."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:
            messages.error(request, _("Applications stand under it: it cannot be deleted."))
            return redirect(f"admin:contests_{self.opts.model_name}_change", object_id)

    # After saving: back to the page of the contest
    def response_post_save_add(self, request, obj):
        return redirect(f"admin:contests_contest_{self.page_of_contest}", obj.contest_id)

    def response_post_save_change(self, request, obj):
        return self.response_post_save_add(request, obj)

    def response_delete(self, request, obj_display, obj_id):
        super().response_delete(request, obj_display, obj_id)
        return redirect(
            f"admin:contests_contest_{self.page_of_contest}", request.contest_of_deleted
        )

    def delete_model(self, request, obj):
        """Under the same lock as a change: rules are not taken apart while they are frozen."""
        contest = Contest.objects.select_for_update(of=("self",)).get(pk=obj.contest_id)
        if not self._is_open(contest):
            raise PermissionDenied
        request.contest_of_deleted = contest.pk
        super().delete_model(request, obj)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        contest = obj.contest if obj and obj.pk else None
        if contest is None:
            pk = request.GET.get("contest", "")
            contest = Contest.objects.filter(pk=pk if pk.isdecimal() else None).first()
        context |= {
            "contest": contest,
            "is_closed": contest is not None and not self._is_open(contest),
            "is_public": contest is not None and contest.status == ContestStatus.ANNOUNCED,
            "page_url": contest
            and reverse(f"admin:contests_contest_{self.page_of_contest}", args=[contest.pk]),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)


class PrizeInline(RowInline):
    model = Prize
    fieldsets = [(None, {"fields": [("place", "amount", "sponsor"), "title"]})]


class AnchorInline(RowInline):
    model = Anchor
    fieldsets = [(None, {"fields": ["value", "text"]})]

    def get_extra(self, request, obj=None, **kwargs):
        """A new criterion wants both ends of its scale told."""
        return 0 if obj else 3


class NominationForm(OfContestForm):
    def clean_code(self):
        """It stands in numbers, file names and addresses: letters and digits, one way to write it."""
        code = self.cleaned_data["code"].strip().upper()
        if not code.isalnum():
            raise forms.ValidationError(gettext("Letters and digits alone, please."))
        return code


@admin.register(Nomination)
class NominationAdmin(OfContestAdmin):
    form = NominationForm
    inlines = [PrizeInline]
    fieldsets = [
        (
            _("Nomination"),
            {
                "fields": [
                    "contest",
                    ("code", "places", "position"),
                    "has_groups",
                    "title",
                    "description",
                    "themes",
                ],
                "description": _(
                    "The code stands in the numbers of applications and on diplomas: short, in "
                    "capital letters."
                ),
            },
        ),
        (
            _("Prizes"),
            {
                "fields": [],
                "classes": ["rows-prizes"],
                "description": _(
                    "One line for each place; where groups are ranked apart, each group gets them."
                ),
            },
        ),
    ]

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "themes":
            field.widget = forms.CheckboxSelectMultiple(choices=field.choices)
            field.help_text = ""
        return field


class CriterionForm(OfContestForm):
    """Its nomination is one of the same contest."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields.get("nomination")
        if field is None:
            return
        contest = (
            self.instance.contest_id or self.initial.get("contest") or self.data.get("contest")
        )
        pk = str(contest or "")
        field.queryset = Nomination.objects.filter(contest=pk if pk.isdecimal() else None)
        field.empty_label = gettext("all nominations")
        field.widget.can_add_related = field.widget.can_change_related = False
        field.widget.can_view_related = field.widget.can_delete_related = False

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("kind") == CriterionKind.JURY and cleaned.get("formula"):
            self.add_error("formula", gettext("The commission scores it: leave this empty."))
        return cleaned


@admin.register(Criterion)
class CriterionAdmin(OfContestAdmin):
    form = CriterionForm
    inlines = [AnchorInline]
    fieldsets = [
        (
            _("Criterion"),
            {
                "fields": [
                    "contest",
                    ("nomination", "position"),
                    "title",
                    "description",
                    ("kind", "formula"),
                    ("weight", "scale_least", "scale_most", "tie_rank"),
                ],
            },
        ),
        (
            _("What the scores mean"),
            {
                "fields": [],
                "classes": ["rows-anchors"],
                "description": _(
                    "The lowest and the highest score at least: two members then mean the same by "
                    "them. Members see these words at the buttons, applicants in the rules."
                ),
            },
        ),
    ]
