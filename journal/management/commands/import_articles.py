"""manage.py import_articles FILE.csv: shows what would come; with --apply it comes."""

from django.core.management.base import CommandError

from journal.imports import COLUMNS, import_articles
from places.management.table_command import TableCommand
from practices.imports import FileRefused


class Command(TableCommand):
    help = (
        "Brings published articles of an earlier site from a CSV file with the columns "
        f"{', '.join(COLUMNS)}. PDF files lie beside it."
    )

    def bring(self, file, *, apply):
        try:
            return import_articles(file, apply=apply)
        except FileRefused as refusal:
            raise CommandError(str(refusal)) from refusal
