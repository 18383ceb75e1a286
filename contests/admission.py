"""Whether an application may go before the commission: conditions, and who found them met.

What the records tell the portal answers when an application is sent; the rest, and every case in
which the records are wrong, is the secretary’s. A condition nobody has answered is no condition met.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.text import capfirst
from django.utils.timezone import localtime, now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contests.choices import BEFORE_REVIEW, RESULTS, ApplicationStatus, ContestStatus, Outcome
from contests.kinship import Kinship
from contests.models import Application, Award, Contest
from practices.requirements import SUBMISSION, DraftFacts, unmet
from publishing.models import AuditEvent, Draft
from publishing.workflow import Missing, MoveRefused

#: Of `by`: the portal itself has answered.
SYSTEM = "system"
A = ApplicationStatus
#: The secretary may still change an answer; one refused may be admitted after an objection.
OPEN_TO_ANSWERS = (A.SUBMITTED, A.RETURNED, A.REFUSED)


@dataclass(frozen=True)
class Rule:
    """One condition.

    check: application → (met, fact) or None where the records do not tell; a fact is a number, a
    date or a name, the same in every language. applies: contest → whether its rules ask for it.
    paper: what may be brought afterwards, as the letter to the applicant calls it; the text may not
    be changed.
    """

    label: str
    hint: str = ""
    check: Callable[[Application], tuple[bool, str] | None] = lambda application: None
    applies: Callable[[Contest], bool] = lambda contest: True
    paper: str = ""


@dataclass(frozen=True)
class Standing:
    """A rule of one application. ok: None where nobody has answered; by: "" then."""

    name: str
    rule: Rule
    ok: bool | None = None
    note: str = ""
    by: str = ""

    @property
    def is_by_system(self) -> bool:
        return self.by == SYSTEM


# ---------------------------------------------------------------- what the records tell


def _in_time(application):
    sent = f"{localtime(application.submitted_at):%d.%m.%Y %H:%M:%S}"
    if application.late_by:
        return True, f"{sent} · {application.late_by}"
    closes_at = application.contest.closes_at
    return None if closes_at is None else (application.submitted_at < closes_at, sent)


def _letter(application):
    return hasattr(application, "letter"), ""


def _answers(application) -> dict:
    return application.content.get(application.language) or {}


def typed_day(text) -> date | None:
    """A day as it was typed, 2025-03-01 or 01.03.2025; None where it is none."""
    for shape in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(str(text or "").strip(), shape).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _period(application):
    """Some part of the work lies in the period; work without an end goes on."""
    contest, answers = application.contest, _answers(application)
    began, ended = typed_day(answers.get("started_on")), typed_day(answers.get("finished_on"))
    if began is None:
        return None
    is_met = (contest.period_to is None or began <= contest.period_to) and (
        contest.period_from is None or ended is None or ended >= contest.period_from
    )
    return is_met, f"{began:%d.%m.%Y} – {f'{ended:%d.%m.%Y}' if ended else '…'}"


def _language(application):
    return application.language in application.contest.languages, application.language


def _once(application):
    others = list(
        application.contest.applications.entered()
        .filter(nomination_id=application.nomination_id)
        .exclude(pk=application.pk)
        .values_list("municipality", "number")
    )
    if application.municipality_id in {place for place, _number in others}:
        same = [n for place, n in others if place == application.municipality_id]
        return False, ", ".join(sorted(same))
    if not others:
        return True, ""
    kinship = Kinship()
    same = [n for place, n in others if kinship.is_one(place, application.municipality_id)]
    return not same, ", ".join(sorted(same))


def _past_winners(application):
    """A practice that has won waits; of a win without a practice in the records a person decides."""
    contest = application.contest
    won = list(
        Award.objects.filter(
            outcome=Outcome.PLACE,
            revoked_on=None,
            contest__status__in=RESULTS,
            contest__year__gte=contest.year - contest.winners_wait_years,
            contest__year__lte=contest.year,
        )
        .exclude(contest=contest)
        .values_list(
            "application__number",
            "application__municipality",
            "application__practice",
            "application__made_practice",
        )
    )
    practice = application.practice_id
    if same := [n for n, _place, *became in won if practice and practice in became]:
        return False, ", ".join(same)
    kinship, here = Kinship() if won else None, application.municipality_id
    is_unclear = any(
        kinship.is_one(place, here) and (not practice or not any(became))
        for _number, place, *became in won
    )
    return None if is_unclear else (True, "")


def _represented(application):
    sender = application.created_by
    if sender is None:
        return None
    roles = sender.memberships.verified()
    return roles.filter(municipality_id=application.municipality_id).exists(), ""


def _place(application):
    code = _answers(application).get("municipality")
    if not code or code == application.municipality.code:
        return True, ""
    return None


def _answered(application):
    answers = _answers(application)
    facts = DraftFacts(answers, answers | {"has_consent": True, "municipality": True}, 0)
    wanting = [each.field for each in unmet(SUBMISSION, facts)]
    return not wanting, ", ".join(wanting)


RULES: dict[str, Rule] = {
    "in_time": Rule(_("sent in time"), check=_in_time),
    "letter": Rule(
        _("the letter of the municipality is there"),
        check=_letter,
        applies=lambda contest: contest.needs_letter,
        paper=_("the letter of the municipality"),
    ),
    "signed": Rule(
        _("the letter is signed, stamped and names this application"),
        hint=_("Open the letter and look."),
        applies=lambda contest: contest.needs_letter,
        paper=_("the letter with the signature and the stamp, naming this application"),
    ),
    "represented": Rule(
        _("sent by a confirmed representative of the municipality"),
        check=_represented,
        paper=_("a paper that says you apply in the name of the municipality"),
    ),
    "place": Rule(
        _("carried out in the municipality that applies"),
        hint=_("The description names another municipality."),
        check=_place,
    ),
    "period": Rule(
        _("carried out in the period of the rules"),
        hint=_("The description gives no day when it began."),
        check=_period,
        applies=lambda contest: bool(contest.period_from or contest.period_to),
    ),
    "language": Rule(_("in a language of the rules"), check=_language),
    "once": Rule(
        _("the only one of the municipality in the nomination"),
        check=_once,
        applies=lambda contest: contest.one_in_nomination,
    ),
    "past_winners": Rule(
        _("has not won in the years of the rules"),
        hint=_("The municipality has won; the records do not tell whether with this practice."),
        check=_past_winners,
        applies=lambda contest: contest.winners_wait_years > 0,
    ),
    "answers": Rule(_("the main questions are answered"), check=_answered),
    "fits": Rule(_("is about what the nomination looks for"), hint=_("Read it and say.")),
}


def rules_for(contest: Contest) -> dict[str, Rule]:
    """The conditions of this contest, by name, in the order in which they are looked at."""
    return {name: rule for name, rule in RULES.items() if rule.applies(contest)}


def look(application: Application) -> dict:
    """What the records tell: {rule: {"ok": bool, "note": str, "by": "system"}}.

    A rule that only a person can tell is absent until the secretary answers. The application need
    not be saved yet; its letter is the one it holds.
    """
    found = {}
    for name, rule in rules_for(application.contest).items():
        told = rule.check(application)
        if told is not None:
            found[name] = {"ok": told[0], "note": told[1], "by": SYSTEM}
    return found


def look_again(application: Application) -> dict:
    """The same after papers were brought: what the secretary has answered stays, but for papers
    that were found wanting: somebody looks at the new ones.
    """
    kept = {
        name: told
        for name, told in application.checks.items()
        if told.get("by") != SYSTEM
        and (told.get("ok") or not (name in RULES and RULES[name].paper))
    }
    return look(application) | kept


# ---------------------------------------------------------------- reading the answers


def standings(application: Application) -> list[Standing]:
    """Every condition of the contest with its answer, in order."""
    found = []
    for name, rule in rules_for(application.contest).items():
        told = application.checks.get(name) or {}
        found.append(Standing(name, rule, told.get("ok"), in_words(name, told), told.get("by", "")))
    return found


def in_words(name: str, told: dict) -> str:
    """The fact behind an answer, as a person reads it."""
    note = told.get("note", "")
    if name != "answers" or told.get("by") != SYSTEM:
        return note
    labels = {each.field: str(each.label) for each in SUBMISSION}
    return ", ".join(labels.get(field, field) for field in note.split(", "))


def wanting(application: Application) -> list[Missing]:
    """What stands in the way of admission: conditions not met, or not looked at yet."""
    found = []
    for each in standings(application):
        label = capfirst(str(each.rule.label))
        if each.ok is None:
            message = gettext("%(condition)s: not looked at yet") % {"condition": label}
        elif not each.ok:
            message = gettext("%(condition)s: no") % {"condition": label}
        else:
            continue
        found.append(Missing(f"check-{each.name}", message))
    return found


def papers_wanting(application: Application) -> list[Standing]:
    """Papers that were looked for and are not as they should be: they may be brought afterwards."""
    return [each for each in standings(application) if each.rule.paper and each.ok is False]


# ---------------------------------------------------------------- the secretary’s word


@transaction.atomic
def answer(application: Application, name: str, *, ok: bool, note: str = "", by) -> Application:
    """The secretary answers a condition, or answers it otherwise than the portal.

    Raises MoveRefused where the portal is overruled without a note, or it is decided already.
    """
    row = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    if row.status not in OPEN_TO_ANSWERS:
        raise MoveRefused(gettext("This application has been decided on."))
    if name not in rules_for(row.contest):
        raise MoveRefused(gettext("There is no such condition in this contest."))
    note = note.strip()[:300]
    found = look(row).get(name)
    if found and found["ok"] != ok and not note:
        raise MoveRefused(
            gettext("The portal has found otherwise: write why, it will be recorded.")
        )
    before = row.checks.get(name) or {}
    told = {"ok": ok, "note": note, "by": str(by)}
    if found and found["ok"] == ok and not note:
        told = found
    if told != before:
        row.checks = row.checks | {name: told}
        row.save(update_fields=["checks", "updated_at"])
        AuditEvent.record(
            row,
            action="check",
            actor=by,
            via="admin",
            reason=note,
            details={"rule": name, "ok": ok, "before": before.get("ok")},
        )
    return row


# ---------------------------------------------------------------- late ones


@dataclass(frozen=True)
class Unsent:
    """What the secretary sees of a draft that was not sent: nothing of its text but the title."""

    draft: Draft
    municipality: str
    nomination: str
    title: str
    percent: int


def unsent_drafts(contest: Contest):
    """Drafts of the contest that nobody has sent, the last touched first."""
    from contests.applying import KIND

    return (
        Draft.objects.open()
        .filter(kind=KIND, answers__contest=str(contest.pk), object_id=None)
        .select_related("owner")
        .order_by("-updated_at")
    )


def unsent(contest: Contest) -> list[Unsent]:
    """The drafts as the secretary sees them."""
    from places.models import Municipality

    drafts = list(unsent_drafts(contest))
    codes = {str(draft.answers.get("municipality") or "") for draft in drafts}
    places = {place.code: str(place) for place in Municipality.objects.filter(code__in=codes)}
    nominations = {str(each.pk): str(each) for each in contest.nominations.all()}
    return [
        Unsent(
            draft,
            places.get(str(draft.answers.get("municipality") or ""), ""),
            nominations.get(str(draft.answers.get("nomination") or ""), ""),
            str(draft.answers.get("title") or ""),
            _percent(draft.answers),
        )
        for draft in drafts
    ]


def _percent(answers: dict) -> int:
    """How much of what must be answered is answered."""
    facts = DraftFacts(answers, answers | {"has_consent": True}, 0)
    left = len(unmet(SUBMISSION, facts))
    return round(100 * (len(SUBMISSION) - left) / len(SUBMISSION))


@transaction.atomic
def take_late(
    contest: Contest, draft: Draft, *, consent_of: str, document: str, reason: str, by
) -> Application:
    """Take a draft after the term with the chair’s consent; who, by which paper and why is recorded.

    Raises MoveRefused outside the time between the term and the commission, and what
    applying.submit raises where something of the application is missing.
    """
    from contests.applying import submit

    contest.refresh_from_db()
    is_over = contest.closes_at is not None and contest.closes_at <= now()
    if contest.status not in BEFORE_REVIEW or not is_over:
        raise MoveRefused(
            gettext("A late application is taken after the term and before the commission begins.")
        )
    if contest.status == ContestStatus.ACCEPTING:
        raise MoveRefused(gettext("First close the contest for applications."))
    if not (consent_of.strip() and document.strip() and reason.strip()):
        raise MoveRefused(gettext("Name who has consented, the document and the reason."))
    late_by = f"{consent_of.strip()}, {document.strip()}"[:160]
    application = submit(draft, at=now(), by=by, late_by=late_by)
    AuditEvent.record(
        application,
        action="take_late",
        actor=by,
        via="admin",
        reason=reason.strip(),
        details={"consent_of": consent_of.strip(), "document": document.strip()},
    )
    return application
