"""Searches without results: what is counted, what never is, how long it stays, who sees it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from people.limits import LIMITS, PEOPLE_AT_AN_ADDRESS
from people.models import RateCount
from search import index, missed
from search.models import MissedQuery, Term
from search.registry import KINDS
from tests import factories, pages

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (Linux; Android 10) Chrome/120.0 Mobile Safari/537.36"
ADDRESS = "/ru/search/"


@pytest.fixture
def look(client):
    """look("метро"): search as a reader with a phone does; further words of the query by name."""

    def ask(text, *, method="get", agent=PHONE, address="10.0.0.1", **query):
        send = getattr(client, method)
        headers = {"User-Agent": agent}
        return send(ADDRESS, {"q": text} | query, headers=headers, REMOTE_ADDR=address)

    return ask


def counted() -> list[tuple]:
    return list(
        MissedQuery.objects.order_by("words").values_list("words", "language", "theme", "times")
    )


# ---------------------------------------------------------------- what is counted


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Метро", "метро"),
        ("  Канатная   дорога! ", "канатная дорога"),
        ("ипподром, стадион", "ипподром стадион"),
        ("Ак-Суу канат жолу", "ак-суу канат жолу"),
        ("«дрон» – ферма", "дрон ферма"),
    ],
)
def test_words_are_kept_lower_case_without_punctuation(text, kept):
    assert missed.countable(text) == kept
    assert missed.countable(kept) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?!",
        "аб",
        "0555 12 34 56",
        "иванов 20101199900123",
        "asan@example.org",
        "asan example.org",
        "https://example.org/страница",
        "www.example",
        "ул. Ленина 5",
        "Асанов Азамат Бакирович",
        "асанова гүлнара эркиновна",
        "Бакыт уулу Нурлан",
        "Айгүл Асан кызы",
        "водопровод💧",
        "сөз " * 7,
        "ө" * 81,
    ],
)
def test_what_may_be_about_a_person_or_is_no_word_is_never_kept(text):
    assert missed.countable(text) == ""
    assert not missed.count_missed(text, language="ky")
    assert counted() == []


def test_same_words_count_up_on_one_day_and_apart_by_language_and_theme():
    for language, theme in (("ru", ""), ("ru", ""), ("ky", ""), ("ru", "waste")):
        assert missed.count_missed("Метро", language=language, theme=theme)
    assert sorted(counted()) == [
        ("метро", "ky", "", 1),
        ("метро", "ru", "", 2),
        ("метро", "ru", "waste", 1),
    ]
    assert set(MissedQuery.objects.values_list("on", flat=True)) == {timezone.localdate()}


# ---------------------------------------------------------------- what the page counts


def test_page_counts_what_finds_nothing(look):
    assert look("Метро").status_code == 200
    look("стадион", theme="waste")
    assert counted() == [("метро", "ru", "", 1), ("стадион", "ru", "waste", 1)]


def test_page_counts_nothing_else(look):
    practice = factories.make_practice("published", title_ru="Водопровод")
    index.write(KINDS["practice"], [practice.pk])
    look("водопровод")
    look("метро", page="2")
    look("метро", year="2020")
    look("метро", theme="waste", language="ky")
    look("метро", method="head")
    look("0555 123 456")
    for robot in ("", "Googlebot/2.1", "WhatsApp/2.23", "python-requests/2.31", "curl/8.0"):
        look("метро", agent=robot)
    assert counted() == []
    assert not RateCount.objects.exists()


def test_visitor_counts_once_a_day_and_another_again(look):
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        look("Метро", address=address)
    assert counted() == [("метро", "ru", "", 2)]


def test_one_address_cannot_fill_the_table(look, monkeypatch):
    monkeypatch.setitem(LIMITS, "missed", (1, timedelta(hours=24)))
    for number in range(PEOPLE_AT_AN_ADDRESS + 3):
        look("ъ" * (3 + number))
    assert MissedQuery.objects.count() == PEOPLE_AT_AN_ADDRESS


# ---------------------------------------------------------------- how long it stays


def row(days: int, words="метро", **fields) -> MissedQuery:
    day = timezone.localdate() - timedelta(days=days)
    return MissedQuery.objects.create(words=words, language="ru", on=day, **fields)


def test_what_was_typed_once_goes_after_a_month_and_the_rest_after_thirteen():
    today = timezone.localdate()
    gone = [row(31, "асанов"), row(397, "стадион", times=9)]
    stays = [
        row(30, "асанова"),
        row(31, "ипподром", times=2),
        row(396, "стадион", times=9),
        row(40, "метро"),
        row(5, "метро"),
    ]
    assert set(missed.overdue(today)) == set(gone)
    missed.overdue(today).delete()
    assert set(MissedQuery.objects.all()) == set(stays)


# ---------------------------------------------------------------- the admin


def test_editor_sees_the_sum_of_words_over_the_chosen_period(client, editor):
    for theme in factories.Theme.objects.all():
        index.write(KINDS["theme"], [theme.pk])
    row(1, "метро", times=3)
    row(2, "метро", times=2, theme="waste")
    row(2, "стадион", times=4)
    row(200, "метро", times=50)
    client.force_login(editor)
    url = reverse("admin:search_missedquery_changelist")
    since = timezone.localdate() - timedelta(days=7)
    response = client.get(url, {"on__gte": since, "on__lt": timezone.localdate()})
    [table] = pages.of_class(pages.document(response), "parity-table")
    rows = [[pages.words(cell) for cell in line] for line in table.find("tbody")]
    assert [line[:3] for line in rows] == [["метро", "5", "2"], ["стадион", "4", "1"]]
    with_theme = client.get(url, {"theme": "waste"})
    theme = factories.theme("waste")
    assert theme.name_ru in pages.words(pages.document(with_theme).get_element_by_id("result_list"))


def test_list_costs_the_same_with_more_rows(client, editor, django_assert_num_queries):
    client.force_login(editor)
    url = reverse("admin:search_missedquery_changelist")
    row(1)
    client.get(url)
    for days in range(2, 9):
        row(days, "стадион", theme="waste")
    with django_assert_num_queries(9):
        client.get(url)


def test_term_is_kept_tidy_and_found_by_at_once(client, editor):
    client.force_login(editor)
    url = reverse("admin:search_term_add")
    refused = client.post(url, {"ky": "метро", "ru": "", "note": ""})
    assert refused.status_code == 200
    assert not Term.objects.filter(ky="метро").exists()
    practice = factories.make_practice("published", title_ky="Жер астындагы жол", title_ru="")
    index.write(KINDS["practice"], [practice.pk])
    assert pages.of_class(pages.document(client.get("/ky/search/?q=метро")), "found") == []
    text = "  жер  астындагы жол \r\n\r\nжер  астындагы жол"
    assert client.post(url, {"ky": text, "ru": "метро", "note": ""}).status_code == 302
    assert Term.objects.get(ru="метро").ky == "жер астындагы жол"
    [found] = pages.of_class(pages.document(client.get("/ky/search/?q=метро")), "found")
    assert "Жер астындагы жол" in pages.words(found)
