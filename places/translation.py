from modeltranslation.translator import TranslationOptions, register

from places.models import District, Municipality, Oblast


class UnitTranslation(TranslationOptions):
    fields = ("name", "short_name")


@register(Oblast)
class OblastTranslation(UnitTranslation):
    pass


@register(District)
class DistrictTranslation(UnitTranslation):
    pass


@register(Municipality)
class MunicipalityTranslation(UnitTranslation):
    pass
