"""A partner's own editors: they see what is theirs, propose, and an editor of the portal decides."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import translation

from partners.choices import ProposalState
from partners.models import Agreement, Contact, Interaction, Project, Proposal
from partners.proposals import decide, differences, propose
from publishing.models import AuditEvent
from publishing.workflow import MoveRefused
from tests import factories, pages
from tests.admin_forms import address
from tests.factories_journal import make_partner, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(db):
    """A published partner with an editor of its own, who works outside the admin."""
    user = factories.make_user("Partner editor", email="own@example.org", is_staff=False)
    partner = make_partner(
        "published",
        description_ky="<p>Эски</p>",
        description_ru="<p>Старое</p>",
        site="https://old.example.org",
    )
    partner.refresh_languages()
    partner.save()
    partner.editors.add(user)
    partner.owner = user
    return partner


def url_of(partner, name="edit", *args) -> str:
    with translation.override("ru"):
        return reverse(f"partners:{name}", args=[partner.slug, *args])


def sent_back(client, url, **changes) -> dict:
    """What the form would send, with some fields changed."""
    form = client.get(url).context["form"]
    data = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (data | changes).items() if value not in (None, False)}


# ---------------------------------------------------------------- what is theirs


def test_change_is_a_proposal_and_the_page_stays(client, own):
    client.force_login(own.owner)
    response = client.post(url_of(own), sent_back(client, url_of(own), summary_ky="Жаңы сап"))
    assert response.status_code == 302
    proposal = own.proposals.get()
    assert proposal.answers == {"summary_ky": "Жаңы сап"}
    assert proposal.before == {"summary_ky": "Айылдарга жардам берет"}
    own.refresh_from_db()
    assert own.summary_ky == "Айылдарга жардам берет"
    page = client.get(url_of(own))
    assert "Жаңы сап" in pages.main(page)
    # Who writes on sees what waits already.
    assert page.context["form"]["summary_ky"].value() == "Жаңы сап"


def test_double_tap_and_nothing_changed_send_nothing_more(client, own):
    client.force_login(own.owner)
    data = sent_back(client, url_of(own), site="https://new.example.org")
    for _press in range(2):
        assert client.post(url_of(own), data).status_code == 302
    client.post(url_of(own), sent_back(client, url_of(own)))
    assert own.proposals.count() == 1


def test_untouched_description_keeps_its_markup(client, own):
    own.description_ky = '<p>Биз <a href="https://example.org">сайт</a></p><table><tbody><tr><td>1</td></tr></tbody></table>'
    own.save()
    client.force_login(own.owner)
    client.post(url_of(own), sent_back(client, url_of(own), phone="0312 12 34 56"))
    assert own.proposals.get().answers == {"phone": "0312 12 34 56"}


def test_names_kind_and_status_are_not_theirs(client, own):
    client.force_login(own.owner)
    data = sent_back(client, url_of(own), address_ky="Бишкек")
    data |= {"title_ky": "Башка", "kind": "donor", "status": "published", "is_public": "on"}
    client.post(url_of(own), data)
    assert own.proposals.get().answers == {"address_ky": "Бишкек"}


def test_foreign_partner_is_not_there(client, own):
    foreign = make_partner("published")
    project = make_project(partner=foreign)
    proposal = propose(partner=foreign, by=None, answers={"phone": "1"}, before={"phone": ""})
    client.force_login(own.owner)
    for url in (
        url_of(foreign),
        url_of(foreign, "new_project"),
        url_of(foreign, "edit_project", project.uuid),
        url_of(own, "edit_project", project.uuid),
    ):
        assert client.get(url).status_code == 404, url
        assert client.post(url, {"summary_ky": "x"}).status_code == 404, url
    for partner in (foreign, own):
        url = url_of(partner, "take_back", proposal.pk)
        assert client.post(url).status_code == 404
    assert Proposal.objects.get() == proposal
    proposal.refresh_from_db()
    assert proposal.is_open
    assert foreign.title_ru not in client.get(url_of(own)).content.decode()


def test_who_is_no_editor_any_more_sees_nothing(client, own):
    client.force_login(own.owner)
    assert client.get(url_of(own)).status_code == 200
    own.editors.clear()
    assert client.get(url_of(own)).status_code == 404
    client.logout()
    assert "/login" in client.get(url_of(own)).url or client.get(url_of(own)).status_code == 302


def test_rights_taken_away_in_the_middle_stop_what_was_begun(client, own):
    """The form was open, the proposal was waiting: neither is theirs any more."""
    client.force_login(own.owner)
    data = sent_back(client, url_of(own), phone="0312")
    waiting = propose(partner=own, by=own.owner, answers={"phone": "1"}, before={"phone": ""})
    project = make_project(partner=own, is_countrywide=True)
    own.editors.remove(own.owner)
    for url in (
        url_of(own),
        url_of(own, "new_project"),
        url_of(own, "edit_project", project.uuid),
        url_of(own, "take_back", waiting.pk),
    ):
        assert client.post(url, data).status_code == 404, url
    assert own.proposals.get() == waiting
    waiting.refresh_from_db()
    assert waiting.is_open


def test_editor_of_two_partners_keeps_them_apart(client, own):
    second = make_partner("published", title_ru="Вторая организация")
    second.editors.add(own.owner)
    project = make_project(partner=second, is_countrywide=True)
    waiting = propose(partner=second, by=own.owner, answers={"phone": "2"}, before={"phone": ""})
    client.force_login(own.owner)
    with translation.override("ru"):
        links = pages.links(client.get(reverse("account_home")))
    assert {url_of(own), url_of(second)} <= set(links)
    # What is the one's is not reached through the other, although both are theirs.
    assert client.get(url_of(own, "edit_project", project.uuid)).status_code == 404
    assert client.post(url_of(own, "take_back", waiting.pk)).status_code == 404
    assert project.title_ru not in pages.main(client.get(url_of(own)))
    client.post(url_of(second), sent_back(client, url_of(second), phone="0312 2"))
    assert not own.proposals.exists()
    assert second.proposals.count() == 2
    assert waiting.pk in second.proposals.open().values_list("pk", flat=True)


def test_they_see_what_readers_find_of_theirs(client, own):
    shown = factories.make_practice("published", source_partner=own)
    factories.make_practice("published", title_ru="Чужая практика", source_partner=make_partner())
    draft = factories.make_practice(source_partner=own)
    client.force_login(own.owner)
    response = client.get(url_of(own))
    with translation.override("ru"):
        assert shown.get_absolute_url() in pages.links(response)
    for hidden in ("Чужая практика", draft.title_ru):
        assert hidden not in pages.main(response)


def test_nothing_of_the_register_stands_on_their_page(client, own):
    """Contacts, agreements, the log and notes are the staff's, also towards the partner itself."""
    own.note = "Сырдуу белги"
    own.save()
    Contact.objects.create(partner=own, name="Айгүл Сырдуу", phone="0555 123 456")
    Interaction.objects.create(partner=own, kind="call", subject="Сырдуу сүйлөшүү")
    agreement = Agreement.objects.create(title_ru="Тайное соглашение", kind="grant")
    agreement.parties.add(own)
    client.force_login(own.owner)
    page = client.get(url_of(own)).content.decode()
    for secret in ("Сырдуу", "0555 123", "Тайное"):
        assert secret not in page
    for record in (own, agreement):
        assert client.get(address(record)).status_code in {302, 403}


def test_colleague_sees_a_proposal_and_does_not_take_it_back(client, own):
    colleague = factories.make_user("Partner editor", is_staff=False)
    own.editors.add(colleague)
    proposal = propose(partner=own, by=own.owner, answers={"phone": "0312"}, before={"phone": ""})
    client.force_login(colleague)
    assert "0312" in pages.main(client.get(url_of(own)))
    url = url_of(own, "take_back", proposal.pk)
    assert client.post(url).status_code == 404
    client.force_login(own.owner)
    assert client.get(url).status_code == 405
    client.post(url)
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.TAKEN_BACK


def test_forged_before_is_refused(client, own):
    client.force_login(own.owner)
    response = client.post(url_of(own), sent_back(client, url_of(own), phone="1", before="{}"))
    assert response.status_code == 200
    assert not own.proposals.exists()


def test_new_project_is_proposed_and_comes_with_the_decision(client, own, editor):
    client.force_login(own.owner)
    url = url_of(own, "new_project")
    theme, oblast = factories.theme(), factories.oblast()
    data = sent_back(
        client, url, title_ru="Чистая вода", kind="project", starts_on="2026-01-01",
        themes=[theme.pk], oblasts=[oblast.pk],
    )  # fmt: skip
    assert client.post(url, data | {"oblasts": []}).status_code == 200
    assert client.post(url, data).status_code == 302
    assert not Project.objects.exists()
    proposal = own.proposals.get()
    decide(proposal=proposal, take=proposal.answers, actor=editor)
    project = Project.objects.get()
    assert (project.title_ru, project.partner, project.is_public) == ("Чистая вода", own, True)
    assert list(project.themes.all()) == [theme]
    assert list(project.oblasts.all()) == [oblast]


def test_project_of_another_partner_meanwhile_is_not_changed(own, editor):
    project = make_project(partner=own, is_countrywide=True)
    proposal = propose(
        partner=own, by=own.owner, project=project, about_project=True,
        answers={"title_ru": "Наш"}, before={"title_ru": project.title_ru},
    )  # fmt: skip
    project.partner = make_partner()
    project.save()
    with pytest.raises(MoveRefused):
        decide(proposal=Proposal.objects.get(), take=["title_ru"], actor=editor)
    decide(proposal=Proposal.objects.get(), take=[], actor=editor, reason="Долбоор берилди")
    project.refresh_from_db()
    assert project.title_ru != "Наш"
    proposal.refresh_from_db()
    assert proposal.state == ProposalState.DECLINED


def test_project_is_taken_only_with_a_place(own, editor):
    answers = {
        "title_ru": "Чистая вода", "kind": "project", "starts_on": "2026-01-01",
        "themes": [factories.theme().pk], "oblasts": [factories.oblast().pk, 99999], "is_countrywide": False,
    }  # fmt: skip
    proposal = propose(partner=own, by=own.owner, answers=answers, before={}, about_project=True)
    with pytest.raises(MoveRefused):
        decide(proposal=proposal, take=answers.keys() - {"oblasts"}, actor=editor, reason="x")
    assert not Project.objects.exists()
    decide(proposal=proposal, take=answers, actor=editor)
    assert list(Project.objects.get().oblasts.all()) == [factories.oblast()]


# ---------------------------------------------------------------- the decision


def test_two_editors_at_once_decide_once(client, own, editor, chief):
    """Both have the page open; the slower one is told, and nothing is decided twice."""
    proposal = propose(
        partner=own, by=own.owner, answers={"summary_ky": "Жаңы сап"},
        before={"summary_ky": own.summary_ky},
    )  # fmt: skip
    url = address(proposal, "answer")
    client.force_login(editor)
    assert client.get(url).context["may_decide"]
    client.force_login(chief)
    client.post(url, {"decline": "1", "reason": "Азыркысы жакшы"})
    client.force_login(editor)
    response = client.post(url, {"take": "summary_ky"})
    assert response.status_code == 200
    assert not response.context["may_decide"]
    assert [message.level_tag for message in response.context["messages"]][-1] == "error"
    own.refresh_from_db()
    proposal.refresh_from_db()
    assert own.summary_ky == "Айылдарга жардам берет"
    assert (proposal.state, proposal.decided_by) == (ProposalState.DECLINED, chief)


@pytest.mark.parametrize(
    ("language", "subject"),
    [("ky", "Сунушуңуз кабыл алынган жок"), ("ru", "Ваше предложение не принято")],
)
def test_declined_with_a_reason_in_the_language_of_the_partner(
    client, own, editor, language, subject, django_capture_on_commit_callbacks
):
    own.owner.language = language
    own.owner.save()
    proposal = propose(partner=own, by=own.owner, answers={"phone": "1"}, before={"phone": ""})
    client.force_login(editor)
    url = address(proposal, "answer")
    assert client.post(url, {"take": "phone", "decline": "1"}).status_code == 200  # why?
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {"take": "phone", "decline": "1", "reason": "Башка уюмдун номери"})
    own.refresh_from_db()
    assert own.phone == ""
    letter = mail.outbox[0]
    assert (letter.to, letter.subject.split(":")[0]) == ([own.owner.email], subject)
    assert "Башка уюмдун номери" in letter.body
    assert f"/{language}/partners/{own.slug}/edit/" in letter.body
    client.force_login(own.owner)
    assert "Башка уюмдун номери" in pages.main(client.get(url_of(own)))


def test_editor_takes_over_field_by_field(client, own, editor):
    proposal = propose(
        partner=own,
        by=own.owner,
        answers={"summary_ky": "Жаңы сап", "site": "https://new.example.org"},
        before={"summary_ky": own.summary_ky, "site": own.site},
    )
    client.force_login(editor)
    page = client.get(address(proposal)).content.decode()
    assert "<ins>" in page
    assert "Жаңы" in page
    url = address(proposal, "answer")
    assert client.post(url, {"take": "summary_ky"}).status_code == 200  # says why not all
    proposal.refresh_from_db()
    assert proposal.is_open
    client.post(url, {"take": "summary_ky", "reason": "Сайт ачылбайт"})
    own.refresh_from_db()
    proposal.refresh_from_db()
    assert (own.summary_ky, own.site) == ("Жаңы сап", "https://old.example.org")
    assert own.version == 2
    assert own.stale_fields == ["summary"]
    assert (proposal.state, proposal.reason) == (ProposalState.IN_PART, "Сайт ачылбайт")
    event = AuditEvent.about(own).get(action="take_proposal")
    assert event.actor_id == editor.pk


def test_number_is_shown_whole_and_a_text_word_by_word(own):
    own.phone = "+996 312 00 00 00"
    own.save()
    proposal = propose(
        partner=own, by=own.owner, before={"phone": own.phone, "summary_ky": own.summary_ky},
        answers={"phone": "+996 312 11 <b> 00", "summary_ky": "Айылдарга кеңеш берет"},
    )  # fmt: skip
    shown = {each.column: each.difference for each in differences(proposal)}
    assert shown["phone"] == ("<del>+996 312 00 00 00</del> <ins>+996 312 11 &lt;b&gt; 00</ins>")
    assert shown["summary_ky"] == "Айылдарга <del>жардам</del><ins>кеңеш</ins> берет"


def test_ticks_of_a_project_are_a_group_with_its_name(client, own):
    client.force_login(own.owner)
    tree = pages.document(client.get(url_of(own, "new_project")))
    for name in ("themes", "oblasts"):
        group = tree.xpath(f"//fieldset[.//input[@name='{name}']]")
        assert len(group) == 1
        assert pages.words(group[0].find("legend"))


def test_two_proposals_about_one_field_lose_nothing(own, editor):
    before = {"summary_ky": own.summary_ky}
    first = propose(partner=own, by=own.owner, answers={"summary_ky": "Биринчи"}, before=before)
    second = propose(partner=own, by=None, answers={"summary_ky": "Экинчи"}, before=before)
    decide(proposal=first, take=["summary_ky"], actor=editor)
    shown = differences(Proposal.objects.get(pk=second.pk))[0]
    assert shown.has_moved
    assert "Биринчи" in shown.difference
    assert "Экинчи" in shown.difference
    with pytest.raises(MoveRefused):
        decide(proposal=first, take=["summary_ky"], actor=editor)


def test_what_an_editor_changed_meanwhile_is_taken_only_on_purpose(client, own, editor):
    proposal = propose(
        partner=own,
        by=own.owner,
        answers={"summary_ky": "Жаңы"},
        before={"summary_ky": own.summary_ky},
    )
    own.summary_ky = "Редактордун сөзү"
    own.save()
    client.force_login(editor)
    page = client.get(address(proposal))
    assert [ticked for _each, ticked in page.context["differences"]] == [False]
    assert "Редактордун сөзү" in page.content.decode() or "Редактордун" in page.content.decode()


def test_proposal_is_cleaned_like_everything(own, editor):
    proposal = propose(
        partner=own,
        by=own.owner,
        answers={
            "description_ky": "<p>Салам<script>alert(1)</script></p>",
            "site": "javascript:alert(1)",
        },
        before={"description_ky": "", "site": ""},
    )
    with pytest.raises(MoveRefused):
        decide(proposal=proposal, take=proposal.answers, actor=editor)
    decide(proposal=proposal, take=["description_ky"], actor=editor, reason="туура эмес дарек")
    own.refresh_from_db()
    assert own.description_ky == "<p>Салам</p>"
    assert own.site == "https://old.example.org"


@pytest.mark.parametrize("who", ["translator", "contributor"])
def test_others_decide_nothing(client, request, own, who):
    proposal = propose(partner=own, by=own.owner, answers={"phone": "1"}, before={"phone": ""})
    client.force_login(request.getfixturevalue(who))
    response = client.post(address(proposal, "answer"), {"take": "phone"})
    assert response.status_code in {302, 403}
    proposal.refresh_from_db()
    assert proposal.is_open


def test_proposer_is_told(own, editor):
    from publishing.letters import send_letter

    proposal = propose(partner=own, by=own.owner, answers={"phone": "1"}, before={"phone": ""})
    decide(proposal=proposal, take=[], actor=editor, reason="Бул башка уюмдун номери")
    send_letter.func("proposal_decided", "partners.proposal", proposal.pk, "own@example.org", "ky")
    assert "Бул башка уюмдун номери" in mail.outbox[0].body
    assert url_of(own).replace("/ru/", "/ky/") in mail.outbox[0].body


def test_waiting_proposals_stand_in_my_work(client, own, editor):
    propose(partner=own, by=own.owner, answers={"phone": "1"}, before={"phone": ""})
    client.force_login(editor)
    queues = {queue["key"]: queue for queue in client.get(reverse("admin:index")).context["queues"]}
    assert queues["proposals"]["total"] == 1
    assert "1" in client.get(address(own)).content.decode()


def test_account_leads_to_my_organisation(client, own):
    client.force_login(own.owner)
    with translation.override("ru"):
        home = reverse("account_home")
    assert url_of(own) in pages.links(client.get(home))
