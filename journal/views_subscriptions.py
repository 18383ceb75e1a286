"""Pages of those who want each new issue by mail."""

from django import forms
from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from journal import subscriptions
from people.limits import is_allowed
from people.spam import GuardedForm
from publishing.languages import current_language


class SubscribeForm(GuardedForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("In which language?"),
        template_name="people/choices.html",
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request):
    """An address and a language; the letter asks whether it was its owner."""
    form = SubscribeForm(request.POST or None, initial={"language": current_language()})
    status = 200
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if is_allowed(request, "subscribe", about=email.lower()):
            subscriptions.subscribe(email=email, language=form.cleaned_data["language"])
            return redirect("journal:subscribe_asked")
        status = 429
        form.add_error(None, _("Too many requests for one day. Try again tomorrow."))
    return render(
        request, "journal/subscribe.html", {"form": form, "section": "journal"}, status=status
    )


@require_safe
def asked(request):
    return state(request, "asked")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request, token):
    """A button: programs of mail servers open links, but press nothing."""
    if not subscriptions.find(token, subscriptions.CONFIRM):
        return state(request, "too_late", status=410)
    if request.method != "POST":
        return state(request, "confirm")
    row = subscriptions.confirm(token)
    return state(request, "confirmed" if row else "too_late")


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request, token):
    """The button of the page, or the one click of a mail program: the link itself is the right."""
    if request.method == "POST":
        if not subscriptions.leave(token):
            raise Http404
        return state(request, "left")
    if not subscriptions.is_link(token, subscriptions.LEAVE):
        raise Http404
    row = subscriptions.find(token, subscriptions.LEAVE)
    return state(request, "leave" if row else "left")


def state(request, name: str, *, status: int = 200):
    """A page of one sentence and at most one button."""
    context = {"state": name, "days": subscriptions.CONFIRM_DAYS, "section": "journal"}
    return render(request, "journal/subscribe_state.html", context, status=status)
