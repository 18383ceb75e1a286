"""How codes reach a phone: by hand, by mail, by WhatsApp's Cloud API, on the console."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone

from people import senders
from people.models import DeskMessage, User
from people.webhooks import take_message
from tests import factories

pytestmark = pytest.mark.django_db
PHONE = "+996555123456"
ACCEPTED = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "996555123456", "wa_id": "996555123456"}],
    "messages": [{"id": "wamid.HBgMOTk2NTU1MTIzNDU2FQIAERgSMTIzNDU2"}],
}


class Messenger:
    """A server that answers as the Cloud API does, and keeps what it was asked."""

    def __init__(self):
        self.status, self.body, self.asked = 200, json.dumps(ACCEPTED).encode(), []
        self.pause = threading.Event()
        self.pause.set()


@pytest.fixture
def messenger(settings):
    found = Messenger()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.asked.append((self.path, dict(self.headers), json.loads(body)))
            found.pause.wait(5)
            self.send_response(found.status)
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *arguments):
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    settings.CODE_SENDER = "whatsapp"
    settings.WHATSAPP_API = f"http://127.0.0.1:{server.server_port}/v23.0"
    settings.WHATSAPP_TOKEN, settings.WHATSAPP_PHONE_ID = "a-token", "106540352242922"
    settings.WHATSAPP_TEMPLATE = "sign_in_code"
    yield found
    found.pause.set()
    server.shutdown()
    thread.join()
    server.server_close()


# ---------------------------------------------------------------- by hand


def test_without_keys_an_operator_sends_it(settings):
    assert settings.CODE_SENDER == "desk"
    assert senders.send(PHONE, "123456 is your code", code="123456")
    message = DeskMessage.objects.get()
    assert (message.phone, message.text) == (PHONE, "123456 is your code")
    wait = message.expires_at - timezone.now()
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)


def test_newer_message_takes_the_place_of_the_older_one():
    senders.send(PHONE, "one")
    senders.send(PHONE, "two")
    senders.send("+996700000001", "three")
    assert set(DeskMessage.objects.values_list("text", flat=True)) == {"two", "three"}


def test_what_is_private_never_goes_by_hand():
    assert not senders.send(PHONE, "text", code="123456", private=True)
    assert not DeskMessage.objects.exists()


# ---------------------------------------------------------------- WhatsApp


@pytest.mark.parametrize(("language", "template"), [("ky", "ky_KG"), ("ru", "ru")])
def test_code_goes_as_the_approved_template(messenger, language, template):
    assert senders.send(PHONE, "654321 is your code", code="654321", language=language)
    [(path, headers, body)] = messenger.asked
    assert path == "/v23.0/106540352242922/messages"
    assert headers["Authorization"] == "Bearer a-token"
    assert headers["Content-Type"] == "application/json"
    assert body["messaging_product"] == "whatsapp"
    assert (body["to"], body["type"]) == ("996555123456", "template")
    assert body["template"]["name"] == "sign_in_code"
    assert body["template"]["language"] == {"code": template}
    # The Cloud API wants the code twice: in the text and in the button that copies it.
    assert [part["type"] for part in body["template"]["components"]] == ["body", "button"]
    for part in body["template"]["components"]:
        assert part["parameters"] == [{"type": "text", "text": "654321"}]
    assert not DeskMessage.objects.exists()


def test_text_without_a_code_has_no_template_and_goes_by_hand(messenger):
    assert senders.send(PHONE, "You already have an account")
    assert messenger.asked == []
    assert DeskMessage.objects.get().text == "You already have an account"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, b'{"error": {"message": "Invalid OAuth access token", "code": 190}}'),
        (429, b'{"error": {"code": 130429}}'),
        (500, b"<html>oops</html>"),
        (200, b"not json"),
        (200, b"[]"),
        (200, b'{"messages": []}'),
    ],
)
def test_messenger_in_trouble_leaves_the_message_to_the_desk(messenger, status, body):
    messenger.status, messenger.body = status, body
    assert senders.send(PHONE, "654321 is your code", code="654321")
    assert DeskMessage.objects.get().text == "654321 is your code"


def test_messenger_that_does_not_answer_is_not_waited_for(messenger, monkeypatch):
    monkeypatch.setattr(senders.WhatsAppSender, "TIMEOUT", 0.2)
    messenger.pause.clear()
    assert senders.send(PHONE, "654321 is your code", code="654321")
    assert DeskMessage.objects.count() == 1


def test_messenger_that_is_not_there_at_all(settings):
    settings.CODE_SENDER = "whatsapp"
    settings.WHATSAPP_API = "http://127.0.0.1:9"
    assert senders.send(PHONE, "654321 is your code", code="654321")
    assert DeskMessage.objects.count() == 1
    assert not senders.send(PHONE, "654321", code="654321", private=True)


def test_log_names_neither_number_nor_code(messenger, caplog):
    messenger.status = 500
    with caplog.at_level("INFO"):
        senders.send(PHONE, "654321 is your code", code="654321")
    lines = " ".join(record.getMessage() for record in caplog.records)
    assert "whatsapp_failed" in lines
    assert "654321" not in lines
    assert "555123456" not in lines


@pytest.mark.parametrize("status", [200, 500])
def test_whose_role_was_confirmed_by_a_message_is_answered_in_the_chat(messenger, status):
    messenger.status = status
    row = factories.make_membership(is_verified=False, phone=PHONE, code="482913")
    take_message(message_id="wamid.1", phone=PHONE, text="482913")
    [(_path, _headers, body)] = messenger.asked
    assert (body["to"], body["type"]) == ("996555123456", "text")
    assert row.municipality.name_ru in body["text"]["body"]
    row.refresh_from_db()
    assert row.is_verified


def test_colleagues_code_goes_by_the_messenger(messenger, client):
    factories.make_user("Chief editor", email="chief@example.org", phone=PHONE)
    client.post("/ru/account/login/", {"login": PHONE})
    assert len(messenger.asked) == 1
    assert mail.outbox == []


# ---------------------------------------------------------------- by mail, on the console


def make_villager(**fields):
    user = User.objects.create_user("a@example.org", phone=PHONE, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def test_code_goes_to_the_address_of_the_account(settings):
    settings.CODE_SENDER = "email"
    make_villager(phone_verified=True)
    senders.send(PHONE, "654321 is your code", code="654321", language="ru")
    [letter] = mail.outbox
    assert letter.to == ["a@example.org"]
    assert "654321" in letter.subject
    assert letter.body == "654321 is your code"
    assert not DeskMessage.objects.exists()


def test_code_by_mail_confirms_nobodys_number(settings):
    """A number that was never confirmed is written to itself, whatever address stands beside it."""
    settings.CODE_SENDER = "email"
    make_villager(phone_verified=False)
    senders.send(PHONE, "654321 is your code", code="654321")
    assert mail.outbox == []
    assert DeskMessage.objects.count() == 1


def test_account_without_a_confirmed_address_is_written_to_by_hand(settings):
    settings.CODE_SENDER = "email"
    make_villager(phone_verified=True)
    EmailAddress.objects.update(verified=False)
    senders.send(PHONE, "654321 is your code", code="654321")
    assert mail.outbox == []
    assert DeskMessage.objects.count() == 1


def test_console_prints(settings, capsys):
    settings.CODE_SENDER = "console"
    senders.send(PHONE, "654321 is your code", code="654321")
    assert capsys.readouterr().out == "+996555123456: 654321 is your code\n"


@pytest.mark.parametrize("name", sorted(senders.SENDERS))
def test_every_way_keeps_to_the_interface(name):
    assert issubclass(senders.SENDERS[name], senders.Sender)
    with pytest.raises(TypeError):
        senders.Sender()


@pytest.mark.parametrize("way", sorted(senders.SENDERS))
@pytest.mark.parametrize("language", ["ky", "ru"])
def test_page_says_how_the_code_comes(client, settings, way, language):
    settings.CODE_SENDER = way
    settings.WHATSAPP_API = "http://127.0.0.1:9"
    with time_machine.travel(timezone.now()):
        response = client.post(f"/{language}/account/login/", {"login": PHONE}, follow=True)
    assert response.status_code == 200
    assert "+996\xa0555\xa0123\xa0456" in response.text
    assert 'name="code"' in response.text
