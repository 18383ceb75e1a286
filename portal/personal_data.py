"""What the portal keeps about people: one table for readers, for the person, and for the clock.

Each row names fields that hold personal data, what they are for, how long they stay and what happens
then. The public list, the page «My data», the copy of one's data and the daily purge all read it;
tests/portal/test_personal_data.py fails for a field that looks personal and stands in neither list.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult
from reversion.models import Revision, Version

from contests.models import (
    Approval,
    CampaignStep,
    Conflict,
    Contest,
    FollowUp,
    RulesVersion,
)
from journal.models import (
    Article,
    Author,
    Comment,
    Issue,
    IssueEdition,
    Mailing,
    Output,
    Pitch,
    PlanLine,
    Subscriber,
    TeamMember,
)
from partners.choices import Standing
from partners.models import Agreement, Contact, Interaction, Partner, Proposal
from people import consents
from people.links import PURPOSES
from people.models import (
    AccessLink,
    Consent,
    DeskMessage,
    IncomingMessage,
    Membership,
    RateCount,
    User,
)
from places.models import Municipality
from portal.erasure import delete_account, phones_of
from portal.kept import Fate, Kept, Part
from portal.kept_of_contests import OF_CONTESTS
from portal.reminders import NOTICE, was_told
from practices.choices import AdoptionStatus
from practices.contribution import summary
from practices.models import Adoption, AdoptionPhoto, EvidenceStep, Practice, PracticePhoto
from publishing.actions import take_back
from publishing.models import AuditEvent, Draft, DraftDocument, DraftPicture, Page
from publishing.work import action_label
from publishing.workflow import Status
from search.missed import overdue
from search.models import MissedQuery

DAY = timedelta(days=1)
YEAR = 365 * DAY
#: From this age of a draft on its writer is told that it will go.
NOTICE_FROM = YEAR - NOTICE
#: Descriptions nobody writes about any more: a contact is of no use.
CLOSED = (Status.ARCHIVED, Status.WITHDRAWN, Status.REJECTED)
ENDED = (AdoptionStatus.STOPPED, AdoptionStatus.NOT_CONFIRMED)
#: Descriptions in somebody's hands: their draft is still needed.
IN_WORK = (
    Status.DRAFT, Status.SUBMITTED, Status.IN_REVIEW, Status.NEEDS_CHANGES, Status.IN_TRANSLATION,
    Status.READY, Status.SCHEDULED,
)  # fmt: skip


def event_label(event: AuditEvent) -> str:
    return action_label(event.content_type.model_class(), event.action)


# ---------------------------------------------------------------- whose time is over


def idle_accounts(day: datetime) -> models.QuerySet:
    """Accounts not signed in to since the day, of people who have nothing here and no role.

    Authors stay: the yearly question whether a practice still works goes to them.
    """
    active = AuditEvent.objects.filter(at__gte=day).exclude(actor_id=None)
    return (
        outsiders()
        .filter(Q(last_login__lt=day) | Q(last_login=None), date_joined__lt=day, is_active=True)
        .exclude(pk__in=Draft.objects.values("owner"))
        .exclude(pk__in=Practice.objects.exclude(created_by=None).values("created_by"))
        .exclude(pk__in=Adoption.objects.exclude(created_by=None).values("created_by"))
        .exclude(pk__in=Membership.objects.verified().values("user"))
        .exclude(pk__in=active.values("actor_id"))
    )


def never_confirmed(day: datetime) -> models.QuerySet:
    """Accounts begun with an address or a number that nobody has confirmed: it may be a stranger's."""
    confirmed = EmailAddress.objects.filter(verified=True)
    return (
        outsiders()
        .filter(Q(pk__in=EmailAddress.objects.values("user")) | Q(phone__isnull=False))
        .filter(date_joined__lt=day, last_login=None, phone_verified=False, groups=None)
        .exclude(pk__in=confirmed.values("user"))
    )


def outsiders() -> models.QuerySet:
    """Accounts of people outside the editors' office; those of the demo are no people."""
    return User.objects.filter(is_staff=False, is_superuser=False, is_demo=False)


def idle_drafts(day: datetime) -> models.QuerySet:
    """Drafts untouched since the day, but for those whose description is still being worked on."""
    in_work = Practice.objects.filter(status__in=IN_WORK)
    kind = ContentType.objects.get_for_model(Practice)
    return Draft.objects.filter(updated_at__lt=day).exclude(
        content_type=kind, object_id__in=in_work.values("pk")
    )


def not_asked_anew(roles: models.QuerySet) -> models.QuerySet:
    """Without those for which a code is on its way again."""
    return roles.exclude(pk__in=Membership.objects.waiting().values("pk"))


# ---------------------------------------------------------------- how it goes


def delete_accounts(users: Iterable[User]) -> int:
    return sum(1 for user in users if delete_account(user=user) is None)


def delete_told_accounts(users: models.QuerySet) -> int:
    return delete_accounts(
        user for user in users if was_told(user, since=user.last_login or user.date_joined)
    )


def delete_told_drafts(drafts: models.QuerySet) -> int:
    """Those whose writer was told; what was sent stands in its record and goes without a letter."""
    gone = [draft for draft in drafts if draft.sent_at or was_told(draft, since=draft.updated_at)]
    for draft in gone:
        draft.delete()
    return len(gone)


def forget_contact(practices: models.QuerySet) -> int:
    values = {"contact_name": "", "contact_name_public": False, "mobile_phone": ""}
    return sum(take_back(record=practice, **values) for practice in practices)


def forget_coordinator(adoptions: models.QuerySet) -> int:
    values = {"coordinator_name": "", "coordinator_phone": ""}
    return sum(take_back(record=adoption, **values) for adoption in adoptions)


# ---------------------------------------------------------------- the table

WITH_ACCOUNT = _("As long as the account is there.")
WITH_RECORD = _("As long as the record is there.")
A_TRACE = _("So that it can be seen who answers for what stands here.")
OF_STAFF = _(
    "Editors answer for what they publish. When a person’s account is deleted, the reference goes."
)

TABLE: tuple[Kept, ...] = (
    Kept(
        model=User,
        fields=("email", "phone", "name", "password"),
        secret=("password",),
        beside=("phone_verified", "language", "date_joined", "last_login"),
        shown=("name", "email", "phone"),
        part=Part.ACCOUNT,
        what=_(
            "Name, e-mail address, phone number; a password, if there is one, in a form nobody can read"
        ),
        purpose=_("To let you in and to write to you about your own records."),
        term=_(
            "As long as the account is there. One that nobody has signed in to for 24 months, without "
            "descriptions, adoptions and roles, goes; 30 days before that we write."
        ),
        fate=Fate.DELETE,
        of=lambda user: User.objects.filter(pk=user.pk),
        span=2 * YEAR,
        due=idle_accounts,
        remove=delete_told_accounts,
    ),
    Kept(
        model=User,
        fields=("email", "phone"),
        part=Part.ACCOUNT,
        what=_("E-mail address or phone number of an account that was begun and never confirmed"),
        purpose=_("To wait for the code that was sent to it."),
        term=_("30 days."),
        fate=Fate.DELETE,
        span=30 * DAY,
        due=never_confirmed,
        remove=delete_accounts,
    ),
    Kept(
        model=EmailAddress,
        fields=("user", "email"),
        beside=("verified", "primary"),
        shown=("email",),
        part=Part.ACCOUNT,
        what=_("All your e-mail addresses"),
        purpose=_("To let you in by any of them."),
        term=_("Until you remove them, or as long as the account is there."),
        fate=Fate.DELETE,
        of=lambda user: EmailAddress.objects.filter(user=user),
    ),
    Kept(
        model=Authenticator,
        fields=("user", "data"),
        secret=("data",),
        beside=("type", "created_at", "last_used_at"),
        shown=("type", "created_at"),
        part=Part.ACCOUNT,
        what=_("Second factor: an app on your phone, keys, recovery codes"),
        purpose=_("So that nobody else gets in."),
        term=_("Until you switch it off, or as long as the account is there."),
        fate=Fate.DELETE,
        of=lambda user: Authenticator.objects.filter(user=user),
    ),
    Kept(
        model=Session,
        fields=("session_key", "session_data"),
        secret=("session_key", "session_data"),
        part=Part.ACCOUNT,
        what=_(
            "That a browser is signed in; the links it has opened; a text sent after the session ended"
        ),
        purpose=_("So that you need not sign in on every page and lose nothing."),
        term=_("Until you sign out, 14 days at most."),
        fate=Fate.DELETE,
        due=lambda now: Session.objects.filter(expire_date__lt=now),
    ),
    Kept(
        model=Consent,
        fields=("user",),
        beside=(
            "purpose",
            ("wording", lambda row: str(consents.wording(row.purpose, row.version))),
            "version",
            "language",
            ("about", lambda row: row.about and str(row.about)),
            "given_at",
            "withdrawn_at",
        ),
        part=Part.ACCOUNT,
        what=_("What you agreed to, in which wording, when, and when you took it back"),
        purpose=_("To prove that we do what you have allowed and nothing else."),
        term=WITH_ACCOUNT,
        fate=Fate.DELETE,
        of=lambda user: Consent.objects.filter(user=user).prefetch_related("about"),
    ),
    Kept(
        model=Membership,
        fields=("user", "post", "phone", "revoke_reason"),
        beside=("municipality", "role", "asked_at", "verified_at", "expires_at", "revoked_at"),
        shown=("municipality", "role", "post", "phone"),
        part=Part.ROLE,
        what=_("Municipality, role and post, and the WhatsApp number that confirmed them"),
        purpose=_("To know who may speak for a municipality."),
        term=_("12 months after the role has ended or was revoked."),
        fate=Fate.DELETE,
        of=lambda user: user.memberships.select_related("municipality"),
        span=YEAR,
        due=lambda day: not_asked_anew(
            Membership.objects.filter(Q(expires_at__lt=day) | Q(revoked_at__lt=day))
        ),
    ),
    Kept(
        model=Membership,
        fields=("phone",),
        part=Part.ROLE,
        what=_("A role that was asked for and never confirmed"),
        purpose=_("To wait for the message with the code."),
        term=_("90 days."),
        fate=Fate.DELETE,
        span=90 * DAY,
        due=lambda day: not_asked_anew(
            Membership.objects.filter(verified_at=None, asked_at__lt=day)
        ),
    ),
    Kept(
        model=Membership,
        fields=("verified_by", "revoked_by"),
        part=Part.ROLE,
        what=_("Which operator confirmed or revoked a role"),
        purpose=A_TRACE,
        term=_("As long as the role itself is kept."),
        fate=Fate.DELETE,
    ),
    Kept(
        model=Municipality,
        fields=("head_name",),
        part=Part.ROLE,
        what=_("Name of the head of a municipality"),
        purpose=_("Templates of documents are filled in with it."),
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=_("It is a public office; the register names who holds it."),
    ),
    Kept(
        model=Draft,
        fields=("owner", "answers", "conflicts"),
        beside=("uuid", "kind", "language", "created_at", "updated_at", "sent_at"),
        shown=(summary, "updated_at"),
        part=Part.RECORDS,
        what=_("Drafts: everything typed into the form"),
        purpose=_("So that nothing of your work is lost."),
        term=_(
            "12 months after the last change; 30 days before that we write. What editors still work "
            "on stays longer."
        ),
        fate=Fate.DELETE,
        of=lambda user: user.drafts.all(),
        span=YEAR,
        due=idle_drafts,
        remove=delete_told_drafts,
    ),
    Kept(
        model=DraftPicture,
        fields=("author",),
        beside=("file", "src", "alt", "caption", "created_at"),
        part=Part.RECORDS,
        what=_("Photos in drafts and who took them"),
        purpose=_("To publish them with the description."),
        term=_("As long as the draft; the file leaves the disk with it."),
        fate=Fate.DELETE,
        of=lambda user: DraftPicture.objects.filter(draft__owner=user),
    ),
    Kept(
        model=DraftDocument,
        fields=("file",),
        beside=("src", "title", "created_at"),
        part=Part.RECORDS,
        what=_("Documents in drafts"),
        purpose=_("To publish them with the description."),
        term=_("As long as the draft; the file leaves the disk with it."),
        fate=Fate.DELETE,
        of=lambda user: DraftDocument.objects.filter(draft__owner=user),
    ),
    Kept(
        model=Practice,
        fields=("contact_name", "contact_name_public", "mobile_phone"),
        beside=("title_ky", "title_ru", "status", "created_at", "published_at"),
        shown=("", "contact_name", "mobile_phone"),
        part=Part.RECORDS,
        what=_("Name and mobile phone of the contact person of a description"),
        purpose=_(
            "So that editors can ask. The phone is never shown; the name only where the person agreed."
        ),
        term=_(
            "As long as the description is in use: until 12 months after it was archived, withdrawn or "
            "rejected."
        ),
        fate=Fate.ERASE,
        of=lambda user: Practice.objects.filter(created_by=user),
        span=YEAR,
        due=lambda day: Practice.objects.filter(
            status__in=CLOSED, status_changed_at__lt=day
        ).exclude(contact_name="", mobile_phone="", contact_name_public=False),
        remove=forget_contact,
    ),
    Kept(
        model=Practice,
        fields=("contact_post", "office_phone", "contact_email", "contact_hours"),
        part=Part.RECORDS,
        what=_("Post, phone, e-mail and hours of the office that can be asked about a description"),
        purpose=_("So that other municipalities can ask how it was done."),
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=_("It is the office’s, not a person’s own."),
        beside=("title_ky", "title_ru"),
        of=lambda user: Practice.objects.filter(created_by=user),
    ),
    Kept(
        model=Practice,
        fields=("author_name",),
        part=Part.RECORDS,
        what=_("Author of a description"),
        purpose=_("The licence asks to name who wrote it."),
        term=_("As long as the author agrees to be named."),
        fate=Fate.KEEP,
        reason=_("It goes when the author takes the consent back or deletes the account."),
        beside=("title_ky", "title_ru"),
        shown=("", "author_name"),
        of=lambda user: Practice.objects.filter(created_by=user).exclude(author_name=""),
    ),
    Kept(
        model=Adoption,
        fields=("coordinator_name", "coordinator_phone"),
        beside=("practice", "municipality", "status", "created_at"),
        shown=("", "coordinator_name", "coordinator_phone"),
        part=Part.RECORDS,
        what=_("Name and phone of the coordinator of an adoption"),
        purpose=_("So that editors can ask. Neither is ever shown."),
        term=_("Until 12 months after the adoption has stopped or nobody confirms it any more."),
        fate=Fate.ERASE,
        of=lambda user: Adoption.objects.filter(created_by=user).select_related(
            "practice", "municipality"
        ),
        span=YEAR,
        due=lambda day: Adoption.objects.filter(
            status__in=ENDED, status_changed_at__lt=day
        ).exclude(coordinator_name="", coordinator_phone=""),
        remove=forget_coordinator,
    ),
    Kept(
        model=Adoption,
        fields=("coordinator_post", "confirmed_by"),
        part=Part.RECORDS,
        what=_("Post of the coordinator of an adoption, and of whoever confirmed it"),
        purpose=_("So that it can be seen in whose name it was said."),
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=_("It is a post, not a name."),
    ),
    Kept(
        model=PracticePhoto,
        fields=("author",),
        part=Part.RECORDS,
        what=_("Who took the photos of a description"),
        purpose=_("The licence asks to name who took them."),
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=_("It goes when the photographer deletes the account, or asks us to."),
        beside=("src", "caption_ky", "caption_ru", "created_at"),
        shown=("author",),
        of=lambda user: PracticePhoto.objects.filter(
            ~Q(author_ky="") & Q(author_ky__isnull=False)
            | ~Q(author_ru="") & Q(author_ru__isnull=False),
            practice__created_by=user,
        ),
    ),
    Kept(
        model=AdoptionPhoto,
        fields=("author",),
        part=Part.RECORDS,
        what=_("Who took the photos of an adoption"),
        purpose=_("The licence asks to name who took them."),
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=_("It goes when the photographer deletes the account, or asks us to."),
    ),
    Kept(
        model=EvidenceStep,
        fields=("by",),
        part=Part.RECORDS,
        what=_("Who checked a description: a post or an organisation"),
        purpose=_("So that readers know who confirms it."),
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=_("It is a post, not a name."),
    ),
    Kept(
        model=Practice,
        fields=("created_by", "submitted_by", "assignee"),
        part=Part.TRACES,
        what=_("Which account entered a description, sent it in, is in charge of it"),
        purpose=A_TRACE,
        term=WITH_ACCOUNT,
        fate=Fate.ERASE,
        of=lambda user: Practice.objects.filter(created_by=user),
        beside=("title_ky", "title_ru", "status", "created_at", "published_at"),
        shown=("", "status", "created_at"),
    ),
    Kept(
        model=Adoption,
        fields=("created_by",),
        part=Part.TRACES,
        what=_("Which account declared an adoption"),
        purpose=A_TRACE,
        term=WITH_ACCOUNT,
        fate=Fate.ERASE,
        of=lambda user: Adoption.objects.filter(created_by=user).select_related(
            "practice", "municipality"
        ),
        beside=("practice", "municipality", "status", "created_at"),
        shown=("", "status", "created_at"),
    ),
    Kept(
        model=Page,
        fields=("created_by", "submitted_by", "assignee"),
        part=Part.TRACES,
        what=_("Which editor made a page, sent it in, is in charge of it"),
        purpose=A_TRACE,
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=OF_STAFF,
    ),
    Kept(
        model=Contact,
        fields=("name", "phone", "email"),
        part=Part.RECORDS,
        what=_("Contact persons at partners: name, post, phone, e-mail; for the editors alone"),
        purpose=_("To keep in touch with partners."),
        term=_("12 months after the partnership has ended."),
        fate=Fate.DELETE,
        span=YEAR,
        due=lambda day: Contact.objects.filter(
            partner__standing=Standing.FINISHED, partner__updated_at__lt=day
        ),
    ),
    Kept(
        model=Author,
        fields=("name",),
        part=Part.RECORDS,
        what=_("Names of those who write for the journal"),
        purpose=_("Whoever wrote an article is named with it."),
        term=_("As long as the article is there."),
        fate=Fate.KEEP,
        reason=_("A printed journal names its authors, and so does its archive."),
    ),
    Kept(
        model=Author,
        fields=("email", "phone"),
        part=Part.RECORDS,
        what=_("Address and number of an author; for the editors alone"),
        purpose=_("To talk about the article."),
        term=_("36 months after the author’s last article came out."),
        fate=Fate.ERASE,
        span=3 * YEAR,
        due=lambda day: (
            Author.objects.exclude(email="", phone="")
            .filter(credits__isnull=False)
            .exclude(
                credits__article__in=Article.objects.filter(
                    Q(published_at=None) | Q(published_at__gte=day)
                )
            )
            .distinct()
        ),
        remove=lambda authors: Author.objects.filter(
            pk__in=list(authors.values_list("pk", flat=True))
        ).update(email="", phone=""),
    ),
    Kept(
        model=TeamMember,
        fields=("name",),
        part=Part.RECORDS,
        what=_("Who made an issue of the journal"),
        purpose=_("The imprint of a printed issue names them."),
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=_("The law on the media asks for an imprint."),
    ),
    Kept(
        model=Pitch,
        fields=("name", "email", "phone", "by"),
        beside=("topic", "why", "status", "created_at"),
        shown=("topic", "status", "created_at"),
        part=Part.RECORDS,
        what=_("Articles you have suggested, with your name and how to reach you"),
        purpose=_("To answer and, where the article is wanted, to work on it with you."),
        term=_("12 months after the decision."),
        fate=Fate.DELETE,
        of=lambda user: Pitch.objects.filter(by=user),
        span=YEAR,
        due=lambda day: Pitch.objects.filter(decided_at__lt=day),
    ),
    Kept(
        model=Proposal,
        fields=("answers", "by"),
        beside=("partner", "note", "state", "made_at"),
        shown=("partner", "state", "made_at"),
        part=Part.RECORDS,
        what=_("What you have proposed for the page and the projects of your organisation"),
        purpose=_("So that an editor can confirm it and answer you."),
        term=_("12 months after the decision."),
        fate=Fate.DELETE,
        of=lambda user: Proposal.objects.filter(by=user).select_related("partner"),
        span=YEAR,
        due=lambda day: Proposal.objects.filter(decided_at__lt=day),
    ),
    Kept(
        model=Comment,
        fields=("by", "is_authors", "resolved_by"),
        part=Part.RECORDS,
        what=_("Remarks of editors and authors on a text in work"),
        purpose=_("To finish the text together."),
        term=_("180 days after the article came out."),
        fate=Fate.DELETE,
        span=180 * DAY,
        due=lambda day: Comment.objects.filter(article__published_at__lt=day),
    ),
    Kept(
        model=Subscriber,
        fields=("email",),
        beside=("language", "created_at", "confirmed_at"),
        shown=("email", "language"),
        part=Part.LETTERS,
        what=_("Addresses to which new issues of the journal go"),
        purpose=_("To send the news of each issue."),
        term=_("Until the address is taken off the list; one never confirmed: 7 days."),
        fate=Fate.DELETE,
        of=lambda user: Subscriber.objects.filter(
            email__in=EmailAddress.objects.filter(user=user, verified=True).values("email")
        ),
        span=7 * DAY,
        due=lambda day: Subscriber.objects.filter(confirmed_at=None, created_at__lt=day),
    ),
    *OF_CONTESTS,
    *(
        Kept(
            model=model,
            fields=fields,
            part=Part.TRACES,
            what=format_lazy(
                _("Which editor made, edits, checks or has in charge: {what}"),
                what=model._meta.verbose_name_plural,  # noqa: SLF001
            ),
            purpose=A_TRACE,
            term=WITH_RECORD,
            fate=Fate.KEEP,
            reason=OF_STAFF,
        )
        for model, fields in {
            Partner: ("created_by", "submitted_by", "assignee"),
            Agreement: ("responsible",),
            Interaction: ("contact", "owner"),
            Proposal: ("decided_by",),
            Issue: ("created_by", "submitted_by", "assignee"),
            IssueEdition: ("released_by",),
            Output: ("asked_by",),
            Article: ("created_by", "submitted_by", "assignee", "editor", "fact_checker"),
            Pitch: ("decided_by",),
            PlanLine: ("owner",),
            Mailing: ("started_by",),
            Contest: ("created_by", "submitted_by", "assignee"),
            RulesVersion: ("frozen_by",),
            Conflict: ("decided_by",),
            CampaignStep: ("responsible",),
            FollowUp: ("responsible",),
            Approval: ("by",),
        }.items()
    ),
    Kept(
        model=AuditEvent,
        fields=("actor_id", "actor_name"),
        beside=("label", "action", "before", "after", "reason", "via", "at"),
        shown=("label", event_label, "at"),
        part=Part.TRACES,
        what=_("Who moved a record, when and why; names of editors only, of others a number"),
        purpose=A_TRACE,
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=_("History is never rewritten; without the account the number tells nobody."),
        of=lambda user: AuditEvent.objects.filter(actor_id=user.pk).select_related("content_type"),
    ),
    Kept(
        model=Revision,
        fields=("user",),
        part=Part.TRACES,
        what=_("Who saved which state of a record"),
        purpose=_("To bring an older state back, and to see who changed what."),
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=OF_STAFF,
    ),
    Kept(
        model=Version,
        fields=("serialized_data", "object_repr"),
        part=Part.TRACES,
        what=_("Older states of a record"),
        purpose=_("To bring an older state back, and to see who changed what."),
        term=WITH_RECORD,
        fate=Fate.KEEP,
        reason=_("What is taken out of a record is taken out of its older states too."),
    ),
    Kept(
        model=LogEntry,
        fields=("user", "object_repr", "change_message"),
        beside=("action_time", "action_flag"),
        shown=("", "action_time"),
        part=Part.TRACES,
        what=_("What an editor did in the admin"),
        purpose=A_TRACE,
        term=_("36 months."),
        fate=Fate.DELETE,
        of=lambda user: LogEntry.objects.filter(user=user),
        span=3 * YEAR,
        due=lambda day: LogEntry.objects.filter(action_time__lt=day),
    ),
    Kept(
        model=Membership,
        fields=("code",),
        secret=("code",),
        part=Part.LETTERS,
        what=_("Code that confirms a role"),
        purpose=_("To recognise the message."),
        term=_("Until it is used, or 7 days after it has expired."),
        fate=Fate.ERASE,
        span=7 * DAY,
        due=lambda day: Membership.objects.filter(code_expires_at__lt=day).exclude(code=""),
        remove=lambda roles: roles.update(code=""),
    ),
    Kept(
        model=EmailConfirmation,
        fields=("email_address", "key"),
        secret=("key",),
        part=Part.LETTERS,
        what=_("Code that confirms an e-mail address"),
        purpose=_("To confirm the address."),
        term=_("3 days."),
        fate=Fate.DELETE,
        span=3 * DAY,
        due=lambda day: EmailConfirmation.objects.filter(created__lt=day),
    ),
    Kept(
        model=AccessLink,
        fields=("created_by", "note", "token_hash"),
        secret=("token_hash",),
        beside=("purpose", "created_at", "expires_at", "revoked_at"),
        shown=(lambda link: getattr(PURPOSES.get(link.purpose), "label", ""), "created_at"),
        part=Part.LETTERS,
        what=_("Signed links: who made one and for whom"),
        purpose=_("So that a link can be closed when it falls into wrong hands."),
        term=_("12 months after it has expired."),
        fate=Fate.DELETE,
        of=lambda user: AccessLink.objects.filter(created_by=user),
        span=YEAR,
        due=lambda day: AccessLink.objects.filter(expires_at__lt=day),
    ),
    Kept(
        model=DeskMessage,
        fields=("phone", "text", "sent_by"),
        secret=("text",),
        beside=("created_at", "sent_at", "expires_at"),
        shown=("phone", "created_at"),
        part=Part.LETTERS,
        what=_("Phone number to which an operator sends a code by hand, and the text"),
        purpose=_("To send it."),
        term=_("Until the code expires."),
        fate=Fate.DELETE,
        of=lambda user: DeskMessage.objects.filter(phone__in=phones_of(user)),
        due=lambda now: DeskMessage.objects.filter(expires_at__lt=now),
    ),
    Kept(
        model=IncomingMessage,
        fields=("message_id",),
        part=Part.LETTERS,
        what=_("Numbers of messages that came by WhatsApp, without their text and sender"),
        purpose=_("So that a message delivered twice counts once."),
        term=_("30 days."),
        fate=Fate.DELETE,
        span=30 * DAY,
        due=lambda day: IncomingMessage.objects.filter(received_at__lt=day),
    ),
    Kept(
        model=DBTaskResult,
        fields=("args_kwargs", "traceback", "return_value"),
        part=Part.LETTERS,
        what=_("Letters in the queue: to which address"),
        purpose=_("To send them, again after a breakdown too."),
        term=_("30 days after sending."),
        fate=Fate.DELETE,
        span=30 * DAY,
        due=lambda day: DBTaskResult.objects.filter(finished_at__lt=day),
    ),
    Kept(
        model=RateCount,
        fields=("key",),
        part=Part.LETTERS,
        what=_("How often something was done from a network address or account, as a digest"),
        purpose=_("To keep programs out."),
        term=_("Until the span is over, 24 hours at most."),
        fate=Fate.DELETE,
        due=lambda now: RateCount.objects.filter(ends_at__lte=now),
    ),
    Kept(
        model=MissedQuery,
        fields=("words",),
        part=Part.LETTERS,
        what=_("Words of searches that found nothing, without who typed them"),
        purpose=_("So that editors see which experience is missing."),
        term=_("What was typed only once: 30 days; all else: 13 months."),
        fate=Fate.DELETE,
        due=lambda now: overdue(localdate(now)),
    ),
)


def copy_of_data(user: User) -> dict:
    """All that is kept about the person, in the words and the order of the table."""
    return {
        "portal": settings.SITE_URL,
        "made_at": timezone.now(),
        "language": get_language(),
        "kinds": [
            {
                "what": str(kept.what),
                "purpose": str(kept.purpose),
                "how_long": str(kept.term),
                "rows": rows,
            }
            for kept in TABLE
            if kept.of and (rows := kept.copies(user))
        ],
    }
