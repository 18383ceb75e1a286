"""Places in the admin, what if without a member, all sheets of an entry.

Means stay closed until the deliberation: before it there is progress alone. Whoever leads the contest
may look earlier, gives a reason, and the look is recorded; members of the commission may not.
"""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from contests.admin_visits import VisitsAdmin
from contests.choices import ContestStatus, SheetStatus
from contests.freezing import ranking_rules
from contests.models import Application, Sheet
from contests.ranking import Sheet as RankedSheet
from contests.ranking import sheet_result
from contests.ranking_lines import as_csv, as_xlsx, figure, lines_of, progress_of, rows_of
from contests.results import MEANS_OPEN, columns_of, tables_of, what_if
from contests.scoring import reopen
from contests.workflow import LEADS, STAFF
from publishing.admin_tools import Tool
from publishing.editing import LockedForm
from publishing.languages import LANGUAGES
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused

C = ContestStatus
#: Stages in which means can be looked at early: there are sheets, and no deliberation yet.
EARLY = (C.REVIEW, C.VISITS)
#: Stages from which on the ranking is of use.
RANKED = (*EARLY, *MEANS_OPEN)
FORMATS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class DiscussionForm(LockedForm):
    class Meta:
        model = Application
        fields = ["discussion_ky", "discussion_ru"]
        widgets = {f"discussion_{language}": forms.Textarea({"rows": 6}) for language in LANGUAGES}


class RankingAdmin(VisitsAdmin):
    """Mixed into ContestAdmin; adds its pages to `get_urls` and the ways there to `tools`."""

    def tools(self, request, record) -> list[Tool]:
        tools = super().tools(request, record)
        if record.status in RANKED and request.user.is_in(*STAFF):
            tools.append(Tool(gettext("Ranking"), self._address("ranking", record)))
        return tools

    def get_urls(self):
        view = self.admin_site.admin_view
        safe = {"ranking_export": self.export_view, "what_if": self.what_if_view}
        return [
            path(
                "<path:object_id>/ranking/",
                view(self.ranking_view),
                name="contests_contest_ranking",
            ),
            path(
                "<path:object_id>/ranking/entry/<int:pk>/",
                view(self.entry_view),
                name="contests_contest_entry",
            ),
            *(
                path(
                    f"<path:object_id>/ranking/{name.removeprefix('ranking_')}/",
                    view(require_safe(page)),
                    name=f"contests_contest_{name}",
                )
                for name, page in safe.items()
            ),
            *super().get_urls(),
        ]

    # ------------------------------------------------------------ who sees what, when

    def contest_for_staff(self, request, object_id):
        """The contest; 403 for whoever is not of its staff, observers too."""
        record = self._record_or_404(request, object_id)
        if not request.user.is_in(*STAFF):
            raise PermissionDenied
        return record

    def _opened(self, request, object_id):
        """The contest while its means are open; 403 before."""
        record = self.contest_for_staff(request, object_id)
        if record.status not in MEANS_OPEN:
            raise PermissionDenied(gettext("Means are closed until the deliberation."))
        return record

    @staticmethod
    def may_look_early(request, record) -> bool:
        sits_in = record.members.voting().filter(user=request.user).exists()
        return record.status in EARLY and request.user.is_in(*LEADS) and not sits_in

    def page(self, request, record, template, title, **context):
        """A page of the contest beside its form."""
        frame = self.admin_site.each_context(request) | {
            "title": title,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
        }
        return TemplateResponse(request, f"admin/contests/{template}.html", frame | context)

    # ------------------------------------------------------------ the ranking

    def ranking_view(self, request, object_id):
        """Places where means are open, else how far the commission is; a POST is an early look."""
        record = self.contest_for_staff(request, object_id)
        if record.status in MEANS_OPEN:
            return self._ranking(request, record)
        form = ReasonForm(request.POST or None)
        if request.method == "POST":
            if not self.may_look_early(request, record):
                raise PermissionDenied
            if form.is_valid():
                AuditEvent.record(
                    record,
                    action="look_early",
                    actor=request.user,
                    via="admin",
                    reason=form.cleaned_data["reason"],
                )
                return self._ranking(request, record, is_early=True)
        return self.page(
            request,
            record,
            "ranking_progress",
            gettext("Ranking"),
            sections=progress_of(record),
            form=form if self.may_look_early(request, record) else None,
        )

    def _ranking(self, request, record, *, is_early=False):
        version = record.versions.first()
        sections = []
        for table in tables_of(record):
            columns, lines = lines_of(table, version)
            sections.append({"table": table, "columns": columns, "lines": lines})
        return self.page(
            request,
            record,
            "ranking",
            gettext("Ranking"),
            sections=sections,
            terms=version.content["terms"] if version else {},
            is_early=is_early,
        )

    def export_view(self, request, object_id):
        """The ranking as CSV or XLSX."""
        record = self._opened(request, object_id)
        kind = request.GET.get("format", "xlsx")
        if kind not in FORMATS:
            raise Http404
        write, content_type = FORMATS[kind]
        rows = rows_of(tables_of(record), record.versions.first())
        name = f"{record.slug or record.pk}-ranking.{kind}"
        return HttpResponse(
            write(rows),
            content_type=content_type,
            headers={"Content-Disposition": content_disposition_header(True, name)},
        )

    def what_if_view(self, request, object_id):
        """Places without a member or some, beside those that are; nothing is written."""
        record = self._opened(request, object_id)
        members = list(record.members.voting())
        asked = {int(pk) for pk in request.GET.getlist("member") if pk.isdecimal()}
        left_out = [each for each in members if each.pk in asked]
        changes = what_if(record, without={each.pk for each in left_out}) if left_out else []
        return self.page(
            request,
            record,
            "what_if",
            gettext("What if without a member"),
            members=members,
            left_out=left_out,
            sections=_by_table(changes),
            moved=sum(each.is_moved for each in changes),
        )

    # ------------------------------------------------------------ an entry

    def entry_view(self, request, object_id, pk):
        """All sheets of an entry; in the deliberation, the note on what was said of it."""
        record = self.contest_for_staff(request, object_id)
        entries = record.applications.select_related(
            "municipality__oblast", "municipality__district", "nomination", "contest"
        )
        application = get_object_or_404(entries, pk=pk)
        form = DiscussionForm(request.POST or None, instance=application)
        answer = None
        if request.method == "POST":
            answer = self._change_entry(request, record, application, form)
        if answer:
            return answer
        is_open = record.status in MEANS_OPEN
        version = record.versions.first()
        columns = columns_of(version, application.nomination) if version else []
        scored = [each for each in columns if each["kind"] == "jury"]
        return self.page(
            request,
            record,
            "ranking_entry",
            application.code or application.number,
            application=application,
            is_open=is_open,
            columns=scored,
            sheets=_sheets_of(application, version, scored, is_open=is_open),
            form=form if record.status == C.DELIBERATION else None,
            may_reopen=record.status == C.REVIEW,
        )

    def _change_entry(self, request, record, application, form):
        """Where to go on after a change, or None where the form has to be looked at again."""
        if not request.user.has_perm("contests.change_application"):
            raise PermissionDenied
        here = self._address("entry", record, application.pk)
        if "sheet" in request.POST:
            sheet = get_object_or_404(application.sheets, pk=request.POST["sheet"])
            try:
                reopen(sheet, reason=request.POST.get("reason", ""), actor=request.user)
            except MoveRefused as refusal:
                messages.error(request, refusal.message)
            else:
                messages.success(request, gettext("The sheet is open again."))
            return redirect(here)
        if record.status != C.DELIBERATION:
            messages.error(request, gettext("The note is written in the deliberation."))
            return redirect(here)
        if not form.is_valid():
            return None
        if form.has_changed():
            application.version += 1
            application.save(
                update_fields=["discussion_ky", "discussion_ru", "version", "updated_at"]
            )
            AuditEvent.record(application, action="discuss", actor=request.user, via="admin")
        messages.success(request, gettext("The note is kept; it goes into the protocol."))
        return redirect(here)


def _by_table(changes) -> list[dict]:
    """Changes as they are drawn: [{"table", "rows": [{"change", "now", "then"}]}]."""
    found: dict[int, dict] = {}
    for each in changes:
        section = found.setdefault(id(each.table), {"table": each.table, "rows": []})
        row = {"change": each, "now": figure(each.now.mean), "then": figure(each.then.mean)}
        section["rows"].append(row)
    return list(found.values())


def _sheets_of(application, version, columns, *, is_open) -> list[dict]:
    """Sheets in the order of members. Scores, comments and changes only where means are open."""
    sheets = application.sheets.select_related("member").order_by("member__position", "member")
    if not is_open:
        return [{"sheet": sheet} for sheet in sheets.defer("comment", "note")]
    sheets = list(sheets.defer("note").prefetch_related("scores", "changes__criterion"))
    barred = set(application.conflicts.filter(decision="recused").values_list("member", flat=True))
    rules = ranking_rules(version, application.nomination_id)
    return [_told(sheet, rules, columns, barred) for sheet in sheets]


def _told(sheet: Sheet, rules, columns, barred) -> dict:
    scores = {score.criterion_id: score for score in sheet.scores.all()}
    values = {pk: score.value for pk, score in scores.items() if score.value is not None}
    is_whole = all(each["id"] in values for each in columns)
    result = sheet_result(RankedSheet(None, None, values), rules) if is_whole else None
    counts = (
        sheet.status == SheetStatus.SUBMITTED
        and sheet.member.has_vote
        and sheet.member_id not in barred
    )
    return {
        "sheet": sheet,
        "result": figure(result),
        "counts": counts,
        "scores": [(each, scores.get(each["id"])) for each in columns],
        "changes": list(sheet.changes.all()),
    }
