"""Articles as editors work with them: the form, its rows, its queues; the board stands beside."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from journal import board
from journal.admin_remarks import RemarksAdmin
from journal.admin_translation import TranslationAdmin
from journal.admin_word import ArticleWordAdmin
from journal.choices import ArticleStatus
from journal.models import Article, ArticleFile, ArticlePicture, Credit, Issue
from journal.workflow import IN_HAND
from people.roles import EDITORS, PUBLISHERS, TRANSLATOR
from publishing.admin import PictureInline, PublishableAdmin, RowInline
from publishing.admin_tools import Tool, ToolsAdmin
from publishing.editing import PublishableForm
from publishing.languages import LANGUAGES, current_language
from publishing.work import CONTENT_QUEUES, Queue, WorkFilter
from publishing.workflow import LISTED, transition

A = ArticleStatus
_known = {queue.key: queue for queue in CONTENT_QUEUES}


def waiting_for(user) -> Q:
    """Articles on which the next step is this person's."""
    waits = Q(status=A.AUTHOR_FIX, created_by=user)
    waits |= Q(status=A.EDITING) & (Q(editor=user) | Q(assignee=user))
    if user.is_in(*EDITORS):
        holder = Q(editor=user) | Q(assignee=None) | Q(assignee=user)
        waits |= Q(status=A.SUBMITTED) & holder
        # The facts are checked by another person than the editor.
        waits |= Q(status=A.FACT_CHECK) & ~Q(editor=user)
        waits |= Q(status__in=(A.PROOF, A.TRANSLATION_CHECK)) & (
            Q(assignee=user) | Q(assignee=None)
        )
    if user.is_in(TRANSLATOR):
        waits |= Q(status__in=(A.TRANSLATION, A.TRANSLATION_CHECK))
    if user.is_in(*PUBLISHERS):
        waits |= Q(status=A.LAYOUT)
    return waits


def _in_one_language(language: str):
    def condition(model, user):
        return Q(status__in=LISTED, one_language_reason="") & ~Q(**{f"state_{language}": "ready"})

    return condition


ARTICLE_QUEUES = (
    Queue(
        "for_me",
        _known["for_me"].label,
        _known["for_me"].hint,
        lambda model, user: waiting_for(user),
    ),
    _known["overdue"],
    Queue(
        "sent_back",
        _known["sent_back"].label,
        _known["sent_back"].hint,
        lambda model, user: Q(status=A.AUTHOR_FIX),
    ),
    Queue(
        "facts",
        _("Facts to check"),
        _("Another person than the editor goes through numbers, names and laws."),
        lambda model, user: Q(status=A.FACT_CHECK),
    ),
    Queue(
        "to_translate",
        _("To translate"),
        _("In translation, or its translation is being checked."),
        lambda model, user: Q(status__in=(A.TRANSLATION, A.TRANSLATION_CHECK)),
    ),
    _known["stale"],
    Queue(
        "without_ky",
        _known["without_ky"].label,
        _known["without_ky"].hint,
        _in_one_language("ky"),
    ),
    Queue(
        "without_ru",
        _known["without_ru"].label,
        _known["without_ru"].hint,
        _in_one_language("ru"),
    ),
    Queue(
        "without_issue",
        _("Without an issue"),
        _("In work, and nobody has said in which issue it comes out."),
        lambda model, user: Q(issue=None, status__in=(*IN_HAND, A.APPROVED)),
        on_index=False,
    ),
    Queue(
        "mine",
        _known["mine"].label,
        _known["mine"].hint,
        lambda model, user: Q(editor=user) | Q(assignee=user) | Q(created_by=user),
        on_index=False,
    ),
    _known["public"],
)


class ArticleForm(PublishableForm):
    """What came out with an issue stays in it, and nothing slips into an issue that is out."""

    def clean_issue(self):
        issue = self.cleaned_data["issue"]
        stored = Article.objects.filter(pk=self.instance.pk).values_list("issue", flat=True).first()
        if (issue and issue.pk) == stored:
            return issue
        if stored and self.instance.is_readable:
            raise forms.ValidationError(gettext("It came out with its issue and stays in it."))
        if issue:
            refuse_released(issue)
        return issue


def refuse_released(issue) -> None:
    """Raise where an edition of the issue is out. The row stays locked: no release slips between."""
    row = Issue.objects.select_for_update(of=("self",)).get(pk=issue.pk)
    if row.released_languages():
        raise forms.ValidationError(
            gettext("An edition of this issue is out already. Recall it first, or choose another.")
        )


class CreditInline(RowInline):
    model = Credit
    autocomplete_fields = ["author"]
    fieldsets = [(None, {"fields": [("author", "role", "position"), "post", "organisation"]})]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in {"post_ky", "organisation_ky"}:
            field.help_text = _("Left empty, it is taken from the author’s card as it is now.")
        return field


class ArticlePictureInline(PictureInline):
    model = ArticlePicture
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("file", "position", "is_lead"),
                    "preview",
                    "address",
                    "alt",
                    "caption",
                    "author",
                ]
            },
        )
    ]
    readonly_fields = ["preview", "address"]

    @admin.display(description=_("address for the text"))
    def address(self, obj):
        if not obj.pk:
            return "—"
        return format_html(
            '<input type="text" readonly data-select class="copied-from" value="{}" aria-label="{}">',
            obj.url("original.jpg"),
            gettext("Address of the picture"),
        )


class ArticleFileInline(RowInline):
    model = ArticleFile
    fieldsets = [
        (None, {"fields": [("file", "kind", "language"), ("is_public", "position"), "title"]})
    ]


@admin.register(Article)
class ArticleAdmin(RemarksAdmin, TranslationAdmin, ArticleWordAdmin, ToolsAdmin, PublishableAdmin):
    form = ArticleForm
    list_display = [
        "title_column", "status_column", "waiting_column", "holder_column", "languages_column",
        "issue",
    ]  # fmt: skip
    list_select_related = ["rubric", "issue", "editor", "assignee", "created_by"]
    list_filter = [WorkFilter, "status", "issue", "rubric", "kind", "themes", "is_demo"]
    list_per_page = 50
    search_fields = [
        "title_ky", "title_ru", "slug", "credits__author__name_ky", "credits__author__name_ru",
    ]  # fmt: skip
    search_help_text = _("Title, address or author.")
    ordering = ["-updated_at"]
    autocomplete_fields = [
        "issue", "part_of", "practices", "partners", "themes", "source_partner", "source_project",
        "donor",
    ]  # fmt: skip
    forward_moves = frozenset(
        {
            "submit", "take", "check_facts", "translate", "translated", "accept_translation",
            "proofread", "approve", "unarchive", "resume",
        }
    )  # fmt: skip
    grave_moves = frozenset({"withdraw", "decline"})
    marked_fields = frozenset(
        {"title", "subtitle", "lead", "body", "sources", "credits", "pictures", "files"}
    )
    language_columns = ("translated_from", "stale_fields", "state_ky", "state_ru")
    kept_on_restore = (
        *PublishableAdmin.kept_on_restore, "issue_id", "fact_checker_id", "approved_languages",
        "one_language_reason", "translated_paragraphs", "old_number", "is_demo",
    )  # fmt: skip
    inlines = [CreditInline, ArticlePictureInline, ArticleFileInline]
    fieldsets = [
        (
            _("What it is"),
            {
                "fields": [
                    ("kind", "rubric", "original_language"),
                    "title",
                    "subtitle",
                    "lead",
                ]
            },
        ),
        (_("Authors and helpers"), {"fields": [], "classes": ["rows-credits"]}),
        (_("Pictures"), {"fields": [], "classes": ["rows-pictures"]}),
        (
            _("Text"),
            {
                "fields": ["body", "sources"],
                "description": _(
                    "A footnote: write its words where the note belongs, choose them, then "
                    "“footnote” among the styles. A pull quote or a box: make a quotation, then "
                    "choose its style. Pictures are saved first, then put into the text."
                ),
            },
        ),
        (
            _("Issue and pages"),
            {"fields": [("issue", "first_page", "last_page"), ("part_of", "part")]},
        ),
        (
            _("Task"),
            {"fields": [("due_on", "editor", "assignee"), "editor_note"]},
        ),
        (_("Practices, partners, themes"), {"fields": ["practices", "partners", "themes"]}),
        (_("Files"), {"fields": [], "classes": ["rows-files"]}),
        (
            _("Rights and source"),
            {
                "fields": [
                    ("has_rights", "has_no_personal_data"),
                    ("source_partner", "source_project"),
                    ("donor", "licence"),
                    "one_language_reason",
                ]
            },
        ),
        (
            _("Address and correction"),
            {"fields": [("slug", "old_number"), "correction"]},
        ),
    ]

    class Media:
        css = {"all": ["admin_portal/journal.css"]}

    def work_queues(self):
        return ARTICLE_QUEUES

    def get_queryset(self, request):
        found = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name.endswith("_changelist"):
            return found.defer("body_ky", "body_ru", "body").prefetch_related("credits__author")
        return found

    def get_actions(self, request):
        """Nothing comes out in a heap, ahead of its issue."""
        actions = super().get_actions(request)
        actions.pop("move_publish", None)
        return actions

    def suggestion_label(self, obj):
        return f"{obj.title_in(current_language())} · {obj.get_status_display()}"

    # The form
    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "rubric":
            pk = request.resolver_match.kwargs.get("object_id")
            own = Q(articles=pk) if pk and str(pk).isdigit() else Q()
            field.queryset = field.queryset.filter(Q(is_retired=False) | own).distinct()
        return field

    def get_changeform_initial_data(self, request):
        return {"editor": request.user.pk} | super().get_changeform_initial_data(request)

    def get_form(self, request, obj=None, change=False, **kwargs):
        """The text editor finds the article's own pictures."""
        form = super().get_form(request, obj, change=change, **kwargs)
        for language in LANGUAGES:
            field = form.base_fields.get(f"body_{language}")
            if field is None:
                continue
            address = f"{self._address('pictures', obj)}?language={language}" if obj else None
            config = field.widget.config
            field.widget.config = config | {
                "extensions": config["extensions"] | {"Figure": {"pickerUrl": address}}
            }
        return form

    def save_formset(self, request, form, formset, change):
        """A credit keeps post and organisation of the day it was given."""
        super().save_formset(request, form, formset, change)
        if formset.model is not Credit:
            return
        for credit in formset.new_objects:
            empty = [
                name
                for part in ("post", "organisation")
                for name in (f"{part}_ky", f"{part}_ru")
                if not getattr(credit, name)
            ]
            for name in empty:
                setattr(credit, name, getattr(credit.author, name))
            if empty:
                credit.save(update_fields=empty)

    def buttons(self, request, record):
        """The second language is offered where it is not on its way already."""
        return [
            each
            for each in super().buttons(request, record)
            if each["name"] != "add_language" or record.awaits_second_language
        ]

    def panel(self, request, record):
        """What is missing is told for the step ahead alone, and before the article comes out."""
        steps = [
            step
            for step in record.workflow
            if step.guard
            and record.status in step.sources
            and step.name in self.forward_moves - {"unarchive"}
        ]
        known, groups = set(), []
        wanted = [(step.label, step.guard) for step in steps]
        if record.is_in_hand and all(guard != "missing_for_publication" for _l, guard in wanted):
            approve = transition(record, "approve")
            wanted.append((approve.label, approve.guard))
        for label, guard in wanted:
            items = [each for each in getattr(record, guard)() if each.field not in known]
            known |= {each.field for each in items}
            if items:
                groups.append(
                    {"title": label, "items": [(self.anchor(m.field), m.message) for m in items]}
                )
        return super().panel(request, record) | {"missing": groups}

    def tools(self, request, record):
        found = super().tools(request, record)
        if record.issue_id:
            found.append(
                Tool(
                    gettext("Issue %(issue)s") % {"issue": record.issue},
                    reverse("admin:journal_issue_contents", args=[record.issue_id]),
                )
            )
        return found

    # Pages
    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("board/", view(self.board_view), name="journal_article_board"),
            path(
                "<path:object_id>/pictures/",
                view(self.pictures_view),
                name="journal_article_pictures",
            ),
            *super().get_urls(),
        ]

    def board_view(self, request):
        """Articles in work by stage, with what is overdue and who has it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = board.BoardForm(request.GET or None)
        context = self.admin_site.each_context(request) | {
            "title": gettext("Board of articles"),
            "opts": self.opts,
            "form": form,
            "columns": board.columns(form.found(request.user), request.user),
        }
        return TemplateResponse(request, "admin/journal/board.html", context)

    def pictures_view(self, request, object_id):
        """The article's pictures, for the text editor's window to choose from."""
        record = self._record_or_404(request, object_id)
        language = request.GET.get("language", "")
        language = language if language in LANGUAGES else record.original_language
        context = self.admin_site.each_context(request) | {
            "title": gettext("Pictures of the article"),
            "original": record,
            "is_popup": True,
            "pictures": [
                {
                    "row": picture.edition(language),
                    "src": picture.src,
                    "address": picture.url("original.jpg"),
                }
                for picture in record.pictures.all()
            ],
            "language": language,
        }
        return TemplateResponse(request, "admin/journal/pictures.html", context)

    # Columns
    @admin.display(description=_("title"), ordering="title_ky")
    def title_column(self, obj):
        about = [obj.rubric.name if obj.rubric else "", obj.get_kind_display()]
        return format_html(
            '{} <span class="about">{}</span>',
            obj.title_in(current_language()),
            " · ".join(filter(None, about)),
        )

    @admin.display(description=_("who has it"))
    def holder_column(self, obj):
        return board.holder(obj) or "—"

    @admin.display(description=_("waits"), ordering="status_changed_at")
    def waiting_column(self, obj):
        if obj.status == A.DRAFT and obj.due_on:
            text = gettext("until %(day)s") % {"day": obj.due_on.strftime("%d.%m.%Y")}
        elif obj.due_at is None:
            return "—"
        else:
            days = board.days_in_stage(obj)
            text = ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
        return format_html('<span class="{}">{}</span>', "overdue" if obj.is_overdue else "", text)
