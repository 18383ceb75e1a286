"""Field visits: which entries are visited, what was seen there, and what that proves."""

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from contests.choices import ADMITTED, RESULTS, ContestStatus
from contests.models import Application, Contest, Visit
from contests.results import tables_of
from people.models import User
from practices.choices import Evidence
from practices.ledger import raise_evidence as follow_adoptions
from practices.models import EvidenceStep, Practice
from publishing.languages import LANGUAGES
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused

#: What a visit answers, yes or no; with three times yes it confirms the practice.
ANSWERS = ("works", "as_described", "residents_confirm")
#: Stages in which a sheet of a visit may be filled in.
WRITTEN_IN = (ContestStatus.VISITS, ContestStatus.DELIBERATION)
#: Notes of the audit under which a practice’s evidence followed a visit.
RAISED = "evidence_on_site"


def best_of(contest: Contest) -> list[Application]:
    """Entries that the rule sends to: the best of each nomination and group, ties at the end too."""
    version = contest.versions.first()
    terms = version.content["terms"] if version else {}
    best = terms.get("visits_best", contest.visits_best)
    return [
        application
        for table in tables_of(contest)
        for application, standing in table.rows
        if standing.place is not None and standing.place <= best
    ]


@transaction.atomic
def choose(contest: Contest, *, actor: User) -> list[Visit]:
    """A visit for each of the best; chosen again, it drops those nobody has planned or made.

    Raises MoveRefused where the contest is not at its visits.
    """
    contest = Contest.objects.select_for_update(of=("self",)).get(pk=contest.pk)
    if contest.status != ContestStatus.VISITS:
        raise MoveRefused(gettext("Visits are chosen once the contest is at its field visits."))
    chosen = best_of(contest)
    known = Visit.objects.filter(application__contest=contest)
    known.filter(planned_on=None, visited_on=None, findings="", photos=None, members=None).exclude(
        application__in=chosen
    ).delete()
    before = set(known.values_list("application", flat=True))
    Visit.objects.bulk_create(
        [Visit(application=each) for each in chosen if each.pk not in before],
        ignore_conflicts=True,
    )
    after = set(known.values_list("application", flat=True))
    if after != before:
        AuditEvent.record(
            contest,
            action="choose_visits",
            actor=actor,
            via="admin",
            details={"applications": sorted(after)},
        )
    return list(visits_of(contest))


def visits_of(contest: Contest):
    """In an order that tells nothing of the places."""
    return (
        Visit.objects.filter(application__contest=contest)
        .select_related(
            "application__contest", "application__nomination", "application__municipality"
        )
        .prefetch_related("members", "photos")
        .order_by("application__nomination__position", "application__code", "pk")
    )


def is_confirming(visit: Visit) -> bool:
    """Somebody was there, saw it at work as described, residents said so, and it is written down."""
    return bool(
        visit.visited_on
        and visit.findings.strip()
        and all(getattr(visit, answer) is True for answer in ANSWERS)
    )


def raise_evidence(contest: Contest) -> int:
    """Practices whose visit confirms them reach «verified on site»; returns how many did.

    Only once the results are out: until then a practice’s page would tell that it takes part. Each
    visit counts once: what an editor does with the step afterwards stays. Ranking is not touched,
    formulas go by the day of sending.
    """
    if contest.status not in RESULTS:
        return 0
    waiting = Visit.objects.filter(
        application__contest=contest,
        application__status__in=ADMITTED,
        visited_on__isnull=False,
        **dict.fromkeys(ANSWERS, True),
    ).select_related("application__contest")
    return sum(_raise(visit) for visit in waiting if is_confirming(visit))


@transaction.atomic
def _raise(visit: Visit) -> bool:
    application = visit.application
    pk = application.practice_id or application.made_practice_id
    practice = Practice.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if not practice or practice.evidence_level >= Evidence.ON_SITE:
        return False
    if AuditEvent.about(practice).filter(action=RAISED, details__visit=visit.pk).exists():
        return False
    proof = _proof(practice, visit)
    practice.evidence_level = Evidence.ON_SITE
    practice.version += 1
    practice.save(update_fields=["evidence_level", "version", "updated_at"])
    AuditEvent.record(
        practice,
        action=RAISED,
        actor=None,
        via="system",
        reason=str(proof.note),
        details={"visit": visit.pk, "application": application.pk},
    )
    if adoption := practice.adoptions.counted().first():
        follow_adoptions(adoption)
    return True


def _proof(practice: Practice, visit: Visit) -> EvidenceStep:
    """In both languages; the act is named where there is one."""
    proof = EvidenceStep(practice=practice, level=Evidence.ON_SITE, on=visit.visited_on)
    contest = visit.application.contest
    for language in LANGUAGES:
        with translation.override(language):
            note = gettext("Visited by the commission of the contest “%(contest)s”")
            note %= {"contest": contest.title}
            if visit.act:
                note = gettext("%(note)s, act: %(act)s") % {"note": note, "act": visit.act}
            setattr(proof, f"note_{language}", note[:300])
            setattr(proof, f"by_{language}", gettext("the commission of the contest"))
    proof.save()
    return proof
