"""What a contest gives away: a text for WhatsApp, a picture, a line for previews, data for machines."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from contests.campaign import text
from contests.choices import Channel, ContestStatus
from contests.milestones import moment_words
from contests.models import Contest
from practices.sharing import DESCRIPTION_LIMIT, PICTURE, jpeg_of, moment, script
from publishing.excerpts import excerpt, glued
from publishing.languages import Edition
from publishing.pdf import fingerprint, mark_svg
from publishing.pdf.keeping import kept
from themes.ornament import cover_svg, felt


def whatsapp_text(edition: Edition) -> str:
    """While applications come the campaign’s own text; later the title, one line and the address."""
    contest = edition.record
    if contest.status in {ContestStatus.ANNOUNCED, ContestStatus.ACCEPTING}:
        return text(contest, Channel.WHATSAPP, edition.language)
    title = " ".join(edition.title.replace("*", "").split())
    parts = [f"*{glued(title)}*", glued(edition.summary), address(contest, edition.language)]
    return "\n\n".join(part for part in parts if part)


def address(contest: Contest, language: str) -> str:
    with translation.override(language):
        return settings.SITE_URL + contest.get_absolute_url()


def description(edition: Edition) -> str:
    """One line for search engines and previews."""
    return excerpt(glued(edition.summary or edition.goal), DESCRIPTION_LIMIT)


# ---------------------------------------------------------------- picture


def picture_data(edition: Edition) -> dict:
    """Everything the picture shows (practices/share.typ); its digest names the file."""
    contest = edition.record
    position = contest.year % 15 + 1
    with translation.override(edition.language):
        title = glued(" ".join(edition.title.split()))
        until = moment_words(contest.closes_at) if contest.closes_at else ""
        is_coming = contest.status in {ContestStatus.ANNOUNCED, ContestStatus.ACCEPTING}
        line = f"{_('applications until:')} {until}" if is_coming and until else str(contest.year)
        return {
            "accent": felt(position),
            "cover": cover_svg(position, 0, contest.pk % 97, height=190),
            "mark": mark_svg(),
            "portal": _("Portal of best practice of local self-government"),
            "title": title,
            "words": [word for word in title.split() if len(word) < 32],
            "municipality": excerpt(glued(edition.summary), 70),
            "line": " · ".join(filter(None, [_("Demo") if contest.is_demo else "", line])),
        }


def image_url(edition: Edition) -> str:
    """Address of the picture, in the active language; a changed picture has another address."""
    path = reverse("contests:share_image", args=[edition.slug])
    return f"{settings.SITE_URL}{path}?v={fingerprint(PICTURE, picture_data(edition))}"


def share_jpeg(contest: Contest, language: str) -> bytes:
    """The picture in the language, or in the one there is; drawn once."""
    edition = contest.edition_for(language)
    data = picture_data(edition)
    key = f"{contest.uuid}-{edition.language}"
    digest = fingerprint(PICTURE, data)
    return kept("share", key, digest, "jpg", lambda: jpeg_of(data, edition.language))


# ---------------------------------------------------------------- data for machines


def structured_data(edition: Edition, organisers: list[Edition]) -> str:
    """JSON-LD of the page (schema.org Event), safe inside <script>."""
    contest = edition.record
    page = address(contest, edition.language)
    end = contest.award_on.isoformat() if contest.award_on else moment(contest.closes_at)
    is_off = contest.status == ContestStatus.CANCELLED
    data = {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": page,
        "name": edition.title,
        "description": description(edition),
        "inLanguage": edition.language,
        "startDate": moment(contest.opens_at),
        "endDate": end,
        "eventStatus": f"https://schema.org/Event{'Cancelled' if is_off else 'Scheduled'}",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": page},
        "organizer": [{"@type": "Organization", "name": each.title} for each in organisers],
        "isAccessibleForFree": True,
    }
    return script(data)
