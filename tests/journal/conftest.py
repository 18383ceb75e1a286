"""What tests of the journal share: letters that a change sends, and an author come by a link."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from journal.letters import HAND_IN
from people.actions import make_link


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Run what a change starts after its commit; returns the letters."""

    def run(act):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return list(mail.outbox)

    return run


@pytest.fixture
def guest_of(db):
    """guest_of(article, by=client): a visitor who has opened a signed link of the article."""

    def come(article, by=None, **link) -> Client:
        client = by or Client()
        token = make_link(purpose=HAND_IN, target=article, **link)
        client.post(reverse("go", args=[token]))
        return client

    return come
