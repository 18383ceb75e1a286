from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("search")

    def ready(self):
        from django.db.models.signals import post_delete, post_save

        from search import terms
        from search.models import Term

        for signal in (post_save, post_delete):
            signal.connect(terms.changed, sender=Term, dispatch_uid="search.terms")
        # Each app says in its search.py what of it is found.
        autodiscover_modules("search")
