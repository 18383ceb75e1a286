"""PDF sheets and PNG pictures from Typst templates.

A template (templates/<app>/<what>.typ) receives its data as JSON through sys.inputs and never as
markup, so whatever people type appears as typed. Every PDF is tagged (PDF/UA-1) and carries its
language and title. The fonts are those of publishing/pdf/fonts and no others; the same data give
the same bytes.
"""

import ctypes
import hashlib
import json
import os
import struct
import subprocess
import sys
import unicodedata
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from publishing.pdf.breaks import without_breaks

FONTS = Path(__file__).parent / "fonts"
DRAW = Path(__file__).parent / "draw.py"
SECONDS = 30
#: One heap for all threads, and what is free goes back at once: a tenth less memory to draw.
SPARING = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "MALLOC_MMAP_THRESHOLD_": "131072",
}
#: Look-alikes of Kyrgyz letters and signs the fonts lack, by what is drawn in their place.
LOOK_ALIKES = str.maketrans(
    {"ѳ": "ө", "Ѳ": "Ө", "ӊ": "ң", "Ӊ": "Ң", "\u2011": "-", "\u202f": "\u00a0", "\u2009": "\u00a0"}
)
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


class DrawingFailed(Exception):
    """A template's mistake, with the line it is in."""


def render_pdf(
    template: str,
    data: dict,
    *,
    language: str,
    title: str,
    made_at: datetime | None = None,
    pictures: dict[str, bytes] | None = None,
) -> bytes:
    """A tagged PDF of the template; made_at: the date inside the file, fixed where not given.

    pictures: bytes by the name under which the template finds them, «/pictures/<name>».
    """
    drawn = _drawn(
        template,
        data,
        language,
        title,
        pictures,
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=int((made_at or BEGINNING).timestamp()),
    )
    return without_breaks(drawn)


def render_png(
    template: str,
    data: dict,
    *,
    language: str,
    title: str = "",
    ppi: float = 72,
    pictures: dict[str, bytes] | None = None,
) -> bytes:
    """The template's one page as PNG; at 72 ppi a typographic point is a pixel."""
    return _drawn(template, data, language, title, pictures, format="png", ppi=ppi)


def fingerprint(template: str, data: dict) -> str:
    """Short digest of the data and of the template: the same one, the same drawing."""
    shown = json.dumps(data, ensure_ascii=False, sort_keys=True, default=str).encode()
    return hashlib.blake2s(_sources(template) + shown, digest_size=6).hexdigest()


@cache
def _sources(template: str) -> bytes:
    """What the drawing depends on beside its data."""
    return b"".join(path.read_bytes() for path in _template_files(template).values())


def _template_files(template: str) -> dict[str, Path]:
    """The template, those beside it, and what all templates share, by the names they import."""
    folder = Path("templates", template).parent
    beside = sorted((settings.BASE_DIR / folder).glob("*.typ"))
    shared = sorted(Path(__file__).parent.glob("*.typ"))
    return {f"{folder}/{path.name}": path for path in beside} | {
        f"publishing/pdf/{path.name}": path for path in shared
    }


def _drawn(template, data, language, title, pictures, **options) -> bytes:
    if not pictures:
        return _run(settings.BASE_DIR, template, data, language, title, options)
    # Typst reads from one folder alone: a picture stands there beside copies of the templates.
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for name, path in _template_files(template).items():
            copy = root / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
        (root / "pictures").mkdir()
        for name, content in pictures.items():
            (root / "pictures" / name).write_bytes(content)
        return _run(root, template, data, language, title, options)


def _run(root: Path, template, data, language, title, options) -> bytes:
    job = {
        "template": str(root / "templates" / template),
        "root": str(root),
        "fonts": str(FONTS),
        "page": drawable({"language": language, "title": title, "data": data}),
        "options": options,
    }
    give_memory_back()
    done = subprocess.run(  # noqa: S603  our own interpreter and script, the data on stdin
        [sys.executable, "-I", DRAW],
        input=json.dumps(job, ensure_ascii=False).encode(),
        env=os.environ | SPARING,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise DrawingFailed(f"{template}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def give_memory_back() -> None:
    """Return what is free to the system, where it can be told: after pictures, some 20 MB.

    This process waits with all it holds while the one that draws needs most.
    """
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


def drawable(value):
    """The data with every text reduced to what the fonts can draw.

    PDF/UA refuses a letter without a shape, and one emoji in a title must not cost the sheet.
    """
    if isinstance(value, dict):
        return {key: drawable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [drawable(item) for item in value]
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value).translate(LOOK_ALIKES)
    known = known_letters()
    if known.issuperset(text):
        return text
    return "".join(
        char if char in known else "".join(known.intersection(unicodedata.normalize("NFKC", char)))
        for char in text
    )


@cache
def known_letters() -> frozenset[str]:
    """Every character some font of the repository has a shape for."""
    codes: set[int] = set()
    for path in sorted(FONTS.glob("*.ttf")):
        codes |= _codes_of(path.read_bytes())
    return frozenset(map(chr, codes)) | {"\n", "\u00ad"}


def _codes_of(font: bytes) -> set[int]:
    """Code points in the font's `cmap` table, format 4 (all that such fonts carry)."""
    (tables,) = struct.unpack_from(">H", font, 4)
    records = (struct.unpack_from(">4sLLL", font, 12 + 16 * n) for n in range(tables))
    cmap = next(offset for tag, _sum, offset, _length in records if tag == b"cmap")
    codes: set[int] = set()
    for n in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        table = cmap + struct.unpack_from(">HHL", font, cmap + 4 + 8 * n)[2]
        if struct.unpack_from(">H", font, table)[0] != 4:
            continue
        segments = struct.unpack_from(">H", font, table + 6)[0] // 2
        last = struct.unpack_from(f">{segments}H", font, table + 14)
        first = struct.unpack_from(f">{segments}H", font, table + 16 + 2 * segments)
        for start, end in zip(first, last, strict=True):
            codes.update(range(start, end + 1))
    return codes - {0xFFFF}


@cache
def mark_svg() -> str:
    """The portal's mark, the crown of the yurt."""
    return (settings.BASE_DIR / "static" / "img" / "mark.svg").read_text("utf-8")
