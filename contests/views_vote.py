"""The page of the public vote."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from contests import voting
from contests.choices import ContestStatus
from contests.forms_vote import VoteForm
from contests.models import Contest, Vote
from people.limits import client_address, is_allowed
from publishing.addresses import find
from publishing.languages import current_language
from publishing.workflow import MoveRefused

TAKE_BACK = "take_back"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def vote(request, slug):
    """What takes part, one’s own vote while it is open, the figures after the end."""
    at = timezone.now()
    contest, detour = find(request, Contest.objects.all(), slug)
    if detour:
        return detour
    if not contest.has_public_vote:
        raise Http404
    if request.method == "POST":
        answer = _vote(request, contest, at)
        if answer is None:
            return redirect("contests:vote", contest.slug)
        return _page(request, contest, at, error=answer)
    return _page(request, contest, at)


def _vote(request, contest, at) -> str | None:
    """Do what was asked for; returns a sentence where it could not be done."""
    if not request.user.is_authenticated:
        return _("Sign in first, then choose again.")
    if not is_allowed(request, "vote"):
        return _("You have changed your vote very often. Try again in an hour.")
    try:
        if TAKE_BACK in request.POST:
            voting.take_back(contest, voter=request.user, at=at)
            messages.success(request, _("Your vote is taken back."))
            return None
        form = VoteForm(request.POST, entries=contest.applications.admitted())
        if not form.is_valid():
            return form.errors["entry"][0]
        source = voting.source_of(contest, client_address(request))
        entry = form.cleaned_data["entry"]
        voting.cast(contest, entry, voter=request.user, at=at, source=source)
    except MoveRefused as refusal:
        return str(refusal.message)
    messages.success(request, _("Thank you, your vote is kept. Until the end you may change it."))
    return None


def _page(request, contest, at, error: str = ""):
    user = request.user
    own = None
    if user.is_authenticated:
        own = Vote.objects.filter(contest=contest, voter=user).select_related("application").first()
    shows_figures = voting.shows_figures(contest, at)
    is_begun = voting.has_begun(contest, at)
    lines = _told(voting.tally(contest)) if is_begun or shows_figures else []
    context = {
        "contest": contest,
        "edition": contest.edition_for(current_language()),
        "is_begun": is_begun,
        "is_to_come": bool(contest.vote_from and contest.vote_from > at),
        "is_cancelled": contest.status == ContestStatus.CANCELLED,
        "is_open": voting.is_open(contest, at),
        "is_over": voting.has_ended(contest, at),
        "shows_figures": shows_figures,
        "may_vote": user.is_authenticated and user.memberships.verified().exists(),
        "lines": lines if shows_figures else sorted(lines, key=lambda line: line["order"]),
        "sums": {
            name: sum(line[name] for line in lines) for name in ("others", "own", "discarded")
        },
        "vote": own,
        "error": error,
        "section": "contests",
    }
    return render(request, "contests/vote.html", context, status=400 if error else 200)


def _told(lines) -> list[dict]:
    """What readers see of each entry: nothing of the commission’s, no number, no code."""
    return [
        {
            "uuid": line.application.uuid,
            "entry": line.application,
            "nomination": line.application.nomination,
            # By a number drawn at random: no order favours anybody, or tells who was the first.
            "order": (nomination.position, nomination.pk, line.application.uuid.hex),
            "others": line.others,
            "own": line.own,
            "discarded": line.discarded,
        }
        for line in lines
        for nomination in (line.application.nomination,)
    ]
