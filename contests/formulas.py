"""Criteria that are worked out from an application’s record; each gives a point of its scale."""

from fractions import Fraction

from contests.choices import Formula
from contests.models import Application
from publishing.languages import LANGUAGES

#: Adoptions from which the scale is full.
MANY_ADOPTIONS = 5
#: Som for each person it serves: with so many or more the scale is empty, with none it is full.
DEAR = 10_000


def worked_out(formula: str, application: Application) -> Fraction:
    """What part of the scale the application has, 0 to 1; nothing is known: 0."""
    return min(Fraction(1), max(Fraction(0), FORMULAS[formula](application)))


def _adoptions(application) -> Fraction:
    practice = application.practice
    return Fraction(practice.adoptions_count, MANY_ADOPTIONS) if practice else Fraction(0)


def _evidence(application) -> Fraction:
    practice = application.practice
    return Fraction(practice.evidence_level, 5) if practice else Fraction(0)


def _own_share(application) -> Fraction:
    """Of the money named, what local budgets, residents and local business gave."""
    rows = application.content[application.language].get("funding") or []
    amounts = [(row.get("source"), _number(row.get("amount"))) for row in rows]
    whole = sum(amount for _source, amount in amounts)
    own = sum(amount for source, amount in amounts if source in LOCAL_MONEY)
    return Fraction(own, whole) if whole else Fraction(0)


LOCAL_MONEY = {"local_budget", "residents", "business", "in_kind"}


def _two_languages(application) -> Fraction:
    return Fraction(sum(language in application.content for language in LANGUAGES) - 1)


def _cost_a_person(application) -> Fraction:
    answers = application.content[application.language]
    cost, people = _number(answers.get("cost_once")), _number(answers.get("beneficiaries_count"))
    return 1 - Fraction(cost, people * DEAR) if cost and people else Fraction(0)


def _number(typed) -> int:
    digits = "".join(sign for sign in str(typed or "") if sign.isdigit())
    return int(digits[:12] or 0)


FORMULAS = {
    Formula.ADOPTIONS: _adoptions,
    Formula.EVIDENCE: _evidence,
    Formula.OWN_SHARE: _own_share,
    Formula.TWO_LANGUAGES: _two_languages,
    Formula.COST_A_PERSON: _cost_a_person,
}
