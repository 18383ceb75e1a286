"""What is looked after by the clock: reminders, each written once."""

from datetime import date, timedelta

from django.db import models, transaction
from django.utils import timezone

from partners.models import Agreement
from partners.today import due_obligations, due_steps
from people.models import User
from people.roles import SPECIALIST
from publishing.letters import send
from publishing.models import PeriodicRun
from publishing.tasks import every


@every(timedelta(days=1))
def remind_of_partners() -> None:
    """Write sixty days before an agreement's end, when a step is due, a week before an obligation is.

    Run twice, or after days of standing still, it writes once. A day that was moved is a new one.
    """
    for agreement in Agreement.objects.ending().select_related("responsible"):
        remind("agreement_ends", agreement, agreement.ends_on, agreement.responsible)
    for obligation in due_obligations().select_related("agreement__responsible"):
        remind("obligation_due", obligation, obligation.due_on, obligation.agreement.responsible)
    for step in due_steps().select_related("owner"):
        remind("step_due", step, step.next_on, step.owner)


def remind(letter: str, record: models.Model, day: date, person: User | None) -> bool:
    """Write the letter once for the day, to the person or, where it is nobody's, to all specialists."""
    name = f"reminder:{record._meta.label_lower}:{record.pk}:{day}"  # noqa: SLF001
    with transaction.atomic():
        _mark, is_new = PeriodicRun.objects.get_or_create(
            name=name, defaults={"last_run_at": timezone.now()}
        )
        if is_new:
            for reader in [person] if person and person.is_active else specialists():
                send(letter, record, to=reader.email or "", language=reader.language)
    return is_new


def specialists() -> models.QuerySet:
    return User.objects.filter(groups__name=SPECIALIST, is_active=True)
