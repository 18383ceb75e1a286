"""What a browser would send back from a page of the admin, with some fields changed."""

from django.forms import FileInput
from django.urls import reverse


def address(record, page="change", *args) -> str:
    options = record._meta
    return reverse(
        f"admin:{options.app_label}_{options.model_name}_{page}", args=[record.pk, *args]
    )


def posted(response, **changes) -> dict:
    """Data of the form as it was drawn; changes: by name of the field, None leaves it out."""
    form = response.context["adminform"].form
    data = _values(form)
    if lock := getattr(form, "stored_lock", ""):
        data |= {"version": lock, "seen": lock}
    for inline in response.context["inline_admin_formsets"]:
        formset = inline.formset
        data |= _values(formset.management_form)
        for row in formset.forms:
            data |= _values(row)
    data |= {"_continue": "1"} | changes
    return {name: value for name, value in data.items() if value is not None}


def _values(form) -> dict:
    values = {}
    for bound in form:
        # Widgets with buttons beside them wrap the one that holds the value.
        widget = getattr(bound.field.widget, "widget", bound.field.widget)
        value = bound.value()
        if isinstance(widget, FileInput) or value is None or value is False:
            continue
        if value is True:
            values[bound.html_name] = "on"
            continue
        formatted = widget.format_value(value)
        if formatted in (None, ""):
            values[bound.html_name] = ""
        elif isinstance(formatted, (list, tuple)):
            values[bound.html_name] = [str(item) for item in formatted]
        else:
            values[bound.html_name] = formatted
    return values
