"""Articles shown where their practices, partners and themes have their pages."""

from django.db.models import Q
from django.utils.translation import gettext as _

from journal.models import Article
from partners.models import Partner
from practices.models import Practice
from publishing.mentions import Mention, register
from themes.models import Theme

#: The latest of them; the rest is found by the search.
MOST = 24


def articles_where(condition: Q, language: str) -> list[Mention]:
    """The published articles of the condition, latest first. One query."""
    rows = Article.objects.published().without_text().filter(condition).distinct()
    return [
        Mention(
            title=article.edition_for(language).title,
            url=article.get_absolute_url(),
            kind=_("In the journal"),
            language=article.language_for(language),
        )
        for article in rows.order_by("-published_at", "-pk")[:MOST]
    ]


def of_practice(practice: Practice, language: str) -> list[Mention]:
    return articles_where(Q(practices=practice), language)


def of_partner(partner: Partner, language: str) -> list[Mention]:
    given = Q(source_partner=partner) | Q(source_project__partner=partner) | Q(donor=partner)
    return articles_where(Q(partners=partner) | given, language)


def of_theme(theme: Theme, language: str) -> list[Mention]:
    return articles_where(Q(themes=theme), language)


def register_all() -> None:
    register(Practice, of_practice)
    register(Partner, of_partner)
    register(Theme, of_theme)
