from modeltranslation.translator import TranslationOptions, register

from themes.models import Tag, Theme


@register(Theme)
class ThemeTranslation(TranslationOptions):
    fields = ("name", "summary", "text")


@register(Tag)
class TagTranslation(TranslationOptions):
    fields = ("name",)
