"""Error pages: in both languages, with a way on, and without the database."""

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.test import Client, override_settings
from django.urls import path

from portal import urls as portal_urls
from portal.views import csrf_failure
from tests import factories

LANGUAGES = ["ky", "ru"]


def refuse(request, **kwargs):
    raise PermissionDenied


def confuse(request, **kwargs):
    raise SuspiciousOperation


def break_down(request, **kwargs):
    raise RuntimeError("a mistake of ours")


def lose_database(request, **kwargs):
    raise OperationalError("could not connect to server")


class Addresses:
    """The portal's own addresses and four that fail."""

    urlpatterns = [
        path("<str:language>/refuse/", refuse),
        path("<str:language>/confuse/", confuse),
        path("<str:language>/broken/", break_down),
        path("<str:language>/repaired/", lose_database),
        path("broken/", break_down),
        *portal_urls.urlpatterns,
    ]
    handler400 = portal_urls.handler400
    handler403 = portal_urls.handler403
    handler404 = portal_urls.handler404
    handler500 = portal_urls.handler500


@pytest.fixture
def quiet():
    """A client that gets the page of an error, not the error."""
    with override_settings(ROOT_URLCONF=Addresses):
        yield Client(raise_request_exception=False)


def assert_page(response, status: int, language: str):
    assert response.status_code == status
    assert f'<html lang="{language}"' in response.text
    assert response.text.count("<h1>") == 1
    assert 'class="masthead"' in response.text
    assert 'rel="canonical"' not in response.text
    assert "hreflang=" in response.text
    assert 'rel="alternate"' not in response.text
    assert not re.search(r"<[^>]+\sstyle=|<style|<[^>]+\son\w+=", response.text)
    assert "default-src 'none'" in response["Content-Security-Policy"]


# ---------------------------------------------------------------- each of them


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("address", "status"),
    [("refuse", 403), ("confuse", 400), ("nothing", 404), ("broken", 500), ("repaired", 503)],
)
def test_page_speaks_the_language_of_the_address(quiet, language, address, status):
    """None of them asks the database: no test here may, and none does."""
    assert_page(quiet.get(f"/{language}/{address}/"), status, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_not_found_has_a_search(quiet, language):
    text = quiet.get(f"/{language}/nothing/").text
    form = re.search(r'<form[^>]*action="([^"]+)"[^>]*>(?:(?!</form>).)*id="lost"', text, re.DOTALL)
    assert form[1] == f"/{language}/search/"


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_can_be_switched_on_an_error(quiet, language):
    other = {"ky": "ru", "ru": "ky"}[language]
    text = quiet.get(f"/{language}/no/such/page/").text
    assert f'<a href="/{other}/no/such/page/" lang="{other}"' in text
    assert (
        f'href="/{other}/" lang="{other}"'
        in quiet.get("/no/such/page/", headers={"Accept-Language": language}).text
    )


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_withdrawn_page_says_so(client, language):
    practice = factories.make_practice("published", status="withdrawn")
    address = f"/{language}/practices/{practice.slug}/"
    response = client.get(address)
    assert response.status_code == 410
    assert f'<html lang="{language}"' in response.text
    assert practice.title_ru not in response.text
    assert practice.title_ky not in response.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_stale_form_gets_a_page_that_says_what_to_do(language):
    from django.test import RequestFactory

    request = RequestFactory().post(f"/{language}/account/login/")
    response = csrf_failure(request)
    assert response.status_code == 403
    assert f'<html lang="{language}"' in response.text
    assert response.text != quiet_refusal(request)


def quiet_refusal(request):
    from portal.views import forbidden

    return forbidden(request).text


def test_form_without_its_token_gets_the_portals_page():
    response = Client(enforce_csrf_checks=True).post(
        "/ky/account/login/", {"login": "a@example.org"}
    )
    assert_page(response, 403, "ky")


# ---------------------------------------------------------------- addresses without a language


@pytest.mark.parametrize(
    ("headers", "cookie", "language"),
    [
        ({}, "", "ky"),
        ({"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8"}, "", "ru"),
        ({"Accept-Language": "ky-KG"}, "", "ky"),
        ({"Accept-Language": "en-US,en"}, "", "ky"),
        ({"Accept-Language": "en-US,en"}, "ru", "ru"),
        ({"Accept-Language": "ru"}, "ky", "ky"),
        ({"Accept-Language": "ru"}, "de", "ru"),
        ({"Accept-Language": ";;q=x,*"}, "", "ky"),
    ],
)
@pytest.mark.parametrize(
    "address",
    [
        "/nothing/here",
        "/en/practices/",
        "/de/",
        "/kyrgyz/",
        "/favicon.png",
        "/p/zzz",
        "/admin/nothing",
    ],
)
def test_address_without_a_language_speaks_the_visitors(quiet, address, headers, cookie, language):
    if cookie:
        quiet.cookies[django_settings.LANGUAGE_COOKIE_NAME] = cookie
    response = quiet.get(address, headers=headers)
    if address == "/admin/nothing":  # the admin tells strangers nothing, not even what is missing
        assert response.status_code == 302
        return
    assert_page(response, 404, language)


def test_broken_page_without_a_language_speaks_kyrgyz_first(quiet):
    assert_page(quiet.get("/broken/"), 500, "ky")


def test_address_that_lacks_its_language_is_completed(client):
    assert client.get("/practices/").url == "/ky/practices/"
    assert (
        client.get("/practices/?q=1", headers={"Accept-Language": "ru"}).url == "/ru/practices/?q=1"
    )


def test_one_visitors_language_does_not_stay_for_the_next(quiet):
    assert_page(quiet.get("/nothing", headers={"Accept-Language": "ru"}), 404, "ru")
    assert_page(quiet.get("/nothing"), 404, "ky")


# ---------------------------------------------------------------- without the database, other hosts


def test_broken_page_opens_without_a_database(quiet, monkeypatch):
    """A server that does not answer: whatever asks it anything fails."""
    from django.db.backends.base.base import BaseDatabaseWrapper

    def unreachable(self, *args, **kwargs):
        raise OperationalError("could not connect to server")

    monkeypatch.setattr(BaseDatabaseWrapper, "connect", unreachable)
    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", unreachable)
    # A visitor who had signed in has a cookie; nobody looks it up for an error.
    quiet.cookies[django_settings.SESSION_COOKIE_NAME] = "x" * 32
    for language in LANGUAGES:
        assert_page(quiet.get(f"/{language}/broken/"), 500, language)
        assert_page(quiet.get(f"/{language}/practices/"), 503, language)
        assert_page(quiet.get(f"/{language}/nothing/"), 404, language)


@pytest.mark.django_db
def test_broken_page_asks_nothing(quiet, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert_page(quiet.get("/ru/broken/"), 500, "ru")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "a b", "portal.example.org.evil.example"]
)
def test_unknown_host_is_refused(quiet, settings, host):
    settings.ALLOWED_HOSTS = ["portal.example.org"]
    for language in LANGUAGES:
        response = quiet.get(f"/{language}/", headers={"Host": host})
        assert_page(response, 400, language)
        assert "evil" not in response.text


@pytest.mark.parametrize(
    "address",
    [
        "/ky/practices/%00/",
        "/ky/%ff/",
        "/ky/themes/..%2f..%2fetc/",
        "/ru/practices/" + "a" * 3000 + "/",
    ],
)
@pytest.mark.django_db
def test_strange_address_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_error_page_repeats_nothing_of_the_address_as_markup(quiet):
    text = quiet.get("/ky/<script>alert(1)</script>/?q=<script>").text
    assert "<script>alert" not in text


# ---------------------------------------------------------------- production


def production(**extra) -> dict:
    """The environment of a server on the internet."""
    keep = {
        name: os.environ[name] for name in ("PATH", "HOME", "PORTAL_DATA") if name in os.environ
    }
    return keep | {
        "DATABASE_URL": "postgres://portal:secret@db.example.org:5432/portal",
        "SECRET_KEY": "kN8$wq!2Lz@rT5" * 5,
        "SITE_URL": "https://portal.example.org",
        "ALLOWED_HOSTS": "portal.example.org",
        "EMAIL_URL": "smtp://mail.example.org:587",
        "CACHE_URL": "locmemcache://",
    } | extra  # fmt: skip


def manage(*arguments, env):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=django_settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_deployment_check_is_clean():
    done = manage("check", "--deploy", "--fail-level", "WARNING", env=production())
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize("name", ["SECRET_KEY", "SITE_URL", "ALLOWED_HOSTS", "EMAIL_URL"])
def test_missing_variable_stops_the_start_by_its_name(name):
    env = production()
    del env[name]
    done = manage("check", env=env)
    assert done.returncode != 0
    assert name in done.stderr
