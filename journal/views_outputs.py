"""What readers take away: an edition as PDF or EPUB, an article as PDF."""

from dataclasses import dataclass

from django.http import FileResponse, Http404, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from journal.models import Article, Issue, OutputKind
from journal.outputs.making import offered
from journal.outputs.pdf import article_pdf
from publishing.addresses import find
from publishing.languages import current_language

CONTENT_TYPES = {
    OutputKind.PDF: "application/pdf",
    OutputKind.EPUB: "application/epub+zip",
    OutputKind.PACKAGE: "application/zip",
}


@dataclass(frozen=True)
class Offer:
    """A made file on the issue’s page; url: absolute path in the file’s language."""

    kind: str
    language: str
    url: str
    bytes: int
    pages: int | None


def offers(issue: Issue) -> list[Offer]:
    """What readers may take of the released editions, made by the portal."""
    return [
        Offer(
            each.kind,
            each.language,
            file_path(issue, each.kind, each.language),
            each.bytes,
            each.pages,
        )
        for each in offered(issue)
    ]


def file_path(issue: Issue, kind: str, language: str) -> str:
    with translation.override(language):
        return reverse(f"journal:issue_{kind}", args=[issue.slug])


@require_safe
def issue_file(request, slug, kind):
    """The edition in the page's language, once it is released and made."""
    record, detour = find(request, Issue.objects.prefetch_related("editions"), slug)
    if detour:
        return detour
    wanted = (kind, current_language())
    found = next((each for each in offered(record) if (each.kind, each.language) == wanted), None)
    if not found:
        raise Http404
    response = file_response(found)
    response["Cache-Control"] = "public, max-age=60"
    return response


def file_response(output) -> FileResponse:
    try:
        handle = output.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(handle, content_type=CONTENT_TYPES[output.kind])
    is_attached = output.kind != OutputKind.PDF
    response["Content-Disposition"] = content_disposition_header(is_attached, output.filename)
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


@require_safe
def article_file(request, slug):
    """The article as PDF in the page's language, in the original where it has no other."""
    record, detour = find(request, Article.objects.for_detail(), slug)
    if detour:
        return detour
    language = current_language()
    response = HttpResponse(article_pdf(record, language), content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(
        False, f"{record.slug}-{language}.pdf"
    )
    return response
