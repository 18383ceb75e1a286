"""Two languages of one record: which exist, which is ready, which is stale.

A record has an original language and may have the other. A language is absent, a draft or ready;
only ready ones are shown. Staleness is known per field: beside each translated field stand the
digests of the source and of the translation at the moment the translator last touched it. When the
source changes and the translation does not, the field is stale until the translation is edited or
confirmed. Nothing here ever writes a text.
"""

import hashlib

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import translation
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header

LANGUAGES = ("ky", "ru")
OTHER = {"ky": "ru", "ru": "ky"}


def current_language() -> str:
    """The language of the page, one of LANGUAGES."""
    language = (translation.get_language() or "ky")[:2]
    return language if language in LANGUAGES else "ky"


def visitor_language(request) -> str:
    """For addresses without a language: by cookie, then by browser, else Kyrgyz."""
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if language in LANGUAGES:
        return language
    header = request.headers.get("Accept-Language", "").lower()
    for tag, _weight in parse_accept_lang_header(header):
        if tag[:2] in LANGUAGES:
            return tag[:2]
    return "ky"


def digest(text: str) -> str:
    """Short digest of a text by its words: markup and white space do not make a text stale."""
    words = " ".join(strip_tags(text).split())
    return hashlib.blake2s(words.encode(), digest_size=6).hexdigest() if words else ""


class LanguageState(models.TextChoices):
    ABSENT = "absent", _("absent")
    DRAFT = "draft", _("draft")
    READY = "ready", _("ready")


class Edition:
    """One language's view of a record: translated fields come in that language, the rest as it is.

    >>> edition = practice.edition("ru")
    >>> edition.title   # title_ru; "" where there is none, never the other language's
    """

    def __init__(self, record, language: str):
        self.record = record
        self.language = language
        self._fields = record.translated_field_names()

    def __getattr__(self, name):
        if name in self._fields:
            return getattr(self.record, f"{name}_{self.language}") or ""
        return getattr(self.record, name)

    def __eq__(self, other):
        return (
            isinstance(other, Edition)
            and self.record == other.record
            and self.language == other.language
        )

    def __hash__(self):
        return hash((self.record, self.language))

    def __str__(self):
        return str(self.record)

    @property
    def is_foreign(self) -> bool:
        """Whether the text is in another language than the page (then it carries `lang`)."""
        return self.language != current_language()


def translated_field_names(model: type[models.Model]) -> frozenset[str]:
    """Names of the model's fields that stand in two columns."""
    from modeltranslation.translator import NotRegistered, translator

    try:
        return frozenset(translator.get_options_for_model(model).fields)
    except NotRegistered:
        return frozenset()


class TwoLanguageRow(models.Model):
    """A row with fields in two languages that belongs to a Translated record (a step, a photo)."""

    class Meta:
        abstract = True

    @classmethod
    def translated_field_names(cls) -> frozenset[str]:
        return translated_field_names(cls)

    def edition(self, language: str) -> Edition:
        return Edition(self, language)


class TranslatedQuerySet(models.QuerySet):
    def ready_in(self, language: str):
        return self.filter(**{f"state_{language}": LanguageState.READY})

    def without(self, language: str):
        return self.exclude(**{f"state_{language}": LanguageState.READY})

    def stale(self):
        """Records whose translation is older than a change of the original."""
        return self.exclude(stale_fields=[])


class Translated(TwoLanguageRow):
    """A record that exists in one language or in two."""

    original_language = models.CharField(
        _("original language"),
        max_length=2,
        choices=[("ky", _("Kyrgyz")), ("ru", _("Russian"))],
        default="ky",
        help_text=_("The language the text was written in; the other one is its translation."),
    )
    state_ky = models.CharField(
        _("Kyrgyz text"),
        max_length=6,
        choices=LanguageState,
        default=LanguageState.ABSENT,
        help_text=_("Only a ready text is shown to readers."),
    )
    state_ru = models.CharField(
        _("Russian text"),
        max_length=6,
        choices=LanguageState,
        default=LanguageState.ABSENT,
        help_text=_("Only a ready text is shown to readers."),
    )
    translated_from = models.JSONField(default=dict, editable=False)
    stale_fields = ArrayField(
        models.CharField(max_length=80), default=list, blank=True, editable=False
    )

    class Meta:
        abstract = True

    def state_of(self, language: str) -> str:
        return getattr(self, f"state_{language}")

    @property
    def other_language(self) -> str:
        return OTHER[self.original_language]

    @property
    def ready_languages(self) -> list[str]:
        return [lang for lang in LANGUAGES if self.state_of(lang) == LanguageState.READY]

    @property
    def is_stale(self) -> bool:
        return bool(self.stale_fields)

    def language_for(self, wanted: str) -> str:
        """The language to show to a reader of `wanted`: that one when ready, else the original.

        Where the translation alone is ready (an edition that came out first), it is that one.
        """
        ready = self.ready_languages
        return next((each for each in (wanted, *ready) if each in ready), self.original_language)

    def edition_for(self, wanted: str) -> Edition:
        return self.edition(self.language_for(wanted))

    def texts(self, language: str) -> dict[str, str]:
        """Every text of the record in a language, by a stable key; rows add their own.

        A subclass with rows of its own extends it: {"steps.12.title": …}.
        """
        return {
            name: getattr(self, f"{name}_{language}") or ""
            for name in sorted(self.translated_field_names())
        }

    def refresh_languages(self, *, confirm: bool = False) -> None:
        """Bring states and staleness in line with the texts; does not save.

        confirm: the translator says the translation is right as it stands.
        """
        source = self.texts(self.original_language)
        target = self.texts(self.other_language)
        for language, texts in ((self.original_language, source), (self.other_language, target)):
            has_text = any(text.strip() for text in texts.values())
            if not has_text:
                setattr(self, f"state_{language}", LanguageState.ABSENT)
            elif self.state_of(language) == LanguageState.ABSENT:
                setattr(self, f"state_{language}", LanguageState.DRAFT)
        known, stale = {}, []
        for key, text in source.items():
            now = [digest(text), digest(target.get(key, ""))]
            if not now[1]:
                # Nothing translated: the reader of the other language misses it once it is shown.
                if now[0] and self.state_of(self.other_language) == LanguageState.READY:
                    stale.append(key)
                continue
            before = self.translated_from.get(key)
            if before and not confirm and before[1] == now[1] and before[0] != now[0]:
                stale.append(key)
                known[key] = before
            else:
                known[key] = now
        self.translated_from, self.stale_fields = known, stale


def title_in_some_language(name: str) -> models.CheckConstraint:
    """Constraint: the title stands in at least one language (NULL and '' both count as none)."""
    return models.CheckConstraint(
        condition=(Q(title_ky__isnull=False) & ~Q(title_ky=""))
        | (Q(title_ru__isnull=False) & ~Q(title_ru="")),
        name=name,
        violation_error_message=_("Give the title in at least one language."),
    )
