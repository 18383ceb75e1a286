"""Articles can be found: by their words, their authors, their rubric."""

from django.utils.translation import gettext_lazy as _

from journal.citation import authors
from journal.models import Article, Author, Credit, Issue, Rubric
from publishing.richtext import plain_text
from search.places import address_of
from search.registry import About, Document, Kind, register
from themes.models import Theme


class Articles(Kind):
    name, label, model = "article", _("Articles"), Article

    def things(self):
        return (
            Article.objects.published()
            .select_related("rubric", "issue")
            .prefetch_related("themes", "credits__author")
        )

    def about(self, article):
        year = article.issue.year if article.issue else article.published_at.year
        return About(
            published_at=article.published_at,
            changed_at=article.updated_at,
            themes=[theme.slug for theme in article.themes.all()],
            year=year,
        )

    def documents(self, article):
        for language in article.ready_languages:
            text = article.edition(language)
            names = authors(article, language)
            issue = article.issue
            number = f"№\u00a0{issue.number_text}, {issue.year}" if issue else ""
            rubric = article.rubric.edition(language).name if article.rubric else ""
            themes = (getattr(theme, f"name_{language}") or "" for theme in article.themes.all())
            yield Document(
                language=language,
                title=text.title,
                summary=text.lead,
                body="\n".join(filter(None, [text.subtitle, plain_text(text.body), text.sources])),
                keywords=" · ".join(filter(None, [*names, rubric, *themes])),
                path=address_of(article),
                note=", ".join(filter(None, [", ".join(names), number])),
            )

    def watched(self):
        def of(field):
            return lambda row: Article.objects.filter(**{field: row}).values_list("pk", flat=True)

        return {
            Article: lambda article: [article.pk],
            Credit: lambda credit: [credit.article_id],
            Author: of("credits__author"),
            Rubric: of("rubric"),
            Theme: of("themes"),
            Issue: of("issue"),
        }


register(Articles())
