from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JournalConfig(AppConfig):
    name = "journal"
    verbose_name = _("journal")

    def ready(self):
        from journal import letters, mentions, subscriptions, tasks  # noqa: F401  (register)

        mentions.register_all()
        from django.db.models.signals import post_delete

        from journal.outputs import making

        post_delete.connect(
            making.delete_file, sender="journal.Output", dispatch_uid="journal.outputs"
        )
