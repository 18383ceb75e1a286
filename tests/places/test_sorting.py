import pytest
from django.db import connection
from django.db.models import F, TextField, Value
from hypothesis import given
from hypothesis import strategies as st

from places.models import District, Municipality, Oblast
from places.sorting import ALPHABET, LADDER, sort_key, sort_key_expression
from practices.models import Practice
from tests import factories
from themes.models import Tag

LETTERS = ALPHABET + ALPHABET.upper() + "abcxyzABCXYZ0123456789 -–«».,№"


def test_alphabet_is_kyrgyz_and_complete():
    assert len(ALPHABET) == len(set(ALPHABET)) == 36
    assert len(LADDER) == len(set(LADDER)) == 36
    assert set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя") | set("ңөү") == set(ALPHABET)
    assert ALPHABET.index("ң") == ALPHABET.index("н") + 1
    assert ALPHABET.index("ө") == ALPHABET.index("о") + 1
    assert ALPHABET.index("ү") == ALPHABET.index("у") + 1


def test_words_stand_in_the_order_of_the_kyrgyz_alphabet():
    words = [
        "ён",
        "үй",
        "өзөн",
        "жаз",
        "уя",
        "Ңгап",
        "ноокат",
        "окуу",
        "елка",
        "Ёлка",
        "яйцо",
        "пахта",
    ]
    assert sorted(words, key=sort_key) == [
        "елка", "Ёлка", "ён", "жаз", "ноокат", "Ңгап", "окуу", "өзөн", "пахта", "уя", "үй", "яйцо",
    ]  # fmt: skip


@pytest.mark.django_db
@given(st.lists(st.text(alphabet=LETTERS, max_size=12), min_size=1, max_size=12))
def test_key_is_the_same_in_python_and_in_the_database(words):
    expression = sort_key_expression("word").source_expressions[1:]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, translate(lower(word), %s, %s) FROM unnest(%s) AS word",
            [expression[0].value, expression[1].value, words],
        )
        assert [(word, sort_key(word)) for word in words] == cursor.fetchall()


@pytest.mark.django_db
@given(st.lists(st.text(alphabet=LETTERS, min_size=1, max_size=8), min_size=2, max_size=10))
def test_database_orders_as_python_does(words):
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT key COLLATE "C" FROM unnest(%s) AS key ORDER BY 1',
            [[sort_key(word) for word in words]],
        )
        assert [row[0] for row in cursor.fetchall()] == sorted(map(sort_key, words))


@pytest.mark.django_db
def test_generated_column_holds_the_key():
    town = factories.make_municipality(name_ky="Өзгөн-Үстү айыл аймагы")
    town.refresh_from_db()
    assert town.sort_key == sort_key("Өзгөн-Үстү айыл аймагы")
    practice = factories.make_practice(title_ky="Ңаң", title_ru="Ёж")
    practice.refresh_from_db()
    assert (practice.sort_key, practice.sort_key_ru) == (sort_key("Ңаң"), sort_key("Ёж"))


@pytest.mark.django_db
def test_key_of_an_absent_name_is_empty():
    computed = (
        Municipality.objects.annotate(
            nothing=Value(None, output_field=TextField()), key=sort_key_expression("nothing")
        )
        .values_list("key", flat=True)
        .first()
    )
    assert computed == ""


@pytest.mark.django_db
def test_lists_of_places_stand_in_alphabetical_order():
    for name in ("Өрүк", "Орто", "Ом", "Пахта"):
        factories.make_municipality(name_ky=f"{name}-Сынак айыл аймагы")
    for model in (Municipality, District):
        names = list(model.objects.order_by(F("sort_key")).values_list("name_ky", flat=True))
        assert names == sorted(names, key=sort_key)
    oblasts = list(Oblast.objects.values_list("is_city", "name_ky"))
    assert oblasts == sorted(oblasts, key=lambda row: (row[0], sort_key(row[1])))
    assert len(oblasts) == 9


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "column"),
    [
        (Oblast, "sort_key"),
        (District, "sort_key"),
        (Municipality, "sort_key"),
        (Practice, "sort_key"),
        (Practice, "sort_key_ru"),
        (Tag, "name_sort_key"),
    ],
)
def test_keys_are_compared_by_code_point_in_any_database(model, column):
    """A database of another locale (en_US, ru_RU) would put the letters in its own order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT collation_name FROM information_schema.columns WHERE table_name = %s AND column_name = %s",
            [model._meta.db_table, column],
        )
        own = cursor.fetchone()[0]
        cursor.execute("SELECT datcollate FROM pg_database WHERE datname = current_database()")
        by_code_point = {"C", "POSIX", "C.UTF-8", "C.utf8"}
        assert (own or cursor.fetchone()[0]) in by_code_point
