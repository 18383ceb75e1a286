"""Issues and their editions: numbers, release in one transaction, recall within a day."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from journal.choices import ArticleStatus, IssueStatus
from journal.models import Article, Issue
from people.roles import THEME_EDITOR
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused, move
from tests import factories
from tests.factories_journal import approved_issue, make_article, make_issue, public

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "number", "overall"),
    [
        ({"year": 2020, "number": 12}, "12", "110"),
        ({"year": 2021, "number": 1}, "1", "111"),
        ({"year": 2020, "number": 2, "last_number": 3}, "2-3", "100-101"),
        ({"year": 2026, "number": 10}, "10", "180"),
    ],
)
def test_overall_number_is_counted(fields, number, overall):
    issue = make_issue(**fields)
    assert (issue.number_text, issue.overall_text) == (number, overall)
    assert issue.slug == f"{fields['year']}-{number}"


def test_another_overall_number_wants_a_reason():
    issue = Issue(year=2026, number=10, overall=181, title_ky="Суу")
    with pytest.raises(ValidationError) as refused:
        issue.full_clean()
    assert "overall" in refused.value.message_dict
    issue.overall_reason = "2025-жылы бир сан чыккан эмес"
    issue.slug = "2026-10"
    issue.full_clean()


def test_release_publishes_all_articles_of_the_edition(chief):
    issue = approved_issue()
    both = make_article("approved", issue=issue)
    kyrgyz = make_article("approved", "ky_only", issue=issue)
    move(issue, "release", actor=chief, language="ky")
    assert public("ky") == {both.pk, kyrgyz.pk}
    assert public("ru") == set()
    assert issue.status == IssueStatus.RELEASED
    assert issue.ready_languages == ["ky"]
    with time_machine.travel(timezone.now() + timedelta(days=5), tick=False):
        move(issue, "release", actor=chief, language="ru")
        assert public("ru") == {both.pk}
    both.refresh_from_db()
    assert both.published_at.date() == timezone.now().date()


def test_release_without_a_pdf_or_with_an_article_not_approved_changes_nothing(chief):
    issue = approved_issue()
    make_article("approved", issue=issue)
    late = make_article(issue=issue, status=ArticleStatus.PROOF)
    issue.editions.update(without_pdf_reason="")
    with pytest.raises(MoveRefused) as refused:
        move(issue, "release", actor=chief, language="ky")
    fields = [missing.field for missing in refused.value.missing]
    assert fields == ["articles", "editions"]
    assert late.original_title in refused.value.missing[0].message
    assert public("ky") == set()
    issue.refresh_from_db()
    assert issue.status == IssueStatus.APPROVED


def test_article_in_one_language_needs_a_reason(chief):
    issue = approved_issue()
    article = make_article("approved", "ky_only", issue=issue)
    Article.objects.filter(pk=article.pk).update(one_language_reason="")
    move(issue, "release", actor=chief, language="ky")
    with pytest.raises(MoveRefused):
        move(issue, "release", actor=chief, language="ru")


def test_recall_takes_the_edition_back_within_a_day(chief):
    issue = approved_issue()
    article = make_article("approved", issue=issue)
    move(issue, "release", actor=chief, language="ky")
    move(issue, "release", actor=chief, language="ru")
    move(issue, "recall", actor=chief, language="ru", reason="ката мукаба")
    assert (public("ky"), public("ru")) == ({article.pk}, set())
    assert issue.status == IssueStatus.RELEASED
    move(issue, "recall", actor=chief, language="ky", reason="ката мукаба")
    assert public("ky") == set()
    article.refresh_from_db()
    assert article.status == ArticleStatus.APPROVED
    assert article.published_at is None
    assert issue.status == IssueStatus.APPROVED
    assert not issue.is_readable
    events = AuditEvent.about(article).values_list("action", flat=True)
    assert "recall" in events
    move(issue, "release", actor=chief, language="ky")
    assert public("ky") == {article.pk}


def test_recall_is_over_after_a_day(chief):
    issue = approved_issue()
    make_article("approved", issue=issue)
    move(issue, "release", actor=chief, language="ky")
    with (
        time_machine.travel(timezone.now() + timedelta(hours=25), tick=False),
        pytest.raises(MoveRefused),
    ):
        move(issue, "recall", actor=chief, language="ky", reason="кеч")
    assert issue.articles.published().count() == 1


def test_article_ahead_of_its_issue_stays_when_the_issue_is_recalled(chief):
    issue = approved_issue()
    early = make_article("approved", "ky_only", issue=issue)
    move(early, "publish", actor=chief, reason="шашылыш")
    make_article("approved", issue=issue)
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        move(issue, "release", actor=chief, language="ky")
        move(issue, "recall", actor=chief, language="ky", reason="ката")
        assert public("ky") == {early.pk}


def test_who_edits_does_not_check_the_facts(chief):
    editor = factories.make_user(THEME_EDITOR)
    article = make_article(status=ArticleStatus.SUBMITTED)
    move(article, "take", actor=editor)
    move(article, "check_facts", actor=editor)
    with pytest.raises(MoveRefused):
        move(article, "translate", actor=editor)
    move(article, "translate", actor=chief)
    assert article.fact_checker == chief
    move(article, "translated", actor=editor)
    move(article, "accept_translation", actor=chief)
    assert article.translated_paragraphs
    move(article, "proofread", actor=editor)
    move(article, "approve", actor=chief)
    assert article.approved_languages == ["ky", "ru"]
    assert not article.is_published


def test_rights_and_personal_data_are_asked_for_before_approval(chief):
    article = make_article(
        status=ArticleStatus.LAYOUT, has_rights=False, has_no_personal_data=False
    )
    with pytest.raises(MoveRefused) as refused:
        move(article, "approve", actor=chief)
    fields = {missing.field for missing in refused.value.missing}
    assert fields == {"has_rights", "has_no_personal_data"}
