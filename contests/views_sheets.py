"""Entries as a member reads and scores them, each with its sheet."""

from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from contests.choices import ContestStatus
from contests.coding import coded, document_of, for_members, picture_of
from contests.forms_jury import (
    RecuseForm,
    boxes,
    chosen,
    errors_in,
    scored,
    typed_in,
    was_in,
    words,
)
from contests.models import Application, Criterion, Sheet
from contests.scoring import (
    SHEET,
    Kept,
    answers_of,
    hand_in,
    keep,
    missing_on,
    open_sheet,
    others_on,
    recuse,
)
from contests.views_jury import READING, for_member, sheets_of
from people import held
from people.limits import is_allowed
from publishing.drafts import WAS, digest
from publishing.files import DOCUMENT_TYPES
from publishing.languages import current_language
from publishing.workflow import MoveRefused

#: Of the application and its nomination, what every page of a sheet asks for.
OF_ENTRY = ("application__code", "application__contest", "application__nomination__contest")


def for_sheet(view):
    """Only for the member whose sheet of this code it is: view(request, sheet, …).

    Codes of others, of other contests and of entries that left the contest are not there at all.
    """

    @wraps(view)
    @for_member
    def guarded(request, member, code, **kwargs):
        is_theirs = member.contest.status in READING and member.has_vote and member.stated_at
        own = sheets_of(member) if is_theirs else Sheet.objects.none()
        rows = own.filter(application__code=code.replace("\x00", "")).select_related(
            "application__nomination"
        )
        # What is entered is read by the pages that show it, with its mask: a save goes without.
        sheet = rows.only(*SHEET, *OF_ENTRY).first()
        if sheet is None:
            return nothing_here(request, member, is_theirs=is_theirs)
        sheet.member = member
        sheet.application.contest = sheet.application.nomination.contest = member.contest
        return view(request, sheet, **kwargs)

    return guarded


def nothing_here(request, member, *, is_theirs):
    """No such sheet; a page that keeps by itself is told so, and goes on keeping what was typed."""
    if held.wants_json(request):
        words = _("This entry is not on your list any more. What you gave stays on this phone.")
        return JsonResponse({"message": words}, status=409)
    if is_theirs:
        raise Http404
    return redirect("contests:jury" if member.stated_at else "contests:jury_statement", member.pk)


def address(name: str, sheet: Sheet) -> str:
    return reverse(f"contests:{name}", args=[sheet.member_id, sheet.application.code])


def criteria_of(sheet: Sheet) -> list[Criterion]:
    found = sheet.application.contest.criteria.prefetch_related("anchors")
    nominations = {None, sheet.application.nomination_id}
    return [each for each in found if each.is_scored and each.nomination_id in nominations]


def versions_of(request, sheet: Sheet) -> dict[str, str]:
    """What was typed here over what another device had changed, until the member chooses."""
    return request.session.get(f"jury:versions:{sheet.pk}", {})


def keep_versions(request, sheet: Sheet, versions: dict[str, str]) -> None:
    """Touches the session only where there is something to remember or to forget."""
    key = f"jury:versions:{sheet.pk}"
    if versions:
        request.session[key] = versions
    else:
        request.session.pop(key, None)


# ---------------------------------------------------------------- an entry and its sheet


@for_sheet
def entry(request, sheet):
    """GET shows the entry and the sheet; POST keeps what was touched."""
    posted = request.POST if request.method == "POST" else request.held
    if posted is None:
        return entry_page(request, sheet)
    if not is_allowed(request, "save"):
        return held.too_many(request)
    versions = versions_of(request, sheet)
    before = dict(versions)
    typed = chosen(typed_in(posted), posted, versions)
    try:
        kept = keep(sheet, typed, was_in(posted))
    except MoveRefused as refusal:
        return not_kept(request, sheet, typed, str(refusal))
    versions |= kept.conflicts
    if versions != before:
        keep_versions(request, sheet, versions)
    if held.wants_json(request):
        return saved(sheet, kept, typed, versions)
    for problem in kept.problems:
        messages.error(request, problem)
    if request.held is not None:
        messages.success(request, _("You are back: what you gave before is kept."))
    elif not kept.problems and not versions and "next" in posted:
        return redirect(address("jury_hand_in", sheet))
    elif not kept.problems:
        messages.success(request, _("Kept."))
    return redirect(address("jury_entry", sheet))


def not_kept(request, sheet: Sheet, typed: dict[str, str], sentence: str):
    """The sheet is closed meanwhile: what was typed comes back to be copied, none of it is lost."""
    if held.wants_json(request):
        return JsonResponse({"message": sentence}, status=409)
    messages.error(request, sentence)
    return entry_page(request, sheet, typed=typed, status=409)


def saved(sheet: Sheet, kept: Kept, typed: dict[str, str], versions) -> JsonResponse:
    """The answer to a page that keeps by itself: digests to go on from, and what is to be said."""
    at = time_format(timezone.localtime(), "TIME_FORMAT")
    conflict = _("You gave another answer on another device. Both are kept: choose below.")
    return JsonResponse(
        {
            # Only of what is kept as it was sent: an answer changed elsewhere meanwhile goes on from
            # what this page was opened with, or its old score would win with the next keeping.
            "was": {
                WAS + key: digest(value)
                for key, value in typed.items()
                if digest(value) == digest(kept.stored.get(key))
            },
            "next": address("jury_hand_in", sheet),
            "message": _("Kept at %(time)s") % {"time": at},
            "problems": kept.problems,
            "errors": errors_in(kept),
            "conflict": conflict if versions else "",
        },
        status=400 if kept.problems else 200,
    )


def entry_page(request, sheet: Sheet, *, typed=None, status=200):
    """typed: what has just been sent and could not be kept."""
    if sheet.application.contest.status == ContestStatus.REVIEW and sheet.is_open:
        try:
            sheet.status = open_sheet(sheet).status
        except MoveRefused as refusal:  # closed between the two looks
            messages.error(request, str(refusal))
            return redirect("contests:jury", sheet.member_id)
    is_open = sheet.is_open and sheet.application.contest.status == ContestStatus.REVIEW
    application = for_members(Application.objects).get(pk=sheet.application_id)
    criteria = criteria_of(sheet)
    answers = answers_of(sheet, criteria, {each.criterion_id: each for each in sheet.scores.all()})
    versions = versions_of(request, sheet) if is_open else {}
    context = {
        "sheet": sheet,
        "member": sheet.member,
        "contest": sheet.application.contest,
        "entry": coded(application, current_language()),
        "boxes": boxes(criteria, answers, versions),
        "comment": words("comment", answers, versions, 1000),
        "note": words("note", answers, versions, 1000),
        "is_open": is_open,
        "has_conflict": bool(versions),
        "scored": scored(answers, criteria),
        "others": others_lines(sheet, criteria),
        "history": history_of(sheet, criteria),
        "typed": [value for value in (typed or {}).values() if value],
        "recuse_form": RecuseForm(),
        "following": following(sheet),
        "section": "contests",
    }
    return render(request, "contests/jury/entry.html", context, status=status)


def history_of(sheet: Sheet, criteria: list[Criterion]) -> list[dict]:
    """{"criterion", "change"} of the member’s own changes, the last first."""
    named = {each.pk: each for each in criteria}
    return [
        {"criterion": named.get(change.criterion_id), "change": change}
        for change in sheet.changes.order_by("-pk")
    ]


def others_lines(sheet: Sheet, criteria: list[Criterion]) -> list[dict]:
    """{"criterion", "scores"}: what others gave, each in the same order, nobody named."""
    given = [{score.criterion_id: score for score in each} for each in others_on(sheet)]
    if not given:
        return []
    return [
        {"criterion": each, "scores": [scores.get(each.pk) for scores in given]}
        for each in criteria
    ]


def following(sheet: Sheet) -> str:
    """Address of the next entry with an open sheet, from here on and round; "" when none is left."""
    codes = [
        each.application.code
        for each in sheets_of(sheet.member).exclude(pk=sheet.pk).select_related("application")
        if each.is_open
    ]
    own = sheet.application.code
    code = next((each for each in codes if each > own), codes[0] if codes else "")
    return reverse("contests:jury_entry", args=[sheet.member_id, code]) if code else ""


# ---------------------------------------------------------------- handing in, stepping aside


@for_sheet
def handing_in(request, sheet):
    """GET shows what will be handed in, or what is missing; POST closes the sheet."""
    if request.method == "POST":
        try:
            hand_in(sheet)
        except MoveRefused as refusal:
            messages.error(request, str(refusal))
            return redirect(address("jury_hand_in", sheet))
        messages.success(request, _("%(code)s is handed in.") % {"code": sheet.application.code})
        return redirect(following(sheet) or reverse("contests:jury", args=[sheet.member_id]))
    criteria = criteria_of(sheet)
    scores = {each.criterion_id: each for each in sheet.scores.all()}
    context = {
        "sheet": sheet,
        "member": sheet.member,
        "contest": sheet.application.contest,
        "code": sheet.application.code,
        "is_open": sheet.is_open and sheet.application.contest.status == ContestStatus.REVIEW,
        "lines": [{"criterion": each, "score": scores.get(each.pk)} for each in criteria],
        "missing": missing_on(sheet),
        "section": "contests",
    }
    return render(request, "contests/jury/hand_in.html", context)


@for_sheet
def stepping_aside(request, sheet):
    """The member finds while reading that something connects them with the entry."""
    if request.method != "POST":
        return redirect(address("jury_entry", sheet))
    form = RecuseForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say what connects you with it."))
        return redirect(address("jury_entry", sheet) + "#aside")
    try:
        recuse(sheet, form.cleaned_data["kind"], note=form.cleaned_data["note"])
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(address("jury_entry", sheet))
    messages.success(
        request,
        _("You do not score %(code)s any more. The secretary knows.")
        % {"code": sheet.application.code},
    )
    return redirect("contests:jury", sheet.member_id)


# ---------------------------------------------------------------- files


@for_sheet
def photo(request, sheet, number):
    content = picture_of(sheet.application, number)
    if content is None:
        raise Http404
    return as_file(content, "image/jpeg", _("Photo %(number)s.jpg") % {"number": number})


@for_sheet
def document(request, sheet, number):
    """The document under a name that tells nothing; a page in its place where it tells too much."""
    application = for_members(Application.objects).get(pk=sheet.application_id)
    found = document_of(application, number)
    if found is None:
        raise Http404
    content, extension = found
    if not content:
        context = {"sheet": sheet, "member": sheet.member, "number": number, "section": "contests"}
        return render(request, "contests/jury/withheld.html", context)
    name = _("Document %(number)s.%(extension)s") % {"number": number, "extension": extension}
    return as_file(content, DOCUMENT_TYPES[f".{extension}"], name, inline=extension == "pdf")


def as_file(content: bytes, content_type: str, name: str, *, inline: bool = True) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(not inline, name)
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response
