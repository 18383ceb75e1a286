"""What leads to articles: suggestions and the plan."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from journal.choices import (
    PitchSource,
    PitchStatus,
)
from journal.models.articles import Article
from journal.models.rows import Rubric
from places.models import Municipality
from practices.models import Practice
from publishing.files import StoredDocument
from publishing.languages import (
    TwoLanguageRow,
)


class Pitch(models.Model):
    """An article somebody suggests, before anything is decided."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=120)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(
        _("language of letters"), max_length=2, choices=settings.LANGUAGES, default="ky"
    )
    municipality = models.ForeignKey(
        Municipality,
        verbose_name=_("municipality"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    topic = models.CharField(_("what about"), max_length=300)
    why = models.CharField(_("why others should read it"), max_length=300, blank=True)
    rubric = models.ForeignKey(
        Rubric,
        verbose_name=_("rubric"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    practice = models.ForeignKey(
        Practice,
        verbose_name=_("about the practice"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="pitches",
    )
    source = models.CharField(
        _("how it came"), max_length=8, choices=PitchSource, default=PitchSource.SITE
    )
    status = models.CharField(
        _("status"), max_length=8, choices=PitchStatus, default=PitchStatus.NEW, editable=False
    )
    reason = models.TextField(_("reason"), max_length=1000, blank=True, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    article = models.OneToOneField(
        Article,
        verbose_name=pgettext_lazy("journal", "article"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="pitch",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="pitches",
    )
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("suggested article")
        verbose_name_plural = _("suggested articles")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(email="") | ~Q(phone="") | Q(source="editor") | Q(source="practice"),
                name="pitch_has_a_way_back",
                violation_error_message=_("Give an e-mail address or a phone number."),
            )
        ]

    def __str__(self):
        return self.topic

    @property
    def number(self) -> str:
        """What the sender is told: «С-000123»."""
        return f"С-{self.pk:06d}"

    @property
    def original_language(self) -> str:
        return self.language

    @property
    def original_title(self) -> str:
        return f"{self.number}: {self.topic}"

    @property
    def is_readable(self) -> bool:
        """Its file is for the staff alone."""
        return False


class PitchFile(StoredDocument):
    owner = "pitch"

    pitch = models.ForeignKey(Pitch, on_delete=models.CASCADE, related_name="files")

    class Meta(StoredDocument.Meta):
        verbose_name = _("file of a suggestion")
        verbose_name_plural = _("files of a suggestion")


class PlanLine(TwoLanguageRow):
    """A line of the editorial plan: a topic for a rubric in a month."""

    month = models.DateField(_("month"), help_text=_("Its first day."))
    rubric = models.ForeignKey(
        Rubric, verbose_name=_("rubric"), on_delete=models.PROTECT, related_name="plan"
    )
    topic = models.CharField(_("topic"), max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("in charge"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        limit_choices_to={"is_staff": True},
    )
    article = models.ForeignKey(
        Article,
        verbose_name=pgettext_lazy("journal", "article"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="plan",
    )
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)

    class Meta:
        verbose_name = _("line of the plan")
        verbose_name_plural = _("editorial plan")
        ordering = ["month", "rubric__position", "pk"]

    def __str__(self):
        return self.topic or str(self.month)

    def save(self, *args, **kwargs):
        if self.month:
            self.month = self.month.replace(day=1)
        super().save(*args, **kwargs)
