"""A contest made of last year’s: rules, prizes, texts, campaign; of persons nothing."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from contests.freezing import DATES, TERMS
from contests.models import (
    Anchor,
    CampaignStep,
    Contest,
    Criterion,
    Nomination,
    Prize,
    Question,
)
from people.models import User
from publishing.languages import LANGUAGES
from publishing.models import AuditEvent

TEXTS = ("title", "summary", "goal", "audience", "rules")
#: {model: columns copied as they are}; texts in two languages go along by themselves.
COLUMNS = {
    Nomination: ("code", "has_groups", "places", "position"),
    Prize: ("place", "amount", "sponsor"),
    Criterion: (
        "kind", "formula", "weight", "scale_least", "scale_most", "tie_rank", "position",
    ),
    Anchor: ("value",),
    CampaignStep: ("channel",),
    Question: ("position", "language"),
}  # fmt: skip


@transaction.atomic
def copy_contest(contest: Contest, *, by: User | None) -> Contest:
    """A draft for the next year; its days stand a year later, on the same day of the month.

    Not copied: applications, members, approvals, files as signed, who answers for steps of the
    campaign and what they brought, addresses of who asked. Answered questions come along, hidden
    until somebody has looked at them.
    """
    terms = {name: getattr(contest, name) for name in TERMS}
    dates = {name: year_later(getattr(contest, name)) for name in DATES}
    if contest.extended_from:
        # The term as it was meant, not as it had to be.
        dates["closes_at"] = year_later(contest.extended_from)
    copy = Contest(
        year=contest.year + 1,
        original_language=contest.original_language,
        budget=contest.budget,
        copied_from=contest,
        created_by=by,
        assignee=by,
        **_texts(contest, TEXTS),
        **terms,
        **dates,
    )
    for language in LANGUAGES:
        # The year in the title is the contest’s own.
        title = getattr(copy, f"title_{language}") or ""
        setattr(copy, f"title_{language}", title.replace(str(contest.year), str(copy.year)))
    copy.refresh_languages(confirm=True)
    copy.save()
    copy.organisers.set(contest.organisers.all())
    nominations = _copy_nominations(contest, copy)
    _copy_criteria(contest, copy, nominations)
    for step in contest.campaign.all():
        _copied(step, contest=copy, planned_on=year_later(step.planned_on))
    for question in contest.questions.exclude(answered_at=None).filter(is_public=True):
        _copied(question, contest=copy, answered_at=timezone.now(), is_public=False)
    AuditEvent.record(copy, action="create", actor=by, via="admin", details={"from": contest.pk})
    return copy


def _copy_nominations(contest: Contest, copy: Contest) -> dict[int, Nomination]:
    """{id of the nomination there was: the new one}"""
    found = {}
    for nomination in contest.nominations.prefetch_related("prizes", "themes"):
        found[nomination.pk] = made = _copied(nomination, contest=copy)
        made.themes.set(nomination.themes.all())
        for prize in nomination.prizes.all():
            _copied(prize, nomination=made)
    return found


def _copy_criteria(contest: Contest, copy: Contest, nominations: dict[int, Nomination]) -> None:
    for criterion in contest.criteria.prefetch_related("anchors"):
        nomination = nominations.get(criterion.nomination_id)
        made = _copied(criterion, contest=copy, nomination=nomination)
        for anchor in criterion.anchors.all():
            _copied(anchor, criterion=made)


def _copied(row, **values):
    model = type(row)
    same = {name: getattr(row, name) for name in COLUMNS[model]}
    return model.objects.create(**same, **_texts(row, model.translated_field_names()), **values)


def _texts(row, names) -> dict[str, str]:
    columns = [f"{name}_{language}" for name in names for language in LANGUAGES]
    return {column: getattr(row, column) for column in columns}


def year_later(moment: datetime | date | None):
    """The same hour of the same day in Bishkek a year later; 29 February becomes the 28th.

    >>> year_later(date(2024, 2, 29))
    datetime.date(2025, 2, 28)
    """
    if moment is None:
        return None
    if isinstance(moment, datetime):
        moment = timezone.localtime(moment)
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return moment.replace(year=moment.year + 1, day=28)
