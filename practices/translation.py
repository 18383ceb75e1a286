from modeltranslation.translator import TranslationOptions, register

from practices.models import (
    Adoption,
    AdoptionPhoto,
    EvidenceStep,
    Funding,
    LegalBasis,
    Link,
    Measurement,
    Obstacle,
    Practice,
    PracticeDocument,
    PracticePhoto,
    Step,
)


@register(Practice)
class PracticeTranslation(TranslationOptions):
    fields = (
        "title", "promise", "place_text", "problem", "solution", "result", "beneficiaries",
        "who_took_part", "cost_note", "upkeep_plan", "staff_needed", "equipment",
        "success_conditions", "lessons", "what_not_to_do", "transfer_advice", "not_suitable_if",
        "contact_post", "contact_hours",
    )  # fmt: skip


@register(Measurement)
class MeasurementTranslation(TranslationOptions):
    fields = ("indicator", "unit", "source")


@register(Step)
class StepTranslation(TranslationOptions):
    fields = ("title", "text", "responsible", "typical_mistake")


@register(Funding)
class FundingTranslation(TranslationOptions):
    fields = ("name",)


@register(LegalBasis)
class LegalBasisTranslation(TranslationOptions):
    fields = ("act", "article")


@register(Obstacle)
class ObstacleTranslation(TranslationOptions):
    fields = ("text", "how_overcome")


@register(EvidenceStep)
class EvidenceStepTranslation(TranslationOptions):
    fields = ("note", "by")


@register(Link)
class LinkTranslation(TranslationOptions):
    fields = ("title",)


@register(PracticeDocument)
class PracticeDocumentTranslation(TranslationOptions):
    fields = ("title",)


@register(PracticePhoto)
class PracticePhotoTranslation(TranslationOptions):
    fields = ("alt", "caption", "author")


@register(Adoption)
class AdoptionTranslation(TranslationOptions):
    fields = (
        "stop_reason", "coordinator_post", "why_chosen", "adaptation", "result", "result_unit", "lessons",
        "confirmed_by",
    )  # fmt: skip


@register(AdoptionPhoto)
class AdoptionPhotoTranslation(TranslationOptions):
    fields = ("alt", "caption", "author")
