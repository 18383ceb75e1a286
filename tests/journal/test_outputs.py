"""Files of an issue and of an article: PDF, EPUB, package; the task, its progress, who gets what."""

import io
import itertools
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone, translation
from lxml import etree, html
from PIL import Image
from pypdf import PdfReader

from journal.models import Article, ArticlePicture, IssueEdition, Output, OutputState
from journal.outputs import making
from journal.outputs.content import article_content, issue_content, jpeg
from journal.outputs.epub import issue_epub
from journal.outputs.making import ask, make, make_output, make_what_is_missing, offered
from journal.outputs.package import issue_package
from journal.outputs.pages import pages_in
from journal.outputs.pdf import article_pdf, issue_pdf
from journal.outputs.texts import hyphenated, story
from portal.bench.journal import MB, Watch, processor_seconds
from publishing.models import AuditEvent
from publishing.pdf.trees import tree, words
from publishing.workflow import Status, move
from tests import factories
from tests.factories_journal import make_article, make_author, make_issue
from tests.journal.outputs_checks import XHTML, read_book

pytestmark = pytest.mark.django_db
WORDS = {
    "ky": "Айыл өкмөтү жыл башында суу түтүгүн оңдоп, үй-бүлөлөргө эсептегич койду. ",
    "ru": "Айыл окмоту в начале года починил водопровод и поставил семьям счётчики. ",
}


def body(language: str, picture: ArticlePicture | None = None) -> str:
    """Everything a text may hold, well made and badly made."""
    figure = (
        f'<p>Сүрөт <img src="{picture.src}"> менен</p><figure><img src="{picture.src}" alt="Булак">'
        "<figcaption>Булактын көзү &lt;b&gt;</figcaption></figure>"
        if picture
        else ""
    )
    return (
        f"<h3>Көйгөй</h3><p>{WORDS[language] * 6}"
        "<span class='footnote'>Эскертүү: <em>2021-жыл</em>, № 3 &amp; 4</span> кийин.</p>"
        f"{figure}<blockquote class='pull'><p>Суу – өмүр.</p></blockquote>"
        "<blockquote class='box'><h3>Эсте тутуңуз</h3><ul><li>бир</li><li><p>эки</p><ol start='3'>"
        "<li>үч</li></ol></li></ul></blockquote>"
        "<table><tbody><tr><th>Жыл</th><th>Сом</th></tr><tr><td rowspan='2'>2024</td><td>1 200</td>"
        "</tr><tr><td><p>3 400</p></td></tr></tbody></table>"
        "<table><tbody><tr><th>А</th><th>Б</th><th>В</th><th>Г</th></tr>"
        "<tr><td>1</td><td>2</td><td>3</td><td>4</td></tr></tbody></table>"
        "<p><a href='https://example.org/a b?x=[1]'>шилтеме</a> H<sub>2</sub>O → <a href='/ky/'>үй</a></p>"
        f"<h2>Натыйжа</h2><p>{WORDS[language] * 30}</p><p><strong>Бүттү.</strong></p>"
    )


def add_picture(article: Article, **fields) -> ArticlePicture:
    return ArticlePicture.objects.create(
        article=article,
        file=SimpleUploadedFile("p.jpg", factories.picture()),
        **(
            {"alt_ky": "Булак", "alt_ru": "Родник", "author_ky": "А. Т.", "author_ru": "А. Т."}
            | fields
        ),
    )


@pytest.fixture
def issue(media_root):
    """Three articles in both languages, one of them rich, and a fourth in Kyrgyz alone."""
    issue = make_issue(lead_ky="Суу тууралуу сан.", lead_ru="Номер о воде.", print_run=1500)
    issue.team.create(
        name_ky="Бекжан Осмонов", name_ru="Бекжан Осмонов", task_ky="редактор", task_ru="редактор"
    )
    rich = make_article("approved", issue=issue, first_page=4, title_ky="Таза суу", title_ru="Чистая вода",
                        sources_ky="Суу кодекси.", sources_ru="Водный кодекс.")  # fmt: skip
    lead = add_picture(rich, is_lead=True)
    inside = add_picture(rich)
    assert lead.uuid != inside.uuid
    rich.body_ky, rich.body_ru = body("ky", inside), body("ru", inside)
    rich.save()
    for page in (6, 8):
        make_article("approved", issue=issue, first_page=page)
    make_article("approved", "ky_only", issue=issue, first_page=10, title_ky="Кыргызча гана")
    return issue


def release(issue, *languages, by=None):
    """As the chief editor would, with the articles."""
    chief = by or factories.make_user("Chief editor", email=f"{languages[0]}-chief@example.org")
    issue.status = "ready"
    issue.save()
    for language in languages:
        issue = move(issue, "release", actor=chief, language=language)
    return issue


def text_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


# ---------------------------------------------------------------- the tree of a text


def found(src):
    return {"file": "x.jpg", "alt": "", "caption": "", "credit": ""} if "own" in src else None


def test_text_becomes_blocks_that_every_writer_can_draw():
    nodes = story(
        "<h3>А</h3>жүрөт <em>сөз</em><p>б<img src='own'></p><figure><img src='strange'></figure>"
        "<ul><li><p>в</p></li></ul><p> </p>",
        found,
        default_alt="Макала",
    )
    assert [node["tag"] for node in nodes] == ["h2", "p", "p", "p", "figure", "ul"]
    assert nodes[4]["alt"] == "Макала"
    assert nodes[5]["children"] == [{"tag": "li", "children": ["в"]}]


def test_footnote_is_words_without_blocks_and_stands_at_its_word():
    (paragraph,) = story("<p>Суу <span class='footnote'><p>эскертүү</p></span>, таза</p>", found)
    assert paragraph["children"] == [
        "Суу",
        {"tag": "span", "class": "footnote", "children": ["эскертүү"]},
        ", таза",
    ]


def test_first_row_of_headings_is_the_head_of_the_table():
    (table,) = story("<table><tbody><tr><th>1</th></tr><tr><td>2</td></tr></tbody></table>", found)
    assert [section["tag"] for section in table["children"]] == ["thead", "tbody"]


@pytest.mark.parametrize(
    ("word", "parted"),
    [
        ("айылдыктар", "айыл-дык-тар"),
        ("муниципалитет", "му-ни-ци-па-ли-тет"),
        ("жоопкерчилик", "жооп-кер-чи-лик"),
        ("спортчулар", "спорт-чу-лар"),
        ("объектилер", "объек-ти-лер"),
        ("суусуз", "суу-суз"),
        ("таза", "таза"),
    ],
)
def test_kyrgyz_words_part_between_syllables(word, parted):
    assert hyphenated(word, "ky").replace("\u00ad", "-") == parted


def test_russian_words_and_pull_quotes_are_left_alone():
    assert hyphenated("администрация", "ru") == "администрация"
    pull = tree("<blockquote class='pull'><p>муниципалитет</p></blockquote>")
    assert "\u00ad" not in words(hyphenated(pull, "ky"))


# ---------------------------------------------------------------- the issue as PDF


@pytest.mark.parametrize(
    ("language", "title", "other", "contents"),
    [("ky", "Таза суу", "Чистая вода", "Contents"), ("ru", "Чистая вода", "Таза суу", "Contents")],
)
def test_issue_as_pdf(issue, language, title, other, contents):
    content = issue_content(issue, language).load()
    made = issue_pdf(content, language)
    reader = PdfReader(io.BytesIO(made))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert {(round(p.mediabox.width), round(p.mediabox.height)) for p in reader.pages} == {
        (595, 842)
    }
    text = text_of(made).replace("\u00ad", "")
    with translation.override(language):
        contents = translation.gettext(contents)
    for part in (
        "ISSN 1694-7053",
        "1785",
        title,
        "Бекжан Осмонов",
        contents,
        "Суу – өмүр.",
        "<b>",
        "№ 3 & 4",
    ):
        assert part in text, part
    assert other not in text
    assert ("Кыргызча гана" in text) == (language == "ky")


def test_contents_name_the_pages_where_articles_begin(issue):
    reader = PdfReader(io.BytesIO(issue_pdf(issue_content(issue, "ky").load(), "ky")))
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    begins = next(number for number, text in enumerate(pages[3:], 4) if "Таза суу" in text)
    assert f"{begins}" in re.findall(r"\d+", pages[2])


def test_no_page_holds_only_the_last_lines_of_an_article(media_root):
    """Articles of one page and a little more are set tighter, or looser where that is too little."""
    issue = make_issue()
    for number, times in enumerate((58, 64, 70, 76, 80, 84), 4):
        make_article(
            "approved", issue=issue, first_page=number, body_ru=f"<p>{WORDS['ru'] * times}</p>"
        )
    pages = PdfReader(io.BytesIO(issue_pdf(issue_content(issue, "ru").load(), "ru"))).pages
    counts = [len(page.extract_text().split()) for page in pages[3:]]
    assert len(counts) > 6  # the longest are too long for a page
    assert min(counts) > 100


def test_short_articles_share_their_pages_and_begin_where_the_contents_say(media_root):
    issue = make_issue()
    names = [f"Кабар {number}" for number in range(1, 7)]
    for number, name in enumerate(names):
        make_article(
            "approved",
            issue=issue,
            position=number,
            title_ky=name,
            body_ky=f"<p>{WORDS['ky'] * 9}</p>",
        )
    output = made(issue, "ky", "pdf")
    assert output.pages < 3 + 6
    found = pages_in(output)
    with output.file.open() as handle:
        texts = [page.extract_text() for page in PdfReader(handle).pages]
    for article in issue.articles.all():
        first, last = found[article.pk]
        assert article.title_ky in texts[first - 1]
        assert first <= last <= output.pages
        assert f"{first}" in re.findall(r"\d+", texts[2])
    assert max(last for _first, last in found.values()) == output.pages


def test_picture_is_made_smaller_by_its_longer_side(media_root):
    article = make_article("approved", issue=make_issue())
    picture = ArticlePicture.objects.create(
        article=article, file=SimpleUploadedFile("p.jpg", factories.picture(size=(1800, 900))), alt_ky="Көл"
    )  # fmt: skip
    assert Image.open(io.BytesIO(jpeg(picture))).size == (1000, 500)


def test_pdf_is_tagged_for_those_who_listen(issue):
    reader = PdfReader(io.BytesIO(issue_pdf(issue_content(issue, "ky").load(), "ky")))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    tags = list(tags_of(root["/StructTreeRoot"]["/K"]))
    kinds = [tag["/S"] for tag in tags]
    assert {"/Note", "/TH", "/TD", "/L", "/Figure", "/Caption", "/Link"} <= set(kinds)
    assert all(tag.get("/Alt") for tag in tags if tag["/S"] == "/Figure")
    levels = [int(kind[2:]) for kind in kinds if re.fullmatch("/H[1-6]", kind)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def tags_of(node):
    """The elements of the tag tree in reading order."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for child in node:
            yield from tags_of(child)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        yield from tags_of(node.get("/K"))


def test_article_that_is_withdrawn_or_declined_is_in_no_edition(issue):
    article = issue.articles.first()
    article.status = Status.WITHDRAWN
    article.save()
    keys = [each["key"] for each in issue_content(issue, "ky").data["articles"]]
    assert f"a{article.pk}" not in keys
    assert len(keys) == 3


def test_released_edition_holds_what_came_out_with_it_and_no_draft_mark(issue):
    assert issue_content(issue, "ru").data["is_draft"]
    issue = release(issue, "ky", "ru")
    data = issue_content(issue, "ru").data
    assert not data["is_draft"]
    assert data["articles"][0]["title"] == "Чистая вода"
    assert len(data["articles"]) == 3


def test_cover_and_its_picture(issue):
    from journal.models import Cover

    Cover.objects.create(
        issue=issue, file=SimpleUploadedFile("c.jpg", factories.picture()), alt_ky="Мөңгү", author_ky="Б. О."
    )  # fmt: skip
    content = issue_content(issue, "ky").load()
    assert content.data["cover"] == {"file": "cover.jpg", "alt": "Мөңгү", "credit": "Б. О."}
    assert len(PdfReader(io.BytesIO(issue_pdf(content, "ky"))).pages[0].images) == 1


def test_fewest_words_make_an_issue(media_root):
    issue = make_issue(title_ru="", lead_ky="")
    make_article(
        "approved",
        "ky_only",
        issue=issue,
        lead_ky="",
        body_ky="<p>Кыска.</p>",
        authors=[],
        rubric=None,
    )
    assert "Кыска." in text_of(issue_pdf(issue_content(issue, "ky").load(), "ky"))


# ---------------------------------------------------------------- EPUB and package


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_issue_as_epub(issue, language):
    content = issue_content(issue, language).load()
    files = read_book(issue_epub(content, language, made_at=timezone.now()))
    rich = issue.articles.get(title_ky="Таза суу")
    page = etree.fromstring(files[f"EPUB/a{rich.pk}.xhtml"])
    notes = [each for each in page.iter(f"{XHTML}aside") if each.get("role") == "doc-footnote"]
    assert "".join(notes[0].itertext()).startswith("1. Эскертүү: 2021-жыл")
    assert len(list(page.iter(f"{XHTML}img"))) == 3
    links = [each.get("href") for each in page.iter(f"{XHTML}a")]
    assert "https://example.org/a%20b?x=%5B1%5D" in links
    assert "/ky/" not in links
    nav = "".join(etree.fromstring(files["EPUB/nav.xhtml"]).itertext())
    assert ("Кыргызча гана" in nav) == (language == "ky")


def test_epub_survives_what_xml_cannot_hold(issue):
    article = issue.articles.first()
    Article.objects.filter(pk=article.pk).update(title_ky="Суу\x0b & <b>жер</b>\uffff")
    content = issue_content(issue, "ky").load()
    files = read_book(issue_epub(content, "ky", made_at=timezone.now()))
    page = etree.fromstring(files[f"EPUB/a{article.pk}.xhtml"])
    assert page.findtext(f".//{XHTML}h1") == "Суу & <b>жер</b>"


def test_package_for_the_designer_holds_texts_and_pictures(issue):
    content = issue_content(issue, "ru")
    with zipfile.ZipFile(io.BytesIO(issue_package(content, "ru"))) as archive:
        names = archive.namelist()
        slug = issue.articles.get(title_ky="Таза суу").slug
        assert {"index.html", "style.css", f"01-{slug}.html", f"pictures/01-{slug}-1.jpg",
                f"pictures/01-{slug}-2.jpg"} <= set(names)  # fmt: skip
        page = html.fromstring(archive.read(f"01-{slug}.html"))
        assert {each.get("src") for each in page.iter("img")} == {
            name for name in names if name.startswith("pictures/")
        }
        index = html.fromstring(archive.read("index.html"))
        assert all(each.get("href") in names for each in index.iter("a"))


# ---------------------------------------------------------------- the single article


def test_article_as_pdf_is_drawn_once_and_anew_when_it_changes(client, issue, monkeypatch):
    article = make_article("published", issue=issue, title_ky="Тариф", first_page=12, last_page=14)
    address = f"/ky/journal/articles/{article.slug}/article.pdf"
    first = client.get(address)
    assert first["Content-Type"] == "application/pdf"
    text = text_of(first.content).replace("\u00ad", "")
    assert "Тариф" in text
    assert "12–14" in text
    drawn = default_storage.listdir("article")[1]
    assert client.get(address).content == first.content
    assert default_storage.listdir("article")[1] == drawn
    Article.objects.filter(pk=article.pk).update(title_ky="Тариф жана ишеним")
    assert "ишеним" in text_of(client.get(address).content)
    assert len(default_storage.listdir("article")[1]) == 1


def test_article_that_is_not_public_has_no_pdf(client, issue):
    article = issue.articles.first()
    address = reverse("journal:article_pdf", args=[article.slug])
    assert client.get(address).status_code == 404
    article.status, article.published_at = Status.WITHDRAWN, timezone.now()
    article.save()
    assert client.get(address).status_code == 410


def test_article_in_one_language_stands_in_it(media_root):
    article = make_article("published", "ky_only", authors=[make_author(name_ky="Асан Үсөнов")])
    reader = PdfReader(io.BytesIO(article_pdf(article, "ru")))
    assert reader.trailer["/Root"]["/Lang"] == "ky"
    assert "Асан Үсөнов" in reader.pages[0].extract_text()


def test_article_without_an_issue_and_with_everything(media_root):
    article = make_article("published", correction_ky="Сумма оңдолду.")
    picture = add_picture(article, is_lead=True, caption_ky="Чогулуш")
    article.body_ky = body("ky", picture)
    article.save()
    data = article_content(article, "ky").data
    assert data["picture"] is None  # it stands in the text
    assert data["issue"] is None
    assert "Сумма оңдолду." in text_of(article_pdf(article, "ky"))


def test_words_may_break_and_are_whole_in_the_text_that_is_copied(media_root):
    article = make_article("published", title_ky="Макала", body_ky=f"<p>{WORDS['ky'] * 30}</p>")
    pages = PdfReader(io.BytesIO(article_pdf(article, "ky"))).pages
    lines = [line for page in pages for line in page.extract_text().splitlines()]
    assert any(line.rstrip().endswith("\u00ad") or line.rstrip().endswith("-") for line in lines)
    inside = [line for line in lines if "\u00ad" in line.rstrip()[:-1] or "\u200b" in line]
    assert inside == []


# ---------------------------------------------------------------- the task


def test_file_is_made_with_progress_and_replaces_the_one_before(
    issue, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    real = making.tell
    monkeypatch.setattr(
        making, "tell", lambda output, **values: (told.append(values), real(output, **values))
    )
    with django_capture_on_commit_callbacks(execute=True):
        ask(issue, "ky", "epub")
    output = Output.objects.get()
    first = output.file.name
    assert (output.state, output.percent, output.is_draft) == (OutputState.DONE, 100, True)
    assert output.bytes == default_storage.size(first)
    percents = [values["percent"] for values in told if "percent" in values]
    assert percents == sorted(percents)
    assert len(percents) >= 3
    with django_capture_on_commit_callbacks(execute=True):
        make_output.func(output.pk)
    output.refresh_from_db()
    assert default_storage.exists(output.file.name)
    assert len(default_storage.listdir(f"journal.output/{issue.uuid}")[1]) == 1
    with django_capture_on_commit_callbacks(execute=True):
        issue.outputs.all().delete()
    assert default_storage.listdir(f"journal.output/{issue.uuid}")[1] == []


def test_asked_twice_it_is_made_once(issue, chief):
    first = ask(issue, "ky", "pdf", by=chief)
    assert ask(issue, "ky", "pdf").pk == first.pk
    assert Output.objects.get().asked_by == chief
    Output.objects.update(asked_at=timezone.now() - timedelta(hours=1), state=OutputState.WORKING)
    assert ask(issue, "ky", "pdf").state == OutputState.WAITING  # its worker was lost


def test_issue_recalled_while_its_file_is_made_gives_nothing_away(
    client, issue, chief, monkeypatch
):
    issue = release(issue, "ky", by=chief)
    real = making.WRITERS["epub"]

    def slow(content, language, at):
        move(
            type(issue).objects.get(pk=issue.pk),
            "recall",
            actor=chief,
            language="ky",
            reason="ката",
        )
        return real(content, language, at)

    monkeypatch.setitem(making.WRITERS, "epub", slow)
    assert made(issue, "ky", "epub").state == OutputState.DONE
    epub = f"/ky/journal/{issue.slug}/issue.epub"
    assert client.get(epub).status_code == 404
    again = type(issue).objects.get(pk=issue.pk)
    release(again, "ky", by=chief)
    assert client.get(epub).status_code == 404  # of the recalled one
    monkeypatch.setitem(making.WRITERS, "epub", real)
    made(issue, "ky", "epub")
    read_book(taken(client, epub).file)


def test_two_workers_at_once_leave_one_file(issue, django_capture_on_commit_callbacks, monkeypatch):
    real = making.WRITERS["epub"]

    def overtaken(content, language, at):
        monkeypatch.setitem(making.WRITERS, "epub", real)
        make(Output.objects.get())  # the other one began later and was faster
        return real(content, language, at)

    output = Output.objects.create(issue=issue, language="ky", kind="epub")
    monkeypatch.setitem(making.WRITERS, "epub", overtaken)
    with django_capture_on_commit_callbacks(execute=True):
        make(output)
    output.refresh_from_db()
    names = default_storage.listdir(f"journal.output/{issue.uuid}")[1]
    assert names == [output.file.name.rpartition("/")[2]]


def test_failure_is_told(issue, monkeypatch):
    output = Output.objects.create(issue=issue, language="ky", kind="pdf")

    def broken(*args):
        raise ValueError("no room")

    monkeypatch.setitem(making.WRITERS, "pdf", broken)
    with pytest.raises(ValueError, match="no room"):
        make_output.func(output.pk, attempt=making.ATTEMPTS)  # the last one
    output.refresh_from_db()
    assert output.state == OutputState.FAILED


# ---------------------------------------------------------------- what readers get


def taken(client, address: str):
    """The answer, with its bytes as `file`."""
    answer = client.get(address)
    assert answer.status_code == 200
    answer.file = answer.getvalue()
    for stream in answer._resource_closers:  # not the answer: that closes the connection, too
        stream()
    return answer


def made(issue, language: str, kind: str) -> Output:
    output, _new = Output.objects.get_or_create(issue=issue, language=language, kind=kind)
    make(output)
    output.refresh_from_db()
    return output


def test_readers_get_the_files_of_a_released_edition_alone(client, issue):
    made(issue, "ky", "epub")
    epub, pdf = f"/ky/journal/{issue.slug}/issue.epub", f"/ky/journal/{issue.slug}/issue.pdf"
    assert client.get(epub).status_code == 404
    issue = release(issue, "ky")
    assert client.get(epub).status_code == 404  # a draft, made before the release
    made(issue, "ky", "epub")
    made(issue, "ky", "pdf")
    made(issue, "ky", "zip")
    answer = taken(client, epub)
    assert answer["Content-Type"] == "application/epub+zip"
    assert answer["Content-Disposition"].startswith("attachment")
    read_book(answer.file)
    assert taken(client, pdf).file.startswith(b"%PDF-")
    assert client.get(epub.replace("/ky/", "/ru/")).status_code == 404
    page = client.get(f"/ky/journal/{issue.slug}/").content.decode()
    assert pdf in page
    assert epub in page
    assert "issue.zip" not in page


def test_recall_takes_the_files_away(client, issue, chief):
    issue = release(issue, "ky", by=chief)
    made(issue, "ky", "epub")
    epub = f"/ky/journal/{issue.slug}/issue.epub"
    read_book(taken(client, epub).file)
    move(issue, "recall", actor=chief, language="ky", reason="ката")
    assert client.get(epub).status_code == 404


def test_file_with_an_article_that_is_withdrawn_since_is_not_given(client, issue):
    issue = release(issue, "ky")
    made(issue, "ky", "epub")
    article = issue.articles.first()
    article.status, article.status_changed_at = Status.WITHDRAWN, timezone.now()
    article.save()
    epub = f"/ky/journal/{issue.slug}/issue.epub"
    assert client.get(epub).status_code == 404
    made(issue, "ky", "epub")
    read_book(taken(client, epub).file)


def test_printed_pdf_stands_before_the_portals(issue):
    issue = release(issue, "ky")
    made(issue, "ky", "pdf")
    assert [each.kind for each in offered(issue)] == ["pdf"]
    edition = IssueEdition.objects.get(issue=issue, language="ky")
    edition.file = SimpleUploadedFile("issue.pdf", factories.pdf(2))
    edition.save()
    assert offered(type(issue).objects.get(pk=issue.pk)) == []


def test_clock_asks_for_what_is_missing_or_old(issue):
    assert make_what_is_missing() == 0
    issue = release(issue, "ky")
    assert make_what_is_missing() == 2
    assert make_what_is_missing() == 0
    later = timezone.now() + timedelta(minutes=1)
    Output.objects.update(
        state=OutputState.DONE, made_at=later, asked_at=later - timedelta(hours=1)
    )
    assert make_what_is_missing() == 0
    Article.objects.filter(pk=issue.articles.first().pk).update(
        updated_at=later + timedelta(minutes=1)
    )
    assert make_what_is_missing() == 2


def test_offers_do_not_grow_with_articles(issue, django_assert_num_queries):
    issue = release(issue, "ky", "ru")
    made(issue, "ky", "epub")
    made(issue, "ru", "epub")
    issue = type(issue).objects.prefetch_related("editions").get(pk=issue.pk)
    with django_assert_num_queries(2):
        assert len(offered(issue)) == 2


# ---------------------------------------------------------------- the admin


def test_editor_asks_sees_progress_and_takes_the_file(
    client, issue, chief, django_capture_on_commit_callbacks
):
    client.force_login(chief)
    page = reverse("admin:journal_issue_outputs", args=[issue.pk])
    assert (
        page in client.get(reverse("admin:journal_issue_change", args=[issue.pk])).content.decode()
    )
    answer = client.post(page, {"what": "ky-epub"})
    assert answer.status_code == 302
    waiting = client.get(page)
    assert waiting["Refresh"] == "2"
    assert "<progress" in waiting.content.decode()
    make(Output.objects.get())
    ready = client.get(page)
    assert "Refresh" not in ready
    output = Output.objects.get()
    address = reverse("admin:journal_issue_output", args=[issue.pk, output.pk])
    assert address in ready.content.decode()
    answer = taken(client, address)
    assert "no-store" in answer["Cache-Control"]
    read_book(answer.file)
    assert client.post(page, {"what": "en-epub"}).status_code == 404


def test_file_whose_worker_was_killed_can_be_asked_for_again(client, issue, chief):
    client.force_login(chief)
    page = reverse("admin:journal_issue_outputs", args=[issue.pk])
    output = Output.objects.create(
        issue=issue, language="ky", kind="epub", state=OutputState.WORKING
    )
    assert "ky-epub" not in client.get(page).content.decode()
    Output.objects.update(asked_at=timezone.now() - timedelta(minutes=6))
    shown = client.get(page)
    assert "ky-epub" in shown.content.decode()
    assert "Refresh" not in shown
    client.post(page, {"what": "ky-epub"})
    output.refresh_from_db()
    assert output.is_on_its_way


def test_pages_of_the_made_pdf_are_noted_with_the_articles_by_a_button(
    client, issue, chief, translator
):
    page = reverse("admin:journal_issue_outputs", args=[issue.pk])
    client.force_login(chief)
    assert client.post(page, {"what": "ky-pages"}).status_code == 404
    output = made(issue, "ky", "pdf")
    assert "ky-pages" in client.get(page).content.decode()
    client.force_login(translator)
    assert client.post(page, {"what": "ky-pages"}).status_code == 403
    client.force_login(chief)
    client.post(page, {"what": "ky-pages"})
    rows = list(issue.articles.in_print_order())
    assert (rows[0].title_ky, rows[0].first_page) == ("Таза суу", 4)
    assert rows[-1].last_page == output.pages
    assert all(a.last_page <= b.first_page for a, b in itertools.pairwise(rows))
    event = AuditEvent.about(rows[0]).get(action="pages")
    assert event.actor_id == chief.pk
    client.post(page, {"what": "ky-pages"})
    assert AuditEvent.about(rows[0]).filter(action="pages").count() == 1  # nothing to change


def test_who_may_only_look_asks_for_nothing(client, issue, translator):
    client.force_login(translator)
    page = reverse("admin:journal_issue_outputs", args=[issue.pk])
    shown = client.get(page)
    assert shown.status_code == 200
    assert 'name="what"' not in shown.content.decode()
    assert client.post(page, {"what": "ky-epub"}).status_code == 403
    assert not Output.objects.exists()


def test_file_of_another_issue_is_not_found(client, issue, chief):
    client.force_login(chief)
    other = make_issue(number=10)
    output = Output.objects.create(issue=other, language="ky", kind="epub", file="x.epub")
    address = reverse("admin:journal_issue_output", args=[issue.pk, output.pk])
    assert client.get(address).status_code == 404


# ---------------------------------------------------------------- how much it takes


def test_small_issue_is_drawn_with_little_work_and_memory(issue):
    """Processor time, not time on the clock: the machine may be busy with other tests."""
    content = issue_content(issue, "ky").load()
    before = processor_seconds()
    with Watch() as watch:
        issue_pdf(content, "ky")
    assert processor_seconds() - before < 2.5
    assert 10 * MB < watch.drawing < 100 * MB
