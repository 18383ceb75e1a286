"""manage.py load_reference: what ships with the portal, loaded where it is not there yet.

Places, themes, rubrics of the journal and the first texts of the editors' pages. What editors have changed since stays.
"""

import csv
import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from journal.models import Rubric
from places.imports import import_places
from publishing.languages import LanguageState
from publishing.models import AuditEvent, Page
from publishing.workflow import Status
from search.models import Term
from themes.models import Theme


def in_both(names, row) -> dict:
    return {
        f"{name}_{language}": row[name][language] for name in names for language in ("ky", "ru")
    }


class Command(BaseCommand):
    help = "Loads places, themes, rubrics and the editors' first pages where they are missing."

    @transaction.atomic
    def handle(self, **options):
        report = import_places(
            settings.BASE_DIR / "places/data/places.csv", apply=True, keep_existing=True
        )
        if report.errors:
            raise CommandError("\n".join(report.lines()))
        themes = [self.load_theme(row) for row in self.read("themes/data/themes.json")]
        pages = [self.load_page(row) for row in self.read("publishing/data/pages.json")]
        rubrics = [
            self.load_rubric(position, row)
            for position, row in enumerate(self.read("journal/data/rubrics.json"), start=1)
        ]
        terms = self.load_terms()
        self.stdout.write(
            f"reference data: {len(report.created)} places, {sum(themes)} themes, "
            f"{sum(pages)} pages, {terms} terms, {sum(rubrics)} rubrics added"
        )

    def load_terms(self) -> int:
        """All of them into an empty table: one that an editor has taken out stays out."""
        if Term.objects.exists():
            return 0
        with (settings.BASE_DIR / "search/data/terms.csv").open(encoding="utf-8") as lines:
            rows = [
                Term(
                    ky=row["ky"].replace("|", "\n"),
                    ru=row["ru"].replace("|", "\n"),
                    note=row["note"],
                )
                for row in csv.DictReader(lines)
            ]
        return len(Term.objects.bulk_create(rows))

    def read(self, name: str) -> list[dict]:
        return json.loads(Path(settings.BASE_DIR / name).read_text(encoding="utf-8"))

    def load_theme(self, row) -> bool:
        _theme, is_new = Theme.objects.get_or_create(
            slug=row["slug"],
            defaults={"position": row["position"], **in_both(("name", "summary", "text"), row)},
        )
        return is_new

    def load_rubric(self, position, row) -> bool:
        _rubric, is_new = Rubric.objects.get_or_create(
            slug=row["slug"],
            defaults={
                "position": position * 10,
                "is_retired": row.get("is_retired", False),
                **in_both(("name",), row),
            },
        )
        return is_new

    def load_page(self, row) -> bool:
        page, is_new = Page.objects.get_or_create(
            slug=row["slug"],
            defaults={
                "position": row["position"],
                "status": Status.PUBLISHED,
                "published_at": timezone.now(),
                "state_ky": LanguageState.READY,
                "state_ru": LanguageState.READY,
                **in_both(("title", "summary", "body"), row),
            },
        )
        if is_new:
            page.refresh_languages()
            page.save()
            AuditEvent.record(
                page, action="load_reference", actor=None, via="system", after=page.status
            )
        return is_new
