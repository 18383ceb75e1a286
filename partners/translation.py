from modeltranslation.translator import TranslationOptions, register

from partners.models import Agreement, AgreementFile, Contact, Logo, Obligation, Partner, Project


@register(Partner)
class PartnerTranslation(TranslationOptions):
    fields = ("title", "short_name", "summary", "description", "address")


@register(Logo)
class LogoTranslation(TranslationOptions):
    fields = ("alt", "caption", "author")


@register(Contact)
class ContactTranslation(TranslationOptions):
    fields = ("post",)


@register(Agreement)
class AgreementTranslation(TranslationOptions):
    fields = ("title",)


@register(Obligation)
class ObligationTranslation(TranslationOptions):
    fields = ("text",)


@register(AgreementFile)
class AgreementFileTranslation(TranslationOptions):
    fields = ("title",)


@register(Project)
class ProjectTranslation(TranslationOptions):
    fields = ("title", "summary")
