"""The cabinet: what one writes and what waits for one, what is kept about one, and leaving."""

import json
from itertools import groupby

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contests.mine import drafts_of, sent_for
from journal.models import Article
from people import consents
from people.consents import Purpose
from people.models import Consent
from portal.erasure import delete_account, is_deletable
from portal.personal_data import NOTICE_FROM, TABLE, YEAR, copy_of_data
from portal.views import adoption_rows
from practices.cards import cards
from practices.choices import CollectedVia
from practices.contribution import KIND, summary
from practices.ledger import waiting_for
from practices.models import FOLD_FROM, FOLD_TO, Practice
from practices.progress import WORDS
from publishing.languages import current_language
from publishing.models import Draft
from publishing.public_pages import public_page
from publishing.workflow import Status

#: Lines of one kind that «My data» shows; the copy holds all of them.
LINES_SHOWN = 12
ROWS_SHOWN = 50


# ---------------------------------------------------------------- the first page


@never_cache
@login_required
@require_safe
def account_home(request):
    """What waits for the person, what they write and have sent, their municipalities and roles."""
    user = request.user
    drafts = Draft.objects.of(user).filter(kind=KIND).prefetch_related("record")[:ROWS_SHOWN]
    being_written = [draft for draft in drafts if not draft.sent_at and draft.record is None]
    sent_back = [
        draft
        for draft in drafts
        if not draft.sent_at and draft.record and draft.record.status == Status.NEEDS_CHANGES
    ]
    roles = list(user.memberships.select_related("municipality"))
    ledger = waiting_for(user)
    applications = sent_for(user)
    returned = [row for row in applications if row["is_returned"]]
    return render(
        request,
        "people/account_home.html",
        {
            "drafts": [row_of(draft) for draft in being_written],
            "sent_back": [row_of(draft) for draft in sent_back],
            "sent": sent_by(user, drafts),
            "to_confirm": adoption_rows(ledger.to_confirm),
            "checks": [row_of_check(check) for check in ledger.checks],
            "articles": Article.objects.given_to(user)[:ROWS_SHOWN],
            "adoptions": adoption_rows(ledger.adoptions),
            "applications": applications,
            "returned": returned,
            "contest_drafts": drafts_of(user),
            "waits": bool(sent_back or ledger or returned),
            "partners": user.partners.order_by("sort_key"),
            "roles": roles,
            "practices": practices_of([role.municipality_id for role in roles if role.is_verified]),
            "section": "account",
        },
    )


def row_of(draft: Draft) -> dict:
    """fades_on: the day it goes unless it is touched, told a month ahead."""
    is_fading = draft.updated_at < timezone.now() - NOTICE_FROM
    return {
        "draft": draft,
        "title": summary(draft),
        "fades_on": draft.updated_at + YEAR if is_fading else None,
    }


def row_of_check(check) -> dict:
    """place: who is asked, where it is about an adoption."""
    practice = check.adoption.practice if check.adoption else check.practice
    return {
        "check": check,
        "practice": practice.edition_for(current_language()),
        "place": check.adoption and check.adoption.municipality.label,
    }


def sent_by(user, drafts) -> list[dict]:
    """Practices the person sent, latest first, each with its draft, by which its status page opens."""
    of_record = {draft.object_id: draft for draft in drafts if draft.object_id}
    mine = Q(pk__in=of_record)
    if not user.is_staff:
        mine |= Q(collected_via__in=(CollectedVia.FORM, CollectedVia.WORD))
    practices = Practice.objects.filter(mine, created_by=user).order_by("-created_at")
    return [
        {
            "practice": practice,
            "draft": of_record.get(practice.pk),
            "state": WORDS[practice.status][0],
        }
        for practice in practices[:ROWS_SHOWN]
    ]


def practices_of(municipalities: list[int]) -> list:
    published = Practice.objects.published().filter(
        Q(municipality__in=municipalities) | Q(other_municipalities__in=municipalities)
    )
    return cards(published.distinct().order_by("-published_at", "-pk")[:ROWS_SHOWN])


# ---------------------------------------------------------------- my data


@never_cache
@login_required
@require_safe
def data(request):
    """What is kept about the person, kind by kind, and what they agreed to."""
    user = request.user
    found = [(kept, kept.lines(user, LINES_SHOWN)) for kept in TABLE if kept.of]
    kinds = [{"kept": kept, "lines": lines} for kept, lines in found if lines]
    return render(
        request,
        "portal/data.html",
        {
            "parts": by_part(kinds, lambda kind: kind["kept"].part),
            "consents": [
                {
                    "consent": consent,
                    "label": Purpose(consent.purpose).label,
                    "wording": consents.wording(consent.purpose, consent.version),
                    "consequence": CONSEQUENCES[consent.purpose],
                }
                for consent in user.consents.prefetch_related("about")
            ],
            "is_deletable": is_deletable(user),
            "section": "account",
        },
    )


def by_part(rows, part_of) -> list[tuple]:
    """[(label of the part, its rows)], in the order of the table's parts."""
    order = [part.value for part in type(TABLE[0].part)]
    rows = sorted(rows, key=lambda row: order.index(part_of(row)))
    return [(part.label, list(group)) for part, group in groupby(rows, key=part_of)]


#: What happens when each consent is taken back: said beside its button.
CONSEQUENCES = {
    Purpose.NAME: gettext_lazy("Your name goes from the page at once; the description stays."),
    Purpose.PUBLISH: gettext_lazy(
        "The description stays until the editors have talked to the municipality and decided."
    ),
    Purpose.PHOTO: gettext_lazy(
        "The editors look at the photos and take off those on which people can be recognised."
    ),
    Purpose.WHATSAPP: gettext_lazy("We write to you in WhatsApp no more."),
    Purpose.NEWSLETTER: gettext_lazy("News come to you no more."),
    Purpose.CONTEST: gettext_lazy(
        "The application stays in the contest until it is withdrawn on its own page."
    ),
}


@never_cache
@login_required
@require_POST
def withdraw_consent(request, uuid):
    consent = get_object_or_404(Consent, uuid=uuid, user=request.user)
    consents.withdraw(consent)
    messages.success(
        request,
        _("You have taken it back.") + " " + str(CONSEQUENCES[Purpose(consent.purpose)]),
    )
    return redirect("account_data")


@never_cache
@login_required
@require_safe
def export(request):
    """All that is kept about the person, as a file."""
    text = json.dumps(
        copy_of_data(request.user), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2
    )
    # Opened by a browser after all, it must not run: no sign of markup stands in it as such.
    text = text.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = f"my-data-{timezone.localdate():%Y-%m-%d}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@public_page
@require_safe
def data_kept(request):
    """For everybody: which personal data the portal keeps, what for and how long."""
    return render(
        request,
        "portal/data_kept.html",
        {"parts": by_part(TABLE, lambda kept: kept.part), "section": "about"},
    )


# ---------------------------------------------------------------- leaving


def folded(word: str) -> str:
    return word.strip().lower().translate(str.maketrans(FOLD_FROM, FOLD_TO))


class DeletionForm(forms.Form):
    """A word typed on purpose; Kyrgyz letters may be typed without their tails."""

    word = forms.CharField(
        label=gettext_lazy("The word"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def clean_word(self):
        if folded(self.cleaned_data["word"]) != folded(deletion_word()):
            raise forms.ValidationError(
                _("Type the word “%(word)s”, then press the button.") % {"word": deletion_word()}
            )
        return self.cleaned_data["word"]


def deletion_word() -> str:
    return pgettext("typed to delete an account", "DELETE")


@never_cache
@login_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request):
    """What goes and what stays; then the account goes. Staff are told why theirs does not."""
    may = is_deletable(request.user)
    form = DeletionForm(request.POST if request.method == "POST" and may else None)
    if form.is_valid():
        user = request.user
        logout(request)
        delete_account(user=user)
        return redirect("account_deleted")
    return render(
        request,
        "portal/data_delete.html",
        {"form": form, "word": deletion_word(), "is_deletable": may, "section": "account"},
        status=403 if request.method == "POST" and not may else 200,
    )


@require_safe
def deleted(request):
    return render(request, "portal/data_deleted.html", {"section": "account"})
