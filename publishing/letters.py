"""Letters about a record: by mail, or as a ready text for WhatsApp, each with its own signed link.

A letter has a name; its words stand in templates/letters/<name>.txt: the first line is the subject,
the rest the text. The same words go into both channels. Apps register what they write.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from people.actions import make_link
from publishing.languages import current_language
from publishing.tasks import retried

SUBJECT_LIMIT = 180


@dataclass(frozen=True)
class Reader:
    """Whom a letter is written to. refuses_whatsapp: asked not to be written to there."""

    name: str = ""
    language: str = "ky"
    email: str = ""
    phone: str = ""
    refuses_whatsapp: bool = False


def unknown_reader(record) -> Reader:
    """Of the reader only the language is known: the record's own, else that of the page."""
    return Reader(language=getattr(record, "original_language", "") or current_language())


@dataclass(frozen=True)
class Kind:
    """label: what the editors' button says. purpose: of the signed link in it, «» for none.
    days: how long that link opens. context: record → what the template needs beside it.
    target: record → what the link opens, None where there is nothing to open (then no link is made).
    fits: record → whether the letter has a point now; one that has none is neither offered to the
    editors nor mailed. None: it is mailed whenever asked for and never offered.
    reader: record → to whom the editors' WhatsApp text is written.
    """

    label: str
    purpose: str
    days: int
    context: Callable[[object], dict]
    target: Callable[[object], object]
    fits: Callable[[object], bool] | None
    reader: Callable[[object], Reader]


@dataclass(frozen=True)
class Letter:
    """Written for one reader, in one language."""

    subject: str
    text: str

    @property
    def for_whatsapp(self) -> str:
        return f"*{self.subject.replace('*', '')}*\n\n{self.text}"


KINDS: dict[str, Kind] = {}


def register(
    name: str,
    *,
    label,
    purpose: str = "",
    days: int = 60,
    context=lambda record: {},
    target=lambda record: record,
    fits=None,
    reader=unknown_reader,
):
    KINDS[name] = Kind(label, purpose, days, context, target, fits, reader)


def fitting(record) -> dict[str, Kind]:
    """The letters that have a point for the record as it stands now, by name."""
    return {name: kind for name, kind in KINDS.items() if kind.fits and kind.fits(record)}


def one_line(text: str) -> str:
    """The text without line breaks and without signs nobody sees, which turn a line about."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())


def without_gaps(text: str) -> str:
    """One empty line at most between two parts, however many a template or an editor left."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines)


def write(name: str, record, *, language: str, by=None, note: str = "") -> Letter:
    """Write the letter; a signed link in it is made now and is nowhere else."""
    kind = KINDS[name]
    with translation.override(language):
        url = ""
        target = kind.target(record) if kind.purpose else None
        if target is not None:
            token = make_link(
                purpose=kind.purpose, target=target, by=by, days=kind.days, note=note[:120]
            )
            url = settings.SITE_URL + reverse("go", args=[token])
        context = {
            "record": record,
            # In one line: a title with a line break in it must not end the subject before its time.
            "title": one_line(getattr(record, "original_title", str(record))),
            "url": url,
            "days": kind.days,
            "until": timezone.localdate() + timedelta(days=kind.days),
            "site_url": settings.SITE_URL,
        }
        # autoescape is off in the templates: this is plain text, read by no browser
        words = render_to_string(f"letters/{name}.txt", context | kind.context(record))
    subject, _break, text = without_gaps(words).partition("\n")
    return Letter(one_line(subject)[:SUBJECT_LIMIT], text.strip())


def send(name: str, record, *, to: str, language: str) -> None:
    """Send the letter by mail once the transaction has committed; without an address nothing happens."""
    if to:
        label, pk = record._meta.label_lower, record.pk  # noqa: SLF001
        transaction.on_commit(lambda: send_letter.enqueue(name, label, pk, to, language))


@retried()
def send_letter(name: str, label: str, pk: int, to: str, language: str) -> None:
    """A killed worker's letter is written again with a link of its own: two letters, never none.

    What a late letter would say may not hold any more: then it is not written.
    """
    record = apps.get_model(label).objects.filter(pk=pk).first()
    fits = KINDS[name].fits
    if record is None or (fits and not fits(record)):
        return
    letter = write(name, record, language=language)
    # One line of subject, one address: what a record holds never becomes a header.
    EmailMessage(letter.subject, letter.text, to=[to]).send()
