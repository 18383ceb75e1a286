"""Public pages of partners, projects and the picture of gaps."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone, translation

from partners.choices import Licence, Standing
from partners.gaps import Period, picture
from partners.models import Contact, Interaction, Logo, Partner, Project
from places.models import Oblast
from publishing.mentions import mentions_of
from publishing.workflow import Status
from search.query import search
from tests import factories, pages
from tests.admin_forms import address, posted
from tests.factories_journal import make_article, make_partner, make_project
from themes.models import Theme

pytestmark = pytest.mark.django_db
LIST = {"ky": "/ky/partners/", "ru": "/ru/partners/"}
PROJECTS = {"ky": "/ky/partners/projects/", "ru": "/ru/partners/projects/"}


def url_of(partner, language="ru") -> str:
    with translation.override(language):
        return partner.get_absolute_url()


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_list_shows_the_published_by_kind(client, language):
    shown = make_partner("published", kind="donor")
    make_partner("published", kind="state_body", title_ky="Агенттик", title_ru="Агентство")
    hidden = make_partner()
    response = client.get(LIST[language])
    words = pages.main(response)
    assert getattr(shown, f"title_{language}") in words
    assert getattr(hidden, f"title_{language}") not in words
    agency = {"ky": "Агенттик", "ru": "Агентство"}[language]
    assert words.index(agency) < words.index(getattr(shown, f"title_{language}"))
    assert pages.scripts(response)[1:] == []


def test_list_and_page_ask_no_more_for_more_rows(client, django_assert_num_queries):
    partner = make_partner("published")
    for extra in (1, 3):
        for _number in range(extra):
            make_partner("published")
            make_project(partner=partner, themes=[factories.theme()], oblasts=[factories.oblast()])
            factories.make_practice("published", source_partner=partner)
            Contact.objects.create(partner=partner, name="X", is_public=True)
        with django_assert_num_queries(1):
            client.get(LIST["ru"])
        with django_assert_num_queries(11):
            client.get(url_of(partner))
        with django_assert_num_queries(8):
            client.get(PROJECTS["ru"])


def test_page_shows_who_agreed_and_nobody_else(client):
    partner = make_partner("published", note="для своих", standing=Standing.PAUSED)
    Contact.objects.create(partner=partner, name="Айгүл Ачык", phone="0555 111 111", is_public=True)
    Contact.objects.create(partner=partner, name="Бакыт Жашыруун", phone="0555 222 222")
    page = client.get(url_of(partner)).content.decode()
    assert "Айгүл Ачык" in page
    for hidden in ("Бакыт Жашыруун", "0555 111 111", "0555 222 222", "для своих"):
        assert hidden not in page


def test_page_of_a_draft_is_not_there_and_of_a_withdrawn_is_gone(client):
    assert client.get(url_of(make_partner())).status_code == 404
    gone = make_partner("published", status=Status.WITHDRAWN, withdrawal_kind="mistake")
    assert client.get(url_of(gone)).status_code == 410


def test_page_names_practices_and_public_projects(client):
    partner = make_partner("published")
    given = factories.make_practice("published", source_partner=partner)
    funded = factories.make_practice("published", donor=partner)
    draft = factories.make_practice(source_partner=partner)
    project = make_project(partner=partner, themes=[factories.theme()])
    made = factories.make_practice("published", source_project=project)
    make_project(partner=partner, title_ru="Тайный проект", is_public=False)
    titles = {mention.title for mention in mentions_of(partner, "ru")}
    assert titles == {given.title_ru, funded.title_ru, made.title_ru}
    response = client.get(url_of(partner))
    words = pages.main(response)
    assert project.title_ru in words
    assert "Тайный проект" not in words
    for practice in (given, funded, made):
        assert url_of(practice) in pages.links(response)
    assert url_of(draft) not in pages.links(response)


def test_practice_says_whose_material_it_is(client):
    partner, donor = make_partner("published"), make_partner(title_ru="Тихий донор")
    project = make_project(partner=partner)
    practice = factories.make_practice(
        "published", source_partner=partner, source_project=project, donor=donor
    )
    response = client.get(url_of(practice))
    words = pages.main(response)
    assert partner.title_ru in words
    assert project.title_ru in words
    assert "Тихий донор" in words
    assert url_of(partner) in pages.links(response)
    assert url_of(donor) not in pages.links(response)


def test_article_says_whose_material_it_is(client):
    partner, donor = make_partner("published"), make_partner(title_ru="Тихий донор")
    project = make_project(partner=make_partner("published"), title_ru="Долбоор о воде")
    article = make_article(
        "published", source_partner=partner, source_project=project, donor=donor,
        licence=Licence.UNKNOWN,
    )  # fmt: skip
    response = client.get(url_of(article))
    words = pages.main(response)
    for told in (partner.title_ru, "Долбоор о воде", "Тихий донор", article.get_licence_display()):
        assert told in words
    assert url_of(partner) in pages.links(response)
    # Not known, it stays out of open data; off its page it is not.
    assert not article.is_open
    assert make_article(licence=Licence.CC_BY).is_open


def test_page_names_articles_given_made_in_a_project_or_paid(client):
    partner = make_partner("published")
    project = make_project(partner=partner)
    shown = [
        make_article("published", source_partner=partner, source_project=project, donor=partner),
        make_article("published", source_project=project),
        make_article("published", donor=partner),
    ]
    shown[0].partners.add(partner)
    draft = make_article(source_partner=partner)
    foreign = make_article("published", source_partner=make_partner())
    links = pages.links(client.get(url_of(partner)))
    for article in shown:
        assert links.count(url_of(article)) == 1
    for article in (draft, foreign):
        assert url_of(article) not in links


def test_withdrawn_partner_leaves_its_name_and_no_link(client):
    """Gone are its page and its place on lists; whose material a practice is stays true."""
    from portal.sitemap import PARTS

    partner = make_partner("published", title_ru="Уходящий союз")
    Contact.objects.create(partner=partner, name="Айгүл Ачык", is_public=True)
    practice = factories.make_practice("published", source_partner=partner)
    article = make_article("published", source_partner=partner)
    make_project(partner=partner, title_ru="Идущий проект", is_countrywide=True)
    Partner.objects.filter(pk=partner.pk).update(status=Status.WITHDRAWN, withdrawal_kind="mistake")
    gone = client.get(url_of(partner))
    assert gone.status_code == 410
    for secret in ("Уходящий", "Айгүл"):
        assert secret not in gone.content.decode()
    for url in (url_of(practice), url_of(article), PROJECTS["ru"]):
        response = client.get(url)
        assert "Уходящий союз" in pages.main(response), url
        assert url_of(partner) not in pages.links(response), url
    assert "Уходящий союз" not in pages.main(client.get(LIST["ru"]))
    assert partner not in PARTS["partners"].records()


def test_former_address_leads_to_the_present_one(client, specialist):
    partner = make_partner("published")
    former = url_of(partner)
    client.force_login(specialist)
    client.post(address(partner), posted(client.get(address(partner)), slug="new-name"))
    client.logout()
    response = client.get(former)
    assert (response.status_code, response["Location"]) == (301, "/ru/partners/new-name/")
    assert client.get("/ru/partners/new-name/").status_code == 200


def test_contacts_are_in_nothing_machines_read(client):
    """Staff's own by default: not in the search, the sitemap, the journal's feed or what a page says of
    itself.
    """
    from search.index import drain

    partner = make_partner("published", title_ru="Институт развития")
    contact = Contact.objects.create(
        partner=partner, name="Бакыт Жашыруун", post_ru="Тайный советник",
        phone="0555 222 222", email="bakyt@example.org",
    )  # fmt: skip
    Interaction.objects.create(
        partner=partner, contact=contact, kind="call", subject="Сырдуу сүйлөшүү"
    )
    make_article("published", source_partner=partner)
    drain()
    for words in ("Жашыруун", "Сырдуу", "0555 222 222", "bakyt@example.org", "Тайный советник"):
        found = search(words, language="ru").hits
        assert not {"partner", "article"} & {hit.kind for hit in found}, words
    for url in (
        url_of(partner),
        LIST["ru"],
        PROJECTS["ru"],
        "/sitemap-partners-1.xml",
        "/feeds/journal-ru.xml",
    ):
        page = client.get(url).content.decode()
        for secret in ("Жашыруун", "0555 222", "bakyt@", "Тайный", "Сырдуу"):
            assert secret not in page, url


def test_one_language_is_shown_with_its_mark(client):
    partner = make_partner(
        "published", title_ru="", summary_ru="", state_ru="absent", original_language="ky"
    )
    response = client.get(url_of(partner, "ru"))
    article = pages.document(response).find(".//article")
    assert article.get("lang") == "ky"
    assert partner.title_ky in pages.words(article)


def test_logo_stands_on_list_and_page(client, media_root):
    partner = make_partner("published")
    logo = Logo.objects.create(
        partner=partner, file=factories.upload("l.jpg", factories.picture()), alt_ru="Знак"
    )
    for url in (LIST["ru"], url_of(partner)):
        assert logo.src in pages.loaded(client.get(url))


def test_partner_is_found_by_search_until_withdrawn():
    from search.index import drain

    partner = make_partner("published", title_ru="Институт развития", short_name_ru="ИПР")
    drain()
    path = url_of(partner).removeprefix("/ru")
    assert path in [hit.path for hit in search("ИПР", language="ru").hits]
    partner.status = Status.WITHDRAWN
    partner.save()
    drain()
    assert path not in [hit.path for hit in search("ИПР", language="ru").hits]


# ---------------------------------------------------------------- gaps


def test_period_takes_what_makes_sense():
    now = timezone.localdate().year
    assert Period.read({}) == Period(now, now)
    assert Period.read({"from": "2019", "to": "2021"}) == Period(2019, 2021)
    assert Period.read({"from": "2021", "to": "2019"}) == Period(2019, 2021)
    assert Period.read({"from": "x", "to": "99999"}) == Period(now, now)
    assert Period.read({"from": "²", "to": ""}) == Period(now, now)


@pytest.mark.parametrize(
    ("starts", "ends", "is_active"),
    [
        ("2020-12-31", None, True),
        ("2019-01-01", "2020-01-01", True),
        ("2019-01-01", "2019-12-31", False),
        ("2021-01-01", None, False),
    ],
)
def test_active_is_what_runs_a_day_of_the_period(starts, ends, is_active):
    make_project(starts_on=starts, ends_on=ends)
    found = Period(2020, 2020).active(Project.objects.all())
    assert found.exists() is is_active


def test_picture_counts_each_cell_and_names_the_gaps():
    water, waste = factories.theme(), factories.theme("waste")
    chui, osh = factories.oblast(), factories.oblast("Ош облусу")
    make_project(themes=[water], oblasts=[chui])
    make_project(themes=[water], oblasts=[chui, osh])
    make_project(themes=[waste], is_countrywide=True)
    found = picture(Project.objects.public())
    cells = {row.theme: dict(zip(found.oblasts, row.cells, strict=True)) for row in found.rows}
    assert (cells[water][chui], cells[water][osh]) == (2, 1)
    assert set(cells[waste].values()) == {1}
    assert len(found.untouched) == Theme.objects.count() - 2
    assert dict(found.gaps)[water] == [o for o in found.oblasts if o not in (chui, osh)]
    assert waste not in dict(found.gaps)
    areas = {area.oblast: area.gaps for area in found.areas}
    assert areas[chui] == Theme.objects.count() - 2
    local = picture(Project.objects.public(), with_countrywide=False)
    assert waste in local.untouched


BY_HAND = """
    SELECT t.id, o.id, count(DISTINCT p.id)
    FROM themes_theme t CROSS JOIN places_oblast o
    JOIN partners_project_themes pt ON pt.theme_id = t.id
    JOIN partners_project p ON p.id = pt.project_id
    LEFT JOIN partners_project_oblasts po ON po.project_id = p.id AND po.oblast_id = o.id
    WHERE p.is_public AND p.starts_on <= %(last)s AND (p.ends_on IS NULL OR p.ends_on >= %(first)s)
      AND (p.is_countrywide OR po.id IS NOT NULL)
    GROUP BY t.id, o.id
"""


def test_picture_agrees_with_a_count_by_hand():
    """Sixty projects of every sort: over, to come, without an end, in the whole country and besides with
    oblasts ticked, in several oblasts and themes, not for readers.
    """
    chance = random.Random(5)  # noqa: S311 (the same sixty each time)
    themes, oblasts = list(Theme.objects.all()), list(Oblast.objects.all())
    partner = make_partner()
    for number in range(60):
        starts = date(2015 + number % 12, chance.randint(1, 12), 1)
        make_project(
            partner=partner,
            starts_on=starts,
            ends_on=None if number % 5 == 0 else starts + timedelta(days=chance.randint(0, 1200)),
            is_public=number % 7 != 0,
            is_countrywide=number % 11 == 0,
            themes=chance.sample(themes, chance.randint(1, 3)),
            oblasts=chance.sample(oblasts, chance.randint(0 if number % 11 == 0 else 1, 3)),
        )
    for first, last in ((2015, 2015), (2018, 2020), (2026, 2026), (2011, 2031)):
        with connection.cursor() as cursor:
            cursor.execute(BY_HAND, {"first": date(first, 1, 1), "last": date(last, 12, 31)})
            counted = {(theme, oblast): count for theme, oblast, count in cursor.fetchall()}
        found = picture(Period(first, last).active(Project.objects.public()))
        drawn = {
            (row.theme.pk, oblast.pk): count
            for row in found.rows
            for oblast, count in zip(found.oblasts, row.cells, strict=True)
            if count
        }
        assert drawn == counted, (first, last)
        gaps = {
            area.oblast.pk: sum((theme.pk, area.oblast.pk) not in counted for theme in themes)
            for area in found.areas
        }
        assert gaps == {area.oblast.pk: area.gaps for area in found.areas}


def test_table_and_map_say_the_same_and_are_read_aloud(client):
    make_project(
        partner=make_partner("published"), themes=[factories.theme()], oblasts=[factories.oblast()]
    )
    tree = pages.document(client.get(PROJECTS["ru"]))
    table = tree.xpath("//table")[0]
    columns = table.xpath("./thead/tr/th[@scope='col']")
    assert len(columns) == Oblast.objects.count() + 1
    for row in table.xpath("./tbody/tr"):
        assert len(row.xpath("./th[@scope='row']")) == 1
        # An empty square is drawn empty and read as nought.
        assert all(pages.words(cell).isdigit() for cell in row.xpath("./td"))
    gaps = [pages.words(cell) for cell in table.xpath("./tfoot/tr/td")]
    figure = pages.of_class(tree, "gap-map")[0]
    assert [pages.words(each) for each in figure.xpath(".//text")] == gaps
    assert figure.xpath("./svg[@role='img']/title")
    assert table.getparent().get("tabindex") == "0"


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_projects_page_draws_and_says_the_gaps(client, language):
    partner = make_partner("published")
    make_project(partner=partner, themes=[factories.theme()], oblasts=[factories.oblast()])
    old = make_project(starts_on=date(2015, 1, 1), ends_on=date(2016, 1, 1))
    hidden = make_project(is_public=False)
    response = client.get(PROJECTS[language])
    tree, words = pages.document(response), pages.main(response)
    assert getattr(old, f"title_{language}") not in words
    assert getattr(hidden, f"title_{language}") not in words
    assert len(tree.xpath("//table//tbody/tr")) == Theme.objects.count()
    assert len(pages.of_class(tree, "gap-map")[0].xpath(".//text")) == Oblast.objects.count()
    theme = factories.theme("waste")
    assert getattr(theme, f"name_{language}") in words
    then = client.get(PROJECTS[language], {"from": "2015", "to": "2015"})
    assert getattr(old, f"title_{language}") in pages.main(then)


def test_project_ending_yesterday_is_marked(client):
    yesterday = timezone.localdate() - timedelta(days=1)
    partner = make_partner("published")
    project = make_project(partner=partner, ends_on=yesterday)
    row = next(
        li for li in pages.of_class(pages.document(client.get(url_of(partner))), "rows")[0]
        if project.title_ru in pages.words(li)
    )  # fmt: skip
    assert pages.of_class(row, "tag")


def test_words_of_the_address_do_no_harm(client):
    for query in ("from=<script>&to=2", "kind=x&local=9", "from=" + "9" * 5000):
        assert client.get(f"{PROJECTS['ru']}?{query}").status_code == 200


def test_anonymous_page_is_shared(client):
    partner = make_partner("published")
    for url in (LIST["ru"], url_of(partner), PROJECTS["ru"]):
        response = client.get(url)
        assert "public" in response["Cache-Control"]
        assert not response.cookies
    assert reverse("partners:edit", args=[partner.slug]) not in pages.links(
        client.get(url_of(partner))
    )
