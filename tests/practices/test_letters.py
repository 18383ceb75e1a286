"""What the author of a practice is told on its way, in their language, and the link to correct it."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from people import consents
from people.models import AccessLink, Membership
from people.roles import CONTRIBUTOR
from practices.contribution import deliver
from practices.letters import reader_of
from publishing.letters import fitting
from publishing.models import AuditEvent
from publishing.workflow import Status, move
from tests import factories
from tests.admin_forms import address
from tests.pages import document, links, of_class, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(db):
    """A secretary of a municipality who reads Kyrgyz."""
    return factories.make_user(
        CONTRIBUTOR, email="katchy@example.org", is_staff=False, language="ky", name="Айгүл"
    )


@pytest.fixture
def walk(django_capture_on_commit_callbacks):
    """Walk a move and let what it starts run; returns the letters it sent."""

    def walked(practice, name, actor, **details):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            move(practice, name, actor=actor, **details)
        return list(mail.outbox)

    return walked


def from_outside(author, status=Status.SUBMITTED, *traits, **fields):
    """A practice its author has sent by the form, with the draft it came from."""
    practice = factories.make_practice(
        *traits, status=status, created_by=author, collected_via="form", **fields
    )
    factories.make_draft(author, record=practice)
    return practice


def path_in(letter) -> str:
    """The signed link of a letter, without the host."""
    (line,) = [line for line in letter.body.splitlines() if "/go/" in line]
    return line.removeprefix("http://testserver")


def draft_page(practice, language="ky") -> str:
    from practices.contribution import draft_of

    with translation.override(language):
        return reverse("practices:draft", args=[draft_of(practice).uuid])


def opens(visitor, practice) -> bool:
    """Whether the visitor reads the draft: others are asked to sign in or find nothing."""
    response = visitor.get(draft_page(practice))
    assert response.status_code in {200, 302, 404}
    return response.status_code == 200


# ---------------------------------------------------------------- which letter, to whom


def test_receipt_says_what_comes_next_and_where_it_is_seen(walk, author):
    practice = from_outside(author, Status.DRAFT)
    (letter,) = walk(practice, "submit", author, via="site")
    assert letter.to == [author.email]
    assert letter.subject == f"Баяндамаңызды алдык: {practice.title_ky}"
    assert "беш жумуш күнүнүн ичинде" in letter.body
    assert f"http://testserver{draft_page(practice).replace('add', 'mine')}" in letter.body
    assert not AccessLink.objects.exists()


def test_second_receipt_speaks_of_corrections(walk, author, editor):
    practice = from_outside(author, Status.DRAFT)
    walk(practice, "submit", author)
    walk(practice, "send_back", editor, reason="Эсеп")
    (letter,) = walk(practice, "submit", author)
    assert letter.subject.startswith("Оңдогонуңузду алдык: ")


def test_what_has_to_change_comes_in_the_authors_language(walk, author, editor):
    """The editor works in Russian; the checklist is stored as codes and read in Kyrgyz."""
    practice = from_outside(author)
    with translation.override("ru"):
        (letter,) = walk(
            practice, "send_back", editor,
            checklist=["numbers", "cost", "field:steps", "field:problem"],
            reason="Канча үй суу алды?\r\nЧыгымын жазыңыз.",
        )  # fmt: skip
    assert letter.subject == f"Оңдоо керек: {practice.title_ky}"
    assert "– Жыйынтыкта сандар жок\n– Чыгымы, анын жылы же" in letter.body
    assert "Канча үй суу алды?\nЧыгымын жазыңыз." in letter.body
    for russian in ("Здравствуйте", "В результате", "Редактор пишет", "Шаг"):
        assert russian not in letter.body
    assert translation.get_language() != "ky"


def test_fields_are_called_and_ordered_as_in_the_authors_form(walk, editor):
    from practices.contribution import SECTIONS

    reader = factories.make_user(is_staff=False, language="ru")
    practice = from_outside(reader)
    codes = ["field:photos", "field:steps", "field:problem", "field:nothing"]
    (letter,) = walk(practice, "send_back", editor, checklist=codes)
    with translation.override("ru"):
        question = str(SECTIONS["core"].form.base_fields["problem"].label)
    found = [line[2:] for line in letter.body.splitlines() if line.startswith("– ")]
    assert found == [question, "Шаги", "Фотографии"]


@pytest.mark.parametrize(
    ("language", "subject"), [("ky", "Оңдоо керек: "), ("ru", "Нужно поправить: ")]
)
def test_language_is_the_accounts_not_the_texts(walk, editor, language, subject):
    reader = factories.make_user(is_staff=False, language=language)
    practice = from_outside(reader, original_language="ru")
    (letter,) = walk(practice, "send_back", editor, reason="x")
    # The title stands as its author wrote it.
    assert letter.subject == subject + practice.title_ru
    assert f"/{language}/go/" in letter.body


def test_refusal_brings_the_editors_advice(walk, author, editor):
    practice = from_outside(author)
    (letter,) = walk(practice, "reject", editor, reason="Бул долбоордун отчету, тажрыйба эмес.")
    assert letter.subject.startswith("Жарыялай албайбыз: ")
    assert "Бул долбоордун отчету, тажрыйба эмес." in letter.body
    assert "/ky/about/contacts/" in letter.body


def test_publication_brings_the_address_and_a_text_to_pass_on(walk, author, chief, media_root):
    practice = from_outside(author, Status.READY, "publishable", submitted_by=author)
    (letter,) = walk(practice, "publish", chief)
    assert letter.subject == f"Даяр: {practice.title_ky}"
    assert f"http://testserver{practice.get_absolute_url()}".replace("/ru/", "/ky/") in letter.body
    assert f"*{practice.title_ky}*" in letter.body
    assert f"/p/P-{practice.number}" in letter.body


def test_withdrawal_tells_the_ground_and_not_the_reason(walk, author, chief):
    practice = from_outside(author, Status.PUBLISHED, "published")
    (letter,) = walk(
        practice, "withdraw", chief, reason="Жашыруун себеп", withdrawal_kind="personal_data"
    )
    assert "Негизи: жеке мүнөздөгү маалымат бар эле." in letter.body
    assert "Жашыруун" not in letter.body


def test_other_moves_of_editors_send_nothing(walk, author, editor, chief, media_root):
    practice = from_outside(author, Status.SUBMITTED, "publishable")
    for name, actor in (("take", editor), ("accept", editor), ("publish", chief)):
        letters = walk(practice, name, actor)
    assert [letter.subject[:4] for letter in letters] == ["Даяр"]
    assert walk(practice, "ask", editor) == []
    assert walk(practice, "confirm", editor) == []


def test_author_without_an_address_gets_no_mail(walk, editor):
    by_phone = factories.make_user(is_staff=False)
    by_phone.phone, by_phone.email = "+996555123456", None
    by_phone.save()
    practice = from_outside(by_phone)
    assert walk(practice, "send_back", editor, reason="x") == []
    assert list(fitting(practice)) == ["sent_back"]


def test_editors_own_text_writes_to_nobody(walk, editor, chief):
    """Made at the desk by staff, imported, or its account is gone."""
    for fields in (
        {"created_by": editor},
        {"created_by": None, "collected_via": "form"},
        {"created_by": factories.make_user(is_staff=False, is_active=False)},
    ):
        practice = factories.make_practice(status=Status.SUBMITTED, **fields)
        assert walk(practice, "send_back", chief, reason="x") == []


def test_staff_who_used_the_form_are_authors_and_need_no_letter_on_their_own_moves(
    walk, chief, editor
):
    practice = from_outside(chief, Status.DRAFT)
    assert len(walk(practice, "submit", chief)) == 1
    assert walk(practice, "reject", chief, reason="x") == []
    walk(practice, "reopen", chief, reason="x")
    walk(practice, "submit", chief)
    assert len(walk(practice, "send_back", editor, reason="x")) == 1


def test_moving_twice_writes_once(walk, author, editor):
    practice = from_outside(author)
    assert len(walk(practice, "send_back", editor, reason="x")) == 1
    assert walk(practice, "send_back", editor, reason="x") == []


# ---------------------------------------------------------------- the link


def test_link_opens_its_own_draft_without_a_password(walk, author, editor):
    practice, other = from_outside(author), from_outside(author)
    (letter,) = walk(practice, "send_back", editor, checklist=["field:problem"])
    walk(other, "send_back", editor, reason="x")
    stranger = Client()
    assert not opens(stranger, practice)
    response = stranger.post(path_in(letter))
    assert response.url == draft_page(practice)
    assert opens(stranger, practice)
    assert not opens(stranger, other)
    assert stranger.get(reverse("account_home")).status_code == 302


def test_messenger_that_looks_at_the_link_changes_nothing(walk, author, editor):
    practice = from_outside(author)
    (letter,) = walk(practice, "send_back", editor, reason="x")
    before = AccessLink.objects.values().get()
    messenger = Client()
    response = messenger.get(path_in(letter))
    assert practice.title_ky not in response.text
    assert messenger.head(path_in(letter)).status_code == 200
    assert AccessLink.objects.values().get() == before
    assert not opens(messenger, practice)


def test_links_are_revoked_by_the_next_submission(walk, author, editor):
    practice = from_outside(author)
    (first,) = walk(practice, "send_back", editor, reason="x")
    visitor = Client()
    visitor.post(path_in(first))
    walk(practice, "submit", author)
    assert not opens(visitor, practice)
    assert visitor.post(path_in(first)).status_code == 404
    (second,) = walk(practice, "send_back", editor, reason="y")
    assert not opens(visitor, practice)
    assert Client().post(path_in(second)).status_code == 302
    assert Client().post(path_in(first)).status_code == 404


def test_links_are_revoked_by_a_refusal(walk, author, editor):
    practice = from_outside(author)
    (letter,) = walk(practice, "send_back", editor, reason="x")
    walk(practice, "reject", editor, reason="y")
    assert Client().post(path_in(letter)).status_code == 404


def test_link_expires(walk, author, editor):
    practice = from_outside(author)
    (letter,) = walk(practice, "send_back", editor, reason="x")
    day = timezone.localdate() + timedelta(days=30)
    assert f"{day:%d.%m.%Y}" in letter.body
    with time_machine.travel(timezone.now() + timedelta(days=30, minutes=1)):
        assert Client().post(path_in(letter)).status_code == 404


def test_page_of_the_link_leads_nowhere_else(walk, author, editor, client):
    practice = from_outside(author)
    (letter,) = walk(practice, "send_back", editor, reason="x")
    page = client.get(path_in(letter) + "?next=https://example.org/")
    assert not [link for link in links(page) if link and re.match(r"(https?:)?//", link)]
    response = client.post(path_in(letter) + "?next=https://example.org/", {"next": "//x.org"})
    assert response.url == draft_page(practice)


def test_text_sent_back_is_open_for_its_author_again(walk, author, editor):
    practice = from_outside(author)
    walk(practice, "send_back", editor, reason="x")
    page = Client()
    page.force_login(author)
    assert opens(page, practice)


# ---------------------------------------------------------------- number and language of the reader


def role(user, municipality, phone, **fields) -> Membership:
    values = {
        "role": "secretary",
        "verified_at": timezone.now(),
        "expires_at": timezone.now() + timedelta(days=365),
    }
    return Membership.objects.create(
        user=user, municipality=municipality, phone=phone, **(values | fields)
    )


def test_number_of_the_author_is_found_where_there_is_one(author):
    practice = from_outside(author, mobile_phone="+996700000004")
    assert reader_of(practice).phone == "+996700000004"
    role(author, factories.make_municipality(), "+996700000003")
    expired = timezone.now() - timedelta(days=1)
    role(author, factories.make_municipality(), "+996700000009", expires_at=expired)
    assert reader_of(practice).phone == "+996700000003"
    role(author, practice.municipality, "+996700000002")
    assert reader_of(practice).phone == "+996700000002"
    author.phone = "+996700000001"
    author.save()
    practice.refresh_from_db()
    assert reader_of(practice).phone == "+996700000001"


def test_who_took_back_the_consent_is_not_written_to_in_whatsapp(author):
    author.phone = "+996700000001"
    author.save()
    practice = from_outside(author)
    consent = consents.give(author, consents.Purpose.WHATSAPP, language="ky")
    assert reader_of(practice).phone
    consents.withdraw(consent)
    reader = reader_of(practice)
    assert reader.refuses_whatsapp
    assert reader.phone == ""
    consents.give(author, consents.Purpose.WHATSAPP, language="ky")
    assert reader_of(practice).phone


def test_practice_that_came_by_whatsapp_is_answered_there(editor):
    practice = factories.make_practice(
        status=Status.NEEDS_CHANGES, created_by=editor, collected_via="whatsapp_text",
        mobile_phone="+996700000004", original_language="ru",
    )  # fmt: skip
    reader = reader_of(practice)
    assert (reader.phone, reader.language, reader.email) == ("+996700000004", "ru", "")
    from publishing.letters import write

    letter = write("sent_back", practice, language="ru")
    assert "Ответьте нам и пришлите исправления" in letter.text
    assert "/go/" not in letter.text
    assert not AccessLink.objects.exists()


@pytest.mark.parametrize(
    ("status", "names"),
    [
        (Status.DRAFT, []),
        (Status.SUBMITTED, ["submitted"]),
        (Status.IN_REVIEW, ["submitted"]),
        (Status.NEEDS_CHANGES, ["sent_back"]),
        (Status.READY, []),
        (Status.REJECTED, ["rejected"]),
        (Status.PUBLISHED, ["published"]),
        (Status.WITHDRAWN, ["withdrawn"]),
    ],
)
def test_letters_fit_the_state(author, status, names):
    assert list(fitting(from_outside(author, status))) == names


def test_of_a_desk_record_only_its_publication_is_news():
    for status in (Status.SUBMITTED, Status.NEEDS_CHANGES, Status.REJECTED, Status.WITHDRAWN):
        assert fitting(factories.make_practice(status=status)) == {}
    assert list(fitting(factories.make_practice("published"))) == ["published"]


def test_audit_keeps_codes_and_no_language(walk, author, editor):
    practice = from_outside(author)
    with translation.override("ru"):
        walk(practice, "send_back", editor, checklist=["numbers", "field:steps"])
    event = AuditEvent.about(practice).get(action="send_back")
    assert event.details == {"checklist": ["numbers", "field:steps"]}


# ---------------------------------------------------------------- the whole loop


def test_a_correction_by_the_link_comes_back_to_the_editor_word_by_word(
    client, editor, author, django_capture_on_commit_callbacks
):
    """Sent by the form, sent back, corrected without signing in, seen by the editor who asked."""
    answers = {
        "title": "Айылга таза суу жетти",
        "municipality": "Нарын шаары",
        "theme": "drinking-water",
        "started_on": "2023-04-01",
        "problem": "Суу сейрек келчү.",
        "solution": "Насос алынды.",
        "result": "Суу бар.",
    }
    draft = factories.make_draft(author, answers=answers)
    with django_capture_on_commit_callbacks(execute=True):
        practice = deliver(draft, agreed={"publish"})
    with django_capture_on_commit_callbacks(execute=True):
        move(practice, "send_back", actor=editor, checklist=["field:problem"])
    visitor = Client()
    page = visitor.get(visitor.post(path_in(mail.outbox[-1])).url)
    with translation.override("ky"):
        section = reverse("practices:section", args=[draft.uuid, "core"])
        send = reverse("practices:send", args=[draft.uuid])
    assert section in " ".join(links(page))
    (opened,) = document(visitor.get(section)).xpath("//input[@name='was:problem']/@value")
    visitor.post(section, {"was:problem": opened, "problem": "Суу үч күндө бир келчү."})
    with django_capture_on_commit_callbacks(execute=True):
        visitor.post(send)
    practice.refresh_from_db()
    assert practice.status == Status.SUBMITTED
    assert mail.outbox[-1].subject.startswith("Оңдогонуңузду алдык: ")
    assert not opens(visitor, practice)

    client.force_login(editor)
    admin_page = document(client.get(address(practice)))
    (url,) = [
        link.get("href")
        for link in of_class(admin_page, "author")[0].iter("a")
        if "/changes/" in link.get("href")
    ]
    changes = of_class(document(client.get(url)), "changes")[0]
    assert [words(ins) for ins in changes.iter("ins")] == ["үч күндө бир"]
    assert [words(gone) for gone in changes.iter("del")] == ["сейрек"]
    assert [node.get("id") for node in of_class(admin_page, "is-marked")] == ["at-problem_ky"]
