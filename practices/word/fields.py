"""What the Word template asks: headings, advice, columns and choices, in both languages.

The words stand in practices/data/word.json. Beside the template's own heading each field has other
names that people use for it; all of them are recognised by their folded form.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils import translation
from django.utils.text import capfirst

from practices import choices
from practices.models import FOLD_FROM, FOLD_TO
from publishing.languages import LANGUAGES
from themes.models import Theme

DATA = Path(__file__).parents[1] / "data" / "word.json"
#: Where the words of a choice come from; a column is named with its table.
CHOICES = {
    "vulnerable_groups": choices.VulnerableGroup,
    "funding.source": choices.FundingSource,
    "upkeep_payer": choices.UpkeepPayer,
    "kind": choices.Kind,
    "initiative": choices.Initiative,
    "participation": choices.Participation,
    "kenesh_decision": choices.KeneshDecision,
    "competence": choices.Competence,
    "obstacles.barrier": choices.Barrier,
    "links.kind": choices.LinkKind,
}
_FOLD = str.maketrans(FOLD_FROM, FOLD_TO)
#: «1.», «2.3)», «IV.», «а)», «№ 5.» before a heading.
NUMBERING = re.compile(
    r"\s*(?:№\s*)?(?:\d{1,2}(?:\.\d{1,2})*|[ivxІIХ]{1,4}|[a-zа-я])[.)]+\s*", re.I
)
#: What money is counted in, as a heading may say.
SCALES = {"тыс", "тысяч", "мин", "млн"}
MONEY = SCALES | {"сом", "сомов", "сома", "сомдор", "kgs"}
_LAST_BRACKETS = re.compile(r"\s*\([^()]*\)\s*[:.*]*\s*$")


def fold(text: str) -> str:
    """Words alone, in lower case, ө ү ң ё folded: how headings and choices are compared."""
    return " ".join(re.findall(r"\w+", text.lower().translate(_FOLD)))


@dataclass(frozen=True)
class Field:
    """A field of the draft, or a column of its rows. Texts are {language: text}.

    kind: line, text, date, year, money, count, number, days, choice, choices, flag, place, theme,
    rows, pictures; where and contacts are understood when met and not asked for.
    """

    name: str
    kind: str
    label: dict[str, str]
    advice: dict[str, str]
    also: tuple[str, ...]
    words: dict[str, list[str]]
    columns: tuple["Field", ...] = ()
    rows: int = 0
    width: int = 1
    table: str = ""

    def options(self) -> list[tuple[str, dict[str, str]]]:
        """[(value, {language: label})] of a choice, in the order of the template."""
        if self.kind == "theme":
            return [
                (theme.slug, {each: getattr(theme, f"name_{each}") for each in LANGUAGES})
                for theme in Theme.objects.order_by("position")
            ]
        key = f"{self.table}.{self.name}" if self.table else self.name
        if key not in CHOICES:
            return []
        labels: dict[str, dict[str, str]] = {str(value): {} for value in CHOICES[key].values}
        for language in LANGUAGES:
            with translation.override(language):
                for choice in CHOICES[key]:
                    labels[str(choice.value)][language] = capfirst(str(choice.label))
        return list(labels.items())

    def meanings(self) -> dict[str, str]:
        """{folded word: value}: labels in both languages and what else people write for them."""
        found = {}
        for value, labels in self.options():
            for word in (value, *labels.values(), *self.words.get(value, ())):
                found.setdefault(fold(word), value)
        return found

    def advice_in(self, language: str) -> str:
        """The line under the heading; a table's choices are listed in it."""
        advice = self.advice.get(language, "")
        if "{options}" not in advice:
            return advice
        column = next(column for column in self.columns if column.kind == "choice")
        words = [labels[language] for _value, labels in column.options()]
        return advice.replace("{options}", "; ".join(word[:1].lower() + word[1:] for word in words))


@dataclass(frozen=True)
class Part:
    """A part of the template: a heading and its fields."""

    title: dict[str, str]
    fields: tuple[Field, ...]


def _field(row: dict, table: str = "") -> Field:
    also = row.get("also", ())
    if isinstance(also, dict):
        also = [word for each in LANGUAGES for word in also[each]]
    return Field(
        name=row["name"],
        kind=row["kind"],
        label=row["label"],
        advice=row.get("advice", {}),
        also=tuple(also),
        words=row.get("options", {}),
        columns=tuple(_field(column, row["name"]) for column in row.get("columns", ())),
        rows=row.get("rows", 0),
        width=row.get("width", 1),
        table=table,
    )


_DATA = json.loads(DATA.read_text(encoding="utf-8"))
TITLE: dict[str, str] = _DATA["title"]
ABOUT: dict[str, str] = _DATA["about"]
NOTES: dict[str, list[str]] = _DATA["notes"]
YES: dict[str, str] = _DATA["flags"]["yes"]
NO: dict[str, str] = _DATA["flags"]["no"]
PARTS = tuple(Part(part["title"], tuple(map(_field, part["fields"]))) for part in _DATA["sections"])
#: Not asked for, yet understood.
HIDDEN = tuple(map(_field, _DATA["hidden"]))
FIELDS = {field.name: field for part in PARTS for field in part.fields} | {
    field.name: field for field in HIDDEN
}


def _labels() -> dict[str, Field | None]:
    found: dict[str, Field | None] = {}
    for field in FIELDS.values():
        for word in (*field.label.values(), *field.also):
            found.setdefault(fold(word), field)
    for part in PARTS:
        for word in part.title.values():
            found.setdefault(fold(word), None)
    return found


def _languages() -> dict[str, set[str]]:
    """{folded heading: languages it is a heading in}."""
    found: dict[str, set[str]] = {}
    for rows in (_DATA["sections"], [{"title": {}, "fields": _DATA["hidden"]}]):
        for part in rows:
            for language, word in part["title"].items():
                found.setdefault(fold(word), set()).add(language)
            for field in part["fields"]:
                for language in LANGUAGES:
                    for word in (field["label"][language], *field["also"][language]):
                        found.setdefault(fold(word), set()).add(language)
    return found


#: {folded heading: its field}; None: the heading of a part of the template.
LABELS = _labels()
LABEL_LANGUAGES = _languages()


def spellings(heading: str) -> list[str]:
    """Folded forms under which a heading may be known: whole, bare of number, of brackets, of money."""
    bare = NUMBERING.sub("", heading, count=1) if NUMBERING.match(heading) else heading
    forms = [fold(each) for each in (heading, bare, _LAST_BRACKETS.sub("", bare))]
    money = " ".join(word for word in forms[1].split() if word not in MONEY)
    return [form for form in (*forms, money) if form]


def scale_of(heading: str) -> str:
    """«тыс.» of «Стоимость, тыс. сомов»: what the numbers below are counted in."""
    return next((word for word in fold(heading).split() if word in SCALES), "")


@cache
def furniture() -> frozenset[str]:
    """Folded lines of the template itself that say nothing of the practice: title, notes, advice."""
    lines = [*TITLE.values(), *ABOUT.values(), *(line for each in NOTES.values() for line in each)]
    lines += [field.advice_in(language) for field in FIELDS.values() for language in field.advice]
    return frozenset(fold(line) for line in lines)
