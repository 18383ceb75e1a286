"""What becomes of a practice when somebody takes back a consent, or leaves.

Nothing vanishes silently: a name goes at once, what only an editor can judge goes into their queue.
"""

from django.db.models import Q

from people.consents import Purpose
from people.phones import normalize_phone
from practices.models import Adoption, Practice
from practices.tasks import make_share_image
from publishing.actions import take_back
from publishing.models import AuditEvent, Draft
from publishing.workflow import READABLE, Status

#: What each consent holds up: fields of the practice, and their value without it.
RESTS_ON = {
    Purpose.NAME: {"contact_name_public": False},
    # Without these two nothing gets published; what is public already waits for an editor.
    Purpose.PUBLISH: {"has_consent": False},
    Purpose.PHOTO: {"has_no_personal_data": False},
}


def lacks_consent() -> Q:
    """Practices that readers see, or soon will, without a consent or the check for personal data."""
    return Q(status__in=(*READABLE, Status.READY, Status.SCHEDULED)) & (
        Q(has_consent=False) | Q(has_no_personal_data=False)
    )


def practices_about(consent) -> list[Practice]:
    """Practices the consent speaks of: the one it was given for, else all that the person made."""
    about = consent.about
    if isinstance(about, Draft):
        about = about.record
    if about is None and consent.object_id is None:
        return list(Practice.objects.filter(created_by=consent.user_id))
    return [about] if isinstance(about, Practice) else []


def take_back_what_stood_on(sender, consent, **kwargs) -> None:
    """Receiver of people.consents.consent_withdrawn."""
    values = RESTS_ON.get(consent.purpose)
    if values is None:
        return
    for practice in practices_about(consent):
        extra = {}
        if consent.purpose == Purpose.NAME and is_author(consent.user, practice):
            extra = {"author_name": ""}
        take_back(record=practice, **values, **extra)
        note(practice, "consent_withdrawn", actor=consent.user, purpose=consent.purpose)


def is_author(user, practice) -> bool:
    """Whether the author named beside the practice is this person."""
    return practice.created_by_id == user.pk or bool(
        user.name and practice.author_name.strip() == user.name.strip()
    )


def note(practice, action: str, *, actor, **details) -> None:
    """Write it into the practice's history; sheets already drawn are drawn anew without the name."""
    AuditEvent.record(practice, action=action, actor=actor, via="site", details=details)
    make_share_image.enqueue(practice.pk)


def forget_person(*, user, emails: set[str], phones: set[str], municipalities: set[int]) -> None:
    """Take a person's name and numbers off every record, public or not; the records stay.

    Whoever entered a record gave their own contact. Elsewhere a person is recognised by number and
    address, and by name in the municipalities they spoke for. emails: in small letters.
    """
    theirs = Q(created_by=user) | Q(mobile_phone__in=phones)
    for email in emails:
        theirs |= Q(contact_email__iexact=email)
    theirs |= _named(user, municipalities, "contact_name", "author_name")
    for practice in Practice.objects.filter(theirs):
        values = {"contact_name": "", "contact_name_public": False, "mobile_phone": ""}
        if is_author(user, practice):
            values["author_name"] = ""
        if practice.contact_email.lower() in emails:
            values["contact_email"] = ""
        if normalize_phone(practice.office_phone) in phones:
            # In a small village the office answers on somebody's own phone.
            values["office_phone"] = ""
        if take_back(record=practice, **values):
            make_share_image.enqueue(practice.pk)
        _forget_photographer(user, practice)
    for adoption in Adoption.objects.filter(
        Q(created_by=user)
        | Q(coordinator_phone__in=phones)
        | _named(user, municipalities, "coordinator_name")
    ):
        take_back(record=adoption, coordinator_name="", coordinator_phone="")
        _forget_photographer(user, adoption)


def _named(user, municipalities: set[int], *fields: str) -> Q:
    found = Q(pk__in=())
    if user.name:
        for field in fields:
            found |= Q(**{f"{field}__iexact": user.name, "municipality__in": municipalities})
    return found


def _forget_photographer(user, record) -> None:
    if user.name:
        named = Q(author_ky__iexact=user.name) | Q(author_ru__iexact=user.name)
        for photo in record.photos.filter(named):
            take_back(record=photo, author="")
