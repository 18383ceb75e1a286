"""Protocols and awards in the admin: the text, the votes, who has signed, what is corrected."""

import reversion
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.timezone import now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from contests import deciding
from contests.admin_awards import AwardsAdmin
from contests.choices import ContestStatus, ProtocolStatus
from contests.forms_told import ToldForm
from contests.models import Protocol
from contests.views_protocol import DRAWN, file_response
from people.phones import whatsapp_url
from publishing.admin import TwoLanguageAdmin
from publishing.admin_moves import MovesAdmin, status_badge
from publishing.admin_tools import Tool, ToolsAdmin
from publishing.letters import KINDS, write
from publishing.models import AuditEvent
from publishing.work import Queue, WorkFilter, admin_address
from publishing.workflow import MoveRefused

LETTER = "contest_protocol"
#: Stages in which what an earlier deliberation left is for nobody.
SCORING = (ContestStatus.REVIEW, ContestStatus.VISITS)
#: Lines of the text in sight.
LINES = 30

TO_SIGN = Queue(
    "protocols_to_sign",
    _("Protocols before the members"),
    _("Somebody has not signed yet."),
    lambda model, user: Q(status=ProtocolStatus.CIRCULATED),
)


def may_keep(request) -> bool:
    """Whether the person keeps protocols and awards."""
    return request.user.has_perm("contests.change_protocol")


class ProtocolsAdmin:
    """Mixed into ContestAdmin: the protocols of a contest, and the first step to one."""

    def tools(self, request, record) -> list[Tool]:
        tools = super().tools(request, record)
        if record.status in (*deciding.DECIDING, *deciding.DECIDED):
            url = reverse("admin:contests_contest_protocols", args=[record.pk])
            tools.append(Tool(gettext("Protocol and awards"), url))
        return tools

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/protocols/",
                view(self.protocols_view),
                name="contests_contest_protocols",
            ),
            *super().get_urls(),
        ]

    def protocols_view(self, request, object_id):
        """What there is; a POST begins the protocol of the deliberation."""
        record = self._record_or_404(request, object_id)
        if not request.user.has_perm("contests.view_protocol") or record.status in SCORING:
            raise PermissionDenied
        if request.method == "POST":
            return self._begin(request, record)
        awards = record.awards.select_related("application__municipality", "nomination")
        context = self.admin_site.each_context(request) | {
            "title": gettext("Protocol and awards"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "rows": [
                {
                    "protocol": each,
                    "badge": status_badge(each),
                    "url": admin_address(each),
                    "signed": each.present.count() - len(deciding.unsigned(each)),
                    "present": each.present.count(),
                }
                for each in record.protocols.select_related("corrects")
            ],
            "awards": awards,
            "may_begin": may_keep(request) and record.status in deciding.DECIDING,
        }
        return TemplateResponse(request, "admin/contests/protocols.html", context)

    def _begin(self, request, record):
        if not may_keep(request):
            raise PermissionDenied
        try:
            protocol = deciding.begin(record, by=request.user)
        except MoveRefused as refusal:
            messages.error(request, refusal.message)
            return redirect("admin:contests_contest_protocols", record.pk)
        return redirect(admin_address(protocol))


class CorrectionForm(ToldForm):
    label = _("What is corrected")
    help_text = _("Readers see it above both protocols.")


@admin.register(Protocol)
class ProtocolAdmin(AwardsAdmin, ToolsAdmin, MovesAdmin, TwoLanguageAdmin):
    list_display = ["__str__", "contest", "status_column", "held_on"]
    list_filter = [WorkFilter, "status"]
    list_select_related = ["contest"]
    ordering = ["-held_on", "-pk"]
    forward_moves = frozenset({"circulate", "sign", "publish"})
    grave_moves = frozenset()
    kept_on_restore = (
        "contest_id", "status", "status_changed_at", "facts", "digest", "corrects_id",
        "correction", "correction_ky", "correction_ru", "published_at", "version",
    )  # fmt: skip
    fieldsets = [
        (_("The meeting"), {"fields": [("number", "held_on"), "place", "present"]}),
        (
            _("Text"),
            {
                "fields": ["text"],
                "description": _(
                    "Made from the facts, and yours to edit. A line that begins with “# ” is a "
                    "heading, one with “– ” stands in a list. The table of points and the "
                    "signatures are added by themselves."
                ),
            },
        ),
    ]

    def work_queues(self):
        return (TO_SIGN,)

    # Rights: begun from the contest; changed in the draft alone, once signed never again.
    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_view_permission(self, request, obj=None):
        """Means stand in it: closed where they are closed, though a draft was there before."""
        is_closed = obj is not None and obj.contest.status in SCORING
        return not is_closed and super().has_view_permission(request, obj)

    def has_change_permission(self, request, obj=None):
        is_open = obj is None or (obj.status == ProtocolStatus.DRAFT and deciding.is_its_time(obj))
        return is_open and super().has_change_permission(request, obj)

    # The form
    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "present":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj and "present" in form.base_fields:
            present = form.base_fields["present"]
            present.queryset = obj.contest.members.filter(is_active=True)
            present.widget.can_add_related = False
        for name in ("text_ky", "text_ru"):
            if name in form.base_fields:
                form.base_fields[name].widget.attrs["rows"] = LINES
        return form

    def save_model(self, request, obj, form, change):
        obj.version += 1
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        """Who was there is a fact: where nobody has edited the text, it follows."""
        super().save_related(request, form, formsets, change)
        deciding.renew(form.instance)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj and not context.get("revert"):
            context["panel"] = self.panel(request, self.model.objects.get(pk=obj.pk))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def anchor(self, name: str) -> str:
        return {"text": "#id_text_ky", "present": "#id_present"}.get(name, f"#of-{name}")

    def panel(self, request, record) -> dict:
        """What stands beside the form: status, moves, what is missing before the next."""
        missing = {
            ProtocolStatus.DRAFT: record.missing_for_circulation,
            ProtocolStatus.CIRCULATED: record.missing_for_signing,
            ProtocolStatus.SIGNED: record.missing_for_publication,
        }.get(record.status, list)()
        titles = {
            ProtocolStatus.DRAFT: _("Before it goes to the members"),
            ProtocolStatus.CIRCULATED: _("Before it is signed"),
            ProtocolStatus.SIGNED: _("Before it is published"),
        }
        items = [(self.anchor(each.field), each.message) for each in missing]
        return {
            "record": record,
            "badge": status_badge(record),
            "days": (now() - record.status_changed_at).days,
            "moves": self.buttons(request, record),
            "missing": [{"title": titles[record.status], "items": items}] if items else [],
            "events": self.events(record)[:3],
        }

    def tools(self, request, record) -> list[Tool]:
        contest = reverse("admin:contests_contest_protocols", args=[record.contest_id])
        tools = [
            *super().tools(request, record),
            Tool(gettext("To the contest"), contest),
            Tool(gettext("Awards and votes"), self._address("awards", record)),
            Tool(gettext("Signatures"), self._address("signatures", record)),
            *(Tool(name.upper(), self._address("file", record, name)) for name in DRAWN),
        ]
        if record.status == ProtocolStatus.DRAFT and may_keep(request):
            anew = gettext("What was edited by hand is replaced; History keeps it.")
            tools += [
                Tool(
                    gettext("Make the text anew"), self._address("renew", record, "text"),
                    is_post=True, hint=anew,
                ),
                Tool(
                    gettext("Take over the facts, leave the text"),
                    self._address("renew", record, "facts"), is_post=True,
                ),
            ]  # fmt: skip
        if record.status == ProtocolStatus.PUBLISHED and may_keep(request):
            tools.append(Tool(gettext("Correct it"), self._address("correct", record)))
        return tools

    # Its other pages
    def get_urls(self):
        view = self.admin_site.admin_view
        pages = (
            ("renew/<slug:what>", require_POST(self.renew_view), "renew"),
            ("file/<slug:kind>", require_safe(self.file_view), "file"),
            ("signatures", require_safe(self.signatures_view), "signatures"),
            ("letter/<int:member>", require_POST(self.letter_view), "letter"),
            ("correct", self.correct_view, "correct"),
        )
        return [
            *(
                path(f"<path:object_id>/{end}/", view(page), name=f"contests_protocol_{name}")
                for end, page, name in pages
            ),
            *super().get_urls(),
        ]

    def _page(self, request, record, template, **context):
        known = {"subtitle": str(record), "opts": self.opts, "original": record}
        context = self.admin_site.each_context(request) | known | context
        return TemplateResponse(request, f"admin/contests/{template}.html", context)

    def renew_view(self, request, object_id, what):
        """«text»: text and facts anew; «facts»: the facts alone."""
        record = self._record_or_404(request, object_id)
        if not may_keep(request):
            raise PermissionDenied
        try:
            with reversion.create_revision():
                reversion.add_to_revision(record)
                reversion.set_user(request.user)
                deciding.renew(record, with_text=what == "text")
        except MoveRefused as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, gettext("The protocol has the facts as they are now."))
        return redirect(admin_address(record))

    def file_view(self, request, object_id, kind):
        record = self._record_or_404(request, object_id)
        if kind not in DRAWN:
            raise Http404
        response = file_response(record, kind)
        response["Cache-Control"] = "private, no-store"
        return response

    def signatures_view(self, request, object_id):
        record = self._record_or_404(request, object_id)
        given = {each.member_id: each for each in record.signatures.all()}
        rows = [{"member": each, "signature": given.get(each.pk)} for each in record.present.all()]
        return self._page(
            request, record, "protocol_signatures", title=gettext("Signatures"), rows=rows,
            may_write=may_keep(request) and record.status == ProtocolStatus.CIRCULATED,
        )  # fmt: skip

    def letter_view(self, request, object_id, member):
        """The letter with the member’s link, as a text for WhatsApp; shown this once."""
        record = self._record_or_404(request, object_id)
        if not may_keep(request) or record.status != ProtocolStatus.CIRCULATED:
            raise PermissionDenied
        member = get_object_or_404(record.present, pk=member)
        kind = KINDS[LETTER]
        reader = kind.reader(member)
        letter = write(
            LETTER, member, language=reader.language, by=request.user,
            note=f"WhatsApp: {reader.name}",
        )  # fmt: skip
        AuditEvent.record(
            record, action="whatsapp_text", actor=request.user, via="admin",
            details={"letter": LETTER, "member": member.pk},
        )  # fmt: skip
        context = self.admin_site.each_context(request) | {
            "title": gettext("Text for WhatsApp"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "kind": kind,
            "reader": reader,
            "text": letter.for_whatsapp,
            "whatsapp_url": whatsapp_url(reader.phone, letter.for_whatsapp),
        }
        return TemplateResponse(request, "admin/letter.html", context)

    def correct_view(self, request, object_id):
        """A new version that names what it corrects; the old one stays, with a notice."""
        record = self._record_or_404(request, object_id)
        if not may_keep(request):
            raise PermissionDenied
        form = CorrectionForm(request.POST or None)
        if form.is_valid():
            try:
                new = deciding.correct(record, what=form.told(), by=request.user)
            except MoveRefused as refusal:
                messages.error(request, refusal.message)
            else:
                return redirect(admin_address(new))
        return self._page(
            request, record, "protocol_correct", title=gettext("Correct the protocol"), form=form
        )

    @admin.display(description=_("status"), ordering="status")
    def status_column(self, obj):
        return status_badge(obj)
