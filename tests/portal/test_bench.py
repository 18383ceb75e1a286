"""dev.py bench: what it takes, what it prints, what it leaves behind. No test looks at a clock."""

import io
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

import dev
from portal.bench import __main__ as bench
from portal.bench import growth, load, paint, requests, running, table
from portal.bench.pages import loaded
from portal.bench.timing import timed
from tests import factories

WRK = """\
Running 5s test @ http://127.0.0.1:8000/ky/
  2 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.13s   469.89ms   1.84s    53.33%
    Req/Sec    13.53     11.16    47.00     80.00%
  Latency Distribution
     50%  850.00us
     75%    1.51ms
     90%   17.20ms
     99%    1.84s
  1051 requests in 5.03s, 348.48KB read
  Socket errors: connect 1, read 0, write 0, timeout 36
  Non-2xx or 3xx responses: 5
Requests/sec:   1210.14
Transfer/sec:     69.27KB
"""


@pytest.fixture
def out():
    return table.Output(io.StringIO())


# ---------------------------------------------------------------- the command line


def test_arguments_after_the_part_are_the_parts_own():
    options = dev.parse(["bench", "search", "--documents", "1000", "--markdown"])
    assert options.function is dev.bench
    options, rest = bench.parse(options.rest)
    assert (options.part, options.markdown) == ("search", True)
    assert rest == ["--documents", "1000"]


def test_help_is_of_all_parts_or_of_one(capsys):
    with pytest.raises(SystemExit):
        bench.parse(["--help"])
    said = capsys.readouterr().out
    assert all(f"{part} – " in " ".join(said.split()) for part in bench.PARTS)
    assert bench.parse(["growth", "--help"])[1] == ["--help"]


@pytest.mark.parametrize("arguments", [["everything"], ["--documents", "5"]])
def test_unknown_arguments_are_refused(arguments):
    with pytest.raises(SystemExit) as refused:
        bench.parse(arguments)
    assert refused.value.code == 2


def test_every_quick_part_is_a_part():
    assert set(bench.SHORT) <= set(bench.PARTS)


@pytest.mark.parametrize("number", ["0", "-5"])
def test_growth_wants_at_least_one_row(number):
    with pytest.raises(growth.argparse.ArgumentTypeError):
        growth.positive(number)


# ---------------------------------------------------------------- figures and tables


def test_slowest_twentieth():
    assert table.p95([7.0]) == 7.0
    assert table.p95([float(number) for number in range(101)]) == 95
    assert table.p95([1.0] * 99 + [500.0]) == 1.0


def test_table_is_aligned():
    rows = [("page home", 12345, 0.25), ("nginx", 7, None)]
    assert table.aligned(("", "requests/s", "ms"), rows).splitlines() == [
        "           requests/s   ms",
        "page home      12,345  0.2",
        "nginx               7    –",
    ]


def test_table_is_markdown_where_that_is_wanted():
    out = table.Output(io.StringIO(), is_markdown=True)
    out.table("Start", ("until", "s"), [("first | start", 21.26)])
    assert out.stream.getvalue().splitlines() == [
        "### Start",
        "",
        "| until | s |",
        "| --- | ---: |",
        "| first \\| start | 21.3 |",
        "",
    ]


def test_heading_tells_command_machine_and_versions():
    heading = table.heading(["growth", "--rows", "1000"])
    assert "`python3 dev.py bench growth --rows 1000`" in heading
    assert f"{os.cpu_count()} cores" in heading
    assert "PostgreSQL 1" in heading


def test_figures_of_wrk_are_read():
    seen = requests.read_wrk(WRK)
    assert (seen.per_second, seen.median, seen.p99, seen.failed) == (1210.14, 0.85, 1840, 42)


def test_photos_and_further_icons_are_not_weighed():
    sheets, parts = loaded(
        '<link rel="stylesheet" href="/static/css/portal.css">'
        '<link rel="stylesheet" media="print" href="/static/css/print.css">'
        '<link rel="icon" href="/static/img/favicon.ico" sizes="32x32">'
        '<link rel="icon" href="/static/img/favicon.svg" type="image/svg+xml">'
        '<script src="/static/js/portal.js" type="module"></script>'
        '<img alt="" src="/media/photos/x/1.jpg"><img src="/felt/theme-1.svg" alt="">'
        '<script type="application/ld+json">{}</script>'
    )
    assert sheets == {"/static/css/portal.css"}
    assert parts == {
        "/static/css/print.css", "/static/img/favicon.svg", "/static/js/portal.js", "/felt/theme-1.svg",
    }  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_of_a_process_and_of_what_it_started():
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as process:
        deadline = time.monotonic() + 10
        while not running.children_of(process.pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        [child] = running.children_of(process.pid)
        assert running.memory_of(process.pid) > running.memory_of(child) > 0
    assert running.memory_of(process.pid) == 0


@pytest.mark.django_db
def test_page_is_timed_with_its_queries_and_nothing_but_a_page():
    practice = factories.make_practice("published")
    seen = timed(f"/ru/practices/{practice.slug}/", runs=2)
    assert seen.queries > 5
    assert 0 < seen.median <= seen.p95
    with pytest.raises(table.BenchError, match="answers 302"):
        timed("/ru/account/", runs=1)


# ---------------------------------------------------------------- what is not there


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (requests, "wrk is not installed"),
        (load, "wrk is not installed"),
        (paint, "there is no Chromium"),
    ],
)
def test_part_without_its_program_says_so_and_starts_nothing(
    part, sentence, out, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    part.run(SimpleNamespace(), out)
    assert sentence in out.stream.getvalue()


# ---------------------------------------------------------------- what it leaves behind


def test_interrupted_it_leaves_no_folder_and_no_process(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "PORTAL_DATA"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.bench", "growth"],
        cwd=dev.ROOT,
        env=environment | {"TMPDIR": str(tmp_path)},
        stderr=subprocess.DEVNULL,
    )

    def until(question):
        deadline = time.monotonic() + 30
        while not question():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)

    until(lambda: list(tmp_path.glob("portal-bench-*/postgres/postmaster.pid")))
    [pid_file] = tmp_path.glob("portal-bench-*/postgres/postmaster.pid")
    server = int(pid_file.read_text(encoding="ascii").split()[0])
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert list(tmp_path.iterdir()) == []
    assert dev.identity(server) is None
