"""How the lists of a Word document count."""

import re

from practices.word.document import attribute, child, local_name


class Lists:
    """Counts the items in the order of the text. Lists of one make go on one after the other.

    root: of the part «numbering», or None.
    """

    def __init__(self, root=None):
        #: {list: its make}
        self.makes: dict[str, str] = {}
        #: {(list, level): where it begins}, and which of them begin anew.
        self.starts: dict[tuple[str, int], int] = {}
        self.restarts: set[tuple[str, int]] = set()
        #: {(list, level): «%1.%2.»} of those that count in figures.
        self.signs: dict[tuple[str, int], str] = {}
        #: {(make, level): the item counted last}
        self.counters: dict[tuple[str, int], int] = {}
        rows = [] if root is None else list(root)
        makes = {
            attribute(row, "abstractNumId"): row for row in rows if local_name(row) == "abstractNum"
        }
        for row in rows:
            if local_name(row) != "num":
                continue
            number = attribute(row, "numId") or ""
            make = attribute(child(row, "abstractNumId"), "val") or ""
            self.makes[number] = make
            for each in [*makes.get(make, ()), *row]:
                self._read_level(number, each)

    def _read_level(self, number: str, element) -> None:
        """A level of a list, or what another list of the same make has of its own there."""
        ilvl = attribute(element, "ilvl") or ""
        if not ilvl.isdigit():
            return
        key = (number, int(ilvl))
        override = child(element, "startOverride")
        begin = attribute(child(element, "start") if override is None else override, "val") or ""
        if begin.isdigit():
            self.starts[key] = min(int(begin), 9999)
        if override is not None:
            self.restarts.add(key)
        if attribute(child(element, "numFmt"), "val") == "decimal":
            self.signs[key] = attribute(child(element, "lvlText"), "val") or ""

    def count(self, number: str, level: int) -> int:
        """Which item of its list the next one is: a list goes on after what stands between its items.

        A list that only a style makes begins with one each time.
        """
        if number.startswith("style"):
            return 1
        make = self.makes.get(number, number)
        for known, deeper in list(self.counters):
            if known == make and deeper > level:
                del self.counters[known, deeper]
        if (number, level) in self.restarts:
            self.restarts.remove((number, level))
            self.counters.pop((make, level), None)
        before = self.counters.get((make, level), self.starts.get((number, level), 1) - 1)
        self.counters[make, level] = before + 1
        return self.counters[make, level]

    def label(self, number: str, level: int) -> str:
        """The figures that the program sets before the item just counted, with a space; or ""."""
        make = self.makes.get(number, number)
        sign = re.sub(
            r"%([1-9])",
            lambda found: str(self.counters.get((make, int(found[1]) - 1), 1)),
            self.signs.get((number, level), ""),
        )
        return f"{sign} " if sign else ""
