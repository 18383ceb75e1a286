"""Pages of one's doors: signed links, a role in a municipality, the code of signing in."""

from allauth.account import views as account
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.actions import ask_membership, use_link
from people.forms import MembershipForm
from people.limits import is_allowed
from people.links import PURPOSES, session_key
from people.models import AccessLink, Membership
from people.phones import format_phone, whatsapp_url


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def go(request, token) -> HttpResponse:
    """GET says what the link opens and changes nothing (messengers fetch it); POST opens it.

    Where the link asks a question, the button is the answer: the link is used with one only.
    """
    link = AccessLink.objects.for_token(token).alive().first()
    purpose = PURPOSES.get(link.purpose) if link and link.target else None
    if request.method == "POST" and purpose:
        answer = request.POST.get("answer", "")
        if not purpose.answers or answer in dict(purpose.answers):
            link = _use(token, purpose, answer)
            if link:
                request.session[session_key(link.purpose, link.target)] = link.pk
                return redirect(purpose.address(link.target))
            purpose = None  # used up or revoked between the two looks
    return render(
        request,
        "people/go.html",
        {
            "link": link if purpose else None,
            "purpose": purpose,
            "about": purpose.about(link.target) if purpose else "",
        },
        status=200 if purpose else 404,
    )


@transaction.atomic
def _use(token, purpose, answer) -> AccessLink | None:
    """Use the link and give its answer: both or neither."""
    link = use_link(token=token)
    if link and purpose.answers:
        purpose.act(link.target, answer)
    return link


# ---------------------------------------------------------------- a role in a municipality


def way_back(request) -> str:
    """Where the person came from to confirm a role; nobody is led to another host."""
    address = request.POST.get("next") or request.GET.get("next", "")
    is_own = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_own else ""


def code_address(request, row) -> str:
    address, back = reverse("membership_code", args=[row.uuid]), way_back(request)
    return f"{address}?{urlencode({'next': back})}" if back else address


def own_memberships(user):
    return (
        Membership.objects.filter(user=user)
        .select_related("municipality__oblast", "municipality__district")
        .order_by("-asked_at")
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def membership(request) -> HttpResponse:
    """The person's roles, and the form that asks for one."""
    form = MembershipForm(request.POST or None, initial={"phone": request.user.phone})
    status = 200
    if request.method == "POST" and form.is_valid():
        if is_allowed(request, "membership"):
            asked = ("municipality", "role", "post", "phone")
            row = ask_membership(
                user=request.user, **{name: form.cleaned_data[name] for name in asked}
            )
            return redirect(code_address(request, row))
        status = 429
        form.add_error(None, _("You have asked for many codes today. Try again tomorrow."))
    context = {
        "form": form,
        "memberships": own_memberships(request.user),
        "next": way_back(request),
    }
    return render(request, "people/membership.html", context, status=status)


@never_cache
@login_required
@require_safe
def membership_code(request, uuid) -> HttpResponse:
    """The code, the button that sends it, and what happens next."""
    row = get_object_or_404(own_memberships(request.user), uuid=uuid)
    text = _(
        "%(code)s is my code for the portal of best practice. I confirm my role: %(role)s, %(place)s."
    ) % {"code": row.code, "role": row.get_role_display(), "place": row.municipality}
    union = settings.UNION_WHATSAPP
    context = {
        "membership": row,
        "text": text,
        "whatsapp_url": whatsapp_url(union, text) if union else "",
        "union": format_phone(union),
        "next": way_back(request),
    }
    return render(request, "people/membership_code.html", context)


@never_cache
@login_required
@require_POST
def membership_new_code(request, uuid) -> HttpResponse:
    """A new code for the same role: the first one is lost, has expired, or the year is ending."""
    row = get_object_or_404(own_memberships(request.user), uuid=uuid)
    if row.state == "revoked":
        return redirect("membership")
    if is_allowed(request, "membership"):
        ask_membership(
            user=request.user,
            municipality=row.municipality,
            role=row.role,
            post=row.post,
            phone=row.phone,
        )
    else:
        messages.warning(request, _("You have asked for many codes today. Try again tomorrow."))
    return redirect(code_address(request, row))


# ---------------------------------------------------------------- the code of signing in


class ConfirmLoginCodeView(account.ConfirmLoginCodeView):
    """Allauth's page, but a new code may be asked for a number that has no account too.

    Its own one looks for the account there, so the page itself would tell who has one.
    """

    def _resend_form_valid(self, form):
        process = self._process
        phone = process.state.get("phone")
        if not phone:
            return super()._resend_form_valid(form)
        if not is_allowed(self.request, "phone_code", about=phone):
            messages.error(
                self.request,
                _(
                    "Too many codes were asked for today. Try again tomorrow, or choose another way."
                ),
            )
        elif process.user:
            return super()._resend_form_valid(form)
        else:
            process.record_resend()
            process.persist()
        return HttpResponseRedirect(
            self.passthrough_next_url(reverse("account_confirm_login_code"))
        )


confirm_login_code = ConfirmLoginCodeView.as_view()
