"""The public vote: an award of its own, beside the commission's."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contests.choices import VoteStatus
from contests.models.applications import Application
from contests.models.contest import Contest
from places.models import Municipality


class Vote(models.Model):
    """A verified person's vote; erased with the contest's personal data, its figure kept."""

    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.CASCADE, related_name="votes"
    )
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="votes")
    voter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="contest_votes",
    )
    municipality = models.ForeignKey(
        Municipality,
        verbose_name=_("municipality of the voter"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    is_own = models.BooleanField(_("for the own municipality"), editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=VoteStatus, default=VoteStatus.COUNTED
    )
    reason = models.CharField(_("why it is not counted"), max_length=200, blank=True)
    source = models.CharField(max_length=32, blank=True, editable=False)
    at = models.DateTimeField(_("given"), auto_now_add=True)

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(
                fields=["contest", "voter"],
                condition=Q(voter__isnull=False),
                name="one_vote_a_person",
            )
        ]

    def __str__(self):
        return f"{self.application}, {self.at:%d.%m.%Y}"
