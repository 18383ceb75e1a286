"""Applying for a contest: what is needed, the form, sending, and what became of it."""

from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contests import after, applying, drafting
from contests import papers as bringing
from contests.admission import papers_wanting
from contests.choices import ApplicationStatus, ContestStatus
from contests.drafting import KIND, ApplicationReading
from contests.forms_applying import ENTRY, LETTER
from contests.letters import contest_of_draft
from contests.milestones import moment_words, time_left
from contests.mine import row_of
from contests.models import Application, Contest
from contests.papers import PICTURES
from contests.progress import progress
from contests.receipts import receipt_pdf, receipt_text
from people import consents
from people.consents import Purpose
from people.held import holding, too_many
from people.limits import is_allowed
from people.spam import GuardedForm
from practices.contribution import FILES, MAX_DOCUMENTS, NotReady, summary
from practices.models import Practice
from practices.views.contribution import Form, store_files, write
from publishing.addresses import find
from publishing.languages import current_language
from publishing.models import Draft
from publishing.workflow import MoveRefused

A = ApplicationStatus
ROWS_SHOWN = 50


def find_draft(request, uuid) -> Draft:
    """The draft, for its writer alone; 404 for everybody else."""
    draft = Draft.objects.filter(uuid=uuid, kind=KIND).select_related("owner").first()
    if draft is None or not draft.is_open_to(request.user):
        raise Http404
    return draft


def find_application(request, uuid) -> Application:
    """For whoever began it and the confirmed people of its municipality; 404 for everybody else."""
    rows = Application.objects.select_related("contest", "nomination", "municipality", "rules")
    application = get_object_or_404(rows, uuid=uuid)
    if not application.is_open_to(request.user):
        raise Http404
    return application


def of_contest(contest: Contest) -> dict:
    """What every page on the way shows of the contest, in the reader’s language."""
    return {
        "contest": contest.edition_for(current_language()),
        "left": time_left(contest),
        "until": moment_words(contest.closes_at) if contest.closes_at else "",
        "is_open": contest.is_accepting,
        "is_cancelled": contest.status == ContestStatus.CANCELLED,
        "section": "contests",
    }


# ---------------------------------------------------------------- beginning


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request, slug):
    """What is needed and who may, what one has begun and sent, and the button that begins."""
    contest, detour = find(request, Contest.objects.all(), slug)
    if detour:
        return detour
    user = request.user
    places = drafting.places_of(user) if user.is_authenticated else []
    if request.method == "POST":
        return begin(request, contest, places)
    drafts, sent = [], []
    if user.is_authenticated:
        drafts = Draft.objects.open().of(user).filter(kind=KIND, answers__contest=str(contest.pk))
        sent = contest.applications.of(user).select_related("contest")[:ROWS_SHOWN]
    return render(
        request,
        "contests/apply/apply.html",
        {
            **of_contest(contest),
            "places": places,
            "drafts": [{"draft": each, "title": summary(each)} for each in drafts[:ROWS_SHOWN]],
            "sent": [row_of(each) for each in sent],
            "practices": drafting.practices_for(places)[:ROWS_SHOWN] if places else [],
            "languages": contest.languages,
            "language": current_language(),
            "form": GuardedForm(),
        },
    )


def begin(request, contest: Contest, places):
    """A new draft, from a practice of one’s own or empty; pressed twice it is one."""
    here = redirect("contests:apply", contest.slug)
    if not request.user.is_authenticated:
        return redirect(f"{reverse('account_login')}?next={request.path}")
    form = GuardedForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.non_field_errors()[0])
        return here
    if not contest.is_accepting or not places:
        messages.error(
            request,
            _("Only confirmed representatives of a municipality apply.")
            if contest.is_accepting
            else _("This contest does not take applications now."),
        )
        return here
    if not is_allowed(request, "draft"):
        return too_many(request)
    chosen = drafting.key_in(request.POST.get("practice", ""))
    practice = chosen and drafting.practices_for(places).filter(pk=chosen).first()
    key = Draft.key_of(form.cleaned_data["stamp"], request.user)
    try:
        with transaction.atomic():
            draft = _new_draft(request, contest, places, practice or None, key)
    except IntegrityError:
        draft = find_draft(request, key)
    return redirect("contests:section", draft.uuid, ENTRY)


def _new_draft(request, contest, places, practice: Practice | None, key) -> Draft:
    language = request.POST.get("language", "")
    language = language if language in contest.languages else contest.languages[0]
    answers = drafting.fresh_answers(contest, request.user, places)
    if practice:
        language, copied = drafting.copied_answers(practice, places, contest.languages)
        answers = copied | answers
    draft = Draft.objects.create(
        uuid=key, kind=KIND, owner=request.user, language=language, answers=answers
    )
    if practice:
        drafting.copy_files(practice, draft)
    return draft


# ---------------------------------------------------------------- writing


@never_cache
@holding()
@require_safe
def draft(request, uuid):
    """The draft at a glance: its parts, what is missing, how long there is time."""
    found = find_draft(request, uuid)
    if found.sent_at:
        return redirect(address_of(found))
    reading = ApplicationReading(found)
    return render(
        request,
        "contests/apply/draft.html",
        {
            **of_contest(reading.contest),
            "draft": found,
            "title": summary(found),
            "reading": reading,
            "parts": [
                {"part": part, "url": reading.url(name), "filled": reading.filled(name)}
                for name, part in reading.sections.items()
            ],
        },
    )


def address_of(found: Draft) -> str:
    """Of the application that a sent draft has become."""
    if found.record is None:
        return reverse("account_home")
    return reverse("contests:application", args=[found.record.uuid])


@never_cache
@holding()
@require_http_methods(["GET", "HEAD", "POST"])
def section(request, uuid, name):
    """One part of the form. After the term it is kept all the same: nothing typed is lost."""
    return write(request, find_draft(request, uuid), name, FORM)


def store_letter(request, found: Draft) -> list[str]:
    """Keep the letter that was brought, or take it away; returns sentences on what is not kept."""
    problems = []
    if "remove:letter" in request.POST:
        bringing.remove_letter(found)
    for upload in request.FILES.getlist(LETTER):
        if not is_allowed(request, "upload"):
            problems.append(_("Too many files in too short a time. Try again later."))
            break
        try:
            bringing.keep_letter(found, upload)
        except ValidationError as error:
            problems.append(f"{upload.name}: {' '.join(error.messages)}")
    return problems


def beside(found: Draft) -> dict:
    contest = contest_of_draft(found)
    return {
        **of_contest(contest),
        "letter": drafting.letter_of(found),
        "letter_photos": len(bringing.photos_of(found)),
        "accept": ",".join((".pdf", *PICTURES)),
        "needs_letter": contest.needs_letter,
    }


FORM = Form(
    pages="contests",
    template="contests/apply/section.html",
    sections=drafting.sections_of,
    sent=address_of,
    store={FILES: store_files, LETTER: store_letter},
    beside=beside,
)


@never_cache
@holding()
@require_POST
def discard(request, uuid):
    """Throw away a draft that was not sent."""
    found = find_draft(request, uuid)
    if found.sent_at:
        return redirect(address_of(found))
    contest = contest_of_draft(found)
    found.delete()
    messages.success(request, _("The draft is gone."))
    return redirect("contests:apply", contest.slug) if contest else redirect("account_home")


# ---------------------------------------------------------------- sending


@never_cache
@holding()
@require_http_methods(["GET", "HEAD", "POST"])
def send(request, uuid):
    """What is agreed to, and the button; the term is that of the moment the request arrived."""
    at = timezone.now()
    found = find_draft(request, uuid)
    wrong = ""
    if request.method == "POST":
        wrong = try_to_send(request, found, at)
        if not wrong:
            return redirect(address_of(found))
        if not isinstance(wrong, str):
            return wrong
    if found.sent_at:
        return redirect(address_of(found))
    reading = ApplicationReading(found)
    agreed = request.POST.getlist("agreed")
    return render(
        request,
        "contests/apply/send.html",
        {
            **of_contest(reading.contest),
            "draft": found,
            "title": summary(found),
            "reading": reading,
            "blocking": reading.blocking,
            "consents": [
                {
                    "purpose": purpose,
                    "text": consents.wording(purpose),
                    "is_given": purpose in agreed,
                    "is_required": purpose != Purpose.PUBLISH,
                }
                for purpose in asked_of(found)
            ],
            "wrong": wrong,
        },
    )


def asked_of(found: Draft) -> list[Purpose]:
    photos = [Purpose.PHOTO] if found.pictures.all() else []
    return [Purpose.CONTEST, *photos, Purpose.PUBLISH]


def try_to_send(request, found: Draft, at):
    """Send the draft. Returns «» when it went, a sentence or a response when it did not."""
    if not is_allowed(request, "send"):
        return too_many(request)
    agreed = set(request.POST.getlist("agreed")) & set(Purpose.values)
    required = [purpose for purpose in asked_of(found) if purpose != Purpose.PUBLISH]
    if found.sent_at is None and any(purpose not in agreed for purpose in required):
        return _("Without these consents the application cannot take part.")
    try:
        found.record = applying.submit(found, at=at, by=request.user, agreed=agreed)
    except NotReady as not_ready:
        return str(not_ready)
    except MoveRefused as refusal:
        return str(refusal.message)
    return ""


# ---------------------------------------------------------------- what became of it


@never_cache
@holding()
@require_safe
def application(request, uuid):
    """«My application»: its state, what comes next, the receipt, and how it fared."""
    found = find_application(request, uuid)
    language = current_language()
    text = receipt_text(found, language)
    is_returned = found.status == A.RETURNED
    return render(
        request,
        "contests/apply/application.html",
        {
            **of_contest(found.contest),
            "application": found,
            "progress": progress(found),
            "told": after.told(found, language),
            "papers": papers_wanting(found) if is_returned else [],
            "is_returned": is_returned,
            "may_take_back": may_take_back(found, request.user),
            "letter": getattr(found, "letter", None),
            "files": found.files.all(),
            "accept": ",".join((".pdf", *PICTURES)),
            "receipt_text": text,
            "whatsapp_url": f"https://wa.me/?text={quote(text)}",
        },
    )


def may_take_back(found: Application, user) -> bool:
    is_in = found.status in {A.SUBMITTED, A.RETURNED, A.ADMITTED}
    is_theirs = is_in and found.plays("applicant", user)
    return is_theirs and not found.missing_for_taking_back()


@never_cache
@login_required
@require_safe
def receipt(request, uuid):
    found = find_application(request, uuid)
    response = HttpResponse(receipt_pdf(found, current_language()), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="receipt-{found.pk}.pdf"'
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@holding()
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request, uuid):
    """Asks once more, then takes the application back; its draft is open again."""
    found = find_application(request, uuid)
    if request.method != "POST":
        if not may_take_back(found, request.user):
            return redirect("contests:application", found.uuid)
        context = {**of_contest(found.contest), "application": found}
        return render(request, "contests/apply/take_back.html", context)
    try:
        draft = applying.take_back(found, by=request.user)
    except MoveRefused as refusal:
        messages.error(request, refusal.message)
        return redirect("contests:application", found.uuid)
    messages.success(request, _("The application is taken back. Its text is a draft again."))
    if draft and draft.is_open_to(request.user):
        return redirect("contests:draft", draft.uuid)
    return redirect("contests:application", found.uuid)


@never_cache
@holding()
@require_POST
def documents(request, uuid):
    """Documents the secretary asked for: the letter, files; the text stays as it is."""
    found = find_application(request, uuid)
    here = redirect("contests:application", found.uuid)
    if not is_allowed(request, "upload"):
        return too_many(request)
    try:
        bringing.bring(
            found,
            letter=request.FILES.getlist(LETTER),
            documents=request.FILES.getlist("documents")[:MAX_DOCUMENTS],
            by=request.user,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except MoveRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The documents are here. The secretary looks at them."))
    return here
