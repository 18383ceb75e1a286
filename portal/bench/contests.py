"""A contest of 300 applications and 40 members: giving out sheets, places, and the rushes of a year."""

import itertools
import random
import time
from collections.abc import Callable
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from contests import deciding
from contests.assigning import assign
from contests.choices import (
    ContestStatus,
    CriterionKind,
    Formula,
    Group,
    MemberRole,
    SheetStatus,
)
from contests.conflicts import find_conflicts
from contests.freezing import digest_of, freeze
from contests.models import (
    Application,
    Contest,
    Criterion,
    Member,
    Nomination,
    Score,
    Sheet,
)
from contests.protocol_files import protocol_docx, protocol_pdf
from people.models import User
from places.imports import import_places
from places.models import Municipality
from portal.bench import contest_rushes, running
from portal.bench.table import BenchError, Output
from portal.bench.timing import timed
from portal.demo.loader import FOLDER

APPLICATIONS, MEMBERS, NOMINATIONS, SHEETS = 300, 40, 6, 5
#: Seconds for giving out and for the protocol, milliseconds for the page of the ranking.
PROMISED_ASSIGNMENT, PROMISED_PAGE, PROMISED_PROTOCOL = 2, 300, 2
#: Letters of an application's texts in each language.
LONG = 6000
SENTENCE = "Айылдын кошуундары ашар менен суу түтүгүн оңдоп, эсептегич коюшту. "


def add_arguments(parser) -> None:
    parser.add_argument("--runs", type=int, default=10, help="times the page is asked for (10)")
    parser.add_argument(
        "--no-rush", action="store_true", help="leave out the members and applicants at once"
    )


def run(options, out: Output) -> None:
    out.progress("Making a contest …")
    running.set_up(has_demo=False)
    contest = make_contest(APPLICATIONS)
    rows = [
        ("conflicts found", _seconds(lambda: find_conflicts(contest)), None),
        ("sheets given out", _seconds(lambda: assign(contest)), None),
        ("given out again", _seconds(lambda: assign(contest)), None),
    ]
    check_assignment(contest)
    out.progress("Scoring …")
    hand_in_all(contest)
    Contest.objects.filter(pk=contest.pk).update(status=ContestStatus.DELIBERATION)
    page = timed(
        reverse("admin:contests_contest_ranking", args=[contest.pk]),
        options.runs,
        user=a_specialist(),
    )
    rows.append(("page of the ranking, median", page.median / 1000, page.queries))
    rows.append(("page of the ranking, p95", page.p95 / 1000, page.queries))
    rows += protocol_rows(contest)
    out.table(
        f"A contest: {APPLICATIONS} applications, {MEMBERS} members, {NOMINATIONS} nominations",
        ["", "s", "queries"],
        [(name, f"{seconds:.2f}", queries) for name, seconds, queries in rows],
    )
    out.write(
        f"Promised: sheets given out within {PROMISED_ASSIGNMENT} s, the page of the ranking "
        f"within {PROMISED_PAGE} ms, the protocol with its awards and text in both languages "
        f"within {PROMISED_PROTOCOL} s.\n"
    )
    if options.no_rush:
        return
    out.progress("Starting the portal …")
    with running.portal() as portal:
        running.wait_until_idle()
        contest_rushes.run(out, portal.port, make_contest)


def _seconds(action: Callable) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


# ---------------------------------------------------------------- a contest to measure on


def make_contest(
    applications: int, status: str = ContestStatus.REVIEW, members: int = MEMBERS
) -> Contest:
    """With nominations in two groups, five criteria of the commission, a formula and a bonus."""
    for path in sorted(FOLDER.glob("municipalities-*.csv")):
        import_places(path, apply=True, keep_existing=True, is_demo=True)
    now = timezone.now()
    contest = Contest.objects.create(
        status=status, title_ky="Мыкты тажрыйба", title_ru="Лучшая практика", year=2099,
        slug=f"bench-{status}-{applications}", opens_at=now - timedelta(days=30),
        closes_at=now + timedelta(days=1), sheets_wanted=SHEETS, sheets_least=3,
        one_in_nomination=False, needs_letter=False,
    )  # fmt: skip
    nominations = [
        Nomination.objects.create(
            contest=contest, code=f"{contest.pk}Н{number}", title_ky=f"Багыт {number}",
            title_ru=f"Номинация {number}", position=number,
        )
        for number in range(1, NOMINATIONS + 1)
    ]  # fmt: skip
    _make_criteria(contest)
    freeze(contest, by=None)
    _make_members(contest, members)
    _make_applications(contest, nominations, applications)
    return contest


def _make_criteria(contest: Contest) -> None:
    weights = {"Пайдасы": 30, "Кайталоого жарайбы": 20, "Баасы": 15, "Катышуу": 15, "Узагы": 10}
    for position, (title, weight) in enumerate(weights.items(), 1):
        Criterion.objects.create(
            contest=contest, title_ky=title, title_ru=title, weight=weight, position=position,
            tie_rank=position,
        )  # fmt: skip
    for formula, kind, weight in (
        (Formula.OWN_SHARE, CriterionKind.FORMULA, 10),
        (Formula.EVIDENCE, CriterionKind.BONUS, 5),
    ):
        Criterion.objects.create(
            contest=contest, title_ky="Кошумча", title_ru="Дополнительно", kind=kind,
            formula=formula, weight=weight, position=9,
        )  # fmt: skip


def _make_members(contest: Contest, count: int) -> None:
    """Each lives somewhere, so there are conflicts."""
    places = list(Municipality.objects.exclude(district=None).order_by("pk"))
    if len(places) < count:
        raise BenchError("The demo has too few municipalities.")
    Member.objects.bulk_create(
        Member(
            contest=contest, name=f"Мүчө {number}", post_ky="адис", post_ru="специалист",
            role=MemberRole.MEMBER if number else MemberRole.CHAIR, position=number,
            stated_at=timezone.now(), municipality=places[number * 7 % len(places)],
        )
        for number in range(count)
    )  # fmt: skip


def _make_applications(contest, nominations, count) -> None:
    places = itertools.cycle(Municipality.objects.order_by("pk"))
    nominated = itertools.cycle(nominations)
    rules = contest.versions.first()
    rows = []
    for number in range(1, count + 1):
        nomination = next(nominated)
        answers = {
            "title": f"Суу ар бир короого {number}",
            "solution": SENTENCE * (LONG // len(SENTENCE)),
            "funding": [
                {"source": "local_budget", "amount": str(number * 1000)},
                {"source": "donor", "amount": "200 000"},
            ],
        }
        content = {"ky": answers, "ru": answers}
        rows.append(
            Application(
                contest=contest, nomination=nomination, municipality=next(places),
                group=Group.HARD if number // NOMINATIONS % 3 == 0 else Group.OTHER, status="admitted",
                number=f"2099-{nomination.code}-{number:03d}", content=content,
                digest=digest_of(content), rules=rules, applicant_name="Айжан",
                applicant_post="жооптуу катчы",
            )
        )  # fmt: skip
    Application.objects.bulk_create(rows)


def check_assignment(contest: Contest) -> None:
    """Every entry has its sheets, and loads differ by one at most."""
    sheets = Sheet.objects.filter(application__contest=contest)
    loads = [sheets.filter(member=member).count() for member in contest.members.all()]
    if sheets.count() != APPLICATIONS * SHEETS or max(loads) - min(loads) > 1:
        raise BenchError(f"{sheets.count()} sheets were given out, loads {sorted(set(loads))}.")


def hand_in_all(contest: Contest) -> None:
    """Every sheet scored and handed in, the same way each time."""
    chance = random.Random(1)  # noqa: S311 - the same scores each time
    sheets = Sheet.objects.filter(application__contest=contest).order_by("pk")
    criteria = [each for each in contest.criteria.all() if each.is_scored]
    Score.objects.bulk_create(
        Score(sheet=sheet, criterion=criterion, value=chance.randint(2, 9))
        for sheet in sheets
        for criterion in criteria
    )
    sheets.update(status=SheetStatus.SUBMITTED, submitted_at=timezone.now())


def protocol_rows(contest: Contest) -> list[tuple[str, float, None]]:
    """Begun, awards proposed and voted on, the text in both languages; then drawn."""
    by = User.objects.filter(is_superuser=True).first()
    made = _seconds(lambda: deciding.begin(contest, by=by))
    protocol = contest.protocols.get()
    proposed = _seconds(lambda: deciding.propose(protocol))
    deciding.vote_unanimously(protocol)
    protocol.refresh_from_db()
    if not protocol.facts["awards"]:
        raise BenchError("The protocol has no awards.")
    return [
        ("protocol: facts and text", made, None),
        ("protocol: awards proposed, text anew", proposed, None),
        ("protocol as PDF", _seconds(lambda: protocol_pdf(protocol, "ky")), None),
        ("protocol as DOCX", _seconds(lambda: protocol_docx(protocol, "ky")), None),
    ]


def a_specialist() -> User:
    return User.objects.create_superuser("bench@example.org", password=None)
