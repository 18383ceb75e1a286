from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from practices.choices import AdoptionStatus, CostBand
from practices.models import Adoption, Practice
from tests import factories
from tests.factories import picture, upload

pytestmark = pytest.mark.django_db


# ---------------------------------------------------------------- what publication asks for


def test_factory_makes_what_it_promises():
    assert factories.make_practice().missing_for_submission() == []
    assert factories.make_practice("publishable").missing_for_publication() == []
    assert factories.make_practice("published", "ru_only").missing_for_publication() == []
    assert factories.make_practice("published", "stale").stale_fields == ["title"]
    assert Practice.objects.published().count() == 2


@pytest.mark.parametrize(
    ("field", "value", "missing"),
    [
        ("problem_ky", "", "problem_ky"),
        ("solution_ky", "", "solution_ky"),
        ("result_ky", "", "result_ky"),
        ("started_on", None, "started_on"),
        ("has_consent", False, "has_consent"),
        ("promise_ky", "", "promise_ky"),
        ("cost_once", None, "cost_once"),
        ("cost_yearly", None, "cost_yearly"),
        ("price_year", None, "price_year"),
        ("upkeep_payer", "", "upkeep_payer"),
        ("lessons_ky", "", "lessons_ky"),
        ("contact_post_ky", "", "contact_post_ky"),
        ("licence", "unknown", "licence"),
        ("has_no_personal_data", False, "has_no_personal_data"),
        ("title_ky", "", "title_ky"),
    ],
)
def test_each_thing_that_lacks_is_named(field, value, missing):
    practice = factories.make_practice("publishable")
    setattr(practice, field, value)
    assert [each.field for each in practice.missing_for_publication()] == [missing]


def test_cost_of_nothing_is_a_cost():
    practice = factories.make_practice("publishable", cost_once=0, cost_yearly=0)
    assert practice.missing_for_publication() == []


def test_method_has_no_beginning():
    practice = factories.make_practice("publishable", kind="method", started_on=None)
    assert practice.missing_for_publication() == []


def test_three_steps_and_a_photo_or_document():
    practice = factories.make_practice("publishable")
    practice.steps.first().delete()
    practice.documents.all().delete()
    assert [each.field for each in practice.missing_for_publication()] == ["steps", "documents"]
    practice.photos.create(alt_ky="Түтүк", file=upload("a.jpg", picture()))
    practice.steps.create(title_ky="Кадам")
    assert practice.missing_for_publication() == []


def test_photo_says_what_it_shows():
    practice = factories.make_practice("publishable")
    practice.photos.create(alt_ru="Труба", file=upload("a.jpg", picture()))
    assert [each.field for each in practice.missing_for_publication()] == ["photos"]


def test_level_of_evidence_needs_its_proof():
    practice = factories.make_practice("publishable", evidence_level=2)
    fields = [each.field for each in practice.missing_for_publication()]
    assert fields == ["evidence_level", "evidence"]
    practice.measurements.create(indicator_ky="Суусу бар үйлөр", before=10, after=90)
    practice.evidence.create(level=1, on=date(2024, 1, 1), note_ky="Токтом")
    assert [each.field for each in practice.missing_for_publication()] == ["evidence"]
    practice.evidence.create(level=2, on=date(2024, 2, 1), note_ky="Эсеп")
    assert practice.missing_for_publication() == []


def test_russian_original_is_asked_for_in_russian():
    practice = factories.make_practice(
        "publishable", original_language="ru", lessons_ru="", lessons_ky="Сабак"
    )
    assert [each.field for each in practice.missing_for_publication()] == ["lessons_ru"]


def test_completeness_grows_with_what_is_told():
    bare, full = factories.make_practice(), factories.make_practice("publishable")
    assert 0 < bare.completeness < full.completeness < 100
    full.beneficiaries_count = 1200
    full.office_phone = "+996 (3522) 5-00-00"
    full.measurements.create(indicator_ky="Суусу бар үйлөр", before=10, after=90)
    before = full.completeness
    full.refresh_languages()
    assert before < full.completeness <= 100


# ---------------------------------------------------------------- what the database refuses


@pytest.mark.parametrize(
    "fields",
    [
        {"title_ky": "", "title_ru": ""},
        {"title_ky": None, "title_ru": None},
        {"title_ky": "", "title_ru": None},
        {"started_on": date(2024, 1, 2), "finished_on": date(2024, 1, 1)},
        {"suits_population_min": 5000, "suits_population_max": 4999},
        {"beneficiaries_count": 10, "women_count": 11},
    ],
)
def test_impossible_practice_is_refused_by_form_and_database(fields):
    practice = factories.make_practice()
    for name, value in fields.items():
        setattr(practice, name, value)
    with pytest.raises(ValidationError) as refusal:
        practice.full_clean()
    assert all(str(message) for message in refusal.value.messages)
    with pytest.raises(IntegrityError), transaction.atomic():
        Practice.objects.filter(pk=practice.pk).update(**fields)


@pytest.mark.parametrize(
    "fields", [{"title_ky": "Суу", "title_ru": ""}, {"title_ky": None, "title_ru": "Вода"}]
)
def test_title_in_one_language_is_enough(fields):
    practice = factories.make_practice()
    Practice.objects.filter(pk=practice.pk).update(**fields)


def test_practice_with_an_adoption_is_not_deleted():
    adoption = factories.make_adoption(factories.make_practice())
    with pytest.raises(IntegrityError), transaction.atomic():
        adoption.practice.delete()


# ---------------------------------------------------------------- what is computed


@pytest.mark.parametrize(
    ("cost", "band"),
    [
        (None, ""),
        (0, CostBand.UP_TO_50K),
        (49_999, CostBand.UP_TO_50K),
        (50_000, CostBand.UP_TO_200K),
        (200_000, CostBand.UP_TO_1M),
        (1_000_000, CostBand.UP_TO_5M),
        (4_999_999, CostBand.UP_TO_5M),
        (5_000_000, CostBand.OVER_5M),
    ],
)
def test_cost_band(cost, band):
    practice = factories.make_practice(cost_once=cost)
    practice.refresh_from_db()
    assert practice.cost_band == band


def test_text_for_search_is_folded():
    practice = factories.make_practice(
        title_ky="Ичүүчү СУУ", title_ru="Ёмкость", problem_ky="<p>Ңарын өзөнү</p>"
    )
    practice.refresh_from_db()
    for part in ("ичуучу суу", "емкость", "нарын озону"):
        assert part in practice.folded


@pytest.mark.parametrize(
    ("confirmed", "prices", "finished", "year"),
    [
        (date(2025, 2, 1), 2022, date(2023, 1, 1), 2025),
        (None, 2022, date(2023, 1, 1), 2022),
        (None, None, date(2023, 1, 1), 2023),
        (None, None, None, 2021),
    ],
)
def test_year_the_data_speak_of(confirmed, prices, finished, year):
    practice = Practice(
        last_confirmed_on=confirmed,
        price_year=prices,
        started_on=date(2021, 5, 1),
        finished_on=finished,
    )
    assert practice.data_year == year


def test_confirming_notes_the_day_of_bishkek(chief):
    from publishing.workflow import move

    practice = factories.make_practice("published", status="needs_check")
    with time_machine.travel("2026-03-31T20:00:00+00:00", tick=False):
        practice = move(practice, "confirm", actor=chief)
    assert practice.last_confirmed_on == date(2026, 4, 1)


# ---------------------------------------------------------------- querysets


def test_about_a_theme_counts_a_practice_once():
    water, waste = factories.theme("drinking-water"), factories.theme("waste")
    practice = factories.make_practice(theme=water, themes_extra=[water, waste])
    for theme in (water, waste):
        assert list(Practice.objects.about(theme)) == [practice]
    assert not Practice.objects.about(factories.theme("budget")).exists()


def test_list_and_detail_cost_the_same_for_any_number(django_assert_num_queries):
    def walk(queryset):
        for practice in queryset:
            assert practice.theme.name
            assert practice.municipality.region_label
            assert practice.adoptions_count >= 0

    for _number in range(3):
        practice = factories.make_practice("published")
        factories.make_adoption(practice, "counted")
        with django_assert_num_queries(1):
            walk(Practice.objects.published().for_list())
    with django_assert_num_queries(14):
        practice = Practice.objects.for_detail().get(pk=practice.pk)
        for name in (
            "steps",
            "documents",
            "photos",
            "funding",
            "obstacles",
            "evidence",
            "links",
            "tags",
        ):
            list(getattr(practice, name).all())
        assert [adoption.municipality.oblast.label for adoption in practice.adoptions.all()]


# ---------------------------------------------------------------- adoptions


def test_what_counts_is_the_same_in_query_and_instance():
    adoption = factories.make_adoption(factories.make_practice(), stop_reason_ky="Каражат жок")
    for status in AdoptionStatus.values:
        for confirmed_on in (None, date(2024, 1, 1)):
            for is_public in (True, False):
                adoption.status, adoption.confirmed_on, adoption.is_public = (
                    status,
                    confirmed_on,
                    is_public,
                )
                adoption.save()
                counts = (
                    status in {"implemented", "sustained"}
                    and confirmed_on is not None
                    and is_public
                )
                assert adoption.is_counted is counts
                assert Adoption.objects.counted().exists() is counts
                assert Practice.objects.get().adoptions_count == int(counts)


def test_municipality_adopts_a_practice_once():
    adoption = factories.make_adoption(factories.make_practice())
    with pytest.raises(ValidationError):
        Adoption(practice=adoption.practice, municipality=adoption.municipality).full_clean()


def test_source_does_not_adopt_its_own_practice():
    practice = factories.make_practice()
    with pytest.raises(ValidationError) as refusal:
        Adoption(practice=practice, municipality=practice.municipality).full_clean()
    assert "municipality" in refusal.value.message_dict


@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ({}, False),
        ({"stop_reason_ky": "", "stop_reason_ru": ""}, False),
        ({"stop_reason_ky": None, "stop_reason_ru": None}, False),
        ({"stop_reason_ky": None, "stop_reason_ru": ""}, False),
        ({"stop_reason_ky": "Каражат жок"}, True),
        ({"stop_reason_ru": "Нет денег"}, True),
    ],
)
def test_stopped_adoption_says_why(fields, is_told):
    practice = factories.make_practice()
    adoption = Adoption(
        practice=practice, municipality=factories.make_municipality(), status="stopped", **fields
    )
    if is_told:
        adoption.full_clean()
        adoption.save()
    else:
        with pytest.raises(ValidationError):
            adoption.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            adoption.save()


def test_recent_adoptions_are_of_published_practices_only():
    hidden = factories.make_adoption(factories.make_practice("publishable"), "counted")
    shown = factories.make_adoption(factories.make_practice("published"), "counted")
    factories.make_adoption(factories.make_practice("published"))
    assert list(Adoption.objects.recent_for_home()) == [shown]
    assert hidden not in Adoption.objects.recent_for_home()


@pytest.mark.parametrize("phone", ["0555 12-34-56", "+996555123456"])
def test_mobile_number_is_checked(phone):
    factories.make_practice(mobile_phone=phone[:16]).full_clean()
    with pytest.raises(ValidationError):
        factories.make_practice(mobile_phone="phone").full_clean()
