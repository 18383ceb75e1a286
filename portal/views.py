"""The roof: pages that gather from many apps, and error pages."""

import sys
from collections import Counter

from django.conf import settings
from django.core.paginator import Paginator
from django.db import InterfaceError, OperationalError
from django.db.models import Count, F
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language_from_path, get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from contests.views import open_for_home
from journal.views import newest_in_journal
from places.map import oblast_map
from places.models import Municipality, Oblast
from practices.cards import cards
from practices.models import Adoption, Practice
from practices.models.counting import OBLAST, tally
from publishing.languages import current_language, visitor_language
from publishing.mentions import mentions_of
from publishing.public_pages import public_page
from themes.models import Theme

NEWEST, MOST_ADOPTED = 6, 3
#: On the page of a theme, and on one page of a municipality.
MOST_CARDS = 24
RETRY_AFTER = 30  # s


@vary_on_headers("Accept-Language", "Cookie")
@require_safe
def root(request):
    """To the language of the visitor: by cookie, then by browser, else Kyrgyz."""
    return HttpResponseRedirect(f"/{visitor_language(request)}/")


def themes_with_counts(bits: Counter | None = None) -> list[Theme]:
    """Themes in order, each with practices_count: published ones, as main or further theme, once.

    bits: their figures by theme_bits, where they are counted already.
    """
    if bits is None:
        bits = _published("theme_bits")["theme_bits"]
    themes = list(Theme.objects.all())
    for theme in themes:
        theme.practices_count = sum(number for row, number in bits.items() if row & theme.bit)
    return themes


def oblasts_with_counts(places: Counter | None = None) -> list[Oblast]:
    """Oblasts in order, each with practices_count. places: figures by place_year, if counted."""
    if places is None:
        places = _published("place_year")["place_year"]
    counts = Counter()
    for place, number in places.items():
        counts[OBLAST.of(place)] += number
    oblasts = list(Oblast.objects.all())
    for oblast in oblasts:
        oblast.practices_count = counts[oblast.pk]
    return oblasts


def _published(*columns: str) -> dict[str, Counter]:
    return tally(Practice.objects.published(), *columns)


def adoption_rows(adoptions) -> list[dict]:
    """Adoptions with their practice, both in the language of the page."""
    language = current_language()
    return [
        {
            "adoption": adoption.edition(language),
            "practice": adoption.practice.edition_for(language),
        }
        for adoption in adoptions
    ]


@public_page
@require_safe
def home(request):
    listed = Practice.objects.published()
    figures = _published("theme_bits", "place_year")
    oblasts = oblasts_with_counts(figures["place_year"])
    return render(
        request,
        "portal/home.html",
        {
            "newest": cards(listed.order_by("-published_at", "-pk")[:NEWEST].read()),
            "most_adopted": cards(
                listed.filter(adoptions_count__gt=0)
                .order_by("-adoptions_count", "-published_at", "-pk")[:MOST_ADOPTED]
                .read()
            ),
            "themes": themes_with_counts(figures["theme_bits"]),
            "oblasts": oblasts,
            "map": oblast_map(oblasts),
            "happening": adoption_rows(Adoption.objects.recent_for_home()),
            "contests": open_for_home(),
            **newest_in_journal(),
            "section": "home",
        },
    )


@public_page
@require_safe
def theme_list(request):
    return render(
        request, "portal/theme_list.html", {"themes": themes_with_counts(), "section": "themes"}
    )


@public_page
@require_safe
def theme(request, slug):
    """Everything there is on a theme."""
    subject = get_object_or_404(Theme, slug=slug)
    practices = Practice.objects.published().about(subject)
    return render(
        request,
        "portal/theme.html",
        {
            "theme": subject,
            "cards": cards(practices.order_by("-published_at", "-pk")[:MOST_CARDS].read()),
            "practices_count": practices.count(),
            "mentions": mentions_of(subject, current_language()),
            "section": "themes",
        },
    )


@public_page
@require_safe
def municipality_list(request):
    """Municipalities that gave or adopted something, by oblast, with the map."""
    published = Practice.objects.published()
    figures = _published("municipality_id", "place_year")
    given = figures["municipality_id"] + Counter(
        dict(
            Practice.other_municipalities.through.objects.filter(practice__in=published)
            .exclude(municipality=F("practice__municipality"))
            .values_list("municipality")
            .annotate(Count("practice"))
        )
    )
    adopted = dict(
        Adoption.objects.counted()
        .filter(practice__in=published)
        .values_list("municipality")
        .annotate(Count("pk"))
    )
    rows = (
        Municipality.objects.for_list()
        .filter(pk__in={*given, *adopted})
        .order_by("oblast__is_city", "oblast__sort_key", "sort_key")
    )
    for row in rows:
        row.given, row.adopted = given[row.pk], adopted.get(row.pk, 0)
    oblasts = oblasts_with_counts(figures["place_year"])
    return render(
        request,
        "places/municipality_list.html",
        {
            "municipalities": rows,
            "oblasts": oblasts,
            "map": oblast_map(oblasts),
            "section": "municipalities",
        },
    )


@public_page(query=("page",))
@require_safe
def municipality(request, code):
    """A municipality's passport: what it gave, what it adopted, where it lies."""
    unit = get_object_or_404(
        Municipality.objects.for_list().prefetch_related("predecessors", "successors"), code=code
    )
    given = Practice.objects.published().of(unit).order_by("-published_at", "-pk")
    page = Paginator(given, MOST_CARDS).get_page(request.GET.get("page"))
    adopted = (
        Adoption.objects.shown()
        .filter(municipality=unit, practice__in=Practice.objects.published())
        .select_related("practice__municipality")
    )
    oblasts = oblasts_with_counts()
    return render(
        request,
        "places/municipality.html",
        {
            "municipality": unit,
            "given": cards(page.object_list.read()),
            "page": page,
            "pages": [
                (number, f"?page={number}" if isinstance(number, int) else "")
                for number in page.paginator.get_elided_page_range(page.number, on_each_side=1)
            ],
            "adopted": adoption_rows(adopted),
            "mentions": mentions_of(unit, current_language()),
            "oblasts": oblasts,
            "map": oblast_map(oblasts, here=unit.oblast),
            "section": "municipalities",
        },
    )


@public_page
@require_safe
def robots(request):
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /go/",
        "Disallow: /*/account/",
        "Disallow: /*/whatsapp/",
        "Disallow: /*/search/",
        f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


@vary_on_headers("Accept-Language", "Cookie")
@require_safe
def manifest(request):
    return JsonResponse(
        {
            "name": _("Portal of best practice of local self-government"),
            "short_name": "ЖӨБ · МСУ",
            "start_url": "/",
            "display": "standalone",
            "background_color": "#f6f2ea",
            "theme_color": "#8c2f2b",
            "icons": [
                {
                    "src": static(f"img/icon-{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                }
                for size in (192, 512)
            ],
        },
        content_type="application/manifest+json",
    )


def error_page(request, template: str, status: int, **context) -> HttpResponse:
    """In the language of the address, else of the visitor. Needs no database: neither does base.html.

    The switch leads to the same address in the other language, from one without a language to home.
    """
    path = request.path_info
    here = get_language_from_path(path)
    language = here or visitor_language(request)
    links = [
        {
            "code": code,
            "name": get_language_info(code)["name_local"].capitalize(),
            "url": f"/{code}{path.removeprefix(f'/{here}')}" if here else f"/{code}/",
            "current": code == language,
        }
        for code, _name in settings.LANGUAGES
    ]
    with translation.override(language):
        response = render(
            request,
            template,
            context | {"language_links": links, "canonical": ""},
            status=status,
        )
    response["Content-Language"] = language
    return response


def bad_request(request, exception=None):
    return error_page(request, "400.html", 400)


def forbidden(request, exception=None):
    return error_page(request, "403.html", 403)


def csrf_failure(request, reason=""):
    return error_page(request, "403.html", 403, is_csrf=True)


def not_found(request, exception=None):
    return error_page(request, "404.html", 404)


def too_many_requests(request, exception=None):
    return error_page(request, "429.html", 429)


def server_error(request):
    """Called while the error is at hand: is it the database’s, somebody is at it already."""
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        return error_page(request, "500.html", 500)
    response = error_page(request, "503.html", 503)
    response["Retry-After"] = RETRY_AFTER
    return response
