"""Staff hold a second factor before they see the admin."""

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _


class StaffSecondFactorMiddleware:
    """Sends staff without a second factor to the page where they add one.

    Only addresses of the admin are looked at, so public pages never touch the session.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.is_on = settings.STAFF_NEEDS_SECOND_FACTOR

    def __call__(self, request):
        if self.is_on and request.path.startswith(reverse("admin:index")):
            user = request.user
            if user.is_authenticated and user.is_staff and not is_mfa_enabled(user):
                messages.warning(
                    request, _("Add a second factor first: the admin opens only with one.")
                )
                return redirect("mfa_index")
        return self.get_response(request)
