"""Phone numbers as people of Kyrgyzstan type them."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def normalize_phone(value: str) -> str:
    """Return the number in international form: «0555 12-34-56» → «+996555123456».

    A national number (leading 0, nine digits after it) gets Kyrgyzstan's code. What does not look
    like a number comes back as typed, for the validator to refuse.
    """
    digits = re.sub(r"[\s().\-–]", "", value)
    if re.fullmatch(r"0\d{9}", digits):
        return "+996" + digits[1:]
    if re.fullmatch(r"996\d{9}", digits):
        return "+" + digits
    if re.fullmatch(r"00\d{9,15}", digits):
        return "+" + digits[2:]
    return digits


def validate_phone(value: str) -> None:
    if not re.fullmatch(r"\+[1-9]\d{8,14}", normalize_phone(value)):
        raise ValidationError(
            _("This does not look like a phone number. Example: +996 555 123 456.")
        )
