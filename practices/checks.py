"""«Does it still work?»: practices are asked once a year, adoptions after 6, 12 and 24 months.

A daily task asks, by a letter whose link is answered with one tap; silence is an answer too. An
answer is written down first, what follows from it is moved by the workflow of the record.
"""

from datetime import date, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from people import links
from people.models import Membership
from practices.choices import AT_WORK, AdoptionStatus, CheckAnswer, CollectedVia, Kind
from practices.ledger import Addressee, members
from practices.letters import confirmed_phone, reader_of, refuses_whatsapp
from practices.models import Adoption, Check, Practice
from practices.models.check import YEARLY, months_after
from publishing import letters
from publishing.languages import LANGUAGES, current_language
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused, Status, move

logger = structlog.get_logger("portal.checks")
#: Purpose of the link that is answered with one tap.
CHECK = "check"
#: Months after an adoption was put to work.
TERMS = (6, 12, 24)
DAYS_TO_ANSWER = 60
#: A late answer is an answer: the link opens longer than the question waits.
LINK_DAYS = 90
#: So many questions in a row without an answer, and an adoption counts no more.
SILENCES = 2
SILENCE = _("Nobody has answered for 60 days whether it still works.")
#: What stands as the reason until the municipality tells its own.
STOPPED = _("The municipality says that it has stopped; the reason has not been told yet.")
#: Model of the record → the letter that asks.
LETTERS = {Practice: "check_practice", Adoption: "check_adoption"}


# ---------------------------------------------------------------- asking


def ask_practices(today: date | None = None) -> int:
    """Ask of the practices whose year is over, and of those an editor wants asked; returns how many."""
    today = today or timezone.localdate()
    year_ago = months_after(today, -YEARLY)
    real = Practice.objects.filter(is_demo=False).exclude(kind=Kind.LESSON)
    due = real.filter(
        Q(next_check_on__lte=today)
        | Q(next_check_on=None, last_confirmed_on__lte=year_ago)
        | Q(next_check_on=None, last_confirmed_on=None, published_at__date__lte=year_ago),
        status=Status.PUBLISHED,
    )
    by_hand = (
        real.filter(status=Status.NEEDS_CHECK)
        .annotate(asked=Max("checks__asked_on"), since=TruncDate("status_changed_at"))
        .filter(Q(asked=None) | Q(asked__lt=F("since")))
    )
    return sum(_safely(ask_practice, practice, today) for practice in [*due, *by_hand])


@transaction.atomic
def ask_practice(practice: Practice, today: date) -> bool:
    """Ask one practice's author or office; asked twice on one day, it is asked once."""
    if practice.status == Status.PUBLISHED:
        move(practice, "ask", actor=None, via="system")
    return _ask(practice, {"practice": practice}, YEARLY, today)


def ask_adoptions(today: date | None = None) -> int:
    """Ask of the adoptions whose term has come; returns how many."""
    today = today or timezone.localdate()
    latest = months_after(today, -min(TERMS))
    at_work = (
        Adoption.objects.shown()
        .filter(status__in=AT_WORK, is_demo=False, practice__is_demo=False)
        .filter(Q(finished_on=None) | Q(finished_on__lte=latest))
        .select_related("practice", "created_by")
        .prefetch_related("checks")
    )
    asked = 0
    for adoption in at_work:
        months = due_term(adoption, today)
        if months:
            asked += _safely(ask_adoption, adoption, months, today)
    return asked


def due_term(adoption: Adoption, today: date) -> int | None:
    """The term that has come and was not asked yet. Of several at once only the latest is asked."""
    checks = list(adoption.checks.all())
    if any(check.is_open for check in checks):
        return None
    begun = max(
        adoption.finished_on or adoption.started_on or timezone.localdate(adoption.created_at),
        # What was declared years later is not asked three times on one day.
        timezone.localdate(adoption.created_at),
    )
    due = [months for months in TERMS if months_after(begun, months) <= today]
    asked = max((check.months for check in checks), default=0)
    return max(due) if due and max(due) > asked else None


@transaction.atomic
def ask_adoption(adoption: Adoption, months: int, today: date) -> bool:
    return _ask(adoption, {"adoption": adoption}, months, today)


def _ask(record, about: dict, months: int, today: date) -> bool:
    key = {"months": months} if "adoption" in about else {"asked_on": today}
    _check, is_new = Check.objects.get_or_create(
        **about,
        **key,
        defaults={
            "months": months,
            "asked_on": today,
            "answer_by": today + timedelta(days=DAYS_TO_ANSWER),
        }
        | key,
    )
    if is_new:
        for addressee in addressees(record):
            name = LETTERS[type(record)]
            letters.send(name, record, to=addressee.email, language=addressee.language)
    return is_new


def addressees(record) -> list[Addressee]:
    """Whose word is asked for: whoever brought it, else the office, else the municipality's people."""
    author = record.author
    if author and author.email:
        return [Addressee(author.email, author.language)]
    if isinstance(record, Practice) and record.contact_email:
        return [Addressee(record.contact_email, record.original_language)]
    return [
        Addressee(role.user.email, role.user.language) for role in members(record.municipality_id)
    ]


def practices_without_mail() -> Q:
    """Practices with an open question that no letter carries: somebody asks by WhatsApp. The
    queryset twin of question_to() and addressees(), in one query for the queue.
    """
    by_form = Q(created_by__is_staff=False) | Q(
        collected_via__in=(CollectedVia.FORM, CollectedVia.WORD)
    )
    author = by_form & Q(created_by__is_active=True, created_by__email__isnull=False)
    asked = Practice.objects.filter(
        ~Exists(reachable("municipality_id")),
        pk__in=Check.objects.needed().values("practice"),
        contact_email="",
    )
    return Q(pk__in=asked.exclude(pk__in=Practice.objects.filter(author)).values("pk"))


def adoptions_without_mail() -> Q:
    """The same of adoptions, and of those whose source cannot be asked to confirm."""
    lost = Membership.objects.filter(
        user=OuterRef("created_by"),
        municipality=OuterRef("municipality"),
        revoked_at__isnull=False,
    )
    author = Adoption.objects.filter(
        ~Exists(lost),
        created_by__is_active=True,
        created_by__is_staff=False,
        created_by__email__isnull=False,
    )
    asked = Adoption.objects.filter(
        ~Exists(reachable("municipality_id")),
        pk__in=Check.objects.needed().values("adoption"),
    ).exclude(pk__in=author)
    source = reachable("practice__municipality_id").exclude(user=OuterRef("created_by"))
    to_confirm = Adoption.objects.to_confirm().filter(
        ~Exists(source),
        is_demo=False,
        practice__is_demo=False,
        practice__in=Practice.objects.readable(),
        practice__contact_email="",
    )
    return Q(pk__in=asked.values("pk")) | Q(pk__in=to_confirm.values("pk"))


def reachable(municipality: str):
    """Subquery: confirmed people of the municipality of an outer row who have an address."""
    return Membership.objects.verified().filter(
        municipality_id=OuterRef(municipality),
        user__is_active=True,
        user__email__isnull=False,
    )


def _safely(ask, record, *args) -> int:
    """One record in trouble must not keep the others from being asked."""
    try:
        return int(ask(record, *args))
    except Exception:
        logger.exception("check_failed", thing=f"{type(record).__name__}:{record.pk}")
        return 0


# ---------------------------------------------------------------- silence


def close_silent(today: date | None = None) -> int:
    """Close what nobody has answered in time, and what needs no answer any more; returns how many."""
    today = today or timezone.localdate()
    is_idle = ~Q(pk__in=Check.objects.needed().values("pk"))
    found = Check.objects.open().filter(Q(answer_by__lt=today) | is_idle)
    return sum(_safely(close, check, today) for check in found)


@transaction.atomic
def close(check: Check, today: date) -> bool:
    """Close one check; the record bears what silence means."""
    row = Check.objects.select_for_update(of=("self",)).get(pk=check.pk)
    if not row.is_open:
        return False
    row.closed_at = timezone.now()
    row.save(update_fields=["closed_at"])
    if row.answer_by >= today:
        return True  # its record has moved on by itself
    if row.practice and row.practice.status == Status.NEEDS_CHECK:
        reason = in_language(row.practice.original_language, SILENCE)
        move(row.practice, "outdate", actor=None, via="system", reason=reason)
    elif row.adoption and row.adoption.status in AT_WORK and silences(row.adoption) >= SILENCES:
        reason = in_language(row.adoption.practice.original_language, SILENCE)
        move(row.adoption, "doubt", actor=None, via="system", reason=reason)
    return True


def silences(adoption: Adoption) -> int:
    """Questions in a row, up to the last one, that nobody has answered."""
    count = 0
    for check in adoption.checks.order_by("-asked_on", "-pk"):
        if check.answered_at or not check.closed_at or check.closed_at < adoption.status_changed_at:
            break
        count += 1
    return count


# ---------------------------------------------------------------- answering


def may_answer(check: Check, user) -> bool:
    """Whether the person may answer when signed in: the twin of CheckQuerySet.asked_of()."""
    if not (user.is_authenticated and user.is_active):
        return False
    if check.adoption:
        return check.adoption.plays("adopter", user)
    practice = check.practice
    if practice.created_by_id == user.pk:
        return True
    return user.memberships.verified().filter(municipality_id=practice.municipality_id).exists()


@transaction.atomic
def answer(check: Check, value: str, *, note: str = "", actor=None, via: str) -> bool:
    """Write the answer down and move the record by it. The first answer stands; a late one counts.

    Returns whether this was the first.
    """
    row = Check.objects.select_for_update(of=("self",)).get(pk=check.pk)
    if row.answered_at:
        return False
    row.answer, row.note = CheckAnswer(value), note
    row.answered_at, row.closed_at = timezone.now(), None
    row.save()
    record = row.record
    AuditEvent.record(
        record, action="answer", actor=actor, via=via, reason=note, details={"answer": value}
    )
    try:
        with transaction.atomic():
            (_move_practice if row.practice else _move_adoption)(row, via)
    except MoveRefused as refusal:
        # Somebody has moved it meanwhile; the answer is kept and an editor reads it.
        logger.warning("check_moved_nothing", check=row.pk, reason=str(refusal.message))
    check.refresh_from_db()
    return True


def _move_practice(check: Check, via: str) -> None:
    practice = check.practice
    if check.answer != CheckAnswer.STOPPED:
        if practice.status in (Status.NEEDS_CHECK, Status.OUTDATED):
            move(practice, "confirm", actor=None, part="author", via=via)
    elif practice.status in (Status.PUBLISHED, Status.NEEDS_CHECK):
        reason = check.note or in_language(practice.original_language, STOPPED)
        move(practice, "outdate", actor=None, via="system", reason=reason)


def _move_adoption(check: Check, via: str) -> None:
    adoption = check.adoption
    if check.answer != CheckAnswer.STOPPED:
        if adoption.status == AdoptionStatus.NOT_CONFIRMED:
            move(adoption, "reconfirm", actor=None, part="adopter", via=via)
        if adoption.status == AdoptionStatus.IMPLEMENTED and check.months >= YEARLY:
            move(adoption, "sustain", actor=None, via="system")
    elif adoption.status in (*AT_WORK, AdoptionStatus.NOT_CONFIRMED):
        reasons = {language: in_language(language, STOPPED) for language in LANGUAGES}
        if check.note:
            reasons = {current_language(): check.note}
        reason = reasons.get(current_language(), check.note)
        move(
            adoption, "stop", actor=None, part="adopter", via=via,
            reason=reason, stop_reasons=reasons,
        )  # fmt: skip


@transaction.atomic
def tell(check: Check, note: str, *, actor=None, via: str) -> None:
    """Add to an answer what has changed, or why it stopped; of an adoption readers see the reason."""
    row = Check.objects.select_for_update(of=("self",)).get(pk=check.pk)
    if not row.answered_at or row.note == note:
        return
    row.note = note
    if row.answer != CheckAnswer.WORKS:
        row.closed_at = None  # news for the editors
    row.save()
    AuditEvent.record(
        row.record, action="answer", actor=actor, via=via, reason=note,
        details={"answer": row.answer},
    )  # fmt: skip
    if row.adoption and row.answer == CheckAnswer.STOPPED:
        adoption = Adoption.objects.select_for_update(of=("self",)).get(pk=row.adoption_id)
        if adoption.status == AdoptionStatus.STOPPED:
            adoption.write_stop_reason({current_language(): note})
            adoption.save()
    check.refresh_from_db()


def lacks_reason(check: Check) -> bool:
    """It has stopped, and nobody has said why."""
    return check.answer == CheckAnswer.STOPPED and not check.note


def in_language(language: str, text) -> str:
    with translation.override(language):
        return str(text)


# ---------------------------------------------------------------- letters and links


def question_to(record) -> Check | None:
    """The open question about a practice or an adoption."""
    if not isinstance(record, (Practice, Adoption)):
        return None
    return Check.objects.needed().filter(pk__in=record.checks.values("pk")).first()


def reader_of_adoption(adoption: Adoption) -> letters.Reader:
    """Who carries it through is written to in WhatsApp; without an account, its coordinator."""
    user = adoption.author
    if user is None:
        role = members(adoption.municipality_id).first()
        user = role and role.user
    if user is None:
        return letters.Reader(
            language=adoption.practice.original_language, phone=adoption.coordinator_phone
        )
    is_refused = refuses_whatsapp(user)
    phone = user.phone or confirmed_phone(user, adoption) or adoption.coordinator_phone
    return letters.Reader(
        name=str(user),
        language=user.language,
        email=user.email or "",
        phone="" if is_refused else phone,
        refuses_whatsapp=is_refused,
    )


def about_practice(practice: Practice) -> dict:
    check = question_to(practice)
    return {
        "check": check,
        "practice_title": letters.one_line(practice.title_in(current_language())),
        "public_url": settings.SITE_URL + practice.get_absolute_url(),
    }


def about_adopted(adoption: Adoption) -> dict:
    return {
        "check": question_to(adoption),
        "adoption": adoption,
        "practice_title": letters.one_line(adoption.practice.title_in(current_language())),
    }


def in_public(check: Check) -> str:
    """What the question is about, in words that readers know already: a preview may draw them."""
    record = check.record
    if not record.is_readable:
        return ""
    if check.practice:
        return record.title_in(current_language())
    title = record.practice.title_in(current_language())
    return f"{record.municipality.label}: {title}"


links.register(
    CHECK,
    label=_("Does it still work?"),
    address=lambda check: reverse("practices:check", args=[check.pk]),
    answers=CheckAnswer.choices,
    act=lambda check, value: answer(check, value, via="signed_link"),
    about=in_public,
)


def _register_letter(model, context, reader) -> None:
    letters.register(
        LETTERS[model],
        label=_("Ask whether it still works"),
        purpose=CHECK,
        days=LINK_DAYS,
        target=question_to,
        context=context,
        fits=lambda record: isinstance(record, model) and question_to(record) is not None,
        reader=reader,
    )


_register_letter(Practice, about_practice, reader_of)
_register_letter(Adoption, about_adopted, reader_of_adoption)
