import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from people import roles
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


def test_person_is_known_by_email_or_phone():
    by_mail = User.objects.create_user(" Aida@Example.ORG ".strip())
    by_phone = User.objects.create_user(phone="0555 12-34-56")
    assert (by_mail.email, by_mail.phone) == ("aida@example.org", None)
    assert (by_phone.email, by_phone.phone) == (None, "+996555123456")
    assert User.objects.get_by_natural_key("AIDA@example.org") == by_mail
    assert User.objects.get_by_natural_key("+996555123456") == by_phone


def test_person_without_either_is_refused():
    with pytest.raises(ValidationError):
        User.objects.create_user()
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(name="nobody")])


def test_two_persons_without_email_live_side_by_side():
    User.objects.create_user(phone="0555 12-34-56")
    User.objects.create_user(phone="0555 12-34-57")
    assert User.objects.filter(email=None).count() == 2


def test_same_email_in_other_letters_is_the_same_person():
    User.objects.create_user("aida@example.org")
    with pytest.raises(ValidationError):
        User.objects.create_user("AIDA@EXAMPLE.ORG")


def test_password_is_optional():
    user = User.objects.create_user("aida@example.org")
    assert not user.has_usable_password()
    assert not user.check_password("")


def test_superuser_may_all_and_a_blocked_person_nothing(chief):
    root = User.objects.create_superuser("root@example.org", "secret-enough-1")
    assert root.is_staff
    assert root.is_superuser
    assert root.is_in(roles.CHIEF_EDITOR)
    chief.is_active = False
    assert not chief.is_in(roles.CHIEF_EDITOR)


def test_groups_are_asked_once(django_assert_num_queries):
    user = User.objects.get(pk=factories.make_user(roles.TRANSLATOR).pk)
    with django_assert_num_queries(1):
        assert user.is_in(roles.TRANSLATOR)
        assert not user.is_in(roles.CHIEF_EDITOR, roles.SPECIALIST)
