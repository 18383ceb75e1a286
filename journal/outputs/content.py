"""What an issue and its articles hold, as data every writer draws from; strings in one language."""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

from django.conf import settings
from django.utils import translation
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from PIL import Image

from journal.choices import ArticleStatus, CreditRole
from journal.models import ISSN, REGISTRATION, Article, Issue
from journal.outputs.texts import PICTURE, story
from journal.workflow import FINISHED
from partners.choices import Licence
from practices.sharing import short_url
from publishing.amounts import number
from publishing.excerpts import glued
from publishing.files import StoredPicture
from publishing.languages import Edition, LanguageState

JOURNAL = "Муниципалитет"
#: The longer side of a picture, in pixels: 300 dots an inch across a column, 145 across a page. The
#: printer gets the pictures as they were handed in, with the package.
PICTURE_SIDE = 1000
#: Stages whose articles stand in no issue.
LEFT_OUT = (ArticleStatus.DECLINED, ArticleStatus.POSTPONED, ArticleStatus.WITHDRAWN)


@dataclass(frozen=True)
class Content:
    """data: what the templates draw. pictures: stored pictures by the name the data give them."""

    data: dict
    pictures: dict[str, StoredPicture] = field(default_factory=dict)

    #: The pictures as JPEG, by name, once they are loaded.
    files: dict[str, bytes] = field(default_factory=dict)

    def load(self, told: Callable[[int, int], None] = lambda done, size: None) -> "Content":
        """Read the pictures; told: called with how many are read and how many there are."""
        for done, (name, picture) in enumerate(self.pictures.items(), 1):
            self.files[name] = jpeg(picture)
            told(done, len(self.pictures))
        return self


def jpeg(picture: StoredPicture) -> bytes:
    """The picture, its longer side PICTURE_SIDE pixels at most."""
    with picture.file.storage.open(picture.file.name) as handle:
        content = handle.read()
    longest = max(picture.width, picture.height)
    if longest <= PICTURE_SIDE:
        return content
    image = Image.open(BytesIO(content), formats=["JPEG"])
    # Both sides as they will be: a decoder asked for a square reads a wide picture in full size.
    share = PICTURE_SIDE / longest
    image.draft("RGB", (int(image.width * share), int(image.height * share)))
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    out = BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


# ---------------------------------------------------------------- an issue


def articles_of(issue: Issue, language: str, *, is_released: bool):
    """Its articles in print order: once released, those that came out; before, all with a text."""
    rows = issue.articles.exclude(status__in=LEFT_OUT).exclude(**{f"title_{language}": ""})
    rows = rows.exclude(**{f"title_{language}": None})
    if is_released:
        rows = rows.filter(**{f"state_{language}": LanguageState.READY}).filter(status__in=FINISHED)
    else:
        rows = rows.exclude(**{f"body_{language}": ""}).exclude(**{f"body_{language}": None})
    return (
        rows.select_related("rubric", "part_of")
        .prefetch_related("pictures", "credits__author", "practices", "parts")
        .in_print_order()
    )


def issue_content(issue: Issue, language: str) -> Content:
    """The edition of the issue in the language."""
    released = issue.edition_of(language)
    is_released = bool(released and released.released_at)
    pictures: dict[str, StoredPicture] = {}
    with translation.override(language):
        edition = issue.edition(language)
        cover = getattr(issue, "cover", None)
        if cover and cover.file:
            pictures["cover.jpg"] = cover
        data = heading(edition) | {
            "is_draft": not is_released,
            "theme": glued(edition.title or issue.original_title),
            "lead": [glued(line) for line in edition.lead.splitlines() if line.strip()],
            "cover": {
                "file": "cover.jpg" if "cover.jpg" in pictures else "",
                "alt": picture_words(cover.edition(language)) if "cover.jpg" in pictures else "",
                "credit": cover.edition(language).author if "cover.jpg" in pictures else "",
            },
            "overall": issue.overall,
            "team": [
                {"name": row.name, "task": capfirst(row.task)}
                for row in (member.edition(language) for member in issue.team.all())
            ],
            "copies": [
                {"group": row.group, "number": number(row.number)}
                for row in (copies.edition(language) for copies in issue.copies.all())
            ],
            "imprint": imprint(issue),
            "articles": [
                article_data(article.edition(language), pictures)
                for article in articles_of(issue, language, is_released=is_released)
            ],
            "labels": labels(),
        }
    return Content(data, pictures)


def heading(edition: Edition) -> dict:
    """How the issue is called: journal, number, months."""
    issue = edition.record
    first, last = issue.months
    months = str(MONTHS[first]).lower()
    if last != first:
        months += f"–{str(MONTHS[last]).lower()}"
    return {
        "journal": JOURNAL,
        "subtitle": _("Popular-science journal of local self-government"),
        "number": f"№\u00a0{issue.number_text.replace('-', '–')}\u00a0({issue.overall_text.replace('-', '–')})",
        "year": str(issue.year),
        "months": _("%(months)s %(year)s") % {"months": months, "year": issue.year},
        "address": settings.SITE_URL.partition("://")[2] + issue_path(issue, edition.language),
        "url": settings.SITE_URL + issue_path(issue, edition.language),
        "uuid": str(issue.uuid),
    }


def issue_path(issue: Issue, language: str) -> str:
    with translation.override(language):
        return issue.get_absolute_url()


def imprint(issue: Issue) -> list[str]:
    lines = [
        f"ISSN\u00a0{ISSN}",
        _(
            "Registered by the Ministry of Justice of the Kyrgyz Republic, certificate no. %(number)s"
        )
        % {"number": REGISTRATION},
    ]
    if issue.print_run:
        lines.append(_("Print run: %(number)s copies") % {"number": number(issue.print_run)})
    if issue.printed_on:
        lines.append(_("Printed on %(date)s") % {"date": day(issue.printed_on)})
    return lines


def labels() -> dict[str, str]:
    return {
        "contents": _("Contents"),
        "theme": _("Theme of the issue"),
        "team": _("The issue was made by"),
        "copies": _("Whom the copies went to"),
        "sources": _("Sources"),
        "practices": _("On the portal"),
        "draft": _("Draft for the editors"),
        "correction": _("Correction"),
        "cover": _("Cover"),
        "imprint": _("Imprint"),
        "notes": _("Notes"),
        "back": _("Back to the text"),
        "landmarks": _("Parts of the book"),
    }


def day(value) -> str:
    return date_format(value, "DATE_FORMAT").replace(" ", "\u00a0")


# ---------------------------------------------------------------- an article


def article_content(article: Article, language: str) -> Content:
    """One article in the language, with the issue it stands in."""
    pictures: dict[str, StoredPicture] = {}
    edition = article.edition_for(language)
    with translation.override(language):
        data = article_data(edition, pictures) | {"labels": labels(), "journal": JOURNAL}
        data["language"] = edition.language
        data["issue"] = heading(article.issue.edition(language)) if article.issue else None
        data["pages"] = pages(article)
        data["imprint"] = licence_lines(article)
    return Content(data, pictures)


def pages(article: Article) -> str:
    """«с. 12–15» of the printed issue, or ""."""
    if not article.first_page:
        return ""
    last = article.last_page
    told = (
        f"{article.first_page}–{last}"
        if last and last > article.first_page
        else str(article.first_page)
    )
    return _("p. %(pages)s") % {"pages": told}


def licence_lines(article: Article) -> list[str]:
    if article.licence == Licence.UNKNOWN:
        return []
    return [f"{_('Licence')}: {article.get_licence_display()}"]


def article_data(edition: Edition, pictures: dict[str, StoredPicture]) -> dict:
    """An article as data; the pictures it shows are put into `pictures`."""
    article, language = edition.record, edition.language
    stored = {str(picture.uuid): picture for picture in article.pictures.all() if picture.file}

    def shown(picture) -> dict:
        name = f"{picture.uuid}.jpg"
        pictures[name] = picture
        row = picture.edition(language)
        return {
            "file": name,
            "alt": row.alt,
            "caption": row.caption,
            "credit": _("Photo: %(name)s") % {"name": row.author} if row.author else "",
        }

    def find(src: str) -> dict | None:
        match = PICTURE.search(src)
        picture = stored.get(match[1]) if match else None
        return shown(picture) if picture else None

    body = story(edition.body, find, default_alt=edition.title)
    lead = next((each for each in stored.values() if each.is_lead), None)
    if lead and any(node.get("file") == f"{lead.uuid}.jpg" for node in body):
        lead = None  # it stands in the text
    return {
        "key": f"a{article.pk}",
        "slug": article.slug,
        "url": settings.SITE_URL + path_of(article, language),
        "rubric": article.rubric.edition(language).name if article.rubric else "",
        "kind": capfirst(article.get_kind_display()),
        "title": glued(edition.title),
        "subtitle": glued(edition.subtitle),
        "lead": glued(" ".join(edition.lead.split())),
        "part": part_of(article),
        "authors": [person(credit, language) for credit in article.credits.all() if credit.role == CreditRole.AUTHOR],
        "credits": further_hands(article, language),
        "picture": shown(lead) | {"alt": picture_words(lead.edition(language)) or edition.title} if lead else None,
        "body": body,
        "sources": [glued(line.strip()) for line in edition.sources.splitlines() if line.strip()],
        "correction": edition.correction,
        "practices": [
            {"title": practice.title_in(language), "address": short_url(practice).partition("://")[2], "url": short_url(practice)}
            for practice in article.practices.all()
            if practice.is_readable
        ],
    }  # fmt: skip


def path_of(article: Article, language: str) -> str:
    with translation.override(language):
        return article.get_absolute_url()


def part_of(article: Article) -> str:
    if not article.part:
        return ""
    first = article.part_of or article
    count = max([first.part or 1, *(each.part or 1 for each in first.parts.all())])
    return _("part %(part)s of %(count)s") % {
        "part": article.part,
        "count": max(count, article.part),
    }


def person(credit, language: str) -> dict:
    row, author = credit.edition(language), credit.author.edition(language)
    about = [part for part in (row.post, row.organisation) if part]
    return {"name": author.name or str(credit.author), "about": ", ".join(about)}


def further_hands(article: Article, language: str) -> list[dict]:
    """Who else worked on the article, by what they did."""
    found: dict[str, list[str]] = {}
    for credit in article.credits.all():
        if credit.role != CreditRole.AUTHOR:
            told = person(credit, language)
            name = told["name"]
            if credit.role == CreditRole.REVIEWER and told["about"]:
                name += f" ({told['about']})"
            found.setdefault(capfirst(credit.get_role_display()), []).append(name)
    return [{"role": role, "names": ", ".join(names)} for role, names in found.items()]


def picture_words(row: Edition) -> str:
    return row.alt or row.caption
