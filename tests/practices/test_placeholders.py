"""Templates with words in braces: found, filled in with a municipality's data, told to the editor."""

import io
import re
import time
import zipfile
from datetime import date, timedelta
from itertools import pairwise
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given
from hypothesis import strategies as st

from people.models import Membership
from practices.models import PracticeDocument
from practices.placeholders import (
    BLANK,
    PLACEHOLDERS,
    fill,
    known_name,
    placeholders_in,
    unknown_in,
    values_for,
)
from tests.admin_forms import posted
from tests.factories import (
    docx,
    make_municipality,
    make_practice,
    make_template,
    make_user,
    town,
    upload,
    word_document,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 22)
VALUES = {"municipality": "Нарын шаары", "head": "Асанов А.", "date": "22 ноября 2026 г."}


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def texts(content: bytes) -> list[str]:
    """Every paragraph of every part that holds text."""
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        for name in package.namelist():
            if re.match(r"word/(document|header\d*|footer\d*|footnotes)\.xml", name):
                root = parse_xml(package.read(name))
                for paragraph in root.iter("{*}p"):
                    text = "".join(node.text or "" for node in paragraph.iter("{*}t"))
                    found += [text] if text else []
    return found


def rich_document() -> Document:
    """Placeholders in a cut run, a table in a table, a header, a footer and a text box."""
    document = Document()
    paragraph = document.add_paragraph("Токтом: ")
    for piece, is_bold in (("{mu", True), ("nicip", False), ("ality}", False), (", {head}", True)):
        paragraph.add_run(piece).bold = is_bold
    paragraph.add_run(" – {date}.")
    cell = document.add_table(rows=1, cols=1).rows[0].cells[0]
    inner = cell.add_table(rows=1, cols=1)
    inner.rows[0].cells[0].text = "Ичинде {municipality}"
    document.sections[0].header.paragraphs[0].text = "Баш {municipality}"
    document.sections[0].footer.paragraphs[0].text = "Аяк {head}"
    box = (
        f"<w:r {nsdecls('w')}><w:pict><v:shape xmlns:v='urn:schemas-microsoft-com:vml'><v:textbox>"
        "<w:txbxContent><w:p><w:r><w:t>Кутуда {head}</w:t></w:r></w:p></w:txbxContent></v:textbox>"
        "</v:shape></w:pict></w:r>"
    )
    document.add_paragraph("Кутунун жанында {date}")._p.append(parse_xml(box))
    document.core_properties.author = "Жашыруун Автор"
    document.core_properties.last_modified_by = "Жашыруун Автор"
    return document


# ---------------------------------------------------------------- filling in


def test_placeholders_are_replaced_wherever_they_stand():
    content = saved(rich_document())
    assert placeholders_in(content) == {"municipality", "head", "date"}
    got = texts(fill(content, VALUES))
    assert "Токтом: Нарын шаары, Асанов А. – 22 ноября 2026 г.." in got
    assert "Ичинде Нарын шаары" in got
    assert "Баш Нарын шаары" in got
    assert "Аяк Асанов А." in got
    assert "Кутуда Асанов А." in got
    assert "{" not in "".join(got)


def test_value_takes_the_form_of_the_first_letter():
    made = Document(io.BytesIO(fill(saved(rich_document()), VALUES)))
    runs = [(run.text, run.bold) for run in made.paragraphs[0].runs if run.text]
    assert runs == [
        ("Токтом: ", None), ("Нарын шаары", True), (", Асанов А.", True), (" – 22 ноября 2026 г..", None),
    ]  # fmt: skip


def test_author_goes_and_the_rest_of_the_package_stays():
    content = saved(rich_document())
    filled = fill(content, VALUES)
    made = Document(io.BytesIO(filled))
    assert made.core_properties.author == made.core_properties.last_modified_by == ""
    assert "Жашыруун".encode() not in b"".join(
        zipfile.ZipFile(io.BytesIO(filled)).read(name)
        for name in zipfile.ZipFile(io.BytesIO(filled)).namelist()
    )
    before, after = (zipfile.ZipFile(io.BytesIO(each)) for each in (content, filled))
    assert before.namelist() == after.namelist()
    for name in ("word/styles.xml", "[Content_Types].xml", "word/settings.xml"):
        assert before.read(name) == after.read(name)


def test_what_is_not_known_becomes_a_line_to_fill_in():
    assert texts(fill(word_document("Башчы: {head}, {oblast}"), {"head": ""})) == [
        f"Башчы: {BLANK}, {BLANK}"
    ]


def test_names_in_both_languages_and_cases():
    for spelling in (
        "Муниципалитет",
        "айыл_аймак",
        "BAШЧЫ".replace("BA", "БА"),
        "глава",
        "күн",
        "кун",
    ):
        assert known_name(spelling) in PLACEHOLDERS, spelling
    content = word_document("{ Айыл_Аймак } {БАШЧЫ} {дата} {Население}")
    assert placeholders_in(content) == {"municipality", "head", "date", "population"}
    assert texts(fill(content, VALUES)) == [f"Нарын шаары Асанов А. 22 ноября 2026 г. {BLANK}"]


def test_no_name_stands_for_two_things():
    names = [name.lower() for key, each in PLACEHOLDERS.items() for name in (key, *each.also)]
    assert len(names) == len({name.translate(str.maketrans("өүң", "оун")) for name in names})


def test_unknown_ones_stay_and_are_told_with_their_place():
    content = word_document("Бюджет: {бюджет} сом", "{head} жана {бюджет}", "{ } {1} {} {a b} {{")
    assert placeholders_in(content) == {"head", "бюджет"}
    [found] = unknown_in(content)
    assert (found.name, found.where) == ("бюджет", "Бюджет: {бюджет} сом")
    assert texts(fill(content, VALUES)) == [
        "Бюджет: {бюджет} сом", "Асанов А. жана {бюджет}", "{ } {1} {} {a b} {{",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "{date}",
        "{municipality}",
        "{{head}}",
        "<w:t>x</w:t> & ]]>",
        "=1+1",
        "a\0b\x07\ud800",
        "\\1 \\g<0>",
        "{",
    ],
)
def test_value_is_text_and_nothing_more(value):
    filled = fill(
        word_document("Жер: {municipality}.", "{date}"), {"municipality": value, "date": "D"}
    )
    clean = re.sub("[\0\x07\ud800]", " ", value).strip()
    assert texts(filled) == [f"Жер: {clean}.", "D"]


def test_fields_and_deleted_text_are_left_alone():
    document = Document()
    document.element.body.insert(
        0,
        parse_xml(
            f"<w:p {nsdecls('w')}><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText> = {{date}}"
            "</w:instrText></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r><w:del><w:r><w:delText>{head}"
            "</w:delText></w:r></w:del><w:r><w:t>{mu</w:t><w:tab/><w:t>nicipality}</w:t></w:r></w:p>"
        ),
    )
    content = saved(document)
    assert placeholders_in(content) == set()
    filled = zipfile.ZipFile(io.BytesIO(fill(content, VALUES))).read("word/document.xml")
    assert b"= {date}" in filled
    assert b"{head}</w:delText>" in filled


PIECES = st.lists(
    st.one_of(
        st.sampled_from(["{head}", "{date}", "{", "}", "{ head }", "{бюджет}", "{глава}"]),
        st.text("аөz {}", max_size=4),
    ),
    max_size=8,
)


@given(PIECES, st.lists(st.integers(0, 60), max_size=6))
def test_runs_cut_anywhere_give_the_same_text(pieces, cuts):
    text = "".join(pieces)
    document = Document()
    paragraph = document.add_paragraph()
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for start, end in pairwise(places):
        paragraph.add_run(text[start:end])
    whole = Document()
    whole.add_paragraph().add_run(text)
    values = {"head": "Башчы {date}", "date": "бүгүн"}
    expected = re.sub(r"\{\s*(head|глава)\s*\}", values["head"], text)
    expected = "".join(
        part if number % 2 else re.sub(r"\{\s*date\s*\}", "бүгүн", part)
        for number, part in enumerate(re.split(f"({re.escape(values['head'])})", expected))
    )
    got = [fill(saved(each), values) for each in (document, whole)]
    assert "".join(texts(got[0])) == "".join(texts(got[1])) == expected


def test_hostile_packages():
    laughs = b'<!DOCTYPE x [<!ENTITY e "ha">]><x>{head}&e;</x>'
    for content in (
        b"", b"PK\x03\x04", docx(), docx({"word/header1.xml": laughs}), word_document("x")[:-40],
    ):  # fmt: skip
        assert placeholders_in(content) == set()
        with pytest.raises(ValidationError):
            fill(content, VALUES)


def test_huge_documents_are_given_away_as_they_are():
    content = docx({"word/media/a.bin": b"\0" * 31_000_000})
    assert placeholders_in(content) == set()
    with pytest.raises(ValidationError):
        fill(content, VALUES)


def test_many_placeholders_take_little_time():
    content = word_document(*["{head} {municipality} {date} {" + "a" * 300] * 2000)
    start = time.monotonic()
    assert len(placeholders_in(content)) == 3
    fill(content, VALUES)
    assert time.monotonic() - start < 10


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "ky",
            {
                "municipality": "Ак-Таш айыл аймагы",
                "date": "2026-ж., 22-ноябрь",
                "population": "5\u00a0200",
            },
        ),
        (
            "ru",
            {
                "municipality": "айылный аймак Ак-Таш",
                "date": "22 ноября 2026\u00a0г.",
                "population": "5\u00a0200",
            },
        ),
    ],
)
def test_values_in_the_chosen_language_whatever_the_page_speaks(language, expected):
    unit = make_municipality(
        name_ky="Ак-Таш айыл аймагы", name_ru="айылный аймак Ак-Таш", head_name="Асанов А."
    )
    practice = make_practice("published", number=12)
    with translation.override({"ky": "ru", "ru": "ky"}[language]):
        values = values_for(unit, language=language, today=TODAY, practice=practice)
    assert expected.items() <= values.items()
    assert values["head"] == "Асанов А."
    assert values["year"] == "2026"
    assert values["oblast"] == getattr(unit.oblast, f"name_{language}")
    assert values["district"] == getattr(unit.district, f"name_{language}")
    assert values["practice"] == getattr(practice, f"title_{language}")
    assert values["address"] == "http://testserver/p/P-12"


def test_a_town_has_no_district_and_perhaps_no_head():
    values = values_for(town(), language="ru", today=TODAY, practice=make_practice("published"))
    assert values["district"] == values["head"] == ""
    assert set(values) == set(PLACEHOLDERS)


# ---------------------------------------------------------------- what an upload is known to hold


def test_upload_notes_its_placeholders():
    practice = make_practice()
    document = make_template(practice, "{башчы} {municipality} {бюджет}")
    assert document.placeholders == ["head", "municipality", "бюджет"]
    assert document.known_placeholders == ["municipality", "head"]
    document.file = upload("b.docx", word_document("башка"))
    document.save()
    document.refresh_from_db()
    assert document.placeholders == []
    assert not document.is_fillable


def test_only_a_template_is_offered():
    practice = make_practice()
    assert make_template(practice, "{head}").is_fillable
    assert not make_template(practice, "{head}", kind="document").is_fillable
    assert not make_template(practice, "{бюджет}").is_fillable
    document = make_template(practice, "{head}")
    document.has_macros = True
    assert not document.is_fillable


# ---------------------------------------------------------------- the page


@pytest.fixture
def practice(media_root):
    return make_practice("published")


@pytest.fixture
def template(practice):
    return make_template(practice, "Муниципалитет: {municipality}", "Глава: {head}. {date}")


def address(document, page="ru", **query) -> str:
    with translation.override(page):
        path = reverse("practices:fill", args=[document.practice.slug, document.uuid])
    return f"{path}?{urlencode(query)}" if query else path


def filled_lines(response) -> list[str]:
    assert response.status_code == 200
    assert response["Content-Type"].endswith("wordprocessingml.document")
    return texts(response.content)


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_page_asks_and_gives_no_cookie(client, template, language):
    response = client.get(address(template, language))
    html = response.content.decode()
    assert response.status_code == 200
    assert "{municipality}" in html
    assert "{head}" in html
    assert 'name="municipality"' in html
    assert "<form>" in html.replace("<form novalidate>", "<form>")
    assert not response.cookies
    assert "noindex" in html


@time_machine.travel("2031-03-05 09:00 +0600")
@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("ky", ["Муниципалитет: Нарын шаары", f"Глава: {BLANK}. 2031-ж., 5-март"]),
        ("ru", ["Муниципалитет: город Нарын", f"Глава: {BLANK}. 5 марта 2031\u00a0г."]),
    ],
)
def test_download_is_filled_in_the_chosen_language(client, template, language, lines):
    response = client.get(address(template, municipality="г. Нарын", language=language))
    assert filled_lines(response) == lines
    assert re.fullmatch(
        r'attachment; filename="[a-z0-9-]+-naryn[a-z-]*\.docx"', response["Content-Disposition"]
    )
    assert not response.cookies


def test_show_tells_before_the_download(client, template):
    unit = make_municipality(name_ru="айылный аймак Ак-Таш", head_name="Асанов <b>А.</b>")
    response = client.get(address(template, municipality=unit.code, language="ru", show=1))
    html = response.content.decode()
    assert "айылный аймак Ак-Таш" in html
    assert "Асанов &lt;b&gt;А.&lt;/b&gt;" in html


def test_wrong_name_is_told_with_the_nearest(client, template):
    response = client.get(address(template, municipality="Нарын-Таш", language="ru"))
    html = response.content.decode()
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    assert 'class="errorlist"' in html
    assert "Нарын-Таш" in html
    assert f"?municipality={town().code}&amp;language=ru" in html
    assert filled_lines(client.get(address(template, municipality=town().code, language="ru")))


def test_ambiguous_name_gives_a_list_to_choose_from(client, template):
    from places.models import District

    districts = list(District.objects.order_by("code"))
    other = next(each for each in districts if each.oblast_id != districts[0].oblast_id)
    units = [
        make_municipality(
            district=each, name_ky="Терек-Суу айыл аймагы", name_ru="айылный аймак Терек-Суу"
        )
        for each in (districts[0], other)
    ]
    html = client.get(address(template, municipality="Терек-Суу", language="ky")).content.decode()
    for unit in units:
        assert f"?municipality={unit.code}&amp;language=ky" in html
    filled = client.get(
        address(template, municipality=f"Терек-Суу, {other.oblast.name_ru}", language="ky")
    )
    assert filled_lines(filled)[0] == "Муниципалитет: Терек-Суу айыл аймагы"


@pytest.mark.parametrize(
    "query",
    [
        {"municipality": "", "language": "ru"},
        {"municipality": "Нарын", "language": "xx"},
        {"municipality": "Нарын"},
        {"municipality": "<script>alert(1)</script>" * 20, "language": "ru"},
        {"municipality": "\0", "language": "ru"},
        {"municipality": "ы" * 5000, "language": "ru"},
    ],
)
def test_bad_answers_bring_the_form_back(client, template, query):
    response = client.get(address(template, **query))
    html = response.content.decode()
    assert response.status_code == 200
    assert 'class="errorlist"' in html
    assert "<script>alert" not in html


def test_member_finds_the_own_municipality_filled_in(client, template):
    unit = make_municipality(name_ru="айылный аймак Ак-Таш", head_name="Асанов А.")
    person = make_user(is_staff=False)
    Membership.objects.create(
        user=person, municipality=unit, role="secretary", phone="+996555000000",
        verified_at=timezone.now(), expires_at=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    client.force_login(person)
    html = client.get(address(template)).content.decode()
    assert 'value="айылный аймак Ак-Таш' in html
    assert "Асанов А." in html
    assert "Асанов А." not in Client().get(address(template)).content.decode()
    Membership.objects.update(revoked_at=timezone.now())
    assert "Асанов А." not in client.get(address(template)).content.decode()


def test_only_fillable_documents_of_readable_practices(client, practice, template):
    draft = make_template(make_practice(), "{head}")
    foreign = make_template(make_practice("published"), "{head}")
    plain = make_template(practice, "жөн эле")
    decree = make_template(practice, "{head}", kind="document")
    for document in (draft, plain, decree):
        assert client.get(address(document)).status_code == 404
    with translation.override("ru"):
        crossed = reverse("practices:fill", args=[practice.slug, foreign.uuid])
    assert client.get(crossed).status_code == 404
    assert client.post(address(template)).status_code == 405
    PracticeDocument.objects.filter(pk=template.pk).update(has_macros=True)
    assert client.get(address(template)).status_code == 404


def test_file_gone_from_the_disk_is_no_error(client, template):
    template.file.storage.delete(template.file.name)
    assert client.get(address(template, municipality="Нарын", language="ru")).status_code == 404


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_practice_links_to_it_beside_templates_only(client, practice, template, language):
    make_template(practice, "жөн эле")
    make_template(practice, "{head}", kind="document")
    with translation.override(language):
        html = client.get(practice.get_absolute_url()).content.decode()
    assert html.count("/fill/") == 1
    assert f'href="{address(template, language)}"' in html


# ---------------------------------------------------------------- the editor


def test_editor_is_told_of_unknown_ones_at_upload(client, chief, media_root):
    practice = make_practice()
    client.force_login(chief)
    page = reverse("admin:practices_practice_change", args=[practice.pk])
    data = posted(client.get(page)) | {
        "documents-TOTAL_FORMS": "1",
        "documents-0-practice": str(practice.pk),
        "documents-0-file": upload("t.docx", word_document("Бюджет {бюджет}, {head}")),
        "documents-0-kind": "template",
        "documents-0-language": "ky",
        "documents-0-title_ky": "Үлгү",
    }
    response = client.post(page, data)
    assert response.status_code == 302
    [warning] = [
        str(each) for each in get_messages(response.wsgi_request) if each.level_tag == "warning"
    ]
    assert "{бюджет}" in warning
    assert "Бюджет {бюджет}, {head}" in warning
    assert "{municipality}" in warning
    document = practice.documents.get()
    assert document.placeholders == ["head", "бюджет"]
    html = client.get(page).content.decode()
    assert "{бюджет}" in html
    assert html.count("{population}") >= 1  # the help of the field lists what there is


def test_editor_is_not_told_of_what_is_right(client, chief, rf):
    from practices.admin import tell_unknown_placeholders

    document = make_template(make_practice(), "{head}")
    tell_unknown_placeholders(rf.get("/"), document)  # would fail: this request keeps no messages
