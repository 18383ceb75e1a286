"""What a partner's own editors see of their partner, and propose. Anybody else’s is not there for them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from partners.forms import PageForm, ProjectForm
from partners.models import Partner, Project
from partners.proposals import differences, propose, take_back
from partners.views import materials_of

#: Of what was decided, so many are still shown.
DECIDED_SHOWN = 10


def own_partner(request, slug) -> Partner:
    """The partner, where the person is one of its editors; 404 for everybody else."""
    return get_object_or_404(Partner.objects.edited_by(request.user), slug=slug)


def waiting_values(proposals) -> dict:
    """What waits already, the latest word on each field: who writes on sees it."""
    values: dict = {}
    for proposal in proposals.order_by("made_at", "pk"):
        values |= proposal.answers
    return values


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, slug):
    """«My partner»: its page, its projects, what waits and what was decided."""
    partner = own_partner(request, slug)
    mine = partner.proposals.open().filter(is_about_project=False)
    form = PageForm(request.POST or None, instance=partner, waiting=waiting_values(mine))
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and _proposed(request, form, partner=partner):
        return redirect("partners:edit", slug=partner.slug)
    partner = own_partner(request, slug)
    proposals = partner.proposals.select_related("project", "by", "decided_by")
    return render(
        request,
        "partners/edit.html",
        {
            "partner": partner,
            "form": form,
            "waiting": [
                {"proposal": each, "differences": differences(each)} for each in proposals.open()
            ],
            "decided": proposals.exclude(state="open")[:DECIDED_SHOWN],
            "projects": partner.projects.all(),
            "materials": materials_of(partner),
            "section": "account",
        },
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_project(request, slug, uuid=None):
    """A project of the partner's own, or a new one."""
    partner = own_partner(request, slug)
    project = get_object_or_404(partner.projects, uuid=uuid) if uuid else None
    waiting = waiting_values(partner.proposals.open().filter(project=project)) if project else None
    form = ProjectForm(
        request.POST or None, instance=project or Project(partner=partner), waiting=waiting
    )
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and _proposed(request, form, partner=partner, project=project, about_project=True):
        return redirect("partners:edit", slug=partner.slug)
    return render(
        request,
        "partners/edit_project.html",
        {"partner": partner, "project": project, "form": form, "section": "account"},
    )


def _proposed(request, form, **about) -> bool:
    answers, before = form.proposed()
    try:
        proposal = propose(
            by=request.user,
            answers=answers,
            before=before,
            note=form.cleaned_data["note"],
            **about,
        )
    except ValidationError as error:
        form.add_error(None, error)
        return False
    if proposal is None:
        messages.info(request, _("Nothing was changed, so nothing was sent."))
    else:
        messages.success(
            request, _("Sent. An editor looks at it; until then the page stays as it is.")
        )
    return True


@never_cache
@login_required
@require_POST
def take_proposal_back(request, slug, pk):
    """One's own, while nobody has decided; a colleague's stays."""
    partner = own_partner(request, slug)
    proposal = get_object_or_404(partner.proposals, pk=pk, by=request.user)
    if take_back(proposal=proposal):
        messages.success(request, pgettext("proposal", "You have taken it back."))
    else:
        messages.info(request, _("The editors have decided already."))
    return redirect("partners:edit", slug=partner.slug)
