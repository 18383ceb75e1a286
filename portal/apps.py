from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PortalConfig(AppConfig):
    name = "portal"
    default = True

    def ready(self):
        from django.db.models.signals import post_migrate

        from portal import tasks  # noqa: F401  (registers)
        from portal.freshness import install_triggers

        post_migrate.connect(install_triggers, dispatch_uid="portal.install_triggers")


class PortalAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the portal's own site: its first page is the work that waits."""

    default = False
    default_site = "publishing.site.PortalAdminSite"
