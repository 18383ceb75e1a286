"""What an article gives away: a text for WhatsApp, a picture, data for machines."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from journal.choices import ArticleKind, CreditRole
from journal.citation import ISSN, JOURNAL, address, authors, page_range
from journal.models import Article, Issue
from practices.sharing import (
    DESCRIPTION_LIMIT,
    LICENCE_URLS,
    PICTURE,
    WHATSAPP_LIMIT,
    jpeg_of,
    moment,
    script,
)
from publishing.excerpts import excerpt, glued
from publishing.languages import Edition
from publishing.pdf import fingerprint, mark_svg
from publishing.pdf.keeping import kept
from publishing.richtext import plain_text
from themes.ornament import cover_svg, felt

#: Kinds that say something new about their subject; the others tell or announce.
SCHOLARLY = {ArticleKind.ANALYSIS, ArticleKind.LAW, ArticleKind.PRACTICE}


@dataclass(frozen=True)
class Share:
    """For the buttons of a page and for its Open Graph tags; addresses are absolute."""

    text: str
    image_url: str
    description: str


def share(edition: Edition) -> Share:
    """Everything in the edition's own language, so that a message never mixes two."""
    with translation.override(edition.language):
        return Share(whatsapp_text(edition), image_url(edition), description(edition))


def description(edition: Edition) -> str:
    """One line for search engines and previews."""
    return excerpt(glued(edition.lead or plain_text(edition.body)), DESCRIPTION_LIMIT)


def issue_line(issue: Issue) -> str:
    """««Муниципалитет» № 9 (179), 2026»."""
    return f"«{JOURNAL}» №\u00a0{issue.number_text} ({issue.overall_text}), {issue.year}"


def whatsapp_text(edition: Edition) -> str:
    """Title – authors – lead – issue – address, 700 characters at most; the lead gives way."""
    article = edition.record
    with translation.override(edition.language):
        title = glued(" ".join(edition.title.replace("*", "").split()))
        head = f"*{title}*"
        if names := authors(article, edition.language):
            head += f"\n{excerpt(', '.join(names), 160)}"
        if article.is_demo:
            head = f"{_('Demo')}. {head}"
        where = issue_line(article.issue) if article.issue else f"«{JOURNAL}»"
        link = address(article, edition.language)
        room = WHATSAPP_LIMIT - len(head) - len(where) - len(link) - 6
        lead = excerpt(glued(edition.lead or plain_text(edition.body)), max(0, room))
    return "\n\n".join(part for part in (head, lead, where, link) if part)


# --- Picture -------------------------------------------------------------------------------------


def picture_data(edition: Edition) -> dict:
    """Everything the picture shows (practices/share.typ); its digest names the file."""
    article = edition.record
    theme = next(iter(article.themes.all()), None)
    position = theme.position if theme else article.pk % 15 + 1
    with translation.override(edition.language):
        title = glued(" ".join(edition.title.split()))
        names = authors(article, edition.language)
        return {
            "accent": felt(position),
            "cover": cover_svg(position, 0, article.pk % 97, height=190),
            "mark": mark_svg(),
            "portal": _("Portal of best practice of local self-government"),
            "title": title,
            "words": [word for word in title.split() if len(word) < 32],
            "municipality": excerpt(", ".join(names), 70) if names else f"«{JOURNAL}»",
            "line": " · ".join(
                part
                for part in (
                    _("Demo") if article.is_demo else "",
                    issue_line(article.issue) if article.issue else "",
                    article.rubric.edition(edition.language).name if article.rubric else "",
                )
                if part
            ),
        }


def image_url(edition: Edition) -> str:
    """Address of the picture, in the active language; a changed picture has another address."""
    path = reverse("journal:share_image", args=[edition.slug])
    return f"{settings.SITE_URL}{path}?v={fingerprint(PICTURE, picture_data(edition))}"


def share_jpeg(article: Article, language: str) -> bytes:
    """The picture in the language, or in the one there is; drawn once."""
    edition = article.edition_for(language)
    data = picture_data(edition)
    key = f"{article.uuid}-{edition.language}"
    digest = fingerprint(PICTURE, data)
    return kept("share", key, digest, "jpg", lambda: jpeg_of(data, edition.language))


# --- Data for machines ---------------------------------------------------------------------------


def structured_data(edition: Edition) -> str:
    """JSON-LD of the page (schema.org), safe inside <script>."""
    article = edition.record
    page = address(article, edition.language)
    with translation.override(edition.language):
        data = {
            "@context": "https://schema.org",
            "@type": "ScholarlyArticle" if article.kind in SCHOLARLY else "Article",
            "@id": page,
            "headline": edition.title,
            "alternativeHeadline": edition.subtitle,
            "description": description(edition),
            "inLanguage": edition.language,
            "datePublished": moment(article.published_at),
            "dateModified": moment(article.updated_at),
            "image": image_url(edition),
            "license": LICENCE_URLS.get(article.licence, ""),
            "articleSection": article.rubric.edition(edition.language).name
            if article.rubric
            else "",
            "author": [person(credit, edition.language) for credit in of_role(article, "author")],
            "pagination": page_range(article),
            "isPartOf": periodical(article.issue, edition.language),
        }
    return script(data)


def of_role(article: Article, role: str) -> list:
    return [credit for credit in article.credits.all() if credit.role == CreditRole(role)]


def person(credit, language: str) -> dict:
    row, who = credit.edition(language), credit.author.edition(language)
    data = {"@type": "Person", "name": who.name or credit.author.name}
    if row.post:
        data["jobTitle"] = row.post
    if row.organisation:
        data["affiliation"] = {"@type": "Organization", "name": row.organisation}
    return data


def periodical(issue: Issue | None, language: str) -> dict:
    journal = {"@type": "Periodical", "name": JOURNAL, "issn": ISSN}
    if issue is None:
        return journal
    return {
        "@type": "PublicationIssue",
        "issueNumber": f"{issue.number_text} ({issue.overall_text})",
        "datePublished": str(issue.year),
        "isPartOf": journal,
    }


def issue_data(edition: Edition, articles: list[Edition]) -> str:
    """JSON-LD of an issue's page: the issue and what stands in it."""
    issue = edition.record
    with translation.override(edition.language):
        data = {
            "@context": "https://schema.org",
            **periodical(issue, edition.language),
            "@id": settings.SITE_URL + issue.get_absolute_url(),
            "name": edition.title,
            "description": edition.lead,
            "inLanguage": edition.language,
            "datePublished": moment(issue.published_at or timezone.now())[:10],
        }
    return script(data)
