"""A portal with demo content behind a real server, for the tests that read as a stranger reads."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection, connections
from django.test import override_settings
from django.test.testcases import LiveServerThread
from django.utils import timezone
from whitenoise.compress import Compressor

from places.imports import import_places
from places.models import Municipality
from portal.demo import loader
from portal.statics import LEAN, lean
from practices.models import Practice
from publishing.files import StoredPicture
from publishing.models import Page
from publishing.workflow import Status
from tests import factories
from themes.models import Tag

#: Enough for a second page of the list.
RECORDS = 22
SERVED = ("css/portal.css", "css/list.css", "css/print.css", "js/portal.js", "img/edge.svg", "img/mark.svg", "img/favicon.svg",
          "img/favicon.ico", "img/icon-192.png", "fonts/golos-text-600.woff2")  # fmt: skip
STORED = ("practices_practice", "publishing_auditevent")


@dataclass(frozen=True)
class Site:
    """Where the portal answers, and records to look at: addresses without the language."""

    url: str
    practice: str
    lesson: str
    in_russian: str
    withdrawn: str
    municipality: str


@pytest.fixture(scope="package")
def site(django_db_setup, django_db_blocker, tmp_path_factory):
    """The portal as it is served: packed static files, no data but what is really committed."""
    folder = tmp_path_factory.mktemp("site")
    collect(folder / "static")
    with (
        override_settings(
            STATIC_ROOT=folder / "static",
            MEDIA_ROOT=folder / "media",
            WHITENOISE_AUTOREFRESH=False,
            WHITENOISE_USE_FINDERS=False,
            TASKS={"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}},
        ),
        django_db_blocker.unblock(),
    ):
        addresses = fill()
        # The middleware serves static files; Django's own handler for tests would not pack them.
        server = LiveServerThread("127.0.0.1", static_handler=lambda application: application)
        server.daemon = True
        server.start()
        server.is_ready.wait()
        yield Site(url=f"http://127.0.0.1:{server.port}", **addresses)
        server.terminate()
        empty()
        connections.close_all()


def collect(folder) -> None:
    """What the public pages load, each file beside its packed copies."""
    for name in SERVED:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        content = Path(finders.find(name)).read_bytes()
        target.write_bytes(lean(content.decode()).encode() if name in LEAN else content)
        if target.suffix in {".css", ".js", ".svg"}:
            list(Compressor(quiet=True).compress(str(target)))


def fill() -> dict[str, str]:
    for path in sorted(loader.FOLDER.glob("municipalities-*.csv")):
        import_places(path, apply=True, keep_existing=True, is_demo=True)
    rows = sorted(loader.read_practices(), key=lambda row: -len(json.dumps(row)))
    lesson = next(row for row in rows if row["kind"] == "lesson" and row["status"] == "published")
    made = [
        loader.load_practice(row)
        for row in [*[row for row in rows if row["status"] == "published"][: RECORDS - 1], lesson]
        if not Practice.objects.filter(slug=row["slug"]).exists()
    ]
    practice = made[0]
    StoredPicture.write_renditions(
        practice.photos.create(
            alt_ky="Түтүктү коюп жатышат",
            alt_ru="Укладывают трубу",
            caption_ky="Жайында",
            caption_ru="Летом",
            file=factories.upload("a.jpg", factories.picture(size=(900, 600))),
        )
    )
    practice.related.add(*made[1:3])
    russian = factories.make_practice("published", "ru_only", slug="in-russian", number=5001)
    withdrawn = factories.make_practice(
        "published",
        slug="withdrawn",
        number=5002,
        status=Status.WITHDRAWN,
        withdrawal_kind="consent",
        published_at=timezone.now(),
    )
    return {
        "practice": f"practices/{practice.slug}/",
        "lesson": f"practices/{lesson['slug']}/",
        "in_russian": f"practices/{russian.slug}/",
        "withdrawn": f"practices/{withdrawn.slug}/",
        "municipality": f"municipalities/{practice.municipality.code}/",
    }


def empty() -> None:
    """Take everything away again; audit events go only with their table."""
    assert connection.settings_dict["NAME"].startswith("test_")
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(STORED)} CASCADE")
    # The editors' pages come back with their own events.
    Page.objects.all().delete()
    call_command("load_reference", stdout=io.StringIO())
    Tag.objects.all().delete()
    Municipality.objects.filter(is_demo=True).delete()
