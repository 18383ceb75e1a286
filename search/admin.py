"""What editors tend of the search: words that mean the same, and what is looked for in vain."""

from django import forms
from django.contrib import admin
from django.db.models import Count, Max, OuterRef, Subquery, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from search.models import MissedQuery, SearchEntry, Term

#: So many words stand in the table above the list.
MOST_MISSED = 30


class TermForm(forms.ModelForm):
    class Meta:
        model = Term
        fields = ["ky", "ru", "note"]
        widgets = {name: forms.Textarea({"rows": 8}) for name in ("ky", "ru")}

    def clean(self):
        """Phrases one a line, none twice; a term of one phrase alone finds nothing more."""
        cleaned = super().clean()
        count = 0
        for name in ("ky", "ru"):
            lines = [" ".join(line.split()) for line in cleaned.get(name, "").splitlines()]
            phrases = list(dict.fromkeys(filter(None, lines)))
            cleaned[name] = "\n".join(phrases)
            count += len(phrases)
        if count < 2:
            raise forms.ValidationError(
                _("Give at least two words or phrases: whoever types one finds the others too.")
            )
        return cleaned


@admin.register(Term)
class TermAdmin(admin.ModelAdmin):
    form = TermForm
    list_display = ["ky_column", "ru_column", "note", "updated_at"]
    list_display_links = ["ky_column", "ru_column"]
    search_fields = ["ky", "ru", "note"]
    fieldsets = [
        (
            None,
            {
                "fields": [("ky", "ru"), "note"],
                "description": _(
                    "Everything here means the same: whoever types one of it finds texts with the "
                    "others too, in both languages, below those with the very word. Other endings and "
                    "letters typed as о, у, н are found anyway."
                ),
            },
        ),
    ]

    @admin.display(description=_("in Kyrgyz"))
    def ky_column(self, obj):
        return " · ".join(obj.phrases("ky"))

    @admin.display(description=_("in Russian"))
    def ru_column(self, obj):
        return " · ".join(obj.phrases("ru"))


def theme_names() -> dict[str, str]:
    """slug → name in the language of the page, as the index knows the themes."""
    rows = SearchEntry.objects.filter(thing__kind="theme", language=get_language())
    return dict(rows.values_list("thing__themes__text", "title"))


class ThemeFilter(admin.SimpleListFilter):
    title = _("theme")
    parameter_name = "theme"

    def lookups(self, request, model_admin):
        slugs = MissedQuery.objects.exclude(theme="").order_by("theme")
        names = theme_names()
        return [
            (slug, names.get(slug, slug))
            for slug in slugs.values_list("theme", flat=True).distinct()
        ]

    def queryset(self, request, queryset):
        return queryset.filter(theme=self.value()) if self.value() else queryset


@admin.register(MissedQuery)
class MissedQueryAdmin(admin.ModelAdmin):
    """What readers look for in vain: a sum for the chosen period, and day by day."""

    change_list_template = "admin/missed_list.html"
    list_display = ["words", "language", "theme_column", "on", "times"]
    list_filter = [("on", admin.DateFieldListFilter), ThemeFilter, "language"]
    search_fields = ["words"]
    fields = list_display
    show_full_result_count = False

    def get_queryset(self, request):
        """With the theme's name, as the index knows it in the language of the page."""
        names = SearchEntry.objects.filter(
            thing__kind="theme", language=get_language(), thing__themes__text=OuterRef("theme")
        )
        return (
            super().get_queryset(request).annotate(theme_name=Subquery(names.values("title")[:1]))
        )

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if cl := context.get("cl"):
            sums = cl.queryset.order_by().values("words")
            sums = sums.annotate(
                total=Sum("times"), days=Count("on", distinct=True), last=Max("on")
            )
            context["sums"] = sums.order_by("-total", "-last", "words")[:MOST_MISSED]
        return response

    @admin.display(description=_("theme"), ordering="theme")
    def theme_column(self, obj):
        return obj.theme_name or obj.theme or "—"
