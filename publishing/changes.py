"""What changed between two saved states of a record, word by word."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from publishing.languages import LANGUAGES, translated_field_names
from publishing.richtext import plain_text

#: Columns that say nothing to a reader of changes.
UNTOLD = {
    "id", "uuid", "version", "updated_at", "created_at", "translated_from", "stale_fields",
    "status_changed_at", "position", "bytes", "sha256", "width", "height", "widths", "completeness",
    # Moves are told by the audit events beside the saved states.
    "status", "submitted_by", "created_by", "published_at", "scheduled_for", "withdrawal_kind",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """label: the field in words; difference: its text with <del> and <ins>."""

    label: str
    language: str
    difference: SafeString


def word_difference(before: str, after: str) -> SafeString:
    """The text with what went in <del> and what came in <ins>.

    >>> word_difference("a <b> c", "a d c")
    '<del>…'
    """
    old, new = re.findall(r"\S+|\s+", before), re.findall(r"\S+|\s+", after)
    parts: list[tuple[str, str]] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(("", "".join(old[i1:i2])))
            continue
        if i2 > i1:
            parts.append(("del", "".join(old[i1:i2])))
        if j2 > j1:
            parts.append(("ins", "".join(new[j1:j2])))
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<{0}>{1}</{0}>", SafeString(tag), text) if tag else text,)
            for tag, text in parts
        ),
    )


def changes_between(before, after) -> list[Change]:
    """Changes of one record between two of its reversion Versions; before None: all of it is new."""
    model = after.content_type.model_class()
    old = before.field_dict if before else {}
    bare, changes = translated_field_names(model), []
    for field in model._meta.concrete_fields:  # noqa: SLF001
        # The bare column of a translated field repeats one of its two.
        if field.name in UNTOLD or field.name in bare:
            continue
        was, now = old.get(field.attname), after.field_dict.get(field.attname)
        if (was or "") == (now or ""):
            continue
        base = getattr(field, "translated_field", field)
        changes.append(
            Change(
                label=str(capfirst(base.verbose_name)),
                language=field.name[-2:]
                if field.name[-2:] in LANGUAGES and base is not field
                else "",
                difference=word_difference(_text(was, field), _text(now, field)),
            )
        )
    return changes


def _text(value, field) -> str:
    if value in (None, ""):
        return ""
    if field.is_relation:
        # A number says nothing; what it stood for may be gone.
        return str(field.related_model.objects.filter(pk=value).first() or "—")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return plain_text(str(value))


def row_changes(before, after) -> list[dict]:
    """Changes of the rows saved in the same two revisions: [{title, kind, changes}].

    kind: added, removed or changed.
    """
    old, new = _rows(before), _rows(after)
    found = []
    for key in [*old, *(key for key in new if key not in old)]:
        was, now = old.get(key), new.get(key)
        if was and not now:
            found.append({"title": str(was), "kind": "removed", "changes": []})
            continue
        changes = changes_between(was, now)
        if changes:
            found.append(
                {"title": str(now), "kind": "changed" if was else "added", "changes": changes}
            )
    return found


def _rows(version) -> dict:
    if version is None:
        return {}
    versions = version.revision.version_set.exclude(pk=version.pk).select_related("content_type")
    return {(row.content_type_id, row.object_id): row for row in versions}
