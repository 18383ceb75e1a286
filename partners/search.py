"""Partners can be found."""

from django.utils.translation import gettext_lazy as _

from partners.models import Partner, Project
from publishing.richtext import plain_text
from search.places import address_of
from search.registry import About, Document, Kind, register
from themes.models import Theme


class Partners(Kind):
    name, label, model = "partner", _("Partners"), Partner

    def things(self):
        return Partner.objects.published().prefetch_related("themes", "oblasts", "projects")

    def about(self, partner):
        oblasts = list(partner.oblasts.all())
        return About(
            published_at=partner.published_at,
            changed_at=partner.updated_at,
            themes=[theme.slug for theme in partner.themes.all()],
            # Found under an oblast by those alone that work in no other.
            oblast=oblasts[0].code if len(oblasts) == 1 else "",
        )

    def documents(self, partner):
        projects = [project for project in partner.projects.all() if project.is_public]
        for language in partner.ready_languages or [partner.original_language]:
            text = partner.edition(language)
            told = [plain_text(text.description)]
            for project in projects:
                edition = project.edition(language)
                told.append(". ".join(filter(None, [edition.title, edition.summary])))
            yield Document(
                language=language,
                title=text.title,
                summary=text.summary,
                body="\n".join(filter(None, told)),
                aliases=text.short_name,
                keywords=" · ".join(
                    getattr(each, f"name_{language}") or ""
                    for each in [*partner.themes.all(), *partner.oblasts.all()]
                ),
                path=address_of(partner),
                note=str(partner.get_kind_display()),
            )

    def watched(self):
        return {
            Partner: lambda partner: [partner.pk],
            Project: lambda project: [project.partner_id],
            Theme: lambda theme: Partner.objects.filter(themes=theme).values_list("pk", flat=True),
        }


register(Partners())
