"""What is kept on a sheet, over two devices and against the closing of it."""

import threading

import pytest
from django.db import connection

from contests.assigning import assign
from contests.choices import ConflictKind, ContestStatus, SheetStatus
from contests.models import Contest, Score, ScoreChange, Sheet
from contests.scoring import hand_in, keep, recuse
from publishing.drafts import digest
from publishing.workflow import MoveRefused
from tests.factories_contests import make_application, make_contest, make_members, score


def make_sheet() -> Sheet:
    contest = make_contest(ContestStatus.REVIEW)
    make_members(contest, 3)
    make_application(contest)
    assign(contest)
    return Sheet.objects.select_related("application__contest", "member").first()


@pytest.mark.django_db
def test_answers_merge_one_by_one():
    sheet = make_sheet()
    first, second = (each.pk for each in sheet.application.contest.criteria.all())
    keep(sheet, {f"value-{first}": "5", "note": "а"}, {f"value-{first}": "", "note": ""})
    kept = keep(
        sheet,
        {f"value-{first}": "9", f"value-{second}": "7", "note": "б"},
        {f"value-{first}": "", f"value-{second}": "", "note": digest("а")},
    )
    assert kept.conflicts == {f"value-{first}": "9"}
    assert kept.stored[f"value-{first}"] == "5"
    assert kept.stored[f"value-{second}"] == "7"
    assert Sheet.objects.get(pk=sheet.pk).note == "б"
    assert kept.missing == []


@pytest.mark.django_db
def test_too_long_is_told_and_not_cut():
    sheet = make_sheet()
    kept = keep(sheet, {"comment": "а" * 1001, "note": "бар"}, {})
    assert len(kept.problems) == 1
    row = Sheet.objects.get(pk=sheet.pk)
    assert (row.comment, row.note) == ("", "бар")


@pytest.mark.django_db
def test_stepping_aside_is_for_open_sheets():
    sheet = make_sheet()
    assert recuse(sheet, ConflictKind.OTHER).status == SheetStatus.RECUSED
    assert recuse(sheet, ConflictKind.OTHER), "twice is harmless"
    with pytest.raises(MoveRefused):
        keep(sheet, {"note": "а"}, {})
    other = Sheet.objects.exclude(pk=sheet.pk).first()
    score(other, 5, 5)
    with pytest.raises(MoveRefused):
        recuse(other, ConflictKind.OTHER)


def at_once(*actions) -> list[str]:
    """Run them in threads of their own; returns names of those that were refused."""
    refused = []

    def work(name, action):
        try:
            action()
        except MoveRefused:
            refused.append(name)
        connection.close()

    threads = [threading.Thread(target=work, args=each) for each in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return refused


@pytest.mark.django_db(transaction=True)
def test_two_devices_at_once_leave_one_score_and_one_word_of_the_other():
    sheet = make_sheet()
    name = f"value-{sheet.application.contest.criteria.first().pk}"
    kept = []
    at_once(
        *(("keep", lambda value=value: kept.append(keep(sheet, {name: value}, {name: ""}))) for value in "3579")
    )  # fmt: skip
    assert sorted(bool(each.conflicts) for each in kept) == [False, True, True, True]
    [change] = ScoreChange.objects.all()
    assert Score.objects.get().value == change.value


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_once_the_sheet_or_the_stage_is_closed():
    sheet = make_sheet()
    score(sheet, 5, 6, is_handed_in=False)
    name = f"value-{sheet.application.contest.criteria.first().pk}"

    def end_of_scoring():
        Contest.objects.filter(pk=sheet.application.contest_id).update(
            status=ContestStatus.DELIBERATION
        )

    at_once(
        ("hand in", lambda: hand_in(sheet)),
        ("end", end_of_scoring),
        *(("keep", lambda v=v: keep(sheet, {name: v}, {name: digest("5")})) for v in "12"),
    )
    row = Sheet.objects.get(pk=sheet.pk)
    last = ScoreChange.objects.filter(sheet=sheet).order_by("pk").last()
    if row.status == SheetStatus.SUBMITTED:
        assert last.at <= row.submitted_at
    with pytest.raises(MoveRefused):
        keep(sheet, {name: "9"}, {name: digest(str(Score.objects.first().value))})
