"""The editors' form: languages, lock, history, moves."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from reversion.models import Version

from people.models import AccessLink
from practices.models import Practice
from publishing.languages import LanguageState
from publishing.models import AuditEvent, FormerSlug, Page
from publishing.workflow import Status
from tests import factories
from tests.admin_forms import address, posted

pytestmark = pytest.mark.django_db


def edit(client, record, **changes):
    """Open the form, change fields, save; returns the response."""
    url = address(record)
    return client.post(url, posted(client.get(url), **changes))


# ---------------------------------------------------------------- two languages


def test_saving_keeps_both_languages_and_counts_the_version(client, chief):
    page = factories.make_page()
    client.force_login(chief)
    assert edit(client, page, title_ky="Жаңы аталыш").status_code == 302
    page.refresh_from_db()
    assert (page.title_ky, page.title_ru) == ("Жаңы аталыш", f"{page.title_ru}")
    assert page.version == 2


def test_one_language_is_enough_and_none_is_not(client, chief):
    client.force_login(chief)
    url = reverse("admin:publishing_page_add")
    data = posted(client.get(url), title_ky="", title_ru="Только по-русски", original_language="ru")
    assert client.post(url, data).status_code == 302
    page = Page.objects.get(title_ru="Только по-русски")
    assert page.created_by == chief
    assert (page.state_ky, page.state_ru) == (LanguageState.ABSENT, LanguageState.DRAFT)
    response = client.post(url, data | {"title_ru": ""})
    assert response.status_code == 200
    assert "title_ky" in response.context["adminform"].form.errors


def test_a_changed_original_makes_the_translation_stale_until_it_is_confirmed(client, chief):
    practice = factories.make_practice("published")
    client.force_login(chief)
    edit(client, practice, lessons_ky="Башкача сабак.")
    practice.refresh_from_db()
    assert practice.stale_fields == ["lessons"]
    text = client.get(address(practice)).text
    marked = re.findall(r'class="field field-(\S+)[^"]*is-stale', text)
    assert marked == ["lessons_ru"]
    edit(client, practice, confirm_translation="on")
    practice.refresh_from_db()
    assert practice.stale_fields == []
    assert practice.lessons_ru == "Сначала счётчики."


def test_a_stale_row_is_marked_in_its_own_field(client, chief):
    practice = factories.make_practice("published")
    step = practice.steps.first()
    client.force_login(chief)
    edit(client, practice, **{"steps-0-title_ky": "Башка кадам"})
    practice.refresh_from_db()
    assert practice.stale_fields == [f"steps.{step.pk}.title"]
    response = client.get(address(practice))
    rows = next(f for f in response.context["inline_admin_formsets"] if f.formset.prefix == "steps")
    assert rows.formset.forms[0].fields["title_ru"].is_stale
    assert not hasattr(rows.formset.forms[1].fields["title_ru"], "is_stale")


def test_a_row_needs_its_title_in_one_language_only(client, chief):
    practice = factories.make_practice()
    client.force_login(chief)
    row = {
        "steps-TOTAL_FORMS": "1",
        "steps-0-practice": practice.pk,
        "steps-0-title_ky": "",
        "steps-0-title_ru": "",
        "steps-0-days": "4",
    }
    response = edit(client, practice, **row)
    assert response.status_code == 200
    assert not practice.steps.exists()
    assert edit(client, practice, **row | {"steps-0-title_ru": "Шаг"}).status_code == 302
    assert practice.steps.get().title_ru == "Шаг"


def test_new_rows_go_to_the_end(client, chief):
    practice = factories.make_practice("publishable")
    client.force_login(chief)
    edit(
        client,
        practice,
        **{"steps-TOTAL_FORMS": "4", "steps-3-title_ky": "Акыркы", "steps-3-practice": practice.pk},
    )
    assert [step.title_ky for step in practice.steps.all()][-1] == "Акыркы"
    assert practice.steps.last().position == 4


# ---------------------------------------------------------------- address


def test_a_changed_address_of_a_published_record_keeps_leading_there(client, chief):
    practice = factories.make_practice("published")
    former = practice.slug
    client.force_login(chief)
    edit(client, practice, slug="new-address")
    assert FormerSlug.objects.get(slug=former).object_id == practice.pk
    other = factories.make_practice()
    response = edit(client, other, slug=former)
    assert response.status_code == 200
    assert "slug" in response.context["adminform"].form.errors


# ---------------------------------------------------------------- two people at once


def test_two_people_at_once_lose_nothing(client, chief, specialist):
    practice = factories.make_practice()
    client.force_login(chief)
    edit(client, practice, promise_ky="Биринчи")
    mine = posted(
        client.get(address(practice)), promise_ky="Менин текстим", result_ru="<p>Моё.</p>"
    )
    client.force_login(specialist)
    assert (
        edit(client, practice, promise_ky="Башканын тексти", beneficiaries_ru="жители").status_code
        == 302
    )

    client.force_login(chief)
    response = client.post(address(practice), mine)
    assert response.status_code == 200
    practice.refresh_from_db()
    assert practice.promise_ky == "Башканын тексти"
    fields = response.context["adminform"].form.fields
    assert fields["promise_ky"].theirs == "Башканын тексти"
    # The other person changed this one and I did not: theirs is offered ready ticked.
    assert fields["beneficiaries_ru"].theirs == "жители"
    assert fields["beneficiaries_ru"].is_only_theirs
    assert not fields["promise_ky"].is_only_theirs
    assert str(specialist) in response.text
    assert "Менин текстим" in response.text

    # The page that came back saves mine where I say so, theirs where I take it.
    form = response.context["adminform"].form
    again = mine | {"seen": form.stored_lock, "save_anyway": "1", "take": ["beneficiaries_ru"]}
    assert client.post(address(practice), again).status_code == 302
    practice.refresh_from_db()
    assert practice.promise_ky == "Менин текстим"
    assert practice.beneficiaries_ru == "жители"
    assert practice.result_ru == "<p>Моё.</p>"


def test_a_conflict_is_not_forced_over_a_third_state(client, chief):
    practice = factories.make_practice()
    client.force_login(chief)
    mine = posted(client.get(address(practice)), promise_ky="Менин текстим")
    edit(client, practice, promise_ky="Экинчи")
    seen = client.post(address(practice), mine).context["adminform"].form.stored_lock
    edit(client, practice, promise_ky="Үчүнчү")
    response = client.post(address(practice), mine | {"seen": seen, "save_anyway": "1"})
    assert response.status_code == 200
    practice.refresh_from_db()
    assert practice.promise_ky == "Үчүнчү"


def test_a_move_meanwhile_is_a_conflict_too(client, chief):
    practice = factories.make_practice("publishable", status=Status.SUBMITTED)
    client.force_login(chief)
    mine = posted(client.get(address(practice)))
    client.post(address(practice, "move", "take"))
    assert client.post(address(practice), mine).status_code == 200


# ---------------------------------------------------------------- history


def test_history_brings_texts_and_rows_back_and_leaves_the_status(client, chief):
    practice = factories.make_practice("publishable", status=Status.READY)
    practice.steps.create(position=4, title_ky="4-кадам", title_ru="Шаг 4")
    client.force_login(chief)
    edit(client, practice, promise_ky="Биринчи абал")
    old = Version.objects.get_for_object(practice).first()
    edit(client, practice, promise_ky="Экинчи абал", **{"steps-0-DELETE": "on"})
    client.post(address(practice, "move", "publish"))
    practice.refresh_from_db()
    assert (practice.status, practice.steps.count()) == (Status.PUBLISHED, 3)

    url = address(practice, "revision", old.pk)
    response = client.get(url)
    assert "Биринчи абал" in response.text
    practice.refresh_from_db()
    assert practice.promise_ky == "Экинчи абал", "looking changes nothing"
    number = practice.number
    assert client.post(url, posted(response)).status_code == 302
    practice.refresh_from_db()
    assert practice.promise_ky == "Биринчи абал"
    assert practice.steps.count() == 4
    assert practice.status == Status.PUBLISHED
    assert practice.number == number
    assert practice.published_at is not None


def test_the_first_change_keeps_what_was_there_before(client, chief):
    practice = factories.make_practice(promise_ky="Башында")
    client.force_login(chief)
    edit(client, practice, promise_ky="Кийин")
    states = [
        version.field_dict["promise_ky"] for version in Version.objects.get_for_object(practice)
    ]
    assert states == ["Кийин", "Башында"]


def test_trail_shows_moves_and_changes_word_by_word(client, chief):
    practice = factories.make_practice(
        "publishable", status=Status.IN_REVIEW, promise_ky="Үйлөр үчүн суу"
    )
    client.force_login(chief)
    edit(client, practice, promise_ky="Үйлөр үчүн таза суу")
    client.post(
        address(practice, "move", "send_back"),
        {
            "confirmed": "1",
            "checklist": ["cost"],
            "fields_marked": ["steps"],
            "reason": "<b>Эсеп</b>",
        },
    )
    text = client.get(address(practice, "history")).text
    assert "&lt;b&gt;Эсеп&lt;/b&gt;" in text
    latest = Version.objects.get_for_object(practice).first()
    text = client.get(address(practice, "changes", latest.pk)).text
    assert "<ins>таза </ins>" in text


# ---------------------------------------------------------------- moves


def test_only_open_moves_are_drawn(client, chief, editor):
    practice = factories.make_practice("publishable", status=Status.READY)
    drawn = {}
    for person in (chief, editor):
        client.force_login(person)
        drawn[person] = set(
            re.findall(
                rf'action="{address(practice)[:-7]}move/(\w+)/"', client.get(address(practice)).text
            )
        )
    assert drawn[chief] == {"send_back", "schedule", "publish"}
    assert drawn[editor] == {"send_back"}


def test_what_is_missing_is_listed_with_links_to_the_fields(client, chief):
    practice = factories.make_practice(status=Status.IN_REVIEW)
    client.force_login(chief)
    text = client.get(address(practice)).text
    for anchor in (
        "#id_promise_ky",
        "#steps-group",
        "#id_cost_once",
        "#id_licence",
        "#documents-group",
    ):
        assert f'href="{anchor}"' in text
    assert re.search(r'move/accept/">.*?<button[^>]* disabled', text, re.DOTALL)


def test_a_get_moves_nothing_and_csrf_is_asked(chief):
    from django.test import Client

    practice = factories.make_practice("publishable", status=Status.READY)
    client = Client(enforce_csrf_checks=True)
    client.force_login(chief)
    assert client.get(address(practice, "move", "publish")).status_code == 200
    assert client.post(address(practice, "move", "publish")).status_code == 403
    practice.refresh_from_db()
    assert practice.status == Status.READY


def test_publishing_from_the_form(client, chief):
    practice = factories.make_practice("publishable", status=Status.READY)
    client.force_login(chief)
    assert client.post(address(practice, "move", "publish")).status_code == 302
    practice.refresh_from_db()
    assert practice.is_published
    event = AuditEvent.about(practice).first()
    assert (event.action, event.actor_id, event.via) == ("publish", chief.pk, "admin")
    # Once more is harmless, and says so.
    response = client.post(address(practice, "move", "publish"), follow=True)
    assert AuditEvent.about(practice).filter(action="publish").count() == 1
    assert response.status_code == 200


def test_sending_back_wants_a_point_or_a_word(client, editor):
    practice = factories.make_practice("publishable", status=Status.IN_REVIEW)
    client.force_login(editor)
    url = address(practice, "move", "send_back")
    assert client.post(url).status_code == 200
    assert client.post(url, {"confirmed": "1"}).status_code == 200
    practice.refresh_from_db()
    assert practice.status == Status.IN_REVIEW
    response = client.post(
        url, {"confirmed": "1", "checklist": ["numbers", "steps"], "fields_marked": ["problem"]}
    )
    assert response.status_code == 302
    practice.refresh_from_db()
    assert practice.status == Status.NEEDS_CHANGES
    assert AuditEvent.about(practice).first().details["checklist"] == [
        "numbers",
        "steps",
        "field:problem",
    ]


def test_approving_ones_own_text_wants_a_reason(client, chief):
    practice = factories.make_practice("publishable", status=Status.READY, submitted_by=chief)
    client.force_login(chief)
    url = address(practice, "move", "publish")
    assert client.post(url).status_code == 200
    practice.refresh_from_db()
    assert practice.status == Status.READY
    assert (
        client.post(url, {"confirmed": "1", "reason": "Срочно, второй редактор болен"}).status_code
        == 302
    )
    assert AuditEvent.about(practice).first().details["override"] is True
    assert "badge" in client.get(address(practice, "history")).text


def test_scheduling_and_withdrawing_ask_what_they_need(client, chief):
    practice = factories.make_practice("publishable", status=Status.READY)
    client.force_login(chief)
    url = address(practice, "move", "schedule")
    past = {"confirmed": "1", "scheduled_for": "2020-01-01T10:00"}
    assert client.post(url, past).status_code == 200
    soon = timezone.localtime() + timezone.timedelta(days=2)
    response = client.post(
        url, {"confirmed": "1", "scheduled_for": soon.strftime("%Y-%m-%dT%H:%M")}
    )
    assert response.status_code == 302
    practice.refresh_from_db()
    assert practice.status == Status.SCHEDULED
    assert abs(practice.scheduled_for - soon) < timezone.timedelta(minutes=1)
    url = address(practice, "move", "withdraw")
    assert client.post(url, {"confirmed": "1", "reason": "ката"}).status_code == 200
    response = client.post(url, {"confirmed": "1", "reason": "ката", "withdrawal_kind": "mistake"})
    assert response.status_code == 302
    practice.refresh_from_db()
    assert (practice.status, practice.withdrawal_kind) == (Status.WITHDRAWN, "mistake")


def test_who_may_not_move_is_refused(client, translator):
    practice = factories.make_practice("publishable", status=Status.READY)
    client.force_login(translator)
    assert client.post(address(practice, "move", "publish")).status_code == 403
    assert client.post(address(practice, "move", "no-such")).status_code == 404
    practice.refresh_from_db()
    assert practice.status == Status.READY


def test_bulk_moves_go_through_the_same_door(client, chief):
    ready = factories.make_practice("publishable", status=Status.READY)
    bare = factories.make_practice(status=Status.READY)
    draft = factories.make_practice()
    client.force_login(chief)
    url = reverse("admin:practices_practice_changelist")
    rows = [ready.pk, bare.pk, draft.pk]
    response = client.post(url, {"action": "move_publish", "_selected_action": rows}, follow=True)
    said = [str(message) for message in response.context["messages"]]
    assert len(said) == 3
    assert str(bare) in said[0] + said[1]
    assert str(draft) in said[0] + said[1]
    assert set(Practice.objects.published()) == {ready}


def test_bulk_sending_back_asks_for_the_reason_once(client, editor):
    records = [factories.make_practice("publishable", status=Status.IN_REVIEW) for _n in range(2)]
    client.force_login(editor)
    url = reverse("admin:practices_practice_changelist")
    data = {"action": "move_send_back", "_selected_action": [record.pk for record in records]}
    assert client.post(url, data).status_code == 200
    assert Practice.objects.filter(status=Status.NEEDS_CHANGES).count() == 0
    client.post(url, data | {"confirmed": "1", "reason": "Толуктаңыз"})
    assert Practice.objects.filter(status=Status.NEEDS_CHANGES).count() == 2


def test_bulk_moves_of_others_are_not_offered(client, translator):
    factories.make_practice()
    client.force_login(translator)
    text = client.get(reverse("admin:practices_practice_changelist")).text
    assert 'value="move_translated"' in text
    assert 'value="move_publish"' not in text
    assert 'value="delete_selected"' not in text


# ---------------------------------------------------------------- the rest


def test_preview_link_is_shown_once_and_opens_the_draft(client, chief):
    practice = factories.make_practice()
    client.force_login(chief)
    assert client.get(address(practice, "preview_link")).status_code == 405
    response = client.post(address(practice, "preview_link"))
    assert response.status_code == 200
    url = response.context["url"]
    assert url in response.text
    assert "https://wa.me/?text=" in response.text
    assert AccessLink.objects.for_token(url.rstrip("/").rsplit("/", 1)[1]).get().target == practice


def test_only_drafts_are_deleted(client):
    client.force_login(factories.make_user(is_superuser=True))
    draft = factories.make_page()
    public = factories.make_page(status=Status.PUBLISHED, published_at=timezone.now())
    assert client.post(address(draft, "delete"), {"post": "yes"}).status_code == 302
    assert client.post(address(public, "delete"), {"post": "yes"}).status_code == 403
    assert list(Page.objects.filter(pk__in=[draft.pk, public.pk])) == [public]


def test_a_translator_edits_the_rows_of_a_record_but_adds_none(client, translator):
    practice = factories.make_practice("publishable")
    client.force_login(translator)
    edit(client, practice, **{"steps-0-title_ru": "Новый перевод"})
    assert practice.steps.first().title_ru == "Новый перевод"
    edit(
        client,
        practice,
        **{"steps-TOTAL_FORMS": "4", "steps-3-title_ky": "Жаңы", "steps-3-practice": practice.pk},
    )
    assert practice.steps.count() == 3


def test_a_partner_edits_a_draft_of_their_own_only(client):
    partner = factories.make_user("Partner editor")
    own, foreign = factories.make_practice(created_by=partner), factories.make_practice()
    client.force_login(partner)
    assert edit(client, own, promise_ky="Биздики").status_code == 302
    assert client.post(address(foreign), {"promise_ky": "x"}).status_code == 403
    own.status = Status.SUBMITTED
    own.save()
    assert client.post(address(own), {"promise_ky": "x"}).status_code == 403


def test_rich_text_is_cleaned_on_its_way_in(client, chief):
    page = factories.make_page()
    client.force_login(chief)
    edit(client, page, body_ky='<p onclick="x()">Текст<script>alert(1)</script></p>')
    page.refresh_from_db()
    assert page.body_ky == "<p>Текст</p>"
