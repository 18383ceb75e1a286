"""Numbers, money and sizes as words of the active language."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def number(value: Decimal | float | str | None) -> str:
    """«1 250 000», «4,6», «−3»: grouped by no-break spaces, no zeros after the comma."""
    if value is None or value == "":
        return ""
    value = Decimal(str(value)).normalize()
    places = max(0, -int(value.as_tuple().exponent))
    return number_format(value, places, use_l10n=True, force_grouping=True).replace("-", "−")


def som(value: int | None) -> str:
    """«1 250 000 сом», «free of charge», or "" where it is not known."""
    if value is None or value == "":
        return ""
    if value == 0:
        return _("free of charge")
    return _kept(ngettext("%(count)s som", "%(count)s som", value), number(value))


def som_short(value: int | None) -> str:
    """«1,36 млн сом», «118 тыс. сомов»; to the som below a hundred thousand."""
    if value is None or value == "" or value < 100_000:
        return som(value)
    if value >= 1_000_000:
        return _kept(_("%(count)s million som"), number(round(Decimal(value) / 1_000_000, 2)))
    return _kept(_("%(count)s thousand som"), number(round(value / 1000)))


def people(value: int | None) -> str:
    if value is None:
        return ""
    return _kept(ngettext("%(count)s person", "%(count)s people", value), number(value))


def size(value: int | None) -> str:
    """Bytes as a reader counts traffic: «340 КБ», «1,2 МБ»."""
    value = int(value or 0)
    if value >= 1024 * 1024:
        return _kept(_("%(count)s MB"), number(round(Decimal(value) / (1024 * 1024), 1)))
    return _kept(_("%(count)s KB"), number(max(1, round(value / 1024))))


def _kept(pattern: str, amount: str) -> str:
    """The amount with its unit, never parted at the end of a line."""
    return (pattern % {"count": amount}).replace(" ", "\u00a0")
