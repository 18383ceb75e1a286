"""Signing in and up: a code by e-mail, a password where one is set, and nothing told to strangers."""

import re
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils import translation

from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db
PASSWORD = "чоң-тоо-бийик-77"


def at(name: str, language: str = "ru", **kwargs) -> str:
    with translation.override(language):
        return reverse(name, kwargs=kwargs or None)


def code_in(letter) -> str:
    return re.search(r"^\d{6}$", letter.body, re.MULTILINE)[0]


def confirmed(user, *, primary: bool = True):
    return EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=primary)


@pytest.fixture
def reader(db):
    user = factories.make_user(is_staff=False, email="reader@example.org")
    confirmed(user)
    return user


# ---------------------------------------------------------------- by a code


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_whoever_has_an_account_signs_in_with_a_code(client, reader, language):
    page = client.get(at("account_login", language))
    assert f'<html lang="{language}"' in page.text
    assert 'name="login"' in page.text
    response = client.post(at("account_login", language), {"login": reader.email})
    assert response.url == at("account_confirm_login_code", language)
    [letter] = mail.outbox
    assert letter.to == [reader.email]
    assert code_in(letter) in letter.subject
    assert re.search(r"<h1>\s*\w", client.get(response.url).text)
    response = client.post(response.url, {"code": code_in(letter)})
    assert response.url == at("account_home", language)
    assert reader.email in client.get(response.url).text


def test_code_works_with_blanks_and_not_twice(client, reader):
    client.post(at("account_login"), {"login": reader.email})
    code = code_in(mail.outbox[0])
    confirm = at("account_confirm_login_code")
    assert client.post(confirm, {"code": f" {code[:3]} {code[3:]}"}).url == at("account_home")
    client.logout()
    assert client.post(confirm, {"code": code}).url == at("account_request_login_code")


def test_wrong_code_is_said_so_and_the_third_ends_it(client, reader):
    client.post(at("account_login"), {"login": reader.email})
    wrong = "000000" if code_in(mail.outbox[0]) != "000000" else "111111"
    confirm = at("account_confirm_login_code")
    for _attempt in range(2):
        response = client.post(confirm, {"code": wrong})
        assert response.status_code == 200
        assert "errorlist" in response.text
    asked_anew = at("account_request_login_code")
    assert client.post(confirm, {"code": wrong}).url == asked_anew
    assert client.post(confirm, {"code": code_in(mail.outbox[0])}).url == asked_anew


def test_new_code_is_sent_on_request(client, reader):
    client.post(at("account_login"), {"login": reader.email})
    client.post(at("account_confirm_login_code"), {"action": "resend"})
    assert len(mail.outbox) == 2
    response = client.post(at("account_confirm_login_code"), {"code": code_in(mail.outbox[1])})
    assert response.url == at("account_home")


def test_page_of_the_code_alone_works_too(client, reader):
    assert client.get(at("account_request_login_code")).status_code == 200
    response = client.post(at("account_request_login_code"), {"email": reader.email})
    assert response.url == at("account_confirm_login_code")
    assert len(mail.outbox) == 1


def test_account_made_by_staff_is_confirmed_by_its_first_code(client):
    user = factories.make_user(is_staff=False, email="new@example.org")
    client.post(at("account_login"), {"login": "NEW@example.org"})
    client.post(at("account_confirm_login_code"), {"code": code_in(mail.outbox[0])})
    assert EmailAddress.objects.get(user=user).verified
    assert client.session["_auth_user_id"] == str(user.pk)


def test_blocked_account_gets_no_code(client, reader):
    reader.is_active = False
    reader.save()
    response = client.post(at("account_login"), {"login": reader.email})
    assert response.url == at("account_confirm_login_code")
    assert not re.search(r"\d{6}", "".join(letter.body for letter in mail.outbox))


# ---------------------------------------------------------------- by a password


def test_password_is_optional(client, reader):
    reader.set_password(PASSWORD)
    reader.save()
    response = client.post(at("account_login"), {"login": reader.email, "password": PASSWORD})
    assert response.url == at("account_home")
    assert mail.outbox == []


def test_wrong_password_and_unknown_address_get_the_same_answer(client, reader):
    reader.set_password(PASSWORD)
    reader.save()
    answers = []
    for email in (reader.email, "nobody@example.org"):
        response = client.post(at("account_login"), {"login": email, "password": "не тот"})
        assert response.status_code == 200
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
        answers.append(text.replace(email, ""))
    assert answers[0] == answers[1]
    assert "errorlist" in answers[0]


def test_button_for_the_password_asks_for_one(client, reader):
    response = client.post(at("account_login"), {"login": reader.email, "way": "password"})
    assert response.status_code == 200
    assert "errorlist" in response.text
    assert mail.outbox == []


def test_password_is_set_changed_and_made_anew(client, reader):
    client.force_login(reader)
    assert client.get(at("account_change_password")).url == at("account_set_password")
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    client.post(at("account_set_password"), passwords)
    reader.refresh_from_db()
    assert reader.check_password(PASSWORD)
    other = PASSWORD + "-жаңы"
    client.post(
        at("account_change_password"),
        {"oldpassword": PASSWORD, "password1": other, "password2": other},
    )
    reader.refresh_from_db()
    assert reader.check_password(other)
    assert len(mail.outbox) == 2  # each change is told to the owner
    client.logout()
    mail.outbox.clear()

    response = client.post(at("account_reset_password"), {"email": reader.email})
    assert response.url == at("account_confirm_password_reset_code")
    response = client.post(response.url, {"code": code_in(mail.outbox[0])})
    assert response.url == at("account_complete_password_reset")
    assert client.get(response.url).status_code == 200
    response = client.post(response.url, passwords)
    reader.refresh_from_db()
    assert reader.check_password(PASSWORD)


def test_weak_password_is_refused(client, reader):
    client.force_login(reader)
    response = client.post(at("account_set_password"), {"password1": "12345", "password2": "12345"})
    assert response.status_code == 200
    assert "errorlist" in response.text
    reader.refresh_from_db()
    assert not reader.has_usable_password()


# ---------------------------------------------------------------- signing up


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_new_account_keeps_the_language_of_the_page(client, language):
    response = client.post(at("account_signup", language), {"email": "Aigul@Example.org"})
    assert response.url == at("account_email_verification_sent", language)
    user = User.objects.get(email="aigul@example.org")
    assert user.language == language
    assert not user.is_staff
    assert not user.has_usable_password()
    response = client.post(response.url, {"code": code_in(mail.outbox[0])})
    assert response.url == at("account_home", language)
    assert EmailAddress.objects.get(user=user).verified


def test_code_of_signing_up_is_sent_anew(client):
    client.post(at("account_signup"), {"email": "aigul@example.org"})
    page = at("account_email_verification_sent")
    # One letter in ten seconds; the clock of the ration is the cache's.
    cache.clear()
    client.post(page, {"action": "resend"})
    assert len(mail.outbox) == 2
    assert client.post(page, {"code": code_in(mail.outbox[1])}).url == at("account_home")


def test_mistyped_address_is_given_anew_after_cancelling(client):
    client.post(at("account_signup"), {"email": "aigul@exmaple.org"})
    response = client.post(at("account_logout"), {"next": at("account_login")})
    assert response.url == at("account_login")
    client.post(at("account_signup"), {"email": "aigul@example.org"})
    assert mail.outbox[-1].to == ["aigul@example.org"]


def test_programs_fall_into_the_trap(client):
    page = client.get(at("account_signup"))
    assert 'name="website"' in page.text
    response = client.post(
        at("account_signup"), {"email": "bot@example.org", "website": "http://x.example"}
    )
    assert response.url == at("account_email_verification_sent")
    assert not User.objects.filter(email="bot@example.org").exists()
    assert mail.outbox == []


# ---------------------------------------------------------------- what strangers learn


def test_asking_for_a_code_tells_nobody_who_has_an_account(client, client_b, reader):
    seen = []
    for visitor, email in ((client, reader.email), (client_b, "nobody@example.org")):
        response = visitor.post(at("account_login"), {"login": email}, follow=True)
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
        seen.append((response.redirect_chain, response.status_code, text.replace(email, "")))
    assert seen[0] == seen[1]
    assert [letter.to for letter in mail.outbox] == [[reader.email], ["nobody@example.org"]]
    assert not re.search(r"\d{6}", mail.outbox[1].body)


def test_signing_up_tells_nobody_who_has_an_account(client, client_b, reader):
    seen = []
    for visitor, email in ((client, reader.email), (client_b, "nobody@example.org")):
        response = visitor.post(at("account_signup"), {"email": email}, follow=True)
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
        seen.append((response.redirect_chain, response.status_code, text.replace(email, "")))
    assert seen[0] == seen[1]
    assert User.objects.filter(email=reader.email).count() == 1


def test_new_password_tells_nobody_who_has_an_account(client, client_b, reader):
    seen = []
    for visitor, email in ((client, reader.email), (client_b, "nobody@example.org")):
        response = visitor.post(at("account_reset_password"), {"email": email}, follow=True)
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
        seen.append((response.redirect_chain, response.status_code, text.replace(email, "")))
    assert seen[0] == seen[1]


@pytest.fixture
def client_b():
    from django.test import Client

    return Client()


def test_codes_are_rationed(client, reader):
    for _request in range(3):
        client.post(at("account_request_login_code"), {"email": reader.email})
        client.session.flush()
    assert len(mail.outbox) == 3
    response = client.post(at("account_request_login_code"), {"email": reader.email})
    assert len(mail.outbox) == 3
    assert "errorlist" in response.text


def test_guessing_passwords_is_stopped(client, reader):
    reader.set_password(PASSWORD)
    reader.save()
    for _attempt in range(5):
        client.post(at("account_login"), {"login": reader.email, "password": "не тот"})
    response = client.post(at("account_login"), {"login": reader.email, "password": PASSWORD})
    assert response.status_code == 200
    assert "_auth_user_id" not in client.session


def test_flood_gets_a_page_that_says_so(client):
    for number in range(20):
        client.post(at("account_signup", "ky"), {"email": f"{number}", "website": ""})
    response = client.post(at("account_signup", "ky"), {"email": "21"})
    assert response.status_code == 429
    assert '<html lang="ky"' in response.text


# ---------------------------------------------------------------- where one lands


def test_staff_come_back_to_the_page_of_the_admin_they_asked_for(client, editor):
    confirmed(editor)
    wanted = reverse("admin:practices_practice_changelist") + "?q=суу"
    response = client.get(wanted)
    page = client.get(response.url, follow=True)
    hidden = re.search(r'name="next" value="([^"]+)"', page.text)[1]
    client.post(at("account_login", "ky"), {"login": editor.email, "next": hidden})
    response = client.post(
        at("account_confirm_login_code", "ky"),
        {"code": code_in(mail.outbox[0]), "next": hidden},
    )
    assert response.url.startswith(reverse("admin:practices_practice_changelist"))


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        r"\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
    ],
)
def test_nobody_is_led_to_another_host(client, reader, address):
    reader.set_password(PASSWORD)
    reader.save()
    data = {"login": reader.email, "password": PASSWORD, "next": address}
    assert client.post(at("account_login"), data).url == at("account_home")
    assert client.post(at("account_logout"), {"next": address}).url == at("home")


def test_other_hosts_of_the_portal_are_other_hosts(client, reader, settings):
    settings.ALLOWED_HOSTS = ["testserver", "old.example.org"]
    reader.set_password(PASSWORD)
    reader.save()
    data = {"login": reader.email, "password": PASSWORD, "next": "http://old.example.org/"}
    assert client.post(at("account_login"), data).url == at("account_home")


def test_signing_out_is_a_post(client, reader):
    client.force_login(reader)
    assert client.get(at("account_logout")).status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post(at("account_logout")).url == at("home")
    assert "_auth_user_id" not in client.session


def test_account_page_asks_to_sign_in(client):
    response = client.get(at("account_home", "ky"))
    assert response.url == f"{at('account_login', 'ky')}?next={at('account_home', 'ky')}"


# ---------------------------------------------------------------- addresses


def test_second_address_is_confirmed_by_code_and_made_the_main_one(client, reader):
    client.force_login(reader)
    response = client.post(at("account_email"), {"action_add": "", "email": "second@example.org"})
    assert response.url == at("account_email_verification_sent")
    client.post(response.url, {"code": code_in(mail.outbox[-1])})
    assert "second@example.org" in client.get(at("account_email")).text
    client.post(at("account_email"), {"action_primary": "", "email": "second@example.org"})
    reader.refresh_from_db()
    assert reader.email == "second@example.org"
    client.post(at("account_email"), {"action_remove": "", "email": "reader@example.org"})
    assert [row.email for row in reader.emailaddress_set.all()] == ["second@example.org"]


def test_address_of_another_account_is_not_told(client, reader):
    factories.make_user(is_staff=False, email="taken@example.org")
    client.force_login(reader)
    response = client.post(at("account_email"), {"action_add": "", "email": "taken@example.org"})
    assert response.url == at("account_email_verification_sent")


# ---------------------------------------------------------------- letters and pages


@pytest.mark.parametrize("language", ["ky", "ru"])
@pytest.mark.parametrize("prefix", sorted(
    str(path.relative_to(Path(django_settings.BASE_DIR) / "templates")).removesuffix("_message.txt")
    for path in (Path(django_settings.BASE_DIR) / "templates/account/email").glob("*_message.txt")
    if not path.name.startswith("base_")
))  # fmt: skip
def test_letter_is_plain_text_with_the_portals_address(rf, prefix, language, reader):
    from allauth.account.adapter import get_adapter
    from allauth.core.context import request_context

    request = rf.get(f"/{language}/account/login/")
    with request_context(request), translation.override(language):
        get_adapter().send_mail(
            prefix, "a@example.org", {"code": "123456", "email": "a@example.org"}
        )
    [letter] = mail.outbox
    assert not letter.alternatives
    assert django_settings.SITE_URL in letter.body
    assert "{" not in letter.subject + letter.body
    assert "&" not in letter.subject + letter.body
    assert letter.subject.strip()


def test_letter_to_an_account_is_in_its_language(client, reader):
    reader.language = "ky"
    reader.save()
    client.force_login(reader)
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    client.post(at("account_set_password", "ru"), passwords)
    [letter] = mail.outbox
    assert "/ky/about/" in letter.body


PAGES = [
    "account_login", "account_signup", "account_request_login_code", "account_reset_password",
    "account_inactive",
]  # fmt: skip
OWN_PAGES = [
    "account_home", "account_email", "account_set_password", "account_logout", "mfa_index",
    "mfa_activate_totp", "mfa_add_webauthn", "mfa_list_webauthn",
]  # fmt: skip


@pytest.mark.parametrize("language", ["ky", "ru"])
@pytest.mark.parametrize("name", PAGES + OWN_PAGES)
def test_page_is_the_portals_own_and_kept_by_no_cache(client, reader, name, language):
    if name in OWN_PAGES:
        client.force_login(reader)
    response = client.get(at(name, language))
    assert response.status_code == 200
    assert f'<html lang="{language}"' in response.text
    assert response.text.count("<h1>") == 1
    assert 'class="masthead"' in response.text
    assert "no-store" in response["Cache-Control"]
    assert not re.search(r"<[^>]+\sstyle=|<style|<[^>]+\son\w+=", response.text)
    for script in re.findall(r"<script\b[^>]*>", response.text):
        assert "src=" in script or 'type="application/json"' in script


def test_public_page_touches_no_session(client):
    response = client.get(at("home"))
    assert not response.wsgi_request.session.accessed
    assert response.cookies == {}
    assert "no-store" not in response.get("Cache-Control", "")


def test_session_cookie_is_closed_to_scripts(client, reader, settings):
    reader.set_password(PASSWORD)
    reader.save()
    settings.SESSION_COOKIE_SECURE = True
    response = client.post(at("account_login"), {"login": reader.email, "password": PASSWORD})
    cookie = response.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"
