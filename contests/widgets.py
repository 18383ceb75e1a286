"""Days and moments as the browser asks for them: one field, on a phone with its own calendar."""

from datetime import datetime

from django import forms
from django.db import models


class Day(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")


class Moment(forms.DateTimeInput):
    """Day and time, the seconds only where there are any."""

    input_type = "datetime-local"

    def format_value(self, value):
        if not isinstance(value, datetime):
            return value
        return f"{value:%Y-%m-%dT%H:%M:%S}" if value.second else f"{value:%Y-%m-%dT%H:%M}"

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        if (context["widget"]["value"] or "").count(":") > 1:
            context["widget"]["attrs"]["step"] = "1"
        return context


#: For `formfield_overrides` of a ModelAdmin.
NATIVE_DATES = {
    models.DateField: {"widget": Day},
    models.DateTimeField: {"form_class": forms.DateTimeField, "widget": Moment},
}
