"""An adoption: another municipality's repetition of a practice."""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.phones import validate_phone
from places.models import Municipality
from practices.choices import (
    AT_WORK,
    AdoptionStatus,
    HelpedBy,
    Recommend,
    Scale,
)
from practices.models.columns import YEAR, choice_array, som
from publishing.files import StoredPicture
from publishing.languages import LANGUAGES, OTHER, Edition, TwoLanguageRow, current_language
from publishing.models import AuditEvent
from publishing.workflow import ANY_EDITOR, Missing, MoveRefused, Transition

S = AdoptionStatus
#: Whoever carries an adoption through, and editors for them.
HANDS = ("adopter", *ANY_EDITOR)
UNDER_WAY = (S.PLANNED, S.PREPARING, S.IN_PROGRESS)
LEDGER: tuple[Transition, ...] = (
    Transition("prepare", _("Preparation has begun"), (S.PLANNED,), S.PREPARING, HANDS),
    Transition("begin", _("Work has begun"), (S.PLANNED, S.PREPARING), S.IN_PROGRESS, HANDS),
    Transition("implement", _("It is done and at work"), UNDER_WAY, S.IMPLEMENTED, HANDS,
               guard="missing_for_implementation"),
    Transition("pause", _("Work is paused"), UNDER_WAY, S.PAUSED, HANDS),
    Transition("resume", _("Work goes on"), (S.PAUSED, S.STOPPED), S.IN_PROGRESS, HANDS),
    Transition("stop", _("It has stopped"), (*UNDER_WAY, S.PAUSED, *AT_WORK, S.NOT_CONFIRMED),
               S.STOPPED, HANDS, needs_reason=True),
    Transition("sustain", _("It works on"), (S.IMPLEMENTED,), S.SUSTAINED, ("system",)),
    Transition("doubt", _("Nobody says whether it works"), AT_WORK, S.NOT_CONFIRMED,
               ("system", *ANY_EDITOR), needs_reason=True),
    Transition("reconfirm", _("It is at work after all"), (S.NOT_CONFIRMED,), S.IMPLEMENTED,
               (*HANDS, "source")),
    Transition("set_sustained", _("Correct: it works on"), (S.IMPLEMENTED, S.NOT_CONFIRMED),
               S.SUSTAINED, ANY_EDITOR, needs_reason=True),
    Transition("set_back", _("Correct: it is still in progress"), (*AT_WORK, S.NOT_CONFIRMED),
               S.IN_PROGRESS, ANY_EDITOR, needs_reason=True),
)  # fmt: skip
#: Of the columns in two languages, those that readers see.
SHOWN_TEXTS = ("adaptation", "result", "result_unit", "lessons", "stop_reason")


class AdoptionQuerySet(models.QuerySet):
    def counted(self):
        """At work and confirmed by the source municipality: only these count."""
        return self.filter(Adoption.counted_q())

    def shown(self):
        """What readers see; a plan is shown as a plan."""
        return self.filter(is_public=True, is_vouched=True)

    def unconfirmed(self):
        """At work, and the source municipality has not said yet that it is so."""
        return self.filter(status__in=AT_WORK, confirmed_on=None, is_public=True)

    def refused(self):
        """Of those, the ones of which the source municipality has said that it is not so."""
        refusals = AuditEvent.objects.filter(
            content_type=ContentType.objects.get_for_model(Adoption),
            object_id=OuterRef("pk"),
            action="refuse",
            at__gte=OuterRef("status_changed_at"),
        )
        return self.unconfirmed().filter(Exists(refusals))

    def to_confirm(self):
        """Of those, the ones on which the source municipality has not spoken."""
        return self.unconfirmed().exclude(pk__in=self.refused().values("pk"))

    def carried_by(self, user):
        """Those in which the person acts as «adopter»; the queryset twin of plays()."""
        return self.filter(Adoption.carried_q(user))

    def for_list(self):
        return self.select_related("municipality__oblast", "municipality__district")

    def recent_for_home(self):
        """The latest confirmed adoptions of published practices: what is happening."""
        from practices.models.practice import Practice

        return (
            self.counted()
            .filter(practice__in=Practice.objects.published())
            .for_list()
            .select_related("practice__municipality")
            .order_by("-confirmed_on", "-pk")[:5]
        )


class Adoption(TwoLanguageRow):
    """Another municipality's repetition of a practice: what it changed, paid and got.

    planned → preparing → in progress → implemented → sustained; aside: paused, stopped with a
    reason, not confirmed. Who moves it is said in LEDGER: «adopter» is whoever declared it and the
    confirmed people of the adopting municipality, «source» those of the practice's municipality.
    It counts once the source municipality has confirmed it.
    """

    workflow = LEDGER
    #: Purposes of signed links whose holders see its photos before readers do.
    shown_by_links = ("confirm_adoption",)

    practice = models.ForeignKey(
        "practices.Practice",
        verbose_name=_("practice"),
        on_delete=models.PROTECT,
        related_name="adoptions",
    )
    municipality = models.ForeignKey(
        Municipality,
        verbose_name=_("municipality that adopted"),
        on_delete=models.PROTECT,
        related_name="adoptions",
    )
    status = models.CharField(
        _("status"), max_length=14, choices=AdoptionStatus, default=AdoptionStatus.PLANNED
    )
    stop_reason = models.CharField(_("why it stopped"), max_length=300, blank=True)
    coordinator_name = models.CharField(_("coordinator"), max_length=120, blank=True)
    coordinator_post = models.CharField(_("coordinator’s post"), max_length=120, blank=True)
    coordinator_phone = models.CharField(
        _("coordinator’s phone"),
        max_length=16,
        blank=True,
        validators=[validate_phone],
        help_text=_("For the editors only; never shown in public."),
    )
    why_chosen = models.TextField(_("why this practice"), max_length=400, blank=True)
    adaptation = models.TextField(_("what was changed"), max_length=800, blank=True)
    scale = models.CharField(_("scale"), max_length=6, choices=Scale, blank=True)
    started_on = models.DateField(_("started on"), null=True, blank=True)
    finished_on = models.DateField(_("finished on"), null=True, blank=True)
    cost_once = som(_("cost, once, som"))
    cost_yearly = som(_("cost a year, som"))
    price_year = models.PositiveSmallIntegerField(
        _("year of prices"), null=True, blank=True, validators=YEAR
    )
    scale_quantity = models.DecimalField(
        _("how many units here"),
        max_digits=10,
        decimal_places=1,
        null=True,
        blank=True,
        help_text=_("In the unit the practice’s cost grows with; the calculator uses it."),
    )
    result = models.TextField(_("result"), max_length=800, blank=True)
    result_number = models.DecimalField(
        _("result as a number"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    result_unit = models.CharField(
        _("what the number counts"),
        max_length=80,
        blank=True,
        help_text=_("For example: households with water."),
    )
    beneficiaries_count = models.PositiveIntegerField(_("people it serves"), null=True, blank=True)
    helped_by = choice_array(_("what helped"), HelpedBy.choices)
    lessons = models.TextField(_("lessons"), max_length=800, blank=True)
    would_recommend = models.CharField(
        _("would recommend"), max_length=12, choices=Recommend, blank=True
    )
    confirmed_on = models.DateField(
        _("confirmed by the source on"),
        null=True,
        blank=True,
        help_text=_("Only a confirmed adoption counts."),
    )
    confirmed_by = models.CharField(
        _("who confirmed"), max_length=120, blank=True, help_text=_("A post, not a name.")
    )
    verified_on = models.DateField(_("verified on site on"), null=True, blank=True)
    is_public = models.BooleanField(_("shown to readers"), default=True)
    is_vouched = models.BooleanField(
        _("vouched for"),
        default=True,
        help_text=_(
            "Declared by a confirmed representative, or looked at by an editor or the source. "
            "Readers see only such ones."
        ),
    )
    status_changed_at = models.DateTimeField(
        _("in this status since"), default=timezone.now, editable=False
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("declared by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = AdoptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("adoption")
        verbose_name_plural = _("adoptions")
        ordering = ["-started_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "municipality"],
                name="one_adoption_a_municipality",
                violation_error_message=_(
                    "This municipality’s adoption of the practice is already here."
                ),
            ),
            models.CheckConstraint(
                # NULL passes a check, so each language says «not NULL» too.
                condition=~Q(status=AdoptionStatus.STOPPED)
                | (Q(stop_reason_ky__isnull=False) & ~Q(stop_reason_ky=""))
                | (Q(stop_reason_ru__isnull=False) & ~Q(stop_reason_ru="")),
                name="stopped_adoption_says_why",
                violation_error_message=_("Say why it stopped."),
            ),
            models.CheckConstraint(
                condition=Q(started_on=None)
                | Q(finished_on=None)
                | Q(finished_on__gte=F("started_on")),
                name="adoption_ends_after_it_begins",
                violation_error_message=_("It cannot have finished before it started."),
            ),
        ]

    def __str__(self):
        return f"{self.municipality}: {self.practice}"

    def clean(self):
        super().clean()
        if self.practice_id and self.practice.municipality_id == self.municipality_id:
            raise ValidationError(
                {"municipality": _("This municipality is the source of the practice.")}
            )

    @property
    def original_title(self) -> str:
        """The same words whoever reads them: for the audit trail and for letters."""
        with translation.override(self.practice.original_language):
            return f"{self.municipality}: {self.practice.original_title}"

    @staticmethod
    def counted_q(prefix: str = "") -> Q:
        """The rule of what counts, for a queryset or an annotation over adoptions."""
        return Q(
            **{
                f"{prefix}status__in": AT_WORK,
                f"{prefix}confirmed_on__isnull": False,
                f"{prefix}is_public": True,
            }
        )

    @staticmethod
    def carried_q(user, prefix: str = "") -> Q:
        """Declared by the person, or of a municipality where the person's role is confirmed."""
        own = user.memberships.verified().values("municipality")
        lost = user.memberships.filter(revoked_at__isnull=False).values("municipality")
        place = f"{prefix}municipality__in"
        return Q(**{place: own}) | (Q(**{f"{prefix}created_by": user}) & ~Q(**{place: lost}))

    @property
    def is_counted(self) -> bool:
        """The instance twin of counted()."""
        return self.status in AT_WORK and self.confirmed_on is not None and self.is_public

    @property
    def is_readable(self) -> bool:
        """Whether its photos may be shown: the instance twin of shown(), on a page that opens."""
        return self.is_public and self.is_vouched and self.practice.is_readable

    @property
    def author(self):
        """Who declared it from outside the editors’ office: letters about it go there. Else None."""
        maker = self.created_by
        if maker is None or not maker.is_active or maker.is_staff:
            return None
        return maker if self.plays("adopter", maker) else None

    @property
    def refusal(self) -> AuditEvent | None:
        """What the source municipality said against it as it stands now."""
        if self.status not in AT_WORK or self.confirmed_on:
            return None
        return (
            AuditEvent.about(self).filter(action="refuse", at__gte=self.status_changed_at).first()
        )

    @property
    def why_stopped(self) -> Edition:
        """The reason, in the language of the page where it stands in it, else in the other."""
        language = current_language()
        return self.edition(
            language if getattr(self, f"stop_reason_{language}") else OTHER[language]
        )

    def edition_for(self, wanted: str) -> Edition:
        """Texts in the wanted language, or in the other one where they stand in that alone."""
        written = {
            language
            for language in LANGUAGES
            if any(getattr(self, f"{name}_{language}") for name in SHOWN_TEXTS)
        }
        return self.edition(wanted if wanted in written or not written else OTHER[wanted])

    # ---------------------------------------------------------------- who and whether

    def plays(self, part: str, actor) -> bool:
        """Whether the person acts in the ledger as «adopter» or as «source»."""
        roles = actor.memberships
        if part == "source":
            source = self.practice.municipality_id
            return roles.verified().filter(municipality_id=source).exists()
        if part != "adopter":
            return False
        own = roles.filter(municipality_id=self.municipality_id)
        if self.created_by_id == actor.pk:
            # Whoever declared it stays in charge, unless the role was taken away since.
            return not own.filter(revoked_at__isnull=False).exists()
        return own.verified().exists()

    def is_open_to(self, user) -> bool:
        """Whether the person may look at it before readers do."""
        return (
            user.is_authenticated
            and user.is_active
            and (self.plays("adopter", user) or self.plays("source", user))
        )

    def missing_for_implementation(self, *, has_photo: bool | None = None) -> list[Missing]:
        """What «at work» has to show: a number or a picture of it, and since when."""
        missing = []
        if has_photo is None:
            has_photo = bool(self.pk) and self.photos.exists()
        if self.result_number is None and not has_photo:
            missing.append(Missing("result_number", gettext("a result as a number, or a photo")))
        if not self.finished_on:
            missing.append(Missing("finished_on", gettext("the day the work was finished")))
        elif self.finished_on > timezone.localdate():
            missing.append(
                Missing("finished_on", gettext("a day of finishing that is not in the future"))
            )
        return missing

    # ---------------------------------------------------------------- what a move brings

    def apply_move(self, step, *, actor, before, details) -> None:
        """What a move changes in the row beside its state; the caller saves.

        details: `stop_reasons` {language: text} where the reason is known in more than one.
        """
        if step.target == S.STOPPED:
            reasons = details.get("stop_reasons") or {current_language(): details["reason"]}
            self.write_stop_reason(reasons)
        elif before == S.STOPPED:
            self.stop_reason_ky = self.stop_reason_ru = ""
        if step.target == S.IN_PROGRESS and before != S.PAUSED:
            # What the source has confirmed is not so any more; it is asked anew.
            self.confirmed_on, self.confirmed_by_ky, self.confirmed_by_ru = None, "", ""

    def write_stop_reason(self, reasons: dict[str, str]) -> None:
        limit = self._meta.get_field("stop_reason").max_length
        if any(len(text) > limit for text in reasons.values()):
            raise MoveRefused(
                gettext("The reason is shown to readers: %(limit)s characters at most.")
                % {"limit": limit}
            )
        for language in LANGUAGES:
            setattr(self, f"stop_reason_{language}", reasons.get(language, ""))

    def after_move(self, step, *, before) -> None:
        """What a move starts in the world, after commit."""
        from practices.ledger import ask_source

        if self.status in AT_WORK and before not in AT_WORK:
            ask_source(self)


class AdoptionPhoto(StoredPicture):
    """A photo of an adoption."""

    owner = "adoption"

    adoption = models.ForeignKey(Adoption, on_delete=models.CASCADE, related_name="photos")

    class Meta(StoredPicture.Meta):
        verbose_name = _("photo of an adoption")
        verbose_name_plural = _("photos of adoptions")
