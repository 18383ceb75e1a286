"""After the decision: what each applicant is told, what the portal says of winners, tasks.

Practices and the article are made by contests/harvest.py.
"""

import itertools
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contests.choices import RESULTS, FollowUpKind, Group, Outcome, ProtocolStatus
from contests.freezing import most_points
from contests.models import Application, Award, Contest, FollowUp, Protocol
from contests.protocol import decided_awards
from contests.protocol_facts import points
from contests.results import Table, tables_of
from contests.workflow import LEADS
from places.models import Municipality
from practices.models import Practice
from publishing.languages import LANGUAGES
from publishing.letters import send
from publishing.models import AuditEvent
from publishing.work import TODAY, Todo

#: Comments of members that go into a letter.
COMMENTS = 2
#: What is due after the results, in days: of every entry with a place, and of those that are first.
TASKS = {FollowUpKind.PRACTICE: 30}
TASKS_OF_FIRST = {FollowUpKind.MENTOR: 60, FollowUpKind.ARTICLE: 90, FollowUpKind.VISIT: 120}
#: Tasks come into «My work» so long before their day.
TASK_NOTICE = timedelta(days=7)
#: Who applied, in the columns of an application.
APPLICANT = ("applicant_name", "applicant_post", "applicant_phone", "late_by")

# ---------------------------------------------------------------- words about an entry


def award_label(award: Award, language: str) -> str:
    """«1-е место», or the name of a special award."""
    with translation.override(language):
        if award.outcome == Outcome.PLACE:
            return _("Place %(place)s") % {"place": award.place}
        own = getattr(award, f"title_{language}") or award.title
        return own or _("special award")


def awards_of(contest: Contest) -> dict[int, list[Award]]:
    """{application: its awards that hold}, as the published protocol has them; places first."""
    found: dict[int, list[Award]] = {}
    for award in decided_awards(contest):
        if award.revoked_on is None:
            found.setdefault(award.application_id, []).append(award)
    return found


# ---------------------------------------------------------------- what an applicant is told


def told(application: Application, language: str, *, tables: list[Table] | None = None) -> dict:
    """How the entry fared, once the results are out; {} before.

    {"awards": [words], "mean": points or None, "most": points there could be, "place": in its ranking
    or None, "of": entries there, "group": words or "", "sheets": how many scored it, "criteria":
    [{"title", "mean", "most"}], "comments": text}. tables: those of the contest, where many are told at once.
    """
    contest = application.contest
    if contest.status not in RESULTS:
        return {}
    table, standing = _standing(application, tables if tables is not None else tables_of(contest))
    rows = awards_of(contest).get(application.pk, [])
    other = next(each for each in LANGUAGES if each != language)
    with translation.override(language):
        group = str(Group(table.group).label) if table and table.group else ""
    return {
        "awards": [award_label(award, language) for award in rows],
        "mean": standing and rounded(standing.mean),
        "most": most_points(application.contest.versions.first(), application.nomination_id),
        "place": standing and standing.place,
        "of": len(table.rows) if table else 0,
        "group": group,
        "sheets": standing.count if standing else 0,
        "criteria": _means(application, standing, language) if standing else [],
        "comments": getattr(application, f"feedback_{language}")
        or getattr(application, f"feedback_{other}"),
    }


def _standing(application, tables):
    for table in tables:
        for entry, standing in table.rows:
            if entry.pk == application.pk:
                return table, standing
    return None, None


def rounded(value: Fraction | None) -> Decimal | None:
    """As the protocol writes it."""
    return None if value is None else Decimal(points(value))


def _criteria(application) -> list[dict]:
    """Those of its nomination, in the words of the frozen rules."""
    version = application.contest.versions.first()
    return [
        each
        for each in version.content["criteria"]
        if each["nomination"] in {None, application.nomination_id}
    ]


def _means(application, standing, language) -> list[dict]:
    return [
        {
            "title": each["title"].get(language) or each["title"].get(application.language, ""),
            "mean": rounded(standing.means[each["id"]]),
            "most": each["scale"][1],
        }
        for each in _criteria(application)
        if each["id"] in standing.means
    ]


def comments_on(application: Application) -> list:
    """Sheets whose members have written something to the applicant, the best to send first: in the
    applicant’s language, then the longest. Who wrote it is for nobody to read.
    """
    sheets = [
        sheet
        for sheet in application.sheets.counted().select_related("member")
        if sheet.comment.strip()
    ]
    return sorted(
        sheets,
        key=lambda sheet: (
            sheet.member.language != application.language,
            -len(sheet.comment),
            sheet.pk,
        ),
    )


def suggested_feedback(application: Application) -> str:
    """Two comments out of the sheets, for the secretary to read before they go out."""
    return "\n\n".join(sheet.comment.strip() for sheet in comments_on(application)[:COMMENTS])


# ---------------------------------------------------------------- letters


def waiting_for_news(contest: Contest):
    """Entries the commission had before it whose applicants have not been told."""
    return contest.applications.admitted().filter(told_at=None).select_related("created_by")


@transaction.atomic
def tell(application: Application, *, actor=None, by_hand: bool = False) -> bool:
    """Write to the applicant, once; pressed twice, the second finds it done. False where there is no
    address: then the text goes by WhatsApp, and by_hand notes that it has gone.
    """
    from contests.letters import reader_of

    row = Application.objects.select_for_update(of=("self",)).filter(told_at=None)
    row = row.select_related("contest").filter(pk=application.pk).first()
    if row is None or row.contest.status not in RESULTS:
        return False
    reader = reader_of(row)
    if not (reader.email or by_hand):
        return False
    row.told_at = timezone.now()
    row.save(update_fields=["told_at", "updated_at"])
    AuditEvent.record(
        row,
        action="tell_result",
        actor=actor,
        via="admin" if actor else "system",
        details={"by": "whatsapp" if by_hand else "mail"},
    )
    if not (by_hand or row.is_demo):
        send("contest_result", row, to=reader.email, language=reader.language)
    return True


# ---------------------------------------------------------------- tasks


def begin(contest: Contest) -> None:
    """What the publication of the results starts: tasks for the winners, comments laid out for the
    letters. Twice is harmless: what somebody has changed stays.
    """
    for application in contest.applications.admitted().filter(feedback_ky="", feedback_ru=""):
        if text := suggested_feedback(application):
            setattr(application, f"feedback_{application.language}", text[:2000])
            application.save(update_fields=["feedback_ky", "feedback_ru", "updated_at"])
    make_tasks(contest)


def make_tasks(contest: Contest) -> int:
    """Tasks for everybody with an award, more for the first places; returns how many are new."""
    today = timezone.localdate()
    wanted = {}
    for award in itertools.chain.from_iterable(awards_of(contest).values()):
        is_first = award.outcome == Outcome.PLACE and award.place == 1
        for kind, days in (TASKS | TASKS_OF_FIRST if is_first else TASKS).items():
            wanted[award.application_id, kind] = today + timedelta(days=days)
    known = set(contest.followups.values_list("application", "kind"))
    new = [
        FollowUp(
            contest=contest,
            application_id=application,
            kind=kind,
            due_on=due_on,
            responsible=contest.assignee,
        )
        for (application, kind), due_on in sorted(wanted.items())
        if (application, kind) not in known
    ]
    FollowUp.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def todos(user) -> list[Todo]:
    """Tasks that are due soon: one’s own, and for those who run contests what nobody has taken."""
    if not (user.is_staff and user.has_perm("contests.view_followup")):
        return []
    whose = Q(responsible=user)
    if user.is_in(*LEADS):
        whose |= Q(responsible=None)
    rows = FollowUp.objects.filter(
        whose, done_on=None, due_on__lte=timezone.localdate() + TASK_NOTICE
    ).exclude(contest__is_demo=True)
    return [
        Todo(
            about=task.application.original_title if task.application else str(task.contest),
            what=_("After the contest: %(task)s") % {"task": task.get_kind_display()},
            url=reverse("admin:contests_contest_tasks", args=[task.contest_id])
            + f"#task-{task.pk}",
            day=task.due_on,
        )
        for task in rows.select_related("contest", "application")
    ]


TODAY.append(todos)


def mark_done(application: Application, kind: str, *, link: str = "") -> None:
    """What was to be done is done: its task is closed with what came of it."""
    FollowUp.objects.filter(application=application, kind=kind, done_on=None).update(
        done_on=timezone.localdate(), link=link[:200]
    )


# ---------------------------------------------------------------- winners on other pages


@dataclass(frozen=True)
class Win:
    """title: «1-е место, «Вода»»; language: of the words, for the page of that language."""

    title: str
    contest: str
    year: int
    url: str
    award: Award


def wins_of(subject: Practice | Municipality, language: str) -> list[Win]:
    """Awards in contests whose results are out, the latest first, as the published protocol has
    them. Two queries at most. Of a practice: those of entries that came from it, or it from them.
    """
    if isinstance(subject, Practice):
        entries = Q(application__practice=subject) | Q(application__made_practice=subject)
    else:
        entries = Q(application__municipality=subject)
    rows = list(
        Award.objects.filter(entries, contest__status__in=RESULTS, revoked_on=None)
        .select_related("contest", "nomination", "application")
        .order_by("-contest__year", "-contest", "pk")
    )
    signed = _signed({award.contest_id for award in rows})
    return [
        _win(_as_signed(award, signed[award.pk]), language) for award in rows if award.pk in signed
    ]


def _as_signed(award: Award, told: dict) -> Award:
    """While a correction is written the row says what it will be; readers see what was signed."""
    award.outcome, award.place = told["outcome"], told["place"]
    award.title_ky, award.title_ru = told["award"]["ky"], told["award"]["ru"]
    return award


def _signed(contests: set[int]) -> dict[int, dict]:
    """{award: what the published protocol of its contest says of it}; no query for no contest."""
    protocols = Protocol.objects.filter(contest__in=contests, status=ProtocolStatus.PUBLISHED)
    return {
        each["id"]: each
        for facts in (protocols.values_list("facts", flat=True) if contests else ())
        for each in facts["awards"]
        if each["outcome"] != Outcome.NONE
    }


def _win(award: Award, language: str) -> Win:
    nomination = getattr(award.nomination, f"title_{language}") or award.nomination.title
    words = {"award": award_label(award, language), "nomination": nomination}
    with translation.override(language):
        title = _("%(award)s in the nomination “%(nomination)s”") % words
    return Win(
        title=title,
        contest=award.contest.edition_for(language).title,
        year=award.contest.year,
        url=reverse("contests:results", args=[award.contest.slug]),
        award=award,
    )


# ---------------------------------------------------------------- when the time is over


def overdue_applicants(day):
    """Applications of contests that closed before the day in which somebody is still named."""
    named = Q(letter__isnull=False) | Q(created_by__isnull=False)
    for name in APPLICANT:
        named |= ~Q(**{name: ""})
    return Application.objects.filter(named, contest__closes_at__lt=day)


@transaction.atomic
def forget_applicants(rows) -> int:
    """Take out of entries who applied, with the signed letter. What was entered stays with its
    digest: it holds no person’s name or number (contests/drafting.py).
    """
    found = list(rows.select_related("letter"))
    for application in found:
        if hasattr(application, "letter"):
            application.letter.delete()
    blank = dict.fromkeys(APPLICANT, "")
    Application.objects.filter(pk__in=[each.pk for each in found]).update(created_by=None, **blank)
    return len(found)
