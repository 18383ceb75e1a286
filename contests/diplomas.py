"""Diplomas: drawn for an award in a language, and known by their code to whoever checks one."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contests.choices import MemberRole, Outcome
from contests.models import Award
from contests.protocol import decided_awards, group_label, published_protocol
from contests.protocol_facts import both, titles_of
from contests.protocol_files import long_day
from practices.passport import qr_svg
from publishing.excerpts import glued
from publishing.pdf import fingerprint, mark_svg, render_pdf
from publishing.pdf.keeping import kept
from themes.ornament import edge_svg, felt

TEMPLATE = "contests/diploma.typ"
EDGE_WIDTH = 1440
#: Letters that are typed for others: Cyrillic ones of the same look, and what no code has.
LOOK_ALIKES = str.maketrans("АВЕКМНРСТУХЅЈЗ", "ABEKMHPCTYXSJ3")
CODE = re.compile(r"[A-HJ-NP-Z2-9]{8}")


@dataclass(frozen=True)
class Diploma:
    """An award that was decided and published. is_revoked: it is not valid any more."""

    award: Award
    is_revoked: bool = False

    @property
    def contest(self):
        return self.award.contest


def clean_code(typed: str) -> str:
    """«к7mw 2qpz» as it stands on the paper; "" where it cannot be one.

    No code has O, I, 0 or 1, so they stand for nothing else and a code with them is no code.
    """
    found = re.sub(r"[\s.\-–—]+", "", typed).upper().translate(LOOK_ALIKES)
    return found if CODE.fullmatch(found) else ""


def find_diploma(typed: str) -> Diploma | None:
    """The diploma of the code as somebody typed it; None where nobody was given one like that."""
    code = clean_code(typed)
    award = Award.objects.filter(code=code).select_related("contest").first() if code else None
    if award is None or published_protocol(award.contest) is None:
        return None
    decided = next((each for each in decided_awards(award.contest) if each.pk == award.pk), None)
    if decided is None:
        return Diploma(award, is_revoked=True) if award.revoked_on else None
    return Diploma(decided, is_revoked=decided.revoked_on is not None)


def honour(award: Award, language: str) -> str:
    """«1-орун», «Специальная награда “За смелость”», in the active language."""
    if award.outcome == Outcome.PLACE:
        return pgettext("contest", "Place %(place)s") % {"place": award.place}
    return both(award, "title")[language] or _("Special award")


def diploma_facts(award: Award, language: str) -> dict:
    """What stands on it, and on the page that checks it; words of the language, the active one."""
    entry = award.application
    place = entry.municipality
    protocol = published_protocol(award.contest)
    chair = next(
        (each for each in protocol.facts["members"] if each["role"] == MemberRole.CHAIR), None
    )
    district = both(place.district, "name")[language] if place.district else ""
    oblast = "" if place.oblast.is_city else both(place.oblast, "name")[language]
    return {
        "honour": honour(award, language),
        "municipality": capfirst(both(place, "name")[language]),
        "region": ", ".join(filter(None, [district, oblast])),
        "work": titles_of(entry)[language],
        "nomination": both(award.nomination, "title")[language],
        "group": group_label(award.group),
        "contest": both(award.contest, "title")[language],
        "protocol": _("Protocol № %(number)s") % {"number": protocol.number},
        "day": long_day(protocol.held_on),
        "chair": {"name": chair["name"], "post": chair["post"][language]} if chair else None,
        "code": f"{award.code[:4]} {award.code[4:]}",
    }


def diploma_pdf(award: Award, language: str) -> bytes:
    """One A4 sheet on its side, tagged, in the language."""
    address = settings.SITE_URL + _path(award, language)
    with translation.override(language):
        facts = diploma_facts(award, language)
        colour = felt(award.nomination.position)
        data = facts | {
            "nomination": glued(facts["nomination"]),
            "word": _("Diploma"),
            "labels": {
                "nomination": _("Nomination"),
                "for": pgettext("diploma", "for the practice"),
                "chair": _("Chair of the commission"),
                "code": _("Code of the diploma"),
                "check": _("Check the diploma"),
            },
            "portal": _("Portal of best practice of local self-government"),
            "demo": _("Demo") if award.contest.is_demo else "",
            "accent": colour,
            "edge": edge_svg(colour, width=EDGE_WIDTH),
            "mark": mark_svg(),
            "qr": qr_svg(address),
            "address": address,
            "short_address": address.partition("://")[2],
        }
    title = f"{data['word']}. {data['municipality']}"
    return kept(
        "diplomas",
        f"{award.code}-{language}",
        fingerprint(TEMPLATE, data),
        "pdf",
        lambda: render_pdf(TEMPLATE, data, language=language, title=title),
    )


def _path(award: Award, language: str) -> str:
    with translation.override(language):
        return reverse("contests:diploma", args=[award.code])
