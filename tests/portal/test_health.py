from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from portal.health import WORKER_SILENT
from publishing.models import PeriodicRun


def test_process_is_alive_without_a_database(client):
    """No database is asked: the fixture that allows one is not here."""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_the_worker_beats(client):
    PeriodicRun.objects.update_or_create(name="worker", defaults={"last_run_at": timezone.now()})
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "migrations": "ok", "worker": "ok"}
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_not_ready_without_a_worker(client):
    assert client.get("/readyz").status_code == 503
    PeriodicRun.objects.create(name="worker", last_run_at=timezone.now())
    with time_machine.travel(timezone.now() + WORKER_SILENT + timedelta(seconds=1)):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["worker"] == "silent"


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing(client):
    PeriodicRun.objects.create(name="worker", last_run_at=timezone.now())
    MigrationRecorder.Migration.objects.filter(app="practices").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["migrations"].endswith("missing")


@pytest.mark.django_db
def test_not_ready_without_a_database(client, monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("connection refused to 10.0.0.1")

    monkeypatch.setattr(connection, "cursor", fail)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"
    assert "10.0.0.1" not in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_only_reading(client, address):
    assert client.post(address).status_code == 405
    assert client.cookies == {}
