"""Texts of editors and names of places as a page shows them."""

import pytest

from publishing.templatetags import text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("айылный аймак Кен-Булак", "Айылный аймак Кен-Булак"),
        ("г. Кант", "г. Кант"),
        ("пгт. Каджи-Сай", "пгт. Каджи-Сай"),
        ("Кең-Булак айыл аймагы", "Кең-Булак айыл аймагы"),
        ("", ""),
        (None, ""),
    ],
)
def test_name_at_the_start_of_a_line(name, shown):
    assert text.at_start(name) == shown


def test_paragraphs_escape_what_an_editor_typed():
    shown = text.paragraphs("Биринчи <b>сап</b>.\n\nЭкинчи:\n2 400 сом")
    assert shown == (
        "<p>Биринчи &lt;b&gt;сап&lt;/b&gt;.</p>\n\n<p>Экинчи:<br>2\u00a0400\u00a0сом</p>"
    )
    assert hasattr(shown, "__html__"), "a template would escape the paragraphs themselves"


def test_rich_text_is_cleaned_and_keeps_numbers_whole():
    shown = text.rich("<p onclick='x()'>2 400 сом<script>alert(1)</script></p>")
    assert shown == "<p>2\u00a0400\u00a0сом</p>"
    assert text.rich("") == text.rich(None) == ""
