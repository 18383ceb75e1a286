"""Who scores what: each entry its number, nobody a conflict, loads within one wherever that can be."""

from hypothesis import given
from hypothesis import strategies as st

from contests.assignment import balanced

MEMBERS = [f"m{number}" for number in range(6)]
tables = st.dictionaries(
    st.integers(1, 30).map("e{}".format), st.sets(st.sampled_from(MEMBERS)), min_size=1
)


@given(tables, st.integers(1, 4))
def test_each_gets_its_number_and_nobody_a_conflict(eligible, scores):
    balance = balanced(eligible, scores)
    for entry, members in balance.members.items():
        assert members <= eligible[entry]
        assert len(members) == min(scores, len(eligible[entry]))
        assert balance.short.get(entry, 0) == scores - len(members)


@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 9))
def test_without_conflicts_loads_differ_by_one_at_most(entries, scores, seed):
    balance = balanced(dict.fromkeys(range(entries), MEMBERS), scores, seed=seed)
    loads = [balance.loads[member] for member in MEMBERS]
    assert max(loads) - min(loads) <= 1
    assert not balance.short
    assert not balance.bound


@given(tables, st.integers(1, 4))
def test_uneven_loads_are_proved(eligible, scores):
    """Nobody could hand an entry to somebody with two less, over any chain of others."""
    balance = balanced(eligible, scores)
    everyone = set().union(*eligible.values())
    for start in everyone:
        reached, waiting = {start}, [start]
        while waiting:
            giver = waiting.pop()
            for entry, members in balance.members.items():
                if giver in members:
                    takers = set(eligible[entry]) - members - reached
                    reached |= takers
                    waiting += takers
        assert all(balance.loads[end] >= balance.loads[start] - 1 for end in reached)


@given(tables, st.integers(1, 3), st.randoms(use_true_random=False))
def test_order_of_what_comes_in_changes_nothing(eligible, scores, lot):
    names = list(eligible)
    lot.shuffle(names)
    turned = {name: sorted(eligible[name], reverse=True) for name in names}
    assert balanced(eligible, scores).members == balanced(turned, scores).members


def test_who_has_begun_stays():
    eligible = dict.fromkeys(("e1", "e2"), MEMBERS)
    kept = {"e1": {"m5"}, "e2": {"m5", "gone"}}
    balance = balanced(eligible, 2, kept=kept)
    assert all("m5" in members and len(members) == 2 for members in balance.members.values())
