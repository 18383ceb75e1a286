import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from tests import factories
from themes.models import Tag, Theme

pytestmark = pytest.mark.django_db

THEMES = (
    "communication", "budget", "participation", "drinking-water", "waste", "utilities-roads-lighting", "land-property",
    "pastures-irrigation", "social-services", "local-economy", "local-keneshes", "inter-municipal",
    "development-planning", "governance-staff-digital", "ecology-climate-emergencies",
)  # fmt: skip


def test_fifteen_themes_ship_in_their_order():
    assert tuple(Theme.objects.values_list("slug", flat=True)) == THEMES
    assert list(Theme.objects.values_list("position", flat=True)) == list(range(1, 16))


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_every_theme_is_told_in_both_languages(language):
    with translation.override(language):
        for theme in Theme.objects.all():
            edition = theme.edition(language)
            assert edition.name
            assert edition.summary
            assert len(edition.text) > 100
            assert str(theme) == edition.name
            assert theme.get_absolute_url() == f"/{language}/themes/{theme.slug}/"


def test_theme_with_practices_is_not_deleted():
    practice = factories.make_practice()
    with pytest.raises(IntegrityError), transaction.atomic():
        practice.theme.delete()


def test_tag_gets_a_latin_address_of_its_own():
    with translation.override("ky"):
        first, second = (
            factories.make_tag("таза суу", "чистая вода"),
            factories.make_tag("таза суу!"),
        )
    assert (first.slug, second.slug) == ("taza-suu", "taza-suu-1")


def test_tags_of_one_language_live_side_by_side():
    only_russian = [Tag(name_ru=name) for name in ("вода", "свет")]
    for tag in only_russian:
        tag.save()
    assert len({tag.slug for tag in only_russian}) == 2
    assert all(tag.slug for tag in only_russian)
    with translation.override("ky"):
        assert str(only_russian[0]) == "вода"


def test_tags_stand_in_alphabetical_order():
    for name in ("үй", "өзөн", "суу", "орто"):
        factories.make_tag(name)
    assert [tag.name_ky for tag in Tag.objects.all()] == ["орто", "өзөн", "суу", "үй"]


def test_practice_carries_a_tag_once_and_leaves_it_when_it_goes():
    tag = factories.make_tag("таза суу")
    practice = factories.make_practice(tags=[tag])
    practice.tags.add(tag)
    assert list(practice.tags.all()) == [tag]
    assert tag.items.count() == 1
    practice.delete()
    assert Tag.objects.filter(pk=tag.pk).exists()
    assert tag.items.count() == 0
