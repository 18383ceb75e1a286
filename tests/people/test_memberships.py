"""A role in a municipality: asked for, confirmed by a code from one's own number, ending, revoked."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone

from people import actions
from people.actions import (
    CodeRefused,
    ask_membership,
    codes_in,
    confirm_membership,
    confirm_message,
    membership_verified,
    remind_memberships,
    revoke_membership,
)
from people.models import Membership
from tests import factories

pytestmark = pytest.mark.django_db
PHONE, OTHER = "+996555123456", "+996700987654"


@pytest.fixture
def secretary():
    return factories.make_user(is_staff=False, email="secretary@example.org", language="ru")


@pytest.fixture
def aimak():
    return factories.make_municipality()


@pytest.fixture
def operator():
    return factories.make_user("Specialist")


def ask(user, aimak, **fields) -> Membership:
    values = {"role": "secretary", "phone": "0555 123 456", "post": "жооптуу катчы"} | fields
    return ask_membership(user=user, municipality=aimak, **values)


def refused(**given) -> str:
    with pytest.raises(CodeRefused) as caught:
        confirm_membership(**given)
    assert str(caught.value)
    return caught.value.reason


@pytest.fixture
def signals():
    heard = []

    def listen(sender, membership, **kwargs):
        heard.append(membership)

    membership_verified.connect(listen)
    yield heard
    membership_verified.disconnect(listen)


# ---------------------------------------------------------------- asking


def test_asking_makes_a_code_of_six_digits_for_three_days(secretary, aimak):
    row = ask(secretary, aimak)
    assert row.phone == PHONE
    assert row.code.isdigit()
    assert len(row.code) == 6
    assert row.code_expires_at - row.asked_at == timedelta(hours=72)
    assert row.state == "waiting"
    assert not row.is_verified
    assert list(Membership.objects.waiting()) == [row]
    assert not Membership.objects.verified().exists()


def test_asking_again_replaces_the_code(secretary, aimak):
    first = ask(secretary, aimak)
    second = ask(secretary, aimak, role="head", phone=OTHER)
    assert first.pk == second.pk
    assert first.code != second.code
    assert (second.role, second.phone) == ("head", OTHER)
    assert refused(code=first.code, phone=PHONE) == "unknown"


def test_one_person_may_have_a_role_in_two_municipalities(secretary, aimak):
    ask(secretary, aimak)
    ask(secretary, factories.make_municipality())
    assert secretary.memberships.count() == 2


# ---------------------------------------------------------------- confirming


def test_code_from_its_number_confirms_for_a_year(
    secretary, aimak, operator, signals, django_capture_on_commit_callbacks
):
    row = ask(secretary, aimak)
    with django_capture_on_commit_callbacks(execute=True):
        confirmed = confirm_membership(code=row.code, phone="996555123456", by=operator)
    assert confirmed == row
    row.refresh_from_db()
    assert row.is_verified
    assert (row.verified_by, row.code, row.code_expires_at) == (operator, "", None)
    assert row.expires_at - row.verified_at == timedelta(days=365)
    assert signals == [row]
    assert list(Membership.objects.verified()) == [row]
    [letter] = mail.outbox
    assert letter.to == ["secretary@example.org"]
    assert str(aimak.name_ru) in letter.body
    assert "ответственный секретарь" in letter.body or "responsible secretary" in letter.body


def test_code_works_once(secretary, aimak, operator, signals):
    code = ask(secretary, aimak).code
    confirm_membership(code=code, phone=PHONE, by=operator)
    assert refused(code=code, phone=PHONE, by=operator) == "unknown"
    assert len(signals) == 1


@pytest.mark.parametrize("code", ["", "000000", "12345", "1234567"])
def test_unknown_code_confirms_nothing(secretary, aimak, operator, code):
    ask(secretary, aimak)
    factories.make_membership()  # its code is empty
    assert refused(code=code, phone=PHONE, by=operator) == "unknown"


def test_code_from_another_number_confirms_nothing(secretary, aimak, operator):
    row = ask(secretary, aimak)
    assert refused(code=row.code, phone=OTHER, by=operator) == "number"
    row.refresh_from_db()
    assert row.state == "waiting"


def test_code_of_somebody_else_confirms_somebody_elses_role_alone(secretary, aimak, operator):
    """Two people, two codes: one's own number with the other's code confirms neither."""
    mine = ask(secretary, aimak)
    theirs = ask(factories.make_user(is_staff=False), aimak, phone=OTHER)
    assert refused(code=theirs.code, phone=PHONE, by=operator) == "number"
    assert refused(code=mine.code, phone=OTHER, by=operator) == "number"


def test_expired_code_confirms_nothing(secretary, aimak, operator):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        row = ask(secretary, aimak)
        clock.shift(timedelta(hours=72, seconds=1))
        assert refused(code=row.code, phone=PHONE, by=operator) == "expired"
        assert row.state == "unconfirmed"


def test_nobody_confirms_their_own_role(operator, aimak):
    row = ask(operator, aimak)
    assert refused(code=row.code, phone=PHONE, by=operator) == "own"


def test_blocked_account_is_not_confirmed(secretary, aimak, operator):
    row = ask(secretary, aimak)
    secretary.is_active = False
    secretary.save()
    assert refused(code=row.code, phone=PHONE, by=operator) == "blocked"


def test_receiver_in_trouble_leaves_nothing_half_done(secretary, aimak, operator):
    row = ask(secretary, aimak)

    def fail(**kwargs):
        raise RuntimeError

    membership_verified.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            confirm_membership(code=row.code, phone=PHONE, by=operator)
    finally:
        membership_verified.disconnect(fail)
    row.refresh_from_db()
    assert row.state == "waiting"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("482913", ["482913"]),
        ("Код 482 913. Мен ролумду ырастайм", ["482913"]),
        ("482-913", ["482913"]),
        ("482\xa0913 жана 111222", ["482913", "111222"]),
        ("482913 482913", ["482913"]),
        ("салам", []),
        ("", []),
        ("12345", []),
        ("1234567", []),
        ("٤٨٢٩١٣", []),
    ],
)
def test_code_is_found_in_what_people_write(text, codes):
    assert codes_in(text) == codes


def test_message_of_two_codes_confirms_both_of_its_number(secretary, aimak, operator):
    first, second = ask(secretary, aimak), ask(secretary, factories.make_municipality())
    text = f"{first.code}, {second.code}, 000000"
    assert set(confirm_message(text=text, phone=PHONE, by=operator)) == {first, second}


def test_foreign_code_in_a_message_stays_unconfirmed(secretary, aimak, operator):
    mine = ask(secretary, aimak)
    theirs = ask(factories.make_user(is_staff=False), aimak, phone=OTHER)
    assert confirm_message(text=f"{theirs.code} {mine.code}", phone=PHONE, by=operator) == [mine]
    theirs.refresh_from_db()
    assert theirs.state == "waiting"


@pytest.mark.parametrize(
    ("text", "reason"), [("салам", "no_code"), ("000000", "unknown"), ("", "no_code")]
)
def test_message_without_a_right_code_says_what_is_wrong(secretary, aimak, text, reason):
    ask(secretary, aimak)
    with pytest.raises(CodeRefused) as caught:
        confirm_message(text=text, phone=PHONE)
    assert caught.value.reason == reason


# ---------------------------------------------------------------- the year and its end


@pytest.fixture
def ending(secretary, aimak):
    """Confirmed eleven and a half months ago."""
    return factories.make_membership(
        user=secretary,
        municipality=aimak,
        phone=PHONE,
        post="жооптуу катчы",
        verified_at=timezone.now() - timedelta(days=350),
        expires_at=timezone.now() + timedelta(days=15),
    )


def test_renewal_keeps_the_running_year_until_the_new_one(ending, secretary, aimak, operator):
    assert ending.state == "ending"
    row = ask(secretary, aimak)
    assert row.is_verified
    assert row.is_waiting
    confirm_membership(code=row.code, phone=PHONE, by=operator)
    row.refresh_from_db()
    assert row.state == "verified"
    assert row.expires_at > timezone.now() + timedelta(days=364)


def test_confirmed_role_is_not_asked_for_again_long_before_its_end(secretary, aimak):
    row = factories.make_membership(
        user=secretary, municipality=aimak, phone=PHONE, post="жооптуу катчы"
    )
    again = ask(secretary, aimak)
    assert (again.pk, again.code, again.state) == (row.pk, "", "verified")


@pytest.mark.parametrize("change", [{"role": "head"}, {"phone": OTHER}, {"post": "төрага"}])
def test_other_role_post_or_number_is_not_confirmed_by_the_old_code(ending, secretary, aimak, change):  # fmt: skip
    row = ask(secretary, aimak, **change)
    assert not row.is_verified
    assert row.state == "waiting"
    assert not Membership.objects.verified().exists()


def test_year_ends_by_itself(ending):
    with time_machine.travel(timezone.now() + timedelta(days=16)):
        assert ending.state == "expired"
        assert not Membership.objects.verified().exists()


def test_reminder_comes_once_in_the_persons_language(ending):
    factories.make_membership()  # far from its end
    for language, words in (("ru", "заканчивается"), ("ky", "бүтүп баратат")):
        mail.outbox.clear()
        ending.user.language = language
        ending.user.save()
        Membership.objects.update(reminded_at=None)
        assert remind_memberships() == 1
        assert remind_memberships() == 0
        [letter] = mail.outbox
        assert words in letter.subject
        assert f"/{language}/account/municipality/" in letter.body
        assert "{" not in letter.subject + letter.body


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": timezone.now() - timedelta(days=1)},
        {"expires_at": timezone.now() + timedelta(days=31)},
        {"revoked_at": timezone.now()},
        {"verified_at": None, "expires_at": None},
    ],
)
def test_whose_year_does_not_end_gets_no_reminder(ending, change):
    Membership.objects.update(**change)
    assert remind_memberships() == 0
    assert mail.outbox == []


def test_reminder_that_failed_is_sent_the_next_time(ending, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert remind_memberships() == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert remind_memberships() == 1


def test_whoever_has_no_address_or_is_blocked_gets_no_reminder(ending):
    ending.user.is_active = False
    ending.user.save()
    factories.make_membership(
        user=factories.User.objects.create_user(phone=OTHER),
        expires_at=timezone.now() + timedelta(days=3),
    )
    assert remind_memberships() == 0


# ---------------------------------------------------------------- taking back


def test_revoked_role_is_gone_at_once_and_its_holder_is_told_why(
    ending, operator, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        revoke_membership(membership=ending, by=operator, reason="Сменил место работы")
        revoke_membership(membership=ending, by=operator, reason="другое")
    ending.refresh_from_db()
    assert ending.state == "revoked"
    assert not ending.is_verified
    assert (ending.revoked_by, ending.revoke_reason) == (operator, "Сменил место работы")
    assert not Membership.objects.verified().exists()
    [letter] = mail.outbox
    assert "Сменил место работы" in letter.body


def test_code_of_a_revoked_role_confirms_nothing(secretary, aimak, operator):
    row = ask(secretary, aimak)
    revoke_membership(membership=row, by=operator, reason="x")
    assert refused(code=row.code, phone=PHONE, by=operator) == "unknown"


def test_revoked_role_may_be_asked_for_anew_and_the_operator_sees_why_it_was(
    ending, secretary, aimak, operator
):
    revoke_membership(membership=ending, by=operator, reason="Сменил место работы")
    row = ask(secretary, aimak)
    assert row.state == "waiting"
    assert not row.is_verified
    assert row.revoke_reason == "Сменил место работы"
    confirm_membership(code=row.code, phone=PHONE, by=operator)
    row.refresh_from_db()
    assert (row.state, row.revoke_reason, row.revoked_by) == ("verified", "", None)


def test_letters_keep_to_one_line_of_subject(secretary, aimak, operator, django_capture_on_commit_callbacks):  # fmt: skip
    """Nothing that people have typed becomes a header."""
    evil = "катчы\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script>"
    secretary.name = evil
    secretary.save()
    row = ask(secretary, aimak, post=evil)
    with django_capture_on_commit_callbacks(execute=True):
        confirm_membership(code=row.code, phone=PHONE, by=operator)
        revoke_membership(membership=row, by=operator, reason=evil)
    Membership.objects.update(
        revoked_at=None, expires_at=timezone.now() + timedelta(days=3), reminded_at=None
    )
    assert remind_memberships() == 1
    assert len(mail.outbox) == 3
    for letter in mail.outbox:
        assert "\n" not in letter.subject
        assert letter.recipients() == ["secretary@example.org"]
        head = letter.message().as_string().partition("\n\n")[0]
        assert "victim" not in head


# ---------------------------------------------------------------- at the same moment


def in_threads(*functions):
    """Run the functions at the same moment; returns what each returned or raised."""
    answers, start = [], threading.Barrier(len(functions))

    def run(function):
        start.wait()
        try:
            answers.append(function())
        except CodeRefused as caught:
            answers.append(caught.reason)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_are_one(signals):
    row = factories.make_membership(is_verified=False, phone=PHONE)
    first, second = factories.make_user("Specialist"), factories.make_user("Chief editor")
    answers = in_threads(
        lambda: confirm_membership(code=row.code, phone=PHONE, by=first),
        lambda: confirm_membership(code=row.code, phone=PHONE, by=second),
        lambda: confirm_membership(code=row.code, phone=PHONE),
    )
    assert sorted(map(str, answers)) == sorted([str(row), "unknown", "unknown"])
    assert len(signals) == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_asking_twice_at_once_makes_one_row():
    user, aimak = factories.make_user(is_staff=False), factories.make_municipality()
    in_threads(*[lambda: ask(user, aimak)] * 3)
    assert Membership.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_remind_once():
    factories.make_membership(expires_at=timezone.now() + timedelta(days=3))
    answers = in_threads(remind_memberships, remind_memberships)
    assert sum(answers) == 1
    assert len(mail.outbox) == 1


def test_code_that_is_taken_is_not_made_again(monkeypatch):
    factories.make_membership(is_verified=False, code="100001")
    numbers = iter([1, 1, 2])
    monkeypatch.setattr(actions.secrets, "randbelow", lambda limit: next(numbers))
    assert actions._new_code() == "100002"
