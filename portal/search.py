"""Municipalities can be found: their pages are the roof's, so they are registered here."""

from datetime import UTC, datetime

from django.utils.translation import gettext_lazy as _

from places.models import District, Municipality, Oblast
from publishing.languages import LANGUAGES
from search.places import address_of, names_of, note_of
from search.registry import About, Document, Kind, register

#: The register has no day of publication; among equals a place stands last.
BEGINNING = datetime(2024, 1, 1, tzinfo=UTC)


class Municipalities(Kind):
    name, label, model = "municipality", _("Municipalities"), Municipality
    # Half of all places have «суу» or «таш» in their name; who types it seldom means them.
    worth = 0.85

    def things(self):
        return Municipality.objects.for_list().prefetch_related("predecessors")

    def about(self, unit):
        return About(published_at=BEGINNING, oblast=unit.oblast.code)

    def documents(self, unit):
        for language in LANGUAGES:
            name, *others = names_of(unit, language)
            for before in unit.predecessors.all():
                others += names_of(before, language)
            region = [unit.district, unit.oblast]
            yield Document(
                language=language,
                title=name,
                aliases=" · ".join(others),
                keywords=" · ".join(
                    found for place in region if place for found in names_of(place, language)
                ),
                path=address_of(unit),
                note=note_of(unit, language),
            )

    def watched(self):
        return {
            Municipality: lambda unit: [unit.pk, *unit.successors.values_list("pk", flat=True)],
            District: lambda unit: unit.municipalities.values_list("pk", flat=True),
            Oblast: lambda unit: unit.municipalities.values_list("pk", flat=True),
        }


register(Municipalities())
