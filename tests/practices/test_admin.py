"""The admin of practices and adoptions: list, filters, tags, import and export."""

import csv
import io

import openpyxl
import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from practices.models import Practice
from practices.resources import bare_cell, safe_cell
from publishing.models import AuditEvent
from publishing.workflow import Status
from tests import factories
from tests.admin_forms import address, posted

pytestmark = pytest.mark.django_db
LIST = "admin:practices_practice_changelist"


def listed(client, **query) -> set:
    return set(client.get(reverse(LIST), query).context["cl"].result_list)


# ---------------------------------------------------------------- the list


def test_list_costs_the_same_for_one_and_three_rows(client, chief, django_assert_num_queries):
    client.force_login(chief)
    factories.make_practice("published", assignee=chief)
    client.get(reverse(LIST))
    with django_assert_num_queries(12):
        client.get(reverse(LIST))
    for _n in range(2):
        factories.make_practice(
            "published", assignee=factories.make_user(), theme=factories.theme("waste")
        )
    with django_assert_num_queries(12):
        client.get(reverse(LIST))


def test_form_costs_the_same_for_one_and_three_steps(client, chief, django_assert_max_num_queries):
    client.force_login(chief)
    practice = factories.make_practice("publishable")
    client.get(address(practice))
    with django_assert_max_num_queries(80) as few:
        client.get(address(practice))
    for position in (4, 5):
        practice.steps.create(position=position, title_ky="Дагы", title_ru="Ещё")
    with django_assert_max_num_queries(80) as many:
        client.get(address(practice))
    assert len(few) == len(many)


def test_filters_answer_real_questions(client, chief):
    client.force_login(chief)
    plain = factories.make_practice("published")
    no_cost = factories.make_practice("published", cost_yearly=None)
    proven = factories.make_practice("published", evidence_level=4, theme=factories.theme("waste"))
    far = factories.make_practice("published", municipality=factories.town("Ош шаары"))
    assert listed(client, cost="absent") == {no_cost}
    assert listed(client, evidence_level__exact=4) == {proven}
    assert listed(client, theme__id__exact=proven.theme_id) == {proven}
    assert listed(client, municipality__oblast__id__exact=far.municipality.oblast_id) == {far}
    assert listed(client, status__exact="published") == {plain, no_cost, proven, far}


@pytest.mark.parametrize("term", ["п-7", "P7", "суу тутугу", "сууту", "Нарын", "водопровод улице"])
def test_search_forgives_and_knows_the_code(client, chief, term):
    client.force_login(chief)
    found = factories.make_practice(
        "published", number=7, title_ky="Суутүтүк: суу түтүгү", title_ru="Водопровод на улице"
    )
    factories.make_practice(
        "published",
        number=8,
        title_ky="Жарык",
        title_ru="Свет",
        municipality=factories.town("Ош шаары"),
    )
    assert listed(client, q=term) == {found}


# ---------------------------------------------------------------- the form


def test_tags_are_chosen_by_either_name(client, chief):
    water = factories.make_tag("суу", "вода")
    factories.make_tag("жол", "дорога")
    client.force_login(chief)
    query = {"app_label": "themes", "model_name": "taggeditem", "field_name": "tag"}
    for term in ("суу", "вод"):
        found = client.get(reverse("admin:autocomplete"), query | {"term": term}).json()["results"]
        assert [row["id"] for row in found] == [str(water.pk)]
        assert "суу" in found[0]["text"]
        assert "вода" in found[0]["text"]
    practice = factories.make_practice()
    url = address(practice)
    assert client.post(url, posted(client.get(url), tags=[str(water.pk)])).status_code == 302
    assert list(practice.tags.all()) == [water]
    # Saving the form as it is keeps them.
    assert client.post(url, posted(client.get(url))).status_code == 302
    assert list(practice.tags.all()) == [water]
    assert client.post(url, posted(client.get(url), tags=None)).status_code == 302
    assert not practice.tags.exists()


def test_two_further_themes_at_most_and_not_the_main_one(client, chief):
    practice = factories.make_practice()
    client.force_login(chief)
    url = address(practice)
    slugs = ("waste", "budget", "participation")
    three = [str(factories.theme(slug).pk) for slug in slugs]
    for wrong in (three, [str(practice.theme_id)]):
        response = client.post(url, posted(client.get(url), themes_extra=wrong))
        assert "themes_extra" in response.context["adminform"].form.errors
    assert client.post(url, posted(client.get(url), themes_extra=three[:2])).status_code == 302


def test_groups_are_ticked(client, chief):
    practice = factories.make_practice()
    client.force_login(chief)
    url = address(practice)
    client.post(
        url, posted(client.get(url), vulnerable_groups=["women", "elderly"], needs=["road"])
    )
    practice.refresh_from_db()
    assert practice.vulnerable_groups == ["women", "elderly"]
    assert practice.needs == ["road"]


def test_steps_choose_among_the_documents_of_their_practice(client, chief):
    practice, other = factories.make_practice("publishable"), factories.make_practice("publishable")
    client.force_login(chief)
    response = client.get(address(practice))
    rows = next(f for f in response.context["inline_admin_formsets"] if f.formset.prefix == "steps")
    choices = {value for value, _label in rows.formset.forms[0].fields["template"].choices}
    assert choices == {"", practice.documents.get().pk}
    data = posted(response, **{"steps-0-template": str(other.documents.get().pk)})
    assert client.post(address(practice), data).status_code == 200


def test_a_bad_upload_is_refused_with_a_sentence(client, chief):
    practice = factories.make_practice("publishable")
    client.force_login(chief)
    url = address(practice)
    data = posted(client.get(url)) | {
        "photos-TOTAL_FORMS": "1",
        "photos-0-practice": practice.pk,
        "photos-0-alt_ky": "сүрөт",
        "photos-0-file": factories.upload("x.jpg", b"<html><script>alert(1)</script>"),
    }
    response = client.post(url, data)
    assert response.status_code == 200
    assert not practice.photos.exists()


def test_completeness_follows_the_form(client, chief):
    practice = factories.make_practice("publishable")
    client.force_login(chief)
    before = practice.completeness
    url = address(practice)
    client.post(url, posted(client.get(url), transfer_advice_ky="Кичинеден баштаңыз."))
    practice.refresh_from_db()
    assert practice.completeness > before


# ---------------------------------------------------------------- adoptions


def test_adoption_is_confirmed_in_the_admin(client, chief):
    practice = factories.make_practice("published")
    at_work = factories.make_adoption(practice, "counted", confirmed_on=None)
    plan = factories.make_adoption(practice)
    client.force_login(chief)
    url = reverse("admin:practices_adoption_changelist")
    data = {"action": "confirm", "_selected_action": [at_work.pk, plan.pk]}
    assert client.post(url, data).status_code == 200
    at_work.refresh_from_db()
    assert not at_work.is_counted
    client.post(
        url,
        data
        | {
            "confirmed": "1",
            "confirmed_by": "айыл өкмөтүнүн башчысы",
            "confirmed_on": "2026-01-15",
        },
    )
    at_work.refresh_from_db()
    plan.refresh_from_db()
    assert at_work.is_counted
    assert plan.confirmed_on is None
    assert AuditEvent.about(at_work).get().action == "confirm"


# ---------------------------------------------------------------- export


@pytest.mark.parametrize("value", ["=1+1", "+7", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_cells_that_look_like_formulas_are_made_harmless(value):
    assert safe_cell(value) == f"'{value}"
    assert bare_cell(safe_cell(value)) == value
    assert safe_cell("суу") == "суу"
    assert safe_cell(-2) == -2


def export(client, form_number, **query):
    url = reverse("admin:practices_practice_export")
    return client.post(
        f"{url}?" + "&".join(f"{k}={v}" for k, v in query.items()),
        {"format": form_number, "resource": "0"},
    )


def test_export_csv_follows_the_filters_and_is_safe(client, chief):
    practice = factories.make_practice("published", title_ru="=HYPERLINK(1)")
    factories.make_practice()
    client.force_login(chief)
    response = export(client, "0", status__exact="published")
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [row["title_ky"] for row in rows] == [practice.title_ky]
    assert rows[0]["title_ru"] == "'=HYPERLINK(1)"
    assert rows[0]["problem_ky"] == "Суу жок болчу."
    assert rows[0]["municipality"] == practice.municipality.code
    assert "mobile_phone" not in rows[0]


def test_export_xlsx_has_numbers_as_numbers(client, chief):
    practice = factories.make_practice("published", title_ru="=1+1")
    client.force_login(chief)
    sheet = openpyxl.load_workbook(io.BytesIO(export(client, "1").content)).active
    header, row = ([cell.value for cell in line] for line in sheet.iter_rows(max_row=2))
    values = dict(zip(header, row, strict=True))
    assert values["cost_once"] == practice.cost_once
    assert values["title_ru"] == "'=1+1"


# ---------------------------------------------------------------- import

HEADER = "title_ky,title_ru,municipality,oblast,year,theme,problem_ky,source_url\n"


def look_through(client, text):
    upload = factories.upload("rows.csv", text.encode())
    return client.post(
        reverse("admin:practices_practice_import"),
        {"import_file": upload, "format": "0", "resource": "0"},
    )


def store(client, response):
    data = response.context["confirm_form"].initial
    return client.post(reverse("admin:practices_practice_process_import"), data)


def test_import_is_looked_through_first_and_makes_drafts(client, chief):
    client.force_login(chief)
    text = (
        HEADER
        + "Суу түтүгү,Водопровод,Нарын шаары,,2022,Питьевая вода,Суу жок.,https://example.org/\n"
    )
    response = look_through(client, text)
    assert Practice.objects.count() == 0
    assert store(client, response).status_code == 302
    practice = Practice.objects.get()
    assert practice.status == Status.DRAFT
    assert practice.created_by == chief
    assert practice.started_on.year == 2022
    assert practice.problem_ky == "<p>Суу жок.</p>"
    assert practice.theme == factories.theme("drinking-water")
    assert (practice.state_ky, practice.state_ru) == ("draft", "draft")
    # Once more: nothing is doubled and nothing is changed.
    Practice.objects.update(status=Status.PUBLISHED, published_at=timezone.now())
    response = look_through(client, text.replace("2022", "2023"))
    store(client, response)
    practice.refresh_from_db()
    assert Practice.objects.count() == 1
    assert (practice.status, practice.started_on.year) == (Status.PUBLISHED, 2022)


def test_import_tells_errors_by_row_and_column(client, chief):
    client.force_login(chief)
    response = look_through(
        client,
        HEADER
        + "Биринчи,,Нарын шаары,,2022,waste,,\n"
        + "Экинчи,,Жок шаары,,жыл,waste,,\n"
        + "Үчүнчү,,Нарын шаары,,2022,космос,,\n",
    )
    assert "confirm_form" not in response.context or not response.context["confirm_form"]
    wrong = {
        row.number: set(row.field_specific_errors)
        for row in response.context["result"].invalid_rows
    }
    assert wrong == {2: {"municipality", "started_on"}, 3: {"theme"}}
    assert "Жок шаары" in response.text
    assert "космос" in response.text
    assert Practice.objects.count() == 0


def test_import_needs_its_columns(client, chief):
    client.force_login(chief)
    response = look_through(client, "a,b\n1,2\n")
    assert "municipality" in response.text
    assert response.context["result"].has_errors()


def test_import_keeps_a_status_column_out(client, chief):
    client.force_login(chief)
    text = "title_ky,municipality,theme,status\nСуу,Нарын шаары,waste,published\n"
    store(client, look_through(client, text))
    assert Practice.objects.get().status == Status.DRAFT


def test_what_went_out_comes_in(client, chief):
    client.force_login(chief)
    original = factories.make_practice("published", title_ru="-15 градусов: вода не замёрзла")
    content = export(client, "0").content
    Practice.objects.all().delete()
    upload = factories.upload("rows.csv", content)
    response = client.post(
        reverse("admin:practices_practice_import"),
        {"import_file": upload, "format": "0", "resource": "0"},
    )
    store(client, response)
    back = Practice.objects.get()
    assert back.title_ru == original.title_ru
    assert back.municipality == original.municipality
    assert back.status == Status.DRAFT


def test_import_opens_no_other_file(client, chief, tmp_path):
    """The name of the stored table comes back from the browser: it leads to the cache alone."""
    secret = tmp_path / "secret.csv"
    secret.write_text(HEADER)
    client.force_login(chief)
    cache.clear()
    response = client.post(
        reverse("admin:practices_practice_process_import"),
        {
            "import_file_name": str(secret),
            "original_file_name": "a.csv",
            "format": "0",
            "resource": "0",
        },
    )
    assert response.status_code == 302
    assert response.url == reverse("admin:practices_practice_import")
    assert secret.exists()


def test_import_needs_the_right_to_add(client, translator):
    client.force_login(translator)
    assert client.get(reverse("admin:practices_practice_import")).status_code == 403
    assert client.get(reverse("admin:practices_practice_export")).status_code == 200


def test_a_table_that_is_too_large_is_refused(client, chief):
    client.force_login(chief)
    response = look_through(client, HEADER + "x" * (5 * 1024 * 1024))
    assert response.context["form"].errors["import_file"]
