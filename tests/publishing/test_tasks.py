"""What is retried, and what runs by the clock."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_tasks import default_task_backend, task_backends  # noqa: F401

from publishing import tasks
from publishing.models import PeriodicRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """An empty clock: nothing of the portal runs by it."""
    monkeypatch.setattr(tasks, "PERIODIC", {})
    return tasks.PERIODIC


def test_portal_publishes_by_the_clock():
    interval, function = tasks.PERIODIC["publishing.tasks.publish_scheduled"]
    assert function is tasks.publish_scheduled
    assert interval <= timedelta(minutes=1)


def test_due_runs_once_an_interval(clock):
    ran = []

    @tasks.every(timedelta(minutes=10))
    def tick():
        ran.append(timezone.now())

    begun = timezone.now()
    with time_machine.travel(begun, tick=False) as travel:
        assert len(tasks.run_due()) == 1
        assert tasks.run_due() == []
        travel.shift(timedelta(minutes=9, seconds=59))
        assert tasks.run_due() == []
        travel.shift(timedelta(seconds=1))
        assert len(tasks.run_due()) == 1
    assert len(ran) == 2


def test_one_in_trouble_does_not_stop_the_others(clock):
    ran = []

    @tasks.every(timedelta(minutes=10))
    def broken():
        raise RuntimeError("trouble")

    @tasks.every(timedelta(minutes=10))
    def sound():
        ran.append(1)

    assert len(tasks.run_due()) == 2
    assert ran == [1]
    # It is tried again when its time comes, not at once and for ever.
    assert tasks.run_due() == []
    assert PeriodicRun.objects.count() == 2


class Queue:
    """Stands where the backend would: keeps what is enqueued and when it shall run."""

    def __init__(self, monkeypatch):
        self.rows = []
        from django_tasks.backends.immediate import ImmediateBackend

        def enqueue(backend, task, args, kwargs):
            self.rows.append((task, list(args), dict(kwargs)))

        monkeypatch.setattr(ImmediateBackend, "enqueue", enqueue)
        monkeypatch.setattr(ImmediateBackend, "supports_defer", True)


def test_failed_task_is_tried_again_later_and_later_and_then_fails(monkeypatch):
    queue = Queue(monkeypatch)
    tried = []

    with time_machine.travel(timezone.now(), tick=False):
        waits = []
        fail_always.enqueue(tried, 7)
        while queue.rows:
            task, args, kwargs = queue.rows.pop()
            if task.run_after:
                waits.append(task.run_after - timezone.now())
            try:
                task.func(*args, **kwargs)
            except RuntimeError:
                break
    assert tried == [7, 7, 7]
    assert waits == [timedelta(seconds=30), timedelta(seconds=60)]


@tasks.retried(attempts=3)
def fail_always(tried, value):
    tried.append(value)
    raise RuntimeError("trouble")


def test_task_that_succeeds_is_not_repeated(monkeypatch):
    queue = Queue(monkeypatch)
    done = []
    succeed.enqueue(done)
    task, args, kwargs = queue.rows.pop()
    task.func(*args, **kwargs)
    assert (done, queue.rows) == ([1], [])


@tasks.retried()
def succeed(done):
    done.append(1)


# ---------------------------------------------------------------- the worker


def test_heartbeat_makes_the_portal_ready(client):
    from publishing.management.commands.worker import HEARTBEAT, beat

    beat(HEARTBEAT)
    beat(HEARTBEAT)
    assert PeriodicRun.objects.filter(name=HEARTBEAT).count() == 1
    assert client.get("/readyz").status_code == 200


def test_task_of_a_dead_worker_goes_back_into_the_queue():
    from django_tasks.base import TaskResultStatus
    from django_tasks_db.models import DBTaskResult

    from publishing.management.commands.worker import beat, requeue_abandoned

    def running(worker):
        return DBTaskResult.objects.create(
            status=TaskResultStatus.RUNNING,
            task_path="publishing.tasks.make_renditions",
            worker_ids=[worker],
            args_kwargs={"args": [], "kwargs": {}},
            priority=0,
            queue_name="default",
            backend_name="default",
            run_after=timezone.now(),
            exception_class_path="",
            traceback="",
            started_at=timezone.now(),
        )

    beat("worker:alive-1")
    of_dead, of_alive = running("dead-1"), running("alive-1")
    assert requeue_abandoned() == 1
    of_dead.refresh_from_db()
    of_alive.refresh_from_db()
    assert of_dead.status == TaskResultStatus.READY
    assert of_alive.status == TaskResultStatus.RUNNING
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert requeue_abandoned() == 1
