from modeltranslation.translator import TranslationOptions, register

from contests.models import (
    Anchor,
    Application,
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
    RulesVersion,
    VisitPhoto,
)


@register(Contest)
class ContestTranslation(TranslationOptions):
    fields = ("title", "summary", "goal", "audience", "rules")


@register([Nomination, Criterion])
class NominationTranslation(TranslationOptions):
    fields = ("title", "description")


@register([Prize, ContestFile, ApplicationFile, Letter])
class TitleTranslation(TranslationOptions):
    fields = ("title",)


@register(Award)
class AwardTranslation(TranslationOptions):
    fields = ("title", "reason")


@register([Anchor, CampaignStep])
class TextTranslation(TranslationOptions):
    fields = ("text",)


@register(Protocol)
class ProtocolTranslation(TranslationOptions):
    fields = ("text", "place", "correction")


@register(Application)
class ApplicationTranslation(TranslationOptions):
    fields = ("discussion",)


@register(RulesVersion)
class RulesVersionTranslation(TranslationOptions):
    fields = ("reason",)


@register(Question)
class QuestionTranslation(TranslationOptions):
    fields = ("question", "answer")


@register(Member)
class MemberTranslation(TranslationOptions):
    fields = ("post",)


@register([ApplicationPicture, VisitPhoto])
class VisitPhotoTranslation(TranslationOptions):
    fields = ("alt", "caption", "author")
