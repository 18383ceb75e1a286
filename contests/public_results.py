"""The results as readers see them: out of the published protocol."""

from decimal import Decimal

from contests.choices import Group, Outcome, ProtocolStatus
from contests.freezing import most_points
from contests.models import Award, Contest, Protocol
from contests.protocol import results_of
from practices.models import Practice
from publishing.languages import OTHER


def published_protocols(contest: Contest) -> list[Protocol]:
    """Those that readers may open, the one in force first; corrected ones stay."""
    shown = (ProtocolStatus.PUBLISHED, ProtocolStatus.CORRECTED)
    found = contest.protocols.filter(status__in=shown).order_by("-pk")
    return sorted(found, key=lambda each: each.status != ProtocolStatus.PUBLISHED)


def results(contest: Contest, protocols: list[Protocol], language: str) -> list[dict]:
    """By nominations, in the order of places; nothing where no protocol is published.

    [{"nomination", "most", "group", "places": [row], "specials": [row]}]; a row is {"place", "award",
    "title", "title_language", "municipality", "points", "practice"}. points: of `most`, as the
    protocol has them. Who went without an award is not named here.
    """
    if not protocols or protocols[0].status != ProtocolStatus.PUBLISHED:
        return []
    points, version = points_of(protocols[0]), contest.versions.first()
    groups = results_of(contest)
    practices = _practices([award for group in groups for award in group["awards"]])
    found = []
    for group in groups:
        rows = [
            _row(award, points, practices, language)
            for award in group["awards"]
            if award.outcome != Outcome.NONE and award.revoked_on is None
        ]
        if rows:
            most = most_points(version, group["nomination"].pk)
            nomination = group["nomination"].edition(language)
            found.append(
                {
                    "nomination": nomination.title or str(nomination),
                    "most": most,
                    "group": Group(group["group"]).label if group["group"] else "",
                    "places": [row for row in rows if row["place"]],
                    "specials": [row for row in rows if not row["place"]],
                }
            )
    return found


def points_of(protocol: Protocol) -> dict[int, Decimal]:
    """{application: points}, as they stand in the protocol."""
    return {
        row["application"]: Decimal(row["mean"])
        for table in protocol.facts.get("tables", [])
        for row in table["rows"]
        if row["mean"]
    }


def _practices(awards: list[Award]) -> dict[int, Practice]:
    """{id: published practice}; what the entry became goes before what it came from."""
    ids = {
        pk
        for award in awards
        for pk in (award.application.made_practice_id, award.application.practice_id)
        if pk
    }
    return {each.pk: each for each in Practice.objects.readable().filter(pk__in=ids)}


def _row(award: Award, points, practices, language: str) -> dict:
    entry = award.application
    title_language = next(
        (each for each in (language, OTHER[language]) if entry.content.get(each, {}).get("title")),
        entry.language,
    )
    special = award.edition(language).title or award.edition(OTHER[language]).title
    return {
        "place": award.place if award.outcome == Outcome.PLACE else None,
        "award": special,
        "title": entry.content.get(title_language, {}).get("title") or entry.number,
        "title_language": title_language,
        "municipality": entry.municipality,
        "points": points.get(entry.pk),
        "practice": practices.get(entry.made_practice_id) or practices.get(entry.practice_id),
    }
