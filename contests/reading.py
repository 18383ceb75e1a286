"""The rules of a contest as readers read them: out of the frozen copy, in one language."""

from datetime import date

from contests.choices import CriterionKind, Formula
from contests.freezing import rules_of
from contests.models import Contest, RulesVersion
from publishing.languages import OTHER


def rules_in_force(
    contest: Contest, *, is_preview: bool = False
) -> tuple[RulesVersion | None, dict]:
    """The last frozen version and its content; a preview shows what the records say today."""
    version = None if is_preview else contest.versions.first()
    return version, version.content if version else rules_of(contest)


def told(content: dict, language: str) -> dict:
    """What pages draw: {"title", "goal", "rules", "nominations", "criteria", "bonuses"}.

    content: of a RulesVersion. A text the language has not got comes in the other one. Nominations
    carry criteria of their own beside those of all.
    """
    criteria = [_criterion(each, language) for each in content["criteria"]]
    common = [each for each in criteria if each["nomination"] is None]
    return {
        **{name: _words(content[name], language) for name in ("title", "goal", "rules")},
        "terms": content["terms"],
        "period": [_day(content["dates"].get(name)) for name in ("period_from", "period_to")],
        "nominations": [
            _nomination(each, language)
            | {"criteria": [row for row in criteria if row["nomination"] == each["id"]]}
            for each in content["nominations"]
        ],
        "criteria": [each for each in common if not each["is_bonus"]],
        "bonuses": [each for each in common if each["is_bonus"]],
        "ties": [
            each["title"]
            for each in sorted(
                (row for row in criteria if row["tie_rank"]), key=lambda row: row["tie_rank"]
            )
        ],
        "has_groups": any(each["has_groups"] for each in content["nominations"]),
    }


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _words(texts: dict, language: str) -> str:
    return texts.get(language) or texts.get(OTHER[language]) or ""


def _nomination(row: dict, language: str) -> dict:
    return {
        "id": row["id"],
        "code": row["code"],
        "title": _words(row["title"], language) or row["code"],
        "description": _words(row["description"], language),
        "has_groups": row["has_groups"],
        "prizes": [
            {
                "place": prize["place"],
                "title": _words(prize["title"], language),
                "amount": prize["amount"],
            }
            for prize in row["prizes"]
        ],
    }


def _criterion(row: dict, language: str) -> dict:
    return {
        "nomination": row["nomination"],
        "title": _words(row["title"], language),
        "description": _words(row["description"], language),
        "weight": row["weight"],
        "least": row["scale"][0],
        "most": row["scale"][1],
        "tie_rank": row["tie_rank"],
        "is_bonus": row["kind"] == CriterionKind.BONUS,
        "is_scored": row["kind"] == CriterionKind.JURY,
        "kind": CriterionKind(row["kind"]).label,
        "formula": Formula(row["formula"]).label if row["formula"] else "",
        "anchors": [
            {"value": each["value"], "text": _words(each["text"], language)}
            for each in row["anchors"]
        ],
    }
