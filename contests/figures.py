"""Public figures of a contest before the decision: how many applied, and nobody can tell who.

A number below LEAST is never told, and never left to be worked out: what is too small goes into
«others», together with so much of the rest that «others» holds at least two rows and LEAST entries.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count
from django.utils import timezone

from contests.choices import ENTERED, ContestStatus
from contests.models import Contest
from places.models import Oblast
from publishing.languages import current_language

#: So few are told by no number.
LEAST = 3
C = ContestStatus
#: Stages in which readers see how many take part and not yet who.
COUNTING = (C.ACCEPTING, C.ADMISSION, C.REVIEW, C.VISITS, C.DELIBERATION, C.DECIDED)


@dataclass(frozen=True)
class Figures:
    """at: when it was counted, for the page may lie ready for minutes. total: None below LEAST.
    oblasts, nominations: [(label, number)], the label None for «others»; empty where the whole
    cannot be parted without giving somebody away.
    """

    at: datetime
    total: int | None
    oblasts: list[tuple[str | None, int]] = field(default_factory=list)
    nominations: list[tuple[str | None, int]] = field(default_factory=list)


def figures(contest: Contest) -> Figures | None:
    """What readers may know now; None in stages that show nothing. Three queries."""
    if contest.status not in COUNTING:
        return None
    now = timezone.now()
    entered = contest.applications.filter(status__in=ENTERED).order_by()
    in_oblasts, places = Counter(), Counter()
    for oblast, _place, number in entered.values_list(
        "municipality__oblast", "municipality"
    ).annotate(Count("pk")):
        in_oblasts[oblast] += number
        places[oblast] += 1
    total = in_oblasts.total()
    if total < LEAST:
        return Figures(now, None)
    in_nominations = dict(entered.values_list("nomination").annotate(Count("pk")))
    language, oblasts = current_language(), list(Oblast.objects.all())
    return Figures(
        now,
        total,
        safe_rows(
            {each.label: in_oblasts[each.pk] for each in oblasts},
            # A town is the only municipality of its oblast: its number would be its name.
            few={each.label for each in oblasts if places[each.pk] < LEAST},
        ),
        safe_rows(
            {
                each.edition(language).title or str(each): in_nominations.get(each.pk, 0)
                for each in contest.nominations.all()
            }
        ),
    )


def safe_rows(
    numbers: Mapping[str, int], few: Collection[str] = ()
) -> list[tuple[str | None, int]]:
    """Rows that give nobody away, in the order of what comes in; «others», if any, last.

    few: rows that too few stand behind, however large their number is.

    >>> safe_rows({"Чүй": 7, "Ош": 4, "Талас": 1})
    [("Чүй", 7), (None, 5)]
    """
    small = {
        label for label, number in numbers.items() if number and (number < LEAST or label in few)
    }
    if small:
        # Who is known to be missing among the others is as good as told.
        rest = sorted(
            (label for label, number in numbers.items() if number and label not in small),
            key=numbers.__getitem__,
        )
        while rest and (len(small) < 2 or _sum(numbers, small) < LEAST):
            small.add(rest.pop(0))
        if len(small) < 2 or _sum(numbers, small) < LEAST:
            return []
    rows: list[tuple[str | None, int]] = [
        (label, number) for label, number in numbers.items() if number and label not in small
    ]
    if not rows:
        return []
    return [*rows, (None, _sum(numbers, small))] if small else rows


def _sum(numbers: Mapping[str, int], labels: Iterable[str]) -> int:
    return sum(numbers[label] for label in labels)
