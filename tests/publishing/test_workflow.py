"""The way from draft to reader: who may walk it, what is asked, what is written down."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from people import roles
from practices.models import Practice
from publishing.models import DAYS_ALLOWED, AuditEvent
from publishing.tasks import publish_scheduled
from publishing.workflow import (
    CONTENT,
    LISTED,
    READABLE,
    MoveRefused,
    Status,
    move,
    moves_for,
    transition,
)
from tests import factories

pytestmark = pytest.mark.django_db

ALL = {step.name for step in CONTENT}
#: Who may make which move on a record of somebody else.
MAY = {
    roles.CONTRIBUTOR: set(),
    roles.TRANSLATOR: {"translated"},
    roles.PARTNER_EDITOR: set(),
    roles.OBSERVER: set(),
    roles.MODERATOR: set(),
    roles.CONTEST_SECRETARY: set(),
    roles.THEME_EDITOR: ALL
    - {"schedule", "unschedule", "publish", "archive", "unarchive", "withdraw", "reopen"},
    roles.CHIEF_EDITOR: ALL,
    roles.SPECIALIST: ALL,
}


def ready_for(step, **fields) -> Practice:
    """A practice in the first state the step starts from, with nothing missing."""
    practice = factories.make_practice(
        "published" if step.sources[0] in READABLE else "publishable"
    )
    Practice.objects.filter(pk=practice.pk).update(
        status=step.sources[0],
        state_ru="ready",
        state_ky="ready",
        scheduled_for=timezone.now() + timedelta(days=1)
        if step.sources[0] == "scheduled"
        else None,
        **fields,
    )
    practice.refresh_from_db()
    return practice


def details_for(step) -> dict:
    if step.name == "schedule":
        return {"scheduled_for": timezone.now() + timedelta(days=2)}
    return {"withdrawal_kind": "mistake"} if step.name == "withdraw" else {}


@pytest.fixture
def everybody():
    return {group: factories.make_user(group) for group in roles.GROUPS}


@pytest.mark.parametrize("step", CONTENT, ids=lambda step: step.name)
def test_who_may_make_which_move(step, everybody):
    practice = ready_for(step)
    for group, user in everybody.items():
        Practice.objects.filter(pk=practice.pk).update(
            status=step.sources[0], scheduled_for=practice.scheduled_for, withdrawal_kind=""
        )
        record = Practice.objects.get(pk=practice.pk)
        events = AuditEvent.about(record).count()
        drawn = {each.name for each in moves_for(record, user)}
        if step.name in MAY[group]:
            assert step.name in drawn, group
            moved = move(record, step.name, actor=user, reason="Себеби бар", **details_for(step))
            assert moved.status == step.target
            assert AuditEvent.about(record).count() == events + 1
        else:
            assert step.name not in drawn, group
            with pytest.raises(MoveRefused):
                move(record, step.name, actor=user, reason="Себеби бар", **details_for(step))
            assert Practice.objects.get(pk=practice.pk).status == step.sources[0]
            assert AuditEvent.about(record).count() == events


@pytest.mark.parametrize("step", CONTENT, ids=lambda step: step.name)
def test_move_starts_only_from_its_own_states(step, chief):
    practice = ready_for(step)
    for status in set(Status.values) - set(step.sources):
        Practice.objects.filter(pk=practice.pk).update(status=status)
        practice.refresh_from_db()
        assert step.name not in {each.name for each in moves_for(practice, chief)}
        if status == step.target:
            assert move(practice, step.name, actor=chief, reason="Х").status == status
        else:
            with pytest.raises(MoveRefused):
                move(practice, step.name, actor=chief, reason="Х", **details_for(step))
        practice.refresh_from_db()
        assert practice.status == status
    assert not AuditEvent.about(practice).exists()


@pytest.mark.parametrize("step", CONTENT, ids=lambda step: step.name)
def test_clock_makes_only_the_moves_of_the_system(step):
    practice = ready_for(step)
    if "system" in step.who:
        assert move(practice, step.name, actor=None, reason="Мөөнөтү келди").status == step.target
    else:
        with pytest.raises(MoveRefused):
            move(practice, step.name, actor=None, reason="Мөөнөтү келди", **details_for(step))


@pytest.mark.parametrize(
    "step", [step for step in CONTENT if step.needs_reason], ids=lambda step: step.name
)
def test_move_that_needs_a_reason_asks_for_it(step, chief):
    practice = ready_for(step)
    for reason in ("", "  \n "):
        with pytest.raises(MoveRefused):
            move(practice, step.name, actor=chief, reason=reason, **details_for(step))
    moved = move(practice, step.name, actor=chief, reason="  Кайталанат ", **details_for(step))
    assert moved.status == step.target
    assert AuditEvent.about(practice).get().reason == "Кайталанат"


def test_checklist_is_a_reason_for_sending_back(editor):
    practice = ready_for(transition(Practice(), "send_back"))
    move(practice, "send_back", actor=editor, checklist=["cost", "steps"])
    assert AuditEvent.about(practice).get().details == {"checklist": ["cost", "steps"]}


def test_author_submits_and_confirms_what_is_their_own_only(contributor):
    own = factories.make_practice(created_by=contributor)
    others = factories.make_practice(created_by=factories.make_user())
    assert {step.name for step in moves_for(own, contributor)} == {"submit"}
    assert moves_for(others, contributor) == []
    assert move(own, "submit", actor=contributor, via="site").submitted_by == contributor
    with pytest.raises(MoveRefused):
        move(others, "submit", actor=contributor)
    published = factories.make_practice("published", created_by=contributor, status="needs_check")
    assert {step.name for step in moves_for(published, contributor)} == {"confirm"}


def test_blocked_person_makes_no_move(chief):
    practice = ready_for(transition(Practice(), "publish"))
    chief.is_active = False
    assert moves_for(practice, chief) == []
    with pytest.raises(MoveRefused):
        move(practice, "publish", actor=chief)


def test_guard_lists_what_is_missing(chief):
    practice = factories.make_practice(status="ready")
    with pytest.raises(MoveRefused) as refusal:
        move(practice, "publish", actor=chief)
    fields = {missing.field for missing in refusal.value.missing}
    assert {
        "steps",
        "cost_once",
        "cost_yearly",
        "price_year",
        "upkeep_payer",
        "lessons_ky",
    } <= fields
    assert {"contact_post_ky", "documents", "licence", "has_no_personal_data"} <= fields
    assert all(missing.message for missing in refusal.value.missing)
    practice.refresh_from_db()
    assert (practice.status, practice.published_at, practice.number) == ("ready", None, None)


def test_translation_is_done_only_when_it_follows_the_original(editor):
    practice = ready_for(transition(Practice(), "translated"))
    practice.title_ky = "Башка аталыш"
    practice.refresh_languages()
    practice.save()
    assert practice.stale_fields == ["title"]
    with pytest.raises(MoveRefused) as refusal:
        move(practice, "translated", actor=editor)
    assert "title" in {missing.field for missing in refusal.value.missing}
    practice.title_ru = "Другое название"
    practice.refresh_languages()
    practice.save()
    assert move(practice, "translated", actor=editor).status == "ready"


@pytest.mark.parametrize("name", ["publish", "schedule"])
def test_four_eyes(name, chief):
    step = transition(Practice(), name)
    practice = ready_for(step, submitted_by=chief)
    with pytest.raises(MoveRefused):
        move(practice, name, actor=chief, **details_for(step))
    move(practice, name, actor=chief, reason="Экинчи редактор эс алууда", **details_for(step))
    event = AuditEvent.about(practice).get()
    assert event.details["override"] is True
    assert event.reason == "Экинчи редактор эс алууда"


def test_second_pair_of_eyes_needs_no_reason(chief, specialist):
    practice = ready_for(transition(Practice(), "publish"), submitted_by=specialist)
    move(practice, "publish", actor=chief)
    assert "override" not in AuditEvent.about(practice).get().details


def test_publication_gives_a_number_and_makes_the_original_ready(chief, specialist):
    practice = factories.make_practice("publishable")
    top = factories.make_practice("published").number
    for name, actor in (
        ("submit", specialist),
        ("take", chief),
        ("accept", chief),
        ("publish", chief),
    ):
        practice = move(practice, name, actor=actor)
    assert practice.number == top + 1
    assert practice.short_code == f"П-{top + 1}"
    assert practice.state_ky == "ready"
    assert practice.state_ru == "draft"
    assert practice.is_published
    assert practice.assignee == chief
    assert [event.action for event in AuditEvent.about(practice)] == [
        "publish",
        "accept",
        "take",
        "submit",
    ]


def test_number_and_first_date_stay_after_coming_back(chief):
    practice = factories.make_practice(
        "published", published_at=timezone.now() - timedelta(days=90)
    )
    number, first = practice.number, practice.published_at
    move(practice, "archive", actor=chief, reason="Эскирди")
    practice = move(practice, "unarchive", actor=chief)
    assert (practice.number, practice.published_at) == (number, first)


def test_moving_twice_is_harmless(chief):
    practice = ready_for(transition(Practice(), "publish"))
    move(practice, "publish", actor=chief)
    again = move(practice, "publish", actor=chief)
    assert again.status == "published"
    assert AuditEvent.about(practice).count() == 1


def test_instance_of_the_caller_knows_the_new_state_also_the_second_time(chief):
    practice = ready_for(transition(Practice(), "publish"))
    stale = Practice.objects.get(pk=practice.pk)
    move(practice, "publish", actor=chief)
    assert practice.status == "published"
    move(stale, "publish", actor=chief)
    assert stale.status == "published"
    stale.save()
    practice.refresh_from_db()
    assert practice.status == "published"


def test_event_tells_all(editor):
    practice = factories.make_practice("publishable", status="submitted")
    move(practice, "take", actor=editor, via="admin")
    event = AuditEvent.about(practice).get()
    assert (event.action, event.before, event.after) == ("take", "submitted", "in_review")
    assert (event.actor_id, event.via, event.label) == (editor.pk, "admin", practice.title_ky)


def test_unknown_move_is_an_error_of_the_programmer(chief):
    with pytest.raises(LookupError):
        move(factories.make_practice(), "fly", actor=chief)


def test_every_state_can_be_reached_and_left():
    reached = {step.target for step in CONTENT} | {Status.DRAFT}
    left = {source for step in CONTENT for source in step.sources}
    assert reached == set(Status)
    assert left == set(Status)


def test_every_move_has_a_name_of_its_own_and_a_label():
    assert len(ALL) == len(CONTENT)
    assert all(str(step.label) for step in CONTENT)
    assert all(not step.guard or hasattr(Practice, step.guard) for step in CONTENT)


# ---------------------------------------------------------------- the publication rule


def test_rule_is_the_same_in_query_and_instance():
    practice = factories.make_practice()
    for status in Status.values:
        for days in (None, -1, 1):
            practice.status = status
            practice.published_at = timezone.now() + timedelta(days=days) if days else None
            practice.save()
            assert practice.is_published is Practice.objects.published().exists()
            assert practice.is_readable is Practice.objects.readable().exists()
            assert practice.is_published is (status in LISTED and days == -1)
            assert practice.is_readable is (status in READABLE and days == -1)


@pytest.mark.parametrize("status", list(DAYS_ALLOWED))
def test_overdue_is_the_same_in_query_and_instance(status):
    days = DAYS_ALLOWED[status]
    practice = factories.make_practice("publishable", status=status)
    Practice.objects.filter(pk=practice.pk).update(
        status_changed_at=timezone.now() - timedelta(days=days, hours=-1)
    )
    practice.refresh_from_db()
    assert not practice.is_overdue
    assert practice not in Practice.objects.overdue()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert practice.is_overdue
        assert practice in Practice.objects.overdue()


def test_draft_is_never_overdue():
    practice = factories.make_practice()
    with time_machine.travel(timezone.now() + timedelta(days=4000)):
        assert not practice.is_overdue
        assert practice not in Practice.objects.overdue()


# ---------------------------------------------------------------- by the clock


def test_scheduled_practice_is_published_when_its_moment_comes(chief):
    practice = ready_for(transition(Practice(), "schedule"))
    moment = timezone.now() + timedelta(days=2)
    move(practice, "schedule", actor=chief, scheduled_for=moment)
    publish_scheduled()
    practice.refresh_from_db()
    assert practice.status == "scheduled"
    with time_machine.travel(moment + timedelta(seconds=1), tick=False):
        publish_scheduled()
        publish_scheduled()
        practice.refresh_from_db()
        assert practice.is_published
        assert practice.scheduled_for is None
    event = AuditEvent.about(practice).first()
    assert (event.action, event.via, event.actor_id) == ("publish", "system", None)
    assert AuditEvent.about(practice).count() == 2


@pytest.mark.parametrize("moment", [None, timedelta(minutes=-1)])
def test_schedule_needs_a_moment_to_come(chief, moment):
    practice = ready_for(transition(Practice(), "schedule"))
    with pytest.raises(MoveRefused) as refusal:
        move(practice, "schedule", actor=chief, scheduled_for=moment and timezone.now() + moment)
    assert [missing.field for missing in refusal.value.missing] == ["scheduled_for"]
    practice.refresh_from_db()
    assert practice.scheduled_for is None


def test_taken_off_the_schedule_it_is_not_published(chief):
    practice = ready_for(transition(Practice(), "schedule"))
    move(practice, "schedule", actor=chief, scheduled_for=timezone.now() + timedelta(hours=1))
    move(practice, "unschedule", actor=chief)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        publish_scheduled()
    practice.refresh_from_db()
    assert (practice.status, practice.scheduled_for) == ("ready", None)


def test_one_that_lacks_something_does_not_hold_up_the_others(chief):
    lame = ready_for(transition(Practice(), "unschedule"))
    sound = ready_for(transition(Practice(), "unschedule"))
    lame.steps.all().delete()
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        publish_scheduled()
    lame.refresh_from_db()
    sound.refresh_from_db()
    assert (lame.status, sound.status) == ("scheduled", "published")


# ---------------------------------------------------------------- withdrawal


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_withdrawn_page_is_gone_and_tells_the_kind_alone(client, chief, language):
    practice = factories.make_practice("published")
    address = f"/{language}/practices/{practice.slug}/"
    assert client.get(address).status_code == 200
    move(
        practice, "withdraw", actor=chief, reason="Айша эже каршы болду", withdrawal_kind="consent"
    )
    response = client.get(address)
    assert response.status_code == 410
    practice.refresh_from_db()
    assert practice.get_withdrawal_kind_display() in response.content.decode()
    for secret in ("Айша", practice.title_ky, practice.title_ru):
        assert secret not in response.content.decode()


def test_withdrawal_names_its_kind(chief):
    practice = factories.make_practice("published")
    for kind in ("", "whatever"):
        with pytest.raises(MoveRefused) as refusal:
            move(practice, "withdraw", actor=chief, reason="Ката", withdrawal_kind=kind)
        assert [missing.field for missing in refusal.value.missing] == ["withdrawal_kind"]


def test_reopened_practice_is_a_draft_without_a_kind(chief):
    practice = factories.make_practice("published")
    move(practice, "withdraw", actor=chief, reason="Ката", withdrawal_kind="mistake")
    practice = move(practice, "reopen", actor=chief, reason="Оңдолду")
    assert (practice.status, practice.withdrawal_kind) == ("draft", "")
    assert not practice.is_readable


# ---------------------------------------------------------------- at once


def at_once(*calls):
    """Run the calls in threads of their own at the same moment; their results or errors."""
    barrier, results = threading.Barrier(len(calls)), []

    def run(call):
        try:
            barrier.wait(timeout=5)
            results.append(call())
        except MoveRefused as refusal:
            results.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_publish_once():
    chiefs = [factories.make_user(roles.CHIEF_EDITOR) for _ in range(2)]
    practice = ready_for(transition(Practice(), "publish"))
    copies = [Practice.objects.get(pk=practice.pk) for _ in chiefs]
    results = at_once(
        *(
            lambda copy=copy, chief=chief: move(copy, "publish", actor=chief)
            for copy, chief in zip(copies, chiefs, strict=True)
        )
    )
    assert [result.status for result in results] == ["published", "published"]
    assert AuditEvent.about(practice).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_different_moves_at_once_one_wins():
    practice = factories.make_practice("publishable", status="in_review")
    first, second = (factories.make_user(roles.THEME_EDITOR) for _ in range(2))
    results = at_once(
        lambda: move(Practice.objects.get(pk=practice.pk), "accept", actor=first),
        lambda: move(
            Practice.objects.get(pk=practice.pk), "reject", actor=second, reason="Кайталанат"
        ),
    )
    assert sum(isinstance(result, MoveRefused) for result in results) == 1
    assert AuditEvent.about(practice).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_practices_published_at_once_get_two_numbers():
    chief = factories.make_user(roles.CHIEF_EDITOR)
    practices = [ready_for(transition(Practice(), "publish")) for _ in range(2)]
    results = at_once(
        *(
            lambda practice=practice: move(practice, "publish", actor=chief)
            for practice in practices
        )
    )
    assert [getattr(result, "status", result) for result in results] == ["published", "published"]
    assert len(set(Practice.objects.values_list("number", flat=True))) == 2
