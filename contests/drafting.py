"""A draft of an application: what it holds, what is missing, how it begins.

It is a draft of a practice (practices/contribution.py) with a part of its own
(contests/forms_applying.py). Beside the answers it holds `contest` and, where it was begun from a
practice, `practice` and `other`: the second language as it was then.
"""

from collections.abc import Collection, Iterable

from django.db.models import Q, prefetch_related_objects
from django.shortcuts import get_list_or_404
from django.utils.translation import gettext_lazy as _

from contests.forms_applying import LETTER, OfficeForm, sections_for
from contests.models import Contest, Nomination
from places.models import Municipality
from practices.contribution import (
    FILES,
    FILES_OF_RECORD,
    MAX_DOCUMENTS,
    MAX_PICTURES,
    SECTIONS,
    ContactForm,
    Reading,
    Wanting,
    answers_from,
)
from practices.models import Practice
from practices.requirements import SUBMISSION, Requirement, given, text
from publishing.drafts import APART, digest, file_row_id, flat
from publishing.files import share_file, twin
from publishing.languages import OTHER, LanguageState
from publishing.models import Draft, DraftDocument, DraftPicture

KIND = "application"
#: What an application of a contest cannot be without, beside what a practice cannot.
ENTRY_WANTED = (
    given("nomination", _("the nomination")),
    text("applicant_name", _("who applies")),
    text("applicant_post", _("the post of whoever applies")),
    given("applicant_phone", _("the phone of whoever applies")),
)
LETTER_WANTED = given(LETTER, _("the signed letter"))
#: Names of persons and their own numbers, of which a frozen text holds none: it is never erased.
PERSONAL = set(ContactForm.base_fields) - set(OfficeForm.base_fields)


def places_of(user) -> list[Municipality]:
    """Municipalities that the person is confirmed to speak for."""
    roles = user.memberships.verified().select_related("municipality__oblast")
    return [role.municipality for role in roles]


class ApplicationReading(Reading):
    """A draft of an application understood; the contest and the writer’s places with it."""

    pages = "contests"

    def __init__(self, draft: Draft):
        prefetch_related_objects([draft], "pictures", "documents")
        self.nominations = nominations_of(draft)
        self.places = places_of(draft.owner)
        self.contest = self.nominations[0].contest
        super().__init__(draft, sections_for(self.nominations, self.places))
        self.letter = letter_of(draft)
        self.cleaned[LETTER] = self.letter is not None
        self.place[LETTER] = LETTER

    @property
    def to_send(self) -> list[Wanting]:
        wanted: tuple[Requirement, ...] = (*ENTRY_WANTED, *SUBMISSION)
        if self.contest.needs_letter:
            wanted = (*wanted, LETTER_WANTED)
        return self._wanting(wanted)

    @property
    def blocking(self) -> list[Wanting]:
        """All that stands in the way of sending."""
        return [*self.to_send, *self.to_mend, *self.to_choose]

    @property
    def nomination(self) -> Nomination | None:
        return _with(self.nominations, "pk", self.cleaned.get("nomination"))

    @property
    def municipality(self) -> Municipality | None:
        return _with(self.places, "code", self.cleaned.get("municipality"))

    def filled(self, section: str) -> int:
        if section == LETTER:
            return int(self.letter is not None)
        return super().filled(section)


def _with(things: Iterable, name: str, value):
    return next((each for each in things if str(getattr(each, name)) == str(value)), None)


def key_in(typed: str) -> int:
    """The id of a record that was sent; 0 where it can be none, whatever else was typed."""
    is_number = typed.isascii() and typed.isdigit() and len(typed) < 19
    return int(typed) if is_number else 0


def nominations_of(draft: Draft) -> list[Nomination]:
    """Of the draft’s contest, each with the contest; Http404 where there is no contest any more."""
    contest = str(draft.answers.get("contest") or "0")
    return get_list_or_404(Nomination.objects.select_related("contest"), contest=contest)


def sections_of(draft: Draft):
    """{name: section} of the form, for the writer of the draft."""
    if not hasattr(draft, "sections_of_application"):
        draft.sections_of_application = sections_for(nominations_of(draft), places_of(draft.owner))
    return draft.sections_of_application


def letter_of(draft: Draft) -> DraftDocument | None:
    """The letter that waits in the draft; one that runs something is none."""
    uuid = draft.answers.get(APART)
    found = (each for each in draft.documents.all() if str(each.uuid) == uuid)
    return next((each for each in found if not each.has_macros), None)


# ---------------------------------------------------------------- beginning


def practices_for(places: Collection[Municipality]):
    """Published practices of these municipalities, and of those they were made of."""
    own = Q(municipality__in=places) | Q(municipality__successors__in=places)
    found = Practice.objects.published().filter(own | Q(other_municipalities__in=places))
    return found.distinct().order_by("-published_at", "-pk")


def fresh_answers(contest: Contest, user, places: Collection[Municipality]) -> dict:
    """What is known before the first word."""
    role = user.memberships.verified().first()
    nominations = list(contest.nominations.all()[:2])
    answers = {
        "contest": str(contest.pk),
        "nomination": str(nominations[0].pk) if len(nominations) == 1 else "",
        "municipality": places[0].code if len(places) == 1 else "",
        "applicant_name": user.name,
        "applicant_post": role.post if role else "",
        "applicant_phone": user.phone or (role.phone if role else ""),
    }
    return {name: value for name, value in answers.items() if value}


def copied_answers(practice: Practice, places: Collection[Municipality], languages) -> tuple:
    """(language, answers) of a draft that begins as a copy of the practice, with no person’s name.

    languages: those the contest takes. A second one that readers have goes along as it is now.
    """
    language = practice.original_language
    ready = {name: getattr(practice, f"state_{name}") == LanguageState.READY for name in OTHER}
    if language not in languages and ready[OTHER[language]] and OTHER[language] in languages:
        language = OTHER[language]
    answers = _without_persons(answers_from(practice, language))
    if ready[OTHER[language]]:
        second = flat(_without_persons(answers_from(practice, OTHER[language])))
        opened = {key: digest(value) for key, value in flat(answers).items()}
        answers["other"] = {"texts": second, "of": opened}
    own = {place.code for place in places}
    if answers.get("municipality") not in own:
        answers["municipality"] = places[0].code if len(places) == 1 else ""
    return language, answers | {"practice": str(practice.pk)}


def _without_persons(answers: dict) -> dict:
    return {name: value for name, value in answers.items() if name not in PERSONAL}


def copy_files(practice: Practice, draft: Draft) -> None:
    """The practice’s photos and documents into a draft that was just begun, with their words."""
    models = {"pictures": (DraftPicture, MAX_PICTURES), "documents": (DraftDocument, MAX_DOCUMENTS)}
    forms = {rows.name: rows.form for rows in SECTIONS[FILES].rows if rows.of}
    for name, (model, limit) in models.items():
        files = getattr(practice, FILES_OF_RECORD[name]).all()
        told = []
        for stored in [each for each in files if not getattr(each, "has_macros", False)][:limit]:
            made = twin(stored, model, draft=draft)
            made.save()
            share_file(stored, made)
            told.append({"id": file_row_id(made)} | _words_of(stored, forms[name], draft.language))
        if told:
            draft.answers[name] = told
    draft.save(update_fields=["answers", "updated_at"])


def _words_of(stored, form, language: str) -> dict:
    translated = stored.translated_field_names()
    found = {
        name: getattr(stored, f"{name}_{language}" if name in translated else name, "") or ""
        for name in form.base_fields
    }
    return {name: value for name, value in found.items() if value}
