"""The ledger of adoptions: who moves what, what counts, who is asked, two at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone, translation

from people.models import Membership
from practices import ledger
from practices.calculator import estimate
from practices.choices import AT_WORK, AdoptionStatus, Evidence
from practices.models import Adoption, Practice
from publishing import letters
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused, move, moves_for
from tests import factories

pytestmark = pytest.mark.django_db
S = AdoptionStatus


@pytest.fixture
def source():
    return factories.make_municipality(name_ky="Булак айыл аймагы", name_ru="айылный аймак Булак")


@pytest.fixture
def practice(source, media_root):
    return factories.make_practice("published", municipality=source)


@pytest.fixture
def place():
    return factories.make_municipality()


@pytest.fixture
def adopter(place):
    """A confirmed secretary of the municipality that adopts."""
    user = factories.make_user(is_staff=False, email="adopter@example.org", language="ky")
    factories.make_membership(user, place)
    return user


@pytest.fixture
def elder(source):
    """A confirmed secretary of the municipality the practice comes from."""
    user = factories.make_user(is_staff=False, email="source@example.org", language="ru")
    factories.make_membership(user, source)
    return user


def declared(practice, place, by, **values) -> Adoption:
    adoption, is_new = ledger.declare(practice=practice, municipality=place, by=by, values=values)
    assert is_new
    return adoption


def at_work(practice, place, by=None, **values) -> Adoption:
    values = {
        "status": S.IMPLEMENTED,
        "finished_on": timezone.localdate() - timedelta(days=3),
        "result_number": 214,
    } | values
    if by:
        return declared(practice, place, by, **values)
    return factories.make_adoption(practice, municipality=place, **values)


def names(adoption, actor) -> set[str]:
    return {step.name for step in moves_for(adoption, actor)}


# ---------------------------------------------------------------- moves


def test_adopter_walks_from_plan_to_work(practice, place, adopter):
    adoption = declared(practice, place, adopter)
    assert adoption.status == S.PLANNED
    for name, status in (("prepare", S.PREPARING), ("begin", S.IN_PROGRESS)):
        move(adoption, name, actor=adopter, via="site")
        assert adoption.status == status
    Adoption.objects.update(result_number=12, finished_on=timezone.localdate())
    move(adoption, "implement", actor=adopter, via="site")
    assert adoption.status == S.IMPLEMENTED
    actions = [event.action for event in AuditEvent.about(adoption)]
    assert actions == ["implement", "begin", "prepare", "declare"]


def test_work_needs_a_proof_and_a_day(practice, place, adopter):
    adoption = declared(practice, place, adopter, status=S.IN_PROGRESS)
    with pytest.raises(MoveRefused) as refusal:
        move(adoption, "implement", actor=adopter)
    assert {missing.field for missing in refusal.value.missing} == {"result_number", "finished_on"}
    tomorrow = timezone.localdate() + timedelta(days=1)
    Adoption.objects.update(result_number=3, finished_on=tomorrow)
    with pytest.raises(MoveRefused) as refusal:
        move(adoption, "implement", actor=adopter)
    assert [missing.field for missing in refusal.value.missing] == ["finished_on"]
    Adoption.objects.update(result_number=None, finished_on=timezone.localdate())
    adoption.photos.create(file=factories.upload("a.jpg", factories.picture()))
    move(adoption, "implement", actor=adopter)
    assert adoption.status == S.IMPLEMENTED


def test_stopping_wants_a_reason_and_keeps_it_in_the_language_of_the_page(practice, place, adopter):
    adoption = declared(practice, place, adopter, status=S.IN_PROGRESS)
    with pytest.raises(MoveRefused):
        move(adoption, "stop", actor=adopter)
    with translation.override("ru"), pytest.raises(MoveRefused, match="300"):
        move(adoption, "stop", actor=adopter, reason="а" * 301)
    with translation.override("ky"):
        move(adoption, "stop", actor=adopter, reason="Акча жетпеди")
    assert adoption.stop_reason_ky == "Акча жетпеди"
    assert not adoption.stop_reason_ru
    move(adoption, "resume", actor=adopter)
    assert adoption.status == S.IN_PROGRESS
    assert not adoption.stop_reason_ky


def test_pause_and_back(practice, place, adopter):
    adoption = declared(practice, place, adopter)
    move(adoption, "pause", actor=adopter)
    assert names(adoption, adopter) == {"resume", "stop"}
    move(adoption, "resume", actor=adopter)
    assert adoption.status == S.IN_PROGRESS


def test_moves_are_of_the_municipality_alone(practice, place, adopter, elder):
    adoption = declared(practice, place, adopter)
    stranger = factories.make_user(is_staff=False)
    factories.make_membership(stranger, factories.make_municipality())
    waiting = factories.make_user(is_staff=False)
    factories.make_membership(waiting, place, is_verified=False)
    for person in (stranger, waiting, elder):
        assert names(adoption, person) == set()
        with pytest.raises(MoveRefused):
            move(adoption, "prepare", actor=person)
    colleague = factories.make_user(is_staff=False)
    factories.make_membership(colleague, place)
    assert names(adoption, colleague) == names(adoption, adopter) != set()


def test_role_that_ran_out_or_was_taken_away_moves_nothing(practice, place, adopter):
    colleague = factories.make_user(is_staff=False)
    role = factories.make_membership(colleague, place)
    adoption = declared(practice, place, adopter)
    role.expires_at = timezone.now()
    role.save()
    assert names(adoption, colleague) == set()
    # The declarer keeps what is theirs when the year is over, and loses it with the role.
    Membership.objects.filter(user=adopter).update(expires_at=timezone.now())
    assert names(adoption, adopter)
    Membership.objects.filter(user=adopter).update(revoked_at=timezone.now())
    assert names(adoption, adopter) == set()
    assert not Adoption.objects.carried_by(adopter).exists()


def test_corrections_are_the_editors_and_want_a_reason(practice, place, adopter, editor):
    adoption = at_work(practice, place, adopter)
    adoption.confirmed_on = timezone.localdate()
    adoption.save()
    assert "set_back" not in names(adoption, adopter)
    assert {"set_back", "set_sustained", "doubt", "stop"} <= names(adoption, editor)
    with pytest.raises(MoveRefused):
        move(adoption, "set_back", actor=editor)
    move(adoption, "set_back", actor=editor, reason="Башка жерде экен")
    assert adoption.status == S.IN_PROGRESS
    assert adoption.confirmed_on is None


def test_clock_alone_says_that_it_works_on(practice, place, adopter, editor):
    adoption = at_work(practice, place, adopter)
    for person in (adopter, editor):
        with pytest.raises(MoveRefused):
            move(adoption, "sustain", actor=person)
    plan = declared(factories.make_practice("published"), place, adopter)
    with pytest.raises(MoveRefused):
        move(plan, "begin", actor=None)
    move(adoption, "sustain", actor=None, via="system")
    assert adoption.status == S.SUSTAINED


def test_status_may_still_be_set_by_an_import(practice, place):
    adoption = factories.make_adoption(practice, "counted", municipality=place)
    adoption.status = S.SUSTAINED
    adoption.save()
    assert Adoption.objects.get().status == S.SUSTAINED


# ---------------------------------------------------------------- declaring, vouching


def test_confirmed_representative_is_vouched_for(practice, place, adopter):
    adoption = declared(practice, place, adopter, adaptation_ky="Кичине бак")
    assert adoption.is_vouched
    assert adoption.created_by == adopter
    assert list(Adoption.objects.shown()) == [adoption]


def test_others_wait_until_their_role_is_confirmed(practice, place):
    user = factories.make_user(is_staff=False)
    role = factories.make_membership(user, place, is_verified=False)
    adoption = declared(practice, place, user)
    assert not adoption.is_vouched
    assert not Adoption.objects.shown().exists()
    other = factories.make_adoption(
        practice, is_vouched=False, created_by=user, municipality=factories.make_municipality()
    )
    ledger.vouch_for_member(role)
    ledger.vouch_for_member(role)
    adoption.refresh_from_db()
    other.refresh_from_db()
    assert adoption.is_vouched
    assert not other.is_vouched
    assert AuditEvent.about(adoption).filter(action="vouch").count() == 1


def test_second_declaration_opens_the_first(practice, place, adopter):
    first = declared(practice, place, adopter, adaptation_ky="Биринчи")
    colleague = factories.make_user(is_staff=False)
    factories.make_membership(colleague, place)
    again, is_new = ledger.declare(
        practice=practice, municipality=place, by=colleague, values={"adaptation_ky": "Экинчи"}
    )
    assert (again, is_new) == (first, False)
    assert again.adaptation_ky == "Биринчи"
    assert AuditEvent.about(first).count() == 1


# ---------------------------------------------------------------- asking the source


def test_source_is_asked_by_mail_once_it_is_at_work(
    practice, place, adopter, elder, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        adoption = declared(practice, place, adopter, status=S.IN_PROGRESS)
    assert mail.outbox == []
    Adoption.objects.update(result_number=9, finished_on=timezone.localdate())
    with django_capture_on_commit_callbacks(execute=True):
        move(adoption, "implement", actor=adopter)
    [letter] = mail.outbox
    assert letter.to == ["source@example.org"]
    assert "Вашу практику повторили?" in letter.subject
    assert practice.title_ru in letter.body
    assert "/ru/go/" in letter.body


def test_office_is_asked_where_nobody_of_the_source_is_known(
    practice, place, adopter, django_capture_on_commit_callbacks
):
    Practice.objects.update(contact_email="office@example.org")
    practice.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        at_work(practice, place, adopter)
    [letter] = mail.outbox
    assert letter.to == ["office@example.org"]
    assert "Тажрыйбаңыз кайталандыбы?" in letter.subject


def test_nobody_is_asked_of_the_demo(
    practice, place, adopter, elder, django_capture_on_commit_callbacks
):
    Practice.objects.update(is_demo=True)
    practice.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        at_work(practice, place, adopter)
    assert mail.outbox == []


def test_letter_holds_no_line_of_its_readers_making(practice, place, adopter, elder):
    place.name_ru = "Ак\r\nBcc: all@example.org"
    place.save()
    adoption = at_work(practice, place, adopter)
    for language in ("ky", "ru"):
        letter = letters.write(ledger.CONFIRM, adoption, language=language)
        assert "\n" not in letter.subject
        assert "\r" not in letter.subject


def test_unknown_declarer_puts_no_words_into_the_letter(practice, place, elder):
    user = factories.make_user(is_staff=False)
    factories.make_membership(user, place, is_verified=False)
    adoption = at_work(practice, place, user, result_unit_ru="http://evil.example.org")
    letter = letters.write(ledger.CONFIRM, adoption, language="ru")
    assert "evil" not in letter.text
    ledger.vouch(adoption)
    assert "evil" in letters.write(ledger.CONFIRM, adoption, language="ru").text


# ---------------------------------------------------------------- the word of the source


def test_confirmed_adoption_counts(practice, place, adopter, elder):
    adoption = at_work(practice, place, adopter)
    assert not Adoption.objects.counted().exists()
    with translation.override("ru"):
        assert ledger.confirm(adoption, post="секретарь", actor=elder, via="site")
    assert adoption.is_counted
    assert adoption.confirmed_by_ru == "секретарь"
    assert adoption.confirmed_on == timezone.localdate()
    assert not ledger.confirm(adoption, post="глава", actor=elder, via="site")
    adoption.refresh_from_db()
    assert adoption.confirmed_by_ru == "секретарь"
    assert AuditEvent.about(adoption).filter(action="confirm").count() == 1


def test_word_of_the_source_vouches_too(practice, place, elder):
    user = factories.make_user(is_staff=False)
    factories.make_membership(user, place, is_verified=False)
    adoption = at_work(practice, place, user)
    ledger.confirm(adoption, post="секретарь", actor=elder, via="site")
    assert adoption.is_vouched


def test_plan_is_not_confirmed(practice, place, adopter, elder):
    adoption = declared(practice, place, adopter)
    with pytest.raises(MoveRefused):
        ledger.confirm(adoption, post="секретарь", actor=elder, via="site")


def test_nobody_confirms_what_they_declared(practice, source, place, adopter):
    factories.make_membership(adopter, source)
    adoption = at_work(practice, place, adopter)
    with pytest.raises(MoveRefused):
        ledger.confirm(adoption, post="секретарь", actor=adopter, via="site")
    assert ledger.waiting_for(adopter).to_confirm == []
    assert ledger.addressees_of_source(adoption) == []


def test_refusal_goes_to_the_editors_and_asks_no_more(practice, place, adopter, elder):
    adoption = at_work(practice, place, adopter)
    assert ledger.refuse(adoption, note="Суу жок", post="глава", actor=elder, via="site")
    assert not ledger.refuse(adoption, note="Кайра", actor=elder, via="site")
    assert list(Adoption.objects.refused()) == [adoption]
    assert not Adoption.objects.to_confirm().exists()
    assert adoption.refusal.reason == "Суу жок"
    assert not ledger.waits_for_source(adoption)
    # The source may see its mistake.
    assert ledger.confirm(adoption, post="секретарь", actor=elder, via="site")
    assert not Adoption.objects.refused().exists()


def test_refusal_is_forgotten_with_the_state_it_spoke_of(practice, place, adopter, elder, editor):
    adoption = at_work(practice, place, adopter)
    ledger.refuse(adoption, note="Суу жок", actor=elder, via="site")
    move(adoption, "set_back", actor=editor, reason="Иш бүтө элек")
    move(adoption, "implement", actor=adopter)
    assert not Adoption.objects.refused().exists()
    assert list(Adoption.objects.to_confirm()) == [adoption]


def test_confirmation_brings_back_what_was_in_doubt(practice, place, elder):
    adoption = at_work(practice, place, status=S.NOT_CONFIRMED)
    assert ledger.confirm(adoption, post="секретарь", actor=elder, via="site")
    assert adoption.status == S.IMPLEMENTED
    assert adoption.is_counted


# ---------------------------------------------------------------- evidence, calculator, order


def test_evidence_rises_to_the_last_step_by_itself(practice, place, adopter, elder):
    Practice.objects.update(evidence_level=Evidence.ON_SITE)
    adoption = at_work(practice, place, adopter)
    ledger.confirm(adoption, post="секретарь", actor=elder, via="site")
    practice.refresh_from_db()
    assert practice.evidence_level == Evidence.ADOPTED
    proof = practice.evidence.get(level=Evidence.ADOPTED)
    assert place.name_ky.split()[0] in proof.note_ky
    assert place.name_ru.split()[-1] in proof.note_ru


def test_evidence_below_the_visit_stays(practice, place, adopter, elder):
    adoption = at_work(practice, place, adopter)
    before = practice.evidence_level
    ledger.confirm(adoption, post="секретарь", actor=elder, via="site")
    practice.refresh_from_db()
    assert practice.evidence_level == before


def test_highest_step_is_open_to_editors_only_with_a_counted_adoption(practice, place, elder):
    practice.evidence_level = Evidence.ADOPTED
    practice.evidence.create(level=Evidence.ADOPTED, on=date(2026, 1, 1), note_ky="Болду")
    adoption = at_work(practice, place)

    def fields():
        return {missing.field for missing in practice.missing_for_publication()}

    practice.measurements.create(indicator_ky="суу", before=1, after=2)
    assert "evidence_level" in fields()
    ledger.confirm(adoption, post="секретарь", actor=elder, via="site")
    assert "evidence_level" not in fields()


def test_confirmed_price_changes_the_estimate(practice, place, adopter, elder):
    Practice.objects.update(scale_by="people", scale_quantity=1000, cost_once=500_000)
    adoption = at_work(
        practice, place, adopter, cost_once=900_000, price_year=2026, beneficiaries_count=1000
    )

    def high():
        return estimate(Practice.objects.for_detail().get(pk=practice.pk), 1000).high

    assert high() == 625_000
    ledger.confirm(adoption, post="секретарь", actor=elder, via="site")
    assert high() == 900_000


def test_most_adopted_come_first(client, practice, place, elder):
    other = factories.make_practice("published")
    later = factories.make_practice("published")
    plan = factories.make_adoption(later)
    adoption = at_work(practice, place)

    def order():
        page = client.get("/ky/practices/?sort=adopted")
        return [card.record.pk for card in page.context["cards"]]

    assert order() == [later.pk, other.pk, practice.pk]
    ledger.confirm(adoption, post="секретарь", actor=elder, via="site")
    assert order() == [practice.pk, later.pk, other.pk]
    assert plan.practice == later


# ---------------------------------------------------------------- what waits


def test_what_waits_for_whom(practice, place, adopter, elder, django_assert_num_queries):
    adoption = at_work(practice, place, adopter)
    planned = declared(factories.make_practice("published"), place, adopter)
    check = factories.make_check(adoption=adoption)
    hidden = at_work(practice, factories.make_municipality(), is_public=False)
    with django_assert_num_queries(3):
        waiting = ledger.waiting_for(elder)
        assert waiting
        assert waiting.to_confirm == [adoption]
        assert str(waiting.to_confirm[0].practice.municipality)
    assert waiting.adoptions == []
    mine = ledger.waiting_for(adopter)
    assert mine.to_confirm == []
    assert mine.checks == [check]
    assert set(mine.adoptions) == {adoption, planned}
    nobody = ledger.waiting_for(factories.make_user(is_staff=False))
    assert not nobody
    assert hidden not in waiting.to_confirm


def test_role_only_asked_for_confirms_nothing(practice, source, place):
    at_work(practice, place)
    user = factories.make_user(is_staff=False)
    factories.make_membership(user, source, is_verified=False)
    assert ledger.waiting_for(user).to_confirm == []


# ---------------------------------------------------------------- two at once


def together(*calls) -> list:
    """Run the calls at the same moment, each with a connection of its own."""
    start = threading.Barrier(len(calls))

    def run(call):
        start.wait(timeout=10)
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
def test_of_two_confirmations_at_once_one_counts(practice, place, elder):
    adoption = at_work(practice, place)
    posts = ("секретарь", "глава", "инженер", "финансист")
    results = together(
        *(
            lambda post=post: ledger.confirm(adoption, post=post, actor=elder, via="signed_link")
            for post in posts
        )
    )
    assert sorted(results) == [False, False, False, True]
    adoption.refresh_from_db()
    assert adoption.confirmed_by == posts[results.index(True)]
    assert AuditEvent.about(adoption).filter(action="confirm").count() == 1


@pytest.mark.django_db(transaction=True)
def test_yes_and_no_at_once_leave_one_answer(practice, place, elder):
    adoption = at_work(practice, place)
    together(
        lambda: ledger.confirm(adoption, post="секретарь", actor=elder, via="signed_link"),
        lambda: ledger.refuse(adoption, note="Жок", actor=None, via="signed_link"),
    )
    adoption.refresh_from_db()
    assert adoption.confirmed_on
    assert not Adoption.objects.refused().exists()


@pytest.mark.django_db(transaction=True)
def test_double_declaration_makes_one_record(practice, place, adopter):
    results = together(
        *(
            lambda: ledger.declare(
                practice=practice, municipality=place, by=adopter, values={"adaptation_ky": "Бир"}
            )
            for _each in range(4)
        )
    )
    assert sorted(is_new for _adoption, is_new in results) == [False, False, False, True]
    assert Adoption.objects.count() == 1
    assert AuditEvent.about(Adoption.objects.get()).count() == 1


def test_counted_statuses_are_those_of_work():
    assert set(AT_WORK) == {S.IMPLEMENTED, S.SUSTAINED}
