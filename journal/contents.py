"""The contents of an issue in print order, and what each article still lacks."""

import hashlib
from dataclasses import dataclass

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journal.board import days_in_stage, holder
from journal.choices import ArticleStatus
from journal.models import Article, Issue
from journal.workflow import FINISHED
from publishing.languages import LANGUAGES, current_language
from publishing.models import AuditEvent

A = ArticleStatus
#: What may still be put into an issue.
FREE = tuple(each for each in A if each not in {A.PUBLISHED, A.ARCHIVED, A.WITHDRAWN, A.DECLINED})
NUMBERS = ("position", "first_page", "last_page")
MAX_PAGE = 2_000


@dataclass(frozen=True)
class Language:
    """state: «approved» may come out, «text» is written, «stale», «none», «excused» with a reason."""

    code: str
    characters: int
    state: str
    label: str


@dataclass(frozen=True)
class Line:
    """One article of the issue. without_alt: pictures nobody has described in some language."""

    article: Article
    title: str
    holder: str
    days: int
    is_finished: bool
    languages: list[Language]
    pictures: int
    without_alt: int
    fields: dict


def readiness(issue: Issue, form: "ContentsForm") -> list[Line]:
    """A line for each article, in print order."""
    return [_line(article, form) for article in form.articles]


def _line(article: Article, form) -> Line:
    pictures = list(article.pictures.all())
    complete = article.complete_languages()
    return Line(
        article=article,
        title=article.title_in(current_language()),
        holder=holder(article),
        days=days_in_stage(article),
        is_finished=article.status in FINISHED,
        languages=[_language(article, each) for each in LANGUAGES],
        pictures=len(pictures),
        without_alt=sum(
            any(not getattr(picture, f"alt_{each}") for each in complete) for picture in pictures
        ),
        fields={name: form[f"{name}-{article.pk}"] for name in (*NUMBERS, "out")},
    )


def _language(article: Article, language: str) -> Language:
    characters = article.characters(language)
    if language in article.approved_languages:
        state, label = "approved", gettext("approved")
    elif article.stale_fields and language == article.other_language and characters:
        state, label = "stale", gettext("stale")
    elif characters:
        state, label = "text", gettext("written")
    elif article.one_language_reason:
        state, label = "excused", article.one_language_reason
    else:
        state, label = "none", gettext("none")
    return Language(language, characters, state, label)


class ContentsForm(forms.Form):
    """Order, pages, what goes out of the issue and what comes in.

    Fields: position-<pk>, first_page-<pk>, last_page-<pk>, out-<pk>, add; `lock` tells which
    contents the form was opened with.
    """

    add = forms.ModelMultipleChoiceField(
        label=_("Put into the issue"), queryset=Article.objects.none(), required=False
    )

    def __init__(self, data=None, *, issue: Issue):
        super().__init__(data)
        self.issue = issue
        self.released = issue.released_languages()
        for article in self.articles:
            for name in NUMBERS:
                self.fields[f"{name}-{article.pk}"] = forms.IntegerField(
                    label=f"{article._meta.get_field(name).verbose_name}: {article.original_title}",  # noqa: SLF001
                    required=False,
                    min_value=1 if name != "position" else 0,
                    max_value=MAX_PAGE,
                    initial=getattr(article, name),
                )
            self.fields[f"out-{article.pk}"] = forms.BooleanField(
                label=gettext("Take out: %(title)s") % {"title": article.original_title},
                required=False,
                disabled=article.is_readable,
            )
        if self.released:
            del self.fields["add"]
        else:
            self.fields["add"].queryset = (
                Article.objects.filter(issue=None, status__in=FREE)
                .defer("body_ky", "body_ru")
                .order_by("-updated_at")
            )
        self.stored_lock = _lock(self.articles)

    @cached_property
    def articles(self) -> list[Article]:
        return list(
            self.issue.articles.in_print_order()
            .select_related("rubric", "editor", "assignee", "created_by")
            .prefetch_related("credits__author", "pictures")
        )

    def clean(self):
        cleaned = super().clean()
        for article in self.articles:
            first, last = (cleaned.get(f"{name}-{article.pk}") for name in NUMBERS[1:])
            if first and last and last < first:
                self.add_error(
                    f"last_page-{article.pk}", gettext("The last page comes after the first one.")
                )
        if self.data.get("lock") != self.stored_lock:
            raise forms.ValidationError(
                gettext(
                    "Somebody has changed the contents meanwhile: below are your numbers, under "
                    "each the saved one where they differ. Look through them and save again."
                )
            )
        return cleaned

    def save(self, actor) -> None:
        """Write what differs; the issue's row stays locked, so that no release slips between."""
        Issue.objects.select_for_update(of=("self",)).get(pk=self.issue.pk)
        for article in self.articles:
            values = {name: self.cleaned_data[f"{name}-{article.pk}"] for name in NUMBERS}
            values["position"] = values["position"] or 0
            if self.cleaned_data.get(f"out-{article.pk}"):
                values |= {"issue": None, "position": 0, "first_page": None, "last_page": None}
                _record(article, "out_of_issue", actor, self.issue)
            if any(getattr(article, name) != value for name, value in values.items()):
                _write(article, values)
        last = max((article.position for article in self.articles), default=0)
        for number, article in enumerate(self.cleaned_data.get("add", ()), start=1):
            _write(article, {"issue": self.issue, "position": last + number})
            _record(article, "into_issue", actor, self.issue)


def _write(article: Article, values: dict) -> None:
    """These columns alone: somebody may have the article's text open."""
    for name, value in values.items():
        setattr(article, name, value)
    article.version += 1
    article.save(update_fields=[*values, "version", "updated_at"])


def _record(article, action, actor, issue) -> None:
    AuditEvent.record(article, action=action, actor=actor, via="admin", reason=str(issue))


def _lock(articles) -> str:
    rows = [(a.pk, a.position, a.first_page, a.last_page) for a in articles]
    return hashlib.blake2s(repr(sorted(rows)).encode(), digest_size=8).hexdigest()
