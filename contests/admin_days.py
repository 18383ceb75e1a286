"""Days of the commission that slip."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext

from contests.forms_told import ToldForm
from contests.models import Contest
from contests.models.stages import MOMENTS_AFTER_THE_TERM
from contests.rescheduling import DAYS, STAGES, reschedule
from contests.widgets import Day, Moment
from contests.workflow import LEADS
from publishing.admin_tools import Tool
from publishing.workflow import MoveRefused


class DaysForm(ToldForm):
    def __init__(self, *args, record: Contest, **kwargs):
        super().__init__(*args, **kwargs)
        for name in DAYS:
            value = getattr(record, name)
            if value is None and name in MOMENTS_AFTER_THE_TERM:
                continue  # without a public vote
            column = Contest._meta.get_field(name)  # noqa: SLF001
            is_moment = name in MOMENTS_AFTER_THE_TERM
            self.fields[name] = column.formfield(
                widget=Moment if is_moment else Day,
                initial=timezone.localtime(value) if is_moment else value,
                required=value is not None,
                **({"form_class": forms.DateTimeField} if is_moment else {}),
            )
        self.order_fields([name for name in self.fields if not name.startswith("told_")])

    def days(self) -> dict:
        return {name: self.cleaned_data[name] for name in DAYS if name in self.cleaned_data}


class DaysAdmin:
    """Mixed into ContestAdmin."""

    def tools(self, request, record) -> list[Tool]:
        found = super().tools(request, record)
        if self._may_move_days(request, record):
            found.append(Tool(gettext("Move the days"), self._address("days", record)))
        return found

    @staticmethod
    def _may_move_days(request, record) -> bool:
        leads = request.user.is_superuser or request.user.is_in(*LEADS)
        return leads and record.status in STAGES

    def get_urls(self):
        view = self.admin_site.admin_view(self.days_view)
        return [
            path("<path:object_id>/days/", view, name="contests_contest_days"),
            *super().get_urls(),
        ]

    def days_view(self, request, object_id):
        """The days after the term, each to be moved, and why."""
        record = self._record_or_404(request, object_id)
        if not self._may_move_days(request, record):
            raise PermissionDenied
        form = DaysForm(request.POST or None, record=record)
        if form.is_valid():
            try:
                reschedule(record, days=form.days(), told=form.told(), by=request.user)
            except MoveRefused as refusal:
                form.add_error(None, str(refusal.message))
            else:
                messages.success(request, gettext("The days are moved; a new version is frozen."))
                return redirect("admin:contests_contest_stand", record.pk)
        context = self.admin_site.each_context(request) | {
            "title": gettext("Move the days"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "form": form,
            "back_url": self._address("stand", record),
        }
        return TemplateResponse(request, "admin/contests/days.html", context)
