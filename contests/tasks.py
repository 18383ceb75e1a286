"""What the clock does with contests: opens, closes, archives, reminds of the campaign."""

from datetime import date, datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from contests.choices import RESULTS, ContestStatus
from contests.models import CampaignStep, Contest
from contests.visits import raise_evidence
from people.models import User
from people.roles import SPECIALIST
from publishing.letters import send
from publishing.tasks import every
from publishing.workflow import MoveRefused, move

logger = structlog.get_logger("portal.contests")
#: So long before its day whoever answers for a step of the campaign is reminded.
STEP_NOTICE = timedelta(days=2)
#: Contests whose campaign is still to be run.
CAMPAIGNING = (ContestStatus.APPROVED, ContestStatus.ANNOUNCED, ContestStatus.ACCEPTING)


@every(timedelta(seconds=20))
def keep_terms(now: datetime | None = None) -> list[tuple[str, int]]:
    """Open, close and archive what is due, through the door all moves take; returns (move, contest).

    Run twice it does nothing twice: a contest that has gone on is not found again. An application
    is late by the second whatever the clock has done yet: sending looks at the term itself.
    """
    now = now or timezone.now()
    return [
        (name, contest.pk)
        for name, contests in due(now).items()
        for contest in contests
        if _walk(contest, name)
    ]


def due(now: datetime) -> dict:
    """{move: contests whose moment for it has come}."""
    return {
        "open": Contest.objects.filter(
            status=ContestStatus.ANNOUNCED, opens_at__lte=now, closes_at__gt=now
        ),
        "close": Contest.objects.filter(status=ContestStatus.ACCEPTING, closes_at__lte=now),
        "archive": Contest.objects.filter(
            status=ContestStatus.PUBLISHED, status_changed_at__lte=a_year_before(now)
        ),
    }


def a_year_before(moment: datetime) -> datetime:
    """The same day and hour a year ago, by the calendar of Bishkek; for 29 February the 28th."""
    local = timezone.localtime(moment)
    try:
        return local.replace(year=local.year - 1)
    except ValueError:
        return local.replace(year=local.year - 1, day=28)


def _walk(contest: Contest, name: str) -> bool:
    try:
        move(contest, name, actor=None, via="system")
    except MoveRefused as refusal:
        # Told to the specialist in «My work»; the clock tries again.
        logger.warning(
            "contest_waits",
            contest=contest.pk,
            move=name,
            missing=[each.field for each in refusal.missing],
        )
        return False
    return True


@every(timedelta(minutes=10))
def follow_visits() -> int:
    """Practices that a visit has confirmed reach their step of evidence; returns how many did."""
    contests = Contest.objects.filter(status__in=RESULTS, has_visits=True)
    return sum(map(raise_evidence, contests))


@every(timedelta(hours=1))
def remind_of_campaign(today: date | None = None) -> int:
    """Write to those whose step of a campaign is near, once a step; returns how many steps."""
    today = today or timezone.localdate()
    steps = CampaignStep.objects.filter(
        contest__status__in=CAMPAIGNING,
        contest__is_demo=False,
        planned_on__lte=today + STEP_NOTICE,
        done_on=None,
        reminded_at=None,
    )
    return sum(_remind(pk) for pk in steps.values_list("pk", flat=True))


@transaction.atomic
def _remind(pk: int) -> bool:
    """Two workers at once write once: the second finds the step reminded."""
    step = (
        CampaignStep.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=pk, reminded_at=None, done_on=None)
        .select_related("contest", "responsible")
        .first()
    )
    if step is None:
        return False
    step.reminded_at = timezone.now()
    step.save(update_fields=["reminded_at"])
    person = step.responsible
    for reader in [person] if person and person.is_active else _specialists():
        if reader.email:
            send("contest_campaign_step", step, to=reader.email, language=reader.language)
    return True


def _specialists():
    return User.objects.filter(groups__name=SPECIALIST, is_active=True)
