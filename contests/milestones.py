"""The days of a contest in their order, and how much time is left, in words."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contests.choices import ContestStatus
from contests.models import Contest

#: A public page may lie ready for so long (portal/pagecache.py): the words never promise more time
#: than there is.
PAGE_AGE = timedelta(minutes=10)

S = ContestStatus
#: name → (field, label, stages in which it is what goes on now)
MILESTONES = {
    "opens": ("opens_at", gettext_lazy("Applications open"), (S.ANNOUNCED,)),
    "closes": ("closes_at", gettext_lazy("Last moment to apply"), (S.ACCEPTING,)),
    "admission": ("admission_until", gettext_lazy("Applications are checked"), (S.ADMISSION,)),
    "review": (
        "review_until", gettext_lazy("The commission scores the applications"), (S.REVIEW, S.VISITS),
    ),
    "deliberation": (
        "deliberation_on", gettext_lazy("The commission meets and decides"), (S.DELIBERATION,),
    ),
    "vote_from": ("vote_from", gettext_lazy("The public vote begins"), ()),
    "vote_until": ("vote_until", gettext_lazy("The public vote ends"), ()),
    "award": ("award_on", gettext_lazy("Winners are awarded"), (S.DECIDED,)),
}  # fmt: skip
#: What is a stretch of time until its day, not a day.
STRETCHES = {"admission", "review"}


@dataclass(frozen=True)
class Milestone:
    """at: a moment, or a day where the calendar names no hour. state: «past», «now» or «ahead»."""

    name: str
    label: str
    at: datetime | date
    state: str

    @property
    def words(self) -> str:
        return moment_words(self.at)

    @property
    def is_stretch(self) -> bool:
        return self.name in STRETCHES

    @property
    def title(self) -> str:
        """For a calendar, where a stretch stands on its last day alone."""
        return _("%(what)s: last day") % {"what": self.label} if self.is_stretch else self.label


def last_day(moment: datetime) -> date:
    """The day a term that ends at the moment still holds: 24:00 of the 30th is 0:00 of the 31st."""
    return timezone.localdate(moment - timedelta(seconds=1))


def hour_words(moment: datetime) -> str:
    """«18:00», or "" where the whole day holds."""
    local = timezone.localtime(moment)
    is_whole = local.time() == time() or local.time() >= time(23, 59)
    return "" if is_whole else time_format(local, "TIME_FORMAT")


def moment_words(at: datetime | date) -> str:
    """«30 November 2026, 18:00» in Bishkek; the end of a day is its 24:00."""
    if not isinstance(at, datetime):
        return date_format(at, "DATE_FORMAT")
    local = timezone.localtime(at)
    if local.time() == time() or local.time() >= time(23, 59):
        return f"{date_format(last_day(at), 'DATE_FORMAT')}, 24:00"
    return date_format(local, "DATETIME_FORMAT")


def milestones(contest: Contest, *, now: datetime | None = None) -> list[Milestone]:
    """The days the contest has, in their order."""
    now = now or timezone.now()
    found = []
    for name, (field, label, stages) in MILESTONES.items():
        at = getattr(contest, field)
        if at and (contest.has_public_vote or not name.startswith("vote")):
            found.append(Milestone(name, str(label), at, _state(contest, at, stages, now)))
    return sorted(found, key=lambda each: _start(each.at))


def _state(contest, at, stages, now) -> str:
    """By the stage where one says it: what the commission has not done by its day goes on."""
    if contest.status in stages:
        return "now"
    if isinstance(at, datetime):
        return "past" if at <= now else "ahead"
    return "past" if at < timezone.localdate(now) else "ahead"


def _start(at) -> datetime:
    if isinstance(at, datetime):
        return at
    return timezone.make_aware(datetime.combine(at, time(23, 59)))


def time_left(contest: Contest, *, now: datetime | None = None) -> str:
    """«12 days left», on the last day «Last day: 5 hours left», or "" where nothing may be sent.

    Days are those of Bishkek; hours are told a little short, for the page may be ten minutes old.
    """
    now = now or timezone.now()
    if contest.status != S.ACCEPTING or not contest.closes_at or contest.closes_at <= now:
        return ""
    days = (last_day(contest.closes_at) - timezone.localdate(now)).days
    if days > 0:
        return ngettext("%(count)s day left", "%(count)s days left", days) % {"count": days}
    hours = int((contest.closes_at - now - PAGE_AGE) / timedelta(hours=1))
    if hours < 1:
        return _("The last hour")
    words = ngettext("Last day: %(count)s hour left", "Last day: %(count)s hours left", hours)
    return words % {"count": hours}


def is_last_day(contest: Contest, *, now: datetime | None = None) -> bool:
    now = now or timezone.now()
    return bool(time_left(contest, now=now)) and last_day(contest.closes_at) == timezone.localdate(
        now
    )
