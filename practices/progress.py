"""How far a description has come, told to its author: what happened, where it is, what comes next."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from publishing.models import AuditEvent
from publishing.workflow import Status

#: state → (what it means for the author, what comes next)
WORDS = {
    Status.DRAFT: (_("It is with you."), _("Send it when it is ready.")),
    Status.SUBMITTED: (
        _("It has arrived and waits for an editor."),
        _("An editor takes it within five working days."),
    ),
    Status.IN_REVIEW: (
        _("An editor is reading it."),
        _("The editor accepts it, or asks you to add something."),
    ),
    Status.NEEDS_CHANGES: (
        _("The editor asks you to add or change something."),
        _("Look at the marked fields, change them and send it again."),
    ),
    Status.IN_TRANSLATION: (
        _("It is accepted and being translated into the other language."),
        _("When the translation is ready, it is published."),
    ),
    Status.READY: (_("It is ready."), _("The chief editor publishes it.")),
    Status.SCHEDULED: (
        _("It is ready and has its date."),
        _("It is published by itself on that day."),
    ),
    Status.PUBLISHED: (
        _("It is published. Thank you!"),
        _("In a year we ask you whether it still works."),
    ),
    Status.NEEDS_CHECK: (
        _("It is published. We ask whether it still works."),
        _("Answer by the link in our letter."),
    ),
    Status.OUTDATED: (
        _("It is published, with a note that its data are old."),
        _("Tell us that it still works, and the note goes."),
    ),
    Status.ARCHIVED: (_("It is kept in the archive."), ""),
    Status.WITHDRAWN: (_("It has been taken off the portal."), ""),
    Status.REJECTED: (
        _("The editors could not take it."),
        _("Read why below. You may begin anew at any time."),
    ),
}
#: What an author sees of the history; the rest is the editors' own business.
EVENTS = {
    "submit": _("You sent it"),
    "take": _("An editor took it"),
    "send_back": _("The editor sent it back to you"),
    "translate": _("Accepted, sent to translation"),
    "translated": _("Translated"),
    "accept": _("Accepted"),
    "publish": _("Published"),
    "ask": _("We asked whether it still works"),
    "confirm": _("You confirmed that it works"),
    "outdate": _("Marked as out of date"),
    "archive": _("Moved to the archive"),
    "withdraw": _("Taken off the portal"),
    "reject": _("Not taken"),
}
#: The way of a description, in the author's four steps.
STAGES = (
    (_("Sent"), {Status.SUBMITTED}),
    (_("Read by an editor"), {Status.IN_REVIEW, Status.NEEDS_CHANGES}),
    (_("Translated and checked"), {Status.IN_TRANSLATION, Status.READY, Status.SCHEDULED}),
    (_("Published"), {Status.PUBLISHED, Status.NEEDS_CHECK, Status.OUTDATED}),
)


@dataclass(frozen=True)
class Event:
    at: datetime
    label: str
    words: str


@dataclass(frozen=True)
class Progress:
    """stages: [(label, is_reached, is_now)]; due: the last day of the present state, or None."""

    state: str
    next: str
    stages: list[tuple[str, bool, bool]]
    events: list[Event]
    due: datetime | None


def progress(record) -> Progress:
    """Where the record stands, for its author. The reason of a move is told only where it is for them."""
    state, coming = WORDS[Status(record.status)]
    reached = next((n for n, (_l, states) in enumerate(STAGES) if record.status in states), None)
    events = [
        Event(event.at, EVENTS[event.action], told(event))
        for event in AuditEvent.about(record)
        if event.action in EVENTS
    ]
    waits_for_us = record.status in {Status.SUBMITTED, Status.IN_REVIEW, Status.IN_TRANSLATION}
    return Progress(
        state=state,
        next=coming,
        stages=[
            (label, reached is not None and number <= reached, number == reached)
            for number, (label, _states) in enumerate(STAGES)
        ],
        events=events,
        due=record.due_at if waits_for_us else None,
    )


def told(event) -> str:
    return event.reason if event.action in {"send_back", "reject"} else ""
