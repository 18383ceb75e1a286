"""Renditions, and who is served which file."""

import io

import pytest
from django.urls import reverse
from PIL import Image

from publishing.files import RENDITION_TYPES, WIDTHS, stored_model
from publishing.tasks import make_renditions
from publishing.workflow import move
from tests import factories
from tests.factories import docx, pdf, picture, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def practice(media_root):
    return factories.make_practice("published")


def add_photo(practice, size=(2000, 1000)):
    photo = practice.photos.create(
        alt_ky="Түтүк", alt_ru="Труба", file=upload("a.jpg", picture(size=size))
    )
    make_renditions.call("practices.practicephoto", photo.pk)
    photo.refresh_from_db()
    return photo


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def answer(client, address) -> int:
    response = client.get(address)
    if response.streaming:
        body(response)  # reading to the end closes the file
    return response.status_code


def test_renditions_are_made_at_fixed_widths_in_three_types(client, practice):
    photo = add_photo(practice)
    assert photo.widths == list(WIDTHS)
    for width in WIDTHS:
        for kind, media_type in RENDITION_TYPES.items():
            response = client.get(photo.url(f"{width}.{kind}"))
            assert response.status_code == 200
            assert response["Content-Type"] == media_type
            image = Image.open(io.BytesIO(body(response)))
            assert image.size == (width, width // 2)
            assert image.format == {"jpg": "JPEG"}.get(kind, kind.upper())


def test_small_picture_is_not_blown_up(practice):
    photo = add_photo(practice, size=(700, 500))
    assert photo.widths == [480]
    assert add_photo(practice, size=(300, 200)).widths == [300]


def test_sources_name_the_best_type_first(practice):
    photo = add_photo(practice)
    assert [source["type"] for source in photo.sources] == [
        "image/avif",
        "image/webp",
        "image/jpeg",
    ]
    assert photo.sources[0]["srcset"].count(" ") == 5
    assert f"{photo.uuid}/480.avif 480w" in photo.sources[0]["srcset"]
    assert photo.src.endswith("/480.jpg")


def test_picture_is_shown_before_its_renditions_are_made(practice):
    photo = practice.photos.create(alt_ky="Түтүк", file=upload("a.jpg", picture()))
    assert photo.sources == []
    assert photo.src.endswith("/original.jpg")


def test_making_renditions_twice_changes_nothing(practice, media_root):
    photo = add_photo(practice, size=(500, 300))
    before = sorted(path.name for path in media_root.rglob("*") if path.is_file())
    make_renditions.call("practices.practicephoto", photo.pk)
    assert sorted(path.name for path in media_root.rglob("*") if path.is_file()) == before
    make_renditions.call("practices.practicephoto", photo.pk + 100)  # deleted meanwhile


def test_renditions_are_asked_for_after_the_commit(practice, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        photo = practice.photos.create(
            alt_ky="Түтүк", file=upload("a.jpg", picture(size=(1000, 500)))
        )
    photo.refresh_from_db()
    assert photo.widths == [480, 960]


def test_document_is_given_under_a_readable_latin_name(client, practice):
    document = practice.documents.create(
        title_ky="Кеңештин токтому",
        title_ru="Решение кенеша",
        language="ky",
        file=upload("x.docx", docx()),
    )
    response = client.get(document.src)
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert body(response) == docx()
    paper = practice.documents.create(title_ky="План", file=upload("x.pdf", pdf()))
    response = client.get(paper.src)
    assert body(response) == pdf()
    assert response["Content-Disposition"].startswith("inline")
    assert response["Content-Type"] == "application/pdf"


def test_files_of_what_is_not_public_are_hidden(client, practice):
    photo = add_photo(practice, size=(500, 300))
    document = practice.documents.get()
    addresses = [photo.url("original.jpg"), photo.url("480.avif"), document.src]
    assert [answer(client, address) for address in addresses] == [200, 200, 200]
    for status in ("draft", "submitted", "ready", "scheduled", "withdrawn", "rejected"):
        type(practice).objects.filter(pk=practice.pk).update(status=status)
        assert [answer(client, address) for address in addresses] == [404, 404, 404], status


def test_files_of_an_archived_practice_stay(client, practice, chief):
    photo = add_photo(practice, size=(500, 300))
    move(practice, "archive", actor=chief, reason="Эскирди")
    assert answer(client, photo.url("480.jpg")) == 200


def test_withdrawn_practice_takes_its_files_along(client, practice, chief):
    document = practice.documents.get()
    move(practice, "withdraw", actor=chief, reason="Макулдук кайтарылды", withdrawal_kind="consent")
    assert answer(client, document.src) == 404


def test_editor_sees_the_files_of_a_draft_and_no_cache_keeps_them(client, editor, media_root):
    practice = factories.make_practice("publishable")
    document = practice.documents.get()
    assert answer(client, document.src) == 404
    client.force_login(editor)
    response = client.get(document.src)
    assert body(response) == docx()
    assert response["Cache-Control"] == "private, no-store"


def test_reader_with_an_account_does_not_see_the_files_of_a_draft(client, contributor, media_root):
    practice = factories.make_practice("publishable")
    client.force_login(contributor)
    assert answer(client, practice.documents.get().src) == 404


def test_document_with_macros_is_seen_by_no_reader(client, practice, editor):
    document = practice.documents.create(
        title_ky="Эсеп", file=upload("x.docx", docx({"word/vbaProject.bin": b"x"}))
    )
    assert document.has_macros
    assert answer(client, document.src) == 404
    client.force_login(editor)
    assert answer(client, document.src) == 200


def test_other_names_of_a_picture_are_not_there(client, practice, settings):
    (settings.MEDIA_ROOT / "secret").write_text("secret")
    photo = add_photo(practice, size=(500, 300))
    for filename in (
        "..%2F..%2Fsecret", "%2e%2e", "480.svg", "480.exe", "999999.jpg", "original.jpg%00", "originals", "Original.jpg",
    ):  # fmt: skip
        address = photo.url("NAME").replace("NAME", filename)
        assert answer(client, address) in {400, 404}, filename


def test_only_models_that_store_files_serve_them(client, practice):
    for label in (
        "people.user", "practices.practice", "auth.group", "nothing", "a.b.c", "practices.", ".", "практика.фото",
    ):  # fmt: skip
        assert stored_model(label) is None
        address = reverse("media", args=["LABEL", practice.uuid, "original.jpg"])
        assert client.get(address.replace("LABEL", label)).status_code == 404, label


def test_public_files_are_cached_and_only_read(client, practice):
    photo = add_photo(practice, size=(500, 300))
    response = client.get(photo.src)
    assert body(response)
    assert "immutable" in response["Cache-Control"]
    assert client.post(photo.src).status_code == 405
