"""Suggested articles: the public form, the decision with its letter, the task that follows."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from journal import pitches
from journal.choices import ArticleKind, ArticleStatus, CreditRole, PitchSource, PitchStatus
from journal.models import Article, Author, Pitch
from people.limits import LIMITS
from people.models import AccessLink
from people.roles import CHIEF_EDITOR, PARTNER_EDITOR, THEME_EDITOR
from publishing.models import AuditEvent
from tests import factories
from tests.admin_forms import address
from tests.factories import make_practice
from tests.factories_journal import make_article, make_author, make_rubric
from tests.pages import document, main

pytestmark = pytest.mark.django_db

TYPED = {
    "topic": "Айылга таза суу кантип жетти",
    "why": "Башка айылдарга да керек.",
    "name": "Айгүл Асанова",
    "contact": "aigul@example.org",
    "place": "Нарын шаары",
}


def url(name, *args, language="ky") -> str:
    with translation.override(language):
        return reverse(f"journal:{name}", args=args)


def stamp_of(response) -> str:
    return document(response).xpath("//input[@name='stamp']")[0].get("value")


@pytest.fixture
def send(client):
    """Fill in the form as a person does, not faster than a person; returns the answer."""

    def sent(by=None, page=None, **changes):
        browser = by or client
        stamp = page or stamp_of(browser.get(url("suggest")))
        data = {k: v for k, v in (TYPED | changes).items() if v is not None}
        with time_machine.travel(timezone.now() + timedelta(seconds=9)):
            return browser.post(url("suggest"), data | {"stamp": stamp})

    return sent


def pdf(name="план.pdf"):
    from io import BytesIO

    from pypdf import PdfWriter

    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(out)
    return SimpleUploadedFile(name, out.getvalue())


def make_pitch(**fields) -> Pitch:
    return Pitch.objects.create(
        **(
            {"name": "Айгүл", "email": "aigul@example.org", "topic": "Таза суу", "language": "ky"}
            | fields
        )
    )


# ---------------------------------------------------------------- the form


def test_guest_suggests_with_a_file_and_is_told_the_number(send, client, committed, media_root):
    answers = []
    letters = committed(lambda: answers.append(send(document=pdf())))
    pitch = Pitch.objects.get()
    assert (pitch.topic, pitch.why, pitch.name) == (TYPED["topic"], TYPED["why"], TYPED["name"])
    assert (pitch.email, pitch.phone, pitch.language) == ("aigul@example.org", "", "ky")
    assert pitch.municipality == factories.town()
    assert pitch.files.get().title_ky == "план"
    page = client.get(answers[0].url)
    assert pitch.number in main(page)
    assert [letter.to for letter in letters] == [["aigul@example.org"]]
    assert pitch.number in letters[0].subject


def test_file_of_a_suggestion_is_for_the_staff_alone(send, client, chief, media_root):
    send(document=pdf())
    address_of_file = Pitch.objects.get().files.get().src
    assert client.get(address_of_file).status_code == 404
    client.force_login(chief)
    response = client.get(address_of_file)
    assert b"".join(response).startswith(b"%PDF-")  # closes the file


def test_number_of_a_phone_is_a_way_back_too(send, committed):
    assert committed(lambda: send(contact="0555 123 456", place=None)) == []
    assert Pitch.objects.get().phone == "+996555123456"


def test_second_tap_is_the_same_suggestion_and_another_topic_is_another(send, client):
    stamp = stamp_of(client.get(url("suggest")))
    first, second = send(page=stamp), send(page=stamp)
    assert first.url == second.url
    assert Pitch.objects.count() == 1
    send(page=stamp, topic="Таштанды жөнүндө")
    assert Pitch.objects.count() == 2


@pytest.mark.parametrize(
    "changes",
    [{"contact": "none"}, {"topic": None}, {"place": "Жок-Жер"}, {"topic": "я" * 301}],
)
def test_what_was_typed_stays_when_something_is_refused(send, changes):
    response = send(**changes)
    assert response.status_code == 200
    assert not Pitch.objects.exists()
    kept = {"why": TYPED["why"], "name": TYPED["name"]}
    tree = document(response)
    assert tree.xpath("//textarea[@name='why']")[0].text.strip() == kept["why"]
    assert tree.xpath("//input[@name='name']")[0].get("value") == kept["name"]
    assert tree.xpath("//ul[contains(@class, 'errorlist')]")


def test_refused_file_is_told_at_its_field(send):
    page = send(document=SimpleUploadedFile("план.exe", b"MZ"))
    assert "DOCX" in main(page)
    assert not Pitch.objects.exists()


def test_program_is_kept_out(client):
    stamp = stamp_of(client.get(url("suggest")))
    client.post(url("suggest"), TYPED | {"stamp": stamp})
    assert not Pitch.objects.exists()


def test_many_suggestions_in_a_day_are_too_many(send, client):
    client.force_login(factories.make_user(is_staff=False))
    for number in range(LIMITS["pitch"][0]):
        send(topic=f"Тема {number}")
    response = send(topic="Дагы бир")
    assert response.status_code == 429
    assert "Дагы бир" in document(response).xpath("//textarea[@name='topic']")[0].text
    assert Pitch.objects.count() == LIMITS["pitch"][0]


# ---------------------------------------------------------------- the decision


def decide(client, pitch, decision, **data):
    return client.post(address(pitch, "decide", decision), data)


def task(**fields) -> dict:
    due_on = timezone.localdate() + timedelta(days=20)
    return {"title": "Суу айылга кантип жетти", "due_on": due_on.isoformat()} | fields


def test_accepting_makes_the_task_its_author_and_a_link_that_opens_it(client, editor, committed):
    pitch, rubric = make_pitch(), make_rubric()
    client.force_login(editor)
    letters = committed(
        lambda: decide(client, pitch, "accept", **task(rubric=rubric.pk, words="Күтөбүз!"))
    )
    article = Article.objects.get(pitch=pitch)
    assert article.title_ky == "Суу айылга кантип жетти"
    assert (article.status, article.rubric, article.editor) == (
        ArticleStatus.DRAFT, rubric, editor,
    )  # fmt: skip
    assert article.due_on == timezone.localdate() + timedelta(days=20)
    author = article.credits.get(role=CreditRole.AUTHOR).author
    assert (author.name_ky, author.email) == ("Айгүл", "aigul@example.org")
    (letter,) = letters
    assert letter.to == ["aigul@example.org"]
    assert letter.subject.startswith("Макаланы жазып бериңиз")
    assert "Күтөбүз!" in letter.body
    guest = Client()
    opened = guest.post(re.search(r"https?://[^/]+(/\S*/go/\S+)", letter.body)[1], follow=True)
    assert opened.redirect_chain[-1][0] == url("writing", article.uuid)
    assert opened.status_code == 200


def test_known_author_is_not_made_twice():
    known = make_author(email="AIGUL@example.org")
    editor = factories.make_user(THEME_EDITOR)
    for topic in ("бир", "эки"):
        pitches.accept(make_pitch(topic=topic), pitches.Task(), actor=editor)
    assert Author.objects.get() == known
    assert known.credits.count() == 2


def test_declining_says_why_in_the_sender_language(client, editor, committed):
    pitch = make_pitch(language="ru", topic="О погоде")
    client.force_login(editor)
    assert decide(client, pitch, "decline").status_code == 200  # asks for the reason
    pitch.refresh_from_db()
    assert pitch.status == PitchStatus.NEW
    (letter,) = committed(lambda: decide(client, pitch, "decline", words="Не о самоуправлении."))
    pitch.refresh_from_db()
    assert pitch.status == PitchStatus.DECLINED
    assert letter.subject == "О вашем предложении: О погоде"
    assert "Не о самоуправлении." in letter.body
    assert not Article.objects.exists()


def test_what_was_written_about_already_is_answered_with_it(client, editor, committed):
    pitch, article = make_pitch(), make_article("published")
    client.force_login(editor)
    (letter,) = committed(lambda: decide(client, pitch, "covered", article=article.pk))
    assert article.title_ky in letter.body
    assert article.get_absolute_url().split("/", 2)[2] in letter.body
    assert pitches.covered_by(pitch) == article


def test_second_decision_changes_and_writes_nothing(client, editor, committed):
    pitch = make_pitch()
    client.force_login(editor)
    decide(client, pitch, "accept", **task())
    assert committed(lambda: decide(client, pitch, "accept", **task())) == []
    assert committed(lambda: decide(client, pitch, "decline", words="Жок.")) == []
    pitch.refresh_from_db()
    assert pitch.status == PitchStatus.ACCEPTED
    assert Article.objects.count() == 1
    # Two editors who had both opened the page: the later one finds it decided.
    stale = Pitch.objects.get(pk=pitch.pk)
    stale.status = PitchStatus.NEW
    assert pitches.decline(stale, actor=editor, words="Жок.") is False


def test_letter_of_a_decision_is_ready_for_whatsapp(client, editor):
    pitch = make_pitch(email="", phone="+996555123456")
    client.force_login(editor)
    decide(client, pitch, "accept", **task())
    page = client.get(address(pitch))
    assert address(pitch, "letter", "pitch_accepted") in page.content.decode()
    text = client.post(address(pitch, "letter", "pitch_accepted")).context["text"]
    assert text.startswith("*Макаланы жазып бериңиз")
    assert "/go/" in text
    assert AccessLink.objects.get().target == Article.objects.get()


def test_pitch_page_shows_what_came_and_the_buttons(client, editor):
    pitch = make_pitch(why="Себеби бар")
    client.force_login(editor)
    page = client.get(address(pitch)).content.decode()
    for decision in ("accept", "covered", "decline"):
        assert address(pitch, "decide", decision) in page
        assert client.get(address(pitch, "decide", decision)).status_code == 200
    listed = client.get(reverse("admin:journal_pitch_changelist") + "?work=suggested")
    assert pitch.number in listed.content.decode()
    decide(client, pitch, "decline", words="Жок.")
    listed = client.get(reverse("admin:journal_pitch_changelist") + "?work=suggested")
    assert pitch.number not in listed.content.decode()


def test_editor_writes_down_what_came_by_whatsapp(client, editor):
    client.force_login(editor)
    data = {
        "topic": "Кургак жайыт", "name": "Бакыт", "phone": "0555 123 456", "language": "ky",
        "source": "whatsapp", "email": "", "why": "",
        "files-TOTAL_FORMS": 0, "files-INITIAL_FORMS": 0,
    }  # fmt: skip
    response = client.post(reverse("admin:journal_pitch_add"), data)
    assert response.status_code == 302
    assert Pitch.objects.get().phone == "+996555123456"
    # Without a way back nobody could be answered.
    response = client.post(reverse("admin:journal_pitch_add"), data | {"phone": ""})
    assert response.status_code == 200
    assert Pitch.objects.count() == 1


def test_decision_is_for_editors_of_the_journal(client):
    pitch = make_pitch()
    client.force_login(factories.make_user(PARTNER_EDITOR))
    assert decide(client, pitch, "accept", **task()).status_code == 403
    pitch.refresh_from_db()
    assert pitch.status == PitchStatus.NEW


# ---------------------------------------------------------------- from a practice


def test_practice_becomes_a_task_once_with_the_record_attached(client, committed):
    practice = make_practice("published")
    chief = factories.make_user(CHIEF_EDITOR)
    client.force_login(chief)
    offer = address(practice, "offer", "journal")
    assert offer in client.get(address(practice)).content.decode()
    for _tap in range(2):
        client.post(offer)
    article = Article.objects.get()
    assert list(article.practices.all()) == [practice]
    assert (article.kind, article.editor) == (ArticleKind.PRACTICE, chief)
    assert article.title_ky == practice.title_ky
    assert article.pitch.source == PitchSource.PRACTICE
    assert AuditEvent.about(practice).filter(action="publish_in_journal").count() == 1
    page = client.get(address(practice)).content.decode()
    assert offer not in page
    assert address(article) in page


def test_practice_that_nobody_reads_is_not_offered(client, chief):
    practice = make_practice()
    client.force_login(chief)
    offer = address(practice, "offer", "journal")
    assert offer not in client.get(address(practice)).content.decode()
    assert client.post(offer).status_code == 302
    assert not Article.objects.exists()
