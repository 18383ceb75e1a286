"""Valid partners, issues and articles for tests.

make_partner()                        a draft; make_partner("published") has a page
make_issue(year=2026, number=9)       planned, with both editions (without a PDF, and saying why)
make_article()                        with the author; in both languages
make_article("approved", issue=…)     may come out with its issue
make_article("published", "ky_only")  on the lists, in Kyrgyz alone
"""

import itertools

from django.utils import timezone

from journal.choices import ArticleStatus, IssueStatus
from journal.models import Article, Author, Credit, Issue, IssueEdition, Rubric
from partners.choices import Licence, PartnerKind
from partners.models import Partner, Project
from publishing.languages import LANGUAGES, LanguageState
from publishing.workflow import Status

TRAITS = {"approved", "published", "ky_only", "ru_only"}
_numbers = itertools.count(1)

BODY = {
    "ky": "<h2>Көйгөй</h2>" + "<p>Айылда таза суу жетишсиз болчу, эл булактан ташыган.</p>" * 40,
    "ru": "<h2>Проблема</h2>"
    + "<p>В селе не хватало чистой воды, люди носили из родника.</p>" * 40,
}


def make_partner(*traits: str, **fields) -> Partner:
    number = next(_numbers)
    values = {
        "title_ky": f"{number}-уюм",
        "title_ru": f"Организация № {number}",
        "summary_ky": "Айылдарга жардам берет",
        "summary_ru": "Помогает сёлам",
        "kind": PartnerKind.NGO,
    }
    if "published" in traits:
        values |= {
            "status": Status.PUBLISHED,
            "published_at": timezone.now(),
            "state_ky": LanguageState.READY,
            "state_ru": LanguageState.READY,
        }
    return Partner.objects.create(**(values | fields))


def make_project(**fields) -> Project:
    number = next(_numbers)
    themes = fields.pop("themes", ())
    oblasts = fields.pop("oblasts", ())
    values = {
        "title_ky": f"{number}-долбоор",
        "title_ru": f"Проект № {number}",
        "starts_on": "2025-01-01",
        "is_public": True,
        "is_countrywide": not oblasts,
    }
    if "partner" not in fields:
        values["partner"] = make_partner()
    project = Project.objects.create(**(values | fields))
    project.themes.set(themes)
    project.oblasts.set(oblasts)
    return project


def make_rubric(**fields) -> Rubric:
    number = next(_numbers)
    values = {
        "slug": f"rubric-{number}",
        "name_ky": f"Рубрика {number}-ky",
        "name_ru": f"Рубрика {number}",
    }
    return Rubric.objects.create(**(values | fields))


def make_author(**fields) -> Author:
    number = next(_numbers)
    values = {
        "name_ky": f"Айгүл Автор-{number}",
        "name_ru": f"Айгуль Автор-{number}",
        "post_ky": "башкы адис",
        "post_ru": "главный специалист",
    }
    return Author.objects.create(**(values | fields))


def make_issue(**fields) -> Issue:
    """Both editions say why they have no PDF; fields win."""
    values = {
        "year": 2026,
        "number": 9,
        "title_ky": "Суу жана айыл",
        "title_ru": "Вода и село",
        "original_language": "ky",
    }
    issue = Issue.objects.create(**(values | fields))
    for language in LANGUAGES:
        IssueEdition.objects.create(
            issue=issue,
            language=language,
            title_ky="Журнал",
            title_ru="Журнал",
            without_pdf_reason="архив",
        )
    return issue


def make_article(*traits: str, **fields) -> Article:
    if unknown := set(traits) - TRAITS:
        raise ValueError(f"no such traits: {', '.join(sorted(unknown))}")
    number = next(_numbers)
    authors = fields.pop("authors", None)
    practices = fields.pop("practices", ())
    themes = fields.pop("themes", ())
    languages = [
        each for each in LANGUAGES if f"{'ru' if each == 'ky' else 'ky'}_only" not in traits
    ]
    values = {
        "original_language": languages[0],
        "licence": Licence.CC_BY,
        "has_rights": True,
        "has_no_personal_data": True,
    }
    for language in languages:
        values |= {
            f"title_{language}": {"ky": f"{number}-макала", "ru": f"Статья № {number}"}[language],
            f"lead_{language}": {"ky": "Кыскача мазмуну.", "ru": "Кратко о главном."}[language],
            f"body_{language}": BODY[language],
            f"state_{language}": LanguageState.DRAFT,
        }
    if "rubric" not in fields:
        values["rubric"] = make_rubric()
    if {"approved", "published"} & set(traits):
        values |= {"status": ArticleStatus.APPROVED, "approved_languages": languages}
        if len(languages) == 1:
            values["one_language_reason"] = "бир тилде"
    if "published" in traits:
        values |= {"status": ArticleStatus.PUBLISHED, "published_at": timezone.now()}
        values |= {f"state_{language}": LanguageState.READY for language in languages}
    article = Article.objects.create(**(values | fields))
    for author in authors if authors is not None else [make_author()]:
        Credit.objects.create(article=article, author=author)
    article.practices.set(practices)
    article.themes.set(themes)
    return article


def approved_issue(**fields) -> Issue:
    """One that may be released."""
    return make_issue(status=IssueStatus.APPROVED, **fields)


def public(language: str) -> set[int]:
    """Keys of the articles that readers of the language find."""
    ready = Article.objects.published().ready_in(language)
    return set(ready.values_list("pk", flat=True))
