"""The commission: its members, and where one of them may not judge."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contests.choices import (
    VOTING,
    ConflictDecision,
    ConflictKind,
    ConflictSource,
    MemberRole,
)
from contests.models.contest import Contest
from partners.models import Partner
from places.models import Municipality
from publishing.languages import TwoLanguageRow


class MemberQuerySet(models.QuerySet):
    def voting(self):
        """Those who score and vote."""
        return self.filter(role__in=VOTING, is_active=True)


class Member(TwoLanguageRow):
    """Somebody appointed to the commission; opens the cabinet by a signed link, without an account."""

    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.CASCADE, related_name="members"
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=120)
    post = models.CharField(_("post"), max_length=160)
    organisation = models.ForeignKey(
        Partner,
        verbose_name=_("organisation"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Conflicts with projects of the organisation are found by it."),
    )
    municipality = models.ForeignKey(
        Municipality,
        verbose_name=_("own municipality"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Where the member lives or works: its entries are a conflict."),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Where there is one: entries the person has written are a conflict."),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(
        _("language of letters"), max_length=2, choices=settings.LANGUAGES, default="ky"
    )
    role = models.CharField(_("role"), max_length=10, choices=MemberRole, default=MemberRole.MEMBER)
    nominations = models.ManyToManyField(
        "contests.Nomination",
        verbose_name=_("nominations"),
        blank=True,
        related_name="members",
        help_text=_("None chosen: all of them."),
    )
    appointed_by = models.CharField(
        _("appointed by"), max_length=160, blank=True, help_text=_("The document.")
    )
    appointed_on = models.DateField(_("appointed on"), null=True, blank=True)
    stated_at = models.DateTimeField(
        _("statement on conflicts of interest given"), null=True, editable=False
    )
    is_active = models.BooleanField(_("works in the commission"), default=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of the commission")
        verbose_name_plural = _("commission")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contest"],
                condition=Q(role="chair", is_active=True),
                name="one_chair_of_a_commission",
                violation_error_message=_("The commission has a chair already."),
            )
        ]

    def __str__(self):
        return self.name

    @property
    def has_vote(self) -> bool:
        return self.is_active and self.role in VOTING


class Conflict(models.Model):
    """Why a member should not judge an application, and what follows."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="conflicts")
    application = models.ForeignKey(
        "contests.Application",
        verbose_name=_("application"),
        on_delete=models.CASCADE,
        related_name="conflicts",
    )
    kind = models.CharField(_("kind"), max_length=16, choices=ConflictKind)
    found_by = models.CharField(_("found by"), max_length=10, choices=ConflictSource)
    decision = models.CharField(
        _("decision"),
        max_length=8,
        choices=ConflictDecision,
        default=ConflictDecision.RECUSED,
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=160, blank=True, editable=False)
    at = models.DateTimeField(_("noted"), auto_now_add=True)

    class Meta:
        verbose_name = _("conflict of interest")
        verbose_name_plural = _("conflicts of interest")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "application", "kind"], name="conflict_told_once"
            )
        ]

    def __str__(self):
        return f"{self.member}: {self.get_kind_display()}"
