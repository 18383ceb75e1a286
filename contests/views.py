"""Pages of contests for their readers."""

from itertools import groupby
from urllib.parse import quote

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from contests import questions as asking
from contests.choices import OPEN_STAGES, RESULTS, ContestStatus
from contests.figures import figures
from contests.forms_questions import QuestionForm
from contests.ics import calendar as calendar_file
from contests.milestones import is_last_day, milestones, moment_words, time_left
from contests.models import Contest
from contests.public_results import published_protocols
from contests.public_results import results as public_results
from contests.reading import rules_in_force, told
from contests.sharing import (
    description,
    image_url,
    share_jpeg,
    structured_data,
    whatsapp_text,
)
from contests.versions import history
from people.limits import is_allowed
from publishing.addresses import find
from publishing.languages import Edition, current_language
from publishing.public_pages import public_page

#: Stages in which one can still take part, and those in which the commission has it.
COMING = (ContestStatus.ANNOUNCED, ContestStatus.ACCEPTING)
AT_WORK = tuple(each for each in OPEN_STAGES if each not in {*COMING, *RESULTS})


# ---------------------------------------------------------------- lists


def shown(contest: Contest) -> dict:
    """What lists and the first page tell of a contest."""
    return {
        "contest": contest.edition_for(current_language()),
        "left": time_left(contest),
        "is_last_day": is_last_day(contest),
        "until": moment_words(contest.closes_at) if contest.closes_at else "",
        "opens": moment_words(contest.opens_at) if contest.opens_at else "",
    }


def open_for_home() -> list[dict]:
    """Contests that take applications now, those that close first in front. One query."""
    return [shown(each) for each in Contest.objects.accepting().order_by("closes_at")]


@public_page
@require_safe
def contest_list(request):
    """What is open now, what the commission has, and the last that were decided."""
    contests = list(Contest.objects.published())
    return render(
        request,
        "contests/list.html",
        {
            "coming": [shown(each) for each in contests if each.status in COMING],
            "at_work": [shown(each) for each in contests if each.status in AT_WORK],
            "decided": [shown(each) for each in contests if each.status in RESULTS],
            "section": "contests",
        },
    )


@public_page
@require_safe
def archive(request):
    """All contests that are over, by years."""
    over = (*RESULTS, ContestStatus.CANCELLED)
    contests = Contest.objects.readable().filter(status__in=over).order_by("-year", "-pk")
    years = [
        (year, [shown(each) for each in group])
        for year, group in groupby(contests, key=lambda each: each.year)
    ]
    return render(request, "contests/archive.html", {"years": years, "section": "contests"})


# ---------------------------------------------------------------- one contest


@public_page
@require_safe
def contest(request, slug):
    record, detour = find(request, Contest.objects.all(), slug)
    return detour or contest_page(request, record)


def edition_of(record: Contest, *, is_preview: bool) -> Edition:
    """Of what is not announced yet, the language asked for where it is written."""
    language = current_language()
    if is_preview and getattr(record, f"title_{language}"):
        return record.edition(language)
    return record.edition_for(language)


def contest_page(request, record, *, is_preview=False):
    """A contest’s page, for readers and for previews."""
    edition = edition_of(record, is_preview=is_preview)
    version, content = rules_in_force(record, is_preview=is_preview)
    organisers = [each.edition_for(edition.language) for each in record.organisers.all()]
    return render(
        request,
        "contests/contest.html",
        {
            **shown(record),
            "contest": edition,
            "is_preview": is_preview,
            "is_coming": record.status in COMING,
            "has_results": record.status in RESULTS,
            "version": version,
            "rules": told(content, edition.language),
            "days": milestones(record),
            "figures": figures(record),
            "organisers": organisers,
            "files": [each.edition(edition.language) for each in record.files.all()],
            "may_ask": asking.may_ask(record),
            "description": description(edition),
            "image_url": image_url(edition) if record.is_readable else "",
            "structured_data": structured_data(edition, organisers),
            "section": "contests",
        },
    )


@public_page
@require_safe
def rules(request, slug):
    """The rules in force, all versions of them and what changed."""
    record, detour = find(request, Contest.objects.all(), slug)
    return detour or rules_page(request, record)


@public_page
@require_safe
def rules_version(request, slug, number):
    """The rules as they were frozen under a number."""
    record, detour = find(request, Contest.objects.all(), slug)
    return detour or rules_page(request, record, number=number)


def rules_page(request, record, *, number: int | None = None):
    edition = record.edition_for(current_language())
    rows = history(record)
    wanted = [row for row in rows if number in {None, row["version"].number}]
    if not wanted:
        raise Http404
    version = wanted[0]["version"]
    context = {
        "contest": edition,
        "version": version,
        "is_in_force": version == rows[0]["version"],
        "rules": told(version.content, edition.language),
        "history": rows,
        "days": milestones(record),
        "section": "contests",
    }
    return render(request, "contests/rules.html", context)


@public_page
@require_safe
def results(request, slug):
    """Who was awarded, once that is public."""
    record, detour = find(request, Contest.objects.select_related("results_article"), slug)
    if detour:
        return detour
    if record.status not in RESULTS:
        raise Http404
    edition = record.edition_for(current_language())
    protocols = published_protocols(record)
    article = record.results_article
    context = {
        "contest": edition,
        "groups": public_results(record, protocols, edition.language),
        "protocols": protocols,
        "article": article.edition_for(current_language())
        if article and article.is_readable
        else None,
        "section": "contests",
    }
    return render(request, "contests/results.html", context)


# ---------------------------------------------------------------- questions


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request, slug):
    """Questions with their answers, and a form for who has another."""
    record, detour = find(request, Contest.objects.all(), slug)
    if detour:
        return detour
    form = QuestionForm(request.POST or None)
    status = 200
    if request.method == "POST" and asking.may_ask(record) and form.is_valid():
        if is_allowed(request, "question"):
            asking.ask(
                contest=record,
                question=form.cleaned_data["question"],
                email=form.cleaned_data["email"],
                language=current_language(),
            )
            return redirect(f"{reverse('contests:questions', args=[record.slug])}?asked=1")
        status = 429
        form.add_error(
            None, _("Too many questions in one day. Yours is kept here: send it tomorrow.")
        )
    context = {
        "contest": record.edition_for(current_language()),
        "questions": asking.shown(record, current_language()),
        "form": form if asking.may_ask(record) else None,
        "is_asked": "asked" in request.GET,
        "section": "contests",
    }
    return render(request, "contests/questions.html", context, status=status)


# ---------------------------------------------------------------- to take along


@public_page
@require_safe
def calendar(request, slug):
    """All dates, for the calendar of a phone."""
    record = get_object_or_404(Contest.objects.readable(), slug=slug)
    response = HttpResponse(
        calendar_file(record, current_language()), content_type="text/calendar; charset=utf-8"
    )
    name = f"{record.slug}-{current_language()}.ics"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_safe
def whatsapp(request, slug):
    """To WhatsApp with the ready text."""
    record, detour = find(request, Contest.objects.all(), slug)
    if detour:
        return detour
    text = whatsapp_text(record.edition_for(current_language()))
    return redirect(f"https://wa.me/?text={quote(text)}")


@require_safe
def share_image(request, slug):
    """The JPEG that messengers show beside the link."""
    record = get_object_or_404(Contest.objects.readable(), slug=slug)
    response = HttpResponse(share_jpeg(record, current_language()), content_type="image/jpeg")
    response["Cache-Control"] = "public, max-age=86400"
    return response
