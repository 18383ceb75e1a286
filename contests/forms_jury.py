"""What a member’s pages send and show: scores with their words, the statement on conflicts."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contests.choices import ConflictKind
from contests.models import Criterion
from contests.scoring import LEAST_COMMENT, Kept
from publishing.drafts import WAS, digest

#: Longer than anything that is kept: what is too long is told, not cut.
MAX_TYPED = 5000
#: A scale of more points is typed as a number.
MOST_CHIPS = 21
CHOOSE = "choose:"


def typed_in(posted) -> dict[str, str]:
    """{key: text} of what can stand on a sheet (contests.scoring.answers_of)."""
    return {
        name: value.replace("\r\n", "\n").replace("\x00", "").strip()[:MAX_TYPED]
        for name, value in posted.items()
        if name in {"comment", "note"} or name.startswith(("value-", "why-"))
    }


def was_in(posted) -> dict[str, str]:
    return {name.removeprefix(WAS): posted[name] for name in posted if name.startswith(WAS)}


def chosen(typed: dict, posted, versions: dict) -> dict:
    """What was typed, with this device’s own version where the member has chosen that one.

    versions: {key: text} typed over what another device had changed; what is chosen leaves it.
    """
    for name in list(versions):
        choice = posted.get(CHOOSE + name, "")
        if choice == "own":
            typed[name] = versions[name]
        if choice:
            del versions[name]
    return typed


@dataclass(frozen=True)
class Words:
    """A box of text. other: what another device of the member’s typed over it, or None."""

    name: str
    text: str
    most: int
    was: str
    other: str | None = None


@dataclass(frozen=True)
class Option:
    value: int
    meaning: str
    is_chosen: bool


@dataclass(frozen=True)
class Box:
    """A criterion to score. style: «worded», «chips» or «number»; wrong: what is asked of its words."""

    pk: int
    title: str
    description: str
    weight: int
    style: str
    options: list[Option]
    least: int
    most: int
    value: Words
    why: Words
    wrong: str

    @property
    def key(self) -> str:
        return str(self.pk)


def boxes(
    criteria: list[Criterion], answers: dict[str, str], versions: dict[str, str]
) -> list[Box]:
    """The criteria with what stands on the sheet; their anchors are to be prefetched."""
    return [_box(each, answers, versions) for each in criteria]


def _box(criterion: Criterion, answers, versions) -> Box:
    value, why = (
        words(f"{name}-{criterion.pk}", answers, versions, 600) for name in ("value", "why")
    )
    meanings = {each.value: each.text for each in criterion.anchors.all()}
    scale = range(criterion.scale_least, criterion.scale_most + 1)
    style = "worded" if meanings.keys() >= set(scale) else "chips"
    if len(scale) > MOST_CHIPS:
        style = "number"
    return Box(
        pk=criterion.pk,
        title=criterion.title,
        description=criterion.description,
        weight=criterion.weight,
        style=style,
        options=[
            Option(each, meanings.get(each) or "", str(each) == value.text)
            for each in (meanings if style == "number" else scale)
        ],
        least=criterion.scale_least,
        most=criterion.scale_most,
        value=value,
        why=why,
        wrong=asked_of(criterion, answers),
    )


def words(name: str, answers: dict[str, str], versions: dict[str, str], most: int) -> Words:
    return Words(name, answers[name], most, digest(answers[name]), versions.get(name))


def asked_of(criterion: Criterion, answers: dict[str, str]) -> str:
    """What is asked of the words beside a score at an end of the scale; "" where they will do."""
    value, why = (answers[f"{name}-{criterion.pk}"] for name in ("value", "why"))
    is_end = value in {str(criterion.scale_least), str(criterion.scale_most)}
    if not is_end or len(why) >= LEAST_COMMENT:
        return ""
    return gettext("Say why: at an end of the scale %(count)s characters at least are asked.") % {
        "count": LEAST_COMMENT
    }


def errors_in(kept: Kept) -> dict[str, list[str]]:
    """{id of the box of words: sentences} for a page that keeps by itself."""
    asked = {each.pk: asked_of(each, kept.stored) for each in kept.criteria}
    return {f"why-box-{pk}": [sentence] for pk, sentence in asked.items() if sentence}


class RecuseForm(forms.Form):
    """A conflict of interest with one entry."""

    kind = forms.ChoiceField(
        label=_("What connects you with it?"), choices=[("", "—"), *ConflictKind.choices]
    )
    note = forms.CharField(
        label=_("In a few words, if you like"),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Only the secretary reads it; the protocol names the kind alone."),
    )


class StatementForm(forms.Form):
    """The statement on conflicts of interest: entries ticked, each with its kind.

    codes: of the entries a member may tick. cleaned_data["declared"]: {code: (kind, note)}.
    """

    agreed = forms.BooleanField(
        label=_(
            "I have looked through the list and named every entry with which something connects me. "
            "I score by the text and the rules alone and tell nobody what I have read here."
        ),
        error_messages={"required": _("Tick the statement: without it scoring does not begin.")},
    )

    def __init__(self, posted, codes, *, is_given: bool):
        super().__init__(posted)
        self.codes = codes
        if is_given:
            del self.fields["agreed"]

    def clean(self):
        declared = {}
        for code in self.data.getlist("entry"):
            kind = self.data.get(f"kind-{code}", "")
            if code not in self.codes:
                continue
            if kind not in ConflictKind.values:
                message = gettext("%(code)s: say what connects you with it.")
                self.add_error(None, message % {"code": code})
            note = self.data.get(f"note-{code}", "").replace("\x00", "").strip()[:300]
            declared[code] = (kind, note)
        self.cleaned_data["declared"] = declared
        return self.cleaned_data


def scored(answers: dict[str, str], criteria: list[Criterion]) -> int:
    """How many of the criteria have a score."""
    return sum(1 for each in criteria if answers[f"value-{each.pk}"])
