"""A reader’s question about a contest."""

from django import forms
from django.utils.translation import gettext_lazy as _

from people.spam import GuardedForm

#: As the columns of Question have it.
LONGEST = 600


class QuestionForm(GuardedForm):
    """The question, and an address for who wants the answer by mail; no account, no name."""

    question = forms.CharField(
        label=_("Your question"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 4}),
        help_text=_(
            "Everybody reads the question and the answer. Write no names and phone numbers."
        ),
    )
    email = forms.EmailField(
        label=_("E-mail for the answer, if you like"),
        max_length=254,
        required=False,
        widget=forms.EmailInput({"autocomplete": "email"}),
        help_text=_("It is not shown to anybody, and is erased when the answer has been sent."),
    )

    def clean_question(self):
        return self.cleaned_data["question"].strip()
