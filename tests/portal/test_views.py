"""The pages of the roof: root, home, themes, robots, manifest, errors."""

import json
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from practices.choices import AdoptionStatus
from tests import factories, pages
from tests.pages import LANGUAGES
from themes.models import Theme

pytestmark = pytest.mark.django_db


# ---------------------------------------------------------------- the root


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        ("", "", "ky"),
        ("", "en-US,en;q=0.9", "ky"),
        ("", "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("", "en-US,ru;q=0.4,ky;q=0.6", "ky"),
        ("", "ky-KG", "ky"),
        ("", "*;q=x,,;", "ky"),
        ("ru", "ky", "ru"),
        ("ky", "ru", "ky"),
        ("de", "ru", "ru"),
    ],
)
def test_root_leads_to_the_visitors_language(client, cookie, accepted, language):
    if cookie:
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie
    response = client.get("/", headers={"Accept-Language": accepted} if accepted else {})
    assert response.status_code == 302
    assert response["Location"] == f"/{language}/"
    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))


@pytest.mark.parametrize("language", ["en", "de", "kg"])
def test_other_languages_have_no_pages(client, language):
    assert client.get(f"/{language}/practices/").status_code == 404


# ---------------------------------------------------------------- home


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_shows_what_is_new_and_what_is_repeated(client, language):
    now = timezone.now()
    made = [
        factories.make_practice("published", published_at=now - timedelta(days=n)) for n in range(8)
    ]
    adopter = factories.make_municipality(name_ky="Алыс айыл аймагы", name_ru="айылный аймак Алыс")
    factories.make_adoption(made[7], "counted", municipality=adopter)
    factories.make_adoption(made[6])
    response = client.get(f"/{language}/")
    titles = [practice.title_in(language) for practice in made]
    assert pages.heads(response) == [*titles[:6], titles[7]]
    text = pages.main(response)
    assert adopter.name_ky.split()[0] in text if language == "ky" else "Алыс" in text
    assert "2024" in text
    tree = pages.document(response)
    assert tree.xpath("//main//form[contains(@action, '/search/')]//input[@name='q']")
    [theme] = tree.xpath(f"//a[@href='/{language}/themes/drinking-water/']")
    assert pages.words(theme).endswith(" 8") or pages.words(theme).endswith("8")
    assert len(pages.of_class(tree, "themes")[0].findall("li")) == 15


def test_home_of_an_empty_portal_is_a_page(client):
    response = client.get("/ky/")
    assert response.status_code == 200
    assert pages.heads(response) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_map_says_in_a_list_what_it_draws(client, language):
    factories.make_practice("published", municipality=factories.town("Ош шаары"))
    factories.make_practice("published", municipality=factories.town("Нарын шаары"))
    factories.make_practice("published", municipality=factories.town("Нарын шаары"))
    factories.make_practice("publishable", municipality=factories.town("Талас шаары"))
    response = client.get(f"/{language}/")
    tree = pages.document(response)
    drawn = {link.get("href"): link.get("aria-label") for link in tree.xpath("//svg//a")}
    listed = {
        row.find("a").get("href"): pages.words(row)
        for row in pages.of_class(tree, "places")[0].findall("li")
    }
    assert len(drawn) == 9
    assert drawn.keys() == listed.keys()
    figures = [int(label.rpartition(": ")[2]) for label in drawn.values()]
    assert sorted(figures) == [0, 0, 0, 0, 0, 0, 0, 1, 2]
    for link, label in drawn.items():
        assert listed[link] == " ".join(label.replace(":", "").split())
        shown = client.get(link).context["page"].paginator.count
        assert shown == int(label.rpartition(": ")[2])


@pytest.mark.parametrize(
    "changes",
    [{"confirmed_on": None}, {"is_public": False}, {"status": AdoptionStatus.STOPPED,
     "stop_reason_ky": "Акча"}, {"status": AdoptionStatus.PLANNED}],
)  # fmt: skip
def test_home_counts_only_confirmed_adoptions(client, changes):
    practice = factories.make_practice("published")
    factories.make_adoption(practice, "counted", **changes)
    response = client.get("/ky/")
    assert response.context["happening"] == []
    assert len(pages.heads(response)) == 1


# ---------------------------------------------------------------- themes


@pytest.mark.parametrize("language", LANGUAGES)
def test_theme_gathers_what_is_on_it(client, language):
    waste = factories.theme("waste")
    main = factories.make_practice("published", theme=waste)
    further = factories.make_practice("published", themes_extra=[waste])
    factories.make_practice("published")
    factories.make_practice("publishable", theme=waste)
    response = client.get(f"/{language}/themes/waste/")
    assert set(pages.heads(response)) == {main.title_in(language), further.title_in(language)}
    with translation.override(language):
        name = Theme.objects.get(slug="waste").name
    assert pages.words(pages.document(response).find(".//h1")) == name
    assert response.context["practices_count"] == 2
    assert f"/{language}/practices/?theme=waste" in pages.links(response)
    counts = {
        theme.slug: theme.practices_count
        for theme in client.get(f"/{language}/themes/").context["themes"]
    }
    assert (counts["waste"], counts["drinking-water"], sum(counts.values())) == (2, 2, 4)


def test_practice_counts_once_where_a_theme_stands_twice(client):
    waste = factories.theme("waste")
    factories.make_practice("published", theme=waste, themes_extra=[waste])
    listed = {
        theme.slug: theme.practices_count for theme in client.get("/ky/themes/").context["themes"]
    }
    assert listed["waste"] == 1
    assert client.get("/ky/themes/waste/").context["practices_count"] == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_theme_without_practices_offers_a_way_on(client, language):
    response = client.get(f"/{language}/themes/waste/")
    assert pages.heads(response) == []
    assert f"/{language}/about/contribute/" in pages.links(response)
    assert client.get(f"/{language}/themes/no-such/").status_code == 404


# ---------------------------------------------------------------- for machines


def test_robots_keep_off_what_is_not_for_search(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain"
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert {"Disallow: /admin/", "Disallow: /go/", "Disallow: /*/account/"} <= set(lines)
    assert "Disallow: /" not in lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_manifest_installs_in_the_language(client, language):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    response = client.get("/manifest.webmanifest")
    assert response["Content-Type"] == "application/manifest+json"
    manifest = json.loads(response.content)
    with translation.override(language):
        assert manifest["name"] == gettext("Portal of best practice of local self-government")
    assert [icon["sizes"] for icon in manifest["icons"]] == ["192x192", "512x512"]
    for icon in manifest["icons"]:
        got = client.get(icon["src"])
        assert got.status_code == 200
        assert b"".join(got.streaming_content)[:4] == b"\x89PNG"
    assert client.get(manifest["start_url"]).status_code == 302


def test_drawn_emblems_and_covers_are_kept_for_good(client):
    for url in ("/felt/theme-1.svg", "/felt/theme-15.svg", "/felt/cover-4-2-7.svg"):
        response = client.get(url)
        assert response["Content-Type"] == "image/svg+xml"
        assert "immutable" in response["Cache-Control"]
        assert "cookie" not in response.get("Vary", "").lower()
        assert "<script" not in response.content.decode()
    for url in ("/felt/theme-0.svg", "/felt/theme-100.svg", "/felt/cover-0-1-1.svg"):
        assert client.get(url).status_code == 404


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["no-such/", "practices/no-such/", "about/no-such/"])
def test_page_not_found_offers_search(client, language, path):
    response = client.get(f"/{language}/{path}")
    assert response.status_code == 404
    tree = pages.document(response)
    assert tree.get("lang") == language
    with translation.override(language):
        assert pages.words(tree.find(".//h1")) == gettext("Page not found")
    assert tree.xpath("//main//form[contains(@action, '/search/')]//input[@name='q']")
    assert f"/{language}/practices/" in pages.links(response)


def test_address_without_a_language_is_not_found_in_the_visitors_own(client):
    assert pages.document(client.get("/no-such")).get("lang") == "ky"
    russian = client.get("/no-such", headers={"Accept-Language": "ru"})
    assert pages.document(russian).get("lang") == "ru"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("view", "status"), [("bad_request", 400), ("forbidden", 403), ("not_found", 404),
                         ("server_error", 500)]
)  # fmt: skip
def test_error_page_needs_no_database(rf, django_assert_num_queries, language, view, status):
    with translation.override(language), django_assert_num_queries(0):
        response = import_string(f"portal.views.{view}")(rf.get(f"/{language}/"))
    assert response.status_code == status
    tree = pages.document(response)
    assert tree.get("lang") == language
    assert len(pages.main(response)) > 40


# ---------------------------------------------------------------- queries


QUERIES = {"": 11, "themes/": 2, "themes/drinking-water/": 6, "municipalities/": 5}


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_of_the_roof_cost_the_same_with_more_rows(client, rows, django_assert_num_queries):
    for n in range(rows):
        practice = factories.make_practice("published", municipality=factories.make_municipality())
        factories.make_adoption(practice, "counted", confirmed_on=date(2024, 1, n + 1))
    for path, count in QUERIES.items():
        with django_assert_num_queries(count):
            client.get(f"/ky/{path}")
    with django_assert_num_queries(0):
        client.get(reverse("robots"))
