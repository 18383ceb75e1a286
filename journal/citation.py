"""How an article is cited: a reference in words, BibTeX, RIS, and tags for scholarly indexes."""

import re
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from journal.choices import CreditRole
from journal.models import ISSN, Article
from publishing.excerpts import glued
from publishing.languages import Edition
from publishing.slugs import latin_slug

#: The journal has one name in both languages.
JOURNAL = "Муниципалитет"
LANGUAGE_NAMES = {"ky": "kyrgyz", "ru": "russian"}
#: More authors than that stand behind the title, the first alone with «et al.».
MOST_NAMES = 3
PATRONYMIC = re.compile(r"(?:вич|вна|ична|инична)$", re.IGNORECASE)
#: Second words of Kyrgyz surnames: «Бакыт уулу», «Асан кызы».
OF_FATHER = {"уулу", "кызы"}
SURNAME = re.compile(
    r"(?:[оеё]ва?|[иы]на?|ск(?:ий|ая|ой)|цк(?:ий|ая)|енко|чук|ко|дзе|швили|янц?|ых|их)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Name:
    """A person's name in parts; family is the whole name where the parts cannot be told."""

    family: str
    given: str = ""

    @property
    def with_initials(self) -> str:
        """«Асанова Б. К.», at the head of a reference."""
        return "\u00a0".join([self.family, *self._initials])

    @property
    def after_initials(self) -> str:
        """«Б. К. Асанова», behind the title."""
        return "\u00a0".join([*self._initials, self.family])

    @property
    def _initials(self) -> list[str]:
        """«А.-М.» of a double name."""
        return [
            "-".join(f"{part[0].upper()}." for part in word.split("-") if part)
            for word in self.given.split()
        ]

    @property
    def inverted(self) -> str:
        """«Асанова, Бермет Кадыровна», as BibTeX and RIS want it."""
        return f"{self.family}, {self.given}" if self.given else self.family

    @property
    def in_bibtex(self) -> str:
        """A whole name, an organisation’s or one not told apart, stays whole between braces."""
        escaped = self.inverted.translate(_BIBTEX)
        return escaped if self.given or " " not in escaped else f"{{{escaped}}}"


def name_parts(name: str) -> Name:
    """Which word of a name is the surname: by its ending, beside a patronymic, before «уулу».

    >>> name_parts("Айгүл Асанова")
    Name(family='Асанова', given='Айгүл')
    """
    words = name.replace(",", " ").split()
    if not 2 <= len(words) <= 4:
        return Name(" ".join(words))
    for place, word in enumerate(words[1:], start=1):
        if word.lower() in OF_FATHER:
            family = " ".join(words[place - 1 : place + 1])
            given = [*words[: place - 1], *words[place + 1 :]]
            return Name(family, " ".join(given))
    for place, word in enumerate(words):
        if PATRONYMIC.search(word):
            # «Асанова Бермет Кадыровна» or «Бермет Кадыровна Асанова»
            at = 0 if place == len(words) - 1 else len(words) - 1
            return Name(words[at], " ".join(words[:at] + words[at + 1 :]))
    for at in (0, len(words) - 1):
        others = words[1:] if at == 0 else words[:-1]
        if SURNAME.search(words[at]) and not any(SURNAME.search(each) for each in others):
            return Name(words[at], " ".join(others))
    return Name(" ".join(words))


def authors(article: Article, language: str) -> list[str]:
    """Names of the authors in their order."""
    return [
        credit.author.edition(language).name or credit.author.name
        for credit in article.credits.all()
        if credit.role == CreditRole.AUTHOR
    ]


def address(article: Article, language: str) -> str:
    """The absolute address of the article's page in the language."""
    with translation.override(language):
        return settings.SITE_URL + article.get_absolute_url()


def year_of(article: Article) -> int:
    moment = article.published_at or timezone.now()
    return article.issue.year if article.issue else timezone.localtime(moment).year


def page_range(article: Article) -> str:
    """«12–15», «12», or "" where it is not printed."""
    first, last = article.first_page, article.last_page
    return f"{first}–{last}" if first and last and last != first else str(first or "")


def reference(edition: Edition, *, today: date | None = None) -> str:
    """A reference after ГОСТ Р 7.0.5-2008, in the edition's language.

    Асанова Б. К. Вода в каждый дом // Муниципалитет. 2026. № 9 (179). С. 12–15. URL: … (…).
    """
    article = edition.record
    names = [name_parts(each) for each in authors(article, edition.language)]
    title = glued(" ".join(edition.title.split())).rstrip(". ")
    with translation.override(edition.language):
        if len(names) > MOST_NAMES:
            title = f"{title} / {names[0].after_initials} {_('[et al.]')}"
        elif names:
            author = ", ".join(each.with_initials for each in names)
            title = f"{author}{'' if author.endswith('.') else '.'} {title}"
        parts = [f"{title} // {JOURNAL}.", f"{year_of(article)}."]
        if article.issue:
            parts.append(f"№\u00a0{article.issue.number_text} ({article.issue.overall_text}).")
        if pages := page_range(article):
            # Translators: pages of a reference, «С. 12–15.», «12–15-б.»
            parts.append(pgettext("reference", "P. %(pages)s.") % {"pages": pages})
        parts.append(
            _("URL: %(url)s (accessed: %(date)s).")
            % {
                "url": address(article, edition.language),
                "date": (today or timezone.localdate()).strftime("%d.%m.%Y"),
            }
        )
    return " ".join(parts)


_BIBTEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "%": r"\%", "&": r"\&", "#": r"\#",
        "_": r"\_", "$": r"\$", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    }
)  # fmt: skip


def bibtex(edition: Edition) -> str:
    """The article as one @article of BibTeX, UTF-8."""
    article = edition.record
    names = [name_parts(each) for each in authors(article, edition.language)]
    issue = article.issue
    first = latin_slug(names[0].family) if names else ""
    fields = {
        "author": " and ".join(each.in_bibtex for each in names),
        # A second pair of braces keeps capitals as they are written.
        "title": f"{{{_line(edition.title).translate(_BIBTEX)}}}",
        "journal": JOURNAL,
        "year": str(year_of(article)),
        "number": f"{issue.number_text} ({issue.overall_text})" if issue else "",
        "pages": page_range(article).replace("–", "--"),
        "issn": ISSN,
        "url": address(article, edition.language),
        "langid": LANGUAGE_NAMES[edition.language],
    }
    rows = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@article{{{first or 'municipality'}{year_of(article)}-{article.pk},\n" + ",\n".join(
        rows
    ) + "\n}\n"  # fmt: skip


def ris(edition: Edition) -> str:
    """The article as one record of RIS, UTF-8, lines ended by CR LF."""
    article = edition.record
    issue = article.issue
    rows = [("TY", "JOUR")]
    rows += [("AU", name_parts(each).inverted) for each in authors(article, edition.language)]
    rows += [
        ("TI", _line(edition.title)),
        ("T2", JOURNAL),
        ("AB", _line(edition.lead)),
        ("PY", str(year_of(article))),
        ("DA", timezone.localtime(article.published_at or timezone.now()).strftime("%Y/%m/%d")),
        ("IS", f"{issue.number_text} ({issue.overall_text})" if issue else ""),
        ("SP", str(article.first_page or "")),
        ("EP", str(article.last_page or "")),
        ("SN", ISSN),
        ("UR", address(article, edition.language)),
        ("LA", edition.language),
    ]
    lines = [f"{tag}  - {value}" for tag, value in rows if value]
    return "\r\n".join([*lines, "ER  - ", ""])


def _line(text: str) -> str:
    return " ".join(text.split())


def scholarly_tags(edition: Edition, *, pdf_url: str = "") -> list[tuple[str, str]]:
    """(name, content) of the <meta> tags by which scholarly indexes read the page, in order."""
    article = edition.record
    issue = article.issue
    moment = timezone.localtime(article.published_at or timezone.now())
    tags = [("citation_title", _line(edition.title))]
    for credit in article.credits.all():
        if credit.role != CreditRole.AUTHOR:
            continue
        row = credit.edition(edition.language)
        tags.append(
            ("citation_author", credit.author.edition(edition.language).name or credit.author.name)
        )
        if row.organisation:
            tags.append(("citation_author_institution", row.organisation))
    tags += [
        ("citation_journal_title", JOURNAL),
        ("citation_issn", ISSN),
        ("citation_publication_date", moment.strftime("%Y/%m/%d")),
        ("citation_issue", issue.number_text if issue else ""),
        ("citation_firstpage", str(article.first_page or "")),
        ("citation_lastpage", str(article.last_page or "")),
        ("citation_language", edition.language),
        ("citation_pdf_url", pdf_url),
    ]
    return [(name, content) for name, content in tags if content]
