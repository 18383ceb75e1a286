"""Themes and tags."""

from django.contrib import admin
from django.db.models import Count
from django.utils.translation import gettext_lazy as _
from taggit.models import Tag as PlainTag

from publishing.admin import TwoLanguageAdmin
from themes.models import Tag, Theme

# taggit brings an admin for its own tags, which nothing here uses.
admin.site.unregister(PlainTag)


class BothNames:
    """Suggestions and lists show both names: a tag is found by either."""

    search_fields = ["name_ky", "name_ru", "slug"]

    def suggestion_label(self, obj):
        return " · ".join(dict.fromkeys(filter(None, [obj.name, obj.name_ky, obj.name_ru])))


@admin.register(Theme)
class ThemeAdmin(BothNames, TwoLanguageAdmin):
    list_display = ["position", "name_ky", "name_ru", "slug"]
    list_display_links = ["name_ky"]
    ordering = ["position"]
    fieldsets = [
        (_("Text"), {"fields": ["name", "summary", "text"]}),
        (_("Address and order"), {"fields": [("slug", "position")]}),
    ]

    def has_delete_permission(self, request, obj=None):
        """Practices stand on themes; an unused one may go."""
        return (
            obj is not None
            and not obj.practices.exists()
            and super().has_delete_permission(request, obj)
        )

    def suggestion_label(self, obj):
        return f"{obj.position}. {super().suggestion_label(obj)}"


@admin.register(Tag)
class TagAdmin(BothNames, TwoLanguageAdmin):
    list_display = ["name_ky", "name_ru", "slug", "uses_column"]
    ordering = ["name_sort_key"]
    fieldsets = [
        (
            None,
            {
                "fields": ["name", "slug"],
                "description": _(
                    "Lower case, both names: the same tag is found in both languages."
                ),
            },
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(uses=Count("items"))

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "slug":
            field.required = False
            field.help_text = _("Latin letters; made from the name when left empty.")
        return field

    @admin.display(description=_("used"), ordering="uses")
    def uses_column(self, obj):
        return obj.uses
