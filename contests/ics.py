"""The days of a contest as a calendar file (RFC 5545), for the calendar of a phone."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone, translation

from contests.milestones import Milestone, milestones
from contests.models import Contest
from publishing.languages import LANGUAGES, OTHER

#: Bytes of a line, without the line end.
LINE = 75


def calendar(contest: Contest, language: str) -> bytes:
    """All dates: moments in UTC, days as days. Titles in the language, the other one below."""
    labels = {each: _labels(contest, each) for each in LANGUAGES}
    with translation.override(language):
        days = milestones(contest)
        url = settings.SITE_URL + contest.get_absolute_url()
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_host()}//contests//{language.upper()}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    for day in days:
        lines += _event(contest, day, labels, language=language, url=url)
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def _labels(contest: Contest, language: str) -> dict[str, str]:
    """{name of the milestone: «Last moment to apply: title»}"""
    with translation.override(language):
        title = contest.title_in(language)
        return {each.name: f"{each.title}: {title}" for each in milestones(contest)}


def _event(contest, day: Milestone, labels, *, language: str, url: str) -> list[str]:
    told = "\n".join((labels[OTHER[language]][day.name], url))
    lines = [
        "BEGIN:VEVENT",
        f"UID:contest-{contest.uuid}-{day.name}@{_host()}",
        f"DTSTAMP:{_utc(contest.updated_at)}",
        f"SEQUENCE:{contest.version}",
        *_when(day.at),
        f"SUMMARY:{escaped(labels[language][day.name])}",
        f"DESCRIPTION:{escaped(told)}",
        f"URL:{url}",
        "TRANSP:TRANSPARENT",
    ]
    if day.name == "closes":
        lines += [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "TRIGGER:-P2D",
            f"DESCRIPTION:{escaped(labels[language][day.name])}",
            "END:VALARM",
        ]
    return [*lines, "END:VEVENT"]


def _when(at) -> list[str]:
    """A moment has no length, so it has no end; a day ends where the next begins."""
    if isinstance(at, datetime):
        return [f"DTSTART:{_utc(at)}"]
    after = at + timedelta(days=1)
    return [f"DTSTART;VALUE=DATE:{at:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}"]


def _utc(moment: datetime) -> str:
    return timezone.localtime(moment, UTC).strftime("%Y%m%dT%H%M%SZ")


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def escaped(words: str) -> str:
    for sign, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r", ""), ("\n", "\\n")):
        words = words.replace(sign, written)
    return words


def folded(line: str) -> bytes:
    """The line with its end; a longer one goes on in the next after a space, never inside a letter."""
    rows, row = [], b""
    for letter in line:
        written = letter.encode()
        if len(row) + len(written) > LINE - bool(rows):
            rows.append(row)
            row = b""
        row += written
    return b"\r\n ".join([*rows, row]) + b"\r\n"
