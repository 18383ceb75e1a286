"""What can be found: each app registers its kinds of things in its own search.py.

>>> class Practices(Kind):
...     name, label, model = "practice", _("Practices"), Practice
...     def things(self): return Practice.objects.published()
...     def documents(self, practice): yield Document("ky", title=…)
>>> register(Practices())
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import models
from django.db.models.signals import m2m_changed, post_delete, post_save


@dataclass(frozen=True)
class Document:
    """A thing in one language, plain text throughout.

    aliases: names it has beside its title. keywords: tags, names of places with their old
    spellings – what it is found by beside its words. note: a few words under the result's title. path: address without the language.
    """

    language: str
    title: str
    path: str
    summary: str = ""
    body: str = ""
    aliases: str = ""
    keywords: str = ""
    note: str = ""


@dataclass(frozen=True)
class About:
    """What a thing is about, the same in both languages: by it results are narrowed."""

    published_at: datetime
    changed_at: datetime | None = None
    themes: list[str] = field(default_factory=list)
    oblast: str = ""
    year: int | None = None


class Kind:
    """One kind of things that are found. Subclasses name the model and say what is in the index."""

    name: str
    label: str
    model: type[models.Model]
    #: Rows loaded at once by a rebuild.
    batch = 250
    #: What a match in title or keywords is worth beside that of other kinds.
    worth = 1.0

    def things(self) -> models.QuerySet:
        """All things that anybody may find, with what documents() needs loaded."""
        raise NotImplementedError

    def about(self, thing) -> About:
        raise NotImplementedError

    def documents(self, thing) -> Iterable[Document]:
        """One document a language that is ready."""
        raise NotImplementedError

    def watched(self) -> dict[type[models.Model], Callable[[models.Model], Iterable[int]]]:
        """Models whose rows change a thing's entries: {model: row → ids of the things}."""
        return {self.model: lambda thing: [thing.pk]}


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Let the things of a kind be found, and follow their changes."""
    KINDS[kind.name] = kind
    for model, ids_of in kind.watched().items():
        name = f"search.{kind.name}.{model._meta.label}"  # noqa: SLF001
        handler = _row_changed(kind, ids_of)
        for signal in (post_save, post_delete):
            signal.connect(handler, sender=model, weak=False, dispatch_uid=name)
        for relation in model._meta.many_to_many:  # noqa: SLF001
            m2m_changed.connect(
                _relation_changed(kind, model, ids_of),
                sender=getattr(model, relation.name).through,
                weak=False,
                dispatch_uid=name,
            )


def _row_changed(kind: Kind, ids_of):
    from search.index import note

    def changed(sender, instance, **_kwargs):
        note(kind, ids_of(instance), is_own=sender is kind.model)

    return changed


def _relation_changed(kind: Kind, model, ids_of):
    from search.index import note

    def changed(sender, instance, action, reverse, pk_set, **_kwargs):
        if not action.startswith("post_"):
            return
        if isinstance(instance, model) and not reverse:
            note(kind, ids_of(instance))
        elif reverse and pk_set:
            for row in model._default_manager.filter(pk__in=pk_set):  # noqa: SLF001
                note(kind, ids_of(row))

    return changed
