"""Public pages in a browser: accessible, readable on every width, usable by keyboard, without JavaScript."""

from itertools import pairwise

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.pages import LANGUAGES

# The mark makes the test database; what the tests look at is committed by the fixture `site`.
pytestmark = [pytest.mark.browser, pytest.mark.django_db]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: Rules whose answer changes with colour, width or size of letters; the others need one look.
OF_COLOUR = ["color-contrast", "link-in-text-block"]
OF_SIZE = ["target-size", "scrollable-region-focusable", "meta-viewport"]
OF_WIDTH = ["color-contrast", *OF_SIZE]
NARROW, PHONE, DESK, ZOOMED = {"width": 320, "height": 560}, {"width": 360, "height": 740}, {"width": 1280, "height": 800}, {
    "width": 640, "height": 400}  # fmt: skip

PATHS = {
    "home": "",
    "last page of the list": "practices/?page=2",
    "narrowed list": "practices/?theme=drinking-water&sort=title",
    "nothing found": "practices/?q=zzzz&theme=waste",
    "practice": "{practice}",
    "in one language": "{in_russian}",
    "calculator": "{practice}cost/?quantity=300",
    "calculator with an error": "{practice}cost/?quantity=x",
    "themes": "themes/",
    "theme": "themes/drinking-water/",
    "municipalities": "municipalities/",
    "municipality": "{municipality}",
    "about": "about/about/",
    "personal data": "about/personal-data/",
    "what is kept": "data-kept/",
    "not found": "no-such/",
    "withdrawn": "{withdrawn}",
}


@pytest.fixture
def open_path(site, new_page):
    """open_path(page, language, name): the page, with everything folded in it unfolded."""

    def go(page, language, name):
        path = PATHS[name].format(**vars(site))
        page.goto(f"{site.url}/{language}/{path}")
        page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")

    return go


def violations(page, rules: list[str] | None = None) -> list[str]:
    """What axe finds: rule, place, sentence."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    found = page.evaluate(
        """options => axe.run(document, options).then(found => found.violations.flatMap(
            one => one.nodes.map(node => `${one.id} ${node.target}: ${node.failureSummary}`)))""",
        {"runOnly": only, "resultTypes": ["violations"]},
    )
    return [" ".join(line.split()) for line in found]


#: Elements that stick out of the window to the right, where nothing around them scrolls.
STICKING_OUT = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  return [...document.querySelectorAll('body *')]
    .filter(one => one.getBoundingClientRect().right > edge + 1 && !one.closest('.scroll, .skip'))
    .map(one => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`).slice(0, 5);
}"""
#: Words cut off by a drawing's edge.
CUT_OFF = """() => [...document.querySelectorAll('.bars text')].filter(one => {
    const box = one.getBBox(), view = one.ownerSVGElement.viewBox.baseVal;
    return box.x < -1 || box.x + box.width > view.width + 1;
  }).map(one => one.textContent)"""
#: What a thumb must hit and cannot: controls and links of menus, lists and buttons below 44 px.
TOO_SMALL = """() => [...document.querySelectorAll(
    'header a, header button, header summary, footer a, nav a, .button, button, input, select, ' +
    '.facet summary, .facet a, .chosen a, .sorts a, .pages a, .themes a')]
  .filter(one => one.offsetParent && !one.closest('.crumbs, .skip, .visually-hidden, svg'))
  .map(one => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => box.height < 43.5 || box.width < 24)
  .map(([one, box]) => `${one.tagName} ${one.textContent.trim().slice(0, 30)}: ` +
    `${Math.round(box.width)}×${Math.round(box.height)}`)"""


@pytest.mark.parametrize("name", PATHS)
def test_page_is_accessible_and_fits_every_width(new_page, open_path, name):
    """Phone and desk, light and dark, twice as large: axe finds nothing, nothing sticks out."""
    page = new_page(viewport=PHONE, color_scheme="light")
    open_path(page, "ky", name)
    assert violations(page) == []
    assert page.evaluate(CUT_OFF) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, OF_COLOUR) == []
    page.set_viewport_size(DESK)
    assert violations(page, OF_COLOUR) == []
    page.emulate_media(color_scheme="light")
    assert violations(page, OF_WIDTH) == []
    assert page.evaluate(STICKING_OUT) == []
    page.set_viewport_size(NARROW)
    assert page.evaluate(STICKING_OUT) == []
    page.set_viewport_size(ZOOMED)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert violations(page, OF_SIZE) == []
    assert page.evaluate(STICKING_OUT) == []
    page.set_viewport_size(NARROW)
    # The other language has other words and the same colours.
    open_path(page, "ru", name)
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(CUT_OFF) == []
    page.set_viewport_size(PHONE)
    assert violations(page) == []


@pytest.mark.parametrize("name", ["home", "narrowed list", "practice", "calculator", "about"])
def test_thumb_hits_what_it_aims_at(new_page, open_path, name):
    page = new_page(viewport=PHONE)
    open_path(page, "ky", name)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(TOO_SMALL) == []


# ---------------------------------------------------------------- by keyboard alone


FOCUS = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  return {tag: one.tagName, text: one.textContent.trim(), href: one.getAttribute('href'),
          name: one.name || '', ring: style.outlineStyle !== 'none' && style.outlineWidth !== '0px',
          shown: one.getBoundingClientRect().top >= 0 && one.getBoundingClientRect().left >= 0};
}"""


def tabbed(page, times: int) -> list[dict]:
    found = []
    for _ in range(times):
        page.keyboard.press("Tab")
        found.append(page.evaluate(FOCUS))
    return found


def test_keyboard_skips_to_the_text(new_page, open_path):
    page = new_page(viewport=PHONE)
    open_path(page, "ky", "narrowed list")
    [skip] = tabbed(page, 1)
    assert skip["href"] == "#content"
    assert skip["ring"]
    assert skip["shown"]
    page.keyboard.press("Enter")
    [first] = tabbed(page, 1)
    assert first["name"] == "q"
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_keyboard_opens_the_menu_and_goes_through_it(new_page, open_path):
    page = new_page(viewport=PHONE)
    open_path(page, "ru", "home")
    way = tabbed(page, 12)
    assert all(step["ring"] and step["shown"] for step in way)
    menu = next(n for n, step in enumerate(way) if step["tag"] == "SUMMARY")
    open_path(page, "ru", "home")
    tabbed(page, menu + 1)
    assert not page.locator(".menu li a").first.is_visible()
    page.keyboard.press("Enter")
    assert page.locator(".menu li a").first.is_visible()
    links = [step["href"] for step in tabbed(page, 5)]
    assert links == [
        "/ru/practices/",
        "/ru/themes/",
        "/ru/journal/",
        "/ru/contests/",
        "/ru/municipalities/",
    ]


def test_keyboard_narrows_the_list(site, new_page):
    page = new_page(viewport=PHONE)
    page.goto(f"{site.url}/ky/practices/")
    assert not page.locator(".facets .facet a").first.is_visible()
    page.locator(".facets > summary").focus()
    page.keyboard.press("Enter")
    steps = tabbed(page, 2)
    assert steps[0]["tag"] == "SUMMARY"
    assert steps[1]["tag"] == "A"
    assert all(step["ring"] and step["shown"] for step in steps)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "theme=" in page.url
    assert page.locator(".chosen a").count() == 1


def test_keyboard_walks_a_practice_from_top_to_bottom(new_page, open_path):
    """The order of focus is the order of reading: never back up the page."""
    page = new_page(viewport=PHONE)
    open_path(page, "ky", "practice")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        top = page.evaluate(
            "document.activeElement.closest('main') &&"
            " document.activeElement.getBoundingClientRect().top + scrollY"
        )
        if top is None:
            break
        tops.append(top)
    assert len(tops) > 15
    assert [b - a for a, b in pairwise(tops) if b < a - 60] == []


def test_map_is_walked_by_keyboard(site, new_page):
    page = new_page(viewport=DESK)
    page.goto(f"{site.url}/ky/municipalities/")
    page.locator(".map a").first.focus()
    names = [page.evaluate("document.activeElement.getAttribute('aria-label')")]
    for _ in range(8):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert len(set(names)) == 9
    assert all(": " in name for name in names)


# ---------------------------------------------------------------- without JavaScript, and with it


@pytest.mark.parametrize("language", LANGUAGES)
def test_reader_does_everything_without_javascript(site, new_page, language):
    page = new_page(viewport=PHONE, java_script_enabled=False)
    page.goto(f"{site.url}/{language}/")
    page.click(".menu summary")
    page.click(".menu li a >> nth=0")
    page.click(".facets > summary")
    page.click(".facets .facet a >> nth=0")
    chosen = page.url
    assert "theme=" in chosen
    page.fill("main input[name=q]", "суу")
    page.click("main .find button")
    assert "theme=" in page.url
    assert "q=" in page.url
    page.click(".languages a:not([aria-current])")
    other = "ru" if language == "ky" else "ky"
    assert f"/{other}/practices/?" in page.url
    assert "theme=" in page.url
    assert page.locator("html").get_attribute("lang") == other
    page.goto(f"{site.url}/{language}/{site.lesson}")
    page.click("a[href$='/passport.pdf'] >> nth=0", trial=True)
    page.click(".share summary")
    assert page.locator("#share-text").is_visible()
    assert not page.locator("[data-copy]").is_visible()
    page.fill("#cost input[name=quantity]", "40")
    page.click("#cost button")
    assert "quantity=40" in page.url
    assert page.locator("section[aria-live] h2").is_visible()


def test_text_to_send_is_copied(site, new_page):
    page = new_page(viewport=PHONE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    page.goto(f"{site.url}/ky/{site.practice}")
    page.click(".share summary")
    page.click("[data-copy]")
    done = page.locator("[data-copy]").get_attribute("data-done")
    page.wait_for_selector(f"[data-copy]:text-is('{done}')")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#share-text").input_value()
    assert len(copied) <= 700


def test_pages_load_without_an_error(site, new_page):
    """No missing file, no broken picture, no error of a script."""
    page = new_page(viewport=DESK)
    failures = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on(
        "response",
        lambda got: got.status >= 400 and failures.append(f"{got.status} {got.url}"),
    )
    for path in ("", "practices/", site.practice, site.municipality, "themes/waste/"):
        page.goto(f"{site.url}/ky/{path}", wait_until="load")
        page.evaluate("document.querySelectorAll('img').forEach(one => one.loading = 'eager')")
        page.evaluate("Promise.allSettled([...document.images].map(one => one.decode()))")
        broken = page.evaluate(
            "[...document.images].filter(one => !one.naturalWidth).map(one => one.src)"
        )
        assert broken == []
    assert failures == []


def test_paper_shows_the_practice_alone(site, new_page):
    page = new_page(viewport=DESK, color_scheme="dark")
    page.goto(f"{site.url}/ky/{site.practice}")
    page.emulate_media(media="print")
    hidden = (".masthead .find", ".menu-wide", ".languages", ".share", ".crumbs", ".foot ul")
    assert [name for name in hidden if page.locator(name).first.is_visible()] == []
    for shown in ("h1", ".passport", "#problem", "#steps", "#cost table", "#contact", "#trust"):
        assert page.locator(shown).first.is_visible(), shown
    colours = page.evaluate(
        "() => { const style = getComputedStyle(document.body);"
        " return [style.color, style.backgroundColor]; }"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
