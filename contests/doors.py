"""The commission’s door: a signed link opens the cabinet of one member, without an account."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contests.models import Member
from people import links

#: Purpose of the link of a Member (people/links.py).
JURY = "jury"


def _about(member: Member) -> str:
    """Whoever draws a preview of the link reads this, so it is what is public already."""
    contest = member.contest
    return str(contest) if contest.is_readable else ""


def is_open(request, member: Member) -> bool:
    """Whether the visitor came by the member’s own link, and the member still works here."""
    return member.is_active and links.is_open(request, JURY, member)


links.register(
    JURY,
    label=_("Open the cabinet of the commission"),
    address=lambda member: reverse("contests:jury", args=[member.pk]),
    about=_about,
)
