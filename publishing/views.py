"""Files, editors' pages and previews."""

from django.apps import apps
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from people import links
from publishing.addresses import find
from publishing.files import (
    DOCUMENT_TYPES,
    RENDITION_TYPES,
    StoredDocument,
    stored_model,
    stored_path,
)
from publishing.languages import current_language
from publishing.models import Draft, Page, Publishable
from publishing.previews import PREVIEW
from publishing.public_pages import public_page

MONTH = 30 * 24 * 60 * 60


@require_safe
def media(request, label, uuid, filename):
    """A stored file, as long as its record is readable; staff who may see the record see it before."""
    model = stored_model(label)
    if model is None:
        raise Http404
    stored = get_object_or_404(model.objects.select_related(model.owner), uuid=uuid)
    is_public = stored.is_visible()
    if not is_public and not may_see_draft(request, getattr(stored, stored.owner)):
        raise Http404
    if isinstance(stored, StoredDocument):
        name, shown_as = stored.file.name, stored.filename
        content_type = DOCUMENT_TYPES[f".{stored.extension}"]
        inline = stored.extension == "pdf"
    else:
        name, shown_as = stored_path(stored, filename), filename
        content_type = RENDITION_TYPES.get(filename.rpartition(".")[2], "")
        inline = True
    try:
        handle = default_storage.open(name)
    except (FileNotFoundError, SuspiciousFileOperation) as error:
        raise Http404 from error
    response = FileResponse(handle, content_type=content_type or "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(not inline, shown_as)
    # Whatever the file holds, it runs nothing and frames nothing.
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response["Cache-Control"] = (
        f"public, max-age={MONTH}, immutable" if is_public else "private, no-store"
    )
    return response


@public_page
@require_safe
def page(request, slug):
    """A page kept by editors."""
    record, detour = find(request, Page.objects.all(), slug)
    return detour or page_page(request, record)


def page_page(request, record, *, is_preview=False):
    edition = record.edition_for(current_language())
    return render(
        request,
        "publishing/page.html",
        {
            "page": edition,
            "pages": [other.edition_for(current_language()) for other in Page.objects.published()],
            "is_preview": is_preview,
            "section": "about",
        },
    )


def may_see_draft(request, record) -> bool:
    """Whose it is, staff who may see it in the admin, or who came by a signed link that shows it.

    A record may tell whose it is (`is_open_to`) and which links show it (`shown_by_links`).
    """
    user = request.user
    if isinstance(record, Draft):
        return record.is_open_to(user)
    if user.is_authenticated and user.is_staff:
        options = record._meta  # noqa: SLF001
        if user.has_perm(f"{options.app_label}.view_{options.model_name}"):
            return True
    if hasattr(record, "is_open_to") and record.is_open_to(user):
        return True
    purposes = getattr(record, "shown_by_links", (PREVIEW,))
    return any(links.is_open(request, purpose, record) for purpose in purposes)


@never_cache
@require_safe
def preview(request, label, uuid):
    """A record as its page will look, before it is public."""
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        raise Http404 from error
    if not issubclass(model, Publishable):
        raise Http404
    queryset = getattr(model.objects, "for_detail", model.objects.all)()
    record = get_object_or_404(queryset, uuid=uuid)
    if not may_see_draft(request, record):
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise Http404
    response = import_string(model.page_view)(request, record, is_preview=True)
    response["X-Robots-Tag"] = "noindex"
    return response
