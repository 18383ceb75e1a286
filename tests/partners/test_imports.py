"""Contact persons from CSV and vCard: nothing guessed, nobody doubled, nothing lost."""

import time

import pytest
from django.urls import reverse

from partners.imports import (
    MAX_BYTES,
    MAX_CONTACTS,
    FileRefused,
    FoundContacts,
    read_contacts,
)
from partners.models import Contact
from publishing.models import AuditEvent
from tests import factories
from tests.admin_forms import address
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


# ---------------------------------------------------------------- as programs write them


OUTLOOK = (
    "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,"
    "Business Postal Code,Business Fax,Business Phone,Mobile Phone,Company Main Phone,Birthday,"
    "E-mail Address,E-mail Type,E-mail Display Name,Notes,Priority,Private\r\n"
    '"Ms.","Айгүл","Бакытовна","Асанова","","ИПР","Отдел обучения","координатор","ул. Киевская, 1",'
    '"720001","0312 1","0312 22 22 22","0555 123 456","","0/0/00","a@example.org","SMTP",'
    '"Айгүл (a@example.org)","Первая строка\nвторая","Normal","False"\r\n'
)
OUTLOOK_RU = (
    "Имя;Отчество;Фамилия;Организация;Отдел;Должность;Рабочий телефон;Телефон переносной;"
    "Адрес эл. почты;Тип эл. почты;Краткое имя эл. почты;Почтовый индекс\r\n"
    "Айгуль;Бакытовна;Асанова;ИПР;Отдел обучения;координатор;0312 22 22 22;+996 555 123456;"
    "a@example.org;SMTP;Айгуль (a@example.org);720001\r\n"
)
GOOGLE = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Name Prefix,Name Suffix,Nickname,File As,"
    "Organization Name,Organization Title,Organization Department,Photo,Labels,E-mail 1 - Label,"
    "E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Value,Address 1 - Formatted,"
    "Address 1 - City\n"
    "Айгүл,,Асанова,,Dr.,,Айка,,ИПР,координатор,Окутуу бөлүмү,https://lh3.example.org/x,* myContacts,"
    '* Work,a@example.org,Mobile,0555 123 456 ::: +996555123456,0312222222,"Киев көч. 1\nБишкек",Бишкек\n'
)


def test_export_of_outlook_in_english():
    contact = only(OUTLOOK)
    assert contact.name == "Асанова Айгүл Бакытовна"
    assert (contact.organisation, contact.post) == ("ИПР", "координатор, Отдел обучения")
    assert (contact.phone, contact.email) == ("0312 22 22 22, 0555 123 456", "a@example.org")
    assert contact.note == (
        "Первая строка вторая; Title: Ms.; Business Street: ул. Киевская, 1; "
        "Business Postal Code: 720001; Business Fax: 0312 1"
    )
    assert contact.left_out == []


def test_export_of_outlook_in_russian():
    contact = only(OUTLOOK_RU.encode("cp1251"))
    assert contact.name == "Асанова Айгуль Бакытовна"
    assert (contact.organisation, contact.post) == ("ИПР", "координатор, Отдел обучения")
    assert (contact.phone, contact.email) == ("0312 22 22 22, +996 555 123456", "a@example.org")
    assert contact.note == "Почтовый индекс: 720001"


def test_export_of_google():
    contact = only(GOOGLE)
    assert (contact.name, contact.organisation) == ("Асанова Айгүл", "ИПР")
    assert contact.post == "координатор, Окутуу бөлүмү"
    assert contact.phone == "0555 123 456, 0312222222"
    assert contact.note == (
        "Name Prefix: Dr.; Nickname: Айка; Address 1 - Formatted: Киев көч. 1 Бишкек"
    )


def quoted(text: str, charset="utf-8") -> str:
    return "".join(f"={byte:02X}" for byte in text.encode(charset))


ANDROID = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\n"
    f"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{quoted('Асанова')};{quoted('Айгүл')};;;\r\n"
    f"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{quoted('Айгүл ')}=\r\n{quoted('Асанова')}\r\n"
    f"X-ANDROID-CUSTOM;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:vnd.android.cursor.item/nickname;{quoted('Айка')};1;;;;;;;;;;;;;\r\n"
    "TEL;CELL:+996555123456\r\nTEL;CELL;PREF:0555 123 456\r\nTEL;WORK:0312222222\r\n"
    f"ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:{quoted('ИПР')}\r\n"
    "PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD\r\n /2wBDAAEBAQEBAQEBAQEBAQEBAQEBAQ==\r\n\r\n"
    "END:VCARD\r\n"
)
OUTLOOK_CARD = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nX-MS-OL-DEFAULT-POSTAL-ADDRESS:2\r\n"
    "N;LANGUAGE=ru;CHARSET=windows-1251:Асанова;Айгуль;Бакытовна\r\n"
    "FN;CHARSET=windows-1251:Асанова Айгуль Бакытовна\r\nORG;CHARSET=windows-1251:ИПР;Отдел обучения\r\n"
    "TITLE;CHARSET=windows-1251:координатор\r\nTEL;WORK;VOICE:0312 22 22 22\r\n"
    f"ADR;WORK;PREF;CHARSET=windows-1251;ENCODING=QUOTED-PRINTABLE:;;{quoted('ул. Киевская', 'cp1251')}=0D=0A=\r\n"
    f"{quoted('дом 1', 'cp1251')};;;;\r\n"
    "LABEL;WORK;PREF;CHARSET=windows-1251:ул. Киевская\r\n"
    'X-MS-OL-DESIGN;CHARSET=utf-8:<card xmlns="http://schemas.example.org" ver="1.0"/>\r\n'
    "X-MS-CARDPICTURE;TYPE=JPEG;ENCODING=BASE64:\r\n /9j/4AAQSkZJRg==\r\n\r\n"
    "EMAIL;PREF;INTERNET:a@example.org\r\nEND:VCARD\r\n"
)
IPHONE = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 17.5//EN\r\nN:Асанова;Айгүл;;;\r\n"
    "FN:Айгүл Асанова\r\nORG:ИПР;\r\nitem1.EMAIL;type=INTERNET;type=pref:a@example.org\r\n"
    "item1.X-ABLabel:_$!<Work>!$_\r\nTEL;type=CELL;type=VOICE;type=pref:+996 (555) 12-34-56\r\n"
    "item2.TEL;waid=996700111222:+996 700 111 222\r\nitem3.ADR;type=WORK:;;Киев көч. 1;Бишкек;;720001;KG\r\n"
    "item3.X-ABADR:kg\r\nitem4.URL:https\\://example.org\r\nX-ABShowAs:COMPANY\r\n"
    "X-ADDRESSBOOKSERVER-PHONEME-DATA:x\r\nNOTE:Бейшемби күнү\\, түштөн кийин\r\nEND:VCARD\r\n"
)


def test_card_of_android_with_one_number_written_twice():
    contact = only(ANDROID)
    assert (contact.name, contact.organisation) == ("Айгүл Асанова", "ИПР")
    assert contact.phone == "+996555123456, 0312222222"
    assert contact.note == "Айка"
    assert len(contact.left_out) == 1  # the photo


def test_card_of_outlook_in_the_windows_code_page():
    contact = only(OUTLOOK_CARD.encode("cp1251"))
    assert contact.name == "Асанова Айгуль Бакытовна"
    assert (contact.organisation, contact.post) == ("ИПР", "координатор, Отдел обучения")
    assert contact.note.endswith(": ул. Киевская дом 1")
    assert "card" not in contact.note
    assert len(contact.left_out) == 1


def test_card_of_iphone():
    contact = only(IPHONE)
    assert (contact.name, contact.organisation) == ("Айгүл Асанова", "ИПР")
    assert contact.phone == "+996 (555) 12-34-56, +996 700 111 222"
    assert contact.email == "a@example.org"
    assert contact.note.startswith("Бейшемби күнү, түштөн кийин; ")
    assert "Киев көч. 1, Бишкек, 720001, KG" in contact.note
    assert "https://example.org" in contact.note
    assert not {"_$!", "phoneme", "COMPANY"} & set(contact.note.split())


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_cards_in_other_codes(charset):
    assert only(IPHONE.encode(charset)).name == "Айгүл Асанова"


def test_heavy_cards_are_read_in_a_moment():
    """An address book with photos: five megabytes, most of them pictures in folded lines."""
    photo = "PHOTO;ENCODING=b;TYPE=JPEG:" + "\r\n ".join(["A" * 74] * 340)
    content = "".join(
        V40.replace("END:VCARD", f"{photo}\r\nEND:VCARD").replace("Айгүл", f"Айгүл {number}")
        for number in range(200)
    ).encode()
    assert len(content) > 5 * 1024 * 1024
    began = time.process_time()
    found = read_contacts(content)
    assert time.process_time() - began < 3
    assert len(found) == 200
    assert sum(len(contact.note) for contact in found) == 0


def test_too_large_and_too_many_get_a_sentence():
    for content in (b"x" * (MAX_BYTES + 1), (COLUMNS + ROW * (MAX_CONTACTS + 1)).encode()):
        with pytest.raises(FileRefused):
            read_contacts(content)


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


def test_ticked_without_a_partner_is_asked_back(client, specialist, institute):
    """Nobody vanishes between the look and the press; what was chosen stays chosen."""
    client.force_login(specialist)
    content = "Имя,Организация\nАйгүл,Никому не известная\nБакыт,ИПР\n".encode()
    data = looked(client, content) | {"take": ["0", "1"]}
    response = client.post(reverse("admin:partners_partner_contacts"), data)
    assert response.status_code == 200
    assert not Contact.objects.exists()
    assert "Айгүл" in str(next(iter(response.context["messages"])))
    assert [row["is_ticked"] for row in response.context["rows"]] == [True, True]
    assert response.context["rows"][1]["partner"] == institute.pk
    client.post(reverse("admin:partners_partner_contacts"), data | {"partner-0": institute.pk})
    assert institute.contacts.count() == 2


def test_a_full_file_comes_back_whole(client, specialist, institute):
    """As many as may come at once, with all their fields, in one form."""
    client.force_login(specialist)
    rows = "".join(
        f"Айгүл {number},координатор,0555 {number:06},a{number}@example.org,ИПР,Бишкек\n"
        for number in range(MAX_CONTACTS)
    )
    data = looked(client, (COLUMNS + rows).encode())
    assert client.post(reverse("admin:partners_partner_contacts"), data).status_code == 302
    assert institute.contacts.count() == MAX_CONTACTS


def test_formulas_and_markup_of_a_hostile_table_stay_words(client, specialist, institute):
    client.force_login(specialist)
    content = (
        "Имя,Организация,Телефон,Примечание\n"
        '"=HYPERLINK(""http://evil.example.org"")",ИПР,"+996555123456",<script>alert(1)</script>\n'
    )
    url = reverse("admin:partners_partner_contacts")
    page = client.post(url, {"file": factories.upload("c.csv", content.encode())})
    assert "<script>alert" not in page.content.decode()
    client.post(url, looked(client, content.encode()))
    contact = institute.contacts.get()
    assert contact.name == '=HYPERLINK("http://evil.example.org")'
    assert contact.note == "<script>alert(1)</script>"
    assert "<script>alert" not in client.get(address(institute)).content.decode()
