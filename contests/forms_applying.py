"""Sections of an application: those of a practice’s form, and what a contest asks beside them."""

from dataclasses import replace

from django import forms
from django.utils.translation import gettext_lazy as _

from people.phones import PhoneField
from practices.contribution import CORE, SECTIONS, ContactForm, CoreForm, EmptyForm, choice, words
from publishing.drafts import Section

ENTRY = "entry"
LETTER = "letter"


class EntryForm(forms.Form):
    """Who applies; the nominations of the contest are added by `sections_for`."""

    field_order = ("nomination", "applicant_name", "applicant_post", "applicant_phone")

    applicant_name = words(_("Who applies: name and surname"), 120)
    applicant_post = words(_("Post"), 160)
    applicant_phone = PhoneField(
        label=_("Mobile phone"),
        help_text=_("The secretary of the contest calls or writes to this number."),
    )


class OfficeForm(ContactForm):
    """The office without anybody’s name and mobile phone: those of the applicant are asked apart."""

    contact_name = None
    mobile_phone = None


def sections_for(nominations, places) -> dict[str, Section]:
    """The form of one draft: with the nominations of its contest and the writer’s municipalities."""
    entry = {
        "nomination": choice(_("Nomination"), [(str(each.pk), str(each)) for each in nominations])
    }
    place = forms.ChoiceField(
        label=_("Which municipality applies"),
        choices=[("", "—"), *((each.code, str(each)) for each in places)],
        error_messages={
            "invalid_choice": _("Your role in this municipality is not confirmed any more.")
        },
    )
    own = {
        ENTRY: Section(
            ENTRY,
            _("Who applies"),
            _("For which nomination, and whom the secretary of the contest may ask."),
            type("EntryOfContestForm", (EntryForm,), entry),
        )
    }
    letter = Section(
        LETTER,
        _("The signed letter"),
        _(
            "The letter of the municipality with signature and stamp: as PDF or photos of its pages."
        ),
        EmptyForm,
    )
    core = replace(
        SECTIONS[CORE],
        hint=_("The work in short. Answer these before anything else."),
        form=type("CoreOfApplicationForm", (CoreForm,), {"municipality": place}),
    )
    office = replace(SECTIONS["contact"], form=OfficeForm)
    return own | SECTIONS | {CORE: core, "contact": office, LETTER: letter}
