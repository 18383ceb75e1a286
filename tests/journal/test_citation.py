"""References: names in parts, ГОСТ Р 7.0.5, BibTeX, RIS."""

from datetime import date

import pytest

from journal.choices import IssueStatus
from journal.citation import Name, bibtex, name_parts, reference, ris
from tests.factories_journal import make_article, make_author, make_issue

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("name", "family", "given"),
    [
        ("Айгүл Асанова", "Асанова", "Айгүл"),
        ("Асанова Айгүл", "Асанова", "Айгүл"),
        ("Асанова Бермет Кадыровна", "Асанова", "Бермет Кадыровна"),
        ("Бермет Кадыровна Асанова", "Асанова", "Бермет Кадыровна"),
        ("Осмон Бакыт уулу", "Бакыт уулу", "Осмон"),
        ("Бакыт уулу Осмон", "Бакыт уулу", "Осмон"),
        ("Жээнбек кызы Айзада", "Жээнбек кызы", "Айзада"),
        ("Олег Шевченко", "Шевченко", "Олег"),
        # Both or neither look like a surname: the name stays whole.
        ("Нурбек Токтогул", "Нурбек Токтогул", ""),
        ("Редакция", "Редакция", ""),
        ("", "", ""),
    ],
)
def test_surname_is_told_by_its_form(name, family, given):
    assert name_parts(name) == Name(family, given)


def test_initials_hold_to_the_surname():
    assert name_parts("Асанова Анна-Мария Кадыровна").with_initials == "Асанова\u00a0А.-М.\u00a0К."


def article(*names, **fields):
    issue = make_issue(status=IssueStatus.RELEASED, year=2026, number=2, last_number=3)
    return make_article(
        "published",
        issue=issue,
        first_page=12,
        last_page=15,
        slug="suu",
        title_ky="Суу ар бир үйдө.",
        title_ru="Вода в {каждом} доме: 50 %",
        authors=[make_author(name_ky=name, name_ru=name) for name in names],
        **fields,
    )


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_reference_in_both_languages(settings):
    settings.SITE_URL = "https://portal.example"
    record = article("Айгүл Асанова", "Осмонов Бакыт Кадырович")
    assert plain(reference(record.edition("ky"), today=TODAY)).startswith(
        "Асанова А., Осмонов Б. К. Суу ар бир үйдө // Муниципалитет. 2026. № 2-3 (172-173). "
    )
    russian = plain(reference(record.edition("ru"), today=TODAY))
    assert "Вода в {каждом} доме: 50 % // Муниципалитет. 2026." in russian
    assert "12–15" in russian
    assert "https://portal.example/ru/journal/articles/suu/" in russian
    assert "20.11.2026" in russian


def test_more_than_three_authors_stand_behind_the_title():
    record = article("Айгүл Асанова", "Бакыт Осмонов", "Чынара Бекова", "Данияр Токоев")
    text = plain(reference(record.edition("ky"), today=TODAY))
    assert text.startswith("Суу ар бир үйдө / А. Асанова [")
    assert "Осмонов" not in text


@pytest.mark.parametrize(
    ("names", "head"),
    [
        (["Айгүл Асанова"], "Асанова А. Суу ар бир үйдө // "),
        (["Айгүл Асанова", "Бакыт Осмонов"], "Асанова А., Осмонов Б. Суу ар бир үйдө // "),
        (
            ["Айгүл Асанова", "Бакыт Осмонов", "Редакция"],
            "Асанова А., Осмонов Б., Редакция. Суу ар бир үйдө // ",
        ),
        (
            ["Осмонов Бакыт Кадырович", "Айгүл Асанова", "Чынара Бекова", "Данияр Токоев"],
            "Суу ар бир үйдө / Б. К. Осмонов [ж. б.] // ",
        ),
    ],
)
def test_head_of_a_reference_by_the_number_of_authors(names, head):
    text = plain(reference(article(*names).edition("ky"), today=TODAY))
    assert text.startswith(head)


def test_whole_reference_in_kyrgyz(settings):
    settings.SITE_URL = "https://portal.example"
    text = plain(reference(article("Айгүл Асанова").edition("ky"), today=TODAY))
    assert text.partition(" // ")[2] == (
        "Муниципалитет. 2026. № 2-3 (172-173). 12–15-б. "
        "URL: https://portal.example/ky/journal/articles/suu/ (кайрылган күнү: 20.11.2026)."
    )


def test_article_without_issue_pages_or_author(settings):
    record = make_article("published", authors=[], title_ky="Кабар")
    text = plain(reference(record.edition("ky"), today=TODAY))
    assert text.startswith(f"Кабар // Муниципалитет. {record.published_at.year}. URL: ")
    assert "№" not in text
    assert "author" not in bibtex(record.edition("ky"))


def test_bibtex_escapes_what_tex_would_read():
    record = article("Айгүл Асанова", "Осмон Бакыт уулу")
    text = bibtex(record.edition("ru"))
    assert text.startswith("@article{asanova2026-")
    assert r"  title = {{Вода в \{каждом\} доме: 50 \%}}" in text
    assert "  author = {Асанова, Айгүл and Бакыт уулу, Осмон}" in text
    assert "  pages = {12--15}" in text
    assert "  langid = {russian}" in text
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_bibtex_tells_where_it_stands_and_keeps_whole_names_whole():
    text = bibtex(article("Айыл & шаар фонду", "Айгүл Асанова").edition("ru"))
    assert r"  author = {{Айыл \& шаар фонду} and Асанова, Айгүл}" in text
    for row in (
        "journal = {Муниципалитет}",
        "year = {2026}",
        "number = {2-3 (172-173)}",
        "issn = {1694-7053}",
    ):
        assert f"  {row},\n" in text


def test_ris_is_read_line_by_line():
    lines = ris(article("Айгүл Асанова").edition("ky")).split("\r\n")
    assert {"T2  - Муниципалитет", "PY  - 2026", "IS  - 2-3 (172-173)", "LA  - ky"} <= set(lines)
    assert {"TI  - Суу ар бир үйдө.", "AB  - Кыскача мазмуну."} <= set(lines)
    assert lines[0] == "TY  - JOUR"
    assert "AU  - Асанова, Айгүл" in lines
    assert "SP  - 12" in lines
    assert "EP  - 15" in lines
    assert "SN  - 1694-7053" in lines
    assert lines[-2:] == ["ER  - ", ""]
    assert all(line[2:6] == "  - " for line in lines if line)
