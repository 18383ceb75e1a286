from modeltranslation.translator import TranslationOptions, register

from contests.models import (
    Anchor,
    ApplicationFile,
    ApplicationPicture,
    Award,
    CampaignStep,
    Contest,
    ContestFile,
    Criterion,
    Letter,
    Member,
    Nomination,
    Prize,
    Protocol,
    Question,
    VisitPhoto,
)


@register(Contest)
class ContestTranslation(TranslationOptions):
    fields = ("title", "summary", "goal", "audience", "rules")


@register([Nomination, Criterion])
class NominationTranslation(TranslationOptions):
    fields = ("title", "description")


@register([Prize, Award, ContestFile, ApplicationFile, Letter])
class TitleTranslation(TranslationOptions):
    fields = ("title",)


@register([Anchor, CampaignStep, Protocol])
class TextTranslation(TranslationOptions):
    fields = ("text",)


@register(Question)
class QuestionTranslation(TranslationOptions):
    fields = ("question", "answer")


@register(Member)
class MemberTranslation(TranslationOptions):
    fields = ("post",)


@register([ApplicationPicture, VisitPhoto])
class VisitPhotoTranslation(TranslationOptions):
    fields = ("alt", "caption", "author")
