"""Who may do what: the groups and the object rules, in one place.

The groups are made by a migration; the rights of each group on each model are granted after every
migration from GRANTS, so a new model gets its rights in the commit that brings it.
"""

from collections.abc import Iterable

from django.utils.translation import gettext_noop

CONTRIBUTOR = gettext_noop("Contributor")
TRANSLATOR = gettext_noop("Translator")
THEME_EDITOR = gettext_noop("Theme editor")
CHIEF_EDITOR = gettext_noop("Chief editor")
SPECIALIST = gettext_noop("Specialist")
CONTEST_SECRETARY = gettext_noop("Contest secretary")
PARTNER_EDITOR = gettext_noop("Partner editor")
MODERATOR = gettext_noop("Moderator")
OBSERVER = gettext_noop("Observer")

GROUPS = (
    CONTRIBUTOR,
    TRANSLATOR,
    THEME_EDITOR,
    CHIEF_EDITOR,
    SPECIALIST,
    CONTEST_SECRETARY,
    PARTNER_EDITOR,
    MODERATOR,
    OBSERVER,
)

#: Groups whose members edit content in the admin.
EDITORS = (THEME_EDITOR, CHIEF_EDITOR, SPECIALIST)
#: Groups that decide what the public sees.
PUBLISHERS = (CHIEF_EDITOR, SPECIALIST)

VIEW = ("view",)
EDIT = ("view", "add", "change")
ALL = ("view", "add", "change", "delete")

#: group → app label → actions on every model of that app, or on «app.model» alone.
GRANTS: dict[str, dict[str, Iterable[str]]] = {
    TRANSLATOR: {
        "partners": VIEW,
        "partners.agreement": (),
        "partners.agreementfile": (),
        "partners.contact": (),
        "partners.interaction": (),
        "partners.partner": ("view", "change"),
        "partners.project": ("view", "change"),
        "journal": VIEW,
        "journal.article": ("view", "change"),
        "journal.pitch": (),
        "journal.subscriber": (),
        "journal.mailing": (),
        "practices": VIEW,
        "practices.practice": ("view", "change"),
        "themes": VIEW,
        "themes.theme": ("view", "change"),
        "publishing": VIEW,
        "publishing.page": ("view", "change"),
        "publishing.draft": (),
        "search.term": EDIT,
        "places": VIEW,
    },
    THEME_EDITOR: {
        "partners": VIEW,
        "partners.partner": EDIT,
        "partners.project": EDIT,
        "partners.interaction": EDIT,
        "journal": ALL,
        "journal.issue": VIEW,
        "journal.article": EDIT,
        "journal.rubric": VIEW,
        "journal.subscriber": (),
        "journal.mailing": VIEW,
        "practices": ALL,
        "practices.practice": EDIT,
        "practices.adoption": EDIT,
        "practices.check": VIEW,
        "themes": VIEW,
        "themes.tag": EDIT,
        "publishing": VIEW,
        "publishing.draft": (),
        "search.term": ALL,
        "search.missedquery": VIEW,
        "places": VIEW,
    },
    CHIEF_EDITOR: {
        "partners": ALL,
        "partners.partner": EDIT,
        "journal": ALL,
        "journal.issue": EDIT,
        "journal.article": EDIT,
        "journal.rubric": EDIT,
        "journal.subscriber": ("view", "delete"),
        "journal.mailing": VIEW,
        "practices": ALL,
        "practices.practice": EDIT,
        "practices.adoption": EDIT,
        "practices.check": VIEW,
        "themes": EDIT,
        "themes.tag": ALL,
        "publishing": VIEW,
        "publishing.page": EDIT,
        "search.term": ALL,
        "search.missedquery": VIEW,
        "places": EDIT,
        "people": VIEW,
        "people.accesslink": EDIT,
        # Confirms and revokes roles, sends codes by hand; nobody makes either by hand.
        "people.membership": ("view", "change"),
        "people.deskmessage": ("view", "change"),
    },
    SPECIALIST: {
        "contests": ALL,
        "contests.contest": EDIT,
        "contests.application": ("view", "change"),
        "contests.applicationfile": VIEW,
        "contests.applicationpicture": VIEW,
        "contests.letter": VIEW,
        "contests.sheet": VIEW,
        "contests.rulesversion": VIEW,
        "contests.score": VIEW,
        "contests.scorechange": VIEW,
        "contests.signature": VIEW,
        "contests.vote": VIEW,
        "partners": ALL,
        "partners.partner": EDIT,
        "journal": ALL,
        "journal.issue": EDIT,
        "journal.article": EDIT,
        "journal.rubric": EDIT,
        "journal.subscriber": ("view", "delete"),
        "journal.mailing": VIEW,
        "practices": ALL,
        "practices.practice": EDIT,
        "practices.adoption": EDIT,
        "practices.check": VIEW,
        "themes": EDIT,
        "themes.tag": ALL,
        "publishing": VIEW,
        "publishing.page": EDIT,
        "search.term": ALL,
        "search.missedquery": VIEW,
        "places": EDIT,
        "people": VIEW,
        "people.accesslink": EDIT,
        # Confirms and revokes roles, sends codes by hand; nobody makes either by hand.
        "people.membership": ("view", "change"),
        "people.deskmessage": ("view", "change"),
    },
    PARTNER_EDITOR: {
        "practices": ALL,
        "practices.practice": EDIT,
        "practices.adoption": VIEW,
        "practices.check": VIEW,
        "themes": VIEW,
        "publishing": VIEW,
        "publishing.draft": (),
        "places": VIEW,
    },
    MODERATOR: {"practices": VIEW, "themes": VIEW, "places": VIEW},
    CONTEST_SECRETARY: {
        "contests": VIEW,
        "contests.application": ("view", "change"),
        "contests.conflict": EDIT,
        "contests.member": EDIT,
        "contests.followup": EDIT,
        "contests.protocol": EDIT,
        "contests.question": ALL,
        "contests.visit": EDIT,
        "contests.visitphoto": ALL,
        "practices": VIEW,
        "themes": VIEW,
        "places": VIEW,
    },
    OBSERVER: {
        "partners": VIEW,
        "partners.contact": (),
        "partners.interaction": (),
        "journal": VIEW,
        "journal.pitch": (),
        "journal.subscriber": (),
        "practices": VIEW,
        "themes": VIEW,
        "publishing": VIEW,
        "publishing.draft": (),
        "search.missedquery": VIEW,
        "places": VIEW,
    },
}


def actions_granted(group: str, app_label: str, model_name: str) -> tuple[str, ...]:
    """Actions a group has on a model: the entry «app.model» wins over «app»."""
    granted = GRANTS.get(group, {})
    actions = granted.get(f"{app_label}.{model_name}", granted.get(app_label, ()))
    return tuple(actions)


def grant_all(**kwargs) -> None:
    """Give every group just the permissions of GRANTS (runs after each migrate)."""
    from django.apps import apps
    from django.contrib.auth.models import Group, Permission

    # Permissions are made app by app; only after the last one do all of them exist.
    if kwargs.get("app_config") is not list(apps.get_app_configs())[-1]:
        return
    permissions = {
        (p.content_type.app_label, p.codename): p
        for p in Permission.objects.select_related("content_type")
    }
    own_labels = {label.split(".")[0] for grants in GRANTS.values() for label in grants}
    for group in Group.objects.filter(name__in=GROUPS):
        wanted = set()
        for label in own_labels:
            try:
                models = apps.get_app_config(label).get_models()
            except LookupError:
                continue
            for model in models:
                name = model._meta.model_name  # noqa: SLF001
                for action in actions_granted(group.name, label, name):
                    permission = permissions.get((label, f"{action}_{name}"))
                    if permission:
                        wanted.add(permission.pk)
        group.permissions.set(wanted)


def can_edit(user, thing) -> bool:
    """Whether the person may change this very record (the admin asks beside the model's right)."""
    if not user.is_active:
        return False
    if user.is_in(*EDITORS, TRANSLATOR):
        return True
    # A contributor or partner edits what is their own, while it is in their hands.
    return (
        user.is_in(CONTRIBUTOR, PARTNER_EDITOR)
        and getattr(thing, "created_by_id", None) == user.pk
        and getattr(thing, "status", "") in {"draft", "needs_changes"}
    )
