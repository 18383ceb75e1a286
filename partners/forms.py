"""Forms of a partner's own editors: what they propose about its page and its projects."""

from django import forms
from django.core import signing
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from partners.models import Partner, Project
from partners.proposals import PAGE_COLUMNS, PROJECT_COLUMNS, RELATIONS, values_of
from publishing.languages import LANGUAGES
from publishing.richtext import html_to_typed, typed_to_html

SALT = "partners.proposal"
IN_LANGUAGE = {"ky": _("%(label)s, in Kyrgyz"), "ru": _("%(label)s, in Russian")}
DAY = {"type": "date"}


def formfield(db_field, **kwargs):
    if isinstance(db_field, models.URLField):
        kwargs["assume_scheme"] = "https"
    return db_field.formfield(**kwargs)


class ProposalForm(forms.ModelForm):
    """Opened with what stands there now, and what waits already laid over it; saves nothing itself.

    `before` carries, signed, what the form was opened with.
    """

    note = forms.CharField(
        label=_("A word to the editors"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    before = forms.CharField(widget=forms.HiddenInput, required=False)
    columns: tuple[str, ...] = ()

    def __init__(self, *args, waiting: dict | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        opened = values_of(self.instance, self.columns) | (waiting or {})
        for name, value in opened.items():
            is_rich = name.startswith("description")
            self.initial[name] = html_to_typed(value or "") if is_rich else value
        self.initial["before"] = signing.dumps(opened, salt=SALT, compress=True)
        for name in self.columns:
            base, _dash, language = name.rpartition("_")
            if language in LANGUAGES and base in self._meta.model.translated_field_names():
                label = self._meta.model._meta.get_field(base).verbose_name  # noqa: SLF001
                self.fields[name].label = IN_LANGUAGE[language] % {"label": capfirst(label)}
                self.fields[name].widget.attrs["lang"] = language
                self.fields[name].required = False

    def clean_before(self):
        try:
            return signing.loads(self.cleaned_data["before"], salt=SALT)
        except signing.BadSignature as error:
            raise forms.ValidationError(_("The form is damaged. Open it again.")) from error

    def _post_clean(self):
        """Nothing is set on the record: a proposal is checked when an editor takes it over."""

    def proposed(self) -> tuple[dict, dict]:
        """(answers, before) for partners.proposals.propose."""
        before, answers = self.cleaned_data["before"], {}
        for name in self.columns:
            value = self.cleaned_data.get(name)
            if name in RELATIONS:
                value = sorted(each.pk for each in value)
            elif name.startswith("description"):
                # Typed plainly: a text nobody touched keeps its links and tables.
                was = before.get(name) or ""
                value = was if value == html_to_typed(was) else typed_to_html(value or "")
            elif hasattr(value, "isoformat"):
                value = value.isoformat()
            # Empty is «» everywhere but for a day.
            is_day = name in {"starts_on", "ends_on"}
            answers[name] = "" if value is None and not is_day else value
        return answers, before


class PageForm(ProposalForm):
    columns = PAGE_COLUMNS

    class Meta:
        model = Partner
        fields = PAGE_COLUMNS
        formfield_callback = formfield
        widgets = {
            "summary_ky": forms.Textarea(attrs={"rows": 2}),
            "summary_ru": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for language in LANGUAGES:
            old = self.fields[f"description_{language}"]
            self.fields[f"description_{language}"] = forms.CharField(
                label=old.label,
                required=False,
                max_length=8000,
                widget=forms.Textarea(attrs={"rows": 9, "lang": language}),
                help_text=_("A blank line begins a paragraph, “- ” a line of a list."),
            )


class ProjectForm(ProposalForm):
    columns = PROJECT_COLUMNS

    class Meta:
        model = Project
        fields = PROJECT_COLUMNS
        formfield_callback = formfield
        widgets = {
            "summary_ky": forms.Textarea(attrs={"rows": 2}),
            "summary_ru": forms.Textarea(attrs={"rows": 2}),
            "starts_on": forms.DateInput(DAY, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(DAY, format="%Y-%m-%d"),
            "themes": forms.CheckboxSelectMultiple,
            "oblasts": forms.CheckboxSelectMultiple,
        }

    def clean(self):
        cleaned = super().clean()
        if not (cleaned.get("title_ky") or cleaned.get("title_ru")):
            self.add_error("title_ky", _("Give the title in at least one language."))
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("It cannot end before it begins."))
        if not cleaned.get("is_countrywide") and not cleaned.get("oblasts"):
            self.add_error("oblasts", _("Choose the oblasts, or say that it is the whole country."))
        return cleaned
