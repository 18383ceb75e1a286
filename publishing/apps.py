from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublishingConfig(AppConfig):
    name = "publishing"
    verbose_name = _("publishing")

    def ready(self):
        from django.db.models.signals import post_delete

        from publishing import checks, previews  # noqa: F401  (registers)
        from publishing.files import delete_files
        from publishing.models import DraftDocument, DraftPicture

        # Files of records stay: a deleted row can be brought back from the history. Drafts have none.
        for model in (DraftPicture, DraftDocument):
            post_delete.connect(delete_files, sender=model, dispatch_uid="publishing.delete_files")
