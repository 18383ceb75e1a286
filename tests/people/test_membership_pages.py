"""The pages on which a person asks for a role and sees how it stands."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import signing
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from people import spam
from people.forms import find_place
from people.models import Membership
from tests import factories

pytestmark = pytest.mark.django_db
PHONE = "+996555123456"
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def at(name: str = "membership", *args, language: str = "ru") -> str:
    with translation.override(language):
        return reverse(name, args=args)


@pytest.fixture
def secretary(client):
    user = factories.make_user(is_staff=False, email="secretary@example.org", language="ru")
    client.force_login(user)
    return user


@pytest.fixture
def aimak():
    return factories.make_municipality(
        name_ky="Кең-Булак айыл аймагы", name_ru="айылный аймак Кен-Булак"
    )


def stamp() -> str:
    with time_machine.travel(timezone.now() - timedelta(minutes=1)):
        return signing.dumps("drawn", salt=spam.SALT)


def post(client, language="ru", **fields):
    values = {
        "place": "Кең-Булак",
        "role": "secretary",
        "post": "жооптуу катчы",
        "phone": "0555 123 456",
        "stamp": stamp(),
        "website": "",
    }
    return client.post(at(language=language), values | fields)


# ---------------------------------------------------------------- asking


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_person_asks_and_gets_a_code_with_a_ready_message(client, secretary, aimak, language, settings):  # fmt: skip
    settings.UNION_WHATSAPP = "+996700112233"
    page = client.get(at(language=language))
    assert page.text.count("<h1>") == 1
    assert 'name="stamp"' in page.text
    assert "no-store" in page["Cache-Control"]
    response = post(client, language)
    row = Membership.objects.get()
    assert response.url == at("membership_code", row.uuid, language=language)
    assert (row.user, row.municipality, row.role, row.phone, row.post) == (
        secretary, aimak, "secretary", PHONE, "жооптуу катчы",
    )  # fmt: skip
    page = client.get(response.url)
    assert f"{row.code[:3]}\xa0{row.code[3:]}" in page.text
    address = re.search(r'href="(https://wa\.me/[^"]+)"', page.text)[1].replace("&amp;", "&")
    parts = urlsplit(address)
    assert (parts.netloc, parts.path) == ("wa.me", "/996700112233")
    text = parse_qs(parts.query)["text"][0]
    assert row.code in text
    assert {"ky": aimak.name_ky, "ru": aimak.name_ru}[language] in text
    assert "+996\xa0700\xa0112\xa0233" in page.text


def test_without_the_unions_number_the_page_says_to_call(client, secretary, aimak, settings):
    settings.UNION_WHATSAPP = ""
    page = client.get(post(client).url)
    assert "wa.me" not in page.text
    assert at("publishing:page", "contacts") in page.text.partition("<footer")[0]


@pytest.mark.parametrize("typed", ["Кең-Булак", "кен булак", "Кен-Булак", "Кең-Булак айыл аймагы", "айылный аймак Кен-Булак"])  # fmt: skip
def test_name_is_found_in_either_language_as_people_type_it(aimak, typed):
    assert find_place(typed) == (aimak, [])


def test_slip_of_the_finger_is_asked_about_first(client, secretary, aimak):
    response = post(client, place="Кең-Булок")
    assert response.status_code == 200
    choices = re.findall(r'<input type="radio" name="municipality" value="(\d{14})"', response.text)
    assert choices[0] == aimak.code
    assert not Membership.objects.exists()
    response = post(client, place="Кең-Булок", municipality=aimak.code)
    assert response.url == at("membership_code", Membership.objects.get().uuid)


def test_two_of_one_name_are_told_apart_by_choice_or_oblast(client, secretary, aimak):
    district = factories.District.objects.exclude(oblast=aimak.oblast).first()
    other = factories.make_municipality(
        name_ky="Кең-Булак айыл аймагы", name_ru="айылный аймак Кен-Булак", district=district
    )
    response = post(client)
    assert response.status_code == 200
    assert {aimak.code, other.code} == set(re.findall(r'value="(\d{14})"', response.text))
    assert other.region_label in response.text
    post(client, place=f"Кең-Булак, {other.oblast.label}")
    assert Membership.objects.get().municipality == other
    post(client, municipality=aimak.code)
    assert Membership.objects.filter(municipality=aimak).exists()


def test_choice_holds_for_the_typed_name_alone(client, secretary, aimak):
    """The code of any other municipality is not taken."""
    stranger = factories.make_municipality()
    response = post(client, place="Кең-Булок", municipality=stranger.code)
    assert response.status_code == 200
    assert not Membership.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"place": "Эч жерде жок жер"},
        {"place": ""},
        {"place": "\x00"},
        {"place": "я" * 500},
        {"role": ""},
        {"role": "president"},
        {"phone": ""},
        {"phone": "12"},
        {"post": "я" * 121},
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(client, secretary, aimak, fields):
    response = post(client, **fields)
    assert response.status_code == 200
    assert "errorlist" in response.text
    assert not Membership.objects.exists()
    if "post" not in fields:
        assert "жооптуу катчы" in response.text


def test_place_that_is_no_more_is_not_to_be_had(client, secretary, aimak):
    successor = factories.make_municipality()
    aimak.valid_to = timezone.localdate() - timedelta(days=1)
    aimak.save()
    successor.predecessors.add(aimak)
    response = post(client)
    assert response.status_code == 200
    assert successor.code in re.findall(r'value="(\d{14})"', response.text)
    assert aimak.code not in response.text


def test_programs_are_kept_out(client, secretary, aimak):
    for fields in ({"website": "http://x.example"}, {"stamp": ""}, {"stamp": "x"}):
        response = post(client, **fields)
        assert response.status_code == 200
        assert "errorlist" in response.text
    assert not Membership.objects.exists()


def test_only_what_the_form_asks_is_taken(client, secretary, aimak):
    other = factories.make_user(is_staff=False)
    post(client, user=other.pk, verified_at="2026-01-01", expires_at="2030-01-01", code="111111")
    row = Membership.objects.get()
    assert row.user == secretary
    assert not row.is_verified
    assert row.expires_at is None


def test_asking_is_limited_whatever_becomes_of_the_cache(client, secretary, aimak):
    answers = []
    for _time in range(7):
        cache.clear()
        answers.append(post(client).status_code)
    assert answers == [302] * 6 + [429]
    code = Membership.objects.get().code
    client.post(at("membership_new_code", Membership.objects.get().uuid))
    assert Membership.objects.get().code == code


def test_form_wants_a_token(secretary, aimak):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(secretary)
    assert post(strict).status_code == 403
    row = factories.make_membership(is_verified=False, user=secretary)
    assert strict.post(at("membership_new_code", row.uuid)).status_code == 403
    assert Membership.objects.get().code == row.code


# ---------------------------------------------------------------- who sees what


def test_strangers_sign_in_first(client, aimak):
    row = factories.make_membership(is_verified=False)
    for address in (at(), at("membership_code", row.uuid)):
        assert client.get(address).url == f"{at('account_login')}?next={address}"
    assert client.post(at("membership_new_code", row.uuid)).status_code == 302
    row.refresh_from_db()
    assert row.is_waiting


def test_role_of_somebody_else_is_not_there(client, secretary):
    row = factories.make_membership(is_verified=False)
    assert client.get(at("membership_code", row.uuid)).status_code == 404
    assert client.post(at("membership_new_code", row.uuid)).status_code == 404
    page = client.get(at())
    assert row.code not in page.text
    assert str(row.municipality) not in page.text


def test_new_code_is_a_post(client, secretary):
    row = factories.make_membership(is_verified=False, user=secretary)
    assert client.get(at("membership_new_code", row.uuid)).status_code == 405
    response = client.post(at("membership_new_code", row.uuid))
    assert response.url == at("membership_code", row.uuid)
    assert Membership.objects.get().code != row.code


STATES = {
    "waiting": ({}, "membership_code"),
    "verified": ({"verified": True}, None),
    "ending": ({"verified": True, "expires_at": 20}, "membership_new_code"),
    "expired": ({"verified": True, "expires_at": -1}, "membership_new_code"),
    "unconfirmed": ({"code_expires_at": -1}, "membership_new_code"),
    "revoked": ({"revoked_at": -1, "code": "", "revoke_reason": "Сменил работу"}, None),
}


@pytest.mark.parametrize("language", ["ky", "ru"])
@pytest.mark.parametrize("state", STATES)
def test_each_state_says_how_it_stands_and_what_can_be_done(client, secretary, state, language):
    changes, link = STATES[state]
    fields = {
        name: timezone.now() + timedelta(days=value) if isinstance(value, int) else value
        for name, value in changes.items()
        if name != "verified"
    }
    row = factories.make_membership(secretary, is_verified=bool(changes.get("verified")), **fields)
    assert row.state == state
    for address in (at(language=language), at("membership_code", row.uuid, language=language)):
        page = client.get(address)
        assert page.status_code == 200
        assert getattr(row.municipality, f"name_{language}") in page.text
        assert not re.search(r"<[^>]+\sstyle=|<style|<[^>]+\son\w+=", page.text)
    page = client.get(at(language=language)).text
    for name in ("membership_code", "membership_new_code"):
        assert (f'"{at(name, row.uuid, language=language)}"' in page) == (name == link)
    if state == "revoked":
        assert "Сменил работу" in page


def test_revoked_role_gets_no_code_by_the_button(client, secretary):
    row = factories.make_membership(
        is_verified=False, user=secretary, code="", revoked_at=timezone.now()
    )
    assert client.post(at("membership_new_code", row.uuid)).url == at()
    row.refresh_from_db()
    assert (row.code, row.state) == ("", "revoked")


def test_number_of_queries_does_not_grow_with_the_roles(client, secretary, django_assert_num_queries):  # fmt: skip
    for count in (1, 3):
        while Membership.objects.count() < count:
            factories.make_membership(is_verified=False, user=secretary)
        client.get(at())
        with django_assert_num_queries(3):
            client.get(at())


# ---------------------------------------------------------------- attacks


def test_words_people_type_are_never_markup(client, secretary, aimak):
    secretary.name = EVIL
    secretary.save()
    response = post(client, post=EVIL, place=EVIL)
    assert "<script>alert" not in response.text
    assert "<img src=x" not in response.text
    address = post(client, post=EVIL).url
    for page in (client.get(address), client.get(at())):
        assert "&lt;script&gt;" in page.text
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text


def test_ready_message_cannot_lead_elsewhere(client, secretary, settings):
    """The name of a place goes into the address of wa.me as text, never as address."""
    settings.UNION_WHATSAPP = "+996700112233"
    aimak = factories.make_municipality(
        name_ky='"Ак&text=x#y айыл аймагы', name_ru='айылный аймак "Ак&text=x#y'
    )
    row = factories.make_membership(is_verified=False, user=secretary, municipality=aimak)
    page = client.get(at("membership_code", row.uuid)).text
    address = re.search(r'href="(https://wa\.me/[^"]+)"', page)[1]
    assert parse_qs(urlsplit(address).query)["text"][0].count("&text=x#y") == 1


def test_person_comes_back_to_where_the_role_was_asked_for(client, secretary, aimak):
    back = "/ru/practices/water/adopt/?a=1&b=2"
    page = client.get(at(), {"next": back}).text
    assert 'name="next" value="/ru/practices/water/adopt/?a=1&amp;b=2"' in page
    address = post(client, next=back).url
    assert 'href="/ru/practices/water/adopt/?a=1&amp;b=2"' in client.get(address).text
    row = Membership.objects.get()
    address = client.post(at("membership_new_code", row.uuid), {"next": back}).url
    assert 'href="/ru/practices/water/adopt/?a=1&amp;b=2"' in client.get(address).text


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"],
)
def test_nobody_is_led_to_another_host(client, secretary, aimak, address):
    answers = [client.get(at(), {"next": address}).text]
    made = post(client, next=address).url
    assert made == at("membership_code", Membership.objects.get().uuid)
    answers.append(client.get(made, {"next": address}).text)
    for text in answers:
        body = text.partition("<main")[2].partition("</main>")[0]
        assert "evil.example" not in body
        assert "javascript:" not in body
