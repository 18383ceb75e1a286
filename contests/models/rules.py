"""Nominations, criteria, prizes; the rules as they were frozen."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contests.choices import CriterionKind, Formula
from contests.models.contest import Contest
from publishing.languages import TwoLanguageRow
from themes.models import Theme


class Nomination(TwoLanguageRow):
    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.CASCADE, related_name="nominations"
    )
    code = models.CharField(
        _("short code"), max_length=8, help_text=_("Of the numbers of applications: СУУ.")
    )
    title = models.CharField(_("title"), max_length=160)
    description = models.TextField(_("what is looked for"), max_length=1200, blank=True)
    themes = models.ManyToManyField(Theme, verbose_name=_("themes"), blank=True, related_name="+")
    has_groups = models.BooleanField(
        _("two groups ranked apart"),
        default=True,
        help_text=_("Hard-to-reach, mountain and border municipalities apart from the others."),
    )
    places = models.PositiveSmallIntegerField(
        pgettext_lazy("contest", "places"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("nomination")
        verbose_name_plural = _("nominations")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["contest", "code"], name="nomination_code_once")
        ]

    def __str__(self):
        return self.title or self.code

    def criteria(self) -> list["Criterion"]:
        """Its own criteria and those of the whole contest, in their order."""
        return [
            criterion
            for criterion in self.contest.criteria.all()
            if criterion.nomination_id in {None, self.pk}
        ]


class Prize(TwoLanguageRow):
    """What a place brings, in each of the groups."""

    nomination = models.ForeignKey(Nomination, on_delete=models.CASCADE, related_name="prizes")
    place = models.PositiveSmallIntegerField(_("place"), validators=[MinValueValidator(1)])
    title = models.CharField(_("prize"), max_length=200)
    amount = models.PositiveIntegerField(_("amount, som"), null=True, blank=True)
    sponsor = models.CharField(_("given by"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("prize")
        verbose_name_plural = _("prizes")
        ordering = ["place", "pk"]

    def __str__(self):
        return f"{self.place}: {self.title}"


class Criterion(TwoLanguageRow):
    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.CASCADE, related_name="criteria"
    )
    nomination = models.ForeignKey(
        Nomination,
        verbose_name=_("of the nomination"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="own_criteria",
        help_text=_("Left empty: of all nominations."),
    )
    title = models.CharField(_("title"), max_length=100)
    description = models.TextField(_("what is looked at"), max_length=600, blank=True)
    kind = models.CharField(
        _("kind"), max_length=8, choices=CriterionKind, default=CriterionKind.JURY
    )
    formula = models.CharField(_("worked out from"), max_length=16, choices=Formula, blank=True)
    weight = models.PositiveSmallIntegerField(
        _("weight"),
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("All together make 100; a bonus comes on top."),
    )
    scale_least = models.PositiveSmallIntegerField(_("scale from"), default=0)
    scale_most = models.PositiveSmallIntegerField(_("scale to"), default=10)
    tie_rank = models.PositiveSmallIntegerField(
        _("in a tie"),
        null=True,
        blank=True,
        help_text=_("1 decides first among entries with the same mean."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scale_most__gt=F("scale_least")),
                name="criterion_scale_goes_up",
                violation_error_message=_("The scale goes up."),
            ),
            models.UniqueConstraint(
                fields=["contest", "tie_rank"],
                name="tie_rank_once",
                condition=Q(nomination=None),
                violation_error_message=_("Another criterion decides there already."),
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def is_scored(self) -> bool:
        return self.kind == CriterionKind.JURY

    @property
    def is_bonus(self) -> bool:
        return self.kind == CriterionKind.BONUS

    def clean(self):
        super().clean()
        if self.kind != CriterionKind.JURY and not self.formula:
            raise ValidationError({"formula": _("Say what it is worked out from.")})
        if self.nomination_id and self.nomination.contest_id != self.contest_id:
            raise ValidationError({"nomination": _("This nomination is of another contest.")})


class Anchor(TwoLanguageRow):
    """What a score means in words, so that two members mean the same by it."""

    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="anchors")
    value = models.PositiveSmallIntegerField(_("score"))
    text = models.CharField(_("what it means"), max_length=300)

    class Meta:
        verbose_name = _("meaning of a score")
        verbose_name_plural = _("meanings of scores")
        ordering = ["value"]
        constraints = [
            models.UniqueConstraint(fields=["criterion", "value"], name="score_has_one_meaning")
        ]

    def __str__(self):
        return f"{self.value}: {self.text}"


class RulesVersion(TwoLanguageRow):
    """The rules as they were frozen: nothing in them changes, a change is a new version."""

    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveSmallIntegerField(_("version"))
    content = models.JSONField(editable=False)
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    frozen_at = models.DateTimeField(_("frozen"), default=timezone.now, editable=False)
    frozen_by = models.CharField(_("by"), max_length=160, editable=False)
    reason = models.CharField(_("what changed"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("version of the rules")
        verbose_name_plural = _("versions of the rules")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["contest", "number"], name="rules_version_once")
        ]

    def __str__(self):
        return f"{self.contest}: {self.number}"
