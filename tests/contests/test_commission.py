"""Conflicts, sheets given out, scores kept, places: over the records."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from contests.assigning import assign
from contests.choices import (
    ApplicationStatus,
    ConflictDecision,
    ConflictKind,
    ContestStatus,
    Formula,
    Group,
    SheetStatus,
    Visibility,
)
from contests.conflicts import declare, find_conflicts
from contests.freezing import freeze
from contests.models import Conflict, Criterion, Score, ScoreChange, Sheet
from contests.results import tables_of
from contests.scoring import hand_in, missing_on, open_sheet, reopen, sees_others
from publishing.workflow import MoveRefused, move
from tests import factories, factories_journal
from tests.factories_contests import (
    REASON,
    kinds_of,
    make_application,
    make_contest,
    make_formula,
    make_members,
    make_nomination,
    save_score,
    score,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest():
    return make_contest(ContestStatus.REVIEW)


def sheets_of(application):
    return list(application.sheets.order_by("member__position"))


# ---------------------------------------------------------------- rules


def test_frozen_rules_do_not_follow_the_records(contest):
    version = contest.versions.get()
    Criterion.objects.filter(contest=contest).update(weight=10)
    version.refresh_from_db()
    assert [each["weight"] for each in version.content["criteria"]] == [50, 50]
    assert freeze(contest, by=None, told={"ky": "Салмак"}).number == 2
    assert freeze(contest, by=None).number == 2, "nothing has changed since"
    assert contest.versions.count() == 2


def test_weights_that_do_not_make_a_hundred_are_told():
    contest = make_contest()
    make_formula(contest)
    fields = {missing.field for missing in contest.missing_for_concept()}
    assert "criteria" not in fields, "a bonus comes on top"
    Criterion.objects.filter(contest=contest, position=1).update(weight=49)
    assert "criteria" in {missing.field for missing in contest.missing_for_concept()}


def test_term_is_extended_once(specialist):
    contest = make_contest(ContestStatus.ACCEPTING)
    before, later = contest.closes_at, contest.closes_at + timedelta(days=5)
    move(contest, "extend", actor=specialist, reason="Жол жабык", closes_at=later)
    assert (contest.extended_from, contest.closes_at) == (before, later)
    with pytest.raises(MoveRefused):
        move(contest, "extend", actor=specialist, reason="Дагы", closes_at=later)


def test_term_ends_on_the_second():
    contest = make_contest(ContestStatus.ACCEPTING)
    assert contest.is_accepting
    contest.closes_at = timezone.now()
    assert not contest.is_accepting


# ---------------------------------------------------------------- conflicts


def test_conflicts_are_found_in_the_records(contest, contributor):
    own, near, other = (factories.make_municipality() for _number in range(3))
    near.district, other.district = own.district, None
    for each in (near, other):
        each.save()
    partner = factories_journal.make_partner()
    project = factories_journal.make_project(partner=partner)
    practice = factories.make_practice(source_project=project, donor=partner)
    member = make_members(contest, 1)[0]
    member.municipality, member.user, member.organisation = own, contributor, partner
    found = {
        name: kinds_of(member, make_application(contest, **values))
        for name, values in {
            "own": {"municipality": own},
            "near": {"municipality": near},
            "written": {"municipality": other, "created_by": contributor},
            "project": {"municipality": other, "practice": practice},
        }.items()
    }
    assert found["own"] == [ConflictKind.OWN_MUNICIPALITY]
    assert own.district
    assert found["near"] == [ConflictKind.SAME_DISTRICT]
    assert found["written"] == [ConflictKind.AUTHOR]
    assert found["project"] == [ConflictKind.EMPLOYER, ConflictKind.PARTNER_PROJECT]


def test_what_the_secretary_has_allowed_stays_allowed(contest):
    member = make_members(contest, 1)[0]
    application = make_application(contest)
    member.municipality = application.municipality
    member.save()
    assert find_conflicts(contest) == 1
    Conflict.objects.update(decision=ConflictDecision.ALLOWED, note="Мурда гана жашаган")
    assert find_conflicts(contest) == 0
    assign(contest)
    assert sheets_of(application)[0].member == member


# ---------------------------------------------------------------- giving out


def test_sheets_are_given_out_evenly_and_not_over_a_conflict(contest):
    members = make_members(contest, 5)
    applications = [make_application(contest) for _number in range(6)]
    declare(members[0], applications[0], ConflictKind.RELATIVE)
    balance = assign(contest)
    assert not balance.short
    assert not balance.bound
    assert all(application.sheets.count() == 3 for application in applications)
    assert not applications[0].sheets.filter(member=members[0]).exists()
    loads = [member.sheets.count() for member in members]
    assert max(loads) - min(loads) <= 1
    codes = {each.code for each in contest.applications.all()}
    assert codes == {f"К-{number:02d}" for number in range(1, 7)}


def test_giving_out_again_keeps_what_was_begun(contest):
    members = make_members(contest, 4)
    application = make_application(contest)
    assign(contest)
    first = sheets_of(application)[0]
    save_score(first, contest.criteria.first().pk, value=7)
    contest.members.exclude(pk=first.member_id).update(is_active=False)
    newcomers = [member for member in members if not member.sheets.exists()]
    contest.members.filter(pk__in=[each.pk for each in newcomers]).update(is_active=True)
    balance = assign(contest)
    assert balance.short == {application.pk: 1}
    assert {sheet.member_id for sheet in sheets_of(application)} == {
        first.member_id,
        *(each.pk for each in newcomers),
    }
    assert Score.objects.get().value == 7


def test_member_of_a_nomination_gets_no_other(contest):
    members = make_members(contest, 4)
    other = make_nomination(contest)
    members[0].nominations.add(other)
    application = make_application(contest)
    assign(contest)
    assert members[0].pk not in {sheet.member_id for sheet in sheets_of(application)}


# ---------------------------------------------------------------- scoring


@pytest.fixture
def sheet(contest):
    make_members(contest, 3)
    application = make_application(contest)
    assign(contest)
    return sheets_of(application)[0]


def test_every_touch_is_kept(sheet):
    criterion = sheet.application.contest.criteria.first()
    for value, comment in ((5, ""), (5, ""), (7, ""), (7, "Жакшы")):
        save_score(sheet, criterion.pk, value=value, comment=comment)
    changes = ScoreChange.objects.filter(sheet=sheet)
    assert list(changes.values_list("value", "comment")) == [(5, ""), (7, ""), (7, "Жакшы")]
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.OPENED


def test_ends_of_the_scale_say_why(sheet):
    first, second = sheet.application.contest.criteria.all()
    save_score(sheet, first.pk, value=10, comment="жакшы")
    with pytest.raises(MoveRefused) as refusal:
        hand_in(sheet)
    assert {missing.field for missing in refusal.value.missing} == {
        f"criterion-{first.pk}",
        f"criterion-{second.pk}",
    }
    save_score(sheet, first.pk, value=10, comment=REASON)
    save_score(sheet, second.pk, value=9)
    assert missing_on(sheet) == []
    assert hand_in(sheet).status == SheetStatus.SUBMITTED
    assert hand_in(sheet).status == SheetStatus.SUBMITTED, "twice is once"


@pytest.mark.parametrize("value", [-1, 11])
def test_value_off_the_scale_is_refused(sheet, value):
    with pytest.raises(MoveRefused):
        save_score(sheet, sheet.application.contest.criteria.first().pk, value=value)
    foreign = Criterion.objects.create(contest=make_contest(), title_ky="Бөтөн", weight=100)
    with pytest.raises(MoveRefused):
        save_score(sheet, foreign.pk, value=5)
    assert not Score.objects.exists()


def test_closed_sheet_opens_by_the_chair_with_a_reason(sheet, specialist):
    score(sheet, 5, 6)
    with pytest.raises(MoveRefused):
        save_score(sheet, sheet.application.contest.criteria.first().pk, value=1)
    with pytest.raises(MoveRefused):
        reopen(sheet, reason=" ", actor=specialist)
    reopen(sheet, reason="Баасы жаңылыш коюлган", actor=specialist)
    save_score(sheet, sheet.application.contest.criteria.first().pk, value=6, comment=REASON)
    hand_in(sheet)
    assert [each.value for each in sheet.scores.order_by("criterion__position")] == [6, 6]


def test_nobody_scores_out_of_turn(sheet):
    contest, member = sheet.application.contest, sheet.member
    member.stated_at = None
    member.save()
    with pytest.raises(MoveRefused):
        open_sheet(sheet)
    member.stated_at = timezone.now()
    member.save()
    contest.status = ContestStatus.DELIBERATION
    contest.save()
    with pytest.raises(MoveRefused):
        save_score(sheet, contest.criteria.first().pk, value=5)
    assert not Score.objects.exists()


@pytest.mark.parametrize(
    ("rule", "before", "after", "in_deliberation"),
    [
        (Visibility.NEVER, False, False, False),
        (Visibility.AFTER_OWN, False, True, True),
        (Visibility.DELIBERATION, False, False, True),
    ],
)
def test_others_are_seen_only_as_the_rules_say(sheet, rule, before, after, in_deliberation):
    contest = sheet.application.contest
    contest.others_seen = rule
    assert sees_others(sheet) is before
    sheet.status = SheetStatus.SUBMITTED
    assert sees_others(sheet) is after
    contest.status = ContestStatus.DELIBERATION
    assert sees_others(sheet) is in_deliberation


@pytest.mark.django_db(transaction=True)
def test_score_waits_for_a_hand_in_and_is_refused():
    contest = make_contest(ContestStatus.REVIEW)
    make_members(contest, 3)
    application = make_application(contest)
    assign(contest)
    sheet = sheets_of(application)[0]
    score(sheet, 5, 6, is_handed_in=False)
    criterion, outcomes = contest.criteria.first().pk, []

    def work(action):
        try:
            action()
        except MoveRefused:
            outcomes.append("refused")
        connection.close()

    threads = [
        threading.Thread(target=work, args=(action,))
        for action in (
            lambda: hand_in(sheet),
            lambda: hand_in(sheet),
            *(lambda value=value: save_score(sheet, criterion, value=value) for value in (1, 2, 3)),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    handed_in = Sheet.objects.get(pk=sheet.pk)
    last = ScoreChange.objects.filter(sheet=sheet, criterion=criterion).last()
    assert handed_in.status == SheetStatus.SUBMITTED
    assert Score.objects.get(sheet=sheet, criterion=criterion).value == last.value
    assert last.at <= handed_in.submitted_at, "nothing is written after it was handed in"


# ---------------------------------------------------------------- places


def test_places_come_from_counted_sheets_alone(contest, django_assert_num_queries):
    members = make_members(contest, 3)
    best, second, alone = (make_application(contest) for _number in range(3))
    assign(contest)
    for application, values in ((best, (9, 9)), (second, (5, 5))):
        for sheet in sheets_of(application):
            score(sheet, *values)
    score(sheets_of(alone)[0], 9, 9)
    [table] = tables_of(contest)
    told = [(application.pk, row.place, row.lacks) for application, row in table.rows]
    assert told == [(best.pk, 1, ""), (second.pk, 2, ""), (alone.pk, None, "sheets")]
    assert table.rows[0][1].mean == 90
    declare(members[0], best, ConflictKind.OTHER)
    [table] = tables_of(contest)
    assert table.rows[0][1].count == 2, "a sheet of somebody recused counts nowhere"
    [what_if] = tables_of(contest, without=[members[1].pk])
    assert what_if.rows[0][0] == second
    with django_assert_num_queries(10):
        tables_of(contest)


def test_groups_are_ranked_apart(contest):
    contest.nominations.update(has_groups=True)
    freeze(contest, by=None)
    make_members(contest, 3)
    hard, other = (make_application(contest, group=group) for group in (Group.HARD, Group.OTHER))
    assign(contest)
    for application, value in ((hard, 4), (other, 9)):
        for sheet in sheets_of(application):
            score(sheet, value, value)
    tables = {table.group: table.rows for table in tables_of(contest)}
    assert {group: rows[0][1].place for group, rows in tables.items()} == {"hard": 1, "other": 1}


def test_bonus_is_worked_out_from_the_record(contest):
    make_formula(contest, Formula.EVIDENCE)
    freeze(contest, by=None)
    make_members(contest, 3)
    practice = factories.make_practice(evidence_level=5)
    proven, plain = make_application(contest, practice=practice), make_application(contest)
    assign(contest)
    for application in (proven, plain):
        for sheet in sheets_of(application):
            score(sheet, 6, 6)
    [table] = tables_of(contest)
    assert [(row.mean, row.place) for _application, row in table.rows] == [(65, 1), (60, 2)]


def test_review_begins_when_everything_is_there(contest, specialist):
    contest.status = ContestStatus.ADMISSION
    contest.save()
    make_members(contest, 3)
    make_application(contest, status=ApplicationStatus.SUBMITTED)
    make_application(contest)
    with pytest.raises(MoveRefused) as refusal:
        move(contest, "review", actor=specialist)
    assert {missing.field for missing in refusal.value.missing} == {"applications", "sheets"}
    contest.applications.filter(status=ApplicationStatus.SUBMITTED).delete()
    assign(contest)
    assert move(contest, "review", actor=specialist).status == ContestStatus.REVIEW
