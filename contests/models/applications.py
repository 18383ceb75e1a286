"""Applications: what a municipality enters, frozen when it is sent."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from contests.choices import ADMITTED, BEFORE_REVIEW, ENTERED, ApplicationStatus, Group
from contests.models.contest import Contest
from contests.models.rules import Nomination
from contests.workflow import APPLICATION
from people.phones import validate_phone
from places.models import Municipality
from practices.models import Practice
from publishing.files import StoredDocument, StoredPicture
from publishing.languages import TwoLanguageRow, current_language
from publishing.workflow import Missing


class ApplicationQuerySet(models.QuerySet):
    def entered(self):
        """Sent, and still in the contest."""
        return self.filter(status__in=ENTERED)

    def admitted(self):
        """What the commission has before it, or had."""
        return self.filter(status__in=ADMITTED)

    def of(self, user):
        """What the person has begun, and what is sent for a municipality they speak for."""
        speaks_for = user.memberships.verified().values("municipality")
        return self.filter(Q(created_by=user) | Q(municipality__in=speaks_for)).distinct()


class Application(TwoLanguageRow):
    """A municipality’s entry in a nomination.

    It begins when it is sent: until then it is a Draft, answers alone (decision 0009). What is
    entered stands in `content`, {language: answers} in the form of practices/contribution.py, a
    copy of the practice or what was typed; it is frozen with a digest, and what the practice
    becomes later changes nothing here.
    """

    workflow = APPLICATION

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.PROTECT, related_name="applications"
    )
    nomination = models.ForeignKey(
        Nomination,
        verbose_name=_("nomination"),
        on_delete=models.PROTECT,
        related_name="applications",
    )
    municipality = models.ForeignKey(
        Municipality,
        verbose_name=_("municipality"),
        on_delete=models.PROTECT,
        related_name="applications",
    )
    group = models.CharField(_("group"), max_length=6, choices=Group, editable=False)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=ApplicationStatus,
        default=ApplicationStatus.SUBMITTED,
        editable=False,
    )
    status_changed_at = models.DateTimeField(
        _("in this status since"), default=timezone.now, editable=False
    )
    number = models.CharField(_("number"), max_length=24, unique=True, editable=False)
    code = models.CharField(_("code for the commission"), max_length=8, blank=True, editable=False)
    practice = models.ForeignKey(
        Practice,
        verbose_name=_("practice"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="applications",
    )
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, default="ky"
    )
    content = models.JSONField(_("what is entered"), editable=False)
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    rules = models.ForeignKey(
        "contests.RulesVersion",
        verbose_name=_("rules it was sent under"),
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    applicant_name = models.CharField(_("who applies"), max_length=120)
    applicant_post = models.CharField(_("post"), max_length=160)
    applicant_phone = models.CharField(
        _("phone"), max_length=16, blank=True, validators=[validate_phone]
    )
    wants_publication = models.BooleanField(
        _("may become a practice of the portal, whatever the decision"), default=True
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("begun by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    submitted_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    late_by = models.CharField(
        _("taken late with the consent of"), max_length=160, blank=True, editable=False
    )
    repair_until = models.DateField(_("documents until"), null=True, editable=False)
    #: {rule: {"ok": bool, "note": str, "by": "system" or a name}}; contests/admission.py.
    checks = models.JSONField(_("conditions"), default=dict, blank=True, editable=False)
    feedback_ky = models.TextField(_("to the applicant (ky)"), max_length=2000, blank=True)
    feedback_ru = models.TextField(_("to the applicant (ru)"), max_length=2000, blank=True)
    discussion = models.TextField(
        _("what was said of it in the deliberation"),
        max_length=2000,
        blank=True,
        help_text=_("Asked for where opinions differ; it goes into the protocol."),
    )
    told_at = models.DateTimeField(_("told of the results"), null=True, editable=False)
    made_practice = models.ForeignKey(
        Practice,
        verbose_name=_("became the practice"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("contest", "application")
        verbose_name_plural = pgettext_lazy("contest", "applications")
        ordering = ["contest", "nomination", "number", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contest", "code"], condition=~Q(code=""), name="application_code_once"
            ),
            models.UniqueConstraint(
                fields=["nomination", "practice"],
                condition=Q(status__in=ENTERED, practice__isnull=False),
                name="practice_entered_once_in_a_nomination",
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def original_title(self) -> str:
        return f"{self.number} {self.title_in(self.language)[0]}".strip()

    @property
    def title(self) -> str:
        """In the reader’s language where it was entered in it too, else as it was entered."""
        return self.title_in(current_language())[0]

    @property
    def title_language(self) -> str:
        return self.title_in(current_language())[1]

    def title_in(self, language: str) -> tuple[str, str]:
        """(title, its language): in that language where there is one, else as it was entered."""
        for each in (language, self.language):
            if title := (self.content.get(each) or {}).get("title"):
                return title, each
        return gettext("untitled"), current_language()

    def plays(self, part: str, user) -> bool:
        """«applicant»: the municipality’s confirmed people, and whoever began it, unless their role
        was taken back.
        """
        if part != "applicant":
            return False
        roles = user.memberships.filter(municipality_id=self.municipality_id)
        if roles.verified().exists():
            return True
        is_own = self.created_by_id == user.pk
        return is_own and not roles.filter(revoked_at__isnull=False).exists()

    def is_open_to(self, user) -> bool:
        """Whether the person may read it and have its files: they have sent it, or may act for it."""
        if not (user.is_authenticated and user.is_active):
            return False
        return self.created_by_id == user.pk or self.plays("applicant", user)

    @property
    def is_readable(self) -> bool:
        """Its files are for the staff, the applicant and the commission, each on pages of theirs."""
        return False

    def missing_for_return(self):
        """Documents may be brought after the deadline; the text may not change."""
        from contests.admission import papers_wanting

        if papers_wanting(self):
            return []
        return [Missing("checks", gettext("a document that is not as it should be"))]

    def missing_for_admission(self):
        from contests.admission import wanting

        return wanting(self)

    def missing_for_taking_back(self):
        if self.contest.status in BEFORE_REVIEW:
            return []
        return [Missing("status", gettext("a contest that is not before the commission yet"))]

    def apply_move(self, step, *, actor, before, details):
        from contests.admission import look_again

        if step.name == "return":
            term = timezone.localdate() + timedelta(days=self.contest.repair_days)
            self.repair_until = details.get("repair_until") or term
        elif step.name == "repair":
            self.checks = look_again(self)

    def after_move(self, step, *, before):
        from contests.letters import tell_applicant

        tell_applicant(self, step)


class Letter(StoredDocument):
    """The letter of the municipality, signed and stamped. One."""

    owner = "application"

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="letter")

    class Meta(StoredDocument.Meta):
        verbose_name = _("signed letter")
        verbose_name_plural = _("signed letters")


class ApplicationPicture(StoredPicture):
    """A photo beside the text."""

    owner = "application"

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="pictures")

    class Meta(StoredPicture.Meta):
        verbose_name = _("photo")
        verbose_name_plural = _("photos")


class ApplicationFile(StoredDocument):
    """A document beside the text."""

    owner = "application"

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="files")

    class Meta(StoredDocument.Meta):
        verbose_name = _("file")
        verbose_name_plural = _("files")
