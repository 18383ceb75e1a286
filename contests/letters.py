"""What applicants and members of the commission are told, by mail or in WhatsApp."""

from datetime import timedelta

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from contests.admission import papers_wanting
from contests.after import told
from contests.choices import ADMITTED, RESULTS, ApplicationStatus, ContestStatus, SheetStatus
from contests.deciding import waiting_for
from contests.doors import JURY
from contests.models import Application, CampaignStep, Contest, Member, Question
from practices.letters import contacts_url, refuses_whatsapp
from publishing.languages import current_language
from publishing.letters import Reader, register, send
from publishing.models import AuditEvent, Draft

#: How long a member’s link opens, in days: from the first letter to the signed protocol.
JURY_DAYS = 120
A = ApplicationStatus
#: move → the letter that tells of it
LETTER_OF_MOVE = {
    "return": "contest_returned",
    "admit": "contest_admitted",
    "refuse": "contest_refused",
    "merge": "contest_refused",
    "disqualify": "contest_refused",
}
#: Statuses in which the contest has no place for it any more, by the organisers’ word.
OUT = (A.REFUSED, A.DUPLICATE, A.DISQUALIFIED)
#: Stages in which members work in their cabinet.
AT_WORK = (
    ContestStatus.ADMISSION,
    ContestStatus.REVIEW,
    ContestStatus.VISITS,
    ContestStatus.DELIBERATION,
)


def tell_sent(application: Application) -> None:
    """The receipt: it has come, under this number."""
    _tell("contest_sent", application)


def tell_applicant(application: Application, step) -> None:
    """Mail the applicant what a move means for them, in their language."""
    if name := LETTER_OF_MOVE.get(step.name):
        _tell(name, application)


def tell_cancelled(contest: Contest) -> None:
    """Whoever has an application in a contest that will not be decided hears of it."""
    for application in contest.applications.entered():
        _tell("contest_cancelled", application)


def _tell(name: str, application: Application) -> None:
    if not application.is_demo:
        reader = reader_of(application)
        send(name, application, to=reader.email, language=reader.language)


# ---------------------------------------------------------------- to whom, and when


def reader_of(application: Application) -> Reader:
    """Whoever began it; an account that is gone leaves the phone on the form."""
    sender = application.created_by
    if sender is None:
        return Reader(
            application.applicant_name, application.language, phone=application.applicant_phone
        )
    refuses = refuses_whatsapp(sender)
    phone = "" if refuses else application.applicant_phone or sender.phone or ""
    name = application.applicant_name or str(sender)
    return Reader(name, sender.language, sender.email or "", phone, refuses)


def reader_of_member(member: Member) -> Reader:
    return Reader(member.name, member.language, member.email, member.phone)


def reader_of_draft(draft: Draft) -> Reader:
    owner = draft.owner
    return Reader(str(owner), owner.language, owner.email or "", owner.phone or "")


def of_application(*statuses):
    """Condition of a letter: the application stands there."""

    def fits(record) -> bool:
        return isinstance(record, Application) and record.status in statuses

    return fits


def is_at_work(record) -> bool:
    """A member of a commission that works now."""
    return isinstance(record, Member) and record.is_active and record.contest.status in AT_WORK


def has_open_sheets(record) -> bool:
    return is_at_work(record) and bool(
        record.contest.status == ContestStatus.REVIEW
        and record.sheets.filter(status__in=(SheetStatus.ASSIGNED, SheetStatus.OPENED)).exists()
    )


def is_unsent(record) -> bool:
    """A draft of a contest that is open now."""
    contest = contest_of_draft(record) if isinstance(record, Draft) else None
    return bool(contest and record.sent_at is None and contest.is_accepting)


def contest_of_draft(draft: Draft) -> Contest | None:
    pk = str(draft.answers.get("contest") or "")
    return Contest.objects.filter(pk=pk).first() if pk.isdecimal() else None


# ---------------------------------------------------------------- what they say


def in_language(record, name: str = "title") -> str:
    """A text of a record in the language of the letter, else in the other."""
    language = current_language()
    other = "ru" if language == "ky" else "ky"
    return getattr(record, f"{name}_{language}") or getattr(record, f"{name}_{other}") or ""


def about_contest(contest: Contest) -> dict:
    return {
        "contest": in_language(contest),
        "contest_url": settings.SITE_URL + contest.get_absolute_url(),
    }


def own_url(application: Application) -> str:
    """Where the applicant finds it; «» where nobody has an account any more."""
    if application.created_by_id is None:
        return ""
    try:
        return settings.SITE_URL + reverse("contests:application", args=[application.uuid])
    except NoReverseMatch:
        return ""


def about_application(application: Application) -> dict:
    return about_contest(application.contest) | {
        "number": application.number,
        "work": application.title,
        "nomination": in_language(application.nomination),
        "own_url": own_url(application),
    }


def about_receipt(application: Application) -> dict:
    return about_application(application) | {
        "sent_at": localtime(application.submitted_at),
        "closes_at": application.contest.closes_at and localtime(application.contest.closes_at),
        "until": application.contest.admission_until,
    }


def about_admission(application: Application) -> dict:
    return about_application(application) | {"until": application.contest.award_on}


def about_papers(application: Application) -> dict:
    """papers: what is wrong with which; words: the secretary’s own; until: the last day."""
    return about_application(application) | {
        "papers": [
            f"{each.rule.paper}: {each.note}" if each.note else str(each.rule.paper)
            for each in papers_wanting(application)
        ],
        "words": words_of(application, "return"),
        "until": application.repair_until,
        "days_left": application.repair_until
        and (application.repair_until - timezone.localdate()).days,
    }


def about_refusal(application: Application) -> dict:
    moves = {A.REFUSED: "refuse", A.DUPLICATE: "merge", A.DISQUALIFIED: "disqualify"}
    move = moves.get(application.status, "")
    return about_application(application) | {
        "move": move,
        "words": words_of(application, move),
        "contacts_url": contacts_url(),
    }


def about_cancelling(application: Application) -> dict:
    return about_application(application) | {"contacts_url": contacts_url()}


def words_of(application: Application, move: str) -> str:
    event = AuditEvent.about(application).filter(action=move).first()
    return event.reason if event else ""


def about_draft(draft: Draft) -> dict:
    contest = contest_of_draft(draft)
    closes_at = localtime(contest.closes_at)
    return about_contest(contest) | {
        "work": str(draft.answers.get("title") or ""),
        "closes_at": closes_at,
        "days_left": (closes_at.date() - timezone.localdate()).days,
        "apply_url": _apply_url(contest),
    }


def _apply_url(contest: Contest) -> str:
    try:
        return settings.SITE_URL + reverse("contests:apply", args=[contest.slug])
    except NoReverseMatch:
        return settings.SITE_URL + contest.get_absolute_url()


def about_member(member: Member) -> dict:
    """begun, handed_in, left: sheets; review_until: the day; days_left: until it."""
    statuses = list(member.sheets.values_list("status", flat=True))
    review_until = member.contest.review_until
    return about_contest(member.contest) | {
        "name": member.name,
        "has_stated": bool(member.stated_at),
        "has_vote": member.has_vote,
        "handed_in": statuses.count(SheetStatus.SUBMITTED),
        "left": statuses.count(SheetStatus.ASSIGNED) + statuses.count(SheetStatus.OPENED),
        "review_until": review_until,
        "days_left": review_until and (review_until - timezone.localdate()).days,
    }


# ---------------------------------------------------------------- letters to applicants

register(
    "contest_sent",
    label=_("Receipt: the application has come"),
    context=about_receipt,
    fits=of_application(A.SUBMITTED),
    reader=reader_of,
)
register(
    "contest_returned",
    label=_("Which documents to bring"),
    context=about_papers,
    fits=of_application(A.RETURNED),
    reader=reader_of,
)
register(
    "contest_documents_due",
    label=_("Reminder of the documents"),
    context=about_papers,
    fits=lambda record: (
        of_application(A.RETURNED)(record)
        and record.repair_until is not None
        and record.repair_until - timezone.localdate() <= timedelta(days=2)
    ),
    reader=reader_of,
)
register(
    "contest_admitted",
    label=_("Admitted to the contest"),
    context=about_admission,
    fits=of_application(A.ADMITTED),
    reader=reader_of,
)
register(
    "contest_refused",
    label=_("Not in the contest, and why"),
    context=about_refusal,
    fits=of_application(*OUT),
    reader=reader_of,
)
register(
    "contest_cancelled",
    label=_("The contest is cancelled"),
    context=about_cancelling,
    fits=lambda record: (
        isinstance(record, Application) and record.contest.status == ContestStatus.CANCELLED
    ),
    reader=reader_of,
)
register(
    "contest_draft_due",
    label=_("The application is not sent yet"),
    context=about_draft,
    fits=is_unsent,
    reader=reader_of_draft,
)


def about_result(application: Application) -> dict:
    """told: how the entry fared (after.told)."""
    results = reverse("contests:results", args=[application.contest.slug])
    return about_application(application) | {
        "told": told(application, current_language()),
        "results_url": settings.SITE_URL + results,
    }


register(
    "contest_result",
    label=_("The result of the contest"),
    context=about_result,
    fits=lambda record: of_application(*ADMITTED)(record) and record.contest.status in RESULTS,
    reader=reader_of,
)

# ---------------------------------------------------------------- letters to the commission

register(
    "contest_invitation",
    label=_("The link to the cabinet"),
    purpose=JURY,
    days=JURY_DAYS,
    context=about_member,
    fits=is_at_work,
    reader=reader_of_member,
)
register(
    "contest_sheets_due",
    label=_("Reminder of the sheets"),
    purpose=JURY,
    days=JURY_DAYS,
    context=about_member,
    fits=has_open_sheets,
    reader=reader_of_member,
)

# ---------------------------------------------------------------- the protocol, to sign


def tell_signers(protocol) -> None:
    """Mail everybody who was at the meeting that the protocol lies before them."""
    for member in protocol.present.exclude(email=""):
        if not protocol.contest.is_demo:
            send("contest_protocol", member, to=member.email, language=member.language)


def has_to_sign(record) -> bool:
    return isinstance(record, Member) and bool(waiting_for(record))


def about_signing(member: Member) -> dict:
    """day: of the meeting."""
    protocol = next(iter(waiting_for(member)), None)
    return about_contest(member.contest) | {
        "number": protocol and protocol.number,
        "day": protocol and protocol.held_on,
    }


register(
    "contest_protocol",
    label=_("The protocol, to read and to sign"),
    purpose=JURY,
    days=JURY_DAYS,
    context=about_signing,
    fits=has_to_sign,
    reader=reader_of_member,
)

# ---------------------------------------------------------------- to who asked


def about_question(question: Question) -> dict:
    """question, answer: in the language of who asked, the answer in the other one if need be."""
    contest = question.contest
    return about_contest(contest) | {
        "question": in_language(question, "question"),
        "answer": in_language(question, "answer"),
        "questions_url": settings.SITE_URL + reverse("contests:questions", args=[contest.slug]),
    }


register("contest_question_answered", label=_("The answer to a question"), context=about_question)

# ---------------------------------------------------------------- to the staff


def about_step(step: CampaignStep) -> dict:
    return {
        "contest": step.contest.title_in(current_language()),
        "channel": step.get_channel_display(),
        "address": settings.SITE_URL
        + reverse("admin:contests_contest_campaign", args=[step.contest_id])
        + f"#step-{step.pk}",
    }


register(
    "contest_campaign_step",
    label=_("A step of the information campaign is near"),
    context=about_step,
    fits=lambda record: isinstance(record, CampaignStep) and record.done_on is None,
)
