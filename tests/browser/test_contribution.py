"""A secretary in a village writes on a phone: the line breaks, the session ends, two devices meet.

Whatever happens, what was typed is compared with what is kept, every character.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from PIL import Image
from playwright.sync_api import Error

from portal import embedded
from practices.contribution import SECTIONS
from practices.models import Practice
from publishing.models import Draft
from tests import factories
from tests.pages import LOOKS
from tests.test_dev import data, eventually, port, start  # noqa: F401  (fixtures)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: The line that says when the text was kept: «14:05 …».
KEPT = ".state:not(.off):has-text(':')"
#: As in a browser that is told to keep nothing of a site.
NO_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
}"""
PHONE = {"width": 360, "height": 740}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: All that may go wrong on the way of a letter: ө ү ң, quotes, signs of markup, an emoji, Latin.
PROBLEM = "Суу үч күндө бир келчү; «тазасы» — такыр жок.\n\nАялдар & балдар <кудуктан> ташычу 🙂 100 % өз күчү менен."
SOLUTION = 'Башында жыйын өттү:\n\n- насос "Grundfos" алынды\n- 2,4 км түтүк тартылды\n\nЭмгекти айылдыктар өздөрү жасашты.'
RESULT = "Суу күнү-түнү бар: 120 үй, 640 киши. Ңөү."
TITLE = "Өрнөк айылына таза суу жетти"


@pytest.fixture
def author(db):
    return factories.make_user(is_staff=False, email="author@example.org", language="ky")


def make_draft(author, **answers):
    return Draft.objects.create(kind="practice", owner=author, language="ky", answers=answers)


def session_of(user) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


def sign_in(page, url, user):
    page.context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": url}])


@pytest.fixture
def open_section(live_server, new_page, author):
    """open_section(draft, "core"): the section on a phone of its own, signed in."""

    def go(draft, name, **options):
        page = new_page(viewport=PHONE, **options)
        sign_in(page, live_server.url, author)
        page.goto(f"{live_server.url}/ky/practices/add/{draft.uuid}/{name}/")
        return page

    return go


def answers(draft) -> dict:
    return Draft.objects.get(pk=draft.pk).answers


def box(page, name):
    return page.locator(f"[name='{name}']")


# ---------------------------------------------------------------- keeping


def test_text_is_kept_on_leaving_a_field_and_nothing_of_it_changes(open_section, author):
    draft = make_draft(author)
    page = open_section(draft, "core")
    box(page, "problem").fill(PROBLEM)
    box(page, "solution").focus()
    page.wait_for_selector(KEPT)
    assert answers(draft) == {"problem": PROBLEM}


def test_text_typed_without_a_line_stays_and_goes_when_the_line_is_back(open_section, author):
    draft = make_draft(author)
    page = open_section(draft, "core")
    page.context.set_offline(True)
    box(page, "problem").fill(PROBLEM)
    box(page, "title").focus()
    page.wait_for_selector(".state.off")
    page.click("button[name=next]")
    assert box(page, "problem").input_value() == PROBLEM
    assert answers(draft) == {}
    page.context.set_offline(False)
    assert eventually(lambda: answers(draft) == {"problem": PROBLEM})


def test_text_that_never_left_the_phone_is_sent_when_the_page_is_opened_again(open_section, author):
    draft = make_draft(author)
    page = open_section(draft, "core")
    page.context.set_offline(True)
    box(page, "solution").fill(SOLUTION)
    page.wait_for_timeout(100)
    address = page.url
    page.goto("about:blank")  # the battery is dead
    page.context.set_offline(False)
    page.goto(address)
    assert eventually(lambda: answers(draft) == {"solution": SOLUTION})
    # By this page, which then opens anew; now and then the one that was left finds the line in time.
    assert eventually(lambda: box(page, "solution").input_value() == SOLUTION)
    assert eventually(lambda: is_sent(page))


def is_sent(page) -> bool:
    """Whether the phone holds no words that the server has not confirmed."""
    try:
        return page.evaluate("!Object.keys(localStorage).some(name => name.startsWith('draft:'))")
    except Error:
        return False  # the page is being opened anew


def test_words_typed_while_earlier_ones_are_on_their_way_are_kept_as_well(open_section, author):
    draft = make_draft(author)
    page = open_section(draft, "core")
    page.context.set_offline(True)
    box(page, "solution").fill(SOLUTION)
    address = page.url
    page.goto("about:blank")
    page.context.set_offline(False)
    held = []
    page.route("**/core/", lambda route: hold_post(route, held))
    page.goto(address)
    assert eventually(lambda: arrived(page, held))
    box(page, "problem").fill(PROBLEM)
    for route in held:
        route.fallback()
    page.unroute("**/core/")
    assert eventually(lambda: answers(draft) == {"solution": SOLUTION, "problem": PROBLEM})
    assert eventually(lambda: box(page, "solution").input_value() == SOLUTION)
    assert box(page, "problem").input_value() == PROBLEM
    assert Draft.objects.get().conflicts == {}


def arrived(page, held) -> bool:
    """Whether something is held back; what comes is noticed only while the browser is listened to."""
    page.wait_for_timeout(10)
    return bool(held)


def hold_post(route, held):
    if route.request.method == "POST":
        held.append(route)
    else:
        route.fallback()


def test_words_typed_before_the_script_came_are_kept(open_section, author):
    draft = make_draft(author)
    page = open_section(draft, "core")
    held = []
    page.route("**/draft*.js", lambda route: held.append(route))
    page.reload(wait_until="commit")
    box(page, "problem").fill(PROBLEM)
    assert eventually(lambda: arrived(page, held))
    with page.expect_event("domcontentloaded"):
        held[0].fallback()
    assert eventually(lambda: answers(draft) == {"problem": PROBLEM})


def test_page_that_is_only_looked_at_sends_nothing(open_section, author):
    """A day that no browser can show in its field was not emptied by anybody."""
    draft = make_draft(author, started_on="былтыр", title=TITLE, problem=f"{PROBLEM}\n")
    page = open_section(draft, "core")
    assert box(page, "started_on").input_value() == ""
    assert is_sent(page)
    assert answers(draft)["started_on"] == "былтыр"


def test_phone_that_allows_no_storage_keeps_on_the_server_alone(open_section, author):
    draft = make_draft(author)
    page = open_section(draft, "core")
    page.add_init_script(NO_STORAGE)
    page.reload()
    box(page, "problem").fill(PROBLEM)
    box(page, "title").focus()
    page.wait_for_selector(KEPT)
    assert answers(draft) == {"problem": PROBLEM}


def test_words_after_an_answer_that_was_lost_are_no_second_version(open_section, author):
    draft = make_draft(author)
    page = open_section(draft, "core")
    page.route("**/core/", lambda route: (route.fetch(), route.abort()), times=1)
    box(page, "problem").fill(PROBLEM[:40])
    box(page, "solution").focus()
    page.wait_for_selector(".state.off")
    assert eventually(lambda: answers(draft) == {"problem": PROBLEM[:40]})
    box(page, "problem").fill(PROBLEM)
    page.wait_for_selector(KEPT)
    assert eventually(lambda: answers(draft) == {"problem": PROBLEM})
    assert Draft.objects.get().conflicts == {}


def test_session_that_ended_costs_no_word(open_section, live_server, author):
    draft = make_draft(author)
    page = open_section(draft, "core")
    Session.objects.all().delete()
    box(page, "result").fill(RESULT)
    box(page, "title").focus()
    page.wait_for_selector(".state.off a[href*='/account/login/?next=']")
    sign_in(page, live_server.url, author)
    page.reload()
    page.wait_for_selector(".state:has-text('.')")
    assert answers(draft) == {"result": RESULT}


def test_two_phones_on_one_draft_lose_nothing(open_section, author):
    draft = make_draft(author, problem="Башында")
    first, second = open_section(draft, "core"), open_section(draft, "core")
    box(first, "problem").fill(PROBLEM)
    box(first, "title").focus()
    assert eventually(lambda: answers(draft)["problem"] == PROBLEM)
    box(second, "problem").fill(SOLUTION)
    box(second, "result").fill(RESULT)
    box(second, "title").focus()
    second.wait_for_selector(".state.off a")
    second.click(".state a")
    second.wait_for_selector(".versions")
    assert box(second, "problem").input_value() == PROBLEM
    assert SOLUTION in second.locator(".version").inner_text()
    second.click(".versions label >> nth=1")
    with second.expect_navigation():  # a page is not closed while it loads
        second.click("form[data-draft] .buttons button:not([name])")
    assert eventually(lambda: answers(draft) == {"problem": SOLUTION, "result": RESULT})
    assert Draft.objects.get().conflicts == {}


def test_photo_is_made_smaller_on_the_phone_and_sent_again_after_a_broken_line(
    open_section, author, media_root, tmp_path
):
    draft = make_draft(author)
    photo = tmp_path / "photo.jpg"
    Image.effect_noise((3200, 2400), 40).convert("RGB").save(photo, "JPEG", quality=95)
    page = open_section(draft, "files")
    sent = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    page.context.set_offline(True)
    page.set_input_files("#id_pictures", str(photo))
    page.wait_for_selector(".state.off")
    page.context.set_offline(False)
    page.wait_for_selector(".line img")
    picture = draft.pictures.get()
    assert max(picture.width, picture.height) == 1920
    assert photo.stat().st_size > 2 * picture.bytes


def test_new_row_is_added_and_kept(open_section, author):
    draft = make_draft(author)
    page = open_section(draft, "funding" if "funding" in SECTIONS else "money")
    page.locator("#funding .line select").select_option("residents")
    page.locator("#funding .line input[inputmode]").fill("50 000")
    with page.expect_navigation():
        page.click("button[name=more]")
    assert page.locator("#funding .line").count() == 2
    row = answers(draft)["funding"][0]
    assert (row["source"], row["amount"]) == ("residents", "50 000")


# ---------------------------------------------------------------- without JavaScript, for everybody


def test_whole_way_without_javascript(live_server, new_page, author, media_root, tmp_path):
    page = new_page(viewport=PHONE, java_script_enabled=False)
    sign_in(page, live_server.url, author)
    page.goto(f"{live_server.url}/ky/practices/add/")
    time.sleep(2.2)  # nobody reads the page faster
    page.click("main form button")
    fill_core(page)
    page.click("button[name=next]")
    for _section in list(SECTIONS)[1:]:
        page.click("button[name=next]")
    draft = Draft.objects.get()
    page.click(f"a[href$='/{draft.uuid}/send/']")
    page.check("#agreed-publish")
    page.click("main form button")
    assert "/practices/mine/" in page.url
    practice = Practice.objects.get()
    assert practice.title_ky == TITLE
    assert practice.status == "submitted"


def fill_core(page):
    box(page, "title").fill(TITLE)
    box(page, "municipality").fill("Нарын шаары")
    box(page, "theme").select_option("drinking-water")
    box(page, "started_on").fill("2023-04-01")
    box(page, "problem").fill(PROBLEM)
    box(page, "solution").fill(SOLUTION)
    box(page, "result").fill(RESULT)


@pytest.mark.parametrize(("language", "scheme"), LOOKS)
def test_pages_are_accessible(live_server, new_page, author, language, scheme, media_root):
    draft = make_draft(author, title=TITLE, cost_once="көп", problem="а")
    draft.conflicts = {"problem": [{"value": "б", "at": "2026-11-22T10:00:00"}]}
    draft.save()
    page = new_page(viewport=PHONE, color_scheme=scheme)
    sign_in(page, live_server.url, author)
    base = f"{live_server.url}/{language}/practices/add/"
    pages = ["", f"{draft.uuid}/", f"{draft.uuid}/send/"]
    pages += [f"{draft.uuid}/{name}/" for name in ("core", "steps", "money", "files")]
    for path in pages:
        page.goto(base + path)
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
        assert found.violations_count == 0, f"{path} {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


# ---------------------------------------------------------------- the whole way, everything failing


def post_box(folder: Path) -> list:
    """Letters of a portal that writes them into its data folder, oldest first."""
    letters = []
    for path in sorted((folder / "mail").glob("*"), key=lambda path: path.stat().st_mtime):
        parts = re.split(rb"^-{70,}\n", path.read_bytes(), flags=re.MULTILINE)
        letters += [message_from_bytes(part, policy=default) for part in parts if part.strip()]
    return letters


def text_of(letter) -> str:
    return letter.get_body(("plain",)).get_content()


def worker_of(folder: Path) -> int:
    """Process number of the portal's worker."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name = (process / "comm").read_text("utf-8").strip()
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if name == "portal-tasks" and f"PORTAL_DATA={folder}".encode() in environment:
            return int(process.name)
    raise LookupError


def practice_in(folder: Path) -> dict:
    """The one practice of that portal, as it stands in its database."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"PORTAL_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    said = subprocess.run(
        [sys.executable, "manage.py", "dumpdata", "practices.practice"],
        env=environment, capture_output=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    return json.loads(said.stdout)[0]["fields"]


def test_whole_way_through_a_cut_line_a_killed_worker_and_a_restarted_database(
    data,  # noqa: F811
    port,  # noqa: F811
    new_page,
    tmp_path,
):
    portal = start("run", "--data", str(data), "--port", str(port), "--no-demo")
    base = f"http://127.0.0.1:{port}"
    try:
        page = new_page(viewport=PHONE, locale="ky-KG")
        page.set_default_timeout(30_000)
        assert eventually(lambda: is_up(page, base), seconds=120)

        # Signing up by a code from the letter
        page.goto(f"{base}/ky/practices/add/")
        page.click("main a.button")
        page.click("main a[href*='/signup/']")
        page.locator("main form input:visible").first.fill("aigul@example.org")
        time.sleep(2.2)
        page.click("main form button")
        assert eventually(lambda: post_box(data), seconds=20)
        code = re.search(r"^\s*(\d{6})\s*$", text_of(post_box(data)[-1]), re.MULTILINE)[1]
        page.locator("main input[name=code]").fill(code)
        page.click("main form button")
        page.wait_for_url("**/ky/**")
        page.goto(f"{base}/ky/practices/add/")
        time.sleep(2.2)
        page.click("main form button")
        page.wait_for_selector("form[data-draft]")

        # The line is cut in the middle of a word
        box(page, "title").fill(TITLE)
        box(page, "municipality").fill("Нарын шаары")
        box(page, "theme").select_option("drinking-water")
        box(page, "started_on").fill("2023-04-01")
        page.wait_for_selector(KEPT)
        page.context.set_offline(True)
        box(page, "problem").type(PROBLEM[:40])
        box(page, "problem").blur()
        page.wait_for_selector(".state.off")
        box(page, "problem").fill(PROBLEM)
        page.context.set_offline(False)
        page.wait_for_selector(KEPT)

        # The database goes away under the next words, and comes back
        embedded.stop(data)
        box(page, "solution").fill(SOLUTION)
        box(page, "solution").blur()
        page.wait_for_selector(".state.off")
        box(page, "result").fill(RESULT)
        embedded.start(data)
        page.wait_for_selector(KEPT)
        page.click("button[name=next]")
        page.wait_for_url("**/steps/")

        # The worker is killed at the moment of sending; its letter comes all the same
        draft = page.url.split("/add/")[1].split("/")[0]
        page.goto(f"{base}/ky/practices/add/{draft}/send/")
        page.check("#agreed-publish")
        os.kill(worker_of(data), signal.SIGKILL)
        page.click("main form button")
        page.wait_for_url("**/practices/mine/**")
        assert eventually(
            lambda: any(TITLE in one["subject"] for one in post_box(data)), seconds=120
        )

        kept = practice_in(data)
        assert kept["title_ky"] == TITLE
        assert kept["status"] == "submitted"
        from publishing.richtext import html_to_typed

        assert html_to_typed(kept["problem_ky"]) == PROBLEM
        assert html_to_typed(kept["solution_ky"]) == SOLUTION
        assert html_to_typed(kept["result_ky"]) == RESULT
    finally:
        portal.send_signal(signal.SIGINT)
        try:
            portal.communicate(timeout=30)
        finally:
            portal.kill()
            embedded.release(data)


def is_up(page, base) -> bool:
    try:
        return page.request.get(f"{base}/readyz").ok
    except Error:
        return False
