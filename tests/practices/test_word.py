"""Practices that come as Word documents: what is understood, what is handed on, what is refused."""

import contextlib
import io
import re
import time
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm
from hypothesis import given
from hypothesis import strategies as st

from practices.word import blank_template, read_word, values
from practices.word.document import MAX_PARAGRAPHS
from practices.word.fields import FIELDS, LABELS, PARTS, fold, furniture, spellings
from publishing.drafts import Sheet
from publishing.languages import LANGUAGES
from tests.factories import docx, make_municipality, make_user, picture, upload

pytestmark = pytest.mark.django_db


# ---------------------------------------------------------------- documents


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def document_of(*lines) -> Document:
    """Plain paragraphs; ("Heading 1", text) has a style, ("bold", text) is bold."""
    document = Document()
    for line in lines:
        style, text = line if isinstance(line, tuple) else ("", line)
        if style == "bold":
            document.add_paragraph().add_run(text).bold = True
        else:
            document.add_paragraph(text, style=style or None)
    return document


def read(document, **options):
    content = document if isinstance(document, bytes) else saved(document)
    return read_word(upload("practice.docx", content), **options)


def read_lines(*lines, **options):
    return read(document_of(*lines), **options)


def refusal(content: bytes, name: str = "practice.docx") -> str:
    with pytest.raises(ValidationError) as error, translation.override("en"):
        read_word(upload(name, content))
    with translation.override("en"):
        [message] = error.value.messages
        return str(message)


def answers(intake) -> dict:
    """Without the language and the rows' own ids."""
    return {
        name: [{k: v for k, v in row.items() if k != "id"} for row in value]
        if isinstance(value, list) and value and isinstance(value[0], dict)
        else value
        for name, value in intake.answers.items()
        if name != "language"
    }


def with_body(xml: str, extra: dict[str, bytes] | None = None) -> bytes:
    """A package whose word/document.xml is the given one."""
    members = dict(extra or {})
    members["word/document.xml"] = xml.encode()
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx())) as package,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in package.namelist():
            if name not in members:
                made.writestr(name, package.read(name))
        for name, content in members.items():
            made.writestr(name, content)
    return out.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def body(inner: str) -> str:
    return f"<w:document {W}><w:body>{inner}</w:body></w:document>"


# ---------------------------------------------------------------- the template, filled in


LONG = {
    "ky": "Биринчи абзац: өзөк, үй, таң – «тырмакчада», 12 % жана 1\u00a0250 киши.\n\n"
    "Экинчи абзац  эки боштук менен.\nЖаңы сап ошол эле абзацта.\n\n"
    "- биринчи пункт\n- экинчи пункт; & < > \" ' \\\n\nАкыркы абзац.",
    "ru": "Первый абзац: ёж, «кавычки», 12 % и 1\u00a0250 человек.\n\n"
    "Второй абзац  с двумя пробелами.\nНовая строка того же абзаца.\n\n"
    "- первый пункт\n- второй пункт; & < > \" ' \\\n\nРезультат: так пишут и внутри текста.\n\n"
    "Проблема\n\nПоследний абзац.",
}
ONE_LINE = {"ky": "Бир сап – «өң», 5–6 адам; & < >", "ru": "Одна строка – «ёж», 5–6 человек; & < >"}
#: field → (what is written, what is answered); texts as above.
WRITTEN = {
    "municipality": ({"ky": "Нарын шаары", "ru": "город Нарын"}, None),
    "started_on": ({"ky": "12.04.2023", "ru": "12.04.2023"}, "2023-04-12"),
    "finished_on": ({"ky": "2024-жылдын 5-майы", "ru": "5 мая 2024 г."}, "2024-05-05"),
    "beneficiaries_count": ({"ky": "1 250 киши", "ru": "1 250 человек"}, "1250"),
    "women_count": ({"ky": "600", "ru": "600"}, "600"),
    "cost_once": ({"ky": "450 миң сом", "ru": "1,2 млн сомов"}, {"ky": "450000", "ru": "1200000"}),
    "cost_yearly": ({"ky": "0", "ru": "0"}, "0"),
    "price_year": ({"ky": "2023-ж.", "ru": "2023 г."}, "2023"),
    "contact_email": ({"ky": "a.b@example.org", "ru": "a.b@example.org"}, "a.b@example.org"),
    "mobile_phone": ({"ky": "+996 555 00 00 00", "ru": "+996 555 00 00 00"}, "+996 555 00 00 00"),
    "office_phone": (
        {"ky": "+996 3522 1-00-00"} | {"ru": "+996 3522 1-00-00"},
        "+996 3522 1-00-00",
    ),
}
CHOSEN = {
    "theme": "drinking-water",
    "vulnerable_groups": ["children", "women"],
    "upkeep_payer": "tariff",
    "kind": "lesson",
    "initiative": "residents",
    "participation": "decided_together",
    "kenesh_decision": "yes",
    "competence": "joint",
    "can_visit": "on",
    "can_mentor": "",
}
ROWS = {
    "steps": [
        {"title": "Чогулуш, 1-кадам", "text": "Эки абзац.\n\n- жана тизме", "days": "10",
         "responsible": "жооптуу катчы", "typical_mistake": "шашуу"},
        {"title": "Экинчи кадам", "text": "Иш", "days": "25", "responsible": "инженер"},
    ],
    "measurements": [
        {"indicator": "Суунун сааты", "unit": "саат", "before": "4", "before_year": "2022",
         "after": "23.5", "after_year": "2024", "source": "журнал"},
    ],
    "funding": [
        {"source": "local_budget", "amount": "300000", "name": "айыл өкмөтү"},
        {"source": "in_kind", "amount": "150000"},
    ],
    "legal_basis": [{"act": "«Суу жөнүндө» мыйзам", "article": "12-берене", "url": "https://example.org/a"}],
    "obstacles": [{"barrier": "finance", "text": "Акча жок болчу", "how_overcome": "ашар кылдык"}],
    "links": [{"kind": "video", "title": "Тасма", "url": "https://example.org/v"}],
}  # fmt: skip


def labels_of(field, value, language) -> str:
    return dict(field.options())[value][language]


def write_list(paragraph, text: str) -> None:
    """The text into the paragraph and, block by block, into new ones after it, as people type it."""
    after = paragraph
    for number, block in enumerate(text.split("\n\n")):
        lines = block.split("\n") if block.startswith("- ") else [block]
        for place, line in enumerate(lines):
            if number or place:
                new = OxmlElement("w:p")
                after._p.addnext(new)
                after = type(paragraph)(new, paragraph._parent)
            if block.startswith("- "):
                after.style = after.part.document.styles["List Bullet"]
                line = line.removeprefix("- ")
            after.add_run(line)


def fill_template(language: str) -> tuple[bytes, dict]:
    """The template with every field filled in, and the answers it must give."""
    document = Document(io.BytesIO(blank_template(language)))
    expected = {}
    field, tables = None, iter(document.tables)
    advice = False
    for paragraph in list(document.paragraphs):
        if paragraph.style.name.startswith("Heading"):
            known = LABELS.get(fold(paragraph.text))
            field = known if paragraph.style.name == "Heading 2" else None
            advice = True
            if field and field.kind == "rows":
                expected[field.name] = ROWS[field.name]
                fill_table(next(tables), field, language)
            continue
        if field is None or advice:
            advice = False
            continue
        if field.name in CHOSEN:
            value = CHOSEN[field.name]
            words = {"on": {"ky": "Ооба", "ru": "Да"}, "": {"ky": "Жок", "ru": "Нет"}}
            marked = (
                [words[value][language]]
                if field.kind == "flag"
                else [
                    labels_of(field, each, language)
                    for each in ([value] if isinstance(value, str) else value)
                ]
            )
            if paragraph.text.removeprefix("☐ ") in marked:
                paragraph.runs[0].text = paragraph.text.replace("☐", "☒")
            if value:
                expected[field.name] = value
        elif field.kind == "text":
            write_list(paragraph, LONG[language])
            expected[field.name] = LONG[language]
        elif field.name in WRITTEN:
            written, answer = WRITTEN[field.name]
            paragraph.add_run(written[language])
            expected[field.name] = answer[language] if isinstance(answer, dict) else answer
        elif field.kind == "line":
            paragraph.add_run(ONE_LINE[language])
            expected[field.name] = ONE_LINE[language]
    return saved(document), expected


def fill_table(table, field, language: str) -> None:
    for number, values_of_row in enumerate(ROWS[field.name], start=1):
        for place, column in enumerate(field.columns):
            value = values_of_row.get(column.name, "")
            if column.options() and value:
                value = labels_of(column, value, language)
            if column.kind == "number":
                value = value.replace(".", ",")
            cell = table.rows[number].cells[place]
            if value:
                write_list(cell.paragraphs[0], value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_template_comes_back_character_for_character(language):
    content, expected = fill_template(language)
    with translation.override("ru"):
        intake = read(content)
    from tests.factories import town

    expected["municipality"] = town().code
    assert set(expected) == {
        field.name for part in PARTS for field in part.fields if field.kind != "pictures"
    } - {"can_mentor"}
    got = answers(intake)
    for name, value in expected.items():
        assert got.get(name) == value, name
    assert set(got) == set(expected)
    assert intake.unplaced == []
    assert intake.notes == []
    assert intake.language == intake.answers["language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_are_what_the_form_reads(language, media_root):
    from practices.contribution import SECTIONS, draft_from_word

    content, expected = fill_template(language)
    draft, _notes = draft_from_word(upload("a.docx", content), owner=make_user())
    asked = set()
    for section in SECTIONS.values():
        assert Sheet(draft, section).errors() == {}, section.name
        asked |= {*section.form.base_fields, *(rows.name for rows in section.rows)}
    assert set(expected) <= asked


@pytest.mark.parametrize("language", LANGUAGES)
def test_empty_template_gives_nothing(language):
    intake = read(blank_template(language))
    assert (answers(intake), intake.unplaced, intake.pictures, intake.notes) == ({}, [], [], [])
    assert intake.language == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_template_is_a_proper_document(language):
    document = Document(io.BytesIO(blank_template(language)))
    section = document.sections[0]
    assert abs(section.page_width - Cm(21)) < 1000
    assert abs(section.page_height - Cm(29.7)) < 1000
    headings = [each.text for each in document.paragraphs if each.style.name == "Heading 2"]
    assert headings == [field.label[language] for part in PARTS for field in part.fields]
    assert document.core_properties.author == ""
    assert f"/{language}/practices/add/" in "".join(each.text for each in document.paragraphs)
    # One language a document: no word of the other one's headings.
    other = {"ky": "Проблема", "ru": "Көйгөй"}[language]
    assert other not in headings


def test_every_heading_means_one_field():
    for field in FIELDS.values():
        for word in (*field.label.values(), *field.also):
            assert LABELS[fold(word)] == field, word
        for column in field.columns:
            names = [
                fold(word) for each in field.columns for word in (*each.label.values(), *each.also)
            ]
            for word in (*column.label.values(), *column.also):
                others = [
                    other.name
                    for other in field.columns
                    if other != column
                    and fold(word) in map(fold, (*other.label.values(), *other.also))
                ]
                assert others == [], (field.name, word, names)


# ---------------------------------------------------------------- as people send them


def test_bold_lines_are_headings():
    intake = read_lines(
        ("bold", "Проблема"), "Воды не было.", ("bold", "Что сделано:"), "Провели трубу.",
        ("bold", "РЕЗУЛЬТАТЫ"), "Вода есть.", "Результат: все довольны.",
    )  # fmt: skip
    assert answers(intake) == {
        "problem": "Воды не было.",
        "solution": "Провели трубу.",
        "result": "Вода есть.\n\nРезультат: все довольны.",
    }
    assert intake.language == "ru"


def test_kyrgyz_synonyms_and_letters_typed_without_marks():
    intake = read_lines(
        "Маселе", "Суу жок болчу.", "Эмне кылынды", "Түтүк тарттык.", "Натыйжасы", "Суу бар.",
        "Баштапкы абал эмес", "Мооноту: 2023-жылдын апрели",
    )  # fmt: skip
    assert answers(intake) == {
        "problem": "Суу жок болчу.",
        "solution": "Түтүк тарттык.",
        "result": "Суу бар.\n\nБаштапкы абал эмес",
        "started_on": "2023-04-01",
    }
    assert intake.language == "ky"
    assert len(intake.notes) == 1  # the day is not told


def test_labels_before_a_colon():
    intake = read_lines(
        "Название: Вода по счётчикам",
        "Муниципалитет: город Нарын",
        "Тема – Питьевая вода",
        "Проблема: воды не было",
        "и её возили.",
        "Стоимость, тыс. сомов: 450",
        "Телефон: +996 3522 5-00-00",
    )
    assert answers(intake) == {
        "title": "Вода по счётчикам",
        "municipality": intake.answers["municipality"],
        "theme": "drinking-water",
        "problem": "воды не было\n\nи её возили.",
        "cost_once": "450000",
        "office_phone": "+996 3522 5-00-00",
    }
    assert intake.unplaced == []


def test_numbered_lines_are_headings():
    intake = read_lines("1. Проблема", "Пыль.", "2. Что сделали", "Полили.", "3) Итоги", "Чисто.")
    assert answers(intake) == {"problem": "Пыль.", "solution": "Полили.", "result": "Чисто."}


def test_table_of_labels_and_texts():
    document = Document()
    table = document.add_table(rows=0, cols=3)
    for number, (label, text) in enumerate(
        [
            ("Аталышы", "Таза көчө"),
            ("Көйгөй", "Таштанды көп эле."),
            ("Жашы", "белгисиз"),
            ("Баасы", "12 000 сом"),
        ],
        start=1,
    ):
        cells = table.add_row().cells
        cells[0].text, cells[1].text, cells[2].text = str(number), label, text
    document.add_paragraph("Соңунда айтылган сөз.")
    intake = read(document)
    assert answers(intake) == {
        "title": "Таза көчө",
        "problem": "Таштанды көп эле.",
        "cost_once": "12000",
    }
    assert intake.unplaced == ["3: Жашы: белгисиз", "Соңунда айтылган сөз."]


def test_misspelt_heading_is_known_where_it_is_a_heading():
    intake = read_lines(("Heading 1", "Проблемма"), "Пыль.", ("Heading 1", "Резултат"), "Чисто.")
    assert answers(intake) == {"problem": "Пыль.", "result": "Чисто."}


def test_own_headings_stay_inside_and_strange_ones_end_the_field():
    intake = read_lines(
        ("Heading 1", "Проблема"), "Пыль.", ("Heading 2", "На верхней улице"), "Больше всего.",
        ("Heading 1", "Благодарности"), "Спасибо всем.",
        ("Heading 1", "Результат"), "Чисто.",
    )  # fmt: skip
    assert answers(intake) == {
        "problem": "Пыль.\n\nНа верхней улице\n\nБольше всего.",
        "result": "Чисто.",
    }
    assert intake.unplaced == ["Благодарности", "Спасибо всем."]


def test_steps_come_as_a_list_too():
    document = document_of(("Heading 1", "Этапы"))
    for text in ("Собрать сход", "Купить трубу"):
        document.add_paragraph(text, style="List Number")
    document.add_paragraph("У завода, без посредника.")
    intake = read(document)
    assert answers(intake) == {
        "steps": [
            {"title": "Собрать сход"},
            {"title": "Купить трубу", "text": "У завода, без посредника."},
        ]
    }


def test_table_of_another_shape_is_understood_by_its_header():
    document = document_of(("Heading 1", "Показатели"))
    table = document.add_table(rows=3, cols=6)
    rows = [
        ("№", "Показатель", "Ед. изм.", "Было в 2021 г.", "Стало в 2023 г.", "Примечание"),
        ("1", "Часов с водой", "час", "4", "24", "по журналу"),
        ("2", "Жалобы", "", "12 штук", "много", ""),
    ]
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    with translation.override("ru"):
        intake = read(document)
    assert answers(intake)["measurements"] == [
        {"indicator": "Часов с водой", "unit": "час", "before": "4", "before_year": "2021",
         "after": "24", "after_year": "2023"},
        {"indicator": "Жалобы", "unit": "штук", "before": "12", "before_year": "2021",
         "after_year": "2023"},
    ]  # fmt: skip
    assert intake.unplaced == ["Примечание: по журналу", "После: много"]
    assert len(intake.notes) == 1


def test_money_in_thousands_by_the_header():
    document = document_of(("Heading 1", "Финансирование"))
    table = document.add_table(rows=4, cols=2)
    for row, texts in zip(
        table.rows,
        [
            ("Источник", "Сумма, тыс. сом"),
            ("Бюджет АО", "300"),
            ("Ашар", "1,5"),
            ("Итого", "301,5"),
        ],
        strict=True,
    ):
        row.cells[0].text, row.cells[1].text = texts
    intake = read(document)
    assert answers(intake)["funding"] == [
        {"amount": "300000"},
        {"source": "in_kind", "amount": "1500"},
    ]
    assert intake.unplaced == ["Источник: Бюджет АО", "Итого | 301,5"]


def test_table_inside_a_text_stays_in_it():
    document = document_of(("Heading 1", "Проблема"), "Сколько пыли:")
    table = document.add_table(rows=2, cols=2)
    for row, texts in zip(table.rows, [("Улица", "Грамм"), ("Верхняя", "12")], strict=True):
        row.cells[0].text, row.cells[1].text = texts
    document.add_paragraph("Это много.")
    assert answers(read(document)) == {
        "problem": "Сколько пыли:\n\nУлица | Грамм\nВерхняя | 12\n\nЭто много."
    }


def test_advice_left_in_place_is_no_answer_even_with_text_after_it():
    advice = FIELDS["lessons"].advice["ru"]
    intake = read_lines(
        ("Heading 2", "Уроки"), f"{advice} Начинать весной.", ("Heading 2", "Чего не делать"),
        FIELDS["what_not_to_do"].advice["ru"],
    )  # fmt: skip
    assert answers(intake) == {"lessons": "Начинать весной."}
    assert intake.unplaced == []


def test_document_that_is_no_template_keeps_its_words():
    with translation.override("ru"):
        intake = read_lines("Как мы починили мост", "Мост был старый.", "Мы его починили.")
    assert answers(intake) == {"title": "Как мы починили мост"}
    assert intake.unplaced == ["Мост был старый.", "Мы его починили."]
    assert len(intake.notes) == 1
    assert intake.language == "ru"


def test_first_line_that_is_a_sentence_is_no_title():
    intake = read_lines("Мост был старый, и ходить по нему боялись.", "Мы его починили.")
    assert answers(intake) == {}
    assert len(intake.unplaced) == 2


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Суу жок болчу, эми бар. Элдин өтүнүчү аткарылды.", "ky"),
        ("Айыл окмоту ашар кылып жолду ондоду жана бул жакшы болду", "ky"),
        ("Айыл өкмөтү починило дорогу, и воды стало больше на улице", "ru"),
    ],
)
def test_language_by_letters_and_words(text, language):
    assert read_lines(text).language == language
    assert read_lines(text, language="ru").language == "ru"


# ---------------------------------------------------------------- places and themes


@pytest.fixture
def two_of_one_name(db):
    from places.models import District

    districts = list(District.objects.order_by("code"))
    first = districts[0]
    second = next(each for each in districts if each.oblast_id != first.oblast_id)
    return [
        make_municipality(
            district=each, name_ky="Терек-Суу айыл аймагы", name_ru="айылный аймак Терек-Суу"
        )
        for each in (first, second)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Нарын шаары",
        "г. Нарын",
        "город Нарын",
        "Мэрия города Нарын",
        "НАРЫН",
        "Нарын шаары, Нарын облусу",
    ],
)
def test_municipality_by_any_of_its_names(text):
    from tests.factories import town

    intake = read_lines(f"Муниципалитет: {text}")
    assert answers(intake) == {"municipality": town().code}
    assert (intake.unplaced, intake.notes) == ([], [])


def test_ambiguous_municipality_is_never_guessed(two_of_one_name):
    with translation.override("ru"):
        intake = read_lines("Муниципалитет: Терек-Суу")
    assert answers(intake) == {}
    assert intake.unplaced == ["Муниципалитет: Терек-Суу"]
    [note] = intake.notes
    assert note.count("Терек-Суу") == 3


def test_oblast_and_district_tell_them_apart(two_of_one_name):
    second = two_of_one_name[1]
    intake = read_lines(
        f"Область: {second.oblast.name_ru}",
        f"Район: {second.district.name_ru}",
        "Айылный аймак: Терек-Суу",
    )
    assert answers(intake) == {"municipality": second.code}
    assert intake.unplaced == []
    intake = read_lines(f"Муниципалитет: Терек-Суу айыл аймагы, {second.oblast.name_ky}")
    assert answers(intake) == {"municipality": second.code}


def test_unknown_municipality_stands_with_the_texts():
    with translation.override("ru"):
        intake = read_lines("Муниципалитет: Ак-Жар-Көл", "Область: Чуйская область")
    assert answers(intake) == {}
    assert intake.unplaced == ["Муниципалитет: Ак-Жар-Көл", "Область: Чуйская область"]
    assert len(intake.notes) == 1


def test_wrong_district_is_told():
    intake = read_lines("Муниципалитет: город Нарын", "Область: Чуйская область")
    assert "municipality" not in answers(intake)
    assert intake.unplaced == ["Муниципалитет: город Нарын", "Область: Чуйская область"]


@pytest.mark.parametrize(
    ("text", "slug", "notes"),
    [
        ("Питьевая вода", "drinking-water", 0),
        ("ичуучу суу", "drinking-water", 0),
        ("Питьевая водa", "drinking-water", 1),
        ("бюджет", "budget", 1),
        ("☒ Отходы и санитария", "waste", 0),
        ("вода", None, 1),
    ],
)
def test_theme_by_its_names(text, slug, notes):
    intake = read_lines(f"Тема: {text}")
    assert answers(intake) == ({"theme": slug} if slug else {})
    assert len(intake.notes) == notes
    assert intake.unplaced == ([] if slug else [f"{FIELDS['theme'].label['ru']}: {text}"])


# ---------------------------------------------------------------- choices


def test_only_the_wanted_line_left_is_a_choice():
    intake = read_lines(("Heading 2", "Кто предложил"), "☐ Жители")
    assert answers(intake) == {"initiative": "residents"}
    assert len(intake.notes) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["☐ Жители", "☑ Проект", "☐ Государство"],
        ["[ ] Жители", "[x] Проект"],
        ["☐ Жители ☒ Проект ☐ Государство"],
        ["Проект ✓"],
        ["проект"],
        ["долбоор"],
    ],
)
def test_choices_however_they_are_marked(lines):
    assert answers(read_lines(("Heading 2", "Кто предложил"), *lines)) == {"initiative": "project"}


def test_two_marks_where_one_is_asked():
    intake = read_lines(("Heading 2", "Кто предложил"), "☒ Жители", "☒ Проект", language="ru")
    assert answers(intake) == {"initiative": "residents"}
    assert intake.unplaced == ["Кто предложил: Проект"]


def test_groups_on_one_line():
    intake = read_lines("Уязвимые группы: женщины, дети, космонавты", language="ru")
    assert answers(intake) == {"vulnerable_groups": ["children", "women"]}
    assert intake.unplaced == ["Каким уязвимым группам помогает: космонавты"]


def test_choice_in_words_of_ones_own_is_handed_on():
    intake = read_lines("Инициатор: мой сосед", language="ru")
    assert answers(intake) == {}
    assert intake.unplaced == ["Кто предложил: мой сосед"]


# ---------------------------------------------------------------- dates, money, numbers


@pytest.mark.parametrize(
    ("text", "value", "doubt"),
    [
        ("12.04.2023", "2023-04-12", ""),
        ("12.04.23", "2023-04-12", ""),
        ("2023-04-12", "2023-04-12", ""),
        ("12/4/2023 г.", "2023-04-12", ""),
        ("12 апреля 2023 года", "2023-04-12", ""),
        ("12-апрель 2023-ж.", "2023-04-12", ""),
        ("2023-жылдын 12-апрели", "2023-04-12", ""),
        ("2023-ж., 12-апрель", "2023-04-12", ""),
        ("2023-жылдын 12-апрелинде", "2023-04-12", ""),
        ("с 12 мая 2023 г.", "2023-05-12", ""),
        ("апрель 2023", "2023-04-01", "loose"),
        ("в апреле 2023 года", "2023-04-01", "loose"),
        ("2023-жылдын апрели", "2023-04-01", "loose"),
        ("2023-жылдын апрель айы", "2023-04-01", "loose"),
        ("04.2023", "2023-04-01", "loose"),
        ("2023", "2023-01-01", "loose"),
        ("2023-жылы", "2023-01-01", "loose"),
        ("2023 год", "2023-01-01", "loose"),
        ("весной 2023 года", "2023-01-01", "partly"),
        ("где-то 12.04.2023, точно не помню", "2023-04-12", "partly"),
        ("31.02.2023", None, ""),
        ("вчера", None, ""),
        ("1823", None, ""),
        ("12.13.2023", None, ""),
        ("0312202345", None, ""),
    ],
)
def test_dates(text, value, doubt):
    found = values.read_date(text)
    assert (found.value, found.doubt) == (value, doubt) if value else found is None


def test_end_of_a_year_and_of_a_month():
    assert values.read_date("2023", is_end=True).value == "2023-12-31"
    assert values.read_date("февраль 2024", is_end=True).value == "2024-02-29"


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2021–2023", "2021-01-01", "2023-12-31"),
        ("2021-2023 гг.", "2021-01-01", "2023-12-31"),
        ("апрель 2022 – май 2023", "2022-04-01", "2023-05-31"),
        ("с 12.04.2022 по 01.05.2023", "2022-04-12", "2023-05-01"),
        ("2021-жылдан 2023-жылга чейин", "2021-01-01", "2023-12-31"),
        ("с 2021 года по настоящее время", "2021-01-01", None),
    ],
)
def test_periods(text, start, end):
    intake = read_lines(f"Сроки: {text}")
    assert answers(intake) == {"started_on": start} | ({"finished_on": end} if end else {})


@pytest.mark.parametrize(
    ("text", "value", "doubt"),
    [
        ("450 000 сом", "450000", ""),
        ("450\u00a0000", "450000", ""),
        ("450000", "450000", ""),
        ("450 миң сом", "450000", ""),
        ("450 тыс. сомов", "450000", ""),
        ("1,2 млн", "1200000", ""),
        ("1.2 миллиона сомов", "1200000", ""),
        ("1 млн 200 тыс. сом", "1200000", ""),
        ("1.250.000 сом", "1250000", ""),
        ("1,250,000", "1250000", ""),
        ("12 500,50 сом", "12500", ""),
        ("20 000 сом в год", "20000", ""),
        ("жылына 20 000 сом", "20000", ""),
        ("2 млрд сом", "2000000000", ""),
        ("бесплатно", "0", ""),
        ("акысыз", "0", ""),
        ("0", "0", ""),
        ("около 450 000 сом", "450000", "partly"),
        ("450 000 сом (смета)", "450000", "partly"),
        ("400–500 тыс. сом", None, ""),
        ("450 000 сом, из них 50 000 ашар", None, ""),
        ("5000 $", None, ""),
        ("5000 долларов", None, ""),
        ("-5000", None, ""),
        ("много", None, ""),
    ],
)
def test_money(text, value, doubt):
    found = values.read_money(text)
    assert (found.value, found.doubt) == (value, doubt) if value else found is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12,5 %", ("12.5", "%")),
        ("−3", ("-3", "")),
        ("1 200 литров", ("1200", "литров")),
        ("0,50", ("0.5", "")),
        ("10", ("10", "")),
        ("12 (2020)", None),
        ("много", None),
    ],
)
def test_numbers(text, found):
    assert values.read_number(text) == found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", "10"),
        ("10 дней", "10"),
        ("10 күн", "10"),
        ("2 недели", "14"),
        ("1 ай", "30"),
        ("3–5", None),
    ],
)
def test_days(text, value):
    found = values.read_days(text)
    assert (found and found.value) == value


@given(st.text(max_size=60))
def test_values_never_break(text):
    for reader in (
        values.read_date, values.read_period, values.read_year, values.read_money,
        values.read_count, values.read_number, values.read_days, values.read_flag,
    ):  # fmt: skip
        reader(text)


@given(st.integers(0, 10**11))
def test_money_keeps_its_digits(amount):
    grouped = f"{amount:,}"
    for text in (str(amount), grouped.replace(",", " "), grouped.replace(",", "\u00a0"), grouped):
        assert values.read_money(f"{text} сом").value == str(amount)


# ---------------------------------------------------------------- nothing is lost

BLANK = saved(document_of("Проблема: пыль", ("Heading 1", "Результат"), "Чисто."))

WORD = st.text("абвгдежзийөүңqwxz", min_size=2, max_size=8)
SENTENCE = st.lists(WORD, min_size=1, max_size=8).map(" ".join)
TEXT_LABELS = [
    word
    for field in FIELDS.values()
    if field.kind in {"text", "line"} or field.name == "steps"
    for word in field.label.values()
]
PIECE = st.one_of(
    st.tuples(st.just("text"), SENTENCE),
    st.tuples(st.sampled_from(["Heading 1", "Heading 2", "bold", "text"]), st.sampled_from(TEXT_LABELS)),
    st.tuples(st.sampled_from(["Heading 1", "Heading 3", "bold", "List Bullet", "Title"]), SENTENCE),
    st.tuples(st.just("text"), st.tuples(st.sampled_from(TEXT_LABELS), SENTENCE).map(": ".join)),
    st.tuples(st.just("table"), st.lists(st.lists(SENTENCE, min_size=2, max_size=2), min_size=1, max_size=3)),
    st.tuples(
        st.just("table"),
        st.lists(st.tuples(st.sampled_from(TEXT_LABELS), SENTENCE).map(list), min_size=2, max_size=4),
    ),
    st.tuples(st.just("box"), SENTENCE),
    st.tuples(st.just("header"), SENTENCE),
)  # fmt: skip
BOX = (
    "<w:r {ns}><w:pict><v:shape xmlns:v='urn:schemas-microsoft-com:vml'><v:textbox><w:txbxContent>"
    "<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
)


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


@given(st.lists(PIECE, max_size=14))
def test_every_word_is_somewhere(pieces):
    document = Document()
    for style, text in pieces:
        if style == "table":
            table = document.add_table(rows=len(text), cols=2)
            for row, cells in zip(table.rows, text, strict=True):
                row.cells[0].text, row.cells[1].text = cells
        elif style == "box":
            box = parse_xml(BOX.format(ns=nsdecls("w"), text=text))
            document.add_paragraph()._p.append(box)
        elif style == "header":
            document.sections[0].header.paragraphs[0].text = text
        elif style == "bold":
            document.add_paragraph().add_run(text).bold = True
        else:
            document.add_paragraph(text, style=None if style == "text" else style)
    content = saved(document)
    intake = read(content)
    placed = {word for text in flat(intake.answers) + intake.unplaced for word in words_of(text)}
    said = {word for text in all_texts(content) for word in words_of(text)}
    known = {word for label in TEXT_LABELS for word in words_of(label)}
    assert said - placed <= known


def all_texts(content: bytes) -> list[str]:
    """The words of every paragraph of the text and of the header, whatever this portal thinks of them."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = [n for n in package.namelist() if re.match(r"word/(document|header\d*)\.xml", n)]
        found = []
        for name in parts:
            xml = package.read(name).decode()
            found += [
                "".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", paragraph))
                for paragraph in re.findall(r"<w:p[ >].*?</w:p>", xml, re.DOTALL)
            ]
    return found


def flat(answers) -> list[str]:
    found = []
    for value in answers.values():
        for each in value if isinstance(value, list) else [value]:
            found += each.values() if isinstance(each, dict) else [each]
    return found


NAMES = st.sampled_from((
    "p", "r", "t", "tab", "br", "sym", "tbl", "tr", "tc", "tcPr", "gridSpan", "pPr", "rPr", "b", "numPr",
    "numId", "ilvl", "pStyle", "outlineLvl", "sdt", "sdtContent", "AlternateContent", "Choice",
    "Fallback", "txbxContent", "drawing", "blip", "imagedata", "fldChar", "ffData", "checkBox",
))  # fmt: skip
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["val", "type", "char", "embed", "link", "id"]),
    st.sampled_from(
        ["", "0", "1", "-1", "9" * 30, "ы", "F0FE", "D800", "FFFF", "rId1", "page", "bullet"]
    ),
    max_size=2,
)
TREES = st.recursive(
    st.sampled_from(["", "Проблема: пыль", "☒ Жители", "1.", "٣٣٣"]),
    lambda inner: st.tuples(NAMES, ATTRIBUTES, st.lists(inner, max_size=4)),
    max_leaves=25,
)


def as_xml(tree) -> str:
    if isinstance(tree, str):
        return tree
    name, attributes, inner = tree
    told = "".join(f' w:{key}="{value}"' for key, value in attributes.items())
    return f"<w:{name}{told}>{''.join(map(as_xml, inner))}</w:{name}>"


@given(st.lists(TREES, max_size=5))
def test_any_tree_of_elements_is_read_or_refused(trees):
    read(with_body(body("".join(map(as_xml, trees)))))


@given(st.integers(0, 10**9), st.integers(0, 255))
def test_a_changed_byte_breaks_nothing(place, value):
    content = bytearray(BLANK)
    content[place % len(content)] = value
    with contextlib.suppress(ValidationError):
        read(bytes(content))


def test_deleted_text_is_gone_and_inserted_text_is_there():
    xml = body(
        "<w:p><w:r><w:t>Проблема: </w:t></w:r><w:del><w:r><w:delText>старая</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>новая</w:t></w:r></w:ins></w:p>"
    )
    assert answers(read(with_body(xml))) == {"problem": "новая"}


def test_content_controls_and_the_strict_variant_are_read():
    xml = body(
        "<w:sdt><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>Проблема: пыль</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    ).replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert answers(read(with_body(xml))) == {"problem": "пыль"}


# ---------------------------------------------------------------- pictures


def test_pictures_come_in_order_and_once():
    document = document_of(("Heading 1", "Проблема"), "Пыль.")
    shots = [picture(size=(40, 30), color=color) for color in ("red", "blue")]
    for shot in (*shots, shots[0]):
        document.add_picture(io.BytesIO(shot))
    document.add_picture(io.BytesIO(picture("PNG", size=(20, 20))))
    document.sections[0].header.paragraphs[0].add_run().add_picture(
        io.BytesIO(picture(size=(9, 9)))
    )
    intake = read(document)
    assert [name for name, _content in intake.pictures] == [
        "picture-1.jpg", "picture-2.jpg", "picture-3.png",
    ]  # fmt: skip
    assert [content for _name, content in intake.pictures[:2]] == shots
    assert intake.notes == []


def test_more_than_eight_pictures_are_told():
    document = Document()
    for number in range(11):
        document.add_picture(io.BytesIO(picture(size=(10 + number, 10))))
    with translation.override("en"):
        intake = read(document)
    assert len(intake.pictures) == 8
    assert any(note.startswith("3 further pictures") for note in intake.notes)


def test_pictures_of_other_kinds_are_told():
    document = Document()
    document.add_picture(io.BytesIO(picture("GIF", size=(10, 10))))
    with translation.override("en"):
        intake = read(document)
    assert intake.pictures == []
    assert any("JPEG, PNG and WebP" in note for note in intake.notes)


RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}"{mode}/></Relationships>'
)
BLIP = '<w:p><w:r><w:drawing><a:blip xmlns:a="urn:a" xmlns:r="urn:r" r:{how}="r1"/></w:drawing></w:r></w:p>'


def with_picture(target: str, mode: str = "", how: str = "embed") -> bytes:
    relations = RELATIONS.format(kind="image", target=target, mode=mode)
    return with_body(
        body("<w:p><w:r><w:t>Проблема: пыль</w:t></w:r></w:p>" + BLIP.format(how=how)),
        {"word/_rels/document.xml.rels": relations.encode()},
    )


@pytest.mark.parametrize("how", ["embed", "link"])
def test_linked_picture_is_never_fetched(how):
    content = with_picture("http://127.0.0.1:9/picture.jpg", ' TargetMode="External"', how)
    with translation.override("en"):
        intake = read(content)
    assert intake.pictures == []
    assert any("only linked to" in note for note in intake.notes)


@pytest.mark.parametrize(
    "target",
    ["../../../etc/passwd", "file:///etc/passwd", "/etc/passwd", "document.xml", "\\\\host\\x"],
)
def test_picture_that_points_elsewhere_gives_no_file(target):
    assert read(with_picture(target)).pictures == []


# ---------------------------------------------------------------- refused, each with a sentence


def test_kinds_that_are_no_word_document():
    assert "old Word" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.doc")
    assert "old Word" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    protected = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    assert "password" in refusal(protected)
    assert ".docx" in refusal(b"{\\rtf1 hello}", "a.rtf")
    assert "PDF" in refusal(b"%PDF-1.7 hello", "a.pdf")
    assert ".docx" in refusal(docx(kind="xlsx"), "a.xlsx")
    assert ".docx" in refusal(b"hello", "a.txt")
    assert "empty" in refusal(b"")


def test_macros_are_refused():
    assert "macros" in refusal(docx({"word/vbaProject.bin": b"x"}))
    assert "macros" in refusal(docx(), "a.docm")


def test_document_without_its_ending_is_read_all_the_same():
    content = saved(document_of("Проблема: пыль"))
    assert answers(read_word(upload("document", content))) == {"problem": "пыль"}
    assert answers(read_word(upload("document.docx.bin", content))) == {"problem": "пыль"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(encoding, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("leaked")
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    for doctype in (
        f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>',
        f'<!DOCTYPE x [<!ENTITY a0 "ha">{laughs}<!ENTITY e "&a11;">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ):
        text = "&e;" if "ENTITY" in doctype else "x"
        xml = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}' + body(
            f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
        )
        content = with_body("x", {})
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as package, zipfile.ZipFile(out, "w") as made:
            for name in package.namelist():
                is_text = name == "word/document.xml"
                made.writestr(name, xml.encode(encoding) if is_text else package.read(name))
        assert "damaged" in refusal(out.getvalue())


def test_entities_in_other_parts_are_refused():
    for part in ("styles", "numbering", "header"):
        content = with_body(
            body("<w:p/>"),
            {
                f"word/{part}.xml": b'<!DOCTYPE x [<!ENTITY e "1">]><x>&e;</x>',
                "word/_rels/document.xml.rels": RELATIONS.format(
                    kind=part, target=f"{part}.xml", mode=""
                ).encode(),
            },
        )
        assert "damaged" in refusal(content), part


@pytest.mark.parametrize("xml", ["", "<", "<w:document/>", "<a><b></a>", "\0", "<x>" * 3000])
def test_broken_text_is_refused(xml):
    assert "damaged" in refusal(with_body(xml))


def test_broken_packages_are_refused():
    whole = saved(document_of("Проблема: пыль"))
    for content in (whole[: len(whole) // 2], whole[:30], b"PK\x03\x04" + b"\0" * 200):
        assert refusal(content)


def test_two_hundred_thousand_paragraphs_are_refused_soon():
    # As a script would make it; as such it packs too well and is refused for that.
    assert refusal(with_body(body("<w:p/>" * 200_000)))
    document = Document()
    for number in range(MAX_PARAGRAPHS + 1):
        document.element.body.append(
            parse_xml(f"<w:p {nsdecls('w')}><w:r><w:t>{number * 7919}</w:t></w:r></w:p>")
        )
    assert "too long" in refusal(saved(document))


def test_a_book_is_refused():
    document = Document()
    for number in range(400):
        document.add_paragraph(" ".join(str(number * 1000 + each) for each in range(100)))
    assert "too long" in refusal(saved(document))


@pytest.mark.parametrize("heading", ["Тема", "Шаги", "Проблема", "Муниципалитет", ""])
def test_thousands_of_lines_take_seconds_at_most(heading):
    lines = [f"строка {number * 7919} и слова в ней" for number in range(4500)]
    document = document_of(*([("Heading 1", heading)] if heading else []))
    for line in lines:
        document.element.body.append(
            parse_xml(
                f"<w:p {nsdecls('w')}><w:r><w:rPr><w:b/></w:rPr><w:t>{line}</w:t></w:r></w:p>"
            )
        )
    content = saved(document)
    start = time.monotonic()
    intake = read(content)
    assert time.monotonic() - start < 15
    assert lines[-1] in "\n".join([*intake.unplaced, *flat(intake.answers)])


def test_tables_inside_tables_are_refused_from_some_depth_on():
    inner = "<w:p><w:r><w:t>дно</w:t></w:r></w:p>"
    for _level in range(4):
        inner = f"<w:tbl><w:tr><w:tc>{inner}<w:p/></w:tc></w:tr></w:tbl>"
    assert read(with_body(body(inner))).unplaced == ["дно"]
    for _level in range(30):
        inner = f"<w:tbl><w:tr><w:tc>{inner}<w:p/></w:tc></w:tr></w:tbl>"
    assert "Tables inside tables" in refusal(with_body(body(inner)))


def test_styles_that_stand_on_each_other_do_not_go_round_for_ever():
    styles = (
        f"<w:styles {W}><w:style w:styleId='a'><w:name w:val='x'/><w:basedOn w:val='b'/></w:style>"
        "<w:style w:styleId='b'><w:name w:val='y'/><w:basedOn w:val='a'/></w:style></w:styles>"
    )
    content = with_body(
        body("<w:p><w:pPr><w:pStyle w:val='a'/></w:pPr><w:r><w:t>Проблема: пыль</w:t></w:r></w:p>"),
        {
            "word/styles.xml": styles.encode(),
            "word/_rels/document.xml.rels": RELATIONS.format(
                kind="styles", target="styles.xml", mode=""
            ).encode(),
        },
    )
    assert answers(read(content)) == {"problem": "пыль"}


def test_embedded_objects_are_passed_by():
    xml = body(
        "<w:p><w:r><w:t>Проблема: пыль</w:t></w:r><w:r><w:object><o:OLEObject xmlns:o='urn:o' "
        "xmlns:r='urn:r' r:id='r1'/></w:object></w:r></w:p>"
    )
    relations = RELATIONS.format(kind="oleObject", target="embeddings/oleObject1.bin", mode="")
    content = with_body(
        xml,
        {
            "word/_rels/document.xml.rels": relations.encode(),
            "word/embeddings/oleObject1.bin": picture(),
        },
    )
    with translation.override("en"):
        intake = read(content)
    assert answers(intake) == {"problem": "пыль"}
    assert intake.pictures == []
    assert any("embedded object" in note for note in intake.notes)


def test_too_many_rows_and_too_long_texts_are_handed_on():
    document = document_of(("Heading 1", "Шаги"))
    for number in range(45):
        document.add_paragraph(f"Сделать дело {number}", style="List Bullet")
    document.add_paragraph("Проблема", style="Heading 1")
    for number in range(40):
        document.add_paragraph(f"слово{number} " * 120)
    intake = read(document)
    assert len(intake.answers["steps"]) == 40
    assert intake.unplaced[:5] == [f"Сделать дело {number}" for number in range(40, 45)]
    assert len(intake.answers["problem"]) <= 30_000
    assert "слово39" in intake.unplaced[-1]
    assert len(intake.notes) == 2


def test_furniture_of_the_template_is_recognised_in_both_languages():
    for language in LANGUAGES:
        for field in FIELDS.values():
            if field.advice:
                assert fold(field.advice_in(language)) in furniture()
            assert spellings(field.label[language])[0] in LABELS
