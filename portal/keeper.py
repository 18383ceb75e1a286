"""Figures that cost much to count, kept until something that readers see changes."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from portal.freshness import Freshness

#: Time changes figures too: what is to be published at a moment of its own.
LONGEST = 600  # s
MOST = 128  # states of lists, some 10 KB each


class Keeper:
    """Of one process. What was counted before the last notice is counted anew."""

    def __init__(self, freshness: Freshness):
        self._freshness = freshness
        self._kept: OrderedDict[Hashable, tuple[float, object]] = OrderedDict()
        self._changing = threading.Lock()

    def __call__(self, key: Hashable, make: Callable):
        """make()’s value, at hand or made now."""
        self._freshness.ensure_listening()
        started = time.monotonic()
        with self._changing:
            found = self._kept.get(key)
            if found and self._is_fresh(found[0], started):
                self._kept.move_to_end(key)
                return found[1]
        value = make()
        with self._changing:
            self._kept[key] = started, value
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return value

    def _is_fresh(self, counted: float, now: float) -> bool:
        freshness = self._freshness
        return freshness.since <= counted and now < min(counted + LONGEST, freshness.until)
