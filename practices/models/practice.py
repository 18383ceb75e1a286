"""A practice: the record itself."""

from django.core.validators import MaxValueValidator
from django.db import connection, models
from django.db.models import F, Prefetch, Q, Value
from django.db.models.functions import Coalesce, Concat, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from partners.models import Sourced
from people.phones import validate_phone
from places.models import Municipality
from places.sorting import Translate, sort_key_expression
from practices.choices import (
    CollectedVia,
    Competence,
    CostBand,
    Evidence,
    Initiative,
    KeneshDecision,
    Kind,
    Need,
    Participation,
    ScaleBy,
    UpkeepPayer,
    VulnerableGroup,
)
from practices.models.adoption import Adoption
from practices.models.check import YEARLY, months_after
from practices.models.columns import YEAR, choice_array, som
from practices.models.counting import by_cost, has_theme, list_code
from practices.requirements import PUBLICATION, SUBMISSION, RecordFacts, unmet
from publishing.models import Publishable, PublishableQuerySet, title_in_some_language
from publishing.richtext import RichTextField
from publishing.workflow import LISTED, Missing, Status
from themes.models import TaggedItem, Theme

#: Key of the database lock under which practices are numbered.
NUMBER_LOCK = 7_305_001
#: What a reader types without Kyrgyz letters, and look-alikes, fold to one spelling.
FOLD_FROM, FOLD_TO = "өүңёѳӊ", "оунеон"


def folded(*columns):
    """SQL expression: the columns in lower case with ө ү ң ё folded, for a search by substring."""
    parts = []
    for column in columns:
        parts += [Coalesce(F(column), Value(""), output_field=models.TextField()), Value(" ")]
    return Translate(
        Lower(Concat(*parts, output_field=models.TextField())),
        Value(FOLD_FROM),
        Value(FOLD_TO),
        output_field=models.TextField(),
    )


#: What lists narrow, count and order by; their indexes hold it all.
LIST_COLUMNS = (
    "published_at", "municipality", "place_year", "list_code", "cost_once", "adoptions_count",
    "theme_bits",
)  # fmt: skip

#: What a card shows (templates/components/card.html).
CARD = (
    "slug", "title", "promise", "kind", "status", "original_language", "state_ky", "state_ru",
    "cost_once", "price_year", "evidence_level", "started_on", "finished_on", "last_confirmed_on",
    "adoptions_count", "theme__slug", "theme__position", "theme__name",
    *(
        f"municipality__{unit}{name}"
        for unit in ("", "oblast__", "district__")
        for name in ("name", "short_name")
    ),
    "municipality__code", "municipality__oblast__is_city",
)  # fmt: skip


def _list_index(name: str, *order: str) -> models.Index:
    """An index of what lists show, in an order, out of which any of their pages is found."""
    ordered = {column.removeprefix("-") for column in order}
    return models.Index(
        name=f"practice_list_{name}",
        fields=order,
        include=[column for column in LIST_COLUMNS if column not in ordered],
        condition=Q(status__in=LISTED),
    )


class PracticeQuerySet(PublishableQuerySet):
    def about(self, theme):
        """Practices whose main or further theme it is."""
        return self.filter(has_theme(theme))

    def of(self, municipality):
        """Practices the municipality gave, alone or with others."""
        joint = self.model.other_municipalities.through.objects.filter(municipality=municipality)
        return self.filter(Q(municipality=municipality) | Q(pk__in=joint.values("practice")))

    def for_list(self):
        """Loads what a card shows."""
        return self.select_related("theme", "municipality__oblast", "municipality__district").only(
            *CARD
        )

    def read(self) -> list["Practice"]:
        """The practices of a part of a list, [:20] or [40:60], with what a card shows.

        First their keys, which an index alone tells however far down the list they stand.
        """
        keys = list(self.values_list("pk", flat=True))
        found = self.model.objects.for_list().in_bulk(keys)
        return [found[key] for key in keys if key in found]

    def for_detail(self):
        """Loads what the practice's page shows, in a fixed number of queries."""
        return self.select_related(
            "theme",
            "municipality__oblast",
            "municipality__district",
            "source_partner",
            "source_project",
            "donor",
        ).prefetch_related(
            "themes_extra",
            "tags",
            "other_municipalities",
            "measurements",
            "steps__template",
            "funding",
            "legal_basis",
            "obstacles",
            "photos",
            "documents",
            "links",
            "evidence",
            Prefetch("adoptions", Adoption.objects.shown().for_list()),
        )


class Practice(Sourced, Publishable):
    """How a municipality solved a problem, told so that another can repeat it.

    A lesson tells a failure honestly; a method is a way of working without one place.
    States: publishing/workflow.py. Beside them moves the evidence level, up the ladder 0–5.
    """

    page_view = "practices.views.public.practice_page"
    reserved_slugs = ("add",)
    #: Columns that triggers fill (migration 0005): no part of a record's history.
    kept_by_database = ("adoptions_count", "theme_bits", "place_year")

    number = models.PositiveIntegerField(_("number"), unique=True, null=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PRACTICE)
    title = models.CharField(
        _("title"), max_length=120, help_text=_("What was done and what came of it, in one line.")
    )
    promise = models.CharField(
        _("in one line"),
        max_length=200,
        blank=True,
        help_text=_("For whom it is and what it changes. Shown on lists and in WhatsApp."),
    )
    municipality = models.ForeignKey(
        Municipality,
        verbose_name=_("municipality"),
        on_delete=models.PROTECT,
        related_name="practices",
        help_text=_("The unit as it was in the year of the practice."),
    )
    other_municipalities = models.ManyToManyField(
        Municipality,
        verbose_name=_("other municipalities that took part"),
        related_name="joint_practices",
        blank=True,
    )
    place_text = models.CharField(
        _("village, street"),
        max_length=120,
        blank=True,
        help_text=_("Where exactly, if it matters."),
    )
    theme = models.ForeignKey(
        Theme, verbose_name=_("main theme"), on_delete=models.PROTECT, related_name="practices"
    )
    themes_extra = models.ManyToManyField(
        Theme,
        verbose_name=_("further themes"),
        related_name="further_practices",
        blank=True,
        help_text=_("Two at most."),
    )
    tags = TaggableManager(_("tags"), through=TaggedItem, blank=True)

    # The story
    problem = RichTextField(
        _("problem"), blank=True, help_text=_("What was wrong, for whom, how it was known.")
    )
    solution = RichTextField(
        _("solution"), blank=True, help_text=_("What was done, by whom, in which order.")
    )
    result = RichTextField(
        _("result"), blank=True, help_text=_("What has changed; numbers go into the table below.")
    )
    started_on = models.DateField(_("started on"), null=True, blank=True)
    finished_on = models.DateField(
        _("finished on"), null=True, blank=True, help_text=_("Leave empty while it goes on.")
    )
    initiative = models.CharField(_("whose idea"), max_length=10, choices=Initiative, blank=True)
    beneficiaries = models.CharField(_("for whom"), max_length=300, blank=True)
    beneficiaries_count = models.PositiveIntegerField(_("people it serves"), null=True, blank=True)
    women_count = models.PositiveIntegerField(_("of them women"), null=True, blank=True)
    vulnerable_groups = choice_array(_("vulnerable groups it helps"), VulnerableGroup.choices)
    participation = models.CharField(
        _("residents’ part"), max_length=20, choices=Participation, blank=True
    )
    who_took_part = models.CharField(_("who took part"), max_length=400, blank=True)

    # Money
    cost_once = som(
        _("cost, once, som"), help_text=_("All sources together, work in kind included.")
    )
    cost_yearly = som(_("cost a year, som"), help_text=_("Upkeep. 0 when there is none."))
    price_year = models.PositiveSmallIntegerField(
        _("year of prices"), null=True, blank=True, validators=YEAR
    )
    cost_note = models.CharField(_("note on the cost"), max_length=300, blank=True)
    cost_band = models.GeneratedField(
        expression=by_cost(lambda band: band, ""),
        output_field=models.CharField(_("cost band"), max_length=1, choices=CostBand),
        db_persist=True,
    )
    scale_by = models.CharField(
        _("cost grows with"),
        max_length=12,
        choices=ScaleBy,
        default=ScaleBy.NONE,
        help_text=_("The calculator on the page scales the cost by it."),
    )
    scale_quantity = models.DecimalField(
        _("how many of them here"), max_digits=10, decimal_places=1, null=True, blank=True
    )
    fixed_share = models.PositiveSmallIntegerField(
        _("fixed part of the cost, %"),
        default=0,
        validators=[MaxValueValidator(100)],
        help_text=_("What does not grow with size: design, permits, software."),
    )
    upkeep_payer = models.CharField(
        _("who pays the upkeep"), max_length=14, choices=UpkeepPayer, blank=True
    )
    upkeep_plan = models.CharField(_("how the upkeep works"), max_length=300, blank=True)
    staff_needed = models.CharField(_("people needed"), max_length=200, blank=True)
    equipment = models.CharField(_("equipment needed"), max_length=200, blank=True)

    # Law
    kenesh_decision = models.CharField(
        _("decision of the kenesh"),
        max_length=8,
        choices=KeneshDecision,
        default=KeneshDecision.UNKNOWN,
    )
    competence = models.CharField(_("competence"), max_length=10, choices=Competence, blank=True)

    # Advice
    success_conditions = models.TextField(_("what it depends on"), max_length=600, blank=True)
    lessons = models.TextField(_("lessons"), max_length=800, blank=True)
    what_not_to_do = models.TextField(_("what not to do"), max_length=400, blank=True)
    transfer_advice = models.TextField(
        _("advice to those who repeat it"), max_length=600, blank=True
    )
    not_suitable_if = models.TextField(_("does not fit if"), max_length=300, blank=True)
    suits_population_min = models.PositiveIntegerField(
        _("fits from, residents"), null=True, blank=True
    )
    suits_population_max = models.PositiveIntegerField(
        _("fits up to, residents"), null=True, blank=True
    )
    suits_groups = choice_array(_("fits municipalities"), Municipality.Group.choices)
    needs = choice_array(_("needs on the spot"), Need.choices)

    # Contact
    contact_name = models.CharField(
        _("contact person"),
        max_length=120,
        blank=True,
        help_text=_("Not shown in public unless the person has agreed."),
    )
    contact_name_public = models.BooleanField(
        _("the person agreed to show the name"), default=False
    )
    contact_post = models.CharField(_("contact: post"), max_length=120, blank=True)
    office_phone = models.CharField(_("office phone"), max_length=40, blank=True)
    mobile_phone = models.CharField(
        _("mobile phone"),
        max_length=16,
        blank=True,
        validators=[validate_phone],
        help_text=_("For the editors only; never shown in public."),
    )
    contact_email = models.EmailField(_("e-mail of the office"), blank=True)
    contact_hours = models.CharField(_("hours"), max_length=80, blank=True)
    can_visit = models.BooleanField(_("visitors are welcome"), default=False)
    can_mentor = models.BooleanField(_("ready to advise others"), default=False)

    # Trust
    evidence_level = models.PositiveSmallIntegerField(
        _("evidence"), choices=Evidence, default=Evidence.CLAIM
    )
    last_confirmed_on = models.DateField(
        _("data confirmed on"), null=True, blank=True, help_text=_("The year of the data is shown.")
    )
    next_check_on = models.DateField(_("next check on"), null=True, blank=True)
    collected_via = models.CharField(
        _("how it reached us"), max_length=16, choices=CollectedVia, default=CollectedVia.DESK
    )
    source_text = models.CharField(_("source"), max_length=300, blank=True)
    source_url = models.URLField(_("address of the source"), blank=True, max_length=500)
    author_name = models.CharField(_("author of the description"), max_length=160, blank=True)
    has_consent = models.BooleanField(
        _("consent to publish is kept"),
        default=False,
        help_text=_("The municipality and the people shown have agreed, and the proof is kept."),
    )
    has_no_personal_data = models.BooleanField(
        _("checked for personal data"),
        default=False,
        help_text=_("No names, faces or numbers of private persons without their consent."),
    )
    editor_note = models.TextField(_("note for editors"), blank=True)
    related = models.ManyToManyField("self", verbose_name=_("related practices"), blank=True)
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)
    completeness = models.PositiveSmallIntegerField(_("completeness, %"), default=0, editable=False)

    sort_key = models.GeneratedField(
        expression=sort_key_expression("title_ky", "title_ru"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )
    sort_key_ru = models.GeneratedField(
        expression=sort_key_expression("title_ru", "title_ky"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )
    folded = models.GeneratedField(
        expression=folded(
            "title_ky", "title_ru", "promise_ky", "promise_ru", "problem_ky", "problem_ru"
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    # For lists
    adoptions_count = models.PositiveIntegerField(default=0, editable=False)
    #: A bit for each of its themes, main or further (Theme.bit).
    theme_bits = models.BigIntegerField(default=0, editable=False)
    #: Where and when it began (practices/models/counting.py).
    place_year = models.BigIntegerField(default=0, editable=False)
    list_code = models.GeneratedField(
        expression=list_code(), output_field=models.IntegerField(), db_persist=True
    )

    objects = PracticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("practice")
        verbose_name_plural = _("practices")
        ordering = ["-published_at", "-pk"]
        indexes = [
            models.Index(fields=["status", "-published_at"]),
            models.Index(fields=["theme", "status"]),
            models.Index(fields=["municipality", "status"]),
            _list_index("newest", "-published_at", "-id"),
            _list_index("adopted", "-adoptions_count", "-published_at", "-id"),
            _list_index("cheapest", "cost_once", "-published_at", "-id"),
            _list_index("title_ky", "sort_key", "id"),
            _list_index("title_ru", "sort_key_ru", "id"),
        ]
        constraints = [
            title_in_some_language("practice_has_a_title"),
            models.CheckConstraint(
                condition=Q(started_on=None)
                | Q(finished_on=None)
                | Q(finished_on__gte=F("started_on")),
                name="practice_ends_after_it_begins",
                violation_error_message=_("It cannot have finished before it started."),
            ),
            models.CheckConstraint(
                condition=Q(suits_population_min=None)
                | Q(suits_population_max=None)
                | Q(suits_population_max__gte=F("suits_population_min")),
                name="practice_fits_a_range",
                violation_error_message=_("The upper bound is below the lower one."),
            ),
            models.CheckConstraint(
                condition=Q(women_count=None)
                | Q(beneficiaries_count=None)
                | Q(women_count__lte=F("beneficiaries_count")),
                name="practice_women_are_among_the_people",
                violation_error_message=_("More women than people in all."),
            ),
        ]

    def get_absolute_url(self):
        return reverse("practices:detail", args=[self.slug])

    @property
    def author(self):
        """Staff who used the form or sent a Word document are authors too."""
        maker = self.created_by
        by_form = self.collected_via in {CollectedVia.FORM, CollectedVia.WORD}
        return maker if by_form and maker and maker.is_active else super().author

    @property
    def short_code(self) -> str:
        """«П-123», the code printed in the journal and on the sheet."""
        return f"П-{self.number}" if self.number else ""

    @property
    def short_path(self) -> str:
        return reverse("short", args=[f"P-{self.number}"]) if self.number else ""

    @property
    def year(self) -> int | None:
        return self.started_on.year if self.started_on else None

    @property
    def period(self) -> str:
        """«2017–2018», «2017», «2017 – goes on», or "" where the beginning is not known."""
        if not self.started_on:
            return ""
        start, end = self.started_on.year, self.finished_on and self.finished_on.year
        if not end:
            return f"{start} – {gettext('goes on')}"
        return str(start) if start == end else f"{start}–{end}"

    @property
    def data_year(self) -> int | None:
        """The year the data speak of: of the last confirmation, else of the prices, else of the end."""
        if self.last_confirmed_on:
            return self.last_confirmed_on.year
        ends = self.finished_on or self.started_on
        return self.price_year or (ends.year if ends else None)

    @property
    def suits_labels(self) -> list[str]:
        return [str(Municipality.Group(value).label) for value in self.suits_groups]

    @property
    def vulnerable_labels(self) -> list[str]:
        return [str(VulnerableGroup(value).label) for value in self.vulnerable_groups]

    @property
    def needs_labels(self) -> list[str]:
        return [str(Need(value).label) for value in self.needs]

    @property
    def phone_digits(self) -> str:
        """The office phone for a tel: link."""
        return "".join(char for char in self.office_phone if char.isdigit() or char == "+")

    def texts(self, language):
        """The practice's own texts and those of its rows, by «steps.12.title»."""
        texts = super().texts(language)
        if self.pk:
            for name in ("measurements", "steps", "funding", "legal_basis", "obstacles", "photos"):
                for row in getattr(self, name).all():
                    for field in sorted(row.translated_field_names()):
                        texts[f"{name}.{row.pk}.{field}"] = (
                            getattr(row, f"{field}_{language}") or ""
                        )
        return texts

    def missing_for_submission(self):
        """The eight fields of a draft, and consent."""
        return self._missing(SUBMISSION)

    def _missing(self, requirements):
        facts = RecordFacts(self)
        return [
            Missing(requirement.field_in(self.original_language), str(requirement.label))
            for requirement in unmet(requirements, facts)
        ]

    def missing_for_publication(self):
        """What a reader needs to repeat it; empty means it may be published."""
        lang = self.original_language
        missing = self._missing((*SUBMISSION, *PUBLICATION))
        if (
            self.evidence_level > Evidence.CLAIM
            and not self.evidence.filter(level=self.evidence_level).exists()
        ):
            missing.append(Missing("evidence", gettext("the proof of this level of evidence")))
        if self.evidence_level == Evidence.ADOPTED and not self.adoptions.counted().exists():
            missing.append(
                Missing(
                    "evidence_level",
                    gettext("an adoption confirmed by the source, for the highest level"),
                )
            )
        for photo in self.photos.all():
            if not getattr(photo, f"alt_{lang}"):
                missing.append(Missing("photos", gettext("what each photo shows")))
                break
        return missing

    def count_completeness(self) -> int:
        """Share of what a good record holds, in percent: the publish minimum counts double."""
        minimum = len(SUBMISSION) + len(PUBLICATION)
        missing = len(self.missing_for_publication())
        lang = self.original_language
        further = [
            self.beneficiaries_count, getattr(self, f"beneficiaries_{lang}"), self.initiative,
            self.participation, getattr(self, f"success_conditions_{lang}"),
            getattr(self, f"transfer_advice_{lang}"), getattr(self, f"not_suitable_if_{lang}"),
            getattr(self, f"what_not_to_do_{lang}"), self.office_phone, self.competence,
            self.pk and self.measurements.exists(), self.pk and self.funding.exists(),
            self.pk and self.legal_basis.exists(), self.pk and self.obstacles.exists(),
            self.pk and self.documents.exists(), self.pk and self.photos.exists(),
            self.state_of(self.other_language) == "ready",
        ]  # fmt: skip
        points = 2 * max(0, minimum - missing) + sum(1 for item in further if item)
        return round(100 * points / (2 * minimum + len(further)))

    def refresh_languages(self, *, confirm=False):
        super().refresh_languages(confirm=confirm)
        self.completeness = self.count_completeness() if self.pk else 0

    def apply_move(self, step, *, actor, before, details):
        super().apply_move(step, actor=actor, before=before, details=details)
        if step.target == "published" and not self.number:
            self.number = next_number()
        if step.target in {Status.NEEDS_CHANGES, Status.DRAFT}:
            from practices.contribution import reopen

            # In the same transaction: a text that is the author's again always has its draft open.
            reopen(self)
        if step.name == "confirm":
            self.last_confirmed_on = timezone.localdate()
            self.next_check_on = months_after(self.last_confirmed_on, YEARLY)

    def after_move(self, step, *, before):
        super().after_move(step, before=before)
        from practices.letters import tell_author
        from practices.tasks import make_share_image

        tell_author(self, step, before=before)
        # Drawn ahead for readers; taken away again once the record is not readable any more.
        make_share_image.enqueue(self.pk)


def next_number() -> int:
    """The next free number, under a lock that ends with the transaction: two publications at once
    must not take the same one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER_LOCK])
    return (Practice.objects.aggregate(top=models.Max("number"))["top"] or 0) + 1
