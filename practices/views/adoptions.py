"""«We did this too»: declaring an adoption, its own page, the word of the source, the map of adopters."""

from functools import wraps
from urllib.parse import urlencode

import reversion
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people import links
from people.held import hold, holding
from people.limits import is_allowed
from practices import ledger
from practices.choices import AdoptionStatus, Kind
from practices.forms import MAX_PHOTOS, AdoptionForm, ConfirmationForm, DeclarationForm, PhotoForm
from practices.maps import STYLE_HASH, adoption_map
from practices.models import Adoption, AdoptionPhoto, Practice
from publishing.addresses import find
from publishing.languages import current_language
from publishing.models import AuditEvent
from publishing.public_pages import public_page
from publishing.work import action_label
from publishing.workflow import MoveRefused, move, moves_for, transition


def membership_address(back: str) -> str:
    """Where a person asks for a role in a municipality, and comes back from."""
    return f"{reverse('membership')}?{urlencode({'next': back})}"


def find_own(request, pk) -> Adoption:
    """The adoption, for those who carry it through; for everybody else there is none."""
    adoption = get_object_or_404(
        Adoption.objects.for_list().select_related("practice__municipality", "created_by"), pk=pk
    )
    if not adoption.plays("adopter", request.user):
        raise Http404
    return adoption


def for_signed_in(view):
    """For buttons on an adoption's page: whoever is signed out comes back to the page itself."""

    @wraps(view)
    def guarded(request, pk, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("practices:adoption", args=[pk]))
        return view(request, pk, *args, **kwargs)

    return guarded


# ---------------------------------------------------------------- declaring


@never_cache
@holding()
@require_http_methods(["GET", "HEAD", "POST"])
def adopt(request, slug):
    """Six fields; whoever has no role in a municipality yet is led to asking for one, and back."""
    practice, detour = find(request, Practice.objects.select_related("municipality"), slug)
    if detour:
        return detour
    if not practice.is_published or practice.kind == Kind.LESSON:
        raise Http404
    places = ledger.municipalities_of(request.user)
    if not places and request.method != "POST":
        messages.info(
            request, _("Say first which municipality you work in; then you come back here.")
        )
        return redirect(membership_address(request.path))
    known = practice.adoptions.filter(municipality__in=places).select_related("municipality")
    own = [adoption for adoption in known if adoption.plays("adopter", request.user)]
    free = places.exclude(pk=practice.municipality_id).exclude(adoptions__practice=practice)
    if own and not free and request.method != "POST":
        return redirect("practices:adoption", own[0].pk)
    form = DeclarationForm(
        request.POST or None,
        request.FILES or None,
        # A second press comes to the first one's record, so what is taken may be sent too.
        municipalities=places.exclude(pk=practice.municipality_id)
        if request.method == "POST"
        else free,
        typed=request.held,
    )
    if request.method == "POST" and form.is_valid():
        if is_allowed(request, "adoption"):
            response = _declare(request, practice, form)
            if response:
                return response
        else:
            form.add_error(None, too_many())
    return render(
        request,
        "practices/adoption_declare.html",
        {
            "practice": practice.edition_for(current_language()),
            "form": form,
            "own": own,
            "others": [adoption for adoption in known if adoption not in own],
            "is_source": practice.municipality in places,
            "can_declare": bool(free) or form.is_bound,
            "is_verified": request.user.memberships.verified().exists(),
            "membership_url": membership_address(request.path),
            "section": "practices",
        },
    )


def _declare(request, practice, form) -> HttpResponse | None:
    """Lead to the new record, or to the one that is there; None where it is not this person's."""
    values = form.values(current_language())
    adoption, is_new = ledger.declare(
        practice=practice,
        municipality=form.cleaned_data["municipality"],
        by=request.user,
        values=values,
        photo=form.cleaned_data["photo"],
    )
    if not is_new and not adoption.plays("adopter", request.user):
        form.add_error(
            "municipality",
            _(
                "This municipality’s adoption of the practice is already here. Once your role is "
                "confirmed you can go on with it."
            ),
        )
        return None
    address = reverse("practices:adoption", args=[adoption.pk])
    if is_new:
        messages.success(request, _("It is in the ledger. Here you can go on with it at any time."))
    elif any(getattr(adoption, column) != value for column, value in values.items()):
        hold(request, address)
        messages.warning(
            request,
            _("Your municipality’s adoption was here already. What you have typed stands below: "
              "look at it and save."),
        )  # fmt: skip
    return redirect(address)


def too_many() -> str:
    return _("Too many in too short a time. Wait a little and try again; your text is kept.")


# ---------------------------------------------------------------- its own page


@never_cache
@holding()
@require_http_methods(["GET", "HEAD", "POST"])
def adoption(request, pk):
    """The record for its people: facts, photos, moves with what is missing, history."""
    record = find_own(request, pk)
    language = current_language()
    if request.method == "POST":
        with transaction.atomic(), reversion.create_revision():
            # Locked while it is compared and written: the later of two devices sees the first one.
            row = Adoption.objects.select_for_update(of=("self",)).get(pk=record.pk)
            form = AdoptionForm(request.POST, record=row, language=language)
            if form.is_valid():
                _save(request, row, form)
                return redirect("practices:adoption", record.pk)
    else:
        form = AdoptionForm(record=record, language=language, typed=request.held)
    return _own_page(request, record, form=form)


def _save(request, row, form):
    changed = form.save(row)
    if changed:
        reversion.set_user(request.user)
        AuditEvent.record(
            row, action="edit", actor=request.user, via="site", details={"fields": changed}
        )
    messages.success(request, _("Saved."))


def _own_page(request, record, *, form=None, photo_form=None):
    language = current_language()
    return render(
        request,
        "practices/adoption.html",
        {
            "adoption": record,
            "practice": record.practice.edition_for(language),
            "form": form or AdoptionForm(record=record, language=language),
            "photo_form": photo_form or PhotoForm(),
            "photos": [photo.edition(language) for photo in record.photos.all()],
            "can_add_photo": record.photos.count() < MAX_PHOTOS,
            "moves": buttons(record, request.user),
            "refusal": record.refusal,
            "check": record.checks.needed().first(),
            "history": history(record),
            "section": "practices",
        },
    )


def buttons(record, user) -> list[dict]:
    """Moves open to the person now, and what stands in the way of each."""
    return [
        {"step": step, "missing": getattr(record, step.guard)() if step.guard else []}
        for step in moves_for(record, user)
    ]


def history(record) -> list[AuditEvent]:
    """What has happened, latest first; not by whom: that is the editors' business."""
    statuses = dict(AdoptionStatus.choices)
    events = list(AuditEvent.about(record))
    for event in events:
        event.label_of_action = action_label(Adoption, event.action)
        event.status_after = statuses.get(event.after, "")
    return events


@never_cache
@require_POST
@for_signed_in
def adoption_move(request, pk, name):
    """One move of the ledger, through the door that admin and tasks use too."""
    record = find_own(request, pk)
    try:
        transition(record, name)
    except LookupError as error:
        raise Http404 from error
    before = record.status
    try:
        move(record, name, actor=request.user, via="site", reason=request.POST.get("reason", ""))
    except MoveRefused as refusal:
        missing = "; ".join(str(missing.message) for missing in refusal.missing)
        messages.error(request, f"{refusal.message} {missing}".strip())
    else:
        if record.status != before:
            messages.success(
                request, _("Now: %(status)s.") % {"status": record.get_status_display()}
            )
    return redirect("practices:adoption", record.pk)


@never_cache
@require_POST
@for_signed_in
def adoption_photo(request, pk):
    """Add a photo. A refused one is told at the field; nothing else on the page is touched."""
    record = find_own(request, pk)
    form = PhotoForm(request.POST, request.FILES)
    if form.is_valid():
        if not is_allowed(request, "upload"):
            form.add_error("file", too_many())
        elif record.photos.count() >= MAX_PHOTOS:
            form.add_error("file", _("There are eight photos already. Take one away first."))
        else:
            form.photo(record, current_language())
            AuditEvent.record(record, action="photo", actor=request.user, via="site")
            messages.success(request, _("The photo is here."))
            return redirect(f"{reverse('practices:adoption', args=[record.pk])}#photos")
    return _own_page(request, record, photo_form=form)


@never_cache
@require_POST
@for_signed_in
def adoption_photo_remove(request, pk, uuid):
    record = find_own(request, pk)
    photo = get_object_or_404(AdoptionPhoto, adoption=record, uuid=uuid)
    photo.delete()
    AuditEvent.record(record, action="photo_removed", actor=request.user, via="site")
    messages.success(request, _("The photo is taken away."))
    return redirect(f"{reverse('practices:adoption', args=[record.pk])}#photos")


# ---------------------------------------------------------------- the word of the source


def came_by_link(request, *args, pk=None, **kwargs) -> bool:
    record = Adoption.objects.filter(pk=pk).first()
    return bool(record and links.is_open(request, ledger.CONFIRM, record))


@never_cache
@holding(came_by_link)
@require_http_methods(["GET", "HEAD", "POST"])
def adoption_confirm(request, pk):
    """Was it repeated? Asked of the source municipality: by its link, or signed in."""
    record = get_object_or_404(
        Adoption.objects.for_list().select_related("practice__municipality"), pk=pk
    )
    by_link = links.is_open(request, ledger.CONFIRM, record)
    is_source = request.user.is_authenticated and record.plays("source", request.user)
    if not (by_link or is_source):
        raise Http404
    form = ConfirmationForm(request.POST or None, initial=_word_begun(request, record, is_source))
    is_open = record.status in ledger.CONFIRMABLE and not record.confirmed_on
    if request.method == "POST" and is_open and form.is_valid():
        return _take_word(request, record, form, via="site" if is_source else "signed_link")
    language = current_language()
    return render(
        request,
        "practices/adoption_confirm.html",
        {
            "adoption": record.edition_for(language),
            "practice": record.practice.edition_for(language),
            "photos": [photo.edition(language) for photo in record.photos.all()],
            "form": form,
            "is_open": is_open,
            "refusal": record.refusal,
            "section": "practices",
        },
    )


def _word_begun(request, record, is_source: bool) -> dict:
    """What was typed before the session ended; the post of whoever is signed in, from the role."""
    initial = {}
    if is_source:
        roles = request.user.memberships.verified()
        role = roles.get(municipality_id=record.practice.municipality_id)
        initial["post"] = role.post or role.get_role_display()
    held = request.held or {}
    return initial | {name: held[name] for name in ("answer", "post", "note") if name in held}


def _take_word(request, record, form, *, via: str):
    answers = form.cleaned_data
    actor = request.user if request.user.is_authenticated else None
    try:
        if answers["answer"] == form.YES:
            is_first = ledger.confirm(record, post=answers["post"], actor=actor, via=via)
        else:
            is_first = ledger.refuse(
                record, note=answers["note"], post=answers["post"], actor=actor, via=via
            )
    except MoveRefused as refusal:
        messages.error(request, refusal.message)
    else:
        if is_first:
            messages.success(request, _("Thank you. Your answer is written down."))
        else:
            messages.info(request, _("This has been answered already."))
    return redirect("practices:adoption_confirm", record.pk)


# ---------------------------------------------------------------- the map


@public_page
@require_safe
def adoptions_map(request, slug):
    """Where the practice comes from and where it went, as an image."""
    record, detour = find(request, Practice.objects.for_detail(), slug)
    if detour:
        return detour
    if not record.adoptions.all():
        raise Http404
    response = HttpResponse(adoption_map(record), content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=3600"
    response["Content-Security-Policy"] = f"default-src 'none'; style-src '{STYLE_HASH}'"
    return response
