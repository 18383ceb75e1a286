"""What an issue and an article may be, and what a release and its recall do to each article."""

import threading
from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from lxml import etree

from journal.choices import ArticleStatus, IssueStatus
from journal.covers import drawn_cover
from journal.models import Article, ArticlePicture, Issue
from journal.pitches import publish_in_journal
from journal.plan import grid
from journal.side_by_side import rows
from people.roles import CHIEF_EDITOR, THEME_EDITOR
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused, move
from tests import factories
from tests.factories_journal import approved_issue, make_article, make_issue, public

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def wrong(record) -> set[str]:
    """Fields that the record's own rules refuse."""
    try:
        record.full_clean(exclude=["slug"])
    except ValidationError as refused:
        return set(refused.message_dict)
    return set()


def later(**spans):
    return time_machine.travel(timezone.now() + timedelta(**spans), tick=False)


# ---------------------------------------------------------------- numbers and months


def test_a_number_stands_in_one_issue_alone():
    double = make_issue(year=2026, number=2, last_number=3)
    single = make_issue(year=2026, number=5)
    for fields, refused in [
        ({"number": 2}, {"number"}),
        ({"number": 3}, {"number"}),
        ({"number": 4, "last_number": 5}, {"number"}),
        ({"number": 1}, set()),
        ({"number": 3, "year": 2025}, set()),
        # The overall number of № 3, given to another by hand.
        ({"number": 9, "overall": 173, "overall_reason": "каталган"}, {"number"}),
    ]:
        issue = Issue(**{"year": 2026, "title_ky": "Суу"} | fields)
        assert wrong(issue) & {"number", "__all__"} == refused, fields
    assert not wrong(double)
    assert not wrong(single)


def test_before_the_count_began_the_number_is_given():
    issue = Issue(year=2011, number=5, title_ky="Суу")
    assert wrong(issue) == {"overall"}
    issue.overall, issue.overall_reason = 300, "сыноо саны"
    assert not wrong(issue)


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        ({"number": 9}, ["2026-09"]),
        ({"number": 2, "last_number": 3}, ["2026-02", "2026-03"]),
        ({"number": 2, "last_number": 3, "first_month": 5}, ["2026-05"]),
        ({"number": 6, "first_month": 7, "last_month": 8}, ["2026-07", "2026-08"]),
        ({"number": 6, "last_month": 7}, ["2026-06", "2026-07"]),
        ({"number": 12, "last_month": 1}, ["2026-12", "2027-01"]),
        ({"number": 1, "first_month": 12, "last_month": 1}, ["2025-12", "2026-01"]),
        ({"number": 11, "last_number": 12, "last_month": 1}, ["2026-11", "2026-12", "2027-01"]),
    ],
)
def test_months_of_an_issue(fields, covered):
    issue = Issue(year=2026, title_ky="Суу", **fields)
    assert [f"{month:%Y-%m}" for month in issue.covered()] == covered
    assert not wrong(issue)


def test_months_run_forward():
    for fields in ({"first_month": 9, "last_month": 3}, {"last_month": 2}):
        assert wrong(Issue(year=2026, number=8, title_ky="Суу", **fields)) == {"last_month"}


def test_plan_shows_an_issue_on_both_sides_of_the_new_year():
    article = make_article(issue=make_issue(year=2026, number=12, last_month=1))
    for first in (date(2026, 7, 1), date(2027, 1, 1)):
        months, cells = grid(first)
        row = next(row for row in cells if row[0].rubric == article.rubric)
        shown = [cell.month for cell in row if cell.articles]
        assert shown == [each for each in months if each in {date(2026, 12, 1), date(2027, 1, 1)}]


# ---------------------------------------------------------------- release and recall


def test_an_error_in_the_last_article_leaves_nothing_released(chief):
    issue = approved_issue()
    make_article("approved", issue=issue)
    last = make_article("approved", issue=issue)
    Article.objects.filter(pk=last.pk).update(has_rights=False)
    with pytest.raises(MoveRefused):
        move(issue, "release", actor=chief, language="ky")
    issue.refresh_from_db()
    assert public("ky") == set()
    assert (issue.status, issue.published_at) == (IssueStatus.APPROVED, None)
    assert not issue.editions.exclude(released_at=None).exists()
    assert not AuditEvent.objects.filter(action__in=("publish", "release")).exists()


def test_an_article_that_is_out_in_the_language_is_not_released_again(chief):
    issue = approved_issue()
    ahead = make_article("approved", issue=issue)
    make_article("approved", issue=issue)
    move(ahead, "publish", actor=chief, reason="шашылыш")
    move(issue, "release", actor=chief, language="ky")
    assert not AuditEvent.about(ahead).filter(action="release").exists()
    move(issue, "recall", actor=chief, language="ky", reason="ката")
    assert public("ky") == {ahead.pk}


def test_recall_holds_to_the_minute(chief):
    issue = approved_issue()
    make_article("approved", issue=issue)
    move(issue, "release", actor=chief, language="ky")
    with later(hours=24, minutes=1), pytest.raises(MoveRefused):
        move(issue, "recall", actor=chief, language="ky", reason="кеч")
    assert len(public("ky")) == 1
    with later(hours=23, minutes=59):
        move(issue, "recall", actor=chief, language="ky", reason="ката")
    assert public("ky") == set()


def test_recall_of_the_second_edition_leaves_what_went_ahead_of_it(chief):
    issue = approved_issue()
    both = make_article("approved", issue=issue)
    ahead = make_article("approved", "ru_only", issue=issue)
    with later(days=-2):
        move(issue, "release", actor=chief, language="ky")
    with later(days=-1):
        move(ahead, "publish", actor=chief, reason="шашылыш")
    move(issue, "release", actor=chief, language="ru")
    assert public("ru") == {both.pk, ahead.pk}
    move(issue, "recall", actor=chief, language="ru", reason="ката")
    assert (public("ky"), public("ru")) == ({both.pk}, {ahead.pk})


def test_recall_leaves_what_was_published_by_hand_between(chief):
    issue = approved_issue()
    again = make_article("approved", issue=issue)
    move(issue, "release", actor=chief, language="ky")
    late = make_article("approved", issue=issue)
    move(late, "publish", actor=chief, reason="саны чыккан")
    move(issue, "recall", actor=chief, language="ky", reason="ката")
    assert public("ky") == {late.pk}
    # What came out with the first release goes ahead of the second one.
    move(again, "publish", actor=chief, reason="шашылыш")
    for step in ("release", "recall"):
        move(issue, step, actor=chief, language="ky", reason="ката")
    assert public("ky") == {late.pk, again.pk}


def test_recall_takes_an_article_from_the_archive_too(chief):
    issue = approved_issue()
    article = make_article("approved", issue=issue)
    move(issue, "release", actor=chief, language="ky")
    move(article, "archive", actor=chief, reason="эскирди")
    move(issue, "recall", actor=chief, language="ky", reason="ката")
    article.refresh_from_db()
    assert (article.status, article.is_readable) == (ArticleStatus.APPROVED, False)


def test_withdrawn_article_does_not_hold_up_the_second_edition(chief):
    issue = approved_issue()
    stays, goes = (make_article("approved", issue=issue) for _n in range(2))
    move(issue, "release", actor=chief, language="ky")
    move(goes, "withdraw", actor=chief, reason="суранышы боюнча", withdrawal_kind="consent")
    move(issue, "release", actor=chief, language="ru")
    assert public("ru") == {stays.pk}


@pytest.mark.django_db(transaction=True)
def test_release_does_not_lose_an_article_that_is_just_taken_back():
    chief = factories.make_user(CHIEF_EDITOR)
    issue = approved_issue()
    make_article("approved", issue=issue)
    late = make_article("approved", issue=issue)
    outcome = []

    def release():
        try:
            move(Issue.objects.get(pk=issue.pk), "release", actor=chief, language="ky")
            outcome.append("released")
        except MoveRefused:
            outcome.append("refused")
        finally:
            connection.close()

    thread = threading.Thread(target=release)
    with transaction.atomic():
        move(late, "edit_again", actor=chief, reason="ката")
        thread.start()
        # Until the release waits for the row.
        thread.join(0.5)
    thread.join()
    assert outcome == ["refused"]
    assert public("ky") == set()


def test_history_of_an_issue_names_the_edition(client, chief):
    issue = approved_issue()
    make_article("approved", issue=issue)
    move(issue, "release", actor=chief, language="ru")
    event = AuditEvent.about(issue).get(action="release")
    assert event.details == {"language": "ru"}
    client.force_login(chief)
    page = client.get(reverse("admin:journal_issue_history", args=[issue.pk]))
    shown = next(each["event"] for each in page.context["entries"] if "event" in each)
    assert len(shown.points) == 1


# ---------------------------------------------------------------- the way of an article


def test_naming_another_editor_does_not_let_one_check_the_own_facts(chief):
    editor = factories.make_user(THEME_EDITOR)
    article = make_article(status=ArticleStatus.SUBMITTED)
    move(article, "take", actor=editor)
    article.editor = chief
    article.save()
    move(article, "check_facts", actor=editor)
    for person in (editor, chief):
        with pytest.raises(MoveRefused):
            move(article, "translate", actor=person)
    move(article, "translate", actor=factories.make_user(THEME_EDITOR))


def test_who_takes_a_postponed_article_up_again_is_its_editor(chief):
    article = make_article(status=ArticleStatus.POSTPONED)
    move(article, "resume", actor=chief)
    move(article, "check_facts", actor=chief)
    with pytest.raises(MoveRefused):
        move(article, "skip_translation", actor=chief, reason="бир тилде")


def test_one_language_is_no_reason_any_more_once_it_is_translated(chief):
    article = make_article(status=ArticleStatus.FACT_CHECK)
    move(article, "skip_translation", actor=chief, reason="шашылыш")
    move(article, "edit_again", actor=chief, reason="которулат")
    move(article, "check_facts", actor=chief)
    for step in ("translate", "translated", "accept_translation", "proofread", "approve"):
        move(article, step, actor=chief)
    assert article.approved_languages == ["ky", "ru"]
    move(article, "edit_again", actor=chief, reason="дагы бир сөз")
    assert article.approved_languages == []


def test_article_opened_again_comes_out_with_its_edition_alone(chief):
    article = make_article("published")
    move(article, "withdraw", actor=chief, reason="ката", withdrawal_kind="mistake")
    move(article, "reopen", actor=chief, reason="оңдолду")
    assert article.ready_languages == []
    issue = approved_issue()
    Article.objects.filter(pk=article.pk).update(
        status=ArticleStatus.APPROVED, approved_languages=["ky", "ru"], issue=issue
    )
    move(issue, "release", actor=chief, language="ky")
    assert (public("ky"), public("ru")) == ({article.pk}, set())


def test_pictures_are_described_in_every_language_that_comes_out(chief, media_root):
    article = make_article(status=ArticleStatus.LAYOUT)
    upload = factories.upload("a.jpg", factories.picture(), "image/jpeg")
    picture = ArticlePicture.objects.create(article=article, file=upload, alt_ky="Булак")
    with pytest.raises(MoveRefused) as refused:
        move(article, "approve", actor=chief)
    assert [each.field for each in refused.value.missing] == ["pictures"]
    picture.alt_ru = "Родник"
    picture.save()
    move(article, "approve", actor=chief)


@pytest.mark.parametrize(
    ("step", "fields", "wanted"),
    [
        ("submit", {"body_ky": "<p>Кыска</p>"}, "body_ky"),
        ("submit", {"body_ky": f"<p>{'сөз ' * 3001}</p>"}, "body_ky"),
        ("check_facts", {"rubric": None}, "rubric"),
        ("check_facts", {"authors": []}, "credits"),
        ("translated", {"body_ru": ""}, "body_ru"),
        ("accept_translation", {"title_ru": ""}, "title_ru"),
        ("approve", {"body_ky": ""}, "body_ky"),
        ("approve", {"has_rights": False}, "has_rights"),
        ("approve", {"has_no_personal_data": False}, "has_no_personal_data"),
        ("correct", {}, "correction_ky"),
    ],
)
def test_what_each_step_wants(chief, step, fields, wanted):
    status = next(each for each in Article.workflow if each.name == step).sources[0]
    article = make_article(status=status, **fields)
    with pytest.raises(MoveRefused) as refused:
        move(article, step, actor=chief, reason="себеп")
    assert [each.field for each in refused.value.missing] == [wanted]
    article.refresh_from_db()
    assert article.status == status


def test_another_length_is_agreed_in_the_note(chief):
    article = make_article(body_ky="<p>Кыска</p>", editor_note="Кыскасы макулдашылды")
    move(article, "submit", actor=chief)
    assert article.status == ArticleStatus.SUBMITTED


WITH_REASON = {
    "send_back", "edit_again", "skip_translation", "translate_again", "publish", "correct",
    "archive", "withdraw", "postpone", "decline", "reopen",
}  # fmt: skip


def test_steps_back_and_aside_want_a_reason(chief):
    for step in Article.workflow:
        article = make_article(status=step.sources[0], correction_ky="Сан оңдолду")
        details = {"withdrawal_kind": "mistake"} if step.name == "withdraw" else {}
        refused = False
        try:
            move(article, step.name, actor=chief, **details)
        except MoveRefused as refusal:
            refused = not refusal.missing and "system" not in step.who[:1]
        if step.name != "add_language":
            assert refused == (step.name in WITH_REASON), step.name


def test_what_only_the_chief_may_do():
    """Approve, release, recall; a theme editor edits."""
    editor = factories.make_user(THEME_EDITOR)
    article = make_article(status=ArticleStatus.LAYOUT)
    approved = make_article("approved")
    issue = approved_issue()
    make_article("approved", issue=issue)
    for record, step, details in [
        (article, "approve", {}),
        (approved, "publish", {}),
        (issue, "release", {"language": "ky"}),
    ]:
        with pytest.raises(MoveRefused) as refused:
            move(record, step, actor=editor, reason="себеп", **details)
        assert not refused.value.missing
    assert public("ky") == set()


def test_who_handed_an_article_in_says_why_it_goes_ahead(chief):
    article = make_article("approved", submitted_by=chief)
    with pytest.raises(MoveRefused):
        move(article, "publish", actor=chief)
    move(article, "publish", actor=chief, reason="шашылыш")
    assert AuditEvent.about(article).get(action="publish").details == {"override": True}


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"title_ru": ""}, "title_ru"),
        ({"status": IssueStatus.RELEASED}, "articles"),
    ],
)
def test_an_edition_wants_its_theme_and_articles(chief, fields, wanted):
    issue = approved_issue(**fields) if "title_ru" in fields else make_issue(**fields)
    if wanted != "articles":
        make_article("approved", issue=issue)
    with pytest.raises(MoveRefused) as refused:
        move(issue, "release", actor=chief, language="ru")
    assert [each.field for each in refused.value.missing] == [wanted]


def test_what_is_printed_has_a_day_and_a_run(chief):
    issue = approved_issue()
    with pytest.raises(MoveRefused) as refused:
        move(issue, "print", actor=chief)
    assert {each.field for each in refused.value.missing} == {"printed_on", "print_run"}


# ---------------------------------------------------------------- the second language, later


def translated(article):
    article.title_ru, article.body_ru = "Вода", "<h2>Родник</h2><p>Вода есть.</p>"
    article.refresh_languages(confirm=True)
    article.save()
    return article


def test_second_language_follows_on_another_day(chief):
    article = make_article("published", "ky_only")
    with pytest.raises(MoveRefused) as refused:
        move(article, "add_language", actor=chief)
    assert "title_ru" in {each.field for each in refused.value.missing}
    translated(article)
    move(article, "add_language", actor=chief)
    assert public("ru") == {article.pk}
    assert article.one_language_reason == ""
    with pytest.raises(MoveRefused):
        move(article, "add_language", actor=chief)


def test_second_language_waits_for_its_edition_and_goes_with_it(chief):
    issue = approved_issue()
    article = make_article("approved", "ky_only", issue=issue)
    move(issue, "release", actor=chief, language="ky")
    article.refresh_from_db()
    move(translated(article), "add_language", actor=chief)
    assert public("ru") == set()
    move(issue, "release", actor=chief, language="ru")
    assert public("ru") == {article.pk}
    move(issue, "recall", actor=chief, language="ru", reason="ката")
    assert public("ru") == set()


def test_second_language_is_offered_where_it_is_not_on_its_way(client, chief):
    client.force_login(chief)
    for article, is_offered in [
        (make_article("published", "ky_only"), True),
        (make_article("published"), False),
        (make_article("published", state_ru="draft"), False),
    ]:
        page = client.get(reverse("admin:journal_article_change", args=[article.pk]))
        names = {each["name"] for each in page.context["panel"]["moves"]}
        assert ("add_language" in names) == is_offered


def test_accepting_a_translation_keeps_which_paragraph_belongs_to_which(chief):
    """The translation has a paragraph of its own; later the original gets one more."""
    article = make_article(
        status=ArticleStatus.TRANSLATION_CHECK,
        body_ky="<p>Бир</p><p>Эки</p><p>Үч</p>",
        body_ru="<p>Раз</p><p>Пояснение</p><p>Два</p><p>Три</p>",
    )
    Article.objects.filter(pk=article.pk).update(
        translated_paragraphs=[
            rows("<p>Бир</p>", "", [])[0].digest,
            "+",
            rows("<p>Эки</p>", "", [])[0].digest,
            rows("<p>Үч</p>", "", [])[0].digest,
        ]
    )
    article.refresh_from_db()
    move(article, "accept_translation", actor=chief)
    now = "<p>Бир</p><p>Эки</p><p>Жаңы</p><p>Үч</p>"
    found = rows(now, article.body_ru, article.translated_paragraphs)
    assert [(each.source, each.target) for each in found] == [
        ("Бир", "Раз"),
        ("", "Пояснение"),
        ("Эки", "Два"),
        ("Жаңы", ""),
        ("Үч", "Три"),
    ]


def test_paragraph_changed_twice_is_marked_and_no_other():
    known = [row.digest for row in rows("<p>Бир</p><p>Эки</p><p>Үч</p>", "", [])]
    target = "<p>Раз</p><p>Два</p><p>Три</p>"
    for word in ("Экөө", "Экөөбүз"):
        found = rows(f"<p>Бир</p><p>{word}</p><p>Үч</p>", target, known)
        assert [row.is_changed for row in found] == [False, True, False]
        assert [row.target for row in found] == ["Раз", "Два", "Три"]


# ---------------------------------------------------------------- of a practice, the cover


def test_a_practice_whose_article_was_declined_may_become_another(chief):
    practice = factories.make_practice("published")
    first = publish_in_journal(practice, actor=chief)
    assert publish_in_journal(practice, actor=chief) == first
    move(first, "decline", actor=chief, reason="башка убакта")
    second = publish_in_journal(practice, actor=chief)
    assert second != first
    assert list(second.practices.all()) == [practice]
    assert list(second.themes.all()) == [practice.theme]


def test_drawn_cover_holds_any_theme():
    issue = make_issue(title_ky="Суу & <айыл> " + "жергиликтүүөзүнбашкаруу " * 6)
    tree = etree.fromstring(drawn_cover(issue, "ky").encode())
    texts = [each.text for each in tree.iter("{*}text")]
    assert texts[:3] == ["МУНИЦИПАЛИТЕТ", "№ 9 (179)", "2026"]
    assert texts[3] == "Суу & <айыл>"
    assert texts[-1].endswith("…")
    assert len(texts) == 6
    assert all(len(each) <= 30 for each in texts[3:])


# ---------------------------------------------------------------- parts, time to read


def test_every_part_names_the_first():
    first, alone = make_article(), make_article()
    second = make_article(part_of=first, part=2)
    for record, fields, refused in [
        (second, {}, set()),
        (make_article(), {"part_of": first, "part": 3}, set()),
        (make_article(), {"part_of": first, "part": 2}, {"part"}),
        (make_article(), {"part_of": first}, {"part"}),
        (make_article(), {"part_of": second, "part": 3}, {"part_of"}),
        # Loops: to itself, and of two.
        (alone, {"part_of": alone, "part": 2}, {"part_of"}),
        (first, {"part_of": second, "part": 2}, {"part_of"}),
        (first, {"part_of": alone, "part": 2}, {"part_of"}),
    ]:
        for name, value in fields.items():
            setattr(record, name, value)
        assert wrong(record) & {"part", "part_of"} == refused, fields
        record.refresh_from_db()


def test_time_to_read_is_counted_from_the_words_alone():
    article = make_article(
        body_ky="<p>" + "<strong>с</strong>" * 6_400 + "</p>", body_ru="<p>в</p>"
    )
    assert (article.minutes("ky"), article.minutes("ru")) == (6, 1)


def test_what_waits_too_long_is_overdue_in_lists_and_on_its_page():
    today, now = timezone.localdate(), timezone.now()
    rows = [
        (make_article(due_on=today - DAY), True),
        (make_article(due_on=today), False),
        (make_article(status=ArticleStatus.FACT_CHECK, status_changed_at=now - 6 * DAY), True),
        (make_article(status=ArticleStatus.FACT_CHECK, status_changed_at=now - 4 * DAY), False),
    ]
    assert [article.is_overdue for article, _late in rows] == [late for _article, late in rows]
    assert set(Article.objects.overdue()) == {article for article, late in rows if late}
