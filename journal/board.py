"""The board of articles: what stands in which stage, who has it, what is overdue."""

from dataclasses import dataclass

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journal.choices import ArticleStatus, CreditRole
from journal.models import Article, Issue, Rubric
from journal.workflow import IN_HAND
from publishing.languages import LANGUAGES, current_language
from publishing.workflow import moves_for

A = ArticleStatus
#: Columns of the board, in the order of the way.
STAGES = (
    A.DRAFT, A.SUBMITTED, A.EDITING, A.AUTHOR_FIX, A.FACT_CHECK, A.TRANSLATION,
    A.TRANSLATION_CHECK, A.PROOF, A.LAYOUT, A.APPROVED,
)  # fmt: skip
#: Steps ahead, drawn on a card.
AHEAD = frozenset(
    {
        "take", "check_facts", "translate", "translated", "accept_translation", "proofread",
        "approve",
    }
)  # fmt: skip
#: Cards drawn in a column; the list has them all.
CARDS_SHOWN = 40


@dataclass(frozen=True)
class Card:
    """One article. languages: those with a text, the original first. step: the move ahead or None."""

    article: Article
    title: str
    holder: str
    days: int
    languages: list[str]
    step: object


@dataclass(frozen=True)
class Column:
    """cards: the overdue first, then the longest in the stage; more: how many are not drawn."""

    status: str
    label: str
    cards: list[Card]
    late: int
    more: int


class BoardForm(forms.Form):
    issue = forms.ModelChoiceField(
        label=_("issue"),
        queryset=Issue.objects.newest_first(),
        required=False,
        empty_label=_("all"),
    )
    rubric = forms.ModelChoiceField(
        label=_("rubric"), queryset=Rubric.objects.all(), required=False, empty_label=_("all")
    )
    mine = forms.BooleanField(label=_("only mine"), required=False)
    late = forms.BooleanField(label=_("only overdue"), required=False)

    def found(self, user):
        """Articles on their way; what was filled in wrongly narrows nothing."""
        wanted = self.cleaned_data if self.is_bound and self.is_valid() else {}
        articles = Article.objects.filter(status__in=STAGES)
        if wanted.get("late"):
            articles = articles.overdue()
        if wanted.get("mine"):
            articles = articles.filter(Q(editor=user) | Q(assignee=user) | Q(created_by=user))
        for name in ("issue", "rubric"):
            if wanted.get(name):
                articles = articles.filter(**{name: wanted[name]})
        return (
            articles.select_related("rubric", "issue", "editor", "assignee", "created_by")
            .prefetch_related("credits__author")
            .order_by("status_changed_at", "pk")
        )


def columns(articles, user) -> list[Column]:
    """Every stage with its cards, the empty ones too."""
    by_stage: dict[str, list[Article]] = {stage: [] for stage in STAGES}
    for article in articles:
        by_stage[article.status].append(article)
    found = []
    for stage, rows in by_stage.items():
        rows.sort(key=lambda article: not article.is_overdue)
        found.append(
            Column(
                status=stage,
                label=A(stage).label,
                cards=[_card(article, user) for article in rows[:CARDS_SHOWN]],
                late=sum(article.is_overdue for article in rows),
                more=max(0, len(rows) - CARDS_SHOWN),
            )
        )
    return found


def _card(article: Article, user) -> Card:
    return Card(
        article=article,
        title=article.title_in(current_language()),
        holder=holder(article),
        days=days_in_stage(article),
        languages=[each for each in LANGUAGES if getattr(article, f"body_{each}")],
        step=next((step for step in moves_for(article, user) if step.name in AHEAD), None),
    )


def days_in_stage(article: Article) -> int:
    return (timezone.now() - article.status_changed_at).days


def holder(article: Article) -> str:
    """Whose step is next, in words; «» where nobody waits."""
    status = article.status
    if status in {A.DRAFT, A.AUTHOR_FIX}:
        return _people(article, CreditRole.AUTHOR) or str(article.created_by or gettext("author"))
    if status == A.TRANSLATION:
        return _people(article, CreditRole.TRANSLATOR) or gettext("translator")
    if status == A.FACT_CHECK:
        if article.editor:
            return gettext("not %(name)s") % {"name": article.editor}
        return gettext("fact checker")
    if status == A.LAYOUT:
        return gettext("layout, chief editor")
    if status in IN_HAND:
        return str(article.editor or article.assignee or gettext("nobody yet"))
    return ""


def _people(article: Article, role: str) -> str:
    return ", ".join(str(credit.author) for credit in article.credits.all() if credit.role == role)
