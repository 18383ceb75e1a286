"""Many readers at once for a minute, and again while the database is stopped in the middle."""

import shutil
import threading

from portal import embedded
from portal.bench import addresses, running
from portal.bench.requests import LANGUAGE, wrk
from portal.bench.table import BenchError, Output

PROMISE = 500  # ms
SCRIPT = """\
local paths = {{ {paths} }}
local asked = 0
request = function()
  asked = asked + 1
  return wrk.format("GET", paths[asked % #paths + 1])
end
"""


def add_arguments(parser) -> None:
    parser.add_argument("--readers", type=int, default=500, help="at once (500)")
    parser.add_argument("--seconds", type=int, default=60, help="how long (60)")


def run(options, out: Output) -> None:
    if not shutil.which("wrk"):
        out.write("Load: skipped, wrk is not installed (apt-get install wrk).\n")
        return
    out.progress("Starting a portal with demo content …")
    rows = []
    with running.portal() as portal:
        running.wait_until_idle()
        script = embedded.data_folder() / "readers.lua"
        paths = ", ".join(f'"{path}"' for path in asked())
        script.write_text(SCRIPT.format(paths=paths), encoding="utf-8")

        def measure(label):
            out.progress(f"{label} …")
            load = wrk(
                portal.url, options.seconds, {"Accept-Encoding": "br"}, options.readers, script
            )
            rows.append((label, load.per_second, load.median, load.p99, load.failed))

        measure("with the database")
        stopping = threading.Timer(options.seconds / 2, embedded.stop, [embedded.data_folder()])
        stopping.start()
        try:
            measure("database stopped in the middle")
        finally:
            stopping.cancel()
            stopping.join()
        if portal.process.poll() is not None:
            raise BenchError("the portal has ended together with its database.")
    head = ("", "requests/s", "ms, median", "ms, p99", "failed")
    out.table(f"{options.readers} readers at once for {options.seconds} s", head, rows)
    out.write(f"Promised: no request fails, p99 of {PROMISE} ms.\n")


def asked() -> list[str]:
    """Pages in the order in which each reader asks for them."""
    names = ("home", "list", "practice", "theme", "municipality", "list, two facets")
    of_all = addresses.pages(LANGUAGE)
    return [of_all[name] for name in names]
