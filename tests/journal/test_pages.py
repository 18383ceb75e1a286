"""The journal as its readers see it: archive, issue, article, rubrics, authors; and what they do not."""

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.html import escape

from journal.choices import ArticleStatus, CreditRole, IssueStatus
from journal.models import Article, ArticlePicture, Credit
from journal.reading import rendered
from people.roles import CHIEF_EDITOR
from portal import compression, demo, stored_pages
from portal.compression import packed
from publishing.languages import LanguageState
from publishing.richtext import plain_text
from publishing.workflow import move
from search.index import drain
from search.models import SearchEntry
from tests import factories, pages
from tests.factories_journal import (
    make_article,
    make_author,
    make_issue,
    make_partner,
    make_rubric,
)
from tests.pages import LANGUAGES
from tests.portal.test_weight import static_weight

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return factories.make_user(CHIEF_EDITOR)


def released(chief, *languages, articles=1, **fields):
    """An issue that is out in the languages, with articles in print order."""
    issue = make_issue(status=IssueStatus.APPROVED, **fields)
    for n in range(articles):
        make_article("approved", issue=issue, first_page=10 * (n + 1), last_page=10 * (n + 1) + 4)
    for language in languages:
        move(issue, "release", actor=chief, language=language)
    return issue


def photo():
    return factories.upload("a.jpg", factories.picture(), "image/jpeg")


def address(record, language="ky") -> str:
    with translation.override(language):
        return record.get_absolute_url()


# ---------------------------------------------------------------- the text


def test_text_becomes_a_page(media_root):
    article = make_article("published")
    picture = ArticlePicture.objects.create(
        article=article,
        file=photo(),
        alt_ky="Булак",
        caption_ky="Айылдагы булак",
        author_ky="Э. Сүрөтчү",
    )
    stranger = ArticlePicture.objects.create(
        article=make_article("published"), file=photo(), alt_ky="Башка"
    )
    article.body_ky = (
        '<h2>Көйгөй <span class="footnote">Башында <em>мындай</em>.</span></h2>'
        '<p>Суу <span class="footnote"></span>жетпейт <span class="footnote">2-булак &lt;b&gt;</span>, 1 250 000 сом.</p>'
        f'<figure><img src="/media/journal.articlepicture/{picture.uuid}/original.jpg" alt="x"></figure>'
        f'<figure><img src="/media/journal.articlepicture/{stranger.uuid}/original.jpg"></figure>'
        '<blockquote class="pull"><p>Үн</p></blockquote><blockquote class="box"><p>Куту</p></blockquote>'
        "<table><tbody><tr><th><p>Айыл</p></th><th><p>Сом</p></th></tr>"
        "<tr><td><p>Кен-Булак</p></td><td><p>1 200</p></td></tr></tbody></table><h3>Чечим</h3>"
    )
    article.save()
    text = rendered(article.edition("ky"))
    assert [note.html for note in text.notes] == ["Башында <em>мындай</em>.", "2-булак &lt;b&gt;"]
    assert [(each.level, each.text, each.anchor) for each in text.headings] == [
        (2, "Көйгөй", "s1"),
        (3, "Чечим", "s2"),
    ]
    html = text.html
    assert (
        '<sup><a id="r2" href="#n2" role="doc-noteref">2</a></sup>, 1\xa0250\xa0000\xa0сом' in html
    )
    assert f'alt="Булак" width="{picture.width}" height="{picture.height}" loading="lazy"' in html
    assert "<figcaption>Айылдагы булак" in html
    assert "Э. Сүрөтчү" in html
    assert str(stranger.uuid) not in html
    assert (
        '<blockquote class="pull"><p>Үн</p></blockquote><div class="box"><p>Куту</p></div>' in html
    )
    assert '<td>Кен-Булак</td><td class="n">1\xa0200</td>' in html
    assert html.count('class="scroll" tabindex="0"') == 1
    assert html.count("<figure>") == 1


@pytest.mark.parametrize(
    "body",
    [
        "<p>Суу</p><script>alert(1)</script>",
        '<p onclick="alert(1)">Суу</p>',
        '<p>Суу <a href="javascript:alert(1)">бул</a></p>',
        '<p>Суу<span class="footnote"><img src=x onerror=alert(1)></span></p>',
        '<figure><img src="https://elsewhere.example/a.png"></figure><p>Суу</p>',
    ],
)
def test_text_runs_nothing(client, body):
    """However it came into the database."""
    article = make_article("published")
    with translation.override("ky"):
        edition = article.edition("ky")
        article.body_ky = body
        html = rendered(edition).html
    assert "alert" not in html.replace("alert(1)</p>", "")
    assert "elsewhere" not in html
    assert "Суу" in html


# ---------------------------------------------------------------- an article


def test_article_shows_what_it_is(client, chief, media_root):
    author = make_author(name_ky="Айгүл Асанова", name_ru="Айгуль Асанова")
    partner = make_partner("published")
    practice = factories.make_practice("published")
    issue = make_issue(status=IssueStatus.APPROVED)
    article = make_article(
        "approved",
        issue=issue,
        authors=[],
        practices=[practice],
        title_ky="Суу ар бир үйдө",
        title_ru="Вода в каждом доме",
        first_page=12,
        last_page=15,
        sources_ky="Бюджет кодекси, 126-берене.\nhttps://example.org/a",
    )
    Credit.objects.create(
        article=article,
        author=author,
        post_ky="айыл өкмөтүнүн башчысы",
        organisation_ky="Кен-Булак",
    )
    Credit.objects.create(article=article, author=make_author(), role=CreditRole.REVIEWER)
    article.partners.add(partner)
    ArticlePicture.objects.create(
        article=article, file=photo(), alt_ky="Булак", alt_ru="Родник", is_lead=True
    )
    move(issue, "release", actor=chief, language="ky")
    move(issue, "release", actor=chief, language="ru")
    response = client.get(address(article))
    text = pages.main(response)
    for words in (
        "Суу ар бир үйдө", "Айгүл Асанова, айыл өкмөтүнүн башчысы, Кен-Булак", "12–15",
        "Бюджет кодекси, 126-берене.", partner.title_ky, practice.title_ky,
        "Асанова А. Суу ар бир үйдө // Муниципалитет. 2026. № 9 (179).",
    ):  # fmt: skip
        assert words in text, words
    links = pages.links(response)
    for record in (author, partner, practice, issue, article.rubric):
        assert address(record) in links
    assert pages.meta(response, "citation_title") == "Суу ар бир үйдө"
    assert pages.meta(response, "citation_author") == "Айгүл Асанова"
    assert pages.meta(response, "citation_author_institution") == "Кен-Булак"
    assert pages.meta(response, "citation_firstpage") == "12"
    assert pages.meta(response, "citation_issn") == "1694-7053"
    data = pages.linked_data(response)
    assert data["@type"] == "ScholarlyArticle"
    assert data["author"][0]["name"] == "Айгүл Асанова"
    assert data["isPartOf"]["isPartOf"]["issn"] == "1694-7053"
    assert 'alt="Булак"' in response.content.decode()
    assert pages.scripts(response) == ["script /static/js/portal.js"]
    assert "Вода в каждом доме" in pages.main(client.get(address(article, "ru")))


def test_long_article_has_contents(client):
    body = "".join(f"<h2>{n}-бөлүк</h2><p>Суу.</p>" for n in range(1, 4))
    article = make_article("published", body_ky=body)
    links = pages.links(client.get(address(article)))
    assert {"#s1", "#s2", "#s3"} <= set(links)
    short = make_article("published")
    assert "#s1" not in pages.links(client.get(address(short)))


def test_parts_are_chained_and_neighbours_follow_print(client, chief):
    issue = released(chief, "ky", articles=3)
    first, second, third = issue.articles.in_print_order()
    second.part_of, second.part = first, 2
    second.save()
    response = client.get(address(second))
    tree = pages.document(response)
    assert tree.xpath("//a[@rel='prev']/@href") == [address(first)]
    assert tree.xpath("//a[@rel='next']/@href") == [address(third)]
    [chain] = pages.of_class(tree, "chain")
    assert chain.xpath(".//a/@href") == [address(first)]
    assert chain.xpath(".//*[@aria-current='page']")
    assert not pages.of_class(pages.document(client.get(address(third))), "chain")
    draft = make_article(part_of=third, part=2)
    assert draft.slug not in client.get(address(third)).content.decode()


def test_article_in_one_language_is_shown_as_it_is(client):
    article = make_article("published", "ru_only")
    response = client.get(address(article, "ky"))
    assert pages.document(response).xpath("//article/@lang") == ["ru"]
    assert article.title_ru in pages.main(response)
    assert pages.of_class(pages.document(response), "notice")
    assert not pages.of_class(pages.document(client.get(address(article, "ru"))), "notice")


def test_correction_is_seen(client):
    article = make_article("published", correction_ky="Сан 12 эмес, 21.")
    assert "Сан 12 эмес, 21." in pages.main(client.get(address(article)))


def test_withdrawn_article_is_gone(client, chief):
    article = make_article("published")
    move(article, "withdraw", actor=chief, reason="талап", withdrawal_kind="mistake")
    assert client.get(address(article)).status_code == 410
    for path in (f"{address(article)}cite.bib", f"{address(article)}whatsapp/"):
        assert client.get(path).status_code == 410
    assert client.get(f"{address(article)}share.jpg").status_code == 404


def test_changed_address_leads_to_the_article(client):
    article = make_article("published")
    old = address(article)
    article.slug = "suu-bar"
    article.save()
    assert client.get(old).status_code in {301, 404}


@pytest.mark.parametrize("suffix", ["bib", "ris", "exe"])
def test_reference_is_taken_away(client, suffix):
    article = make_article("published")
    response = client.get(f"{address(article)}cite.{suffix}")
    assert response.status_code == (404 if suffix == "exe" else 200)
    if suffix != "exe":
        assert f'filename="{article.slug}.{suffix}"' in response["Content-Disposition"]
        assert article.title_ky in response.content.decode()


def test_share_picture_and_text(client, media_root):
    article = make_article("published")
    response = client.get(f"{address(article)}share.jpg")
    assert response.content.startswith(b"\xff\xd8")
    assert len(response.content) <= 100_000
    to = client.get(f"{address(article)}whatsapp/")
    assert to.url.startswith("https://wa.me/?text=")


# ---------------------------------------------------------------- archive, issue


def test_archive_goes_by_years(client, chief):
    for year in (2023, 2025, 2026):
        released(chief, "ky", year=year, number=4)
    make_issue(year=2026, number=5, title_ky="Даярдалып жаткан")
    response = client.get("/ky/journal/")
    heads = pages.document(response).xpath("//main//h2/text()")
    assert heads[:2] == ["2026", "2025"]
    assert "Даярдалып" not in pages.main(response)
    assert "?year=2023" in pages.links(response)
    older = client.get("/ky/journal/?year=2023")
    assert pages.document(older).xpath("//main//h2/text()")[0] == "2023"
    for odd in ("?year=1", "?year=abc", "?year=²"):
        assert client.get(f"/ky/journal/{odd}").status_code == 200
    assert "ISSN" in pages.main(response)


def test_issue_lists_its_contents_in_print_order(client, chief):
    issue = released(chief, "ky", "ru", articles=3, print_run=500)
    issue.articles.filter(first_page=20).update(first_page=3, last_page=9)
    response = client.get(address(issue))
    tree = pages.document(response)
    found = [pages.words(each) for each in pages.of_class(tree, "page")]
    assert found == ["3–9", "10–14", "30–34"]
    text = pages.main(response)
    for words in ("1694-7053", "1785", "500", issue.title_ky):
        assert words in text
    cover = client.get(f"{address(issue)}cover.svg")
    assert cover["Content-Type"] == "image/svg+xml"
    assert "МУНИЦИПАЛИТЕТ" in cover.content.decode()


def test_edition_that_is_not_out_is_not_shown(client, chief):
    """The Kyrgyz text is the original, yet the Russian edition alone is out."""
    issue = released(chief, "ru")
    article = issue.articles.get()
    for path in (address(issue), address(article), "/ky/journal/"):
        text = client.get(path).content.decode()
        assert issue.title_ky not in text
        assert article.title_ky not in text
    assert article.title_ru in client.get(address(article)).content.decode()


def everywhere(article) -> list[str]:
    """Pages that would show an article of the issue, or the issue itself."""
    author = article.credits.get().author
    paths = [
        "/{}/", "/{}/journal/", "/{}/journal/?year=2026", "/{}/journal/authors/",
        "/feeds/journal-{}.xml", f"/feeds/journal-{{}}/{article.rubric.slug}.xml",
        f"/{{}}/journal/rubrics/{article.rubric.slug}/",
        f"/{{}}/journal/authors/{author.slug}/",
        f"/{{}}/themes/{article.themes.get().slug}/",
        "/sitemap-articles-1.xml", "/sitemap-issues-1.xml",
        f"/{{}}/practices/{article.practices.get().slug}/",
        f"/{{}}/partners/{article.partners.get().slug}/",
        "/{}/search/?q=укмуштуудай",
    ]  # fmt: skip
    return [path.format(language) for path in paths for language in LANGUAGES]


def files_of(issue, article) -> list[str]:
    """Whatever may be taken away of the issue and of its article, in both languages."""
    names = ("issue.pdf", "issue.epub", "cover.svg")
    found = [address(issue, each) + name for each in LANGUAGES for name in names]
    names = ("article.pdf", "cite.bib", "cite.ris", "share.jpg")
    return found + [address(article, each) + name for each in LANGUAGES for name in names]


def status_of(client, path) -> int:
    response = client.get(path)
    response.getvalue()
    for stream in response._resource_closers:
        stream()
    return response.status_code


def test_recalled_issue_is_nowhere(client, chief, media_root):
    practice = factories.make_practice("published")
    issue = make_issue(status=IssueStatus.APPROVED)
    article = make_article(
        "approved",
        issue=issue,
        title_ky="Укмуштуудай макала",
        title_ru="Удивительная укмуштуудай статья",
        slug="ukmush",
        practices=[practice],
        themes=[practice.theme],
    )
    article.partners.add(make_partner("published"))
    for language in LANGUAGES:
        move(issue, "release", actor=chief, language=language)
        for kind in ("pdf", "epub"):
            issue.outputs.create(
                language=language,
                kind=kind,
                is_draft=False,
                made_at=timezone.now(),
                file=SimpleUploadedFile(f"a.{kind}", b"%PDF-"),
            )
    drain()
    own = [address(issue), address(article)]
    files = files_of(issue, article)
    assert {path: status_of(client, path) for path in files} == dict.fromkeys(files, 200)
    paths = everywhere(article)
    shown = {path: client.get(path) for path in [*paths, *own]}
    assert {path: r.status_code for path, r in shown.items()} == dict.fromkeys(shown, 200)
    traces = ("ukmush", "journal/2026-9/", article.credits.get().author.slug)
    for path in paths:
        text = shown[path].content.decode()
        assert any(trace in text for trace in traces), f"nothing to leak on {path}"
    assert SearchEntry.objects.filter(thing__kind="article").count() == 2
    for language in LANGUAGES:
        move(issue, "recall", actor=chief, language=language, reason="ката")
    drain()
    for path in paths:
        text = client.get(path).content.decode()
        # An address that is not found is told on its own page, for the other language.
        assert not [trace for trace in traces if trace in text and trace not in path], path
    assert {path: status_of(client, path) for path in own + files} == dict.fromkeys(
        own + files, 404
    )
    assert not SearchEntry.objects.filter(thing__kind="article").exists()


def test_recalled_edition_leaves_the_other(client, chief):
    issue = released(chief, "ky", "ru")
    article = issue.articles.get()
    move(issue, "recall", actor=chief, language="ky", reason="ката")
    for path in (address(issue), address(article), "/ky/journal/"):
        text = client.get(path).content.decode()
        assert article.title_ky not in text
        assert issue.title_ky not in text
    assert article.title_ky not in client.get("/feeds/journal-ky.xml").content.decode()
    assert article.title_ru in client.get("/feeds/journal-ru.xml").content.decode()


# ---------------------------------------------------------------- rubrics, authors, mentions


def test_rubric_and_author_gather_what_is_public(client):
    rubric, author = make_rubric(is_retired=True), make_author()
    shown = make_article("published", rubric=rubric, authors=[author])
    hidden = make_article(rubric=rubric, authors=[author])
    for path in (address(rubric), address(author)):
        text = pages.main(client.get(path))
        assert shown.title_ky in text
        assert hidden.title_ky not in text
    assert author.name_ky in pages.main(client.get("/ky/journal/authors/"))


def test_author_who_has_written_nothing_public_has_no_page(client):
    author = make_author(email="author@example.org", phone="+996555000111")
    make_article(authors=[author])
    assert client.get(address(author)).status_code == 404
    assert author.name_ky not in pages.main(client.get("/ky/journal/authors/"))


def test_contacts_of_an_author_are_never_shown(client):
    author = make_author(email="author@example.org", phone="+996555000111")
    article = make_article("published", authors=[author])
    for path in (address(author), address(article), "/feeds/journal-ky.xml"):
        text = client.get(path).content.decode()
        assert "author@example.org" not in text
        assert "555000111" not in text


def test_article_shows_on_its_practice_theme_and_home(client):
    practice = factories.make_practice("published")
    article = make_article("published", practices=[practice], themes=[practice.theme])
    make_article(practices=[practice], themes=[practice.theme], title_ky="Жарыяланбаган")
    for path in (address(practice), address(practice.theme), "/ky/"):
        response = client.get(path)
        assert address(article) in pages.links(response)
        assert "Жарыяланбаган" not in response.content.decode()


# ---------------------------------------------------------------- search, sitemap


def test_article_is_found_by_its_author_and_words(client):
    author = make_author(name_ky="Турсунай Кылычева", name_ru="Турсунай Кылычева")
    article = make_article("published", authors=[author], body_ky="<p>Жалтырак көпүрөлөр</p>")
    drain()
    for words in ("Кылычева", "көпүрө"):
        response = client.get("/ky/search/", {"q": words})
        assert address(article) in pages.links(response), words
    Article.objects.filter(pk=article.pk).update(status=ArticleStatus.ARCHIVED)
    article.refresh_from_db()
    article.save()
    drain()
    assert address(article) not in pages.links(client.get("/ky/search/", {"q": "Кылычева"}))


def test_sitemap_names_both_languages(client, chief):
    issue = released(chief, "ky")
    article = issue.articles.get()
    draft = make_article()
    index = client.get("/sitemap.xml").content.decode()
    assert "/sitemap-articles-1.xml" in index
    text = client.get("/sitemap-articles-1.xml").content.decode()
    for language in LANGUAGES:
        assert f"<loc>http://testserver{address(article, language)}</loc>" in text or (
            f"{address(article, language)}</loc>" in text
        )
    assert draft.slug not in text
    assert 'hreflang="ru"' in text
    assert "/ky/journal/</loc>" in client.get("/sitemap-plain-1.xml").content.decode()
    assert "sitemap.xml" in client.get("/robots.txt").content.decode()
    for odd in ("/sitemap-plain-2.xml", "/sitemap-articles-0.xml", "/sitemap-people-1.xml"):
        assert client.get(odd).status_code == 404


# ---------------------------------------------------------------- price


def rich_article(rows: int):
    practices = [factories.make_practice("published") for _ in range(rows)]
    issue = make_issue(
        status=IssueStatus.RELEASED,
        published_at=timezone.now(),
        state_ky=LanguageState.READY,
    )
    for _ in range(rows):
        make_article("published", issue=issue)
    article = make_article(
        "published",
        issue=issue,
        practices=practices,
        authors=[make_author() for _ in range(rows)],
    )
    article.partners.set([make_partner("published") for _ in range(rows)])
    for n in range(rows):
        make_article("published", part_of=article, part=n + 2)
    return article


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_cost_the_same_with_more_rows(client, rows):
    article = rich_article(rows)
    counts = {
        address(article): 10,
        address(article.issue): 10,
        "/ky/journal/": 6,
        address(article.rubric): 5,
        address(article.credits.first().author): 5,
        "/ky/journal/authors/": 1,
        "/feeds/journal-ky.xml": 7,
        "/sitemap-articles-1.xml": 1,
    }
    found = {}
    for path in counts:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        found[path] = len(captured)
    assert found == counts, found


def long_text(language: str, characters: int) -> str:
    """So much of an article of words that stand in the demo's records, with all it may hold."""
    words, blocks = 0, []
    folder = Path(demo.__file__).parent / "practices"
    for number, path in enumerate(sorted(folder.glob("*.json"))):
        record = json.loads(path.read_text(encoding="utf-8"))
        text = " ".join(plain_text(record[name][language]) for name in ("problem", "solution"))
        text = text[: characters - words]
        words += len(text)
        if number % 3 == 0:
            blocks.append(f"<h2>{escape(text[:40])}</h2>")
        half = len(text) // 2
        note = f'<span class="footnote">{escape(text[:80])}</span>' if number < 4 else ""
        blocks.append(f"<p>{escape(text[:half])}{note}</p><p>{escape(text[half:])}</p>")
        if words >= characters:
            break
    blocks.insert(3, f'<blockquote class="pull"><p>{escape(text[:90])}</p></blockquote>')
    blocks.insert(5, "<table><tr><th>А</th><th>Б</th></tr><tr><td>1</td><td>2</td></tr></table>")
    return "".join(blocks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_long_article_fits_the_first_packets(client, chief, language):
    """12,000 characters with HTML and CSS in 14 KB, from the page cache and past it."""
    issue = make_issue(status=IssueStatus.APPROVED)
    article = make_article(
        "approved",
        issue=issue,
        first_page=12,
        last_page=16,
        practices=[factories.make_practice("published")],
        **{f"body_{each}": long_text(each, 12_000) for each in LANGUAGES},
    )
    for page in (4, 20):
        make_article("approved", issue=issue, first_page=page)
    for each in LANGUAGES:
        move(issue, "release", actor=chief, language=each)
    html = client.get(address(article, language)).content
    assert article.characters(language) >= 12_000
    css = sum(map(static_weight, ("css/portal.css", "css/journal.css")))
    for quality in (stored_pages.QUALITY, compression.QUALITY):
        weight = len(packed(html, "br", quality)) + css
        assert weight <= 14 * 1024, quality
