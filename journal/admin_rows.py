"""Rubrics and authors as editors work with them."""

import itertools

from django.contrib import admin
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from journal.choices import CreditRole
from journal.models import Author, Rubric
from publishing.admin import TwoLanguageAdmin
from publishing.editing import LockedForm
from publishing.slugs import latin_slug


class NamedAdmin(TwoLanguageAdmin):
    """A name in two languages and an address made from it."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "slug":
            field.help_text = _("Latin letters; made from the name when left empty.")
        return field

    def suggestion_label(self, obj):
        return " · ".join(dict.fromkeys(filter(None, [obj.name, obj.name_ky, obj.name_ru])))


class RubricForm(LockedForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("slug"):
            cleaned["slug"] = self._free_slug(
                cleaned.get("name_ky") or cleaned.get("name_ru") or ""
            )
        return cleaned

    def _free_slug(self, name: str) -> str:
        base = slug = latin_slug(name, 50) or "rubric"
        numbers = itertools.count(2)
        while Rubric.objects.exclude(pk=self.instance.pk).filter(slug=slug).exists():
            slug = f"{base}-{next(numbers)}"
        return slug


@admin.register(Rubric)
class RubricAdmin(NamedAdmin):
    form = RubricForm
    list_display = ["name_ky", "name_ru", "position", "articles_column", "is_retired"]
    list_filter = ["is_retired"]
    search_fields = ["name_ky", "name_ru", "slug"]
    ordering = ["is_retired", "position", "pk"]
    fieldsets = [
        (None, {"fields": ["name", ("slug", "position", "is_retired")]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(count=Count("articles"))

    def has_delete_permission(self, request, obj=None):
        """A rubric that held an article or a line of the plan is retired instead."""
        return (
            obj is not None
            and not obj.articles.exists()
            and not obj.plan.exists()
            and super().has_delete_permission(request, obj)
        )

    @admin.display(description=_("articles"), ordering="count")
    def articles_column(self, obj):
        return obj.count


@admin.register(Author)
class AuthorAdmin(NamedAdmin):
    list_display = ["name_ky", "name_ru", "post", "organisation", "articles_column", "language"]
    list_filter = ["language", "is_demo"]
    search_fields = ["name_ky", "name_ru", "organisation_ky", "organisation_ru", "email", "phone"]
    search_help_text = _("Name in either language, organisation, e-mail or phone.")
    ordering = ["name_ky", "name_ru", "pk"]
    fieldsets = [
        (
            _("On the author’s page"),
            {
                "fields": ["name", "post", "organisation", "bio", "slug"],
                "description": _(
                    "An article keeps post and organisation as they were when it came out."
                ),
            },
        ),
        (_("For the staff alone"), {"fields": [("email", "phone", "language")]}),
    ]

    def get_queryset(self, request):
        written = Count("credits", filter=Q(credits__role=CreditRole.AUTHOR))
        return super().get_queryset(request).annotate(count=written)

    def has_delete_permission(self, request, obj=None):
        """Whoever is named under an article stays."""
        return (
            obj is not None
            and not obj.credits.exists()
            and super().has_delete_permission(request, obj)
        )

    @admin.display(description=_("articles"), ordering="count")
    def articles_column(self, obj):
        return obj.count
