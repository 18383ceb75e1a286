"""The cabinet on a phone: every page clean, and the way out without scripts."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from people import consents
from people.consents import Purpose
from people.models import Membership, User
from portal.cabinet import deletion_word
from practices.choices import CollectedVia
from tests import factories
from tests.browser.test_account import LANGUAGES, assert_clean, sign_in, with_address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def writer(db):
    """A person with something of each kind."""
    user = with_address(
        factories.make_user(is_staff=False, email="writer@example.org", name="Асанова Айгүл")
    )
    town = factories.town()
    Membership.objects.create(
        user=user,
        municipality=town,
        role="secretary",
        phone="+996555010203",
        verified_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=9),
    )
    factories.make_draft(user)
    practice = factories.make_practice(
        "published", created_by=user, collected_via=CollectedVia.FORM, municipality=town
    )
    factories.make_draft(user, practice)
    factories.make_adoption(practice, "counted", confirmed_on=None)
    consents.give(user, Purpose.NAME, language="ky", about=practice)
    return user


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_the_cabinet_are_clean(page, live_server, writer, language):
    sign_in(page, live_server, writer.email, language)
    for path in ("account/", "account/data/", "account/data/delete/", "account/data/deleted/"):
        page.goto(f"{live_server.url}/{language}/{path}")
        assert_clean(page)
    page.goto(f"{live_server.url}/{language}/data-kept/")
    assert_clean(page)


def test_consent_is_taken_back_and_the_account_deleted_without_scripts(
    new_page, live_server, writer
):
    page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    sign_in(page, live_server, writer.email, "ky")
    page.goto(f"{live_server.url}/ky/account/data/")
    with page.expect_navigation():
        page.click("form[action*=withdraw] button")
    assert page.locator("[role=status]").count() == 1
    assert writer.consents.get().withdrawn_at
    with page.expect_download() as download:
        page.click("a[href$='/account/data/export/'] >> nth=0")
    assert "writer@example.org" in download.value.path().read_text(encoding="utf-8")
    page.goto(f"{live_server.url}/ky/account/data/delete/")
    with translation.override("ky"):
        page.fill("[name=word]", deletion_word())
    with page.expect_navigation():
        page.click("main form button")
    assert page.url.endswith("/ky/account/data/deleted/")
    assert not User.objects.filter(pk=writer.pk).exists()
    page.goto(f"{live_server.url}/ky/account/")
    assert "/account/login/" in page.url
