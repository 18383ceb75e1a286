"""Forms of adoptions: declaring one, its facts, its photos, the word of the source, a check."""

from datetime import date
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from people.spam import GuardedForm
from places.models import Municipality
from practices.calculator import QuantityField
from practices.choices import AdoptionStatus, CheckAnswer, HelpedBy, Recommend, Scale, ScaleBy
from practices.models import Adoption, AdoptionPhoto
from practices.models.adoption import UNDER_WAY
from publishing.amounts import number
from publishing.drafts import CHOICE, WAS, digest, merge
from publishing.editing import readable
from publishing.files import accept_picture
from publishing.languages import OTHER

EARLIEST = date(1991, 1, 1)
MAX_SOM = 1_000_000_000_000
MAX_PHOTOS = 8
GROUPED_FROM = 10_000
#: Prefix of the hidden field that says which other text its writer has seen beside their own.
SEEN = "seen:"
#: What one says of an adoption when declaring it: at work or on the way there.
DECLARED = (*UNDER_WAY, AdoptionStatus.IMPLEMENTED)


class DayField(forms.DateField):
    """A day, chosen from the phone's calendar where it has one."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean(self, value):
        day = super().clean(value)
        if day and not EARLIEST <= day <= date(timezone.localdate().year + 10, 12, 31):
            raise ValidationError(gettext("Look at the year once more."))
        return day


class NumberField(QuantityField):
    """A number as people write it; the phone shows its digits."""

    def __init__(self, *, whole: bool = False, **kwargs):
        places = {"decimal_places": 0} if whole else {"decimal_places": 2, "max_digits": 14}
        super().__init__(**({"required": False, "localize": True} | places | kwargs))
        self.widget.attrs["inputmode"] = "numeric" if whole else "decimal"

    def prepare_value(self, value):
        """«900 000» and «214,5», as one writes it; a year stays in one piece."""
        if isinstance(value, (int, Decimal)):
            return number(value) if value >= GROUPED_FROM else f"{Decimal(value).normalize():f}"
        return value

    def clean(self, value):
        cleaned = super().clean(value)
        return int(cleaned) if cleaned is not None and self.decimal_places == 0 else cleaned


def long_text(label, limit: int, help_text="", rows: int = 4) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=limit,
        required=False,
        widget=forms.Textarea({"rows": rows}),
    )


class PhotoField(forms.FileField):
    """A photo that passes the one way in for pictures; a refusal is a sentence at the field."""

    widget = forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"})

    def clean(self, value, initial=None):
        upload = super().clean(value, initial)
        if upload:
            accept_picture(upload)
            upload.seek(0)
        return upload


class OwnFieldsForm(GuardedForm):
    """Draws its fields as the pages of the ledger do: several choices are a group with a legend."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in self.own_fields():
            if name in self.fields:
                self.fields[name].template_name = "practices/adoption_field.html"

    @classmethod
    def own_fields(cls) -> list[str]:
        return [name for name in cls.base_fields if name not in GuardedForm.base_fields]


class FactsForm(OwnFieldsForm):
    """What an adoption says of itself. Texts are those of one language, the writer's."""

    #: Fields of the form that stand in two columns.
    TEXTS = ("adaptation", "result_unit")

    started_on = DayField(label=_("When did it start?"), required=False)
    finished_on = DayField(
        label=_("When was the work finished?"),
        required=False,
        help_text=_("Leave empty while it goes on."),
    )
    adaptation = long_text(
        _("What did you do in another way than in the original?"),
        800,
        _("For example: a smaller tank, no contractor, residents dug the trench themselves."),
    )
    cost_once = NumberField(
        label=_("What did it really cost, som?"),
        whole=True,
        min_value=0,
        max_value=MAX_SOM,
        help_text=_("All sources together, work in kind included."),
    )
    price_year = NumberField(
        label=_("In prices of which year?"), whole=True, min_value=1991, max_value=2100
    )
    result_number = NumberField(
        label=_("What came of it, in one number?"), help_text=_("For example: 214.")
    )
    result_unit = forms.CharField(
        label=_("What does the number count?"),
        max_length=80,
        required=False,
        help_text=_("For example: households with water."),
    )

    def __init__(self, data=None, files=None, *, typed=None, initial=None):
        """typed: a POST that came after the session had ended; its answers are shown again."""
        super().__init__(data, files, initial={**(initial or {}), **self._held(typed or {})})

    def _held(self, typed) -> dict:
        return {
            name: typed.getlist(name)
            if isinstance(field, forms.MultipleChoiceField)
            else typed.get(name, "")
            for name, field in self.base_fields.items()
            if name in typed or WAS + name in typed
        }

    def clean(self):
        cleaned = super().clean()
        start, end = cleaned.get("started_on"), cleaned.get("finished_on")
        if start and end and end < start:
            self.add_error("finished_on", gettext("It cannot have finished before it started."))
        if cleaned.get("cost_once") is not None and not cleaned.get("price_year"):
            self.add_error("price_year", gettext("Give the year: prices change."))
        return cleaned

    @classmethod
    def columns(cls, cleaned: dict, language: str) -> dict:
        """{column of Adoption: value} for the answers given in a language."""
        return {
            f"{name}_{language}" if name in cls.TEXTS else name: value
            for name, value in cleaned.items()
            if name in cls.own_fields()
        }


class DeclarationForm(FactsForm):
    """«We did this too»: six fields on one page."""

    municipality = forms.ModelChoiceField(
        label=_("Your municipality"), queryset=Municipality.objects.none(), empty_label=None
    )
    status = forms.ChoiceField(
        label=_("How far are you?"),
        choices=[(status.value, status.label) for status in DECLARED],
        widget=forms.RadioSelect,
    )
    photo = PhotoField(
        label=_("Photo"),
        required=False,
        help_text=_(
            "Not needed now: photos can be added afterwards, as often as it takes on a bad line."
        ),
    )
    field_order = [
        "municipality", "status", "started_on", "finished_on", "adaptation", "cost_once",
        "price_year", "result_number", "result_unit", "photo",
    ]  # fmt: skip

    def __init__(self, *args, municipalities, **kwargs):
        """municipalities: a queryset of those the person may speak for."""
        super().__init__(*args, **kwargs)
        field = self.fields["municipality"]
        field.queryset = municipalities
        self.only_place = municipalities[0] if len(municipalities) == 1 else None
        if self.only_place:
            field.initial = self.only_place.pk
            field.widget = forms.HiddenInput()
        self.fields["price_year"].initial = timezone.localdate().year

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("status") == AdoptionStatus.IMPLEMENTED and not self.errors:
            facts = Adoption(
                finished_on=cleaned["finished_on"], result_number=cleaned["result_number"]
            )
            for missing in facts.missing_for_implementation(has_photo=bool(cleaned["photo"])):
                self.add_error(
                    missing.field,
                    gettext("For what is at work this is needed: %(what)s.")
                    % {"what": missing.message},
                )
        return cleaned

    def values(self, language: str) -> dict:
        """Columns of the new row."""
        cleaned = dict(self.cleaned_data)
        cleaned.pop("municipality"), cleaned.pop("photo")
        return self.columns(cleaned, language)


class AdoptionForm(FactsForm):
    """The facts of an adoption, all of them, as its people go on writing them.

    Two devices may write at once: each field carries a digest of what it was opened with, so what
    only one side changed is taken, and what both changed is shown twice for the writer to choose.
    """

    TEXTS = ("adaptation", "result_unit", "result", "why_chosen", "lessons", "coordinator_post")

    result = long_text(_("What came of it, in words?"), 800)
    beneficiaries_count = NumberField(
        label=_("How many people does it serve?"), whole=True, min_value=0, max_value=10_000_000
    )
    scale_quantity = NumberField(label=_("How many units?"), min_value=Decimal(0), decimal_places=1)
    cost_yearly = NumberField(
        label=_("What does upkeep cost a year, som?"), whole=True, min_value=0, max_value=MAX_SOM
    )
    scale = forms.ChoiceField(
        label=_("How much of the municipality?"),
        required=False,
        choices=[("", "—"), *Scale.choices],
    )
    why_chosen = long_text(_("Why did you choose this practice?"), 400, rows=3)
    helped_by = forms.MultipleChoiceField(
        label=_("What helped?"),
        required=False,
        choices=HelpedBy.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    lessons = long_text(_("What would you tell those who come after you?"), 800)
    would_recommend = forms.ChoiceField(
        label=_("Would you recommend it?"), required=False, choices=[("", "—"), *Recommend.choices]
    )
    coordinator_post = forms.CharField(
        label=_("Who is in charge of it: post"), max_length=120, required=False
    )
    field_order = [
        "started_on", "finished_on", "adaptation", "result_number", "result_unit", "result",
        "beneficiaries_count", "scale", "scale_quantity", "cost_once", "price_year", "cost_yearly",
        "why_chosen", "helped_by", "lessons", "would_recommend", "coordinator_post",
    ]  # fmt: skip

    def __init__(self, data=None, *, record: Adoption, language: str, typed=None):
        self.record, self.language = record, language
        self.stored = {name: self._stored(name) for name in self.own_fields()}
        super().__init__(data, typed=typed, initial=self.stored)
        practice = record.practice
        if practice.scale_by == ScaleBy.NONE:
            del self.fields["scale_quantity"]
        else:
            self.fields["scale_quantity"].help_text = practice.get_scale_by_display()
        for name, field in self.fields.items():
            if name in self.stored:
                field.was_name = WAS + name
                field.was = self._was(name, data if data is not None else typed or {})
                if name in self.TEXTS and not self.stored[name]:
                    field.other_language = OTHER[language]
                    field.other = getattr(record, f"{name}_{OTHER[language]}")

    def _was(self, name: str, source) -> str:
        """Digest of what the form was opened with; what came from another form was opened empty."""
        if WAS + name in source or name in source:
            return source.get(WAS + name, "")
        return digest(plain(self.stored[name]))

    def _stored(self, name):
        column = f"{name}_{self.language}" if name in self.TEXTS else name
        value = getattr(self.record, column)
        return "" if value is None and name in self.TEXTS else value

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        typed = {name: cleaned[name] for name in self.stored if name in cleaned}
        was = {name: self.data.get(WAS + name, "") for name in typed}
        merged = merge(
            {name: plain(value) for name, value in self.stored.items()},
            {name: plain(value) for name, value in typed.items()},
            was,
        )
        open_ones = [name for name in merged.conflicts if not self._is_chosen(name)]
        for name in open_ones:
            self._show_both(name)
        if open_ones:
            raise ValidationError(
                gettext(
                    "Somebody saved this while you were writing. Nothing is lost: choose between "
                    "the two texts at each marked field, then save."
                )
            )
        mine = {name for name in merged.conflicts if self.data.get(CHOICE + name) == "mine"}
        self.changed = {name: typed[name] for name in {*merged.values, *mine}}
        return cleaned

    def _is_chosen(self, name: str) -> bool:
        """Chosen knowing the text that is stored now, and not one before it."""
        has_seen = self.data.get(SEEN + name) == digest(plain(self.stored[name]))
        return has_seen and self.data.get(CHOICE + name) in {"mine", "stored"}

    def _show_both(self, name: str) -> None:
        field = self.fields[name]
        field.choice_name, field.seen_name = CHOICE + name, SEEN + name
        field.seen = digest(plain(self.stored[name]))
        field.theirs = readable(self.stored[name], field)

    def save(self, record: Adoption) -> list[str]:
        """Write what has changed into the row, which the caller has locked; returns the fields."""
        for column, value in self.columns(self.changed, self.language).items():
            setattr(record, column, value)
        if self.changed:
            record.version += 1
            record.save()
        return sorted(self.changed)


def plain(value) -> str | list[str]:
    """A value as it is compared: 450000 and 450000.00 are the same number."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


class PhotoForm(forms.Form):
    """One photo and what it shows, in the writer's language."""

    file = PhotoField(label=_("Photo"))
    alt = forms.CharField(
        label=_("What does the photo show?"),
        max_length=200,
        required=False,
        help_text=_("One sentence, for those who do not see it."),
    )

    def photo(self, adoption: Adoption, language: str) -> AdoptionPhoto:
        """The stored photo; put at the end."""
        photo = AdoptionPhoto(
            adoption=adoption,
            file=self.cleaned_data["file"],
            position=adoption.photos.count() + 1,
        )
        setattr(photo, f"alt_{language}", self.cleaned_data["alt"])
        photo.save()
        return photo


class ConfirmationForm(OwnFieldsForm):
    """The word of the source municipality on an adoption."""

    YES, NO = "yes", "no"
    answer = forms.ChoiceField(
        label=_("Was it repeated there?"),
        choices=[(YES, pgettext_lazy("adoption", "Yes, it is so")),
                 (NO, pgettext_lazy("adoption", "No, something is wrong"))],
        widget=forms.RadioSelect,
    )  # fmt: skip
    post = forms.CharField(
        label=_("Your post"),
        max_length=120,
        help_text=_("A post, not a name: for example, responsible secretary."),
        widget=forms.TextInput({"autocomplete": "organization-title"}),
    )
    note = long_text(_("What is wrong?"), 800, _("Only if your answer is no. The editors read it."))

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("answer") == self.NO and not cleaned.get("note"):
            self.add_error(
                "note", gettext("Say what is wrong, so that the editors can look into it.")
            )
        return cleaned


class CheckForm(OwnFieldsForm):
    """An answer to «does it still work?», with what has changed or why it stopped."""

    answer = forms.ChoiceField(
        label=_("Does it still work?"), choices=CheckAnswer.choices, widget=forms.RadioSelect
    )
    note = long_text(_("What has changed, or why did it stop?"), 300)

    def __init__(self, *args, given: str = "", **kwargs):
        """given: the answer that stands already; then only the note is asked for."""
        super().__init__(*args, **kwargs)
        self.given = given
        if given:
            del self.fields["answer"]
            self.fields["note"].required = True
        if given == CheckAnswer.STOPPED:
            self.fields["note"].label = _("Why did it stop?")
        elif given == CheckAnswer.CHANGED:
            self.fields["note"].label = _("What has changed?")

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("answer") == CheckAnswer.STOPPED and not cleaned.get("note"):
            self.add_error("note", gettext("Say why it stopped: others learn from it."))
        return cleaned
