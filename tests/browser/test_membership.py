"""A phone, a village secretary and an operator: from signing up to a confirmed role, at 360 px."""

import re

import pytest
from django.conf import settings
from django.test import Client

from people import spam
from people.models import DeskMessage, Membership, User
from people.roles import SPECIALIST
from tests import factories
from tests.browser.test_account import LANGUAGES, assert_clean, walk_to
from tests.pages import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = "+996555123456"


def code() -> str:
    return re.search(r"\d{6}", DeskMessage.objects.get(phone=PHONE).text)[0]


@pytest.fixture(autouse=True)
def world(monkeypatch):
    monkeypatch.setattr(spam, "QUICKEST", 0)
    return factories.make_municipality(
        name_ky="Кең-Булак айыл аймагы", name_ru="айылный аймак Кен-Булак"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_secretary_signs_up_by_phone_asks_for_a_role_and_is_confirmed(new_page, live_server, language):  # fmt: skip
    page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto(f"{live_server.url}/{language}/account/signup/")
    page.fill("[name=email]", "0555 123 456")
    page.press("[name=email]", "Enter")
    page.wait_for_url("**/phone/verify/")
    assert "+996\xa0555\xa0123\xa0456" in page.inner_text("main")
    page.fill("[name=code]", code())
    page.press("[name=code]", "Enter")
    page.wait_for_url(f"**/{language}/account/")

    page.goto(f"{live_server.url}/{language}/account/municipality/")
    page.fill("[name=place]", "Кең-Булок")
    page.select_option("[name=role]", "secretary")
    page.fill("[name=post]", "жооптуу катчы")
    assert page.input_value("[name=phone]") == PHONE
    page.click("#ask button")
    page.check("[name=municipality] >> nth=0")
    page.click("#ask button")
    page.wait_for_url(re.compile("/municipality/[0-9a-f-]{36}/"))
    row = Membership.objects.get()
    assert page.locator(".code").inner_text() == f"{row.code[:3]}\xa0{row.code[3:]}"
    assert page.get_attribute("a[href*='wa.me']", "href").startswith("https://wa.me/996")

    desk = new_page(viewport={"width": 360, "height": 740})
    enter(desk, live_server, factories.make_user(SPECIALIST, language=language))
    desk.goto(f"{live_server.url}/admin/people/membership/?work=codes")
    assert_fits(desk)
    assert row.code[:3] in desk.inner_text("main, #content")
    desk.click("ul.waiting button")
    desk.wait_for_selector("ul.messagelist .success")
    assert_fits(desk)

    page.reload()
    assert page.locator(".code").count() == 0
    assert Membership.objects.get().is_verified
    assert User.objects.get(phone=PHONE).phone_verified


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_pages_of_a_role_and_of_a_number_are_clean(new_page, live_server, language, scheme):
    page = new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    person = factories.make_user(is_staff=False, phone=PHONE, language=language)
    enter(page, live_server, person)
    waiting = factories.make_membership(is_verified=False, user=person)
    factories.make_membership(
        is_verified=False, user=person, code="", revoke_reason="x", revoked_at=waiting.asked_at
    )
    base = f"{live_server.url}/{language}/account"
    for path in ("municipality/", f"municipality/{waiting.uuid}/", "phone/change/"):
        page.goto(f"{base}/{path}")
        assert_clean(page)
    page.goto(f"{base}/municipality/")
    page.fill("[name=place]", "Кең-Булок")
    page.fill("[name=phone]", "12")
    page.select_option("[name=role]", "head")
    with page.expect_navigation():
        page.press("[name=place]", "Enter")
    assert page.locator("[name=municipality]").count()
    assert_clean(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_number_signs_in_by_keyboard_alone(page, live_server, language):
    User.objects.create_user(phone=PHONE, phone_verified=True, language=language)
    page.goto(f"{live_server.url}/{language}/account/login/")
    walk_to(page, "[name=login]")
    page.keyboard.type("0555123456")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert_clean(page)
    page.keyboard.type(code())
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == f"{live_server.url}/{language}/account/"


def enter(page, live_server, user):
    """Signed in without walking through the door."""
    visitor = Client()
    visitor.force_login(user)
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": visitor.cookies[settings.SESSION_COOKIE_NAME].value,
                "url": live_server.url,
            }
        ]
    )


def assert_fits(page):
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{page.url} is wider than the screen by {wide} pixels"
