"""Names of places as keywords: what a place is called, was called and is misspelt as."""

from django.utils import translation

from places.models import Municipality, Unit


def names_of(unit: Unit, language: str) -> list[str]:
    """The unit's names in the language, then its former names and spellings of any language."""
    own = [getattr(unit, f"name_{language}"), getattr(unit, f"short_name_{language}")]
    return [name for name in dict.fromkeys([*own, *unit.former_names, *unit.spellings]) if name]


def keywords_of(municipality: Municipality, language: str) -> str:
    """Everything a municipality's place may be asked for by: its own names, district and oblast."""
    units = [municipality, municipality.district, municipality.oblast]
    return " · ".join(name for unit in units if unit for name in names_of(unit, language))


def note_of(municipality: Municipality, language: str) -> str:
    """«Ак-Суу району, Ысык-Көл», for the line under a result's title."""
    with translation.override(language):
        return municipality.region_label


def address_of(thing) -> str:
    """Address of a thing's page without the language: "/practices/solar-pump-house/"."""
    with translation.override("ky"):
        return thing.get_absolute_url().removeprefix("/ky")
