"""The small before/after picture beside a measured result."""

from dataclasses import dataclass
from decimal import Decimal

from publishing.languages import Edition

WIDTH = 240  # of the longer bar, in user units


@dataclass(frozen=True)
class BeforeAfter:
    """A measurement and the lengths of its two bars; both start at zero, so they are honest."""

    row: Edition
    before_width: int
    after_width: int
    change: int | None  # percent, None from zero

    @property
    def sign(self) -> str:
        return "+" if (self.change or 0) > 0 else "−" if (self.change or 0) < 0 else ""

    @property
    def change_size(self) -> int:
        return abs(self.change or 0)


def before_after(row: Edition) -> BeforeAfter:
    """Scale both values to the larger one."""
    top = max(row.before, row.after, Decimal(1) / 1000)
    change = round((row.after - row.before) / row.before * 100) if row.before > 0 else None
    return BeforeAfter(
        row=row,
        before_width=max(1, round(WIDTH * max(row.before, Decimal(0)) / top)),
        after_width=max(1, round(WIDTH * max(row.after, Decimal(0)) / top)),
        change=change,
    )
