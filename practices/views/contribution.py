"""A practice told by those who did it: start, sections, sending, and what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people import consents, links
from people.held import holding, too_many, wants_json
from people.limits import is_allowed
from people.spam import GuardedForm
from practices.contribution import (
    CORE,
    FILES,
    KIND,
    MAX_DOCUMENTS,
    MAX_PICTURES,
    SECTIONS,
    NotReady,
    Reading,
    deliver,
    draft_from_word,
    fresh_answers,
    marked,
    summary,
)
from practices.progress import progress
from publishing.drafts import WAS, Section, Sheet, digest, files_of, flat, keep
from publishing.files import DOCUMENT_TYPES
from publishing.languages import LANGUAGES, current_language
from publishing.models import AuditEvent, Draft

#: Purpose of the signed link that opens a draft sent back.
REVISE = "revise"


def find_draft(request, uuid) -> Draft:
    """The draft, for its writer and for whoever came by its signed link; 404 for everybody else."""
    draft = Draft.objects.filter(uuid=uuid, kind=KIND).select_related("owner").first()
    if draft and (draft.is_open_to(request.user) or links.is_open(request, REVISE, draft)):
        return draft
    raise Http404


def came_by_link(request, *args, uuid=None, **kwargs) -> bool:
    draft = Draft.objects.filter(uuid=uuid, kind=KIND).first()
    return bool(draft and links.is_open(request, REVISE, draft))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request):
    """How it goes, the drafts one has begun, and the button that begins a new one."""
    if request.method == "POST":
        return begin(request)
    drafts = []
    if request.user.is_authenticated:
        drafts = [
            {"draft": draft, "title": summary(draft)}
            for draft in Draft.objects.open().of(request.user).filter(kind=KIND)[:20]
        ]
    return render(
        request,
        "practices/contribute/add.html",
        {"drafts": drafts, "form": GuardedForm(), "section": "add", "languages": LANGUAGES},
    )


def begin(request):
    if not request.user.is_authenticated:
        return redirect(f"{reverse('account_login')}?next={request.path}")
    form = GuardedForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.non_field_errors()[0])
        return redirect("practices:add")
    if not is_allowed(request, "draft"):
        return too_many(request)
    language = request.POST.get("language", "")
    # The form's own stamp tells a second tap of the same button from a second beginning.
    key = Draft.key_of(form.cleaned_data["stamp"], request.user)
    try:
        with transaction.atomic():
            draft = Draft.objects.create(
                uuid=key,
                kind=KIND,
                owner=request.user,
                language=language if language in LANGUAGES else current_language(),
                answers=fresh_answers(request.user),
            )
    except IntegrityError:
        draft = find_draft(request, key)
    return redirect("practices:section", draft.uuid, CORE)


@never_cache
@holding(came_by_link)
@require_safe
def draft(request, uuid):
    """The draft at a glance: its sections, what is missing, what is to be chosen."""
    found = find_draft(request, uuid)
    if found.sent_at:
        return redirect("practices:mine", found.uuid)
    reading = Reading(found)
    return render(
        request,
        "practices/contribute/draft.html",
        {
            "draft": found,
            "title": summary(found),
            "reading": reading,
            "sections": [
                {
                    "section": section,
                    "url": reading.url(name),
                    "filled": reading.filled(name),
                }
                for name, section in SECTIONS.items()
            ],
            "marked": asked_for(found, reading),
            "section": "add",
        },
    )


def asked_for(draft, reading: Reading | None = None) -> dict:
    """What the editors want changed, each marked field with its label and address; {} for nothing."""
    asked = marked(draft.record) if draft.record else {}
    if asked:
        reading = reading or Reading(draft)
        asked["links"] = [(reading.label(name), reading.address(name)) for name in asked["fields"]]
    return asked


@dataclass(frozen=True)
class Form:
    """What differs between forms that are kept in drafts: a practice, an application of a contest.

    pages: namespace of the addresses draft and section. sections: draft → its sections by name.
    sent: draft → where whoever has sent it is led. store: section → what keeps the files that come
    with it (request, draft) and returns sentences on what is not kept. beside: draft → what the
    template shows beside the fields.
    """

    pages: str
    template: str
    sections: Callable[[Draft], dict[str, Section]]
    sent: Callable[[Draft], str]
    store: Mapping[str, Callable]
    beside: Callable[[Draft], dict]

    def overview(self, draft: Draft) -> str:
        return reverse(f"{self.pages}:draft", args=[draft.uuid])

    def after(self, draft: Draft, name: str) -> str:
        """The section that follows, or the overview."""
        names = list(self.sections(draft))
        position = names.index(name) + 1
        if position == len(names):
            return self.overview(draft)
        return reverse(f"{self.pages}:section", args=[draft.uuid, names[position]])


@never_cache
@holding(came_by_link)
@require_http_methods(["GET", "HEAD", "POST"])
def section(request, uuid, name):
    return write(request, find_draft(request, uuid), name, FORM)


def write(request, found: Draft, name: str, form: Form):
    """One section: GET shows it, POST keeps it, whatever state it is in."""
    part = form.sections(found).get(name)
    if part is None:
        raise Http404
    if found.sent_at:
        if wants_json(request):
            return JsonResponse(
                {"message": _("This description has been sent already.")}, status=409
            )
        return redirect(form.sent(found))
    posted = request.POST if request.method == "POST" else request.held
    problems: list[str] = []
    if posted is not None:
        if not is_allowed(request, "save"):
            return too_many(request)
        try:
            found = keep(found, part, posted)
            if name in form.store:
                problems = form.store[name](request, found)
        except ValidationError as error:
            problems = list(error.messages)
        if wants_json(request):
            return saved(found, part, posted, problems, form.after(found, name))
        for problem in problems:
            messages.error(request, problem)
        if request.held is not None:
            messages.success(request, _("You are back: the text you sent before is kept."))
        elif not problems and not conflicts_of(found, part) and "next" in request.POST:
            return redirect(form.after(found, name))
        elif not problems:
            messages.success(request, _("Kept."))
        if request.method == "POST":
            return redirect(f"{form.pages}:section", found.uuid, name)
    return render(request, form.template, section_context(found, part, form))


def section_context(found: Draft, part: Section, form: Form) -> dict:
    names = list(form.sections(found))
    return {
        "draft": found,
        "sheet": Sheet(found, part),
        "part": part,
        "number": names.index(part.name) + 1,
        "count": len(names),
        "overview": form.overview(found),
        "has_conflict": bool(conflicts_of(found, part)),
        "max_pictures": MAX_PICTURES,
        "max_documents": MAX_DOCUMENTS,
        **form.beside(found),
    }


def conflicts_of(found: Draft, part: Section) -> list[str]:
    return [key for key in found.conflicts if key.partition(".")[0] in part.names]


def beside_practice(found: Draft) -> dict:
    asked = asked_for(found)
    return {
        "unplaced": found.answers.get("unplaced", ""),
        "marked": asked.get("fields", []),
        "asked": asked,
        "section": "add",
    }


def saved(found: Draft, part: Section, posted, problems: list[str], following: str) -> JsonResponse:
    """The answer to a page that keeps by itself: digests to go on from, and what is to be said."""
    sheet = Sheet(found, part)
    kept = flat(found.answers)
    at = time_format(timezone.localtime(), "TIME_FORMAT")
    return JsonResponse(
        {
            # Only of what is kept as it was sent: a field changed elsewhere meanwhile goes on from
            # what this page was opened with, or its old text would win with the next keeping.
            "was": {
                WAS + key: digest(value)
                for key, value in sheet.keys(posted).items()
                if digest(value) == digest(kept.get(key, ""))
            },
            "next": following,
            "message": _("Kept at %(time)s") % {"time": at},
            "problems": problems,
            "errors": sheet.errors(),
            "conflict": _(
                "This was changed on another device too. Nothing is lost: both texts are kept."
            )
            if conflicts_of(found, part)
            else "",
        },
        status=400 if problems else 200,
    )


def store_files(request, found: Draft) -> list[str]:
    """Keep what was uploaded and take away what was ticked off; returns sentences on what is not kept.

    The same file sent twice, by a second tap or after a broken line, is kept once.
    """
    problems = []
    with transaction.atomic():
        Draft.objects.select_for_update().get(pk=found.pk)
        for related, limit in (("pictures", MAX_PICTURES), ("documents", MAX_DOCUMENTS)):
            stored = getattr(found, related)
            for item in stored.all():
                if f"remove:{related}.f{item.pk}" in request.POST:
                    item.delete()
            for upload in request.FILES.getlist(related):
                if not is_allowed(request, "upload"):
                    problems.append(_("Too many files in too short a time. Try again later."))
                    break
                if problem := store_file(found, related, upload, limit):
                    problems.append(f"{upload.name}: {problem}")
    return problems


def store_file(found: Draft, related: str, upload, limit: int) -> str:
    stored = getattr(found, related)
    item = stored.model(draft=found, file=upload)
    item.position = stored.count() + 1
    try:
        item._meta.get_field("file").accept_once(item.file, item)  # noqa: SLF001
        if stored.filter(sha256=item.sha256).exists():
            return ""
        if len(files_of(found, related)) >= limit:
            return _("No more than %(limit)s are kept.") % {"limit": limit}
        if getattr(item, "has_macros", False):
            return _("Documents with macros are not accepted. Save it as .docx or .xlsx.")
        if related == "documents":
            item.language = found.language
        item.save()
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


#: A practice told by those who did it.
FORM = Form(
    pages="practices",
    template="practices/contribute/section.html",
    sections=lambda draft: SECTIONS,
    sent=lambda draft: reverse("practices:mine", args=[draft.uuid]),
    store={FILES: store_files},
    beside=beside_practice,
)


@require_safe
def word_form(request, language):
    """The empty form in Word, to be filled in without the net."""
    # Loaded when needed: reading and writing Word takes memory that few requests want.
    from practices.word import blank_template

    if language not in LANGUAGES:
        raise Http404
    response = HttpResponse(blank_template(language), content_type=DOCUMENT_TYPES[".docx"])
    name = {"ky": "tajryjba", "ru": "opyt"}[language]
    response["Content-Disposition"] = f'attachment; filename="{name}-{language}.docx"'
    response["Cache-Control"] = "public, max-age=86400"
    return response


@never_cache
@holding()
@require_POST
def word(request):
    """A filled form in Word becomes a draft; what found no place is kept beside it."""
    if not is_allowed(request, "word"):
        return too_many(request)
    upload = request.FILES.get("document")
    if upload is None:
        messages.error(request, _("Choose the document first."))
        return redirect("practices:add")
    try:
        found, notes = draft_from_word(upload, owner=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("practices:add")
    for note in notes:
        messages.warning(request, note)
    messages.success(request, _("The document is read. Look through the parts and send it."))
    return redirect("practices:draft", found.uuid)


@never_cache
@holding(came_by_link)
@require_POST
def discard(request, uuid):
    """Throw away a draft that was never sent."""
    found = find_draft(request, uuid)
    if found.record is None and found.is_open_to(request.user):
        found.delete()
        messages.success(request, _("The draft is gone."))
        return redirect("practices:add")
    return redirect("practices:draft", found.uuid)


@never_cache
@holding(came_by_link)
@require_http_methods(["GET", "HEAD", "POST"])
def send(request, uuid):
    """What is agreed to, and the button that sends the draft to the editors."""
    found = find_draft(request, uuid)
    if found.sent_at:
        return redirect("practices:mine", found.uuid)
    is_again = found.record is not None
    reading = Reading(found)
    asked = [consents.Purpose.PUBLISH]
    if found.pictures.exists():
        asked.append(consents.Purpose.PHOTO)
    asked.append(consents.Purpose.NAME)
    if is_again:
        asked = []
    agreed = {purpose for purpose in asked if purpose in request.POST.getlist("agreed")}
    wrong = ""
    if request.method == "POST":
        wrong = try_to_send(request, found, agreed, asked)
        if not wrong and found.is_open_to(request.user):
            return redirect("practices:mine", found.uuid)
        if not wrong:
            # Whoever came by the link has closed it by sending: their page of the state is gone too.
            return render(request, "practices/contribute/sent.html", {"draft": found})
        if not isinstance(wrong, str):
            return wrong
    return render(
        request,
        "practices/contribute/send.html",
        {
            "draft": found,
            "title": summary(found),
            "reading": reading,
            "blocking": [*reading.to_send, *reading.to_mend, *reading.to_choose],
            "consents": [
                {
                    "purpose": purpose,
                    "text": consents.wording(purpose),
                    "is_given": purpose in agreed,
                    "is_required": purpose != consents.Purpose.NAME,
                }
                for purpose in asked
            ],
            "is_again": is_again,
            "wrong": wrong,
            "section": "add",
        },
    )


def try_to_send(request, found: Draft, agreed: set, asked: list):
    """Send the draft. Returns «» when it went, a sentence or a response when it did not."""
    if not is_allowed(request, "send"):
        return too_many(request)
    if any(purpose not in agreed for purpose in asked if purpose != consents.Purpose.NAME):
        return _("Without this consent the description cannot be published.")
    via = AuditEvent.Via.SITE if found.is_open_to(request.user) else AuditEvent.Via.SIGNED_LINK
    try:
        deliver(found, agreed={str(purpose) for purpose in agreed}, via=via)
    except NotReady as not_ready:
        return str(not_ready)
    return ""


@never_cache
@holding(came_by_link)
@require_safe
def mine(request, uuid):
    """What became of a description that was sent: its state, dates, what comes next."""
    found = find_draft(request, uuid)
    if found.record is None:
        return redirect("practices:draft", found.uuid)
    return render(
        request,
        "practices/contribute/mine.html",
        {
            "draft": found,
            "practice": found.record,
            "title": summary(found),
            "progress": progress(found.record),
            "asked": asked_for(found) if not found.sent_at else {},
            "site_url": settings.SITE_URL,
            "section": "add",
        },
    )
