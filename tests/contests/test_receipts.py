"""The receipt of an application: what stands in it, in which language, and for whom."""

import io
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from contests.applying import submit
from contests.receipts import receipt_pdf, receipt_text
from tests import factories
from tests.factories_contests import make_entry_draft, make_public_contest

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(media_root):
    contest = make_public_contest()
    contest.award_on = timezone.localdate(contest.closes_at)
    contest.save()
    draft = make_entry_draft(contest)
    return submit(draft, at=timezone.now(), by=draft.owner)


def words_of(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) == 1
    return " ".join(pages[0].extract_text().split())


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_the_sheet_tells_number_time_and_digest_in_the_language(application, language):
    content = receipt_pdf(application, language)
    words = words_of(content)
    assert application.number in words
    assert application.title in words
    sent = timezone.localtime(application.submitted_at)
    assert f"{sent:%H:%M:%S}" in words
    assert application.digest in re.sub(r"\s", "", words)
    with translation.override(language):
        assert str(application.contest) in words
    assert PdfReader(io.BytesIO(content)).root_object["/Lang"] == language
    assert receipt_pdf(application, language) == content, "kept, and the same"


def test_no_name_and_no_phone_of_a_person_stands_on_it(application):
    words = words_of(receipt_pdf(application, "ky"))
    assert application.applicant_post in words
    assert application.applicant_name not in words
    assert "123456" not in words


@pytest.mark.parametrize("title", ["Суу " * 60, "<b>#strong[x]</b> 🙂 $x$", "ӨҮҢ «тырмакча»"])
def test_any_title_fits_the_sheet_as_it_was_typed(application, title):
    application.content = {"ky": {"title": title.strip()}}
    words = words_of(receipt_pdf(application, "ru"))
    assert title.split()[0] in words


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_the_text_for_whatsapp_is_short_and_leads_to_the_page(application, language):
    text = receipt_text(application, language)
    assert len(text) <= 700
    assert application.number in text.splitlines()[0]
    assert text.endswith(f"/{language}/contests/applications/sent/{application.uuid}/")


def test_the_applicant_takes_it_and_nobody_else(application):
    client = Client()
    with translation.override("ru"):
        address = reverse("contests:receipt", args=[application.uuid])
    assert client.get(address).status_code == 302
    client.force_login(application.created_by)
    answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"].startswith("max-age=0")
    assert application.number in words_of(answer.content)
    client.force_login(factories.make_user(is_staff=False))
    assert client.get(address).status_code == 404
