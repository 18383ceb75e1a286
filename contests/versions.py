"""What changed between two frozen versions of a contest’s rules, field by field."""

from datetime import date, datetime
from itertools import pairwise

from django.utils.dateformat import format as formatted
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext

from contests.freezing import DATES, TERMS, TEXTS, rules_of
from contests.models import Contest, Criterion, Nomination, RulesVersion
from publishing.changes import Change, word_difference
from publishing.editing import field_label
from publishing.languages import LANGUAGES, current_language
from publishing.richtext import plain_text


def history(contest: Contest) -> list[dict]:
    """All versions, the newest first: [{"version", "differences"}]; the first has none."""
    versions = list(contest.versions.all())
    pairs = [*pairwise(versions), *((last, None) for last in versions[-1:])]
    return [
        {"version": newer, "differences": differences(older.content, newer.content)}
        if older
        else {"version": newer, "differences": []}
        for newer, older in pairs
    ]


def not_frozen(contest: Contest, last: RulesVersion) -> list[dict]:
    """What the records say otherwise than the frozen version; empty where they say the same."""
    return differences(last.content, rules_of(contest))


def differences(before: dict, after: dict) -> list[dict]:
    """[{"title", "kind": "added", "removed" or "changed", "changes": list of Change}]

    before, after: contents of RulesVersion, in the form of freezing.rules_of.
    """
    old, new = _parts(before), _parts(after)
    found = []
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        title = (now or was)["title"]
        if now is None:
            found.append({"title": title, "kind": "removed", "changes": []})
            continue
        changes = _changes(was["fields"] if was else {}, now["fields"])
        found.append({"title": title, "kind": "changed" if was else "added", "changes": changes})
    return [each for each in found if each["changes"] or each["kind"] == "removed"]


def _changes(was: dict, now: dict) -> list[Change]:
    found = []
    for (label, language), text in now.items():
        before = was.get((label, language), "")
        if before != text:
            found.append(Change(label, language, _difference(before, text)))
    return found


def _difference(before: str, after: str) -> SafeString:
    """Word by word; what was empty reads as a dash, so that a value taken away is seen."""
    return word_difference(before or "—", after or "—") if before else word_difference("", after)


def _parts(content: dict) -> dict:
    """{key: {"title", "fields": {(label, language): text}}}, in the order of reading."""
    parts = {
        "texts": {
            "title": gettext("Texts"),
            "fields": _texts(Contest, content, TEXTS),
        },
        "dates": {
            "title": gettext("Calendar"),
            "fields": {
                (field_label(Contest, name), ""): _day(content["dates"].get(name)) for name in DATES
            },
        },
        "terms": {
            "title": gettext("Conditions"),
            "fields": {
                (field_label(Contest, name), ""): _value(name, content["terms"].get(name))
                for name in TERMS
            },
        },
    }
    for each in content["nominations"]:
        title = gettext("Nomination “%(title)s”") % {"title": _named(each)}
        parts["nomination", each["id"]] = {"title": title, "fields": _nomination(each)}
    for each in content["criteria"]:
        title = gettext("Criterion “%(title)s”") % {"title": _named(each)}
        parts["criterion", each["id"]] = {"title": title, "fields": _criterion(each)}
    return parts


def _named(row: dict) -> str:
    titles = row["title"]
    return titles[current_language()] or next(filter(None, titles.values()), gettext("untitled"))


def _texts(model, row: dict, names) -> dict:
    return {
        (field_label(model, name), language): _words(name, row[name].get(language, ""))
        for name in names
        for language in LANGUAGES
    }


def _words(name: str, text: str) -> str:
    """The rules alone are rich text."""
    return plain_text(text) if name == "rules" else text


def _nomination(row: dict) -> dict:
    fields = _texts(Nomination, row, ("title", "description"))
    fields[field_label(Nomination, "code"), ""] = row["code"]
    fields[field_label(Nomination, "has_groups"), ""] = _yes(row["has_groups"])
    fields[field_label(Nomination, "places"), ""] = str(row["places"])
    for language in LANGUAGES:
        fields[field_label(Nomination, "prizes"), language] = "\n".join(
            f"{prize['place']}: {prize['title'].get(language, '')}"
            + (f", {prize['amount']}" if prize["amount"] else "")
            for prize in row["prizes"]
        )
    return fields


def _criterion(row: dict) -> dict:
    fields = _texts(Criterion, row, ("title", "description"))
    for name in ("kind", "formula"):
        fields[field_label(Criterion, name), ""] = _choice(Criterion, name, row[name])
    fields[field_label(Criterion, "weight"), ""] = str(row["weight"])
    fields[capfirst(gettext("scale")), ""] = "–".join(str(point) for point in row["scale"])
    fields[field_label(Criterion, "tie_rank"), ""] = str(row["tie_rank"] or "")
    for language in LANGUAGES:
        fields[field_label(Criterion, "anchors"), language] = "\n".join(
            f"{anchor['value']}: {anchor['text'].get(language, '')}" for anchor in row["anchors"]
        )
    return fields


def _day(written: str | None) -> str:
    """A moment or a day out of the JSON, as people write it."""
    if not written:
        return ""
    if "T" in written:
        return formatted(datetime.fromisoformat(written), "d.m.Y, H:i")
    return formatted(date.fromisoformat(written), "d.m.Y")


def _value(name: str, value) -> str:
    if isinstance(value, bool):
        return _yes(value)
    if isinstance(value, list):
        return ", ".join(value)
    return _choice(Contest, name, value)


def _choice(model, name: str, value) -> str:
    choices = dict(model._meta.get_field(name).flatchoices)  # noqa: SLF001
    return "" if value is None else str(choices.get(value, value))


def _yes(value: bool) -> str:
    return gettext("yes") if value else gettext("no")
