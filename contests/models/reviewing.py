"""What members give: a sheet for an entry, a score for a criterion, every change kept; visits."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contests.choices import RESULTS, SheetStatus
from contests.models.applications import Application
from contests.models.commission import Member
from contests.models.rules import Criterion
from publishing.files import StoredPicture


class SheetQuerySet(models.QuerySet):
    def counted(self):
        """Handed in by a member who works in the commission and is not recused."""
        return self.filter(status=SheetStatus.SUBMITTED, member__is_active=True)


class Sheet(models.Model):
    """A member’s sheet for an entry: given out, opened, handed in; then nothing changes in it."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="sheets")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="sheets")
    status = models.CharField(
        _("status"), max_length=10, choices=SheetStatus, default=SheetStatus.ASSIGNED
    )
    comment = models.TextField(
        _("to the applicant"),
        max_length=1000,
        blank=True,
        help_text=_("What is strong, what to improve. The applicant reads it without your name."),
    )
    note = models.TextField(_("note for oneself"), max_length=1000, blank=True)
    assigned_at = models.DateTimeField(pgettext_lazy("sheet", "given out"), auto_now_add=True)
    opened_at = models.DateTimeField(pgettext_lazy("sheet", "begun"), null=True, editable=False)
    submitted_at = models.DateTimeField(
        pgettext_lazy("sheet", "handed in"), null=True, editable=False
    )
    reopened_reason = models.CharField(_("reopened because"), max_length=300, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False)

    objects = SheetQuerySet.as_manager()

    class Meta:
        verbose_name = _("sheet")
        verbose_name_plural = _("sheets")
        ordering = ["application", "member"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "member"], name="one_sheet_of_a_member_for_an_entry"
            )
        ]

    def __str__(self):
        return f"{self.application.code}: {self.member}"

    @property
    def is_open(self) -> bool:
        return self.status in {SheetStatus.ASSIGNED, SheetStatus.OPENED}


class Score(models.Model):
    """What stands on a sheet now."""

    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    value = models.PositiveSmallIntegerField(_("score"), null=True, blank=True)
    comment = models.TextField(_("why this score"), max_length=600, blank=True)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = [
            models.UniqueConstraint(fields=["sheet", "criterion"], name="one_score_a_criterion")
        ]

    def __str__(self):
        return f"{self.criterion}: {self.value}"


class ScoreChange(models.Model):
    """Every score and comment that was ever saved, in order; rows are added only."""

    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="changes")
    criterion = models.ForeignKey(Criterion, null=True, on_delete=models.PROTECT, related_name="+")
    value = models.PositiveSmallIntegerField(null=True)
    comment = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("change of a score")
        verbose_name_plural = _("changes of scores")
        ordering = ["pk"]

    def __str__(self):
        return f"{self.criterion}: {self.value}"


class Visit(models.Model):
    """Members have looked at the thing where it stands."""

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="visit")
    planned_on = models.DateField(_("planned for"), null=True, blank=True)
    visited_on = models.DateField(_("visited on"), null=True, blank=True)
    members = models.ManyToManyField(Member, verbose_name=_("who was there"), blank=True)
    works = models.BooleanField(_("it is there and works"), null=True, blank=True)
    as_described = models.BooleanField(_("it is as described"), null=True, blank=True)
    residents_confirm = models.BooleanField(_("residents confirm it"), null=True, blank=True)
    findings = models.TextField(_("what was seen"), max_length=2000, blank=True)
    act = models.CharField(_("act"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("field visit")
        verbose_name_plural = _("field visits")

    def __str__(self):
        return str(self.application)

    @property
    def is_readable(self) -> bool:
        """Its photos, once the results are out."""
        return self.application.contest.status in RESULTS


class VisitPhoto(StoredPicture):
    owner = "visit"

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="photos")

    class Meta(StoredPicture.Meta):
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
