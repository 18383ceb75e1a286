"""Filters for numbers, sizes and texts as readers of both languages expect them."""

from decimal import Decimal

from django import template
from django.utils.html import format_html, linebreaks
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from publishing.excerpts import glued
from publishing.languages import current_language
from publishing.richtext import clean_html, plain_text

register = template.Library()
NBSP = "\u00a0"


@register.filter
def number(value) -> str:
    """1234567.50 → «1 234 567,5»: grouped by no-break spaces, decimal comma, no trailing zeros."""
    if value is None or value == "":
        return ""
    if isinstance(value, Decimal | float):
        whole, _dot, rest = f"{Decimal(str(value)):f}".partition(".")
        rest = rest.rstrip("0")
    else:
        whole, rest = str(int(value)), ""
    sign = "−" if whole.startswith("-") else ""
    digits = whole.lstrip("-")
    groups = []
    # Four digits stay together, as both orthographies ask.
    while len(digits) > 3 and not (len(digits) == 4 and not groups):
        groups.insert(0, digits[-3:])
        digits = digits[:-3]
    grouped = NBSP.join([digits, *groups]) if digits else NBSP.join(groups)
    return f"{sign}{grouped},{rest}" if rest else f"{sign}{grouped}"


@register.filter
def som(value) -> str:
    """Money: «350 тыс. сом» from a hundred thousand on, «1,2 млн сом» from a million on."""
    if value is None or value == "":
        return ""
    value = Decimal(value)
    if value >= 1_000_000:
        return _("%(amount)s million som") % {"amount": number(round(value / 1_000_000, 2))}
    if value >= 100_000:
        return _("%(amount)s thousand som") % {"amount": number(round(value / 1000))}
    return _("%(amount)s som") % {"amount": number(round(value))}


@register.filter
def som_exact(value) -> str:
    """Money to the som, for tables."""
    return "" if value is None else _("%(amount)s som") % {"amount": number(value)}


@register.filter
def size(value) -> str:
    """Bytes as a reader counts traffic: «340 КБ», «1,2 МБ»."""
    value = int(value or 0)
    if value >= 1024 * 1024:
        return _("%(amount)s MB") % {"amount": number(round(Decimal(value) / (1024 * 1024), 1))}
    return _("%(amount)s KB") % {"amount": max(1, round(value / 1024))}


@register.filter
def pages(value) -> str:
    return ngettext("%(count)s page", "%(count)s pages", value) % {"count": value} if value else ""


@register.filter
def people(value) -> str:
    if value is None:
        return ""
    return ngettext("%(count)s person", "%(count)s people", value) % {"count": number(value)}


@register.filter
def rich(value) -> str:
    """A RichTextField's HTML; cleaned once more, so that nothing depends on how it was stored."""
    return mark_safe(clean_html(glued(value or "")))  # noqa: S308  nothing but the allow-list is left


@register.filter
def paragraphs(value) -> str:
    """Plain text of an editor as paragraphs, everything in it escaped."""
    return mark_safe(linebreaks(glued(value or ""), autoescape=True))  # noqa: S308  escaped here


@register.filter
def glue(value) -> str:
    """One line of an editor: numbers stay whole and with their units, «2 400 сом»."""
    return glued(value or "")


@register.filter
def plain(value) -> str:
    return plain_text(value or "")


@register.simple_tag
def lang_of_page(edition) -> str:
    """The way back inside a foreign text: ` lang="ky"` on the page's own words, else nothing."""
    return format_html(' lang="{}"', current_language()) if edition.is_foreign else ""


@register.simple_tag
def lang_of(edition) -> str:
    """` lang="ru"` where the text is in another language than the page, else nothing."""
    return format_html(' lang="{}"', edition.language) if edition.is_foreign else ""
