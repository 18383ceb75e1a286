"""What a protocol goes by, gathered from the records, and what of a decision does not hold.

The facts are JSON with both languages beside each other, {"ky": …, "ru": …}. They are gathered when
the text is made and are frozen with it: what a record becomes later changes no protocol.
"""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil

from django.utils import timezone
from django.utils.translation import gettext as _

from contests.choices import (
    ADMITTED,
    ApplicationStatus,
    ConflictDecision,
    Group,
    Outcome,
)
from contests.models import Application, Award, Conflict, Contest, Protocol, Visit
from contests.ranking import SHARED, TIES
from contests.results import Table, tables_of
from publishing.languages import LANGUAGES, OTHER

#: How an application leaves a contest, as the protocol counts it.
LEFT = (ApplicationStatus.REFUSED, ApplicationStatus.WITHDRAWN, ApplicationStatus.DISQUALIFIED)


def both(thing, name: str) -> dict[str, str]:
    """The field in both languages; the one there is stands for the one there is not."""
    texts = {language: getattr(thing, f"{name}_{language}") or "" for language in LANGUAGES}
    return {language: texts[language] or texts[OTHER[language]] for language in LANGUAGES}


def gather(protocol: Protocol) -> dict:
    """Who was there, who is recused, the places with their points, the awards with their votes."""
    contest = protocol.contest
    version = contest.versions.first()
    tables = tables_of(contest)
    entries = {entry.pk: entry for table in tables for entry, _standing in table.rows}
    present = set(protocol.present.values_list("pk", flat=True))
    members = [
        {
            "id": member.pk,
            "name": member.name,
            "post": both(member, "post"),
            "role": member.role,
            "has_vote": member.has_vote,
            "is_present": member.pk in present,
        }
        for member in contest.members.all()
        if member.is_active or member.pk in present
    ]
    return {
        "contest": {"title": both(contest, "title"), "year": contest.year},
        "rules": {
            "number": version.number,
            "digest": version.digest,
            "frozen_on": timezone.localdate(version.frozen_at).isoformat(),
        },
        "members": members,
        "quorum": quorum_of(members, version.content["terms"]["quorum"]),
        "applications": _numbers_of(contest),
        "late": [
            {"number": each.number, "consent": each.late_by}
            for each in contest.applications.exclude(late_by="").order_by("number")
        ],
        "recusals": _recusals(contest),
        "tables": [_table(table, version) for table in tables],
        "visits": _visits(entries),
        "awards": [_award(award) for award in awards_in_order(contest)],
    }


def quorum_of(members: list[dict], percent: int) -> dict:
    voting = [each for each in members if each["has_vote"]]
    present = sum(each["is_present"] for each in voting)
    needed = ceil(Fraction(percent * len(voting), 100))
    return {"voting": len(voting), "present": present, "needed": needed}


def has_quorum(facts: dict) -> bool:
    return facts["quorum"]["present"] >= max(1, facts["quorum"]["needed"])


def _numbers_of(contest) -> dict[str, int]:
    """How many applications there were, and what became of them."""
    found = list(contest.applications.values_list("status", flat=True))
    return {
        "sent": sum(status != ApplicationStatus.DUPLICATE for status in found),
        "admitted": sum(status in ADMITTED for status in found),
        **{status.value: found.count(status) for status in LEFT},
    }


def _recusals(contest) -> list[dict]:
    """By member, the entries with the kinds of conflict; a private note stays in the papers."""
    rows = (
        Conflict.objects.filter(
            application__contest=contest,
            application__status__in=ADMITTED,
            decision=ConflictDecision.RECUSED,
        )
        .order_by("member__position", "member", "application__number", "kind")
        .values_list("member__name", "member", "application__number", "kind")
    )
    found: dict[int, dict] = {}
    for name, pk, entry, kind in rows:
        entries = found.setdefault(pk, {"member": name, "entries": {}})["entries"]
        entries.setdefault(entry, []).append(kind)
    return [
        {
            "member": each["member"],
            "entries": [{"number": key, "kinds": kinds} for key, kinds in each["entries"].items()],
        }
        for each in found.values()
    ]


def _table(table: Table, version) -> dict:
    titles = {each["id"]: each["title"] for each in version.content["criteria"]}
    return {
        "nomination": {"id": table.nomination.pk, "title": both(table.nomination, "title")},
        "group": table.group,
        "rows": [_row(entry, standing, titles) for entry, standing in table.rows],
    }


def _row(entry: Application, standing, titles) -> dict:
    return {
        "application": entry.pk,
        "number": entry.number,
        "title": titles_of(entry),
        "municipality": both(entry.municipality, "name"),
        "place": standing.place,
        "mean": points(standing.mean),
        "median": points(standing.median),
        "spread": points(standing.spread),
        "sheets": standing.count,
        "tie": standing.tie if standing.tie in {"", SHARED, *TIES} else "criterion",
        "criterion": titles.get(standing.tie, {}),
        "lacks": standing.lacks,
        "differ": standing.opinions_differ,
        "discussion": discussion_of(entry),
    }


def points(value: Fraction | None) -> str:
    """Points with two decimals, halves up; "" where there are none."""
    if value is None:
        return ""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def titles_of(entry: Application) -> dict[str, str]:
    """What is entered is called so; in the language it was sent in where it has no other."""
    own = entry.content.get(entry.language, {}).get("title") or entry.number
    return {lang: in_line(entry.content.get(lang, {}).get("title") or own) for lang in LANGUAGES}


def discussion_of(entry: Application) -> dict[str, str]:
    """What was said of it, a line in each language it is written in."""
    words = {
        language: in_line(getattr(entry, f"discussion_{language}") or "") for language in LANGUAGES
    }
    return {language: line for language, line in words.items() if line}


def in_line(text: str) -> str:
    """Without line breaks: a line of the text is a paragraph."""
    return " ".join(text.split())


def _visits(entries) -> list[dict]:
    visits = Visit.objects.filter(application__in=entries, visited_on__isnull=False)
    return [
        {
            "number": entries[visit.application_id].number,
            "on": visit.visited_on.isoformat(),
            "works": visit.works,
            "as_described": visit.as_described,
            "residents_confirm": visit.residents_confirm,
            "act": visit.act,
        }
        for visit in visits.order_by("visited_on", "pk")
    ]


def awards_in_order(contest: Contest) -> list[Award]:
    """By nomination and group; in each the places first, then special awards, then the rest."""
    outcomes = list(Outcome.values)
    awards = contest.awards.select_related(
        "application__municipality__district", "application__municipality__oblast", "nomination"
    )
    return sorted(
        awards,
        key=lambda each: (
            (each.nomination.position, each.nomination_id),
            each.group != Group.HARD,
            outcomes.index(each.outcome),
            each.place or 0,
            each.pk,
        ),
    )


def _award(award: Award) -> dict:
    entry = award.application
    place = entry.municipality
    nowhere = dict.fromkeys(LANGUAGES, "")
    return {
        "id": award.pk,
        "application": entry.pk,
        "number": entry.number,
        "nomination": {"id": award.nomination_id, "title": both(award.nomination, "title")},
        "group": award.group,
        "outcome": award.outcome,
        "place": award.place,
        "award": both(award, "title"),
        "title": titles_of(entry),
        "applicant": ", ".join(filter(None, [entry.applicant_name, entry.applicant_post])),
        "municipality": both(place, "name"),
        "district": both(place.district, "name") if place.district else nowhere,
        "oblast": nowhere if place.oblast.is_city else both(place.oblast, "name"),
        "votes": [award.votes_for, award.votes_against, award.votes_abstained],
        "reason": both(award, "reason"),
    }


def faults_of(protocol: Protocol, awards: list[Award]) -> list[str]:
    """What does not hold in the decision: votes, places, reasons; sentences for the secretary."""
    votes = may_vote(protocol)
    ranked = {
        row["application"]: row["place"]
        for table in protocol.facts.get("tables", ())
        for row in table["rows"]
    }
    found = []
    for award in awards:
        name = award.application.number
        given = award.votes_for + award.votes_against + award.votes_abstained
        if award.outcome == Outcome.NONE:
            continue
        if award.application_id not in votes:
            found.append(_("%(number)s: not an admitted entry") % {"number": name})
            continue
        if given > votes[award.application_id]:
            values = {"number": name, "given": given, "most": votes[award.application_id]}
            found.append(_("%(number)s: votes %(given)s, may vote %(most)s") % values)
        elif award.votes_for <= award.votes_against:
            found.append(_("%(number)s: most votes for it") % {"number": name})
        is_place = award.outcome == Outcome.PLACE
        is_told = award.reason_ky and award.reason_ru
        if is_place and ranked.get(award.application_id) != award.place and not is_told:
            found.append(_("%(number)s: why not the place of the ranking") % {"number": name})
    return found


def may_vote(protocol: Protocol) -> dict[int, int]:
    """{application: how many of the members present may vote on it}; who is recused may not."""
    present = set(protocol.present.voting().values_list("pk", flat=True))
    barred = Counter(
        application
        for application, _member in Conflict.objects.filter(
            member__in=present,
            application__contest=protocol.contest_id,
            decision=ConflictDecision.RECUSED,
        )
        .values_list("application", "member")
        .distinct()
    )
    entries = protocol.contest.applications.admitted().values_list("pk", flat=True)
    return {pk: len(present) - barred[pk] for pk in entries}
