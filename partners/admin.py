"""The register of partners and their projects as editors work with them; agreements, the contact log
and proposals stand in files of their own.
"""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Q
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from partners.admin_agreements import AgreementAdmin
from partners.admin_log import InteractionAdmin
from partners.admin_proposals import ProposalAdmin
from partners.imports import ContactsForm, FoundContacts, keep_contacts
from partners.models import Contact, Interaction, Logo, Partner, Project
from people.roles import EDITORS
from publishing.admin import PictureInline, PublishableAdmin, RowInline, TwoLanguageAdmin
from publishing.editing import LockedForm
from publishing.languages import current_language
from publishing.models import AuditEvent
from publishing.work import CONTENT_QUEUES, Queue, WorkFilter, admin_address, list_address

__all__ = ["AgreementAdmin", "InteractionAdmin", "PartnerAdmin", "ProjectAdmin", "ProposalAdmin"]

#: Entries of the log beside the form.
ENTRIES_SHOWN = 5

SILENT = Queue(
    "silent",
    _("Fallen silent"),
    _("Active partners nobody has spoken to for longer than their reminder says."),
    lambda model, user: Q(pk__in=Partner.objects.silent().values("pk")),
)


class TickedPlaces:
    """Themes and oblasts are few: they are ticked, all in sight."""

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name in {"themes", "oblasts"}:
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class EditorsDecide:
    """What editors alone set; a translator, who writes in the same form, reads it."""

    for_editors: tuple[str, ...] = ()

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        may = request.user.is_superuser or request.user.is_in(*EDITORS)
        return fields if may else [*fields, *self.for_editors]


class LogoInline(PictureInline):
    model = Logo
    max_num = 1
    fieldsets = [(None, {"fields": ["file", "preview", "alt", "author"]})]


class ContactInline(RowInline):
    """People, for those alone who may see them. Saved states do not keep them: whoever asks to be
    forgotten is.
    """

    model = Contact
    in_history = False
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("name", "position"),
                    "post",
                    ("phone", "email"),
                    ("uses_whatsapp", "is_main", "is_public"),
                    "note",
                ]
            },
        )
    ]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "name":
            field.label = pgettext("of a person", "Name")
        return field

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("partners.view_contact")

    def has_change_permission(self, request, obj=None):
        return request.user.has_perm("partners.change_contact")

    def has_add_permission(self, request, obj=None):
        return request.user.has_perm("partners.add_contact")

    def has_delete_permission(self, request, obj=None):
        return request.user.has_perm("partners.delete_contact")


@admin.register(Partner)
class PartnerAdmin(EditorsDecide, TickedPlaces, PublishableAdmin):
    for_editors = ("editors", "standing")
    change_form_template = "admin/partners/partner_form.html"
    change_list_template = "admin/partners/partner_list.html"
    list_display = [
        "title_column", "kind", "standing", "last_contact_column", "status_column",
        "languages_column", "assignee",
    ]  # fmt: skip
    list_select_related = ["assignee"]
    list_filter = [WorkFilter, "status", "standing", "kind", "themes", "oblasts", "is_demo"]
    list_per_page = 50
    search_fields = ["title_ky", "title_ru", "short_name_ky", "short_name_ru", "slug"]
    ordering = ["sort_key"]
    autocomplete_fields = ["editors"]
    kept_on_restore = (*PublishableAdmin.kept_on_restore, "is_demo")
    inlines = [LogoInline, ContactInline]
    fieldsets = [
        (
            _("Who it is"),
            {
                "fields": [
                    ("kind", "original_language"),
                    "title",
                    "short_name",
                    "summary",
                    "description",
                ]
            },
        ),
        (_("Logo"), {"fields": [], "classes": ["rows-logo"]}),
        (
            _("Partnership"),
            {
                "fields": [("standing", "reminder_days", "assignee"), "roles"],
                "description": _(
                    "An active partner nobody has spoken to for so many days stands in “To do today”."
                ),
            },
        ),
        (_("Themes and regions"), {"fields": ["themes", "oblasts"]}),
        (
            _("How to reach it"),
            {
                "fields": [("site", "email", "phone"), "address"],
                "description": _("Of the organisation itself; readers see it."),
            },
        ),
        (
            _("Contact persons"),
            {
                "fields": [],
                "classes": ["rows-contacts"],
                "description": _("For the editors alone, unless a person agrees to be named."),
            },
        ),
        (
            _("Its own editors, languages, notes"),
            {"fields": ["editors", ("state_ky", "state_ru"), "slug", "note"]},
        ),
    ]

    def work_queues(self):
        return (*CONTENT_QUEUES, SILENT)

    def get_changelist_instance(self, request):
        changelist = super().get_changelist_instance(request)
        if self._sees_log(request):
            self._tell_last_contacts(changelist.result_list)
        return changelist

    @staticmethod
    def _tell_last_contacts(partners):
        """Of the rows shown, in one query."""
        last = dict(
            Interaction.objects.filter(partner__in=[partner.pk for partner in partners])
            .order_by()
            .values_list("partner")
            .annotate(Max("on"))
        )
        for partner in partners:
            partner.last_contact_on = last.get(partner.pk)

    @staticmethod
    def _sees_log(request) -> bool:
        return request.user.has_perm("partners.view_interaction")

    def get_list_display(self, request):
        shown = super().get_list_display(request)
        if self._sees_log(request):
            return shown
        return [name for name in shown if name != "last_contact_column"]

    def panel(self, request, record) -> dict:
        """Beside the usual: the log with what was said last, and agreements."""
        panel = super().panel(request, record)
        if self._sees_log(request):
            log = reverse("admin:partners_interaction_add")
            panel["log"] = {
                "entries": list(record.interactions.select_related("owner")[:ENTRIES_SHOWN]),
                "is_silent": record.is_silent,
                "add_url": f"{log}?partner={record.pk}"
                if request.user.has_perm("partners.add_interaction")
                else "",
                "all_url": list_address(
                    self.admin_site.get_model_admin(Interaction), partner__id__exact=record.pk
                ),
            }
        if request.user.has_perm("partners.view_agreement"):
            panel["agreements"] = [
                {"agreement": agreement, "url": admin_address(agreement)}
                for agreement in record.agreements.all()
            ]
        panel["proposals"] = [
            {"proposal": proposal, "url": admin_address(proposal)}
            for proposal in record.proposals.open()
        ]
        return panel

    # Contacts from files
    def get_urls(self):
        return [
            path(
                "contacts/",
                self.admin_site.admin_view(self.contacts_view),
                name="partners_partner_contacts",
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        extra = {"may_import_contacts": request.user.has_perm("partners.add_contact")}
        return super().changelist_view(request, extra | (extra_context or {}))

    def contacts_view(self, request):
        """Contact persons from CSV or vCard: the file is read and shown, then kept by a second press."""
        if not request.user.has_perm("partners.add_contact"):
            raise PermissionDenied
        form = ContactsForm(initial={"partner": request.GET.get("partner")})
        found = choices = None
        if "found" in request.POST:
            found, choices = FoundContacts.unpack(request.POST["found"]), request.POST
            names = found.homeless(choices) if found else []
            if not names:
                return self._keep(request, found)
            messages.error(
                request,
                gettext("Choose the partner, or untick: %(names)s. Nothing is kept yet.")
                % {"names": ", ".join(names)},
            )
        elif request.method == "POST":
            form = ContactsForm(request.POST, request.FILES)
            if form.is_valid():
                found = form.found()
        context = self.admin_site.each_context(request) | {
            "title": gettext("Contacts from a file"),
            "opts": self.opts,
            "form": form,
            "found": found,
            "rows": found.rows(choices) if found else [],
            "partners": Partner.objects.order_by("sort_key") if found else [],
        }
        return TemplateResponse(request, "admin/partners/contacts.html", context)

    @staticmethod
    def _keep(request, found):
        if found is None:
            messages.error(request, gettext("The list is no longer kept. Send the file again."))
            return redirect("admin:partners_partner_contacts")
        kept = keep_contacts(found, request.POST)
        for partner, contacts in kept.items():
            AuditEvent.record(
                partner,
                action="import_contacts",
                actor=request.user,
                via="import",
                details={"count": len(contacts)},
            )
        count = sum(len(contacts) for contacts in kept.values())
        messages.success(
            request,
            ngettext("%(count)s contact kept.", "%(count)s contacts kept.", count)
            % {"count": count},
        )
        return redirect("admin:partners_partner_changelist")

    def suggestion_label(self, obj):
        return " · ".join(filter(None, [obj.title_in(current_language()), obj.short_name]))

    @admin.display(description=_("name"), ordering="sort_key")
    def title_column(self, obj):
        return obj.title_in(current_language())

    @admin.display(description=_("last contact"))
    def last_contact_column(self, obj):
        day = getattr(obj, "last_contact_on", None)
        if day is None:
            return format_html('<span class="quiet">{}</span>', gettext("none yet"))
        days = (timezone.localdate() - day).days
        is_silent = obj.standing == "active" and days > obj.reminder_days
        text = ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": days}
        return format_html(
            '<span class="{}" title="{}">{}</span>',
            "overdue" if is_silent else "",
            day.strftime("%d.%m.%Y"),
            text,
        )


class ProjectRecordForm(LockedForm):
    """A project that covers no place would fill no square of the picture of gaps."""

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("is_countrywide") and not cleaned.get("oblasts"):
            self.add_error(
                "oblasts", gettext("Choose the oblasts, or say that it is the whole country.")
            )
        return cleaned


@admin.register(Project)
class ProjectAdmin(EditorsDecide, TickedPlaces, TwoLanguageAdmin):
    for_editors = ("is_public", "partner")
    form = ProjectRecordForm
    list_display = ["title_column", "kind", "partner", "starts_on", "ends_on", "is_public"]
    list_select_related = ["partner"]
    list_filter = ["is_public", "kind", "themes", "oblasts", "is_countrywide", "is_demo"]
    search_fields = ["title_ky", "title_ru", "partner__title_ky", "partner__title_ru"]
    autocomplete_fields = ["partner", "donors"]
    kept_on_restore = ("uuid", "version", "is_demo", "created_at")
    fieldsets = [
        (
            _("What it is"),
            {
                "fields": [
                    ("kind", "is_public"),
                    "title",
                    "summary",
                    ("partner", "donors"),
                    ("starts_on", "ends_on", "budget_band"),
                    "url",
                ]
            },
        ),
        (
            _("What it covers"),
            {
                "fields": ["themes", "is_countrywide", "oblasts"],
                "description": _("The picture of gaps is drawn from this."),
            },
        ),
        (_("Notes"), {"fields": ["note"]}),
    ]

    def save_model(self, request, obj, form, change):
        if change:
            obj.version += 1
        super().save_model(request, obj, form, change)

    def suggestion_label(self, obj):
        return f"{obj} · {obj.partner}"

    @admin.display(description=_("title"), ordering="title_ky")
    def title_column(self, obj):
        return str(obj)
