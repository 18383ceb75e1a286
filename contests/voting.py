"""The public vote: confirmed people of municipalities, one vote each, an award of its own.

With the vote the entries' titles and municipalities are public, so it is open only once the
commission has handed in its sheets, or where the rules hide nothing from it.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contests.choices import RESULTS, ContestStatus, VoteStatus
from contests.models import Application, Contest, Vote
from people.models import Membership, User
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused

#: The sheets are handed in: what the public says reaches no score.
AFTER_SCORING = (ContestStatus.DELIBERATION, ContestStatus.DECIDED)
#: Where nothing is hidden from the commission, nothing is given away earlier either.
OPEN_ENTRIES = (ContestStatus.REVIEW, ContestStatus.VISITS)
#: So many votes from one source within an hour are looked at by a person.
BURST = 10
#: An account made so shortly before its vote is new.
NEW_ACCOUNT = timedelta(days=3)
#: Action of the audit event that lets readers see the figures.
CHECKED = "check_votes"


def may_show_entries(contest: Contest) -> bool:
    """Whether readers may learn now who takes part."""
    if contest.status in {*AFTER_SCORING, *RESULTS}:
        return True
    hides = contest.hides_names or contest.hides_municipality
    return contest.status in OPEN_ENTRIES and not hides


def has_begun(contest: Contest, at: datetime) -> bool:
    return bool(contest.vote_from and contest.vote_from <= at) and may_show_entries(contest)


def has_ended(contest: Contest, at: datetime) -> bool:
    """Its last second is over, or the decision is out."""
    return bool(contest.vote_until and contest.vote_until <= at) or contest.status in RESULTS


def is_open(contest: Contest, at: datetime) -> bool:
    """Whether a vote given at this moment counts; the second of the end does not."""
    is_running = contest.has_public_vote and bool(contest.vote_until)
    return is_running and has_begun(contest, at) and not has_ended(contest, at)


def has_named(contest: Contest) -> bool:
    """The vote has told readers, and the commission, whose the entries are that were hidden."""
    hides = contest.hides_names or contest.hides_municipality
    return contest.has_public_vote and hides and has_begun(contest, timezone.now())


def shows_figures(contest: Contest, at: datetime) -> bool:
    """After the end alone, and once the votes have been looked through or the results are out."""
    if not (contest.has_public_vote and has_ended(contest, at) and may_show_entries(contest)):
        return False
    if contest.status in RESULTS:
        return True
    return AuditEvent.about(contest).filter(action=CHECKED, at__gte=contest.vote_until).exists()


# ---------------------------------------------------------------- giving a vote


@transaction.atomic
def cast(contest: Contest, application: Application, *, voter, at: datetime, source="") -> Vote:
    """Give the person's one vote, or move it to another entry while the vote is open.

    at: when the request arrived. The person's roles are held until the end: of two votes at once the
    second moves the first, and a role taken back meanwhile gives none. Raises MoveRefused.
    """
    places = _places_of(voter)
    contest.refresh_from_db()
    if not is_open(contest, at):
        raise MoveRefused(_("The vote is not open now."))
    if not places:
        raise MoveRefused(_("Only people whose role in a municipality is confirmed can vote."))
    entry = contest.applications.admitted().filter(pk=application.pk).first()
    if entry is None:
        raise MoveRefused(_("This entry does not take part any more."))
    if entry.created_by_id == voter.pk:
        raise MoveRefused(_("You have sent this entry yourself: choose another one."))
    vote = contest.votes.filter(voter=voter).first() or Vote(contest=contest, voter=voter)
    _refuse_discarded(vote)
    is_own = entry.municipality_id in places
    vote.application, vote.is_own = entry, is_own
    vote.municipality_id = entry.municipality_id if is_own else places[0]
    vote.source = source or vote.source
    vote.save()
    return vote


@transaction.atomic
def take_back(contest: Contest, *, voter, at: datetime) -> None:
    """Take the vote back while the vote is open; twice is harmless."""
    _places_of(voter)
    contest.refresh_from_db()
    if not is_open(contest, at):
        raise MoveRefused(_("The vote is not open now."))
    vote = contest.votes.filter(voter=voter).first()
    if vote:
        _refuse_discarded(vote)
        vote.delete()


def _refuse_discarded(vote: Vote) -> None:
    if vote.status == VoteStatus.DISCARDED:
        raise MoveRefused(_("Your vote is not counted: %(reason)s") % {"reason": vote.reason})


def _places_of(voter) -> list[int]:
    """Municipalities the person has a confirmed role in, the oldest first; the account and the roles
    are held, so whatever else one person does at once waits.
    """
    User.objects.select_for_update(no_key=True).get(pk=voter.pk)
    roles = Membership.objects.verified().filter(user=voter).order_by("pk")
    return list(roles.select_for_update(of=("self",)).values_list("municipality", flat=True))


def source_of(contest: Contest, address: str) -> str:
    """A network address as a number that nobody can turn back; another one in each contest."""
    key = f"{settings.SECRET_KEY}:vote:{contest.pk}".encode()
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()[:32] if address else ""


def follow_membership(sender, instance: Membership, **kwargs) -> None:
    """A role that is taken back while a decision is still out takes its vote along; the vote of
    somebody with another role goes on under that one. A role that ends by itself changes nothing.
    """
    if instance.revoked_at is None:
        return
    votes = Vote.objects.filter(voter=instance.user_id, status=VoteStatus.COUNTED)
    votes = votes.filter(municipality=instance.municipality_id).exclude(
        contest__status__in=(*RESULTS, ContestStatus.CANCELLED, ContestStatus.WITHDRAWN)
    )
    others = list(
        Membership.objects.verified()
        .filter(user=instance.user_id)
        .order_by("pk")
        .values_list("municipality", flat=True)
    )
    for vote in votes.select_related("application", "contest"):
        if others:
            vote.is_own = vote.application.municipality_id in others
            vote.municipality_id = vote.application.municipality_id if vote.is_own else others[0]
            vote.save(update_fields=["municipality", "is_own"])
        else:
            discard(vote.contest, [vote.pk], reason=_("the role was taken back"), actor=None)


# ---------------------------------------------------------------- looking through


@dataclass(frozen=True)
class Line:
    """An entry's votes: of others, of its own municipality, and those that are not counted."""

    application: Application
    others: int
    own: int
    discarded: int


def tally(contest: Contest) -> list[Line]:
    """All admitted entries, those with most votes of other municipalities first. Three queries."""
    found = Counter(contest.votes.values_list("application", "status", "is_own"))
    entries = contest.applications.admitted().select_related(
        "nomination", "municipality__district", "municipality__oblast", "practice"
    )
    lines = [
        Line(
            entry,
            others=found[entry.pk, VoteStatus.COUNTED, False],
            own=found[entry.pk, VoteStatus.COUNTED, True],
            discarded=sum(found[entry.pk, VoteStatus.DISCARDED, own] for own in (True, False)),
        )
        for entry in entries
    ]
    return sorted(lines, key=lambda line: (-line.others, line.application.number))


@dataclass(frozen=True)
class Burst:
    """Votes that came thick from one source within an hour; one entry may get most of them."""

    source: str
    hour: datetime
    votes: list[Vote]
    new_accounts: int
    to_one: int

    @property
    def counted(self) -> list[Vote]:
        return [vote for vote in self.votes if vote.status == VoteStatus.COUNTED]


def bursts(contest: Contest) -> list[Burst]:
    """What a person should look at, the largest first: an office or a mobile operator gives one
    address to many honest people, so nothing is discarded by itself.
    """
    rows = contest.votes.exclude(source="").select_related(
        "voter", "application", "municipality", "contest"
    )
    heaps: dict[tuple[str, datetime], list[Vote]] = {}
    for vote in rows:
        hour = timezone.localtime(vote.at).replace(minute=0, second=0, microsecond=0)
        heaps.setdefault((vote.source, hour), []).append(vote)
    found = [
        Burst(
            source=source,
            hour=hour,
            votes=votes,
            new_accounts=sum(is_new(vote) for vote in votes),
            to_one=max(Counter(vote.application_id for vote in votes).values()),
        )
        for (source, hour), votes in heaps.items()
        if len(votes) >= BURST
    ]
    return sorted(found, key=lambda burst: (-len(burst.votes), burst.hour))


def is_new(vote: Vote) -> bool:
    """Given from an account that was made for it, as it seems."""
    return bool(vote.voter and vote.at - vote.voter.date_joined < NEW_ACCOUNT)


def sharing_phones(contest: Contest) -> list[list[Vote]]:
    """Votes of different accounts whose roles were confirmed from one number."""
    votes = {
        vote.voter_id: vote
        for vote in contest.votes.exclude(voter=None).select_related(
            "voter", "application", "municipality", "contest"
        )
    }
    heaps: dict[str, set[int]] = {}
    for phone, user in Membership.objects.filter(user__in=votes).values_list("phone", "user"):
        heaps.setdefault(phone, set()).add(user)
    return [[votes[user] for user in sorted(users)] for users in heaps.values() if len(users) > 1]


@transaction.atomic
def discard(contest: Contest, votes: Collection[int], *, reason: str, actor) -> int:
    """Stop counting these votes; readers see how many. The reason is on record."""
    if not reason.strip():
        raise MoveRefused(_("Give a reason."))
    rows = contest.votes.filter(pk__in=votes, status=VoteStatus.COUNTED)
    return _set(contest, rows, VoteStatus.DISCARDED, reason.strip()[:200], actor)


@transaction.atomic
def restore(contest: Contest, votes: Collection[int], *, reason: str, actor) -> int:
    """Count them again: a mistake of the audit."""
    if not reason.strip():
        raise MoveRefused(_("Give a reason."))
    rows = contest.votes.filter(pk__in=votes, status=VoteStatus.DISCARDED)
    return _set(contest, rows, VoteStatus.COUNTED, "", actor, told=reason)


def _set(contest, rows, status, reason, actor, told="") -> int:
    if actor and contest.status in RESULTS:
        raise MoveRefused(_("The results are out: the votes stay as they are."))
    found = list(rows.select_for_update().values_list("pk", flat=True))
    if found:
        Vote.objects.filter(pk__in=found).update(status=status, reason=reason)
        AuditEvent.record(
            contest,
            action="discard_votes" if status == VoteStatus.DISCARDED else "restore_votes",
            actor=actor,
            via="admin" if actor else "system",
            reason=told or reason,
            details={"votes": found},
        )
    return len(found)


def confirm_checked(contest: Contest, *, actor) -> None:
    """The votes were looked through: readers see the figures from now on."""
    if not (contest.has_public_vote and has_ended(contest, timezone.now())):
        raise MoveRefused(_("The vote is not over yet."))
    if not shows_figures(contest, timezone.now()):
        AuditEvent.record(contest, action=CHECKED, actor=actor, via="admin")
