"""Collecting, keeping and compiling the strings of the interface, without GNU gettext."""

import gettext
import io

import polib
import pytest

from portal import catalogues
from portal.catalogues import Message


def test_strings_of_python_are_found():
    found = list(
        catalogues.from_python(
            "from django.utils.translation import gettext_lazy as _, ngettext, pgettext\n"
            "a = _('Practice')\n"
            "b = _('two ' 'parts')\n"
            "c = ngettext('%(n)s step', '%(n)s steps', n) % {'n': n}\n"
            "d = pgettext('verb', 'Open')\n"
            "e = _(name)\n"
        )
    )
    assert set(found) == {
        Message("Practice"),
        Message("two parts"),
        Message("%(n)s step", plural="%(n)s steps"),
        Message("Open", context="verb"),
    }


def test_strings_of_templates_are_found():
    found = list(
        catalogues.from_template(
            "{% load i18n %}{% translate \"It's here\" %}{% translate 'Open' context 'verb' %}"
            "{% blocktranslate count n=steps trimmed %}\n  {{ n }} step\n{% plural %}\n"
            "  {{ n }} steps, 100%\n{% endblocktranslate %}"
            '{{ name|default:_("Nobody") }}{# translate "no" #}'
        )
    )
    assert set(found) == {
        Message("It's here"),
        Message("Open", context="verb"),
        Message("%(n)s step", plural="%(n)s steps, 100%%"),
        Message("Nobody"),
    }


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogues, "OWN", tmp_path / "locale")
    monkeypatch.setattr(catalogues, "VENDOR", tmp_path / "vendor")
    return tmp_path / "locale"


def entries(own, language):
    return polib.pofile(str(own / language / "LC_MESSAGES" / "django.po"))


def test_update_keeps_translations_and_marks_what_is_gone(own):
    catalogues.update("ky", {Message("Practice"): {"a.py"}, Message("Theme"): {"a.py"}})
    catalogue = entries(own, "ky")
    catalogue.find("Practice").msgstr = "Тажрыйба"
    catalogue.find("Theme").msgstr = "Тема"
    catalogue.save()

    catalogues.update("ky", {Message("Practice"): {"b.py", "a.py"}, Message("Region"): {"b.py"}})
    catalogue = entries(own, "ky")
    assert catalogue.find("Practice").msgstr == "Тажрыйба"
    assert [name for name, _line in catalogue.find("Practice").occurrences] == ["a.py", "b.py"]
    assert catalogue.find("Region").msgstr == ""
    assert [entry.msgid for entry in catalogue.obsolete_entries()] == ["Theme"]

    catalogues.update("ky", {Message("Theme"): {"a.py"}})
    assert entries(own, "ky").find("Theme").msgstr == "Тема"


def test_update_changes_nothing_the_second_time(own):
    messages = {Message("b", plural="bs"): {"x.html"}, Message("a %(n)s"): {"x.html"}}
    catalogues.update("ru", messages)
    path = own / "ru" / "LC_MESSAGES" / "django.po"
    first = path.read_bytes()
    catalogues.update("ru", messages)
    assert path.read_bytes() == first


def test_plural_forms_are_as_many_as_djangos_own(own):
    for language, forms in catalogues.FORMS.items():
        catalogues.update(language, {Message("%(n)s step", plural="%(n)s steps"): {"x.py"}})
        catalogue = entries(own, language)
        assert len(catalogue.find("%(n)s step").msgstr_plural) == forms
        assert f"nplurals={forms};" in catalogue.metadata["Plural-Forms"]


def test_problems_name_what_is_missing(own):
    messages = {
        Message("Practice"): {"a.py"},
        Message("%(n)s steps by %(who)s"): {"a.py"},
        Message("%(n)s day", plural="%(n)s days"): {"a.py"},
    }
    for language in catalogues.FORMS:
        catalogues.update(language, messages)
    catalogue = entries(own, "ru")
    catalogue.find("Practice").msgstr = "Практика"
    catalogue.find("%(n)s steps by %(who)s").msgstr = "%(n)s шагов"
    catalogue.find("%(n)s day").msgstr_plural = dict.fromkeys(range(4), "%(n)s дней")
    catalogue.save()
    found = catalogues.problems({**messages, Message("New"): {"b.py"}})
    assert [line for line in found if line.startswith("ru: ")] == [
        "ru: not in the catalogue: «New»",
        "ru: locale: lacks a placeholder of the original: «%(n)s steps by %(who)s»",
    ]
    assert len([line for line in found if line.startswith("ky: locale: untranslated")]) == 3


def test_compiled_catalogue_is_read_by_gettext(own):
    catalogues.update("ru", {Message("%(n)s step", plural="%(n)s steps"): {"x.py"}})
    catalogue = entries(own, "ru")
    forms = {0: "%(n)s шаг", 1: "%(n)s шага", 2: "%(n)s шагов", 3: "%(n)s шага"}
    catalogue.find("%(n)s step").msgstr_plural = forms
    catalogue.save()
    assert catalogues.compile_all() == 1
    assert catalogues.compile_all() == 0
    compiled = (own / "ru" / "LC_MESSAGES" / "django.mo").read_bytes()
    translations = gettext.GNUTranslations(io.BytesIO(compiled))
    counted = [translations.ngettext("%(n)s step", "%(n)s steps", n) for n in (1, 2, 5, 21)]
    assert counted == ["%(n)s шаг", "%(n)s шага", "%(n)s шагов", "%(n)s шаг"]


def test_catalogues_of_the_portal_are_complete():
    assert catalogues.problems() == []
