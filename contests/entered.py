"""What was entered, to be read by the staff: sections, questions and answers in one language."""

from django import forms
from django.utils.html import escape, linebreaks
from django.utils.safestring import SafeString, mark_safe

from contests.admission import typed_day
from places.models import Municipality
from practices.contribution import RICH, SECTIONS, WholeField
from publishing import amounts
from publishing.drafts import shown
from publishing.richtext import typed_to_html
from themes.models import Theme


def sections_of(answers: dict) -> list[dict]:
    """[{"title", "rows": [(question, answer as HTML)], "lists": [{"label", "items": [rows]}]}].

    answers: one language of an application’s content. Sections nobody has filled are left out, and
    what is no question of the form (files, notes of the portal).
    """
    found = []
    for section in SECTIONS.values():
        rows = _rows(section.form, answers)
        lists = []
        for each in section.rows:
            kept = [row for row in answers.get(each.name) or () if isinstance(row, dict)]
            items = [told for row in kept if (told := _rows(each.form, row))]
            if items and not each.of:
                lists.append({"label": each.label, "items": items})
        if rows or lists:
            found.append({"title": section.title, "rows": rows, "lists": lists})
    return found


def _rows(form, answers: dict) -> list[tuple[str, SafeString]]:
    return [
        (field.label, _as_html(name, field, answers[name]))
        for name, field in form.base_fields.items()
        if answers.get(name) not in (None, "", [], False)
    ]


def _as_html(name: str, field, value) -> SafeString:
    if name in RICH:
        return mark_safe(typed_to_html(str(value)))  # noqa: S308  (escapes what was typed)
    if name == "municipality":
        value = Municipality.objects.filter(code=value).first() or value
    elif name == "theme":
        value = Theme.objects.filter(slug=value).first() or value
    elif value == "on":
        return mark_safe("✓")
    elif isinstance(field, forms.DateField) and (day := typed_day(value)):
        value = f"{day:%d.%m.%Y}"
    elif isinstance(field, WholeField) and "year" not in name and str(value).isdigit():
        value = amounts.number(int(value))
    elif getattr(field, "choices", None):
        value = shown(value, field)
    text = str(value)
    return mark_safe(linebreaks(text, autoescape=True) if "\n" in text else escape(text))  # noqa: S308
