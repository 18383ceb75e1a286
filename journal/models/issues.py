"""Issues, their editions, who made them and whom they went to."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journal.choices import (
    IssueStatus,
)
from journal.models.rows import JournalRow
from journal.workflow import FINISHED, ISSUE
from publishing.files import StoredDocument, StoredPicture
from publishing.languages import (
    LANGUAGES,
    LanguageState,
    title_in_some_language,
)
from publishing.models import Publishable, PublishableQuerySet
from publishing.workflow import Missing, MoveRefused

ISSN = "1694-7053"
REGISTRATION = "1785"
#: The first issue of the present count came out in this year.
FIRST_YEAR = 2011
#: An edition may be recalled so long after its release.
RECALL = timedelta(hours=24)
#: Days an article may stay in a stage before it is overdue.


def running_number(year: int, number: int) -> int:
    """Overall number of a monthly issue: 12 a year, number 110 closed the year 2020."""
    return 12 * (year - 2021) + number + 110


class IssueQuerySet(PublishableQuerySet):
    def for_detail(self):
        return self.select_related("cover").prefetch_related("editions", "team", "copies")

    def newest_first(self):
        return self.order_by("-year", "-number")


class Issue(Publishable):
    """An issue, one object with two editions. Its title is its theme; a language is ready once that
    edition is released.
    """

    workflow = ISSUE
    page_view = "journal.views.issue_page"
    reserved_slugs = ("articles", "rubrics", "authors", "feeds", "suggest", "subscribe", "writing")

    status = models.CharField(
        _("status"), max_length=16, choices=IssueStatus, default=IssueStatus.PLANNED, editable=False
    )
    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(2100)]
    )
    number = models.PositiveSmallIntegerField(
        _("number"), validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    last_number = models.PositiveSmallIntegerField(
        _("to number"),
        null=True,
        blank=True,
        validators=[MinValueValidator(2), MaxValueValidator(12)],
        help_text=_("Of a double issue: 3 for “2-3”."),
    )
    overall = models.PositiveSmallIntegerField(
        _("overall number"),
        null=True,
        blank=True,
        help_text=_("Counted from year and number when left empty; of a double issue the first."),
    )
    overall_reason = models.CharField(
        _("why the overall number differs"), max_length=200, blank=True
    )
    title = models.CharField(_("theme of the issue"), max_length=160)
    lead = models.TextField(_("lead"), max_length=800, blank=True)
    first_month = models.PositiveSmallIntegerField(
        _("from month"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
    )
    last_month = models.PositiveSmallIntegerField(
        _("to month"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
    )
    planned_on = models.DateField(_("planned for"), null=True, blank=True)
    printed_on = models.DateField(_("printed on"), null=True, blank=True)
    print_run = models.PositiveIntegerField(_("print run"), null=True, blank=True)
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)

    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        ordering = ["-year", "-number"]
        constraints = [
            title_in_some_language("issue_has_a_theme"),
            models.UniqueConstraint(fields=["year", "number"], name="issue_number_once_a_year"),
            models.UniqueConstraint(fields=["overall"], name="issue_overall_number_once"),
            models.CheckConstraint(
                condition=Q(last_number=None) | Q(last_number__gt=F("number")),
                name="double_issue_counts_up",
                violation_error_message=_("The second number of a double issue is the larger one."),
            ),
        ]

    def __str__(self):
        return f"№ {self.number_text} ({self.overall_text}), {self.year}"

    @property
    def original_title(self) -> str:
        return str(self)

    @property
    def number_text(self) -> str:
        """«4», of a double issue «2-3»."""
        return f"{self.number}-{self.last_number}" if self.last_number else str(self.number)

    @property
    def overall_text(self) -> str:
        """«176», of a double issue «174-175»."""
        last = self.overall + self.last_number - self.number if self.last_number else None
        return f"{self.overall}-{last}" if last else str(self.overall)

    @property
    def months(self) -> tuple[int, int]:
        first = self.first_month or self.number
        return first, self.last_month or self.last_number or first

    def clean(self):
        super().clean()
        if not (self.year and self.number):
            return
        counted = running_number(self.year, self.number)
        if self.overall and self.overall != counted and not self.overall_reason.strip():
            raise ValidationError(
                {
                    "overall": _("By the count it would be %(number)s. Give the reason beside it.")
                    % {"number": counted}
                }
            )

    def save(self, *args, **kwargs):
        if not self.overall:
            self.overall = running_number(self.year, self.number)
        if not self.slug:
            self.slug = f"{self.year}-{self.number_text}"
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("journal:issue", args=[self.slug])

    def edition_of(self, language: str) -> "IssueEdition | None":
        return next((each for each in self.editions.all() if each.language == language), None)

    def released_languages(self) -> list[str]:
        return [each.language for each in self.editions.all() if each.released_at]

    def missing_for_print(self):
        missing = [
            Missing(
                "articles",
                gettext("the article “%(title)s” approved: it is %(stage)s")
                % {"title": article.original_title, "stage": article.get_status_display()},
            )
            for article in self.articles.exclude(status__in=FINISHED)
        ]
        if not self.articles.exists():
            missing.append(Missing("articles", gettext("articles")))
        return missing

    def missing_for_printed(self):
        missing = []
        if not self.printed_on:
            missing.append(Missing("printed_on", gettext("the day of printing")))
        if not self.print_run:
            missing.append(Missing("print_run", gettext("the print run")))
        return missing

    def missing_for_release(self, language: str) -> list[Missing]:
        """What stands in the way of the edition in the language."""
        missing = self.missing_for_print()
        edition = self.edition_of(language)
        if not getattr(self, f"title_{language}"):
            missing.append(Missing(f"title_{language}", gettext("the theme in this language")))
        if not edition or not (edition.file or edition.without_pdf_reason):
            missing.append(
                Missing("editions", gettext("the PDF of the edition, or why there is none"))
            )
        if edition and edition.released_at:
            missing.append(Missing("editions", gettext("an edition that is not released yet")))
        finished = self.articles.filter(status__in=FINISHED)
        for article in finished.exclude(approved_languages__contains=[language]):
            if not article.one_language_reason:
                missing.append(
                    Missing(
                        "articles",
                        gettext("“%(title)s” in this language, or why it is in one language only")
                        % {"title": article.original_title},
                    )
                )
        return missing

    def apply_move(self, step, *, actor, before, details):
        if step.name == "release":
            self._release(details.get("language", ""), actor)
        elif step.name == "recall":
            self._recall(details.get("language", ""), actor, details.get("reason", ""))

    def _release(self, language, actor):
        if language not in LANGUAGES:
            raise MoveRefused(gettext("Choose the language of the edition."))
        if missing := self.missing_for_release(language):
            raise MoveRefused(gettext("Something is still missing."), missing)
        from journal.actions import release_articles

        now = timezone.now()
        self.published_at = self.published_at or now
        setattr(self, f"state_{language}", LanguageState.READY)
        self.editions.filter(language=language).update(released_at=now, released_by=actor)
        release_articles(self, language, actor)

    def _recall(self, language, actor, reason):
        edition = self.edition_of(language)
        if not edition or not edition.released_at:
            raise MoveRefused(gettext("This edition is not released."))
        if edition.released_at < timezone.now() - RECALL:
            raise MoveRefused(gettext("An edition may be recalled within 24 hours only."))
        from journal.actions import recall_articles

        self.editions.filter(pk=edition.pk).update(released_at=None, released_by=None)
        setattr(self, f"state_{language}", LanguageState.DRAFT)
        recall_articles(self, edition, actor, reason)
        if self.editions.exclude(released_at=None).exists():
            self.status = IssueStatus.RELEASED
        else:
            self.published_at = None


class IssueRow(JournalRow):
    class Meta(JournalRow.Meta):
        abstract = True


class Cover(StoredPicture):
    owner = "issue"

    issue = models.OneToOneField(Issue, on_delete=models.CASCADE, related_name="cover")

    class Meta(StoredPicture.Meta):
        verbose_name = _("cover")
        verbose_name_plural = _("covers")


class IssueEdition(StoredDocument):
    """An issue in one language: its printed PDF, and when it came out."""

    owner = "issue"

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="editions")
    without_pdf_reason = models.CharField(_("why there is no PDF"), max_length=200, blank=True)
    released_at = models.DateTimeField(_("released"), null=True, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta(StoredDocument.Meta):
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            models.UniqueConstraint(fields=["issue", "language"], name="edition_once_a_language")
        ]

    def __str__(self):
        return f"{self.issue}, {self.get_language_display()}"

    def is_visible(self) -> bool:
        return self.released_at is not None and super().is_visible()

    @property
    def may_be_recalled(self) -> bool:
        return bool(self.released_at and self.released_at > timezone.now() - RECALL)


class TeamMember(IssueRow):
    """Who made the issue, as the imprint says it."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="team")
    name = models.CharField(_("name"), max_length=120)
    task = models.CharField(_("task"), max_length=120)

    class Meta(IssueRow.Meta):
        verbose_name = _("member of the team")
        verbose_name_plural = _("team")

    def __str__(self):
        return f"{self.task}: {self.name}"


class Copies(IssueRow):
    """Whom the printed copies went to."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="copies")
    group = models.CharField(_("to whom"), max_length=160)
    number = models.PositiveIntegerField(_("copies"))

    class Meta(IssueRow.Meta):
        verbose_name = _("printed copies")
        verbose_name_plural = _("whom the copies went to")

    def __str__(self):
        return f"{self.group}: {self.number}"
