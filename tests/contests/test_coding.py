"""What a member may see: no name, no place, no way to reach anybody, in text, files and addresses."""

import io
import re
import zipfile
from urllib.parse import unquote

import pytest
from django.core.files.base import ContentFile
from docx import Document as WordDocument
from PIL import Image
from pypdf import PdfReader, PdfWriter

from contests.assigning import assign
from contests.choices import ContestStatus
from contests.coding import coded, document_of, picture_of
from contests.freezing import digest_of
from contests.masking import Mask
from contests.models import ApplicationFile, ApplicationPicture, Letter
from practices.contribution import SECTIONS
from tests import factories
from tests.contests.jury import come_in, entry_url
from tests.factories_contests import make_application, make_contest, make_members

PLACES = ["Ак-Суу айыл аймагы", "Ак-Суйский айылный аймак", "Тоң району", "Тонский район", "Көк-Булак",
          "Кызыл-Кия", "Достук", "Ош шаары"]  # fmt: skip
PEOPLE = ["Айжан Токтогулова", "Асанбек уулу Бакыт"]
MASK = Mask(places=PLACES, people=PEOPLE)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    "told",
    [
        "Ак-Суу", "Ак-Сууда", "Ак-Суудагы", "Ак Суунун", "АКСУУЛУКТАР", "ак-суу", "Ак‑Суу", "Ак–Суйского",
        "Ак-\nСуу", "Акcуу", "A\u043a-C\u0443\u0443", "Ак-Су\u00adу", "Ак\u200b-Суу",
        "Тоңдо", "Тоңдун", "Тонского", "Тоңдуктар", "Көк-Булагында", "Көкбулактан", "Кызыл-Кие",
        "Кызыл-Кийский", "достукта", "Достугубуз", "Оштон", "Ошто", "Ошский",
        "Айжан", "Айжанга", "АЙЖАН", "айжан токтогулова", "Токтогуловой", "Токтогуловдун", "Бакыттын",
        "Ak-Suu", "aksuu_smeta.docx", "Toktogulova", "Kyzyl-Kiya",
        "+996 555 12 34 56", "0555123456", "0(555)12-34-56", "03943 5-12-34", "тел. 5-12-34",
        "asan@mail.ru", "https://aksuu.kg/a?b", "www.kg-su.kg", "@aksuu_ao", "instagram.com/aksuu",
        "Тамга айылында", "Барскоон кыштагы", "Манас көчөсү", "село Тамга", "в селе Барскоон", "ул. Ленина",
        "Б. Асанов", "Асанов Б.К.", "Асан Бакировдун", "Каныкей Асан кызы", "Каныкей Асановага",
    ],
)  # fmt: skip
def test_what_tells_is_hidden_in_every_spelling_and_case(told):
    masked = MASK(f"Мурда {told} болгон", "ky")
    assert "[" in masked
    for word in re.findall(r"\w{4,}", told):
        if word not in {"айылында", "кыштагы", "көчөсү", "село", "селе", "smeta", "docx"}:
            assert word not in masked, masked


@pytest.mark.parametrize(
    "told",
    [
        "45 000 000 сом, 2024-05-12, 12.05.2024-ж., 0,5 км", "Биздин айылда 300 үй бар.", "тоң болду",
        "Ошол кезде Ошондуктан", "бакыт келди", "Кыргыз Республикасынын мыйзамы", "айыл өкмөтү",
        "Бул айылда суу жок", "Районный бюджет, 2023 год", "суу түтүгү",
    ],
)  # fmt: skip
def test_what_tells_nothing_stays(told):
    assert MASK(told, "ky") == told


def test_mask_hides_what_the_contest_says_and_no_more():
    text = "Ак-Сууда Айжан Токтогулова айтты."
    assert Mask(places=None, people=None)(text) == text
    assert Mask(places=PLACES, people=None)(text) == "[аймак] Айжан Токтогулова айтты."
    assert Mask(places=None, people=PEOPLE)(text, "ru") == "Ак-Сууда [имя] айтты."


def test_a_town_is_not_told_by_the_word_beside_its_name():
    assert MASK("Ош шаарында, в городе Ош, г. Ош") == "[аймак], в [аймак]"


# ---------------------------------------------------------------- records


@pytest.fixture
def named(db):
    """An application whose every text names who applies."""
    contest = make_contest(ContestStatus.REVIEW)
    make_members(contest, 3)
    unit = factories.make_municipality()
    unit.name_ky, unit.name_ru = "Чоң-Сары-Ой айыл аймагы", "Чон-Сары-Ойский айылный аймак"
    unit.short_name_ky, unit.short_name_ru = "Чоң-Сары-Ой", "Чон-Сары-Ой"
    unit.former_names, unit.spellings = ["Калинин"], ["Сары-Ойдун айылы"]
    unit.head_name = "Жыргал Сатарова"
    unit.save()
    old = factories.make_municipality()
    old.name_ky = old.name_ru = old.short_name_ky = old.short_name_ru = "Өрүктү"
    old.save()
    unit.predecessors.add(old)
    answers = filled(
        "Чоң-Сары-Ойдо Сатарованын айтканы, Өрүктүдөн келгендер, Калининдин эли, Корумдуга,"
        " aida@mail.kg, 0555123456, Нургүл Асанкуловага"
    )
    answers |= {"place_text": "Корумду айылы, 3", "contact_name": "Нургүл Асанкулова"}
    content = {"ky": answers, "ru": answers}
    return make_application(
        contest,
        municipality=unit,
        content=content,
        digest=digest_of(content),
        applicant_name="Нургүл Асанкулова",
    )


TELLING = re.compile(
    "сары-?ой|сатаров|өрүктү|калинин|корумду|aida|0555123456|нургүл|асанкулов|sary", re.IGNORECASE
)


def filled(text: str) -> dict:
    """Answers of the contribution form, each field and row that takes words filled with the text."""
    answers = {}
    for section in SECTIONS.values():
        for name, each in section.form.base_fields.items():
            if type(each).__name__ == "CharField":
                answers[name] = text
        for rows in section.rows:
            row = {
                name: text
                for name, each in rows.form.base_fields.items()
                if type(each).__name__ in {"CharField", "URLField"}
            }
            answers[rows.name] = [{"id": "n1"} | row]
    return answers


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_no_answer_tells_who_applies(named, language):
    entry = coded(named, language)
    assert entry.parts, "there is something to read"
    assert not TELLING.search(repr(entry)), TELLING.findall(repr(entry))
    assert "[аймак]" in entry.title
    assert named.number not in repr(entry)
    assert not {"contact", "files"} & {part.name for part in entry.parts}


def test_open_contest_hides_nothing_but_the_ways_to_reach_people(named):
    named.contest.hides_names = named.contest.hides_municipality = False
    told = repr(coded(named, "ky"))
    assert "Сары-Ой" in told
    assert "contact_name" not in told
    assert "Корумду айылы" in told


# ---------------------------------------------------------------- files


@pytest.fixture
def papers(named, media_root):
    """Documents: one that tells nothing, one that tells, a scan, a Word document; a photo, a letter."""

    def add(title, name, content):
        return ApplicationFile.objects.create(
            application=named, title_ky=title, file=ContentFile(content, name=name)
        )

    add("Сары-Ой сметасы", "sary-oi-smeta.pdf", pdf("Смета: труба, насос, баасы 450 000 сом"))
    add("Токтом", "toktom.pdf", pdf("Чоң-Сары-Ой айылдык кеңешинин токтому кабыл алынды"))
    add("Скан", "scan.pdf", scan())
    add("Кат", "kat.docx", word("Труба менен насостун баасы"))
    add("Кат", "kat2.docx", word("Чоң-Сары-Ойдогу насостун баасы"))
    picture = io.BytesIO()
    exif = Image.Exif()
    exif[0x013B] = "Nurgul Asankulova"
    Image.new("RGB", (40, 30), "green").save(picture, "JPEG", exif=exif)
    ApplicationPicture.objects.create(
        application=named,
        alt_ky="Нургүл Асанкулова Сары-Ойдо",
        author="Нургүл Асанкулова",
        file=ContentFile(picture.getvalue(), name="IMG_Sary-Oi.jpg"),
    )
    Letter.objects.create(
        application=named, title_ky="Кат", file=ContentFile(pdf("Чоң-Сары-Ой"), name="letter.pdf")
    )
    return named


def pdf(text: str) -> bytes:
    """A document with words on its page, and its maker’s name wherever programs write one."""
    writer = PdfWriter(clone_from=io.BytesIO(drawn(text)))
    writer.add_metadata({"/Author": "Нургүл Асанкулова", "/Title": "Чоң-Сары-Ой"})
    writer.add_outline_item(title="Чоң-Сары-Ой", page_number=0)
    writer.xmp_metadata = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>Asankulova</x:xmpmeta>"
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def drawn(text: str) -> bytes:
    import typst

    from publishing.pdf import FONTS

    return typst.compile(
        f'#set text(font: "Golos Text")\n{text}'.encode(),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
    )


def scan() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(out, "PDF")
    return out.getvalue()


def word(text: str) -> bytes:
    made, out = WordDocument(), io.BytesIO()
    made.add_paragraph(text)
    made.core_properties.author = "Нургүл Асанкулова"
    made.core_properties.title = "Чоң-Сары-Ой"
    made.save(out)
    return out.getvalue()


def test_pdf_loses_what_programs_wrote_into_it(papers):
    content, extension = document_of(papers, 1)
    assert extension == "pdf"
    reader = PdfReader(io.BytesIO(content))
    assert "насос" in reader.pages[0].extract_text()
    assert not reader.outline
    assert reader.xmp_metadata is None
    assert not (reader.metadata or {}).get("/Author")
    assert not TELLING.search(content.decode("utf-16-be", "ignore") + content.decode("latin-1"))
    assert document_of(papers, 1) == (content, extension), "kept as it was made first"


def test_what_cannot_be_hidden_is_not_shown(papers):
    withheld = [number for number in range(1, 6) if not document_of(papers, number)[0]]
    assert withheld == [2, 3, 5], "a decision that names the place, a scan, a letter in Word"
    assert document_of(papers, 6) is None
    assert document_of(papers, 0) is None


def test_word_document_loses_its_maker(papers):
    content, extension = document_of(papers, 4)
    assert extension == "docx"
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = package.namelist()
        told = " ".join(package.read(name).decode("utf-8", "ignore") for name in names)
    assert not any(name.startswith("docProps") for name in names)
    assert not TELLING.search(told)
    assert "насос" in WordDocument(io.BytesIO(content)).paragraphs[0].text


def test_photo_has_no_metadata(papers):
    image = Image.open(io.BytesIO(picture_of(papers, 1)))
    assert image.format == "JPEG"
    assert not image.getexif()
    assert picture_of(papers, 2) is None


def test_cabinet_tells_nothing_in_pages_addresses_and_headers(papers, client):
    assign(papers.contest)
    sheet = papers.sheets.select_related("application", "member").first()
    come_in(client, sheet.member)
    page = client.get(entry_url(sheet))
    pages = [page, client.get(entry_url(sheet, "jury_hand_in"))]
    pages += [
        client.get(entry_url(sheet, "jury_document", number=number)) for number in range(1, 8)
    ]
    pages += [client.get(entry_url(sheet, "jury_photo", number=number)) for number in (1, 2)]
    assert [each.status_code for each in pages] == [200] * 7 + [404] * 2 + [200, 404]
    secrets = [papers.number, str(papers.uuid), f"applications/{papers.pk}", "letter", "/media/"]
    secrets += [str(each.uuid) for each in (*papers.files.all(), *papers.pictures.all())]
    for each in pages:
        told = unquote(repr(each.headers)) + each.content.decode("utf-8", "ignore")
        assert not TELLING.search(told), TELLING.findall(told)
        assert not [secret for secret in secrets if secret in told]
        assert "ETag" not in each.headers
        assert "Last-Modified" not in each.headers
        assert "no-store" in each.headers["Cache-Control"]
    disposition = unquote(pages[2].headers["Content-Disposition"])
    assert re.search(r"1\.pdf", disposition)
