"""The page of search: what it finds and shows, what it says otherwise, and what it never breaks on."""

import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.db import transaction
from django.test import Client

from portal.search_page import EXAMPLES
from search import index
from search.models import Term
from search.query import MAX_PAGES, PAGE_SIZE
from search.registry import KINDS
from tests import factories, pages
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db
MANY = PAGE_SIZE + 3


def make_portal():
    """Practices of two themes and oblasts, one in Russian alone, more than a page of one word."""
    Term.objects.all().delete()
    batken, osh = factories.make_municipality(), factories.town("Ош шаары")
    made = [
        factories.make_practice(
            "published", municipality=batken,
            title_ky="Таза суу түтүгү", title_ru="Чистая вода в каждый двор",
        ),
        factories.make_practice(
            "published", theme=factories.theme("waste"), municipality=osh,
            title_ky="Таштанды ташуу", title_ru="Вывоз мусора по графику",
        ),
        factories.make_practice(
            "published", "ru_only", theme=factories.theme("waste"), municipality=osh,
            title_ru="Компост из <b>листвы</b> & веток", promise_ru="Листва <script>alert(1)</script> не горит.",
        ),
    ]  # fmt: skip
    made += [
        factories.make_practice(
            "published", municipality=osh, title_ky=f"Жарык чырак {n}", title_ru=f"Фонарь номер {n}"
        )
        for n in range(MANY)
    ]
    index.write(KINDS["practice"], [practice.pk for practice in made])
    index.write(KINDS["theme"], [factories.theme("waste").pk])


@pytest.fixture(scope="module")
def portal(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        make_portal()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def look(portal):
    """look("суу", theme="waste"): the page in Kyrgyz, or in the language named."""

    def ask(text=None, page_language="ky", **query):
        asked = query if text is None else {"q": text} | query
        return Client().get(f"/{page_language}/search/", asked)

    return ask


def rows(response) -> list:
    found = pages.of_class(pages.document(response), "found")
    return list(found[0]) if found else []


def titles(response) -> list[str]:
    return [pages.words(row.find("h3")) for row in rows(response)]


def total(response) -> int:
    """How many things the page says there are."""
    words = pages.words(pages.of_class(pages.document(response), "count")[0])
    return int(re.search(r"\d+", words)[0])


def facet_links(response) -> dict[str, int]:
    """Address of each facet's value → what the page says it gives."""
    [facets] = pages.of_class(pages.document(response), "facets-wide")
    return {
        link.get("href"): int(pages.words(link.findall("span")[1]))
        for link in facets.iter("a")
        if not link.get("aria-current")
    }


# ---------------------------------------------------------------- results


def test_either_language_finds_and_the_words_are_marked(look):
    for text in ("суу", "вода", "сууну"):
        first = rows(look(text, kind="practice"))[0]
        assert "Тажрыйба" in pages.words(first)
        assert first.xpath(".//mark"), text
    row = rows(look("таза суу", kind="practice"))[0]
    assert [mark.text.lower() for mark in row.find("h3").iter("mark")] == ["таза", "суу"]
    assert urlsplit(row.find("h3/a").get("href")).path.startswith("/ky/practices/")


def test_what_a_text_holds_is_never_markup(look):
    response = look("листва", "ru")
    [row] = rows(response)
    assert "<b>листвы</b> & веток" in pages.words(row)
    assert pages.scripts(response) == pages.scripts(look("", "ru"))
    page = look('"><img src=x onerror=alert(1)>', "ru")
    assert pages.scripts(page) == pages.scripts(look("", "ru"))
    assert not pages.document(page).xpath("//img[@src='x']")


def test_text_of_another_language_says_so_and_leads_to_it(look):
    [row] = rows(look("компост"))
    assert row.find("h3").get("lang") == "ru"
    assert row.find("h3/a").get("href").startswith("/ru/practices/")
    assert pages.words(pages.of_class(row, "tag")[0]) == "орусча"
    [row] = rows(look("компост", "ru"))
    assert not row.xpath(".//@lang")
    assert not pages.of_class(row, "tag")


def test_facet_gives_what_it_says_and_can_be_dropped(look):
    links = facet_links(look("фонарь мусор компост", "ru"))
    assert {name for link in links for name in parse_qs(link[1:])} == {
        "q", "kind", "theme", "oblast", "year", "language",
    }  # fmt: skip
    for link, count in links.items():
        narrowed = Client().get(f"/ru/search/{link}")
        assert total(narrowed) == count
    chosen = look("мусор", "ru", theme="waste", kind="practice")
    drops = [
        link.get("href") for link in pages.of_class(pages.document(chosen), "chosen")[0].iter("a")
    ]
    assert [parse_qs(drop[1:]).keys() for drop in drops] == [{"q", "theme"}, {"q", "kind"}]
    [form] = pages.of_class(pages.document(chosen), "wide")
    assert {box.get("name") for box in form.iter("input")} == {"q", "kind", "theme"}


@pytest.mark.parametrize(
    "query", [{"kind": "x"}, {"theme": "'"}, {"oblast": "0"}, {"year": "99999"}, {"language": "en"}]
)
def test_unknown_facet_is_left_out_and_the_page_says_so(look, query):
    response = look("мусор", "ru", **query)
    assert len(rows(response)) == len(rows(look("мусор", "ru")))
    assert "notice" in str(response.content)
    assert not pages.of_class(pages.document(response), "chosen")


def test_many_results_come_page_by_page(look):
    first, second = look("фонарь", "ru"), look("фонарь", "ru", page="2")
    assert len(rows(first)) == PAGE_SIZE
    assert len(rows(second)) == total(first) - PAGE_SIZE
    assert not set(titles(first)) & set(titles(second))
    links = [
        link.get("href") for link in pages.of_class(pages.document(first), "pages")[0].iter("a")
    ]
    assert [parse_qs(link[1:])["page"] for link in links] == [["1"], ["2"]]
    [listed] = pages.of_class(pages.document(second), "found")
    assert listed.get("start") == str(PAGE_SIZE + 1)


@pytest.mark.parametrize("page", ["0", "-1", "abc", "1.5", "²", "", str(MAX_PAGES + 1), "9" * 30])
def test_page_that_is_not_there_is_still_a_page(look, page):
    assert look("фонарь", "ru", page=page).status_code == 200
    assert look("фонарь", "ru", theme="waste", page=page).status_code == 200


def test_misspelt_word_shows_what_was_meant_and_says_so(look):
    response = look("фонарррь", "ru")
    assert len(rows(response)) == PAGE_SIZE
    said = pages.words(pages.of_class(pages.document(response), "notice")[0])
    assert "фонарррь" in said
    assert "фонарь" in said


def test_words_that_never_stand_together_find_some_of_them(look):
    response = look("фонарь компост", "ru")
    assert rows(response)
    assert pages.of_class(pages.document(response), "notice")


# ---------------------------------------------------------------- nothing found


def test_nothing_found_offers_ways_on(look, settings):
    settings.UNION_WHATSAPP = "+996700112233"
    response = look("космодром ракета", "ru", theme="waste")
    assert response.status_code == 200
    links = pages.links(response)
    for way in ("космодром", "ракета"):
        assert f"?{'q=' + quote(way)}&theme=waste" in links
    assert f"?q={quote('космодром')}+{quote('ракета')}" in links, "without the filter"
    assert "/ru/themes/waste/" in links
    assert "/ru/practices/add/" in links
    [ask] = [link for link in links if link.startswith("https://wa.me/996700112233?")]
    assert "космодром ракета" in parse_qs(urlsplit(ask).query)["text"][0]


def test_question_cannot_be_asked_where_no_number_is_known(look, settings):
    settings.UNION_WHATSAPP = ""
    assert "wa.me" not in look("космодром", "ru").text


# ---------------------------------------------------------------- no words


@pytest.mark.parametrize(
    "text", [None, "", "   ", "?!", "\x00", "«—»", "\x07\x1b", "\u202e\u200b", "’", "+-*/%\\"]
)
def test_without_a_word_the_page_explains_itself(look, text):
    response = look(text, theme="waste", page="3")
    assert response.status_code == 200
    assert not rows(response)
    links = pages.links(response)
    assert [f"?q={quote(words)}" for _language, words in EXAMPLES] == [
        link for link in links if link.startswith("?q=")
    ]
    assert "/ky/themes/waste/" in links


@pytest.mark.parametrize(
    "text", ["\x00компост", "\x07компост\n", "\u202eком\u200bпост", "ком\u00adпост"]
)
def test_signs_nobody_types_are_dropped(look, text):
    response = look(text, "ru")
    assert len(rows(response)) == 1
    assert pages.document(response).get_element_by_id("q").get("value") == "компост"


@pytest.mark.parametrize("text", ["компост " * 1250, "ъ" * 10_000, "%" * 10_000 + "суу"])
def test_very_long_query_is_cut(look, portal, text):
    response = Client().get("/ru/search/", {"q": text}, follow=True)
    assert response.status_code == 200
    assert len(response.content) < 60_000
    assert len(pages.document(response).get_element_by_id("q").get("value")) <= 100


@pytest.mark.parametrize(
    "text",
    ["'", "суу & ! | ( ) <-> :*", "суу:*A", "\\", "$$", "%s %(x)s {0}", "суу'; drop table x; --"],
)
def test_signs_of_the_engine_are_only_signs(look, text):
    assert look(text).status_code == 200


# ---------------------------------------------------------------- one page for everybody


def test_page_asks_nothing_about_who_looks(look, client, editor):
    client.force_login(editor)
    for path in (
        "/ru/search/",
        f"/ru/search/?q={quote('компост')}",
        "/ru/search/suggestions/?q=ком",
    ):
        stranger, known = Client().get(path), client.get(path)
        assert known.content == stranger.content
        for response in (stranger, known):
            assert not response.cookies
            assert "Cookie" not in response.get("Vary", "")
            assert "csrf" not in response.text
    assert Client().post("/ru/search/", {"q": "суу"}).status_code == 405


def test_search_engines_keep_off(look):
    for text in (None, "компост"):
        assert pages.meta(look(text), "robots") == "noindex, follow"
    assert "Disallow: /*/search/" in Client().get("/robots.txt").text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["", "practices/", "no-such/", "search/"])
def test_every_page_has_a_box_that_leads_here(portal, language, path):
    response = Client().get(f"/{language}/{path}")
    boxes = pages.document(response).xpath("//header//form[@role='search']//input[@name='q']")
    assert [box.getparent().get("action") for box in boxes] == [f"/{language}/search/"]


def test_switch_of_language_keeps_the_question(look):
    links = pages.links(look("таза суу", theme="drinking-water"))
    [other] = [link for link in links if link.startswith("/ru/search/")]
    assert parse_qs(urlsplit(other).query) == {"q": ["таза суу"], "theme": ["drinking-water"]}


def test_page_costs_the_same_with_more_results(look, django_assert_num_queries):
    look("фонарь номер", "ru")
    for page in ("2", "1"):
        with django_assert_num_queries(8):
            assert rows(look("фонарь номер", "ru", page=page))


# ---------------------------------------------------------------- suggestions


def suggested(text, language="ru"):
    return Client().get(f"/{language}/search/suggestions/", {"q": text})


def test_beginning_of_a_word_is_completed(portal):
    response = suggested("комп")
    assert response["Cache-Control"] == "public, max-age=60"
    [one] = response.json()
    assert one["text"].startswith("Компост")
    assert one["kind"] == "Практика"
    assert Client().get(one["url"]).status_code == 200


@pytest.mark.parametrize(
    "text", ["", "к", "?!", "\x00\x00", " \u202e ", "а!", "к" * 101, "к" * 10_000, "ъъъъъ"]
)
def test_junk_gets_an_empty_list(portal, text):
    assert suggested(text).json() == []


def test_without_javascript_the_page_offers_the_same(look):
    response = look("комп", "ru")
    url = suggested("комп").json()[0]["url"]
    assert url in pages.links(response)
    assert [row.find("h3/a").get("href") for row in rows(response)].count(url) <= 1


def test_suggestion_in_the_other_language_says_so():
    factories.make_practice("published", "ky_only", title_ky="Шырдак оюу")
    index.drain()
    [offer] = suggested("шырд", "ru").json()
    assert offer["lang"] == "ky"
    assert "lang" not in suggested("шырд", "ky").json()[0]
