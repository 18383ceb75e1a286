"""What was sent just after the session had ended: kept until its writer has come in again."""

import re
from functools import wraps

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from people import limits

KEY = "held"
#: Longer than any form of the portal with all its fields filled; a letter of Kyrgyz counts six.
MAX_CHARACTERS = 800_000
LANGUAGE = re.compile(rf"^/(?:{'|'.join(code for code, _name in settings.LANGUAGES)})(?=/)")


def wants_json(request) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def holding(may_enter=lambda request, *args, **kwargs: False):
    """Only for those who are signed in; what somebody else posts is held in their new session, and
    comes to the view as `request.held` when they are back. may_enter: who comes in without an
    account, by a signed link.

    CSRF was checked before the words were held, so they may be kept on the way back, by a GET.
    """

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            request.held = None
            if not request.user.is_authenticated and not may_enter(request, *args, **kwargs):
                return _hold(request)
            request.held = take(request)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _hold(request):
    if wants_json(request):
        address = f"{reverse('account_login')}?next={request.path}"
        words = _("You are signed out. Your text is kept on this phone: sign in, and it is sent.")
        return JsonResponse({"sign_in": address, "message": words}, status=401)
    if request.method == "POST":
        hold(request, request.path)
    return redirect_to_login(request.path)


def hold(request, path: str, posted: QueryDict | None = None) -> bool:
    """Keep what was posted until its writer opens the path; returns whether it could be kept.

    Anybody may post here, so a visitor fills so many sessions an hour and no more.
    """
    body = (request.POST if posted is None else posted).copy()
    body.pop("csrfmiddlewaretoken", None)
    encoded = body.urlencode()
    if not encoded or len(encoded) > MAX_CHARACTERS or not limits.is_allowed(request, "hold"):
        return False
    request.session[KEY] = {"path": path, "body": encoded}
    return True


def look(request) -> QueryDict | None:
    """What is held for this address, in whichever language it was sent from; it stays held."""
    held = request.session.get(KEY)
    if held and LANGUAGE.sub("", held["path"]) == LANGUAGE.sub("", request.path):
        return QueryDict(held["body"])
    return None


def take(request) -> QueryDict | None:
    """What is held for this address, for a GET that now does something with it."""
    held = look(request) if request.method == "GET" else None
    if held is not None:
        del request.session[KEY]
    return held


def too_many(request):
    """The answer to too much in too short a time: what was sent is held until the page is opened again."""
    words = _("Too many in too short a time. Wait a little and try again; your text is kept.")
    if wants_json(request):
        return JsonResponse({"message": words}, status=429)
    posted = request.POST if request.method == "POST" else getattr(request, "held", None)
    is_held = bool(posted) and hold(request, request.path, posted)
    context = {"canonical": "", "held_words": words if is_held else "", "back": request.path}
    return render(request, "429.html", context, status=429)
