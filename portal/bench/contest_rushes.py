"""Two rushes on a running portal: members saving scores, applicants in the last minute.

Everybody comes in a thread of their own with a session of their own, and everything sent is looked
for in the database afterwards: nothing may be lost, nothing be there twice.
"""

import http.client
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from http import HTTPStatus
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from contests.assigning import assign
from contests.choices import ContestStatus
from contests.doors import JURY
from contests.drafting import KIND
from contests.models import Application, Contest, Member, Score, ScoreChange, Sheet
from people.actions import make_link
from people.consents import Purpose
from people.links import session_key
from people.models import AccessLink, Membership, User
from places.models import Municipality
from portal.bench.running import HOST, wait_until_idle
from portal.bench.table import BenchError, Output, p95
from publishing.models import Draft
from themes.models import Theme

LANGUAGE = "ky"
MEMBERS, APPLICANTS = 50, 200
#: A member saves so many scores, the first in the same moment as all others, then one each so many
#: seconds, each member at their own second.
SAVES, PAUSE = 8, 5
#: Seconds in which all applicants send.
LAST_MINUTE = 60
PROMISED = 500  # ms
CSRF = "b" * 32
LONGEST_SECONDS = 60  # for one answer


@dataclass
class Visitor:
    """Somebody with a session; sends a form, and notes how long each answer took."""

    port: int
    session: str

    def post(self, address: str, form: dict, *, as_json: bool = False) -> tuple[int, float]:
        """Status of the answer, 0 where none came, and milliseconds until it was there whole."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json" if as_json else "text/html",
            "X-CSRFToken": CSRF,
        }
        return self._ask("POST", address, urlencode(form, doseq=True), headers)

    def get(self, address: str) -> tuple[int, float]:
        """The same of a page that is opened."""
        return self._ask("GET", address)

    def _ask(self, method: str, address: str, body=None, headers=None) -> tuple[int, float]:
        headers = (headers or {}) | {
            "Cookie": "; ".join(
                (
                    f"{settings.SESSION_COOKIE_NAME}={self.session}",
                    f"{settings.CSRF_COOKIE_NAME}={CSRF}",
                )
            ),
        }
        connection = http.client.HTTPConnection(HOST, self.port, timeout=LONGEST_SECONDS)
        begun = time.perf_counter()
        try:
            connection.request(method, address, body, headers)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except OSError:
            status = 0
        finally:
            connection.close()
        return status, (time.perf_counter() - begun) * 1000


def at_once(works: Iterable[Callable[[], list[tuple[int, float]]]]) -> list[tuple[int, float]]:
    """What all of them give, each run in a thread of its own from the same moment on."""
    works = list(works)
    found: list[tuple[int, float]] = []
    ready = threading.Barrier(len(works))

    def run(work):
        ready.wait()
        found.extend(work())  # at one go: those of one visitor stand together

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def run(out: Output, port: int, make_contest: Callable[..., Contest]) -> None:
    """Both rushes on the portal at the port; make_contest(applications, status, members)."""
    rows = []
    with translation.override(LANGUAGE):
        out.progress(f"{MEMBERS} members save scores …")
        contest = make_contest(MEMBERS * 2, ContestStatus.REVIEW, MEMBERS)
        answers = score_at_once(contest, port)
        rows.append(("members, in the same moment", *summed(answers[::SAVES])))
        later = [each for number, each in enumerate(answers) if number % SAVES]
        rows.append((f"members, each every {PAUSE} s", *summed(later)))
        out.progress(f"{APPLICANTS} applicants send …")
        contest = make_contest(0, ContestStatus.ACCEPTING, 1)
        rows.append(("applicants, last minute", *summed(send_at_once(contest, port))))
    out.table(
        f"{MEMBERS} members at once, {APPLICANTS} applicants in a minute, two workers",
        ["", "requests", "ms, median", "ms, p95", "ms, most", "failed"],
        rows,
    )
    out.write(f"Nothing lost, nothing twice. Promised: p95 of {PROMISED} ms.\n")


def summed(answers: list[tuple[int, float]]) -> tuple[int, float, float, float, int]:
    times = sorted(time for _status, time in answers)
    good = (HTTPStatus.OK, HTTPStatus.FOUND)
    failed = sum(status not in good for status, _time in answers)
    return len(times), times[len(times) // 2], p95(times), times[-1], failed


# ---------------------------------------------------------------- members


def score_at_once(contest: Contest, port: int) -> list[tuple[int, float]]:
    """Each member saves the scores of their sheets; every answer was kept, and each change once."""
    assign(contest)
    members = list(contest.members.voting())
    sheets = {each.pk: _sheets(each) for each in members}
    criteria = [each.pk for each in contest.criteria.all() if each.is_scored]
    visitors = {each.pk: Visitor(port, _session_of_member(each)) for each in members}
    at_once(partial(_opening, visitors[each.pk], each) for each in members)
    wait_until_idle()  # making the contest gave the worker something to do
    answers = at_once(
        _scoring(
            visitors[each.pk],
            _scores(sheets[each.pk], criteria),
            number * PAUSE / len(members),
        )
        for number, each in enumerate(members)
    )
    _check_scores(contest, members, sheets, criteria)
    return answers


def _sheets(member: Member) -> list[Sheet]:
    return list(member.sheets.select_related("application").order_by("pk"))


def _scores(sheets: list[Sheet], criteria: list[int]) -> list[tuple[Sheet, int, int]]:
    """(sheet, criterion, value) in the order in which a member gives them."""
    pairs = [(sheet, criterion) for sheet in sheets for criterion in criteria]
    return [
        (sheet, criterion, 2 + number % 7)
        for number, (sheet, criterion) in enumerate(pairs[:SAVES])
    ]


def _opening(visitor, member: Member) -> list[tuple[int, float]]:
    """Whoever scores has opened the list before."""
    return [visitor.get(reverse("contests:jury", args=[member.pk]))]


def _scoring(visitor, scores, own_second: float):
    def work():
        found = []
        for sheet, criterion, value in scores:
            address = reverse("contests:jury_entry", args=[sheet.member_id, sheet.application.code])
            form = {f"value-{criterion}": value, f"why-{criterion}": "Чыгымы көрсөтүлгөн."}
            status, took = visitor.post(address, form, as_json=True)
            time.sleep(max(0, PAUSE - took / 1000) + (0 if found else own_second))
            found.append((status, took))
        return found

    return work


def _session_of_member(member: Member) -> str:
    """A session that has come through the member’s own link."""
    make_link(purpose=JURY, target=member)
    link = AccessLink.objects.latest("pk")
    session = SessionStore()
    session[session_key(JURY, member)] = link.pk
    session.create()
    return session.session_key


def _check_scores(contest, members, sheets, criteria) -> None:
    wanted = {
        (sheet.pk, criterion): value
        for member in members
        for sheet, criterion, value in _scores(sheets[member.pk], criteria)
    }
    of_contest = {"sheet__application__contest": contest}
    rows = Score.objects.filter(**of_contest).values_list("sheet", "criterion", "value")
    kept = {(sheet, criterion): value for sheet, criterion, value in rows}
    changes = ScoreChange.objects.filter(**of_contest).count()
    if kept != wanted or changes != len(wanted):
        raise BenchError(f"{len(wanted)} scores sent, {len(kept)} kept, {changes} changes noted.")


# ---------------------------------------------------------------- applicants


def send_at_once(contest: Contest, port: int) -> list[tuple[int, float]]:
    """Each sends their draft at their own second of the minute, and taps twice."""
    nominations = list(contest.nominations.all())
    visitors = []
    for number, place in zip(range(APPLICANTS), _places(), strict=False):
        user = _representative(number, place)
        draft = _draft(contest, nominations[number % len(nominations)], user, place)
        visitors.append((Visitor(port, _session_of(user)), draft))
    wait_until_idle()
    answers = at_once(
        _sending(visitor, draft, number * LAST_MINUTE / APPLICANTS)
        for number, (visitor, draft) in enumerate(visitors)
    )
    _check_applications(contest)
    return answers


def _places() -> list[Municipality]:
    places = list(Municipality.objects.current().order_by("pk"))
    return [places[number % len(places)] for number in range(APPLICANTS)]


def _representative(number: int, place: Municipality) -> User:
    now = timezone.now()
    user = User.objects.create_user(f"applicant-{number}@example.org", language=LANGUAGE)
    Membership.objects.create(
        user=user, municipality=place, role="secretary", phone=f"+996700{number:06}",
        verified_at=now, expires_at=now + timedelta(days=365),
    )  # fmt: skip
    return user


def _session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _draft(contest, nomination, user, place) -> Draft:
    text = "Айылдын кошуундары ашар менен суу түтүгүн оңдоп, эсептегич коюшту. " * 20
    answers = {
        "contest": str(contest.pk), "nomination": str(nomination.pk),
        "applicant_name": "Айжан", "applicant_post": "жооптуу катчы",
        "applicant_phone": "+996700123456", "municipality": place.code,
        "theme": Theme.objects.values_list("slug", flat=True).first(),
        "title": f"Суу ар бир короого, {place}"[:120], "problem": text, "solution": text,
        "result": text, "started_on": date(2025, 4, 1).isoformat(), "has_consent": "on",
    }  # fmt: skip
    return Draft.objects.create(owner=user, kind=KIND, language=LANGUAGE, answers=answers)


def _sending(visitor, draft, after: float):
    def work():
        time.sleep(after)
        address = reverse("contests:send", args=[draft.uuid])
        form = {"agreed": [Purpose.CONTEST.value, Purpose.PUBLISH.value]}
        return [visitor.post(address, form), visitor.post(address, form)]

    return work


def _check_applications(contest: Contest) -> None:
    rows = Application.objects.filter(contest=contest)
    drafts = Draft.objects.filter(kind=KIND, answers__contest=str(contest.pk))
    unsent = drafts.filter(sent_at=None).count()
    numbers = sorted(rows.values_list("number", flat=True))
    wanted = sorted(
        f"{contest.year}-{nomination.code}-{number:03d}"
        for nomination in contest.nominations.all()
        for number in range(1, rows.filter(nomination=nomination).count() + 1)
    )
    if unsent or rows.count() != APPLICANTS or numbers != wanted:
        raise BenchError(
            f"{APPLICANTS} drafts sent twice each: {rows.count()} applications, {unsent} left, "
            f"numbers without a gap: {numbers == wanted}."
        )
