"""Practices as rows of a table: export for reports, import of drafts.

Import only adds drafts: a row about a practice that is already here is left out, nothing is ever
changed or published by a file. Export is safe to open in a spreadsheet program.
"""

from datetime import date

from django.utils.translation import gettext
from import_export import fields, resources, widgets

from places.names import PlaceIndex, fold
from practices.models import Practice
from publishing.richtext import paragraphs_to_html, plain_text
from themes.models import Theme

#: A cell that begins so is a formula to a spreadsheet program.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Columns that import reads; export writes them first, so that a file can go both ways.
IMPORTED = (
    "title_ky", "title_ru", "municipality", "oblast", "year", "theme",
    "problem_ky", "problem_ru", "solution_ky", "solution_ru", "result_ky", "result_ru", "source_url",
)  # fmt: skip
TEXTS = tuple(name for name in IMPORTED if name.startswith(("problem", "solution", "result")))


def safe_cell(value):
    """A cell no spreadsheet program takes for a formula: an apostrophe stands before its sign."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def bare_cell(value: str) -> str:
    """The cell as it was before safe_cell."""
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA_STARTS) else value


class TextWidget(widgets.CharWidget):
    """Rich text: paragraphs in the database, plain lines in the cell."""

    def clean(self, value, row=None, **kwargs):
        return paragraphs_to_html(super().clean(value, row, **kwargs) or "")

    def render(self, value, obj=None, **kwargs):
        return plain_text(value or "")


class YearWidget(widgets.Widget):
    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip().removesuffix(".0")
        if not text:
            return None
        if not (text.isdigit() and 1991 <= int(text) <= 2100):
            raise ValueError(gettext("“%(value)s” is not a year.") % {"value": value})
        return date(int(text), 1, 1)

    def render(self, value, obj=None, **kwargs):
        return value.year if value else ""


class MunicipalityWidget(widgets.Widget):
    """By code or by any name people use; the oblast's column tells two of one name apart."""

    def __init__(self):
        super().__init__()
        self.index = None

    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip()
        if not text:
            raise ValueError(gettext("Name the municipality."))
        self.index = self.index or PlaceIndex()
        oblast_name = str((row or {}).get("oblast") or "").strip()
        oblast = self.index.oblast(oblast_name) if oblast_name else None
        if oblast_name and oblast is None:
            raise ValueError(gettext("There is no oblast “%(value)s”.") % {"value": oblast_name})
        found, wrong = self.index.find(text, oblast)
        if wrong == "ambiguous":
            raise ValueError(
                gettext(
                    "There are several municipalities “%(value)s”: name the oblast or give the code."
                )
                % {"value": text}
            )
        if found is None:
            raise ValueError(
                gettext("The register has no municipality “%(value)s”.") % {"value": text}
            )
        return found

    def render(self, value, obj=None, **kwargs):
        return value.code if value else ""


class ThemeWidget(widgets.Widget):
    """By address or by its name in either language."""

    def __init__(self):
        super().__init__()
        self.themes = None

    def clean(self, value, row=None, **kwargs):
        if self.themes is None:
            self.themes = {}
            for theme in Theme.objects.all():
                for name in (theme.slug, theme.name_ky, theme.name_ru, str(theme.position)):
                    self.themes[fold(name or "")] = theme
        found = self.themes.get(fold(str(value or "").strip().removesuffix(".0")))
        if found is None:
            raise ValueError(gettext("There is no theme “%(value)s”.") % {"value": value or ""})
        return found

    def render(self, value, obj=None, **kwargs):
        return value.slug if value else ""


class PracticeResource(resources.ModelResource):
    """One practice a row; the columns of IMPORTED come in, all of them go out."""

    municipality = fields.Field("municipality", "municipality", MunicipalityWidget())
    oblast = fields.Field(column_name="oblast", readonly=True)
    year = fields.Field("started_on", "year", YearWidget())
    theme = fields.Field("theme", "theme", ThemeWidget())
    number = fields.Field("short_code", "number", readonly=True)
    status = fields.Field("status", "status", readonly=True)
    municipality_name = fields.Field("municipality__name", "municipality_name", readonly=True)
    cost_once = fields.Field("cost_once", "cost_once", widgets.IntegerWidget(), readonly=True)
    cost_yearly = fields.Field("cost_yearly", "cost_yearly", widgets.IntegerWidget(), readonly=True)
    evidence_level = fields.Field(
        "evidence_level", "evidence_level", widgets.IntegerWidget(), readonly=True
    )
    completeness = fields.Field(
        "completeness", "completeness", widgets.IntegerWidget(), readonly=True
    )
    slug = fields.Field("slug", "slug", readonly=True)

    class Meta:
        model = Practice
        fields = (
            *IMPORTED, "number", "status", "municipality_name", "cost_once", "cost_yearly",
            "evidence_level", "completeness", "slug",
        )  # fmt: skip
        export_order = fields
        import_id_fields = ()
        clean_model_instances = True
        skip_diff = False
        widgets = {}

    def __init__(self, user=None, **kwargs):
        super().__init__(**kwargs)
        self.user = user
        for name in TEXTS:
            self.fields[name].widget = TextWidget()
        self._present = None

    # Export
    def dehydrate_oblast(self, practice):
        return practice.municipality.oblast.label if practice.municipality_id else ""

    def filter_export(self, queryset, **kwargs):
        return queryset.select_related("municipality__oblast", "theme")

    def export_field(self, field, instance, **kwargs):
        return safe_cell(super().export_field(field, instance, **kwargs))

    # Import
    def get_user_visible_fields(self):
        return [self.fields[name] for name in IMPORTED]

    def before_import(self, dataset, **kwargs):
        known = {header.strip() for header in dataset.headers or ()}
        absent = [name for name in ("municipality", "theme") if name not in known]
        if not known & {"title_ky", "title_ru"}:
            absent.insert(0, "title_ky, title_ru")
        if absent:
            raise ValueError(
                gettext("The first row must name the columns; these are missing: %(names)s.")
                % {"names": ", ".join(absent)}
            )
        for name in IMPORTED:
            if name not in known:
                dataset.append_col([""] * len(dataset), header=name)

    def before_import_row(self, row, **kwargs):
        for name, value in row.items():
            row[name] = bare_cell(value.strip()) if isinstance(value, str) else value or ""

    def get_instance(self, instance_loader, row):
        """The practice that is already here: same municipality and same title in some language."""
        if self._present is None:
            self._present = {}
            for practice in Practice.objects.select_related("municipality"):
                self._remember(practice)
        try:
            municipality = self.fields["municipality"].clean(row)
        except ValueError:
            return None
        for language in ("ky", "ru"):
            title = fold(row.get(f"title_{language}") or "")
            if title and (found := self._present.get((municipality.pk, language, title))):
                return found
        return None

    def _remember(self, practice):
        for language in ("ky", "ru"):
            title = fold(getattr(practice, f"title_{language}") or "")
            if title:
                self._present[practice.municipality_id, language, title] = practice

    def skip_row(self, instance, original, row, import_validation_errors=None):
        return instance.pk is not None

    def before_save_instance(self, instance, row, **kwargs):
        # Nothing of a file decides about states: what comes in is a draft of the person's own.
        has_kyrgyz = bool(instance.title_ky)
        instance.original_language = "ky" if has_kyrgyz else "ru"
        instance.created_by = self.user
        instance.collected_via = "desk"

    def after_save_instance(self, instance, row, **kwargs):
        self._remember(instance)
        instance.refresh_languages()
        instance.save(
            update_fields=[
                "state_ky",
                "state_ru",
                "translated_from",
                "stale_fields",
                "completeness",
            ]
        )
