"""A member’s sheet: every touch is kept, the ends of the scale say why, handed in it is closed."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contests.choices import ContestStatus, SheetStatus, Visibility
from contests.models import Criterion, Score, ScoreChange, Sheet
from publishing.models import AuditEvent
from publishing.workflow import Missing, MoveRefused

#: Characters of a comment at the ends of the scale.
LEAST_COMMENT = 20


def scored_criteria(sheet: Sheet) -> list[Criterion]:
    return [each for each in sheet.application.nomination.criteria() if each.is_scored]


def _locked(sheet: Sheet) -> Sheet:
    """The sheet as it stands, held until the transaction ends; refused where it is closed."""
    row = (
        Sheet.objects.select_for_update(of=("self",))
        .select_related("application__contest", "application__nomination__contest", "member")
        .get(pk=sheet.pk)
    )
    if row.application.contest.status != ContestStatus.REVIEW:
        raise MoveRefused(_("The commission does not score now."))
    if not row.member.has_vote:
        raise MoveRefused(_("You do not have a vote in this commission."))
    if row.status == SheetStatus.RECUSED:
        raise MoveRefused(_("You do not score this entry: a conflict of interest is noted."))
    if row.status == SheetStatus.SUBMITTED:
        raise MoveRefused(_("This sheet has been handed in. The chair can open it again."))
    return row


@transaction.atomic
def open_sheet(sheet: Sheet) -> Sheet:
    """The member looks at the entry for the first time: the sheet is not taken back any more."""
    row = _locked(sheet)
    if not row.member.stated_at:
        raise MoveRefused(_("First give your statement on conflicts of interest."))
    if row.status == SheetStatus.ASSIGNED:
        row.status, row.opened_at = SheetStatus.OPENED, timezone.now()
        row.save(update_fields=["status", "opened_at"])
    return row


@transaction.atomic
def save_score(sheet: Sheet, criterion_id: int, *, value: int | None, comment: str = "") -> Score:
    """Keep what the member has touched; the same twice is written once.

    Raises MoveRefused where the sheet is closed or the value is not on the criterion’s scale.
    """
    row = open_sheet(sheet)
    criterion = next((each for each in scored_criteria(row) if each.pk == criterion_id), None)
    if criterion is None:
        raise MoveRefused(_("There is no such criterion here."))
    if value is not None and not criterion.scale_least <= value <= criterion.scale_most:
        raise MoveRefused(
            _("The scale goes from %(least)s to %(most)s.")
            % {"least": criterion.scale_least, "most": criterion.scale_most}
        )
    score, is_new = Score.objects.get_or_create(sheet=row, criterion=criterion)
    comment = comment.strip()
    if is_new or (score.value, score.comment) != (value, comment):
        score.value, score.comment = value, comment
        score.save()
        ScoreChange.objects.create(sheet=row, criterion=criterion, value=value, comment=comment)
    return score


def missing_on(sheet: Sheet) -> list[Missing]:
    """What stands in the way of handing the sheet in."""
    scores = {score.criterion_id: score for score in sheet.scores.all()}
    missing = []
    for criterion in scored_criteria(sheet):
        score = scores.get(criterion.pk)
        field = f"criterion-{criterion.pk}"
        if score is None or score.value is None:
            missing.append(Missing(field, _("%(criterion)s: a score") % {"criterion": criterion}))
            continue
        is_end = score.value in {criterion.scale_least, criterion.scale_most}
        if is_end and len(score.comment) < LEAST_COMMENT:
            message = _("%(criterion)s: why, in %(count)s characters at least")
            values = {"criterion": criterion, "count": LEAST_COMMENT}
            missing.append(Missing(field, message % values))
    return missing


@transaction.atomic
def hand_in(sheet: Sheet) -> Sheet:
    """Close the sheet: it counts from now on. Handed in twice, it is handed in once."""
    if Sheet.objects.filter(pk=sheet.pk, status=SheetStatus.SUBMITTED).exists():
        sheet.refresh_from_db()
        return sheet
    row = open_sheet(sheet)
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


def sees_others(sheet: Sheet) -> bool:
    """Whether the member may see what others gave this entry, as the rules say."""
    contest = sheet.application.contest
    if contest.others_seen == Visibility.NEVER:
        return False
    if contest.status in {ContestStatus.DELIBERATION, ContestStatus.DECIDED}:
        return True
    return contest.others_seen == Visibility.AFTER_OWN and sheet.status == SheetStatus.SUBMITTED
