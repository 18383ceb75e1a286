"""What people agree to: the wordings, by purpose and version, and giving and withdrawing them.

A wording that somebody has agreed to is never changed: a new one gets the next version.
"""

from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Consent

#: Sent with consent=… after one was withdrawn; apps take back what stood on it.
consent_withdrawn = Signal()


class Purpose(models.TextChoices):
    PUBLISH = "publish", _("publication of a description")
    NAME = "name", _("your name in public")
    PHOTO = "photo", _("people on photos")
    WHATSAPP = "whatsapp", _("messages in WhatsApp")
    NEWSLETTER = "newsletter", _("letters with news")
    CONTEST = "contest", _("taking part in a contest")


TEXTS = {
    (Purpose.PUBLISH, 1): _(
        "The municipality agrees to the publication of this description, in Kyrgyz and Russian, "
        "under the licence CC BY 4.0: anybody may copy it and pass it on with the source named. "
        "Editors may correct style and translate it."
    ),
    (Purpose.NAME, 1): _(
        "My name may stand in public beside this description. It is taken off when I withdraw this "
        "consent or delete my account."
    ),
    (Purpose.PHOTO, 1): _(
        "The people who can be recognised on the photos agree to their publication; for children "
        "their parents have agreed."
    ),
    (Purpose.WHATSAPP, 1): _(
        "The Union of Local Self-Governments may write to my number in WhatsApp about my own "
        "descriptions and adoptions."
    ),
    (Purpose.NEWSLETTER, 1): _(
        "I want to receive news of the portal by e-mail, not more than once a week."
    ),
    (Purpose.CONTEST, 1): _(
        "The municipality takes part by the rules of the contest. The organisers and the commission "
        "read the application; the name, post and phone of whoever applies serve the contest alone "
        "and are erased 24 months after the term. Results name the municipality and the work."
    ),
}
CURRENT = {purpose: max(v for p, v in TEXTS if p == purpose) for purpose in Purpose}


def wording(purpose: str, version: int | None = None):
    """The text of a consent, in the language of the page."""
    return TEXTS[(Purpose(purpose), version or CURRENT[Purpose(purpose)])]


def held(user, purpose: str, about=None):
    """The consent that holds now, or None."""
    found = Consent.objects.filter(user=user, purpose=purpose, withdrawn_at=None)
    if about is not None:
        found = found.filter(
            content_type=ContentType.objects.get_for_model(about), object_id=about.pk
        )
    return found.first()


@transaction.atomic
def give(user, purpose: str, *, language: str, about=None) -> Consent:
    """Note a consent to the current wording; giving it twice leaves one."""
    version = CURRENT[Purpose(purpose)]
    found = held(user, purpose, about)
    if found and found.version == version:
        return found
    return Consent.objects.create(
        user=user, purpose=purpose, version=version, language=language, about=about
    )


def give_for_new(user, purposes, *, language: str, about) -> None:
    """Note consents about a thing made this moment: there is nothing to look for. One query."""
    Consent.objects.bulk_create(
        Consent(
            user=user, purpose=name, version=CURRENT[Purpose(name)], language=language, about=about
        )
        for name in purposes
    )


def withdraw(consent: Consent) -> None:
    """Withdraw a consent; what stood on it is taken back at once. Twice is harmless."""
    with transaction.atomic():
        row = Consent.objects.select_for_update().get(pk=consent.pk)
        if row.withdrawn_at:
            return
        row.withdrawn_at = timezone.now()
        row.save(update_fields=["withdrawn_at"])
        consent_withdrawn.send(sender=Consent, consent=row)
