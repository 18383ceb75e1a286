"""Asking a WSGI application as a server would."""

import io
from typing import NamedTuple
from urllib.parse import unquote_to_bytes
from wsgiref.validate import validator


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def ask(application, address: str, *, method: str = "GET", headers=(), **environ) -> Answer:
    """The answer to a request; each exchange is checked against PEP 3333."""
    path, _question, query = address.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "testserver",
        "REMOTE_ADDR": "203.0.113.7",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **{
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in dict(headers).items()
        },
        **environ,
    }
    told = []
    body = validator(application)(environ, lambda *args: told.append(args) or (lambda _: None))
    content = b"".join(body)
    body.close()
    status, sent = told[0][:2]
    return Answer(int(status[:3]), dict(sent), content)
