"""A field for a municipality: typed by any name people use, without a list of five hundred."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from places.models import Municipality
from places.names import PlaceIndex


class MunicipalityField(forms.CharField):
    """A name in either language, with small slips, or a code → Municipality.

    Where several bear the name, the oblast after a comma tells which: «Ак-Суу, Ысык-Көл». What is
    not found is never guessed: the message lists the nearest names.
    """

    def __init__(self, **kwargs):
        super().__init__(**({"max_length": 160, "label": _("Municipality")} | kwargs))

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | {"autocomplete": "off", "spellcheck": "false"}

    def prepare_value(self, value):
        """A code or a record is shown as the name a person would type."""
        if isinstance(value, Municipality):
            return typed_name(value)
        if isinstance(value, str) and value.strip().isdigit():
            found = Municipality.objects.for_list().filter(code=value.strip()).first()
            return typed_name(found) if found else value
        return value

    def clean(self, value):
        text = super().clean(value)
        return find_municipality(text) if text else None


def typed_name(unit: Municipality) -> str:
    """«Кең-Булак айыл аймагы, Нарын»: what the field understands again, and a person too."""
    return f"{unit.name}, {unit.oblast.label}" if not unit.oblast.is_city else unit.name


def find_municipality(text: str) -> Municipality:
    """The municipality of that name; raises ValidationError with a sentence and suggestions."""
    if text.strip().isdigit():
        found = Municipality.objects.filter(code=text.strip()).first()
        if found:
            return found
    index = PlaceIndex()
    name, _comma, where = text.partition(",")
    oblast = index.oblast(where) if where.strip() else None
    found, wrong = index.find(name, oblast)
    if found and (oblast is None or found.oblast_id == oblast.pk):
        return found
    if wrong == "ambiguous":
        units = index.candidates(name, oblast)
        raise forms.ValidationError(
            gettext("There are several of this name: %(names)s. Add the oblast after a comma.")
            % {"names": "; ".join(typed_name(unit) for unit in units[:6])}
        )
    slip = index.slip_of(name, oblast)
    if slip:
        return slip
    near = index.nearest(name, oblast)
    if near:
        raise forms.ValidationError(
            gettext("There is no municipality “%(name)s”. Did you mean: %(names)s?")
            % {"name": text, "names": "; ".join(typed_name(unit) for unit in near)}
        )
    raise forms.ValidationError(
        gettext("There is no municipality “%(name)s” in the register. Check the name.")
        % {"name": text}
    )
