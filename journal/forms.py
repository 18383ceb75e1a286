"""Forms of those who write for the journal: a suggestion, the text itself, a remark."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.forms import ContactField, PlacedForm, is_phone
from publishing.drafts import WAS, digest
from publishing.files import accept_document

#: As the columns of Pitch have it.
LINES = 300
ROWS = {"rows": 3}


class DocumentField(forms.FileField):
    """A document that passes the one way in; a refusal is a sentence at the field."""

    widget = forms.FileInput(attrs={"accept": ".pdf,.docx,.xlsx,.pptx"})

    def clean(self, value, initial=None):
        upload = super().clean(value, initial)
        if upload:
            accepted = accept_document(upload)
            if accepted.has_macros:
                raise ValidationError(
                    _("Documents with macros are not accepted. Save it as .docx or .xlsx.")
                )
            upload.seek(0)
        return upload


class SuggestForm(PlacedForm):
    """Three lines and a way back; everything else may be left out."""

    topic = forms.CharField(
        label=_("What would you write about?"), max_length=LINES, widget=forms.Textarea(ROWS)
    )
    why = forms.CharField(
        label=_("Why should others read it?"),
        max_length=LINES,
        required=False,
        widget=forms.Textarea(ROWS),
    )
    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"})
    )
    contact = ContactField()
    document = DocumentField(
        label=_("A file, if you have one"),
        required=False,
        help_text=_("PDF, DOCX, XLSX or PPTX."),
    )

    field_order = ["topic", "why", "name", "contact", "place", "municipality", "document"]
    unknown_place = _(
        "There is no such municipality in the register. Check the name, or leave it empty."
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["place"].required = False

    def values(self) -> dict:
        """Columns of the suggestion."""
        cleaned = self.cleaned_data
        contact = cleaned["contact"]
        return {
            "topic": " ".join(cleaned["topic"].split()),
            "why": " ".join(cleaned["why"].split()),
            "name": cleaned["name"],
            "municipality": cleaned["municipality"],
            "phone": contact if is_phone(contact) else "",
            "email": "" if is_phone(contact) else contact,
        }


def in_two_weeks():
    return timezone.localdate() + timedelta(days=14)


class DeadlineForm(forms.Form):
    """The day by which an author is asked for the text."""

    due_on = forms.DateField(
        label=_("Author’s deadline"),
        initial=in_two_weeks,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_due_on(self):
        day = self.cleaned_data["due_on"]
        if day < timezone.localdate():
            raise ValidationError(gettext("This day is over."))
        return day


class WritingForm(forms.Form):
    """The text as its author writes it, in plain signs (journal/typed.py). Nothing in it is required:
    what is missing is told when it is handed in.

    Each field carries the digest of what the page was opened with, and the text that another device
    had put there meanwhile.
    """

    title = forms.CharField(label=_("Title"), max_length=160, required=False)
    lead = forms.CharField(
        label=_("What it is about, in two or three sentences"),
        max_length=500,
        required=False,
        widget=forms.Textarea(ROWS),
    )
    text = forms.CharField(
        label=_("Text"),
        required=False,
        widget=forms.Textarea({"rows": 24}),
        help_text=_(
            "An empty line begins a new paragraph. A heading begins with ##, an item of a list with "
            "a hyphen. **Bold**, _italic_, a footnote where it belongs: ^[its text]."
        ),
    )
    sources = forms.CharField(
        label=_("Sources"),
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Laws, reports, people you talked to: one a line."),
    )

    def __init__(self, stored: dict, *, versions: dict, language: str):
        super().__init__(initial=stored)
        for name, field in self.fields.items():
            field.widget.attrs["lang"] = language
            field.was_name, field.was = WAS + name, digest(stored[name])
            field.version = versions.get(name, "")
