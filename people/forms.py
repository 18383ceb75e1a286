"""Forms of sign-in and of a role in a municipality.

Those of sign-in are allauth's own, made calm: no password asked for, no inline style, digits on a phone.
"""

import re

from allauth.account import forms as account
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from people.limits import is_allowed
from people.models import Membership
from people.phones import PhoneField, normalize_phone, validate_phone
from people.spam import GuardedForm
from places.names import PlaceIndex

EMAIL_ATTRS = {"type": "email", "autocomplete": "email"}
CONTACT_ATTRS = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}


def email_field() -> account.EmailField:
    """Without allauth's placeholder, which says the label once more."""
    return account.EmailField(label=_("E-mail"), widget=forms.TextInput(EMAIL_ATTRS))


def keep_address(user) -> None:
    """The address of an account made by staff gets its row, so that the first code confirms it."""
    if user and user.email:
        EmailAddress.objects.get_or_create(user=user, email=user.email)


def who_may_come(user):
    """A blocked account gets no code: it looks as if there were none."""
    return user if user and user.is_active else None


class ContactField(forms.CharField):
    """An e-mail address or a phone number; the sign @ tells them apart."""

    def __init__(self, **kwargs):
        super().__init__(
            **(
                {
                    "label": _("E-mail or phone"),
                    "max_length": 254,
                    "widget": forms.TextInput(CONTACT_ATTRS),
                    "help_text": _("For example aida@example.org or 0555\u00a0123\u00a0456."),
                }
                | kwargs
            )
        )

    def clean(self, value):
        value = super().clean(value)
        if "@" in value:
            validate_email(value)
            return value.lower()
        if not re.search(r"\d", value):
            raise forms.ValidationError(_("Give an e-mail address or a phone number."))
        validate_phone(value)
        return normalize_phone(value)


def is_phone(contact: str) -> bool:
    return "@" not in contact


def ration(contact: str) -> None:
    """Count one more code for the address or number; whoever has an account or not, all the same."""
    what = "phone_code" if is_phone(contact) else "email_code"
    if not is_allowed(allauth_context.request, what, about=contact):
        raise forms.ValidationError(
            _("Too many codes were asked for today. Try again tomorrow, or choose another way."),
            code="too_many_codes",
        )


class LoginForm(account.LoginForm):
    """One e-mail address or phone: with a password whoever has set one signs in, without it a code is sent."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"] = ContactField()
        self.fields["password"].widget.attrs.pop("placeholder", None)

    def _setup_password_field(self):
        """Allauth drops the field where signing up asks for no password."""
        self.fields["password"].required = False

    def _clean_without_password(self, email, phone):
        cleaned_data = super()._clean_without_password(email, phone)
        if not self.errors:
            ration(email or phone)
            self.user = who_may_come(self.user)
        keep_address(self.user)
        return cleaned_data

    def clean(self):
        if self.data.get("way") == "password" and not self.cleaned_data.get("password"):
            self.add_error("password", _("Enter the password, or ask for a code."))
        return super().clean()


class SignupForm(account.SignupForm):
    """One box for an address or a number, and a field for programs that fill in everything."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"] = ContactField()
        del self.fields["phone"]
        self.fields["website"] = forms.CharField(
            label=_("Leave this empty"),
            required=False,
            template_name="account/trap.html",
            widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"}),
        )

    def clean_email(self):
        """A number goes where allauth looks for it; the e-mail is then empty."""
        contact = self.cleaned_data["email"]
        if not is_phone(contact):
            return super().clean_email()
        self.cleaned_data["phone"] = contact
        return ""

    def clean(self):
        cleaned_data = super().clean()
        contact = cleaned_data.get("phone") or cleaned_data.get("email")
        if contact and not cleaned_data.get("website"):
            ration(contact)
        return cleaned_data

    def try_save(self, request):
        """Two taps at once make one account: the second is told as whoever has one already."""
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:
            self.account_already_exists = True
            return super().try_save(request)


class RequestLoginCodeForm(account.RequestLoginCodeForm):
    email = ContactField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        del self.fields["phone"]

    def clean_email(self):
        contact = self.cleaned_data["email"]
        if is_phone(contact):
            self.cleaned_data["phone"] = contact
            super().clean_phone()
            contact = ""
        else:
            super().clean_email()
        ration(contact or self.cleaned_data["phone"])
        self._user = who_may_come(self._user)
        keep_address(self._user)
        return contact


class ResetPasswordForm(account.ResetPasswordForm):
    email = email_field()

    def clean_email(self):
        email = super().clean_email()
        ration(email)
        return email


class AddEmailForm(account.AddEmailForm):
    email = email_field()

    def clean_email(self):
        email = super().clean_email()
        ration(email)
        return email


class ChangePhoneForm(account.ChangePhoneForm):
    def clean_phone(self):
        phone = super().clean_phone()
        ration(phone)
        return phone


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


class VerifyPhoneForm(DigitsMixin, account.VerifyPhoneForm):
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


# ---------------------------------------------------------------- a role in a municipality


def find_place(text: str):
    """(the municipality, []) or (None, those that may be meant, the likeliest first).

    «Ак-Суу, Ысык-Көл»: the oblast after a comma tells places of one name apart. A slip of the finger
    is never taken for what was meant without asking.
    """
    index = PlaceIndex()
    name, _comma, where = text[:160].partition(",")
    oblast = index.oblast(where) if where.strip() else None
    found, wrong = index.find(name, oblast)
    if found and found.is_current and oblast in (None, found.oblast):
        return found, []
    if wrong == "ambiguous":
        near = index.candidates(name, oblast)
    elif found:
        near = [found, *found.successors.select_related("oblast"), *index.nearest(name)]
    else:
        near = [index.slip_of(name, oblast), *index.nearest(name, oblast), *index.nearest(name)]
    current = [unit for unit in near if unit and unit.is_current]
    return None, list(dict.fromkeys(current))[:8]


class PlacedForm(GuardedForm):
    """Asks for a municipality by its name; of several it may be, one is chosen from a list."""

    place = forms.CharField(
        label=_("Municipality"),
        max_length=160,
        help_text=_("Its name in Kyrgyz or Russian, for example: Кара-Суу."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    municipality = forms.ChoiceField(
        label=_("Which of these is it?"),
        required=False,
        widget=forms.RadioSelect,
        template_name="people/choices.html",
    )
    unknown_place = _(
        "There is no such municipality in the register. Check the name, or write a part less."
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        text = self.data.get(self.add_prefix("place"), "").strip() if self.is_bound else ""
        self.found, near = find_place(text) if text else (None, [])
        self.near = {unit.code: unit for unit in near}
        if self.near:
            self.fields["municipality"].choices = [
                (unit.code, ", ".join(filter(None, [str(unit), unit.region_label])))
                for unit in near
            ]
        else:
            del self.fields["municipality"]

    def clean_place(self):
        """A choice made among the suggestions stands as long as the typed name is the same."""
        if self.cleaned_data["place"] and not (self.found or self.near):
            raise forms.ValidationError(self.unknown_place)
        return self.found

    def clean(self):
        cleaned = super().clean()
        chosen = self.found or self.near.get(cleaned.get("municipality", ""))
        if chosen is None and self.near:
            self.add_error("municipality", _("Choose the municipality from the list."))
            if len(self.near) == 1:
                self.data = self.data.copy()
                self.data[self.add_prefix("municipality")] = next(iter(self.near))
        cleaned["municipality"] = chosen
        return cleaned


class MembershipForm(PlacedForm):
    """Which municipality, which role, and the number the code will come from."""

    role = forms.ChoiceField(label=_("Your role"), choices=[("", "—"), *Membership.Role.choices])
    post = forms.CharField(
        label=_("Your post, as it stands in your papers"), max_length=120, required=False
    )
    phone = PhoneField(
        label=_("Your WhatsApp number"),
        help_text=_("You send the code from this number. Nobody sees it in public."),
    )


class OperatorForm(forms.Form):
    """A message that has come to the Union's number: whose it is, and its words."""

    phone = PhoneField(label=_("Number it came from"))
    text = forms.CharField(
        label=_("Message"),
        max_length=4096,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Paste the whole message: the code is found in it."),
    )


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("The person is told this."),
    )
