"""One member of a commission: who it is, how to reach them, what they score."""

from django import forms
from django.contrib import admin, messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from contests.choices import MemberRole
from contests.conflicts import find_conflicts
from contests.models import Contest, Member, Nomination
from contests.workflow import STAFF
from publishing.admin import TwoLanguageAdmin
from publishing.admin_letters import LettersAdmin
from publishing.editing import LockedForm


class MemberForm(LockedForm):
    """One chair; a way to send the link; nominations of this contest alone."""

    def clean(self):
        cleaned = super().clean()
        contest = self.instance.contest if self.instance.pk else cleaned.get("contest")
        if contest and cleaned.get("role") == MemberRole.CHAIR:
            chairs = contest.members.filter(role=MemberRole.CHAIR, is_active=True)
            if self.instance.is_active and chairs.exclude(pk=self.instance.pk).exists():
                self.add_error("role", gettext("The commission has a chair already."))
        if not (cleaned.get("email") or cleaned.get("phone")):
            self.add_error(
                "email", gettext("Give an e-mail or a phone: the link to the cabinet goes there.")
            )
        wrong = [each for each in cleaned.get("nominations") or () if each.contest != contest]
        if contest and wrong:
            self.add_error("nominations", gettext("This nomination is of another contest."))
        return cleaned


@admin.register(Member)
class MemberAdmin(LettersAdmin, TwoLanguageAdmin):
    """Opened from the page of the commission; a member who has begun is not deleted but leaves."""

    form = MemberForm
    list_display = ["name", "role", "contest", "organisation", "is_active"]
    list_filter = ["contest", "role", "is_active"]
    list_select_related = ["contest", "organisation"]
    search_fields = ["name", "post_ky", "post_ru"]
    autocomplete_fields = ["organisation", "municipality", "user"]
    kept_on_restore = ("contest_id", "is_active", "stated_at", "created_at")
    fieldsets = [
        (
            _("Who it is"),
            {"fields": ["contest", "name", "post", ("role", "position"), "nominations"]},
        ),
        (
            _("For the link"),
            {
                "fields": [("email", "phone", "language")],
                "description": _("Neither is shown to anybody outside the staff."),
            },
        ),
        (
            _("Ties"),
            {
                "fields": [("organisation", "municipality", "user")],
                "description": _("By these the portal finds conflicts of interest."),
            },
        ),
        (_("Appointment"), {"fields": [("appointed_by", "appointed_on")]}),
    ]

    def has_change_permission(self, request, obj=None):
        return request.user.is_in(*STAFF) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_readonly_fields(self, request, obj=None):
        return ["contest_column"] if obj else []

    def get_fieldsets(self, request, obj=None):
        """The contest is chosen once."""
        first, *rest = super().get_fieldsets(request, obj)
        fields = ["contest_column" if obj else "contest", *first[1]["fields"][1:]]
        return [(first[0], first[1] | {"fields": fields}), *rest]

    @admin.display(description=_("contest"))
    def contest_column(self, obj):
        return str(obj.contest)

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "nominations":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request):
        """Whoever comes from a commission gets its document and the next place."""
        initial = super().get_changeform_initial_data(request)
        last = Member.objects.filter(contest=self._contest_asked(request)).last()
        if last:
            initial |= {
                "appointed_by": last.appointed_by,
                "appointed_on": last.appointed_on,
                "position": last.position + 1,
            }
        return initial

    @staticmethod
    def _contest_asked(request) -> int:
        asked = request.POST.get("contest") or request.GET.get("contest", "")
        return int(asked) if asked.isdecimal() else 0

    def get_form(self, request, obj=None, change=False, **kwargs):
        made = super().get_form(request, obj, change=change, **kwargs)
        contest = obj.contest_id if obj else self._contest_asked(request)
        fields = made.base_fields
        if "nominations" in fields:
            own = Nomination.objects.select_related("contest").filter(contest=contest or None)
            fields["nominations"].queryset = own
            fields["nominations"].widget.can_add_related = False
        if "contest" in fields:
            fields["contest"].queryset = Contest.objects.order_by("-year", "-pk")
            fields["contest"].label = _("Contest")
            for name in ("can_add_related", "can_change_related", "can_view_related"):
                setattr(fields["contest"].widget, name, False)
        return made

    # After saving: back to the commission, with what the records tell of the member
    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        count = find_conflicts(form.instance.contest)
        if count:
            told = ngettext(
                "%(count)s conflict of interest was found in the records.",
                "%(count)s conflicts of interest were found in the records.",
                count,
            )
            messages.warning(request, told % {"count": count})

    def response_add(self, request, obj, post_url_continue=None):
        super().response_add(request, obj, post_url_continue)
        return self._to_commission(obj)

    def response_change(self, request, obj):
        response = super().response_change(request, obj)
        return response if "_continue" in request.POST else self._to_commission(obj)

    @staticmethod
    def _to_commission(member):
        return redirect(reverse("admin:contests_contest_commission", args=[member.contest_id]))
