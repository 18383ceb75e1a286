"""manage.py import_practices: drafts from a table, errors by line, nothing guessed, nothing twice."""

import csv
import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from practices.imports import COLUMNS, read_year
from practices.models import Practice
from publishing.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db

RUSSIAN = {
    "title_ru": "Вода в каждый двор",
    "municipality": "город Нарын",
    "oblast": "Нарынская область",
    "year": "2019",
    "theme": "Питьевая вода",
    "problem_ru": "Воды не было.",
    "solution_ru": "Провели трубу.\n\nПоставили счётчики.",
    "result_ru": "Вода есть.",
    "source_url": "https://example.org/practices/1",
}
KYRGYZ = {
    "title_ky": "Ар бир короого суу",
    "municipality": "Нарын шаары",
    "year": "2019",
    "theme": "ичуучу суу",
    "problem_ky": "Суу жок болчу.",
    "solution_ky": "Түтүк тартылды.",
    "result_ky": "Суу бар.",
    "source_url": "https://example.org/practices/1",
}


@pytest.fixture
def table(tmp_path):
    def write(*rows, columns=COLUMNS, delimiter=",", encoding="utf-8", name="practices.csv"):
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, delimiter=delimiter, restval="")
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / name
        path.write_bytes(out.getvalue().encode(encoding))
        return path

    return write


def run(path, *options) -> str:
    out = io.StringIO()
    call_command("import_practices", str(path), *options, stdout=out)
    return out.getvalue()


def run_with_errors(path, *options) -> str:
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("import_practices", str(path), *options, stdout=out)
    assert error.value.returncode == 1
    return out.getvalue()


# ---------------------------------------------------------------- what comes in


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_row_in_one_language_becomes_a_draft_in_it(table, language):
    row = {"ky": KYRGYZ, "ru": RUSSIAN}[language]
    assert "1 new, 0 joined, 0 already here, 0 errors" in run(table(row))
    practice = Practice.objects.get()
    other = {"ky": "ru", "ru": "ky"}[language]
    assert practice.status == "draft"
    assert practice.original_language == language
    assert (practice.state_of(language), practice.state_of(other)) == ("draft", "absent")
    for name in ("title", "problem", "solution", "result"):
        assert getattr(practice, f"{name}_{language}")
        assert not getattr(practice, f"{name}_{other}")
    assert practice.municipality == factories.town("Нарын шаары")
    assert practice.theme.slug == "drinking-water"
    assert practice.started_on == date(2019, 1, 1)
    assert "2019" in practice.editor_note
    assert practice.collected_via == "desk"
    assert practice.created_by is None
    assert practice.source_url == row["source_url"]
    assert not practice.is_readable


def test_row_in_both_languages_is_kyrgyz(table):
    run(table(RUSSIAN | KYRGYZ))
    practice = Practice.objects.get()
    assert practice.original_language == "ky"
    assert (practice.state_ky, practice.state_ru) == ("draft", "draft")


def test_language_with_more_of_the_text_is_the_original(table):
    run(table(RUSSIAN | {"title_ky": "Ар бир короого суу"}))
    assert Practice.objects.get().original_language == "ru"


def test_import_is_written_down(table):
    run(table(RUSSIAN))
    event = AuditEvent.about(Practice.objects.get()).get()
    assert (event.action, event.via, event.after, event.actor_id) == (
        "import",
        "import",
        "draft",
        None,
    )
    assert event.details["file"] == "practices.csv"
    assert event.details["line"] == 2


def test_plain_text_becomes_paragraphs_and_markup_is_cleaned(table):
    evil = '<p onclick="alert(1)">Суу<script>alert(1)</script></p><img src=x onerror=alert(1)>'
    run(table(RUSSIAN | {"problem_ru": evil, "result_ru": "<script>alert(1)</script>"}))
    practice = Practice.objects.get()
    assert practice.solution_ru == "<p>Провели трубу.</p><p>Поставили счётчики.</p>"
    assert practice.problem_ru == "<p>Суу</p>"
    assert "<script" not in practice.result_ru


def test_no_break_spaces_and_letters_of_the_text_stay(table):
    run(table(RUSSIAN | {"title_ru": "Труба  в 5\xa0км  «Ак-Суу»", "problem_ru": "5\xa0км"}))
    practice = Practice.objects.get()
    assert practice.title_ru == "Труба в 5\xa0км «Ак-Суу»"
    assert practice.problem_ru.replace("&nbsp;", "\xa0") == "<p>5\xa0км</p>"


def test_year_and_oblast_and_source_may_be_empty(table):
    run(table(RUSSIAN | {"year": "", "oblast": "", "source_url": ""}))
    practice = Practice.objects.get()
    assert (practice.started_on, practice.editor_note, practice.source_url) == (None, "", "")


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2019", 2019),
        ("2019-ж.", 2019),
        ("2019 г.", 2019),
        ("2019 год", 2019),
        ("2019.0", 2019),
        ("", None),
    ],
)
def test_year_as_people_write_it(text, year):
    assert read_year(text) == year


@pytest.mark.parametrize(
    "text", ["19", "1812", "2999", "2019-2021", "май 2019", "01.05.2019", "20l9", "२०१९"]
)
def test_what_is_no_year_is_told(table, text):
    said = run_with_errors(table(RUSSIAN | {"year": text}))
    assert "line 2: ERROR" in said
    assert "is not a year" in said
    assert not Practice.objects.exists()


# ---------------------------------------------------------------- files as they come


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_and_marks_of_spreadsheet_programs(table, encoding, delimiter):
    assert "1 new" in run(table(RUSSIAN, encoding=encoding, delimiter=delimiter))


def test_line_that_excel_puts_first_is_passed_over(table):
    path = table(RUSSIAN, RUSSIAN | {"theme": "нет такой"}, delimiter=";")
    path.write_bytes(b"sep=;\r\n" + path.read_bytes())
    said = run_with_errors(path)
    assert "line 3: new" in said
    # one line for «sep=», one for the headings, three of the first row, whose cell has breaks in it
    assert "line 6: ERROR" in said


def test_empty_lines_and_empty_columns_at_the_end_do_no_harm(table):
    path = table({}, RUSSIAN, {}, columns=(*COLUMNS, "", " "))
    assert "1 new, 0 joined, 0 already here, 0 errors" in run(path)


def test_headings_in_any_order_and_case(table):
    path = table(RUSSIAN, columns=tuple(reversed(COLUMNS)))
    path.write_text(path.read_text().replace("title_ru", " Title_RU "))
    assert "1 new" in run(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        ("title_ru\nСуу".encode("utf-16"), "not in UTF-8"),
        ("title_ru\nСуу".encode("cp1251"), "not in UTF-8"),
        (b"PK\x03\x04 a workbook", "is a spreadsheet"),
        (b"title_ru,theme\nA,B\n", "missing columns: municipality"),
        (b"municipality,theme\nA,B\n", "missing columns: title_ky or title_ru"),
        (b"title_ru,municipality,theme,titel_ky\n", "unknown columns: titel_ky"),
        (b"title_ru,title_ru,municipality,theme\n", "columns that come twice: title_ru"),
        (b'title_ru,municipality,theme\n"A,B,C\n', "not a CSV file"),
        (b"<html><body>404</body></html>", "missing columns"),
        (b"\x00\x00\x00\x00", "missing columns"),
    ],
)
def test_file_that_cannot_be_read_gets_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError) as error:
        run(path)
    assert sentence in str(error.value)
    assert str(error.value).endswith(".")
    assert not Practice.objects.exists()


def test_absent_file_is_told(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"title_ru": "А" * 121}, "title_ru is 121 characters long, 120 at most"),
        ({"problem_ru": "А" * 200_000}, "problem_ru is 200000 characters long"),
        ({"solution_ru": "нуль \0 нуль"}, "solution_ru holds a NUL character"),
        ({"title_ru": "  "}, "a title is missing"),
        ({"municipality": ""}, "the municipality is missing"),
        ({"theme": ""}, "the theme is missing"),
        ({"source_url": "javascript:alert(1)"}, "source_url"),
        ({"source_url": "https://example.org/" + "a" * 600}, "source_url"),
        ({"municipality": "Вашингтон"}, "no municipality “Вашингтон”"),
        ({"municipality": "41799999999999"}, "no municipality “41799999999999”"),
        ({"oblast": "Атлантида"}, "unknown oblast “Атлантида”"),
        (
            {"oblast": "Баткенская область"},
            "lies in Нарын облусу, but the line says “Баткенская область”",
        ),
        ({"municipality": "Нарын айыл аймагы"}, "no municipality “Нарын айыл аймагы”"),
        ({"theme": "Космос"}, "there is no theme “Космос”"),
    ],
)
def test_bad_row_is_told_by_its_line_and_the_others_come_in(table, cells, sentence):
    good = RUSSIAN | {
        "title_ru": "Другая",
        "source_url": "https://example.org/2",
        "solution_ru": "Одна строка.",
    }
    said = run_with_errors(table(good, RUSSIAN | cells))
    line = next(line for line in said.splitlines() if line.startswith("line 3: ERROR: "))
    assert sentence in line
    assert len(line) < 700
    assert Practice.objects.get().title_ru == "Другая"


def test_all_that_is_wrong_with_a_row_is_told_at_once(table):
    said = run_with_errors(table({"year": "x", "municipality": "y", "theme": "z"}))
    for part in ("a title is missing", "is not a year", "no municipality", "there is no theme"):
        assert part in said


def test_row_with_more_cells_than_columns_is_told(table):
    path = table(RUSSIAN, RUSSIAN | {"source_url": "https://example.org/2"})
    path.write_text(path.read_text().rstrip() + ",one more\n")
    assert "ERROR: 14 cells, but 13 columns" in run_with_errors(path)
    assert Practice.objects.count() == 1


# ---------------------------------------------------------------- names, never guessed


@pytest.mark.parametrize(
    "theme",
    [
        "Питьевая вода",
        "ПИТЬЕВАЯ  ВОДА",
        "Ичүүчү суу",
        "ичуучу суу",
        "drinking-water",
        "4",
        "Питевая вода",
        "Питьевая вода.",
    ],
)
def test_theme_by_any_of_its_names(table, theme):
    run(table(RUSSIAN | {"theme": theme}))
    assert Practice.objects.get().theme.slug == "drinking-water"


def test_misspelling_is_told(table):
    said = run(
        table(RUSSIAN | {"theme": "Питевая вода", "municipality": "Токмокк", "oblast": "Чуй"})
    )
    assert "theme “Питевая вода” read as drinking-water" in said
    assert "municipality “Токмокк” read as 41708400000010 Токмок шаары" in said


def test_unknown_theme_comes_with_the_nearest(table):
    said = run_with_errors(table(RUSSIAN | {"theme": "Вода питьевая и поливная"}))
    assert "the nearest: " in said
    assert "drinking-water (Питьевая вода)" in said


def test_oblast_tells_two_of_one_name_apart(table):
    naryn, batken = factories.oblast("Нарын облусу"), factories.oblast("Баткен облусу")
    factories.make_municipality(
        name_ky="Ак-Талаа айыл аймагы", name_ru="", district=naryn.districts.first()
    )
    wanted = factories.make_municipality(
        name_ky="Ак-Талаа айыл аймагы", name_ru="", district=batken.districts.first()
    )
    said = run_with_errors(table(RUSSIAN | {"municipality": "Ак-Талаа", "oblast": ""}))
    assert "several municipalities are called “Ак-Талаа”" in said
    assert wanted.code in said
    run(table(RUSSIAN | {"municipality": "Ак-Талаа", "oblast": "Баткен"}))
    assert Practice.objects.get().municipality == wanted


def test_practice_is_tied_to_the_unit_of_its_year(table):
    district = factories.oblast("Талас облусу").districts.first()
    names = {"name_ky": "Эски-Сай айыл аймагы", "name_ru": "", "district": district}
    old = factories.make_municipality(**names, valid_to=date(2024, 5, 1))
    factories.make_municipality(**names, valid_from=date(2024, 5, 1))
    run(table(RUSSIAN | {"municipality": "Эски-Сай", "oblast": "Талас"}))
    assert Practice.objects.get().municipality == old


def test_city_listed_under_the_oblast_around_it_is_taken(table):
    run(table(RUSSIAN | {"municipality": "г. Ош", "oblast": "Ошская область"}))
    assert Practice.objects.get().municipality.code == "41721000000000"


# ---------------------------------------------------------------- nothing twice


def test_dry_run_writes_nothing_and_says_the_same(table):
    path = table(RUSSIAN, KYRGYZ, RUSSIAN | {"theme": "нет такой"})
    before = AuditEvent.objects.count()
    dry = run_with_errors(path, "--dry-run")
    assert Practice.objects.count() == 0
    assert AuditEvent.objects.count() == before
    wet = run_with_errors(path)

    def report(said):
        import re

        kept = [line for line in said.splitlines() if not line.startswith("This was")]
        return [re.sub(r"#\d+", "#", line) for line in kept]

    assert report(dry) == report(wet)
    assert "nothing was written" in dry


def test_second_run_makes_no_doubles(table):
    path = table(RUSSIAN, KYRGYZ | {"source_url": "", "title_ky": "Башкасы"})
    run(path)
    before = list(Practice.objects.order_by("pk").values())
    assert "0 new, 0 joined, 2 already here, 0 errors" in run(path)
    assert list(Practice.objects.order_by("pk").values()) == before
    assert AuditEvent.objects.filter(action="import").count() == 2


@pytest.mark.parametrize(
    "again",
    [
        {"source_url": "http://www.example.org/practices/1/"},
        {"title_ru": "ВОДА в каждый двор!", "source_url": ""},
        {"title_ru": "Совсем другое название"},
        {"municipality": "41704400000010", "theme": "drinking-water"},
    ],
)
def test_same_practice_told_a_little_otherwise_is_no_double(table, again):
    run(table(RUSSIAN))
    assert "0 new, 0 joined, 1 already here" in run(table(RUSSIAN | again))


def test_what_editors_changed_since_is_recognised_and_stays(table):
    run(table(RUSSIAN | {"source_url": ""}))
    practice = Practice.objects.get()
    practice.title_ru, practice.municipality = "Название редактора", factories.town("Ош шаары")
    practice.problem_ru = "<p>Текст редактора.</p>"
    practice.save()
    assert "1 already here" in run(table(RUSSIAN | {"source_url": ""}))
    kept = Practice.objects.get()
    assert (kept.title_ru, kept.problem_ru) == ("Название редактора", "<p>Текст редактора.</p>")


@pytest.mark.parametrize(
    "other",
    [{"title_ru": "Другая"}, {"municipality": "Талас шаары", "oblast": ""}, {"year": "2020"}],
)
def test_different_practices_without_a_source_stay_apart(table, other):
    bare = RUSSIAN | {"source_url": ""}
    assert "2 new" in run(table(bare, bare | other))


def test_missing_language_joins_the_record(table):
    run(table(RUSSIAN))
    said = run(table(KYRGYZ))
    assert "0 new, 1 joined" in said
    practice = Practice.objects.get()
    assert (practice.title_ky, practice.title_ru) == ("Ар бир короого суу", "Вода в каждый двор")
    assert practice.problem_ky == "<p>Суу жок болчу.</p>"
    assert practice.original_language == "ru"
    assert (practice.state_ky, practice.state_ru) == ("draft", "draft")
    assert practice.version == 2
    assert AuditEvent.about(practice).first().details["joined"] == ["ky"]
    assert "1 already here" in run(table(KYRGYZ))


def test_both_languages_may_come_as_two_lines_of_one_file(table):
    assert "1 new, 1 joined" in run(table(RUSSIAN, KYRGYZ))
    assert Practice.objects.get().state_ky == "draft"


def test_joining_never_overwrites_what_a_person_wrote(table):
    run(table(RUSSIAN))
    practice = Practice.objects.get()
    practice.title_ky = "Редактордун аталышы"
    practice.save()
    assert "0 joined, 1 already here" in run(table(KYRGYZ))
    practice.refresh_from_db()
    assert (practice.title_ky, practice.problem_ky or "") == ("Редактордун аталышы", "")


def test_joining_publishes_nothing(table, chief):
    practice = factories.make_practice(
        "published",
        "ru_only",
        source_url=KYRGYZ["source_url"],
        municipality=factories.town("Нарын шаары"),
    )
    run(table(KYRGYZ))
    practice.refresh_from_db()
    assert practice.title_ky == "Ар бир короого суу"
    assert practice.ready_languages == ["ru"]


def test_rejected_and_withdrawn_ones_do_not_come_back(table):
    run(table(RUSSIAN))
    Practice.objects.update(status="rejected")
    assert "0 new, 0 joined, 1 already here" in run(table(RUSSIAN, KYRGYZ))[:0] + run(
        table(RUSSIAN)
    )
    assert "0 joined, 1 already here" in run(table(KYRGYZ))
    assert Practice.objects.get().status == "rejected"


def test_collection_of_many_places_under_one_address(table):
    said = run(
        table(
            RUSSIAN,
            RUSSIAN | {"title_ru": "Свет на улицах", "municipality": "Талас шаары", "oblast": ""},
        )
    )
    assert "2 new" in said
    assert "has the same source_url" in said


def test_two_of_one_place_under_one_address_are_told_apart_by_the_person(table):
    said = run_with_errors(table(RUSSIAN, RUSSIAN | {"title_ru": "Свет на улицах"}))
    assert "the same source_url as line 2, but another title" in said
    assert Practice.objects.count() == 1


def test_slugs_of_same_titles_do_not_collide(table):
    bare = RUSSIAN | {"source_url": ""}
    run(table(*(bare | {"year": str(year)} for year in range(2015, 2020))))
    assert Practice.objects.count() == 5
    assert len(set(Practice.objects.values_list("slug", flat=True))) == 5


def test_row_costs_the_same_however_many_practices_are_here(table):
    def queries(first):
        rows = [
            RUSSIAN | {"title_ru": f"Практика {n}", "source_url": f"https://example.org/{n}"}
            for n in range(first, first + 3)
        ]
        with CaptureQueriesContext(connection) as captured:
            run(table(*rows))
        return len(captured)

    queries(0)  # fills the caches
    few = queries(10)
    for _practice in range(8):
        factories.make_practice()
    assert queries(20) == few
