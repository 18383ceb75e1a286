"""Where a record is spoken of: what apps above have about it, told to pages further down.

A partner's page names practices and articles, and knows of neither: each app registers what it has.

>>> register(Partner, articles_of)   # in the journal's AppConfig.ready
>>> mentions_of(partner, "ky")
[Mention(title="…", url="/ky/journal/articles/…/", kind="Article", language="ru")]
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import models


@dataclass(frozen=True)
class Mention:
    """kind: in words, for the reader; language: of the title, which may be the other one."""

    title: str
    url: str
    kind: str
    language: str


Provider = Callable[[models.Model, str], Iterable[Mention]]
_providers: dict[type[models.Model], list[Provider]] = {}


def register(model: type[models.Model], provider: Provider) -> None:
    """Let provider(record, language) tell where records of the model are spoken of: what readers may
    see alone, latest first, in a number of queries that does not grow. Registered twice, it tells once.
    """
    known = _providers.setdefault(model, [])
    if provider not in known:
        known.append(provider)


def mentions_of(record: models.Model, language: str) -> list[Mention]:
    """Everything that speaks of the record, each address once. language: the page's."""
    found = {}
    for provider in _providers.get(type(record), ()):
        for mention in provider(record, language):
            found.setdefault(mention.url, mention)
    return list(found.values())
