"""What the signed links are for: each app registers its purposes here when it starts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils import timezone


@dataclass(frozen=True)
class Purpose:
    """label: what the button says the link opens; address: where the button leads.

    answers: (value, label) of the buttons of a question that is answered on the spot; act takes the
    thing and the value. about: a line on what is asked, in words that anybody may read.
    """

    label: str
    address: Callable[[models.Model], str]
    answers: Sequence[tuple[str, str]] = ()
    act: Callable[[models.Model, str], object] | None = None
    about: Callable[[models.Model], str] = lambda target: ""


PURPOSES: dict[str, Purpose] = {}


def register(name: str, *, label, address: Callable[[models.Model], str], **options) -> None:
    """options: answers, act and about of a Purpose."""
    PURPOSES[name] = Purpose(label, address, **options)


def session_key(purpose: str, target: models.Model) -> str:
    return f"link:{purpose}:{target._meta.label_lower}:{target.pk}"  # noqa: SLF001


def is_open(request, purpose: str, target: models.Model) -> bool:
    """Whether this visitor came through a signed link for the purpose on the thing that still holds.

    The link itself is looked at again, so revoking one closes the door at once.
    """
    from people.models import AccessLink

    pk = request.session.get(session_key(purpose, target))
    # A link used up stays open for the visitor who used it until it expires or is revoked.
    link = AccessLink.objects.filter(pk=pk, revoked_at=None).first() if pk else None
    return bool(link and link.expires_at > timezone.now())
