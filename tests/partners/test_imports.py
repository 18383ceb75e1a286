"""Contact persons from CSV and vCard: nothing guessed, nobody doubled, nothing lost."""

import pytest
from django.urls import reverse

from partners.imports import FileRefused, FoundContacts, read_contacts
from partners.models import Contact
from publishing.models import AuditEvent
from tests import factories
from tests.factories_journal import make_partner

COLUMNS = "Имя,Должность,Телефон,E-mail,Организация,Город\n"
ROW = "Айгүл Асанова,координатор,0555 123 456,Aigul@Example.org,ИПР,Бишкек\n"


def only(text: str | bytes):
    found = read_contacts(text if isinstance(text, bytes) else text.encode())
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    "content",
    [
        (COLUMNS + ROW).encode(),
        (COLUMNS + ROW).encode("utf-8-sig"),
        (COLUMNS + ROW).replace(",", ";").encode(),
        (COLUMNS + ROW).replace("ү", "у").replace(",", ";").encode("cp1251"),
        ("sep=;\n" + (COLUMNS + ROW).replace(",", ";")).encode(),
        (COLUMNS + ROW).replace("\n", "\r\n").encode("utf-16"),
    ],
)
def test_table_of_any_program(content):
    contact = only(content)
    assert contact.name in {"Айгүл Асанова", "Айгул Асанова"}
    assert (contact.post, contact.phone) == ("координатор", "0555 123 456")
    assert (contact.email, contact.organisation) == ("aigul@example.org", "ИПР")
    assert contact.note == "Город: Бишкек"


def test_export_of_a_mail_program():
    contact = only(
        "First Name,Last Name,Organization Name,Phone 1 - Type,Phone 1 - Value,Phone 2 - Value,E-mail 1 - Value\n"
        "Айгүл,Асанова,ИПР,Mobile,0555 123 456 ::: 0700 1,0312 1,a@example.org\n"
    )
    assert contact.name == "Асанова Айгүл"
    assert contact.phone == "0555 123 456, 0700 1, 0312 1"
    assert contact.organisation == "ИПР"


def test_kyrgyz_headings():
    contact = only("Фамилия;Аты;Кызматы;Уюм\nАсанова;Айгүл;адис;Союз\n")
    assert (contact.name, contact.post, contact.organisation) == ("Асанова Айгүл", "адис", "Союз")


def test_what_does_not_fit_goes_to_the_note_and_then_is_told():
    numbers = ",".join(f"Телефон {number}" for number in range(5))
    values = ",".join(f"0555 12 34 5{number}" for number in range(5))
    contact = only(f"Имя,{numbers},Прочее\nАйгүл,{values},{'я' * 300}\n")
    assert contact.phone == "0555 12 34 50, 0555 12 34 51"
    assert "0555 12 34 54" in contact.note
    assert "я" * 300 in contact.left_out[0]


V21 = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\n"
    "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=90=D1=81=D0=B0=D0=BD=D0=BE=D0=B2=D0=B0;=D0=90=D0=B9=D0=B3=\r\n"
    "=D2=AF=D0=BB;;;\r\n"
    "TEL;CELL:0555123456\r\nEND:VCARD\r\n"
)
V30 = (
    "BEGIN:VCARD\nVERSION:3.0\nFN:Айгүл \n Асанова\nN:Асанова;Айгүл;;;\nORG:ИПР;Отдел\\, первый\n"
    "TITLE:координатор\nitem1.TEL;type=CELL:0555 123 456\nitem1.X-ABLabel:рабочий\n"
    "EMAIL;type=INTERNET:Aigul@example.org\nNOTE:Первая\\nвторая\nPHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ\n"
    " SkZJRg==\nBDAY:1980-01-02\nEND:VCARD\n"
)
V40 = (
    'BEGIN:VCARD\nVERSION:4.0\nFN:Айгүл Асанова\nTEL;VALUE=uri;TYPE="cell,work":tel:+996-555-123-456\n'
    "EMAIL:aigul@example.org\nROLE:координатор\nEND:VCARD\n"
)


def test_card_2_1_with_soft_breaks():
    contact = only(V21)
    assert (contact.name, contact.phone) == ("Асанова Айгүл", "0555123456")


def test_card_3_0_with_folded_lines_groups_and_photo():
    contact = only(V30)
    assert contact.name == "Айгүл Асанова"
    assert (contact.organisation, contact.post) == ("ИПР", "координатор, Отдел, первый")
    assert (contact.phone, contact.email) == ("0555 123 456", "aigul@example.org")
    assert "Первая вторая" in contact.note
    assert "1980-01-02" in contact.note
    assert len(contact.left_out) == 1
    assert "9j" not in contact.note


def test_card_4_0_with_quoted_parameters():
    contact = only(V40)
    assert (contact.phone, contact.post) == ("+996-555-123-456", "координатор")


def test_several_cards_and_one_cut_off():
    found = read_contacts((V30 + V40 + "BEGIN:VCARD\nFN:Последний\nTEL:1").encode())
    assert [contact.name for contact in found][-1] == "Последний"
    assert len(found) == 3


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04zip", b"\xd0\xcf\x11\xe0", b"a\x00b", b"x,y\n1,2\n", b"\xff" * 50, b"Name\n"],
)
def test_what_is_no_list_gets_a_sentence(content):
    with pytest.raises(FileRefused) as refusal:
        read_contacts(content)
    assert str(refusal.value).endswith(".")


# ---------------------------------------------------------------- in the admin


@pytest.fixture
def institute(db):
    return make_partner(title_ru="Институт политики развития", short_name_ru="ИПР")


def looked(client, content, partner="") -> dict:
    """The preview as the browser would send it on, everything chosen as it was drawn."""
    url = reverse("admin:partners_partner_contacts")
    response = client.post(url, {"file": factories.upload("c.csv", content), "partner": partner})
    assert response.status_code == 200, response
    found = response.context["found"]
    if found is None:
        return {"errors": response.context["form"].errors}
    rows = response.context["rows"]
    return {
        "found": found.pack(),
        "take": [str(row["number"]) for row in rows if row["is_ticked"]],
        **{f"partner-{row['number']}": row["partner"] or "" for row in rows},
    }


def test_preview_keeps_nothing_then_the_press_keeps_once(client, specialist, institute):
    client.force_login(specialist)
    data = looked(client, (COLUMNS + ROW).encode())
    assert data["take"] == ["0"]
    assert not Contact.objects.exists()
    url = reverse("admin:partners_partner_contacts")
    for _press in range(2):
        assert client.post(url, data).status_code == 302
    contact = Contact.objects.get()
    assert (contact.partner, contact.name, contact.position) == (institute, "Айгүл Асанова", 1)
    assert contact.note == "Город: Бишкек"
    assert AuditEvent.about(institute).get(action="import_contacts").details == {"count": 1}


@pytest.mark.parametrize(
    "known",
    [
        {"name": "Другое имя", "phone": "+996 555 12-34-56"},
        {"name": "Другое имя", "email": "AIGUL@example.org"},
        {"name": "асанова айгул"},
    ],
)
def test_who_is_here_already_is_told_and_not_ticked(client, specialist, institute, known):
    Contact.objects.create(partner=institute, **known)
    client.force_login(specialist)
    url = reverse("admin:partners_partner_contacts")
    page = client.post(url, {"file": factories.upload("c.csv", (COLUMNS + ROW).encode())})
    row = page.context["rows"][0]
    assert row["twin"] is not None
    assert not row["is_ticked"]


def test_twice_in_one_file_is_once(client, specialist, institute):
    client.force_login(specialist)
    data = looked(client, (COLUMNS + ROW + ROW).encode())
    assert data["take"] == ["0"]


def test_unknown_organisation_waits_for_a_choice(client, specialist, institute):
    client.force_login(specialist)
    content = "Имя,Организация\nАйгүл,Никому не известная\n".encode()
    data = looked(client, content)
    assert data["take"] == []
    assert looked(client, content, partner=institute.pk)["partner-0"] == institute.pk
    # Ticked and chosen by hand it is kept.
    url = reverse("admin:partners_partner_contacts")
    client.post(url, data | {"take": ["0"], "partner-0": institute.pk})
    assert institute.contacts.get().name == "Айгүл"


def test_forged_list_is_not_read(client, specialist, institute):
    client.force_login(specialist)
    url = reverse("admin:partners_partner_contacts")
    client.post(url, {"found": "forged", "take": ["0"], "partner-0": institute.pk})
    assert FoundContacts.unpack("forged") is None
    assert not Contact.objects.exists()


def test_broken_file_gets_a_sentence_on_the_page(client, specialist, institute):
    client.force_login(specialist)
    assert looked(client, b"PK\x03\x04zip")["errors"]["file"]


@pytest.mark.parametrize("who", ["translator", "editor"])
def test_who_adds_no_contacts_imports_none(client, request, institute, who):
    client.force_login(request.getfixturevalue(who))
    assert client.get(reverse("admin:partners_partner_contacts")).status_code == 403
