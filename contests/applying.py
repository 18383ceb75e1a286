"""An application on its way: sent, taken back before the commission begins, repaired."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from contests import admission
from contests.choices import BEFORE_REVIEW, ApplicationStatus, ContestStatus, Group
from contests.drafting import KIND, ApplicationReading, key_in
from contests.entering import content_of, files_for, save_files
from contests.freezing import digest_of
from contests.letters import tell_sent
from contests.models import Application, Contest, Nomination
from people import consents
from people.consents import Purpose
from places.models import Municipality
from practices.contribution import NotReady
from practices.models import Practice
from publishing.models import AuditEvent, Draft
from publishing.workflow import MoveRefused, move

__all__ = ["KIND", "NotReady", "reopen", "repaired", "submit", "take_back"]

HARD = {
    Municipality.Group.MOUNTAIN_REMOTE,
    Municipality.Group.BORDER,
    Municipality.Group.MOUNTAIN_BORDER,
}


# ---------------------------------------------------------------- the term


def say_when(moment: datetime) -> str:
    """«31 October, 18:00:01» by the clock of Bishkek."""
    local = timezone.localtime(moment)
    return f"{date_format(local, 'DATE_FORMAT')}, {local:%H:%M:%S}"


def check_term(contest: Contest, *, at: datetime, late_by: str = "") -> None:
    """Whether the contest takes an application that arrived then; MoveRefused with a sentence if not.

    What arrived in time is taken even if the contest was closed while it was being worked on.
    """
    if contest.status == ContestStatus.CANCELLED:
        raise MoveRefused(gettext("This contest has been cancelled. Your text is kept."))
    if contest.status == ContestStatus.ANNOUNCED or at < contest.opens_at:
        raise MoveRefused(gettext("This contest is not open for applications yet."))
    if contest.status not in BEFORE_REVIEW:
        raise MoveRefused(gettext("This contest does not take applications any more."))
    if late_by:
        return
    if at >= contest.closes_at:
        raise MoveRefused(
            gettext(
                "The term is over: applications were taken until %(end)s, this came at %(at)s "
                "(Bishkek time). Your text is kept and can be read."
            )
            % {"end": say_when(contest.closes_at), "at": say_when(at)}
        )


# ---------------------------------------------------------------- sending


@transaction.atomic
def submit(
    draft: Draft, *, at: datetime, by, late_by: str = "", agreed: Collection[str] = ()
) -> Application:
    """Make the draft an application with a number; sending twice sends once.

    at: when the request arrived. late_by: with whose consent one is taken after the term. agreed:
    purposes of people.consents that the writer has ticked. Raises NotReady while something is
    missing, MoveRefused with a sentence where the contest does not take it.
    """
    # The contest first, as whoever takes a late one does.
    contest = _locked_contest(draft)
    draft = Draft.objects.select_for_update(of=("self",)).select_related("owner").get(pk=draft.pk)
    if draft.sent_at:
        return draft.record
    reading = ApplicationReading(draft)
    check_term(contest, at=at, late_by=late_by)
    if reading.blocking:
        raise NotReady(reading.blocking)
    application = _filled(reading, contest)
    application.submitted_at, application.late_by = at, late_by[:160]
    application.wants_publication = Purpose.PUBLISH in agreed
    files = files_for(application, reading)
    application.content = content_of(reading, files)
    application.digest = digest_of(application.content)
    application.checks = admission.look(application)
    _refuse_second(application)
    application.number = next_number(application)
    application.save()
    save_files(application, files)
    consents.give_for_new(draft.owner, sorted(agreed), language=draft.language, about=application)
    draft.record, draft.sent_at = application, timezone.now()
    draft.save(update_fields=["content_type", "object_id", "sent_at", "updated_at"])
    AuditEvent.record(
        application,
        action="submit",
        actor=by,
        via=AuditEvent.Via.ADMIN if late_by else AuditEvent.Via.SITE,
        after=application.status,
        details={"digest": application.digest},
    )
    tell_sent(application)
    return application


def _locked_contest(draft: Draft) -> Contest:
    """The contest, locked until the end of the transaction: numbers are given one after another.

    Contests of a year with the same short code count together, so they are locked together.
    """
    contest, nomination = (str(draft.answers.get(n) or "0") for n in ("contest", "nomination"))
    chosen = Nomination.objects.filter(pk=key_in(nomination))
    same = Nomination.objects.filter(
        code__in=chosen.values("code"), contest__year__in=chosen.values("contest__year")
    )
    rows = (
        Contest.objects.filter(Q(pk=contest) | Q(pk__in=same.values("contest")))
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
    )
    return next(row for row in rows if str(row.pk) == contest)


def _filled(reading: ApplicationReading, contest: Contest) -> Application:
    draft, cleaned, place = reading.draft, reading.cleaned, reading.municipality
    practice = str(draft.answers.get("practice") or "")
    return Application(
        contest=contest,
        nomination=reading.nomination,
        municipality=place,
        group=Group.HARD if place.group in HARD else Group.OTHER,
        practice=Practice.objects.filter(pk=practice).first() if practice else None,
        language=draft.language,
        rules=contest.versions.first(),
        applicant_name=cleaned["applicant_name"],
        applicant_post=cleaned["applicant_post"],
        applicant_phone=cleaned["applicant_phone"],
        created_by=draft.owner,
        is_demo=contest.is_demo,
    )


def _refuse_second(application: Application) -> None:
    """One of a municipality in a nomination, and a practice once: under the lock of the contest."""
    once = application.checks.get("once", {})
    if not once.get("ok", True):
        raise MoveRefused(
            gettext(
                "Your municipality has an application in this nomination already: %(number)s. "
                "To send this one, take that one back first."
            )
            % {"number": once["note"]}
        )
    if application.practice_id is None:
        return
    others = Application.objects.entered().filter(nomination=application.nomination)
    if other := others.filter(practice=application.practice_id).first():
        raise MoveRefused(
            gettext("This practice takes part in this nomination already: %(number)s.")
            % {"number": other.number}
        )


def next_number(application: Application) -> str:
    """«2026-СУУ-014»: the next of the nomination, under the lock of the contest."""
    prefix = f"{application.contest.year}-{application.nomination.code}-"
    numbers = (
        Application.objects.filter(number__startswith=prefix)
        .order_by(Length("number").desc(), "-number")
        .values_list("number", flat=True)
    )
    own = (number.removeprefix(prefix) for number in numbers[:50])
    last = next((int(number) for number in own if number.isdigit()), 0)
    return f"{prefix}{last + 1:03d}"


# ---------------------------------------------------------------- after sending


def draft_of(application: Application) -> Draft | None:
    """The draft the application came from, while it is its."""
    return Draft.objects.filter(
        content_type=ContentType.objects.get_for_model(Application),
        object_id=application.pk,
        kind=KIND,
    ).first()


@transaction.atomic
def take_back(application: Application, *, by) -> Draft | None:
    """Withdraw it before the commission begins; returns the draft, open again, where there is one.

    Twice is harmless. Raises MoveRefused.
    """
    draft = draft_of(application)
    if draft:
        # As in `submit`: the draft is locked before the application.
        Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    move(application, "withdraw", actor=by, via=AuditEvent.Via.SITE)
    return reopen(application)


@transaction.atomic
def reopen(application: Application) -> Draft | None:
    """Open the draft of a withdrawn application, to be changed and sent again under a new number."""
    draft = draft_of(application)
    if draft:
        draft.record, draft.sent_at = None, None
        draft.save(update_fields=["content_type", "object_id", "sent_at", "updated_at"])
    return draft


def check_repair(application: Application) -> None:
    """Whether documents may be brought now; MoveRefused with a sentence if not."""
    if application.status != ApplicationStatus.RETURNED:
        raise MoveRefused(gettext("No documents are asked for now."))
    until = application.repair_until
    if until and timezone.localdate() > until:
        raise MoveRefused(
            gettext("The days for documents are over (%(date)s). Call the secretary.")
            % {"date": date_format(until, "DATE_FORMAT")}
        )


def repaired(application: Application, *, by) -> Application:
    """The documents asked for are here; the text is as it was. Raises MoveRefused."""
    check_repair(application)
    return move(application, "repair", actor=by, via=AuditEvent.Via.SITE)


def forget_publication(sender, consent, **kwargs) -> None:
    """Receiver of people.consents.consent_withdrawn: it will not become a practice."""
    if consent.purpose == Purpose.PUBLISH and isinstance(consent.about, Application):
        Application.objects.filter(pk=consent.object_id).update(wants_publication=False)
