"""What the admin's templates ask of forms and numbers."""

from django import template
from django.core.exceptions import FieldDoesNotExist
from django.utils.safestring import mark_safe

from publishing.languages import LANGUAGES
from publishing.richtext import RichTextField

register = template.Library()


@register.filter
def field_name(field) -> str:
    """Name of a field of a form, editable or read-only."""
    return field.field["name"] if field.is_readonly else field.field.name


@register.filter
def field_language(field) -> str:
    """«ky» or «ru» where the field is one of a pair, else «»."""
    model_field = _model_field(field)
    return getattr(model_field, "language", "") if model_field is not None else ""


@register.filter
def is_pair(line) -> bool:
    """Whether a line of a fieldset holds one text in both languages."""
    names = list(line.fields)
    return (
        len(names) == len(LANGUAGES)
        and all(isinstance(name, str) for name in names)
        and {name[-3:] for name in names} == {f"_{language}" for language in LANGUAGES}
        and len({name[:-3] for name in names}) == 1
    )


@register.filter
def readonly_text(field):
    """What a read-only field shows; rich text as such, for it is clean already."""
    model_field = _model_field(field)
    if isinstance(model_field, RichTextField):
        return mark_safe(getattr(field.form.instance, model_field.name) or "—")  # noqa: S308
    return field.contents()


@register.filter
def grouped(number: int) -> str:
    """1234567 → «1 234 567» with no-break spaces."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


def _model_field(field):
    form = field.form if field.is_readonly else field.field.form
    try:
        return form._meta.model._meta.get_field(field_name(field))  # noqa: SLF001
    except (FieldDoesNotExist, AttributeError):
        return None
