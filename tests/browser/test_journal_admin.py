"""The journal in the admin, in Chromium: pages keep the policy and the width, texts take figures."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from journal.choices import ArticleStatus, IssueStatus
from journal.models import PlanLine
from tests import factories
from tests.admin_forms import address
from tests.browser.test_admin_csp import NO_ROOM, open_admin  # noqa: F401  a fixture
from tests.factories_journal import make_article, make_issue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def article(media_root):
    found = make_article(
        status=ArticleStatus.TRANSLATION, issue=make_issue(status=IssueStatus.EDITING)
    )
    found.pictures.create(
        file=factories.upload("a.jpg", factories.picture()),
        alt_ky="Булак",
        alt_ru="Родник",
        caption_ky="Жазында",
    )
    return found


def test_pages_keep_the_policy_and_the_width(open_admin, article):  # noqa: F811
    PlanLine.objects.create(
        month=timezone.localdate().replace(day=1), rubric=article.rubric, topic_ky="Жарык"
    )
    for status in (ArticleStatus.SUBMITTED, ArticleStatus.FACT_CHECK, ArticleStatus.APPROVED):
        make_article(
            status=status,
            issue=article.issue,
            status_changed_at=timezone.now() - timedelta(days=40),
        )
    paths = [
        reverse("admin:journal_article_changelist"),
        reverse("admin:journal_article_board"),
        reverse("admin:journal_planline_grid"),
        reverse("admin:journal_issue_changelist"),
        address(article),
        address(article, "translation"),
        address(article, "pictures"),
        address(article.issue),
        address(article.issue, "contents"),
    ]
    page = open_admin(paths[0])
    for path in paths:
        page.set_viewport_size({"width": 360, "height": 740})
        page.goto(page.url.split("/admin/")[0] + path)
        page.wait_for_load_state("networkidle")
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(NO_ROOM) == [], (path, width)
        assert page.evaluate("window.broken") == [], path


def test_a_picture_is_chosen_into_the_text_and_a_footnote_is_made(open_admin, article):  # noqa: F811
    page = open_admin(address(article))
    page.wait_for_load_state("networkidle")
    editor = page.locator("#at-body_ky .tiptap")
    editor.click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.click("#at-body_ky [data-name=figure]")
    with page.expect_popup() as opened:
        page.click("#at-body_ky .prose-editor-field-with-picker button")
    opened.value.click("[data-pick]")
    assert page.input_value("dialog input[name=altText]") == "Булак"
    page.click("dialog button[type=submit]")
    page.keyboard.press("Control+End")
    page.keyboard.type(" Мыйзам.")
    for _n in range(7):
        page.keyboard.press("Shift+ArrowLeft")
    page.locator("#at-body_ky .prose-menubar__selected").last.click()
    page.locator("#at-body_ky [data-name='textClass:footnote']").click()
    page.click("input[name=_continue]")
    page.wait_for_load_state("networkidle")
    article.refresh_from_db()
    picture = article.pictures.get()
    assert f'src="{picture.url("original.jpg")}" alt="Булак"' in article.body_ky
    assert "<figcaption>Жазында</figcaption>" in article.body_ky
    assert '<span class="footnote">Мыйзам.</span>' in article.body_ky


def test_a_paragraph_is_translated_in_its_place(open_admin, article):  # noqa: F811
    page = open_admin(address(article, "translation"))
    page.wait_for_load_state("networkidle")
    page.locator(".side-row .tiptap").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("Беда")
    page.click(".submit-row input[type=submit]")
    page.wait_for_load_state("networkidle")
    before = article.body_ru
    article.refresh_from_db()
    assert article.body_ru == before.replace("<h2>Проблема</h2>", "<h2>Беда</h2>")
