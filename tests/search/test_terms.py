"""The terms of the search and the queries it is measured by: the files hold what they promise."""

import csv
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Phrases that stand in more than one row on purpose.
INTENDED: set[str] = set()
KINDS = {
    "direct": 15, "inflected": 15, "mistyped": 15, "folded": 15, "cross": 15, "place": 15,
    "abbreviation": 10, "keyboard": 8, "lookalike": 8, "synonym": 10, "phrase": 10, "hyphen": 5,
}  # fmt: skip
FOLD = str.maketrans("өүңё", "оуне")
WORD = re.compile(r"[^\W\d_]+")
CYRILLIC = re.compile(r"[а-яёөүң]", re.IGNORECASE)
#: «ө» and «ү» are vowels and «ң» ends a syllable, so it starts no word; «ъ» and «щ» come in loans.
KYRGYZ_WORD = re.compile(r"(?!ң)[а-яёөүң]+", re.IGNORECASE)
#: The longest phrase that search.terms reads.
LONGEST_PHRASE = 5


def read(name):
    with (ROOT / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def terms():
    return read("search/data/terms.csv")


@pytest.fixture(scope="module")
def queries():
    return read("tests/search/queries.csv")


@pytest.fixture(scope="module")
def stop_words():
    lines = (ROOT / "search/data/stop_words_ru.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def phrases(row, side):
    return row[side].split("|")


def folded(phrase):
    return phrase.casefold().translate(FOLD)


def test_every_term_says_it_in_both_languages(terms):
    assert len(terms) >= 300
    for row in terms:
        assert set(row) == {"ky", "ru", "note"}
        for phrase in phrases(row, "ky") + phrases(row, "ru"):
            assert phrase, row
            assert phrase == " ".join(phrase.split()), row


def test_no_phrase_stands_twice_in_a_row(terms):
    for row in terms:
        for side in ("ky", "ru"):
            assert [p for p, n in Counter(map(folded, phrases(row, side))).items() if n > 1] == []


def test_no_phrase_joins_two_rows(terms):
    """A word in two rows would make them one: all that either means would be found by both."""
    rows = defaultdict(set)
    for number, row in enumerate(terms):
        for phrase in phrases(row, "ky") + phrases(row, "ru"):
            rows[folded(phrase)].add(number)
    assert {phrase for phrase, where in rows.items() if len(where) > 1} == INTENDED


def test_no_word_mixes_alphabets(terms):
    for row in terms:
        for word in WORD.findall(row["ky"] + " " + row["ru"]):
            assert not (CYRILLIC.search(word) and re.search(r"[^а-яёөүң]", word.lower())), word


def test_kyrgyz_letters_stand_in_kyrgyz_only_and_where_they_can(terms):
    for row in terms:
        for word in WORD.findall(row["ky"]):
            if CYRILLIC.search(word):
                assert KYRGYZ_WORD.fullmatch(word), word
        for phrase in phrases(row, "ru"):
            assert not re.search("[өүң]", phrase.lower()), phrase


def test_phrases_are_as_short_as_the_search_reads_them(terms, stop_words):
    for row in terms:
        for side in ("ky", "ru"):
            for phrase in phrases(row, side):
                words = [word for word in phrase.lower().split() if word not in stop_words]
                assert 0 < len(words) <= LONGEST_PHRASE, phrase


def test_no_phrase_loses_its_sense_with_its_function_words(terms, stop_words):
    """«на воду» would be read as «вода»: what is left of a phrase is no phrase of another row."""
    rows = {folded(p): n for n, row in enumerate(terms) for p in phrases(row, "ru")}
    for number, row in enumerate(terms):
        for phrase in phrases(row, "ru"):
            left = " ".join(word for word in phrase.lower().split() if word not in stop_words)
            assert rows.get(folded(left), number) == number, phrase


def test_stop_words_are_single_words_and_none_is_a_term(terms, stop_words):
    assert len(stop_words) == len(set(stop_words)) > 100
    assert all(re.fullmatch("[а-яё]+", word) for word in stop_words)
    assert "нет" not in stop_words
    assert not set(stop_words) & {p.lower() for row in terms for p in phrases(row, "ru")}


def test_queries_are_many_of_every_kind_and_language(queries):
    assert len(queries) >= 160
    assert len({row["query"] for row in queries}) == len(queries)
    kinds = Counter(row["kind"] for row in queries)
    assert set(kinds) == set(KINDS)
    assert {kind: n for kind, n in kinds.items() if n < KINDS[kind]} == {}
    languages = Counter(row["language"] for row in queries)
    assert set(languages) == {"ky", "ru", "mixed"}
    assert min(languages["ky"], languages["ru"]) >= 0.4 * len(queries)
    assert all(row["why"] for row in queries)


def test_queries_expect_what_the_demo_publishes(queries):
    shown, themes = set(), {theme["slug"] for theme in load("themes/data/themes.json")}
    for path in (ROOT / "portal/demo/practices").glob("*.json"):
        practice = json.loads(path.read_text(encoding="utf-8"))
        if practice["status"] in {"published", "needs_check", "outdated"}:
            shown.add(practice["slug"])
    known = (
        shown
        | {f"theme:{slug}" for slug in themes}
        | {f"page:{page['slug']}" for page in load("publishing/data/pages.json")}
        | {f"municipality:{code}" for code in municipality_codes()}
    )
    expected = Counter()
    for row in queries:
        things = row["expected"].split()
        assert 1 <= len(things) <= 4, row
        assert set(things) <= known, row
        expected.update(things)
    assert len(shown & set(expected)) >= 30
    assert {slug for slug in themes if not expected[f"theme:{slug}"]} == set()


def load(name):
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def municipality_codes():
    for row in read("places/data/places.csv"):
        if row["level"] == "town":
            yield row["code"]
    for path in (ROOT / "portal/demo").glob("municipalities-*.csv"):
        for row in read(path.relative_to(ROOT)):
            yield row["code"]
