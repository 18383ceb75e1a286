"""A process of the portal's own, as a server's worker is one: reads addresses, writes answers.

    python -m tests.portal.page_reader DATABASE HOST FOLDER

Each line that comes in is an address; each that goes out a JSON object {status, headers, text}.
HOST "" is the suite's own database server.
"""

import gzip
import json
import sys
from pathlib import Path


def main(database: str, host: str, folder: str) -> None:
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    if host:
        settings.DATABASES["default"] |= {"HOST": host, "PORT": "1"}
    django.setup()
    from django.core.handlers.wsgi import WSGIHandler

    from portal.pagecache import PageCache
    from tests.portal.asking import ask

    cache = PageCache(WSGIHandler(), folder=Path(folder), most=2**20)
    for line in sys.stdin:
        answer = ask(cache, line.strip(), headers={"Accept-Encoding": "gzip"})
        body = answer.body
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        said = {"status": answer.status, "headers": answer.headers, "text": body.decode()}
        print(json.dumps(said), flush=True)  # noqa: T201  its voice


if __name__ == "__main__":
    main(*sys.argv[1:])
