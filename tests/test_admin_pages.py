"""Every page of the admin of every model, opened with a real object, by everybody who may or not."""

from datetime import timedelta
from operator import attrgetter

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from contests.admin_protocol import SCORING
from contests.choices import ContestStatus, ProtocolStatus
from contests.rescheduling import STAGES as RESCHEDULED_IN
from journal.choices import ArticleStatus, IssueStatus
from journal.models import Article, Comment, Issue, Pitch, PlanLine, Subscriber
from partners.models import Agreement, Interaction
from partners.proposals import propose
from people.actions import make_link
from people.models import AccessLink
from publishing.files import DOCUMENT_TYPES
from publishing.models import AuditEvent
from search.models import MissedQuery, Term
from tests import factories, factories_contests, factories_journal
from tests.admin_forms import address as page_of
from tests.admin_forms import posted
from tests.pages import document

pytestmark = pytest.mark.django_db
#: Models of packages whose admin the portal takes as it comes; superusers alone see them.
OWN_APPS = {
    "contests", "journal", "partners", "practices", "themes", "publishing", "people", "search", "places",
}  # fmt: skip
#: Models that have a list and no page of their own.
LISTS_ALONE = {"publishing.draft"}
#: Rows that stand on the pages of their contest: no list of their own, the contest in the address.
ON_A_CONTEST = {"contests.nomination", "contests.criterion", "contests.campaignstep"}


@pytest.fixture(scope="module")
def objects(module_db):
    """One real object of every registered model of ours, by «app.model»."""
    practice = factories.make_practice(
        "published",
        "stale",
        tags=[factories.make_tag("суу", "вода")],
        themes_extra=[factories.theme("waste")],
    )
    practice.measurements.create(indicator_ky="суу", indicator_ru="вода", before=1, after=5)
    practice.funding.create(source="local_budget", amount=450000)
    practice.legal_basis.create(act_ky="мыйзам", act_ru="закон")
    practice.obstacles.create(barrier="finance", text_ky="акча", text_ru="деньги")
    practice.photos.create(file=factories.upload("a.jpg", factories.picture()), alt_ky="суу")
    practice.links.create(url="https://example.org/", title_ky="видео", title_ru="видео")
    practice.evidence.create(level=1, on=timezone.localdate(), note_ky="акт", note_ru="акт")
    adoption = factories.make_adoption(practice, "counted")
    AuditEvent.record(
        practice,
        action="send_back",
        actor=None,
        via="system",
        details={"checklist": ["cost", "field:steps"]},
    )
    make_link(purpose="preview", target=practice)
    municipality = factories.make_municipality()
    return {
        "practices.practice": practice,
        "practices.adoption": adoption,
        "practices.check": factories.make_check(adoption=adoption),
        "themes.theme": factories.theme(),
        "themes.tag": practice.tags.first(),
        "publishing.page": factories.make_page(),
        "publishing.auditevent": AuditEvent.objects.first(),
        "publishing.draft": factories.make_draft(factories.make_user(is_staff=False)),
        "people.user": factories.make_user("Translator"),
        "people.accesslink": AccessLink.objects.first(),
        "people.membership": factories.make_membership(),
        "people.deskmessage": factories.make_desk_message(),
        "search.term": Term.objects.create(ky="суу", ru="вода"),
        "search.missedquery": MissedQuery.objects.create(
            words="метро", language="ru", theme="waste", on=timezone.localdate()
        ),
        "places.municipality": municipality,
        "places.district": municipality.district,
        "places.oblast": municipality.oblast,
        "auth.group": Group.objects.first(),
        **_of_partners(),
        **_of_journal(practice),
        **_of_contests(),
    }


def _of_partners() -> dict:
    """A partner with everything that stands under it."""
    partner = factories_journal.make_partner("published", standing="active")
    partner.contacts.create(name="Айгүл Асанова", phone="0555 123 456", is_main=True)
    today = timezone.localdate()
    agreement = Agreement.objects.create(
        title_ky="Үч тараптуу келишим", title_ru="Соглашение трёх сторон", kind="tripartite",
        signed_on=today - timedelta(days=300), ends_on=today + timedelta(days=30),
    )  # fmt: skip
    agreement.parties.add(partner)
    agreement.obligations.create(text_ky="Окутуу", text_ru="Обучение", party=partner, due_on=today)
    agreement.files.create(
        file=factories.upload("a.pdf", factories.pdf()), title_ky="Келишим", title_ru="Соглашение"
    )
    entry = Interaction.objects.create(
        partner=partner, kind="call", subject="Суу жөнүндө", next_step="Кат жазуу", next_on=today
    )
    return {
        "partners.partner": partner,
        "partners.project": factories_journal.make_project(
            partner=partner, themes=[factories.theme()], is_countrywide=True
        ),
        "partners.agreement": agreement,
        "partners.interaction": entry,
        "partners.proposal": propose(
            partner=partner,
            by=factories.make_user("Partner editor", is_staff=False),
            answers={"summary_ky": "Жаңы сап"},
            before={"summary_ky": partner.summary_ky},
        ),
    }


def _of_journal(practice) -> dict:
    """An article in the editors’ hands, its issue, and what stands around them."""
    issue = factories_journal.make_issue()
    article = factories_journal.make_article(
        issue=issue, status=ArticleStatus.EDITING, practices=[practice]
    )
    article.pictures.create(file=factories.upload("b.jpg", factories.picture()), alt_ky="суу")
    Comment.objects.create(
        article=article,
        language="ky",
        paragraph=1,
        paragraph_digest="x",
        quote="Айылда",
        text="Кайда?",
    )
    AuditEvent.record(
        article, action="send_back", actor=None, via="system", details={"checklist": ["rights"]}
    )
    issue.team.create(task_ky="башкы редактор", task_ru="главный редактор", name_ky="А. А.")
    issue.copies.create(group_ky="айыл өкмөттөрү", group_ru="айыл окмоту", number=459)
    line = PlanLine.objects.create(
        month=timezone.localdate().replace(day=1), rubric=article.rubric, topic_ky="Жарык"
    )
    return {
        "journal.article": article,
        "journal.issue": issue,
        "journal.rubric": article.rubric,
        "journal.author": article.credits.first().author,
        "journal.planline": line,
        "journal.pitch": Pitch.objects.create(
            topic="Таза суу", name="Айгүл", email="a@example.org", language="ky"
        ),
        "journal.subscriber": Subscriber.objects.create(email="a@example.org", language="ky"),
    }


def _of_contests() -> dict:
    """A contest being prepared with everything its form shows; an application of one that is over;
    a draft of a protocol in the deliberation.
    """
    contest = factories_contests.complete(factories_contests.make_contest())
    decided = factories_contests.make_decided()
    deliberating = factories_contests.make_public_contest(ContestStatus.DELIBERATION)
    factories_contests.make_members(deliberating, 3)
    return {
        "contests.contest": contest,
        "contests.nomination": contest.nominations.get(),
        "contests.criterion": contest.criteria.first(),
        "contests.campaignstep": contest.campaign.get(),
        "contests.question": contest.questions.get(),
        "contests.member": decided.members[0],
        "contests.application": decided.entry,
        "contests.protocol": factories_contests.make_protocol(deliberating, ProtocolStatus.DRAFT),
    }


def own_admins():
    return [
        model_admin
        for model, model_admin in admin.site._registry.items()
        if model._meta.app_label in OWN_APPS
    ]


def address(model_admin, page, *args):
    return reverse(
        f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_{page}", args=args
    )


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_every_page_of_every_model_opens_for_a_superuser(client, objects, language):
    client.force_login(factories.make_user(is_superuser=True, language=language))
    for model_admin in own_admins():
        label = model_admin.opts.label_lower
        record = objects[label]
        for page, args in (("changelist", ()), ("change", (record.pk,)), ("history", (record.pk,))):
            response = client.get(address(model_admin, page, *args))
            if label in ON_A_CONTEST and page == "changelist":
                assert response.url == reverse("admin:contests_contest_changelist")
                continue
            if label in LISTS_ALONE and page != "changelist":
                assert response.status_code == 403, (label, page)
                continue
            assert_page(response, language, (label, page))
        of_contest = f"?contest={record.contest_id}" if label in ON_A_CONTEST else ""
        response = client.get(address(model_admin, "add") + of_contest)
        may_add = model_admin.has_add_permission(response.wsgi_request)
        assert response.status_code == (200 if may_add else 403), label
        response = client.get(address(model_admin, "delete", record.pk))
        may_delete = model_admin.has_delete_permission(response.wsgi_request, record)
        assert response.status_code == (200 if may_delete else 403), label


#: Pages of the journal and of partners beside the usual ones: label, page, further arguments.
OWN_PAGES = (
    ("journal.article", "move", "send_back"),
    ("journal.article", "pictures"),
    ("journal.article", "translation"),
    ("journal.article", "remarks"),
    ("journal.article", "word_in"),
    ("journal.issue", "contents"),
    ("journal.issue", "edition", "release", "ky"),
    ("journal.issue", "outputs"),
    ("journal.issue", "news"),
    ("journal.pitch", "decide", "accept"),
    ("journal.pitch", "decide", "covered"),
    ("journal.pitch", "decide", "decline"),
    ("partners.partner", "move", "withdraw"),
    ("partners.proposal", "answer"),
)
#: Of no record.
PAGES_ALONE = ("journal_article_board", "journal_planline_grid", "partners_partner_contacts")


def assert_page(response, language, what):
    assert response.status_code == 200, what
    assert f'<html lang="{language}"' in response.text, what
    assert "{#" not in response.text, what
    assert " style=" not in response.text, what
    assert " onclick=" not in response.text, what


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_own_pages_of_journal_and_partners_open(client, objects, language):
    client.force_login(factories.make_user(is_superuser=True, language=language))
    for label, page, *args in OWN_PAGES:
        assert_page(client.get(page_of(objects[label], page, *args)), language, (label, page))
    for name in PAGES_ALONE:
        assert_page(client.get(reverse(f"admin:{name}")), language, name)
    # The list of read contacts, a released edition with its recall, an article with its author.
    people = factories.upload("a.csv", "имя;телефон\nАсан Үсөнов;0555 111 222".encode())
    response = client.post(reverse("admin:partners_partner_contacts"), {"file": people})
    assert_page(response, language, "contacts read")
    assert "Асан Үсөнов" in response.text
    issue, article = objects["journal.issue"], objects["journal.article"]
    Article.objects.filter(pk=article.pk).update(status=ArticleStatus.DRAFT)
    assert_page(client.get(page_of(article, "assign")), language, "assign")
    issue.editions.filter(language="ky").update(released_at=timezone.now())
    Issue.objects.filter(pk=issue.pk).update(status=IssueStatus.RELEASED)
    for page in (("edition", "recall", "ky"), ("news",), ("contents",)):
        assert_page(client.get(page_of(issue, *page)), language, page)


def test_files_of_journal_and_partners_are_given_out(client, objects):
    client.force_login(factories.make_user(is_superuser=True))
    for label, page, *args in (
        ("journal.article", "word_out", "ru"),
        ("partners.agreement", "report"),
    ):
        response = client.get(page_of(objects[label], page, *args))
        assert response["Content-Type"] == DOCUMENT_TYPES[".docx"]
        assert response.content.startswith(b"PK")


# ---------------------------------------------------------------- contests

#: Pages of a contest with its results out: name, the row beside it, what is asked.
OF_DECIDED = (
    ("stand",), ("rules",), ("versions",), ("campaign",), ("commission",), ("conflicts",),
    ("conflict", "conflict"), ("leave", "sheet.member"), ("assignment",),
    ("reopen_sheet", "sheet"), ("ranking",), ("entry", "entry"), ("visits",), ("visit", "visit"),
    ("votes",), ("protocols",), ("after",), ("feedback", "entry"), ("tasks",),
)  # fmt: skip


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_own_pages_of_contests_open(client, media_root, language):
    decided = factories_contests.make_decided()
    client.force_login(factories.make_user(is_superuser=True, language=language))
    for page, *row in OF_DECIDED:
        args = [attrgetter(each)(decided).pk for each in row]
        assert_page(client.get(page_of(decided.contest, page, *args)), language, page)
    without = page_of(decided.contest, "what_if") + f"?member={decided.members[0].pk}"
    assert_page(client.get(without), language, "what_if")
    for page in ("awards", "signatures", "correct"):
        assert_page(client.get(page_of(decided.protocol, page)), language, page)
    for page, *args in (("renew", "text"), ("letter", decided.members[0].pk)):
        response = client.post(page_of(decided.correction, page, *args), follow=True)
        assert_page(response, language, page)
    # What follows a POST and is shown this once: a member’s link, an applicant’s result.
    for page, row in (("link", decided.members[0]), ("result_text", decided.entry)):
        response = client.post(page_of(decided.contest, page, row.pk), follow=True)
        assert_page(response, language, page)
    for page, args in (
        (decided.protocol, ("file", "docx")),
        (decided.contest, ("ranking_export",)),
    ):
        assert client.get(page_of(page, *args)).content.startswith(b"PK")


#: Page of a contest → states in which it is for nobody.
CLOSED_IN = {
    "protocols": SCORING,  # means stand in it
    "days": set(ContestStatus) - set(RESCHEDULED_IN),
}


@pytest.mark.parametrize(
    ("language", "label", "pages"),
    [
        (
            "ky",
            "contests.contest",
            ("stand", "assignment", "commission", "ranking", "protocols", "days"),
        ),
        ("ru", "contests.application", ("change",)),
        ("ky", "contests.protocol", ("change", "awards", "signatures")),
    ],
)
def test_pages_open_in_every_state(client, media_root, language, label, pages):
    """Whatever came before: a contest cancelled in the middle has sheets and no decision."""
    decided = factories_contests.make_decided()
    client.force_login(factories.make_user(is_superuser=True, language=language))
    record = {
        "contests.contest": decided.contest,
        "contests.application": decided.entry,
        "contests.protocol": decided.protocol,
    }[label]
    for status, _label in record._meta.get_field("status").choices:
        type(record).objects.filter(pk=record.pk).update(status=status)
        moves = [each for each in record.workflow if status in each.sources]
        for page in pages:
            response = client.get(page_of(record, page))
            if status in CLOSED_IN.get(page, ()):
                assert response.status_code == 403, (status, page)
            else:
                assert_page(response, language, (status, page))
        for step in moves:
            if step.who != ("system",):
                response = client.get(page_of(record, "move", step.name))
                assert_page(response, language, (status, step.name))


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_drafts_nobody_sent_are_looked_through(client, media_root, language):
    contest = factories_contests.make_public_contest(ContestStatus.ADMISSION)
    draft = factories_contests.make_entry_draft(contest)
    client.force_login(factories.make_user("Contest secretary", language=language))
    response = client.get(page_of(contest, "unsent"))
    assert_page(response, language, "unsent")
    assert str(draft.uuid) in response.text
    assert_page(client.get(page_of(contest, "late", draft.uuid)), language, "late")


@pytest.mark.parametrize("group", ["Moderator", "Partner editor"])
def test_own_pages_are_closed_to_who_may_not_see_the_record(client, objects, group):
    client.force_login(factories.make_user(group))
    for label, page, *args in (
        *OWN_PAGES,
        ("journal.article", "word_out", "ru"),
        ("partners.agreement", "report"),
    ):
        assert client.get(page_of(objects[label], page, *args)).status_code == 403, (label, page)
    for name in PAGES_ALONE:
        assert client.get(reverse(f"admin:{name}")).status_code == 403, name


def test_who_may_only_look_changes_nothing_on_own_pages(client, objects):
    """The observer opens what shows, and is refused where something is written."""
    client.force_login(factories.make_user("Observer"))
    article, issue = objects["journal.article"], objects["journal.issue"]
    for page in ("contents", "outputs"):
        response = client.get(page_of(issue, page))
        assert response.status_code == 200
        assert 'name="_save"' not in response.text
        assert client.post(page_of(issue, page), {"what": "ky-pdf"}).status_code == 403, page
    for record, page, *args in (
        (article, "translation"),
        (article, "remarks"),
        (article, "word_in"),
        (article, "assign"),
        (article, "move", "send_back"),
        (issue, "edition", "release", "ky"),
        (issue, "mail", "ky"),
        (objects["journal.planline"], "begin"),
        (objects["partners.proposal"], "answer"),
        (objects["partners.interaction"], "done"),
    ):
        assert client.post(page_of(record, page, *args), {}).status_code == 403, page


#: Forms of contests, journal and partners: a text of the record that two people change.
TWO_AT_ONCE = {
    "contests.contest": "goal_ky",
    "contests.nomination": "title_ky",
    "contests.criterion": "title_ky",
    "contests.campaignstep": "text_ky",
    "contests.question": "answer_ky",
    "contests.member": "post_ky",
    "contests.protocol": "text_ky",
    "journal.article": "subtitle_ky",
    "journal.issue": "lead_ky",
    "journal.rubric": "name_ky",
    "journal.author": "post_ky",
    "journal.planline": "topic_ky",
    "journal.pitch": "why",
    "partners.partner": "note",
    "partners.project": "note",
    "partners.agreement": "note",
    "partners.interaction": "summary",
}


@pytest.mark.parametrize("label", TWO_AT_ONCE)
def test_who_saves_second_is_told_and_loses_nothing(client, objects, label):
    client.force_login(factories.make_user(is_superuser=True))
    record, name = objects[label], TWO_AT_ONCE[label]
    url = page_of(record)
    mine = posted(client.get(url), **{name: "Меники"})
    theirs = posted(client.get(url), **{name: "Аныкы"})
    assert client.post(url, theirs).status_code == 302
    response = client.post(url, mine)
    form = response.context["adminform"].form
    assert form.has_conflict
    (told,) = document(response).get_element_by_id(f"at-{name}").find_class("theirs")
    assert "Аныкы" in told.text_content()
    assert form[name].value() == "Меники"
    record.refresh_from_db()
    assert getattr(record, name) == "Аныкы"
    again = mine | {"seen": form.stored_lock, "save_anyway": "1"}
    assert client.post(url, again).status_code == 302
    record.refresh_from_db()
    assert getattr(record, name) == "Меники"


def test_pages_of_packages_open_for_a_superuser(client, objects):
    client.force_login(factories.make_user(is_superuser=True))
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label not in OWN_APPS:
            assert client.get(address(model_admin, "changelist")).status_code == 200, model


def test_who_may_only_look_gets_no_field_to_write_in(client, objects):
    client.force_login(factories.make_user("Observer"))
    text = client.get(
        reverse("admin:practices_practice_change", args=[objects["practices.practice"].pk])
    ).text
    assert 'name="title_ky"' not in text
    assert 'name="_save"' not in text
    # Rich text is read as text.
    assert "<p>Суу жок болчу.</p>" in text


def test_admin_is_closed_to_readers(client, contributor):
    assert client.get(reverse("admin:index")).status_code == 302
    client.force_login(contributor)
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_whoever_has_not_signed_in_is_led_to_the_one_page_for_it(client):
    response = client.get(reverse("admin:index"), follow=True)
    assert reverse("account_login") in response.redirect_chain[-1][0]


def test_signing_out_is_a_post(client, editor):
    client.force_login(editor)
    assert client.get(reverse("admin:logout")).status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200
    client.post(reverse("admin:logout"))
    assert client.get(reverse("admin:index")).status_code == 302


def test_language_follows_the_account_until_it_is_switched(client):
    client.force_login(factories.make_user("Chief editor", language="ky"))
    assert '<html lang="ky"' in client.get(reverse("admin:index")).text
    client.post(reverse("set_language"), {"language": "ru", "next": reverse("admin:index")})
    assert '<html lang="ru"' in client.get(reverse("admin:index")).text


def test_audit_events_are_read_and_never_written(client, objects):
    client.force_login(factories.make_user(is_superuser=True))
    event = objects["publishing.auditevent"]
    url = reverse("admin:publishing_auditevent_change", args=[event.pk])
    assert client.post(url, {"label": "x"}).status_code == 403
    assert client.get(reverse("admin:publishing_auditevent_add")).status_code == 403


def test_a_signed_link_is_revoked_from_its_list(client, objects, chief):
    client.force_login(chief)
    link = objects["people.accesslink"]
    client.post(
        reverse("admin:people_accesslink_changelist"),
        {"action": "revoke", "_selected_action": [link.pk]},
    )
    link.refresh_from_db()
    assert link.revoked_at is not None
    assert not AccessLink.objects.alive().filter(pk=link.pk).exists()


def test_accounts_are_never_deleted_and_nobody_makes_themselves_superuser(client, objects):
    manager = factories.make_user()
    manager.user_permissions.add(
        *_permissions("view_user", "change_user"),
    )
    client.force_login(manager)
    url = reverse("admin:people_user_change", args=[manager.pk])
    data = {
        "name": "Х", "language": "ru", "email": manager.email, "is_active": "on", "is_staff": "on",
        "is_superuser": "on",
    }  # fmt: skip
    assert client.post(url, data).status_code == 302
    manager.refresh_from_db()
    assert manager.name == "Х"
    assert not manager.is_superuser
    assert client.post(reverse("admin:people_user_delete", args=[manager.pk])).status_code == 403


def _permissions(*names):
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=names, content_type__app_label="people")


def test_new_account_has_no_password(client):
    client.force_login(factories.make_user(is_superuser=True))
    response = client.post(
        reverse("admin:people_user_add"),
        {"name": "Айгүл", "language": "ky", "email": "aigul@example.org", "phone": ""},
    )
    assert response.status_code == 302
    user = ContentType.objects.get(app_label="people", model="user").get_object_for_this_type(
        email="aigul@example.org"
    )
    assert not user.has_usable_password()


def test_a_municipality_that_is_no_more_is_found_by_an_old_name_typed_without_kyrgyz_letters(
    client, chief
):
    unit = factories.make_municipality(
        name_ky="Көк-Өзөн айыл аймагы", name_ru="айылный аймак Кок-Озон", former_names=["Үчкүн"],
        valid_to=timezone.localdate() - timedelta(days=30),
    )  # fmt: skip
    client.force_login(chief)
    for term in ("кок-озон", "учкун", unit.code):
        response = client.get(
            reverse("admin:autocomplete"),
            {
                "app_label": "practices",
                "model_name": "practice",
                "field_name": "municipality",
                "term": term,
            },
        )
        found = response.json()["results"]
        assert [row["id"] for row in found] == [str(unit.pk)], term
        assert unit.district.label in found[0]["text"]
