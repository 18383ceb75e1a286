"""The start of a portal with two workers, and the memory of all its processes but the database's."""

from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from portal.bench import addresses, running
from portal.bench.table import BenchError, Output
from practices.models import Practice
from publishing.languages import LANGUAGES

PROMISE = 300  # MB
READERS = 8
ROUNDS = 5


def run(options, out: Output) -> None:
    out.progress("Starting the portal for the first time …")
    with running.portal() as portal:
        seconds = [("first start, with demo content", portal.seconds)]
        running.wait_until_idle()
    out.progress("Starting it again …")
    with running.portal() as portal:
        seconds.append(("second start", portal.seconds))
        memory = [["after the start", *by_process(portal.process.pid)]]
        out.progress("Reading all its pages …")
        asked = warm_up(portal)
        memory.append([f"after {asked:,} requests", *by_process(portal.process.pid)])
    out.table("Start", ("until it is ready", "s"), seconds)
    head = ("memory, MB", "in all", "server, 2 workers and task worker", "dev.py")
    out.table("Memory without the database", head, memory)
    if not memory[-1][1]:
        out.write("Memory is only measured on Linux.\n")
    else:
        out.write(f"Promised: at most {PROMISE} MB in all.\n")


def by_process(pid: int) -> tuple[float, float, float]:
    """MB in all, of the server with what is forked from it, of dev.py itself."""
    total = running.memory_of(pid) / 1e6
    own = total - sum(running.memory_of(child) for child in running.children_of(pid)) / 1e6
    return total, total - own, own


def warm_up(portal: running.Portal) -> int:
    """Every kind of page and every practice, by several readers at once. How many requests it was."""
    paths = []
    for language in LANGUAGES:
        paths += addresses.pages(language).values()
        paths += addresses.files(language).values()
        slugs = Practice.objects.published().values_list("slug", flat=True)
        paths += [f"/{language}/practices/{slug}/" for slug in slugs]
    paths *= ROUNDS
    with ThreadPoolExecutor(READERS) as readers:
        for path, (status, *_rest) in zip(paths, readers.map(portal.get, paths), strict=True):
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise BenchError(f"{path} answers {status}.")
    return len(paths)
