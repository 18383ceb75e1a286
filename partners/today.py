"""What a specialist has to do about partners today."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from partners.models import Agreement, Interaction, Obligation, Partner
from people.roles import PUBLISHERS
from publishing.languages import current_language
from publishing.work import TODAY, Todo, admin_address

#: So long before its day an obligation is to be thought of.
OBLIGATION_NOTICE = timedelta(days=7)
#: Of one kind, so that a forgotten log does not hide everything else.
MOST = 20


def due_steps() -> QuerySet:
    """Entries of the log whose next step is due today or late."""
    return Interaction.objects.filter(next_on__lte=timezone.localdate(), next_done_on=None)


def due_obligations() -> QuerySet:
    """Not done, due within a week or late; of agreements in force."""
    return Obligation.objects.filter(
        done_on=None,
        due_on__lte=timezone.localdate() + OBLIGATION_NOTICE,
        agreement__signed_on__isnull=False,
        agreement__ended_on=None,
    )


def silent_partners() -> QuerySet:
    return Partner.objects.silent().with_last_contact()


def of_partners(user) -> list[Todo]:
    """Steps of the person's own; for specialists also what is nobody's, agreements and silence."""
    if not (user.is_staff and user.has_perm("partners.view_interaction")):
        return []
    is_in_charge = user.is_superuser or user.is_in(*PUBLISHERS)
    own = Q(owner=user) | Q(owner=None) if is_in_charge else Q(owner=user)
    steps = due_steps().filter(own).select_related("partner").order_by("next_on", "pk")
    found = [_step(step) for step in steps[:MOST]]
    return found + (_of_specialist(user) if is_in_charge else [])


def _step(step: Interaction) -> Todo:
    return Todo(
        about=step.partner.title_in(current_language()),
        what=step.next_step,
        url=admin_address(step),
        day=step.next_on,
        done_url=reverse("admin:partners_interaction_done", args=[step.pk]),
    )


def _of_specialist(user) -> list[Todo]:
    mine = Q(agreement__responsible=user) | Q(agreement__responsible=None)
    obligations = due_obligations().filter(mine).select_related("agreement")
    found = [
        Todo(
            about=str(row.agreement),
            what=gettext("Obligation: %(text)s") % {"text": row.text},
            url=admin_address(row.agreement),
            day=row.due_on,
        )
        for row in obligations.order_by("due_on", "pk")[:MOST]
    ]
    ending = Agreement.objects.ending().filter(Q(responsible=user) | Q(responsible=None))
    found += [
        Todo(
            about=str(agreement),
            what=gettext("The agreement ends: prolong it, or close it with a report"),
            url=admin_address(agreement),
            day=agreement.ends_on,
        )
        for agreement in ending.order_by("ends_on", "pk")[:MOST]
    ]
    silent = silent_partners().filter(Q(assignee=user) | Q(assignee=None))
    found += [
        Todo(
            about=partner.title_in(current_language()),
            what=gettext("No contact since %(day)s: call or write")
            % {"day": partner.last_contact_on.strftime("%d.%m.%Y")}
            if partner.last_contact_on
            else gettext("No contact yet: call or write"),
            url=admin_address(partner),
        )
        for partner in silent.order_by("last_contact_on", "pk")[:MOST]
    ]
    return found


TODAY.append(of_partners)
