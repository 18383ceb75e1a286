"""Background work: what is retried, what runs by the clock, and the tasks of this app.

Tasks are django-tasks tasks, their queue is a table; `manage.py worker` runs them. Every task may
run twice (a killed worker's task is taken up again), so every task is idempotent.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

import structlog
from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django_tasks import task

logger = structlog.get_logger("portal.tasks")

#: name → (interval, function): what the worker runs by the clock.
PERIODIC: dict[str, tuple[timedelta, Callable[[], object]]] = {}


def retried(*, attempts: int = 5, delay: timedelta = timedelta(seconds=30)):
    """Make a function a task that is tried again after an error, each time after twice the wait.

    >>> @retried(attempts=3)
    ... def send_letter(pk): ...
    >>> send_letter.enqueue(7)
    """

    def decorate(function):
        @wraps(function)
        def run(*args, attempt=1, **kwargs):
            try:
                function(*args, **kwargs)
            except Exception as error:
                if attempt >= attempts:
                    raise
                wait = delay * 2 ** (attempt - 1)
                logger.warning(
                    "task_retry",
                    task=function.__name__,
                    attempt=attempt,
                    error=type(error).__name__,
                )
                this.using(run_after=timezone.now() + wait).enqueue(
                    *args, attempt=attempt + 1, **kwargs
                )

        this = task()(run)
        return this

    return decorate


def every(interval: timedelta):
    """Let the worker call the function by the clock: at most once an interval in all workers."""

    def decorate(function):
        PERIODIC[f"{function.__module__}.{function.__name__}"] = (interval, function)
        return function

    return decorate


def run_due() -> list[str]:
    """Run what the clock says is due, and return its names. Several workers may call it at once."""
    from publishing.models import PeriodicRun

    ran = []
    for name, (interval, function) in PERIODIC.items():
        now = timezone.now()
        with transaction.atomic():
            PeriodicRun.objects.get_or_create(
                name=name, defaults={"last_run_at": now - interval - interval}
            )
            row = (
                PeriodicRun.objects.select_for_update(skip_locked=True)
                .filter(name=name, last_run_at__lte=now - interval)
                .first()
            )
            if not row:
                continue
            row.last_run_at = now
            row.save(update_fields=["last_run_at"])
        try:
            function()
        except Exception:
            # One periodic task in trouble must not stop the clock of the others.
            logger.exception("periodic_task_failed", task=name)
        ran.append(name)
    return ran


@every(timedelta(seconds=20))
def publish_scheduled() -> None:
    """Publish what was scheduled for a moment that has come."""
    from publishing.models import Publishable
    from publishing.workflow import MoveRefused, move

    for model in apps.get_models():
        if not issubclass(model, Publishable):
            continue
        for record in model.objects.due_for_publication():
            try:
                move(record, "publish", actor=None, via="system")
            except MoveRefused as refusal:
                logger.warning(
                    "scheduled_publication_refused",
                    thing=f"{model._meta.label_lower}:{record.pk}",  # noqa: SLF001
                    missing=[missing.field for missing in refusal.missing],
                )


@retried()
def make_renditions(label: str, pk: int) -> None:
    """Write a picture's renditions and note which there are."""
    from publishing.files import stored_model

    model = stored_model(label)
    picture = model.objects.filter(pk=pk).first()
    if picture and picture.file:
        widths = picture.write_renditions()
        model.objects.filter(pk=pk).update(widths=widths)
