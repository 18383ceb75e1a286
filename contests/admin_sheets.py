"""Who scores what: sheets given out with a look at the loads first, how far they are, reopening."""

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contests import assigning
from contests.choices import ContestStatus, SheetStatus
from contests.models import Contest, Sheet
from contests.reminders import open_sheets, remind_now
from contests.scoring import reopen
from contests.workflow import STAFF
from publishing.admin_tools import Tool
from publishing.workflow import MoveRefused

C = ContestStatus
#: Stages in which there is something to see of sheets.
SHOWN_IN = (C.ADMISSION, C.REVIEW, C.VISITS, C.DELIBERATION, C.DECIDED, C.PUBLISHED)


class ReopenForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What the chair has said. The member and the record get it."),
    )


class SheetsAdmin:
    """Mixed into CommissionAdmin."""

    def tools(self, request, record) -> list[Tool]:
        tools = super().tools(request, record)
        if record.status in SHOWN_IN and request.user.is_in(*STAFF):
            tools = [Tool(gettext("Sheets"), self._address("assignment", record)), *tools]
        return tools

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/assignment/",
                view(self.assignment_view),
                name="contests_contest_assignment",
            ),
            path(
                "<path:object_id>/assignment/<int:pk>/reopen/",
                view(self.reopen_view),
                name="contests_contest_reopen_sheet",
            ),
            *super().get_urls(),
        ]

    def assignment_view(self, request, object_id):
        """What giving out would do, a button that does it, and where every sheet is."""
        record = self._for_staff(request, object_id)
        if request.method == "POST":
            return self._give_out(request, record)
        may_give = record.status in assigning.STAGES
        made = assigning.plan(record) if may_give else None
        context = self._context(request, record, gettext("Sheets")) | {
            "may_give": may_give,
            "made": made,
            "new": len(made.new) if made else 0,
            "taken_back": len(made.taken_back) if made else 0,
            "loads": assigning.loads(made) if made else [],
            "obstacles": assigning.obstacles(record, made) if made else [],
            "entries": _entries(record),
            "may_reopen": record.status == C.REVIEW,
            "commission_url": self._address("commission", record),
            "conflicts_url": self._address("conflicts", record),
        }
        return TemplateResponse(request, "admin/contests/assignment.html", context)

    def _give_out(self, request, record):
        try:
            balance = assigning.assign(record, by=request.user)
        except MoveRefused as refusal:
            messages.error(request, refusal.message)
        else:
            if balance.short:
                messages.warning(
                    request,
                    gettext("Given out as far as it can be done; what is lacking stands below."),
                )
            else:
                messages.success(request, gettext("Every entry has its sheets."))
        return redirect(self._address("assignment", record))

    def reopen_view(self, request, object_id, pk):
        """By the chair’s word a sheet that was handed in opens again, with a reason."""
        record = self._for_staff(request, object_id)
        sheet = get_object_or_404(
            Sheet.objects.select_related("application", "member"),
            pk=pk,
            application__contest=record,
        )
        form = ReopenForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                reopen(sheet, actor=request.user, **form.cleaned_data)
            except MoveRefused as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, gettext("The sheet is open again."))
                return redirect(self._address("assignment", record))
        context = self._context(request, record, gettext("Open a sheet again")) | {
            "sheet": sheet,
            "form": form,
            "back_url": self._address("assignment", record),
        }
        return TemplateResponse(request, "admin/contests/assignment_reopen.html", context)

    @staticmethod
    def _remind_all(record: Contest, *, by) -> tuple[int, list[str]]:
        """(how many were mailed, names of those with open sheets and no e-mail)."""
        sent, by_hand = 0, []
        for member in record.members.voting():
            if member.email:
                sent += remind_now(member, by=by)
            elif open_sheets(member).exists():
                by_hand.append(member.name)
        return sent, by_hand


def _entries(record: Contest) -> list[dict]:
    """[{"application", "sheets", "handed_in", "all"}] in the order of codes; no score is read."""
    found: dict[int, dict] = {
        each.pk: {"application": each, "sheets": [], "handed_in": 0, "all": 0}
        for each in record.applications.admitted()
        .select_related("nomination", "municipality")
        .order_by("nomination__position", "nomination", "code", "number")
    }
    sheets = Sheet.objects.filter(application__in=found).select_related("member")
    for sheet in sheets.order_by("member__position", "member"):
        row = found[sheet.application_id]
        row["sheets"].append(sheet)
        if sheet.status != SheetStatus.RECUSED and sheet.member.is_active:
            row["all"] += 1
            row["handed_in"] += sheet.status == SheetStatus.SUBMITTED
    return list(found.values())
