"""The contact log: what was said, and what comes next."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from partners.models import Contact, Interaction
from partners.today import due_steps
from publishing.admin import LockedAdmin
from publishing.editing import Locked
from publishing.models import AuditEvent
from publishing.work import Queue, WorkFilter, admin_address

LOG_QUEUES = (
    Queue(
        "steps_due",
        _("Next steps due"),
        _("Promised for today or earlier, and not done."),
        lambda model, user: Q(pk__in=due_steps().values("pk")),
    ),
    Queue(
        "my_steps",
        _("My next steps"),
        _("Yours, on whatever day."),
        lambda model, user: Q(owner=user, next_done_on=None) & ~Q(next_step=""),
        on_index=False,
    ),
)


class InteractionForm(Locked, forms.ModelForm):
    """Days are picked from the browser's own calendar; contacts are those of the partner."""

    class Meta:
        widgets = {"summary": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "contact" not in self.fields:
            return
        partner = (
            self.data.get("partner") or self.initial.get("partner") or self.instance.partner_id
        )
        people = Contact.objects.none()
        if str(partner or "").isdigit():
            people = Contact.objects.filter(partner=partner)
        self.fields["contact"].queryset = people


@admin.register(Interaction)
class InteractionAdmin(LockedAdmin, admin.ModelAdmin):
    form = InteractionForm
    change_form_template = "admin/partners/entry_form.html"
    change_list_template = None
    list_display = ["subject", "partner", "on", "kind", "next_column", "owner"]
    list_select_related = ["partner", "owner"]
    list_filter = [WorkFilter, "kind", ("on", admin.DateFieldListFilter), "owner", "is_demo"]
    list_per_page = 50
    search_fields = ["subject", "summary", "next_step", "partner__title_ky", "partner__title_ru"]
    autocomplete_fields = ["partner"]
    show_full_result_count = False
    fieldsets = [
        (
            _("What was said"),
            {"fields": ["partner", ("on", "kind"), "contact", "subject", "summary"]},
        ),
        (
            _("What comes next"),
            {"fields": ["next_step", ("next_on", "owner", "next_done_on")]},
        ),
    ]

    def work_queues(self):
        return LOG_QUEUES

    def get_changeform_initial_data(self, request):
        return {"owner": request.user.pk} | super().get_changeform_initial_data(request)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "contact":
            field.help_text = gettext("Of this partner; save first where the partner was changed.")
        return field

    def get_fieldsets(self, request, obj=None):
        """Without the right to see contact persons their names are not offered either."""
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.has_perm("partners.view_contact"):
            return fieldsets
        return [
            (title, options | {"fields": [name for name in options["fields"] if name != "contact"]})
            for title, options in fieldsets
        ]

    def response_post_save_add(self, request, obj):
        """Whoever came from the partner's page goes back there."""
        return redirect(admin_address(obj.partner))

    def get_urls(self):
        return [
            path(
                "<path:object_id>/done/",
                self.admin_site.admin_view(require_POST(self.done_view)),
                name="partners_interaction_done",
            ),
            *super().get_urls(),
        ]

    def done_view(self, request, object_id):
        """The next step is done today; pressed twice, nothing more happens."""
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        if not self.has_change_permission(request, entry):
            raise PermissionDenied
        changed = Interaction.objects.filter(pk=entry.pk, next_done_on=None).update(
            next_done_on=timezone.localdate()
        )
        if changed:
            AuditEvent.record(
                entry, action="step_done", actor=request.user, via="admin", reason=entry.next_step
            )
            messages.success(request, gettext("Done: %(step)s") % {"step": entry.next_step})
        return redirect("admin:index")

    @admin.display(description=_("next step"), ordering="next_on")
    def next_column(self, obj):
        if not obj.next_step:
            return "—"
        is_late = obj.next_done_on is None and obj.next_on and obj.next_on <= timezone.localdate()
        sign = "✓ " if obj.next_done_on else ""
        day = obj.next_on.strftime("%d.%m.%Y") if obj.next_on else ""
        return format_html(
            '{}{} <span class="{}">{}</span>',
            sign,
            obj.next_step,
            "overdue" if is_late else "quiet",
            day,
        )
