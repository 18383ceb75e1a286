"""The way of a contest: who moves it when, and what each move wants and brings along."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from contests.choices import ApplicationStatus, ContestStatus, SheetStatus
from contests.copying import copy_contest, year_later
from contests.freezing import differs_from_frozen, digest_of, freeze, rules_of
from contests.models import Contest, Criterion
from contests.versions import differences, history, not_frozen
from people.roles import CONTEST_SECRETARY, GROUPS, SPECIALIST
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused, move, moves_for
from tests import factories
from tests.factories_contests import (
    complete,
    make_application,
    make_contest,
    make_members,
    make_nomination,
)

pytestmark = pytest.mark.django_db

LEADS = {SPECIALIST}
STAFF = {CONTEST_SECRETARY, *LEADS}
#: move → stages in which it is there, the next stage, who makes it.
MOVES = {
    "propose": ("draft", "submitted", LEADS),
    "rework": ("submitted ready", "draft", LEADS),
    "approve": ("submitted", "ready", LEADS),
    "announce": ("ready", "announced", LEADS),
    "change_rules": ("announced", "announced", LEADS),
    "open": ("announced", "accepting", LEADS),
    "extend": ("accepting", "accepting", LEADS),
    "close": ("accepting", "admission", STAFF),
    "review": ("admission", "review", STAFF),
    "visit": ("review", "visits", STAFF),
    "deliberate": ("review visits", "deliberation", STAFF),
    "review_again": ("visits deliberation", "review", STAFF),
    "decide": ("deliberation", "decided", STAFF),
    "publish": ("decided", "published", LEADS),
    "archive": ("published", "archived", LEADS),
    "cancel": (
        "draft submitted ready announced accepting admission review visits deliberation",
        "cancelled",
        LEADS,
    ),
    "withdraw": ("published archived cancelled", "withdrawn", LEADS),
}
CLOCK = {"open", "close", "archive"}


@pytest.fixture
def whole(media_root):
    return complete(make_contest())


def wanted(refusal) -> set[str]:
    return {missing.field for missing in refusal.value.missing}


# ---------------------------------------------------------------- who, when


def test_every_role_has_its_moves_in_every_stage():
    contest = make_contest()
    assert {step.name for step in Contest.workflow} == set(MOVES)
    people = {group: factories.make_user(group) for group in GROUPS}
    people["nobody’s"] = factories.make_user(is_staff=False)
    for status in ContestStatus.values:
        contest.status = status
        for group, person in people.items():
            expected = {
                name
                for name, (stages, _target, who) in MOVES.items()
                if status in stages.split() and group in who
            }
            assert {step.name for step in moves_for(contest, person)} == expected, (status, group)
    for step in Contest.workflow:
        assert step.target == MOVES[step.name][1]
        assert ("system" in step.who) == (step.name in CLOCK)


def test_out_of_turn_nothing_moves(specialist):
    contest = make_contest()
    for status in ContestStatus.values:
        Contest.objects.filter(pk=contest.pk).update(status=status)
        for name, (stages, target, _who) in MOVES.items():
            if status in stages.split():
                continue
            if status == target:
                # Twice is harmless.
                assert move(contest, name, actor=specialist, reason="Себеп").status == status
                continue
            with pytest.raises(MoveRefused):
                move(contest, name, actor=specialist, reason="Себеп")
    assert not AuditEvent.about(contest).exists()


def test_grave_moves_want_a_reason(specialist):
    for name in ("rework", "change_rules", "extend", "review_again", "cancel", "withdraw"):
        contest = make_contest(MOVES[name][0].split()[0])
        with pytest.raises(MoveRefused):
            move(contest, name, actor=specialist, reason=" ")


# ---------------------------------------------------------------- to the announcement


def test_from_the_concept_to_the_announcement(whole, specialist):
    for name in ("propose", "approve", "announce"):
        move(whole, name, actor=specialist)
    version = whole.versions.get()
    assert version.digest == digest_of(rules_of(whole))
    assert whole.status == ContestStatus.ANNOUNCED
    assert whole.is_readable
    assert whole.ready_languages == ["ky", "ru"]


def break_weight(contest):
    Criterion.objects.filter(contest=contest).update(weight=40)


def leave_out(name):
    return lambda contest: Contest.objects.filter(pk=contest.pk).update(**{name: None})


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (leave_out("goal_ky"), "goal_ky"),
        (leave_out("budget"), "budget"),
        (leave_out("award_on"), "award_on"),
        (lambda contest: contest.organisers.clear(), "organisers"),
        (lambda contest: contest.campaign.all().delete(), "campaign"),
        (lambda contest: contest.nominations.all().delete(), "nominations"),
        (break_weight, "criteria"),
        (
            lambda contest: Contest.objects.filter(pk=contest.pk).update(has_public_vote=True),
            "vote_from",
        ),
    ],
)
def test_concept_wants(whole, specialist, spoil, field):
    spoil(whole)
    with pytest.raises(MoveRefused) as refusal:
        move(whole, "propose", actor=specialist)
    assert wanted(refusal) == {field}


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (lambda contest: contest.approvals.all().delete(), "approvals"),
        (leave_out("rules_ru"), "rules_ru"),
        (lambda contest: contest.nominations.update(title_ru=""), "nominations"),
        (lambda contest: contest.criteria.update(title_ky=""), "criteria"),
        (lambda contest: contest.criteria.first().anchors.first().delete(), "criteria"),
        (lambda contest: contest.criteria.first().anchors.update(text_ru=""), "criteria"),
    ],
)
def test_approval_wants(whole, specialist, spoil, field):
    move(whole, "propose", actor=specialist)
    spoil(whole)
    with pytest.raises(MoveRefused) as refusal:
        move(whole, "approve", actor=specialist)
    assert wanted(refusal) == {field}
    assert not whole.versions.exists()


@pytest.mark.parametrize(
    ("spoil", "fields"),
    [
        (leave_out("summary_ru"), {"summary_ru"}),
        (leave_out("goal_ru"), {"goal_ru", "versions"}),
        (lambda contest: contest.files.all().delete(), {"files"}),
        (lambda contest: contest.questions.update(answer_ru=""), {"questions"}),
        (lambda contest: contest.questions.update(is_public=False), {"questions"}),
        (break_weight, {"criteria", "versions"}),
    ],
)
def test_announcement_wants(whole, specialist, spoil, fields):
    for name in ("propose", "approve"):
        move(whole, name, actor=specialist)
    spoil(whole)
    with pytest.raises(MoveRefused) as refusal:
        move(whole, "announce", actor=specialist)
    assert wanted(refusal) == fields


def test_back_in_the_concept_the_organisers_approve_anew(whole, specialist):
    for name in ("propose", "approve"):
        move(whole, name, actor=specialist)
    told = {"ky": "Сыйлык өзгөрдү", "ru": "Изменился приз"}
    move(whole, "rework", actor=specialist, reason=told["ru"], told=told)
    assert not whole.approvals.exists()
    whole.approvals.create(partner=whole.organisers.get(), by="Директор")
    whole.nominations.first().prizes.create(place=1, title_ky="Сыйлык", title_ru="Приз")
    for name in ("propose", "approve"):
        move(whole, name, actor=specialist)
    newest = whole.versions.first()
    assert newest.number == 2
    assert {"ky": newest.reason_ky, "ru": newest.reason_ru} == told


def test_vote_begins_after_the_scoring(whole, specialist):
    start = timezone.now() + timedelta(days=31)
    Contest.objects.filter(pk=whole.pk).update(
        has_public_vote=True, vote_from=start, vote_until=start + timedelta(days=5),
        review_until=timezone.localdate(start),
    )  # fmt: skip
    with pytest.raises(MoveRefused) as refusal:
        move(whole, "propose", actor=specialist)
    assert wanted(refusal) == {"vote_from"}
    day_before = timezone.localdate(start) - timedelta(days=1)
    Contest.objects.filter(pk=whole.pk).update(review_until=day_before)
    move(whole, "propose", actor=specialist)


# ---------------------------------------------------------------- freezing


@pytest.fixture
def announced(whole, specialist):
    for name in ("propose", "approve", "announce"):
        move(whole, name, actor=specialist)
    return whole


def test_change_after_the_announcement_is_a_new_version(announced, specialist):
    with pytest.raises(MoveRefused) as refusal:
        move(announced, "change_rules", actor=specialist, reason="Жок")
    assert wanted(refusal) == {"versions"}, "nothing has changed"
    announced.criteria.filter(position=1).update(weight=60)
    announced.criteria.filter(position=2).update(weight=40)
    assert differs_from_frozen(announced)
    with pytest.raises(MoveRefused) as refusal:
        move(announced, "open", actor=None, via="system")
    assert wanted(refusal) == {"versions"}
    move(announced, "change_rules", actor=specialist, reason="Салмак")
    assert not differs_from_frozen(announced)
    move(announced, "open", actor=None, via="system")
    newest, first = history(announced)
    assert newest["version"].reason == "Салмак"
    assert [part["kind"] for part in newest["differences"]] == ["changed", "changed"]
    [change] = newest["differences"][0]["changes"]
    assert change.difference == "<del>50</del><ins>60</ins>"
    assert first["differences"] == []


def test_digest_follows_every_part_of_the_rules(whole):
    """What applicants go by cannot change without the digest; what is the staff’s can."""
    digests = {digest_of(rules_of(whole))}
    parts = [
        lambda: leave_out("rules_ru")(whole),
        lambda: Contest.objects.filter(pk=whole.pk).update(quorum=51),
        lambda: Contest.objects.filter(pk=whole.pk).update(visits_best=2),
        lambda: Contest.objects.filter(pk=whole.pk).update(closes_at=timezone.now()),
        lambda: whole.nominations.update(places=1),
        lambda: whole.nominations.first().prizes.create(place=1, title_ky="Сыйлык"),
        lambda: whole.criteria.filter(position=1).update(tie_rank=9),
        lambda: whole.criteria.first().anchors.filter(value=10).update(text_ky="Башка"),
    ]
    for number, change in enumerate(parts, start=2):
        change()
        digests.add(digest_of(rules_of(Contest.objects.get(pk=whole.pk))))
        assert len(digests) == number
    before = digest_of(rules_of(Contest.objects.get(pk=whole.pk)))
    Contest.objects.filter(pk=whole.pk).update(budget=1, award_on=whole.award_on)
    whole.campaign.all().delete()
    assert digest_of(rules_of(Contest.objects.get(pk=whole.pk))) == before


@given(st.data())
def test_digest_knows_no_order_of_keys(data):
    content = {"a": [1, {"b": "ү", "c": None}], "d": {"e": True, "f": "ң"}}
    shuffled = dict(data.draw(st.permutations(list(content.items()))))
    shuffled["d"] = dict(data.draw(st.permutations(list(content["d"].items()))))
    assert digest_of(shuffled) == digest_of(content)


def test_versions_tell_what_came_and_went(whole):
    first = freeze(whole, by=None)
    gone = whole.nominations.first()
    make_nomination(whole, title_ky="Жол", title_ru="Дорога")
    gone.delete()
    Contest.objects.filter(pk=whole.pk).update(needs_letter=False)
    whole.refresh_from_db()
    parts = not_frozen(whole, first)
    assert [part["kind"] for part in parts] == ["changed", "added", "removed"]
    assert parts == differences(first.content, rules_of(whole))


# ---------------------------------------------------------------- the term


@pytest.fixture
def accepting(media_root):
    contest = complete(make_contest(ContestStatus.ACCEPTING))
    freeze(contest, by=None)
    return contest


def test_extension_moves_what_comes_after_it_and_is_a_new_version(accepting, specialist):
    before, awards = accepting.closes_at, accepting.award_on
    later = before + timedelta(days=7)
    move(
        accepting, "extend", actor=specialist, reason="Жол жабык", closes_at=later, moves_days=True
    )
    assert (accepting.extended_from, accepting.closes_at) == (before, later)
    assert accepting.award_on == awards + timedelta(days=7)
    newest = accepting.versions.first()
    assert newest.reason == "Жол жабык"
    assert not differs_from_frozen(accepting)
    with pytest.raises(MoveRefused):
        move(accepting, "extend", actor=specialist, reason="Дагы", closes_at=later + timedelta(1))


@pytest.mark.parametrize("days", [0, -1])
def test_extension_is_never_earlier(accepting, specialist, days):
    closes_at = accepting.closes_at + timedelta(days=days)
    with pytest.raises(MoveRefused):
        move(accepting, "extend", actor=specialist, reason="Эртерээк", closes_at=closes_at)
    accepting.refresh_from_db()
    assert accepting.extended_from is None


def test_what_has_ended_is_not_extended(accepting, specialist):
    now = timezone.now()
    Contest.objects.filter(pk=accepting.pk).update(closes_at=now - timedelta(seconds=1))
    with pytest.raises(MoveRefused):
        move(accepting, "extend", actor=specialist, reason="Кеч", closes_at=now + timedelta(days=1))


# ---------------------------------------------------------------- the commission’s stages


def test_sheets_are_counted_in_one_query(django_assert_num_queries):
    contest = make_contest(ContestStatus.REVIEW)
    members = make_members(contest, 3)
    for _number in range(3):
        application = make_application(contest)
        for member in members:
            application.sheets.create(member=member)
    with django_assert_num_queries(1):
        missing = contest.missing_for_deliberation()
    assert [each.field for each in missing] == ["sheets"]
    for application in contest.applications.all():
        application.sheets.filter(member__in=members[:2]).update(status=SheetStatus.SUBMITTED)
    assert contest.missing_for_deliberation() == []
    application.sheets.filter(member=members[0]).update(status=SheetStatus.RECUSED)
    assert [each.field for each in contest.missing_for_deliberation()] == ["sheets"]


def test_review_waits_for_documents_and_for_statements(specialist):
    contest = make_contest(ContestStatus.ADMISSION)
    members = make_members(contest, 3)
    application = make_application(contest)
    for member in members:
        application.sheets.create(member=member)
    returned = make_application(contest, status=ApplicationStatus.RETURNED)
    contest.members.update(stated_at=None)
    with pytest.raises(MoveRefused) as refusal:
        move(contest, "review", actor=specialist)
    assert wanted(refusal) == {"applications", "members"}
    returned.delete()
    contest.members.update(stated_at=timezone.now())
    move(contest, "review", actor=specialist)


# ---------------------------------------------------------------- the copy


def test_copy_takes_the_rules_and_nobody(whole, specialist):
    whole.title_ru = "Лучшая практика 2026"
    whole.save()
    nomination = whole.nominations.first()
    nomination.prizes.create(place=1, title_ky="Сыйлык", title_ru="Приз", amount=300_000)
    whole.criteria.filter(position=2).update(nomination=nomination)
    whole.campaign.update(done_on=timezone.localdate(), reach=500, responsible=specialist)
    whole.questions.create(question_ky="Мен үчүнбү?", email="a@example.org")
    make_members(whole, 3)
    make_application(whole)
    copy = copy_contest(whole, by=specialist)
    assert (copy.status, copy.year, copy.copied_from) == (ContestStatus.DRAFT, 2027, whole)
    assert copy.title_ru == "Лучшая практика 2027"
    assert copy.opens_at == year_later(whole.opens_at)
    made = copy.nominations.get()
    assert made != nomination
    assert made.prizes.get().amount == 300_000
    assert [each.nomination for each in copy.criteria.all()] == [None, made]
    assert [each.anchors.count() for each in copy.criteria.all()] == [2, 2]
    step = copy.campaign.get()
    assert (step.done_on, step.reach, step.responsible) == (None, None, None)
    question = copy.questions.get()
    assert (question.answer_ru, question.is_public, question.email) == (
        "Айылные управы.",
        False,
        "",
    )
    assert list(copy.organisers.all()) == list(whole.organisers.all())
    for relation in ("members", "applications", "approvals", "versions", "files", "votes"):
        assert not getattr(copy, relation).exists()
    part = ("nominations", "criteria", "dates", "title")
    same, other = rules_of(whole), rules_of(copy)
    assert {key: same[key] for key in same if key not in part} == {
        key: other[key] for key in other if key not in part
    }
