"""What stands between a practice and its readers, and what they are told."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from practices.models import Practice, next_number
from publishing.workflow import MoveRefused, Status, move
from tests.factories import make_adoption, make_practice, make_user

pytestmark = pytest.mark.django_db


def missing(practice) -> set[str]:
    return {each.field for each in practice.missing_for_publication()}


def test_each_step_of_the_ladder_needs_its_proof(media_root):
    practice = make_practice("publishable", evidence_level=1)
    assert "evidence" in missing(practice)
    practice.evidence.create(
        level=1, on=date(2024, 5, 1), note_ky="Токтом", note_ru="Постановление"
    )
    assert "evidence" not in missing(practice)


def test_the_highest_step_needs_an_adoption_that_counts(media_root):
    practice = make_practice("publishable", evidence_level=5)
    make_adoption(practice)
    assert "evidence_level" in missing(practice)
    make_adoption(practice, "counted")
    practice.measurements.create(indicator_ky="Күн", indicator_ru="Дней", before=10, after=2)
    assert "evidence_level" not in missing(practice)


def test_a_document_with_macros_is_no_document_for_readers(media_root):
    practice = make_practice("publishable")
    assert "documents" not in missing(practice)
    practice.documents.update(has_macros=True)
    assert "documents" in missing(practice)


def test_numbers_follow_one_another():
    make_practice("published", number=5000)
    assert next_number() == 5001


def test_what_was_scheduled_and_is_not_out_counts_as_overdue(media_root):
    now = timezone.now()
    stuck = make_practice(status=Status.SCHEDULED, scheduled_for=now - timedelta(hours=1))
    waiting = make_practice(status=Status.SCHEDULED, scheduled_for=now + timedelta(hours=1))
    overdue = Practice.objects.overdue()
    assert stuck in overdue
    assert stuck.is_overdue
    assert waiting not in overdue
    assert not waiting.is_overdue


def test_publication_is_refused_with_what_is_missing(media_root):
    chief = make_user("Chief editor")
    practice = make_practice("publishable", status=Status.READY, cost_once=None)
    with pytest.raises(MoveRefused) as refused:
        move(practice, "publish", actor=chief)
    assert [each.field for each in refused.value.missing] == ["cost_once"]
    practice.refresh_from_db()
    assert practice.status == Status.READY


@pytest.mark.parametrize(("language", "words"), [("ru", True), ("ky", False)])
def test_reader_of_a_stale_translation_is_told(client, media_root, language, words):
    practice = make_practice("published", "stale")
    page = client.get(f"/{language}/practices/{practice.slug}/").content.decode()
    with translation.override(language):
        notice = translation.gettext(
            "The original has changed since this translation was made; details may differ."
        )
    assert (notice in page) is words


def test_whoever_sees_drafts_in_the_admin_sees_their_preview(client, media_root):
    practice = make_practice("publishable", title_ky="Жашыруун тажрыйба")
    with translation.override("ky"):
        address = reverse("publishing:preview", args=["practices.practice", practice.uuid])
    client.force_login(make_user("Observer"))
    assert "Жашыруун тажрыйба" in client.get(address).content.decode()
    client.force_login(make_user("Contributor", is_staff=False))
    assert client.get(address).status_code == 404
