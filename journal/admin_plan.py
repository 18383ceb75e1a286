"""The editorial plan: a grid of months and rubrics, and its lines."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from journal.actions import begin_article
from journal.models import Article, PlanLine
from journal.plan import MONTHS_SHOWN, LineForm, grid, month_of, shifted
from people.roles import PUBLISHERS
from publishing.admin import TwoLanguageAdmin
from publishing.work import Queue, WorkFilter, admin_address


def _unwritten(model, user):
    today = timezone.localdate()
    due = Q(article=None, month__lte=shifted(today.replace(day=1), 1))
    return (
        due
        & Q(month__gte=today.replace(day=1))
        & (Q() if user.is_in(*PUBLISHERS) else Q(owner=user))
    )


PLAN_QUEUES = (
    Queue(
        "unwritten",
        _("Planned, nobody writes"),
        _("A line of the plan for this month or the next without an article."),
        _unwritten,
    ),
)


@admin.register(PlanLine)
class PlanLineAdmin(TwoLanguageAdmin):
    list_display = ["month", "rubric", "topic", "owner", "article"]
    list_filter = [WorkFilter, "month", "rubric"]
    list_select_related = ["rubric", "owner", "article"]
    search_fields = ["topic_ky", "topic_ru"]
    ordering = ["-month", "rubric__position", "pk"]
    autocomplete_fields = ["article"]
    fieldsets = [(None, {"fields": [("month", "rubric"), "topic", ("owner", "article")]})]

    def work_queues(self):
        return PLAN_QUEUES

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("grid/", view(self.grid_view), name="journal_planline_grid"),
            path(
                "<path:object_id>/begin/",
                view(require_POST(self.begin_view)),
                name="journal_planline_begin",
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        """The plan is its grid; with a queue, a filter or a search it is the list of its lines."""
        if set(request.GET) <= {"from"} and "action" not in request.POST:
            return self.grid_view(request)
        return super().changelist_view(request, extra_context)

    def grid_view(self, request):
        """GET ?from=2026-11: half a year of the plan. POST: a new line in its cell."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        first = month_of(request.GET.get("from", ""))
        form = LineForm(request.POST or None)
        here = f"{reverse('admin:journal_planline_grid')}?from={first:%Y-%m}"
        if request.method == "POST":
            if not self.has_add_permission(request):
                raise PermissionDenied
            if form.is_valid():
                form.save(request.user)
                messages.success(request, gettext("The line is in the plan."))
                return redirect(here)
            messages.error(request, gettext("Write the topic, up to 200 characters."))
        months, rows = grid(first)
        context = self.admin_site.each_context(request) | {
            "title": gettext("Editorial plan"),
            "opts": self.opts,
            "months": months,
            "rows": rows,
            "gaps": sum(cell.is_gap for row in rows for cell in row),
            "may_add": self.has_add_permission(request),
            "may_begin": request.user.has_perm("journal.add_article"),
            "earlier": shifted(first, -MONTHS_SHOWN),
            "later": shifted(first, MONTHS_SHOWN),
            "typed": form.data if form.errors else {},
        }
        return TemplateResponse(request, "admin/journal/plan.html", context)

    def begin_view(self, request, object_id):
        """A line becomes an article's task; twice makes one article."""
        line = get_object_or_404(PlanLine, pk=object_id)
        if not request.user.has_perm("journal.add_article"):
            raise PermissionDenied
        article: Article = begin_article(line, actor=request.user)
        return redirect(admin_address(article))
