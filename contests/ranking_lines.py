"""The ranking as people read it and take it away: figures as written, reasons in words, CSV, XLSX."""

import csv
import io
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Count, Q
from django.utils.text import capfirst
from django.utils.translation import gettext

from contests.choices import CriterionKind, Group, SheetStatus
from contests.formulas import told
from contests.models import Application, Contest, RulesVersion
from contests.ranking import SHARED, Standing
from contests.results import Table, columns_of

#: A cell of a table that would begin a formula in a spreadsheet.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Cell:
    """A criterion’s figure: the mean of the sheets, or points worked out and how they came."""

    text: str
    how: str = ""


@dataclass(frozen=True)
class Line:
    """An entry in a ranking. tie: which tie-break put it here. lacks: why it has no place."""

    application: Application
    standing: Standing
    mean: str
    median: str
    spread: str
    normalised: str
    cells: list[Cell]
    tie: str
    lacks: str


def figure(value: Fraction | float | None) -> str:
    """«66,67»: two places after the comma, as both languages write it; nothing: «–»."""
    if value is None:
        return "–"
    # In whole numbers, a half upwards: a page draws thousands of them.
    over, under = value.as_integer_ratio()
    cents = (abs(over) * 200 + under) // (2 * under) * (-1 if over < 0 else 1)
    sign = "−" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    return f"{sign}{whole},{part:02d}"


def lines_of(table: Table, version: RulesVersion) -> tuple[list[dict], list[Line]]:
    """The criteria as columns, and the entries by place."""
    columns = columns_of(version, table.nomination)
    titles = {each["id"]: each["label"] for each in columns}
    terms = version.content["terms"]
    lines = [
        Line(
            application,
            standing,
            figure(standing.mean),
            figure(standing.median),
            figure(standing.spread),
            figure(standing.normalised),
            [_cell(each, application, standing, table) for each in columns],
            tie_in_words(standing.tie, titles),
            lack_in_words(standing, terms),
        )
        for application, standing in table.rows
    ]
    return columns, lines


def _cell(column, application, standing, table) -> Cell:
    value = standing.means.get(column["id"])
    if column["kind"] == CriterionKind.JURY or not column["formula"]:
        return Cell(figure(value))
    least, most = column["scale"]
    points = column["weight"] * (value - least) / (most - least)
    facts = table.facts[application.pk]
    return Cell(figure(points), told(column["formula"], application, facts))


def tie_in_words(tie, titles) -> str:
    """Empty where no other entry has the same mean."""
    if tie == "":
        return ""
    if tie == SHARED:
        return gettext("The same in every tie-break: the place is shared.")
    if tie == "median":
        return gettext("The same mean; the median decided.")
    if tie == "lowest":
        return gettext("The same mean; the lowest sheet decided.")
    return gettext("The same mean; decided by: %(criterion)s.") % {"criterion": titles[tie]}


def lack_in_words(standing: Standing, terms) -> str:
    """Why an entry has no place; empty where it has one."""
    if standing.lacks == "sheets":
        words = gettext("Too few sheets: %(count)s of at least %(least)s.")
        return words % {"count": standing.count, "least": terms["sheets_least"]}
    if standing.lacks == "quorum":
        words = gettext("No quorum: fewer than %(share)s %% of the sheets given out are handed in.")
        return words % {"share": terms["quorum"]}
    return ""


def progress_of(contest: Contest) -> list[dict]:
    """Entries by nomination and group with sheets given out and handed in; not a single score.

    [{"nomination", "group", "rows": [Application with `given` and `handed_in`]}].
    """
    at_work = Q(sheets__member__is_active=True) & ~Q(sheets__status=SheetStatus.RECUSED)
    applications = (
        contest.applications.admitted()
        .select_related("municipality__oblast", "municipality__district", "nomination")
        .annotate(
            given=Count("sheets", filter=at_work),
            handed_in=Count(
                "sheets",
                filter=Q(sheets__member__is_active=True, sheets__status=SheetStatus.SUBMITTED),
            ),
        )
        .order_by("nomination__position", "nomination", "code", "pk")
    )
    found: dict[tuple, list] = {}
    for application in applications:
        nomination = application.nomination
        key = (nomination, application.group if nomination.has_groups else "")
        found.setdefault(key, []).append(application)
    order = {group: place for place, group in enumerate(["", *Group.values])}
    keys = sorted(found, key=lambda key: (key[0].position, key[0].pk, order[key[1]]))
    return [
        {
            "nomination": nomination,
            "group": Group(group).label if group else "",
            "rows": found[nomination, group],
        }
        for nomination, group in keys
    ]


# ---------------------------------------------------------------- to take away


def rows_of(tables: list[Table], version: RulesVersion) -> list[list]:
    """A row for each entry under one head; criteria stand as «title: figure», figures as numbers."""
    head = [
        gettext("nomination"), gettext("group"), gettext("place"), gettext("number"),
        gettext("code for the commission"), gettext("title"), gettext("municipality"),
        gettext("sheets"), gettext("mean"), gettext("median"), gettext("spread"),
        gettext("in the members’ own scales"), gettext("opinions differ"),
        gettext("tie-break or why there is no place"), gettext("by criteria"),
    ]  # fmt: skip
    rows = [[capfirst(title) for title in head]]
    for table in tables:
        columns, lines = lines_of(table, version)
        rows += [_row(table, columns, line) for line in lines]
    return rows


def _row(table, columns, line) -> list:
    standing, application = line.standing, line.application
    criteria = "; ".join(
        f"{column['label']}: {cell.text}" + (f" ({cell.how})" if cell.how else "")
        for column, cell in zip(columns, line.cells, strict=True)
    )
    return [
        str(table.nomination), table.group_label, standing.place, application.number,
        application.code, application.title, application.municipality.label, standing.count,
        *map(_number, (standing.mean, standing.median, standing.spread, standing.normalised)),
        gettext("yes") if standing.opinions_differ else "", line.tie or line.lacks, criteria,
    ]  # fmt: skip


def _number(value) -> float | None:
    return None if value is None else round(float(value), 4)


def as_csv(rows: list[list]) -> bytes:
    """With a mark of UTF-8 and semicolons: Excel here opens it by a double tap."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";")
    writer.writerows([[_harmless(cell, ",") for cell in row] for row in rows])
    return out.getvalue().encode()


def as_xlsx(rows: list[list]) -> bytes:
    # Loaded when needed: few requests want it.
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append([_harmless(cell) for cell in row])
    for cell in sheet[1]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for number, column in enumerate(sheet.columns):
        longest = max(len(str(cell.value or "")) for cell in column)
        sheet.column_dimensions[chr(ord("A") + number)].width = min(60, max(8, longest + 2))
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _harmless(cell, comma: str = ""):
    """What somebody typed never becomes a formula of the spreadsheet that opens it."""
    if cell is None:
        return ""
    if isinstance(cell, float) and comma:
        return str(cell).replace(".", comma)
    if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS):
        return f"'{cell}"
    return cell
