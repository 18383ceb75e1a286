"""Public pages as files: packed, shared by all processes of the machine, there after a restart.

What is read often lies in the operating system's own cache of files, once for all processes.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import structlog

from portal.compression import packed, unpacked

logger = structlog.get_logger("portal.pages")

#: The last byte is the version of the format. A file of another version is as good as none.
MAGIC = b"LSGPAGE\x01"
HEAD = struct.Struct(
    "<8s16sII"
)  # magic, digest of the rest, bytes of what is told, bytes of brotli
#: Brotli 10 makes a page an eighth lighter than 5 and costs it 10 ms once; 11 costs 30 and gains nothing.
QUALITY = 10
DAYS_KEPT = 7
DAY = 24 * 60 * 60
LOCKS = 64
LOCK_POLLED = 0.005  # s
DRAFT_KEPT = 60  # s: a file that was being written by a process that was killed


@dataclass
class StoredPage:
    """One page. started: monotonic moment, good within one run; made_at: seconds since 1970."""

    path: str
    query: str
    run: str
    started: float
    made_at: float
    headers: list[list[str]]
    digest: str
    brotli: bytes = field(default=b"", repr=False)
    gzip: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, path: str, query: str, content: bytes, **told) -> "StoredPage":
        """Packs the content (as it is, not packed)."""
        return cls(
            path,
            query,
            made_at=time.time(),
            digest=hashlib.blake2b(content, digest_size=12).hexdigest(),
            brotli=packed(content, "br", QUALITY),
            gzip=packed(content, "gzip"),
            **told,
        )

    @property
    def content(self) -> bytes:
        return unpacked(self.gzip)

    def in_coding(self, coding: str) -> bytes:
        return {"br": self.brotli, "gzip": self.gzip}.get(coding) or self.content

    def to_bytes(self) -> bytes:
        told = {
            name: value for name, value in asdict(self).items() if name not in {"brotli", "gzip"}
        }
        told = json.dumps(told).encode()
        rest = told + self.brotli + self.gzip
        return HEAD.pack(MAGIC, _sum(rest), len(told), len(self.brotli)) + rest

    @classmethod
    def from_bytes(cls, data: bytes) -> "StoredPage":
        """Raises ValueError where the bytes are torn, foreign or of another version."""
        if len(data) < HEAD.size:
            raise ValueError("too short")
        magic, digest, told, middle = HEAD.unpack_from(data)
        rest = data[HEAD.size :]
        if magic != MAGIC or digest != _sum(rest):
            raise ValueError("not a page")
        return cls(
            **json.loads(rest[:told]),
            brotli=rest[told : told + middle],
            gzip=rest[told + middle :],
        )


class StoredPages:
    """The folder. Never fails: a page that cannot be written is made again, that is all."""

    def __init__(self, folder: Path, most: int):
        """most: bytes that all files together may take."""
        self.folder, self.most = folder, most
        self._written = most  # the first page looks what is there
        self._is_told = False

    def name_of(self, path: str, query: str) -> str:
        """q… for an address with a query: those go first when room is needed, for they have no end."""
        key = f"{path}?{query}".encode("utf-8", "surrogatepass")
        return ("q" if query else "p") + hashlib.blake2b(key, digest_size=16).hexdigest()

    def read(self, path: str, query: str) -> StoredPage | None:
        """The page, however old in this run, at most DAYS_KEPT days; None where there is none."""
        try:
            data = (self.folder / self.name_of(path, query)).read_bytes()
            page = StoredPage.from_bytes(data)
        except (OSError, ValueError, TypeError):
            return None
        is_it = (page.path, page.query) == (path, query)
        return page if is_it and page.made_at > time.time() - DAYS_KEPT * DAY else None

    def write(self, page: StoredPage) -> None:
        data = page.to_bytes()
        path = self.folder / self.name_of(page.path, page.query)
        draft = self.folder / f"draft-{os.getpid()}-{threading.get_ident()}"
        try:
            self._make_folder()
            draft.write_bytes(data)
            draft.replace(path)
            self._written += len(data)
            if self._written > self.most // 16:
                self.make_room()
        except OSError as error:
            with contextlib.suppress(OSError):
                draft.unlink()
            if not self._is_told:
                self._is_told = True
                logger.warning("pages_not_stored", error=str(error))

    def _make_folder(self) -> None:
        if not (self.folder / "locks").is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / "locks").mkdir(exist_ok=True)

    def remove(self, path: str, query: str) -> None:
        with contextlib.suppress(OSError):
            (self.folder / self.name_of(path, query)).unlink()

    def make_room(self) -> None:
        """Take away what is too old, then what is too much: the oldest, those with a query first."""
        self._written = 0
        now, files, total = time.time(), [], 0
        for entry in os.scandir(self.folder):
            with contextlib.suppress(OSError):
                if not entry.is_file():
                    continue
                state = entry.stat()
                age, is_page = now - state.st_mtime, entry.name[0] in "pq"
                if age > (DAYS_KEPT * DAY if is_page else DRAFT_KEPT):
                    Path(entry).unlink()
                elif is_page:
                    files.append((entry.name[0] == "p", state.st_mtime, state.st_size, entry.path))
                    total += state.st_size
        # Two workers may each write a sixteenth before one of them looks again.
        for _has_no_query, _time, size, path in sorted(files):
            if total <= self.most * 7 // 8:
                break
            with contextlib.suppress(OSError):
                Path(path).unlink()
            total -= size

    @contextlib.contextmanager
    def alone(self, path: str, query: str, patience: float) -> Iterator[None]:
        """One thread of all processes at a time (or nearly: addresses share LOCKS locks).

        Whoever has waited for `patience` seconds goes on beside the others.
        """
        number = int(self.name_of(path, query)[1:9], 16) % LOCKS
        try:
            self._make_folder()
            lock = self.folder / "locks" / f"{number:02}"
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield
            return
        try:
            until = time.monotonic() + patience
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    if time.monotonic() > until:
                        break
                    time.sleep(LOCK_POLLED)
            yield
        finally:
            os.close(descriptor)


def _sum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
