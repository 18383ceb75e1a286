"""Numbers, money and sizes as readers of both languages expect them."""

from decimal import Decimal

import pytest
from django.utils import translation

from publishing import amounts


@pytest.mark.parametrize("language", ["ky", "ru"])
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        ("", ""),
        (0, "0"),
        (7, "7"),
        (1240, "1 240"),
        (12400, "12 400"),
        (1234567, "1 234 567"),
        (-12400, "−12 400"),
        (Decimal("4.60"), "4,6"),
        (Decimal("24.00"), "24"),
        (Decimal("100"), "100"),
        (Decimal("1234567.05"), "1 234 567,05"),
        (0.5, "0,5"),
    ],
)
def test_number_is_grouped_by_spaces_that_do_not_break(language, value, shown):
    with translation.override(language):
        assert amounts.number(value) == shown.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("value", "ky", "ru"),
    [
        (1, "1 сом", "1 сом"),
        (34_000, "34 000 сом", "34 000 сомов"),
        (99_999, "99 999 сом", "99 999 сомов"),
        (166_400, "166 миң сом", "166 тыс. сомов"),
        (1_000_000, "1 млн сом", "1 млн сомов"),
        (2_714_000, "2,71 млн сом", "2,71 млн сомов"),
    ],
)
def test_money_is_short_and_never_parted(value, ky, ru):
    for language, shown in (("ky", ky), ("ru", ru)):
        with translation.override(language):
            assert amounts.som_short(value) == shown.replace(" ", "\u00a0")


def test_money_to_the_som():
    with translation.override("ru"):
        assert amounts.som(2_714_001) == "2\u00a0714\u00a0001\u00a0сом"
        assert amounts.som(None) == amounts.som_short(None) == ""
        assert amounts.som(0) == amounts.som_short(0) != "0"


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "1 КБ"), (None, "1 КБ"), (37_516, "37 КБ"), (1_258_291, "1,2 МБ")]
)
def test_size_is_counted_as_traffic_is(value, shown):
    with translation.override("ru"):
        assert amounts.size(value) == shown.replace(" ", "\u00a0")
