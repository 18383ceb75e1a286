"""People and what opens doors for them: accounts and signed links."""

import hashlib
import secrets
import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.phones import normalize_phone, validate_phone


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
    name = models.CharField(_("name"), max_length=120, blank=True)
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
