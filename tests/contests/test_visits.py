"""Field visits: chosen by the rule, a sheet, photos, and the step of evidence that follows."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from contests.assigning import assign
from contests.choices import ConflictKind, ContestStatus, Formula
from contests.conflicts import declare
from contests.freezing import freeze
from contests.models import Visit, VisitPhoto
from contests.results import tables_of
from contests.tasks import follow_visits
from contests.visits import ANSWERS, choose, is_confirming, raise_evidence
from people.roles import CONTEST_SECRETARY, OBSERVER
from practices.choices import AdoptionStatus, Evidence
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused
from tests import factories
from tests.factories_contests import (
    make_application,
    make_contest,
    make_formula,
    make_members,
    score,
)
from tests.pages import document

pytestmark = pytest.mark.django_db
SENT = timezone.now() - timedelta(days=30)
FINDINGS = "Суу үч жерден келет, эсептегичтер иштейт."


@pytest.fixture
def contest():
    """Four entries: the first is the best, the last two are equal; two are to be visited."""
    contest = make_contest(ContestStatus.REVIEW, has_visits=True, visits_best=2)
    make_formula(contest, Formula.EVIDENCE)
    freeze(contest, by=None)
    make_members(contest, 3)
    for _number in range(4):
        practice = factories.make_practice(evidence_level=Evidence.MEASURED)
        practice.evidence.create(level=2, on=date(2026, 1, 10), note="Өлчөнгөн")
        make_application(contest, practice=practice, submitted_at=SENT)
    assign(contest)
    for application, value in zip(contest.applications.order_by("pk"), (9, 7, 4, 4), strict=True):
        for sheet in application.sheets.all():
            score(sheet, value, value)
    go_to(contest, ContestStatus.VISITS)
    return contest


@pytest.fixture
def secretary(db):
    return factories.make_user(CONTEST_SECRETARY)


def go_to(contest, status):
    contest.status = status
    contest.save(update_fields=["status"])


def entries(contest):
    return list(contest.applications.order_by("pk"))


def make_visit(contest, **values):
    """Of the best entry; it confirms unless the values say otherwise."""
    seen = dict.fromkeys(ANSWERS, True) | {"visited_on": timezone.localdate()}
    visit = Visit.objects.create(
        application=entries(contest)[0], **seen | {"findings": FINDINGS} | values
    )
    return visit, visit.application.practice


def step_of(practice):
    practice.refresh_from_db()
    return practice.evidence_level


# ---------------------------------------------------------------- choosing


def test_rule_chooses_the_best_and_all_who_share_the_last_place(contest, specialist):
    assert {each.application for each in choose(contest, actor=specialist)} == set(
        entries(contest)[:2]
    )
    contest.visits_best = 3
    contest.save()
    # An entry with the same mean is as good: both third ones go along.
    version = contest.versions.first()
    version.content["terms"].pop("visits_best", None)
    version.save()
    assert len(choose(contest, actor=specialist)) == 4
    assert len(choose(contest, actor=specialist)) == 4, "twice is once"


def test_chosen_again_drops_only_what_nobody_has_planned(contest, specialist):
    choose(contest, actor=specialist)
    best, second, third, _fourth = entries(contest)
    Visit.objects.filter(application=best).update(planned_on=timezone.localdate())
    for member in contest.members.all()[:2]:
        for application in (best, second):
            declare(member, application, ConflictKind.OTHER)
    chosen = {each.application for each in choose(contest, actor=specialist)}
    assert best in chosen, "it is planned"
    assert second not in chosen
    assert third in chosen


@pytest.mark.parametrize("status", [ContestStatus.REVIEW, ContestStatus.DELIBERATION])
def test_visits_are_chosen_at_their_stage(contest, specialist, status):
    go_to(contest, status)
    with pytest.raises(MoveRefused):
        choose(contest, actor=specialist)
    assert not Visit.objects.exists()


def test_page_of_visits_tells_nothing_of_the_places(client, contest, secretary):
    client.force_login(secretary)
    page = reverse("admin:contests_contest_visits", args=[contest.pk])
    client.post(page)
    visits = client.get(page).context["visits"]
    assert [each.application.code for each in visits] == sorted(
        each.application.code for each in visits
    )
    assert "90,00" not in client.get(page).content.decode()
    client.force_login(factories.make_user(OBSERVER))
    assert client.get(page).status_code == 403


# ---------------------------------------------------------------- the sheet


def sheet_of(contest, visit):
    return reverse("admin:contests_contest_visit", args=[contest.pk, visit.pk])


def filled_in(client, address, **values):
    form = client.get(address).context["form"]
    return {
        "version": form.opened_lock,
        "seen": form.stored_lock,
        "photos-TOTAL_FORMS": "0",
        "photos-INITIAL_FORMS": "0",
        "findings": FINDINGS,
        **values,
    }


def as_drawn(response) -> dict[str, list[str]]:
    """What a browser would send back of a sheet that nobody has touched."""
    [form] = [each for each in document(response).forms if "visited_on" in each.fields]
    found = {}
    for name, value in form.form_values():
        found.setdefault(name, []).append(value)
    return found


def test_sheet_of_a_visit_is_filled_in_with_photos(
    client, contest, secretary, media_root, django_capture_on_commit_callbacks
):
    client.force_login(secretary)
    [visit, _second] = choose(contest, actor=secretary)
    page, member = sheet_of(contest, visit), contest.members.last()
    values = filled_in(client, page, **dict.fromkeys(ANSWERS, "True")) | {
        "visited_on": timezone.localdate().isoformat(),
        "members": [member.pk],
        "photos-TOTAL_FORMS": "1",
        "photos-0-file": factories.upload("IMG_2041.jpg", factories.picture()),
    }
    refused = client.post(page, values)
    assert refused.context["photos"].errors[0].keys() == {"alt_ky"}, "it says what it shows"
    values |= {"photos-0-file": factories.upload("IMG.jpg", factories.picture())}
    assert client.post(page, values | {"photos-0-alt_ky": "Кран"}).status_code == 302
    visit.refresh_from_db()
    assert is_confirming(visit)
    assert list(visit.members.all()) == [member]
    photo = VisitPhoto.objects.get()
    assert (photo.alt_ky, photo.is_visible()) == ("Кран", False)
    again = as_drawn(client.get(page))
    assert [again[name] for name in ANSWERS] == [["True"]] * 3, "what was answered stays answered"
    assert client.post(page, again).status_code == 302
    visit.refresh_from_db()
    assert is_confirming(visit)


def test_sheet_asks_for_day_and_people(client, contest, secretary):
    client.force_login(secretary)
    [visit, _second] = choose(contest, actor=secretary)
    page = sheet_of(contest, visit)
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    for values, field in (
        ({"works": "True"}, "visited_on"),
        ({"visited_on": tomorrow}, "visited_on"),
        ({"visited_on": "2020-01-01"}, "visited_on"),
        ({"visited_on": timezone.localdate().isoformat()}, "members"),
    ):
        errors = client.post(page, filled_in(client, page, **values)).context["form"].errors
        assert field in errors
    visit.refresh_from_db()
    assert visit.visited_on is None


def test_who_is_recused_does_not_go(client, contest, secretary):
    [visit, _second] = choose(contest, actor=secretary)
    member = contest.members.last()
    declare(member, visit.application, ConflictKind.RELATIVE)
    client.force_login(secretary)
    form = client.get(sheet_of(contest, visit)).context["form"]
    assert member not in form.fields["members"].queryset


def test_two_who_write_at_once_lose_nothing(client, contest, secretary):
    client.force_login(secretary)
    [visit, _second] = choose(contest, actor=secretary)
    page = sheet_of(contest, visit)
    values = filled_in(client, page)
    Visit.objects.filter(pk=visit.pk).update(findings="Мурда жазылган")
    answer = client.post(page, values)
    assert answer.context["form"].has_conflict
    assert "Мурда жазылган" in answer.content.decode()
    visit.refresh_from_db()
    assert visit.findings == "Мурда жазылган"


def test_sheet_closes_with_the_decision(client, contest, secretary):
    [visit, _second] = choose(contest, actor=secretary)
    client.force_login(secretary)
    page = sheet_of(contest, visit)
    values = filled_in(client, page)
    go_to(contest, ContestStatus.DECIDED)
    assert client.post(page, values).status_code == 403
    assert client.get(page).status_code == 200


# ---------------------------------------------------------------- evidence


def test_evidence_follows_the_visit_once_the_results_are_out(contest):
    visit, practice = make_visit(contest, act="№ 4")
    assert raise_evidence(contest) == 0
    assert step_of(practice) == Evidence.MEASURED, "its page would tell that it takes part"
    go_to(contest, ContestStatus.PUBLISHED)
    before = practice.version
    assert follow_visits() == 1
    assert step_of(practice) == Evidence.ON_SITE
    assert practice.version == before + 1
    proof = practice.evidence.get(level=Evidence.ON_SITE)
    assert proof.on == visit.visited_on
    assert contest.title_ru in proof.note_ru
    assert contest.title_ky in proof.note_ky
    assert "№ 4" in proof.note_ky
    assert AuditEvent.about(practice).get(action="evidence_on_site").details["visit"] == visit.pk
    assert follow_visits() == 0


@pytest.mark.parametrize(
    "values",
    [*({answer: value} for answer in ANSWERS for value in (False, None)),
     {"visited_on": None}, {"findings": " "}],
)  # fmt: skip
def test_visit_that_does_not_confirm_raises_nothing(contest, values):
    _visit, practice = make_visit(contest, **values)
    go_to(contest, ContestStatus.PUBLISHED)
    assert raise_evidence(contest) == 0
    assert step_of(practice) == Evidence.MEASURED


def test_what_an_editor_takes_back_stays_back(contest):
    _visit, practice = make_visit(contest)
    go_to(contest, ContestStatus.PUBLISHED)
    raise_evidence(contest)
    practice.refresh_from_db()
    practice.evidence_level = Evidence.MEASURED
    practice.save()
    assert raise_evidence(contest) == 0
    assert step_of(practice) == Evidence.MEASURED


def test_step_is_never_lowered_and_adoptions_take_it_on(contest):
    _visit, practice = make_visit(contest)
    other = Visit.objects.create(
        application=entries(contest)[1],
        visited_on=timezone.localdate(),
        findings=FINDINGS,
        **dict.fromkeys(ANSWERS, True),
    ).application.practice
    other.evidence_level = Evidence.ADOPTED
    other.save()
    factories.make_adoption(
        practice, status=AdoptionStatus.IMPLEMENTED, confirmed_on=timezone.localdate()
    )
    go_to(contest, ContestStatus.PUBLISHED)
    assert raise_evidence(contest) == 1
    assert step_of(practice) == Evidence.ADOPTED, "seen on site, and at work elsewhere too"
    assert step_of(other) == Evidence.ADOPTED


def test_places_stay_as_they_were(contest):
    make_visit(contest)
    [before] = tables_of(contest)
    go_to(contest, ContestStatus.PUBLISHED)
    raise_evidence(contest)
    [after] = tables_of(contest)
    assert before.rows == after.rows
