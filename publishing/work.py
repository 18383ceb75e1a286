"""«My work»: queues of records that wait, each a condition shared by the count and the list.

A ModelAdmin joins by having `work_queues()`; the count on the first page and the rows of the
filtered list come from the same condition, so they cannot differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.apps import apps
from django.contrib.admin import SimpleListFilter
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.roles import EDITORS, PUBLISHERS, TRANSLATOR
from publishing.models import AuditEvent
from publishing.workflow import Status

PARAMETER = "work"
#: Nobody's work any more.
CLOSED = (Status.ARCHIVED, Status.WITHDRAWN, Status.REJECTED)
#: States in which a record waits for the next person.
WAITING = (Status.SUBMITTED, Status.IN_REVIEW, Status.IN_TRANSLATION, Status.READY)
ROWS_SHOWN = 8
EVENTS_SHOWN = 10


@dataclass(frozen=True)
class Queue:
    """condition(model, user) → Q over the model's rows. on_index: stands on the first page too."""

    key: str
    label: str
    hint: str
    condition: Callable[[type, object], Q]
    on_index: bool = True


def waiting_for(user) -> Q:
    """Rows on which the next step is this person's."""
    waits = Q(assignee=user, status__in=(Status.IN_REVIEW, Status.NEEDS_CHECK))
    waits |= Q(created_by=user, status=Status.NEEDS_CHANGES)
    if user.is_in(*EDITORS):
        waits |= Q(status=Status.SUBMITTED) & (Q(assignee=None) | Q(assignee=user))
        waits |= Q(status=Status.IN_REVIEW, assignee=None)
    if user.is_in(TRANSLATOR):
        waits |= Q(status=Status.IN_TRANSLATION)
    if user.is_in(*PUBLISHERS):
        # Who submitted a text leaves its publication to another pair of eyes.
        waits |= Q(status=Status.READY) & ~Q(submitted_by=user)
    return waits


def _without(language: str) -> Callable[[type, object], Q]:
    def condition(model, user):
        return Q(pk__in=model.objects.without(language).values("pk")) & ~Q(status__in=CLOSED)

    return condition


def _waiting_long(model, user) -> Q:
    limit = timezone.now() - timedelta(days=5)
    return Q(status__in=WAITING, status_changed_at__lt=limit)


#: Queues of everything that walks the workflow.
CONTENT_QUEUES = (
    Queue(
        "for_me",
        _("Waits for me"),
        _("The next step is yours."),
        lambda model, user: waiting_for(user),
    ),
    Queue(
        "overdue",
        _("Overdue"),
        _("Longer in its state than the state allows."),
        lambda model, user: Q(pk__in=model.objects.overdue().values("pk")),
    ),
    Queue(
        "long",
        _("Waits over five days"),
        _("Nobody has moved it for more than five days."),
        _waiting_long,
        on_index=False,
    ),
    Queue(
        "sent_back",
        _("Sent back"),
        _("The author is asked to change something."),
        lambda model, user: Q(status=Status.NEEDS_CHANGES),
    ),
    Queue(
        "scheduled",
        _("Scheduled"),
        _("Will be published by itself on its date."),
        lambda model, user: Q(status=Status.SCHEDULED),
    ),
    Queue(
        "stale",
        _("Stale translation"),
        _("The original has changed, the translation has not."),
        lambda model, user: Q(pk__in=model.objects.stale().values("pk")),
    ),
    Queue("without_ky", _("Without Kyrgyz"), _("No ready Kyrgyz text."), _without("ky")),
    Queue("without_ru", _("Without Russian"), _("No ready Russian text."), _without("ru")),
    Queue(
        "mine",
        _("Mine"),
        _("You are in charge of it, or made it."),
        lambda model, user: Q(assignee=user) | Q(created_by=user),
        on_index=False,
    ),
    Queue(
        "public",
        _("What readers see"),
        _("Published, also while it is being checked."),
        lambda model, user: Q(pk__in=model.objects.published().values("pk")),
        on_index=False,
    ),
)

BEING_WRITTEN = Queue(
    "being_written",
    _("Being written"),
    _("Begun by people of municipalities and not sent yet; only the writer sees the text."),
    lambda model, user: Q(sent_at=None, object_id=None),
)


class WorkFilter(SimpleListFilter):
    """The queues of «My work» as a filter of the list."""

    title = _("work")
    parameter_name = PARAMETER

    def __init__(self, request, params, model, model_admin):
        self.queues = {queue.key: queue for queue in model_admin.work_queues()}
        super().__init__(request, params, model, model_admin)

    def lookups(self, request, model_admin):
        return [(queue.key, queue.label) for queue in self.queues.values()]

    def queryset(self, request, queryset):
        queue = self.queues.get(self.value())
        return queryset.filter(queue.condition(queryset.model, request.user)) if queue else None


def list_address(model_admin, **query) -> str:
    """Address of the model's list in the admin, filtered."""
    options = model_admin.opts
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    return f"{address}?" + "&".join(f"{key}={value}" for key, value in query.items())


def working_admins(site, request) -> list:
    """Registered ModelAdmins that have queues and that the person may look into, roof first."""
    order = [config.label for config in apps.get_app_configs()]
    found = [
        model_admin
        for model_admin in site._registry.values()  # noqa: SLF001
        if hasattr(model_admin, "work_queues")
        and model_admin.has_view_or_change_permission(request)
    ]
    return sorted(found, key=lambda model_admin: order.index(model_admin.opts.app_label))


def counts(model_admin, request) -> dict[str, int]:
    """{queue key: rows in it}, in one query."""
    return model_admin.get_queryset(request).aggregate(
        **{
            queue.key: Count(
                "pk", filter=queue.condition(model_admin.model, request.user), distinct=True
            )
            for queue in model_admin.work_queues()
            if queue.on_index
        }
    )


@dataclass(frozen=True)
class Todo:
    """One thing to do today: what it is about, what to do, where. day: when it was due, None where
    no day is set; done_url takes a POST that marks it as done, «» where the form does it.
    """

    about: str
    what: str
    url: str
    day: date | None = None
    done_url: str = ""

    @property
    def is_late(self) -> bool:
        return self.day is not None and self.day < timezone.localdate()


#: What is due today, told by apps: user → their Todos.
TODAY: list[Callable[[object], list[Todo]]] = []


def todos_of(user) -> list[Todo]:
    """What the person has to do today, the longest due first, then what has no day."""
    found = [todo for tell in TODAY for todo in tell(user)]
    return sorted(found, key=lambda todo: (todo.day is None, todo.day or date.max))


def overview(site, request) -> dict:
    """Context of the first page.

    todos: what is due today.

    queues: [{label, hint, key, total, cells: [{name, count, url}]}]; waiting: the longest waiting
    rows of «for me», [{record, url, model}]; events: the person's last audit events, with url.
    """
    admins = working_admins(site, request)
    queues: dict[str, dict] = {}
    for model_admin in admins:
        found = counts(model_admin, request)
        for queue in model_admin.work_queues():
            if not queue.on_index:
                continue
            line = queues.setdefault(
                queue.key,
                {
                    "key": queue.key,
                    "label": queue.label,
                    "hint": queue.hint,
                    "total": 0,
                    "cells": [],
                },
            )
            line["total"] += found[queue.key]
            line["cells"].append(
                {
                    "name": model_admin.opts.verbose_name_plural,
                    "count": found[queue.key],
                    "url": list_address(model_admin, **{PARAMETER: queue.key}),
                }
            )
    return {
        "todos": todos_of(request.user),
        "queues": list(queues.values()),
        "waiting": _waiting_rows(admins, request),
        "events": _events_of(request.user),
    }


def _waiting_rows(admins, request) -> list[dict]:
    rows = []
    for model_admin in admins:
        for queue in model_admin.work_queues():
            if queue.key != "for_me":
                continue
            condition = queue.condition(model_admin.model, request.user)
            found = (
                model_admin.get_queryset(request).filter(condition).order_by("status_changed_at")
            )
            rows += [
                {
                    "record": record,
                    "model": model_admin.opts.verbose_name,
                    "url": admin_address(record),
                }
                for record in found[:ROWS_SHOWN]
            ]
    return sorted(rows, key=lambda row: row["record"].status_changed_at)[:ROWS_SHOWN]


def _events_of(user) -> list[AuditEvent]:
    events = list(AuditEvent.objects.filter(actor_id=user.pk)[:EVENTS_SHOWN])
    for event in events:
        kind = ContentType.objects.get_for_id(event.content_type_id)
        event.url = _address(kind.app_label, kind.model, event.object_id)
        event.label_of_action = action_label(kind.model_class(), event.action)
    return events


#: What happens to records beside the moves of the workflow.
OTHER_ACTIONS = {
    "load_demo": _("Loaded with the demo"),
    "load_reference": _("Came with the portal"),
    "import": _("Imported"),
    "create": _("Made"),
    "confirm": _("Confirmed"),
    "refuse": _("Not confirmed by the source: something is wrong"),
    "declare": _("Declared"),
    "vouch": _("Vouched for: readers see it"),
    "edit": _("Facts changed"),
    "photo": _("Photo added"),
    "photo_removed": _("Photo taken away"),
    "answer": _("Answered whether it still works"),
    "read_answer": _("The answer was read"),
    "raise_evidence": _("Evidence raised: at work elsewhere too"),
    "whatsapp_text": _("Text for WhatsApp was made"),
    "consent_withdrawn": _("A consent was taken back"),
    "author_left": _("The author’s account was deleted"),
    "submit": _("Sent by the applicant"),
    "papers": _("The applicant brought documents"),
    "reschedule": _("Days of the contest moved"),
    "suggest": _("Suggested"),
    "accept": _("Accepted"),
    "decline": _("Declined"),
    "covered": _("Answered: the journal has written about it"),
    "assign": _("Given to an author"),
    "remind": _("The author was reminded of the deadline"),
    "rights": _("The author has said whose the text and the photos are"),
    "publish_in_journal": _("Made a task for the journal"),
    "into_issue": _("Put into an issue"),
    "out_of_issue": _("Taken out of an issue"),
    "pages": _("Pages of the journal noted"),
    "take_proposal": _("Taken over from a proposal of the partner"),
    "step_done": _("Next step done"),
    "import_contacts": _("Contacts imported"),
    "word": _("The text came from a Word document"),
    "mailing": _("The letter to the subscribers was started"),
    "tell_result": _("The applicant was told of the result"),
    "from_contest": _("Came from a contest"),
    "discard_votes": _("Votes are not counted any more"),
    "restore_votes": _("Votes are counted again"),
    "check_votes": _("The votes were looked through"),
    "sign_one": _("A member of the commission has signed"),
    "awards": _("Awards and votes changed"),
    "evidence_on_site": _("Evidence raised: verified on site"),
    "look_early": _("Means looked at before the deliberation"),
    "choose_visits": _("Field visits chosen by the rule"),
    "visit": _("Sheet of the field visit changed"),
    "discuss": _("Note on the deliberation changed"),
    "check": _("A condition of admission was looked at"),
    "take_late": _("Taken late with the consent of the chair"),
    "contest_reminder": _("Reminded"),
    "link_sent": _("The link was sent"),
    "leave": _("Leaves the commission"),
    "recuse": _("A conflict of interest was noted"),
    "decide_conflict": _("A conflict of interest was decided on"),
    "give_sheets": _("Sheets were given out"),
    "reopen_sheet": _("A sheet was opened again"),
}


def action_label(model, action: str) -> str:
    """An audit event's action in words: the label of the move, else one of OTHER_ACTIONS."""
    labels = {step.name: step.label for step in getattr(model, "workflow", ())}
    return labels.get(action) or OTHER_ACTIONS.get(action, action)


def admin_address(record) -> str:
    """Where the admin shows the record."""
    options = record._meta  # noqa: SLF001
    return _address(options.app_label, options.model_name, record.pk)


def _address(app_label: str, model_name: str, pk) -> str:
    try:
        return reverse(f"admin:{app_label}_{model_name}_change", args=[pk])
    except NoReverseMatch:
        return ""
