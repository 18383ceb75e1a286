"""What fields of the journal may hold."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ArticleKind(models.TextChoices):
    PRACTICE = "practice", pgettext_lazy("article", "practice")
    ANALYSIS = "analysis", _("analysis")
    LAW = "law", _("comment on a law")
    INTERVIEW = "interview", _("interview")
    NEWS = "news", pgettext_lazy("article", "news")
    CONTEST = "contest", _("result of a contest")
    ANSWER = "answer", _("questions and answers")
    LETTER = "letter", _("letter to the journal")


class ArticleStatus(models.TextChoices):
    """Stages of an article. Values shared with publishing.Status mean the same there."""

    DRAFT = "draft", _("with the author")
    SUBMITTED = "submitted", _("handed in")
    EDITING = "in_review", _("being edited")
    AUTHOR_FIX = "needs_changes", _("back with the author")
    FACT_CHECK = "fact_check", _("facts being checked")
    TRANSLATION = "in_translation", _("in translation")
    TRANSLATION_CHECK = "translation_check", _("translation being checked")
    PROOF = "proof", _("proof-reading")
    LAYOUT = "layout", _("in layout")
    APPROVED = "ready", _("approved")
    PUBLISHED = "published", _("published")
    ARCHIVED = "archived", _("archived")
    WITHDRAWN = "withdrawn", _("withdrawn")
    DECLINED = "rejected", _("declined")
    POSTPONED = "postponed", _("postponed")


#: Why an article goes back to its author.
BACK_REASONS = (
    ("start", _("The main thing comes late: begin with it")),
    ("use", _("The reader does not learn what to do: steps, costs, who decides")),
    ("sources", _("A number, a name or a law has no source")),
    ("sides", _("One side speaks alone: ask those it is about, too")),
    ("length", _("The text is too long or too short")),
    ("style", _("The sentences are heavy: write it as you would tell it")),
    ("pictures", _("Pictures are missing or too small, or it is not said what they show")),
    ("rights", _("The rights to pictures or quotations are not clear")),
    ("personal_data", _("It holds personal data")),
)


class IssueStatus(models.TextChoices):
    PLANNED = "draft", _("planned")
    COLLECTING = "collecting", _("collecting articles")
    EDITING = "in_review", _("being edited")
    LAYOUT = "layout", _("in layout")
    PROOF = "proof", _("proof of the layout")
    APPROVED = "ready", _("approved for print")
    PRINTED = "printed", _("printed")
    RELEASED = "published", _("released")
    ARCHIVED = "archived", _("archived")
    WITHDRAWN = "withdrawn", _("withdrawn")


class CreditRole(models.TextChoices):
    """What a person has done for an article."""

    AUTHOR = "author", _("author")
    REVIEWER = "reviewer", _("reviewer")
    PHOTO = "photo", _("photos")
    TRANSLATOR = "translator", _("translation")


class PitchSource(models.TextChoices):
    SITE = "site", _("site")
    WHATSAPP = "whatsapp", "WhatsApp"
    MAIL = "mail", _("e-mail")
    NEEDS = "needs", _("what readers look for in vain")
    EDITOR = "editor", _("the editors themselves")
    PRACTICE = "practice", _("a practice of the portal")


class PitchStatus(models.TextChoices):
    NEW = "new", pgettext_lazy("pitch", "new")
    ACCEPTED = "accepted", pgettext_lazy("pitch", "accepted")
    DECLINED = "declined", pgettext_lazy("pitch", "declined")
