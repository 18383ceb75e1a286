"""Compression of what the portal writes anew for each request; static files come compressed."""

import re
import zlib
from functools import lru_cache

import brotli
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import has_vary_header, patch_vary_headers

TEXT = re.compile(r"text/|image/svg\+xml|application/(?:[\w.-]+\+)?(?:json|xml|javascript)\b")
#: A sixth smaller than gzip for a millisecond more; each step above costs ten times as much.
QUALITY = 7
#: Below it the header costs more than is saved; GZipMiddleware keeps the same bound.
SHORTEST = 200
#: A coding that a reader may get, the best first; "" is none.
CODINGS = ("br", "gzip", "")
LONGEST_HEADER = 256  # of Accept-Encoding, as far as anybody reads it


class CompressionMiddleware(GZipMiddleware):
    """Brotli for texts that are the same for every visitor, gzip for other texts, nothing else.

    Length tells a secret to whoever can put words of his own beside it and watch the wire (BREACH).
    A page the same for all holds none. What depends on a cookie may hold a CSRF token: it gets
    Django's gzip, which adds a random length. Photos and documents are compressed in themselves,
    and packed once more they would lose their Content-Length.
    """

    def process_response(self, request, response):
        if not TEXT.match(response.get("Content-Type", "")):
            return response
        coding = accepted_coding(request.headers.get("Accept-Encoding", ""))
        if depends_on_visitor(response) or response.streaming or coding != "br":
            if not coding:  # Django would not see «gzip;q=0»
                patch_vary_headers(response, ["Accept-Encoding"])
                return response
            return super().process_response(request, response)
        if len(response.content) < SHORTEST or response.has_header("Content-Encoding"):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        response.content = packed(response.content, "br")
        response["Content-Length"] = str(len(response.content))
        response["Content-Encoding"] = "br"
        if (etag := response.get("ETag", "")).startswith('"'):
            # The same words in other bytes: a strong tag would promise the same bytes.
            response["ETag"] = f"W/{etag}"
        return response


def depends_on_visitor(response: HttpResponseBase) -> bool:
    return bool(response.cookies) or has_vary_header(response, "Cookie")


def accepted_coding(header: str) -> str:
    """The best of CODINGS that a reader with this Accept-Encoding takes."""
    return _accepted_coding(header[:LONGEST_HEADER])


@lru_cache(maxsize=128)
def _accepted_coding(header: str) -> str:
    weights = {}
    for item in header.replace(" ", "").lower().split(","):
        coding, _semicolon, weight = item.partition(";")
        weights[coding] = not re.fullmatch(r"q=0(\.0*)?", weight)
    anything = weights.get("*", False)
    return next((coding for coding in CODINGS if weights.get(coding, anything and coding)), "")


def packed(content: bytes, coding: str, quality: int = QUALITY) -> bytes:
    """The bytes in one of CODINGS; quality is brotli's."""
    if coding == "br":
        return brotli.compress(content, mode=brotli.MODE_TEXT, quality=quality)
    if coding == "gzip":
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        return packer.compress(content) + packer.flush()
    return content


def unpacked(content: bytes) -> bytes:
    """What packed(…, "gzip") was made of."""
    return zlib.decompress(content, 31)
