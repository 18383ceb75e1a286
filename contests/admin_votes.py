"""The public vote in the admin: its figures, what came in bulk, what is not counted."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from contests import voting
from contests.choices import RESULTS, VoteStatus
from contests.workflow import STAFF
from publishing.admin_tools import Tool
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused

#: Actions of the audit that the page tells of.
ACTIONS = ("discard_votes", "restore_votes", voting.CHECKED)


class DiscardForm(forms.Form):
    """Which votes, and why they are not counted."""

    votes = forms.TypedMultipleChoiceField(coerce=int)
    reason = forms.CharField(label=_("Why these votes are not counted"), max_length=200)

    def __init__(self, *args, votes=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["votes"].choices = [(pk, pk) for pk in votes]


class VotesAdmin:
    """Mixed into ContestAdmin: <id>/votes/, where there is a public vote."""

    def tools(self, request, record) -> list[Tool]:
        tools = super().tools(request, record)
        if record.has_public_vote and request.user.is_in(*STAFF):
            tools.append(Tool(gettext("Public vote"), self._address("votes", record)))
        return tools

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/votes/", view(self.votes_view), name="contests_contest_votes"),
            *super().get_urls(),
        ]

    def votes_view(self, request, object_id):
        """Figures, bursts, shared numbers; a POST discards, counts again, or says all is seen."""
        record = self._record_or_404(request, object_id)
        if not request.user.is_in(*STAFF):
            raise PermissionDenied
        if not record.has_public_vote:
            raise Http404
        if request.method == "POST":
            try:
                self._do(request, record)
            except MoveRefused as refusal:
                messages.error(request, refusal.message)
            return redirect(self._address("votes", record))
        now = timezone.now()
        lines = voting.tally(record)
        context = self.admin_site.each_context(request) | {
            "title": gettext("Public vote"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "is_open": voting.is_open(record, now),
            "is_over": voting.has_ended(record, now),
            "is_shown": voting.shows_figures(record, now),
            "may_show": voting.may_show_entries(record),
            "is_out": record.status in RESULTS,
            "lines": lines if voting.has_ended(record, now) else [],
            "given": record.votes.count(),
            "bursts": voting.bursts(record),
            "phones": voting.sharing_phones(record),
            "discarded": record.votes.filter(status=VoteStatus.DISCARDED).select_related(
                "application", "municipality"
            ),
            "events": AuditEvent.about(record).filter(action__in=ACTIONS),
        }
        return TemplateResponse(request, "admin/contests/votes.html", context)

    def _do(self, request, record) -> None:
        if "checked" in request.POST:
            voting.confirm_checked(record, actor=request.user)
            messages.success(request, gettext("Readers see the figures now."))
            return
        form = DiscardForm(request.POST, votes=record.votes.values_list("pk", flat=True))
        if not form.is_valid():
            messages.error(request, gettext("Choose votes and give a reason."))
            return
        works = {"discard": voting.discard, "restore": voting.restore}
        work = works.get(request.POST.get("what"))
        if work is None:
            raise Http404
        reason = form.cleaned_data["reason"]
        count = work(record, form.cleaned_data["votes"], reason=reason, actor=request.user)
        told = ngettext("%(count)s vote is changed.", "%(count)s votes are changed.", count)
        messages.success(request, told % {"count": count})
