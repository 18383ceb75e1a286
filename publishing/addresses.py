"""From an address to the record: the present one, a former one, or one that is gone."""

from django.contrib.contenttypes.models import ContentType
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render

from publishing.models import FormerSlug
from publishing.workflow import Status


def find(request, queryset, slug: str):
    """Return (record, None), or (None, response) where the reader is sent elsewhere.

    301 for an address the record once had, 410 with the kind of reason for a withdrawn one; raises
    Http404 otherwise. Drafts are 404: that they exist is nobody's business.
    """
    record = queryset.readable().filter(slug=slug).first()
    if record:
        return record, None
    model = queryset.model
    former = FormerSlug.objects.filter(
        content_type=ContentType.objects.get_for_model(model), slug=slug
    ).first()
    moved = former and queryset.readable().filter(pk=former.object_id).first()
    if moved:
        return None, HttpResponsePermanentRedirect(moved.get_absolute_url())
    gone = (
        model.objects.filter(status=Status.WITHDRAWN, published_at__isnull=False).filter(
            pk=former.object_id if former else None
        )
        if former
        else model.objects.filter(status=Status.WITHDRAWN, published_at__isnull=False, slug=slug)
    )
    record = gone.first()
    if record:
        return None, gone_response(request, record)
    raise Http404


def gone_response(request, record) -> HttpResponse:
    return render(request, "410.html", {"kind": record.get_withdrawal_kind_display()}, status=410)
