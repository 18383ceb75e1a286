"""manage.py import_places FILE.csv: shows what would change; with --apply changes it."""

from django.core.management.base import CommandError

from places.imports import import_places
from places.management.table_command import TableCommand


class Command(TableCommand):
    help = "Loads and updates oblasts, districts, towns and ayil aimaks from a CSV file."
    refusal = "Nothing was written: mend the lines above first."

    def bring(self, file, *, apply):
        try:
            return import_places(file, apply=apply)
        except UnicodeDecodeError as error:
            raise CommandError(f"{file} is not in UTF-8.") from error
