"""Articles from Word and back: a long real-looking document arrives whole, a hostile one is refused."""

import io
import re
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm
from lxml import etree

from journal.body import paragraphs, tree_of
from journal.models import ArticlePicture
from journal.word import article_from_docx, article_to_docx
from publishing.richtext import clean_article
from tests.factories_journal import make_article
from tests.journal.manuscripts import Manuscript, W, picture

SENTENCE = (
    "Айыл өкмөтү {n}-кварталда суу түтүгүн жаңылап, 214 үйдү таза суу менен камсыз кылды, ал эми "
    "жашоочулардын жыйыны тарифти бекитип, эсептегичтерди орнотууга макулдук берди. "
)


def long_manuscript() -> bytes:
    """Fifteen pages: sections, footnotes, nested lists, merged cells, pictures with captions."""
    script = Manuscript()
    script.text("Таза суу: айылдын тажрыйбасы", "Title")
    script.text("Үч айыл бир түтүк менен кантип жашап калды.", "Subtitle")
    marks = script.new_list("decimal", "bullet", "decimal")
    for section in range(1, 8):
        script.document.add_heading(f"{section}-бөлүм", level=1)
        opening = script.text(SENTENCE.format(n=section) * 6)
        script.note(opening, f"Айыл өкмөтүнүн {section}-эсеби, 2026.")
        mixed = script.text("Бул ")
        mixed.add_run("эң маанилүү ").bold = True
        mixed.add_run("иш, ")
        mixed.add_run("суу м").italic = True
        mixed.add_run("3").font.superscript = True
        script.note(
            mixed,
            '<w:r><w:t xml:space="preserve">Кара: </w:t></w:r><w:r><w:rPr><w:i/></w:rPr>'
            f"<w:t>Мыйзам № {section}</w:t></w:r>",
        )
        mixed.add_run(" менен өлчөнөт.")
        script.document.add_heading(f"{section}.1. Кадамдар", level=2)
        for step in range(1, 4):
            script.numbered(f"{section}-{step}-кадам", marks, 0)
            script.numbered("майда иш", marks, 1)
        script.numbered("терең иш", marks, 2)
        script.text(SENTENCE.format(n=section) * 5)
        script.text("Суусуз айыл болбойт.", "Intense Quote" if section % 2 else "Quote")
        table = script.document.add_table(4, 3)
        table.style = "Table Grid"
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        for number, cell in enumerate(table.rows[0].cells):
            cell.text = f"Баш {number}"
        table.cell(0, 1).merge(table.cell(0, 2))
        table.cell(1, 0).merge(table.cell(2, 0)).text = f"Бириктирилген {section}"
        table.cell(1, 1).text, table.cell(1, 2).text = "Аренда", "1 250 000"
        table.cell(2, 1).text, table.cell(2, 2).text = "Тариф", "340 000"
        script.note(table.cell(3, 0).paragraphs[0], f"Таблицадагы {section}-шилтеме.")
        table.cell(3, 1).text = "Баары"
        script.text(SENTENCE.format(n=section) * 6)
        script.document.add_picture(picture(f"#{section}0{section}0a0"), width=Cm(12))
        inline = script.document.inline_shapes[-1]._inline
        inline.docPr.set("descr", f"{section}-түтүктү төшөп жаткан адамдар")
        script.text(f"{section}-сүрөт. Түтүк төшөлүүдө.", "Caption")
        for _more in range(3):
            script.text(SENTENCE.format(n=section) * 6)
    return script.bytes()


@pytest.fixture(scope="module")
def long_article():
    return article_from_docx(long_manuscript())


def test_title_and_lead_stand_above_the_text(long_article):
    assert long_article.title == "Таза суу: айылдын тажрыйбасы"
    assert long_article.lead == "Үч айыл бир түтүк менен кантип жашап калды."
    assert long_article.title not in long_article.body
    assert long_article.left_out == []


def test_fifteen_pages_arrive_whole(long_article):
    body = tree_of(long_article.body)
    assert len(body.text_content()) > 35_000
    assert [h.text for h in body.iter("h2")] == [f"{n}-бөлүм" for n in range(1, 8)]
    assert len(body.findall("h3")) == 7
    assert body.text_content().count("Айыл өкмөтү ") == 7 * (6 + 5 + 6 + 18)
    # Nothing in it that the portal's own list does not know.
    assert clean_article(long_article.body) == long_article.body


def test_footnotes_stand_where_they_belong(long_article):
    notes = tree_of(long_article.body).xpath(".//span[@class='footnote']")
    assert len(notes) == 21
    assert notes[0].text == "Айыл өкмөтүнүн 1-эсеби, 2026."
    assert notes[0].getparent().tag == "p"
    assert "<em>суу м</em>" in long_article.body
    assert (
        '<sup>3</sup><span class="footnote">Кара: <em>Мыйзам № 1</em></span> менен өлчөнөт.'
        in long_article.body
    )
    assert notes[2].getparent().getparent().tag == "td"


def test_nested_lists_keep_their_depth_and_go_on_counting(long_article):
    lists = tree_of(long_article.body).xpath("./ol")
    assert len(lists) == 7
    assert lists[0].xpath("count(./li)") == 3
    assert lists[0].xpath("string(./li[3]/ul/li/ol/li/p)") == "терең иш"
    assert (lists[0].get("start"), lists[1].get("start"), lists[6].get("start")) == (
        None,
        "4",
        "19",
    )


def test_merged_cells_keep_their_spans(long_article):
    table = tree_of(long_article.body).find("table")
    rows = list(table.iter("tr"))
    head = rows[0].findall("th")
    assert [cell.get("colspan") for cell in head] == [None, "2"]
    merged = rows[1].find("td")
    assert (merged.get("rowspan"), merged.text_content()) == ("2", "Бириктирилген 1")
    assert [len(row) for row in rows] == [2, 3, 2, 3]


def test_pictures_come_with_caption_and_alternative_text(long_article):
    assert len(long_article.pictures) == 7
    first = long_article.pictures[0]
    assert first.alt == "1-түтүктү төшөп жаткан адамдар"
    assert first.caption == "1-сүрөт. Түтүк төшөлүүдө."
    figure = tree_of(long_article.body).find("figure")
    assert figure.find("img").get("src") == first.src
    assert figure.find("figcaption").text_content() == first.caption
    assert "<p>1-сүрөт" not in long_article.body


def test_pull_quotes_and_quotes(long_article):
    quotes = tree_of(long_article.body).findall("blockquote")
    assert [quote.get("class") for quote in quotes[:2]] == ["pull", None]


def small(*, plain=()) -> Manuscript:
    script = Manuscript()
    script.document.add_heading("Жөнөкөй макала", level=1)
    for words in plain:
        script.text(words)
    return script


def test_bold_lines_are_headings_where_the_document_has_none():
    script = Manuscript()
    script.text("Айыл жана бюджет")
    script.text().add_run("Кыскача: " + "бюджет ачык болсо, жашоочулар ишенет. " * 4).bold = True
    script.text().add_run("Көйгөй").bold = True
    script.text("– Сиз кандай баштадыңыз?")
    script.text("• биринчи")
    script.text("• экинчи")
    read = article_from_docx(script.bytes())
    assert read.title == "Айыл жана бюджет"
    assert read.lead.startswith("Кыскача:")
    assert read.body == (
        "<h2>Көйгөй</h2><p>– Сиз кандай баштадыңыз?</p>"
        "<ul><li><p>биринчи</p></li><li><p>экинчи</p></li></ul>"
    )


def test_tracked_changes_links_and_fields():
    script = small()
    paragraph = script.text("Башы ")
    paragraph._p.append(parse_xml(f"<w:del {W}><w:r><w:delText>өчкөн</w:delText></w:r></w:del>"))
    paragraph._p.append(parse_xml(f"<w:ins {W}><w:r><w:t>кошулган </w:t></w:r></w:ins>"))
    for instruction, words in (
        ('HYPERLINK "https://example.kg/a?b=1"', "шилтеме"),
        ('HYPERLINK "javascript:alert(1)"', "жаман"),
    ):
        for run in (
            '<w:fldChar w:fldCharType="begin"/>',
            f"<w:instrText>{instruction.replace('&', '&amp;')}</w:instrText>",
            '<w:fldChar w:fldCharType="separate"/>',
            f"<w:t>{words}</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        ):
            paragraph._p.append(parse_xml(f"<w:r {W}>{run}</w:r>"))
    body = article_from_docx(script.bytes()).body
    assert "өчкөн" not in body
    assert "Башы кошулган " in body
    assert '<a href="https://example.kg/a?b=1" rel="noopener">шилтеме</a>жаман' in body
    assert "javascript" not in body


def test_table_of_one_cell_is_a_box_and_pictures_side_by_side_are_figures():
    script = small()
    script.document.add_table(1, 1).cell(0, 0).text = "Маалымат: үч айыл."
    script.text("Арасы")
    table = script.document.add_table(2, 2)
    for number, colour in enumerate(("red", "green")):
        table.cell(0, number).paragraphs[0].add_run().add_picture(picture(colour))
        table.cell(1, number).text = f"Сол {number}"
    read = article_from_docx(script.bytes())
    assert '<blockquote class="box"><p>Маалымат: үч айыл.</p></blockquote>' in read.body
    assert re.findall(r"<figcaption>(.*?)</figcaption>", read.body) == ["Сол 0", "Сол 1"]
    assert "<table" not in read.body


def test_what_finds_no_place_is_told():
    script = small(plain=["Текст"])
    paragraph = script.text("Шилтеме")
    paragraph.add_run()._r.append(parse_xml(f'<w:footnoteReference {W} w:id="77"/>'))
    paragraph.add_run().add_picture(picture(kind="GIF"))
    paragraph._p.append(parse_xml(f"<w:r {W}><w:object/></w:r>"))
    outer = script.document.add_table(1, 2)
    outer.cell(0, 0).text = "тышы"
    outer.cell(0, 1).add_table(1, 1).cell(0, 0).text = "ичи"
    read = article_from_docx(script.bytes())
    assert len(read.left_out) == 4
    assert read.pictures == []
    assert "<img" not in read.body
    assert "ичи" in read.body


def rezipped(content: bytes, **changed: bytes) -> bytes:
    """The document with members replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", 8) as target:
        for member in source.namelist():
            if member not in changed:
                target.writestr(member, source.read(member))
        for member, new in changed.items():
            target.writestr(member, new)
    return out.getvalue()


def hostile() -> dict[str, bytes]:
    sound = small(plain=["Текст"]).bytes()
    entities = (
        b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        b"<w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>"
    )
    return {
        "empty": b"",
        "not a zip": b"hello" * 100,
        "pdf": b"%PDF-1.7 " * 20,
        "cut": sound[: len(sound) // 2],
        "old Word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "bomb": rezipped(sound, **{"word/media/zeros.bin": b"\0" * 60_000_000}),
        "entities": rezipped(sound, **{"word/document.xml": entities}),
        "macros": rezipped(sound, **{"word/vbaProject.bin": b"macro"}),
        "broken XML": rezipped(sound, **{"word/document.xml": b"<w:document"}),
        "no body": rezipped(sound, **{"word/document.xml": b"<a/>"}),
        "too long": small(plain=["сөз " * 60_000]).bytes(),
    }


@pytest.mark.parametrize("name", list(hostile()))
def test_hostile_document_gets_a_sentence(name):
    with pytest.raises(ValidationError) as refused:
        article_from_docx(hostile()[name])
    assert " ".join(refused.value.messages).endswith(".")


# ---------------------------------------------------------------- and back

BODY = (
    "<h2>Көйгөй</h2><p>Суу <strong>аз</strong>, <em>кымбат</em> <strong><em>да</em></strong> "
    '<a href="https://example.kg/" rel="noopener">шилтеме</a> H<sub>2</sub>O<span class="footnote">'
    'Эсеп, <em>2026</em>. <a href="https://example.kg/e" rel="noopener">Толугу</a></span> жана м'
    "<sup>3</sup>.</p><h3>Иштер</h3><ol><li><p>Бир</p><ul><li><p>майда</p></li></ul></li>"
    '<li><p>Эки</p></li></ol><p>Арасы<br>сап</p><ol start="3"><li><p>Үч</p></li></ol>'
    '<blockquote class="pull"><p>Суусуз айыл жок.</p></blockquote><blockquote><p>Мыйзам.</p>'
    '</blockquote><blockquote class="box"><p>Кутуча</p><ul><li><p>бир</p></li></ul></blockquote>'
    '<table><tbody><tr><th><p>Жыл</p></th><th colspan="2"><p>Сумма</p></th></tr>'
    '<tr><td rowspan="2"><p>2026</p></td><td><p>1</p></td><td><p>2<span class="footnote">Болжол.'
    "</span></p></td></tr><tr><td><p>3</p></td><td></td></tr></tbody></table>"
)


@pytest.fixture
def written(db):
    article = make_article(body_ky=BODY, title_ky="Таза суу", lead_ky="Кыскача.")
    kept = ArticlePicture(article=article, alt_ky="Булак")
    kept.file.save("a.png", ContentFile(picture().getvalue(), name="a.png"), save=True)
    figure = (
        f'<figure><img src="{kept.url("original.jpg")}" alt="Булак"><figcaption>1-сүрөт. <em>Булак'
        "</em></figcaption></figure>"
    )
    article.body_ky = BODY + figure
    article.save()
    return article, article_to_docx(article, "ky")


def test_article_comes_back_as_it_went_out(written):
    article, content = written
    read = article_from_docx(content)
    assert (read.title, read.lead, read.left_out) == ("Таза суу", "Кыскача.", [])
    (kept,) = read.pictures
    assert read.body == article.body_ky.replace(
        article.pictures.get().url("original.jpg"), kept.src
    )


def test_footnotes_are_footnotes_of_word(written):
    article, content = written
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        notes = etree.fromstring(package.read("word/footnotes.xml"))
        relations = package.read("word/_rels/document.xml.rels").decode()
        types = package.read("[Content_Types].xml").decode()
        text = package.read("word/document.xml").decode()
    assert [each.get(qn("w:id")) for each in notes] == ["-1", "0", "1", "2"]
    assert "Эсеп, 2026. Толугу" in "".join(notes[2].itertext())
    assert "relationships/footnotes" in relations
    assert "/word/footnotes.xml" in types
    assert text.count("<w:footnoteReference ") == 2
    assert "Эсеп" not in text
    document = Document(io.BytesIO(content))
    assert document.core_properties.language == "ky-KG"
    assert article.credits.get().author.name_ky in document.sections[0].header.paragraphs[0].text


def test_article_in_one_language_goes_out_empty_in_the_other(db):
    article = make_article("ky_only")
    assert paragraphs(article_from_docx(article_to_docx(article, "ky")).body)
    assert article_from_docx(article_to_docx(article, "ru")).body == ""
