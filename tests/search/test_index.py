"""The index holds what is published, as it is, even when a process is killed."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from people import roles
from practices.models import Adoption, Practice, Step
from publishing.models import Page
from publishing.workflow import move
from search.index import drain, note_differences
from search.models import Label, Pending, Thing, Word
from search.query import search
from search.registry import KINDS
from tests import factories

pytestmark = pytest.mark.django_db


def titles(text, language="ky", **chosen):
    found = search(text, language=language, chosen=chosen)
    if found.searched != text or found.is_partial:  # something else was offered instead
        return []
    return ["".join(part.text for part in hit.title) for hit in found.hits]


def publish(**fields):
    practice = factories.make_practice("published", **fields)
    drain()
    return practice


def test_published_practice_is_found_in_both_languages():
    practice = publish(title_ky="Кийиз үй музейи", title_ru="Музей юрты")
    thing = Thing.objects.get(kind="practice", object_id=practice.pk)
    assert sorted(entry.language for entry in thing.entries.all()) == ["ky", "ru"]
    assert titles("кийизден") == ["Кийиз үй музейи"]
    assert titles("юртой", "ru") == ["Музей юрты"]


@pytest.mark.parametrize("trait", ["publishable", "withdrawn", "archived"])
def test_what_is_not_on_lists_is_not_found(trait):
    if trait == "publishable":
        factories.make_practice("publishable", title_ky="Кийиз үй музейи")
    else:
        practice = publish(title_ky="Кийиз үй музейи")
        Practice.objects.filter(pk=practice.pk).update(status=trait)
        practice.refresh_from_db()
        practice.save()
    drain()
    assert titles("кийиз") == []


def test_withdrawn_thing_is_gone_before_any_task_runs():
    practice = publish(title_ky="Кийиз үй музейи")
    move(
        practice,
        "withdraw",
        actor=factories.make_user(roles.CHIEF_EDITOR),
        reason="Жеке маалымат",
        withdrawal_kind="personal_data",
    )
    assert titles("кийиз") == []
    assert not Word.objects.filter(word="кийиз").exists()


def test_deleted_thing_is_gone():
    page = factories.make_page(
        title_ky="Кийиз үй жөнүндө", status="published", published_at=timezone.now()
    )
    drain()
    assert titles("кийиз") == ["Кийиз үй жөнүндө"]
    page.delete()
    assert titles("кийиз") == []


def test_draft_language_is_not_found():
    practice = publish(title_ky="Кийиз үй", title_ru="Музей юрты", state_ru="draft")
    assert titles("юрта", "ru") == []
    assert Thing.objects.get(object_id=practice.pk, kind="practice").shelf.text.endswith("|ky")


def test_staff_only_texts_are_not_found():
    publish(editor_note="кийиз", contact_name="Кийизбек", mobile_phone="+996700112233")
    assert titles("кийиз") == titles("кийизбек") == titles("996700112233") == []


@pytest.mark.parametrize("change", ["row", "tag", "theme", "place", "adoption", "update"])
def test_entry_follows_what_the_page_shows(change):
    practice = publish()
    if change == "row":
        Step.objects.create(practice=practice, position=9, title_ky="Кийиз басуу")
    elif change == "tag":
        practice.tags.add(factories.make_tag("кийиз"))
    elif change == "theme":
        practice.theme.name_ky = "Кийиз"
        practice.theme.save()
    elif change == "place":
        practice.municipality.spellings = ["Кийиз"]
        practice.municipality.save()
    elif change == "adoption":
        factories.make_adoption(practice, adaptation_ky="Кийиз менен", is_vouched=True)
    else:
        practice.problem_ky = "<p>Кийиз жок.</p>"
        practice.save()
    assert Pending.objects.filter(kind="practice", object_id=practice.pk).exists()
    drain()
    assert practice.title_ky in titles("кийиз", kind="practice")


def test_old_words_go_with_the_old_text():
    practice = publish(title_ky="Кийиз үй музейи")
    practice.title_ky = "Килем музейи"
    practice.save()
    drain()
    assert titles("кийиз") == []
    assert titles("килем") == ["Килем музейи"]
    assert not Word.objects.filter(word="кийиз").exists()
    assert Word.objects.get(word="музейи").entries == 1


def test_words_are_counted_by_entries():
    publish(title_ky="Кийиз үй", promise_ky="Кийиз, кийиз")
    publish(title_ky="Ак кийиз")
    assert Word.objects.get(language="ky", word="кийиз").entries == 2


def test_rolled_back_change_leaves_nothing():
    practice = publish(title_ky="Кийиз үй музейи")
    with transaction.atomic():
        practice.title_ky = "Килем"
        practice.save()
        transaction.set_rollback(True)
    assert not Pending.objects.exists()
    drain()
    assert titles("кийиз") == ["Кийиз үй музейи"]


def test_one_thing_in_trouble_does_not_stop_the_others(monkeypatch):
    bad, good = factories.make_practice("published"), factories.make_practice("published")
    kind = KINDS["practice"]
    document = kind.document
    monkeypatch.setattr(
        kind,
        "document",
        lambda practice, language: 1 / 0 if practice.pk == bad.pk else document(practice, language),
    )
    drain()
    assert Thing.objects.filter(object_id=good.pk, kind="practice").exists()
    assert [(row.kind, row.object_id) for row in Pending.objects.all()] == [("practice", bad.pk)]
    monkeypatch.undo()
    drain()
    assert Thing.objects.filter(object_id=bad.pk, kind="practice").exists()


def test_differences_are_found():
    kept, lost = publish(title_ky="Кийиз"), publish(title_ky="Килем")
    Practice.objects.filter(pk=lost.pk).update(status="draft")  # past the signals
    missing = publish(title_ky="Шырдак")
    Thing.objects.filter(object_id=missing.pk, kind="practice").delete()
    Thing.objects.filter(object_id=kept.pk, kind="practice").update(analysis=0)
    assert note_differences() == 3
    drain()
    assert titles("килем") == []
    assert titles("шырдак") == ["Шырдак"]
    assert note_differences() == 0


def test_rebuild_writes_all_and_removes_what_is_not_there(capsys):
    publish(title_ky="Кийиз үй музейи")
    Thing.objects.all().delete()
    Word.objects.all().delete()
    stray = Thing.objects.create(
        kind="practice", object_id=10**9, published_at="2020-01-01T00:00Z", analysis=0,
        shelf=Label.objects.first(), themes=Label.objects.first(),
        head="", full="",
    )  # fmt: skip
    call_command("rebuild_search")
    assert titles("кийиз") == ["Кийиз үй музейи"]
    assert not Thing.objects.filter(pk=stray.pk).exists()
    assert Word.objects.get(word="музейи").entries == 1
    assert "practice: 1 of 1" in capsys.readouterr().out
    things = Thing.objects.count()
    call_command("rebuild_search")
    assert Thing.objects.count() == things
    assert Word.objects.get(word="музейи").entries == 1


def test_editors_page_and_theme_and_municipality_are_found():
    Page.objects.all().delete()
    factories.make_page(
        title_ky="Кийиз жөнүндө",
        title_ru="О войлоке",
        status="published",
        published_at=timezone.now(),
        state_ky="ready",
        state_ru="ready",
    )
    drain()
    call_command("rebuild_search", "theme", "municipality", verbosity=0)
    assert titles("войлок", "ru") == ["О войлоке"]
    for kind, name in (("municipality", "Нарын шаары"), ("theme", factories.theme().name_ky)):
        [first, *_others] = search(name, language="ky", chosen={"kind": kind}).hits
        assert "".join(part.text for part in first.title) == name


@pytest.mark.django_db(transaction=True)
def test_worker_waits_for_a_change_in_hand():
    """A row waits, a second change is under way: the worker must not take the row before it ends."""
    practice = factories.make_practice("published", title_ky="Кийиз")
    Pending.objects.get_or_create(kind="practice", object_id=practice.pk)
    under_way, go_on = threading.Event(), threading.Event()

    def change():
        try:
            with transaction.atomic():
                row = Practice.objects.get(pk=practice.pk)
                row.title_ky = "Килем"
                row.save()
                under_way.set()
                go_on.wait(5)
        finally:
            connection.close()

    thread = threading.Thread(target=change)
    thread.start()
    assert under_way.wait(5)
    drain()
    go_on.set()
    thread.join()
    drain()
    assert titles("килем") == ["Килем"]
    assert titles("кийиз") == []
    assert not Adoption.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_rebuild_works_on_several_connections(monkeypatch):
    made = [factories.make_practice("published", title_ky=f"Кийиз {n}") for n in range(7)]
    Thing.objects.all().delete()
    Word.objects.all().delete()
    monkeypatch.setattr(KINDS["practice"], "batch", 2)
    call_command("rebuild_search", "practice")
    assert set(Thing.objects.values_list("object_id", flat=True)) == {row.pk for row in made}
    assert Word.objects.get(language="ky", word="кийиз").entries == 7
