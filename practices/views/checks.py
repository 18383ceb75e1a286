"""The page of a check: answered here when signed in, told more of after an answer by one tap."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from people import links
from people.held import holding
from practices import checks
from practices.choices import CheckAnswer
from practices.forms import CheckForm
from practices.models import Check
from publishing.languages import current_language


def came_by_link(request, *args, pk=None, **kwargs) -> bool:
    check = Check.objects.filter(pk=pk).first()
    return bool(check and links.is_open(request, checks.CHECK, check))


@never_cache
@holding(came_by_link)
@require_http_methods(["GET", "HEAD", "POST"])
def check(request, pk):
    """Does it still work? Then: what has changed, why it stopped."""
    record = get_object_or_404(
        Check.objects.select_related(
            "practice__municipality", "adoption__municipality", "adoption__practice"
        ),
        pk=pk,
    )
    is_own = checks.may_answer(record, request.user)
    if not (is_own or links.is_open(request, checks.CHECK, record)):
        raise Http404
    asks_more = not record.answered_at or record.answer != CheckAnswer.WORKS
    held = request.held or {}
    form = CheckForm(
        request.POST or None,
        given=record.answer,
        initial={"note": record.note} | {name: held[name] for name in held},
    )
    if request.method == "POST" and asks_more and form.is_valid():
        _take(request, record, form, via="site" if is_own else "signed_link")
        return redirect("practices:check", record.pk)
    practice = record.practice or record.adoption.practice
    return render(
        request,
        "practices/check.html",
        {
            "check": record,
            "practice": practice.edition_for(current_language()),
            "form": form if asks_more else None,
            "lacks_reason": checks.lacks_reason(record),
            "section": "practices",
        },
    )


def _take(request, record, form, *, via: str) -> None:
    actor = request.user if request.user.is_authenticated else None
    note = form.cleaned_data["note"]
    if record.answered_at:
        checks.tell(record, note, actor=actor, via=via)
        messages.success(request, _("Thank you. It is written down."))
        return
    value = form.cleaned_data["answer"]
    if not checks.answer(record, value, note=note, actor=actor, via=via):
        messages.info(request, _("This has been answered already."))
