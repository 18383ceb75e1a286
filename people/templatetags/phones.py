"""Phone numbers on pages, and how codes reach them."""

from django import template
from django.conf import settings

from people.phones import format_phone

register = template.Library()
register.filter("phone", format_phone)


@register.simple_tag
def code_way() -> str:
    """The way codes go to phones: desk, whatsapp, email or console."""
    return settings.CODE_SENDER


@register.filter
def spaced(code: str) -> str:
    """«482913» → «482 913», easier to read out; the space does not break."""
    return f"{code[:3]}\xa0{code[3:]}" if len(code) == 6 else code
