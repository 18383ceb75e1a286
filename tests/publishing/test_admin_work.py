"""«My work» and the parity meter: every count is the number of rows behind its link."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from publishing.models import AuditEvent
from publishing.workflow import Status, move
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(chief, editor):
    """Something in every queue."""
    long_ago = timezone.now() - timedelta(days=40)
    make = factories.make_practice
    return {
        "submitted": make(status=Status.SUBMITTED),
        "overdue": make(status=Status.SUBMITTED, status_changed_at=long_ago),
        "foreign": make(status=Status.IN_REVIEW, assignee=editor),
        "mine": make(status=Status.IN_REVIEW, assignee=chief),
        "sent_back": make(status=Status.NEEDS_CHANGES, created_by=chief),
        "ready": make("publishable", status=Status.READY),
        "own_ready": make("publishable", status=Status.READY, submitted_by=chief),
        "scheduled": make(
            "publishable", status=Status.SCHEDULED, scheduled_for=timezone.now() + timedelta(days=1)
        ),
        "stale": make("published", "stale"),
        "russian": make("published", "ru_only"),
        "kyrgyz": make("published", "ky_only"),
        "rejected": make("ru_only", status=Status.REJECTED),
        "page": factories.make_page(status=Status.READY),
        "adoption": factories.make_adoption(make("published"), "counted", confirmed_on=None),
    }


def rows_behind(client, url) -> int:
    return client.get(url).context["cl"].result_count


@pytest.mark.parametrize("who", ["chief", "editor", "translator", "specialist"])
def test_counts_are_the_rows_behind_their_links(client, request, work, who):
    client.force_login(request.getfixturevalue(who))
    queues = client.get(reverse("admin:index")).context["queues"]
    assert {queue["key"] for queue in queues} >= {
        "for_me",
        "overdue",
        "stale",
        "without_ky",
        "without_ru",
        "sent_back",
        "scheduled",
        "without_cost",
        "unconfirmed",
    }
    for queue in queues:
        for cell in queue["cells"]:
            assert rows_behind(client, cell["url"]) == cell["count"], (queue["key"], cell["name"])
        assert queue["total"] == sum(cell["count"] for cell in queue["cells"])


def test_what_waits_for_me_is_what_i_can_move_on(client, chief, work):
    client.force_login(chief)
    page = client.get(reverse("admin:index"))
    shown = {row["record"] for row in page.context["waiting"]}
    names = {name for name, record in work.items() if record in shown}
    # What somebody else reviews and what I submitted myself wait for others.
    assert names == {"submitted", "overdue", "mine", "sent_back", "ready", "page"}
    assert page.context["waiting"][0]["record"] == work["overdue"]


def test_queues_by_name(client, chief, work):
    client.force_login(chief)
    found = {}
    for key in ("overdue", "stale", "without_ky", "without_ru", "scheduled", "long"):
        cl = client.get(reverse("admin:practices_practice_changelist"), {"work": key}).context["cl"]
        found[key] = {name for name, record in work.items() if record in set(cl.result_list)}
    assert found["overdue"] == {"overdue"}
    assert found["long"] == {"overdue"}
    assert found["stale"] == {"stale"}
    assert found["scheduled"] == {"scheduled"}
    assert "russian" in found["without_ky"]
    assert "kyrgyz" in found["without_ru"]
    assert "rejected" not in found["without_ky"]


def test_index_costs_the_same_for_many_records(client, chief, django_assert_num_queries, work):
    client.force_login(chief)
    client.get(reverse("admin:index"))
    with django_assert_num_queries(30):
        client.get(reverse("admin:index"))
    for _n in range(3):
        factories.make_practice(status=Status.SUBMITTED)
        move(factories.make_practice(status=Status.SUBMITTED), "take", actor=chief)
    with django_assert_num_queries(30):
        client.get(reverse("admin:index"))


def test_index_shows_my_last_moves_with_links(client, chief, editor):
    mine, foreign = (
        factories.make_practice(status=Status.SUBMITTED),
        factories.make_practice(status=Status.SUBMITTED),
    )
    move(mine, "take", actor=chief)
    move(foreign, "take", actor=editor)
    client.force_login(chief)
    page = client.get(reverse("admin:index"))
    assert [event.object_id for event in page.context["events"]] == [mine.pk]
    assert page.context["events"][0].url in page.text
    assert AuditEvent.objects.filter(action="take").count() == 2


def test_observer_sees_counts_and_a_moderator_no_pages(client, work):
    client.force_login(factories.make_user("Moderator"))
    names = {
        cell["url"].split("?")[0]
        for queue in client.get(reverse("admin:index")).context["queues"]
        for cell in queue["cells"]
    }
    assert reverse("admin:practices_practice_changelist") in names
    assert reverse("admin:publishing_page_changelist") not in names


def test_every_published_model_has_queues():
    """A model of the workflow that registers without them would vanish from «My work»."""
    from publishing.models import Publishable

    for model, model_admin in admin.site._registry.items():
        if issubclass(model, Publishable):
            assert model_admin.work_queues()
            assert "work" in {
                getattr(each, "parameter_name", "") for each in model_admin.list_filter
            }


# ---------------------------------------------------------------- parity


def test_parity_counts_are_the_rows_behind_their_links(client, chief, work):
    factories.make_practice(
        "published",
        theme=factories.theme("waste"),
        published_at=timezone.now() - timedelta(days=70),
    )
    client.force_login(chief)
    page = client.get(reverse("admin:parity"))
    lines = [
        line
        for section in page.context["sections"]
        for line in (*section["total"], *section["by_theme"], *section["by_month"])
    ]
    assert len(lines) >= 5
    for line in lines:
        assert rows_behind(client, line.urls["all"]) == line.total, line.label
        for cell in line.cells:
            assert rows_behind(client, cell["url"]) == cell["count"], line.label


def test_parity_tells_shares_and_characters(client, chief):
    waste = factories.theme("waste")
    factories.make_practice(
        "published", theme=waste, problem_ky="<p>бешөө</p>", problem_ru="<p>пять!</p>"
    )
    factories.make_practice("published", "ky_only", theme=waste)
    factories.make_practice(theme=waste)
    client.force_login(chief)
    lines = [
        line
        for section in client.get(reverse("admin:parity")).context["sections"]
        for line in section["by_theme"]
    ]
    line = next(line for line in lines if line.label == waste.name_ru and line.total)
    assert line.total == 2
    assert [cell["share"] for cell in line.cells] == [100, 50]
    assert 0 < line.characters["ru"] < line.characters["ky"]


def test_parity_draws_meters_without_style(client, chief):
    factories.make_practice("published")
    client.force_login(chief)
    text = client.get(reverse("admin:parity")).text
    assert re.search(r'<meter [^>]*value="100"', text)
    assert "style=" not in text
