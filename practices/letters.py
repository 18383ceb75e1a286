"""What the author of a practice is told on its way, by mail or in WhatsApp; and the link to correct it.

The author is whoever brought the practice from outside (Practice.author). A practice that came by
WhatsApp or from a visit has no author with an account: its letters are the ready texts for WhatsApp.
"""

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from people import links
from people.actions import revoke_links
from people.consents import Purpose
from people.models import Consent
from practices.choices import CollectedVia
from practices.contribution import FILES_OF_RECORD, PLACE, SECTIONS, draft_of, marked
from practices.models import Practice
from practices.sharing import whatsapp_text
from publishing.editing import field_label
from publishing.languages import current_language
from publishing.letters import Reader, register, send
from publishing.models import AuditEvent
from publishing.workflow import Status

#: Purpose of the link by which an author corrects what was sent back, without signing in.
REVISE = "revise"
#: How long it opens, in days; a text may be on its author's hands for fourteen.
REVISE_DAYS = 30
#: move → the letter that tells of it
LETTER_OF_MOVE = {
    "submit": "submitted",
    "send_back": "sent_back",
    "reject": "rejected",
    "publish": "published",
    "withdraw": "withdrawn",
}


def tell_author(practice, step, *, before: str) -> None:
    """Mail the author what a move means for them, in the language of their account.

    Of their own moves they get a receipt and nothing else.
    """
    if before == Status.NEEDS_CHANGES and (draft := draft_of(practice)):
        # What is not in the author's hands any more is not opened by an old letter.
        revoke_links(target=draft, purpose=REVISE)
    name, author = LETTER_OF_MOVE.get(step.name), practice.author
    if not name or not author:
        return
    event = last(practice, step.name)
    if name == "submitted" or not event or event.actor_id != author.pk:
        send(name, practice, to=author.email or "", language=author.language)


def last(practice, action: str) -> AuditEvent | None:
    return AuditEvent.about(practice).filter(action=action).first()


# ---------------------------------------------------------------- to whom, and when


def reader_of(practice) -> Reader:
    """The author; without one, whoever answers the practice's mobile phone."""
    author = practice.author
    if author is None:
        return Reader(language=practice.original_language, phone=practice.mobile_phone)
    if refuses_whatsapp(author):
        phone = ""
    else:
        phone = author.phone or confirmed_phone(author, practice) or practice.mobile_phone
    return Reader(
        name=str(author),
        language=author.language,
        email=author.email or "",
        phone=phone,
        refuses_whatsapp=refuses_whatsapp(author),
    )


def confirmed_phone(user, practice) -> str:
    """The number a role was confirmed from, best the role in the practice's own municipality."""
    roles = sorted(
        user.memberships.verified(),
        key=lambda role: role.municipality_id != practice.municipality_id,
    )
    return roles[0].phone if roles else ""


def refuses_whatsapp(user) -> bool:
    """Agreed once and took it back."""
    ends = Consent.objects.filter(user=user, purpose=Purpose.WHATSAPP).values_list(
        "withdrawn_at", flat=True
    )
    return bool(ends) and None not in ends


def while_in(*statuses, always: bool = False):
    """Condition of a letter: the practice stands there, and somebody outside waits for news of it."""

    def fits(record) -> bool:
        return (
            isinstance(record, Practice)
            and record.status in statuses
            and (always or bool(record.author) or record.collected_via != CollectedVia.DESK)
        )

    return fits


# ---------------------------------------------------------------- what they say


def contacts_url() -> str:
    return settings.SITE_URL + reverse("publishing:page", args=["contacts"])


def about_receipt(practice) -> dict:
    draft = draft_of(practice)
    return {
        "is_again": AuditEvent.about(practice).filter(action="submit").count() > 1,
        "status_url": draft and settings.SITE_URL + reverse("practices:mine", args=[draft.uuid]),
    }


def about_corrections(practice) -> dict:
    """points: what is wrong; fields: where, as the author’s form calls it; words: the editor’s own."""
    asked = marked(practice)
    return {
        "points": asked.get("reasons", []),
        "fields": [
            label_in_form(name) for name in sorted(asked.get("fields", []), key=list(PLACE).index)
        ],
        "words": asked.get("words", ""),
    }


def label_in_form(name: str) -> str:
    """The question the author answered there; rows and files are called as everywhere: «Steps»."""
    section = SECTIONS.get(PLACE[name])
    if section and name in section.form.base_fields:
        return str(section.form.base_fields[name].label)
    return field_label(Practice, FILES_OF_RECORD.get(name, name))


def about_refusal(practice) -> dict:
    event = last(practice, "reject")
    return {"words": event.reason if event else "", "contacts_url": contacts_url()}


def about_publication(practice) -> dict:
    edition = practice.edition_for(current_language())
    with translation.override(edition.language):
        share_text = whatsapp_text(edition)
    return {
        "public_url": settings.SITE_URL + practice.get_absolute_url(),
        "share_text": share_text,
    }


def about_withdrawal(practice) -> dict:
    return {"ground": practice.get_withdrawal_kind_display(), "contacts_url": contacts_url()}


links.register(
    REVISE,
    label=_("Open the text and correct it"),
    address=lambda draft: reverse("practices:draft", args=[draft.uuid]),
)
register(
    "submitted",
    label=_("Receipt: we have it"),
    context=about_receipt,
    fits=while_in(Status.SUBMITTED, Status.IN_REVIEW),
    reader=reader_of,
)
register(
    "sent_back",
    label=_("What to correct"),
    purpose=REVISE,
    days=REVISE_DAYS,
    target=draft_of,
    context=about_corrections,
    fits=while_in(Status.NEEDS_CHANGES),
    reader=reader_of,
)
register(
    "rejected",
    label=_("Not accepted, with advice"),
    context=about_refusal,
    fits=while_in(Status.REJECTED),
    reader=reader_of,
)
register(
    "published",
    label=_("It is published"),
    context=about_publication,
    fits=while_in(Status.PUBLISHED, always=True),
    reader=reader_of,
)
register(
    "withdrawn",
    label=_("It was withdrawn"),
    context=about_withdrawal,
    fits=while_in(Status.WITHDRAWN),
    reader=reader_of,
)
