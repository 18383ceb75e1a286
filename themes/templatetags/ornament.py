"""Addresses of the drawn emblems and covers, and the colour of a theme."""

from functools import cache

from django import template
from django.urls import reverse

from themes import ornament

register = template.Library()


@register.filter
def hue(position) -> int:
    """Which of the five felts (CSS classes hue-1 … hue-5) the theme is cut from."""
    return ornament.hue(int(position))


@register.simple_tag
@cache
def emblem(position) -> str:
    return reverse("emblem", args=[position])


@register.simple_tag
def cover(practice) -> str:
    """Address of a practice's cover: told by theme, oblast and number, so always the same."""
    return reverse(
        "cover",
        args=[practice.theme.position, int(practice.municipality.oblast.key), practice.pk % 97],
    )
