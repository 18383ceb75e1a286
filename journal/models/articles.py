"""Articles with their pictures, files, credits and remarks."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from journal.choices import (
    ArticleKind,
    ArticleStatus,
    CreditRole,
)
from journal.models.issues import Issue
from journal.models.rows import Author, JournalRow, Rubric
from journal.workflow import ARTICLE, IN_HAND
from partners.models import Partner, Sourced
from practices.models import Practice
from publishing.files import StoredDocument, StoredPicture
from publishing.languages import (
    LANGUAGES,
    LanguageState,
    title_in_some_language,
)
from publishing.models import AuditEvent, Publishable, PublishableQuerySet
from publishing.richtext import ARTICLE_EXTENSIONS, RichTextField, clean_article, plain_text
from publishing.workflow import Missing, MoveRefused
from themes.models import Theme

#: Days an article may stay in a stage before it is overdue.
DAYS_ALLOWED = {
    ArticleStatus.SUBMITTED: 5,
    ArticleStatus.EDITING: 10,
    ArticleStatus.AUTHOR_FIX: 7,
    ArticleStatus.FACT_CHECK: 5,
    ArticleStatus.TRANSLATION: 7,
    ArticleStatus.TRANSLATION_CHECK: 4,
    ArticleStatus.PROOF: 4,
    ArticleStatus.LAYOUT: 5,
}
#: What an author hands in, in characters with spaces.
MIN_CHARACTERS, MAX_CHARACTERS = 2_000, 12_000
#: Characters a minute, read on a phone.
READING_SPEED = 1_000


class ArticleQuerySet(PublishableQuerySet):
    def overdue(self):
        """Longer in their stage than it allows, or with an author past the deadline."""
        now = timezone.now()
        late = Q(status=ArticleStatus.DRAFT, due_on__lt=timezone.localdate())
        for status, days in DAYS_ALLOWED.items():
            late |= Q(status=status, status_changed_at__lt=now - timedelta(days=days))
        return self.filter(late)

    def due_for_publication(self):
        """Articles come out with their issue, never by a date of their own."""
        return self.none()

    def without_text(self):
        """Lists do not read the texts from the disk."""
        return self.defer("body_ky", "body_ru", "sources_ky", "sources_ru")

    def for_list(self):
        """With what a line of a list shows: rubric, issue, authors."""
        rows = self.select_related("rubric", "issue").prefetch_related("credits__author")
        return rows.without_text()

    def for_detail(self):
        """With what the page shows beside the text."""
        return self.select_related(
            "rubric", "issue", "source_partner", "source_project", "donor"
        ).prefetch_related("credits__author", "pictures", "files", "themes")

    def given_to(self, user):
        """Those the person writes in their own account; editors have the admin for theirs."""
        return self.none() if user.is_staff else self.filter(created_by=user).order_by("-pk")

    def in_print_order(self):
        return self.order_by(F("first_page").asc(nulls_last=True), "position", "pk")


class Article(Sourced, Publishable):
    """An article, from the task given to its author to the reader."""

    workflow = ARTICLE
    page_view = "journal.views.article_page"
    shown_by_links = ("preview", "hand_in")

    status = models.CharField(
        _("stage"),
        max_length=20,
        choices=ArticleStatus,
        default=ArticleStatus.DRAFT,
        editable=False,
    )
    kind = models.CharField(
        _("kind"), max_length=10, choices=ArticleKind, default=ArticleKind.ANALYSIS
    )
    rubric = models.ForeignKey(
        Rubric,
        verbose_name=_("rubric"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="articles",
    )
    title = models.CharField(_("title"), max_length=160)
    subtitle = models.CharField(_("subtitle"), max_length=200, blank=True)
    lead = models.TextField(_("lead"), max_length=500, blank=True)
    body = RichTextField(
        _("text"), blank=True, extensions=ARTICLE_EXTENSIONS, cleaner=clean_article
    )
    sources = models.TextField(
        _("sources"), blank=True, help_text=_("One source a line, as it is cited.")
    )
    correction = models.CharField(
        _("correction"),
        max_length=300,
        blank=True,
        help_text=_("What was corrected after publication; readers see it."),
    )

    issue = models.ForeignKey(
        Issue,
        verbose_name=_("issue"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="articles",
    )
    position = models.PositiveSmallIntegerField(_("order in the issue"), default=0)
    first_page = models.PositiveSmallIntegerField(_("from page"), null=True, blank=True)
    last_page = models.PositiveSmallIntegerField(_("to page"), null=True, blank=True)
    part_of = models.ForeignKey(
        "self",
        verbose_name=_("continues"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="parts",
        help_text=_("The first part of an article in several parts."),
    )
    part = models.PositiveSmallIntegerField(
        _("part"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )

    practices = models.ManyToManyField(
        Practice, verbose_name=_("practices"), blank=True, related_name="articles"
    )
    partners = models.ManyToManyField(
        Partner, verbose_name=_("partners"), blank=True, related_name="mentioned_in"
    )
    themes = models.ManyToManyField(
        Theme, verbose_name=_("themes"), blank=True, related_name="articles"
    )

    due_on = models.DateField(_("author’s deadline"), null=True, blank=True)
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("editor"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        limit_choices_to={"is_staff": True},
    )
    fact_checker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("fact checker"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    has_rights = models.BooleanField(_("rights to text and pictures are clear"), default=False)
    has_no_personal_data = models.BooleanField(
        _("checked for personal data"),
        default=False,
        help_text=_("No names, faces or numbers of private persons without their consent."),
    )
    #: Languages in which the article may come out with its issue.
    approved_languages = ArrayField(
        models.CharField(max_length=2), default=list, blank=True, editable=False
    )
    one_language_reason = models.CharField(
        _("why in one language only"), max_length=200, blank=True
    )
    #: Which paragraphs of the original the translation follows; journal/side_by_side.py reads it.
    translated_paragraphs = ArrayField(
        models.CharField(max_length=12), default=list, blank=True, editable=False
    )
    #: Number of the article on the earlier site, whose addresses lead here.
    old_number = models.PositiveIntegerField(
        _("number on the earlier site"), null=True, blank=True, unique=True
    )
    editor_note = models.TextField(_("note for editors"), blank=True)
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        # An “article” alone is one of a law.
        verbose_name = pgettext_lazy("journal", "article")
        verbose_name_plural = pgettext_lazy("journal", "articles")
        ordering = [F("published_at").desc(nulls_first=True), "-pk"]
        constraints = [
            title_in_some_language("article_has_a_title"),
            models.CheckConstraint(
                condition=Q(part=None) | Q(part=1) | Q(part_of__isnull=False),
                name="later_part_names_the_first",
                violation_error_message=_("Name the first part."),
            ),
        ]

    def get_absolute_url(self):
        return reverse("journal:article", args=[self.slug])

    def clean(self):
        super().clean()
        errors = self._wrong_in_parts()
        if self.first_page and self.last_page and self.last_page < self.first_page:
            errors["last_page"] = _("The last page comes after the first one.")
        if errors:
            raise ValidationError(errors)

    def _wrong_in_parts(self) -> dict:
        """Every part names the first one, which names none; their numbers differ."""
        first = self.part_of
        if first is None:
            return {}
        if first.pk == self.pk:
            return {"part_of": _("An article does not continue itself.")}
        if first.part_of_id:
            return {"part_of": _("Choose the first part, not a later one.")}
        if self.pk and self.parts.exists():
            return {"part_of": _("Other parts continue this article: it is the first one.")}
        if not self.part or self.part < 2:
            return {"part": _("A later part has the number 2 or a greater one.")}
        if first.parts.exclude(pk=self.pk).filter(part=self.part).exists():
            return {"part": _("There is such a part already.")}
        return {}

    @property
    def due_at(self):
        days = DAYS_ALLOWED.get(self.status)
        return self.status_changed_at + timedelta(days=days) if days else None

    @property
    def is_overdue(self) -> bool:
        if self.status == ArticleStatus.DRAFT:
            return bool(self.due_on and self.due_on < timezone.localdate())
        return super().is_overdue

    def characters(self, language: str) -> int:
        """Characters with spaces of the text as readers see it."""
        return len(plain_text(getattr(self, f"body_{language}") or ""))

    def minutes(self, language: str) -> int:
        return max(1, round(self.characters(language) / READING_SPEED))

    # What each move wants to see
    def missing_for_submission(self):
        missing = super().missing_for_submission()
        language = self.original_language
        count = self.characters(language)
        if not MIN_CHARACTERS <= count <= MAX_CHARACTERS and not self.editor_note:
            missing.append(
                Missing(
                    f"body_{language}",
                    gettext(
                        "a text of %(least)s to %(most)s characters; it has %(count)s. "
                        "Where another length is agreed, the note for editors says so"
                    )
                    % {"least": MIN_CHARACTERS, "most": MAX_CHARACTERS, "count": count},
                )
            )
        return missing

    def missing_for_fact_check(self):
        missing = Publishable.missing_for_submission(self)
        if not self.rubric_id:
            missing.append(Missing("rubric", gettext("the rubric")))
        if not any(credit.role == CreditRole.AUTHOR for credit in self.credits.all()):
            missing.append(Missing("credits", gettext("an author")))
        return missing

    def missing_in_translation(self):
        missing = []
        other = self.other_language
        for name, what in (
            ("title", gettext("the title in the other language")),
            ("body", gettext("the text in the other language")),
        ):
            if not getattr(self, f"{name}_{other}"):
                missing.append(Missing(f"{name}_{other}", what))
        if self.stale_fields:
            missing.append(
                Missing(self.stale_fields[0], gettext("a translation that follows the original"))
            )
        return missing

    def missing_for_publication(self):
        missing = self.missing_for_fact_check()
        language = self.original_language
        if not getattr(self, f"body_{language}"):
            missing.append(Missing(f"body_{language}", gettext("the text")))
        if not self.has_rights:
            missing.append(Missing("has_rights", gettext("clear rights to text and pictures")))
        if not self.has_no_personal_data:
            missing.append(Missing("has_no_personal_data", gettext("the check for personal data")))
        for picture in self.pictures.all():
            for each in self.complete_languages():
                if not getattr(picture, f"alt_{each}"):
                    missing.append(
                        Missing(
                            "pictures",
                            gettext("what each picture shows, for those who do not see it"),
                        )
                    )
                    return missing
        return missing

    def missing_for_correction(self):
        if not getattr(self, f"correction_{self.original_language}"):
            return [
                Missing(
                    f"correction_{self.original_language}",
                    gettext("what was corrected, for the readers"),
                )
            ]
        return []

    def complete_languages(self) -> list[str]:
        """Languages with a title and a text."""
        return [
            each
            for each in LANGUAGES
            if getattr(self, f"title_{each}") and getattr(self, f"body_{each}")
        ]

    @property
    def awaits_second_language(self) -> bool:
        """It came out in its original language alone, and the other one is not on its way."""
        return self.is_published and not (
            {self.other_language} & {*self.approved_languages, *self.ready_languages}
        )

    def missing_for_second_language(self):
        missing = self.missing_in_translation() + self.missing_for_publication()
        if not self.awaits_second_language:
            missing.append(
                Missing(f"state_{self.other_language}", gettext("a language that is not out yet"))
            )
        return missing

    def apply_move(self, step, *, actor, before, details):
        if step.name == "submit":
            self.submitted_by = actor
        elif step.name == "take":
            self.editor = self.assignee = actor
        elif step.name == "resume":
            self.editor = self.editor or actor
        elif step.name == "edit_again":
            self.approved_languages = []
        elif step.name in {"translate", "skip_translation"}:
            if actor and self._was_edited_by(actor):
                raise MoveRefused(
                    gettext("The facts are checked by another person than the editor.")
                )
            self.fact_checker = actor
            self.one_language_reason = ""
            if step.name == "skip_translation":
                self.one_language_reason = details["reason"][:200]
        elif step.name == "accept_translation":
            self._note_translated()
        elif step.name == "approve":
            languages = self.complete_languages()
            if self.one_language_reason:
                languages = [self.original_language]
            self.approved_languages = languages
        elif step.name == "publish":
            for language in details.get("languages") or self.approved_languages:
                setattr(self, f"state_{language}", LanguageState.READY)
            self.published_at = self.published_at or timezone.now()
        elif step.name == "add_language":
            if not self.issue or self.other_language in self.issue.released_languages():
                setattr(self, f"state_{self.other_language}", LanguageState.READY)
            self.approved_languages = list(LANGUAGES)
            self.one_language_reason = ""
            self._note_translated()
        elif step.name == "recall":
            self.published_at = None
        elif step.name == "reopen":
            self._begin_anew()

    def _was_edited_by(self, actor) -> bool:
        """The editor, or whoever took it up and then named another one."""
        taken = AuditEvent.about(self).filter(action="take").first()
        return actor.pk in {self.editor_id, taken and taken.actor_id}

    def _note_translated(self):
        """Which paragraphs the translation followed, and beside which it has its own."""
        from journal.side_by_side import kept_digests, rows

        source, target = (
            getattr(self, f"body_{each}") or ""
            for each in (self.original_language, self.other_language)
        )
        found = rows(source, target, self.translated_paragraphs)
        self.translated_paragraphs = kept_digests([(row, row.target, True) for row in found])

    def _begin_anew(self):
        """Nothing of what was public comes out by itself another time."""
        self.withdrawal_kind, self.published_at, self.approved_languages = "", None, []
        for language in self.ready_languages:
            setattr(self, f"state_{language}", LanguageState.DRAFT)

    def after_move(self, step, *, before):
        super().after_move(step, before=before)
        from journal.letters import tell_author

        tell_author(self, step)

    def is_open_to(self, user) -> bool:
        """Whether the person writes it: the editors have given it to their account."""
        return user.is_authenticated and self.author == user

    @property
    def is_in_hand(self) -> bool:
        return self.status in IN_HAND


class ArticlePicture(StoredPicture):
    """A picture of an article; the text names it by its address."""

    owner = "article"

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="pictures")
    is_lead = models.BooleanField(_("stands above the text"), default=False)

    class Meta(StoredPicture.Meta):
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")


class ArticleFile(StoredDocument):
    """A document beside the article: the author’s Word file, the printed page of an old issue."""

    owner = "article"

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="files")
    is_public = models.BooleanField(_("readers may have it"), default=False)

    class Meta(StoredDocument.Meta):
        verbose_name = _("file of an article")
        verbose_name_plural = _("files of an article")

    def is_visible(self) -> bool:
        return self.is_public and super().is_visible()


class Credit(JournalRow):
    """Who did what for an article, with post and organisation as they were then."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="credits")
    author = models.ForeignKey(
        Author, verbose_name=_("person"), on_delete=models.PROTECT, related_name="credits"
    )
    role = models.CharField(_("role"), max_length=10, choices=CreditRole, default=CreditRole.AUTHOR)
    post = models.CharField(_("post then"), max_length=160, blank=True)
    organisation = models.CharField(_("organisation then"), max_length=160, blank=True)

    class Meta(JournalRow.Meta):
        verbose_name = _("credit")
        verbose_name_plural = _("authors and helpers")
        constraints = [
            models.UniqueConstraint(fields=["article", "author", "role"], name="credit_once_a_role")
        ]

    def __str__(self):
        return f"{self.get_role_display()}: {self.author}"


class Comment(models.Model):
    """A remark on a paragraph of a text in work, by an editor or by the author."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="comments")
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    #: Number of the paragraph when the remark was made, and its digest: the text moves on.
    paragraph = models.PositiveSmallIntegerField(_("paragraph"))
    paragraph_digest = models.CharField(max_length=12)
    quote = models.CharField(_("paragraph as it was"), max_length=300)
    text = models.TextField(_("remark"), max_length=1000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    #: Of an author who came by a signed link and has no account.
    is_authors = models.BooleanField(default=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    resolved_at = models.DateTimeField(_("settled"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("remark on a paragraph")
        verbose_name_plural = _("remarks on paragraphs")
        ordering = ["paragraph", "created_at"]

    def __str__(self):
        return self.text[:60]
