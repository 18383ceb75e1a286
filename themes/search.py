"""Themes can be found."""

from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from publishing.languages import LANGUAGES
from publishing.richtext import plain_text
from search.places import address_of
from search.registry import About, Document, Kind, register
from themes.models import Theme

#: A theme has no day of its own; among equals it stands last.
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


class Themes(Kind):
    name, label, model = "theme", _("Themes"), Theme

    def things(self):
        return Theme.objects.all()

    def about(self, theme):
        return About(published_at=BEGINNING, themes=[theme.slug])

    def documents(self, theme):
        for language in LANGUAGES:
            text = theme.edition(language)
            if text.name:
                yield Document(
                    language=language,
                    title=text.name,
                    summary=text.summary,
                    body=plain_text(text.text),
                    path=address_of(theme),
                )


register(Themes())
