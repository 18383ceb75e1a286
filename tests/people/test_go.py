"""A signed link: looking changes nothing, the button opens, and a closed link says so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from people.actions import make_link, revoke_links, use_link
from people.models import AccessLink
from publishing.previews import PREVIEW
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(media_root):
    return factories.make_practice(title_ky="Жабык сыноо", title_ru="Закрытая проба")


@pytest.fixture
def token(draft):
    return make_link(purpose=PREVIEW, target=draft)


def link() -> AccessLink:
    return AccessLink.objects.get()


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_looking_changes_nothing(client, token, language):
    for response in (
        client.get(f"/{language}/go/{token}/"),
        client.head(f"/{language}/go/{token}/"),
    ):
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
    text = client.get(f"/{language}/go/{token}/").text
    assert f'<html lang="{language}"' in text
    assert 'content="noindex, nofollow"' in text
    assert link().uses == 0
    assert link().last_used_at is None


def test_button_opens_the_thing_and_is_counted(client, draft, token):
    response = client.post(f"/ru/go/{token}/")
    assert response.status_code == 302
    page = client.get(response.url)
    assert page.status_code == 200
    assert draft.title_ky in page.text
    assert link().uses == 1
    assert link().last_used_at is not None


def test_thing_stays_closed_to_who_only_looked(client, draft, token):
    client.get(f"/ru/go/{token}/")
    response = client.get(f"/ru/preview/practices.practice/{draft.uuid}/")
    assert response.status_code == 302


def test_button_needs_the_pages_own_token(token):
    from django.test import Client

    response = Client(enforce_csrf_checks=True).post(f"/ru/go/{token}/")
    assert response.status_code == 403
    assert link().uses == 0


def test_link_opens_only_what_it_was_made_for(client, token):
    other = factories.make_practice(title_ru="Другой черновик")
    client.post(f"/ru/go/{token}/")
    assert client.get(f"/ru/preview/practices.practice/{other.uuid}/").status_code == 302


def closed_by_time():
    AccessLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def closed_by_hand():
    AccessLink.objects.update(revoked_at=timezone.now())


def closed_by_use():
    AccessLink.objects.update(max_uses=1, uses=1)


@pytest.mark.parametrize("close", [closed_by_time, closed_by_hand, closed_by_use])
def test_closed_link_says_so_and_opens_nothing(client, draft, token, close):
    close()
    for response in (client.get(f"/ky/go/{token}/"), client.post(f"/ky/go/{token}/")):
        assert response.status_code == 404
        assert draft.title_ky not in response.text
        assert "<form method" not in response.text.split('id="content"')[1]
    assert client.get(f"/ru/preview/practices.practice/{draft.uuid}/").status_code == 302


def test_revoking_closes_the_door_that_stands_open(client, draft, token):
    address = client.post(f"/ru/go/{token}/").url
    assert client.get(address).status_code == 200
    assert revoke_links(target=draft, purpose=PREVIEW) == 1
    assert client.get(address).status_code == 302


def test_link_of_one_use_stays_open_for_who_used_it(client, draft):
    token = make_link(purpose=PREVIEW, target=draft, max_uses=1)
    address = client.post(f"/ru/go/{token}/").url
    assert client.get(address).status_code == 200
    assert use_link(token=token) is None


@pytest.mark.parametrize("token", ["x", "a" * 300, "%00", "..", "'--"])
def test_unknown_token_is_a_page_not_an_error(client, token):
    response = client.get(f"/ru/go/{token}/")
    assert response.status_code == 404
    assert "<h1>" in response.text


def test_link_to_what_is_gone_does_not_open(client, draft, token):
    draft.delete()
    assert client.get(f"/ru/go/{token}/").status_code == 404
    assert client.post(f"/ru/go/{token}/").status_code == 404


def test_token_itself_is_kept_nowhere(token):
    row = AccessLink.objects.values().get()
    assert token not in str(row)
    assert len(row["token_hash"]) == 64


def test_purpose_that_nobody_registered_opens_nothing(client, draft):
    token = make_link(purpose="unheard-of", target=draft)
    assert client.get(f"/ru/go/{token}/").status_code == 404
    assert client.post(f"/ru/go/{token}/").status_code == 404
