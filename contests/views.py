"""Pages of contests for their readers."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from contests.models import Contest
from publishing.addresses import find
from publishing.languages import current_language
from publishing.public_pages import public_page


@public_page
@require_safe
def contest_list(request):
    """What is open now, and what has been decided."""
    contests = Contest.objects.published()
    return render(
        request,
        "contests/list.html",
        {"contests": [each.edition_for(current_language()) for each in contests]}
        | {"section": "contests"},
    )


@public_page
@require_safe
def contest(request, slug):
    record, detour = find(request, Contest.objects.all(), slug)
    return detour or contest_page(request, record)


def contest_page(request, record, *, is_preview=False):
    edition = record.edition_for(current_language())
    context = {"contest": record, "edition": edition, "is_preview": is_preview}
    return render(request, "contests/contest.html", context | {"section": "contests"})
