"""The receipt of an application: a sheet to print, and a text to pass on."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from contests.applying import say_when
from contests.milestones import moment_words
from contests.models import Application
from practices.passport import qr_svg
from publishing.amounts import number
from publishing.excerpts import excerpt, glued
from publishing.pdf import fingerprint, mark_svg, render_pdf
from publishing.pdf.keeping import kept
from themes.ornament import edge_svg, felt

TEMPLATE = "contests/receipt.typ"
FOLDER = "receipts"
EDGE_WIDTH = 960


def receipt_pdf(application: Application, language: str) -> bytes:
    """One page A4: number, who, what, when by the clock of the server, and the digest of the text."""
    with translation.override(language):
        data = receipt_data(application, language)
    return kept(
        FOLDER,
        f"{application.uuid}-{language}",
        fingerprint(TEMPLATE, data),
        "pdf",
        lambda: render_pdf(
            TEMPLATE,
            data,
            language=language,
            title=data["title"],
            made_at=application.submitted_at,
        ),
    )


def receipt_data(application: Application, language: str) -> dict:
    """What the template draws, in the active language; no name and no phone of a person."""
    contest, place = application.contest, application.municipality
    url = own_address(application)
    rows = [
        (_("Contest"), in_words(contest, language)),
        (_("Nomination"), in_words(application.nomination, language)),
        (_("Municipality"), capfirst(str(place))),
        (_("Ranked among"), application.get_group_display() if in_groups(application) else ""),
        (_("Applies"), application.applicant_post),
        (_("Sent"), f"{say_when(application.submitted_at)} ({_('Bishkek time')})"),
        (_("Beside the text"), beside(application)),
        (_("Rules"), _("version %(number)s") % {"number": application.rules.number}),
    ]
    return {
        "accent": felt(contest.pk % 5 + 1),
        "edge": edge_svg(felt(contest.pk % 5 + 1), width=EDGE_WIDTH),
        "mark": mark_svg(),
        "portal": _("Portal of best practice of local self-government"),
        "kind": _("Receipt of an application"),
        "title": _("Application %(number)s") % {"number": application.number},
        "number": application.number,
        "work": excerpt(glued(application.title), 200),
        "work_language": application.title_language,
        "rows": [{"label": label, "value": value} for label, value in rows if value],
        "next_label": _("What comes next"),
        "next": next_steps(application),
        "digest_label": _("Digest of the text (SHA-256)"),
        "digest": application.digest,
        "digest_note": _("Whatever is changed in the text changes this line."),
        "demo": _("Demo") + ". " + _("This record is invented to show the portal.")
        if application.is_demo
        else "",
        "qr": qr_svg(url),
        "url": url,
        "qr_label": _("Your application on the portal"),
    }


def in_groups(application: Application) -> bool:
    return application.nomination.has_groups


def in_words(thing, language: str) -> str:
    """A title in the language, else in the one there is."""
    return glued(getattr(thing, f"title_{language}") or str(thing))


def own_address(application: Application) -> str:
    return settings.SITE_URL + reverse("contests:application", args=[application.uuid])


def beside(application: Application) -> str:
    """«Letter; photos: 3; documents: 1»."""
    parts = [_("signed letter")] if hasattr(application, "letter") else []
    photos, files = application.pictures.count(), application.files.count()
    if photos:
        parts.append(_("photos: %(count)s") % {"count": number(photos)})
    if files:
        parts.append(_("documents: %(count)s") % {"count": number(files)})
    return ", ".join(parts)


def next_steps(application: Application) -> list[str]:
    contest, found = application.contest, []
    if contest.admission_until:
        found.append(
            _("The secretary checks it against the conditions until %(date)s")
            % {"date": moment_words(contest.admission_until)}
        )
    if contest.closes_at:
        found.append(
            _(
                "Until the commission begins you may take it back; to send it changed – until %(date)s"
            )
            % {"date": moment_words(contest.closes_at)}
        )
    if contest.review_until:
        found.append(
            _("The commission scores until %(date)s") % {"date": moment_words(contest.review_until)}
        )
    if contest.award_on:
        found.append(_("Award: %(date)s") % {"date": moment_words(contest.award_on)})
    return found


def receipt_text(application: Application, language: str) -> str:
    """For WhatsApp, 700 characters at most."""
    with translation.override(language):
        parts = [
            f"*{_('Application %(number)s') % {'number': application.number}}*",
            excerpt(glued(application.title), 160),
            f"{capfirst(str(application.municipality))}. "
            f"{excerpt(in_words(application.nomination, language), 120)}",
            f"{_('Sent')}: {localtime(application.submitted_at):%d.%m.%Y, %H:%M:%S}",
            own_address(application),
        ]
    return "\n\n".join(parts)
