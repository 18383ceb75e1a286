"""Every figure of a facet is what the list then shows; what makes no sense is left out."""

import random
from datetime import date, timedelta
from urllib.parse import parse_qsl

import pytest
from django.http import QueryDict
from django.utils import timezone, translation

from places.models import Municipality
from places.sorting import sort_key
from practices.filters import FACETS, SORTS, PracticeFilter
from practices.models import Practice
from search.index import drain, rebuild
from search.registry import KINDS
from tests import factories
from themes.models import Theme

pytestmark = pytest.mark.django_db


@pytest.fixture
def practices():
    """Thirty practices of all sorts, and some that nobody may see."""
    chance = random.Random(7)  # noqa: S311 - the same sorts each time
    themes = list(Theme.objects.all()[:5])
    places = list(Municipality.objects.all()[:8]) + [
        factories.make_municipality() for _ in range(3)
    ]
    states = [("ready", "ready"), ("ready", "draft"), ("draft", "ready"), ("ready", "absent")]
    rows = []
    for number in range(36):
        kyrgyz, russian = chance.choice(states)
        rows.append(
            Practice(
                slug=f"practice-{number}",
                title_ky=f"Суу {number}",
                title_ru=f"Вода {number}",
                municipality=chance.choice(places),
                theme=chance.choice(themes),
                kind=chance.choice(["practice", "practice", "method", "lesson"]),
                cost_once=chance.choice(
                    [None, 0, 49_999, 50_000, 200_000, 999_999, 1_000_000, 5_000_000]
                ),
                started_on=chance.choice(
                    [None, date(2021, 12, 31), date(2022, 1, 1), date(2023, 6, 1)]
                ),
                evidence_level=chance.randrange(6),
                state_ky=kyrgyz,
                state_ru=russian,
                status=["published", "needs_check", "outdated", "draft", "archived"][
                    number // 2 % 5 if number > 30 else number % 3
                ],
                published_at=timezone.now() + timedelta(days=1 if number == 30 else -number - 1),
            )
        )
    made = Practice.objects.bulk_create(rows)
    for practice in made:
        practice.themes_extra.set(chance.sample(themes, chance.randrange(3)))
    rebuild([KINDS["practice"]], lambda *_: None)
    return made


def the_list(query: str):
    form = PracticeFilter(QueryDict(query.removeprefix("?")))
    return form, form.order(form.apply(Practice.objects.published().for_list()))


def facets_of(form):
    counts, _total = form.figures(Practice.objects.published())
    return form.facets(counts)


STATES = (
    "",
    "theme=communication",
    "place=town&cost=b",
    "year=2022&language=ru",
    "q=суу",
    "evidence=2&kind=practice&language=ky",
    "oblast=41702000000000",
    "q=нет+такого",
    "kind=practice&language=ru&evidence=2",
    "oblast=41702000000000&place=town&kind=practice",
    "theme=budget&cost=c&year=2023&language=ky&q=суу",
    "theme=waste&oblast=41704000000000&place=town&cost=a&year=2022&evidence=1&language=ky&kind=method",
)


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_every_figure_is_what_the_list_then_shows(practices, language):
    with translation.override(language):
        for state in STATES:
            check_figures(state)


def check_figures(state):
    form, found = the_list(state)
    counts, total = form.figures(Practice.objects.published())
    views = form.facets(counts)
    assert total == len(found)
    seen = 0
    for facet in views:
        for option in facet.options:
            after, rows = the_list(option.query)
            assert len(rows) == rows.count() == option.count, (facet.name, option.value)
            assert len({row.pk for row in rows}) == option.count
            assert after.chosen == form.chosen | {facet.name: option.value}
            seen += option.count
        if facet.clear:
            cleared, _rows = the_list(facet.clear)
            assert cleared.chosen == {k: v for k, v in form.chosen.items() if k != facet.name}
    if not state:
        assert seen > 100
        assert len(found) == Practice.objects.published().count()


def test_figures_of_a_facet_do_not_narrow_themselves(practices):
    form, _found = the_list("theme=communication")
    facet = next(facet for facet in facets_of(form) if facet.name == "theme")
    assert len(facet.options) > 1
    assert facet.chosen.value == "communication"
    assert [option.value for option in facet.options if option.is_chosen] == ["communication"]


def test_chosen_value_stays_on_the_page_when_it_finds_nothing():
    form, found = the_list("theme=communication&year=2022")
    assert len(found) == 0
    for name in ("theme", "year"):
        facet = next(facet for facet in facets_of(form) if facet.name == name)
        assert facet.chosen is not None
        assert facet.chosen.count == 0
        assert facet.clear


@pytest.mark.parametrize("state", ["", "theme=waste&cost=b", "kind=practice&cost=b&language=ky"])
def test_facets_cost_the_same_for_any_number_of_rows(django_assert_num_queries, practices, state):
    form, _found = the_list(state)
    with django_assert_num_queries(1):
        form.figures(Practice.objects.published())
    Practice.objects.filter(pk__gt=practices[2].pk).delete()
    with django_assert_num_queries(1):
        form.figures(Practice.objects.published())


BAD = (
    "theme=nothing", "theme=", "oblast=4", "oblast=%00", "place=village", "cost=z", "year=abc", "year=19999",
    "year=0", "year=-1", "year=2022.5", "year=२०२२", "year=019999", "year=99999999999999999999", "evidence=9",
    "evidence=-1", "evidence=x", "language=en", "language=ky'--", "kind=<script>", "sort=title;drop", "sort=price",
    "q=%00", "q=" + "a" * 101, "q=%25%25", "q=_____", "unknown=1", "theme[]=waste", "%F0%9F%92%A7=1", "q=%FF%FE",
)  # fmt: skip


def test_bad_value_is_left_out(practices):
    shown = Practice.objects.published().count()
    for query in BAD:
        form, found = the_list(query)
        assert form.chosen == {}, query
        assert form.order_name == "newest", query
        if not query.startswith("q=") or "%00" in query:
            assert len(found) == shown, query
        form.figures(Practice.objects.published())
        name, _equals, value = query.partition("=")
        if value and name in {facet.name for facet in FACETS}:
            assert len(form.ignored) == 1, query


def test_page_stands_whatever_is_in_its_address(client):
    factories.make_practice("published")
    for number, query in enumerate(BAD):
        language = ("ky", "ru")[number % 2]
        assert client.get(f"/{language}/practices/?{query}").status_code == 200, query


def test_signs_of_patterns_are_letters(practices):
    factories.make_practice("published", title_ru="Скидка 50 % за воду")
    drain()
    assert [row.title_ru for row in the_list("q=50+%25")[1]] == ["Скидка 50 % за воду"]
    assert len(the_list("q=_")[1]) == 0


def test_query_keeps_the_state_and_starts_at_the_first_page():
    form, _found = the_list("?theme=waste&q=суу&sort=title&page=3&junk=1")
    state = dict(parse_qsl(form.query().removeprefix("?")))
    assert state == {"theme": "waste", "q": "суу", "sort": "title"}
    assert dict(parse_qsl(form.query(theme=None, page=2).removeprefix("?"))) == {
        "q": "суу", "sort": "title", "page": "2",
    }  # fmt: skip


# ---------------------------------------------------------------- search by words


@pytest.mark.parametrize(
    "query",
    ["q=ичуучу", "q=ИЧҮҮЧҮ+СУУ", "q=ичүүчү", "q=суу+ичуучу", "q=вода", "q=ВОДЫ", "q=тузсуз"],
)
def test_words_are_found_without_kyrgyz_letters_and_in_both_languages(query):
    wanted = factories.make_practice(
        "published",
        title_ky="Ичүүчү суу",
        title_ru="Питьевая вода",
        problem_ru="<p>Воды нет</p>",
        problem_ky="<p>Туздуу эмес, түзсүз</p>",
    )
    factories.make_practice(
        "published",
        title_ky="Жол",
        title_ru="Дорога",
        theme=factories.theme("budget"),
        promise_ky="Тегиз",
        promise_ru="Ровно",
        **dict.fromkeys(("solution_ky", "solution_ru", "result_ky", "result_ru"), ""),
        problem_ky="<p>Чуңкур</p>",
        problem_ru="<p>Ямы</p>",
    )
    drain()
    assert list(the_list(query)[1]) == [wanted]


# ---------------------------------------------------------------- order


def titles(query, language):
    with translation.override(language):
        rows = the_list(query)[1]
        return [row.title_in(language) for row in rows]


def test_alphabet_is_right_in_kyrgyz():
    words = ["Үй", "Өзөн", "Суу", "Уюл", "Нан", "Ңараа", "Орток", "Жол", "Ёлка", "Зыян"]
    for word in words:
        factories.make_practice("published", title_ky=word, title_ru=word[::-1])
    expected = ["Ёлка", "Жол", "Зыян", "Нан", "Ңараа", "Орток", "Өзөн", "Суу", "Уюл", "Үй"]
    assert titles("sort=title", "ky") == expected == sorted(words, key=sort_key)
    assert titles("sort=title", "ru") == sorted((word[::-1] for word in words), key=sort_key)


def test_what_lacks_the_language_stands_under_its_other_title():
    factories.make_practice("published", "ru_only", title_ru="Мост")
    for word in ("Ак", "Нан"):
        factories.make_practice("published", title_ky=word, title_ru=word)
    assert titles("sort=title", "ky") == ["Ак", "Мост", "Нан"]


def test_newest_first_unless_told_otherwise():
    old = factories.make_practice("published", published_at=timezone.now() - timedelta(days=9))
    new = factories.make_practice("published")
    assert list(the_list("")[1]) == list(the_list("sort=newest")[1]) == [new, old]


def test_cheapest_first_and_the_unknown_last():
    unknown = factories.make_practice("published", cost_once=None)
    dear = factories.make_practice("published", cost_once=900_000)
    free = factories.make_practice("published", cost_once=0)
    assert list(the_list("sort=cheapest")[1]) == [free, dear, unknown]


def test_most_adopted_counts_confirmed_ones_at_work_only():
    few, many, none = (factories.make_practice("published") for _ in range(3))
    factories.make_adoption(few, "counted")
    for _number in range(2):
        factories.make_adoption(many, "counted")
    for _number in range(3):
        factories.make_adoption(none)
    factories.make_adoption(none, "counted", confirmed_on=None)
    factories.make_adoption(none, "counted", is_public=False)
    rows = list(the_list("sort=adopted")[1])
    assert rows == [many, few, none]
    assert [row.adoptions_count for row in rows] == [2, 1, 0]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_is_total(practices, sort):
    """Equal rows keep their places, or paging would show one twice and another never."""
    first = [row.pk for row in the_list(f"sort={sort}")[1]]
    paged = [
        row.pk
        for start in range(0, len(first), 5)
        for row in the_list(f"sort={sort}")[1][start : start + 5]
    ]
    assert paged == first
    assert len(set(first)) == len(first)
