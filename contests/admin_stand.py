"""Where a contest stands: stages, what the next move wants, moves that bring something along, the copy."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from contests.choices import ApplicationStatus, ContestStatus, SheetStatus
from contests.copying import copy_contest
from contests.forms_told import ToldMoveForm
from contests.freezing import differs_from_frozen
from contests.milestones import milestones
from contests.models import Contest, Sheet
from contests.widgets import Moment
from publishing.admin_moves import status_badge
from publishing.admin_tools import Tool
from publishing.workflow import MoveRefused, move

#: The stages in their order; visits only where the rules have them.
WAY = (
    ContestStatus.DRAFT, ContestStatus.CONCEPT, ContestStatus.APPROVED, ContestStatus.ANNOUNCED,
    ContestStatus.ACCEPTING, ContestStatus.ADMISSION, ContestStatus.REVIEW, ContestStatus.VISITS,
    ContestStatus.DELIBERATION, ContestStatus.DECIDED, ContestStatus.PUBLISHED,
    ContestStatus.ARCHIVED,
)  # fmt: skip
#: What is missing → the page of the contest where it is met; the rest stands on the form.
PAGE_OF = {
    "nominations": "rules",
    "criteria": "rules",
    "versions": "versions",
    "campaign": "campaign",
    "applications": "applications",
    "members": "commission",
    "sheets": "assignment",
    "protocols": "protocols",
}
#: What a move brings along, told before it is made.
BRINGS = {
    "propose": _("The rules cannot be changed while the organisers read them."),
    "rework": _("The rules can be written again. Approvals given so far are taken back: the "
                "organisers approve what has changed anew."),
    "approve": _("The rules are copied whole and get a digest. From now on they change only as a "
                 "new version that everybody sees."),
    "announce": _("Readers see the contest in both languages, with its rules and dates. "
                  "Applications open by themselves on their day."),
    "change_rules": _("Readers see the new version and what has changed in it. The reason stands "
                      "beside it."),
    "open": _("Municipalities can apply from now on. The rules do not change any more."),
    "extend": _("Once only. A new version of the rules is frozen with the new days; readers see "
                "the reason."),
    "close": _("No application is taken any more, but late ones with the consent of the chair."),
    "review": _("Members find their sheets in their cabinets. Applicants cannot take an "
                "application back any more."),
    "deliberate": _("Sheets are closed. Members see the means as the rules say."),
    "review_again": _("Members score again; sheets that are handed in stay closed until the chair "
                      "reopens them."),
    "decide": _("Applications become awarded or not, as the signed protocol says."),
    "publish": _("Readers see the results and the protocol."),
    "cancel": _("The page stays with the word that the contest was cancelled. Nothing is scored."),
}  # fmt: skip


class ExtendForm(ToldMoveForm):
    closes_at = forms.DateTimeField(
        label=_("New end of the term"),
        widget=Moment,
        help_text=_("Time of Bishkek."),
    )
    moves_days = forms.BooleanField(
        label=_("Move the days after it by as many days"), required=False, initial=True
    )

    def __init__(self, *args, record, **kwargs):
        super().__init__(*args, record=record, **kwargs)
        self.record = record
        self.fields["closes_at"].initial = timezone.localtime(record.closes_at)

    def clean_closes_at(self):
        closes_at = self.cleaned_data["closes_at"]
        if closes_at <= self.record.closes_at:
            raise forms.ValidationError(
                gettext("The new end of the term comes after the present one.")
            )
        return closes_at


#: Moves that want more than a reason for the audit.
FORM_OF = {"rework": ToldMoveForm, "change_rules": ToldMoveForm, "extend": ExtendForm}


class StandAdmin:
    """Mixed into ContestAdmin."""

    forward_moves = frozenset(
        {
            "propose", "approve", "announce", "change_rules", "open", "close", "review", "visit",
            "deliberate", "decide", "publish", "archive",
        }
    )  # fmt: skip
    grave_moves = frozenset({"cancel", "withdraw"})

    def tools(self, request, record) -> list[Tool]:
        return [
            *super().tools(request, record),
            Tool(gettext("Where it stands"), self._address("stand", record)),
        ]

    def copy_tools(self, request, record) -> list[Tool]:
        if not self.has_add_permission(request):
            return []
        hint = gettext("Rules, prizes, texts and campaign; no applications, no persons.")
        url = self._address("copy", record)
        return [Tool(gettext("Copy for the next year"), url, is_post=True, hint=hint)]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/stand/",
                view(require_safe(self.stand_view)),
                name="contests_contest_stand",
            ),
            path(
                "<path:object_id>/copy/",
                view(require_POST(self.copy_view)),
                name="contests_contest_copy",
            ),
            *super().get_urls(),
        ]

    # Moves
    def buttons(self, request, record):
        """Without moves that this contest has no use for: visits, a second extension, nothing new."""
        useless = set()
        if not record.has_visits:
            useless.add("visit")
        if record.extended_from:
            useless.add("extend")
        if record.status == ContestStatus.ANNOUNCED and not differs_from_frozen(record):
            useless.add("change_rules")
        return [each for each in super().buttons(request, record) if each["name"] not in useless]

    def panel(self, request, record):
        """What the next moves want, each with the way to where it is met."""
        panel = super().panel(request, record)
        return panel | {"missing": self._wanted(record, panel["moves"])}

    def _wanted(self, record, buttons) -> list[dict]:
        return [
            {
                "title": gettext("Wanted: %(move)s") % {"move": button["label"]},
                "items": [(self.where(record, each.field), each.message) for each in missing],
            }
            for button in buttons
            if button["kind"] == "forward" and (missing := button["missing"])
        ]

    def where(self, record, name: str) -> str:
        """Address at which what is missing is met."""
        if name == "questions":
            return reverse("admin:contests_question_changelist") + (
                f"?contest__id__exact={record.pk}"
            )
        if page := PAGE_OF.get(name):
            try:
                return self._address(page, record)
            except NoReverseMatch:
                return self._address("stand", record)
        return self._address("change", record) + self.anchor(name)

    def try_move(self, request, record, step, **details):
        walk = self._tell if step.name in FORM_OF else super().try_move
        form, request.wanted, is_made = walk(request, record, step, **details)
        return form, request.wanted, is_made

    @staticmethod
    def _tell(request, record, step):
        """As MovesAdmin.try_move; readers are told why, in both languages."""
        is_answered = request.method == "POST" and "confirmed" in request.POST
        form = FORM_OF[step.name](
            request.POST if is_answered else None, step=step, record=record, actor=request.user
        )
        if not is_answered or not form.is_valid():
            return form, [], False
        try:
            move(record, step.name, actor=request.user, via="admin", **form.details())
        except MoveRefused as refusal:
            messages.error(request, refusal.message)
            return form, refusal.missing, False
        return form, [], True

    def move_view(self, request, object_id, name):
        """A move that asks for a word says first what it brings along."""
        response = super().move_view(request, object_id, name)
        if isinstance(response, TemplateResponse):
            response.template_name = "admin/contests/move.html"
            record = response.context_data["original"]
            response.context_data |= {
                "brings": BRINGS.get(name, ""),
                "missing": [
                    (self.where(record, each.field), each.message) for each in request.wanted
                ],
            }
        return response

    # Pages
    def stand_view(self, request, object_id):
        """The way with the present stage on it, what is next, the days, the figures."""
        record = self._record_or_404(request, object_id)
        moves = self.buttons(request, record)
        context = self.admin_site.each_context(request) | {
            "title": gettext("Where it stands"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "badge": status_badge(record),
            "since": record.status_changed_at,
            "way": way_of(record),
            "moves": moves,
            "brings": [(each["label"], BRINGS[each["name"]]) for each in moves
                       if each["name"] in BRINGS],
            "wanted": self._wanted(record, moves),
            "milestones": milestones(record),
            "figures": figures_of(record),
            "tools": [
                each
                for each in self.tools(request, record)
                if not each.is_post and each.url != request.path
            ],
        }  # fmt: skip
        return TemplateResponse(request, "admin/contests/stand.html", context)

    def copy_view(self, request, object_id):
        record = self._record_or_404(request, object_id)
        if not self.has_add_permission(request):
            raise PermissionDenied
        copy = copy_contest(record, by=request.user)
        messages.success(
            request,
            gettext("Here is the copy, its days a year later. Look through texts and days: they "
                    "may name the year."),
        )  # fmt: skip
        return redirect(self._address("change", copy))


def way_of(contest: Contest) -> list[dict]:
    """[{"label", "state": "past", "now" or "ahead"}]; cancelled and withdrawn stand in for the rest."""
    way = [stage for stage in WAY if stage != ContestStatus.VISITS or contest.has_visits]
    if contest.status not in way:
        return [{"label": contest.get_status_display(), "state": "now"}]
    here = way.index(contest.status)
    states = ["past"] * here + ["now"] + ["ahead"] * (len(way) - here - 1)
    return [
        {"label": stage.label, "state": state} for stage, state in zip(way, states, strict=True)
    ]


def figures_of(contest: Contest) -> list[tuple[str, str]]:
    """Applications by status, sheets handed in of those given out, what waits: label and number."""
    by_status = dict(contest.applications.order_by().values_list("status").annotate(Count("pk")))
    found = [
        (ApplicationStatus(status).label, str(number))
        for status, number in sorted(
            by_status.items(), key=lambda each: ApplicationStatus.values.index(each[0])
        )
    ]
    sheets = Sheet.objects.filter(application__contest=contest).exclude(status=SheetStatus.RECUSED)
    if given := sheets.count():
        done = sheets.filter(status=SheetStatus.SUBMITTED).count()
        found.append((gettext("sheets handed in"), f"{done} / {given}"))
    if members := contest.members.voting().count():
        found.append((gettext("members with a vote"), str(members)))
    if waiting := contest.questions.filter(answered_at=None).count():
        found.append((gettext("questions without an answer"), str(waiting)))
    steps = contest.campaign.all()
    if planned := len(steps):
        done = sum(1 for step in steps if step.done_on)
        found.append((gettext("steps of the campaign done"), f"{done} / {planned}"))
    return found
