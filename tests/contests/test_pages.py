"""Contests as readers see them: what is open, the rules, questions, the calendar, the results."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from contests.choices import ApplicationStatus, ContestStatus, Group, Outcome, ProtocolStatus
from contests.figures import figures, safe_rows
from contests.freezing import freeze
from contests.milestones import last_day, milestones, moment_words, time_left
from contests.models import (
    Application,
    Award,
    Contest,
    Criterion,
    Prize,
    Protocol,
    Question,
)
from contests.questions import tell_answers
from portal.freshness import is_watched
from publishing.actions import keep_former_slug
from publishing.workflow import move
from search.index import drain
from tests import factories, factories_journal, pages
from tests.factories_contests import (
    make_application,
    make_contest,
    make_nomination,
    make_public_contest,
)
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db
S = ContestStatus
#: Noon of Bishkek, which is six hours ahead.
NOON = datetime(2026, 10, 20, 6, tzinfo=UTC)


def address(contest, tail="", language="ky") -> str:
    with translation.override(language):
        return contest.get_absolute_url() + tail


def words(client, path) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return pages.main(response)


def in_protocol(award) -> dict:
    """As contests/protocol.py writes it, as far as the page of results reads it."""
    title = {"ky": award.title_ky or "", "ru": award.title_ru or ""}
    return {
        "id": award.pk,
        "outcome": award.outcome,
        "place": award.place,
        "group": award.group,
        "award": title,
    }


def make_decided(**kwargs):
    """A contest with its results out: (contest, first place, special award, without an award)."""
    contest = make_public_contest(S.PUBLISHED, **kwargs)
    nomination = contest.nominations.get()
    first, special, none = (
        make_application(contest, status=ApplicationStatus.AWARDED, applicant_name="Жашыруун ат")
        for _number in range(3)
    )
    awards = [
        Award.objects.create(
            contest=contest, application=entry, nomination=nomination, outcome=outcome, **values
        )
        for entry, outcome, values in (
            (first, Outcome.PLACE, {"place": 1}),
            (special, Outcome.SPECIAL, {"title_ky": "Ачыктыгы үчүн", "title_ru": "За открытость"}),
            (none, Outcome.NONE, {}),
        )
    ]
    Protocol.objects.create(
        contest=contest,
        number="7",
        status=ProtocolStatus.PUBLISHED,
        facts={
            "tables": [{"rows": [{"application": first.pk, "mean": "87.25"}]}],
            "awards": [in_protocol(award) for award in awards],
        },
    )
    return contest, first, special, none


# ---------------------------------------------------------------- time


@pytest.mark.parametrize(
    ("now", "closes", "told"),
    [
        ((2026, 10, 20, 6, 0), (2026, 11, 1, 12, 0), ("12", "day")),
        # 23:30 and 0:30 in Bishkek: the days are those of the villager.
        ((2026, 10, 20, 17, 30), (2026, 10, 22, 12, 0), ("2", "day")),
        ((2026, 10, 20, 18, 30), (2026, 10, 22, 12, 0), ("1", "day")),
        # It ends with the 21st: that is no day more.
        ((2026, 10, 20, 6, 0), (2026, 10, 21, 18, 0), ("1", "day")),
        ((2026, 10, 21, 6, 0), (2026, 10, 21, 12, 5), ("5", "hour")),
        ((2026, 10, 21, 6, 0), (2026, 10, 21, 7, 5), ("last hour",)),
        ((2026, 10, 21, 6, 0), (2026, 10, 21, 6, 0), ()),
    ],
)
def test_time_left_never_promises_more_than_there_is(now, closes, told):
    contest = Contest(status=S.ACCEPTING, closes_at=datetime(*closes, tzinfo=UTC))
    with translation.override("en"):
        left = time_left(contest, now=datetime(*now, tzinfo=UTC))
    assert all(word in left for word in told)
    assert bool(left) == bool(told)


def test_midnight_is_the_end_of_the_day_before():
    midnight = datetime(2026, 11, 30, 18, tzinfo=UTC)
    assert last_day(midnight) == date(2026, 11, 30)
    with translation.override("ky"):
        assert moment_words(midnight) == "2026-ж., 30-ноябрь, 24:00"
        assert moment_words(midnight - timedelta(hours=6)) == "2026-ж., 30-ноябрь, 18:00"


def test_days_of_a_contest_stand_in_order():
    with time_machine.travel(NOON, tick=False):
        contest = make_contest(
            S.REVIEW,
            opens_at=NOON - timedelta(days=40),
            closes_at=NOON - timedelta(days=10),
            admission_until=date(2026, 10, 15),
            review_until=date(2026, 10, 18),
            award_on=date(2026, 11, 5),
            vote_from=NOON,
        )
        found = [(day.name, day.state) for day in milestones(contest)]
    assert found == [
        ("opens", "past"),
        ("closes", "past"),
        ("admission", "past"),
        ("review", "now"),  # its day is over, the commission is not
        ("award", "ahead"),
    ]


# ---------------------------------------------------------------- what is shown in which stage


@pytest.mark.parametrize("language", LANGUAGES)
def test_open_contest_tells_what_a_municipality_needs(client, language):
    contest = make_public_contest()
    nomination = contest.nominations.get()
    Prize.objects.create(
        nomination=nomination, place=1, title_ky="Чоң байге", title_ru="Главный приз", amount=300000
    )
    criterion = contest.criteria.first()
    criterion.anchors.create(value=10, text_ky="Баары жазылган", text_ru="Описано всё")
    freeze(contest, by=None, told={"ky": "Байге"})
    response = client.get(address(contest, language=language))
    page = pages.main(response)
    edition = contest.edition(language)
    for text in (edition.title, edition.summary, edition.goal, nomination.edition(language).title):
        assert text in page
    for text in {"ky": ("Чоң байге", "Баары жазылган"), "ru": ("Главный приз", "Описано всё")}[
        language
    ]:
        assert text in page
    assert "300 000" in page
    links = pages.links(response)
    for tail in ("rules/", "questions/", "calendar.ics", "whatsapp/"):
        assert address(contest, tail, language) in links
    assert pages.linked_data(response)["@type"] == "Event"
    assert pages.scripts(response) == [
        script for script in pages.scripts(response) if "portal" in script
    ]


def test_contest_that_is_not_announced_is_nobodys_business(client, specialist):
    contest = make_contest(S.APPROVED, slug="secret")
    tails = ("", "rules/", "rules/1/", "questions/", "calendar.ics", "results/", "whatsapp/")
    for tail in tails:
        assert client.get(f"/ky/contests/secret/{tail}").status_code == 404, tail
    for path in ("/ky/contests/", "/ky/contests/archive/", "/ky/"):
        assert contest.title_ky not in client.get(path).content.decode()
    client.force_login(specialist)
    preview = client.get(f"/ky/preview/contests.contest/{contest.uuid}/")
    assert contest.title_ky in pages.main(preview)
    assert "no-store" in preview["Cache-Control"]


@pytest.mark.parametrize("status", [S.ACCEPTING, S.REVIEW, S.DELIBERATION, S.DECIDED])
def test_nobody_learns_who_applies_before_the_results(client, status):
    contest = make_public_contest(status)
    municipality = factories.make_municipality(name_ky="Жашыруун аймак", short_name="Жашыруун")
    entry = make_application(contest, municipality=municipality, applicant_name="Жашыруун ат")
    Award.objects.create(
        contest=contest,
        application=entry,
        nomination=entry.nomination,
        outcome=Outcome.PLACE,
        place=1,
    )
    assert client.get(address(contest, "results/")).status_code == 404
    for tail in ("", "rules/", "questions/"):
        page = client.get(address(contest, tail)).content.decode()
        for secret in ("Жашыруун", entry.title, entry.number, str(entry.uuid)):
            assert secret not in page
    assert contest.title_ky not in words(client, f"/ky/municipalities/{municipality.code}/")


def test_cancelled_and_withdrawn(client, specialist):
    contest = make_public_contest()
    move(contest, "cancel", actor=specialist, reason="Каражат жок: Асанов жооп берет")
    response = client.get(address(contest))
    assert pages.of_class(pages.document(response), "warn")
    assert "Асанов" not in response.content.decode(), "the reason is the office’s"
    assert contest.title_ky not in words(client, "/ky/contests/")
    assert contest.title_ky in words(client, "/ky/contests/archive/")
    posted = client.post(address(contest, "questions/"), {"question": "Эмнеге?"})
    assert posted.status_code == 200
    assert not Question.objects.exists()
    move(contest, "withdraw", actor=specialist, reason="Жаңылыш", withdrawal_kind="mistake")
    assert client.get(address(contest)).status_code == 410


def test_former_address_leads_to_the_new_one(client):
    contest = make_public_contest(slug="first")
    contest.slug = "second"
    contest.save()
    keep_former_slug(record=contest, former="first")
    response = client.get("/ky/contests/first/")
    assert response.status_code == 301
    assert response["Location"] == address(contest)


# ---------------------------------------------------------------- lists


def test_lists_hold_what_belongs_there(client):
    statuses = (S.ANNOUNCED, S.ACCEPTING, S.REVIEW, S.PUBLISHED, S.ARCHIVED)
    contests = {status: make_public_contest(status) for status in statuses}
    listed = words(client, "/ky/contests/")
    archived = words(client, "/ky/contests/archive/")
    for status, contest in contests.items():
        assert (contest.title_ky in listed) == (status != S.ARCHIVED)
        assert (contest.title_ky in archived) == (status in {S.PUBLISHED, S.ARCHIVED})
    home = words(client, "/ky/")
    assert contests[S.ACCEPTING].title_ky in home
    assert contests[S.REVIEW].title_ky not in home


@pytest.mark.parametrize("path", ["/ky/contests/", "/ky/contests/archive/"])
@pytest.mark.parametrize("number", [1, 3])
def test_lists_ask_once(client, path, number):
    for _number in range(number):
        make_public_contest(S.PUBLISHED)
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    assert len(queries) == 1


@pytest.mark.parametrize("number", [1, 3])
def test_page_of_a_contest_asks_the_same_number_of_times(client, number):
    contest = make_public_contest()
    for _number in range(number):
        nomination = make_nomination(contest)
        Prize.objects.create(nomination=nomination, place=1, title_ky="Байге")
        contest.organisers.add(factories_journal.make_partner("published"))
        Criterion.objects.create(contest=contest, title_ky="Дагы", weight=1)
        Question.objects.create(contest=contest, question_ky="Эмне?", answer_ky="Бул.")
        for _entry in range(3):
            make_application(contest, nomination=nomination)
    freeze(contest, by=None, told={"ky": "Кеңейди"})
    client.get(address(contest))
    with CaptureQueriesContext(connection) as queries:
        client.get(address(contest))
    assert len(queries) == 8


# ---------------------------------------------------------------- rules


def test_rules_are_those_that_were_frozen(client):
    contest = make_public_contest(S.ANNOUNCED)
    old = contest.versions.get()
    Criterion.objects.filter(contest=contest, position=1).update(weight=70, title_ky="Жаңы аты")
    page = words(client, address(contest, "rules/"))
    assert "Пайдасы" in page
    assert "Жаңы аты" not in page, "not frozen, not in force"
    assert old.digest in page
    new = freeze(contest, by=None, told={"ky": "Салмак өзгөрдү", "ru": "Другой вес"})
    page = words(client, address(contest, "rules/"))
    assert "Жаңы аты" in page
    assert new.digest in page
    assert "Салмак өзгөрдү" in page
    russian = words(client, address(contest, "rules/", language="ru"))
    assert "Другой вес" in russian
    assert "Салмак өзгөрдү" not in russian
    response = client.get(address(contest, "rules/1/"))
    before = pages.words(pages.of_class(pages.document(response), "criteria")[0])
    assert "Пайдасы" in before
    assert "Жаңы аты" not in before
    assert pages.of_class(pages.document(response), "warn"), "told that it is an old one"
    changed = pages.of_class(pages.document(response), "changes")
    assert any("70" in pages.words(each) and "50" in pages.words(each) for each in changed)
    assert client.get(address(contest, "rules/3/")).status_code == 404


def test_what_is_typed_is_shown_as_typed(client):
    contest = make_public_contest(
        goal_ky="<script>alert(1)</script>", rules_ky="<p>Таза</p><script>alert(2)</script>"
    )
    for tail in ("", "rules/"):
        response = client.get(address(contest, tail))
        assert not [each for each in pages.scripts(response) if "alert" in each]
        assert "&lt;script&gt;alert(1)" in response.content.decode()


# ---------------------------------------------------------------- questions


@pytest.fixture
def ask(client):
    """Ask as a person does: open the page, think, send."""

    def asked(contest, question="Эки номинацияга болобу?", **values):
        now = timezone.now()
        with time_machine.travel(now, tick=False):
            page = pages.document(client.get(address(contest, "questions/")))
        stamp = page.xpath("//input[@name='stamp']/@value")[0]
        with time_machine.travel(now + timedelta(seconds=30), tick=False):
            return client.post(
                address(contest, "questions/"), {"question": question, "stamp": stamp} | values
            )

    return asked


def test_question_is_kept_and_not_shown_before_the_answer(client, ask):
    contest = make_public_contest()
    assert ask(contest, email="asan@example.org").status_code == 302
    assert ask(contest, email="asan@example.org").status_code == 302
    row = Question.objects.get()
    assert (row.question_ky, row.language, row.is_public) == (
        "Эки номинацияга болобу?",
        "ky",
        False,
    )
    assert row.question not in words(client, address(contest, "questions/"))
    Question.objects.update(answer_ky="Ооба, болот.", answered_at=timezone.now(), is_public=True)
    for language in LANGUAGES:
        response = client.get(address(contest, "questions/", language))
        assert "Ооба, болот." in pages.main(response)
        assert "asan@example.org" not in response.content.decode()


def test_program_is_kept_out_and_a_person_loses_nothing(client, ask):
    contest = make_public_contest()
    response = ask(contest, website="http://spam.example")
    assert response.status_code == 200
    assert "Эки номинацияга болобу?" in response.content.decode(), "typed words stay in the form"
    assert not Question.objects.exists()
    assert ask(contest, question="а" * 601).status_code == 200
    for number in range(6):
        last = ask(contest, question=f"Суроо {number}", REMOTE_ADDR="10.0.0.1")
    assert last.status_code == 302, "an office shares one address"


def test_answer_goes_by_mail_once_and_the_address_is_forgotten(
    ask, mailoutbox, django_capture_on_commit_callbacks
):
    contest = make_public_contest()
    ask(contest, email="asan@example.org")
    Question.objects.update(answer_ru="Да, можно.", answered_at=timezone.now())
    later = timezone.now() + timedelta(minutes=11)
    with django_capture_on_commit_callbacks(execute=True):
        assert tell_answers(timezone.now()) == 0, "an editor may still mend it"
        assert tell_answers(later) == 1
        assert tell_answers(later) == 0
    (letter,) = mailoutbox
    assert letter.to == ["asan@example.org"]
    assert "Эки номинацияга болобу?" in letter.body
    assert "Да, можно." in letter.body
    assert not Question.objects.exclude(email="").exists()


# ---------------------------------------------------------------- figures


def test_figures_give_nobody_away():
    assert safe_rows({"a": 5, "b": 4}) == [("a", 5), ("b", 4)]
    assert safe_rows({"a": 7, "b": 4, "c": 1}) == [("a", 7), (None, 5)]
    assert safe_rows({"a": 7, "b": 2, "c": 1}) == [("a", 7), (None, 3)]
    assert safe_rows({"a": 7, "b": 1, "c": 1}) == [], "two would be told by the difference"
    assert safe_rows({"a": 2, "b": 1}) == []
    assert safe_rows({"a": 9, "b": 0}) == [("a", 9)]


def test_figures_of_a_contest(client):
    contest = make_public_contest()
    for _number in range(2):
        make_application(contest)
    assert figures(contest).total is None
    make_application(contest)
    make_application(contest, status="withdrawn")
    told = figures(contest)
    assert told.total == 3
    assert sum(number for _label, number in told.nominations) == 3
    contest.status = S.PUBLISHED
    assert figures(contest) is None
    contest.status = S.ANNOUNCED
    assert figures(contest) is None


def test_what_applicants_and_visitors_write_leaves_ready_pages_alone():
    for model in (Question, Application):
        assert not is_watched(model)
    assert is_watched(Contest)
    assert is_watched(Award)


# ---------------------------------------------------------------- calendar


def unfolded(response) -> list[str]:
    text = response.content.decode()
    assert text.endswith("\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_calendar_holds_all_dates_in_utc(client, language):
    contest = make_public_contest(
        title_ky="Сынак; «Таза суу», биринчи",
        closes_at=datetime(2031, 11, 30, 12, 0, tzinfo=UTC),
        award_on=date(2031, 12, 31),
    )
    response = client.get(address(contest, "calendar.ics", language))
    assert response["Content-Type"].startswith("text/calendar")
    lines = unfolded(response)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 3
    assert "DTSTART:20311130T120000Z" in lines
    assert "DTSTART;VALUE=DATE:20311231" in lines
    assert "DTEND;VALUE=DATE:20320101" in lines
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(set(uids)) == 3
    summaries = [line for line in lines if line.startswith("SUMMARY:")]
    described = [line for line in lines if line.startswith("DESCRIPTION:")]
    own, other = (summaries, described) if language == "ky" else (described, summaries)
    assert any("Сынак\\; «Таза суу»\\, биринчи" in line for line in own)
    assert any(contest.title_ru in line for line in other)


# ---------------------------------------------------------------- results


def test_results_name_places_points_and_nobody_without_an_award(client):
    contest, first, special, none = make_decided()
    practice = factories.make_practice("published")
    first.made_practice = practice
    first.save()
    response = client.get(address(contest, "results/"))
    page = pages.main(response)
    assert first.title in page
    assert re.search(r"87,25", page)
    assert first.municipality.name in page
    with translation.override("ky"):
        assert practice.get_absolute_url() in pages.links(response)
    assert "Ачыктыгы үчүн" in page
    assert special.title in page
    assert none.title not in page
    assert "Жашыруун ат" not in page


def test_award_taken_back_is_gone(client):
    contest, first, _special, _none = make_decided()
    Award.objects.filter(application=first).update(revoked_on=timezone.localdate())
    assert first.title not in words(client, address(contest, "results/"))


def test_while_the_protocol_is_corrected_nothing_is_said(client):
    contest, first, _special, _none = make_decided()
    Protocol.objects.update(status=ProtocolStatus.CORRECTED)
    assert first.title not in words(client, address(contest, "results/"))


def test_groups_are_ranked_apart_on_the_page(client):
    contest, first, _special, _none = make_decided()
    hard = make_application(contest, status=ApplicationStatus.AWARDED, group=Group.HARD)
    Award.objects.filter(application=first).update(group=Group.OTHER)
    award = Award.objects.create(
        contest=contest,
        application=hard,
        nomination=hard.nomination,
        outcome=Outcome.PLACE,
        place=1,
        group=Group.HARD,
    )
    protocol = contest.protocols.get()
    for row in protocol.facts["awards"]:
        row["group"] = Group.OTHER
    protocol.facts["awards"].insert(0, in_protocol(award))
    protocol.save()
    response = client.get(address(contest, "results/"))
    lists = pages.of_class(pages.document(response), "podium")
    together = [each for each in lists if hard.title in pages.words(each)]
    assert len(together) == 1
    assert first.title not in pages.words(together[0])


# ---------------------------------------------------------------- where else it is told


def test_contest_is_told_where_it_belongs(client):
    contest, first, _special, _none = make_decided()
    practice = factories.make_practice("published")
    first.practice = practice
    first.save()
    partner = factories_journal.make_partner("published")
    contest.organisers.add(partner)
    contest.nominations.get().themes.add(factories.theme())
    with translation.override("ky"):
        paths = {
            partner.get_absolute_url(): address(contest),
            factories.theme().get_absolute_url(): address(contest),
            practice.get_absolute_url(): address(contest, "results/"),
            first.municipality.get_absolute_url(): address(contest, "results/"),
        }
    for path, link in paths.items():
        assert link in pages.links(client.get(path)), path
    Contest.objects.update(status=S.DELIBERATION)
    for path, link in paths.items():
        if link.endswith("results/"):
            assert link not in pages.links(client.get(path)), path


def test_contest_is_found_and_in_the_sitemap(client):
    contest = make_public_contest(title_ky="Жалтырак булактар сынагы")
    hidden = make_contest(title_ky="Жалтырак көмүскө сынак")
    drain()
    links = pages.links(client.get("/ky/search/", {"q": "жалтырак"}))
    assert address(contest) in links
    assert f"/ky/contests/{hidden.slug}/" not in links
    part = client.get("/sitemap-contests-1.xml").content.decode()
    for language in LANGUAGES:
        assert f"{address(contest, language=language)}</loc>" in part
    assert hidden.slug not in part


@pytest.mark.parametrize("status", [S.ACCEPTING, S.PUBLISHED])
def test_whatsapp_goes_out_with_title_and_address(client, status):
    contest = make_public_contest(status)
    response = client.get(address(contest, "whatsapp/"))
    assert response.status_code == 302
    assert response["Location"].startswith("https://wa.me/?text=")
    assert contest.slug in response["Location"]


def test_messengers_get_a_picture(client):
    contest = make_public_contest()
    picture = pages.meta(client.get(address(contest)), "og:image")
    assert f"/ky/contests/{contest.slug}/share.jpg?v=" in picture
    response = client.get(address(contest, "share.jpg"))
    assert response["Content-Type"] == "image/jpeg"
    assert len(response.content) <= 100_000
    hidden = make_contest(ContestStatus.APPROVED)
    assert client.get(f"/ky/contests/{hidden.slug}/share.jpg").status_code == 404
