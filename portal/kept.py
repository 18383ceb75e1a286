"""One kind of personal data: what it is for, how long it stays, how it is shown, copied and let go."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from people.models import User


class Part(models.TextChoices):
    """Under which heading a row stands."""

    ACCOUNT = "account", _("Account and signing in")
    ROLE = "role", _("Role in a municipality")
    RECORDS = "records", _("Descriptions and adoptions")
    LETTERS = "letters", _("Codes, links and letters")
    TRACES = "traces", _("Who did what")


class Fate(models.TextChoices):
    """What happens when the time is over."""

    DELETE = "delete", _("Then it is deleted.")
    ERASE = "erase", _("Then it is taken out; the record itself stays.")
    KEEP = "keep", _("It stays with the record.")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Personal data of one kind.

    what, purpose, term: for the reader, in plain words; reason: why it stays, with Fate.KEEP alone.
    secret: declared, and never handed out. beside: columns that tell the person which row it is,
    or pairs of a name and a function of the row. shown: what «My data» shows of a row: names of
    fields, «» for the row itself, or functions of it.
    of: user → the rows about that person; None where there is nobody to show them to.
    due: moment → rows older than `span` at that moment, whose time is over; remove: how they go.
    """

    model: type[models.Model]
    fields: tuple[str, ...]
    part: Part
    what: str
    purpose: str
    term: str
    fate: Fate
    reason: str = ""
    secret: tuple[str, ...] = ()
    beside: tuple[str | tuple[str, Callable], ...] = ()
    shown: tuple[str | Callable, ...] = ()
    of: Callable[[User], models.QuerySet] | None = None
    span: timedelta = timedelta()
    due: Callable[[datetime], models.QuerySet] | None = None
    remove: Callable[[models.QuerySet], int] | None = None

    @property
    def name(self) -> str:
        """For the log: «publishing.Draft owner answers conflicts»."""
        return " ".join((self.model._meta.label, *self.fields))  # noqa: SLF001

    @property
    def ending(self) -> str:
        """What happens then; where it stays, why."""
        return str(self.reason or self.fate.label)

    def purge(self, now: datetime) -> int:
        """Let go of what is due; returns how many rows it was."""
        rows = self.due(now - self.span)
        if self.remove:
            return self.remove(rows)
        count = rows.count()
        rows.delete()
        return count

    def copies(self, user: User) -> list[dict]:
        """The person's rows, for the copy of their data."""
        return [{name: plain(read(row)) for name, read in self._columns()} for row in self.of(user)]

    def _columns(self) -> Iterator[tuple[str, Callable]]:
        for name in (*self.beside, *self.fields):
            if isinstance(name, tuple):
                yield name
            elif name not in self.secret and not self._is_account(name):
                yield name, lambda row, name=name: getattr(row, name)

    def _is_account(self, name: str) -> bool:
        """References to accounts are not copied: one's own says nothing, another's is not one's own."""
        return name in {
            field.name
            for field in self.model._meta.concrete_fields  # noqa: SLF001
            if field.related_model is User
        }

    def lines(self, user: User, limit: int) -> list[str]:
        """The person's rows for «My data», a line each, at most so many."""
        rows = self.of(user)[:limit] if self.shown else ()
        found = (
            " · ".join(filter(None, (worded(row, each) for each in self.shown))) for row in rows
        )
        return [line for line in found if line]


def plain(value):
    """A value as JSON takes it; a reference by its name, a file by its path."""
    return str(value) if isinstance(value, (models.Model, models.fields.files.FieldFile)) else value


def worded(row, name: str | Callable) -> str:
    """A value as people read it, in the language of the page; «» names the row itself."""
    if not name or callable(name):
        return str(name(row) if name else row)
    choice = getattr(row, f"get_{name}_display", None)
    value = choice() if choice else getattr(row, name)
    if isinstance(value, datetime):
        value = localtime(value).date()
    return date_format(value, "DATE_FORMAT") if isinstance(value, date) else str(value or "")
