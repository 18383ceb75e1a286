"""What every published thing shares, and the pages kept by editors."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from publishing.files import StoredDocument, StoredPicture
from publishing.languages import (
    LanguageState,
    Translated,
    TranslatedQuerySet,
    current_language,
    title_in_some_language,
)
from publishing.richtext import RichTextField
from publishing.slugs import free_slug
from publishing.workflow import (
    CONTENT,
    LISTED,
    READABLE,
    Missing,
    Status,
    WithdrawalKind,
)

#: Working days (counted as days) a state may last before it counts as overdue.
DAYS_ALLOWED = {
    Status.SUBMITTED: 5,
    Status.IN_REVIEW: 10,
    Status.NEEDS_CHANGES: 14,
    Status.IN_TRANSLATION: 7,
    Status.READY: 5,
    Status.NEEDS_CHECK: 60,
}


#: The worker looks every twenty seconds; what is not out by then is stuck.
SCHEDULE_GRACE = timedelta(minutes=10)


class AuditEvent(models.Model):
    """Who did what to which thing, when, why and by which way. Never changed, never deleted.

    A trigger in the database refuses UPDATE and DELETE.
    """

    class Via(models.TextChoices):
        ADMIN = "admin", _("admin")
        SITE = "site", _("site")
        SIGNED_LINK = "signed_link", _("signed link")
        IMPORT = "import", _("import")
        SYSTEM = "system", _("system")

    content_type = models.ForeignKey(ContentType, on_delete=models.PROTECT)
    object_id = models.PositiveBigIntegerField()
    thing = GenericForeignKey()
    label = models.CharField(_("thing"), max_length=200)
    action = models.CharField(_("action"), max_length=40)
    # No foreign key: the event outlives the account, and an account's erasure must not touch it.
    actor_id = models.BigIntegerField(_("account number"), null=True)
    actor_name = models.CharField(_("who"), max_length=120, blank=True)
    before = models.CharField(_("from"), max_length=20, blank=True)
    after = models.CharField(_("to"), max_length=20, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)
    via = models.CharField(_("by way of"), max_length=12, choices=Via)
    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["content_type", "object_id", "-at"])]

    def __str__(self):
        return f"{self.label}: {self.action}"

    @classmethod
    def record(cls, thing, *, action, actor, via, before="", after="", reason="", details=None):
        return cls.objects.create(
            thing=thing,
            # The same words whoever acts: a record's title is shown in the actor's language.
            label=getattr(thing, "original_title", str(thing))[:200],
            action=action,
            actor_id=actor.pk if actor else None,
            # Names of editors stay; anybody else's goes with the account, so it is not kept here.
            actor_name=str(actor)[:120] if actor and actor.is_staff else "",
            before=before,
            after=after,
            reason=reason,
            details=details or {},
            via=via,
        )

    @classmethod
    def about(cls, thing):
        return cls.objects.filter(
            content_type=ContentType.objects.get_for_model(thing), object_id=thing.pk
        )


class FormerSlug(models.Model):
    """An address a thing once had; the page there answers 301 to the present one."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    slug = models.SlugField(max_length=80)

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        constraints = [
            models.UniqueConstraint(fields=["content_type", "slug"], name="former_slug_is_unique")
        ]

    def __str__(self):
        return self.slug


class PublishableQuerySet(TranslatedQuerySet):
    def published(self):
        """What stands on lists. The one place that spells the rule, with is_published below."""
        return self.filter(status__in=self.model.listed_statuses, published_at__lte=timezone.now())

    def readable(self):
        """What has a page: the published and the archived."""
        return self.filter(
            status__in=self.model.readable_statuses, published_at__lte=timezone.now()
        )

    def due_for_publication(self):
        return self.filter(status=Status.SCHEDULED, scheduled_for__lte=timezone.now())

    def overdue(self):
        """Rows that have waited longer in their state than it allows."""
        now = timezone.now()
        # Scheduled and not published: something is missing that was there when it was scheduled.
        late = models.Q(status=Status.SCHEDULED, scheduled_for__lt=now - SCHEDULE_GRACE)
        for status, days in DAYS_ALLOWED.items():
            late |= models.Q(status=status, status_changed_at__lt=now - timedelta(days=days))
        return self.filter(late)


class Publishable(Translated):
    """Something written in one or two languages that editors bring to the public.

    States and moves: publishing/workflow.py.
    """

    workflow = CONTENT
    #: States in which it is on lists, and in which its page opens.
    listed_statuses, readable_statuses = LISTED, READABLE
    #: Dotted path of the view function (request, record, is_preview=…) that draws the page.
    page_view = ""
    #: Addresses beside those of the records, which no record may take.
    reserved_slugs: tuple[str, ...] = ()

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(
        _("address"),
        max_length=80,
        unique=True,
        blank=True,
        help_text=_(
            "Latin letters; made from the title when left empty. "
            "A changed address keeps working: the old one leads to the new one."
        ),
    )
    status = models.CharField(
        _("status"), max_length=16, choices=Status, default=Status.DRAFT, editable=False
    )
    status_changed_at = models.DateTimeField(
        _("in this status since"), default=timezone.now, editable=False
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    scheduled_for = models.DateTimeField(_("publish on"), null=True, blank=True, editable=False)
    withdrawal_kind = models.CharField(
        _("kind of withdrawal"),
        max_length=16,
        choices=WithdrawalKind,
        blank=True,
        editable=False,
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("in charge"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        limit_choices_to={"is_staff": True},
    )
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("submitted by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PublishableQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self):
        return self.title_in(current_language())

    @property
    def original_title(self) -> str:
        return self.title_in(self.original_language)

    def title_in(self, language: str) -> str:
        """The title in the language, or in the other one where it has none."""
        return getattr(self, f"title_{language}") or self.title or gettext("untitled")

    @property
    def author(self):
        """Who brought it from outside the editors’ office: letters about it go there. Else None."""
        maker = self.created_by
        return maker if maker and maker.is_active and not maker.is_staff else None

    @property
    def is_published(self) -> bool:
        """The instance twin of PublishableQuerySet.published()."""
        return self.status in self.listed_statuses and bool(
            self.published_at and self.published_at <= timezone.now()
        )

    @property
    def is_readable(self) -> bool:
        """The instance twin of PublishableQuerySet.readable()."""
        return self.status in self.readable_statuses and bool(
            self.published_at and self.published_at <= timezone.now()
        )

    @property
    def due_at(self):
        """When the present state becomes overdue, or None."""
        if self.status == Status.SCHEDULED and self.scheduled_for:
            return self.scheduled_for + SCHEDULE_GRACE
        days = DAYS_ALLOWED.get(self.status)
        return self.status_changed_at + timedelta(days=days) if days else None

    @property
    def is_overdue(self) -> bool:
        return bool(self.due_at and self.due_at < timezone.now())

    # What each move wants to see. A subclass extends these.
    def missing_for_submission(self) -> list[Missing]:
        if not getattr(self, f"title_{self.original_language}"):
            return [
                Missing(
                    f"title_{self.original_language}", gettext("a title in the original language")
                )
            ]
        return []

    def missing_for_publication(self) -> list[Missing]:
        return self.missing_for_submission()

    def missing_in_translation(self) -> list[Missing]:
        missing = self.missing_for_publication()
        if self.state_of(self.other_language) != LanguageState.READY:
            missing.append(
                Missing(f"state_{self.other_language}", gettext("the translation marked as ready"))
            )
        if self.stale_fields:
            missing.append(
                Missing(self.stale_fields[0], gettext("a translation that follows the original"))
            )
        return missing

    def missing_for_schedule(self) -> list[Missing]:
        missing = self.missing_for_publication()
        if not self.scheduled_for or self.scheduled_for <= timezone.now():
            missing.append(Missing("scheduled_for", gettext("a date and time in the future")))
        return missing

    def missing_for_withdrawal(self) -> list[Missing]:
        if self.withdrawal_kind not in WithdrawalKind.values:
            return [Missing("withdrawal_kind", gettext("the kind of withdrawal, for the readers"))]
        return []

    def apply_move(self, step, *, actor, before, details) -> None:
        """What a move changes in the row beside its state; the caller saves."""
        if step.name == "submit":
            self.submitted_by = actor
        elif step.name == "take":
            self.assignee = actor
        elif step.target == Status.PUBLISHED:
            self.mark_original_ready()
            self.published_at = self.published_at or timezone.now()
            self.scheduled_for = None
        elif step.target in {Status.READY, Status.SCHEDULED}:
            self.mark_original_ready()
        if step.name == "unschedule":
            self.scheduled_for = None
        if step.target == Status.DRAFT:
            self.withdrawal_kind = ""

    def after_move(self, step, *, before) -> None:
        """What a move starts in the world, after commit: tasks, letters."""

    def mark_original_ready(self) -> None:
        """The original is ready once an editor accepts it."""
        setattr(self, f"state_{self.original_language}", LanguageState.READY)
        self.refresh_languages()

    def save(self, *args, **kwargs):
        if not self.slug:
            self.slug = free_slug(self)
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "slug"}
        super().save(*args, **kwargs)


class Page(Publishable):
    """A page that editors keep: about, how to contribute, licence, personal data…"""

    page_view = "publishing.views.page_page"

    title = models.CharField(_("title"), max_length=120)
    summary = models.CharField(
        _("summary"), max_length=200, blank=True, help_text=_("One line for search engines.")
    )
    body = RichTextField(_("text"), blank=True)
    position = models.PositiveSmallIntegerField(
        _("order"), default=100, help_text=_("Pages stand in the menu in this order.")
    )

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["position", "pk"]
        constraints = [title_in_some_language("page_has_a_title")]

    def get_absolute_url(self):
        return reverse("publishing:page", args=[self.slug])


class DraftQuerySet(models.QuerySet):
    def open(self):
        """Being written: not sent yet, or sent back to its writer."""
        return self.filter(sent_at=None)

    def of(self, user):
        return self.filter(owner=user)


class Draft(models.Model):
    """What somebody is writing, kept from the first field on: answers of a form in several parts.

    answers: {field: value}; a value is text, a list of texts, or a list of rows, each a dict with
    its own «id». conflicts: {field: [{"value": …, "at": iso}]}: what other devices wrote over an
    answer that had changed meanwhile; the writer chooses. See publishing/drafts.py.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("writer"),
        on_delete=models.CASCADE,
        related_name="drafts",
    )
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    conflicts = models.JSONField(_("second versions"), default=dict, blank=True)
    content_type = models.ForeignKey(
        ContentType, null=True, on_delete=models.SET_NULL, editable=False
    )
    object_id = models.PositiveBigIntegerField(null=True, editable=False)
    #: The record the draft has become.
    record = GenericForeignKey()
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft of a contributor")
        verbose_name_plural = _("drafts of contributors")
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["content_type", "object_id"])]

    def __str__(self):
        return str(self.answers.get("title") or gettext("untitled"))

    #: Files of a draft are never public.
    is_readable = False

    @staticmethod
    def key_of(stamp: str, user) -> "uuid.UUID":
        """The number of the draft that this press of a button begins: pressed twice, it is the same."""
        return uuid.uuid5(uuid.NAMESPACE_OID, f"{user.pk}:{stamp}")

    def is_open_to(self, user) -> bool:
        """Whether the person may read and write it: it is their own."""
        return user.is_authenticated and user.is_active and self.owner_id == user.pk


class DraftPicture(StoredPicture):
    """A photo that waits in a draft."""

    owner = "draft"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="pictures")

    class Meta(StoredPicture.Meta):
        verbose_name = _("photo in a draft")
        verbose_name_plural = _("photos in drafts")


class DraftDocument(StoredDocument):
    """A document that waits in a draft."""

    owner = "draft"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="documents")

    class Meta(StoredDocument.Meta):
        verbose_name = _("document in a draft")
        verbose_name_plural = _("documents in drafts")


class PeriodicRun(models.Model):
    """When a periodic task last ran; the worker's own row is its heartbeat."""

    name = models.CharField(max_length=80, primary_key=True)
    last_run_at = models.DateTimeField()

    class Meta:
        verbose_name = _("periodic task")
        verbose_name_plural = _("periodic tasks")

    def __str__(self):
        return self.name
