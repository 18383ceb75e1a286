"""The ground: oblasts, districts and municipalities with their history."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from places.sorting import sort_key_expression

code_validator = RegexValidator(
    r"^\d{14}$", _("A code of the state classifier of units has 14 digits.")
)


def code_field():
    return models.CharField(
        _("code"),
        max_length=14,
        unique=True,
        validators=[code_validator],
        help_text=_("14 digits of the state classifier of units."),
    )


class Unit(models.Model):
    """What an oblast, a district and a municipality have in common: a code and names."""

    code = code_field()
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(
        _("short name"), max_length=60, blank=True, help_text=_("As it stands in lists and tables.")
    )
    former_names = ArrayField(
        models.CharField(max_length=120),
        verbose_name=_("former names"),
        default=list,
        blank=True,
        help_text=_("In any language, separated by commas. Search finds the place by them."),
    )
    spellings = ArrayField(
        models.CharField(max_length=120),
        verbose_name=_("other spellings"),
        default=list,
        blank=True,
        help_text=_("Spellings that people use, separated by commas."),
    )
    sort_key = models.GeneratedField(
        expression=sort_key_expression("name_ky"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )

    class Meta:
        abstract = True

    def __str__(self):
        return self.name or self.code

    @property
    def label(self) -> str:
        """The name for lists; «р-н» does not break at its hyphen."""
        return (self.short_name or self.name).replace("р-н", "р\u2011н")


class Oblast(Unit):
    """One of the seven oblasts, or one of the two cities of republican significance."""

    is_city = models.BooleanField(_("city of republican significance"), default=False)

    class Meta:
        verbose_name = _("oblast")
        verbose_name_plural = _("oblasts")
        ordering = ["is_city", "sort_key"]

    @property
    def label(self) -> str:
        # «Ош» is the oblast; the city of that name is «Ош шаары».
        return self.name if self.is_city else super().label

    @property
    def key(self) -> str:
        """The two digits that tell the oblast in the classifier: «02» of 41702…"""
        return self.code[3:5]


class District(Unit):
    """A district (район) of an oblast."""

    oblast = models.ForeignKey(
        Oblast, verbose_name=_("oblast"), on_delete=models.PROTECT, related_name="districts"
    )

    class Meta:
        verbose_name = _("district")
        verbose_name_plural = _("districts")
        ordering = ["sort_key"]


class MunicipalityQuerySet(models.QuerySet):
    def current(self):
        """Units that exist today."""
        today = timezone.localdate()
        return self.filter(
            Q(valid_from=None) | Q(valid_from__lte=today),
            Q(valid_to=None) | Q(valid_to__gt=today),
        )

    def for_list(self):
        return self.select_related("oblast", "district")


class Municipality(Unit):
    """A unit of local self-government: an айыл аймак or a town.

    Units are merged, split and renamed; a record stays tied to the unit of its year. So a unit is
    never deleted: it gets a last day (valid_to) and a successor.
    """

    class Kind(models.TextChoices):
        AYIL_AIMAK = "ayil_aimak", _("ayil aimak")
        TOWN = "town", _("town")

    class Group(models.TextChoices):
        MOUNTAIN_REMOTE = "mountain_remote", _("mountain and remote")
        BORDER = "border", _("border")
        MOUNTAIN_BORDER = "mountain_border", _("mountain and border")
        OTHER = "other", pgettext_lazy("group of municipalities", "other")

    class Relief(models.TextChoices):
        LOW = "low", _("below 1,000 m")
        MIDDLE = "middle", _("1,000–1,700 m")
        HIGH = "high", _("1,700–2,300 m")
        HIGHEST = "highest", _("above 2,300 m")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    oblast = models.ForeignKey(
        Oblast, verbose_name=_("oblast"), on_delete=models.PROTECT, related_name="municipalities"
    )
    district = models.ForeignKey(
        District,
        verbose_name=_("district"),
        on_delete=models.PROTECT,
        related_name="municipalities",
        null=True,
        blank=True,
        help_text=_("Empty for towns of oblast and republican significance."),
    )
    population = models.PositiveIntegerField(_("population"), null=True, blank=True)
    population_year = models.PositiveSmallIntegerField(
        _("year of the population figure"), null=True, blank=True
    )
    group = models.CharField(_("group"), max_length=16, choices=Group, default=Group.OTHER)
    relief = models.CharField(_("relief"), max_length=8, choices=Relief, blank=True)
    own_revenue_share = models.PositiveSmallIntegerField(
        _("share of own revenue, %"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    settlements_count = models.PositiveSmallIntegerField(_("settlements"), null=True, blank=True)
    head_name = models.CharField(_("head of the municipality"), max_length=120, blank=True)
    site_url = models.URLField(_("site"), blank=True)
    valid_from = models.DateField(_("exists since"), null=True, blank=True)
    valid_to = models.DateField(
        _("existed until"), null=True, blank=True, help_text=_("The first day it was no more.")
    )
    predecessors = models.ManyToManyField(
        "self",
        verbose_name=_("predecessors"),
        symmetrical=False,
        related_name="successors",
        blank=True,
    )
    source = models.CharField(_("source of the data"), max_length=200, blank=True)
    checked_on = models.DateField(_("data checked on"), null=True, blank=True)
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)

    objects = MunicipalityQuerySet.as_manager()

    class Meta:
        verbose_name = _("municipality")
        verbose_name_plural = _("municipalities")
        ordering = ["sort_key"]
        indexes = [models.Index(fields=["oblast", "kind"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(own_revenue_share=None) | Q(own_revenue_share__lte=100),
                name="municipality_revenue_share_is_a_percentage",
                violation_error_message=_("A share is between 0 and 100 %."),
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_to=None)
                | Q(valid_to__gt=models.F("valid_from")),
                name="municipality_ends_after_it_begins",
                violation_error_message=_("The last day must come after the first."),
            ),
        ]

    def get_absolute_url(self):
        return reverse("places:municipality", args=[self.code])

    @property
    def is_current(self) -> bool:
        """The instance twin of MunicipalityQuerySet.current()."""
        today = timezone.localdate()
        return (self.valid_from is None or self.valid_from <= today) and (
            self.valid_to is None or self.valid_to > today
        )

    @property
    def region_label(self) -> str:
        """«Ак-Суу району, Ысык-Көл»: where the unit lies, without its own name."""
        if self.oblast.is_city:
            return ""
        parts = [self.district.label if self.district_id else "", self.oblast.label]
        return ", ".join(part for part in parts if part)
