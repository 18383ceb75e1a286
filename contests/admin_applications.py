"""From the page of a contest: its applications, and the late ones among those never sent."""

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from contests import admission
from contests.admin_entries import CHECKED_IN
from contests.choices import ContestStatus
from contests.models import Application
from contests.workflow import STAFF
from publishing.admin_tools import Tool
from publishing.models import Draft
from publishing.work import admin_address
from publishing.workflow import MoveRefused


class LateForm(forms.Form):
    """The chair’s consent: who, by what paper, and why."""

    consent_of = forms.CharField(
        label=_("Who has consented"), max_length=80, help_text=_("Post and name: the chair.")
    )
    document = forms.CharField(
        label=_("Document"), max_length=70, help_text=_("Its kind, number and date.")
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Why it was late. It stays in the history of the application."),
    )


class AdmissionAdmin:
    """Mixed into ContestAdmin; adds its pages to `get_urls` and the ways there to `tools`."""

    def tools(self, request, record) -> list[Tool]:
        later = super().tools(request, record)
        if not request.user.is_in(*STAFF):
            return later
        tools = []
        if record.applications.exists() or record.status in CHECKED_IN:
            tools.append(Tool(gettext("Applications"), self._address("applications", record)))
        if record.status == ContestStatus.ADMISSION:
            tools.append(Tool(gettext("Drafts not sent"), self._address("unsent", record)))
        return [*tools, *later]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/applications/",
                view(require_safe(self.applications_view)),
                name="contests_contest_applications",
            ),
            path(
                "<path:object_id>/unsent/",
                view(require_safe(self.unsent_view)),
                name="contests_contest_unsent",
            ),
            path(
                "<path:object_id>/unsent/<uuid:uuid>/",
                view(self.late_view),
                name="contests_contest_late",
            ),
            *super().get_urls(),
        ]

    def applications_view(self, request, object_id):
        record = self._for_staff(request, object_id)
        address = reverse("admin:contests_application_changelist")
        return redirect(f"{address}?contest__id__exact={record.pk}")

    def unsent_view(self, request, object_id):
        """Drafts nobody has sent, once the term is over: which there are, nothing of their text."""
        record = self._for_staff(request, object_id)
        if record.status != ContestStatus.ADMISSION:
            raise Http404
        context = self._context(request, record, gettext("Drafts not sent")) | {
            "drafts": admission.unsent(record)
        }
        return TemplateResponse(request, "admin/contests/application_unsent.html", context)

    def late_view(self, request, object_id, uuid):
        """Take one of them with the chair’s consent."""
        record = self._for_staff(request, object_id)
        if record.status != ContestStatus.ADMISSION:
            raise Http404
        drafts = {each.draft.uuid: each for each in admission.unsent(record)}
        if uuid not in drafts:
            raise Http404
        form = LateForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            application = self._take_late(request, record, drafts[uuid].draft, form)
            if application:
                return redirect(admin_address(application))
        context = self._context(request, record, gettext("Take a late application")) | {
            "each": drafts[uuid],
            "form": form,
            "back_url": self._address("unsent", record),
        }
        return TemplateResponse(request, "admin/contests/application_late.html", context)

    @staticmethod
    def _take_late(request, record, draft: Draft, form) -> Application | None:
        from contests.applying import NotReady

        try:
            application = admission.take_late(record, draft, by=request.user, **form.cleaned_data)
        except MoveRefused as refusal:
            form.add_error(None, refusal.message)
        except NotReady as refusal:
            for each in refusal.wanting:
                form.add_error(None, each.label)
            form.add_error(
                None, gettext("The applicant has to fill this in first; the draft is open to them.")
            )
        else:
            told = gettext("The application is taken under the number %(number)s.")
            messages.success(request, told % {"number": application.number})
            return application
        return None
