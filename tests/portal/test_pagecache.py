"""Public pages lie ready for whoever is nobody in particular; nothing personal gets among them."""

import gzip
import math
import os
import threading
import time
from datetime import UTC, datetime

import brotli
import pytest
from django.contrib.auth import get_user
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import get_resolver, path
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime

from people.middleware import PrivatePagesMiddleware
from portal import pagecache, urls
from portal.freshness import GRACE, Freshness
from portal.pagecache import Copy, PageCache, known_query, with_note
from portal.stored_pages import DAY, MAGIC, StoredPage, StoredPages
from publishing.public_pages import PublicPage, public_page
from tests import factories
from tests.portal.asking import ask

LIST = "/ky/practices/"
PAGE = b'<!doctype html>\n<main id="content" class="wrap">\n' + "Суу бар. ".encode() * 400


@pytest.fixture(autouse=True)
def _connection_of_the_test():
    """Between requests Django closes a connection whose test has a transaction open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def calm():
    """A database in which nothing happens."""
    freshness = Freshness()
    freshness.since, freshness.until = 0.0, math.inf
    freshness._pid = os.getpid()
    return freshness


class Portal:
    """Stands for Django: tells how often it was asked, answers what a test wants."""

    def __init__(self, status="200 OK", content=PAGE, **headers):
        self.status, self.content, self.asked = status, content, []
        self.headers = {"Content-Type": "text/html", "Cache-Control": "public, max-age=60"}
        self.headers |= headers

    def __call__(self, environ, start_response):
        self.asked.append(environ)
        start_response(self.status, list(self.headers.items()))
        return [self.content]


@pytest.fixture
def cached(calm, tmp_path):
    """cached(application) → the cache around it; all of a test share one folder."""

    def wrap(application, *, most=2**20, freshness=calm):
        return PageCache(application, folder=tmp_path / "pages", most=most, freshness=freshness)

    return wrap


def unpacked(answer) -> bytes:
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
    return unpack[answer.headers.get("Content-Encoding", "")](answer.body)


def files(cache) -> list[str]:
    return sorted(file.name for file in cache._files.folder.iterdir() if file.name[0] in "pq")


# ---------------------------------------------------------------- pages that lie ready


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ky", "ru"])
def test_every_public_page_is_kept(cached, django_assert_num_queries, language):
    """And comes back without a query. The second process reads what the first has made."""
    practice = factories.make_practice("published")
    factories.make_adoption(practice, "confirmed")
    paths = [
        "",
        "practices/",
        "practices/?theme=drinking-water&sort=adopted&page=1",
        f"practices/{practice.slug}/",
        f"practices/{practice.slug}/cost/",
        f"practices/{practice.slug}/adoptions.svg",
        "themes/",
        f"themes/{practice.theme.slug}/",
        "municipalities/",
        f"municipalities/{practice.municipality.code}/",
        "about/accessibility/",
        "data-kept/",
    ]
    addresses = ["/robots.txt", *(f"/{language}/{path}" for path in paths)]
    first, second = cached(WSGIHandler()), cached(WSGIHandler())
    for address in addresses:
        made = ask(first, address)
        assert made.status == 200, address
        assert made.headers["Cache-Control"].startswith("public, max-age="), address
        with django_assert_num_queries(0):
            again, other = ask(first, address), ask(second, address)
        assert again == other == made, address
        assert again.headers["Vary"] == "Accept-Encoding"
        if address != "/robots.txt":
            assert "Content-Security-Policy" in again.headers
            assert "X-Content-Type-Options" in again.headers
    assert len(files(first)) == len(addresses)


@pytest.mark.django_db
def test_what_is_nobodys_page_goes_straight_to_django(cached):
    cache = cached(WSGIHandler())
    practice = factories.make_practice("published")
    addresses = [
        "/",
        "/healthz",
        "/manifest.webmanifest",
        "/ky/account/login/",
        "/ky/practices/add/",
        "/ky/practices/?q=suu",
        f"/ky/practices/{practice.slug}/cost/?quantity=100",
        f"/ky/practices/{practice.slug}/whatsapp/",
        f"/p/{practice.number}",
        "/ky/nothing/",
        "/static/css/portal.css",
    ]
    for address in addresses:
        ask(cache, address)
    assert not cache._files.folder.exists()


@pytest.mark.django_db
def test_view_without_a_language_says_the_same_to_all(cached):
    """A marked view does not see Accept-Language; one that looks for it must not be marked."""
    marked = [
        pattern.name
        for pattern in get_resolver().url_patterns
        if hasattr(getattr(pattern, "callback", None), "public_page")
    ]
    assert set(marked) == {
        "robots", "sitemap", "sitemap_part", "journal_feed", "journal_rubric_feed",
    }  # fmt: skip
    for address in (
        "/robots.txt",
        "/sitemap.xml",
        "/sitemap-themes-1.xml",
        "/feeds/journal-ky.xml",
    ):
        bodies = {
            ask(WSGIHandler(), address, headers={"Accept-Language": language}).body
            for language in ("ky", "ru")
        }
        assert len(bodies) == 1, address


# ---------------------------------------------------------------- one copy for one page


@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("", ""),
        ("page=2", "page=2"),
        ("page=2&theme=budget", "theme=budget&page=2"),
        ("utm_source=mail&fbclid=x&page=2", "page=2"),
        ("theme=&page=+2+", "page=2"),
        ("page=2&page=3", "page=3"),
        ("page=2&page=", ""),
        ("theme=%D1%81%D1%83%D1%83", "theme=%D1%81%D1%83%D1%83"),
        ("theme=a%26page%3D7", "theme=a%26page%3D7"),
        ("q=&theme=budget", "theme=budget"),
        ("q=%20", ""),
        ("q=suu", None),
        ("&".join(f"a{n}=1" for n in range(6000)), None),
    ],
)
def test_query_is_reduced_to_the_words_a_page_knows(query, known):
    mark = PublicPage(query=("theme", "page"), uncached=("q",))
    assert known_query(query, mark) == known
    if known:
        assert known_query(known, mark) == known


def test_unknown_words_neither_split_nor_fill(cached):
    portal = Portal()
    cache = cached(portal)
    for number in range(50):
        ask(cache, f"{LIST}?page=2&utm_source=s{number}&{number}")
    assert len(portal.asked) == 1
    assert portal.asked[0]["QUERY_STRING"] == "page=2"
    assert len(cache._copies) == len(files(cache)) == 1


@pytest.mark.django_db
def test_lists_own_addresses_are_found_as_they_are_written():
    """Else each would go the longer way."""
    from practices.filters import PracticeFilter
    from practices.views.public import practice_list

    form = PracticeFilter({"sort": "adopted", "theme": "drinking-water", "language": "ky"})
    written = form.query(page=2).removeprefix("?")
    assert known_query(written, practice_list.public_page) == written


def test_long_address_is_not_kept(cached):
    cache = cached(Portal())
    ask(cache, f"{LIST}?theme={'x' * 300}")
    ask(cache, f"{LIST}{'x' * 300}/")
    assert not cache._copies


# ---------------------------------------------------------------- how it goes over the wire


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("gzip;q=1, br;q=0", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("gzip;q=0, br;q=0.0", ""),
        ("*;q=0", ""),
        ("identity", ""),
        ("", ""),
    ],
)
def test_reader_gets_a_coding_it_takes(cached, accept, coding):
    cache = cached(Portal())
    for _ in range(2):
        answer = ask(cache, LIST, headers={"Accept-Encoding": accept})
        assert answer.headers.get("Content-Encoding", "") == coding
        assert unpacked(answer) == PAGE
        assert answer.headers["Content-Length"] == str(len(answer.body))
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["ETag"].startswith('"')


def test_every_coding_has_its_own_tag_and_a_new_text_another(cached):
    portal = Portal()
    cache = cached(portal)

    def tags():
        return {
            ask(cache, LIST, headers={"Accept-Encoding": coding}).headers["ETag"]
            for coding in ("br", "gzip", "")
        }

    before = tags()
    assert len(before) == 3
    cache.freshness.heard()
    cache.freshness.until = math.inf
    assert tags() == before  # made anew, and the same
    portal.content = PAGE + b"!"
    cache.freshness.heard()
    cache.freshness.until = math.inf
    assert not tags() & before


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("{}", 304),
        ("W/{}", 304),
        ('"other", {}', 304),
        ("*", 304),
        ('"other"', 200),
        ('W/"other", "another"', 200),
        ("nonsense", 200),
    ],
)
def test_reader_who_has_it_gets_no_body(cached, header, status):
    cache = cached(Portal())
    taken = {"Accept-Encoding": "br"}
    tag = ask(cache, LIST, headers=taken).headers["ETag"]
    for method in ("GET", "HEAD"):
        answer = ask(
            cache, LIST, method=method, headers=taken | {"If-None-Match": header.format(tag)}
        )
        assert answer.status == status
        assert answer.headers["ETag"] == tag
        if status == 304:
            assert answer.body == b""
            assert answer.headers.keys() == {"ETag", "Vary", "Cache-Control"}


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Fri, 20 Nov 2026 10:00:00 GMT", 304),
        ("Fri, 20 Nov 2026 10:00:01 GMT", 304),
        ("Fri, 20 Nov 2026 09:59:59 GMT", 200),
        ("nonsense", 200),
    ],
)
def test_page_that_tells_its_time_is_asked_by_time(cached, header, status):
    portal = Portal()
    portal.headers["Last-Modified"] = "Fri, 20 Nov 2026 10:00:00 GMT"
    answer = ask(cached(portal), LIST, headers={"If-Modified-Since": header})
    assert answer.status == status
    other = ask(
        cached(portal), LIST, headers={"If-Modified-Since": header, "If-None-Match": '"other"'}
    )
    assert other.status == 200  # who knows tags is asked by tags alone


def test_head_has_the_length_and_no_body(cached):
    portal = Portal()
    cache = cached(portal)
    for _ in range(2):
        head = ask(cache, LIST, method="HEAD", headers={"Accept-Encoding": "gzip"})
        assert head.body == b""
    page = ask(cache, LIST, headers={"Accept-Encoding": "gzip"})
    assert head.headers == page.headers
    assert len(portal.asked) == 1
    assert portal.asked[0]["REQUEST_METHOD"] == "GET"


# ---------------------------------------------------------------- nobody in particular


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "sessionid=abc"},
        {"Cookie": "django_language=ru; sessionid=abc"},
        {"Cookie": "a=b; sessionid =abc"},
        {"Authorization": "Bearer abc"},
    ],
)
def test_whoever_may_be_somebody_neither_sees_nor_feeds_it(cached, headers):
    portal = Portal()
    cache = cached(portal)
    assert ask(cache, LIST, headers=headers).body == PAGE
    assert not cache._copies
    ask(cache, LIST)
    portal.content = b"<p>mine</p>"
    assert ask(cache, LIST, headers=headers).body == b"<p>mine</p>"
    assert ask(cache, LIST).body == PAGE
    [name] = headers
    assert portal.asked[-1][f"HTTP_{name.upper()}"] == headers[name]


def test_other_cookies_and_methods(cached):
    portal = Portal()
    cache = cached(portal)
    ask(cache, LIST)
    assert ask(cache, LIST, headers={"Cookie": "django_language=ru; csrftoken=x"}).body == PAGE
    assert len(portal.asked) == 1
    ask(cache, LIST, method="POST")
    assert portal.asked[-1]["REQUEST_METHOD"] == "POST"


@pytest.mark.django_db
def test_signed_in_reader_is_told_that_it_is_private(client, editor):
    assert client.get(LIST)["Cache-Control"] == "public, max-age=60"
    client.force_login(editor)
    response = client.get(LIST)
    assert response["Cache-Control"] == "private, no-cache"
    assert response.status_code == 200


@public_page(query=("page",))
def echo(request):
    """Says all it knows of who asks."""
    known = {
        "meta": {name: value for name, value in request.META.items() if isinstance(value, str)},
        "cookies": request.COOKIES,
        "get": request.GET.dict(),
        "user": str(getattr(request, "_cached_user", "")),
        "full": request.build_absolute_uri(),
        "language": translation.get_language(),
    }
    return HttpResponse(repr(known))


@public_page
def of_session(request):
    request.session["seen"] = True
    return HttpResponse(f"for {get_user(request)}")


@public_page
def of_token(request):
    return HttpResponse(get_token(request))


@public_page
def of_language(request):
    response = HttpResponse("by cookie")
    response["Vary"] = "Cookie"
    return response


@public_page
def of_cookie(request):
    response = HttpResponse("with a cookie")
    response.set_cookie("mine", request.META.get("HTTP_USER_AGENT", "nobody"))
    return response


@public_page
def of_secret(request):
    response = HttpResponse("secret")
    response["Cache-Control"] = "private"
    return response


@public_page
def of_nonce(request):
    return HttpResponse(f"<script nonce={request.csp_nonce}>")


@public_page
def lost(request):
    raise OperationalError("server closed the connection")


class Addresses:
    """The portal's own addresses and some whose views are wrong to be marked."""

    urlpatterns = [
        path("echo/", echo),
        *(
            path(f"{view.__name__}/", view)
            for view in (of_session, of_token, of_language, of_cookie, of_secret, of_nonce, lost)
        ),
        *urls.urlpatterns,
    ]
    handler404, handler500 = urls.handler404, urls.handler500


def test_nothing_personal_can_enter(cached, settings):
    settings.ROOT_URLCONF = Addresses
    cache = cached(WSGIHandler())
    told = {
        "Cookie": "django_language=ru; csrftoken=SECRET1; messages=SECRET2",
        "User-Agent": "SECRET3",
        "Referer": "http://testserver/SECRET4",
        "Accept-Language": "en-SECRET5",
        "X-Forwarded-For": "198.51.100.9",
        "X-Forwarded-Host": "secret6.example.org",
        "X-Real-IP": "198.51.100.9",
        "X-SECRET7": "SECRET8",
        "Host": "secret9.example.org",
        "Range": "bytes=0-9",
        "If-Modified-Since": "SECRET10",
        "Accept": "SECRET11",
    }
    answer = ask(
        cache,
        "/echo/?page=2&token=SECRET12",
        headers=told,
        REMOTE_ADDR="198.51.100.9",
        REMOTE_USER="SECRET13",
        SERVER_NAME="secret14",
        CONTENT_TYPE="SECRET15",
        SECRET16="SECRET16",
    )
    assert answer.status == 200
    text = answer.body.decode()
    assert "secret" not in text.lower()
    assert "198.51.100.9" not in text
    assert "'cookies': {}" in text
    assert "'get': {'page': '2'}" in text
    assert "'full': 'http://testserver/echo/?page=2'" in text
    assert ask(cache, "/echo/?page=2").body == answer.body


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    ["of_session", "of_token", "of_language", "of_cookie", "of_secret", "of_nonce"],
)
def test_view_that_is_wrong_to_be_marked_is_not_kept(cached, settings, name):
    """And its reader gets what Django says to them, not to nobody."""
    settings.ROOT_URLCONF = Addresses
    cache = cached(WSGIHandler())
    answer = ask(cache, f"/{name}/", headers={"User-Agent": "me"})
    assert answer.status == 200
    assert not cache._copies
    assert files(cache) == []
    if name == "of_cookie":
        assert "mine=me" in answer.headers["Set-Cookie"]
    if name in {"of_session", "of_secret"}:
        assert "private" in answer.headers["Cache-Control"]
        assert "public" not in answer.headers["Cache-Control"]


def test_public_is_no_word_for_what_looked_at_the_session(rf):
    """Whatever the view said of itself."""
    for said, expected in [
        ("public, max-age=60", "max-age=0, no-cache, no-store, must-revalidate, private"),
        ("private, no-store", "private, no-store"),
    ]:
        request = rf.get("/ky/")
        request.session = type("Session", (), {"accessed": True})()
        answer = HttpResponse(headers={"Cache-Control": said})
        answer = PrivatePagesMiddleware(lambda _request, answer=answer: answer)(request)
        assert set(answer["Cache-Control"].split(", ")) == set(expected.split(", "))


def test_name_that_is_not_ours_is_refused(cached, settings):
    settings.ALLOWED_HOSTS = ["testserver", ".portal.example.org"]
    cache = cached(WSGIHandler())
    ask(cache, "/robots.txt")
    kept = ask(cache, "/robots.txt", headers={"Host": "www.portal.example.org:8000"})
    assert kept.status == 200
    for host in ("evil.example.org", "", "testserver:80:80", "test server"):
        refused = ask(cache, "/robots.txt", headers={"Host": host})
        assert refused.status == 400 or not host


def test_memory_of_names_is_bounded(cached):
    cache = cached(Portal())
    for number in range(200):
        ask(cache, LIST, headers={"Host": f"a{number}.example.org"})
    assert len(cache._hosts) == pagecache.HOSTS_KNOWN
    assert len(cache.application.asked) == 1


def test_site_with_https_leads_there(cached, settings):
    settings.SITE_URL, settings.SECURE_SSL_REDIRECT = "https://testserver", True
    settings.SECURE_HSTS_SECONDS = 3600
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    cache = cached(WSGIHandler())
    safe = ask(cache, "/robots.txt", headers={"X-Forwarded-Proto": "https"})
    assert safe.status == 200
    assert safe.headers["Strict-Transport-Security"] == "max-age=3600"
    for headers in ({}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Proto": "http, https"}):
        moved = ask(cache, "/robots.txt", headers=headers)
        assert moved.status == 301
        assert moved.headers["Location"] == "https://testserver/robots.txt"
    assert ask(cache, "/robots.txt", **{"wsgi.url_scheme": "https"}) == safe


# ---------------------------------------------------------------- what is kept, and how long


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        ("404 Not Found", {}, PAGE),
        ("410 Gone", {}, PAGE),
        ("301 Moved Permanently", {"Location": "/ky/"}, b""),
        ("503 Service Unavailable", {}, PAGE),
        ("200 OK", {"Content-Type": "image/jpeg"}, PAGE),
        ("200 OK", {"Content-Encoding": "gzip"}, gzip.compress(PAGE)),
        ("200 OK", {"Vary": "Accept-Encoding, User-Agent"}, PAGE),
        ("200 OK", {}, b"x" * (512 * 1024 + 1)),
    ],
)
def test_not_kept(cached, status, headers, content):
    cache = cached(Portal(status, content, **headers))
    answer = ask(cache, LIST, headers={"Accept-Encoding": "br"})
    assert answer.status == int(status[:3])
    assert unpacked(answer) == (PAGE if "Content-Encoding" in headers else content)
    assert not cache._copies
    assert files(cache) == []


def test_what_is_gone_is_gone_for_other_processes_too(cached):
    portal = Portal()
    first, second = cached(portal), cached(portal)
    assert ask(first, LIST).status == ask(second, LIST).status == 200
    portal.status = "410 Gone"
    first.freshness.heard()
    assert ask(first, LIST).status == ask(second, LIST).status == 410
    portal.status = "503 Service Unavailable"
    assert ask(first, LIST).status == ask(second, LIST).status == 503  # not what it was before


def test_time_alone_makes_a_page_anew(cached, monkeypatch):
    portal = Portal()
    cache = cached(portal)
    ask(cache, LIST)
    now = time.monotonic()
    monkeypatch.setattr(pagecache.time, "monotonic", lambda: now + 590)
    ask(cache, LIST)
    assert len(portal.asked) == 1
    monkeypatch.setattr(pagecache.time, "monotonic", lambda: now + 610)
    ask(cache, LIST)
    assert len(portal.asked) == 2


def test_page_begun_before_the_notice_does_not_last(cached):
    """Made from the old state, kept after the notice: whoever asks next gets the new one."""
    cache = cached(None)
    told = iter([b"old", b"new", b"newer"])

    def slow(environ, start_response):
        content = next(told)
        if content == b"old":
            cache.freshness.heard()
            cache.freshness.until = math.inf
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [content]

    cache.application = slow
    assert [ask(cache, LIST).body for _ in range(3)] == [b"old", b"new", b"new"]


def test_without_a_connection_every_page_is_made_anew(cached, calm):
    portal = Portal()
    cache = cached(portal)
    calm.since = math.inf
    for _ in range(3):
        assert ask(cache, LIST).body == PAGE
    assert len(portal.asked) == 3
    calm.since, calm.until = 0.0, 0.0  # silent for too long: what is there is shown, and says so
    assert b'role="status"' in ask(cache, LIST).body
    assert len(portal.asked) == 3


def test_many_who_come_at_once_wait_for_one(cached):
    """In one process and in two: both lock the same file."""
    asked = []

    def slow(environ, start_response):
        asked.append(1)
        time.sleep(0.15)
        start_response("200 OK", [("Content-Type", "text/html")])
        return [PAGE]

    caches = [cached(slow), cached(slow)]
    bodies = []
    readers = [
        threading.Thread(target=lambda cache=cache: bodies.append(ask(cache, LIST).body))
        for cache in caches * 6
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert bodies == [PAGE] * 12
    assert len(asked) == 1


def test_just_after_a_notice_one_makes_it_anew_and_the_others_do_not_wait(cached, calm):
    portal = Portal()
    cache = cached(portal)
    calm.heard()
    calm._notices.appendleft(time.monotonic() - 5)  # connected for a while
    other = f"{LIST}?page=2"
    ask(cache, LIST)
    ask(cache, other)
    calm.heard()
    is_making, may_end, made = threading.Event(), threading.Event(), []

    def slow(environ, start_response):
        is_making.set()
        may_end.wait(5)
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"new"]

    cache.application = slow
    maker = threading.Thread(target=lambda: made.append(ask(cache, LIST).body))
    maker.start()
    is_making.wait(5)
    try:
        assert ask(cache, LIST).body == ask(cache, other).body == PAGE
    finally:
        may_end.set()
        maker.join()
    assert made == [b"new"]
    assert ask(cache, LIST).body == b"new"
    assert ask(cache, other).body == b"new"


def test_the_page_of_before_is_never_shown_for_longer_than_promised(calm):
    copy = Copy(page_of(LIST), "")
    cache = PageCache(None, folder=None, most=0, freshness=calm)
    now = time.monotonic()
    calm._notices.append(now - 5)
    calm.heard()
    assert cache._was_fresh_lately(copy, now + GRACE - 0.1)
    assert not cache._was_fresh_lately(copy, now + GRACE + 0.1)
    calm.since = math.inf  # the connection was lost: nobody knows what came in meanwhile
    calm.heard()
    assert not cache._was_fresh_lately(copy, now + 0.1)


def test_nobody_waits_for_ever(cached, monkeypatch):
    monkeypatch.setattr(pagecache, "PATIENCE", 0.05)
    cache = cached(Portal())
    with cache._files.alone(LIST, "", 1):
        assert ask(cache, LIST).body == PAGE


# ---------------------------------------------------------------- bounds


def page_of(address: str, content: bytes = PAGE, **told) -> StoredPage:
    path, _question, query = address.partition("?")
    told = {"run": pagecache.RUN, "started": time.monotonic(), "headers": []} | told
    return StoredPage.of(path, query, content, **told)


def test_disk_is_bounded_and_endless_addresses_go_first(tmp_path):
    stored = StoredPages(tmp_path / "pages", 64 * 1024)
    for number in range(6):
        stored.write(page_of(f"/ky/{number}/", os.urandom(2000)))
        time.sleep(0.002)
    for number in range(40):
        stored.write(page_of(f"{LIST}?page={number}", os.urandom(2000)))
    stored.make_room()
    found = sorted(stored.folder.glob("[pq]*"))
    assert sum(file.stat().st_size for file in found) <= 64 * 1024
    assert sum(file.name[0] == "p" for file in found) == 6
    assert sum(file.name[0] == "q" for file in found) >= 4
    assert stored.read(LIST, "page=39")
    assert not stored.read(LIST, "page=0")


def test_memory_is_bounded_and_what_is_read_stays(cached, monkeypatch):
    monkeypatch.setattr(pagecache, "MEMORY", 40_000)
    portal = Portal(content=b"<p>" + os.urandom(1500).hex().encode())
    cache = cached(portal)
    for number in range(60):
        ask(cache, f"{LIST}?page={number}")
        ask(cache, LIST)
    assert cache._cost == sum(copy.cost for copy in cache._copies.values()) <= 40_000
    assert (LIST, "", "") in cache._copies
    assert len(portal.asked) == 61
    ask(cache, f"{LIST}?page=0")
    assert len(portal.asked) == 61  # from its file


def test_torn_and_foreign_files_are_as_good_as_none(cached):
    portal = Portal()
    cache = cached(portal)
    ask(cache, LIST)
    [name] = files(cache)
    file = cache._files.folder / name
    whole = file.read_bytes()
    other = page_of("/ky/themes/").to_bytes()
    for torn in (
        b"",
        whole[:10],
        whole[:-1],
        whole[:-1] + bytes([whole[-1] ^ 1]),
        whole[: len(MAGIC) - 1] + b"\x63" + whole[len(MAGIC) :],
        b"<html>",
        other,
    ):
        file.write_bytes(torn)
        asked = len(portal.asked)
        assert ask(cached(portal), LIST).body == PAGE
        assert len(portal.asked) == asked + 1
        assert StoredPage.from_bytes(file.read_bytes()).content == PAGE


def test_folder_that_cannot_be_written_stops_nobody(calm, tmp_path):
    (tmp_path / "pages").write_text("no folder")
    portal = Portal()
    cache = PageCache(portal, folder=tmp_path / "pages", most=2**20, freshness=calm)
    for _ in range(3):
        assert ask(cache, LIST).body == PAGE
    assert len(portal.asked) == 1


# ---------------------------------------------------------------- better than nothing


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_last_copy_says_of_when_it_is(cached, calm, language):
    """Whatever its run, in the language of the page; nobody may keep it."""
    portal = Portal()
    before = cached(portal)
    before.run = "yesterday"
    ask(before, f"/{language}/practices/")
    portal.status = "503 Service Unavailable"
    cache = cached(portal)
    moment = localtime(datetime.fromtimestamp(time.time(), UTC))
    with translation.override(language):
        date = date_format(moment, "DATE_FORMAT")
    for accept in ("br", "gzip", "", "br"):
        answer = ask(cache, f"/{language}/practices/", headers={"Accept-Encoding": accept})
        assert answer.status == 200
        text = unpacked(answer).decode()
        assert '<main id="content" class="wrap">\n<p class="notice warn" role="status">' in text
        assert date in text
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
        assert answer.headers["Content-Length"] == str(len(answer.body))
    head = ask(cache, f"/{language}/practices/", method="HEAD")
    assert head.body == b""


def test_while_the_database_is_known_to_be_down_nothing_is_tried(cached, calm):
    portal = Portal()
    cache = cached(portal)
    ask(cache, LIST)
    calm.since, calm.lost_at = math.inf, time.monotonic() - 3
    first = ask(cache, LIST)
    assert b'role="status"' in first.body
    assert ask(cache, LIST) == first
    assert len(portal.asked) == 1
    ask(cache, "/ky/themes/")
    assert portal.asked[-1]["portal.database_is_down"]
    calm.since, calm.lost_at = time.monotonic(), None
    portal.content = PAGE + b"new"
    assert ask(cache, LIST).body == PAGE + b"new"
    calm.since, calm.lost_at, calm.outage = math.inf, time.monotonic() - 3, 2.0
    assert b"new" in ask(cache, LIST).body  # not what the outage before has shown


def test_after_an_outage_last_copies_help_out_until_their_turn_has_come(cached, calm):
    portal = Portal()
    cache = cached(portal)
    ask(cache, LIST)
    calm.heard()
    calm._found_at = time.monotonic()
    with cache._one_anew:  # somebody makes another page anew
        assert b'role="status"' in ask(cache, LIST).body
    portal.content = PAGE + b"new"
    assert ask(cache, LIST).body == PAGE + b"new"
    calm.heard()
    calm._found_at -= 6
    calm._notices.clear()
    with cache._one_anew:
        assert ask(cache, LIST).body == PAGE + b"new"
    assert len(portal.asked) == 3


def test_first_page_that_fails_is_enough_to_know(cached, calm):
    portal = Portal()
    cache = cached(portal)
    ask(cache, LIST)
    calm.since, calm.lost_at = math.inf, time.monotonic()
    portal.status = "503 Service Unavailable"
    for _ in range(3):
        assert b'role="status"' in ask(cache, LIST).body
    assert len(portal.asked) == 2


def test_copy_lasts_for_a_week(cached, monkeypatch):
    portal = Portal()
    cache = cached(portal)
    ask(cache, LIST)
    portal.status = "503 Service Unavailable"
    cache.freshness.heard()
    now = time.time()
    monkeypatch.setattr(pagecache.time, "time", lambda: now + 6 * DAY)
    assert ask(cache, LIST).status == 200
    monkeypatch.setattr(pagecache.time, "time", lambda: now + 8 * DAY)
    assert ask(cache, LIST).status == 503


def test_what_is_no_page_gets_no_note():
    drawing = b"<svg><path d='M0 0'/></svg>"
    assert with_note(drawing, "/ky/practices/a/adoptions.svg", time.time()) == drawing


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_page_without_a_copy_asks_for_patience(cached, calm, settings, language):
    """503 in the reader's language, at once: nothing asks a database that is known to be down."""
    settings.ROOT_URLCONF = Addresses
    cache = cached(WSGIHandler())
    calm.since, calm.lost_at = math.inf, time.monotonic() - 3
    for headers in ({}, {"Cookie": "sessionid=abc"}):
        answer = ask(cache, f"/{language}/practices/", headers=headers)
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "30"
        assert f'<html lang="{language}"' in answer.body.decode()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_error_of_the_database_is_no_fault_of_the_page(cached, settings):
    settings.ROOT_URLCONF = Addresses
    answer = ask(cached(WSGIHandler()), "/lost/")
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "30"
