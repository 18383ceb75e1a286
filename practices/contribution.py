"""A practice told by those who did it: sections of the form, and the way from a draft to a record.

Eight fields make a draft that can be sent; the rest is asked in short sections, in any order.
publishing/drafts.py keeps what is typed; here it is read, and delivered to the editors.
"""

import hashlib
from dataclasses import dataclass

import reversion
from django import forms
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners.choices import Licence
from people import consents
from people.models import Membership
from people.phones import PhoneField
from places.forms import MunicipalityField
from practices.choices import (
    Barrier,
    CollectedVia,
    Competence,
    FundingSource,
    Initiative,
    KeneshDecision,
    Kind,
    LinkKind,
    Participation,
    UpkeepPayer,
    VulnerableGroup,
)
from practices.models import Practice
from practices.requirements import PUBLICATION, SUBMISSION, DraftFacts, unmet
from publishing.drafts import Rows, Section, Sheet, file_row_id, files_of, new_row_id
from publishing.files import DocumentKind
from publishing.models import AuditEvent, Draft
from publishing.richtext import html_to_typed, plain_text, typed_to_html
from publishing.workflow import MoveRefused, Status, move
from themes.models import Theme

KIND = "practice"
RICH = ("problem", "solution", "result")
MAX_PICTURES = 8
MAX_DOCUMENTS = 8
YEARS = {"min_value": 1991, "max_value": 2100}


# ---------------------------------------------------------------- fields


def words(label, limit, help_text="", rows=0, **kwargs):
    """Text in the draft's language; rows: lines of the box, 0 for a single line."""
    widget = forms.Textarea({"rows": rows}) if rows else forms.TextInput()
    widget.attrs["data-limit"] = limit
    return forms.CharField(
        label=label, max_length=limit, help_text=help_text, widget=widget, **kwargs
    )


def choice(label, choices, help_text=""):
    return forms.ChoiceField(
        label=label, choices=[("", "—"), *choices], help_text=help_text, widget=forms.Select
    )


class WholeField(forms.IntegerField):
    """A whole number as people write it: «450 000», «450 000 сом»."""

    widget = forms.TextInput

    def to_python(self, value):
        if isinstance(value, str):
            value = "".join(value.lower().removesuffix("сом").split()).replace("\u202f", "")
        return super().to_python(value)

    def widget_attrs(self, widget):
        return {"inputmode": "numeric"}


class AmountField(forms.DecimalField):
    """A number as people write it: «12,5»."""

    widget = forms.TextInput

    def to_python(self, value):
        if isinstance(value, str):
            value = "".join(value.split()).replace(",", ".")
        return super().to_python(value)

    def widget_attrs(self, widget):
        return {"inputmode": "decimal"}


def whole(label, help_text="", **kwargs):
    return WholeField(label=label, help_text=help_text, **({"min_value": 0} | kwargs))


def day(label, help_text=""):
    return forms.DateField(
        label=label,
        help_text=help_text,
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )


# ---------------------------------------------------------------- sections


class CoreForm(forms.Form):
    title = words(_("What was done and what came of it, in one line"), 120)
    municipality = MunicipalityField(
        label=_("In which municipality"),
        help_text=_("The name as you say it. Where several bear it, add the oblast after a comma."),
    )
    theme = forms.ModelChoiceField(
        Theme.objects.all(), label=_("On which theme"), to_field_name="slug", empty_label="—"
    )
    started_on = day(
        _("When it began"), _("If you do not know the day, give the first of the month.")
    )
    problem = words(
        _("What was wrong?"), 3000, _("For whom it was a trouble, and how that was known."), rows=6
    )
    solution = words(
        _("What did you do?"),
        6000,
        _("Who did what, in which order. A line that begins with «- » becomes an item of a list."),
        rows=9,
    )
    result = words(
        _("What has changed?"),
        3000,
        _("With numbers, if there are any: how it was, how it is."),
        rows=6,
    )


class MoreForm(forms.Form):
    promise = words(
        _("For whom it is and what it changes, in one line"),
        200,
        _("Shown on lists and in WhatsApp."),
    )
    kind = choice(
        _("What is it?"),
        Kind.choices,
        _(
            "A lesson tells honestly of what did not work, so that others need not pay for it again."
        ),
    )
    finished_on = day(_("When it ended"), _("Leave empty while it goes on."))
    place_text = words(_("Village, street"), 120, _("Where exactly, if it matters."))
    initiative = choice(_("Whose idea was it?"), Initiative.choices)
    participation = choice(_("What was the residents’ part?"), Participation.choices)
    who_took_part = words(_("Who took part?"), 400, rows=3)


class StepForm(forms.Form):
    title = words(_("Step"), 120)
    text = words(_("What is done"), 600, rows=3)
    days = whole(_("Days"), max_value=3650)
    responsible = words(_("Whose duty (a post)"), 120)
    typical_mistake = words(_("Typical mistake"), 200)


class EmptyForm(forms.Form):
    pass


class NumbersForm(forms.Form):
    beneficiaries_count = whole(_("How many people does it serve?"), max_value=2_000_000_000)
    women_count = whole(_("Of them women"), max_value=2_000_000_000)
    beneficiaries = words(_("Who are they?"), 300)
    vulnerable_groups = forms.MultipleChoiceField(
        label=_("Whom does it help above all?"),
        choices=VulnerableGroup.choices,
        widget=forms.CheckboxSelectMultiple,
    )


class MeasurementForm(forms.Form):
    indicator = words(_("What was counted"), 120, _("For example: households with water at home."))
    unit = words(_("In what"), 40, _("Per cent, households, hours a day …"))
    before = AmountField(label=_("Before"), max_digits=14, decimal_places=2)
    before_year = WholeField(label=_("in the year"), **YEARS)
    after = AmountField(label=_("After"), max_digits=14, decimal_places=2)
    after_year = WholeField(label=_("in the year"), **YEARS)
    source = words(_("Where the numbers are from"), 200)


class MoneyForm(forms.Form):
    cost_once = whole(
        _("What did it cost, once, in som?"),
        _("All sources together, work in kind included. A round number will do."),
        max_value=10**12,
    )
    cost_yearly = whole(
        _("What does it cost a year, in som?"), _("0 when nothing."), max_value=10**12
    )
    price_year = WholeField(label=_("In prices of the year"), **YEARS)
    cost_note = words(_("A note on the cost"), 300)
    upkeep_payer = choice(_("Who pays the upkeep?"), UpkeepPayer.choices)
    upkeep_plan = words(_("How does the upkeep work?"), 300, rows=2)
    staff_needed = words(_("How many people does it take?"), 200)
    equipment = words(_("What equipment does it take?"), 200)


class FundingForm(forms.Form):
    source = choice(_("Source of money"), FundingSource.choices)
    amount = whole(_("Som"), max_value=10**12)
    name = words(_("Who exactly"), 160)


class LawForm(forms.Form):
    kenesh_decision = choice(_("Is a decision of the kenesh needed?"), KeneshDecision.choices)
    competence = choice(_("Whose competence is it?"), Competence.choices)


class LegalBasisForm(forms.Form):
    act = words(_("Law, decision or rules"), 250)
    article = words(_("Article"), 60)
    url = forms.URLField(label=_("Address on the net"), max_length=200, assume_scheme="https")


class AdviceForm(forms.Form):
    lessons = words(
        _("What have you learned?"), 800, _("What you would tell a colleague over tea."), rows=5
    )
    what_not_to_do = words(_("What should one not do?"), 400, rows=3)
    transfer_advice = words(_("Advice to those who repeat it"), 600, rows=4)
    success_conditions = words(_("What does the success depend on?"), 600, rows=3)
    not_suitable_if = words(_("Whom does it not fit?"), 300, rows=2)


class ObstacleForm(forms.Form):
    barrier = choice(_("Kind of obstacle"), Barrier.choices)
    text = words(_("What stood in the way"), 300, rows=2)
    how_overcome = words(_("How it was overcome"), 300, rows=2)


class LinkForm(forms.Form):
    kind = choice(_("Kind"), LinkKind.choices)
    title = words(_("Title"), 160)
    url = forms.URLField(label=_("Address on the net"), max_length=500, assume_scheme="https")


class PictureForm(forms.Form):
    alt = words(
        _("What does the photo show?"), 200, _("One sentence, for those who do not see it."), rows=2
    )
    author = words(_("Who took it?"), 120)


class DocumentForm(forms.Form):
    title = words(_("What is this document?"), 160)
    kind = choice(_("Kind"), DocumentKind.choices)


class ContactForm(forms.Form):
    contact_post = words(_("Whom may others ask? (a post)"), 120)
    office_phone = forms.CharField(
        label=_("Office phone"), max_length=40, widget=forms.TextInput({"type": "tel"})
    )
    contact_email = forms.EmailField(
        label=_("E-mail of the office"), widget=forms.TextInput({"type": "email"})
    )
    contact_hours = words(_("When do you answer?"), 80)
    contact_name = words(
        _("Name"),
        120,
        _("Not shown in public unless you agree to it when you send the description."),
    )
    mobile_phone = PhoneField(
        label=_("Mobile phone"), help_text=_("For the editors only; never shown in public.")
    )
    can_visit = forms.BooleanField(label=_("Visitors are welcome"))
    can_mentor = forms.BooleanField(label=_("We are ready to advise others"))


CORE = "core"
FILES = "files"
SECTIONS = {
    section.name: section
    for section in (
        Section(
            CORE,
            _("The main thing"),
            _("Eight answers are enough to send the description; an editor helps with the rest."),
            CoreForm,
        ),
        Section(
            "steps",
            _("Step by step"),
            _("So that another municipality can repeat it: three steps at least."),
            EmptyForm,
            (Rows("steps", _("Steps"), StepForm, least=3),),
        ),
        Section(
            "numbers",
            _("Result in numbers"),
            _("One honest number says more than a page."),
            NumbersForm,
            (Rows("measurements", _("Before and after"), MeasurementForm),),
        ),
        Section(
            "money",
            _("Cost and upkeep"),
            _("Colleagues ask about money first."),
            MoneyForm,
            (Rows("funding", _("Sources of money"), FundingForm),),
        ),
        Section(
            FILES,
            _("Photos and documents"),
            _(
                "A photo of what was done, the decision, the contract, a template others can fill in."
            ),
            EmptyForm,
            (
                Rows("pictures", _("Photos"), PictureForm, of="pictures"),
                Rows("documents", _("Documents"), DocumentForm, of="documents"),
                Rows("links", _("Videos and pages elsewhere"), LinkForm),
            ),
        ),
        Section(
            "advice",
            _("Lessons and obstacles"),
            _("What went wrong is worth more to a colleague than what went well."),
            AdviceForm,
            (Rows("obstacles", _("Obstacles"), ObstacleForm),),
        ),
        Section(
            "law",
            _("Law"),
            _("On what law and which decisions it stands."),
            LawForm,
            (Rows("legal_basis", _("Laws and decisions"), LegalBasisForm),),
        ),
        Section("more", _("Details"), _("For the list, for WhatsApp and for the card."), MoreForm),
        Section("contact", _("Contact"), _("Whom a colleague may call."), ContactForm),
    )
}


def place_in(sections: dict[str, Section]) -> dict[str, str]:
    """Where on the form a requirement is met: name of the field or of the rows → section."""
    return {name: section.name for section in sections.values() for name in section.names} | {
        "has_consent": "send"
    }


PLACE = place_in(SECTIONS)


# ---------------------------------------------------------------- reading a draft


@dataclass(frozen=True)
class Wanting:
    """One thing still to do: what, and the address where."""

    label: str
    url: str
    field: str


class Reading:
    """A draft understood: every section read, what is missing, what cannot be read.

    What an application of a contest adds and leaves out stands in a class made of this one.
    """

    #: Namespace of the pages draft, section and send.
    pages = "practices"

    def __init__(self, draft: Draft, sections: dict[str, Section] = SECTIONS):
        self.draft, self.sections = draft, sections
        self.place = place_in(sections)
        self.sheets = {name: Sheet(draft, section) for name, section in sections.items()}
        self.cleaned: dict = {"kind": Kind.PRACTICE}
        for sheet in self.sheets.values():
            sheet.form.is_valid()
            self.cleaned |= {
                key: value
                for key, value in sheet.form.cleaned_data.items()
                if value not in (None, "", [])
            }
        self.cleaned["has_consent"] = True
        documents = [item for item in files_of(draft, "documents") if not item.has_macros]
        self.files = len(files_of(draft, "pictures")) + len(documents)

    def _facts(self):
        return DraftFacts(self.draft.answers, self.cleaned, self.files)

    def _wanting(self, requirements) -> list[Wanting]:
        return [
            Wanting(capfirst(str(each.label)), self.address(each.field), each.field)
            for each in unmet(requirements, self._facts())
            if not each.by_editor
        ]

    @property
    def to_send(self) -> list[Wanting]:
        """Before it can be sent."""
        return self._wanting(SUBMISSION)

    @property
    def to_publish(self) -> list[Wanting]:
        """What the readers will miss; an editor helps, so it may be sent without."""
        wanting = self._wanting(PUBLICATION)
        told = {row["id"] for row in self.draft.answers.get("pictures", ()) if row.get("alt")}
        if any(file_row_id(picture) not in told for picture in self.draft.pictures.all()):
            wanting.append(
                Wanting(capfirst(gettext("what each photo shows")), self.address("pictures"), "alt")
            )
        return wanting

    @property
    def to_mend(self) -> list[Wanting]:
        """Answers that cannot be read: a date that is none, a text too long."""
        found = []
        for name, sheet in self.sheets.items():
            for key, sentences in sheet.errors().items():
                found.append(
                    Wanting(f"{self.label(key)}: {sentences[0]}", self.url(name, key), key)
                )
        return found

    @property
    def to_choose(self) -> list[Wanting]:
        """Answers of which two versions are kept."""
        return [Wanting(self.label(key), self.address(key), key) for key in self.draft.conflicts]

    def label(self, key: str) -> str:
        name, _dot, rest = key.partition(".")
        section = self.sections[self.place[name]]
        rows = section.rows_named(name)
        if not rest:
            return str(rows.label if rows else section.form.base_fields[name].label)
        return f"{rows.label}, {rows.form.base_fields[rest.rpartition('.')[2]].label}"

    def address(self, field: str) -> str:
        name = field.partition(".")[0]
        return self.url(self.place[name], field)

    def url(self, section: str, field: str = "") -> str:
        if section == "send":
            return reverse(f"{self.pages}:send", args=[self.draft.uuid])
        address = reverse(f"{self.pages}:section", args=[self.draft.uuid, section])
        named = field in self.sections[section].form.base_fields or "." in field
        return f"{address}#id_{field}" if named else f"{address}#{field}"

    def filled(self, section: str) -> int:
        """How many answers of a section there are."""
        found = sum(1 for name in self.sections[section].names if self.draft.answers.get(name))
        return found + (self.files if section == FILES else 0)


# ---------------------------------------------------------------- to the editors


class NotReady(Exception):
    """A draft that cannot be sent yet; wanting says why."""

    def __init__(self, wanting: list[Wanting]):
        super().__init__(gettext("Something is still missing."))
        self.wanting = wanting


@transaction.atomic
def deliver(draft: Draft, *, agreed: set[str], via: str = AuditEvent.Via.SITE) -> Practice:
    """Make the draft a record, or bring its changes to the record, and submit it for review.

    agreed: purposes of people.consents the writer has ticked. Sending twice sends once. Raises
    NotReady while something is missing or cannot be read.
    """
    draft = Draft.objects.select_for_update().select_related("owner").get(pk=draft.pk)
    if draft.sent_at:
        return draft.record
    reading = Reading(draft)
    is_new = draft.record is None
    wanting = [*reading.to_send, *reading.to_mend, *reading.to_choose]
    if wanting or (is_new and consents.Purpose.PUBLISH not in agreed):
        raise NotReady(wanting)
    owner = draft.owner
    practice = draft.record or Practice(
        created_by=owner,
        original_language=draft.language,
        collected_via=draft.answers.get("collected_via") or CollectedVia.FORM,
        licence=Licence.CC_BY,
        has_consent=True,
    )
    if not is_new:
        practice = Practice.objects.select_for_update(of=("self",)).get(pk=practice.pk)
        if practice.status not in {Status.DRAFT, Status.NEEDS_CHANGES}:
            raise NotReady([])
        practice.version += 1
    with reversion.create_revision():
        reversion.set_user(owner)
        reversion.set_comment(gettext("Sent by its author"))
        _write(practice, reading)
        practice.save()
        _write_rows(practice, reading)
        _write_files(practice, reading)
        practice.refresh_languages()
        practice.save()
    for purpose in sorted(agreed & set(consents.Purpose.values)):
        consents.give(owner, purpose, language=draft.language, about=practice)
    is_named = consents.held(owner, consents.Purpose.NAME, practice) is not None
    practice.contact_name_public = is_named and bool(practice.contact_name)
    practice.author_name = owner.name if is_named else ""
    practice.save(update_fields=["contact_name_public", "author_name"])
    draft.record, draft.sent_at = practice, timezone.now()
    draft.save(update_fields=["content_type", "object_id", "sent_at", "updated_at"])
    try:
        move(practice, "submit", actor=owner, via=via)
    except MoveRefused as refusal:
        raise NotReady(
            [Wanting(str(missing.message), "", missing.field) for missing in refusal.missing]
        ) from refusal
    return practice


def _write(practice: Practice, reading: Reading) -> None:
    """Plain fields of the record from the answers; rich text only where it was changed."""
    language = practice.original_language
    translated = Practice.translated_field_names()
    for sheet in reading.sheets.values():
        for name, value in sheet.form.cleaned_data.items():
            if name in RICH:
                kept = getattr(practice, f"{name}_{language}") or ""
                if html_to_typed(kept) != value:
                    setattr(practice, f"{name}_{language}", typed_to_html(value))
            elif name in translated:
                setattr(practice, f"{name}_{language}", value)
            elif name == "kind":
                practice.kind = value or Kind.PRACTICE
            elif name == "kenesh_decision":
                practice.kenesh_decision = value or KeneshDecision.UNKNOWN
            else:
                setattr(practice, name, value)


def _write_rows(practice: Practice, reading: Reading) -> None:
    """Rows of the record from those of the draft, which take their numbers: «p12» is the row 12."""
    language = practice.original_language
    for sheet in reading.sheets.values():
        for rows, made in sheet.lists:
            if rows.of:
                continue
            accessor = getattr(practice, rows.name)
            existing = {f"p{row.pk}": row for row in accessor.all()}
            kept, numbers = [], {}
            for position, form in enumerate(
                (form for form in made if not form.is_blank and form.is_valid()), start=1
            ):
                row = existing.get(form.row_id) or accessor.model(practice=practice)
                for name, value in form.cleaned_data.items():
                    is_text = name in row.translated_field_names()
                    setattr(row, f"{name}_{language}" if is_text else name, value)
                row.position = position
                if _is_whole(row, language):
                    row.save()
                    kept.append(row.pk)
                    numbers[form.row_id] = f"p{row.pk}"
            accessor.exclude(pk__in=kept).delete()
            for row in reading.draft.answers.get(rows.name, ()):
                row["id"] = numbers.get(row["id"], row["id"])


def _is_whole(row, language: str) -> bool:
    """Whether a row has what its table asks for; half a row stays in the draft."""
    for each in row._meta.concrete_fields:  # noqa: SLF001
        name = f"{each.name}_{language}" if each.name in row.translated_field_names() else each.name
        is_required = not (each.null or each.blank or each.has_default() or each.primary_key)
        if is_required and getattr(row, name, None) in (None, ""):
            return False
    return True


#: rows of the draft's files → where the record keeps them.
FILES_OF_RECORD = {"pictures": "photos", "documents": "documents"}


def _write_files(practice: Practice, reading: Reading) -> None:
    """Photos and documents of the draft become the record's, each under the same number.

    One an editor has taken off stays off; one the author has taken off goes.
    """
    draft, language = reading.draft, practice.original_language
    for rows, made in reading.sheets[FILES].lists:
        if not rows.of:
            continue
        accessor = getattr(practice, FILES_OF_RECORD[rows.of])
        delivered = set(draft.answers.get(f"delivered_{rows.of}", ()))
        here = {str(row.uuid): row for row in accessor.all()}
        for position, form in enumerate(made, start=1):
            key = str(form.file.uuid)
            row = here.get(key)
            if row is None and key in delivered:
                continue
            if row is None:
                row = accessor.model(practice=practice, uuid=form.file.uuid)
                if rows.of == "documents":
                    row.language = language
                with form.file.file.open("rb") as handle:
                    suffix = form.file.file.name.rpartition(".")[2]
                    row.file = ContentFile(handle.read(), name=f"file.{suffix}")
            row.position = position
            for name, value in form.cleaned_data.items() if form.is_valid() else ():
                if name in row.translated_field_names():
                    setattr(row, f"{name}_{language}", value)
                elif value:
                    setattr(row, name, value)
            row.save()
        wanted = {str(form.file.uuid) for form in made}
        for key in delivered - wanted:
            if key in here:
                here[key].delete()
        draft.answers[f"delivered_{rows.of}"] = sorted(wanted)
    draft.save(update_fields=["answers", "updated_at"])


def answers_from(practice: Practice, language: str = "") -> dict:
    """The answers a draft of this record would hold: what its author may change.

    language: of the texts, where not the record’s own.
    """
    language = language or practice.original_language
    answers: dict = {}
    for section in SECTIONS.values():
        for name in section.form.base_fields:
            answers[name] = _answer(practice, name, language)
        for rows in section.rows:
            if rows.of:
                continue
            answers[rows.name] = [
                {"id": f"p{row.pk}"}
                | {name: _answer(row, name, language) for name in rows.form.base_fields}
                for row in getattr(practice, rows.name).all()
            ]
    answers["municipality"] = practice.municipality.code
    answers["theme"] = practice.theme.slug
    return {name: value for name, value in answers.items() if value not in ("", [])}


def _answer(thing, name: str, language: str):
    is_text = name in thing.translated_field_names()
    value = getattr(thing, f"{name}_{language}" if is_text else name)
    if value is None or value is False:
        return ""
    if value is True:
        return "on"
    if name in RICH and is_text and isinstance(thing, Practice):
        return html_to_typed(value)
    if isinstance(value, (list, tuple)):
        return sorted(value)
    if hasattr(value, "normalize"):
        return f"{value.normalize():f}"
    return str(value)


@transaction.atomic
def reopen(practice: Practice) -> Draft | None:
    """Open the author's draft again after the record was sent back, with what it holds now."""
    draft = draft_of(practice)
    if draft is None:
        author = practice.created_by
        if author is None or author.is_staff:
            return None
        draft = Draft(owner=author, kind=KIND, language=practice.original_language)
        draft.record = practice
    answers = answers_from(practice)
    for name, value in draft.answers.items():
        if name not in PLACE:
            # What is no field of the record: a Word document's leftovers, what was delivered.
            answers[name] = value
        elif isinstance(value, list):
            half = [row for row in value if isinstance(row, dict) and row["id"].startswith("n")]
            answers[name] = [*answers.get(name, []), *half]
    draft.answers = {name: value for name, value in answers.items() if value}
    draft.conflicts, draft.sent_at = {}, None
    draft.save()
    rows = {rows.name: rows for rows in SECTIONS[FILES].rows if rows.of}
    for name, accessor in FILES_OF_RECORD.items():
        here = {row.uuid: row for row in getattr(practice, accessor).all()}
        told = []
        for item in getattr(draft, name).all():
            if item.uuid not in here:
                item.delete()
                continue
            columns = rows[name].form.base_fields
            words_ = {c: _answer(here[item.uuid], c, draft.language) for c in columns}
            told.append({"id": file_row_id(item)} | words_)
        draft.answers[name] = told
    draft.save()
    return draft


def draft_of(practice: Practice) -> Draft | None:
    """The draft the record came from, or None."""
    from django.contrib.contenttypes.models import ContentType

    return Draft.objects.filter(
        content_type=ContentType.objects.get_for_model(Practice), object_id=practice.pk, kind=KIND
    ).first()


def marked(practice: Practice) -> dict:
    """What the editors asked for when they sent the record back last.

    {"reasons": [sentence], "words": text, "fields": [names], "at": datetime}; {} when they did not.
    """
    from publishing.editing import BackReason

    event = AuditEvent.about(practice).filter(action="send_back").first()
    if event is None:
        return {}
    codes = event.details.get("checklist", [])
    prefix = BackReason.FIELD_PREFIX
    names = {there: here for here, there in FILES_OF_RECORD.items()}
    fields = [code.removeprefix(prefix) for code in codes if code.startswith(prefix)]
    return {
        "at": event.at,
        "words": event.reason,
        "reasons": [BackReason.label(c, Practice) for c in codes if not c.startswith(prefix)],
        "fields": [name for field in fields if (name := names.get(field, field)) in PLACE],
    }


def fresh_answers(user) -> dict:
    """What is known before the first word: the municipality and the post of a confirmed member."""
    member = Membership.objects.verified().filter(user=user).select_related("municipality").first()
    if member is None:
        return {}
    answers = {"municipality": member.municipality.code, "contact_post": member.post}
    return {name: value for name, value in answers.items() if value}


def draft_from_word(upload, *, owner) -> tuple[Draft, list[str]]:
    """A draft from a filled Word form, and sentences on what was not understood.

    The same document sent twice gives the same draft. Raises ValidationError on what is no document.
    """
    from practices.word import read_word

    intake = read_word(upload)
    upload.seek(0)
    stamp = hashlib.sha256(upload.read()).hexdigest()
    rows = {
        name: [{"id": new_row_id()} | row for row in value]
        for name, value in intake.answers.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    }
    answers = fresh_answers(owner) | intake.answers | rows
    answers.pop("language", None)  # the draft itself knows it
    answers |= {"unplaced": "\n\n".join(intake.unplaced), "collected_via": CollectedVia.WORD}
    draft, is_new = Draft.objects.get_or_create(
        uuid=Draft.key_of(stamp, owner),
        defaults={
            "kind": KIND,
            "owner": owner,
            "language": intake.language,
            "answers": {name: value for name, value in answers.items() if value},
        },
    )
    notes = list(intake.notes)
    if not is_new:
        return draft, notes
    for name, content in intake.pictures[:MAX_PICTURES]:
        try:
            draft.pictures.create(file=ContentFile(content, name=name))
        except forms.ValidationError as error:
            notes.append(f"{name}: {' '.join(error.messages)}")
    return draft, notes


def summary(draft: Draft) -> str:
    """The title, or the beginning of what there is: for lists of drafts."""
    for name in ("title", "problem", "solution", "unplaced"):
        if found := plain_text(str(draft.answers.get(name) or "")):
            return found[:80]
    return gettext("untitled")
