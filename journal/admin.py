"""The journal in the admin; each subject in a module of its own."""

from journal import admin_articles, admin_issues, admin_pitches, admin_plan, admin_rows

__all__ = ["admin_articles", "admin_issues", "admin_pitches", "admin_plan", "admin_rows"]
