"""Partners in the admin: the register, agreements with their report, the log, «To do today», reminders."""

import io
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from docx import Document

from partners.choices import AgreementState, Standing
from partners.models import (
    Agreement,
    AgreementFile,
    Contact,
    Interaction,
    Logo,
    Obligation,
    Partner,
)
from partners.tasks import remind_of_partners
from publishing.models import AuditEvent
from publishing.work import todos_of
from tests import factories
from tests.admin_forms import address, posted
from tests.factories_journal import make_partner, make_project

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def make_agreement(*parties, **fields) -> Agreement:
    values = {
        "title_ky": "Үч тараптуу келишим",
        "title_ru": "Трёхстороннее соглашение",
        "kind": "tripartite",
        "signed_on": TODAY() - timedelta(days=300),
        "starts_on": TODAY() - timedelta(days=300),
        "ends_on": TODAY() + timedelta(days=300),
    }
    agreement = Agreement.objects.create(**(values | fields))
    agreement.parties.set(parties)
    return agreement


def make_entry(partner, **fields) -> Interaction:
    return Interaction.objects.create(
        **({"partner": partner, "kind": "call", "subject": "Макала жөнүндө"} | fields)
    )


# ---------------------------------------------------------------- the register


def test_partner_is_made_on_one_form_with_contacts(client, specialist):
    client.force_login(specialist)
    url = reverse("admin:partners_partner_add")
    data = posted(
        client.get(url),
        title_ky="Өнүктүрүү саясат институту",
        kind="ngo",
        summary_ky="Айыл өкмөттөрүн окутат",
        standing="active",
        **{
            "contacts-TOTAL_FORMS": "1",
            "contacts-0-name": "Айгүл Асанова",
            "contacts-0-phone": "0555 123 456",
            "contacts-0-post_ky": "координатор",
        },
    )
    response = client.post(url, data)
    assert response.status_code == 302
    partner = Partner.objects.get(title_ky="Өнүктүрүү саясат институту")
    assert partner.standing == Standing.ACTIVE
    assert partner.contacts.get().name == "Айгүл Асанова"


@pytest.mark.parametrize(
    ("who", "sees"), [("specialist", True), ("editor", True), ("translator", False)]
)
def test_contacts_are_for_those_who_may_see_them(client, request, who, sees):
    partner = make_partner("published")
    Contact.objects.create(partner=partner, name="Айгүл Асанова", phone="0555 123 456")
    make_entry(partner, subject="Сырдуу сүйлөшүү")
    client.force_login(request.getfixturevalue(who))
    page = client.get(address(partner)).content.decode()
    assert ("0555 123 456" in page) is sees
    assert ("Сырдуу сүйлөшүү" in page) is sees


def test_contacts_are_not_kept_in_saved_states(client, specialist):
    """Whoever asks to be forgotten is, and a translator reads no number in the history."""
    from reversion.models import Version

    partner = make_partner()
    Contact.objects.create(partner=partner, name="Айгүл Асанова", phone="0555 123 456")
    client.force_login(specialist)
    client.post(address(partner), posted(client.get(address(partner)), summary_ky="Жаңы сап"))
    states = list(Version.objects.all())
    assert any("Жаңы сап" in state.serialized_data for state in states)
    assert not any("0555" in state.serialized_data for state in states)


def test_last_contact_and_silence_stand_on_the_list(
    client, specialist, django_assert_max_num_queries
):
    talked = make_partner(standing=Standing.ACTIVE)
    make_entry(talked, on=TODAY() - timedelta(days=3))
    silent = make_partner(standing=Standing.ACTIVE)
    make_entry(silent, on=TODAY() - timedelta(days=61))
    patient = make_partner(standing=Standing.ACTIVE, reminder_days=90)
    make_entry(patient, on=TODAY() - timedelta(days=61))
    make_partner(standing=Standing.PAUSED)
    client.force_login(specialist)
    url = reverse("admin:partners_partner_changelist")
    rows = client.get(f"{url}?work=silent").context["cl"].result_list
    assert [row.pk for row in rows] == [silent.pk]
    counts = []
    for extra in (0, 4):
        for _number in range(extra):
            make_entry(make_partner(standing=Standing.ACTIVE))
        with django_assert_max_num_queries(60) as captured:
            assert client.get(url).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_form_with_two_writers_loses_nothing(client, specialist):
    project = make_project(themes=[factories.theme()])
    client.force_login(specialist)
    opened = posted(client.get(address(project)), title_ky="Биринчинин сөзү")
    late = posted(client.get(address(project)), title_ky="Экинчинин сөзү")
    client.post(address(project), opened)
    response = client.post(address(project), late)
    assert response.status_code == 200
    assert response.context["adminform"].form.has_conflict
    project.refresh_from_db()
    assert project.title_ky == "Биринчинин сөзү"


# ---------------------------------------------------------------- agreements


@pytest.mark.parametrize(
    ("dates", "state"),
    [
        ({"signed_on": None}, AgreementState.DRAFT),
        ({"starts_on": 5}, AgreementState.SIGNED),
        ({}, AgreementState.ACTIVE),
        ({"ends_on": 60}, AgreementState.ENDING),
        ({"ends_on": -1}, AgreementState.ENDED),
        ({"ended_on": -1}, AgreementState.ENDED),
    ],
)
def test_list_by_state_agrees_with_the_record(client, specialist, dates, state):
    days = {
        name: value if value is None else TODAY() + timedelta(days=value)
        for name, value in dates.items()
    }
    agreement = make_agreement(**days)
    assert agreement.state == state
    client.force_login(specialist)
    url = reverse("admin:partners_agreement_changelist")
    for other in AgreementState:
        rows = client.get(f"{url}?state={other}").context["cl"].result_list
        assert ([row.pk for row in rows] == [agreement.pk]) is (other == state), other


def test_report_is_a_word_document_with_parties_and_obligations(client, specialist):
    agency, union = make_partner(title_ru="Госагентство"), make_partner(title_ru="Союз")
    agreement = make_agreement(agency, union)
    Obligation.objects.create(
        agreement=agreement, text_ru="Издать шесть номеров", party=union,
        due_on=TODAY() - timedelta(days=2),
    )  # fmt: skip
    Obligation.objects.create(agreement=agreement, text_ru="Провести встречу", done_on=TODAY())
    client.force_login(specialist)
    response = client.get(address(agreement, "report"))
    assert response["Content-Type"].endswith("wordprocessingml.document")
    document = Document(io.BytesIO(response.content))
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    cells = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    assert "Трёхстороннее соглашение" in words
    told = "\n".join(" | ".join(row) for row in cells)
    assert "Госагентство" in told
    first, second = (
        [row for row in cells if row[1] == text]
        for text in ("Издать шесть номеров", "Провести встречу")
    )
    assert first[0][2] == "Союз"
    assert first[0][4] != second[0][4]
    assert TODAY().strftime("%d.%m.%Y") in second[0][4]


@pytest.mark.parametrize(
    ("who", "status"),
    [(None, 404), ("contributor", 404), ("translator", 404), ("editor", 200), ("specialist", 200)],
)
def test_files_of_agreements_are_for_the_staff_alone(client, request, media_root, who, status):
    agreement = make_agreement(make_partner("published"))
    stored = AgreementFile.objects.create(
        agreement=agreement, title_ky="Скан", file=factories.upload("scan.pdf", factories.pdf())
    )
    if who:
        client.force_login(request.getfixturevalue(who))
    response = client.get(stored.src)
    assert response.status_code == status
    if status == 200:
        b"".join(response)
        assert "no-store" in response["Cache-Control"]


# ---------------------------------------------------------------- to do today


def todos(user) -> list[str]:
    return [todo.what for todo in todos_of(user)]


def test_to_do_today_is_what_is_due(client, specialist, editor):
    partner = make_partner(standing=Standing.ACTIVE)
    make_entry(partner, next_step="Позвонить сегодня", next_on=TODAY())
    make_entry(partner, next_step="Позвонить завтра", next_on=TODAY() + timedelta(days=1))
    make_entry(partner, next_step="Уже сделано", next_on=TODAY(), next_done_on=TODAY())
    make_entry(partner, next_step="Дело редактора", next_on=TODAY(), owner=editor)
    agreement = make_agreement(partner, title_ru="Меморандум", ends_on=TODAY() + timedelta(days=30))
    Obligation.objects.create(agreement=agreement, text_ru="Отчёт", due_on=TODAY())
    silent = make_partner(standing=Standing.ACTIVE, title_ru="Молчун")
    client.force_login(specialist)
    page = client.get(reverse("admin:index"))
    told = todos(specialist)
    assert "Позвонить сегодня" in told
    assert not {"Позвонить завтра", "Уже сделано", "Дело редактора"} & set(told)
    assert any("Отчёт" in each for each in told)
    assert {silent.title_ru, "Меморандум"} <= {todo.about for todo in page.context["todos"]}
    assert todos(editor) == ["Дело редактора"]


def test_done_by_one_press_and_again_is_harmless(client, specialist):
    entry = make_entry(make_partner(), next_step="Позвонить", next_on=TODAY() - timedelta(days=2))
    client.force_login(specialist)
    for _press in range(2):
        response = client.post(reverse("admin:partners_interaction_done", args=[entry.pk]))
        assert response.status_code == 302
    entry.refresh_from_db()
    assert entry.next_done_on == TODAY()
    assert AuditEvent.about(entry).filter(action="step_done").count() == 1
    assert "Позвонить" not in todos(specialist)


def test_observer_does_nothing_of_the_log(client):
    observer = factories.make_user("Observer")
    entry = make_entry(make_partner(), next_step="Позвонить", next_on=TODAY(), owner=observer)
    client.force_login(observer)
    url = reverse("admin:partners_interaction_done", args=[entry.pk])
    assert client.post(url).status_code == 403
    assert todos_of(observer) == []


def test_contact_of_another_partner_is_refused(client, specialist):
    partner, other = make_partner(), make_partner()
    foreign = Contact.objects.create(partner=other, name="Чужой")
    client.force_login(specialist)
    url = reverse("admin:partners_interaction_add")
    response = client.post(
        url,
        {
            "partner": partner.pk,
            "on": "2026-11-01",
            "kind": "call",
            "subject": "x",
            "contact": foreign.pk,
        },
    )
    assert response.status_code == 200
    assert not Interaction.objects.exists()


# ---------------------------------------------------------------- reminders


def run_reminders(django_capture_on_commit_callbacks):
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        remind_of_partners()
    return sorted((message.subject.split(":")[0], *message.to) for message in mail.outbox)


def test_reminders_are_written_once(specialist, editor, django_capture_on_commit_callbacks):
    partner = make_partner(standing=Standing.ACTIVE)
    agreement = make_agreement(partner, ends_on=TODAY() + timedelta(days=60))
    make_agreement(partner, ends_on=TODAY() + timedelta(days=61))
    Obligation.objects.create(agreement=agreement, text_ru="Отчёт", due_on=TODAY())
    make_entry(partner, next_step="Позвонить", next_on=TODAY(), owner=editor)
    sent = run_reminders(django_capture_on_commit_callbacks)
    assert sent == [
        ("Заканчивается соглашение", specialist.email),
        ("Сегодня", editor.email),
        ("Срок обязательства", specialist.email),
    ]
    assert run_reminders(django_capture_on_commit_callbacks) == []
    agreement.ends_on += timedelta(days=-5)
    agreement.save()
    assert run_reminders(django_capture_on_commit_callbacks) == [
        ("Заканчивается соглашение", specialist.email)
    ]


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_letters_say_what_is_due(specialist, language):
    from publishing.letters import send_letter

    agreement = make_agreement(make_partner(), ends_on=TODAY() + timedelta(days=30))
    duty = Obligation.objects.create(
        agreement=agreement, text_ky="Отчёт", text_ru="Отчёт", due_on=TODAY()
    )
    entry = make_entry(make_partner(), next_step="Позвонить", next_on=TODAY())
    for name, record in (
        ("agreement_ends", agreement), ("obligation_due", duty), ("step_due", entry),
    ):  # fmt: skip
        send_letter.func(name, record._meta.label_lower, record.pk, "a@example.org", language)
    words = [message.subject + message.body for message in mail.outbox]
    assert agreement.ends_on.strftime("%d.%m.%Y") in words[0]
    assert "Отчёт" in words[1]
    assert "Позвонить" in words[2]
    assert all("/admin/partners/" in each for each in words)


def test_logo_is_one(client, specialist, media_root):
    partner = make_partner("published")
    Logo.objects.create(partner=partner, file=factories.upload("logo.jpg", factories.picture()))
    client.force_login(specialist)
    response = client.get(address(partner))
    formset = next(
        each.formset
        for each in response.context["inline_admin_formsets"]
        if each.formset.model is Logo
    )
    assert len(formset.forms) == 1
