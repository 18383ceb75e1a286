"""A member’s sheet: every touch is kept, the ends of the scale say why, handed in it is closed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contests.choices import RESULTS, ConflictDecision, ContestStatus, SheetStatus, Visibility
from contests.conflicts import declare
from contests.models import Contest, Criterion, Score, ScoreChange, Sheet
from publishing.drafts import digest, merge
from publishing.models import AuditEvent
from publishing.workflow import Missing, MoveRefused

#: Characters of a comment at the ends of the scale.
LEAST_COMMENT = 20
#: What keeping a sheet asks of the rows around it.
BESIDE_SHEET = (
    "application__contest__status", "application__contest__others_seen", "application__code",
    "application__nomination__contest", "member__role", "member__is_active", "member__stated_at",
)  # fmt: skip
SHEET = tuple(field.name for field in Sheet._meta.concrete_fields)  # noqa: SLF001


def scored_criteria(sheet: Sheet) -> list[Criterion]:
    return [each for each in sheet.application.nomination.criteria() if each.is_scored]


def _locked(sheet: Sheet) -> Sheet:
    """The sheet as it stands, held until the transaction ends; refused where it is closed."""
    row = (
        Sheet.objects.select_for_update(of=("self",))
        .select_related("application__contest", "application__nomination", "member")
        # Fifty members save at once: what is entered and what the rules say stays where it is.
        .only(*SHEET, *BESIDE_SHEET)
        .get(pk=sheet.pk)
    )
    row.application.nomination.contest = row.application.contest
    if row.application.contest.status != ContestStatus.REVIEW:
        raise MoveRefused(_("The commission does not score now."))
    if not row.member.has_vote:
        raise MoveRefused(_("You do not have a vote in this commission."))
    if row.status == SheetStatus.RECUSED:
        raise MoveRefused(_("You do not score this entry: a conflict of interest is noted."))
    if row.status == SheetStatus.SUBMITTED:
        raise MoveRefused(_("This sheet has been handed in. The chair can open it again."))
    return row


def _opened(row: Sheet) -> None:
    """The member looks at the entry for the first time: the sheet is not taken back any more."""
    if not row.member.stated_at:
        raise MoveRefused(_("First give your statement on conflicts of interest."))
    if row.status == SheetStatus.ASSIGNED:
        row.status, row.opened_at = SheetStatus.OPENED, timezone.now()
        row.save(update_fields=["status", "opened_at"])


@transaction.atomic
def open_sheet(sheet: Sheet) -> Sheet:
    row = _locked(sheet)
    _opened(row)
    return row


# ---------------------------------------------------------------- keeping


@dataclass
class Kept:
    """What became of what a page sent.

    stored: {key: value} as the sheet stands now. conflicts: {key: what was typed} over an answer that
    another device had changed meanwhile; the newer one stayed. problems: sentences on what could not
    be kept. missing: what stands in the way of handing in.
    """

    stored: dict[str, str]
    criteria: list[Criterion]
    conflicts: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)


def answers_of(sheet: Sheet, criteria: list[Criterion], scores: Mapping[int, Score]) -> dict:
    """{key: text} of all that can be written on the sheet: «value-5», «why-5», «comment», «note»."""
    found = {}
    for criterion in criteria:
        score = scores.get(criterion.pk)
        has_value = score is not None and score.value is not None
        found[f"value-{criterion.pk}"] = str(score.value) if has_value else ""
        found[f"why-{criterion.pk}"] = score.comment if score else ""
    return found | {"comment": sheet.comment, "note": sheet.note}


@transaction.atomic
def keep(sheet: Sheet, typed: Mapping[str, str], was: Mapping[str, str]) -> Kept:
    """Keep what the member has touched; what is sent twice is written once.

    typed: {key: text} as of answers_of. was: digests (publishing.drafts.digest) of the answers the
    page was opened with: an older page never writes over what a newer one has given. Raises
    MoveRefused where the sheet is closed.
    """
    row = _locked(sheet)
    _opened(row)
    criteria = scored_criteria(row)
    scores = {score.criterion_id: score for score in row.scores.all()}
    stored = answers_of(row, criteria, scores)
    merged = merge(stored, {key: typed[key] for key in typed if key in stored}, was)
    kept = Kept(stored, criteria, merged.conflicts)
    for criterion in criteria:
        _keep_score(row, criterion, scores, merged.values, kept)
    _keep_words(row, merged.values, kept)
    kept.missing = _missing(criteria, scores)
    return kept


def _keep_score(row, criterion, scores, values, kept: Kept) -> None:
    names = (f"value-{criterion.pk}", f"why-{criterion.pk}")
    value, why = (values.get(name, kept.stored[name]) for name in names)
    if problem := _off_scale(criterion, value) or _too_long(Score, "comment", why):
        kept.problems.append(f"{criterion}: {problem}")
        return
    if (value, why) == tuple(kept.stored[name] for name in names):
        return
    score = scores.setdefault(criterion.pk, Score(sheet=row, criterion=criterion))
    score.value, score.comment = int(value) if value else None, why
    score.save()
    ScoreChange.objects.create(sheet=row, criterion=criterion, value=score.value, comment=why)
    kept.stored |= dict(zip(names, (value, why), strict=True))


def _off_scale(criterion: Criterion, value: str) -> str:
    is_on_it = not value or (
        value.isdecimal()
        and len(value) < 6
        and criterion.scale_least <= int(value) <= criterion.scale_most
    )
    if is_on_it:
        return ""
    return _("The scale goes from %(least)s to %(most)s.") % {
        "least": criterion.scale_least,
        "most": criterion.scale_most,
    }


def _too_long(model, name: str, text: str) -> str:
    most = model._meta.get_field(name).max_length  # noqa: SLF001
    if len(text) <= most:
        return ""
    return _("At most %(most)s characters are kept. Make it shorter.") % {"most": most}


def _keep_words(row: Sheet, values: Mapping[str, str], kept: Kept) -> None:
    """What goes to the applicant, with its changes; and the note for oneself, without."""
    changed = []
    for name in ("comment", "note"):
        text = values.get(name, kept.stored[name])
        if problem := _too_long(Sheet, name, text):
            kept.problems.append(f"{Sheet._meta.get_field(name).verbose_name}: {problem}")  # noqa: SLF001
        elif text != kept.stored[name]:
            setattr(row, name, text)
            kept.stored[name] = text
            changed.append(name)
    if changed:
        row.save(update_fields=changed)
    if "comment" in changed:
        ScoreChange.objects.create(sheet=row, comment=row.comment)


# ---------------------------------------------------------------- handing in


def missing_on(sheet: Sheet) -> list[Missing]:
    """What stands in the way of handing the sheet in."""
    scores = {score.criterion_id: score for score in sheet.scores.all()}
    return _missing(scored_criteria(sheet), scores)


def _missing(criteria: list[Criterion], scores: Mapping[int, Score]) -> list[Missing]:
    missing = []
    for criterion in criteria:
        score = scores.get(criterion.pk)
        name = f"criterion-{criterion.pk}"
        if score is None or score.value is None:
            missing.append(Missing(name, _("%(criterion)s: a score") % {"criterion": criterion}))
            continue
        is_end = score.value in {criterion.scale_least, criterion.scale_most}
        if is_end and len(score.comment) < LEAST_COMMENT:
            message = _("%(criterion)s: why, in %(count)s characters at least")
            values = {"criterion": criterion, "count": LEAST_COMMENT}
            missing.append(Missing(name, message % values))
    return missing


@transaction.atomic
def hand_in(sheet: Sheet) -> Sheet:
    """Close the sheet: it counts from now on. Handed in twice, it is handed in once."""
    if Sheet.objects.filter(pk=sheet.pk, status=SheetStatus.SUBMITTED).exists():
        sheet.refresh_from_db()
        return sheet
    # No stage of the contest begins between the look at its stage and the closing of the sheet.
    Contest.objects.select_for_update(of=("self",)).get(applications=sheet.application_id)
    row = _locked(sheet)
    _opened(row)
    if missing := missing_on(row):
        raise MoveRefused(_("Something is still missing."), missing)
    row.status, row.submitted_at = SheetStatus.SUBMITTED, timezone.now()
    row.save(update_fields=["status", "submitted_at"])
    return row


@transaction.atomic
def reopen(sheet: Sheet, *, reason: str, actor) -> Sheet:
    """The chair, or the secretary for the chair, gives a sheet back; the reason is recorded."""
    row = Sheet.objects.select_for_update(of=("self",)).get(pk=sheet.pk)
    if not reason.strip():
        raise MoveRefused(_("Give a reason."))
    if row.application.contest.status != ContestStatus.REVIEW:
        raise MoveRefused(_("The commission does not score now."))
    if row.status != SheetStatus.SUBMITTED:
        raise MoveRefused(_("This sheet is open."))
    row.status, row.submitted_at, row.reopened_reason = SheetStatus.OPENED, None, reason[:300]
    row.save(update_fields=["status", "submitted_at", "reopened_reason"])
    AuditEvent.record(
        row.application,
        action="reopen_sheet",
        actor=actor,
        via="admin",
        reason=reason,
        details={"member": row.member_id},
    )
    return row


@transaction.atomic
def recuse(sheet: Sheet, kind: str, *, note: str = "") -> Sheet:
    """The member’s own word, any time before handing in: the sheet counts nowhere from now on.

    Twice is harmless.
    """
    if Sheet.objects.filter(pk=sheet.pk, status=SheetStatus.RECUSED).exists():
        return sheet
    row = _locked(sheet)
    declare(row.member, row.application, kind, note=note)
    row.refresh_from_db(fields=["status"])
    return row


def sees_others(sheet: Sheet) -> bool:
    """Whether the member may see what others gave this entry, as the rules say."""
    contest = sheet.application.contest
    if contest.others_seen == Visibility.NEVER or sheet.status == SheetStatus.RECUSED:
        return False
    if contest.status in {ContestStatus.DELIBERATION, ContestStatus.DECIDED, *RESULTS}:
        return True
    return contest.others_seen == Visibility.AFTER_OWN and sheet.status == SheetStatus.SUBMITTED


def others_on(sheet: Sheet) -> list[list[Score]]:
    """What others have handed in on the entry, a list a sheet; [] as long as it is not to be seen.

    In an order that tells nobody’s place at the table.
    """
    if not sees_others(sheet):
        return []
    sheets = (
        sheet.application.sheets.counted()
        .exclude(pk=sheet.pk)
        .exclude(
            member__conflicts__application=sheet.application_id,
            member__conflicts__decision=ConflictDecision.RECUSED,
        )
        .prefetch_related("scores")
    )
    return [
        list(each.scores.all())
        for each in sorted(sheets, key=lambda each: digest(f"{sheet.pk}:{each.pk}"))
    ]
