"""What Django and the libraries say in the admin and at sign-in is said in Kyrgyz and Russian.

The strings come from the installed packages, so that an upgrade which adds one fails here.
"""

import datetime
import json
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import polib
import pytest
from django.utils import formats, translation
from django.views.i18n import JSONCatalog

from portal.catalogues import FORMS, PLURAL_FORMS, VENDOR, from_python, from_template

LANGUAGES = ["ky", "ru"]
DJANGO = [
    "django.conf",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.sites",
]
LIBRARIES = {
    "allauth": [
        "account",
        "core",
        "mfa",
        "usersessions",
        "templates/account",
        "templates/allauth",
        "templates/mfa",
        "templates/usersessions",
    ],
    "django_tasks": ["."],
    "django_tasks_db": ["."],
    "import_export": ["."],
    "modeltranslation": ["."],
    "reversion": ["."],
    "taggit": ["."],
}
# import_export puts these together while it runs, so no search of its sources finds them.
COMPOSED = [f"{what} through import_export" for what in ("new", "update", "delete")]
EDITOR_HEADINGS = [f"Heading {level}" for level in (1, 2, 3, 4)]

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdr]|\{\w*\}")
TAG = re.compile(r"</?\w+")


def folder(package):
    return Path(find_spec(package).submodule_search_locations[0])


def catalogue(path):
    """{(context, msgid): entry} of what a .po file really translates."""
    if not path.exists():
        return {}
    return {(e.msgctxt, e.msgid): e for e in polib.pofile(str(path)) if e.translated()}


def read(package, language, domain="django"):
    return catalogue(folder(package) / "locale" / language / "LC_MESSAGES" / f"{domain}.po")


def ours(language, domain="django"):
    return catalogue(VENDOR / language / "LC_MESSAGES" / f"{domain}.po")


def english(package, domain):
    path = folder(package) / "locale" / "en" / "LC_MESSAGES" / f"{domain}.po"
    return {(e.msgctxt, e.msgid): e.msgid_plural for e in polib.pofile(str(path))}


def said_by(package, places):
    """{(context, msgid): plural} of every string in a package's sources and templates."""
    found = {}
    for place in places:
        for path in (folder(package) / place).rglob("*"):
            if {"tests", "management", "migrations"} & set(path.parts):
                continue
            if path.suffix == ".py":
                messages = from_python(path.read_text(encoding="utf-8"))
            elif path.suffix in {".html", ".txt"}:
                messages = from_template(path.read_text(encoding="utf-8"))
            else:
                continue
            for message in messages:
                key = (message.context, message.msgid)
                found[key] = found.get(key) or message.plural or ""
    return found


def said_by_editor():
    """The strings of django-prose-editor's script, and its buttons' titles, which stay English
    unless a script of the portal looks them up in the same catalogue."""
    script = folder("django_prose_editor") / "static" / "django_prose_editor" / "editor.js"
    text = script.read_text(encoding="utf-8")
    name = re.search(r"([\w$]+)=window\.gettext", text)[1]
    translated = re.findall(rf'(?<![\w$]){re.escape(name)}\("([^"]+)"\)', text)
    titles = re.findall(r'\.material\("\w+","([^"]+)"\)', text)
    labels = re.findall(r'\.text\("(\w[^"]+)"\)|textContent:"(Paragraph|Reset all classes)"', text)
    flat = [label for pair in labels for label in pair if label]
    return {(None, msgid): "" for msgid in [*translated, *titles, *flat, *EDITOR_HEADINGS]}


def wanted(domain):
    if domain == "djangojs":
        return english("django.contrib.admin", "djangojs") | said_by_editor()
    strings = {(None, msgid): "" for msgid in COMPOSED}
    for package in DJANGO:
        strings |= english(package, domain)
    for package, places in LIBRARIES.items():
        strings |= said_by(package, places)
    return strings


@pytest.fixture(scope="module")
def strings():
    return {domain: wanted(domain) for domain in ("django", "djangojs")}


@pytest.fixture
def _compiled(settings, tmp_path):
    """Only our catalogues, freshly compiled, over those of the packages."""
    for path in VENDOR.glob("*/LC_MESSAGES/*.po"):
        target = tmp_path / path.relative_to(VENDOR).with_suffix(".mo")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(polib.pofile(str(path)).to_binary())
    settings.LOCALE_PATHS = [tmp_path]


def texts(entry):
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_every_string_is_translated(strings, language, domain):
    known = set(ours(language, domain))
    for package in [*DJANGO, *LIBRARIES, "django_prose_editor"]:
        known |= set(read(package, language, domain))

    assert len(strings[domain]) > 100
    assert sorted(map(str, set(strings[domain]) - known)) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_nothing_is_translated_that_no_package_says(strings, language, domain):
    said = strings[domain]

    assert sorted(map(str, set(ours(language, domain)) - set(said))) == []
    plurals = {key: said[key] or "" for key in ours(language, domain)}
    assert {key: e.msgid_plural or "" for key, e in ours(language, domain).items()} == plurals


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_django(language):
    for domain in ("django", "djangojs"):
        po = polib.pofile(str(VENDOR / language / "LC_MESSAGES" / f"{domain}.po"))
        theirs = polib.pofile(
            str(folder("django.conf") / f"locale/{language}/LC_MESSAGES/django.po")
        )

        assert po.metadata["Plural-Forms"] == PLURAL_FORMS[language]
        assert po.metadata["Plural-Forms"].replace(" ", "") == theirs.metadata[
            "Plural-Forms"
        ].replace(" ", "")
        assert not [entry.msgid for entry in po if not entry.translated() or entry.fuzzy]
        counts = {e.msgid: len(e.msgstr_plural) for e in po if e.msgid_plural}
        assert {msgid: n for msgid, n in counts.items() if n != FORMS[language]} == {}


def skeleton(text):
    """What a translation may not change: names, the number of unnamed places, tags, outer space."""
    places = Counter(PLACEHOLDER.findall(text))
    named = {place for place in places if any(letter.isalpha() for letter in place[1:-1])}
    unnamed = {place: places[place] for place in places if place not in named}
    edges = re.match(r"\s*", text)[0], re.search(r"\s*\Z", text)[0]
    return named, unnamed, Counter(TAG.findall(text)), edges


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_placeholders_tags_and_edges_are_kept(language, domain):
    for entry in ours(language, domain).values():
        for text in texts(entry):
            assert skeleton(text) == skeleton(entry.msgid_plural or entry.msgid), text


def test_kyrgyz_keeps_to_the_glossary():
    """One word for one thing; and no look-alikes of ө and ң, no typewriter's quotation marks."""
    unwanted = re.compile(r"купуя(?!лык)|эмейл|экат|обект|сыр сөз|броузер|[ѳӊ“”]", re.IGNORECASE)
    for domain in ("django", "djangojs"):
        for entry in ours("ky", domain).values():
            for text in texts(entry):
                assert not unwanted.search(text), text


@pytest.mark.usefixtures("_compiled")
@pytest.mark.parametrize(
    ("language", "name", "written"),
    [
        ("ky", "DATE_FORMAT", "2026-ж., 22-ноябрь"),
        ("ky", "DATETIME_FORMAT", "2026-ж., 22-ноябрь, 09:05"),
        ("ky", "YEAR_MONTH_FORMAT", "2026-ж., ноябрь"),
        ("ky", "MONTH_DAY_FORMAT", "22-ноябрь"),
        ("ky", "SHORT_DATE_FORMAT", "22.11.2026"),
        ("ru", "DATE_FORMAT", "22 ноября 2026\u00a0г."),
        ("ru", "DATETIME_FORMAT", "22 ноября 2026\u00a0г., 09:05"),
        ("ru", "YEAR_MONTH_FORMAT", "Ноябрь 2026\u00a0г."),
        ("ru", "MONTH_DAY_FORMAT", "22 ноября"),
    ],
)
def test_dates_are_written_as_the_language_does(language, name, written):
    moment = datetime.datetime(2026, 11, 22, 9, 5, tzinfo=datetime.UTC)
    with translation.override(language):
        assert formats.date_format(moment, name) == written


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_and_typed_dates(language):
    with translation.override(language):
        assert formats.number_format(1234567.5, 1, force_grouping=True) == "1\u00a0234\u00a0567,5"
        assert formats.get_format("FIRST_DAY_OF_WEEK") == 1
        inputs = formats.get_format("DATE_INPUT_FORMATS")
        assert inputs[0] == "%d.%m.%Y"
        assert "%Y-%m-%d" in inputs
        assert formats.get_format("DATETIME_INPUT_FORMATS")[0] == "%d.%m.%Y %H:%M:%S"


@pytest.mark.usefixtures("_compiled")
@pytest.mark.parametrize(
    ("language", "cancel", "link", "forms"),
    [("ky", "Жокко чыгаруу", "Шилтемени түзөтүү", 1), ("ru", "Отмена", "Изменить ссылку", 4)],
)
def test_admins_script_catalogue_knows_the_editor_too(rf, language, cancel, link, forms):
    """The admin asks for the catalogue of its own package only; ours is always merged in."""
    with translation.override(language):
        response = JSONCatalog.as_view(packages=["django.contrib.admin"])(rf.get("/jsi18n/"))
    found = json.loads(response.content)

    assert found["catalog"]["Cancel"] == cancel
    assert found["catalog"]["Edit Link"] == link
    assert len(found["catalog"]["%(sel)s of %(cnt)s selected"]) == forms
