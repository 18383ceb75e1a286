"""Finding: from what a person typed to a page of results.

Things match by the query's wide form and are ranked by how they match the direct one.
"""

from dataclasses import dataclass, field
from math import log10

from django.contrib.postgres.search import SearchQuery
from django.db import connection, transaction
from django.db.models import QuerySet

from search.analysis import OTHER
from search.models import Label, SearchEntry, Thing
from search.parsing import Query
from search.registry import KINDS
from search.snippets import Matches, Part, marked, snippet

PAGE_SIZE = 20
#: Deeper than this nobody reads: a further word helps more than a further page.
MAX_PAGES = 10
FACETS = ("kind", "theme", "oblast", "year", "language")
#: Of many matches the newest are ranked, the newest that hold the words in title or summary, and the
#: newest that hold them in the title.
RANKED = 200
#: The best of them are looked at again by their whole text; so many are shown in all.
RERANKED, SHOWN = 60, PAGE_SIZE * MAX_PAGES
#: Fewer things than this, and a misspelling is looked for.
FEW = 3


_TABLE = f'"{Thing._meta.db_table}"'  # noqa: SLF001
_SHOWN = (
    "language", "title", "path", "note", "summary", "body", "thing__kind", "thing__object_id",
)  # fmt: skip
_LABELS = f'"{Label._meta.db_table}"'  # noqa: SLF001
_ENTRIES = f'"{SearchEntry._meta.db_table}"'  # noqa: SLF001
#: Weights of D, C, B and A: a word in the title counts ten times one in the text.
_WEIGHTS = "{0.1, 0.4, 0.6, 1}"
_HEAD_WEIGHTS = "{0.1, 0.3, 0.5, 1}"

#: SQL of a choice: which of the labels of Thing.shelf meet it.
_OF_SHELF = {
    "kind": "split_part(text, '|', 1) = %(kind)s",
    "oblast": "split_part(text, '|', 2) = %(oblast)s",
    "year": "split_part(text, '|', 3) = %(year)s",
    "language": "%(language)s = ANY(string_to_array(split_part(text, '|', 4), ' '))",
}
#: The same of Thing.themes.
_OF_THEMES = "%(theme)s = ANY(string_to_array(text, ' '))"


@dataclass(frozen=True)
class Hit:
    """One thing found, in the language its text is shown in. `note` says where it is or what it is."""

    kind: str
    object_id: int
    language: str
    title: list[Part]
    snippet: list[Part]
    #: Address without the language: "/practices/solar-pump-house/".
    path: str
    note: str


@dataclass
class Found:
    """A page of results.

    query: as typed. searched: what was searched in the end; it differs from the query where that
    found nothing and a correction did. suggestion: what may have been meant, or "". is_partial: so
    few things hold all the words, or none, that those follow which hold some of them. facets:
    {facet: {value: things}}, each counted with the other facets' choices in force.
    """

    query: str
    searched: str = ""
    suggestion: str = ""
    is_partial: bool = False
    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    page: int = 1
    pages: int = 0
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Suggestion:
    """What the box offers while one types: a thing with its address, or, without one, a word."""

    text: str
    kind: str = ""
    path: str = ""
    language: str = ""


def search(text: str, *, language: str, chosen: dict[str, str] | None = None, page=1) -> Found:
    """Find things by words of either language. chosen: {facet: value} out of FACETS."""
    chosen = {name: value for name, value in (chosen or {}).items() if value and name in FACETS}
    query = Query(text)
    found = Found(query=query.text, searched=query.text)
    if not query.groups:
        return found
    asked = (language, chosen, max(1, page))
    if not _run(query, found, *asked):
        for other in query.corrections():
            if _run(other, found, *asked):
                found.searched = other.text
                return found
    elif found.total < FEW and not chosen:
        found.suggestion = next((other.text for other in query.corrections()), "")
    if found.total < FEW and len(query.groups) > 1:
        query.is_any = True
        before = found.total
        found.is_partial = _run(query, found, *asked) > before
    return found


def ids_of(kind: str, text: str) -> QuerySet:
    """Ids of the things of a kind that hold all the words: narrows another list by its own search."""
    query = Query(text)
    if not query.groups:
        return Thing.objects.none().values("object_id")
    wanted = SearchQuery(query.wide, search_type="raw", config="simple")
    return Thing.objects.filter(kind=kind, full=wanted).values("object_id")


def suggest(text: str, *, language: str, limit: int = 6) -> list[Suggestion]:
    """What one may be about to type, from two letters on: things by their titles, else words."""
    query = Query(text, is_unfinished=True)
    if not query.groups or len(query.text) < 2:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH found AS MATERIALIZED (
                SELECT id, kind, object_id, head FROM {_TABLE} WHERE head @@ %(wide)s::tsquery
                ORDER BY published_at DESC LIMIT 500
            )
            SELECT entry.title, kind, entry.path, entry.language
            FROM found JOIN {_ENTRIES} AS entry ON entry.thing_id = found.id
            ORDER BY (lower(entry.title) LIKE %(beginning)s) DESC,
                ts_rank(%(weights)s, head, %(direct)s::tsquery)
                + ts_rank(%(weights)s, head, %(wide)s::tsquery)
                + CASE WHEN entry.language = %(language)s THEN 0.1 ELSE 0 END DESC,
                found.id LIMIT %(limit)s
            """,  # noqa: S608
            {
                "wide": query.wide,
                "direct": query.any_direct,
                "weights": _HEAD_WEIGHTS,
                "language": language,
                "beginning": query.text.lower().replace("%", "").replace("_", "") + "%",
                "limit": limit * 2,
            },
        )
        rows = cursor.fetchall()
    found: dict[str, Suggestion] = {}
    for row in rows:
        one = Suggestion(*row)
        found.setdefault(one.path, one)
    if found:
        return list(found.values())[:limit]
    return [Suggestion(other.text) for other in query.corrections()][:limit]


def _score(query: Query) -> str:
    """SQL of how well title, summary and keywords match: for each group what was typed counts more
    than what is like it, the title more than the rest, a rare word more than a common one.
    """
    return " + ".join(
        f"""%(rarity_{number})s * CASE
            WHEN head @@ %(title_direct_{number})s::tsquery THEN 1
            WHEN head @@ %(title_alike_{number})s::tsquery THEN 0.7
            WHEN head @@ %(direct_{number})s::tsquery THEN 0.5
            WHEN head @@ %(title_wide_{number})s::tsquery THEN 0.5
            WHEN head @@ %(alike_{number})s::tsquery THEN 0.35
            WHEN head @@ %(wide_{number})s::tsquery THEN 0.25 ELSE 0 END"""
        for number in range(len(query.groups))
    )


def _worth() -> str:
    """SQL of what a match in a kind of things is worth."""
    cases = "".join(
        f" WHEN '{kind.name}' THEN {kind.worth}" for kind in KINDS.values() if kind.worth != 1
    )
    return f"CASE kind{cases} ELSE 1 END" if cases else "1"


def _held(query: Query) -> str:
    """SQL of which groups the whole text holds, where one of them is enough: who holds all of them
    comes first, then who holds the rare ones.
    """
    if not query.is_any:
        return "0"
    return " + ".join(
        [
            "CASE WHEN text @@ %(every_wide)s::tsquery THEN 3 ELSE 0 END",
            *(
                f"""%(rarity_{number})s * CASE
                    WHEN text @@ %(wide_{number})s::tsquery THEN 2 ELSE 0 END"""
                for number in range(len(query.groups))
            ),
        ]
    )


def _group_parameters(query: Query) -> dict[str, str | float]:
    parameters: dict[str, str | float] = {}
    for number, group in enumerate(query.groups):
        parameters |= {
            f"rarity_{number}": 1 / (1 + log10(1 + group.entries)),
            f"title_direct_{number}": group.direct_query(in_title=True),
            f"title_alike_{number}": group.alike_query(in_title=True),
            f"title_wide_{number}": group.wide_query(in_title=True),
            f"direct_{number}": group.direct_query(),
            f"alike_{number}": group.alike_query(),
            f"wide_{number}": group.wide_query(),
        }
    return parameters


def _labelled(column: str, condition: str) -> str:
    """SQL of the rows whose label meets the condition; it is looked up once a label."""
    return f"{column} IN (SELECT id FROM {_LABELS} WHERE {condition})" if condition else "true"  # noqa: S608


def _counts(on_shelf: str, of_theme: str) -> str:
    """SQL of how many matches have each label: of what things are counted by, and of their themes,
    each with the choices among the other. In one pass where nothing is chosen.
    """
    if on_shelf == of_theme:
        return """SELECT shelf_id, themes_id, count(*) AS things FROM matched
            GROUP BY GROUPING SETS ((shelf_id), (themes_id))"""
    return f"""
        SELECT shelf_id, NULL AS themes_id, count(*) AS things FROM matched
            WHERE {of_theme} GROUP BY shelf_id
        UNION ALL SELECT NULL, themes_id, count(*) FROM matched
            WHERE {on_shelf} GROUP BY themes_id"""  # noqa: S608


def _statement(query: Query, chosen: dict[str, str]) -> str:
    """One statement for the page, its facets and the count: the matches are gathered once.

    Columns: what ("best", "hit", "shelf" or "themes"), value, number – of things, or a hit's id –
    score.
    """
    shelf = " AND ".join(_OF_SHELF[name] for name in chosen if name in _OF_SHELF)
    on_shelf = _labelled("shelf_id", shelf)
    of_theme = _labelled("themes_id", _OF_THEMES if "theme" in chosen else "")
    every = f"{on_shelf} AND {of_theme}"
    # «|| ''» makes a vector whole in memory once, where each look at it would unpack it again.
    # Labels are looked up row by row: a join is planned badly while the table has no statistics.
    return f"""
    WITH matched AS MATERIALIZED (
        SELECT id, shelf_id, themes_id, published_at FROM {_TABLE} WHERE "full" @@ %(wide)s::tsquery
    ), candidates AS MATERIALIZED (
        (SELECT id FROM matched WHERE {every} ORDER BY published_at DESC, id LIMIT {RANKED})
        UNION
        (SELECT id FROM {_TABLE} WHERE head @@ %(wide)s::tsquery AND {every}
            ORDER BY published_at DESC, id LIMIT {RANKED})
        UNION
        (SELECT id FROM {_TABLE} WHERE head @@ %(in_title)s::tsquery AND {every}
            ORDER BY published_at DESC, id LIMIT {RANKED})
    ), heads AS MATERIALIZED (
        SELECT id, kind, shelf_id, published_at, head || '' AS head FROM {_TABLE}
        WHERE id = ANY(ARRAY(SELECT id FROM candidates))
    ), scored AS MATERIALIZED (
        SELECT id, ({_score(query)}
            + 2 * ts_rank_cd(%(head_weights)s, head, %(direct)s::tsquery, 32)) * {_worth()}
            + CASE WHEN (SELECT split_part(text, '|', 4) FROM {_LABELS} WHERE id = shelf_id)
                LIKE %(of_page)s THEN 0.05 ELSE 0 END AS score
        FROM heads ORDER BY score DESC, published_at DESC, heads.id LIMIT {SHOWN}
    ), texts AS MATERIALIZED (
        SELECT id, score, "full" || '' AS text FROM {_TABLE} JOIN
            (SELECT id, score FROM scored ORDER BY score DESC LIMIT {RERANKED}) AS best USING (id)
    )
    SELECT 'best', '', id, score + {_held(query)}
        + ts_rank_cd(%(weights)s, text, %(direct)s::tsquery, 2 | 32)
        + ts_rank_cd(%(weights)s, text, %(wide)s::tsquery, 32) FROM texts
    UNION ALL SELECT 'hit', '', id, score FROM scored
    UNION ALL SELECT CASE WHEN shelf_id IS NULL THEN 'themes' ELSE 'shelf' END,
        (SELECT text FROM {_LABELS} WHERE id = coalesce(shelf_id, themes_id)), things, 0
        FROM ({_counts(on_shelf, of_theme)}) AS counted
    """  # noqa: S608


@transaction.atomic
def _run(query: Query, found: Found, language: str, chosen: dict[str, str], page: int) -> int:
    """Fill in what the query finds, the page asked for or the last one; how many things that is."""
    with connection.cursor() as cursor:
        # Many alternatives look to the planner as if they matched everything; and to compile the
        # statement, or to start processes for it, would take longer than to run it.
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL work_mem = '32MB';"
            "SET LOCAL max_parallel_workers_per_gather = 0"
        )
        cursor.execute(
            _statement(query, chosen),
            {
                "wide": query.wide,
                "direct": query.direct,
                "in_title": query.in_title,
                "every_wide": query.every_wide,
                **_group_parameters(query),
                "weights": _WEIGHTS,
                "head_weights": _HEAD_WEIGHTS,
                "of_page": f"%{language}%",
                **chosen,
            },
        )
        rows = cursor.fetchall()
    found.total, found.facets = 0, {name: {} for name in FACETS}
    scores: dict[int, tuple[bool, float]] = {}
    for what, value, number, score in rows:
        if what in {"best", "hit"}:
            # Those ranked by their whole text come before the others.
            scores[number] = max(scores.get(number, (False, 0)), (what == "best", float(score)))
        elif what == "shelf":
            found.total += _count(found.facets, value, number, chosen)
        else:
            _add(found.facets["theme"], value, number)
    best = sorted(scores, key=lambda pk: (scores[pk], -pk), reverse=True)
    found.pages = min(-(-len(best) // PAGE_SIZE), MAX_PAGES)
    found.page = min(page, max(found.pages, 1))
    start = (found.page - 1) * PAGE_SIZE
    ids = best[start : start + PAGE_SIZE]
    found.hits = _hits(query, ids, chosen.get("language") or language)
    return found.total


def _count(facets: dict, value: str, number: int, chosen: dict[str, str]) -> int:
    """Count the things of a shelf for each facet whose other choices they meet; how many of them
    meet all.
    """
    values = dict(zip(_OF_SHELF, value.split("|"), strict=True))
    unmet = [
        name for name in _OF_SHELF if name in chosen and chosen[name] not in values[name].split()
    ]
    for name in unmet or _OF_SHELF:
        if len(unmet) < 2:
            _add(facets[name], values[name], number)
    return 0 if unmet else number


def _add(counts: dict[str, int], values: str, number: int) -> None:
    for value in values.split():
        counts[value] = counts.get(value, 0) + number


def _hits(query: Query, ids: list[int], wanted: str) -> list[Hit]:
    """The things as they are shown: in the language wanted where that text holds a word searched
    for, else in the one that was found.
    """
    shown: dict[int, Hit] = {}
    rest = ids
    for language in (wanted, OTHER[wanted]):
        of = Matches(language, query.wide_lexemes)
        entries = SearchEntry.objects.filter(thing__in=rest, language=language)
        for entry in entries.select_related("thing").only(*_SHOWN):
            hit = _hit(entry, of)
            if entry.thing_id not in shown or _has_match(hit):
                shown[entry.thing_id] = hit
        rest = [pk for pk in ids if pk not in shown or not _has_match(shown[pk])]
        if not rest:
            break
    return [shown[pk] for pk in ids if pk in shown]


def _hit(entry: SearchEntry, matches: Matches) -> Hit:
    text = snippet(entry.body, matches)
    if not any(part.is_match for part in text):
        text = snippet(entry.summary or entry.body, matches)
    return Hit(
        kind=entry.thing.kind,
        object_id=entry.thing.object_id,
        language=entry.language,
        title=marked(entry.title, matches),
        snippet=text,
        path=entry.path,
        note=entry.note,
    )


def _has_match(hit: Hit) -> bool:
    return any(part.is_match for part in (*hit.title, *hit.snippet))
