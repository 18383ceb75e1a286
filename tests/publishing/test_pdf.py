"""Typst sheets: data stays data, fonts are the repository's, the PDF is tagged."""

import io

import pytest
from pypdf import PdfReader

from publishing import pdf
from publishing.excerpts import excerpt, glued, sentences
from publishing.pdf.breaks import without_breaks
from publishing.pdf.trees import shortened, tree, words
from tests import factories

TEMPLATE = "practices/share.typ"
HOSTILE = '#panic("x") $x^2$ *bold* _it_ \\ @ref <label> ] [ } { " ` ~ // /* = - + https://x.kg'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def share_data(title: str) -> dict:
    return {
        "accent": "#8f2b22",
        "cover": SVG,
        "mark": SVG,
        "portal": "Портал",
        "title": title,
        "words": [],
        "municipality": "Узун-Жылга айыл аймагы",
        "line": "Жайыт",
    }


def made(title: str, language: str = "ky", **options) -> bytes:
    # The share picture's template is the smallest; as PDF it lacks nothing but headings.
    return pdf.render_pdf(TEMPLATE, share_data(title), language=language, title=title, **options)


def text_of(content: bytes) -> str:
    return " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_pdf_is_tagged_and_tells_its_language_and_title(language):
    reader = PdfReader(io.BytesIO(made("Суу өзөнү", language)))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert reader.metadata.title == "Суу өзөнү"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()


def test_markup_of_typst_appears_as_typed():
    assert text_of(made(HOSTILE)).startswith(HOSTILE)


def test_same_data_give_the_same_bytes():
    assert made("Көпүрө") == made("Көпүрө")
    assert made("Көпүрө") != made("Көпүрөө")


def test_only_the_fonts_of_the_repository_are_drawn_with():
    fonts = {str(font["/BaseFont"]) for font in fonts_of(made("Көпүрө → жол"))}
    assert {name.partition("+")[2] for name in fonts} <= {
        "GolosText-Bold",
        "GolosText-Regular",
        "NotoSansMath-Regular",
    }
    names = [path.name for path in pdf.FONTS.iterdir()]
    assert {"OFL.txt", "OFL-NotoSansMath.txt", "OFL-PTSerif.txt"} <= set(names)
    assert sum(path.stat().st_size for path in pdf.FONTS.glob("*.ttf")) <= 800_000


def fonts_of(content: bytes) -> list:
    resources = PdfReader(io.BytesIO(content)).pages[0]["/Resources"]
    return [font.get_object() for font in resources["/Font"].values()]


def test_mistake_in_a_template_says_where(tmp_path, settings):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "broken.typ").write_text("#unknown-thing")
    settings.BASE_DIR = tmp_path
    with pytest.raises(pdf.DrawingFailed, match="unknown variable"):
        pdf.render_pdf("broken.typ", {}, language="ky", title="x")


def test_every_kyrgyz_letter_can_be_drawn():
    letters = "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя"
    text = letters + letters.upper() + "«»„“–—№…→≤≥°²³%‰"[:-1]
    assert pdf.drawable(text) == text


@pytest.mark.parametrize(
    ("typed", "drawn"),
    [
        ("Кѳл 😀 жээги", "Көл  жээги"),
        ("Таӊ", "Таң"),
        ("и\u0306", "й"),
        ("№ ５", "№ 5"),
        ("а\u202eб\x00в", "абв"),
        ("中文", ""),
    ],
)
def test_what_no_font_can_draw_costs_no_sheet(typed, drawn):
    assert pdf.drawable({"a": [typed]}) == {"a": [drawn]}
    assert made(f"{typed} х").startswith(b"%PDF-")


def test_png_has_the_size_of_the_page():
    png = pdf.render_png(TEMPLATE, share_data("Суу"), language="ky", ppi=72)
    assert png.startswith(b"\x89PNG")
    assert png[16:24] == (1200).to_bytes(4, "big") + (630).to_bytes(4, "big")


def test_rich_text_becomes_a_tree():
    nodes = tree(
        '<p>Суу <strong>таза</strong> <a href="https://x.kg/?a=1&amp;b=2">шилтеме</a><br>сап</p>'
        '<ol start="3"><li><p>бир</p></li></ol><table><tbody><tr><th colspan="2">А</th></tr></tbody></table>'
    )
    assert [node["tag"] for node in nodes] == ["p", "ol", "table"]
    assert nodes[0]["children"][3]["href"] == "https://x.kg/?a=1&b=2"
    assert nodes[1]["start"] == 3
    assert nodes[2]["children"][0]["children"][0]["children"][0]["colspan"] == 2
    assert words(nodes[0]) == "Суу таза шилтеме сап"


@pytest.mark.parametrize(
    "html", ["", "<p>", "</p></p>", "<p><em>а</p>б", "<script>x</script>а", "а<br>б"]
)
def test_broken_markup_still_makes_a_tree(html):
    assert isinstance(tree(html), list)


def test_tree_is_cut_at_a_sentence_and_leaves_no_lonely_heading():
    nodes = tree("<p>Бир сүйлөм. Эки сүйлөм бар.</p><h3>Баш</h3><p>Үчүнчү сүйлөм абдан узун.</p>")
    assert words(shortened(nodes, 20)) == "Бир сүйлөм."
    assert [node["tag"] for node in shortened(nodes, 34)] == ["p"]
    assert shortened(nodes, 1000) == nodes
    items = tree("<ul><li>бир эки үч</li><li>төрт беш алты</li></ul>")
    assert words(shortened(items, 12)).split() == ["бир", "эки", "үч"]


def test_sentences_do_not_end_at_short_forms():
    text = "Закон № 123, ст. 34. В 2021 г. приняли. «Да!» Сумма 1,2 млн. сомов."
    assert sentences(text) == [
        "Закон № 123, ст. 34.",
        "В 2021 г. приняли.",
        "«Да!»",
        "Сумма 1,2 млн. сомов.",
    ]


@pytest.mark.parametrize(
    ("limit", "kept"),
    [
        (100, "Суу келди. Айыл кубанды, бирок баары эмес."),
        (20, "Суу келди."),
        (30, "Суу келди. Айыл кубанды…"),
        (6, "Суу…"),
        (1, ""),
        (0, ""),
    ],
)
def test_excerpt_is_cut_at_a_sentence_or_a_word(limit, kept):
    text = "Суу келди. Айыл кубанды, бирок баары эмес."
    assert excerpt(text, limit) == kept
    assert len(excerpt(text, limit)) <= limit


def test_a_word_longer_than_the_room_is_cut():
    assert excerpt("а" * 50, 10) == "а" * 9 + "…"


def test_numbers_keep_their_units():
    assert glued("1 250 000 сом, 12 км, № 5, ст. 34") == (
        "1\u00a0250\u00a0000\u00a0сом, 12\u00a0км, №\u00a05, ст.\u00a034"
    )
    assert glued("2017 2018") == "2017 2018"


def test_text_is_clean_of_places_where_a_word_may_break():
    content = made("му\u00adни\u00adци\u00adпа\u00adли\u00adтет\u200bтер")
    assert text_of(content).startswith("муниципалитеттер")
    PdfReader(io.BytesIO(content), strict=True)


@pytest.mark.parametrize("content", [b"", b"no PDF", b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF"])
def test_what_is_built_in_another_way_is_left_alone(content):
    assert without_breaks(content) == content


def test_pictures_stand_beside_the_template(tmp_path, settings):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "one.typ").write_text(
        '#set page(width: 40pt, height: 40pt, margin: 0pt)\n#image("/pictures/p.jpg")'
    )
    settings.BASE_DIR = tmp_path
    content = pdf.render_png("one.typ", {}, language="ky", pictures={"p.jpg": factories.picture()})
    assert content.startswith(b"\x89PNG")
