"""The rows of a practice: results, steps, money, law, obstacles, proofs, files, links."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from practices.choices import (
    Barrier,
    Evidence,
    FundingSource,
    LinkKind,
)
from practices.models.columns import YEAR
from practices.placeholders import MAX_NAME, PLACEHOLDERS, placeholders_in
from publishing.files import StoredDocument, StoredPicture
from publishing.languages import TwoLanguageRow


class PracticeRow(TwoLanguageRow):
    """A row of a practice, in order."""

    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]


class Measurement(PracticeRow):
    """A number before and after: the honest core of a result."""

    practice = models.ForeignKey(
        "practices.Practice", on_delete=models.CASCADE, related_name="measurements"
    )
    indicator = models.CharField(_("indicator"), max_length=120)
    unit = models.CharField(_("unit"), max_length=40, blank=True)
    before = models.DecimalField(_("before"), max_digits=14, decimal_places=2)
    after = models.DecimalField(_("after"), max_digits=14, decimal_places=2)
    before_year = models.PositiveSmallIntegerField(
        _("year before"), null=True, blank=True, validators=YEAR
    )
    after_year = models.PositiveSmallIntegerField(
        _("year after"), null=True, blank=True, validators=YEAR
    )
    source = models.CharField(_("source of the numbers"), max_length=200, blank=True)

    class Meta(PracticeRow.Meta):
        verbose_name = _("measured result")
        verbose_name_plural = _("measured results")

    def __str__(self):
        return self.indicator or ""


class PracticeDocument(StoredDocument):
    """A document of a practice: a decision, a contract, a template others can fill in."""

    owner = "practice"

    practice = models.ForeignKey(
        "practices.Practice", on_delete=models.CASCADE, related_name="documents"
    )
    placeholders = ArrayField(
        models.CharField(max_length=MAX_NAME),
        verbose_name=_("words to fill in"),
        default=list,
        blank=True,
        editable=False,
    )

    class Meta(StoredDocument.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")

    def save(self, *args, **kwargs):
        if self.file and not self.file._committed:  # noqa: SLF001
            self._meta.get_field("file").accept_once(self.file, self)
            self.file.file.seek(0)
            self.placeholders = sorted(placeholders_in(self.file.file.read()))
            self.file.file.seek(0)
        super().save(*args, **kwargs)

    @property
    def known_placeholders(self) -> list[str]:
        """Those the portal can fill in, in the order of their table."""
        return [name for name in PLACEHOLDERS if name in self.placeholders]

    @property
    def is_fillable(self) -> bool:
        """Whether readers are offered the template with their own data in it."""
        return (
            self.kind == self.Kind.TEMPLATE
            and not self.has_macros
            and any(name in PLACEHOLDERS for name in self.placeholders)
        )


class PracticePhoto(StoredPicture):
    """A photo of a practice."""

    owner = "practice"

    practice = models.ForeignKey(
        "practices.Practice", on_delete=models.CASCADE, related_name="photos"
    )

    class Meta(StoredPicture.Meta):
        verbose_name = _("photo")
        verbose_name_plural = _("photos")


class Step(PracticeRow):
    """One step of the way, done by somebody in so many days."""

    practice = models.ForeignKey(
        "practices.Practice", on_delete=models.CASCADE, related_name="steps"
    )
    title = models.CharField(_("step"), max_length=120)
    text = models.TextField(_("what is done"), max_length=600, blank=True)
    days = models.PositiveSmallIntegerField(_("days"), null=True, blank=True)
    responsible = models.CharField(_("responsible post"), max_length=120, blank=True)
    typical_mistake = models.CharField(_("typical mistake"), max_length=200, blank=True)
    template = models.ForeignKey(
        PracticeDocument,
        verbose_name=_("template"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="steps",
    )

    class Meta(PracticeRow.Meta):
        verbose_name = _("step")
        verbose_name_plural = _("steps")

    def __str__(self):
        return self.title or ""


class Funding(PracticeRow):
    """Who gave how much."""

    practice = models.ForeignKey(
        "practices.Practice", on_delete=models.CASCADE, related_name="funding"
    )
    source = models.CharField(_("source"), max_length=14, choices=FundingSource)
    amount = models.PositiveBigIntegerField(_("amount, som"))
    name = models.CharField(_("who exactly"), max_length=160, blank=True)

    class Meta(PracticeRow.Meta):
        verbose_name = _("source of money")
        verbose_name_plural = _("sources of money")

    def __str__(self):
        return self.get_source_display()


class LegalBasis(PracticeRow):
    """An act the practice stands on, in the edition it was checked in."""

    practice = models.ForeignKey(
        "practices.Practice", on_delete=models.CASCADE, related_name="legal_basis"
    )
    act = models.CharField(_("act"), max_length=250)
    article = models.CharField(_("article"), max_length=60, blank=True)
    edition_on = models.DateField(_("edition of"), null=True, blank=True)
    url = models.URLField(_("address"), blank=True)
    checked_on = models.DateField(_("checked on"), null=True, blank=True)
    is_outdated = models.BooleanField(_("the act has changed since"), default=False)

    class Meta(PracticeRow.Meta):
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal basis")

    def __str__(self):
        return self.act or ""


class Obstacle(PracticeRow):
    """A barrier met on the way; generalised later for state bodies."""

    practice = models.ForeignKey(
        "practices.Practice", on_delete=models.CASCADE, related_name="obstacles"
    )
    barrier = models.CharField(_("barrier"), max_length=14, choices=Barrier)
    text = models.CharField(_("what stood in the way"), max_length=300)
    how_overcome = models.CharField(_("how it was overcome"), max_length=300, blank=True)
    still_open = models.BooleanField(_("still there"), default=False)

    class Meta(PracticeRow.Meta):
        verbose_name = _("obstacle")
        verbose_name_plural = _("obstacles")

    def __str__(self):
        return self.text or ""


class EvidenceStep(PracticeRow):
    """The proof of one step of the evidence ladder."""

    practice = models.ForeignKey(
        "practices.Practice", on_delete=models.CASCADE, related_name="evidence"
    )
    level = models.PositiveSmallIntegerField(_("step of the ladder"), choices=Evidence)
    on = models.DateField(_("date"))
    note = models.CharField(_("what proves it"), max_length=300)
    by = models.CharField(_("who checked"), max_length=120, blank=True)
    document = models.ForeignKey(
        PracticeDocument,
        verbose_name=_("document"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("proof")
        verbose_name_plural = _("proofs")
        ordering = ["level", "on"]

    def __str__(self):
        return self.get_level_display()


class Link(PracticeRow):
    """A video or a page elsewhere; the portal never embeds it."""

    practice = models.ForeignKey(
        "practices.Practice", on_delete=models.CASCADE, related_name="links"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=LinkKind, default=LinkKind.VIDEO)
    title = models.CharField(_("title"), max_length=160)
    url = models.URLField(_("address"), max_length=500)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)

    class Meta(PracticeRow.Meta):
        verbose_name = _("link")
        verbose_name_plural = _("links")

    def __str__(self):
        return self.title or self.url
