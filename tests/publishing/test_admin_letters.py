"""The editors' side of a contribution: who wrote it, what was asked, the text for WhatsApp, drafts."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import reversion
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from people import consents
from people.models import AccessLink, Membership
from people.roles import CHIEF_EDITOR, CONTRIBUTOR, OBSERVER, SPECIALIST, THEME_EDITOR
from publishing.editing import MoveForm
from publishing.models import AuditEvent, Draft
from publishing.workflow import Status, move, transition
from tests import factories
from tests.admin_forms import address
from tests.pages import document, of_class, words

pytestmark = pytest.mark.django_db
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture
def author(db):
    user = factories.make_user(
        CONTRIBUTOR, email="katchy@example.org", is_staff=False, language="ky", name="Айгүл"
    )
    user.phone = "+996555123456"
    user.save()
    return user


@pytest.fixture
def sent_back(author, editor):
    """A practice its author has sent and the editor has sent back."""
    practice = factories.make_practice(
        status=Status.SUBMITTED, created_by=author, collected_via="form"
    )
    factories.make_draft(author, record=practice)
    move(practice, "send_back", actor=editor, checklist=["numbers", "field:problem", "field:steps"])
    return practice


def panel(client, record):
    return of_class(document(client.get(address(record))), "panel")[0]


def shown_text(response) -> str:
    return document(response).get_element_by_id("letter-text").text


# ---------------------------------------------------------------- the text


def test_button_makes_the_text_in_the_authors_language_with_a_link_to_the_draft(
    client, editor, sent_back, author
):
    client.force_login(editor)
    form = panel(client, sent_back).xpath(".//form[contains(@action, '/letter/')]")[0]
    response = client.post(form.get("action"))
    text = shown_text(response)
    assert text.startswith(f"*Оңдоо керек: {sent_back.title_ky}*\n\nСаламатсызбы!")
    assert "– Жыйынтыкта сандар жок" in text
    link = AccessLink.objects.get()
    assert (link.purpose, link.created_by, link.note) == ("revise", editor, "WhatsApp: Айгүл")
    assert link.target == Draft.objects.get(object_id=sent_back.pk)
    assert "no-store" in response["Cache-Control"]
    # The link in the text is the one that was made, and it opens.
    path = re.search(r"http://testserver(/ky/go/\S+)", text)[1]
    assert Client().post(path).status_code == 302


def test_button_leads_to_the_authors_chat_with_the_same_text(client, editor, sent_back):
    client.force_login(editor)
    response = client.post(address(sent_back, "letter", "sent_back"))
    (button,) = [
        a.get("href") for a in document(response).iter("a") if "wa.me" in (a.get("href") or "")
    ]
    url = urlsplit(button)
    assert (url.scheme, url.netloc, url.path) == ("https", "wa.me", "/996555123456")
    assert parse_qs(url.query) == {"text": [shown_text(response)]}


def test_without_a_number_whatsapp_asks_to_whom(client, editor, sent_back, author):
    author.phone = None
    author.save()
    client.force_login(editor)
    response = client.post(address(sent_back, "letter", "sent_back"))
    assert 'href="https://wa.me/?text=' in response.text
    assert response.context["reader"].phone == ""


def test_who_took_back_the_consent_gets_no_number_and_the_editor_is_told(
    client, editor, sent_back, author
):
    consents.withdraw(consents.give(author, consents.Purpose.WHATSAPP, language="ky"))
    client.force_login(editor)
    response = client.post(address(sent_back, "letter", "sent_back"))
    assert 'href="https://wa.me/?text=' in response.text
    assert response.context["reader"].refuses_whatsapp
    assert of_class(document(response).get_element_by_id("content"), "overdue")


def test_trail_says_who_made_which_text(client, editor, sent_back):
    client.force_login(editor)
    client.post(address(sent_back, "letter", "sent_back"))
    event = AuditEvent.about(sent_back).first()
    assert (event.action, event.actor_id, event.via) == ("whatsapp_text", editor.pk, "admin")
    assert event.details == {"letter": "sent_back"}
    sent_back.refresh_from_db()
    assert sent_back.status == Status.NEEDS_CHANGES
    trail = client.get(address(sent_back, "history")).text
    assert "whatsapp_text" not in trail


def test_looking_changes_nothing(client, editor, sent_back):
    client.force_login(editor)
    events = AuditEvent.objects.count()
    for method in (client.get, client.head, client.put):
        assert method(address(sent_back, "letter", "sent_back")).status_code == 405
    client.get(address(sent_back))
    assert AuditEvent.objects.count() == events
    assert not AccessLink.objects.exists()


def test_post_without_a_csrf_token_is_refused(editor, sent_back):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    assert client.post(address(sent_back, "letter", "sent_back")).status_code == 403
    assert not AccessLink.objects.exists()


def test_letter_without_a_point_is_not_written(client, editor, sent_back):
    client.force_login(editor)
    for name in ("published", "submitted", "rejected"):
        response = client.post(address(sent_back, "letter", name))
        assert response.url == address(sent_back)
    assert client.post(address(sent_back, "letter", "nothing")).status_code == 404
    move(sent_back, "reject", actor=editor, reason="x")
    assert client.post(address(sent_back, "letter", "sent_back")).status_code == 302
    assert not AccessLink.objects.exists()
    assert not AuditEvent.objects.filter(action="whatsapp_text").exists()


@pytest.mark.parametrize("group", [OBSERVER, "Partner editor", "Moderator"])
def test_who_may_not_change_the_record_makes_no_text(client, sent_back, group):
    client.force_login(factories.make_user(group))
    assert client.post(address(sent_back, "letter", "sent_back")).status_code == 403
    assert not panel(client, sent_back).xpath(".//form[contains(@action, '/letter/')]")
    assert not AccessLink.objects.exists()


def test_outsiders_are_asked_to_sign_in(sent_back, author):
    client = Client()
    assert client.post(address(sent_back, "letter", "sent_back")).status_code == 302
    client.force_login(author)
    assert client.post(address(sent_back, "letter", "sent_back")).status_code == 302
    assert not AccessLink.objects.exists()


def test_panel_says_which_way_the_words_go(client, editor, sent_back, author):
    client.force_login(editor)
    assert author.email in words(of_class(panel(client, sent_back), "letters")[0])
    author.email = None
    author.save()
    assert "@" not in words(of_class(panel(client, sent_back), "letters")[0])


# ---------------------------------------------------------------- who wrote it


def role(user, municipality, **fields) -> Membership:
    values = {"role": "secretary", "phone": "+996555123456"}
    return Membership.objects.create(user=user, municipality=municipality, **(values | fields))


def test_panel_shows_who_wrote_it_and_whether_the_role_is_confirmed(
    client, editor, sent_back, author
):
    now = timezone.now()
    role(author, sent_back.municipality, verified_at=now, expires_at=now + timedelta(days=30))
    other = factories.make_municipality()
    assert sent_back.municipality != other
    role(author, other, role="deputy", verified_at=now, expires_at=now - timedelta(days=1))
    gone = factories.make_municipality()
    role(author, gone, revoked_at=now)
    client.force_login(editor)
    block = of_class(panel(client, sent_back), "author")[0]
    text = words(block)
    assert "Айгүл" in text
    assert author.email in text
    assert author.phone in text
    assert "форма на портале" in text.lower()
    until = timezone.localtime(now + timedelta(days=30))
    lines = [words(line) for line in block.iter("p")]
    (confirmed,) = [line for line in lines if line.startswith("Ответственный секретарь")]
    assert f"{until:%d.%m.%Y}" in confirmed
    (expired,) = [line for line in lines if str(other) in line]
    assert f"{until:%Y}" not in expired
    assert str(gone) not in text
    # The role in the practice’s own municipality comes first.
    assert lines.index(confirmed) < lines.index(expired)


def test_panel_tells_when_there_is_no_role(client, editor, sent_back):
    client.force_login(editor)
    block = of_class(panel(client, sent_back), "author")[0]
    assert of_class(block, "overdue")


def test_numbers_of_the_author_are_for_those_who_work_with_the_record(client, sent_back, author):
    client.force_login(factories.make_user(OBSERVER))
    text = client.get(address(sent_back)).text
    assert author.email not in text
    assert author.phone not in text


def test_records_of_the_author_are_one_click_away(client, editor, sent_back, author):
    factories.make_practice()
    client.force_login(editor)
    block = of_class(panel(client, sent_back), "author")[0]
    url = block.xpath(".//a[contains(@href, 'created_by')]")[0].get("href")
    assert list(client.get(url).context["cl"].result_list) == [sent_back]


def test_editors_own_record_has_no_author_to_show(client, editor):
    practice = factories.make_practice(created_by=editor)
    client.force_login(editor)
    assert not of_class(panel(client, practice), "author")
    assert not of_class(panel(client, practice), "letters")


def save_by(user, practice, **fields):
    with reversion.create_revision():
        reversion.set_user(user)
        for name, value in fields.items():
            setattr(practice, name, value)
        practice.save()


def test_what_the_author_changed_is_shown_word_by_word(client, editor, sent_back, author):
    client.force_login(editor)
    save_by(author, sent_back, problem_ky="<p>Суу жок болчу.</p>")
    # The first delivery has nothing to be compared with.
    assert "/changes/" not in client.get(address(sent_back)).text
    save_by(author, sent_back, problem_ky="<p>Отуз үйдө суу жок болчу.</p>")
    save_by(editor, sent_back, title_ky="Редактордун аталышы")
    block = of_class(panel(client, sent_back), "author")[0]
    url = block.xpath(".//a[contains(@href, '/changes/')]")[0].get("href")
    changes = of_class(document(client.get(url)), "changes")[0]
    assert [words(ins) for ins in changes.iter("ins")] == ["Отуз үйдө суу"]
    assert "Редактордун" not in words(changes)


def test_changes_name_what_was_chosen_and_leave_moves_to_the_trail(client, editor, author):
    practice = factories.make_practice(created_by=author, status=Status.DRAFT)
    save_by(author, practice)
    move(practice, "submit", actor=author)
    save_by(author, practice, theme=factories.theme("waste"))
    client.force_login(editor)
    block = of_class(panel(client, practice), "author")[0]
    url = block.xpath(".//a[contains(@href, '/changes/')]")[0].get("href")
    changes = of_class(document(client.get(url)), "changes")[0]
    told = " ".join(words(ins) for ins in changes.iter("ins"))
    assert told == factories.theme("waste").name_ru
    assert len(list(changes.iter("dt"))) == 1


def test_names_posts_and_titles_run_nothing_in_the_admin(client, editor, sent_back, author):
    author.name = EVIL
    author.save()
    now = timezone.now()
    role(author, sent_back.municipality, post=EVIL, verified_at=now, expires_at=now)
    with translation.override("ru"):
        sent_back.title_ky = sent_back.title_ru = f"</textarea>{EVIL}"
        sent_back.save()
    move(sent_back, "submit", actor=author)
    move(sent_back, "send_back", actor=editor, reason=f"</textarea>{EVIL}")
    client.force_login(editor)
    pages = [
        client.get(address(sent_back)),
        client.post(address(sent_back, "letter", "sent_back")),
        client.get(address(sent_back, "history")),
        client.get(address(sent_back, "move", "reject")),
        client.get(reverse("admin:index")),
    ]
    client.force_login(factories.make_user(CHIEF_EDITOR))
    pages.append(client.get(reverse("admin:publishing_draft_changelist")))
    for page in pages:
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        tree = document(page)
        assert not tree.xpath("//*[@onerror]")
        assert not tree.xpath("//a[starts-with(@href, 'javascript')]")
    # It is there, as text.
    assert "<script>alert(1)" in shown_text(pages[1])


# ---------------------------------------------------------------- marked fields


def marked_on(client, record) -> set[str]:
    tree = document(client.get(address(record)))
    names = {
        node.get("id").removeprefix("at-") for node in of_class(tree, "is-marked") if node.get("id")
    }
    return names | {words(node).split(":")[0] for node in of_class(tree, "of-rows")}


def test_marked_fields_are_marked_until_the_editors_decide(client, editor, sent_back, author):
    client.force_login(editor)
    marked = {"problem_ky", "Шаги"}
    assert marked_on(client, sent_back) == marked
    move(sent_back, "submit", actor=author)
    assert marked_on(client, sent_back) == marked
    move(sent_back, "take", actor=editor)
    assert marked_on(client, sent_back) == marked
    move(sent_back, "reject", actor=editor, reason="x")
    assert marked_on(client, sent_back) == set()
    move(sent_back, "reopen", actor=factories.make_user(CHIEF_EDITOR), reason="x")
    move(sent_back, "submit", actor=author)
    assert marked_on(client, sent_back) == set()


def test_only_the_last_request_is_marked(client, editor, sent_back, author):
    move(sent_back, "submit", actor=author)
    move(sent_back, "send_back", actor=editor, checklist=["field:cost_once"])
    client.force_login(editor)
    assert marked_on(client, sent_back) == {"cost_once"}


def test_what_the_author_fills_in_can_be_marked_and_nothing_else(client, editor, author):
    practice = factories.make_practice(status=Status.SUBMITTED, created_by=author)
    client.force_login(editor)
    page = client.get(address(practice, "move", "send_back"))
    ticks = {box.get("value") for box in document(page).xpath("//input[@name='fields_marked']")}
    assert ticks >= {"problem", "started_on", "cost_once", "steps", "photos", "legal_basis"}
    assert not ticks & {"evidence", "adoptions", "licence", "has_consent", "assignee", "slug"}
    refused = client.post(
        address(practice, "move", "send_back"), {"confirmed": "1", "fields_marked": ["assignee"]}
    )
    assert refused.status_code == 200
    practice.refresh_from_db()
    assert practice.status == Status.SUBMITTED


# ---------------------------------------------------------------- words for the author


@pytest.mark.parametrize("name", ["send_back", "reject"])
def test_editor_is_told_in_which_language_the_author_writes(author, editor, name):
    practice = factories.make_practice(
        status=Status.SUBMITTED, created_by=author, original_language="ru"
    )
    with translation.override("en"):
        form = MoveForm(step=transition(practice, name), record=practice, actor=editor)
        assert form.fields["reason"].help_text.endswith("The author writes in Kyrgyz.")
        own = factories.make_practice(created_by=editor, original_language="ru")
        form = MoveForm(step=transition(own, name), record=own, actor=editor)
        assert form.fields["reason"].help_text.endswith("The author writes in Russian.")
        form = MoveForm(step=transition(own, name), record=None, actor=editor)
        assert "The author writes" not in form.fields["reason"].help_text
        form = MoveForm(step=transition(own, "archive"), record=practice, actor=editor)
        assert "The author writes" not in form.fields["reason"].help_text


# ---------------------------------------------------------------- queues


def queue(client, key) -> set:
    url = reverse("admin:practices_practice_changelist")
    return set(client.get(url, {"work": key}).context["cl"].result_list)


def test_what_authors_send_waits_for_every_editor_and_stays_with_who_took_it(
    client, editor, author, chief
):
    practice = factories.make_practice(status=Status.DRAFT, created_by=author)
    client.force_login(editor)
    assert practice not in queue(client, "for_me")
    move(practice, "submit", actor=author, via="site")
    assert practice in queue(client, "for_me")
    move(practice, "take", actor=editor)
    move(practice, "send_back", actor=editor, reason="x")
    assert practice not in queue(client, "for_me")
    assert practice in queue(client, "sent_back")
    move(practice, "submit", actor=author)
    assert practice in queue(client, "for_me")
    client.force_login(chief)
    assert practice not in queue(client, "for_me")


def test_queue_of_what_came_from_municipalities(client, editor, author):
    make = factories.make_practice
    wanted = {
        make(status=Status.SUBMITTED, created_by=author),
        make(status=Status.NEEDS_CHANGES, created_by=author),
        make(status=Status.READY, created_by=editor, collected_via="word"),
    }
    make(status=Status.SUBMITTED, created_by=editor)
    make(status=Status.SUBMITTED, created_by=None)
    make(status=Status.REJECTED, created_by=author)
    make(status=Status.DRAFT, created_by=author)
    make("published", created_by=author)
    client.force_login(editor)
    assert queue(client, "from_outside") == wanted


# ---------------------------------------------------------------- drafts nobody reads


DRAFTS = "admin:publishing_draft_changelist"


@pytest.fixture
def secret(author):
    return factories.make_draft(
        author,
        answers={"title": "Купуя аталыш", "problem": "Купуя көйгөй", "result": ""},
        conflicts={"title": [{"value": "Экинчи купуя", "at": "2026-01-01"}]},
    )


@pytest.mark.parametrize("group", [CHIEF_EDITOR, SPECIALIST])
def test_list_of_drafts_tells_that_somebody_writes_and_not_what(client, secret, group):
    client.force_login(factories.make_user(group))
    page = client.get(reverse(DRAFTS))
    assert page.status_code == 200
    (row,) = document(page).xpath("//*[@id='result_list']/tbody/tr")
    assert "Айгүл" in words(row)
    assert words(of_class(row, "field-filled_column")[0]).startswith("2 ")
    assert words(of_class(row, "field-kind_column")[0]) == "Практика"
    assert "упуя" not in page.text
    assert not row.xpath(".//a")


def test_draft_has_no_page_and_is_written_by_nobody_else(client, secret):
    client.force_login(factories.make_user(is_superuser=True))
    before = Draft.objects.values().get()
    for name in ("change", "history", "delete"):
        for method in (client.get, client.post):
            response = method(address(secret, name), {"post": "yes", "_save": ""})
            assert response.status_code == 403
            assert "упуя" not in response.text
    assert client.get(reverse("admin:publishing_draft_add")).status_code == 403
    client.post(
        reverse(DRAFTS), {"action": "delete_selected", "_selected_action": secret.pk, "post": "yes"}
    )
    assert Draft.objects.values().get() == before


@pytest.mark.parametrize(
    "query",
    [
        {"answers__title": "Купуя аталыш"},
        {"answers__title__startswith": "К"},
        {"answers__icontains": "Купуя"},
        {"conflicts__icontains": "x"},
        {"owner__password__startswith": "a"},
    ],
)
def test_address_of_the_list_does_not_guess_at_the_text(client, secret, query):
    client.force_login(factories.make_user(CHIEF_EDITOR))
    response = client.get(reverse(DRAFTS), query)
    assert response.status_code == 400


def test_search_does_not_look_into_drafts(client, secret):
    client.force_login(factories.make_user(CHIEF_EDITOR))
    assert client.get(reverse(DRAFTS), {"q": "zzz"}).context["cl"].result_count == 1


@pytest.mark.parametrize("group", [THEME_EDITOR, OBSERVER, "Translator", "Partner editor"])
def test_other_groups_do_not_see_who_writes(client, secret, group):
    client.force_login(factories.make_user(group))
    assert client.get(reverse(DRAFTS)).status_code == 403


def test_first_page_counts_what_is_being_written(client, secret, author):
    factories.make_draft(author, sent_at=timezone.now())
    # Sent back: its author writes, and the queue of what was sent back counts it.
    factories.make_draft(author, record=factories.make_practice(), sent_at=None)
    client.force_login(factories.make_user(SPECIALIST))
    queues = {line["key"]: line for line in client.get(reverse("admin:index")).context["queues"]}
    assert queues["being_written"]["total"] == 1
    (cell,) = queues["being_written"]["cells"]
    assert client.get(cell["url"]).context["cl"].result_count == 1


def test_list_of_drafts_costs_the_same_for_one_and_three(
    client, author, secret, django_assert_max_num_queries
):
    client.force_login(factories.make_user(CHIEF_EDITOR))
    client.get(reverse(DRAFTS))
    with django_assert_max_num_queries(15) as few:
        client.get(reverse(DRAFTS))
    for _n in range(2):
        factories.make_draft(factories.make_user(is_staff=False))
    with django_assert_max_num_queries(15) as many:
        client.get(reverse(DRAFTS))
    assert len(few) == len(many)
