"""The register of places. Units are never deleted: they end on a day and have successors."""

from django.contrib import admin
from django.db import models
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Concat, Lower
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin

from places.models import District, Municipality, Oblast
from places.names import fold
from places.sorting import Translate


class UnitAdmin(TranslationAdmin):
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    search_fields = ["name_ky", "name_ru", "code"]
    list_display = ["name_ky", "name_ru", "code"]
    ordering = ["sort_key"]

    def has_delete_permission(self, request, obj=None):
        return False

    def _patch_fieldsets(self, fieldsets):
        return [
            (title, options | {"fields": [self._pair(field) for field in options["fields"]]})
            for title, options in fieldsets
        ]

    def _pair(self, field):
        if isinstance(field, str) and field in self.trans_opts.all_fields:
            return f"{field}_ky", f"{field}_ru"
        return field

    def get_search_results(self, request, queryset, search_term):
        """By any name people use, also typed without ө, ү, ң; or by code."""
        if search_term.strip().isdigit():
            return queryset.filter(code__startswith=search_term.strip()), False
        queryset = queryset.annotate(every_name=_every_name())
        for word in fold(search_term).split():
            queryset = queryset.filter(every_name__contains=word)
        return queryset, False


def _every_name():
    former = Func(
        F("former_names"), Value(" "), function="array_to_string", output_field=TextField()
    )
    others = Func(F("spellings"), Value(" "), function="array_to_string", output_field=TextField())
    names = Concat(
        "name_ky", Value(" "), "name_ru", Value(" "), former, Value(" "), others,
        output_field=TextField(),
    )  # fmt: skip
    return Translate(Lower(names), Value("өүңёѳӊ"), Value("оунеон"), output_field=TextField())


NAMES = (_("Names"), {"fields": ["name", "short_name", ("former_names", "spellings")]})


@admin.register(Oblast)
class OblastAdmin(UnitAdmin):
    fieldsets = [NAMES, (_("Place in the register"), {"fields": [("code", "is_city")]})]

    def has_add_permission(self, request):
        return False


@admin.register(District)
class DistrictAdmin(UnitAdmin):
    list_display = ["name_ky", "name_ru", "oblast", "code"]
    list_select_related = ["oblast"]
    list_filter = ["oblast"]
    autocomplete_fields = ["oblast"]
    fieldsets = [NAMES, (_("Place in the register"), {"fields": [("code", "oblast")]})]


class ExistsFilter(admin.SimpleListFilter):
    title = _("exists today")
    parameter_name = "exists"

    def lookups(self, request, model_admin):
        return [("yes", _("yes")), ("no", _("no more, or not yet"))]

    def queryset(self, request, queryset):
        if self.value() == "yes":
            return queryset.current()
        if self.value() == "no":
            return queryset.exclude(pk__in=Municipality.objects.current())
        return queryset


@admin.register(Municipality)
class MunicipalityAdmin(UnitAdmin):
    list_display = [
        "name_ky",
        "name_ru",
        "kind",
        "district",
        "oblast",
        "population",
        "group",
        "is_current_column",
    ]
    list_select_related = ["oblast", "district"]
    list_filter = [ExistsFilter, "kind", "oblast", "group", "relief", "is_demo"]
    autocomplete_fields = ["oblast", "district", "predecessors"]
    fieldsets = [
        NAMES,
        (_("Place in the register"), {"fields": [("code", "kind"), ("oblast", "district")]}),
        (
            _("Facts"),
            {
                "fields": [
                    ("population", "population_year", "settlements_count"),
                    ("group", "relief", "own_revenue_share"),
                    ("head_name", "site_url"),
                    ("source", "checked_on"),
                ]
            },
        ),
        (
            _("History"),
            {
                "fields": [("valid_from", "valid_to"), "predecessors"],
                "description": _(
                    "A unit that is no more gets its last day here; its successor names it among its predecessors. "
                    "Practices stay with the unit of their year."
                ),
            },
        ),
    ]

    def get_search_results(self, request, queryset, search_term):
        queryset, distinct = super().get_search_results(request, queryset, search_term)
        return queryset.select_related("oblast", "district"), distinct

    def suggestion_label(self, obj):
        ended = "" if obj.is_current else f" ({_('is no more')})"
        return f"{obj.name} · {obj.region_label}{ended}"

    @admin.display(description=_("exists"), boolean=True)
    def is_current_column(self, obj):
        return obj.is_current
