import csv
from datetime import date

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from places.models import District, Municipality, Oblast
from tests import factories

pytestmark = pytest.mark.django_db


def test_register_ships_with_the_country():
    assert Oblast.objects.filter(is_city=False).count() == 7
    assert Oblast.objects.filter(is_city=True).count() == 2
    assert District.objects.count() == 40
    assert Municipality.objects.filter(kind="town").count() == 33


def test_every_place_of_the_register_has_both_names_and_lies_in_its_oblast():
    for model in (Oblast, District, Municipality):
        for unit in model.objects.all():
            assert unit.name_ky, unit.code
            assert unit.name_ru, unit.code
            assert len(unit.code) == 14
    for unit in [
        *District.objects.select_related("oblast"),
        *Municipality.objects.select_related("oblast"),
    ]:
        assert unit.code[:5] == unit.oblast.code[:5], unit


def test_towns_have_names_of_their_own():
    with (settings.BASE_DIR / "places/data/places.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    # Bishkek and Osh stand twice: as cities of the republic and as municipalities.
    assert len({(row["code"], row["level"]) for row in rows}) == len(rows)
    for column in ("name_ky", "name_ru"):
        towns = [row[column] for row in rows if row["level"] == "town"]
        assert len(set(towns)) == len(towns)


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "is_current"),
    [
        (None, None, True),
        (date(2024, 5, 1), None, True),
        (date(2024, 5, 2), None, False),
        (None, date(2024, 5, 1), False),
        (None, date(2024, 5, 2), True),
        (date(2020, 1, 1), date(2024, 5, 1), False),
    ],
)
def test_current_is_the_same_in_query_and_instance(valid_from, valid_to, is_current):
    unit = factories.make_municipality(valid_from=valid_from, valid_to=valid_to)
    # 20:00 in London is already the next day in Bishkek.
    with time_machine.travel("2024-04-30T20:00:00+00:00", tick=False):
        assert unit.is_current is is_current
        assert Municipality.objects.current().filter(pk=unit.pk).exists() is is_current


def test_impossible_values_are_refused_with_a_sentence():
    unit = factories.make_municipality()
    unit.own_revenue_share = 101
    unit.valid_from, unit.valid_to = date(2024, 1, 1), date(2023, 1, 1)
    unit.code = "123"
    with pytest.raises(ValidationError) as refusal:
        unit.full_clean()
    assert {"code", "own_revenue_share", "__all__"} <= set(refusal.value.message_dict)


@pytest.mark.parametrize(
    "fields",
    [{"own_revenue_share": 101}, {"valid_from": date(2024, 1, 1), "valid_to": date(2024, 1, 1)}],
)
def test_database_refuses_impossible_values_too(fields):
    unit = factories.make_municipality()
    with pytest.raises(IntegrityError), transaction.atomic():
        Municipality.objects.filter(pk=unit.pk).update(**fields)


def test_place_with_practices_cannot_be_deleted():
    practice = factories.make_practice(municipality=factories.make_municipality())
    with pytest.raises(IntegrityError), transaction.atomic():
        practice.municipality.delete()
    assert Municipality.objects.filter(pk=practice.municipality_id).exists()


def test_labels_speak_the_language_of_the_page():
    from django.utils import translation

    unit = factories.make_municipality(
        district=factories.oblast("Ысык-Көл облусу").districts.first()
    )
    with translation.override("ky"):
        assert unit.label.endswith("айыл аймагы")
        assert "Ысык-Көл" in unit.region_label
    with translation.override("ru"):
        assert unit.label.startswith("айылный аймак")
        assert "Иссык-Куль" in unit.region_label
