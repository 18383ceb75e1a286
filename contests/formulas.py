"""Criteria that are worked out from an application’s record; each gives a point of its scale.

Answers are those that were frozen when the application was sent. Of the practice it came from,
evidence counts as it stood on the day of sending, and municipalities that repeated it as they
stood on the day applications closed: the same day for all. What comes later, a field visit too,
changes nothing here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from contests.choices import Formula
from contests.models import Application, Contest
from practices.choices import AT_WORK, Evidence
from practices.models import Adoption, EvidenceStep
from publishing.languages import LANGUAGES

#: Adoptions from which the scale is full.
MANY_ADOPTIONS = 5
#: Som for each person it serves: with so many or more the scale is empty, with none it is full.
DEAR = 10_000
LOCAL_MONEY = {"local_budget", "residents", "business", "in_kind"}


@dataclass(frozen=True)
class Facts:
    """Of the practice behind an application: adoptions that count, step of evidence, on their days."""

    adoptions: int = 0
    evidence: int = 0


def facts_of(
    contest: Contest, applications: Collection[Application], formulas: Collection[str]
) -> dict[int, Facts]:
    """{application: Facts}; a query for each of the two formulas that look beyond the answers.

    The applications’ practices are at hand.
    """
    practices = {each.practice_id for each in applications if each.practice_id}
    adoptions = _adoptions(practices, closing_day(contest)) if Formula.ADOPTIONS in formulas else {}
    proofs = _proofs(practices) if Formula.EVIDENCE in formulas else {}
    return {
        each.pk: Facts(adoptions.get(each.practice_id, 0), _step(each, proofs))
        for each in applications
    }


def closing_day(contest: Contest):
    """The day on which adoptions are counted; before there is one, today."""
    return timezone.localdate(contest.closes_at) if contest.closes_at else timezone.localdate()


def _adoptions(practices: Iterable[int], day) -> dict[int, int]:
    """{practice: adoptions that counted on the day}, those that have stopped since among them."""
    rows = Adoption.objects.filter(
        Q(status__in=AT_WORK) | Q(status_changed_at__date__gt=day),
        practice__in=practices,
        confirmed_on__lte=day,
        is_public=True,
    )
    found = defaultdict(int)
    for practice in rows.values_list("practice", flat=True):
        found[practice] += 1
    return found


def _proofs(practices: Iterable[int]) -> dict[int, list[tuple]]:
    """{practice: [(day, step)]}."""
    found = defaultdict(list)
    rows = EvidenceStep.objects.filter(practice__in=practices)
    for practice, day, level in rows.values_list("practice", "on", "level"):
        found[practice].append((day, level))
    return found


def _step(application: Application, proofs) -> int:
    """The highest step proven by the day of sending and not taken back; without proofs, today’s."""
    practice = application.practice
    if not practice:
        return 0
    known = proofs.get(practice.pk)
    if not known:
        return practice.evidence_level
    sent = timezone.localdate(application.submitted_at)
    return min(
        practice.evidence_level, max((level for day, level in known if day <= sent), default=0)
    )


def worked_out(formula: str, application: Application, facts: Facts) -> Fraction:
    """What part of the scale the application has, 0 to 1; nothing is known: 0."""
    return min(Fraction(1), max(Fraction(0), FORMULAS[formula](application, facts)))


def _of_adoptions(application, facts) -> Fraction:
    return Fraction(facts.adoptions, MANY_ADOPTIONS)


def _of_evidence(application, facts) -> Fraction:
    return Fraction(facts.evidence, int(max(Evidence)))


def _of_own_share(application, facts) -> Fraction:
    own, whole = money_of(application)
    return Fraction(own, whole) if whole else Fraction(0)


def _of_two_languages(application, facts) -> Fraction:
    return Fraction(sum(language in application.content for language in LANGUAGES) - 1)


def _of_cost_a_person(application, facts) -> Fraction:
    cost, people = cost_and_people(application)
    return 1 - Fraction(cost, people * DEAR) if cost and people else Fraction(0)


FORMULAS = {
    Formula.ADOPTIONS: _of_adoptions,
    Formula.EVIDENCE: _of_evidence,
    Formula.OWN_SHARE: _of_own_share,
    Formula.TWO_LANGUAGES: _of_two_languages,
    Formula.COST_A_PERSON: _of_cost_a_person,
}


def money_of(application: Application) -> tuple[int, int]:
    """Som of local budgets, residents and local business, and all that is named."""
    rows = application.content[application.language].get("funding") or []
    amounts = [(row.get("source"), _whole(row.get("amount"))) for row in rows]
    own = sum(amount for source, amount in amounts if source in LOCAL_MONEY)
    return own, sum(amount for _source, amount in amounts)


def cost_and_people(application: Application) -> tuple[int, int]:
    answers = application.content[application.language]
    return _whole(answers.get("cost_once")), _whole(answers.get("beneficiaries_count"))


def _whole(typed) -> int:
    """A whole number as people write it, «450 000» or «450 000 сом»; what is none is 0."""
    digits = "".join(sign for sign in str(typed or "") if sign.isdecimal())
    return int(digits[:12] or 0)


def told(formula: str, application: Application, facts: Facts) -> str:
    """How the points came, for whoever checks them."""
    return WORDS[formula](application, facts)


def _told_adoptions(application, facts) -> str:
    words = ngettext(
        "%(count)s municipality by %(day)s", "%(count)s municipalities by %(day)s", facts.adoptions
    )
    day = closing_day(application.contest)
    return words % {"count": facts.adoptions, "day": f"{day:%d.%m.%Y}"}


def _told_evidence(application, facts) -> str:
    day = timezone.localdate(application.submitted_at)
    words = gettext("%(step)s, on %(day)s")
    return words % {"step": Evidence(facts.evidence).label, "day": f"{day:%d.%m.%Y}"}


def _told_own_share(application, facts) -> str:
    own, whole = money_of(application)
    if not whole:
        return gettext("no sums are named")
    return gettext("%(own)s of %(whole)s som") % {"own": _grouped(own), "whole": _grouped(whole)}


def _told_two_languages(application, facts) -> str:
    both = all(language in application.content for language in LANGUAGES)
    return gettext("both languages") if both else gettext("one language")


def _told_cost_a_person(application, facts) -> str:
    cost, people = cost_and_people(application)
    if not (cost and people):
        return gettext("the cost or the number of people is not named")
    words = gettext("%(cost)s som a person, %(people)s in all")
    return words % {"cost": _grouped(round(cost / people)), "people": _grouped(people)}


def _grouped(value: int) -> str:
    """«450 000»; publishing.amounts writes any number, which takes too long for hundreds."""
    return f"{value:,}".replace(",", "\u00a0")


WORDS = {
    Formula.ADOPTIONS: _told_adoptions,
    Formula.EVIDENCE: _told_evidence,
    Formula.OWN_SHARE: _told_own_share,
    Formula.TWO_LANGUAGES: _told_two_languages,
    Formula.COST_A_PERSON: _told_cost_a_person,
}
