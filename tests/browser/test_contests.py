"""Contests in a browser: every page readable for all; applying and scoring with a script and without."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from contests.assigning import assign
from contests.choices import ApplicationStatus, ContestStatus, SheetStatus
from contests.doors import JURY
from contests.models import Application, Conflict, Member
from people.actions import make_link
from people.roles import SPECIALIST
from people.spam import QUICKEST
from practices.contribution import CORE
from tests import factories
from tests.browser.test_admin_csp import NO_ROOM, open_admin  # noqa: F401  a fixture
from tests.browser.test_contribution import KEPT, box, sign_in
from tests.browser.test_public import (
    DESK,
    NARROW,
    OF_COLOUR,
    OF_WIDTH,
    PHONE,
    STICKING_OUT,
    violations,
)
from tests.factories_contests import (
    REASON,
    complete,
    make_application,
    make_decided,
    make_entry_draft,
    make_members,
    make_public_contest,
)
from tests.test_dev import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


# ---------------------------------------------------------------- contests at their stages


def make_open():
    """Takes applications, with all its page may show."""
    contest = complete(make_public_contest(has_public_vote=True))
    for place in (1, 2):
        contest.nominations.get().prizes.create(
            place=place, amount=90_000, title_ky="Диплом жана насос", title_ru="Диплом и насос"
        )
    return contest


def make_scored():
    """With the commission: two members have sheets, nobody has given the statement."""
    contest = complete(
        make_public_contest(ContestStatus.REVIEW, sheets_wanted=2, hides_municipality=True)
    )
    contest.review_until = timezone.localdate() + timedelta(days=5)
    contest.save()
    make_members(contest, 2)
    for _number in range(2):
        make_application(contest)
    assign(contest)
    return contest


def make_voted():
    """In its deliberation, people vote."""
    now = timezone.now()
    days = {"vote_from": now - timedelta(days=1), "vote_until": now + timedelta(days=1)}
    contest = make_public_contest(ContestStatus.DELIBERATION, has_public_vote=True, **days)
    make_application(contest)
    return contest


@pytest.fixture
def decided(media_root):
    return make_decided()


@pytest.fixture
def come_in(live_server, new_page):
    """come_in(member): the cabinet on a phone, opened by the link of the letter."""

    def go(member, **options):
        page = new_page(viewport=PHONE, **options)
        token = make_link(purpose=JURY, target=member, max_uses=None)
        page.goto(live_server.url + reverse("go", args=[token]))
        page.click("main form button")
        page.wait_for_url(f"**/jury/{member.pk}/")
        return page

    return go


def at(name, *args, language="ky") -> str:
    with translation.override(language):
        return reverse(f"contests:{name}", args=args)


# ---------------------------------------------------------------- readable for all


def look_through(page, url, name, *args, query=""):
    """Axe finds nothing and nothing sticks out: on a phone in two looks (tests.pages.LOOKS); on a desk."""
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    unfold(page, url + at(name, *args) + query)
    assert violations(page) == [], name
    page.emulate_media(color_scheme="dark")
    unfold(page, url + at(name, *args, language="ru") + query)
    assert violations(page, [*OF_COLOUR, *OF_WIDTH]) == [], name
    for size in (PHONE, NARROW, DESK):
        page.set_viewport_size(size)
        assert page.evaluate(STICKING_OUT) == [], (name, size)


def unfold(page, address):
    assert page.goto(address).ok, address
    page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")


def test_pages_of_readers_are_accessible(live_server, new_page, decided):
    page = new_page()
    slug = make_open().slug
    look_through(page, live_server.url, "list")
    look_through(page, live_server.url, "archive")
    for name in ("contest", "rules", "questions"):
        look_through(page, live_server.url, name, slug)
    for name in ("results", "vote"):
        look_through(page, live_server.url, name, decided.contest.slug)
    look_through(page, live_server.url, "protocol", decided.contest.slug, decided.protocol.pk)
    look_through(page, live_server.url, "diploma_check", query="?code=ABCDEFGH")
    look_through(page, live_server.url, "diploma", decided.award.code)


def test_table_of_the_protocol_keeps_its_words_whole(live_server, new_page, decided):
    """A narrow page scrolls the table; it does not write the words downwards, letter by letter."""
    page = new_page(viewport=PHONE)
    page.goto(live_server.url + at("protocol", decided.contest.slug, decided.protocol.pk))
    heads = page.locator(".annex thead th").all()
    assert heads
    assert all(head.bounding_box()["height"] < 90 for head in heads)
    assert page.locator(".annex tbody td").nth(2).bounding_box()["width"] > 130


def test_pages_of_applicants_are_accessible(live_server, new_page, media_root):
    contest, voted = make_open(), make_voted()
    membership = factories.make_membership()
    draft = make_entry_draft(contest, membership)
    sent = make_application(
        contest, ApplicationStatus.RETURNED, municipality=membership.municipality
    )
    page = new_page()
    sign_in(page, live_server.url, membership.user)
    look_through(page, live_server.url, "apply", contest.slug)
    for name in ("draft", "send"):
        look_through(page, live_server.url, name, draft.uuid)
    for part in ("entry", "letter"):
        look_through(page, live_server.url, "section", draft.uuid, part)
    for name in ("application", "take_back"):
        look_through(page, live_server.url, name, sent.uuid)
    look_through(page, live_server.url, "vote", voted.slug)


def test_pages_of_members_are_accessible(live_server, come_in, decided):
    contest = make_scored()
    member, other = contest.members.all()
    Member.objects.filter(pk=other.pk).update(stated_at=None)
    page = come_in(other)
    for name in ("jury", "jury_statement"):
        look_through(page, live_server.url, name, other.pk)
    page = come_in(member)
    code = member.sheets.first().application.code
    look_through(page, live_server.url, "jury", member.pk)
    for name in ("jury_entry", "jury_hand_in"):
        look_through(page, live_server.url, name, member.pk, code)
    signer = decided.members[0]
    page = come_in(signer)
    look_through(page, live_server.url, "protocol_sign", signer.pk, decided.correction.pk)


def test_pages_of_the_admin_are_accessible(open_admin, live_server, decided):  # noqa: F811
    pages = {
        "stand": make_open(),
        "rules": decided.contest,
        "commission": make_scored(),
        "assignment": make_scored(),
        "ranking": decided.contest,
        "protocols": decided.contest,
        "after": decided.contest,
    }
    page = open_admin(reverse("admin:login"), width=360)
    url = live_server.url
    sign_in(page, url, factories.make_user(SPECIALIST))
    paths = [
        reverse(f"admin:contests_contest_{name}", args=[each.pk]) for name, each in pages.items()
    ]
    paths.append(reverse("admin:contests_protocol_signatures", args=[decided.correction.pk]))
    for number, path in enumerate(paths):
        page.set_viewport_size(PHONE)
        # One look each: every second page at night, every third one in Russian.
        page.emulate_media(color_scheme="dark" if number % 2 else "light")
        language = {"name": "django_language", "value": "ky" if number % 3 else "ru", "url": url}
        page.context.add_cookies([language])
        assert page.goto(url + path).ok, path
        assert violations(page) == [], path
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            assert page.evaluate(NO_ROOM) == [], (path, size)


def test_long_name_of_a_move_has_room_on_its_button(open_admin, live_server, db):  # noqa: F811
    page = open_admin(reverse("admin:login"), width=360)
    sign_in(page, live_server.url, factories.make_user(SPECIALIST))
    path = reverse("admin:contests_contest_move", args=[make_open().pk, "change_rules"])
    assert page.goto(live_server.url + path).ok
    assert page.evaluate(NO_ROOM) == []


# ---------------------------------------------------------------- without JavaScript


def test_applicant_sends_without_script(live_server, new_page, media_root, tmp_path):
    contest, membership = make_open(), factories.make_membership()
    practice = factories.make_practice("published", municipality=membership.municipality)
    letter = tmp_path / "кат.pdf"
    letter.write_bytes(factories.pdf())
    page = new_page(viewport=PHONE, java_script_enabled=False)
    sign_in(page, live_server.url, membership.user)
    page.goto(live_server.url + at("apply", contest.slug))
    page.check(f"#practice-{practice.pk}")
    page.wait_for_timeout(QUICKEST * 1000)
    page.click("main section form button")
    box(page, "applicant_name").fill("Айжан Өмүрова")
    box(page, "applicant_post").fill("жооптуу катчы")
    box(page, "applicant_phone").fill("0555 12 34 56")
    page.click("button[name=next]")
    page.wait_for_url(f"**/{CORE}/")
    draft_url = page.url.removesuffix(f"{CORE}/")
    page.goto(draft_url + "letter/")
    page.set_input_files("#id_letter", str(letter))
    page.click("form[data-draft] .buttons button:not([name])")
    page.goto(draft_url + "send/")
    for consent in page.locator("[name=agreed]").all():
        consent.check()
    page.click("main form button")
    page.wait_for_url("**/applications/sent/**")
    sent = contest.applications.get()
    assert sent.number in page.locator("main").inner_text()
    assert sent.status == ApplicationStatus.SUBMITTED
    assert sent.applicant_name == "Айжан Өмүрова"
    assert sent.content["ky"]["title"] == practice.title_ky
    assert sent.letter.file.size


def test_member_states_scores_hands_in_and_signs_without_script(live_server, come_in, decided):
    contest = make_scored()
    member = contest.members.first()
    Member.objects.filter(pk=member.pk).update(stated_at=None)
    sheet, other = member.sheets.order_by("application__code")
    page = come_in(member, java_script_enabled=False)
    page.click("main .term .button")
    page.check(f"[name=entry][value='{other.application.code}']")
    page.select_option(f"[name='kind-{other.application.code}']", "same_district")
    page.check("#id_agreed")
    page.click("main form button")
    page.wait_for_url(f"**/jury/{member.pk}/")
    assert Conflict.objects.get(member=member).application_id == other.application_id
    page.click(".entries a")
    for number, value in enumerate(("7", "8")):
        page.locator(".scale").nth(number).locator("label", has_text=value).first.click()
    box(page, "comment").fill(REASON)
    page.click("button[name=next]")
    page.wait_for_url("**/hand-in/")
    page.click("main form button")
    sheet.refresh_from_db()
    assert sheet.status == SheetStatus.SUBMITTED
    assert sorted(each.value for each in sheet.scores.all()) == [7, 8]
    assert sheet.comment == REASON

    signer = decided.members[0]
    page = come_in(signer, java_script_enabled=False)
    page.click("main .notice a")
    page.click("#sign button")
    page.wait_for_selector("#sign", state="detached")
    assert decided.correction.signatures.get().member_id == signer.pk


# ---------------------------------------------------------------- with JavaScript


def test_member_scores_at_a_touch_and_loses_nothing(live_server, come_in, media_root):
    """A score is kept at once; a cut line and a second device cost neither a score nor a word."""
    contest = make_scored()
    member = contest.members.first()
    sheet = member.sheets.order_by("application__code").first()
    first, second = contest.criteria.all()
    address = live_server.url + at("jury_entry", member.pk, sheet.application.code)

    def given() -> dict:
        return dict(sheet.scores.values_list("criterion_id", "value"))

    def touch(page, criterion, value):
        page.locator(f"#criterion-{criterion.pk} label:has(input[value='{value}'])").click()

    phone, laptop = come_in(member), come_in(member)
    phone.goto(address)
    laptop.goto(address)
    touch(phone, first, 7)
    phone.wait_for_selector(KEPT)
    assert given() == {first.pk: 7}
    assert phone.locator("[data-scored]").inner_text() == "1"

    phone.context.set_offline(True)
    touch(phone, second, 8)
    box(phone, f"why-{second.pk}").fill(REASON)
    box(phone, "comment").focus()
    phone.wait_for_selector(".state.off")
    assert given() == {first.pk: 7}
    phone.context.set_offline(False)
    assert eventually(lambda: given() == {first.pk: 7, second.pk: 8})
    assert eventually(lambda: sheet.scores.get(criterion=second).comment == REASON)

    # The other device still shows the sheet as it was in the beginning.
    touch(laptop, first, 5)
    laptop.click(".state.off a")
    assert given() == {first.pk: 7, second.pk: 8}
    laptop.check(f"[name='choose:value-{first.pk}'][value=own]")
    laptop.click("form[data-draft] .buttons button:not([name])")
    assert eventually(lambda: given() == {first.pk: 5, second.pk: 8})
    assert Application.objects.get(pk=sheet.application_id).status == ApplicationStatus.ADMITTED
