"""The news of an edition: to whom, once, after a kill, and as a text for WhatsApp."""

import os
import signal
from pathlib import Path
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections
from django.utils import timezone

from journal.choices import IssueStatus
from journal.mailings import NotReleased, send_mailing, start_mailing, whatsapp_text
from journal.models import Mailing, MailingRecipient, Subscriber
from journal.subscriptions import LEAVE, address
from people.roles import CHIEF_EDITOR
from publishing.models import AuditEvent
from publishing.workflow import move
from tests import factories
from tests.factories_journal import make_article, make_issue

pytestmark = pytest.mark.django_db
#: The attempt after which an error is told and not tried again.
LAST = 8


class Server(EmailBackend):
    """A mail server with accidents: {address: what it raises}, before or after it took the letter.

    meanwhile: {address: what somebody does while the letter goes}.
    """

    before: dict = {}
    after: dict = {}
    meanwhile: dict = {}

    def send_messages(self, messages):
        (to,) = messages[0].to
        if to in self.meanwhile:
            self.meanwhile.pop(to)()
        if to in self.before:
            raise self.before.pop(to)
        count = super().send_messages(messages)
        if to in self.after:
            raise self.after.pop(to)
        return count


class Power(BaseEmailBackend):
    """A server that writes down whom it got a letter for; at the third the power goes, once."""

    def send_messages(self, messages):
        folder = Path(settings.EMAIL_FILE_PATH)
        with (folder / "letters").open("a") as letters:
            letters.write(messages[0].to[0] + "\n")
        if len((folder / "letters").read_text().split()) == 3 and not (folder / "dark").exists():
            (folder / "dark").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return 1


@pytest.fixture
def server(settings, mailoutbox):
    settings.EMAIL_BACKEND = "tests.journal.test_mailings.Server"
    Server.before, Server.after, Server.meanwhile = {}, {}, {}
    return Server


@pytest.fixture
def chief():
    return factories.make_user(CHIEF_EDITOR)


@pytest.fixture
def edition(chief):
    issue = make_issue(status=IssueStatus.APPROVED, lead_ky="Сан суу жөнүндө.")
    make_article("approved", issue=issue, title_ky="Булак", first_page=4)
    move(issue, "release", actor=chief, language="ky")
    return issue.editions.get(language="ky")


def subscribers(count: int, language="ky"):
    return [
        Subscriber.objects.create(
            email=f"{n}-{language}@example.kg", language=language, confirmed_at=timezone.now()
        )
        for n in range(count)
    ]


def sent() -> list[str]:
    return sorted(letter.to[0] for letter in mail.outbox)


@pytest.fixture
def start(edition, chief, django_capture_on_commit_callbacks):
    def click():
        with django_capture_on_commit_callbacks(execute=True):
            return start_mailing(edition, by=chief)

    return click


def test_each_confirmed_subscriber_of_the_edition_gets_one_letter(start, mailoutbox):
    subscribers(3)
    subscribers(1, "ru")
    Subscriber.objects.create(email="unconfirmed@example.kg", language="ky")
    start()
    assert sent() == [f"{n}-ky@example.kg" for n in range(3)]
    letter = mailoutbox[0]
    assert letter.subject.startswith("Жаңы сан: «Муниципалитет» № 9 (179), 2026. ")
    assert "Сан суу жөнүндө." in letter.body
    assert "– Булак (Айгүл Автор" in letter.body
    assert "/ky/journal/2026-9/" in letter.body
    leave = letter.extra_headers["List-Unsubscribe"].strip("<>")
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert leave in letter.body
    links = {each.extra_headers["List-Unsubscribe"] for each in mailoutbox}
    assert len(links) == 3
    assert Mailing.objects.get().finished_at
    assert MailingRecipient.objects.filter(sent_at__isnull=False).count() == 3


def test_second_click_and_second_run_write_to_nobody_again(start, edition):
    subscribers(2)
    mailing = start()
    start()
    Mailing.objects.update(finished_at=None)
    send_mailing.func(mailing.pk)
    assert sent() == ["0-ky@example.kg", "1-ky@example.kg"]
    assert AuditEvent.about(edition.issue).filter(action="mailing").count() == 1


def test_a_killed_mailing_goes_on_and_writes_to_nobody_twice(edition, chief, server):
    people = subscribers(5)
    mailing = start_mailing(edition, by=chief)
    # The power goes right after the third letter has left, before it is noted as sent.
    server.after = {people[2].email: KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        send_mailing.func(mailing.pk)
    assert len(sent()) == 3
    assert Mailing.objects.get().finished_at is None
    send_mailing.func(mailing.pk)
    assert sent() == [person.email for person in people]
    assert Mailing.objects.get().finished_at
    assert MailingRecipient.objects.get(sent_at=None).subscriber == people[2]


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_by_the_system_leaves_nobody_out_and_nobody_twice(
    edition, chief, settings, tmp_path
):
    settings.EMAIL_BACKEND = "tests.journal.test_mailings.Power"
    settings.EMAIL_FILE_PATH = tmp_path
    people = subscribers(5)
    mailing = Mailing.objects.create(edition=edition, started_by=chief)
    connections.close_all()  # the worker opens its own
    worker = os.fork()
    if not worker:
        try:
            send_mailing.func(mailing.pk)
        finally:
            os._exit(1)  # only where nobody killed it
    _pid, status = os.waitpid(worker, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert len((tmp_path / "letters").read_text().split()) == 3
    send_mailing.func(mailing.pk)
    assert (tmp_path / "letters").read_text().split() == [person.email for person in people]
    assert MailingRecipient.objects.get(sent_at=None).subscriber == people[2]


def test_server_that_asks_to_wait_is_asked_again(edition, chief, server):
    people = subscribers(2)
    mailing = start_mailing(edition, by=chief)
    server.before = {people[0].email: SMTPRecipientsRefused({people[0].email: (450, b"later")})}
    with pytest.raises(SMTPRecipientsRefused):
        send_mailing.func(mailing.pk, attempt=LAST)
    assert sent() == []
    send_mailing.func(mailing.pk)
    assert sent() == [person.email for person in people]


def test_refused_address_stops_nobody(edition, chief, server):
    people = subscribers(3)
    mailing = start_mailing(edition, by=chief)
    server.before = {people[1].email: SMTPRecipientsRefused({people[1].email: (550, b"none")})}
    send_mailing.func(mailing.pk)
    assert sent() == [people[0].email, people[2].email]
    assert Mailing.objects.get().finished_at


def test_who_leaves_before_the_turn_gets_nothing(edition, chief, server, client):
    people = subscribers(3)
    mailing = start_mailing(edition, by=chief)
    leaving = "/" + address(people[1], LEAVE).split("/", 3)[3]
    server.meanwhile = {people[0].email: lambda: client.post(leaving)}
    send_mailing.func(mailing.pk)
    assert sent() == [people[0].email, people[2].email]
    assert MailingRecipient.objects.count() == 2
    assert not Subscriber.objects.filter(email=people[1].email).exists()


def test_who_leaves_and_comes_back_waits_for_the_next_issue(edition, chief, server):
    people = subscribers(2)
    mailing = start_mailing(edition, by=chief)

    def come_back():
        people[0].delete()
        Subscriber.objects.create(email=people[0].email, language="ky", confirmed_at=timezone.now())

    server.meanwhile = {people[1].email: come_back}
    send_mailing.func(mailing.pk)
    assert sent() == [person.email for person in people]


def test_a_letter_that_may_have_gone_does_not_go_again(edition, chief, server):
    people = subscribers(2)
    mailing = start_mailing(edition, by=chief)
    server.after = {people[0].email: SMTPServerDisconnected("gone")}
    with pytest.raises(SMTPServerDisconnected):
        send_mailing.func(mailing.pk, attempt=LAST)
    send_mailing.func(mailing.pk)
    assert sent() == [person.email for person in people]


def test_recalled_edition_is_told_to_nobody(edition, chief, start):
    subscribers(2)
    move(edition.issue, "recall", actor=chief, language="ky", reason="ката")
    with pytest.raises(NotReleased):
        start_mailing(edition, by=chief)
    mailing = Mailing.objects.create(edition=edition)
    send_mailing.func(mailing.pk)
    assert sent() == []
    assert Mailing.objects.get().finished_at is None


def test_queries_do_not_grow_with_the_articles(edition, chief, django_assert_num_queries):
    mailing = start_mailing(edition, by=chief)
    for _more in range(3):
        make_article("published", issue=edition.issue)
    with django_assert_num_queries(6):
        send_mailing.func(mailing.pk)


def test_text_for_whatsapp(edition):
    text = whatsapp_text(edition.issue, "ky")
    assert text.startswith("*«Муниципалитет» №\u00a09 (179), 2026*\nСуу жана айыл\n\n")
    assert "\n• Булак\n" in text
    assert text.endswith("/ky/journal/2026-9/")
    assert "Булак" not in whatsapp_text(edition.issue, "ru")


def test_text_for_whatsapp_is_never_longer_than_it_may(edition):
    for number in range(30):
        make_article(
            "published",
            issue=edition.issue,
            first_page=10 + number,
            title_ky=f"{number} " + "сөз " * 36,
        )
    edition.issue.lead_ky = "Узун сүйлөм ушул жерде турат. " * 25
    edition.issue.save()
    text = whatsapp_text(edition.issue, "ky")
    assert 500 < len(text) <= 700
    assert text.count("•") >= 2
