"""What fields of partners may hold."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Licence(models.TextChoices):
    """Under what others may use a thing; what is not known stays out of open data."""

    CC_BY = "CC-BY-4.0", "CC BY 4.0"
    CC_BY_NC = "CC-BY-NC-4.0", "CC BY-NC 4.0"
    PERMISSION = "permission", _("with the author’s permission")
    UNKNOWN = "unknown", _("not known")


class PartnerKind(models.TextChoices):
    STATE_BODY = "state_body", _("state body")
    UNION = "union", _("union of municipalities")
    NGO = "ngo", _("non-governmental organisation")
    PROJECT = "project", _("project office")
    DONOR = "donor", pgettext_lazy("partner", "donor")
    UNIVERSITY = "university", _("university or academy")
    MEDIA = "media", _("media")
    BUSINESS = "business", _("business")


class Role(models.TextChoices):
    """What a partner does for the portal."""

    FOUNDER = "founder", _("founder")
    CONTENT = "content", _("gives materials")
    FUNDING = "funding", _("gives money")
    EXPERT = "expert", _("gives experts")
    HOST = "host", _("hosts events")
    DISTRIBUTION = "distribution", _("distributes")


class Standing(models.TextChoices):
    """How far the partnership has come."""

    POTENTIAL = "potential", _("possible")
    ACTIVE = "active", pgettext_lazy("partner", "active")
    PAUSED = "paused", _("paused")
    FINISHED = "finished", _("finished")


class AgreementKind(models.TextChoices):
    TRIPARTITE = "tripartite", _("tripartite agreement")
    MEMORANDUM = "memorandum", _("memorandum")
    CONTRACT = "contract", _("contract")
    GRANT = "grant", _("grant")


class AgreementState(models.TextChoices):
    """Told by the dates of an agreement, never stored."""

    DRAFT = "draft", _("being prepared")
    SIGNED = "signed", _("signed, not yet in force")
    ACTIVE = "active", pgettext_lazy("agreement", "in force")
    ENDING = "ending", _("ends soon")
    ENDED = "ended", _("ended")


class InteractionKind(models.TextChoices):
    CALL = "call", _("call")
    MEETING = "meeting", _("meeting")
    LETTER = "letter", _("letter")
    MESSAGE = "message", _("message")


class ProjectKind(models.TextChoices):
    INITIATIVE = "initiative", _("national initiative")
    PROJECT = "project", _("project")


class BudgetBand(models.TextChoices):
    """Of a project, in million som."""

    UP_TO_10 = "to_10m", _("up to 10 million som")
    UP_TO_50 = "to_50m", _("10 to 50 million som")
    UP_TO_200 = "to_200m", _("50 to 200 million som")
    OVER_200 = "over_200m", _("over 200 million som")


class ProposalState(models.TextChoices):
    """Of what a partner's own editor proposes."""

    OPEN = "open", _("waits for the editors")
    ACCEPTED = "accepted", pgettext_lazy("proposal", "accepted")
    IN_PART = "in_part", _("accepted in part")
    DECLINED = "declined", pgettext_lazy("proposal", "declined")
    TAKEN_BACK = "taken_back", _("taken back")
