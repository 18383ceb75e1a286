"""The news of a released edition: to its subscribers by mail, to everybody as a text for WhatsApp.

Who is written to is noted and committed before the letter goes. A mailing that was killed goes on
with those not noted; of whom the note was made and nothing else, nobody knows whether the letter
went, and it does not go again: nobody gets it twice.
"""

from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journal.citation import JOURNAL
from journal.models import Article, Issue, IssueEdition, Mailing, MailingRecipient, Subscriber
from journal.subscriptions import LEAVE, address
from publishing.excerpts import excerpt, glued
from publishing.letters import SUBJECT_LIMIT, one_line, without_gaps
from publishing.models import AuditEvent
from publishing.tasks import retried

WHATSAPP_LIMIT = 700
#: Letters that one connection to the mail server carries.
AT_ONCE = 50

logger = structlog.get_logger("portal.mailings")


class NotReleased(Exception):
    """Nobody is told of an edition that readers cannot open."""


@transaction.atomic
def start_mailing(edition: IssueEdition, *, by) -> Mailing:
    """Send the news of the edition; a second time goes on with those who have not got it.

    Raises NotReleased.
    """
    row = IssueEdition.objects.select_for_update(of=("self",)).get(pk=edition.pk)
    if not row.released_at:
        raise NotReleased
    mailing, is_new = Mailing.objects.get_or_create(edition=row, defaults={"started_by": by})
    if is_new:
        AuditEvent.record(
            row.issue, action="mailing", actor=by, via="admin", details={"language": row.language}
        )
    transaction.on_commit(lambda: send_mailing.enqueue(mailing.pk))
    return mailing


def waiting(mailing: Mailing):
    """Who was on the list of the edition when the mailing began and is not noted in it yet.

    Who left it and came back in the meantime is another subscriber, who waits for the next issue.
    """
    noted = MailingRecipient.objects.filter(mailing=mailing).values("subscriber")
    wanted = Subscriber.objects.filter(
        language=mailing.edition.language, confirmed_at__lte=mailing.started_at
    )
    return wanted.exclude(pk__in=noted).order_by("pk")


@retried(attempts=8)
def send_mailing(pk: int) -> None:
    """Write to all who wait. A recall in the middle stops it; a broken connection is tried later."""
    mailing = Mailing.objects.select_related("edition__issue").filter(pk=pk).first()
    if mailing is None or mailing.finished_at:
        return
    letter = Letter(mailing.edition)
    while batch := list(waiting(mailing)[:AT_ONCE]):
        if not IssueEdition.objects.filter(
            pk=mailing.edition_id, released_at__isnull=False
        ).exists():
            return
        with get_connection() as connection:
            for subscriber in batch:
                send_one(mailing, subscriber, letter, connection)
    Mailing.objects.filter(pk=pk).update(finished_at=timezone.now())


def send_one(mailing: Mailing, subscriber: Subscriber, letter: "Letter", connection) -> None:
    """Note the recipient, commit, then send. Raises OSError where the mail server is in trouble."""
    try:
        with transaction.atomic():
            if not Subscriber.objects.select_for_update().filter(pk=subscriber.pk).exists():
                return  # the person has left just now
            noted = MailingRecipient.objects.create(mailing=mailing, subscriber=subscriber)
    except IntegrityError:
        return  # another worker has the person
    try:
        letter.to(subscriber, connection).send()
    except (SMTPRecipientsRefused, SMTPResponseException) as error:
        if is_for_now(error):
            noted.delete()  # the server has told that it did not take the letter
            raise
        logger.warning("letter_refused", mailing=mailing.pk, error=type(error).__name__)
        return
    except (SMTPException, OSError) as error:
        # It may have gone or not: the person stays noted.
        logger.warning("letter_uncertain", mailing=mailing.pk, error=type(error).__name__)
        raise
    MailingRecipient.objects.filter(pk=noted.pk).update(sent_at=timezone.now())


def is_for_now(error) -> bool:
    """Whether the server refuses for the moment only: a code from 400 to 499."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _words in error.recipients.values()]
    else:
        codes = [error.smtp_code]
    return bool(codes) and all(400 <= code < 500 for code in codes)


class Letter:
    """The news of an edition: the same words for all but the link to leave."""

    HERE = "{{leave}}"

    def __init__(self, edition: IssueEdition):
        self.language = edition.language
        issue = edition.issue
        with translation.override(self.language):
            view = issue.edition(self.language)
            context = {
                "issue_line": issue_line(issue),
                "theme": one_line(view.title),
                "lead": view.lead.strip(),
                "articles": [
                    {
                        "title": one_line(article.edition(self.language).title),
                        "names": ", ".join(names_of(article, self.language)),
                        "url": settings.SITE_URL + article.get_absolute_url(),
                    }
                    for article in contents(issue, self.language)
                ],
                "issue_url": settings.SITE_URL + issue.get_absolute_url(),
                "leave_url": self.HERE,
                "site_url": settings.SITE_URL,
            }
            words = render_to_string("letters/issue_released.txt", context)
        subject, _break, self.text = without_gaps(words).partition("\n")
        self.subject = one_line(subject)[:SUBJECT_LIMIT]

    def to(self, subscriber: Subscriber, connection) -> EmailMessage:
        leave = address(subscriber, LEAVE)
        return EmailMessage(
            self.subject,
            self.text.strip().replace(self.HERE, leave),
            to=[subscriber.email],
            connection=connection,
            headers={
                # One click in the mail program, without a page (RFC 8058).
                "List-Unsubscribe": f"<{leave}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                "Precedence": "bulk",
                "Auto-Submitted": "auto-generated",
            },
        )


# ---------------------------------------------------------------- what both say


def issue_line(issue: Issue) -> str:
    return f"«{JOURNAL}» №\u00a0{issue.number_text} ({issue.overall_text}), {issue.year}"


def contents(issue: Issue, language: str) -> list[Article]:
    """What readers find in the edition, in print order."""
    found = issue.articles.published().ready_in(language).in_print_order()
    return list(found.prefetch_related("credits__author"))


def names_of(article: Article, language: str) -> list[str]:
    return [
        getattr(credit.author, f"name_{language}") or credit.author.name
        for credit in article.credits.all()
        if credit.role == "author"
    ]


def whatsapp_text(issue: Issue, language: str) -> str:
    """Number – theme – lead – as many titles as there is room for – link; 700 characters at most."""
    with translation.override(language):
        view = issue.edition(language)
        title = glued(one_line(view.title.replace("*", "")))
        head = f"*{issue_line(issue)}*\n{excerpt(title, 160)}"
        if issue.is_demo:
            head = f"{_('Demo')}. {head}"
        link = settings.SITE_URL + issue.get_absolute_url()
        titles = [
            f"• {excerpt(glued(one_line(article.edition(language).title.replace('*', ''))), 100)}"
            for article in contents(issue, language)
        ]
        room = WHATSAPP_LIMIT - len(head) - len(link) - 6
        lead = excerpt(glued(view.lead), max(0, min(260, room)), whole_sentences=True)
        room -= len(lead)
        shown: list[str] = []
        for number, line in enumerate(titles):
            rest = len(titles) - number - 1
            more = (
                ngettext("and %(count)s more", "and %(count)s more", rest) % {"count": rest}
                if rest
                else ""
            )
            if len("\n".join([*shown, line, more])) > room:
                break
            shown.append(line)
        if left := len(titles) - len(shown):
            shown += (
                [ngettext("and %(count)s more", "and %(count)s more", left) % {"count": left}]
                if shown
                else []
            )
        return "\n\n".join(part for part in (head, lead, "\n".join(shown), link) if part)
