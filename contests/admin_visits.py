"""Field visits in the admin: chosen by the rule, a sheet for each, photos."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from contests.choices import RESULTS, ContestStatus
from contests.conflicts import recused
from contests.models import Visit, VisitPhoto
from contests.visits import (
    ANSWERS,
    WRITTEN_IN,
    choose,
    is_confirming,
    visits_of,
)
from contests.workflow import STAFF
from publishing.admin_tools import Tool
from publishing.editing import Locked, TwoLanguageForm
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused

MAX_PHOTOS = 12
#: In the words that a stored answer is compared with when the sheet is opened again.
YES_NO = [("", _("not known yet")), ("True", _("yes")), ("False", _("no"))]


class VisitForm(Locked, forms.ModelForm):
    """A day to come or a day gone, who was there, three answers, what was seen."""

    class Meta:
        model = Visit
        fields = ["planned_on", "visited_on", "members", *ANSWERS, "findings", "act"]
        widgets = {
            "planned_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "visited_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "members": forms.CheckboxSelectMultiple,
            "findings": forms.Textarea({"rows": 6, "data-limit": 2000}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        application = self.instance.application
        barred = {member for member, _entry in recused([application])}
        members = application.contest.members.filter(is_active=True)
        self.fields["members"].queryset = members.exclude(pk__in=barred)
        for name in ANSWERS:
            self.fields[name].widget = forms.RadioSelect(choices=YES_NO)

    def clean(self):
        cleaned = super().clean()
        day = cleaned.get("visited_on")
        if day and day > timezone.localdate():
            self.add_error("visited_on", gettext("This day has not come yet."))
        elif day and day < timezone.localdate(self.instance.application.submitted_at):
            self.add_error("visited_on", gettext("The application was sent later than that."))
        if not day and any(cleaned.get(name) is not None for name in ANSWERS):
            self.add_error("visited_on", gettext("When was it? Give the day of the visit."))
        if day and not cleaned.get("members"):
            self.add_error("members", gettext("Who was there?"))
        return cleaned


class PhotoForm(TwoLanguageForm):
    class Meta:
        model = VisitPhoto
        fields = ["file", "alt_ky", "alt_ru"]
        widgets = {"file": forms.FileInput}  # the photo itself stands above it

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("file") and not (self.data_of("alt_ky") or self.data_of("alt_ru")):
            self.add_error("alt_ky", gettext("Say in one language at least what it shows."))
        return cleaned


PhotoFormSet = forms.inlineformset_factory(
    Visit,
    VisitPhoto,
    form=PhotoForm,
    extra=2,
    max_num=MAX_PHOTOS,
    validate_max=True,
    can_delete_extra=False,
)


class VisitsAdmin:
    """Mixed into RankingAdmin."""

    def tools(self, request, record) -> list[Tool]:
        tools = super().tools(request, record)
        begun = record.status in (*WRITTEN_IN, ContestStatus.DECIDED, *RESULTS)
        if record.has_visits and begun and request.user.is_in(*STAFF):
            tools.append(Tool(gettext("Field visits"), self._address("visits", record)))
        return tools

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/visits/", view(self.visits_view), name="contests_contest_visits"
            ),
            path(
                "<path:object_id>/visits/<int:pk>/",
                view(self.visit_view),
                name="contests_contest_visit",
            ),
            *super().get_urls(),
        ]

    def visits_view(self, request, object_id):
        """All visits, in an order that tells nothing of the places; a POST chooses them."""
        record = self.contest_for_staff(request, object_id)
        may_change = request.user.has_perm("contests.change_visit")
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            self._choose(request, record)
            return redirect(self._address("visits", record))
        visits = list(visits_of(record))
        for visit in visits:
            visit.is_confirming = is_confirming(visit)
        return self.page(
            request,
            record,
            "visits",
            gettext("Field visits"),
            visits=visits,
            may_choose=may_change and record.status == ContestStatus.VISITS,
        )

    def _choose(self, request, record):
        try:
            count = len(choose(record, actor=request.user))
        except MoveRefused as refusal:
            messages.error(request, refusal.message)
            return
        words = ngettext(
            "%(count)s entry is to be visited.", "%(count)s entries are to be visited.", count
        )
        messages.success(request, words % {"count": count})

    def visit_view(self, request, object_id, pk):
        """The sheet of a visit with its photos."""
        record = self.contest_for_staff(request, object_id)
        visit = get_object_or_404(visits_of(record), pk=pk)
        may_write = record.status in WRITTEN_IN and request.user.has_perm("contests.change_visit")
        if request.method == "POST" and not may_write:
            raise PermissionDenied
        form, photos = self._forms(request, visit)
        if request.method == "POST" and form.is_valid() and photos.is_valid():
            self._save(request, visit, form, photos)
            return redirect(self._address("visit", record, visit.pk))
        if form.is_bound and form.has_conflict:
            form.mark_theirs()
        return self.page(
            request,
            record,
            "visits_sheet",
            capfirst(gettext("field visit")),
            visit=visit,
            application=visit.application,
            form=form,
            photos=photos,
            answers=[(form[name].label, getattr(visit, name)) for name in ANSWERS],
            may_write=may_write,
        )

    @staticmethod
    def _forms(request, visit):
        data, files = request.POST or None, request.FILES or None
        return (
            VisitForm(data, instance=visit),
            PhotoFormSet(data, files, instance=visit, prefix="photos"),
        )

    @staticmethod
    @transaction.atomic
    def _save(request, visit, form, photos):
        form.save()
        photos.save()
        if form.has_changed() or photos.has_changed():
            AuditEvent.record(visit.application, action="visit", actor=request.user, via="admin")
        messages.success(request, gettext("The sheet of the visit is kept."))
