"""What fields of contests may hold."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ContestStatus(models.TextChoices):
    """Stages of a contest. Values shared with publishing.Status mean the same there."""

    DRAFT = "draft", pgettext_lazy("contest", "being prepared")
    CONCEPT = "submitted", _("concept before the organisers")
    APPROVED = "ready", _("rules approved")
    ANNOUNCED = "announced", pgettext_lazy("contest", "announced")
    ACCEPTING = "accepting", _("open for applications")
    ADMISSION = "admission", _("applications being checked")
    REVIEW = "review", _("before the commission")
    VISITS = "visits", _("field visits")
    DELIBERATION = "deliberation", _("deliberation")
    DECIDED = "decided", pgettext_lazy("contest", "decided")
    PUBLISHED = "published", _("results published")
    ARCHIVED = "archived", _("archived")
    CANCELLED = "cancelled", _("cancelled")
    WITHDRAWN = "withdrawn", _("withdrawn")


C = ContestStatus
#: Stages in which readers find the contest in lists.
OPEN_STAGES = (
    C.ANNOUNCED, C.ACCEPTING, C.ADMISSION, C.REVIEW, C.VISITS, C.DELIBERATION, C.DECIDED,
    C.PUBLISHED,
)  # fmt: skip
#: Stages in which the results are public.
RESULTS = (C.PUBLISHED, C.ARCHIVED)
#: Stages in which an applicant may still take an application back.
BEFORE_REVIEW = (C.ACCEPTING, C.ADMISSION)


class Channel(models.TextChoices):
    WHATSAPP = "whatsapp", "WhatsApp"
    SITE = "site", _("site")
    RADIO = "radio", _("radio")
    PRESS = "press", _("press")
    LETTER = "letter", _("letter")
    SEMINAR = "seminar", _("seminar")


class CriterionKind(models.TextChoices):
    JURY = "jury", _("scored by the commission")
    FORMULA = "formula", _("worked out from the application")
    BONUS = "bonus", _("bonus on top")


class Formula(models.TextChoices):
    """What is worked out from an application’s record; contests/formulas.py does it."""

    ADOPTIONS = "adoptions", _("how many municipalities repeated it")
    EVIDENCE = "evidence", _("step of evidence reached")
    OWN_SHARE = "own_share", _("share of local money in the cost")
    TWO_LANGUAGES = "two_languages", _("described in both languages")
    COST_A_PERSON = "cost_a_person", _("cost for each person it serves: less is better")


class Group(models.TextChoices):
    """Groups of municipalities that are ranked apart."""

    HARD = "hard", _("hard-to-reach, mountain and border municipalities")
    OTHER = "other", _("other municipalities")


class MemberRole(models.TextChoices):
    CHAIR = "chair", _("chair")
    DEPUTY = "deputy", _("deputy chair")
    MEMBER = "member", pgettext_lazy("commission", "member")
    SECRETARY = "secretary", _("secretary (without a vote)")


#: Roles that score and vote.
VOTING = (MemberRole.CHAIR, MemberRole.DEPUTY, MemberRole.MEMBER)


class ConflictKind(models.TextChoices):
    OWN_MUNICIPALITY = "own_municipality", _("lives or works in the municipality")
    SAME_DISTRICT = "same_district", _("the same district")
    EMPLOYER = "employer", _("the employer has a part in it")
    RELATIVE = "relative", _("a relative has a part in it")
    PARTNER_PROJECT = "partner_project", _("done in a project of the member’s organisation")
    AUTHOR = "author", _("is an author of it")
    MENTOR = "mentor", _("has advised on it")
    OTHER = "other", pgettext_lazy("conflict", "something else")


class ConflictSource(models.TextChoices):
    SYSTEM = "system", _("found by the portal")
    SELF = "self", _("declared by the member")
    SECRETARY = "secretary", _("noted by the secretary")


class ConflictDecision(models.TextChoices):
    RECUSED = "recused", _("does not score it")
    ALLOWED = "allowed", _("may score it, with a note")


class ApplicationStatus(models.TextChoices):
    SUBMITTED = "submitted", pgettext_lazy("application", "sent")
    RETURNED = "returned", _("returned for documents")
    ADMITTED = "admitted", _("admitted")
    REFUSED = "refused", _("not admitted")
    WITHDRAWN = "withdrawn", _("withdrawn by the applicant")
    DISQUALIFIED = "disqualified", _("disqualified")
    DUPLICATE = "duplicate", pgettext_lazy("application", "sent twice")
    AWARDED = "awarded", _("awarded")
    NOT_AWARDED = "not_awarded", _("without an award")


A = ApplicationStatus
#: Applications that the commission has before it, or had.
ADMITTED = (A.ADMITTED, A.AWARDED, A.NOT_AWARDED)
#: Applications that were sent and are still in the contest.
ENTERED = (A.SUBMITTED, A.RETURNED, *ADMITTED)


class SheetStatus(models.TextChoices):
    """Of a member’s sheet for an entry."""

    ASSIGNED = "assigned", pgettext_lazy("sheet", "given out")
    OPENED = "opened", pgettext_lazy("sheet", "begun")
    SUBMITTED = "submitted", pgettext_lazy("sheet", "handed in")
    RECUSED = "recused", _("member is recused")


class Visibility(models.TextChoices):
    """When a member sees what others gave."""

    NEVER = "never", _("never")
    AFTER_OWN = "after_own", _("after handing in one’s own sheet")
    DELIBERATION = "deliberation", _("in the deliberation")


class Outcome(models.TextChoices):
    PLACE = "place", _("a place")
    SPECIAL = "special", _("a special award")
    NONE = "none", _("without an award")


class ProtocolStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    CIRCULATED = "circulated", _("before the members")
    SIGNED = "signed", pgettext_lazy("protocol", "signed")
    PUBLISHED = "published", _("published")
    CORRECTED = "corrected", _("replaced by a correction")


class VoteStatus(models.TextChoices):
    COUNTED = "counted", pgettext_lazy("vote", "counted")
    DISCARDED = "discarded", pgettext_lazy("vote", "not counted")


class FollowUpKind(models.TextChoices):
    ARTICLE = "article", _("article for the journal")
    PRACTICE = "practice", _("practice of the portal")
    VISIT = "visit", _("exchange visit")
    MENTOR = "mentor", _("mentor for others")
    OTHER = "other", pgettext_lazy("task", "something else")
