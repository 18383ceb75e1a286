"""The cabinet: what waits, what is written, what is kept about one, taking back, leaving."""

import json
import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import pgettext
from django_tasks_db.models import DBTaskResult
from reversion import create_revision
from reversion.models import Version

from people import consents
from people.actions import make_link, use_link
from people.consents import Purpose
from people.models import AccessLink, Consent, DeskMessage, Membership, User
from portal.cabinet import deletion_word
from portal.erasure import NotDeletable, delete_account
from portal.personal_data import copy_of_data
from practices.choices import CollectedVia
from practices.consents import lacks_consent
from practices.ledger import CONFIRM
from practices.models import Check, Practice
from publishing.models import AuditEvent, Draft
from publishing.workflow import Status
from tests import factories, pages
from tests.pages import LANGUAGES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_drawn")]

NAME = "Зыйнатова Бурулкан"
EMAIL = "burulkan@example.org"
PHONE = "+996555777123"
#: The code of a role was sent from another phone than the account's.
ROLE_PHONE = "+996700888456"
HOSTILE = "=HYPERLINK(\"http://x\")</script><script>alert('x')</script>&"


def at(name: str, language: str = "ru", *args) -> str:
    with translation.override(language):
        return reverse(name, args=args)


def make_person(**fields) -> User:
    values = {"is_staff": False, "email": EMAIL, "phone": PHONE, "name": NAME, "language": "ru"}
    user = factories.make_user(**(values | fields))
    if user.email:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def person(db):
    return make_person()


@pytest.fixture
def stranger(db):
    return make_person(email="stranger@example.org", phone="+996555000111", name="Чужой Человек")


@pytest.fixture
def own(client, person):
    """The person's browser."""
    client.force_login(person)
    return client


def make_role(user, municipality=None, **fields) -> Membership:
    """A confirmed role."""
    values = {
        "role": "secretary",
        "post": "жооптуу катчы",
        "phone": ROLE_PHONE,
        "verified_at": timezone.now(),
        "expires_at": timezone.now() + timedelta(days=365),
    }
    return Membership.objects.create(
        user=user, municipality=municipality or factories.make_municipality(), **(values | fields)
    )


def sent_practice(user, *traits, **fields) -> Practice:
    """A practice the person has sent by the form, with their own contact in it."""
    values = {
        "created_by": user,
        "submitted_by": user,
        "collected_via": CollectedVia.FORM,
        "contact_name": user.name,
        "contact_name_public": True,
        "mobile_phone": user.phone or "",
        "contact_email": user.email or "",
        "office_phone": "+996 (3120) 00-00-00",
        "author_name": user.name,
        "status": Status.SUBMITTED,
    }
    if "published" in traits:
        values["status"] = Status.PUBLISHED
    return factories.make_practice(*traits, **(values | fields))


# ---------------------------------------------------------------- the first page


@pytest.mark.parametrize("language", LANGUAGES)
def test_empty_cabinet_says_what_one_can_do(own, language):
    response = own.get(at("account_home", language))
    assert response.status_code == 200
    links = pages.links(response)
    assert at("practices:add", language) in links
    assert at("practices:list", language) in links
    assert at("account_data", language) in links
    assert at("membership", language) in links
    assert pages.scripts(response) == ["script /static/js/portal.js"]
    assert "no-store" in response["Cache-Control"]


def test_cabinet_is_for_those_who_signed_in(client):
    for name in ("account_home", "account_data", "account_export", "account_delete"):
        response = client.get(at(name))
        assert response.url == f"{at('account_login')}?next={at(name)}"


def test_drafts_are_mine_alone(own, person, stranger):
    mine = factories.make_draft(person, answers={"title": "Мой черновик"})
    theirs = factories.make_draft(stranger, answers={"title": "Чужой черновик"})
    response = own.get(at("account_home"))
    assert "Мой черновик" in pages.main(response)
    assert at("practices:draft", "ru", mine.uuid) in pages.links(response)
    assert "Чужой черновик" not in response.text
    assert str(theirs.uuid) not in response.text


def test_what_was_sent_shows_its_state_and_leads_to_its_page(own, person, stranger):
    practice = sent_practice(person, status=Status.IN_REVIEW)
    draft = factories.make_draft(person, practice)
    published = sent_practice(person, "published")  # its draft has gone long ago
    theirs = sent_practice(stranger, title_ky="Бөтөн иш", title_ru="Чужое дело")
    factories.make_draft(stranger, theirs)
    response = own.get(at("account_home"))
    links = pages.links(response)
    assert at("practices:mine", "ru", draft.uuid) in links
    assert published.get_absolute_url().replace("/ky/", "/ru/") in links
    assert practice.title_ky in pages.main(response), "in the language it was written in"
    assert "Бөтөн иш" not in response.text
    assert "Чужое дело" not in response.text
    assert at("practices:draft", "ru", draft.uuid) not in links


def test_sent_back_waits_for_its_author(own, person):
    practice = sent_practice(person, status=Status.NEEDS_CHANGES)
    draft = factories.make_draft(person, practice, sent_at=None)
    [row] = waiting(own)
    assert row == at("practices:draft", "ru", draft.uuid)
    practice.status = Status.SUBMITTED
    practice.save()
    Draft.objects.update(sent_at=timezone.now())
    assert waiting(own) == []


def waiting(client) -> list[str]:
    tree = pages.document(client.get(at("account_home")))
    [section] = tree.xpath("//section[h2/@id='waits']")
    return section.xpath(".//li//a/@href")


def test_adoptions_to_confirm_and_checks_wait_for_the_municipality(own, person):
    role = make_role(person)
    practice = factories.make_practice("published", municipality=role.municipality)
    to_confirm = factories.make_adoption(practice, "counted", confirmed_on=None)
    practice_asked = factories.make_practice(
        "published", municipality=role.municipality, status=Status.NEEDS_CHECK
    )
    check = Check.objects.create(
        practice=practice_asked,
        months=12,
        asked_on=timezone.localdate(),
        answer_by=timezone.localdate() + timedelta(days=60),
    )
    elsewhere = factories.make_practice("published", municipality=factories.make_municipality())
    factories.make_adoption(elsewhere, "counted", confirmed_on=None)
    assert waiting(own) == [
        at("practices:adoption_confirm", "ru", to_confirm.pk),
        at("practices:check", "ru", check.pk),
    ]
    Membership.objects.update(revoked_at=timezone.now())
    assert waiting(own) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_municipality_shows_what_it_gave_and_adopted(own, person, language):
    role = make_role(person)
    given = factories.make_practice("published", municipality=role.municipality)
    factories.make_practice(municipality=role.municipality, title_ky="Эрте", title_ru="Рано")
    adoption = factories.make_adoption(
        factories.make_practice("published"), municipality=role.municipality
    )
    response = own.get(at("account_home", language))
    text = pages.main(response)
    assert at("practices:detail", language, given.slug) in pages.links(response)
    assert at("practices:adoption", language, adoption.pk) in pages.links(response)
    assert role.municipality.get_absolute_url() is not None
    assert "Эрте" not in text
    assert "Рано" not in text
    with translation.override(language):
        assert role.get_role_display().lower() in text.lower()


def test_role_not_confirmed_opens_nothing(own, person):
    role = make_role(person, verified_at=None, expires_at=None)
    given = factories.make_practice("published", municipality=role.municipality)
    response = own.get(at("account_home"))
    assert at("practices:detail", "ru", given.slug) not in pages.links(response)


def test_cabinet_asks_the_database_as_often_for_three_as_for_one(
    own, person, django_assert_num_queries
):
    def fill():
        role = make_role(person)
        practice = factories.make_practice("published", municipality=role.municipality)
        factories.make_adoption(practice, "counted", confirmed_on=None)
        factories.make_adoption(
            factories.make_practice("published"), municipality=role.municipality
        )
        Check.objects.create(
            practice=factories.make_practice(
                "published", municipality=role.municipality, status=Status.NEEDS_CHECK
            ),
            months=12,
            asked_on=timezone.localdate(),
            answer_by=timezone.localdate(),
        )
        factories.make_draft(person)
        factories.make_draft(person, sent_practice(person))

    fill()
    own.get(at("account_home"))
    with django_assert_num_queries(14):
        own.get(at("account_home"))
    fill()
    fill()
    with django_assert_num_queries(14):
        own.get(at("account_home"))


def test_hostile_titles_are_words(own, person):
    factories.make_draft(person, answers={"title": HOSTILE})
    sent_practice(person, title_ky=HOSTILE[:120], title_ru=HOSTILE[:120])
    for name in ("account_home", "account_data"):
        response = own.get(at(name))
        assert pages.scripts(response) == ["script /static/js/portal.js"]
        assert "alert('x')" in pages.main(response)


# ---------------------------------------------------------------- my data


@pytest.mark.parametrize("language", LANGUAGES)
def test_my_data_says_what_is_kept_and_nothing_of_others(own, person, stranger, language):
    make_role(person)
    factories.make_draft(person, answers={"title": "Мой черновик"})
    sent_practice(person)
    sent_practice(stranger)
    factories.make_draft(stranger, answers={"title": "Чужой черновик"})
    text = pages.main(own.get(at("account_data", language)))
    for value in (NAME, EMAIL, PHONE, ROLE_PHONE, "Мой черновик"):
        assert value in text
    for value in (stranger.name, stranger.email, stranger.phone, "Чужой черновик"):
        assert value not in text


def test_secrets_are_neither_shown_nor_copied(own, person):
    person.set_password("чоң-тоо-бийик-77")
    person.save()
    Authenticator.objects.create(user=person, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    make_role(person, code="ABCD1234", code_expires_at=timezone.now() + timedelta(hours=72))
    link = make_link(purpose="preview", target=factories.make_practice(), by=person)
    own.force_login(person)
    for name in ("account_data", "account_export"):
        text = own.get(at(name)).text
        assert "JBSWY3DPEHPK3PXP" not in text
        assert "ABCD1234" not in text
        assert person.password not in text
        assert AccessLink.hash(link) not in text
    assert "totp" in own.get(at("account_export")).text


def test_copy_is_whole_and_only_mine(own, person, stranger, media_root):
    role = make_role(person)
    draft = factories.make_draft(person, answers={"title": "Мой черновик", "problem": "Нет воды."})
    draft.pictures.create(file=factories.upload("p.jpg", factories.picture()), author_ru=NAME)
    practice = sent_practice(person)
    adoption = factories.make_adoption(
        factories.make_practice("published"), created_by=person, coordinator_phone=PHONE
    )
    consents.give(person, Purpose.NAME, language="ru", about=practice)
    AuditEvent.record(practice, action="submit", actor=person, via="site")
    AuditEvent.record(practice, action="take", actor=stranger, via="site", reason="Чужое слово")
    sent_practice(stranger)
    factories.make_draft(stranger, answers={"title": "Чужой черновик"})
    make_role(stranger, phone="+996555000222")

    response = own.get(at("account_export"))
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="my-data-[\d-]+\.json"', response["Content-Disposition"]
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    copy = json.loads(response.content)
    rows = [row for kind in copy["kinds"] for row in kind["rows"]]
    assert all(kind["what"] and kind["purpose"] and kind["how_long"] for kind in copy["kinds"])

    def has(**values) -> bool:
        return any(values.items() <= row.items() for row in rows)

    assert has(email=EMAIL, phone=PHONE, name=NAME, language="ru")
    assert has(email=EMAIL, verified=True, primary=True)
    assert has(phone=ROLE_PHONE, post="жооптуу катчы", role="secretary")
    assert has(answers=draft.answers, uuid=str(draft.uuid))
    assert has(
        title_ru=practice.title_ru, status="submitted", contact_name=NAME, mobile_phone=PHONE
    )
    assert has(coordinator_phone=PHONE, status=adoption.status)
    with translation.override("ru"):
        assert has(purpose="name", version=1, wording=str(consents.wording("name", 1)))
        assert has(municipality=str(role.municipality))
    assert has(action="submit", label=practice.original_title)
    assert any(row.get("src", "").startswith("/media/publishing.draftpicture/") for row in rows)
    text = response.text
    for value in (stranger.name, stranger.email, stranger.phone, "+996555000222"):
        assert value not in text
    assert "Чужо" not in text


def test_copy_holds_no_markup_and_every_character(own, person):
    factories.make_draft(person, answers={"title": HOSTILE, "problem": "өүң\u2028\x0b«»"})
    response = own.get(at("account_export"))
    assert not set("<>&") & set(response.text)
    rows = [row for kind in json.loads(response.content)["kinds"] for row in kind["rows"]]
    [answers] = [row["answers"] for row in rows if "answers" in row]
    assert answers == {"title": HOSTILE, "problem": "өүң\u2028\x0b«»"}


def test_copy_of_an_editor_names_no_other_editor(editor, chief):
    factories.make_practice("published", created_by=editor, assignee=chief, submitted_by=chief)
    copy = str(copy_of_data(editor))
    assert editor.email in copy
    assert chief.email not in copy


# ---------------------------------------------------------------- consents


def withdraw(client, consent):
    return client.post(at("withdraw_consent", "ru", consent.uuid))


def test_consents_stand_in_their_wording_with_a_way_back(own, person):
    consents.give(person, Purpose.NEWSLETTER, language="ky")
    response = own.get(at("account_data"))
    with translation.override("ru"):
        assert str(consents.wording(Purpose.NEWSLETTER)) in pages.main(response)
    consent = Consent.objects.get()
    assert withdraw(own, consent).url == at("account_data")
    consent.refresh_from_db()
    assert consent.withdrawn_at
    response = own.get(at("account_data"))
    assert not pages.document(response).xpath("//form[contains(@action, 'withdraw')]")


def test_name_goes_from_the_page_at_once(own, person, client):
    with create_revision():
        practice = sent_practice(person, "published")
    other = sent_practice(person, "published")
    consent = consents.give(person, Purpose.NAME, language="ru", about=practice)
    public = Client()
    address = at("practices:detail", "ru", practice.slug)
    assert NAME in public.get(address).text
    withdraw(own, consent)
    assert NAME not in public.get(address).text
    practice.refresh_from_db()
    assert (practice.contact_name_public, practice.author_name) == (False, "")
    assert practice.contact_name == NAME, "editors may still ask"
    assert practice.is_published
    assert practice.version == 2, "whoever has it open in the admin is told"
    [event] = AuditEvent.about(practice).filter(action="consent_withdrawn")
    assert event.details == {"purpose": "name"}
    assert event.actor_name == ""
    other.refresh_from_db()
    assert other.contact_name_public, "the other consent stands"


def test_an_older_state_does_not_bring_the_name_back(own, person):
    with create_revision():
        practice = sent_practice(person, "published")
    withdraw(own, consents.give(person, Purpose.NAME, language="ru", about=practice))
    [state] = Version.objects.get_for_object(practice)
    assert state.field_dict["contact_name_public"] is False
    assert state.field_dict["author_name"] == ""


@pytest.mark.parametrize(
    ("purpose", "field"),
    [(Purpose.PUBLISH, "has_consent"), (Purpose.PHOTO, "has_no_personal_data")],
)
def test_taken_back_consent_goes_to_the_editors_and_hides_nothing(
    own, person, chief, purpose, field
):
    practice = sent_practice(person, "published")
    kept = factories.make_practice("published")
    consent = consents.give(person, purpose, language="ru", about=practice)
    assert not Practice.objects.filter(lacks_consent()).exists()
    withdraw(own, consent)
    practice.refresh_from_db()
    assert practice.is_published
    assert getattr(practice, field) is False
    desk = Client()
    desk.force_login(chief)
    found = desk.get(reverse("admin:practices_practice_changelist"), {"work": "lacks_consent"})
    assert practice.title_ky in found.text or practice.title_ru in found.text
    assert kept.title_ru not in found.text
    assert kept.title_ky not in found.text
    assert "lacks_consent" in desk.get(reverse("admin:index")).text


def test_without_consent_nothing_gets_published(own, person):
    practice = sent_practice(person, "publishable", status=Status.READY)
    assert practice.missing_for_publication() == []
    withdraw(own, consents.give(person, Purpose.PUBLISH, language="ru", about=practice))
    practice.refresh_from_db()
    assert [missing.field for missing in practice.missing_for_publication()] == ["has_consent"]


def test_foreign_consent_is_not_there(own, person, stranger):
    consent = consents.give(stranger, Purpose.NEWSLETTER, language="ru")
    assert withdraw(own, consent).status_code == 404
    consent.refresh_from_db()
    assert consent.withdrawn_at is None


def test_a_look_takes_nothing_back(own, person):
    consent = consents.give(person, Purpose.NEWSLETTER, language="ru")
    assert own.get(at("withdraw_consent", "ru", consent.uuid)).status_code == 405
    csrf = Client(enforce_csrf_checks=True)
    csrf.force_login(person)
    assert withdraw(csrf, consent).status_code == 403
    consent.refresh_from_db()
    assert consent.withdrawn_at is None


def test_taken_back_twice_is_taken_back_once(own, person):
    practice = sent_practice(person, "published")
    consent = consents.give(person, Purpose.NAME, language="ru", about=practice)
    withdraw(own, consent)
    withdraw(own, consent)
    assert AuditEvent.about(practice).filter(action="consent_withdrawn").count() == 1


# ---------------------------------------------------------------- leaving


def everything_holding(value: str) -> list[str]:
    """«table.column» of every text in the database that holds the value."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND is_updatable = 'YES' AND data_type IN"
            " ('text', 'character varying', 'character', 'jsonb', 'json', 'ARRAY', 'bytea', 'tsvector')"
        )
        for table, column in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE "{column}"::text ILIKE %s',  # noqa: S608
                [f"%{value}%"],
            )
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    return [*found, *(session for session in sessions if value in session)]


@pytest.fixture
def full_life(person, media_root, django_capture_on_commit_callbacks):
    """All the places a person leaves traces in; returns what stays."""
    role = make_role(person, code="ABCD1234", code_expires_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        draft = factories.make_draft(
            person, answers={"title": "Черновик", "contact_name": NAME, "mobile_phone": PHONE}
        )
        draft.pictures.create(file=factories.upload("p.jpg", factories.picture()), author_ru=NAME)
        draft.documents.create(title_ru="Смета", file=factories.upload("s.docx", factories.docx()))
    with create_revision():
        practice = sent_practice(person, "published")
    practice.photos.create(
        file=factories.upload("p.jpg", factories.picture()), author_ky=NAME, author_ru=NAME
    )
    factories.make_draft(person, practice)
    for purpose in (Purpose.PUBLISH, Purpose.NAME):
        consents.give(person, purpose, language="ru", about=practice)
    AuditEvent.record(practice, action="submit", actor=person, via="site")
    # An editor wrote these down, with the person as the contact of their municipality.
    by_desk = factories.make_practice(
        "published", municipality=role.municipality, contact_name=NAME, author_name=NAME
    )
    by_phone = factories.make_practice("published", contact_name="Кто-то", mobile_phone=ROLE_PHONE)
    by_office = sent_practice(person, "published", office_phone="0700 888-456")
    by_mail = factories.make_practice("published", contact_email=EMAIL.upper())
    adoption = factories.make_adoption(
        factories.make_practice("published"),
        "counted",
        municipality=role.municipality,
        created_by=person,
        coordinator_name=NAME,
        coordinator_phone=PHONE,
        coordinator_post_ru="ответственный секретарь",
    )
    for target in (draft, practice, adoption):
        make_link(purpose="preview", target=target, note=f"WhatsApp: {NAME}")
    make_link(purpose=CONFIRM, target=adoption, note=f"WhatsApp: {PHONE}")
    Authenticator.objects.create(user=person, type="totp", data={"secret": "x"})
    DeskMessage.objects.create(phone=PHONE, text="123456", expires_at=timezone.now())
    DBTaskResult.objects.create(
        args_kwargs={"args": ["submitted", "practices.practice", practice.pk, EMAIL, "ru"]},
        task_path="publishing.tasks.send_letter",
        backend_name="default",
        run_after=timezone.now(),
        exception_class_path="",
        traceback="",
    )
    for thing in (person, role, person.emailaddress_set.get()):
        LogEntry.objects.create(
            user=factories.make_user(),
            content_type=ContentType.objects.get_for_model(thing),
            object_id=str(thing.pk),
            object_repr=f"{thing} {NAME}",
            action_flag=CHANGE,
            change_message=f"Изменено: {PHONE}",
        )
    return [practice, by_desk, by_phone, by_office, by_mail, adoption]


def leave(client, word: str | None = None, language: str = "ru"):
    with translation.override(language):
        word = word or deletion_word()
    return client.post(at("account_delete", language), {"word": word})


def test_whoever_leaves_leaves_nothing_of_themselves(
    own, person, stranger, full_life, media_root, django_capture_on_commit_callbacks
):
    for value in (NAME, EMAIL, PHONE, ROLE_PHONE):
        assert len(everything_holding(value)) > 1, "there must be something to leak"
    files = [path for path in media_root.rglob("publishing.draft*/*/*") if path.is_file()]
    assert len(files) > 2
    with django_capture_on_commit_callbacks(execute=True):
        response = leave(own)
    assert response.url == at("account_deleted")
    assert not User.objects.filter(pk=person.pk).exists()
    for value in (NAME, EMAIL, PHONE, ROLE_PHONE, "888-456"):
        assert everything_holding(value) == []
    assert not any(path.exists() for path in files)
    assert User.objects.filter(pk=stranger.pk).exists()


def test_public_records_stay_without_the_name(own, person, full_life):
    practice, *_others, adoption = full_life
    leave(own)
    for record in full_life:
        record.refresh_from_db()
    assert practice.is_published
    assert practice.created_by is None
    assert practice.has_consent
    assert (practice.contact_name, practice.mobile_phone, practice.author_name) == ("", "", "")
    assert practice.office_phone == "+996 (3120) 00-00-00"
    assert Client().get(at("practices:detail", "ru", practice.slug)).status_code == 200
    assert practice.photos.count() == 1
    assert adoption.is_counted
    assert adoption.coordinator_post_ru == "ответственный секретарь"
    [event] = AuditEvent.about(practice).filter(action="author_left")
    assert {given["purpose"] for given in event.details["consents"]} == {"publish", "name"}


def test_whoever_leaves_is_out_on_every_device(own, person, stranger):
    phone, other = Client(), Client()
    phone.force_login(person)
    other.force_login(stranger)
    leave(own)
    for client in (own, phone):
        assert client.get(at("account_home")).status_code == 302
    assert other.get(at("account_home")).status_code == 200
    assert Session.objects.count() == 1


def test_links_close_but_for_the_source_municipalitys(own, person):
    practice = sent_practice(person, "published")
    adoption = factories.make_adoption(factories.make_practice("published"), created_by=person)
    draft = factories.make_draft(person)
    closed = [
        make_link(purpose="revise", target=draft),
        make_link(purpose="check", target=practice),
        make_link(purpose="preview", target=factories.make_practice(), by=person),
    ]
    of_source = make_link(purpose=CONFIRM, target=adoption)
    of_others = make_link(purpose="preview", target=factories.make_practice())
    leave(own)
    assert [use_link(token=token) for token in closed] == [None, None, None]
    assert use_link(token=of_source)
    assert use_link(token=of_others)


def test_others_letters_stay_in_the_queue(own, person):
    values = {
        "task_path": "publishing.tasks.send_letter",
        "backend_name": "default",
        "run_after": timezone.now(),
        "exception_class_path": "",
        "traceback": "",
    }
    for address in (EMAIL.upper(), "other@example.org"):
        DBTaskResult.objects.create(args_kwargs={"args": [address]}, **values)
    leave(own)
    assert [row.args_kwargs["args"] for row in DBTaskResult.objects.all()] == [
        ["other@example.org"]
    ]


def test_namesake_elsewhere_keeps_the_name(own, person):
    namesake = factories.make_practice("published", contact_name=NAME, author_name=NAME)
    make_role(person)
    leave(own)
    namesake.refresh_from_db()
    assert (namesake.contact_name, namesake.author_name) == (NAME, NAME)


def test_what_waits_in_review_stays_with_the_editors(own, person):
    practice = sent_practice(person)
    leave(own)
    practice.refresh_from_db()
    assert practice.status == Status.SUBMITTED
    assert practice.mobile_phone == ""


@pytest.mark.parametrize("word", ["", "да", "удалять", "УДАЛИТЬ!"])
def test_without_the_word_nothing_happens(own, person, word):
    response = own.post(at("account_delete"), {"word": word})
    assert response.status_code == 200
    assert pages.of_class(pages.document(response), "errorlist")
    assert User.objects.filter(pk=person.pk).exists()
    assert own.get(at("account_home")).status_code == 200


@pytest.mark.parametrize(("language", "word"), [("ru", " удалить "), ("ky", None), ("ky", "plain")])
def test_word_is_taken_as_people_type_it(own, person, language, word):
    if word == "plain":
        with translation.override(language):
            word = deletion_word().lower().translate(str.maketrans("өүң", "оун"))
    elif language == "ru":
        with translation.override("ru"):
            word = f" {pgettext('typed to delete an account', 'DELETE').lower()} "
    leave(own, word, language)
    assert not User.objects.filter(pk=person.pk).exists()


def test_a_look_and_a_foreign_page_delete_nobody(own, person):
    assert own.get(at("account_delete")).status_code == 200
    csrf = Client(enforce_csrf_checks=True)
    csrf.force_login(person)
    assert leave(csrf).status_code == 403
    assert User.objects.filter(pk=person.pk).exists()


def test_whoever_has_a_password_gives_it_once_more(client, person):
    person.set_password("чоң-тоо-бийик-77")
    person.save()
    client.force_login(person)
    response = leave(client)
    assert response.status_code == 302
    assert at("account_reauthenticate") in response.url
    assert User.objects.filter(pk=person.pk).exists()


@pytest.mark.parametrize("flags", [{"is_staff": True}, {"is_superuser": True}])
def test_accounts_of_staff_are_not_deleted_here(client, flags):
    user = make_person(**flags)
    client.force_login(user)
    response = leave(client)
    assert response.status_code == 403
    assert not pages.document(response).xpath("//main//form")
    assert User.objects.filter(pk=user.pk).exists()
    assert at("account_delete") not in pages.links(client.get(at("account_data")))
    with pytest.raises(NotDeletable):
        delete_account(user=user)


@pytest.mark.parametrize("language", LANGUAGES)
def test_goodbye_is_a_page_for_anybody(client, language):
    response = client.get(at("account_deleted", language))
    assert response.status_code == 200
    assert at("home", language) in pages.links(response)
