"""The second factor: staff hold one in production, and it is asked for whichever way one signs in."""

import base64
import re
import time
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone, translation

from people.roles import CHIEF_EDITOR
from tests import factories

pytestmark = pytest.mark.django_db
PASSWORD = "чоң-тоо-бийик-77"


def at(name: str, language: str = "ru", **kwargs) -> str:
    with translation.override(language):
        return reverse(name, kwargs=kwargs or None)


def digits(secret: str) -> str:
    """What the app on the phone shows now."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def chief(db):
    user = factories.make_user(CHIEF_EDITOR, email="chief@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def in_production(settings):
    settings.STAFF_NEEDS_SECOND_FACTOR = True


def connect_app(client) -> str:
    """Connect the app as its owner would; returns the secret."""
    page = client.get(at("mfa_activate_totp"), follow=True)
    if page.redirect_chain:  # who has a password is asked for it first
        client.post(
            page.redirect_chain[-1][0], {"password": PASSWORD, "next": at("mfa_activate_totp")}
        )
        page = client.get(at("mfa_activate_totp"))
    secret = page.context["form"].secret
    response = client.post(at("mfa_activate_totp"), {"code": digits(secret)})
    assert response.url == at("mfa_view_recovery_codes")
    return secret


def sign_in(client, user):
    return client.post(at("account_login"), {"login": user.email, "password": PASSWORD})


# ---------------------------------------------------------------- staff


def test_staff_without_a_second_factor_are_sent_to_add_one(client, chief, in_production):
    client.force_login(chief)
    for address in (
        reverse("admin:index"),
        reverse("admin:practices_practice_changelist"),
        reverse("admin:practices_practice_add"),
        reverse("admin:jsi18n"),
    ):
        for response in (client.get(address), client.post(address)):
            assert response.status_code == 302
            assert response.url == at("mfa_index", chief.language)
    page = client.get(at("mfa_index"))
    assert 'role="status"' in page.text


def test_second_factor_opens_the_admin(client, chief, in_production):
    client.force_login(chief)
    connect_app(client)
    assert client.get(reverse("admin:index")).status_code == 200


def test_recovery_codes_alone_are_no_second_factor(client, chief, in_production):
    Authenticator.objects.create(
        user=chief, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "x", "used_mask": 0}
    )
    client.force_login(chief)
    assert client.get(reverse("admin:index")).status_code == 302


def test_switching_it_off_closes_the_admin_again(client, chief, in_production):
    client.force_login(chief)
    connect_app(client)
    response = client.post(at("mfa_deactivate_totp"))
    assert response.url == at("mfa_index")
    assert client.get(reverse("admin:index")).status_code == 302


def test_signing_out_of_the_admin_needs_no_second_factor(client, chief, in_production):
    client.force_login(chief)
    client.post(reverse("admin:logout"))
    assert "_auth_user_id" not in client.session


def test_readers_and_public_pages_are_not_asked(client, contributor, in_production):
    response = client.get(at("themes"))
    assert response.status_code == 200
    assert not response.wsgi_request.session.accessed
    client.force_login(contributor)
    assert client.get(at("account_home")).status_code == 200
    assert (
        client.get(reverse("admin:index")).status_code == 302
    )  # to the sign-in page, which refuses


def test_demo_asks_for_none(client, chief):
    client.force_login(chief)
    assert client.get(reverse("admin:index")).status_code == 200


def test_superuser_takes_a_lost_one_off_and_never_sees_its_secret(client, chief):
    client.force_login(chief)
    secret = connect_app(client)
    client.force_login(factories.make_user(is_superuser=True))
    key = Authenticator.objects.get(user=chief, type=Authenticator.Type.TOTP)
    address = reverse("admin:mfa_authenticator_change", args=[key.pk])
    page = client.get(address)
    assert page.status_code == 200
    assert secret not in page.text
    assert client.post(address, {"data": "{}"}).status_code == 403
    client.post(reverse("admin:mfa_authenticator_delete", args=[key.pk]), {"post": "yes"})
    assert not Authenticator.objects.filter(pk=key.pk).exists()


# ---------------------------------------------------------------- signing in with it


def test_it_is_asked_for_after_a_password(client, chief):
    client.force_login(chief)
    secret = connect_app(client)
    client.logout()
    response = sign_in(client, chief)
    assert response.url == at("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.get(reverse("admin:index")).status_code == 302
    response = client.post(at("mfa_authenticate"), {"code": "000"})
    assert response.status_code == 200
    assert "errorlist" in response.text
    cache.clear()  # digits are good once, and these have just connected the app
    response = client.post(at("mfa_authenticate"), {"code": digits(secret)})
    assert response.url == at("account_home")
    assert "_auth_user_id" in client.session


def test_it_is_asked_for_after_a_code_by_mail_too(client, chief):
    client.force_login(chief)
    connect_app(client)
    client.logout()
    mail.outbox.clear()
    client.post(at("account_login"), {"login": chief.email})
    code = re.search(r"^\d{6}$", mail.outbox[0].body, re.MULTILINE)[0]
    response = client.post(at("account_confirm_login_code"), {"code": code})
    assert response.url == at("mfa_authenticate")
    assert "_auth_user_id" not in client.session


def test_it_is_asked_for_after_a_new_password(client, chief):
    client.force_login(chief)
    connect_app(client)
    client.logout()
    mail.outbox.clear()
    client.post(at("account_reset_password"), {"email": chief.email})
    code = re.search(r"^\d{6}$", mail.outbox[0].body, re.MULTILINE)[0]
    client.post(at("account_confirm_password_reset_code"), {"code": code})
    client.post(
        at("account_complete_password_reset"),
        {"password1": PASSWORD + "9", "password2": PASSWORD + "9"},
    )
    assert "_auth_user_id" not in client.session


def test_recovery_code_lets_in_once(client, chief):
    client.force_login(chief)
    connect_app(client)
    page = client.get(at("mfa_view_recovery_codes"))
    codes = re.findall(r"<code>([^<]+)</code>", page.text)
    assert len(codes) == 10
    text = client.get(at("mfa_download_recovery_codes"))
    assert text["Content-Type"].startswith("text/plain")
    assert text.text.split() == codes
    client.logout()
    sign_in(client, chief)
    assert client.post(at("mfa_authenticate"), {"code": codes[0]}).url == at("account_home")
    client.logout()
    sign_in(client, chief)
    assert client.post(at("mfa_authenticate"), {"code": codes[0]}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_guessing_the_code_is_stopped(client, chief):
    client.force_login(chief)
    secret = connect_app(client)
    client.logout()
    sign_in(client, chief)
    for _attempt in range(6):
        client.post(at("mfa_authenticate"), {"code": "000000"})
    client.post(at("mfa_authenticate"), {"code": digits(secret)})
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
def test_change_is_told_to_the_owner(client, chief):
    client.force_login(chief)
    connect_app(client)
    assert {tuple(letter.to) for letter in mail.outbox} == {(chief.email,)}
    assert len(mail.outbox) == 1


def test_password_is_asked_for_before_the_second_factor_is_changed(client, chief):
    sign_in(client, chief)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    response = client.get(at("mfa_activate_totp"))
    assert response.url.startswith(at("account_reauthenticate"))
    assert client.get(response.url).status_code == 200


def test_whoever_has_just_connected_it_sees_the_recovery_codes(client):
    """An account without a password: its owner is not asked for digits that are used up already."""
    client.force_login(factories.make_user(CHIEF_EDITOR))
    connect_app(client)
    page = client.get(at("mfa_view_recovery_codes"))
    assert len(re.findall(r"<code>\d", page.text)) == 10


def test_recovery_codes_are_asked_for_anew_after_a_while(client, chief):
    client.force_login(chief)
    connect_app(client)
    Authenticator.objects.update(created_at=timezone.now() - timedelta(hours=1))
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    for name in ("mfa_view_recovery_codes", "mfa_download_recovery_codes", "mfa_add_webauthn"):
        assert "/reauthenticate/" in client.get(at(name)).url


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_square_code_is_an_image_of_our_own_with_a_white_ground(client, chief, language):
    client.force_login(factories.make_user(CHIEF_EDITOR))  # no password: nothing to ask first
    page = client.get(at("mfa_activate_totp", language))
    assert f'<html lang="{language}"' in page.text
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page.text)[1]
    svg = base64.b64decode(data).decode()
    assert "#fff" in svg
    assert "style" not in svg
    assert page.context["form"].secret in page.text


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_pages_behind_the_second_factor_are_the_portals_own(client, chief, language):
    client.force_login(chief)
    connect_app(client)
    for name in (
        "mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_deactivate_totp",
        "mfa_reauthenticate", "mfa_list_webauthn", "mfa_add_webauthn",
    ):  # fmt: skip
        response = client.get(at(name, language))
        assert response.status_code == 200, name
        assert response.text.count("<h1>") == 1, name
        assert f'<html lang="{language}"' in response.text
        assert "no-store" in response["Cache-Control"], name
        assert not re.search(r"<[^>]+\sstyle=|<style|<[^>]+\son\w+=", response.text), name
        for script in re.findall(r"<script\b[^>]*>", response.text):
            assert "src=" in script or 'type="application/json"' in script, name


def test_new_recovery_codes_replace_the_old(client, chief):
    client.force_login(chief)
    connect_app(client)
    before = client.get(at("mfa_view_recovery_codes")).context["unused_codes"]
    client.post(at("mfa_generate_recovery_codes"))
    after = client.get(at("mfa_view_recovery_codes")).context["unused_codes"]
    assert not set(before) & set(after)


def test_pages_of_a_key_that_is_connected(client, chief):
    other = factories.make_user(email="other@example.org")
    client.force_login(chief)
    connect_app(client)
    key = Authenticator.objects.create(
        user=other, type=Authenticator.Type.WEBAUTHN, data={"name": "k", "credential": {}}
    )
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert client.get(at(name, pk=key.pk)).status_code == 404  # somebody else's
