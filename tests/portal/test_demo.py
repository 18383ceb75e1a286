"""load_demo comes in once, remove_demo takes it all away and leaves what is real."""

import io
import json

import pytest
from django.core.management import call_command
from django.utils import timezone

from contests.choices import ApplicationStatus, ContestStatus, Outcome, SheetStatus
from contests.models import Application, Award, Contest, Protocol, ScoreChange, Sheet
from contests.results import tables_of
from journal.choices import ArticleStatus
from journal.models import Article, Author, Comment, Issue, Pitch, PlanLine, running_number
from journal.views import chain_of
from partners.models import Agreement, Interaction, Partner, Project
from people.models import User
from places.models import Municipality, Oblast
from portal.demo.loader import FOLDER, load_accounts, load_demo, read_practices, remove_demo
from practices.choices import Kind
from practices.ledger import waiting_for
from practices.models import Adoption, Practice, PracticeDocument
from publishing.languages import LANGUAGES
from publishing.models import AuditEvent
from publishing.workflow import Status
from tests import factories, factories_journal
from themes.models import Tag, Theme

pytestmark = pytest.mark.django_db
#: Everything of the demo's journal and partners that carries is_demo.
JOURNAL = (Article, Issue, Author, Pitch, PlanLine)
PARTNERS = (Partner, Agreement, Project, Interaction)
CONTESTS = (Contest, Application, Sheet, ScoreChange, Protocol, Award)


@pytest.fixture(scope="module")
def demo(module_db):
    """What load_demo tells of the demo content."""
    return load_demo()


def snapshot() -> dict[str, int]:
    models = (
        Practice, Adoption, PracticeDocument, Municipality, Tag, User, AuditEvent, *JOURNAL, *PARTNERS,
        *CONTESTS,
    )  # fmt: skip
    return {model.__name__: model.objects.count() for model in models}


# ---------------------------------------------------------------- the content


def test_there_is_enough_of_everything(demo):
    published = Practice.objects.published()
    assert published.count() >= 36
    assert demo["practices"] == len(read_practices())
    assert set(published.values_list("theme__slug", flat=True)) == set(
        Theme.objects.values_list("slug", flat=True)
    )
    assert set(published.values_list("municipality__oblast", flat=True)) == set(
        Oblast.objects.values_list("pk", flat=True)
    )
    assert set(published.values_list("kind", flat=True)) == set(Kind.values)
    assert set(published.values_list("evidence_level", flat=True)) == set(range(6))
    assert Adoption.objects.counted().count() >= 10
    assert Practice.objects.exclude(status__in=["published"]).exists()


def test_everything_is_marked_as_demo(demo):
    assert not Practice.objects.filter(is_demo=False).exists()
    assert not Adoption.objects.filter(is_demo=False).exists()
    assert Municipality.objects.filter(is_demo=True).count() >= 20


def test_what_is_public_holds_what_publication_asks_for(demo):
    wrong = {
        practice.slug: [missing.field for missing in practice.missing_for_publication()]
        for practice in Practice.objects.readable()
        if practice.missing_for_publication()
    }
    assert wrong == {}


def test_what_is_public_is_in_both_languages_and_fresh(demo):
    """But for a few in one language alone, which show how that looks."""
    single = 0
    for practice in Practice.objects.published():
        assert practice.original_language in practice.ready_languages, practice.slug
        assert practice.stale_fields == [], practice.slug
        single += practice.ready_languages != ["ky", "ru"]
    assert 1 <= single <= 5
    assert Practice.objects.published().count() - single >= 36


def test_sums_and_dates_agree(demo):
    for practice in Practice.objects.prefetch_related("funding", "measurements", "evidence"):
        funding = sum(row.amount for row in practice.funding.all())
        if practice.funding.all():
            assert funding == practice.cost_once, practice.slug
        if practice.evidence_level:
            assert practice.evidence_level in {row.level for row in practice.evidence.all()}, (
                practice.slug
            )
        if practice.evidence_level == 5:
            assert practice.adoptions.counted().exists(), practice.slug
        practice.full_clean()
    for adoption in Adoption.objects.select_related("practice"):
        adoption.full_clean()


def test_texts_keep_to_their_limits_and_letters():
    for row in read_practices():
        assert row["title"][row["original_language"]], row["slug"]
        assert row["promise"][row["original_language"]], row["slug"]
        for language in LANGUAGES:
            assert len(row["title"][language]) <= 120, row["slug"]
            assert len(row["promise"][language]) <= 200, row["slug"]
        kyrgyz = json.dumps(row, ensure_ascii=False)
        assert not set(kyrgyz) & set("ѳѲӊӉ"), row["slug"]
        assert "example.org" in kyrgyz or "http" not in kyrgyz, row["slug"]


def test_no_real_phone_or_person_is_named(demo):
    for practice in Practice.objects.all():
        assert practice.contact_name == practice.mobile_phone == practice.contact_email == ""
        assert practice.office_phone.endswith("00-00") or not practice.office_phone, practice.slug


def test_documents_open(demo):
    from docx import Document

    documents = list(PracticeDocument.objects.all())
    assert len(documents) >= len(read_practices())
    for document in documents[:5]:
        with document.file.open("rb") as handle:
            assert len(Document(io.BytesIO(handle.read())).paragraphs) > 0


def test_names_of_files_are_addresses():
    for path in (FOLDER / "practices").glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["slug"] == path.stem


# ---------------------------------------------------------------- the journal and the partners


def test_everything_beside_practices_is_marked_as_demo(demo):
    for model in (*JOURNAL, *PARTNERS, Contest, Application):
        assert model.objects.exists(), model
        assert not model.objects.filter(is_demo=False).exists(), model


def test_three_issues_are_out_with_eight_articles_each(demo):
    released = Issue.objects.published()
    assert [issue.number_text for issue in released] == ["10", "9", "7-8"]
    for issue in released:
        assert issue.overall == running_number(issue.year, issue.number)
        assert issue.articles.published().count() >= 8
        assert issue.released_languages() == ["ky", "ru"]
        assert issue.missing_for_print() == []
    ninth = released.get(number=9)
    days = {edition.released_at.date() for edition in ninth.editions.all()}
    assert len(days) == 2, "the two editions of this one come out on different days"


def test_articles_of_the_issues_are_whole(demo):
    single = []
    for article in Article.objects.published():
        assert article.missing_for_publication() == [], article.slug
        assert article.stale_fields == [], article.slug
        assert article.themes.exists(), article.slug
        assert article.practices.exists(), article.slug
        for language in article.ready_languages:
            body = getattr(article, f"body_{language}")
            assert 2_500 <= article.characters(language) <= 12_000, (article.slug, language)
            assert "blockquote" in body, article.slug
            assert "<p>[chart]" not in body, article.slug
        if article.ready_languages != list(LANGUAGES):
            single.append(article)
            assert article.one_language_reason, article.slug
        article.full_clean()
    assert len(single) == 1
    second = Article.objects.get(part=2)
    assert [part.part for part in chain_of(second)] == [1, 2]
    assert {part.issue.number for part in chain_of(second)} == {9, 10}


def test_there_is_an_article_in_every_stage(demo):
    used = set(Article.objects.values_list("status", flat=True))
    assert set(ArticleStatus.values) - used <= {ArticleStatus.ARCHIVED, ArticleStatus.WITHDRAWN}
    assert Article.objects.overdue().exists()
    assert Comment.objects.filter(resolved_at=None).exists()
    assert {"new", "accepted", "declined"} == set(Pitch.objects.values_list("status", flat=True))


def test_texts_of_the_journal_keep_to_their_letters():
    for path in sorted((FOLDER / "journal").rglob("*.json")):
        text = path.read_text(encoding="utf-8")
        assert not set(text) & set("ѳѲӊӉ"), path.name
        assert "http" not in text, path.name


def test_pictures_of_articles_stand_where_the_text_names_them(demo):
    charts = Article.objects.exclude(pictures=None)
    assert charts.count() >= 3
    for article in charts:
        picture = article.pictures.get()
        assert article.body_ky.count(picture.url("original.jpg")) == 1
        assert article.body_ru.count(picture.url("original.jpg")) == 1
        assert picture.width > 800


def test_partners_have_agreements_projects_and_something_to_do(demo):
    assert Partner.objects.count() == 12
    assert Partner.objects.published().count() == 11
    tripartite = Agreement.objects.get(kind="tripartite")
    assert tripartite.parties.count() == 3
    assert any(row.is_overdue for row in tripartite.obligations.all())
    assert {agreement.state for agreement in Agreement.objects.all()} >= {
        "draft", "active", "ending", "ended",
    }  # fmt: skip
    assert Project.objects.public().filter(oblasts__isnull=False).exists()
    todo = Interaction.objects.filter(next_done_on=None).exclude(next_on=None)
    assert todo.filter(next_on=timezone.localdate()).exists()
    assert todo.filter(next_on__lt=timezone.localdate()).exists()
    assert Partner.objects.silent().exists()


def test_contests_stand_at_three_stages(demo):
    """One decided with its protocol signed by all present, one before the commission, one open."""
    decided, scored, opened = (
        Contest.objects.get(status=stage)
        for stage in (ContestStatus.PUBLISHED, ContestStatus.REVIEW, ContestStatus.ACCEPTING)
    )
    protocol = decided.protocols.get()
    assert set(protocol.signatures.values_list("digest", flat=True)) == {protocol.digest}
    assert protocol.signatures.count() == protocol.present.count() == 5
    assert decided.awards.filter(outcome=Outcome.PLACE).count() >= 6
    assert decided.awards.filter(outcome=Outcome.SPECIAL).count() == 1
    assert not decided.applications.filter(status=ApplicationStatus.ADMITTED).exists()
    for entry in decided.applications.all():
        words = [sheet.comment for sheet in entry.sheets.all() if sheet.comment]
        assert len(set(words)) == len(words), "no two members say the same"
    assert any(row.opinions_differ for table in tables_of(decided) for _entry, row in table.rows)
    sheets = Sheet.objects.filter(application__contest=scored)
    assert {SheetStatus.ASSIGNED, SheetStatus.OPENED, SheetStatus.SUBMITTED} <= set(
        sheets.values_list("status", flat=True)
    )
    assert opened.is_accepting
    assert scored.copied_from == decided
    for application in Application.objects.all():
        assert application.letter.pages == 1
        assert application.content[application.language]["title"]
    for contest in (decided, scored, opened):
        assert not contest.missing_for_announcement()


def test_practices_and_articles_say_whose_they_are(demo):
    for model in (Practice, Article):
        given = model.objects.published().exclude(source_partner=None)
        assert given.count() >= 4
        assert given.exclude(source_project=None).exists()
        assert given.exclude(donor=None).exists()
        for record in given:
            assert record.source_partner.is_published
            assert record.source_project is None or record.source_project.is_public


def test_what_is_real_in_the_journal_and_among_partners_stays(demo):
    issue = Issue.objects.published().first()
    author = Author.objects.exclude(credits=None).first()
    article = factories_journal.make_article("published", issue=issue, authors=[author])
    partner = Partner.objects.published().first()
    project = factories_journal.make_project(partner=partner)
    remove_demo()
    assert list(Article.objects.all()) == [article]
    assert list(Issue.objects.all()) == [issue]
    assert list(Author.objects.all()) == [author]
    assert list(Project.objects.all()) == [project]
    assert list(Partner.objects.all()) == [partner]


# ---------------------------------------------------------------- coming and going


def test_second_load_adds_nothing(demo):
    before = snapshot()
    assert {name: count for name, count in load_demo().items() if count} == {}
    assert snapshot() == before


def test_what_editors_changed_stays_at_the_second_load(demo):
    practice = Practice.objects.published().first()
    practice.title_ky = "Редактордун аталышы"
    practice.save()
    load_demo()
    practice.refresh_from_db()
    assert practice.title_ky == "Редактордун аталышы"


def test_removal_leaves_nothing_of_the_demo(demo):
    places = Municipality.objects.filter(is_demo=False).count()
    events = AuditEvent.objects.count()
    counts = remove_demo()
    assert counts["practices"] == len(read_practices())
    assert counts["kept"] == 0
    assert not Practice.objects.exists()
    assert not Adoption.objects.exists()
    assert not PracticeDocument.objects.exists()
    assert not Tag.objects.exists()
    assert not Municipality.objects.filter(is_demo=True).exists()
    for model in (*JOURNAL, *PARTNERS, *CONTESTS):
        assert not model.objects.exists(), model
    assert Municipality.objects.count() == places
    assert not User.objects.filter(is_demo=True).exists()
    assert AuditEvent.objects.count() >= events
    assert remove_demo()["practices"] == 0


def test_real_records_stay(demo):
    invented = Municipality.objects.filter(is_demo=True).first()
    tag = Tag.objects.first()
    real = factories.make_practice("published", municipality=invented, tags=[tag])
    copied, other = Practice.objects.published().filter(is_demo=True)[:2]
    adoption = factories.make_adoption(copied, "counted", municipality=factories.town())
    real.related.add(other)
    person = factories.make_user(email="real@example.org")
    remove_demo()
    assert set(Practice.objects.all()) == {real, copied}
    assert list(Adoption.objects.all()) == [adoption]
    assert list(real.tags.all()) == [tag]
    assert list(real.related.all()) == []
    assert real.steps.count() == 3
    assert Municipality.objects.filter(pk=invented.pk).exists()
    assert Municipality.objects.filter(pk=copied.municipality_id).exists()
    assert User.objects.filter(pk=person.pk).exists()
    for practice in (real, copied):
        for document in practice.documents.all():
            assert document.file.storage.exists(document.file.name)


def test_demo_joint_practice_of_a_real_one_keeps_its_place(demo):
    invented = list(Municipality.objects.filter(is_demo=True)[:2])
    real = factories.make_practice()
    real.other_municipalities.set(invented)
    remove_demo()
    assert set(real.other_municipalities.all()) == set(invented)


def test_load_after_removal_brings_it_back_and_files_come_and_go(
    demo, media_root, monkeypatch, django_capture_on_commit_callbacks
):
    remove_demo()
    some = read_practices()[:4]
    monkeypatch.setattr("portal.demo.loader.read_practices", lambda: some)
    assert load_demo()["practices"] == 4
    assert load_demo()["practices"] == 0
    assert len(list(media_root.rglob("*.docx"))) >= 4
    with django_capture_on_commit_callbacks(execute=True):
        remove_demo()
    assert list(media_root.rglob("*.docx")) == []


# ---------------------------------------------------------------- accounts


def test_demo_accounts_have_secret_passwords_that_only_the_owner_reads(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    User.objects.filter(is_demo=True).delete()
    assert load_accounts() == 5
    assert load_accounts() == 0
    path = tmp_path / "demo-accounts.txt"
    assert path.stat().st_mode & 0o077 == 0
    lines = dict(line.split()[:2] for line in path.read_text(encoding="utf-8").splitlines())
    assert len(set(lines.values())) == 5
    for user in User.objects.filter(is_demo=True):
        assert user.check_password(lines[user.email])
        assert len(lines[user.email]) >= 12
        assert user.is_staff == (not user.email.startswith(("secretary@", "partner@")))
        assert not user.is_superuser


def test_demo_secretary_has_a_confirmed_role_and_something_begun(demo, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    User.objects.filter(is_demo=True).delete()
    load_accounts()
    secretary = User.objects.get(email="secretary@example.org")
    role = secretary.memberships.verified().get()
    draft = secretary.drafts.get()
    assert draft.answers["municipality"] == role.municipality.code
    assert waiting_for(secretary).to_confirm


@pytest.mark.parametrize("is_embedded", [True, False])
def test_real_installation_gets_no_demo_accounts(demo, settings, tmp_path, is_embedded):
    settings.DATA_DIR, settings.IS_EMBEDDED = tmp_path, is_embedded
    User.objects.filter(is_demo=True).delete()
    assert load_demo()["accounts"] == (5 if is_embedded else 0)


def test_commands_say_what_they_did(demo):
    out = io.StringIO()
    call_command("load_demo", stdout=out)
    assert "practices: 0" in out.getvalue()
    call_command("remove_demo", stdout=out)
    assert f"practices: {len(read_practices())}" in out.getvalue()


def test_states_beside_published_are_hidden(demo, client):
    hidden = Practice.objects.filter(status__in=[Status.DRAFT, Status.IN_REVIEW])
    assert hidden.exists()
    for practice in hidden:
        assert client.get(f"/ru/practices/{practice.slug}/").status_code == 404
