"""The floors: an app imports only from apps further down; and no name that says nothing."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
#: From the roof to the ground. An app is born when its first model is.
FLOORS = (
    "portal",
    "insights",
    "contests",
    "community",
    "events",
    "learning",
    "journal",
    "practices",
    "partners",
    "themes",
    "publishing",
    "people",
    "search",
    "places",
)
#: Of the roof, this alone stands under everything: it knows no app and starts the database.
GROUND_OF_THE_ROOF = {"portal.embedded"}
EMPTY_NAMES = {"core", "common", "base", "utils", "util", "helpers", "helper", "services"}
EMPTY_CLASS = re.compile(r"(Core|Common|Base|Utils?|Helpers?|Service|Services)$")


def sources(app: str) -> list[Path]:
    return [path for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts]


def imported(path: Path) -> list[tuple[int, str]]:
    """(line, dotted name) of every import, those inside functions too."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*above, *([node.module] if node.module else [])])
            found += [(node.lineno, f"{name}.{alias.name}") for alias in node.names]
    return found


@pytest.mark.parametrize("app", [app for app in FLOORS if (ROOT / app).is_dir()])
def test_app_imports_only_from_below(app):
    above = set(FLOORS[: FLOORS.index(app)])
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(app)
        for line, name in imported(path)
        if name.split(".")[0] in above
        and not any(name == free or name.startswith(f"{free}.") for free in GROUND_OF_THE_ROOF)
    ]
    assert wrong == []


def test_import_from_above_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.test_architecture.ROOT", tmp_path)
    module = tmp_path / "places" / "models.py"
    module.parent.mkdir()
    module.write_text("def late():\n    from practices.models import Practice\n    import people\n")
    assert imported(module) == [(2, "practices.models.Practice"), (3, "people")]


def test_every_app_stands_on_a_floor():
    own = {app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()}
    assert own <= set(FLOORS)


def test_apps_are_installed_from_the_roof_to_the_ground():
    own = [app for app in settings.INSTALLED_APPS if app in FLOORS]
    assert own == sorted(own, key=FLOORS.index)


def test_nothing_bears_an_empty_name():
    wrong = []
    for app in FLOORS:
        for path in sources(app):
            parts = {*path.relative_to(ROOT).with_suffix("").parts}
            if parts & (EMPTY_NAMES | {"manager", "managers"}):
                wrong.append(str(path.relative_to(ROOT)))
            wrong += [
                f"{path.relative_to(ROOT)}:{node.lineno} class {node.name}"
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.ClassDef) and EMPTY_CLASS.search(node.name)
            ]
    assert wrong == []


def test_no_file_of_models_or_views_grows_without_end():
    """Past about 500 lines a file is split by subject; this is where it must have happened."""
    long = {
        str(path.relative_to(ROOT)): length
        for app in FLOORS
        for path in sources(app)
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > 900
    }
    assert long == {}
