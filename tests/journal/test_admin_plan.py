"""The editorial plan: the grid, its gaps, lines that become articles."""

from datetime import date

import pytest
import time_machine
from django.urls import reverse

from journal.models import Article, PlanLine
from journal.plan import shifted
from tests import factories
from tests.factories_journal import make_article, make_issue, make_rubric

pytestmark = pytest.mark.django_db
GRID = "admin:journal_planline_grid"
NOW = "2026-11-15T12:00:00+06:00"


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel(NOW, tick=True):
        yield


def cells(client, start="2026-11") -> dict:
    """{(rubric, month): Cell} of the grid."""
    rows = client.get(reverse(GRID), {"from": start}).context["rows"]
    return {(cell.rubric, f"{cell.month:%Y-%m}"): cell for row in rows for cell in row}


def test_months_shift_over_the_year():
    assert shifted(date(2026, 11, 1), 3) == date(2027, 2, 1)
    assert shifted(date(2026, 1, 1), -1) == date(2025, 12, 1)


def test_grid_shows_lines_articles_of_issues_and_gaps(client, chief):
    client.force_login(chief)
    rubric, retired = make_rubric(), make_rubric(is_retired=True)
    line = PlanLine.objects.create(month=date(2026, 12, 1), rubric=rubric, topic_ky="Жарык")
    issue = make_issue(year=2027, number=2, last_number=3, first_month=2, last_month=3)
    article = make_article(issue=issue, rubric=rubric)
    found = cells(client)
    assert found[rubric, "2026-12"].lines == [line]
    assert found[rubric, "2027-02"].articles == [article]
    assert found[rubric, "2027-03"].articles == [article]
    gaps = {month for (each, month), cell in found.items() if each == rubric and cell.is_gap}
    assert gaps == {"2026-11", "2027-01", "2027-04"}
    assert retired not in {each for each, _month in found}
    make_article(issue=issue, rubric=retired)
    assert retired in {each for each, _month in cells(client)}
    # What is over is no gap any more.
    assert not cells(client, "2026-05")[rubric, "2026-05"].is_gap


def test_the_list_of_lines_opens_as_the_grid_and_a_queue_as_a_list(client, chief):
    client.force_login(chief)
    line = PlanLine.objects.create(month=date(2026, 12, 1), rubric=make_rubric(), topic_ky="Жарык")
    begun = make_article()
    PlanLine.objects.create(
        month=date(2026, 12, 1), rubric=line.rubric, topic_ky="Суу", article=begun
    )
    url = reverse("admin:journal_planline_changelist")
    assert client.get(url).context["months"][0] == date(2026, 11, 1)
    assert set(client.get(url, {"work": "unwritten"}).context["cl"].result_list) == {line}


def test_an_article_of_a_line_stands_once(client, chief):
    client.force_login(chief)
    rubric = make_rubric()
    article = make_article(issue=make_issue(year=2026, number=12), rubric=rubric)
    PlanLine.objects.create(
        month=date(2026, 12, 1), rubric=rubric, topic_ky="Жарык", article=article
    )
    cell = cells(client)[rubric, "2026-12"]
    assert (len(cell.lines), cell.articles) == (1, [])


def test_a_line_is_written_into_its_cell(client, chief):
    client.force_login(chief)
    rubric = make_rubric()
    url = f"{reverse(GRID)}?from=2026-11"
    data = {"month": "2026-12-01", "rubric": str(rubric.pk), "topic": "Таза суу"}
    assert client.post(url, data).status_code == 302
    line = PlanLine.objects.get()
    assert (line.month, line.rubric, line.topic, line.owner) == (
        date(2026, 12, 1), rubric, "Таза суу", chief,
    )  # fmt: skip
    response = client.post(url, data | {"topic": "т" * 201})
    assert "т" * 201 in response.text
    assert client.post(url, data | {"rubric": "0"}).status_code == 200
    assert PlanLine.objects.count() == 1


def test_a_line_becomes_one_article(client, chief):
    client.force_login(chief)
    line = PlanLine.objects.create(
        month=date(2026, 12, 1), rubric=make_rubric(), topic_ky="Жарык", topic_ru="Свет"
    )
    url = reverse("admin:journal_planline_begin", args=[line.pk])
    assert client.get(url).status_code == 405
    first, second = client.post(url), client.post(url)
    assert first.url == second.url
    article = Article.objects.get()
    assert (article.title_ky, article.title_ru, article.rubric) == ("Жарык", "Свет", line.rubric)
    assert (article.editor, article.status) == (chief, "draft")
    line.refresh_from_db()
    assert line.article == article


def test_who_only_looks_adds_nothing(client):
    client.force_login(factories.make_user("Observer"))
    rubric = make_rubric()
    assert cells(client)[rubric, "2026-11"].is_gap
    data = {"month": "2026-12-01", "rubric": str(rubric.pk), "topic": "Таза суу"}
    assert client.post(reverse(GRID), data).status_code == 403
    line = PlanLine.objects.create(month=date(2026, 12, 1), rubric=rubric, topic_ky="Жарык")
    url = reverse("admin:journal_planline_begin", args=[line.pk])
    assert client.post(url).status_code == 403
    assert not Article.objects.exists()


def test_grid_costs_the_same_for_one_and_three_lines(client, chief, django_assert_num_queries):
    client.force_login(chief)
    rubric = make_rubric()

    def add():
        PlanLine.objects.create(
            month=date(2026, 12, 1),
            rubric=rubric,
            topic_ky="Жарык",
            article=make_article(rubric=rubric),
            owner=factories.make_user(),
        )

    add()
    client.get(reverse(GRID))
    with django_assert_num_queries(7):
        client.get(reverse(GRID))
    add()
    add()
    with django_assert_num_queries(7):
        client.get(reverse(GRID))
