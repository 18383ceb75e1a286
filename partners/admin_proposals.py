"""What partners propose: the difference to what stands there, taken over field by field or declined."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners.choices import ProposalState
from partners.models import Proposal
from partners.proposals import decide, differences
from people.roles import EDITORS
from publishing.admin import ReadOnlyAdmin
from publishing.work import Queue, WorkFilter, admin_address
from publishing.workflow import MoveRefused

TO_DECIDE = Queue(
    "proposals",
    _("Proposals of partners"),
    _("A partner’s own editor wants something changed: take it over or say why not."),
    lambda model, user: Q(state=ProposalState.OPEN),
)


class DecisionForm(forms.Form):
    reason = forms.CharField(
        label=_("Answer to the partner"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed where something is not taken. In the language of whoever proposes."),
    )


@admin.register(Proposal)
class ProposalAdmin(ReadOnlyAdmin):
    list_display = ["partner", "subject_column", "state", "by", "made_at", "decided_by"]
    list_filter = [WorkFilter, "state", "is_about_project"]
    list_select_related = ["partner", "project", "by", "decided_by"]
    search_fields = ["partner__title_ky", "partner__title_ru"]
    change_list_template = None

    def work_queues(self):
        return (TO_DECIDE,)

    def has_decide_permission(self, request) -> bool:
        return request.user.is_superuser or request.user.is_in(*EDITORS)

    def get_urls(self):
        return [
            path(
                "<path:object_id>/answer/",
                self.admin_site.admin_view(self.decide_view),
                name="partners_proposal_answer",
            ),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The page of a proposal is the page of the decision."""
        if request.method != "GET":
            raise PermissionDenied
        return self.decide_view(request, object_id)

    def decide_view(self, request, object_id):
        proposal = self.get_object(request, object_id)
        if proposal is None:
            raise Http404
        if not self.has_view_permission(request, proposal):
            raise PermissionDenied
        may = self.has_decide_permission(request)
        form = DecisionForm(request.POST or None)
        if request.method == "POST":
            if not may:
                raise PermissionDenied
            if form.is_valid() and self._decided(request, proposal, form):
                return redirect("admin:partners_proposal_changelist")
            proposal.refresh_from_db()
        found = differences(proposal)
        ticked = request.POST.getlist("take") if request.method == "POST" else None
        context = self.admin_site.each_context(request) | {
            "title": gettext("Proposal of a partner"),
            "subtitle": str(proposal),
            "opts": self.opts,
            "original": proposal,
            "partner_url": admin_address(proposal.partner),
            "decide_url": reverse("admin:partners_proposal_answer", args=[proposal.pk]),
            "differences": [
                # What has changed meanwhile is taken only on purpose.
                (each, each.column in ticked if ticked is not None else not each.has_moved)
                for each in found
            ],
            "form": form,
            "may_decide": may and proposal.is_open,
        }
        return TemplateResponse(request, "admin/partners/proposal.html", context)

    def _decided(self, request, proposal, form) -> bool:
        take = [] if "decline" in request.POST else request.POST.getlist("take")
        try:
            row = decide(
                proposal=proposal,
                take=take,
                actor=request.user,
                reason=form.cleaned_data["reason"],
            )
        except MoveRefused as refusal:
            messages.error(request, refusal.message)
            return False
        messages.success(request, f"{row}: {row.get_state_display()}.")
        return True

    @admin.display(description=_("about"))
    def subject_column(self, obj):
        return obj.subject
