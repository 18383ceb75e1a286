"""Contests in the admin; each subject in a module of its own."""

from contests import (
    admin_after,
    admin_applications,
    admin_campaign,
    admin_commission,
    admin_contest,
    admin_entries,
    admin_members,
    admin_protocol,
    admin_questions,
    admin_ranking,
)

__all__ = [
    "admin_after",
    "admin_applications",
    "admin_campaign",
    "admin_commission",
    "admin_contest",
    "admin_entries",
    "admin_members",
    "admin_protocol",
    "admin_questions",
    "admin_ranking",
]
