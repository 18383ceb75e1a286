"""What specialists are reminded of by mail, and what a partner's editor is answered."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from partners.models import Agreement, Interaction, Obligation, Proposal
from publishing.letters import register
from publishing.work import admin_address


def _in_admin(record) -> dict:
    return {"address": settings.SITE_URL + admin_address(record)}


def agreement_ends(record) -> bool:
    return (
        isinstance(record, Agreement) and Agreement.objects.ending().filter(pk=record.pk).exists()
    )


register(
    "agreement_ends",
    label=_("An agreement ends"),
    context=_in_admin,
    fits=agreement_ends,
)
register(
    "obligation_due",
    label=_("An obligation is due"),
    context=lambda obligation: _in_admin(obligation.agreement),
    fits=lambda record: isinstance(record, Obligation) and record.done_on is None,
)
register(
    "step_due",
    label=_("A next step is due"),
    context=_in_admin,
    fits=lambda record: isinstance(record, Interaction) and record.next_done_on is None,
)
register(
    "proposal_decided",
    label=_("The editors have decided on a proposal"),
    context=lambda proposal: {
        "address": settings.SITE_URL + reverse("partners:edit", args=[proposal.partner.slug])
    },
    fits=lambda record: isinstance(record, Proposal) and not record.is_open,
)
