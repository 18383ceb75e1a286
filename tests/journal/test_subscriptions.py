"""The list of those who get the journal by mail: confirmed by the owner of the address, left in a click."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from journal import subscriptions
from journal.models import Subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, django_capture_on_commit_callbacks):
    """Fill in the form as a person does."""

    def fill(email="aigul@example.kg", language="ky", page_language="ky"):
        address = f"/{page_language}/journal/subscribe/"
        page = client.get(address)
        stamp = re.search(r'name="stamp" value="([^"]+)"', page.content.decode())[1]
        with (
            time_machine.travel(timezone.now() + timedelta(seconds=10)),
            django_capture_on_commit_callbacks(execute=True),
        ):
            return client.post(address, {"email": email, "language": language, "stamp": stamp})

    return fill


def link(letter, word: str) -> str:
    return re.search(rf"https?://[^/]+(/\S*/{word}/\S+)", letter.body)[1]


def test_double_opt_in(ask, client, mailoutbox):
    assert ask().status_code == 302
    row = Subscriber.objects.get()
    assert row.confirmed_at is None
    letter = mailoutbox[0]
    assert letter.to == ["aigul@example.kg"]
    confirm = link(letter, "confirm")
    # Programs that look through mail open links: that confirms nothing.
    assert client.get(confirm).status_code == 200
    assert not Subscriber.objects.confirmed().exists()
    assert client.post(confirm).status_code == 200
    assert Subscriber.objects.confirmed().get() == row
    first = Subscriber.objects.get().confirmed_at
    client.post(confirm)
    assert Subscriber.objects.get().confirmed_at == first


def test_page_says_the_same_of_a_known_address(ask, mailoutbox):
    Subscriber.objects.create(email="Aigul@example.kg", language="ky", confirmed_at=timezone.now())
    known, fresh = ask(), ask("other@example.kg")
    assert (known.status_code, known.url) == (fresh.status_code, fresh.url)
    assert Subscriber.objects.count() == 2
    assert "/confirm/" not in mailoutbox[0].body
    assert "/leave/" in mailoutbox[0].body


def test_each_edition_is_asked_for_apart_and_written_in_its_language(ask, mailoutbox):
    ask(language="ky")
    ask(language="ru", page_language="ky")
    assert set(Subscriber.objects.values_list("language", flat=True)) == {"ky", "ru"}
    assert "Подтвердите" in mailoutbox[1].subject
    assert "/ru/journal/subscribe/confirm/" in mailoutbox[1].body


def test_an_address_is_not_flooded(ask, mailoutbox):
    assert [ask().status_code for _time in range(4)] == [302, 302, 302, 429]
    assert len(mailoutbox) == 3


def test_program_is_refused(client, mailoutbox):
    values = {"email": "a@example.kg", "language": "ky", "website": "http://spam"}
    page = client.post("/ky/journal/subscribe/", values)
    assert page.status_code == 200
    assert 'value="a@example.kg"' in page.content.decode()
    assert not Subscriber.objects.exists()
    assert mailoutbox == []


def test_confirming_link_runs_out(client):
    row = Subscriber.objects.create(email="a@example.kg", language="ru")
    url = subscriptions.address(row, subscriptions.CONFIRM)
    path = "/" + url.split("/", 3)[3]
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert client.post(path).status_code == 410
    assert not Subscriber.objects.confirmed().exists()


def subscriber():
    return Subscriber.objects.create(
        email="a@example.kg", language="ru", confirmed_at=timezone.now()
    )


def leaving(row) -> str:
    return "/" + subscriptions.address(row, subscriptions.LEAVE).split("/", 3)[3]


def test_leaving_by_the_page(client):
    path = leaving(subscriber())
    assert client.get(path).status_code == 200
    assert Subscriber.objects.exists()
    assert client.post(path).status_code == 200
    assert not Subscriber.objects.exists()
    assert client.get(path).status_code == client.post(path).status_code == 200


def test_leaving_by_one_click_of_the_mail_program():
    row = subscriber()
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(leaving(row), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not Subscriber.objects.exists()


def test_the_one_click_leaves_and_opens_nothing_else():
    """Without cookie and token a program may take an address off the list, never put one on it."""
    strict = Client(enforce_csrf_checks=True)
    row = Subscriber.objects.create(email="b@example.kg", language="ky")
    confirming = "/" + subscriptions.address(row, subscriptions.CONFIRM).split("/", 3)[3]
    values = {"List-Unsubscribe": "One-Click", "email": "c@example.kg", "language": "ky"}
    assert strict.post(confirming, values).status_code == 403
    assert strict.post("/ky/journal/subscribe/", values).status_code == 403
    assert list(Subscriber.objects.values_list("email", "confirmed_at")) == [("b@example.kg", None)]


@pytest.mark.parametrize("method", ["get", "head"])
def test_programs_that_open_links_of_a_letter_change_nothing(client, method):
    row = subscriber()
    fresh = Subscriber.objects.create(email="b@example.kg", language="ky")
    confirming = "/" + subscriptions.address(fresh, subscriptions.CONFIRM).split("/", 3)[3]
    for path in (leaving(row), confirming):
        answer = getattr(client, method)(path)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
    assert Subscriber.objects.confirmed().get() == row


def test_links_of_another_purpose_or_hand_open_nothing(client):
    row = subscriber()
    confirming = subscriptions.address(row, subscriptions.CONFIRM).rstrip("/").rpartition("/")[2]
    for token in (confirming, row.uuid.hex, "x"):
        assert client.post(f"/ru/journal/subscribe/leave/{token}/").status_code == 404
    token = leaving(row).rstrip("/").rpartition("/")[2]
    assert client.post(f"/ru/journal/subscribe/confirm/{token}/").status_code == 410
    assert Subscriber.objects.exists()
