"""What a contest leaves to the portal: its entries as practices, its results as an article."""

import reversion
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from contests.after import award_label, mark_done
from contests.choices import RESULTS, FollowUpKind, Group
from contests.models import Application, Contest
from contests.protocol import decided_awards
from journal.choices import ArticleKind
from journal.models import Article
from people.consents import Purpose
from practices.choices import CollectedVia
from practices.contribution import KIND, RICH, SECTIONS, NotReady, deliver
from practices.models import Practice
from publishing.drafts import file_row_id
from publishing.files import share_file, twin
from publishing.languages import LANGUAGES
from publishing.models import AuditEvent, Draft
from publishing.richtext import typed_to_html
from publishing.workflow import Missing, MoveRefused

#: rows of a draft’s files → where the application keeps them, and which words stand beside one.
FILES = {"pictures": ("pictures", ("alt", "author")), "documents": ("files", ("title", "kind"))}
#: The earliest headings of the decision, as protocols write them.
DECIDED = {"ky": "КОМИССИЯ ЧЕЧТИ", "ru": "КОМИССИЯ РЕШИЛА"}


# ---------------------------------------------------------------- an entry becomes a practice


@transaction.atomic
def make_practice(application: Application, *, actor) -> Practice:
    """Hand the entry to the editors as a practice, with files and both languages; twice is harmless.

    One that was entered from a practice of the portal is linked with it instead. The applicant is
    its author: it goes the way of what they would have sent themselves. Raises MoveRefused.
    """
    row = (
        Application.objects.select_for_update(of=("self",))
        .select_related("contest", "municipality", "nomination", "practice", "created_by")
        .get(pk=application.pk)
    )
    if row.made_practice_id:
        return row.made_practice
    if row.contest.status not in RESULTS:
        raise MoveRefused(_("First publish the results."))
    practice = row.practice or _delivered(row)
    row.made_practice = practice
    row.save(update_fields=["made_practice", "updated_at"])
    AuditEvent.record(
        practice,
        action="from_contest",
        actor=actor,
        via="admin",
        details={"application": row.number, "digest": row.digest},
    )
    mark_done(row, FollowUpKind.PRACTICE)
    application.made_practice = practice
    return practice


def _delivered(row: Application) -> Practice:
    if not row.wants_publication:
        raise MoveRefused(_("The applicant has not agreed to the publication."))
    if row.created_by is None:
        raise MoveRefused(
            _("The applicant’s account is gone: ask the municipality to send the practice itself.")
        )
    draft = _draft(row)
    before = {name: [each["id"] for each in rows] for name, rows in _rows_in(draft.answers)}
    try:
        practice = deliver(draft, agreed={Purpose.PUBLISH}, via=AuditEvent.Via.ADMIN)
    except NotReady as refusal:
        missing = [Missing(each.field, each.label) for each in refusal.wanting]
        raise MoveRefused(_("Something is still missing."), missing) from refusal
    if row.is_demo:
        practice.is_demo = True
        practice.save(update_fields=["is_demo"])
    draft.refresh_from_db()
    _write_second_language(row, practice, draft, before)
    return practice


def _draft(row: Application) -> Draft:
    """The applicant’s draft of the practice, out of what was frozen."""
    answers = {
        name: value
        for name, value in row.content[row.language].items()
        if name in NAMES and name not in FILES
    }
    answers["municipality"] = row.municipality.code
    answers["collected_via"] = CollectedVia.CONTEST
    if not answers.get("theme") and (theme := row.nomination.themes.first()):
        answers["theme"] = theme.slug
    draft = Draft.objects.create(owner=row.created_by, kind=KIND, language=row.language)
    for name, (accessor, words) in FILES.items():
        answers[name] = [
            {"id": file_row_id(copy)} | _words(source, words, row.language)
            for source, copy in _copies(row, draft, name, accessor)
        ]
    draft.answers = {name: value for name, value in answers.items() if value}
    draft.save(update_fields=["answers", "updated_at"])
    return draft


#: Names of answers that a practice knows; what an application asks beside them stays with it.
NAMES = {name for section in SECTIONS.values() for name in section.names}


def _copies(row, draft, name, accessor):
    """Rows of the draft that share the application’s files."""
    model = getattr(draft, name).model
    for source in getattr(row, accessor).all():
        copy = twin(source, model, draft=draft)
        share_file(source, copy)
        copy.save()
        yield source, copy


def _words(source, names, language) -> dict:
    translated = source.translated_field_names()
    found = {
        name: getattr(source, f"{name}_{language}" if name in translated else name)
        for name in names
    }
    return {name: value for name, value in found.items() if value}


def _rows_in(answers):
    return [
        (name, value)
        for name, value in answers.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]


def _write_second_language(row, practice, draft, before) -> None:
    """The text in the other language, as a draft of the translation that an editor checks."""
    language = next(each for each in LANGUAGES if each != row.language)
    answers = row.content.get(language)
    if not answers:
        return
    with reversion.create_revision():
        reversion.set_user(row.created_by)
        reversion.set_comment(row.number)
        for name in NAMES & set(Practice.translated_field_names()):
            if value := answers.get(name):
                text = typed_to_html(value) if name in RICH else value
                setattr(practice, f"{name}_{language}", text)
        for name, rows in _rows_in(answers):
            if name not in FILES and name in before:
                _write_rows(practice, language, name, rows, before[name], draft)
        practice.refresh_languages()
        practice.save()


def _write_rows(practice, language, name, rows, ids, draft) -> None:
    """Rows bear the same ids in both languages; the draft knows which row each has become."""
    numbers = dict(zip(ids, (each["id"] for each in draft.answers.get(name, ())), strict=False))
    made = {f"p{each.pk}": each for each in getattr(practice, name).all()}
    for typed in rows:
        target = made.get(numbers.get(typed["id"], ""))
        if target is None:
            continue
        for column in target.translated_field_names():
            if value := typed.get(column):
                setattr(target, f"{column}_{language}", value)
        target.save()


# ---------------------------------------------------------------- the results as an article


@transaction.atomic
def write_article(contest: Contest, *, actor) -> Article:
    """A draft for the journal in both languages: what was decided, as tables; twice is harmless."""
    row = Contest.objects.select_for_update(of=("self",)).get(pk=contest.pk)
    if row.results_article_id:
        return row.results_article
    if row.status not in RESULTS:
        raise MoveRefused(_("First publish the results."))
    awards = [award for award in decided_awards(row) if award.revoked_on is None]
    with reversion.create_revision():
        reversion.set_user(actor)
        reversion.set_comment(str(row))
        article = Article(
            kind=ArticleKind.CONTEST,
            created_by=actor,
            original_language=row.original_language,
            is_demo=row.is_demo,
        )
        for language in LANGUAGES:
            for name, text in _article(row, awards, language).items():
                setattr(article, f"{name}_{language}", text)
        article.refresh_languages()
        article.save()
        article.practices.set(_practices(awards))
        article.partners.set(row.organisers.all())
        article.themes.set({theme for each in awards for theme in each.nomination.themes.all()})
    AuditEvent.record(
        article, action="from_contest", actor=actor, via="admin", details={"contest": row.pk}
    )
    row.results_article = article
    row.save(update_fields=["results_article", "updated_at"])
    contest.results_article = article
    return article


def _practices(awards) -> list[Practice]:
    """Those that readers may see are linked; the others are added once they are published."""
    entries = [award.application for award in awards]
    found = {entry.made_practice_id or entry.practice_id for entry in entries}
    return list(Practice.objects.readable().filter(pk__in=found - {None}))


def _article(contest: Contest, awards, language: str) -> dict[str, str]:
    """{"title", "lead", "body"} of a language, to be edited: facts alone, no praise."""
    with translation.override(language):
        edition = contest.edition_for(language)
        entries = contest.applications.admitted()
        figures = {
            "contest": edition.title,
            "count": entries.count(),
            "municipalities": entries.values("municipality").distinct().count(),
            "awards": len(awards),
        }
        lead = _(
            "“%(contest)s”: applications before the commission – %(count)s, municipalities –"
            " %(municipalities)s, awards – %(awards)s."
        )
        parts = [
            format_html("<p>{}</p>", getattr(contest, f"goal_{language}") or ""),
            format_html("<h2>{}</h2>", DECIDED[language]),
            *(_table(rows, language) for rows in _in_tables(awards)),
            format_html(
                '<p><a href="{}">{}</a></p>',
                reverse("contests:results", args=[contest.slug]),
                _("All results and the protocol"),
            ),
        ]
        title = _("Results of the contest: %(contest)s") % {"contest": edition.title}
    return {"title": title[:160], "lead": (lead % figures)[:500], "body": "".join(parts)}


def _in_tables(awards) -> list[list]:
    heaps: dict[tuple, list] = {}
    for award in awards:
        heaps.setdefault((award.nomination_id, award.group), []).append(award)
    return list(heaps.values())


def _table(awards, language: str) -> str:
    first = awards[0]
    heading = getattr(first.nomination, f"title_{language}") or first.nomination.title
    if first.group:
        heading = f"{heading}: {Group(first.group).label}"
    rows = format_html_join(
        "",
        "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
        (
            (
                award_label(award, language),
                award.application.title_in(language)[0],
                place_words(award.application.municipality, language),
            )
            for award in awards
        ),
    )
    names = [capfirst(name) for name in (_("award"), _("practice"), _("municipality"))]
    head = format_html("<tr><th>{}</th><th>{}</th><th>{}</th></tr>", *names)
    return format_html("<h3>{}</h3><table><tbody>{}{}</tbody></table>", heading, head, rows)


def place_words(municipality, language: str) -> str:
    """Municipality, district, oblast, in the language."""
    units = (municipality, municipality.district, municipality.oblast)
    names = [getattr(unit, f"name_{language}") or unit.name for unit in units if unit]
    return ", ".join(dict.fromkeys(names))
