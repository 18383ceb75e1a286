"""The editorial plan: months beside rubrics, what is planned, what is written, where nothing is."""

from dataclasses import dataclass
from datetime import date

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journal.choices import ArticleStatus
from journal.models import Article, PlanLine, Rubric
from publishing.languages import current_language

MONTHS_SHOWN = 6


@dataclass(frozen=True)
class Cell:
    """What a rubric has for a month. articles: those of the month's issue that no line names."""

    month: date
    rubric: Rubric
    lines: list[PlanLine]
    articles: list[Article]
    is_past: bool

    @property
    def is_near(self) -> bool:
        """This month or the next: a gap here is urgent."""
        return self.month <= shifted(timezone.localdate().replace(day=1), 1)

    @property
    def is_gap(self) -> bool:
        return not (self.lines or self.articles or self.is_past or self.rubric.is_retired)


def month_of(text: str) -> date:
    """«2026-11» → its first day; the present month where it says nothing."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return timezone.localdate().replace(day=1)


def shifted(month: date, by: int) -> date:
    number = month.year * 12 + month.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)


def grid(first: date, count: int = MONTHS_SHOWN) -> tuple[list[date], list[list[Cell]]]:
    """(months, a row of cells for each rubric: those in use, and retired ones that hold something)."""
    months = [shifted(first, step) for step in range(count)]
    lines: dict[tuple, list] = {}
    planned = set()
    found = PlanLine.objects.filter(month__in=months).select_related("owner", "article")
    for line in found.defer("article__body_ky", "article__body_ru"):
        lines.setdefault((line.rubric_id, line.month), []).append(line)
        planned.add(line.article_id)
    articles: dict[tuple, list] = {}
    of_issues = (
        Article.objects.filter(
            issue__year__in={shifted(month, by).year for month in months for by in (-2, 2)},
            rubric__isnull=False,
        )
        .exclude(status__in=(ArticleStatus.DECLINED, ArticleStatus.WITHDRAWN))
        .select_related("issue")
        .defer("body_ky", "body_ru")
        .in_print_order()
    )
    for article in of_issues:
        if article.pk in planned:
            continue
        for month in article.issue.covered():
            articles.setdefault((article.rubric_id, month), []).append(article)
    shown = {pk for pk, month in (*lines, *articles) if month in months}
    today = timezone.localdate().replace(day=1)
    rubrics = Rubric.objects.filter(Q(is_retired=False) | Q(pk__in=shown)).order_by(
        "is_retired", "position", "pk"
    )
    cells = [
        [
            Cell(
                month,
                rubric,
                lines.get((rubric.pk, month), []),
                articles.get((rubric.pk, month), []),
                is_past=month < today,
            )
            for month in months
        ]
        for rubric in rubrics
    ]
    return months, cells


class LineForm(forms.Form):
    """A line typed into its cell, in the language of the page."""

    month = forms.DateField(input_formats=["%Y-%m-%d"], widget=forms.HiddenInput)
    rubric = forms.ModelChoiceField(
        queryset=Rubric.objects.filter(is_retired=False), widget=forms.HiddenInput
    )
    topic = forms.CharField(label=_("topic"), max_length=200)

    def save(self, owner) -> PlanLine:
        topic = {f"topic_{current_language()}": self.cleaned_data["topic"]}
        return PlanLine.objects.create(
            month=self.cleaned_data["month"],
            rubric=self.cleaned_data["rubric"],
            owner=owner,
            **topic,
        )
