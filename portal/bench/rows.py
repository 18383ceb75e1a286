"""Practices by the hundred thousand, to measure on: sentences of the demo in another order.

They are copied straight into the tables, past signals and tasks; the index of the search is built
afterwards by its own command.
"""

import csv
import io
import random
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain, islice

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from partners.choices import Licence
from places.imports import import_places
from places.models import Municipality
from portal.demo.loader import FOLDER, read_practices
from practices.choices import AdoptionStatus, Evidence, Kind
from practices.models import Adoption, Practice
from publishing.languages import LANGUAGES, LanguageState
from publishing.richtext import plain_text
from publishing.slugs import latin_slug
from publishing.workflow import Status
from themes.models import Theme

#: value: its share of the rows.
STATUSES = {Status.PUBLISHED: 85, Status.NEEDS_CHECK: 10, Status.OUTDATED: 5}
KINDS = {Kind.PRACTICE: 80, Kind.METHOD: 12, Kind.LESSON: 8}
EVIDENCE = dict(zip(Evidence, (40, 25, 15, 10, 6, 4), strict=True))
WRITTEN_IN = {("ky", "ru"): 60, ("ky",): 22, ("ru",): 18}
ADOPTION_STATUSES = {
    AdoptionStatus.IMPLEMENTED: 50,
    AdoptionStatus.SUSTAINED: 20,
    AdoptionStatus.IN_PROGRESS: 20,
    AdoptionStatus.PLANNED: 10,
}
COST_MEDIAN = 300_000  # som
FIRST_DAY, DAYS = date(2010, 1, 1), 16 * 365  # when they began
CHUNK = 2000  # rows a COPY


def make_practices(count: int, *, seed: int = 1, words: int = 120) -> None:
    """Add `count` published practices of about `words` words a language, with their adoptions.

    The same seed gives the same rows. Wants the reference data; brings the demo's municipalities.
    """
    for path in sorted(FOLDER.glob("municipalities-*.csv")):
        import_places(path, apply=True, keep_existing=True, is_demo=True)
    with transaction.atomic():
        _Maker(random.Random(seed), words).make(count)  # noqa: S311 - the same rows each time
    if connection.in_atomic_block:
        return  # VACUUM takes no part in a transaction
    with connection.cursor() as cursor:
        # As autovacuum would soon do: lists read the visibility map and the statistics.
        for model in (Practice, Practice.themes_extra.through, Adoption):
            cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")  # noqa: SLF001


class _Maker:
    def __init__(self, chance: random.Random, words: int):
        self.chance, self.words, self.now = chance, words, timezone.now()
        self.themes = list(Theme.objects.values_list("pk", flat=True))
        self.places = list(Municipality.objects.values_list("pk", flat=True))
        self.titles = {language: [] for language in LANGUAGES}
        self.sentences = {language: [] for language in LANGUAGES}
        for row in read_practices():
            for language in LANGUAGES:
                if title := row["title"][language]:
                    self.titles[language].append(title)
                for name in ("problem", "solution", "result"):
                    text = plain_text(row[name][language])
                    self.sentences[language] += [f"{part}." for part in text.split(". ") if part]

    def make(self, count: int) -> None:
        first = (Practice.objects.order_by("pk").values_list("pk", flat=True).last() or 0) + 1
        numbers = range(first, first + count)
        # The practices last: a row gathers what these say of it (practices/migrations/0005).
        _copy(Practice.themes_extra.through, self.further_themes(numbers))
        _copy(Adoption, self.adoptions(numbers))
        _copy(Practice, map(self.practice, numbers))

    def pick(self, shares: dict):
        return self.chance.choices(list(shares), shares.values())[0]

    def early(self, values: list):
        """One of the values; the first ones come up to five times as often as the last ones."""
        return values[int(len(values) * self.chance.random() ** 1.5)]

    def practice(self, number: int) -> dict:
        chance = self.chance
        written = self.pick(WRITTEN_IN)
        title = f"{chance.choice(self.titles[written[0]])[:100]} {number}"
        values = {
            "id": number,
            "uuid": uuid.UUID(int=chance.getrandbits(128)),
            "number": number,
            "slug": f"{latin_slug(title)}-{number}",
            "original_language": written[0],
            "kind": self.pick(KINDS),
            "status": self.pick(STATUSES),
            "published_at": self.now - timedelta(minutes=5 * number),
            "municipality_id": self.early(self.places),
            "theme_id": self.early(self.themes),
            "evidence_level": self.pick(EVIDENCE),
            "licence": Licence.CC_BY,
            "has_consent": True,
            "has_no_personal_data": True,
            "is_demo": True,
        }
        if chance.random() < 0.95:
            values["started_on"] = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        if chance.random() < 0.85:
            values["cost_once"] = int(chance.lognormvariate(0, 1.6) * COST_MEDIAN)
        for language in written:
            values |= {
                f"title_{language}": title
                if language == written[0]
                else f"{chance.choice(self.titles[language])[:100]} {number}",
                f"promise_{language}": chance.choice(self.sentences[language])[:200],
                f"state_{language}": LanguageState.READY,
            }
            for name in ("problem", "solution", "result"):
                values[f"{name}_{language}"] = self.paragraph(language)
        return values

    def paragraph(self, language: str) -> str:
        """A third of a text."""
        text, left = [], self.words / 3
        while left > 0:
            sentence = self.chance.choice(self.sentences[language])
            text.append(sentence)
            left -= sentence.count(" ") + 1
        return f"<p>{' '.join(text)}</p>"

    def further_themes(self, numbers: range) -> Iterator[dict]:
        """One or two for a third of the practices."""
        for number in numbers:
            if self.chance.random() < 1 / 3:
                for theme in self.chance.sample(self.themes, self.chance.choice((1, 1, 2))):
                    yield {"practice_id": number, "theme_id": theme}

    def adoptions(self, numbers: range) -> Iterator[dict]:
        """One to four for a twentieth of the practices; a third of them is not confirmed."""
        for number in numbers:
            if self.chance.random() < 1 / 20:
                for place in self.chance.sample(self.places, self.chance.choice((1, 1, 2, 4))):
                    finished_on = FIRST_DAY + timedelta(days=DAYS + self.chance.randrange(100))
                    yield {
                        "practice_id": number,
                        "municipality_id": place,
                        "status": self.pick(ADOPTION_STATUSES),
                        "finished_on": finished_on,
                        "confirmed_on": self.chance.choice((finished_on, finished_on, None)),
                        "is_demo": True,
                    }


def _copy(model: type[Model], rows: Iterator[dict]) -> None:
    """COPY rows {column: value}; what a row leaves out is the field's default."""
    blank = model()
    fields = [field for field in model._meta.concrete_fields if not field.generated]  # noqa: SLF001
    values = {field.column: field.pre_save(blank, add=True) for field in fields}
    if (first := next(rows, None)) is None:
        return
    if "id" not in first:
        del values["id"]
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, values))
    table = quote(model._meta.db_table)  # noqa: SLF001
    rows = chain([first], rows)
    with connection.cursor() as cursor:
        while chunk := list(islice(rows, CHUNK)):
            lines = io.StringIO()
            csv.writer(lines).writerows(map(_as_text, (values | row).values()) for row in chunk)
            lines.seek(0)
            cursor.copy_expert(
                f"COPY {table} ({columns}) FROM STDIN (FORMAT csv, NULL 'NULL')", lines
            )
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)


def _as_text(value) -> str:
    """The value in a line of COPY. Lists and mappings are empty here, and both are written {}."""
    if value is None:
        return "NULL"
    return "{}" if isinstance(value, list | dict) else str(value)
