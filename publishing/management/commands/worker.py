"""The background worker: queued tasks, the clock and the heartbeat, in one process."""

import os
import socket
import threading
from datetime import timedelta

import structlog
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from publishing.models import PeriodicRun
from publishing.tasks import run_due

logger = structlog.get_logger("portal.tasks")

HEARTBEAT = "worker"
BEAT = 5  # seconds
#: A worker silent for this long is dead, and what it had in hand goes back into the queue.
DEAD_AFTER = timedelta(seconds=60)


def beat(name: str) -> None:
    PeriodicRun.objects.update_or_create(name=name, defaults={"last_run_at": timezone.now()})


def requeue_abandoned() -> int:
    """Put back tasks whose worker died; tasks are idempotent, so running twice does no harm."""
    alive = [
        name.removeprefix("worker:")
        for name in PeriodicRun.objects.filter(
            name__startswith="worker:", last_run_at__gt=timezone.now() - DEAD_AFTER
        ).values_list("name", flat=True)
    ]
    count = 0
    with transaction.atomic():
        for row in DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).select_for_update(
            skip_locked=True
        ):
            if not row.worker_ids or row.worker_ids[-1] not in alive:
                row.status = TaskResultStatus.READY
                row.started_at = None
                row.save(update_fields=["status", "started_at"])
                count += 1
    return count


class PortalWorker(Worker):
    """django-tasks' worker with a clock thread beside it."""

    def run(self):
        self.stopping = threading.Event()
        clock = threading.Thread(target=self.tick, daemon=True)
        clock.start()
        try:
            super().run()
        finally:
            self.stopping.set()

    def tick(self):
        while not self.stopping.is_set():
            try:
                beat(HEARTBEAT)
                beat(f"worker:{self.worker_id}")
                requeue_abandoned()
                run_due()
                PeriodicRun.objects.filter(
                    name__startswith="worker:", last_run_at__lt=timezone.now() - timedelta(days=1)
                ).delete()
            except Exception:
                logger.exception("worker_beat_failed")
                connection.close()
            self.stopping.wait(BEAT)
        connection.close()


class Command(BaseCommand):
    help = "Runs queued tasks and what is due by the clock. Start one or several."

    def add_arguments(self, parser):
        parser.add_argument("--batch", action="store_true", help="Run what is queued and end.")

    def handle(self, *, batch, **options):
        worker = PortalWorker(
            queue_names=["*"],
            interval=1,
            batch=batch,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=f"{socket.gethostname()[:40]}-{os.getpid()}",
            excluded_queue_names=[],
        )
        if batch:
            Worker.run(worker)
        else:
            worker.configure_signals()
            worker.run()
