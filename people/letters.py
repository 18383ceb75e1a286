"""Letters to people about their own roles, in their own language.

The words stand in templates/people/letters/<name>.txt: the first line is the subject, the rest the text.
"""

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

logger = structlog.get_logger("portal.letters")


def deliver(user, name: str, **context) -> None:
    """Send the letter now; whoever has no e-mail address gets none."""
    if not user.email:
        return
    with translation.override(user.language):
        words = render_to_string(
            f"people/letters/{name}.txt", context | {"user": user, "site_url": settings.SITE_URL}
        ).strip()
    subject, _break, text = words.partition("\n")
    # What people have typed never becomes a header: the subject is one line.
    EmailMessage(" ".join(subject.split())[:180], text.strip(), to=[user.email]).send()


def send(user, name: str, **context) -> None:
    """Send the letter once the transaction has committed; one that fails undoes nothing."""

    def attempt():
        try:
            deliver(user, name, **context)
        except OSError as error:  # those of the mail server are OSErrors too
            logger.warning("letter_not_sent", letter=name, error=type(error).__name__)

    transaction.on_commit(attempt)
