"""Every address × every role. An address without a rule here fails the test.

The table below says for each name of the urlconf who gets what; pages of the admin follow from the
grants of people/roles.py and from the short lists of what nobody may do.
"""

from functools import partial
from urllib.parse import quote

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLResolver
from django.utils import timezone, translation
from reversion import create_revision
from reversion.models import Version

from contests.choices import RESULTS, ContestStatus
from contests.models import Application, Contest, Protocol
from journal import subscriptions
from journal.models import Issue, Output, Pitch, PlanLine, Subscriber
from partners.models import Agreement, Interaction, Proposal
from people import roles
from people.actions import make_link
from people.models import AccessLink
from people.roles import EDITORS, GROUPS, PUBLISHERS, actions_granted
from practices.models import Adoption
from publishing.models import AuditEvent
from publishing.previews import PREVIEW
from search.models import MissedQuery, Term
from tests import factories
from tests.factories_contests import (
    complete,
    make_application,
    make_contest,
    make_decided,
    make_entry_draft,
    make_public_contest,
)
from tests.factories_journal import make_article, make_issue, make_partner, make_project

pytestmark = pytest.mark.django_db

ANONYMOUS, READER, SUPERUSER = "anonymous", "reader", "superuser"
ROLES = (ANONYMOUS, READER, *GROUPS, SUPERUSER)
#: Who looks at what is for everybody.
SAMPLE = {ANONYMOUS, READER, roles.CONTRIBUTOR, roles.CHIEF_EDITOR}
#: Who keeps the papers of contests.
KEEPERS = (roles.SPECIALIST, roles.CONTEST_SECRETARY)
#: Contributors write on public pages; everybody else of the groups works in the admin.
OUTSIDE_ADMIN = {ANONYMOUS, READER, roles.CONTRIBUTOR}

# What may come back.
SHOWN = "shown"  # 200
MOVED = "moved"  # a redirect to another page that is not the page of sign-in
SIGN_IN = "sign in"  # a redirect to the page of sign-in, which leads back
REFUSED = "refused"  # 403
MISSING = "missing"  # 404, as if there were nothing
OTHER_METHOD = "other method"  # 405: the address takes POST alone


def outcome(response) -> str:
    if response.status_code in {301, 302}:
        sign_in = {reverse("account_login")}
        for language in ("ky", "ru"):
            with translation.override(language):
                sign_in |= {reverse("account_login"), reverse("admin:login")}
        return SIGN_IN if response.url.split("?")[0] in sign_in else MOVED
    names = {200: SHOWN, 400: "bad", 403: REFUSED, 404: MISSING, 405: OTHER_METHOD}
    return names.get(response.status_code, str(response.status_code))


# ---------------------------------------------------------------- rules: role → outcome


def for_all(what):
    def rule(role):
        return what

    # Not asked for every role: what everybody is shown by its view knows no roles.
    rule.is_for_all = what in {SHOWN, MOVED}
    return rule


def signed_in(what):
    """Pages of one's own account."""
    return lambda role: SIGN_IN if role == ANONYMOUS else what


def entrance(role):
    """Where one comes in: whoever is in already is led on."""
    return SHOWN if role == ANONYMOUS else MOVED


def staff(what, only=None):
    """Pages of the admin that belong to no model."""

    def rule(role):
        if role in OUTSIDE_ADMIN:
            return SIGN_IN
        return what if only is None or role == SUPERUSER or role in only else REFUSED

    return rule


def preview(role):
    """Drafts: who sees them in the admin; to others they do not exist; strangers may sign in first."""
    if role in OUTSIDE_ADMIN:
        return SIGN_IN if role == ANONYMOUS else MISSING
    return SHOWN if granted(role, "practices.practice", "view") else MISSING


def model(label, action, what=SHOWN):
    """A page of the admin beside a model's usual ones, which follows a grant all the same."""

    def rule(role):
        if role in OUTSIDE_ADMIN:
            return SIGN_IN
        return what if granted(role, label, action) else REFUSED

    return rule


RULES = {
    # Public
    "root": for_all(MOVED),
    "healthz": for_all(SHOWN),
    "readyz": for_all("503"),  # no worker runs beside the tests
    "robots": for_all(SHOWN),
    "manifest": for_all(SHOWN),
    "emblem": for_all(SHOWN),
    "cover": for_all(SHOWN),
    "short": for_all(MOVED),
    "media": for_all(SHOWN),
    "set_language": for_all(MOVED),
    "home": for_all(SHOWN),
    "search": for_all(SHOWN),
    "suggestions": for_all(SHOWN),
    "practices:list": for_all(SHOWN),
    "practices:detail": for_all(SHOWN),
    "practices:passport": for_all(SHOWN),
    "practices:whatsapp": for_all(MOVED),
    "practices:share_image": for_all(SHOWN),
    "practices:calculator": for_all(SHOWN),
    "practices:fill": for_all(SHOWN),
    "practices:adoptions_map": for_all(SHOWN),
    # Contributions: the draft is somebody else's
    "practices:add": for_all(SHOWN),
    "practices:word_form": for_all(SHOWN),
    "practices:word": signed_in(OTHER_METHOD),
    "practices:draft": signed_in(MISSING),
    "practices:section": signed_in(MISSING),
    "practices:send": signed_in(MISSING),
    "practices:mine": signed_in(MISSING),
    "practices:discard": signed_in(OTHER_METHOD),
    # The ledger: nobody here has a role in a municipality
    "practices:adopt": signed_in(MOVED),
    "practices:adoption": signed_in(MISSING),
    "practices:adoption_confirm": signed_in(MISSING),
    "practices:adoption_move": for_all(OTHER_METHOD),
    "practices:adoption_photo": for_all(OTHER_METHOD),
    "practices:adoption_photo_remove": for_all(OTHER_METHOD),
    "practices:check": signed_in(MISSING),
    # The journal, for whoever reads
    "journal:archive": for_all(SHOWN),
    "journal:issue": for_all(SHOWN),
    "journal:cover": for_all(SHOWN),
    "journal:article": for_all(SHOWN),
    "journal:cite": for_all(SHOWN),
    "journal:whatsapp": for_all(MOVED),
    "journal:share_image": for_all(SHOWN),
    "journal:article_pdf": for_all(SHOWN),
    # No edition is made here; tests/journal/test_outputs.py gives the files away
    "journal:issue_pdf": for_all(MISSING),
    "journal:issue_epub": for_all(MISSING),
    "journal:rubric": for_all(SHOWN),
    "journal:authors": for_all(SHOWN),
    "journal:author": for_all(SHOWN),
    "journal_feed": for_all(SHOWN),
    "journal_rubric_feed": for_all(SHOWN),
    "sitemap": for_all(SHOWN),
    "sitemap_part": for_all(SHOWN),
    # Those who write for the journal: the suggestion is anybody's, the article somebody else's
    "journal:suggest": for_all(SHOWN),
    "journal:suggested": for_all(SHOWN),
    "journal:writing": for_all(REFUSED),
    "journal:hand_in": for_all(REFUSED),
    "journal:author_remarks": for_all(REFUSED),
    # The journal by mail: who holds the link of a letter, confirms or leaves
    "journal:subscribe": for_all(SHOWN),
    "journal:subscribe_asked": for_all(SHOWN),
    "journal:subscribe_confirm": for_all(SHOWN),
    "journal:unsubscribe": for_all(SHOWN),
    "old_article": for_all(MOVED),
    # Partners: what belongs to their own editors is somebody else's
    "partners:list": for_all(SHOWN),
    "partners:projects": for_all(SHOWN),
    "partners:partner": for_all(SHOWN),
    "partners:edit": signed_in(MISSING),
    "partners:new_project": signed_in(MISSING),
    "partners:edit_project": signed_in(MISSING),
    "partners:take_back": signed_in(OTHER_METHOD),
    # Contests, for whoever reads: one with its results out
    **{f"contests:{name}": for_all(SHOWN) for name in (
        "list", "archive", "contest", "rules", "rules_version", "questions", "results", "calendar",
        "share_image", "vote", "protocol", "protocol_file", "apply", "diploma_check", "diploma",
        "diploma_pdf",
    )},
    "contests:whatsapp": for_all(MOVED),
    # Those who apply: the draft and the application are somebody else's
    "contests:draft": signed_in(MISSING),
    "contests:section": signed_in(MISSING),
    "contests:send": signed_in(MISSING),
    "contests:discard": signed_in(OTHER_METHOD),
    "contests:application": signed_in(MISSING),
    "contests:receipt": signed_in(MISSING),
    "contests:take_back": signed_in(MISSING),
    "contests:documents": signed_in(OTHER_METHOD),
    # The cabinet of a member: nobody here holds the link, superusers neither
    **{f"contests:{name}": for_all(REFUSED) for name in (
        "jury", "jury_statement", "jury_entry", "jury_hand_in", "jury_recuse", "jury_photo",
        "jury_document", "protocol_sign", "protocol_sign_pdf",
    )},
    "themes": for_all(SHOWN),
    "theme": for_all(SHOWN),
    "places:list": for_all(SHOWN),
    "places:municipality": for_all(SHOWN),
    "publishing:page": for_all(SHOWN),
    "data_kept": for_all(SHOWN),
    "account_deleted": for_all(SHOWN),
    "publishing:preview": preview,
    "go": for_all(SHOWN),
    "whatsapp_hook": for_all(MISSING),  # no keys are set
    # Coming in
    "account_login": entrance,
    "account_signup": entrance,
    "account_request_login_code": entrance,
    "account_reset_password": for_all(SHOWN),
    "account_password_reset_completed": for_all(SHOWN),
    "account_inactive": for_all(SHOWN),
    "account_logout": lambda role: MOVED if role == ANONYMOUS else SHOWN,
    "mfa_login_webauthn": lambda role: SIGN_IN if role == ANONYMOUS else MOVED,
    # Steps of coming in, which nobody here has begun
    "account_confirm_login_code": lambda role: MOVED,
    "account_confirm_password_reset_code": for_all(SIGN_IN),
    "account_complete_password_reset": for_all(MOVED),
    "account_email_verification_sent": signed_in(MOVED),
    "mfa_authenticate": signed_in(MOVED),
    # One's own account
    "account_home": signed_in(SHOWN),
    "account_data": signed_in(SHOWN),
    "account_export": signed_in(SHOWN),
    "account_delete": signed_in(SHOWN),
    "withdraw_consent": signed_in(OTHER_METHOD),
    "account_email": signed_in(SHOWN),
    "account_change_phone": signed_in(SHOWN),
    "account_verify_phone": signed_in(MOVED),
    "membership": signed_in(SHOWN),
    "membership_code": signed_in(MISSING),  # somebody else's
    "membership_new_code": signed_in(OTHER_METHOD),
    "account_change_password": signed_in(MOVED),
    "account_set_password": signed_in(SHOWN),
    "mfa_index": signed_in(SHOWN),
    "mfa_activate_totp": signed_in(SHOWN),
    "mfa_deactivate_totp": signed_in(MISSING),
    "mfa_view_recovery_codes": signed_in(MISSING),
    "mfa_generate_recovery_codes": signed_in(SHOWN),
    "mfa_download_recovery_codes": signed_in(MISSING),
    "mfa_list_webauthn": signed_in(SHOWN),
    "mfa_add_webauthn": signed_in(SHOWN),
    "mfa_remove_webauthn": signed_in(MISSING),
    "mfa_edit_webauthn": signed_in(MISSING),
    # Nothing to ask them by: they have neither a password nor a second factor
    "account_reauthenticate": signed_in(REFUSED),
    "mfa_reauthenticate": signed_in(REFUSED),
    "mfa_reauthenticate_webauthn": signed_in(REFUSED),
    # The admin, outside its models
    "admin:index": staff(SHOWN),
    "admin:parity": staff(SHOWN),
    "admin:login": lambda role: (
        SIGN_IN if role == ANONYMOUS else REFUSED if role in OUTSIDE_ADMIN else MOVED
    ),
    "admin:logout": lambda role: SIGN_IN if role in OUTSIDE_ADMIN else MOVED,
    "admin:password_change": staff(MOVED),
    "admin:password_change_done": staff(SHOWN),
    "admin:jsi18n": staff(SHOWN),
    "admin:autocomplete": staff(REFUSED, only=()),
    "admin:view_on_site": staff(MOVED),
}  # fmt: skip

# ---------------------------------------------------------------- rules of the admin's models

OWN_APPS = (
    "contests",
    "journal",
    "partners",
    "practices",
    "themes",
    "publishing",
    "people",
    "search",
    "places",
)
#: What the admin refuses to everybody, superusers included, for the records made below.
NEVER = {
    "practices.practice": {"delete"},  # it is published
    "practices.adoption": {"delete"},  # it was at work
    "practices.check": {"add", "delete"},
    "partners.partner": {"delete"},  # it is published
    "partners.proposal": {"add", "delete"},
    "themes.theme": {"delete"},  # practices stand on it
    "publishing.page": {"delete"},
    "publishing.auditevent": {"add", "delete"},
    "publishing.draft": {"add", "delete"},
    "people.user": {"delete"},
    "people.accesslink": {"add", "delete"},
    "people.membership": {"add", "delete"},
    "people.deskmessage": {"add", "delete"},
    "search.missedquery": {"add", "delete"},
    "contests.contest": {"delete"},  # it is published
    "contests.nomination": {"delete"},  # the rules are frozen
    "contests.criterion": {"delete"},
    "contests.member": {"delete"},
    "contests.application": {"add", "delete"},
    "contests.protocol": {"add", "delete"},
    "journal.pitch": {"delete"},
    "journal.rubric": {"delete"},  # an article stands in it
    "journal.author": {"delete"},  # named under an article
    "journal.subscriber": {"add", "change"},  # each confirms the address
    "auth.group": {"add", "delete"},
    "places.oblast": {"add", "delete"},
    "places.district": {"delete"},
    "places.municipality": {"delete"},
}
#: page of a model → the action of GRANTS that opens it, and what opening looks like
MODEL_PAGES = {
    "changelist": ("view", SHOWN),
    "add": ("add", SHOWN),
    "change": ("view", SHOWN),
    "history": ("view", SHOWN),
    "delete": ("delete", SHOWN),
    "changes": ("view", SHOWN),
    "revision": ("view", SHOWN),
    "export": ("view", SHOWN),
    "import": ("add", SHOWN),
}
#: page of a model that a POST changes something by → the action of GRANTS it takes
MODEL_POSTS = {
    "add": "add",
    "change": "change",
    "delete": "delete",
    "revision": "change",
    "preview_link": "change",
    "letter": "change",
    "import": "add",
    "process_import": "add",
    "export": "view",
}
#: Pages named for their model that follow no grant.
MODEL_RULES = {
    # Withdrawing, the one move open to a published record that only publishers make
    "practices_practice_move": staff(SHOWN, only=PUBLISHERS),
    "publishing_page_move": staff(SHOWN, only=PUBLISHERS),
    # Stopping, which editors do for the municipality
    "practices_adoption_move": staff(SHOWN, only=EDITORS),
    "practices_adoption_letter": staff(OTHER_METHOD),
    # Bringing back what was deleted: with a right to add and to change
    **{f"{model}_recoverlist": "recover" for model in (
        "practices_practice", "practices_adoption", "themes_theme", "themes_tag", "publishing_page",
    )},
    **{f"{model}_recover": "recover" for model in (
        "practices_practice", "practices_adoption", "themes_theme", "themes_tag", "publishing_page",
    )},
    # Roles in municipalities, and messages that are sent by hand
    "people_membership_revoke": staff(SHOWN, only=PUBLISHERS),
    "people_deskmessage_sent": staff(MOVED, only=PUBLISHERS),
    # These take a POST alone
    "practices_practice_preview_link": staff(OTHER_METHOD),
    "publishing_page_preview_link": staff(OTHER_METHOD),
    "practices_practice_letter": staff(OTHER_METHOD),
    "practices_practice_offer": staff(OTHER_METHOD),
    "journal_pitch_letter": staff(OTHER_METHOD),
    # What came is decided, and a text given to its author, by editors; whoever sees a text sees what
    # is remarked on it
    "journal_pitch_decide": staff(SHOWN, only=EDITORS),
    "journal_article_assign": staff(SHOWN, only=(*EDITORS, roles.TRANSLATOR)),
    "journal_article_remarks": staff(SHOWN, only=(*EDITORS, roles.TRANSLATOR, roles.OBSERVER)),
    # Articles, issues and the plan; editions come out by those who publish
    "journal_article_move": staff(SHOWN, only=PUBLISHERS),
    "journal_issue_move": staff(SHOWN, only=PUBLISHERS),
    "journal_issue_edition": staff(SHOWN, only=PUBLISHERS),
    "journal_article_board": model("journal.article", "view"),
    "journal_article_pictures": model("journal.article", "view"),
    "journal_article_translation": staff(SHOWN, only=(*EDITORS, roles.TRANSLATOR)),
    "journal_issue_contents": model("journal.issue", "view"),
    "journal_issue_outputs": model("journal.issue", "view"),
    "journal_issue_output": model("journal.issue", "view"),
    "journal_planline_grid": model("journal.planline", "view"),
    "journal_planline_begin": staff(OTHER_METHOD),
    **{f"journal_{each}_{page}": staff(OTHER_METHOD)
       for each in ("article", "issue") for page in ("preview_link", "letter")},
    **{f"journal_{each}_{page}": "recover"
       for each in ("article", "issue", "rubric", "author", "planline")
       for page in ("recover", "recoverlist")},
    # Word in and out of an article, news of an issue
    "journal_article_word_in": staff(SHOWN, only=(*EDITORS, roles.TRANSLATOR)),
    "journal_article_word_out": model("journal.article", "view"),
    "journal_issue_news": model("journal.issue", "view"),
    "journal_issue_mail": staff(OTHER_METHOD),
    "publishing_page_letter": staff(OTHER_METHOD),
    "partners_partner_move": staff(SHOWN, only=PUBLISHERS),
    "partners_partner_preview_link": staff(OTHER_METHOD),
    "partners_partner_letter": staff(OTHER_METHOD),
    "partners_partner_contacts": staff(SHOWN, only=PUBLISHERS),
    "partners_interaction_done": staff(OTHER_METHOD),
    "partners_proposal_answer": model("partners.proposal", "view"),
    "partners_agreement_report": model("partners.agreement", "view"),
    # Bringing back what was deleted
    **{f"partners_{model}_{page}": "recover"
       for model in ("partner", "project", "agreement") for page in ("recover", "recoverlist")},
    # A contest whose results are out, and one whose applications are being checked
    "contests_contest_move": staff(SHOWN, only=(roles.SPECIALIST,)),
    "contests_contest_days": staff(SHOWN, only=(roles.SPECIALIST,)),
    **{f"contests_contest_{page}": model("contests.contest", "view")
       for page in ("stand", "rules", "versions", "campaign")},
    **{f"contests_contest_{page}": staff(SHOWN, only=KEEPERS) for page in (
        "commission", "conflicts", "conflict", "leave", "assignment", "reopen_sheet", "unsent",
        "late", "ranking", "ranking_export", "what_if", "entry", "visits", "visit", "votes",
        "protocols", "after", "feedback", "tasks",
    )},
    "contests_contest_applications": staff(MOVED, only=KEEPERS),
    **{f"contests_contest_{page}": staff(OTHER_METHOD) for page in (
        "copy", "preview_link", "letter", "link", "look", "remind", "step_done", "result_text",
        "to_practice", "task",
    )},
    "contests_application_move": staff(SHOWN, only=KEEPERS),
    "contests_application_return": staff(SHOWN, only=KEEPERS),
    **{f"contests_{each}": staff(OTHER_METHOD) for each in (
        "application_checks", "application_letter", "member_letter", "protocol_letter",
        "protocol_renew",
    )},
    "contests_protocol_move": staff(SHOWN, only=KEEPERS),
    "contests_protocol_correct": staff(SHOWN, only=KEEPERS),
    **{f"contests_protocol_{page}": model("contests.protocol", "view")
       for page in ("awards", "file", "signatures")},
    # Rows of a contest stand on its pages: their own lists lead there
    **{f"contests_{each}_changelist": model(f"contests.{each}", "view", MOVED)
       for each in ("nomination", "criterion", "campaignstep")},
    **{f"contests_{each}_add": model(f"contests.{each}", "add", MOVED)
       for each in ("nomination", "criterion", "campaignstep")},
    **{f"contests_{each}_{page}": "recover"
       for each in ("contest", "nomination", "criterion", "campaignstep", "member", "question")
       for page in ("recover", "recoverlist")},
    # Nobody makes one by hand
    **{f"contests_protocol_{page}": staff(REFUSED) for page in ("recover", "recoverlist")},
    # The text of an unsent draft is its writer's own: there is a list and no page
    "publishing_draft_change": staff(REFUSED),
    "publishing_draft_history": staff(REFUSED),
    "practices_practice_process_import": staff(OTHER_METHOD),
    "auth_user_password_change": staff(SHOWN, only=()),
}  # fmt: skip


def granted(role: str, label: str, action: str) -> bool:
    app, model = label.split(".")
    if role == SUPERUSER:
        return True
    return role in GROUPS and action in actions_granted(role, app, model)


def model_rule(label: str, page: str, role: str) -> str:
    if role in OUTSIDE_ADMIN:
        return SIGN_IN
    if page in {"recover", "recoverlist"}:
        may = granted(role, label, "add") and granted(role, label, "change")
        return SHOWN if may else REFUSED
    action, shown = MODEL_PAGES[page]
    may = granted(role, label, action) and action not in NEVER.get(label, ())
    return shown if may else REFUSED


# ---------------------------------------------------------------- walking the urlconf


def walk(resolver=None, spaces=()):
    """(name with its namespaces, pattern) of every address."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from walk(pattern, inner)
        else:
            yield ":".join([*spaces, pattern.name or ""]), pattern


def model_pages() -> dict[str, tuple[str, str]]:
    """admin:app_model_page → (app.model, page)"""
    found = {}
    for model in admin.site._registry:
        prefix = f"{model._meta.app_label}_{model._meta.model_name}"
        for name, _pattern in walk():
            space, _colon, rest = name.rpartition(":")
            if space == "admin" and rest.startswith(f"{prefix}_"):
                found[name] = (model._meta.label_lower, rest.removeprefix(f"{prefix}_"))
    return found


PAGES = model_pages()


def rule_of(name: str):
    """role → outcome, or None where nobody has written one."""
    if name in RULES:
        return RULES[name]
    label, page = PAGES.get(name, ("", ""))
    own = MODEL_RULES.get(name.removeprefix("admin:"))
    if callable(own):
        return own
    if own == "recover" or page in MODEL_PAGES:
        return partial(model_rule, label, page)
    return None


#: Addresses without a name of their own, by pattern: old forms of addresses and the admin's last word.
UNNAMED = {"<path:object_id>/", "(?P<url>.*)$"}
APP_LISTS = "admin:app_list"


def names() -> list[str]:
    return sorted({name for name, _pattern in walk()} - {"admin:", APP_LISTS})


def test_every_address_has_a_rule():
    without = [name for name in names() if rule_of(name) is None]
    assert without == [], "write down in tests/test_roles.py who may see these"
    assert {str(pattern.pattern) for name, pattern in walk() if name == "admin:"} <= UNNAMED


def test_every_rule_has_an_address():
    known = set(names())
    assert [name for name in RULES if name not in known] == []
    assert [f"admin:{name}" for name in MODEL_RULES if f"admin:{name}" not in known] == []


# ---------------------------------------------------------------- the world


@pytest.fixture(scope="module")
def world(module_db):
    """One record of each kind, and how its addresses are filled in: {name: arguments}."""
    practice = factories.make_practice("published", tags=[factories.make_tag("суу", "вода")])
    page = factories.make_page(status="published")
    page.state_ky = page.state_ru = "ready"
    page.published_at = timezone.now()
    page.save()
    adoption = factories.make_adoption(practice, "counted")
    check = factories.make_check(adoption=adoption)
    AuditEvent.record(practice, action="publish", actor=None, via="system")
    draft = factories.make_practice()
    article = make_article()
    make_article("published", old_number=12)
    pitch = Pitch.objects.create(name="А", email="a@example.org", topic="Суу")
    subscriber = Subscriber.objects.create(email="a@example.org", language="ky")
    written = factories.make_draft(factories.make_user(is_staff=False))
    token = make_link(purpose=PREVIEW, target=draft)
    municipality = factories.make_municipality()
    person = factories.make_user(roles.TRANSLATOR)
    partner = make_partner("published")
    project = make_project(partner=partner, starts_on=timezone.localdate())
    agreement = Agreement.objects.create(title_ky="Келишим", kind="contract")
    proposal = Proposal.objects.create(partner=partner, answers={"phone": "1"})
    entry = Interaction.objects.create(partner=partner, kind="call", subject="Суу")
    decided = make_decided()
    checked = make_public_contest(ContestStatus.ADMISSION)
    unsent = make_entry_draft(checked)
    records = {
        "contests.contest": decided.contest,
        "contests.nomination": decided.contest.nominations.get(),
        "contests.criterion": decided.contest.criteria.first(),
        "contests.campaignstep": decided.contest.campaign.get(),
        "contests.question": decided.contest.questions.get(),
        "contests.member": decided.members[0],
        "contests.application": make_application(checked, status="submitted"),
        "contests.protocol": decided.correction,
        "partners.partner": partner,
        "partners.project": project,
        "partners.agreement": agreement,
        "partners.proposal": proposal,
        "partners.interaction": entry,
        "practices.practice": practice,
        "practices.adoption": adoption,
        "practices.check": check,
        "themes.theme": practice.theme,
        "themes.tag": practice.tags.first(),
        "publishing.page": page,
        "publishing.auditevent": AuditEvent.objects.first(),
        "publishing.draft": factories.make_draft(factories.make_user(is_staff=False)),
        "people.user": person,
        "people.accesslink": AccessLink.objects.first(),
        "people.membership": factories.make_membership(),
        "people.deskmessage": factories.make_desk_message(),
        "journal.article": article,
        "journal.issue": make_issue(),
        "journal.rubric": article.rubric,
        "journal.author": article.credits.first().author,
        "journal.planline": PlanLine.objects.create(
            month=timezone.localdate(), rubric=article.rubric, topic_ky="Суу"
        ),
        "journal.pitch": pitch,
        "journal.subscriber": subscriber,
        "search.term": Term.objects.create(ky="суу", ru="вода"),
        "search.missedquery": MissedQuery.objects.create(
            words="метро", language="ru", on=timezone.localdate()
        ),
        "places.municipality": municipality,
        "places.district": municipality.district,
        "places.oblast": municipality.oblast,
        "auth.group": Group.objects.first(),
    }
    # Each record that keeps versions gets one, made as the admin makes it.
    for record in records.values():
        if _keeps_versions(record) and not Version.objects.get_for_object(record).exists():
            with create_revision():
                record.save()
    document = practice.documents.first()
    template = factories.make_template(practice, "{municipality}")
    slug = {"slug": practice.slug}
    own = {"slug": partner.slug}
    issue = make_issue(number=1, status="published", published_at=timezone.now(), state_ky="ready")
    read = {"slug": make_article("published", issue=issue, slug="read").slug}
    arguments = {
        **{
            f"journal:{name}": read
            for name in ("article", "article_pdf", "whatsapp", "share_image")
        },
        "journal:cite": {**read, "suffix": "bib"},
        **{
            f"journal:{name}": {"slug": issue.slug}
            for name in ("issue", "issue_pdf", "issue_epub", "cover")
        },
        "journal:rubric": {"slug": issue.articles.get().rubric.slug},
        "journal:author": {"slug": issue.articles.get().credits.get().author.slug},
        "journal_feed": {"language": "ky"},
        "journal_rubric_feed": {"language": "ky", "slug": issue.articles.get().rubric.slug},
        **_of_contests(decided, unsent),
        "sitemap_part": {"name": "plain", "page": 1},
        "partners:partner": own,
        "partners:edit": own,
        "partners:new_project": own,
        "partners:edit_project": {**own, "uuid": project.uuid},
        "partners:take_back": {**own, "pk": proposal.pk},
        "emblem": {"position": 1},
        "cover": {"position": 1, "oblast": 1, "seed": 1},
        "short": {"code": str(practice.number)},
        "media": {
            "label": document._meta.label_lower,
            "uuid": document.uuid,
            "filename": document.filename,
        },
        "practices:detail": slug,
        "practices:passport": slug,
        "practices:whatsapp": slug,
        "practices:share_image": slug,
        "practices:calculator": slug,
        "practices:fill": {**slug, "uuid": template.uuid},
        "practices:adoptions_map": slug,
        "practices:word_form": {"language": "ky"},
        "practices:section": {"uuid": written.uuid, "name": "core"},
        **{
            f"practices:{name}": {"uuid": written.uuid}
            for name in ("draft", "send", "mine", "discard")
        },
        "practices:adopt": slug,
        "practices:adoption": {"pk": adoption.pk},
        "practices:adoption_confirm": {"pk": adoption.pk},
        "practices:adoption_move": {"pk": adoption.pk, "name": "stop"},
        "practices:adoption_photo": {"pk": adoption.pk},
        "practices:adoption_photo_remove": {"pk": adoption.pk, "uuid": adoption.practice.uuid},
        "practices:check": {"pk": check.pk},
        "journal:suggested": {"uuid": pitch.uuid},
        **{
            f"journal:{name}": {"token": subscriptions.token_of(subscriber, purpose)}
            for name, purpose in (
                ("subscribe_confirm", subscriptions.CONFIRM),
                ("unsubscribe", subscriptions.LEAVE),
            )
        },
        "old_article": {"number": 12},
        **{
            f"journal:{name}": {"uuid": article.uuid}
            for name in ("writing", "hand_in", "author_remarks")
        },
        "theme": {"slug": practice.theme.slug},
        "places:municipality": {"code": municipality.code},
        "publishing:page": {"slug": page.slug},
        "publishing:preview": {"label": "practices.practice", "uuid": draft.uuid},
        "go": {"token": token},
        "membership_code": {"uuid": draft.uuid},
        "membership_new_code": {"uuid": draft.uuid},
        "withdraw_consent": {"uuid": draft.uuid},
        "mfa_remove_webauthn": {"pk": 1},
        "mfa_edit_webauthn": {"pk": 1},
        "admin:view_on_site": {
            "content_type_id": _content_type(practice),
            "object_id": practice.pk,
        },
        "admin:auth_user_password_change": {"id": person.pk},
    }
    for name, (label, kind) in PAGES.items():
        if label in records:
            arguments[name] = _arguments(records[label], kind)
    return arguments | _own_pages_of_contests(decided, checked, unsent)


def _of_contests(decided, unsent) -> dict:
    """Public pages of a contest with its results out, the cabinet of its chair, somebody’s papers."""
    slug = {"slug": decided.contest.slug}
    code = {"pk": decided.sheet.member_id, "code": decided.entry.code}
    return {
        **{
            f"contests:{name}": slug
            for name in (
                "contest", "apply", "rules", "questions", "calendar", "results", "whatsapp",
                "share_image", "vote",
            )
        },
        "contests:rules_version": {**slug, "number": 1},
        "contests:protocol": {**slug, "pk": decided.protocol.pk},
        "contests:protocol_file": {**slug, "pk": decided.protocol.pk, "kind": "docx"},
        **{f"contests:{name}": {"code": decided.award.code} for name in ("diploma", "diploma_pdf")},
        **{f"contests:{name}": {"pk": code["pk"]} for name in ("jury", "jury_statement")},
        **{f"contests:jury_{name}": code for name in ("entry", "hand_in", "recuse")},
        **{f"contests:jury_{name}": {**code, "number": 1} for name in ("photo", "document")},
        **{
            f"contests:{name}": {"pk": code["pk"], "protocol": decided.correction.pk}
            for name in ("protocol_sign", "protocol_sign_pdf")
        },
        **{f"contests:{name}": {"uuid": unsent.uuid} for name in ("draft", "discard", "send")},
        "contests:section": {"uuid": unsent.uuid, "name": "entry"},
        **{
            f"contests:{name}": {"uuid": decided.entry.uuid}
            for name in ("application", "documents", "receipt", "take_back")
        },
    }  # fmt: skip


def _own_pages_of_contests(decided, checked, unsent) -> dict:
    """Pages of the admin that name a row beside the contest."""
    rows = {
        "step_done": decided.contest.campaign.get(),
        "link": decided.members[1],
        "leave": decided.members[1],
        "conflict": decided.conflict,
        "reopen_sheet": decided.sheet,
        "entry": decided.entry,
        "visit": decided.visit,
        "feedback": decided.entry,
        "result_text": decided.entry,
        "to_practice": decided.entry,
        "task": decided.task,
    }
    contest = {"object_id": decided.contest.pk}
    alone = (
        "stand", "rules", "versions", "campaign", "applications", "commission", "conflicts",
        "assignment", "ranking", "ranking_export", "what_if", "visits", "votes", "protocols",
        "after", "tasks", "copy", "look", "remind",
    )  # fmt: skip
    protocol = {"object_id": decided.correction.pk}
    pages = {
        **dict.fromkeys(alone, contest),
        **{name: {**contest, "pk": row.pk} for name, row in rows.items()},
        "days": {"object_id": checked.pk},
        "unsent": {"object_id": checked.pk},
        "late": {"object_id": checked.pk, "uuid": unsent.uuid},
    }
    return {
        **{f"admin:contests_contest_{name}": given for name, given in pages.items()},
        **{f"admin:contests_protocol_{name}": protocol
           for name in ("awards", "correct", "signatures")},
        "admin:contests_protocol_renew": {**protocol, "what": "text"},
        "admin:contests_protocol_file": {**protocol, "kind": "docx"},
        "admin:contests_protocol_letter": {**protocol, "member": decided.members[0].pk},
        **{f"admin:contests_application_{name}": {"object_id": checked.applications.get().pk}
           for name in ("checks", "return")},
    }  # fmt: skip


def _move_of(record) -> str:
    """A move that asks for a word, so that a look shows a page."""
    if isinstance(record, Issue):
        return "archive"
    if isinstance(record, Application):
        return "refuse"
    if isinstance(record, Protocol):
        return "rework"
    return "stop" if isinstance(record, Adoption) else "withdraw"


def _keeps_versions(record) -> bool:
    from reversion import is_registered

    return is_registered(type(record))


def _content_type(record) -> int:
    from django.contrib.contenttypes.models import ContentType

    return ContentType.objects.get_for_model(record).pk


def _output_of(record) -> int | None:
    """A made file, where the record is an issue."""
    if not isinstance(record, Issue):
        return None
    made = {"file": ContentFile(b"PK", "issue.epub")}
    return Output.objects.get_or_create(issue=record, language="ky", kind="epub", defaults=made)[
        0
    ].pk


def _arguments(record, page: str):
    version = Version.objects.get_for_object(record).first() if _keeps_versions(record) else None
    return {
        "changelist": {},
        "add": {},
        "change": {"object_id": record.pk},
        "history": {"object_id": record.pk},
        **{name: {"object_id": record.pk} for name in ("revoke", "answer", "report", "done")},
        "sent": {"object_id": record.pk},
        "delete": {"object_id": record.pk},
        "move": {"object_id": record.pk, "name": _move_of(record)},
        "preview_link": {"object_id": record.pk},
        "letter": {"object_id": record.pk, "name": "published"},
        "decide": {"object_id": record.pk, "decision": "decline"},
        "offer": {"object_id": record.pk, "name": "journal"},
        **{
            name: {"object_id": record.pk}
            for name in ("pictures", "translation", "contents", "outputs", "begin")
        },
        "output": {"object_id": record.pk, "pk": _output_of(record)},
        "edition": {"object_id": record.pk, "name": "release", "language": "ky"},
        "assign": {"object_id": record.pk},
        "remarks": {"object_id": record.pk},
        **{name: {"object_id": record.pk} for name in ("word_in", "news")},
        **{name: {"object_id": record.pk, "language": "ky"} for name in ("word_out", "mail")},
        "changes": {"object_id": record.pk, "version_id": version and version.pk},
        "revision": [record.pk, version and version.pk],
        "recoverlist": {},
        "recover": [version and version.pk],
    }.get(page, {})


def visitor(role: str) -> Client:
    client = Client()
    if role != ANONYMOUS:
        groups = [role] if role in GROUPS else []
        user = factories.make_user(
            *groups, is_staff=role not in OUTSIDE_ADMIN, is_superuser=role == SUPERUSER
        )
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        client.force_login(user)
    return client


def address(name: str, arguments) -> str:
    with translation.override("ru"):
        if isinstance(arguments, list):
            return reverse(name, args=arguments)
        return reverse(name, kwargs=arguments or None)


# ---------------------------------------------------------------- the walk


#: Deleted versions are there only after something was deleted; models of packages have no record here.
def is_walked(name: str) -> bool:
    label, page = PAGES.get(name, ("", ""))
    if page == "recover":
        return False
    return not label or label.split(".")[0] in (*OWN_APPS, "auth")


@pytest.mark.parametrize("role", ROLES)
def test_role_gets_what_the_table_says(world, role):
    client = visitor(role)
    wrong = []
    for name in names():
        if not is_walked(name) or name in {"admin:logout", "account_logout"}:
            continue
        rule = rule_of(name)
        if getattr(rule, "is_for_all", False) and role not in SAMPLE:
            continue
        url = address(name, world.get(name))
        response = client.get(url)
        if response.streaming:
            b"".join(response)  # closes the file
        got = outcome(response)
        if got != (wanted := rule(role)):
            wrong.append(f"{name} {url}: {got}, not {wanted}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES)
def test_contest_being_prepared_is_previewed_by_its_staff_alone(role):
    contest = complete(make_contest())
    given = {"label": "contests.contest", "uuid": contest.uuid}
    outside = SIGN_IN if role == ANONYMOUS else MISSING
    wanted = SHOWN if role in {*KEEPERS, SUPERUSER} else outside
    assert outcome(visitor(role).get(address("publishing:preview", given))) == wanted


#: Pages of a contest that its readers have from the announcement on, and those of its results.
READ = (
    "contest", "apply", "rules", "rules_version", "questions", "calendar", "share_image", "vote",
)  # fmt: skip
OF_RESULTS = ("results", "protocol", "protocol_file", "diploma", "diploma_pdf")
#: State of a contest → what comes back of READ and of OF_RESULTS.
BEFORE = (ContestStatus.DRAFT, ContestStatus.CONCEPT, ContestStatus.APPROVED)
PUBLIC_BY_STATE = {
    **dict.fromkeys(ContestStatus, (SHOWN, MISSING)),
    **dict.fromkeys(BEFORE, (MISSING, MISSING)),
    **dict.fromkeys(RESULTS, (SHOWN, SHOWN)),
    ContestStatus.WITHDRAWN: (MISSING, MISSING),
}


def test_pages_of_a_contest_are_there_by_its_state_alone(media_root, client):
    """Whatever lies in the tables already: protocol, awards and diplomas wait for the results."""
    decided = make_decided()
    arguments = _of_contests(decided, decided.entry)
    wrong = []
    for status, (read, of_results) in PUBLIC_BY_STATE.items():
        Contest.objects.filter(pk=decided.contest.pk).update(status=status)
        cache.clear()  # so many codes are not looked up in an hour
        for names, wanted in ((READ, read), (OF_RESULTS, of_results)):
            for name in names:
                url = address(f"contests:{name}", arguments[f"contests:{name}"])
                got = outcome(client.get(url)).replace("410", MISSING)
                if got != wanted:
                    wrong.append(f"{status} {name}: {got}, not {wanted}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["admin:logout", "account_logout"])
@pytest.mark.parametrize("role", [ANONYMOUS, READER, roles.CHIEF_EDITOR])
def test_nobody_is_signed_out_by_a_look(name, role):
    client = visitor(role)
    before = client.session.get("_auth_user_id")
    client.get(address(name, None))
    assert client.session.get("_auth_user_id") == before


@pytest.mark.parametrize("role", [ANONYMOUS, READER, roles.CONTRIBUTOR])
def test_nothing_of_the_admin_takes_a_post_from_outside(world, role):
    """Neither pages of packages, nor the unnamed ones, nor lists of an app."""
    client = visitor(role)
    wrong = []
    addresses = [
        address(name, world.get(name, _arguments_of_package(name)))
        for name in names()
        if name.startswith("admin:") and name not in {"admin:login", "admin:logout"}
    ]
    addresses += ["/admin/practices/", "/admin/nothing/", "/admin/practices/practice/1/"]
    for url in addresses:
        response = client.post(url, {"_save": "", "confirmed": "yes", "reason": "x"})
        if outcome(response) != SIGN_IN:
            wrong.append(f"{url}: {response.status_code}")
    assert wrong == []


def _arguments_of_package(name: str):
    page = PAGES.get(name, ("", ""))[1]
    return {
        "recover": [1],
        **{each: {"object_id": 1} for each in ("change", "history", "delete")},
    }.get(page)


def test_sign_in_leads_back_to_where_one_was_going(world, client):
    url = address("admin:practices_practice_change", world["admin:practices_practice_change"])
    response = client.get(url)
    assert response.url.endswith(f"?next={quote(url)}")


@pytest.mark.parametrize("group", [g for g in GROUPS if g not in OUTSIDE_ADMIN])
def test_group_without_a_grant_changes_nothing_by_post(world, group):
    client = visitor(group)
    wrong = []
    for name, (label, page) in PAGES.items():
        action = MODEL_POSTS.get(page)
        if action is None or not is_walked(name):
            continue
        if granted(group, label, action) and action not in NEVER.get(label, ()):
            continue
        status = client.post(address(name, world[name]), {"_save": "", "post": "yes"}).status_code
        if status != 403:
            wrong.append(f"{name}: {status}")
    assert not wrong, "\n".join(wrong)
    assert AccessLink.objects.count() == 1


#: What of a contest the specialist alone writes: name, what is sent.
LEADS_ALONE = (
    ("contest_move", {"confirmed": "yes", "reason": "x", "withdrawal_kind": "mistake"}),
    ("contest_copy", {}),
    ("contest_days", {"reason": "x"}),
    ("contest_step_done", {"done_on": "2026-01-01"}),
    ("contest_after", {"article": ""}),
    ("contest_preview_link", {}),
)


@pytest.mark.parametrize(
    "group", [g for g in GROUPS if g not in {*OUTSIDE_ADMIN, roles.SPECIALIST}]
)
def test_a_contest_takes_posts_from_its_staff_alone(world, group):
    """Whoever keeps no papers of contests is refused everywhere; the secretary, what leads alone do."""
    client = visitor(group)
    own = [name for name in PAGES if name.startswith("admin:contests_") and is_walked(name)]
    asked = [(name, {"_save": "", "confirmed": "yes", "reason": "x"}) for name in own]
    if group == roles.CONTEST_SECRETARY:
        asked = [(f"admin:contests_{name}", data) for name, data in LEADS_ALONE]
    wrong = [
        f"{name}: {status}"
        for name, data in asked
        if (status := client.post(address(name, world.get(name)), data).status_code)
        not in {403, 405}  # 405: nothing is written there at all
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("group", [g for g in GROUPS if g not in {*OUTSIDE_ADMIN, *PUBLISHERS}])
def test_group_that_does_not_publish_withdraws_nothing(world, group):
    client = visitor(group)
    for name in ("admin:practices_practice_move", "admin:publishing_page_move"):
        data = {"confirmed": "yes", "reason": "x", "withdrawal_kind": "mistake"}
        assert client.post(address(name, world[name]), data).status_code == 403


@pytest.mark.parametrize("group", [g for g in GROUPS if g not in OUTSIDE_ADMIN])
def test_pages_of_packages_are_closed_to_groups(group):
    client = visitor(group)
    for model in admin.site._registry:
        if model._meta.app_label not in (*OWN_APPS, "auth"):
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            assert client.get(url).status_code == 403, url


@pytest.mark.parametrize("role", [r for r in ROLES if r not in OUTSIDE_ADMIN])
def test_list_of_an_app_opens_for_who_may_see_something_in_it(role):
    client = visitor(role)
    for app in OWN_APPS:
        models = [m for m in admin.site._registry if m._meta.app_label == app]
        may = any(granted(role, model._meta.label_lower, "view") for model in models)
        response = client.get(reverse(APP_LISTS, kwargs={"app_label": app}))
        assert response.status_code == (200 if may else 404), (role, app)


def test_blocked_person_is_out_at_once(client, chief):
    client.force_login(chief)
    assert client.get(reverse("admin:index")).status_code == 200
    chief.is_active = False
    chief.save()
    assert outcome(client.get(reverse("admin:index"))) == SIGN_IN
