"""Translation side by side: what belongs to what, what has changed, two people at once."""

import pytest
from django.urls import reverse

from journal.body import paragraph_digests
from journal.choices import ArticleStatus
from journal.side_by_side import fingerprint, joined, rows
from publishing.workflow import MoveRefused, move
from tests import factories
from tests.admin_forms import address, posted
from tests.factories_journal import make_article

SOURCE = (
    "<h2>Суу</h2><p>Биринчи <strong>сөз</strong>.</p><ul><li><p>Булак</p></li></ul>"
    "<table><tbody><tr><th>Жыл</th><td></td></tr></tbody></table><p>Акыркы.</p>"
)
TARGET = (
    "<h2>Вода</h2><p>Первое <strong>слово</strong>.</p><ul><li><p>Родник</p></li></ul>"
    "<table><tbody><tr><th>Год</th><td></td></tr></tbody></table><p>Последний.</p>"
)


def beside(source, target, known=()):
    return [(row.source, row.target) for row in rows(source, target, list(known))]


def unchanged(found):
    return [(row, f"<p>{row.target}</p>" if row.target else "") for row in found]


# ---------------------------------------------------------------- the texts


def test_paragraphs_stand_beside_their_translation():
    assert beside(SOURCE, TARGET) == [
        ("Суу", "Вода"),
        ("Биринчи <strong>сөз</strong>.", "Первое <strong>слово</strong>."),
        ("Булак", "Родник"),
        ("Жыл", "Год"),
        ("Акыркы.", "Последний."),
    ]


def test_an_untouched_translation_comes_back_as_it_was():
    assert joined(SOURCE, unchanged(rows(SOURCE, TARGET, []))) == TARGET


def test_a_new_paragraph_of_the_original_waits_in_its_place():
    known = paragraph_digests(SOURCE)
    longer = SOURCE.replace("<ul>", "<p>Жаңы.</p><ul>")
    found = rows(longer, TARGET, known)
    assert [(row.source, row.target) for row in found if row.is_missing] == [("Жаңы.", "")]
    assert ("Булак", "Родник") in [(row.source, row.target) for row in found]
    again = joined(longer, unchanged(found))
    assert "<strong>слово</strong>.</p><p></p><ul>" in again


def test_what_only_the_translation_has_is_kept():
    known = paragraph_digests(SOURCE)
    shorter = SOURCE.replace("<p>Акыркы.</p>", "").replace("<h2>Суу</h2>", "")
    found = rows(shorter, TARGET, known)
    assert [row.target for row in found if row.after is not None] == ["Вода", "Последний."]
    text = joined(shorter, unchanged(found))
    assert text.startswith("<p>Вода</p>")
    assert text.endswith("<p>Последний.</p>")


def test_texts_of_another_build_are_put_together_without_loss():
    words = "<p>Один.</p><p>Два.</p><h2>Три</h2><p>Четыре.</p><p>Пять.</p><p>Шесть.</p>"
    found = rows(SOURCE, words, [])
    assert {row.target for row in found if row.target} == {
        "Один.", "Два.", "Три", "Четыре.", "Пять.", "Шесть.",
    }  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        "жөн гана сөз",
        "<blockquote>Сөз <em>мына</em></blockquote>",
        "<ul><li>Сырткы<ul><li>Ички</li></ul></li></ul>",
        "<p></p><p>Бир</p><p></p>",
    ],
)
def test_no_word_of_the_original_slips_into_the_translation(source):
    found = rows(source, "", [])
    assert found
    text = joined(source, [(row, "<p>x</p>") for row in found])
    assert not set("абвгдежзийклмноөпрстуүфхцчшыэюя") & set(text.lower())
    assert text.count("x") == len(found)


def test_several_paragraphs_written_into_one_stay_several():
    source = "<p>Бир.</p><h2>Эки</h2>"
    found = rows(source, "", [])
    text = joined(source, list(zip(found, ["<p>А</p><p>Б</p>", "<p>В</p><p>Г</p>"], strict=True)))
    assert text == "<p>А</p><p>Б</p><h2>В<br>Г</h2>"


def test_pictures_of_the_frame_speak_the_other_language():
    uuid = "0f0e2c9e-7d53-4f6f-8a54-7d5c2b0f8a11"
    source = (
        f'<figure><img src="/media/journal.articlepicture/{uuid}/original.jpg" alt="Булак">'
        "<figcaption>Жаз</figcaption></figure>"
    )
    text = joined(source, [(rows(source, "", [])[0], "<p>Весна</p>")], {uuid: "Родник"})
    assert 'alt="Родник"' in text
    assert "<figcaption>Весна</figcaption>" in text


# ---------------------------------------------------------------- the page


def url_of(article):
    return reverse("admin:journal_article_translation", args=[article.pk])


def pieces_of(response):
    return [*response.context["fields"], *(piece for piece, _e in response.context["body"])]


def sent(response, **texts) -> dict:
    """What the page would send; texts: by the words of the original."""
    data = {"opened": response.context["opened"]}
    for piece in pieces_of(response):
        data[f"text-{piece.key}"] = piece.text
        for words, text in texts.items():
            if words in piece.source:
                data[f"text-{piece.key}"] = text
    return data


@pytest.fixture
def article(db):
    found = make_article(status=ArticleStatus.TRANSLATION, body_ky=SOURCE, body_ru=TARGET)
    found.refresh_languages()
    found.translated_paragraphs = paragraph_digests(SOURCE)
    found.save()
    return found


def change_original(article, old, new):
    article.body_ky = article.body_ky.replace(old, new)
    article.refresh_languages()
    article.save()


def test_translator_writes_beside_the_original(client, translator):
    article = make_article(
        "ky_only", status=ArticleStatus.TRANSLATION, body_ky=SOURCE, title_ky="Суу жолу"
    )
    client.force_login(translator)
    response = client.get(url_of(article))
    assert response.context["missing"] == len(pieces_of(response))
    data = sent(response, Суу="<p>Вода</p>", жолу="Путь воды", Акыркы="<p>Конец.</p>")
    data |= {f"text-{response.context['fields'][0].key}": "Путь воды"}
    assert client.post(url_of(article), data).status_code == 302
    article.refresh_from_db()
    assert article.title_ru == "Путь воды"
    assert article.body_ru.startswith("<h2>Вода</h2><p></p>")
    assert article.version == 2
    # Not all of it is translated: the translation does not follow yet.
    assert "body" in article.stale_fields
    with pytest.raises(MoveRefused):
        move(article, "translated", actor=translator)
    response = client.get(url_of(article))
    rest = {piece.source: f"<p>{number}</p>" for number, piece in enumerate(pieces_of(response))
            if piece.is_missing and piece.row}  # fmt: skip
    data = sent(response)
    for piece in pieces_of(response):
        if piece.is_missing:
            data[f"text-{piece.key}"] = rest.get(piece.source, "Кратко")
    assert client.post(url_of(article), data).status_code == 302
    article.refresh_from_db()
    assert article.stale_fields == []
    move(article, "translated", actor=translator)


def test_changed_paragraphs_are_marked_until_they_follow(client, translator, article):
    change_original(article, "Булак", "Таза булак")
    change_original(article, "Акыркы.", "Эң акыркы.")
    client.force_login(translator)
    response = client.get(url_of(article))
    behind = [piece for piece in pieces_of(response) if piece.is_behind]
    assert [piece.source for piece in behind] == ["<p>Таза булак</p>", "<p>Эң акыркы.</p>"]
    client.post(url_of(article), sent(response, **{"Таза булак": "<p>Чистый родник</p>"}))
    article.refresh_from_db()
    assert "Чистый родник" in article.body_ru
    assert article.stale_fields == ["body"]
    response = client.get(url_of(article))
    behind = [piece for piece in pieces_of(response) if piece.is_behind]
    assert [piece.source for piece in behind] == ["<p>Эң акыркы.</p>"]
    client.post(url_of(article), sent(response) | {f"ok-{behind[0].key}": "on"})
    article.refresh_from_db()
    assert article.stale_fields == []
    assert client.get(url_of(article)).context["behind"] == 0


def test_what_somebody_saved_beside_is_kept_and_one_paragraph_is_asked_about(
    client, translator, article
):
    client.force_login(translator)
    mine, theirs = (client.get(url_of(article)) for _n in range(2))
    client.post(url_of(article), sent(theirs, Булак="<p>Ключ</p>", Акыркы="<p>Их.</p>"))
    # Another paragraph than theirs is simply saved beside.
    client.post(url_of(article), sent(mine, Биринчи="<p>Моё.</p>"))
    article.refresh_from_db()
    assert "Ключ" in article.body_ru
    assert "Моё." in article.body_ru
    response = client.post(url_of(article), sent(mine, Акыркы="<p>Тоже моё.</p>"))
    assert response.context["conflicts"] == 1
    assert "Их." in response.text
    assert "Тоже моё." in response.text
    article.refresh_from_db()
    assert "Их." in article.body_ru
    assert client.post(url_of(article), sent(response)).status_code == 302
    article.refresh_from_db()
    assert "Тоже моё." in article.body_ru


def test_words_beside_a_paragraph_that_is_gone_come_back(client, translator, article):
    client.force_login(translator)
    opened = client.get(url_of(article))
    change_original(article, "Булак", "Башка нерсе")
    response = client.post(url_of(article), sent(opened, Булак="<p>Мой родник</p>"))
    assert response.status_code == 200
    assert response.context["orphans"] == ["<p>Мой родник</p>"]
    # They stay on the page until it is left.
    data = sent(response) | {"orphan": response.context["orphans"]}
    assert client.post(url_of(article), data).context["orphans"] == ["<p>Мой родник</p>"]


def test_a_form_of_the_whole_article_is_told_of_the_translation(client, chief, article):
    client.force_login(chief)
    whole = posted(client.get(address(article)), lead_ru="Другой лид")
    client.post(url_of(article), sent(client.get(url_of(article)), Булак="<p>Ключ</p>"))
    assert client.post(address(article), whole).status_code == 200
    article.refresh_from_db()
    assert "Ключ" in article.body_ru


def test_scripts_do_not_pass_and_broken_input_is_no_error(client, translator, article):
    client.force_login(translator)
    response = client.get(url_of(article))
    client.post(url_of(article), sent(response, Булак="<p>А<script>alert(1)</script></p>"))
    article.refresh_from_db()
    assert "script" not in article.body_ru
    for opened in ("", "[", "[1]", "null", '{"a": 1}'):
        assert client.post(url_of(article), {"opened": opened}).status_code == 302


def test_pictures_are_described_in_both_languages(client, translator, article, media_root):
    picture = article.pictures.create(
        file=factories.upload("a.jpg", factories.picture()), alt_ky="Булак", caption_ky="Жаз"
    )
    client.force_login(translator)
    response = client.get(url_of(article))
    key = f"text-picture-{picture.pk}-alt"
    client.post(url_of(article), sent(response) | {key: "Родник"})
    picture.refresh_from_db()
    assert (picture.alt_ky, picture.alt_ru) == ("Булак", "Родник")


def test_fingerprints_forgive_line_ends_alone():
    assert fingerprint("а\r\nб") == fingerprint("а\nб")
    assert fingerprint("<b>а</b>") != fingerprint("а")
