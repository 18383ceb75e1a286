"""Contests with their rules, commission and applications."""

from datetime import timedelta
from itertools import count

from django.utils import timezone

from contests.choices import ContestStatus, CriterionKind, Formula, Group, MemberRole
from contests.freezing import digest_of, freeze
from contests.models import Application, Contest, Criterion, Member, Nomination
from contests.scoring import hand_in, open_sheet, save_score, scored_criteria
from tests import factories

numbers = count(1)
REASON = "Кадамдары так жазылган, чыгымы да көрсөтүлгөн."


def make_contest(status=ContestStatus.DRAFT, **kwargs) -> Contest:
    """A contest of one nomination with two criteria of 50; its rules are frozen unless a draft."""
    number, now = next(numbers), timezone.now()
    values = {
        "title_ky": f"Мыкты тажрыйба {number}",
        "title_ru": f"Лучшая практика {number}",
        "year": 2026,
        "opens_at": now - timedelta(days=20),
        "closes_at": now + timedelta(days=10),
        "sheets_wanted": 3,
        "sheets_least": 2,
        **kwargs,
    }
    contest = Contest.objects.create(status=status, **values)
    make_nomination(contest)
    for position, title in enumerate(("Пайдасы", "Кайталоого жарайбы"), 1):
        Criterion.objects.create(
            contest=contest,
            title_ky=title,
            title_ru=title,
            weight=50,
            position=position,
            tie_rank=position,
        )
    if status != ContestStatus.DRAFT:
        freeze(contest, by=None)
    return contest


def make_nomination(contest, **kwargs) -> Nomination:
    number = next(numbers)
    values = {"code": f"С{number}", "title_ky": f"Суу {number}", "title_ru": f"Вода {number}"}
    return Nomination.objects.create(contest=contest, **values | {"has_groups": False} | kwargs)


def make_formula(contest, formula=Formula.EVIDENCE, kind=CriterionKind.BONUS, **kwargs):
    return Criterion.objects.create(
        contest=contest, title_ky="Кошумча", kind=kind, formula=formula, weight=5, **kwargs
    )


def make_members(contest, number=4) -> list[Member]:
    return [
        Member.objects.create(
            contest=contest,
            name=f"Мүчө {place}",
            post_ky="адис",
            post_ru="специалист",
            role=MemberRole.CHAIR if place == 0 else MemberRole.MEMBER,
            stated_at=timezone.now(),
            position=place,
        )
        for place in range(number)
    ]


def make_application(contest, status="admitted", **kwargs) -> Application:
    number = next(numbers)
    content = {"ky": {"title": f"Көчөдөгү суу {number}"}}
    nomination = kwargs.pop("nomination", None) or contest.nominations.first()
    values = {
        "municipality": kwargs.pop("municipality", None) or factories.make_municipality(),
        "group": Group.OTHER,
        "number": f"2026-{nomination.code}-{number:03d}",
        "content": content,
        "digest": digest_of(content),
        "rules": contest.versions.first() or freeze(contest, by=None),
        "applicant_name": "Айжан",
        "applicant_post": "жооптуу катчы",
    }
    return Application.objects.create(
        contest=contest, nomination=nomination, status=status, **values | kwargs
    )


def score(sheet, *values, is_handed_in=True):
    """Give the sheet the values, in the order of its criteria, and hand it in."""
    open_sheet(sheet)
    for criterion, value in zip(scored_criteria(sheet), values, strict=True):
        save_score(sheet, criterion.pk, value=value, comment=REASON)
    return hand_in(sheet) if is_handed_in else sheet
