"""Forms of those who write for the journal: a suggestion, the text itself, a remark."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from people.forms import ContactField, find_place, is_phone
from people.spam import GuardedForm
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


class SuggestForm(GuardedForm):
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
    place = forms.CharField(
        label=_("Municipality"),
        max_length=160,
        required=False,
        help_text=_("Its name in Kyrgyz or Russian, for example: Кара-Суу."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    municipality = forms.ChoiceField(
        label=_("Which of these is it?"),
        required=False,
        widget=forms.RadioSelect,
        template_name="people/choices.html",
    )
    document = DocumentField(
        label=_("A file, if you have one"),
        required=False,
        help_text=_("PDF, DOCX, XLSX or PPTX."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        text = self.data.get(self.add_prefix("place"), "").strip() if self.is_bound else ""
        self.found, near = find_place(text) if text else (None, [])
        self.near = {unit.code: unit for unit in near}
        if self.near:
            self.fields["municipality"].choices = [
                (unit.code, ", ".join(filter(None, [str(unit), unit.region_label])))
                for unit in near
            ]
        else:
            del self.fields["municipality"]

    def clean_place(self):
        text = self.cleaned_data["place"]
        if text and not (self.found or self.near):
            raise ValidationError(
                _(
                    "There is no such municipality in the register. Check the name, or leave it empty."
                )
            )
        return text

    def clean(self):
        cleaned = super().clean()
        chosen = self.found or self.near.get(cleaned.get("municipality", ""))
        if self.near and chosen is None:
            self.add_error("municipality", _("Choose the municipality from the list."))
        cleaned["municipality"] = chosen
        return cleaned

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
