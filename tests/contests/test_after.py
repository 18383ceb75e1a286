"""After the decision: what applicants are told, practices, the article, tasks, and forgetting."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from reversion.models import Version

from contests import after, harvest
from contests.choices import RESULTS, ContestStatus, FollowUpKind, Outcome, ProtocolStatus
from contests.freezing import digest_of
from contests.models import Application, Award, Contest, FollowUp, Letter, Protocol, Sheet
from people import roles
from people.consents import Purpose, held
from portal import tasks
from practices.choices import CollectedVia
from practices.models import Practice
from publishing.editing import lock_of
from publishing.models import AuditEvent, Draft
from publishing.work import todos_of
from publishing.workflow import MoveRefused, Status
from tests import factories, factories_journal
from tests.factories_contests import (
    make_application,
    make_contest,
    make_members,
    make_public_contest,
    score,
)

pytestmark = pytest.mark.django_db

CONTENT = {
    "ky": {
        "title": "Айылга таза суу жетти",
        "theme": "drinking-water",
        "started_on": "2023-04-01",
        "problem": "Суу үч күндө бир келчү.",
        "solution": "Башында жыйын өттү:\n\n- насос алынды\n- түтүк тартылды",
        "result": "Суу күнү-түнү бар.",
        "steps": [
            {"id": "p7", "title": "Жыйын", "days": "3"},
            {"id": "p8", "title": "Насос"},
        ],
    },
    "ru": {
        "title": "В селе появилась чистая вода",
        "problem": "Вода приходила раз в три дня.",
        "solution": "Сначала провели собрание.",
        "result": "Вода есть днём и ночью.",
        "steps": [
            {"id": "p7", "title": "Собрание", "days": "3"},
            {"id": "p8", "title": "Насос куплен"},
        ],
    },
}


def publish(contest) -> Contest:
    """The results are out, by whatever way."""
    Contest.objects.filter(pk=contest.pk).update(
        status=ContestStatus.PUBLISHED, published_at=timezone.now()
    )
    contest.refresh_from_db()
    return contest


@pytest.fixture
def applicant():
    return factories.make_user(is_staff=False, email="asel@example.org", name="Асел", language="ky")


@pytest.fixture
def contest():
    return make_public_contest(ContestStatus.REVIEW)


@pytest.fixture
def entry(contest, applicant):
    """Scored 8 and 6 by three members, in the first place before another one."""
    first = make_application(
        contest, content=CONTENT, digest=digest_of(CONTENT), created_by=applicant
    )
    second = make_application(contest)
    for number, member in enumerate(make_members(contest, 3)):
        for application, values in ((first, (8, 6)), (second, (5, 5))):
            sheet = Sheet.objects.create(
                application=application, member=member, comment=f"Кеңеш {number}" + "!" * number
            )
            score(sheet, *values)
    return first


def give(entry, place=1) -> Award:
    """A place, with the published protocol that says so."""
    award = Award.objects.create(
        contest=entry.contest,
        application=entry,
        nomination=entry.nomination,
        outcome=Outcome.PLACE,
        place=place,
    )
    told = {"id": award.pk, "outcome": "place", "place": place, "group": ""}
    facts = {"awards": [told | {"award": {"ky": "", "ru": ""}}], "tables": []}
    Protocol.objects.create(
        contest=entry.contest, number="1", status=ProtocolStatus.PUBLISHED, facts=facts
    )
    return award


@pytest.fixture
def award(entry):
    return give(entry)


# ---------------------------------------------------------------- what is told


@pytest.mark.parametrize("status", [each for each in ContestStatus.values if each not in RESULTS])
def test_nothing_is_told_before_the_results(entry, award, status):
    Contest.objects.filter(pk=entry.contest_id).update(status=status)
    entry.contest.refresh_from_db()
    assert after.told(entry, "ky") == {}


def test_how_the_entry_fared(entry, award):
    publish(entry.contest)
    after.begin(entry.contest)
    entry.refresh_from_db()
    told = after.told(entry, "ru")
    assert (told["mean"], told["most"], told["place"], told["of"]) == (70.0, 100, 1, 2)
    assert [(each["mean"], each["most"]) for each in told["criteria"]] == [(8.0, 10), (6.0, 10)]
    assert told["sheets"] == 3
    assert len(told["awards"]) == 1
    assert told["comments"] == "Кеңеш 2!!\n\nКеңеш 1!", "the two longest"
    Award.objects.update(revoked_on=timezone.localdate())
    assert after.told(entry, "ru")["awards"] == []


def test_comments_name_nobody_and_those_in_the_applicants_language_come_first(entry):
    member = entry.sheets.first().member
    member.language = "ru"
    member.save()
    other = entry.sheets.exclude(member=member)
    Sheet.objects.filter(member=member).update(comment="Совет, который длиннее всех остальных")
    assert [sheet.member.language for sheet in after.comments_on(entry)] == ["ky", "ky", "ru"]
    other.update(comment=" ")
    assert after.suggested_feedback(entry) == "Совет, который длиннее всех остальных"
    assert member.name not in after.suggested_feedback(entry)


def test_what_the_secretary_has_written_stays(entry, award):
    entry.feedback_ru = "Свои слова"
    entry.save()
    publish(entry.contest)
    after.begin(entry.contest)
    entry.refresh_from_db()
    assert (entry.feedback_ky, entry.feedback_ru) == ("", "Свои слова")
    assert after.told(entry, "ky")["comments"] == "Свои слова"


# ---------------------------------------------------------------- letters


@pytest.fixture
def deliver(django_capture_on_commit_callbacks):
    def run(act):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            result = act()
        return result, list(mail.outbox)

    return run


def test_each_applicant_is_written_to_once(entry, award, deliver, specialist):
    publish(entry.contest)
    after.begin(entry.contest)
    is_sent, (letter,) = deliver(lambda: after.tell(entry, actor=specialist))
    assert is_sent
    assert letter.to == ["asel@example.org"]
    words = f"{letter.subject}\n{letter.body}"
    for told in (entry.number, "– 70 (", ": 8 (", ": 6 (", "Кеңеш 2!!", "Айылга таза суу жетти"):
        assert told in words
    assert (
        reverse("contests:results", args=[entry.contest.slug]).partition("/contests/")[2] in words
    )
    for member in entry.contest.members.all():
        assert member.name not in words
    assert deliver(lambda: after.tell(entry, actor=specialist)) == (False, [])
    assert AuditEvent.about(entry).filter(action="tell_result").count() == 1


def test_letter_in_the_language_of_the_account(entry, award, deliver, applicant):
    applicant.language = "ru"
    applicant.save()
    publish(entry.contest)
    _is_sent, (letter,) = deliver(lambda: after.tell(entry))
    assert "Здравствуйте" in letter.body


def test_nobody_is_told_before_the_results(entry, deliver):
    assert deliver(lambda: after.tell(entry)) == (False, [])
    entry.refresh_from_db()
    assert entry.told_at is None


def test_without_an_address_the_text_goes_by_hand(entry, applicant, deliver, specialist):
    applicant.email, applicant.phone = None, "+996700000001"
    applicant.save()
    publish(entry.contest)
    assert deliver(lambda: after.tell(entry)) == (False, [])
    assert deliver(lambda: after.tell(entry, actor=specialist, by_hand=True)) == (True, [])
    entry.refresh_from_db()
    assert entry.told_at


def test_the_demo_writes_to_nobody(entry, deliver):
    Application.objects.update(is_demo=True)
    publish(entry.contest)
    assert deliver(lambda: after.tell(entry)) == (True, [])


# ---------------------------------------------------------------- practices


def test_an_entry_becomes_a_practice_of_its_applicant(entry, applicant, specialist, media_root):
    entry.pictures.create(
        file=factories.upload("a.jpg", factories.picture()), alt_ky="Насос", author_ky="Асел"
    )
    entry.files.create(file=factories.upload("b.pdf", factories.pdf()), title_ky="Чечим")
    publish(entry.contest)
    practice = harvest.make_practice(entry, actor=specialist)
    practice.refresh_from_db()
    assert (practice.status, practice.collected_via) == (Status.SUBMITTED, CollectedVia.CONTEST)
    assert (practice.created_by, practice.municipality) == (applicant, entry.municipality)
    assert practice.title_ky == "Айылга таза суу жетти"
    assert practice.title_ru == "В селе появилась чистая вода"
    assert (practice.original_language, practice.state_ru) == ("ky", "draft")
    assert [(step.title_ky, step.title_ru, step.days) for step in practice.steps.all()] == [
        ("Жыйын", "Собрание", 3),
        ("Насос", "Насос куплен", None),
    ]
    (photo,) = practice.photos.all()
    assert (photo.alt_ky, photo.author_ky) == ("Насос", "Асел")
    assert photo.file.size
    assert [each.title_ky for each in practice.documents.all()] == ["Чечим"]
    assert held(applicant, Purpose.PUBLISH, practice)
    event = AuditEvent.about(practice).get(action="from_contest")
    assert event.details == {"application": entry.number, "digest": entry.digest}
    entry.refresh_from_db()
    assert entry.made_practice == practice


def test_pressed_twice_it_is_one_practice(entry, specialist):
    publish(entry.contest)
    first = harvest.make_practice(entry, actor=specialist)
    assert harvest.make_practice(Application.objects.get(pk=entry.pk), actor=specialist) == first
    assert (Practice.objects.count(), Draft.objects.count()) == (1, 1)


def test_entered_from_a_practice_it_is_linked(contest, specialist):
    practice = factories.make_practice()
    entry = make_application(contest, practice=practice)
    publish(contest)
    assert harvest.make_practice(entry, actor=specialist) == practice
    assert Practice.objects.count() == 1


def test_no_practice_against_the_applicants_word(entry, specialist):
    with pytest.raises(MoveRefused):
        harvest.make_practice(entry, actor=specialist)
    publish(entry.contest)
    Application.objects.update(wants_publication=False)
    with pytest.raises(MoveRefused):
        harvest.make_practice(entry, actor=specialist)
    Application.objects.update(wants_publication=True, created_by=None)
    with pytest.raises(MoveRefused):
        harvest.make_practice(entry, actor=specialist)
    assert not Practice.objects.exists()


def test_what_is_missing_is_told_and_nothing_is_left_behind(contest, applicant, specialist):
    entry = make_application(contest, created_by=applicant)
    publish(contest)
    with pytest.raises(MoveRefused) as refusal:
        harvest.make_practice(entry, actor=specialist)
    assert "problem" in {each.field for each in refusal.value.missing}
    assert not Practice.objects.exists()
    assert not Draft.objects.exists()


# ---------------------------------------------------------------- the article


def test_article_in_both_languages(entry, award, specialist):
    entry.contest.organisers.add(partner := factories_journal.make_partner())
    publish(entry.contest)
    article = harvest.write_article(entry.contest, actor=specialist)
    article.refresh_from_db()
    assert (article.kind, article.status, article.created_by) == ("contest", "draft", specialist)
    for language, decided in (("ky", "КОМИССИЯ ЧЕЧТИ"), ("ru", "КОМИССИЯ РЕШИЛА")):
        body = getattr(article, f"body_{language}")
        assert decided in body
        assert "<table>" in body
        assert CONTENT[language]["title"] in body
        assert getattr(article, f"title_{language}")
        assert getattr(article, f"lead_{language}")
    assert list(article.partners.all()) == [partner]
    entry.contest.refresh_from_db()
    assert entry.contest.results_article == article
    assert harvest.write_article(entry.contest, actor=specialist) == article
    assert Version.objects.get_for_object(article).count() == 1


def test_no_article_before_the_results(entry, specialist):
    with pytest.raises(MoveRefused):
        harvest.write_article(entry.contest, actor=specialist)


def test_what_applicants_type_is_text_in_the_article(contest, specialist):
    title = "<script>alert(1)</script> & «суу»"
    entry = make_application(contest, content={"ky": {"title": title}})
    give(entry, place=2)
    article = harvest.write_article(publish(contest), actor=specialist)
    assert "<script" not in article.body_ky
    assert "&lt;script&gt;" in article.body_ky


# ---------------------------------------------------------------- tasks


def test_tasks_are_made_once_and_those_changed_stay(entry, award, specialist):
    contest = publish(entry.contest)
    contest.assignee = specialist
    assert after.make_tasks(contest) == 4
    task = contest.followups.get(kind=FollowUpKind.MENTOR)
    task.note, task.due_on = "Асан менен", timezone.localdate() + timedelta(days=5)
    task.save()
    assert after.make_tasks(contest) == 0
    assert contest.followups.get(kind=FollowUpKind.MENTOR).note == "Асан менен"
    assert {each.responsible for each in contest.followups.all()} == {specialist}
    (todo,) = [each for each in todos_of(specialist) if "/tasks/" in each.url]
    assert todo.day == task.due_on


def test_second_places_get_fewer_tasks(entry):
    give(entry, place=2)
    after.make_tasks(publish(entry.contest))
    assert [each.kind for each in entry.followups.all()] == [FollowUpKind.PRACTICE]


def test_task_of_the_practice_closes_itself(entry, award, specialist):
    publish(entry.contest)
    after.make_tasks(entry.contest)
    harvest.make_practice(entry, actor=specialist)
    task = entry.followups.get(kind=FollowUpKind.PRACTICE)
    assert task.done_on == timezone.localdate()


def test_nobodys_task_waits_for_those_who_lead(entry, award, specialist, editor):
    after.make_tasks(publish(entry.contest))
    FollowUp.objects.update(due_on=timezone.localdate(), responsible=None)
    assert len([each for each in todos_of(specialist) if "/tasks/" in each.url]) == 4
    assert not [each for each in todos_of(editor) if "/tasks/" in each.url]


# ---------------------------------------------------------------- other pages


def test_wins_only_once_results_are_out_and_not_revoked(entry, award, django_assert_num_queries):
    place = entry.municipality
    assert after.wins_of(place, "ru") == []
    publish(entry.contest)
    with django_assert_num_queries(2):
        (win,) = after.wins_of(place, "ru")
    assert (win.year, win.award) == (2026, award)
    assert entry.contest.slug in win.url
    practice = factories.make_practice()
    assert after.wins_of(practice, "ky") == []
    Application.objects.filter(pk=entry.pk).update(made_practice=practice)
    assert len(after.wins_of(practice, "ky")) == 1
    # A correction that is being written is nobody's business yet.
    Award.objects.update(place=3)
    assert [win.award.place for win in after.wins_of(place, "ru")] == [1]
    Award.objects.update(revoked_on=timezone.localdate())
    assert after.wins_of(place, "ru") == []


# ---------------------------------------------------------------- the admin


def address(name, contest, *args) -> str:
    return reverse(f"admin:contests_contest_{name}", args=[contest.pk, *args])


@pytest.fixture
def desk(client, specialist):
    client.force_login(specialist)
    return client


def test_page_after_the_decision(desk, entry, award, django_assert_max_num_queries, deliver):
    publish(entry.contest)
    after.begin(entry.contest)
    with django_assert_max_num_queries(60):
        page = desk.get(address("after", entry.contest))
    assert page.status_code == 200
    assert entry.number in page.text
    _response, letters = deliver(lambda: desk.post(address("after", entry.contest), {"send": "1"}))
    assert [letter.to for letter in letters] == [["asel@example.org"]]
    response = desk.post(address("after", entry.contest), {"article": "1"})
    article = Contest.objects.get(pk=entry.contest.pk).results_article
    assert response.url == reverse("admin:journal_article_change", args=[article.pk])
    desk.post(address("to_practice", entry.contest, entry.pk))
    entry.refresh_from_db()
    assert entry.made_practice


def test_comments_are_chosen(desk, entry, award):
    Contest.objects.update(status=ContestStatus.DECIDED)
    page = desk.get(address("feedback", entry.contest, entry.pk)).text
    assert "Кеңеш 2!!" in page
    for member in entry.contest.members.all():
        assert member.name not in page
    values = {"feedback_ky": "Жакшы иш", "feedback_ru": "", "version": lock_of(entry)}
    assert desk.post(address("feedback", entry.contest, entry.pk), values).status_code == 302
    entry.refresh_from_db()
    assert entry.feedback_ky == "Жакшы иш"
    # Somebody else had the page open too.
    values["feedback_ky"] = "Башка сөз"
    assert desk.post(address("feedback", entry.contest, entry.pk), values).status_code == 200
    entry.refresh_from_db()
    assert entry.feedback_ky == "Жакшы иш"


def test_comments_stay_closed_while_the_commission_works(desk, entry):
    assert desk.get(address("feedback", entry.contest, entry.pk)).status_code == 403


def test_text_for_whatsapp_counts_as_told(desk, entry, award):
    publish(entry.contest)
    page = desk.post(address("result_text", entry.contest, entry.pk))
    assert entry.number in page.text
    entry.refresh_from_db()
    assert entry.told_at
    assert desk.get(address("result_text", entry.contest, entry.pk)).status_code == 405


def test_tasks_on_their_page(desk, entry, award, specialist):
    publish(entry.contest)
    after.make_tasks(entry.contest)
    task = entry.followups.get(kind=FollowUpKind.VISIT)
    assert f"task-{task.pk}" in desk.get(address("tasks", entry.contest)).text
    prefix = f"task-{task.pk}"
    values = {
        f"{prefix}-responsible": specialist.pk,
        f"{prefix}-due_on": "2030-01-15",
        f"{prefix}-note": "Ысык-Көлдөн",
        f"{prefix}-link": "example.org/visit",
    }
    assert desk.post(address("task", entry.contest, task.pk), values).status_code == 302
    task.refresh_from_db()
    assert (task.responsible, task.note) == (specialist, "Ысык-Көлдөн")
    assert task.link == "https://example.org/visit"
    wrong = desk.post(address("task", entry.contest, task.pk), values | {f"{prefix}-due_on": "x"})
    assert (wrong.status_code, "Ысык-Көлдөн" in wrong.text) == (200, True)
    desk.post(address("task", entry.contest, task.pk), {"is_done": "1"})
    task.refresh_from_db()
    assert task.done_on == timezone.localdate()
    desk.post(address("tasks", entry.contest), {"own-note": "Китепче басуу"})
    assert entry.contest.followups.get(kind=FollowUpKind.OTHER).note == "Китепче басуу"


@pytest.mark.parametrize("name", ["after", "tasks", "votes"])
@pytest.mark.parametrize(
    ("role", "status"),
    [
        (roles.SPECIALIST, 200),
        (roles.CONTEST_SECRETARY, 200),
        (roles.THEME_EDITOR, 403),
        (roles.OBSERVER, 403),
    ],
)
def test_pages_are_for_those_who_keep_the_papers(client, entry, name, role, status):
    publish(entry.contest)
    Contest.objects.update(has_public_vote=True)
    client.force_login(factories.make_user(role))
    assert client.get(address(name, entry.contest)).status_code == status


def test_entry_of_another_contest_is_not_found_here(desk, entry):
    other = publish(make_contest(ContestStatus.REVIEW))
    publish(entry.contest)
    for name in ("feedback", "result_text", "to_practice"):
        assert desk.post(address(name, other, entry.pk)).status_code == 404


def test_votes_are_discarded_with_a_reason(desk, entry):
    Contest.objects.update(status=ContestStatus.DECIDED, has_public_vote=True)
    vote = entry.votes.create(contest=entry.contest, municipality=entry.municipality, is_own=True)
    url = address("votes", entry.contest)
    desk.post(url, {"votes": vote.pk, "what": "discard", "reason": ""})
    vote.refresh_from_db()
    assert vote.status == "counted"
    desk.post(url, {"votes": vote.pk, "what": "discard", "reason": "Бир телефон"})
    vote.refresh_from_db()
    assert (vote.status, vote.reason) == ("discarded", "Бир телефон")
    assert "Бир телефон" in desk.get(url).text


# ---------------------------------------------------------------- when the time is over


def test_people_go_from_a_contest_on_their_day(entry, applicant, media_root):
    contest = entry.contest
    letter = Letter.objects.create(
        application=entry, file=factories.upload("kat.pdf", factories.pdf())
    )
    member = contest.members.first()
    member.email = "muchо@example.org"
    member.save()
    member.conflicts.create(application=entry, kind="relative", found_by="self", note="Бажасы")
    sheet, _new = entry.sheets.update_or_create(member=member, defaults={"note": "Башчысы шашат"})
    question = contest.questions.create(question_ky="Качан?", email="suroo@example.org")
    voter = factories.make_membership().user
    vote = contest.votes.create(
        application=entry, voter=voter, municipality=entry.municipality, is_own=True, source="ab"
    )
    day = contest.closes_at + timedelta(days=730)
    with time_machine.travel(day - timedelta(minutes=1), tick=False):
        tasks.keep_promises()
    entry.refresh_from_db()
    assert (entry.created_by, entry.applicant_name) == (applicant, "Айжан")
    with time_machine.travel(day + timedelta(minutes=1), tick=False):
        tasks.keep_promises()
        assert not after.overdue_applicants(timezone.now() - timedelta(days=730)).exists()
    for row in (entry, member, question, vote, sheet):
        row.refresh_from_db()
    assert entry.created_by is None
    assert {getattr(entry, name) for name in after.APPLICANT} == {""}
    assert not Letter.objects.filter(pk=letter.pk).exists()
    assert (member.email, member.user, question.email) == ("", None, "")
    assert (vote.voter, vote.source, vote.status) == (None, "", "counted")
    assert member.conflicts.get().note == sheet.note == ""
    assert entry.content == CONTENT
    assert digest_of(entry.content) == entry.digest, "what was entered stays provable"
