"""The information campaign: texts made from the contest’s data, and what the steps brought.

A text is an editor’s, not a form’s: each channel has a template of its own, in both languages,
under templates/contests/campaign/.
"""

import re
from collections import Counter
from datetime import date, datetime

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format

from contests.choices import Channel
from contests.drafting import KIND
from contests.milestones import hour_words, last_day
from contests.models import Contest
from places.models import Municipality, Oblast
from practices.sharing import WHATSAPP_LIMIT
from publishing.amounts import som
from publishing.excerpts import excerpt, glued
from publishing.languages import LANGUAGES
from publishing.letters import without_gaps
from publishing.models import Draft

#: «до 30 ноября 2026 г.» is «2026-жылдын 30-ноябрына чейин»: in Kyrgyz the month takes the ending.
TO_MONTH = (
    "январына", "февралына", "мартына", "апрелине", "майына", "июнуна", "июлуна", "августуна",
    "сентябрына", "октябрына", "ноябрына", "декабрына",
)  # fmt: skip


# ---------------------------------------------------------------- texts


def texts(contest: Contest, channel: str) -> dict[str, str]:
    """The text of a channel in each language: {"ky": …, "ru": …}; for WhatsApp 700 characters at most.

    channel: one of contests.choices.Channel.
    """
    return {language: text(contest, channel, language) for language in LANGUAGES}


def text(contest: Contest, channel: str, language: str) -> str:
    """One text; where WhatsApp has no room for all nominations it names the first of them."""
    facts = facts_of(contest, language)
    written = _written(channel, facts, language)
    if channel != Channel.WHATSAPP:
        return written
    while len(written) > WHATSAPP_LIMIT and facts["nominations"]:
        facts["nominations"] = facts["nominations"][:-1]
        facts["more"] = bool(facts["nominations"])
        written = _written(channel, facts, language)
    if len(written) > WHATSAPP_LIMIT:
        room = len(facts["summary"]) - (len(written) - WHATSAPP_LIMIT)
        facts["summary"] = excerpt(facts["summary"], max(0, room))
        written = _written(channel, facts, language)
    return written


def _written(channel: str, facts: dict, language: str) -> str:
    with translation.override(language):
        words = render_to_string(f"contests/campaign/{channel}.txt", facts)
    # «2026 г.» at the end of a sentence has its full stop already.
    return glued(re.sub(r"(?<=\w)\.\.(?!\.)", ".", without_gaps(words)))


def facts_of(contest: Contest, language: str) -> dict:
    """What the templates may tell, in one language; what is not known is ""."""
    edition = contest.edition(language)
    nominations = [_nomination(each, language) for each in contest.nominations.all()]
    with translation.override(language):
        return {
            "language": language,
            "title": _in_one_line(edition.title or contest.title_in(language)),
            "summary": _sentence(edition.summary),
            "goal": _lower(_sentence(edition.goal)),
            "audience": _sentence(edition.audience),
            "organisers": [each.title_in(language) for each in contest.organisers.all()],
            "nominations": nominations,
            "has_groups": any(each["has_groups"] for each in nominations),
            "prize": _best_prize(contest, language),
            "needs_letter": contest.needs_letter,
            "hides": contest.hides_names or contest.hides_municipality,
            "one_in_nomination": contest.one_in_nomination,
            "two_languages": set(contest.languages) == set(LANGUAGES),
            "until": term_words(contest, language),
            "hour": hour_words(contest.closes_at) if contest.closes_at else "",
            "period": _period(contest),
            "award_on": date_format(contest.award_on, "DATE_FORMAT") if contest.award_on else "",
            "url": settings.SITE_URL + contest.get_absolute_url(),
            "site": settings.SITE_URL.partition("://")[2],
        }


def _nomination(nomination, language: str) -> dict:
    edition = nomination.edition(language)
    return {
        "title": _in_one_line(edition.title or str(nomination)),
        "description": _sentence(edition.description),
        "has_groups": nomination.has_groups,
    }


def _best_prize(contest: Contest, language: str) -> str:
    """The greatest first prize: «диплом, 300 000 сомов»."""
    prizes = [
        prize
        for nomination in contest.nominations.prefetch_related("prizes")
        for prize in nomination.prizes.all()
        if prize.place == 1
    ]
    if not prizes:
        return ""
    best = max(prizes, key=lambda prize: prize.amount or 0)
    title = _lower(_in_one_line(best.edition(language).title or best.title or ""))
    return ", ".join(filter(None, [title, som(best.amount) if best.amount else ""]))


def _period(contest: Contest) -> str:
    days = [each for each in (contest.period_from, contest.period_to) if each]
    return " – ".join(f"{day:%d.%m.%Y}" for day in days) if len(days) == 2 else ""


def _lower(words: str) -> str:
    """For the middle of a sentence; «ЖӨБ» and the like stay as they are."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def _in_one_line(words: str) -> str:
    return " ".join((words or "").replace("*", "").split())


def _sentence(words: str) -> str:
    """The words on one line, with a full stop where the editor left none."""
    line = _in_one_line(words)
    return line if not line or line[-1] in ".!?…" else f"{line}."


def term_words(contest: Contest, language: str, *, now: datetime | None = None) -> str:
    """«до 30 ноября 2026 г.», «2026-жылдын 30-ноябрына чейин»; the first day too while it is ahead."""
    if not contest.closes_at:
        return ""
    last = last_day(contest.closes_at)
    is_ahead = contest.opens_at and contest.opens_at > (now or timezone.now())
    first = timezone.localdate(contest.opens_at) if is_ahead else None
    if language == "ky":
        begins = f"{_year(first)}{_to(first)}н " if first else ""
        year = "" if first and first.year == last.year else _year(last)
        return f"{begins}{year}{_to(last)} чейин"
    with translation.override(language):
        same = first and first.year == last.year
        begins = f"с {date_format(first, 'j E' if same else 'DATE_FORMAT')} " if first else ""
        return f"{begins}до {date_format(last, 'DATE_FORMAT')}"


def _year(day: date) -> str:
    return f"{day.year}-жылдын "


def _to(day: date) -> str:
    """«30-ноябрына»; with «н» it is «from», in every month."""
    return f"{day.day}-{TO_MONTH[day.month - 1]}"


# ---------------------------------------------------------------- what it brought


def reached(contest: Contest) -> dict:
    """What the campaign brought, in a number of queries that does not grow.

    {"begun": int, "sent": int, "days": [{"day", "steps": [CampaignStep], "begun", "sent"}],
    "oblasts": [{"oblast": Oblast or None, "begun", "sent"}], "reach": int, "cost": int}; a day is
    there where a step was done or planned, or somebody began or sent. Begun counts who has sent as
    well. None: where the municipality is not known yet.
    """
    steps = list(contest.campaign.select_related("responsible"))
    drafts = Draft.objects.filter(kind=KIND, answers__contest=str(contest.pk)).order_by()
    sent = contest.applications.order_by()
    begun_on = _by_day(drafts, "created_at")
    sent_on = _by_day(sent, "submitted_at")
    steps_on = {}
    for step in steps:
        steps_on.setdefault(step.done_on or step.planned_on, []).append(step)
    days = sorted({*begun_on, *sent_on, *steps_on})
    return {
        "begun": sum(begun_on.values()),
        "sent": sum(sent_on.values()),
        "reach": sum(step.reach or 0 for step in steps),
        "cost": sum(step.cost or 0 for step in steps),
        "days": [
            {
                "day": day,
                "steps": steps_on.get(day, []),
                "begun": begun_on[day],
                "sent": sent_on[day],
            }
            for day in days
        ],
        "oblasts": _by_oblast(drafts, sent),
    }


def _by_day(rows, field: str) -> Counter:
    """{day of Bishkek: rows}"""
    counted = rows.annotate(day=TruncDate(field)).values_list("day").annotate(Count("pk"))
    return Counter(dict(counted))


def _by_oblast(drafts, sent) -> list[dict]:
    codes = Counter(drafts.values_list("answers__municipality", flat=True))
    oblast_of = dict(_municipalities(codes))
    begun = Counter()
    for code, number in codes.items():
        begun[oblast_of.get(code)] += number
    arrived = Counter(dict(sent.values_list("municipality__oblast").annotate(Count("pk"))))
    rows = [
        {"oblast": oblast, "begun": begun[oblast.pk], "sent": arrived[oblast.pk]}
        for oblast in Oblast.objects.all()
    ]
    if begun[None]:
        rows.append({"oblast": None, "begun": begun[None], "sent": 0})
    return rows


def _municipalities(codes):
    """(code, oblast) of the municipalities that drafts name."""
    known = [code for code in codes if isinstance(code, str)]
    return Municipality.objects.filter(code__in=known).values_list("code", "oblast")
