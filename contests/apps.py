from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContestsConfig(AppConfig):
    name = "contests"
    verbose_name = _("contests")

    def ready(self):
        from contests import (  # noqa: F401  (register)
            doors,
            letters,
            mentions,
            questions,
            reminders,
            tasks,
            today,
        )

        mentions.register_all()
        from contests.applying import forget_publication
        from people.consents import consent_withdrawn

        consent_withdrawn.connect(forget_publication, dispatch_uid="contests.consents")
        from django.db.models.signals import post_save

        from contests import voting

        post_save.connect(
            voting.follow_membership, sender="people.Membership", dispatch_uid="votes_follow_roles"
        )
