"""How a code reaches a phone: one interface, four ways. CODE_SENDER of the settings chooses.

Where a way does not lead to the person (no keys, no address, the messenger is down), the code goes to
the desk: an operator sends it by hand. Nothing here writes a number or a code into a log.
"""

import http.client
import json
import sys
import urllib.request
from abc import ABC, abstractmethod
from datetime import timedelta

import structlog
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.translation import gettext

from people.models import DeskMessage, User

logger = structlog.get_logger("portal.senders")


class NotSent(Exception):
    """The way does not lead to this person now."""


class Sender(ABC):
    """Brings a short text to the phone number of a person."""

    #: Whether other people read the codes on their way.
    is_read_by_others = False

    @abstractmethod
    def send(self, phone: str, text: str, *, code: str = "", language: str = "ky") -> None:
        """Send the text; `code` is the one-time code in it, for ways that want it alone.

        phone: international form, «+996555123456». Raises NotSent where it does not arrive.
        """


class ConsoleSender(Sender):
    """Prints, for whoever develops the portal."""

    def send(self, phone, text, *, code="", language="ky"):
        sys.stdout.write(f"{phone}: {text}\n")


class DeskSender(Sender):
    """Lays the message before an operator, who sends it from the Union's own WhatsApp."""

    is_read_by_others = True

    def send(self, phone, text, *, code="", language="ky"):
        # A newer code makes the older one useless: one message a number.
        DeskMessage.objects.filter(phone=phone, sent_at=None).delete()
        DeskMessage.objects.create(
            phone=phone,
            text=text,
            expires_at=timezone.now() + timedelta(minutes=settings.CODE_MINUTES),
        )


class EmailSender(Sender):
    """Writes to the account's confirmed e-mail address.

    Only where the number has been confirmed before: a code that came by mail says nothing about
    whose number it is.
    """

    def send(self, phone, text, *, code="", language="ky"):
        user = User.objects.filter(phone=phone, phone_verified=True, is_active=True).first()
        address = (
            user and EmailAddress.objects.filter(user=user, email=user.email, verified=True).first()
        )
        if not address:
            raise NotSent
        with translation.override(language):
            subject = gettext("%(code)s is your code to sign in") % {"code": code}
        EmailMessage(subject, text, to=[address.email]).send()


class WhatsAppSender(Sender):
    """WhatsApp Cloud API: to whom the Union has not been talking it takes approved templates alone.

    The template is one of the kind «authentication» with a button that copies the code.
    """

    LANGUAGES = {"ky": "ky_KG", "ru": "ru"}
    TIMEOUT = 8

    def send(self, phone, text, *, code="", language="ky"):
        if not code:
            raise NotSent
        parameters = [{"type": "text", "text": code}]
        self._post(
            {
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": phone.removeprefix("+"),
                "type": "template",
                "template": {
                    "name": settings.WHATSAPP_TEMPLATE,
                    "language": {"code": self.LANGUAGES[language]},
                    "components": [
                        {"type": "body", "parameters": parameters},
                        {
                            "type": "button",
                            "sub_type": "url",
                            "index": "0",
                            "parameters": parameters,
                        },
                    ],
                },
            }
        )

    def answer(self, phone: str, text: str) -> None:
        """Plain words, allowed for a day after the person has written."""
        self._post(
            {
                "messaging_product": "whatsapp",
                "recipient_type": "individual",
                "to": phone.removeprefix("+"),
                "type": "text",
                "text": {"preview_url": False, "body": text},
            }
        )

    def _post(self, message: dict) -> None:
        request = urllib.request.Request(  # noqa: S310 - the address stands in the settings
            f"{settings.WHATSAPP_API}/{settings.WHATSAPP_PHONE_ID}/messages",
            data=json.dumps(message).encode(),
            headers={
                "Authorization": f"Bearer {settings.WHATSAPP_TOKEN}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=self.TIMEOUT) as response:  # noqa: S310
                answer = json.loads(response.read(100_000))
        except (OSError, ValueError, http.client.HTTPException) as error:
            # URLError and its HTTPError are OSErrors; a body that is no JSON is a ValueError.
            logger.warning(
                "whatsapp_failed",
                error=type(error).__name__,
                status=getattr(error, "code", None),
            )
            raise NotSent from error
        if not isinstance(answer, dict) or not answer.get("messages"):
            logger.warning("whatsapp_failed", error="NoMessage", status=200)
            raise NotSent


SENDERS = {
    "console": ConsoleSender,
    "desk": DeskSender,
    "email": EmailSender,
    "whatsapp": WhatsAppSender,
}


def current() -> Sender:
    """The way the settings choose."""
    return SENDERS[settings.CODE_SENDER]()


def send(phone: str, text: str, *, code: str = "", language: str = "ky", private=False) -> bool:
    """Send by the chosen way, else by hand; returns whether anything is under way.

    private: nobody but the person may read it, so it never goes by hand.
    """
    for way in (current(), DeskSender()):
        if private and way.is_read_by_others:
            continue
        try:
            way.send(phone, text, code=code, language=language)
        except (NotSent, OSError) as error:
            logger.info("code_not_sent", way=type(way).__name__, error=type(error).__name__)
        else:
            return True
    return False
