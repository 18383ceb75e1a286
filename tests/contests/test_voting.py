"""The public vote: who may, once, until the last second, and what is seen of it when."""

import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contests import voting
from contests.choices import ContestStatus, VoteStatus
from contests.models import Contest, Vote
from people.actions import revoke_membership
from publishing.languages import LanguageState
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused, move
from tests import factories
from tests.factories_contests import make_application, make_contest
from tests.pages import main

pytestmark = pytest.mark.django_db

NOW = datetime.fromisoformat("2026-10-05T12:00:00+06:00")
END = datetime.fromisoformat("2026-10-10T18:00:00+06:00")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def make_vote(status=ContestStatus.DELIBERATION, **kwargs):
    """A contest whose vote runs from yesterday until END."""
    values = {"has_public_vote": True, "vote_from": NOW - timedelta(days=1), "vote_until": END}
    values |= {"state_ky": LanguageState.READY, "state_ru": LanguageState.READY}
    values |= {"published_at": NOW - timedelta(days=60)}
    return make_contest(status, **values | kwargs)


@pytest.fixture
def contest():
    return make_vote()


@pytest.fixture
def entry(contest):
    return make_application(contest)


@pytest.fixture
def voter():
    return factories.make_membership().user


def give(contest, entry, voter, at=None, **kwargs):
    return voting.cast(contest, entry, voter=voter, at=at or timezone.now(), **kwargs)


def line_of(contest, entry):
    return next(line for line in voting.tally(contest) if line.application == entry)


# ---------------------------------------------------------------- when


@pytest.mark.parametrize(
    ("at", "is_counted"),
    [
        ("2026-10-04T11:59:59+06:00", False),
        ("2026-10-04T12:00:00+06:00", True),
        ("2026-10-10T17:59:59+06:00", True),
        ("2026-10-10T18:00:00+06:00", False),
    ],
)
def test_window_by_the_second(contest, entry, voter, at, is_counted):
    at = datetime.fromisoformat(at)
    if is_counted:
        assert give(contest, entry, voter, at).application == entry
    else:
        with pytest.raises(MoveRefused):
            give(contest, entry, voter, at)
    assert contest.votes.count() == is_counted


@pytest.mark.parametrize("status", ContestStatus.values)
def test_entries_stay_secret_while_coded_ones_are_scored(status):
    contest = make_vote()
    make_application(contest)
    contest.status = status
    told = {"deliberation", "decided"}
    assert voting.is_open(contest, NOW) == (status in told)
    contest.hides_names = contest.hides_municipality = False
    assert voting.is_open(contest, NOW) == (status in told | {"review", "visits"})
    contest.has_public_vote = False
    assert not voting.is_open(contest, NOW)


def test_named_entries_are_not_scored_again(contest, specialist):
    with pytest.raises(MoveRefused):
        move(contest, "review_again", actor=specialist, reason="Дагы бир жолу")
    contest.refresh_from_db()
    assert contest.status == ContestStatus.DELIBERATION
    later = make_vote(vote_from=NOW + timedelta(seconds=1))
    move(later, "review_again", actor=specialist, reason="Дагы бир жолу")
    assert later.status == ContestStatus.REVIEW


def test_off_by_default():
    assert not Contest().has_public_vote
    contest = make_vote(has_public_vote=False)
    assert Client().get(reverse("contests:vote", args=[contest.slug])).status_code == 404


# ---------------------------------------------------------------- who


def test_only_confirmed_people(contest, entry):
    waiting = factories.make_membership(is_verified=False).user
    with pytest.raises(MoveRefused):
        give(contest, entry, waiting)
    ended = factories.make_membership(expires_at=NOW - timedelta(seconds=1)).user
    with pytest.raises(MoveRefused):
        give(contest, entry, ended)
    assert not Vote.objects.exists()


def test_nobody_votes_for_what_they_have_sent(contest, voter):
    own = make_application(contest, created_by=voter)
    with pytest.raises(MoveRefused):
        give(contest, own, voter)


def test_entry_of_another_contest_or_not_admitted(contest, voter):
    for entry in (make_application(make_vote()), make_application(contest, "refused")):
        with pytest.raises(MoveRefused):
            give(contest, entry, voter)


def test_a_vote_moves_and_is_taken_back(contest, entry, voter):
    other = make_application(contest)
    give(contest, entry, voter)
    give(contest, other, voter)
    assert [(line.application, line.others) for line in voting.tally(contest)] == [
        (other, 1),
        (entry, 0),
    ]
    voting.take_back(contest, voter=voter, at=NOW)
    voting.take_back(contest, voter=voter, at=NOW)
    assert not contest.votes.exists()


def test_votes_of_the_own_municipality_are_counted_apart(contest, entry, voter):
    give(contest, entry, voter)
    neighbour = factories.make_membership(municipality=entry.municipality).user
    # A second role makes nobody a stranger to their own municipality.
    factories.make_membership(neighbour)
    assert give(contest, entry, neighbour).is_own
    line = line_of(contest, entry)
    assert (line.others, line.own, line.discarded) == (1, 1, 0)


# ---------------------------------------------------------------- roles taken back, votes discarded


def test_role_taken_back_takes_the_vote_along(contest, entry, voter, specialist):
    give(contest, entry, voter)
    revoke_membership(membership=voter.memberships.get(), by=specialist, reason="Ката")
    line = line_of(contest, entry)
    assert (line.others, line.discarded) == (0, 1)
    vote = contest.votes.get()
    assert vote.reason
    with pytest.raises(MoveRefused):
        give(contest, entry, voter)


def test_with_another_role_the_vote_goes_on_under_it(contest, entry, specialist):
    first = factories.make_membership(municipality=entry.municipality)
    second = factories.make_membership(first.user)
    assert give(contest, entry, first.user).is_own
    revoke_membership(membership=first, by=specialist, reason="Ката")
    vote = contest.votes.get()
    assert (vote.status, vote.municipality, vote.is_own) == (
        VoteStatus.COUNTED,
        second.municipality,
        False,
    )


def test_decision_that_is_out_stays(contest, entry, voter, specialist):
    give(contest, entry, voter)
    Contest.objects.filter(pk=contest.pk).update(status=ContestStatus.PUBLISHED)
    revoke_membership(membership=voter.memberships.get(), by=specialist, reason="Кетти")
    assert contest.votes.get().status == VoteStatus.COUNTED


def test_discarded_is_counted_in_public_and_not_given_anew(contest, entry, voter, specialist):
    vote = give(contest, entry, voter)
    with pytest.raises(MoveRefused):
        voting.discard(contest, [vote.pk], reason=" ", actor=specialist)
    assert voting.discard(contest, [vote.pk], reason="Бир телефон", actor=specialist) == 1
    assert voting.discard(contest, [vote.pk], reason="Бир телефон", actor=specialist) == 0
    event = AuditEvent.about(contest).get(action="discard_votes")
    assert (event.reason, event.details) == ("Бир телефон", {"votes": [vote.pk]})
    with pytest.raises(MoveRefused):
        give(contest, make_application(contest), voter)
    with pytest.raises(MoveRefused):
        voting.take_back(contest, voter=voter, at=NOW)
    assert line_of(contest, entry).discarded == 1
    assert voting.restore(contest, [vote.pk], reason="Ката", actor=specialist) == 1
    assert line_of(contest, entry).others == 1


def test_vote_of_another_contest_is_not_discarded_here(contest, entry, voter, specialist):
    vote = give(contest, entry, voter)
    assert voting.discard(make_vote(), [vote.pk], reason="Чоочун", actor=specialist) == 0


def test_bursts_and_shared_phones_are_shown_and_touch_nothing(contest, entry):
    source = voting.source_of(contest, "203.0.113.9")
    users = [factories.make_membership().user for _each in range(voting.BURST)]
    for user in users:
        give(contest, entry, user, source=source)
    (burst,) = voting.bursts(contest)
    assert (len(burst.votes), burst.to_one, burst.new_accounts) == (10, 10, 10)
    assert line_of(contest, entry).others == 10
    assert voting.sharing_phones(contest) == []
    users[1].memberships.update(phone=users[0].memberships.get().phone)
    assert [{vote.voter for vote in heap} for heap in voting.sharing_phones(contest)] == [
        {users[0], users[1]}
    ]


def test_source_tells_no_address_and_differs_between_contests(contest):
    other = make_vote()
    assert voting.source_of(contest, "203.0.113.9") == voting.source_of(contest, "203.0.113.9")
    assert voting.source_of(contest, "203.0.113.9") != voting.source_of(other, "203.0.113.9")
    assert voting.source_of(contest, "") == ""


# ---------------------------------------------------------------- the page


@pytest.fixture
def address(contest):
    return reverse("contests:vote", args=[contest.slug])


@pytest.fixture
def browser(voter):
    client = Client()
    client.force_login(voter)
    return client


def test_vote_on_the_page(browser, address, contest, entry, voter):
    page = browser.get(address).text
    assert entry.title in page
    for secret in (entry.number, entry.applicant_name, f"/{entry.pk}/"):
        assert secret not in page
    assert browser.post(address, {"entry": entry.uuid}).status_code == 302
    assert contest.votes.get().voter == voter
    assert "checked" in browser.get(address).text
    assert browser.post(address, {"take_back": "1"}).status_code == 302
    assert not contest.votes.exists()


@pytest.mark.parametrize("posted", [{}, {"entry": "x"}, {"entry": "1' OR 1=1"}])
def test_bad_paper_gets_a_sentence(browser, address, entry, posted):
    response = browser.post(address, posted)
    assert response.status_code == 400
    assert 'role="alert"' in response.text


def test_stranger_is_told_how_to_come_in(client, address, entry, contest):
    page = client.get(address).text
    assert entry.title in page
    assert reverse("account_login") in page
    assert 'type="radio"' not in page
    assert client.post(address, {"entry": entry.uuid}).status_code == 400
    client.force_login(factories.make_user(is_staff=False))
    assert reverse("membership") in client.get(address).text
    assert client.post(address, {"entry": entry.uuid}).status_code == 400
    assert not contest.votes.exists()


def test_nothing_is_named_before_it_begins(client, contest, entry, address):
    Contest.objects.filter(pk=contest.pk).update(status=ContestStatus.REVIEW)
    page = client.get(address)
    assert page.status_code == 200
    assert entry.title not in page.text
    waiting = main(page)
    assert f"{timezone.localtime(contest.vote_from):%H:%M}" not in waiting, "that hour is over"
    Contest.objects.filter(pk=contest.pk).update(vote_from=NOW + timedelta(days=1))
    to_come = main(client.get(address))
    Contest.objects.filter(pk=contest.pk).update(
        status=ContestStatus.CANCELLED, vote_from=NOW - timedelta(days=1)
    )
    assert len({waiting, to_come, main(client.get(address))}) == 3, "each says what is so"


def test_figures_after_the_end_and_after_somebody_has_looked(
    clock, browser, address, contest, entry, voter, specialist
):
    give(contest, entry, voter)
    is_shown = "rows votes"
    assert is_shown not in browser.get(address).text
    with pytest.raises(MoveRefused):
        voting.confirm_checked(contest, actor=specialist)
    clock.move_to(END)
    assert is_shown not in browser.get(address).text
    assert browser.post(address, {"entry": entry.uuid}).status_code == 400
    voting.confirm_checked(contest, actor=specialist)
    voting.confirm_checked(contest, actor=specialist)
    assert AuditEvent.about(contest).filter(action=voting.CHECKED).count() == 1
    assert is_shown in browser.get(address).text


def test_results_that_are_out_show_figures(clock, browser, address, contest, entry, voter):
    give(contest, entry, voter)
    clock.move_to(END)
    Contest.objects.filter(pk=contest.pk).update(status=ContestStatus.PUBLISHED)
    assert "rows votes" in browser.get(address).text


def test_page_takes_the_same_queries_for_one_and_many(
    browser, address, contest, entry, django_assert_num_queries
):
    browser.get(address)
    with django_assert_num_queries(7):
        browser.get(address)
    for _each in range(3):
        make_application(contest)
    with django_assert_num_queries(7):
        browser.get(address)


# ---------------------------------------------------------------- at once


def together(*works):
    """Run the functions at once, each with a connection of its own; returns what they raised."""
    barrier, raised = threading.Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            work()
        except MoveRefused as refusal:
            raised.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_two_votes_at_once_are_one():
    contest = make_vote()
    entries = [make_application(contest) for _each in range(2)]
    voter = factories.make_membership().user
    raised = together(*(lambda e=e: give(contest, e, voter) for e in entries * 2))
    assert not raised
    assert contest.votes.count() == 1


@pytest.mark.django_db(transaction=True)
def test_vote_against_a_role_taken_back():
    """Whichever comes first, no vote counts of somebody without a role."""
    contest = make_vote()
    entry = make_application(contest)
    editor = factories.make_user()
    for _each in range(4):
        role = factories.make_membership()
        together(
            lambda role=role: give(contest, entry, role.user),
            lambda role=role: revoke_membership(membership=role, by=editor, reason="Ката"),
        )
    assert not contest.votes.filter(status=VoteStatus.COUNTED).exists()
