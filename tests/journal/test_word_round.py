"""An article that goes out as Word comes back as the same text, whatever stands in it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.word import article_from_docx, article_to_docx
from portal.demo.load_journal import html, read_articles
from publishing.richtext import clean_article
from tests.factories_journal import make_article

WORD = st.text("абвгөүңABc–«»5&<", min_size=1, max_size=8).filter(lambda text: text[0] not in "–<&")
NBSP = "\u00a0"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


words = st.lists(WORD.map(escaped), min_size=1, max_size=5).map(" ".join)
marked = st.builds(
    "{1} <{0}>{2}</{0}>{3} ".format,
    st.sampled_from(["strong", "em", "sub", "sup"]),
    words,
    words,
    words,
)
linked = words.map('<a href="https://example.kg/a?b=1&amp;c=2" rel="noopener">{}</a>'.format)
broken = st.builds("{}<br>{}".format, words, words)
glued = st.builds(f"{{}}{NBSP}{{}}".format, words, words)
noted = st.builds(
    '{}<span class="footnote">{}</span>'.format, words, words | linked | marked.map(str.strip)
)
# Two links or two bold words side by side become one: between two of them stand plain words.
line = st.lists(st.tuples(words, marked | linked | broken | glued | noted), max_size=2).flatmap(
    lambda pairs: words.map(
        lambda end: " ".join([*(part.strip() for pair in pairs for part in pair), end])
    )
)
paragraph = line.map("<p>{}</p>".format)


def list_of(items):
    item = st.builds(
        "<li>{}{}</li>".format, st.lists(paragraph, min_size=1, max_size=2).map("".join), items
    )
    body = st.lists(item, min_size=1, max_size=3).map("".join)
    opening = st.sampled_from([("<ul>", "</ul>"), ("<ol>", "</ol>"), ('<ol start="4">', "</ol>")])
    return st.builds(lambda tags, inside: f"{tags[0]}{inside}{tags[1]}", opening, body)


lists = list_of(st.just("") | list_of(st.just("") | list_of(st.just(""))))
cells = st.lists(words | noted, min_size=3, max_size=3)
tables = st.builds(
    lambda head, wide, high, last: (
        "<table><tbody><tr>" + "".join(f"<th><p>{each}</p></th>" for each in head) + "</tr>"
        f'<tr><td colspan="2"><p>{wide}</p></td><td rowspan="2"><p>{high}</p></td></tr>'
        f"<tr><td><p>{last}</p></td><td></td></tr></tbody></table>"
    ),
    cells, words, words, words,
)  # fmt: skip
quotes = st.builds(
    "<blockquote{}>{}</blockquote>".format, st.sampled_from(["", ' class="pull"']), paragraph
)
boxes = st.builds(
    '<blockquote class="box">{}{}</blockquote>'.format, paragraph, st.just("") | lists
)
headings = st.builds("<{0}>{1}</{0}>".format, st.sampled_from(["h2", "h3"]), words)
#: Between two blocks a paragraph: two quotes or two lists without one become one.
bodies = st.lists(st.builds("{}{}".format, paragraph | headings | lists | tables | quotes | boxes, paragraph),
                  min_size=1, max_size=5).map(lambda blocks: "<h2>Башы</h2>" + "".join(blocks))  # fmt: skip


@pytest.fixture
def article(db):
    return make_article()


def there_and_back(article, body: str, language="ky") -> str:
    setattr(article, f"body_{language}", body)
    read = article_from_docx(article_to_docx(article, language))
    assert read.left_out == []
    assert read.title == getattr(article, f"title_{language}")
    return read.body


@pytest.mark.django_db
@settings(max_examples=10)
@given(body=bodies)
def test_any_text_comes_back_as_it_went_out(article, body):
    body = clean_article(body)
    assert there_and_back(article, body) == body


def plainly(body: str) -> str:
    """Without what says the same: a paragraph alone in an item or a cell, a head marked twice."""
    body = re.sub(r"</?(?:thead|tbody)>", "", body)
    body = re.sub(r"<(li|td|th)([^>]*)><p>", r"<\1\2>", body)
    return re.sub(r"</p>(</(?:li|td|th)>|<[uo]l>)", r"\1", body)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["water-stored-on-the-hill", "after-the-merger-2"])
def test_articles_of_the_demo_come_back(article, slug):
    (row,) = (row for row in read_articles() if row["slug"] == slug)
    for language, blocks in row["body"].items():
        body = clean_article(html(blocks))
        assert plainly(there_and_back(article, body, language)) == plainly(body)
