"""A check: «does it still work?», asked by a link that is answered with one tap."""

import calendar
from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from practices.choices import AT_WORK, CheckAnswer
from practices.models.adoption import Adoption
from publishing.workflow import Status

#: Months between two questions about a practice.
YEARLY = 12


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last one: 31 August + 6 → 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class CheckQuerySet(models.QuerySet):
    def open(self):
        """Asked and not answered."""
        return self.filter(answered_at=None, closed_at=None)

    def silent(self):
        """Open beyond the last day of an answer."""
        return self.open().filter(answer_by__lt=timezone.localdate())

    def needed(self):
        """Open, and the record still waits for the answer."""
        return self.open().filter(
            Q(practice__status=Status.NEEDS_CHECK)
            | Q(adoption__status__in=AT_WORK, adoption__is_public=True)
        )

    def asked_of(self, user):
        """What the person may answer: authors and confirmed people of the municipality."""
        own = user.memberships.verified().values("municipality")
        return (
            self.needed()
            .filter(
                Q(practice__created_by=user)
                | Q(practice__municipality__in=own)
                | Q(adoption__isnull=False) & Adoption.carried_q(user, "adoption__")
            )
            .select_related(
                "practice__municipality", "adoption__municipality", "adoption__practice"
            )
        )

    def to_read(self):
        """Answers with news that no editor has read yet."""
        return self.filter(answer__in=(CheckAnswer.CHANGED, CheckAnswer.STOPPED), closed_at=None)


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
