"""The protocol as PDF and as DOCX, drawn when somebody asks for it and kept.

Both are made of one thing: protocol_data(), the words of the sheet in one language.
"""

import io
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

from contests.choices import RESULTS, ProtocolStatus
from contests.models import Protocol
from contests.protocol import blocks_of, group_label, shown_points
from contests.protocol_facts import both
from partners.report import LOCALES, mark, set_page, set_widths
from publishing.excerpts import glued
from publishing.languages import current_language
from publishing.pdf import fingerprint, mark_svg, render_pdf
from publishing.pdf.keeping import kept
from themes.ornament import MADDER, edge_svg

TEMPLATE = "contests/protocol.typ"
EDGE_WIDTH = 960
#: Of the table of points: place, number, entry, mean, median, sheets; 16.5 cm together.
WIDTHS = (Cm(1.5), Cm(2.9), Cm(6.6), Cm(1.9), Cm(1.9), Cm(1.7))
SIGNED = (Cm(1), Cm(7.5), Cm(5), Cm(3))


def protocol_pdf(protocol: Protocol, language: str) -> bytes:
    """Tagged (PDF/UA-1), in the language, with its digest and who has signed."""
    with translation.override(language):
        data = protocol_data(protocol, language)
    return _kept(
        protocol, language, "pdf", data, lambda: _pdf(data, language, protocol.status_changed_at)
    )


def protocol_docx(protocol: Protocol, language: str) -> bytes:
    """The same words as a document of an office."""
    with translation.override(language):
        data = protocol_data(protocol, language)
    return _kept(protocol, language, "docx", data, lambda: _docx(data, language))


def _kept(protocol, language, suffix, data, draw) -> bytes:
    key = f"protocol-{protocol.pk}-{language}-{suffix}"
    return kept("protocols", key, fingerprint(TEMPLATE, data), suffix, draw)


def _pdf(data: dict, language: str, made_at) -> bytes:
    drawing = {"edge": edge_svg(MADDER, width=EDGE_WIDTH), "mark": mark_svg(), "accent": MADDER}
    return render_pdf(
        TEMPLATE, data | drawing, language=language, title=data["title"], made_at=made_at
    )


def protocol_data(protocol: Protocol, language: str) -> dict:
    """Everything that is drawn, as strings of the language, which is the active one."""
    facts = protocol.facts
    contest = facts["contest"]["title"][language]
    return {
        "portal": _("Portal of best practice of local self-government"),
        "contest": contest,
        "title": _("Protocol № %(number)s") % {"number": protocol.number},
        "subtitle": _("of the meeting of the contest’s commission"),
        "day": long_day(protocol.held_on),
        "place": both(protocol, "place")[language],
        "notices": notices(protocol),
        "blocks": [
            each | {"lines": [glued(line) for line in each["lines"]]}
            for each in blocks_of(getattr(protocol, f"text_{language}") or "")
        ],
        "annex": _("Annex. Points of the entries"),
        "columns": [_("Place"), "№", _("Entry"), _("Mean"), _("Median"), _("Sheets")],
        "tables": [table_data(each, language) for each in facts["tables"]],
        "signed": _("Signatures"),
        "signed_columns": ["№", _("Name"), _("Post"), _("Signed")],
        "signatures": signature_rows(protocol, language),
        "dissent_title": _("Dissenting opinions"),
        "dissents": [
            {"name": each.member.name, "text": each.dissent}
            for each in protocol.signatures.select_related("member")
            if each.dissent
        ],
        "digest_label": _("Digest of the text and the facts (SHA-256)"),
        "digest": protocol.digest,
        "address": public_address(protocol, language),
    }


def long_day(value: date) -> str:
    return date_format(value, "DATE_FORMAT").replace(" ", "\u00a0")


def notices(protocol: Protocol) -> list[str]:
    """What must be known before the text is relied on."""
    found = []
    if protocol.contest.is_demo:
        found.append(_("Demo") + ". " + _("This record is invented to show the portal."))
    if protocol.status in {ProtocolStatus.DRAFT, ProtocolStatus.CIRCULATED}:
        found.append(_("Draft: not all have signed yet."))
    if protocol.corrects:
        found.append(
            _("This protocol corrects the protocol %(other)s. What is corrected: %(what)s")
            % {"other": protocol.corrects, "what": both(protocol, "correction")[current_language()]}
        )
    if protocol.status == ProtocolStatus.CORRECTED:
        found.append(
            _("This protocol is replaced. The one that holds: %(other)s")
            % {"other": protocol.corrected_by}
        )
    return found


def table_data(table: dict, language: str) -> dict:
    title = table["nomination"]["title"][language]
    group = group_label(table["group"])
    return {
        "title": f"{title}: {group}" if group else title,
        "rows": [
            [
                str(row["place"] or "–"),
                row["number"],
                f"«{row['title'][language]}», {row['municipality'][language]}",
                shown_points(row["mean"]),
                shown_points(row["median"]),
                str(row["sheets"]),
            ]
            for row in table["rows"]
        ],
    }


def signature_rows(protocol: Protocol, language: str) -> list[list[str]]:
    """[«1», name, post, when]; whoever was there and has not signed has no date."""
    signed = {each.member_id: each for each in protocol.signatures.all()}
    found = []
    for member in protocol.facts["members"]:
        if not member["is_present"]:
            continue
        signature = signed.get(member["id"])
        at = timezone.localtime(signature.at).strftime("%d.%m.%Y %H:%M") if signature else ""
        found.append([str(len(found) + 1), member["name"], member["post"][language], at])
    return found


def is_public(protocol: Protocol) -> bool:
    """Published, or once published and replaced since; never before the results are out."""
    out = protocol.status in {ProtocolStatus.PUBLISHED, ProtocolStatus.CORRECTED}
    return out and protocol.contest.status in RESULTS


def public_address(protocol: Protocol, language: str) -> str:
    """Where everybody reads it; "" while nobody does."""
    if not is_public(protocol):
        return ""
    with translation.override(language):
        path = reverse("contests:protocol", args=[protocol.contest.slug, protocol.pk])
    return settings.SITE_URL + path


# ---------------------------------------------------------------- DOCX


def _docx(data: dict, language: str) -> bytes:
    document = Document()
    set_page(document, language)
    properties = document.core_properties
    properties.title, properties.language = f"{data['title']}. {data['contest']}", LOCALES[language]
    properties.author = properties.comments = ""
    document.add_heading(data["title"], level=1).alignment = WD_ALIGN_PARAGRAPH.CENTER
    for line in (data["subtitle"], f"«{data['contest']}»"):
        document.add_paragraph(line).alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.add_paragraph(", ".join(filter(None, [data["day"], data["place"]])))
    for notice in data["notices"]:
        document.add_paragraph().add_run(notice).bold = True
    for block in data["blocks"]:
        style = {"heading": "Heading 2", "list": "List Bullet"}.get(block["kind"])
        for line in block["lines"]:
            document.add_paragraph(line, style=style)
    document.add_heading(data["signed"], level=2)
    _add_table(document, data["signed_columns"], data["signatures"], SIGNED)
    if data["dissents"]:
        document.add_heading(data["dissent_title"], level=2)
        for each in data["dissents"]:
            document.add_paragraph(f"{each['name']}: {each['text']}")
    document.add_page_break()
    document.add_heading(data["annex"], level=2)
    for table in data["tables"]:
        title = document.add_paragraph()
        title.add_run(table["title"]).bold = True
        title.paragraph_format.keep_with_next = True
        _add_table(document, data["columns"], table["rows"], WIDTHS)
    foot = document.add_paragraph(f"{data['digest_label']}: {data['digest'] or '–'}")
    foot.paragraph_format.space_before = Pt(12)
    if data["address"]:
        document.add_paragraph(data["address"])
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_table(document, columns, rows, widths) -> None:
    table = document.add_table(rows=1, cols=len(columns))
    table.style = "Table Grid"
    for cell, label in zip(table.rows[0].cells, columns, strict=True):
        cell.paragraphs[0].add_run(label).bold = True
    mark(table.rows[0], "w:tblHeader")
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value
    for row in table.rows:
        mark(row, "w:cantSplit")
    set_widths(table, widths)
