"""The ledger of adoptions: declaring one, vouching for it, confirming it by the source municipality.

The states and who moves them stand in practices/models/adoption.py; here is what touches more than
the row: letters, the audit trail, the evidence of the practice.
"""

from dataclasses import dataclass

import reversion
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people import links
from people.models import Membership
from places.models import Municipality
from practices.choices import AT_WORK, AdoptionStatus, Evidence
from practices.letters import reader_of, refuses_whatsapp
from practices.models import Adoption, AdoptionPhoto, Check, EvidenceStep, Practice
from publishing import letters
from publishing.languages import LANGUAGES, current_language
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused, move

#: Purpose of the link by which the source municipality confirms an adoption.
CONFIRM = "confirm_adoption"
#: How long it opens, in days.
CONFIRM_DAYS = 60
#: Statuses in which the source has something to confirm.
CONFIRMABLE = (*AT_WORK, AdoptionStatus.NOT_CONFIRMED)


# ---------------------------------------------------------------- declaring


@transaction.atomic
def declare(*, practice, municipality, by, values: dict, photo=None) -> tuple[Adoption, bool]:
    """Write down that the municipality repeats the practice; returns (adoption, whether it is new).

    A second declaration, from another device or by a double tap, finds the first. values: columns
    of the row. photo: an upload, already looked at by the form.
    """
    is_member = by.memberships.verified().filter(municipality=municipality).exists()
    with reversion.create_revision():
        adoption, is_new = Adoption.objects.get_or_create(
            practice=practice,
            municipality=municipality,
            defaults={**values, "created_by": by, "is_vouched": is_member},
        )
        if not is_new:
            return adoption, False
        reversion.set_user(by)
    if photo:
        AdoptionPhoto.objects.create(adoption=adoption, file=photo)
    AuditEvent.record(adoption, action="declare", actor=by, via="site", after=adoption.status)
    ask_source(adoption)
    return adoption, True


@transaction.atomic
def vouch(adoption: Adoption, *, actor=None, via: str = "admin") -> bool:
    """Let readers see it: somebody who knows says that it is so. Twice is harmless."""
    row = Adoption.objects.select_for_update().get(pk=adoption.pk)
    if row.is_vouched:
        return False
    row.is_vouched = True
    row.save(update_fields=["is_vouched", "updated_at"])
    AuditEvent.record(row, action="vouch", actor=actor, via=via)
    adoption.refresh_from_db()
    return True


def vouch_for_member(membership: Membership, **kwargs) -> None:
    """A person's role was confirmed: what they declared for their municipality is shown."""
    waiting = Adoption.objects.filter(
        created_by=membership.user, municipality=membership.municipality, is_vouched=False
    )
    for adoption in waiting:
        vouch(adoption, via="system")


# ---------------------------------------------------------------- the word of the source


@dataclass(frozen=True)
class Addressee:
    """To whom a letter goes, in which language."""

    email: str
    language: str


def members(municipality_id: int, *, but_for=None):
    """Confirmed roles in the municipality of people who can be written to by mail."""
    found = (
        Membership.objects.verified()
        .filter(municipality_id=municipality_id, user__is_active=True)
        .exclude(user__email=None)
        .select_related("user")
    )
    return found.exclude(user_id=but_for) if but_for else found


def addressees_of_source(adoption: Adoption) -> list[Addressee]:
    """The source municipality's people; where none is known, the office the practice names."""
    practice = adoption.practice
    people = members(practice.municipality_id, but_for=adoption.created_by_id)
    found = [Addressee(role.user.email, role.user.language) for role in people]
    if not found and practice.contact_email:
        found = [Addressee(practice.contact_email, practice.original_language)]
    return found


def ask_source(adoption: Adoption) -> None:
    """Ask the source municipality by mail whether it is so, once there is something to confirm."""
    if not waits_for_source(adoption):
        return
    for addressee in addressees_of_source(adoption):
        letters.send(CONFIRM, adoption, to=addressee.email, language=addressee.language)


def waits_for_source(record) -> bool:
    """Whether it is an adoption at work on which the source has not spoken; nobody is asked of the demo's."""
    return (
        isinstance(record, Adoption)
        and record.status in AT_WORK
        and record.confirmed_on is None
        and record.is_public
        and not (record.is_demo or record.practice.is_demo)
        and record.practice.is_readable
        and record.refusal is None
    )


@transaction.atomic
def confirm(adoption: Adoption, *, post: str, on=None, actor=None, via: str) -> bool:
    """The source says that it is so: from now on it counts.

    post: of whoever says it, kept in the language of the page. Of two at once the first counts, the
    second changes nothing and gets False. Raises MoveRefused where there is nothing to confirm, or
    where the person carries the adoption through themselves.
    """
    row = Adoption.objects.select_for_update(of=("self",)).get(pk=adoption.pk)
    if row.confirmed_on and row.status in AT_WORK:
        return False
    if row.status not in CONFIRMABLE:
        raise MoveRefused(gettext("Only what is at work can be confirmed."))
    if actor and not actor.is_staff and row.plays("adopter", actor):
        raise MoveRefused(
            gettext("You have declared it yourself; somebody else of the municipality confirms it.")
        )
    if row.status == AdoptionStatus.NOT_CONFIRMED:
        move(row, "reconfirm", actor=None, part="source", via=via)
    row.confirmed_on = on or timezone.localdate()
    row.confirmed_by_ky = row.confirmed_by_ru = ""
    setattr(row, f"confirmed_by_{current_language()}", post)
    row.is_vouched = True
    row.save()
    AuditEvent.record(row, action="confirm", actor=actor, via=via, reason=post)
    raise_evidence(row)
    adoption.refresh_from_db()
    return True


@transaction.atomic
def refuse(adoption: Adoption, *, note: str, post: str = "", actor=None, via: str) -> bool:
    """The source says that it is not so, and why: the editors look into it. Once is enough."""
    row = Adoption.objects.select_for_update(of=("self",)).get(pk=adoption.pk)
    if row.confirmed_on or row.status not in AT_WORK or row.refusal:
        return False
    AuditEvent.record(
        row, action="refuse", actor=actor, via=via, reason=note, details={"post": post}
    )
    return True


def raise_evidence(adoption: Adoption) -> None:
    """The last step of evidence follows the facts: verified on site, and at work elsewhere too."""
    practice = Practice.objects.select_for_update(of=("self",)).get(pk=adoption.practice_id)
    if practice.evidence_level != Evidence.ON_SITE or not adoption.is_counted:
        return
    proof = EvidenceStep(practice=practice, level=Evidence.ADOPTED, on=adoption.confirmed_on)
    for language in LANGUAGES:
        with translation.override(language):
            place = adoption.municipality.label
            setattr(
                proof,
                f"note_{language}",
                gettext("At work also here: %(place)s") % {"place": place},
            )
            setattr(proof, f"by_{language}", gettext("the source municipality"))
    proof.save()
    practice.evidence_level = Evidence.ADOPTED
    practice.version += 1
    practice.save(update_fields=["evidence_level", "version", "updated_at"])
    AuditEvent.record(
        practice, action="raise_evidence", actor=None, via="system", reason=str(proof.note)
    )


# ---------------------------------------------------------------- what waits for a person


@dataclass(frozen=True)
class Waiting:
    """to_confirm: adoptions of practices of the person's municipalities, on which they have to speak.
    checks: open questions whether something still works. adoptions: those of the person's own
    municipalities and what they declared themselves.
    """

    to_confirm: list[Adoption]
    checks: list[Check]
    adoptions: list[Adoption]

    def __bool__(self):
        return bool(self.to_confirm or self.checks)


def waiting_for(user) -> Waiting:
    """What waits for the person in the ledger, in three queries whatever their number."""
    own = user.memberships.verified().values("municipality")
    listed = Adoption.objects.for_list().select_related("practice__municipality")
    return Waiting(
        to_confirm=list(
            listed.to_confirm()
            .filter(practice__municipality__in=own, practice__in=Practice.objects.readable())
            .exclude(Adoption.carried_q(user))
        ),
        checks=list(Check.objects.asked_of(user)),
        adoptions=list(listed.carried_by(user)),
    )


def municipalities_of(user):
    """Municipalities in which the person has a role, confirmed or only asked for."""
    roles = user.memberships.verified() | user.memberships.waiting()
    return Municipality.objects.filter(pk__in=roles.values("municipality")).for_list()


# ---------------------------------------------------------------- letters and links


def reader_at_source(adoption: Adoption) -> letters.Reader:
    """Who at the source is written to in WhatsApp."""
    role = (
        Membership.objects.verified()
        .filter(municipality_id=adoption.practice.municipality_id, user__is_active=True)
        .exclude(user_id=adoption.created_by_id)
        .select_related("user")
        .first()
    )
    if role is None:
        return reader_of(adoption.practice)
    is_refused = refuses_whatsapp(role.user)
    return letters.Reader(
        name=str(role.user),
        language=role.user.language,
        email=role.user.email or "",
        phone="" if is_refused else role.phone,
        refuses_whatsapp=is_refused,
    )


def about_adoption(adoption: Adoption) -> dict:
    """What the letters say of an adoption, in their language."""
    language = current_language()
    return {
        "adoption": adoption.edition_for(language),
        "practice_title": letters.one_line(adoption.practice.title_in(language)),
    }


links.register(
    CONFIRM,
    label=_("Was it repeated? Give an answer"),
    address=lambda adoption: reverse("practices:adoption_confirm", args=[adoption.pk]),
)
letters.register(
    CONFIRM,
    label=_("Ask the source to confirm"),
    purpose=CONFIRM,
    days=CONFIRM_DAYS,
    context=about_adoption,
    fits=waits_for_source,
    reader=reader_at_source,
)
