"""For whoever watches the portal: is the process alive, is everything behind it ready."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from publishing.models import PeriodicRun

#: The worker beats every five seconds.
WORKER_SILENT = timedelta(seconds=60)


@never_cache
@require_safe
def healthz(request):
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request):
    """200 when database, migrations and worker are there, else 503 and what is not."""
    state = {"database": "ok", "migrations": "unknown", "worker": "unknown"}
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        state["migrations"] = f"{len(plan)} missing" if plan else "ok"
        if not plan:
            beat = PeriodicRun.objects.filter(name="worker").first()
            is_alive = beat and beat.last_run_at > timezone.now() - WORKER_SILENT
            state["worker"] = "ok" if is_alive else "silent"
    except DatabaseError:
        state["database"] = "unreachable"
    is_ready = set(state.values()) == {"ok"}
    return JsonResponse(state, status=200 if is_ready else 503)
