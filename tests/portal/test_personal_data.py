"""Personal data: every field declared, nothing kept longer than said, the promises kept by the clock."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
import time_machine
from allauth.account.models import EmailAddress, EmailConfirmation
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import models
from django.utils import timezone, translation
from django_tasks_db.models import DBTaskResult
from reversion import create_revision
from reversion.models import Version

from contests.models import Application, Conflict, Member, Question, Sheet, Vote
from journal.models import Author, Comment, Pitch, Subscriber
from partners.choices import Standing
from partners.models import Contact
from people.actions import make_link
from people.limits import LIMITS
from people.models import (
    AccessLink,
    DeskMessage,
    IncomingMessage,
    Membership,
    RateCount,
    User,
)
from portal import tasks
from portal.kept import Fate
from portal.not_personal import NOT_PERSONAL
from portal.personal_data import DAY, TABLE, YEAR
from portal.reminders import NOTICE
from practices.choices import AdoptionStatus
from practices.models import Adoption, Practice
from publishing.models import Draft, PeriodicRun
from publishing.tasks import PERIODIC
from publishing.workflow import Status
from search.models import MissedQuery
from tests import factories, pages
from tests.factories_contests import make_application, make_contest
from tests.factories_journal import make_article, make_partner
from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db

#: Names of columns that may hold something about a person.
SUSPECT = re.compile(
    r"name|phone|mail|(^|_)ip($|_)|address|contact|author(?!ity)|coordinator|person|actor|owner|user"
    r"|password|(^|_)by($|_)|token|session|answers|conflicts|serialized|object_repr|args|head(_|$)"
)


def looks_personal(field) -> bool:
    if isinstance(field, models.EmailField) or getattr(field, "related_model", None) is User:
        return True
    return bool(SUSPECT.search(field.name))


def suspects() -> set[str]:
    """«app.Model.field» of every column that looks personal; one of two languages stands for both."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if not hasattr(field, "translated_field") and looks_personal(field)
    }


def declared() -> set[str]:
    return {f"{kept.model._meta.label}.{name}" for kept in TABLE for name in kept.fields}


def not_personal() -> set[str]:
    return {label for labels in NOT_PERSONAL.values() for label in labels}


# ---------------------------------------------------------------- the table


def test_every_field_that_looks_personal_is_declared():
    missing = suspects() - declared() - not_personal()
    assert missing == set(), (
        "declare them in portal/personal_data.py, or say why they are not personal"
    )


def test_an_undeclared_field_would_be_seen():
    seen = suspects()
    assert {
        "people.User.email",
        "people.DeskMessage.phone",
        "practices.Practice.contact_name",
    } <= seen
    assert {
        "publishing.Draft.owner",
        "admin.LogEntry.user",
        "places.Municipality.head_name",
    } <= seen


def test_nothing_is_declared_that_is_not_there():
    for label in declared() | not_personal():
        app, model, field = label.split(".")
        apps.get_model(app, model)._meta.get_field(field)
    assert not declared() & not_personal()
    assert not_personal() <= suspects(), "these do not even look personal"


@pytest.mark.parametrize("kept", TABLE, ids=lambda kept: kept.name)
def test_row_says_what_happens_and_does_it(kept):
    assert bool(kept.reason) == (kept.fate == Fate.KEEP)
    assert kept.fate != Fate.KEEP or kept.due is None
    assert kept.due or not kept.span
    for language in LANGUAGES:
        with translation.override(language):
            assert all(map(str, (kept.what, kept.purpose, kept.term)))
    names = [name for name in kept.beside if isinstance(name, str)]
    names += [name for name in kept.shown if isinstance(name, str) and name]
    for name in names:
        assert hasattr(kept.model, name), name


@pytest.mark.parametrize("kept", [kept for kept in TABLE if kept.span], ids=lambda kept: kept.name)
def test_term_names_the_days_the_clock_counts(kept):
    """The number in the sentence is the number in the rule, in months or in days."""
    days = kept.span // DAY
    number = days // 365 * 12 if days % 365 == 0 else days
    for language in LANGUAGES:
        with translation.override(language):
            assert re.search(rf"(?<!\d){number}(?!\d)", str(kept.term))


def test_terms_that_others_keep_are_true():
    """Fourteen days of a session and a day of a count are set elsewhere."""
    assert settings.SESSION_COOKIE_AGE == 14 * 24 * 60 * 60
    assert max(span for _times, span in LIMITS.values()) == DAY


# ---------------------------------------------------------------- the clock


def outsider(**fields) -> User:
    return factories.make_user(**{"is_staff": False, "language": "ru"} | fields)


def role(**fields) -> Membership:
    values = {
        "user": outsider(),
        "municipality": factories.make_municipality(),
        "role": "secretary",
        "phone": "+996555010203",
    }
    return Membership.objects.create(**(values | fields))


def queued(**fields) -> DBTaskResult:
    values = {
        "args_kwargs": {"args": ["draft_fades", "publishing.draft", 1, "a@example.org", "ru"]},
        "task_path": "publishing.tasks.send_letter",
        "backend_name": "default",
        "run_after": timezone.now(),
        "exception_class_path": "",
        "traceback": "",
        "return_value": None,
    }
    return DBTaskResult.objects.create(**(values | fields))


def begun(**fields) -> User:
    """An account whose address nobody has confirmed."""
    user = outsider(**fields)
    EmailAddress.objects.create(user=user, email=user.email, primary=True)
    return user


def confirmation() -> EmailConfirmation:
    user = outsider()
    address = EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return EmailConfirmation.objects.create(email_address=address, key="k" * 20)


def closed_practice() -> Practice:
    return factories.make_practice(
        "published",
        status=Status.ARCHIVED,
        contact_name="Асанова Айгүл",
        contact_name_public=True,
        mobile_phone="+996555010203",
        office_phone="+996 (3120) 00-00-00",
    )


def stopped_adoption() -> Adoption:
    return factories.make_adoption(
        factories.make_practice("published"),
        status=AdoptionStatus.STOPPED,
        stop_reason_ru="Нет денег.",
        coordinator_name="Асанова Айгүл",
        coordinator_phone="+996555010203",
    )


def link() -> AccessLink:
    make_link(purpose="preview", target=factories.make_practice(), days=0)
    return AccessLink.objects.get()


def logged() -> LogEntry:
    user = factories.make_user()
    return LogEntry.objects.create(
        user=user, content_type=None, object_repr="x", action_flag=CHANGE, change_message=""
    )


def author_of(article) -> Author:
    author = article.credits.get().author
    author.email, author.phone = "a@example.org", "+996555010203"
    author.save()
    return author


def exists(row) -> bool:
    return type(row).objects.filter(pk=row.pk).exists()


#: rule → (makes a row whose time begins now, whether what should go is still there)
def vote():
    application = make_application(closing_contest())
    return Vote.objects.create(
        contest=application.contest,
        application=application,
        voter=factories.make_user(email="voter@example.org"),
        municipality=application.municipality,
        is_own=True,
    )


def conflict():
    application = make_application(closing_contest())
    member = application.contest.members.create(name="Айжан", post_ky="адис")
    return member.conflicts.create(
        application=application, kind="relative", found_by="self", note="Бажасы"
    )


def sheet():
    application = make_application(closing_contest())
    member = application.contest.members.create(name="Айжан", post_ky="адис")
    return application.sheets.create(member=member, note="Башчысы ишенимсиз")


def closing_contest():
    """A contest whose term for applications ends now."""
    return make_contest(opens_at=None, closes_at=timezone.now())


CASES = {
    "contests.Application applicant_name applicant_post applicant_phone created_by late_by": (
        lambda: make_application(closing_contest(), applicant_phone="+996555010203"),
        lambda row: any(
            Application.objects.values_list("applicant_name", "applicant_phone").get(pk=row.pk)
        ),
    ),
    "contests.Conflict note": (
        conflict,
        lambda row: bool(Conflict.objects.get(pk=row.pk).note),
    ),
    "contests.Member email phone user": (
        lambda: closing_contest().members.create(
            name="Айжан", post_ky="адис", email="a@example.org"
        ),
        lambda row: bool(Member.objects.get(pk=row.pk).email),
    ),
    "contests.Question email": (
        lambda: closing_contest().questions.create(question_ky="Качан?", email="a@example.org"),
        lambda row: bool(Question.objects.get(pk=row.pk).email),
    ),
    "contests.Sheet note": (
        sheet,
        lambda row: bool(Sheet.objects.get(pk=row.pk).note),
    ),
    "contests.Vote voter": (
        vote,
        lambda row: bool(Vote.objects.get(pk=row.pk).voter),
    ),
    "people.User email phone": (begun, exists),
    "partners.Proposal answers by": (
        lambda: make_partner().proposals.create(
            answers={"phone": "1"}, state="declined", decided_at=timezone.now()
        ),
        exists,
    ),
    "people.Membership user post phone revoke_reason": (
        lambda: role(verified_at=timezone.now(), expires_at=timezone.now()),
        exists,
    ),
    "people.Membership phone": (role, exists),
    "people.Membership code": (
        lambda: role(code="ABCD1234", code_expires_at=timezone.now()),
        lambda row: bool(Membership.objects.get(pk=row.pk).code),
    ),
    "practices.Practice contact_name contact_name_public mobile_phone": (
        closed_practice,
        lambda row: any(
            Practice.objects.values_list("contact_name", "mobile_phone").get(pk=row.pk)
        ),
    ),
    "practices.Adoption coordinator_name coordinator_phone": (
        stopped_adoption,
        lambda row: any(
            Adoption.objects.values_list("coordinator_name", "coordinator_phone").get(pk=row.pk)
        ),
    ),
    "admin.LogEntry user object_repr change_message": (logged, exists),
    "account.EmailConfirmation email_address key": (confirmation, exists),
    "people.AccessLink created_by note token_hash": (link, exists),
    "people.DeskMessage phone text sent_by": (
        lambda: DeskMessage.objects.create(
            phone="+996555010203", text="123456", expires_at=timezone.now()
        ),
        exists,
    ),
    "people.IncomingMessage message_id": (
        lambda: IncomingMessage.objects.create(message_id="wamid.1"),
        exists,
    ),
    "django_tasks_database.DBTaskResult args_kwargs traceback return_value": (
        lambda: queued(status="SUCCESSFUL", finished_at=timezone.now()),
        exists,
    ),
    "people.RateCount key": (
        lambda: RateCount.objects.create(key="k", ends_at=timezone.now()),
        exists,
    ),
    "search.MissedQuery words": (
        lambda: MissedQuery.objects.create(
            words="асанов", language="ru", on=timezone.localdate() - 31 * DAY
        ),
        exists,
    ),
    "partners.Contact name phone email": (
        lambda: Contact.objects.create(
            partner=make_partner(standing=Standing.FINISHED), name="Асанова Айгүл"
        ),
        exists,
    ),
    "journal.Author email phone": (
        lambda: author_of(make_article("published")),
        lambda row: bool(Author.objects.get(pk=row.pk).email),
    ),
    "journal.Pitch name email phone by": (
        lambda: Pitch.objects.create(
            name="Айгүл", email="a@example.org", topic="Суу", decided_at=timezone.now()
        ),
        exists,
    ),
    "journal.Comment by is_authors resolved_by": (
        lambda: Comment.objects.create(
            article=make_article("published"), language="ky", paragraph=0, text="Кайсы жылы?"
        ),
        exists,
    ),
    "journal.Subscriber email": (
        lambda: Subscriber.objects.create(email="a@example.org", language="ky"),
        exists,
    ),
    "sessions.Session session_key session_data": (
        lambda: Session.objects.create(
            session_key="s", session_data="x", expire_date=timezone.now()
        ),
        exists,
    ),
}
#: Rules with a letter before the end; tested on their own below.
WITH_LETTER = {
    "people.User email phone name password",
    "publishing.Draft owner answers conflicts",
}


def test_every_rule_is_tested():
    assert set(CASES) | WITH_LETTER == {kept.name for kept in TABLE if kept.due}


@pytest.mark.parametrize("name", CASES)
def test_what_is_over_goes_and_not_a_day_earlier(name):
    make, is_there = CASES[name]
    [kept] = [kept for kept in TABLE if kept.name == name]
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        row = make()
    if kept.span:
        with time_machine.travel(start + kept.span - timedelta(hours=1), tick=False):
            tasks.keep_promises()
            assert is_there(row), "it went before its time"
    with time_machine.travel(start + kept.span + timedelta(hours=1), tick=False):
        tasks.keep_promises()
        assert not is_there(row)
        tasks.keep_promises()


def test_record_keeps_what_is_the_offices_own():
    practice = closed_practice()
    with time_machine.travel(timezone.now() + YEAR + DAY, tick=False):
        tasks.keep_promises()
    practice.refresh_from_db()
    assert not practice.contact_name_public
    assert practice.office_phone == "+996 (3120) 00-00-00"


def test_contact_of_a_published_practice_stays():
    practice = factories.make_practice("published", mobile_phone="+996555010203")
    with time_machine.travel(timezone.now() + 5 * YEAR, tick=False):
        tasks.keep_promises()
    practice.refresh_from_db()
    assert practice.mobile_phone == "+996555010203"


def test_contact_goes_from_older_states_too():
    with create_revision():
        practice = closed_practice()
    [state] = Version.objects.get_for_object(practice)
    assert "Асанова" in state.serialized_data
    with time_machine.travel(timezone.now() + YEAR + DAY, tick=False):
        tasks.keep_promises()
    state.refresh_from_db()
    assert "Асанова" not in state.serialized_data
    assert "+996555010203" not in state.serialized_data
    assert practice.title_ky in state.serialized_data


def test_role_with_a_code_on_its_way_stays():
    """Whoever renews after a year of silence is not thrown out in the middle."""
    then = timezone.now() + YEAR + 2 * DAY
    renewed = role(
        verified_at=timezone.now(),
        expires_at=timezone.now(),
        code="ABCD1234",
        code_expires_at=then + DAY,
    )
    with time_machine.travel(then, tick=False):
        tasks.keep_promises()
    assert Membership.objects.get(pk=renewed.pk).code == "ABCD1234"


@pytest.mark.parametrize(
    "kind",
    [{"is_staff": True}, {"is_demo": True}, {"phone": "+996555010299", "phone_verified": True}],
)
def test_accounts_of_others_are_not_taken_for_unconfirmed(kind):
    user = begun(**kind)
    with time_machine.travel(timezone.now() + 31 * DAY, tick=False):
        tasks.keep_promises()
    assert exists(user)


def test_number_that_nobody_confirmed_goes_too():
    user = User.objects.create_user(phone="+996555010299")
    with time_machine.travel(timezone.now() + 31 * DAY, tick=False):
        tasks.keep_promises()
    assert not exists(user)


def test_confirmed_account_is_not_taken_for_an_unconfirmed_one():
    user = outsider()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    with time_machine.travel(timezone.now() + 31 * DAY, tick=False):
        tasks.keep_promises()
    assert exists(user)


# ---------------------------------------------------------------- drafts and accounts: a letter before


@pytest.fixture
def pass_a_day(django_capture_on_commit_callbacks):
    """Does what the clock does once a day, letters and deleted files included."""

    def work(at):
        mail.outbox.clear()
        with (
            time_machine.travel(at, tick=False),
            django_capture_on_commit_callbacks(execute=True),
        ):
            tasks.keep_promises()
        return [letter.to for letter in mail.outbox]

    return work


@pytest.fixture
def draft(media_root, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        made = Draft.objects.create(
            kind="practice",
            owner=outsider(email="writer@example.org"),
            language="ru",
            answers={"title": "Водопровод <b>наш</b>"},
        )
        made.pictures.create(file=factories.upload("p.jpg", factories.picture()))
        made.documents.create(title_ru="Смета", file=factories.upload("s.docx", factories.docx()))
    return made


def cabinet(client):
    return pages.document(client.get("/ru/account/"))


def files_in(folder) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file()]


def test_draft_goes_with_its_files_thirty_days_after_a_letter(draft, media_root, pass_a_day):
    start = draft.updated_at
    assert len(files_in(media_root)) > 2, "the photo has its renditions"
    assert pass_a_day(start + YEAR - NOTICE - DAY) == []
    assert pass_a_day(start + YEAR - NOTICE + DAY) == [["writer@example.org"]]
    [letter] = mail.outbox
    assert "Водопровод <b>наш</b>" in letter.subject
    assert str(draft.uuid) in letter.body
    assert pass_a_day(start + YEAR - NOTICE + 2 * DAY) == [], "one letter is enough"
    assert pass_a_day(start + YEAR) == []
    assert exists(draft), "thirty days have not passed since the letter"
    pass_a_day(start + YEAR + DAY)
    assert not exists(draft)
    assert files_in(media_root) == []
    assert list((media_root / "publishing.draftpicture").iterdir()) == []


def test_draft_is_not_deleted_without_a_letter_even_when_the_worker_slept(draft, pass_a_day):
    start = draft.updated_at + 2 * YEAR
    assert pass_a_day(start) == [["writer@example.org"]]
    pass_a_day(start + NOTICE - DAY)
    assert exists(draft)
    pass_a_day(start + NOTICE)
    assert not exists(draft)


def test_draft_touched_after_the_letter_stays_and_gets_another_one_in_its_time(draft, pass_a_day):
    start = draft.updated_at
    pass_a_day(start + YEAR - NOTICE + DAY)
    with time_machine.travel(start + YEAR - 10 * DAY, tick=False):
        draft.answers["problem"] = "Нет воды."
        draft.save()
    assert pass_a_day(start + YEAR + 10 * DAY) == []
    assert exists(draft)
    again = draft.updated_at + YEAR - NOTICE + DAY
    assert pass_a_day(again) == [["writer@example.org"]]
    pass_a_day(again + NOTICE)
    assert not exists(draft)


@pytest.mark.parametrize(
    ("status", "stays"),
    [
        (Status.SUBMITTED, True),
        (Status.NEEDS_CHANGES, True),
        (Status.READY, True),
        (Status.PUBLISHED, False),
        (Status.REJECTED, False),
    ],
)
def test_sent_draft_stays_while_its_description_is_in_work(draft, pass_a_day, status, stays):
    practice = factories.make_practice("published", status=status)
    draft.record, draft.sent_at = practice, timezone.now()
    draft.save()
    assert pass_a_day(draft.updated_at + YEAR + DAY) == [], "its text stands in the record"
    assert exists(draft) == stays
    assert exists(practice)


def test_writer_without_an_address_reads_it_in_the_account(draft, pass_a_day, client):
    User.objects.filter(pk=draft.owner_id).update(
        email=None, phone="+996555010203", phone_verified=True
    )
    start = draft.updated_at
    assert pass_a_day(start + YEAR - NOTICE + DAY) == []
    with time_machine.travel(start + YEAR - NOTICE + 2 * DAY, tick=False):
        client.force_login(draft.owner)
        assert "!" in [pages.words(tag) for tag in pages.of_class(cabinet(client), "tag")]
    pass_a_day(start + YEAR + DAY)
    assert not exists(draft)


def test_forgotten_account_goes_thirty_days_after_a_letter(pass_a_day):
    start = timezone.now()
    user = outsider(email="gone@example.org", last_login=start)
    assert pass_a_day(start + 2 * YEAR - NOTICE - DAY) == []
    assert pass_a_day(start + 2 * YEAR - NOTICE + DAY) == [["gone@example.org"]]
    pass_a_day(start + 2 * YEAR)
    assert exists(user)
    pass_a_day(start + 2 * YEAR + DAY)
    assert not exists(user)


def test_whoever_signs_in_after_the_letter_stays(pass_a_day):
    start = timezone.now()
    user = outsider(last_login=start)
    told = start + 2 * YEAR - NOTICE + DAY
    assert len(pass_a_day(told)) == 1
    User.objects.filter(pk=user.pk).update(last_login=told + DAY)
    pass_a_day(start + 2 * YEAR + 2 * DAY)
    assert exists(user)


def test_accounts_of_staff_authors_and_members_stay(pass_a_day):
    start = timezone.now()
    kept = {
        "staff": factories.make_user(last_login=start),
        "demo": outsider(is_demo=True),
        "author": outsider(),
        "adopter": outsider(),
        "member": outsider(),
        "blocked": outsider(is_active=False),
    }
    practice = factories.make_practice("published", created_by=kept["author"])
    factories.make_adoption(practice, created_by=kept["adopter"])
    role(user=kept["member"], verified_at=start, expires_at=start + 9 * YEAR)
    letters = pass_a_day(start + 3 * YEAR)
    pass_a_day(start + 3 * YEAR + NOTICE + DAY)
    assert [name for name, user in kept.items() if not exists(user)] == []
    assert not {user.email for user in kept.values()} & {to for each in letters for to in each}


# ---------------------------------------------------------------- the task


def test_clock_knows_the_task():
    interval, function = PERIODIC["portal.tasks.keep_promises"]
    assert interval == timedelta(days=1)
    assert function is tasks.keep_promises


def test_rule_in_trouble_stops_no_other_and_tells_nobody(monkeypatch):
    def trouble(day):
        raise ValueError("Key (email)=(secret@example.org) already exists")

    broken = replace(next(kept for kept in TABLE if kept.due), fields=("broken",), due=trouble)
    monkeypatch.setattr(tasks, "TABLE", (broken, *TABLE))
    old = IncomingMessage.objects.create(
        message_id="wamid.1", received_at=timezone.now() - 31 * DAY
    )
    with structlog.testing.capture_logs() as said:
        tasks.keep_promises()
    assert not exists(old)
    assert {
        "event": "personal_data_rule_failed",
        "rule": "people.User broken",
        "error": "ValueError",
        "log_level": "error",
    } in said
    counted = [line for line in said if line["event"] == "personal_data"]
    assert [line["count"] for line in counted if line["rule"].startswith("people.Incoming")] == [1]
    assert "secret" not in str(said)


def test_marks_of_letters_go_too(draft, pass_a_day):
    pass_a_day(draft.updated_at + YEAR - NOTICE + DAY)
    assert PeriodicRun.objects.filter(name__startswith="reminder:").count() == 1
    pass_a_day(draft.updated_at + 3 * YEAR)
    assert not PeriodicRun.objects.filter(name__startswith="reminder:").exists()


# ---------------------------------------------------------------- the public list


@pytest.mark.parametrize("language", LANGUAGES)
def test_list_is_public_and_whole(client, language):
    response = client.get(f"/{language}/data-kept/")
    assert response.status_code == 200
    assert not response.cookies
    assert len(pages.scripts(response)) == 1
    text = pages.main(response)
    with translation.override(language):
        for kept in TABLE:
            for words in (kept.what, kept.purpose, kept.term, kept.reason):
                assert " ".join(str(words).split()) in text
    assert f"/{language}/account/data/" in pages.links(response)


@pytest.mark.parametrize("language", LANGUAGES)
def test_list_is_found_from_the_page_on_personal_data(client, language):
    links = pages.links(client.get(f"/{language}/about/personal-data/"))
    assert f"/{language}/data-kept/" in links
    assert f"/{language}/account/data/" in links
