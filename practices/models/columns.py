"""Kinds of columns that practices and adoptions share."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

YEAR = [MinValueValidator(1991), MaxValueValidator(2100)]


def choice_array(label, choices, **kwargs):
    return ArrayField(
        models.CharField(max_length=20, choices=choices),
        verbose_name=label,
        default=list,
        blank=True,
        **kwargs,
    )


def som(label, **kwargs):
    """Money in whole som."""
    return models.PositiveBigIntegerField(label, null=True, blank=True, **kwargs)
