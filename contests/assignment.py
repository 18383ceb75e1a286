"""Who scores what: every entry gets its number of scores, nobody a conflict, loads within one.

A bipartite problem of flow: an entry takes `scores` different members out of those who may score
it, a member takes entries. It is solved exactly, by paths that grow or even out the flow, so «it
cannot be done» is a proof and comes with the entries that cannot be served.
"""

import random
from collections import Counter, deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Balance:
    """members: {entry: its members}. short: {entry: scores it lacks}; empty where all is served.

    bound: members whose load no exchange can bring to within one of the others.
    """

    members: dict[Hashable, frozenset]
    short: dict[Hashable, int] = field(default_factory=dict)
    bound: frozenset = frozenset()

    @property
    def loads(self) -> Counter:
        return Counter(member for chosen in self.members.values() for member in chosen)


def balanced(
    eligible: Mapping[Hashable, Iterable],
    scores: int,
    *,
    kept: Mapping[Hashable, Iterable] | None = None,
    seed: int = 0,
) -> Balance:
    """Give every entry `scores` members out of its eligible ones, loads as even as can be.

    eligible: {entry: members without a conflict}. kept: {entry: members who have begun}; they
    stay, where they are still eligible. seed: the same makes the same choice, whatever the order
    of what comes in.
    """
    flow = _Flow(eligible, scores, kept or {}, seed)
    for entry in flow.order:
        while flow.lacks(entry) and flow.grow(entry):
            pass
    flow.even_out()
    short = {entry: flow.lacks(entry) for entry in flow.order if flow.lacks(entry)}
    chosen = {entry: frozenset(flow.chosen[entry]) for entry in eligible}
    return Balance(chosen, short, flow.bound())


class _Flow:
    def __init__(self, eligible, scores, kept, seed):
        self.scores = scores
        self.eligible = {entry: set(members) for entry, members in eligible.items()}
        self.fixed = {entry: self.eligible[entry] & set(kept.get(entry, ())) for entry in eligible}
        self.chosen = {entry: set(members) for entry, members in self.fixed.items()}
        everyone = set().union(*self.eligible.values())
        self.loads = dict.fromkeys(everyone, 0)
        self.entries_of = {member: set() for member in everyone}
        for entry, members in self.chosen.items():
            for member in members:
                self.loads[member] += 1
                self.entries_of[member].add(entry)
        lot = random.Random(seed)  # noqa: S311  a fair order, not a secret
        ranked = sorted(self.eligible, key=str), sorted(everyone, key=str)
        for names in ranked:
            lot.shuffle(names)
        self.order, self.members = ranked
        self.place = {name: number for names in ranked for number, name in enumerate(names)}

    def lacks(self, entry) -> int:
        """How many scores more it needs; what few may score is no reason to give less."""
        return max(0, self.scores - len(self.chosen[entry]))

    def grow(self, entry) -> bool:
        """Give the entry one member more: the freest of those it may have."""
        free = self.eligible[entry] - self.chosen[entry]
        if not free:
            return False
        member = min(free, key=lambda each: (self.loads[each], self.place[each]))
        self._give(entry, member)
        return True

    def even_out(self) -> None:
        """Hand entries on along chains of members until no chain makes loads more even."""
        while chain := self._chain():
            for giver, entry, taker in chain:
                self._take(entry, giver)
                self._give(entry, taker)

    def _chain(self) -> list[tuple]:
        """The shortest way from a full member to one with two entries less, or nothing."""
        for start in sorted(self.bound(), key=lambda each: (-self.loads[each], self.place[each])):
            found = self._reach(start)
            for end in found:
                if self.loads[end] <= self.loads[start] - 2:
                    chain = []
                    while end != start:
                        giver, entry = found[end]
                        chain.append((giver, entry, end))
                        end = giver
                    return chain
        return []

    def _reach(self, start) -> dict:
        """Members to whom an entry of the start can be handed on: {member: (giver, entry)}."""
        found, queue = {start: None}, deque([start])
        while queue:
            giver = queue.popleft()
            for entry in sorted(self.entries_of[giver], key=self.place.get):
                if giver in self.fixed[entry]:
                    continue
                takers = self.eligible[entry] - self.chosen[entry] - found.keys()
                for taker in sorted(takers, key=self.place.get):
                    found[taker] = giver, entry
                    queue.append(taker)
        return found

    def bound(self) -> frozenset:
        """Members who have two entries more than somebody else."""
        least = min(self.loads.values(), default=0)
        return frozenset(each for each in self.members if self.loads[each] > least + 1)

    def _give(self, entry, member):
        self.chosen[entry].add(member)
        self.entries_of[member].add(entry)
        self.loads[member] += 1

    def _take(self, entry, member):
        self.chosen[entry].remove(member)
        self.entries_of[member].remove(entry)
        self.loads[member] -= 1
