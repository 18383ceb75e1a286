"""The addresses that are measured: each kind of page, and the demo's richest practice."""

from practices.models import Practice

#: What readers would type: one word, and three.
QUERIES = {"ky": ("суу", "айылдагы таза суу"), "ru": ("вода", "чистая вода в селе")}


def pages(language: str) -> dict[str, str]:
    """Address of each kind of page by name, without photos' and files' addresses."""
    practice = richest()
    word, phrase = QUERIES[language]
    path = {
        "home": "",
        "list": "practices/",
        "list, two facets": "practices/?theme=budget&kind=practice&sort=adopted",
        "practice": f"practices/{practice.slug}/",
        "cost elsewhere": f"practices/{practice.slug}/cost/?quantity=1000",
        "search": f"search/?q={word}",
        "search, a phrase": f"search/?q={phrase.replace(' ', '+')}",
        "themes": "themes/",
        "theme": f"themes/{practice.theme.slug}/",
        "municipalities": "municipalities/",
        "municipality": f"municipalities/{practice.municipality.code}/",
        "about": "about/about/",
    }
    return {name: f"/{language}/{rest}" for name, rest in path.items()}


def files(language: str) -> dict[str, str]:
    """What the portal draws for a practice."""
    path = f"/{language}/practices/{richest().slug}"
    return {"sheet (PDF)": f"{path}/passport.pdf", "picture to share": f"{path}/share.jpg"}


def richest() -> Practice:
    """The published practice with the longest texts."""
    return max(
        Practice.objects.published().select_related("theme", "municipality"),
        key=lambda practice: sum(map(len, practice.texts(practice.original_language).values())),
    )
