"""The rules as they were approved: copied whole, with a digest, and never changed again.

Until applications open the records may be changed again; what was changed holds once it is frozen
as a new version. contests/versions.py tells versions apart.
"""

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction

from django.db.models import Max
from django.utils.timezone import localtime

from contests.choices import ContestStatus, CriterionKind
from contests.models import Contest, RulesVersion
from contests.ranking import Rules, Scale
from publishing.languages import LANGUAGES

DATES = (
    "opens_at", "closes_at", "admission_until", "review_until", "deliberation_on", "award_on",
    "period_from", "period_to", "vote_from", "vote_until",
)  # fmt: skip
TERMS = (
    "repair_days", "winners_wait_years", "one_in_nomination", "needs_letter", "languages",
    "sheets_wanted", "sheets_least", "quorum", "differ", "hides_names", "hides_municipality",
    "others_seen", "has_visits", "visits_best", "has_public_vote",
)  # fmt: skip

TEXTS = ("title", "goal", "rules")
#: Columns of a contest that are part of its rules.
RULE_COLUMNS = (
    *DATES, *TERMS, *(f"{name}_{language}" for name in TEXTS for language in LANGUAGES),
)  # fmt: skip
#: Stages in which the rules may be written: before the organisers see them, and between the
#: announcement and the opening, when a change is a new version that everybody sees.
RULES_OPEN = (ContestStatus.DRAFT, ContestStatus.ANNOUNCED)


def rules_of(contest: Contest) -> dict:
    """All that applicants and the commission go by, as JSON; texts in both languages."""
    return {
        **{name: _texts(contest, name) for name in TEXTS},
        "dates": {name: _moment(getattr(contest, name)) for name in DATES},
        "terms": {name: getattr(contest, name) for name in TERMS},
        "nominations": [
            _nomination(each) for each in contest.nominations.prefetch_related("prizes")
        ],
        "criteria": [_criterion(each) for each in contest.criteria.prefetch_related("anchors")],
    }


def _texts(thing, name: str) -> dict[str, str]:
    return {language: getattr(thing, f"{name}_{language}") or "" for language in LANGUAGES}


def _moment(value) -> str | None:
    """Moments with the time of Bishkek, days as they are."""
    if value is None:
        return None
    return (localtime(value) if hasattr(value, "hour") else value).isoformat()


def _nomination(nomination) -> dict:
    return {
        "id": nomination.pk,
        "code": nomination.code,
        "title": _texts(nomination, "title"),
        "description": _texts(nomination, "description"),
        "has_groups": nomination.has_groups,
        "places": nomination.places,
        "prizes": [
            {"place": each.place, "title": _texts(each, "title"), "amount": each.amount}
            for each in nomination.prizes.all()
        ],
    }


def _criterion(criterion) -> dict:
    return {
        "id": criterion.pk,
        "nomination": criterion.nomination_id,
        "title": _texts(criterion, "title"),
        "description": _texts(criterion, "description"),
        "kind": criterion.kind,
        "formula": criterion.formula,
        "weight": criterion.weight,
        "scale": [criterion.scale_least, criterion.scale_most],
        "tie_rank": criterion.tie_rank,
        "anchors": [
            {"value": each.value, "text": _texts(each, "text")} for each in criterion.anchors.all()
        ],
    }


def digest_of(content) -> str:
    """SHA-256 of the content written in one way: keys in order, no white space."""
    written = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def freeze(contest: Contest, *, by, told: Mapping[str, str] | None = None) -> RulesVersion:
    """A new version of the contest’s rules; the same rules frozen again are the version there is.

    told: what has changed and why, by language, as readers see it.
    """
    content = rules_of(contest)
    digest = digest_of(content)
    last = contest.versions.first()
    if last and last.digest == digest:
        return last
    number = (contest.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    return RulesVersion.objects.create(
        contest=contest, number=number, content=content, digest=digest, frozen_by=str(by or ""),
        **{f"reason_{language}": words.strip()[:400] for language, words in (told or {}).items()},
    )  # fmt: skip


def differs_from_frozen(contest: Contest) -> bool:
    """Whether the records say something else than the last frozen version; never before the first."""
    last = contest.versions.first()
    return last is not None and last.digest != digest_of(rules_of(contest))


def most_points(version: RulesVersion, nomination_id: int) -> int:
    """What an entry of the nomination can have: 100, and what bonuses add."""
    return sum(
        each["weight"]
        for each in version.content["criteria"]
        if each["nomination"] in {None, nomination_id}
    )


def ranking_rules(version: RulesVersion, nomination_id: int) -> Rules:
    """What a nomination’s ranking goes by: out of the frozen rules, never the records of today."""
    criteria = [
        each for each in version.content["criteria"] if each["nomination"] in {None, nomination_id}
    ]
    ties = sorted(
        (each for each in criteria if each["tie_rank"]), key=lambda each: each["tie_rank"]
    )
    terms = version.content["terms"]
    return Rules(
        scales=[
            Scale(
                key=each["id"],
                weight=Fraction(each["weight"]),
                least=Fraction(each["scale"][0]),
                most=Fraction(each["scale"][1]),
                is_scored=each["kind"] == CriterionKind.JURY,
            )
            for each in criteria
        ],
        ties=[*(each["id"] for each in ties), "median", "lowest"],
        minimum=terms["sheets_least"],
        quorum=Fraction(terms["quorum"], 100),
        differ=Fraction(terms["differ"]),
    )
