"""Contests shown where their organisers, themes, winners and winners’ municipalities have pages."""

from django.db.models import Q
from django.utils.translation import gettext as _

from contests.after import wins_of
from contests.models import Contest
from partners.models import Partner
from places.models import Municipality
from practices.models import Practice
from publishing.mentions import Mention, register
from themes.models import Theme

#: The latest of them; the rest stands in the archive.
MOST = 12


def contests_where(condition: Q, language: str) -> list[Mention]:
    """The contests of the condition that are on lists, latest first. One query."""
    rows = Contest.objects.published().filter(condition).distinct()
    return [
        Mention(
            title=contest.edition_for(language).title,
            url=contest.get_absolute_url(),
            kind=_("Contests"),
            language=contest.language_for(language),
        )
        for contest in rows.order_by("-year", "-pk")[:MOST]
    ]


def of_partner(partner: Partner, language: str) -> list[Mention]:
    return contests_where(Q(organisers=partner), language)


def of_theme(theme: Theme, language: str) -> list[Mention]:
    return contests_where(Q(nominations__themes=theme), language)


def wins(subject: Practice | Municipality, language: str) -> list[Mention]:
    """Awards that hold and that readers may know of, latest first. One query."""
    return [
        Mention(
            title=f"{win.contest}: {win.title}",
            url=win.url,
            kind=_("Contests"),
            language=win.award.contest.language_for(language),
        )
        for win in wins_of(subject, language)[:MOST]
    ]


def register_all() -> None:
    register(Partner, of_partner)
    register(Theme, of_theme)
    register(Practice, wins)
    register(Municipality, wins)
