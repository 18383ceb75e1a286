"""A draft as its page will look, for those who may see it."""

import pytest

from publishing.previews import preview_address
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return factories.make_practice(
        "publishable", title_ky="Купуя долбоор", title_ru="Тайный проект"
    )


def open_preview(client, record, language="ru"):
    return client.get(preview_address(record).replace("/ru/", f"/{language}/"))


def test_stranger_is_asked_to_sign_in_and_sees_nothing(client, draft):
    response = open_preview(client, draft)
    assert response.status_code == 302
    assert "account" in response.url
    assert "Тайный" not in response.content.decode()


def test_reader_with_an_account_sees_nothing(client, draft, contributor):
    client.force_login(contributor)
    assert open_preview(client, draft).status_code == 404


@pytest.mark.parametrize(("language", "title"), [("ky", "Купуя долбоор"), ("ru", "Тайный проект")])
def test_editor_sees_the_draft_and_no_cache_or_engine_keeps_it(
    client, draft, editor, language, title
):
    draft.state_ky = draft.state_ru = "ready"
    draft.save()
    client.force_login(editor)
    response = open_preview(client, draft, language)
    assert response.status_code == 200
    assert title in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex"
    assert "no-store" in response["Cache-Control"]
    assert client.get(draft.get_absolute_url()).status_code == 404


def test_page_of_editors_is_previewed_too(client, chief):
    page = factories.make_page(title_ru="О портале")
    client.force_login(chief)
    assert "О портале" in open_preview(client, page).content.decode()


def test_only_what_is_published_can_be_previewed(client, draft, chief):
    client.force_login(chief)
    for label in (
        "people.user",
        "practices.step",
        "auth.group",
        "nothing",
        "a.b.c",
        "places.municipality",
    ):
        address = preview_address(draft).replace("practices.practice", label)
        assert client.get(address).status_code == 404, label


def test_unknown_record_is_404_for_staff(client, draft, chief):
    client.force_login(chief)
    address = preview_address(draft)
    draft.delete()
    assert client.get(address).status_code == 404


def test_preview_is_read_only(client, draft, chief):
    client.force_login(chief)
    assert client.post(preview_address(draft)).status_code == 405
