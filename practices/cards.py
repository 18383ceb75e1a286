"""Practices as cards of a list, in the language of the page."""

from collections.abc import Iterable

from publishing.languages import Edition, current_language


def cards(practices: Iterable) -> list[Edition]:
    """Editions to show: the page's language where it is ready, else the original."""
    language = current_language()
    return [practice.edition_for(language) for practice in practices]
