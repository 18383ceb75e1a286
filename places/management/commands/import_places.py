"""manage.py import_places FILE.csv: shows what would change; with --apply changes it."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from places.imports import import_places


class Command(BaseCommand):
    help = "Loads and updates oblasts, districts, towns and ayil aimaks from a CSV file."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--apply", action="store_true", help="Write it; without this only the report is made."
        )

    def handle(self, *, file, apply, **options):
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            report = import_places(file, apply=apply)
        except UnicodeDecodeError as error:
            raise CommandError(f"{file} is not in UTF-8.") from error
        for line in report.lines():
            self.stdout.write(line)
        if report.errors:
            raise CommandError("Nothing was written: mend the lines above first.")
        if not apply:
            self.stdout.write("This was the report alone. Add --apply to write it.")
