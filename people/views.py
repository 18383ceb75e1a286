"""Signed links: the page a link opens, and the button that uses it."""

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
    """GET says what the link opens and changes nothing (messengers fetch it); POST opens it."""
    if request.method == "POST":
        link = use_link(token=token)
        if link and link.target and link.purpose in PURPOSES:
            request.session[session_key(link.purpose, link.target)] = link.pk
            return redirect(PURPOSES[link.purpose].address(link.target))
    else:
        link = AccessLink.objects.for_token(token).alive().first()
    purpose = PURPOSES.get(link.purpose) if link and link.target else None
    return render(
        request,
        "people/go.html",
        {"link": link if purpose else None, "purpose": purpose},
        status=200 if purpose else 404,
    )
