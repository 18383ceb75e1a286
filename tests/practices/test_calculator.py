"""«How much would it be here?»: what the figures are made of, and what they say of themselves."""

from decimal import Decimal

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from practices.calculator import CalculatorForm, Source, estimate, rounded
from practices.choices import ScaleBy
from tests import factories


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (0, 0),
        (7, 7),
        (999, 999),
        (1234, 1230),
        (1235, 1240),
        (456_789, 457_000),
        (12_345_678, 12_300_000),
    ],
)
def test_rounded_to_three_digits(value, result):
    assert rounded(Decimal(value)) == result


@given(st.integers(0, 10**12))
def test_rounding_loses_less_than_half_a_percent(value):
    assert abs(rounded(Decimal(value)) - value) <= value * Decimal("0.005") + 1


@pytest.mark.parametrize(
    ("quantity", "fixed", "cost"),
    [(100, 0, 1000), (200, 0, 2000), (50, 0, 500), (200, 50, 1500), (200, 100, 1000), (0, 30, 300)],
)
def test_fixed_part_does_not_grow(quantity, fixed, cost):
    source = Source("Ош", 1000, Decimal(100), 2023)
    assert source.scaled(Decimal(quantity), fixed) == cost


@given(st.integers(1, 10**9), st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 100))
def test_more_units_never_cost_less(cost, known, quantity, fixed):
    source = Source("Ош", cost, Decimal(known), 2023)
    smaller, larger = (
        source.scaled(Decimal(quantity), fixed),
        source.scaled(Decimal(quantity + 1), fixed),
    )
    assert 0 <= smaller <= larger
    assert round(source.scaled(Decimal(known), fixed)) == cost


@pytest.fixture
def practice(db):
    return factories.make_practice(
        "published", cost_once=400_000, cost_yearly=40_000, price_year=2022, scale_by=ScaleBy.HOUSEHOLDS,
        scale_quantity=200, fixed_share=25,
    )  # fmt: skip


def test_lone_price_gets_an_assumed_range(practice):
    found = estimate(practice, Decimal(400))
    # 100,000 fixed and 300,000 for 200 households
    assert (found.low, found.middle, found.high) == (525_000, 700_000, 875_000)
    assert found.yearly == 80_000
    assert found.per_unit == 1750
    assert any("25" in line for line in found.assumptions)
    assert any("2022" in line for line in found.assumptions)


def test_range_is_that_of_those_who_paid(practice):
    factories.make_adoption(
        practice, "counted", cost_once=300_000, scale_quantity=100, price_year=2024
    )
    found = estimate(practice, Decimal(200))
    assert (found.low, found.middle, found.high) == (400_000, 400_000, 525_000)
    assert [source.year for source in found.sources] == [2022, 2024]
    assert any("2022–2024" in line for line in found.assumptions)


@pytest.mark.parametrize(
    "fields",
    [
        {"confirmed_on": None},
        {"is_public": False},
        {"status": "planned"},
        {"cost_once": None},
        {"scale_quantity": None},
    ],
)
def test_adoption_that_tells_no_sure_price_does_not_count(practice, fields):
    factories.make_adoption(
        practice, "counted", **({"cost_once": 1_000, "scale_quantity": 1} | fields)
    )
    assert len(estimate(practice, Decimal(200)).sources) == 1


@pytest.mark.parametrize(("scale_by", "sources"), [("people", 2), ("km", 1)])
def test_people_served_are_the_size_where_the_cost_grows_with_people(practice, scale_by, sources):
    practice.scale_by = scale_by
    practice.save()
    factories.make_adoption(practice, "counted", cost_once=300_000, beneficiaries_count=100)
    found = estimate(practice, Decimal(200))
    assert len(found.sources) == sources
    assert found.high == (525_000 if sources == 2 else 500_000)


def test_cost_that_does_not_grow_is_told_so(db):
    practice = factories.make_practice("published", cost_once=90_000, cost_yearly=0)
    form = CalculatorForm(practice=practice)
    assert form.is_valid()
    found = form.estimate()
    assert (found.middle, found.yearly, found.per_unit) == (90_000, 0, None)
    assert "quantity" not in form.fields


def test_without_any_price_there_is_no_estimate(db):
    practice = factories.make_practice("published", cost_once=None)
    assert estimate(practice, Decimal(10)) is None


def test_unknown_upkeep_stays_unknown(practice):
    practice.cost_yearly = None
    assert estimate(practice, Decimal(10)).yearly is None


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0",
        "-5",
        "abc",
        "1e9",
        "NaN",
        "Infinity",
        "99999999999",
        "1,2,3",
        "\x00",
        "0.05",
        "10.55",
    ],
)
def test_bad_number_gets_a_sentence(practice, typed):
    data = QueryDict(mutable=True)
    data["quantity"] = typed
    form = CalculatorForm(data, practice=practice)
    assert not form.is_valid()
    assert form.errors["quantity"]


@pytest.mark.parametrize("typed", ["350", "350.5", "350,5", "1 200", "1\xa0200"])
@pytest.mark.parametrize("language", ["ky", "ru"])
def test_number_as_people_type_it(practice, typed, language):
    from django.utils import translation

    with translation.override(language):
        data = QueryDict(mutable=True)
        data["quantity"] = typed
        form = CalculatorForm(data, practice=practice)
        assert form.is_valid(), form.errors
        assert form.estimate().middle > 0


@pytest.mark.parametrize("language", ["ky", "ru"])
@pytest.mark.parametrize(
    "query", ["", "?quantity=400", "?quantity=abc", "?quantity=-1", "?quantity=%00", "?other=1"]
)
def test_page_works_without_javascript(client, practice, language, query):
    response = client.get(f"/{language}/practices/{practice.slug}/cost/{query}")
    assert response.status_code == 200
    if query == "?quantity=400":
        text = response.content.decode()
        assert "525" in text
        assert "875" in text


def test_calculator_of_a_draft_is_not_there(client, db):
    assert (
        client.get(f"/ru/practices/{factories.make_practice('publishable').slug}/cost/").status_code
        == 404
    )
