"""Contests: what was agreed, who applies, who scores, what was decided."""

from contests.models.applications import (
    Application,
    ApplicationFile,
    ApplicationPicture,
    Letter,
)
from contests.models.commission import Conflict, Member
from contests.models.contest import Approval, CampaignStep, Contest, ContestFile, Question
from contests.models.decisions import Award, Protocol, Signature
from contests.models.followups import FollowUp
from contests.models.reviewing import Score, ScoreChange, Sheet, Visit, VisitPhoto
from contests.models.rules import Anchor, Criterion, Nomination, Prize, RulesVersion
from contests.models.votes import Vote

__all__ = [
    "Anchor",
    "Application",
    "ApplicationFile",
    "ApplicationPicture",
    "Approval",
    "Award",
    "CampaignStep",
    "Conflict",
    "Contest",
    "ContestFile",
    "Criterion",
    "FollowUp",
    "Letter",
    "Member",
    "Nomination",
    "Prize",
    "Protocol",
    "Question",
    "RulesVersion",
    "Score",
    "ScoreChange",
    "Sheet",
    "Signature",
    "Visit",
    "VisitPhoto",
    "Vote",
]
