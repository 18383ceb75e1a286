"""The information campaign: texts, what was done, what it brought."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from contests.admin_rules import OfContestAdmin
from contests.campaign import reached, texts
from contests.models import CampaignStep
from contests.widgets import NATIVE_DATES, Day
from publishing.admin_tools import Tool
from publishing.editing import LockedForm
from publishing.languages import LANGUAGES

NAMES = {"ky": _("in Kyrgyz"), "ru": _("in Russian")}


class DoneForm(forms.ModelForm):
    """What is known of a step when it is done; nothing but the day has to be."""

    link = forms.URLField(label=_("proof: link"), required=False, assume_scheme="https")

    class Meta:
        model = CampaignStep
        fields = ["done_on", "reach", "cost", "link", "proof"]
        widgets = {
            "done_on": Day,
            "proof": forms.TextInput(),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["done_on"].required = True
        if not self.instance.done_on:
            self.initial["done_on"] = timezone.localdate()

    def clean_done_on(self):
        day = self.cleaned_data["done_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(gettext("This day has not come yet."))
        return day


class CampaignAdmin:
    """Mixed into ContestAdmin: <id>/campaign/ is the plan, its texts and what came of it."""

    def tools(self, request, record) -> list[Tool]:
        return [
            *super().tools(request, record),
            Tool(gettext("Information campaign"), self._address("campaign", record)),
        ]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/campaign/",
                view(require_safe(self.campaign_view)),
                name="contests_contest_campaign",
            ),
            path(
                "<path:object_id>/campaign/<int:pk>/done/",
                view(require_POST(self.step_done_view)),
                name="contests_contest_step_done",
            ),
            *super().get_urls(),
        ]

    def campaign_view(self, request, object_id):
        record = self._record_or_404(request, object_id)
        return self._campaign_page(request, record)

    def step_done_view(self, request, object_id, pk):
        """A step is done, or what is known of it has changed; sent twice it is the same."""
        record = self._record_or_404(request, object_id)
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        with transaction.atomic():
            rows = record.campaign.select_for_update(of=("self",))
            step = get_object_or_404(rows, pk=pk)
            form = DoneForm(request.POST, instance=step, prefix=f"step-{pk}")
            if form.is_valid():
                form.save()
                messages.success(request, gettext("Kept: the step is done."))
                return redirect(self._address("campaign", record) + f"#step-{pk}")
        return self._campaign_page(request, record, typed=form)

    def _campaign_page(self, request, record, typed=None):
        brought = reached(record)
        may_change = self.has_change_permission(request, record)
        context = self._page_of(request, record, gettext("Information campaign")) | {
            "steps": [_drawn(record, step, typed) for step in record.campaign.select_related("responsible")],
            "brought": brought,
            "most": max((row["sent"] for row in brought["oblasts"]), default=0) or 1,
            "most_a_day": max((max(day["begun"], day["sent"]) for day in brought["days"]), default=0) or 1,
            "may_change": may_change,
            "add_url": reverse("admin:contests_campaignstep_add") + f"?contest={record.pk}",
            "today": timezone.localdate(),
        }  # fmt: skip
        return TemplateResponse(request, "admin/contests/campaign.html", context)


def _drawn(contest, step, typed) -> dict:
    """{"step", "texts": [{"language", "label", "text", "is_own"}], "form", "is_typed"}"""
    made = texts(contest, step.channel)
    is_typed = typed is not None and typed.instance.pk == step.pk
    return {
        "step": step,
        "texts": [
            {
                "language": language,
                "label": NAMES[language],
                "text": getattr(step, f"text_{language}") or made[language],
                "is_own": bool(getattr(step, f"text_{language}")),
            }
            for language in LANGUAGES
        ],
        "form": typed if is_typed else DoneForm(instance=step, prefix=f"step-{step.pk}"),
        "is_typed": is_typed,
    }


class StepForm(LockedForm):
    """A step of a contest; the contest comes with the address."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if field := self.fields.get("contest"):
            field.widget = forms.HiddenInput()
            field.disabled = bool(self.instance.pk)


@admin.register(CampaignStep)
class CampaignStepAdmin(OfContestAdmin):
    """Planning a step; the page of the campaign is the list."""

    form = StepForm
    formfield_overrides = OfContestAdmin.formfield_overrides | NATIVE_DATES
    is_of_rules = False
    page_of_contest = "campaign"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "contest",
                    ("channel", "planned_on", "responsible"),
                    "text",
                ],
                "description": _(
                    "Left empty, the text is made from the contest’s data whenever somebody looks: "
                    "it follows changes of days and prizes. What is written here stays as it is."
                ),
            },
        ),
        (
            _("What came of it"),
            {"fields": [("done_on", "reach", "cost"), "link", "proof"]},
        ),
    ]

    def save_model(self, request, obj, form, change):
        """A step that was moved is reminded of anew."""
        if "planned_on" in form.changed_data or "responsible" in form.changed_data:
            obj.reminded_at = None
        super().save_model(request, obj, form, change)
