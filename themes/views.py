"""The drawn emblems and covers, as images that never change."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from themes.ornament import cover_svg, motif_svg

YEAR = 365 * 24 * 60 * 60


def _svg(content: str) -> HttpResponse:
    response = HttpResponse(content, content_type="image/svg+xml")
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


@require_safe
def emblem(request, position):
    if not 1 <= position <= 99:
        raise Http404
    return _svg(motif_svg(position))


@require_safe
def cover(request, position, oblast, seed):
    if not (1 <= position <= 99 and oblast <= 99 and seed <= 999):
        raise Http404
    return _svg(cover_svg(position, oblast, seed))
