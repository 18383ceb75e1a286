"""What every test finds: the database with its reference data, people, a browser.

Without DATABASE_URL the embedded PostgreSQL of PORTAL_DATA (default var/) is started; the suite
works in a database of its own beside the portal's. Uploads and account lists go to a temporary folder.
"""

import io
import os
import shutil
from urllib.parse import urlsplit

import hypothesis
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections
from django.test import TransactionTestCase, override_settings
from django.utils import translation

from people import roles
from portal import embedded
from portal.freshness import CHANNEL
from tests import factories

WANTED_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OWN_HOSTS = ("localhost", "127.0.0.1")

hypothesis.settings.register_profile(
    "portal",
    database=None,  # leaves no folder behind
    deadline=None,  # a busy machine is no failure
    derandomize=True,
    max_examples=60,
    suppress_health_check=[
        hypothesis.HealthCheck.function_scoped_fixture,
        hypothesis.HealthCheck.too_slow,
    ],
)
hypothesis.settings.load_profile("portal")


# ---------------------------------------------------------------- the database


@pytest.fixture(scope="session")
def django_db_modify_db_settings():
    """Runs before the test database is made."""
    if not os.environ.get("DATABASE_URL"):
        embedded.start(embedded.data_folder())


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database with what ships with the portal: places, themes, first pages."""
    with django_db_blocker.unblock():
        call_command("load_reference", stdout=io.StringIO())
        bring_back = _put_aside()
    TransactionTestCase._fixture_teardown = lambda _test: _run(bring_back)


#: Where the tables stand as every test finds them.
ASIDE = "put_aside"
TABLES = """
SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
    AND table_name <> 'django_migrations'
GROUP BY table_name
"""


def _put_aside() -> str:
    """Copy every table; returns the statement that makes them so again after a test that committed.

    Django's own way, a flush and all signals of a migration, takes ten times longer. No trigger and
    no foreign key looks at the rows that come back, so it needs a superuser of the database.
    """
    with connections["default"].cursor() as cursor:
        cursor.execute(TABLES)
        tables = {f'"{name}"': columns for name, columns in cursor.fetchall()}
    copies = [
        f"CREATE TABLE {ASIDE}.{table} AS SELECT {columns} FROM {table}"  # noqa: S608
        for table, columns in tables.items()
    ]
    _run("; ".join((f"DROP SCHEMA IF EXISTS {ASIDE} CASCADE", f"CREATE SCHEMA {ASIDE}", *copies)))
    filled = [
        f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT * FROM {ASIDE}.{table}"  # noqa: S608
        for table, columns in tables.items()
    ]
    emptied = f"TRUNCATE {', '.join(tables)}"
    unwatched = "SET LOCAL session_replication_role = replica"
    return "; ".join(("BEGIN", unwatched, emptied, *filled, f"NOTIFY {CHANNEL}", "COMMIT"))


def _run(statement: str):
    with connections["default"].cursor() as cursor:
        cursor.execute(statement)


# ---------------------------------------------------------------- the world around a test


@pytest.fixture(autouse=True, scope="session")
def _own_folder(tmp_path_factory):
    """Nothing a test writes lands in the data folder of a portal that runs beside it."""
    folder = tmp_path_factory.mktemp("portal")
    (folder / "media").mkdir()
    with override_settings(
        DATA_DIR=folder, MEDIA_ROOT=folder / "media", EMAIL_FILE_PATH=folder / "mail"
    ):
        yield


@pytest.fixture(autouse=True)
def _clean_slate():
    """No test leaves a language or a cached value to the next."""
    yield
    translation.deactivate()
    cache.clear()


@pytest.fixture
def media_root(settings, tmp_path):
    """An empty folder of uploads of the test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return settings.MEDIA_ROOT


# ---------------------------------------------------------------- people


@pytest.fixture
def editor(db):
    """A theme editor: reviews, does not publish."""
    return factories.make_user(roles.THEME_EDITOR, email="editor@example.org")


@pytest.fixture
def chief(db):
    """A chief editor: reviews and publishes."""
    return factories.make_user(roles.CHIEF_EDITOR, email="chief@example.org")


@pytest.fixture
def specialist(db):
    return factories.make_user(roles.SPECIALIST, email="specialist@example.org")


@pytest.fixture
def translator(db):
    return factories.make_user(roles.TRANSLATOR, email="translator@example.org")


@pytest.fixture
def contributor(db):
    """A municipality's representative: outside the admin."""
    return factories.make_user(roles.CONTRIBUTOR, email="contributor@example.org", is_staff=False)


# ---------------------------------------------------------------- the browser


@pytest.fixture(scope="session")
def chromium():
    """Chromium, started once; tests that ask for it are skipped where there is none."""
    found = next(filter(None, map(shutil.which, WANTED_CHROMIUM)), None)
    if found is None:
        pytest.skip("No Chromium here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    # Playwright's sync API runs an event loop in this thread; Django sees it and would refuse queries.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=found,
                args=[
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--no-first-run",
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
                ],
            )
            yield browser
            browser.close()
            # Beside a running event loop Django keeps connections of its own; when the loop is
            # gone nobody sees them, and the test database could not be dropped.
            connections.close_all()


@pytest.fixture
def new_page(chromium):
    """Opens pages with options of their own: new_page(java_script_enabled=False).

    The test fails when a page asks another host for anything or breaks its own security policy.
    """
    contexts, strangers, violations = [], [], []

    def watch(request):
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in OWN_HOSTS:
            strangers.append(request.url)

    def listen(message):
        if message.type == "error" and "Content Security Policy" in message.text:
            violations.append(message.text)

    def open_page(**options):
        context = chromium.new_context(**({"locale": "ru-RU"} | options))
        context.set_default_timeout(10_000)
        context.on("request", watch)
        context.on("console", listen)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert strangers == [], "a page talked to another host"
    assert violations == [], "a page broke its Content-Security-Policy"


@pytest.fixture
def page(new_page):
    """A page in a new context, 360 px wide as a phone."""
    return new_page(viewport={"width": 360, "height": 740})
