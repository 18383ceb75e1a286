"""Places: the same whatever the order of members and entries; a recusal is an absence."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from contests.ranking import SHARED, Rules, Scale, Sheet, sheet_result, standings

A, B = (Scale(key, Fraction(50), Fraction(0), Fraction(10)) for key in "ab")
RULES = Rules([A, B], ties=("a", "median"), minimum=2, quorum=Fraction(2, 3))
ENTRIES, MEMBERS = ("e1", "e2", "e3", "e4"), ("m1", "m2", "m3")


def sheet(entry, member, a, b):
    return Sheet(entry, member, {"a": a, "b": b})


sheets_of_a_contest = st.lists(
    st.tuples(
        st.sampled_from(ENTRIES), st.sampled_from(MEMBERS), st.integers(0, 10), st.integers(0, 10)
    ),
    unique_by=lambda row: row[:2],
).map(lambda rows: [sheet(*row) for row in rows])
voters = dict.fromkeys(ENTRIES, 3)


@given(sheets_of_a_contest, st.randoms(use_true_random=False))
def test_order_changes_nothing(sheets, lot):
    shuffled, entries = list(sheets), list(ENTRIES)
    lot.shuffle(shuffled)
    lot.shuffle(entries)
    assert standings(ENTRIES, sheets, RULES, voters=voters) == standings(
        entries, shuffled, RULES, voters=voters
    )


@given(sheets_of_a_contest, st.permutations(MEMBERS))
def test_who_the_members_are_changes_nothing(sheets, names):
    renamed = dict(zip(MEMBERS, names, strict=True))
    other = [Sheet(row.entry, renamed[row.member], row.values) for row in sheets]
    assert standings(ENTRIES, sheets, RULES, voters=voters) == standings(
        ENTRIES, other, RULES, voters=voters
    )


@given(sheets_of_a_contest)
def test_places_follow_means_and_ties_in_their_order(sheets):
    rows = standings(ENTRIES, sheets, RULES, voters=voters)
    placed = [row for row in rows if row.place]
    assert [row.place for row in placed] == sorted(row.place for row in placed)
    assert all(row.count >= 2 and not row.lacks for row in placed)
    for first, second in pairwise(placed):
        keys = [(row.mean, row.means["a"], row.median) for row in (first, second)]
        assert keys[0] >= keys[1]
        assert (first.place == second.place) == (keys[0] == keys[1])


@given(sheets_of_a_contest, st.sampled_from(MEMBERS))
def test_leaving_a_member_out_is_their_absence(sheets, member):
    """What a recusal from all entries does, and «what if without»: nobody else’s figures move."""
    left = [row for row in sheets if row.member != member]
    fewer = dict.fromkeys(ENTRIES, 2)
    told = {row.entry: row for row in standings(ENTRIES, sheets, RULES, voters=voters)}
    for row in standings(ENTRIES, left, RULES, voters=fewer):
        if not any(each.entry == row.entry and each.member == member for each in sheets):
            assert (row.mean, row.median, row.spread) == (
                told[row.entry].mean,
                told[row.entry].median,
                told[row.entry].spread,
            )


@given(sheets_of_a_contest, st.permutations(["a", "b", "median", "lowest"]))
def test_ties_are_resolved_in_the_frozen_order(sheets, order):
    rows = standings(ENTRIES, sheets, replace(RULES, ties=order), voters=voters)

    def keys(row):
        lowest = min(sheet_result(each, RULES) for each in sheets if each.entry == row.entry)
        told = {**row.means, "median": row.median, "lowest": lowest}
        return [row.mean, *(told[tie] for tie in order)]

    placed = [row for row in rows if row.place]
    for row in placed:
        assert row.place == 1 + sum(keys(other) > keys(row) for other in placed)
        same = [other for other in placed if other.mean == row.mean and other != row]
        if not same:
            assert row.tie == ""
        elif any(keys(other) == keys(row) for other in same):
            assert row.tie == SHARED
        else:
            assert row.tie in order


@given(sheets_of_a_contest)
def test_results_are_exact(sheets):
    """Against the plain definition, in fractions."""
    for row in standings(ENTRIES, sheets, RULES):
        own = sorted(sheet_result(each, RULES) for each in sheets if each.entry == row.entry)
        assert row.count == len(own)
        assert row.mean == (sum(own) / len(own) if own else None)
        assert row.median == (median(own) if own else None)
        assert row.spread == (own[-1] - own[0] if own else None)
        assert row.opinions_differ == (bool(own) and own[-1] - own[0] >= RULES.differ)


def test_tie_is_told():
    rows = standings(
        ("e1", "e2", "e3", "e4"),
        [
            row
            for member in ("m1", "m2")
            for row in (
                sheet("e1", member, 6, 8),
                sheet("e2", member, 8, 6),
                sheet("e3", member, 1, 1),
                sheet("e4", member, 1, 1),
            )
        ],
        RULES,
    )
    assert [(row.entry, row.place, row.tie) for row in rows] == [
        ("e2", 1, "a"),
        ("e1", 2, "a"),
        ("e3", 3, SHARED),
        ("e4", 3, SHARED),
    ]


def test_nothing_ranks_under_the_minimum_or_the_quorum():
    sheets = [sheet("e1", "m1", 10, 10)]
    sheets += [sheet("e2", member, 5, 5) for member in ("m1", "m2")]
    rows = standings(("e1", "e2"), sheets, RULES, voters={"e1": 3, "e2": 4})
    assert {row.entry: (row.place, row.lacks) for row in rows} == {
        "e1": (None, "sheets"),
        "e2": (None, "quorum"),
    }
    [first, _second] = standings(("e1", "e2"), sheets, RULES, voters={"e1": 3, "e2": 3})
    assert (first.entry, first.place) == ("e2", 1)


def test_what_is_worked_out_counts_once():
    scales = [
        Scale("a", Fraction(80), Fraction(0), Fraction(10)),
        Scale("f", Fraction(20), Fraction(0), Fraction(10), is_scored=False),
        Scale("bonus", Fraction(5), Fraction(0), Fraction(1), is_scored=False, is_bonus=True),
    ]
    sheets = [Sheet("e1", member, {"a": value}) for member, value in (("m1", 10), ("m2", 5))]
    [row] = standings(["e1"], sheets, Rules(scales), computed={"e1": {"f": 5, "bonus": 1}})
    assert (row.mean, row.median, row.spread) == (60 + 10 + 5, 75, 40)
    assert row.opinions_differ


def test_own_scale_of_a_member_is_taken_out():
    mild = [sheet(entry, "m1", value, value) for entry, value in (("e1", 10), ("e2", 8))]
    strict = [sheet(entry, "m2", value, value) for entry, value in (("e1", 4), ("e2", 2))]
    rows = standings(("e1", "e2"), mild + strict, RULES)
    assert [row.normalised for row in rows] == [1.0, -1.0]
