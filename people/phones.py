"""Phone numbers as people of Kyrgyzstan type them."""

import re
from urllib.parse import quote

from django import forms
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


def format_phone(value: str) -> str:
    """«+996555123456» → «+996 555 123 456», with spaces that do not break."""
    match = re.fullmatch(r"\+996(\d{3})(\d{3})(\d{3})", value)
    return "\xa0".join(["+996", *match.groups()]) if match else value


def whatsapp_url(phone: str, text: str) -> str:
    """wa.me address that opens a chat with the number and the text ready."""
    digits = "".join(char for char in phone if char.isdigit())
    return f"https://wa.me/{digits}?text={quote(text)}"


class PhoneField(forms.CharField):
    """A number as people type it → the international form; the phone shows its number pad."""

    default_validators = [validate_phone]
    widget = forms.TextInput(
        {"type": "tel", "autocomplete": "tel", "inputmode": "tel", "maxlength": "30"}
    )

    def __init__(self, **kwargs):
        super().__init__(**({"label": _("Phone number")} | kwargs))

    def clean(self, value):
        return normalize_phone(super().clean(value))
