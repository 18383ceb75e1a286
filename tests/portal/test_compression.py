"""What the portal writes is packed on the way: brotli for all alike, gzip where a secret may be."""

import gzip

import brotli
import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from portal.compression import CompressionMiddleware

TEXT = "Айылда суу жок эле, азыр суу бар. " * 60


def answer(accept="gzip, deflate, br", *, content=TEXT, response=None, **headers):
    response = response or HttpResponse(content, headers=headers)
    request = RequestFactory().get("/", headers={"Accept-Encoding": accept} if accept else {})
    return CompressionMiddleware(lambda _request: response)(request)


def unpacked(response) -> str:
    packed = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
    return packed[response.get("Content-Encoding", "")](response.content).decode()


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("br", "br"),
        ("gzip;q=0.8, BR ; q=0.5", "br"),
        ("gzip, deflate", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("gzip, br; q=0.000", "gzip"),
        ("brotli, gzip", "gzip"),
        ("", ""),
        ("identity", ""),
    ],
)
def test_reader_gets_the_best_coding_it_takes(accept, coding):
    response = answer(accept)
    assert response.get("Content-Encoding", "") == coding
    assert unpacked(response) == TEXT
    assert response["Vary"] == "Accept-Encoding"
    if coding:
        assert int(response["Content-Length"]) == len(response.content) < len(TEXT)


def test_what_depends_on_a_cookie_gets_a_random_length():
    """A page with a CSRF token must not tell it by its length (BREACH)."""
    lengths = set()
    for _ in range(8):
        response = answer(Vary="Cookie")
        assert response["Content-Encoding"] == "gzip"
        assert unpacked(response) == TEXT
        lengths.add(len(response.content))
    assert len(lengths) > 1
    with_cookie = HttpResponse(TEXT)
    with_cookie.set_cookie("csrftoken", "x" * 32)
    assert answer(response=with_cookie)["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("media_type", "is_packed"),
    [
        ("text/html; charset=utf-8", True),
        ("image/svg+xml", True),
        ("application/json", True),
        ("application/manifest+json", True),
        ("application/ld+json; charset=utf-8", True),
        ("image/jpeg", False),
        ("application/pdf", False),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", False),
        ("application/octet-stream", False),
    ],
)
def test_only_texts_are_packed(media_type, is_packed):
    response = answer(response=HttpResponse(TEXT, content_type=media_type))
    assert response.has_header("Content-Encoding") is is_packed


def test_file_keeps_its_length():
    """Django's own middleware would pack a download and drop Content-Length."""
    stream = StreamingHttpResponse(
        iter([b"%PDF-"]), content_type="application/pdf", headers={"Content-Length": "5"}
    )
    response = answer(response=stream)
    assert response["Content-Length"] == "5"
    assert b"".join(response.streaming_content) == b"%PDF-"


def test_short_and_packed_answers_are_left_alone():
    assert not answer(content="ok\n").has_header("Content-Encoding")
    ready = HttpResponse(b"\x1f\x8b" * 200, headers={"Content-Encoding": "gzip"})
    assert answer(response=ready).content == b"\x1f\x8b" * 200


def test_strong_etag_becomes_weak():
    assert answer(ETag='"abc"')["ETag"] == 'W/"abc"'
    assert answer(ETag='W/"abc"')["ETag"] == 'W/"abc"'
