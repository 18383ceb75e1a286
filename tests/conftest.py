"""What every test finds: the database with its reference data, people, a browser.

Without DATABASE_URL the embedded PostgreSQL of PORTAL_DATA (default var/) is started; the suite
works in a database of its own beside the portal's. Uploads and account lists go to a temporary folder.
"""

import gc
import io
import os
import shutil
from urllib.parse import urlsplit

import hypothesis
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections, transaction
from django.test import TransactionTestCase, override_settings
from django.utils import translation

from dev import WANTED_CHROMIUM
from people import roles
from portal import embedded
from portal.freshness import CHANNEL
from search.index import drain
from tests import factories

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


def pytest_collection_modifyitems(items):
    """The long files first, or one process of the suite ends minutes after the others."""
    items.sort(
        key=lambda item: (item.path.parent.name != "browser", item.path.parent.name != "tests")
    )


def pytest_collection_finish():
    """What was imported stays: going through it again and again took an eighth of the suite’s time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Runs before the test database is made, one for each process of the suite."""
    if not os.environ.get("DATABASE_URL"):
        embedded.start(embedded.data_folder())


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database with what ships with the portal: places, themes, first pages."""
    with django_db_blocker.unblock():
        call_command("load_reference", stdout=io.StringIO())
        # Else the first task of every test that runs tasks would index all of it anew.
        drain()
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

    Django's own way, a flush and all signals of a migration, takes thirty times longer, and to truncate
    so many small tables five times. Locked first, as they would be by that: what another connection
    still writes is waited for. No trigger and no foreign key looks at the rows that come back, so it
    needs a superuser of the database.
    """
    with connections["default"].cursor() as cursor:
        cursor.execute(TABLES)
        tables = {f'"{name}"': columns for name, columns in cursor.fetchall()}
    copies = [
        f"CREATE TABLE {ASIDE}.{table} AS SELECT {columns} FROM {table}"  # noqa: S608
        for table, columns in tables.items()
    ]
    _run("; ".join((f"DROP SCHEMA IF EXISTS {ASIDE} CASCADE", f"CREATE SCHEMA {ASIDE}", *copies)))
    locked = f"LOCK TABLE {', '.join(tables)}"
    unwatched = "SET LOCAL session_replication_role = replica"
    emptied = [f"DELETE FROM {table}" for table in tables]  # noqa: S608
    filled = [
        f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT * FROM {ASIDE}.{table}"  # noqa: S608
        for table, columns in tables.items()
        if _holds_rows(table)
    ]
    return "; ".join(("BEGIN", unwatched, locked, *emptied, *filled, f"NOTIFY {CHANNEL}", "COMMIT"))


def _holds_rows(table: str) -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608
        return cursor.fetchone()[0]


def _run(statement: str):
    with connections["default"].cursor() as cursor:
        cursor.execute(statement)


# ---------------------------------------------------------------- the world around a test


@pytest.fixture(scope="module")
def module_db(django_db_setup, django_db_blocker, tmp_path_factory):
    """For what all tests of a file share: the database, and a folder of uploads; taken back after the
    last of them. What a single test changes goes with that test.
    """
    folder = tmp_path_factory.mktemp("module")
    own = override_settings(DATA_DIR=folder, MEDIA_ROOT=folder / "media")
    with django_db_blocker.unblock(), own, transaction.atomic():
        yield
        transaction.set_rollback(True)


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


@pytest.fixture
def nothing_drawn(monkeypatch):
    """Pictures and sheets are not drawn ahead, for files that publish a lot and look at none."""
    for name in ("share_jpeg", "passport_pdf"):
        monkeypatch.setattr(f"practices.tasks.{name}", lambda *_practice: b"")


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
        # From now on this thread has connections of its loop; one left open before it would be shared
        # by the processes that a test forks.
        connections.close_all()
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
        context.set_default_timeout(30_000)
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
