"""Words that readers get from the staff, asked for in both languages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from publishing.editing import IN_LANGUAGE, MoveForm
from publishing.languages import LANGUAGES, current_language


class ToldForm(forms.Form):
    """Why rules change, or what else `label` says; told_ky and told_ru stand below other fields."""

    label = _("Reason")
    help_text = _("Readers see it beside the new version of the rules.")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for language in LANGUAGES:
            self.fields[f"told_{language}"] = forms.CharField(
                label=IN_LANGUAGE[language] % {"label": self.label},
                help_text=self.help_text,
                max_length=400,
                widget=forms.Textarea({"rows": 3, "lang": language}),
            )

    def told(self) -> dict[str, str]:
        """What was written, by language."""
        return {language: self.cleaned_data[f"told_{language}"] for language in LANGUAGES}


class ToldMoveForm(ToldForm, MoveForm):
    """A move of a contest that freezes its rules anew."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["reason"]

    def details(self) -> dict:
        """The audit has the reason as whoever gave it reads it; `told` has both languages."""
        cleaned = {
            name: value for name, value in super().details().items() if not name.startswith("told_")
        }
        return cleaned | {"reason": self.told()[current_language()], "told": self.told()}
