"""Signing in as people do it: on a phone, by keyboard alone, without scripts, with a passkey."""

import re

import pytest
from allauth.account.models import EmailAddress
from axe_playwright_python.sync_playwright import Axe
from django.core import mail

from people.models import User
from people.roles import CHIEF_EDITOR
from tests import factories
from tests.pages import LOOKS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LANGUAGES = ["ky", "ru"]


@pytest.fixture
def reader(db):
    return with_address(factories.make_user(is_staff=False, email="reader@example.org"))


def with_address(user: User) -> User:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def code() -> str:
    return re.search(r"^\d{6}$", mail.outbox[-1].body, re.MULTILINE)[0]


def assert_clean(page):
    """Nothing that axe finds, nothing wider than the phone."""
    assert page.locator("main h1").inner_text().strip()
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert found.violations_count == 0, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{page.url} is wider than the screen by {wide} pixels"


def walk_to(page, selector: str, steps: int = 60):
    """Press Tab until the control is reached; every stop on the way can be seen."""
    for _step in range(steps):
        page.keyboard.press("Tab")
        at = page.evaluate(
            """(selector) => {
                const here = document.activeElement, box = here.getBoundingClientRect();
                const style = getComputedStyle(here);
                return {
                    found: here.matches(selector),
                    seen: style.outlineStyle !== "none" && box.width > 0 && box.height > 0,
                    name: here.outerHTML.slice(0, 120),
                };
            }""",
            selector,
        )
        assert at["seen"], f"the focus cannot be seen on {at['name']}"
        if at["found"]:
            return
    pytest.fail(f"{selector} is not reached by Tab")


def sign_in(page, live_server, email: str, language: str = "ru", to: str = ""):
    page.goto(f"{live_server.url}/{language}/account/login/{f'?next={to}' if to else ''}")
    page.fill("[name=login]", email)
    with page.expect_navigation():
        page.press("[name=login]", "Enter")
    page.fill("[name=code]", code())
    with page.expect_navigation():
        page.press("[name=code]", "Enter")


@pytest.mark.parametrize("language", LANGUAGES)
def test_reader_signs_in_by_keyboard_alone(page, live_server, reader, language):
    page.goto(f"{live_server.url}/{language}/account/login/")
    assert_clean(page)
    walk_to(page, "[name=login]")
    page.keyboard.type(reader.email)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(f"/{language}/account/login/code/confirm/")
    assert_clean(page)
    # The field of the code has the focus already.
    page.keyboard.type(code())
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == f"{live_server.url}/{language}/account/"
    assert reader.email in page.inner_text("main")
    assert_clean(page)
    walk_to(page, "main form button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{live_server.url}/{language}/account/")
    assert "/account/login/" in page.url


@pytest.mark.parametrize("language", LANGUAGES)
def test_newcomer_signs_up_by_keyboard_alone(page, live_server, language):
    page.goto(f"{live_server.url}/{language}/account/signup/")
    assert_clean(page)
    walk_to(page, "[name=email]")
    page.keyboard.type("new@example.org")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert_clean(page)
    page.keyboard.type(code())
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == f"{live_server.url}/{language}/account/"
    assert User.objects.get(email="new@example.org").language == language


def test_nobody_reaches_the_trap(page, live_server):
    """Neither Tab nor a screen reader comes to the field for programs."""
    page.goto(f"{live_server.url}/ky/account/signup/")
    trap = page.locator("[name=website]")
    assert trap.get_attribute("tabindex") == "-1"
    assert page.locator("[aria-hidden=true] [name=website]").count() == 1
    box = trap.bounding_box()
    assert (
        box is None or box["width"] <= 1 or page.locator(".visually-hidden [name=website]").count()
    )


def test_signing_in_needs_no_script(new_page, live_server, reader):
    page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
    sign_in(page, live_server, reader.email, "ky")
    assert page.url == f"{live_server.url}/ky/account/"


def test_mistake_is_told_beside_its_field(page, live_server, reader):
    page.goto(f"{live_server.url}/ru/account/login/")
    page.fill("[name=login]", reader.email)
    page.press("[name=login]", "Enter")
    page.wait_for_url("**/confirm/")
    page.fill("[name=code]", "1")
    with page.expect_navigation():
        page.press("[name=code]", "Enter")
    field = page.locator("[name=code]")
    assert field.get_attribute("aria-invalid") == "true"
    message = page.locator(f"[id='{field.get_attribute('aria-describedby')}']")
    assert message.inner_text()
    assert_clean(page)


def test_password_is_behind_one_more_step(page, live_server, reader):
    reader.set_password("чоң-тоо-бийик-77")
    reader.save()
    page.goto(f"{live_server.url}/ru/account/login/")
    page.fill("[name=login]", reader.email)
    assert not page.locator("[name=password]").is_visible()
    page.click("main form details > summary")
    page.fill("[name=password]", "чоң-тоо-бийик-77")
    assert_clean(page)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")
    assert page.url == f"{live_server.url}/ru/account/"
    assert mail.outbox == []


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_pages_of_the_account_are_clean(new_page, live_server, reader, language, scheme):
    page = new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    sign_in(page, live_server, reader.email, language)
    for path in ("", "email/", "password/set/", "2fa/", "2fa/totp/activate/", "2fa/webauthn/add/"):
        page.goto(f"{live_server.url}/{language}/account/{path}")
        assert_clean(page)
    page.goto(f"{live_server.url}/{language}/nothing/")
    assert_clean(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_add_a_passkey_and_come_in_with_it_alone(new_page, live_server, settings, language):
    """From the admin, which asks for a second factor, to signing in with the key and nothing else."""
    settings.STAFF_NEEDS_SECOND_FACTOR = True
    chief = with_address(
        factories.make_user(CHIEF_EDITOR, email="chief@example.org", language=language)
    )
    page = new_page(viewport={"width": 360, "height": 740})
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    sign_in(page, live_server, chief.email, language, to="/admin/")
    assert page.url == f"{live_server.url}/{language}/account/2fa/"
    assert page.locator("[role=status]").count() == 1
    assert_clean(page)

    page.goto(f"{live_server.url}/{language}/account/2fa/webauthn/add/")
    page.check("[name=passwordless]")
    with page.expect_navigation():
        page.click("[data-passkey=create] button")
    assert "/recovery-codes/" in page.url
    assert_clean(page)
    page.goto(f"{live_server.url}/{language}/account/2fa/webauthn/")
    assert_clean(page)
    page.goto(f"{live_server.url}/admin/")
    assert page.url == f"{live_server.url}/admin/"

    page.context.clear_cookies()
    page.goto(f"{live_server.url}/{language}/account/login/")
    with page.expect_navigation():
        page.click("[data-passkey=login] button")
    assert page.url == f"{live_server.url}/{language}/account/"

    # The key as a second step, after a code by mail.
    page.context.clear_cookies()
    sign_in(page, live_server, chief.email, language)
    assert "/2fa/authenticate/" in page.url
    assert_clean(page)
    with page.expect_navigation():
        page.click("[data-passkey=get] button")
    assert page.url == f"{live_server.url}/{language}/account/"


def test_key_that_refuses_is_told(new_page, live_server, reader):
    page = new_page(viewport={"width": 360, "height": 740})
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")  # and no key at all
    page.goto(f"{live_server.url}/ru/account/login/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no key')) }")
    page.click("[data-passkey=login] button")
    page.locator("[data-failed]").wait_for(state="visible")
    assert_clean(page)
