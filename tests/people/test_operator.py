"""The operator's pages: confirm in one step, revoke with a reason, send by hand."""

import re
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from people import roles
from people.models import DeskMessage, Membership
from tests import factories

pytestmark = pytest.mark.django_db
CODES = "/admin/people/membership/?work=codes"
DESK = "/admin/people/deskmessage/"
PHONE = "+996555123456"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def operator(client):
    user = factories.make_user(roles.SPECIALIST, language="ru")
    client.force_login(user)
    return user


@pytest.fixture
def waiting():
    return factories.make_membership(is_verified=False, phone=PHONE, code="482913")


# ---------------------------------------------------------------- confirming


@pytest.mark.parametrize(
    ("phone", "text"),
    [
        ("+996 555 123 456", "482913"),
        ("0555123456", "482 913 – порталдагы кодум. Ролумду ырастайм."),
        ("996555123456", "[22.11.2026, 20:15] Айгүл: *482913*\nпортал"),
    ],
)
def test_pasted_message_confirms_in_one_step(client, operator, waiting, phone, text):
    started = time.monotonic()
    response = client.post(CODES, {"phone": phone, "text": text}, follow=True)
    assert time.monotonic() - started < 2
    waiting.refresh_from_db()
    assert waiting.is_verified
    assert waiting.verified_by == operator
    assert str(waiting.municipality) in response.text
    assert 'class="success"' in response.text


def test_button_beside_the_waiting_one_confirms_in_one_press(client, operator, waiting):
    page = client.get(CODES).text
    assert "+996\xa0555\xa0123\xa0456" in page
    assert "482\xa0913" in page
    form = re.search(r'<input type="hidden" name="phone".*?</form>', page, re.DOTALL)[0]
    data = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    client.post(CODES, data)
    waiting.refresh_from_db()
    assert waiting.is_verified


@pytest.mark.parametrize(
    ("phone", "text"),
    [
        ("+996700000000", "482913"),
        (PHONE, "482914"),
        (PHONE, "салам"),
        ("ааа", "482913"),
        (PHONE, ""),
        ("", "482913"),
        (PHONE, "482913\x00"),
    ],
)
def test_what_does_not_fit_is_said_and_changes_nothing(client, operator, waiting, phone, text):
    before = Membership.objects.values().get()
    response = client.post(CODES, {"phone": phone, "text": text})
    assert response.status_code == 200
    assert "errorlist" in response.text
    assert Membership.objects.values().get() == before


def test_wrong_number_is_told_apart_from_a_wrong_code(client, operator, waiting):
    answers = {
        re.search(r'errorlist nonfield[^>]*>(.*?)</ul>', client.post(CODES, data).text, re.DOTALL)[1]
        for data in (
            {"phone": "+996700000000", "text": "482913"},
            {"phone": PHONE, "text": "482914"},
            {"phone": PHONE, "text": "салам"},
        )
    }  # fmt: skip
    assert len(answers) == 3


def test_code_of_an_old_page_confirms_nothing_new(client, operator, waiting):
    """The person has asked anew meanwhile: the button still carries the code it showed."""
    Membership.objects.update(code="111111", phone="+996700000000")
    client.post(CODES, {"phone": PHONE, "text": "482913"})
    waiting.refresh_from_db()
    assert not waiting.is_verified


def test_own_role_is_left_to_a_colleague(client, operator):
    row = factories.make_membership(is_verified=False, user=operator, phone=PHONE)
    response = client.post(CODES, {"phone": PHONE, "text": row.code})
    assert "errorlist" in response.text
    row.refresh_from_db()
    assert not row.is_verified


def test_list_holds_just_those_who_wait(client, operator, waiting):
    others = [
        factories.make_membership(),
        factories.make_membership(
            is_verified=False, code_expires_at=timezone.now() - timedelta(minutes=1)
        ),
        factories.make_membership(is_verified=False, revoked_at=timezone.now()),
    ]
    page = client.get(CODES).text
    assert str(waiting.user) in page
    for row in others:
        assert str(row.user) not in page


def test_operator_sees_that_the_role_was_revoked_before(client, operator, waiting):
    Membership.objects.update(revoke_reason="Чужой номер")
    assert "Чужой номер" in client.get(CODES).text


def test_number_of_queries_does_not_grow(client, operator):
    counts = []
    for count in (1, 3):
        while Membership.objects.count() < count:
            factories.make_membership(is_verified=False)
        client.get(CODES)
        with CaptureQueriesContext(connection) as queries:
            client.get(CODES)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# ---------------------------------------------------------------- revoking


def test_role_is_revoked_with_a_reason(client, operator):
    row = factories.make_membership()
    change = reverse("admin:people_membership_change", args=[row.pk])
    revoke = reverse("admin:people_membership_revoke", args=[row.pk])
    assert revoke in client.get(change).text
    assert client.get(revoke).status_code == 200
    assert "errorlist" in client.post(revoke, {"reason": "  "}).text
    row.refresh_from_db()
    assert row.is_verified
    assert client.post(revoke, {"reason": "Чужой номер"}).url == change
    row.refresh_from_db()
    assert (row.state, row.revoke_reason, row.revoked_by) == ("revoked", "Чужой номер", operator)
    page = client.get(change).text
    assert "Чужой номер" in page
    assert revoke not in page


def test_nobody_makes_changes_or_deletes_a_role_by_hand(client):
    client.force_login(factories.make_user(is_superuser=True))
    row = factories.make_membership(is_verified=False)
    assert client.get("/admin/people/membership/add/").status_code == 403
    change = reverse("admin:people_membership_change", args=[row.pk])
    assert client.post(change, {"role": "head"}).status_code == 403
    delete = reverse("admin:people_membership_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert client.get("/admin/people/deskmessage/add/").status_code == 403


# ---------------------------------------------------------------- sending by hand


@pytest.fixture
def message():
    return DeskMessage.objects.create(
        phone=PHONE,
        text="482913 & «код» – портал",
        expires_at=timezone.now() + timedelta(minutes=30),
    )


def test_message_opens_in_whatsapp_and_is_marked_as_sent(client, operator, message):
    page = client.get(DESK).text
    address = re.search(r'href="(https://wa\.me/[^"]+)"', page)[1]
    assert urlsplit(address).path == "/996555123456"
    assert parse_qs(urlsplit(address).query)["text"] == [message.text]
    sent = reverse("admin:people_deskmessage_sent", args=[message.pk])
    client.get(sent)
    message.refresh_from_db()
    assert message.sent_at is None
    client.post(sent)
    message.refresh_from_db()
    assert message.sent_by == operator
    first = message.sent_at
    client.post(sent)
    message.refresh_from_db()
    assert message.sent_at == first
    assert "wa.me" not in client.get(DESK).text


def test_message_of_no_more_use_vanishes(client, operator, message):
    DeskMessage.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    page = client.get(DESK).text
    assert "482913" not in page
    assert client.get(f"{DESK}{message.pk}/change/").status_code == 302
    client.post(reverse("admin:people_deskmessage_sent", args=[message.pk]))
    message.refresh_from_db()
    assert message.sent_at is None


# ---------------------------------------------------------------- my work


def test_my_work_counts_what_waits_and_leads_there(client, operator, waiting, message):
    factories.make_membership()
    page = client.get(reverse("admin:index")).text
    for queue, target in (("codes", CODES), ("desk", DESK)):
        block = re.search(rf'queue-{queue}".*?</li>', page, re.DOTALL)[0]
        assert "<b>1</b>" in block
        address = re.search(r'href="([^"]+)"', block)[1]
        assert address.startswith(target)
        assert client.get(address).context["cl"].result_count == 1


def test_list_leads_to_the_codes_and_filters_by_state(client, operator, waiting):
    verified = factories.make_membership()
    page = client.get("/admin/people/membership/").text
    assert 'href="?work=codes"' in page
    for state, shown in (("codes", waiting), ("verified", verified)):
        text = client.get(f"/admin/people/membership/?work={state}").text
        assert shown.phone in text
        assert ({waiting, verified} - {shown}).pop().phone not in text


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("group", roles.GROUPS)
def test_who_may_confirm_revoke_and_send(group, waiting, message):
    client = Client()
    client.force_login(factories.make_user(group, is_staff=group != roles.CONTRIBUTOR))
    may = group in roles.PUBLISHERS
    refused = 302 if group == roles.CONTRIBUTOR else 403
    verified = factories.make_membership()
    revoke = reverse("admin:people_membership_revoke", args=[verified.pk])
    sent = reverse("admin:people_deskmessage_sent", args=[message.pk])
    for address in (CODES, DESK, revoke):
        assert client.get(address).status_code == (200 if may else refused), address
    client.post(CODES, {"phone": PHONE, "text": "482913"})
    client.post(revoke, {"reason": "x"})
    client.post(sent)
    for row in (waiting, verified, message):
        row.refresh_from_db()
    assert waiting.is_verified == may
    assert (verified.state == "revoked") == may
    assert (message.sent_at is not None) == may


def test_strangers_see_nothing(client, waiting, message):
    for address in (CODES, DESK):
        response = client.get(address)
        assert response.status_code == 302
        assert "482913" not in response.text


def test_buttons_want_a_token(operator, waiting, message):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(operator)
    revoke = reverse("admin:people_membership_revoke", args=[waiting.pk])
    sent = reverse("admin:people_deskmessage_sent", args=[message.pk])
    data = {"phone": PHONE, "text": "482913", "reason": "x"}
    for address in (CODES, revoke, sent):
        assert strict.post(address, data).status_code == 403
    waiting.refresh_from_db()
    assert waiting.is_waiting


def test_words_people_type_are_never_markup(client, operator):
    user = factories.make_user(is_staff=False, name=EVIL)
    row = factories.make_membership(is_verified=False, user=user, post=EVIL, revoke_reason=EVIL)
    DeskMessage.objects.create(
        phone=PHONE, text=EVIL, expires_at=timezone.now() + timedelta(minutes=5)
    )
    pages = [
        CODES,
        DESK,
        "/admin/people/membership/",
        reverse("admin:people_membership_change", args=[row.pk]),
        reverse("admin:people_membership_revoke", args=[row.pk]),
    ]
    for address in pages:
        text = client.get(address).text
        assert "&lt;script&gt;" in text, address
        assert "<script>alert" not in text, address
        assert "<img src=x" not in text, address
    told = client.post(CODES, {"phone": row.phone, "text": row.code}, follow=True).text
    assert "&lt;script&gt;" in told
    assert "<script>alert" not in told


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_pages_keep_to_the_security_policy(client, operator, waiting, message, language):
    operator.language = language
    operator.save()
    for address in (CODES, DESK, reverse("admin:people_membership_revoke", args=[waiting.pk])):
        page = client.get(address).text
        assert f'<html lang="{language}"' in page
        assert not re.search(r"<[^>]+\sstyle=|<style|<[^>]+\son\w+=", page)
