"""Letters to authors: the task, its deadline, what became of the text."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from journal.admin_remarks import assign
from journal.choices import ArticleStatus, CreditRole
from journal.letters import reader_of
from journal.models import Article
from journal.tasks import due_term, remind_authors, reminders_by_hand
from people.roles import OBSERVER
from publishing.letters import fitting
from publishing.work import todos_of
from publishing.workflow import move
from tests import factories
from tests.admin_forms import address
from tests.factories_journal import make_article, make_author

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(db):
    return make_author(email="aigul@example.org", language="ky")


@pytest.fixture
def on_day(committed):
    """Remind as the worker does on a day counted from the deadline; returns the letters."""

    def run(article, days):
        with time_machine.travel(article.due_on + timedelta(days=days, hours=12)):
            return committed(remind_authors)

    return run


def task(author, days=30, **fields) -> Article:
    return make_article(
        "ky_only", authors=[author], due_on=timezone.localdate() + timedelta(days=days), **fields
    )


def test_author_is_reminded_three_times_and_once_each(author, on_day):
    article = task(author)
    told = {}
    for day in (-9, -8, -7, -7, -6, -3, -2, -2, -1, 0, 1, 1, 2, 6, 20):
        for letter in on_day(article, day):
            told.setdefault(day, []).append(letter.subject.partition(":")[0])
    assert told == {
        -7: ["Макаланын мөөнөтү жакындады"],
        -2: ["Макаланын мөөнөтү жакындады"],
        1: ["Макаланын мөөнөтү өттү"],
    }


def test_reminder_opens_the_article(author, on_day):
    article = task(author)
    (letter,) = on_day(article, -7)
    path = next(line for line in letter.body.splitlines() if "/go/" in line)
    with time_machine.travel(article.due_on - timedelta(days=7)):
        page = Client().post("/" + path.split("/", 3)[3], follow=True)
    assert str(article.uuid) in page.redirect_chain[-1][0]


def test_day_the_worker_slept_through_is_made_up(author, on_day):
    article = task(author)
    assert len(on_day(article, -5)) == 1
    assert on_day(article, -4) == []


def test_worker_that_slept_a_week_writes_one_reminder(author, on_day):
    article = task(author)
    letters = [on_day(article, day) for day in (-9, 3, 4)]
    assert [len(each) for each in letters] == [0, 1, 0]
    assert letters[1][0].subject.startswith("Макаланын мөөнөтү өттү")
    assert on_day(task(author), 9) == []  # too late for any


def test_task_without_a_deadline_reminds_nobody(author, committed):
    article = make_article("ky_only", authors=[author])
    with time_machine.travel(timezone.now() + timedelta(days=60)):
        assert committed(remind_authors) == []
    assert "article_due" not in fitting(article)


def test_new_deadline_is_a_new_round_of_reminders(author, on_day, editor):
    article = task(author)
    on_day(article, -7)
    assign_to(author, article, article.due_on + timedelta(days=30), editor)
    article.refresh_from_db()
    assert len(on_day(article, -7)) == 1


def test_nearer_deadline_begins_with_its_letter_alone(author, committed, editor):
    article = task(author)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        due_on = timezone.localdate() + timedelta(days=5)
        assert len(committed(lambda: assign_to(author, article, due_on, editor))) == 1
        assert committed(remind_authors) == []


def assign_to(author, article, due_on, editor):
    assign(article, author=author, due_on=due_on, actor=editor)


def test_task_given_late_begins_with_its_letter_alone(author, on_day):
    article = task(author, days=5)
    assert on_day(article, -5) == []
    assert len(on_day(article, -2)) == 1


@pytest.mark.parametrize("status", [ArticleStatus.SUBMITTED, ArticleStatus.DECLINED])
def test_who_has_handed_in_is_left_in_peace(author, on_day, status):
    article = task(author, status=status)
    assert on_day(article, -2) == []


def test_who_is_asked_to_correct_is_reminded_too(author, committed, editor):
    article = task(author, status=ArticleStatus.SUBMITTED)
    move(article, "send_back", actor=editor, reason="Булактар.")
    article.refresh_from_db()
    due_on = timezone.localdate(article.due_at)
    with time_machine.travel(due_on - timedelta(days=2) + timedelta(hours=12)):
        assert len(committed(remind_authors)) == 1


def test_demo_writes_to_nobody(author, on_day, committed, editor):
    article = task(author, is_demo=True, status=ArticleStatus.SUBMITTED)
    assert committed(lambda: move(article, "send_back", actor=editor, reason="А.")) == []
    assert on_day(task(author, is_demo=True), -2) == []


def test_due_term_takes_the_last_one_come():
    due = date(2026, 3, 10)
    found = [due_term(due, due + timedelta(days=day)) for day in (-8, -7, -3, -2, 0, 1, 8, 9)]
    assert found == [None, 7, 7, 2, 2, -1, -1, None]


# ---------------------------------------------------------------- who is written to


def test_author_is_written_to_in_the_author_language(editor, committed):
    author = make_author(email="ivan@example.org", language="ru", name_ru="Иван")
    article = task(author, status=ArticleStatus.SUBMITTED)
    (letter,) = committed(lambda: move(article, "send_back", actor=editor, reason="Источники."))
    assert letter.subject.startswith("Нужно поправить статью")


def test_second_author_is_written_to_where_the_first_has_no_address(author):
    article = make_article(authors=[make_author(), author])
    assert reader_of(article).email == "aigul@example.org"
    article.credits.filter(author=author).update(role=CreditRole.REVIEWER)
    assert reader_of(article).email == ""


def test_letters_are_offered_as_they_fit(author):
    article = task(author)
    assert set(fitting(article)) == {"article_assigned", "article_due"}
    Article.objects.filter(pk=article.pk).update(status=ArticleStatus.PUBLISHED)
    article.refresh_from_db()
    assert set(fitting(article)) == {"article_published"}
    assert fitting(make_article("published", authors=[make_author()])) == {}


def test_editor_reminds_by_whatsapp_whoever_has_no_email(
    client, editor, chief, django_assert_num_queries
):
    article = task(make_author(phone="+996555123456"), editor=editor)
    task(make_author(), editor=editor)  # nobody could write to them
    assert todos_of(editor) == []
    for number in range(3):  # those with an address cost nothing
        task(make_author(email=f"a{number}@example.org"), editor=editor)
    with django_assert_num_queries(1):
        assert reminders_by_hand(editor) == []
    with time_machine.travel(article.due_on - timedelta(days=2) + timedelta(hours=12)):
        assert remind_authors() == 3  # the ones with an address
        (todo,) = todos_of(editor)
        assert (todo.about, todo.url) == (article.title_ky, address(article))
        assert todos_of(chief) == []
        client.force_login(editor)
        assert article.title_ky in client.get(reverse("admin:index")).content.decode()
        client.post(address(article, "letter", "article_due"))
        assert todos_of(editor) == []
    with time_machine.travel(article.due_on + timedelta(days=1, hours=12)):
        assert len(todos_of(editor)) == 1  # the next reminder


# ---------------------------------------------------------------- giving the task


def test_editor_gives_the_article_to_an_author_once(client, author, editor, committed):
    article = make_article("ky_only", authors=[])
    client.force_login(editor)
    due_on = timezone.localdate() + timedelta(days=10)
    data = {"author": author.pk, "due_on": due_on.isoformat()}
    page = address(article, "assign")
    assert client.get(page).status_code == 200
    assert page in client.get(address(article)).content.decode()
    (letter,) = committed(lambda: client.post(page, data))
    assert letter.to == ["aigul@example.org"]
    assert "/go/" in letter.body
    assert due_on.strftime("%d.%m.%Y") in letter.body
    article.refresh_from_db()
    assert (article.due_on, article.credits.get().author) == (due_on, author)
    assert article.credits.get().post_ky == author.post_ky
    assert committed(lambda: client.post(page, data)) == []


def test_task_is_not_given_for_yesterday_nor_by_who_only_looks(client, author, editor):
    article = make_article("ky_only", authors=[])
    client.force_login(editor)
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    data = {"author": author.pk, "due_on": yesterday}
    assert client.post(address(article, "assign"), data).status_code == 200
    client.force_login(factories.make_user(OBSERVER))
    assert client.get(address(article, "assign")).status_code == 403
    article.refresh_from_db()
    assert article.due_on is None


def test_task_given_to_another_author_is_that_author_s_alone(author, editor, committed, guest_of):
    article = make_article("ky_only", authors=[author], body_ky="")
    former, other = guest_of(article), make_author(email="bakyt@example.org", language="ru")
    page = reverse("journal:writing", args=[article.uuid])
    assert former.get(page).status_code == 200
    due_on = timezone.localdate() + timedelta(days=10)
    (letter,) = committed(lambda: assign_to(other, article, due_on, editor))
    assert letter.to == ["bakyt@example.org"]
    assert former.get(page).status_code == 403
    assert [each.author for each in article.credits.all()] == [other]


def test_author_who_has_written_stays_one_and_the_new_one_is_written_to(author, editor, committed):
    article = task(author, status=ArticleStatus.AUTHOR_FIX)
    other = make_author(email="bakyt@example.org", language="ru")
    due_on = timezone.localdate() + timedelta(days=20)
    (letter,) = committed(lambda: assign_to(other, article, due_on, editor))
    assert (letter.to, letter.subject[:20]) == (["bakyt@example.org"], "Нужно поправить стат")
    assert due_on.strftime("%d.%m.%Y") in letter.body
    assert {each.author for each in article.credits.all()} == {author, other}
    article.refresh_from_db()
    assert reader_of(article).email == "bakyt@example.org"


def test_letter_for_whatsapp_stands_on_the_article(client, editor):
    article = task(make_author(phone="+996555123456"))
    client.force_login(editor)
    assert client.get(address(article)).status_code == 200
    response = client.post(address(article, "letter", "article_assigned"))
    assert "/go/" in response.context["text"]
    assert reverse("admin:journal_article_change", args=[article.pk]) in response.content.decode()
