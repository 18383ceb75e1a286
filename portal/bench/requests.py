"""Requests per second: pages from the cache and past it, and nginx with files of the same bytes."""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.test import Client

from people.models import User
from portal import embedded
from portal.bench import addresses, running
from portal.bench.table import BenchError, Output

PROMISE = 0.25  # of nginx's requests per second
LANGUAGE = "ky"
CACHED = ("home", "list", "practice", "stylesheet")
PAST_THE_CACHE = ("list", "list, two facets", "practice")
CONNECTIONS = 32
#: As many as the portal has threads: more would only wait.
FEW_CONNECTIONS = 8
LONGEST_SECONDS = 30  # for one answer
WARM_UP_SECONDS = 1
NGINX_CONF = """\
{user}
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    default_type application/octet-stream;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/files;
        add_header Content-Encoding br;
    }}
}}
"""


@dataclass(frozen=True)
class Load:
    """What wrk saw: requests per second, milliseconds, requests without a good answer."""

    per_second: float
    median: float
    p99: float
    failed: int


def add_arguments(parser) -> None:
    parser.add_argument("--seconds", type=int, default=5, help="for each measurement (5)")


def run(options, out: Output) -> None:
    if not shutil.which("wrk"):
        out.write("Requests per second: skipped, wrk is not installed (apt-get install wrk).\n")
        return
    has_nginx = bool(shutil.which("nginx"))
    out.progress("Starting a portal with demo content …")
    with running.portal() as portal, contextlib.ExitStack() as stack:
        running.wait_until_idle()
        paths = addresses.pages(LANGUAGE)
        home = portal.get(paths["home"])[2].decode()
        paths["stylesheet"] = re.search(r'rel="stylesheet" href="([^"]+)', home)[1]
        bodies = {name: packed(portal, paths[name]) for name in (*CACHED, *PAST_THE_CACHE)}
        nginx = stack.enter_context(running_nginx(bodies)) if has_nginx else ""
        reader = {"Cookie": session_of_a_reader()}
        rows = []

        def measure(label, url, name, connections=CONNECTIONS, **headers) -> float:
            """Adds a row; requests per second."""
            out.progress(f"{label} …")
            headers = {"Accept-Encoding": "br", **headers}
            load = wrk(url, options.seconds, headers, connections)
            size = len(bodies[name])
            rows.append([label, size, load.per_second, load.median, load.p99, load.failed, None])
            portal.get("/healthz")  # waits until what wrk has left in the queue is done
            return load.per_second

        for name in CACHED:
            own = measure(name, portal.url + paths[name], name)
            if nginx:
                # Right after it, so that both meet the same machine.
                other = measure(f"nginx, same bytes: {name}", f"{nginx}/{name}", name)
                rows[-2][-1] = f"{own / other:.2f}"
        for name in PAST_THE_CACHE:
            url = portal.url + paths[name]
            measure(f"past the cache: {name}", url, name, FEW_CONNECTIONS, **reader)
    head = ("", "bytes", "requests/s", "ms, median", "ms, p99", "failed", "of nginx")
    out.table("Requests per second", head, rows)
    if has_nginx:
        out.write(f"Promised: a page from the cache at least {PROMISE} of nginx.\n")
    else:
        out.write("Not compared: nginx is not installed (apt-get install nginx).\n")


def packed(portal: running.Portal, path: str) -> bytes:
    status, headers, body = portal.get(path, Accept_Encoding="br")
    if status != HTTPStatus.OK or headers.get("content-encoding") != "br":
        raise BenchError(f"{path} answers {status}, not compressed by brotli.")
    return body


def session_of_a_reader() -> str:
    """The cookie of somebody who has signed in and has no role: the page cache leaves them alone."""
    client = Client()
    client.force_login(User.objects.create_user("reader@example.org", language=LANGUAGE))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def wrk(
    url: str, seconds: int, headers: dict[str, str], connections: int, script: Path | None = None
) -> Load:
    """Loads the address, first for a moment without counting; headers go with each request.

    script: in Lua, says what is asked for.
    """
    command = [shutil.which("wrk"), "-t2", f"-c{connections}", "--latency"]
    command += ["--timeout", f"{LONGEST_SECONDS}s"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    command += ["-s", script] if script else []
    for duration in (WARM_UP_SECONDS, seconds):
        done = subprocess.run(  # noqa: S603 - our own addresses
            [*command, f"-d{duration}s", url], check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise BenchError(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    return read_wrk(done.stdout)


def read_wrk(said: str) -> Load:
    """What wrk printed, as figures."""
    units = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}

    def latency(share):
        value, unit = re.search(
            rf"^\s+{share}%\s+([\d.]+)(us|ms|s|m)\b", said, re.MULTILINE
        ).groups()
        return float(value) * units[unit]

    failed = re.findall(r"Non-2xx or 3xx responses: (\d+)", said)
    for sockets in re.findall(r"Socket errors: (.*)", said):
        failed += re.findall(r"\d+", sockets)
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return Load(per_second, latency(50), latency(99), sum(map(int, failed)))


@contextlib.contextmanager
def running_nginx(bodies: dict[str, bytes]) -> Iterator[str]:
    """nginx with these bytes as files; yields its address."""
    folder = embedded.data_folder() / "nginx"
    (folder / "files").mkdir(parents=True)
    for name, body in bodies.items():
        (folder / "files" / name).write_bytes(body)
    port = running.free_port()
    # Started by root it would read as nobody, who may not enter the folder.
    user = "user root;" if folder.stat().st_uid == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX_CONF.format(folder=folder, port=port, user=user), "utf-8")
    command = [shutil.which("nginx"), "-p", folder, "-c", configuration]
    with running.program([*command, "-e", folder / "error.log"]) as process:
        running.wait_for_port(port, process, "nginx")
        yield f"http://{running.HOST}:{port}"
