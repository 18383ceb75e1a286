"""Diplomas: one sheet a language, and a page that knows every code however it is typed."""

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from contests.choices import ContestStatus, Outcome, ProtocolStatus
from contests.diplomas import clean_code, diploma_pdf, find_diploma
from contests.models import Award, Protocol
from contests.protocol_facts import gather
from publishing.languages import LANGUAGES
from tests.factories_contests import make_application, make_contest, make_members

pytestmark = pytest.mark.django_db


@pytest.fixture
def award():
    """A first place of a contest whose results are out."""
    contest = make_contest(ContestStatus.PUBLISHED)
    make_members(contest, 3)
    entry = make_application(contest, status="awarded")
    award = Award.objects.create(
        contest=contest, application=entry, nomination=entry.nomination, outcome=Outcome.PLACE,
        place=1, votes_for=3, code="K7MW2HPC",
    )  # fmt: skip
    protocol = Protocol.objects.create(
        contest=contest, number="1", status=ProtocolStatus.PUBLISHED, text_ky="т", text_ru="т"
    )
    protocol.present.set(contest.members.all())
    protocol.facts = gather(protocol)
    protocol.save()
    return award


@pytest.mark.parametrize(
    "typed", ["K7MW2HPC", "k7mw2hpc", " k7mw 2hpc ", "K7MW-2HPC", "К7МW2НРС", "к7мw 2нрс"]
)
def test_a_code_is_known_however_it_is_typed(award, client, typed):
    assert clean_code(typed) == "K7MW2HPC"
    answer = client.get(reverse("contests:diploma_check"), {"code": typed})
    assert answer["Location"] == reverse("contests:diploma", args=["K7MW2HPC"])


@pytest.mark.parametrize("typed", ["K7MW2HPO", "K7MW2HP", "K7MW2HPCC", "<script>", "ЁЁЁЁЁЁЁЁ"])
def test_what_is_no_code_finds_nothing(award, client, typed):
    assert find_diploma(typed) is None
    answer = client.get(reverse("contests:diploma_check"), {"code": typed})
    assert answer.status_code == 200
    assert "notice warn" in answer.content.decode()


def test_the_page_tells_from_the_record_what_was_given(award, client):
    page = client.get(reverse("contests:diploma", args=["k7mw2hpc"]))
    assert page.status_code == 302
    page = client.get(page["Location"])
    text = page.content.decode()
    assert award.application.municipality.name_ru[1:] in text
    assert award.application.title in text
    assert reverse("contests:diploma_pdf", args=[award.code]) in text
    assert client.get(reverse("contests:diploma", args=["K7MW2HPD"])).status_code == 404


def test_before_the_results_no_code_is_known(award, client):
    award.contest.status = ContestStatus.DECIDED
    award.contest.save()
    assert client.get(reverse("contests:diploma", args=[award.code])).status_code == 404
    assert client.get(reverse("contests:diploma_pdf", args=[award.code])).status_code == 404


def test_a_revoked_diploma_says_so_and_is_not_drawn(award, client):
    Award.objects.update(revoked_on="2026-11-20")
    text = client.get(reverse("contests:diploma", args=[award.code])).content.decode()
    assert "20.11.2026" in text
    assert reverse("contests:diploma_pdf", args=[award.code]) not in text
    assert client.get(reverse("contests:diploma_pdf", args=[award.code])).status_code == 404


def test_codes_are_not_tried_without_end(award, client, monkeypatch):
    from people import limits

    monkeypatch.setitem(limits.LIMITS, "diploma", (1, limits.LIMITS["diploma"][1]))
    monkeypatch.setattr(limits, "PEOPLE_AT_AN_ADDRESS", 2)
    answers = [
        client.get(reverse("contests:diploma", args=["AAAAAAAA"])).status_code for _time in range(3)
    ]
    assert answers == [404, 404, 429]
    assert client.get(reverse("contests:diploma", args=[award.code])).status_code == 429


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_is_one_page_tagged_and_says_who_for_what(award, language):
    entry = award.application
    entry.content = {
        "ky": {"title": "Өзөндүн суусун үч айылга тең бөлүү жана эсептегич коюу " * 2 + "😀"}
    }
    entry.save()
    content = diploma_pdf(find_diploma(award.code).award, language)
    reader = PdfReader(io.BytesIO(content))
    root = reader.trailer["/Root"]
    assert len(reader.pages) == 1
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    width, height = reader.pages[0].mediabox[2:]
    assert width > height
    text = " ".join(reader.pages[0].extract_text().split())
    assert getattr(entry.municipality, f"name_{language}")[1:] in text
    assert "K7MW 2HPC" in text
    assert "Мүчө 0" in text
    assert len(content) < 200 * 1024
