"""Bringing together what two sides have written, key by key: nothing of either is lost."""

import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from publishing.drafts import (
    MAX_ROWS,
    WAS,
    Rows,
    Section,
    Sheet,
    digest,
    flat,
    keep,
    merge,
    nested,
)
from publishing.models import Draft
from tests import factories

texts = st.text(alphabet="абө \n", max_size=6)


class PlainForm(forms.Form):
    title = forms.CharField(max_length=5)
    groups = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")])
    agreed = forms.BooleanField()


class RowForm(forms.Form):
    name = forms.CharField()
    amount = forms.IntegerField()


SECTION = Section("s", "S", "", PlainForm, (Rows("rows", "Rows", RowForm, least=2),))


@given(opened=texts, kept=texts, typed=texts)
def test_merge_takes_one_side_or_keeps_both(opened, kept, typed):
    merged = merge({"x": kept}, {"x": typed}, {"x": digest(opened)})
    same = [digest(text) for text in (opened, kept, typed)]
    if same[2] in {same[0], same[1]}:
        assert (merged.values, merged.conflicts) == ({}, {})
    elif same[0] == same[1]:
        assert (merged.values, merged.conflicts) == ({"x": typed}, {})
    else:
        assert (merged.values, merged.conflicts) == ({}, {"x": typed})


def test_answers_come_flat_and_back():
    answers = {
        "title": "x",
        "groups": ["a"],
        "rows": [{"id": "n2", "name": "б"}, {"id": "n1", "name": "а"}],
    }
    assert nested(flat(answers), answers) == answers


def test_rows_without_a_word_are_left_out_and_never_more_than_the_limit():
    keys = {f"rows.n{number}.name": "x" for number in range(MAX_ROWS + 5)} | {"rows.z.name": ""}
    assert len(nested(keys, {})["rows"]) == MAX_ROWS


def test_digest_sees_words_not_line_breaks():
    assert digest("а\r\nб ") == digest("а\nб")
    assert digest(["b", "a"]) == digest(["a", "b"])
    assert digest("") == digest(None) == digest([]) == ""
    assert digest("а") != digest("б")


@pytest.fixture
def draft(db):
    owner = factories.make_user(is_staff=False)
    return Draft.objects.create(kind="practice", owner=owner, language="ky")


def post(draft, text) -> Draft:
    return keep(draft, SECTION, QueryDict(text))


def test_what_is_too_long_is_kept_and_told(draft):
    kept = post(draft, "title=longer than five")
    assert kept.answers == {"title": "longer than five"}
    assert list(Sheet(kept, SECTION).errors()) == ["title"]


def test_a_box_not_ticked_is_told_from_a_box_not_shown(draft):
    kept = post(draft, f"{WAS}agreed=&agreed=on&{WAS}groups=&groups=b&groups=a")
    assert kept.answers == {"agreed": "on", "groups": ["a", "b"]}
    untouched = post(kept, "title=x")
    assert untouched.answers["agreed"] == "on"
    opened = f"{WAS}agreed={digest('on')}&{WAS}groups={digest(['a', 'b'])}"
    assert post(kept, opened).answers == {"title": "x", "agreed": "", "groups": []}


def test_row_ticked_away_goes_and_the_others_stay(draft):
    kept = post(draft, "rows.n1.name=a&rows.n2.name=b")
    was = f"{WAS}rows.n1.name={digest('a')}&{WAS}rows.n2.name={digest('b')}"
    kept = post(kept, f"{was}&rows.n1.name=a&rows.n2.name=b&remove:rows.n1=on")
    assert kept.answers["rows"] == [{"id": "n2", "name": "b"}]


def test_third_version_is_kept_too_and_a_number_out_of_range_chooses_nothing(draft):
    post(draft, "title=1")
    for text in ("2", "3"):
        kept = post(draft, f"title={text}")
    assert [version["value"] for version in kept.conflicts["title"]] == ["2", "3"]
    kept = post(kept, f"title=1&{WAS}title={digest('1')}&choose:title=9")
    assert (kept.answers["title"], kept.conflicts) == ("1", {})


def test_names_and_rows_of_other_sections_are_not_taken(draft):
    kept = post(
        draft, "owner=1&rows.n1.id=5&rows.N!.name=x&rows.n1.practice=1&title.n1.x=1&other.n1.name=1"
    )
    assert kept.answers == {}


def test_draft_that_was_sent_takes_nothing_more(draft):
    draft.sent_at = draft.created_at
    draft.save()
    assert post(draft, "title=x").answers == {}


def test_beyond_all_measure_is_refused(draft):
    text = "x" * 29_000
    body = "&".join(f"rows.n{number}.name={text}" for number in range(30))
    with pytest.raises(forms.ValidationError):
        post(draft, body)
