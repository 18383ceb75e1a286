"""A contest: its concept, its calendar, its campaign, questions and answers."""

from itertools import pairwise

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contests.choices import (
    OPEN_STAGES,
    Channel,
    ContestStatus,
    Visibility,
)
from contests.models.stages import Stages
from contests.workflow import CONTEST
from partners.models import Partner
from publishing.files import StoredDocument
from publishing.languages import LANGUAGES, TwoLanguageRow, title_in_some_language
from publishing.models import Publishable, PublishableQuerySet
from publishing.richtext import RichTextField


def both_languages() -> list[str]:
    return list(LANGUAGES)


class ContestQuerySet(PublishableQuerySet):
    def accepting(self):
        """Open for applications right now, by the clock of the server."""
        now = timezone.now()
        return self.filter(status=ContestStatus.ACCEPTING, opens_at__lte=now, closes_at__gt=now)


class Contest(Stages, Publishable):
    """A contest of best practice, one a year or more."""

    workflow = CONTEST
    page_view = "contests.views.contest_page"
    reserved_slugs = ("archive", "applications", "diplomas", "jury")
    listed_statuses = OPEN_STAGES
    readable_statuses = (*OPEN_STAGES, ContestStatus.ARCHIVED, ContestStatus.CANCELLED)

    status = models.CharField(
        _("status"),
        max_length=16,
        choices=ContestStatus,
        default=ContestStatus.DRAFT,
        editable=False,
    )
    title = models.CharField(_("title"), max_length=160)
    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    summary = models.CharField(
        _("in one line"), max_length=200, blank=True, help_text=_("Who may apply, and for what.")
    )

    # Concept
    goal = models.TextField(_("goal"), max_length=1200, blank=True)
    audience = models.TextField(_("target groups"), max_length=800, blank=True)
    organisers = models.ManyToManyField(
        Partner, verbose_name=_("organisers"), blank=True, related_name="contests"
    )
    budget = models.PositiveIntegerField(
        _("budget, som"), null=True, blank=True, help_text=_("For the staff only.")
    )
    rules = RichTextField(
        _("rules in words"),
        blank=True,
        help_text=_("Nominations, criteria and dates are added by themselves."),
    )

    # Calendar
    opens_at = models.DateTimeField(_("applications from"), null=True, blank=True)
    closes_at = models.DateTimeField(
        _("applications until"),
        null=True,
        blank=True,
        help_text=_("A second after this an application is late. Time of Bishkek."),
    )
    repair_days = models.PositiveSmallIntegerField(_("days to bring missing documents"), default=5)
    admission_until = models.DateField(_("checked until"), null=True, blank=True)
    review_until = models.DateField(_("scored until"), null=True, blank=True)
    deliberation_on = models.DateField(_("deliberation on"), null=True, blank=True)
    award_on = models.DateField(_("award on"), null=True, blank=True)

    # Who may apply
    period_from = models.DateField(_("practice carried out from"), null=True, blank=True)
    period_to = models.DateField(_("practice carried out until"), null=True, blank=True)
    winners_wait_years = models.PositiveSmallIntegerField(
        _("winners wait so many years"),
        default=0,
        help_text=_("A practice that has won does not take part again for so long."),
    )
    one_in_nomination = models.BooleanField(
        _("one application of a municipality in a nomination"), default=True
    )
    needs_letter = models.BooleanField(_("a signed letter is required"), default=True)
    languages = ArrayField(
        models.CharField(max_length=2, choices=settings.LANGUAGES),
        verbose_name=_("languages of applications"),
        default=both_languages,
    )

    # How it is scored
    sheets_wanted = models.PositiveSmallIntegerField(
        _("sheets for each entry"), default=5, validators=[MinValueValidator(1)]
    )
    sheets_least = models.PositiveSmallIntegerField(
        _("sheets without which an entry has no place"),
        default=3,
        validators=[MinValueValidator(1)],
    )
    quorum = models.PositiveSmallIntegerField(
        _("quorum, %"),
        default=66,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_(
            "Of the members at the deliberation, and of the sheets given out for an entry."
        ),
    )
    differ = models.PositiveSmallIntegerField(
        _("opinions differ from so many points"),
        default=30,
        help_text=_("Between the highest and the lowest sheet of an entry, of 100."),
    )
    hides_names = models.BooleanField(_("hide names of people from the commission"), default=True)
    hides_municipality = models.BooleanField(
        _("hide the municipality from the commission"), default=True
    )
    others_seen = models.CharField(
        _("members see each other’s scores"),
        max_length=12,
        choices=Visibility,
        default=Visibility.AFTER_OWN,
    )
    has_visits = models.BooleanField(_("with field visits"), default=False)
    visits_best = models.PositiveSmallIntegerField(
        _("how many of the best are visited"),
        default=5,
        validators=[MinValueValidator(1)],
        help_text=_("In each nomination and group, by the means of the sheets."),
    )
    has_public_vote = models.BooleanField(
        _("with a public vote as an award of its own"), default=False
    )
    vote_from = models.DateTimeField(_("vote from"), null=True, blank=True)
    vote_until = models.DateTimeField(_("vote until"), null=True, blank=True)

    extended_from = models.DateTimeField(_("was to close"), null=True, blank=True, editable=False)
    copied_from = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    results_article = models.ForeignKey(
        "journal.Article",
        verbose_name=_("article on the results"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="contests",
    )
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)

    objects = ContestQuerySet.as_manager()

    class Meta:
        verbose_name = _("contest")
        verbose_name_plural = _("contests")
        ordering = ["-year", "-pk"]
        constraints = [
            title_in_some_language("contest_has_a_title"),
            models.CheckConstraint(
                condition=Q(opens_at=None) | Q(closes_at=None) | Q(closes_at__gt=F("opens_at")),
                name="contest_closes_after_it_opens",
                violation_error_message=_("It closes after it opens."),
            ),
            models.CheckConstraint(
                condition=Q(period_from=None)
                | Q(period_to=None)
                | Q(period_to__gte=F("period_from")),
                name="contest_period_goes_forward",
                violation_error_message=_("The period ends after it begins."),
            ),
            models.CheckConstraint(
                condition=Q(sheets_least__lte=F("sheets_wanted")),
                name="contest_asks_no_more_than_it_assigns",
                violation_error_message=_("No entry would get so many sheets."),
            ),
        ]

    def clean(self):
        super().clean()
        days = [
            (name, getattr(self, name))
            for name in ("admission_until", "review_until", "deliberation_on", "award_on")
            if getattr(self, name)
        ]
        if self.closes_at:
            days.insert(0, ("closes_at", timezone.localdate(self.closes_at)))
        errors = {
            later[0]: _("This comes before “%(earlier)s”.")
            % {"earlier": self._meta.get_field(earlier[0]).verbose_name}
            for earlier, later in pairwise(days)
            if later[1] < earlier[1]
        }
        if errors:
            raise ValidationError(errors)

    def get_absolute_url(self):
        return reverse("contests:contest", args=[self.slug])

    # ------------------------------------------------------------ time

    @property
    def is_accepting(self) -> bool:
        """The instance twin of ContestQuerySet.accepting()."""
        now = timezone.now()
        return (
            self.status == ContestStatus.ACCEPTING
            and self.opens_at is not None
            and self.closes_at is not None
            and self.opens_at <= now < self.closes_at
        )


class Approval(models.Model):
    """An organiser has agreed to the concept and the rules."""

    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.CASCADE, related_name="approvals"
    )
    partner = models.ForeignKey(
        Partner, verbose_name=_("organiser"), on_delete=models.PROTECT, related_name="+"
    )
    by = models.CharField(_("who approved"), max_length=160, help_text=_("Post and name."))
    on = models.DateField(_("approved on"), default=timezone.localdate)
    document = models.CharField(_("document"), max_length=160, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("contest", "approval")
        verbose_name_plural = pgettext_lazy("contest", "approvals")
        constraints = [
            models.UniqueConstraint(fields=["contest", "partner"], name="organiser_approves_once")
        ]

    def __str__(self):
        return f"{self.partner}, {self.on:%d.%m.%Y}"


class ContestFile(StoredDocument):
    """The rules as signed, the order of the contest, the appointment of the commission."""

    owner = "contest"

    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.CASCADE, related_name="files"
    )

    class Meta(StoredDocument.Meta):
        verbose_name = _("file")
        verbose_name_plural = _("files")


class CampaignStep(TwoLanguageRow):
    """One thing done so that those who could apply hear of it."""

    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.CASCADE, related_name="campaign"
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    planned_on = models.DateField(_("planned for"))
    done_on = models.DateField(_("done on"), null=True, blank=True)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("responsible"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        limit_choices_to={"is_staff": True},
    )
    text = models.TextField(
        _("text"),
        max_length=2000,
        blank=True,
        help_text=_("Left empty, it is made from the contest’s data."),
    )
    link = models.URLField(_("proof: link"), blank=True)
    proof = models.CharField(_("proof: in words"), max_length=200, blank=True)
    reach = models.PositiveIntegerField(_("people reached"), null=True, blank=True)
    cost = models.PositiveIntegerField(_("cost, som"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("step of the campaign")
        verbose_name_plural = _("information campaign")
        ordering = ["planned_on", "pk"]

    def __str__(self):
        return f"{self.get_channel_display()}, {self.planned_on:%d.%m.%Y}"


class Question(TwoLanguageRow):
    """A question on the contest and its answer, for everybody to read."""

    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.CASCADE, related_name="questions"
    )
    question = models.TextField(_("question"), max_length=600)
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    email = models.EmailField(
        _("e-mail of who asked"), blank=True, help_text=_("For the answer; never shown.")
    )
    language = models.CharField(
        _("language of who asked"), max_length=2, choices=settings.LANGUAGES, default="ky"
    )
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    is_public = models.BooleanField(_("shown to readers"), default=False)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions and answers")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.question[:80]
