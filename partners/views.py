"""Public pages of partners and of their projects."""

from itertools import groupby

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from partners.choices import PartnerKind, ProjectKind, Role
from partners.gaps import FIRST_YEAR, YEARS_AHEAD, Period, picture
from partners.models import Partner, Project
from publishing.addresses import find
from publishing.languages import current_language
from publishing.mentions import mentions_of
from publishing.public_pages import public_page

KINDS = list(PartnerKind.values)
#: Headings of the list.
GROUPS = {
    PartnerKind.STATE_BODY: _("State bodies"),
    PartnerKind.UNION: _("Unions of municipalities"),
    PartnerKind.NGO: _("Non-governmental organisations"),
    PartnerKind.PROJECT: _("Project offices"),
    PartnerKind.DONOR: _("Donors"),
    PartnerKind.UNIVERSITY: _("Universities and academies"),
    PartnerKind.MEDIA: _("Media"),
    PartnerKind.BUSINESS: _("Business"),
}
PROJECTS = {
    ProjectKind.INITIATIVE: _("National initiatives"),
    ProjectKind.PROJECT: _("Projects"),
}


def for_page():
    return Partner.objects.select_related("logo").prefetch_related("themes", "oblasts", "contacts")


@public_page
@require_safe
def partner_list(request):
    """Partners by kind, each with its logo and one line."""
    language = current_language()
    partners = sorted(
        Partner.objects.published().select_related("logo").order_by("sort_key", "pk"),
        key=lambda partner: KINDS.index(partner.kind),
    )
    groups = [
        {
            "label": GROUPS[kind],
            "kind": kind,
            "partners": [
                {"partner": each.edition_for(language), "logo": logo_of(each, language)}
                for each in group
            ],
        }
        for kind, group in groupby(partners, key=lambda partner: partner.kind)
    ]
    return render(
        request,
        "partners/partner_list.html",
        {"groups": groups, "count": len(partners), "section": "partners"},
    )


def logo_of(partner: Partner, language: str):
    logo = getattr(partner, "logo", None)
    return logo and logo.edition(language)


@public_page
@require_safe
def partner(request, slug):
    record, detour = find(request, for_page(), slug)
    return detour or partner_page(request, record)


def partner_page(request, record, *, is_preview=False):
    """What a partner is, what it gave, what it carries out; for readers and for previews."""
    language = record.language_for(current_language())
    projects = Project.objects.public().filter(partner=record).prefetch_related("themes", "oblasts")
    funded = (
        Project.objects.public()
        .filter(donors=record)
        .exclude(partner=record)
        .select_related("partner")
        .prefetch_related("themes", "oblasts")
    )
    return render(
        request,
        "partners/partner.html",
        {
            "partner": record.edition(language),
            "logo": logo_of(record, language),
            "roles": [Role(role).label for role in record.roles if role in Role.values],
            "people": [
                contact.edition(language) for contact in record.contacts.all() if contact.is_public
            ],
            "materials": materials_of(record),
            "projects": project_rows(projects),
            "funded": project_rows(funded),
            "is_preview": is_preview,
            "section": "partners",
        },
    )


def materials_of(partner) -> list[dict]:
    """What is published of the partner’s: [{kind, mentions}]"""
    mentions = sorted(mentions_of(partner, current_language()), key=lambda mention: mention.kind)
    return [
        {"kind": kind, "mentions": list(group)}
        for kind, group in groupby(mentions, key=lambda mention: mention.kind)
    ]


def project_rows(projects) -> list[dict]:
    """[{project: an edition in a language it has, is_running}]"""
    today = timezone.localdate()
    rows = []
    for project in projects:
        language = current_language()
        if not getattr(project, f"title_{language}"):
            language = "ru" if language == "ky" else "ky"
        rows.append(
            {
                "project": project.edition(language),
                "is_running": project.starts_on <= today
                and (project.ends_on is None or project.ends_on >= today),
            }
        )
    return rows


@public_page(query=("from", "to", "kind", "local"))
@require_safe
def projects(request):
    """National initiatives and projects of a period, and what nobody covers in it."""
    period = Period.read(request.GET)
    kind = request.GET.get("kind", "")
    kind = kind if kind in ProjectKind.values else ""
    is_local = request.GET.get("local") == "1"
    found = period.active(Project.objects.public())
    if kind:
        found = found.filter(kind=kind)
    shown = found.select_related("partner").prefetch_related("themes", "oblasts")
    now = timezone.localdate().year
    return render(
        request,
        "partners/projects.html",
        {
            "groups": [
                {"label": label, "rows": rows}
                for value, label in PROJECTS.items()
                if (rows := project_rows(each for each in shown if each.kind == value))
            ],
            "count": len(shown),
            "picture": picture(found, with_countrywide=not is_local),
            "period": period,
            "years": range(now + YEARS_AHEAD, FIRST_YEAR - 1, -1),
            "kind": kind,
            "kinds": ProjectKind.choices,
            "is_local": is_local,
            "is_narrowed": bool(request.GET),
            "section": "partners",
        },
    )
