"""Finding a place by whatever name people use for it."""

import re
from difflib import SequenceMatcher

from places.models import Municipality, Oblast

FOLD = str.maketrans("өүңёѳӊії", "оунеонии")
#: Latin letters that look like Cyrillic ones; mended in words that are Cyrillic otherwise.
LOOK_ALIKES = str.maketrans("aceopxykmht", "асеорхукмнт")
TOWN_WORDS = {"шаары", "шаар", "город", "г", "ш"}
AIMAK_WORDS = {
    "айыл", "аймагы", "аймак", "айылдык", "айылный", "айыльный", "аильный", "окмоту", "округ",
    "аа", "ао",
}  # fmt: skip
#: Words that say what kind of place it is, in both languages and their usual spellings.
KIND_WORDS = (
    TOWN_WORDS
    | AIMAK_WORDS
    | {"облусу", "область", "обл", "области", "району", "район", "рну", "рн", "района"}
)
#: From this likeness on a name counts as the same with a slip of the finger: one letter of ten.
#: Names of real places differ by one letter of seven (Ак-Булак, Ак-Булун), so not lower.
SLIP = 0.9
#: From this likeness on a name is worth a suggestion.
SIMILAR = 0.6


def _words(name: str) -> list[str]:
    text = name.lower().replace("\xa0", " ").translate(FOLD)
    words = re.findall(r"[\w-]+", re.sub(r"[«».,()]", " ", text))
    return [word.translate(LOOK_ALIKES) if re.search("[а-я]", word) else word for word in words]


def _is_kind(word: str, kinds: set[str] = KIND_WORDS) -> bool:
    return word.replace("-", "") in kinds


def fold(name: str) -> str:
    """«город  Ош», «Ош шаары» → «ош»: lower case, ө ү ң folded, words of kind left out.

    A hyphen stays: Кара-Көл and Каракол are two towns.
    """
    words = _words(name)
    kept = [word for word in words if not _is_kind(word)]
    return " ".join(kept or words)


def _key(name: str) -> str:
    """A folded name by which the index finds: «Кызыл Кыя» is Кызыл-Кыя."""
    return re.sub(r"[\s–—-]+", "-", fold(name)).strip("-")


def all_names(unit) -> set[str]:
    """Every folded name of a place: both languages, short, former, other spellings."""
    names = [
        unit.name_ky, unit.name_ru, unit.short_name_ky, unit.short_name_ru,
        *unit.former_names, *unit.spellings,
    ]  # fmt: skip
    return {fold(name) for name in names if name}


def _of_kind(text: str, units: list[Municipality]) -> list[Municipality]:
    """Those of the kind that the text speaks of; all where it speaks of none."""
    words = _words(text)
    for kind, kinds in (
        (Municipality.Kind.TOWN, TOWN_WORDS),
        (Municipality.Kind.AYIL_AIMAK, AIMAK_WORDS),
    ):
        if any(_is_kind(word, kinds) for word in words):
            units = [unit for unit in units if unit.kind == kind]
    return units


def _existed_in(unit, year: int) -> bool:
    return (unit.valid_from is None or unit.valid_from.year <= year) and (
        unit.valid_to is None or unit.valid_to.year > year
    )


class PlaceIndex:
    """Names of all municipalities, read once for an import."""

    def __init__(self):
        self.by_code, self.by_name = {}, {}
        for unit in Municipality.objects.select_related("oblast"):
            self.by_code[unit.code] = unit
            for name in {_key(name) for name in all_names(unit)}:
                self.by_name.setdefault(name, []).append(unit)
        self.oblasts, self.cities = {}, {}
        for oblast in Oblast.objects.all():
            self.oblasts[oblast.code] = oblast
            for name in {_key(name) for name in all_names(oblast)}:
                if oblast.is_city:
                    self.cities[name] = oblast
                # The oblast Ош and the city Ош: by bare name the oblast is meant.
                if name not in self.oblasts or not oblast.is_city:
                    self.oblasts[name] = oblast

    def oblast(self, text: str) -> Oblast | None:
        """By code or any name; «Ош шаары» is the city, «Ош» the oblast."""
        name = _key(text)
        if name in self.cities and any(_is_kind(word, TOWN_WORDS) for word in _words(text)):
            return self.cities[name]
        return self.oblasts.get(text.strip()) or self.oblasts.get(name)

    def find(
        self, text: str, oblast: Oblast | None = None, *, year: int | None = None
    ) -> tuple[Municipality | None, str]:
        """Return (municipality, "") or (None, what is wrong); never guesses between two.

        What the text says of the kind («шаары», «айыл аймагы») must be true. Where several bear the
        name, the oblast and the year (else: that they exist today) tell them apart.
        """
        if text.strip() in self.by_code:
            return self.by_code[text.strip()], ""
        found = self.candidates(text, oblast, year=year)
        if len(found) == 1:
            return found[0], ""
        return None, "ambiguous" if found else "unknown"

    def candidates(
        self, text: str, oblast: Oblast | None = None, *, year: int | None = None
    ) -> list[Municipality]:
        """All municipalities of that name, fewer where something tells them apart."""
        found = _of_kind(text, self.by_name.get(_key(text), []))
        if oblast and len(found) > 1:
            found = [unit for unit in found if unit.oblast_id == oblast.pk]
        if year and len(found) > 1:
            found = [unit for unit in found if _existed_in(unit, year)] or found
        if len(found) > 1:
            found = [unit for unit in found if unit.is_current] or found
        return found

    def slip_of(self, text: str, oblast: Oblast | None = None) -> Municipality | None:
        """The one municipality whose name differs from the text by a slip of the finger."""
        near = _of_kind(text, self._near(text, oblast, SLIP))
        return near[0] if len(near) == 1 else None

    def nearest(self, text: str, oblast: Oblast | None = None) -> list[Municipality]:
        """Up to three municipalities of similar name, the most similar first."""
        return self._near(text, oblast, SIMILAR)[:3]

    def _near(self, text, oblast, least) -> list[Municipality]:
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(_key(text))
        best: dict[Municipality, float] = {}
        for name, units in self.by_name.items():
            matcher.set_seq1(name)
            if matcher.real_quick_ratio() < least or (likeness := matcher.ratio()) < least:
                continue
            for unit in units:
                if oblast is None or unit.oblast_id == oblast.pk:
                    best[unit] = max(likeness, best.get(unit, 0))
        return sorted(best, key=lambda unit: (-best[unit], unit.code))
