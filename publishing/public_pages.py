"""The pages that are the same for every reader: marked here, kept ready by portal/pagecache.py."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.conf import settings
from django.db import OperationalError
from django.urls import get_resolver, get_urlconf

#: A minute spares a slow line the question «is it still so?» when a reader goes back and forth.
SHARED = "public, max-age=60"
#: For whoever is signed in: only their own browser keeps it, and asks each time.
OWN = "private, no-cache"
#: In request.META where it is known that the database does not answer: nothing waits for it then.
DATABASE_IS_DOWN = "portal.database_is_down"
#: In request.META where it is known when something that readers see has changed: keeps figures.
KEEPER = "portal.keeper"


@dataclass(frozen=True)
class PublicPage:
    """On which words of the query a page depends; one with a word of `uncached` is not kept."""

    query: tuple[str, ...] = ()
    uncached: tuple[str, ...] = ()


def public_page(
    view: Callable | None = None, *, query: tuple[str, ...] = (), uncached: tuple[str, ...] = ()
) -> Callable:
    """Mark a view as the same for all: it asks for nothing but its address and the words named.

    No session, no user, no CSRF token, no language of the browser. `query` names the words of the
    query that the page knows; `uncached` those whose values have no end, like a search. Stands
    above require_safe.

    >>> @public_page(query=("page",), uncached=("q",))
    ... @require_safe
    ... def news(request): ...
    """

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        def shown(request, *args, **kwargs):
            if request.META.get(DATABASE_IS_DOWN):
                return page_of_outage(request)
            response = view(request, *args, **kwargs)
            if response.status_code == 200 and not response.has_header("Cache-Control"):
                response["Cache-Control"] = OWN if is_known(request) else SHARED
            return response

        shown.public_page = PublicPage(tuple(query), tuple(uncached))
        return shown

    return decorate(view) if view else decorate


def kept(request, key, make: Callable):
    """What make() counts, the same for every reader, until something that readers see changes.

    key: hashable, told by the address alone. Nobody changes the value: threads share it. Where
    nothing tells of changes, as in a test, it is counted each time.
    """
    keeper = request.META.get(KEEPER)
    return keeper(key, make) if keeper else make()


def page_of_outage(request):
    """What a reader gets who meets a database that does not answer; without a traceback in the log."""
    try:
        raise OperationalError("The database does not answer.")
    except OperationalError:
        return get_resolver(get_urlconf()).resolve_error_handler(500)(request)


def is_known(request) -> bool:
    """Whether the request may be somebody's in particular."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES or "Authorization" in request.headers
