"""Pages for those who write: a suggestion, the author's own page, remarks on paragraphs."""

import uuid as uuids
from functools import wraps

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from journal import handing_in, pitches, remarks
from journal.choices import ArticleStatus
from journal.forms import SuggestForm, WritingForm
from journal.models import Article, Pitch
from journal.models.articles import MAX_CHARACTERS, MIN_CHARACTERS
from people import held
from people.limits import is_allowed
from publishing.drafts import digest
from publishing.languages import current_language
from publishing.previews import preview_address
from publishing.workflow import MoveRefused

#: state → (what it means for the author, what comes next)
STATES = {
    ArticleStatus.SUBMITTED: "submitted",
    ArticleStatus.DECLINED: "declined",
    ArticleStatus.WITHDRAWN: "declined",
    ArticleStatus.PUBLISHED: "published",
    ArticleStatus.ARCHIVED: "published",
    ArticleStatus.POSTPONED: "postponed",
}


# ---------------------------------------------------------------- a suggestion


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def suggest(request):
    """Name, a way back, three lines, a file; for guests too."""
    form = SuggestForm(request.POST or None, request.FILES or None, initial=known_of(request.user))
    status = 200
    if request.method == "POST" and form.is_valid():
        if is_allowed(request, "pitch"):
            pitch = pitches.suggest(
                key=key_of(form),
                language=current_language(),
                values=form.values(),
                by=request.user if request.user.is_authenticated else None,
                document=form.cleaned_data["document"],
            )
            return redirect("journal:suggested", pitch.uuid)
        status = 429
        form.add_error(None, too_many_pitches())
    context = {
        "form": form,
        "lost_file": bool(form.errors and request.FILES and "document" not in form.errors),
        "section": "journal",
    }
    return render(request, "journal/authors/suggest.html", context, status=status)


def too_many_pitches() -> str:
    return _("Too many suggestions in one day. Your text is kept: send it tomorrow.")


def key_of(form: SuggestForm) -> uuids.UUID:
    """The number of what this press of the button sends: pressed twice, it is the same; another topic
    on the same page is another suggestion.
    """
    cleaned = form.cleaned_data
    words = "\x1f".join((cleaned["stamp"], cleaned["contact"], cleaned["topic"]))
    return uuids.uuid5(uuids.NAMESPACE_OID, words)


def known_of(user) -> dict:
    """What the portal knows of whoever is signed in."""
    if not user.is_authenticated:
        return {}
    return {"name": user.name, "contact": user.email or user.phone or ""}


@never_cache
@require_safe
def suggested(request, uuid):
    """The number of the suggestion, and what comes next."""
    pitch = get_object_or_404(Pitch, uuid=uuid)
    return render(request, "journal/authors/suggested.html", {"pitch": pitch, "section": "journal"})


# ---------------------------------------------------------------- the author's own page


def for_author(view):
    """Only for the article's author: its own account, or its signed link. Whoever is not let in is
    told how to come in, and nothing they have just sent is lost: it waits in their session and comes
    to the view as `request.held`.
    """

    @wraps(view)
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    def guarded(request, uuid):
        article = Article.objects.filter(uuid=uuid).select_related("created_by", "issue").first()
        if article is None or not handing_in.may_open(request, article):
            return turned_away(request)
        request.held = held.take(request)
        return view(request, article)

    return guarded


def turned_away(request):
    """Which article it is, and whether there is one, is not said."""
    if held.wants_json(request):
        words = _("The link has to be opened again. Your text is kept on this phone until then.")
        return JsonResponse({"sign_in": request.path, "message": words}, status=401)
    if request.method == "POST":
        held.hold(request, request.path)
    return render(
        request,
        "journal/authors/turned_away.html",
        {
            "typed": typed_in(request.POST or held.look(request) or {}),
            "lost_file": bool(request.FILES),
            "section": "journal",
        },
        status=403,
    )


def typed_in(posted) -> list[tuple[str, str]]:
    """[(label, words)]: what was typed into the author's pages, to be shown where it cannot be kept."""
    labels = {name: field.label for name, field in WritingForm.base_fields.items()}
    found = []
    for name in posted:
        label = labels.get(name)
        if name.startswith("picture."):
            label = labels_of_picture().get(name.rpartition(".")[2])
        if label and posted[name].strip():
            found.append((label, posted[name].replace("\r\n", "\n").strip()))
    return found


def account_of(request):
    return request.user if request.user.is_authenticated else None


def session_of(request, article: Article, what: str) -> dict:
    """A dict of this visitor's session that belongs to the article; what keeps may change it."""
    key = f"journal:{what}:{article.pk}"
    if request.method != "POST" and request.held is None:
        return request.session.get(key, {})
    request.session.modified = True
    return request.session.setdefault(key, {})


@for_author
def writing(request, article):
    """GET shows the text and what the editors say of it; POST keeps it, whatever state it is in."""
    posted = request.POST if request.method == "POST" else request.held
    if posted is None:
        return writing_page(request, article)
    if not is_allowed(request, "save"):
        return held.too_many(request)
    versions = session_of(request, article, "versions")
    kept = handing_in.keep(article, chosen(posted, versions), session_of(request, article, "cut"))
    if kept.is_closed:
        return not_kept(request, kept.article, posted)
    versions |= kept.conflicts
    for pk in [key.removeprefix("remove:") for key in posted if key.startswith("remove:")]:
        if pk.isdigit():
            handing_in.remove_picture(article, int(pk))
    for sentence in take_files(request, kept):
        messages.warning(request, sentence)  # the page is opened anew once a file has come
    if held.wants_json(request):
        return saved(article, kept, versions)
    for problem in kept.problems:
        messages.error(request, problem)
    if request.held is not None:
        messages.success(request, _("You are back: the text you sent before is kept."))
    elif not kept.problems and not versions and "next" in posted:
        return redirect("journal:hand_in", article.uuid)
    elif not kept.problems:
        messages.success(request, _("Kept."))
    return redirect("journal:writing", article.uuid)


def not_kept(request, article: Article, posted):
    """The editors have it meanwhile: what was typed comes back to be copied, none of it is lost."""
    if held.wants_json(request):
        return JsonResponse({"message": handing_in.with_editors()}, status=409)
    stored = handing_in.stored_in(article)
    changed = {
        name: value for name, value in posted.items() if digest(value) != digest(stored.get(name))
    }
    return writing_page(request, article, typed=typed_in(changed), status=409)


def chosen(posted, versions: dict):
    """What was posted, with this device's own version where its writer has chosen that one."""
    posted = posted.copy()
    for name in list(versions):
        choice = posted.get(f"choose:{name}", "")
        if choice == "own":
            posted[name] = versions[name]
        if choice:
            del versions[name]
    return posted


def take_files(request, kept) -> list[str]:
    """Keep what was uploaded; returns sentences on what of a Word document found no place."""
    told = []
    for name in ("pictures", "document"):
        for upload in request.FILES.getlist(name):
            if not is_allowed(request, "upload"):
                kept.problems.append(_("Too many files in too short a time. Try again later."))
                break
            try:
                if name == "pictures":
                    handing_in.add_picture(kept.article, upload)
                else:
                    told += handing_in.add_file(kept.article, upload, by=account_of(request))
            except ValidationError as error:
                kept.problems.append(f"{upload.name}: {' '.join(error.messages)}")
    return told


def saved(article: Article, kept, versions: dict) -> JsonResponse:
    """The answer to a page that keeps by itself: digests to go on from, and what is to be said."""
    at = time_format(timezone.localtime(), "TIME_FORMAT")
    return JsonResponse(
        {
            "was": kept.was,
            "next": reverse("journal:hand_in", args=[article.uuid]),
            "message": _("Kept at %(time)s") % {"time": at},
            "problems": kept.problems,
            "errors": {},
            "conflict": _(
                "This was changed on another device too. Nothing is lost: both texts are kept."
            )
            if versions
            else "",
        },
        status=400 if kept.problems else 200,
    )


def writing_page(request, article: Article, *, typed=(), status=200):
    """typed: what has just been sent and could not be kept, as of typed_in."""
    language = article.original_language
    is_writable = handing_in.is_writable(article)
    stored = handing_in.stored_in(article)
    versions = session_of(request, article, "versions") if is_writable else {}
    asked = handing_in.rounds_of(article)
    return render(
        request,
        "journal/authors/writing.html",
        {
            "article": article,
            "title": article.title_in(language),
            "is_writable": is_writable,
            "state": STATES.get(article.status, "in_hand"),
            "form": WritingForm(stored, versions=versions, language=language),
            "has_conflict": bool(versions),
            "has_kept": "[[" in stored["text"],
            "pictures": pictures_of(article, stored),
            "files": article.files.all(),
            "rounds": asked,
            "asked": asked[-1] if asked and article.status == ArticleStatus.AUTHOR_FIX else None,
            "open_remarks": remarks.count_open(article, language=language),
            "due_on": handing_in.deadline_of(article),
            "is_late": (handing_in.days_left(article) or 0) < 0,
            "characters": article.characters(language),
            "least": MIN_CHARACTERS,
            "most": MAX_CHARACTERS,
            "max_pictures": handing_in.MAX_PICTURES,
            "preview_url": preview_address(article),
            "typed": typed,
            "section": "journal",
        },
        status=status,
    )


def labels_of_picture() -> dict[str, str]:
    return {
        "alt": _("What the photo shows"),
        "caption": _("Caption"),
        "author": _("Who took it"),
    }


def pictures_of(article: Article, stored: dict) -> list[dict]:
    """[{picture, fields: [{name, id, label, value, was}]}]"""
    return [
        {
            "picture": picture,
            "fields": [
                {
                    "name": f"picture.{picture.pk}.{name}",
                    "label": label,
                    "value": stored[f"picture.{picture.pk}.{name}"],
                    "was": digest(stored[f"picture.{picture.pk}.{name}"]),
                    "limit": 120 if name == "author" else 200,
                }
                for name, label in labels_of_picture().items()
            ],
        }
        for picture in article.pictures.all()
    ]


@for_author
def hand_in(request, article):
    """What is still missing, what one says by handing in, and the button."""
    if not handing_in.is_writable(article):
        return redirect("journal:writing", article.uuid)
    wrong = ""
    if request.method == "POST":
        if not is_allowed(request, "send"):
            return held.too_many(request)
        if "rights" not in request.POST:
            wrong = _("Without this the text cannot be taken.")
        else:
            try:
                handing_in.hand_in(article, by=account_of(request))
            except MoveRefused as refused:
                wrong = str(refused.message)
            else:
                messages.success(request, _("It is handed in. Thank you!"))
                return redirect("journal:writing", article.uuid)
    return render(
        request,
        "journal/authors/hand_in.html",
        {
            "article": article,
            "title": article.title_in(article.original_language),
            "missing": handing_in.missing_of(article),
            "rights": _(handing_in.RIGHTS),
            "is_again": bool(handing_in.rounds_of(article)),
            "wrong": wrong,
            "section": "journal",
        },
    )


@for_author
def author_remarks(request, article):
    """The text paragraph by paragraph, with what the editors say and what the author answers."""
    language = article.original_language
    typed = request.held or {}
    if typed:
        messages.warning(request, _("You are back. What you wrote stands in its place: send it."))
    if request.method == "POST":
        if not is_allowed(request, "save"):
            return held.too_many(request)
        try:
            seen = remarks.seen_in(request.POST)
            remarks.remark(
                article,
                language=language,
                seen=seen,
                text=request.POST.get("text", ""),
                by=account_of(request),
                is_authors=True,
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            typed = request.POST
        else:
            address = reverse("journal:author_remarks", args=[article.uuid])
            return redirect(f"{address}#p{seen['number']}")
    places = remarks.places_of(article, language)
    return render(
        request,
        "journal/authors/remarks.html",
        {
            "article": article,
            "title": article.title_in(language),
            "places": places,
            "open_threads": [
                thread for place in places for thread in place.threads if thread.is_open
            ],
            "typed": typed,
            "section": "journal",
        },
    )
