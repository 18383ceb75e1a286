"""What the parts measure: a portal that runs, or its pages in this process; both with demo content."""

# ruff: noqa: S603 - its work is running the portal's own programs

import contextlib
import http.client
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from django.db import connections
from django_tasks_db.models import DBTaskResult

from portal import embedded
from portal.bench.table import BenchError
from portal.server import ask_ready, die_with_parent

HOST = "127.0.0.1"
START_SECONDS = 300  # the first start, on a busy machine
IDLE_SECONDS = 300


class Portal:
    """A running portal: where it answers, its first process, seconds until it was ready."""

    def __init__(self, port: int, process: subprocess.Popen, seconds: float):
        self.port, self.process, self.seconds = port, process, seconds
        self.url = f"http://{HOST}:{port}"

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers with names in small letters, and the bytes as they came."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", quote(path, safe="/?&=%+"), headers=names)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()
        finally:
            connection.close()


@contextlib.contextmanager
def portal() -> Iterator[Portal]:
    """`dev.py run` on the data folder of this process, ended when the block is left."""
    port, begun = free_port(), time.monotonic()
    with program([sys.executable, embedded.ROOT / "dev.py", "run", "--port", str(port)]) as process:
        while ask_ready(HOST, port)[0] != http.client.OK:
            if process.poll() is not None:
                raise BenchError(f"the portal did not start (code {process.returncode}).")
            if time.monotonic() - begun > START_SECONDS:
                raise BenchError(f"the portal was not ready within {START_SECONDS} s.")
            time.sleep(0.02)
        try:
            yield Portal(port, process, time.monotonic() - begun)
        finally:
            connections.close_all()  # the database goes with the portal


@contextlib.contextmanager
def program(command: list) -> Iterator[subprocess.Popen]:
    """A silent program that ends with the block, and with this process."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def set_up(*, has_demo: bool = True) -> None:
    """Fills the data folder as the first start does, and lets this process use its database."""
    embedded.start(embedded.data_folder())
    command = [sys.executable, embedded.ROOT / "manage.py", "setup"]
    # In a process of its own: what was compiled and collected is read by this one afterwards.
    done = subprocess.run(
        [*command, *([] if has_demo else ["--no-demo"])],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=die_with_parent,
    )
    if done.returncode:
        raise BenchError("manage.py setup failed.")


def wait_until_idle() -> None:
    """Until the running portal's worker has done what the demo content gave it to do."""
    deadline = time.monotonic() + IDLE_SECONDS
    while DBTaskResult.objects.ready().exists() or DBTaskResult.objects.running().exists():
        if time.monotonic() > deadline:
            raise BenchError(f"the worker was still busy after {IDLE_SECONDS} s.")
        time.sleep(0.2)


def wait_for_port(port: int, process: subprocess.Popen, name: str) -> None:
    """Until the program answers; raises BenchError where it has ended instead."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        if process.poll() is not None:
            raise BenchError(f"{name} did not start (code {process.returncode}).")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def memory_of(pid: int) -> int:
    """Bytes of a process and its descendants; what they share is counted once (Linux, else 0)."""
    total = 0
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        total += int(found[1]) * 1024 if found else 0
        total += sum(map(memory_of, children_of(pid)))
    return total


def children_of(pid: int) -> list[int]:
    """The processes it has started; each of its threads may have started some."""
    with contextlib.suppress(OSError):
        threads = Path(f"/proc/{pid}/task").glob("*/children")
        return [int(child) for one in threads for child in one.read_text("ascii").split()]
    return []
