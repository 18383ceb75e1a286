"""All that stands between the sources and a portal that can serve, in one process."""

from __future__ import annotations

import hashlib
from io import StringIO
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal import catalogues
from search.analysis import VERSION
from search.index import note_differences
from search.models import Thing


class Command(BaseCommand):
    help = (
        "Compiles the catalogues, migrates, loads the reference data, collects static files and "
        "loads the demo content into an empty database. What is done already is not done again."
    )

    def add_arguments(self, parser):
        parser.add_argument("--no-demo", action="store_true", help="load no demo content")
        parser.add_argument("--no-static", action="store_true", help="collect no static files")

    def handle(self, *, no_demo, no_static, **options):
        catalogues.compile_all()
        self.migrate()
        call_command("load_reference", stdout=StringIO())
        if not no_static:
            self.collect_static()
        if not no_demo:
            self.load_demo()
        self.index()

    def migrate(self):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.say("Migrating the database …")
            call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)

    def collect_static(self):
        stamp = settings.DATA_DIR / "static.digest"
        digest = _static_digest()
        manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
        if manifest.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == digest:
            return
        self.say("Collecting static files …")
        stamp.unlink(missing_ok=True)
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(digest, encoding="ascii")

    def load_demo(self):
        """An interrupted load is taken up again: the mark goes only when it is through."""
        mark = settings.DATA_DIR / "demo.loading"
        models = (apps.get_model("practices", "Practice"), get_user_model())
        if mark.exists() or not any(model.objects.exists() for model in models):
            self.say("Loading the demo content …")
            mark.touch()
            call_command("load_demo", stdout=StringIO())
            mark.unlink()

    def index(self):
        """The first time, and after a change of the analysis, everything is queued for the index."""
        if not Thing.objects.filter(analysis=VERSION).exists():
            note_differences()

    def say(self, text):
        self.stdout.write(text)
        self.stdout.flush()


def _static_digest() -> str:
    """Changes with every static file and with the settings that shape the collected ones."""
    digest = hashlib.sha256(repr((settings.STORAGES, settings.STATIC_ROOT)).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
