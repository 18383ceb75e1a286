"""Two languages of one record: states, staleness by field, and that nothing overwrites a text."""

import pytest
from django.utils import translation

from practices.models import Practice
from publishing.languages import Edition, current_language, digest, visitor_language
from publishing.models import Page
from tests import factories


@pytest.fixture
def practice(db):
    return factories.make_practice("published")


def changed(practice, **fields):
    for name, value in fields.items():
        setattr(practice, name, value)
    practice.refresh_languages()
    practice.save()
    return Practice.objects.get(pk=practice.pk)


# ---------------------------------------------------------------- digest


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("<p>Суу бар.</p>", "<p>Суу   бар.</p>\n", True),
        ("<p>Суу бар.</p>", "<p>Суу <strong>бар.</strong></p>", True),
        ("<p>Суу бар.</p>", "<p>Суу жок.</p>", False),
        ("Суу", "суу", False),
        ("", "<p></p>", True),
    ],
)
def test_digest_is_of_the_words(one, other, same):
    assert (digest(one) == digest(other)) is same


# ---------------------------------------------------------------- states


@pytest.mark.django_db
def test_state_follows_the_texts():
    practice = factories.make_practice()
    assert (practice.state_ky, practice.state_ru) == ("draft", "draft")
    empty = {f"{name}_ru": "" for name in Practice.translated_field_names()}
    practice = changed(practice, **empty)
    assert (practice.state_ky, practice.state_ru) == ("draft", "absent")
    assert changed(practice, title_ru="Название").state_ru == "draft"


def test_ready_stays_ready_when_a_text_changes(practice):
    assert changed(practice, title_ky="Жаңы аталыш").ready_languages == ["ky", "ru"]


def test_ready_language_without_any_text_is_absent_again(practice):
    practice.steps.all().delete()
    practice.documents.all().delete()
    empty = {f"{name}_ru": "" for name in Practice.translated_field_names()}
    assert changed(practice, **empty).state_ru == "absent"


@pytest.mark.django_db
def test_saving_in_one_language_never_fills_the_other():
    """The bare field reads with fallback: it must not write what it read."""
    for language in ("ky", "ru", "en"):
        with translation.override(language):
            practice = factories.make_practice("published", "ru_only")
            for _time in range(2):
                practice = Practice.objects.get(pk=practice.pk)
                practice.full_clean()
                practice.save()
            kyrgyz = [f"{name}_ky" for name in Practice.translated_field_names()]
            stored = Practice.objects.values(*kyrgyz, "title_ru", "problem_ru").get(pk=practice.pk)
            assert {name for name in kyrgyz if stored[name]} == set()
            assert stored["title_ru"] == practice.title_ru
            assert stored["problem_ru"] == "<p>Воды не было.</p>"
            assert practice.state_ky == "absent"


# ---------------------------------------------------------------- staleness


def test_changed_original_makes_just_that_field_stale(practice):
    practice = changed(practice, title_ky="Башка аталыш")
    assert practice.stale_fields == ["title"]
    assert practice.is_stale
    assert Practice.objects.stale().get() == practice


def test_markup_and_spaces_make_nothing_stale(practice):
    practice = changed(practice, problem_ky="<p>Суу   <em>жок</em> болчу.</p>")
    assert practice.stale_fields == []


def test_editing_the_translation_makes_it_fresh(practice):
    practice = changed(practice, title_ky="Башка аталыш")
    practice = changed(practice, title_ru="Другое название")
    assert practice.stale_fields == []
    assert not Practice.objects.stale().exists()


def test_editing_another_field_does_not(practice):
    practice = changed(practice, title_ky="Башка аталыш")
    assert changed(practice, promise_ru="Другое обещание").stale_fields == ["title"]


def test_both_changed_at_once_is_fresh(practice):
    assert changed(practice, title_ky="Башка аталыш", title_ru="Другое название").stale_fields == []


def test_taking_the_change_back_makes_it_fresh(practice):
    before = practice.title_ky
    practice = changed(practice, title_ky="Башка аталыш")
    assert changed(practice, title_ky=before).stale_fields == []


def test_translator_confirms_the_translation_as_it_stands(practice):
    practice = changed(practice, title_ky="Башка аталыш")
    practice.refresh_languages(confirm=True)
    practice.save()
    assert practice.stale_fields == []
    assert changed(practice, title_ky="Үчүнчү аталыш").stale_fields == ["title"]


def test_stays_stale_through_any_number_of_saves(practice):
    practice = changed(practice, title_ky="Башка аталыш")
    for _time in range(3):
        practice = changed(practice)
    assert practice.stale_fields == ["title"]


def test_new_text_without_a_translation_is_stale_while_the_other_language_is_shown(practice):
    practice = changed(practice, what_not_to_do_ky="Шашпагыла.")
    assert practice.stale_fields == ["what_not_to_do"]
    assert changed(practice, what_not_to_do_ru="Не спешите.").stale_fields == []


@pytest.mark.django_db
def test_absent_language_is_not_stale():
    practice = factories.make_practice("published", "ru_only")
    assert changed(practice, title_ru="Другое название").stale_fields == []


def test_rows_are_watched_too(practice):
    step = practice.steps.first()
    step.title_ky = "Башка кадам"
    step.save()
    practice = changed(Practice.objects.get(pk=practice.pk))
    assert practice.stale_fields == [f"steps.{step.pk}.title"]
    step.title_ru = "Другой шаг"
    step.save()
    assert changed(Practice.objects.get(pk=practice.pk)).stale_fields == []


def test_new_row_without_a_translation_is_stale(practice):
    step = practice.steps.create(position=4, title_ky="Төртүнчү кадам", text_ky="")
    practice = changed(Practice.objects.get(pk=practice.pk))
    assert practice.stale_fields == [f"steps.{step.pk}.title"]
    step.delete()
    assert changed(Practice.objects.get(pk=practice.pk)).stale_fields == []


@pytest.mark.django_db
def test_russian_original_makes_the_kyrgyz_text_stale():
    practice = factories.make_practice("published", original_language="ru")
    assert changed(practice, title_ky="Башка").stale_fields == []
    assert changed(practice, title_ru="Другое").stale_fields == ["title"]


def test_no_refresh_ever_changes_a_text(practice):
    names = [
        f"{name}_{language}"
        for name in Practice.translated_field_names()
        for language in ("ky", "ru")
    ]
    practice.title_ky = "Башка аталыш"
    before = {name: getattr(practice, name) for name in names}
    for confirm in (False, True):
        practice.refresh_languages(confirm=confirm)
        assert {name: getattr(practice, name) for name in names} == before


# ---------------------------------------------------------------- editions


def test_edition_speaks_one_language_and_never_the_other():
    practice = Practice(pk=1, title_ky="Суу", title_ru="", promise_ru="Вода", state_ky="ready")
    kyrgyz, russian = practice.edition("ky"), practice.edition("ru")
    for language in ("ky", "ru"):
        with translation.override(language):
            assert (kyrgyz.title, russian.title) == ("Суу", "")
            assert (kyrgyz.promise, russian.promise) == ("", "Вода")
    assert kyrgyz != russian
    assert kyrgyz == Edition(practice, "ky")
    assert len({kyrgyz, Edition(practice, "ky")}) == 1


@pytest.mark.parametrize(
    ("ready", "original", "wanted", "shown"),
    [
        (("ky", "ru"), "ky", "ru", "ru"),
        (("ky",), "ky", "ru", "ky"),
        (("ru",), "ru", "ky", "ru"),
        ((), "ru", "ky", "ru"),
        (("ky", "ru"), "ru", "ky", "ky"),
    ],
)
def test_reader_gets_their_language_or_the_original(ready, original, wanted, shown):
    page = Page(original_language=original, title_ky="К", title_ru="Р")
    for language in ready:
        setattr(page, f"state_{language}", "ready")
    with translation.override(wanted):
        edition = page.edition_for(wanted)
        assert edition.language == shown
        assert edition.is_foreign is (shown != wanted)


# ---------------------------------------------------------------- the visitor's language


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        ("", "", "ky"),
        ("", "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("", "en-US,en;q=0.9", "ky"),
        ("", "en;q=0.9,ky;q=0.5", "ky"),
        ("", "ky,ru;q=0.9", "ky"),
        ("ky", "ru", "ky"),
        ("ru", "ky", "ru"),
        ("de", "ru", "ru"),
        ("../..", "\x00,;;q=,", "ky"),
        ("", "ru;q=nonsense," * 50, "ky"),
    ],
)
def test_language_of_a_visitor(rf, settings, cookie, header, language):
    request = rf.get("/", headers={"accept-language": header})
    request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    assert visitor_language(request) == language


@pytest.mark.parametrize(
    ("active", "language"), [("ky", "ky"), ("ru", "ru"), ("en", "ky"), ("ru-ru", "ru")]
)
def test_current_language(active, language):
    with translation.override(active):
        assert current_language() == language
