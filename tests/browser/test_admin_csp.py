"""The admin in Chromium: nothing breaks the security policy, and what moves by script works."""

import base64
import hashlib
import re
from pathlib import Path

import django_prose_editor
import pytest
from django.urls import reverse

from publishing.site import EDITOR_STYLE
from publishing.workflow import Status
from tests import factories
from tests.admin_forms import address

browser = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WATCH = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.broken.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""

#: What has no room on a page of the admin: the page in the window, words on a button.
NO_ROOM = """() => [
  ...(document.documentElement.scrollWidth > innerWidth ? ['the page'] : []),
  ...[...document.querySelectorAll('input[type=submit], button, .button, .submit-row a')]
    .filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
    .map(one => one.value || one.textContent.trim())]"""


@pytest.fixture
def open_admin(live_server, new_page, client, media_root):
    """open_admin(path) → a page of the admin as the chief editor sees it; checks it when it is left."""
    chief = factories.make_user("Chief editor", language="ky")
    client.force_login(chief)
    pages = []

    def open_at(path, width=1280, language="ky"):
        page = new_page(viewport={"width": width, "height": 900})
        page.context.add_cookies(
            [
                {
                    "name": "sessionid",
                    "value": client.cookies["sessionid"].value,
                    "url": live_server.url,
                },
                {"name": "django_language", "value": language, "url": live_server.url},
            ]
        )
        page.add_init_script(WATCH)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(live_server.url + path)
        pages.append(page)
        return page

    yield open_at
    for page in pages:
        assert page.evaluate("window.broken") == []
        assert page.errors == []


@pytest.fixture
def practice(media_root):
    return factories.make_practice("publishable", status=Status.IN_REVIEW)


def test_the_editors_style_is_the_one_the_policy_knows():
    """Derived anew from the installed file: an update of the editor must not break the form."""
    script = Path(django_prose_editor.__file__).parent / "static/django_prose_editor/editor.js"
    style = re.search(r"=`(\.ProseMirror \{\n.*?)`", script.read_text(encoding="utf-8"), re.DOTALL)[
        1
    ]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" == EDITOR_STYLE


@pytest.mark.django_db
def test_policy_of_the_admin_has_no_unsafe_word_and_public_pages_no_nonce(client, chief):
    client.force_login(chief)
    practice = factories.make_practice("published")
    policy = client.get(address(practice)).headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "'nonce-" in policy
    assert EDITOR_STYLE in policy
    public = client.get(practice.get_absolute_url()).headers["Content-Security-Policy"]
    assert "'nonce-" not in public
    assert EDITOR_STYLE not in public


class TestInChromium:
    pytestmark = browser

    def test_pages_keep_the_policy_and_the_width(self, open_admin, practice):
        factories.make_practice("published", "stale")
        paths = [
            reverse("admin:index"),
            reverse("admin:parity"),
            reverse("admin:practices_practice_changelist"),
            address(practice),
            address(practice, "history"),
            address(practice, "move", "send_back"),
            reverse("admin:practices_practice_add"),
            reverse("admin:practices_practice_import"),
            reverse("admin:practices_practice_export"),
            reverse("admin:practices_adoption_add"),
            reverse("admin:places_municipality_changelist"),
        ]
        page = open_admin(paths[0])
        for path in paths:
            page.set_viewport_size({"width": 360, "height": 740})
            page.goto(page.url.split("/admin/")[0] + path)
            page.wait_for_load_state("networkidle")
            for width in (360, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(NO_ROOM) == [], (path, width)
            assert page.evaluate("window.broken") == [], path

    def test_rich_text_is_written_and_saved(self, open_admin, practice):
        page = open_admin(address(practice))
        editor = page.locator("#at-problem_ky .tiptap")
        editor.click()
        page.keyboard.press("Control+End")
        page.keyboard.type(" Жаңы сүйлөм.")
        # Tables are what an editor would lay out by style attributes.
        page.click("#at-problem_ky [data-name=table]")
        page.click("dialog button[type=submit]")
        page.wait_for_selector("#at-problem_ky .tiptap table")
        with page.expect_navigation():
            page.click("input[name=_continue]")
        practice.refresh_from_db()
        assert "Жаңы сүйлөм." in practice.problem_ky
        assert "<table>" in practice.problem_ky
        assert "style=" not in practice.problem_ky

    def test_the_editors_buttons_speak_the_language_of_the_page(self, open_admin, practice):
        page = open_admin(address(practice), language="ru")
        label = page.locator("[data-editor-labels] [data-for=bulletList]").text_content()
        page.wait_for_selector(f"#at-problem_ky [data-name=bulletList][title='{label}']")

    def test_a_row_is_added_and_a_municipality_found(self, open_admin, practice):
        unit = factories.make_municipality(
            name_ky="Үч-Өзөн айыл аймагы", name_ru="айылный аймак Уч-Озон"
        )
        page = open_admin(address(practice))
        page.click("#obstacles-group .add-row a")
        page.select_option("#id_obstacles-0-barrier", "finance")
        page.fill("#id_obstacles-0-text_ky", "Акча жетпеди")
        page.click("#at-municipality .select2-selection")
        page.keyboard.type("уч-озон")
        page.click(".select2-results__option:has-text('Үч-Өзөн')")
        with page.expect_navigation():
            page.click("input[name=_continue]")
        practice.refresh_from_db()
        assert practice.municipality == unit
        assert practice.obstacles.get().text_ky == "Акча жетпеди"

    def test_one_language_is_shown_at_a_time_on_a_phone(self, open_admin, practice):
        page = open_admin(address(practice), width=360)
        assert page.is_visible("#id_title_ru")
        page.click("[data-show=ky]")
        assert not page.is_visible("#id_title_ru")
        assert page.is_visible("#id_title_ky")
        page.reload()
        assert not page.is_visible("#id_title_ru")
        page.click("[data-show=both]")
        assert page.is_visible("#id_title_ru")

    def test_a_missing_thing_leads_to_its_field(self, open_admin):
        bare = factories.make_practice(status=Status.IN_REVIEW)
        page = open_admin(address(bare))
        page.click(".missing a[href='#id_price_year']")
        page.wait_for_selector("#id_price_year:focus")

    def test_language_is_switched_in_the_head(self, open_admin):
        page = open_admin(reverse("admin:index"))
        assert page.locator("html").get_attribute("lang") == "ky"
        with page.expect_navigation():
            page.click(".language-switch button[value=ru]")
        assert page.locator("html").get_attribute("lang") == "ru"
        assert page.url.endswith("/admin/")
