"""Letters about a record: by mail, or as a ready text for WhatsApp, each with its own signed link.

A letter has a name; its words stand in templates/letters/<name>.txt: the first line is the subject,
the rest the text. The same words go into both channels. Apps register what they write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from people.actions import make_link
from publishing.tasks import retried


@dataclass(frozen=True)
class Kind:
    """label: what the editors' button says. purpose: of the signed link in it, «» for none.
    days: how long that link opens. context: record → what the template needs beside it.
    """

    label: str
    purpose: str
    days: int
    context: Callable[[object], dict]


@dataclass(frozen=True)
class Letter:
    """Written for one reader, in one language."""

    subject: str
    text: str

    @property
    def for_whatsapp(self) -> str:
        return f"*{self.subject}*\n\n{self.text}"


KINDS: dict[str, Kind] = {}


def register(name: str, *, label, purpose: str = "", days: int = 60, context=lambda record: {}):
    KINDS[name] = Kind(label, purpose, days, context)


def write(name: str, record, *, language: str, by=None, note: str = "") -> Letter:
    """Write the letter; a signed link in it is made now and is nowhere else."""
    kind = KINDS[name]
    with translation.override(language):
        url = ""
        if kind.purpose:
            token = make_link(purpose=kind.purpose, target=record, by=by, days=kind.days, note=note)
            url = settings.SITE_URL + reverse("go", args=[token])
        context = {"record": record, "url": url, "days": kind.days, "site_url": settings.SITE_URL}
        # autoescape is off in the templates: this is plain text, read by no browser
        words = render_to_string(f"letters/{name}.txt", context | kind.context(record)).strip()
    subject, _break, text = words.partition("\n")
    return Letter(" ".join(subject.split())[:180], text.strip())


def whatsapp_url(phone: str, text: str) -> str:
    """wa.me address that opens a chat with the number (or a choice of chats) and the text ready."""
    digits = "".join(char for char in phone if char.isdigit())
    return f"https://wa.me/{digits}?text={quote(text)}"


def send(name: str, record, *, to: str, language: str) -> None:
    """Send the letter by mail once the transaction has committed; without an address nothing happens."""
    if to:
        label, pk = record._meta.label_lower, record.pk  # noqa: SLF001
        transaction.on_commit(lambda: send_letter.enqueue(name, label, pk, to, language))


@retried()
def send_letter(name: str, label: str, pk: int, to: str, language: str) -> None:
    """A killed worker's letter is written again with a link of its own: two letters, never none."""
    record = apps.get_model(label).objects.filter(pk=pk).first()
    if record is None:
        return
    letter = write(name, record, language=language)
    # One line of subject, one address: what a record holds never becomes a header.
    EmailMessage(letter.subject, letter.text, to=[to]).send()
