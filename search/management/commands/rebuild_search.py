"""manage.py rebuild_search: every entry of the index written anew, while it is in use."""

import time

from django.core.management.base import BaseCommand, CommandError

from search.index import note_differences, rebuild
from search.registry import KINDS


class Command(BaseCommand):
    help = "Writes the search index anew, batch by batch; searches go on meanwhile."

    def add_arguments(self, parser):
        parser.add_argument("kinds", nargs="*", help=f"of {', '.join(KINDS)}; all by default")
        parser.add_argument(
            "--differences",
            action="store_true",
            help="only queue what is missing, superfluous or of an older analysis",
        )

    def handle(self, *, kinds, differences, **options):
        if unknown := set(kinds) - set(KINDS):
            raise CommandError(f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(KINDS)}.")
        if differences:
            self.stdout.write(f"{note_differences()} things queued")
            return
        self.begun = self.told = time.monotonic()
        total = rebuild([KINDS[name] for name in kinds or KINDS], self.progress)
        self.stdout.write(f"{total} things in {time.monotonic() - self.begun:.1f} s")

    def progress(self, kind, done, size):
        now = time.monotonic()
        if done == size or now - self.told >= 2:
            self.told = now
            left = (size - done) * (now - self.begun) / max(done, 1)
            self.stdout.write(f"{kind.name}: {done} of {size}, {left:.0f} s left")
            self.stdout.flush()
