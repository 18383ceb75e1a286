"""The steps of signing in where they differ from allauth's: an e-mail address or a phone is enough."""

from allauth.account import stages
from allauth.account.utils import has_verified_email


class PhoneStage(stages.PhoneVerificationStage):
    """Asks for the code of the phone, but not whoever is known by a confirmed e-mail address."""

    def handle(self):
        if has_verified_email(self.login.user):
            return None, True
        return super().handle()


class EmailStage(stages.EmailVerificationStage):
    """Asks for the code of the address, but not whoever has come by a confirmed phone."""

    def handle(self):
        user = self.login.user
        if user and user.phone_verified and not self.login.email:
            return None, True
        return super().handle()
