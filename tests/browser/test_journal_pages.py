"""The journal in a browser: every page readable for all, and an author at work by a signed link."""

import pytest
from django.urls import reverse
from django.utils import translation
from PIL import Image

from journal import remarks
from journal.body import paragraphs
from journal.choices import ArticleStatus, CreditRole, IssueStatus
from journal.letters import HAND_IN
from journal.models import Article, ArticlePicture, Credit
from people.actions import make_link
from people.roles import CHIEF_EDITOR
from publishing.workflow import move
from tests import factories
from tests.browser.test_contribution import KEPT, box
from tests.browser.test_public import DESK, NARROW, OF_COLOUR, PHONE, STICKING_OUT, violations
from tests.factories_journal import make_article, make_author, make_issue, make_partner
from tests.pages import LANGUAGES
from tests.test_dev import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {
    "ky": ("Муниципалитеттер аралык кызматташтык", "Айылда таза суу жетишсиз болчу. "),
    "ru": ("Межмуниципальное сотрудничество", "В селе не хватало чистой воды. "),
}
#: Letters and signs that go wrong on the way: ө ү ң, quotes, an emoji; long enough to be handed in.
TEXT = "## Көйгөй\n\n" + "Суу үч күндө бир келчү; «тазасы» — такыр жок 🙂. Ңөү. " * 60


def body(language: str, picture) -> str:
    """An article with everything one may hold."""
    heading, words = WORDS[language]
    return (
        f'<h2>{heading}</h2><p>{words * 3}<span class="footnote">{words}</span>.</p>'
        f'<figure><img src="/media/journal.articlepicture/{picture.uuid}/original.jpg"></figure>'
        f'<h2>{heading} 2</h2><blockquote class="pull"><p>{words}</p></blockquote>'
        f"<table><tbody><tr><th>{heading}</th><th>2023</th><th>2024</th><th>2025</th></tr>"
        "<tr><td>Кен-Булак</td><td>1 200 000</td><td>1 300 000</td><td>1 400 000</td></tr></tbody></table>"
        f'<h3>{heading}</h3><ol><li>{words}</li></ol><blockquote class="box"><p>{words}</p></blockquote>'
        f'<h2>{heading} 3</h2><p><a href="https://example.org">{words}</a></p>'
    )


@pytest.fixture
def article(media_root):
    """In an issue that is out in both languages, between two others, with all it may show."""
    issue = make_issue(
        status=IssueStatus.APPROVED, lead_ky="Сан жөнүндө.", lead_ru="О номере.", print_run=1500
    )
    issue.team.create(name_ky="Гүлмира", name_ru="Гульмира", task_ky="редактор", task_ru="редактор")
    practice = factories.make_practice("published")
    found = make_article(
        "approved",
        issue=issue,
        first_page=5,
        last_page=9,
        practices=[practice],
        correction_ky="Сан 12 эмес, 21.",
        sources_ky="Бюджет кодекси.\nhttps://example.org/a",
        sources_ru="Бюджетный кодекс.",
    )
    Credit.objects.create(article=found, author=make_author(), role=CreditRole.REVIEWER)
    found.partners.add(make_partner("published"))
    for is_lead in (True, False):
        picture = ArticlePicture.objects.create(
            article=found,
            is_lead=is_lead,
            file=factories.upload("a.jpg", factories.picture(size=(900, 600))),
            alt_ky="Булак",
            alt_ru="Родник",
            caption_ky="Жазында",
            caption_ru="Весной",
            author_ky="Э. Сүрөтчү",
            author_ru="Э. Фотограф",
        )
    for language in LANGUAGES:
        setattr(found, f"body_{language}", body(language, picture))
    found.save()
    make_article("approved", issue=issue, first_page=1)
    make_article("approved", issue=issue, first_page=10, part_of=found, part=2)
    chief = factories.make_user(CHIEF_EDITOR)
    for language in LANGUAGES:
        move(issue, "release", actor=chief, language=language)
    return found


def public_paths(article, language) -> list[str]:
    with translation.override(language):
        return [
            reverse("journal:archive"),
            article.issue.get_absolute_url(),
            article.get_absolute_url(),
            article.rubric.get_absolute_url(),
            reverse("journal:authors"),
            article.credits.first().author.get_absolute_url(),
            reverse("journal:suggest"),
            reverse("journal:subscribe"),
            reverse("journal:subscribe_asked"),
        ]


def look_through(page, path):
    """Axe finds nothing and nothing sticks out: phone and desk, light and dark, and very narrow."""
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    page.goto(path)
    page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
    assert violations(page) == [], path
    page.emulate_media(color_scheme="dark")
    assert violations(page, OF_COLOUR) == [], path
    for size in (DESK, PHONE, NARROW):
        page.set_viewport_size(size)
        assert page.evaluate(STICKING_OUT) == [], (path, size)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_accessible_and_fit_every_width(live_server, new_page, article, language):
    page = new_page(viewport=PHONE)
    for path in public_paths(article, language):
        look_through(page, live_server.url + path)


def test_number_of_a_note_stands_close_and_is_hit_by_a_thumb(live_server, new_page, article):
    page = new_page(viewport=PHONE)
    with translation.override("ru"):
        page.goto(live_server.url + article.get_absolute_url())
    # Between the mark and the full stop behind it is no more than a hair.
    gap = page.evaluate(
        """() => {
          const mark = document.querySelector('#r1'), range = document.createRange();
          range.setStart(mark.parentNode.nextSibling, 0);
          range.setEnd(mark.parentNode.nextSibling, 1);
          const words = document.createRange();
          words.selectNodeContents(mark);
          return range.getBoundingClientRect().left - words.getBoundingClientRect().right;
        }"""
    )
    assert 0 <= gap <= 3
    size = page.locator("#r1").bounding_box()
    assert min(size["width"], size["height"]) >= 15
    page.click("#r1")
    assert page.url.endswith("#n1")
    page.click("#n1 a")
    assert page.url.endswith("#r1")


def test_paper_shows_the_article_alone(live_server, new_page, article):
    page = new_page(viewport=DESK, color_scheme="dark")
    with translation.override("ky"):
        page.goto(live_server.url + article.get_absolute_url())
    page.emulate_media(media="print")
    for hidden in (".masthead .find", ".share", ".crumbs", ".turn", ".toc"):
        assert not page.locator(hidden).first.is_visible(), hidden
    for shown in ("h1", ".authors", ".pull", ".box", ".notes", "figure"):
        assert page.locator(shown).first.is_visible(), shown
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


# ---------------------------------------------------------------- an author, by a signed link


@pytest.fixture
def task(media_root):
    """An article its author has not begun."""
    return make_article(
        "ky_only", authors=[make_author(language="ky")], lead_ky="", body_ky="", sources_ky=""
    )


@pytest.fixture
def open_link(live_server, new_page, task):
    """open_link(): the author's page on a phone, as the link of the letter opens it."""

    def go(**options):
        page = new_page(viewport=PHONE, **options)
        token = make_link(purpose=HAND_IN, target=task, max_uses=None)
        page.goto(live_server.url + reverse("go", args=[token]))
        page.click("main form button")
        page.wait_for_selector("form[data-draft]")
        return page

    return go


def photo(tmp_path):
    path = tmp_path / "суу.jpg"
    Image.new("RGB", (640, 480), (40, 90, 120)).save(path, "JPEG")
    return str(path)


def typed(task) -> str:
    return paragraphs(Article.objects.get(pk=task.pk).body_ky)


@pytest.mark.parametrize("has_script", [True, False])
def test_author_writes_and_hands_in(open_link, task, tmp_path, has_script):
    page = open_link(java_script_enabled=has_script)
    box(page, "text").fill(TEXT)
    page.set_input_files("#id_pictures", photo(tmp_path))
    if has_script:
        page.wait_for_selector("fieldset.line img")
    else:
        page.click("form[data-draft] .buttons button:not([name])")
    picture = task.pictures.get()
    box(page, f"picture.{picture.pk}.alt").fill("Булак")
    box(page, "lead").fill("Суу айылга кантип жетти.")
    page.click("button[name=next]")
    page.wait_for_url("**/hand-in/")
    page.click(".todo a")  # who took the photo is still to be said
    box(page, f"picture.{picture.pk}.author").fill("Э. Сүрөтчү")
    page.click("button[name=next]")
    page.check("#rights")
    page.click("main form button")
    page.wait_for_selector("form[data-draft], form #rights", state="detached")
    page.wait_for_selector("main .notice h2")
    task.refresh_from_db()
    assert task.status == ArticleStatus.SUBMITTED
    assert [each.text for each in typed(task)][1].startswith("Суу үч күндө бир келчү; «тазасы»")
    assert task.pictures.get().alt_ky == "Булак"
    assert page.locator("form[data-draft]").count() == 0


def test_text_typed_before_the_script_came_outlives_a_photo(open_link, task, tmp_path):
    page = open_link()
    held = []
    page.route("**/draft*.js", lambda route: held.append(route))
    page.reload(wait_until="commit")
    box(page, "text").fill(TEXT)
    with page.expect_event("domcontentloaded"):
        while not held:
            page.wait_for_timeout(10)
        held[0].fallback()
    page.set_input_files("#id_pictures", photo(tmp_path))
    page.wait_for_selector("fieldset.line img")
    assert len(typed(task)) == 2


def test_cut_line_costs_the_author_no_word(open_link, task):
    page = open_link()
    box(page, "lead").fill("Башында мындай")
    box(page, "text").focus()
    page.wait_for_selector(KEPT)
    page.context.set_offline(True)
    box(page, "text").fill(TEXT)
    box(page, "lead").focus()
    page.wait_for_selector(".state.off")
    page.click("button[name=next]")
    assert box(page, "text").input_value() == TEXT
    assert typed(task) == []
    page.context.set_offline(False)
    assert eventually(lambda: len(typed(task)) == 2)
    task.refresh_from_db()
    assert task.lead_ky == "Башында мындай"


@pytest.mark.parametrize("has_script", [True, False])
def test_remark_is_answered(open_link, task, has_script):
    Article.objects.filter(pk=task.pk).update(body_ky="<p>Суу жетпейт.</p><p>Башкасы.</p>")
    task.refresh_from_db()
    first = paragraphs(task.body_ky)[0]
    remarks.remark(
        task,
        language="ky",
        seen={"number": 0, "digest": first.digest, "quote": first.text},
        text="Канча киши?",
        by=factories.make_user(CHIEF_EDITOR),
    )
    page = open_link(java_script_enabled=has_script)
    page.goto(page.url.split("?")[0].rstrip("/") + "/remarks/")
    look_at = page.locator(".notice.warn", has_text="Канча киши?")
    look_at.locator("textarea").fill("640 киши.\nЭсеп – айыл өкмөтүнөн.")
    look_at.locator("button").first.click()
    assert eventually(lambda: task.comments.count() == 2)
    answer = task.comments.order_by("pk").last()
    assert answer.is_authors
    assert answer.text == "640 киши.\nЭсеп – айыл өкмөтүнөн."
    assert "640 киши." in page.locator("main").inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_the_author_are_accessible(open_link, live_server, task, tmp_path, language):
    task.pictures.create(file=factories.upload("a.jpg", factories.picture()))
    Article.objects.filter(pk=task.pk).update(body_ky="<p>Суу жетпейт.</p>")
    page = open_link()
    with translation.override(language):
        for name in ("writing", "hand_in", "author_remarks"):
            look_through(page, live_server.url + reverse(f"journal:{name}", args=[task.uuid]))
