"""How sign-in differs from allauth's own."""

import io
import time
from datetime import timedelta

import segno
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme


class AccountAdapter(DefaultAccountAdapter):
    """Keeps the language of the page on the new account and writes letters in the account's."""

    def save_user(self, request, user, form, commit=True):
        user = super().save_user(request, user, form, commit=False)
        user.language = (translation.get_language() or "ky")[:2]
        if commit:
            user.save()
        return user

    def send_mail(self, template_prefix, email, context):
        """To an account in its language; to whoever waits for a code, in that of the page."""
        user = context.get("user")
        language = getattr(user, "language", None) or translation.get_language()
        with translation.override(language):
            super().send_mail(template_prefix, email, context)

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        super().send_notification_mail(
            template_prefix, user, (context or {}) | {"user": user}, email
        )

    def get_password_change_redirect_url(self, request):
        return reverse("account_home")

    def is_reauthentication_required(self, *, app, **kwargs):
        """Whoever came in or connected a factor a few minutes ago is not asked once more."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        request, span = allauth_context.request, app_settings.REAUTHENTICATION_TIMEOUT
        came_in = [row["at"] for row in get_authentication_records(request, request.user)]
        connected = Authenticator.objects.filter(
            user=request.user, created_at__gt=timezone.now() - timedelta(seconds=span)
        ).exclude(type=Authenticator.Type.RECOVERY_CODES)
        return max(came_in, default=0) < time.time() - span and not connected.exists()

    def is_safe_url(self, url):
        """After signing in nobody is led to another host, whatever other hosts the portal answers to."""
        request = allauth_context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )


class SecondFactorAdapter(DefaultMFAAdapter):
    """Draws the code for the app on white, so that a camera reads it on a dark page too."""

    def build_totp_svg(self, url):
        out = io.BytesIO()
        segno.make(url, error="m", micro=False).save(
            out, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False
        )
        return out.getvalue().decode()
