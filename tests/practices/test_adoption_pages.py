"""The ledger's pages: declaring, going on, confirming, the map; and attacks on all of them."""

import re
from datetime import date
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from people.actions import confirm_membership, make_link, revoke_links
from people.models import AccessLink, Membership
from practices import ledger
from practices.calculator import estimate
from practices.choices import AdoptionStatus, Evidence
from practices.forms import MAX_PHOTOS
from practices.models import Adoption, AdoptionPhoto, Practice
from publishing.models import AuditEvent
from publishing.workflow import Status
from tests import factories, pages

pytestmark = pytest.mark.django_db
S = AdoptionStatus
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7|add:7 }}"
TODAY = timezone.localdate()


@pytest.fixture(autouse=True)
def _quick_writers(monkeypatch):
    """Tests write faster than people."""
    monkeypatch.setattr("people.spam.QUICKEST", -1)


@pytest.fixture
def practice(media_root):
    source = factories.make_municipality(name_ky="Булак айыл аймагы", name_ru="айылный аймак Булак")
    return factories.make_practice("published", municipality=source)


@pytest.fixture
def place():
    return factories.make_municipality(name_ky="Арык айыл аймагы", name_ru="айылный аймак Арык")


@pytest.fixture
def adopter(place):
    user = factories.make_user(is_staff=False, email="adopter@example.org")
    factories.make_membership(user, place)
    return user


@pytest.fixture
def elder(practice):
    user = factories.make_user(is_staff=False, email="source@example.org")
    factories.make_membership(user, practice.municipality, post="жооптуу катчы")
    return user


def url(name, *args, language="ky") -> str:
    with translation.override(language):
        return reverse(f"practices:{name}", args=args)


def stamp(response) -> str:
    return pages.document(response).xpath("//input[@name='stamp']/@value")[0]


def answers(place, **values) -> dict:
    return {
        "municipality": place.pk,
        "status": S.IN_PROGRESS,
        "started_on": "2026-03-01",
        "finished_on": "",
        "adaptation": "Бакты кичирээк койдук",
        "cost_once": "1 250 000",
        "price_year": "2026",
        "result_number": "",
        "result_unit": "",
    } | values


def declare(client, practice, place, language="ky", **values):
    address = url("adopt", practice.slug, language=language)
    page = client.get(address)
    return client.post(address, {"stamp": stamp(page)} | answers(place, **values))


def opened(client, adoption, language="ky") -> dict:
    """The edit form as a browser would send it back."""
    page = client.get(url("adoption", adoption.pk, language=language))
    form = pages.document(page).xpath("//section[@id='facts']//form")[0]
    data = {}
    for name, value in form.form_values():
        data.setdefault(name, []).append(value)
    return data


# ---------------------------------------------------------------- declaring


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_form_becomes_a_record(client, practice, place, adopter, language):
    client.force_login(adopter)
    response = declare(client, practice, place, language)
    adoption = Adoption.objects.get()
    assert response.url == url("adoption", adoption.pk, language=language)
    assert adoption.practice == practice
    assert adoption.municipality == place
    assert adoption.created_by == adopter
    assert adoption.status == S.IN_PROGRESS
    assert adoption.started_on == date(2026, 3, 1)
    assert getattr(adoption, f"adaptation_{language}") == "Бакты кичирээк койдук"
    assert not getattr(adoption, "adaptation_ru" if language == "ky" else "adaptation_ky")
    assert (adoption.cost_once, adoption.price_year) == (1_250_000, 2026)
    assert adoption.is_vouched
    page = client.get(response.url)
    assert "Бакты кичирээк койдук" in page.text
    readers = Client().get(url("detail", practice.slug, language=language))
    assert "Бакты кичирээк койдук" in readers.text


def test_page_leads_in_from_the_practice(client, practice):
    address = url("detail", practice.slug)
    assert url("adopt", practice.slug) in pages.links(client.get(address))
    practice.kind = "lesson"
    practice.save()
    assert url("adopt", practice.slug) not in pages.links(client.get(address))
    client.force_login(factories.make_user(is_staff=False))
    assert client.get(url("adopt", practice.slug)).status_code == 404


def test_draft_cannot_be_adopted(client, adopter):
    client.force_login(adopter)
    draft = factories.make_practice()
    assert client.get(url("adopt", draft.slug)).status_code == 404


def test_whoever_has_no_role_is_led_to_asking_for_one(client, practice):
    client.force_login(factories.make_user(is_staff=False))
    address = url("adopt", practice.slug)
    response = client.get(address)
    assert response.url.startswith(reverse("membership"))
    assert parse_qs(urlsplit(response.url).query) == {"next": [address]}
    page = client.get(response.url)
    assert page.status_code == 200
    assert pages.of_class(pages.document(page), "notice")


def test_role_only_asked_for_declares_and_waits(client, practice, place):
    user = factories.make_user(is_staff=False)
    role = factories.make_membership(user, place, is_verified=False)
    client.force_login(user)
    response = declare(client, practice, place)
    adoption = Adoption.objects.get()
    assert not adoption.is_vouched
    assert client.get(response.url).status_code == 200
    detail = url("detail", practice.slug)
    assert place.name_ky not in Client().get(detail).text
    confirm_membership(code=role.code, phone=role.phone)
    assert place.name_ky in Client().get(detail).text


def test_several_municipalities_are_chosen_from(client, practice, place, adopter):
    other = factories.make_municipality()
    factories.make_membership(adopter, other, is_verified=False)
    factories.make_membership(adopter, practice.municipality)
    client.force_login(adopter)
    page = client.get(url("adopt", practice.slug))
    offered = pages.document(page).xpath("//select[@name='municipality']/option/@value")
    assert sorted(map(int, offered)) == sorted([place.pk, other.pk])
    declare(client, practice, other)
    assert not Adoption.objects.get().is_vouched


def test_source_does_not_adopt_its_own(client, practice, elder):
    client.force_login(elder)
    page = client.get(url("adopt", practice.slug))
    assert page.status_code == 200
    assert 'name="status"' not in page.text
    response = client.post(url("adopt", practice.slug), answers(practice.municipality))
    assert response.status_code == 200
    assert not Adoption.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"status": S.IMPLEMENTED}, "finished_on"),
        ({"status": S.IMPLEMENTED, "finished_on": "2026-05-01"}, "result_number"),
        ({"status": S.IMPLEMENTED, "finished_on": "2036-05-01", "result_number": "1"}, "finished_on"),
        ({"status": "sustained"}, "status"),
        ({"status": ""}, "status"),
        ({"finished_on": "2025-01-01"}, "finished_on"),
        ({"started_on": "22026-01-01"}, "started_on"),
        ({"started_on": "1826-01-01"}, "started_on"),
        ({"price_year": ""}, "price_year"),
        ({"cost_once": "-5"}, "cost_once"),
        ({"cost_once": "миң сом"}, "cost_once"),
        ({"cost_once": "9" * 30}, "cost_once"),
        ({"result_number": "NaN"}, "result_number"),
        ({"result_number": "1e400"}, "result_number"),
        ({"adaptation": "а" * 801}, "adaptation"),
        ({"adaptation": "а\x00б"}, "adaptation"),
    ],
)  # fmt: skip
def test_wrong_answer_is_told_at_its_field_and_nothing_is_lost(
    client, practice, place, adopter, values, field
):
    client.force_login(adopter)
    response = declare(client, practice, place, **values)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert not Adoption.objects.exists()
    tree = pages.document(response)
    if field != "adaptation":
        assert tree.xpath("//textarea[@name='adaptation']")[0].text.strip() == (
            "Бакты кичирээк койдук"
        )
    if "cost_once" not in values:
        assert tree.xpath("//input[@name='cost_once']/@value") == ["1 250 000"]


def test_work_may_be_declared_with_a_number_or_a_photo(client, practice, place, adopter):
    client.force_login(adopter)
    photo = factories.upload("foto.jpg", factories.picture())
    done = {"status": S.IMPLEMENTED, "finished_on": "2026-05-01"}
    declare(client, practice, place, photo=photo, **done)
    adoption = Adoption.objects.get()
    assert adoption.status == S.IMPLEMENTED
    assert adoption.photos.count() == 1
    other = factories.make_practice("published")
    declare(client, other, place, result_number="214,5", result_unit="үй", **done)
    assert Adoption.objects.get(practice=other).result_number == 214.5


def test_refused_photo_loses_nothing_else(client, practice, place, adopter):
    client.force_login(adopter)
    for content in (b"not a picture", b"<script>alert(1)</script>", b""):
        photo = factories.upload("foto.jpg", content)
        response = declare(client, practice, place, photo=photo)
        assert "photo" in response.context["form"].errors
        assert "Бакты кичирээк койдук" in response.text
    declare(client, practice, place, photo=factories.upload("f.jpg", factories.picture()))
    assert Adoption.objects.get().photos.count() == 1


def test_dates_may_be_written_by_hand(client, practice, place, adopter):
    client.force_login(adopter)
    declare(client, practice, place, started_on="01.03.2026")
    assert Adoption.objects.get().started_on == date(2026, 3, 1)


def test_double_tap_makes_one_record(client, practice, place, adopter):
    client.force_login(adopter)
    first = declare(client, practice, place)
    second = client.post(url("adopt", practice.slug), answers(place) | {"stamp": "x"})
    assert second.status_code == 200  # a stamp of nobody's
    page = client.get(first.url)
    again = client.post(url("adopt", practice.slug), answers(place) | {"stamp": stamp(page)})
    assert again.url == first.url
    assert Adoption.objects.count() == 1
    assert "version" not in client.get(first.url).text.split('id="facts"')[0]
    assert client.get(url("adopt", practice.slug)).url == first.url


def test_second_declaration_shows_both_texts(client, practice, place, adopter):
    client.force_login(adopter)
    first = declare(client, practice, place)
    colleague = factories.make_user(is_staff=False)
    factories.make_membership(colleague, place)
    client.force_login(colleague)
    page = client.get(first.url)
    data = answers(place, adaptation="Таптакыр башка") | {"stamp": stamp(page)}
    response = client.post(url("adopt", practice.slug), data)
    assert response.url == first.url
    assert Adoption.objects.get().adaptation_ky == "Бакты кичирээк койдук"
    page = client.get(response.url)
    assert "Таптакыр башка" in page.text
    data = dict(pages.document(page).xpath("//section[@id='facts']//form")[0].form_values())
    page = client.post(first.url, data)
    assert "Таптакыр башка" in page.text
    assert "Бакты кичирээк койдук" in page.text
    assert Adoption.objects.get().adaptation_ky == "Бакты кичирээк койдук"


def test_second_person_without_a_role_gets_no_record_of_others(client, practice, place, adopter):
    client.force_login(adopter)
    first = declare(client, practice, place, cost_once="777777")
    user = factories.make_user(is_staff=False)
    factories.make_membership(user, place, is_verified=False)
    client.force_login(user)
    page = client.get(url("adopt", practice.slug))
    assert page.status_code == 200
    assert "777777" not in pages.main(page)
    data = answers(place) | {"stamp": stamp(client.get(url("adopt", practice.slug))) if
                             'name="stamp"' in page.text else ""}  # fmt: skip
    client.post(url("adopt", practice.slug), data)
    assert Adoption.objects.count() == 1
    assert client.get(first.url).status_code == 404


def test_text_survives_an_expired_session(client, practice, place, adopter):
    client.force_login(adopter)
    page = client.get(url("adopt", practice.slug))
    data = {"stamp": stamp(page)} | answers(place)
    client.logout()
    response = client.post(url("adopt", practice.slug), data)
    assert "/account/login/" in response.url
    assert not Adoption.objects.exists()
    client.force_login(adopter)
    page = client.get(url("adopt", practice.slug))
    assert "Бакты кичирээк койдук" in page.text
    tree = pages.document(page)
    assert tree.xpath("//input[@name='cost_once']/@value") == ["1 250 000"]
    assert tree.xpath("//input[@name='status'][@checked]/@value") == [S.IN_PROGRESS]
    form = tree.xpath("//form[@enctype]")[0]
    client.post(url("adopt", practice.slug), dict(form.form_values()))
    assert Adoption.objects.get().adaptation_ky == "Бакты кичирээк койдук"


def test_too_many_declarations_are_told_and_keep_the_text(
    client, practice, place, adopter, monkeypatch
):
    monkeypatch.setitem(
        __import__("people.limits").limits.LIMITS, "adoption", (0, timezone.timedelta(hours=1))
    )
    client.force_login(adopter)
    response = declare(client, practice, place)
    assert response.status_code == 200
    assert "Бакты кичирээк койдук" in response.text
    assert not Adoption.objects.exists()


def test_programs_are_told_from_people(client, practice, place, adopter):
    client.force_login(adopter)
    response = declare(client, practice, place, website="http://spam.example.org")
    assert response.status_code == 200
    assert not Adoption.objects.exists()


# ---------------------------------------------------------------- its own page


@pytest.fixture
def adoption(client, practice, place, adopter):
    """Declared by its adopter, who is signed in."""
    client.force_login(adopter)
    declare(client, practice, place)
    return Adoption.objects.get()


def save(client, adoption, language="ky", **values):
    data = opened(client, adoption, language) | values
    return client.post(url("adoption", adoption.pk, language=language), data)


def test_facts_are_written_in_the_language_of_the_page(client, adoption):
    save(
        client, adoption, lessons="Убакыт керек", helped_by=["visit", "course"], cost_yearly="5000"
    )
    save(client, adoption, "ru", lessons="Нужно время")
    adoption.refresh_from_db()
    assert adoption.lessons_ky == "Убакыт керек"
    assert adoption.lessons_ru == "Нужно время"
    assert adoption.helped_by == ["visit", "course"]
    assert adoption.cost_yearly == 5000
    assert adoption.version == 3
    edits = AuditEvent.about(adoption).filter(action="edit")
    assert edits.last().details["fields"] == ["cost_yearly", "helped_by", "lessons"]
    assert edits.last().actor_name == ""


def test_nothing_changed_writes_nothing(client, adoption):
    save(client, adoption)
    adoption.refresh_from_db()
    assert adoption.version == 1
    assert not AuditEvent.about(adoption).filter(action="edit").exists()


def test_both_devices_keep_what_only_one_of_them_changed(client, adoption):
    first, second = opened(client, adoption), opened(client, adoption)
    address = url("adoption", adoption.pk)
    client.post(address, first | {"lessons": "Биринчи аппараттан", "cost_once": "100"})
    client.post(address, second | {"why_chosen": "Экинчи аппараттан"})
    adoption.refresh_from_db()
    assert adoption.lessons_ky == "Биринчи аппараттан"
    assert adoption.why_chosen_ky == "Экинчи аппараттан"
    assert adoption.cost_once == 100


def test_later_device_sees_both_texts_and_chooses(client, adoption):
    first, second = opened(client, adoption), opened(client, adoption)
    address = url("adoption", adoption.pk)
    client.post(address, first | {"adaptation": "Биринчи", "helped_by": ["visit"]})
    page = client.post(address, second | {"adaptation": "Экинчи", "helped_by": ["course"]})
    assert page.status_code == 200
    assert "Биринчи" in page.text
    assert "Экинчи" in page.text
    adoption.refresh_from_db()
    assert adoption.adaptation_ky == "Биринчи"
    form = pages.document(page).xpath("//section[@id='facts']//form")[0]
    data = {}
    for name, value in form.form_values():
        data.setdefault(name, []).append(value)
    # Pressed without a choice, it asks again.
    assert client.post(address, data).status_code == 200
    adoption.refresh_from_db()
    assert adoption.adaptation_ky == "Биринчи"
    chosen = data | {"choose:adaptation": "mine", "choose:helped_by": "stored"}
    assert client.post(address, chosen).status_code == 302
    adoption.refresh_from_db()
    assert adoption.adaptation_ky == "Экинчи"
    assert adoption.helped_by == ["visit"]


def test_choice_made_without_seeing_the_third_text_does_not_count(client, adoption):
    first, second, third = (opened(client, adoption) for _each in range(3))
    address = url("adoption", adoption.pk)
    client.post(address, first | {"adaptation": "Биринчи"})
    page = client.post(address, second | {"adaptation": "Экинчи"})
    data = dict(pages.document(page).xpath("//section[@id='facts']//form")[0].form_values())
    save(client, adoption, adaptation="Үчүнчү")
    page = client.post(address, data | {"choose:adaptation": "mine"})
    assert page.status_code == 200
    assert "Үчүнчү" in page.text
    adoption.refresh_from_db()
    assert adoption.adaptation_ky == "Үчүнчү"
    assert third


def test_edit_survives_an_expired_session(client, adoption, adopter):
    data = opened(client, adoption) | {"lessons": "Көп нерсе үйрөндүк", "helped_by": ["visit"]}
    client.logout()
    address = url("adoption", adoption.pk)
    assert "/account/login/" in client.post(address, data).url
    client.force_login(adopter)
    page = client.get(address)
    assert "Көп нерсе үйрөндүк" in page.text
    form = pages.document(page).xpath("//section[@id='facts']//form")[0]
    client.post(address, dict(form.form_values()))
    adoption.refresh_from_db()
    assert adoption.lessons_ky == "Көп нерсе үйрөндүк"
    assert adoption.helped_by == ["visit"]


def test_moves_are_buttons_that_say_what_is_missing(client, adoption):
    address = url("adoption", adoption.pk)
    tree = pages.document(client.get(address))
    [button] = tree.xpath("//form[contains(@action, '/move/implement/')]//button")
    assert button.get("disabled") is not None
    assert tree.xpath("//p[@id='why-implement']/a/@href") == [
        "#id_result_number",
        "#id_finished_on",
    ]
    save(client, adoption, result_number="12", finished_on=TODAY.isoformat())
    tree = pages.document(client.get(address))
    [form] = tree.xpath("//form[contains(@action, '/move/implement/')]")
    response = client.post(form.action)
    assert response.url == address
    adoption.refresh_from_db()
    assert adoption.status == S.IMPLEMENTED
    assert "Ишке" in client.get(address).text or adoption.get_status_display()


def test_move_that_is_not_possible_is_a_sentence(client, adoption):
    response = client.post(url("adoption_move", adoption.pk, "implement"), follow=True)
    assert pages.of_class(pages.document(response), "warn")
    adoption.refresh_from_db()
    assert adoption.status == S.IN_PROGRESS
    assert client.post(url("adoption_move", adoption.pk, "publish")).status_code == 404
    client.post(url("adoption_move", adoption.pk, "set_sustained"), {"reason": "x"})
    client.post(url("adoption_move", adoption.pk, "sustain"))
    adoption.refresh_from_db()
    assert adoption.status == S.IN_PROGRESS


def test_stop_asks_why_and_readers_see_it(client, practice, adoption):
    client.post(url("adoption_move", adoption.pk, "stop"), {"reason": ""})
    adoption.refresh_from_db()
    assert adoption.status == S.IN_PROGRESS
    client.post(url("adoption_move", adoption.pk, "stop"), {"reason": "Акча бүттү"})
    for language in pages.LANGUAGES:
        page = Client().get(url("detail", practice.slug, language=language))
        assert "Акча бүттү" in pages.main(page)
    assert pages.document(page).xpath("//span[@lang='ky'][text()='Акча бүттү']")


def test_signed_out_button_leads_back_to_the_page(client, adoption):
    client.logout()
    response = client.post(url("adoption_move", adoption.pk, "pause"))
    assert response.url.endswith(f"?next={url('adoption', adoption.pk)}")
    adoption.refresh_from_db()
    assert adoption.status == S.IN_PROGRESS


def test_photos_come_and_go(client, practice, adoption):
    address = url("adoption_photo", adoption.pk)
    for name, content in (("a.txt", b"text"), ("a.jpg", factories.pdf()), ("a.jpg", b"")):
        page = client.post(address, {"file": factories.upload(name, content)})
        assert page.status_code == 200
        assert page.context["photo_form"].errors
    response = client.post(
        address, {"file": factories.upload("a.jpg", factories.picture()), "alt": "Бак"}
    )
    assert response.status_code == 302
    photo = adoption.photos.get()
    assert photo.alt_ky == "Бак"
    page = Client().get(url("detail", practice.slug))
    assert photo.src in [node.get("src") for node in pages.document(page).iter("img")]
    client.post(url("adoption_photo_remove", adoption.pk, photo.uuid))
    assert not adoption.photos.exists()


def test_photos_are_eight_at_most(client, adoption):
    for _each in range(MAX_PHOTOS):
        adoption.photos.create(file=factories.upload("a.jpg", factories.picture(size=(8, 8))))
    page = client.post(
        url("adoption_photo", adoption.pk),
        {"file": factories.upload("a.jpg", factories.picture())},
    )
    assert page.status_code == 200
    assert adoption.photos.count() == MAX_PHOTOS


def test_photo_nobody_vouches_for_is_seen_by_its_people_alone(client, adoption, elder):
    photo = adoption.photos.create(file=factories.upload("a.jpg", factories.picture()))
    Adoption.objects.update(is_vouched=False)
    assert b"".join(client.get(photo.src))
    assert Client().get(photo.src).status_code == 404
    stranger = Client()
    stranger.force_login(factories.make_user(is_staff=False))
    assert stranger.get(photo.src).status_code == 404
    token = make_link(purpose=ledger.CONFIRM, target=adoption)
    stranger.post(f"/ky/go/{token}/")
    assert b"".join(stranger.get(photo.src))
    Adoption.objects.update(is_vouched=True)
    assert b"".join(Client().get(photo.src))


# ---------------------------------------------------------------- the source answers


@pytest.fixture
def done(practice, place, adopter) -> Adoption:
    """At work and waiting for the source."""
    adoption, _is_new = ledger.declare(
        practice=practice,
        municipality=place,
        by=adopter,
        values={
            "status": S.IMPLEMENTED,
            "finished_on": TODAY,
            "result_number": 214,
            "cost_once": 900_000,
            "price_year": 2026,
            "beneficiaries_count": 1000,
        },
    )
    return adoption


@pytest.fixture
def token(done) -> str:
    return make_link(purpose=ledger.CONFIRM, target=done)


def word(client, adoption, **values):
    address = url("adoption_confirm", adoption.pk)
    page = client.get(address)
    return client.post(
        address, {"stamp": stamp(page), "answer": "yes", "post": "жооптуу катчы"} | values
    )


def test_link_opens_the_page_and_the_page_confirms(client, done, token):
    link = f"/ky/go/{token}/"
    client.get(link)
    client.head(link)
    address = url("adoption_confirm", done.pk)
    assert "/account/login/" in client.get(address).url
    assert client.post(link).url == address
    page = client.get(address)
    assert "214" in pages.main(page)
    done.refresh_from_db()
    assert done.confirmed_on is None
    word(client, done)
    done.refresh_from_db()
    assert done.is_counted
    assert done.confirmed_by_ky == "жооптуу катчы"
    event = AuditEvent.about(done).get(action="confirm")
    assert (event.via, event.actor_id) == ("signed_link", None)


def test_answer_is_given_once(client, done, token):
    client.post(f"/ky/go/{token}/")
    address = url("adoption_confirm", done.pk)
    data = {"stamp": stamp(client.get(address)), "answer": "yes", "post": "башчы"}
    client.post(address, data)
    page = client.post(address, data | {"post": "катчы"}, follow=True)
    assert page.status_code == 200
    assert 'name="answer"' not in page.text
    client.post(address, data | {"answer": "no", "note": "Жок"})
    done.refresh_from_db()
    assert done.confirmed_by_ky == "башчы"
    assert not Adoption.objects.refused().exists()
    assert AuditEvent.about(done).filter(action="confirm").count() == 1


def test_no_wants_a_word_and_goes_to_the_editors(client, done, token, chief):
    client.post(f"/ky/go/{token}/")
    page = word(client, done, answer="no")
    assert "note" in page.context["form"].errors
    word(client, done, answer="no", note="Биз аны көргөн эмеспиз")
    done.refresh_from_db()
    assert done.confirmed_on is None
    editors = Client()
    editors.force_login(chief)
    listed = editors.get(reverse("admin:practices_adoption_changelist") + "?work=refused")
    assert str(done.municipality) in listed.text
    form = editors.get(reverse("admin:practices_adoption_change", args=[done.pk]))
    assert "Биз аны көргөн эмеспиз" in form.text


@pytest.mark.parametrize(
    "data", [{"answer": "maybe"}, {"answer": ""}, {"post": ""}, {"website": "x"}]
)
def test_half_an_answer_confirms_nothing(client, done, token, data):
    client.post(f"/ky/go/{token}/")
    assert word(client, done, **data).status_code == 200
    done.refresh_from_db()
    assert done.confirmed_on is None


def expired(done):
    AccessLink.objects.update(expires_at=timezone.now())


def revoked(done):
    revoke_links(target=done)


def used_up(done):
    AccessLink.objects.update(max_uses=1, uses=1)


@pytest.mark.parametrize("close", [expired, revoked, used_up])
def test_closed_link_confirms_nothing(client, done, token, close):
    close(done)
    assert client.post(f"/ky/go/{token}/").status_code == 404
    response = client.post(
        url("adoption_confirm", done.pk), {"answer": "yes", "post": "катчы", "stamp": "x"}
    )
    assert "/account/login/" in response.url
    done.refresh_from_db()
    assert done.confirmed_on is None


def test_revoking_closes_the_page_that_stands_open(client, done, token):
    client.post(f"/ky/go/{token}/")
    address = url("adoption_confirm", done.pk)
    data = {"stamp": stamp(client.get(address)), "answer": "yes", "post": "катчы"}
    revoke_links(target=done)
    assert "/account/login/" in client.post(address, data).url
    done.refresh_from_db()
    assert done.confirmed_on is None


def test_link_of_another_adoption_or_purpose_opens_nothing(client, practice, done, token):
    other = factories.make_adoption(practice, "counted", confirmed_on=None)
    client.post(f"/ky/go/{token}/")
    assert client.get(url("adoption_confirm", other.pk)).status_code == 302
    stranger = Client()
    preview = make_link(purpose="preview", target=practice)
    stranger.post(f"/ky/go/{preview}/")
    assert stranger.get(url("adoption_confirm", done.pk)).status_code == 302


def test_page_opens_for_confirmed_people_of_the_source_alone(client, done, adopter, elder):
    address = url("adoption_confirm", done.pk)
    client.force_login(adopter)
    assert client.get(address).status_code == 404
    assert client.post(address, {"answer": "yes", "post": "катчы"}).status_code == 404
    waiting = factories.make_user(is_staff=False)
    factories.make_membership(waiting, done.practice.municipality, is_verified=False)
    client.force_login(waiting)
    assert client.get(address).status_code == 404
    client.force_login(elder)
    page = client.get(address)
    assert pages.document(page).xpath("//input[@name='post']/@value") == ["жооптуу катчы"]
    word(client, done)
    done.refresh_from_db()
    assert done.is_counted
    assert AuditEvent.about(done).get(action="confirm").actor_id == elder.pk
    assert ledger.waiting_for(elder).to_confirm == []


def test_answer_survives_an_expired_session(client, done, elder):
    client.force_login(elder)
    address = url("adoption_confirm", done.pk)
    data = {"stamp": stamp(client.get(address)), "answer": "no", "post": "", "note": "Көп сөз"}
    client.logout()
    assert "/account/login/" in client.post(address, data).url
    client.force_login(elder)
    assert "Көп сөз" in client.get(address).text


def test_whole_way_from_the_form_to_the_estimate(
    client, practice, place, adopter, elder, django_capture_on_commit_callbacks
):
    """Declared, put to work, confirmed: through the pages, as people do it."""
    Practice.objects.update(
        scale_by="people",
        scale_quantity=1000,
        cost_once=500_000,
        evidence_level=Evidence.ON_SITE,
    )

    def high():
        return estimate(Practice.objects.for_detail().get(pk=practice.pk), 1000).high

    client.force_login(adopter)
    declare(client, practice, place, cost_once="900 000")
    adoption = Adoption.objects.get()
    save(
        client, adoption,
        beneficiaries_count="1000", result_number="214", finished_on=TODAY.isoformat(),
    )  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url("adoption_move", adoption.pk, "implement"))
    before = high()
    [letter] = mail.outbox
    assert letter.to == ["source@example.org"]
    visitor = Client()
    visitor.post(re.search(r"https?://[^/]+(/\w\w/go/[\w-]+/)", letter.body)[1])
    assert word(visitor, adoption).status_code == 302
    assert high() == 900_000 != before
    practice.refresh_from_db()
    assert practice.evidence_level == Evidence.ADOPTED
    page = visitor.get("/ky/practices/?sort=adopted")
    assert page.context["cards"][0].adoptions_count == 1


# ---------------------------------------------------------------- attacks


def addresses(adoption, photo) -> list[str]:
    return [
        url("adoption", adoption.pk),
        url("adoption_move", adoption.pk, "stop"),
        url("adoption_photo", adoption.pk),
        url("adoption_photo_remove", adoption.pk, photo.uuid),
        url("adoption_confirm", adoption.pk),
    ]


def test_record_of_another_is_not_there(client, adoption, elder):
    photo = adoption.photos.create(file=factories.upload("a.jpg", factories.picture()))
    strangers = [factories.make_user(is_staff=False), factories.make_user("Contributor")]
    factories.make_membership(strangers[0], factories.make_municipality())
    for person in strangers:
        client.force_login(person)
        for address in addresses(adoption, photo):
            data = {"reason": "x", "adaptation": "х", "answer": "yes", "post": "х"}
            assert client.post(address, data).status_code == 404, address
    client.force_login(elder)
    assert client.get(url("adoption", adoption.pk)).status_code == 404
    client.logout()
    for address in addresses(adoption, photo):
        assert "/account/login/" in client.post(address, {"reason": "x"}).url
    adoption.refresh_from_db()
    assert adoption.status == S.IN_PROGRESS
    assert AdoptionPhoto.objects.filter(pk=photo.pk).exists()


def test_photo_of_another_adoption_is_not_taken_away(client, adoption):
    other = factories.make_adoption(factories.make_practice("published"))
    photo = other.photos.create(file=factories.upload("a.jpg", factories.picture()))
    address = url("adoption_photo_remove", adoption.pk, photo.uuid)
    assert client.post(address).status_code == 404
    assert AdoptionPhoto.objects.filter(pk=photo.pk).exists()


EXTRA = {
    "confirmed_on": "2026-01-01",
    "confirmed_by": "катчы",
    "confirmed_by_ky": "катчы",
    "verified_on": "2026-01-01",
    "is_public": "on",
    "is_vouched": "on",
    "is_demo": "on",
    "created_by": "1",
    "version": "77",
    "coordinator_phone": "+996700000000",
    "stop_reason": "х",
}


def test_nothing_is_smuggled_into_the_declaration(client, practice, place):
    user = factories.make_user(is_staff=False)
    factories.make_membership(user, place, is_verified=False)
    other = factories.make_practice("published")
    foreign = factories.make_municipality()
    client.force_login(user)
    declare(client, practice, place, **EXTRA | {"practice_id": other.pk, "slug": other.slug})
    adoption = Adoption.objects.get()
    assert adoption.practice == practice
    assert adoption.confirmed_on is None
    assert not adoption.is_vouched
    assert not adoption.is_demo
    assert adoption.created_by == user
    assert adoption.version == 1
    assert (adoption.coordinator_phone, adoption.verified_on) == ("", None)
    assert declare(client, other, foreign).status_code == 200
    assert not other.adoptions.exists()


def test_nothing_is_smuggled_into_the_facts(client, practice, place, adoption):
    other, foreign = factories.make_practice("published"), factories.make_municipality()
    Adoption.objects.update(is_vouched=False, is_public=False)
    save(
        client, adoption,
        practice=other.pk, municipality=foreign.pk, status="sustained", lessons="х", **EXTRA,
    )  # fmt: skip
    adoption.refresh_from_db()
    assert adoption.lessons_ky == "х"
    assert (adoption.practice, adoption.municipality) == (practice, place)
    assert adoption.status == S.IN_PROGRESS
    assert not adoption.is_vouched
    assert not adoption.is_public
    assert adoption.confirmed_on is None
    assert not adoption.stop_reason
    assert adoption.version == 2


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_what_is_typed_is_text_everywhere(client, practice, place, adopter, elder, language):
    client.force_login(adopter)
    declare(client, practice, place, language, adaptation=HOSTILE, result_unit=HOSTILE[:80])
    adoption = Adoption.objects.get()
    texts = dict.fromkeys(("result", "lessons", "why_chosen"), HOSTILE)
    texts["coordinator_post"] = HOSTILE[:120]
    done = {"result_number": "1", "finished_on": TODAY.isoformat()}
    response = save(client, adoption, language, **texts, **done)
    assert response.status_code == 302
    client.post(
        url("adoption_photo", adoption.pk, language=language),
        {"file": factories.upload("a.jpg", factories.picture()), "alt": HOSTILE},
    )
    client.post(url("adoption_move", adoption.pk, "implement"))
    source = Client()
    source.force_login(elder)
    seen = [
        client.get(url("adoption", adoption.pk, language=language)),
        client.get(url("detail", practice.slug, language="ky")),
        client.get(url("detail", practice.slug, language="ru")),
        source.get(url("adoption_confirm", adoption.pk, language=language)),
        word(source, adoption, answer="no", note=HOSTILE, post=HOSTILE[:120], follow=True),
        client.get(url("adoption", adoption.pk, language=language)),
    ]
    with translation.override(language):
        client.post(
            url("adoption_move", adoption.pk, "stop", language=language), {"reason": HOSTILE}
        )
    seen += [
        client.get(url("adoption", adoption.pk, language=language)),
        client.get(url("detail", practice.slug, language="ky")),
        client.get(url("detail", practice.slug, language="ru")),
    ]
    for page in seen:
        if page.status_code == 200:
            assert pages.scripts(page) == ["script /static/js/portal.js"], page.request["PATH_INFO"]
            assert "14" not in re.findall(r"onerror=alert\(2\)&gt;(\d+)", page.text)
    assert "&lt;script&gt;" in seen[1].text


def test_forms_want_their_own_token(practice, place, adopter):
    client = Client(enforce_csrf_checks=True)
    client.force_login(adopter)
    adoption = factories.make_adoption(practice, municipality=place, created_by=adopter)
    posts = [
        url("adopt", practice.slug),
        url("adoption", adoption.pk),
        url("adoption_move", adoption.pk, "pause"),
        url("adoption_photo", adoption.pk),
        url("adoption_confirm", adoption.pk),
    ]
    for address in posts:
        assert client.post(address, answers(place)).status_code == 403, address
    adoption.refresh_from_db()
    assert adoption.status == S.PLANNED


def test_looking_changes_nothing(client, adoption):
    adoption.photos.create(file=factories.upload("a.jpg", factories.picture()))
    before = Adoption.objects.values().get(), AuditEvent.objects.count()
    for name in ("pause", "stop"):
        assert client.get(url("adoption_move", adoption.pk, name)).status_code == 405
    assert client.get(url("adoption_photo", adoption.pk)).status_code == 405
    client.get(url("adoption", adoption.pk), {"adaptation": "х"})
    client.get(url("adopt", adoption.practice.slug))
    assert (Adoption.objects.values().get(), AuditEvent.objects.count()) == before


def test_pages_of_the_ledger_are_kept_by_no_cache_and_no_search_engine(client, adoption, practice):
    for address in (
        url("adoption", adoption.pk),
        url("adopt", factories.make_practice("published").slug),
    ):
        page = client.get(address)
        if page.status_code == 200:
            assert "no-store" in page["Cache-Control"]
            assert pages.meta(page, "robots").startswith("noindex")


# ---------------------------------------------------------------- readers


def test_practice_page_still_touches_no_session(client, practice, place):
    factories.make_adoption(practice, "counted", municipality=place)
    page = client.get(url("detail", practice.slug))
    assert "sessionid" not in page.cookies
    assert "csrftoken" not in page.cookies
    assert "Vary" not in page or "Cookie" not in page["Vary"]


def test_number_and_text_in_one_language_are_shown_in_both(client, practice, place):
    factories.make_adoption(
        practice, "counted", municipality=place,
        adaptation_ky="Бакты кичирээк койдук", result_number=214, result_unit_ky="үй",
    )  # fmt: skip
    page = client.get(url("detail", practice.slug, language="ru"))
    tree = pages.document(page)
    section = tree.get_element_by_id("adoptions")
    assert section.xpath(".//span[@lang='ky'][text()='Бакты кичирээк койдук']")
    assert "214 үй" in pages.words(section)


def test_map_shows_where_it_came_from_and_went(client, practice, place):
    address = url("adoptions_map", practice.slug, language="ru")
    assert client.get(address).status_code == 404
    assert address not in client.get(url("detail", practice.slug, language="ru")).text
    osh = factories.oblast("Ош облусу")
    far = factories.make_municipality(
        district=osh.districts.first(), name_ru=HOSTILE[:100], short_name_ru=HOSTILE[:50]
    )
    factories.make_adoption(practice, "counted", municipality=place)
    factories.make_adoption(practice, municipality=far)
    page = client.get(url("detail", practice.slug, language="ru"))
    [image] = [img for img in pages.document(page).iter("img") if img.get("src") == address]
    assert image.get("alt")
    response = client.get(address)
    assert response["Content-Type"] == "image/svg+xml"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert len(response.content) < 12_000
    root = ET.fromstring(response.content)  # noqa: S314  our own
    svg = "{http://www.w3.org/2000/svg}"
    marks = root.findall(f"{svg}g")
    titles = {group.findtext(f"{svg}title") for group in marks} - {None}
    assert any(place.label in title for title in titles)
    kinds = [group.find(f"{svg}circle").get("class") for group in marks]
    assert sorted(kinds) == ["a", "a", "a o", "a o"]  # two on the map, two in the legend
    assert not root.findall(f".//{svg}script")
    assert "prefers-color-scheme" in response.text


def test_map_of_a_hidden_practice_is_not_there(client, practice, place):
    factories.make_adoption(practice, "counted", municipality=place)
    Practice.objects.update(status=Status.DRAFT)
    assert client.get(url("adoptions_map", practice.slug)).status_code == 404


# ---------------------------------------------------------------- the admin


def test_editor_moves_an_adoption_by_its_buttons(client, chief, practice, place):
    adoption = factories.make_adoption(practice, "counted", municipality=place)
    client.force_login(chief)
    change = reverse("admin:practices_adoption_change", args=[adoption.pk])
    page = client.get(change)
    assert 'name="status"' not in page.text
    move = reverse("admin:practices_adoption_move", args=[adoption.pk, "set_back"])
    assert move in page.text
    assert client.post(move).status_code == 200
    adoption.refresh_from_db()
    assert adoption.status == S.IMPLEMENTED
    client.post(move, {"confirmed": "1", "reason": "Иш бүтө элек"})
    adoption.refresh_from_db()
    assert adoption.status == S.IN_PROGRESS
    event = AuditEvent.about(adoption).get()
    assert (event.reason, event.via, event.actor_id) == ("Иш бүтө элек", "admin", chief.pk)
    assert "Иш бүтө элек" in client.get(change).text


def test_editor_sees_what_the_municipality_saved_meanwhile(client, chief, adoption, adopter):
    editors = Client()
    editors.force_login(chief)
    change = reverse("admin:practices_adoption_change", args=[adoption.pk])
    form = pages.document(editors.get(change)).get_element_by_id("adoption_form")
    data = dict(form.form_values())
    save(client, adoption, adaptation="Кийинчерээк жазылды")
    response = editors.post(change, data | {"adaptation_ky": "Редактордун сөзү"})
    assert response.status_code == 200
    assert "Кийинчерээк жазылды" in response.text
    adoption.refresh_from_db()
    assert adoption.adaptation_ky == "Кийинчерээк жазылды"


def test_old_state_brings_back_texts_and_no_status(client, chief, adoption):
    from reversion.models import Version

    client.force_login(chief)
    change = reverse("admin:practices_adoption_change", args=[adoption.pk])
    form = pages.document(client.get(change)).get_element_by_id("adoption_form")
    client.post(change, dict(form.form_values()) | {"adaptation_ky": "Жаңы текст"})
    move = reverse("admin:practices_adoption_move", args=[adoption.pk, "stop"])
    with translation.override("ky"):
        client.post(move, {"confirmed": "1", "reason": "Акча бүттү"})
    adoption.refresh_from_db()
    assert adoption.status == S.STOPPED
    first = Version.objects.get_for_object(adoption).last()
    back = reverse("admin:practices_adoption_revision", args=[adoption.pk, first.pk])
    form = pages.document(client.get(back)).get_element_by_id("adoption_form")
    client.post(back, dict(form.form_values()))
    adoption.refresh_from_db()
    assert adoption.adaptation_ky == "Бакты кичирээк койдук"
    assert adoption.status == S.STOPPED
    assert adoption.stop_reason


def test_editor_vouches_from_the_list(client, chief, practice, place):
    adoption = factories.make_adoption(practice, municipality=place, is_vouched=False)
    client.force_login(chief)
    listed = reverse("admin:practices_adoption_changelist")
    assert str(place) in client.get(f"{listed}?work=to_vouch").text
    client.post(listed, {"action": "vouch", "_selected_action": [adoption.pk]})
    adoption.refresh_from_db()
    assert adoption.is_vouched
    assert str(place) not in pages.words(
        pages.document(client.get(f"{listed}?work=to_vouch")).get_element_by_id("changelist-form")
    )


def test_text_for_whatsapp_to_the_source(client, chief, practice, done):
    client.force_login(chief)
    letter = reverse("admin:practices_adoption_letter", args=[done.pk, "confirm_adoption"])
    assert letter in client.get(reverse("admin:practices_adoption_change", args=[done.pk])).text
    assert "/go/" in client.post(letter).text
    assert Membership.objects.count() == 1
