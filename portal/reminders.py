"""Letters that tell of a deletion before it happens, and when each was written.

The moment is kept among the periodic runs, under the record's own name: nothing is deleted before
its owner has had the days the letter promises.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from publishing import letters
from publishing.models import PeriodicRun

#: Between the letter and the deletion it tells of.
NOTICE = timedelta(days=30)
PREFIX = "reminder:"
#: Longer than anything waits for its end after a reminder.
KEPT = timedelta(days=400)


def key_of(record: models.Model) -> str:
    return f"{PREFIX}{record._meta.label_lower}:{record.pk}"  # noqa: SLF001


def remind(record, letter: str, *, owner, since: datetime) -> bool:
    """Write the letter once for the time since the record was last touched; returns whether it was."""
    mark, is_new = PeriodicRun.objects.get_or_create(
        name=key_of(record), defaults={"last_run_at": timezone.now()}
    )
    if not is_new and mark.last_run_at >= since:
        return False
    PeriodicRun.objects.filter(pk=mark.pk).update(last_run_at=timezone.now())
    # Who has given a phone number alone reads it in the account.
    letters.send(letter, record, to=owner.email or "", language=owner.language)
    return True


def was_told(record, *, since: datetime) -> bool:
    """Whether a letter was written since the record was last touched, and its days are over."""
    mark = PeriodicRun.objects.filter(name=key_of(record)).first()
    return bool(mark and since <= mark.last_run_at <= timezone.now() - NOTICE)


def forget_marks() -> int:
    old = PeriodicRun.objects.filter(name__startswith=PREFIX, last_run_at__lt=timezone.now() - KEPT)
    return old.delete()[0]


def last_day() -> dict:
    return {"last_day": timezone.localdate() + NOTICE}


letters.register(
    "draft_fades",
    label=_("Your draft will be deleted"),
    context=lambda draft: {
        **last_day(),
        "address": settings.SITE_URL + reverse("practices:draft", args=[draft.uuid]),
    },
)
letters.register(
    "account_fades",
    label=_("Your account will be deleted"),
    context=lambda user: {
        **last_day(),
        "address": settings.SITE_URL + reverse("account_home"),
    },
)
