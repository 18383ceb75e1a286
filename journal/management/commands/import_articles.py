"""manage.py import_articles FILE.csv: shows what would come; with --apply it comes."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from journal.imports import COLUMNS, import_articles
from practices.imports import FileRefused


class Command(BaseCommand):
    help = (
        "Brings published articles of an earlier site from a CSV file with the columns "
        f"{', '.join(COLUMNS)}. PDF files lie beside it."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--apply", action="store_true", help="Write it; without this only the report is made."
        )

    def handle(self, *, file, apply, **options):
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            report = import_articles(file, apply=apply)
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        for line in report.lines():
            self.stdout.write(line)
        if not apply:
            self.stdout.write("This was the report alone. Add --apply to write it.")
        if report.errors:
            raise CommandError(
                f"{len(report.errors)} lines could not be taken; the others "
                f"{'were' if apply else 'can'}. Mend them and run it again: nothing comes twice."
            )
