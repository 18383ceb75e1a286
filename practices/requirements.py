"""What a practice must hold to be submitted and to be published: one table for records and drafts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from partners.choices import Licence
from practices.choices import Evidence, Kind


class RecordFacts:
    """A Practice, as the table asks about it."""

    def __init__(self, practice):
        self.practice = practice

    def text(self, name: str) -> str:
        return getattr(self.practice, f"{name}_{self.practice.original_language}") or ""

    def value(self, name: str):
        return getattr(self.practice, name, None)

    def count(self, rows: str) -> int:
        return len(getattr(self.practice, rows).all()) if self.practice.pk else 0

    def has_file(self) -> bool:
        practice = self.practice
        return bool(practice.pk) and (
            practice.photos.exists() or practice.documents.filter(has_macros=False).exists()
        )


class DraftFacts:
    """Answers of a draft; a value counts when it can be read as what it should be.

    answers: as kept; cleaned: what the forms understood of them; files: how many wait in the draft.
    """

    def __init__(self, answers: Mapping, cleaned: Mapping, files: int):
        self.answers, self.cleaned, self.files = answers, cleaned, files

    def text(self, name):
        return str(self.answers.get(name) or "").strip()

    def value(self, name):
        return self.cleaned.get(name)

    def count(self, rows):
        return sum(1 for row in self.answers.get(rows, ()) if row.get("title"))

    def has_file(self):
        return self.files > 0


@dataclass(frozen=True)
class Requirement:
    """field: where it is filled in; translated: it is a text in the original language.

    by_editor: an editor's own check, of which an author is not asked.
    """

    field: str
    label: str
    is_met: Callable
    translated: bool = False
    by_editor: bool = False

    def field_in(self, language: str) -> str:
        return f"{self.field}_{language}" if self.translated else self.field


def text(field: str, label) -> Requirement:
    return Requirement(field, label, lambda facts: bool(facts.text(field)), translated=True)


def known(field: str, label, **options) -> Requirement:
    return Requirement(field, label, lambda facts: facts.value(field) is not None, **options)


def given(field: str, label, **options) -> Requirement:
    return Requirement(field, label, lambda facts: bool(facts.value(field)), **options)


def _is_begun(facts) -> bool:
    return bool(facts.value("started_on")) or facts.value("kind") == Kind.METHOD


#: A draft's eight fields (the language is always there) and the consent.
SUBMISSION = (
    text("title", _("a title in the original language")),
    given("municipality", _("the municipality")),
    given("theme", _("the theme")),
    text("problem", _("the problem")),
    text("solution", _("the solution")),
    text("result", _("the result")),
    Requirement("started_on", _("the date it started on"), _is_begun),
    given("has_consent", _("the consent to publish")),
)
PUBLICATION = (
    text("promise", _("the one-line promise")),
    Requirement("steps", _("at least three steps"), lambda facts: facts.count("steps") >= 3),
    known("cost_once", _("the cost, once")),
    known("cost_yearly", _("the cost a year")),
    given("price_year", _("the year of prices")),
    given("upkeep_payer", _("who pays the upkeep")),
    text("lessons", _("the lessons")),
    text("contact_post", _("the post of the contact")),
    Requirement("documents", _("a photo or a document"), lambda facts: facts.has_file()),
    Requirement(
        "licence",
        _("the licence"),
        lambda facts: facts.value("licence") != Licence.UNKNOWN,
        by_editor=True,
    ),
    given("has_no_personal_data", _("the check for personal data"), by_editor=True),
    Requirement(
        "evidence_level",
        _("a measured result for this level of evidence"),
        lambda facts: (
            (facts.value("evidence_level") or 0) < Evidence.MEASURED or facts.count("measurements")
        ),
        by_editor=True,
    ),
)


def unmet(requirements, facts) -> list[Requirement]:
    return [requirement for requirement in requirements if not requirement.is_met(facts)]
