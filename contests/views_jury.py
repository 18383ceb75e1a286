"""The cabinet of a member of the commission: its door, its list of entries, the statement."""

from functools import wraps

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_cookie

from contests import doors
from contests.assigning import give_codes
from contests.choices import (
    ADMITTED,
    ConflictKind,
    ConflictSource,
    ContestStatus,
    ProtocolStatus,
    SheetStatus,
)
from contests.coding import for_members, language_of, title_of
from contests.conflicts import declare
from contests.forms_jury import StatementForm
from contests.models import Application, Conflict, Contest, Criterion, Member, Sheet
from people import held
from people.limits import is_allowed
from publishing.languages import current_language

C = ContestStatus
#: Stages in which members state their conflicts, and in which they read entries.
STATING = (C.ADMISSION, C.REVIEW, C.VISITS, C.DELIBERATION)
READING = (C.REVIEW, C.VISITS, C.DELIBERATION, C.DECIDED, C.PUBLISHED)
#: Long texts of a contest that stand on its public pages alone.
NOT_READ_HERE = tuple(
    f"contest__{name}{language}"
    for name in ("summary", "goal", "audience", "rules")
    for language in ("", "_ky", "_ru")
)


def for_member(view):
    """Only for who came by the member’s signed link: view(request, member, …).

    Whoever is not let in is told how to come in; what they have just sent waits in their session
    and comes to the view as `request.held`.
    """

    @wraps(view)
    @never_cache
    @vary_on_cookie  # of a cabinet that is not there too
    @require_http_methods(["GET", "HEAD", "POST"])
    def guarded(request, pk, **kwargs):
        members = Member.objects.select_related("contest").defer(*NOT_READ_HERE)
        member = members.filter(pk=pk).first()
        if member is None or not doors.is_open(request, member):
            return turned_away(request)
        request.held = held.take(request)
        return view(request, member, **kwargs)

    return guarded


def turned_away(request):
    """Whose cabinet it is, and whether there is one, is not said."""
    if held.wants_json(request):
        words = _(
            "The link has to be opened again. What you gave is kept on this phone until then."
        )
        return JsonResponse({"sign_in": request.get_full_path(), "message": words}, status=401)
    is_held = request.method == "POST" and held.hold(request, request.path)
    context = {"is_held": is_held, "section": "contests"}
    return render(request, "contests/jury/turned_away.html", context, status=403)


# ---------------------------------------------------------------- the list of entries


@for_member
def home(request, member):
    """What there is to do, until when, and what is done."""
    contest = member.contest
    rows = rows_of(member) if contest.status in READING and member.has_vote else []
    done = sum(1 for row in rows if row["sheet"].status == SheetStatus.SUBMITTED)
    context = {
        "member": member,
        "contest": contest,
        "rows": rows,
        "done": done,
        "count": len(rows),
        "next": next((row for row in rows if row["sheet"].is_open), None),
        "is_scoring": contest.status == C.REVIEW,
        "can_state": contest.status in STATING and member.has_vote,
        "protocols": contest.protocols.filter(present=member).exclude(status=ProtocolStatus.DRAFT),
        "newer": newer_than_statement(member),
        "days_left": days_left(contest),
        "section": "contests",
    }
    return render(request, "contests/jury/home.html", context)


def sheets_of(member: Member):
    """The member’s own sheets of entries that are in the contest, in the order of their codes."""
    return (
        Sheet.objects.filter(
            member=member, application__contest=member.contest_id, application__status__in=ADMITTED
        )
        .exclude(status=SheetStatus.RECUSED)
        .exclude(application__code="")
        .order_by("application__code")
    )


def rows_of(member: Member) -> list[dict]:
    """{"sheet", "code", "title", "language", "nomination", "scored", "criteria"} of each own entry."""
    sheets = list(
        sheets_of(member).annotate(scored=Count("scores", filter=Q(scores__value__isnull=False)))
    )
    applications = for_members(Application.objects).in_bulk(
        [sheet.application_id for sheet in sheets]
    )
    criteria = [each for each in member.contest.criteria.all() if each.is_scored]
    found = []
    for sheet in sheets:
        application = applications[sheet.application_id]
        found.append(
            {
                "sheet": sheet,
                "code": application.code,
                "title": title_of(application, current_language()),
                "language": language_of(application, current_language()),
                "nomination": application.nomination,
                "scored": sheet.scored,
                "criteria": len(criteria_in(criteria, application)),
            }
        )
    return found


def criteria_in(criteria: list[Criterion], application: Application) -> list[Criterion]:
    return [each for each in criteria if each.nomination_id in {None, application.nomination_id}]


def days_left(contest: Contest) -> int | None:
    """Days of the term of scoring that are left, today among them; 0 or less when it is over."""
    if contest.review_until is None:
        return None
    return (contest.review_until - timezone.localdate()).days + 1


# ---------------------------------------------------------------- the statement


@for_member
def statement(request, member):
    """Before the first score: where something connects the member with an entry. Later ones too."""
    if not (member.has_vote and member.contest.status in STATING):
        return redirect("contests:jury", member.pk)
    entries = entries_before(member)
    posted = request.POST if request.method == "POST" else request.held
    form = StatementForm(
        posted, {each["code"]: each for each in entries}, is_given=bool(member.stated_at)
    )
    if posted is not None:
        if not is_allowed(request, "save"):
            return held.too_many(request)
        if entries and form.is_valid():
            return state(request, member, form, entries)
    context = {
        "member": member,
        "contest": member.contest,
        "form": form,
        "entries": entries,
        "ticked": set(posted.getlist("entry")) if posted is not None else set(),
        "kinds": ConflictKind.choices,
        "section": "contests",
    }
    status = 400 if posted is not None else 200
    return render(request, "contests/jury/statement.html", context, status=status)


@transaction.atomic
def state(request, member: Member, form: StatementForm, entries: list[dict]):
    """Note what was declared, and that the statement is given."""
    Member.objects.select_for_update().get(pk=member.pk)
    closed = []
    for code, (kind, note) in form.cleaned_data["declared"].items():
        entry = form.codes[code]
        if entry["is_handed_in"]:
            closed.append(code)
        elif not entry["kinds"]:
            declare(member, entry["application"], kind, note=note)
    if not member.stated_at:
        member.stated_at = timezone.now()
        member.save(update_fields=["stated_at"])
    if closed:
        words = _("Your sheet for %(codes)s is handed in. Tell the secretary of this conflict.")
        messages.warning(request, words % {"codes": ", ".join(closed)})
    messages.success(request, _("Your statement is recorded."))
    return redirect("contests:jury", member.pk)


def entries_before(member: Member) -> list[dict]:
    """{"application", "code", "title", "kinds", "is_handed_in"} of all a member might be given.

    kinds: what the member has declared before. What the portal has found or the secretary noted is
    not told here: it would tell whose the entry is.
    """
    contest = member.contest
    admitted = contest.applications.admitted()
    if admitted.filter(code="").exists():
        with transaction.atomic():
            locked = Contest.objects.select_for_update().get(pk=contest.pk)
            give_codes(locked, list(admitted.order_by("pk")))
    nominations = [each.pk for each in member.nominations.all()]
    if nominations:
        admitted = admitted.filter(nomination__in=nominations)
    own = Conflict.objects.filter(member=member, found_by=ConflictSource.SELF)
    declared: dict[int, list[str]] = {}
    for conflict in own:
        declared.setdefault(conflict.application_id, []).append(conflict.get_kind_display())
    handed_in = set(
        member.sheets.filter(status=SheetStatus.SUBMITTED).values_list("application", flat=True)
    )
    return [
        {
            "application": each,
            "code": each.code,
            "title": title_of(each, current_language()),
            "kinds": declared.get(each.pk, []),
            "is_handed_in": each.pk in handed_in,
        }
        for each in for_members(admitted).order_by("code")
    ]


def newer_than_statement(member: Member) -> int:
    """How many entries were admitted since the member gave the statement, while it still counts."""
    contest = member.contest
    if not member.stated_at or contest.status not in STATING or not member.has_vote:
        return 0
    entries = contest.applications.admitted().filter(status_changed_at__gt=member.stated_at)
    nominations = [each.pk for each in member.nominations.all()]
    return (entries.filter(nomination__in=nominations) if nominations else entries).count()
