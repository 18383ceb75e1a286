"""Partners in a browser: every page readable for all, and a change from its proposal to its page."""

import pytest
from django.urls import reverse
from django.utils import translation

from tests import factories
from tests.admin_forms import address
from tests.browser.test_admin_csp import open_admin  # noqa: F401  a fixture
from tests.browser.test_contribution import sign_in
from tests.browser.test_public import DESK, OF_COLOUR, PHONE, STICKING_OUT, violations
from tests.factories_journal import make_article, make_partner, make_project
from tests.pages import LANGUAGES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEW = "Айылдарга суу тартууга жардам берет – өз күчү менен"


@pytest.fixture
def partner(media_root):
    """A published partner with all it may show, and an editor of its own."""
    found = make_partner(
        "published",
        description_ky="<p>Биз 2011-жылдан бери иштейбиз.</p>",
        description_ru="<p>Мы работаем с 2011 года.</p>",
        site="https://example.org/a-long-address-of-an-organisation/",
        phone="0312 12 34 56",
        address_ky="Бишкек",
        address_ru="Бишкек",
        roles=["founder", "content"],
    )
    found.themes.add(factories.theme())
    type(found).logo.related.related_model.objects.create(
        partner=found,
        alt_ky="Белги",
        alt_ru="Знак",
        file=factories.upload("a.jpg", factories.picture()),
    )
    make_project(partner=found, themes=[factories.theme()], oblasts=[factories.oblast()])
    make_project(
        partner=found,
        is_countrywide=True,
        themes=[factories.theme("waste")],
        starts_on="2024-01-01",
        ends_on="2024-06-01",
    )
    make_article("published").partners.add(found)
    user = factories.make_user("Partner editor", is_staff=False, language="ky")
    found.editors.add(user)
    found.staff = user
    return found


def path_of(partner, name, language) -> str:
    with translation.override(language):
        return reverse(f"partners:{name}", args=[partner.slug] if name != "list" else [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_accessible_and_fit_a_phone(live_server, new_page, partner, language):
    page = new_page(viewport=PHONE)
    sign_in(page, live_server.url, partner.staff)
    with translation.override(language):
        paths = [
            reverse("partners:list"),
            reverse("partners:projects"),
            f"{reverse('partners:projects')}?from=2024&to=2026&local=1",
            partner.get_absolute_url(),
            path_of(partner, "edit", language),
            path_of(partner, "new_project", language),
        ]
    for path in paths:
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="light")
        page.goto(live_server.url + path)
        page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
        assert violations(page) == [], path
        assert page.evaluate(STICKING_OUT) == [], path
        page.emulate_media(color_scheme="dark")
        assert violations(page, OF_COLOUR) == [], path
        page.set_viewport_size(DESK)
        assert violations(page, OF_COLOUR) == [], path
        assert page.evaluate(STICKING_OUT) == [], path


def test_whole_table_of_gaps_is_seen_on_a_desk(live_server, new_page, partner):
    page = new_page(viewport=DESK)
    with translation.override("ru"):
        page.goto(live_server.url + reverse("partners:projects"))
    hidden = "document.querySelector('#table .scroll'), one.scrollWidth - one.clientWidth"
    assert page.evaluate(f"(one => {hidden.split(', ')[1]})({hidden.split(', ')[0]})") <= 0


@pytest.mark.parametrize("has_script", [True, False])
def test_change_goes_from_the_partner_to_its_page(
    live_server,
    new_page,
    open_admin,  # noqa: F811
    partner,
    has_script,
):
    page = new_page(viewport=PHONE, java_script_enabled=has_script)
    sign_in(page, live_server.url, partner.staff)
    page.goto(live_server.url + path_of(partner, "edit", "ky"))
    page.fill("[name=summary_ky]", NEW)
    page.click("section form .buttons button")
    assert NEW in page.locator(".panel").inner_text()
    page.goto(live_server.url + path_of(partner, "partner", "ky"))
    assert NEW not in page.content()

    proposal = partner.proposals.get()
    desk = open_admin(address(proposal))
    shown = desk.locator(".differences").inner_text()
    assert partner.summary_ky.split()[-1] in shown
    assert "өз күчү менен" in shown
    desk.click("[name=accept]")
    partner.refresh_from_db()
    assert partner.summary_ky == NEW
    page.reload()
    assert NEW in page.locator(".lead").inner_text()
    page.goto(live_server.url + path_of(partner, "edit", "ky"))
    assert page.locator(".panel").count() == 0
