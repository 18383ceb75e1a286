"""Message catalogues without GNU gettext: collecting, compiling, checking.

portal/locale holds the portal's own strings; its msgids are collected from the sources.
portal/locale_vendor holds what Django and the libraries leave untranslated; it is written by hand.
Compiled catalogues (.mo) are made where they are needed and never committed.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polib

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
OWN = ROOT / "portal" / "locale"
VENDOR = ROOT / "portal" / "locale_vendor"
# The same numbers of forms as Django's own catalogues: a different one is a different catalogue.
PLURAL_FORMS = {
    "ky": "nplurals=1; plural=0;",
    "ru": (
        "nplurals=4; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
        "(n%100<12 || n%100>14) ? 1 : n%10==0 || (n%10>=5 && n%10<=9) || "
        "(n%100>=11 && n%100<=14)? 2 : 3);"
    ),
}
FORMS = {"ky": 1, "ru": 4}
NOT_SOURCES = {"tests", "migrations", "node_modules", "var", "locale", "locale_vendor", "static"}

# Where the strings stand among a call's arguments: context, singular, plural.
CALLS = {"_": (None, 0, None)}
for ending in ("", "_lazy", "_noop"):
    CALLS[f"gettext{ending}"] = (None, 0, None)
    CALLS[f"ngettext{ending}"] = (None, 0, 1)
    CALLS[f"pgettext{ending}"] = (0, 1, None)
    CALLS[f"npgettext{ending}"] = (0, 1, 2)

STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
TEMPLATE_CALL = re.compile(
    rf"(?<![\w.])(n?p?gettext|_)\(\s*({STRING})(?:\s*,\s*({STRING}))?(?:\s*,\s*({STRING}))?"
)
NAMED = re.compile(r"%\((\w+)\)[#0\- +]*\d*(?:\.\d+)?[a-zA-Z]")


class Message(NamedTuple):
    msgid: str
    context: str | None = None
    plural: str | None = None


# ---------------------------------------------------------------- collecting


def collect(root: Path = ROOT) -> dict[Message, set[str]]:
    """Every string that the sources ask a translation for, with the files that do."""
    found: dict[Message, set[str]] = {}
    for path in sources(root):
        text = path.read_text(encoding="utf-8")
        messages = from_python(text) if path.suffix == ".py" else from_template(text)
        for message in messages:
            found.setdefault(message, set()).add(path.relative_to(root).as_posix())
    return found


def sources(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        inside = Path(folder).relative_to(root)
        folders[:] = sorted(
            name for name in folders if name not in NOT_SOURCES and not name.startswith(".")
        )
        in_templates = "templates" in inside.parts
        for name in sorted(files):
            if name.endswith(".py") or (in_templates and name.endswith((".html", ".txt"))):
                yield Path(folder) / name


def from_python(text: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        if name not in CALLS:
            continue
        arguments = [
            argument.value if isinstance(argument, ast.Constant) else None for argument in node.args
        ]
        yield from _message(name, arguments)


def from_template(text: str) -> Iterator[Message]:
    from django.utils.translation.template import templatize

    for name, *literals in TEMPLATE_CALL.findall(templatize(text)):
        yield from _message(name, [ast.literal_eval(each) for each in literals if each])


def _message(name: str, arguments: list[object]) -> Iterator[Message]:
    def at(place: int | None) -> str | None:
        value = arguments[place] if place is not None and place < len(arguments) else None
        return value if isinstance(value, str) else None

    context, singular, plural = CALLS[name]
    msgid = at(singular)
    if msgid and (context is None or at(context) is not None):
        yield Message(msgid, at(context), at(plural))


# ---------------------------------------------------------------- updating


def update(language: str, messages: dict[Message, set[str]]) -> None:
    """Brings a catalogue in line with the sources; a translation is never lost, only made obsolete."""
    path = OWN / language / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    old = polib.pofile(str(path), wrapwidth=98) if path.exists() else polib.POFile(wrapwidth=98)
    known = {(entry.msgid, entry.msgctxt): entry for entry in old}
    new = polib.POFile(wrapwidth=98)
    new.header = old.header
    new.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "MIME-Version": "1.0",
        "Plural-Forms": PLURAL_FORMS[language],
    }
    for message, files in sorted(_merged(messages).items(), key=_order):
        entry = known.pop((message.msgid, message.context), None) or polib.POEntry(
            msgid=message.msgid, msgctxt=message.context
        )
        entry.obsolete = False
        entry.occurrences = [(name, "") for name in sorted(files)]
        if message.plural:
            entry.msgid_plural = message.plural
            forms = entry.msgstr_plural or {0: entry.msgstr}
            entry.msgstr_plural = {form: forms.get(form, "") for form in range(FORMS[language])}
            entry.msgstr = ""
        flags = [flag for flag in entry.flags if flag != "python-format"]
        if NAMED.search(message.msgid + (message.plural or "")):
            flags.append("python-format")
        entry.flags = flags
        new.append(entry)
    for entry in sorted(known.values(), key=lambda entry: (entry.msgid, entry.msgctxt or "")):
        if entry.msgstr or any(entry.msgstr_plural.values()):
            entry.obsolete = True
            entry.occurrences = []
            new.append(entry)
    text = f"{new}\n".replace("\n\n\n", "\n\n")
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        _write(path, text.encode())


def _merged(messages: dict[Message, set[str]]) -> dict[Message, set[str]]:
    """One entry per msgid and context; the plural wins over the same string used without one."""
    merged: dict[tuple[str, str | None], tuple[Message, set[str]]] = {}
    for message, files in messages.items():
        key = (message.msgid, message.context)
        other, seen = merged.get(key, (message, set()))
        merged[key] = (message if message.plural else other, seen | files)
    return dict(merged.values())


def _order(item: tuple[Message, set[str]]) -> tuple[str, str]:
    return item[0].msgid, item[0].context or ""


# ---------------------------------------------------------------- compiling


def compile_all() -> int:
    """Makes the .mo of every .po that is newer; returns how many were made."""
    made = 0
    for po in _catalogues():
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime_ns <= po.stat().st_mtime_ns:
            _write(mo, polib.pofile(str(po)).to_binary())
            made += 1
    return made


def _catalogues() -> list[Path]:
    return sorted(path for folder in (OWN, VENDOR) for path in folder.glob("*/LC_MESSAGES/*.po"))


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


# ---------------------------------------------------------------- checking


def problems(messages: dict[Message, set[str]] | None = None) -> list[str]:
    """What keeps the catalogues from being complete, a line each."""
    found = []
    wanted = _merged(collect() if messages is None else messages)
    for language in FORMS:
        path = OWN / language / "LC_MESSAGES" / "django.po"
        entries = polib.pofile(str(path)) if path.exists() else polib.POFile()
        known = {(entry.msgid, entry.msgctxt) for entry in entries if not entry.obsolete}
        absent = sorted(
            message.msgid for message in wanted if (message.msgid, message.context) not in known
        )
        found += [f"{language}: not in the catalogue: {_short(msgid)}" for msgid in absent]
    for path in _catalogues():
        language = path.parent.parent.name
        for entry in polib.pofile(str(path)):
            wrong = not entry.obsolete and _wrong(entry, FORMS[language])
            if wrong:
                found.append(f"{language}: {path.parts[-4]}: {wrong}: {_short(entry.msgid)}")
    return found


def _wrong(entry: polib.POEntry, forms: int) -> str:
    texts: Iterable[str] = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
    texts = list(texts)
    if entry.msgid_plural and len(texts) != forms:
        return f"{len(texts)} plural forms, {forms} wanted"
    if not all(texts):
        return "untranslated"
    if entry.fuzzy:
        return "fuzzy"
    wanted = set(NAMED.findall(entry.msgid + entry.msgid_plural))
    if any(set(NAMED.findall(text)) - wanted for text in texts):
        return "names a placeholder that the original has not"
    if not entry.msgid_plural and set(NAMED.findall(entry.msgstr)) != wanted:
        return "lacks a placeholder of the original"
    for edge in ("startswith", "endswith"):
        if any(getattr(text, edge)("\n") != getattr(entry.msgid, edge)("\n") for text in texts):
            return "begins or ends with another line break"
    return ""


def _short(msgid: str) -> str:
    line = " ".join(msgid.split())
    return f"«{line}»" if len(line) <= 70 else f"«{line[:69]}…»"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 dev.py messages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what is missing; exit 1")
    parser.add_argument("--compile", action="store_true", help="only make the .mo files")
    options = parser.parse_args(arguments)
    if options.compile:
        compile_all()
        return 0
    messages = collect()
    if not options.check:
        for language in FORMS:
            update(language, messages)
        compile_all()
    found = problems(messages)
    for line in found:
        print(line)  # noqa: T201 - a program for the terminal
    if not found:
        print(f"{len(_merged(messages))} strings, complete in both languages.")  # noqa: T201
    return 1 if found and options.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
