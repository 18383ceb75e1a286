"""What a contest’s moves want to see, and what they change."""

from itertools import chain

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from contests.choices import ApplicationStatus, MemberRole, ProtocolStatus, SheetStatus
from publishing.languages import LANGUAGES, LanguageState, current_language
from publishing.models import AuditEvent
from publishing.workflow import Missing, MoveRefused

#: Voting members without whom a commission does not begin.
LEAST_MEMBERS = 3
#: Days that go with the end of the term when it is extended.
DAYS_AFTER_THE_TERM = ("admission_until", "review_until", "deliberation_on", "award_on")
MOMENTS_AFTER_THE_TERM = ("vote_from", "vote_until")


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
        return missing + self._missing_in_vote() + self._missing_in_nominations()

    def _missing_in_vote(self):
        """A public vote names the entries: it begins when the commission has scored them."""
        if not self.has_public_vote:
            return []
        if not self.vote_from or not self.vote_until or self.vote_until <= self.vote_from:
            return [Missing("vote_from", gettext("the term of the public vote"))]
        if self.review_until and timezone.localdate(self.vote_from) <= self.review_until:
            message = gettext("a public vote that begins after the commission has scored")
            return [Missing("vote_from", message)]
        return []

    def _missing_in_nominations(self):
        nominations = list(self.nominations.all())
        if not nominations:
            return [Missing("nominations", gettext("at least one nomination"))]
        missing, rows = [], list(self.criteria.all())
        for nomination in nominations:
            criteria = [each for each in rows if each.nomination_id in {None, nomination.pk}]
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
            missing.append(Missing("approvals", message))
        return missing + self._missing_in_rules()

    def _missing_in_rules(self):
        """What is frozen stands in both languages, and the ends of each scale mean something."""
        return self._missing_texts("title", "goal", "rules") + self._missing_in_rows()

    def _missing_texts(self, *names):
        from publishing.editing import IN_LANGUAGE

        return [
            Missing(
                f"{name}_{language}",
                IN_LANGUAGE[language] % {"label": self._meta.get_field(name).verbose_name},
            )
            for name in names
            for language in LANGUAGES
            if not getattr(self, f"{name}_{language}")
        ]

    def _missing_in_rows(self):
        missing = []
        criteria = list(self.criteria.prefetch_related("anchors"))
        nominations = list(self.nominations.prefetch_related("prizes"))
        for where, rows in (("nominations", nominations), ("criteria", criteria)):
            parts = (row.prizes if where == "nominations" else row.anchors for row in rows)
            titles = [(row, row, "title") for row in rows]
            of_parts = [
                (row, part, "title" if where == "nominations" else "text")
                for row, found in zip(rows, parts, strict=True)
                for part in found.all()
            ]
            for row, text, name in chain(titles, of_parts):
                if not all(getattr(text, f"{name}_{language}") for language in LANGUAGES):
                    message = gettext("“%(title)s” in both languages") % {"title": row}
                    missing.append(Missing(where, message))
        for each in criteria:
            ends = {each.scale_least, each.scale_most}
            if each.is_scored and ends - {anchor.value for anchor in each.anchors.all()}:
                message = gettext("“%(title)s”: what the lowest and the highest score mean")
                missing.append(Missing("criteria", message % {"title": each}))
        return list(dict.fromkeys(missing))

    def missing_for_announcement(self):
        """The rules in both languages as they were frozen, signed, with questions answered."""
        missing = self._missing_texts("title", "summary", "goal", "rules")
        missing += self._missing_in_nominations() + self._missing_in_freezing()
        if not self.files.exists():
            missing.append(Missing("files", gettext("the rules as signed, as a file")))
        answered = Q(is_public=True)
        for language in LANGUAGES:
            for name in (f"question_{language}", f"answer_{language}"):
                answered &= Q(**{f"{name}__isnull": False}) & ~Q(**{name: ""})
        if not self.questions.filter(answered).exists():
            message = gettext("a question with its answer in both languages, shown to readers")
            missing.append(Missing("questions", message))
        return missing

    def _missing_in_freezing(self):
        from contests.freezing import differs_from_frozen

        if not differs_from_frozen(self):
            return []
        message = gettext("the rules as they are frozen: they were changed since")
        return [Missing("versions", message)]

    def missing_for_new_rules(self):
        missing = self._missing_texts("title", "summary", "goal", "rules")
        missing += self._missing_in_vote() + self._missing_in_nominations()
        missing += self._missing_in_rows()
        if not self._missing_in_freezing():
            missing.append(Missing("versions", gettext("a change: the rules stand as frozen")))
        return missing

    # ------------------------------------------------------------ applications

    def missing_for_opening(self):
        now, missing = timezone.now(), []
        if not (self.opens_at and self.opens_at <= now < (self.closes_at or now)):
            missing.append(Missing("opens_at", gettext("a term that has begun and not ended")))
        return missing + self._missing_in_freezing()

    def missing_for_closing(self):
        if self.closes_at and self.closes_at <= timezone.now():
            return []
        return [Missing("closes_at", gettext("the end of the term"))]

    def missing_for_extension(self):
        if self.extended_from:
            return [Missing("closes_at", gettext("nothing: the term was extended once already"))]
        if not self.closes_at or self.closes_at <= timezone.now():
            return [Missing("closes_at", gettext("a term that has not ended"))]
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

    def _sheets_of(self, status=None):
        """(application, sheets) of the admitted; status: those alone. One query."""
        counted = Q(sheets__member__is_active=True) & ~Q(sheets__status=SheetStatus.RECUSED)
        if status:
            counted &= Q(sheets__status=status)
        admitted = self.applications.admitted().annotate(given=Count("sheets", filter=counted))
        return [(application, application.given) for application in admitted]

    def missing_for_visits(self):
        if self.has_visits:
            return []
        return [Missing("has_visits", gettext("field visits in the rules"))]

    def missing_for_another_review(self):
        """Members who score again have no means before them, nor sign what is out of date."""
        if not self.protocols.filter(
            status__in=(ProtocolStatus.CIRCULATED, ProtocolStatus.SIGNED)
        ).exists():
            return []
        return [
            Missing("protocols", gettext("the protocol back in the draft, not yet signed by all"))
        ]

    def missing_for_deliberation(self):
        short = [
            str(application)
            for application, count in self._sheets_of(SheetStatus.SUBMITTED)
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
        from contests.after import begin as begin_after
        from contests.freezing import freeze

        if step.name == "rework":
            # What changes now is not what the organisers have agreed to.
            self.approvals.all().delete()
        elif step.name == "approve":
            freeze(self, by=actor, told=told_in(details) or self._why_reworked())
        elif step.name == "change_rules":
            freeze(self, by=actor, told=told_in(details))
        elif step.name == "announce":
            for language in LANGUAGES:
                setattr(self, f"state_{language}", LanguageState.READY)
            self.published_at = self.published_at or timezone.now()
        elif step.name == "extend":
            self._extend(details)
            freeze(self, by=actor, told=told_in(details))
        elif step.name == "review_again":
            self._refuse_once_named(before)
        elif step.name == "publish":
            begin_after(self)

    def after_move(self, step, *, before):
        from contests.letters import tell_cancelled

        if step.name == "cancel":
            tell_cancelled(self)

    def _refuse_once_named(self, before):
        from contests.voting import has_named

        asked, self.status = self.status, before
        if has_named(self):
            raise MoveRefused(
                gettext("The public vote has named the entries: they are not scored again.")
            )
        self.status = asked

    def _why_reworked(self) -> dict[str, str]:
        last = AuditEvent.about(self).filter(action="rework").first()
        return told_in(last.details | {"reason": last.reason}) if last else {}

    def _extend(self, details):
        """A later end of the term; with `moves_days` what comes after it moves along."""
        closes_at = details.get("closes_at")
        if not closes_at or closes_at <= self.closes_at:
            raise MoveRefused(gettext("The new end of the term comes after the present one."))
        shift = timezone.localdate(closes_at) - timezone.localdate(self.closes_at)
        self.extended_from, self.closes_at = self.closes_at, closes_at
        if details.get("moves_days"):
            for name in (*DAYS_AFTER_THE_TERM, *MOMENTS_AFTER_THE_TERM):
                if getattr(self, name):
                    setattr(self, name, getattr(self, name) + shift)


def told_in(details) -> dict[str, str]:
    """What readers are told of a move, by language; a bare reason is in the language of its page."""
    reason = details["reason"]
    return details.get("told") or ({current_language(): reason} if reason else {})
