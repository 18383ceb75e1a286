"""Writing the index, so that it follows what is published even when a process is killed.

A change of a thing leaves a row in Pending, in its own transaction; a task, and the clock for what
a task missed, take such rows one by one and write the thing's entries. What may no longer be found
loses its entries at once, in the transaction that takes it back.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import structlog
from django.db import connection, transaction
from psycopg2.extras import execute_values

from search import analysis
from search.models import Label, Pending, SearchEntry, Thing, Word
from search.registry import KINDS, Document, Kind

logger = structlog.get_logger("portal.search")

#: Key of the database lock under which words are counted.
WORDS_LOCK = 7_305_002
#: Batches of a rebuild at once: most of the time goes into reading words.
JOBS = 2
#: Of SearchEntry.texts: how much each weighs.
WEIGHTS = "AABCD"


def note(kind: Kind, ids: Iterable[int], *, is_own: bool = False) -> None:
    """Things have changed: their entries are to be written anew after commit.

    is_own: the change is in the thing's own row, which may have taken it from the public.
    """
    from search.tasks import index_soon

    ids = sorted({pk for pk in ids if pk})
    if not ids:
        return
    # Not ignore_conflicts: the row must be locked, else a worker may take it before this commits.
    Pending.objects.bulk_create(
        [Pending(kind=kind.name, object_id=pk) for pk in ids],
        update_conflicts=True,
        unique_fields=["kind", "object_id"],
        update_fields=["object_id"],
    )
    # After that: a worker that has the thing in hand is waited for with no lock held.
    if is_own:
        found = set(kind.things().filter(pk__in=ids).values_list("pk", flat=True))
        if gone := [pk for pk in ids if pk not in found]:
            remove(kind, gone)
    transaction.on_commit(index_soon)


def drain() -> int:
    """Write the entries of all that waits; how many things that was. Several may run at once."""
    failed: list[int] = []
    count = 0
    while True:
        with transaction.atomic():
            waiting = Pending.objects.select_for_update(skip_locked=True).exclude(pk__in=failed)
            row = waiting.order_by("pk").first()
            if not row:
                return count
            try:
                with transaction.atomic():
                    row_id = row.pk
                    row.delete()
                    if kind := KINDS.get(row.kind):
                        write(kind, [row.object_id])
                count += 1
            except Exception:
                # It stays in the queue for the next run; the others must not wait for it.
                failed.append(row_id)
                logger.exception("index_failed", kind=row.kind, object_id=row.object_id)


@transaction.atomic(savepoint=False)
def write(kind: Kind, ids: list[int]) -> None:
    """Write the entries of things as they are now; remove those of what may not be found."""
    _lock(kind, ids)
    counts = Counter()
    for entry in _written(kind, ids):
        counts.subtract(_words(entry, _read(entry)))
    things, entries = [], []
    for record in kind.things().filter(pk__in=ids):
        own = [_entry(document) for document in kind.documents(record)]
        read = [_read(entry) for entry in own]
        things.append(_thing(kind, record, own, read))
        entries.append(own)
        for entry, raws in zip(own, read, strict=True):
            counts.update(_words(entry, raws))
    if gone := set(ids) - {thing.object_id for thing in things}:
        Thing.objects.filter(kind=kind.name, object_id__in=gone).delete()
    _upsert(things, entries)
    _count_words(counts)


@transaction.atomic
def remove(kind: Kind, ids: Iterable[int]) -> None:
    """Take things out of the index now."""
    counts = Counter()
    ids = list(ids)
    for entry in _written(kind, ids):
        counts.subtract(_words(entry, _read(entry)))
    Thing.objects.filter(kind=kind.name, object_id__in=ids).delete()
    _count_words(counts)


def rebuild(kinds: Iterable[Kind], progress: Callable[[Kind, int, int], None]) -> int:
    """Write every entry anew, batch by batch, while the index is in use; how many things it holds.

    progress(kind, done, all) is called after each batch.
    """
    total = 0
    for kind in kinds:
        size = kind.things().count()
        done = 0
        for written in _in_jobs(partial(_rewrite, kind), list(_batches(kind))):
            done += written
            progress(kind, done, max(size, done))
        total += done
    Thing.objects.exclude(kind__in=list(KINDS)).delete()
    return total


def _in_jobs(work: Callable[[tuple], int], batches: list[tuple]) -> Iterator[int]:
    """What the work says of each batch, several worked on at once, each in a process of its own."""
    if connection.in_atomic_block:  # which other connections do not see into
        yield from map(work, batches)
        return
    connection.close()  # no two processes may share one
    with ProcessPoolExecutor(JOBS, mp_context=get_context("fork")) as processes:
        yield from processes.map(work, batches)


def _batches(kind: Kind) -> Iterator[tuple[int, list[int]]]:
    """(last id before, ids); at the end an empty batch, for what stands behind."""
    last = 0
    ids = kind.things().order_by("pk").values_list("pk", flat=True)
    while batch := list(ids.filter(pk__gt=last)[: kind.batch]):
        yield last, batch
        last = batch[-1]
    yield last, []


def _rewrite(kind: Kind, batch: tuple[int, list[int]]) -> int:
    """Write the entries of the batch, and remove what the index holds between its things."""
    last, ids = batch
    stray = Thing.objects.filter(kind=kind.name, object_id__gt=last).exclude(object_id__in=ids)
    if ids:
        stray = stray.filter(object_id__lt=ids[-1])
    remove(kind, list(stray.values_list("object_id", flat=True)))
    write(kind, ids)
    return len(ids)


def note_differences() -> int:
    """Put into the queue what a change without signals, a new analysis or an error left behind."""
    count = 0
    for kind in KINDS.values():
        things = Thing.objects.filter(kind=kind.name)
        written = {
            pk: (changed_at, version)
            for pk, changed_at, version in things.values_list("object_id", "changed_at", "analysis")
        }
        found = set()
        late = []
        for thing in kind.things().iterator(chunk_size=kind.batch):
            found.add(thing.pk)
            if written.get(thing.pk) != (kind.about(thing).changed_at, analysis.VERSION):
                late.append(thing.pk)
        late += [pk for pk in written if pk not in found]
        note(kind, late)
        count += len(late)
    return count


def _lock(kind: Kind, ids: list[int]) -> None:
    """Nobody else writes these things: what is read under it is not older than what stands there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, pk)) FROM unnest(%s::bigint[]) AS pk",
            [f"search {kind.name}", sorted(ids)],
        )


def _written(kind: Kind, ids: list[int]) -> list[SearchEntry]:
    """Entries as the index holds them."""
    entries = SearchEntry.objects.filter(thing__kind=kind.name, thing__object_id__in=ids)
    entries = entries.select_related("thing").defer("thing__head", "thing__full")
    return list(entries.order_by("thing", "language"))


def _entry(document: Document) -> SearchEntry:
    texts = {
        name: analysis.clean(getattr(document, name))
        for name in ("title", "aliases", "keywords", "summary", "body")
    }
    texts["title"] = texts["title"][:300]
    return SearchEntry(
        language=document.language, path=document.path, note=document.note[:300], **texts
    )


def _read(entry: SearchEntry) -> list[list[str]]:
    """The words of each of its texts as written."""
    return [analysis.raw_words(text) for text in entry.texts]


def _words(entry: SearchEntry, read: list[list[str]]) -> set[tuple[str, str]]:
    """(language, word), each once."""
    words = analysis.words(raw for raws in read for raw in raws)
    return {(entry.language, word) for word in words}


def _thing(kind: Kind, record, entries: list[SearchEntry], read: list[list[list[str]]]) -> Thing:
    """Title, aliases, keywords and summary of both languages come first, then the bodies."""
    about = kind.about(record)
    languages = " ".join(sorted(entry.language for entry in entries))
    fields = [
        (raws, weight, entry.language)
        for entry, texts in zip(entries, read, strict=True)
        for raws, weight in zip(texts, WEIGHTS, strict=True)
    ]
    fields.sort(key=lambda field: field[1] == "D")
    head = [analysis.vector(field for field in fields if field[1] != "D")]
    titles = analysis.vector(field for field in fields if field[1] == "A").split()
    head += [f"'{analysis.in_title(part[1:])}" for part in titles]
    return Thing(
        kind=kind.name,
        object_id=record.pk,
        shelf=Label(text="|".join([kind.name, about.oblast, str(about.year or ""), languages])),
        themes=Label(text=" ".join(about.themes)),
        published_at=about.published_at,
        changed_at=about.changed_at,
        analysis=analysis.VERSION,
        head=" ".join(head),
        full=analysis.vector(fields),
    )


def _upsert(things: list[Thing], entries: list[list[SearchEntry]]) -> None:
    """Write things over what stands there, and their entries anew."""
    labels = _labels({text for thing in things for text in (thing.shelf.text, thing.themes.text)})
    for thing in things:
        thing.shelf, thing.themes = labels[thing.shelf.text], labels[thing.themes.text]
    names = [field.attname for field in Thing._meta.concrete_fields if not field.primary_key]  # noqa: SLF001
    columns = ", ".join(f'"{name}"' for name in names)
    update = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in names[2:])
    with connection.cursor() as cursor:
        written = execute_values(
            cursor.cursor,
            f'INSERT INTO "{Thing._meta.db_table}" ({columns}) VALUES %s '  # noqa: S608, SLF001
            f"ON CONFLICT (kind, object_id) DO UPDATE SET {update} RETURNING object_id, id",
            [[getattr(thing, name) for name in names] for thing in things],
            page_size=100,
            fetch=True,
        )
    pks = dict(written)
    for thing, own in zip(things, entries, strict=True):
        for entry in own:
            entry.thing_id = pks[thing.object_id]
    fields = [field.name for field in SearchEntry._meta.concrete_fields if not field.primary_key]  # noqa: SLF001
    made = SearchEntry.objects.bulk_create(
        [entry for own in entries for entry in own],
        update_conflicts=True,
        unique_fields=["thing", "language"],
        update_fields=[name for name in fields if name not in {"thing", "language"}],
    )
    stale = SearchEntry.objects.filter(thing__in=pks.values())
    stale.exclude(pk__in=[entry.pk for entry in made]).delete()


def _labels(texts: set[str]) -> dict[str, Label]:
    """The labels of these texts, made where they are missing."""
    found = Label.objects.in_bulk(texts, field_name="text")
    if missing := sorted(texts - found.keys()):  # in one order, so that no two wait in a circle
        Label.objects.bulk_create([Label(text=text) for text in missing], ignore_conflicts=True)
        found |= Label.objects.in_bulk(missing, field_name="text")
    return found


def _count_words(counts: Counter) -> None:
    """Add to the number of entries that hold each word; a word of none goes."""
    more = sorted(key for key, change in counts.items() if change > 0)
    fewer = sorted(key for key, change in counts.items() if change < 0)
    if not more and not fewer:
        return
    table = Word._meta.db_table  # noqa: SLF001
    with connection.cursor() as cursor:
        # Last of all, so that it is held for a moment: in whatever order two take words, none waits
        # for the other in a circle.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WORDS_LOCK])
        if more:
            execute_values(
                cursor.cursor,
                f'INSERT INTO "{table}" (language, word, folded, stem, folded_stem, entries) '  # noqa: S608
                f"VALUES %s ON CONFLICT (language, word) "
                f'DO UPDATE SET entries = "{table}".entries + EXCLUDED.entries',
                [_word_row(language, word, counts[language, word]) for language, word in more],
                page_size=1000,
            )
        if fewer:
            left = execute_values(
                cursor.cursor,
                f'UPDATE "{table}" AS word SET entries = greatest(word.entries + less.change, 0) '  # noqa: S608
                "FROM (VALUES %s) AS less (language, word, change) "
                "WHERE word.language = less.language AND word.word = less.word "
                "RETURNING word.id, word.entries",
                [(*key, counts[key]) for key in fewer],
                page_size=1000,
                fetch=True,
            )
            Word.objects.filter(pk__in=[pk for pk, entries in left if not entries]).delete()


def _word_row(language: str, word: str, entries: int) -> tuple:
    stem = analysis.stem(word, language)
    return language, word, analysis.fold(word), stem, analysis.fold(stem), entries
