"""The index of everything that can be found, and what helps to find it."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

LANGUAGES = [("ky", _("Kyrgyz")), ("ru", _("Russian"))]


class Label(models.Model):
    """What many things share, kept once: to count things compares numbers, and what meets a choice is
    looked up once a label instead of once a thing.
    """

    text = models.CharField(max_length=300, blank=True, unique=True)

    class Meta:
        verbose_name = _("label of things")
        verbose_name_plural = _("labels of things")

    def __str__(self):
        return self.text


class Thing(models.Model):
    """Something that can be found, with what it is about and all its words in both languages.

    Lexemes name their language (search/analysis.py), so one vector holds both: a thing is matched,
    counted and ranked once. `head` holds only title, aliases, keywords and summary, and titles' words once more
    with a capital. Both vectors
    live outside the row, which stays small: counting reads rows, ranking reads vectors.
    """

    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    #: "kind|oblast|year|languages", the languages of its texts: "ky", "ru" or "ky ru".
    shelf = models.ForeignKey(Label, on_delete=models.PROTECT, db_index=False, related_name="+")
    #: Slugs, the main one first: "waste budget".
    themes = models.ForeignKey(Label, on_delete=models.PROTECT, db_index=False, related_name="+")
    published_at = models.DateTimeField()
    #: Of the thing, at the moment it was read: tells what has changed since.
    changed_at = models.DateTimeField(null=True)
    #: Version of the analysis (search/analysis.py) that made the vectors.
    analysis = models.PositiveSmallIntegerField()
    head = SearchVectorField()
    full = SearchVectorField()

    class Meta:
        verbose_name = _("thing that is found")
        verbose_name_plural = _("things that are found")
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="search_thing_once")
        ]
        indexes = [
            GinIndex(fields=["full"], name="search_thing_full"),
            GinIndex(fields=["head"], name="search_thing_head"),
        ]

    def __str__(self):
        return f"{self.kind} {self.object_id}"


class SearchEntry(models.Model):
    """A thing in one language, as results show it. All plain text.

    path: address without the language. note: a few words under the title, where it is or what.
    aliases and keywords: what it is found by beside its words.
    """

    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="entries")
    language = models.CharField(max_length=2)
    title = models.CharField(max_length=300)
    path = models.CharField(max_length=200)
    note = models.CharField(max_length=300, blank=True)
    aliases = models.TextField(blank=True)
    keywords = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    body = models.TextField(blank=True)

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")
        constraints = [
            models.UniqueConstraint(
                fields=["thing", "language"], name="search_entry_once_a_language"
            )
        ]

    def __str__(self):
        return self.title

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is searched, in the order of its weight."""
        return self.title, self.aliases, self.keywords, self.summary, self.body


class Pending(models.Model):
    """A thing whose entries may be out of date. Written in the transaction that changes the thing,
    so it is there if and only if the change is; taken away in the one that writes the entries.
    """

    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("thing to index")
        verbose_name_plural = _("things to index")
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="search_pending_once")
        ]

    def __str__(self):
        return f"{self.kind} {self.object_id}"


class Word(models.Model):
    """A word of the index as people write it: what folds alike, and what may have been meant."""

    language = models.CharField(max_length=2)
    word = models.CharField(max_length=40)
    #: With ө ү ң ё written as о у н е.
    folded = models.CharField(max_length=40)
    stem = models.CharField(max_length=40)
    folded_stem = models.CharField(max_length=40)
    #: How many entries of the language hold it; a word of none is not kept.
    entries = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("word of the index")
        verbose_name_plural = _("words of the index")
        constraints = [
            models.UniqueConstraint(fields=["language", "word"], name="search_word_once"),
        ]
        indexes = [
            models.Index(OpClass("folded", name="varchar_pattern_ops"), name="search_word_folded"),
            models.Index(fields=["folded_stem"], name="search_word_folded_stem"),
            GinIndex(OpClass("folded", name="gin_trgm_ops"), name="search_word_trigrams"),
        ]

    def __str__(self):
        return self.word


class Term(models.Model):
    """Words and phrases of both languages that mean the same: who types one finds all of them."""

    ky = models.TextField(
        _("in Kyrgyz"),
        blank=True,
        help_text=_("One word or phrase a line, the preferred one first; abbreviations too."),
    )
    ru = models.TextField(
        _("in Russian"),
        blank=True,
        help_text=_("One word or phrase a line, the preferred one first; abbreviations too."),
    )
    note = models.CharField(_("note for editors"), max_length=200, blank=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("term of the search")
        verbose_name_plural = _("terms of the search")
        ordering = ["ky", "ru"]

    def __str__(self):
        return " – ".join(
            phrases[0] for phrases in (self.phrases("ky"), self.phrases("ru")) if phrases
        )

    def phrases(self, language: str) -> list[str]:
        """The phrases of one language in their order."""
        return [line.strip() for line in getattr(self, language).splitlines() if line.strip()]


class MissedQuery(models.Model):
    """Words that found nothing, how often on a day. Nothing of who searched is kept."""

    words = models.CharField(_("words"), max_length=80)
    language = models.CharField(_("language of the page"), max_length=2, choices=LANGUAGES)
    theme = models.CharField(_("theme"), max_length=60, blank=True)
    on = models.DateField(_("day"))
    times = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("search without results")
        verbose_name_plural = _("searches without results")
        ordering = ["-on", "-times", "words"]
        constraints = [
            models.UniqueConstraint(
                fields=["words", "language", "theme", "on"], name="search_missed_once_a_day"
            )
        ]

    def __str__(self):
        return self.words
