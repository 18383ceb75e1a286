"""An address leads to the record, to where it moved, or says that it is gone."""

import pytest

from publishing.actions import keep_former_slug
from publishing.workflow import READABLE, Status, move
from tests import factories

pytestmark = pytest.mark.django_db


def rename(practice, slug):
    former, practice.slug = practice.slug, slug
    practice.save()
    keep_former_slug(record=practice, former=former)


def get(client, slug, language="ky"):
    return client.get(f"/{language}/practices/{slug}/")


@pytest.fixture
def practice():
    return factories.make_practice("published", title_ky="Таза суу", title_ru="Чистая вода")


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_former_address_leads_to_the_present_one_for_good(client, practice, language):
    rename(practice, "suu")
    response = get(client, "taza-suu", language)
    assert response.status_code == 301
    assert response.url == f"/{language}/practices/suu/"
    assert get(client, "suu", language).status_code == 200


def test_address_changed_twice_leads_there_at_once(client, practice):
    rename(practice, "suu")
    rename(practice, "ichuuchu-suu")
    assert get(client, "taza-suu").url == get(client, "suu").url == "/ky/practices/ichuuchu-suu/"


def test_draft_and_unknown_are_the_same_404(client, practice):
    draft = factories.make_practice("publishable", title_ky="Купуя долбоор")
    response, unknown = get(client, draft.slug), get(client, "nothing-here")
    assert response.status_code == unknown.status_code == 404
    assert "Купуя долбоор" not in response.content.decode()


def test_what_was_public_once_is_hidden_while_it_is_worked_on(client, practice):
    rename(practice, "suu")
    hidden = set(Status) - set(READABLE) - {Status.WITHDRAWN}
    assert len(hidden) == 8
    for status in hidden:
        type(practice).objects.filter(pk=practice.pk).update(status=status)
        assert get(client, "suu").status_code == 404, status
        assert get(client, "taza-suu").status_code == 404, status


def test_withdrawn_is_gone_at_every_address_it_had(client, practice, chief):
    rename(practice, "suu")
    move(practice, "withdraw", actor=chief, reason="Ката", withdrawal_kind="mistake")
    assert get(client, "suu").status_code == 410
    assert get(client, "taza-suu").status_code == 410


def test_what_was_withdrawn_before_anybody_read_it_is_not_there(client, chief):
    practice = factories.make_practice("publishable", status="withdrawn", withdrawal_kind="mistake")
    assert get(client, practice.slug).status_code == 404


def test_archived_page_still_opens(client, practice, chief):
    move(practice, "archive", actor=chief, reason="Эскирди")
    assert get(client, practice.slug).status_code == 200


def test_former_address_of_another_kind_of_thing_leads_nowhere(client, practice):
    page = factories.make_page(
        title_ky="Биз жөнүндө", status="published", published_at=practice.published_at
    )
    former, page.slug = page.slug, "about-us"
    page.save()
    keep_former_slug(record=page, former=former)
    assert get(client, former).status_code == 404
    assert client.get(f"/ky/about/{former}/").status_code == 301
