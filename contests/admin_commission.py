"""The commission: appointing, links, conflicts, who scores what, how far they are."""

from django import forms
from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from contests.admin_sheets import SheetsAdmin
from contests.assigning import STAGES, leave
from contests.choices import ConflictDecision, ConflictKind, ConflictSource, SheetStatus
from contests.conflicts import DECIDED, decide, declare, find_conflicts
from contests.doors import JURY
from contests.letters import AT_WORK, reader_of_member
from contests.models import Application, Conflict, Contest, Member
from contests.workflow import STAFF
from people.models import AccessLink
from publishing.admin_tools import Tool
from publishing.letters import send
from publishing.models import AuditEvent
from publishing.work import admin_address
from publishing.workflow import MoveRefused


class LeaveForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("With the document, if there is one. It is recorded."),
    )


class ConflictForm(forms.Form):
    """The secretary notes why a member should not judge an entry."""

    member = forms.ModelChoiceField(Member.objects.none(), label=_("Member"))
    application = forms.ModelChoiceField(Application.objects.none(), label=_("Entry"))
    kind = forms.ChoiceField(label=_("Why"), choices=ConflictKind)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args, contest, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["member"].queryset = contest.members.voting()
        entries = contest.applications.admitted().select_related("municipality")
        self.fields["application"].queryset = entries
        self.fields["application"].label_from_instance = lambda each: (
            f"{each.number} · {each.municipality}"
        )


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"), choices=ConflictDecision, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Why"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed where the member may score it all the same."),
    )


class CommissionAdmin(SheetsAdmin):
    """Mixed into ContestAdmin; adds its pages to `get_urls` and the ways there to `tools`."""

    def tools(self, request, record) -> list[Tool]:
        tools = super().tools(request, record)
        if not request.user.is_in(*STAFF):
            return tools
        own = [Tool(gettext("Commission"), self._address("commission", record))]
        if record.applications.admitted().exists():
            own.append(Tool(gettext("Conflicts of interest"), self._address("conflicts", record)))
        return [*own, *tools]

    def get_urls(self):
        view = self.admin_site.admin_view
        pages = (
            ("commission/", require_safe(self.commission_view), "commission"),
            ("commission/remind/", require_POST(self.remind_view), "remind"),
            ("commission/<int:pk>/link/", require_POST(self.link_view), "link"),
            ("commission/<int:pk>/leave/", self.leave_view, "leave"),
            ("conflicts/", self.conflicts_view, "conflicts"),
            ("conflicts/look/", require_POST(self.look_view), "look"),
            ("conflicts/<int:pk>/", self.decide_view, "conflict"),
        )
        return [
            path(f"<path:object_id>/{route}", view(each), name=f"contests_contest_{name}")
            for route, each, name in pages
        ] + super().get_urls()

    def _for_staff(self, request, object_id) -> Contest:
        """The contest, for those who keep its papers."""
        record = self._record_or_404(request, object_id)
        if not request.user.is_in(*STAFF):
            raise PermissionDenied
        return record

    def _context(self, request, record, title: str) -> dict:
        return self.admin_site.each_context(request) | {
            "title": title,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
        }

    # Members
    def commission_view(self, request, object_id):
        """Who is in it, whether they have their link, have stated, how far they are."""
        record = self._for_staff(request, object_id)
        sheets = {
            f"sheets_{status}": Count("sheets", filter=Q(sheets__status=status), distinct=True)
            for status in (SheetStatus.ASSIGNED, SheetStatus.OPENED, SheetStatus.SUBMITTED)
        }
        members = list(
            record.members.select_related("organisation")
            .prefetch_related("nominations")
            .annotate(**sheets)
        )
        links = _links_of(members)
        rows = [_member_row(each, links.get(each.pk)) for each in members]
        context = self._context(request, record, gettext("Commission")) | {
            "rows": [row for row in rows if row["member"].is_active],
            "former": [row for row in rows if not row["member"].is_active],
            "missing": record._missing_in_commission(),  # noqa: SLF001
            "may_send": record.status in AT_WORK,
            "has_open": any(row["left"] for row in rows if row["member"].is_active),
            "add_url": f"{reverse('admin:contests_member_add')}?contest={record.pk}",
        }
        return TemplateResponse(request, "admin/contests/commission.html", context)

    def link_view(self, request, object_id, pk):
        """Mail the member the link; who has no e-mail gets it by WhatsApp from the next page."""
        record = self._for_staff(request, object_id)
        member = get_object_or_404(record.members.filter(is_active=True), pk=pk)
        if record.status not in AT_WORK:
            messages.error(request, gettext("The commission does not work now."))
        elif record.is_demo:
            messages.info(request, gettext("An invented contest sends no mail: take the text."))
        elif not member.email:
            messages.error(request, gettext("No e-mail is known: send the text by WhatsApp."))
        else:
            reader = reader_of_member(member)
            send("contest_invitation", member, to=reader.email, language=reader.language)
            AuditEvent.record(
                member,
                action="link_sent",
                actor=request.user,
                via="admin",
                details={"letter": "contest_invitation"},
            )
            told = gettext("The link goes to %(email)s.")
            messages.success(request, told % {"email": member.email})
        return redirect(self._address("commission", record))

    def remind_view(self, request, object_id):
        """Remind everybody who has open sheets, by mail; the others are named."""
        record = self._for_staff(request, object_id)
        sent, by_hand = self._remind_all(record, by=request.user)
        if sent:
            told = ngettext(
                "%(count)s member is reminded.", "%(count)s members are reminded.", sent
            )
            messages.success(request, told % {"count": sent})
        else:
            messages.info(request, gettext("Nobody to remind by mail now."))
        if by_hand:
            told = gettext("No e-mail is known of: %(names)s. Send them the text by WhatsApp.")
            messages.warning(request, told % {"names": ", ".join(by_hand)})
        return redirect(self._address("commission", record))

    def leave_view(self, request, object_id, pk):
        """The member leaves: links closed, sheets not begun taken back."""
        record = self._for_staff(request, object_id)
        member = get_object_or_404(record.members.filter(is_active=True), pk=pk)
        form = LeaveForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            leave(member, by=request.user, **form.cleaned_data)
            told = gettext("%(name)s works in the commission no more.")
            messages.success(request, told % {"name": member.name})
            return redirect(self._address("commission", record))
        context = self._context(request, record, gettext("Leaves the commission")) | {
            "member": member,
            "form": form,
            "begun": member.sheets.exclude(status=SheetStatus.ASSIGNED).count(),
            "back_url": self._address("commission", record),
        }
        return TemplateResponse(request, "admin/contests/commission_leave.html", context)

    # Conflicts
    def conflicts_view(self, request, object_id):
        """What was found and declared, by member; below, a form to note one more."""
        record = self._for_staff(request, object_id)
        is_decided = record.status in DECIDED
        form = ConflictForm(request.POST or None, contest=record)
        if request.method == "POST" and not is_decided and form.is_valid():
            declare(**form.cleaned_data, actor=request.user)
            messages.success(
                request, gettext("The conflict is noted: the member does not score it.")
            )
            return redirect(self._address("conflicts", record))
        found = list(
            Conflict.objects.filter(application__contest=record)
            .select_related("member", "application__municipality__district")
            .order_by("member__position", "member", "application__number", "pk")
        )
        context = self._context(request, record, gettext("Conflicts of interest")) | {
            "by_member": _by_member(found),
            "silent": [each for each in record.members.voting() if not each.stated_at],
            "form": form,
            "may_change": not is_decided,
            "must_give_again": record.status in STAGES,
            "assignment_url": self._address("assignment", record),
            "look_url": self._address("look", record),
        }
        return TemplateResponse(request, "admin/contests/commission_conflicts.html", context)

    def look_view(self, request, object_id):
        """Look through the records once more."""
        record = self._for_staff(request, object_id)
        count = find_conflicts(record) if record.status not in DECIDED else 0
        told = ngettext("%(count)s new conflict.", "%(count)s new conflicts.", count)
        messages.info(request, told % {"count": count} if count else gettext("Nothing new."))
        return redirect(self._address("conflicts", record))

    def decide_view(self, request, object_id, pk):
        """Recused, or allowed with a note; the audit says who."""
        record = self._for_staff(request, object_id)
        conflict = get_object_or_404(
            Conflict.objects.select_related("member", "application__municipality"),
            pk=pk,
            application__contest=record,
        )
        initial = {"decision": conflict.decision, "note": conflict.note}
        form = DecisionForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            try:
                decide(conflict, by=request.user, **form.cleaned_data)
            except MoveRefused as refusal:
                form.add_error("note", refusal.message)
            else:
                messages.success(request, gettext("The decision is recorded."))
                return redirect(self._address("conflicts", record))
        context = self._context(request, record, gettext("Decide on a conflict")) | {
            "conflict": conflict,
            "application_url": admin_address(conflict.application),
            "is_own_word": conflict.found_by == ConflictSource.SELF,
            "form": form,
            "back_url": self._address("conflicts", record),
        }
        return TemplateResponse(request, "admin/contests/commission_decide.html", context)


def _links_of(members) -> dict[int, AccessLink]:
    """{member: the last link that opens}, in one query."""
    rows = AccessLink.objects.alive().filter(
        content_type=ContentType.objects.get_for_model(Member),
        object_id__in=[each.pk for each in members],
        purpose=JURY,
    )
    return {each.object_id: each for each in rows.order_by("created_at")}


def _member_row(member, link) -> dict:
    left = member.sheets_assigned + member.sheets_opened
    return {
        "member": member,
        "link": link,
        "left": left,
        "handed_in": member.sheets_submitted,
        "begun": member.sheets_opened,
        "all": left + member.sheets_submitted,
        "edit_url": reverse("admin:contests_member_change", args=[member.pk]),
        "text_url": reverse("admin:contests_member_letter", args=[member.pk, "contest_invitation"]),
        "reminder_url": reverse(
            "admin:contests_member_letter", args=[member.pk, "contest_sheets_due"]
        ),
    }


def _by_member(conflicts) -> list[dict]:
    found: dict[int, dict] = {}
    for each in conflicts:
        row = found.setdefault(each.member_id, {"member": each.member, "conflicts": []})
        row["conflicts"].append(each)
    return list(found.values())
