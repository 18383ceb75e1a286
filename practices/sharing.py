"""What a practice gives away: a text for WhatsApp, a picture, a reference, data for machines."""

import json
import re
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from PIL import Image

from partners.choices import Licence
from practices.models import Practice
from publishing.amounts import number, som
from publishing.excerpts import excerpt, glued
from publishing.languages import Edition
from publishing.pdf import fingerprint, mark_svg, render_png
from publishing.pdf.keeping import kept
from publishing.richtext import plain_text
from themes.ornament import cover_svg, felt

WHATSAPP_LIMIT = 700
DESCRIPTION_LIMIT = 160
IMAGE_SIZE = (1200, 630)
IMAGE_LIMIT = 100_000  # bytes; WhatsApp shows no preview above 300 KB
PICTURE = "practices/share.typ"
LICENCE_URLS = {
    Licence.CC_BY: "https://creativecommons.org/licenses/by/4.0/",
    Licence.CC_BY_NC: "https://creativecommons.org/licenses/by-nc/4.0/",
}


@dataclass(frozen=True)
class Share:
    """For the buttons of a page and for its Open Graph tags; addresses are absolute."""

    text: str
    whatsapp_url: str
    image_url: str
    description: str


@dataclass(frozen=True)
class Citation:
    """A reference to print under a text, and the code by which the record is found."""

    text: str
    short_code: str


def share(edition: Edition) -> Share:
    """Everything in the edition's own language, so that a message never mixes two."""
    with translation.override(edition.language):
        text = whatsapp_text(edition)
        return Share(
            text=text,
            whatsapp_url=f"https://wa.me/?text={quote(text)}",
            image_url=image_url(edition),
            description=description(edition),
        )


def image_url(edition: Edition) -> str:
    """Address of the picture, in the active language; a changed picture has another address."""
    path = reverse("practices:share_image", args=[edition.slug])
    return f"{settings.SITE_URL}{path}?v={image_digest(edition)}"


def description(edition: Edition) -> str:
    """One line for search engines and previews."""
    text = edition.promise or story_text(edition.problem)
    return excerpt(glued(text), DESCRIPTION_LIMIT)


def whatsapp_text(edition: Edition) -> str:
    """Title – problem – what was done – cost – result – short link, 700 characters at most.

    Each of the three texts gets its first sentences; room one does not need goes to the others.
    """
    title = glued(" ".join(edition.title.replace("*", "").split()))
    head = f"*{excerpt(title, 160)}*\n{place_line(edition)}"
    cost = cost_line(edition)
    link = short_url(edition)
    labelled = {
        _("Problem"): story_text(edition.problem),
        _("What was done"): story_text(edition.solution) or edition.promise,
        _("Result"): result_words(edition),
    }
    labelled = {label: glued(text) for label, text in labelled.items() if text}
    # Between the parts stands an empty line; before each text its label and «: ».
    fixed = [head, *([cost] if cost else []), link]
    room = WHATSAPP_LIMIT - sum(len(part) + 2 for part in fixed)
    room -= sum(len(label) + 4 for label in labelled)
    texts = dict(zip(labelled, dealt(list(labelled.values()), room), strict=True))
    parts = [head]
    for label, text in texts.items():
        if label == _("Result") and cost:
            parts.append(cost)
        if text:
            parts.append(f"{label}: {text}")
    if _("Result") not in texts and cost:
        parts.append(cost)
    return "\n\n".join([*parts, link])


def dealt(texts: list[str], room: int) -> list[str]:
    """The texts cut so that together they fit the room: short ones whole, the rest in equal parts."""
    kept = [""] * len(texts)
    waiting = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    for place, n in enumerate(waiting):
        fair = max(0, room) // (len(waiting) - place)
        kept[n] = excerpt(texts[n], fair)
        room -= len(kept[n])
    return kept


def story_text(html: str) -> str:
    """The words of a rich text without its headings, which say nothing out of their place."""
    return plain_text(re.sub(r"<(h[23])>.*?</\1>", "", html, flags=re.DOTALL))


def result_words(edition: Edition) -> str:
    """The result's text, or the first number measured where there is no text."""
    text = story_text(edition.result)
    if text:
        return text
    for row in edition.record.measurements.all():
        measured = row.edition(edition.language)
        unit = f" {measured.unit}" if measured.unit else ""
        return f"{measured.indicator}: {number(row.before)} → {number(row.after)}{unit}"
    return ""


def place_line(edition: Edition) -> str:
    practice = edition.record
    parts = (practice.municipality.name, practice.municipality.region_label, practice.period)
    line = capfirst(", ".join(part for part in parts if part))
    return f"{_('Demo')}. {line}" if practice.is_demo else line


def cost_line(edition: Edition) -> str:
    """«Cost: 2 450 000 som, in prices of 2018», or "" where it is not known."""
    practice = edition.record
    if practice.cost_once is None:
        return ""
    year = _("in prices of %(year)s") % {"year": practice.price_year} if practice.price_year else ""
    return f"{_('Cost')}: {', '.join(part for part in (som(practice.cost_once), year) if part)}"


def short_url(edition: Edition | Practice) -> str:
    """The short address, or the page's own where the record has no number yet."""
    return settings.SITE_URL + (edition.short_path or edition.get_absolute_url())


# --- Reference -----------------------------------------------------------------------------------


def citation(edition: Edition, *, today: date | None = None) -> Citation:
    """A reference after ГОСТ Р 7.0.5-2008, in the edition's language.

    Municipality. Title // Portal: [site]. Year. URL: … (accessed: …).
    """
    practice = edition.record
    with translation.override(edition.language):
        title = glued(edition.title).rstrip(". ")
        if practice.author_name:
            title += f" / {practice.author_name}"
        year = (practice.published_at or timezone.now()).astimezone().year
        text = _(
            "%(municipality)s. %(title)s // %(portal)s: [site]. %(year)s. URL: %(url)s (accessed: %(date)s)."
        ) % {
            "municipality": capfirst(practice.municipality.name or str(practice.municipality)),
            "title": title,
            "portal": _("Portal of best practice of local self-government"),
            "year": year,
            "url": short_url(practice),
            "date": (today or timezone.localdate()).strftime("%d.%m.%Y"),
        }
    return Citation(text=text, short_code=practice.short_code)


# --- Data for machines ---------------------------------------------------------------------------

_SCRIPT_SAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def structured_data(edition: Edition) -> str:
    """JSON-LD of the page (schema.org Article about a HowTo), safe inside <script>."""
    practice = edition.record
    with translation.override(edition.language):
        page = settings.SITE_URL + practice.get_absolute_url()
        place = practice.municipality
        data = {
            "@context": "https://schema.org",
            "@type": "Article",
            "@id": page,
            "url": page,
            "headline": edition.title,
            "description": description(edition),
            "inLanguage": edition.language,
            "identifier": practice.short_code,
            "datePublished": moment(practice.published_at),
            "dateModified": moment(practice.updated_at),
            "image": image_url(edition),
            "license": LICENCE_URLS.get(practice.licence, ""),
            "isAccessibleForFree": True,
            "articleSection": practice.theme.name,
            "spatialCoverage": {
                "@type": "AdministrativeArea",
                "name": place.name or str(place),
                "identifier": place.code,
                "containedInPlace": {"@type": "AdministrativeArea", "name": place.oblast.name},
            },
            "temporalCoverage": coverage(practice),
            "author": {"@type": "GovernmentOrganization", "name": place.name or str(place)},
            "publisher": {
                "@type": "Organization",
                "name": _("Portal of best practice of local self-government"),
                "url": settings.SITE_URL,
            },
            "mainEntity": how_to(edition),
        }
    return script(data)


def script(data: dict) -> SafeString:
    """JSON-LD without what is empty, safe inside <script>."""
    known = {key: value for key, value in data.items() if value not in ("", None, {}, [])}
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    return SafeString(text.translate(_SCRIPT_SAFE))


def how_to(edition: Edition) -> dict:
    """The steps, as schema.org HowTo; empty where there are none."""
    practice = edition.record
    steps = [step.edition(edition.language) for step in practice.steps.all()]
    if not steps:
        return {}
    days = sum(step.days or 0 for step in steps)
    data = {
        "@type": "HowTo",
        "name": edition.title,
        "step": [
            {
                "@type": "HowToStep",
                "position": n,
                "name": step.title,
                "text": step.text or step.title,
            }
            for n, step in enumerate(steps, start=1)
        ],
    }
    if days:
        data["totalTime"] = f"P{days}D"
    if practice.cost_once is not None:
        data["estimatedCost"] = {
            "@type": "MonetaryAmount",
            "currency": "KGS",
            "value": practice.cost_once,
        }
    return data


def moment(value) -> str:
    return timezone.localtime(value).isoformat(timespec="seconds") if value else ""


def coverage(practice: Practice) -> str:
    """An ISO 8601 interval: «2017-04-03/2018-06-29», open where it goes on."""
    if not practice.started_on:
        return ""
    end = practice.finished_on.isoformat() if practice.finished_on else ".."
    return f"{practice.started_on.isoformat()}/{end}"


# --- Picture -------------------------------------------------------------------------------------


def picture_data(edition: Edition) -> dict:
    """Everything the picture shows; its digest names the file."""
    practice = edition.record
    place = practice.municipality
    with translation.override(edition.language):
        title = glued(" ".join(edition.title.split()))
        return {
            "accent": felt(practice.theme.position),
            "cover": cover_svg(
                practice.theme.position, int(place.oblast.key), practice.pk % 97, height=190
            ),
            "mark": mark_svg(),
            "portal": _("Portal of best practice of local self-government"),
            "title": title,
            # Words the line must hold; longer ones break anywhere (publishing/pdf/sheet.typ).
            "words": [word for word in title.split() if len(word) < 32],
            "municipality": capfirst(place.name) or str(place),
            "line": " · ".join(
                part
                for part in (
                    _("Demo") if practice.is_demo else "",
                    practice.theme.name,
                    place.region_label,
                    practice.period,
                )
                if part
            ),
        }


def image_digest(edition: Edition) -> str:
    return fingerprint(PICTURE, picture_data(edition))


def share_jpeg(practice: Practice, language: str) -> bytes:
    """The picture in the language, or in the original's; drawn now where it was not drawn ahead."""
    edition = practice.edition_for(language)
    key = f"{practice.uuid}-{edition.language}"
    return kept("share", key, image_digest(edition), "jpg", lambda: draw_jpeg(edition))


def draw_jpeg(edition: Edition) -> bytes:
    return jpeg_of(picture_data(edition), edition.language)


def jpeg_of(data: dict, language: str) -> bytes:
    """1200 × 630 JPEG of 100 KB at most, from the data of the template."""
    png = render_png(PICTURE, data, language=language, ppi=144)
    # Drawn twice as large, so that no hairline is left between the pieces of the ornament.
    with Image.open(BytesIO(png)) as drawn:
        picture = drawn.convert("RGB").resize(IMAGE_SIZE, Image.Resampling.LANCZOS)
    for quality in (86, 80, 74, 66, 58, 48, 38):
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= IMAGE_LIMIT:
            break
    return out.getvalue()
