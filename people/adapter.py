"""How sign-in differs from allauth's own."""

import io
import time
from datetime import timedelta

import segno
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from people import senders
from people.models import User
from people.phones import PhoneField


class AccountAdapter(DefaultAccountAdapter):
    """Keeps the language of the page on the new account and writes letters in the account's."""

    def save_user(self, request, user, form, commit=True):
        user = super().save_user(request, user, form, commit=False)
        # Whoever signs up with a phone has no e-mail; two empty ones would collide.
        user.email = user.email or None
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

    # ------------------------------------------------------------ phones

    def get_login_stages(self):
        own = {"PhoneVerificationStage": "people.stages.PhoneStage",
               "EmailVerificationStage": "people.stages.EmailStage"}  # fmt: skip
        return [own.get(path.rpartition(".")[2], path) for path in super().get_login_stages()]

    def phone_form_field(self, **kwargs):
        return PhoneField(**kwargs)

    def get_user_by_phone(self, phone):
        return User.objects.filter(phone=phone).first()

    def get_phone(self, user):
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user, phone, verified):
        user.phone, user.phone_verified = phone, verified
        if user.pk:
            user.save(update_fields=["phone", "phone_verified"])

    def set_phone_verified(self, user, phone):
        is_new = user.phone != phone
        self.set_phone(user, phone, True)
        if is_new:
            # Whoever holds the number can sign in from now on: the owner is told.
            self.send_notification_mail("account/email/phone_changed", user)

    def send_verification_code_sms(self, user, phone, code, **kwargs):
        is_signed_in = allauth_context.request.user.is_authenticated
        language = user.language
        with translation.override(language):
            text = _(
                "%(code)s is your code for the portal of best practice of local self-government. "
                "Tell it to nobody: neither the editors nor the Union ask for it."
            ) % {"code": code}
        # Colleagues send messages by hand, and would read the code that opens a colleague's account.
        private = user.is_staff and not is_signed_in
        sent = senders.send(phone, text, code=code, language=language, private=private)
        address = EmailAddress.objects.get_primary_email(user) if not sent else None
        if address:
            self.send_mail("account/email/login_code", address, {"user": user, "code": code})

    def send_unknown_account_sms(self, phone, **kwargs):
        text = _(
            "Somebody, most likely you, tried to sign in to the portal of best practice with this "
            "number. There is no account with it. A new one is made here: %(url)s"
        )
        self._tell(phone, text, "account_signup")

    def send_account_already_exists_sms(self, phone):
        text = _(
            "Somebody, most likely you, tried to sign up on the portal of best practice with this "
            "number. You already have an account. Sign in here: %(url)s"
        )
        self._tell(phone, text, "account_login")

    def _tell(self, phone, text, name):
        language = (translation.get_language() or "ky")[:2]
        senders.send(phone, text % {"url": settings.SITE_URL + reverse(name)}, language=language)

    def _get_login_attempts_cache_key(self, request, **credentials):
        """Allauth counts wrong passwords by e-mail alone: all phones together would be one account."""
        phone = credentials.get("phone")
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}{phone}" if phone and not credentials.get("email") else key

    def can_delete_email(self, email_address):
        """The last address stays: allauth would leave an empty one behind."""
        others = EmailAddress.objects.filter(user=email_address.user).exclude(pk=email_address.pk)
        return super().can_delete_email(email_address) and (not email_address.pk or others.exists())

    # ------------------------------------------------------------ afterwards

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
