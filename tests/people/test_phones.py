import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from people.phones import normalize_phone, validate_phone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0555 12-34-56", "+996555123456"),
        ("0 (555) 12 34 56", "+996555123456"),
        ("996555123456", "+996555123456"),
        ("+996 555 123 456", "+996555123456"),
        ("00996555123456", "+996555123456"),
        ("+7 701 123 45 67", "+77011234567"),
        ("0555\xa0123456", "+996555123456"),
    ],
)
def test_number_as_people_type_it(typed, kept):
    assert normalize_phone(typed) == kept
    validate_phone(typed)


@pytest.mark.parametrize(
    "typed", ["", "123", "телефон", "+", "+0555123456", "0555 12-34-5x", "+9965551234567890"]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(ValidationError):
        validate_phone(typed)


@given(st.text(max_size=30))
def test_normalizing_twice_changes_nothing(text):
    once = normalize_phone(text)
    assert normalize_phone(once) == once
