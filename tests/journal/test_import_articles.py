"""manage.py import_articles: an earlier site's archive, with its dates and addresses, nothing twice."""

import csv
import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db.models.signals import post_save
from django.utils import timezone

from journal.choices import ArticleStatus
from journal.imports import COLUMNS, old_number, read_day, source_key, split_authors, tidy
from journal.models import Article, ArticleFile, Author
from practices.imports import RowError
from publishing.models import AuditEvent
from tests.factories_journal import make_rubric

pytestmark = pytest.mark.django_db

RUSSIAN = {
    "title_ru": "Вода в каждый двор",
    "date": "2019-05-14",
    "rubric": "Пробные деньги",
    "authors": "Асанова А., Б. Усенов",
    "body_ru": "<h1>Начало</h1><div>Воды <b>не было</b>.<br><br>Провели <a href='/ru/a.html'>трубу</a>."
    "<img src='/i.jpg'></div><script>alert(1)</script>",
    "source_url": "https://old.example.kg/ru/article/full/12.html",
}
KYRGYZ = {
    "title_ky": "Ар бир короого суу",
    "date": "14.05.2019",
    "rubric": "Сынак акчасы",
    "authors": "Асанова А.; Усөнов Б.",
    "body_ky": "Суу жок болчу.\n\nТүтүк тартылды.",
    "source_url": "http://www.old.example.kg/ky/article/full/12.html",
}


@pytest.fixture
def table(tmp_path):
    make_rubric(slug="money", name_ru="Пробные деньги", name_ky="Сынак акчасы")

    def write(*rows, columns=COLUMNS, delimiter=",", encoding="utf-8", first=""):
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, delimiter=delimiter, restval="")
        writer.writeheader()
        writer.writerows(rows)
        path = tmp_path / "articles.csv"
        path.write_bytes((first + out.getvalue()).encode(encoding))
        return path

    return write


def run(path, *options) -> str:
    out = io.StringIO()
    call_command("import_articles", str(path), *options, stdout=out)
    return out.getvalue()


def pdf() -> bytes:
    from pypdf import PdfWriter

    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(out)
    return out.getvalue()


def test_first_the_report_alone(table):
    report = run(table(RUSSIAN, KYRGYZ))
    assert "1 new, 1 joined, 0 already here, 0 errors" in report
    assert "Add --apply" in report
    assert not Article.objects.exists()
    assert not Author.objects.exists()
    assert not AuditEvent.objects.filter(action="import").exists()


def test_two_languages_join_and_nothing_comes_twice(table):
    path = table(RUSSIAN, KYRGYZ)
    run(path, "--apply")
    article = Article.objects.get()
    assert (article.title_ru, article.title_ky) == ("Вода в каждый двор", "Ар бир короого суу")
    assert article.original_language == "ru"
    assert article.old_number == 12
    assert article.rubric.slug == "money"
    assert article.ready_languages == ["ky", "ru"]
    assert article.is_published
    assert timezone.localtime(article.published_at).date() == date(2019, 5, 14)
    assert article.one_language_reason == ""
    names = article.credits.order_by("position").values_list("author__name_ru", "author__name_ky")
    # The first is written the same in both languages, the second got the Kyrgyz name beside his own.
    assert list(names) == [("Асанова А.", "Асанова А."), ("Б. Усенов", "Усөнов Б.")]
    again = run(path, "--apply")
    assert "0 new, 0 joined, 2 already here" in again
    assert Article.objects.count() == 1
    assert Author.objects.count() == 2


def test_import_cut_short_goes_on(table):
    run(table(RUSSIAN), "--apply")
    other = RUSSIAN | {
        "title_ru": "Другая",
        "source_url": RUSSIAN["source_url"].replace("12", "13"),
    }
    assert "1 new, 1 joined, 1 already here" in run(table(RUSSIAN, KYRGYZ, other), "--apply")


def test_an_import_killed_in_the_middle_goes_on_where_it_was(table):
    rows = [
        RUSSIAN | {"title_ru": f"Вода {n}", "source_url": f"https://a.kg/ru/article/full/{n}.html"}
        for n in range(1, 5)
    ]

    def power_goes(sender, instance, created, **kwargs):
        if created and instance.old_number == 3:
            raise KeyboardInterrupt

    post_save.connect(power_goes, sender=Article)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(table(*rows), "--apply")
    finally:
        post_save.disconnect(power_goes, sender=Article)
    # The row that was cut off left nothing, those before it are whole.
    assert list(Article.objects.order_by("old_number").values_list("old_number", flat=True)) == [
        1,
        2,
    ]
    assert "2 new, 0 joined, 2 already here, 0 errors" in run(table(*rows), "--apply")
    assert Article.objects.count() == AuditEvent.objects.filter(action="import").count() == 4
    assert Author.objects.count() == 2


def test_the_second_language_may_come_first(table):
    run(table(KYRGYZ, RUSSIAN), "--apply")
    article = Article.objects.get()
    assert (article.original_language, article.old_number) == ("ky", 12)
    assert (article.title_ru, article.ready_languages) == ("Вода в каждый двор", ["ky", "ru"])


def test_what_editors_changed_stays_and_is_told(table):
    run(table(RUSSIAN), "--apply")
    assert "here is another one" not in run(table(RUSSIAN), "--apply")
    Article.objects.update(title_ru="Правлено", body_ru="<p>Правлено</p>")
    report = run(table(RUSSIAN, KYRGYZ), "--apply")
    article = Article.objects.get()
    assert (article.title_ru, article.body_ru) == ("Правлено", "<p>Правлено</p>")
    assert article.title_ky == KYRGYZ["title_ky"]
    assert "title_ru here is another one" in report
    assert "body_ru here is another one, it stays" in report


@pytest.mark.parametrize(
    "form",
    [
        {"delimiter": ";", "encoding": "utf-8-sig"},
        {"delimiter": ";", "first": "sep=;\r\n"},
        {"delimiter": "\t"},
    ],
)
def test_tables_as_spreadsheets_save_them(table, form):
    assert "1 new, 1 joined" in run(table(RUSSIAN, KYRGYZ, **form), "--apply")
    assert Article.objects.get().title_ky == KYRGYZ["title_ky"]


def test_a_table_in_another_encoding_is_refused_whole(table):
    with pytest.raises(CommandError, match="not in UTF-8"):
        run(table(RUSSIAN, encoding="windows-1251"), "--apply")
    assert not Article.objects.exists()


def test_withdrawn_article_is_not_brought_back(table):
    run(table(RUSSIAN), "--apply")
    Article.objects.update(status=ArticleStatus.WITHDRAWN)
    run(table(RUSSIAN, KYRGYZ), "--apply")
    article = Article.objects.get()
    assert article.status == ArticleStatus.WITHDRAWN
    assert not article.title_ky


def test_bad_lines_are_told_and_the_others_come(table):
    rows = [
        RUSSIAN,
        RUSSIAN | {"source_url": "x", "date": "вчера", "rubric": "Неведомое", "title_ru": ""},
        {"title_ky": "Текстсиз", "date": "2020-01-01"},
        RUSSIAN | {"source_url": "y", "date": "2999-01-01"},
    ]
    with pytest.raises(CommandError, match="3 lines"):
        run(table(*rows), "--apply")
    assert Article.objects.count() == 1
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_articles", str(table(*rows)), stdout=out)
    report = out.getvalue()
    for words in ("“вчера” is not a day", "no rubric “Неведомое”", "title_ru is missing",
                  "a text is missing", "2999"):  # fmt: skip
        assert words in report


def test_a_row_without_an_address_is_known_by_title_and_day(table):
    row = KYRGYZ | {"source_url": ""}
    run(table(row), "--apply")
    assert "1 already here" in run(table(row | {"title_ky": "АР БИР короого суу!"}), "--apply")


def test_pdf_beside_the_table_comes_once(table, tmp_path):
    (tmp_path / "12.pdf").write_bytes(pdf())
    path = table(RUSSIAN | {"pdf": "12.pdf"}, RUSSIAN | {"pdf": "../../etc/passwd"})
    report = run(path, "--apply")
    run(path, "--apply")
    kept = ArticleFile.objects.get()
    assert (kept.language, kept.pages, kept.title_ru) == ("ru", 1, RUSSIAN["title_ru"])
    assert "does not lie beside the table" in report


def test_old_addresses_lead_to_the_article_in_their_language(client, table):
    run(table(RUSSIAN, KYRGYZ), "--apply")
    slug = Article.objects.get().slug
    for language in ("ky", "ru"):
        response = client.get(f"/{language}/article/full/12.html")
        assert response.status_code == 301
        assert response.url == f"/{language}/journal/articles/{slug}/"
    assert client.get("/ru/article/full/13.html").status_code == 404
    assert client.get("/ru/article/full/99999999999999.html").status_code == 404
    for address in ("/ru/article/full/12.html/", "/ru/article/full/12.html?print=1"):
        assert client.get(address).url == f"/ru/journal/articles/{slug}/"
    Article.objects.update(status=ArticleStatus.WITHDRAWN)
    assert client.get("/ru/article/full/12.html", follow=True).status_code == 410
    Article.objects.update(published_at=None, status=ArticleStatus.APPROVED)
    assert client.get("/ru/article/full/12.html").status_code == 404


def test_markup_of_the_earlier_site_is_cleaned():
    body, pictures = tidy(RUSSIAN["body_ru"], RUSSIAN["source_url"])
    assert pictures == 1
    assert body == (
        "<h2>Начало</h2><p>Воды <strong>не было</strong>.</p><p>Провели "
        '<a href="https://old.example.kg/ru/a.html" rel="noopener">трубу</a>.</p>'
    )


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("Один & два", "<p>Один &amp; два</p>"),
        ("<p>&nbsp;</p><p>Сөз</p>", "<p>Сөз</p>"),
        ("<p><div>Ичи</div></p>", "<p>Ичи</p>"),
        ("<font color=red>Кызыл</font> сөз<ul><li>бир</ul>", "<p>Кызыл сөз</p><ul><li>бир</li></ul>"),
        ("<a href='javascript:x()'>басуу</a>", '<p><a rel="noopener">басуу</a></p>'),
        ("<table><tr><td colspan=2 style='x'>1</td></tr></table>",
         '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table>'),
        ("<script>x</script>", ""),
        ("<p onclick='x()' style='color:red'>Сөз<iframe src='//a'></iframe><svg><b>1</b></svg></p>",
         "<p>Сөз</p>"),
        ("<p>Башы<!-- <script>x</script> --> <style>p {}</style>аягы</p>", "<p>Башы аягы</p>"),
        ("<o:p>Word</o:p><p class=MsoNormal><span lang=RU>Текст</span></p>", "<p>Word</p><p>Текст</p>"),
    ],
)  # fmt: skip
def test_tidy(html, clean):
    assert tidy(html)[0] == clean


def test_addresses_of_one_article():
    assert old_number("https://a.kg/ru/article/full/12.html?x=1") == 12
    assert old_number("https://a.kg/ru/article/12.html") is None
    assert source_key("https://a.kg/ru/news/5") == source_key("http://www.a.kg/ky/news/5/")
    assert source_key("https://a.kg/ru/news/5") != source_key("https://a.kg/ru/news/6")


def test_cells():
    assert read_day("1.2.2020 10:30") == date(2020, 2, 1)
    for text in ("2020-13-01", "2020", "", "32.01.2020"):
        with pytest.raises(RowError):
            read_day(text)
    assert split_authors("Асанов А., айыл өкмөтүнүн башчысы") == [
        "Асанов А., айыл өкмөтүнүн башчысы"
    ]
    assert split_authors("А. Асанов, Б. Усенов") == ["А. Асанов", "Б. Усенов"]
    assert split_authors("А. Асанов; Б. Усенов\nВ. Ким") == ["А. Асанов", "Б. Усенов", "В. Ким"]
