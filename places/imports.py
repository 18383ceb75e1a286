"""Loading the register of places from CSV: first the report, then all of it or nothing."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from places.models import District, Municipality, Oblast

LEVELS = {
    "oblast": Oblast,
    "republican_city": Oblast,
    "district": District,
    "town": Municipality,
    "ayil_aimak": Municipality,
}
#: Other headings under which the same columns come.
ALIASES = {
    "kind": "level",
    "district": "parent",
    "short_name_ky": "short_ky",
    "short_name_ru": "short_ru",
}
COLUMNS = {
    "code", "level", "parent", "name_ky", "name_ru", "short_ky", "short_ru", "old_names",
    "spellings", "population", "population_year", "group", "relief", "own_revenue_share",
    "settlements_count", "head_name", "site_url", "valid_from", "valid_to", "predecessors",
    "source",
}  # fmt: skip
NUMBERS = ("population", "population_year", "own_revenue_share", "settlements_count")
DATES = ("valid_from", "valid_to")


@dataclass
class Report:
    """What an import would do: rows as «code name», changes as (row, field, old, new)."""

    created: list[str] = field(default_factory=list)
    changed: list[tuple[str, str, object, object]] = field(default_factory=list)
    unchanged: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list)

    def lines(self) -> Iterable[str]:
        for row in self.created:
            yield f"new       {row}"
        for row, name, old, new in self.changed:
            yield f"changed   {row}: {name}: {old!r} → {new!r}"
        for line, message in self.errors:
            yield f"line {line}: {message}"
        changed = len({row for row, *_rest in self.changed})
        yield (
            f"{len(self.created)} new, {changed} changed, {self.unchanged} unchanged, "
            f"{len(self.errors)} errors"
        )


class RowError(ValueError):
    pass


class _DryRun(Exception):
    pass


def import_places(path: Path, *, apply: bool, keep_existing: bool = False, is_demo=False) -> Report:
    """Read the file and return the report; writes only with `apply`, and only without errors.

    keep_existing: leave places that are there already alone (editors may have changed them).
    """
    report = Report()
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        headings = [ALIASES.get(name, name) for name in reader.fieldnames or []]
        if unknown := [name for name in headings if name not in COLUMNS]:
            report.errors.append((1, f"unknown columns: {', '.join(unknown)}"))
        if missing := {"code", "level", "name_ky", "name_ru"} - set(headings):
            report.errors.append((1, f"missing columns: {', '.join(sorted(missing))}"))
        reader.fieldnames = headings
        try:
            rows = [(reader.line_num, row) for row in reader]
        except csv.Error as error:
            report.errors.append((reader.line_num, f"this is not CSV: {error}"))
    if report.errors:
        return report
    try:
        with transaction.atomic():
            later = []
            for line, row in rows:
                try:
                    unit = _import_row(row, report, keep_existing=keep_existing, is_demo=is_demo)
                    if unit is not None and (row.get("predecessors") or "").strip():
                        later.append((line, unit, _listed(row["predecessors"])))
                except (RowError, ValidationError) as error:
                    report.errors.append((line, _sentence(error)))
            for line, unit, codes in later:
                found = list(Municipality.objects.filter(code__in=codes))
                if len(found) != len(codes):
                    absent = set(codes) - {place.code for place in found}
                    report.errors.append(
                        (line, f"unknown predecessors: {', '.join(sorted(absent))}")
                    )
                unit.predecessors.set(found)
            if report.errors or not apply:
                raise _DryRun
    except _DryRun:
        pass
    return report


def _sentence(error) -> str:
    if isinstance(error, ValidationError):
        if hasattr(error, "message_dict"):
            return "; ".join(
                f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()
            )
        return " ".join(error.messages)
    return str(error)


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split("|") if part.strip()]


def _import_row(row, report, *, keep_existing, is_demo):
    row = {key: (value or "").strip() for key, value in row.items() if key}
    model = LEVELS.get(row["level"])
    if model is None:
        raise RowError(f"unknown level {row['level']!r}; one of {', '.join(LEVELS)}")
    values = {
        "name_ky": row["name_ky"],
        "name_ru": row["name_ru"],
    }
    for column, name in (("short_ky", "short_name_ky"), ("short_ru", "short_name_ru")):
        if column in row:
            values[name] = row[column]
    for column, name in (("old_names", "former_names"), ("spellings", "spellings")):
        if column in row:
            values[name] = _listed(row[column])
    if model is Oblast:
        values["is_city"] = row["level"] == "republican_city"
    elif model is District:
        values["oblast"] = _parent(Oblast, row)
    else:
        values |= _municipality_values(row, is_demo=is_demo)
    existing = model.objects.filter(code=row["code"]).first()
    label = f"{row['code']} {row['name_ky'] or row['name_ru']}"
    if existing is None:
        unit = model(code=row["code"], **values)
        unit.full_clean()
        unit.save()
        report.created.append(label)
        return unit if model is Municipality else None
    if keep_existing:
        report.unchanged += 1
        return None
    changes = [
        (name, getattr(existing, name), value)
        for name, value in values.items()
        if getattr(existing, name) != value and (getattr(existing, name) or value)
    ]
    if not changes:
        report.unchanged += 1
        return existing if model is Municipality else None
    for name, old, new in changes:
        setattr(existing, name, new)
        report.changed.append((label, name, old, new))
    existing.full_clean()
    existing.save()
    return existing if model is Municipality else None


def _parent(model, row):
    parent = model.objects.filter(code=row.get("parent", "")).first()
    if parent is None:
        raise RowError(f"unknown {model.__name__.lower()} {row.get('parent', '')!r}")
    return parent


def _municipality_values(row, *, is_demo):
    values = {"kind": row["level"], "is_demo": is_demo}
    district = District.objects.filter(code=row.get("parent", "")).first()
    if district:
        values |= {"district": district, "oblast": district.oblast}
    else:
        values |= {"district": None, "oblast": _parent(Oblast, row)}
    for name in NUMBERS:
        if name in row:
            values[name] = _number(name, row[name])
    for name in DATES:
        if name in row:
            try:
                values[name] = date.fromisoformat(row[name]) if row[name] else None
            except ValueError as error:
                raise RowError(f"{name}: {row[name]!r} is not a date like 2024-05-01") from error
    for name in ("group", "relief", "source", "head_name", "site_url"):
        if row.get(name):
            values[name] = row[name]
    return values


def _number(name: str, text: str) -> int | None:
    if not text:
        return None
    try:
        return int(text.replace(" ", "").replace("\xa0", ""))
    except ValueError as error:
        raise RowError(f"{name}: {text!r} is not a whole number") from error
