"""The web server: granian, whose workers share the memory of one loaded Django.

    python -m portal.server --host 0.0.0.0 --port 8000

Django is loaded once and the workers are forked from it: on a machine with two cores that halves
the start, and two workers need little more memory than one. With --tasks the task worker is forked
from it too.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import http.client
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
M_TRIM_THRESHOLD, M_ARENA_MAX = -1, -8
#: Deaths of the task worker within a minute after which the server gives up.
DEATHS = 5


def die_with_parent() -> None:
    """Linux ends this process when its parent is killed without a chance to end it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def share_one_heap() -> None:
    """Otherwise glibc gives each thread a heap of its own: a quarter more memory, most of it empty.

    Threads that hold the interpreter's lock one after another have nothing to gain from it. And what
    is free goes back to the system, however much was needed once.
    """
    with contextlib.suppress(AttributeError, OSError):  # another libc
        libc = ctypes.CDLL(None)
        libc.mallopt(M_ARENA_MAX, 1)
        libc.mallopt(M_TRIM_THRESHOLD, 128 * 1024)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m portal.server", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tasks", action="store_true", help="run the task worker too (Linux)")
    parser.add_argument("--check", action="store_true", help="ask a running server if it is ready")
    options = parser.parse_args()
    if options.check:
        status, answer = ask_ready(options.host, options.port)
        sys.exit(0 if status == HTTPStatus.OK else f"{status}: {answer}")

    from django.core.exceptions import ImproperlyConfigured

    if sys.platform == "linux":
        share_one_heap()
        multiprocessing.set_start_method("fork")
        os.register_at_fork(after_in_child=die_with_parent)
        try:
            _load()
        except ImproperlyConfigured as error:
            sys.exit(f"{error}. See .env.example.")
    if options.tasks:
        sys.exit(_beside(partial(_serve, options), _work))
    _serve(options)


def _serve(options: argparse.Namespace) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "portal.wsgi:application",
        address=options.host,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=options.workers,
        blocking_threads=4,
        blocking_threads_idle_timeout=600,
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0.2,
        workers_kill_timeout=10,
    ).serve()


def _work() -> None:
    from django.core.management import call_command

    ctypes.CDLL(None).prctl(PR_SET_NAME, b"portal-tasks")  # told from the servers in ps and top
    call_command("worker")


def _beside(serve: Callable[[], None], work: Callable[[], None]) -> int:
    """Both, each in a forked process. Ends with the server; starts the task worker again where it
    dies. Returns the exit code.
    """
    server = worker = 0
    deaths: list[float] = []

    def stop(*_signal) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)  # before there is anything to end
    try:
        server, worker = _forked(serve), _forked(work)
        while True:
            pid, status = os.wait()
            if pid == server:
                server = 0
                return os.waitstatus_to_exitcode(status) or 1
            now = time.monotonic()
            deaths = [moment for moment in deaths if now - moment < 60] + [now]
            if len(deaths) > DEATHS:
                return 1
            time.sleep(0.25 * 2 ** len(deaths))
            worker = _forked(work)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for pid in filter(None, (server, worker)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()


def _forked(run: Callable[[], None]) -> int:
    """Number of a new process that does this and ends."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        run()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except Exception:  # noqa: BLE001  whatever it is, it ends here
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ask_ready(host: str, port: int) -> tuple[int, str]:
    """Status and text of /readyz; status 0 where nobody answers."""
    # Asked under a name that the portal answers to; the address itself seldom is one.
    name = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".*") or "127.0.0.1"
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": name})
        response = connection.getresponse()
        return response.status, " ".join(response.read(400).decode(errors="replace").split())
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def _load() -> None:
    """Loads all that a request needs, and leaves nothing open that workers must not share."""
    from django.db import connections
    from django.urls import get_resolver

    import portal.wsgi  # noqa: F401

    _ = get_resolver().url_patterns  # reads every views module
    connections.close_all()
    gc.collect()
    gc.freeze()  # so that the collector does not touch, and thereby copy, the shared pages


if __name__ == "__main__":
    main()
