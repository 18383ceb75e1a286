"""Text for WhatsApp, picture, reference and data for machines."""

import io
import json
from datetime import date
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import translation
from PIL import Image

from practices import sharing
from practices.models import Practice
from practices.sharing import citation, share, share_jpeg, structured_data
from practices.tasks import make_share_image
from publishing.workflow import Status
from tests import factories
from themes.models import Theme

pytestmark = pytest.mark.django_db
LONG = "Айылда суу жок эле, балдар күнүгө 2 км жол басып, арыктан суу ташышчу. "


@pytest.fixture
def practice():
    return factories.make_practice(
        "published",
        title_ky="Таза суу: *үч* айылга бир түтүк",
        title_ru="Чистая вода: одна труба на три села",
        number=12,
        problem_ky=f"<h3>Башы</h3><p>{LONG * 8}</p>",
        solution_ky=f"<p>{LONG * 8}</p>",
        result_ky=f"<p>Азыр 1 213 үйдө суу бар. {LONG * 8}</p>",
    )


# ---------------------------------------------------------------- WhatsApp


def test_whatsapp_text_tells_the_whole_story(practice):
    text = share(practice.edition("ky")).text
    first, *parts = text.split("\n\n")
    assert first.startswith("*Таза суу: үч айылга бир түтүк*\nНарын шаары")
    assert parts[0].endswith("суу ташышчу.")
    assert "450\u00a0000" in parts[2]
    assert "1\u00a0213" in parts[3]
    assert parts[-1] == f"{settings.SITE_URL}/p/P-12"
    assert len(text) <= sharing.WHATSAPP_LIMIT
    assert "Башы" not in text


@pytest.mark.parametrize("times", [1, 3, 10, 60])
@pytest.mark.parametrize("piece", [LONG, "суу ", "өүң", "Ооба. "])
def test_whatsapp_text_keeps_to_its_limit(times, piece):
    practice = factories.make_practice(
        "published",
        title_ky=(piece * times)[:120].strip(),
        problem_ky=f"<p>{piece * times}</p>",
        solution_ky=f"<p>{piece * times}</p>",
        result_ky=f"<p>{piece * times}</p>",
    )
    text = share(practice.edition("ky")).text
    assert len(text) <= sharing.WHATSAPP_LIMIT
    assert text.endswith(practice.short_path)


def test_room_that_one_text_leaves_goes_to_the_others():
    assert sharing.dealt(["а" * 10, "б" * 500, "в" * 20], 200) == [
        "а" * 10,
        "б" * 169 + "…",
        "в" * 20,
    ]


def test_whatsapp_text_in_russian_has_no_kyrgyz(practice):
    text = share(practice.edition("ru")).text
    assert "Чистая вода" in text
    assert "Воды не было." in text
    assert not set("өүңӨҮҢ") & set(text)


def test_text_comes_in_the_language_of_the_record_not_of_the_page():
    record = factories.make_practice("published", "ru_only")
    with translation.override("ky"):
        shared = share(record.edition_for("ky"))
    assert "/ru/practices/" in shared.image_url
    assert not set("өүңӨҮҢ") & set(shared.text)


def test_bare_record_can_be_shared():
    draft = factories.make_practice(
        title_ky="Суу", problem_ky="", solution_ky="", result_ky="", number=None, started_on=None
    )
    shared = share(draft.edition("ky"))
    assert shared.text.startswith("*Суу*")
    assert draft.slug in shared.text
    assert shared.description == ""


def test_whatsapp_address_carries_the_text(practice):
    shared = share(practice.edition("ky"))
    assert shared.whatsapp_url.startswith("https://wa.me/?text=%2A")
    assert unquote(shared.whatsapp_url.partition("text=")[2]) == shared.text
    assert " " not in shared.whatsapp_url


def test_description_is_one_short_line(practice):
    assert share(practice.edition("ky")).description == "Үйлөр үчүн таза суу"
    practice.promise_ky = ""
    described = share(practice.edition("ky")).description
    assert described.startswith("Айылда суу жок эле")
    assert len(described) <= 160


def test_demo_says_so(practice):
    practice.is_demo = True
    with translation.override("ky"):
        demo = translation.gettext("Demo")
    assert f"\n{demo}. " in share(practice.edition("ky")).text
    assert sharing.picture_data(practice.edition("ky"))["line"].startswith(demo)


# ---------------------------------------------------------------- reference


def test_citation_names_place_title_year_and_address(practice):
    practice.author_name = "Асанов А."
    for language, title in (("ky", "Таза суу: *үч* айылга бир түтүк"), ("ru", "Чистая вода")):
        reference = citation(practice.edition(language), today=date(2026, 11, 22))
        assert title in reference.text
        assert "Асанов А." in reference.text
        assert f"{settings.SITE_URL}/p/P-12" in reference.text
        assert "22.11.2026" in reference.text
        assert str(practice.published_at.year) in reference.text
        assert reference.short_code == "П-12"


# ---------------------------------------------------------------- data for machines


def test_structured_data_describes_the_practice(practice):
    data = json.loads(structured_data(practice.edition("ky")))
    assert data["@type"] == "Article"
    assert data["headline"] == practice.title_ky
    assert data["inLanguage"] == "ky"
    assert data["url"] == f"{settings.SITE_URL}/ky/practices/{practice.slug}/"
    assert data["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert data["temporalCoverage"] == "2023-04-01/.."
    assert data["spatialCoverage"]["name"] == "Нарын шаары"
    assert data["image"].startswith(f"{settings.SITE_URL}/ky/practices/")
    how_to = data["mainEntity"]
    assert [step["name"] for step in how_to["step"]] == ["1-кадам", "2-кадам", "3-кадам"]
    assert how_to["totalTime"] == "P60D"
    assert how_to["estimatedCost"]["value"] == 450_000


def test_structured_data_cannot_end_its_script(practice):
    practice.title_ky = "</script><script>alert(1)</script> <!-- & \u2028"
    text = structured_data(practice.edition("ky"))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["headline"] == practice.title_ky


def test_page_carries_the_data_and_the_tags(client, practice):
    page = client.get(f"/ky/practices/{practice.slug}/").content.decode()
    data = page.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    assert json.loads(data)["headline"] == practice.title_ky
    assert share(practice.edition("ky")).image_url in page


# ---------------------------------------------------------------- picture


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize(
    "title", ["Суу", LONG, "өүң" * 40, '#panic("x") $x$ *a* _b_ \\ @c <d> ]', "😀 Суу"]
)
def test_picture_is_small_and_of_the_right_size(title, media_root):
    practice = factories.make_practice("published", title_ky=title[:120].strip())
    content = share_jpeg(practice, "ky")
    image = opened(content)
    assert image.format == "JPEG"
    assert image.size == sharing.IMAGE_SIZE
    assert len(content) <= sharing.IMAGE_LIMIT
    assert len(image.getcolors(maxcolors=2_000_000)) > 50


def test_pictures_of_different_felts_are_small():
    practice = factories.make_practice("published", title_ky=(LONG * 2)[:120])
    for theme in Theme.objects.filter(position__in=(1, 5, 8, 12)):
        practice.theme = theme
        assert len(sharing.draw_jpeg(practice.edition("ky"))) <= sharing.IMAGE_LIMIT


def test_picture_is_drawn_once_and_anew_after_a_change(practice, media_root):
    first = share(practice.edition("ky")).image_url
    content = share_jpeg(practice, "ky")
    (name,) = default_storage.listdir("share")[1]
    assert name.startswith(f"{practice.uuid}-ky-")
    assert first.endswith(f"?v={name[-16:-4]}")
    assert share_jpeg(practice, "ky") == content
    assert len(default_storage.listdir("share")[1]) == 1
    practice.title_ky = "Башка баш"
    assert share(practice.edition("ky")).image_url != first
    assert share_jpeg(practice, "ky") != content


def languages_in(folder: str) -> list[str]:
    return sorted(name.split("-")[-2] for name in default_storage.listdir(folder)[1])


def test_task_draws_ahead_once_and_forgets_what_is_old(practice, media_root):
    share_jpeg(practice, "ky")
    Practice.objects.filter(pk=practice.pk).update(title_ky="Башка баш")
    make_share_image.enqueue(practice.pk)
    make_share_image.enqueue(practice.pk)
    assert languages_in("share") == ["ky", "ru"]
    assert languages_in("passport") == ["ky", "ru"]


def test_task_forgets_the_drawings_of_a_withdrawn_practice(practice, media_root):
    other = factories.make_practice("published")
    share_jpeg(other, "ky")
    make_share_image.enqueue(practice.pk)
    Practice.objects.filter(pk=practice.pk).update(status=Status.WITHDRAWN)
    make_share_image.enqueue(practice.pk)
    assert languages_in("share") == ["ky"]
    assert languages_in("passport") == []


def test_task_leaves_drafts_alone(media_root):
    draft = factories.make_practice()
    make_share_image.enqueue(draft.pk)
    make_share_image.enqueue(10**9)
    assert not default_storage.exists("share")


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_address_serves_the_picture(client, practice, media_root, language):
    with translation.override(language):
        address = reverse("practices:share_image", args=[practice.slug])
    response = client.get(address)
    assert response["Content-Type"] == "image/jpeg"
    assert opened(response.content).size == sharing.IMAGE_SIZE


def test_draft_has_no_picture_for_readers(client, media_root):
    draft = factories.make_practice()
    assert client.get(f"/ky/practices/{draft.slug}/share.jpg").status_code == 404
