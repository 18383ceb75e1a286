from modeltranslation.translator import TranslationOptions, register

from publishing.models import DraftDocument, DraftPicture, Page


@register(Page)
class PageTranslation(TranslationOptions):
    fields = ("title", "summary", "body")


@register(DraftPicture)
class DraftPictureTranslation(TranslationOptions):
    fields = ("alt", "caption", "author")


@register(DraftDocument)
class DraftDocumentTranslation(TranslationOptions):
    fields = ("title",)
