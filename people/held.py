"""What was sent just after the session had ended: kept until its writer has signed in again."""

from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import JsonResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

KEY = "held"
#: Longer than any form of the portal with all its fields filled.
MAX_CHARACTERS = 400_000


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
            held = request.session.get(KEY) if request.method == "GET" else None
            if held and held["path"] == request.path:
                request.held = QueryDict(held["body"])
                del request.session[KEY]
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


def hold(request, path: str) -> None:
    """Keep what was posted until its writer opens the path."""
    body = request.POST.copy()
    body.pop("csrfmiddlewaretoken", None)
    encoded = body.urlencode()
    if len(encoded) <= MAX_CHARACTERS:
        request.session[KEY] = {"path": path, "body": encoded}
