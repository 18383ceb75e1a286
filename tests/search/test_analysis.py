"""Text and query are read the same way, whatever the keyboard and the spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import analysis
from search.layouts import other_layout


def vector(*fields, language="ky"):
    return analysis.vector((analysis.raw_words(text), weight, language) for text, weight in fields)


def lexemes(text, language="ky"):
    found = []
    for match in analysis.WORD.finditer(analysis.clean(text)):
        found += [lexeme for _offset, lexeme in analysis.lexemes_of(match.group(), language)]
    return found


@pytest.mark.parametrize(
    ("typed", "meant", "language"),
    [
        ("cуу", "суу", "ky"),  # the first letter is Latin
        ("ѳзөн", "өзөн", "ky"),
        ("маӊыз", "маңыз", "ky"),
        ("МАМЛЕКЕТ", "мамлекет", "ky"),
        ("өзү\u00adмдүк", "өзүмдүк", "ky"),  # a soft hyphen
        ("во\u0301да", "вода", "ru"),  # a stress mark
        ("счётчик", "счетчик", "ru"),
        ("аильный", "айылный", "ru"),
        ("айыльный", "айылный", "ru"),
        ("аильного", "айылный", "ru"),
        ("аил", "айыл", "ky"),
        ("й", "и\u0306", "ru"),  # one letter, or a letter and its breve
    ],
)
def test_spellings_of_one_word_are_one(typed, meant, language):
    assert lexemes(typed, language) == lexemes(meant, language)


def test_hyphenated_word_is_its_parts_and_the_whole():
    assert lexemes("Ак-Суу") == [*lexemes("аксуу"), "kак", "kсуу"]


def test_abbreviation_loses_its_ending():
    assert lexemes("ЖӨБгө") == lexemes("ЖӨБ") == lexemes("ЖӨБ-гө") == ["kжөб"]


def test_languages_do_not_meet():
    assert lexemes("вода", "ru") == ["rвод"]
    assert lexemes("вода", "ky")[0].startswith("k")


def test_function_words_are_not_in_the_index():
    assert lexemes("жана", "ky") == [""]
    assert lexemes("и", "ru") == [""]
    assert vector(("и на для", "D"), language="ru") == ""


def test_vector_keeps_positions_and_weights():
    literal = vector(("Таза суу", "A"), ("суу жана жол", "D"))
    assert dict(part.rsplit(":", 1) for part in literal.split()) == {
        "'kтаза'": "1A",
        "'kсуу'": "2A,13",
        "'kжол'": "15",
    }


def test_vector_of_a_long_text_stays_within_what_the_database_takes(db):
    from django.db import connection

    text = "суу " * 1000 + " ".join(f"сөз{number}" for number in range(20_000)) + " узун" * 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT length(%s::tsvector)", [vector((text, "D"))])
        assert cursor.fetchone()[0] == 20_002


@given(st.text(max_size=80))
def test_any_text_gives_lexemes_that_need_no_quoting(text):
    for language in analysis.LANGUAGES:
        for lexeme in lexemes(text, language):
            assert lexeme == "" or lexeme.isalnum() or not set(lexeme) & set("'\\:&|!() ")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("djlf", "вода"), (",.l;tn", "бюджет"), ("Nfpf", "Таза"), ("црфеыфзз", "whatsapp")],
)
def test_other_keyboard_layout(typed, meant):
    assert other_layout(typed) == meant


def test_words_for_spelling_hold_letters_only():
    assert analysis.words(analysis.raw_words("Ак-Суу, 2024-жыл; 7 км")) == {
        "ак",
        "суу",
        "аксуу",
        "жыл",
        "км",
    }
