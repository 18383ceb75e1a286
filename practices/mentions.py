"""Practices on the pages of partners: given by them, made in their projects, paid by them."""

from django.db.models import Q
from django.utils.translation import gettext

from partners.models import Partner
from practices.models import Practice
from publishing.mentions import Mention, register

MOST = 60


def practices_of(partner: Partner, language: str) -> list[Mention]:
    found = Practice.objects.published().filter(
        Q(source_partner=partner) | Q(source_project__partner=partner) | Q(donor=partner)
    )
    return [
        Mention(edition.title, edition.get_absolute_url(), gettext("Practices"), edition.language)
        for edition in (
            practice.edition_for(language)
            for practice in found.order_by("-published_at", "-pk")[:MOST]
        )
    ]


register(Partner, practices_of)
