"""Themes and tags: what things are about."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from taggit.models import GenericTaggedItemBase, TagBase

from places.sorting import sort_key_expression
from publishing.languages import TwoLanguageRow
from publishing.richtext import RichTextField
from publishing.slugs import latin_slug


class Theme(TwoLanguageRow):
    """One of the fields of local self-government the portal is ordered by.

    There are fifteen; each has its own felt motif and colour, told by its position.
    """

    slug = models.SlugField(_("address"), max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(
        _("order"), unique=True, help_text=_("Also chooses the motif and the colour of the theme.")
    )
    name = models.CharField(_("name"), max_length=80)
    summary = models.CharField(_("summary"), max_length=160, blank=True)
    text = RichTextField(_("text"), blank=True)

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["position"]

    def __str__(self):
        return self.name or self.slug

    @property
    def bit(self) -> int:
        """A number of one bit, its own: lists tell by such bits what a record is about."""
        return 1 << self.position % 63

    def get_absolute_url(self):
        return reverse("theme", args=[self.slug])


class Tag(TwoLanguageRow, TagBase):
    """A word a record is found by, in both languages."""

    # TagBase's own name is unique, which two empty columns of two languages must not be.
    name = models.CharField(_("name"), max_length=100)
    name_sort_key = models.GeneratedField(
        expression=sort_key_expression("name_ky"),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name_sort_key"]

    def __str__(self):
        return self.name or self.slug

    def slugify(self, tag, i=None):
        # Of the Kyrgyz name where there is one, whatever language the editor works in.
        slug = latin_slug(self.name_ky or tag, 90) or "tag"
        return slug if i is None else f"{slug}-{i}"


class TaggedItem(GenericTaggedItemBase):
    """Which thing carries which tag."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="items")

    class Meta:
        verbose_name = _("tagged thing")
        verbose_name_plural = _("tagged things")
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "tag"], name="tag_once_a_thing"
            )
        ]
