"""The voting paper: one entry out of those that take part."""

from django import forms
from django.utils.translation import gettext_lazy as _


class VoteForm(forms.Form):
    """entries: queryset of the applications that take part."""

    entry = forms.ModelChoiceField(
        queryset=None,
        to_field_name="uuid",
        error_messages={
            "required": _("Choose an entry first."),
            "invalid_choice": _("This entry does not take part any more. Choose another one."),
        },
    )

    def __init__(self, *args, entries, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["entry"].queryset = entries
