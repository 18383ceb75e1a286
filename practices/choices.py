"""Lists of values of a practice and of an adoption."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    PRACTICE = "practice", _("practice")
    METHOD = "method", _("method")
    LESSON = "lesson", _("lesson")


class Initiative(models.TextChoices):
    OWN = "own", _("the municipality itself")
    RESIDENTS = "residents", _("residents")
    PROJECT = "project", _("a project")
    STATE = "state", _("the state")


class Participation(models.TextChoices):
    INFORMED = "informed", _("residents were informed")
    CONSULTED = "consulted", _("residents were consulted")
    DECIDED_TOGETHER = "decided_together", _("decided together with residents")
    DONE_BY_RESIDENTS = "done_by_residents", _("done by residents")


class VulnerableGroup(models.TextChoices):
    WOMEN = "women", _("women")
    YOUTH = "youth", _("youth")
    CHILDREN = "children", _("children")
    ELDERLY = "elderly", _("elderly people")
    DISABLED = "disabled", _("people with disabilities")
    POOR = "poor", _("low-income families")
    MIGRANTS = "migrants", _("migrants and their families")


class CostBand(models.TextChoices):
    """Bands of the one-off cost, in som."""

    UP_TO_50K = "a", _("up to 50 thousand som")
    UP_TO_200K = "b", _("50–200 thousand som")
    UP_TO_1M = "c", _("200 thousand – 1 million som")
    UP_TO_5M = "d", _("1–5 million som")
    OVER_5M = "e", _("over 5 million som")


class FundingSource(models.TextChoices):
    LOCAL_BUDGET = "local_budget", _("local budget")
    REPUBLICAN = "republican", _("republican budget")
    RESIDENTS = "residents", _("residents’ money")
    BUSINESS = "business", _("business")
    DONOR = "donor", _("donor")
    PROJECT = "project", _("project")
    IN_KIND = "in_kind", _("work and materials in kind")


class UpkeepPayer(models.TextChoices):
    LOCAL_BUDGET = "local_budget", _("local budget")
    TARIFF = "tariff", _("users, through a tariff")
    RESIDENTS = "residents", _("residents")
    PROJECT = "project", _("project")
    NONE = "none", _("needs no upkeep")


class ScaleBy(models.TextChoices):
    """What the cost grows with; the calculator asks for this number."""

    NONE = "none", _("does not grow with size")
    PEOPLE = "people", _("residents")
    HOUSEHOLDS = "households", _("households")
    KM = "km", _("kilometres")
    POINTS = "points", _("points or pieces")


class KeneshDecision(models.TextChoices):
    YES = "yes", _("needed")
    NO = "no", _("not needed")
    UNKNOWN = "unknown", _("not known")


class Competence(models.TextChoices):
    LOCAL = "local", _("matter of local importance")
    DELEGATED = "delegated", _("delegated state power")
    JOINT = "joint", _("joint competence")


class Barrier(models.TextChoices):
    LAW_GAP = "law_gap", _("gap in the law")
    LAW_CONFLICT = "law_conflict", _("contradiction in the law")
    FINANCE = "finance", _("money")
    COMPETENCE = "competence", _("unclear competence")
    PROCEDURE = "procedure", _("procedure")
    STAFF = "staff", _("staff")
    DATA = "data", _("data")
    LAND = "land", _("land")
    TARIFF = "tariff", _("tariff")
    OTHER = "other", _("other")


class Need(models.TextChoices):
    """What must be there for the practice to work."""

    WATER_SOURCE = "water_source", _("a source of water")
    ROAD = "road", _("a road")
    LANDFILL = "landfill", _("a landfill")
    ELECTRICITY = "electricity", _("electricity")
    INTERNET = "internet", _("internet")


class Evidence(models.IntegerChoices):
    CLAIM = 0, _("described by its author")
    DOCUMENTS = 1, _("confirmed by documents")
    MEASURED = 2, _("result measured")
    USERS = 3, _("confirmed by users")
    ON_SITE = 4, _("verified on site")
    ADOPTED = 5, _("works elsewhere too")


class CollectedVia(models.TextChoices):
    FORM = "form", _("form on the portal")
    WORD = "word", _("Word document")
    WHATSAPP_TEXT = "whatsapp_text", _("WhatsApp, text")
    WHATSAPP_VOICE = "whatsapp_voice", _("WhatsApp, voice")
    VISIT = "visit", _("visit")
    CONTEST = "contest", _("contest")
    DESK = "desk", _("desk research")


class AdoptionStatus(models.TextChoices):
    PLANNED = "planned", _("planned")
    PREPARING = "preparing", _("in preparation")
    IN_PROGRESS = "in_progress", _("in progress")
    IMPLEMENTED = "implemented", _("implemented")
    SUSTAINED = "sustained", _("works on")
    PAUSED = "paused", _("paused")
    STOPPED = "stopped", _("stopped")
    NOT_CONFIRMED = "not_confirmed", _("not confirmed")


#: Statuses in which an adoption is at work; with a confirmation it counts.
AT_WORK = (AdoptionStatus.IMPLEMENTED, AdoptionStatus.SUSTAINED)


class Scale(models.TextChoices):
    PILOT = "pilot", _("a trial")
    PART = "part", _("part of the municipality")
    WHOLE = "whole", _("the whole municipality")


class Recommend(models.TextChoices):
    YES = "yes", _("yes")
    WITH_CHANGES = "with_changes", _("with changes")
    NO = "no", _("no")


class HelpedBy(models.TextChoices):
    MENTORING = "mentoring", _("mentoring")
    VISIT = "visit", _("a visit")
    COURSE = "course", _("a course")
    CONSULTATION = "consultation", _("a consultation")
    DOCUMENT_ONLY = "document_only", _("only the description on the portal")


class LinkKind(models.TextChoices):
    VIDEO = "video", _("video")
    PAGE = "page", _("page")


class CheckAnswer(models.TextChoices):
    WORKS = "works", _("works")
    CHANGED = "changed", _("works, but has changed")
    STOPPED = "stopped", _("has stopped")
