"""«How much would it be here?»: the cost of a practice scaled to another municipality.

One number of units is asked for. The cost is the fixed part plus the price of one unit times the
number, for the original and for every counted adoption that tells its own; the range is theirs.
"""

from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from practices.choices import ScaleBy
from practices.models import Adoption, Practice

#: With a single source there is no range to observe; this much either way is assumed.
LONE_SOURCE_SPREAD = Decimal("0.25")
QUESTIONS = {
    ScaleBy.PEOPLE: gettext_lazy("How many residents would it serve?"),
    ScaleBy.HOUSEHOLDS: gettext_lazy("How many households would it serve?"),
    ScaleBy.KM: gettext_lazy("How many kilometres?"),
    ScaleBy.POINTS: gettext_lazy("How many points or pieces?"),
}


@dataclass(frozen=True)
class Source:
    """One known price: who paid it, for how many units, in which year's som."""

    label: str
    cost: int
    quantity: Decimal | None
    year: int | None

    def scaled(self, quantity: Decimal | None, fixed_share: int) -> Decimal:
        if quantity is None or not self.quantity:
            return Decimal(self.cost)
        fixed = Decimal(self.cost) * fixed_share / 100
        return fixed + (Decimal(self.cost) - fixed) * quantity / self.quantity


@dataclass(frozen=True)
class Estimate:
    """Som, rounded to three significant digits; yearly: upkeep, None where it is not known."""

    low: int
    high: int
    middle: int
    yearly: int | None
    per_unit: int | None
    sources: list[Source]
    assumptions: list[str]


def rounded(value: Decimal) -> int:
    """Three significant digits: more would promise a precision nobody has."""
    whole = int(value.to_integral_value())
    digits = max(0, len(str(abs(whole))) - 3)
    return int(round(whole, -digits))


def size_of(adoption: Adoption, scale_by: str) -> Decimal | None:
    """How many units an adoption paid for; where the cost grows with people, those it serves."""
    if (
        adoption.scale_quantity is None
        and scale_by == ScaleBy.PEOPLE
        and adoption.beneficiaries_count
    ):
        return Decimal(adoption.beneficiaries_count)
    return adoption.scale_quantity


def price_sources(practice: Practice) -> list[Source]:
    """The original's price first, then those of counted adoptions that tell cost and size."""
    sources = []
    if practice.cost_once:
        sources.append(
            Source(
                practice.municipality.label,
                practice.cost_once,
                practice.scale_quantity,
                practice.price_year,
            )
        )
    for adoption in practice.adoptions.all():
        size = size_of(adoption, practice.scale_by)
        if (
            adoption.is_counted
            and adoption.cost_once
            and (size or practice.scale_by == ScaleBy.NONE)
        ):
            sources.append(
                Source(
                    adoption.municipality.label,
                    adoption.cost_once,
                    size,
                    adoption.price_year,
                )
            )
    return sources


def estimate(practice: Practice, quantity: Decimal | None) -> Estimate | None:
    """Scale what is known to `quantity` units; None when no price is known."""
    sources = price_sources(practice)
    if not sources:
        return None
    costs = [source.scaled(quantity, practice.fixed_share) for source in sources]
    low, high = min(costs), max(costs)
    if len(costs) == 1:
        low, high = low * (1 - LONE_SOURCE_SPREAD), high * (1 + LONE_SOURCE_SPREAD)
    yearly = None
    if practice.cost_yearly is not None:
        grows = quantity is not None and practice.scale_quantity
        factor = quantity / practice.scale_quantity if grows else 1
        yearly = rounded(Decimal(practice.cost_yearly) * factor)
    return Estimate(
        low=rounded(low),
        high=rounded(high),
        middle=rounded(costs[0]),
        yearly=yearly,
        per_unit=rounded(costs[0] / quantity) if quantity else None,
        sources=sources,
        assumptions=assumptions(practice, sources),
    )


def assumptions(practice: Practice, sources: list[Source]) -> list[str]:
    """What the figures rest on, as sentences."""
    lines = []
    years = sorted({source.year for source in sources if source.year})
    if years:
        span = str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
        lines.append(_("Prices of %(years)s, not adjusted for inflation.") % {"years": span})
    if practice.scale_by == ScaleBy.NONE:
        lines.append(_("The cost does not depend on the size of the municipality."))
    else:
        lines.append(
            _("%(percent)s %% of the cost is fixed, the rest grows with the number you gave.")
            % {"percent": practice.fixed_share}
        )
    if len(sources) == 1:
        lines.append(
            _("Only one municipality’s price is known, so ± %(percent)s %% is assumed.")
            % {"percent": int(LONE_SOURCE_SPREAD * 100)}
        )
    else:
        lines.append(_("The range is that of the municipalities whose prices are known."))
    lines.append(_("Work in kind counts as money, as in the original."))
    return lines


class QuantityField(forms.DecimalField):
    """A number as people write it: «1 200», with any kind of space."""

    def to_python(self, value):
        return super().to_python("".join(value.split()) if isinstance(value, str) else value)


class CalculatorForm(forms.Form):
    """Asks for the one number the cost grows with."""

    quantity = QuantityField(
        min_value=Decimal("0.1"), max_value=Decimal(2_000_000), decimal_places=1, localize=True
    )

    def __init__(self, data=None, *, practice: Practice):
        super().__init__(data)
        self.practice = practice
        self.is_scaled = practice.scale_by != ScaleBy.NONE and bool(practice.scale_quantity)
        if self.is_scaled:
            self.fields["quantity"].label = QUESTIONS[practice.scale_by]
        else:
            del self.fields["quantity"]
            self.is_bound = True

    def estimate(self) -> Estimate | None:
        """For a valid form."""
        return estimate(self.practice, self.cleaned_data.get("quantity"))
