"""Partners in the admin: the register, agreements with their report, the log, «To do today», reminders."""

import io
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from docx import Document
from docx.shared import Cm

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
from partners.report import LOCALES
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


def test_translator_translates_and_decides_nothing(client, translator):
    """Who edits a partner’s page from outside, and what readers see, is the editors’ to say."""
    partner = make_partner("published", summary_ru="")
    project = make_project(partner=partner, is_public=False, themes=[factories.theme()])
    client.force_login(translator)
    wanted = {"editors": [translator.pk], "standing": "active", "summary_ru": "Помогает сёлам"}
    client.post(address(partner), posted(client.get(address(partner))) | wanted)
    partner.refresh_from_db()
    assert partner.summary_ru == "Помогает сёлам"
    assert partner.standing == Standing.POTENTIAL
    assert not partner.editors.exists()
    wanted = {"is_public": "on", "partner": make_partner().pk, "title_ru": "Чистая вода"}
    client.post(address(project), posted(client.get(address(project))) | wanted)
    project.refresh_from_db()
    assert (project.title_ru, project.is_public) == ("Чистая вода", False)
    assert project.partner == partner


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


def report(client, agreement, language="") -> tuple[Document, list[str], list[list[str]]]:
    """The document, its paragraphs, and the cells of its tables row by row."""
    response = client.get(address(agreement, "report"), {"language": language} if language else {})
    assert response["Content-Type"].endswith("wordprocessingml.document")
    assert f"-{language or 'ru'}.docx" in response["Content-Disposition"]
    document = Document(io.BytesIO(response.content))
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    return document, [paragraph.text for paragraph in document.paragraphs], rows


def test_report_is_a_word_document_with_parties_and_obligations(client, specialist):
    agency = make_partner(title_ru="Госагентство по делам МСУ", short_name_ru="Госагентство")
    union = make_partner(title_ru="Союз")
    agreement = make_agreement(agency, union, number="7", note="Спросить у Бакыта")
    Obligation.objects.create(
        agreement=agreement, text_ru="Издать шесть номеров", party=agency,
        due_on=TODAY() - timedelta(days=2), note="звонили дважды",
    )  # fmt: skip
    Obligation.objects.create(agreement=agreement, text_ru="Провести встречу", done_on=TODAY())
    client.force_login(specialist)
    _document, words, rows = report(client, agreement)
    assert "«Трёхстороннее соглашение»" in words
    facts = dict(row for row in rows if len(row) == 2)
    assert "Госагентство по делам МСУ (Госагентство)\nСоюз" in facts.values()
    assert "7" in facts.values()
    first, second = (
        next(row for row in rows if text in row)
        for text in ("Издать шесть номеров", "Провести встречу")
    )
    assert first[2] == "Госагентство"
    assert first[4] != second[4]
    assert TODAY().strftime("%d.%m.%Y") in second[4]
    # It goes out: what the editors wrote for themselves stays at home.
    told = "\n".join([*words, *(cell for row in rows for cell in row)])
    assert "Бакыта" not in told
    assert "дважды" not in told


def test_report_is_made_in_either_language_and_printed_as_a_letter(client, specialist):
    agreement = make_agreement(
        make_partner(title_ky="Жергиликтүү өз алдынча башкаруу союзу"), responsible=specialist
    )
    specialist.name = "Айгүл Асанова"
    specialist.save()
    Obligation.objects.create(agreement=agreement, text_ky="Алты сан чыгаруу", text_ru="Издать")
    client.force_login(specialist)
    ky, words, rows = report(client, agreement, "ky")
    assert "«Үч тараптуу келишим»" in words
    assert any("Жергиликтүү өз алдынча башкаруу союзу" in cell for row in rows for cell in row)
    assert any("Алты сан чыгаруу" in row for row in rows)
    assert not any("Издать" in row for row in rows)
    _ru, other, _rows = report(client, agreement, "ru")
    assert "Милдеттенмелер" in words
    assert "Обязательства" in other
    # Whoever signs is named; an address that stands for a name is not.
    assert words[-1].endswith("____________ Айгүл Асанова")
    assert specialist.email not in "".join(words)
    for language in ("ky", "ru"):
        document, _words, _rows = report(client, agreement, language)
        assert document.styles["Normal"].element.xpath(".//w:lang/@w:val") == [LOCALES[language]]
    section = ky.sections[0]
    width = section.page_width - section.left_margin - section.right_margin
    # Columns are told to Word and to LibreOffice alike, and fill the line.
    for table in ky.tables:
        assert abs(sum(column.width for column in table.columns) - width) < Cm(0.1)
        assert [cell.width for cell in table.rows[0].cells] == [
            each.width for each in table.columns
        ]
    assert ky.tables[1].rows[0]._tr.xpath(".//w:tblHeader")
    assert section.footer.paragraphs[0]._p.xpath(".//w:fldSimple[@w:instr='PAGE']")
    form = client.get(address(agreement)).content.decode()
    for language in ("ky", "ru"):
        assert f"{address(agreement, 'report')}?language={language}" in form


@pytest.mark.parametrize("language", ["de", "<script>"])
def test_report_in_no_language_of_ours_is_in_the_editors_own(client, specialist, language):
    agreement = make_agreement(make_partner(), responsible=specialist)
    client.force_login(specialist)
    response = client.get(address(agreement, "report"), {"language": language})
    words = [each.text for each in Document(io.BytesIO(response.content)).paragraphs]
    assert specialist.email not in "".join(words)
    assert response["Content-Disposition"].endswith('-ru.docx"')


def test_agreement_stands_with_each_of_its_parties(client, specialist):
    parties = [make_partner("published") for _number in range(3)]
    agreement = make_agreement(*parties, title_ru="Соглашение о трёх сторонах")
    make_agreement(make_partner(), title_ru="Чужое соглашение")
    client.force_login(specialist)
    for party in parties:
        page = client.get(address(party)).content.decode()
        assert address(agreement) in page
        assert "Чужое соглашение" not in page
        # Readers see nothing of it.
        assert (
            "Соглашение о трёх сторонах"
            not in client.get(party.get_absolute_url()).content.decode()
        )


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


def test_contacts_and_log_are_nowhere_else_in_the_admin(client, translator):
    """Whoever may not see contact persons finds no trace of them by any way."""
    partner = make_partner("published")
    contact = Contact.objects.create(partner=partner, name="Айгүл Сырдуу", phone="0555 123 456")
    entry = make_entry(partner, subject="Сырдуу сүйлөшүү", contact=contact)
    agreement = make_agreement(partner, title_ru="Тайное соглашение")
    client.force_login(translator)
    for url in (
        reverse("admin:index"),
        reverse("admin:partners_partner_changelist"),
        address(partner),
        address(partner, "history"),
    ):
        response = client.get(url)
        assert response.status_code == 200, url
        page = response.content.decode()
        for secret in ("Сырдуу", "0555 123", "Тайное"):
            assert secret not in page, url
    found = client.get(reverse("admin:partners_partner_changelist"), {"q": "Сырдуу"})
    assert not found.context["cl"].result_list
    for url in (
        address(entry),
        address(agreement),
        address(agreement, "report"),
        reverse("admin:partners_interaction_changelist"),
        reverse("admin:partners_agreement_changelist"),
    ):
        assert client.get(url).status_code == 403, url


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


def test_contact_is_no_day_to_come(client, specialist):
    """A year mistyped would hide a partner's silence until then."""
    partner = make_partner(standing=Standing.ACTIVE)
    client.force_login(specialist)
    url = reverse("admin:partners_interaction_add")
    data = {"partner": partner.pk, "kind": "call", "subject": "x"}
    tomorrow = TODAY() + timedelta(days=1)
    response = client.post(url, data | {"on": tomorrow.isoformat()})
    assert response.context["adminform"].form.errors.keys() == {"on"}
    assert partner in Partner.objects.silent()
    assert client.post(url, data | {"on": TODAY().isoformat()}).status_code == 302
    assert partner not in Partner.objects.silent()


def test_next_step_without_its_words_is_refused(client, specialist):
    client.force_login(specialist)
    url = reverse("admin:partners_interaction_add")
    day = TODAY().isoformat()
    data = {"partner": make_partner().pk, "kind": "call", "subject": "x", "on": day}
    assert client.post(url, data | {"next_on": day}).status_code == 200
    assert not Interaction.objects.exists()


def test_log_begins_at_the_partner_and_goes_back_there(client, specialist):
    partner = make_partner(standing=Standing.ACTIVE)
    person = Contact.objects.create(partner=partner, name="Айгүл Асанова")
    client.force_login(specialist)
    url = f"{reverse('admin:partners_interaction_add')}?partner={partner.pk}"
    assert url in client.get(address(partner)).content.decode()
    form = client.get(url).context["adminform"].form
    assert list(form.fields["contact"].queryset) == [person]
    assert form["owner"].value() == specialist.pk
    data = {
        "partner": partner.pk, "contact": person.pk, "kind": "meeting", "subject": "Встреча о вебинаре",
        "on": TODAY().isoformat(), "next_step": "Прислать смету", "next_on": TODAY().isoformat(),
        "owner": specialist.pk,
    }  # fmt: skip
    assert client.post(url, data).url == address(partner)
    page = client.get(address(partner)).content.decode()
    assert "Встреча о вебинаре" in page
    assert "Прислать смету" in page
    assert "Прислать смету" in todos(specialist)


def test_project_says_where_it_works(client, specialist):
    project = make_project(themes=[factories.theme()], is_countrywide=True)
    client.force_login(specialist)
    nowhere = posted(client.get(address(project)), is_countrywide=None)
    response = client.post(address(project), nowhere)
    assert response.context["adminform"].form.errors.keys() == {"oblasts"}
    client.post(address(project), nowhere | {"oblasts": [factories.oblast().pk]})
    assert list(project.oblasts.all()) == [factories.oblast()]


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


def test_nobodys_agreement_goes_to_all_specialists(specialist, django_capture_on_commit_callbacks):
    """Also where whoever was in charge has left; and after weeks of standing still just once."""
    second = factories.make_user("Specialist", email="second@example.org")
    gone = factories.make_user("Specialist", email="gone@example.org", is_active=False)
    make_agreement(make_partner(), ends_on=TODAY() + timedelta(days=9), responsible=gone)
    for unbound in (
        {"signed_on": None},
        {"ended_on": TODAY()},
        {"ends_on": TODAY() - timedelta(days=1)},
        {"ends_on": None},
    ):
        make_agreement(make_partner(), **({"ends_on": TODAY() + timedelta(days=9)} | unbound))
    told = [("Заканчивается соглашение", person.email) for person in (second, specialist)]
    assert run_reminders(django_capture_on_commit_callbacks) == sorted(told)
    assert run_reminders(django_capture_on_commit_callbacks) == []


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
