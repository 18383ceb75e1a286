"""The server and the task worker, forked from one process."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")

SCRIPT = """
import os, sys, time
from pathlib import Path
from portal import server

folder = Path(sys.argv[1])

def serve():
    (folder / "server").write_text(str(os.getpid()))
    while not (folder / "end").exists():
        time.sleep(0.02)
    sys.exit(3)

def work():
    (folder / "worker").write_text(str(os.getpid()))
    while not (folder / "die").exists():
        time.sleep(0.02)
    (folder / "die").unlink()
    raise ValueError("the worker's end")

os.register_at_fork(after_in_child=server.die_with_parent)
sys.exit(server._beside(serve, work))
"""


@pytest.fixture
def beside(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], stderr=subprocess.PIPE, text=True
    )
    eventually(lambda: (tmp_path / "server").exists() and (tmp_path / "worker").exists())
    yield process
    process.kill()
    process.communicate()


def eventually(holds, seconds=10):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def pid_of(folder, name):
    return int((folder / name).read_text() or 0)


def is_alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def test_worker_that_dies_is_started_again_and_the_server_goes_on(beside, tmp_path):
    server, worker = pid_of(tmp_path, "server"), pid_of(tmp_path, "worker")
    (tmp_path / "die").touch()
    eventually(lambda: not (tmp_path / "die").exists())
    eventually(lambda: pid_of(tmp_path, "worker") not in {worker, 0})
    assert is_alive(server)
    beside.terminate()
    assert "the worker's end" in beside.communicate(timeout=10)[1]


def test_signal_ends_both(beside, tmp_path):
    pids = [pid_of(tmp_path, "server"), pid_of(tmp_path, "worker")]
    beside.send_signal(signal.SIGTERM)
    assert beside.wait(timeout=10) == 0
    assert not any(map(is_alive, pids))


def test_server_that_dies_takes_the_worker_along_and_its_code_is_told(beside, tmp_path):
    (tmp_path / "end").touch()
    assert beside.wait(timeout=10) == 3
    assert not is_alive(pid_of(tmp_path, "worker"))


def test_neither_outlives_a_killed_parent(beside, tmp_path):
    pids = [pid_of(tmp_path, "server"), pid_of(tmp_path, "worker")]
    beside.kill()
    eventually(lambda: not any(map(is_alive, pids)))
