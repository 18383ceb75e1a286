"""A publication is seen within a second, in every process; a database that is away is noticed."""

import json
import math
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from contests.choices import ProtocolStatus
from portal import freshness
from portal.freshness import (
    TRIGGER,
    UNWATCHED,
    Freshness,
    install_triggers,
    tables_with_triggers,
    watched_tables,
)
from portal.keeper import MOST, Keeper
from portal.pagecache import PageCache
from practices.models import Practice
from publishing.models import AuditEvent, Page
from publishing.workflow import Status
from tests import factories
from tests.factories_contests import make_application, make_protocol, make_public_contest
from tests.portal.asking import ask

SOON = 1.0  # s: what is promised


def until(condition, seconds: float = SOON) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


@pytest.fixture
def listener(db):
    """What a process knows, with its thread on the suite's database."""
    one = Freshness()
    one.ensure_listening()
    assert until(lambda: one.since < math.inf, 5)
    yield one
    one.stop()


# ---------------------------------------------------------------- triggers


def present() -> set[str]:
    with connection.cursor() as cursor:
        return tables_with_triggers(cursor)


@pytest.mark.django_db
def test_every_table_is_watched_or_named():
    """A new table is watched without anybody's thinking of it; who leaves one out says so."""
    everything = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    named = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        for owner in [(model._meta.auto_created or model)._meta]
        if owner.app_label in UNWATCHED or owner.label in UNWATCHED
    }
    assert watched_tables() == everything - named
    assert watched_tables() & set(connection.introspection.table_names()) == present()
    assert {"practices_practice", "practices_practice_related", "themes_taggeditem"} <= present()


def test_what_is_left_out_exists():
    labels = {model._meta.label for model in apps.get_models()}
    known = labels | {config.label for config in apps.get_app_configs()}
    assert known >= UNWATCHED


@pytest.mark.django_db
def test_installing_mends_what_is_wrong_and_may_be_repeated():
    before = present()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {TRIGGER} ON practices_practice")
        cursor.execute(
            f"CREATE TRIGGER {TRIGGER} AFTER INSERT ON people_user "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {TRIGGER}()"
        )
    for _ in range(2):
        install_triggers(app_config=list(apps.get_app_configs())[-1])
        assert present() == before


# ---------------------------------------------------------------- notices


@pytest.mark.django_db(transaction=True)
def test_whatever_changes_is_noticed_and_nothing_else(monkeypatch, listener):
    """save(), update(), relations, SQL by hand, deletion; not what was taken back or is nobody's."""
    monkeypatch.setattr(freshness, "GATHERED", 0)
    practice = factories.make_practice("published")
    other = factories.make_practice("published")
    page = Page.objects.first()
    contest = make_public_contest()
    entry = make_application(contest)
    protocol = make_protocol(contest, ProtocolStatus.DRAFT)

    def by_hand():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE themes_theme SET name_ky = name_ky || '!' WHERE position = 1")

    def taken_back():
        with transaction.atomic():
            practice.save()
            transaction.set_rollback(True)

    def is_noticed(change) -> bool:
        time.sleep(0.05)  # what was noticed before is over
        before = listener.since
        change()
        return until(lambda: listener.since > before, 0.2)

    assert is_noticed(practice.save)
    assert is_noticed(lambda: Practice.objects.filter(pk=other.pk).update(number=F("number") + 50))
    assert is_noticed(lambda: practice.related.add(other))
    assert is_noticed(by_hand)
    assert is_noticed(page.delete)
    assert is_noticed(contest.save)
    assert is_noticed(protocol.save)
    assert not is_noticed(taken_back)
    assert not is_noticed(lambda: AuditEvent.record(practice, action="x", actor=None, via="system"))
    assert not is_noticed(lambda: factories.make_user())
    # Two hundred applications in the last minute leave every page where it is.
    assert not is_noticed(entry.save)


def execute(statement: str) -> None:
    """Beside the test's own transaction, and at once."""
    with closing(psycopg2.connect(**connection.get_connection_params())) as own:
        own.autocommit = True
        own.cursor().execute(statement)


def test_notices_that_come_thick_are_gathered(listener):
    seen = set()
    begun = last = time.monotonic()
    while time.monotonic() < begun + 0.8:
        last = time.monotonic()
        execute(f"NOTIFY {freshness.CHANNEL}")
        seen.add(listener.since)
    assert len(seen) <= 0.8 / freshness.GATHERED + 3
    assert until(lambda: listener.since > last)  # the last one of them is not lost


def test_nothing_is_sure_without_every_trigger(db, monkeypatch):
    """A database restored from an older copy: pages are made anew until it is migrated."""
    monkeypatch.setattr(freshness, "ASKED_EVERY", 0.05)
    execute(f"ALTER TRIGGER {TRIGGER} ON themes_theme RENAME TO away")
    one = Freshness()
    try:
        one.ensure_listening()
        assert not until(lambda: one.since < math.inf, 0.3)
        assert not one.is_down(time.monotonic() + 60)
        execute(f"ALTER TRIGGER away ON themes_theme RENAME TO {TRIGGER}")
        assert until(lambda: one.since < math.inf)
    finally:
        one.stop()


# ---------------------------------------------------------------- the connection


def test_cut_connection_is_made_anew_and_trusts_nothing_older(listener):
    before = listener.since
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'portal pages' AND datname = current_database()"
    )
    assert until(lambda: before < listener.since < math.inf, 3)
    assert not listener.is_down(time.monotonic())


def test_silence_is_not_taken_for_calm():
    """A thread that died, a host that froze: after three seconds nobody believes in what was."""
    one = Freshness()
    one.heard()
    now = time.monotonic()
    assert not one.is_down(now)
    assert one.until <= now + freshness.TRUSTED
    assert one.is_down(now + freshness.TRUSTED + 0.1)


@pytest.fixture
def nowhere(monkeypatch):
    """A database alias that leads to a closed door."""
    place = {**connections.settings["default"], "HOST": "127.0.0.1", "PORT": "1"}
    monkeypatch.setitem(connections.settings, "nowhere", place)
    return "nowhere"


def test_refusing_database_is_down_after_two_seconds_or_one_failed_page(nowhere):
    one = Freshness(nowhere)
    one.ensure_listening()
    try:
        assert until(lambda: one.lost_at is not None, 3)
        now = time.monotonic()
        assert one.since == math.inf
        assert not one.is_down(one.lost_at + 1)
        assert one.is_down(one.lost_at + 2.1)
        one.failed()
        assert one.is_down(now)
    finally:
        one.stop()


def test_listener_starts_with_the_first_page(nowhere):
    """Not with the import: a fork leaves threads behind."""
    one = Freshness(nowhere)
    assert one._thread is None
    one.ensure_listening()
    first = one._thread
    try:
        one.ensure_listening()
        assert one._thread is first
    finally:
        one.stop()
    assert not first.is_alive()


# ---------------------------------------------------------------- from end to end


class Reader:
    """Another process of the portal (tests/portal/page_reader.py)."""

    def __init__(self, folder: Path, host: str = ""):
        name = connection.settings_dict["NAME"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.portal.page_reader", name, host, str(folder)],
            cwd=django_settings.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, address: str) -> dict:
        print(address, file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.communicate()


@pytest.mark.django_db(transaction=True)
def test_figures_of_a_list_are_counted_once_until_something_changes(listener, tmp_path):
    """For whoever is signed in too, whose pages are made each time."""
    application = PageCache(WSGIHandler(), folder=tmp_path, most=2**20, freshness=listener)
    own = {"Cookie": f"{django_settings.SESSION_COOKIE_NAME}=x"}

    def look(query: str) -> tuple[int, str]:
        with CaptureQueriesContext(connection) as queries:
            text = ask(application, f"/ru/practices/?{query}", headers=own).body.decode()
            return sum("GROUPING" in each["sql"] for each in queries), text

    def is_kept(query: str) -> bool:
        """Looked at again it costs nothing, once the notices of what was made here have come."""
        return until(lambda: look(query)[0] == 0)

    factories.make_practice("published", kind="lesson")
    assert "1\N{NO-BREAK SPACE}практика" in look("kind=lesson")[1]
    assert is_kept("kind=lesson")
    assert is_kept("kind=lesson&sort=title&page=2"), "the same figures in another order"
    assert look("kind=method")[0] == 1, "another state"
    factories.make_practice("published", kind="lesson")
    assert until(lambda: "2\N{NO-BREAK SPACE}практики" in look("kind=lesson")[1])
    assert is_kept("kind=lesson")


def test_keeper_is_bounded_and_believes_no_silence():
    heard = Freshness()
    heard.ensure_listening = lambda: None
    heard.since, heard.until = 0.0, math.inf
    keeper, counted = Keeper(heard), []

    def figure(key):
        return keeper(key, lambda: counted.append(key) or len(counted))

    assert [figure("a"), figure("b"), figure("a")] == [1, 2, 1]
    for number in range(MOST):
        figure(number)
    counted.clear()
    figure(MOST - 1)
    assert counted == []
    figure("a")
    assert counted == ["a"], "the oldest went"
    heard.until = 0.0
    figure("a")
    assert counted == ["a", "a"], "a silence nobody has asked about"
    heard.since, heard.until = math.inf, math.inf
    figure("a")
    assert len(counted) == 3, "nothing is sure"


@pytest.mark.django_db(transaction=True)
def test_publication_is_seen_by_all_and_copies_outlive_the_database(listener, tmp_path):
    """Two processes; then a third that starts when the database is away."""
    folder = tmp_path / "pages"
    practice = factories.make_practice("published")
    address = f"/ru/practices/{practice.slug}/"
    here = PageCache(WSGIHandler(), folder=folder, most=2**20, freshness=listener)
    there, dead = Reader(folder), Reader(folder, host="127.0.0.1")
    try:
        assert there.ask(address)["status"] == ask(here, address).status == 200

        practice.title_ru = "Новое имя"
        practice.save()
        assert until(lambda: "Новое имя" in ask(here, address).body.decode())
        assert until(lambda: "Новое имя" in there.ask(address)["text"])

        Practice.objects.filter(pk=practice.pk).update(title_ru="Третье имя")
        assert until(lambda: "Третье имя" in there.ask(address)["text"])

        for _ in range(2):
            stale = dead.ask(address)
            assert stale["status"] == 200
            assert "Третье имя" in stale["text"]
            assert 'role="status"' in stale["text"]
            assert stale["headers"]["Cache-Control"] == "no-store"
        without = dead.ask("/ky/themes/")
        assert without["status"] == 503
        assert without["headers"]["Retry-After"] == "30"

        Practice.objects.filter(pk=practice.pk).update(
            status=Status.WITHDRAWN, withdrawal_kind="error"
        )
        assert until(lambda: ask(here, address).status == 410)
        assert until(lambda: there.ask(address)["status"] == 410)
        assert "Третье имя" not in there.ask("/ru/practices/")["text"]
    finally:
        there.end()
        dead.end()
