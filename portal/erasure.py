"""Deleting an account: what goes with the person, what stays for the public, and without whom."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from contests.models import Application
from people.actions import revoke_links
from people.models import AccessLink, DeskMessage, User
from practices.consents import forget_person
from practices.ledger import CONFIRM
from practices.models import Adoption, Check, Practice
from publishing.models import AuditEvent, Draft

#: The name of a person in the log of the admin, once the account is gone.
GONE = "–"
#: Apps whose rows are called by a person's name, address or number.
LOGGED_APPS = ("people", "account", "mfa")


class NotDeletable(Exception):
    """Accounts of the editors' office are blocked, never deleted: what they did stays attributable."""


def is_deletable(user: User) -> bool:
    return not (user.is_staff or user.is_superuser)


def emails_of(user: User) -> set[str]:
    found = {user.email, *user.emailaddress_set.values_list("email", flat=True)}
    return {email.lower() for email in found if email}


def phones_of(user: User) -> set[str]:
    found = {user.phone, *user.memberships.values_list("phone", flat=True)}
    return {phone for phone in found if phone}


@transaction.atomic
def delete_account(*, user: User) -> None:
    """Delete the account and all that is only the person's own; take their name and numbers off what
    stays. Raises NotDeletable for staff.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if not is_deletable(user):
        raise NotDeletable
    emails, phones = emails_of(user), phones_of(user)
    names = {user.name, *emails, *phones} - {""}
    close_links(user, names)
    keep_proof_of_consent(user)
    # The municipality’s application stays in its contest; whoever sent it is named no more.
    Application.objects.filter(created_by=user).update(applicant_name="", applicant_phone="")
    municipalities = user.memberships.exclude(verified_at=None).values_list(
        "municipality", flat=True
    )
    forget_person(user=user, emails=emails, phones=phones, municipalities=set(municipalities))
    stop_letters(emails, phones)
    forget_in_log(user, names)
    end_sessions(user)
    # Drafts with their files, roles, consents, addresses and second factors go with it.
    user.delete()


def close_links(user: User, names: set[str]) -> None:
    """Links the person made, and those by which they came to their own drafts and records; notes
    that say for whom a link was made forget it.
    """
    practices = list(Practice.objects.filter(created_by=user))
    adoptions = list(Adoption.objects.filter(created_by=user))
    checks = Check.objects.filter(Q(practice__in=practices) | Q(adoption__in=adoptions))
    for target in [*Draft.objects.filter(owner=user), *practices, *checks]:
        _close(AccessLink.objects.filter(**_about(target)))
        revoke_links(target=target)
    for adoption in adoptions:
        # The source municipality still confirms it by its own link.
        _close(AccessLink.objects.filter(**_about(adoption)).exclude(purpose=CONFIRM))
    _close(AccessLink.objects.filter(created_by=user))
    for name in names:
        AccessLink.objects.filter(note__icontains=name).update(note="")


def _about(target) -> dict:
    return {
        "content_type": ContentType.objects.get_for_model(target),
        "object_id": target.pk,
    }


def _close(links) -> None:
    links.update(note="")
    links.filter(revoked_at=None).update(revoked_at=timezone.now())


def keep_proof_of_consent(user: User) -> None:
    """A record's history says what was agreed to and when; no longer by whom."""
    own = [*Practice.objects.filter(created_by=user), *Application.objects.filter(created_by=user)]
    for record in own:
        given = user.consents.filter(**_about(record))
        AuditEvent.record(
            record,
            action="author_left",
            actor=None,
            via="system",
            details={
                "consents": [
                    {
                        "purpose": consent.purpose,
                        "version": consent.version,
                        "given_at": consent.given_at.isoformat(),
                        "withdrawn": consent.withdrawn_at is not None,
                    }
                    for consent in given
                ]
            },
        )


def stop_letters(emails: set[str], phones: set[str]) -> None:
    """Nothing that waits in a queue is sent any more, and no queue remembers the address."""
    for email in emails:
        DBTaskResult.objects.annotate(words=Cast("args_kwargs", TextField())).filter(
            Q(words__icontains=email) | Q(traceback__icontains=email)
        ).delete()
    DeskMessage.objects.filter(phone__in=phones).delete()


def forget_in_log(user: User, names: set[str]) -> None:
    """The admin's log names what staff have changed: the account, its roles, addresses, messages."""
    about = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    for name in names:
        about |= Q(object_repr__icontains=name) | Q(change_message__icontains=name)
    LogEntry.objects.filter(about, content_type__app_label__in=LOGGED_APPS).update(
        object_repr=GONE, change_message=""
    )


def end_sessions(user: User) -> None:
    """On every device. What a session holds can only be read one by one."""
    number = str(user.pk)
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == number:
            session.delete()
