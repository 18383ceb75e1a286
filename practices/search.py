"""Practices can be found."""

from django.utils.translation import gettext_lazy as _

from places.models import District, Municipality, Oblast
from practices.models import (
    Adoption,
    LegalBasis,
    Link,
    Measurement,
    Obstacle,
    Practice,
    PracticeDocument,
    Step,
)
from publishing.richtext import plain_text
from search.places import address_of, keywords_of, note_of
from search.registry import About, Document, Kind, register
from themes.models import Tag, Theme

RICH = ("problem", "solution", "result")
PLAIN = (
    "beneficiaries", "who_took_part", "cost_note", "upkeep_plan", "staff_needed", "equipment",
    "success_conditions", "lessons", "what_not_to_do", "transfer_advice", "not_suitable_if",
)  # fmt: skip
#: Rows of a practice and what of them is read.
ROWS = {
    "steps": ("title", "text", "typical_mistake"),
    "measurements": ("indicator",),
    "obstacles": ("text", "how_overcome"),
    "legal_basis": ("act", "article"),
    "documents": ("title",),
    "links": ("title",),
}
#: Of an adoption, what readers see on the practice's page.
ADOPTION = ("adaptation", "result", "lessons")


class Practices(Kind):
    name, label, model = "practice", _("Practices"), Practice

    def things(self):
        return (
            Practice.objects.published()
            .select_related("theme", "municipality__oblast", "municipality__district")
            .prefetch_related("themes_extra", "tags", "other_municipalities", "adoptions", *ROWS)
        )

    def about(self, practice):
        return About(
            published_at=practice.published_at,
            changed_at=practice.updated_at,
            themes=list(
                dict.fromkeys(
                    [practice.theme.slug, *(theme.slug for theme in practice.themes_extra.all())]
                )
            ),
            oblast=practice.municipality.oblast.code,
            year=practice.started_on.year if practice.started_on else None,
        )

    def documents(self, practice):
        languages = practice.ready_languages or [practice.original_language]
        return [self.document(practice, language) for language in languages]

    def document(self, practice, language) -> Document:
        text = practice.edition(language)
        places = [practice.municipality, *practice.other_municipalities.all()]
        adoptions = [row for row in practice.adoptions.all() if row.is_public and row.is_vouched]
        places += [row.municipality for row in adoptions]
        themes = [practice.theme, *practice.themes_extra.all()]
        keywords = [
            *(getattr(tag, f"name_{language}") or "" for tag in practice.tags.all()),
            *(getattr(theme, f"name_{language}") or "" for theme in themes),
            keywords_of(practice.municipality, language),
            text.place_text,
        ]
        rows = [(getattr(practice, name).all(), fields) for name, fields in ROWS.items()]
        body = [plain_text(getattr(text, name)) for name in RICH]
        body += [getattr(text, name) for name in PLAIN]
        for things, fields in [*rows, (adoptions, ADOPTION)]:
            for row in things:
                edition = row.edition(language)
                body.append(". ".join(filter(None, (getattr(edition, name) for name in fields))))
        body.append(", ".join(dict.fromkeys(place.name for place in places[1:])))
        where = [getattr(practice.municipality, f"name_{language}") or practice.municipality.name]
        where.append(note_of(practice.municipality, language))
        return Document(
            language=language,
            title=text.title,
            summary=text.promise,
            body="\n".join(filter(None, body)),
            keywords=" · ".join(filter(None, keywords)),
            path=address_of(practice),
            note=", ".join(filter(None, where)),
        )

    def watched(self):
        def of(field):
            return lambda unit: Practice.objects.filter(**{field: unit}).values_list(
                "pk", flat=True
            )

        rows = (Step, Measurement, Obstacle, LegalBasis, PracticeDocument, Link, Adoption)
        return {
            Practice: lambda practice: [practice.pk],
            **{row: lambda row: [row.practice_id] for row in rows},
            Theme: lambda theme: {*of("theme")(theme), *of("themes_extra")(theme)},
            Tag: of("tags"),
            Municipality: of("municipality"),
            District: of("municipality__district"),
            Oblast: of("municipality__oblast"),
        }


register(Practices())
