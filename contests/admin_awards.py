"""Who is given what, and how the commission voted: a page of a protocol in the admin."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext, ngettext

from contests import deciding
from contests.choices import Outcome, ProtocolStatus
from contests.diplomas import honour
from contests.forms_protocol import AwardFormSet, NewAwardForm
from contests.freezing import digest_of
from contests.models import Award
from contests.protocol_facts import awards_in_order, faults_of, may_vote, titles_of
from publishing.languages import current_language
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused


def state_of(awards) -> str:
    """What the page was opened with, so that nobody writes over another’s votes unseen."""
    columns = ("pk", "outcome", "place", "title_ky", "title_ru", "reason_ky", "reason_ru")
    votes = ("votes_for", "votes_against", "votes_abstained")
    return digest_of([[getattr(each, name) for name in columns + votes] for each in awards])[:16]


class AwardsAdmin:
    """Mixed into ProtocolAdmin: <id>/awards/."""

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/awards/", view(self.awards_view), name="contests_protocol_awards"
            ),
            *super().get_urls(),
        ]

    def awards_view(self, request, object_id):
        """GET: the awards with their votes. POST, by the button: proposed, voted, saved, one more."""
        record = self._record_or_404(request, object_id)
        if request.method != "POST":
            return self._awards_page(request, record)
        if not request.user.has_perm("contests.change_protocol"):
            raise PermissionDenied
        works = {
            "propose": self._propose,
            "unanimous": self._vote_unanimously,
            "save": self._save_awards,
            "add": self._add_award,
        }
        work = works.get(request.POST.get("do"), self._save_awards)
        try:
            with transaction.atomic():
                # Held until all is written: neither a second secretary nor the circulation slips in.
                row = deciding.locked_draft(record)
                answer = work(request, row)
                if answer is None:
                    deciding.renew(row)
                    AuditEvent.record(row, action="awards", actor=request.user, via="admin")
        except MoveRefused as refusal:
            messages.error(request, refusal.message)
            answer = None
        return answer or redirect(self._address("awards", record))

    def _propose(self, request, record):
        count = deciding.propose(record)
        told = ngettext(
            "By the ranking there is %(count)s award.",
            "By the ranking there are %(count)s awards.",
            count,
        )
        messages.success(request, told % {"count": count})

    def _vote_unanimously(self, request, record):
        count = deciding.vote_unanimously(record)
        told = ngettext(
            "Written down for %(count)s award.", "Written down for %(count)s awards.", count
        )
        messages.success(request, told % {"count": count})

    def _save_awards(self, request, record):
        awards = awards_in_order(record.contest)
        formset = self._formset(record, awards, request.POST)
        if request.POST.get("state") != state_of(awards):
            messages.warning(
                request,
                gettext("Somebody has changed the awards meanwhile. Look at yours and save again."),
            )
            return self._awards_page(request, record, formset=formset)
        if not formset.is_valid():
            return self._awards_page(request, record, formset=formset)
        for form in formset.forms:
            if form.cleaned_data.get("is_taken_away"):
                deciding.take_away(Award.objects.get(pk=form.instance.pk))
            elif form.has_changed():
                form.save()
        messages.success(request, gettext("Saved."))
        return None

    def _add_award(self, request, record):
        form = NewAwardForm(request.POST, protocol=record, prefix="new")
        if not form.is_valid():
            return self._awards_page(request, record, new=form)
        form.save()
        messages.success(request, gettext("Added. Write down its votes."))
        return None

    def _formset(self, record, awards, data=None):
        """In the order of the decision; each form knows how many may vote on its entry."""
        queryset = Award.objects.filter(pk__in=[each.pk for each in awards])
        formset = AwardFormSet(data, queryset=queryset, prefix="awards")
        votes = may_vote(record)
        known = {each.pk: each for each in awards}
        for form in formset.forms:
            award = known.get(form.instance.pk, form.instance)
            form.award, form.may_vote = award, votes.get(award.application_id, 0)
            form.work = titles_of(award.application)[current_language()]
            form.honour = (
                award.get_outcome_display()
                if award.outcome == Outcome.NONE
                else honour(award, current_language())
            )
        return formset

    def _awards_page(self, request, record, *, formset=None, new=None):
        awards = awards_in_order(record.contest)
        is_open = record.status == ProtocolStatus.DRAFT
        formset = formset or self._formset(record, awards)
        order = {award.pk: place for place, award in enumerate(awards)}
        context = self.admin_site.each_context(request) | {
            "title": gettext("Awards and votes"),
            "subtitle": str(record.contest),
            "opts": self.opts,
            "original": record,
            "formset": formset,
            "forms": sorted(formset.forms, key=lambda form: order.get(form.instance.pk, 0)),
            "state": state_of(awards),
            "new": new or NewAwardForm(protocol=record, prefix="new"),
            "faults": faults_of(record, awards),
            "may_change": is_open and request.user.has_perm("contests.change_protocol"),
        }
        return TemplateResponse(request, "admin/contests/awards.html", context)
