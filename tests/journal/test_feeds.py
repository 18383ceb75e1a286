"""Feeds: the full text in the language, for readers who ask again and again."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.utils import timezone, translation
from lxml import etree, html

from journal.choices import IssueStatus
from journal.models import Article, ArticlePicture
from people.roles import CHIEF_EDITOR
from publishing.workflow import move
from tests import factories
from tests.factories_journal import make_article, make_issue, make_rubric

pytestmark = pytest.mark.django_db
ATOM = {"a": "http://www.w3.org/2005/Atom"}
KY = "/feeds/journal-ky.xml"


def entries(response, what="a:title") -> list[str]:
    tree = etree.fromstring(response.content)
    return [each.text for each in tree.findall(f"a:entry/{what}", ATOM)]


def test_feed_holds_the_full_text_of_its_language(client, media_root, settings):
    settings.SITE_URL = "https://portal.example"
    article = make_article("published")
    picture = ArticlePicture.objects.create(
        article=article,
        file=factories.upload("a.jpg", factories.picture(), "image/jpeg"),
        alt_ky="Булак",
    )
    article.body_ky = (
        '<p>Суу<span class="footnote">Эскертүү</span> <a href="/ky/practices/">тажрыйба</a></p>'
        f'<figure><img src="/media/journal.articlepicture/{picture.uuid}/original.jpg"></figure>'
    )
    article.save()
    make_article("published", "ru_only")
    response = client.get(KY)
    assert response["Content-Type"].startswith("application/atom+xml")
    assert entries(response) == [article.title_ky]
    [text] = entries(response, "a:content")
    with translation.override("ky"):
        own = f"https://portal.example{article.get_absolute_url()}"
    assert f'href="{own}#n1"' in text
    assert "<li>Эскертүү</li>" in text
    assert 'src="https://portal.example/media/journal.articlepicture/' in text
    assert 'href="https://portal.example/ky/practices/"' in text
    assert '"/media' not in text
    assert entries(response, "a:id") == [f"urn:uuid:{article.uuid}"]
    assert len(entries(client.get("/feeds/journal-ru.xml"))) == 2


@pytest.mark.parametrize("path", [KY, "/feeds/journal-ru.xml", "rubric"])
def test_feed_is_valid_atom(client, path):
    """What RFC 4287 asks of a feed and of an entry; every address in it is absolute."""
    rubric = make_rubric()
    first = make_article("published", rubric=rubric, authors=[])
    make_article(
        "published", rubric=rubric, body_ky='<p><a href="#x">а</a> <a href="/ky/">б</a></p>'
    )
    path = f"/feeds/journal-ky/{rubric.slug}.xml" if path == "rubric" else path
    tree = etree.fromstring(client.get(path).content)
    assert tree.tag == "{http://www.w3.org/2005/Atom}feed"
    assert tree.get("{http://www.w3.org/XML/1998/namespace}lang") in path
    assert tree.findtext("a:author/a:name", None, ATOM)
    [own] = tree.findall("a:link[@rel='self']", ATOM)
    assert own.get("href").endswith(path)
    rows = tree.findall("a:entry", ATOM)
    assert len(rows) == 2
    for each in [tree, *rows]:
        for name in ("id", "title", "updated"):
            assert len(each.findall(f"a:{name}", ATOM)) == 1, name
        assert datetime.fromisoformat(each.findtext("a:updated", None, ATOM)).tzinfo
        for link in each.findall("a:link", ATOM):
            assert urlsplit(link.get("href")).scheme in {"http", "https"}
    assert len({each.findtext("a:id", None, ATOM) for each in rows}) == 2
    assert f"urn:uuid:{first.uuid}" in {each.findtext("a:id", None, ATOM) for each in rows}
    for each in rows:
        [content] = each.findall("a:content", ATOM)
        assert content.get("type") == "html"
        text = html.fragment_fromstring(content.text, create_parent="div")
        for at in text.xpath(".//@href | .//@src"):
            assert urlsplit(at).scheme in {"http", "https"}, at


def test_feed_of_a_rubric(client):
    rubric = make_rubric()
    article = make_article("published", rubric=rubric)
    make_article("published")
    assert entries(client.get(f"/feeds/journal-ky/{rubric.slug}.xml")) == [article.title_ky]


@pytest.mark.parametrize(
    "path", ["/feeds/journal-en.xml", "/feeds/journal-ky/none.xml", "/feeds/journal-.xml"]
)
def test_feed_that_there_is_not(client, path):
    assert client.get(path).status_code == 404


def test_feed_is_short(client):
    for _ in range(22):
        make_article("published", authors=[])
    assert len(entries(client.get(KY))) == 20


def test_reader_who_has_it_gets_304(client):
    make_article("published")
    first = client.get(KY)
    by_tag = {"If-None-Match": first["ETag"]}
    by_time = {"If-Modified-Since": first["Last-Modified"]}
    for headers in (by_tag, by_time):
        again = client.get(KY, headers=headers)
        assert again.status_code == 304
        assert again.content == b""
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        make_article("published", title_ky="Жаңы макала")
        for headers in (by_tag, by_time):
            again = client.get(KY, headers=headers)
            assert again.status_code == 200
            assert "Жаңы макала" in entries(again)


def test_empty_feed_is_a_feed(client):
    first = client.get(KY)
    assert entries(first) == []
    assert client.get(KY, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_recalled_article_is_news_to_the_reader(client):
    """Whoever has it must not be told that nothing has changed, by tag or by time."""
    chief = factories.make_user(CHIEF_EDITOR)
    issue = make_issue(status=IssueStatus.APPROVED)
    article = make_article("approved", issue=issue)
    make_article("published")
    move(issue, "release", actor=chief, language="ky")
    first = client.get(KY)
    assert article.title_ky in entries(first)
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        move(issue, "recall", actor=chief, language="ky", reason="ката")
        for headers in (
            {"If-None-Match": first["ETag"]},
            {"If-Modified-Since": first["Last-Modified"]},
        ):
            again = client.get(KY, headers=headers)
            assert again.status_code == 200
            assert article.title_ky not in entries(again)


def test_withdrawn_article_leaves_the_feed(client):
    article = make_article("published")
    chief = factories.make_user(CHIEF_EDITOR)
    move(article, "withdraw", actor=chief, reason="талап", withdrawal_kind="law")
    assert entries(client.get(KY)) == []
    assert Article.objects.filter(pk=article.pk).exists()
