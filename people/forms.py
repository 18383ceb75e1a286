"""Forms of sign-in: allauth's own, made calm: no password asked for, no inline style, digits on a phone."""

from allauth.account import forms as account
from allauth.account.models import EmailAddress
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

EMAIL_ATTRS = {"type": "email", "autocomplete": "email"}


def email_field() -> account.EmailField:
    """Without allauth's placeholder, which says the label once more."""
    return account.EmailField(label=_("E-mail"), widget=forms.TextInput(EMAIL_ATTRS))


def keep_address(user) -> None:
    """The address of an account made by staff gets its row, so that the first code confirms it."""
    if user and user.email:
        EmailAddress.objects.get_or_create(user=user, email=user.email)


class LoginForm(account.LoginForm):
    """One e-mail address: with a password whoever has set one signs in, without it a code is sent."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"] = email_field()
        self.fields["password"].widget.attrs.pop("placeholder", None)

    def _setup_password_field(self):
        """Allauth drops the field where signing up asks for no password."""
        self.fields["password"].required = False

    def _clean_without_password(self, email, phone):
        cleaned_data = super()._clean_without_password(email, phone)
        keep_address(self.user)
        return cleaned_data

    def clean(self):
        if self.data.get("way") == "password" and not self.cleaned_data.get("password"):
            self.add_error("password", _("Enter the password, or ask for a code."))
        return super().clean()


class SignupForm(account.SignupForm):
    """An address and a field for programs that fill in everything."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"] = email_field()
        self.fields["website"] = forms.CharField(
            label=_("Leave this empty"),
            required=False,
            template_name="account/trap.html",
            widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"}),
        )


class RequestLoginCodeForm(account.RequestLoginCodeForm):
    email = email_field()

    def clean_email(self):
        email = super().clean_email()
        keep_address(self._user)
        return email


class ResetPasswordForm(account.ResetPasswordForm):
    email = email_field()


class AddEmailForm(account.AddEmailForm):
    email = email_field()


class PlainMixin:
    """Without allauth's placeholders, which say the labels once more."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class ChangePasswordForm(PlainMixin, account.ChangePasswordForm):
    pass


class SetPasswordForm(PlainMixin, account.SetPasswordForm):
    pass


class NewPasswordForm(PlainMixin, account.ResetPasswordKeyForm):
    pass


class PasswordAgainForm(PlainMixin, account.ReauthenticateForm):
    pass


class DigitsMixin:
    """A code of digits: a phone shows its number pad and offers the code it has just received."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].widget.attrs = {
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "autofocus": True,
        }


class ConfirmLoginCodeForm(DigitsMixin, account.ConfirmLoginCodeForm):
    pass


class ConfirmEmailVerificationCodeForm(DigitsMixin, account.ConfirmEmailVerificationCodeForm):
    pass


class ConfirmPasswordResetCodeForm(DigitsMixin, account.ConfirmPasswordResetCodeForm):
    pass


class AuthenticateForm(DigitsMixin, mfa.AuthenticateForm):
    pass


class SecondFactorAgainForm(DigitsMixin, mfa.ReauthenticateForm):
    pass


class ConnectAppForm(DigitsMixin, ActivateTOTPForm):
    pass


class ConnectKeyForm(AddWebAuthnForm):
    """A key with a name by which its owner knows it again."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the key")
        self.fields["passwordless"].label = _("Sign in with this key alone")
        self.fields["passwordless"].help_text = _(
            "Then neither a code nor a password is asked for; the key asks for your fingerprint or PIN."
        )


class RenameKeyForm(EditWebAuthnForm):
    name = forms.CharField(label=_("Name of the key"), max_length=100)
