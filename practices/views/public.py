"""Public pages of practices."""

import re

from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from practices.calculator import CalculatorForm
from practices.cards import cards
from practices.charts import before_after
from practices.choices import Evidence
from practices.filters import FACETS, SORTS, PracticeFilter
from practices.models import Practice
from practices.passport import passport_pdf
from practices.sharing import citation, share, share_jpeg, structured_data
from publishing.addresses import find
from publishing.languages import current_language, visitor_language
from publishing.mentions import mentions_of
from publishing.public_pages import kept, public_page

PAGE_SIZE = 20
#: In the order in which the list writes its own addresses (PracticeFilter.query).
LIST_QUERY = (*(facet.name for facet in FACETS), "sort", "page")


@public_page(query=LIST_QUERY, uncached=("q",))
@require_safe
def practice_list(request):
    """The card index: facets with counts, four orders, page by page; the state is the address."""
    published = Practice.objects.published()
    form = PracticeFilter(request.GET)
    counts, total = figures(request, form, published)
    facets = form.facets(counts)
    paginator = Paginator(form.order(form.apply(published)), PAGE_SIZE)
    paginator.count = total  # the facets have counted already
    page = paginator.get_page(request.GET.get("page"))
    return render(
        request,
        "practices/practice_list.html",
        {
            "filter": form,
            "clear_text": form.query(q=None),
            "facets": facets,
            # Drawn once: they stand on the page twice, for narrow screens and for wide ones.
            "drawn_facets": render_to_string("practices/facets.html", {"facets": facets}),
            "page": page,
            "pages": [
                (number, form.query(page=number) if isinstance(number, int) else "")
                for number in page.paginator.get_elided_page_range(page.number, on_each_side=1)
            ],
            "cards": cards(page.object_list.read()),
            "sorts": [
                {
                    "value": value,
                    "label": label,
                    "query": form.query(sort=value),
                    "is_chosen": value == form.order_name,
                }
                for value, label in SORTS.items()
            ],
            "section": "practices",
        },
    )


def figures(request, form, published):
    """The facets’ figures: of words that are looked for without end they are not kept."""
    if form.text:
        return form.figures(published)
    state = ("practices", *sorted(form.chosen.items()))
    return kept(request, state, lambda: form.figures(published))


@public_page
@require_safe
def practice_detail(request, slug):
    record, detour = find(request, Practice.objects.for_detail(), slug)
    return detour or practice_page(request, record)


def ladder(reached: int, proofs: list) -> list[dict]:
    """The steps of evidence, which are reached and by what."""
    return [
        {
            "label": step.label,
            "is_reached": step.value <= reached,
            "proofs": [proof for proof in proofs if proof.level == step.value],
        }
        for step in Evidence
    ]


def practice_page(request, record, *, is_preview=False):
    """A practice's page, for readers and for previews."""
    language = record.language_for(current_language())
    practice = record.edition(language)

    def rows(name):
        return [row.edition(language) for row in getattr(record, name).all()]

    adoptions = list(record.adoptions.all())
    prefetch_related_objects(adoptions, "photos")
    related = Practice.objects.published().filter(pk__in=record.related.values("pk"))
    if not related.exists():
        related = Practice.objects.published().filter(theme=record.theme).exclude(pk=record.pk)
    return render(
        request,
        "practices/practice_detail.html",
        {
            "practice": practice,
            "is_preview": is_preview,
            "measurements": [before_after(row) for row in rows("measurements")],
            "steps": rows("steps"),
            "extra_themes": [theme for theme in record.themes_extra.all() if theme != record.theme],
            "funding": rows("funding"),
            "legal_basis": rows("legal_basis"),
            "obstacles": rows("obstacles"),
            "ladder": ladder(record.evidence_level, rows("evidence")),
            "links": rows("links"),
            "photos": rows("photos"),
            "documents": [row for row in record.documents.all() if not row.has_macros],
            "adoptions": [row.edition_for(language) for row in adoptions],
            "calculator": CalculatorForm(practice=record),
            "share": share(practice),
            "structured_data": structured_data(practice),
            "citation": citation(practice),
            "mentions": mentions_of(record, current_language()),
            "related": cards(related.for_list().order_by("-published_at", "-pk")[:3]),
            "section": "practices",
        },
    )


@public_page(uncached=("quantity",))
@require_safe
def calculator(request, slug):
    """«How much would it be here?»: the cost scaled to another municipality."""
    record, detour = find(request, Practice.objects.for_detail(), slug)
    if detour:
        return detour
    form = CalculatorForm(request.GET or None, practice=record)
    return render(
        request,
        "practices/calculator.html",
        {
            "practice": record.edition_for(current_language()),
            "form": form,
            "estimate": form.estimate() if form.is_bound and form.is_valid() else None,
            "section": "practices",
        },
    )


@require_safe
def passport(request, slug):
    """The A4 sheet in the page's language."""
    record, detour = find(request, Practice.objects.for_detail(), slug)
    if detour:
        return detour
    language = current_language()
    response = HttpResponse(passport_pdf(record, language), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{record.slug}-{language}.pdf"'
    return response


@require_safe
def whatsapp(request, slug):
    """To WhatsApp with the ready text. Written into the page, the address would weigh 1.5 KB."""
    record, detour = find(request, Practice.objects.for_detail(), slug)
    if detour:
        return detour
    return redirect(share(record.edition_for(current_language())).whatsapp_url)


@require_safe
def share_image(request, slug):
    """The JPEG that messengers show beside the link."""
    record = get_object_or_404(Practice.objects.readable(), slug=slug)
    response = HttpResponse(share_jpeg(record, current_language()), content_type="image/jpeg")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@vary_on_headers("Accept-Language", "Cookie")
@require_safe
def short(request, code):
    """/p/П-123, /p/P-123, /p/123: the address printed in the journal and in QR codes."""
    found = re.fullmatch(r"(?:[PpПп]-?)?(\d{1,7})", code)
    if not found:
        raise Http404
    record = get_object_or_404(Practice, number=int(found[1]))
    with translation.override(visitor_language(request)):
        _found, detour = find(request, Practice.objects.all(), record.slug)
        return detour or redirect(record.get_absolute_url())
