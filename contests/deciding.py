"""What is done with a protocol: awards proposed, text made, signatures given, decisions carried out.

Whatever a protocol says is changed only in its draft, with its row held; so nothing slips between
what a member has read and what the member signs.
"""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contests.choices import (
    ADMITTED,
    ContestStatus,
    Outcome,
    ProtocolStatus,
)
from contests.models import Award, Contest, Member, Protocol, Signature
from contests.protocol import draft_text
from contests.protocol_facts import gather, may_vote
from contests.results import tables_of
from publishing.languages import LANGUAGES
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused, move

#: When a commission decides; a correction may come later.
DECIDING = (ContestStatus.DELIBERATION,)
DECIDED = (ContestStatus.DECIDED, ContestStatus.PUBLISHED, ContestStatus.ARCHIVED)


# ---------------------------------------------------------------- the draft


@transaction.atomic
def begin(contest: Contest, *, by) -> Protocol:
    """A draft for the deliberation: today’s, everybody who works in the commission present.

    Twice is harmless: a draft that is there comes back.
    """
    contest = Contest.objects.select_for_update(of=("self",)).get(pk=contest.pk)
    if contest.status not in DECIDING:
        raise MoveRefused(_("A protocol is written in the deliberation."))
    open_one = contest.protocols.filter(
        status__in=(ProtocolStatus.DRAFT, ProtocolStatus.CIRCULATED), corrects=None
    )
    if found := open_one.first():
        return found
    today = timezone.localdate()
    protocol = Protocol.objects.create(
        contest=contest,
        number=str(contest.protocols.count() + 1),
        # The commission may meet before its day in the calendar, or write it down later.
        held_on=min(contest.deliberation_on or today, today),
    )
    protocol.present.set(contest.members.filter(is_active=True))
    protocol.facts = gather(protocol)
    _write(protocol)
    AuditEvent.record(protocol, action="create", actor=by, via="admin")
    return protocol


@transaction.atomic
def correct(protocol: Protocol, *, what: Mapping[str, str], by) -> Protocol:
    """A new version beside a published protocol; names what it corrects. Twice is harmless.

    what: what is corrected, by language.
    """
    row = Protocol.objects.select_for_update(of=("self",)).get(pk=protocol.pk)
    if found := Protocol.objects.filter(corrects=row).first():
        return found
    told = {f"correction_{each}": words.strip()[:400] for each, words in what.items()}
    if row.status != ProtocolStatus.PUBLISHED:
        raise MoveRefused(_("Only a published protocol is corrected."))
    if not any(told.values()):
        raise MoveRefused(_("Say what is corrected."))
    new = Protocol.objects.create(
        contest=row.contest,
        number=f"{row.number}/{_corrections_of(row)}"[:20],
        place_ky=row.place_ky,
        place_ru=row.place_ru,
        corrects=row,
        text_ky=row.text_ky,
        text_ru=row.text_ru,
        **told,
    )
    new.present.set(row.present.all())
    new.facts = gather(new)
    new.save(update_fields=["facts"])
    AuditEvent.record(new, action="create", actor=by, via="admin", reason=new.correction)
    return new


def _corrections_of(protocol: Protocol) -> int:
    count = 1
    while protocol.corrects:
        protocol, count = protocol.corrects, count + 1
    return count


def is_its_time(protocol: Protocol) -> bool:
    """Whether the contest is where its protocol is written and signed: while members score again,
    nobody works out means by a draft.
    """
    return protocol.contest.status in (DECIDED if protocol.corrects_id else DECIDING)


def locked_draft(protocol: Protocol) -> Protocol:
    """The protocol as it stands, held until the transaction ends; refused where it is no draft."""
    row = Protocol.objects.select_for_update(of=("self",)).get(pk=protocol.pk)
    if not is_its_time(row):
        raise MoveRefused(_("A protocol is written in the deliberation."))
    if row.status != ProtocolStatus.DRAFT:
        raise MoveRefused(
            _("This protocol is “%(status)s”: take it back to the draft to change it.")
            % {"status": row.get_status_display()}
        )
    return row


@transaction.atomic
def renew(protocol: Protocol, *, with_text: bool | None = None) -> Protocol:
    """Take over the facts as they are now.

    with_text: True makes the text anew from them, False leaves it as it is. None: text and facts
    follow only where nobody has edited the text; an edited one waits for somebody to look.
    """
    row = locked_draft(protocol)
    if with_text is None and not is_as_made(row):
        return row
    row.facts = gather(row)
    if with_text is False:
        row.version += 1
        row.save(update_fields=["facts", "version"])
    else:
        _write(row)
    return row


def is_as_made(protocol: Protocol) -> bool:
    """Whether the text is what the facts give, and nobody’s words are lost when it is made anew."""
    return all(_same_words(getattr(protocol, f"text_{each}"), "") for each in LANGUAGES) or (
        bool(protocol.facts)
        and all(
            _same_words(getattr(protocol, f"text_{each}"), draft_text(protocol, each))
            for each in LANGUAGES
        )
    )


def _same_words(one: str | None, other: str) -> bool:
    """A form brings line breaks of its own."""
    return (one or "").split() == other.split()


def _write(protocol: Protocol) -> None:
    """Save the facts with the text that they give; the same again is no new version."""
    before = Protocol.objects.get(pk=protocol.pk)
    for language in LANGUAGES:
        setattr(protocol, f"text_{language}", draft_text(protocol, language))
    if protocol.facts != before.facts or protocol.text_ky != before.text_ky:
        protocol.version += 1
        protocol.save()


# ---------------------------------------------------------------- awards


@transaction.atomic
def propose(protocol: Protocol) -> int:
    """Places by the ranking, as the frozen rules have it; how many awards there are of them.

    Who shares a place shares it here. Votes stay where the place is the same; special awards stay.
    """
    row = locked_draft(protocol)
    placed = {
        entry.pk: (table, standing.place)
        for table in tables_of(row.contest)
        for entry, standing in table.rows
        if standing.place and standing.place <= table.nomination.places
    }
    known = {each.application_id: each for each in _places(row.contest)}
    for entry, award in known.items():
        if entry not in placed:
            take_away(award)
    for entry, (table, place) in placed.items():
        award = known.get(entry)
        if award and (award.place, award.group) == (place, table.group):
            continue
        values = {"place": place, "group": table.group, "nomination": table.nomination}
        Award.objects.update_or_create(
            application_id=entry,
            outcome=Outcome.PLACE,
            contest=row.contest,
            defaults=values | {"votes_for": 0, "votes_against": 0, "votes_abstained": 0},
        )
    renew(row)
    return len(placed)


def _places(contest: Contest):
    return contest.awards.filter(outcome=Outcome.PLACE)


def take_away(award: Award) -> None:
    """Delete what no protocol has published; else it stays, without an award."""
    if _is_published(award):
        award.outcome, award.place = Outcome.NONE, None
        award.votes_for = award.votes_against = award.votes_abstained = 0
        award.save()
    else:
        award.delete()


def _is_published(award: Award) -> bool:
    out = award.contest.protocols.filter(
        status__in=(ProtocolStatus.PUBLISHED, ProtocolStatus.CORRECTED)
    )
    return any(each["id"] == award.pk for one in out for each in one.facts.get("awards", ()))


@transaction.atomic
def vote_unanimously(protocol: Protocol) -> int:
    """Write «all for» where no votes are written yet; how many awards that were."""
    row = locked_draft(protocol)
    votes = may_vote(row)
    written = 0
    for award in row.contest.awards.filter(votes_for=0, votes_against=0, votes_abstained=0).exclude(
        outcome=Outcome.NONE
    ):
        award.votes_for = votes.get(award.application_id, 0)
        award.save(update_fields=["votes_for"])
        written += 1
    renew(row)
    return written


# ---------------------------------------------------------------- signatures


def waiting_for(member: Member) -> list[Protocol]:
    """Protocols that lie before the member for signing."""
    return list(
        Protocol.objects.filter(status=ProtocolStatus.CIRCULATED, present=member)
        .exclude(signatures__member=member)
        .select_related("contest")
    )


def unsigned(protocol: Protocol) -> list[Member]:
    """Who was there and has not signed this very text."""
    signed = protocol.signatures.filter(digest=protocol.digest).values("member")
    return list(protocol.present.exclude(pk__in=signed))


@transaction.atomic
def sign(protocol: Protocol, member: Member, *, digest: str, dissent: str = "") -> Signature:
    """The member’s word on the text with this digest, with a dissenting opinion or without.

    Tapped twice it is one signature. Raises MoveRefused where the text is another by now. When all
    have signed, the protocol is signed.
    """
    row = Protocol.objects.select_for_update(of=("self",)).get(pk=protocol.pk)
    given = row.signatures.filter(member=member, digest=row.digest).first()
    if given and digest == row.digest:
        return given
    if not row.present.filter(pk=member.pk).exists():
        raise MoveRefused(_("Only those who were at the meeting sign its protocol."))
    if row.status == ProtocolStatus.DRAFT:
        raise MoveRefused(_("The text is being changed. You will get it again to sign."))
    if row.status != ProtocolStatus.CIRCULATED or not is_its_time(row):
        raise MoveRefused(_("This protocol is not before the members any more."))
    if digest != row.digest:
        raise MoveRefused(
            _("The text has changed since you opened it. Read it again; it stands below.")
        )
    words = dissent.replace("\x00", "").strip()[:2000]
    signature = Signature.objects.create(protocol=row, member=member, digest=digest, dissent=words)
    AuditEvent.record(
        row, action="sign_one", actor=None, via="signed_link",
        details={"member": member.pk, "digest": digest, "dissent": bool(signature.dissent)},
    )  # fmt: skip
    if not row.missing_for_signing():
        move(row, "sign", actor=None, via="system")
    return signature


# ---------------------------------------------------------------- carried out


def carry_out(protocol: Protocol) -> None:
    """Applications become awarded or not by the protocol; awards a correction took are revoked."""
    contest = protocol.contest
    told = protocol.facts["awards"]
    awarded = {each["application"] for each in told if each["outcome"] != Outcome.NONE}
    for application in contest.applications.filter(status__in=ADMITTED):
        name = "award" if application.pk in awarded else "no_award"
        move(application, name, actor=None, via="system")
    standing = {each["id"] for each in told if each["outcome"] != Outcome.NONE}
    contest.awards.filter(pk__in=standing).update(revoked_on=None)
    contest.awards.exclude(pk__in=standing).filter(revoked_on=None).update(
        revoked_on=timezone.localdate()
    )
