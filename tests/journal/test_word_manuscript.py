"""A manuscript with all that programs and people put into one: every word arrives once, or it is told."""

import re

import pytest
from django.utils import translation
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.shared import Cm

from journal.body import tree_of
from journal.word import article_from_docx
from publishing.richtext import clean_article
from tests.journal.manuscripts import Manuscript, W, named, picture

SYMBOL = '<w:rFonts w:ascii="Symbol"/>'
FILLER = "Айыл кеңеши чечим кабыл алып, жашоочулар менен бирге жолду оңдоп бүтүрдү. " * 7


class Words:
    """Words that occur nowhere else: those that must arrive, and those that must not."""

    def __init__(self):
        self.kept: list[str] = []
        self.gone: list[str] = []

    def __call__(self, text: str = "") -> str:
        self.kept.append(f"сөз{len(self.kept) + 1:03}ө")
        return f"{text} {self.kept[-1]}".strip()

    def lost(self) -> str:
        self.gone.append(f"жок{len(self.gone) + 1:03}ү")
        return self.gone[-1]


def run(text: str, properties: str = "") -> str:
    look = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{look}<w:t xml:space="preserve">{text}</w:t></w:r>'


def field(instruction: str, result: str) -> str:
    """A field of the program, its instruction parted between runs as Word does it."""
    half = len(instruction) // 2
    return "".join(
        f"<w:r>{part}</w:r>"
        for part in (
            '<w:fldChar w:fldCharType="begin"/>',
            f'<w:instrText xml:space="preserve">{instruction[:half]}</w:instrText>',
            f'<w:instrText xml:space="preserve">{instruction[half:]}</w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            f"<w:t>{result}</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
    )


def shape(words: str) -> str:
    """A text box as Word writes it: the new form and the old one with the same words."""
    inside = f"<w:txbxContent><w:p>{run(words)}</w:p></w:txbxContent>"
    return (
        '<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><a:graphic>'
        f"<a:graphicData><wps:wsp><wps:txbx>{inside}</wps:txbx></wps:wsp></a:graphicData></a:graphic>"
        "</wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>"
        f"{inside}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent>"
    )


def pic(relation: str, about: str, crop: str = "") -> str:
    return (
        f'<pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="a.png" descr="{about}"/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/>{crop}</pic:blipFill></pic:pic>'
    )


class Hard(Manuscript):
    """The manuscript, chapter by chapter; `says` gives the words."""

    def __init__(self):
        super().__init__()
        self.says = Words()
        self.text(self.says("Жол"), "Title")
        for chapter in (self.words, self.lists, self.tables, self.pictures, self.changes):
            self.document.add_heading(self.says(chapter.__name__), 1)
            chapter()
            for _more in range(8):
                self.text(FILLER)

    def paragraph(self, inside: str, properties: str = ""):
        look = f"<w:pPr>{properties}</w:pPr>" if properties else ""
        self.xml(f"<w:p>{look}{inside}</w:p>")

    def image(self, colour: str) -> str:
        return self.document.part.get_or_add_image(picture(colour))[0]

    def words(self):
        says = self.says
        self.note_links.append("https://example.kg/note")
        paragraph = self.text(says("Башы"))
        self.note(
            paragraph,
            f"{run(says())}</w:p><w:p>{run(' экинчи ')}"
            f'<w:hyperlink r:id="rId1">{run(says("шилтеме"))}</w:hyperlink>',
        )
        self.paragraph(
            field('HYPERLINK "https://example.kg/a?b=1&amp;c=2" \\o "кеп"', says("талаа"))
        )
        link = self.document.part.relate_to(
            "https://example.kg/long", RELATIONSHIP_TYPE.HYPERLINK, is_external=True
        )
        self.paragraph(
            f'<w:hyperlink r:id="{link}" w:anchor="part 2">{run(says("жер"))}</w:hyperlink>'
        )
        self.paragraph(
            run("кыс\u00adка\u200bча ") + "<w:r><w:t>со</w:t><w:softHyphen/><w:t>ода</w:t></w:r>"
        )
        self.paragraph(
            f"<w:r><w:t>{says()}</w:t><w:tab/><w:t>{says()}</w:t><w:ptab/><w:t>x</w:t></w:r>"
        )
        self.paragraph(
            f'{run("t ")}<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>{run(" 5 ")}'
            + run("\uf061\uf0b1", SYMBOL)
            + '<w:r><w:sym w:font="Wingdings" w:char="F0E0"/></w:r>'
        )
        self.paragraph(
            f'<w:smartTag w:uri="u" w:element="place">{run(says("Ош"))}</w:smartTag>'
            f"<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>{run(says())}</w:sdtContent></w:sdt>"
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr>"
            f"<w:sdtContent>{run(says.lost())}</w:sdtContent></w:sdt>"
        )
        self.xml(
            f"<w:sdt><w:sdtPr/><w:sdtContent><w:p>{run(says('Башкаруу'))}</w:p></w:sdtContent></w:sdt>"
        )
        self.xml(
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
            f"<w:p>{run(says.lost())}</w:p></w:sdtContent></w:sdt>"
        )
        drop = '<w:framePr w:dropCap="drop" w:lines="3"/>'
        self.paragraph(run("С", '<w:sz w:val="90"/><w:b/>'), drop)
        self.paragraph(run(says("уу келди")))
        self.paragraph(run(says("Кутуча алдында")) + f"<w:r>{shape(says('Кутуча'))}</w:r>")
        self.paragraph(
            run(says("Эки мамыча")), '<w:sectPr><w:cols w:num="2" w:space="708"/></w:sectPr>'
        )
        self.paragraph("<w:r><w:br w:type='column'/></w:r>" + run(says()))
        self.paragraph(f"<m:oMath><m:r><m:t>{says('a=b')}</m:t></m:r></m:oMath>")

    def lists(self):
        says = self.says
        first = self.new_list("decimal", "bullet", "decimal")
        numbering = self.document.part.numbering_part.element
        make = numbering.num_having_numId(first).abstractNumId.val
        for level in range(3):
            self.numbered(says(f"деңгээл {level}"), first, level)
        more = self.text(says("дагы бир абзац"), "List Paragraph")
        more.paragraph_format.left_indent = Cm(1)
        self.numbered(says("экинчи"), first)
        self.text(says("Арасы"))
        again = numbering.add_num(make)
        again.add_lvlOverride(0).add_startOverride(1)
        self.numbered(says("кайра бир"), again.numId)
        self.text(says("Дагы арасы"))
        goes_on = numbering.add_num(make)
        self.numbered(says("кайра эки"), goes_on.numId)
        for sign in ("\uf0b7\t", "• "):
            self.paragraph(run(sign, SYMBOL) + run(says()))

    def tables(self):
        says = self.says
        table = self.document.add_table(4, 4)
        for row in table.rows:
            for cell in row.cells:
                cell.text = says()
        for (top, left), (bottom, right) in (((0, 1), (0, 3)), ((1, 0), (2, 1)), ((2, 3), (3, 3))):
            table.cell(top, left).merge(table.cell(bottom, right))
        self.note(table.cell(1, 2).paragraphs[0], says("Таблицадагы шилтеме"))
        inner = table.cell(3, 0).add_table(1, 2)
        for cell in inner.rows[0].cells:
            cell.text = says("ичинде")
        gone = parse_xml(
            named(
                "<w:tr><w:trPr><w:del w:id='1' w:author='а'/></w:trPr><w:tc><w:p><w:del w:id='2'>"
                f"<w:r><w:delText>{says.lost()}</w:delText></w:r></w:del></w:p></w:tc></w:tr>"
            )
        )
        table._tbl.append(gone)
        self.paragraph(
            run("Таблица ") + f'<w:fldSimple w:instr=" SEQ Таблица ">{run("1")}</w:fldSimple>'
            + run(says(".")), '<w:pStyle w:val="Caption"/>',
        )  # fmt: skip

    def pictures(self):
        says = self.says
        self.document.add_picture(picture("red"))
        self.document.inline_shapes[-1]._inline.docPr.set("descr", "Кызыл капка")
        self.paragraph(
            run("Сүрөт ") + field(" SEQ Сүрөт \\* ARABIC ", "1") + run(". " + says("Капка")),
            '<w:pStyle w:val="Caption"/>',
        )
        group = "".join(pic(self.image(colour), about) for colour, about in
                        (("green", "Жашыл көпүрө"), ("blue", "Көк кашаа")))  # fmt: skip
        old = (
            f'<w:pict><v:group><v:shape><v:imagedata r:id="{self.image("green")}"/></v:shape>'
            "</v:group></w:pict>"
        )
        self.paragraph(
            run(says("Топ")) + '<w:r><mc:AlternateContent><mc:Choice Requires="wpg"><w:drawing>'
            f"<wp:anchor><a:graphic><a:graphicData><wpg:wgp>{group}</wpg:wgp></a:graphicData>"
            f"</a:graphic></wp:anchor></w:drawing></mc:Choice><mc:Fallback>{old}</mc:Fallback>"
            "</mc:AlternateContent></w:r>"
        )
        drawn_only = (
            "<w:drawing><wp:inline><a:graphic><c:chart/></a:graphic></wp:inline></w:drawing>"
        )
        shown = f'<w:pict><v:shape alt="Диаграмма: суу"><v:imagedata r:id="{self.image("gold")}"/></v:shape></w:pict>'
        self.paragraph(
            f'<w:r><mc:AlternateContent><mc:Choice Requires="cx1">{drawn_only}</mc:Choice>'
            f"<mc:Fallback>{shown}</mc:Fallback></mc:AlternateContent></w:r>"
        )
        crop = '<a:srcRect l="12000" r="0"/>'
        self.paragraph(
            f"<w:r><w:drawing><wp:inline>{pic(self.image('pink'), 'Кесилген', crop)}</wp:inline>"
            "</w:drawing></w:r>"
        )

    def changes(self):
        says = self.says
        lost = f"<w:r><w:delText>{says.lost()}</w:delText></w:r>"
        self.paragraph(
            f'{run(says("Эски"))}<w:del w:id="3" w:author="а">{lost}</w:del>'
            f'<w:ins w:id="4" w:author="а">{run(says(" жаңы"))}</w:ins>'
            f'<w:moveFrom w:id="5">{run(says.lost())}</w:moveFrom>'
            f'<w:moveTo w:id="6">{run(says(" көчкөн"))}</w:moveTo>'
            '<w:commentRangeStart w:id="0"/><w:r><w:commentReference w:id="0"/></w:r>'
        )
        self.paragraph(
            run(says("Сүйлөмдүн башы") + " "), '<w:rPr><w:del w:id="7" w:author="а"/></w:rPr>'
        )
        self.paragraph(run(says("сүйлөмдүн аягы.")))
        self.paragraph(run(says.lost(), "<w:vanish/>") + run(says("сызылган"), "<w:strike/>"))


@pytest.fixture(scope="module")
def hard():
    return Hard()


@pytest.fixture(scope="module")
def read(hard):
    with translation.override("en"):
        return article_from_docx(hard.bytes())


@pytest.fixture(scope="module")
def tree(read):
    return tree_of(read.body)


def test_every_word_arrives_once_and_no_other(hard, read, tree):
    text = f"{read.title} {read.lead} {tree.text_content()}"
    assert {word: text.count(word) for word in hard.says.kept if text.count(word) != 1} == {}
    assert [word for word in hard.says.gone if word in text] == []
    assert text.count("Айыл кеңеши") == 5 * 8 * 7
    assert clean_article(read.body) == read.body
    assert not re.search("[\uf000-\uf0ff\u00ad\u200b]", read.body)


def test_what_is_not_as_in_the_document_is_told(read):
    told = "\n".join(read.left_out)
    for words in ("table inside a table", "Formulas", "Tracked changes", "Struck-out", "cropped"):
        assert words in told
    assert len(read.left_out) == 5


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://example.kg/note" rel="noopener">шилтеме',
        '<a href="https://example.kg/a?b=1&amp;c=2" rel="noopener">талаа',
        '<a href="https://example.kg/long#part%202" rel="noopener">жер',
        "<p>кыскача соода</p>",
        "<p>t ≥ 5 α±→</p>",
        "<p>Суу келди",
    ],
)
def test_links_signs_and_hyphens(read, html):
    assert html in read.body


def test_a_note_of_two_paragraphs_is_one_note(tree):
    note = tree.find(".//span[@class='footnote']")
    assert re.fullmatch(r"сөз\d+ө экинчи шилтеме сөз\d+ө", note.text_content())


def test_text_box_is_a_box_after_its_paragraph(tree):
    (box,) = tree.xpath(".//blockquote[@class='box']")
    assert box.text_content().startswith("Кутуча сөз")
    assert box.getprevious().text_content().startswith("Кутуча алдында")


def test_lists_nest_restart_and_go_on(tree):
    first, again, goes_on = tree.xpath("./ol")
    assert [each.tag for each in first.iter("ol", "ul")] == ["ol", "ul", "ol"]
    assert [each.get("start") for each in (first, again, goes_on)] == [None, None, "2"]
    # A paragraph without a number stays in the item above it.
    (deep,) = first.xpath("./li[1]/ul/li/ol/li")
    assert [each.text_content()[:4] for each in deep] == ["деңг", "дагы"]
    assert len(tree.xpath("./ul/li")) == 2


def test_merged_cells(tree):
    (table,) = tree.iter("table")
    spans = [
        [(cell.get("colspan"), cell.get("rowspan")) for cell in row] for row in table.iter("tr")
    ]
    assert spans == [
        [(None, None), ("3", None)],
        [("2", "2"), (None, None), (None, None)],
        [(None, None), (None, "2")],
        [(None, None), (None, None), (None, None)],
    ]


def test_pictures_in_a_group_and_of_a_chart_have_their_own_words(read, tree):
    assert [each.alt for each in read.pictures] == [
        "Кызыл капка", "Жашыл көпүрө", "Көк кашаа", "Диаграмма: суу", "Кесилген",
    ]  # fmt: skip
    assert tree.find("figure/figcaption").text_content().startswith("Сүрөт 1. Капка")
    assert len(tree.findall("figure")) == 5


def test_tracked_changes_come_accepted(tree):
    joined = [each for each in tree.iter("p") if each.text_content().startswith("Сүйлөмдүн")]
    assert re.fullmatch(r"Сүйлөмдүн башы \S+ сүйлөмдүн аягы. \S+", joined[0].text_content())


def test_numbered_headings_keep_their_numbers():
    script = Manuscript()
    numbering = script.document.part.numbering_part.element
    number = script.new_list("decimal", "decimal")
    make = numbering.num_having_numId(number).abstractNumId.val
    (abstract,) = numbering.xpath(f"./w:abstractNum[@w:abstractNumId='{make}']")
    for level, sign in zip(abstract, ("%1.", "%1.%2."), strict=True):
        level.append(parse_xml(f'<w:lvlText {W} w:val="{sign}"/>'))
    script.text("Макаланын аты", "Title")
    for level, words in ((0, "Көйгөй"), (1, "Суу"), (1, "Жол"), (0, "Чечим")):
        heading = script.numbered(words, number, level)
        heading.runs[0].bold = True
        script.text(FILLER)
    body = article_from_docx(script.bytes()).body
    assert re.findall("<h2>(.*?)</h2>", body) == ["1. Көйгөй", "1.1. Суу", "1.2. Жол", "2. Чечим"]
    assert "<ol" not in body


def test_text_in_a_font_from_before_unicode_is_told():
    translation.activate("en")
    script = Manuscript()
    script.text("Айыл сууга ээ болду")
    script.text("К\u045eк т\u045ett\u0457н чыкты, т\u0457нк\u0457 к\u0457н \u0454тт\u0457. " * 3)
    assert any("old font" in sentence for sentence in article_from_docx(script.bytes()).left_out)
    script = Manuscript()
    script.text("Зоран Ђинђић Бишкекке келди. " + FILLER)
    assert article_from_docx(script.bytes()).left_out == []
