#!/usr/bin/env python3
"""Starts, tests and tends the portal. Needs Python 3.11 or newer and nothing else.

    python3 dev.py run     the portal, with everything it needs
    python3 dev.py test    the whole suite

This file must be readable for older Pythons too, as far as the sentence that sends them away.
"""

import argparse
import contextlib
import datetime
import errno
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - the sentence is for those who start it with an older one
    sys.exit(
        "The portal needs Python 3.11 or newer; this is Python %d.%d." % sys.version_info[:2]  # noqa: UP031
    )

STARTED = float(os.environ.pop("PORTAL_DEV_STARTED", time.monotonic()))
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"
SETS = {"run": ("base",), "test": ("base", "test"), "lint": ("lint",), "lock": ("lint",)}
#: The shell without windows first: the tests that look at pages take a fifth less time in it.
WANTED_CHROMIUM = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
READY_SECONDS = 90
STOP_SECONDS = 12
RESTARTS = 5  # of one process within a minute, then the portal gives up
EMPTY_SCHEMA = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"


class PortalError(Exception):
    """Why it cannot go on: one sentence for the person at the terminal."""


class SignalError(Exception):
    """SIGINT, SIGTERM or SIGHUP came in."""


def say(text=""):
    print(text, flush=True)


# ---------------------------------------------------------------- .venv and requirements


def ensure_environment(sets):
    """Makes .venv and installs what the locks name; does nothing when that has been done."""
    with alone():
        if not _venv_works():
            if VENV.is_symlink() or VENV.is_file():
                raise PortalError(f"{VENV} is not a folder; remove it.")
            if VENV.exists():
                say("Making .venv anew: it does not work …")
                shutil.rmtree(VENV)
            _make_venv()
        for name in sets:
            _install(name)


@contextlib.contextmanager
def alone():
    """One dev.py at a time installs."""
    folder = os.open(REQUIREMENTS, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another dev.py is installing; waiting for it …")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _venv_works():
    if not PYTHON.exists():
        return False
    probe = "import encodings, sys; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    try:
        return (
            subprocess.run([PYTHON, "-c", probe], check=False, capture_output=True).returncode == 0
        )
    except OSError:
        return False


def _make_venv():
    need = f"apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise PortalError(f"This Python lacks its venv module: {need}")
    say("Making .venv …")
    done = subprocess.run(
        [sys.executable, "-m", "venv", VENV], check=False, capture_output=True, text=True
    )
    if done.returncode or not _venv_works():
        said = done.stdout + done.stderr
        shutil.rmtree(VENV, ignore_errors=True)
        if "ensurepip" in said and "No space left" not in said:
            raise PortalError(f"This Python lacks its venv module: {need}")
        raise PortalError(explain(said, "The virtual environment .venv could not be made", VENV))


def _install(name):
    """Installs one lock with hashes. The stamp knows its digest and what was there afterwards."""
    lock = REQUIREMENTS / f"{name}.txt"
    stamp = VENV / f"portal-{name}.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    present = _installed()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(stamp.read_text(encoding="utf-8"))
        if known["digest"] == digest and set(known["installed"]) <= present:
            return
    pins = re.findall(r"^([\w.\[\]-]+)==([\w.!+]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    say(f"Installing requirements/{name}.txt ({len(pins)} packages) …")
    stamp.unlink(missing_ok=True)
    done = None
    uv = VENV / "bin" / "uv"
    if uv.exists():
        command = [uv, "pip", "install", "-q", "--python", PYTHON, "--require-hashes", "-r", lock]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done is None or done.returncode:
        command = [
            PYTHON,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-input",
            "--disable-pip-version-check",
        ]
        command += ["--retries", "2", "--timeout", "20", "--require-hashes", "-r", lock]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = done.stdout + done.stderr
        raise PortalError(explain(said, f"requirements/{name}.txt could not be installed", VENV))
    wanted = {f"{_normal(project)}-{version}" for project, version in pins}
    content = {"digest": digest, "installed": sorted(wanted & _installed())}
    stamp.write_text(json.dumps(content), encoding="utf-8")


def _installed():
    """Names and versions of what lies in .venv, as «django-5.2.1»."""
    found = (
        path.name[: -len(".dist-info")]
        for path in VENV.glob("lib/python3*/site-packages/*.dist-info")
    )
    return {
        f"{_normal(name)}-{version}"
        for name, _, version in (each.rpartition("-") for each in found)
    }


def _normal(project):
    return re.sub(r"[-_.]+", "-", project.partition("[")[0]).lower()


def enter_environment(sets):
    """From here on the Python of .venv runs this file: same process, same arguments."""
    if os.environ.pop("PORTAL_DEV_INSIDE", "") == str(VENV):
        return
    ensure_environment(sets)
    os.environ |= {"PORTAL_DEV_INSIDE": str(VENV), "PORTAL_DEV_STARTED": str(STARTED)}
    os.execv(PYTHON, [str(PYTHON), str(ROOT / "dev.py"), *sys.argv[1:]])  # noqa: S606 - our own file


def explain(said, otherwise, where):
    """A sentence from what a failed program said."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return f"The disk that holds {where} is full."
    if "DO NOT MATCH THE HASHES" in said or "Hash mismatch" in said:
        return f"{otherwise}: a downloaded file is not the one that was locked."
    no_network = (
        r"NewConnectionError|Failed to establish|Temporary failure in name|Network is unreachable"
    )
    no_network += r"|ConnectTimeout|ReadTimeout|ProxyError|Max retries exceeded|error sending request|dns error"
    if re.search(no_network, said):
        return (
            f"{otherwise}: the package index cannot be reached. The first start needs the network."
        )
    if re.search(r"command '\S*(gcc|cc|g\+\+)\S*' failed|Python\.h|Failed building wheel", said):
        return f"{otherwise}: a package must be built here: apt-get install build-essential python3-dev"
    library = re.search(r"([\w.+-]+\.so[\w.]*): cannot open shared object file", said)
    if library:
        return f"{otherwise}: the system library {library[1]} is missing; install its package."
    if "Permission denied" in said or "Read-only file system" in said:
        return f"{otherwise}: {where} cannot be written to by this user."
    lines = [
        line.strip() for line in said.splitlines() if line.strip() and not line.startswith(" ")
    ]
    raised = list(re.finditer(r"^(?:\w+\.)*[A-Z]\w+: ", said, re.MULTILINE))
    if raised:
        return f"{otherwise}: {' '.join(said[raised[-1].end() :].split())[:300]}"
    wrong = [line for line in lines if re.search(r"error|Error|ERROR|fatal", line)]
    last = (wrong or lines or ["it said nothing"])[-1]
    return f"{otherwise}: {last}"


# ---------------------------------------------------------------- the data folder and what runs on it


def use_data(given=None):
    """The data folder for this process and its children; PORTAL_DATA carries its name."""
    if given:
        os.environ["PORTAL_DATA"] = os.path.abspath(os.path.expanduser(given))  # noqa: PTH100, PTH111
    embedded = database()
    data = embedded.data_folder()
    os.environ["PORTAL_DATA"] = str(data)
    return data


def database():
    """portal/embedded.py: standard library only, so every Python can load it."""
    sys.path[:] = [str(ROOT)] + [path for path in sys.path if path != str(ROOT)]
    from portal import embedded

    return embedded


def claim(data):
    """The open, locked file that says that this process runs the portal on the data folder."""
    file = (data / "portal.json").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        running = read_state(data)
        address = running.get("address", "another address")
        raise PortalError(
            f"The portal already runs on {data}: {address} (python3 dev.py stop ends it)."
        ) from None
    return file


def is_claimed(data):
    try:
        claim(data).close()
    except PortalError:
        return True
    return False


def read_state(data):
    with contextlib.suppress(OSError, ValueError):
        state = json.loads((data / "portal.json").read_text(encoding="utf-8"))
        if isinstance(state, dict):
            return state
    return {}


def write_state(file, **state):
    """Who runs; written in place, as the file is what is locked."""
    file.seek(0)
    file.truncate()
    json.dump(state, file)
    file.flush()


def identity(pid):
    """A process by PID and moment of birth, as PIDs are used again; None where it is dead."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
        command = ["ps", "-o", "lstart=", "-p", str(pid)]
        born = subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
        return [pid, born] if born else None
    return None if fields[0] in "ZX" else [pid, fields[19]]


def end_leftovers(data):
    """Ends the children of a portal that was killed. Only on a claimed folder, or one nobody runs."""
    for pid, born in read_state(data).get("children", []):
        if identity(pid) == [pid, born]:
            end_process(pid, born)


def end_process(pid, born):
    for how, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 3)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if identity(pid) != [pid, born]:
                return
            time.sleep(0.02)
    raise PortalError(f"Process {pid} does not end.")


def check_port(host, port):
    """Granian shares a port gladly, so it would not notice that another program has it."""
    if not 0 < port < 65536:
        raise PortalError(f"{port} is no port: they go from 1 to 65535.")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise PortalError(f"There is no address {host}:{port}.") from None
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                text = f"Port {port} is taken by another program; choose another one with --port."
            elif error.errno == errno.EACCES:
                text = f"Port {port} is reserved for root; choose one above 1023 with --port."
            else:
                text = f"{host}:{port} cannot be used: {error.strerror}."
            raise PortalError(text) from None


# ---------------------------------------------------------------- run


def run(options):
    data = use_data(options.data)
    with claim(data):
        end_leftovers(data)
        check_port(options.host, options.port)
    enter_environment(SETS["run"])
    with claim(data) as file:
        serve(options, data, file)


def serve(options, data, file):
    address = f"http://{_url_host(options.host)}:{options.port}"
    os.environ.setdefault("SITE_URL", address)
    embedded = database()
    logs = data / "logs"
    logs.mkdir(exist_ok=True)
    children = []
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    try:
        for number in signals:
            signal.signal(number, _interrupt)
        write_state(
            file, pid=os.getpid(), born=identity(os.getpid())[1], address=address, children=[]
        )
        if not os.environ.get("DATABASE_URL"):
            if not (data / "postgres").exists():
                say("Making the database …")
            embedded.start(data)
        set_up(options, data)
        server = [
            PYTHON,
            "-m",
            "portal.server",
            "--host",
            options.host,
            "--port",
            str(options.port),
        ]
        if sys.platform == "linux":
            children = [Child("server", [*server, "--tasks"], logs)]
        else:
            children = [
                Child("server", server, logs),
                Child("worker", [PYTHON, "manage.py", "worker"], logs),
            ]
        note = {"pid": os.getpid(), "born": identity(os.getpid())[1], "address": address}
        for child in children:
            child.start()
            write_state(
                file, **note, children=[each.identity for each in children if each.identity]
            )
        wait_until_ready(options, children)
        greet(address, data, logs, time.monotonic() - STARTED)
        while True:
            time.sleep(0.25)
            revived = [child.name for child in children if child.revive()]
            if revived:
                write_state(file, **note, children=[each.identity for each in children])
    except SignalError:
        say("\nStopping …")
    finally:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
        write_state(file)
        embedded.release(data)


def set_up(options, data):
    """Migrates, collects, loads: unless nothing has changed since that was last done here."""
    stamp, digest = data / "setup.digest", setup_digest(options)
    if not os.environ.get("DATABASE_URL") and stamp.exists():
        if stamp.read_text(encoding="ascii") == digest:
            return
        stamp.unlink()
    manage("setup", *(["--no-demo"] if options.no_demo else []))
    stamp.write_text(setup_digest(options), encoding="ascii")


def setup_digest(options):
    """Changes with every file that manage.py setup turns into something, and with the database."""
    patterns = ["*/migrations/*.py", "static/**/*", "portal/demo/**/*", "portal/locale*/**/*.[pm]o"]
    patterns += ["*/data/*", "portal/settings.py", "requirements/base.txt"]
    patterns += ["portal/freshness.py", "search/analysis.py"]
    digest = hashlib.sha256(repr(options.no_demo).encode())
    cluster = Path(os.environ["PORTAL_DATA"]) / "postgres" / "PG_VERSION"
    for path in [cluster, *sorted(found for each in patterns for found in ROOT.glob(each))]:
        if path.is_file():
            state = path.stat()
            digest.update(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _interrupt(number, frame):
    raise SignalError


def _url_host(host):
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"[{host}]" if ":" in host else host


class Child:
    """A process of the portal that is started again when it dies."""

    def __init__(self, name, command, logs):
        self.name = name
        self.command = command
        self.log = logs / f"{name}.log"
        self.process = None
        self.identity = None
        self.deaths = []
        self.due = 0

    def start(self):
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches it through us, in order
                preexec_fn=_die_with_parent(),
            )
        self.identity = identity(self.process.pid)

    def revive(self):
        """Starts the process again where it died, later each time; True where it did."""
        if self.process.poll() is None:
            return False
        now = time.monotonic()
        if not self.due:
            self.deaths = [moment for moment in self.deaths if now - moment < 60] + [now]
            if len(self.deaths) > RESTARTS:
                raise PortalError(
                    self.last_words(f"The {self.name} died {RESTARTS + 1} times within a minute")
                )
            self.due = now + 0.25 * 2 ** len(self.deaths)
            say(f"The {self.name} died (code {self.process.returncode}); starting it again …")
        if now < self.due:
            return False
        self.due = 0
        self.start()
        return True

    def last_words(self, what):
        tail = self.log.read_bytes()[-4000:].decode(errors="replace")
        return explain(tail, what, self.log.parent.parent) + f" See {self.log}."

    def terminate(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait(self):
        if self.process:
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def _die_with_parent():
    """On Linux: what to do in a new child, so that it ends even when we are killed."""
    if sys.platform != "linux":
        return None
    import ctypes

    library, parent = ctypes.CDLL(None), os.getpid()

    def ask():
        library.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    return ask


def manage(*arguments):
    """A management command; what it says is shown, what goes wrong becomes a sentence."""
    process = subprocess.Popen(
        [PYTHON, "manage.py", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=None,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_die_with_parent(),
    )
    try:
        said = process.communicate()[1]
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.returncode:
        log = Path(os.environ["PORTAL_DATA"]) / "logs" / "setup.log"
        with contextlib.suppress(OSError):
            log.write_text(said, encoding="utf-8")
        text = explain(said, f"manage.py {arguments[0]} failed", os.environ["PORTAL_DATA"])
        raise PortalError(f"{text} See {log}." if "Traceback" in said else text)
    sys.stderr.write(said)


def wait_until_ready(options, children):
    deadline = time.monotonic() + READY_SECONDS
    answer = "no answer"
    while time.monotonic() < deadline:
        code, answer = ask_ready(options.host, options.port)
        if code == 200:
            return
        for child in children:
            child.revive()
        time.sleep(0.05)
    raise PortalError(
        f"The portal is not ready after {READY_SECONDS} s: {answer}. See the logs in the data folder."
    )


def ask_ready(host, port):
    from portal import server

    return server.ask_ready(_url_host(host).strip("[]"), port)


def greet(address, data, logs, seconds):
    say(f"The portal is ready after {seconds:.1f} s.")
    say(f"  in Kyrgyz    {address}/ky/")
    say(f"  in Russian   {address}/ru/")
    say(f"  for editors  {address}/admin/")
    accounts = data / "demo-accounts.txt"
    if accounts.exists():
        say("Demo accounts:")
        for line in accounts.read_text(encoding="utf-8").splitlines():
            if line.strip():
                say(f"  {line.strip()}")
    say(f"Logs: {logs}. Ctrl-C stops the portal.")


def stop(options):
    data = use_data(options.data)
    state = read_state(data)
    stopped = False
    if is_claimed(data) and state.get("pid"):
        stopped = True
        end_process(state["pid"], state["born"])
    end_leftovers(data)
    if database().stop(data) or stopped:
        say("Stopped.")
    else:
        say("Nothing was running.")


# ---------------------------------------------------------------- test, lint, lock, messages


def test(options):
    given = os.environ.get("PORTAL_DATA")
    data = use_data(str(Path(given) / "test") if given else str(ROOT / "var" / "test"))
    enter_environment(SETS["test"])
    os.environ["PORTAL_DATA"] = str(data)
    (data / "throwaway").touch()  # the server of this folder may prefer speed to safety
    subprocess.run([PYTHON, "-m", "portal.catalogues", "--compile"], cwd=ROOT, check=True)
    has_browser = any(shutil.which(name) for name in WANTED_CHROMIUM)
    if not has_browser:
        say("No Chromium here, so the browser tests are skipped: apt-get install chromium")
    os.chdir(ROOT)
    sys.stdout.flush()
    # A process for each core: browser and database fill what it leaves. A file stays with one of them,
    # for its fixtures.
    processes = str(max(2, os.cpu_count() or 1))
    beside = ["-n", processes, "--dist", "loadfile", "--no-loadscope-reorder"]
    pytest = [str(PYTHON), "-m", "pytest", *(options.rest or beside)]
    os.execv(PYTHON, pytest)  # noqa: S606 - our own environment


def lint(options):
    enter_environment(SETS["lint"])
    apps = [path for path in sorted(ROOT.iterdir()) if path.is_dir() and path.name[0] != "."]
    pages = [page for app in apps if app.name != "var" for page in sorted(app.rglob("*.html"))]
    templates = [str(page.relative_to(ROOT)) for page in pages if "templates" in page.parts]
    djade = ["djade", "--target-version", "5.2"]
    if options.fix:
        for name, *arguments in (
            ["ruff", "check", "--fix"],
            ["ruff", "format"],
            [*djade, *templates],
        ):
            subprocess.run(
                [VENV / "bin" / name, *arguments], cwd=ROOT, check=False, capture_output=True
            )
    steps = [["ruff", "check", "--quiet"], ["ruff", "format", "--check", "--quiet"]]
    if templates:
        steps += [[*djade, "--check", *templates], ["djlint", "--lint", "--quiet", *templates]]
    failed = []
    for name, *arguments in steps:
        done = subprocess.run(
            [VENV / "bin" / name, *arguments], cwd=ROOT, check=False, capture_output=True, text=True
        )
        if done.returncode:
            failed.append(" ".join([name, *arguments[:1]]) if name == "ruff" else name)
            say(f"{done.stdout}{done.stderr}".strip())
    if failed:
        raise PortalError(
            f"Not clean: {', '.join(failed)}. python3 dev.py lint --fix mends the format."
        )
    say(f"Clean: Python, and {len(templates)} templates.")


def lock(options):
    enter_environment(SETS["lock"])
    for name in ("base", "test", "lint"):
        command = [
            VENV / "bin" / "uv",
            "pip",
            "compile",
            "-q",
            "--generate-hashes",
            "--no-emit-index-url",
        ]
        command += ["--python-version", "3.11", "--universal", f"{name}.in", "-o", f"{name}.txt"]
        if options.upgrade:
            command += ["--upgrade"]
        done = subprocess.run(
            command, cwd=REQUIREMENTS, check=False, stderr=subprocess.PIPE, text=True
        )
        if done.returncode:
            raise PortalError(
                explain(done.stderr, f"requirements/{name}.in cannot be locked", REQUIREMENTS)
            )
        say(f"requirements/{name}.txt")


def messages(options):
    enter_environment(SETS["run"])
    arguments = ["--check"] if options.check else []
    return subprocess.run(
        [PYTHON, "-m", "portal.catalogues", *arguments], cwd=ROOT, check=False
    ).returncode


# ---------------------------------------------------------------- backup, restore, bench


def backup(options):
    """One archive: the database in pg_dump's custom format, and the uploads."""
    data = use_data(options.data)
    enter_environment(SETS["run"])
    now = datetime.datetime.now(datetime.UTC)
    target = Path(
        options.file or data / "backups" / f"portal-{now:%Y%m%d-%H%M%S}.tar.gz"
    ).absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    with with_database(data) as connect, tempfile.TemporaryDirectory(dir=target.parent) as folder:
        dump = Path(folder) / "database.dump"
        with dump.open("wb") as output:
            client(data, "pg_dump", connect, ["--format=custom", "--no-owner"], stdout=output)
        try:
            with tarfile.open(draft, "w:gz", compresslevel=3) as archive:
                about = Path(folder) / "about.json"
                about.write_text(
                    json.dumps({"format": 1, "made": now.isoformat()}), encoding="utf-8"
                )
                archive.add(about, "about.json")
                archive.add(dump, "database.dump")
                if (data / "media").exists():
                    archive.add(data / "media", "media")
            draft.chmod(0o600)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    say(f"{target} ({target.stat().st_size / 1e6:.1f} MB)")


def restore(options):
    """Puts an archive in the place of what is there; all of the database or nothing."""
    data = use_data(options.data)
    enter_environment(SETS["run"])
    source = Path(options.file).absolute()
    with contextlib.ExitStack() as stack:
        stack.enter_context(claim(data))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=data)))
        unpack(source, folder)
        connect = stack.enter_context(with_database(data))
        media = data / "media"
        question = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        tables = client(data, "psql", connect, ["-XAtq", "-c", question], stdout=subprocess.PIPE)
        occupied = int(tables) or (media.exists() and any(media.iterdir()))
        if occupied and not options.force:
            raise PortalError(
                f"{data} or its database is not empty; --force replaces what is there."
            )
        dump, script = folder / "database.dump", folder / "restore.sql"
        client(data, "pg_restore", [], ["--no-owner", "-f", script, dump])
        mend_script(script)
        all_or_nothing = ["-Xq1", "-v", "ON_ERROR_STOP=1", "-o", os.devnull]
        client(data, "psql", connect, [*all_or_nothing, "-f", script])
        if media.exists():
            media.rename(folder / "media.before")
        if (folder / "media").exists():
            (folder / "media").rename(media)
    say(f"Restored from {source}. python3 dev.py run brings it up to date.")


def unpack(source, folder):
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PortalError(f"{source} is not there, or not a backup of the portal.") from None
    except (tarfile.TarError, EOFError, ValueError):
        raise PortalError(f"{source} is no backup of the portal, or a damaged one.") from None
    if about.get("format") != 1:
        raise PortalError(f"{source} was made by a newer portal.")


def mend_script(script):
    """The script begins by emptying the database; a setting that older servers do not know goes out."""
    with script.open("rb") as before, script.with_suffix(".new").open("wb") as after:
        after.write(EMPTY_SCHEMA.encode() + b"\n")
        in_data = False
        for line in before:
            if not in_data and line.startswith(
                (b"SET transaction_timeout", b"CREATE SCHEMA public;")
            ):
                continue
            in_data = line != b"\\.\n" and (
                in_data or (line.startswith(b"COPY ") and line.endswith(b"FROM stdin;\n"))
            )
            after.write(line)
    script.with_suffix(".new").replace(script)


@contextlib.contextmanager
def with_database(data):
    """Arguments that connect a PostgreSQL program to the portal's database."""
    url = os.environ.get("DATABASE_URL")
    if url:
        yield [f"--dbname={url}"]
        return
    embedded = database()
    embedded.start(data)
    try:
        yield [
            f"--host={embedded.socket_folder(data)}",
            "--username=postgres",
            f"--dbname={embedded.DATABASE}",
        ]
    finally:
        embedded.release(data)


def client(data, name, connect, arguments, stdout=subprocess.DEVNULL):
    command = [database().program(name), *connect, *arguments]
    done = subprocess.run(
        command, check=False, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE
    )
    if done.returncode:
        raise PortalError(explain(done.stderr.decode(errors="replace"), f"{name} failed", data))
    return done.stdout


def bench(options):
    """Measures the portal on data folders of its own; portal/bench/ says what and how."""
    has_browser = any(shutil.which(name) for name in WANTED_CHROMIUM)
    enter_environment(SETS["test" if has_browser else "run"])
    os.chdir(ROOT)
    os.execv(PYTHON, [str(PYTHON), "-m", "portal.bench", *options.rest])  # noqa: S606 - our own


# ---------------------------------------------------------------- the command line


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="dev.py", description="Starts, tests and tends the portal."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(function, text, **given):
        sub = verbs.add_parser(function.__name__, help=text, description=text, **given)
        sub.set_defaults(function=function)
        return sub

    def takes_data(sub):
        sub.add_argument(
            "--data", metavar="DIR", help="data folder (default: PORTAL_DATA, else var/)"
        )

    sub = verb(run, "start the portal with everything it needs")
    sub.add_argument("--port", type=int, default=8000)
    sub.add_argument("--host", default="127.0.0.1")
    takes_data(sub)
    sub.add_argument(
        "--no-demo", action="store_true", help="load no demo content into an empty database"
    )
    verb(test, "run the test suite; further arguments go to pytest")
    takes_data(verb(stop, "stop the portal and its database"))
    sub = verb(lint, "check style")
    sub.add_argument("--fix", action="store_true", help="mend what can be mended")
    sub = verb(lock, "lock requirements/*.in")
    sub.add_argument("--upgrade", action="store_true", help="to the newest versions allowed")
    sub = verb(messages, "update and compile the message catalogues")
    sub.add_argument("--check", action="store_true", help="only say what is missing")
    verb(bench, "measure start, pages, requests, search …; bench --help tells more", add_help=False)
    sub = verb(backup, "write database and uploads into one archive")
    sub.add_argument("file", nargs="?", help="default: backups/ in the data folder")
    takes_data(sub)
    sub = verb(restore, "put an archive in the place of what is there")
    sub.add_argument("file")
    sub.add_argument("--force", action="store_true", help="replace what is there")
    takes_data(sub)
    options, rest = parser.parse_known_args(arguments)
    if rest and options.verb not in ("test", "bench"):
        parser.error(f"unknown: {' '.join(rest)}")
    options.rest = rest
    return options


def main():
    options = parse(sys.argv[1:])
    try:
        return options.function(options) or 0
    except PortalError as error:
        text = str(error)
    except (KeyboardInterrupt, SignalError):
        return 130
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            text = f"The disk that holds {error.filename or ROOT} is full."
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            text = f"This user may not use {error.filename or ROOT}."
        else:
            raise
    except RuntimeError as error:
        if type(error).__name__ != "EmbeddedError":
            raise
        text = str(error)
    sys.stderr.write(f"{text}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
