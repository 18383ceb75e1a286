"""The base of every editor's form, and the admin of pages and of the audit trail."""

from functools import partial

import reversion
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.timezone import now
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from js_asset import Media
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline
from reversion.admin import VersionAdmin
from reversion.models import Version

from people.actions import make_link
from people.roles import can_edit
from publishing.actions import keep_former_slug
from publishing.admin_letters import LettersAdmin
from publishing.admin_moves import MovesAdmin, status_badge
from publishing.changes import changes_between, row_changes
from publishing.editing import (
    BackReason,
    LockedForm,
    MoveForm,
    PublishableForm,
    TwoLanguageForm,
    field_label,
    mark_rows,
    stale_name,
)
from publishing.languages import LANGUAGES, LanguageState, current_language
from publishing.letters import KINDS
from publishing.models import AuditEvent, Draft, Page
from publishing.previews import PREVIEW, preview_address
from publishing.work import (
    BEING_WRITTEN,
    CONTENT_QUEUES,
    WorkFilter,
    action_label,
)
from publishing.workflow import MoveRefused, Status, move

#: How long a preview link for somebody without an account opens, in days.
PREVIEW_DAYS = 14
#: Moves made for many records at once; the others ask for something of each record's own.
BULK_MOVES = (
    "submit", "take", "send_back", "translate", "translated", "accept", "publish", "unschedule",
    "ask", "confirm", "outdate", "archive", "reject",
)  # fmt: skip
#: From this many characters on, a line does not fit into half a form.
LONG_LINE = 80


class PairedFields:
    """Fields in two languages stand in one row; lists of choices are ticked, not typed."""

    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def _patch_fieldsets(self, fieldsets):
        return [
            (title, options | {"fields": [self._pair(field) for field in options["fields"]]})
            for title, options in fieldsets
        ]

    def _pair(self, field):
        if isinstance(field, str) and field in self.trans_opts.all_fields:
            return tuple(f"{field}_{language}" for language in LANGUAGES)
        return field

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if isinstance(db_field, ArrayField) and db_field.base_field.choices:
            return forms.MultipleChoiceField(
                label=capfirst(db_field.verbose_name),
                help_text=db_field.help_text,
                choices=db_field.base_field.choices,
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, models.CharField) and isinstance(
            field.widget, AdminTextInputWidget
        ):
            if (db_field.max_length or 0) >= LONG_LINE and not isinstance(
                db_field, models.URLField
            ):
                field.widget = LineArea(field.widget.attrs)
        elif isinstance(field, forms.CharField) and db_field.max_length:
            field.widget.attrs["rows"] = max(3, db_field.max_length // 150)
        return field


class LineArea(forms.Textarea):
    """One long line, all of it in sight; a line break in it is a space."""

    def __init__(self, attrs=None):
        super().__init__((attrs or {}) | {"rows": 1, "class": "one-line vLargeTextField"})

    def value_from_datadict(self, data, files, name):
        value = super().value_from_datadict(data, files, name)
        return " ".join(value.split()) if value else value


class RowInline(PairedFields, TranslationStackedInline):
    """Rows of a record. Who may change the record may change its rows: they are part of it.

    in_history: restoring an old state of the record brings the rows back too.
    """

    form = TwoLanguageForm
    extra = 0
    in_history = True

    def _may_change_record(self, request, record):
        parent = self.admin_site.get_model_admin(self.parent_model)
        if record is None:
            return parent.has_add_permission(request)
        return parent.has_change_permission(request, record)

    def has_view_permission(self, request, obj=None):
        return self.admin_site.get_model_admin(self.parent_model).has_view_permission(request)

    def has_change_permission(self, request, obj=None):
        return self._may_change_record(request, obj)

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and self._may_change_record(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._may_change_record(request, obj)


class PictureInline(RowInline):
    """Pictures of a record, each shown beside its file. A subclass names the model."""

    fieldsets = [(None, {"fields": [("file", "position"), "preview", "alt", "caption", "author"]})]
    readonly_fields = ["preview"]

    @admin.display(description=_("preview"))
    def preview(self, obj):
        if not obj.pk:
            return "—"
        return format_html(
            '<img class="photo-preview" src="{}" alt="{}" width="{}" height="{}" loading="lazy">',
            obj.src, obj.alt or "", obj.width, obj.height,
        )  # fmt: skip


class LockedAdmin:
    """Mixed into the admin of a model whose form is Locked: nobody writes over what another saved."""

    def get_object(self, request, object_id, from_field=None):
        record = super().get_object(request, object_id, from_field)
        if record and request.method == "POST" and connection.in_atomic_block:
            return self.model.objects.select_for_update(of=("self",)).get(pk=record.pk)
        return record

    def _record_or_404(self, request, object_id):
        """For the record’s own pages beside the form."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        return record

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        form = context["adminform"].form
        if obj and getattr(form, "has_conflict", False):
            form.mark_theirs()
            for formset in context["inline_admin_formsets"]:
                mark_rows(formset.formset)
            if reversion.is_registered(self.model):
                versions = Version.objects.get_for_object(obj).select_related("revision__user")
                context["last_revision"] = versions.first()
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, add, change, form_url, obj)


class TwoLanguageAdmin(LockedAdmin, PairedFields, VersionAdmin, TranslationAdmin):
    """Admin of a model with fields in two languages: pairs, history, restore."""

    form = LockedForm
    change_list_template = None
    change_form_template = "admin/record_form.html"
    revision_form_template = "admin/record_revision.html"
    object_history_template = "admin/trail.html"
    history_latest_first = True
    save_on_top = False
    #: Columns that restoring an old state leaves as they are.
    kept_on_restore: tuple[str, ...] = ()

    class Media:
        js = ["admin_portal/form.js"]

    # History
    def reversion_register(self, model, **kwargs):
        generated = {field.name for field in model._meta.fields if field.generated}  # noqa: SLF001
        generated.update(getattr(model, "kept_by_database", ()))
        super().reversion_register(model, exclude=generated, **kwargs)

    def _reversion_introspect_inline_admin(self, inline):
        if not getattr(inline, "in_history", True):
            return None, None
        return super()._reversion_introspect_inline_admin(inline)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        if request.method == "POST":
            self._remember_first_state(object_id)
        return super().change_view(request, object_id, form_url, extra_context)

    def _remember_first_state(self, object_id):
        """What came by import or from the site has no saved state yet: keep it before a change."""
        record = self.model.objects.filter(pk=unquote(object_id)).first() if object_id else None
        if record and not Version.objects.get_for_object(record).exists():
            with reversion.create_revision():
                reversion.add_to_revision(record)
                reversion.set_comment(gettext("As it was before the first change here"))

    def revision_view(self, request, object_id, version_id, extra_context=None):
        row = self.model.objects.filter(pk=unquote(object_id)).values(*self.kept_on_restore).first()
        request.kept_columns = row if self.kept_on_restore else None
        return super().revision_view(request, object_id, version_id, extra_context)

    def get_object(self, request, object_id, from_field=None):
        if kept := getattr(request, "kept_columns", None):
            # An old state brings back texts; status, address and dates follow the workflow alone.
            self.model.objects.filter(pk=object_id).update(**kept)
        return super().get_object(request, object_id, from_field)

    def history_view(self, request, object_id, extra_context=None):
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        versions = Version.objects.get_for_object(record).select_related("revision__user")
        entries = [
            {"at": version.revision.date_created, "version": version} for version in versions
        ]
        entries += [{"at": event.at, "event": event} for event in self.events(record)]
        entries.sort(key=lambda entry: entry["at"], reverse=True)
        extra = {"entries": entries, "title": gettext("History"), "subtitle": str(record)}
        return super().history_view(request, object_id, extra | (extra_context or {}))

    def events(self, record) -> list[AuditEvent]:
        """The record's audit events, latest first, each with `label_of_action` and `points`."""
        own = getattr(self.model, "status", None)
        statuses = dict(own.field.flatchoices if own else Status.choices)
        found = list(AuditEvent.about(record))
        for event in found:
            event.label_of_action = action_label(self.model, event.action)
            event.status_after = statuses.get(event.after, event.after)
            event.points = [
                BackReason.label(code, self.model) for code in event.details.get("checklist", [])
            ]
            if language := dict(settings.LANGUAGES).get(event.details.get("language")):
                event.points.append(language)
            if letter := KINDS.get(event.details.get("letter")):
                event.points.append(capfirst(letter.label))
        return found

    def changes_view(self, request, object_id, version_id):
        """What one saved state changed against the one before it."""
        record = self._record_or_404(request, object_id)
        versions = Version.objects.get_for_object(record).select_related(
            "revision__user", "content_type"
        )
        version = get_object_or_404(versions, pk=version_id)
        before = versions.filter(pk__lt=version.pk).first()
        context = self.admin_site.each_context(request) | {
            "title": gettext("What changed"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "version": version,
            "changes": changes_between(before, version),
            "rows": row_changes(before, version),
        }
        return TemplateResponse(request, "admin/changes.html", context)

    def get_urls(self):
        info = self.opts.app_label, self.opts.model_name
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/changes/<int:version_id>/",
                view(self.changes_view),
                name="{}_{}_changes".format(*info),
            ),
            *super().get_urls(),
        ]

    # Saving
    def save_formset(self, request, form, formset, change):
        """New rows go to the end of their list."""
        super().save_formset(request, form, formset, change)
        if not hasattr(formset.model, "position"):
            return
        last = max((row.position for row in formset.get_queryset()), default=0)
        for row in formset.new_objects:
            if not row.position:
                last += 1
                row.position = last
                row.save(update_fields=["position"])

    # The form
    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))
        context["sections"] = self._sections(context)
        return super().render_change_form(request, context, add, change, form_url, obj)

    @staticmethod
    def _sections(context) -> list[dict]:
        """Fieldsets, each with the rows that belong under it: class «rows-steps» names them."""
        rows = {formset.formset.prefix: formset for formset in context["inline_admin_formsets"]}
        sections = [
            {
                "fieldset": fieldset,
                "rows": [
                    rows.pop(name.removeprefix("rows-"))
                    for name in fieldset.classes.split()
                    if name.removeprefix("rows-") in rows
                ],
            }
            for fieldset in context["adminform"]
        ]
        if rows:
            sections.append({"fieldset": None, "rows": list(rows.values())})
        return sections


class PublishableAdmin(MovesAdmin, LettersAdmin, TwoLanguageAdmin):
    """Admin of everything that walks the workflow.

    A subclass gives fieldsets, inlines and, where it has queues of its own, `work_queues`.
    """

    form = PublishableForm
    list_filter = [WorkFilter, "status"]
    #: Fields and rows an author may be asked to look at; None: texts in two languages and all rows.
    marked_fields: frozenset[str] | None = None
    #: Columns that a change of texts recomputes.
    language_columns = ("state_ky", "state_ru", "translated_from", "stale_fields")
    kept_on_restore = (
        "uuid", "slug", "status", "status_changed_at", "published_at", "scheduled_for",
        "withdrawal_kind", "submitted_by_id", "created_by_id", "created_at", "version",
        *language_columns,
    )  # fmt: skip

    def work_queues(self):
        return CONTENT_QUEUES

    # Rights
    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or can_edit(request.user, obj)
        )

    def has_delete_permission(self, request, obj=None):
        """Only what never left the desk is deleted; the rest is withdrawn, with a reason."""
        return (
            obj is not None
            and obj.status == Status.DRAFT
            and obj.published_at is None
            and super().has_delete_permission(request, obj)
        )

    def get_view_on_site_url(self, obj=None):
        return obj.get_absolute_url() if obj and obj.is_readable else None

    # Saving
    def get_changeform_initial_data(self, request):
        initial = {"original_language": current_language(), "assignee": request.user.pk}
        return initial | super().get_changeform_initial_data(request)

    def save_model(self, request, obj, form, change):
        if change:
            obj.version += 1
        else:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        if change and form.stored_slug != obj.slug:
            keep_former_slug(record=obj, former=form.stored_slug)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        record = form.instance
        record.refresh_languages(confirm=bool(form.cleaned_data.get("confirm_translation")))
        record.save(update_fields=[*self.language_columns, "updated_at"])

    # The form
    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        form = context["adminform"].form
        if obj and change:
            # A form that came back with errors has already filled the object with what was typed.
            record = self.model.objects.get(pk=obj.pk)
            self._mark_stale(record, form, context["inline_admin_formsets"])
            if not context.get("revert"):
                context["panel"] = self.panel(request, record)
                self._mark_asked(
                    record, context["panel"]["asked"], form, context["inline_admin_formsets"]
                )
        return super().render_change_form(request, context, add, change, form_url, obj)

    @staticmethod
    def _mark_stale(record, form, inline_formsets):
        for key in record.stale_fields:
            name = stale_name(record, key)
            if "." not in key:
                if name in form.fields:
                    form.fields[name].is_stale = True
                continue
            accessor, pk, _field = key.split(".")
            for formset in inline_formsets:
                for row in (
                    formset.formset.initial_forms if formset.formset.prefix == accessor else ()
                ):
                    if str(row.instance.pk) == pk and name in row.fields:
                        row.fields[name].is_stale = True

    @staticmethod
    def _mark_asked(record, asked, form, inline_formsets):
        """Show at the fields what the author was asked to look at."""
        codes = asked.details.get("checklist", []) if asked else []
        names = {
            code.removeprefix(BackReason.FIELD_PREFIX)
            for code in codes
            if BackReason.is_field(code)
        }
        for name in names:
            for key in (name, f"{name}_{record.original_language}"):
                if key in form.fields:
                    form.fields[key].is_marked = True
        for formset in inline_formsets:
            formset.formset.is_marked = formset.formset.prefix in names

    @staticmethod
    def _asked(record, events) -> AuditEvent | None:
        """The last request to correct something, until the editors have said yes or no."""
        if record.status not in {Status.NEEDS_CHANGES, Status.SUBMITTED, Status.IN_REVIEW}:
            return None
        last = next((e for e in events if e.action in {"send_back", "reopen"}), None)
        return last if last and last.action == "send_back" else None

    def panel(self, request, record) -> dict:
        """What stands beside the form: status, moves, what is missing, languages, preview."""
        to_submit = list(record.missing_for_submission())
        known = {missing.field for missing in to_submit}
        to_publish = [m for m in record.missing_for_publication() if m.field not in known]
        known |= {missing.field for missing in to_publish}
        to_translate = []
        if record.status == Status.IN_TRANSLATION:
            to_translate = [m for m in record.missing_in_translation() if m.field not in known]
        events = self.events(record)
        return {
            "record": record,
            "badge": status_badge(record),
            "days": (now() - record.status_changed_at).days,
            "moves": self.buttons(request, record),
            "missing": [
                {"title": title, "items": [(self.anchor(m.field), m.message) for m in items]}
                for title, items in (
                    (_("Before it can be submitted"), to_submit),
                    (_("Before it can be published"), to_publish),
                    (_("Before the translation is done"), to_translate),
                )
                if items
            ],
            "languages": [
                {
                    "code": language,
                    "label": dict(record._meta.get_field("original_language").choices)[language],  # noqa: SLF001
                    "state": record.state_of(language),
                    "state_label": LanguageState(record.state_of(language)).label,
                    "is_original": language == record.original_language,
                }
                for language in LANGUAGES
            ],
            "stale": [
                (
                    self.anchor(key if "." in key else stale_name(record, key)),
                    self._stale_label(key),
                )
                for key in record.stale_fields
            ],
            "events": events[:3],
            "asked": self._asked(record, events),
            "author": self.author_of(request, record),
            "letters": self.letters(request, record),
            "can_change": self.has_change_permission(request, record),
            "preview_url": preview_address(record),
            "preview_link_url": self._address("preview_link", record),
        }

    def _stale_label(self, key: str) -> str:
        accessor, _dot, rest = key.partition(".")
        if not rest:
            return field_label(self.model, key)
        rows = self.opts.get_field(accessor).related_model
        return f"{field_label(self.model, accessor)}: {field_label(rows, rest.split('.')[-1])}"

    # Moves
    def get_urls(self):
        info = self.opts.app_label, self.opts.model_name
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/preview-link/",
                view(require_POST(self.preview_link_view)),
                name="{}_{}_preview_link".format(*info),
            ),
            *super().get_urls(),
        ]

    def _marked_choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Fields and rows the author may be asked to look at, by section of the form."""
        rows = self._row_names()
        known = self.marked_fields or {*self.trans_opts.all_fields, *rows}
        groups = []
        for title, options in self.fieldsets:
            names = [
                name
                for line in options["fields"]
                for name in (line if isinstance(line, tuple) else (line,))
            ]
            classes = options.get("classes", ())
            names += [name for name in rows if f"rows-{name}" in classes]
            choices = [(name, field_label(self.model, name)) for name in names if name in known]
            if choices:
                groups.append((title, choices))
        return groups

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        for step in self.model.workflow:
            # Moves of authors are left out: an author has no hundred texts to submit at once.
            if step.name in BULK_MOVES and request.user.is_in(
                *set(step.who) - {"author", "system"}
            ):
                name = f"move_{step.name}"
                actions[name] = (partial(_bulk_move, step), name, step.label)
        return actions

    def preview_link_view(self, request, object_id):
        """Make a link for somebody without an account and show it, once."""
        record = self._record_or_404(request, object_id)
        if not self.has_change_permission(request, record):
            raise PermissionDenied
        token = make_link(
            purpose=PREVIEW,
            target=record,
            by=request.user,
            days=PREVIEW_DAYS,
            note=request.POST.get("note", "")[:120],
        )
        context = self.admin_site.each_context(request) | {
            "title": gettext("Link to the draft"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "url": request.build_absolute_uri(reverse("go", args=[token])),
            "days": PREVIEW_DAYS,
        }
        return TemplateResponse(request, "admin/preview_link.html", context)

    # Columns of lists
    @admin.display(description=_("status"), ordering="status")
    def status_column(self, obj):
        return status_badge(obj)

    @admin.display(description=_("languages"))
    def languages_column(self, obj):
        """«кырг. ✓  орус. …», with a word for those who do not see the signs."""
        parts = []
        for language in LANGUAGES:
            state = obj.state_of(language)
            is_stale = bool(obj.stale_fields) and language == obj.other_language
            label = gettext("stale") if is_stale else LanguageState(state).label
            parts.append(
                format_html(
                    '<span class="language-state language-{}" title="{}">{}'
                    '<span class="visually-hidden"> {}</span></span>',
                    "stale" if is_stale else state,
                    label,
                    language,
                    label,
                )
            )
        return format_html("{} {}", *parts)

    @admin.display(description=_("waits"), ordering="status_changed_at")
    def waiting_column(self, obj):
        if obj.due_at is None:
            return "—"
        days = (now() - obj.status_changed_at).days
        text = ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
        return format_html('<span class="{}">{}</span>', "overdue" if obj.is_overdue else "", text)


def _bulk_move(step, model_admin, request, queryset):
    """One move for many records, through the same door; each refusal is told with its reason."""
    records = list(queryset)
    is_override = step.four_eyes and any(r.submitted_by_id == request.user.pk for r in records)
    is_answered = "confirmed" in request.POST
    form = MoveForm(
        request.POST if is_answered else None,
        step=step,
        record=None,
        actor=request.user,
        is_override=is_override,
    )
    if form.is_needed and not (is_answered and form.is_valid()):
        context = model_admin.admin_site.each_context(request) | {
            "title": step.label,
            "opts": model_admin.opts,
            "step": step,
            "form": form,
            "records": records,
            "action": f"move_{step.name}",
        }
        return TemplateResponse(request, "admin/move_many.html", context)
    details = form.details()
    moved = 0
    for record in records:
        before = record.status
        try:
            move(record, step.name, actor=request.user, via="admin", **details)
        except MoveRefused as refusal:
            reasons = [str(refusal.message), *(str(missing.message) for missing in refusal.missing)]
            messages.error(request, f"«{record}»: {' · '.join(reasons)}")
        else:
            moved += record.status != before
    if moved:
        messages.success(
            request,
            ngettext("Done for %(count)s record.", "Done for %(count)s records.", moved)
            % {"count": moved},
        )
    return None


class ReadOnlyAdmin(admin.ModelAdmin):
    """What is looked at and never written by hand."""

    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Page)
class PageAdmin(PublishableAdmin):
    list_display = [
        "title_column",
        "status_column",
        "languages_column",
        "waiting_column",
        "position",
    ]
    list_filter = [WorkFilter, "status"]
    search_fields = ["title_ky", "title_ru", "slug"]
    ordering = ["position", "pk"]
    fieldsets = [
        (_("Text"), {"fields": ["title", "summary", "body"]}),
        (
            _("Address, languages, order"),
            {
                "fields": [
                    ("slug", "position"),
                    ("original_language", "state_ky", "state_ru"),
                    "assignee",
                ]
            },
        ),
    ]

    @admin.display(description=_("title"), ordering="position")
    def title_column(self, obj):
        return obj.title_in(current_language())


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """That somebody is writing, and nothing of what: an unsent text is its writer's own business."""

    list_display = [
        "kind_column", "owner", "language", "created_at", "updated_at", "sent_at", "filled_column",
    ]  # fmt: skip
    list_display_links = None
    list_filter = [WorkFilter, "language", ("updated_at", admin.DateFieldListFilter)]
    list_select_related = ["owner"]
    show_full_result_count = False

    def work_queues(self):
        return (BEING_WRITTEN,)

    def has_view_permission(self, request, obj=None):
        """The list alone: a page of a draft's own would show its title."""
        return obj is None and super().has_view_permission(request)

    def lookup_allowed(self, lookup, value, request):
        """No filter typed into the address guesses at the text."""
        hidden = {"answers", "conflicts"}
        return lookup.split("__")[0] not in hidden and super().lookup_allowed(
            lookup, value, request
        )

    @admin.display(description=_("kind"), ordering="kind")
    def kind_column(self, obj):
        return capfirst(gettext(obj.kind))

    @admin.display(description=_("answers"))
    def filled_column(self, obj):
        count = sum(1 for value in obj.answers.values() if value)
        return ngettext("%(count)s answer", "%(count)s answers", count) % {"count": count}


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "label", "action", "before", "after", "actor_name", "via"]
    list_filter = ["via", "action", ("at", admin.DateFieldListFilter)]
    search_fields = ["label", "actor_name", "reason"]
    fields = ["at", "label", "action", "before", "after", "actor_name", "reason", "points", "via"]
    readonly_fields = ["points"]
    date_hierarchy = None
    show_full_result_count = False

    def get_queryset(self, request):
        """Events of what the person may look at: a title in it would tell the rest."""
        events = super().get_queryset(request)
        if request.user.is_superuser:
            return events
        seen = [
            each
            for each in ContentType.objects.all()
            if request.user.has_perm(f"{each.app_label}.view_{each.model}")
        ]
        return events.filter(content_type__in=seen)

    @admin.display(description=_("what has to change"))
    def points(self, obj):
        model = obj.content_type.model_class()
        codes = obj.details.get("checklist", [])
        return "; ".join(BackReason.label(code, model) for code in codes) or "—"
