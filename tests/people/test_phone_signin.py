"""Signing in and up by phone: a code that comes there, and nothing told to strangers."""

import re
import threading

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from people.models import DeskMessage, User
from tests import factories

pytestmark = pytest.mark.django_db
PHONE, OTHER = "+996555123456", "+996700987654"
PASSWORD = "чоң-тоо-бийик-77"


def at(name: str, language: str = "ru") -> str:
    with translation.override(language):
        return reverse(name)


def code_to(phone: str) -> str:
    message = DeskMessage.objects.filter(phone=phone).latest("pk")
    return re.search(r"(?<!\d)\d{6}(?!\d)", message.text)[0]


def told(response, *secrets: str) -> str:
    """The page without what differs for every visitor."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.text)
    for secret in secrets:
        text = text.replace(secret, "")
    return text


@pytest.fixture
def villager():
    """Known by a confirmed phone alone."""
    return User.objects.create_user(phone=PHONE, phone_verified=True, language="ru")


# ---------------------------------------------------------------- the one box


@pytest.mark.parametrize("language", ["ky", "ru"])
@pytest.mark.parametrize("typed", ["0555 12-34-56", "+996 555 123 456", "996555123456"])
def test_number_as_typed_signs_in(client, villager, language, typed):
    response = client.post(at("account_login", language), {"login": typed})
    assert response.url == at("account_confirm_login_code", language)
    assert "+996\xa0555\xa0123\xa0456" in client.get(response.url).text
    response = client.post(response.url, {"code": code_to(PHONE)})
    assert response.url == at("account_home", language)
    assert client.session["_auth_user_id"] == str(villager.pk)
    assert mail.outbox == []


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_number_signs_up(client, language):
    page = client.get(at("account_signup", language))
    assert page.text.count("required") == 1  # one box, not two
    response = client.post(at("account_signup", language), {"email": "0555 123 456"})
    assert response.url == at("account_verify_phone", language)
    user = User.objects.get(phone=PHONE)
    assert (user.email, user.phone_verified, user.language) == (None, False, language)
    assert re.search(r"<h1>\s*\w", client.get(response.url).text)
    response = client.post(response.url, {"code": code_to(PHONE)})
    assert response.url == at("account_home", language)
    user.refresh_from_db()
    assert user.phone_verified
    assert client.get(response.url).status_code == 200


def test_page_of_the_code_alone_takes_a_number_too(client, villager):
    response = client.post(at("account_request_login_code"), {"email": "0555123456"})
    assert response.url == at("account_confirm_login_code")
    assert client.post(response.url, {"code": code_to(PHONE)}).url == at("account_home")


@pytest.mark.parametrize("typed", ["", "  ", "aigul", "aigul@", "12", "0555 12 34 5x", "+0555123456", "a\x00b@c.kg"])  # fmt: skip
@pytest.mark.parametrize(("page", "field"), [("account_login", "login"), ("account_signup", "email"), ("account_request_login_code", "email")])  # fmt: skip
def test_what_is_neither_is_refused_beside_the_box(client, typed, page, field):
    response = client.post(at(page), {field: typed})
    assert response.status_code == 200
    assert "errorlist" in response.text
    assert not User.objects.exists()
    assert not DeskMessage.objects.exists()


def test_account_made_by_staff_is_confirmed_by_its_first_code(client):
    user = factories.make_user(is_staff=False, email="a@example.org", phone=PHONE)
    client.post(at("account_login"), {"login": PHONE})
    response = client.post(at("account_confirm_login_code"), {"code": code_to(PHONE)})
    assert response.url == at("account_home")
    user.refresh_from_db()
    assert user.phone_verified


def test_number_that_staff_have_typed_is_in_nobodys_way(client):
    """Whoever comes by a confirmed address is not asked for the code of the phone as well."""
    user = factories.make_user(is_staff=False, email="a@example.org", phone=PHONE)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.post(at("account_login"), {"login": user.email})
    code = re.search(r"^\d{6}$", mail.outbox[0].body, re.MULTILINE)[0]
    response = client.post(at("account_confirm_login_code"), {"code": code})
    assert response.url == at("account_home")
    assert not DeskMessage.objects.exists()


def test_unconfirmed_address_does_not_open_by_a_confirmed_phone(client, villager):
    """A password with an address asks for the code of that very address."""
    EmailAddress.objects.create(user=villager, email="new@example.org", primary=True)
    villager.email = "new@example.org"
    villager.set_password(PASSWORD)
    villager.save()
    response = client.post(at("account_login"), {"login": "new@example.org", "password": PASSWORD})
    assert response.url == at("account_email_verification_sent")
    assert "_auth_user_id" not in client.session


def test_password_works_with_a_number(client, villager):
    villager.set_password(PASSWORD)
    villager.save()
    wrong = client.post(at("account_login"), {"login": PHONE, "password": "не тот"})
    assert "errorlist" in wrong.text
    response = client.post(at("account_login"), {"login": "0555123456", "password": PASSWORD})
    assert response.url == at("account_home")


def test_wrong_passwords_of_one_number_lock_no_other(client, villager):
    villager.set_password(PASSWORD)
    villager.save()
    for _attempt in range(6):
        client.post(at("account_login"), {"login": OTHER, "password": "не тот"})
    locked = client.post(at("account_login"), {"login": OTHER, "password": "не тот"})
    assert "errorlist" in locked.text
    response = client.post(at("account_login"), {"login": PHONE, "password": PASSWORD})
    assert response.url == at("account_home")


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])  # fmt: skip
def test_nobody_is_led_to_another_host(client, villager, address):
    client.post(at("account_login"), {"login": PHONE, "next": address})
    response = client.post(
        at("account_confirm_login_code"), {"code": code_to(PHONE), "next": address}
    )
    assert response.url == at("account_home")


# ---------------------------------------------------------------- codes


def test_code_works_once(client, villager):
    client.post(at("account_login"), {"login": PHONE})
    code = code_to(PHONE)
    client.post(at("account_confirm_login_code"), {"code": code})
    client.logout()
    again = client.post(at("account_confirm_login_code"), {"code": code})
    assert again.url == at("account_request_login_code")


def test_code_of_another_session_opens_nothing(client, villager):
    client.post(at("account_login"), {"login": PHONE})
    stranger = Client()
    User.objects.create_user(phone=OTHER, phone_verified=True)
    stranger.post(at("account_login"), {"login": OTHER})
    first, second = code_to(PHONE), code_to(OTHER)
    if first != second:
        assert stranger.post(at("account_confirm_login_code"), {"code": first}).status_code == 200
    assert "_auth_user_id" not in stranger.session


def test_three_wrong_codes_end_it(client, villager):
    client.post(at("account_login"), {"login": PHONE})
    code = code_to(PHONE)
    wrong = "000000" if code != "000000" else "111111"
    for _attempt in range(3):
        client.post(at("account_confirm_login_code"), {"code": wrong})
    response = client.post(at("account_confirm_login_code"), {"code": code})
    assert response.url == at("account_request_login_code")


def test_code_expires(client, villager, settings):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.post(at("account_login"), {"login": PHONE})
        clock.shift(settings.CODE_MINUTES * 60 + 1)
        response = client.post(at("account_confirm_login_code"), {"code": code_to(PHONE)})
    assert response.url == at("account_request_login_code")


def test_new_code_replaces_the_old_one(client, villager):
    client.post(at("account_login"), {"login": PHONE})
    confirm = at("account_confirm_login_code")
    old = code_to(PHONE)
    assert client.post(confirm, {"action": "resend"}).url == confirm
    new = code_to(PHONE)
    assert DeskMessage.objects.count() == 1
    if old != new:
        assert client.post(confirm, {"code": old}).status_code == 200
    assert client.post(confirm, {"code": new}).url == at("account_home")


def test_blocked_account_gets_no_code(client, villager):
    villager.is_active = False
    villager.save()
    response = client.post(at("account_login"), {"login": PHONE})
    assert response.url == at("account_confirm_login_code")
    assert not re.search(r"\d{6}", DeskMessage.objects.get().text.replace(PHONE, ""))


# ---------------------------------------------------------------- what strangers learn


def both(page: str, field: str):
    """What two visitors see who give a known and an unknown number."""
    seen = []
    for phone in (PHONE, OTHER):
        visitor = Client()
        response = visitor.post(at(page), {field: phone}, follow=True)
        chain = response.redirect_chain
        steps = [told(response, phone, "+996\xa0555\xa0123\xa0456", "+996\xa0700\xa0987\xa0654")]
        for data in ({"action": "resend"}, {"code": "000000"}, {"code": "000001"}, {"code": "2"}):
            response = visitor.post(chain[-1][0], data, follow=True)
            steps.append(
                (
                    response.status_code,
                    response.redirect_chain,
                    told(response, phone, "+996\xa0555\xa0123\xa0456", "+996\xa0700\xa0987\xa0654"),
                )
            )
        seen.append((chain, steps))
        cache.clear()
    return seen


def test_signing_in_tells_nobody_who_has_an_account(villager):
    known, unknown = both("account_login", "login")
    assert known == unknown


def test_signing_up_tells_nobody_who_has_an_account(villager):
    known, unknown = both("account_signup", "email")
    assert known == unknown


def test_asking_for_a_code_tells_nobody_who_has_an_account(villager):
    known, unknown = both("account_request_login_code", "email")
    assert known == unknown


def test_wrong_password_tells_nobody_who_has_an_account(client, villager):
    villager.set_password(PASSWORD)
    villager.save()
    answers = []
    for phone in (PHONE, OTHER):
        response = client.post(at("account_login"), {"login": phone, "password": "не тот"})
        answers.append((response.status_code, told(response, phone)))
    assert answers[0] == answers[1]
    assert "errorlist" in answers[0][1]


def test_whoever_is_unknown_is_told_so_on_the_phone_alone(client, villager):
    client.post(at("account_login"), {"login": OTHER})
    text = DeskMessage.objects.get(phone=OTHER).text
    assert "/account/signup/" in text
    client.post(at("account_signup"), {"email": PHONE})
    assert "/account/login/" in DeskMessage.objects.get(phone=PHONE).text
    assert User.objects.count() == 1


def test_limit_is_the_same_for_known_and_unknown_numbers(villager):
    def tries(phone):
        for number in range(1, 30):
            cache.clear()
            response = Client().post(at("account_login"), {"login": phone})
            if response.status_code == 200:
                return number, told(response, phone)
        return None

    assert tries(PHONE) == tries(OTHER)


# ---------------------------------------------------------------- limits


def test_codes_for_one_number_are_rationed_whoever_asks_and_over_a_cleared_cache(villager):
    answers = []
    for number in range(12):
        visitor = Client(REMOTE_ADDR=f"10.0.0.{number}")
        answers.append(visitor.post(at("account_login"), {"login": PHONE}).status_code)
        cache.clear()
    assert answers == [302] * 10 + [200] * 2


def test_codes_asked_from_one_address_are_rationed(settings):
    from people import limits

    answers = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(limits.LIMITS, "phone_code", (1, limits.LIMITS["phone_code"][1]))
        for number in range(21):
            response = Client().post(at("account_login"), {"login": f"+9965550000{number:02}"})
            answers.add(response.status_code)
            last = response.status_code
            cache.clear()
    assert answers == {302, 200}
    assert last == 200


def test_signing_up_counts_in_the_same_ration(client):
    for number in range(11):
        cache.clear()
        page = "account_signup" if number % 2 else "account_login"
        field = "email" if number % 2 else "login"
        response = Client().post(at(page), {field: PHONE})
    assert response.status_code == 200
    assert "errorlist" in response.text


def test_codes_by_mail_are_rationed_over_a_cleared_cache():
    answers = []
    for _request in range(31):
        cache.clear()
        response = Client().post(at("account_login"), {"login": "a@example.org"})
        answers.append(response.status_code)
    assert answers == [302] * 30 + [200]


def test_new_codes_are_counted_too(client, villager):
    from people import limits

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(limits.LIMITS, "phone_code", (1, limits.LIMITS["phone_code"][1]))
        client.post(at("account_login"), {"login": PHONE})
        code = code_to(PHONE)
        response = client.post(at("account_confirm_login_code"), {"action": "resend"}, follow=True)
    assert code_to(PHONE) == code
    assert 'class="notice text warn"' in response.text


# ---------------------------------------------------------------- one's own number


def test_number_is_put_on_an_account_by_its_code_and_the_owner_is_told(client):
    user = factories.make_user(is_staff=False, email="a@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.force_login(user)
    response = client.post(at("account_change_phone"), {"phone": "0555 123 456"})
    assert response.url == at("account_verify_phone")
    user.refresh_from_db()
    assert user.phone is None
    response = client.post(response.url, {"code": code_to(PHONE)})
    assert response.url == at("account_change_phone")
    assert "+996\xa0555\xa0123\xa0456" in client.get(response.url).text
    user.refresh_from_db()
    assert (user.phone, user.phone_verified) == (PHONE, True)
    [letter] = mail.outbox
    assert letter.to == ["a@example.org"]
    assert "+996\xa0555\xa0123\xa0456" in letter.body


def test_number_of_another_account_is_neither_told_nor_taken(client, villager):
    user = factories.make_user(is_staff=False, email="a@example.org")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    client.force_login(user)
    response = client.post(at("account_change_phone"), {"phone": PHONE})
    assert response.url == at("account_verify_phone")
    response = client.post(response.url, {"code": code_to(PHONE)})
    assert response.status_code == 200
    user.refresh_from_db()
    assert user.phone is None


def test_number_that_staff_change_is_unconfirmed_again(client, villager):
    client.force_login(factories.make_user(is_superuser=True))
    url = reverse("admin:people_user_change", args=[villager.pk])
    data = {"name": "", "language": "ru", "email": "", "phone": OTHER, "is_active": "on"}
    assert client.post(url, data).status_code == 302
    villager.refresh_from_db()
    assert (villager.phone, villager.phone_verified) == (OTHER, False)


def test_last_address_is_not_removed(client, villager):
    """Allauth would leave an empty address behind, and a second account could not do it at all."""
    villager.email = "a@example.org"
    villager.save()
    EmailAddress.objects.create(user=villager, email="a@example.org", verified=True, primary=True)
    client.force_login(villager)
    client.post(at("account_email"), {"action_remove": "", "email": "a@example.org"})
    villager.refresh_from_db()
    assert villager.email == "a@example.org"


def test_code_of_whoever_works_in_the_admin_goes_past_the_desk(client):
    """An operator sends messages by hand and would read a colleague's code."""
    chief = factories.make_user("Chief editor", email="chief@example.org", phone=PHONE)
    EmailAddress.objects.create(user=chief, email=chief.email, verified=True, primary=True)
    client.post(at("account_login"), {"login": PHONE})
    assert not DeskMessage.objects.exists()
    [letter] = mail.outbox
    assert letter.to == ["chief@example.org"]
    code = re.search(r"^\d{6}$", letter.body, re.MULTILINE)[0]
    assert client.post(at("account_confirm_login_code"), {"code": code}).url == at("account_home")


@pytest.mark.django_db(transaction=True)
def test_two_taps_make_one_account():
    answers, start = [], threading.Barrier(2)

    def sign_up():
        start.wait()
        try:
            answers.append(Client().post(at("account_signup"), {"email": PHONE}))
        finally:
            connection.close()

    threads = [threading.Thread(target=sign_up) for _tap in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert User.objects.filter(phone=PHONE).count() == 1
    assert [answer.status_code for answer in answers] == [302, 302]


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_page_of_the_number_is_the_portals_own(client, villager, language):
    client.force_login(villager)
    response = client.get(at("account_change_phone", language))
    assert response.text.count("<h1>") == 1
    assert 'class="masthead"' in response.text
    assert "no-store" in response["Cache-Control"]
    assert not re.search(r"<[^>]+\sstyle=|<style|<[^>]+\son\w+=", response.text)
