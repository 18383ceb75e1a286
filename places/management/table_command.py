"""What commands that bring a table of records have in common: first the report, then --apply."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError


class TableCommand(BaseCommand):
    """FILE.csv [--apply]. A command says in `bring` what is made of the file."""

    #: Said after the report where lines were wrong; `{count}`, and `{fate}`: «were» or «can».
    refusal = (
        "{count} lines could not be taken; the others {fate}. "
        "Mend them and run it again: nothing comes twice."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--apply", action="store_true", help="Write it; without this only the report is made."
        )

    def handle(self, *, file, apply, **options):
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        report = self.bring(file, apply=apply)
        for line in report.lines():
            self.stdout.write(line)
        if report.errors:
            fate = "were" if apply else "can"
            raise CommandError(self.refusal.format(count=len(report.errors), fate=fate))
        if not apply:
            self.stdout.write("This was the report alone. Add --apply to write it.")

    def bring(self, file: Path, *, apply: bool):
        """The report on the file: `lines()` to be shown, `errors`. Raises CommandError."""
        raise NotImplementedError
