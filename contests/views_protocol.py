"""The protocol for its readers and for those who sign it; diplomas and whoever checks one."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from contests import deciding
from contests.choices import ProtocolStatus
from contests.diplomas import Diploma, diploma_facts, diploma_pdf, find_diploma
from contests.models import Contest, Protocol
from contests.protocol_files import is_public, protocol_data, protocol_docx, protocol_pdf
from contests.views_jury import for_member
from people.limits import is_allowed
from publishing.addresses import find
from publishing.languages import current_language
from publishing.public_pages import public_page
from publishing.workflow import MoveRefused

DRAWN = {
    "pdf": (protocol_pdf, "application/pdf"),
    "docx": (
        protocol_docx,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
}


# ---------------------------------------------------------------- for everybody


def _published(request, slug, pk):
    """(protocol, None), or (None, response) where the contest has moved; 404 before it is out."""
    contest, detour = find(request, Contest.objects.all(), slug)
    if detour:
        return None, detour
    protocol = get_object_or_404(contest.protocols.select_related("contest", "corrects"), pk=pk)
    if not is_public(protocol):
        raise Http404
    return protocol, None


@public_page
@require_safe
def protocol(request, slug, pk):
    """Text, points, signatures; what it corrects, and what has replaced it."""
    record, detour = _published(request, slug, pk)
    if detour:
        return detour
    context = {
        "protocol": record,
        "contest": record.contest.edition_for(current_language()),
        "data": protocol_data(record, current_language()),
        "corrected_by": getattr(record, "corrected_by", None),
        "section": "contests",
    }
    return render(request, "contests/protocol.html", context)


@require_safe
def protocol_file(request, slug, pk, kind):
    if kind not in DRAWN:
        raise Http404
    record, detour = _published(request, slug, pk)
    return detour or file_response(record, kind)


def file_response(record: Protocol, kind: str) -> HttpResponse:
    """The protocol in the page’s language as «pdf» or «docx»; the caller has looked who may."""
    draw, content_type = DRAWN[kind]
    language = current_language()
    response = HttpResponse(draw(record, language), content_type=content_type)
    name = f"protocol-{record.pk}-{language}.{kind}"
    response["Content-Disposition"] = content_disposition_header(kind != "pdf", name)
    return response


# ---------------------------------------------------------------- for those who sign


@for_member
def sign(request, member, protocol):
    """Read it, sign it, with a dissenting opinion or without: on exactly the text that is shown."""
    record = _of_member(member, protocol)
    typed = request.POST.get("dissent", "")
    if request.method == "POST":
        try:
            digest = request.POST.get("digest", "")
            deciding.sign(record, member, digest=digest, dissent=typed)
        except MoveRefused as refusal:
            record.refresh_from_db()
            messages.warning(request, refusal.message)
        else:
            messages.success(request, _("You have signed. Thank you."))
            return redirect(request.path)
    elif held := getattr(request, "held", None):
        typed = held.get("dissent", "")
    is_draft = record.status == ProtocolStatus.DRAFT
    context = {
        "member": member,
        "protocol": record,
        "data": None if is_draft else protocol_data(record, current_language()),
        "signature": record.signatures.filter(member=member, digest=record.digest).first(),
        "may_sign": record.status == ProtocolStatus.CIRCULATED,
        "dissent": typed,
        "section": "contests",
    }
    return render(request, "contests/protocol_sign.html", context)


@for_member
def sign_file(request, member, protocol):
    record = _of_member(member, protocol)
    if record.status == ProtocolStatus.DRAFT:
        raise Http404
    return file_response(record, "pdf")


def _of_member(member, pk) -> Protocol:
    """A protocol of a meeting at which the member was; any other is no business of theirs."""
    return get_object_or_404(
        Protocol.objects.filter(contest=member.contest_id, present=member).select_related(
            "contest", "corrects"
        ),
        pk=pk,
    )


# ---------------------------------------------------------------- diplomas


@never_cache
@require_safe
def diploma_check(request):
    """A code typed by hand, with spaces and letters of the other alphabet."""
    typed = request.GET.get("code", "")[:40]
    if not typed.strip():
        return _check_page(request, "", "")
    if not is_allowed(request, "diploma"):
        return _check_page(request, typed, "often", status=429)
    found = find_diploma(typed)
    if found is None:
        return _check_page(request, typed, "unknown")
    return redirect("contests:diploma", found.award.code)


def _check_page(request, typed, state, *, status=200):
    """state: "unknown", "often" or ""."""
    context = {"typed": typed, "state": state, "section": "contests"}
    return render(request, "contests/diploma_check.html", context, status=status)


@never_cache
@require_safe
def diploma(request, code):
    """What the diploma says, from the record; whether it holds."""
    found, instead = _diploma(request, code, "contests:diploma")
    if instead:
        return instead
    language = current_language()
    context = {
        "diploma": found,
        "facts": diploma_facts(found.award, language),
        "contest": found.contest.edition_for(language),
        "section": "contests",
    }
    return render(request, "contests/diploma.html", context)


@never_cache
@require_safe
def diploma_file(request, code):
    found, instead = _diploma(request, code, "contests:diploma_pdf")
    if instead:
        return instead
    if found.is_revoked:
        raise Http404
    language = current_language()
    response = HttpResponse(diploma_pdf(found.award, language), content_type="application/pdf")
    name = f"diploma-{found.award.code}-{language}.pdf"
    response["Content-Disposition"] = content_disposition_header(False, name)
    return response


def _diploma(request, code, address) -> tuple[Diploma | None, HttpResponse | None]:
    """The diploma, or what is answered instead: too often, unknown, or the code as it is written."""
    if not is_allowed(request, "diploma"):
        return None, _check_page(request, code, "often", status=429)
    found = find_diploma(code)
    if found is None:
        return None, _check_page(request, code, "unknown", status=404)
    if code != found.award.code:
        return None, redirect(address, found.award.code)
    return found, None
