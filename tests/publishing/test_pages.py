"""Pages kept by editors: about, how to contribute, licence, personal data …"""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone, translation
from django.utils.translation import gettext

from publishing.languages import LanguageState
from publishing.models import FormerSlug, Page
from publishing.workflow import Status, WithdrawalKind
from tests import factories, pages
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db
FIRST = ("about", "contribute", "licence", "personal-data", "accessibility", "contacts")


def make(**fields) -> Page:
    return factories.make_page(
        **{
            "status": Status.PUBLISHED,
            "published_at": timezone.now(),
            "state_ky": LanguageState.READY,
            "state_ru": LanguageState.READY,
            "slug": "water",
        }
        | fields
    )


@pytest.mark.parametrize("slug", FIRST)
@pytest.mark.parametrize("language", LANGUAGES)
def test_portal_comes_with_its_first_pages(client, slug, language):
    response = client.get(f"/{language}/about/{slug}/")
    assert response.status_code == 200
    page = Page.objects.get(slug=slug)
    tree = pages.document(response)
    assert pages.words(tree.find(".//h1")) == getattr(page, f"title_{language}")
    assert len(pages.main(response)) > 300
    assert not tree.xpath("//article[@lang]"), "the page is there in one language only"
    assert pages.meta(response, "description") == getattr(page, f"summary_{language}")
    beside = {f"/{language}/about/{each}/" for each in FIRST}
    assert beside <= set(pages.links(response))
    [current] = tree.xpath("//aside//a[@aria-current='page']")
    assert current.get("href") == f"/{language}/about/{slug}/"


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.SCHEDULED])
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_that_is_not_public_is_not_found(client, status, language):
    make(status=status, title_ky="Купуя барак", title_ru="Скрытая страница")
    assert client.get(f"/{language}/about/water/").status_code == 404
    text = client.get(f"/{language}/about/about/").content.decode()
    assert "Купуя" not in text
    assert "Скрытая" not in text


def test_withdrawn_page_is_gone(client):
    make(status=Status.WITHDRAWN, withdrawal_kind=WithdrawalKind.MISTAKE)
    for language in LANGUAGES:
        response = client.get(f"/{language}/about/water/")
        assert response.status_code == 410
        with translation.override(language):
            assert str(WithdrawalKind.MISTAKE.label) in pages.main(response)


def test_former_address_of_a_page_leads_on(client):
    page = make()
    FormerSlug.objects.create(
        content_type=ContentType.objects.get_for_model(Page), object_id=page.pk, slug="wasser"
    )
    response = client.get("/ru/about/wasser/")
    assert (response.status_code, response["Location"]) == (301, "/ru/about/water/")


@pytest.mark.parametrize(("there", "foreign"), [("ru", "ky"), ("ky", "ru")])
def test_page_in_one_language_says_so(client, there, foreign):
    make(
        original_language=there,
        **{f"{name}_{foreign}": "" for name in ("title", "body")},
        **{f"state_{foreign}": LanguageState.ABSENT},
    )
    response = client.get(f"/{foreign}/about/water/")
    tree = pages.document(response)
    assert tree.get("lang") == foreign
    [article] = tree.xpath("//article")
    assert article.get("lang") == there
    [notice] = pages.of_class(article, "notice")
    assert notice.get("lang") == foreign
    with translation.override(foreign):
        msgid = (
            "This page exists in Russian only so far; you read the original."
            if there == "ru"
            else "This page exists in Kyrgyz only so far; you read the original."
        )
        assert pages.words(notice) == gettext(msgid)
    [link] = tree.xpath(f"//aside//a[@href='/{foreign}/about/water/']")
    assert link.get("lang") == there
    assert not pages.of_class(pages.document(client.get(f"/{there}/about/water/")), "notice")


def test_text_of_an_editor_holds_nothing_that_runs(client):
    evil = "<script>alert(1)</script>"
    make(
        title_ky=evil,
        summary_ky=f'">{evil}',
        body_ky=f"<h2 onclick='x()'>Суу</h2>{evil}<p><a href='javascript:alert(2)'>а</a><img src=x onerror=y></p>",
    )
    response = client.get("/ky/about/water/")
    assert [script.split("/")[-1] for script in pages.scripts(response)] == ["portal.js"]
    tree = pages.document(response)
    assert pages.words(tree.find(".//h1")) == evil
    assert tree.xpath("//article/h2[text()='Суу']")
    assert not tree.xpath("//article//img | //article//a[starts-with(@href, 'javascript')]")


@pytest.mark.parametrize("rows", [1, 3])
def test_page_costs_the_same_with_more_pages(client, rows, django_assert_num_queries):
    for n in range(rows):
        make(slug=f"water-{n}")
    with django_assert_num_queries(2):
        client.get("/ky/about/water-0/")
