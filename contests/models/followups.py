"""What a contest leaves to be done: an article, an exchange visit, a mentor, a practice."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contests.choices import FollowUpKind
from contests.models.applications import Application
from contests.models.contest import Contest


class FollowUp(models.Model):
    """A task after the decision, given to somebody of the staff with a day."""

    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.CASCADE, related_name="followups"
    )
    application = models.ForeignKey(
        Application,
        verbose_name=_("application"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="followups",
    )
    kind = models.CharField(_("what"), max_length=10, choices=FollowUpKind)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("responsible"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        limit_choices_to={"is_staff": True},
    )
    due_on = models.DateField(_("until"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    link = models.URLField(_("what came of it: link"), blank=True)

    class Meta:
        verbose_name = _("task after the contest")
        verbose_name_plural = _("tasks after the contest")
        ordering = ["done_on", "due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contest", "application", "kind"],
                condition=~Q(kind="other"),
                name="followup_once",
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.application or self.contest}"
