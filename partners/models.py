"""Partners, what was agreed with them, what was talked about, what they carry out."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Max, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from partners.choices import (
    AgreementKind,
    AgreementState,
    BudgetBand,
    InteractionKind,
    Licence,
    PartnerKind,
    ProjectKind,
    ProposalState,
    Role,
    Standing,
)
from places.models import Oblast
from places.sorting import sort_key_expression
from publishing.files import StoredDocument, StoredPicture
from publishing.languages import TwoLanguageRow, title_in_some_language
from publishing.models import Publishable, PublishableQuerySet
from publishing.richtext import RichTextField
from publishing.workflow import Missing
from themes.models import Theme

#: Before the end of an agreement the specialist is reminded so many days.
ENDING = timedelta(days=60)
#: A partner not spoken to for so many days has fallen silent, unless its own number says otherwise.
SILENCE_DAYS = 60


class PartnerQuerySet(PublishableQuerySet):
    def with_last_contact(self):
        """Each with `last_contact_on`, the day of the latest entry of the contact log, or None."""
        return self.annotate(last_contact_on=Max("interactions__on"))

    def silent(self):
        """Active partners nobody has spoken to for longer than their reminder says."""
        today = timezone.localdate()
        limit = models.ExpressionWrapper(
            models.Value(today) - F("reminder_days"), output_field=models.DateField()
        )
        spoken = Interaction.objects.filter(
            partner=models.OuterRef("pk"), on__gte=models.OuterRef("silent_since")
        )
        return (
            self.filter(standing=Standing.ACTIVE)
            .annotate(silent_since=limit)
            .exclude(models.Exists(spoken))
        )

    def edited_by(self, user):
        """Partners whose record the person may edit as the partner's own staff."""
        return self.filter(editors=user)


class Partner(Publishable):
    """An organisation the portal works with; its page is what readers see of it."""

    page_view = "partners.views.partner_page"
    reserved_slugs = ("projects", "edit")

    title = models.CharField(_("name"), max_length=160)
    short_name = models.CharField(_("short name"), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=PartnerKind)
    roles = ArrayField(
        models.CharField(max_length=12, choices=Role),
        verbose_name=pgettext_lazy("partner", "roles"),
        default=list,
        blank=True,
    )
    themes = models.ManyToManyField(Theme, verbose_name=_("themes"), blank=True, related_name="+")
    oblasts = models.ManyToManyField(
        Oblast,
        verbose_name=_("oblasts"),
        blank=True,
        related_name="+",
        help_text=_("Where it works; none chosen means the whole country."),
    )
    summary = models.CharField(
        _("in one line"), max_length=200, blank=True, help_text=_("Who it is and what it does.")
    )
    description = RichTextField(_("description"), blank=True)
    site = models.URLField(_("site"), blank=True)
    email = models.EmailField(_("e-mail of the organisation"), blank=True)
    phone = models.CharField(_("phone of the organisation"), max_length=40, blank=True)
    address = models.CharField(_("postal address"), max_length=200, blank=True)
    standing = models.CharField(
        _("partnership"), max_length=10, choices=Standing, default=Standing.POTENTIAL
    )
    reminder_days = models.PositiveSmallIntegerField(
        _("remind after days of silence"), default=SILENCE_DAYS
    )
    editors = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("its own editors"),
        blank=True,
        related_name="partners",
        help_text=_("They edit what is the partner’s; an editor of the portal confirms it."),
    )
    note = models.TextField(_("note for editors"), blank=True)
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)
    sort_key = models.GeneratedField(
        expression=sort_key_expression("title_ky", "title_ru"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )

    objects = PartnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["sort_key", "pk"]
        constraints = [title_in_some_language("partner_has_a_name")]

    def get_absolute_url(self):
        return reverse("partners:partner", args=[self.slug])

    @property
    def is_silent(self) -> bool:
        """The instance twin of silent()."""
        since = timezone.localdate() - timedelta(days=self.reminder_days)
        return self.standing == Standing.ACTIVE and not self.interactions.filter(on__gte=since)

    def missing_for_publication(self):
        missing = super().missing_for_publication()
        language = self.original_language
        if not getattr(self, f"summary_{language}"):
            missing.append(Missing(f"summary_{language}", gettext("one line on who it is")))
        return missing


class PartnerRow(TwoLanguageRow):
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]


class Logo(StoredPicture):
    """A partner's logo; one."""

    owner = "partner"

    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="logo")

    class Meta(StoredPicture.Meta):
        verbose_name = _("logo")
        verbose_name_plural = _("logos")


class Contact(PartnerRow):
    """A person at a partner. For the staff alone, unless the person has agreed to be named."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(pgettext_lazy("person", "name"), max_length=120)
    post = models.CharField(_("post"), max_length=160, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    uses_whatsapp = models.BooleanField(_("reads WhatsApp at this number"), default=False)
    is_main = models.BooleanField(_("first to turn to"), default=False)
    is_public = models.BooleanField(
        _("named on the partner’s page"),
        default=False,
        help_text=_("Name and post only, and only where the person has agreed."),
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta(PartnerRow.Meta):
        verbose_name = _("contact person")
        verbose_name_plural = _("contact persons")

    def __str__(self):
        return self.name


class AgreementQuerySet(models.QuerySet):
    def ending(self):
        """In force, and ending within sixty days."""
        today = timezone.localdate()
        return self.filter(
            signed_on__isnull=False, ended_on=None, ends_on__range=(today, today + ENDING)
        )


class Agreement(TwoLanguageRow):
    """What partners have agreed: the tripartite agreement of the agency, the Union and the
    Institute, memoranda, contracts, grants. For the staff alone.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=AgreementKind)
    number = models.CharField(_("number"), max_length=40, blank=True)
    parties = models.ManyToManyField(Partner, verbose_name=_("parties"), related_name="agreements")
    signed_on = models.DateField(
        _("signed on"), null=True, blank=True, help_text=_("Empty while it is being prepared.")
    )
    starts_on = models.DateField(_("in force from"), null=True, blank=True)
    ends_on = models.DateField(
        _("in force until"), null=True, blank=True, help_text=_("Empty where it has no end.")
    )
    ended_on = models.DateField(_("ended early on"), null=True, blank=True)
    amount = models.DecimalField(
        _("amount, som"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("in charge"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        limit_choices_to={"is_staff": True},
    )
    note = models.TextField(_("note"), blank=True)
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = [F("signed_on").desc(nulls_first=True), "-pk"]
        constraints = [
            title_in_some_language("agreement_has_a_title"),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="agreement_ends_after_it_begins",
                violation_error_message=_("It cannot end before it begins."),
            ),
        ]

    def __str__(self):
        return self.title or self.get_kind_display()

    @property
    def original_title(self) -> str:
        """The same words whoever reads them: for the audit trail."""
        return self.title_ky or self.title_ru or ""

    @property
    def state(self) -> AgreementState:
        today = timezone.localdate()
        if not self.signed_on:
            return AgreementState.DRAFT
        if self.ended_on or (self.ends_on and self.ends_on < today):
            return AgreementState.ENDED
        if self.starts_on and self.starts_on > today:
            return AgreementState.SIGNED
        if self.ends_on and self.ends_on <= today + ENDING:
            return AgreementState.ENDING
        return AgreementState.ACTIVE

    @property
    def is_readable(self) -> bool:
        """Its files are for the staff alone."""
        return False


class Obligation(PartnerRow):
    """What one party has promised, by when, and whether it is done."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="obligations")
    text = models.CharField(_("obligation"), max_length=300)
    party = models.ForeignKey(
        Partner,
        verbose_name=_("whose"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="obligations",
        help_text=_("Empty where it is the portal’s own."),
    )
    due_on = models.DateField(_("due on"), null=True, blank=True)
    done_on = models.DateField(_("done on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(PartnerRow.Meta):
        verbose_name = _("obligation")
        verbose_name_plural = _("obligations")

    def __str__(self):
        return self.text or ""

    @property
    def is_overdue(self) -> bool:
        return bool(not self.done_on and self.due_on and self.due_on < timezone.localdate())


class AgreementFile(StoredDocument):
    owner = "agreement"

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="files")

    class Meta(StoredDocument.Meta):
        verbose_name = _("file of an agreement")
        verbose_name_plural = _("files of an agreement")


class Interaction(models.Model):
    """One entry of the contact log: what was said, and what comes next."""

    partner = models.ForeignKey(
        Partner, verbose_name=_("partner"), on_delete=models.CASCADE, related_name="interactions"
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("with whom"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="interactions",
    )
    on = models.DateField(_("day"), default=timezone.localdate)
    kind = models.CharField(_("kind"), max_length=8, choices=InteractionKind)
    subject = models.CharField(_("subject"), max_length=160)
    summary = models.TextField(_("what was said"), max_length=2000, blank=True)
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    next_on = models.DateField(_("by when"), null=True, blank=True)
    next_done_on = models.DateField(_("next step done on"), null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("whose step"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        limit_choices_to={"is_staff": True},
    )
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("entry of the contact log")
        verbose_name_plural = _("contact log")
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(next_on=None) | ~Q(next_step=""),
                name="interaction_says_what_is_next",
                violation_error_message=_("Say what the next step is."),
            )
        ]

    def __str__(self):
        return f"{self.partner}: {self.subject}"

    def clean(self):
        super().clean()
        if self.contact_id and self.contact.partner_id != self.partner_id:
            raise ValidationError({"contact": _("This person belongs to another partner.")})
        if self.on and self.on > timezone.localdate():
            # It would hide the partner's silence until that day.
            raise ValidationError(
                {"on": _("This day has not come yet; what is planned is a next step.")}
            )


class ProjectQuerySet(models.QuerySet):
    def public(self):
        return self.filter(is_public=True)


class Project(TwoLanguageRow):
    """A national initiative or a project: who carries it, for what themes, where and when."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    summary = models.CharField(_("in one line"), max_length=300, blank=True)
    kind = models.CharField(
        _("kind"), max_length=10, choices=ProjectKind, default=ProjectKind.PROJECT
    )
    partner = models.ForeignKey(
        Partner, verbose_name=_("carried out by"), on_delete=models.PROTECT, related_name="projects"
    )
    donors = models.ManyToManyField(
        Partner, verbose_name=_("paid by"), blank=True, related_name="funded_projects"
    )
    starts_on = models.DateField(pgettext_lazy("project", "from"))
    ends_on = models.DateField(pgettext_lazy("project", "until"), null=True, blank=True)
    budget_band = models.CharField(_("budget"), max_length=10, choices=BudgetBand, blank=True)
    themes = models.ManyToManyField(Theme, verbose_name=_("themes"), related_name="projects")
    is_countrywide = models.BooleanField(_("in the whole country"), default=False)
    oblasts = models.ManyToManyField(
        Oblast, verbose_name=_("oblasts"), blank=True, related_name="projects"
    )
    url = models.URLField(_("page of the project"), blank=True)
    is_public = models.BooleanField(
        _("shown to readers"), default=False, help_text=_("Set by an editor of the portal.")
    )
    note = models.TextField(_("note for editors"), blank=True)
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("partners", "project")
        verbose_name_plural = pgettext_lazy("partners", "projects")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            title_in_some_language("project_has_a_title"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="project_ends_after_it_begins",
                violation_error_message=_("It cannot end before it begins."),
            ),
        ]

    def __str__(self):
        return self.title or ""

    @property
    def original_title(self) -> str:
        """The same words whoever reads them: for the audit trail."""
        return self.title_ky or self.title_ru or ""


class ProposalQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=ProposalState.OPEN)


class Proposal(models.Model):
    """What a partner's own editor wants changed on its page, or in a project; an editor of the portal
    takes it over or not. Two proposals about one field both stay: the second one shows what the first
    has changed.

    answers: {column: value proposed}, only what differs; before: {column: value it was written over}.
    """

    partner = models.ForeignKey(
        Partner, verbose_name=_("partner"), on_delete=models.CASCADE, related_name="proposals"
    )
    is_about_project = models.BooleanField(_("about a project"), default=False)
    project = models.ForeignKey(
        Project,
        verbose_name=pgettext_lazy("partners", "project"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="proposals",
        help_text=_("Empty where a new one is proposed."),
    )
    answers = models.JSONField(_("what is proposed"), default=dict)
    before = models.JSONField(_("what was there"), default=dict, blank=True)
    note = models.TextField(_("a word to the editors"), max_length=500, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ProposalState, default=ProposalState.OPEN
    )
    reason = models.TextField(_("answer of the editors"), max_length=1000, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who proposes"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal of a partner")
        verbose_name_plural = _("proposals of partners")
        ordering = ["-made_at", "-pk"]

    def __str__(self):
        return f"{self.partner}: {self.subject}"

    @property
    def subject(self) -> str:
        if not self.is_about_project:
            return gettext("its page")
        title = self.answers.get("title_ky") or self.answers.get("title_ru") or ""
        return str(self.project or title)

    @property
    def is_open(self) -> bool:
        return self.state == ProposalState.OPEN


class Sourced(models.Model):
    """Where a published thing comes from, and what others may do with it."""

    source_partner = models.ForeignKey(
        Partner,
        verbose_name=_("material of the partner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="%(class)ss",
    )
    source_project = models.ForeignKey(
        Project,
        verbose_name=_("made in the project"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="%(class)ss",
    )
    donor = models.ForeignKey(
        Partner,
        verbose_name=_("with the money of"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="funded_%(class)ss",
    )
    licence = models.CharField(
        _("licence"), max_length=14, choices=Licence, default=Licence.UNKNOWN
    )

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Whether it may stand in open data; the page shows it in any case."""
        return self.licence != Licence.UNKNOWN
