"""Contests can be found: by their words and their nominations."""

from django.utils.translation import gettext_lazy as _

from contests.models import Contest, Nomination
from publishing.richtext import plain_text
from search.places import address_of
from search.registry import About, Document, Kind, register


class Contests(Kind):
    name, label, model = "contest", _("Contests"), Contest

    def things(self):
        return Contest.objects.published().prefetch_related("nominations__themes")

    def about(self, contest):
        themes = {theme.slug for each in contest.nominations.all() for theme in each.themes.all()}
        return About(
            published_at=contest.published_at,
            changed_at=contest.updated_at,
            themes=sorted(themes),
            year=contest.year,
        )

    def documents(self, contest):
        for language in contest.ready_languages or [contest.original_language]:
            text = contest.edition(language)
            nominations = [each.edition(language) for each in contest.nominations.all()]
            told = [text.goal, text.audience, plain_text(text.rules)]
            yield Document(
                language=language,
                title=text.title,
                summary=text.summary,
                body="\n".join(filter(None, [*told, *(each.description for each in nominations)])),
                keywords=" · ".join(filter(None, (each.title for each in nominations))),
                path=address_of(contest),
                note=str(contest.year),
            )

    def watched(self):
        return {
            Contest: lambda contest: [contest.pk],
            Nomination: lambda nomination: [nomination.contest_id],
        }


register(Contests())
