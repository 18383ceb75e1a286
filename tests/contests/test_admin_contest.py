"""The specialist runs a contest from the admin: form, rules, versions, campaign, moves, the copy."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contests.choices import ContestStatus
from contests.freezing import differs_from_frozen, freeze
from contests.models import CampaignStep, Contest, Criterion, Nomination, Question
from contests.rescheduling import reschedule
from people.roles import CONTEST_SECRETARY, GROUPS, SPECIALIST
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused, move
from tests import factories
from tests.admin_forms import address, posted
from tests.factories_contests import complete, make_application, make_contest, make_nomination

pytestmark = pytest.mark.django_db
PAGES = ("change", "stand", "rules", "versions", "campaign", "history")


@pytest.fixture
def admin(client, specialist):
    client.force_login(specialist)
    return client


@pytest.fixture
def announced(media_root, specialist):
    contest = complete(make_contest())
    for name in ("propose", "approve", "announce"):
        move(contest, name, actor=specialist)
    return contest


def post_form(client, record, **changes):
    url = address(record)
    return client.post(url, posted(client.get(url), **changes))


# ---------------------------------------------------------------- pages


def test_pages_open_for_whoever_may_look(client, announced):
    for group in GROUPS:
        person = factories.make_user(group)
        client.force_login(person)
        may = person.has_perm("contests.view_contest")
        assert may >= (group in {SPECIALIST, CONTEST_SECRETARY})
        for page in PAGES if may else PAGES[:2]:
            assert client.get(address(announced, page)).status_code == (200 if may else 403), page


def test_pages_open_in_every_stage(admin, media_root):
    contest = complete(make_contest())
    freeze(contest, by=None)
    make_application(contest)
    for status in ContestStatus.values:
        Contest.objects.filter(pk=contest.pk).update(status=status)
        for page in ("change", "stand", "rules"):
            assert admin.get(address(contest, page)).status_code == 200, (status, page)


def test_pages_do_not_ask_more_for_more_rows(admin, announced):
    def add_rows():
        nomination = make_nomination(announced)
        nomination.prizes.create(place=1, title_ky="Сыйлык")
        Criterion.objects.create(
            contest=announced, nomination=nomination, title_ky="Ченем", weight=5
        ).anchors.create(value=0, text_ky="Жок")
        announced.campaign.create(channel="radio", planned_on="2026-10-01")
        announced.questions.create(question_ky="Качан?")
        make_application(announced, nomination=nomination)

    def asked():
        found = {}
        for page in ("change", "rules", "versions", "stand"):
            with CaptureQueriesContext(connection) as queries:
                assert admin.get(address(announced, page)).status_code == 200
            found[page] = len(queries)
        return found

    add_rows()
    asked()
    before = asked()
    for _number in range(2):
        add_rows()
    assert asked() == before
    assert before["rules"] <= 25
    assert max(before.values()) <= 60


def test_contest_is_made_in_the_admin(admin, specialist):
    url = reverse("admin:contests_contest_add")
    data = posted(
        admin.get(url), title_ky="Мыкты тажрыйба", title_ru="Лучшая практика", year="2027"
    )
    assert admin.post(url, data).status_code == 302
    contest = Contest.objects.get()
    assert (contest.status, contest.created_by) == (ContestStatus.DRAFT, specialist)


def test_form_keeps_the_term_to_the_second(admin):
    ends = timezone.localtime(timezone.now() + timedelta(days=9)).replace(second=59, microsecond=0)
    contest = make_contest(closes_at=ends)
    assert post_form(admin, contest, budget="5").status_code == 302
    contest.refresh_from_db()
    assert (contest.closes_at, contest.budget) == (ends, 5)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"closes_at": "2020-01-01T10:00"}, None),
        ({"review_until": "2020-01-01"}, "review_until"),
        ({"sheets_least": "9"}, None),
        (
            {"vote_from": "2027-01-02T00:00", "vote_until": "2027-01-01T00:00"},
            "vote_until",
        ),
    ],
)  # fmt: skip
def test_calendar_that_cannot_be_is_told(admin, changes, field):
    contest = make_contest()
    response = post_form(admin, contest, **changes)
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert errors if field is None else field in errors


# ---------------------------------------------------------------- frozen


def test_frozen_rules_are_read_only(admin, media_root):
    contest = complete(make_contest(ContestStatus.ACCEPTING))
    freeze(contest, by=None)
    response = admin.get(address(contest))
    fields = response.context["adminform"].form.fields
    for name in ("closes_at", "quorum", "goal_ky", "rules_ru", "needs_letter"):
        assert name not in fields
    assert "summary_ky" in fields
    admin.post(address(contest), posted(response, quorum="1", goal_ky="Башка", budget="7"))
    contest.refresh_from_db()
    assert (contest.budget, contest.quorum) == (7, 66)
    assert not differs_from_frozen(contest)


def test_nominations_and_criteria_are_frozen_too(admin):
    contest = make_contest(ContestStatus.ACCEPTING)
    criterion, nomination = contest.criteria.first(), contest.nominations.first()
    for row in (criterion, nomination):
        assert admin.get(address(row)).status_code == 200
    for status in set(ContestStatus.values) - {"draft", "announced"}:
        Contest.objects.filter(pk=contest.pk).update(status=status)
        for row in (criterion, nomination):
            for page in ("change", "delete"):
                assert admin.post(address(row, page), {"post": "yes"}).status_code == 403
    url = reverse("admin:contests_nomination_add") + f"?contest={contest.pk}"
    data = posted(admin.get(url), code="ЖОЛ", title_ky="Жол")
    assert admin.post(url, data).status_code == 200
    assert contest.nominations.count() == 1
    assert not differs_from_frozen(contest)


def test_old_state_does_not_come_back_behind_the_frozen_rules(admin, announced):
    post_form(admin, announced, summary_ky="Жаңы сап")
    post_form(admin, announced, quorum="51")
    Contest.objects.filter(pk=announced.pk).update(status=ContestStatus.ACCEPTING)
    history = admin.get(address(announced, "history")).context["entries"]
    first = [each["version"] for each in history if "version" in each][-1]
    url = address(announced, "revision", first.pk)
    assert admin.post(url, {}).status_code == 302
    announced.refresh_from_db()
    assert announced.quorum == 51


def test_changed_rules_are_told_and_frozen_with_a_reason(admin, announced):
    response = post_form(admin, announced, quorum="51")
    assert response.status_code == 302
    page = admin.get(address(announced))
    assert page.context["is_changed"]
    assert "change_rules" in {each["name"] for each in page.context["panel"]["moves"]}
    waiting = admin.get(address(announced, "versions")).context["waiting"]
    assert waiting[0]["changes"][0].difference == "<del>66</del><ins>51</ins>"
    url = address(announced, "move", "change_rules")
    words = {"told_ky": "Кворум азайды", "told_ru": "Меньший кворум"}
    assert admin.post(url, {"confirmed": "1", **words, "told_ru": ""}).status_code == 200
    admin.post(url, {"confirmed": "1", **words})
    newest, first = announced.versions.all()
    assert (newest.reason_ky, newest.reason_ru) == ("Кворум азайды", "Меньший кворум")
    assert not first.reason
    page = admin.get(address(announced))
    assert not page.context["is_changed"]
    assert "change_rules" not in {each["name"] for each in page.context["panel"]["moves"]}


# ---------------------------------------------------------------- nominations, criteria


def test_nomination_with_prizes_and_criterion_with_meanings(admin):
    contest = make_contest()
    url = reverse("admin:contests_nomination_add") + f"?contest={contest.pk}"
    prizes = {
        "prizes-TOTAL_FORMS": "1", "prizes-0-place": "1", "prizes-0-title_ky": "Сыйлык",
        "prizes-0-amount": "300000",
    }  # fmt: skip
    data = posted(admin.get(url), code="ЖОЛ", title_ky="Жол", _continue=None, **prizes)
    assert admin.post(url, data).url == address(contest, "rules")
    nomination = Nomination.objects.get(code="ЖОЛ")
    assert (nomination.contest, nomination.prizes.get().amount) == (contest, 300_000)
    url = reverse("admin:contests_criterion_add") + f"?contest={contest.pk}"
    page = admin.get(url)
    offered = page.context["adminform"].form.fields["nomination"].queryset
    assert set(offered) == set(contest.nominations.all())
    anchors = {
        "anchors-0-value": "0", "anchors-0-text_ky": "Жок",
        "anchors-1-value": "10", "anchors-1-text_ky": "Толук",
    }  # fmt: skip
    data = posted(page, title_ky="Ачыктык", weight="10", _continue=None, **anchors)
    assert admin.post(url, data).url == address(contest, "rules")
    criterion = Criterion.objects.get(title_ky="Ачыктык")
    assert [each.value for each in criterion.anchors.all()] == [0, 10]
    assert criterion.position == 3


def test_rows_of_another_contest_are_not_taken(admin):
    contest, other = make_contest(), make_contest()
    url = reverse("admin:contests_criterion_add") + f"?contest={contest.pk}"
    data = posted(admin.get(url), title_ky="Ачыктык", weight="10")
    data["nomination"] = str(other.nominations.get().pk)
    assert admin.post(url, data).status_code == 200
    criterion = contest.criteria.first()
    post_form(admin, criterion, contest=str(other.pk), weight="45")
    criterion.refresh_from_db()
    assert (criterion.contest, criterion.weight) == (contest, 45)


def test_code_of_a_nomination_is_once_and_plain(admin):
    contest = make_contest()
    url = reverse("admin:contests_nomination_add") + f"?contest={contest.pk}"
    there = contest.nominations.get().code
    for code in (there, there.lower(), "А/Б", "../х"):
        assert admin.post(url, posted(admin.get(url), code=code, title_ky="Жол")).status_code == 200
    assert contest.nominations.count() == 1
    admin.post(url, posted(admin.get(url), code=" жол", title_ky="Жол"))
    assert contest.nominations.filter(code="ЖОЛ").exists()


def test_weights_are_summed_per_nomination(admin):
    contest = make_contest()
    own = make_nomination(contest)
    Criterion.objects.create(contest=contest, nomination=own, title_ky="Өзүнүкү", weight=5)
    shown = admin.get(address(contest, "rules")).context["nominations"]
    assert [each["weight"] for each in shown] == [100, 105]


def test_row_is_deleted_from_the_rules(admin):
    contest = make_contest()
    criterion = contest.criteria.first()
    response = admin.post(address(criterion, "delete"), {"post": "yes"})
    assert response.url == address(contest, "rules")
    nomination = contest.nominations.get()
    make_application(contest)
    admin.post(address(nomination, "delete"), {"post": "yes"})
    assert contest.nominations.exists(), "applications stand under it"


# ---------------------------------------------------------------- moves


def test_extension_asks_for_the_new_end(admin):
    contest = make_contest(ContestStatus.ACCEPTING)
    url, before = address(contest, "move", "extend"), contest.closes_at
    assert admin.get(url).context["brings"]
    earlier = timezone.localtime(before - timedelta(days=1))
    words = {"told_ky": "Жол жабык", "told_ru": "Дорога закрыта"}
    for answer in ({"closes_at": f"{earlier:%Y-%m-%dT%H:%M}"}, {}):
        assert admin.post(url, {"confirmed": "1", **words, **answer}).status_code == 200
    later = timezone.localtime(before + timedelta(days=5)).replace(second=0, microsecond=0)
    answer = {"closes_at": f"{later:%Y-%m-%dT%H:%M}"}
    assert admin.post(url, {"confirmed": "1", **words, **answer}).status_code == 302
    contest.refresh_from_db()
    assert (contest.closes_at, contest.extended_from) == (later, before)
    newest = contest.versions.first()
    assert (newest.reason_ky, newest.reason_ru) == ("Жол жабык", "Дорога закрыта")
    assert "extend" not in {
        each["name"] for each in admin.get(address(contest, "stand")).context["moves"]
    }


def test_what_is_missing_leads_to_where_it_is_met(admin):
    contest = make_contest()
    contest.nominations.all().delete()
    [group] = admin.get(address(contest, "stand")).context["wanted"]
    ways = {message: url for url, message in group["items"]}
    assert address(contest, "rules") in ways.values()
    assert address(contest, "campaign") in ways.values()
    assert f"{address(contest)}#id_goal_ky" in ways.values()
    for url in set(ways.values()):
        assert admin.get(url.partition("#")[0]).status_code == 200


def test_approvals_stand_open_before_the_approval_alone(admin, announced):
    formsets = admin.get(address(announced)).context["inline_admin_formsets"]
    [approvals] = [each for each in formsets if each.formset.prefix == "approvals"]
    assert not approvals.has_add_permission
    assert not approvals.has_change_permission


def test_copy_is_a_button(admin, announced):
    response = admin.post(address(announced, "copy"))
    copy = Contest.objects.exclude(pk=announced.pk).get()
    assert response.url == address(copy)
    assert admin.get(address(copy)).status_code == 200
    assert admin.get(address(announced, "copy")).status_code == 405
    admin.force_login(factories.make_user(CONTEST_SECRETARY))
    assert admin.post(address(announced, "copy")).status_code == 403


# ---------------------------------------------------------------- campaign, questions


def test_step_is_planned_and_done(admin, announced, specialist):
    announced.campaign.all().delete()
    url = reverse("admin:contests_campaignstep_add") + f"?contest={announced.pk}"
    data = posted(admin.get(url), channel="radio", planned_on="2026-10-01", _continue=None)
    assert admin.post(url, data).url == address(announced, "campaign")
    step = CampaignStep.objects.get()
    [drawn] = admin.get(address(announced, "campaign")).context["steps"]
    assert all(text["text"] and not text["is_own"] for text in drawn["texts"])
    done = address(announced, "step_done", step.pk)
    tomorrow = timezone.localdate() + timedelta(days=1)
    prefix = f"step-{step.pk}-"
    for answers in (
        {"done_on": tomorrow},
        {"done_on": ""},
        {"done_on": "2026-01-01", "reach": "-1"},
    ):
        response = admin.post(done, {prefix + name: value for name, value in answers.items()})
        assert response.status_code == 200
    today = timezone.localdate().isoformat()
    answers = {"done_on": today, "reach": "1200", "cost": "5000", "link": "example.org/efir"}
    assert (
        admin.post(done, {prefix + name: value for name, value in answers.items()}).status_code
        == 302
    )
    step.refresh_from_db()
    assert (step.reach, step.cost, step.link) == (1200, 5000, "https://example.org/efir")
    brought = admin.get(address(announced, "campaign")).context["brought"]
    assert (brought["reach"], brought["cost"]) == (1200, 5000)


def test_step_of_another_contest_is_not_found(admin, announced):
    foreign = make_contest().campaign.create(channel="radio", planned_on="2026-10-01")
    assert admin.post(address(announced, "step_done", foreign.pk), {}).status_code == 404
    admin.force_login(factories.make_user(CONTEST_SECRETARY))
    step = announced.campaign.get()
    assert admin.post(address(announced, "step_done", step.pk), {}).status_code == 403


def test_moved_step_is_reminded_of_anew(admin, announced):
    step = announced.campaign.get()
    for changes, is_kept in (({"text_ky": "Салам"}, True), ({"planned_on": "2027-01-01"}, False)):
        CampaignStep.objects.update(reminded_at=timezone.now())
        post_form(admin, step, **changes)
        step.refresh_from_db()
        assert bool(step.reminded_at) is is_kept


def test_answer_is_dated_and_shown_only_when_it_is_there(client):
    client.force_login(factories.make_user(CONTEST_SECRETARY))
    contest = make_contest(ContestStatus.ACCEPTING)
    question = contest.questions.create(question_ky="Ким катыша алат?", email="a@example.org")
    page = client.get(reverse("admin:contests_question_changelist") + "?work=unanswered")
    assert question in page.context["cl"].result_list
    assert post_form(client, question, is_public="on").status_code == 200
    assert post_form(client, question, is_public="on", answer_ky="Баары").status_code == 302
    question = Question.objects.get()
    assert question.answered_at
    assert question.is_public
    page = client.get(reverse("admin:contests_question_changelist") + "?work=unanswered")
    assert not page.context["cl"].result_list


# ---------------------------------------------------------------- days that slip

#: After factories’ opens_at.
PAST = timezone.now() - timedelta(days=5)


def test_days_of_the_commission_move_with_a_reason_and_a_new_version(client, specialist):
    contest = make_contest(ContestStatus.REVIEW, closes_at=PAST, review_until=timezone.localdate())
    later = timezone.localdate() + timedelta(days=7)
    client.force_login(specialist)
    page = reverse("admin:contests_contest_days", args=[contest.pk])
    assert (
        page
        in client.get(reverse("admin:contests_contest_stand", args=[contest.pk])).content.decode()
    )
    days = {"review_until": later.isoformat(), "told_ky": "Эки мүчө сапарда болду."}
    answer = client.post(page, days)
    assert set(answer.context["form"].errors) == {"told_ru"}
    client.post(page, days | {"told_ru": "Двое были в отъезде."})
    contest.refresh_from_db()
    assert contest.review_until == later
    assert contest.versions.count() == 2
    newest = contest.versions.first()
    assert newest.content["dates"]["review_until"] == later.isoformat()
    assert newest.reason_ky == "Эки мүчө сапарда болду."
    assert newest.reason_ru == "Двое были в отъезде."
    assert AuditEvent.about(contest).get(action="reschedule").actor_id == specialist.pk
    client.post(page, days | {"told_ru": "Ещё раз."})
    assert contest.versions.count() == 2, "the same days again change nothing"


def test_days_keep_their_order_and_do_not_move_after_the_results(client, specialist):
    today = timezone.localdate()
    contest = make_contest(
        ContestStatus.REVIEW,
        closes_at=PAST,
        review_until=today,
        deliberation_on=today + timedelta(days=3),
    )
    days = {"review_until": today + timedelta(days=9)}
    with pytest.raises(MoveRefused):
        reschedule(contest, days=days, told={"ky": "Себеби бар"}, by=specialist)
    Contest.objects.filter(pk=contest.pk).update(status=ContestStatus.PUBLISHED)
    with pytest.raises(MoveRefused):
        reschedule(contest, days={"award_on": today}, told={"ky": "Себеби бар"}, by=specialist)
    client.force_login(specialist)
    page = reverse("admin:contests_contest_days", args=[contest.pk])
    assert client.get(page).status_code == 403
