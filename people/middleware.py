"""Staff hold a second factor before they see the admin; private pages are kept by nobody."""

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class StaffSecondFactorMiddleware:
    """Sends staff without a second factor to the page where they add one.

    Only addresses of the admin are looked at, so public pages never touch the session.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if self.is_asked(request):
            with translation.override(request.user.language):
                messages.warning(
                    request, _("Add a second factor first: the admin opens only with one.")
                )
                return redirect("mfa_index")
        return self.get_response(request)

    def is_asked(self, request) -> bool:
        admin = reverse("admin:index")
        return (
            settings.STAFF_NEEDS_SECOND_FACTOR
            and request.path.startswith(admin)
            and request.path != reverse("admin:logout")
            and request.user.is_authenticated
            and request.user.is_staff
            and not is_mfa_enabled(request.user, SECOND_FACTORS)
        )


class PrivatePagesMiddleware:
    """No cache keeps a page of the account, nor any other that was made with a look at the session.

    Stands right inside the session's own middleware.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        is_private = request.session.accessed or request.path.startswith(reverse("account_home"))
        # Nor does it help a view to say «public» when it has looked at the session.
        if is_private and "public" in response.get("Cache-Control", "public"):
            add_never_cache_headers(response)
        return response
