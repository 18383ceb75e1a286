"""The outermost layer: public pages, ready packed, for whoever is nobody in particular.

A page marked with publishing.public_pages.public_page is made once, from a request that holds
nothing but its address and the words of the query it knows, and lies ready until something in the
database changes (portal/freshness.py) or ten minutes have passed. When the database is down the last
copy goes out with a note. Everything else goes straight to Django.
"""

import io
import re
import secrets
import sys
import threading
import time
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost, TooManyFieldsSent
from django.core.handlers.wsgi import get_path_info
from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import parse_http_date_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from portal.compression import CODINGS, SHORTEST, TEXT, accepted_coding, packed
from portal.freshness import Freshness
from portal.keeper import Keeper
from portal.stored_pages import StoredPage, StoredPages
from publishing.public_pages import DATABASE_IS_DOWN, KEEPER, PublicPage

logger = structlog.get_logger("portal.pages")

#: Time changes pages too: «three days ago», a course that has begun.
LONGEST_FRESH = 600  # s
#: So long after that it may still be shown, while another reader's is being made.
MAKING = 30  # s
LARGEST = 512 * 1024  # bytes, not packed
LONGEST_ADDRESS = 200  # characters of path or query; longer ones are made each time
#: Of one process, for copies at hand; what does not fit is read from its file.
MEMORY = 2 * 1024 * 1024  # bytes
#: What a copy takes beside its bytes: headers, key, the object.
COPY_COST = 1500  # bytes
PATIENCE = 5.0  # s: to wait for another who makes the same page
HOSTS_KNOWN = 32
#: One run of the server: its forked workers share it, and with it each other's fresh pages. Copies of
#: another run may show other code and are only for when there is nothing better.
RUN = secrets.token_hex(8)

NOT_KEPT = re.compile(r"private|no-store|no-cache", re.IGNORECASE)
#: Accept-Language stands there for addresses without a language; a marked view does not read it.
VARY_KNOWN = {"accept-encoding", "accept-language"}
OF_THE_BODY = {"content-length", "content-encoding", "etag", "vary"}
TAG = re.compile(r'(?:W/)?("[^"]*")')
MAIN = re.compile(rb'<main id="content"[^>]*>\n?')


class Asked(NamedTuple):
    """A public page as it is kept: path as WSGI gives it, query with known words alone."""

    path: str
    query: str


class Answer(NamedTuple):
    """What Django said."""

    status: str
    headers: list[tuple[str, str]]
    content: bytes

    @property
    def code(self) -> int:
        return int(self.status[:3])


class Copy:
    """A page in one coding, as it goes over the wire."""

    __slots__ = ("body", "changed", "expires", "headers", "short_headers", "started", "tag", "used")

    def __init__(self, page: StoredPage, coding: str, *, body: bytes | None = None):
        """body: other bytes than the page's, for this outage only: nobody may keep them."""
        self.started = page.started
        self.expires = page.started + LONGEST_FRESH
        self.used = time.monotonic()
        self.tag = f'"{page.digest}{coding and f"-{coding}"}"' if body is None else ""
        self.body = page.in_coding(coding) if body is None else body
        headers = [(sys.intern(name), sys.intern(value)) for name, value in page.headers]
        if body is not None:
            headers = [(name, value) for name, value in headers if name.lower() != "cache-control"]
            headers.append(("Cache-Control", "no-store"))
        headers.append(("Vary", "Accept-Encoding"))
        if self.tag:
            headers.append(("ETag", self.tag))
        #: Of pages that say when they changed last, as feeds do; seconds since 1970.
        told = dict(headers).get("Last-Modified") if self.tag else None
        self.changed = parse_http_date_safe(told) if told else None
        self.short_headers = [
            header
            for header in headers
            if header[0] in {"Cache-Control", "ETag", "Last-Modified", "Vary"}
        ]
        if coding:
            headers.append(("Content-Encoding", coding))
        headers.append(("Content-Length", str(len(self.body))))
        self.headers = headers

    @property
    def cost(self) -> int:
        return len(self.body) + COPY_COST

    def is_known_to(self, header: str) -> bool:
        """If-None-Match: one tag, several, or any."""
        return header == self.tag or header.strip() == "*" or self.tag in TAG.findall(header)

    def is_known_since(self, header: str) -> bool:
        """If-Modified-Since, of those who know no tag."""
        since = parse_http_date_safe(header) if header else None
        return since is not None and self.changed is not None and self.changed <= since

    def send(self, environ, start_response) -> list[bytes]:
        known = environ.get("HTTP_IF_NONE_MATCH")
        if (
            self.tag and self.is_known_to(known)
            if known
            else self.is_known_since(environ.get("HTTP_IF_MODIFIED_SINCE", ""))
        ):
            start_response("304 Not Modified", self.short_headers[:])
            return []
        start_response("200 OK", self.headers[:])
        return [self.body] if environ["REQUEST_METHOD"] == "GET" else []


class PageCache:
    """WSGI application around Django's."""

    def __init__(self, application, *, folder: Path, most: int, freshness: Freshness | None = None):
        """most: bytes of all files in the folder."""
        self.application = application
        self.freshness = freshness or Freshness()
        self._keeper = Keeper(self.freshness)
        self.run = RUN
        self._files = StoredPages(folder, most)
        self._copies: dict[tuple[str, str, str], Copy] = {}
        self._noted: dict[tuple[str, str, str], Copy] = {}
        self._noted_in = -1.0  # the outage that self._noted is of
        self._cost = 0
        self._changing = threading.Lock()
        self._one_anew = threading.Lock()
        self._session = settings.SESSION_COOKIE_NAME
        self._needs_https = settings.SECURE_SSL_REDIRECT
        self._proxy = settings.SECURE_PROXY_SSL_HEADER
        self._scheme, _, self._host = settings.SITE_URL.partition("://")
        self._hosts = {self._host} if is_host_allowed(self._host) else set()
        self._mark = lru_cache(maxsize=512)(mark_of)

    def __call__(self, environ, start_response):
        copy = self._copies.get(
            (
                environ["PATH_INFO"],
                environ.get("QUERY_STRING", ""),
                accepted_coding(environ.get("HTTP_ACCEPT_ENCODING", "")),
            )
        )
        if copy is not None and self._is_anybodys(environ) and self._is_fresh(copy):
            return copy.send(environ, start_response)
        return self._answer(environ, start_response)

    def _is_fresh(self, copy: Copy) -> bool:
        now, freshness = time.monotonic(), self.freshness
        copy.used = now
        return freshness.since <= copy.started and now < copy.expires and now < freshness.until

    def _is_anybodys(self, environ) -> bool:
        """Whether the request is a plain look, from nobody in particular, under a name of ours."""
        return (
            environ["REQUEST_METHOD"] in {"GET", "HEAD"}
            and "HTTP_AUTHORIZATION" not in environ
            and self._session not in environ.get("HTTP_COOKIE", "")
            and (not self._needs_https or self._is_https(environ))
            and self._is_host(environ.get("HTTP_HOST", ""))
        )

    def _is_https(self, environ) -> bool:
        """As HttpRequest.scheme tells it."""
        told = environ.get(self._proxy[0]) if self._proxy else None
        if told is None:
            return environ["wsgi.url_scheme"] == "https"
        return told.partition(",")[0].strip() == self._proxy[1]

    def _is_host(self, host: str) -> bool:
        if host in self._hosts:
            return True
        if not is_host_allowed(host):
            return False
        if len(self._hosts) < HOSTS_KNOWN:
            self._hosts.add(host)
        return True

    # ------------------------------------------------------------ what is not at hand

    def _was_fresh_lately(self, copy: Copy, now: float) -> bool:
        freshness = self.freshness
        return (
            freshness.since_lately(now) <= copy.started
            and now < copy.expires + MAKING
            and now < freshness.until
        )

    def _answer(self, environ, start_response):
        freshness = self.freshness
        arrived = time.monotonic()
        asked = self._asked(environ)
        is_down = freshness.is_down(arrived)
        environ[KEEPER] = self._keeper
        if asked is None:
            if is_down:
                environ[DATABASE_IS_DOWN] = True
            return self.application(environ, start_response)
        freshness.ensure_listening()
        coding = accepted_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if is_down:
            answer = self._last_copy(asked, coding) or self._render(asked, is_down=True)
        else:
            answer = self._ready(asked, coding, arrived) or self._made(asked, coding, arrived)
        if isinstance(answer, Copy):
            return answer.send(environ, start_response)
        if answer.code == 200 and not is_for_all(answer):
            logger.warning("marked_page_is_not_public", path=asked.path)
            return self.application(environ, start_response)
        return pass_on(answer, environ, start_response)

    def _ready(self, asked: Asked, coding: str, arrived: float) -> Copy | None:
        """What is at hand, or was made by another process."""
        copy = self._copies.get((*asked, coding))
        if copy is not None and self._is_fresh(copy):
            return copy
        page = self._fresh_page(asked, arrived)
        return self._keep(page, coding) if page else None

    def _made(self, asked: Asked, coding: str, arrived: float) -> "Copy | Answer":
        """The page made anew, by one for all who wait for it; where that fails, its last copy.

        Just after a notice or an outage every page is old at once. One thread of the process makes
        them anew, in the order in which they are asked for; the others go on with what was there.
        """
        before = self._copies.get((*asked, coding))
        if before is None or not self._was_fresh_lately(before, arrived):
            is_recovering = self.freshness.is_recovering(arrived)
            before = self._last_copy(asked, coding) if is_recovering else None
        if before is None:
            return self._make(asked, coding, arrived)
        if not self._one_anew.acquire(blocking=False):
            return before
        try:
            return self._make(asked, coding, arrived)
        finally:
            self._one_anew.release()

    def _make(self, asked: Asked, coding: str, arrived: float) -> "Copy | Answer":
        with self._files.alone(*asked, PATIENCE):
            if copy := self._ready(asked, coding, arrived):
                return copy
            started = time.monotonic()
            answer = self._render(asked)
            if answer.code == 200 and is_for_all(answer) and len(answer.content) <= LARGEST:
                page = self._page(asked, answer, started)
                self._files.write(page)
                return self._keep(page, coding)
        if answer.code >= 500:
            self.freshness.failed()
            return self._last_copy(asked, coding) or answer
        self._forget(asked)
        return answer

    def _asked(self, environ) -> Asked | None:
        """The public page that the request is for; None where the request is Django's alone."""
        if environ.get("SCRIPT_NAME") or not self._is_anybodys(environ):
            return None
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        mark = self._mark(get_path_info(environ)) if len(path) <= LONGEST_ADDRESS else None
        if mark is None:
            return None
        if query:
            query = known_query(query, mark)
        return None if query is None or len(query) > LONGEST_ADDRESS else Asked(path, query)

    def _fresh_page(self, asked: Asked, arrived: float) -> StoredPage | None:
        """The page from its file, where nothing has changed since it was made, or it is younger than
        the question.
        """
        page = self._files.read(*asked)
        if page is None or page.run != self.run or page.started + LONGEST_FRESH < arrived:
            return None
        is_sure = self.freshness.since <= page.started and arrived < self.freshness.until
        return page if is_sure or arrived <= page.started else None

    def _render(self, asked: Asked, *, is_down: bool = False) -> Answer:
        """Have Django make the page for nobody: no header of the visitor reaches it."""
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": asked.path,
            "QUERY_STRING": asked.query,
            "SERVER_NAME": self._host.partition(":")[0],
            "SERVER_PORT": "443" if self._scheme == "https" else "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": self._host,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self._scheme,
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            KEEPER: self._keeper,
        }
        if is_down:
            environ[DATABASE_IS_DOWN] = True
        told: list = []
        body = self.application(environ, lambda status, headers, *_: told.extend((status, headers)))
        try:
            content = b"".join(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        return Answer(told[0], told[1], content)

    def _page(self, asked: Asked, answer: Answer, started: float) -> StoredPage:
        headers = [
            [name, value] for name, value in answer.headers if name.lower() not in OF_THE_BODY
        ]
        return StoredPage.of(*asked, answer.content, run=self.run, started=started, headers=headers)

    def _keep(self, page: StoredPage, coding: str) -> Copy:
        """The page in the coding that was asked for, at hand from now on."""
        copy = Copy(page, coding)
        key = (page.path, page.query, coding)
        with self._changing:
            self._drop(key)
            self._copies[key] = copy
            self._cost += copy.cost
            if self._cost > MEMORY:
                for old in sorted(self._copies, key=lambda each: self._copies[each].used):
                    if self._cost <= MEMORY * 3 // 4:
                        break
                    self._drop(old)
        return copy

    def _drop(self, key) -> None:
        copy = self._copies.pop(key, None)
        if copy:
            self._cost -= copy.cost

    def _forget(self, asked: Asked) -> None:
        """There is no such page any more, so nobody may see the last copy either."""
        self._files.remove(*asked)
        with self._changing:
            for coding in CODINGS:
                self._drop((*asked, coding))

    # ------------------------------------------------------------ what is better than nothing

    def _last_copy(self, asked: Asked, coding: str) -> Copy | None:
        """The last copy, of whatever run, with a note that says of when it is."""
        freshness = self.freshness
        is_outage = freshness.lost_at is not None or freshness.is_recovering(time.monotonic())
        key, outage = (*asked, coding), freshness.outage
        noted = self._noted.get(key) if is_outage and outage == self._noted_in else None
        if noted:
            return noted
        page = self._files.read(*asked)
        if page is None:
            return None
        content = with_note(page.content, page.path, page.made_at)
        noted = Copy(page, coding, body=packed(content, coding, 5))
        if is_outage:
            with self._changing:
                cost = sum(each.cost for each in self._noted.values())
                if outage != self._noted_in or cost > MEMORY:
                    self._noted, self._noted_in = {}, outage
                self._noted[key] = noted
        return noted


# ---------------------------------------------------------------- rules


def mark_of(path: str) -> PublicPage | None:
    """How the view at the path is marked."""
    with translation.override(translation.get_language_from_path(path) or settings.LANGUAGE_CODE):
        try:
            return getattr(resolve(path).func, "public_page", None)
        except Resolver404:
            return None


def known_query(query: str, mark: PublicPage) -> str | None:
    """The words the page knows, in the order of its mark, as QueryDict.get would give them; None
    where the page is not kept.

    >>> known_query("utm_source=mail&page=2&page=+3", PublicPage(("theme", "page")))
    'page=3'
    """
    try:
        given = QueryDict(query.encode("latin-1"))
    except (TooManyFieldsSent, UnicodeEncodeError):
        return None
    if any(given.get(name, "").strip() for name in mark.uncached):
        return None
    words = ((name, given.get(name, "").strip()) for name in mark.query)
    return urlencode([(name, value) for name, value in words if value])


def is_host_allowed(host: str) -> bool:
    """By Django's own rule, ALLOWED_HOSTS. Without a host it would go by the server's address."""
    request = HttpRequest()
    request.META = {"HTTP_HOST": host}
    try:
        return bool(host and request.get_host())
    except DisallowedHost:
        return False


def is_for_all(answer: Answer) -> bool:
    """Whether nothing in the answer is for one visitor, whatever its view was marked with."""
    headers = {name.lower(): value for name, value in answer.headers}
    vary = {word.strip().lower() for word in headers.get("vary", "").split(",")} - {""}
    return (
        vary <= VARY_KNOWN
        and "set-cookie" not in headers
        and "content-encoding" not in headers
        and not NOT_KEPT.search(headers.get("cache-control", ""))
        and "'nonce-" not in headers.get("content-security-policy", "")
        and bool(TEXT.match(headers.get("content-type", "")))
    )


def pass_on(answer: Answer, environ, start_response) -> list[bytes]:
    """An answer that is not kept: moved, gone, not found, broken. Packed like any other."""
    headers = {name.lower(): value for name, value in answer.headers}
    content, out = answer.content, answer.headers
    is_text = bool(TEXT.match(headers.get("content-type", "")))
    if is_text and len(content) >= SHORTEST and is_alike(headers):
        coding = accepted_coding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        content = packed(content, coding)
        out = [header for header in out if header[0].lower() != "content-length"]
        out.append(("Content-Length", str(len(content))))
        if coding:
            out.append(("Content-Encoding", coding))
    start_response(answer.status, out)
    return [content] if environ["REQUEST_METHOD"] == "GET" else []


def is_alike(headers: dict[str, str]) -> bool:
    """Whether its length may be told (portal/compression.py)."""
    return (
        not headers.keys() & {"set-cookie", "content-encoding"}
        and "cookie" not in headers.get("vary", "").lower()
    )


def with_note(content: bytes, path: str, made_at: float) -> bytes:
    """The page with a note on its age; what is no page of HTML stays as it is."""
    language = translation.get_language_from_path(path) or "ky"
    moment = localtime(datetime.fromtimestamp(made_at, UTC))
    with translation.override(language):
        words = _(
            "The portal is being repaired. You see this page as it was on %(date)s at %(time)s."
        ) % {"date": date_format(moment, "DATE_FORMAT"), "time": date_format(moment, "TIME_FORMAT")}
    note = format_html('<p class="notice warn" role="status">{}</p>\n', words).encode()
    return MAIN.sub(lambda found: found.group() + note, content, count=1)


def cached(application):
    """The application behind the cache of pages; itself where DEBUG or PAGE_CACHE_MB=0 says so."""
    if settings.DEBUG or not settings.PAGE_CACHE_MB:
        return application
    return PageCache(
        application,
        folder=Path(settings.DATA_DIR) / "pages",
        most=settings.PAGE_CACHE_MB * 1024 * 1024,
    )
