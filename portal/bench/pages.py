"""What each kind of page weighs on the wire, and what it costs to make."""

import re
from functools import cache

from portal.bench import addresses, running
from portal.bench.table import Output
from portal.bench.timing import timed
from publishing.languages import LANGUAGES

FETCHED = re.compile(
    r"<(?:img|script|source)\b[^>]*?\bsrc(?:set)?=\"([^\" ]+)|<image\b[^>]*?\bhref=\"([^\" ]+)"
)
STYLESHEET = re.compile(r"<link\b[^>]*rel=\"stylesheet\"(?! media=\"print\")[^>]*href=\"([^\"]+)")
#: Fetched last, and no view waits for it.
FOR_PAPER = re.compile(r"<link\b[^>]*media=\"print\"[^>]*href=\"([^\"]+)")
ICON = re.compile(r"<link\b[^>]*rel=\"icon\"[^>]*href=\"([^\"]+\.svg)")
IN_CSS = re.compile(r"url\(\"?([^\")]+)\"?\)")
PROMISES = {"HTML + CSS": 14, "JS": 8, "whole page": 40}  # KB
KILOBYTE = 1024


def add_arguments(parser) -> None:
    parser.add_argument("--runs", type=int, default=30, help="requests of each page (30)")


def run(options, out: Output) -> None:
    out.progress("Starting a portal with demo content …")
    costs, weights = [], []
    with running.portal() as portal:
        running.wait_until_idle()
        for language in LANGUAGES:
            paths = addresses.pages(language)
            out.progress(f"Asking for pages in {language} …")
            for name, path in (paths | addresses.files(language)).items():
                timing = timed(path, options.runs)
                label = f"{name}, {language}"
                costs.append((label, timing.queries, timing.median, timing.p95))
                if name in paths:
                    brotli, gzip = weigh(portal, path, "br"), weigh(portal, path, "gzip")
                    weights.append((label, *map(both, brotli, gzip)))
    out.table("Pages past the cache", ("page", "queries", "ms, median", "ms, p95"), costs)
    head = ("KB, brotli / gzip", "HTML", "HTML + CSS", "JS", "whole page without photos")
    out.table("Weight of pages", head, weights)
    promises = ", ".join(f"{name} {size} KB" for name, size in PROMISES.items())
    out.write(f"Promised with brotli, at most: {promises}.\n")


def both(brotli: int, gzip: int) -> str:
    return f"{brotli / KILOBYTE:.1f} / {gzip / KILOBYTE:.1f}"


def weigh(portal: running.Portal, path: str, coding: str) -> tuple[int, int, int, int]:
    """Bytes on the wire, without headers: HTML, HTML and CSS, JavaScript, all but photos."""

    @cache
    def size(path: str) -> int:
        return len(portal.get(path, Accept_Encoding=coding)[2])

    html = portal.get(path)[2].decode()
    sheets, parts = loaded(html)
    for sheet in sheets:
        # Written relative to the stylesheet, in the folder above it.
        named = IN_CSS.findall(portal.get(sheet)[2].decode())
        parts |= {f"/static/{name.removeprefix('../')}" for name in named}
    first_view = size(path) + sum(map(size, sheets))
    scripts = sum(size(part) for part in parts if part.endswith(".js"))
    return size(path), first_view, scripts, first_view + sum(map(size, parts))


def loaded(html: str) -> tuple[set[str], set[str]]:
    """Stylesheets, and what else a browser fetches by itself: no photo, and one of the icons."""
    parts = {found for pair in FETCHED.findall(html) for found in pair if found}
    parts |= set(ICON.findall(html)) | set(FOR_PAPER.findall(html))
    photos = ("data:", "/media/")
    return set(STYLESHEET.findall(html)), {part for part in parts if not part.startswith(photos)}
