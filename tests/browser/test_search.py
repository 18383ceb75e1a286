"""The search in a browser: suggestions by keyboard and thumb, the same without JavaScript, for everybody."""

import pytest

from search import index
from search.models import SearchEntry
from search.registry import KINDS
from tests.browser.test_public import DESK, NARROW, PHONE, STICKING_OUT, TOO_SMALL, violations
from tests.pages import LANGUAGES

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

OF_COLOUR = ["color-contrast", "link-in-text-block", "target-size"]
PATHS = {
    "start": "search/",
    "found": "search/?q=суу",
    "narrowed": "search/?q=суу&kind=practice",
    "corrected": "search/?q=таштандыы",
    "nothing": "search/?q=космодром ракета&theme=waste",
}
OPTIONS = "[role=option]"


@pytest.fixture(scope="module")
def found(site, django_db_blocker):
    """The portal with its index, as the worker would have written it."""
    with django_db_blocker.unblock():
        for name in ("practice", "theme"):
            kind = KINDS[name]
            index.write(kind, list(kind.things().values_list("pk", flat=True)))
        yield site
        SearchEntry.objects.all().delete()


def box(page):
    """The search box in sight: in the header on a phone, on the page itself at a desk."""
    return page.locator("input[name=q]:visible")


def type_into(page, text):
    """Type and wait for what the portal offers."""
    with page.expect_response("**/suggestions/?q=*"):
        box(page).press_sequentially(text)
    page.locator(OPTIONS).first.wait_for()


# ---------------------------------------------------------------- for everybody


@pytest.mark.parametrize("name", PATHS)
def test_page_is_accessible_and_fits_every_width(found, new_page, name):
    page = new_page(viewport=PHONE, color_scheme="light")
    for language, scheme in zip(LANGUAGES, ("light", "dark"), strict=True):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(PHONE)
        page.goto(f"{found.url}/{language}/{PATHS[name]}")
        page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
        assert violations(page) == []
        assert page.evaluate(TOO_SMALL) == []
        page.set_viewport_size(NARROW)
        assert page.evaluate(STICKING_OUT) == []
        page.set_viewport_size(DESK)
        assert violations(page, OF_COLOUR) == []
        assert page.evaluate(STICKING_OUT) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_open_list_of_suggestions_is_accessible(found, new_page, scheme):
    page = new_page(viewport=PHONE, color_scheme=scheme)
    page.goto(f"{found.url}/ky/themes/")
    type_into(page, "суу")
    page.keyboard.press("ArrowDown")
    assert violations(page) == []
    heights = page.locator(OPTIONS).evaluate_all("all => all.map(one => one.offsetHeight)")
    assert min(heights) >= 44
    assert page.evaluate(STICKING_OUT) == []


# ---------------------------------------------------------------- suggestions


@pytest.mark.parametrize(("viewport", "path"), [(PHONE, "themes/"), (DESK, "search/")])
def test_keyboard_walks_the_suggestions(found, new_page, viewport, path):
    page = new_page(viewport=viewport)
    page.goto(f"{found.url}/ky/{path}")
    type_into(page, "суу")
    field = box(page)
    assert field.get_attribute("aria-expanded") == "true"
    assert page.locator(f"{OPTIONS}[aria-selected=true]").count() == 0
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(f"{OPTIONS}[aria-selected=true]")
    assert chosen.get_attribute("id") == field.get_attribute("aria-activedescendant")
    assert chosen.evaluate("one => [...one.parentNode.children].indexOf(one)") == 1
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowUp")
    last = page.locator(OPTIONS).last
    assert last.get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    assert page.locator(OPTIONS).count() == 0
    assert field.get_attribute("aria-expanded") == "false"
    assert field.input_value() == "суу"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/ky/search/?q=" in page.url


def test_suggestion_taken_leads_to_the_thing_itself(found, new_page):
    for take in ("key", "thumb"):
        page = new_page(viewport=PHONE, has_touch=True)
        page.goto(f"{found.url}/ky/themes/")
        type_into(page, "суу")
        text = page.locator(OPTIONS).first.evaluate("one => one.firstChild.textContent")
        with page.expect_navigation():
            if take == "key":
                page.keyboard.press("ArrowDown")
                page.keyboard.press("Enter")
            else:
                page.locator(OPTIONS).first.tap()
        assert page.locator("h1").inner_text() == text


def test_box_asks_once_for_what_was_typed_at_once(found, new_page):
    """Debounced, from two letters on; whoever saves data is spared."""
    page = new_page(viewport=PHONE)
    asked = []
    page.on("request", lambda one: "/suggestions/" in one.url and asked.append(one.url))
    page.goto(f"{found.url}/ky/themes/")
    box(page).press_sequentially("с")
    page.wait_for_timeout(400)
    assert asked == []
    with page.expect_response("**/suggestions/?q=*"):
        box(page).press_sequentially("уу", delay=40)
    page.wait_for_timeout(300)
    assert len(asked) == 1
    thrifty = new_page(viewport=PHONE)
    thrifty.add_init_script(
        "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
    )
    thrifty.on("request", lambda one: "/suggestions/" in one.url and asked.append(one.url))
    thrifty.goto(f"{found.url}/ky/themes/")
    box(thrifty).press_sequentially("суу")
    thrifty.wait_for_timeout(400)
    assert len(asked) == 1
    assert box(thrifty).get_attribute("role") is None


def test_everything_goes_without_javascript(found, new_page):
    page = new_page(viewport=PHONE, java_script_enabled=False)
    page.goto(f"{found.url}/ky/")
    box(page).fill("таштандыы")
    page.click(".masthead .find button")
    assert page.locator(".found mark").first.is_visible()
    page.goto(f"{found.url}/ky/search/?q=суу")
    page.click(".facets > summary")
    link = page.locator(".facets .facet a").first
    told = link.locator("span").last.inner_text()
    link.click()
    assert told in page.locator("h2.count").inner_text()
    page.click(".chosen a")
    assert page.locator(".chosen").count() == 0
    title = page.locator(".found h3 a").first.inner_text()
    page.click(".found h3 a >> nth=0")
    assert page.locator("h1").inner_text() == title
