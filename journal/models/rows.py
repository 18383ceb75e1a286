"""What stands in the journal beside issues and articles: rubrics, authors."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from publishing.languages import (
    TwoLanguageRow,
)
from publishing.slugs import latin_slug


class JournalRow(TwoLanguageRow):
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]


class Rubric(TwoLanguageRow):
    """A rubric of the journal. Retired ones are kept: old articles stand in them."""

    slug = models.SlugField(_("address"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveSmallIntegerField(_("order"), default=100)
    is_retired = models.BooleanField(
        _("retired"), default=False, help_text=_("No new article is put into it.")
    )

    class Meta:
        verbose_name = _("rubric")
        verbose_name_plural = _("rubrics")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name or self.slug

    def get_absolute_url(self):
        return reverse("journal:rubric", args=[self.slug])


class Author(TwoLanguageRow):
    """Somebody who writes for the journal; the page gathers what the person has written."""

    slug = models.SlugField(_("address"), max_length=80, unique=True, blank=True)
    name = models.CharField(pgettext_lazy("person", "name"), max_length=120)
    post = models.CharField(_("post now"), max_length=160, blank=True)
    organisation = models.CharField(_("organisation now"), max_length=160, blank=True)
    bio = models.CharField(_("about the person"), max_length=300, blank=True)
    email = models.EmailField(_("e-mail"), blank=True, help_text=_("For the staff alone."))
    phone = models.CharField(
        _("phone"), max_length=40, blank=True, help_text=_("For the staff alone.")
    )
    language = models.CharField(
        _("language of letters"), max_length=2, choices=settings.LANGUAGES, default="ky"
    )
    is_demo = models.BooleanField(_("invented, for the demo"), default=False, editable=False)

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["name_ky", "pk"]

    def __str__(self):
        return self.name or self.slug

    def save(self, *args, **kwargs):
        if not self.slug:
            base = latin_slug(self.name_ky or self.name_ru or "") or "author"
            slug, n = base, 2
            while Author.objects.exclude(pk=self.pk).filter(slug=slug).exists():
                slug, n = f"{base}-{n}", n + 1
            self.slug = slug
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("journal:author", args=[self.slug])
