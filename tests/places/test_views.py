"""The list of municipalities and the passport of one."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import translation

from places.models import District, Municipality
from practices.choices import AdoptionStatus
from publishing.workflow import Status
from tests import factories, pages
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db


def address(unit, language="ky") -> str:
    with translation.override(language):
        return reverse("places:municipality", args=[unit.code])


def passport(response) -> dict[str, str]:
    [strip] = pages.of_class(pages.document(response), "passport")
    return {
        pages.words(row.find("dt")): pages.words(row.find("dd")) for row in strip.findall("div")
    }


# ---------------------------------------------------------------- one municipality


@pytest.mark.parametrize("language", LANGUAGES)
def test_municipality_shows_what_it_gave_and_what_it_adopted(client, language):
    unit = factories.make_municipality(
        name_ky="Кең-Булак айыл аймагы",
        name_ru="айылный аймак Кен-Булак",
        population=12400,
        population_year=2024,
        settlements_count=7,
        group=Municipality.Group.MOUNTAIN_REMOTE,
        relief=Municipality.Relief.HIGH,
        own_revenue_share=23,
    )
    own = factories.make_practice("published", municipality=unit)
    joint = factories.make_practice("published")
    joint.other_municipalities.add(unit)
    taken = factories.make_practice("published")
    factories.make_adoption(taken, "counted", municipality=unit, status=AdoptionStatus.SUSTAINED)
    factories.make_practice("publishable", municipality=unit)
    response = client.get(address(unit, language))
    assert set(pages.heads(response)) == {own.title_in(language), joint.title_in(language)}
    text = pages.main(response)
    assert taken.title_in(language) in text
    assert {"ky": "Кең-Булак айыл аймагы", "ru": "Айылный аймак Кен-Булак"}[language] in text
    values = " ".join(passport(response).values())
    for expected in ("12 400", "2024", "7", "23 %", unit.code):
        assert expected in values
    with translation.override(language):
        assert unit.district.name in text
        assert unit.oblast.name in text
        assert str(AdoptionStatus.SUSTAINED.label) in text
    tree = pages.document(response)
    assert [link.get("href") for link in tree.xpath("//svg//a[contains(@class, 'here')]")] == [
        f"/{language}/practices/?oblast={unit.oblast.code}"
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_municipality_without_anything_offers_ways_on(client, language):
    unit = factories.make_municipality(population=None, population_year=None)
    response = client.get(address(unit, language))
    assert response.status_code == 200
    assert pages.heads(response) == []
    assert {f"/{language}/about/contribute/", f"/{language}/practices/"} <= set(
        pages.links(response)
    )
    assert "None" not in pages.main(response)


@pytest.mark.parametrize(
    "fields",
    [
        {"is_public": False},
        {"practice": {"status": Status.DRAFT}},
        {"practice": {"status": Status.WITHDRAWN}},
        {"practice": {"status": Status.ARCHIVED}},
    ],
)
def test_municipality_hides_adoptions_that_are_not_public(client, fields):
    fields = dict(fields)
    practice = factories.make_practice("published", **fields.pop("practice", {}))
    unit = factories.make_municipality()
    factories.make_adoption(practice, "counted", municipality=unit, **fields)
    response = client.get(address(unit))
    assert practice.title_ky not in response.content.decode()
    assert response.context["adopted"] == []
    assert unit.name_ky not in pages.main(client.get("/ky/municipalities/"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_former_unit_names_its_successor_and_the_other_way_round(client, language):
    new = factories.make_municipality(former_names=["Эски-Ат"])
    old = factories.make_municipality(valid_to=date(2024, 8, 1))
    new.predecessors.add(old)
    former = client.get(address(old, language))
    assert address(new, language) in pages.links(former)
    assert pages.of_class(pages.document(former), "warn")
    present = client.get(address(new, language))
    assert address(old, language) in pages.links(present)
    assert "Эски-Ат" in pages.main(present)
    assert not pages.of_class(pages.document(present), "warn")


def test_city_of_republican_significance_has_no_district(client):
    city = Municipality.objects.get(code="41711000000000")
    response = client.get(address(city))
    assert response.status_code == 200
    assert "None" not in pages.main(response)
    assert pages.words(pages.document(response).find(".//h1")) == city.name_ky


@pytest.mark.parametrize("code", ["1", "99999999999999", "4170400000000x", "0" * 300])
@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_municipality_is_not_found(client, code, language):
    assert client.get(f"/{language}/municipalities/{code}/").status_code == 404


# ---------------------------------------------------------------- the list


@pytest.mark.parametrize("language", LANGUAGES)
def test_list_names_those_who_gave_or_adopted(client, language):
    first, second, third, fourth = (factories.make_municipality() for _ in range(4))
    practice = factories.make_practice("published", municipality=first)
    factories.make_practice("published", municipality=first)
    factories.make_adoption(practice, "counted", municipality=second)
    factories.make_adoption(practice, municipality=fourth)  # a plan only
    practice.other_municipalities.set([third, first])
    factories.make_practice("publishable", municipality=fourth)
    response = client.get(f"/{language}/municipalities/")
    shown = {unit.pk: (unit.given, unit.adopted) for unit in response.context["municipalities"]}
    assert shown == {first.pk: (2, 0), second.pk: (0, 1), third.pk: (1, 0)}
    links = pages.links(response)
    assert address(first, language) in links
    assert address(second, language) in links
    assert address(fourth, language) not in links
    with translation.override(language):
        assert first.oblast.name in pages.main(response)


def test_list_is_ordered_by_oblast_then_by_the_kyrgyz_alphabet(client):
    district = District.objects.first()
    for name in ("Үч-Коргон", "Өзгөн", "Узун", "Ак-Суу"):
        unit = factories.make_municipality(district=district, name_ky=f"{name} айыл аймагы")
        factories.make_practice("published", municipality=unit)
    names = [
        unit.name_ky.split()[0]
        for unit in client.get("/ky/municipalities/").context["municipalities"]
    ]
    assert names == ["Ак-Суу", "Өзгөн", "Узун", "Үч-Коргон"]


@pytest.mark.parametrize("rows", [1, 3])
def test_passport_costs_the_same_with_more_rows(client, rows, django_assert_num_queries):
    unit = factories.make_municipality()
    for _ in range(rows):
        factories.make_practice("published", municipality=unit)
        factories.make_adoption(factories.make_practice("published"), "counted", municipality=unit)
        factories.make_municipality(valid_to=date(2024, 8, 1)).successors.add(unit)
    with django_assert_num_queries(10):
        client.get(address(unit))
