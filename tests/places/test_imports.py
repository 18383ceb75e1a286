"""manage.py import_places: the report first, errors by line, all of it or nothing."""

import io

import pytest
from django.core.management import CommandError, call_command

from places.imports import import_places
from places.models import Municipality

pytestmark = pytest.mark.django_db

HEAD = "code,kind,district,name_ky,name_ru,population,population_year,group,relief,own_revenue_share,valid_from,predecessors\n"
GOOD = "41704220990110,ayil_aimak,41704220000000,Сынак айыл аймагы,айылный аймак Сынак,4 860,2025,border,high,14,2024-05-01,\n"


@pytest.fixture
def csv_file(tmp_path):
    def write(*rows, head=HEAD, encoding="utf-8"):
        path = tmp_path / "places.csv"
        path.write_text(head + "".join(rows), encoding=encoding)
        return path

    return write


def run(path, *options):
    out = io.StringIO()
    call_command("import_places", str(path), *options, stdout=out)
    return out.getvalue()


def test_without_apply_only_the_report_is_made(csv_file):
    said = run(csv_file(GOOD))
    assert "new       41704220990110 Сынак айыл аймагы" in said
    assert "1 new, 0 changed" in said
    assert "Add --apply" in said
    assert not Municipality.objects.filter(code="41704220990110").exists()


def test_apply_writes_what_the_report_said(csv_file):
    run(csv_file(GOOD), "--apply")
    unit = Municipality.objects.get(code="41704220990110")
    assert (unit.name_ky, unit.name_ru) == ("Сынак айыл аймагы", "айылный аймак Сынак")
    assert (unit.population, unit.group, unit.relief) == (4860, "border", "high")
    assert unit.district.code == "41704220000000"
    assert unit.oblast == unit.district.oblast
    assert not unit.is_demo


def test_second_time_nothing_changes_and_a_change_is_told(csv_file):
    run(csv_file(GOOD), "--apply")
    assert "0 new, 0 changed, 1 unchanged, 0 errors" in run(csv_file(GOOD), "--apply")
    said = run(csv_file(GOOD.replace("4 860", "5000")), "--apply")
    assert "changed   41704220990110 Сынак айыл аймагы: population: 4860 → 5000" in said
    assert Municipality.objects.get(code="41704220990110").population == 5000


def test_file_of_the_portal_changes_nothing_when_it_is_read_again(settings):
    report = import_places(settings.BASE_DIR / "places/data/places.csv", apply=False)
    assert (report.created, report.changed, report.errors) == ([], [], [])
    assert report.unchanged == 82


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("41704220990210,village,41704220000000,А,Б,,,,,,,\n", "unknown level 'village'"),
        (
            "41704220990210,ayil_aimak,41799999999999,А,Б,,,,,,,\n",
            "unknown oblast '41799999999999'",
        ),
        (
            "41704220990210,ayil_aimak,41704220000000,А,Б,many,,,,,,\n",
            "population: 'many' is not a whole number",
        ),
        ("41704220990210,ayil_aimak,41704220000000,А,Б,,,,,140,,\n", "own_revenue_share"),
        (
            "41704220990210,ayil_aimak,41704220000000,А,Б,,,,,,5.1.2024,\n",
            "valid_from: '5.1.2024' is not a date",
        ),
        ("417042,ayil_aimak,41704220000000,А,Б,,,,,,,\n", "14"),
        ("41704220990210,ayil_aimak,41704220000000,А,Б,-5,,,,,,\n", "population"),
        ("41704220990210,ayil_aimak,41704220000000,А,Б,,,moon,,,,\n", "group"),
        ("41704220990210,ayil_aimak,41704220000000,,,,,,,,,\n", "name"),
        (
            "41704220990210,ayil_aimak,41704220000000,А,Б,,,,,,,41700000000001\n",
            "unknown predecessors: 41700000000001",
        ),
    ],
)
def test_one_bad_row_stops_all_and_is_told_by_its_line(csv_file, row, sentence):
    path = csv_file(GOOD, row)
    out = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("import_places", str(path), "--apply", stdout=out)
    line = next(line for line in out.getvalue().splitlines() if line.startswith("line 3: "))
    assert sentence in line
    assert not Municipality.objects.filter(code="41704220990110").exists()


def test_predecessors_may_stand_in_the_same_file_in_any_order(csv_file):
    new = GOOD.replace("2024-05-01,\n", "2024-05-01,41704220990310|41704220990410\n")
    old = GOOD.replace("90110", "90310").replace("2024-05-01", "")
    older = GOOD.replace("90110", "90410").replace("2024-05-01", "")
    run(csv_file(new, old, older), "--apply")
    unit = Municipality.objects.get(code="41704220990110")
    assert unit.predecessors.count() == 2
    assert Municipality.objects.get(code="41704220990310").successors.get() == unit


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ("code,kind,name_ky\n", "missing columns: name_ru"),
        (HEAD.replace("population,", "poplation,"), "unknown columns: poplation"),
    ],
)
def test_wrong_headings_are_told(csv_file, head, sentence):
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_places", str(csv_file(GOOD, head=head)), stdout=out)
    assert sentence in out.getvalue()


def test_file_of_excel_with_a_mark_at_its_beginning_is_read(csv_file):
    assert "1 new" in run(csv_file(GOOD, encoding="utf-8-sig"))


@pytest.mark.parametrize("content", ["Сынак".encode("cp1251"), b"\xff\xfe\x00"])
def test_other_encodings_are_told(tmp_path, content):
    path = tmp_path / "places.csv"
    path.write_bytes(HEAD.encode() + content)
    with pytest.raises(CommandError, match="not in UTF-8"):
        run(path)


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"code,level,name_ky,name_ru\n" + b"4" * 200_000, b"a\0b,c\n"]
)
def test_hostile_files_get_a_sentence(tmp_path, content):
    path = tmp_path / "places.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError):
        run(path, "--apply")


def test_absent_file_is_told(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "nothing.csv")


def test_demo_municipalities_do_not_touch_what_editors_changed(settings):
    path = sorted((settings.BASE_DIR / "portal/demo").glob("municipalities-*.csv"))[0]
    import_places(path, apply=True, keep_existing=True, is_demo=True)
    unit = Municipality.objects.filter(is_demo=True).first()
    Municipality.objects.filter(pk=unit.pk).update(population=1)
    report = import_places(path, apply=True, keep_existing=True, is_demo=True)
    assert (report.created, report.changed, report.errors) == ([], [], [])
    unit.refresh_from_db()
    assert unit.population == 1
