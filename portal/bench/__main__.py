"""python3 dev.py bench [PART] [options]: measures the portal on data folders of its own.

Each part runs in a process of its own on an empty data folder, which goes with it. A part is a module
beside this one with `add_arguments(parser)`, which may be absent, and `run(options, out)`.
"""

import argparse
import importlib
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
from pathlib import Path

from portal import embedded
from portal.bench.table import BenchError, Output, heading
from portal.server import die_with_parent

PARTS = {
    "start": "seconds until the portal is ready; memory of its processes",
    "pages": "weight, queries and time of each kind of page",
    "requests": "requests per second: from the cache, past it, and nginx on the same machine",
    "load": "500 readers at once for a minute, with and without the database",
    "paint": "first paint in Chromium on a slow network",
    "search": "relevance of the search; its speed over many documents",
    "growth": "lists and search with 1,000 to 100,000 practices",
    "journal": "an issue of 25 articles as PDF and EPUB: time and memory",
    "contests": "a contest of 300 applications: sheets, places; members and applicants at once",
}
#: What runs where no part is named, with arguments that keep it to a few minutes.
SHORT = {
    "start": [],
    "pages": [],
    "requests": [],
    "paint": [],
    "search": [],
    "growth": ["--rows", "1000", "5000", "--runs", "10"],
    "journal": [],
    "contests": ["--no-rush"],
}
#: Would lead to another database, or to another portal.
FOREIGN = ("DATABASE_URL", "CACHE_URL", "SITE_URL", "ALLOWED_HOSTS", "DEBUG", "STATIC_ROOT")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Exit code: 0, 1 where a part failed, 2 for wrong arguments, 130 where it was interrupted."""
    options, rest = parse(arguments)
    for name in FOREIGN:
        os.environ.pop(name, None)
    if options.markdown and not options.help:
        sys.stdout.write(heading(arguments))
    try:
        parts = {options.part: rest} if options.part else SHORT
        return max(measure(part, options.markdown, given) for part, given in parts.items())
    except KeyboardInterrupt:
        return INTERRUPTED


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """What is the same for all parts, and the arguments of the part."""
    parser = argparse.ArgumentParser(
        prog="dev.py bench",
        description="Without PART: the quick ones, about five minutes on a quiet machine.",
        epilog="Parts: "
        + "; ".join(f"{name} – {text}" for name, text in PARTS.items())
        + ". bench PART --help lists the options of one.",
        add_help=False,
    )
    parser.add_argument("part", nargs="?", choices=PARTS, metavar="PART")
    parser.add_argument("--markdown", action="store_true", help="tables for docs/performance.md")
    parser.add_argument("--help", "-h", action="store_true", help="show this message")
    options, rest = parser.parse_known_args(arguments)
    if options.help and options.part:
        rest.append("--help")
    elif options.help:
        parser.print_help()
        parser.exit()
    elif rest and not options.part:
        parser.error(f"unknown: {' '.join(rest)}")
    return options, rest


def measure(part: str, is_markdown: bool, arguments: list[str]) -> int:
    """Runs one part in its own process and folder, and leaves neither behind."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        process = multiprocessing.get_context("fork").Process(
            target=run, args=(part, Path(folder), is_markdown, arguments)
        )
        sys.stdout.flush()
        process.start()
        try:
            process.join()
        finally:
            # Until the next part: a second Ctrl-C must not leave anything half tidied up.
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            if process.is_alive():
                process.terminate()
                process.join()
            embedded.stop(Path(folder))
    return abs(process.exitcode)


def run(part: str, folder: Path, is_markdown: bool, arguments: list[str]) -> None:
    """The part's process: Django is set up on the folder, the database is not yet there."""
    os.setsid()  # Ctrl-C reaches it through its parent, once
    die_with_parent()
    os.environ |= {"PORTAL_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    import django

    django.setup()
    logging.disable(logging.WARNING)  # each request made in this process would write its line
    module = importlib.import_module(f"portal.bench.{part}")
    parser = argparse.ArgumentParser(prog=f"dev.py bench {part}", description=PARTS[part])
    if hasattr(module, "add_arguments"):
        module.add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        module.run(options, Output(sys.stdout, is_markdown=is_markdown))
    except (BenchError, embedded.EmbeddedError) as error:
        sys.exit(f"{part}: {error}")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _interrupt(number, frame):
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
