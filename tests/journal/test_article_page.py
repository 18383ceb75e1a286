"""What a page tells of who made it, where it stands and where else it is spoken of."""

from datetime import date

import pytest
from django.utils import translation

from journal.choices import CreditRole, IssueStatus
from journal.models import Credit
from people.roles import CHIEF_EDITOR
from publishing.workflow import move
from tests import factories, pages
from tests.factories_journal import make_article, make_author, make_issue, make_partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return factories.make_user(CHIEF_EDITOR)


def address(record, language="ky") -> str:
    with translation.override(language):
        return record.get_absolute_url()


def test_everybody_who_made_the_article_is_named(client):
    article = make_article("published")
    people = {role: make_author() for role in CreditRole if role != CreditRole.AUTHOR}
    for role, person in people.items():
        Credit.objects.create(article=article, author=person, role=role)
    response = client.get(address(article))
    text = pages.main(response)
    with translation.override("ky"):
        for role, person in people.items():
            assert f"{str(role.label).capitalize()}: {person.name_ky}" in text
    assert text.count(people[CreditRole.REVIEWER].name_ky) == 1
    # A helper has no page for what others wrote.
    assert client.get(address(people[CreditRole.TRANSLATOR])).status_code == 404


def test_what_stands_beside_the_text(client):
    article = make_article(
        "published",
        subtitle_ky="Үч айылдын тажрыйбасы",
        sources_ky="Бюджет кодекси\nhttps://example.org/a",
        body_ky="<p>" + "суу " * 1_600 + "</p>",
    )
    text = pages.main(client.get(address(article)))
    with translation.override("ky"):
        licence = article.get_licence_display()
    for words in ("Үч айылдын тажрыйбасы", "6 мүн", "Бюджет кодекси", licence):
        assert words in text.replace("\u00a0", " "), words
    assert "https://example.org/a" in pages.links(client.get(address(article)))


def test_tags_for_scholarly_indexes(client, chief):
    issue = make_issue(status=IssueStatus.APPROVED, number=2, last_number=3)
    article = make_article("approved", issue=issue, first_page=12, last_page=15, slug="suu")
    move(issue, "release", actor=chief, language="ky")
    tree = pages.document(client.get(address(article)))
    found = {
        each.get("name").removeprefix("citation_"): each.get("content")
        for each in tree.xpath("//meta[starts-with(@name, 'citation_')]")
    }
    pdf_url = found.pop("pdf_url")
    assert pdf_url.startswith("http")
    assert client.get(pdf_url.partition("/ky/")[1] + pdf_url.partition("/ky/")[2]).status_code < 400
    assert date.fromisoformat(found.pop("publication_date").replace("/", "-"))
    assert found == {
        "title": article.title_ky,
        "author": article.credits.get().author.name_ky,
        "journal_title": "Муниципалитет",
        "issn": "1694-7053",
        "issue": "2-3",
        "firstpage": "12",
        "lastpage": "15",
        "language": "ky",
    }


def test_imprint_of_an_issue(client, chief):
    issue = make_issue(status=IssueStatus.APPROVED, print_run=1500, printed_on=date(2026, 9, 20))
    make_article("approved", issue=issue)
    issue.team.create(name_ky="Гүлнара Токтосунова", task_ky="башкы редактор")
    issue.copies.create(group_ky="Айыл өкмөттөрү", number=484)
    move(issue, "release", actor=chief, language="ky")
    text = pages.main(client.get(address(issue))).replace("\u00a0", " ")
    for words in (
        "ISSN 1694-7053", "1785", "Башкы редактор", "Гүлнара Токтосунова", "1 500",
        "Айыл өкмөттөрү – 484",
    ):  # fmt: skip
        assert words in text, words


def test_links_go_both_ways_and_end_with_what_is_withdrawn(client, chief):
    practice = factories.make_practice("published")
    named, source = make_partner("published"), make_partner("published")
    article = make_article(
        "published", practices=[practice], themes=[practice.theme], source_partner=source
    )
    article.partners.add(named)
    others = (practice, practice.theme, named, source)
    links = pages.links(client.get(address(article)))
    for record in others:
        assert address(article) in pages.links(client.get(address(record))), record
        assert address(record) in links, record
    move(practice, "withdraw", actor=chief, reason="талап", withdrawal_kind="consent")
    assert address(practice) not in pages.links(client.get(address(article)))
    move(article, "withdraw", actor=chief, reason="талап", withdrawal_kind="consent")
    for record in (practice.theme, named, source):
        assert address(article) not in pages.links(client.get(address(record)))


def opens(client, url: str) -> bool:
    response = client.get(url)
    return response.status_code == 200 and response.getvalue().startswith(b"%PDF")


def test_files_are_readers_once_they_are_meant_for_them(client, chief, media_root):
    """A file of the editors stays theirs; the PDF of an edition waits for its release."""
    issue = make_issue(status=IssueStatus.APPROVED)
    article = make_article("approved", issue=issue)
    upload = factories.pdf(2)
    files = [
        article.files.create(
            file=factories.upload("a.pdf", upload), title_ky="Файл", is_public=is_public
        )
        for is_public in (True, False)
    ]
    edition = issue.editions.get(language="ky")
    edition.file = factories.upload("b.pdf", upload)
    edition.save()
    urls = [each.src for each in (*files, edition)]
    assert [opens(client, url) for url in urls] == [False, False, False]
    move(issue, "release", actor=chief, language="ky")
    assert [opens(client, url) for url in urls] == [True, False, True]
    links = pages.links(client.get(address(article)))
    assert [url in links for url in urls[:2]] == [True, False]
    assert edition.src in pages.links(client.get(address(issue)))
    move(issue, "recall", actor=chief, language="ky", reason="ката")
    assert [opens(client, url) for url in urls] == [False, False, False]
