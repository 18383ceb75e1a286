"""What contests ask of a person today, told on the first page of «My work»."""

from datetime import timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from contests.choices import ContestStatus
from contests.freezing import differs_from_frozen
from contests.models import CampaignStep, Contest, Question
from contests.tasks import CAMPAIGNING, STEP_NOTICE
from contests.workflow import LEADS, STAFF
from publishing.work import TODAY, Todo, admin_address

C = ContestStatus
#: Stage → the day by which it should be over; None: a moment of the clock.
DAY_OF_STAGE = {
    C.ADMISSION: "admission_until",
    C.REVIEW: "review_until",
    C.DELIBERATION: "deliberation_on",
    C.DECIDED: "award_on",
}


def of_contests(user) -> list[Todo]:
    """Steps of the campaign, questions without an answer, stages past their day, unfrozen rules."""
    if not (user.is_staff and user.has_perm("contests.view_contest")):
        return []
    leads = user.is_superuser or user.is_in(*LEADS)
    found = _steps(user, leads)
    if leads or user.is_in(*STAFF):
        found += _questions() + _late_stages()
    return found + (_unfrozen() if leads else [])


def _steps(user, leads: bool) -> list[Todo]:
    whose = Q(responsible=user) | Q(responsible=None) if leads else Q(responsible=user)
    steps = CampaignStep.objects.filter(
        whose,
        contest__status__in=CAMPAIGNING,
        done_on=None,
        planned_on__lte=timezone.localdate() + STEP_NOTICE,
    ).select_related("contest")
    return [
        Todo(
            about=str(step.contest),
            what=gettext("Information campaign: %(channel)s")
            % {"channel": step.get_channel_display()},
            url=reverse("admin:contests_contest_campaign", args=[step.contest_id])
            + f"#step-{step.pk}",
            day=step.planned_on,
        )
        for step in steps
    ]


def _questions() -> list[Todo]:
    """One line a contest; due the day after the oldest question came."""
    waiting: dict[Contest, list[Question]] = {}
    for question in unanswered().select_related("contest").order_by("asked_at"):
        waiting.setdefault(question.contest, []).append(question)
    return [
        Todo(
            about=str(contest),
            what=ngettext(
                "%(count)s question waits for an answer",
                "%(count)s questions wait for an answer",
                len(questions),
            )
            % {"count": len(questions)},
            url=reverse("admin:contests_question_changelist")
            + f"?contest__id__exact={contest.pk}&work=unanswered",
            day=timezone.localdate(questions[0].asked_at) + timedelta(days=1),
        )
        for contest, questions in waiting.items()
    ]


def unanswered():
    """Questions to which nobody has written an answer in either language."""
    return Question.objects.filter(answered_at=None)


def _late_stages() -> list[Todo]:
    today = timezone.localdate()
    late = Q()
    for status, name in DAY_OF_STAGE.items():
        late |= Q(status=status, **{f"{name}__lt": today})
    return [
        Todo(
            about=str(contest),
            what=gettext("The stage is past its day: %(stage)s")
            % {"stage": contest.get_status_display()},
            url=reverse("admin:contests_contest_stand", args=[contest.pk]),
            day=getattr(contest, DAY_OF_STAGE[contest.status]),
        )
        for contest in Contest.objects.filter(late)
    ]


def _unfrozen() -> list[Todo]:
    """Rules changed after the announcement that nobody has frozen: the clock will not open it."""
    return [
        Todo(
            about=str(contest),
            what=capfirst(gettext("the rules differ from the frozen ones: freeze a new version")),
            url=admin_address(contest),
            day=timezone.localdate(contest.opens_at) if contest.opens_at else None,
        )
        for contest in Contest.objects.filter(status=C.ANNOUNCED)
        if differs_from_frozen(contest)
    ]


TODAY.append(of_contests)
