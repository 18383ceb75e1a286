"""The card index and the page of a practice: what they show, to whom, at what price in queries."""

import io
import json
from datetime import date, timedelta
from urllib.parse import unquote
from uuid import uuid4

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from PIL import Image
from pypdf import PdfReader

from places.models import District
from practices.choices import (
    AdoptionStatus,
    Evidence,
    Initiative,
    Kind,
    Participation,
    UpkeepPayer,
    VulnerableGroup,
)
from practices.models import Practice
from practices.views.public import PAGE_SIZE
from publishing.languages import LanguageState
from publishing.models import FormerSlug
from publishing.workflow import Status, WithdrawalKind
from search.index import drain
from search.terms import terms
from tests import factories, pages
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7|add:7 }}"
HOSTILE_RICH = (
    f"<p onclick='alert(3)'>{HOSTILE}</p><a href='javascript:alert(4)'>a</a><svg/onload=alert(5)>"
)


def address(practice, language="ky", name="detail") -> str:
    with translation.override(language):
        return reverse(f"practices:{name}", args=[practice.slug])


def listed(client, query="", language="ky") -> list[str]:
    return pages.heads(client.get(f"/{language}/practices/{query}"))


def many(count: int, **fields) -> None:
    """Published practices by the dozen, made in one go: what a list needs, without rows."""
    first = factories.make_practice("published", **fields)
    copies = []
    for n in range(1, count):
        copy = Practice.objects.get(pk=first.pk)
        copy.pk, copy.uuid, copy.number = None, uuid4(), first.number + 1000 + n
        copy.slug, copy.title_ky = f"{first.slug}-{n}", f"{first.title_ky} {n:02}"
        copies.append(copy)
    Practice.objects.bulk_create(copies)


def say(language, msgid) -> str:
    with translation.override(language):
        return gettext(msgid)


# ---------------------------------------------------------------- one practice


def make_rich(rows: int = 1, **fields) -> Practice:
    """A published practice with everything a page shows; `rows` of each kind of row."""
    practice = factories.make_practice(
        "published",
        **{
            "beneficiaries_count": 1240,
            "women_count": 610,
            "evidence_level": Evidence.MEASURED,
            "finished_on": date(2024, 5, 1),
            "competence": "local",
            "kenesh_decision": "yes",
            "suits_groups": ["border"],
            "needs": ["electricity"],
            "suits_population_min": 2000,
            "office_phone": "+996 (3138) 12-34-56",
            "mobile_phone": "+996700123456",
            "contact_name": "Асанова Айгүл",
            "editor_note": "Телефон чалуу керек",
            "can_visit": True,
            "scale_by": "people",
            "scale_quantity": 1240,
            "tags": [factories.make_tag("суу", "вода")],
        }
        | fields,
    )
    for n in range(1, rows + 1):
        practice.measurements.create(
            position=n,
            indicator_ky=f"Суу {n}",
            indicator_ru=f"Вода {n}",
            unit_ky="саат",
            unit_ru="часов",
            before=4 + n,
            after=24,
            before_year=2022,
            after_year=2024,
        )
        practice.funding.create(
            position=n, source="local_budget", amount=150_000, name_ky="Аймак", name_ru="Аймак"
        )
        practice.legal_basis.create(
            position=n,
            act_ky=f"Мыйзам {n}",
            act_ru=f"Закон {n}",
            article_ky="34-берене",
            article_ru="ст. 34",
            edition_on=date(2021, 10, 20),
        )
        practice.obstacles.create(
            position=n,
            barrier="finance",
            text_ky="Акча жетпеди",
            text_ru="Не хватало денег",
            how_overcome_ky="Ашар",
            how_overcome_ru="Ашар",
        )
        practice.links.create(
            position=n,
            title_ky="Видео",
            title_ru="Видео",
            url="https://video.example.org/1",
            minutes=4,
        )
        practice.evidence.create(
            level=n - 1, on=date(2024, 6, n), note_ky="Баракча", note_ru="Лист", by_ky="редактор"
        )
        practice.photos.create(
            position=n,
            alt_ky=f"Түтүк {n}",
            alt_ru=f"Труба {n}",
            caption_ky="Жайында",
            caption_ru="Летом",
            file=factories.upload("a.jpg", factories.picture()),
        )
        step = practice.steps.get(position=n)
        step.template = practice.documents.first()
        step.typical_mistake_ky, step.typical_mistake_ru = "Шашуу", "Спешка"
        step.save()
        factories.make_adoption(
            practice, "counted", adaptation_ky="Кыскараак", adaptation_ru="Короче"
        )
        other = factories.make_practice("published")
        practice.related.add(other)
    practice.refresh_languages()
    practice.save()
    return practice


@pytest.mark.parametrize("language", LANGUAGES)
def test_practice_is_told_in_the_language_of_the_page(client, media_root, language):
    practice = make_rich()
    response = client.get(address(practice, language))
    assert response.status_code == 200
    assert response["Content-Language"] == language
    tree = pages.document(response)
    assert tree.get("lang") == language
    text = pages.main(response)
    own = {
        "ky": [
            "көчөдө суу түтүгү",
            "Суу жок болчу.",
            "Суу 1, саат",
            "Мыйзам 1, 34-берене",
            "Шашуу",
        ],
        "ru": [
            "Водопровод на улице",
            "Воды не было.",
            "Вода 1, часов",
            "Закон 1, ст. 34",
            "Спешка",
        ],
    }
    for each in LANGUAGES:
        for expected in own[each]:
            assert (expected in text) is (each == language), expected
    for shown in ("1 240", "450 000", "20 000", "2023", "+996 (3138) 12-34-56"):
        assert shown in text
    assert not tree.xpath("//article[@lang]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_practice_page_says_in_order_what_a_reader_asks(client, media_root, language):
    response = client.get(address(make_rich(), language))
    found = [section.get("id") for section in pages.document(response).xpath("//section[@id]")]
    story = ["problem", "solution", "steps", "result", "cost", "law", "lessons"]
    assert [name for name in found if name in story] == story
    assert {"adoptions", "contact", "files", "trust"} <= set(found)
    tree = pages.document(response)
    ids = {node.get("id") for node in tree.xpath("//*[@id]")}
    inner = {link[1:] for link in pages.links(response) if link.startswith("#")}
    assert inner <= ids, "a link leads to nowhere on the page"


def test_texts_of_editors_become_paragraphs_and_keep_their_numbers_whole(client):
    practice = factories.make_practice(
        "published",
        lessons_ky="Адегенде 2 400 сом.\n\nАндан кийин <b>эсептегич</b>.",
        problem_ky="<p>Суу 12 саат жок болчу, 1 250 000 сом кетти.</p>",
    )
    tree = pages.document(client.get(address(practice)))
    lessons = tree.get_element_by_id("lessons").findall("p")
    assert [lesson.text_content() for lesson in lessons[:2]] == [
        "Адегенде 2\u00a0400\u00a0сом.",
        "Андан кийин <b>эсептегич</b>.",
    ]
    assert "1\u00a0250\u00a0000\u00a0сом" in tree.get_element_by_id("problem").text_content()


def test_practice_says_for_whom_it_is_and_who_took_part(client):
    other = factories.make_municipality(name_ky="Коңшу айыл аймагы")
    practice = factories.make_practice(
        "published",
        beneficiaries_ky="Үч айылдын үй-бүлөлөрү",
        who_took_part_ky="Ашарга 40 киши чыкты",
        women_count=610,
        beneficiaries_count=1240,
        vulnerable_groups=["elderly"],
        initiative="residents",
        participation="done_by_residents",
        place_text_ky="Жогорку көчө",
        themes_extra=[factories.theme("waste")],
        tags=[factories.make_tag("ашар", "ашар")],
    )
    practice.other_municipalities.add(other)
    response = client.get(address(practice))
    text = pages.main(response)
    with translation.override("ky"):
        labels = [Initiative.RESIDENTS, Participation.DONE_BY_RESIDENTS, VulnerableGroup.ELDERLY]
        shown = [str(value.label) for value in labels]
    for expected in (
        "Үч айылдын үй-бүлөлөрү", "Ашарга 40 киши чыкты", "610", "Жогорку көчө", "ашар", *shown
    ):  # fmt: skip
        assert expected in text
    assert {f"/ky/municipalities/{other.code}/", "/ky/themes/waste/"} <= set(pages.links(response))
    bare = client.get(address(factories.make_practice("published")))
    assert not pages.document(bare).xpath("//section[@id='people']")


def test_first_measured_result_stands_in_the_passport(client, media_root):
    [strip] = pages.of_class(pages.document(client.get(address(make_rich(2)))), "passport")
    rows = [pages.words(row) for row in strip.findall("div")]
    assert any("5 → 24" in row and "Суу 1, саат" in row for row in rows)


def test_practice_page_keeps_what_is_not_for_the_public(client, media_root):
    practice = make_rich()
    text = client.get(address(practice)).content.decode()
    for secret in ("700123456", "Асанова", "Телефон чалуу керек"):
        assert secret not in text
    practice.contact_name_public = True
    practice.save()
    assert "Асанова" in client.get(address(practice)).content.decode()


def test_adoption_that_is_not_public_is_not_shown(client):
    practice = factories.make_practice("published")
    unit = factories.make_municipality(name_ky="Жашыруун айыл аймагы")
    factories.make_adoption(practice, "counted", municipality=unit, is_public=False)
    response = client.get(address(practice))
    assert "Жашыруун" not in response.content.decode()
    section = pages.document(response).get_element_by_id("adoptions")
    assert section.xpath(".//li | .//img") == []
    assert response.context["practice"].adoptions_count == 0


def test_document_with_macros_is_not_offered(client):
    practice = factories.make_practice("published")
    practice.documents.create(
        title_ky="Кооптуу",
        language="ky",
        file=factories.upload("a.docx", factories.docx({"word/vbaProject.bin": b"x"})),
    )
    text = pages.main(client.get(address(practice)))
    assert "Токтомдун үлгүсү" in text
    assert "Кооптуу" not in text


def test_document_is_listed_with_kind_size_and_language(client):
    practice = factories.make_practice("published")
    document = practice.documents.get()
    response = client.get(address(practice, "ru"))
    [row] = [
        node
        for node in pages.document(response).xpath("//li")
        if "Образец решения" in pages.words(node)
    ]
    assert "DOCX" in pages.words(row)
    assert "1 КБ" in pages.words(row)
    assert row.find("a").get("href") == document.src
    assert row.find("a").get("hreflang") == "ky"
    got = client.get(document.src)
    assert got.status_code == 200
    b"".join(got.streaming_content)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.NEEDS_CHECK, {"ky": "2023", "ru": "2023"}),
        (Status.OUTDATED, {"ky": "2023", "ru": "2023"}),
        (Status.ARCHIVED, {"ky": "", "ru": ""}),
    ],
)
def test_practice_says_when_its_data_are_old(client, status, words):
    practice = factories.make_practice("published", status=status)
    for language in LANGUAGES:
        response = client.get(address(practice, language))
        notices = pages.of_class(pages.document(response), "notice")
        assert response.status_code == 200
        assert any(words[language] in pages.words(notice) for notice in notices)
    assert not pages.of_class(
        pages.document(client.get(address(factories.make_practice("published")))), "warn"
    )


@pytest.mark.parametrize(
    ("trait", "there", "foreign"), [("ru_only", "ru", "ky"), ("ky_only", "ky", "ru")]
)
def test_practice_in_one_language_is_shown_as_it_is_and_says_so(client, trait, there, foreign):
    practice = factories.make_practice("published", trait)
    own, other = (pages.document(client.get(address(practice, each))) for each in (there, foreign))
    assert own.xpath("//article[.//h1]")[0].get("lang") is None
    assert other.get("lang") == foreign
    article = other.xpath("//article[.//h1]")[0]
    assert article.get("lang") == there
    assert pages.words(article.find(".//h1")) == getattr(practice, f"title_{there}")
    notice = say(
        foreign,
        "This practice exists in Russian only so far; you read the original."
        if there == "ru"
        else "This practice exists in Kyrgyz only so far; you read the original.",
    )
    assert notice in pages.words(other)
    assert notice not in pages.words(own)
    card = pages.of_class(pages.document(client.get(f"/{foreign}/practices/")), "card")[0]
    assert card.find("h3").get("lang") == there
    assert pages.meta(client.get(address(practice, foreign)), "og:locale")[:2] == there


def test_interface_inside_a_foreign_text_is_marked_as_its_own(client):
    """The page's words between the article's foreign ones are read out in the page's language."""
    practice = factories.make_practice("published", "ru_only")
    tree = pages.document(client.get(address(practice, "ky")))
    for heading in tree.xpath("//section[@id]/h2"):
        nearest = heading.xpath("ancestor-or-self::*[@lang][1]")[-1]
        assert nearest.get("lang") == "ky", pages.words(heading)


def test_text_of_a_draft_translation_is_nowhere(client):
    practice = factories.make_practice(
        "published", state_ru=LanguageState.DRAFT, title_ru="Черновик перевода", promise_ru="Тайна"
    )
    assert practice.state_ru == LanguageState.DRAFT
    for url in (
        address(practice, "ru"),
        "/ru/practices/",
        "/ru/",
        f"/ru/themes/{practice.theme.slug}/",
        f"/ru/municipalities/{practice.municipality.code}/",
    ):
        text = client.get(url).content.decode()
        assert practice.title_ky in text
        assert "Черновик перевода" not in text
        assert "Тайна" not in text


# ---------------------------------------------------------------- who may see it


HIDDEN = {
    "draft": {"status": Status.DRAFT},
    "submitted": {"status": Status.SUBMITTED},
    "scheduled": {"status": Status.SCHEDULED},
    "rejected": {"status": Status.REJECTED},
    "ahead": {"status": Status.PUBLISHED, "ahead": True},
}


CASES = [(case, LANGUAGES[n % 2]) for n, case in enumerate(HIDDEN)]


def hidden_practice(case) -> Practice:
    fields = dict(HIDDEN[case])
    moment = timezone.now() + timedelta(days=1) if fields.pop("ahead", False) else None
    return factories.make_practice(
        "published",
        **fields,
        published_at=moment,
        number=777,
        title_ky="Купуя долбоор",
        title_ru="Скрытая практика",
        cost_once=7,
        started_on=date(1999, 1, 1),
        kind=Kind.LESSON,
        municipality=factories.town("Ош шаары"),
        theme=factories.theme("waste"),
    )


@pytest.mark.parametrize(("case", "language"), CASES)
def test_what_is_not_public_has_no_address(client, media_root, case, language):
    practice = hidden_practice(case)
    photo = practice.photos.create(
        alt_ky="Түтүк", file=factories.upload("a.jpg", factories.picture())
    )
    factories.make_adoption(practice, "counted", municipality=factories.town())
    for url in (
        address(practice, language),
        address(practice, language, "passport"),
        address(practice, language, "share_image"),
        address(practice, language, "calculator"),
        address(practice, language, "whatsapp"),
        "/p/777",
        "/p/P-777",
        practice.documents.get().src,
        photo.url("original.jpg"),
    ):
        response = client.get(url)
        assert response.status_code == 404, url
        assert practice.title_in(language) not in response.content.decode()


@pytest.mark.parametrize(("case", "language"), CASES)
def test_what_is_not_public_is_on_no_page(client, case, language):
    practice = hidden_practice(case)
    beside = factories.make_practice(
        "published", theme=factories.theme("waste"), municipality=factories.town("Ош шаары")
    )
    beside.related.add(practice)
    factories.make_adoption(practice, "counted", municipality=factories.town("Ош шаары"))
    for url in (
        "",
        "practices/",
        "practices/?q=Купуя",
        "practices/?theme=waste&sort=cheapest",
        "themes/waste/",
        "municipalities/",
        f"municipalities/{practice.municipality.code}/",
        f"practices/{beside.slug}/",
    ):
        response = client.get(f"/{language}/{url}")
        assert response.status_code == 200
        assert practice.title_in(language) not in response.content.decode(), url
        assert practice.slug not in response.content.decode(), url
    facets = {
        facet.name: facet for facet in client.get(f"/{language}/practices/").context["facets"]
    }
    assert {name: [(option.value, option.count) for option in facets[name].options] for name in (
        "theme", "year", "kind", "cost"
    )} == {
        "theme": [("waste", 1)],
        "year": [("2023", 1)],
        "kind": [("practice", 1)],
        "cost": [("c", 1)],
    }  # fmt: skip
    themes = client.get(f"/{language}/themes/").context["themes"]
    assert {theme.slug: theme.practices_count for theme in themes}["waste"] == 1


@pytest.mark.parametrize(
    ("kind", "language"), [(kind, LANGUAGES[n % 2]) for n, kind in enumerate(WithdrawalKind)]
)
def test_withdrawn_practice_is_gone_and_says_why(client, kind, language):
    practice = factories.make_practice(
        "published", status=Status.WITHDRAWN, withdrawal_kind=kind, number=31
    )
    for name in ("detail", "passport", "calculator", "whatsapp"):
        response = client.get(address(practice, language, name))
        assert response.status_code == 410
        with translation.override(language):
            assert str(kind.label) in pages.main(response)
        assert practice.title_in(language) not in response.content.decode()
    assert client.get(address(practice, language, "share_image")).status_code == 404
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    printed = client.get("/p/31", follow=True)
    assert printed.status_code == 410
    with translation.override(language):
        assert str(kind.label) in pages.main(printed)
    assert practice.title_in(language) not in listed(client, language=language)


def test_former_address_leads_to_the_present_one(client):
    practice = factories.make_practice("published")
    FormerSlug.objects.create(
        content_type_id=_content_type(practice), object_id=practice.pk, slug="before"
    )
    for language in LANGUAGES:
        response = client.get(f"/{language}/practices/before/")
        assert response.status_code == 301
        assert response["Location"] == address(practice, language)
    Practice.objects.filter(pk=practice.pk).update(status=Status.DRAFT)
    assert client.get("/ky/practices/before/").status_code == 404
    Practice.objects.filter(pk=practice.pk).update(status=Status.WITHDRAWN)
    assert client.get("/ky/practices/before/").status_code == 410


def _content_type(record) -> int:
    from django.contrib.contenttypes.models import ContentType

    return ContentType.objects.get_for_model(record).pk


def test_archived_practice_is_readable_but_on_no_list(client):
    practice = factories.make_practice("published", status=Status.ARCHIVED, number=12)
    response = client.get(address(practice))
    assert response.status_code == 200
    assert practice.title_ky in pages.main(response)
    assert client.get("/p/12").status_code == 302
    for url in ("/ky/practices/", "/ky/", f"/ky/themes/{practice.theme.slug}/"):
        assert practice.title_ky not in client.get(url).content.decode()


@pytest.mark.parametrize("slug", ["no-such", "a" * 80])
def test_practice_that_never_was_is_not_found(client, slug):
    assert client.get(f"/ky/practices/{slug}/").status_code == 404


@pytest.mark.parametrize("name", ["detail", "passport", "share_image", "calculator", "whatsapp"])
def test_practice_is_only_read(client, name):
    practice = factories.make_practice("published")
    assert client.post(address(practice, name=name)).status_code == 405
    assert client.post("/ky/practices/").status_code == 405


# ---------------------------------------------------------------- hostile words


def hostile_practice() -> Practice:
    unit = factories.make_municipality(
        name_ky=HOSTILE[:120], name_ru=HOSTILE[:120], former_names=[HOSTILE[:120]]
    )
    texts = {}
    rich = {"problem", "solution", "result"}
    for name in Practice.translated_field_names():
        limit = Practice._meta.get_field(name).max_length
        for language in LANGUAGES:
            texts[f"{name}_{language}"] = (HOSTILE_RICH if name in rich else HOSTILE)[:limit]
    practice = factories.make_practice(
        "published",
        **texts,
        municipality=unit,
        slug="hostile",
        number=66,
        contact_name=HOSTILE[:120],
        contact_name_public=True,
        office_phone=HOSTILE[:40],
        author_name=HOSTILE,
        evidence_level=5,
        upkeep_payer=UpkeepPayer.TARIFF,
        scale_by="people",
        scale_quantity=10,
        tags=[factories.make_tag(HOSTILE[:90], HOSTILE[:90])],
    )
    practice.steps.all().delete()
    rows = {
        "measurements": {"before": 1, "after": 2},
        "steps": {"days": 2},
        "funding": {"source": "donor", "amount": 5},
        "legal_basis": {"url": "https://example.org/?a=1&b=\"'><script>"},
        "obstacles": {"barrier": "law_gap"},
        "evidence": {"level": 1, "on": date(2024, 1, 1)},
        "links": {"url": "https://example.org/\"'><script>alert(1)</script>"},
        "photos": {"file": factories.upload("a.jpg", factories.picture()), "author": HOSTILE[:120]},
        "documents": {
            "file": factories.upload("a.docx", factories.docx()), "language": "ky", "kind": "sheet"
        },
        "adoptions": {
            "municipality": factories.make_municipality(name_ky=HOSTILE[:120], name_ru=HOSTILE[:120]),
            "status": AdoptionStatus.SUSTAINED,
            "confirmed_on": date(2024, 1, 1),
        },
    }  # fmt: skip
    for relation, values in rows.items():
        manager = getattr(practice, relation)
        model = manager.model
        texts = {
            f"{name}_{language}": HOSTILE[: model._meta.get_field(name).max_length]
            for name in model.translated_field_names()
            for language in LANGUAGES
        }
        manager.create(**(texts | values))
    return practice


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_words_are_only_words(client, media_root, language):
    practice = hostile_practice()
    unit = practice.municipality
    adopter = practice.adoptions.get().municipality
    quiet = pages.scripts(client.get(f"/{language}/about/about/"))
    for url in (
        f"practices/{practice.slug}/",
        f"practices/{practice.slug}/cost/?quantity=5",
        "practices/",
        "",
        f"themes/{practice.theme.slug}/",
        "municipalities/",
        f"municipalities/{unit.code}/",
        f"municipalities/{adopter.code}/",
    ):
        response = client.get(f"/{language}/{url}")
        assert response.status_code == 200, url
        assert "alert(1)" in response.content.decode(), f"{url}: nothing hostile to escape"
        assert pages.scripts(response) == quiet, url
        assert not pages.document(response).xpath(
            "//img[@src='x'] | //*[local-name()='svg'][@onload]"
        )
        assert "14" not in pages.words(pages.document(response).find(".//h1"))
    detail = client.get(address(practice, language))
    assert pages.linked_data(detail)["headline"] == getattr(practice, f"title_{language}")
    assert b"</script><img" not in detail.content


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_words_in_the_address_are_only_words(client, language):
    quiet = pages.scripts(client.get(f"/{language}/practices/"))
    for key in (
        "q",
        "theme",
        "oblast",
        "place",
        "cost",
        "year",
        "evidence",
        "kind",
        "sort",
        "page",
    ):
        response = client.get(f"/{language}/practices/", {key: HOSTILE})
        assert response.status_code == 200
        assert pages.scripts(response) == quiet
        assert "<script>alert" not in response.content.decode()


# ---------------------------------------------------------------- the list


def facet_links(response) -> list[tuple[str, str, int]]:
    """(facet, address, figure) as the page draws them."""
    found = []
    for details in pages.of_class(pages.document(response), "facet"):
        name = pages.words(details.find("summary"))
        for link in details.iter("a"):
            figure = int(pages.words(link.findall("span")[-1]).replace(" ", ""))
            found.append((name, link.get("href"), figure))
    return list(dict.fromkeys(found))


@pytest.fixture
def varied():
    """Practices that differ in everything the list can be narrowed by."""
    districts = District.objects.order_by("oblast__code", "code")
    places = [
        *(factories.make_municipality(district=district) for district in districts[::13]),
        factories.town("Нарын шаары"),
        factories.town("Ош шаары"),
    ]
    themes = [factories.theme(slug) for slug in ("waste", "drinking-water", "budget")]
    traits = ((), ("ru_only",), ("ky_only",), ())
    for n in range(10):
        factories.make_practice(
            "published",
            *traits[n % 4],
            theme=themes[n % 3],
            themes_extra=[themes[(n + 1) % 3]] if n % 2 else [],
            municipality=places[n % len(places)],
            cost_once=(30_000, 90_000, 700_000, 2_000_000, 9_000_000)[n % 5],
            started_on=date(2019 + n % 4, 5, 1),
            evidence_level=n % 6,
            kind=Kind.values[n % 3],
            title_ky="" if n % 4 == 1 else f"Суу {n}",
            title_ru="" if n % 4 == 2 else f"Вода {n}",
        )
    drain()


@pytest.mark.parametrize(
    ("language", "start"),
    [("ky", ""), ("ru", "?theme=budget&kind=method"), ("ky", "?language=ru"), ("ru", "?q=суу")],
)
def test_every_figure_of_a_facet_is_what_the_list_then_shows(client, varied, language, start):
    response = client.get(f"/{language}/practices/{start}")
    drawn = facet_links(response)
    assert {facet.name for facet in response.context["facets"] if facet.options} == {
        "theme", "oblast", "place", "cost", "year", "evidence", "language", "kind"
    }  # fmt: skip
    chosen = response.context["filter"].chosen
    for name, query, figure in drawn:
        after = client.get(f"/{language}/practices/{query}")
        count = after.context["page"].paginator.count
        if len(after.context["filter"].chosen) < len(chosen):
            # The value chosen already: a click takes it away, its figure is the present list's.
            assert figure == response.context["page"].paginator.count, (name, query)
        else:
            assert figure == count > 0, (name, query)
            assert len(pages.heads(after)) == min(count, PAGE_SIZE)


def test_theme_facet_counts_further_themes_once(client):
    waste, water = factories.theme("waste"), factories.theme("drinking-water")
    factories.make_practice("published", theme=waste, themes_extra=[water])
    factories.make_practice("published", theme=waste, themes_extra=[waste])
    response = client.get("/ky/practices/")
    [facet] = [facet for facet in response.context["facets"] if facet.name == "theme"]
    assert {option.value: option.count for option in facet.options} == {
        "waste": 2, "drinking-water": 1
    }  # fmt: skip
    assert len(listed(client, "?theme=waste")) == 2
    assert len(listed(client, "?theme=drinking-water")) == 1


@pytest.mark.parametrize(
    "query",
    [
        "?theme=no-such",
        "?oblast=1",
        "?cost=z",
        "?year=20x3",
        "?year=99999999999999999999",
        "?year=20231",
        "?year=²",
        "?evidence=9",
        "?language=en",
        "?kind=' OR 1=1",
        "?place=%00",
        "?theme=waste%00",
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_filter_is_left_out_and_said(client, query, language):
    factories.make_practice("published")
    response = client.get(f"/{language}/practices/{query}")
    assert response.status_code == 200
    assert len(pages.heads(response)) == 1
    said = say(language, "One of the filters in the address is not known and was left out.")
    assert said in pages.main(response)
    assert said not in pages.main(client.get(f"/{language}/practices/?theme=drinking-water"))


@pytest.mark.parametrize("query", ["?sort=no", "?page=x", "?page=-1", "?q=%00", "?q=" + "а" * 300])
def test_odd_addresses_are_answered(client, query):
    factories.make_practice("published")
    assert client.get(f"/ky/practices/{query}").status_code == 200


def test_words_are_found_without_kyrgyz_letters(client):
    factories.make_practice(
        "published",
        title_ky="Көчөнү жарык кылуу",
        title_ru="Освещение улицы",
        theme=factories.theme("budget"),
        **dict.fromkeys(("promise_ru", "problem_ru", "result_ru", "lessons_ru", "lessons_ky"), ""),
    )
    factories.make_practice("published", title_ky="Суу өлчөгүч", title_ru="Счётчик воды")
    drain()
    assert listed(client, "?q=кочону") == ["Көчөнү жарык кылуу"]
    assert listed(client, "?q=СЧЕТЧИК воды") == ["Суу өлчөгүч"]
    assert listed(client, "?q=" + "%D1%B3лчогуч") == ["Суу өлчөгүч"]
    assert listed(client, "?q=улица счётчик") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_empty_result_offers_ways_on(client, language):
    factories.make_practice("published")
    response = client.get(f"/{language}/practices/?theme=waste&q=жок&year=2023")
    assert pages.heads(response) == []
    [notice] = pages.of_class(pages.document(response), "notice")
    assert say(language, "Nothing was found.") in pages.words(notice)
    ways = [link.get("href") for link in notice.iter("a")]
    for way in ways:
        assert (
            client.get(way if way.startswith("/") else f"/{language}/practices/{way}").status_code
            == 200
        )
    assert {"?q=%D0%B6%D0%BE%D0%BA&year=2023", "?q=%D0%B6%D0%BE%D0%BA&theme=waste"} <= set(ways)
    assert "?theme=waste&year=2023" in ways
    assert {f"/{language}/practices/", f"/{language}/themes/"} <= set(ways)


def test_chosen_filters_can_be_taken_off_one_by_one(client):
    factories.make_practice("published")
    tree = pages.document(
        client.get("/ky/practices/?theme=drinking-water&year=2023&q=суу&sort=title")
    )
    [chosen] = pages.of_class(tree, "chosen")
    assert {link.get("href") for link in chosen.iter("a")} == {
        "?theme=drinking-water&year=2023&sort=title",
        "?q=%D1%81%D1%83%D1%83&year=2023&sort=title",
        "?q=%D1%81%D1%83%D1%83&theme=drinking-water&sort=title",
    }
    kept = {field.get("name"): field.get("value") for field in tree.xpath("//main//form//input")}
    assert kept == {"q": "суу", "theme": "drinking-water", "year": "2023", "sort": "title"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_list_is_ordered_four_ways(client, language):
    now = timezone.now()
    texts = {"ky": ("Үй", "Суу", "Өрт", "Уй"), "ru": ("Ель", "Вода", "Ёлка", "Ягода")}
    made = [
        factories.make_practice(
            "published",
            title_ky=texts["ky"][n],
            title_ru=texts["ru"][n],
            cost_once=cost,
            published_at=now - timedelta(days=n),
        )
        for n, cost in enumerate((500, 100, 0, None))
    ]
    for times, practice in ((2, made[3]), (1, made[1])):
        for _ in range(times):
            factories.make_adoption(practice, "counted")
    for _ in range(3):
        factories.make_adoption(made[0])  # only planned
    titles = texts[language]
    assert listed(client, "", language) == list(titles)
    assert listed(client, "?sort=adopted", language) == [titles[n] for n in (3, 1, 0, 2)]
    assert listed(client, "?sort=cheapest", language) == [titles[n] for n in (2, 1, 0, 3)]
    alphabet = {"ky": ["Өрт", "Суу", "Уй", "Үй"], "ru": ["Вода", "Ель", "Ёлка", "Ягода"]}
    assert listed(client, "?sort=title", language) == alphabet[language]
    [current] = pages.document(client.get(f"/{language}/practices/?sort=title")).xpath(
        "//ul[@class='sorts']//a[@aria-current]"
    )
    assert current.get("href") == "?sort=title"


def test_title_order_takes_the_other_language_where_there_is_one_only(client):
    for title in ("Вода", "Арык"):
        factories.make_practice("published", "ru_only", title_ru=title)
    factories.make_practice("published", "ky_only", title_ky="Бак")
    assert listed(client, "?sort=title", "ky") == ["Арык", "Бак", "Вода"]
    assert listed(client, "?sort=title", "ru") == ["Арык", "Бак", "Вода"]


def test_list_goes_page_by_page(client):
    many(PAGE_SIZE + 3)
    first, last = client.get("/ky/practices/"), client.get("/ky/practices/?page=2")
    beyond = client.get("/ky/practices/?page=999&theme=drinking-water")
    assert len(pages.heads(first)) == PAGE_SIZE
    assert len(pages.heads(last)) == 3
    assert pages.heads(beyond) == pages.heads(last)
    assert not set(pages.heads(first)) & set(pages.heads(last))
    assert {"?page=2"} <= set(pages.links(first))
    assert "?theme=drinking-water&page=1" in pages.links(beyond)
    assert pages.meta(last, "robots") == "noindex, follow"
    assert pages.meta(first, "robots") == ""
    [current] = pages.document(last).xpath("//ul[@class='pages']//a[@aria-current='page']")
    assert pages.words(current).endswith("2")


def test_order_of_equals_is_the_same_on_every_page(client):
    moment = timezone.now() - timedelta(hours=1)
    many(PAGE_SIZE + 5, cost_once=100, published_at=moment)
    for sort in ("newest", "adopted", "cheapest"):
        both = [title for page in (1, 2) for title in listed(client, f"?sort={sort}&page={page}")]
        assert len(set(both)) == PAGE_SIZE + 5


# ---------------------------------------------------------------- giving away


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatsapp_leads_to_whatsapp_with_the_text(client, language):
    practice = factories.make_practice("published", number=12)
    page = pages.document(client.get(address(practice, language)))
    [link] = page.xpath("//a[contains(@href, '/whatsapp/')]")
    assert "nofollow" in link.get("rel")
    response = client.get(link.get("href"))
    assert response.status_code == 302
    assert response["Location"].startswith("https://wa.me/?text=")
    text = unquote(response["Location"].partition("=")[2])
    assert practice.title_in(language).split("№")[0] in text
    assert text.endswith(f"{settings.SITE_URL}/p/P-12")
    assert page.xpath("//textarea")[0].text.strip() == text


def test_longest_whatsapp_text_fits_a_redirect(client):
    practice = factories.make_practice(
        "published",
        **{
            f"{name}_ky": f"<p>{'Өңүрдүн сууcу үңкүйөт. ' * 60}</p>"
            for name in ("problem", "solution", "result")
        },
    )
    response = client.get(address(practice, "ky", "whatsapp"))
    assert response.status_code == 302
    assert 600 < len(unquote(response["Location"].partition("=")[2])) <= 700


@pytest.mark.parametrize("language", LANGUAGES)
def test_preview_in_messengers_is_complete(client, language):
    practice = factories.make_practice("published", number=12)
    response = client.get(address(practice, language))
    absolute = f"{settings.SITE_URL}{address(practice, language)}"
    assert pages.meta(response, "og:title") == practice.title_in(language)
    assert pages.meta(response, "og:url") == absolute
    assert pages.meta(response, "og:type") == "article"
    assert 0 < len(pages.meta(response, "og:description")) <= 160
    image = pages.meta(response, "og:image")
    assert image.startswith(f"{settings.SITE_URL}{address(practice, language, 'share_image')}?v=")
    picture = client.get(image.removeprefix(settings.SITE_URL))
    assert picture["Content-Type"] == "image/jpeg"
    assert len(picture.content) <= 100_000
    with Image.open(io.BytesIO(picture.content)) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (1200, 630))
    data = pages.linked_data(response)
    assert data["@context"] == "https://schema.org"
    assert data["url"] == absolute
    assert data["headline"] == practice.title_in(language)
    assert data["inLanguage"] == language
    assert data["image"] == image
    assert [step["position"] for step in data["mainEntity"]["step"]] == [1, 2, 3]
    assert json.dumps(data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheet_is_one_tagged_page_in_the_language(client, language):
    practice = factories.make_practice("published", number=12)
    response = client.get(address(practice, language, "passport"))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{practice.slug}-{language}.pdf"'
    reader = PdfReader(io.BytesIO(response.content))
    assert len(reader.pages) == 1
    assert reader.trailer["/Root"]["/Lang"].startswith(language)
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]


@pytest.mark.parametrize("code", ["12", "P-12", "p12", "П-12", "п12", "%D0%9F-12"])
def test_short_code_leads_to_the_practice(client, code):
    practice = factories.make_practice("published", number=12)
    assert client.get(f"/p/{code}")["Location"] == address(practice, "ky")
    russian = client.get(f"/p/{code}", headers={"Accept-Language": "ru-RU,ru;q=0.9"})
    assert russian["Location"] == address(practice, "ru")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ky"
    kept = client.get(f"/p/{code}", headers={"Accept-Language": "ru"})
    assert kept["Location"] == address(practice, "ky")
    assert {"Accept-Language", "Cookie"} <= set(kept["Vary"].split(", "))


@pytest.mark.parametrize("code", ["0", "13", "X-12", "12x", "П-", "12345678", "-12", "²"])
def test_wrong_short_code_is_not_found(client, code):
    factories.make_practice("published", number=12)
    assert client.get(f"/p/{code}").status_code == 404


# ---------------------------------------------------------------- «How much would it be here?»


@pytest.fixture
def scaled():
    return factories.make_practice(
        "published", cost_once=400_000, scale_by="people", scale_quantity=1000, fixed_share=0
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_calculator_scales_the_cost(client, scaled, language):
    start = client.get(address(scaled, language))
    [form] = pages.document(start).xpath("//form[contains(@action, '/cost/')]")
    assert form.get("method", "get") == "get"
    assert form.xpath(".//input[@name='quantity']")
    response = client.get(form.get("action"), {"quantity": "500"})
    text = pages.main(response)
    estimate = response.context["estimate"]
    assert (estimate.low, estimate.middle, estimate.high) == (150_000, 200_000, 250_000)
    assert "200 тыс. сом" in text if language == "ru" else "200 миң сом" in text
    assert pages.meta(response, "robots") == "noindex"
    assert client.get(form.get("action")).context["estimate"] is None


@pytest.mark.parametrize("quantity", ["", "x", "0", "-5", "1e9999", "nan", "inf", "9" * 40, "1;2"])
def test_calculator_says_what_is_wrong(client, scaled, quantity):
    response = client.get(address(scaled, "ru", "calculator"), {"quantity": quantity})
    assert response.status_code == 200
    assert response.context["estimate"] is None
    assert pages.of_class(pages.document(response), "errorlist")


def test_calculator_of_what_does_not_grow_asks_nothing(client):
    practice = factories.make_practice("published", cost_once=400_000)
    response = client.get(address(practice, "ky", "calculator"))
    assert response.context["estimate"].middle == 400_000
    assert not pages.document(response).xpath("//main//input")


def test_calculator_without_a_price_says_so(client):
    practice = factories.make_practice("published", cost_once=None)
    assert not pages.document(client.get(address(practice))).xpath(
        "//form[contains(@action, '/cost/')]"
    )
    response = client.get(address(practice, "ru", "calculator"))
    assert response.status_code == 200
    assert response.context["estimate"] is None


# ---------------------------------------------------------------- queries


@pytest.mark.parametrize("rows", [1, 3])
def test_practice_page_costs_the_same_with_more_rows(
    client, media_root, rows, django_assert_num_queries
):
    practice = make_rich(rows)
    with django_assert_num_queries(20):
        client.get(address(practice))


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_with_more_rows(client, rows, django_assert_num_queries):
    for _ in range(rows):
        factories.make_adoption(
            factories.make_practice("published", themes_extra=[factories.theme("waste")]), "counted"
        )
    drain()
    terms()
    # oblasts, themes; all figures; the page's keys, its rows
    with django_assert_num_queries(5):
        client.get("/ky/practices/")
    # and how the words stand in the index
    with django_assert_num_queries(6):
        client.get("/ru/practices/?theme=waste&sort=title&q=суу&year=2023")


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", ["passport", "calculator", "whatsapp"])
def test_what_a_practice_gives_away_costs_the_same_with_more_rows(
    client, media_root, rows, name, django_assert_num_queries
):
    practice = make_rich(rows)
    with django_assert_num_queries(15):
        client.get(address(practice, "ky", name))
