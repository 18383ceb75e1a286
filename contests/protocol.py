"""The text of a protocol, made of its facts as a secretary writes it; what is public of it."""

from decimal import Decimal
from itertools import pairwise

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format

from contests.choices import RESULTS, ConflictKind, Group, MemberRole, Outcome, ProtocolStatus
from contests.freezing import digest_of
from contests.models import Award, Contest, Protocol
from contests.protocol_facts import both, has_quorum

#: A line of the text that begins so is a heading, or one of a list.
HEADING, ITEM = "# ", "– "


def content_digest(protocol: Protocol) -> str:
    """Of all that is signed: the head, both texts, the facts."""
    return digest_of(
        {
            "contest": protocol.contest_id,
            "number": protocol.number,
            "held_on": protocol.held_on.isoformat(),
            "place": both(protocol, "place"),
            "texts": [protocol.text_ky or "", protocol.text_ru or ""],
            "facts": protocol.facts,
            "corrects": protocol.corrects_id,
            "correction": both(protocol, "correction"),
        }
    )


# ---------------------------------------------------------------- the text


def draft_text(protocol: Protocol, language: str) -> str:
    """The text of the protocol’s facts in the language: headings, paragraphs, lists by lines.

    templates/contests/protocol_<language>.txt; what an editor makes of it stays in the same form.
    """
    facts = protocol.facts
    with translation.override(language):
        context = {
            "facts": facts,
            "protocol": protocol,
            "agenda_has_visits": bool(facts["visits"]),
            "present": people(facts, language, is_present=True),
            "absent": people(facts, language, is_present=False),
            "has_quorum": has_quorum(facts),
            "rules_on": day(facts["rules"]["frozen_on"]),
            "recusals": [_recusal_line(each) for each in facts["recusals"]],
            "ties": _rows_with(facts, language, "tie"),
            "unplaced": _rows_with(facts, language, "lacks"),
            "discussed": _rows_with(facts, language, "discussion"),
            "visits": [each | {"on": day(each["on"])} for each in facts["visits"]],
            "decisions": decisions_of(facts, language),
        }
        text = render_to_string(f"contests/protocol_{language}.txt", context)
    return _spaced([line.strip() for line in text.splitlines() if line.strip()])


def _spaced(lines: list[str]) -> str:
    """An empty line before what begins anew; the lines of a list stand together."""
    text = lines[0]
    for before, line in pairwise(lines):
        is_together = line.startswith(ITEM) or before.startswith(HEADING)
        text += ("\n" if is_together else "\n\n") + line
    return text


def day(written: str) -> str:
    return date_format(timezone.datetime.fromisoformat(written), "DATE_FORMAT")


def people(facts: dict, language: str, *, is_present: bool) -> list[dict]:
    """[{"role", "name", "post"}] by rank: chair, deputy, members, secretary."""
    ranks = list(MemberRole.values)
    found = [
        {"role": each["role"], "name": each["name"], "post": each["post"][language]}
        for each in facts["members"]
        if each["is_present"] == is_present
    ]
    return sorted(found, key=lambda each: ranks.index(each["role"]))


def _recusal_line(recusal: dict) -> dict:
    entries = [
        f"{each['number']} ({', '.join(str(ConflictKind(kind).label) for kind in each['kinds'])})"
        for each in recusal["entries"]
    ]
    return {"member": recusal["member"], "entries": "; ".join(entries)}


def _rows_with(facts, language, key) -> list[dict]:
    """Rows of the tables where something is to be said, in the language."""
    return [
        row
        | {
            "title": row["title"][language],
            "criterion": row["criterion"].get(language, ""),
            "discussion": said(row["discussion"], language),
        }
        for table in facts["tables"]
        for row in table["rows"]
        if (said(row[key], language) if key == "discussion" else row[key])
    ]


def decisions_of(facts: dict, language: str) -> list[dict]:
    """[{"nomination", "group", "awards"}] in the order of the decision, words in the language.

    where: «municipality – district – oblast».
    """
    found: list[dict] = []
    for award in facts["awards"]:
        key = (award["nomination"]["id"], award["group"])
        if not found or found[-1]["key"] != key:
            found.append(
                {
                    "key": key,
                    "nomination": award["nomination"]["title"][language],
                    "group": group_label(award["group"]),
                    "awards": [],
                }
            )
        where = [award[name][language] for name in ("municipality", "district", "oblast")]
        found[-1]["awards"].append(
            award
            | {
                "title": award["title"][language],
                "award": award["award"][language],
                "reason": said(award["reason"], language),
                "where": " – ".join(part for part in where if part),
            }
        )
    return found


def said(words: dict[str, str] | str, language: str) -> str:
    """Somebody’s words in the language; older facts have one text for both."""
    return words if isinstance(words, str) else words.get(language, "")


def group_label(group: str) -> str:
    return str(Group(group).label) if group else ""


def shown_points(written: str) -> str:
    """«86,25» in the active language."""
    return number_format(Decimal(written), 2, use_l10n=True) if written else "–"


def blocks_of(text: str) -> list[dict]:
    """The text in pieces for drawing: [{"kind": "heading" | "list" | "text", "lines": [str]}]."""
    found: list[dict] = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith(HEADING):
            found.append({"kind": "heading", "lines": [line.removeprefix(HEADING)]})
        elif not line.startswith(ITEM):
            found.append({"kind": "text", "lines": [line]})
        elif found and found[-1]["kind"] == "list":
            found[-1]["lines"].append(line.removeprefix(ITEM))
        else:
            found.append({"kind": "list", "lines": [line.removeprefix(ITEM)]})
    return found


# ---------------------------------------------------------------- what is public


def published_protocol(contest: Contest) -> Protocol | None:
    """The one that holds; none before the results are out."""
    if contest.status not in RESULTS:
        return None
    return contest.protocols.filter(status=ProtocolStatus.PUBLISHED).order_by("-pk").first()


def decided_awards(contest: Contest) -> list[Award]:
    """The awards as the published protocol has them, in its order.

    While a correction is being written its awards are in the records already; readers see what
    was signed and published.
    """
    protocol = published_protocol(contest)
    if protocol is None:
        return []
    awards = contest.awards.select_related(
        "nomination", "application__municipality__district", "application__municipality__oblast"
    ).in_bulk([each["id"] for each in protocol.facts["awards"]])
    found = []
    for told in protocol.facts["awards"]:
        award = awards.get(told["id"])
        if award and told["outcome"] != Outcome.NONE:
            award.outcome, award.place, award.group = told["outcome"], told["place"], told["group"]
            award.title_ky, award.title_ru = told["award"]["ky"], told["award"]["ru"]
            found.append(award)
    return found


def results_of(contest: Contest) -> list[dict]:
    """[{"nomination", "group", "awards": [Award …]}] in the order of places; [] before the results."""
    found: list[dict] = []
    for award in decided_awards(contest):
        if not found or (found[-1]["nomination"], found[-1]["group"]) != (
            award.nomination,
            award.group,
        ):
            found.append({"nomination": award.nomination, "group": award.group, "awards": []})
        found[-1]["awards"].append(award)
    return found
