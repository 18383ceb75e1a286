"""Remarks on paragraphs: they stay with their paragraph while the text moves, and none is lost."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from journal import remarks
from journal.body import paragraphs
from journal.choices import ArticleStatus
from journal.models import Article, Comment
from people.roles import CHIEF_EDITOR, OBSERVER, PARTNER_EDITOR
from tests import factories
from tests.admin_forms import address
from tests.factories_journal import make_article
from tests.pages import document, main

BODY = "<h2>Көйгөй</h2><p>Айылда суу жок.</p><p>Эл булактан ташыган.</p><ul><li>кудук казылды</li></ul>"


@pytest.fixture
def article(db):
    return make_article(body_ky=BODY)


def seen(article, number) -> dict:
    found = paragraphs(article.body_ky)[number]
    return {"number": number, "digest": found.digest, "quote": found.text}


def write(article, number, text, **who) -> Comment:
    return remarks.remark(article, language="ky", seen=seen(article, number), text=text, **who)


def change(article, body):
    Article.objects.filter(pk=article.pk).update(body_ky=body)
    article.refresh_from_db()


def where(article) -> list:
    """[(number of the paragraph or None, texts, is_changed)] of the threads."""
    return [
        (
            place.paragraph and place.paragraph.number,
            [comment.text for comment in thread.comments],
            thread.is_changed,
        )
        for place in remarks.places_of(article, "ky")
        for thread in place.threads
    ]


# ---------------------------------------------------------------- where they stand


def test_remark_stands_at_its_paragraph_with_its_answer(article, editor):
    write(article, 1, "Канча үй-бүлө?", by=editor)
    write(article, 1, "Кырк.", is_authors=True)
    assert where(article) == [(1, ["Канча үй-бүлө?", "Кырк."], False)]


def test_remark_moves_with_its_paragraph(article, editor):
    write(article, 2, "Кайсы булак?", by=editor)
    change(article, "<p>Жаңы кириш сөз.</p>" + BODY)
    assert where(article) == [(3, ["Кайсы булак?"], False)]


def test_changed_paragraph_keeps_its_remark_with_the_quote(article, editor):
    write(article, 2, "Кайсы булак?", by=editor)
    change(article, BODY.replace("Эл булактан ташыган.", "Эл Кара-Булактан ташып ичкен."))
    assert where(article) == [(2, ["Кайсы булак?"], True)]
    (thread,) = [t for place in remarks.places_of(article, "ky") for t in place.threads]
    assert thread.quote == "Эл булактан ташыган."
    # Who answers answers to the paragraph as it was.
    earlier = {"number": 2, "digest": thread.first.paragraph_digest, "quote": "башка"}
    answer = remarks.remark(article, language="ky", seen=earlier, text="Оңдодум.", is_authors=True)
    assert answer.quote == "Эл булактан ташыган."
    assert where(article) == [(2, ["Кайсы булак?", "Оңдодум."], True)]


def test_remark_on_a_paragraph_that_is_gone_is_not_lost(article, editor):
    write(article, 3, "Качан?", by=editor)
    change(article, "<p>Таптакыр башка сөз, эч нерсеси окшош эмес: 12345 67890.</p>")
    assert where(article) == [(None, ["Качан?"], True)]


def test_remark_made_on_a_page_opened_before_the_change_is_kept(article, editor):
    opened = seen(article, 1)
    change(article, BODY.replace("Айылда суу жок.", "Айылда таза суу жок."))
    remarks.remark(article, language="ky", seen=opened, text="Канча жылдан бери?", by=editor)
    assert where(article) == [(1, ["Канча жылдан бери?"], True)]


def test_same_words_twice_in_the_text_keep_their_own_remarks(article, editor):
    change(article, "<p>Суу жок.</p><p>Арасы.</p><p>Суу жок.</p>")
    write(article, 2, "Бул экинчиси.", by=editor)
    assert where(article) == [(2, ["Бул экинчиси."], False)]


@pytest.mark.parametrize("text", ["", "   ", "я" * 1001])
def test_empty_and_endless_remarks_are_refused(article, editor, text):
    with pytest.raises(ValidationError):
        write(article, 1, text, by=editor)
    assert not Comment.objects.exists()


def test_second_tap_is_one_remark_and_settled_twice_is_settled(article, editor, chief):
    first = write(article, 1, "Канча?", by=editor)
    assert write(article, 1, "Канча?", by=editor) == first
    write(article, 1, "Канча?", by=chief)
    assert remarks.settle(article, first, by=chief) == 2
    assert remarks.settle(article, first, by=editor) == 0
    first.refresh_from_db()
    assert first.resolved_by == chief
    assert remarks.settle(article, first, by=editor, is_settled=False) == 2


@pytest.mark.django_db(transaction=True)
def test_two_editors_on_one_paragraph_lose_nothing():
    article = make_article(body_ky=BODY)
    editors = [factories.make_user(CHIEF_EDITOR) for _each in range(4)]
    together = threading.Barrier(len(editors))
    opened = seen(article, 1)

    def act(editor):
        try:
            together.wait(timeout=10)
            for _tap in range(2):
                remarks.remark(
                    article, language="ky", seen=opened, text=f"Сөз {editor.pk}", by=editor
                )
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act, args=[editor]) for editor in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = sorted(Comment.objects.values_list("text", flat=True))
    assert found == sorted(f"Сөз {editor.pk}" for editor in editors)


# ---------------------------------------------------------------- pages


def posted(article, number, text) -> dict:
    return {key: str(value) for key, value in seen(article, number).items()} | {"text": text}


def test_editor_remarks_and_settles_in_the_admin(client, article, editor):
    client.force_login(editor)
    page = address(article, "remarks")
    client.post(page, posted(article, 1, "Канча үй-бүлө?"))
    comment = Comment.objects.get()
    assert (comment.by, comment.is_authors, comment.quote) == (editor, False, "Айылда суу жок.")
    shown = document(client.get(page)).get_element_by_id("p1").text_content()
    assert "Канча үй-бүлө?" in shown
    assert page in client.get(address(article)).content.decode()
    client.post(page, {"thread": comment.pk, "settle": "yes"})
    comment.refresh_from_db()
    assert comment.resolved_by == editor
    client.post(page, {"thread": comment.pk, "settle": "no"})
    comment.refresh_from_db()
    assert comment.resolved_at is None


def test_remark_of_another_article_is_not_settled_here(client, article, editor):
    strange = write(make_article(body_ky=BODY), 1, "Бөлөк", by=editor)
    client.force_login(editor)
    response = client.post(address(article, "remarks"), {"thread": strange.pk, "settle": "yes"})
    assert response.status_code == 404
    strange.refresh_from_db()
    assert strange.resolved_at is None


def test_refused_remark_stays_in_its_field(client, article, editor):
    client.force_login(editor)
    page = client.post(address(article, "remarks"), posted(article, 1, "я" * 1001) | {"key": "1"})
    assert "я" * 1001 in page.content.decode()


@pytest.mark.parametrize("broken", [{"number": "x"}, {"digest": "<b>"}, {"digest": ""}])
def test_remark_on_nothing_is_refused(client, article, editor, broken):
    client.force_login(editor)
    client.post(address(article, "remarks"), posted(article, 1, "Канча?") | broken)
    assert not Comment.objects.exists()


def test_who_only_looks_writes_nothing(client, article):
    client.force_login(factories.make_user(OBSERVER))
    assert client.get(address(article, "remarks")).status_code == 200
    assert client.post(address(article, "remarks"), posted(article, 1, "А")).status_code == 403
    client.force_login(factories.make_user(PARTNER_EDITOR))
    assert client.get(address(article, "remarks")).status_code == 403
    assert not Comment.objects.exists()


def page_of_author(article) -> str:
    with translation.override("ky"):
        return reverse("journal:author_remarks", args=[article.uuid])


def test_author_sees_remarks_and_answers_by_the_link(article, editor, guest_of):
    write(article, 1, "Канча <b>үй-бүлө</b>?", by=editor)
    guest, page = guest_of(article), page_of_author(article)
    assert "Канча <b>үй-бүлө</b>?" in main(guest.get(page))
    guest.post(page, posted(article, 1, "Кырк эки."))
    answer = Comment.objects.get(is_authors=True)
    assert (answer.text, answer.by) == ("Кырк эки.", None)
    # Settling is the editors'.
    guest.post(page, {"thread": answer.pk, "settle": "yes"})
    answer.refresh_from_db()
    assert answer.resolved_at is None
    assert str(editor) not in main(guest.get(page))


def test_open_remarks_are_listed_above_the_text_and_counted_with_their_answers_as_one(
    client, article, editor, guest_of
):
    first = write(article, 1, "Канча үй-бүлө?", by=editor)
    write(article, 1, "Кырк.", is_authors=True)
    settled = write(article, 2, "Кайсы булак?", by=editor)
    remarks.settle(article, settled, by=editor)
    assert remarks.count_open(article) == 1
    tree = document(guest_of(article).get(page_of_author(article)))
    links = tree.xpath("//ul[@class='todo']//a")
    assert [(each.get("href"), each.text) for each in links] == [
        (f"#remark-{first.pk}", "Канча үй-бүлө?")
    ]
    client.force_login(editor)
    assert "(1)" in client.get(address(article)).content.decode()


def test_text_goes_back_to_its_author_from_the_page_of_remarks(client, article, editor):
    client.force_login(editor)
    back = address(article, "move", "send_back")
    assert back not in client.get(address(article, "remarks")).content.decode()
    Article.objects.filter(pk=article.pk).update(status=ArticleStatus.EDITING)
    assert back in client.get(address(article, "remarks")).content.decode()


def test_answer_sent_after_the_link_had_closed_comes_back_into_its_field(article, editor, guest_of):
    write(article, 1, "Канча үй-бүлө?", by=editor)
    guest, page = Client(), page_of_author(article)
    key = f"remark-{Comment.objects.get().pk}"
    refused = guest.post(page, posted(article, 1, "Кырк эки.") | {"key": key})
    assert refused.status_code == 403
    assert "Кырк эки." in main(refused)
    assert not Comment.objects.filter(is_authors=True).exists()
    shown = document(guest_of(article, by=guest).get(page))
    fields = shown.xpath("//textarea[@name='text']")
    assert [each.text.strip() for each in fields if each.text] == ["Кырк эки."]


def test_queries_of_the_page_do_not_grow_with_remarks(client, article, editor):
    client.force_login(editor)
    client.get(address(article, "remarks"))
    counts = []
    for number in (1, 2, 3):
        write(article, number, f"Сөз {number}", by=editor)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(address(article, "remarks"))
        counts.append(len(queries))
    assert counts == [counts[0]] * 3
    assert counts[0] <= 8
