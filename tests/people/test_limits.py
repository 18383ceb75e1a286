"""Rate limits: by account, by address and by what it is about; for all processes, over restarts."""

import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from people import limits
from people.models import RateCount
from tests import factories

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def rule(monkeypatch):
    monkeypatch.setitem(limits.LIMITS, "thing", (2, HOUR))
    monkeypatch.setattr(limits, "PEOPLE_AT_AN_ADDRESS", 3)


def ask(rf, user=None, address="10.0.0.1", about=""):
    request = rf.post("/", REMOTE_ADDR=address)
    request.user = user or AnonymousUser()
    return limits.is_allowed(request, "thing", about=about)


def test_account_is_limited_wherever_it_comes_from(rf):
    user = factories.make_user()
    assert [ask(rf, user, f"10.0.0.{n}") for n in range(3)] == [True, True, False]
    assert ask(rf, factories.make_user(), "10.0.1.1")


def test_address_is_limited_whoever_comes_from_it(rf):
    answers = [ask(rf, factories.make_user()) for _n in range(7)]
    assert answers == [True] * 6 + [False]
    assert ask(rf, address="10.0.0.2")


def test_what_it_is_about_is_limited_whoever_asks(rf):
    answers = [ask(rf, address=f"10.0.0.{n}", about="+996555123456") for n in range(3)]
    assert answers == [True, True, False]
    assert ask(rf, address="10.0.1.1", about="+996555123457")


def test_limit_outlives_the_cache_and_ends_with_its_span(rf):
    user = factories.make_user()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        ask(rf, user)
        ask(rf, user)
        cache.clear()
        assert not ask(rf, user)
        clock.shift(HOUR + timedelta(seconds=1))
        assert ask(rf, user)


def test_neither_number_nor_address_is_kept_in_clear(rf):
    ask(rf, factories.make_user(), about="+996555123456")
    keys = " ".join(RateCount.objects.values_list("key", flat=True))
    assert "996555123456" not in keys
    assert "10.0.0.1" not in keys


@pytest.mark.django_db(transaction=True)
def test_no_count_is_lost_where_many_count_at_once():
    found, start = [], threading.Barrier(8)

    def run():
        start.wait()
        try:
            found.extend(limits.count("key", HOUR) for _time in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 41))


@pytest.mark.django_db(transaction=True)
def test_another_process_goes_on_counting():
    """As a second worker does, or the same one after a restart."""
    limits.count("key", HOUR)
    code = (
        "import django; django.setup()\n"
        "from django.db import connections\n"
        f"connections['default'].settings_dict['NAME'] = {connection.settings_dict['NAME']!r}\n"
        "from datetime import timedelta\n"
        "from people import limits\n"
        "print(limits.count('key', timedelta(hours=1)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == "2", done.stderr
    assert limits.count("key", HOUR) == 3


def setting(command: str) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(command)
        return cursor.fetchone()[0] if cursor.description else None


def test_count_inside_a_transaction_leaves_its_commit_as_it_is():
    setting("SET LOCAL synchronous_commit = 'on'")
    limits.count("inside", HOUR)
    assert setting("SHOW synchronous_commit") == "on"


@pytest.mark.django_db(transaction=True)
def test_count_on_its_own_is_kept_and_leaves_what_comes_after_as_it_is():
    setting("SET synchronous_commit = 'on'")
    assert [limits.count("alone", HOUR) for _time in range(2)] == [1, 2]
    assert setting("SHOW synchronous_commit") == "on"
    setting("RESET synchronous_commit")
