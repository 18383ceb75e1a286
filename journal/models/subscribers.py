"""Who is told of a new issue, and that nobody is told twice."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from journal.models.issues import IssueEdition


class SubscriberQuerySet(models.QuerySet):
    def confirmed(self):
        return self.filter(confirmed_at__isnull=False)


class Subscriber(models.Model):
    """Somebody who wants each new issue by mail. Who takes it back is deleted."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"))
    language = models.CharField(_("edition"), max_length=2, choices=settings.LANGUAGES)
    created_at = models.DateTimeField(_("asked"), auto_now_add=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("email"), "language", name="subscriber_once_an_edition"
            )
        ]

    def __str__(self):
        return self.email


class Mailing(models.Model):
    """The news of an edition on its way to the subscribers; once an edition."""

    edition = models.OneToOneField(IssueEdition, on_delete=models.CASCADE, related_name="mailing")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        ordering = ["-started_at"]

    def __str__(self):
        return str(self.edition)


class MailingRecipient(models.Model):
    """Written before the letter goes: after a kill nobody gets it twice."""

    mailing = models.ForeignKey(Mailing, on_delete=models.CASCADE, related_name="recipients")
    subscriber = models.ForeignKey(Subscriber, on_delete=models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recipient of a mailing")
        verbose_name_plural = _("recipients of a mailing")
        constraints = [
            models.UniqueConstraint(
                fields=["mailing", "subscriber"], name="recipient_once_a_mailing"
            )
        ]

    def __str__(self):
        return str(self.subscriber_id)
