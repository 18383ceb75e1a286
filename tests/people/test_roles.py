import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from people import roles
from tests import factories

pytestmark = pytest.mark.django_db


def test_groups_of_the_migration_are_those_of_the_code():
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.GROUPS)


def test_grants_name_only_what_exists():
    for group, granted in roles.GRANTS.items():
        assert group in roles.GROUPS
        for label, actions in granted.items():
            assert set(actions) <= {"view", "add", "change", "delete"}
            if "." in label:
                apps.get_model(label)
            else:
                apps.get_app_config(label)


def test_every_group_has_just_its_grants():
    labels = {label.split(".")[0] for granted in roles.GRANTS.values() for label in granted}
    for group in Group.objects.all():
        wanted = {
            f"{label}.{action}_{model._meta.model_name}"
            for label in labels
            for model in apps.get_app_config(label).get_models()
            for action in roles.actions_granted(group.name, label, model._meta.model_name)
        }
        held = {
            f"{permission.content_type.app_label}.{permission.codename}"
            for permission in group.permissions.select_related("content_type")
        }
        assert held == wanted, group.name


def test_rights_given_by_hand_do_not_survive_the_next_migration():
    group = Group.objects.get(name=roles.OBSERVER)
    group.permissions.add(Permission.objects.get(codename="delete_practice"))
    roles.grant_all(app_config=list(apps.get_app_configs())[-1])
    assert not group.permissions.filter(codename="delete_practice").exists()


@pytest.mark.parametrize(
    ("group", "permission", "may"),
    [
        (roles.THEME_EDITOR, "practices.change_practice", True),
        (roles.THEME_EDITOR, "practices.delete_practice", False),
        (roles.THEME_EDITOR, "practices.delete_step", True),
        (roles.THEME_EDITOR, "publishing.change_page", False),
        (roles.CHIEF_EDITOR, "publishing.change_page", True),
        (roles.CHIEF_EDITOR, "people.change_user", False),
        (roles.TRANSLATOR, "practices.change_practice", True),
        (roles.TRANSLATOR, "practices.add_practice", False),
        (roles.TRANSLATOR, "practices.change_adoption", False),
        (roles.OBSERVER, "practices.view_practice", True),
        (roles.OBSERVER, "practices.change_practice", False),
        (roles.MODERATOR, "publishing.view_auditevent", False),
        (roles.CONTRIBUTOR, "practices.view_practice", False),
    ],
)
def test_who_may_do_what(group, permission, may):
    assert factories.make_user(group).has_perm(permission) is may


@pytest.mark.parametrize("group", roles.GROUPS)
def test_nobody_changes_or_deletes_audit_events_or_people(group):
    user = factories.make_user(group)
    for permission in (
        "publishing.add_auditevent",
        "publishing.change_auditevent",
        "publishing.delete_auditevent",
        "people.add_user",
        "people.change_user",
        "people.delete_user",
        "practices.delete_practice",
        "places.delete_municipality",
    ):
        assert not user.has_perm(permission), permission


def test_contributor_edits_only_what_is_their_own_and_in_their_hands(contributor):
    own = factories.make_practice(created_by=contributor)
    others = factories.make_practice()
    assert roles.can_edit(contributor, own)
    assert not roles.can_edit(contributor, others)
    own.status = "submitted"
    assert not roles.can_edit(contributor, own)
    own.status = "needs_changes"
    assert roles.can_edit(contributor, own)
    contributor.is_active = False
    assert not roles.can_edit(contributor, own)


def test_record_made_by_nobody_is_not_everybodys(contributor):
    assert not roles.can_edit(contributor, factories.make_practice(created_by=None))


def test_editors_and_translators_edit_all(editor, chief, specialist, translator):
    practice = factories.make_practice()
    assert all(roles.can_edit(user, practice) for user in (editor, chief, specialist, translator))
