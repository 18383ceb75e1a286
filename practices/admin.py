"""Practices as editors work with them; adoptions and checks stand in admin_ledger.py."""

import re
import zipfile
from pathlib import PurePath

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelectMultiple, RelatedFieldWidgetWrapper
from django.core.cache import cache
from django.db.models import Q
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ExportForm, ImportForm
from import_export.tmp_storages import CacheStorage

from practices.admin_ledger import BY_WHATSAPP, AdoptionInline, CheckInline
from practices.choices import CollectedVia, Kind
from practices.consents import lacks_consent
from practices.contribution import PLACE
from practices.models import (
    FOLD_FROM,
    FOLD_TO,
    EvidenceStep,
    Funding,
    LegalBasis,
    Link,
    Measurement,
    Obstacle,
    Practice,
    PracticeDocument,
    PracticePhoto,
    Step,
)
from practices.placeholders import PLACEHOLDERS, unknown_in
from practices.resources import PracticeResource
from publishing.admin import PictureInline, PublishableAdmin, RowInline
from publishing.editing import PublishableForm
from publishing.languages import current_language
from publishing.offers import OffersAdmin
from publishing.work import CLOSED, CONTENT_QUEUES, WAITING, Queue, WorkFilter
from publishing.workflow import Status
from themes.models import Tag, TaggedItem

MAX_IMPORT_BYTES = 5 * 1024 * 1024
MAX_IMPORT_UNPACKED = 60 * 1024 * 1024
FOLD = str.maketrans(FOLD_FROM, FOLD_TO)
#: Of whom a practice comes and in what it was made.
SOURCE = ("source_partner", "source_project", "donor")


class PracticeForm(PublishableForm):
    """Tags are chosen from the list by a name in either language, not typed with commas."""

    tags = forms.ModelMultipleChoiceField(
        label=_("Tags"),
        queryset=Tag.objects.all(),
        required=False,
        help_text=_("Two to four words people would look for. A new tag gets both names."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "tags" in self.fields and self.instance.pk:
            self.initial["tags"] = [tag.pk for tag in self.initial.get("tags", [])]

    def clean_themes_extra(self):
        themes = self.cleaned_data["themes_extra"]
        if len(themes) > 2:
            raise forms.ValidationError(gettext("Two further themes at most."))
        if self.cleaned_data.get("theme") in themes:
            raise forms.ValidationError(gettext("The main theme need not be repeated here."))
        return themes


class OfThisPractice:
    """Documents to choose from are those of the same practice; they are read once for all rows."""

    document_field = ""

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        field = formset.form.base_fields.get(self.document_field)
        if field:
            own = (
                PracticeDocument.objects.filter(practice=obj)
                if obj
                else PracticeDocument.objects.none()
            )
            field.queryset = own
            field.choices = [("", "—"), *((document.pk, str(document)) for document in own)]
        return formset

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == self.document_field:
            field.widget.can_add_related = field.widget.can_change_related = False
            field.widget.can_view_related = field.widget.can_delete_related = False
        return field


class MeasurementInline(RowInline):
    model = Measurement
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "indicator",
                    "unit",
                    ("before", "before_year", "after", "after_year"),
                    "source",
                ]
            },
        )
    ]


class StepInline(OfThisPractice, RowInline):
    model = Step
    document_field = "template"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("position", "days", "template"),
                    "title",
                    "text",
                    "responsible",
                    "typical_mistake",
                ]
            },
        )
    ]


class FundingInline(RowInline):
    model = Funding
    fieldsets = [(None, {"fields": [("source", "amount"), "name"]})]


class LegalBasisInline(RowInline):
    model = LegalBasis
    fieldsets = [
        (
            None,
            {"fields": ["act", "article", ("edition_on", "checked_on", "is_outdated"), "url"]},
        )
    ]


class ObstacleInline(RowInline):
    model = Obstacle
    fieldsets = [(None, {"fields": [("barrier", "still_open"), "text", "how_overcome"]})]


class PhotoInline(PictureInline):
    model = PracticePhoto


class DocumentInline(RowInline):
    model = PracticeDocument
    fieldsets = [
        (None, {"fields": [("file", "kind", "language"), "size", "title"]}),
    ]
    readonly_fields = ["size"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "file":
            field.help_text = gettext(
                "In a template to fill in, readers get these words replaced: %(names)s."
            ) % {"names": known_placeholders()}
        return field

    @admin.display(description=_("size"))
    def size(self, obj):
        if not obj.pk:
            return "—"
        kilobytes = max(1, round(obj.bytes / 1024))
        parts = [f"{obj.extension.upper()}, {kilobytes}\N{NO-BREAK SPACE}" + gettext("KB")]
        if obj.pages:
            parts.append(
                ngettext("%(count)s page", "%(count)s pages", obj.pages) % {"count": obj.pages}
            )
        if obj.has_macros:
            parts.append(gettext("holds macros or scripts: readers do not get it"))
        if names := [f"{{{name}}}" for name in obj.placeholders if name in PLACEHOLDERS]:
            parts.append(gettext("fills in %(names)s") % {"names": " ".join(names)})
        if names := [f"{{{name}}}" for name in obj.placeholders if name not in PLACEHOLDERS]:
            parts.append(gettext("unknown: %(names)s") % {"names": " ".join(names)})
        return " · ".join(parts)


def known_placeholders() -> str:
    """«{municipality} – name of the municipality; …» for the editors."""
    return "; ".join(f"{{{name}}} – {each.help}" for name, each in PLACEHOLDERS.items())


def tell_unknown_placeholders(request, document) -> None:
    """Tell the editor of words in braces that nothing would replace, and where they stand."""
    if document.kind != document.Kind.TEMPLATE or all(
        name in PLACEHOLDERS for name in document.placeholders
    ):
        return
    with document.file.open("rb") as handle:
        content = handle.read()
    for found in unknown_in(content):
        messages.warning(
            request,
            gettext(
                "“%(document)s”: nothing is known to replace {%(name)s} in “%(where)s”. "
                "Known are: %(names)s."
            )
            % {
                "document": document,
                "name": found.name,
                "where": found.where,
                "names": known_placeholders(),
            },
        )


class LinkInline(RowInline):
    model = Link
    fieldsets = [(None, {"fields": [("kind", "minutes"), "url", "title"]})]


class EvidenceInline(OfThisPractice, RowInline):
    model = EvidenceStep
    document_field = "document"
    fieldsets = [(None, {"fields": [("level", "on", "document"), "note", "by"]})]


class CostFilter(admin.SimpleListFilter):
    title = _("cost")
    parameter_name = "cost"

    def lookups(self, request, model_admin):
        return [("absent", _("without cost")), ("known", _("with cost"))]

    def queryset(self, request, queryset):
        if self.value() == "absent":
            return queryset.filter(without_cost(queryset.model, request.user))
        if self.value() == "known":
            return queryset.exclude(without_cost(queryset.model, request.user))
        return queryset


def without_cost(model, user) -> Q:
    """The one-off or the yearly cost, or the year of prices, is not known."""
    return Q(cost_once=None) | Q(cost_yearly=None) | Q(price_year=None)


WITHOUT_COST = Queue(
    "without_cost",
    _("Without cost"),
    _("The cost, once or a year, or the year of prices is missing."),
    lambda model, user: without_cost(model, user) & ~Q(status__in=CLOSED),
)


FROM_OUTSIDE = Queue(
    "from_outside",
    _("From municipalities"),
    _("Sent in by its author and not decided yet, also while the author corrects it."),
    lambda model, user: (
        (
            Q(created_by__is_staff=False)
            | Q(created_by__isnull=False, collected_via__in=(CollectedVia.FORM, CollectedVia.WORD))
        )
        & Q(status__in=(*WAITING, Status.NEEDS_CHANGES))
    ),
)


LACKS_CONSENT = Queue(
    "lacks_consent",
    _("Consent taken back"),
    _("Readers see it, or soon will, without a consent or the check for personal data: decide."),
    lambda model, user: lacks_consent(),
)


class PracticeImportForm(ImportForm):
    def clean_import_file(self):
        """Not larger than a table of practices can be, neither packed nor unpacked."""
        upload = self.cleaned_data["import_file"]
        if upload.size > MAX_IMPORT_BYTES:
            raise forms.ValidationError(gettext("The file is too large for a table of practices."))
        if zipfile.is_zipfile(upload):
            upload.seek(0)
            with zipfile.ZipFile(upload) as package:
                unpacked = sum(member.file_size for member in package.infolist())
            if unpacked > MAX_IMPORT_UNPACKED:
                raise forms.ValidationError(
                    gettext("The file is too large for a table of practices.")
                )
        upload.seek(0)
        return upload


class PlainExportForm(ExportForm):
    """All columns, always: a table that a colleague opens tomorrow has the columns of today."""

    def __init__(self, formats, resources, **kwargs):
        super().__init__(formats, resources, **kwargs)
        self.fields["format"].initial = "0"


class PracticeCSV(CSV):
    """CSV that a spreadsheet program opens with its letters whole (a byte order mark in front)."""

    def export_data(self, dataset, **kwargs):
        return "\ufeff" + super().export_data(dataset, **kwargs)


@admin.register(Practice)
class PracticeAdmin(ImportExportMixin, OffersAdmin, PublishableAdmin):
    form = PracticeForm
    resource_classes = [PracticeResource]
    formats = [PracticeCSV, XLSX]
    import_form_class = PracticeImportForm
    export_form_class = PlainExportForm
    # The name of the stored file comes back from the browser: in the cache it opens nothing else.
    tmp_storage_class = CacheStorage
    to_encoding = "utf-8"

    list_display = [
        "title_column", "status_column", "waiting_column", "languages_column",
        "completeness_column", "theme", "assignee",
    ]  # fmt: skip
    list_select_related = ["theme", "municipality", "assignee"]
    list_filter = [
        WorkFilter, "status", CostFilter, "evidence_level", "theme", "municipality__oblast", "kind",
        "is_demo",
    ]  # fmt: skip
    list_per_page = 50
    search_fields = ["title_ky", "title_ru", "slug"]
    search_help_text = _(
        "Title, code (П-12), address or municipality; ө, ү, ң may be typed as о, у, н."
    )
    ordering = ["-updated_at"]
    autocomplete_fields = [
        "municipality",
        "other_municipalities",
        "theme",
        "themes_extra",
        "related",
    ]
    marked_fields = frozenset({*PLACE, "photos"} - {"has_consent"})
    language_columns = (*PublishableAdmin.language_columns, "completeness")
    kept_on_restore = (*PublishableAdmin.kept_on_restore, "number", "is_demo", "completeness")
    inlines = [
        MeasurementInline, StepInline, FundingInline, LegalBasisInline, ObstacleInline, PhotoInline,
        DocumentInline, LinkInline, EvidenceInline, CheckInline, AdoptionInline,
    ]  # fmt: skip
    fieldsets = [
        (
            _("What and where"),
            {
                "fields": [
                    ("kind", "original_language"),
                    "title",
                    "promise",
                    ("municipality", "other_municipalities"),
                    "place_text",
                    ("theme", "themes_extra"),
                    "tags",
                ]
            },
        ),
        (
            _("The story"),
            {
                "fields": [
                    "problem",
                    "solution",
                    ("started_on", "finished_on", "initiative"),
                    "beneficiaries",
                    ("beneficiaries_count", "women_count"),
                    "vulnerable_groups",
                    "participation",
                    "who_took_part",
                ]
            },
        ),
        (_("Result"), {"fields": ["result"], "classes": ["rows-measurements"]}),
        (
            _("Steps"),
            {
                "fields": [],
                "classes": ["rows-steps"],
                "description": _(
                    "So that another municipality can repeat it: three steps at least."
                ),
            },
        ),
        (
            _("Cost and upkeep"),
            {
                "fields": [
                    ("cost_once", "cost_yearly", "price_year"),
                    "cost_note",
                    ("scale_by", "scale_quantity", "fixed_share"),
                    "upkeep_payer",
                    "upkeep_plan",
                    "staff_needed",
                    "equipment",
                ],
                "classes": ["rows-funding"],
            },
        ),
        (
            _("Law"),
            {"fields": [("kenesh_decision", "competence")], "classes": ["rows-legal_basis"]},
        ),
        (
            _("Obstacles and advice"),
            {
                "fields": ["success_conditions", "lessons", "what_not_to_do", "transfer_advice"],
                "classes": ["rows-obstacles"],
            },
        ),
        (
            _("Whom it suits"),
            {
                "fields": [
                    "not_suitable_if",
                    ("suits_population_min", "suits_population_max"),
                    "suits_groups",
                    "needs",
                ]
            },
        ),
        (
            _("Photos, documents, links"),
            {"fields": [], "classes": ["rows-photos", "rows-documents", "rows-links"]},
        ),
        (
            _("Contact"),
            {
                "fields": [
                    "contact_post",
                    ("office_phone", "contact_email"),
                    "contact_hours",
                    ("contact_name", "contact_name_public"),
                    "mobile_phone",
                    ("can_visit", "can_mentor"),
                ]
            },
        ),
        (
            _("Evidence"),
            {
                "fields": [("evidence_level", "last_confirmed_on", "next_check_on")],
                "classes": ["rows-evidence", "rows-checks"],
            },
        ),
        (
            _("Source, licence, consent"),
            {
                "fields": [
                    ("collected_via", "licence"),
                    ("source_partner", "source_project", "donor"),
                    ("source_text", "source_url"),
                    "author_name",
                    ("has_consent", "has_no_personal_data"),
                ]
            },
        ),
        (
            _("Languages, links between records, notes"),
            {
                "fields": [
                    ("state_ky", "state_ru"),
                    "related",
                    ("slug", "assignee"),
                    "editor_note",
                ],
                "classes": ["rows-adoptions"],
            },
        ),
    ]

    def get_autocomplete_fields(self, request):
        """Partners are looked up by those who may see the register; to others they are told."""
        may = request.user.has_perm("partners.view_partner")
        return [*self.autocomplete_fields, *(SOURCE if may else ())]

    def get_readonly_fields(self, request, obj=None):
        may = request.user.has_perm("partners.view_partner")
        return [*super().get_readonly_fields(request, obj), *(() if may else SOURCE)]

    def work_queues(self):
        return (*CONTENT_QUEUES, FROM_OUTSIDE, LACKS_CONSENT, WITHOUT_COST, BY_WHATSAPP)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        tag = TaggedItem._meta.get_field("tag")  # noqa: SLF001
        form.base_fields["tags"].widget = RelatedFieldWidgetWrapper(
            AutocompleteSelectMultiple(tag, self.admin_site), tag.remote_field, self.admin_site
        )
        form.base_fields["tags"].widget.choices = form.base_fields["tags"].choices
        return form

    def get_search_results(self, request, queryset, search_term):
        """By code, or every word in a title, the address or the municipality's names."""
        if code := re.fullmatch(r"\s*[ПпPp][-\s]?(\d{1,6})\s*", search_term):
            return queryset.filter(number=int(code[1])), False
        for word in search_term.split():
            folded = word.lower().translate(FOLD)
            queryset = queryset.filter(
                Q(folded__contains=folded)
                | Q(slug__icontains=word)
                | Q(municipality__name_ky__icontains=word)
                | Q(municipality__name_ru__icontains=word)
                | Q(municipality__code=word)
            )
        return queryset, False

    def suggestion_label(self, obj):
        return " · ".join(filter(None, [obj.short_code, obj.title_in(current_language())]))

    def process_import(self, request, **kwargs):
        """The table waits in the cache for the second step; when it has gone, it is asked for again."""
        name = PurePath(request.POST.get("import_file_name", "")).name
        is_gone = cache.get(CacheStorage.CACHE_PREFIX + name) is None
        if request.method == "POST" and self.has_import_permission(request) and is_gone:
            messages.error(request, gettext("The table is no longer kept. Send it again."))
            return redirect("admin:practices_practice_import")
        return super().process_import(request, **kwargs)

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        if formset.model is PracticeDocument:
            changed = [row for row, names in formset.changed_objects if {"file", "kind"} & {*names}]
            for document in [*formset.new_objects, *changed]:
                tell_unknown_placeholders(request, document)

    def get_import_resource_kwargs(self, request, **kwargs):
        return super().get_import_resource_kwargs(request, **kwargs) | {"user": request.user}

    @admin.display(description=_("title"), ordering="title_ky")
    def title_column(self, obj):
        about = [obj.short_code, obj.municipality.label]
        if obj.kind != Kind.PRACTICE:
            about.append(obj.get_kind_display())
        return format_html(
            '{} <span class="about">{}</span>',
            obj.title_in(current_language()),
            " · ".join(filter(None, about)),
        )

    @admin.display(description=_("complete"), ordering="completeness")
    def completeness_column(self, obj):
        return format_html(
            '<meter min="0" max="100" low="50" high="80" optimum="100" value="{0}">{0}\u00a0%</meter>'
            '<span class="meter-figure">{0}\u00a0%</span>',
            obj.completeness,
        )
