"""Issues as editors work with them: the form, contents and readiness, release and recall."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journal.admin_mailings import IssueMailingAdmin
from journal.admin_outputs import IssueOutputsAdmin
from journal.choices import IssueStatus
from journal.contents import ContentsForm, readiness
from journal.models import Copies, Cover, Issue, IssueEdition, TeamMember
from publishing.admin import PictureInline, PublishableAdmin, RowInline
from publishing.admin_moves import status_badge
from publishing.admin_tools import Tool, ToolsAdmin
from publishing.languages import LANGUAGES, current_language
from publishing.work import CONTENT_QUEUES, Queue, WorkFilter
from publishing.workflow import may_walk, transition

#: Moves of one edition, which have buttons of their own.
OF_EDITION = ("release", "recall")
OUT = (IssueStatus.RELEASED, IssueStatus.ARCHIVED, IssueStatus.WITHDRAWN)

ISSUE_QUEUES = (
    Queue(
        "late_issues",
        _("Issues past their day"),
        _("The planned day is over and no edition is out."),
        lambda model, user: Q(planned_on__lt=timezone.localdate()) & ~Q(status__in=OUT),
    ),
    Queue(
        "half_out",
        _("One edition is out"),
        _("The other edition of the issue is still to be released."),
        lambda model, user: Q(
            pk__in=Issue.objects.filter(status=IssueStatus.RELEASED)
            .annotate(out=Count("editions", filter=Q(editions__released_at__isnull=False)))
            .filter(out=1)
            .values("pk")
        ),
    ),
    next(queue for queue in CONTENT_QUEUES if queue.key == "public"),
)


class CoverInline(PictureInline):
    model = Cover
    max_num = 1
    fieldsets = [(None, {"fields": ["file", "preview", "alt", "caption", "author"]})]


class EditionForm(RowInline.form):
    """The PDF may come later, or never, with a reason."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "file" in self.fields:
            self.fields["file"].required = False


class EditionInline(RowInline):
    """Both editions are made with the issue."""

    model = IssueEdition
    form = EditionForm
    can_delete = False
    fieldsets = [
        (None, {"fields": [("language_column", "released_column"), "file", "size",
                           "without_pdf_reason", "title"]})
    ]  # fmt: skip
    readonly_fields = ["language_column", "released_column", "size"]

    def has_add_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=_("edition"))
    def language_column(self, obj):
        return obj.get_language_display()

    @admin.display(description=_("released"))
    def released_column(self, obj):
        if not obj.released_at:
            return _("not yet")
        return date_format(timezone.localtime(obj.released_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("size"))
    def size(self, obj):
        if not obj.file:
            return "—"
        size = f"{max(1, round(obj.bytes / 1024))}\N{NO-BREAK SPACE}" + gettext("KB")
        pages = f"{gettext('pages')}: {obj.pages}" if obj.pages else ""
        macros = gettext("holds macros or scripts: readers do not get it") if obj.has_macros else ""
        return " · ".join(filter(None, [size, pages, macros]))


class TeamInline(RowInline):
    model = TeamMember
    fieldsets = [(None, {"fields": ["task", "name", "position"]})]


class CopiesInline(RowInline):
    model = Copies
    fieldsets = [(None, {"fields": ["group", ("number", "position")]})]


@admin.register(Issue)
class IssueAdmin(IssueMailingAdmin, IssueOutputsAdmin, ToolsAdmin, PublishableAdmin):
    list_display = [
        "number_column", "title_column", "status_column", "editions_column", "articles_column",
        "planned_on",
    ]  # fmt: skip
    list_filter = [WorkFilter, "status", "year", "is_demo"]
    search_fields = ["title_ky", "title_ru", "slug"]
    search_help_text = _("Theme of the issue, or year and number: 2026-9.")
    ordering = ["-year", "-number"]
    forward_moves = frozenset({"collect", "edit", "lay_out", "prove", "approve", "print"})
    grave_moves = frozenset({"recall"})
    kept_on_restore = (*PublishableAdmin.kept_on_restore, "is_demo")
    inlines = [CoverInline, EditionInline, TeamInline, CopiesInline]
    fieldsets = [
        (
            _("Number and theme"),
            {
                "fields": [
                    ("year", "number", "last_number"),
                    ("overall", "overall_reason"),
                    ("first_month", "last_month"),
                    "title",
                    "lead",
                ]
            },
        ),
        (_("Cover"), {"fields": [], "classes": ["rows-cover"]}),
        (_("Editions"), {"fields": [], "classes": ["rows-editions"]}),
        (
            _("Print"),
            {
                "fields": [("planned_on", "printed_on", "print_run")],
                "classes": ["rows-copies"],
            },
        ),
        (_("Team"), {"fields": [], "classes": ["rows-team"]}),
        (_("Address"), {"fields": [("slug", "original_language", "assignee")]}),
    ]

    class Media:
        css = {"all": ["admin_portal/journal.css"]}

    def work_queues(self):
        return ISSUE_QUEUES

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .prefetch_related("editions")
            .annotate(count=Count("articles", distinct=True))
        )

    def get_actions(self, request):
        """Each issue goes its way alone."""
        return {
            name: action
            for name, action in super().get_actions(request).items()
            if not name.startswith("move_")
        }

    def suggestion_label(self, obj):
        return f"{obj} · {obj.title_in(current_language())}"

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        make_editions(form.instance)

    # Moves
    def buttons(self, request, record):
        found = [
            each for each in super().buttons(request, record) if each["name"] not in OF_EDITION
        ]
        for language in LANGUAGES:
            edition = record.edition_of(language)
            name = "recall" if edition and edition.released_at else "release"
            step = transition(record, name)
            if record.status not in step.sources or not may_walk(step, record, request.user):
                continue
            if name == "recall" and not edition.may_be_recalled:
                continue
            found.append(
                {
                    "name": f"{name}-{language}",
                    "label": EDITION_LABELS[name][language],
                    "url": self._address("edition", record, name, language),
                    "missing": record.missing_for_release(language) if name == "release" else [],
                    "kind": "forward" if name == "release" else "grave",
                }
            )
        return found

    def panel(self, request, record):
        """What is missing for the release of each edition; of both, said once."""
        waiting = {
            language: record.missing_for_release(language)
            for language in LANGUAGES
            if language not in record.released_languages()
        }
        shared = []
        if len(waiting) > 1:
            first, second = waiting.values()
            shared = [each for each in first if each in second]
        groups = [{"title": BEFORE_BOTH, "missing": shared}]
        groups += [
            {
                "title": BEFORE_RELEASE[language],
                "missing": [each for each in missing if each not in shared],
            }
            for language, missing in waiting.items()
        ]
        for group in groups:
            group["items"] = [
                (self._where(record, each.field), each.message) for each in group.pop("missing")
            ]
        return super().panel(request, record) | {
            "missing": [group for group in groups if group["items"]]
        }

    def _where(self, record, name: str) -> str:
        return self._address("contents", record) if name == "articles" else self.anchor(name)

    def move_view(self, request, object_id, name):
        """Release and recall are of one edition and have a page of their own."""
        if name in OF_EDITION:
            raise Http404
        return super().move_view(request, object_id, name)

    def edition_view(self, request, object_id, name, language):
        """Release an edition, or recall it with a reason."""
        record = self._record_or_404(request, object_id)
        if name not in OF_EDITION or language not in LANGUAGES:
            raise Http404
        step = transition(record, name)
        if not may_walk(step, record, request.user):
            raise PermissionDenied
        form, missing, is_made = self.try_move(request, record, step, language=language)
        if is_made:
            messages.success(request, SAID[name][language] % {"issue": record})
            if name == "release" and (left_out := _named(record.left_out(language))):
                messages.warning(request, LEFT_OUT % {"articles": "; ".join(left_out)})
            return redirect(self._address("contents", record))
        if request.method == "GET" and name == "release":
            missing = record.missing_for_release(language)
        context = self.move_context(request, record, step, form) | {
            "title": EDITION_LABELS[name][language],
            "missing": [(self._link_to(record, each.field), each.message) for each in missing],
            "is_release": name == "release",
            "coming": [each.title_in(language) for each in record.in_edition(language)],
            "left_out": [
                (each.title_in(language), reason) for each, reason in record.left_out(language)
            ],
        }
        return TemplateResponse(request, "admin/journal/edition.html", context)

    def _link_to(self, record, name: str) -> str:
        where = self._where(record, name)
        return self._address("change", record) + where if where.startswith("#") else where

    # Contents
    def tools(self, request, record):
        return [
            Tool(gettext("Contents and readiness"), self._address("contents", record)),
            Tool(
                gettext("Board of its articles"),
                reverse("admin:journal_article_board") + f"?issue={record.pk}",
            ),
            *super().tools(request, record),
        ]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/contents/",
                view(self.contents_view),
                name="journal_issue_contents",
            ),
            path(
                "<path:object_id>/edition/<slug:name>/<slug:language>/",
                view(self.edition_view),
                name="journal_issue_edition",
            ),
            *super().get_urls(),
        ]

    def contents_view(self, request, object_id):
        """The articles in print order, what each still lacks, and what each edition waits for."""
        with transaction.atomic():
            record = self._record_or_404(request, object_id)
            may_change = self.has_change_permission(request, record)
            if request.method == "POST" and not may_change:
                raise PermissionDenied
            form = ContentsForm(request.POST or None, issue=record)
            if request.method == "POST" and form.is_valid():
                form.save(request.user)
                messages.success(request, gettext("The contents are saved."))
                return redirect(self._address("contents", record))
        context = self.admin_site.each_context(request) | {
            "title": gettext("Contents and readiness"),
            "subtitle": f"{record}: {record.title_in(current_language())}",
            "opts": self.opts,
            "original": record,
            "badge": status_badge(record),
            "form": form,
            "lines": readiness(record, form),
            "may_change": may_change,
            "moves": self.buttons(request, record),
            "editions": [
                {
                    "edition": record.edition_of(language),
                    "label": EDITIONS[language],
                    "missing": [
                        (self._link_to(record, each.field), each.message)
                        for each in record.missing_for_release(language)
                    ],
                    "left_out": _named(record.left_out(language)),
                }
                for language in LANGUAGES
            ],
        }
        return TemplateResponse(request, "admin/journal/contents.html", context)

    # Columns
    @admin.display(description=_("issue"), ordering="year")
    def number_column(self, obj):
        return str(obj)

    @admin.display(description=_("theme of the issue"), ordering="title_ky")
    def title_column(self, obj):
        return obj.title_in(current_language())

    @admin.display(description=_("editions"))
    def editions_column(self, obj):
        parts = []
        for language in LANGUAGES:
            edition = obj.edition_of(language)
            is_out = bool(edition and edition.released_at)
            label = gettext("released") if is_out else gettext("not released")
            parts.append(
                format_html(
                    '<span class="language-state language-{}" title="{}">{}'
                    '<span class="visually-hidden"> {}</span></span>',
                    "ready" if is_out else "draft", label, language, label,
                )
            )  # fmt: skip
        return format_html("{} {}", *parts)

    @admin.display(description=_("articles"), ordering="count")
    def articles_column(self, obj):
        return obj.count


def _named(left_out) -> list[str]:
    """«Title» – why it is not in the edition."""
    language = current_language()
    return [f"«{article.title_in(language)}» – {reason}" for article, reason in left_out]


def make_editions(issue) -> None:
    """Both editions of the issue, those that are not there yet."""
    there = {edition.language for edition in IssueEdition.objects.filter(issue=issue)}
    for position, language in enumerate(LANGUAGES, start=1):
        if language in there:
            continue
        name = f"«Муниципалитет», № {issue.number_text}, {issue.year}"
        IssueEdition.objects.create(
            issue=issue, language=language, position=position, title_ky=name, title_ru=name
        )


LEFT_OUT = _("Not in this edition: %(articles)s.")
EDITIONS = {"ky": _("Kyrgyz edition"), "ru": _("Russian edition")}
BEFORE_BOTH = _("Before either edition is released")
BEFORE_RELEASE = {
    "ky": _("Before the Kyrgyz edition is released"),
    "ru": _("Before the Russian edition is released"),
}
EDITION_LABELS = {
    "release": {"ky": _("Release the Kyrgyz edition"), "ru": _("Release the Russian edition")},
    "recall": {"ky": _("Recall the Kyrgyz edition"), "ru": _("Recall the Russian edition")},
}
SAID = {
    "release": {
        "ky": _("%(issue)s: the Kyrgyz edition is released; its articles are on the site."),
        "ru": _("%(issue)s: the Russian edition is released; its articles are on the site."),
    },
    "recall": {
        "ky": _("%(issue)s: the Kyrgyz edition is recalled; readers do not see it."),
        "ru": _("%(issue)s: the Russian edition is recalled; readers do not see it."),
    },
}
