"""Pages of the journal for its readers."""

from itertools import groupby
from urllib.parse import quote

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dates import MONTHS
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from journal.choices import CreditRole
from journal.citation import bibtex, reference, ris, scholarly_tags
from journal.covers import drawn_cover
from journal.models import ISSN, REGISTRATION, Article, Author, Issue, Rubric
from journal.reading import picture_html, rendered
from journal.sharing import issue_data, share, share_jpeg, structured_data
from journal.views_outputs import offers
from partners.models import Partner
from practices.models import Practice
from publishing.addresses import find
from publishing.languages import Edition, current_language
from publishing.public_pages import public_page

PAGE_SIZE = 30
#: The archive shows the covers of so many years at once, the others by a link.
YEARS_SHOWN = 2
#: A text with fewer headings needs no contents.
HEADINGS_FOR_CONTENTS = 3
NEWEST = 6
NEWEST_ON_HOME = 4
#: By the ending of the file: who writes it, and its type.
CITED_AS = {
    "bib": (bibtex, "application/x-bibtex"),
    "ris": (ris, "application/x-research-info-systems"),
}


# ---------------------------------------------------------------- what lists show


def lines(articles) -> list[Edition]:
    """Articles as lists show them, in the language of the page where they have it."""
    language = current_language()
    return [article.edition_for(language) for article in articles]


def months_of(issue: Issue) -> str:
    """«september», «july–august»."""
    first, last = issue.months
    names = [str(MONTHS[month]).lower() for month in dict.fromkeys((first, last))]
    return "–".join(names)


def shown_issue(issue: Issue) -> dict:
    """What a cover in the archive needs: {issue, months}."""
    return {"issue": issue.edition_for(current_language()), "months": months_of(issue)}


def rubrics_with_counts() -> list[Rubric]:
    """Rubrics that have published articles, each with articles_count."""
    counted = Count(
        "articles",
        filter=Q(articles__in=Article.objects.published().order_by().values("pk")),
    )
    return list(Rubric.objects.annotate(articles_count=counted).filter(articles_count__gt=0))


def preview_or(record, *, is_preview: bool) -> Edition:
    """The edition for the page: of what is not out yet, the language asked for where it is written."""
    language = current_language()
    if is_preview and getattr(record, f"title_{language}"):
        return record.edition(language)
    return record.edition_for(language)


def newest_in_journal() -> dict:
    """For the first page of the portal: {articles, latest_issue}. Two queries."""
    newest = Article.objects.published().without_text().select_related("rubric")
    return {
        "articles": lines(newest.order_by("-published_at", "-pk")[:NEWEST_ON_HOME]),
        "latest_issue": Issue.objects.published().newest_first().first(),
    }


# ---------------------------------------------------------------- archive and issue


@public_page(query=("year",))
@require_safe
def archive(request):
    """Issues by years with their covers; the years before the last two by a link."""
    issues = Issue.objects.readable().newest_first()
    years = list(issues.order_by("-year").values_list("year", flat=True).distinct())
    asked = request.GET.get("year", "")
    shown = [int(asked)] if asked.isdecimal() and int(asked) in years else years[:YEARS_SHOWN]
    found = issues.filter(year__in=shown).select_related("cover").defer("lead_ky", "lead_ru")
    newest = Article.objects.published().for_list().order_by("-published_at", "-pk")[:NEWEST]
    return render(
        request,
        "journal/archive.html",
        {
            "years": years,
            "shown": shown,
            "is_chosen": bool(asked) and len(shown) == 1,
            "groups": [
                (year, [shown_issue(issue) for issue in group])
                for year, group in groupby(found, key=lambda issue: issue.year)
            ],
            "newest": lines(newest),
            "rubrics": rubrics_with_counts(),
            "issn": ISSN,
            "registration": REGISTRATION,
            "section": "journal",
        },
    )


@public_page
@require_safe
def issue(request, slug):
    record, detour = find(request, Issue.objects.for_detail(), slug)
    return detour or issue_page(request, record)


def issue_page(request, record, *, is_preview=False):
    """An issue's page, for readers and for previews."""
    edition = preview_or(record, is_preview=is_preview)
    articles = record.articles.all() if is_preview else record.articles.readable()
    contents = [
        preview_or(article, is_preview=is_preview)
        for article in articles.for_list().in_print_order()
    ]
    issues = Issue.objects.readable().only("slug", "year", "number", "last_number", "overall")
    before = Q(year__lt=record.year) | Q(year=record.year, number__lt=record.number)
    after = Q(year__gt=record.year) | Q(year=record.year, number__gt=record.number)
    return render(
        request,
        "journal/issue.html",
        {
            **shown_issue(record),
            "issue": edition,
            "is_preview": is_preview,
            "contents": contents,
            "editions": [each for each in record.editions.all() if each.file and each.is_visible()],
            "released": [each for each in record.editions.all() if each.released_at],
            "offers": sorted(
                offers(record),
                key=lambda each: (each.language != edition.language, each.kind != "pdf"),
            ),
            "team": [each.edition(edition.language) for each in record.team.all()],
            "copies": [each.edition(edition.language) for each in record.copies.all()],
            "previous": issues.filter(before).order_by("-year", "-number").first(),
            "next": issues.filter(after).order_by("year", "number").first(),
            "structured_data": issue_data(edition, contents),
            "issn": ISSN,
            "registration": REGISTRATION,
            "section": "journal",
        },
    )


@public_page
@require_safe
def cover(request, slug):
    """The drawn cover of an issue, in the language of the page."""
    record = get_object_or_404(Issue.objects.readable(), slug=slug)
    language = record.language_for(current_language())
    return HttpResponse(drawn_cover(record, language), content_type="image/svg+xml")


# ---------------------------------------------------------------- article


@public_page
@require_safe
def article(request, slug):
    record, detour = find(request, Article.objects.for_detail(), slug)
    return detour or article_page(request, record)


def article_page(request, record, *, is_preview=False):
    """An article's page, for readers and for previews."""
    edition = preview_or(record, is_preview=is_preview)
    language = edition.language
    text = rendered(edition)
    lead = next((each for each in record.pictures.all() if each.is_lead), None)
    headings = [each for each in text.headings if each.level == 2]
    pdf_url = "" if is_preview else reverse("journal:article_pdf", args=[record.slug])
    issue_of = record.issue if record.issue and record.issue.is_readable else None
    siblings = neighbours(record) if issue_of else (None, None)
    partners = Partner.objects.published()
    mentioned = partners.filter(Q(mentioned_in=record) | Q(pk=record.source_partner_id)).distinct()
    return render(
        request,
        "journal/article.html",
        {
            "article": edition,
            "issue": issue_of,
            "is_preview": is_preview,
            "text": text,
            "headings": headings if len(headings) >= HEADINGS_FOR_CONTENTS else [],
            "lead_picture": lead and lead.edition(language),
            "lead_html": lead and picture_html(lead, language, is_lazy=False),
            "authors": credits_of(record, language, CreditRole.AUTHOR),
            "helpers": [
                (role.label, credits_of(record, language, role))
                for role in (CreditRole.REVIEWER, CreditRole.PHOTO, CreditRole.TRANSLATOR)
                if any(credit.role == role for credit in record.credits.all())
            ],
            "minutes": record.minutes(language),
            "chain": [each.edition_for(language) for each in chain_of(record)],
            "previous": siblings[0],
            "next": siblings[1],
            "practices": lines(
                Practice.objects.published().filter(articles=record).select_related("municipality")
            ),
            "partners": lines(mentioned),
            "files": [each for each in record.files.all() if each.is_public and each.is_visible()],
            "reference": reference(edition),
            "share": share(edition),
            "pdf_url": pdf_url,
            "tags": scholarly_tags(edition, pdf_url=pdf_url and settings.SITE_URL + pdf_url),
            "structured_data": structured_data(edition),
            "section": "journal",
        },
    )


def credits_of(record: Article, language: str, role: str) -> list[dict]:
    """[{name, url, post, organisation}]: as the person was when the article came out."""
    found = []
    for credit in record.credits.all():
        if credit.role == role:
            row, author = credit.edition(language), credit.author
            found.append(
                {
                    "name": author.edition(language).name or author.name,
                    "url": author.get_absolute_url(),
                    "post": row.post,
                    "organisation": row.organisation,
                }
            )
    return found


def chain_of(record: Article) -> list[Article]:
    """The parts a reader may open, or nothing where the article stands alone."""
    first = record.part_of_id or record.pk
    parts = Article.objects.readable().without_text().filter(Q(pk=first) | Q(part_of=first))
    found = sorted(parts, key=lambda each: (each.pk != first, each.part or 0, each.pk))
    return found if len(found) > 1 else []


def neighbours(record: Article) -> tuple[Edition | None, Edition | None]:
    """The articles before and after in print order."""
    rows = list(record.issue.articles.readable().without_text().in_print_order())
    at = next((n for n, each in enumerate(rows) if each.pk == record.pk), None)
    if at is None:
        return None, None
    language = current_language()
    pair = (rows[at - 1] if at else None, rows[at + 1] if at + 1 < len(rows) else None)
    return tuple(each and each.edition_for(language) for each in pair)


@public_page
@require_safe
def cite(request, slug, suffix):
    """The article as a record of BibTeX (.bib) or RIS (.ris), to take away."""
    if suffix not in CITED_AS:
        raise Http404
    record, detour = find(request, Article.objects.for_detail(), slug)
    if detour:
        return detour
    write, kind = CITED_AS[suffix]
    content = write(record.edition_for(current_language()))
    response = HttpResponse(content, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"{record.slug}.{suffix}")
    return response


@require_safe
def whatsapp(request, slug):
    """To WhatsApp with the ready text."""
    record, detour = find(request, Article.objects.for_detail(), slug)
    if detour:
        return detour
    text = share(record.edition_for(current_language())).text
    return redirect(f"https://wa.me/?text={quote(text)}")


@require_safe
def share_image(request, slug):
    """The JPEG that messengers show beside the link."""
    record = get_object_or_404(Article.objects.for_detail().readable(), slug=slug)
    response = HttpResponse(share_jpeg(record, current_language()), content_type="image/jpeg")
    response["Cache-Control"] = "public, max-age=86400"
    return response


# ---------------------------------------------------------------- rubrics and authors


@public_page(query=("page",))
@require_safe
def rubric(request, slug):
    subject = get_object_or_404(Rubric, slug=slug)
    articles = subject.articles.published().for_list().order_by("-published_at", "-pk")
    page = Paginator(articles, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "journal/rubric.html",
        {
            "rubric": subject,
            "articles": lines(page.object_list),
            "page": page,
            "pages": page_links(page),
            "section": "journal",
        },
    )


def page_links(page) -> list[tuple]:
    return [
        (number, f"?page={number}" if isinstance(number, int) else "")
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=1)
    ]


def published_authors():
    """Who has written something that readers may open, each with articles_count."""
    counted = Count(
        "credits__article",
        distinct=True,
        filter=Q(
            credits__role=CreditRole.AUTHOR,
            credits__article__in=Article.objects.readable().order_by().values("pk"),
        ),
    )
    return Author.objects.annotate(articles_count=counted).filter(articles_count__gt=0)


@public_page
@require_safe
def authors(request):
    return render(
        request, "journal/authors.html", {"authors": published_authors(), "section": "journal"}
    )


@public_page(query=("page",))
@require_safe
def author(request, slug):
    """What a person has written for the journal; nobody has a page who has written nothing yet."""
    person = get_object_or_404(Author, slug=slug)
    written = Article.objects.readable().filter(
        credits__author=person, credits__role=CreditRole.AUTHOR
    )
    page = Paginator(written.for_list().order_by("-published_at", "-pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    if not page.paginator.count:
        raise Http404
    return render(
        request,
        "journal/author.html",
        {
            "author": person,
            "articles": lines(page.object_list),
            "page": page,
            "pages": page_links(page),
            "section": "journal",
        },
    )
