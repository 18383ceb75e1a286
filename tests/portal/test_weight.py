"""What a page weighs on the wire, with the demo's richest records: the promise of 14 and 40 KB.

Measured as a browser gets it: pages packed by the portal itself, static files as they are collected.
"""

import re
from functools import cache
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.db.models import Count
from django.test import Client
from django.urls import reverse
from django.utils import translation

from contests.choices import RESULTS, ContestStatus
from contests.forms_applying import ENTRY, LETTER
from contests.models import Contest, Member
from contests.public_results import published_protocols
from contests.views_jury import sheets_of
from journal.models import Article, Author, Issue, Rubric
from partners.models import Partner
from portal.demo.loader import load_demo
from portal.statics import LEAN, lean
from practices.contribution import SECTIONS
from practices.models import Practice
from search import index
from tests import factories, pages
from tests.contests.jury import come_in
from tests.factories_contests import make_entry_draft
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db
KILOBYTE = 1024
CSS = "css/portal.css"
FIRST_VIEW = 14 * KILOBYTE  # HTML and CSS: ten packets, what a server sends before it must wait
WHOLE_PAGE = 40 * KILOBYTE  # all but photos
PLAIN = (
    "", "practices/", "themes/", "municipalities/", "about/accessibility/", "search/",
    "search/?q=суу", "search/?q=космодром",
    "journal/", "journal/authors/", "journal/suggest/", "journal/subscribe/", "partners/",
    "partners/projects/", "contests/", "contests/archive/", "contests/diplomas/",
)  # fmt: skip


@pytest.fixture(scope="module")
def demo(module_db):
    """The demo content."""
    load_demo()
    index.drain()


def got(address: str, coding: str = "br") -> bytes:
    """The bytes of an answer as they go over the wire."""
    response = Client().get(address, headers={"Accept-Encoding": coding})
    assert response.status_code == 200, address
    return response.content


@cache
def static_weight(name: str) -> int:
    """A static file as it is collected: text packed, the rest as it is."""
    content = Path(finders.find(name)).read_bytes()
    if name in LEAN:
        content = lean(content.decode()).encode()
    is_text = name.endswith((".css", ".js", ".svg"))
    return len(brotli.compress(content)) if is_text else len(content)


@cache
def fetched_weight(address: str) -> int:
    if address.startswith("/static/"):
        return static_weight(address.removeprefix("/static/"))
    return len(got(address))


def of_stylesheet() -> list[str]:
    """Files that the stylesheet asks for."""
    text = Path(finders.find(CSS)).read_text(encoding="utf-8")
    return re.findall(r'url\("\.\./([^"]+)"\)', text)


def test_shared_files_are_small():
    assert static_weight(CSS) <= 5.2 * KILOBYTE
    assert static_weight("js/portal.js") <= 8 * KILOBYTE
    fonts = [name for name in of_stylesheet() if name.endswith(".woff2")]
    assert 0 < sum(map(static_weight, fonts)) <= 14 * KILOBYTE


def longest(count: int) -> list[Practice]:
    """The records with the most words, rows included."""
    return sorted(
        Practice.objects.published().for_detail(),
        key=lambda practice: (
            -sum(len(text) for each in LANGUAGES for text in practice.texts(each).values())
        ),
    )[:count]


def further_stylesheets(address: str) -> int:
    """What a page's stylesheets beside the first one weigh; no view waits for the one for paper."""
    names = re.findall(
        r'<link rel="stylesheet" href="/static/([^"]+)"', got(address, "identity").decode()
    )
    assert CSS in names
    return sum(static_weight(name) for name in names if name != CSS)


def of_journal_and_partners() -> list:
    """Every issue, the longest articles, and whoever and whatever has the most to show."""
    articles = sorted(
        Article.objects.published(), key=lambda each: -max(map(each.characters, LANGUAGES))
    )
    return [
        *Issue.objects.published(),
        *articles[:4],
        *Rubric.objects.filter(articles__in=articles[:4]).distinct(),
        *Author.objects.filter(
            credits__article__in=articles[:4], credits__role="author"
        ).distinct(),
        *Partner.objects.annotate(most=Count("projects")).published().order_by("-most")[:4],
    ]


def of_contests() -> list[str]:
    """Every page of every contest, the protocol of the one that is decided."""
    found = []
    for contest in Contest.objects.published():
        here = contest.get_absolute_url()
        has_results = contest.status in RESULTS
        tails = ["", "rules/", "questions/", "apply/", *(["results/"] if has_results else [])]
        found += [here + tail for tail in tails]
        found += [
            reverse("contests:protocol", args=[contest.slug, each.pk])
            for each in published_protocols(contest)
        ]
    return found


def page_weights(language: str) -> dict[str, int]:
    """Weight of the page alone by address: every kind of page, the longest practices; what it loads
    of style beside the first stylesheet counts with it.
    """
    if language not in _weights:
        with translation.override(language):
            records = longest(8)
            found = [practice.get_absolute_url() for practice in records]
            found += {practice.municipality.get_absolute_url() for practice in records}
            found += {practice.theme.get_absolute_url() for practice in records}
            found += [record.get_absolute_url() for record in of_journal_and_partners()]
            found += of_contests()
        found += [f"/{language}/{path}" for path in PLAIN]
        _weights[language] = {
            address: len(got(address)) + further_stylesheets(address) for address in found
        }
    return _weights[language]


_weights: dict[str, dict[str, int]] = {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_view_of_every_page_fits_the_first_packets(demo, language):
    weights = page_weights(language)
    heaviest = max(weights, key=weights.get)
    assert "/practices/" in heaviest
    assert weights[heaviest] + static_weight(CSS) <= FIRST_VIEW, (heaviest, weights[heaviest])


@pytest.mark.parametrize("language", LANGUAGES)
def test_whole_page_without_photos_is_light(demo, language):
    css = sum(map(static_weight, [CSS, *of_stylesheet(), "css/print.css"]))
    weights = page_weights(language)
    heaviest = max(weights, key=weights.get)
    for address in (heaviest, *(f"/{language}/{path}" for path in PLAIN)):
        parts = {
            part.split(" ")[0]
            for part in pages.loaded(Client().get(address))
            if not part.startswith("/media/")
            # A browser takes one of the icons, and these only when it installs the portal.
            and not part.endswith((".css", ".ico", ".png", ".webmanifest"))
        }
        weight = weights[address] + css + sum(map(fetched_weight, parts))
        assert weight <= WHOLE_PAGE, (address, weight)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_where_one_writes_fit_the_first_packets_too(demo, language):
    """With the stylesheet of forms, and each section of a draft as its writer gets it."""
    writer = factories.make_user(is_staff=False)
    draft = factories.make_draft(writer)
    client = Client()
    client.force_login(writer)
    paths = ["", f"{draft.uuid}/", *(f"{draft.uuid}/{name}/" for name in SECTIONS)]
    for path in paths:
        address = f"/{language}/practices/add/{path}"
        html = client.get(address).content
        weight = len(brotli.compress(html)) + static_weight(CSS) + static_weight("css/forms.css")
        assert weight <= FIRST_VIEW, (address, weight)
    assert static_weight("js/draft.js") + static_weight("js/portal.js") <= 8 * KILOBYTE


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_applicants_and_members_fit_the_first_packets(demo, language):
    """The longest entry with its sheet, each section of a draft: with all styles but for paper."""
    client, links = Client(), Client()
    draft = make_entry_draft(Contest.objects.accepting().first())
    client.force_login(draft.owner)
    member = Member.objects.filter(contest__status=ContestStatus.REVIEW, sheets__isnull=False)[0]
    come_in(links, member)
    sections = (ENTRY, *SECTIONS, LETTER)
    paths = [
        *((client, f"applications/{draft.uuid}/{tail}") for tail in ("", "send/")),
        *((client, f"applications/{draft.uuid}/{name}/") for name in sections),
        *((links, f"jury/{member.pk}/{tail}") for tail in ("", "statement/")),
        *(
            (links, f"jury/{member.pk}/entries/{each.application.code}/")
            for each in sheets_of(member)
        ),
    ]
    for reader, path in paths:
        address = f"/{language}/contests/{path}"
        response = reader.get(address)
        assert response.status_code == 200, address
        names = re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"', response.text)
        weight = len(brotli.compress(response.content)) + sum(map(static_weight, names))
        assert weight <= FIRST_VIEW, (address, weight)
    assert static_weight("js/jury.js") + static_weight("js/portal.js") <= 8 * KILOBYTE


@pytest.mark.parametrize("language", LANGUAGES)
def test_map_is_a_small_drawing(demo, language):
    html = got(f"/{language}/municipalities/", "identity").decode()
    [drawing] = re.findall(r'<svg viewBox[^>]*role="group".*?</svg>', html, re.DOTALL)
    assert len(re.sub(r' aria-label="[^"]*"|<title>[^<]*</title>', "", drawing)) <= 6 * KILOBYTE


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheet_and_picture_of_the_richest_record_are_light(demo, language):
    with translation.override(language):
        address = longest(1)[0].get_absolute_url()
    sheet = got(f"{address}passport.pdf")
    assert sheet.startswith(b"%PDF-")
    assert len(sheet) <= 120 * KILOBYTE
    picture = got(f"{address}share.jpg")
    assert picture.startswith(b"\xff\xd8")
    assert len(picture) <= 100 * KILOBYTE
