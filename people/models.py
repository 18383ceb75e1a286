"""People and what opens doors for them: accounts, memberships, consents and signed links."""

import hashlib
import secrets
import uuid
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.phones import normalize_phone, validate_phone, whatsapp_url
from places.models import Municipality


class UserManager(BaseUserManager):
    """Makes accounts known by an e-mail address, a phone number or both."""

    def create_user(self, email=None, password=None, *, phone=None, **fields):
        user = self.model(
            email=self.normalize_email(email).lower() or None if email else None,
            phone=normalize_phone(phone) if phone else None,
            **fields,
        )
        if password:
            user.set_password(password)
        else:
            user.set_unusable_password()
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email=None, password=None, **fields):
        return self.create_user(
            email, password, **(fields | {"is_staff": True, "is_superuser": True})
        )

    def get_by_natural_key(self, value):
        return self.get(Q(email__iexact=value) | Q(phone=value))


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account: a reader, a municipality's representative, an editor.

    Only what the portal works with is kept: how to reach the person, a name to call them by
    and the language of letters to them.
    """

    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)
    phone = models.CharField(
        _("phone"),
        max_length=16,
        unique=True,
        null=True,
        blank=True,
        validators=[validate_phone],
        help_text=_("International form, for example +996555123456. Never shown in public."),
    )
    phone_verified = models.BooleanField(
        _("phone confirmed"),
        default=False,
        editable=False,
        help_text=_("The person has entered a code that was sent to the number."),
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=120, blank=True)
    language = models.CharField(
        _("language of letters"),
        max_length=2,
        choices=[("ky", _("Kyrgyz")), ("ru", _("Russian"))],
        default="ky",
    )
    is_staff = models.BooleanField(
        _("works in the admin"),
        default=False,
        help_text=_("What the person may do there follows from the groups."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Untick to block the account. Accounts of editors are never deleted."),
    )
    is_demo = models.BooleanField(_("demo account"), default=False, editable=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                condition=Q(email__isnull=False) | Q(phone__isnull=False),
                name="user_has_email_or_phone",
                violation_error_message=_("Give an e-mail address or a phone number."),
            )
        ]

    def __str__(self):
        return self.name or self.email or self.phone or ""

    def clean(self):
        super().clean()
        # Two accounts without e-mail must not collide on the empty string.
        self.email = self.email.strip().lower() if self.email else None
        self.phone = normalize_phone(self.phone) if self.phone else None

    def get_short_name(self):
        return str(self)

    def get_full_name(self):
        return str(self)

    def is_in(self, *groups: str) -> bool:
        """Whether the person is in one of the named groups; groups are read once a request."""
        if not self.is_active:
            return False
        if self.is_superuser:
            return True
        if not hasattr(self, "_group_names"):
            self._group_names = set(self.groups.values_list("name", flat=True))
        return not self._group_names.isdisjoint(groups)


class AccessLinkQuerySet(models.QuerySet):
    def alive(self):
        """Links that still open: not expired, not revoked, not used up."""
        return self.filter(
            Q(max_uses=None) | Q(uses__lt=models.F("max_uses")),
            expires_at__gt=timezone.now(),
            revoked_at=None,
        )

    def for_token(self, token: str):
        return self.filter(token_hash=AccessLink.hash(token))


class AccessLink(models.Model):
    """A signed link for someone without an account, for one purpose on one thing.

    The token itself is shown once, when the link is made; only its hash is kept. Opening the
    address changes nothing: messengers fetch links to draw a preview. The button on it counts.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    purpose = models.CharField(_("purpose"), max_length=40)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, editable=False)
    object_id = models.PositiveBigIntegerField(editable=False)
    target = GenericForeignKey()
    note = models.CharField(
        _("for whom"),
        max_length=120,
        blank=True,
        help_text=_("A role or an organisation; seen by staff only."),
    )
    created_by = models.ForeignKey(
        User, verbose_name=_("made by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    expires_at = models.DateTimeField(_("valid until"))
    max_uses = models.PositiveSmallIntegerField(_("uses allowed"), null=True, blank=True)
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    objects = AccessLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("signed link")
        verbose_name_plural = _("signed links")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["content_type", "object_id"])]

    def __str__(self):
        return f"{self.purpose} · {self.created_at:%d.%m.%Y}"

    @staticmethod
    def hash(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(24)

    @property
    def is_alive(self) -> bool:
        """The instance twin of AccessLinkQuerySet.alive()."""
        return (
            self.revoked_at is None
            and self.expires_at > timezone.now()
            and (self.max_uses is None or self.uses < self.max_uses)
        )


class MembershipQuerySet(models.QuerySet):
    def verified(self):
        """Confirmed and still valid. The one place that spells the rule, with is_verified below."""
        return self.filter(
            verified_at__isnull=False, expires_at__gt=timezone.now(), revoked_at__isnull=True
        )

    def ending(self):
        """Confirmed years that end within the time of renewal; is_ending is the instance twin."""
        return self.verified().filter(expires_at__lte=timezone.now() + Membership.RENEWAL)

    def waiting(self):
        """Asked for, with a code that may still come."""
        return self.filter(code_expires_at__gt=timezone.now(), revoked_at__isnull=True).exclude(
            code=""
        )


class Membership(models.Model):
    """A person's role in a municipality, confirmed by a code sent from their own WhatsApp.

    code issued → confirmed by an operator (or by the messenger itself) → valid for a year; revocable.
    A new code is issued for a renewal while the confirmed year still runs.
    """

    #: A confirmed year may be renewed this long before its end.
    RENEWAL = timedelta(days=30)

    class Role(models.TextChoices):
        HEAD = "head", _("head of the municipality")
        SECRETARY = "secretary", _("responsible secretary")
        FINANCE = "finance", _("finance department")
        SPECIALIST = "specialist", _("specialist of the executive body")
        DEPUTY = "deputy", _("deputy of the local kenesh")
        ACTIVIST = "activist", _("resident, activist")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        User, verbose_name=_("person"), on_delete=models.CASCADE, related_name="memberships"
    )
    municipality = models.ForeignKey(
        Municipality,
        verbose_name=_("municipality"),
        on_delete=models.PROTECT,
        related_name="memberships",
    )
    role = models.CharField(_("role"), max_length=12, choices=Role)
    post = models.CharField(_("post"), max_length=120, blank=True)
    phone = models.CharField(
        _("WhatsApp number"),
        max_length=16,
        validators=[validate_phone],
        help_text=_("The code is sent from this number. Never shown in public."),
    )
    code = models.CharField(_("code"), max_length=8, blank=True, editable=False)
    code_expires_at = models.DateTimeField(_("code valid until"), null=True, editable=False)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    verified_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    verified_by = models.ForeignKey(
        User,
        verbose_name=_("confirmed by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Empty where the messenger confirmed it by itself."),
    )
    expires_at = models.DateTimeField(_("valid until"), null=True, editable=False)
    reminded_at = models.DateTimeField(_("reminded"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        User,
        verbose_name=_("revoked by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    revoke_reason = models.CharField(_("why it was revoked"), max_length=300, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("role in a municipality")
        verbose_name_plural = _("roles in municipalities")
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "municipality"], name="one_membership_a_municipality"
            ),
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code=""), name="membership_code_is_unique"
            ),
        ]

    def __str__(self):
        return f"{self.user}, {self.municipality}"

    @property
    def is_verified(self) -> bool:
        """The instance twin of MembershipQuerySet.verified()."""
        return bool(
            self.verified_at
            and self.expires_at
            and self.expires_at > timezone.now()
            and self.revoked_at is None
        )

    @property
    def is_waiting(self) -> bool:
        """The instance twin of MembershipQuerySet.waiting()."""
        return bool(
            self.code
            and self.code_expires_at
            and self.code_expires_at > timezone.now()
            and self.revoked_at is None
        )

    @property
    def is_ending(self) -> bool:
        """Whether the confirmed year ends soon: the person is reminded and may renew it."""
        return self.is_verified and self.expires_at - timezone.now() <= self.RENEWAL

    @property
    def state(self) -> str:
        """What the person is shown: revoked, verified, ending, waiting, expired or unconfirmed."""
        if self.revoked_at:
            return "revoked"
        if self.is_verified:
            return "ending" if self.is_ending else "verified"
        if self.is_waiting:
            return "waiting"
        return "expired" if self.verified_at else "unconfirmed"


class Consent(models.Model):
    """What a person agreed to, in which wording; withdrawn, never deleted while the account is there.

    The wordings stand in people/consents.py by purpose and version.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        User, verbose_name=_("person"), on_delete=models.CASCADE, related_name="consents"
    )
    purpose = models.CharField(_("purpose"), max_length=20)
    version = models.PositiveSmallIntegerField(_("version of the wording"))
    language = models.CharField(_("language"), max_length=2)
    content_type = models.ForeignKey(
        ContentType, null=True, on_delete=models.CASCADE, editable=False
    )
    object_id = models.PositiveBigIntegerField(null=True, editable=False)
    about = GenericForeignKey()
    given_at = models.DateTimeField(_("given"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-given_at"]
        indexes = [models.Index(fields=["content_type", "object_id"])]

    def __str__(self):
        return f"{self.purpose} · {self.given_at:%d.%m.%Y}"


class RateCount(models.Model):
    """How often something was done in a span of time: shared by all processes, kept over restarts."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("rate limit")
        verbose_name_plural = _("rate limits")

    def __str__(self):
        return self.key


class IncomingMessage(models.Model):
    """Number of a message the messenger has delivered: the same one delivered again does nothing."""

    message_id = models.CharField(max_length=128, primary_key=True)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("incoming message")
        verbose_name_plural = _("incoming messages")

    def __str__(self):
        return self.message_id


class DeskMessageQuerySet(models.QuerySet):
    def to_send(self):
        """Not sent yet, and still of use."""
        return self.filter(sent_at=None, expires_at__gt=timezone.now())


class DeskMessage(models.Model):
    """A message that an operator sends by hand, where no messenger is connected: a sign-in code."""

    phone = models.CharField(_("to"), max_length=16)
    text = models.TextField(_("text"))
    created_at = models.DateTimeField(_("made"), default=timezone.now)
    expires_at = models.DateTimeField(_("no use after"), db_index=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sent_by = models.ForeignKey(
        User,
        verbose_name=_("sent by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = DeskMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message to send by hand")
        verbose_name_plural = _("messages to send by hand")
        ordering = ["created_at"]

    def __str__(self):
        return self.phone

    @property
    def whatsapp_url(self) -> str:
        """Opens the chat with the text ready."""
        return whatsapp_url(self.phone, self.text)
