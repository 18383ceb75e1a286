"""Signed links: the page a link opens, and the button that uses it."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from people.actions import use_link
from people.links import PURPOSES, session_key
from people.models import AccessLink


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def go(request, token) -> HttpResponse:
    """GET says what the link opens and changes nothing (messengers fetch it); POST opens it.

    Where the link asks a question, the button is the answer: the link is used with one only.
    """
    link = AccessLink.objects.for_token(token).alive().first()
    purpose = PURPOSES.get(link.purpose) if link and link.target else None
    if request.method == "POST" and purpose:
        answer = request.POST.get("answer", "")
        if not purpose.answers or answer in dict(purpose.answers):
            link = _use(token, purpose, answer)
            if link:
                request.session[session_key(link.purpose, link.target)] = link.pk
                return redirect(purpose.address(link.target))
            purpose = None  # used up or revoked between the two looks
    return render(
        request,
        "people/go.html",
        {
            "link": link if purpose else None,
            "purpose": purpose,
            "about": purpose.about(link.target) if purpose else "",
        },
        status=200 if purpose else 404,
    )


@transaction.atomic
def _use(token, purpose, answer) -> AccessLink | None:
    """Use the link and give its answer: both or neither."""
    link = use_link(token=token)
    if link and purpose.answers:
        purpose.act(link.target, answer)
    return link
