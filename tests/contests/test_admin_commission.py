"""The commission in the admin: members, links, ties, decisions, sheets, reminders."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contests import assigning, reminders
from contests.assigning import assign, leave, plan
from contests.choices import (
    ApplicationStatus,
    ConflictDecision,
    ConflictKind,
    ConflictSource,
    ContestStatus,
    SheetStatus,
)
from contests.conflicts import decide, declare, find_conflicts, recused
from contests.models import Conflict, Member, Sheet
from contests.scoring import open_sheet
from people import roles
from people.actions import make_link
from people.models import AccessLink
from publishing.letters import write
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused
from tests import factories, factories_journal
from tests.factories_contests import (
    kinds_of,
    make_application,
    make_contest,
    make_members,
    make_nomination,
    score,
)

pytestmark = pytest.mark.django_db
ALLOWED = ConflictDecision.ALLOWED
RECUSED = ConflictDecision.RECUSED


@pytest.fixture
def secretary():
    return factories.make_user(roles.CONTEST_SECRETARY, email="secretary@example.org")


@pytest.fixture
def contest():
    return make_contest(ContestStatus.REVIEW)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Run what a change starts after its commit; returns the letters."""

    def run(act):
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return list(mail.outbox)

    return run


def page(name, *args) -> str:
    return reverse(f"admin:contests_contest_{name}", args=args)


# ---------------------------------------------------------------- ties the records tell


def apart(**fields):
    """A municipality of no district: nothing ties it to another."""
    place = factories.make_municipality(**fields)
    place.district = None
    place.save()
    return place


def test_merged_municipality_is_the_same_place(contest):
    old, new, half = apart(), apart(), apart()
    new.predecessors.add(old)
    [member] = make_members(contest, 1)
    application = make_application(contest, municipality=new)
    for home, kinds in ((old, [ConflictKind.OWN_MUNICIPALITY]), (half, [])):
        member.municipality = home
        assert kinds_of(member, application) == kinds
    half.predecessors.add(old)
    member.municipality = half
    assert kinds_of(member, application) == [], "halves of a split unit are two places"


def test_role_in_a_municipality_is_a_tie(contest):
    role = factories.make_membership(municipality=apart())
    [member] = make_members(contest, 1)
    member.user = role.user
    application = make_application(contest, municipality=role.municipality)
    assert kinds_of(member, application) == [ConflictKind.OWN_MUNICIPALITY]
    role.revoked_at = timezone.now()
    role.save()
    assert kinds_of(member, application) == []


def test_who_has_paid_or_written_or_advised_is_found(contest):
    partner = factories_journal.make_partner(title_ky="Суу агенттиги", title_ru="Агентство воды")
    [member] = make_members(contest, 1)
    member.name, member.organisation = "Асан Үсөнов", partner
    content = {"ky": {"title": "Суу", "funding": [{"id": "a", "name": "«Агентство воды», КР"}]}}
    paid = make_application(contest, municipality=apart(), content=content)
    assert kinds_of(member, paid) == [ConflictKind.EMPLOYER]
    written = make_application(contest, municipality=apart(), applicant_name="Үсөнов Асан")
    assert kinds_of(member, written) == [ConflictKind.AUTHOR]
    donor = factories_journal.make_project()
    donor.donors.add(partner)
    practice = factories.make_practice(source_project=donor)
    funded = make_application(contest, municipality=apart(), practice=practice)
    assert kinds_of(member, funded) == [ConflictKind.PARTNER_PROJECT]


def test_whoever_has_advised_an_adoption_is_a_mentor(contest):
    source, here = apart(), apart()
    practice = factories.make_practice(municipality=source)
    factories.make_adoption(practice, municipality=here, helped_by=["mentoring"])
    [member] = make_members(contest, 1)
    member.municipality = source
    content = {"ky": {"title": "Суу", "theme": practice.theme.slug}}
    assert kinds_of(member, make_application(contest, municipality=here, content=content)) == [
        ConflictKind.MENTOR
    ]
    other = make_application(contest, municipality=here, content={"ky": {"theme": "roads"}})
    assert kinds_of(member, other) == []


def test_ties_are_read_in_as_many_queries_for_any_number(contest):
    counts = []
    for more in (1, 2):
        make_members_of(contest, more)
        for _number in range(more):
            practice = factories.make_practice(source_project=factories_journal.make_project())
            make_application(contest, practice=practice)
        with CaptureQueriesContext(connection) as queries:
            plan(contest)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def make_members_of(contest, number):
    """More members, each with a tie of every kind."""
    for _number in range(number):
        member = Member.objects.create(
            contest=contest,
            name="Мүчө",
            user=factories.make_user(is_staff=False),
            municipality=factories.make_municipality(),
            organisation=factories_journal.make_partner(),
        )
        factories.make_membership(user=member.user)


def test_change_in_the_records_is_found_within_the_hour(contest):
    member = make_members(contest, 3)[0]
    application = make_application(contest, municipality=apart())
    assign(contest)
    assert reminders.look_for_conflicts() == 0
    member.municipality = application.municipality
    member.save()
    assert reminders.look_for_conflicts() == 1
    assert Sheet.objects.get(member=member).status == SheetStatus.RECUSED


# ---------------------------------------------------------------- decisions


def conflict_of(contest, number=3) -> Conflict:
    members = make_members(contest, number)
    application = make_application(contest)
    members[0].municipality = application.municipality
    members[0].save()
    find_conflicts(contest)
    return Conflict.objects.get()


def test_allowed_with_a_note_alone_and_the_sheet_is_given(contest, secretary):
    conflict = conflict_of(contest)
    assert assign(contest).short
    with pytest.raises(MoveRefused):
        decide(conflict, decision=ALLOWED, note=" ", by=secretary)
    decide(conflict, decision=ALLOWED, note="Он жыл мурда көчкөн", by=secretary)
    assert not assign(contest).short
    sheet = Sheet.objects.get(member=conflict.member)
    assert sheet.status == SheetStatus.ASSIGNED
    event = AuditEvent.about(conflict.application).get(action="decide_conflict")
    assert (event.before, event.after) == (RECUSED, ALLOWED)
    assert event.details == {"member": conflict.member_id, "kind": "own_municipality"}


@pytest.mark.parametrize("is_handed_in", [True, False])
def test_sheet_comes_back_as_it_was(contest, secretary, is_handed_in):
    members = make_members(contest, 3)
    application = make_application(contest)
    assign(contest)
    sheet = members[1].sheets.get()
    score(sheet, 5, 6, is_handed_in=is_handed_in)
    conflict = declare(members[1], application, ConflictKind.OTHER, actor=secretary)
    second = declare(members[1], application, ConflictKind.RELATIVE, actor=secretary)
    decide(conflict, decision=ALLOWED, note="Жок экен", by=secretary)
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.RECUSED, "another conflict keeps it closed"
    decide(second, decision=ALLOWED, note="Жок экен", by=secretary)
    sheet.refresh_from_db()
    assert sheet.status == (SheetStatus.SUBMITTED if is_handed_in else SheetStatus.OPENED)
    assert sheet.scores.count() == 2


def test_members_own_word_holds_against_what_was_allowed(contest, secretary):
    conflict = conflict_of(contest)
    decide(conflict, decision=ALLOWED, note="Көчкөн", by=secretary)
    declare(conflict.member, conflict.application, conflict.kind, note="Үйүм ошол жерде")
    conflict.refresh_from_db()
    assert (conflict.decision, conflict.found_by) == (RECUSED, ConflictSource.SYSTEM)
    assert recused([conflict.application]) == {(conflict.member_id, conflict.application_id)}


def test_entry_of_another_contest_is_refused(contest):
    [member] = make_members(contest, 1)
    with pytest.raises(MoveRefused):
        declare(member, make_application(make_contest()), ConflictKind.OTHER)
    assert not Conflict.objects.exists()


def test_nothing_is_decided_after_the_decision(contest, secretary):
    conflict = conflict_of(contest)
    contest.status = ContestStatus.DECIDED
    contest.save()
    with pytest.raises(MoveRefused):
        decide(conflict, decision=ALLOWED, note="Кеч", by=secretary)


def test_conflicts_are_noted_and_decided_on_their_page(client, contest, secretary):
    conflict = conflict_of(contest)
    other = contest.members.last()
    client.force_login(secretary)
    response = client.get(page("conflicts", contest.pk))
    assert [row["conflicts"] for row in response.context["by_member"]] == [[conflict]]
    client.post(
        page("conflicts", contest.pk),
        {"member": other.pk, "application": conflict.application_id, "kind": "relative"},
    )
    noted = Conflict.objects.get(member=other)
    assert (noted.found_by, noted.decision) == (ConflictSource.SECRETARY, RECUSED)
    decision = page("conflict", contest.pk, conflict.pk)
    assert client.post(decision, {"decision": "allowed", "note": ""}).status_code == 200
    assert client.post(decision, {"decision": "allowed", "note": "Көчкөн"}).status_code == 302
    conflict.refresh_from_db()
    assert (conflict.decision, conflict.decided_by) == (ALLOWED, str(secretary))
    foreign = page("conflict", make_contest().pk, conflict.pk)
    assert client.get(foreign).status_code == 404


# ---------------------------------------------------------------- members


def member_fields(contest, **fields) -> dict:
    return {
        "contest": contest.pk,
        "name": "Гүлнара",
        "post_ky": "адис",
        "post_ru": "",
        "role": "member",
        "position": "",
        "email": "g@example.org",
        "phone": "",
        "language": "ky",
        **fields,
    }


def test_member_is_appointed_with_their_ties(client, contest, specialist):
    application = make_application(contest)
    client.force_login(specialist)
    add = reverse("admin:contests_member_add")
    values = member_fields(contest, municipality=application.municipality_id)
    response = client.post(add, values)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert response["Location"] == page("commission", contest.pk)
    member = Member.objects.get()
    assert Conflict.objects.get().member == member
    client.post(add, member_fields(contest, name="Төрага", role="chair"))
    response = client.post(add, member_fields(contest, name="Экинчи төрага", role="chair"))
    assert "role" in response.context["adminform"].form.errors
    response = client.post(add, member_fields(contest, email="", phone=""))
    assert "email" in response.context["adminform"].form.errors
    foreign = make_nomination(make_contest())
    response = client.post(add, member_fields(contest, nominations=[foreign.pk]))
    assert "nominations" in response.context["adminform"].form.errors
    assert Member.objects.count() == 2


def test_secretary_changes_a_member_and_deletes_none(client, contest, secretary):
    member = make_members(contest, 1)[0]
    client.force_login(secretary)
    change = reverse("admin:contests_member_change", args=[member.pk])
    opened = client.get(change)
    lock = opened.context["adminform"].form.stored_lock
    values = member_fields(contest, name="Жаңы ат", role="chair", version=lock)
    response = client.post(change, values)
    assert response.status_code == 302, response.context["adminform"].form.errors
    member.refresh_from_db()
    assert (member.name, member.contest) == ("Жаңы ат", contest)
    gone = reverse("admin:contests_member_delete", args=[member.pk])
    assert client.post(gone, {"post": "yes"}).status_code == 403


def test_link_goes_by_mail_or_as_a_text(client, contest, secretary, committed):
    member, silent, *_rest = make_members(contest, 3)
    member.email, member.language = "m@example.org", "ru"
    member.save()
    client.force_login(secretary)
    [letter] = committed(lambda: client.post(page("link", contest.pk, member.pk)))
    assert letter.to == ["m@example.org"]
    assert "/go/" in letter.body
    link = AccessLink.objects.get()
    assert (link.purpose, link.target) == ("jury", member)
    assert committed(lambda: client.post(page("link", contest.pk, silent.pk))) == []
    text = reverse("admin:contests_member_letter", args=[silent.pk, "contest_invitation"])
    assert "/go/" in client.post(text).context["text"]
    contest.status = ContestStatus.ARCHIVED
    contest.save()
    assert committed(lambda: client.post(page("link", contest.pk, member.pk))) == []


def test_whoever_leaves_loses_link_and_unopened_sheets(client, contest, secretary):
    members = make_members(contest, 4)
    for _number in range(4):
        make_application(contest)
    assign(contest)
    leaver = members[1]
    make_link(purpose="jury", target=leaver)
    begun, *unopened = leaver.sheets.all()
    open_sheet(begun)
    assert unopened
    with pytest.raises(MoveRefused):
        leave(leaver, reason=" ", by=secretary)
    client.force_login(secretary)
    client.post(page("leave", contest.pk, leaver.pk), {"reason": "Кызматтан кетти"})
    leaver.refresh_from_db()
    assert not leaver.is_active
    assert not AccessLink.objects.alive().exists()
    assert [sheet.pk for sheet in leaver.sheets.all()] == [begun.pk]
    assert not assign(contest).short, "the others take over"
    assert AuditEvent.about(leaver).get(action="leave").reason == "Кызматтан кетти"


def test_commission_page_asks_as_often_for_any_number(client, contest, secretary):
    client.force_login(secretary)
    counts = []
    for more in (1, 2):
        for member in make_members_for_page(contest, more):
            make_link(purpose="jury", target=member)
        client.get(page("commission", contest.pk))
        with CaptureQueriesContext(connection) as queries:
            response = client.get(page("commission", contest.pk))
        counts.append(len(queries))
    assert len(response.context["rows"]) == 3
    assert counts[0] == counts[1]


def make_members_for_page(contest, number):
    return [
        Member.objects.create(contest=contest, name=f"Мүчө {each}", phone="+996555123456")
        for each in range(number)
    ]


# ---------------------------------------------------------------- sheets


def test_preview_writes_nothing_and_giving_out_does_what_it_showed(client, contest, secretary):
    make_members(contest, 4)
    own = make_application(contest)
    for _number in range(3):
        make_application(contest)
    member = contest.members.last()
    member.municipality = own.municipality
    member.save()
    client.force_login(secretary)
    response = client.get(page("assignment", contest.pk))
    shown = response.context["made"]
    assert not Sheet.objects.exists()
    assert not Conflict.objects.exists()
    assert response.context["new"] == 12
    client.post(page("assignment", contest.pk))
    given = set(Sheet.objects.values_list("application", "member"))
    assert given == shown.wanted
    assert (own.pk, member.pk) not in given
    assert Conflict.objects.filter(member=member, application=own).exists()
    response = client.get(page("assignment", contest.pk))
    assert (response.context["new"], response.context["taken_back"]) == (0, 0)
    assert AuditEvent.about(contest).get(action="give_sheets").details["given"] == 12


def test_what_cannot_be_done_is_told_with_the_reason(client, contest, secretary):
    members = make_members(contest, 4)
    application = make_application(contest)
    declare(members[1], application, ConflictKind.RELATIVE)
    members[2].nominations.add(make_nomination(contest))
    client.force_login(secretary)
    [told] = client.get(page("assignment", contest.pk)).context["obstacles"]
    assert told == {
        "application": application,
        "lacks": 1,
        "may": 2,
        "conflicts": 1,
        "elsewhere": 1,
    }


def test_unopened_sheets_are_shown_as_taken_back(contest, secretary):
    members = make_members(contest, 4)
    application = make_application(contest)
    assign(contest)
    given = {sheet.member_id for sheet in application.sheets.all()}
    [spare] = [each for each in members if each.pk not in given]
    chosen = next(each for each in members if each.pk in given)
    chosen.nominations.add(make_nomination(contest))
    made = plan(contest)
    assert made.taken_back == {(application.pk, chosen.pk)}
    assert made.new == {(application.pk, spare.pk)}
    assign(contest, by=secretary)
    assert {sheet.member_id for sheet in application.sheets.all()} == {
        each.pk for each in members
    } - {chosen.pk}


@pytest.mark.parametrize("status", [ContestStatus.ACCEPTING, ContestStatus.DELIBERATION])
def test_sheets_are_given_out_in_their_stages_alone(client, secretary, status):
    contest = make_contest(status)
    make_members(contest, 3)
    make_application(contest)
    client.force_login(secretary)
    client.post(page("assignment", contest.pk))
    with pytest.raises(MoveRefused):
        assign(contest)
    assert not Sheet.objects.exists()


def test_sheet_is_opened_again_by_the_chairs_word(client, contest, secretary):
    make_members(contest, 3)
    application = make_application(contest)
    assign(contest)
    sheet = score(application.sheets.first(), 5, 6)
    client.force_login(secretary)
    opened = page("reopen_sheet", contest.pk, sheet.pk)
    body = client.get(page("assignment", contest.pk)).content.decode()
    assert opened in body
    assert client.post(opened, {"reason": ""}).status_code == 200
    client.post(opened, {"reason": "Төраганын сөзү: балл жаңылыш"})
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.OPENED
    event = AuditEvent.about(application).get(action="reopen_sheet")
    assert event.actor_id == secretary.pk
    foreign = page("reopen_sheet", make_contest().pk, sheet.pk)
    assert client.get(foreign).status_code == 404


def test_sheets_page_shows_no_score(client, contest, secretary):
    make_members(contest, 3)
    application = make_application(contest)
    assign(contest)
    score(application.sheets.first(), 3, 7)
    client.force_login(secretary)
    with CaptureQueriesContext(connection) as queries:
        client.get(page("assignment", contest.pk))
    assert not [each for each in queries.captured_queries if "contests_score" in each["sql"]]


# ---------------------------------------------------------------- reminders


def with_mail(contest, number=3):
    members = make_members(contest, number)
    for each in members:
        each.email = f"m{each.pk}@example.org"
        each.save()
    return members


def test_open_sheets_are_reminded_of_three_days_and_one_before(contest, committed):
    members = with_mail(contest)
    application = make_application(contest)
    assign(contest)
    score(members[0].sheets.get(), 5, 6)
    today = timezone.localdate()
    contest.review_until = today + timedelta(days=5)
    contest.save()
    told = {}
    for left in (5, 3, 2, 1, 0):
        day = contest.review_until - timedelta(days=left)
        told[left] = {
            each.to[0] for each in committed(lambda day=day: reminders.remind_of_contests(day))
        }
        assert committed(lambda day=day: reminders.remind_of_contests(day)) == []
    both = {members[1].email, members[2].email}
    assert told == {5: set(), 3: both, 2: set(), 1: both, 0: set()}
    assert application.sheets.count() == 3


def test_button_reminds_once_in_half_a_day(client, contest, secretary, committed):
    members = with_mail(contest)
    members[2].email = ""
    members[2].save()
    make_application(contest)
    assign(contest)
    client.force_login(secretary)
    mails = committed(lambda: client.post(page("remind", contest.pk)))
    assert {each.to[0] for each in mails} == {members[0].email, members[1].email}
    assert committed(lambda: client.post(page("remind", contest.pk))) == []


@pytest.mark.parametrize("language", ["ky", "ru"])
@pytest.mark.parametrize("letter", ["contest_invitation", "contest_sheets_due"])
def test_letters_to_members_hold_their_link(contest, letter, language):
    contest.review_until = timezone.localdate() + timedelta(days=3)
    contest.save()
    member = make_members(contest, 3)[0]
    make_application(contest, ApplicationStatus.ADMITTED)
    assign(contest)
    written = write(letter, member, language=language)
    assert "/go/" in written.text
    assert member.name in written.text
    assert f"{contest.review_until:%d.%m.%Y}" in written.text
    assert "\n\n\n" not in written.text
    assert assigning.plan(contest).balance.short == {}
