"""The search: what it finds first, how fast it is among many documents, how fast they are indexed."""

import csv
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connection

from portal.bench import running
from portal.bench.rows import make_practices
from portal.bench.table import BenchError, Output, p95
from portal.embedded import data_folder
from practices.models import Practice
from search.index import drain, rebuild
from search.models import SearchEntry, Thing, Word
from search.query import search
from search.registry import KINDS

#: What people type, and what must be among the first results.
QUERIES = Path(settings.BASE_DIR) / "tests" / "search" / "queries.csv"
FIRST = 3
#: Of make_practices, the documents a practice has: six of ten are written in both languages.
DOCUMENTS_EACH = 1.6
WORDS = 600


@dataclass
class Relevance:
    """Reciprocal ranks of the first right result, by kind of query; and the queries that missed."""

    ranks: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    missed: list[str] = field(default_factory=list)

    @property
    def mrr(self) -> float:
        """Mean reciprocal rank over all queries, 0 to 1."""
        every = [rank for ranks in self.ranks.values() for rank in ranks]
        return sum(every) / len(every) if every else 0.0


def read_queries() -> list[dict[str, str]]:
    with QUERIES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def relevance() -> Relevance:
    """Ask every query of the set, in its own language, of the index of the demo content."""
    result = Relevance()
    for row in read_queries():
        language = row["language"] if row["language"] in {"ky", "ru"} else "ky"
        found = search(row["query"], language=language)
        names = [f"{hit.kind}:{hit.path.strip('/').rpartition('/')[2]}" for hit in found.hits]
        wanted = {name if ":" in name else f"practice:{name}" for name in row["expected"].split()}
        rank = next((at for at, name in enumerate(names, 1) if name in wanted), 0)
        result.ranks[row["kind"]].append(1 / rank if rank else 0.0)
        if not 0 < rank <= FIRST:
            result.missed.append(f"{row['query']} ({row['kind']}): {', '.join(names[:FIRST])}")
    return result


def add_arguments(parser) -> None:
    parser.add_argument(
        "--documents", type=int, metavar="N", help="speed among N documents instead of relevance"
    )
    parser.add_argument("--queries", type=int, default=300, help="of each kind (300)")


def run(options, out: Output) -> None:
    if options.documents:
        speed(options, out)
        return
    out.progress("Making a portal with demo content …")
    running.set_up(has_demo=True)
    rebuild(KINDS.values(), lambda *_: None)
    result = relevance()
    rows = [
        (
            kind,
            len(ranks),
            f"{sum(ranks) / len(ranks):.3f}",
            sum(rank >= 1 / FIRST for rank in ranks),
        )
        for kind, ranks in sorted(result.ranks.items())
    ]
    count = sum(row[1] for row in rows)
    rows.append(("all", count, f"{result.mrr:.3f}", count - len(result.missed)))
    out.table(
        "Relevance of the search", ["kind of query", "queries", "MRR", "in the first 3"], rows
    )
    for line in result.missed:
        out.write(f"not in the first {FIRST}: {line}")


def speed(options, out: Output) -> None:
    """Index and queries over documents made of the demo's sentences and of rare words."""
    (data_folder() / "throwaway").touch()  # filling it is not what is measured
    running.set_up(has_demo=False)
    out.progress(f"Making {options.documents:,} documents …")
    make_practices(round(options.documents / DOCUMENTS_EACH), words=WORDS)
    out.progress("Building the index …")
    begun = time.perf_counter()
    rebuild(KINDS.values(), lambda kind, done, size: out.progress(f"{kind.name}: {done} of {size}"))
    build = time.perf_counter() - begun
    with connection.cursor() as cursor:
        size = 0
        for model in (Thing, SearchEntry, Word):
            table = model._meta.db_table  # noqa: SLF001
            cursor.execute(f"VACUUM ANALYZE {table}")
            cursor.execute("SELECT pg_total_relation_size(%s)", [table])
            size += cursor.fetchone()[0]
    rows, every = [], []
    for name, queries in kinds_of_queries(options.queries).items():
        out.progress(f"{name} …")
        search(queries[0], language="ky")
        times = []
        for number, text in enumerate(queries):
            begun = time.perf_counter()
            search(text, language=("ky", "ru")[number % 2])
            times.append((time.perf_counter() - begun) * 1000)
        rows.append(_times(name, times))
        every += times
    rows.append(_times("all of them", every))
    out.table(
        "A page of results with facets and count, one connection",
        ["queries", "asked", "ms, median", "p95"],
        rows,
    )
    changes = list(updates())
    out.table(
        "The index",
        ["what", "figure"],
        [
            ("documents", SearchEntry.objects.count()),
            ("different words", Word.objects.count()),
            ("size, MB", round(size / 1e6)),
            ("built in, s", round(build)),
            ("a change of one practice, ms, median", f"{sorted(changes)[len(changes) // 2]:.1f}"),
            ("the same, p95", f"{p95(changes):.1f}"),
        ],
    )


def _times(name: str, times: list[float]) -> tuple[str, int, str, str]:
    return name, len(times), f"{sorted(times)[len(times) // 2]:.1f}", f"{p95(times):.1f}"


def kinds_of_queries(count: int) -> dict[str, list[str]]:
    """Queries of one to three words out of the index: any words, common ones, the commonest."""
    chance = random.Random(1)  # noqa: S311 - the same queries each time
    by_language = {
        language: list(
            Word.objects.filter(language=language)
            .order_by("-entries")
            .values_list("word", flat=True)
        )
        for language in ("ky", "ru")
    }
    if not all(by_language.values()):
        raise BenchError("The index holds no words.")

    def queries(of):
        return [
            " ".join(
                chance.sample(of(by_language[("ky", "ru")[number % 2]]), chance.choice((1, 2, 3)))
            )
            for number in range(count)
        ]

    return {
        "any words": queries(lambda words: words),
        "common words (1,000)": queries(lambda words: words[:1000]),
        "the 50 commonest": queries(lambda words: words[:50]),
    }


def updates():
    """Milliseconds that the entries of one changed practice take, fifty times, after ten that warm up."""
    for number, practice in enumerate(Practice.objects.published().order_by("?")[:60]):
        name = f"title_{practice.original_language}"
        setattr(practice, name, f"{getattr(practice, name)[:100]} жаңы")
        practice.save()
        begun = time.perf_counter()
        drain()
        if number >= 10:
            yield (time.perf_counter() - begun) * 1000
