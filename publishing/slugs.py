"""Latin addresses for Kyrgyz and Russian titles."""

import re

from django.contrib.contenttypes.models import ContentType

#: Practical romanisation: what people type when they have no Cyrillic keyboard.
LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "yo", "ж": "j", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "ң": "ng", "о": "o", "ө": "o",
    "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ү": "u", "ф": "f", "х": "h", "ц": "ts",
    "ч": "ch", "ш": "sh", "щ": "sch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip


def latin_slug(text: str, max_length: int = 60) -> str:
    """«Ичүүчү сууну үнөмдөө» → «ichuuchu suunu unomdoo» joined by hyphens, cut between words."""
    latin = "".join(LATIN.get(char, char) for char in text.lower())
    words = re.findall(r"[a-z0-9]+", latin)
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:max_length]
        if len(longer) > max_length:
            break
        slug = longer
    return slug


def free_slug(record) -> str:
    """A slug from the record's title that nothing of its kind has or had."""
    from publishing.models import FormerSlug

    base = latin_slug(record.title_in(record.original_language)) or "page"
    taken = set(record.reserved_slugs) | set(
        type(record)
        .objects.exclude(pk=record.pk)
        .filter(slug__startswith=base)
        .values_list("slug", flat=True)
    )
    taken |= set(
        FormerSlug.objects.filter(
            content_type=ContentType.objects.get_for_model(record), slug__startswith=base
        ).values_list("slug", flat=True)
    )
    slug, n = base, 2
    while slug in taken:
        slug, n = f"{base}-{n}", n + 1
    return slug
