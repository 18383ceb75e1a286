"""What those who write for the journal are told, by mail or in WhatsApp; and the link to write by.

An author mostly has no account: the link in a letter opens the article's page for its author alone.
"""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from journal.choices import ArticleStatus, CreditRole, PitchStatus
from journal.models import Article, Pitch
from journal.pitches import covered_by
from journal.remarks import count_open
from people import links
from people.actions import revoke_links
from practices.letters import contacts_url, refuses_whatsapp
from publishing.editing import BackReason
from publishing.letters import Reader, register, send
from publishing.models import AuditEvent
from publishing.work import admin_address

#: Purpose of the link by which an author writes and hands in, without signing in.
HAND_IN = "hand_in"
HAND_IN_DAYS = 90
#: The author may still change the text.
WITH_AUTHOR = (ArticleStatus.DRAFT, ArticleStatus.AUTHOR_FIX)
#: move → the letter that tells of it
LETTER_OF_MOVE = {
    "submit": "article_received",
    "send_back": "article_sent_back",
    "decline": "article_declined",
    "publish": "article_published",
}


def tell_author(article, step) -> None:
    """Mail the author what a move means for them. Of what the editors do for them they get no receipt."""
    if step.name == "decline":
        revoke_links(target=article, purpose=HAND_IN)
    name = LETTER_OF_MOVE.get(step.name)
    if not name or article.is_demo:
        return
    if step.name == "submit":
        event = last(article, step.name)
        if event and event.via == AuditEvent.Via.ADMIN:
            return
        tell_editor(article)
    reader = reader_of(article)
    send(name, article, to=reader.email, language=reader.language)


def tell_editor(article) -> None:
    """Mail whoever has the article that its author has handed it in; of one that nobody has, every
    editor finds it among their work.
    """
    editor = article.editor
    if editor and editor.is_active and editor.is_staff:
        send("article_handed_in", article, to=editor.email or "", language=editor.language)


def last(record, action: str) -> AuditEvent | None:
    return AuditEvent.about(record).filter(action=action).first()


# ---------------------------------------------------------------- to whom, and when


def reader_of(article) -> Reader:
    """The author it was given to, else the first who can be written to; else whoever has the article
    in their account.
    """
    credited = article.credits.filter(role=CreditRole.AUTHOR).select_related("author")
    authors = [each.author for each in credited]
    if len(authors) > 1 and (task := last(article, "assign")):
        authors.sort(key=lambda author: author.pk != task.details["author"])
    for author in authors:
        if author.email or author.phone:
            name = getattr(author, f"name_{author.language}") or str(author)
            return Reader(name, author.language, author.email, author.phone)
    account = article.author
    if account is None:
        return Reader(language=article.original_language)
    refuses = refuses_whatsapp(account)
    phone = "" if refuses else account.phone or ""
    return Reader(str(account), account.language, account.email or "", phone, refuses)


def sender_of(pitch) -> Reader:
    return Reader(pitch.name, pitch.language, pitch.email, pitch.phone)


def of_pitch(*statuses, is_covered: bool | None = None):
    """Condition of a letter about a suggestion that stands there."""

    def fits(record) -> bool:
        if not (isinstance(record, Pitch) and record.status in statuses):
            return False
        if not (record.email or record.phone):
            return False
        return is_covered is None or bool(covered_by(record)) == is_covered

    return fits


def of_article(*statuses):
    """Condition of a letter about an article that stands there and has somebody to write to."""

    def fits(record) -> bool:
        if not (isinstance(record, Article) and record.status in statuses):
            return False
        reader = reader_of(record)
        return bool(reader.email or reader.phone)

    return fits


def has_task(record) -> bool:
    """A suggestion was accepted, and its author has still to write."""
    return of_pitch(PitchStatus.ACCEPTED)(record) and bool(
        record.article and record.article.status in WITH_AUTHOR
    )


# ---------------------------------------------------------------- what they say


def about_pitch(pitch) -> dict:
    return {"number": pitch.number, "topic": pitch.topic, "words": pitch.reason}


def about_task(pitch) -> dict:
    return about_pitch(pitch) | {"due_on": pitch.article and pitch.article.due_on}


def about_refusal(pitch) -> dict:
    return about_pitch(pitch) | {"contacts_url": contacts_url()}


def about_article_there(pitch) -> dict:
    article = covered_by(pitch)
    return about_pitch(pitch) | {
        "covered_title": article and article.original_title,
        "covered_url": article and settings.SITE_URL + article.get_absolute_url(),
    }


def about_corrections(article) -> dict:
    from journal.handing_in import deadline_of

    event = last(article, "send_back")
    asked = BackReason.asked(event, Article) if event else {}
    return asked | {
        "words": event.reason if event else "",
        "count": count_open(article),
        "due_on": deadline_of(article),
    }


def about_handing_in(article) -> dict:
    """count: which time it is handed in; remarks: those that nobody has settled."""
    return {
        "author": reader_of(article).name,
        "count": AuditEvent.about(article).filter(action="submit").count(),
        "remarks": count_open(article),
        "admin_url": settings.SITE_URL + admin_address(article),
    }


def about_declined(article) -> dict:
    event = last(article, "decline")
    return {"words": event.reason if event else "", "contacts_url": contacts_url()}


def about_deadline(article) -> dict:
    from journal.handing_in import days_left, deadline_of

    return {"due_on": deadline_of(article), "days_left": days_left(article)}


def about_publication(article) -> dict:
    return {
        "public_url": settings.SITE_URL + article.get_absolute_url(),
        "issue": article.issue,
    }


links.register(
    HAND_IN,
    label=_("Open your article"),
    address=lambda article: reverse("journal:writing", args=[article.uuid]),
)
register(
    "pitch_received",
    label=_("Receipt: we have your suggestion"),
    context=about_pitch,
    fits=of_pitch(PitchStatus.NEW),
    reader=sender_of,
)
register(
    "pitch_accepted",
    label=_("We would like you to write it"),
    purpose=HAND_IN,
    days=HAND_IN_DAYS,
    target=lambda pitch: pitch.article,
    context=about_task,
    fits=has_task,
    reader=sender_of,
)
register(
    "pitch_declined",
    label=_("Not accepted, with thanks"),
    context=about_refusal,
    fits=of_pitch(PitchStatus.DECLINED, is_covered=False),
    reader=sender_of,
)
register(
    "pitch_covered",
    label=_("The journal has written about it"),
    context=about_article_there,
    fits=of_pitch(PitchStatus.DECLINED, is_covered=True),
    reader=sender_of,
)
register(
    "article_assigned",
    label=_("Your task and its deadline"),
    purpose=HAND_IN,
    days=HAND_IN_DAYS,
    context=about_deadline,
    fits=of_article(ArticleStatus.DRAFT),
    reader=reader_of,
)
register(
    "article_due",
    label=_("Reminder of the deadline"),
    purpose=HAND_IN,
    days=HAND_IN_DAYS,
    context=about_deadline,
    fits=lambda record: of_article(*WITH_AUTHOR)(record) and about_deadline(record)["due_on"],
    reader=reader_of,
)
register(
    "article_received",
    label=_("Receipt: we have your text"),
    fits=of_article(ArticleStatus.SUBMITTED),
    reader=reader_of,
)
register(
    "article_handed_in",
    label=_("The author has handed the text in"),
    context=about_handing_in,
)
register(
    "article_sent_back",
    label=_("What to correct in the text"),
    purpose=HAND_IN,
    days=HAND_IN_DAYS,
    context=about_corrections,
    fits=of_article(ArticleStatus.AUTHOR_FIX),
    reader=reader_of,
)
register(
    "article_declined",
    label=_("The article will not appear"),
    context=about_declined,
    fits=of_article(ArticleStatus.DECLINED),
    reader=reader_of,
)
register(
    "article_published",
    label=_("Your article has appeared"),
    context=about_publication,
    fits=of_article(ArticleStatus.PUBLISHED),
    reader=reader_of,
)
