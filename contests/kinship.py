"""Municipalities that are one place under several records: merged, split, renamed."""

from places.models import Municipality


class Kinship:
    """Which unit of today a unit has become; read once, asked often. One query."""

    def __init__(self):
        self._successors: dict[int, set[int]] = {}
        links = Municipality.predecessors.through.objects
        for unit, before in links.values_list("from_municipality", "to_municipality"):
            self._successors.setdefault(before, set()).add(unit)

    def today(self, pk: int) -> set[int]:
        """What became of it: itself where nothing followed."""
        found, waiting, seen = set(), [pk], {pk}
        while waiting:
            unit = waiting.pop()
            following = self._successors.get(unit, set())
            if not following:
                found.add(unit)
            waiting += following - seen
            seen |= following
        return found

    def is_one(self, one: int, other: int) -> bool:
        """Whether the two are the same place, or one has become a part of the other.

        The halves of a unit that was split are two places.
        """
        return one == other or bool(self.today(one) & self.today(other))
