"""manage.py measure: weight, queries and time of each kind of public page."""

import statistics
import time
from pathlib import Path

import brotli
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.compression import QUALITY
from practices.models import Practice

RUNS = 10


class Command(BaseCommand):
    help = "Prints weight, queries and time of each kind of public page."

    def handle(self, **options):
        settings.ALLOWED_HOSTS = ["*"]
        client = Client(headers={"accept-encoding": "br, gzip"})
        css = len(
            brotli.compress(Path(finders.find("css/portal.css")).read_bytes(), quality=QUALITY)
        )
        self.stdout.write(f"{'page':44}{'queries':>8}{'HTML':>8}{'+ CSS':>8}{'ms':>8}")
        for address in self.addresses():
            self.stdout.write(self.line(client, address, css))

    def addresses(self):
        richest = max(
            Practice.objects.published(),
            key=lambda practice: sum(map(len, practice.texts(practice.original_language).values())),
            default=None,
        )
        yield from ("/ky/", "/ky/practices/", "/ru/practices/?theme=budget&sort=adopted")
        if richest:
            language, slug = richest.original_language, richest.slug
            yield f"/{language}/practices/{slug}/"
            yield f"/{language}/practices/{slug}/cost/?quantity=1000"
            yield f"/{language}/practices/{slug}/passport.pdf"
            yield f"/{language}/practices/{slug}/share.jpg"
            yield f"/{language}/municipalities/{richest.municipality.code}/"
        yield from ("/ky/themes/", "/ky/themes/budget/", "/ky/municipalities/", "/ky/about/about/")

    def line(self, client, address, css) -> str:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        count = len(queries)  # now: the next request empties the log
        times = []
        for _run in range(RUNS):
            begun = time.perf_counter()
            client.get(address)
            times.append(time.perf_counter() - begun)
        size = len(response.content)
        is_page = response.headers["Content-Type"].startswith("text/html")
        total = str(size + css) if is_page else ""
        return (
            f"{address[:43]:44}{count:>8}{size:>8}{total:>8}{statistics.median(times) * 1000:>8.1f}"
        )
