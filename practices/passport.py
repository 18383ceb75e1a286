"""The A4 sheet of a practice for a council's session: one page, tagged, in the page's language."""

from datetime import datetime
from io import BytesIO

import segno
from django.utils import translation
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from partners.choices import Licence
from practices.charts import before_after
from practices.choices import KeneshDecision
from practices.models import Practice
from practices.sharing import short_url
from publishing.amounts import number, people, som
from publishing.excerpts import excerpt, glued
from publishing.languages import Edition
from publishing.pdf import DrawingFailed, fingerprint, mark_svg, render_pdf
from publishing.pdf.keeping import kept
from publishing.pdf.trees import shortened, tree
from publishing.workflow import Status
from themes.ornament import edge_svg, felt

TEMPLATE = "practices/passport.typ"
#: From roomy to tight: size of the text in points, and how many characters of each text are kept.
#: The template draws the first that fits. 0 characters: the text is left out.
LEVELS = (
    {"size": 9.4, "problem": 900, "solution": 1800, "step": 600, "mistake": 200, "post": 120, "result": 900, "lessons": 800, "rows": 6},
    {"size": 9.0, "problem": 750, "solution": 1500, "step": 400, "mistake": 200, "post": 120, "result": 700, "lessons": 600, "rows": 6},
    {"size": 8.7, "problem": 600, "solution": 1200, "step": 300, "mistake": 200, "post": 120, "result": 550, "lessons": 500, "rows": 5},
    {"size": 8.4, "problem": 480, "solution": 1000, "step": 220, "mistake": 200, "post": 120, "result": 420, "lessons": 380, "rows": 5},
    {"size": 8.2, "problem": 400, "solution": 800, "step": 170, "mistake": 0, "post": 80, "result": 340, "lessons": 300, "rows": 4},
    {"size": 7.9, "problem": 320, "solution": 650, "step": 120, "mistake": 0, "post": 60, "result": 280, "lessons": 240, "rows": 4},
    {"size": 7.6, "problem": 240, "solution": 500, "step": 80, "mistake": 0, "post": 50, "result": 200, "lessons": 160, "rows": 3},
    {"size": 7.4, "problem": 200, "solution": 400, "step": 0, "mistake": 0, "post": 40, "result": 140, "lessons": 120, "rows": 2},
    {"size": 7.0, "problem": 120, "solution": 240, "step": 0, "mistake": 0, "post": 0, "result": 90, "lessons": 60, "rows": 1},
)  # fmt: skip
MAX_STEPS = 12
#: Twenty repeats of the felt edge: 5 mm high across the sheet.
EDGE_WIDTH = 960
#: Shares of the width; the first fact, for whom, is the longest.
FACT_COLUMNS = (1.35, 1, 1.1, 1.1)


def passport_pdf(practice: Practice, language: str) -> bytes:
    """The sheet in `language`; where that is not ready the original's texts stand in it."""
    edition = practice.edition_for(language)
    with translation.override(language):
        data = sheet_data(edition, language)
    key = f"{practice.uuid}-{language}"
    return kept(
        "passport",
        key,
        fingerprint(TEMPLATE, data),
        "pdf",
        lambda: draw_sheet(data, language=language, made_at=practice.updated_at),
    )


def draw_sheet(data: dict, *, language: str, made_at: datetime | None) -> bytes:
    """One page. The template measures what fits; should a text outwit it, shorter ones are tried."""
    levels = data["levels"]

    def drawn(levels: list, *, must_fit: bool) -> bytes:
        return render_pdf(
            TEMPLATE,
            data | {"levels": levels, "must_fit": must_fit},
            language=language,
            title=data["title"],
            made_at=made_at,
        )

    for first in range(len(levels) - 1):
        try:
            return drawn(levels[first:], must_fit=True)
        except DrawingFailed as failure:
            if "does not fit" not in str(failure):  # as the template says
                raise
    return drawn(levels[-1:], must_fit=False)


def sheet_data(edition: Edition, language: str) -> dict:
    """Everything the template draws, as strings in the active language."""
    practice = edition.record
    municipality = practice.municipality
    facts = fact_cells(edition)
    return {
        "accent": felt(practice.theme.position),
        "edge": edge_svg(felt(practice.theme.position), width=EDGE_WIDTH),
        "mark": mark_svg(),
        "portal": _("Portal of best practice of local self-government"),
        "kind": f"{_('Passport of the practice')} · {practice.get_kind_display()} · {practice.theme.name}",
        "code": practice.short_code,
        "text_language": edition.language,
        "title": glued(edition.title) or str(practice),
        "promise": glued(edition.promise),
        "municipality": capfirst(municipality.name) or str(municipality),
        "place": [part for part in (municipality.region_label, practice.period) if part],
        "notices": notices(edition, language),
        "facts": facts,
        "fact_columns": FACT_COLUMNS[: 3 if len(facts) in {5, 6} else max(1, len(facts))],
        "total": som(practice.cost_once),
        "labels": labels(practice),
        "levels": [story(edition, level) for level in LEVELS],
        "contact": contact_rows(edition),
        "imprint": imprint(practice),
        "qr": qr_svg(short_url(practice)),
        "short_url": short_url(practice),
        "short_address": short_url(practice).partition("://")[2],
    }


def story(edition: Edition, level: dict) -> dict:
    """The practice's texts at one length, in the edition's language."""
    practice = edition.record
    steps = [row.edition(edition.language) for row in practice.steps.all()]
    hidden = max(0, len(steps) - MAX_STEPS)
    return {
        "size": level["size"],
        "problem": rich(edition.problem, level["problem"]),
        "solution": [] if steps else rich(edition.solution, level["solution"]),
        "steps": [step_row(step, level) for step in steps[:MAX_STEPS]],
        "steps_left": ngettext("and %(count)s more step", "and %(count)s more steps", hidden)
        % {"count": hidden}
        if hidden
        else "",
        "result": rich(edition.result, level["result"]),
        "figures": [
            figure_row(row.edition(edition.language))
            for row in list(practice.measurements.all())[: min(4, level["rows"])]
        ],
        "funding": funding_rows(edition, level["rows"]),
        "law": law_rows(edition)[: min(3, level["rows"])],
        "lessons": short(edition.lessons, level["lessons"]),
        "unfit": short(edition.not_suitable_if, level["lessons"]),
    }


def rich(html: str, limit: int) -> list:
    return shortened(tree(glued(html)), limit)


def short(text: str, limit: int) -> str:
    return excerpt(glued(text), limit)


def step_row(step: Edition, level: dict) -> dict:
    days = ngettext("%(count)s day", "%(count)s days", step.days or 0) % {"count": step.days}
    return {
        "title": short(step.title, 120 if level["post"] else 60) or "–",
        "text": short(step.text, level["step"]),
        "mistake": short(step.typical_mistake, level["mistake"]),
        "days": days.replace(" ", "\u00a0") if step.days else "",
        "responsible": short(step.responsible, level["post"]),
    }


def figure_row(row: Edition) -> dict:
    bars = before_after(row)
    top = max(bars.before_width, bars.after_width)
    unit = f", {row.unit}" if row.unit else ""
    return {
        "indicator": glued(row.indicator) + unit,
        "before": number(row.before),
        "after": number(row.after),
        "before_year": str(row.before_year or ""),
        "after_year": str(row.after_year or ""),
        "before_share": round(100 * bars.before_width / top),
        "after_share": round(100 * bars.after_width / top),
    }


def funding_rows(edition: Edition, limit: int) -> list[dict]:
    """Who gave how much; what is over the limit stands in one row, so that the sum is right."""
    rows = [row.edition(edition.language) for row in edition.record.funding.all()]
    total = sum(row.amount for row in rows)
    shown = rows if len(rows) <= limit else rows[: limit - 1]
    lines = [(capfirst(row.get_source_display()), short(row.name, 60), row.amount) for row in shown]
    if len(shown) < len(rows):
        lines.append((_("Others"), "", total - sum(row.amount for row in shown)))
    return [
        {
            "source": source,
            "name": name if name.lower() != source.lower() else "",
            "amount": number(amount),
            "share": f"{round(100 * amount / total)}\u00a0%" if total else "",
        }
        for source, name, amount in lines
    ]


def law_rows(edition: Edition) -> list[str]:
    lines = []
    for row in edition.record.legal_basis.all():
        act = row.edition(edition.language)
        parts = [part for part in (short(act.act, 160), act.article) if part]
        if row.edition_on:
            parts.append(_("edition of %(date)s") % {"date": date(row.edition_on)})
        lines.append(glued(", ".join(parts)))
    return lines


def fact_cells(edition: Edition) -> list[dict]:
    """The facts a council asks for first; those that are not known are left out."""
    practice = edition.record
    women = practice.women_count
    prices = (
        _("in prices of %(year)s") % {"year": practice.price_year} if practice.price_year else ""
    )
    year = _("Data of %(year)s") % {"year": practice.data_year} if practice.data_year else ""
    cells = [
        cell(_("For whom"), capfirst(short(edition.beneficiaries, 90)), own=True),
        cell(
            _("People served"),
            people(practice.beneficiaries_count),
            ngettext("%(count)s woman", "%(count)s women", women) % {"count": number(women)}
            if women
            else "",
        ),
        cell(_("Cost, once"), capfirst(som(practice.cost_once)), prices),
        cell(_("Cost a year"), capfirst(som(practice.cost_yearly))),
        cell(_("Evidence"), capfirst(practice.get_evidence_level_display()), year)
        | {"level": practice.evidence_level},
        cell(_("Who pays the upkeep"), capfirst(practice.get_upkeep_payer_display())),
        cell(
            _("Decision of the kenesh"),
            ""
            if practice.kenesh_decision == KeneshDecision.UNKNOWN
            else capfirst(practice.get_kenesh_decision_display()),
        ),
        cell(_("Whom it suits"), suitable_size(practice)),
    ]
    return [fact for fact in cells if fact["value"]]


def cell(label: str, value: str, note: str = "", *, own: bool = False) -> dict:
    """own: the value is the record's text, in the record's language."""
    return {"label": label, "value": value, "note": note, "own": own}


def suitable_size(practice: Practice) -> str:
    low, high = practice.suits_population_min, practice.suits_population_max
    if low and high:
        return _("from %(low)s to %(high)s residents") % {"low": number(low), "high": number(high)}
    if low:
        return _("from %(low)s residents") % {"low": number(low)}
    return _("up to %(high)s residents") % {"high": number(high)} if high else ""


def labels(practice: Practice) -> dict[str, str]:
    return {
        "problem": _("Problem"),
        "solution": _("What was done"),
        "steps": _("What was done, step by step"),
        "mistake": _("Typical mistake"),
        "result": _("Result"),
        "indicator": _("Indicator"),
        "before": _("before"),
        "after": _("after"),
        "money": _("Who gave the money"),
        "source": _("Source of money"),
        "amount": _("Amount, som"),
        "share": pgettext("column", "share"),
        "total": _("Total"),
        "law": _("Legal basis"),
        "lessons": _("Lessons"),
        "unfit": _("Whom it does not suit"),
        "contact": _("Contact"),
        "notes": _("Notes of the session"),
        "qr": _("The practice on the portal"),
    }


def notices(edition: Edition, language: str) -> list[str]:
    """What the reader must know before trusting the sheet."""
    practice = edition.record
    lines = []
    if practice.is_demo:
        lines.append(_("Demo") + ". " + _("This record is invented to show the portal."))
    if edition.language != language:
        lines.append(
            _("This text exists in Kyrgyz only.")
            if edition.language == "ky"
            else _("This text exists in Russian only.")
        )
    if practice.status == Status.OUTDATED:
        lines.append(_("This record may be out of date."))
    elif practice.status == Status.NEEDS_CHECK:
        lines.append(_("We are asking the municipality whether it still works."))
    elif practice.status == Status.ARCHIVED:
        lines.append(_("This record is in the archive."))
    return lines


def contact_rows(edition: Edition) -> list[dict]:
    practice = edition.record
    name = practice.contact_name if practice.contact_name_public else ""
    office = [glued(practice.office_phone), practice.contact_email, edition.contact_hours]
    offers = [
        _("You may come and see it") if practice.can_visit else "",
        _("They are ready to advise others") if practice.can_mentor else "",
    ]
    rows = [
        (capfirst(practice.municipality.name) or str(practice.municipality), False),
        (capfirst(joined(", ", [edition.contact_post, name])), True),
        (joined(", ", office), True),
        (joined(". ", offers), False),
    ]
    return [
        {"text": text, "own": own, "is_first": place == 0}
        for place, (text, own) in enumerate(rows)
        if text
    ]


def joined(glue: str, parts: list[str]) -> str:
    return glue.join(part for part in parts if part)


def imprint(practice: Practice) -> list[str]:
    licence = practice.get_licence_display()
    if practice.licence == Licence.CC_BY:
        licence += ". " + _("You may copy, change and share it if you name the source.")
    lines = [practice.author_name] if practice.author_name else []
    if practice.licence != Licence.UNKNOWN:
        lines.append(f"{_('Licence')}: {licence}")
    if practice.updated_at:
        lines.append(_("Sheet of %(date)s") % {"date": date(practice.updated_at)})
    return lines


def date(value) -> str:
    return date_format(value, "DATE_FORMAT").replace(" ", "\u00a0")


def qr_svg(url: str) -> str:
    out = BytesIO()
    segno.make(url, error="m", micro=False).save(
        out, kind="svg", border=0, xmldecl=False, svgns=True, dark="#211c16", nl=False
    )
    return out.getvalue().decode()
