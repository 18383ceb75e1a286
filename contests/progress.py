"""How far an application has come, told to its applicant: where it is, what comes next, until when."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from contests.choices import BEFORE_REVIEW, RESULTS, ApplicationStatus, ContestStatus
from contests.models import Application
from publishing.models import AuditEvent

A = ApplicationStatus
#: status → (what it means for the applicant, what comes next)
WORDS = {
    A.SUBMITTED: (
        _("It has come and is in the contest."),
        _(
            "The secretary looks whether it meets the conditions, and writes if a document is missing."
        ),
    ),
    A.RETURNED: (
        _("The secretary asks for documents."),
        _("Bring them here. The text itself stays as it was sent."),
    ),
    A.ADMITTED: (
        _("It is admitted."),
        _("The commission reads and scores it; until then you may still take it back."),
    ),
    A.REFUSED: (_("It was not admitted."), _("Why stands below.")),
    A.WITHDRAWN: (
        _("It was taken back."),
        _("Its text is a draft again; it can be sent until the term ends."),
    ),
    A.DISQUALIFIED: (_("It was taken out of the contest."), _("Why stands below.")),
    A.DUPLICATE: (_("It was sent twice."), _("The other one takes part.")),
    A.AWARDED: (_("It has an award. Congratulations!"), ""),
    A.NOT_AWARDED: (
        _("It has no award this time."),
        _("What the commission thought of it stands below."),
    ),
}
AT_WORK = (
    _("It is before the commission."),
    _("Each member scores it apart. Nobody tells scores before the decision."),
)
DELIBERATED = (_("The commission decides."), _("Results are published with the protocol."))
DECIDING = (ContestStatus.DELIBERATION, ContestStatus.DECIDED)
#: What the applicant sees of the history; the rest is the commission’s own business.
EVENTS = {
    "submit": _("Sent"),
    "return": _("The secretary asked for documents"),
    "repair": _("Documents were brought"),
    "admit": _("Admitted"),
    "refuse": _("Not admitted"),
    "withdraw": _("Taken back"),
    "merge": _("Taken out: sent twice"),
    "disqualify": _("Taken out of the contest"),
}
#: The way of an application, in its four steps.
STEPS = (_("Sent"), _("Checked"), _("Before the commission"), _("Decision"))


@dataclass(frozen=True)
class Progress:
    """state, next: sentences. due: the day until which the next step is made, or None. steps:
    (label, is reached, is now). events: [{"label", "at", "words"}], latest first.
    """

    state: str
    next: str
    due: date | None
    steps: list[tuple[str, bool, bool]]
    events: list[dict]


def shown_status(application: Application) -> str:
    """What the applicant may know: of a decision nothing before the results are out."""
    is_decided = application.status in {A.AWARDED, A.NOT_AWARDED}
    if is_decided and application.contest.status not in RESULTS:
        return A.ADMITTED
    return application.status


def words_of(application: Application) -> tuple[str, str]:
    status, stage = shown_status(application), application.contest.status
    if status == A.ADMITTED and stage in DECIDING:
        return DELIBERATED
    if status == A.ADMITTED and stage not in BEFORE_REVIEW:
        return AT_WORK
    return WORDS[status]


def progress(application: Application) -> Progress:
    state, following = words_of(application)
    return Progress(state, following, _due(application), _steps(application), events(application))


def _due(application) -> date | None:
    contest, status = application.contest, shown_status(application)
    if status == A.SUBMITTED:
        return contest.admission_until
    if status == A.RETURNED:
        return application.repair_until
    if status != A.ADMITTED:
        return None
    return contest.award_on if contest.status in DECIDING else contest.review_until


def _steps(application) -> list[tuple[str, bool, bool]]:
    status, stage = shown_status(application), application.contest.status
    if status in {A.AWARDED, A.NOT_AWARDED}:
        reached = 4
    elif status == A.ADMITTED:
        reached = 2 if stage in BEFORE_REVIEW else 3
    else:
        reached = 1
    return [
        (str(label), place <= reached, place == reached) for place, label in enumerate(STEPS, 1)
    ]


def events(application: Application) -> list[dict]:
    """What happened, with the secretary’s words where the applicant is meant to read them."""
    rows = AuditEvent.about(application).filter(action__in=EVENTS).order_by("-at", "-pk")
    return [{"label": EVENTS[row.action], "at": row.at, "words": row.reason} for row in rows]
