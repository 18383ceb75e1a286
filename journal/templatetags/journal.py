"""What lines about articles and issues show."""

from django import template
from django.utils.formats import date_format
from django.utils.timezone import localtime

from journal import citation
from journal.models import Cover

register = template.Library()


@register.filter
def page_range(article) -> str:
    """Pages in the printed issue, «12–15»."""
    return citation.page_range(article)


@register.filter
def author_names(article) -> str:
    """«Айгүл Асанова, Бакыт Осмонов», in the language of the edition."""
    return ", ".join(citation.authors(article, article.language))


@register.filter
def where_printed(article) -> str:
    """«№ 9 (179), 2026», or the day where the article stands in no issue that is out."""
    issue = article.issue
    if issue and issue.is_readable:
        return f"№\u00a0{issue.number_text} ({issue.overall_text}), {issue.year}"
    return date_format(localtime(article.published_at)) if article.published_at else ""


@register.filter
def printed_cover(issue) -> Cover | None:
    """The cover that was printed, where there is one."""
    cover = getattr(issue.record, "cover", None)
    return cover if cover and cover.file else None
