"""Word and the news of an issue in the admin: out and in by a button, one click to the subscribers."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from docx import Document

from journal.choices import IssueStatus
from journal.models import Article, Mailing, Subscriber
from journal.word import article_from_docx, article_to_docx
from people.roles import CHIEF_EDITOR, THEME_EDITOR, TRANSLATOR
from publishing.models import AuditEvent
from publishing.workflow import move
from tests import factories
from tests.factories_journal import make_article, make_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client):
    user = factories.make_user(THEME_EDITOR)
    client.force_login(user)
    return user


def document(*paragraphs: str) -> SimpleUploadedFile:
    made, out = Document(), io.BytesIO()
    for words in paragraphs:
        made.add_paragraph(words)
    made.save(out)
    return SimpleUploadedFile("text.docx", out.getvalue())


def send(client, article, upload, **answers):
    url = reverse("admin:journal_article_word_in", args=[article.pk])
    page = client.get(url).content.decode()
    lock = re.search(r'name="lock" value="([^"]*)"', page)[1]
    data = {"document": upload, "language": "ky", "lock": lock} | answers
    return client.post(url, data)


def test_article_goes_out_as_word(client, editor):
    article = make_article("ky_only")
    form = client.get(reverse("admin:journal_article_change", args=[article.pk])).content.decode()
    url = reverse("admin:journal_article_word_out", args=[article.pk, "ky"])
    assert url in form
    answer = client.get(url)
    assert answer["Content-Disposition"] == f'attachment; filename="{article.slug}-ky.docx"'
    assert article_from_docx(answer.content).title == article.title_ky
    missing = reverse("admin:journal_article_word_out", args=[article.pk, "ru"])
    assert missing not in form
    assert client.get(missing).status_code == 404


def test_text_comes_from_word(client, editor):
    article = make_article()
    article.refresh_languages()
    article.save()
    answer = send(client, article, document("Жаңы тема", "Биринчи.", "Экинчи."), replaces="on")
    assert answer.status_code == 302
    article.refresh_from_db()
    assert article.body_ky == "<p>Биринчи.</p><p>Экинчи.</p>"
    assert article.title_ky == "Жаңы тема"
    assert article.title_ru.startswith("Статья")
    assert "body" in article.stale_fields
    assert AuditEvent.about(article).filter(action="word", actor_id=editor.pk).exists()


def test_a_text_that_is_there_gives_way_only_when_told(client, editor):
    article = make_article()
    before = article.body_ky
    assert send(client, article, document("А", "Б.")).status_code == 200
    article.refresh_from_db()
    assert article.body_ky == before


def test_two_editors_at_once_lose_nothing(client, editor):
    article = make_article()
    answer = send(client, article, document("А", "Б."), replaces="on", lock="0:draft")
    assert answer.status_code == 200
    assert Article.objects.get().body_ky == article.body_ky


def test_broken_document_is_refused_with_a_sentence(client, editor):
    article = make_article()
    broken = SimpleUploadedFile("text.docx", b"PK\x03\x04 broken")
    answer = send(client, article, broken, replaces="on")
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert Article.objects.get().body_ky == article.body_ky


def test_document_of_the_proof_reader_keeps_no_picture_twice(client, editor):
    article = make_article()
    picture = article.pictures.create(
        file=factories.upload("a.jpg", factories.picture()), alt_ky="суу"
    )
    figure = f'<figure><img src="{picture.url("original.jpg")}" alt="суу"></figure>'
    article.body_ky += figure
    article.save()
    upload = SimpleUploadedFile("back.docx", article_to_docx(article, "ky"))
    assert send(client, article, upload, replaces="on").status_code == 302
    assert article.pictures.count() == 1
    article.refresh_from_db()
    assert figure in article.body_ky


def test_who_may_not_change_the_article_takes_nothing_in(client):
    article = make_article("published")
    url = reverse("admin:journal_article_word_in", args=[article.pk])
    client.force_login(factories.make_user())
    assert client.post(url).status_code == 403


# ---------------------------------------------------------------- news of an issue


@pytest.fixture
def issue():
    chief = factories.make_user(CHIEF_EDITOR)
    issue = make_issue(status=IssueStatus.APPROVED)
    make_article("approved", issue=issue)
    move(issue, "release", actor=chief, language="ky")
    Subscriber.objects.create(email="a@example.kg", language="ky", confirmed_at=timezone.now())
    return issue


def test_one_click_tells_the_subscribers(
    client, issue, mailoutbox, django_capture_on_commit_callbacks
):
    client.force_login(factories.make_user(CHIEF_EDITOR))
    page = reverse("admin:journal_issue_news", args=[issue.pk])
    assert (
        page in client.get(reverse("admin:journal_issue_change", args=[issue.pk])).content.decode()
    )
    url = reverse("admin:journal_issue_mail", args=[issue.pk, "ky"])
    words = client.get(page).content.decode()
    assert url in words
    assert "*«Муниципалитет»" in words
    for _click in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(url).status_code == 302
    assert [letter.to for letter in mailoutbox] == [["a@example.kg"]]
    assert url not in client.get(page).content.decode()
    russian = reverse("admin:journal_issue_mail", args=[issue.pk, "ru"])
    client.post(russian)
    assert Mailing.objects.count() == 1
    assert client.get(url).status_code == 405


@pytest.mark.parametrize("role", [THEME_EDITOR, TRANSLATOR])
def test_only_who_may_release_may_tell(client, issue, role):
    client.force_login(factories.make_user(role))
    url = reverse("admin:journal_issue_mail", args=[issue.pk, "ky"])
    assert client.post(url).status_code == 403
    page = client.get(reverse("admin:journal_issue_news", args=[issue.pk]))
    assert page.status_code == 200
    assert url not in page.content.decode()
    assert not Mailing.objects.exists()


def test_addresses_of_subscribers_are_for_publishers_alone(client, issue):
    url = reverse("admin:journal_subscriber_changelist")
    client.force_login(factories.make_user(THEME_EDITOR))
    assert client.get(url).status_code == 403
    client.force_login(factories.make_user(CHIEF_EDITOR))
    assert "a@example.kg" in client.get(url).content.decode()
    assert client.get(reverse("admin:journal_subscriber_add")).status_code == 403
