"""Uploads under attack: what is refused gets a sentence and leaves nothing behind."""

import contextlib
import io
import struct
import zipfile
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from practices.models import PracticeDocument, PracticePhoto
from publishing import files
from publishing.files import accept_document, accept_picture
from tests import factories
from tests.factories import docx, pdf, picture, upload

HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return out.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header promises that many pixels; all zero, so it packs a thousandfold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = zlib.compress(b"\0" * 1000, 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def jpeg_with_exif(orientation: int = 6, size=(60, 40)) -> bytes:
    """Left half red, right half blue; EXIF with a place, a camera and the orientation."""
    image = Image.new("RGB", size, "blue")
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera of Aida"
    exif[0x9286] = "private comment"
    exif.get_ifd(0x8825).update({1: "N", 2: (42.0, 52.0, 30.0), 3: "E", 4: (74.0, 36.0, 0.0)})
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, quality=95, comment=b"made at home")
    return out.getvalue()


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize(
    ("kind", "name"), [("JPEG", "a.jpg"), ("JPEG", "A.JPEG"), ("PNG", "a.png"), ("WEBP", "a.webp")]
)
def test_picture_comes_out_as_a_clean_jpeg(kind, name):
    accepted = accept_picture(upload(name, picture(kind)))
    image = Image.open(io.BytesIO(accepted.content))
    assert (image.format, image.size) == ("JPEG", (640, 480))
    assert (accepted.width, accepted.height) == (640, 480)


REFUSED_PICTURES = {
    "html as jpg": ("a.jpg", HTML),
    "svg as png": ("a.png", SVG),
    "svg": ("a.svg", SVG),
    "text": ("a.jpg", "Бул сүрөт эмес".encode()),
    "pdf as jpg": ("a.jpg", pdf()),
    "gif": ("a.gif", picture("GIF")),
    "gif as jpg": ("a.jpg", picture("GIF")),
    "bmp as png": ("a.png", picture("BMP")),
    "tiff as jpg": ("a.jpg", picture("TIFF")),
    "icon": ("a.ico", picture("ICO", size=(32, 32))),
    "png under another name": ("a.jpg", picture("PNG")),
    "jpeg as html": ("a.html", picture("JPEG")),
    "jpeg as php": ("a.jpg.php", picture("JPEG")),
    "no extension": ("photo", picture("JPEG")),
    "jpeg and zip": ("a.jpg", picture("JPEG") + archive(**{"evil.js": b"alert(1)"})),
    "jpeg and html behind": ("a.jpg", picture("JPEG") + HTML),
    "gif header and javascript": ("a.jpg", b"GIF89a/*" + HTML + b"*/=1"),
    "html in a comment of a jpeg": ("a.jpg", picture("JPEG", comment=HTML)),
    "php in a png": ("a.png", picture("PNG") + b"<?php system($_GET[0]); ?>"),
    "truncated": ("a.jpg", picture("JPEG", size=(800, 800), quality=95)[:2000]),
    "only a header": ("a.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF"),
    "50 megapixels": ("a.png", png_of_size(10_000, 5_001)),
    "decompression bomb": ("a.png", png_of_size(60_000, 60_000)),
    "no pixels": ("a.png", png_of_size(0, 100)),
    "empty": ("a.jpg", b""),
    "over the limit": ("a.jpg", picture("JPEG") + b"\0" * files.MAX_PICTURE_BYTES),
}


@pytest.mark.parametrize("name", REFUSED_PICTURES)
def test_hostile_picture_is_refused_with_a_sentence(name):
    with pytest.raises(ValidationError) as refusal:
        accept_picture(upload(*REFUSED_PICTURES[name]))
    (message,) = refusal.value.messages
    assert message.endswith(".")
    assert " " in message


def test_real_50_megapixel_png_is_refused_before_it_is_decoded():
    image = Image.new("1", (10_000, 5_000))
    out = io.BytesIO()
    image.save(out, "PNG")
    assert len(out.getvalue()) < 100_000
    with pytest.raises(ValidationError, match="50"):
        accept_picture(upload("wide.png", out.getvalue()))


def test_large_photo_of_a_phone_is_accepted_and_made_smaller():
    accepted = accept_picture(upload("a.jpg", picture(size=(6000, 4000), quality=30)))
    assert (accepted.width, accepted.height) == (2400, 1600)


def test_metadata_are_gone_and_the_orientation_is_applied():
    accepted = accept_picture(upload("a.jpg", jpeg_with_exif(orientation=6)))
    image = Image.open(io.BytesIO(accepted.content))
    assert dict(image.getexif()) == {}
    assert "exif" not in image.info
    assert "comment" not in image.info
    for trace in (b"Aida", b"private", b"at home", b"Exif", b"GPS"):
        assert trace not in accepted.content
    # Turned by 90° clockwise: what was left is on top.
    assert (accepted.width, accepted.height) == image.size == (40, 60)
    top, bottom = image.getpixel((20, 10)), image.getpixel((20, 50))
    assert top[0] > 180 > top[2]
    assert bottom[2] > 180 > bottom[0]


def test_transparency_becomes_white():
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, "PNG")
    image = Image.open(io.BytesIO(accept_picture(upload("a.png", out.getvalue())).content))
    assert all(part > 250 for part in image.getpixel((10, 10)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_colour_is_taken(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, kind)
    accepted = accept_picture(upload(f"a.{kind.lower()}", out.getvalue()))
    assert Image.open(io.BytesIO(accepted.content)).mode == "RGB"


@hypothesis_settings(max_examples=60)
@given(st.data())
def test_damaged_picture_is_either_taken_or_refused_but_never_breaks(data):
    kind, name = data.draw(
        st.sampled_from([("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp")])
    )
    content = bytearray(jpeg_with_exif() if kind == "JPEG" else picture(kind, size=(40, 30)))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        accepted = accept_picture(
            upload(name, bytes(content[: data.draw(st.integers(1, len(content)))]))
        )
    except ValidationError:
        return
    assert Image.open(io.BytesIO(accepted.content)).format == "JPEG"


# ---------------------------------------------------------------- documents


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
def test_office_document_is_taken_as_it_is(kind):
    content = docx(kind=kind)
    accepted = accept_document(upload(f"План.{kind.upper()}", content))
    assert (accepted.content, accepted.extension) == (content, f".{kind}")
    assert not accepted.has_macros


def test_pages_are_told():
    assert accept_document(upload("a.pdf", pdf(pages=3))).pages == 3
    assert accept_document(upload("a.docx", docx())).pages is None
    counted = docx({"docProps/app.xml": b"<Properties><Pages>7</Pages></Properties>"})
    assert accept_document(upload("a.docx", counted)).pages == 7


def zip_bomb(ratio_only: bool = True) -> bytes:
    size = 30 * files.MEGABYTE if ratio_only else files.MAX_UNPACKED_BYTES + 1
    return docx({"word/media/image1.bmp": b"\0" * size})


def many_members() -> bytes:
    return docx({f"word/media/{number}": b"" for number in range(files.MAX_MEMBERS + 1)})


def lying_about_sizes() -> bytes:
    """The directory says that a member of 10 MB unpacks to 10 bytes."""
    content = bytearray(docx({"docProps/app.xml": b"\0" * 10 * files.MEGABYTE}))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 10)
    return bytes(content)


def with_damaged_stream() -> bytes:
    content = bytearray(docx())
    start = content.index(b"[Content_Types].xml") + len(b"[Content_Types].xml")
    content[start : start + 8] = b"\xff" * 8
    return bytes(content)


def encrypted() -> bytes:
    content = bytearray(docx())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


REFUSED_DOCUMENTS = {
    "docm": lambda: ("a.docm", docx()),
    "xlsm": lambda: ("a.xlsm", docx(kind="xlsx")),
    "doc": lambda: ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
    "old word as docx": lambda: ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
    "exe": lambda: ("a.exe", b"MZ" + b"\0" * 100),
    "exe as pdf": lambda: ("a.pdf", b"MZ" + b"\0" * 100),
    "html as pdf": lambda: ("a.pdf", HTML),
    "html as docx": lambda: ("a.docx", HTML),
    "html": lambda: ("a.html", HTML),
    "svg": lambda: ("a.svg", SVG),
    "zip": lambda: ("a.zip", archive(a=b"x")),
    "zip as docx": lambda: ("a.docx", archive(a=b"x")),
    "xlsx as docx": lambda: ("a.docx", docx(kind="xlsx")),
    "picture as pdf": lambda: ("a.pdf", picture()),
    "no extension": lambda: ("plan", docx()),
    "two extensions": lambda: ("a.docx.html", docx()),
    "pdf and html": lambda: ("a.pdf", pdf() + HTML),
    "html before pdf": lambda: ("a.pdf", HTML + pdf()),
    "html in the head of a pdf": lambda: ("a.pdf", b"%PDF-1.4\n" + HTML + pdf()[9:]),
    "pdf and zip": lambda: ("a.pdf", pdf() + archive(a=b"x")),
    "broken pdf": lambda: ("a.pdf", b"%PDF-1.7\nnothing"),
    "pdf cut short": lambda: ("a.pdf", pdf()[:200]),
    "broken docx": lambda: ("a.docx", docx()[:-40]),
    "damaged stream": lambda: ("a.docx", with_damaged_stream()),
    "encrypted docx": lambda: ("a.docx", encrypted()),
    "zip bomb by ratio": lambda: ("a.docx", zip_bomb()),
    "zip bomb by size": lambda: ("a.docx", zip_bomb(ratio_only=False)),
    "too many members": lambda: ("a.docx", many_members()),
    "lies about sizes": lambda: ("a.docx", lying_about_sizes()),
    "over the limit": lambda: ("a.pdf", pdf() + b"\0" * files.MAX_DOCUMENT_BYTES),
    "empty": lambda: ("a.pdf", b""),
}


@pytest.mark.parametrize("name", REFUSED_DOCUMENTS)
def test_hostile_document_is_refused_with_a_sentence(name):
    with pytest.raises(ValidationError) as refusal:
        accept_document(upload(*REFUSED_DOCUMENTS[name]()))
    (message,) = refusal.value.messages
    assert message.endswith(".")


@pytest.mark.parametrize(
    "content",
    [
        docx({"word/vbaProject.bin": b"Attribute VB_Name"}),
        docx({"word/VBAPROJECT.BIN": b"Attribute VB_Name"}),
        docx().replace(b"wordprocessingml", b"wordprocessingml"),
    ],
    ids=["macros", "macros in capitals", "none"],
)
def test_macros_are_flagged(content):
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    expected = any("vba" in name.lower() for name in names)
    assert accept_document(upload("a.docx", content)).has_macros is expected


def test_macro_enabled_type_under_a_plain_name_is_flagged():
    types = factories.CONTENT_TYPES.format(
        part="word/document.xml", type="application/vnd.ms-word.document.macroEnabled.main+xml"
    )
    content = archive(
        **{"[Content_Types].xml": types.encode(), "word/document.xml": b"<w:document/>"}
    )
    assert accept_document(upload("a.docx", content)).has_macros


def with_object_stream(content: bytes) -> bytes:
    """The PDF with a script that stands compressed in an object stream, as programs write them."""
    packed = zlib.compress(b"9 0 << /S /JavaScript /JS (app.alert(1)) >>")
    stream = (
        b"8 0 obj << /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >> stream\n"
        % len(packed)
    )
    start = content.rindex(b"startxref")
    table = len(content[:start]) + len(stream) + len(packed) + len(b"\nendstream endobj\n")
    entries = struct.pack(">BIH", 1, start, 0) + struct.pack(">BIH", 2, 8, 0)
    previous = int(content[start:].split()[1])
    xref = (
        b"10 0 obj << /Type /XRef /Size 11 /W [1 4 2] /Index [8 2] /Root 3 0 R /Prev %d /Length %d >> stream\n"
        % (previous, len(entries))
    )
    return (
        content[:start] + stream + packed + b"\nendstream endobj\n"
        + xref + entries + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % table
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        pdf(script="app.alert(1)"),
        pdf(script="app.alert(1)")
        .replace(b"/JavaScript", b"/J#61vaScript")
        .replace(b"/JS", b"/#4a#53"),
        pdf(attachment="evil.exe"),
        with_object_stream(pdf()),
    ],
    ids=["script", "spelt in numbers", "attachment", "packed"],
)
def test_what_is_active_in_a_pdf_is_flagged(content):
    assert b"/JavaScript" not in pdf()
    assert accept_document(upload("a.pdf", content)).has_macros
    assert not accept_document(upload("a.pdf", pdf())).has_macros


@hypothesis_settings(max_examples=60)
@given(st.data())
def test_damaged_document_is_either_taken_or_refused_but_never_breaks(data):
    name, content = data.draw(
        st.sampled_from(
            [("a.pdf", pdf(2)), ("a.docx", docx({"docProps/app.xml": b"<Pages>3</Pages>" * 9}))]
        )
    )
    content = bytearray(content)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValidationError):
        accept_document(upload(name, bytes(content)))


# ---------------------------------------------------------------- nothing is left behind


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["html as jpg", "jpeg and zip", "50 megapixels", "truncated", "over the limit"]
)
def test_refused_picture_leaves_nothing(media_root, name):
    practice = factories.make_practice()
    photo = PracticePhoto(practice=practice, file=upload(*REFUSED_PICTURES[name]))
    with pytest.raises(ValidationError):
        photo.full_clean()
    with pytest.raises(ValidationError), transaction.atomic():
        photo.save()
    assert list(media_root.rglob("*")) == []
    assert not PracticePhoto.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["docm", "html as pdf", "pdf and html", "zip bomb by ratio", "damaged stream"]
)
def test_refused_document_leaves_nothing(media_root, name):
    practice = factories.make_practice()
    with pytest.raises(ValidationError), transaction.atomic():
        practice.documents.create(title_ky="План", file=upload(*REFUSED_DOCUMENTS[name]()))
    assert [path for path in media_root.rglob("*") if path.is_file()] == []
    assert not PracticeDocument.objects.exists()


@pytest.mark.django_db
def test_stored_name_owes_nothing_to_the_uploaded_one(media_root):
    practice = factories.make_practice()
    document = practice.documents.create(
        title_ky="План", file=upload("../../etc/passwd.docx", docx())
    )
    photo = practice.photos.create(alt_ky="Көчө", file=upload("Сүрөт <b>.jpg", picture()))
    assert document.file.name == f"practices.practicedocument/{document.uuid}/document.docx"
    assert photo.file.name == f"practices.practicephoto/{photo.uuid}/original.jpg"
    assert document.bytes == len(docx())
    assert len(document.sha256) == 64
    assert (photo.width, photo.height) == (640, 480)
    for path in media_root.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o111 == 0


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ky", "ru"])
def test_sentences_speak_the_language_of_the_editor(language):
    with translation.override("en"):
        english = sentences()
    with translation.override(language):
        said = sentences()
    assert len(english) >= 8
    assert not english & said


def sentences() -> set[str]:
    """What is said to uploads that are refused for different reasons."""
    found = set()
    for name in ("html as jpg", "jpeg and zip", "50 megapixels", "truncated", "empty"):
        with pytest.raises(ValidationError) as refusal:
            accept_picture(upload(*REFUSED_PICTURES[name]))
        found |= set(refusal.value.messages)
    for name in ("docm", "exe", "html as pdf", "broken pdf", "too many members"):
        with pytest.raises(ValidationError) as refusal:
            accept_document(upload(*REFUSED_DOCUMENTS[name]()))
        found |= set(refusal.value.messages)
    return found
