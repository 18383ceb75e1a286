"""The protocol, who signed it, and what was awarded."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from contests.choices import Group, MemberRole, Outcome, ProtocolStatus
from contests.models.applications import Application
from contests.models.commission import Member
from contests.models.contest import Contest
from contests.models.rules import Nomination
from contests.workflow import PROTOCOL
from publishing.languages import LANGUAGES, TwoLanguageRow
from publishing.workflow import Missing, move


def diploma_code() -> str:
    """Eight letters and digits that are not mistaken for each other."""
    return "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTUVWXYZ") for _place in range(8))


class Protocol(TwoLanguageRow):
    """A decision of the commission: facts as they were, text in both languages, signatures."""

    workflow = PROTOCOL

    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.PROTECT, related_name="protocols"
    )
    number = models.CharField(_("number"), max_length=20)
    held_on = models.DateField(_("date"), default=timezone.localdate)
    place = models.CharField(_("place"), max_length=160, blank=True)
    present = models.ManyToManyField(
        Member, verbose_name=_("present"), blank=True, related_name="+"
    )
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=ProtocolStatus,
        default=ProtocolStatus.DRAFT,
        editable=False,
    )
    status_changed_at = models.DateTimeField(
        _("in this status since"), default=timezone.now, editable=False
    )
    text = models.TextField(_("text"), blank=True)
    #: Members, table, recusals, ties as they were when it was made; contests/protocol_facts.py.
    facts = models.JSONField(default=dict, editable=False)
    digest = models.CharField(_("digest"), max_length=64, blank=True, editable=False)
    corrects = models.OneToOneField(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="corrected_by"
    )
    correction = models.CharField(_("what is corrected"), max_length=400, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("protocol")
        verbose_name_plural = _("protocols")
        ordering = ["contest", "-pk"]

    def __str__(self):
        return f"№ {self.number}, {self.held_on:%d.%m.%Y}"

    # ------------------------------------------------------------ what its moves want

    def missing_for_circulation(self):
        missing = self._missing_in_stage() + self._missing_in_meeting()
        if not all(getattr(self, f"text_{language}") for language in LANGUAGES):
            missing.append(Missing("text", gettext("the text in both languages")))
        missing += self._missing_in_awards() + self._missing_in_discussion()
        if not missing and not self.has_facts_of_today():
            message = gettext("the facts as they are now: something has changed since")
            missing.append(Missing("text", message))
        return missing

    def _missing_in_stage(self):
        from contests.deciding import is_its_time

        if is_its_time(self):
            return []
        return [Missing("contest", gettext("a contest in the deliberation"))]

    def _missing_in_meeting(self):
        from contests.protocol_facts import has_quorum

        missing = []
        if self.held_on > timezone.localdate():
            missing.append(Missing("held_on", gettext("a day of the meeting that has come")))
        leads = self.present.filter(role__in=(MemberRole.CHAIR, MemberRole.DEPUTY), is_active=True)
        if not leads.exists():
            missing.append(Missing("present", gettext("the chair or the deputy at the meeting")))
        if not self.facts or not has_quorum(self.facts):
            missing.append(Missing("present", gettext("the quorum of the members")))
        return missing

    def _missing_in_awards(self):
        from contests.protocol_facts import faults_of

        awards = list(self.contest.awards.select_related("application"))
        if not awards:
            return [Missing("awards", gettext("a decision: who is given what"))]
        return [Missing("awards", fault) for fault in faults_of(self, awards)]

    def _missing_in_discussion(self):
        silent = [
            row["number"]
            for table in self.facts.get("tables", ())
            for row in table["rows"]
            if row["differ"] and len(row["discussion"]) < len(LANGUAGES)
        ]
        if not silent:
            return []
        message = gettext("what was said where opinions differ, in both languages: %(numbers)s")
        return [Missing("discussion", message % {"numbers": ", ".join(silent)})]

    def has_facts_of_today(self) -> bool:
        from contests.protocol_facts import gather

        return self.facts == gather(self)

    def missing_for_signing(self):
        from contests.deciding import unsigned

        waiting = ", ".join(map(str, unsigned(self)))
        if not waiting:
            return []
        message = gettext("the signatures of: %(names)s") % {"names": waiting}
        return [Missing("signatures", message)]

    def missing_for_publication(self):
        from contests.deciding import DECIDED

        if self.contest.status in DECIDED:
            return []
        return [Missing("contest", gettext("a contest decided by this protocol"))]

    # ------------------------------------------------------------ what they change

    def apply_move(self, step, *, actor, before, details):
        from contests.deciding import carry_out
        from contests.protocol import content_digest

        if step.name == "circulate":
            self.digest = content_digest(self)
        elif step.name == "rework":
            self.signatures.all().delete()
            self.digest = ""
        elif step.name == "publish":
            self.published_at = timezone.now()
            carry_out(self)
            if self.corrects:
                move(self.corrects, "correct", actor=None, via="system")

    def after_move(self, step, *, before):
        from contests.letters import tell_signers

        if step.name == "circulate":
            tell_signers(self)


class Signature(models.Model):
    """A member’s word on a protocol, on exactly the text with this digest."""

    protocol = models.ForeignKey(Protocol, on_delete=models.CASCADE, related_name="signatures")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="signatures")
    digest = models.CharField(_("digest"), max_length=64)
    at = models.DateTimeField(_("signed"), auto_now_add=True)
    dissent = models.TextField(_("dissenting opinion"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["protocol", "member"], name="member_signs_once")
        ]

    def __str__(self):
        return str(self.member)


class Award(TwoLanguageRow):
    """What an application was given, decided by a vote."""

    contest = models.ForeignKey(
        Contest, verbose_name=_("contest"), on_delete=models.PROTECT, related_name="awards"
    )
    application = models.ForeignKey(
        Application, verbose_name=_("application"), on_delete=models.PROTECT, related_name="awards"
    )
    nomination = models.ForeignKey(
        Nomination, verbose_name=_("nomination"), on_delete=models.PROTECT, related_name="awards"
    )
    group = models.CharField(_("group"), max_length=6, choices=Group, blank=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    place = models.PositiveSmallIntegerField(_("place"), null=True, blank=True)
    title = models.CharField(
        _("special award"), max_length=160, blank=True, help_text=_("“For courage in accounts”.")
    )
    votes_for = models.PositiveSmallIntegerField(pgettext_lazy("vote", "for"), default=0)
    votes_against = models.PositiveSmallIntegerField(pgettext_lazy("vote", "against"), default=0)
    votes_abstained = models.PositiveSmallIntegerField(_("abstained"), default=0)
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    code = models.CharField(
        _("code of the diploma"), max_length=8, unique=True, default=diploma_code, editable=False
    )
    revoked_on = models.DateField(_("revoked on"), null=True, blank=True)

    class Meta:
        verbose_name = _("award")
        verbose_name_plural = _("awards")
        ordering = ["nomination", "group", "place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(outcome="place"),
                name="one_place_for_an_application",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="place") | Q(place__isnull=False),
                name="place_has_a_number",
            ),
        ]
