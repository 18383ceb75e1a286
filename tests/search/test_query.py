"""What is found, in which order, and how it is shown."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from search import terms
from search.index import drain
from search.models import Term
from search.query import MAX_PAGES, PAGE_SIZE, ids_of, search, suggest
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_terms():
    terms.forget()
    yield
    terms.forget()


def publish(title_ky, title_ru="", **fields):
    fields = {"problem_ky": "", "problem_ru": "", **fields}
    return factories.make_practice(
        "published", title_ky=title_ky, title_ru=title_ru or f"Запись {title_ky}", **fields
    )


def titles(text, language="ky", **chosen):
    drain()
    found = search(text, language=language, chosen={"kind": "practice", **chosen})
    return ["".join(part.text for part in hit.title) for hit in found.hits]


def test_words_in_the_title_come_before_words_in_the_text():
    publish("Килем музейи", problem_ky="<p>Кийиз да бар.</p>")
    publish("Кийиз үй музейи")
    publish("Шырдак", promise_ky="Кийиз менен иштегендерге")
    assert titles("кийиз") == ["Кийиз үй музейи", "Шырдак", "Килем музейи"]


def test_what_is_typed_right_comes_before_what_only_folds_alike():
    publish("Тор капталат")
    publish("Төр капталат")
    assert titles("төр") == ["Төр капталат", "Тор капталат"]
    assert titles("тор") == ["Тор капталат", "Төр капталат"]


def test_direct_words_come_before_terms_that_mean_the_same():
    Term.objects.create(ky="кийиз\nшырдак", ru="войлок")
    publish("Шырдак оюу")
    publish("Кийиз басуу")
    assert titles("кийиз") == ["Кийиз басуу", "Шырдак оюу"]


def test_term_leads_to_the_other_language():
    Term.objects.create(ky="кийиз үй", ru="юрта")
    publish("Жаңы кийиз үйлөр", "Новые дома из войлока")
    drain()
    found = search("юрту", language="ru", chosen={"kind": "practice"})
    assert ["".join(part.text for part in hit.title) for hit in found.hits] == ["Жаңы кийиз үйлөр"]
    assert found.searched == "юрту"
    assert not found.is_partial


def test_changed_term_is_used_at_once():
    publish("Жаңы кийиз үйлөр", "Новые дома из войлока")
    assert titles("юрта", "ru") == []
    Term.objects.create(ky="кийиз үй", ru="юрта")
    assert len(titles("юрта", "ru")) == 1


def test_all_words_must_be_there_unless_few_things_hold_them():
    for number in range(3):
        publish(f"Кийиз шырдак {number}")
    publish("Килем жана кийиз")
    assert len(titles("кийиз шырдак")) == 3
    found = search("килем шырдак", language="ky", chosen={"kind": "practice"})
    assert found.is_partial
    assert found.total == 4
    assert found.hits[0].path.startswith("/practices/")


def test_thing_that_holds_all_words_leads_a_partial_result():
    publish("Шырдак")
    publish("Кийиз", problem_ky="<p>Шырдак керек болгон.</p>")
    publish("Кийиз басуу")
    assert titles("кийиз шырдак")[0] == "Кийиз"


@pytest.mark.parametrize("typed", ["шырадк", "шырдк", "шырдаак", "шырдяк", "шiрдак"])
def test_mistyped_word_is_corrected(typed):
    publish("Шырдак оюу")
    drain()
    found = search(typed, language="ky")
    assert (found.searched, found.total) == ("шырдак", 1)


def test_few_results_bring_a_suggestion():
    publish("Шырдак оюу")
    publish("Шырдок")
    drain()
    assert search("шырдок", language="ky").suggestion == ""
    found = search("шырдак оюуу", language="ky")
    assert found.searched == "шырдак оюу"


@pytest.mark.parametrize("typed", ["ishlfr", "ISHLFR j.e"])
def test_other_keyboard_layout_is_recognised(typed):
    publish("Шырдак ою")
    drain()
    found = search(typed, language="ky")
    assert found.total == 1
    assert found.searched.lower().startswith("шырдак")


def test_cyrillic_word_in_latin_letters_that_look_the_same():
    publish("Сауна")
    publish("Сорт")
    drain()
    assert search("copт", language="ky").total == 1
    assert search("copt", language="ky").searched == "сорт"


def test_snippet_shows_the_words_where_they_stand():
    text = "Башында башка сөз. " * 30 + "Анан кийизден үй тигилди. " + "Дагы башка. " * 30
    publish("Килем музейи", problem_ky=f"<p>{text}</p>")
    drain()
    [hit] = search("кийиз", language="ky").hits
    assert [part.text for part in hit.snippet if part.is_match] == ["кийизден"]
    assert "тигилди" in "".join(part.text for part in hit.snippet)
    assert len("".join(part.text for part in hit.snippet)) < 220


def test_markup_in_a_text_stays_text():
    publish("<b>Кийиз</b> & <script>", problem_ky="<p>&lt;img src=x&gt; кийиз</p>")
    drain()
    [hit] = search("кийиз", language="ky").hits
    assert "".join(part.text for part in hit.title) == "<b>Кийиз</b> & <script>"
    assert "<img src=x>" in "".join(part.text for part in hit.snippet)


def test_thing_is_shown_once_in_the_language_of_the_page():
    publish("Интернет үйдө", "Интернет дома")
    drain()
    for language, title in (("ky", "Интернет үйдө"), ("ru", "Интернет дома")):
        found = search("интернет", language=language, chosen={"kind": "practice"})
        assert (found.total, len(found.hits)) == (1, 1)
        assert "".join(part.text for part in found.hits[0].title) == title


def test_facets_count_things_with_the_other_choices_in_force():
    naryn, talas = factories.town("Нарын шаары"), factories.town("Талас шаары")
    budget = factories.theme("budget")
    publish("Кийиз 1", municipality=naryn)
    publish("Кийиз 2", municipality=talas, theme=budget)
    publish("Кийиз 3", municipality=talas, theme=budget, themes_extra=[factories.theme("waste")])
    drain()
    found = search("кийиз", language="ky")
    assert found.total == 3
    assert found.facets["kind"] == {"practice": 3}
    assert found.facets["theme"] == {"drinking-water": 1, "budget": 2, "waste": 1}
    assert found.facets["oblast"] == {naryn.oblast.code: 1, talas.oblast.code: 2}
    assert found.facets["year"] == {"2023": 3}
    assert found.facets["language"] == {"ky": 3, "ru": 3}
    narrowed = search("кийиз", language="ky", chosen={"theme": "budget"})
    assert narrowed.total == len(narrowed.hits) == 2
    assert narrowed.facets["theme"] == found.facets["theme"]
    assert narrowed.facets["oblast"] == {talas.oblast.code: 2}


@pytest.mark.parametrize("chosen", [{"year": "2023"}, {"language": "ru"}, {"kind": "practice"}])
def test_facet_figure_is_what_a_click_shows(chosen):
    publish("Кийиз 1")
    publish("Кийиз 2", started_on="2020-01-01")
    factories.make_practice("published", "ky_only", title_ky="Кийиз 3")
    drain()
    [(name, value)] = chosen.items()
    figure = search("кийиз", language="ky").facets[name][value]
    assert search("кийиз", language="ky", chosen=chosen).total == figure


def test_pages_hold_each_thing_once():
    for number in range(PAGE_SIZE + 5):
        publish(f"Кийиз {number}")
    drain()
    first, second, beyond = (search("кийиз", language="ky", page=page) for page in (1, 2, 999))
    assert (first.total, first.pages, len(first.hits)) == (PAGE_SIZE + 5, 2, PAGE_SIZE)
    ids = [hit.object_id for hit in (*first.hits, *second.hits)]
    assert len(set(ids)) == PAGE_SIZE + 5
    assert beyond.page == 2
    assert first.pages <= MAX_PAGES


@pytest.mark.parametrize("typed", ["кийиз килем", "кийииз"])
def test_partial_and_corrected_results_have_further_pages(typed):
    for number in range(PAGE_SIZE + 5):
        publish(f"Кийиз {number}")
    drain()
    first, second = (search(typed, language="ky", page=page) for page in (1, 2))
    assert first.total == PAGE_SIZE + 5
    assert (first.page, second.page, second.pages) == (1, 2, 2)
    ids = {hit.object_id for hit in (*first.hits, *second.hits)}
    assert len(ids) == PAGE_SIZE + 5


@pytest.mark.parametrize(
    "text", ["", "   ", "!!!", "'", "\\", "a:*", "суу & !жол | (", "\x00", "жана", "%_", "«»", "💧"]
)
def test_any_text_is_answered(text):
    publish("Суу жолу")
    drain()
    found = search(text, language="ky")
    assert found.page == 1
    suggest(text, language="ky")


@given(st.text(max_size=120))
def test_any_text_at_all_is_answered(text):
    search(text, language="ky")
    suggest(text, language="ru")


def test_number_of_queries_does_not_grow():
    publish("Кийиз 1")
    drain()
    terms.terms()
    counts = []
    for _more in range(2):
        with CaptureQueriesContext(connection) as queries:
            search("кийиз", language="ky", chosen={"kind": "practice"})
        counts.append(len(queries))
        for number in range(3):
            publish(f"Кийиз {number}")
        drain()
    # the savepoint and the planner’s settings among them
    assert counts == [6, 6]


def test_suggestions_begin_as_typed_in_the_language_of_the_page():
    publish("Үй кийизи", "Войлок для дома")
    publish("Кийиз үй", "Юрта")
    drain()
    assert [one.text for one in suggest("кий", language="ky")][:2] == ["Кийиз үй", "Үй кийизи"]
    assert suggest("кийиз", language="ky")[0].path.startswith("/practices/")
    assert suggest("к", language="ky") == []


def test_ids_of_narrow_another_list():
    practice = publish("Кийиз үй")
    publish("Килем")
    drain()
    assert list(ids_of("practice", "кийизден").values_list("object_id", flat=True)) == [practice.pk]
