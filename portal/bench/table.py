"""How figures are summed up and printed: aligned for a terminal, or as Markdown."""

import os
import platform
import re
import shlex
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import IO

from portal import embedded

Cell = str | int | float | None


class BenchError(Exception):
    """Why it cannot be measured: one sentence for the person at the terminal."""


class Output:
    """Where the parts print."""

    def __init__(self, stream: IO[str], *, is_markdown: bool = False):
        self.stream, self.is_markdown = stream, is_markdown

    def table(self, title: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Rows under a title; the first column names what was measured."""
        draw = markdown if self.is_markdown else aligned
        self.write(f"{'### ' if self.is_markdown else ''}{title}\n\n{draw(head, rows)}\n")

    def write(self, text: str) -> None:
        """A sentence, or some."""
        self.stream.write(f"{text}\n")
        self.stream.flush()

    def progress(self, text: str) -> None:
        """What is being done, for whoever waits; no part of the result."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def aligned(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    table = _cells(head, rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    )


def markdown(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    titles, *table = _cells(head, rows)
    table = [[cell.replace("|", "\\|") for cell in line] for line in table]
    line = ["---", *["---:"] * (len(titles) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (titles, line, *table))


def _cells(head, rows) -> list[list[str]]:
    return [list(head), *([_text(cell) for cell in row] for row in rows)]


def _text(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.1f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def p95(values: Sequence[float]) -> float:
    """The value that a twentieth of them exceed; of a single one, itself."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def heading(arguments: Sequence[str]) -> str:
    """Day, command and machine, as a paragraph of Markdown."""
    today = date.today()  # noqa: DTZ011 - the day of whoever measures
    command = shlex.join(["python3", "dev.py", "bench", *arguments])
    return f"Measured on {today:%Y-%m-%d} by `{command}` on {machine()}.\n\n"


def machine() -> str:
    """Processor, cores, memory, system, versions, and what else it was busy with."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    database = subprocess.run(  # noqa: S603 - our own program
        [embedded.program("postgres"), "--version"], check=True, capture_output=True, text=True
    )
    version = re.search(r"\(PostgreSQL\) (\S+)", database.stdout)
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.platform()
    return (
        f"{processor()}, {os.cpu_count()} cores, {memory / 2**30:.0f} GB, {system}, "
        f"Python {platform.python_version()}, PostgreSQL {version[1] if version else '?'}; "
        f"load average before {os.getloadavg()[0]:.1f}"
    )


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
