"""The information campaign: texts made from the contest’s data, and what the steps brought."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from contests.campaign import reached, term_words, texts
from contests.choices import Channel
from contests.drafting import KIND
from contests.models import CampaignStep, Prize
from places.models import Oblast
from publishing.models import Draft
from tests import factories, factories_journal
from tests.factories_contests import make_application, make_nomination, make_public_contest

pytestmark = pytest.mark.django_db
#: 18:00 in Bishkek.
CLOSES = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def contest():
    contest = make_public_contest(closes_at=CLOSES, opens_at=datetime(2026, 9, 1, tzinfo=UTC))
    contest.organisers.add(factories_journal.make_partner("published"))
    Prize.objects.create(
        nomination=contest.nominations.get(),
        place=1,
        title_ky="Диплом",
        title_ru="Диплом",
        amount=300000,
    )
    return contest


@pytest.mark.parametrize("channel", Channel.values)
def test_every_channel_has_a_text_in_both_languages(contest, channel):
    found = texts(contest, channel)
    for language, text in found.items():
        edition = contest.edition(language)
        assert edition.title in text
        assert contest.nominations.get().edition(language).title in text
        assert "{" not in text
        assert "None" not in text
        assert "\n\n\n" not in text
        assert "  " not in text
        assert " ." not in text
        assert ".." not in text
    if channel != Channel.RADIO:
        assert f"/ky/contests/{contest.slug}/" in found["ky"].replace("/ru/", "/ky/")
    assert "2026-жылдын 30-ноябрына чейин" in found["ky"]
    assert "до 30 ноября 2026" in found["ru"]
    assert "300\u00a0000" in found["ky"] or channel == Channel.SEMINAR or channel == Channel.LETTER


def test_text_tells_the_hour_only_where_there_is_one(contest):
    assert "18:00" in texts(contest, Channel.WHATSAPP)["ru"]
    contest.closes_at = datetime(2026, 11, 30, 18, tzinfo=UTC)  # 24:00
    for language in ("ky", "ru"):
        text = texts(contest, Channel.WHATSAPP)[language]
        assert "00:00" not in text
        assert "24:00" not in text


def test_first_day_is_told_while_it_is_ahead(contest):
    with time_machine.travel(datetime(2026, 8, 1, tzinfo=UTC), tick=False):
        assert term_words(contest, "ky") == "2026-жылдын 1-сентябрынан 30-ноябрына чейин"
        assert term_words(contest, "ru") == "с 1 сентября до 30 ноября 2026\u00a0г."
        contest.closes_at = datetime(2027, 1, 31, 18, tzinfo=UTC)
        assert (
            term_words(contest, "ky") == "2026-жылдын 1-сентябрынан 2027-жылдын 31-январына чейин"
        )
    with time_machine.travel(datetime(2026, 9, 2, tzinfo=UTC), tick=False):
        assert term_words(contest, "ru") == "до 31 января 2027\u00a0г."


def test_bare_contest_has_texts_without_holes(contest):
    bare = make_public_contest(closes_at=None, opens_at=None, summary_ky="", goal_ky="")
    for channel in Channel.values:
        for text in texts(bare, channel).values():
            assert "None" not in text
            assert "\n\n\n" not in text
            assert ": ." not in text


@pytest.mark.parametrize("number", [1, 5, 30])
def test_whatsapp_stays_within_its_room(number):
    contest = make_public_contest(
        title_ky="Узун ат " * 19, title_ru="Длинное имя " * 13, summary_ky="Сөз " * 48
    )
    for _number in range(number):
        make_nomination(contest, title_ky="Номинациянын узун аталышы " * 5)
    for text in texts(contest, Channel.WHATSAPP).values():
        assert len(text) <= 700
        assert contest.slug in text


def begin(contest, code="", **values):
    return Draft.objects.create(
        kind=KIND,
        owner=values.pop("owner", None) or factories.make_user(is_staff=False),
        language="ky",
        answers={"contest": str(contest.pk), **({"municipality": code} if code else {})},
    )


def test_what_the_steps_brought(contest):
    step = CampaignStep.objects.create(
        contest=contest,
        channel=Channel.RADIO,
        planned_on=date(2026, 10, 4),
        done_on=date(2026, 10, 5),
        reach=1200,
        cost=500,
    )
    town = factories.make_municipality()
    # 0:30 of the 6th in Bishkek is the 5th in Greenwich.
    with time_machine.travel(datetime(2026, 10, 5, 18, 30, tzinfo=UTC), tick=False):
        begin(contest, town.code)
        begin(contest)
        begin(make_public_contest(), town.code)
        make_application(contest, municipality=town)
    found = reached(contest)
    assert (found["begun"], found["sent"], found["reach"], found["cost"]) == (2, 1, 1200, 500)
    assert [(each["day"].day, each["begun"], each["sent"]) for each in found["days"]] == [
        (5, 0, 0),
        (6, 2, 1),
    ]
    assert found["days"][0]["steps"] == [step]
    rows = {each["oblast"]: (each["begun"], each["sent"]) for each in found["oblasts"]}
    assert rows[town.oblast] == (1, 1)
    assert rows[None] == (1, 0)
    assert len(rows) == Oblast.objects.count() + 1


def test_what_was_brought_costs_the_same_for_any_number(contest, django_assert_num_queries):
    for _number in range(4):
        begin(contest, factories.make_municipality().code)
        make_application(contest)
        CampaignStep.objects.create(
            contest=contest, channel=Channel.SITE, planned_on=date(2026, 10, 4)
        )
    with django_assert_num_queries(7):
        reached(contest)
