"""/sitemap.xml: every public page in both languages, for search engines.

An index of one part a kind of pages, each of MOST addresses at most; a part names both languages.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import escape
from django.views.decorators.http import require_safe

from contests.models import Contest
from journal.models import Article, Issue
from journal.views import published_authors, rubrics_with_counts
from partners.models import Partner
from places.models import Municipality
from practices.models import Practice
from publishing.languages import LANGUAGES
from publishing.models import Page
from publishing.public_pages import public_page
from themes.models import Theme

#: Addresses in one part.
MOST = 5_000
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
#: Pages that stand on no record.
PLAIN = (
    "home", "practices:list", "themes", "places:list", "journal:archive", "journal:authors",
    "partners:list", "partners:projects", "contests:list", "contests:archive",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """records: a queryset or a list, in a steady order; dated: whether they know when they changed."""

    records: Callable[[], object]
    dated: bool = True


def municipalities():
    """Those with something to show."""
    given = Practice.objects.published().order_by().values("municipality")
    return Municipality.objects.filter(pk__in=given).only("code").order_by("pk")


PARTS = {
    "pages": Part(lambda: Page.objects.readable().order_by("pk")),
    "themes": Part(lambda: Theme.objects.order_by("pk"), dated=False),
    "practices": Part(
        lambda: Practice.objects.published().only("slug", "updated_at").order_by("pk")
    ),
    "municipalities": Part(municipalities, dated=False),
    "partners": Part(lambda: Partner.objects.published().only("slug", "updated_at").order_by("pk")),
    "issues": Part(lambda: Issue.objects.readable().only("slug", "updated_at").order_by("pk")),
    "articles": Part(lambda: Article.objects.published().only("slug", "updated_at").order_by("pk")),
    "rubrics": Part(rubrics_with_counts, dated=False),
    "contests": Part(lambda: Contest.objects.readable().only("slug", "updated_at").order_by("pk")),
    "authors": Part(lambda: published_authors().order_by("pk"), dated=False),
}


@public_page
@require_safe
def sitemap(request):
    """The index: the parts, and the pages that stand on no record in a part of their own."""
    rows = [reverse("sitemap_part", args=["plain", 1])]
    for name, part in PARTS.items():
        records = part.records()
        number = len(records) if isinstance(records, list) else records.count()
        rows += [
            reverse("sitemap_part", args=[name, page + 1]) for page in range(-(-number // MOST))
        ]
    body = "".join(f"<sitemap><loc>{settings.SITE_URL}{row}</loc></sitemap>" for row in rows)
    return _xml(f'<sitemapindex xmlns="{NAMESPACE}">{body}</sitemapindex>')


@public_page
@require_safe
def part(request, name, page):
    """Addresses of one kind of pages; page: from 1."""
    if name == "plain" and page == 1:
        entries = [_entry(each) for each in PLAIN]
    elif name in PARTS and page >= 1:
        found = PARTS[name]
        records = found.records()[(page - 1) * MOST : page * MOST]
        entries = [_entry(each, dated=found.dated) for each in records]
    else:
        entries = []
    if not entries:
        raise Http404
    namespaces = f'xmlns="{NAMESPACE}" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    return _xml(f"<urlset {namespaces}>{''.join(entries)}</urlset>")


def _xml(content: str) -> HttpResponse:
    return HttpResponse(HEAD + content, content_type="application/xml; charset=utf-8")


def _entry(record, *, dated: bool = False) -> str:
    """Both addresses of a record, or of a named view, each naming the other."""
    found = {}
    for language in LANGUAGES:
        with translation.override(language):
            path = reverse(record) if isinstance(record, str) else record.get_absolute_url()
        found[language] = escape(settings.SITE_URL + path)
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{language}" href="{path}"/>'
        for language, path in found.items()
    )
    changed = (
        f"<lastmod>{timezone.localtime(record.updated_at).isoformat(timespec='seconds')}</lastmod>"
        if dated
        else ""
    )
    return "".join(f"<url><loc>{path}</loc>{changed}{others}</url>" for path in found.values())
