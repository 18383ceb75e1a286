"""Compression of what the portal writes anew for each request; static files come compressed."""

import re

import brotli
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import has_vary_header, patch_vary_headers

TEXT = re.compile(r"text/|image/svg\+xml|application/(?:[\w.-]+\+)?(?:json|xml|javascript)\b")
#: A sixth smaller than gzip for a millisecond more; each step above costs ten times as much.
QUALITY = 7
#: Below it the header costs more than is saved; GZipMiddleware keeps the same bound.
SHORTEST = 200


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
        if depends_on_visitor(response) or response.streaming or not takes_brotli(request):
            return super().process_response(request, response)
        if len(response.content) < SHORTEST or response.has_header("Content-Encoding"):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        response.content = brotli.compress(response.content, mode=brotli.MODE_TEXT, quality=QUALITY)
        response["Content-Length"] = str(len(response.content))
        response["Content-Encoding"] = "br"
        if (etag := response.get("ETag", "")).startswith('"'):
            # The same words in other bytes: a strong tag would promise the same bytes.
            response["ETag"] = f"W/{etag}"
        return response


def depends_on_visitor(response: HttpResponseBase) -> bool:
    return bool(response.cookies) or has_vary_header(response, "Cookie")


def takes_brotli(request) -> bool:
    for item in request.headers.get("Accept-Encoding", "").split(","):
        coding, _semicolon, weight = item.replace(" ", "").lower().partition(";")
        if coding == "br":
            return not re.fullmatch(r"q=0(\.0*)?", weight)
    return False
