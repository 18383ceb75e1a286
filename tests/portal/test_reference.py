"""manage.py load_reference: what ships with the portal comes in once, and what editors changed stays."""

import io

import pytest
from django.core.management import call_command

from journal.models import Rubric
from places.models import District, Municipality, Oblast
from publishing.models import AuditEvent, Page
from themes.models import Theme

pytestmark = pytest.mark.django_db

MODELS = (Oblast, District, Municipality, Theme, Page, Rubric)


def load() -> str:
    out = io.StringIO()
    call_command("load_reference", stdout=out)
    return out.getvalue()


def counts():
    return [model.objects.count() for model in MODELS]


def test_second_time_adds_nothing():
    before = counts()
    assert "0 places, 0 themes, 0 pages, 0 terms, 0 rubrics added" in load()
    assert counts() == before


def test_what_editors_changed_stays():
    Theme.objects.filter(slug="waste").update(name_ky="Редактордун аталышы")
    Page.objects.filter(slug="about").update(title_ru="Текст редактора")
    Oblast.objects.filter(code="41702000000000").update(short_name_ky="ЫК")
    load()
    assert Theme.objects.get(slug="waste").name_ky == "Редактордун аталышы"
    assert Page.objects.get(slug="about").title_ru == "Текст редактора"
    assert Oblast.objects.get(code="41702000000000").short_name_ky == "ЫК"


def test_what_is_missing_comes_back():
    Theme.objects.filter(slug="waste").delete()
    Page.objects.filter(slug="about").delete()
    Rubric.objects.filter(slug="finance").delete()
    assert "0 places, 1 themes, 1 pages, 0 terms, 1 rubrics added" in load()


def test_rubrics_have_both_names_and_old_ones_are_retired():
    rubrics = list(Rubric.objects.all())
    assert all(rubric.name_ky and rubric.name_ru for rubric in rubrics)
    assert {rubric.is_retired for rubric in rubrics} == {True, False}


def test_pages_of_the_portal_are_public_in_both_languages(client):
    pages = list(Page.objects.published())
    assert {page.slug for page in pages} >= {"about"}
    assert len(pages) == 6
    for page in pages:
        assert page.ready_languages == ["ky", "ru"]
        assert page.stale_fields == []
        assert AuditEvent.about(page).get().via == "system"
        for language in ("ky", "ru"):
            response = client.get(f"/{language}/about/{page.slug}/")
            assert response.status_code == 200
            assert getattr(page, f"title_{language}") in response.content.decode()
