"""An author at work by a signed link: what is typed is kept, handed in, corrected, handed in again."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from docx import Document

from journal import handing_in
from journal.choices import ArticleStatus
from journal.letters import HAND_IN
from journal.models import Article
from journal.typed import html_of, typed_of
from people import limits
from people.actions import make_link, revoke_links
from people.models import AccessLink
from people.roles import THEME_EDITOR
from publishing.drafts import WAS, digest
from publishing.models import AuditEvent
from publishing.previews import preview_address
from publishing.workflow import MoveRefused, move
from tests import factories
from tests.admin_forms import address, posted
from tests.factories_journal import make_article, make_author
from tests.pages import document, links, main

pytestmark = pytest.mark.django_db

TEXT = "## Көйгөй\n\n" + "Айылда таза суу жетишсиз болчу, эл булактан ташыган. " * 50
RICH = (
    '<p>Мыйзам<span class="footnote">13-берене</span> мындай дейт.</p>'
    "<table><tbody><tr><td>Айыл</td><td>120</td></tr></tbody></table>"
    '<blockquote class="box"><p>Эстен чыгарбаңыз</p></blockquote>'
)


def url(name, article) -> str:
    with translation.override("ky"):
        return reverse(f"journal:{name}", args=[article.uuid])


def task(**fields) -> Article:
    """An article its author has not begun."""
    author = make_author(email="aigul@example.org", language="ky")
    empty = {"lead_ky": "", "body_ky": "", "sources_ky": ""}
    return make_article("ky_only", authors=[author], **(empty | fields))


@pytest.fixture
def article(db):
    return task()


@pytest.fixture
def guest(article, guest_of):
    return guest_of(article)


def fields_of(client, article) -> dict:
    """The form as the page draws it."""
    tree = document(client.get(url("writing", article)))
    form = tree.xpath("//form[@data-draft]")[0]
    found = {}
    for field in form.xpath(".//input[@type='hidden' or @type='text']|.//textarea"):
        value = field.get("value") if field.tag == "input" else (field.text or "")
        # A browser leaves out the line break that follows <textarea>.
        found[field.get("name")] = (value or "").removeprefix("\n")
    return found


def keep(client, article, **changes):
    return client.post(url("writing", article), fields_of(client, article) | changes)


def picture(colour=(90, 20, 20), name="суу.jpg"):
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue())


def word() -> SimpleUploadedFile:
    paper = Document()
    paper.add_heading("Суу айылга жетти", 0)
    for _each in range(45):
        paper.add_paragraph("Айылда таза суу жетишсиз болчу, эл аны булактан ташып ичкен.")
    table = paper.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Айыл", "120"
    out = io.BytesIO()
    paper.save(out)
    return SimpleUploadedFile("макала.docx", out.getvalue())


# ---------------------------------------------------------------- who comes in


def test_stranger_and_former_holder_find_nothing(article, guest):
    assert guest.get(url("writing", article)).status_code == 200
    revoke_links(target=article, purpose=HAND_IN)
    for client in (Client(), guest):
        for page in ("writing", "hand_in", "author_remarks"):
            assert client.get(url(page, article)).status_code == 403
    other = Client()
    other.force_login(factories.make_user(is_staff=False))
    page = other.get(url("writing", article))
    assert page.status_code == 403
    assert article.title_ky not in main(page)


def test_link_to_one_article_opens_no_other(article, guest):
    assert guest.get(url("writing", task())).status_code == 403


def test_nobody_fills_sessions_without_end(article, monkeypatch):
    """Who has no link is shown their words in any case; they wait so many times an hour."""
    monkeypatch.setitem(limits.LIMITS, "hold", (0, timedelta(hours=1)))
    stranger = Client()
    page = stranger.post(url("writing", article), {"title_ky": "Жаңы сөз"})
    assert page.status_code == 403
    assert "held" not in stranger.session


def test_old_link_opens_nothing_and_says_whom_to_ask(article, guest_of):
    token = make_link(purpose=HAND_IN, target=article, days=90)
    guest = guest_of(article, days=90)
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert guest.get(url("writing", article)).status_code == 403
        gone = Client().post(reverse("go", args=[token]))
    assert gone.status_code == 404
    with translation.override("ky"):
        contacts = reverse("publishing:page", args=["contacts"])
    assert contacts in links(Client().get(url("writing", article)))


def test_page_stays_open_in_the_other_language(article, guest):
    for page in ("writing", "hand_in", "author_remarks"):
        (switch,) = document(guest.get(url(page, article))).xpath(
            "//ul[@class='languages']//a[@lang='ru']/@href"
        )
        russian = guest.get(switch)
        assert russian.status_code == 200
        assert article.title_ky in main(russian)


def test_author_with_an_account_needs_no_link(article):
    author = factories.make_user(is_staff=False)
    Article.objects.filter(pk=article.pk).update(created_by=author)
    client = Client()
    client.force_login(author)
    with translation.override("ky"):
        home = client.get(reverse("account_home"))
    assert url("writing", article) in home.content.decode()
    keep(client, article, text="Биринчи сап.")
    article.refresh_from_db()
    assert article.body_ky == "<p>Биринчи сап.</p>"


# ---------------------------------------------------------------- keeping


def test_everything_typed_is_kept_and_comes_back(article, guest):
    keep(guest, article, title="Суу келди", lead="Кыскача.", text=TEXT, sources="Мыйзам\nОтчет")
    article.refresh_from_db()
    assert article.title_ky == "Суу келди"
    assert article.body_ky.startswith("<h2>Көйгөй</h2><p>Айылда таза суу")
    fields = fields_of(guest, article)
    assert fields["text"] == TEXT.strip()
    assert fields["sources"] == "Мыйзам\nОтчет"


def test_page_that_keeps_by_itself_goes_on_from_what_was_kept(article, guest):
    fields = fields_of(guest, article)
    json_ = {"HTTP_ACCEPT": "application/json"}
    first = guest.post(url("writing", article), fields | {"text": "Бир."}, **json_)
    assert first.status_code == 200
    answer = json.loads(first.content)
    assert answer["was"][WAS + "text"] == digest("Бир.")
    again = fields | answer["was"] | {"text": "Бир. Эки."}
    assert json.loads(guest.post(url("writing", article), again, **json_).content)["conflict"] == ""
    article.refresh_from_db()
    assert article.body_ky == "<p>Бир. Эки.</p>"


def test_markup_typed_by_hand_is_words(article, guest):
    keep(guest, article, text='<script>alert(1)</script> <img src=x onerror="a()">')
    article.refresh_from_db()
    assert "<script" not in article.body_ky
    assert "<img" not in article.body_ky
    assert "alert(1)" in article.body_ky


def test_two_devices_lose_nothing(article, guest):
    phone = fields_of(guest, article)
    keep(guest, article, text="Компьютерден жазылды.", lead="Лид.")
    guest.post(url("writing", article), phone | {"text": "Телефондон жазылды."})
    article.refresh_from_db()
    assert article.body_ky == "<p>Компьютерден жазылды.</p>"
    assert article.lead_ky == "Лид."  # the phone had not touched it
    page = main(guest.get(url("writing", article)))
    assert "Телефондон жазылды." in page
    keep(guest, article, **{"choose:text": "own"})
    article.refresh_from_db()
    assert article.body_ky == "<p>Телефондон жазылды.</p>"
    assert "Компьютерден" not in main(guest.get(url("writing", article)))


def test_what_plain_signs_cannot_say_stays_through_the_field(guest, article):
    Article.objects.filter(pk=article.pk).update(body_ky=RICH)
    typed = fields_of(guest, article)["text"]
    assert typed.startswith("Мыйзам^[13-берене] мындай дейт.")
    keep(guest, article, text=typed.replace("мындай дейт", "мындай деп айтат"))
    article.refresh_from_db()
    assert article.body_ky == RICH.replace("мындай дейт", "мындай деп айтат")
    # Cut out, kept by itself, and put in again further up: the table is still there.
    table = next(line for line in typed.split("\n\n") if "120" in line)
    keep(guest, article, text=typed.replace(table, ""))
    article.refresh_from_db()
    assert "<table>" not in article.body_ky
    keep(guest, article, text=f"{table}\n\nСоңу.")
    article.refresh_from_db()
    assert "<td>120</td>" in article.body_ky


@pytest.mark.parametrize(
    "html",
    [
        "<p>– Сиз кайдан келдиңиз?</p><p>– Нарындан.</p>",
        "<p>5 * 3 _ 7, a_b_c, [1], **</p>",
        "<ul><li>бир<ul><li>эки</li></ul></li></ul><ol><li>уч</li></ol>",
        "<p>бир<br>эки</p><h3>Бөлүк</h3><blockquote><p>цитата</p></blockquote>",
        '<p><a href="https://example.org/?a=1&amp;b=2" rel="noopener">бет</a> <em>жана</em></p>',
        "<p>- сызык менен</p><p>## тор менен</p><p>H<sub>2</sub>O</p>",
    ],
)
def test_text_comes_through_plain_signs_as_it_was(html):
    from journal.typed import kept_in

    typed = typed_of(html)
    assert html_of(typed, kept_in(html)) == html
    assert typed_of(html_of(typed, kept_in(html))) == typed


def test_editor_who_has_the_form_open_is_told_that_the_author_wrote(article, guest):
    before = article.version
    keep(guest, article, text="Жаңы текст.")
    article.refresh_from_db()
    assert article.version > before


# ---------------------------------------------------------------- nothing is lost


def test_text_sent_after_the_link_had_closed_is_shown_and_kept_when_it_is_open_again(
    article, guest, guest_of
):
    fields = fields_of(guest, article) | {"text": "Жаңы сөз.", "lead": "Лид."}
    revoke_links(target=article, purpose=HAND_IN)
    refused = guest.post(url("writing", article), fields)
    assert refused.status_code == 403
    shown = [each.text.strip() for each in document(refused).xpath("//main//textarea")]
    assert {"Жаңы сөз.", "Лид."} <= set(shown)
    assert "Жаңы сөз." in main(guest.get(url("writing", article)))  # it waits
    article.refresh_from_db()
    assert not article.body_ky
    guest_of(article, by=guest)
    # The link leads to the page in the language of the letter, whichever the text was sent from.
    russian = url("writing", article).replace("/ky/", "/ru/")
    guest.get(russian, follow=True)
    article.refresh_from_db()
    assert (article.body_ky, article.lead_ky) == ("<p>Жаңы сөз.</p>", "Лид.")
    guest.get(russian)  # once is enough


def test_text_that_waited_and_was_changed_meanwhile_is_kept_twice(article, guest, guest_of):
    fields = fields_of(guest, article) | {"text": "Телефондон."}
    revoke_links(target=article, purpose=HAND_IN)
    guest.post(url("writing", article), fields)
    Article.objects.filter(pk=article.pk).update(body_ky="<p>Редактордон.</p>")
    guest_of(article, by=guest)
    page = main(guest.get(url("writing", article), follow=True))
    assert "Телефондон." in page
    assert "Редактордон." in page


def test_page_that_keeps_by_itself_is_told_to_open_the_link(article):
    json_ = {"HTTP_ACCEPT": "application/json"}
    answer = Client().post(url("writing", article), {"text": "Бир."}, **json_)
    assert answer.status_code == 401
    assert json.loads(answer.content)["sign_in"] == url("writing", article)


def test_too_much_at_once_loses_no_text(article, guest, monkeypatch):
    monkeypatch.setitem(limits.LIMITS, "save", (0, timedelta(hours=1)))
    refused = guest.post(url("writing", article), {"text": "Жаңы сөз."})
    assert refused.status_code == 429
    assert url("writing", article) in links(refused)
    assert guest.get(url("writing", article)).status_code == 429  # still
    monkeypatch.undo()
    guest.get(url("writing", article))
    article.refresh_from_db()
    assert article.body_ky == "<p>Жаңы сөз.</p>"


def test_what_comes_too_late_is_given_back_to_be_copied(article, guest, editor, media_root):
    fields = fields_of(guest, article) | {"text": "Кечиккен сөз."}
    move(article, "postpone", actor=editor, reason="Кийинки номерге.")
    late = guest.post(url("writing", article), fields | {"pictures": picture()})
    assert late.status_code == 409
    assert [each.text.strip() for each in document(late).xpath("//main//textarea")] == [
        "Кечиккен сөз."
    ]
    json_ = {"HTTP_ACCEPT": "application/json"}
    late = guest.post(url("writing", article), fields, **json_)
    assert (late.status_code, bool(json.loads(late.content)["message"])) == (409, True)
    article.refresh_from_db()
    assert not article.body_ky
    assert not article.pictures.exists()


def test_word_document_that_comes_too_late_changes_nothing(article, editor, media_root):
    opened = Article.objects.get(pk=article.pk)
    move(article, "postpone", actor=editor, reason="Кийинки номерге.")
    for take, upload in ((handing_in.add_file, word()), (handing_in.add_picture, picture())):
        with pytest.raises(ValidationError):
            take(opened, upload)
    article.refresh_from_db()
    assert not article.body_ky


def test_author_and_editor_at_once_lose_nothing(client, article, guest, editor):
    """The editor has the form of the admin open while the author writes, and the other way round."""
    client.force_login(editor)
    form = posted(client.get(address(article)), title_ky="Редактордун аталышы")
    phone = fields_of(guest, article)
    keep(guest, article, text="Автордун тексти.")
    told = client.post(address(article), form)  # nobody writes over the other unseen
    article.refresh_from_db()
    assert article.body_ky == "<p>Автордун тексти.</p>"
    assert article.title_ky != "Редактордун аталышы"
    client.post(address(article), posted(told, body_ky=article.body_ky))
    guest.post(url("writing", article), phone | {"text": "Автордун тексти.", "lead": "Лид."})
    article.refresh_from_db()
    assert (article.title_ky, article.lead_ky) == ("Редактордун аталышы", "Лид.")


# ---------------------------------------------------------------- files


def test_photos_are_kept_once_with_their_author_and_only_they_see_them(article, guest, media_root):
    for _tap in range(2):
        guest.post(url("writing", article), {"pictures": picture()})
    photo = article.pictures.get()
    keep(
        guest, article, **{f"picture.{photo.pk}.author": "Бакыт", f"picture.{photo.pk}.alt": "Суу"}
    )
    photo.refresh_from_db()
    assert (photo.author_ky, photo.alt_ky) == ("Бакыт", "Суу")
    response = guest.get(photo.url("original.jpg"))
    assert b"".join(response)
    assert Client().get(photo.url("original.jpg")).status_code == 404
    keep(guest, article, **{f"remove:{photo.pk}": "on"})
    assert not article.pictures.exists()


def test_words_about_a_picture_of_another_article_are_not_taken(article, guest, media_root):
    other = task()
    handing_in.add_picture(other, picture())
    strange = other.pictures.get()
    guest.post(
        url("writing", article),
        {f"picture.{strange.pk}.author": "Башка", f"remove:{strange.pk}": "on"},
    )
    strange.refresh_from_db()
    assert not strange.author_ky


def test_word_document_becomes_the_text(article, guest, media_root):
    keep(guest, article, text="Эски текст.")
    response = guest.post(url("writing", article), {"document": word()}, follow=True)
    article.refresh_from_db()
    assert article.title_ky == "Суу айылга жетти"
    assert "<table>" in article.body_ky
    assert "Эски" not in article.body_ky
    assert article.files.get().title_ky == "макала"
    assert "булактан" in main(guest.get(preview_address(article)))
    assert Client().get(preview_address(article)).status_code == 302
    assert "120" in main(response)


@pytest.mark.parametrize("content", [b"not a package", b"PK\x03\x04broken"])
def test_broken_word_document_is_told_and_nothing_is_lost(article, guest, media_root, content):
    keep(guest, article, text="Эски текст.")
    upload = SimpleUploadedFile("макала.docx", content)
    page = guest.post(url("writing", article), {"document": upload}, follow=True)
    article.refresh_from_db()
    assert article.body_ky == "<p>Эски текст.</p>"
    assert not article.files.exists()
    assert "макала.docx" in main(page)


def bomb() -> bytes:
    """A package of 60 kB that unpacks to 60 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", b" " * 60_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: b"MZ\x90\x00" + b"\0" * 500, "мазмуну"),
        (bomb, "өтө эле чоң"),
        (lambda: b"PK\x03\x04" + b"\0" * 30_000_000, "25 МБ"),
    ],
    ids=["program", "bomb", "30 MB"],
)
def test_hostile_file_is_told_and_nothing_is_lost(article, guest, media_root, content, said):
    upload = SimpleUploadedFile("макала.docx", content())
    fields = fields_of(guest, article) | {"text": "Менин текстим.", "document": upload}
    page = guest.post(url("writing", article), fields, follow=True)
    article.refresh_from_db()
    assert article.body_ky == "<p>Менин текстим.</p>"
    assert not article.files.exists()
    assert re.match(rf"макала.docx: .*{said}", main(page))


# ---------------------------------------------------------------- handing in


def test_nothing_is_handed_in_while_something_is_missing(article, guest, media_root):
    keep(guest, article, text="Кыска.")
    guest.post(url("writing", article), {"pictures": picture()})
    page = guest.get(url("hand_in", article))
    assert not document(page).xpath("//input[@name='rights']")
    links = document(page).xpath("//ul[@class='todo']//a/@href")
    assert [link.rpartition("#")[2] for link in links] == [
        "text", f"picture.{article.pictures.get().pk}.author",
    ]  # fmt: skip
    guest.post(url("hand_in", article), {"rights": "yes"})
    article.refresh_from_db()
    assert article.status == ArticleStatus.DRAFT


def test_author_hands_in_corrects_and_hands_in_again(article, guest, committed, editor):
    keep(guest, article, text=TEXT)
    guest.post(url("hand_in", article), {})  # without saying whose it is
    article.refresh_from_db()
    assert article.status == ArticleStatus.DRAFT
    (receipt,) = committed(lambda: guest.post(url("hand_in", article), {"rights": "yes"}))
    assert (receipt.to, receipt.subject[:17]) == (["aigul@example.org"], "Текстиңизди алдык")
    article.refresh_from_db()
    assert article.status == ArticleStatus.SUBMITTED
    events = AuditEvent.about(article)
    assert events.get(action="submit").via == "signed_link"
    with translation.override("ky"):
        assert events.get(action="rights").reason == gettext(handing_in.RIGHTS)
    # With the editors the text is theirs.
    assert not document(guest.get(url("writing", article))).xpath("//form[@data-draft]")
    guest.post(url("writing", article), {"text": "Башка"})
    article.refresh_from_db()
    assert "Башка" not in article.body_ky
    move(article, "take", actor=editor)
    (letter,) = committed(
        lambda: move(article, "send_back", actor=editor, reason="Булактарды кошуңуз.")
    )
    assert "Булактарды кошуңуз." in letter.body
    assert "/go/" in letter.body
    assert "Булактарды кошуңуз." in main(guest.get(url("writing", article)))
    keep(guest, article, text=TEXT + "\n\nСоңу.", sources="Мыйзам")
    guest.post(url("hand_in", article), {"rights": "yes"})
    article.refresh_from_db()
    assert article.status == ArticleStatus.SUBMITTED
    rounds = handing_in.rounds_of(article)
    assert [(each.number, each.words) for each in rounds] == [(1, "Булактарды кошуңуз."), (2, "")]


def test_editor_is_told_of_each_handing_in_in_their_language(
    client, article, guest, committed, editor
):
    editor.language = "ru"
    editor.save()
    Article.objects.filter(pk=article.pk).update(editor=editor, body_ky=html_of(TEXT, {}))
    queue = reverse("admin:journal_article_changelist") + "?work=for_me"
    client.force_login(editor)

    def hand_in() -> list[str]:
        letters = committed(
            lambda: [guest.post(url("hand_in", article), {"rights": "yes"}) for _tap in range(2)]
        )
        assert [letter.to for letter in letters] == [["editor@example.org"], ["aigul@example.org"]]
        assert address(article) in letters[0].body
        assert article.title_ky in client.get(queue).content.decode()
        return letters[0].subject.partition(":")[0]

    assert hand_in() == "Автор сдал статью"
    article.refresh_from_db()
    # Somebody else took it up and gave it back: it is the first editor's all the same.
    move(article, "take", actor=factories.make_user(THEME_EDITOR))
    move(article, "send_back", actor=editor, reason="Булактар.")
    Article.objects.filter(pk=article.pk).update(editor=editor)
    assert hand_in() == "Автор сдал исправленную статью"


def test_nobody_is_told_of_what_the_editors_hand_in_themselves(article, committed, editor):
    Article.objects.filter(pk=article.pk).update(editor=editor, body_ky=html_of(TEXT, {}))
    article.refresh_from_db()
    assert committed(lambda: move(article, "submit", actor=editor)) == []


def test_second_tap_hands_in_once(article, guest):
    Article.objects.filter(pk=article.pk).update(body_ky=html_of(TEXT, {}))
    article.refresh_from_db()
    for _tap in range(2):
        handing_in.hand_in(article)
    for _tap in range(2):
        tapped = guest.post(url("hand_in", article), {"rights": "yes"}, follow=True)
        assert tapped.status_code == 200
    assert AuditEvent.about(article).filter(action="submit").count() == 1


def test_short_text_is_refused_with_the_reason(article):
    with pytest.raises(MoveRefused) as refused:
        handing_in.hand_in(article)
    assert [missing.field for missing in refused.value.missing] == ["body_ky"]


def test_declining_closes_the_door(article, guest, editor, committed):
    (letter,) = committed(lambda: move(article, "decline", actor=editor, reason="Кайталанат."))
    assert "Кайталанат." in letter.body
    assert AccessLink.objects.alive().count() == 0
    refused = guest.post(url("writing", article), {"text": "Дагы бир сөз."})
    assert refused.status_code == 403
    assert "Дагы бир сөз." in main(refused)
