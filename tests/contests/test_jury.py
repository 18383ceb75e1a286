"""The cabinet of a member: who comes in, what is found there, what happens to what is typed."""

import pytest
from django.urls import reverse
from django.utils import timezone

from contests.assigning import assign
from contests.choices import (
    ApplicationStatus,
    ConflictKind,
    ConflictSource,
    ContestStatus,
    SheetStatus,
    Visibility,
)
from contests.conflicts import declare
from contests.models import Conflict, Contest, Protocol, Score, ScoreChange
from contests.scoring import LEAST_COMMENT, hand_in, reopen
from people.actions import revoke_links
from people.models import AccessLink
from publishing.drafts import digest
from tests.contests.jury import come_in, entry_url
from tests.factories_contests import (
    REASON,
    make_application,
    make_contest,
    make_members,
    make_nomination,
    save_score,
    score,
)
from tests.pages import document, words

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def contest():
    contest = make_contest(ContestStatus.REVIEW)
    make_members(contest, 3)
    for _number in range(3):
        make_application(contest)
    assign(contest)
    return contest


@pytest.fixture
def sheets(contest, client):
    """The first member’s sheets in the order of their codes; the member’s cabinet is open."""
    member = contest.members.first()
    come_in(client, member)
    return list(member.sheets.select_related("application", "member").order_by("application__code"))


@pytest.fixture
def sheet(sheets):
    return sheets[0]


def home(member) -> str:
    return reverse("contests:jury", args=[member.pk])


def names_of(contest) -> list[str]:
    return [f"value-{each.pk}" for each in contest.criteria.all()]


def as_opened(**answers) -> dict:
    """What a page posts whose fields were opened empty."""
    return answers | {f"was:{name}": "" for name in answers}


# ---------------------------------------------------------------- the door


def test_only_the_members_own_link_opens(contest, client):
    member, other = contest.members.all()[:2]
    assert client.get(home(member)).status_code == 403
    come_in(client, member)
    assert client.get(home(member)).status_code == 200
    for address in (home(other), home(other) + "statement/", "/ky/contests/jury/999999/"):
        answer = client.get(address)
        assert answer.status_code == 403
        assert other.name not in answer.content.decode()
    foreign = other.sheets.select_related("application").first()
    assert client.get(entry_url(foreign)).status_code == 403


@pytest.mark.parametrize("how", ["revoked", "expired", "left"])
def test_door_closes_at_once(sheet, client, how):
    member = sheet.member
    assert client.get(entry_url(sheet)).status_code == 200
    if how == "revoked":
        revoke_links(target=member)
    elif how == "expired":
        AccessLink.objects.update(expires_at=timezone.now())
    else:
        member.is_active = False
        member.save()
    name = names_of(member.contest)[0]
    assert client.get(entry_url(sheet)).status_code == 403
    told = client.post(entry_url(sheet), as_opened(**{name: "7"}), headers=JSON)
    assert told.status_code == 401
    assert told.json()["sign_in"] == entry_url(sheet)
    assert not Score.objects.exists()


def test_what_is_sent_at_a_closed_door_waits(sheet, client):
    name = names_of(sheet.application.contest)[0]
    revoke_links(target=sheet.member)
    answer = client.post(entry_url(sheet), as_opened(**{name: "7"}))
    assert answer.status_code == 403
    assert not Score.objects.exists()
    come_in(client, sheet.member)
    client.get(entry_url(sheet))
    assert Score.objects.get().value == 7


def test_pages_are_kept_by_nobody(sheet, client):
    for address in (home(sheet.member), entry_url(sheet)):
        assert "no-store" in client.get(address).headers["Cache-Control"]


# ---------------------------------------------------------------- what is there


def test_only_own_sheets_are_there(contest, client):
    members = make_members_of_another(contest)
    member = contest.members.first()
    come_in(client, member)
    own = member.sheets.select_related("application").first()
    not_given = make_application(contest, code="К-77")
    foreign = members[0].sheets.select_related("application").first()
    for code in (not_given.code, foreign.application.code, "К-1", "1", own.application.number):
        address = reverse("contests:jury_entry", args=[member.pk, code])
        assert client.get(address).status_code == 404
        assert client.post(address, {}).status_code == 404
    contest.applications.filter(pk=own.application_id).update(status=ApplicationStatus.DISQUALIFIED)
    assert client.get(entry_url(own)).status_code == 404


def make_members_of_another(contest):
    other = make_contest(ContestStatus.REVIEW)
    other.applications.update(code="")
    members = make_members(other, 3)
    for number in range(40, 43):
        make_application(other, code=f"К-{number}")
    assign(other)
    return members


def test_page_left_open_is_told_when_the_sheet_is_gone(sheet, client):
    name = names_of(sheet.application.contest)[0]
    declare(sheet.member, sheet.application, ConflictKind.OTHER)
    told = client.post(entry_url(sheet), as_opened(**{name: "7"}), headers=JSON)
    assert told.status_code == 409
    assert told.json()["message"]
    Contest.objects.update(status=ContestStatus.CANCELLED)
    assert client.post(entry_url(sheet), {}, headers=JSON).status_code == 409


def test_list_of_entries(sheets, client, django_assert_num_queries):
    member = sheets[0].member
    answer = client.get(home(member))
    assert [row["code"] for row in answer.context["rows"]] == ["К-01", "К-02", "К-03"]
    assert (answer.context["done"], answer.context["count"]) == (0, 3)
    for sheet in sheets:
        assert entry_url(sheet) in answer.content.decode()
        assert sheet.application.number not in answer.content.decode()
    with django_assert_num_queries(QUERIES_OF_HOME):
        client.get(home(member))
    member.sheets.exclude(pk=sheets[0].pk).delete()
    with django_assert_num_queries(QUERIES_OF_HOME):
        client.get(home(member))
    score(sheets[0], 5, 5)
    assert client.get(home(member)).context["done"] == 1


QUERIES_OF_HOME = 13


def test_protocols_to_sign_are_on_the_list(sheet, client):
    contest, member = sheet.application.contest, sheet.member
    protocols = [
        Protocol.objects.create(contest=contest, number=str(number), status=status)
        for number, status in enumerate(("draft", "circulated", "circulated"))
    ]
    for protocol in protocols[:2]:
        protocol.present.add(member)
    told = client.get(home(member)).content.decode()
    signing = [
        reverse("contests:protocol_sign", args=[member.pk, each.pk]) in told for each in protocols
    ]
    assert signing == [False, True, False]


@pytest.mark.parametrize(
    ("status", "is_there"),
    [(status, status in {"review", "visits", "deliberation", "decided", "published"})
     for status in ContestStatus.values],
)  # fmt: skip
def test_entries_are_read_in_their_stages_alone(sheet, client, status, is_there):
    Contest.objects.update(status=status)
    answer = client.get(entry_url(sheet))
    assert (answer.status_code == 200) is is_there
    assert client.get(home(sheet.member)).status_code == 200
    name = names_of(sheet.application.contest)[0]
    client.post(entry_url(sheet), as_opened(**{name: "7"}))
    client.post(entry_url(sheet, "jury_hand_in"))
    client.post(entry_url(sheet, "jury_recuse"), {"kind": ConflictKind.OTHER})
    assert Score.objects.exists() is (status == ContestStatus.REVIEW)
    sheet.refresh_from_db()
    assert (sheet.status == SheetStatus.RECUSED) is (status == ContestStatus.REVIEW)


def test_who_has_no_vote_finds_no_sheets(sheet, client):
    member = sheet.member
    member.role = "secretary"
    member.save()
    assert client.get(home(member)).context["rows"] == []
    assert client.get(entry_url(sheet)).url == home(member)


# ---------------------------------------------------------------- the statement


@pytest.fixture
def before(contest, client):
    """A member before the statement, in the stage of checking."""
    Contest.objects.update(status=ContestStatus.ADMISSION)
    member = contest.members.first()
    contest.members.update(stated_at=None)
    member.sheets.all().delete()
    contest.applications.update(code="")
    come_in(client, member)
    return contest.members.first()


def test_statement_comes_before_the_first_score(before, client):
    address = home(before) + "statement/"
    entries = client.get(address).context["entries"]
    assert sorted(each["code"] for each in entries) == ["К-01", "К-02", "К-03"]
    ticked = {"entry": "К-02", "kind-К-02": "relative", "note-К-02": "Эже"}
    assert client.post(address, ticked).status_code == 400, "without the words agreed to"
    assert client.post(address, ticked | {"kind-К-02": "", "agreed": "on"}).status_code == 400
    assert not Conflict.objects.exists()
    for _twice in range(2):
        client.post(address, ticked | {"agreed": "on"})
    conflict = Conflict.objects.get()
    assert (conflict.application.code, conflict.kind) == ("К-02", ConflictKind.RELATIVE)
    assert (conflict.found_by, conflict.note) == (ConflictSource.SELF, "Эже")
    before.refresh_from_db()
    assert before.stated_at
    Contest.objects.update(status=ContestStatus.REVIEW)
    assign(before.contest)
    assert client.get(home(before)).context["count"] == 2, "nobody scores a conflict"


def test_nothing_is_read_before_the_statement(sheet, client):
    member = sheet.member
    member.stated_at = None
    member.save()
    assert client.get(entry_url(sheet)).url.endswith("/statement/")


def test_statement_grows_and_does_not_tell_what_the_portal_found(sheet, client):
    member, other = sheet.member, sheet.application
    Conflict.objects.create(
        member=member,
        application=other,
        kind=ConflictKind.OWN_MUNICIPALITY,
        found_by=ConflictSource.SYSTEM,
    )
    address = home(member) + "statement/"
    before = client.get(address)
    assert [each["kinds"] for each in before.context["entries"]] == [[], [], []]
    given = member.stated_at
    client.post(address, {"entry": "К-03", "kind-К-03": "mentor"})
    member.refresh_from_db()
    assert member.stated_at == given
    assert member.sheets.get(application__code="К-03").status == SheetStatus.RECUSED
    assert [bool(each["kinds"]) for each in client.get(address).context["entries"]] == [
        False, False, True,
    ]  # fmt: skip


def test_what_is_handed_in_is_not_taken_out_by_the_statement(sheet, client):
    score(sheet, 5, 5)
    code = sheet.application.code
    client.post(
        home(sheet.member) + "statement/", {"entry": code, f"kind-{code}": ConflictKind.OTHER}
    )
    assert not Conflict.objects.exists()
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.SUBMITTED


def test_statement_lists_own_nominations_alone(before, client):
    other = make_nomination(before.contest)
    make_application(before.contest, nomination=other)
    before.nominations.add(other)
    entries = client.get(home(before) + "statement/").context["entries"]
    assert [each["application"].nomination for each in entries] == [other]


# ---------------------------------------------------------------- keeping


def test_every_touch_is_kept_in_few_queries(sheet, client, django_assert_max_num_queries):
    client.get(entry_url(sheet))
    first, second = names_of(sheet.application.contest)
    with django_assert_max_num_queries(12):
        answer = client.post(entry_url(sheet), as_opened(**{first: "7"}), headers=JSON)
    assert answer.status_code == 200
    assert answer.json()["was"] == {f"was:{first}": digest("7")}
    assert Score.objects.get().value == 7
    posted = {first: "8", f"was:{first}": digest("7"), second: "3", f"was:{second}": ""}
    with django_assert_max_num_queries(15):
        client.post(entry_url(sheet), posted, headers=JSON)
    assert sorted(Score.objects.values_list("value", flat=True)) == [3, 8]
    assert ScoreChange.objects.filter(sheet=sheet).count() == 3


def test_replayed_and_reordered_saves_change_nothing(sheet, client):
    name = names_of(sheet.application.contest)[0]
    steps = [
        {name: "4", f"was:{name}": ""},
        {name: "6", f"was:{name}": digest("4")},
    ]
    for posted in (*steps, *steps, steps[0]):
        client.post(entry_url(sheet), posted, headers=JSON)
    assert Score.objects.get().value == 6
    assert list(ScoreChange.objects.values_list("value", flat=True)) == [4, 6]


def test_older_device_does_not_write_over_a_newer_score(sheet, client, client_of):
    name = names_of(sheet.application.contest)[0]
    other = client_of(sheet.member)
    other.post(entry_url(sheet), as_opened(**{name: "9"}), headers=JSON)
    answer = client.post(entry_url(sheet), as_opened(**{name: "2"}), headers=JSON).json()
    assert answer["conflict"]
    assert answer["was"] == {}
    assert Score.objects.get().value == 9
    [box] = [each for each in client.get(entry_url(sheet)).context["boxes"] if each.value.other]
    assert (box.value.text, box.value.other) == ("9", "2")
    assert not client.get(home(sheet.member)).context["done"]
    chosen = {f"choose:{name}": "own", f"was:{name}": digest("9"), name: "9"}
    client.post(entry_url(sheet), chosen)
    assert Score.objects.get().value == 2
    assert not client.get(entry_url(sheet)).context["has_conflict"]


@pytest.fixture
def client_of():
    """A second device: client_of(member) has opened the member’s link."""
    from django.test import Client

    def make(member):
        client = Client()
        come_in(client, member)
        return client

    return make


def test_words_and_value_are_kept_apart(sheet, client, client_of):
    """What only one device has touched is taken from it."""
    pk = sheet.application.contest.criteria.first().pk
    other = client_of(sheet.member)
    other.post(entry_url(sheet), as_opened(**{f"value-{pk}": "9"}), headers=JSON)
    client.post(entry_url(sheet), as_opened(**{f"value-{pk}": "", f"why-{pk}": REASON}))
    stands = Score.objects.get()
    assert (stands.value, stands.comment) == (9, REASON)


def test_words_to_the_applicant_leave_a_trail_and_the_note_none(sheet, client):
    client.post(entry_url(sheet), as_opened(comment="Күчтүү", note="Өзүмө"))
    sheet.refresh_from_db()
    assert (sheet.comment, sheet.note) == ("Күчтүү", "Өзүмө")
    assert [change.comment for change in sheet.changes.all()] == ["Күчтүү"]


@pytest.mark.parametrize("typed", ["11", "-1", "ж", "5.5", "٣٣"])
def test_what_is_not_on_the_scale_is_told(sheet, client, typed):
    name = names_of(sheet.application.contest)[0]
    answer = client.post(entry_url(sheet), as_opened(**{name: typed}), headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["problems"]
    assert not Score.objects.exists()


def test_criteria_of_other_contests_are_not_written(sheet, client):
    foreign = make_contest().criteria.first()
    client.post(entry_url(sheet), as_opened(**{f"value-{foreign.pk}": "5"}))
    assert not Score.objects.exists()


# ---------------------------------------------------------------- handing in


def test_ends_of_the_scale_ask_why(sheet, client):
    first, second = sheet.application.contest.criteria.all()
    posted = as_opened(**{f"value-{first.pk}": "10", f"value-{second.pk}": "5"})
    answer = client.post(entry_url(sheet), posted, headers=JSON).json()
    assert list(answer["errors"]) == [f"why-box-{first.pk}"]
    assert str(LEAST_COMMENT) in answer["errors"][f"why-box-{first.pk}"][0]
    page = client.get(entry_url(sheet, "jury_hand_in"))
    assert [missing.field for missing in page.context["missing"]] == [f"criterion-{first.pk}"]
    client.post(entry_url(sheet, "jury_hand_in"))
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.OPENED


def test_twenty_are_done_one_after_the_other(sheets, client):
    for number, sheet in enumerate(sheets):
        client.get(entry_url(sheet))
        values = dict.fromkeys(names_of(sheet.application.contest), "6")
        answer = client.post(entry_url(sheet), as_opened(**values) | {"next": "1"})
        assert answer.url == entry_url(sheet, "jury_hand_in")
        following = client.post(answer.url).url
        left = sheets[number + 1 :]
        assert following == (entry_url(left[0]) if left else home(sheet.member))
    assert client.get(home(sheets[0].member)).context["done"] == 3


def test_handed_in_it_is_closed(sheet, client):
    score(sheet, 5, 5)
    name = names_of(sheet.application.contest)[0]
    posted = {name: "9", f"was:{name}": digest("5"), "comment": "Кеч", "was:comment": ""}
    assert client.post(entry_url(sheet), posted, headers=JSON).status_code == 409
    page = client.post(entry_url(sheet), posted)
    assert page.status_code == 409
    assert "Кеч" in page.content.decode(), "what was typed comes back"
    assert set(Score.objects.values_list("value", flat=True)) == {5}
    assert "data-draft" not in page.content.decode()
    client.post(entry_url(sheet, "jury_recuse"), {"kind": ConflictKind.OTHER})
    assert not Conflict.objects.exists()


def test_reopened_it_tells_why(sheet, client, specialist):
    score(sheet, 5, 5)
    reopen(sheet, reason="Баасы жаңылыш коюлган", actor=specialist)
    assert "Баасы жаңылыш коюлган" in client.get(entry_url(sheet)).content.decode()


def test_stepping_aside(sheet, client):
    client.get(entry_url(sheet))
    client.post(entry_url(sheet, "jury_recuse"), {"kind": "", "note": ""})
    assert not Conflict.objects.exists()
    answer = client.post(
        entry_url(sheet, "jury_recuse"), {"kind": ConflictKind.RELATIVE, "note": "Бөлөм"}
    )
    assert answer.url == home(sheet.member)
    conflict = Conflict.objects.get()
    assert (conflict.member, conflict.kind, conflict.note) == (sheet.member, "relative", "Бөлөм")
    assert client.get(entry_url(sheet)).status_code == 404
    assert client.get(home(sheet.member)).context["count"] == 2


# ---------------------------------------------------------------- others


@pytest.mark.parametrize(
    ("rule", "own", "stage", "is_seen"),
    [
        (Visibility.NEVER, True, ContestStatus.REVIEW, False),
        (Visibility.NEVER, True, ContestStatus.DELIBERATION, False),
        (Visibility.AFTER_OWN, False, ContestStatus.REVIEW, False),
        (Visibility.AFTER_OWN, True, ContestStatus.REVIEW, True),
        (Visibility.DELIBERATION, True, ContestStatus.REVIEW, False),
        (Visibility.DELIBERATION, True, ContestStatus.VISITS, False),
        (Visibility.DELIBERATION, True, ContestStatus.DELIBERATION, True),
    ],
)
def test_others_are_seen_as_the_rules_say_and_never_by_name(
    sheet, client, rule, own, stage, is_seen
):
    others = list(sheet.application.sheets.exclude(pk=sheet.pk).order_by("pk"))
    words = "Тогуз деген баа ушундан улам"
    for other, value in zip(others, (3, 4), strict=True):
        score(other, value, value)
    Score.objects.filter(sheet__in=others).update(comment=words)
    if own:
        score(sheet, 8, 8)
    Contest.objects.update(status=stage, others_seen=rule)
    page = client.get(entry_url(sheet))
    told = page.content.decode()
    assert (words in told) is is_seen
    assert bool(page.context["others"]) is is_seen
    for other in others:
        assert other.member.name not in told
    for address in (home(sheet.member), entry_url(sheet, "jury_hand_in")):
        assert words not in client.get(address).content.decode()


def test_open_sheets_and_those_of_the_recused_are_not_seen(sheet, client):
    one, two = sheet.application.sheets.exclude(pk=sheet.pk).select_related("member")
    score(one, 3, 3)
    score(two, 4, 4, is_handed_in=False)
    declare(one.member, sheet.application, ConflictKind.OTHER)
    score(sheet, 8, 8)
    Contest.objects.update(others_seen=Visibility.AFTER_OWN)
    assert client.get(entry_url(sheet)).context["others"] == []


def test_own_history_is_there(sheet, client):
    score(sheet, 5, 6)
    history = client.get(entry_url(sheet)).context["history"]
    assert [line["change"].value for line in history] == [6, 5]


def test_a_score_of_nothing_is_a_score(sheet, client):
    first, _second = sheet.application.contest.criteria.all()
    save_score(sheet, first.pk, value=0, comment="Эч нерсе көрсөтүлгөн эмес, сан да жок.")
    page = client.get(entry_url(sheet, "jury_hand_in"))
    given = [words(cell) for cell in document(page).xpath("//td[@class='n']")]
    assert given == ["0", "—"]


def test_hand_in_is_once(sheet):
    score(sheet, 5, 5)
    at = hand_in(sheet).submitted_at
    assert hand_in(sheet).submitted_at == at
