"""What a contest’s moves want to see, and what they change."""

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from contests.choices import ApplicationStatus, MemberRole, ProtocolStatus, SheetStatus
from publishing.languages import LANGUAGES, LanguageState
from publishing.workflow import Missing

#: Voting members without whom a commission does not begin.
LEAST_MEMBERS = 3


class Stages:
    """Of a Contest; the table of its moves is contests/workflow.py."""

    # ------------------------------------------------------------ concept and rules

    def missing_for_concept(self):
        language = self.original_language
        wanted = [f"{name}_{language}" for name in ("goal", "audience")]
        wanted += ["budget", "opens_at", "closes_at", "review_until", "award_on"]
        missing = [
            Missing(name, str(self._meta.get_field(name).verbose_name))
            for name in wanted
            if getattr(self, name) in {None, ""}
        ]
        if not self.organisers.exists():
            missing.append(Missing("organisers", gettext("at least one organiser")))
        if not self.campaign.exists():
            missing.append(Missing("campaign", gettext("a plan of the information campaign")))
        return missing + self._missing_in_nominations()

    def _missing_in_nominations(self):
        nominations = list(self.nominations.all())
        if not nominations:
            return [Missing("nominations", gettext("at least one nomination"))]
        missing = []
        for nomination in nominations:
            criteria = nomination.criteria()
            weight = sum(each.weight for each in criteria if not each.is_bonus)
            if weight != 100:
                message = gettext("%(nomination)s: the weights make %(sum)s, not 100")
                values = {"nomination": nomination, "sum": weight}
                missing.append(Missing("criteria", message % values))
            if not any(each.is_scored for each in criteria):
                message = gettext("%(nomination)s: a criterion that the commission scores")
                missing.append(Missing("criteria", message % {"nomination": nomination}))
        return missing

    def missing_for_approval(self):
        approved = set(self.approvals.values_list("partner", flat=True))
        waiting = [each for each in self.organisers.all() if each.pk not in approved]
        missing = self.missing_for_concept()
        if waiting:
            names = ", ".join(str(each) for each in waiting)
            message = gettext("the approval of: %(names)s") % {"names": names}
            missing.append(Missing("organisers", message))
        return missing

    def missing_for_announcement(self):
        names = [
            f"{name}_{language}"
            for language in LANGUAGES
            for name in ("title", "summary", "goal", "rules")
        ]
        missing = [
            Missing(name, str(self._meta.get_field(name).verbose_name))
            for name in names
            if not getattr(self, name)
        ]
        return missing + self._missing_in_nominations()

    # ------------------------------------------------------------ applications

    def missing_for_opening(self):
        now = timezone.now()
        if self.opens_at and self.opens_at <= now < (self.closes_at or now):
            return []
        return [Missing("opens_at", gettext("a term that has begun and not ended"))]

    def missing_for_closing(self):
        if self.closes_at and self.closes_at <= timezone.now():
            return []
        return [Missing("closes_at", gettext("the end of the term"))]

    def missing_for_extension(self):
        if self.extended_from:
            return [Missing("closes_at", gettext("nothing: the term was extended once already"))]
        return []

    # ------------------------------------------------------------ commission

    def missing_for_review(self):
        missing = []
        waiting = self.applications.filter(
            status__in=(ApplicationStatus.SUBMITTED, ApplicationStatus.RETURNED)
        ).count()
        if waiting:
            message = ngettext(
                "%(count)s application that is not decided on",
                "%(count)s applications that are not decided on",
                waiting,
            )
            missing.append(Missing("applications", message % {"count": waiting}))
        if not self.applications.admitted().exists():
            missing.append(Missing("applications", gettext("an application that is admitted")))
        return missing + self._missing_in_commission() + self._missing_in_assignment()

    def _missing_in_commission(self):
        members = list(self.members.voting())
        missing = []
        if len(members) < LEAST_MEMBERS:
            message = gettext("at least %(count)s members with a vote") % {"count": LEAST_MEMBERS}
            missing.append(Missing("members", message))
        if not any(each.role == MemberRole.CHAIR for each in members):
            missing.append(Missing("members", gettext("a chair")))
        silent = [str(each) for each in members if not each.stated_at]
        if silent:
            message = gettext("the statement on conflicts of interest of: %(names)s")
            missing.append(Missing("members", message % {"names": ", ".join(silent)}))
        return missing

    def _missing_in_assignment(self):
        short = [str(each) for each, count in self._sheets_of() if count < self.sheets_least]
        if not short:
            return []
        message = gettext("sheets given out for: %(numbers)s") % {"numbers": ", ".join(short)}
        return [Missing("sheets", message)]

    def _sheets_of(self, **conditions):
        """(application, sheets) of the admitted; conditions narrow the sheets."""
        for application in self.applications.admitted():
            sheets = application.sheets.filter(member__is_active=True, **conditions)
            yield application, sheets.exclude(status=SheetStatus.RECUSED).count()

    def missing_for_visits(self):
        if self.has_visits:
            return []
        return [Missing("has_visits", gettext("field visits in the rules"))]

    def missing_for_deliberation(self):
        handed_in = {"status": SheetStatus.SUBMITTED}
        short = [
            str(application)
            for application, count in self._sheets_of(**handed_in)
            if count < self.sheets_least
        ]
        if not short:
            return []
        message = gettext("sheets handed in for: %(numbers)s") % {"numbers": ", ".join(short)}
        return [Missing("sheets", message)]

    # ------------------------------------------------------------ decision

    def missing_for_decision(self):
        if self.protocols.filter(status=ProtocolStatus.SIGNED).exists():
            return []
        return [Missing("protocols", gettext("a protocol that all present have signed"))]

    def missing_for_results(self):
        if self.protocols.filter(status=ProtocolStatus.PUBLISHED).exists():
            return []
        return [Missing("protocols", gettext("a published protocol"))]

    # ------------------------------------------------------------ what moves change

    def apply_move(self, step, *, actor, before, details):
        from contests.freezing import freeze

        if step.name in {"approve", "change_rules"}:
            freeze(self, by=actor, reason=details["reason"])
        if step.name == "announce":
            for language in LANGUAGES:
                setattr(self, f"state_{language}", LanguageState.READY)
            self.published_at = self.published_at or timezone.now()
        elif step.name == "extend":
            self.extended_from, self.closes_at = self.closes_at, details["closes_at"]
