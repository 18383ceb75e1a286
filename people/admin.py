"""Accounts, groups and signed links."""

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from people.links import PURPOSES
from people.models import AccessLink, User

admin.site.unregister(Group)
admin.site.unregister(Authenticator)


class NewAccountForm(forms.ModelForm):
    """An account without a password: its owner signs in by a code sent by e-mail."""

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
    readonly_fields = ["date_joined", "last_login"]
    fieldsets = [
        (_("Person"), {"fields": [("name", "language"), ("email", "phone")]}),
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
                    "The person signs in by a code sent by e-mail; no password is needed."
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

    @admin.display(description=_("name"), ordering="name")
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
