"""dev.py as a person at the terminal meets it."""

import ast
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

import dev
from portal import embedded

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def data(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    folder = Path(tempfile.mkdtemp(prefix="portal-"))
    (folder / "throwaway").touch()
    yield folder
    embedded.stop(folder)
    shutil.rmtree(folder)


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(*arguments, **given):
    """dev.py in the environment that the suite runs in: nothing is installed."""
    absent = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PORTAL_DATA", "SITE_URL")
    environment = {name: value for name, value in os.environ.items() if name not in absent}
    environment |= {"PORTAL_DEV_INSIDE": str(dev.VENV)}
    return subprocess.Popen(
        [sys.executable, str(dev.ROOT / "dev.py"), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **given,
    )


def refused(*arguments):
    """The one sentence with which dev.py refuses."""
    process = start(*arguments)
    _said, sentence = process.communicate(timeout=30)
    assert process.returncode == 1
    assert sentence.count("\n") == 1, sentence
    return sentence.strip()


def eventually(question, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.05)
    return False


# ---------------------------------------------------------------- before anything is installed


def test_older_pythons_can_read_as_far_as_the_sentence_that_sends_them_away():
    ast.parse(Path(dev.__file__).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_taken_port_gets_a_sentence(data, port):
    with socket.create_server(("127.0.0.1", port)):
        sentence = refused("run", "--data", str(data), "--port", str(port))
    assert sentence == f"Port {port} is taken by another program; choose another one with --port."
    assert not (data / "postgres").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--port", "99999"], "99999 is no port"),
        (["--host", "no such host"], "There is no address"),
        (["--host", "192.0.2.1"], "cannot be used"),
    ],
)
def test_impossible_address_gets_a_sentence(data, options, sentence):
    assert sentence in refused("run", "--data", str(data), *options)


def test_data_folder_that_is_a_file_gets_a_sentence(data):
    assert "is not a folder" in refused("run", "--data", str(data / "throwaway"))


def test_second_portal_on_the_same_data_gets_a_sentence(data):
    with dev.claim(data) as file:
        dev.write_state(file, address="http://127.0.0.1:8000")
        sentence = refused("run", "--data", str(data))
    assert "already runs on" in sentence
    assert "http://127.0.0.1:8000" in sentence


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk that holds /data is full."),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that was locked"),
        ("NewConnectionError('x: Failed to establish a new connection')", "needs the network"),
        ("error: command 'gcc' failed: No such file", "apt-get install build-essential"),
        (
            "ImportError: libpango-1.0.so.0: cannot open shared object file: No such file",
            "the system library libpango-1.0.so.0 is missing",
        ),
        ("PermissionError: [Errno 13] Permission denied: 'x'", "cannot be written to"),
        (
            "Traceback (most recent call last):\n  File x\nValueError: Set the SECRET_KEY\nvariable\n",
            "It failed: Set the SECRET_KEY variable",
        ),
        ("", "It failed: it said nothing"),
    ],
)
def test_what_programs_say_becomes_a_sentence(said, sentence):
    text = dev.explain(said, "It failed", "/data")
    assert sentence in text
    assert "\n" not in text


def test_broken_environment_is_recognised(tmp_path, monkeypatch):
    python = tmp_path / "bin" / "python"
    monkeypatch.setattr(dev, "PYTHON", python)
    assert not dev._venv_works()
    python.parent.mkdir()
    python.symlink_to("/nowhere/python3")
    assert not dev._venv_works()
    python.unlink()
    python.write_text("not a program")
    python.chmod(0o755)
    assert not dev._venv_works()
    monkeypatch.setattr(dev, "PYTHON", sys.executable and Path(sys.executable))
    assert dev._venv_works()


def test_missing_venv_module_gets_the_apt_line(monkeypatch):
    monkeypatch.setattr(dev.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(dev.PortalError, match=r"apt-get install python3\.\d+-venv"):
        dev._make_venv()


def test_install_is_done_when_lock_or_packages_changed_and_only_then(tmp_path, monkeypatch, capsys):
    """Against a lock without packages, so that pip has nothing to fetch."""
    lock = tmp_path / "base.txt"
    lock.write_text("# nothing\n")
    venv = tmp_path / "venv"
    (venv / "lib" / "python3.11" / "site-packages" / "django-5.2.1.dist-info").mkdir(parents=True)
    monkeypatch.setattr(dev, "REQUIREMENTS", tmp_path)
    monkeypatch.setattr(dev, "VENV", venv)
    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))

    def is_installed():
        dev._install("base")
        return "Installing" in capsys.readouterr().out

    assert is_installed()
    assert not is_installed()
    lock.write_text("# nothing else\n")
    assert is_installed()
    stamp = venv / "portal-base.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "installed": ["gone-1.0"]}))
    assert is_installed()
    assert not is_installed()


def test_every_variable_of_the_settings_is_in_the_example():
    pattern = re.compile(
        r"""\benv(?:\.\w+)?\(\s*["']([A-Z_]+)["']|environ(?:\.get\(|\[)"([A-Z_]+)\""""
    )
    read = set()
    for name in ("settings.py", "embedded.py", "logs.py"):
        text = (dev.ROOT / "portal" / name).read_text(encoding="utf-8")
        read |= {one or other for one, other in pattern.findall(text)}
    assert "SECRET_KEY" in read
    example = (dev.ROOT / ".env.example").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))
    assert listed - {"POSTGRES_PASSWORD"} == read


def test_example_has_no_secret_that_works():
    example = (dev.ROOT / ".env.example").read_text(encoding="utf-8")
    assert re.findall(r"^[A-Z_]+=.+$", example, re.MULTILINE) == []


# ---------------------------------------------------------------- processes


def test_leftovers_are_ended_and_strangers_are_not(data):
    ours, stranger = subprocess.Popen(SLEEPER), subprocess.Popen(SLEEPER)
    try:
        with dev.claim(data) as file:
            old = [stranger.pid, "1"]  # the PID of a child of ours that somebody else has by now
            dev.write_state(file, children=[dev.identity(ours.pid), old, [2**22, "1"]])
            dev.end_leftovers(data)
        assert ours.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
    finally:
        for process in (ours, stranger):
            process.kill()
            process.wait()


def test_child_that_dies_is_started_again_but_not_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(dev, "RESTARTS", 1)
    child = dev.Child("server", [sys.executable, "-c", "raise SystemExit('no luck')"], tmp_path)
    child.start()
    first = child.process.pid
    assert eventually(child.revive)
    assert child.process.pid != first
    child.process.wait()
    with pytest.raises(dev.PortalError, match="died 2 times within a minute: no luck"):
        eventually(child.revive)


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_child_ends_with_its_killed_parent(tmp_path):
    script = (
        "import sys, time, dev; from pathlib import Path\n"
        f"child = dev.Child('child', {SLEEPER!r}, Path(sys.argv[1])); child.start()\n"
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, cwd=dev.ROOT, stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert dev.identity(pid)
        parent.kill()
    assert eventually(lambda: dev.identity(pid) is None)


def test_stop_says_when_nothing_runs(data):
    process = start("stop", "--data", str(data))
    assert process.communicate(timeout=20)[0] == "Nothing was running.\n"
    assert process.returncode == 0


# ---------------------------------------------------------------- backup and restore


def test_restored_script_loses_no_row_that_looks_like_a_setting(tmp_path):
    script = tmp_path / "restore.sql"
    rows = b"COPY public.x (a) FROM stdin;\nSET transaction_timeout = 0;\n\\.\n"
    script.write_bytes(b"SET transaction_timeout = 0;\nSET row_security = off;\n" + rows)
    dev.mend_script(script)
    assert script.read_bytes() == (
        dev.EMPTY_SCHEMA.encode() + b"\nSET row_security = off;\n" + rows
    )


def test_backup_comes_back_whole_and_only_where_it_may(data):
    def ask(question):
        with dev.with_database(data) as connect:
            answer = dev.client(data, "psql", connect, ["-XAtq", "-c", question], subprocess.PIPE)
        return answer.decode().strip()

    archive = data / "there" / "backup.tar.gz"
    ask("CREATE TABLE practice AS SELECT 'Үй' AS title")
    (data / "media").mkdir()
    (data / "media" / "photo.jpg").write_bytes(b"\xff\xd8")
    process = start("backup", "--data", str(data), str(archive))
    assert process.communicate(timeout=30)[1] == ""
    assert archive.stat().st_mode & 0o777 == 0o600

    assert "--force" in refused("restore", "--data", str(data), str(archive))
    ask("DROP TABLE practice; CREATE TABLE later (a int)")
    (data / "media" / "photo.jpg").unlink()
    process = start("restore", "--data", str(data), "--force", str(archive))
    assert process.communicate(timeout=30)[1] == ""
    assert ask("SELECT title FROM practice") == "Үй"
    assert ask("SELECT to_regclass('later') IS NULL") == "t"
    assert (data / "media" / "photo.jpg").read_bytes() == b"\xff\xd8"


def test_restore_of_something_else_gets_a_sentence(data):
    assert "is no backup" in refused("restore", "--data", str(data), dev.__file__)
    assert "is not there" in refused("restore", "--data", str(data), str(data / "absent.tar.gz"))


# ---------------------------------------------------------------- the whole portal


def test_portal_starts_serves_and_leaves_nothing_behind(data, port):
    """One life: the first start, a kill without a chance to tidy up, the next start, Ctrl-C."""
    arguments = ("run", "--no-demo", "--data", str(data), "--port", str(port))

    def until_ready(process):
        for line in process.stdout:
            if line.startswith("Logs:"):
                return
        pytest.fail(process.communicate()[1])

    begun = time.monotonic()
    process = start(*arguments)
    until_ready(process)
    first = time.monotonic() - begun
    assert dev.ask_ready("127.0.0.1", port)[0] == 200
    children = [pid for pid, _born in dev.read_state(data)["children"]]
    assert len(children) == (1 if sys.platform == "linux" else 2)
    process.kill()
    process.communicate()
    if sys.platform == "linux":
        assert eventually(lambda: not any(map(dev.identity, children)))
    assert eventually(lambda: not embedded.is_running(data))

    begun = time.monotonic()
    process = start(*arguments)
    until_ready(process)
    seconds = time.monotonic() - begun
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[1] == ""
    assert process.returncode == 0
    assert dev.ask_ready("127.0.0.1", port)[0] == 0
    assert not embedded.is_running(data)
    assert seconds < first / 2, "nothing is left to prepare"
