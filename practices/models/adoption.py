"""An adoption: another municipality's repetition of a practice."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.phones import validate_phone
from places.models import Municipality
from practices.choices import (
    AT_WORK,
    AdoptionStatus,
    HelpedBy,
    Recommend,
    Scale,
)
from practices.models.columns import YEAR, choice_array, som
from publishing.files import StoredPicture
from publishing.languages import TwoLanguageRow


class AdoptionQuerySet(models.QuerySet):
    def counted(self):
        """At work and confirmed by the source municipality: only these count."""
        return self.filter(Adoption.counted_q())

    def shown(self):
        """What readers see; a plan is shown as a plan."""
        return self.filter(is_public=True, is_vouched=True)

    def for_list(self):
        return self.select_related("municipality__oblast", "municipality__district")

    def recent_for_home(self):
        """The latest confirmed adoptions of published practices: what is happening."""
        from practices.models.practice import Practice

        return (
            self.counted()
            .filter(practice__in=Practice.objects.published())
            .for_list()
            .select_related("practice__municipality")
            .order_by("-confirmed_on", "-pk")[:5]
        )


class Adoption(TwoLanguageRow):
    """Another municipality's repetition of a practice: what it changed, paid and got.

    planned → preparing → in progress → implemented → sustained; aside: paused, stopped with a
    reason, not confirmed. It counts once the source municipality has confirmed it.
    """

    practice = models.ForeignKey(
        "practices.Practice",
        verbose_name=_("practice"),
        on_delete=models.PROTECT,
        related_name="adoptions",
    )
    municipality = models.ForeignKey(
        Municipality,
        verbose_name=_("municipality that adopted"),
        on_delete=models.PROTECT,
        related_name="adoptions",
    )
    status = models.CharField(
        _("status"), max_length=14, choices=AdoptionStatus, default=AdoptionStatus.PLANNED
    )
    stop_reason = models.CharField(_("why it stopped"), max_length=300, blank=True)
    coordinator_name = models.CharField(_("coordinator"), max_length=120, blank=True)
    coordinator_post = models.CharField(_("coordinator’s post"), max_length=120, blank=True)
    coordinator_phone = models.CharField(
        _("coordinator’s phone"),
        max_length=16,
        blank=True,
        validators=[validate_phone],
        help_text=_("For the editors only; never shown in public."),
    )
    why_chosen = models.TextField(_("why this practice"), max_length=400, blank=True)
    adaptation = models.TextField(_("what was changed"), max_length=800, blank=True)
    scale = models.CharField(_("scale"), max_length=6, choices=Scale, blank=True)
    started_on = models.DateField(_("started on"), null=True, blank=True)
    finished_on = models.DateField(_("finished on"), null=True, blank=True)
    cost_once = som(_("cost, once, som"))
    cost_yearly = som(_("cost a year, som"))
    price_year = models.PositiveSmallIntegerField(
        _("year of prices"), null=True, blank=True, validators=YEAR
    )
    scale_quantity = models.DecimalField(
        _("how many units here"),
        max_digits=10,
        decimal_places=1,
        null=True,
        blank=True,
        help_text=_("In the unit the practice’s cost grows with; the calculator uses it."),
    )
    result = models.TextField(_("result"), max_length=800, blank=True)
    result_number = models.DecimalField(
        _("result as a number"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    result_unit = models.CharField(
        _("what the number counts"),
        max_length=80,
        blank=True,
        help_text=_("For example: households with water."),
    )
    beneficiaries_count = models.PositiveIntegerField(_("people it serves"), null=True, blank=True)
    helped_by = choice_array(_("what helped"), HelpedBy.choices)
    lessons = models.TextField(_("lessons"), max_length=800, blank=True)
    would_recommend = models.CharField(
        _("would recommend"), max_length=12, choices=Recommend, blank=True
    )
    confirmed_on = models.DateField(
        _("confirmed by the source on"),
        null=True,
        blank=True,
        help_text=_("Only a confirmed adoption counts."),
    )
    confirmed_by = models.CharField(
        _("who confirmed"), max_length=120, blank=True, help_text=_("A post, not a name.")
    )
    verified_on = models.DateField(_("verified on site on"), null=True, blank=True)
    is_public = models.BooleanField(_("shown to readers"), default=True)
    is_vouched = models.BooleanField(
        _("vouched for"),
        default=True,
        help_text=_(
            "Declared by a confirmed representative, or looked at by an editor or the source. "
            "Readers see only such ones."
        ),
    )
    status_changed_at = models.DateTimeField(
        _("in this status since"), default=timezone.now, editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("declared by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = AdoptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("adoption")
        verbose_name_plural = _("adoptions")
        ordering = ["-started_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "municipality"],
                name="one_adoption_a_municipality",
                violation_error_message=_(
                    "This municipality’s adoption of the practice is already here."
                ),
            ),
            models.CheckConstraint(
                # NULL passes a check, so each language says «not NULL» too.
                condition=~Q(status=AdoptionStatus.STOPPED)
                | (Q(stop_reason_ky__isnull=False) & ~Q(stop_reason_ky=""))
                | (Q(stop_reason_ru__isnull=False) & ~Q(stop_reason_ru="")),
                name="stopped_adoption_says_why",
                violation_error_message=_("Say why it stopped."),
            ),
            models.CheckConstraint(
                condition=Q(started_on=None)
                | Q(finished_on=None)
                | Q(finished_on__gte=F("started_on")),
                name="adoption_ends_after_it_begins",
                violation_error_message=_("It cannot have finished before it started."),
            ),
        ]

    def __str__(self):
        return f"{self.municipality}: {self.practice}"

    def clean(self):
        super().clean()
        if self.practice_id and self.practice.municipality_id == self.municipality_id:
            raise ValidationError(
                {"municipality": _("This municipality is the source of the practice.")}
            )

    @staticmethod
    def counted_q(prefix: str = "") -> Q:
        """The rule of what counts, for a queryset or an annotation over adoptions."""
        return Q(
            **{
                f"{prefix}status__in": AT_WORK,
                f"{prefix}confirmed_on__isnull": False,
                f"{prefix}is_public": True,
            }
        )

    @property
    def is_counted(self) -> bool:
        """The instance twin of counted()."""
        return self.status in AT_WORK and self.confirmed_on is not None and self.is_public

    @property
    def is_readable(self) -> bool:
        """Whether its photos may be shown: the instance twin of shown(), on a page that opens."""
        return self.is_public and self.is_vouched and self.practice.is_readable


class AdoptionPhoto(StoredPicture):
    """A photo of an adoption."""

    owner = "adoption"

    adoption = models.ForeignKey(Adoption, on_delete=models.CASCADE, related_name="photos")

    class Meta(StoredPicture.Meta):
        verbose_name = _("photo of an adoption")
        verbose_name_plural = _("photos of adoptions")
