"""Addresses of the earlier site: /ru/article/full/12.html leads to the article in that language."""

from django.http import Http404, HttpResponsePermanentRedirect
from django.views.decorators.http import require_safe

from journal.choices import ArticleStatus
from journal.models import Article
from publishing.public_pages import public_page


@public_page
@require_safe
def old_article(request, number: str):
    """301; of a withdrawn article too: its page says that it is gone."""
    article = Article.objects.filter(old_number=number).first()
    is_gone = article and article.status == ArticleStatus.WITHDRAWN and article.published_at
    if not article or not (article.is_readable or is_gone):
        raise Http404
    return HttpResponsePermanentRedirect(article.get_absolute_url())
