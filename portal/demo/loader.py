"""Demo content: invented practices, partners and a journal that show the portal at work.

Everything made here carries is_demo, so that it can be told apart and taken away again.
"""

import io
import json
import secrets
from datetime import datetime, time, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from docx import Document
from docx.shared import Pt

from partners.choices import Licence
from people import roles
from people.models import Membership, User
from places.imports import import_places
from places.models import Municipality
from portal.demo.load_contests import load_contests, remove_contests
from portal.demo.load_journal import load_journal, remove_journal
from portal.demo.load_partners import load_partners, load_sources, remove_partners
from portal.demo.rows import FOLDER, both, day
from practices.choices import CollectedVia
from practices.models import Adoption, Practice, PracticeDocument, next_number
from practices.tasks import make_share_image
from publishing.languages import LANGUAGES, LanguageState
from publishing.models import AuditEvent, Draft
from publishing.workflow import READABLE
from themes.models import Tag, Theme

TRANSLATED = (
    "title", "promise", "place_text", "problem", "solution", "result", "beneficiaries",
    "who_took_part", "cost_note", "upkeep_plan", "staff_needed", "equipment",
    "success_conditions", "lessons", "what_not_to_do", "transfer_advice", "not_suitable_if",
    "contact_post", "contact_hours",
)  # fmt: skip
RICH = {"problem", "solution", "result"}
PLAIN = (
    "kind", "original_language", "initiative", "beneficiaries_count", "women_count",
    "vulnerable_groups", "participation", "cost_once", "cost_yearly", "price_year", "scale_by",
    "scale_quantity", "fixed_share", "upkeep_payer", "kenesh_decision", "competence",
    "suits_population_min", "suits_population_max", "suits_groups", "needs", "office_phone",
    "can_visit", "can_mentor", "evidence_level", "status",
)  # fmt: skip
ROWS = {
    "measurements": (
        ("indicator", "unit", "source"),
        ("before", "after", "before_year", "after_year"),
    ),
    "steps": (("title", "text", "responsible", "typical_mistake"), ("days",)),
    "funding": (("name",), ("source", "amount")),
    "legal_basis": (("act", "article"), ("edition_on", "url")),
    "obstacles": (("text", "how_overcome"), ("barrier", "still_open")),
    "evidence": (("note",), ("level", "on")),
    "links": (("title",), ("kind", "url", "minutes")),
}
ADOPTION = (
    ("why_chosen", "adaptation", "result", "lessons", "stop_reason"),
    ("status", "scale", "started_on", "finished_on", "cost_once", "cost_yearly", "price_year",
     "scale_quantity", "beneficiaries_count", "would_recommend", "confirmed_on"),
)  # fmt: skip
ACCOUNTS = (
    (
        "editor@example.org",
        {"ky": "Демо-редактор", "ru": "Демо-редактор"},
        (roles.THEME_EDITOR, roles.CHIEF_EDITOR),
    ),
    # Without a group: a municipality's secretary, outside the admin.
    ("secretary@example.org", {"ky": "Демо-катчы", "ru": "Демо-секретарь"}, ()),
    ("specialist@example.org", {"ky": "Демо-адис", "ru": "Демо-специалист"}, (roles.SPECIALIST,)),
    (
        "translator@example.org",
        {"ky": "Демо-котормочу", "ru": "Демо-переводчик"},
        (roles.TRANSLATOR,),
    ),
    # Outside the admin: they edit what is their organisation's.
    ("partner@example.org", {"ky": "Демо-өнөктөш", "ru": "Демо-партнёр"}, (roles.PARTNER_EDITOR,)),
)
PLAN_TITLE = {"ky": "Кадамдардын планы (толтуруу үчүн)", "ru": "План шагов (для заполнения)"}
PLAN_HEAD = {
    "ky": "Муниципалитет: {municipality}. Башчысы: {head}. Күнү: {date}",
    "ru": "Муниципалитет: {municipality}. Глава: {head}. Дата: {date}",
}
PLAN_HEADS = {
    "ky": ("№", "Кадам", "Жооптуу", "Күн", "Мөөнөтү", "Аткарылды"),
    "ru": ("№", "Шаг", "Ответственный", "Дней", "Срок", "Сделано"),
}


#: Where the demo's secretary works, and what they have begun to write.
SECRETARY_OF = "41707220940610"
DRAFT = {
    "title": "Мектептин жанындагы жолдо жарык жана тротуар",
    "municipality": SECRETARY_OF,
    "theme": "utilities-roads-lighting",
    "started_on": "2025-09-01",
    "problem": (
        "Мектепке баруучу жол караңгы, тротуар жок эле. Кышында балдар таң атпай жолдун өзү менен "
        "басчу."
    ),
    "cost_once": "480 000",
    "steps": [
        {
            "id": "n1",
            "title": "Ата-энелердин жыйыны",
            "text": "Кайсы жол коркунучтуу, чогуу чечтик.",
        }
    ],
}


def plain(names, row) -> dict:
    values = {}
    for name in names:
        value = row.get(name)
        if name.endswith("_on") or name == "on":
            value = day(value)
        if value is None and name in {"url", "scale", "would_recommend"}:
            value = ""
        values[name] = value
    return values


def read_practices() -> list[dict]:
    files = sorted((FOLDER / "practices").glob("*.json"))
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    return sorted(rows, key=lambda row: (row["published_on"] or "9", row["slug"]))


@transaction.atomic
def load_demo() -> dict[str, int]:
    """Load what is not there yet; returns how many of each kind were added."""
    for path in sorted(FOLDER.glob("municipalities-*.csv")):
        report = import_places(path, apply=True, keep_existing=True, is_demo=True)
        if report.errors:
            raise ValueError("\n".join(report.lines()))
    rows = [
        row for row in read_practices() if not Practice.objects.filter(slug=row["slug"]).exists()
    ]
    loaded = {row["slug"]: load_practice(row) for row in rows}
    for row in rows:
        practice = loaded[row["slug"]]
        practice.related.add(*Practice.objects.filter(slug__in=row.get("related") or []))
    added = {
        "practices": len(loaded),
        "adoptions": Adoption.objects.filter(practice__in=loaded.values()).count(),
        "accounts": load_accounts() if settings.IS_EMBEDDED else 0,
        # After the accounts: those are in charge of articles and of next steps.
        **load_partners(),
        **load_journal(),
        **load_contests(),
    }
    load_sources()
    return added


def load_practice(row: dict) -> Practice:
    is_readable = row["status"] in READABLE
    published_on = day(row["published_on"]) or timezone.localdate()
    published_at = timezone.make_aware(datetime.combine(published_on, time(10)))
    practice = Practice(
        slug=row["slug"],
        municipality=Municipality.objects.get(code=row["municipality"]),
        theme=Theme.objects.get(slug=row["theme"]),
        started_on=day(row["started_on"]),
        finished_on=day(row["finished_on"]),
        published_at=published_at if is_readable else None,
        status_changed_at=published_at,
        last_confirmed_on=published_at.date() if is_readable else None,
        licence=Licence.CC_BY,
        has_consent=True,
        has_no_personal_data=True,
        collected_via=CollectedVia.DESK,
        is_demo=True,
        **both(TRANSLATED, row, RICH),
        **plain(PLAIN, row),
    )
    if is_readable:
        practice.number = next_number()
    practice.save()
    practice.other_municipalities.set(
        Municipality.objects.filter(code__in=row.get("other_municipalities") or [])
    )
    practice.themes_extra.set(
        Theme.objects.filter(slug__in=row.get("themes_extra") or []).exclude(pk=practice.theme_id)
    )
    practice.tags.set([tag_for(tag) for tag in row.get("tags") or []])
    for name, (texts, values) in ROWS.items():
        relation = getattr(practice, name)
        for position, item in enumerate(row.get(name) or [], start=1):
            extra = both(("by",), item) if name == "evidence" else {}
            relation.create(position=position, **both(texts, item), **plain(values, item), **extra)
    add_documents(practice, row)
    for item in row.get("adoptions") or []:
        practice.adoptions.create(
            municipality=Municipality.objects.get(code=item["municipality"]),
            is_demo=True,
            **both(ADOPTION[0], item),
            **plain(ADOPTION[1], item),
        )
    practice = Practice.objects.get(pk=practice.pk)
    for each in LANGUAGES:
        if row["title"][each]:
            setattr(practice, f"state_{each}", LanguageState.READY)
    practice.refresh_languages()
    practice.save()
    AuditEvent.record(practice, action="load_demo", actor=None, via="system", after=practice.status)
    if is_readable:
        transaction.on_commit(lambda: make_share_image.enqueue(practice.pk))
    return practice


def tag_for(names: dict) -> Tag:
    for language in LANGUAGES:
        found = (
            names[language]
            and Tag.objects.filter(**{f"name_{language}__iexact": names[language]}).first()
        )
        if found:
            return found
    tag = Tag(name_ky=names["ky"] or None, name_ru=names["ru"] or None)
    tag.name = names["ky"] or names["ru"]
    tag.save()
    return tag


def add_documents(practice: Practice, row: dict) -> None:
    """The documents of the row as Word files, and a plan of the steps where there is none."""
    for position, item in enumerate(row.get("documents") or [], start=1):
        add_document(practice, position, item["title"], item["kind"], item["language"], word(item))
    if not row.get("documents"):
        language = row["original_language"]
        steps = [step.edition(language) for step in practice.steps.all()]
        title = {each: PLAN_TITLE[each] for each in LANGUAGES}
        add_document(
            practice, 1, title, "template", language, plan_of_steps(practice, steps, language)
        )


def add_document(practice, position, title, kind, language, content) -> PracticeDocument:
    upload = SimpleUploadedFile("document.docx", content)
    return practice.documents.create(
        position=position,
        kind=kind,
        language=language,
        file=upload,
        **both(("title",), {"title": title}),
    )


def new_document(title: str):
    document = Document()
    document.core_properties.title = title
    document.core_properties.author = ""
    document.styles["Normal"].font.name = "Times New Roman"
    document.styles["Normal"].font.size = Pt(12)
    document.add_heading(title, level=1)
    return document


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def word(item: dict) -> bytes:
    document = new_document(item["title"][item["language"]] or item["title"]["ru"])
    for paragraph in item["body"]:
        document.add_paragraph(paragraph)
    return saved(document)


def plan_of_steps(practice, steps, language) -> bytes:
    document = new_document(PLAN_TITLE[language])
    document.add_paragraph(practice.title_in(language))
    document.add_paragraph(PLAN_HEAD[language])
    table = document.add_table(rows=1, cols=6)
    table.style = "Table Grid"
    for cell, head in zip(table.rows[0].cells, PLAN_HEADS[language], strict=True):
        cell.text = head
    for number, step in enumerate(steps, start=1):
        cells = table.add_row().cells
        texts = (str(number), step.title, step.responsible, str(step.days or ""), "", "☐")
        for cell, text in zip(cells, texts, strict=True):
            cell.text = text
    return saved(document)


def load_accounts() -> int:
    """Demo accounts with passwords made here, written where only the owner of the data reads them."""
    lines, added = [], 0
    for email, name, groups in ACCOUNTS:
        if User.objects.filter(email=email).exists():
            continue
        password = secrets.token_urlsafe(9)
        is_staff = bool(set(groups) - {roles.PARTNER_EDITOR})
        user = User.objects.create_user(
            email, password, name=name["ru"], language="ru", is_staff=is_staff, is_demo=True
        )
        user.groups.set(Group.objects.filter(name__in=groups))
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        lines.append(f"{email}  {password}  ({', '.join(groups) or 'contributor'})")
        added += 1
        if not groups:
            load_contribution(user)
    if lines:
        path = settings.DATA_DIR / "demo-accounts.txt"
        with path.open("a", encoding="utf-8") as handle:
            path.chmod(0o600)
            handle.write("\n".join(lines) + "\n")
    return added


def load_contribution(user: User) -> None:
    """A confirmed role in a demo municipality, and a description begun there."""
    place = Municipality.objects.filter(code=SECRETARY_OF, is_demo=True).first()
    if place is None:
        return
    now = timezone.now()
    Membership.objects.create(
        user=user,
        municipality=place,
        role=Membership.Role.SECRETARY,
        phone="+996700000000",
        verified_at=now,
        expires_at=now + timedelta(days=365),
    )
    Draft.objects.create(owner=user, kind="practice", language="ky", answers=DRAFT)


@transaction.atomic
def remove_demo() -> dict[str, int]:
    """Take everything invented away; what real records lean on stays and is counted as kept."""
    counts = remove_contests() | remove_journal() | remove_partners()
    practices = Practice.objects.filter(is_demo=True)
    keep = practices.filter(adoptions__is_demo=False)
    kept = list(keep.values_list("pk", flat=True))
    going = practices.exclude(pk__in=kept)
    tags = list(Tag.objects.filter(practice__in=going).distinct())
    files = [document.file for document in PracticeDocument.objects.filter(practice__in=going)]
    Adoption.objects.filter(is_demo=True).delete()
    counts |= {"practices": going.count(), "kept": len(kept)}
    going.delete()
    Tag.objects.filter(pk__in=[tag.pk for tag in tags], items=None).delete()
    # Before their municipalities: the secretary has a role in one.
    counts["accounts"] = User.objects.filter(is_demo=True).count()
    User.objects.filter(is_demo=True).delete()
    places = Municipality.objects.filter(
        is_demo=True, practices=None, adoptions=None, joint_practices=None, successors=None,
        memberships=None,
    )  # fmt: skip
    counts["municipalities"] = places.count()
    places.delete()
    (settings.DATA_DIR / "demo-accounts.txt").unlink(missing_ok=True)
    transaction.on_commit(lambda: [file.storage.delete(file.name) for file in files])
    return counts
