"""Numbers, money and dates of a practice as words of the active language."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from practices.models import Practice


def number(value: Decimal | int) -> str:
    """«1 250 000», «4,6»: grouped by no-break spaces, no zeros after the comma."""
    value = Decimal(value).normalize()
    places = max(0, -int(value.as_tuple().exponent))
    return number_format(value, decimal_pos=places, use_l10n=True, force_grouping=True)


def som(value: int | None) -> str:
    """«1 250 000 сом», «free of charge», or "" where it is not known."""
    if value is None:
        return ""
    if value == 0:
        return _("free of charge")
    words = ngettext("%(count)s som", "%(count)s som", value) % {"count": number(value)}
    return words.replace(" ", "\u00a0")


def people(value: int | None) -> str:
    if value is None:
        return ""
    words = ngettext("%(count)s person", "%(count)s people", value) % {"count": number(value)}
    return words.replace(" ", "\u00a0")


def period(practice: Practice) -> str:
    """«2017–2018», «2017», «since 2017, goes on», or "" where the beginning is not known."""
    start, end = practice.started_on, practice.finished_on
    if not start:
        return ""
    if not end:
        return f"{start.year} – {_('goes on')}"
    return str(start.year) if start.year == end.year else f"{start.year}–{end.year}"
