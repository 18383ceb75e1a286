"""A practice's template document, filled in with the data of a municipality."""

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from people.models import Membership
from places.forms import MunicipalityField, typed_name
from places.names import PlaceIndex
from practices.models import Practice, PracticeDocument
from practices.placeholders import BLANK, PLACEHOLDERS, fill, values_for
from publishing.addresses import find
from publishing.files import DOCUMENT_TYPES
from publishing.languages import current_language
from publishing.slugs import latin_slug


class FillForm(forms.Form):
    """Whose data, and in which language."""

    municipality = MunicipalityField(
        help_text=_(
            "A name in either language. Where several bear it, add the oblast after a comma."
        )
    )
    language = forms.ChoiceField(label=_("Language of names and dates"), choices=settings.LANGUAGES)

    def suggestions(self) -> list[dict]:
        """Municipalities the wrong name may mean: [{code, name}]."""
        text = self.data.get("municipality", "")[:160]
        name, _comma, where = text.partition(",")
        if "municipality" not in self.errors or not name.strip():
            return []
        index = PlaceIndex()
        oblast = index.oblast(where) if where.strip() else None
        near = index.candidates(name, oblast) or index.nearest(name, oblast) or index.nearest(name)
        return [{"code": unit.code, "name": typed_name(unit)} for unit in near[:6]]


@require_safe
def fill_template(request, slug, uuid):
    """Ask whose data go into the template; with an answer in the address, give the filled document."""
    record, detour = find(request, Practice.objects.all(), slug)
    if detour:
        return detour
    document = get_object_or_404(PracticeDocument, practice=record, uuid=uuid)
    if not document.is_fillable:
        raise Http404
    own = own_municipality(request)
    form = FillForm(
        request.GET if "municipality" in request.GET else None,
        initial={"municipality": own, "language": document.language},
    )
    is_valid = form.is_bound and form.is_valid()
    unit = form.cleaned_data["municipality"] if is_valid else own
    language = form.cleaned_data.get("language") if form.is_bound else None
    language = language or document.language
    if is_valid and "show" not in request.GET:
        return filled_document(document, unit, language)
    values = values_for(unit, language=language, today=timezone.localdate(), practice=record)
    return render(
        request,
        "practices/fill.html",
        {
            "practice": record.edition_for(current_language()),
            "document": document,
            "form": form,
            "rows": [
                {
                    "name": f"{{{name}}}",
                    "help": PLACEHOLDERS[name].help,
                    "value": values[name] or (BLANK if unit else ""),
                }
                for name in document.known_placeholders
            ],
            "language": language,
            "suggestions": form.suggestions() if form.is_bound else [],
            "section": "practices",
        },
    )


def own_municipality(request):
    """The municipality of a confirmed member; a visitor without a session is not given one."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    members = Membership.objects.verified().filter(user=request.user)
    member = members.select_related("municipality__oblast", "municipality__district").first()
    return member and member.municipality


def filled_document(document: PracticeDocument, unit, language: str) -> HttpResponse:
    """The filled .docx as a download."""
    values = values_for(
        unit, language=language, today=timezone.localdate(), practice=document.practice
    )
    try:
        with document.file.open("rb") as handle:
            content = fill(handle.read(), values)
    except FileNotFoundError as error:
        raise Http404 from error
    title = document.filename.removesuffix(".docx")
    place = latin_slug(getattr(unit, f"short_name_{language}") or unit.label) or unit.code
    response = HttpResponse(content, content_type=DOCUMENT_TYPES[".docx"])
    response["Content-Disposition"] = f'attachment; filename="{title}-{place}.docx"'
    response["X-Robots-Tag"] = "noindex"
    return response
