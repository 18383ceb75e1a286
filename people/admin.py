"""Accounts, groups, signed links, roles in municipalities and messages to send by hand."""

from collections.abc import Callable
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from people.actions import CodeRefused, confirm_message, revoke_membership
from people.forms import OperatorForm, RevokeForm
from people.links import PURPOSES
from people.models import AccessLink, DeskMessage, Membership, User

admin.site.unregister(Group)
admin.site.unregister(Authenticator)


class NewAccountForm(forms.ModelForm):
    """An account without a password: its owner signs in by a code."""

    class Meta:
        model = User
        fields = ["email", "phone", "name", "language"]

    def save(self, commit=True):
        user = super().save(commit=False)
        user.set_unusable_password()
        if commit:
            user.save()
        return user


class GroupsField(forms.ModelMultipleChoiceField):
    """Groups are named in the database in English; people read them in their language."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, group):
        return gettext(group.name)


class AccountForm(forms.ModelForm):
    groups = GroupsField(label=_("groups"), queryset=Group.objects.order_by("pk"), required=False)

    class Meta:
        model = User
        fields = [
            "email",
            "phone",
            "name",
            "language",
            "is_active",
            "is_staff",
            "is_superuser",
            "groups",
        ]

    def save(self, commit=True):
        if "phone" in self.changed_data:
            # What staff have typed is not confirmed by the person.
            self.instance.phone_verified = False
        return super().save(commit)


@admin.register(User)
class AccountAdmin(DjangoUserAdmin):
    """Accounts are blocked, never deleted: what an editor did stays attributable."""

    form = AccountForm
    add_form = NewAccountForm
    list_display = [
        "name_column",
        "email",
        "phone",
        "groups_column",
        "is_staff",
        "is_active",
        "last_login",
    ]
    list_filter = ["is_staff", "is_active", "groups", "is_demo"]
    search_fields = ["email", "phone", "name"]
    ordering = ["-is_staff", "name", "pk"]
    filter_horizontal = []
    readonly_fields = ["phone_verified", "date_joined", "last_login"]
    fieldsets = [
        (_("Person"), {"fields": [("name", "language"), ("email", "phone"), "phone_verified"]}),
        (
            _("Rights"),
            {
                "fields": [("is_active", "is_staff", "is_superuser"), "groups"],
                "description": _("What a group may do is written down in the portal itself."),
            },
        ),
        (_("Dates"), {"fields": [("date_joined", "last_login")]}),
    ]
    add_fieldsets = [
        (
            _("Person"),
            {
                "fields": [("name", "language"), ("email", "phone")],
                "description": _(
                    "The person signs in by a code sent by e-mail or to the phone; no password is needed."
                ),
            },
        )
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def has_delete_permission(self, request, obj=None):
        return False

    def get_readonly_fields(self, request, obj=None):
        # Nobody makes themselves more than they are.
        extra = [] if request.user.is_superuser else ["is_superuser"]
        return [*super().get_readonly_fields(request, obj), *extra]

    @admin.display(description=pgettext_lazy("person", "name"), ordering="name")
    def name_column(self, obj):
        return str(obj)

    @admin.display(description=_("groups"))
    def groups_column(self, obj):
        return ", ".join(gettext(group.name) for group in obj.groups.all()) or "—"


class LookedAtOnly:
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Group)
class GroupAdmin(LookedAtOnly, admin.ModelAdmin):
    """Groups are made by the portal itself; people are put into them on their own page."""

    list_display = ["name_column", "members_column"]
    fields = readonly_fields = ["name_column", "members_column"]
    ordering = ["pk"]
    actions = None

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("user_set")

    @admin.display(description=_("name"))
    def name_column(self, obj):
        return gettext(obj.name)

    @admin.display(description=_("members"))
    def members_column(self, obj):
        return ", ".join(str(user) for user in obj.user_set.all()) or "—"


@admin.register(AccessLink)
class AccessLinkAdmin(LookedAtOnly, admin.ModelAdmin):
    """Links are made where their thing is; here they are seen and closed."""

    list_display = [
        "purpose_column",
        "target_column",
        "note",
        "created_by",
        "created_at",
        "expires_at",
        "uses",
        "is_alive_column",
    ]
    list_filter = ["purpose", ("expires_at", admin.DateFieldListFilter)]
    list_select_related = ["created_by"]
    search_fields = ["note"]
    fields = [
        "purpose_column", "target_column", "note", "created_by", "created_at", "expires_at",
        "max_uses", "uses", "last_used_at", "revoked_at",
    ]  # fmt: skip
    readonly_fields = ["purpose_column", "target_column"]
    actions = ["revoke"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("target")

    def has_revoke_permission(self, request):
        return request.user.has_perm("people.change_accesslink")

    @admin.action(description=_("Revoke the chosen links"), permissions=["revoke"])
    def revoke(self, request, queryset):
        count = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        messages.success(
            request,
            ngettext("%(count)s link revoked.", "%(count)s links revoked.", count)
            % {"count": count},
        )

    @admin.display(description=_("purpose"), ordering="purpose")
    def purpose_column(self, obj):
        purpose = PURPOSES.get(obj.purpose)
        return purpose.label if purpose else obj.purpose

    @admin.display(description=_("opens"))
    def target_column(self, obj):
        return str(obj.target) if obj.target else "—"

    @admin.display(description=_("still opens"), boolean=True)
    def is_alive_column(self, obj):
        return obj.is_alive


@admin.register(Authenticator)
class AuthenticatorAdmin(LookedAtOnly, admin.ModelAdmin):
    """A lost second factor is taken off here; its secret is shown to nobody."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    fields = ["user", "type", "created_at", "last_used_at"]
    actions = None

    def has_delete_permission(self, request, obj=None):
        return request.user.is_superuser


# ---------------------------------------------------------------- roles in municipalities


@dataclass(frozen=True)
class Queue:
    """A queue of «My work»: what publishing/work.py asks a ModelAdmin for."""

    key: str
    label: str
    hint: str
    condition: Callable[[type, object], Q]
    on_index: bool = True


STATES = {
    "verified": _("Confirmed"),
    "ending": _("Ends within a month"),
    "waiting": _("Waits for a message"),
    "expired": _("Expired"),
    "revoked": _("Revoked"),
    "unconfirmed": _("Not confirmed"),
}


class MembershipFilter(admin.SimpleListFilter):
    """How roles stand; «codes» is the operator's page as well."""

    title = _("state")
    parameter_name = "work"

    def lookups(self, request, model_admin):
        return [
            ("codes", STATES["waiting"]),
            *((name, STATES[name]) for name in ("verified", "ending", "revoked")),
        ]

    def queryset(self, request, queryset):
        chosen = {
            "codes": queryset.waiting,
            "verified": queryset.verified,
            "ending": queryset.ending,
            "revoked": lambda: queryset.filter(revoked_at__isnull=False),
        }.get(self.value())
        return chosen() if chosen else queryset


class DeskFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "work"

    def lookups(self, request, model_admin):
        return [("desk", _("To send by hand"))]

    def queryset(self, request, queryset):
        return queryset.to_send() if self.value() else queryset


@admin.register(Membership)
class MembershipAdmin(LookedAtOnly, admin.ModelAdmin):
    """Roles are asked for by their holders; here they are confirmed and revoked."""

    change_list_template = "admin/membership_list.html"
    change_form_template = "admin/membership.html"
    list_display = [
        "user", "municipality", "role", "phone", "state_column", "asked_at", "verified_by",
        "expires_at",
    ]  # fmt: skip
    list_filter = [MembershipFilter, "role", ("expires_at", admin.DateFieldListFilter)]
    list_select_related = [
        "user", "verified_by", "municipality__oblast", "municipality__district",
    ]  # fmt: skip
    search_fields = [
        "user__name", "user__email", "phone", "post", "municipality__name_ky",
        "municipality__name_ru",
    ]  # fmt: skip
    fields = [
        "user", "municipality", "role", "post", "phone", "state_column", "asked_at",
        "code_expires_at", "verified_at", "verified_by", "expires_at", "reminded_at", "revoked_at",
        "revoked_by", "revoke_reason",
    ]  # fmt: skip
    readonly_fields = ["state_column"]
    actions = None

    def get_urls(self):
        see = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/revoke/", see(self.revoke_view), name="people_membership_revoke"
            ),
            *super().get_urls(),
        ]

    def work_queues(self):
        return (
            Queue(
                "codes",
                _("Codes from WhatsApp"),
                _("People wait for their role to be confirmed."),
                lambda model, user: Q(pk__in=model.objects.waiting().values("pk")),
            ),
        )

    def has_desk_permission(self, request):
        """Whether the person confirms and revokes: nobody changes a role in any other way."""
        return request.user.has_perm("people.change_membership")

    def changelist_view(self, request, extra_context=None):
        """Those who wait stand beside a box for the message: either confirms in one step."""
        if request.GET.get("work") != "codes" or not self.has_desk_permission(request):
            return super().changelist_view(request, extra_context)
        form = OperatorForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                confirmed = confirm_message(**form.cleaned_data, by=request.user)
            except CodeRefused as refused:
                form.add_error(None, str(refused))
            else:
                for row in confirmed:
                    messages.success(request, self._told(row))
                return redirect(request.get_full_path())
        extra = {
            "title": _("Codes from WhatsApp"),
            "form": form,
            "to_send": DeskMessage.objects.to_send().count(),
        }
        response = super().changelist_view(request, (extra_context or {}) | extra)
        if response.status_code == 200:
            response.template_name = "admin/codes.html"
        return response

    def _told(self, row) -> str:
        return gettext("Confirmed until %(date)s: %(person)s, %(role)s, %(place)s.") % {
            "date": formats.date_format(row.expires_at),
            "person": row.user,
            "role": row.get_role_display(),
            "place": row.municipality,
        }

    def revoke_view(self, request, object_id):
        if not self.has_desk_permission(request):
            raise PermissionDenied
        row = get_object_or_404(Membership.objects.select_related("user"), pk=object_id)
        form = RevokeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            revoke_membership(membership=row, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, gettext("Revoked: %(role)s.") % {"role": row})
            return redirect("admin:people_membership_change", row.pk)
        context = self.admin_site.each_context(request) | {
            "title": _("Revoke the role"),
            "opts": self.opts,
            "original": row,
            "form": form,
        }
        return render(request, "admin/revoke_membership.html", context)

    @admin.display(description=_("state"))
    def state_column(self, obj):
        return STATES[obj.state]


@admin.register(DeskMessage)
class DeskMessageAdmin(LookedAtOnly, admin.ModelAdmin):
    """Messages to send by hand from the Union's WhatsApp; those of no more use are not shown.

    The list itself is the desk: each message with the button that opens WhatsApp.
    """

    change_list_template = "admin/desk.html"
    list_filter = [DeskFilter]
    list_select_related = ["sent_by"]
    actions = None
    fields = ["phone", "text", "created_at", "expires_at", "sent_at", "sent_by"]
    ordering = ["-sent_at", "created_at"]  # NULL comes first: to be sent

    def get_urls(self):
        see = self.admin_site.admin_view
        return [
            path("<path:object_id>/sent/", see(self.sent_view), name="people_deskmessage_sent"),
            *super().get_urls(),
        ]

    def work_queues(self):
        return (
            Queue(
                "desk",
                _("To send by hand"),
                _("Codes that people wait for right now."),
                lambda model, user: Q(pk__in=model.objects.to_send().values("pk")),
            ),
        )

    def get_queryset(self, request):
        return super().get_queryset(request).filter(expires_at__gt=timezone.now())

    def sent_view(self, request, object_id):
        """Mark as sent, by a POST alone; twice is harmless."""
        if not request.user.has_perm("people.change_deskmessage"):
            raise PermissionDenied
        if request.method == "POST":
            self.get_queryset(request).filter(pk=object_id, sent_at=None).update(
                sent_at=timezone.now(), sent_by=request.user
            )
        return redirect("admin:people_deskmessage_changelist")
