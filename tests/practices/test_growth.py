"""What keeps lists quick when practices become many: columns kept by the database, and indexes."""

import re
import threading

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils import translation

from places.models import Municipality, Oblast
from portal.bench.rows import make_practices
from practices.choices import AdoptionStatus, CostBand
from practices.filters import COLUMNS, SORTS, PracticeFilter
from practices.models import Adoption, Practice
from practices.models.counting import CODES, DIGITS, OBLAST, PLACE, YEAR, tally
from tests import factories, pages
from tests.pages import LANGUAGES
from themes.models import Theme

pytestmark = pytest.mark.django_db


def shown_count(practice) -> int:
    return Practice.objects.get(pk=practice.pk).adoptions_count


# ---------------------------------------------------------------- what the database keeps


def test_number_of_adoptions_follows_every_way_of_change():
    practice, other = factories.make_practice(), factories.make_practice()
    first = factories.make_adoption(practice, "counted")
    second = factories.make_adoption(practice)
    assert shown_count(practice) == 1
    Adoption.objects.update(status=AdoptionStatus.SUSTAINED, confirmed_on="2025-01-01")
    assert shown_count(practice) == 2
    second.practice = other
    second.confirmed_on, second.status = first.confirmed_on, first.status
    second.save()
    assert (shown_count(practice), shown_count(other)) == (1, 1)
    Adoption.objects.bulk_create(
        Adoption(
            practice=practice,
            municipality=factories.make_municipality(),
            status=AdoptionStatus.IMPLEMENTED,
            confirmed_on="2025-01-01",
        )
        for _number in range(2)
    )
    assert shown_count(practice) == 3
    Adoption.objects.filter(practice=practice).delete()
    assert (shown_count(practice), shown_count(other)) == (0, 1)


def test_old_figure_in_a_form_does_no_harm():
    practice = factories.make_practice(themes_extra=[factories.theme("waste")])
    stale = Practice.objects.get(pk=practice.pk)
    factories.make_adoption(practice, "counted")
    stale.theme_bits = 7
    stale.save()
    stale.refresh_from_db()
    assert stale.adoptions_count == 1
    assert stale.theme_bits == practice.theme.bit | factories.theme("waste").bit


def test_keys_of_themes_follow_every_way_of_change():
    water, waste, budget = map(factories.theme, ("drinking-water", "waste", "budget"))

    def keys():
        bits = Practice.objects.get(pk=practice.pk).theme_bits
        return {theme.pk for theme in Theme.objects.all() if bits & theme.bit}

    practice = factories.make_practice(theme=water)
    assert keys() == {water.pk}
    practice.themes_extra.set([budget, waste, water])
    assert keys() == {water.pk, budget.pk, waste.pk}
    Practice.objects.update(theme=waste)
    assert keys() == {waste.pk, budget.pk, water.pk}
    practice.themes_extra.remove(budget)
    assert keys() == {waste.pk, water.pk}
    Theme.objects.filter(pk=water.pk).update(position=40)
    Theme.objects.filter(pk=waste.pk).update(position=41)
    assert keys() == {waste.pk, water.pk}
    practice.themes_extra.clear()
    assert keys() == {waste.pk}


def test_place_and_year_follow_every_way_of_change():
    def told():
        number = Practice.objects.get(pk=practice.pk).place_year
        return OBLAST.of(number), PLACE.of(number), YEAR.of(number)

    unit, town = factories.make_municipality(), factories.town()
    practice = factories.make_practice(municipality=unit, started_on="2023-05-01")
    assert told() == (unit.oblast_id, 1, 2023)
    Practice.objects.update(municipality=town, started_on=None)
    assert told() == (town.oblast_id, 2, 0)
    other = Oblast.objects.exclude(pk=town.oblast_id).first()
    Municipality.objects.filter(pk=town.pk).update(oblast=other, kind="ayil_aimak")
    assert told() == (other.pk, 1, 0)
    stale = Practice.objects.get(pk=practice.pk)
    stale.place_year = 7
    stale.save()
    assert told() == (other.pk, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_two_adoptions_at_once_are_both_counted():
    practice = factories.make_practice()
    places = [factories.make_municipality() for _number in range(2)]
    began = threading.Event()

    def second():
        began.set()
        factories.make_adoption(practice, "counted", municipality=places[1])
        connection.close()

    with transaction.atomic():
        factories.make_adoption(practice, "counted", municipality=places[0])
        thread = threading.Thread(target=second)
        thread.start()
        began.wait(5)
        thread.join(0.3)
        assert thread.is_alive(), "it waits for the first one's end"
    thread.join(10)
    assert shown_count(practice) == 2


@pytest.mark.parametrize("cost", [None, 0, 49_999, 50_000, 999_999, 1_000_000, 5_000_000])
def test_code_says_what_the_columns_say(cost):
    for kind, level, states in (
        ("practice", 0, ("ready", "absent")),
        ("lesson", 5, ("draft", "ready")),
        ("method", 3, ("ready", "ready")),
    ):
        made = factories.make_practice(
            kind=kind, evidence_level=level, state_ky=states[0], state_ru=states[1], cost_once=cost
        )
        practice = Practice.objects.get(pk=made.pk)
        told = {name: digit.values[practice.list_code] for name, digit in DIGITS.items()}
        assert told["kind"] == (kind,)
        assert told["evidence"] == (str(level),)
        assert told["language"] == tuple(
            language
            for language, state in zip(("ky", "ru"), states, strict=True)
            if state == "ready"
        )
        assert told["cost"] == ((practice.cost_band,) if cost is not None else ())
        assert practice.cost_band in {"", *CostBand.values}
        assert practice.list_code in CODES


def test_tally_counts_each_column():
    for kind, level in (("practice", 1), ("practice", 2), ("lesson", 2)):
        factories.make_practice(kind=kind, evidence_level=level)
    counts = tally(Practice.objects.all(), "kind", "evidence_level", "number")
    assert counts == {
        "kind": {"practice": 2, "lesson": 1},
        "evidence_level": {1: 1, 2: 2},
        "number": {},
    }
    chosen = {"kind": Q(kind="practice"), "evidence_level": Q(evidence_level=2)}
    assert tally(Practice.objects.all(), "kind", "evidence_level", "status", chosen=chosen) == {
        "kind": {"practice": 1, "lesson": 1},
        "evidence_level": {1: 1, 2: 1},
        "status": {"draft": 1},
    }
    assert tally(Practice.objects.none(), "kind") == {"kind": {}}


# ---------------------------------------------------------------- what it costs


FILTERS = ("", "theme=waste&cost=b", "oblast=41702000000000&place=town&year=2023&evidence=1")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("chosen", FILTERS)
def test_index_holds_all_that_a_list_asks_for(chosen, sort, language):
    """A column that it does not hold would cost a hundred thousand reads of rows."""
    with translation.override(language):
        form = PracticeFilter(QueryDict(f"{chosen}&sort={sort}"))
        narrowed = form.apply(Practice.objects.published())
        found = [form.order(narrowed).values_list("pk"), narrowed.order_by().values_list(*COLUMNS)]
    order = f"title_{language}" if sort == "title" else sort
    [index] = [index for index in Practice._meta.indexes if index.name == f"practice_list_{order}"]
    names = [name.removeprefix("-") for name in index.fields] + list(index.include)
    held = {Practice._meta.get_field(name).column for name in names} | {"status"}
    for queryset in found:
        statement = str(queryset.query)
        assert "JOIN" not in statement
        assert set(re.findall(r'"practices_practice"\."(\w+)"', statement)) <= held


#: Statements of a page, whatever the number of practices.
COSTS = {
    # oblasts, themes; figures; keys, rows
    "practices/": 5,
    "practices/?theme=drinking-water&cost=b": 5,
    "practices/?sort=title&kind=practice&language=ky&page=2": 5,
    # figures; oblasts, themes; twice keys and rows; what is happening; the newest
    # issue and its articles; the open contest
    "": 11,
    # theme; number, keys, rows; articles; contests
    "themes/drinking-water/": 6,
    # figures, given with others, adopted; municipalities, oblasts
    "municipalities/": 5,
    # municipality with predecessors and successors; number, keys, rows; adopted; figures, oblasts;
    # won in contests
    "municipalities/41704000000000/": 10,
}


def test_pages_cost_the_same_for_any_number_of_practices(client, django_assert_num_queries):
    unit = factories.make_municipality(code="41704000000000")
    for number in (1, 3, 50):
        while Practice.objects.count() < number:
            practice = factories.make_practice("published", municipality=unit, cost_once=60_000)
            factories.make_adoption(practice, "counted", municipality=factories.town())
        for path, statements in COSTS.items():
            with django_assert_num_queries(statements):
                client.get(f"/ky/{path}")


def test_municipality_shows_its_practices_page_by_page(client):
    unit = factories.make_municipality(code="41704000000000")
    made = [factories.make_practice("published", municipality=unit) for _number in range(26)]
    other = factories.make_practice("published")
    other.other_municipalities.add(unit, factories.town())
    first, second = (
        client.get(f"/ky/municipalities/41704000000000/?page={number}") for number in (1, 2)
    )
    assert len(pages.heads(first)) == 24
    shown = pages.heads(first) + pages.heads(second)
    assert sorted(shown) == sorted(practice.title_ky for practice in [*made, other])
    assert "?page=2" in pages.links(first)


def test_practices_to_measure_on_are_whole():
    make_practices(60, words=30)
    published = Practice.objects.published()
    assert published.count() == 60
    assert {row.original_language for row in published} == set(LANGUAGES)
    assert published.extra(where=["theme_bits & (theme_bits - 1) <> 0"]).exists()
    for practice in published.for_detail()[:5]:
        assert practice.edition_for("ky").title
        assert practice.edition_for("ky").solution.startswith("<p>")
    form = PracticeFilter(QueryDict())
    for facet in form.facets(form.figures(published)[0]):
        assert len(facet.options) > 1, facet.name
    make_practices(5, seed=2, words=30)
    assert Practice.objects.published().count() == 65
    assert factories.make_practice("published").pk > published.order_by("pk")[64].pk
