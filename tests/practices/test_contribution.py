"""A practice told by those who did it: the form, what is kept, what reaches the editors."""

import io
import json
import re
import threading
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django import forms
from django.core.cache import cache
from django.db import connections
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from docx import Document

from people import consents
from people.actions import make_link
from people.models import Consent
from practices.contribution import SECTIONS, NotReady, Reading, deliver, draft_of, reopen
from practices.models import Practice, PracticePhoto
from publishing.drafts import WAS, digest, keep
from publishing.models import AuditEvent, Draft
from publishing.previews import preview_address
from publishing.workflow import Status, move
from tests import factories

pytestmark = pytest.mark.django_db

CORE = {
    "title": "Айылга таза суу жетти",
    "municipality": "Нарын шаары",
    "theme": "drinking-water",
    "started_on": "2023-04-01",
    "problem": "Суу үч күндө бир келчү.\n\nАялдар кудуктан ташычу.",
    "solution": "Башында жыйын өттү:\n\n- насос алынды\n- түтүк тартылды",
    "result": "Суу күнү-түнү бар.",
}


@pytest.fixture
def author(db):
    return factories.make_user(
        is_staff=False, email="author@example.org", name="Айгүл", language="ky"
    )


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def make_draft(author, **answers) -> Draft:
    return Draft.objects.create(kind="practice", owner=author, language="ky", answers=answers)


def url(name, *args) -> str:
    with translation.override("ru"):
        return reverse(f"practices:{name}", args=args)


def opened(draft: Draft, name: str, client) -> dict:
    """The fields of a section as its page draws them, ready to be sent back."""
    html = client.get(url("section", draft.uuid, name)).content.decode()
    return fields_of(html)


def fields_of(html: str) -> dict:
    html = html[html.index(" data-draft=") :]
    found = {}
    for tag in re.findall(r"<input[^>]*>", html):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if attributes.get("type") in {"file", "checkbox", "radio"} and "checked" not in tag:
            continue
        if "name" in attributes and attributes["name"] != "csrfmiddlewaretoken":
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    for name, text in re.findall(
        r'<textarea name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', html, re.S
    ):
        found[name] = unescape(text)
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def save(client, draft, name, data, **extra):
    return client.post(url("section", draft.uuid, name), data, **extra)


def test_draft_begins_with_the_first_word_and_the_pages_lead_through_it(browser, author):
    page = browser.get(url("add")).content.decode()
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)[1]
    with time_machine.travel(timezone.now() + timedelta(seconds=10), tick=False):
        first = browser.post(url("add"), {"stamp": stamp, "language": "ky"})
        again = browser.post(url("add"), {"stamp": stamp, "language": "ky"})
    assert first.url == again.url  # a double tap
    draft = Draft.objects.get()
    assert (draft.owner, draft.language, draft.answers) == (author, "ky", {})
    assert first.url == url("section", draft.uuid, "core")
    data = opened(draft, "core", browser) | {"title": CORE["title"], "next": "1"}
    assert save(browser, draft, "core", data).url == url("section", draft.uuid, "steps")
    draft.refresh_from_db()
    assert draft.answers == {"title": CORE["title"]}


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_keeps_what_it_draws(browser, author, name):
    draft = make_draft(author)
    data = opened(draft, name, browser)
    words = {
        key: f"Сөз {number}"
        for number, key in enumerate(data)
        if not key.startswith((WAS, "choose:")) and WAS + key in data
    }
    assert words or name == "files"
    save(browser, draft, name, data | words)
    shown = opened(draft, name, browser)
    for key, word in words.items():
        if shown.get(key):
            assert shown[key] == word
    draft.refresh_from_db()
    kept = json.dumps(draft.answers, ensure_ascii=False)
    assert all(f'"{word}"' in kept for word in words.values())


def test_what_cannot_be_read_is_kept_and_told(browser, author):
    draft = make_draft(author)
    data = opened(draft, "money", browser) | {"cost_once": "жарым миллион", "price_year": "1800"}
    save(browser, draft, "money", data)
    html = browser.get(url("section", draft.uuid, "money")).content.decode()
    assert "жарым миллион" in html
    assert html.count("errorlist") >= 2
    assert Reading(Draft.objects.get()).to_mend


def test_two_devices_both_texts_are_kept_and_the_writer_chooses(browser, author):
    draft = make_draft(author, **CORE)
    phone, office = opened(draft, "core", browser), opened(draft, "core", browser)
    save(browser, draft, "core", phone | {"problem": "Телефондон", "title": "Жаңы аталыш"})
    save(browser, draft, "core", office | {"problem": "Кеңседен", "result": "Кеңсе жыйынтыгы"})
    draft.refresh_from_db()
    # what only one side changed is taken from that side
    assert draft.answers["title"] == "Жаңы аталыш"
    assert draft.answers["result"] == "Кеңсе жыйынтыгы"
    assert draft.answers["problem"] == "Телефондон"
    assert [v["value"] for v in draft.conflicts["problem"]] == ["Кеңседен"]
    html = browser.get(url("section", draft.uuid, "core")).content.decode()
    assert "Телефондон" in html
    assert "Кеңседен" in html
    assert Reading(draft).to_choose
    save(browser, draft, "core", fields_of(html) | {"choose:problem": "0"})
    draft.refresh_from_db()
    assert (draft.answers["problem"], draft.conflicts) == ("Кеңседен", {})


def test_autosave_answers_with_digests_and_says_what_is_wrong(browser, author):
    draft = make_draft(author)
    data = opened(draft, "core", browser) | {"title": "Аталыш", "started_on": "качандыр"}
    response = save(browser, draft, "core", data, headers={"Accept": "application/json"})
    answer = response.json()
    assert answer["was"][WAS + "title"] == digest("Аталыш")
    assert answer["errors"]["started_on"]
    assert answer["conflict"] == ""
    assert draft.__class__.objects.get().answers["title"] == "Аталыш"


def test_what_another_device_changed_is_not_written_back_by_a_page_that_keeps_itself(
    browser, author
):
    draft = make_draft(author, title="Эски", problem="Эски")
    phone, office = opened(draft, "core", browser), opened(draft, "core", browser)
    save(browser, draft, "core", office | {"title": "Жаңы"})
    for text in ("бир", "бир эки"):
        phone["problem"] = text
        answer = save(browser, draft, "core", phone, headers={"Accept": "application/json"}).json()
        assert WAS + "title" not in answer["was"]
        phone |= answer["was"]
    draft.refresh_from_db()
    assert (draft.answers["title"], draft.answers["problem"]) == ("Жаңы", "бир эки")
    assert draft.conflicts == {}


def test_page_that_goes_on_writing_over_a_conflict_keeps_one_second_version(browser, author):
    draft = make_draft(author, problem="Эски")
    phone, office = opened(draft, "core", browser), opened(draft, "core", browser)
    save(browser, draft, "core", office | {"problem": "Кеңсе"})
    for text in ("Т", "Тел", "Телефон"):
        phone["problem"] = text
        phone |= save(browser, draft, "core", phone, headers={"Accept": "application/json"}).json()[
            "was"
        ]
    draft.refresh_from_db()
    assert draft.answers["problem"] == "Кеңсе"
    assert [version["value"] for version in draft.conflicts["problem"]] == ["Телефон"]


def test_session_lost_the_text_is_there_after_signing_in_again(browser, author):
    draft = make_draft(author)
    data = opened(draft, "core", browser) | {"problem": "Узун текст, кайра терилбейт"}
    stranger = Client()
    response = save(stranger, draft, "core", data)
    assert "/account/login/?next=" in response.url
    assert Draft.objects.get().answers == {}
    stranger.force_login(author)
    page = stranger.get(url("section", draft.uuid, "core"))
    assert "Узун текст, кайра терилбейт" in page.content.decode()
    assert Draft.objects.get().answers["problem"] == "Узун текст, кайра терилбейт"


def test_held_text_of_another_person_is_not_written_into_a_foreign_draft(browser, author):
    draft = make_draft(author)
    data = opened(draft, "core", browser) | {"problem": "башканыкы"}
    stranger = Client()
    save(stranger, draft, "core", data)
    stranger.force_login(factories.make_user(is_staff=False))
    assert stranger.get(url("section", draft.uuid, "core")).status_code == 404
    assert Draft.objects.get().answers == {}


def test_autosave_without_a_session_says_so(browser, author):
    draft = make_draft(author)
    response = save(Client(), draft, "core", {"title": "x"}, headers={"Accept": "application/json"})
    assert response.status_code == 401
    assert response.json()["sign_in"].startswith("/ru/account/login/")


@pytest.mark.parametrize("page", ["draft", "send", "mine"])
def test_another_persons_draft_is_not_there(author, page):
    draft = make_draft(author, **CORE)
    stranger = Client()
    stranger.force_login(factories.make_user(is_staff=False))
    assert stranger.get(url(page, draft.uuid)).status_code == 404
    assert (
        save(
            stranger, draft, "core", {"was:title": digest(CORE["title"]), "title": "x"}
        ).status_code
        == 404
    )
    assert stranger.post(url("discard", draft.uuid)).status_code == 404
    draft.refresh_from_db()
    assert draft.answers["title"] == CORE["title"]


def test_staff_read_no_unsent_draft_either(author, chief, client):
    draft = make_draft(author, **CORE)
    client.force_login(chief)
    assert client.get(url("draft", draft.uuid)).status_code == 404


def test_fields_that_are_not_asked_are_not_taken(browser, author):
    draft = make_draft(author)
    data = {"title": "x", "status": "published", "evidence_level": "5", "is_demo": "on", "owner": "1",
            "steps.n1.practice": "1", "steps.n1.title": "кадам", "pictures.f99.alt": "x",
            "delivered_pictures": "x", "unplaced": "x"}  # fmt: skip
    save(browser, draft, "core", data)
    save(browser, draft, "steps", data)
    save(browser, draft, "files", data)
    draft.refresh_from_db()
    assert draft.answers == {"title": "x", "steps": [{"id": "n1", "title": "кадам"}]}


def send(client, draft, agreed=("publish", "name")):
    return client.post(url("send", draft.uuid), {"agreed": list(agreed)})


FULL = CORE | {
    "promise": "Үйлөр үчүн таза суу",
    "cost_once": "1 250 000 сом",
    "cost_yearly": "0",
    "price_year": "2023",
    "upkeep_payer": "tariff",
    "lessons": "Адегенде эсептегич.",
    "contact_post": "жооптуу катчы",
    "contact_name": "Айгүл Токтосунова",
    "can_visit": "on",
    "vulnerable_groups": ["elderly", "women"],
    "steps": [{"id": f"n{n}", "title": f"Кадам {n}", "days": str(n)} for n in (1, 2, 3)],
    "measurements": [{"id": "nm", "indicator": "Суу", "before": "3,5", "after": "24"}],
    "funding": [{"id": "nf", "source": "local_budget", "amount": "250 000"}],
    "obstacles": [{"id": "no", "barrier": "finance", "text": "Акча"}],
    "links": [{"id": "nl", "kind": "video", "title": "Тасма", "url": "https://example.org/v"}],
    "legal_basis": [{"id": "na", "act": "Мыйзам"}],
}


def test_sent_draft_is_a_submitted_record_with_every_answer(browser, author, media_root):
    draft = make_draft(author, **FULL)
    save(browser, draft, "files", {"pictures": factories.upload("a.jpg", factories.picture())})
    picture = draft.pictures.get()
    data = opened(draft, "files", browser) | {f"pictures.f{picture.pk}.alt": "Насос"}
    save(browser, draft, "files", data)
    assert send(browser, draft, ("publish",)).status_code == 200  # the photo's consent is missing
    assert send(browser, draft, ("publish", "photo", "name")).url == url("mine", draft.uuid)

    practice = Practice.objects.get()
    assert practice.status == Status.SUBMITTED
    assert (practice.created_by, practice.submitted_by) == (author, author)
    assert practice.original_language == "ky"
    assert practice.title_ky == CORE["title"]
    assert not practice.title_ru
    assert practice.problem_ky == "<p>Суу үч күндө бир келчү.</p><p>Аялдар кудуктан ташычу.</p>"
    assert "<ul><li>насос алынды</li><li>түтүк тартылды</li></ul>" in practice.solution_ky
    assert (practice.cost_once, practice.cost_yearly, practice.price_year) == (1_250_000, 0, 2023)
    assert practice.vulnerable_groups == ["elderly", "women"]
    assert practice.licence == "CC-BY-4.0"
    assert practice.collected_via == "form"
    assert (practice.contact_name_public, practice.author_name) == (True, "Айгүл")
    assert [step.title_ky for step in practice.steps.all()] == ["Кадам 1", "Кадам 2", "Кадам 3"]
    assert practice.measurements.get().before == 3.5
    assert practice.photos.get().alt_ky == "Насос"
    wanting = {missing.field for missing in practice.missing_for_publication()}
    assert wanting == {"has_no_personal_data"}  # the editor's own check
    held = {consent.purpose for consent in Consent.objects.filter(user=author)}
    assert held == {"publish", "photo", "name"}
    event = AuditEvent.about(practice).get()
    assert (event.action, event.via, event.actor_id, event.actor_name) == (
        "submit",
        "site",
        author.pk,
        "",
    )


def test_sending_twice_makes_one_record(browser, author):
    draft = make_draft(author, **CORE)
    send(browser, draft)
    send(browser, draft)
    assert Practice.objects.count() == 1
    assert AuditEvent.objects.filter(action="submit").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_make_one_record(author):
    draft = make_draft(author, **CORE)
    results = []

    def tap():
        try:
            results.append(deliver(Draft.objects.get(pk=draft.pk), agreed={"publish"}).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tap) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert len(set(results)) == 1
    assert Practice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_keeping_at_once_from_many_places_loses_no_word(author):
    draft = make_draft(author)
    names = ["title", "problem", "solution", "result", "started_on", "theme"]

    def write(name):
        try:
            keep(Draft.objects.get(pk=draft.pk), SECTIONS["core"], QueryDict(f"{name}=x-{name}"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    draft.refresh_from_db()
    assert draft.answers == {name: f"x-{name}" for name in names}


@pytest.mark.parametrize("name", [*CORE])
def test_each_of_the_eight_is_asked_for(author, name):
    draft = make_draft(author, **{key: value for key, value in CORE.items() if key != name})
    with pytest.raises(NotReady) as refused:
        deliver(draft, agreed={"publish"})
    assert [wanting.field for wanting in refused.value.wanting] == [name]
    assert f"/add/{draft.uuid}/core/" in refused.value.wanting[0].url


def test_nothing_is_sent_without_consent(browser, author):
    draft = make_draft(author, **CORE)
    assert send(browser, draft, ("name",)).status_code == 200
    assert Practice.objects.count() == 0
    with pytest.raises(NotReady):
        deliver(draft, agreed=set())


def sent_back(practice, chief, **details):
    move(practice, "take", actor=chief)
    move(practice, "send_back", actor=chief, reason="Санын жазыңыз",
         checklist=["numbers", "field:result", "field:steps"], **details)  # fmt: skip


def test_record_sent_back_opens_its_draft_with_the_editors_words(browser, author, chief):
    draft = make_draft(author, **FULL)
    send(browser, draft)
    practice = Practice.objects.get()
    practice.title_ky = "Редактор оңдогон аталыш"
    practice.save()
    sent_back(practice, chief)
    draft.refresh_from_db()
    assert draft.sent_at is None
    assert draft.answers["title"] == "Редактор оңдогон аталыш"
    page = browser.get(url("draft", draft.uuid)).content.decode()
    assert "Санын жазыңыз" in page
    assert url("section", draft.uuid, "core") + "#id_result" in page
    html = browser.get(url("section", draft.uuid, "core")).content.decode()
    assert 'class="answer marked" id="result"' in html

    data = fields_of(html) | {"result": "Суу 24 саат бар, 120 үй."}
    save(browser, draft, "core", data)
    steps_before = list(practice.steps.values_list("pk", flat=True))
    send(browser, draft)
    practice.refresh_from_db()
    assert practice.status == Status.SUBMITTED
    assert practice.result_ky == "<p>Суу 24 саат бар, 120 үй.</p>"
    assert list(practice.steps.values_list("pk", flat=True)) == steps_before
    assert Practice.objects.count() == 1


def test_what_the_author_left_alone_keeps_the_editors_markup(browser, author, chief):
    draft = make_draft(author, **CORE)
    send(browser, draft)
    practice = Practice.objects.get()
    rich = "<h2>Башы</h2><p><strong>Насос</strong> алынды.</p>"
    practice.solution_ky = rich
    practice.save()
    sent_back(practice, chief)
    draft.refresh_from_db()
    data = opened(draft, "core", browser) | {"result": "Жаңы жыйынтык"}
    save(browser, draft, "core", data)
    send(browser, draft)
    practice.refresh_from_db()
    assert practice.solution_ky == rich
    assert practice.result_ky == "<p>Жаңы жыйынтык</p>"


def test_photo_taken_off_by_the_editor_stays_off_and_one_by_the_author_goes(
    browser, author, chief, media_root
):
    draft = make_draft(author, **CORE)
    for number in (1, 2):
        upload = factories.upload(f"{number}.jpg", factories.picture(size=(300 + number, 200)))
        save(browser, draft, "files", {"pictures": upload})
    send(browser, draft, ("publish", "photo"))
    practice = Practice.objects.get()
    first, second = practice.photos.order_by("position")
    sent_back(practice, chief)
    first.delete()
    gone = draft.pictures.get(uuid=second.uuid)
    save(browser, draft, "files", {f"remove:pictures.f{gone.pk}": "on"})
    draft.refresh_from_db()
    send(browser, draft, ())
    assert PracticePhoto.objects.filter(practice=practice).count() == 0


def test_same_photo_twice_is_kept_once_and_a_bad_file_is_told(browser, author, media_root):
    draft = make_draft(author)
    photo = factories.picture()
    for _tap in (1, 2):
        save(browser, draft, "files", {"pictures": factories.upload("a.jpg", photo)})
    response = save(browser, draft, "files", {"pictures": factories.upload("b.jpg", b"<script>")},
                    headers={"Accept": "application/json"})  # fmt: skip
    assert response.status_code == 400
    assert response.json()["problems"][0].startswith("b.jpg: ")
    assert draft.pictures.count() == 1


def test_photo_of_a_draft_is_seen_by_its_writer_alone(browser, author, media_root, chief):
    draft = make_draft(author)
    save(browser, draft, "files", {"pictures": factories.upload("a.jpg", factories.picture())})
    address = draft.pictures.get().url("original.jpg")
    shown = browser.get(address)
    assert b"".join(shown).startswith(b"\xff\xd8")
    assert Client().get(address).status_code == 404
    for person in (chief, factories.make_user(is_staff=False)):
        other = Client()
        other.force_login(person)
        assert other.get(address).status_code == 404


def test_signed_link_opens_its_draft_without_an_account_and_no_other(browser, author, chief):
    draft, other = make_draft(author, **CORE), make_draft(author, **CORE)
    send(browser, draft)
    practice = Practice.objects.get()
    sent_back(practice, chief)
    token = make_link(purpose="revise", target=draft)
    visitor = Client()
    assert visitor.get(url("draft", draft.uuid)).status_code == 302
    with translation.override("ru"):
        go = reverse("go", args=[token])
    visitor.get(go)
    assert visitor.get(url("draft", draft.uuid)).status_code == 302  # a look opens nothing
    visitor.post(go)
    assert visitor.get(url("draft", draft.uuid)).status_code == 200
    assert visitor.get(url("draft", other.uuid)).status_code != 200
    data = opened(draft, "core", visitor) | {"result": "Шилтеме аркылуу"}
    save(visitor, draft, "core", data)
    assert send(visitor, draft, ()).status_code == 200
    practice.refresh_from_db()
    assert practice.result_ky == "<p>Шилтеме аркылуу</p>"
    assert visitor.get(url("draft", draft.uuid)).status_code == 302  # the link has done its work
    assert AuditEvent.about(practice).first().via == "signed_link"


def test_status_page_tells_what_happened_and_what_comes_next(browser, author, chief):
    draft = make_draft(author, **CORE)
    send(browser, draft)
    practice = Practice.objects.get()
    first = browser.get(url("mine", draft.uuid)).content.decode()
    assert "пяти рабочих дней" in first or "five working days" in first
    move(practice, "take", actor=chief)
    move(practice, "reject", actor=chief, reason="Бул тажрыйба эмес")
    assert "Бул тажрыйба эмес" in browser.get(url("mine", draft.uuid)).content.decode()


EVIL = '"><script>x</script>'


def evil_answers(language) -> dict:
    """Every field that takes a text, rows too, holds markup."""
    answers = dict(FULL)
    for section in SECTIONS.values():
        for name, field in section.form.base_fields.items():
            if type(field) is forms.CharField:
                answers[name] = EVIL
        for rows in section.rows:
            texts = [n for n, f in rows.form.base_fields.items() if type(f) is forms.CharField]
            for row in answers.get(rows.name, ()):
                row |= dict.fromkeys(texts, EVIL)
    return answers | {"place_text": EVIL, "unplaced": EVIL}


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_every_text_is_escaped_wherever_it_is_shown(browser, author, chief, language):
    draft = make_draft(author, **evil_answers(language))
    draft.language = language
    draft.save()
    pages = [url("section", draft.uuid, name) for name in SECTIONS]
    pages += [url("draft", draft.uuid), url("send", draft.uuid), url("add")]
    shown = [browser.get(page).content.decode() for page in pages]
    assert send(browser, draft).status_code == 302
    practice = Practice.objects.get()
    sent_back(practice, chief)
    shown += [browser.get(url(name, draft.uuid)).content.decode() for name in ("mine", "draft")]
    with translation.override(language):
        shown.append(browser.get(reverse("account_home")).content.decode())
        preview = preview_address(practice)
    editor = Client()
    editor.force_login(chief)
    admin = reverse("admin:practices_practice_change", args=[practice.pk])
    shown += [editor.get(preview).content.decode(), editor.get(admin).content.decode()]
    for html in shown:
        assert "<script>x" not in html
    assert any("&lt;script&gt;x" in html for html in shown)
    assert "<script" not in getattr(practice, f"problem_{language}")


def test_drafts_take_no_post_without_a_token(author):
    draft = make_draft(author)
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)
    assert save(client, draft, "core", {"title": "x"}).status_code == 403
    assert send(client, draft).status_code == 403
    assert Draft.objects.get().answers == {}


def test_discarded_draft_goes_with_its_files_and_a_sent_one_does_not(browser, author, media_root):
    draft, sent = make_draft(author), make_draft(author, **CORE)
    save(browser, draft, "files", {"pictures": factories.upload("a.jpg", factories.picture())})
    send(browser, sent)
    sent.refresh_from_db()
    browser.post(url("discard", draft.uuid))
    browser.post(url("discard", sent.uuid))
    assert list(Draft.objects.all()) == [sent]


def test_limits_hold_over_a_cleared_cache(browser, author, monkeypatch):
    from people import limits

    monkeypatch.setitem(limits.LIMITS, "save", (2, limits.LIMITS["save"][1]))
    draft = make_draft(author)
    codes = []
    for number in range(4):
        cache.clear()
        codes.append(save(browser, draft, "core", {"title": str(number)}).status_code)
    assert codes == [302, 302, 429, 429]


def test_reopening_keeps_half_a_row_and_what_word_left_over(author, chief, browser):
    half = {"id": "nh", "text": "Аталышы жок"}
    draft = make_draft(author, **(FULL | {"unplaced": "Калган сөз"}))
    draft.answers["steps"] = [*draft.answers["steps"], half]
    draft.save()
    send(browser, draft)
    practice = Practice.objects.get()
    assert practice.steps.count() == 3
    reopen(practice)
    draft = draft_of(practice)
    assert draft.answers["unplaced"] == "Калган сөз"
    assert half in draft.answers["steps"]
    assert len(draft.answers["steps"]) == 4


def test_consent_is_noted_with_its_wording(browser, author):
    draft = make_draft(author, **CORE)
    send(browser, draft, ("publish",))
    consent = Consent.objects.get()
    assert (consent.version, consent.language) == (consents.CURRENT["publish"], "ky")
    assert consent.about == Practice.objects.get()
    assert Practice.objects.get().author_name == ""


def test_start_page_of_a_visitor_sets_no_cookie(client):
    response = client.get(url("add"))
    assert response.status_code == 200
    assert not response.cookies


# ---------------------------------------------------------------- Word


def bring(client, content, name="tajryjba.docx"):
    return client.post(url("word"), {"document": factories.upload(name, content)})


def word_with_picture(*lines) -> bytes:
    document = Document(io.BytesIO(factories.word_document(*lines)))
    document.add_picture(io.BytesIO(factories.picture(size=(320, 200))))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


WORD = (
    "Аталышы: Айылга таза суу жетти",
    "Муниципалитет: Нарын шаары",
    "Көйгөй: Суу үч күндө бир келчү.",
    "Жыйынтык: Суу күнү-түнү бар.",
)


def test_word_document_becomes_a_draft_with_its_photo_and_what_found_no_place(
    browser, author, media_root
):
    content = word_with_picture("Бул сапка орун жок калды", *WORD)
    response = bring(browser, content)
    draft = Draft.objects.get()
    assert response.url == url("draft", draft.uuid)
    assert (draft.owner, draft.language) == (author, "ky")
    assert draft.answers["municipality"] == factories.town().code
    assert draft.answers["problem"] == "Суу үч күндө бир келчү."
    assert draft.pictures.count() == 1
    everything = json.dumps(draft.answers, ensure_ascii=False)
    assert "Бул сапка орун жок калды" in everything
    assert browser.get(url("section", draft.uuid, "core")).status_code == 200


def test_same_document_brought_twice_is_one_draft(browser, author, media_root):
    content = word_with_picture(*WORD)
    assert bring(browser, content).url == bring(browser, content).url
    assert Draft.objects.get().pictures.count() == 1


@pytest.mark.parametrize("content", [b"", b"no document", b"PK\x03\x04 broken"])
def test_document_that_is_none_gets_a_sentence_and_makes_nothing(browser, author, content):
    response = bring(browser, content)
    page = browser.get(response.url).content.decode()
    assert 'class="notice text warn"' in page
    assert not Draft.objects.exists()


def test_record_from_word_says_where_it_came_from(browser, author, media_root):
    bring(browser, factories.word_document(*WORD))
    draft = Draft.objects.get()
    draft.answers |= CORE
    draft.save()
    send(browser, draft)
    assert Practice.objects.get().collected_via == "word"


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_empty_form_is_there_for_everybody_and_comes_back_empty(client, author, language):
    response = client.get(url("word_form", language))
    assert response["Content-Disposition"].startswith("attachment")
    client.force_login(author)
    bring(client, response.content)
    kept = set(Draft.objects.get().answers) - {"collected_via"}
    assert kept == set()
