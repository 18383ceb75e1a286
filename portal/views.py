"""The roof: pages that gather from many apps, and error pages."""

from django.conf import settings
from django.db.models import Count, F, Q
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import get_language_from_path, get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from places.map import oblast_map
from places.models import Municipality, Oblast
from practices.cards import cards
from practices.models import Adoption, Practice
from publishing.languages import current_language, visitor_language
from themes.models import Theme

NEWEST, MOST_ADOPTED = 6, 3


@vary_on_headers("Accept-Language", "Cookie")
@require_safe
def root(request):
    """To the language of the visitor: by cookie, then by browser, else Kyrgyz."""
    return HttpResponseRedirect(f"/{visitor_language(request)}/")


def themes_with_counts():
    """Themes in order, each with practices_count: published ones, as main or further theme, once."""
    published = Practice.objects.published().values("pk")
    return Theme.objects.annotate(
        practices_count=Count("practices", filter=Q(practices__in=published), distinct=True)
        + Count(
            "further_practices",
            filter=Q(further_practices__in=published) & ~Q(further_practices__theme=F("pk")),
            distinct=True,
        )
    )


def oblasts_with_counts():
    published = Practice.objects.published().values("pk")
    return Oblast.objects.annotate(
        practices_count=Count(
            "municipalities__practices",
            filter=Q(municipalities__practices__in=published),
            distinct=True,
        )
    )


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


@require_safe
def home(request):
    listed = Practice.objects.published().for_list()
    oblasts = list(oblasts_with_counts())
    return render(
        request,
        "portal/home.html",
        {
            "newest": cards(listed.order_by("-published_at", "-pk")[:NEWEST]),
            "most_adopted": cards(
                listed.filter(adoptions_count__gt=0).order_by("-adoptions_count", "-published_at")[
                    :MOST_ADOPTED
                ]
            ),
            "themes": themes_with_counts(),
            "oblasts": oblasts,
            "map": oblast_map(oblasts),
            "happening": adoption_rows(Adoption.objects.recent_for_home()),
            "section": "home",
        },
    )


@require_safe
def theme_list(request):
    return render(
        request, "portal/theme_list.html", {"themes": themes_with_counts(), "section": "themes"}
    )


@require_safe
def theme(request, slug):
    """Everything there is on a theme."""
    subject = get_object_or_404(Theme, slug=slug)
    practices = Practice.objects.published().about(subject).for_list()
    return render(
        request,
        "portal/theme.html",
        {
            "theme": subject,
            "cards": cards(practices.order_by("-published_at", "-pk")[:24]),
            "practices_count": practices.count(),
            "section": "themes",
        },
    )


@require_safe
def municipality_list(request):
    """Municipalities that gave or adopted something, by oblast, with the map."""
    published = Practice.objects.published().values("pk")
    rows = (
        Municipality.objects.for_list()
        .annotate(
            given=Count("practices", filter=Q(practices__in=published), distinct=True)
            + Count(
                "joint_practices",
                filter=Q(joint_practices__in=published) & ~Q(joint_practices__municipality=F("pk")),
                distinct=True,
            ),
            adopted=Count(
                "adoptions",
                filter=Adoption.counted_q("adoptions__") & Q(adoptions__practice__in=published),
                distinct=True,
            ),
        )
        .filter(Q(given__gt=0) | Q(adopted__gt=0))
        .order_by("oblast__is_city", "oblast__sort_key", "sort_key")
    )
    oblasts = list(oblasts_with_counts())
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


@require_safe
def municipality(request, code):
    """A municipality's passport: what it gave, what it adopted, where it lies."""
    unit = get_object_or_404(
        Municipality.objects.for_list().prefetch_related("predecessors", "successors"), code=code
    )
    given = (
        Practice.objects.published()
        .for_list()
        .filter(Q(municipality=unit) | Q(other_municipalities=unit))
    )
    adopted = (
        Adoption.objects.shown()
        .filter(municipality=unit, practice__in=Practice.objects.published())
        .select_related("practice__municipality")
    )
    oblasts = list(oblasts_with_counts())
    return render(
        request,
        "places/municipality.html",
        {
            "municipality": unit,
            "given": cards(given.distinct().order_by("-published_at", "-pk")),
            "adopted": adoption_rows(adopted),
            "oblasts": oblasts,
            "map": oblast_map(oblasts, here=unit.oblast),
            "section": "municipalities",
        },
    )


@require_safe
def robots(request):
    lines = [
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /go/",
        "Disallow: /*/account/",
        "Disallow: /*/whatsapp/",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


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
    return error_page(request, "500.html", 500)
