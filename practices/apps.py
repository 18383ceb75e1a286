from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PracticesConfig(AppConfig):
    name = "practices"
    verbose_name = _("practices")

    def ready(self):
        from people.actions import membership_verified
        from people.consents import consent_withdrawn
        from practices import checks, ledger, letters, mentions, tasks  # noqa: F401  (register)
        from practices.consents import take_back_what_stood_on

        consent_withdrawn.connect(take_back_what_stood_on, dispatch_uid="practices.consents")
        # A confirmed role lets readers see what its holder has declared.
        membership_verified.connect(
            ledger.vouch_for_member, dispatch_uid="practices.vouch_for_member"
        )
