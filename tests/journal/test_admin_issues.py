"""Issues in the admin: contents and readiness, release and recall, races."""

import threading

import pytest
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from journal.choices import ArticleStatus, IssueStatus
from journal.models import Article, Issue, IssueEdition
from people.roles import CHIEF_EDITOR
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused, move
from tests import factories
from tests.admin_forms import address, posted
from tests.factories_journal import make_article, make_issue

pytestmark = pytest.mark.django_db


def edition_url(issue, name, language):
    return reverse("admin:journal_issue_edition", args=[issue.pk, name, language])


def public(language):
    return set(Article.objects.published().ready_in(language))


def sent(response, **changes) -> dict:
    """What the form of the contents would send."""
    form = response.context["form"]
    data = {"lock": form.stored_lock}
    data |= {
        bound.html_name: bound.value()
        for bound in form
        if bound.value() not in (None, False, "") and bound.name != "add"
    }
    return data | changes


# ---------------------------------------------------------------- the form


def test_a_new_issue_gets_its_number_address_and_both_editions(client, chief):
    client.force_login(chief)
    url = reverse("admin:journal_issue_add")
    data = posted(client.get(url), year="2026", number="10", title_ky="Суу", overall="")
    assert client.post(url, data).status_code == 302
    issue = Issue.objects.get(year=2026, number=10)
    assert (issue.overall, issue.slug) == (180, "2026-10")
    assert {edition.language for edition in issue.editions.all()} == {"ky", "ru"}
    # Saving again makes no third one.
    assert client.post(address(issue), posted(client.get(address(issue)))).status_code == 302
    assert issue.editions.count() == 2


def test_another_overall_number_wants_its_reason_on_the_form(client, chief):
    issue = make_issue(number=10)
    client.force_login(chief)
    data = posted(client.get(address(issue)), overall="190")
    response = client.post(address(issue), data)
    assert "overall" in response.context["adminform"].form.errors
    assert (
        client.post(address(issue), data | {"overall_reason": "мурда каталык болгон"}).status_code
        == 302
    )
    issue.refresh_from_db()
    assert issue.overall == 190


def test_pdf_of_an_edition_comes_later_or_never(client, chief, media_root):
    issue = make_issue()
    client.force_login(chief)
    data = posted(client.get(address(issue)))
    names = {data[f"editions-{n}-id"]: n for n in (0, 1)}
    kyrgyz = issue.edition_of("ky")
    number = next(n for pk, n in names.items() if int(str(pk)) == kyrgyz.pk)
    data |= {f"editions-{number}-without_pdf_reason": ""}
    data |= {f"editions-{number}-file": factories.upload("a.pdf", factories.pdf(3))}
    assert client.post(address(issue), data).status_code == 302
    kyrgyz.refresh_from_db()
    assert (kyrgyz.pages, kyrgyz.without_pdf_reason) == (3, "")
    assert issue.edition_of("ru").without_pdf_reason == "архив"


def test_a_theme_editor_looks_and_changes_nothing(client, editor):
    issue = make_issue(status=IssueStatus.APPROVED)
    article = make_article("approved", issue=issue)
    client.force_login(editor)
    url = address(issue, "contents")
    assert client.get(url).status_code == 200
    assert client.post(url, {"lock": "", f"position-{article.pk}": "4"}).status_code == 403
    assert client.post(edition_url(issue, "release", "ky")).status_code == 403
    assert public("ky") == set()


# ---------------------------------------------------------------- contents and readiness


def test_contents_tell_what_each_article_lacks(client, chief, media_root):
    issue = make_issue(status=IssueStatus.EDITING)
    ready = make_article("approved", issue=issue, first_page=4)
    raw = make_article(
        "ky_only", issue=issue, status=ArticleStatus.FACT_CHECK, has_rights=False, editor=chief
    )
    raw.pictures.create(file=factories.upload("a.jpg", factories.picture()))
    client.force_login(chief)
    response = client.get(address(issue, "contents"))
    lines = {line.article: line for line in response.context["lines"]}
    assert list(lines) == [ready, raw]
    assert [each.state for each in lines[ready].languages] == ["approved", "approved"]
    assert [each.state for each in lines[raw].languages] == ["text", "none"]
    assert lines[raw].without_alt == 1
    assert not lines[raw].is_finished
    waits = {each["edition"].language: each["missing"] for each in response.context["editions"]}
    assert raw.original_title in " ".join(text for _url, text in waits["ky"])


def test_order_and_pages_are_set_and_articles_come_and_go(client, chief):
    issue = make_issue()
    first, second, third = (make_article(issue=issue, position=n) for n in (1, 2, 3))
    free = make_article()
    client.force_login(chief)
    url = address(issue, "contents")
    data = sent(
        client.get(url),
        **{
            f"position-{first.pk}": "9",
            f"first_page-{second.pk}": "12",
            f"last_page-{second.pk}": "15",
            f"out-{third.pk}": "on",
            "add": [str(free.pk)],
        },
    )
    assert client.post(url, data).status_code == 302
    assert list(issue.articles.in_print_order()) == [second, first, free]
    second.refresh_from_db()
    assert (second.first_page, second.last_page) == (12, 15)
    assert AuditEvent.about(third).filter(action="out_of_issue").exists()
    data = sent(client.get(url), **{f"last_page-{second.pk}": "3"})
    assert f"last_page-{second.pk}" in client.post(url, data).context["form"].errors


def test_two_people_order_one_issue_and_lose_nothing(client, chief):
    issue = make_issue()
    article = make_article(issue=issue, position=1)
    client.force_login(chief)
    url = address(issue, "contents")
    mine = sent(client.get(url), **{f"position-{article.pk}": "7"})
    theirs = sent(client.get(url), **{f"position-{article.pk}": "5"})
    assert client.post(url, theirs).status_code == 302
    response = client.post(url, mine)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert 'value="7"' in response.text
    article.refresh_from_db()
    assert article.position == 5
    again = mine | {"lock": response.context["form"].stored_lock}
    assert client.post(url, again).status_code == 302
    article.refresh_from_db()
    assert article.position == 7


def test_contents_cost_the_same_for_one_and_three_articles(
    client, chief, django_assert_max_num_queries
):
    client.force_login(chief)
    issue = make_issue(status=IssueStatus.APPROVED)
    make_article("approved", issue=issue)
    url = address(issue, "contents")
    client.get(url)
    with django_assert_max_num_queries(40) as few:
        client.get(url)
    for _n in range(2):
        make_article("approved", issue=issue)
    with django_assert_max_num_queries(40) as many:
        client.get(url)
    assert len(few) == len(many)


# ---------------------------------------------------------------- release and recall


def test_one_click_releases_an_edition_and_recall_wants_a_reason(client, chief):
    issue = make_issue(status=IssueStatus.APPROVED)
    article = make_article("approved", issue=issue)
    client.force_login(chief)
    buttons = {each["name"] for each in client.get(address(issue)).context["panel"]["moves"]}
    assert {"release-ky", "release-ru"} <= buttons
    assert not {"release", "recall"} & buttons
    assert client.post(edition_url(issue, "release", "ru")).status_code == 302
    assert (public("ru"), public("ky")) == ({article}, set())
    buttons = {each["name"] for each in client.get(address(issue)).context["panel"]["moves"]}
    assert {"release-ky", "recall-ru"} <= buttons
    url = edition_url(issue, "recall", "ru")
    assert client.post(url).status_code == 200
    assert client.post(url, {"confirmed": "1", "reason": ""}).status_code == 200
    assert public("ru") == {article}
    assert client.post(url, {"confirmed": "1", "reason": "Ката мукаба"}).status_code == 302
    assert public("ru") == set()
    assert "Ката мукаба" in AuditEvent.about(issue).values_list("reason", flat=True)


def test_release_without_a_pdf_says_what_is_missing(client, chief):
    issue = make_issue(status=IssueStatus.APPROVED)
    article = make_article("approved", issue=issue)
    issue.editions.filter(language="ky").update(without_pdf_reason="")
    client.force_login(chief)
    response = client.post(edition_url(issue, "release", "ky"))
    assert response.status_code == 200
    assert f"{address(issue)}#editions-group" in response.text
    assert public("ky") == set()
    assert client.post(edition_url(issue, "release", "ru")).status_code == 302
    assert public("ru") == {article}


def test_release_names_what_was_lost_since_the_approval(client, chief, media_root):
    issue = make_issue(status=IssueStatus.APPROVED)
    blind, unclear, fine = (
        make_article("approved", issue=issue, title_ru=title)
        for title in ("Без подписи", "Чужие снимки", "Готовая")
    )
    blind.pictures.create(file=factories.upload("a.jpg", factories.picture()), alt_ky="суу")
    Article.objects.filter(pk=unclear.pk).update(has_rights=False)
    client.force_login(chief)
    url = edition_url(issue, "release", "ru")
    for response in (client.get(url), client.post(url)):
        told = [message for _url, message in response.context["missing"]]
        assert len(told) == 2
        assert {blind.original_title, unclear.original_title} == {
            title for title in (blind.original_title, unclear.original_title)
            if any(title in each for each in told)
        }  # fmt: skip
        assert not any(fine.original_title in each for each in told)
    assert public("ru") == set()
    blind.pictures.update(alt_ru="Вода")
    Article.objects.filter(pk=unclear.pk).update(has_rights=True, body_ru="")
    (told,) = client.get(url).context["missing"]
    assert unclear.original_title in told[1]


def test_release_says_which_articles_stay_out_and_why(client, chief):
    issue = make_issue(status=IssueStatus.APPROVED)
    both = make_article("approved", issue=issue)
    alone = make_article("approved", "ky_only", issue=issue, one_language_reason="Кыргызча гана")
    client.force_login(chief)
    url = edition_url(issue, "release", "ru")
    context = client.get(url).context
    assert context["coming"] == [both.title_ru]
    assert context["left_out"] == [(alone.title_ky, "Кыргызча гана")]
    response = client.post(url, follow=True)
    (told,) = [m.message for m in response.context["messages"] if m.level_tag == "warning"]
    assert alone.title_ky in told
    assert "Кыргызча гана" in told
    assert public("ru") == {both}


@pytest.mark.parametrize(("name", "language"), [("release", "en"), ("print", "ky")])
def test_only_editions_are_released(client, chief, name, language):
    issue = make_issue(status=IssueStatus.APPROVED)
    client.force_login(chief)
    assert client.post(edition_url(issue, name, language)).status_code == 404
    assert client.post(address(issue, "move", "release")).status_code == 404


def test_contents_of_what_is_out_stay(client, chief):
    issue = make_issue(status=IssueStatus.APPROVED)
    article, free = make_article("approved", issue=issue), make_article("approved")
    move(issue, "release", actor=chief, language="ky")
    client.force_login(chief)
    url = address(issue, "contents")
    data = sent(client.get(url), **{f"out-{article.pk}": "on", "add": [str(free.pk)]})
    client.post(url, data)
    assert list(issue.articles.all()) == [article]


def test_a_form_opened_before_the_release_is_told_of_it(client, chief):
    issue = make_issue(status=IssueStatus.APPROVED)
    article = make_article("approved", issue=issue)
    client.force_login(chief)
    opened = posted(client.get(address(article)), title_ru="Позднее")
    move(issue, "release", actor=chief, language="ky")
    assert client.post(address(article), opened).status_code == 200
    article.refresh_from_db()
    assert article.title_ru != "Позднее"
    # Opened again and saved, it stays published.
    data = posted(client.get(address(article)), title_ru="Позднее")
    assert client.post(address(article), data).status_code == 302
    article.refresh_from_db()
    assert (article.title_ru, article.status) == ("Позднее", ArticleStatus.PUBLISHED)
    assert public("ky") == {article}


def test_queues_of_issues(client, chief):
    late = make_issue(planned_on=timezone.localdate() - timezone.timedelta(days=1))
    half = make_issue(number=8, status=IssueStatus.RELEASED)
    half.editions.filter(language="ky").update(released_at=timezone.now())
    client.force_login(chief)
    url = reverse("admin:journal_issue_changelist")

    def listed(queue):
        return set(client.get(url, {"work": queue}).context["cl"].result_list)

    assert listed("late_issues") == {late}
    assert listed("half_out") == {half}


# ---------------------------------------------------------------- races


def together(*works) -> list:
    """Run them at once, each on a connection of its own; what each returned or raised."""
    start = threading.Barrier(len(works))
    outcomes = [None] * len(works)

    def run(number, work):
        try:
            start.wait(10)
            outcomes[number] = work()
        except Exception as error:  # noqa: BLE001  looked at by the test
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, work)) for n, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_two_releases_at_once_make_one_and_an_edit_beside_is_kept():
    chief = factories.make_user(CHIEF_EDITOR)
    issue = make_issue(status=IssueStatus.APPROVED)
    article = make_article("approved", issue=issue)

    def edit():
        from django.test import Client

        client = Client()
        client.force_login(chief)
        data = posted(client.get(address(article)), title_ky="Оңдолгон")
        return client.post(address(article), data).status_code

    def release():
        return move(Issue.objects.get(pk=issue.pk), "release", actor=chief, language="ky")

    outcomes = together(release, release, edit)
    refused = [each for each in outcomes[:2] if isinstance(each, MoveRefused)]
    assert len(refused) == 1
    assert AuditEvent.about(issue).filter(action="release").count() == 1
    assert AuditEvent.about(article).filter(action="publish").count() == 1
    article.refresh_from_db()
    assert article.status == ArticleStatus.PUBLISHED
    assert article.state_ky == "ready"
    # Either the edit came first, or it was told of the release and kept on the page.
    assert (outcomes[2], article.title_ky == "Оңдолгон") in {(302, True), (200, False)}
    assert IssueEdition.objects.filter(released_at__isnull=False).count() == 1
    assert connection.vendor == "postgresql"
