"""The ranking in the admin: who sees means and when, what it says, what leaves with it."""

import io
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from contests.assigning import assign
from contests.choices import ConflictKind, ContestStatus, CriterionKind, Formula, SheetStatus
from contests.conflicts import declare
from contests.formulas import facts_of
from contests.freezing import freeze
from contests.models import Member, Score, Sheet
from contests.ranking_lines import as_csv, as_xlsx, figure, rows_of
from contests.results import MEANS_OPEN, tables_of, what_if
from people.roles import CHIEF_EDITOR, CONTEST_SECRETARY, OBSERVER, THEME_EDITOR
from practices.choices import AdoptionStatus
from publishing.models import AuditEvent
from tests import factories
from tests.factories_contests import (
    REASON,
    make_application,
    make_contest,
    make_formula,
    make_members,
    score,
)

pytestmark = pytest.mark.django_db
CLOSED = [each for each in ContestStatus if each not in MEANS_OPEN]


@pytest.fixture
def contest():
    """Three entries by three members: a clear first one, and two with the same mean."""
    contest = make_contest(ContestStatus.REVIEW)
    make_members(contest, 3)
    for _number in range(3):
        make_application(contest)
    assign(contest)
    for application, pairs in zip(
        contest.applications.order_by("pk"),
        ([(9, 9)] * 3, [(6, 8)] * 3, [(8, 6)] * 3),
        strict=True,
    ):
        for sheet, values in zip(application.sheets.order_by("pk"), pairs, strict=True):
            score(sheet, *values)
    return contest


@pytest.fixture
def secretary(db):
    return factories.make_user(CONTEST_SECRETARY)


def go_to(contest, status):
    contest.status = status
    contest.save(update_fields=["status"])


def address(name, contest, *args):
    return reverse(f"admin:contests_contest_{name}", args=[contest.pk, *args])


def of_first(contest):
    return contest.applications.order_by("pk").first()


def pages(contest):
    """Every page that tells a mean or a score."""
    return [
        address("ranking", contest),
        address("entry", contest, of_first(contest).pk),
        address("what_if", contest),
        address("ranking_export", contest) + "?format=csv",
    ]


# ---------------------------------------------------------------- who, and when


@pytest.mark.parametrize("status", CLOSED)
def test_no_mean_leaks_before_the_phase(client, contest, specialist, status):
    """90,00 is the mean and the points of each sheet of the first entry; 70,00 of the others."""
    go_to(contest, status)
    client.force_login(specialist)
    for page in pages(contest):
        answer = client.get(page)
        assert answer.status_code in {200, 403}
        text = answer.content.decode()
        assert "90,00" not in text
        assert "70,00" not in text
        assert REASON not in text


@pytest.mark.parametrize("status", MEANS_OPEN)
def test_means_are_open_to_the_staff_from_the_deliberation_on(client, contest, secretary, status):
    go_to(contest, status)
    client.force_login(secretary)
    for page in pages(contest)[:2]:
        assert "90,00" in client.get(page).content.decode()
    assert client.get(pages(contest)[2]).status_code == 200


@pytest.mark.parametrize("group", [OBSERVER, THEME_EDITOR, ""])
def test_others_see_neither_ranking_nor_sheets(client, contest, group):
    go_to(contest, ContestStatus.DELIBERATION)
    client.force_login(factories.make_user(*filter(None, [group])))
    for page in pages(contest):
        assert client.get(page).status_code == 403


def test_early_look_needs_a_reason_and_is_recorded(client, contest, specialist):
    client.force_login(specialist)
    page = address("ranking", contest)
    assert "90,00" not in client.post(page, {"reason": " "}).content.decode()
    assert not AuditEvent.about(contest).filter(action="look_early").exists()
    assert "90,00" in client.post(page, {"reason": "Калыс эмес баа"}).content.decode()
    event = AuditEvent.about(contest).get(action="look_early")
    assert (event.actor_id, event.reason) == (specialist.pk, "Калыс эмес баа")
    assert "90,00" not in client.get(page).content.decode(), "once"


def test_early_look_is_not_for_the_secretary_nor_for_members(client, contest, secretary):
    chief = factories.make_user(CHIEF_EDITOR)
    contest.members.filter(position=1).update(user=chief)
    for person in (secretary, chief):
        client.force_login(person)
        assert client.post(address("ranking", contest), {"reason": "Сураныч"}).status_code == 403
    assert not AuditEvent.about(contest).filter(action="look_early").exists()


def test_entry_of_another_contest_is_not_found(client, contest, specialist):
    other = make_application(make_contest(ContestStatus.DELIBERATION))
    client.force_login(specialist)
    assert client.get(address("entry", contest, other.pk)).status_code == 404


def test_note_for_oneself_stays_with_the_member(client, contest, specialist):
    go_to(contest, ContestStatus.DELIBERATION)
    Sheet.objects.update(note="Өзүм үчүн", comment="Жазылганы так")
    client.force_login(specialist)
    text = client.get(address("entry", contest, of_first(contest).pk)).content.decode()
    assert "Жазылганы так" in text
    assert "Өзүм үчүн" not in text


# ---------------------------------------------------------------- what it says


def test_tie_break_is_told_and_so_is_who_has_no_place(client, contest, specialist):
    go_to(contest, ContestStatus.DELIBERATION)
    lone = make_application(contest)
    client.force_login(specialist)
    [section] = client.get(address("ranking", contest)).context["sections"]
    lines = section["lines"]
    assert [line.standing.place for line in lines] == [1, 2, 3, None]
    first, second, third, last = lines
    assert (first.tie, first.mean) == ("", "90,00")
    assert second.tie == third.tie
    assert "Пайдасы" in second.tie
    assert second.application.content["ky"] == contest.applications.order_by("pk")[2].content["ky"]
    assert (last.application, bool(last.lacks), last.mean) == (lone, True, "–")


def test_queries_of_the_ranking_do_not_grow(client, contest, specialist, django_assert_num_queries):
    go_to(contest, ContestStatus.DELIBERATION)
    client.force_login(specialist)
    client.get(address("ranking", contest))
    with django_assert_num_queries(17):
        client.get(address("ranking", contest))
    for _number in range(5):
        make_application(contest)
    with django_assert_num_queries(17):
        client.get(address("ranking", contest))


def test_what_if_is_leaving_out_and_writes_nothing(client, contest, specialist):
    go_to(contest, ContestStatus.DELIBERATION)
    member = contest.members.first()
    Score.objects.filter(sheet__member=member, sheet__application=of_first(contest)).update(value=0)
    before = list(Score.objects.order_by("pk").values_list("value", flat=True))
    client.force_login(specialist)
    answer = client.get(address("what_if", contest), {"member": member.pk})
    changes = [row["change"] for row in answer.context["sections"][0]["rows"]]
    member.is_active = False
    member.save()
    [table] = tables_of(contest)
    assert {each.application.pk: each.then for each in changes} == {
        application.pk: standing for application, standing in table.rows
    }
    assert answer.context["moved"] == sum(each.is_moved for each in changes) > 0
    assert list(Score.objects.order_by("pk").values_list("value", flat=True)) == before


def test_recusal_is_absence(contest):
    """A sheet of somebody recused counts as if it had never been given out."""
    member, first = contest.members.last(), of_first(contest)
    declare(member, first, ConflictKind.RELATIVE)
    [recused] = tables_of(contest)
    gone = Member.objects.create(contest=contest, name="Кеткен", is_active=False)
    Sheet.objects.filter(member=member, application=first).update(member=gone)
    [absent] = tables_of(contest)
    assert recused.rows == absent.rows
    assert next(row.count for entry, row in recused.rows if entry == first) == 2


def test_half_a_sheet_has_no_result(contest):
    sheet = of_first(contest).sheets.first()
    sheet.scores.first().delete()
    [table] = tables_of(contest)
    assert next(row.count for entry, row in table.rows if entry == of_first(contest)) == 2


def test_what_if_without_a_stranger_is_what_is(contest):
    assert what_if(contest, without=[]) == what_if(contest, without=[0])


# ---------------------------------------------------------------- worked out from the record


def ranked_by(formula, **values):
    """A contest with a formula of 20 points beside the scores, and an entry."""
    contest = make_contest(ContestStatus.REVIEW)
    contest.criteria.filter(position=1).update(weight=30)
    criterion = make_formula(contest, formula, CriterionKind.FORMULA)
    contest.criteria.filter(pk=criterion.pk).update(weight=20)
    freeze(contest, by=None)
    application = make_application(contest, **values)
    make_members(contest, 3)
    assign(contest)
    for sheet in application.sheets.all():
        score(sheet, 5, 5)
    return contest, application, criterion


def points(contest):
    [table] = tables_of(contest)
    return float(table.rows[0][1].mean) - 40


@pytest.mark.parametrize(
    ("formula", "answers", "wanted"),
    [
        (Formula.OWN_SHARE, {"funding": [{"source": "residents", "amount": "100 000"},
                                         {"source": "donor", "amount": 300_000}]}, 5),
        (Formula.OWN_SHARE, {}, 0),
        (Formula.COST_A_PERSON, {"cost_once": "500 000 сом", "beneficiaries_count": "100"}, 10),
        (Formula.COST_A_PERSON, {"cost_once": "5²", "beneficiaries_count": ""}, 0),
    ],
)  # fmt: skip
def test_formulas_go_by_the_frozen_answers(formula, answers, wanted):
    contest, *_rest = ranked_by(formula, content={"ky": {"title": "Суу", **answers}})
    assert points(contest) == wanted


def test_both_languages_earn_the_bonus():
    both = {"ky": {"title": "Суу"}, "ru": {"title": "Вода"}}
    assert points(ranked_by(Formula.TWO_LANGUAGES, content=both)[0]) == 20
    assert points(ranked_by(Formula.TWO_LANGUAGES)[0]) == 0


def test_adoptions_count_as_on_the_closing_day():
    practice = factories.make_practice()
    contest, application, _criterion = ranked_by(Formula.ADOPTIONS, practice=practice)
    closes = timezone.localdate(contest.closes_at)
    at_work = {"status": AdoptionStatus.IMPLEMENTED}
    on_time = factories.make_adoption(practice, **at_work, confirmed_on=closes)
    factories.make_adoption(practice, **at_work, confirmed_on=closes + timedelta(days=1))
    factories.make_adoption(practice, **at_work, confirmed_on=None)
    assert facts_of(contest, [application], [Formula.ADOPTIONS])[application.pk].adoptions == 1
    assert points(contest) == 4
    on_time.status = AdoptionStatus.STOPPED
    on_time.stop_reason_ky = "Каражат түгөндү"
    on_time.status_changed_at = contest.closes_at + timedelta(days=2)
    on_time.save()
    assert points(contest) == 4, "what stops later has counted on the day"
    on_time.status_changed_at = contest.closes_at - timedelta(days=2)
    on_time.save()
    assert points(contest) == 0


def test_evidence_counts_as_on_the_day_of_sending():
    practice = factories.make_practice(evidence_level=2)
    practice.evidence.create(level=2, on=date(2026, 1, 10), note="Өлчөнгөн")
    contest, application, _criterion = ranked_by(Formula.EVIDENCE, practice=practice)
    assert points(contest) == 8
    later = timezone.localdate(application.submitted_at) + timedelta(days=1)
    practice.evidence.create(level=4, on=later, note="Барып көрүлдү")
    practice.evidence_level = 4
    practice.save()
    assert points(contest) == 8


def test_points_worked_out_say_how_they_came(client, specialist):
    answers = {"funding": [{"source": "residents", "amount": 100_000}]}
    contest, *_rest = ranked_by(Formula.OWN_SHARE, content={"ky": {"title": "Суу", **answers}})
    go_to(contest, ContestStatus.DELIBERATION)
    client.force_login(specialist)
    [section] = client.get(address("ranking", contest)).context["sections"]
    [cell] = [each for each in section["lines"][0].cells if each.how]
    assert cell.text == "20,00"
    assert "100" in cell.how


# ---------------------------------------------------------------- to take away


def test_ranking_is_taken_away_as_a_table(client, contest, specialist):
    go_to(contest, ContestStatus.DELIBERATION)
    contest.applications.filter(pk=of_first(contest).pk).update(content={"ky": {"title": "=1+1"}})
    client.force_login(specialist)
    for kind, read in {
        "csv": lambda body: body.decode("utf-8-sig").splitlines(),
        "xlsx": lambda body: list(load_workbook(io.BytesIO(body)).active.values),
    }.items():
        answer = client.get(address("ranking_export", contest), {"format": kind})
        assert answer["Content-Disposition"].endswith(f'.{kind}"')
        assert len(read(answer.content)) == 4
    assert client.get(address("ranking_export", contest), {"format": "doc"}).status_code == 404
    rows = rows_of(tables_of(contest), contest.versions.first())
    [place, number, title] = (rows[1][index] for index in (2, 3, 5))
    assert (place, number, title) == (1, of_first(contest).number, "=1+1")
    assert "'=1+1" in as_csv(rows).decode()
    assert load_workbook(io.BytesIO(as_xlsx(rows))).active["F2"].value == "'=1+1"


@pytest.mark.parametrize(
    ("value", "text"),
    [(200 / 3, "66,67"), (70, "70,00"), (0, "0,00"), (-1.254, "−1,25"), (None, "–")],
)
def test_figures_have_two_places(value, text):
    assert figure(value) == text


# ---------------------------------------------------------------- notes and reopening


def test_what_was_said_is_noted_in_the_deliberation_alone(client, contest, secretary):
    client.force_login(secretary)
    application = of_first(contest)
    page = address("entry", contest, application.pk)
    client.post(page, {"discussion_ky": "Эрте"})
    application.refresh_from_db()
    assert not application.discussion
    go_to(contest, ContestStatus.DELIBERATION)
    form = client.get(page).context["form"]
    opened = {"version": form.opened_lock, "seen": form.stored_lock}
    said = {"discussion_ky": "Эки пикир айтылды.", "discussion_ru": "Было два мнения."}
    client.post(page, opened | said)
    application.refresh_from_db()
    assert {name: getattr(application, name) for name in said} == said
    answer = client.post(page, opened | {"discussion_ru": "Другие слова"})
    assert answer.status_code == 200
    assert answer.context["form"].has_conflict, "what another has written is not written over"
    application.refresh_from_db()
    assert {name: getattr(application, name) for name in said} == said


def test_sheet_is_opened_again_while_the_commission_scores(client, contest, secretary):
    client.force_login(secretary)
    sheet = of_first(contest).sheets.first()
    page = address("entry", contest, of_first(contest).pk)
    client.post(page, {"sheet": sheet.pk, "reason": ""})
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.SUBMITTED
    client.post(page, {"sheet": sheet.pk, "reason": "Төрага: жаңылыш коюлган"})
    sheet.refresh_from_db()
    assert (sheet.status, sheet.reopened_reason) == ("opened", "Төрага: жаңылыш коюлган")
