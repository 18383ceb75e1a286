"""Signed links: bound to a purpose and a thing, expiring, revocable, counted, used through POST."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from people import links
from people.actions import make_link, revoke_links, use_link
from people.models import AccessLink
from publishing.previews import PREVIEW, preview_address
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft():
    return factories.make_practice(title_ky="Сыр", title_ru="Тайна")


def preview(client, record):
    return client.get(preview_address(record))


def test_only_the_hash_is_kept(draft):
    token = make_link(purpose=PREVIEW, target=draft)
    assert len(token) >= 32
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_accesslink::text FROM people_accesslink")
        assert token not in cursor.fetchone()[0]
    assert AccessLink.objects.for_token(token).get().token_hash == AccessLink.hash(token)


def test_opening_the_address_changes_nothing(client, draft):
    token = make_link(purpose=PREVIEW, target=draft, max_uses=1)
    before = AccessLink.objects.values().get()
    for _messenger in range(3):
        response = client.get(f"/ru/go/{token}/")
        assert response.status_code == 200
        assert "Тайна" not in response.content.decode()
        assert client.head(f"/ru/go/{token}/").status_code == 200
    assert AccessLink.objects.values().get() == before
    assert "sessionid" not in client.cookies
    assert preview(client, draft).status_code != 200


def test_button_opens_the_draft_and_counts(client, draft):
    token = make_link(purpose=PREVIEW, target=draft)
    response = client.post(f"/ru/go/{token}/")
    assert response.status_code == 302
    assert response.url == preview_address(draft)
    seen = client.get(response.url)
    assert seen.status_code == 200
    assert seen["X-Robots-Tag"] == "noindex"
    assert "no-store" in seen["Cache-Control"]
    link = AccessLink.objects.get()
    assert link.uses == 1
    assert link.last_used_at is not None


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_page_of_a_link_is_not_kept_or_indexed_and_names_no_token_to_others(
    client, draft, language
):
    token = make_link(purpose=PREVIEW, target=draft)
    response = client.get(f"/{language}/go/{token}/")
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] in {
        "strict-origin-when-cross-origin",
        "same-origin",
        "no-referrer",
    }


@pytest.mark.parametrize("token", ["nothing", "x" * 200, "абв", "..%2f..", "%00"])
def test_wrong_token_opens_nothing(client, draft, token):
    make_link(purpose=PREVIEW, target=draft)
    assert client.get(f"/ru/go/{token}/").status_code == 404
    assert client.post(f"/ru/go/{token}/").status_code == 404


def test_expired_link_opens_nothing(client, draft):
    token = make_link(purpose=PREVIEW, target=draft, days=14)
    with time_machine.travel(timezone.now() + timedelta(days=14, seconds=1)):
        assert client.get(f"/ru/go/{token}/").status_code == 404
        assert client.post(f"/ru/go/{token}/").status_code == 404
        assert use_link(token=token) is None


def test_used_up_link_opens_for_nobody_else(client, draft):
    from django.test import Client

    token = make_link(purpose=PREVIEW, target=draft, max_uses=1)
    assert client.post(f"/ru/go/{token}/").status_code == 302
    assert preview(client, draft).status_code == 200
    stranger = Client()
    assert stranger.post(f"/ru/go/{token}/").status_code == 404
    assert preview(stranger, draft).status_code != 200
    # who used it may go on reading
    assert preview(client, draft).status_code == 200


def test_revoking_closes_the_door_behind_those_inside(client, draft):
    token = make_link(purpose=PREVIEW, target=draft)
    client.post(f"/ru/go/{token}/")
    assert preview(client, draft).status_code == 200
    assert revoke_links(target=draft, purpose=PREVIEW) == 1
    assert preview(client, draft).status_code != 200
    assert client.post(f"/ru/go/{token}/").status_code == 404
    assert revoke_links(target=draft) == 0


def test_expiry_closes_the_door_behind_those_inside(client, draft, rf):
    token = make_link(purpose=PREVIEW, target=draft, days=1)
    request = rf.get("/")
    request.session = {links.session_key(PREVIEW, draft): use_link(token=token).pk}
    assert links.is_open(request, PREVIEW, draft)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert not links.is_open(request, PREVIEW, draft)


def test_link_opens_one_thing_for_one_purpose(client, draft):
    other = factories.make_practice()
    page = factories.make_page()
    client.post(f"/ru/go/{make_link(purpose=PREVIEW, target=draft)}/")
    assert preview(client, draft).status_code == 200
    assert preview(client, other).status_code != 200
    assert preview(client, page).status_code != 200


def test_revoking_links_to_one_thing_leaves_the_others(draft):
    other = factories.make_practice()
    make_link(purpose=PREVIEW, target=draft)
    token = make_link(purpose=PREVIEW, target=other)
    assert revoke_links(target=draft) == 1
    assert use_link(token=token)


def test_link_of_an_unknown_purpose_opens_nothing(client, draft):
    token = make_link(purpose="anything", target=draft)
    assert client.get(f"/ru/go/{token}/").status_code == 404
    assert client.post(f"/ru/go/{token}/").status_code == 404


def test_link_to_what_is_gone_opens_nothing(client, draft):
    token = make_link(purpose=PREVIEW, target=draft)
    draft.delete()
    assert client.get(f"/ru/go/{token}/").status_code == 404
    assert client.post(f"/ru/go/{token}/").status_code == 404


def test_other_methods_are_refused(client, draft):
    token = make_link(purpose=PREVIEW, target=draft)
    assert client.put(f"/ru/go/{token}/").status_code == 405
    assert client.delete(f"/ru/go/{token}/").status_code == 405


def test_post_without_a_csrf_token_is_refused(draft):
    from django.test import Client

    token = make_link(purpose=PREVIEW, target=draft)
    assert Client(enforce_csrf_checks=True).post(f"/ru/go/{token}/").status_code == 403
    assert AccessLink.objects.get().uses == 0


def test_alive_is_the_same_in_query_and_instance(draft):
    now = timezone.now()
    make_link(purpose=PREVIEW, target=draft)
    make_link(purpose=PREVIEW, target=draft, days=-1)
    make_link(purpose=PREVIEW, target=draft, max_uses=0)
    revoked = AccessLink.objects.for_token(make_link(purpose=PREVIEW, target=draft)).get()
    revoked.revoked_at = now
    revoked.save()
    alive = set(AccessLink.objects.alive())
    assert len(alive) == 1
    assert {link for link in AccessLink.objects.all() if link.is_alive} == alive


@pytest.mark.django_db(transaction=True)
def test_link_for_one_use_is_used_once_by_two_at_a_time():
    token = make_link(purpose=PREVIEW, target=factories.make_practice(), max_uses=1)
    results = []

    def use():
        try:
            results.append(use_link(token=token))
        finally:
            connection.close()

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result is None for result in results) == [False, True]
    assert AccessLink.objects.get().uses == 1
