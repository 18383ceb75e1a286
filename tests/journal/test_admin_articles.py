"""Articles, authors, rubrics and the board in the admin."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone, translation

from journal.choices import BACK_REASONS, ArticleStatus, CreditRole, IssueStatus
from journal.models import Article, Author, Credit, Rubric
from publishing.models import AuditEvent
from tests import factories
from tests.admin_forms import address, posted
from tests.factories_journal import make_article, make_author, make_issue, make_rubric

pytestmark = pytest.mark.django_db
LIST = "admin:journal_article_changelist"
BOARD = "admin:journal_article_board"


def listed(client, **query) -> set:
    return set(client.get(reverse(LIST), query).context["cl"].result_list)


def add_picture(article, **fields):
    return article.pictures.create(
        **({"file": factories.upload("a.jpg", factories.picture()), "alt_ky": "суу"} | fields)
    )


# ---------------------------------------------------------------- rubrics and authors


def test_a_rubric_gets_its_address_and_a_used_one_is_retired_not_deleted(client, chief):
    client.force_login(chief)
    url = reverse("admin:journal_rubric_add")
    data = posted(client.get(url), name_ky="Сапат жана суу", name_ru="Качество", slug="")
    assert client.post(url, data).status_code == 302
    rubric = Rubric.objects.get(name_ky="Сапат жана суу")
    assert rubric.slug == "sapat-zhana-suu".replace("zh", "j")
    superuser = factories.make_user(is_superuser=True)
    client.force_login(superuser)
    make_article(rubric=rubric)
    assert client.post(address(rubric, "delete"), {"post": "yes"}).status_code == 403


def test_a_retired_rubric_is_offered_to_its_own_articles_alone(client, chief):
    retired = make_rubric(is_retired=True)
    old, new = make_article(rubric=retired), make_article()
    client.force_login(chief)

    def offered(article):
        form = client.get(address(article)).context["adminform"].form
        return retired in form.fields["rubric"].queryset

    assert offered(old)
    assert not offered(new)


def test_author_is_found_by_either_name_and_stays_while_named(client, chief):
    author = make_author(name_ky="Гүлнара Осмонова", name_ru="Гульнара Осмонова")
    make_article(authors=[author])
    client.force_login(chief)
    url = reverse("admin:journal_author_changelist")
    for term in ("Гүлнара", "Гульнара"):
        assert set(client.get(url, {"q": term}).context["cl"].result_list) == {author}
    assert client.post(address(author, "delete"), {"post": "yes"}).status_code == 403
    assert Author.objects.filter(pk=author.pk).exists()


# ---------------------------------------------------------------- the list and the form


def test_list_costs_the_same_for_one_and_three_rows(client, chief, django_assert_num_queries):
    client.force_login(chief)
    make_article(issue=make_issue(), editor=chief)
    client.get(reverse(LIST))
    with django_assert_num_queries(15):
        client.get(reverse(LIST))
    for number in (10, 11):
        make_article(issue=make_issue(number=number), editor=factories.make_user())
    with django_assert_num_queries(15):
        client.get(reverse(LIST))


def test_form_saves_both_languages_and_states_of_languages_are_not_on_it(client, chief):
    article = make_article()
    client.force_login(chief)
    response = client.get(address(article))
    fields = response.context["adminform"].form.fields
    assert not {"state_ky", "state_ru"} & set(fields)
    body = (
        '<p>Суу <span class="footnote">Мыйзам.</span></p><blockquote class="box"><p>Куту</p>'
        '</blockquote><figure><img src="https://elsewhere.example/a.jpg" alt="x"></figure>'
    )
    data = posted(response, title_ru="Вода", body_ky=body)
    assert client.post(address(article), data).status_code == 302
    article.refresh_from_db()
    assert article.title_ru == "Вода"
    assert '<span class="footnote">Мыйзам.</span>' in article.body_ky
    assert '<blockquote class="box">' in article.body_ky
    assert "elsewhere" not in article.body_ky
    assert article.version == 2


def test_a_credit_keeps_the_post_of_the_day_it_was_given(client, chief):
    article, author = make_article(authors=[]), make_author(post_ky="башчы", post_ru="глава")
    client.force_login(chief)
    data = posted(client.get(address(article))) | {
        "credits-TOTAL_FORMS": "1",
        "credits-0-author": str(author.pk),
        "credits-0-role": CreditRole.AUTHOR,
        "credits-0-position": "",
        "credits-0-post_ru": "бывший глава",
    }
    assert client.post(address(article), data).status_code == 302
    Author.objects.filter(pk=author.pk).update(post_ky="депутат", post_ru="депутат")
    credit = Credit.objects.get(article=article)
    assert (credit.post_ky, credit.post_ru) == ("башчы", "бывший глава")


def test_the_editor_of_the_text_finds_the_pictures_of_the_article(client, chief, media_root):
    article, other = make_article(), make_article()
    picture, foreign = add_picture(article, caption_ru="Родник"), add_picture(other)
    client.force_login(chief)
    page = client.get(address(article)).text
    url = reverse("admin:journal_article_pictures", args=[article.pk])
    assert f"{url}?language=ky" in page
    assert picture.url("original.jpg") in page
    window = client.get(url, {"language": "ru"}).text
    assert f'data-pick="{picture.url("original.jpg")}"' in window
    assert 'data-caption="Родник"' in window
    assert str(foreign.uuid) not in window
    # Nothing can be chosen before the article is saved.
    assert "pictures/?language" not in client.get(reverse("admin:journal_article_add")).text


def test_panel_tells_what_the_step_ahead_lacks(client, chief):
    article = make_article(
        status=ArticleStatus.EDITING, rubric=None, has_rights=False, editor_note=""
    )
    client.force_login(chief)
    panel = client.get(address(article)).context["panel"]
    anchors = {anchor for group in panel["missing"] for anchor, _text in group["items"]}
    assert {"#id_rubric", "#id_has_rights"} <= anchors
    buttons = {move["name"]: move for move in panel["moves"]}
    assert [missing.field for missing in buttons["check_facts"]["missing"]] == ["rubric"]
    assert not buttons["send_back"]["missing"]


def test_moves_are_buttons_and_sending_back_wants_a_reason(client, editor):
    article = make_article(status=ArticleStatus.SUBMITTED)
    client.force_login(editor)
    client.post(address(article, "move", "take"))
    article.refresh_from_db()
    assert (article.status, article.editor) == (ArticleStatus.EDITING, editor)
    url = address(article, "move", "send_back")
    assert client.post(url, {"confirmed": "1"}).status_code == 200
    article.refresh_from_db()
    assert article.status == ArticleStatus.EDITING
    client.post(url, {"confirmed": "1", "reason": "Сан жок", "fields_marked": ["body"]})
    article.refresh_from_db()
    assert article.status == ArticleStatus.AUTHOR_FIX
    assert "Сан жок" in AuditEvent.about(article).values_list("reason", flat=True)


def test_articles_are_not_published_in_a_heap(client, chief):
    client.force_login(chief)
    actions = client.get(reverse(LIST)).context["action_form"].fields["action"].choices
    names = {name for name, _label in actions}
    assert "move_take" in names
    assert "move_publish" not in names


def test_nothing_slips_into_an_issue_that_is_out_or_leaves_it(client, chief):
    out = make_issue(status=IssueStatus.RELEASED, number=8)
    out.editions.filter(language="ky").update(released_at=timezone.now())
    ahead, published = make_article("approved"), make_article("published", issue=out)
    client.force_login(chief)
    for article, issue in ((ahead, str(out.pk)), (published, "")):
        data = posted(client.get(address(article)), issue=issue)
        response = client.post(address(article), data)
        assert "issue" in response.context["adminform"].form.errors
    open_issue = make_issue()
    data = posted(client.get(address(ahead)), issue=str(open_issue.pk))
    assert client.post(address(ahead), data).status_code == 302
    ahead.refresh_from_db()
    assert ahead.issue == open_issue


def test_two_editors_of_one_article_lose_nothing(client, chief):
    article = make_article()
    client.force_login(chief)
    mine = posted(client.get(address(article)), title_ky="Меники")
    theirs = posted(client.get(address(article)), title_ky="Алардыкы")
    assert client.post(address(article), theirs).status_code == 302
    response = client.post(address(article), mine)
    assert "Алардыкы" in response.text
    assert "Меники" in response.text
    article.refresh_from_db()
    assert article.title_ky == "Алардыкы"


# ---------------------------------------------------------------- queues


def test_queues_lead_each_to_their_work(client, editor, translator, chief):
    submitted = make_article(status=ArticleStatus.SUBMITTED)
    own = make_article(status=ArticleStatus.FACT_CHECK, editor=editor)
    facts = make_article(status=ArticleStatus.FACT_CHECK, editor=chief)
    translation = make_article(status=ArticleStatus.TRANSLATION)
    layout = make_article(status=ArticleStatus.LAYOUT)
    late = make_article(
        status=ArticleStatus.PROOF,
        assignee=translator,
        status_changed_at=timezone.now() - timedelta(days=30),
    )
    client.force_login(editor)
    assert listed(client, work="for_me") == {submitted, facts}
    assert listed(client, work="overdue") == {late}
    assert listed(client, work="facts") == {own, facts}
    client.force_login(translator)
    assert listed(client, work="for_me") == {translation}
    client.force_login(chief)
    assert listed(client, work="for_me") == {submitted, own, layout}
    assert listed(client, work="to_translate") == {translation}


def test_first_page_counts_the_journal(client, chief):
    make_article(status=ArticleStatus.FACT_CHECK)
    client.force_login(chief)
    queues = {each["key"]: each for each in client.get(reverse("admin:index")).context["queues"]}
    assert queues["facts"]["total"] == 1
    assert client.get(queues["facts"]["cells"][0]["url"]).context["cl"].result_count == 1


def test_an_article_meant_for_one_language_is_not_missed_in_the_other(client, chief):
    meant = make_article("published", "ky_only")
    missed = make_article("published", "ky_only", one_language_reason="")
    client.force_login(chief)
    assert listed(client, work="without_ru") == {missed}
    assert meant in listed(client, work="public")


# ---------------------------------------------------------------- the board


def board(client, **query):
    context = client.get(reverse(BOARD), query).context
    return {column.status: column for column in context["columns"]}


def test_board_shows_stage_holder_and_what_is_late(client, chief, editor):
    author = make_author(name_ky="Асан Автор", name_ru="Асан Автор")
    written = make_article(authors=[author], due_on=timezone.localdate() - timedelta(days=1))
    facts = make_article(status=ArticleStatus.FACT_CHECK, editor=editor)
    make_article(status=ArticleStatus.PUBLISHED, published_at=timezone.now())
    make_article(status=ArticleStatus.POSTPONED)
    client.force_login(chief)
    columns = board(client)
    assert [card.article for card in columns["draft"].cards] == [written]
    assert columns["draft"].late == 1
    assert "Асан Автор" in columns["draft"].cards[0].holder
    card = columns["fact_check"].cards[0]
    assert card.article == facts
    assert str(editor) in card.holder
    assert card.step.name == "translate"
    assert sum(len(column.cards) for column in columns.values()) == 2


def test_board_narrows_by_issue_person_and_lateness(client, chief, editor):
    issue = make_issue()
    inside = make_article(status=ArticleStatus.EDITING, issue=issue, editor=editor)
    late = make_article(
        status=ArticleStatus.EDITING, status_changed_at=timezone.now() - timedelta(days=11)
    )
    client.force_login(editor)

    def cards(**query):
        return {card.article for card in board(client, **query)["in_review"].cards}

    assert cards() == {inside, late}
    assert cards(issue=issue.pk) == {inside}
    assert cards(mine="on") == {inside}
    assert cards(late="on") == {late}
    assert cards(issue="wrong") == {inside, late}


def test_board_costs_the_same_for_one_and_three_articles(client, chief, django_assert_num_queries):
    client.force_login(chief)
    issue = make_issue()
    make_article(status=ArticleStatus.EDITING, editor=factories.make_user(), issue=issue)
    client.get(reverse(BOARD))
    with django_assert_num_queries(10):
        client.get(reverse(BOARD))
    for _n in range(2):
        make_article(status=ArticleStatus.EDITING, editor=factories.make_user(), issue=issue)
    with django_assert_num_queries(10):
        client.get(reverse(BOARD))


def test_whoever_may_only_look_moves_nothing(client):
    client.force_login(factories.make_user("Observer"))
    article = make_article(status=ArticleStatus.SUBMITTED)
    assert board(client)["submitted"].cards[0].step is None
    assert client.post(address(article, "move", "take")).status_code == 403
    url = reverse("admin:journal_article_translation", args=[article.pk])
    assert client.get(url).status_code == 403
    assert Article.objects.get(pk=article.pk).status == ArticleStatus.SUBMITTED


# ---------------------------------------------------------------- back to the author


def test_what_the_editor_ticks_reaches_the_author(
    client, chief, django_capture_on_commit_callbacks
):
    """The points are those of an article, and come in the author’s language."""
    author = make_author(email="author@example.org", language="ru")
    article = make_article(status=ArticleStatus.EDITING, authors=[author])
    client.force_login(chief)
    url = address(article, "move", "send_back")
    codes = [code for code, _label in client.get(url).context["form"].fields["checklist"].choices]
    assert codes == [code for code, _label in BACK_REASONS]
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(
            url, {"confirmed": "1", "checklist": ["sources"], "fields_marked": ["lead"]}
        )
    assert response.status_code == 302
    with translation.override("ru"):
        point = str(dict(BACK_REASONS)["sources"])
    assert point in mail.outbox[-1].body
    assert "Лид" in mail.outbox[-1].body


def test_a_published_article_is_withdrawn_with_its_kind(client, chief):
    article = make_article("published")
    client.force_login(chief)
    (button,) = [
        each
        for each in client.get(address(article)).context["panel"]["moves"]
        if each["name"] == "withdraw"
    ]
    # What the page of the move asks for keeps its button open.
    assert button["missing"] == []
    data = {"confirmed": "1", "reason": "ката", "withdrawal_kind": "mistake"}
    assert client.post(button["url"], data).status_code == 302
    article.refresh_from_db()
    assert article.status == ArticleStatus.WITHDRAWN
