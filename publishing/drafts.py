"""Writing that is kept from the first field on: sections of a form, answers, two devices at once.

A draft's answers are what was typed, right or wrong: reading them as numbers and dates is the forms'
work, and keeping never waits for it. Each form carries, beside every field, a digest of the value it
was opened with. So it is known for each field apart whether the writer has touched it, and whether
somebody else has meanwhile: what only one side changed is taken, what both changed is kept twice
until the writer chooses.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext

from publishing.models import Draft

#: Prefix of the hidden field that carries the digest of a value.
WAS = "was:"
#: Prefix of the field by which the writer chooses between versions of an answer: «kept», or the
#: number of another one.
CHOICE = "choose:"
#: Name of the field that tells one opened page from another.
PAGE = "page"
#: Prefix of the box that takes a whole row away.
REMOVE = "remove:"
ROW_ID = re.compile(r"[a-z][a-z0-9]{0,15}")
#: The answer that names a document which stands apart from the others: a signed letter.
APART = "letter"
MAX_ROWS = 40
#: Longer than any field's own limit: what is too long is told, and kept all the same.
MAX_TEXT = 30_000
#: Characters of all answers together; the longest honest description has a tenth of it.
MAX_ANSWERS = 600_000


def digest(value) -> str:
    """Short digest of an answer; white space at the ends and kinds of line break make no difference."""
    if isinstance(value, (list, tuple)):
        text = "\x1f".join(sorted(str(item) for item in value))
    else:
        text = str(value or "").replace("\r\n", "\n").strip()
    return hashlib.blake2s(text.encode(), digest_size=5).hexdigest() if text else ""


def file_row_id(item) -> str:
    """The row of words about a file of the draft."""
    return f"f{item.pk}"


def files_of(draft: Draft, related: str) -> list:
    """The draft’s «pictures» or «documents», without the one that stands apart."""
    apart = draft.answers.get(APART)
    return [item for item in getattr(draft, related).all() if str(item.uuid) != apart]


def new_row_id() -> str:
    return "n" + secrets.token_hex(5)


# ---------------------------------------------------------------- answers, flat and nested


def flat(answers: Mapping) -> dict:
    """{"steps": [{"id": "a", "title": "x"}]} → {"steps.a.title": "x"}: one key an answer."""
    keys = {}
    for name, value in answers.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for row in value:
                for column, cell in row.items():
                    if column != "id":
                        keys[f"{name}.{row['id']}.{column}"] = cell
        else:
            keys[name] = value
    return keys


def nested(keys: Mapping, before: Mapping) -> dict:
    """The way back. Rows keep their order, new ones come last, rows without a word are left out."""
    answers, rows = {}, {}
    for key, value in keys.items():
        name, _dot, rest = key.partition(".")
        if not rest:
            answers[name] = value
            continue
        row_id, _dot, column = rest.partition(".")
        rows.setdefault(name, {}).setdefault(row_id, {"id": row_id})[column] = value
    for name, found in rows.items():
        order = [row["id"] for row in before.get(name, ()) if isinstance(row, dict)]
        order += [row_id for row_id in found if row_id not in order]
        kept = [
            found[row_id]
            for row_id in order
            if row_id in found and any(v for c, v in found[row_id].items() if c != "id")
        ]
        answers[name] = kept[:MAX_ROWS]
    return answers


# ---------------------------------------------------------------- merging


@dataclass
class Merged:
    """values: answers to keep. conflicts: {key: what was typed over an answer changed elsewhere}."""

    values: dict = field(default_factory=dict)
    conflicts: dict = field(default_factory=dict)


def merge(stored: Mapping, typed: Mapping, was: Mapping) -> Merged:
    """Bring together what is kept and what was typed, key by key.

    was: digests of the values the form was opened with. A key without one counts as opened empty.
    """
    merged = Merged()
    for key, value in typed.items():
        kept = stored.get(key, "")
        opened = was.get(key, "")
        if digest(value) in {digest(kept), opened}:
            continue
        if digest(kept) == opened:
            merged.values[key] = value
        else:
            merged.conflicts[key] = value
    return merged


# ---------------------------------------------------------------- sections


@dataclass(frozen=True)
class Rows:
    """Rows of a section: the same few fields several times.

    form: its fields; least: how many empty rows a new draft shows. of: «pictures» or «documents»
    where the rows are words about the draft's files, one row a file.
    """

    name: str
    label: str
    form: type[forms.Form]
    least: int = 1
    of: str = ""


@dataclass(frozen=True)
class Section:
    """One short page of the form. form: its plain fields; rows: its lists."""

    name: str
    title: str
    hint: str
    form: type[forms.Form]
    rows: tuple[Rows, ...] = ()

    @property
    def names(self) -> set[str]:
        """Names of its fields and of its rows."""
        return {*self.form.base_fields, *(rows.name for rows in self.rows)}

    def rows_named(self, name: str) -> Rows | None:
        return next((rows for rows in self.rows if rows.name == name), None)


def bound(form: type[forms.Form], values: Mapping, prefix: str = "") -> forms.Form:
    """A form filled with answers as they were typed; nothing in it is required, so a draft may be
    kept with anything missing. Fields have no `required` and no `maxlength`: what is too long is
    told, never cut.
    """
    data = MultiValueDict()
    names = form.base_fields
    for name in names:
        value = values.get(name)
        if value not in (None, "", [], False):
            data.setlist(
                f"{prefix}{name}",
                list(value) if isinstance(value, list) else ["on" if value is True else value],
            )
    made = form(data=data)
    made.add_prefix = lambda name: f"{prefix}{name}"
    for each in made.fields.values():
        each.required = False
        each.widget.is_required = False
        each.widget.attrs.pop("maxlength", None)
    return made


class Sheet:
    """One section of one draft, as a page shows it and as a POST is read."""

    def __init__(self, draft: Draft, section: Section):
        self.draft, self.section = draft, section
        self._kept = flat(draft.answers)
        #: Drawn into the form under the name PAGE.
        self.page = secrets.token_hex(6)
        self.form = bound(section.form, draft.answers)
        self.lists = [(rows, self._row_forms(rows)) for rows in section.rows]
        self._mark(self.form)
        for _rows, made in self.lists:
            for row in made:
                self._mark(row)

    def _row_forms(self, rows: Rows) -> list[forms.Form]:
        kept = [row for row in self.draft.answers.get(rows.name) or [] if isinstance(row, dict)]
        files = {}
        if rows.of:
            files = {file_row_id(item): item for item in files_of(self.draft, rows.of)}
            known = {row["id"]: row for row in kept}
            kept = [known.get(row_id, {"id": row_id}) for row_id in files]
        elif len(kept) < MAX_ROWS:
            blank = max(1, rows.least - len(kept))
            kept = [*kept, *({"id": new_row_id()} for _each in range(blank))]
        made = []
        for row in kept:
            made.append(bound(rows.form, row, f"{rows.name}.{row['id']}."))
            made[-1].row_id, made[-1].file = row["id"], files.get(row["id"])
            made[-1].is_blank = len(row) == 1
        return made

    def _mark(self, form: forms.Form) -> None:
        """Give each field its digest, its language and its other versions, where there are any."""
        for name, each in form.fields.items():
            key = form.add_prefix(name)
            each.was_name, each.was = f"{WAS}{key}", digest(self._kept.get(key, ""))
            if type(each) is forms.CharField:
                each.widget.attrs.setdefault("lang", self.draft.language)
            if key in self.draft.conflicts:
                each.choice_name = CHOICE + key
                each.versions = [
                    {"number": number, "text": shown(version["value"], each), "at": version["at"]}
                    for number, version in enumerate(self.draft.conflicts[key])
                ]

    def keys(self, posted: Mapping) -> dict:
        """What a POST says about this section's own fields and nothing else: {key: value}."""
        found = {}
        files = {row.row_id for rows, made in self.lists if rows.of for row in made}
        for name, each in self.section.form.base_fields.items():
            if WAS + name in posted or name in posted:
                found[name] = _typed(each, posted, name)
        for key in posted:
            name, _dot, rest = key.removeprefix(WAS).partition(".")
            row_id, _dot, column = rest.partition(".")
            rows = self.section.rows_named(name)
            if not (rows and ROW_ID.fullmatch(row_id) and column in rows.form.base_fields):
                continue
            if rows.of and row_id not in files:
                continue
            cell = f"{name}.{row_id}.{column}"
            is_removed = f"{REMOVE}{name}.{row_id}" in posted
            found[cell] = "" if is_removed else _typed(rows.form.base_fields[column], posted, cell)
        return found

    def errors(self) -> dict[str, list[str]]:
        """What cannot be read as it should be, of what is filled in: {key: sentences}."""
        found = {}
        for form in [self.form, *(row for _rows, made in self.lists for row in made)]:
            for name, sentences in form.errors.items():
                if name in form.fields:
                    found[form.add_prefix(name)] = [str(sentence) for sentence in sentences]
        return found


def shown(value, each: forms.Field) -> str:
    """An answer as a person reads it: choices by their labels."""
    labels = {str(key): str(label) for key, label in getattr(each, "choices", ())}
    values = value if isinstance(value, list) else [value]
    return ", ".join(labels.get(item, str(item)) for item in values)


def _typed(each: forms.Field, posted, key: str):
    """The value of one field as it was typed: text, or a list of texts for several choices."""
    value = each.widget.value_from_datadict(posted, {}, key)
    if isinstance(each.widget, forms.CheckboxInput):
        return "on" if value else ""
    if isinstance(value, (list, tuple)):
        return sorted(str(item)[:100] for item in value)[:50]
    return str(value or "").replace("\r\n", "\n").replace("\x00", "").strip()[:MAX_TEXT]


# ---------------------------------------------------------------- keeping


@transaction.atomic
def keep(draft: Draft, section: Section, posted) -> Draft:
    """Keep what a POST of a section brings, and return the draft as it stands then.

    Answers changed on two devices are both kept: the first stays the answer, the others go to
    `conflicts` until the writer chooses. Raises ValidationError when it grows beyond all measure.
    """
    row = Draft.objects.select_for_update().get(pk=draft.pk)
    if row.sent_at:
        return row
    stored = flat(row.answers)
    typed = Sheet(row, section).keys(posted)
    was = {key.removeprefix(WAS): posted[key] for key in posted if key.startswith(WAS)}
    merged = merge(stored, typed, was)
    conflicts = dict(row.conflicts)
    for key in typed:
        choice = posted.get(CHOICE + key, "")
        if key not in conflicts or not choice:
            continue
        versions = conflicts.pop(key)
        # Who has meanwhile written a third text into the field has chosen that one.
        numbered = {str(number): version for number, version in enumerate(versions)}
        if choice in numbered and key not in merged.values:
            merged.values[key] = numbered[choice]["value"]
    at, page = timezone.now().isoformat(), posted.get(PAGE, "")[:32]
    for key, value in merged.conflicts.items():
        # Where one device emptied what the other changed, the text stays: nothing to choose.
        if value:
            # The same page goes on writing: its newer words take the place of its older ones.
            others = [
                version
                for version in conflicts.get(key, ())
                if version["value"] != value and not (page and version.get("page") == page)
            ]
            conflicts[key] = [*others, {"value": value, "at": at, "page": page}]
    answers = nested(stored | merged.values, row.answers)
    if len(str(answers)) + len(str(conflicts)) > MAX_ANSWERS:
        raise forms.ValidationError(gettext("This is too long to be kept. Make the texts shorter."))
    if answers != row.answers or conflicts != row.conflicts:
        row.answers, row.conflicts = answers, conflicts
        row.save(update_fields=["answers", "conflicts", "updated_at"])
    return row
