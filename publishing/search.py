"""The pages that editors keep can be found."""

from django.utils.translation import gettext_lazy as _

from publishing.models import Page
from publishing.richtext import plain_text
from search.places import address_of
from search.registry import About, Document, Kind, register


class Pages(Kind):
    name, label, model = "page", _("About the portal"), Page

    def things(self):
        return Page.objects.published()

    def about(self, page):
        return About(published_at=page.published_at, changed_at=page.updated_at)

    def documents(self, page):
        for language in page.ready_languages or [page.original_language]:
            text = page.edition(language)
            yield Document(
                language=language,
                title=text.title,
                summary=text.summary,
                body=plain_text(text.body),
                path=address_of(page),
            )


register(Pages())
