"""The index follows changes in the background."""

from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from search.index import drain


@task()
def index_pending() -> None:
    """Write the entries of all that waits. Run twice, it does no more."""
    drain()


def index_soon() -> None:
    """Let the worker index what waits, unless it is about to anyway."""
    waiting = DBTaskResult.objects.filter(
        task_path=index_pending.module_path, status=TaskResultStatus.READY
    )
    if not waiting.exists():
        index_pending.enqueue()
