"""What of a draft is frozen in an application: its answers in both languages, its files."""

from dataclasses import dataclass

from django.db import transaction

from contests.drafting import PERSONAL, ApplicationReading
from contests.forms_applying import LETTER
from contests.models import Application, ApplicationFile, ApplicationPicture, Letter
from practices.contribution import FILES, FILES_OF_RECORD, SECTIONS
from practices.models import Practice
from publishing.drafts import digest, file_row_id, files_of, flat, nested
from publishing.files import StoredFile, share_file, twin
from publishing.languages import OTHER
from publishing.models import Draft

#: Parts whose answers go into what is frozen; the others stand in columns.
TOLD = {
    name
    for section in SECTIONS.values()
    if section.name != FILES
    for name in section.names - PERSONAL
} | {"links"}


@dataclass(frozen=True)
class Copied:
    """A file of the draft and the application’s row for it. words: the draft’s row about it."""

    stored: StoredFile
    row: StoredFile
    words: dict


def files_for(application: Application, reading: ApplicationReading) -> dict[str, list[Copied]]:
    """{"letter": [one or none], "pictures": […], "documents": […]}, rows not saved yet."""
    draft, letter = reading.draft, reading.letter
    letters = [Copied(letter, twin(letter, Letter, application=application), {})] if letter else []
    kinds = {"pictures": ApplicationPicture, "documents": ApplicationFile}
    return {LETTER: letters} | {
        name: [
            _copied(application, draft, name, stored, model)
            for stored in files_of(draft, name)
            if not getattr(stored, "has_macros", False)
        ]
        for name, model in kinds.items()
    }


def _copied(application, draft, name, stored, model) -> Copied:
    row, key = twin(stored, model, application=application), file_row_id(stored)
    found = (each for each in draft.answers.get(name, ()) if each["id"] == key)
    words = next(found, {"id": key})
    translated = row.translated_field_names()
    for column, value in words.items():
        if column != "id":
            setattr(row, f"{column}_{draft.language}" if column in translated else column, value)
    return Copied(stored, row, words)


def save_files(application: Application, files: dict[str, list[Copied]]) -> None:
    """One statement a kind, however many there are; nothing is read or drawn."""
    for copied in files.values():
        rows = [each.row for each in copied]
        for row in rows:
            row.application = application
        if rows:
            type(rows[0]).objects.bulk_create(rows)
        for each in copied:
            share_file(each.stored, each.row)
    for each in files["pictures"]:
        if not each.row.widths:
            _draw_later(each.row)


def _draw_later(picture: StoredFile) -> None:
    from publishing.tasks import make_renditions

    label, pk = picture._meta.label_lower, picture.pk  # noqa: SLF001
    transaction.on_commit(lambda: make_renditions.enqueue(label, pk))


def content_of(reading: ApplicationReading, files: dict[str, list[Copied]]) -> dict:
    """{language: answers}: what was typed, and the second language of what was not changed since.

    Photos and documents stand in it by their words and their SHA-256.
    """
    draft = reading.draft
    answers = {name: value for name, value in draft.answers.items() if name in TOLD and value}
    rows = {
        name: [each.words | {"sha256": each.row.sha256} for each in files[name]]
        for name in FILES_OF_RECORD
        if files[name]
    }
    content = {draft.language: answers | rows}
    if second := _second_language(draft, answers):
        content[OTHER[draft.language]] = second | rows
    return content


def _second_language(draft: Draft, answers: dict) -> dict:
    """The other language of a copied practice without texts whose original was changed; {} where
    so little is left that nobody could read it.
    """
    other = draft.answers.get("other") or {}
    found = {}
    for key, value in flat(answers).items():
        is_same = other.get("of", {}).get(key) == digest(value)
        if is_same and key in other["texts"]:
            found[key] = other["texts"][key]
        elif not _is_text(key):
            found[key] = value
    told = nested(found, answers)
    return (
        told if all(told.get(each) for each in ("title", "problem", "solution", "result")) else {}
    )


def _is_text(key: str) -> bool:
    """Whether the answer is words of a language; numbers, days and choices are the same in both."""
    name, _dot, rest = key.partition(".")
    if not rest:
        return name in Practice.translated_field_names()
    model = Practice._meta.get_field(name).related_model  # noqa: SLF001
    return rest.rpartition(".")[2] in model.translated_field_names()
