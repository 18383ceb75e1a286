"""How the demo's files are read: texts in two languages, dates, numbers."""

import json
from datetime import date
from pathlib import Path

from publishing.languages import LANGUAGES
from publishing.richtext import plain_text

FOLDER = Path(__file__).parent


def read(name: str):
    """The content of a JSON file of the demo."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def both(names, row, rich=frozenset()) -> dict:
    """Columns of translated fields from {"ky": …, "ru": …}; «ky / ru» in one string is split.

    rich: names whose markup is kept.
    """
    values = {}
    for name in names:
        text = row.get(name) or {}
        if isinstance(text, str):
            kyrgyz, _slash, russian = text.partition(" / ")
            text = {"ky": kyrgyz, "ru": russian or kyrgyz}
        for language in LANGUAGES:
            value = text.get(language, "")
            values[f"{name}_{language}"] = value if name in rich else plain_text(value)
    return values


def day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
