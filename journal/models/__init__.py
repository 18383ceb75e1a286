"""Issues of the journal «Муниципалитет», their articles, and what leads to them."""

from journal.models.articles import Article, ArticleFile, ArticlePicture, Comment, Credit
from journal.models.issues import (
    ISSN,
    RECALL,
    REGISTRATION,
    Copies,
    Cover,
    Issue,
    IssueEdition,
    TeamMember,
    running_number,
)
from journal.models.outputs import Output, OutputKind, OutputState
from journal.models.pitches import Pitch, PitchFile, PlanLine
from journal.models.rows import Author, Rubric
from journal.models.subscribers import Mailing, MailingRecipient, Subscriber

__all__ = [
    "ISSN", "RECALL", "REGISTRATION", "Article", "ArticleFile", "ArticlePicture", "Author",
    "Comment", "Copies", "Cover", "Credit", "Issue", "IssueEdition", "Mailing", "MailingRecipient",
    "Output", "OutputKind", "OutputState", "Pitch", "PitchFile", "PlanLine", "Rubric", "Subscriber",
    "TeamMember", "running_number",
]  # fmt: skip
