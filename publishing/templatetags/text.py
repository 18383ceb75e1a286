"""Filters for numbers, sizes and texts as readers of both languages expect them."""

import re

from django import template
from django.utils.html import format_html, linebreaks
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import ngettext

from publishing import amounts
from publishing.excerpts import glued
from publishing.languages import current_language
from publishing.richtext import clean_html, plain_text

register = template.Library()
NBSP = "\u00a0"


register.filter("number", amounts.number)
register.filter("som", amounts.som_short)
register.filter("som_exact", amounts.som)
register.filter("size", amounts.size)
register.filter("people", amounts.people)


@register.filter
def pages(value) -> str:
    return ngettext("%(count)s page", "%(count)s pages", value) % {"count": value} if value else ""


@register.filter
def rich(value) -> str:
    """A RichTextField's HTML; cleaned once more, so that nothing depends on how it was stored."""
    cleaned = clean_html(glued(value or ""))
    return mark_safe(cleaned.replace("&nbsp;", NBSP))  # noqa: S308  only the allow-list is left


@register.filter
def paragraphs(value) -> str:
    """Plain text of an editor as paragraphs, everything in it escaped."""
    return mark_safe(linebreaks(glued(value or ""), autoescape=True))  # noqa: S308  escaped here


@register.filter
def at_start(value) -> str:
    """A name at the start of a line: «Айылный аймак Кен-Булак», but «г. Кант» as it is."""
    return value if re.match(r"\w{1,3}\.", value or "") else capfirst(value or "")


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
