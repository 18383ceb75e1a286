"""How long this process takes for a page, past every cache of whole pages."""

import gc
import statistics
import time
from dataclasses import dataclass
from http import HTTPStatus

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.bench.table import BenchError, p95

ACCEPT = "br, gzip"


@dataclass(frozen=True)
class Timing:
    """Of one page: queries, and milliseconds in the middle and of the slowest twentieth."""

    queries: int
    median: float
    p95: float


def timed(address: str, runs: int, *, user=None, **environ) -> Timing:
    """Asked for once before; raises BenchError where the answer is not the page.

    user: who is signed in. environ: what a server would add to each request.
    """
    client = Client(headers={"accept-encoding": ACCEPT}, **environ)
    if user:
        client.force_login(user)
    status = client.get(address).status_code
    if status != HTTPStatus.OK:
        raise BenchError(f"{address} answers {status}.")
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
        count = len(queries)  # now: the next request empties the log
    gc.collect()
    gc.freeze()  # as the server does with what it has loaded (portal/server.py)
    times = []
    for _run in range(runs):
        begun = time.perf_counter()
        client.get(address)
        times.append((time.perf_counter() - begun) * 1000)
    return Timing(count, statistics.median(times), p95(times))
