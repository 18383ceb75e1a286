"""Files that the portal makes of an issue: asked for, being made, ready to be taken."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from journal.models.issues import Issue

#: A file that is not there so long after it was asked for was lost with its worker.
LOST = timedelta(minutes=5)


class OutputKind(models.TextChoices):
    PDF = "pdf", "PDF"
    EPUB = "epub", "EPUB"
    PACKAGE = "zip", _("package for the layout designer")


class OutputState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("file", "waiting")
    WORKING = "working", pgettext_lazy("file", "being made")
    DONE = "done", pgettext_lazy("file", "ready")
    FAILED = "failed", pgettext_lazy("file", "failed")


def output_path(output: "Output", filename: str) -> str:
    return f"journal.output/{output.issue.uuid}/{filename}"


class Output(models.Model):
    """One edition as a file of one kind; made anew, it replaces what was."""

    Kind, State = OutputKind, OutputState

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="outputs")
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    kind = models.CharField(_("kind"), max_length=4, choices=OutputKind)
    state = models.CharField(
        _("state"), max_length=8, choices=OutputState, default=OutputState.WAITING
    )
    percent = models.PositiveSmallIntegerField(_("done, percent"), default=0)
    file = models.FileField(_("file"), upload_to=output_path, max_length=200, blank=True)
    bytes = models.PositiveIntegerField(_("size, bytes"), default=0)
    pages = models.PositiveSmallIntegerField(pgettext_lazy("print", "pages"), null=True)
    #: Made before the edition was released: of texts in work, for editors alone.
    is_draft = models.BooleanField(default=True)
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    #: When the texts in the file were read.
    made_at = models.DateTimeField(_("made"), null=True)

    class Meta:
        verbose_name = _("file of an issue")
        verbose_name_plural = _("files of issues")
        ordering = ["language", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue", "language", "kind"], name="output_once_a_kind_and_language"
            )
        ]

    def __str__(self):
        return f"{self.issue}, {self.get_kind_display()}, {self.language}"

    @property
    def is_on_its_way(self) -> bool:
        is_young = self.asked_at > timezone.now() - LOST
        return is_young and self.state in {OutputState.WAITING, OutputState.WORKING}

    @property
    def has_failed(self) -> bool:
        """Whether it was given up, or its worker was lost."""
        return self.state != OutputState.DONE and not self.is_on_its_way

    @property
    def filename(self) -> str:
        return f"municipality-{self.issue.slug}-{self.language}.{self.kind}"
