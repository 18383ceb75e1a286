"""After the decision, in the admin: letters, practices, the article, tasks."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from contests import after, harvest
from contests.admin_votes import VotesAdmin
from contests.choices import RESULTS, ContestStatus, FollowUpKind
from contests.letters import reader_of
from contests.models import Application, FollowUp
from contests.results import tables_of
from contests.workflow import LEADS, STAFF
from people.models import User
from people.phones import whatsapp_url
from publishing.admin_tools import Tool
from publishing.editing import Locked
from publishing.languages import current_language
from publishing.letters import KINDS, write
from publishing.models import AuditEvent
from publishing.work import admin_address
from publishing.workflow import MoveRefused

#: Stages in which comments may be chosen; the letters themselves wait for the results.
CHOOSING = (ContestStatus.DECIDED, *RESULTS)
LETTER = "contest_result"


class FeedbackForm(Locked, forms.ModelForm):
    """What the applicant reads of the members’ words, in either language."""

    class Meta:
        model = Application
        fields = ["feedback_ky", "feedback_ru"]
        widgets = {
            name: forms.Textarea({"rows": 8, "data-limit": 2000, "lang": name[-2:]})
            for name in ("feedback_ky", "feedback_ru")
        }
        help_texts = {
            "feedback_ky": _(
                "One language is enough: the applicant gets the one there is. Leave out whatever tells"
                " who of the commission has written it."
            )
        }


def _with_https(field, **options):
    """An address typed without a scheme is one of the web of today."""
    if isinstance(field, models.URLField):
        options["assume_scheme"] = "https"
    return field.formfield(**options)


class TaskForm(forms.ModelForm):
    """A task after the contest. people: choices of who may be responsible, read once for all rows."""

    class Meta:
        model = FollowUp
        fields = ["responsible", "due_on", "done_on", "note", "link"]
        widgets = {
            name: forms.DateInput({"type": "date"}, format="%Y-%m-%d")
            for name in ("due_on", "done_on")
        }
        formfield_callback = _with_https

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["responsible"].choices = people


class OwnTaskForm(TaskForm):
    """A task that nobody but its maker has thought of: the note says what."""

    class Meta(TaskForm.Meta):
        fields = ["note", "responsible", "due_on"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["note"].required = True
        self.fields["note"].label = _("What is to be done")


class AfterAdmin(VotesAdmin):
    """Mixed into ContestAdmin: <id>/after/ is what follows the decision, <id>/tasks/ who does what."""

    def tools(self, request, record) -> list[Tool]:
        tools = super().tools(request, record)
        if record.status in CHOOSING and request.user.is_in(*STAFF):
            tools.append(Tool(gettext("After the decision"), self._address("after", record)))
        if record.status in RESULTS and request.user.is_in(*STAFF):
            tools.append(Tool(gettext("Tasks"), self._address("tasks", record)))
        return tools

    def get_urls(self):
        view = self.admin_site.admin_view
        pages = {
            "after": ("after/", self.after_view),
            "feedback": ("after/<int:pk>/", self.feedback_view),
            "result_text": ("after/<int:pk>/text/", require_POST(self.result_text_view)),
            "to_practice": ("after/<int:pk>/practice/", require_POST(self.to_practice_view)),
            "tasks": ("tasks/", self.tasks_view),
            "task": ("tasks/<int:pk>/", require_POST(self.task_view)),
        }
        return [
            *(
                path(f"<path:object_id>/{end}", view(page), name=f"contests_contest_{name}")
                for name, (end, page) in pages.items()
            ),
            *super().get_urls(),
        ]

    def _of_staff(self, request, object_id):
        """The contest, for whoever keeps its papers."""
        record = self._record_or_404(request, object_id)
        if not request.user.is_in(*STAFF):
            raise PermissionDenied
        return record

    def _drawn_after(self, request, record, template, title, **context):
        page = self.admin_site.each_context(request) | {
            "title": title,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "is_public": record.status in RESULTS,
        }
        return TemplateResponse(request, f"admin/contests/{template}.html", page | context)

    # ------------------------------------------------------------ letters, practices, article

    def after_view(self, request, object_id):
        """All entries with what became of them; a POST sends the letters or makes the article."""
        record = self._of_staff(request, object_id)
        if request.method == "POST":
            if "article" in request.POST:
                return self._make_article(request, record)
            return self._send_letters(request, record)
        entries = (
            record.applications.admitted()
            .select_related("municipality", "nomination", "made_practice", "practice", "created_by")
            .order_by("nomination__position", "group", "number")
        )
        rows = self._rows(record, list(entries))
        return self._drawn_after(
            request,
            record,
            "after",
            gettext("After the decision"),
            rows=rows,
            by_mail=sum(row["waits"] and bool(row["reader"].email) for row in rows),
            by_hand=sum(row["waits"] and not row["reader"].email for row in rows),
            silent=sum(not row["has_feedback"] for row in rows),
            article=record.results_article,
            article_url=record.results_article and admin_address(record.results_article),
            may_write=request.user.is_in(*LEADS),
            open_tasks=record.followups.filter(done_on=None).count(),
        )

    def _rows(self, record, entries) -> list[dict]:
        """[{"entry", "reader", "waits", "has_feedback", "awards", "place", "mean"}]; figures once
        the results are out.
        """
        is_public = record.status in RESULTS
        awards = after.awards_of(record) if is_public else {}
        standings = {}
        if is_public:
            for table in tables_of(record):
                standings |= {entry.pk: standing for entry, standing in table.rows}
        rows = []
        for entry in entries:
            entry.contest = record
            standing = standings.get(entry.pk)
            rows.append(
                {
                    "entry": entry,
                    "reader": reader_of(entry),
                    "waits": is_public and entry.told_at is None,
                    "has_feedback": bool(entry.feedback_ky or entry.feedback_ru),
                    "awards": [
                        after.award_label(each, current_language())
                        for each in awards.get(entry.pk, [])
                    ],
                    "mean": standing and after.rounded(standing.mean),
                    "practice": entry.made_practice,
                    "practice_url": entry.made_practice and admin_address(entry.made_practice),
                }
            )
        return rows

    def _send_letters(self, request, record):
        waiting = list(after.waiting_for_news(record))
        sent = sum(after.tell(entry, actor=request.user) for entry in waiting)
        if sent:
            told = ngettext(
                "%(count)s letter is on its way.", "%(count)s letters are on their way.", sent
            )
            messages.success(request, told % {"count": sent})
        else:
            messages.info(request, gettext("No letter waits: all who have an address are told."))
        return redirect(self._address("after", record))

    def _make_article(self, request, record):
        if not request.user.is_in(*LEADS):
            raise PermissionDenied
        try:
            article = harvest.write_article(record, actor=request.user)
        except MoveRefused as refusal:
            messages.error(request, refusal.message)
            return redirect(self._address("after", record))
        messages.success(request, gettext("The draft stands in the journal in both languages."))
        return redirect(admin_address(article))

    def feedback_view(self, request, object_id, pk):
        """The members’ comments, without names, and what of them goes into the letter."""
        record = self._of_staff(request, object_id)
        if record.status not in CHOOSING:
            raise PermissionDenied
        entry = get_object_or_404(record.applications.admitted(), pk=pk)
        form = FeedbackForm(request.POST or None, instance=entry)
        if request.method == "POST" and form.is_valid():
            form.instance.version += 1
            form.save()
            messages.success(request, gettext("Kept. The letter goes out with it."))
            return redirect(self._address("after", record) + f"#entry-{pk}")
        if form.has_conflict:
            form.mark_theirs()
        return self._drawn_after(
            request,
            record,
            "after_feedback",
            gettext("What the applicant reads"),
            entry=entry,
            form=form,
            comments=[sheet.comment for sheet in after.comments_on(entry)],
            told=after.told(entry, entry.language),
        )

    def result_text_view(self, request, object_id, pk):
        """The letter as a text for WhatsApp; with it the applicant counts as told."""
        record = self._of_staff(request, object_id)
        entry = get_object_or_404(record.applications.admitted(), pk=pk)
        if record.status not in RESULTS:
            raise PermissionDenied
        reader = reader_of(entry)
        letter = write(LETTER, entry, language=reader.language, by=request.user)
        if not after.tell(entry, actor=request.user, by_hand=True):
            AuditEvent.record(
                entry,
                action="whatsapp_text",
                actor=request.user,
                via="admin",
                details={"letter": LETTER},
            )
        context = self.admin_site.each_context(request) | {
            "title": gettext("Text for WhatsApp"),
            "subtitle": str(entry),
            "opts": self.opts,
            "original": record,
            "kind": KINDS[LETTER],
            "reader": reader,
            "text": letter.for_whatsapp,
            "whatsapp_url": whatsapp_url(reader.phone, letter.for_whatsapp),
        }
        return TemplateResponse(request, "admin/letter.html", context)

    def to_practice_view(self, request, object_id, pk):
        """One press: the entry stands among the practices that editors review."""
        record = self._of_staff(request, object_id)
        entry = get_object_or_404(record.applications.admitted(), pk=pk)
        try:
            practice = harvest.make_practice(entry, actor=request.user)
        except MoveRefused as refusal:
            missing = "; ".join(str(each.message) for each in refusal.missing)
            messages.error(request, f"{refusal.message} {missing}".strip())
            return redirect(self._address("after", record) + f"#entry-{pk}")
        messages.success(
            request,
            gettext("Linked: %(practice)s") % {"practice": practice}
            if practice.pk == entry.practice_id
            else gettext("Handed to the editors: %(practice)s") % {"practice": practice},
        )
        return redirect(self._address("after", record) + f"#entry-{pk}")

    # ------------------------------------------------------------ tasks

    def tasks_view(self, request, object_id, typed=None):
        """Who does what until when; a POST adds a task of one’s own."""
        record = self._of_staff(request, object_id)
        people = people_of_staff()
        own = OwnTaskForm(people=people, prefix="own")
        if request.method == "POST" and typed is None:
            own = OwnTaskForm(request.POST, people=people, prefix="own")
            if own.is_valid():
                task = own.save(commit=False)
                task.contest, task.kind = record, FollowUpKind.OTHER
                task.save()
                messages.success(request, gettext("The task is added."))
                return redirect(self._address("tasks", record) + f"#task-{task.pk}")
        today = timezone.localdate()
        rows = [
            {
                "task": task,
                "form": typed
                if typed is not None and typed.instance.pk == task.pk
                else TaskForm(instance=task, people=people, prefix=f"task-{task.pk}"),
                "is_typed": typed is not None and typed.instance.pk == task.pk,
                "is_late": task.done_on is None and bool(task.due_on and task.due_on < today),
                "url": reverse("admin:contests_contest_task", args=[record.pk, task.pk]),
            }
            for task in record.followups.select_related(
                "application__municipality", "responsible", "contest"
            )
        ]
        return self._drawn_after(
            request,
            record,
            "after_tasks",
            gettext("Tasks after the contest"),
            waiting=[row for row in rows if row["task"].done_on is None],
            done=[row for row in rows if row["task"].done_on],
            own=own,
        )

    def task_view(self, request, object_id, pk):
        """Changes a task; «Done» alone notes today."""
        record = self._of_staff(request, object_id)
        with transaction.atomic():
            task = get_object_or_404(record.followups.select_for_update(of=("self",)), pk=pk)
            if "is_done" in request.POST:
                task.done_on = task.done_on or timezone.localdate()
                task.save(update_fields=["done_on"])
            else:
                form = TaskForm(
                    request.POST, instance=task, people=people_of_staff(), prefix=f"task-{pk}"
                )
                if not form.is_valid():
                    return self.tasks_view(request, object_id, typed=form)
                form.save()
        messages.success(request, gettext("Kept."))
        return redirect(self._address("tasks", record) + f"#task-{pk}")


def people_of_staff() -> list[tuple]:
    """Choices of a responsible person."""
    people = User.objects.filter(is_staff=True, is_active=True).order_by("name", "pk")
    return [("", "—"), *((person.pk, str(person)) for person in people)]
