"""One article from a suggestion to the reader, every step as its people take it in their browsers."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from journal.choices import ArticleStatus, IssueStatus
from journal.models import Article, Pitch
from people.roles import CHIEF_EDITOR, THEME_EDITOR, TRANSLATOR
from publishing.models import AuditEvent
from tests import factories
from tests.admin_forms import address, posted
from tests.factories_journal import make_issue, make_rubric
from tests.pages import document, main

TEXT = "## Көйгөй\n\n" + "Айылда таза суу жетишсиз болчу, эл булактан ташыган. " * 50
RUSSIAN = "<h2>Проблема</h2><p>" + "В селе не хватало чистой воды. " * 80 + "</p>"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def opened(letter) -> tuple[Client, str]:
    """Somebody with the letter in hand: their browser, and the page its link opens."""
    guest = Client()
    path = re.search(r"https?://[^/]+(/\S*go/\S+)", letter.body)[1]
    return guest, guest.post(path, follow=True).redirect_chain[-1][0]


def fields_of(page) -> dict:
    """The hidden digests of the author's form."""
    found = document(page).xpath("//form[@data-draft]//input[@type='hidden']")
    return {each.get("name"): each.get("value") for each in found}


@pytest.mark.django_db
def test_article_goes_from_a_suggestion_to_its_readers(committed, media_root):
    editor = factories.make_user(THEME_EDITOR, email="editor@example.org", language="ru")
    desk = signed_in(editor)
    other = signed_in(factories.make_user(THEME_EDITOR))
    chief = signed_in(factories.make_user(CHIEF_EDITOR))
    translator = signed_in(factories.make_user(TRANSLATOR))
    issue, rubric = make_issue(status=IssueStatus.APPROVED), make_rubric()

    def step(by, name, **answers):
        by.post(address(article, "move", name), {"confirmed": "yes"} | answers if answers else {})
        article.refresh_from_db()
        return article.status

    # A guest suggests it; an editor accepts.
    guest = Client()
    with translation.override("ky"):
        page = reverse("journal:suggest")
    stamp = document(guest.get(page)).xpath("//input[@name='stamp']")[0].get("value")
    typed = {"topic": "Таза суу", "name": "Айгүл", "contact": "aigul@example.org", "stamp": stamp}
    with time_machine.travel(timezone.now() + timedelta(seconds=9)):
        (receipt,) = committed(lambda: guest.post(page, typed))
    pitch = Pitch.objects.get()
    assert pitch.number in receipt.subject
    task = {
        "title": "Таза суу",
        "rubric": rubric.pk,
        "issue": issue.pk,
        "due_on": timezone.localdate() + timedelta(days=14),
    }
    (letter,) = committed(lambda: desk.post(address(pitch, "decide", "accept"), task))
    article = Article.objects.get()

    # The author writes and hands in, is asked to correct, and hands in again.
    author, page = opened(letter)
    data = fields_of(author.get(page)) | {"title": "Таза суу", "lead": "Лид.", "text": TEXT}
    assert author.post(page, data | {"next": "1"}).url == page + "hand-in/"
    told = committed(lambda: author.post(page + "hand-in/", {"rights": "yes"}))
    assert {each.to[0] for each in told} == {"editor@example.org", "aigul@example.org"}
    assert step(desk, "take") == ArticleStatus.EDITING
    places = document(desk.get(address(article, "remarks"))).xpath("//section[@id='p1']//form")
    seen = {each.name: each.value for each in places[0].inputs if each.name}
    desk.post(address(article, "remarks"), seen | {"text": "Канча үй-бүлө?"})
    (letter,) = committed(lambda: step(desk, "send_back", reason="Булактарды кошуңуз."))
    author, page = opened(letter)
    assert "Булактарды кошуңуз." in main(author.get(page))
    answer = document(author.get(page + "remarks/")).xpath("//div[@class='notice warn']//form")[0]
    seen = {each.name: each.value for each in answer.inputs if each.name}
    author.post(page + "remarks/", seen | {"text": "Кырк."})
    author.post(page, fields_of(author.get(page)) | {"sources": "Отчет"})
    author.post(page + "hand-in/", {"rights": "yes"})
    remarks = desk.get(address(article, "remarks")).content.decode()
    assert "Кырк." in remarks

    # Edited; the facts are checked by another person; translated, read, laid out, approved.
    assert step(desk, "take") == ArticleStatus.EDITING
    assert step(desk, "check_facts") == ArticleStatus.FACT_CHECK
    assert step(desk, "translate") == ArticleStatus.FACT_CHECK
    assert step(other, "translate") == ArticleStatus.TRANSLATION
    form = posted(
        translator.get(address(article)),
        title_ru="Чистая вода", lead_ru="Лид.", body_ru=RUSSIAN, sources_ru="Отчёт",
    )  # fmt: skip
    translator.post(address(article), form)
    assert step(translator, "translated") == ArticleStatus.TRANSLATION_CHECK
    assert step(other, "accept_translation") == ArticleStatus.PROOF
    assert step(desk, "proofread") == ArticleStatus.LAYOUT
    assert step(chief, "approve") == ArticleStatus.LAYOUT  # rights and personal data: not said yet
    form = posted(chief.get(address(article)), has_rights="on", has_no_personal_data="on")
    chief.post(address(article), form)
    assert step(chief, "approve") == ArticleStatus.APPROVED

    # Released with its issue, language by language; the author is told once.
    def release(language) -> list:
        return committed(
            lambda: chief.post(address(issue, "edition", "release", language), {"confirmed": "yes"})
        )

    (letter,) = release("ky")
    assert (letter.to, letter.subject) == (["aigul@example.org"], "Макалаңыз чыкты: Таза суу")
    assert release("ru") == []
    article.refresh_from_db()
    assert article.is_published
    for language, title in (("ky", "Таза суу"), ("ru", "Чистая вода")):
        public = Client().get(f"/{language}/journal/articles/{article.slug}/")
        assert title in main(public)
    assert AuditEvent.about(article).filter(action="take").count() == 2
