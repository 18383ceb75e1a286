"""The audit is append-only: the database itself refuses to change or delete an event."""

import pytest
from django.db import DatabaseError, connection, transaction

from publishing.models import AuditEvent
from publishing.workflow import move
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(chief):
    return AuditEvent.record(factories.make_practice(), action="note", actor=chief, via="admin")


def refused(change) -> bool:
    try:
        with transaction.atomic():
            change()
    except DatabaseError as error:
        return "never changed or deleted" in str(error)
    return False


def test_event_cannot_be_changed(event):
    event.reason = "башка"
    assert refused(event.save)
    assert refused(lambda: AuditEvent.objects.update(reason="башка"))


def test_event_cannot_be_deleted(event):
    assert refused(event.delete)
    assert refused(lambda: AuditEvent.objects.all().delete())
    assert AuditEvent.objects.filter(pk=event.pk).exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE publishing_auditevent SET reason = 'x'",
        "DELETE FROM publishing_auditevent",
        "INSERT INTO publishing_auditevent SELECT * FROM publishing_auditevent"
        " ON CONFLICT (id) DO UPDATE SET reason = 'x'",
    ],
)
def test_sql_is_refused_too(event, statement):
    def run():
        with connection.cursor() as cursor:
            cursor.execute(statement)

    assert refused(run)


def test_event_outlives_the_account_and_the_thing(event, chief):
    practice = event.thing
    chief.delete()
    practice.delete()
    kept = AuditEvent.objects.get(pk=event.pk)
    assert (kept.actor_id, kept.actor_name) == (event.actor_id, "chief@example.org")
    assert kept.label == practice.title_ky
    assert kept.thing is None


def test_events_of_a_thing_are_its_own(chief):
    practice, page = factories.make_practice(), factories.make_page()
    AuditEvent.record(practice, action="note", actor=chief, via="admin")
    AuditEvent.record(page, action="note", actor=None, via="system")
    assert [event.thing for event in AuditEvent.about(practice)] == [practice]
    assert [event.thing for event in AuditEvent.about(page)] == [page]


def test_newest_event_comes_first(chief, specialist):
    practice = factories.make_practice("publishable")
    move(practice, "submit", actor=specialist)
    move(practice, "take", actor=chief)
    assert [event.action for event in AuditEvent.about(practice)] == ["take", "submit"]


def test_long_titles_are_cut_not_refused(chief):
    practice = factories.make_practice()
    chief.name = "А" * 120
    practice.title_ky = "Ү" * 300
    event = AuditEvent.record(practice, action="note", actor=chief, via="admin")
    assert len(event.label) == 200
