"""The way of a text from draft to reader: one table of transitions, one function that walks it.

Admin, public form, signed link and task all call `move`. It locks the row, checks who and whether,
changes the state, writes the audit event and runs the effects after commit.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.roles import (
    CHIEF_EDITOR,
    CONTRIBUTOR,
    PARTNER_EDITOR,
    SPECIALIST,
    THEME_EDITOR,
    TRANSLATOR,
)


class Status(models.TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    IN_REVIEW = "in_review", _("in review")
    NEEDS_CHANGES = "needs_changes", _("sent back")
    IN_TRANSLATION = "in_translation", _("in translation")
    READY = "ready", pgettext_lazy("status", "ready to publish")
    SCHEDULED = "scheduled", _("scheduled")
    PUBLISHED = "published", _("published")
    NEEDS_CHECK = "needs_check", _("to be checked")
    OUTDATED = "outdated", _("out of date")
    ARCHIVED = "archived", _("archived")
    WITHDRAWN = "withdrawn", _("withdrawn")
    REJECTED = "rejected", _("rejected")


#: States in which a text is on lists.
LISTED = (Status.PUBLISHED, Status.NEEDS_CHECK, Status.OUTDATED)
#: States in which its page opens; an archived page stays readable, outside the lists.
READABLE = (*LISTED, Status.ARCHIVED)


class WithdrawalKind(models.TextChoices):
    """Why a page is gone; the kind is shown in public (410), the reason itself is not."""

    LAW = "law", _("required by law")
    CONSENT = "consent", _("consent was withdrawn")
    PERSONAL_DATA = "personal_data", _("it held personal data")
    MISTAKE = "mistake", _("it turned out to be wrong")
    DUPLICATE = "duplicate", _("it repeated another page")


class MoveRefused(Exception):
    """A move that may not be made; the message is for the person who tried, in their language."""

    def __init__(self, message, missing: Iterable["Missing"] = ()):
        super().__init__(message)
        self.message = message
        self.missing = list(missing)


@dataclass(frozen=True)
class Missing:
    """One thing that stands in the way of a move: the field to look at and a sentence."""

    field: str
    message: str


@dataclass(frozen=True)
class Transition:
    """One allowed move.

    who: groups whose members may make it; «author» stands for the one who made the record, and
    «system» for the clock; other words in small letters are parts people play in the record, which
    it tells itself (`plays`). guard: name of a method of the record that returns what is Missing.
    four_eyes: whoever submitted the record makes it only with a reason, and the audit says so.
    checklist: points to tick beside the reason, each a code and a sentence.
    """

    name: str
    label: str
    sources: tuple[str, ...]
    target: str
    who: tuple[str, ...]
    needs_reason: bool = False
    guard: str = ""
    four_eyes: bool = False
    checklist: tuple[tuple[str, str], ...] = ()
    effects: tuple[Callable, ...] = field(default=())


ANY_EDITOR = (THEME_EDITOR, CHIEF_EDITOR, SPECIALIST)
AUTHORS = ("author", CONTRIBUTOR, PARTNER_EDITOR, *ANY_EDITOR)
PUBLISHER = (CHIEF_EDITOR, SPECIALIST)

#: Why a text goes back to whoever wrote it.
BACK_REASONS = (
    ("problem", _("The problem is not clear: for whom it was one and how it was known")),
    ("numbers", _("The result has no numbers")),
    ("cost", _("The cost, its year or who pays the upkeep is missing")),
    ("steps", _("Another municipality could not repeat it by these steps")),
    ("law", _("The legal basis is missing or doubtful")),
    ("personal_data", _("It holds personal data")),
    ("rights", _("The rights to photos or documents are not clear")),
    ("contact", _("There is no contact that answers")),
    ("translation", _("The translation differs from the original")),
    ("language", _("The text needs an editor’s hand: style, terms, mistakes")),
)

S = Status
CONTENT: tuple[Transition, ...] = (
    Transition("submit", _("Submit for review"), (S.DRAFT, S.NEEDS_CHANGES), S.SUBMITTED, AUTHORS,
               guard="missing_for_submission"),
    Transition("take", _("Take into review"), (S.SUBMITTED,), S.IN_REVIEW, ANY_EDITOR),
    Transition("send_back", _("Send back"), (S.SUBMITTED, S.IN_REVIEW, S.IN_TRANSLATION, S.READY),
               S.NEEDS_CHANGES, ANY_EDITOR, needs_reason=True, checklist=BACK_REASONS),
    Transition("translate", _("Send to translation"), (S.IN_REVIEW,), S.IN_TRANSLATION, ANY_EDITOR,
               guard="missing_for_publication"),
    Transition("translated", _("Translation is done"), (S.IN_TRANSLATION,), S.READY,
               (TRANSLATOR, *ANY_EDITOR), guard="missing_in_translation"),
    Transition("accept", _("Accept as it is"), (S.IN_REVIEW,), S.READY, ANY_EDITOR,
               guard="missing_for_publication"),
    Transition("schedule", _("Publish on a date"), (S.READY,), S.SCHEDULED, PUBLISHER,
               guard="missing_for_schedule", four_eyes=True),
    Transition("unschedule", _("Take off the schedule"), (S.SCHEDULED,), S.READY, PUBLISHER),
    Transition("publish", _("Publish"), (S.READY, S.SCHEDULED), S.PUBLISHED,
               (*PUBLISHER, "system"), guard="missing_for_publication", four_eyes=True),
    Transition("ask", _("Ask whether it still holds"), (S.PUBLISHED,), S.NEEDS_CHECK,
               (*ANY_EDITOR, "system")),
    Transition("confirm", _("It still holds"), (S.NEEDS_CHECK, S.OUTDATED), S.PUBLISHED,
               (*ANY_EDITOR, "author")),
    Transition("outdate", _("Mark as out of date"), (S.PUBLISHED, S.NEEDS_CHECK), S.OUTDATED,
               (*ANY_EDITOR, "system"), needs_reason=True),
    Transition("archive", _("Move to the archive"), LISTED, S.ARCHIVED, PUBLISHER,
               needs_reason=True),
    Transition("unarchive", _("Bring back from the archive"), (S.ARCHIVED,), S.PUBLISHED,
               PUBLISHER, guard="missing_for_publication"),
    Transition("withdraw", _("Withdraw"), (*READABLE, S.SCHEDULED), S.WITHDRAWN, PUBLISHER,
               needs_reason=True, guard="missing_for_withdrawal"),
    Transition("reject", _("Reject"), (S.SUBMITTED, S.IN_REVIEW, S.NEEDS_CHANGES), S.REJECTED,
               ANY_EDITOR, needs_reason=True),
    Transition("reopen", _("Open again as a draft"), (S.REJECTED, S.WITHDRAWN), S.DRAFT, PUBLISHER,
               needs_reason=True),
)  # fmt: skip


def transition(record, name: str) -> Transition:
    """The transition of that name in the record's own table."""
    for candidate in record.workflow:
        if candidate.name == name:
            return candidate
    raise LookupError(f"{type(record).__name__} has no transition {name!r}")


def may_walk(step: Transition, record, actor, part: str = "") -> bool:
    """Whether the person (None: the clock) is among those the table names.

    part: what the holder of a signed link, who has no account, acts as.
    """
    if actor is None:
        return (part or "system") in step.who
    if not actor.is_active:
        return False
    if "author" in step.who and record.created_by_id == actor.pk:
        return True
    parts = [who for who in step.who if who.islower() and who not in {"author", "system"}]
    if parts and any(record.plays(part, actor) for part in parts):
        return True
    groups = [
        who for who in step.who if not who.islower() and who not in {CONTRIBUTOR, PARTNER_EDITOR}
    ]
    if CONTRIBUTOR in step.who and record.created_by_id == actor.pk:
        groups += [CONTRIBUTOR, PARTNER_EDITOR]
    return actor.is_in(*groups)


def moves_for(record, actor) -> list[Transition]:
    """Moves open to the person right now: what is not here is not drawn as a button."""
    return [
        step
        for step in record.workflow
        if record.status in step.sources and may_walk(step, record, actor)
    ]


def needs_override(step: Transition, record, actor) -> bool:
    """Whether a second pair of eyes is missing: the one who submitted would approve."""
    return step.four_eyes and actor is not None and record.submitted_by_id == actor.pk


@transaction.atomic
def move(
    record, name: str, *, actor, reason: str = "", via: str = "admin", part: str = "", **details
):
    """Walk one transition and return the record as it stands afterwards.

    actor: a user, or None for the clock and for the holder of a signed link, who then acts as
    `part` («author», «source» …). details: what the move brings along (withdrawal_kind,
    scheduled_for, checklist); the record's apply_move gets them, and the reason. Moving twice is
    harmless: a record already there comes back as it is. Raises MoveRefused with a sentence for
    the person otherwise.
    """
    from publishing.models import AuditEvent

    step = transition(record, name)
    row = type(record).objects.select_for_update(of=("self",)).get(pk=record.pk)
    if row.status == step.target and row.status not in step.sources:
        record.refresh_from_db()
        return row
    if row.status not in step.sources:
        raise MoveRefused(
            _("This is not possible now: the record is “%(status)s”. Somebody may have moved it.")
            % {"status": row.get_status_display()}
        )
    if not may_walk(step, row, actor, part):
        raise MoveRefused(_("You do not have the right to do this."))
    reason = reason.strip()
    overridden = needs_override(step, row, actor)
    if (step.needs_reason or overridden) and not reason and not details.get("checklist"):
        raise MoveRefused(
            _("You submitted this yourself. To approve it too, give a reason; it will be recorded.")
            if overridden
            else _("Give a reason.")
        )
    for key in ("scheduled_for", "withdrawal_kind"):
        if key in details:
            setattr(row, key, details[key] or None if key == "scheduled_for" else details[key])
    if step.guard:
        missing = list(getattr(row, step.guard)())
        if missing:
            raise MoveRefused(_("Something is still missing."), missing)
    before = row.status
    row.status = step.target
    row.status_changed_at = timezone.now()
    row.apply_move(step, actor=actor, before=before, details={"reason": reason, **details})
    row.save()
    AuditEvent.record(
        row,
        action=step.name,
        actor=actor,
        before=before,
        after=row.status,
        reason=reason,
        via=via,
        details={
            **{key: details[key] for key in ("checklist", "language", "told") if details.get(key)},
            **({"override": True} if overridden else {}),
        },
    )
    transaction.on_commit(lambda: row.after_move(step, before=before))
    # The caller's instance must not save the old state over the new one.
    record.refresh_from_db()
    return row
