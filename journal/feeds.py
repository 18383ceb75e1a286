"""Feeds of the journal (Atom): one a language, one a language and rubric, with the full texts."""

import hashlib
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from journal.citation import address, authors
from journal.models import Article, Rubric
from journal.reading import picture_html, rendered
from publishing.languages import LANGUAGES, Edition
from publishing.public_pages import public_page

LENGTH = 20
#: Of a feed that has never had anything.
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


class FullText(Atom1Feed):
    """Atom with the whole text of an entry and the language of the feed."""

    def latest_post_date(self):
        """Of the entries, so that the same entries make the same bytes."""
        return super().latest_post_date() if self.items else BEGINNING

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


@public_page
@require_safe
def feed(request, language, slug=None):
    """The latest articles in the language; a reader who has them already gets 304."""
    if language not in LANGUAGES:
        raise Http404
    rubric = get_object_or_404(Rubric, slug=slug) if slug else None
    with translation.override(language):
        content = written(language, rubric)
    response = HttpResponse(content, content_type="application/atom+xml; charset=utf-8")
    etag = f'"{hashlib.blake2s(content.encode(), digest_size=12).hexdigest()}"'
    changed = int(last_change().timestamp())
    response["ETag"] = etag
    response["Last-Modified"] = http_date(changed)
    return get_conditional_response(request, etag, changed, response) or response


def last_change() -> datetime:
    """When anything of any article was changed last. What was taken back counts as well: a reader
    who still has it must not be told that nothing has changed.
    """
    return Article.objects.aggregate(at=Max("updated_at"))["at"] or BEGINNING


def written(language: str, rubric: Rubric | None) -> str:
    """The feed as XML, in the active language."""
    articles = Article.objects.published().ready_in(language)
    if rubric:
        articles = articles.filter(rubric=rubric)
    title = _("The journal “Municipality”")
    page = reverse("journal:archive")
    own = reverse("journal_feed", args=[language])
    if rubric:
        title, page = f"{title}: {rubric}", rubric.get_absolute_url()
        own = reverse("journal_rubric_feed", args=[language, rubric.slug])
    made = FullText(
        title=title,
        link=settings.SITE_URL + page,
        description="",
        language=language,
        feed_url=settings.SITE_URL + own,
        author_name=title,
    )
    rows = articles.for_detail().order_by("-published_at", "-pk")[:LENGTH]
    for article in rows:
        edition = article.edition(language)
        made.add_item(
            title=edition.title,
            link=address(article, language),
            description=edition.lead,
            content=full_text(edition),
            unique_id=f"urn:uuid:{article.uuid}",
            author_name=", ".join(authors(article, language)) or None,
            pubdate=timezone.localtime(article.published_at),
            updateddate=timezone.localtime(max(article.updated_at, article.published_at)),
            categories=[article.rubric.name] if article.rubric else [],
        )
    return made.writeString("utf-8")


def full_text(edition: Edition) -> str:
    """The text as HTML that stands alone: addresses are absolute, notes follow the text."""
    host = settings.SITE_URL
    text = rendered(edition, host=host)
    html = text.html.replace('href="#', f'href="{address(edition.record, edition.language)}#')
    lead = next((each for each in edition.record.pictures.all() if each.is_lead), None)
    parts = [picture_html(lead, edition.language, host=host)] if lead else []
    if edition.lead:
        parts.append(f"<p><strong>{escape(edition.lead)}</strong></p>")
    parts.append(html.replace('href="/', f'href="{host}/'))
    if text.notes:
        notes = "".join(f"<li>{note.html}</li>" for note in text.notes)
        parts.append(f"<ol>{notes}</ol>")
    return "".join(parts)
