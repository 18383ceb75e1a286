import re

import pytest
from django.contrib.contenttypes.models import ContentType
from hypothesis import given
from hypothesis import strategies as st

from practices.models import Practice
from publishing.actions import keep_former_slug
from publishing.models import FormerSlug
from publishing.slugs import LATIN, latin_slug
from tests import factories


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Ичүүчү сууну үнөмдөө", "ichuuchu-suunu-unomdoo"),
        ("Өзгөн шаарынын жаңы жолу", "ozgon-shaarynyn-jangy-jolu"),
        ("Вода: кто платит?", "voda-kto-platit"),
        ("Щётка, объём, Ёлка", "schyotka-obyom-yolka"),
        ("  «50 %» — WhatsApp & Ко  ", "50-whatsapp-ko"),
        ("日本", ""),
        ("", ""),
    ],
)
def test_latin_slug(title, slug):
    assert latin_slug(title) == slug


def test_every_letter_of_both_alphabets_has_latin():
    assert set("абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя") == set(LATIN)


def test_long_title_is_cut_between_words():
    slug = latin_slug("Айылдагы бардык көчөлөрдү жарык кылуу боюнча тажрыйба", 30)
    assert slug == "ayyldagy-bardyk-kocholordu"
    assert len(latin_slug("ү" * 200, 60)) == 60


@given(st.text(max_size=200), st.integers(1, 80))
def test_slug_is_always_an_address(text, length):
    slug = latin_slug(text, length)
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slug)
    assert len(slug) <= length


@pytest.mark.django_db
def test_same_title_gets_an_address_of_its_own():
    slugs = [factories.make_practice(title_ky="Таза суу").slug for _ in range(3)]
    assert slugs == ["taza-suu", "taza-suu-2", "taza-suu-3"]


@pytest.mark.django_db
def test_title_in_other_letters_still_gets_an_address():
    assert [factories.make_practice(title_ky="日本").slug for _ in range(2)] == ["page", "page-2"]


@pytest.mark.django_db
def test_address_is_made_from_the_original_title():
    assert factories.make_practice("ru_only", title_ru="Чистая вода").slug == "chistaya-voda"
    practice = factories.make_practice(original_language="ru", title_ky="Таза", title_ru="Чистая")
    assert practice.slug == "chistaya"


def rename(practice, slug):
    former, practice.slug = practice.slug, slug
    practice.save()
    keep_former_slug(record=practice, former=former)


@pytest.mark.django_db
def test_new_record_does_not_take_a_former_address():
    practice = factories.make_practice("published", title_ky="Таза суу")
    rename(practice, "suu")
    assert factories.make_practice(title_ky="Таза суу").slug == "taza-suu-2"


@pytest.mark.django_db
def test_address_of_a_draft_leaves_no_trace():
    practice = factories.make_practice(title_ky="Таза суу")
    rename(practice, "suu")
    assert not FormerSlug.objects.exists()


@pytest.mark.django_db
def test_record_takes_its_own_former_address_back():
    practice = factories.make_practice("published", title_ky="Таза суу")
    rename(practice, "suu")
    rename(practice, "taza-suu")
    kind = ContentType.objects.get_for_model(Practice)
    assert list(FormerSlug.objects.filter(content_type=kind).values_list("slug", flat=True)) == [
        "suu"
    ]


@pytest.mark.django_db
def test_saving_the_address_alone_works():
    practice = factories.make_practice()
    practice.slug = ""
    practice.promise_ky = "Үйлөргө суу"
    practice.save(update_fields=["promise_ky"])
    practice.refresh_from_db()
    assert practice.slug
    assert practice.promise_ky == "Үйлөргө суу"


@pytest.mark.django_db
def test_no_record_takes_the_address_of_a_page_beside_it():
    assert factories.make_practice(title_ky="Add").slug == "add-2"
