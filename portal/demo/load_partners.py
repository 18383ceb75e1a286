"""The demo's partners, what was agreed with them, what they carry out, the log of contacts.

Days of the log, of obligations and of agreements are counted from the day of loading, so that
something is always due today and something overdue.
"""

from datetime import date, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Q
from django.utils import timezone

from journal.models import Article
from partners.models import Agreement, Interaction, Logo, Partner, Project
from people.models import User
from places.models import Oblast
from portal.demo.drawing import sign
from portal.demo.rows import both, day, read
from practices.models import Practice
from publishing.languages import LANGUAGES, LanguageState
from publishing.models import AuditEvent
from publishing.workflow import Status
from themes.models import Theme

PARTNER = ("title", "short_name", "summary", "description", "address")
SPECIALIST, PARTNER_EDITOR = "specialist@example.org", "partner@example.org"


def from_today(days: int | None) -> date | None:
    return None if days is None else timezone.localdate() + timedelta(days=days)


def oblasts(names) -> list[Oblast]:
    return list(Oblast.objects.filter(code__in=[f"417{name}000000000" for name in names]))


def demo_user(email: str) -> User | None:
    return User.objects.filter(email=email, is_demo=True).first()


def load_partners() -> dict[str, int]:
    rows = read("partners/partners.json")
    new = [row for row in rows if not Partner.objects.filter(slug=row["slug"]).exists()]
    for number, row in enumerate(new):
        load_partner(row, number)
    ours = {partner.slug: partner for partner in Partner.objects.filter(is_demo=True)}
    load_agreements(ours)
    projects = load_projects(ours)
    load_log(ours)
    return {"partners": len(new), "projects": projects}


def load_partner(row: dict, number: int) -> None:
    is_public = row.get("is_public", True)
    partner = Partner(
        slug=row["slug"],
        kind=row["kind"],
        roles=row["roles"],
        site=row.get("site", ""),
        email=row.get("email", ""),
        phone=row.get("phone", ""),
        standing=row["standing"],
        note=row.get("note", ""),
        is_demo=True,
        **both(PARTNER, row, {"description"}),
    )
    if is_public:
        partner.status = Status.PUBLISHED
        partner.published_at = timezone.now()
        for language in LANGUAGES:
            setattr(partner, f"state_{language}", LanguageState.READY)
    partner.refresh_languages()
    partner.save()
    partner.themes.set(Theme.objects.filter(slug__in=row.get("themes", ())))
    partner.oblasts.set(oblasts(row.get("oblasts", ())))
    for position, contact in enumerate(row.get("contacts", ()), start=1):
        partner.contacts.create(
            position=position,
            phone=contact.get("phone", ""),
            email=contact.get("email", ""),
            uses_whatsapp=contact.get("uses_whatsapp", False),
            is_main=position == 1,
            name=contact["name"],
            **both(("post",), contact),
        )
    if row.get("has_logo", True):
        Logo.objects.create(
            partner=partner,
            file=SimpleUploadedFile("logo.png", sign(number)),
            **both(("alt",), {"alt": row["title"]}),
        )
    if editor := row.get("has_editor") and demo_user(PARTNER_EDITOR):
        partner.editors.add(editor)
    AuditEvent.record(partner, action="load_demo", actor=None, via="system", after=partner.status)


def load_agreements(partners: dict[str, Partner]) -> None:
    for row in read("partners/agreements.json"):
        if Agreement.objects.filter(number=row["number"], is_demo=True).exists():
            continue
        agreement = Agreement.objects.create(
            kind=row["kind"],
            number=row["number"],
            signed_on=from_today(row["signed"]),
            starts_on=from_today(row["starts"]),
            ends_on=from_today(row["ends"]),
            amount=row.get("amount"),
            responsible=demo_user(SPECIALIST),
            note=row.get("note", ""),
            is_demo=True,
            **both(("title",), row),
        )
        agreement.parties.set(partners[slug] for slug in row["parties"] if slug in partners)
        for position, item in enumerate(row["obligations"], start=1):
            agreement.obligations.create(
                position=position,
                party=partners.get(item.get("party")),
                due_on=from_today(item["due"]),
                done_on=from_today(item.get("done")),
                **both(("text",), item),
            )


def load_projects(partners: dict[str, Partner]) -> int:
    added = 0
    for row in read("partners/projects.json"):
        texts = both(("title", "summary"), row)
        # A project renamed, by editors or in a later demo, is still the same one.
        known = Project.objects.filter(
            Q(title_ky=texts["title_ky"])
            | Q(partner__slug=row["partner"], starts_on=day(row["starts_on"])),
            is_demo=True,
        )
        if row["partner"] not in partners or known.exists():
            continue
        project = Project.objects.create(
            kind=row["kind"],
            partner=partners[row["partner"]],
            starts_on=day(row["starts_on"]),
            ends_on=day(row["ends_on"]),
            budget_band=row["budget_band"],
            is_countrywide=not row["oblasts"],
            is_public=row.get("is_public", True),
            is_demo=True,
            **texts,
        )
        project.donors.set(partners[slug] for slug in row["donors"] if slug in partners)
        project.themes.set(Theme.objects.filter(slug__in=row["themes"]))
        project.oblasts.set(oblasts(row["oblasts"]))
        added += 1
    return added


def load_sources() -> None:
    """Whose material practices and articles are; what somebody has saved since stays as it is."""
    partners = {partner.slug: partner for partner in Partner.objects.filter(is_demo=True)}
    for row in read("partners/sources.json"):
        model = {"practice": Practice, "article": Article}[row["of"]]
        found = model.objects.filter(
            slug=row["slug"], is_demo=True, version=1, source_partner=None, donor=None
        )
        record, partner = found.first(), partners.get(row["partner"])
        if record is None or partner is None:
            continue
        themes = record.themes.all() if isinstance(record, Article) else [record.theme]
        project = partner.projects.filter(is_public=True, themes__in=themes).first()
        found.update(
            source_partner=partner,
            source_project=project if row["in_project"] else None,
            donor=partners.get(row["donor"]),
        )


def load_log(partners: dict[str, Partner]) -> None:
    for row in read("partners/log.json"):
        known = Interaction.objects.filter(subject=row["subject"], is_demo=True)
        partner = partners.get(row["partner"])
        if partner is None or known.exists():
            continue
        Interaction.objects.create(
            partner=partner,
            contact=partner.contacts.first(),
            on=from_today(row["on"]),
            kind=row["kind"],
            subject=row["subject"],
            summary=row["summary"],
            next_step=row.get("next_step", ""),
            next_on=from_today(row.get("next")),
            next_done_on=from_today(row.get("done")),
            owner=demo_user(SPECIALIST),
            is_demo=True,
        )


def remove_partners() -> dict[str, int]:
    """A partner with a real project, agreement or entry of the log stays."""
    Interaction.objects.filter(is_demo=True).delete()
    Agreement.objects.filter(is_demo=True).delete()
    projects = Project.objects.filter(is_demo=True)
    counts = {"projects": projects.count()}
    projects.delete()
    going = Partner.objects.filter(is_demo=True).exclude(
        Q(projects__isnull=False)
        | Q(funded_projects__isnull=False)
        | Q(agreements__isnull=False)
        | Q(interactions__isnull=False)
    )
    counts["partners"] = going.count()
    going.delete()
    return counts
