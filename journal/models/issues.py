"""Issues, their editions, who made them and whom they went to."""

from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from journal.choices import ArticleStatus, IssueStatus
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
#: Months an issue may cover where they go over the end of a year.
MOST_OVER_NEW_YEAR = 3


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
        return f"{self.overall}-{self.last_overall}" if self.last_number else str(self.overall)

    @property
    def last_overall(self) -> int:
        return self.overall + (self.last_number or self.number) - self.number

    @property
    def months(self) -> tuple[int, int]:
        """The first and the last month; (12, 1) goes over the end of a year."""
        if self.first_month:
            return self.first_month, self.last_month or self.first_month
        return self.number, self.last_month or self.last_number or self.number

    def covered(self) -> list[date]:
        """First days of the months it covers. № 1 over the end of a year began in the year before."""
        first, last = self.months
        count = (last - first) % 12 + 1
        year = self.year - (last < first and self.number <= last)
        numbers = range(first - 1, first - 1 + count)
        return [date(year + number // 12, number % 12 + 1, 1) for number in numbers]

    def clean(self):
        super().clean()
        if not (self.year and self.number):
            return
        errors = {}
        counted = running_number(self.year, self.number)
        if self.overall and self.overall != counted and not self.overall_reason.strip():
            errors["overall"] = _(
                "By the count it would be %(number)s. Give the reason beside it."
            ) % {"number": counted}
        elif not self.overall and counted < 1:
            errors["overall"] = _("The count begins later: give the number, and the reason.")
        elif other := self._with_same_number():
            errors["number"] = _("The number stands in another issue already: %(issue)s.") % {
                "issue": other
            }
        first, last = self.months
        if last < first and len(self.covered()) > MOST_OVER_NEW_YEAR:
            errors["last_month"] = _(
                "The last month comes after the first one; over the end of a year an issue covers "
                "%(count)s months at most."
            ) % {"count": MOST_OVER_NEW_YEAR}
        if errors:
            raise ValidationError(errors)

    def _with_same_number(self) -> "Issue | None":
        """Another issue that has one of its numbers: of the year, or overall."""
        last = max(self.last_number or 0, self.number)
        overall = self.overall or running_number(self.year, self.number)
        others = Issue.objects.exclude(pk=self.pk).annotate(
            last=Coalesce("last_number", "number"),
            last_of_all=F("overall") + F("last") - F("number"),
        )
        return others.filter(
            Q(year=self.year, number__lte=last, last__gte=self.number)
            | Q(overall__lte=overall + last - self.number, last_of_all__gte=overall)
        ).first()

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
        """Every article approved; what was declined or withdrawn keeps nobody waiting."""
        gone = (ArticleStatus.DECLINED, ArticleStatus.WITHDRAWN)
        missing = [
            Missing(
                "articles",
                gettext("the article “%(title)s” approved: it is %(stage)s")
                % {"title": article.original_title, "stage": article.get_status_display()},
            )
            for article in self.articles.exclude(status__in=(*FINISHED, *gone))
        ]
        if not self.articles.exclude(status__in=gone).exists():
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
        return missing + self._lost_since_approval(language)

    def _lost_since_approval(self, language: str) -> list[Missing]:
        """What approved articles would be refused for; each is named."""
        missing = []
        approved = self.articles.filter(
            status=ArticleStatus.APPROVED, approved_languages__contains=[language]
        )
        for article in approved.prefetch_related("credits", "pictures"):
            lost = [each.message for each in article.missing_for_publication()]
            if language not in article.complete_languages():
                lost.append(gettext("the text in this language"))
            missing += [
                Missing(
                    "articles",
                    gettext("of “%(title)s”: %(what)s")
                    % {"title": article.original_title, "what": what},
                )
                for what in dict.fromkeys(lost)
            ]
        return missing

    def in_edition(self, language: str) -> list:
        """Articles that come out, or came, with the edition; in print order."""
        rows = self.articles.filter(
            status__in=FINISHED, approved_languages__contains=[language]
        ).without_text()
        return list(rows.in_print_order())

    def left_out(self, language: str) -> list[tuple]:
        """Its other articles, each with the reason."""
        return [
            (article, article.one_language_reason or article.get_status_display())
            for article in self.articles.without_text().in_print_order()
            if article.status not in FINISHED or language not in article.approved_languages
        ]

    def apply_move(self, step, *, actor, before, details):
        if step.name == "release":
            self._release(details.get("language", ""), actor)
        elif step.name == "recall":
            self._recall(details.get("language", ""), actor, details.get("reason", ""))

    def _release(self, language, actor):
        if language not in LANGUAGES:
            raise MoveRefused(gettext("Choose the language of the edition."))
        # Nobody takes an article back into work between the look at it and its publication.
        list(self.articles.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
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
    name = models.CharField(pgettext_lazy("person", "name"), max_length=120)
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
