"""What holds on every public page, in both languages."""

import re
from itertools import pairwise

import pytest
from django.conf import settings
from django.test import Client

from contests.choices import ProtocolStatus
from contests.models import Award
from publishing.workflow import Status
from tests import factories, pages
from tests.factories_contests import complete, make_decided, make_protocol, make_public_contest
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db
#: What every public page is asked under, after the language.
PUBLIC = {
    "home": "",
    "list": "practices/?theme=drinking-water&sort=title",
    "nothing found": "practices/?q=zzzz",
    "practice": "practices/the-practice/",
    "in one language": "practices/in-russian/",
    "calculator": "practices/the-practice/cost/?quantity=300",
    "themes": "themes/",
    "theme": "themes/drinking-water/",
    "municipalities": "municipalities/",
    "municipality": "municipalities/41704000000000/",
    "contests": "contests/",
    "contests over": "contests/archive/",
    "contest": "contests/open/",
    "contest with winners": "contests/decided/",
    "rules": "contests/decided/rules/",
    "rules before": "contests/decided/rules/1/",
    "results": "contests/decided/results/",
    "protocol": "contests/decided/protocol-7001/",
    "about": "about/about/",
    "licence": "about/licence/",
}
#: Pages of contests that are made anew each time: one writes there, or they change by the hour.
ASKED = {
    "apply": "contests/open/apply/",
    "questions": "contests/open/questions/",
    "answers": "contests/decided/questions/",
    "vote": "contests/decided/vote/",
    "diploma check": "contests/diplomas/?code=AAAAAAAA",
    "diploma": "contests/diplomas/K7MW2HPC/",
    "another’s cabinet": "contests/jury/1/",
}
NO_PAGE = {"404": "practices/no-such/", "410": "practices/withdrawn/"}


def make_portal():
    """A portal with something on every page."""
    unit = factories.make_municipality(code="41704000000000")
    practice = factories.make_practice(
        "published",
        slug="the-practice",
        number=1,
        municipality=unit,
        scale_by="people",
        scale_quantity=200,
    )
    practice.photos.create(
        alt_ky="Түтүк", alt_ru="Труба", file=factories.upload("a.jpg", factories.picture())
    )
    factories.make_adoption(practice, "counted")
    factories.make_practice("published", "ru_only", slug="in-russian")
    factories.make_practice("published", slug="withdrawn", status=Status.WITHDRAWN)
    complete(make_public_contest(slug="open"))
    decided = make_decided(slug="decided")
    make_protocol(decided.contest, ProtocolStatus.PUBLISHED, pk=7001)
    Award.objects.filter(pk=decided.award.pk).update(code="K7MW2HPC")


@pytest.fixture(scope="module")
def portal(module_db):
    """Each page’s answer, kept when asked."""
    make_portal()
    return {}


@pytest.fixture
def answer(portal):
    """answer(path): what a stranger without cookies gets there; asked for once."""

    def ask(path):
        if path not in portal:
            portal[path] = Client().get(path)
        return portal[path]

    return ask


def on_every_page(*, errors: bool = True, asked: bool = False):
    """asked: on pages too that are made anew each time."""
    table = PUBLIC | (NO_PAGE if errors else {}) | (ASKED if asked else {})
    return pytest.mark.parametrize(
        ("language", "path"),
        [(language, path) for language in LANGUAGES for path in table.values()],
        ids=[f"{language}-{name}" for language in LANGUAGES for name in table],
    )


# ---------------------------------------------------------------- every page


@on_every_page()
def test_page_is_the_same_for_everyone(answer, language, path):
    """No session, token or nonce is touched, so the page can be kept and given to anyone."""
    response = answer(f"/{language}/{path}")
    assert not response.cookies
    assert "cookie" not in response.get("Vary", "").lower()
    assert "private" not in response.get("Cache-Control", "")
    request = response.wsgi_request
    assert not request.session.accessed
    assert not hasattr(request, "_cached_user")
    assert "CSRF_COOKIE" not in request.META
    assert "nonce" not in response["Content-Security-Policy"]
    assert "csrfmiddlewaretoken" not in response.content.decode()


@on_every_page()
def test_page_is_fenced_in(answer, language, path):
    response = answer(f"/{language}/{path}")
    policy = dict(rule.split(" ", 1) for rule in response["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert "http" not in response["Content-Security-Policy"]
    assert "camera=()" in response["Permissions-Policy"]
    assert "geolocation=()" in response["Permissions-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert [script.split("/")[-1] for script in pages.scripts(response)] == ["portal.js"]
    assert all(address.startswith("/") for address in pages.loaded(response))


@on_every_page(errors=False)
def test_page_stands_in_both_languages(answer, language, path):
    response = answer(f"/{language}/{path}")
    assert response.status_code == 200
    assert response["Content-Language"] == language
    tree = pages.document(response)
    assert tree.get("lang") == language
    here = path.partition("?")[0]
    alternates = {
        link.get("hreflang"): link.get("href") for link in tree.xpath("//link[@rel='alternate']")
    }
    assert alternates == {each: f"{settings.SITE_URL}/{each}/{here}" for each in LANGUAGES}
    [canonical] = tree.xpath("//link[@rel='canonical']/@href")
    assert canonical == f"{settings.SITE_URL}/{language}/{here}"
    [switch] = pages.of_class(tree, "languages")
    switches = {link.get("lang"): link for link in switch.iter("a")}
    assert {lang: link.get("href") for lang, link in switches.items()} == {
        each: f"/{each}/{path}" for each in LANGUAGES
    }
    assert [lang for lang, link in switches.items() if link.get("aria-current")] == [language]
    other = "ru" if language == "ky" else "ky"
    there = answer(switches[other].get("href"))
    assert pages.document(there).get("lang") == other
    assert pages.main(there) != pages.main(response)


@on_every_page(asked=True)
def test_page_has_one_title_and_an_order_of_headings(answer, language, path):
    tree = pages.document(answer(f"/{language}/{path}"))
    assert len(tree.xpath("//h1")) == 1
    assert len(pages.words(tree.find(".//title"))) > 3
    levels = [
        int(head.tag[1]) for head in tree.xpath("//main//*[self::h1 or self::h2 or self::h3]")
    ]
    jumps = [(a, b) for a, b in pairwise(levels) if b > a + 1]
    assert jumps == []
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids)), "an id stands twice"


@on_every_page(asked=True)
def test_no_link_of_a_page_is_dead(answer, language, path):
    start = answer(f"/{language}/{path}")
    base = f"/{language}/{path}".partition("?")[0]
    wanted = {
        base + link if link.startswith("?") else link.partition("#")[0]
        for link in pages.links(start)
        if link.startswith(("/", "?"))
    }
    private = ("/account/", "/adopt/", "/whatsapp/", "/media/", ".pdf")
    for link in wanted:
        if any(part in link for part in private) or link.count("&") > 1:
            continue
        assert answer(link).status_code in {200, start.status_code}, link


@on_every_page(errors=False)
def test_page_is_found_by_head_and_only_read(client, portal, language, path):
    assert client.head(f"/{language}/{path}").status_code == 200
    assert client.post(f"/{language}/{path}").status_code == 405


@on_every_page(asked=True)
def test_page_shows_no_empty_or_raw_value(answer, language, path):
    """«None», an unformatted placeholder or a tag of the template never reach a reader."""
    text = pages.main(answer(f"/{language}/{path}"))
    assert not re.search(r"\bNone\b|%\(|\{[{%]|[%}]\}|&(nbsp|amp|quot|lt);|undefined|\[\]", text)
