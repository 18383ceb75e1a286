"""The embedded PostgreSQL, with real servers in data folders that live as long as a test."""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest

from portal import embedded

USER = """
import sys
from pathlib import Path
from portal import embedded
embedded.start(Path(sys.argv[1]))
print("up", flush=True)
sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sockets and locks of Unix")


@pytest.fixture(autouse=True)
def _without_a_given_database(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("PORTAL_POSTGRES_BIN", raising=False)


@contextlib.contextmanager
def data_folder(name="portal"):
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    (folder / "throwaway").touch()
    try:
        yield folder
    finally:
        embedded.stop(folder)
        embedded.release(folder)
        shutil.rmtree(folder)


@pytest.fixture
def data():
    with data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def made():
    """A data folder with a cluster in it: making one takes a second."""
    with data_folder() as folder, pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        embedded.start(folder)
        embedded.release(folder)
        yield folder


def another_user(data):
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(data)],
        cwd=embedded.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def leave(process):
    process.communicate()
    assert process.returncode == 0


def ask(data, question):
    connection = psycopg2.connect(
        host=str(embedded.socket_folder(data)), dbname="portal", user="postgres"
    )
    with contextlib.closing(connection), connection, connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone() if cursor.description else None


def stops(data, seconds=8):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not embedded.is_running(data):
            return True
        time.sleep(0.02)
    return False


def test_start_makes_a_database_that_knows_cyrillic_and_release_stops_it(made):
    embedded.start(made)
    embedded.start(made)  # harmless
    ask(made, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    row = ask(made, "SELECT lower('ҮӨҢ'), 'ӨҮ' ILIKE 'өү', show_trgm('өү') <> '{}'")
    assert row == ("үөң", True, True)
    assert ask(made, "SHOW listen_addresses") == ("",)
    embedded.release(made)
    assert not embedded.is_running(made)


def test_socket_is_for_the_servers_user_alone(made):
    embedded.start(made)
    mode = embedded.socket_folder(made).stat().st_mode
    embedded.release(made)
    assert mode & 0o777 == 0o700


def test_last_user_stops_the_server(made):
    first, second = another_user(made), another_user(made)  # at once: one of them starts it
    assert [process.stdout.readline() for process in (first, second)] == ["up\n", "up\n"]
    leave(first)
    assert embedded.is_running(made)
    leave(second)
    assert not embedded.is_running(made)


def test_server_ends_when_its_last_user_was_killed(made):
    process = another_user(made)
    assert process.stdout.readline() == "up\n"
    process.kill()
    process.communicate()
    assert stops(made)


def test_kill_of_one_user_leaves_the_others_alone(made):
    embedded.start(made)
    process = another_user(made)
    assert process.stdout.readline() == "up\n"
    process.kill()
    process.communicate()
    time.sleep(0.2)
    assert ask(made, "SELECT 1") == (1,)
    embedded.release(made)


def test_stop_stops_it_whoever_uses_it(made):
    process = another_user(made)
    assert process.stdout.readline() == "up\n"
    assert embedded.stop(made)
    assert not embedded.is_running(made)
    assert not embedded.stop(made)
    leave(process)


def test_trace_of_a_crash_does_not_block_the_start(made):
    trace = made / "postgres" / "postmaster.pid"
    # the PID has meanwhile gone to another program: this one
    trace.write_text(f"{os.getpid()}\n{made / 'postgres'}\n1700000000\n5432\n\n\n0 0\nready\n")
    assert not embedded.is_running(made)
    embedded.start(made)
    assert ask(made, "SELECT 1") == (1,)
    embedded.release(made)


def test_killed_server_is_started_again_and_has_lost_nothing(made):
    embedded.start(made)
    ask(made, "CREATE TABLE kept AS SELECT 42 AS answer")
    ask(made, "CHECKPOINT")  # this folder is a throwaway one, where commits are not waited for
    pid = int((made / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, 9)
    assert stops(made)
    embedded.release(made)
    embedded.start(made)
    assert ask(made, "SELECT answer FROM kept") == (42,)
    embedded.release(made)


def test_long_data_path_finds_a_short_place_for_the_socket(data):
    deep = data / ("long-" * 12) / ("name-" * 12)
    deep.mkdir(parents=True)
    (deep / "throwaway").touch()
    sockets = embedded.socket_folder(deep)
    assert len(os.fsencode(sockets / embedded.SOCKET_NAME)) <= embedded.LONGEST_SOCKET_PATH
    assert embedded.socket_folder(deep) != embedded.socket_folder(deep.parent)
    embedded.start(deep)
    assert ask(deep, "SELECT 1") == (1,)
    embedded.release(deep)
    sockets.rmdir()


def test_interrupted_making_is_done_again(data):
    (data / "postgres.new" / "base").mkdir(parents=True)
    embedded.start(data)
    assert ask(data, "SELECT current_database()") == ("portal",)
    assert not (data / "postgres.new").exists()


@pytest.mark.skipif(
    not Path("/usr/lib/postgresql/15/bin").exists(), reason="Debian's PostgreSQL 15"
)
def test_debians_postgresql_serves_too(data, monkeypatch):
    monkeypatch.setenv("PORTAL_POSTGRES_BIN", "/usr/lib/postgresql/15/bin")
    embedded.start(data)
    ask(data, "CREATE EXTENSION pg_trgm")
    row = ask(data, "SELECT lower('ҮӨҢ'), 'ӨҮ' ILIKE 'өү', show_trgm('өү') <> '{}'")
    assert row == ("үөң", True, True)
    embedded.release(data)


def test_cluster_of_another_version_gets_a_sentence(data):
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(embedded.EmbeddedError, match="was made by PostgreSQL 12"):
        embedded.start(data)


def test_folder_that_is_no_cluster_is_left_alone(data):
    (data / "postgres").mkdir()
    (data / "postgres" / "thesis.odt").touch()
    with pytest.raises(embedded.EmbeddedError, match="is not a PostgreSQL cluster"):
        embedded.start(data)
    assert (data / "postgres" / "thesis.odt").exists()


def test_wrong_folder_of_programs_gets_a_sentence(data, monkeypatch):
    monkeypatch.setenv("PORTAL_POSTGRES_BIN", "/nowhere")
    with pytest.raises(embedded.EmbeddedError, match="where there is no PostgreSQL"):
        embedded.start(data)


def test_database_url_starts_nothing(data, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/portal")
    embedded.start(data)
    assert not (data / "postgres").exists()


def test_data_folder_is_made_and_absolute(data, monkeypatch):
    monkeypatch.chdir(data)
    monkeypatch.setenv("PORTAL_DATA", "new/place")
    assert embedded.data_folder() == data / "new" / "place"
    assert (data / "new" / "place").is_dir()


def test_data_folder_that_is_a_file_gets_a_sentence(data, monkeypatch):
    monkeypatch.setenv("PORTAL_DATA", str(data / "throwaway"))
    with pytest.raises(embedded.EmbeddedError, match="is not a folder"):
        embedded.data_folder()


def test_secret_is_made_once_and_only_for_its_owner(data):
    first = embedded.secret(data)
    assert len(first) >= 50
    assert embedded.secret(data) == first
    assert (data / "secret").stat().st_mode & 0o777 == 0o600
    assert list(data.glob("secret.*")) == []


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("initdb: error: could not write: No space left on device", "The disk that holds"),
        (
            "postgres: error while loading shared libraries: libssl.so.1: cannot open",
            "the system library libssl.so.1 is missing",
        ),
        ("LOG: x\nFATAL:  lock file is empty\nHINT: y", "FATAL:  lock file is empty"),
        ("", "it said nothing"),
    ],
)
def test_failure_of_a_program_becomes_a_sentence(said, sentence):
    error = embedded._failure("PostgreSQL did not start", said, Path("/data"))
    assert sentence in str(error)
    assert "\n" not in str(error)


def test_secrets_of_two_folders_differ(data):
    other = data / secrets.token_hex(4)
    other.mkdir()
    assert embedded.secret(data) != embedded.secret(other)
