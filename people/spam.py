"""What keeps programs out of forms, without asking people anything.

A field nobody sees, and a signed stamp of when the form was drawn: a program fills in the first, or
answers faster than anybody types. An old stamp is no offence: on a bad line a form waits for hours.
"""

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

SALT = "people.spam"
#: Nobody reads and fills in a form faster, in seconds.
QUICKEST = 2


class GuardedForm(forms.Form):
    """A form for people. Its templates draw hidden and visible fields as the renderer does."""

    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        template_name="account/trap.html",
        widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"}),
    )
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["stamp"] = signing.dumps("drawn", salt=SALT)

    def clean(self):
        cleaned = super().clean()
        if self.cleaned_data.get("website") or not self._was_drawn_in_time():
            # Whoever is a person after all sends the same form once more, now with a fresh stamp.
            self.data = self.data.copy()
            self.data[self.add_prefix("stamp")] = signing.dumps("drawn", salt=SALT)
            self.data[self.add_prefix("website")] = ""
            raise forms.ValidationError(
                _("This was quicker than a person writes. Nothing is lost: press the button again.")
            )
        return cleaned

    def _was_drawn_in_time(self) -> bool:
        try:
            signing.loads(self.cleaned_data.get("stamp", ""), salt=SALT)
        except signing.BadSignature:
            return False
        try:
            signing.loads(self.cleaned_data["stamp"], salt=SALT, max_age=QUICKEST)
        except signing.SignatureExpired:
            return True
        return False
