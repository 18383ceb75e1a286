"""Forms of the editors: two languages in one form, and a lock against overwriting each other."""

import hashlib

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from reversion import is_registered
from reversion.models import Version

from publishing.languages import LANGUAGES, OTHER
from publishing.models import FormerSlug
from publishing.richtext import RichTextField, plain_text
from publishing.workflow import Status, WithdrawalKind, needs_override

IN_LANGUAGE = {"ky": _("%(label)s (in Kyrgyz)"), "ru": _("%(label)s (in Russian)")}
#: How many saved states back the form looks for the one it was opened with.
STATES_REMEMBERED = 30


class TwoLanguageForm(forms.ModelForm):
    """A form whose translated fields stand in pairs; what is required is required in one language.

    Each form field of a pair knows `language` (drawn as `lang`), `is_stale` and `theirs`, which
    templates/admin/includes/fieldset.html draws.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "position" in self.fields:
            self.fields["position"].required = False
        for name in self._meta.model.translated_field_names():
            base = self._meta.model._meta.get_field(name)  # noqa: SLF001
            for language in LANGUAGES:
                field = self.fields.get(f"{name}_{language}")
                if field is None:
                    continue
                field.required = False
                field.language = language
                field.label = IN_LANGUAGE[language] % {"label": capfirst(base.verbose_name)}
                field.widget.attrs["lang"] = language
                if base.max_length and not isinstance(base, RichTextField):
                    field.widget.attrs["data-limit"] = base.max_length

    def clean(self):
        cleaned = super().clean()
        for name in self._meta.model.translated_field_names():
            pair = [f"{name}_{language}" for language in LANGUAGES]
            is_required = not self._meta.model._meta.get_field(name).blank  # noqa: SLF001
            if is_required and all(key in self.fields and not self.data_of(key) for key in pair):
                self.add_error(pair[0], gettext("Fill this in in at least one language."))
        return cleaned

    def clean_position(self):
        """An empty place in the order is the end of it; the admin gives it its number."""
        return self.cleaned_data["position"] or 0

    def data_of(self, name: str) -> str:
        return (self.cleaned_data.get(name) or "").strip()


def lock_of(record) -> str:
    """What the form was opened with: the number of the saved state and the status, where it has one."""
    return f"{record.version}:{getattr(record, 'status', '')}"


class Locked:
    """Mixed into the form of a record. Carries the state it was opened with; if somebody has saved
    another one meanwhile, it comes back with both texts and saves only after a word from its writer.

    Who mixes it in draws admin/includes/lock.html within the form.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stored_lock = self._lock() if self.instance.pk else ""
        self.opened_lock = self.data.get("version", self.stored_lock)
        self.has_conflict = False
        if self.is_bound and self.data.getlist("take"):
            self._take_stored(self.data.getlist("take"))

    def _lock(self) -> str:
        """A record that counts no states of its own is known by what the form shows of it."""
        if hasattr(self.instance, "version"):
            return lock_of(self.instance)
        shown = [(name, _comparable(self.initial.get(name))) for name in sorted(self.fields)]
        mark = hashlib.blake2s(repr(shown).encode(), digest_size=8).hexdigest()
        return f"={mark}:{getattr(self.instance, 'status', '')}"

    def _take_stored(self, names):
        """Put the stored value back into the fields whose writer chose it over their own."""
        self.data = self.data.copy()
        for name in names:
            if name not in self.fields or name not in self.initial:
                continue
            field = self.fields[name]
            value = field.prepare_value(self.initial[name])
            if isinstance(field, forms.BooleanField):
                value = "on" if value else None
            else:
                # Widgets with buttons beside them wrap the one that holds the value.
                value = getattr(field.widget, "widget", field.widget).format_value(value)
            if isinstance(value, (list, tuple)):
                self.data.setlist(name, [str(item) for item in value])
            elif value is None:
                self.data.pop(name, None)
            else:
                self.data[name] = value

    def clean(self):
        cleaned = super().clean()
        agreed = "save_anyway" in self.data and self.data.get("seen") == self.stored_lock
        if self.instance.pk and self.opened_lock != self.stored_lock and not agreed:
            self.has_conflict = True
            raise forms.ValidationError(
                gettext(
                    "Somebody saved this record while you were writing. Nothing is lost: see below."
                )
            )
        return cleaned

    def mark_theirs(self):
        """Give every field whose stored value differs from the typed one that value as `theirs`.

        Where the state the form was opened with is still known, `is_only_theirs` tells the fields
        that just the other person has changed.
        """
        opened = state_at(self.instance, self.opened_lock.partition(":")[0])
        for name in self.changed_data:
            if name not in self.initial:
                continue
            field = self.fields[name]
            field.theirs = readable(self.initial[name], field)
            typed = self.cleaned_data.get(name) if hasattr(self, "cleaned_data") else None
            field.is_only_theirs = name in opened and (opened[name] or "") == (typed or "")


class LockedForm(Locked, TwoLanguageForm):
    """Form of a record in two languages that two people may have open."""


def _comparable(value) -> str:
    if isinstance(value, (list, tuple)):
        return repr(sorted(str(getattr(item, "pk", item)) for item in value))
    return str(value)


def mark_rows(formset):
    """The same for the rows of a record; a new row differs from nothing."""
    for form in formset.initial_forms:
        for name in form.changed_data:
            if name in form.initial and name in form.fields:
                form.fields[name].theirs = readable(form.initial[name], form.fields[name])


class PublishableForm(LockedForm):
    """Form of a Publishable."""

    confirm_translation = forms.BooleanField(required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stored_slug = self.instance.slug

    def clean_slug(self):
        slug = self.cleaned_data["slug"]
        if slug in self.instance.reserved_slugs:
            raise forms.ValidationError(gettext("This address is taken by a page of the portal."))
        kind = ContentType.objects.get_for_model(self.instance)
        others = FormerSlug.objects.filter(content_type=kind, slug=slug)
        if slug and others.exclude(object_id=self.instance.pk or 0).exists():
            raise forms.ValidationError(
                gettext("Another record had this address before; links to it lead there.")
            )
        return slug


def state_at(record, number: str) -> dict:
    """Values of the record in the saved state of that number, {} when it is not kept."""
    if not (number.isdigit() and is_registered(type(record))):
        return {}
    for version in Version.objects.get_for_object(record)[:STATES_REMEMBERED]:
        if version.field_dict.get("version") == int(number):
            return version.field_dict
    return {}


def readable(value, field) -> str:
    """A value as a person reads it: choices by their labels, rich text without its tags."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return ", ".join(str(item) for item in value) or "—"
    if isinstance(field, forms.ModelChoiceField):
        return str(field.queryset.filter(pk=value).first() or "—")
    choices = getattr(field, "choices", None)
    if choices:
        labels = {str(key): str(label) for key, label in choices}
        values = value if isinstance(value, (list, tuple)) else [value]
        return ", ".join(labels.get(str(item), str(item)) for item in values) or "—"
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return plain_text(str(value)) if value not in (None, "") else "—"


def stale_name(record, key: str) -> str:
    """Name of the form field that a key of stale_fields speaks of: the other language's."""
    return f"{key.rpartition('.')[2]}_{OTHER[record.original_language]}"


class BackReason:
    """What an editor has ticked when sending a text back: points, and fields to look at."""

    FIELD_PREFIX = "field:"

    @classmethod
    def is_field(cls, code: str) -> bool:
        """Whether an entry of a checklist marks a field, and is no reason."""
        return code.startswith(cls.FIELD_PREFIX)

    @classmethod
    def label(cls, code: str, model) -> str:
        """What an entry of an audit event's checklist says."""
        if cls.is_field(code):
            return field_label(model, code.removeprefix(cls.FIELD_PREFIX))
        points = dict(point for step in model.workflow for point in step.checklist)
        return str(points.get(code, code))

    @classmethod
    def asked(cls, event, model) -> dict[str, list[str]]:
        """{"points": sentences, "fields": their names} of an event that sent a text back."""
        codes = event.details.get("checklist", [])
        return {
            "points": [cls.label(code, model) for code in codes if not cls.is_field(code)],
            "fields": [cls.label(code, model) for code in codes if cls.is_field(code)],
        }


def field_label(model, name: str) -> str:
    """«Problem» for problem; the plural name of the rows for steps; the name itself otherwise."""
    for field in model._meta.get_fields():  # noqa: SLF001
        if field.name == name or getattr(field, "get_accessor_name", str)() == name:
            found = getattr(field, "verbose_name", None)
            return str(capfirst(found or field.related_model._meta.verbose_name_plural))  # noqa: SLF001
    return name


class MoveForm(forms.Form):
    """What a move asks for beside the click."""

    checklist = forms.MultipleChoiceField(
        label=_("What has to change"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    fields_marked = forms.MultipleChoiceField(
        label=_("Fields to look at"), widget=forms.CheckboxSelectMultiple, required=False
    )
    withdrawal_kind = forms.ChoiceField(
        label=_("Kind of withdrawal"),
        choices=WithdrawalKind,
        widget=forms.RadioSelect,
        help_text=_("Readers of the old address see the kind, never the reason itself."),
    )
    scheduled_for = forms.DateTimeField(
        label=_("Publish on"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Time of Bishkek. It is published by itself within a minute of it."),
    )
    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2000, required=False
    )

    def __init__(self, *args, step, record, actor, marked_choices=(), is_override=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.step = step
        self.is_override = (
            needs_override(step, record, actor) if is_override is None else is_override
        )
        if step.name != "send_back":
            del self.fields["checklist"], self.fields["fields_marked"]
        else:
            self.fields["checklist"].choices = step.checklist
            if marked_choices:
                self.fields["fields_marked"].choices = marked_choices
            else:
                del self.fields["fields_marked"]
        if step.target != Status.WITHDRAWN:
            del self.fields["withdrawal_kind"]
        if step.target != Status.SCHEDULED:
            del self.fields["scheduled_for"]
        if step.needs_reason or self.is_override:
            self.fields["reason"].required = step.name != "send_back"
            help_texts = [REASON_HELP.get(step.name, ""), self._language_of_author(record)]
            self.fields["reason"].help_text = " ".join(str(text) for text in help_texts if text)
        else:
            del self.fields["reason"]
        if self.is_override:
            self.fields["reason"].help_text = format_html(
                "{}",
                _(
                    "You submitted this yourself. To approve it too, give a reason; it will be recorded."
                ),
            )

    def _language_of_author(self, record) -> str:
        """The checklist comes to the author in their language by itself; the words do not."""
        if self.step.name not in READ_BY_AUTHOR:
            return ""
        author = getattr(record, "author", None)
        language = author.language if author else getattr(record, "original_language", "")
        return AUTHOR_WRITES.get(language, "")

    @property
    def is_needed(self) -> bool:
        return bool(self.fields)

    def clean(self):
        cleaned = super().clean()
        if self.step.name == "send_back" and not (
            cleaned.get("checklist") or cleaned.get("reason")
        ):
            raise forms.ValidationError(
                gettext("Tick at least one point or write what has to change.")
            )
        return cleaned

    def details(self) -> dict:
        """Arguments of publishing.workflow.move."""
        cleaned = dict(self.cleaned_data) if self.is_needed else {}
        marked = [BackReason.FIELD_PREFIX + name for name in cleaned.pop("fields_marked", [])]
        if "checklist" in cleaned:
            cleaned["checklist"] = [*cleaned["checklist"], *marked]
        return cleaned


#: Moves whose words go to the author.
READ_BY_AUTHOR = {"send_back", "reject"}
AUTHOR_WRITES = {"ky": _("The author writes in Kyrgyz."), "ru": _("The author writes in Russian.")}
REASON_HELP = {
    "send_back": _("In the author’s language, what to do and where; the author reads it."),
    "reject": _("Say kindly why and what would have to be different; the author reads it."),
    "withdraw": _("For the audit trail; readers see only the kind."),
    "archive": _("For the audit trail."),
    "outdate": _("What does not hold any more; editors see it."),
    "reopen": _("For the audit trail."),
}
