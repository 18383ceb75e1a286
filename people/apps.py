from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "people"
    verbose_name = _("people")

    def ready(self):
        from django.db.models.signals import post_migrate

        from people.roles import grant_all

        # Not sender=self: permissions of a new model exist only after its own app has migrated.
        post_migrate.connect(grant_all, dispatch_uid="people.grant_all")
