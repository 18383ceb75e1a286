"""Rules over the whole repository: templates, models, migrations, requirements, no traces."""

import importlib.util
import io
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.utils import translation
from django.utils.functional import Promise

ROOT = Path(settings.BASE_DIR)
OWN = (
    "portal", "contests", "journal", "partners", "practices", "themes", "publishing", "people",
    "search", "places",
)  # fmt: skip
LEFT_OUT = {".git", ".venv", "var", "__pycache__", ".ruff_cache", "node_modules", ".hypothesis"}
TEXT_SUFFIXES = {
    ".py", ".html", ".txt", ".css", ".js", ".mjs", ".md", ".toml", ".yaml", ".yml", ".json", ".csv",
    ".po", ".typ", ".svg", ".in", ".sh", ".cfg", ".example", "",
}  # fmt: skip


def project_files():
    for path in sorted(ROOT.rglob("*")):
        relative = path.relative_to(ROOT)
        if path.is_file() and not LEFT_OUT & set(relative.parts):
            yield path


def templates():
    """(name, text without comments) of every template."""
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".svg"}:
            text = path.read_text(encoding="utf-8")
            text = re.sub(r"{#.*?#}", "", text)
            text = re.sub(r"{%\s*comment.*?endcomment\s*%}", "", text, flags=re.DOTALL)
            yield str(path.relative_to(ROOT)), text


def offences(pattern: str) -> list[str]:
    found = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return [
        f"{name}: {match[0][:80]}" for name, text in templates() for match in found.finditer(text)
    ]


# ---------------------------------------------------------------- templates: a strict CSP


def test_templates_have_no_inline_style():
    assert offences(r"<[a-z][^<>]*\sstyle\s*=") == []
    assert offences(r"<style\b") == []


def test_templates_have_no_inline_script():
    # A block of data is not a script: the browser does not run it and the policy does not meet it.
    data = r"type=\"application/(?:ld\+)?json\""
    assert offences(rf"<script\b(?![^>]*\bsrc=)(?![^>]*{data})[^>]*>") == []


def test_templates_have_no_handlers_and_no_script_addresses():
    assert offences(r"<[a-z][^<>]*\son[a-z]+\s*=") == []
    assert offences(r"(?:href|src|action)\s*=\s*[\"']?\s*javascript:") == []


def test_templates_ask_no_other_host():
    """No stylesheet, script, font, image or frame from elsewhere."""
    assert (
        offences(
            r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\ssrc\s*=\s*[\"'](?:https?:)?//"
        )
        == []
    )
    assert (
        offences(r"<link\b[^>]*rel=[\"'](?:stylesheet|preload|icon)[^>]*href=[\"'](?:https?:)?//")
        == []
    )


def test_templates_use_named_placeholders_only():
    """A translator can move %(name)s about, not %s."""
    wrong = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for app in OWN
        for path in (ROOT / app).rglob("*.py")
        for match in re.finditer(
            r"\b(?:_|gettext|gettext_lazy|ngettext)\(\s*f?\"[^\"]*%[sd][^\"]*\"",
            path.read_text(encoding="utf-8"),
        )
    ]
    assert wrong == []


# ---------------------------------------------------------------- models


def own_models():
    return [model for label in OWN for model in apps.get_app_config(label).get_models()]


@pytest.mark.parametrize(
    "model",
    own_models(),
    ids=lambda model: model._meta.label,
)
def test_model_has_translated_lower_case_names(model):
    original = model._meta.original_attrs
    with translation.override("en"):
        for name in ("verbose_name", "verbose_name_plural"):
            assert isinstance(original.get(name), Promise), f"{name} is not translated"
            text = str(original[name])
            assert text[0].islower(), f"{name} “{text}” begins with a capital"
        for field in model._meta.fields:
            label = field.verbose_name
            if isinstance(label, Promise) and not re.match(
                r"[A-ZА-Я]{2}|WhatsApp|Kyrgyz|Russian", str(label)
            ):
                assert str(label)[0].islower(), f"{field.name}: “{label}” begins with a capital"


#: A person's own and nobody else's: deleting the account deletes it.
OF_A_PERSON = {"publishing.Draft", "people.Membership", "people.Consent"}


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model._meta.label)
def test_content_is_not_deleted_with_what_it_points_to(model):
    """Rows go with their own record; content never goes with a person, place or theme."""
    from django.db.models import CASCADE

    people_and_places = {"User", "Municipality", "District", "Oblast", "Theme"}
    if model._meta.label in OF_A_PERSON:
        people_and_places.remove("User")
    wrong = [
        field.name
        for field in model._meta.fields
        if field.is_relation
        and field.remote_field.on_delete is CASCADE
        and field.related_model.__name__ in people_and_places
    ]
    assert wrong == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    out = io.StringIO()
    try:
        call_command("makemigrations", *OWN, check=True, dry_run=True, stdout=out, stderr=out)
    except SystemExit:
        pytest.fail(out.getvalue())


# ---------------------------------------------------------------- what the project depends on


def test_psycopg_3_is_absent():
    """Django would prefer it silently to psycopg2."""
    assert importlib.util.find_spec("psycopg") is None


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*")), ids=lambda path: path.name
)
def test_requirements_hold_no_addresses(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(
        r"https?://|git\+|file:|--(?:extra-)?index-url|--find-links|--trusted-host", text
    )


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name
)
def test_locked_requirements_have_hashes(path):
    entries = re.split(r"\n(?=[A-Za-z0-9])", path.read_text(encoding="utf-8"))
    pinned = [entry for entry in entries if re.match(r"[A-Za-z0-9._\[\]-]+==", entry)]
    assert pinned
    assert [entry.split()[0] for entry in pinned if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.in")), ids=lambda path: path.name
)
def test_every_dependency_says_what_it_is_for(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-"))]
    assert [line for line in wanted if not re.search(r"\s# \w", line)] == []


# ---------------------------------------------------------------- traces


def test_nothing_tells_of_the_machine_it_was_made_on():
    # Put together here, or this very file would be found.
    traces = [f"/{name}" for name in ("work/", "root/", "home/user/", "tmp/h-", "tmp/plan")]
    found = []
    for path in project_files():
        if path.suffix.lower() not in TEXT_SUFFIXES:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {trace}" for trace in traces if trace in text]
    assert found == []


def test_no_secret_lies_in_the_project():
    assert [
        str(path)
        for path in project_files()
        if path.name in {".env", "secret", "demo-accounts.txt"}
    ] == []


def test_kyrgyz_letters_are_the_right_code_points():
    """Look-alikes (ѳ U+0473, ӊ U+04CA) look right and are found by no search.

    They stand where they are folded away or tested, nowhere else.
    """
    allowed = {".py", ".csv"}  # queries as readers type them
    wrong = [
        str(path.relative_to(ROOT))
        for path in project_files()
        if path.suffix in TEXT_SUFFIXES - allowed
        and re.search("[ѳѲӊӉ]", path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert wrong == []
