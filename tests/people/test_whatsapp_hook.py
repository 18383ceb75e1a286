"""WhatsApp's own messages: signed, each taken once, and whatever comes, never an error."""

import hashlib
import hmac
import json
import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from people import limits
from people.models import IncomingMessage, Membership
from tests import factories

pytestmark = pytest.mark.django_db
HOOK = "/hooks/whatsapp/"
SECRET, TOKEN = "app-secret", "verify-token"
PHONE = "+996555123456"


@pytest.fixture(autouse=True)
def keys(settings):
    settings.WHATSAPP_APP_SECRET, settings.WHATSAPP_VERIFY_TOKEN = SECRET, TOKEN


@pytest.fixture
def waiting():
    return factories.make_membership(is_verified=False, phone=PHONE, code="482913")


def value(**parts) -> dict:
    """What stands around messages and statuses, as in Meta's reference of the webhook."""
    return {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "102290129340398",
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {
                                "display_phone_number": "996700112233",
                                "phone_number_id": "106540352242922",
                            },
                            **parts,
                        },
                    }
                ],
            }
        ],
    }


def message(body="482913", sender="996555123456", number="wamid.HBgMOTk2NTU1MTIzNDU2FQIA", **more):
    return {
        "from": sender,
        "id": number,
        "timestamp": "1749416383",
        "type": "text",
        "text": {"body": body},
        **more,
    }


def text_message(*messages) -> dict:
    return value(
        contacts=[{"profile": {"name": "Айгүл"}, "wa_id": "996555123456"}],
        messages=list(messages or [message()]),
    )


STATUS = value(
    statuses=[
        {
            "id": "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI3MTE5MjY0ODQ4MDQ5MTY4QkYA",
            "status": "delivered",
            "timestamp": "1750263773",
            "recipient_id": "996555123456",
            "pricing": {
                "billable": True,
                "pricing_model": "PMP",
                "category": "authentication",
                "type": "regular",
            },
        }
    ]
)
FAILED = value(
    statuses=[
        {
            "id": "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI0QzQ2",
            "status": "failed",
            "timestamp": "1751142888",
            "recipient_id": "996555123456",
            "errors": [{"code": 131026, "title": "Message undeliverable"}],
        }
    ]
)
IMAGE = value(
    messages=[
        {
            "from": "996555123456",
            "id": "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTRB",
            "timestamp": "1744344496",
            "type": "image",
            "image": {"caption": "482913", "mime_type": "image/jpeg", "sha256": "x", "id": "1"},
        }
    ]
)
REACTION = value(
    messages=[
        {
            "from": "996555123456",
            "id": "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQTdB",
            "timestamp": "1749854575",
            "type": "reaction",
            "reaction": {"message_id": "wamid.HBg", "emoji": "👍"},
        }
    ]
)
UNSUPPORTED = value(
    messages=[
        {
            "from": "996555123456",
            "id": "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQz",
            "timestamp": "1750090702",
            "errors": [{"code": 131051, "title": "Message type unknown"}],
            "type": "unsupported",
        }
    ]
)
BUTTON = value(
    messages=[
        {
            "context": {"from": "996700112233", "id": "wamid.HBgL"},
            "from": "996555123456",
            "id": "wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQT",
            "timestamp": "1750091045",
            "type": "button",
            "button": {"payload": "482913", "text": "482913"},
        }
    ]
)


def sign(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def bring(payload, *, signature=None, client=None, secret=SECRET):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return (client or Client()).post(
        HOOK,
        body,
        content_type="application/json",
        headers={"X-Hub-Signature-256": sign(body, secret) if signature is None else signature},
    )


# ---------------------------------------------------------------- whose address it is


def test_challenge_is_repeated_to_whoever_knows_the_token(client):
    data = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444"}
    response = client.get(HOOK, data)
    assert response.status_code == 200
    assert response.text == "1158201444"
    assert response["Content-Type"].startswith("text/plain")
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "change",
    [
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "токен"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
    ],
)
def test_challenge_is_kept_from_all_others(client, change):
    data = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444"}
    response = client.get(HOOK, data | change)
    assert response.status_code == 403
    assert "1158201444" not in response.text


@pytest.mark.parametrize("missing", ["WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"])
def test_without_keys_there_is_nothing_here(client, settings, waiting, missing):
    setattr(settings, missing, "")
    data = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
    assert client.get(HOOK, data).status_code == 404
    assert bring(text_message(), secret="").status_code == 404
    assert bring(text_message()).status_code == 404
    waiting.refresh_from_db()
    assert waiting.is_waiting


# ---------------------------------------------------------------- messages


@pytest.mark.parametrize(
    "body", ["482913", "Код 482 913. Ролумду ырастайм: жооптуу катчы", "*482913*\nсалам"]
)
def test_code_from_its_number_confirms(waiting, body):
    strict = Client(enforce_csrf_checks=True)
    assert bring(text_message(message(body)), client=strict).status_code == 200
    waiting.refresh_from_db()
    assert waiting.is_verified
    assert waiting.verified_by is None
    assert not strict.cookies


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "подпись",
        sign(b"other words"),
        sign(json.dumps(text_message()).encode(), "other-secret"),
    ],
)
def test_wrong_signature_confirms_nothing(waiting, signature):
    assert bring(text_message(), signature=signature).status_code == 403
    waiting.refresh_from_db()
    assert waiting.is_waiting
    assert not IncomingMessage.objects.exists()


def test_signature_is_of_the_very_bytes(waiting):
    body = json.dumps(text_message()).encode()
    assert bring(body + b" ", signature=sign(body)).status_code == 403
    assert bring(body.replace(b"482913", b"482914"), signature=sign(body)).status_code == 403
    assert bring(body, signature=sign(body).removeprefix("sha256=")).status_code == 403


def test_request_without_a_signature_is_refused(client, waiting):
    response = client.post(HOOK, json.dumps(text_message()), content_type="application/json")
    assert response.status_code == 403


def test_code_from_another_number_confirms_nothing(waiting):
    bring(text_message(message(sender="996700000000")))
    bring(text_message(message(sender="0555123456", number="wamid.2")))
    waiting.refresh_from_db()
    assert waiting.is_waiting


def test_same_message_again_does_nothing(waiting):
    assert bring(text_message()).status_code == 200
    waiting.refresh_from_db()
    seen = waiting.verified_at
    # The person asks anew, by chance with the same code: the old message is no answer to that.
    Membership.objects.update(
        code="482913", code_expires_at=timezone.now() + timedelta(hours=1), verified_at=None
    )
    assert bring(text_message()).status_code == 200
    waiting.refresh_from_db()
    assert waiting.verified_at is None
    assert seen is not None
    assert IncomingMessage.objects.count() == 1


def test_used_code_confirms_nothing(waiting):
    bring(text_message())
    waiting.refresh_from_db()
    first = waiting.verified_at
    bring(text_message(message(number="wamid.other")))
    waiting.refresh_from_db()
    assert waiting.verified_at == first


def test_expired_code_confirms_nothing(waiting):
    Membership.objects.update(code_expires_at=timezone.now() - timedelta(seconds=1))
    assert bring(text_message()).status_code == 200
    waiting.refresh_from_db()
    assert not waiting.is_verified


def test_two_codes_in_one_message_and_two_messages_in_one_call(waiting):
    second = factories.make_membership(is_verified=False, phone=PHONE, code="111222")
    third = factories.make_membership(is_verified=False, phone="+996700000000", code="333444")
    strange = factories.make_membership(is_verified=False, phone="+996700000009", code="555666")
    payload = text_message(
        message("482913 жана 111222, 555666"),
        message("333444", sender="996700000000", number="wamid.2"),
    )
    assert bring(payload).status_code == 200
    for row in (waiting, second, third):
        row.refresh_from_db()
        assert row.is_verified
    strange.refresh_from_db()
    assert strange.is_waiting


@pytest.mark.parametrize("payload", [STATUS, FAILED, IMAGE, REACTION, UNSUPPORTED, BUTTON])
def test_what_is_no_text_is_passed_by(waiting, payload):
    assert bring(payload).status_code == 200
    waiting.refresh_from_db()
    assert waiting.is_waiting
    assert not IncomingMessage.objects.exists()


def test_numbers_of_other_countries_are_compared_too():
    row = factories.make_membership(is_verified=False, phone="+77011234567", code="482913")
    bring(text_message(message(sender="77011234567")))
    row.refresh_from_db()
    assert row.is_verified


def test_its_holder_gets_a_letter(waiting, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        bring(text_message())
    assert [letter.to for letter in mail.outbox] == [[waiting.user.email]]


# ---------------------------------------------------------------- whatever comes


def without(payload: dict, *path) -> dict:
    payload = json.loads(json.dumps(payload))
    inner = payload
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return payload


def replaced(what, *path) -> dict:
    payload = json.loads(json.dumps(text_message()))
    inner = payload
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = what
    return payload


TO_VALUE = ("entry", 0, "changes", 0, "value")
TO_MESSAGE = (*TO_VALUE, "messages", 0)
STRANGE = [None, [], {}, "", "text", 0, 7.5, True, [None], [[]], {"x": 1}]
PATHS = [
    ("entry",),
    ("entry", 0),
    ("entry", 0, "changes"),
    ("entry", 0, "changes", 0),
    TO_VALUE,
    (*TO_VALUE, "messages"),
    TO_MESSAGE,
    (*TO_MESSAGE, "from"),
    (*TO_MESSAGE, "id"),
    (*TO_MESSAGE, "text"),
    (*TO_MESSAGE, "text", "body"),
]


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_strange_shapes_are_left_alone(waiting, path):
    client = Client(raise_request_exception=True)
    for what in STRANGE:
        if (what, path[-1]) == ("text", "id"):
            continue  # a number like any other
        assert bring(replaced(what, *path), client=client).status_code == 200, what
    if not isinstance(path[-1], int):
        assert bring(without(text_message(), *path), client=client).status_code == 200
    waiting.refresh_from_db()
    assert waiting.is_waiting


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 10_000,
        b"NaN",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
    ],
)
def test_bodies_that_are_no_payload_are_no_error(waiting, body):
    assert bring(body).status_code in {200, 400}
    waiting.refresh_from_db()
    assert waiting.is_waiting


@pytest.mark.parametrize(
    "change",
    [
        {"number": "wamid.\x00"},
        {"number": "w" * 129},
        {"number": ""},
        {"number": "wamid 1"},
        {"sender": "\x00996555123456"},
        {"sender": "+996555123456"},
        {"sender": "996555123456\n"},
        {"sender": "٩٩٦٥٥٥١٢٣٤٥٦"},
        {"sender": ""},
        {"sender": "9" * 40},
    ],
)
def test_ids_and_numbers_that_cannot_be_are_left_alone(waiting, change):
    assert bring(text_message(message(**change))).status_code == 200
    waiting.refresh_from_db()
    assert waiting.is_waiting


def test_text_with_a_zero_byte_is_read_all_the_same(waiting):
    assert bring(text_message(message("\x00482913\x00"))).status_code == 200
    waiting.refresh_from_db()
    assert waiting.is_verified


def test_large_bodies_are_not_read(client, waiting):
    body = json.dumps(text_message(message("482913" + " " * 600_000))).encode()
    assert bring(body).status_code == 413
    assert bring(b"x" * 6_000_000).status_code == 413
    waiting.refresh_from_db()
    assert waiting.is_waiting


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(client, method):
    assert getattr(client, method)(HOOK).status_code == 405


def test_flood_of_replays_is_stopped(monkeypatch, waiting):
    monkeypatch.setitem(limits.LIMITS, "webhook", (1, timedelta(hours=1)))
    monkeypatch.setattr(limits, "PEOPLE_AT_AN_ADDRESS", 2)
    assert [bring(text_message()).status_code for _time in range(3)] == [200, 200, 429]


# ---------------------------------------------------------------- at the same moment


@pytest.mark.django_db(transaction=True)
def test_one_message_brought_by_two_at_once_confirms_once():
    from people.actions import membership_verified

    row = factories.make_membership(is_verified=False, phone=PHONE, code="482913")
    heard, answers, start = [], [], threading.Barrier(3)

    def listen(sender, membership, **kwargs):
        heard.append(membership)

    def run(number):
        start.wait()
        try:
            answers.append(bring(text_message(message(number=number))).status_code)
        finally:
            connection.close()

    membership_verified.connect(listen)
    try:
        threads = [
            threading.Thread(target=run, args=(number,))
            for number in ("wamid.1", "wamid.1", "wamid.2")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        membership_verified.disconnect(listen)
    assert answers == [200, 200, 200]
    assert heard == [row]
    row.refresh_from_db()
    assert row.is_verified
