"""The A4 sheet: one page, small, tagged, in the page's language, whatever the record holds."""

import io

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from practices.models import Practice
from practices.passport import passport_pdf
from publishing.workflow import Status
from tests import factories

pytestmark = pytest.mark.django_db
MAX_BYTES = 120 * 1024
LONG = "Калктын ичүүчү суу менен камсыз болушу үчүн айыл өкмөтү жана тургундар чогуу иштешти. "


def loaded(practice: Practice) -> Practice:
    return Practice.objects.for_detail().get(pk=practice.pk)


def sheet(practice: Practice, language: str = "ky") -> str:
    """The words of the sheet, after the checks every sheet must pass."""
    content = passport_pdf(loaded(practice), language)
    assert len(content) <= MAX_BYTES
    reader = PdfReader(io.BytesIO(content))
    root = reader.trailer["/Root"]
    assert len(reader.pages) == 1
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    width, height = reader.pages[0].mediabox[2:]
    assert (round(width), round(height)) == (595, 842)
    text = reader.pages[0].extract_text().replace("\u200b", "")
    return " ".join(text.split())


@pytest.fixture
def water():
    """A practice with everything the sheet has room for."""
    practice = factories.make_practice(
        "published",
        title_ky="Өзөндүн суусун бөлүү: үч айылга тең",
        title_ru="Делим воду реки: поровну на три села",
        number=77,
        beneficiaries_count=3700,
        women_count=1900,
        suits_population_min=2000,
        suits_population_max=12000,
        kenesh_decision="yes",
        office_phone="+996 (3534) 90-00-00",
        contact_email="office@example.org",
        contact_name="Асанова Айгүл",
        mobile_phone="+996700123456",
        can_visit=True,
        evidence_level=2,
        not_suitable_if_ky="Башка аймак менен талаш болсо",
        not_suitable_if_ru="Если есть спор с соседями",
    )
    practice.measurements.create(
        indicator_ky="Таза суу алган үйлөр",
        indicator_ru="Дома с чистой водой",
        unit_ky="үй",
        unit_ru="дом",
        before="41",
        after="1213.5",
        before_year=2022,
        after_year=2024,
    )
    practice.funding.create(source="local_budget", amount=300_000, position=1)
    practice.funding.create(
        source="donor", amount=150_000, name_ky="Суу долбоору", name_ru="Проект воды", position=2
    )
    practice.legal_basis.create(act_ky="Суу кодекси", act_ru="Водный кодекс", article_ru="ст. 34")
    return practice


def test_sheet_tells_what_a_council_asks(water):
    text = sheet(water, "ky")
    for part in (
        "Өзөндүн суусун бөлүү: үч айылга тең",
        "П-77",
        "Нарын шаары",
        "3 700",
        "450 000",
        "20 000",
        "Суу жок болчу.",
        "1-кадам",
        "Инженер".lower(),
        "Таза суу алган үйлөр, үй",
        "1 213,5",
        "300 000",
        "67 %",
        "Суу долбоору",
        "Суу кодекси",
        "Адегенде эсептегичтер.",
        "Башка аймак менен талаш болсо",
        "Жооптуу катчы",
        "+996 (3534) 90-00-00",
        "/p/P-77",
        "CC BY 4.0",
    ):
        assert part in text, part


def test_sheet_in_russian(water):
    text = sheet(water, "ru")
    assert "Делим воду реки: поровну на три села" in text
    assert "Водный кодекс, ст. 34" in text
    assert "Суу жок болчу." not in text


def test_private_contact_stays_private(water):
    text = sheet(water)
    assert "700123456" not in text
    assert "Асанова" not in text
    water.contact_name_public = True
    water.save()
    assert "Асанова Айгүл" in sheet(water)


def test_record_in_one_language_stands_in_it_and_the_sheet_says_so(water):
    practice = factories.make_practice("published", "ru_only", title_ru="Вода есть")
    text = sheet(practice, "ky")
    with translation.override("ky"):
        notice = translation.gettext("This text exists in Russian only.")
        demo = translation.gettext("This record is invented to show the portal.")
    assert "Вода есть" in text
    assert "Воды не было." in text
    assert notice in text
    assert notice not in sheet(practice, "ru")
    assert demo not in text


def test_demo_and_doubtful_records_say_what_they_are(water):
    with translation.override("ky"):
        demo = translation.gettext("This record is invented to show the portal.")
        old = translation.gettext("This record may be out of date.")
    water.is_demo = True
    water.status = Status.OUTDATED
    water.save()
    text = sheet(water)
    assert demo in text
    assert old in text


def test_bare_record_makes_a_sheet():
    practice = factories.make_practice(
        started_on=None, problem_ky="", solution_ky="", result_ky="", number=None
    )
    assert practice.title_ky in sheet(practice)


def test_typst_markup_in_a_title_appears_as_typed():
    hostile = '#panic("x") $x$ *a* _b_ \\ @c <d> ] [ } {'
    practice = factories.make_practice("published", title_ky=hostile, promise_ky=hostile)
    practice.steps.update(title_ky=hostile, text_ky=hostile, responsible_ky=hostile)
    assert sheet(practice).count(hostile) >= 5


@pytest.mark.parametrize("steps", [0, 3, 12, 30])
@pytest.mark.parametrize("times", [1, 30])
def test_long_texts_are_cut_and_never_make_a_second_page(steps, times):
    practice = factories.make_practice(
        "published",
        title_ky=(LONG * 2)[:120],
        promise_ky=(LONG * 3)[:200],
        problem_ky=f"<p>{LONG * times}</p><ul><li>{LONG}</li></ul>",
        solution_ky=f"<h3>{LONG}</h3><p>{LONG * times}</p>" * 3,
        result_ky=f"<p>{LONG * times}</p>" * 2,
        lessons_ky=(LONG * times)[:800],
        not_suitable_if_ky=(LONG * times)[:300],
        beneficiaries_ky=(LONG * 4)[:300],
        contact_post_ky=LONG[:120],
        contact_hours_ky=LONG[:80],
        contact_email=f"{'a' * 50}@example.org",
        author_name=LONG[:160],
        can_visit=True,
        can_mentor=True,
    )
    practice.steps.all().delete()
    for n in range(steps):
        practice.steps.create(
            position=n,
            title_ky=LONG[:120],
            text_ky=(LONG * times)[:600],
            responsible_ky=LONG[:120],
            typical_mistake_ky=(LONG * 3)[:200],
            days=n,
        )
    for n in range(7):
        practice.funding.create(
            source="in_kind", amount=10**9, name_ky=(LONG * 2)[:160], position=n
        )
        practice.measurements.create(indicator_ky=LONG[:120], before=10**9, after=0, position=n)
        practice.legal_basis.create(act_ky=(LONG * 3)[:250], position=n)
    text = sheet(practice)
    assert LONG.split(" ")[0] in text
    assert "/p/P-" in text


def test_words_without_spaces_stay_on_the_sheet():
    practice = factories.make_practice(
        "published", title_ky="өүң" * 40, beneficiaries_ky="ю" * 300, lessons_ky="Ң" * 800
    )
    content = passport_pdf(loaded(practice), "ky")
    page = PdfReader(io.BytesIO(content)).pages[0]
    edges = []
    page.extract_text(visitor_text=lambda text, cm, tm, font, size: edges.append((tm[4], text)))
    assert all(x < 580 for x, text in edges if text.strip())
    assert "өүң" * 40 in sheet(practice).replace(" ", "")


def test_sheet_is_drawn_once_and_anew_after_a_change(water, media_root):
    first = passport_pdf(loaded(water), "ky")
    assert passport_pdf(loaded(water), "ky") == first
    (name,) = default_storage.listdir("passport")[1]
    default_storage.delete(f"passport/{name}")
    assert passport_pdf(loaded(water), "ky") == first
    water.steps.filter(position=1).update(title_ky="Башка кадам")
    assert passport_pdf(loaded(water), "ky") != first
    assert len(default_storage.listdir("passport")[1]) == 1


def test_money_over_the_limit_of_rows_is_summed(water):
    from practices.passport import funding_rows

    for n in range(5):
        water.funding.create(source="residents", amount=1000, position=10 + n)
    with translation.override("ky"):
        rows = funding_rows(loaded(water).edition("ky"), 3)
    assert [row["amount"] for row in rows] == ["300\u00a0000", "150\u00a0000", "5\u00a0000"]


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_page_gives_the_sheet_to_readers(client, water, language):
    with translation.override(language):
        address = reverse("practices:passport", args=[water.slug])
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{water.slug}-{language}.pdf"'
    root = PdfReader(io.BytesIO(response.content)).trailer["/Root"]
    assert root["/Lang"] == language


def test_draft_has_no_sheet_for_readers(client):
    draft = factories.make_practice()
    assert client.get(f"/ky/practices/{draft.slug}/passport.pdf").status_code == 404


def test_sheet_takes_no_more_queries_with_more_rows(water, django_assert_num_queries):
    for n in range(6):
        water.steps.create(position=10 + n, title_ky="Дагы бир кадам")
    practice = loaded(water)
    with django_assert_num_queries(0):
        passport_pdf(practice, "ky")
