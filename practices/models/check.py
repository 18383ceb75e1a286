"""A check: «does it still work?», asked by a link that is answered with one tap."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from practices.choices import CheckAnswer


class CheckQuerySet(models.QuerySet):
    def open(self):
        """Asked and not answered."""
        return self.filter(answered_at=None, closed_at=None)

    def silent(self):
        """Open beyond the last day of an answer."""
        return self.open().filter(answer_by__lt=timezone.localdate())


class Check(models.Model):
    """One question about a practice (once a year) or an adoption (6, 12 and 24 months on)."""

    practice = models.ForeignKey(
        "practices.Practice",
        verbose_name=_("practice"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="checks",
    )
    adoption = models.ForeignKey(
        "practices.Adoption",
        verbose_name=_("adoption"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="checks",
    )
    months = models.PositiveSmallIntegerField(
        _("months after"), help_text=_("6, 12 or 24 for an adoption; 12 for a practice.")
    )
    asked_on = models.DateField(_("asked on"))
    answer_by = models.DateField(_("answer by"))
    answer = models.CharField(_("answer"), max_length=8, choices=CheckAnswer, blank=True)
    note = models.TextField(_("what changed, or why it stopped"), max_length=800, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    closed_at = models.DateTimeField(
        _("closed without an answer"), null=True, blank=True, editable=False
    )

    objects = CheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ["-asked_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(practice__isnull=False, adoption__isnull=True)
                | Q(practice__isnull=True, adoption__isnull=False),
                name="check_is_about_one_thing",
            ),
            models.UniqueConstraint(fields=["adoption", "months"], name="one_check_a_term"),
            models.UniqueConstraint(fields=["practice", "asked_on"], name="one_check_a_day"),
        ]

    def __str__(self):
        return f"{self.record}, {self.asked_on:%d.%m.%Y}"

    @property
    def record(self):
        """The practice or the adoption it asks about."""
        return self.practice or self.adoption

    @property
    def is_open(self) -> bool:
        """The instance twin of CheckQuerySet.open()."""
        return self.answered_at is None and self.closed_at is None
