"""The whole way, as a new reader and a new editor would walk it."""

import re

import pytest

from practices.models import Practice
from publishing.models import AuditEvent
from publishing.workflow import Status
from search import index
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def practices(media_root):
    shown = factories.make_practice("published", title_ky="Суу сааты", title_ru="Водный счётчик")
    factories.make_practice(
        "published", theme=factories.theme("budget"), municipality=factories.town("Ош шаары")
    )
    return shown


def test_reader_finds_a_practice_switches_the_language_and_takes_the_sheet(
    live_server, page, practices
):
    index.drain()
    page.goto(f"{live_server.url}/ky/")
    page.fill(".masthead input[name=q]", "суу сааты")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=*")
    page.click(".found h3 a >> nth=0")
    page.wait_for_url("**/ky/practices/*/")
    assert page.locator("h1").inner_text() == "Суу сааты"

    page.click(".languages a[lang=ru]")
    page.wait_for_url("**/ru/practices/*/")
    assert page.locator("h1").inner_text() == "Водный счётчик"

    page.goto(f"{live_server.url}/ru/practices/?theme=drinking-water")
    page.click(".facets > summary")
    page.locator(".facets summary", has_text="Область").click()
    option = page.locator(".facets a[href*='oblast=']").first
    told = int(option.locator("span").last.inner_text())
    option.click()
    page.wait_for_url("**oblast=*")
    assert page.locator(".card").count() == told == 1
    assert "theme=drinking-water" in page.url

    sheet = page.request.get(f"{live_server.url}/ru/practices/{practices.slug}/passport.pdf")
    assert sheet.body().startswith(b"%PDF-")
    assert len(sheet.body()) <= 120_000


def test_editor_edits_both_languages_sends_one_back_and_publishes_another(
    live_server, new_page, media_root
):
    chief = factories.make_user("Theme editor", "Chief editor", email="chief@example.org")
    chief.set_password("a long enough one")
    chief.save()
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=chief, email=chief.email, verified=True, primary=True)
    review = factories.make_practice("publishable", status=Status.IN_REVIEW)
    ready = factories.make_practice("publishable", status=Status.READY)
    page = new_page(viewport={"width": 1280, "height": 900})

    page.goto(f"{live_server.url}/ru/account/login/?next=/admin/")
    page.fill("input[name=login]", chief.email)
    page.click("main details summary")
    page.fill("input[name=password]", "a long enough one")
    page.click("button[name=way]")
    page.wait_for_url("**/admin/")

    page.goto(f"{live_server.url}/admin/practices/practice/{ready.pk}/change/")
    page.fill("#id_title_ky", "Жаңы аталыш")
    page.fill("#id_title_ru", "Новое название")
    page.click("input[name=_continue]")
    page.wait_for_selector(".messagelist .success")
    page.click("form[action*='/move/publish/'] button")
    page.wait_for_load_state()
    ready.refresh_from_db()
    assert ready.status == Status.PUBLISHED
    page.goto(f"{live_server.url}{ready.get_absolute_url()}".replace("/ru/", "/ky/"))
    assert page.locator("h1").inner_text() == "Жаңы аталыш"

    page.goto(f"{live_server.url}/admin/practices/practice/{review.pk}/change/")
    page.click("form[action*='/move/send_back/'] button")
    page.wait_for_selector("textarea[name=reason]")
    page.fill("textarea[name=reason]", "Нет цифр в результате")
    page.click(".submit-row input[type=submit]")
    page.wait_for_url(re.compile(r"/change/$|/practice/$"))
    review.refresh_from_db()
    assert review.status == Status.NEEDS_CHANGES
    event = AuditEvent.about(review).first()
    assert (event.action, event.reason) == ("send_back", "Нет цифр в результате")
    assert Practice.objects.published().get() == ready
