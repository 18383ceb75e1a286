"""manage.py import_practices FILE.csv [--dry-run]: drafts from a table, errors by line."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from practices.imports import COLUMNS, FileRefused, import_practices


class Command(BaseCommand):
    help = f"Makes drafts of practices from a CSV file with the columns {', '.join(COLUMNS)}."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="Make the same report and write nothing."
        )

    def handle(self, *, file, dry_run, **options):
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            report = import_practices(file, dry_run=dry_run)
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        for line in report.lines():
            self.stdout.write(line)
        if dry_run:
            self.stdout.write("This was the report alone: nothing was written.")
        if report.errors:
            raise CommandError(
                f"{len(report.errors)} lines could not be taken; the others "
                f"{'can' if dry_run else 'were'}. Mend them and run it again: nothing comes twice."
            )
