"""Whether lists and the search stay as quick as they are when practices become many."""

import argparse
import io
import math
import time

from django.core.management import call_command
from django.db.models import Count

from portal.bench import addresses, running
from portal.bench.rows import make_practices
from portal.bench.table import Output
from portal.bench.timing import Timing, timed
from portal.embedded import data_folder
from portal.freshness import Freshness
from portal.keeper import Keeper
from practices.filters import SORTS
from practices.models import Practice
from publishing.languages import LANGUAGES
from publishing.public_pages import KEEPER

ROWS = (1_000, 10_000, 100_000)
PROMISED_LIST, PROMISED_SEARCH = 60, 100  # ms
#: Rows of the commonest theme and oblast, and nearly all rows.
BROAD = "kind=practice&language=ky"


def add_arguments(parser) -> None:
    parser.add_argument(
        "--rows",
        type=positive,
        nargs="+",
        default=ROWS,
        help="how many practices (1000 10000 100000)",
    )
    parser.add_argument("--runs", type=positive, default=20, help="requests of each page (20)")


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("one at least")
    return number


def run(options, out: Output) -> None:
    out.progress("Making a portal without demo content …")
    (data_folder() / "throwaway").touch()  # filling it is not what is measured
    running.set_up(has_demo=False)
    figures, addresses_by_name = {}, {}
    for count in sorted(options.rows):
        out.progress(f"Making {count:,} practices …")
        present = Practice.objects.count()
        make_practices(count - present, seed=present + 1)  # the same seed would give the same UUIDs
        out.progress("Building the index of the search …")
        call_command("rebuild_search", stdout=io.StringIO())
        addresses_by_name = addresses_by_name or lists()
        timings = {}
        for name, address in addresses_by_name.items():
            out.progress(f"{name} …")
            timings[name] = timed(address, options.runs)
        for name, timing in (timings | kept_figures(options.runs)).items():
            cells = (timing.queries, f"{timing.median:.1f} / {timing.p95:.1f}")
            figures.setdefault(name, []).extend(cells)
    head = ["ms, median / p95"]
    for count in sorted(options.rows):
        head += ["queries", f"{count:,} rows"]
    out.table("Growth", head, ([name, *cells] for name, cells in figures.items()))
    out.write(
        f"Promised at 100,000 rows: {PROMISED_LIST} ms for a list with two facets, p95 of "
        f"{PROMISED_SEARCH} ms for the search; the same number of queries.\n"
    )


def kept_figures(runs: int) -> dict[str, Timing]:
    """Lists whose figures have been counted since the last change (portal/keeper.py)."""
    freshness = Freshness()
    keeper = Keeper(freshness)
    freshness.ensure_listening()
    try:
        while freshness.since == math.inf:
            time.sleep(0.05)
        return {
            f"{name}, figures at hand": timed(address, runs, **{KEEPER: keeper})
            for name, address in lists().items()
            if name.endswith(", newest")
        }
    finally:
        freshness.stop()


def lists() -> dict[str, str]:
    """Lists and searches by name; the same at every size."""
    narrow = f"theme={commonest('theme__slug')}&oblast={commonest('municipality__oblast__code')}"
    found = {}
    for sort in SORTS:
        found[f"list, {sort}"] = f"/ky/practices/?sort={sort}"
        found[f"theme and oblast, {sort}"] = f"/ky/practices/?{narrow}&sort={sort}"
        found[f"kind and language, {sort}"] = f"/ky/practices/?{BROAD}&sort={sort}"
    for language in LANGUAGES:
        for words in addresses.QUERIES[language]:
            found[f"search: {words}"] = f"/{language}/search/?q={words.replace(' ', '+')}"
    return found


def commonest(path: str) -> str:
    counted = Practice.objects.order_by().values(path).annotate(rows=Count("pk"))
    return counted.order_by("-rows").first()[path]
